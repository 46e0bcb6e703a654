"""JSON (one list of rows, wherever it lies) and JSON Lines → a grid: a column for each name, nested ones as `a.b`, lists as JSON text."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.bounds import Bounds
from pipelines.finding import Finding
from pipelines.forms.jsontext import DECODER, Element, Scanner, Twice, flat, step, too_deep, written
from pipelines.forms.lines import refuse_no_lines
from pipelines.grid import Grid, Grids, Rows, Unreadable
from pipelines.layout import Layout
from pipelines.text import MARKS, decodes

Elements = Callable[[], Iterator[Element]]


@dataclass
class _List:
    """A list of rows that was found: how many it has, and the names in them, each with whether all its values are null."""

    rows: int = 0
    names: dict[str, bool] = field(default_factory=dict)
    header: list[str] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Where an object is null in one row and there in the next, its parts are the columns."""
        if self.header is not None:
            return tuple(self.header)
        above = {name[:place] for name in self.names for place, letter in enumerate(name) if letter == "."}
        return tuple(name for name, empty in self.names.items() if not (empty and name in above))


def objects(path: Path, bounds: Bounds) -> Grids:
    """The rows of the JSON file at `path`; raises Unreadable."""
    return partial(_grid, path, bounds)


def _grid(path: Path, bounds: Bounds, layout: Layout) -> Grid:
    if layout.encoding:
        decodes(path, layout.encoding)
    encoding = layout.encoding or _encoding(path)
    lines = _is_lines(path, encoding, bounds)
    if lines:
        refuse_no_lines(path, bounds)
    elements: Elements = partial(_lines, path, encoding) if lines else partial(_document, path, encoding, bounds)
    lists, broken = _lists(elements, bounds)
    place, found = _only(lists, broken)
    labels = found.labels
    if not labels:
        raise Unreadable("source-error", _("the rows of the JSON have no columns; ask for the extract again"))
    _refuse_unwritable(labels)
    rows = partial(_rows, elements, place, found, labels)
    shift = 1 if found.header is not None else 2

    def address(row: int, column: int) -> str:
        name = f"[{column}]" if found.header is not None else "".join(map(step, labels[column].split(".")))
        if lines:
            return _("line {line}, ${name}", line=row - shift + 1, name=name)
        return f"{place}[{row - shift}]{name}"

    said = (Finding("form", "JSON Lines" if lines else f"JSON {place}", 1.0),)
    return Grid(labels, rows, encoding=encoding.removesuffix("-sig"), address=address, findings=said)


def _encoding(path: Path) -> str:
    """From a mark; else UTF-8 (RFC 8259) where the file is in it, or what old systems write."""
    with path.open("rb") as file:
        head = file.read(4)
    if marked := next((encoding for mark, encoding in MARKS.items() if head.startswith(mark)), None):
        decodes(path, marked)
        return marked
    for encoding in ("utf-8", "cp1252"):
        try:
            decodes(path, encoding)
        except Unreadable:
            continue
        return encoding
    return "latin-1"


def _is_lines(path: Path, encoding: str, bounds: Bounds) -> bool:
    """Whether the first line is a value of its own, and another follows or it is no list of rows."""
    with path.open(encoding=encoding, newline="\n") as file:
        first = file.readline(bounds.row + 1)
        rest = next((block for block in iter(partial(file.read, 1 << 16), "") if not block.isspace()), "")
    try:
        value = DECODER.decode(first.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return bool(rest) or (isinstance(value, dict) and not any(isinstance(each, dict | list) for each in value.values()))


def _document(path: Path, encoding: str, bounds: Bounds) -> Iterator[Element]:
    with path.open(encoding=encoding) as file:
        yield from Scanner(file, bounds.row).elements()


def _lines(path: Path, encoding: str) -> Iterator[Element]:
    """Each line's value as an element of a list that has no path, under its line's number (from 0)."""
    with path.open(encoding=encoding, newline="\n") as file:
        for number, line in enumerate(file):
            if not line.strip():
                continue
            try:
                yield "", number, DECODER.decode(line.lstrip("\ufeff"))
            except Twice as error:
                raise Unreadable(
                    "source-error", _("line {line} has two values under {name!r}", line=number + 1, name=str(error)[:80])
                ) from error
            except RecursionError as error:
                raise too_deep() from error
            except ValueError as error:
                note = _("line {line} is no JSON: it was cut off, or is something else", line=number + 1)
                raise Unreadable("source-error", note) from error


def _lists(elements: Elements, bounds: Bounds) -> tuple[Mapping[str, _List], Unreadable | None]:
    """The lists of rows in the file, by path, up to where it breaks off, and why it does."""
    found: dict[str, _List] = {}
    try:
        for path, place, element in elements():
            known = found.setdefault(path, _List())
            if place is None:
                continue
            known.rows += 1
            if known.rows == 1 and isinstance(element, list):
                known.header = [written(label) for label in element]
            for name, value in flat(element) if isinstance(element, dict) else ():
                known.names[name] = known.names.get(name, True) and value is None
            if len(known.header or known.names) > bounds.columns:
                break
    except Unreadable as error:
        return found, error
    if any(len(known.header or known.names) > bounds.columns for known in found.values()):
        raise Unreadable("source-error", _("the rows have more than {limit} names; hand in rows that are alike", limit=bounds.columns))
    return found, None


def _only(lists: Mapping[str, _List], broken: Unreadable | None) -> tuple[str, _List]:
    """The one list of rows; raises Unreadable where there is none, or more."""
    filled = {path: found for path, found in lists.items() if found.rows}
    if len(filled) == 1:
        return next(iter(filled.items()))
    if broken is not None:
        raise broken
    if filled:
        names = ", ".join(list(filled)[:10]) + (" …" if len(filled) > 10 else "")
        raise Unreadable(
            "source-error", _("the JSON has {n} lists of rows: {names}; hand in one table at a time", n=len(filled), names=names)
        )
    if lists:
        raise Unreadable(
            "source-error", _("the list in the JSON ({names}) is empty; ask for the extract again", names=", ".join(list(lists)[:10]))
        )
    raise Unreadable("source-error", _("the JSON has no list of rows; hand in a list of objects, one for each row"))


def _rows(elements: Elements, wanted: str, found: _List, labels: tuple[str, ...]) -> Rows:
    number = shift = 1 if found.header is not None else 2
    try:
        for path, place, element in elements():
            if path == wanted and place is not None:
                number = place + shift
                cells = _listed(element) if found.header is not None else _named(element, labels)
                _refuse_unwritable(cells)
                if place or found.header is None:
                    yield number, cells
                number += 1
    except Unreadable as error:
        raise Unreadable(error.type, error.note, number) from error


def _listed(element: Any) -> list[str]:
    if not isinstance(element, list):
        raise Unreadable("source-error", _("this row is no list as the first one is"))
    return [written(value) for value in element]


def _named(element: Any, labels: tuple[str, ...]) -> list[str]:
    if not isinstance(element, dict):
        raise Unreadable("source-error", _("this row is no object as the first one is"))
    pairs = list(flat(element))
    given = dict(pairs)
    if len(given) < len(pairs):
        raise Unreadable("source-error", _("this row has two values for one column, once nested and once as `a.b`"))
    return [written(given.get(label)) for label in labels]


def _refuse_unwritable(cells: Sequence[str]) -> None:
    """Raises Unreadable for what JSON can spell and no text can hold: a NUL, half of a pair of surrogates."""
    joined = "".join(cells)
    try:
        codecs.encode(joined, "utf-8")
        if "\0" not in joined:
            return
    except UnicodeEncodeError:
        pass
    raise Unreadable("source-error", _("a text has a character that no text can hold (as \\u0000 or half of a pair); export it again"))

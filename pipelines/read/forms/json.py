"""JSON (one list of rows, wherever it lies) and JSON Lines become a grid: a column for each name, nested ones
as `a.b`, lists as JSON text. A file of any size takes the room of its largest row."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from messages import gettext as _
from pipelines.dataset.layout import Layout
from pipelines.read.encoding import MARKS, codec_of, require_encoding
from pipelines.read.finding import Finding
from pipelines.read.forms.delimited import refuse_long_lines
from pipelines.read.grid import Grid, Grids, Rows, Unreadable
from pipelines.settings import Limits

BLOCK = 1 << 16
DEPTH = 50
SPACE = re.compile(r"[ \t\n\r]*")
Element = tuple[str, int | None, Any]


class JsonNumber(str):
    """A number, as it is written."""

    __slots__ = ()


class DuplicateName(ValueError):
    """An object has two values under one name."""


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _value in pairs]
        raise DuplicateName(next(name for name in names if names.count(name) > 1))
    return made


DECODER = json.JSONDecoder(
    parse_int=JsonNumber, parse_float=JsonNumber, parse_constant=JsonNumber, object_pairs_hook=_unique_members
)


class JsonScanner:
    """The arrays in a JSON text, element by element; `longest` is how many characters an element may have."""

    def __init__(self, file: TextIO, longest: int):
        self.file, self.longest = file, longest
        self.text, self.at, self.ended = "", 0, False
        self.before = 0

    def elements(self) -> Iterator[Element]:
        """Each element of each outermost array of objects, with the array's path and its place there; of an
        empty array its path and None. A text that is an array of arrays gives these. Raises Unreadable where
        the JSON ends or is none."""
        if self._next() == "\ufeff":
            self.at += 1
        yield from self._elements_within("$", 0)
        if self._next():
            raise self.error_here()

    def _elements_within(self, path: str, depth: int) -> Iterator[Element]:
        first = self._next()
        if depth > DEPTH:
            raise depth_error()
        if first == "{":
            for name in self._members():
                yield from self._elements_within(path + path_step(name), depth + 1)
        elif first == "[":
            yield from self._array(path)
        else:
            self._value()

    def _members(self) -> Iterator[str]:
        """The names of an object's members; whoever asks for the next one has read the value."""
        self._expect("{")
        if self._next() == "}":
            self.at += 1
            return
        while True:
            if self._next() != '"':
                raise self.error_here()
            name = self._value()
            self._expect(":")
            yield name
            if self._next() == "}":
                self.at += 1
                return
            self._expect(",")

    def _array(self, path: str) -> Iterator[Element]:
        self._expect("[")
        first = self._next()
        if first == "]":
            self.at += 1
            yield path, None, None
            return
        rows = first == "{" or (first == "[" and path == "$")
        place = 0
        while True:
            element = self._value()
            if rows:
                yield path, place, element
            place += 1
            if self._next() == "]":
                self.at += 1
                return
            self._expect(",")

    def _next(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            self.at = SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self._read_on()

    def _expect(self, letter: str) -> None:
        if self._next() != letter:
            raise self.error_here()
        self.at += 1

    def _read_on(self) -> None:
        """Reads on, each time as much as is waiting already: what is tried again and again is so only twice
        as long in all."""
        self.before += self.at
        block = self.file.read(max(BLOCK, len(self.text) - self.at))
        self.text, self.at, self.ended = self.text[self.at :] + block, 0, not block

    def _value(self) -> Any:
        if not self._next():
            raise self.error_here()
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
                if end < len(self.text) or self.ended:  # else a number may go on
                    self.at = end
                    return value
            except DuplicateName as error:
                raise Unreadable(
                    "source-error", _("an object has two values under {name!r}", name=str(error)[:80])
                ) from error
            except RecursionError as error:
                raise depth_error() from error
            except ValueError as error:
                if self.ended:
                    raise self.error_here() from error
            if len(self.text) - self.at > self.longest:
                note = _(
                    "the JSON goes wrong at character {n}, or a value there is longer than a row may be",
                    n=self.before + self.at + 1,
                )
                raise Unreadable("source-error", note)
            self._read_on()

    def error_here(self) -> Unreadable:
        """What is told of a text that ends too soon, or is no JSON at this place."""
        if self.ended and len(self.text) - self.at < self.longest:
            note = _(
                "the JSON was cut off, or goes wrong after character {n}; ask for the extract again",
                n=self.before + self.at,
            )
            return Unreadable("source-error", note)
        note = _("the JSON goes wrong at character {n}; export it again", n=self.before + self.at + 1)
        return Unreadable("source-error", note)


def path_step(name: str) -> str:
    """A member's name as part of a path (RFC 9535): .monto, ['a b']."""
    return f".{name}" if re.fullmatch(r"[^\W\d]\w*", name) else f"[{json.dumps(name, ensure_ascii=False)}]"


def flatten_object(value: dict[str, Any], above: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The members of an object, those of objects in it under `a.b`; raises Unreadable where they nest too
    deep."""
    if depth > DEPTH:
        raise depth_error()
    for name, member in value.items():
        if isinstance(member, dict):
            yield from flatten_object(member, f"{above}{name}.", depth + 1)
        else:
            yield above + name, member


def write_value(value: Any) -> str:
    """A value as the text of a cell: nothing for null, lists as JSON."""
    if value is None:
        return ""
    return value if type(value) is str else _write_json(value)


def _write_json(value: Any, depth: int = 0) -> str:
    if depth > DEPTH:
        raise depth_error()
    match value:
        case JsonNumber():
            return str(value)
        case list():
            return "[" + ", ".join(_write_json(each, depth + 1) for each in value) + "]"
        case dict():
            return (
                "{"
                + ", ".join(
                    f"{_write_json(name)}: {_write_json(each, depth + 1)}" for name, each in value.items()
                )
                + "}"
            )
        case _:
            return json.dumps(value, ensure_ascii=False)


def depth_error() -> Unreadable:
    return Unreadable("source-error", _("the JSON nests more than {n} deep; hand in the rows alone", n=DEPTH))


Elements = Callable[[], Iterator[Element]]


@dataclass
class _RowList:
    """A list of rows that was found: how many it has, and the names in them, each with whether all its values
    are null."""

    rows: int = 0
    names: dict[str, bool] = field(default_factory=dict)
    header: list[str] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Where an object is null in one row and there in the next, its parts are the columns."""
        if self.header is not None:
            return tuple(self.header)
        above = {start for name in self.names for start in _names_above(name)}
        return tuple(name for name, empty in self.names.items() if not (empty and name in above))


def _names_above(name: str) -> Iterator[str]:
    """The names of the objects that a nested one is part of: of a.b.c these are a and a.b."""
    for place, letter in enumerate(name):
        if letter == ".":
            yield name[:place]


def read_json(path: Path, limits: Limits) -> Grids:
    """The rows of the JSON file at `path`; raises Unreadable."""
    return partial(_json_grid, path, limits)


def _json_grid(path: Path, limits: Limits, layout: Layout) -> Grid:
    if layout.encoding:
        require_encoding(path, layout.encoding)
    encoding = layout.encoding or _detect_encoding(path)
    codec = codec_of(encoding)
    lines = _is_lines(path, codec, limits)
    if lines:
        refuse_long_lines(path, limits)
    elements: Elements = (
        partial(_line_elements, path, codec) if lines else partial(_document_elements, path, codec, limits)
    )
    lists, broken = _find_lists(elements, limits)
    place, found = _choose_list(lists, broken)
    labels = found.labels
    if not labels:
        raise Unreadable("source-error", _("the rows of the JSON have no columns; ask for the extract again"))
    _refuse_unwritable(labels)
    rows = partial(_list_rows, elements, place, found, labels)
    address = _Addresses(place, labels, found.header is not None, lines)
    said = (Finding("form", "JSON Lines" if lines else f"JSON {place}", 1.0),)
    return Grid(labels, rows, encoding=encoding.removesuffix("-sig"), address=address, findings=said)


@dataclass(frozen=True)
class _Addresses:
    """Names cells as JSONPath does, in a list at `place` of objects or (`arrays`) of arrays, or in
    `lines`."""

    place: str
    labels: tuple[str, ...]
    arrays: bool
    lines: bool

    def __call__(self, row: int, column: int) -> str:
        steps = map(path_step, self.labels[column].split("."))
        name = f"[{column}]" if self.arrays else "".join(steps)
        number = row - (1 if self.arrays else 2)
        if self.lines:
            return _("line {line}, ${name}", line=number + 1, name=name)
        return f"{self.place}[{number}]{name}"


def _detect_encoding(path: Path) -> str:
    """From a mark; else UTF-8 (RFC 8259) where the file is in it, or what old systems write."""
    with path.open("rb") as file:
        head = file.read(4)
    if marked := next((encoding for mark, encoding in MARKS.items() if head.startswith(mark)), None):
        require_encoding(path, marked)
        return marked
    try:
        require_encoding(path, "utf-8")
    except Unreadable:
        return "cp1252"
    return "utf-8"


def _is_lines(path: Path, encoding: str, limits: Limits) -> bool:
    """Whether the first line is a value of its own, and another follows or it is no list of rows."""
    with path.open(encoding=encoding, newline="\n") as file:
        first = file.readline(limits.row + 1)
        rest = next((block for block in iter(partial(file.read, 1 << 16), "") if not block.isspace()), "")
    try:
        value = DECODER.decode(first.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return bool(rest) or (
        isinstance(value, dict) and not any(isinstance(each, dict | list) for each in value.values())
    )


def _document_elements(path: Path, encoding: str, limits: Limits) -> Iterator[Element]:
    with path.open(encoding=encoding) as file:
        yield from JsonScanner(file, limits.row).elements()


def _line_elements(path: Path, encoding: str) -> Iterator[Element]:
    """Each line's value as an element of a list that has no path, under its line's number (from 0)."""
    with path.open(encoding=encoding, newline="\n") as file:
        for number, line in enumerate(file):
            if not line.strip():
                continue
            try:
                yield "", number, DECODER.decode(line.lstrip("\ufeff"))
            except DuplicateName as error:
                raise Unreadable(
                    "source-error",
                    _("line {line} has two values under {name!r}", line=number + 1, name=str(error)[:80]),
                ) from error
            except RecursionError as error:
                raise depth_error() from error
            except ValueError as error:
                note = _("line {line} is no JSON: it was cut off, or is something else", line=number + 1)
                raise Unreadable("source-error", note) from error


def _find_lists(elements: Elements, limits: Limits) -> tuple[Mapping[str, _RowList], Unreadable | None]:
    """The lists of rows in the file, by path, up to where it breaks off, and why it does."""
    found: dict[str, _RowList] = {}
    try:
        for path, place, element in elements():
            known = found.setdefault(path, _RowList())
            if place is None:
                continue
            known.rows += 1
            if known.rows == 1 and isinstance(element, list):
                known.header = [write_value(label) for label in element]
            for name, value in flatten_object(element) if isinstance(element, dict) else ():
                known.names[name] = known.names.get(name, True) and value is None
            if len(known.header or known.names) > limits.columns:
                break
    except Unreadable as error:
        return found, error
    if any(len(known.header or known.names) > limits.columns for known in found.values()):
        raise Unreadable(
            "source-error",
            _("the rows have more than {limit} names; hand in rows that are alike", limit=limits.columns),
        )
    return found, None


def _choose_list(lists: Mapping[str, _RowList], broken: Unreadable | None) -> tuple[str, _RowList]:
    """The one list of rows; raises Unreadable where there is none, or more."""
    filled = {path: found for path, found in lists.items() if found.rows}
    if len(filled) == 1:
        return next(iter(filled.items()))
    if broken is not None:
        raise broken
    if filled:
        names = ", ".join(list(filled)[:10]) + (" …" if len(filled) > 10 else "")
        raise Unreadable(
            "source-error",
            _(
                "the JSON has {n} lists of rows: {names}; hand in one table at a time",
                n=len(filled),
                names=names,
            ),
        )
    if lists:
        raise Unreadable(
            "source-error",
            _(
                "the list in the JSON ({names}) is empty; ask for the extract again",
                names=", ".join(list(lists)[:10]),
            ),
        )
    raise Unreadable(
        "source-error", _("the JSON has no list of rows; hand in a list of objects, one for each row")
    )


def _list_rows(elements: Elements, wanted: str, found: _RowList, labels: tuple[str, ...]) -> Rows:
    number = shift = 1 if found.header is not None else 2
    try:
        for path, place, element in elements():
            if path == wanted and place is not None:
                number = place + shift
                cells = _array_cells(element) if found.header is not None else _object_cells(element, labels)
                _refuse_unwritable(cells)
                if place or found.header is None:
                    yield number, cells
                number += 1
    except Unreadable as error:
        raise Unreadable(error.type, error.note, number) from error


def _array_cells(element: Any) -> list[str]:
    if not isinstance(element, list):
        raise Unreadable("source-error", _("this row is no list as the first one is"))
    return [write_value(value) for value in element]


def _object_cells(element: Any, labels: tuple[str, ...]) -> list[str]:
    if not isinstance(element, dict):
        raise Unreadable("source-error", _("this row is no object as the first one is"))
    pairs = list(flatten_object(element))
    given = dict(pairs)
    if len(given) < len(pairs):
        raise Unreadable(
            "source-error", _("this row has two values for one column, once nested and once as `a.b`")
        )
    return [write_value(given.get(label)) for label in labels]


def _refuse_unwritable(cells: Sequence[str]) -> None:
    """Raises Unreadable for what JSON can spell and no text can hold: a NUL, half of a pair of surrogates."""
    joined = "".join(cells)
    try:
        codecs.encode(joined, "utf-8")
        if "\0" not in joined:
            return
    except UnicodeEncodeError:
        pass
    raise Unreadable(
        "source-error",
        _("a text has a character that no text can hold (as \\u0000 or half of a pair); export it again"),
    )

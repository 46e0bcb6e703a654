"""What stands below a table's last row and does not belong to it: notes, and totals that are the sums of
their columns."""

from __future__ import annotations

import functools
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from messages.formats import write_decimal
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.read.detect.alike import replace_texts
from pipelines.read.finding import Finding
from pipelines.read.grid import Rows
from validation.patterns import require_time
from validation.report import Problem

LOOKED_AT = 12
TOTAL = re.compile(r"((gran|sub)[ -]?)?total(es)?( general(es)?)?|sumas?( totales| total)?", re.IGNORECASE)
MAYBE_TOTAL = re.compile(r"(total(es)?|suma) (de |del )?[^\W\d]+", re.IGNORECASE)
NOTE = re.compile(
    r"(fuentes?|notas?|aclaraci[oó]n(es)?|elaboraci[oó]n|observaci[oó]n(es)?|referencias?|source|notes?)\s*[:.]"
    r"|(elaboraci[oó]n propia|elaborado por|actualizado (al?|el)|[uú]ltima actualizaci[oó]n|datos "
    r"(al?|provisorios|preliminares))\b"
    r"|(\(?\*+\)?|\(\d\))\s*\S",
    re.IGNORECASE,
)
Shows = Callable[[int, int, str], tuple[str, str]]
"""Of a cell (its row's number, its column's place, its text): what its column is called in the file, and what
the file shows of it."""


def nothing_known(_row: int, _place: int, text: str) -> tuple[str, str]:
    """What is known of a table without its file."""
    return "", text


FootKind = Literal["total", "maybe-total", "note", "declared", "lone", "maybe-lone"]


@dataclass(frozen=True)
class FootRow:
    """A row of the file's end: its number, its place counted from the end (0: the last), the place and text
    of its first filled cell; `parted` is false of a note right below the table, which would be published as
    a row of it."""

    number: int
    from_end: int
    kind: FootKind
    place: int
    label: str
    parted: bool = True


class Tail:
    """The rows as they pass; the last ones stay known."""

    def __init__(self) -> None:
        self.last: deque[tuple[int, list[str]]] = deque(maxlen=LOOKED_AT)

    def __call__(self, rows: Rows) -> Iterator[tuple[int, list[str]]]:
        for numbered in rows:
            self.last.append(numbered)
            yield numbered

    def add(self, batch: pa.RecordBatch) -> None:
        """Rows that pass in a block, as a Table has them."""
        numbers, *columns, beyond = (
            column.slice(max(0, batch.num_rows - LOOKED_AT)).to_pylist() for column in batch.columns
        )
        for number, more, *cells in zip(numbers, beyond, *columns, strict=True):
            self.last.append((number, [cell for cell in cells if cell is not None] + (more or [])))

    def foot(self, width: int, layout: Layout) -> list[FootRow]:
        """The rows at the end that may be none of the table's, the last one first; blank rows among them are
        left out."""
        found: list[FootRow] = []
        if layout.foot is False or layout.unpivot is not None or width < 2:
            return found
        rows = list(self.last)[::-1]
        for place, (number, row) in enumerate(rows[:-1] if len(rows) == LOOKED_AT else rows):
            if not any(cell.strip() for cell in row):
                continue
            kind = _foot_kind(row, width, _is_parted(rows[place:]), layout)
            if kind is None:
                break
            first = next(at for at, cell in enumerate(row) if cell.strip())
            found.append(FootRow(number, place, kind, first, row[first].strip()))
        return found


def _is_parted(rows: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Whether a blank row parts the first of these rows (the last first) from the table: that above it, or
    above the lines of a note that stand over it, each a text in its first cell alone."""
    for _number, row in rows[1:]:
        filled = [place for place, cell in enumerate(row) if cell.strip()]
        if filled != [0] or not any(map(str.isalpha, row[0])):
            return not filled
    return False


def _foot_kind(row: Sequence[str], width: int, blank_above: bool, layout: Layout) -> FootKind | None:
    filled = [cell.strip() for cell in row if cell.strip()]
    label = filled[0].rstrip(" :")
    if isinstance(layout.foot, str):
        require_time(layout.foot, filled[:1])
        return "declared" if re.search(layout.foot, filled[0]) else None
    if TOTAL.fullmatch(label):
        return "total"
    if MAYBE_TOTAL.fullmatch(label):
        return "maybe-total"
    if NOTE.match(label) and (len(filled) == 1 or len(row) < width):
        return "note"  # a comma inside a note makes two cells of it
    if len(filled) > 1:
        return None
    if width > 2 and blank_above:
        return "lone"
    return "maybe-lone" if any(map(str.isalpha, label)) else None


PHRASE, SENTENCE = 2, 5
"""Of so many words a text may be more than a value, or more than a name."""
LIKENESSES = 3
"""So many rows show what rows of a table are like."""


def settle_lone_rows(
    foot: Sequence[FootRow],
    cells: pa.Table,
    columns: Sequence[int | None],
    kinds: Sequence[str],
) -> list[FootRow]:
    """The foot with those rows of one text, right below the table, that are notes; what stands above a row
    that is the table's own is none of the foot. `kinds` are the types of the columns."""
    maybe = [row for row in foot if row.kind == "maybe-lone"]
    if not maybe:
        return list(foot)
    body = cells.slice(0, cells.num_rows - 1 - max(row.from_end for row in maybe)).columns[1:-1]
    notes: dict[int, int] = {}
    for row in reversed(maybe):
        own = columns.index(row.place) if row.place in columns else None
        goes_on = notes.get(row.number - 1) == row.place
        if own is not None and (goes_on or _reads_as_note(row.label, own, body, kinds)):
            notes[row.number] = row.place
    settled: list[FootRow] = []
    for row in foot:
        if row.kind == "maybe-lone" and row.number not in notes:
            break
        settled.append(replace(row, kind="lone", parted=False) if row.kind == "maybe-lone" else row)
    return settled


def _reads_as_note(label: str, own: int, body: Sequence[pa.ChunkedArray], kinds: Sequence[str]) -> bool:
    """Whether a text that stands alone in its row is none of the table's: a sentence longer than all that
    its column says, or some words without what every other row has to their left."""
    if len(body[own]) < LIKENESSES:
        return False
    words = [word for word in label.split() if any(map(str.isalpha, word))]
    blank = [pc.equal(pc.utf8_trim_whitespace(pc.fill_null(column, "")), "") for column in body]
    others = functools.reduce(pc.and_, blank[:own] + blank[own + 1 :])
    is_only = not pc.any(pc.and_not(others, blank[own])).as_py()
    wide = len(body) > 2
    if own > 0 and not (is_only and wide and not any(pc.any(each).as_py() for each in blank[:own])):
        return False
    if own > 1 or kinds[own] in ("integer", "number", "boolean"):
        return is_only and len(words) >= PHRASE
    longest = pc.max(pc.utf8_length(body[own])).as_py() or 0
    exceeds = len(label) > (1.5 if is_only and wide else 2) * longest
    return exceeds and (is_only or wide) and _is_sentence(words)


def _is_sentence(words: Sequence[str]) -> bool:
    """Whether words are more than a name, whose longer words begin with capitals."""
    longer = [word for word in words[1:] if len(word) > 3]
    small = sum(word[:1].islower() for word in longer)
    return len(words) >= SENTENCE and (small * 2 > len(longer) or len(words) >= 2 * SENTENCE)


CENT = 0.011
"""By how much a sum may differ: totals are rounded."""


@dataclass(frozen=True)
class FootVerdict:
    """The numbers of the rows that are left out, and what is said of them; `doubted` are asked about, each
    with the reason: a total among them is left out, so that it is one problem and not one in each column.
    `lines` are those of the doubted that go on a note of several lines, for which its first line speaks."""

    left_out: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    doubted: Mapping[FootRow, str] = field(default_factory=dict)
    lines: frozenset[FootRow] = frozenset()

    def problems(self, resource: str) -> list[Problem]:
        codes = {"total": "totals-row", "lone": "note-row"}
        return [
            Problem(
                "row-error",
                resource,
                note,
                code=codes[row.kind],
                row=row.number,
                severity="critical" if row.kind == "total" or not row.parted else "warning",
                said_by="note" if row in self.lines else None,
            )
            for row, note in self.doubted.items()
        ]


def judge_foot(
    foot: Sequence[FootRow],
    cells: pa.Table,
    columns: Sequence[int | None],
    labels: Sequence[str],
    texts: Mapping[int, Mapping[str, str]],
    resource: Resource,
    last_total: int = 0,
    shows: Shows = nothing_known,
) -> FootVerdict:
    """Of the rows in `foot` those that are surely none of the table's. `cells` are the table's, with the
    rows' numbers first; `columns` the places of its columns in the file's rows; `texts` what becomes of the
    texts of each column; `last_total` the number of the last row above it that is a total and left out;
    `shows` says what a column is called in the file, and what the file shows of one of its cells."""
    sums = _Sums(foot, cells, labels, texts, resource, last_total, shows)
    out: list[int] = []
    findings: list[Finding] = []
    doubted: dict[FootRow, str] = {}
    lines: set[FootRow] = set()
    for row in reversed(foot):
        own = columns.index(row.place) if row.place in columns else None
        if row.kind == "lone":
            if (last := next(reversed(doubted), None)) and row.number == last.number + 1:
                lines.add(row)
            doubted[row] = _explain_lone(row, foot)
            continue
        if row.kind in ("total", "maybe-total"):
            if own is not None and sums.is_repeated(own, row):
                continue
            why = sums.explain_difference(row, own)
            if why is not None:
                if row.kind == "total":
                    doubted[row] = why
                    out.append(row.number)
                continue
        what = (
            "note-row"
            if row.kind == "note" or (row.kind == "declared" and sums.stands_alone(row, own))
            else "totals-row"
        )
        out.append(row.number)
        findings.append(
            Finding(
                what,
                str(row.number),
                1.0 if row.kind == "declared" else 0.99,
                example=row.label.partition(":")[0][:40],
            )
        )
    return FootVerdict(tuple(out), tuple(findings), doubted, frozenset(lines))


def _explain_lone(row: FootRow, foot: Sequence[FootRow]) -> str:
    """What is said of a note of one line or more, of which this is the first."""
    numbers, more = {each.number for each in foot if each.kind == "lone"}, 0
    while row.number + more + 1 in numbers:
        more += 1
    if not more:
        return _(
            "“{label}” stands alone below the table; if it is a note, take it out of the file",
            label=row.label,
        )
    return ngettext(
        "“{label}” and the line below it stand alone below the table; if they are a note, take them out of "
        "the file",
        "“{label}” and the {n} lines below it stand alone below the table; if they are a note, take them out "
        "of the file",
        more,
        label=row.label,
    )


class _Sums:
    """The sums of the columns of numbers, without the rows of the foot; each is added up when it is asked
    for."""

    def __init__(
        self,
        foot: Sequence[FootRow],
        cells: pa.Table,
        labels: Sequence[str],
        texts: Mapping[int, Mapping[str, str]],
        resource: Resource,
        last_total: int,
        shows: Shows,
    ):
        self.shows = shows
        self.cells, self.labels, self.texts = cells, labels, texts
        self.parts = sorted({0, pc.sum(pc.less(cells.column(0), last_total)).as_py() or 0})
        """Rows from which on a total may add up: the first, and that after the last total in the middle."""
        self.kinds = {field["name"]: field.get("type", "any") for field in resource.schema["fields"]}
        self.missing = set(resource.schema.get("missingValues", [""])) | {""}
        ends = [row.from_end for row in foot if row.kind != "lone"]
        self.body = cells.num_rows - (max(ends) + 1 if ends else 0)

    def is_repeated(self, place: int, row: FootRow) -> bool:
        """Whether the label stands on other rows of its column as well: it is then a category."""
        above = pc.utf8_trim_whitespace(self.cells.column(place + 1).slice(0, self.body))
        return bool(pc.any(pc.equal(above, row.label), min_count=0).as_py())

    def stands_alone(self, row: FootRow, own: int | None) -> bool:
        return not any(self._cell(row, place) for place in range(len(self.labels)) if place != own)

    def explain_difference(self, row: FootRow, own: int | None) -> str | None:
        """Why the row may be no sum of the rows above it; None where all its numbers are."""
        for place, label in enumerate(self.labels):
            cell = self._cell(row, place)
            if place == own or not cell:
                continue
            name, text = self.shows(row.number, place, self._written(row, place))
            told: dict[str, Any] = {"label": row.label, "column": name or label, "cell": text}
            counts = self.kinds.get(label.strip()) in ("number", "integer")
            sums = [self._sum(place, part) for part in self.parts] if counts else [None]
            total, value = sums[0], _as_number(cell)
            if total is None or value is None:
                return _(
                    "the row says “{label}”, and “{cell}” in {column} is no sum",
                    **told,
                )
            if all(each is None or abs(each - value) > CENT + 1e-9 * abs(each) for each in sums):
                return _(
                    "the row says “{label}”, but {cell} in {column} is not the sum of the rows above it, "
                    "{sum}",
                    sum=write_decimal(f"{total:.15g}"),
                    **told,
                )
        return None

    def _written(self, row: FootRow, place: int) -> str:
        """As it stands in the file."""
        text = self.cells.column(place + 1)[self.cells.num_rows - 1 - row.from_end].as_py() or ""
        return str(text).strip()

    def _cell(self, row: FootRow, place: int) -> str:
        text = self.cells.column(place + 1)[self.cells.num_rows - 1 - row.from_end].as_py() or ""
        text = self.texts.get(place, {}).get(text, text).strip()
        return "" if text in self.missing else text

    def _sum(self, place: int, first: int) -> float | None:
        """From one of the rows on; None where a cell is no number."""
        counted = pc.value_counts(self.cells.column(place + 1).slice(first, self.body - first))
        total, texts = 0.0, replace_texts(counted.field("values"), self.texts.get(place))
        for written, count in zip(texts.to_pylist(), counted.field("counts").to_pylist(), strict=True):
            if written is None or written in self.missing:
                continue
            value = _as_number(written)
            if value is None:
                return None
            total += value * count
        return total


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

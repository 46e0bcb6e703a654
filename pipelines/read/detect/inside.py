"""Rows within a table that are none of its own: its header once more, units, and totals of the
rows above them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from pipelines.dataset.text import label_key
from pipelines.read.detect.alike import replace_texts
from pipelines.read.detect.foot import CENT, TOTAL
from pipelines.read.finding import Finding
from validation.report import Problem
from validation.table import ROW

FIRST = 3
"""Columns in which a totals row says that it is one."""
MANY = 50
"""Rows that are called a total, from which on that is a category of the table."""


@dataclass(frozen=True)
class ForeignRows:
    """The numbers of rows that are none of the table's, what is said of them, and what is wrong with them."""

    numbers: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()


def find_repeated_headers(cells: pa.Table, raw: Sequence[str | None]) -> ForeignRows:
    """Rows whose filled cells all are the labels that stand above them (`raw`: of each column; None where
    nothing can be compared)."""
    places = [place for place, label in enumerate(raw) if label and label.strip()]
    if len(places) < 2:
        return ForeignRows()
    keys = {place: label_key(raw[place] or "") for place in places}
    suspects: set[int] = set()
    for place in places[:2]:
        folded = pc.utf8_lower(pc.utf8_trim_whitespace(cells.column(place + 1)))
        same = pc.equal(folded, (raw[place] or "").strip().lower())
        suspects.update(pc.indices_nonzero(pc.fill_null(same, False)).to_pylist())
        if len(suspects) > MANY:
            return ForeignRows()
    numbers = []
    for at in sorted(suspects):
        texts = {place: cells.column(place + 1)[at].as_py() or "" for place in places}
        filled = [place for place, text in texts.items() if text.strip()]
        if len(filled) > 1 and all(label_key(texts[place]) == keys[place] for place in filled):
            numbers.append(cells.column(ROW)[at].as_py())
    if not numbers:
        return ForeignRows()
    told = ", ".join(map(str, numbers))
    return ForeignRows(tuple(numbers), (Finding("repeated-header", told, 0.99),))


UNIT = re.compile(
    r"\(.{0,40}[^\W\d_].{0,40}\)|\[.{0,40}[^\W\d_].{0,40}\]|\([$%]\)"
    r"|[$%]|u\$s|ars|usd|pesos?|d[oó]lares|euros?"
    r"|(en )?(miles|millones)( de [a-zé]+)?|unidad(es)?|cantidad|n[uú]mero|entero|texto|fecha"
    r"|d[ií]as?|horas?|a[ñn]os?|porcentaje|kg|km|ha|hect[aá]reas|cm|mm?|m[23²³]|litros?|metros?|toneladas?|dd?/mm?/aa(aa)?",
    re.IGNORECASE,
)
"""What says in which unit a column is, or what kind of value stands in it, and is no value itself."""
SCALES = re.compile(r"\b(?:(miles)|(millones))\b", re.IGNORECASE)


def find_units_row(
    resource: str, cells: pa.Table, labels: Sequence[str], kinds: Sequence[str], missing: Collection[str]
) -> ForeignRows:
    """The first row, where all that it says is in which units the columns are (of which there must be one of
    values, that says the same nowhere else). `labels` are the columns' in the file, `kinds` their types;
    `missing` texts say that there is no value."""
    if cells.num_rows < 2:
        return ForeignRows()
    number, *texts, _beyond = (column[0].as_py() for column in cells.columns)
    filled = {place: text.strip() for place, text in enumerate(texts) if text and text.strip()}
    if not all(UNIT.fullmatch(text) and text not in missing for text in filled.values()):
        return ForeignRows()
    among_values = [place for place in filled if kinds[place] not in ("string", "any", "hidden")]
    if not among_values or any(
        pc.sum(pc.equal(cells.column(place + 1), texts[place])).as_py() > 1 for place in among_values
    ):
        return ForeignRows()
    place = next((each for each in among_values if SCALES.search(filled[each])), among_values[-1])
    told = {"cell": filled[place], "column": labels[place]}
    if (scale := SCALES.search(filled[place])) is None:
        note = _(
            "“{cell}” under {column} is a unit and no value, as is all in the row: it is no row of data",
            **told,
        )
    elif scale[1]:
        note = _(
            "“{cell}” says that the values of {column} are thousands: it stands in no row of data", **told
        )
    else:
        note = _(
            "“{cell}” says that the values of {column} are millions: it stands in no row of data", **told
        )
    return ForeignRows((number,), (), (Problem("row-error", resource, note, code="units-row", row=number),))


def find_totals(
    resource: str,
    cells: pa.Table,
    labels: Sequence[str],
    kinds: Mapping[str, str],
    texts: Mapping[int, Mapping[str, str]],
    below: int,
) -> ForeignRows:
    """Rows that say of themselves that they are a total, among the rows above the foot (of which there are
    `below`). Those whose numbers are the sums of the rows above them are surely one; of the others, each is a
    problem, unless it may be a row of the table. `kinds` has the fields' types, `texts` what becomes of the
    texts of each column."""
    body = cells.slice(0, cells.num_rows - below)
    found = {at: place for place in range(min(FIRST, len(labels))) for at in _called_total(body, place)}
    judged = ((at, _is_total(body, at, found[at], labels, kinds)) for at in sorted(found))
    rows = {at: sure for at, sure in judged if sure is not None}
    if not rows or len(found) > MANY:
        return ForeignRows()
    sums = _Sums(body, labels, kinds, texts)
    numbers, findings, problems = [], [], []
    for at, sure in rows.items():
        number, label = body.column(ROW)[at].as_py(), body.column(found[at] + 1)[at].as_py().strip()
        adds_up = sums.add_up(at, rows)
        if not sure and (not adds_up or at < 2):
            continue
        numbers.append(number)
        if adds_up:
            findings.append(Finding("totals-row", str(number), 0.97, example=label))
            continue
        note = _(
            "the row says “{label}”, and its numbers are not the sums of the rows above it",
            label=label,
        )
        problems.append(Problem("row-error", resource, note, code="totals-row", row=number))
    return ForeignRows(tuple(numbers), tuple(findings), tuple(problems))


def _called_total(body: pa.Table, place: int) -> Collection[int]:
    column = body.column(place + 1)
    near = pc.match_substring_regex(column, "total|suma", ignore_case=True)
    suspects: list[int] = pc.indices_nonzero(pc.fill_null(near, False)).to_pylist()
    if len(suspects) > 100 * MANY:
        return []
    return [at for at in suspects if _SAYS_TOTAL.match(column[at].as_py().strip())]


_SAYS_TOTAL = re.compile(r"((gran|sub)[ -]?)?total(es)?\b|sumas?\b", re.IGNORECASE)
"""How a total begins, whatever follows it: `Total parcial`, `Subtotal Comuna 1`."""


def _is_total(
    body: pa.Table, at: int, own: int, labels: Sequence[str], kinds: Mapping[str, str]
) -> bool | None:
    """Whether the row has nothing but that word and numbers, and leaves most other texts blank. False: it may
    be one, if its numbers are sums; None: it has other texts."""
    blank = filled = 0
    for place, label in enumerate(labels):
        if place == own:
            continue
        text = (body.column(place + 1)[at].as_py() or "").strip()
        if kinds.get(label.strip()) in ("number", "integer"):
            continue
        blank, filled = blank + (not text), filled + bool(text)
    if filled:
        return None
    said = (body.column(own + 1)[at].as_py() or "").strip().rstrip(" :")
    apart = blank > 0 or own > 0 or kinds.get(labels[own].strip()) in ("number", "integer")
    return apart and TOTAL.fullmatch(said) is not None


class _Sums:
    def __init__(
        self,
        body: pa.Table,
        labels: Sequence[str],
        kinds: Mapping[str, str],
        texts: Mapping[int, Mapping[str, str]],
    ):
        self.body, self.texts = body, texts
        self.places = [
            place for place, label in enumerate(labels) if kinds.get(label.strip()) in ("number", "integer")
        ]

    def add_up(self, at: int, totals: Collection[int]) -> bool:
        """Whether every number of the row is the sum of the rows since the last total, or of all rows
        above."""
        start = max((total + 1 for total in totals if total < at), default=0)
        sums = [value for place in self.places if (value := self._number(place, at)) is not None]
        if not sums:
            return False
        return any(self._is_sum(at, first, set(totals)) for first in {start, 0})

    def _is_sum(self, at: int, first: int, totals: Collection[int]) -> bool:
        for place in self.places:
            meant = self._number(place, at)
            if meant is None:
                continue
            above = self.body.column(place + 1).slice(first, at - first).combine_chunks()
            texts = replace_texts(above, self.texts.get(place)).to_pylist()
            values = [_as_number(text) for row, text in enumerate(texts, first) if row not in totals]
            total = sum(value for value in values if value is not None)
            if abs(total - meant) > CENT + 1e-9 * abs(total):
                return False
        return True

    def _number(self, place: int, at: int) -> float | None:
        text = self.body.column(place + 1)[at].as_py()
        return _as_number(self.texts.get(place, {}).get(text, text))


def _as_number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def rows_with(cells: pa.Table, place: int, texts: Collection[str]) -> Iterator[tuple[int, str]]:
    """The numbers of the rows that have one of these texts in a column, with the text."""
    column = cells.column(place + 1)
    found = cells.filter(pc.is_in(column, pa.array(sorted(texts), pa.string())))
    yield from zip(found.column(ROW).to_pylist(), found.column(place + 1).to_pylist(), strict=True)

"""What is known of a sheet's columns while their rows are read, and what only a whole column shows: that days
and months changed places, that texts became dates, that numbers are written as texts among numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from pipelines.read.detect.dates import NUMERIC
from pipelines.read.forms.date_format import DateFormat
from pipelines.read.forms.number_format import NumberFormat, TextFormat
from pipelines.read.forms.sheet_cells import Marks
from pipelines.read.grid import RowFault

MONTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""The days that a month may have."""
ISO = re.compile(r"\d{4}-(\d\d)-(\d\d)(T.*)?")
RANGE = r"^[0-9]{1,3} ?[-/] ?[0-9]{1,3}$"
"""Texts of the kind that a spreadsheet takes for a day: 13-20, 1/2."""
POINTED = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"
DECIMALS = r"^[+-]?(?:[0-9]*\.[0-9]{1,2}|[0-9]*\.[0-9]{4,}|[0-9]{4,}\.[0-9]+|0\.[0-9]+|[0-9.]*,[0-9]*)$"
"""Texts that show what the points of others are."""
MOST, TOLD = 1_000, 10
"""Cells that are told one by one, and rows that a sentence names."""


@dataclass
class ShownCells:
    """Cells that a sheet shows in a way that has to be told: how many, and of the first one the row, what is
    shown, and what it is."""

    count: int = 0
    row: int = 0
    shown: str = ""
    value: str = ""

    def __bool__(self) -> bool:
        return self.count > 0

    def note(self, numbers: Marks, texts: pa.Array, shape: NumberFormat | DateFormat | TextFormat) -> None:
        """Counts cells that are shown in a format."""
        if not len(numbers):
            return
        if not self.count or numbers[0] < self.row:
            self.row, self.value = int(numbers[0]), texts[0].as_py()
            way = {"thousands": True} if isinstance(shape, NumberFormat) else {}
            self.shown = (shape.show(self.value, **way) or "").strip()
        self.count += len(numbers)


@dataclass
class SheetColumnNotes:
    """What is known of a column and its field, and what was seen in it: true dates, how many and the last day
    of a month among them, and texts that are days, how many and whether all could have been taken for a month
    that comes first; numbers that are no texts, numbers that are shown as percentages, in thousands, in
    thousands and read in those of the field (`rescaled`), with `words` for thousands (`worded`), or not at
    all (`unseen`); in a column of texts how many others there are beside true dates, and in one of numbers
    texts of which nobody can tell what their point is. `written_so`: the layout says how its texts are
    written. `certain` marks the rows in which a true value of the field's type stands, and no text. In a
    column of unit %, `shares` counts those that are shown as percentages, and `small` has others that could
    be meant so. `hidden_times` counts days with a time that the sheet does not show, `hidden_days` cells of
    which it does not show the whole day. `units` has those that are shown, where the field has none: the
    first row, and how many; `truths` are rows with a true or false that nobody wants."""

    kind: str
    unit: str | None
    as_shown: bool
    formats: Sequence[tuple[NumberFormat, bytearray]] = ()
    day_formats: Sequence[tuple[DateFormat, bytearray]] = ()
    text_formats: Sequence[tuple[TextFormat, bytearray]] = ()
    written_so: bool = False
    days: int = 0
    latest: int = 0
    written: int = 0
    swappable: bool = True
    numbers: int = 0
    percents: ShownCells = field(default_factory=ShownCells)
    scaled: ShownCells = field(default_factory=ShownCells)
    rescaled: ShownCells = field(default_factory=ShownCells)
    worded: ShownCells = field(default_factory=ShownCells)
    unseen: ShownCells = field(default_factory=ShownCells)
    texts: int = 0
    ranges: bool = False
    dated: list[tuple[int, str]] = field(default_factory=list)
    pointed: list[tuple[int, str]] = field(default_factory=list)
    decimals: bool = False
    certain: bytearray = field(default_factory=bytearray)
    words: dict[str, None] = field(default_factory=dict)
    shares: int = 0
    small: list[tuple[int, str]] = field(default_factory=list)
    hidden_times: int = 0
    hidden_days: ShownCells = field(default_factory=ShownCells)
    units: dict[str, tuple[int, int]] = field(default_factory=dict)
    truths: set[int] = field(default_factory=set)

    def forget(self) -> None:
        self.days = self.latest = self.written = self.numbers = self.texts = 0
        self.percents, self.scaled, self.rescaled = ShownCells(), ShownCells(), ShownCells()
        self.worded, self.unseen, self.hidden_days = ShownCells(), ShownCells(), ShownCells()
        self.swappable, self.ranges, self.decimals = True, False, False
        self.dated, self.pointed = [], []
        self.certain = bytearray()
        self.shares = self.hidden_times = 0
        self.words, self.small, self.units = {}, [], {}
        self.truths = set()

    def note_percentages(self, numbers: Marks, texts: pa.Array, shown_so: bool) -> None:
        """Takes note of numbers in a column of unit %: whether they are shown as percentages."""
        if shown_so:
            self.shares += len(texts)
            return
        values = np.abs(pc.cast(texts, pa.float64(), safe=False).to_numpy(zero_copy_only=False))
        here = (values > 0) & (values <= 1)
        if here.any():
            rows, found = numbers[here].tolist(), texts.filter(pa.array(here)).to_pylist()
            self.small += list(zip(rows, found, strict=True))[: MOST - len(self.small)]

    def note_truths(self, numbers: Marks) -> None:
        """Takes note of rows (by number) in which a true or false stands, where none should."""
        self.truths.update(numbers[: max(0, MOST - len(self.truths))].tolist())

    def mark_certain(self, numbers: Marks) -> None:
        """Marks rows (by number) in which a true value stands."""
        if len(numbers):
            self.certain.extend(bytes(max(0, int(numbers[-1]) + 1 - len(self.certain))))
            np.frombuffer(self.certain, np.uint8)[numbers] = 1

    @property
    def may_be_swapped(self) -> bool:
        """Whether the texts are days that a program which takes the month first would have left as texts, and
        the true dates may be those that it took, day and month exchanged."""
        return bool(self.days and self.written) and self.latest <= 12 and self.swappable


def note_days(column: SheetColumnNotes, texts: pa.Array) -> None:
    """Takes note of the days in a column's texts."""
    plain = pc.match_substring_regex(texts, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?$")
    days = pc.utf8_slice_codeunits(texts.filter(plain), 8, 10).cast(pa.int32())
    if len(days):
        column.days += len(days)
        column.latest = max(column.latest, pc.max(days).as_py())
    for counted in texts.filter(pc.invert(plain)).value_counts().to_pylist():
        text, count = counted["values"], counted["counts"]
        if match := ISO.fullmatch(text):
            column.days += count
            column.latest = max(column.latest, int(match[2]))
        elif (match := NUMERIC.fullmatch(text.strip())) and len(match["a"]) < 3:
            first, second = int(match["a"]), int(match["b"])
            column.written += count
            column.swappable &= 12 >= second >= 1 and 12 < first <= MONTHS[second]


def note_texts(column: SheetColumnNotes, numbers: Marks, texts: pa.Array) -> None:
    """Takes note of the texts among dates, or among numbers; `numbers` are their rows."""
    texts = pc.utf8_trim_whitespace(texts)
    if column.kind in ("string", "any"):
        column.texts += pc.sum(pc.not_equal(texts, "")).as_py() or 0
        column.ranges = column.ranges or _any_match(texts, RANGE)
    elif column.kind == "number" and not column.written_so:
        column.decimals = column.decimals or _any_match(texts, DECIMALS)
        column.pointed += _matching(numbers, texts, POINTED, MOST - len(column.pointed))


def note_dates(column: SheetColumnNotes, numbers: Marks, dates: pa.Array) -> None:
    """Takes note of true dates in a column of texts."""
    column.days += len(dates)
    column.dated += zip(numbers[:TOLD].tolist(), dates[:TOLD].to_pylist(), strict=True)


def _any_match(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern), min_count=0).as_py())


def _matching(numbers: Marks, texts: pa.Array, pattern: str, most: int) -> list[tuple[int, str]]:
    there = pc.match_substring_regex(texts, pattern)
    rows = numbers[there.to_numpy(zero_copy_only=False)][: max(0, most)].tolist()
    return list(zip(rows, texts.filter(there)[: len(rows)].to_pylist(), strict=True))


def judge_column(place: int, column: SheetColumnNotes) -> list[RowFault]:
    """What only the whole column shows."""
    found = [*_dates_among_texts(place, column), *_texts_among_numbers(place, column)]
    if column.shares and column.small:
        note = _(
            "a number of 1 or less among cells that are shown as percentages: nobody can tell whether it is "
            "a percentage, or a hundredth of one"
        )
        found += [RowFault("odd-writing", row, note, place, text) for row, text in sorted(column.small)]
    # Of all days, three in five come after the 12th.
    if column.may_be_swapped and column.days > 1 and column.written * 3 >= column.days:
        note = _(
            "of its dates, all that the workbook knows as dates are of the first 12 days of a month, and all "
            "with later days are texts: they were typed as day/month/year into a program that takes the "
            "month "
            "first, and day and month of the others are exchanged"
        )
        found.append(RowFault("swapped-dates", None, note, place))
    return found


def _dates_among_texts(place: int, column: SheetColumnNotes) -> Iterator[RowFault]:
    """Dates in a column of texts, where they are no more than the texts, these are ranges, or a `string` has
    nothing else: then it is not what its declaration says."""
    if not column.dated:
        return
    if column.days <= column.texts or column.ranges or (not column.texts and column.kind == "string"):
        rows = ", ".join(str(row) for row, _text in column.dated[:TOLD])
        note = ngettext(
            "{n} cell is a date for the workbook (row {rows}), and is published so",
            "{n} cells are dates for the workbook (rows {rows}), and are published so",
            column.days,
            rows=rows + (" …" if column.days > TOLD else ""),
        )
        yield RowFault("dates-among-texts", None, note, place, column.dated[0][1])


def _texts_among_numbers(place: int, column: SheetColumnNotes) -> Iterator[RowFault]:
    """Texts as 1.234 among true numbers: a thousand, or a little more than one."""
    if column.numbers and not column.decimals:
        note = _(
            "a text among numbers, of which nobody can tell whether its point parts thousands or decimals"
        )
        yield from (RowFault("odd-writing", row, note, place, text) for row, text in column.pointed)

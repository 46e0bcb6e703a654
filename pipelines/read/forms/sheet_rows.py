"""The rows of a sheet as the fields want them: a percentage in the field's unit, a code with its zeros; and
what a workbook has done to numbers and dates behind its makers' backs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.read.forms.column_look import faults_of_look
from pipelines.read.forms.column_notes import (
    SheetColumnNotes,
    judge_column,
    note_dates,
    note_days,
    note_texts,
)
from pipelines.read.forms.date_format import DateFormat, parse_date_format
from pipelines.read.forms.number_format import (
    NumberFormat,
    TextFormat,
    parse_format,
    parse_text_format,
)
from pipelines.read.forms.sheet_cells import (
    DAY,
    MOMENT,
    NUMBER,
    SPAN,
    TEXT,
    TRUTH,
    Marks,
    SheetBlock,
    SheetColumn,
    read_blocks,
)
from pipelines.read.forms.sheet_look import SheetLook
from pipelines.read.forms.sheet_numbers import note_codes, read_in_unit
from pipelines.read.forms.sheet_values import (
    are_times,
    as_durations,
    days_as_shown,
    shapes_of,
    show_codes,
    show_numbers,
    shown_day,
    shown_number,
    texts_as_shown,
)
from pipelines.read.forms.xlsx import cell_address
from pipelines.read.grid import RowFault, Rows, Unreadable, measure_of
from validation.patterns import require_time
from validation.table import schema

DIGITS = 15
"""Digits of a number that a workbook keeps."""
ROUND = 12
"""Digits before the zeros of a whole number that is round, and has lost nothing."""
CERTAIN = {
    **dict.fromkeys(("number", "integer", "year"), (NUMBER,)),
    **dict.fromkeys(("date", "datetime"), (DAY, MOMENT)),
    **dict.fromkeys(("time", "duration"), (SPAN,)),
    "boolean": (TRUTH,),
}
"""By the type of a field, the kinds of cells that are values of it: they are no question of writing."""


class _Overrides:
    """What is to be read of some cells instead of what stands in them: texts by row and column, where
    `repeated` rows stand for several."""

    def __init__(self, texts: Mapping[tuple[int, int], str], repeated: Sequence[tuple[int, int]]):
        self.by_place: dict[int, tuple[Marks, pa.Array]] = {}
        places: dict[int, list[tuple[int, str]]] = {}
        for (row, place), text in texts.items():
            places.setdefault(place, []).append((row, text))
        for place, cells in places.items():
            cells.sort()
            rows = np.fromiter((row for row, _text in cells), np.int64)
            self.by_place[place] = rows, pa.array([text for _row, text in cells], pa.string())
        self.starts = np.fromiter((first for first, multiply_text in repeated), np.int64)
        self.times = np.fromiter((times for _first, times in repeated), np.int64)

    def find(self, place: int, numbers: Marks) -> pa.Array | None:
        """For each of the rows the text of the cell in this column; null where there is none, None where
        there is none at all."""
        if place not in self.by_place:
            return None
        rows, texts = self.by_place[place]
        if len(self.starts):
            at = np.maximum(np.searchsorted(self.starts, numbers, "right") - 1, 0)
            first = self.starts[at]
            numbers = np.where((numbers >= first) & (numbers < first + self.times[at]), first, numbers)
        at = np.searchsorted(rows, numbers)
        hit = rows[np.minimum(at, len(rows) - 1)] == numbers
        return texts.take(pa.array(np.where(hit, at, 0), mask=~hit)) if hit.any() else None


class SheetRows:
    """The rows below the header of a sheet whose cells are in the file `cells`, as `cells.py` wrote them;
    each is as long as the header or as its last cell that holds something. What was noticed in them is there
    once they were read."""

    def __init__(
        self, cells: Path, skip: int, labels: Sequence[str], look: SheetLook, left_out: Collection[int] = ()
    ):
        self.cells, self.skip, self.labels, self.look = cells, skip, labels, look
        self.left_out = sorted(left_out)
        self.columns: dict[int, SheetColumnNotes] = {}
        self.found: list[RowFault] = []
        self.texts, self.shown = (
            _Overrides(look.texts, look.repeated),
            _Overrides({place: text for place, text in look.shown.items() if text}, look.repeated),
        )
        self.marked = _Overrides(look.faults, ())  # what calamine takes for empty

    def want(self, resource: Resource, layout: Layout) -> None:
        """Takes note of the fields whose columns these are."""
        fields = {each["name"]: each for each in resource.schema["fields"]}
        if layout.unpivot is not None:
            require_time(layout.unpivot.columns, self.labels)
        formats: dict[int, list[tuple[NumberFormat, bytearray]]] = {}
        day_formats: dict[int, list[tuple[DateFormat, bytearray]]] = {}
        text_formats: dict[int, list[tuple[TextFormat, bytearray]]] = {}
        for (code, place), marks in self.look.formats.items():
            if parsed := parse_format(code):
                formats.setdefault(place, []).append((parsed, marks))
            elif days := parse_date_format(code):
                day_formats.setdefault(place, []).append((days, marks))
            if of_texts := parse_text_format(code):
                text_formats.setdefault(place, []).append((of_texts, marks))
        for place, label in enumerate(self.labels):
            measure = measure_of(label, layout)
            declared = fields.get(layout.labels.get(measure, measure))
            if declared is not None:
                writing = layout.fields.get(declared["name"])
                self.columns[place] = SheetColumnNotes(
                    declared.get("type", "any"),
                    declared.get("unit"),
                    bool(writing and writing.as_shown),
                    formats.get(place, ()),
                    day_formats.get(place, ()),
                    text_formats.get(place, ()),
                    bool(writing and (writing.decimal_char or writing.group_char is not None)),
                )

    def blocks(self) -> Iterator[pa.RecordBatch]:
        """The rows in batches as a Table has them; raises Unreadable behind those that can be read."""
        self.found = []
        for column in self.columns.values():
            column.forget()
        for block in read_blocks(self.cells, self.skip):
            nul = _find_nul(block)
            whole = block if nul is None else block.slice(0, nul[0])
            for some in _without(whole, self.left_out):
                yield self._batch(some)
            if nul is not None:
                raise _nul_error(block.first + nul[0], nul[1])

    def rows(self) -> Rows:
        """The same, one by one."""
        for batch in self.blocks():
            numbers, *columns, extra = (column.to_pylist() for column in batch.columns)
            for number, beyond, *cells in zip(numbers, extra, *columns, strict=True):
                yield number, [*cells, *(beyond or ())]

    def faults(self) -> tuple[RowFault, ...]:
        """What was wrong while the rows were last read."""
        seen = list(self._formulas_without_results())
        for place, column in self.columns.items():
            seen += [*judge_column(place, column), *faults_of_look(place, column)]
        return (*self.found, *seen)

    def _formulas_without_results(self) -> Iterator[RowFault]:
        """Cells whose formula was never calculated: what a reader sees in them is nothing."""
        for row, place in self.look.unsaved:
            if row > self.skip and place < len(self.labels):
                yield RowFault("formula-unsaved", row, _("the formula has no saved result"), place)

    def certain(self, place: int, numbers: Marks) -> Marks | None:
        """Of each of the rows whether a true value of its field's type stands in this column, and no text;
        None where there is none, or where day and month of the true dates may have changed places."""
        column = self.columns.get(place)
        if column is None or column.may_be_swapped or not len(column.certain):
            return None
        marks = np.frombuffer(column.certain, np.uint8)
        found: Marks = marks[np.minimum(numbers, len(marks) - 1)].astype(np.bool_)
        return found & (numbers < len(marks))

    def shown_text(self, row: int, place: int, cell: str) -> str | None:
        """What the sheet shows of a cell of which the table says something else: a day in its own writing,
        and of a number what it looks like before what it is."""
        column = self.columns.get(place)
        if column is None:
            return None
        if row in column.truths:
            return _("TRUE") if cell == "true" else _("FALSE")
        here = np.array([row])
        if (at := int(shapes_of(column.day_formats, here)[0])) >= 0:
            return shown_day(cell, column.day_formats[at][0])
        if (at := int(shapes_of(column.formats, here)[0])) >= 0:
            return shown_number(cell, column.formats[at][0], column.unit)
        return None

    def _batch(self, block: SheetBlock) -> pa.RecordBatch:
        numbers, width, before = block.numbers, len(self.labels), len(self.found)
        reach = max(width, len(block.columns), *(place + 1 for place in self.marked.by_place), 0)
        nothing = pa.array([""] * block.count, pa.string())
        columns = []
        for place in range(reach):
            here = place < len(block.columns)
            texts = self._texts(place, numbers, block.columns[place]) if here else nothing
            marked = self.marked.find(place, numbers)
            columns.append(texts if marked is None else pc.coalesce(marked, texts))
        self.found[before:] = sorted(self.found[before:], key=lambda each: (each.row, each.place))
        extra = _cells_beyond(columns[width:], block.count)
        return pa.record_batch([pa.array(numbers, pa.int64()), *columns[:width], extra], schema=schema(width))

    def _texts(self, place: int, numbers: Marks, cells: SheetColumn) -> pa.Array:
        """What a column's cells say, as its field wants it."""
        column, texts, kinds = self.columns.get(place), cells.texts, cells.kinds
        instead = self.texts.find(place, numbers)
        if instead is not None:
            words = (kinds == TEXT) | (kinds == SPAN)
            anew = pc.if_else(pa.array(words), pc.coalesce(instead, texts), texts)
            kinds = np.where(are_times(texts, anew), SPAN, kinds)
            texts = anew
        if column is None:
            return texts
        texts = self._values(numbers, texts, kinds, column)
        counted = kinds == NUMBER
        if not counted.any():
            return texts
        shown = self.shown.find(place, numbers)
        if counted.all():
            return self._numbers(place, numbers, texts, shown, column)
        some = pa.array(counted)
        shown = shown.filter(some) if shown is not None else None
        anew = self._numbers(place, numbers[counted], texts.filter(some), shown, column)
        return pc.replace_with_mask(texts, some, anew)

    def _values(self, numbers: Marks, texts: pa.Array, kinds: Marks, column: SheetColumnNotes) -> pa.Array:
        """What a column's days and times say, as its field wants them; takes note of what stands in it."""
        if column.text_formats and column.kind in ("string", "any"):
            texts = texts_as_shown(column, numbers, texts, kinds)
        if column.day_formats:
            texts = days_as_shown(column, numbers, texts, kinds)
        if column.kind in CERTAIN and not column.as_shown:
            column.mark_certain(numbers[np.isin(kinds, CERTAIN[column.kind])])
        if column.kind in ("date", "datetime"):
            note_days(column, texts.filter(pa.array((kinds == TEXT) | (kinds == MOMENT))))
        elif column.kind == "duration":
            texts = pc.if_else(pa.array((kinds == TEXT) | (kinds == SPAN)), as_durations(texts), texts)
        if column.kind not in ("boolean", "string", "any"):
            column.note_truths(numbers[kinds == TRUTH])
        days = kinds == DAY
        if column.kind in ("string", "any", "number"):
            _note_mixture(column, numbers, texts, kinds)
        elif days.any():
            note_days(column, texts.filter(pa.array(days)))
            if column.kind == "datetime":
                moments = pc.binary_join_element_wise(texts, "T00:00:00", "")
                texts = pc.if_else(pa.array(days), moments, texts)
        return texts

    def _numbers(
        self, place: int, numbers: Marks, texts: pa.Array, shown: pa.Array | None, column: SheetColumnNotes
    ) -> pa.Array:
        """What a column's numbers say, as its field wants them; those alike in format together."""
        shapes = shapes_of(column.formats, numbers)
        for at in np.unique(shapes):
            shape = column.formats[at][0] if at >= 0 else None
            here = shapes == at
            if here.all():
                return self._numbers_alike(place, numbers, texts, shown, column, shape)
            some = pa.array(here)
            its = None if shown is None else shown.filter(some)
            anew = self._numbers_alike(place, numbers[here], texts.filter(some), its, column, shape)
            texts = pc.replace_with_mask(texts, some, anew)
        return texts

    def _numbers_alike(
        self,
        place: int,
        numbers: Marks,
        texts: pa.Array,
        shown: pa.Array | None,
        column: SheetColumnNotes,
        shape: NumberFormat | None,
    ) -> pa.Array:
        text_field = column.kind in ("string", "any")
        if column.as_shown and shape is not None:
            return show_numbers(texts, shown, shape, grouped=text_field)
        if column.as_shown and shown is not None:
            plain = shown.is_null().to_numpy(zero_copy_only=False)
            self._numbers_alike(place, numbers[plain], texts.filter(pa.array(plain)), None, column, None)
            return pc.coalesce(shown, texts)
        if text_field or column.kind == "integer":
            self._find_lost_digits(place, numbers, texts, column.kind)
        if text_field:
            if shape is None:
                return texts
            note_codes(column, numbers, texts, shape)
            return show_codes(texts, shown, shape)
        texts, faults = read_in_unit(place, numbers, texts, shown, column, shape)
        self.found += faults
        return texts

    def _find_lost_digits(self, place: int, numbers: Marks, texts: pa.Array, kind: str) -> None:
        """Numbers of more digits than a workbook keeps, in a column of codes or of whole numbers."""
        long = pc.greater(pc.binary_length(texts), DIGITS).to_numpy(zero_copy_only=False)
        if not long.any():
            return
        for row, text in zip(numbers[long].tolist(), texts.filter(pa.array(long)).to_pylist(), strict=True):
            if kind == "integer":
                lost = len(text.lstrip("-")) > DIGITS and len(text.strip("-0")) > ROUND
            else:
                lost = len(text.lstrip("-0.").replace(".", "")) > DIGITS and "." not in text
            if lost:
                self._add_digits(row, place, text)

    def _add_digits(self, number: int, place: int, text: str) -> None:
        note = _(
            "a number of more than {n} digits: the workbook has lost the others; write it anew, in a cell "
            "that "
            "is formatted as text",
            n=DIGITS,
        )
        self.found.append(RowFault("digits-lost", number, note, place, text))


def _note_mixture(column: SheetColumnNotes, numbers: Marks, texts: pa.Array, kinds: Marks) -> None:
    """Takes note of texts and dates that stand in one column, and of texts among numbers."""
    for some, note in (((TEXT, SPAN, TRUTH), note_texts), ((DAY, MOMENT), note_dates)):
        here = np.isin(kinds, some)
        if here.any():
            note(column, numbers[here], texts.filter(pa.array(here)))


def _cells_beyond(columns: Sequence[pa.Array], count: int) -> pa.Array:
    """What stands beyond the last label, as far as it holds something."""
    kind = pa.list_(pa.string())
    if not any(pc.any(pc.not_equal(column, "")).as_py() for column in columns):
        return pa.nulls(count, kind)
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return pa.array([trim_cells(list(row), 0) or None for row in rows], kind)


def _without(block: SheetBlock, left_out: Sequence[int]) -> Iterator[SheetBlock]:
    """The parts of a block that have no row with one of these numbers."""
    start = 0
    for at in [*(row - block.first for row in left_out if 0 <= row - block.first < block.count), block.count]:
        if at > start:
            yield block.slice(start, at)
        start = at + 1


def _find_nul(block: SheetBlock) -> tuple[int, int] | None:
    """The place of the first row that has a NUL in a cell, and the cell's place."""
    found = []
    for place, column in enumerate(block.columns):
        data = column.texts.buffers()[2]
        if data is not None and b"\0" in memoryview(data).tobytes():
            has = [at for at, text in enumerate(column.texts.to_pylist()) if "\0" in text]
            found += [(at, place) for at in has[:1]]
    return min(found, default=None)


def _nul_error(number: int, place: int) -> Unreadable:
    note = _(
        "cell {cell} has a NUL character, which no text can hold; write it anew",
        cell=cell_address(number, place),
    )
    return Unreadable("source-error", note, number)


def trim_cells(cells: list[str], width: int) -> list[str]:
    """The cells as far as they hold something, but as many as `width` in any case."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end] + [""] * (width - end)

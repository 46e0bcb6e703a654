"""What numbers of a sheet say in a column of numbers: in its field's unit, and what has to be told of how the
sheet shows them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from pipelines.read.detect.numbers import UNITS, find_measure, find_scale
from pipelines.read.forms.column_notes import SheetColumnNotes
from pipelines.read.forms.number_format import NumberFormat, Section
from pipelines.read.forms.sheet_cells import Marks
from pipelines.read.forms.sheet_values import change_each, divide_text, show_numbers, times_hundred
from pipelines.read.forms.shown_units import is_whole_unit, scale_of, scale_word_factor, unit_of
from pipelines.read.grid import RowFault


def read_in_unit(
    place: int,
    numbers: Marks,
    texts: pa.Array,
    shown: pa.Array | None,
    column: SheetColumnNotes,
    shape: NumberFormat | None,
) -> tuple[pa.Array, list[RowFault]]:
    """Numbers of these rows that one format shows, in the unit of their field, and those that are of another
    one. `shown` is what an ODS says of them itself. The column takes note of the rest."""
    column.numbers += len(texts)
    faults: list[RowFault] = []
    if shape is None:
        if column.unit == "%":
            column.note_percentages(numbers, texts, False)
        return texts, faults
    for section, here in _split_by_section(shape, texts):
        some = pa.array(here)
        whole = bool(here.all())
        its, rows = (texts, numbers) if whole else (texts.filter(some), numbers[here])
        part = shown if shown is None or whole else shown.filter(some)
        anew, found = _read_section(place, rows, its, part, column, shape, section)
        faults += found
        texts = anew if whole else pc.replace_with_mask(texts, some, anew)
    return texts, faults


def _split_by_section(shape: NumberFormat, texts: pa.Array) -> Iterator[tuple[Section | None, Marks]]:
    """The sections of a format that show some of the numbers, with which; those that differ in looks alone
    as one."""
    if len({None if each is None else each.sense for each in shape.sections}) == 1:
        yield shape.first, np.ones(len(texts), np.bool_)
        return
    coded = texts.dictionary_encode()
    of = [shape.section_of(text) for text in coded.dictionary.to_pylist()]
    different = list(dict.fromkeys(of))
    places = np.array([different.index(each) for each in of], np.int64)[coded.indices.to_numpy()]
    for at, section in enumerate(different):
        yield section, places == at


def _read_section(
    place: int,
    numbers: Marks,
    texts: pa.Array,
    shown: pa.Array | None,
    column: SheetColumnNotes,
    shape: NumberFormat,
    section: Section | None,
) -> tuple[pa.Array, list[RowFault]]:
    """The same of numbers that one section shows."""
    if column.unit == "%":
        column.note_percentages(numbers, texts, section is not None and section.percent)
    if section is None or not section.has_places:
        note_unseen(column, numbers, texts, shape, section)
        return texts, []
    if section.percent:
        if column.unit == "%":
            return change_each(texts, times_hundred), []
        column.percents.note(numbers, texts, shape)
        return texts, []
    if other := other_unit(section, column.unit):
        note = _("the cell is shown in {shown}, and the column is in {unit}", shown=other, unit=column.unit)
        cells = zip(numbers.tolist(), show_numbers(texts, shown, shape).to_pylist(), strict=True)
        return texts, [RowFault("other-unit", row, note, place, text) for row, text in cells]
    _note_unit(column, numbers, texts, section)
    factor = scale_of(column.unit)
    if section.thousands and factor > 1:
        column.rescaled.note(numbers, texts, shape)
        return change_each(texts, lambda text: divide_text(text, factor)), []
    if section.thousands:
        column.scaled.note(numbers, texts, shape)
    elif section.scale and factor == 1 and not find_measure(column.unit or ""):
        column.worded.note(numbers, texts, shape)
        column.words[section.scale] = None
    return texts, []


def note_unseen(
    column: SheetColumnNotes, numbers: Marks, texts: pa.Array, shape: NumberFormat, section: Section | None
) -> None:
    """Takes note of numbers of which a sheet shows nothing, or words; a dash for zero hides nothing."""
    if section is None:
        return
    shown = section.show(Decimal(0)).strip()
    if shown and not any(map(str.isalnum, shown)):
        others = pc.not_equal(texts, "0")
        numbers, texts = numbers[others.to_numpy(zero_copy_only=False)], texts.filter(others)
    column.unseen.note(numbers, texts, shape)


def note_codes(column: SheetColumnNotes, numbers: Marks, texts: pa.Array, shape: NumberFormat) -> None:
    """Takes note of what a column of texts does not take of its numbers: units, and what shows nothing."""
    if not any(each and (each.says_more or each.bare or each.power) for each in shape.sections):
        return
    for section, here in _split_by_section(shape, texts):
        if section is None or section.has_words:
            continue
        rows, its = numbers[here], texts.filter(pa.array(here))
        if section.power:
            column.unseen.note(rows, its, shape)
        elif section.has_places:
            _note_unit(column, rows, its, section)
        else:
            note_unseen(column, rows, its, shape, section)


def other_unit(section: Section, field_unit: str | None) -> str | None:
    """The unit in which numbers are shown, where their field is in another one: a currency, a measure, or
    thousands where it is in millions."""
    named, meant = section.currency or section.measure, unit_of(field_unit)
    if named and meant and named != meant:
        of_money = section.currency is not None and meant != "%" and not find_measure(meant)
        return named if of_money or is_whole_unit(field_unit) else None
    word = find_scale(section.scale or "")
    if word and not section.thousands and scale_of(field_unit) not in (1, scale_word_factor(word)):
        return word
    return None


def _note_unit(column: SheetColumnNotes, numbers: Marks, texts: pa.Array, section: Section) -> None:
    """Takes note of the units that are shown in a column whose field says none, and of a mere $ in one of
    another currency."""
    if column.unit is None:
        unit = section.currency or section.measure or ("$" if section.bare else None)
    else:
        foreign = unit_of(column.unit) in set(UNITS.values()) - {"ARS", "%"}
        unit = "$" if foreign and section.bare and not section.currency else None
    if unit is not None and len(numbers):
        first, count = column.units.get(unit, (int(numbers[0]), 0))
        column.units[unit] = (min(first, int(numbers[0])), count + len(numbers))

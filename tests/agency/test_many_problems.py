"""However many problems there are, the report's list, its JSON and the comparison with the file before say
what they would of each of them alone."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from frictionless import Field
from hypothesis import given
from hypothesis import strategies as st

from messages import speaking
from pipelines.agency.check import check_dataset
from pipelines.agency.corrections import _ColumnCorrector, _find_decimal_mark, find_cell_corrections
from pipelines.agency.readings import detect_decimal_mark
from pipelines.agency.report.groups import describe_example, group_check_problems
from pipelines.agency.report.listing import defuse_formula, write_listing
from pipelines.agency.report.write import find_all_corrections, json_lines, report_as_json
from pipelines.agency.row_names import NOWHERE, RowNames, take_rows
from pipelines.read.repair import CellRepair
from tests.support.cities import declaration
from tests.support.workbooks import workbook_bytes
from validation.report import KEPT
from validation.table import Table, schema

FIELDS = [
    {"name": "id", "type": "integer", "description": "n"},
    {"name": "día", "type": "date", "description": "d", "constraints": {"minimum": "2000-01-01"}},
    {"name": "monto", "type": "number", "description": "m", "constraints": {"maximum": 1000}},
    {"name": "clase", "type": "string", "description": "c", "constraints": {"enum": ["A", "B"]}},
]
LABELS = ["id", "día", "monto", "clase"]
FIRST = ["tabla", "gravedad", "problema", "columna", "fila", "celda"]
ODD = ["=1+1", 'dos "tres", cuatro', "31/02/2020", "a\nb", "\u200b7", " 1.234,5 ", "#REF!", "-x"]


def wrong_rows(count: int) -> list[list[str]]:
    """Now and then without an id that is a number, with a day that is none or too early, an amount that is
    too large, a class that is not on the list."""
    rows = []
    for n in range(count):
        number = "" if n % 7 == 3 else "x" if n % 11 == 5 else str(n)
        rows.append([number, "1999-01-01" if n % 3 else ODD[n % len(ODD)], f"{n}.5", "C" if n % 2 else "A"])
    return rows


def sent(city, form: str):
    rows = [LABELS, *wrong_rows(KEPT * 4)]
    path = city.folder / f"muchas.{form}"
    if form == "xlsx":
        path.write_bytes(workbook_bytes(datos=rows))
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return path


@pytest.fixture(params=["csv", "xlsx"])
def many(request, city):
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS))
    with (
        speaking("es"),
        check_dataset(city.datasets, city.archive, "obras", sent(city, request.param)) as done,
    ):
        yield done


def list_plainly(done, untold=frozenset()) -> str:
    """The list, line by line, the cells of each looked up in the file's rows; those of some rows stay
    untold."""
    raw = done.checked.readings["obras"].places.raw
    cells = dict(raw.rows())
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\r\n").writerow
    write(
        [
            "tabla",
            "gravedad",
            "problema",
            "columna",
            "fila",
            "celda",
            "valor",
            "se esperaba",
            "cómo se corrige",
        ]
    )
    for group in group_check_problems(done):
        before = [group.resource, "impide publicar", group.title, group.column or ""]
        for problem in group.problems:
            each = describe_example(problem, group)
            said = [str(each.row or ""), each.cell or "", each.value or "", each.note or group.expected]
            write([defuse_formula(cell) for cell in [*before, *said, group.remedy]])
        for row in group.further:
            place = LABELS.index(group.field)
            address = raw.address(row, place) if raw.address else ""
            value = "" if row in untold else cells[row][place]
            said = [str(row), address, value, group.expected]
            write([defuse_formula(cell) for cell in [*before, *said, group.remedy]])
    return "\ufeff" + text.getvalue()


def test_the_list_is_what_it_would_be_line_by_line(many, tmp_path):
    found = group_check_problems(many)
    assert max(len(group.further) for group in found) > KEPT
    for name, fixes in (("with", find_all_corrections(many)), ("without", {})):
        write_listing(many, found, tmp_path / name, fixes)
        assert (tmp_path / name).read_bytes().decode() == list_plainly(many)


def test_what_stands_beside_personal_data_stays_untold(many, tmp_path):
    found = group_check_problems(many)
    untold = frozenset(row for group in found for row in group.further[::3])
    checked = replace(many.checked, concealed={"obras": untold})
    hiding = replace(many, evaluation=replace(many.evaluation, checked=checked))
    write_listing(hiding, found, tmp_path / "list", find_all_corrections(hiding))
    assert (tmp_path / "list").read_bytes().decode() == list_plainly(many, untold)
    assert list_plainly(many, untold) != list_plainly(many)


def test_the_json_is_the_standard_library_s_to_the_byte(many):
    answer = report_as_json(many)
    assert sum(len(task["errors"]) for task in answer["tasks"]) > 2 * KEPT
    plain = json.dumps(answer, ensure_ascii=False, indent=2, default=str) + "\n"
    assert json_lines(answer).decode() == plain


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.dates() | st.decimals(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_the_standard_library_s_whatever_is_in_it(value):
    answer = {"a": value, "at": datetime(2026, 1, 1, tzinfo=UTC), "on": date(2026, 1, 1), "n": (1, 2)}
    plain = json.dumps(answer, ensure_ascii=False, indent=2, default=str) + "\n"
    assert json_lines(answer) == plain.encode("utf-8", "replace")


def test_corrections_are_the_same_where_a_thousand_more_are_wrong(city):
    """What a column says is asked of the whole column, whatever the number of wrong cells."""
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS))
    path = city.folder / "pocas.csv"
    rows = [
        ["1", "25/12/2023", "1.234,50", "a"],
        ["2", "3/4/2024", "0,5", "b "],
        ["3", "2024-01-01", "7,25", "Z"],
    ]
    path.write_text("\n".join(";".join(row) for row in [LABELS, *rows]) + "\n", "utf-8")
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", path) as done:
        (resource,) = done.inputs.dataset.resources
        found = find_cell_corrections(done, resource)
    told = {(each.row, each.field): each.after for each in found.certain.values()}
    assert told[2, "clase"] == "A"
    assert told[3, "clase"] == "B"


@given(st.lists(st.text("0159.,- x", max_size=9)))
def test_the_decimal_mark_is_that_of_the_texts_one_by_one(texts):
    column = pa.chunked_array([texts[:3], [None, *texts[3:]]], pa.string())
    assert _find_decimal_mark(column) == detect_decimal_mark(texts)


DAYS = [
    "2024-01-31",
    "2024-1-5",
    "2024-02-30",
    "0000-01-01",
    "9999-12-31",
    "1999-12-31",
    "x",
    "",
    " 2024-03-01",
]


@given(st.lists(st.sampled_from(DAYS)))
def test_the_first_day_and_the_last_are_those_of_all_days_that_read(texts):
    field = {"name": "día", "type": "date"}
    column = object.__new__(_ColumnCorrector)
    column.read_cell, column.default = Field.from_descriptor(field).create_cell_reader(), True
    column.way = CellRepair(field, [""], (), None)
    days = [day for text in texts if isinstance(day := column.read_cell(text)[0], date)]
    assert column._find_ends(texts) == ((min(days), max(days)) if days else None)


CHANGED = {
    "nothing": ([["1", "2024-01-01", "5", "A"]] * 30, {0, 1, 2, 3}),
    "accents": ([["1", "2024-01-01", "5", "A\u0301"]] * 30, {0, 1, 2}),
    "nothing in a column": ([["1", "2024-01-01", "", ""]] * 30, {0, 1, 2, 3}),
    "no rows": ([], {0, 1, 2, 3}),
    "short rows": ([["1", "2024-01-01", "5", "A"], ["2", "2024-01-01"]] * 30, {0, 1, 2, 3}),
    "written otherwise": ([[str(n), "2024-01-01", f"{n},5", "A"] for n in range(60)], set()),
    "a total": ([*([str(n), "2024-01-01", "5", "A"] for n in range(60)), ["Total", "", "300", ""]], set()),
}


@pytest.mark.parametrize("case", CHANGED)
def test_columns_that_came_into_the_table_as_they_were_are_those_of_the_file(city, case):
    rows, untouched = CHANGED[case]
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS))
    path = city.folder / "obras.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([LABELS, *rows])
    with check_dataset(city.datasets, city.archive, "obras", path) as done:
        places = done.checked.readings["obras"].places
        assert places.untouched == untouched
        plainly = replace(places, untouched=frozenset())
        for columns in ([0], [2, 0], [3], [0, 1, 2, 3]):
            assert places.file_columns(columns).equals(plainly.file_columns(columns))


# --- the file before

KEYS = st.sampled_from(["", "1", "2", "3", "4"])
ROWS_OF_TWO = st.lists(st.tuples(KEYS, st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"])), max_size=8)


def as_table(rows) -> Table:
    cells = [pa.array([row[at] for row in rows], pa.string()) for at in range(3)]
    numbers = pa.array(range(2, len(rows) + 2), pa.int64())
    batch = pa.record_batch([numbers, *cells, pa.nulls(len(rows), pa.list_(pa.string()))], schema=schema(3))
    return Table("obras", ("id", "a", "b"), lambda: iter([batch]))


def count_plainly(field, old, new) -> int:
    """Each problem of the later file is the same as one of the earlier that is left, by its row's name, and
    if there is none, by its row's number."""

    def name(rows, number):
        if not 2 <= number < len(rows) + 2:
            return number
        cells = dict(zip(("id", "a", "b"), rows[number - 2], strict=True))
        if field != "id" and cells["id"]:
            return ("key", cells["id"])
        return ("all", *(cell for label, cell in cells.items() if label != field))

    (old_rows, old_numbers), (new_rows, new_numbers) = old, new
    left = Counter(name(old_rows, number) for number in old_numbers)
    rest, same = [], 0
    for number in new_numbers:
        if left[name(new_rows, number)] > 0:
            left[name(new_rows, number)] -= 1
            same += 1
        else:
            rest.append(number)
    others = Counter()
    for number in old_numbers:
        if left[name(old_rows, number)] > 0:
            left[name(old_rows, number)] -= 1
            others[number] += 1
    for number in rest:
        if others[number] > 0:
            others[number] -= 1
            same += 1
    return same


NUMBERS = st.lists(st.sampled_from([NOWHERE, *range(2, 12)]), max_size=12)


@given(st.sampled_from(["id", "a", "b", None]), ROWS_OF_TWO, ROWS_OF_TWO, NUMBERS, NUMBERS)
def test_rows_of_two_files_are_told_apart_as_one_by_one(field, old_rows, new_rows, old_numbers, new_numbers):
    old, new = np.array(old_numbers, np.int64), np.array(new_numbers, np.int64)
    files = [take_rows(as_table(rows), np.unique(each)) for rows, each in ((old_rows, old), (new_rows, new))]
    found = RowNames(*files, {"id"}).count_same(field, old, new)
    assert found == count_plainly(field, (old_rows, old_numbers), (new_rows, new_numbers))

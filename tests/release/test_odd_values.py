"""What stands in a cell where there is no data is never published without a word: the error that a formula
left, the signs with which people say that they know nothing, the days and numbers that programs fill in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from pipelines.read.no_data import LOST
from tests.support.checks import check_report
from tests.support.cities import City, declaration
from tests.support.workbooks import workbook_bytes

pytestmark = pytest.mark.usefixtures("english")

KEY = {"name": "id", "type": "integer", "description": "n"}
TEXT = {"name": "nota", "type": "string", "description": "t"}


def found(
    folder: Path, columns: Mapping[str, Sequence[str]], kind: str | Mapping[str, Any] = "string", **made: Any
) -> list[tuple]:
    """What a check says of a table with these columns: field, code or type, row, severity, note."""
    city = City(folder)
    field = {"type": kind} if isinstance(kind, str) else dict(kind)
    fields = [KEY, *({"name": name, "description": name} | field for name in columns)]
    lines = [";".join(["id", *columns])]
    for n, cells in enumerate(zip_longest(*columns.values(), fillvalue=""), 1):
        lines.append(";".join([str(n), *cells]))
    city.declare(declaration("t", fields=fields, **made), datos="\n".join(lines) + "\n")
    report = check_report(city.datasets, city.archive, "t")
    return [(p.field, p.code or p.type, p.row, p.severity, p.note) for p in report.problems]


def test_the_error_of_a_formula_is_a_problem_of_its_cell(tmp_path):
    errors = [
        "#N/D",
        "#n/a",
        "#¡REF!",
        " #REF! ",
        "#DIV/0!",
        "#¡DIV/0!",
        "#¿NOMBRE?",
        "#WERT!",
        "Err:502",
        "####",
    ]
    told = found(tmp_path, {"nota": ["Sala", *errors, "Patio", "#1", "# 7", "ver #REF! en la nota"]})
    expected = [("nota", "spreadsheet-error", row, "critical") for row in range(3, 13)]
    assert [each[:4] for each in told] == expected
    assert {"#n/d", "#¡valor!", "#bezug!", "#¿nombre?", "#nul!", "err:522", "#####"} <= LOST


def test_a_number_that_is_kept_as_another_one_is_told_once_for_its_column(tmp_path):
    large = ["9007199254740993", "9007199254740992", "1.5", "-12345678901234567.25", "0.1", ""]
    (told,) = found(tmp_path / "told", {"v": large}, "number")
    assert told[:4] == ("v", "number-rounded", 2, "warning")
    assert "“9007199254740993” in row 2 would be published as 9007199254740992" in told[4]
    assert "2 numbers" in told[4]
    assert "(rows 2, 5)" in told[4]
    assert (
        found(tmp_path / "money", {"v": ["9007199254740993", "1.5"]}, {"type": "number", "money": True}) == []
    )
    assert found(tmp_path / "whole", {"v": ["9007199254740993", "3"]}, "integer") == []
    (told,) = found(tmp_path / "comma", {"v": ["1,5", "9.007.199.254.740.993,00", "2,75"]}, "number")
    assert told[1:3] == ("number-rounded", 3)


def test_whole_numbers_of_any_size_are_looked_at(tmp_path):
    assert found(tmp_path, {"n": ["9007199254740993", "5", "-9223372036854775808"]}, "integer") == []


def test_so_is_that_of_a_workbook(tmp_path):
    city = City(tmp_path)
    rows = [["id", "nota"], [1, "Sala"], [2, "=1/0"], [3, "#REF!"]]
    city.declare(declaration("t", fields=[KEY, TEXT]), datos=calculated(workbook_bytes(Hoja=rows)))
    report = check_report(city.datasets, city.archive, "t")
    assert [(p.code, p.row, p.place) for p in report.problems] == [
        ("spreadsheet-error", 3, "B3"),
        ("spreadsheet-error", 4, "B4"),
    ]


def calculated(book: bytes) -> bytes:
    """The workbook with the result that Excel keeps beside the formula."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(into, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"<v></v>", b"<v />").replace(
                    b'<c r="B3"><f>1/0</f><v />', b'<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v>'
                )
                assert b"#DIV/0!" in content
            new.writestr(name, content)
    return into.getvalue()


def test_errors_hold_their_rows_back_where_some_may_be(tmp_path):
    city = City(tmp_path)
    content = "id;nota\n" + "".join(f"{n};{'#REF!' if n == 7 else 'Sala'}\n" for n in range(1, 41))
    city.declare(declaration("t", fields=[KEY, TEXT], quarantine={"maxShare": 0.1}), datos=content)
    outcome = city.outcome("t")
    assert (outcome.outcome, outcome.rows) == ("quarantined", {"t": 39})


def test_thousands_of_errors_are_one_problem(tmp_path):
    ((name, code, row, severity, note),) = found(tmp_path, {"nota": ["#N/D"] * 1_500})
    assert (name, code, row, severity) == ("nota", "spreadsheet-error", None, "critical")
    assert note.startswith("1500 cells")


def test_a_sign_of_no_data_is_told_once_for_its_column(tmp_path):
    signs = ["s/d", "S/D", "-", "—", "NULL", "N/A", "sin datos", "Sin Datos", "(en blanco)", "NaN", "null"]
    columns = {
        f"c{n}": ["Escuela técnica", sign, "Plaza del barrio", f" {sign}", "Centro cultural"]
        for n, sign in enumerate(signs)
    }
    innocent = {
        "codes": ["NA", "SD", "BA", "CO", "MZ"],
        "sentences": ["Nota: s/d por ahora", "N/A y otros", "-5", "a-b", "--x"],
    }
    told = found(tmp_path, columns | innocent)
    expected = [(name, "no-data-sign", 3, "warning") for name in columns]
    assert [each[:4] for each in told] == expected
    assert [each[4].partition(",")[0] for each in told] == [f"2 cells say “{sign}”" for sign in signs]


def test_what_is_declared_is_no_question(tmp_path):
    columns = {"a": ["Sala", "s/d", "#N/D", "Patio"]}
    layout = {"fields": {"a": {"missingValues": ["s/d", "#N/D"]}}}
    assert found(tmp_path / "1", columns, layouts=[layout]) == []
    rule = [{"from": ["s/d", "#N/D"], "to": None}]
    assert found(tmp_path / "2", columns, values={"a": rule}) == []
    listed = {"type": "string", "constraints": {"enum": ["Sala", "s/d", "#N/D", "Patio"]}}
    assert found(tmp_path / "3", columns, listed) == []


def test_a_sign_that_a_list_does_not_have_is_told_once(tmp_path):
    listed = {"type": "string", "constraints": {"enum": ["Sala", "Patio"]}}
    told = found(tmp_path, {"a": ["Sala", "s/d", "Vereda", "Patio"]}, listed)
    assert [each[:4] for each in told] == [("a", "constraint-error", row, "critical") for row in (3, 4)]


DAYS = [f"2024-{1 + n % 12:02}-{1 + n:02}" for n in range(12)]


def test_days_that_stand_for_none_or_are_of_another_age_are_told(tmp_path):
    other_age = ["9999-12-31", "2240-05-01", "0024-05-01", "1024-05-01"]
    zero = ["1899-12-30", "1900-01-01", "1970-01-01"]
    columns = {f"c{day}": [*DAYS, day, day] for day in [*other_age, *zero]}
    innocent = {
        "plan": [*DAYS, "2060-01-01"],
        "old": [*DAYS, "1810-05-25"],
        "near": [*DAYS, "1970-01-01", "1969-12-12"],
    }
    told = found(tmp_path, columns | innocent, "date")
    assert [each[:4] for each in told] == [
        *((f"c{day}", "odd-day", 14, "warning") for day in other_age),
        *((f"c{day}", "filler-value", 14, "warning") for day in zero),
    ]
    assert all(each[0].removeprefix("c") in each[4] for each in told)
    bounded = {"type": "date", "constraints": {"minimum": "0001-01-01", "maximum": "9999-12-31"}}
    assert found(tmp_path / "2", columns, bounded) == []


def test_a_day_that_never_was_is_a_problem_of_its_cell(tmp_path):
    days = [f"{1 + n:02}/{1 + n % 12:02}/2024" for n in range(28)]
    columns = {f"c{n}": [*days, day] for n, day in enumerate(["00/00/0000", "31/02/2024", "00/01/1900"])}
    told = [each[:4] for each in found(tmp_path, columns, "date")]
    assert told == [(name, "type-error", 30, "critical") for name in columns]


@pytest.mark.parametrize(
    ("kind", "right", "cell"),
    [
        ("year", "2024", "9999"),
        ("yearmonth", "2024-05", "0204-05"),
        ("datetime", "2024-05-01T10:00:00", "9999-12-31T00:00:00"),
    ],
)
def test_years_months_and_moments_are_looked_at_likewise(tmp_path, kind, right, cell):
    told = [each[:4] for each in found(tmp_path, {"v": [right, cell]}, kind)]
    assert told == [("v", "odd-day", 3, "warning")]


def test_a_number_that_fills_gaps_is_told(tmp_path):
    columns = {
        "many": ["12", "40", "3", *["9999"] * 3],
        "below": ["12", "40", "3", *["-99"] * 3],
        "large": ["12", "8000", "3", *["9999"] * 3],
        "signed": ["12", "-4", "3", *["-99"] * 3],
        "twice": ["12", "40", "3", *["9999"] * 2],
    }
    told = [each[:4] for each in found(tmp_path, columns, "integer")]
    assert told == [(name, "filler-value", 5, "warning") for name in ("many", "below")]
    bounded = {"type": "integer", "constraints": {"minimum": -1000, "maximum": 10_000}}
    assert found(tmp_path / "2", columns, bounded) == []

"""A row below the header that says in which units the columns are is one problem, and no row of data."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.agency.report.groups import ProblemGroup, group_problems
from tests.support.checks import check_report
from tests.support.cities import City, declaration
from tests.support.workbooks import workbook_bytes

pytestmark = pytest.mark.usefixtures("english")
FIELDS = [
    {"name": name, "type": kind, "description": name}
    for name, kind in (("id", "integer"), ("barrio", "string"), ("monto", "number"))
]
LAYOUT = {"labels": {"Nro": "id", "Barrio": "barrio", "Monto": "monto"}}
ROWS = [f"{n};B{n};{n},5" for n in range(1, 25)]


def groups(folder: Path, content: str | bytes, **more) -> list[ProblemGroup]:
    city = City(folder)
    city.declare(declaration("t", fields=FIELDS, key=None, layouts=[LAYOUT], **more), datos=content)
    return group_problems(check_report(city.datasets, city.archive, "t"))


def table(*rows: str) -> str:
    return "\n".join(["Nro;Barrio;Monto", *rows, ""])


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (";;(en miles)", "“(en miles)” says that the values of Monto are thousands"),
        ("(número);(texto);(en millones de pesos)", "the values of Monto are millions"),
        ("(número);(texto);(pesos)", "“(pesos)” under Monto is a unit"),
        ("número;texto;$", "“$” under Monto is a unit"),
        ("[nro.];;[m²]", "“[m²]” under Monto is a unit"),
    ],
)
def test_a_row_of_units_is_one_problem_that_says_what_it_is(tmp_path, first, says):
    (group,) = groups(tmp_path, table(first, *ROWS))
    (problem,) = group.problems
    assert (group.code, group.severity, problem.row) == ("units-row", "critical", 2)
    assert says in problem.note
    assert "no row of data" in problem.note
    assert group.remedy.startswith("Delete the row")


def test_a_row_of_units_in_a_workbook_is_too(tmp_path):
    rows = [["Nro", "Barrio", "Monto"], ["(número)", "(texto)", "(pesos)"]]
    (group,) = groups(tmp_path, workbook_bytes(Hoja=[*rows, *([n, f"B{n}", n + 0.5] for n in range(1, 30))]))
    assert (group.code, group.problems[0].row) == ("units-row", 2)


@pytest.mark.parametrize(
    "rows",
    [
        ["0;(sin nombre);0,5", *ROWS],
        [";(sin nombre);", *ROWS],
        [";;(1.234)", *ROWS],
        [";;(sin datos)", *ROWS, "25;B25;(sin datos)"],
        ROWS,
    ],
)
def test_a_first_row_with_values_or_with_what_stands_elsewhere_too_is_a_row(tmp_path, rows):
    assert "units-row" not in [group.code for group in groups(tmp_path, table(*rows))]


def test_what_is_hidden_is_not_quoted(tmp_path):
    (group,) = groups(tmp_path, table("(nro);(calle);(pesos)", *ROWS), personalData={"monto": "drop"})
    assert group.code == "units-row"
    assert "pesos" not in group.problems[0].note

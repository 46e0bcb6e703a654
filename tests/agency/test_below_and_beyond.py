"""What stands below a table, and values beyond what there can be, are told as the file writes them, once."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from pipelines.agency.report.groups import ProblemGroup, group_problems
from tests.support.checks import check_report
from tests.support.cities import City, declaration

FIELDS = [
    {"name": "id", "type": "integer", "description": "n"},
    {"name": "monto", "type": "number", "description": "m"},
    {"name": "nota", "type": "string", "description": "t"},
]
LABELS = {"labels": {"Nro": "id", "Monto ($)": "monto", "Nota": "nota"}}
pytestmark = pytest.mark.usefixtures("english")


def declared(folder: Path, content: str | bytes, fields: Any = FIELDS, layout: Any = LABELS) -> City:
    city = City(folder)
    city.declare(declaration("t", fields=fields, layouts=[layout]), datos=content)
    return city


def groups(folder: Path, content: str | bytes, **more: Any) -> list[ProblemGroup]:
    city = declared(folder, content, **more)
    return group_problems(check_report(city.datasets, city.archive, "t"))


def table(*below: str, rows: int = 30) -> str:
    lines = ["Nro,Monto ($),Nota", *(f"{n},{n}.5,n{n}" for n in range(1, rows + 1)), *below]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("below", "more"),
    [
        (["Datos de la oficina"], None),
        (["Datos de la oficina central", "revisados por el área"], "the line below it stand"),
        (["Datos de la oficina central,,", "revisados por el área,,"], "the line below it stand"),
        (["Datos de la oficina", "revisados por el área", "en julio"], "the 2 lines below it stand"),
    ],
)
def test_a_note_of_several_lines_below_the_table_is_one_problem(tmp_path, below, more):
    (group,) = groups(tmp_path, table("", *below))
    (problem,) = group.problems
    assert (group.code, group.count, group.severity, problem.row) == ("note-row", 1, "critical", 33)
    assert (more or "stands alone") in problem.note


def test_rows_with_their_key_alone_are_no_lines_of_a_note(tmp_path):
    found = groups(tmp_path, table("", "31,,", "32,,"))
    assert "the line below" not in " ".join(p.note for group in found for p in group.problems)
    assert {group.code or group.type for group in found} <= {"blank-row", "note-row"}


def test_a_total_is_quoted_as_the_file_shows_it_and_its_column_as_the_file_calls_it(tmp_path):
    book = Workbook()
    for row in (
        ["Nro", "Monto ($)", "Nota"],
        *([n, n + 0.5, f"n{n}"] for n in range(1, 31)),
        ["Total", 9999.5],
    ):
        book.active.append(row)
    for row in range(2, 33):
        book.active.cell(row, 2).number_format = '"$" #,##0.00'
    content = BytesIO()
    book.save(content)
    (group,) = groups(tmp_path, content.getvalue())
    assert group.code == "totals-row"
    assert "but $ 9999.50 (9999.5) in Monto ($) is not the sum" in group.problems[0].note
    (group,) = groups(tmp_path / "csv", table("Total,99999.5"))
    assert "99999.5 in Monto ($) is not the sum" in group.problems[0].note


def test_degrees_that_lost_their_point_are_told_so(tmp_path):
    fields = [FIELDS[0], *({"name": n, "type": "number", "description": n} for n in ("latitud", "longitud"))]
    rows = [f"{n},-34.6{n:02},-58.4{n:02}" for n in range(1, 31)]
    odd = ["31,95,-58.41", "32,-3460,-58.42", "33,-34.61,-5842", "34,-346012,-58.4"]
    content = "\n".join(["id,latitud,longitud", *rows, *odd]) + "\n"
    found = {
        problem.row: problem.note.endswith("its decimal point seems to be missing")
        for group in groups(tmp_path, content, fields=fields, layout={})
        for problem in group.problems
    }
    assert found == {32: False, 33: True, 34: True, 35: True}


DAY = {"name": "dia", "type": "date", "description": "d"}
DAYS = {"labels": {"Nro": "id", "Fecha": "dia"}, "fields": {"dia": {"format": "%d/%m/%Y"}}}


def days(*more: str) -> str:
    lines = ["Nro,Fecha", *(f"{n},0{n % 9 + 1}/03/2024" for n in range(1, 31)), *more]
    return "\n".join(lines) + "\n"


def test_a_day_of_another_age_is_quoted_as_the_file_writes_it(tmp_path):
    found = groups(tmp_path, days("31,31/12/2999", "32,01/01/1900"), fields=[FIELDS[0], DAY], layout=DAYS)
    notes = [problem.note for group in found for problem in group.problems]
    assert sorted(note.partition(",")[0].partition(":")[0] for note in notes) == [
        "1 cell is of another age",
        "1 cell says 01/01/1900",
    ]
    assert any("31/12/2999 in row 32" in note for note in notes)
    assert not any("2999-" in note or "1900-" in note for note in notes)


def test_a_day_beyond_the_bounds_is_too(tmp_path):
    bounded = {**DAY, "constraints": {"maximum": "2030-12-31"}}
    city = declared(tmp_path, days("31,31/12/2999"), fields=[FIELDS[0], bounded], layout=DAYS)
    outcome = city.outcome("t")
    assert "“31/12/2999”" in outcome.for_sender
    assert "2999-12-31" not in outcome.for_sender + outcome.message


@pytest.mark.parametrize("swapped", [2, 30])
def test_coordinates_in_each_others_place_are_told_by_the_labels_of_the_file(tmp_path, swapped):
    fields = [FIELDS[0], *({"name": n, "type": "number", "description": n} for n in ("lat", "lon"))]
    layout = {"labels": {"Nro": "id", "Y del mapa": "lat", "X del mapa": "lon"}}
    pairs = [(f"-34.6{n:02}", f"-58.4{n:02}") for n in range(1, 31)]
    rows = [(*(pair[::-1] if n < swapped else pair),) for n, pair in enumerate(pairs)]
    lines = ["Nro,Y del mapa,X del mapa", *(f"{n},{y},{x}" for n, (y, x) in enumerate(rows, 1))]
    (group,) = groups(tmp_path, "\n".join(lines) + "\n", fields=fields, layout=layout)
    assert group.code == "swapped-coordinates"
    for problem in group.problems:
        assert "only if lat and lon change places" in problem.note
        assert "only if Y del mapa and X del mapa change places" in problem.for_sender


@pytest.mark.parametrize(
    ("right", "found"), [(0, [("no-degrees", 1)] * 2), (1, [("impossible-coordinate", 30)] * 2)]
)
def test_a_column_without_its_decimal_points_is_one_problem(tmp_path, right, found):
    fields = [FIELDS[0], *({"name": n, "type": "number", "description": n} for n in ("lat", "lon"))]
    rows = [f"{n},-346000{n:02},-584000{n:02}" for n in range(1, 31)]
    content = "\n".join(["id,lat,lon", *rows, *["31,-34.6,-58.4"] * right]) + "\n"
    told = groups(tmp_path, content, fields=fields, layout={})
    assert [(group.code, group.count) for group in told] == found
    assert {group.severity for group in told} == {"critical"}
    assert all("decimal point" in group.problems[0].note for group in told)

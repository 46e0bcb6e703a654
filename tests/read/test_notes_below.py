"""A note right below a table, with no blank row between, is no row of it; a row that merely lacks much is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines.agency.report.groups import group_problems
from tests.support.checks import check_report
from tests.support.cities import City, declaration

pytestmark = pytest.mark.usefixtures("english")
NOTE = "Los datos son provisorios y están sujetos a revisión por el área"
KINDS = {"id": "integer", "obras": "integer", "monto": "number"}


def told(folder: Path, header: str, rows: Sequence[str]) -> list[tuple[str, str, int | None]]:
    """Each group of problems: its code (or type), its severity, and the row of the first."""
    names = header.split(";")
    fields = [{"name": n, "type": KINDS.get(n, "string"), "description": n} for n in names]
    city = City(folder)
    city.declare(declaration("t", fields=fields, key=None), datos="\n".join([header, *rows, ""]))
    groups = group_problems(check_report(city.datasets, city.archive, "t"))
    return [(each.code or each.type, each.severity, each.problems[0].row) for each in groups]


WORKS = [f"Barrio {n};{n};{n},5" for n in range(1, 25)]
NAMED = [f"{n};Barrio {n};n" for n in range(1, 25)]
SPARSE = [f"Barrio {n};{n if n % 3 else ''};" for n in range(1, 25)]
TITLES = [f"Historia breve del barrio número {n} de esta ciudad;Autora {n}" for n in range(1, 25)]
FOUND = [("note-row", "critical", 26)]


@pytest.mark.parametrize(
    ("header", "rows", "below", "problems"),
    [
        ("barrio;obras;monto", WORKS, [f"{NOTE};;"], FOUND),
        ("barrio;obras;monto", WORKS, [f"{NOTE};;", "Elaborado por la Dirección de Obras;;"], FOUND),
        ("barrio;obras;monto", WORKS, [f"{NOTE};;", "y en julio;;"], FOUND),
        ("barrio;obras", [row.rpartition(";")[0] for row in WORKS], [f"{NOTE};"], FOUND),
        ("id;barrio;nota", NAMED, [";;Sin informar al cierre"], FOUND),
        ("id;barrio;nota", NAMED, [f"{NOTE};;"], FOUND),
        ("id;barrio;nota", NAMED, ["Sin informar al cierre;;"], FOUND),
        ("barrio;obras;nota", SPARSE, [f"{NOTE};;"], FOUND),
        ("barrio;obras;monto", WORKS, ["Villa Santa Rita;;"], []),
        ("barrio;obras;monto", WORKS, ["Villa General Mitre;;"], []),
        ("barrio;obras;monto", WORKS, [f"{NOTE};;", "Versalles;25;25,5"], []),
        ("barrio;obras;monto", WORKS, ["Villa Santa Rita;;", f"{NOTE};;"], [("note-row", "critical", 27)]),
        ("id;barrio;nota", NAMED, [";Fuente de los Incas;"], []),
        ("id;barrio;nota", ["1;a;x", ";;Sigue de la fila de arriba", *NAMED[2:]], [";;Sigue otra vez"], []),
        ("titulo;autora", TITLES, ["Una historia del barrio que nadie más contó hasta hoy;"], []),
        ("barrio;obras;nota", SPARSE, ["Parque de las Ciencias y Artes;;"], []),
    ],
)
def test_a_sentence_right_below_the_table_is_no_row_of_it(tmp_path, header, rows, below, problems):
    assert told(tmp_path, header, [*rows, *below]) == problems


def test_where_the_layout_knows_no_foot_the_last_row_is_a_row(tmp_path):
    fields = [
        {"name": n, "type": KINDS.get(n, "string"), "description": n} for n in ("barrio", "obras", "monto")
    ]
    layouts = [{"foot": False, "fields": {"monto": {"decimalChar": ","}}}]
    city = City(tmp_path)
    content = "\n".join(["barrio;obras;monto", *WORKS, f"{NOTE};;", ""])
    city.declare(declaration("t", fields=fields, key=None, layouts=layouts), datos=content)
    assert group_problems(check_report(city.datasets, city.archive, "t")) == []

"""The page of participation: every count is what the published rows give, with how much is known; two units
are never compared."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.support.plans import Tables
from tests.support.portals import Page


def demo(site: Path, dataset: str, resource: str) -> str:
    return f"(SELECT * FROM read_csv('{site}/demo/{dataset}/latest/{resource}.csv', all_varchar = true))"


@pytest.mark.parametrize("field", ["anio", "comuna", "programa", "grupo_etario"])
def test_people_add_up_to_the_published_rows(site: Path, field: str):
    told = demo(site, "participacion-indicadores", "indicadores")
    wanted = duckdb.sql(f"SELECT {field}, sum(asistentes::INT) FROM {told} GROUP BY ALL").fetchall()
    page = Tables(site / "participacion/demo/index.html")
    shown = {(row[0].removeprefix("Comuna "), row[2].replace(".", "")) for row in page.rows if len(row) == 4}
    assert len(wanted) > 2
    for value, people in wanted:
        assert (value or "sin anotar", "no se contaron" if people is None else str(people)) in shown


def test_activities_are_counted_once_however_many_ages_they_have(site: Path):
    parts = (
        ("participacion-instancias", "instancias", "fecha_evento, nombre_actividad, direccion, instancia"),
        ("comisarias-cercanas", "encuentros", "fecha_evento, evento, comisarias_participantes, NULL"),
        ("dialogando-ba", "encuentros", "fecha, tema, NULL, etapa"),
        ("iniciativas-participacion", "iniciativas", "fecha, iniciativa, NULL, etapa"),
    )
    union = " UNION ALL ".join(
        f"SELECT DISTINCT '{id}', {fields} FROM {demo(site, id, name)}" for id, name, fields in parts
    )
    ((wanted,),) = duckdb.sql(f"SELECT count(*) FROM ({union})").fetchall()
    years = [
        row
        for row in Tables(site / "participacion/demo/index.html").rows
        if row[0].isdigit() and len(row[0]) == 4
    ]
    assert sum(int(row[1].replace(".", "")) for row in years) == wanted
    assert (
        f" de {wanted} instancias se informó qué hizo el gobierno"
        in Page(site / "participacion/demo/index.html").text
    )


def test_how_much_is_known_is_said(site: Path):
    told = demo(site, "participacion-indicadores", "cobertura")
    ((known, rows),) = duckdb.sql(
        f"SELECT sum(conocidas::INT), sum(filas::INT) FROM {told} WHERE dato = 'grupo_etario'"
    ).fetchall()
    text = Page(site / "participacion/demo/index.html").text
    assert f"Anotado en {known} de {rows} filas ({round(100 * known / rows)} %)" in text
    assert "nada de 2020" in text, "a programme without rows of a year says so"


def test_two_figures_of_two_units_stand_apart(site: Path):
    text = Page(site / "participacion/index.html").text
    goal, count = text.index("300 vinculaciones directas "), text.index("895 instancias participativas ")
    assert "octubre de 2018 a diciembre de 2019" in text[goal:count]
    assert "de 2016 a 2019" in text[count:]
    assert "no se pueden comparar, y no hay porcentaje" in text
    assert "298" not in text
    assert "%" not in text[goal : text.index("BA Elige, de la propuesta")]


def test_english_names_the_tables_in_english(site: Path):
    assert "Planes de acción: " not in Page(site / "en/compromisos/index.html").text


def test_real_and_invented_do_not_meet(site: Path):
    real, invented = (Page(site / f"participacion/{place}index.html").text for place in ("", "demo/"))
    assert "No se publicó ninguna serie por año" in real
    assert "Actividad demo" not in real
    assert "895" not in invented
    assert "Ninguna fuente dice qué propuesta llegó a qué proyecto" in invented


def test_every_link_leads_somewhere(site: Path):
    for path in (*site.glob("participacion/**/index.html"), *site.glob("en/participacion/**/index.html")):
        for link in Page(path).links:
            target, _hash, anchor = link.partition("#")
            there = (path.parent / target).resolve() if target else path
            assert link.startswith("http") or there.is_file(), link
            assert not anchor or anchor in Page(there).ids, link
        assert path.stat().st_size < 200_000

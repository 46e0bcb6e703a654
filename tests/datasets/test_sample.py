"""The demonstrations' samples are the generator's, say that they are samples, and read as their declarations
say."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from pipelines.dataset.dataset import Dataset, load_dataset
from tests.support.lazy import openpyxl
from tools import sample_city
from tools.samples import DATASETS, SAMPLES, sample

IDS = sorted({name.split("/")[0] for name in SAMPLES})
# Columns that the city declared for its files of 2016–2019, trailing space included.
DECLARED = {
    "comisarias-cercanas/sample/comisarias-cercanas.xlsx": [
        *("Fecha de evento", "Evento", "Comisarias participantes", "Inscriptos ", "Asistentes"),
    ],
    "participacion-instancias/sample/instancias.xlsx": [
        *(
            "Fecha de evento",
            "Categoria",
            "Instancia",
            "Nombre Actividad",
            "Área",
            "Participación ciudadana",
            "Dirección",
            "Comuna",
        ),
        *("Descripción", "Inscriptos", "Asistentes", "Cantidad de votos", "Resultados de votación"),
    ],
    "programas-incentivos/sample/incentivos.xlsx": [
        *("Comuna", "año", "Programa", "N edicion", "Duracion (meses)", "Total de inscriptos"),
        *("Total de interacciones (votos, fotos)", "Total participantes efectivos"),
        *("Total ganadores potenciales", "Ganadores efectivos"),
        *("Cantidad de premios en SUBE otorgados", "Cantidad de premios en ABL otorgados"),
    ],
    "grandes-choferes/sample/grandes-choferes.xlsx": ["Linea", "Unidades", "Choferes", "año", "Edicion"],
}


def dataset(id: str) -> Dataset:
    return load_dataset(DATASETS / id)


def cells(name: str) -> list[list]:
    sheet = openpyxl.load_workbook(io.BytesIO(sample(name))).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_committed_sample_is_what_the_generator_writes(name):
    assert (DATASETS / name).read_bytes() == sample(name)
    assert sample(name, seed=1) != sample(name), "another seed, other rows"


def test_no_sample_is_of_another_hand():
    there = {
        path.relative_to(DATASETS).as_posix() for id in IDS for path in (DATASETS / id / "sample").iterdir()
    }
    assert there == set(SAMPLES)


@pytest.mark.parametrize("name", DECLARED)
def test_the_columns_that_the_city_declared_come_first(name):
    header = cells(name)[0]
    assert header[: len(DECLARED[name])] == DECLARED[name]


def test_a_year_before_the_question_has_no_answer():
    header, *rows = cells("participacion-instancias/sample/instancias.xlsx")
    asked = [header.index(label) for label in ("Modalidad", "Barrio", "Grupo etario", "Qué hizo el gobierno")]
    years = {row[0].year: {row[place] for place in asked} for row in rows}
    assert {year for year, answers in years.items() if answers == {None}} == {
        year for year in years if year < 2020
    }
    assert max(years) >= 2020


@pytest.mark.parametrize("id", IDS)
def test_nobody_takes_it_for_real(id):
    described = dataset(id).descriptor
    assert dataset(id).demo
    assert described["pipeline"]["publisher"] == {"id": "vereda-demo", "name": "Vereda (demostración)"}
    assert [contributor["title"] for contributor in described["contributors"]] == ["Vereda (demostración)"]
    assert described["title"].startswith("Datos de demostración: ")
    assert described["description"].startswith("Datos de demostración: todas las filas son inventadas.")


def test_invented_names_say_what_they_are():
    for name in [name for name in SAMPLES if name.endswith(".xlsx")]:
        _header, *rows = cells(name)
        assert all(
            any("demo" in str(cell).lower() or "de muestra" in str(cell) for cell in row) for row in rows
        ), name
    for name in [name for name in SAMPLES if name.endswith(".jsonl")]:
        answers = [json.loads(line) for line in sample(name).decode().replace("\x1e", "").splitlines()]
        names = [each[key] for each in objects(answers) for key in ("title", "name") if key in each]
        places = [text for text in names if text.startswith("Comuna ")]
        tags = {"Arte urbano", "Cultura", "Educación", "Mascotas", "Plazas y parques", "Reciclado"}
        steps = {"Proyecto", "Inicio", "Avance"}
        assert all("demo" in text for text in names if text not in (*places, *tags, *steps)), name


def objects(value):
    """Every JSON object inside the value."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(child)


def test_a_workbook_has_the_same_bytes_on_every_day(monkeypatch):
    name = next(iter(SAMPLES))
    before = sample(name)
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 2, 3, 4, 5, 6, 0, 34, 0))
    assert sample(name) == before
    assert b"2026" not in before
    assert Path(DATASETS / name).read_bytes() == before


@pytest.mark.parametrize("name", sorted(sample_city.SAMPLES))
def test_a_sample_of_the_citys_keeping_is_the_generators(name):
    assert (DATASETS / name).read_bytes() == sample_city.sample(name)


def test_what_was_invented_of_the_citys_keeping_says_so():
    for dataset in sorted({name.split("/")[0] for name in sample_city.SAMPLES}):
        declared = load_dataset(DATASETS / dataset)
        assert declared.demo
        assert declared.descriptor["title"].startswith("Datos de demostración")
        assert declared.pipeline.publisher.id == "vereda-demo"

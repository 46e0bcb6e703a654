"""The demonstration sample is the generator's, says that it is one, and reads as its declaration says."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import yaml
from frictionless import Resource, Schema

from tools.sample_comisarias import HEADER, SAMPLE, sample

FOLDER = Path(__file__).parent.parent / "datasets" / "comisarias-cercanas"
PACKAGE = yaml.safe_load((FOLDER / "datapackage.yaml").read_text("utf-8"))


def records(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_committed_sample_is_what_the_generator_writes():
    assert FOLDER / PACKAGE["resources"][0]["pipeline"]["source"]["path"] == SAMPLE
    assert SAMPLE.read_bytes() == sample().encode("utf-8")
    assert sample(seed=1) != sample()


def test_the_header_is_the_one_that_the_city_declared():
    header, *_events = records(sample())
    assert header == ["Fecha de evento", "Evento", "Comisarias participantes", "Inscriptos ", "Asistentes"] == list(HEADER)


def test_the_layout_makes_of_it_what_the_schema_describes():
    declared = PACKAGE["resources"][0]
    (layout,) = declared["pipeline"]["layouts"]
    header, *events = records(sample())
    written = {"fields": [field | layout["fields"].get(field["name"], {}) for field in declared["schema"]["fields"]]}
    resource = Resource(data=[[layout["labels"][label] for label in header], *events], schema=Schema.from_descriptor(written))
    assert resource.validate().flatten(["rowNumber", "fieldName", "type"]) == []
    read = resource.read_rows()
    assert len(read) == 60
    assert all(row["asistentes"] is None or row["asistentes"] <= row["inscriptos"] for row in read)
    assert any(row["asistentes"] is None for row in read), "the suite's rule must meet a missing count"
    assert {row["fecha_evento"].year for row in read} <= {2016, 2017, 2018, 2019}


def test_nobody_takes_it_for_real():
    assert PACKAGE["pipeline"]["demo"] is True
    assert PACKAGE["pipeline"]["publisher"] == {"id": "vereda-demo", "name": "Vereda (demostración)"}
    assert [contributor["title"] for contributor in PACKAGE["contributors"]] == ["Vereda (demostración)"]
    assert PACKAGE["title"].startswith("Datos de demostración")
    assert PACKAGE["description"].startswith("Datos de demostración")
    _header, *events = records(sample())
    assert all("demo" in event for _day, event, *_rest in events)
    assert all(station.startswith("Comisaría de muestra ") for event in events for station in event[2].split(", "))

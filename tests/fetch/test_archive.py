"""Datasets about our own publishing: decided by the archive alone, made anew only where it tells of something
else, and without a value of anybody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stdnum.ar import cuit

from catalog.archive.archive import Archive
from catalog.archive.published import previous_of
from catalog.archive.runs import RunRecord
from pipelines.dataset.dataset import load_dataset
from pipelines.nightly.declared import Declared, Planned
from pipelines.nightly.plan import NightPlan
from pipelines.release.verify import verify
from tests.support.cities import City, csv, declaration
from tests.support.paths import DATASETS

OURS = ("calidad-datos", "datos-personales")
PERSON = "20-12345678-" + cuit.calc_check_digit("2012345678")
FIELDS = [
    {"name": "id", "type": "integer", "title": "Número", "description": "Número"},
    {"name": "correo", "type": "string"},
    {"name": "personas", "type": "integer", "unit": "personas"},
    {"name": "nota", "type": "string"},
]
HEADER = "id,correo,personas,nota"
RULES = {"correo": "hash", "k": 5}


@pytest.fixture
def city(tmp_path: Path) -> City:
    """One whose archive has a key, with our two datasets as they are shipped."""
    city = City(tmp_path, Archive.open(tmp_path / "archive", "una clave de prueba, larga"))
    city.datasets.mkdir()
    for name in OURS:
        (city.datasets / name).symlink_to(DATASETS / name)
    made = declaration("talleres", fields=FIELDS, personalData=RULES)
    city.declare(made, datos=csv("1,a@gob.ar,40,", "2,b@gob.ar,3,bien", header=HEADER))
    return city


def rows(city: City, name: str) -> list[dict]:
    previous = previous_of(city.archive, city.archive.history(name))
    assert previous is not None
    (table,) = previous.tables.values()
    return table.to_pylist()


def told(city: City) -> list[tuple]:
    names = ("conjunto", "regla", "decision", "columnas", "minimo", "celdas", "hallazgos")
    return [tuple(row[name] for name in names) for row in rows(city, "datos-personales")]


def words(city: City) -> list[str]:
    return [city.outcome(name).outcome for name in OURS]


DECIDED = [
    ("talleres", "cifrada", "decidido", 1, None, 2, None),
    ("talleres", "grupos de pocas personas", "decidido", 1, 5, 1, None),
]


def test_they_tell_what_was_decided_and_how_good_each_version_is(city):
    city.outcome("talleres")
    assert words(city) == ["published", "published"]
    assert told(city) == DECIDED
    (quality,) = rows(city, "calidad-datos")
    assert [quality[name] for name in ("conjunto", "version", "filas", "celdas", "celdas_vacias")] == [
        "talleres",
        "1.0.0",
        2,
        8,
        2,  # a note, and a count of fewer than five persons
    ]
    assert (quality["campos"], quality["campos_con_titulo"], quality["campos_descriptos"]) == (4, 1, 1)


def test_nothing_is_released_anew_while_the_archive_tells_the_same(city):
    city.outcome("talleres")
    words(city)
    for _night in range(2):
        city.outcome("talleres")
        assert words(city) == ["unchanged", "unchanged"], "not of one another, nor of themselves, nor of time"
    city.send("talleres", csv("1,a@gob.ar,40,", "2,b@gob.ar,7,bien", header=HEADER))
    city.outcome("talleres")
    assert words(city) == ["published", "published"]
    assert {row["version"] for row in rows(city, "calidad-datos")} == {"1.0.1"}
    assert told(city)[1] == (*DECIDED[1][:5], 0, None)


def test_what_the_gate_stopped_is_counted_by_rule_and_goes_with_its_correction(city):
    city.outcome("talleres")
    words(city)
    city.send("talleres", csv(f"1,a@gob.ar,40,{PERSON}", f"2,b@gob.ar,3,{PERSON}", header=HEADER))
    assert city.outcome("talleres").outcome == "rejected"
    assert words(city) == ["unchanged", "published"]
    stopped = rows(city, "datos-personales")[2]
    assert [stopped[name] for name in ("tabla", "regla", "decision", "hallazgos")] == [
        "talleres",
        "personal-cuit",
        "detenido",
        2,
    ]
    assert stopped["que_es"] == "CUIT o CUIL de una persona, sin declarar"
    entry = city.history("datos-personales").current
    public = b"".join(city.archive.get(file.sha256) for file in entry.files.values())
    assert PERSON.encode() not in public
    city.outcome("talleres")
    assert words(city)[1] == "unchanged", "the same rejection another night is no news"
    city.send("talleres", csv("1,a@gob.ar,40,", "2,b@gob.ar,3,bien", header=HEADER))
    assert city.outcome("talleres").outcome == "unchanged"
    assert (words(city)[1], told(city)) == ("published", DECIDED)


def test_what_the_gate_never_let_through_is_counted_and_not_named_and_what_is_invented_is_not_there(city):
    for name, demo in (("vecinos", False), ("pacientes", False), ("vecinos-demo", True)):
        made = declaration(name, fields=FIELDS, personalData=RULES)
        made["pipeline"] |= {"demo": True} if demo else {}
        city.declare(made, datos=csv(f"1,a@gob.ar,40,{PERSON}", header=HEADER))
        outcome = city.outcome(name)
        at = {"started": city.clock().isoformat(), "ended": city.clock().isoformat()}
        record = RunRecord(f"r-{name}", "hand", at["started"], outcomes=({**outcome.to_json(), **at},))
        city.archive.run_log.write(record)
    words(city)
    assert told(city) == [("(sin publicar)", "personal-cuit", "detenido", None, None, None, 2)]
    (row,) = rows(city, "datos-personales")
    assert (row["titulo"], row["tabla"], row["conjuntos"]) == ("(sin publicar)", "(sin publicar)", 2)
    entry = city.history("datos-personales").current
    public = b"".join(city.archive.get(file.sha256) for file in entry.files.values() if file.public)
    assert b"vecinos" not in public
    assert b"pacientes" not in public


def test_a_table_that_never_came_out_is_not_named_either(city):
    city.outcome("talleres")
    made = declaration("talleres", fields=FIELDS, personalData=RULES)
    second = json.loads(json.dumps(made["resources"][0])) | {"name": "denuncias", "path": "denuncias.csv"}
    second["pipeline"]["source"]["path"] = "source/denuncias.csv"
    made["resources"].append(second)
    city.declare(made, denuncias=csv(f"1,a@gob.ar,40,{PERSON}", header=HEADER))
    assert city.outcome("talleres").outcome == "rejected"
    words(city)
    assert [(row["conjunto"], row["tabla"]) for row in rows(city, "datos-personales")][2] == (
        "talleres",
        "(sin publicar)",
    )


def test_they_are_made_again_byte_for_byte_and_are_last_in_a_night(city):
    city.outcome("talleres")
    words(city)
    for name in OURS:
        history = city.history(name)
        assert verify(city.archive, history.current, history).bytes_same
        snapshots = history.current.provenance["snapshots"]
        assert json.dumps(snapshots).count('"archive: ') == 1
    chosen = {name: Planned.of(load_dataset(city.datasets / name)) for name in (*OURS, "talleres")}
    night = NightPlan(chosen, tuple(chosen), Declared())
    assert next(dataset.id for dataset in night.datasets) == "talleres"

"""The way from a raw file to a release, as the data team sees it: what is published, what is not, why, and
what stays."""

from __future__ import annotations

import io
import json

import pytest
from frictionless import Package

from catalog.archive.archive import Conflict
from catalog.archive.published import Previous
from catalog.archive.release import Entry, Version
from pipelines.fetch.snapshot import SourceUnavailable
from pipelines.release.judgement import judge
from pipelines.release.verify import verify
from tests.support.cities import FIELDS, City, csv, declaration
from tests.support.lazy import pandas as pd
from tests.support.paths import DATASETS

THREE = csv("1,Plaza,10.5", "2,Escuela,", "3,Centro de salud,7")


def published(city: City, dataset: str, name: str) -> bytes:
    return city.archive.get(city.history(dataset).current.files[name].sha256)


def test_a_file_becomes_a_release_with_everything_a_stranger_needs(city, tmp_path):
    city.declare(declaration("obras"), datos=THREE)
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version, outcome.step, outcome.rows) == (
        "published",
        "1.0.0",
        None,
        {"obras": 3},
    )
    entry = city.history("obras").current
    assert sorted(entry.files) == [
        "changes.parquet",
        "datapackage.json",
        "obras.csv",
        "obras.parquet",
        "obras.xlsx",
        "profile.json",
        "report.json",
    ]
    folder = tmp_path / "stranger"
    folder.mkdir()
    for name, file in entry.files.items():
        city.archive.save(file.sha256, folder / name)
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.valid, report.flatten()
    assert [task.type for task in report.tasks] == ["table", "file", "file", "file", "file"]
    frame = pd.read_parquet(folder / "obras.parquet")
    assert frame["nombre"].tolist() == ["Plaza", "Escuela", "Centro de salud"]
    assert frame["monto"].isna().tolist() == [False, True, False]
    descriptor = json.loads((folder / "datapackage.json").read_text())
    assert "pipeline" not in json.dumps(descriptor)
    assert (descriptor["version"], descriptor["publisher"]["name"]) == ("1.0.0", "Área de prueba")


def test_the_published_files_name_need_not_be_the_resources(city):
    made = declaration("obras")
    made["resources"][0]["path"] = "obras-publicas.csv"
    city.declare(made, datos=THREE)
    city.run("obras")
    assert {"obras-publicas.csv", "obras-publicas.parquet"} < set(city.history("obras").current.files)
    city.send("obras", csv("1,Plaza,11"))
    assert city.outcome("obras").changes == {"obras": {"added": 0, "removed": 2, "changed": 1}}
    assert verify(city.archive, city.history("obras").current, city.history("obras")).bytes_same


def test_the_same_source_again_changes_nothing(city):
    city.declare(declaration("obras"), datos=THREE)
    city.run("obras")
    assert city.outcome("obras").outcome == "unchanged"
    city.send("obras", "id;nombre;monto\n3;Centro de salud;7\n1;Plaza;10.5\n2;Escuela;\n")
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version) == ("unchanged", "1.0.0"), "other bytes, same table"
    assert len(city.history("obras").entries) == 1


@pytest.mark.parametrize(
    ("rows", "version", "step", "counts"),
    [
        (
            ("1,Plaza,11", "2,Escuela,", "3,Centro de salud,7"),
            "1.0.1",
            "patch",
            {"added": 0, "removed": 0, "changed": 1},
        ),
        (
            ("1,Plaza,10.5", "2,Escuela,", "3,Centro de salud,7", "4,Puente,1"),
            "1.1.0",
            "minor",
            {"added": 1, "removed": 0, "changed": 0},
        ),
        (("1,Plaza,10.5", "3,Centro de salud,7"), "1.1.0", "minor", {"added": 0, "removed": 1, "changed": 0}),
    ],
)
def test_the_version_steps_by_what_changed(city, rows, version, step, counts):
    city.declare(declaration("obras"), datos=THREE)
    city.run("obras")
    city.send("obras", csv(*rows))
    outcome = city.outcome("obras")
    assert (outcome.version, outcome.previous, outcome.step, outcome.changes) == (
        version,
        "1.0.0",
        step,
        {"obras": counts},
    )


def test_a_changed_declaration_of_the_same_bytes_is_a_new_release(city):
    city.declare(declaration("obras"), datos=THREE)
    city.run("obras")
    fields = [FIELDS[0], FIELDS[1], {**FIELDS[2], "type": "string"}]
    city.declare(declaration("obras", fields=fields))
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version, outcome.step) == ("published", "2.0.0", "major")


BAD = {
    "a wrong type": (csv("1,Plaza,diez"), "type-error", "rejected"),
    "a missing column": (csv("1,Plaza", header="id,nombre"), "missing-label", "rejected"),
    "an unknown column": (csv("1,Plaza,1,x", header="id,nombre,monto,otra"), "extra-label", "rejected"),
    "a doubled key": (csv("1,Plaza,1", "1,Parque,2"), "primary-key", "rejected"),
    "an empty file": ("", "source-error", "rejected"),
    "an HTML page": ("<!DOCTYPE html><html><body>Error 404</body></html>", "format-error", "rejected"),
    "a truncated file": ('id,nombre,monto\n1,Plaza,2\n2,"Escue', "source-error", "rejected"),
    "an unknown encoding": (
        b"id,nombre,monto\n1,\x81\x8d\x8f\x90\x9d\x00\xff,2\n",
        "encoding-error",
        "rejected",
    ),
    "a workbook": (b"PK\x03\x04....", "format-error", "rejected"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_data_is_rejected_with_its_reason_and_the_last_good_release_stays(city, bad):
    content, kind, word = BAD[bad]
    city.declare(declaration("obras"), datos=THREE)
    city.run("obras")
    before = city.history("obras")
    city.send("obras", content)
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version) == (word, "1.0.0")
    assert outcome.message.startswith("obras")
    errors = [error for task in outcome.report["frictionless"]["tasks"] for error in task["errors"]]
    assert kind in [error["type"] for error in errors]
    assert city.history("obras") == before
    kept = city.archive.last_run("obras")
    assert (kept["outcome"], kept["message"]) == (word, outcome.message)
    raw = content.encode() if isinstance(content, str) else content
    assert city.archive.get(city.archive.put(raw)) == raw, "the raw bytes are kept"
    city.send("obras", csv("1,Plaza,10.5"))
    assert city.outcome("obras").outcome == "published", "a good extract carries on"


SUITE = {
    "name": "obras",
    "expectations": [
        {
            "type": "expect_table_row_count_to_be_between",
            "kwargs": {"min_value": 2},
            "meta": {"because": "hay al menos dos"},
        },
        {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "monto"},
            "severity": "warning",
            "meta": {"because": "toda obra cuesta"},
        },
    ],
}


def test_a_critical_expectation_stops_and_a_warning_tells(city):
    city.declare(
        declaration("obras", expectations="obras.expectations.yaml"),
        {"obras.expectations.yaml": SUITE},
        datos=THREE,
    )
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.problems) == ("published", 1)
    told = json.loads(published(city, "obras", "report.json"))
    assert [(e["success"], e["because"]) for e in told["expectations"]] == [
        (True, "hay al menos dos"),
        (False, "toda obra cuesta"),
    ]
    city.send("obras", csv("1,Plaza,10.5"))
    outcome = city.outcome("obras")
    assert outcome.outcome == "rejected"
    assert "hay al menos dos" in outcome.message


def test_vintages_are_published_in_order_and_as_of_stops_there(city):
    source = {
        "kind": "file",
        "vintages": [
            {"asOf": "2019-06-01", "path": "source/a.csv"},
            {"asOf": "2024-09-01", "path": "source/b.csv"},
        ],
    }
    city.declare(
        declaration("obras", source=source),
        a=THREE,
        b=csv("1,Plaza,10.5", "2,Escuela,3", "3,Centro de salud,7"),
    )
    assert [(o.outcome, o.as_of) for o in city.run("obras", "2018-01-01")] == [("unchanged", None)]
    assert [(o.version, o.as_of) for o in city.run("obras", "2020-01-01")] == [("1.0.0", "2019-06-01")]
    assert [(o.version, o.as_of) for o in city.run("obras")] == [("1.0.1", "2024-09-01")]
    assert [(o.outcome, o.as_of) for o in city.run("obras")] == [("unchanged", "2024-09-01")]
    other = City(city.folder / "other")
    other.datasets = city.datasets
    assert [o.version for o in other.run("obras")] == ["1.0.0", "1.0.1"]


def test_a_dataset_begins_when_all_its_dated_tables_do(city):
    def dated(**paths: str) -> dict:
        return {
            "kind": "file",
            "vintages": [{"asOf": f"{y[1:]}-12-31", "path": f"source/{p}.csv"} for y, p in paths.items()],
        }

    made = declaration("obras", source=dated(y2011="a", y2018="b", y2020="b"))
    other = declaration("barrios", source=dated(y2018="c", y2019="d"))["resources"]
    made["resources"] += other
    city.declare(made, a=THREE, b=csv("1,Plaza,10.5"), c=csv("1,Boedo,1"), d=csv("2,Palermo,1"))
    assert [o.outcome for o in city.run("obras", "2012-01-01")] == ["unchanged"]
    steps = city.run("obras")
    assert [(o.outcome, o.as_of) for o in steps] == [
        ("published", "2018-12-31"),
        ("published", "2019-12-31"),
        ("unchanged", "2020-12-31"),
    ]


def test_later_extracts_wait_for_one_whose_source_is_silent(city):
    """Released before it, they would leave it out for ever."""

    def stay_silent(resource, folder, previous, into, as_of=None):
        raise SourceUnavailable("la fuente no contesta")

    vintages = [{"asOf": f"{y}-12-31", "path": f"source/{p}.csv"} for y, p in ((2018, "a"), (2019, "b"))]
    city.declare(
        declaration("obras", source={"kind": "file", "vintages": vintages}), a=THREE, b=csv("1,Plaza,1")
    )
    (outcome,) = city.run("obras", fetch=stay_silent)
    assert (outcome.outcome, outcome.message) == (
        "failed",
        "la fuente no contesta; 1 entrega posterior espera a esta",
    )
    assert [(each.outcome, each.as_of) for each in city.run("obras")] == [
        ("published", "2018-12-31"),
        ("published", "2019-12-31"),
    ]


def test_a_dataset_waits_for_what_it_needs_and_records_the_version(city):
    places = declaration("barrios", fields=[{"name": "nombre", "type": "string"}], key="nombre")
    works = declaration("obras", fields=[FIELDS[0], FIELDS[1]])
    works["pipeline"]["needs"] = ["barrios"]
    reference = {"resource": "barrios/barrios", "fields": ["nombre"]}
    works["resources"][0]["schema"]["foreignKeys"] = [{"fields": ["nombre"], "reference": reference}]
    city.declare(places, datos="nombre\nBoedo\nPalermo\n")
    city.declare(works, datos="id,nombre\n1,Boedo\n2,Palermo\n")
    outcome = city.outcome("obras")
    assert outcome.outcome == "rejected"
    assert "barrios" in outcome.message
    city.run("barrios")
    assert city.outcome("obras").outcome == "published"
    assert city.history("obras").current.provenance["needs"] == {"barrios": "1.0.0"}
    descriptor = json.loads(published(city, "obras", "datapackage.json"))
    assert descriptor["needs"] == {"barrios": "1.0.0"}
    assert "foreignKeys" not in descriptor["resources"][0]["schema"], "a stranger has only this package"
    city.send("obras", "id,nombre\n1,Boedo\n2,Atlantis\n")
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.report["frictionless"]["tasks"][0]["errors"][0]["type"]) == (
        "rejected",
        "foreign-key",
    )


def numbered(order: list[int]) -> str:
    names = [f"Obra {chr(65 + i % 26)}{i}" for i in range(60)]
    return csv(*(f"{place},{names[i]},{i * 1.5}" for place, i in enumerate(order, 1)))


def test_a_renumbered_key_is_noticed_and_a_new_order_is_not(city):
    city.declare(declaration("obras"), datos=numbered(list(range(60))))
    city.run("obras")
    rows = numbered(list(range(60))).splitlines()
    city.send("obras", "\n".join([rows[0], *reversed(rows[1:])]) + "\n")
    assert city.outcome("obras").outcome == "unchanged", "sorted anew"
    city.send("obras", numbered([59, *range(59)]))
    outcome = city.outcome("obras")
    assert outcome.outcome == "rejected"
    assert [e["code"] for e in outcome.report["frictionless"]["tasks"][0]["errors"]] == ["keys-renumbered"]
    assert city.history("obras").current.version == Version(1, 0, 0)


def test_an_extract_of_one_period_deletes_no_other(city):
    fields = [{"name": "periodo", "type": "string"}, {"name": "casos", "type": "integer"}]
    extract = {"mode": "by-period", "field": "periodo"}
    city.declare(
        declaration("casos", fields=fields, key=None, extract=extract),
        datos="periodo,casos\n2026-01,1\n2026-02,2\n",
    )
    city.run("casos")
    city.send("casos", "periodo,casos\n2026-02,3\n2026-02,4\n")
    outcome = city.outcome("casos")
    assert (outcome.rows, outcome.changes) == (
        {"casos": 3},
        {"casos": {"added": 2, "removed": 1, "changed": 0}},
    )
    assert sorted(pd.read_csv(io.BytesIO(published(city, "casos", "casos.csv")))["casos"]) == [1, 3, 4]


def test_what_was_rolled_back_or_withdrawn_is_not_published_again(city):
    city.declare(declaration("obras"), datos=THREE)
    city.run("obras")
    city.send("obras", csv("1,Plaza,999"))
    city.run("obras")
    log = city.history("obras")
    city.archive.append(
        Entry(
            "obras",
            False,
            log.head + 1,
            "current",
            "rollback",
            "2026-03-02T00:00:00+00:00",
            Version(1, 0, 0),
            because="1.1.0 tiene un monto mal",
        )
    )
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version) == ("unchanged", "1.0.0")
    assert "1.1.0" in outcome.message
    city.send("obras", csv("1,Plaza,10.5", "2,Escuela,", "3,Centro de salud,7", "4,Puente,2"))
    outcome = city.outcome("obras")
    assert (outcome.version, outcome.previous) == ("1.2.0", "1.0.0"), (
        "a corrected extract goes on from the highest number"
    )


def test_a_run_that_lost_a_race_computes_anew_on_the_new_head(city):
    city.declare(declaration("obras"), datos=THREE)
    city.run("obras")
    city.send("obras", csv("1,Plaza,10.5", "2,Escuela,", "3,Centro de salud,7", "4,Puente,2"))
    archive, commits = city.archive, []

    class Raced(type(archive)):
        def commit(self, release, after):
            commits.append(after)
            if len(commits) == 1:
                city.run("obras", archive=archive)
                raise Conflict("another run was first")
            return archive.commit(release, after)

    raced = Raced(archive.store, archive.where, archive.root)
    (outcome,) = city.run("obras", archive=raced)
    assert outcome.outcome == "unchanged", "the other run published the same table"
    assert [str(e.version) for e in city.history("obras").releases] == ["1.0.0", "1.1.0"]


def test_an_unreachable_source_fails_and_the_next_run_carries_on(city):
    def silent(*args, **kwargs):
        raise SourceUnavailable("no answer")

    city.declare(declaration("obras"), datos=THREE)
    (outcome,) = city.run("obras", fetch=silent)
    assert (outcome.outcome, outcome.message) == ("failed", "no answer")
    assert city.outcome("obras").outcome == "published"


def test_a_demo_release_lives_apart_and_says_so(city):
    descriptor = declaration("muestra")
    descriptor["pipeline"]["demo"] = True
    city.declare(descriptor, datos=THREE)
    city.run("muestra")
    assert not city.archive.history("muestra").entries
    entry = city.archive.history("muestra", demo=True).current
    assert Previous(city.archive, entry).descriptor["demo"] is True
    assert Previous(city.archive, entry).table("muestra").schema.metadata[b"demo"] == b"true"


def test_no_value_of_the_agencys_file_reaches_the_published_report(city):
    kwargs = {"column": "nombre", "value_set": ["x"]}
    suite = {
        "name": "s",
        "expectations": [
            {"type": "expect_column_values_to_be_in_set", "kwargs": kwargs, "severity": "warning"}
        ],
    }
    city.declare(
        declaration("obras", expectations="s.yaml"), {"s.yaml": suite}, datos=csv("1,SECRETO-1,10.5")
    )
    assert city.outcome("obras").outcome == "published"
    assert b"SECRETO" not in published(city, "obras", "report.json")


def test_real_works_of_two_years_step_by_rule(tmp_path):
    city = City(tmp_path)
    city.datasets = DATASETS
    first, second = city.run("ba-obras")
    assert (first.version, first.rows) == ("1.0.0", {"obras": 991})
    assert (second.previous, second.step, second.rows) == ("1.0.0", "minor", {"obras": 1498})
    counts = second.changes["obras"]
    assert 991 - counts["removed"] + counts["added"] == 1498


def test_what_a_new_vereda_finds_unchanged_is_computed_once(city, monkeypatch):
    """The tools are part of what a release is made from: after an upgrade each dataset is looked at anew, and
    the nights after that cost as little as those before."""
    city.declare(declaration("obras"), datos=THREE)
    city.outcome("obras")
    computed = []
    monkeypatch.setattr("pipelines.release.run.tool_versions", lambda: {"vereda": "a newer one"})
    monkeypatch.setattr("pipelines.release.run.judge", lambda *given: computed.append(1) or judge(*given))
    found = [city.outcome("obras") for _night in range(3)]
    assert len(computed) == 1
    assert {(each.outcome, each.version, each.message, each.problems) for each in found} == {
        ("unchanged", "1.0.0", "", 0)
    }
    assert [each.rows for each in found] == [{"obras": 3}] * 3
    assert len(city.archive.runs("obras")) == 2
    monkeypatch.setattr("pipelines.release.run.tool_versions", lambda: {"vereda": "newer still"})
    city.outcome("obras")
    assert len(computed) == 2
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
    assert (city.outcome("obras").outcome, len(computed)) == ("published", 3)

"""The terminal: what each command answers, in both languages, and with which exit status."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from frictionless import Package, Report

from catalog.portal.portal import Portal
from pipelines.settings import Settings
from tests.support.cities import City, csv, declaration
from tests.support.lazy import pandas as pd
from tests.support.terminal import terminal_environment, vereda
from tools import reference


@pytest.fixture(autouse=True)
def two_versions(city):
    """Of one dataset, in archive and portal."""
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5", "2,Escuela,3"))
    city.run("obras")
    city.send("obras", csv("1,Plaza,11", "2,Escuela,3", "3,Puente,7"))
    city.run("obras")
    portal = Portal(city.folder / "portal")
    portal.apply(city.archive, portal.plan(city.archive))


def answer(city: City, *words: str, status: int = 0) -> dict:
    return json.loads(vereda(city, *words, "--json", status=status))


def test_list_says_what_there_is(city):
    (row,) = answer(city, "list")["datasets"]
    told = {key: row[key] for key in ("id", "title", "publisher", "demo", "version", "outcome", "rows")}
    assert told == {
        "id": "obras",
        "title": "Título de obras",
        "publisher": "Área de prueba",
        "demo": False,
        "version": "1.1.0",
        "outcome": "published",
        "rows": 3,
    }
    assert row["fresh"] in ("fresh", "due", "late", "very-late")


def test_show_gives_the_descriptor_with_links_that_work(city):
    shown = answer(city, "show", "obras")
    assert (shown["version"], shown["versions"]) == ("1.1.0", ["1.0.0", "1.1.0"])
    latest = urllib.request.urlopen(shown["urls"]["latest"]["obras.csv"]).read()
    assert latest == urllib.request.urlopen(shown["urls"]["1.1.0"]["obras.csv"]).read()
    assert latest != urllib.request.urlopen(shown["urls"]["1.0.0"]["obras.csv"]).read()


def test_history_and_changes_tell_what_happened(city):
    entries = answer(city, "history", "obras")["entries"]
    assert [(e["entry"], e["kind"], e["version"], e["step"]) for e in entries] == [
        (1, "release", "1.0.0", None),
        (2, "release", "1.1.0", "minor"),
    ]
    assert {"name", "bytes", "sha256", "public"} == set(entries[0]["files"][0])
    changed = answer(city, "changes", "obras")
    assert (changed["from"], changed["to"]) == ("1.0.0", "1.1.0")
    assert changed["resources"]["obras"]["rows"] == {"added": 1, "removed": 0, "changed": 1}
    assert changed["resources"]["obras"]["cells"] == 1
    assert set(pq.read_table(changed["file"])["change"].to_pylist()) == {"row-added", "cell-changed"}
    back = answer(city, "changes", "obras", "1.1.0", "1.0.0")
    assert back["resources"]["obras"]["rows"] == {"added": 0, "removed": 1, "changed": 1}


def test_check_gives_frictionless_report_and_a_table_to_check_again(city, tmp_path):
    bad = tmp_path / "malo.csv"
    bad.write_text(csv("1,Plaza,diez", "1,Escuela,3", "2,Puente"))
    found = answer(city, "check", "obras", str(bad), "--to", str(tmp_path / "checked"), status=1)
    assert Report.from_descriptor(found).valid is False
    ours = [(e["type"], e.get("rowNumber"), e.get("fieldNumber")) for e in found["tasks"][0]["errors"]]
    theirs = Package(str(tmp_path / "checked" / "datapackage.json")).validate()
    assert ours == [
        (e.type, getattr(e, "row_number", None), getattr(e, "field_number", None))
        for e in theirs.tasks[0].errors
    ]
    assert [word for word, *_place in ours] == ["type-error", "primary-key", "missing-cell"]
    assert [str(e.version) for e in city.history("obras").releases] == ["1.0.0", "1.1.0"], (
        "nothing was published"
    )
    assert "diez" in vereda(city, "check", "obras", str(bad), status=1)
    assert answer(city, "check", "obras")["valid"] is True


def test_verify_makes_the_releases_again(city):
    assert [(r["version"], r["bytes"], r["rows"]) for r in answer(city, "verify")["releases"]] == [
        ("1.0.0", "same", "same"),
        ("1.1.0", "same", "same"),
    ]
    assert [r["version"] for r in answer(city, "verify", "obras@1.0.0")["releases"]] == ["1.0.0"]


def test_damage_is_told_mended_and_swept(city):
    assert answer(city, "verify")["damaged"] == []
    entry = city.history("obras").releases[0]
    kept = city.folder / "archive/blobs" / entry.files["obras.csv"].sha256
    kept.write_bytes(b"x" * kept.stat().st_size)
    served = city.folder / "portal/datasets/obras/latest/obras.csv"
    whole = served.read_bytes()
    served.write_bytes(b"x" * len(whole))
    log = city.folder / "archive/datasets/obras/log"
    (log / "99999999.json").touch()
    found = answer(city, "verify", status=1)
    assert {"of", "file", "note"} == set(found["damaged"][0])
    files = [damage["file"] for damage in found["damaged"]]
    assert f"blobs/{kept.name}" in files
    assert "portal/datasets/obras/latest/obras.csv" in files
    assert "datasets/obras/log/99999999.json" in files
    (row,) = answer(city, "list")["datasets"]
    assert "99999999.json" in row["note"]
    assert [each["of"] for each in answer(city, "plan", status=3)["damaged"]] == ["obras"]
    assert "dañado" in vereda(city, "verify", "obras", status=1)
    actions = answer(city, "repair")["actions"]
    assert {"what", "of", "done", "why"} == set(actions[0])
    assert all(action["done"] for action in actions)
    assert served.read_bytes() == whole
    assert answer(city, "verify")["damaged"] == []
    assert "nada" in vereda(city, "repair")
    (city.folder / "portal.build-killed").mkdir()
    swept = answer(city, "sweep")["actions"]
    assert [Path(action["of"]).name for action in swept if action["what"] == "build"] == [
        "portal.build-killed"
    ]


def test_rollback_and_withdraw_are_on_record_and_on_the_portal(city):
    latest = city.folder / "portal/datasets/obras/latest/obras.csv"
    newer = latest.read_bytes()
    assert "--because" in vereda(city, "rollback", "obras", "1.0.0", status=2)
    assert "--because" in vereda(city, "withdraw", "obras", "1.0.0", "--because", " ", status=2)
    vereda(city, "rollback", "obras", "1.0.0", "--because", "un monto está mal")
    assert latest.read_bytes() != newer
    vereda(city, "rollback", "obras", "1.1.0", "--because", "estaba bien")
    assert "asiento 4" in vereda(city, "rollback", "obras", "1.1.0", "--because", "otra vez")
    vereda(city, "withdraw", "obras", "1.1.0", "--because", "datos personales")
    what = [entry["what"] for entry in answer(city, "history", "obras")["entries"][2:]]
    assert what == [
        "1.0.0 vuelve a ser la vigente, en lugar de 1.1.0.",
        "1.1.0 vuelve a ser la vigente, en lugar de 1.0.0.",
        "Se retiró 1.1.0. Queda vigente 1.0.0.",
    ]
    gone = city.folder / "portal/datasets/obras/v/1.1.0"
    assert [path.name for path in gone.rglob("*") if path.suffix not in ("", ".html")] == []
    assert "datos personales" in (gone / "index.html").read_text("utf-8")
    assert [(e["kind"], e["because"]) for e in answer(city, "history", "obras")["entries"]][-1] == (
        "withdraw",
        "datos personales",
    )
    assert "1.1.0" in vereda(city, "rollback", "obras", "1.1.0", "--because", "x", status=2)
    assert answer(city, "plan")["steps"] == []


def test_plan_touches_nothing_and_publish_does_it(city):
    city.send("obras", csv("1,Plaza,12"))
    city.run("obras")
    steps = answer(city, "plan")["steps"]
    assert [(s["action"], s["target"], s["rows"]) for s in steps] == [("update", "datasets/obras", 1)]
    assert answer(city, "plan")["steps"] == steps
    assert answer(city, "publish", "obras")["steps"] == steps
    assert answer(city, "plan")["steps"] == []


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["show", "nada"], 2, "nada"),
        (["check", "nada"], 2, "nada"),
        (["check", "obras/nada"], 2, "obras"),
        (["check", "obras", "no-such-file.csv"], 2, "no-such-file.csv"),
        (["verify", "obras@9.9.9"], 2, "9.9.9"),
        (["changes", "obras", "x"], 2, "x"),
        (["plan", "--to", "nube"], 2, "nube"),
        (["frobnicate"], 2, "frobnicate"),
        (["run", "--as-of", "ayer"], 2, "ayer"),
    ],
)
def test_a_wrong_command_says_so_in_a_sentence(city, words, status, says):
    assert says in vereda(city, *words, status=status)


def test_a_wrong_setting_and_a_wrong_declaration_name_the_place(city):
    assert "VEREDA_WORKERS" in vereda(city, "list", status=2, WORKERS="many")
    declared = city.datasets / "obras" / "datapackage.yaml"
    declared.write_text(declared.read_text().replace("kind: file", "kind: fiel"))
    assert "datasets/obras/datapackage.yaml: resources[0].pipeline.source.kind" in vereda(
        city, "check", "obras", status=2
    )


def test_people_are_spoken_to_in_spanish_unless_they_ask_for_english(city):
    assert "versión" in vereda(city, "list")
    assert "version" in vereda(city, "list", LANG="en")
    assert "Datos abiertos" in vereda(city, "--help")
    assert re.search(r"1\.1\.0 .* publicado .* (al día|por actualizarse|con)", vereda(city, "list"))
    assert re.search(r"publicación +1\.1\.0 +menor", vereda(city, "history", "obras"))


def test_a_long_name_leaves_room_for_the_columns_after_it(city):
    long = "registro-de-acompanantes-y-conductores-autorizados-de-servicios-escolares"
    city.declare(declaration(long), datos=csv("1,Plaza,10.5"))
    listed = vereda(city, "list")
    assert "Título de obras" in listed
    assert max(map(len, listed.splitlines())) <= 120


def test_list_says_why_a_declaration_does_not_load(city):
    (city.datasets / "roto").mkdir()
    (city.datasets / "roto" / "datapackage.yaml").write_text("name: [roto\n", "utf-8")
    assert "roto: datasets/roto/datapackage.yaml: " in vereda(city, "list")
    (note,) = [each["note"] for each in answer(city, "list")["datasets"] if each["id"] == "roto"]
    assert "YAML" in note


def test_settings_come_from_a_file_as_well(city):
    (city.folder / "vereda.env").write_text("VEREDA_LANG=en\n")
    assert "version" in vereda(city, "list")


def test_serve_shows_the_portal_on_loopback(city):
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "serve", "--port", "0"],
        env=terminal_environment(city),
        cwd=city.folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())[0]
        assert b"obras" in urllib.request.urlopen(url).read()
        (parquet,) = (city.folder / "portal").resolve().rglob("latest/obras.parquet")
        address = url + parquet.relative_to((city.folder / "portal").resolve()).as_posix()
        part = urllib.request.urlopen(urllib.request.Request(address, headers={"Range": "bytes=-4"}))
        assert (part.status, part.read(), part.headers["Content-Type"]) == (
            206,
            b"PAR1",
            "application/vnd.apache.parquet",
        )
        assert pd.read_parquet(address)["nombre"].tolist() == ["Plaza", "Escuela", "Puente"]
    finally:
        process.terminate()
        process.communicate()


def test_the_reference_says_what_the_commands_and_settings_say():
    page = reference.PAGE.read_text("utf-8")
    assert reference.regenerate(page) == page, "run: python tools/reference.py"
    assert all(f"`VEREDA_{name.upper()}`" in page for name in Settings.model_fields)

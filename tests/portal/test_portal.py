"""The portal is the archive's public part as a site that can be trusted: whole, switched at once, and all its
lines work."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import duckdb
import frictionless
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.archive.archive import Archive
from catalog.archive.changes.reasons import describe_changes
from catalog.portal.portal import Portal, PortalError
from catalog.public import freshness_word, period_days
from catalog.words import keys, rules
from messages import speaking
from tests.support.lazy import pandas as pd
from tests.support.portals import NOW, Page, Publisher, publish, table, whole

CHANGES = {
    "obras": {
        "reasons": [{"code": "rows-added", "rows": 1507}, {"code": "cells-changed", "rows": 2, "cells": 3}]
    }
}


def rich(publisher: Publisher) -> None:
    publisher.release()
    publisher.release(version="1.1.0", level="minor", changes=CHANGES)
    publisher.release("comisarias", demo=True, title="Comisarías Cercanas")


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    publish(publisher, portal_folder)
    pages = {path.resolve(): Page(path) for path in portal_folder.rglob("*.html")}
    # In two languages: two datasets, each with its problems and its table, one with its changes, their theme
    # and publisher, home, list, quality, about, requests, news by e-mail, and what is not here, whose links
    # begin at the root.
    assert len(pages) == 2 * 16
    for missing in ("404.html", "en/404.html"):
        pages.pop((portal_folder / missing).resolve())
    for path, page in pages.items():
        assert [link for link in page.loads if urlsplit(link).scheme] == []
        for link in page.links:
            address, fragment = urldefrag(urljoin(path.as_uri(), link))
            if urlsplit(address).scheme == "file":
                target = Path(unquote(urlsplit(address).path))
                assert target.is_file(), f"{path.name}: {link}"
                assert not fragment or fragment in pages[target.resolve()].ids, link
    style = (portal_folder / "assets" / "vereda.css").read_text(encoding="utf-8")
    assert "url(" not in style
    assert len(style) < 24_000


def test_a_published_portal_needs_nothing_and_publishing_again_touches_nothing(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    portal = Portal(portal_folder, clock=lambda: NOW)
    steps = portal.plan(publisher.archive)
    assert [(s.action, s.target, s.detail) for s in steps[1:]] == [
        ("create", "datasets/obras", "1.1.0"),
        ("create", "demo/comisarias", "1.0.0"),
    ]
    portal.apply(publisher.archive, steps)
    assert portal.plan(publisher.archive) == []
    build = portal_folder.readlink()
    portal.apply(publisher.archive, steps)
    assert portal_folder.readlink() == build


def test_only_what_changed_is_a_step_and_kept_files_are_not_written_again(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    portal = publish(publisher, portal_folder)
    kept = [portal_folder / "datasets/obras/v/1.0.0/obras.csv", portal_folder / "demo/comisarias/index.html"]
    inodes = [path.stat().st_ino for path in kept]
    publisher.release(version="2.0.0", level="major", rows=table()[:1])
    steps = portal.plan(publisher.archive)
    assert [(s.action, s.target, s.detail, s.rows) for s in steps] == [
        ("update", "datasets/obras", "2.0.0", 1)
    ]
    new = publisher.archive.history("obras").entries[-1]
    assert steps[0].bytes == sum(file.bytes for file in new.files.values() if file.public)
    portal.apply(publisher.archive, steps)
    assert [path.stat().st_ino for path in kept] == inodes
    assert (portal_folder / "datasets/obras/latest/obras.csv").read_bytes() == (
        portal_folder / "datasets/obras/v/2.0.0/obras.csv"
    ).read_bytes()


def test_a_lost_or_cut_file_is_a_step_and_comes_back(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    portal = publish(publisher, portal_folder)
    lost = portal_folder / "datasets/obras/v/1.0.0/obras.csv"
    whole_file = lost.read_bytes()
    lost.write_bytes(b"")
    steps = portal.plan(publisher.archive)
    assert [(s.action, s.target) for s in steps] == [("update", "datasets/obras")]
    portal.apply(publisher.archive, steps)
    assert lost.read_bytes() == whole_file


def test_another_archive_with_the_same_version_numbers_replaces_the_files(
    publisher: Publisher, portal_folder: Path, tmp_path: Path
) -> None:
    publisher.release()
    publish(publisher, portal_folder)
    other = Publisher(Archive.open(tmp_path / "other"), tmp_path / "other-work")
    other.release(rows=table()[:2])
    publish(other, portal_folder)
    assert len(pd.read_csv(portal_folder / "datasets/obras/v/1.0.0/obras.csv")) == 2
    assert Portal(portal_folder, clock=lambda: NOW).plan(other.archive) == []
    publisher.release("barrios")
    publish(publisher, portal_folder)
    other_steps = Portal(portal_folder, clock=lambda: NOW).plan(other.archive)
    assert [(s.action, s.target) for s in other_steps] == [
        ("update", "datasets/obras"),
        ("remove", "datasets/barrios"),
    ]


def test_only_public_files_leave_the_archive(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publish(publisher, portal_folder)
    found = [path for path in portal_folder.rglob("*") if path.is_file()]
    assert [path for path in found if path.name == "raw.csv"] == []
    assert [path for path in found if b"SECRET" in path.read_bytes()] == []
    shown = {path.name for path in (portal_folder / "datasets/obras/v/1.0.0").iterdir()}
    assert shown == {"obras.csv", "obras.parquet", "changes.parquet", "report.json", "datapackage.json"}


def test_a_web_server_may_read_all_of_it(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publish(publisher, portal_folder)
    for path in (portal_folder.resolve(), *portal_folder.resolve().rglob("*")):
        wanted = 0o055 if path.is_dir() else 0o044
        assert path.stat().st_mode & wanted == wanted, path


def test_a_withdrawn_version_is_told_with_its_reason_and_has_no_files(
    publisher: Publisher, portal_folder: Path
) -> None:
    rich(publisher)
    portal = publish(publisher, portal_folder)
    publisher.say("withdraw", "1.1.0", "tenía <datos> de otro mes")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    page = Page(portal_folder / "datasets/obras/index.html")
    assert "Retirada el 2 de septiembre de 2024. Motivo: tenía <datos> de otro mes" in page.text
    left = [path.name for path in (portal_folder / "datasets/obras/v/1.1.0").iterdir()]
    assert left == ["index.html"]  # which says why
    assert (
        json.loads((portal_folder / "datasets/obras/latest/datapackage.json").read_text())["version"]
        == "1.0.0"
    )
    publisher.say("withdraw", "1.0.0", "tampoco servía")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    kept = [path for path in (portal_folder / "datasets/obras").rglob("*") if path.is_file()]
    assert sorted(path.relative_to(portal_folder / "datasets/obras").as_posix() for path in kept) == [
        "diccionario.csv",
        "feed.atom",
        "index.html",
        "portal.json",
        "v/1.0.0/index.html",
        "v/1.1.0/index.html",
    ]
    assert "todas fueron retiradas" in Page(portal_folder / "datasets/obras/index.html").text
    assert "se retiraron todas las versiones" in Page(portal_folder / "datos/index.html").text
    assert "Obras públicas" not in (portal_folder / "datos/index.html").read_text(encoding="utf-8")


def test_a_rollback_changes_latest_and_is_told(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    portal = publish(publisher, portal_folder)
    publisher.say("current", "1.0.0", "la 1.1.0 está en duda")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert (
        json.loads((portal_folder / "datasets/obras/latest/datapackage.json").read_text())["version"]
        == "1.0.0"
    )
    assert "Motivo: la 1.1.0 está en duda" in Page(portal_folder / "datasets/obras/index.html").text
    assert (portal_folder / "datasets/obras/v/1.1.0/obras.csv").is_file()


def test_demo_data_cannot_be_taken_for_real(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publish(publisher, portal_folder)
    page = Page(portal_folder / "demo/comisarias/index.html")
    assert "DEMO Datos inventados." in page.text
    assert page.text.strip().startswith("DEMO · Comisarías Cercanas")
    home = (portal_folder / "index.html").read_text(encoding="utf-8")
    real, demo = home.split('class="samples"')
    assert "Comisarías" not in real
    assert "Comisarías" in demo
    assert "DEMO" in demo
    assert "DEMO" not in (portal_folder / "datasets/obras/index.html").read_text(encoding="utf-8")


HOSTILE = "</title><script>alert(1)</script>\"'&{{ 7*7 }}"


def test_texts_of_a_dataset_stay_texts(publisher: Publisher, portal_folder: Path) -> None:
    links = {
        "sources": [{"title": HOSTILE, "path": "javascript:alert(1)"}],
        "licenses": [{"name": HOSTILE, "path": " javascript:alert(1)"}],
    }
    publisher.release(
        title=HOSTILE,
        description=HOSTILE,
        keywords=[HOSTILE],
        publisher={"id": "x", "name": HOSTILE},
        **links,
    )
    publish(publisher, portal_folder)
    of_no_dataset = ("404.html", "acerca", "pedidos")
    for path in portal_folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "{{ 7*7 }}" in text or any(each in path.parts for each in of_no_dataset)
        assert [link for link in Page(path).links if "javascript" in link] == []


def test_the_page_says_what_people_ask(publisher: Publisher, portal_folder: Path) -> None:
    rich(publisher)
    publish(publisher, portal_folder, now=datetime.fromisoformat("2024-10-10T00:00:00-03:00"))
    assert len(describe_changes(CHANGES)) == 2
    said = Page(portal_folder / "datasets/obras/index.html").text
    for expected in (
        "Publica: Observatorio de Obras Urbanas",
        "por actualizar",
        "datos al 1 de septiembre de 2024",
        "cada mes",
        "Creative Commons Atribución 4.0",
        "hasta el 10 de diciembre de 2019: BA Obras",
        "comuna número entero",
        "desde 1; hasta 15",
        *describe_changes(CHANGES),
        "Se corrigieron 92 celdas con reglas declaradas.",
        "la planilla de cálculo rompió el separador 92 monto 85, comuna 7",
        "inicio: future-date (2 veces). Filas: 3, 5",
        "No se cumple: una obra terminada está completa. 4 valores no coinciden.",
        "Expectativas: se cumplen 1 de 2",
    ):
        assert expected in said
    listed = Page(portal_folder / "datos/index.html").text
    assert (
        "por actualizar Observatorio de Obras Urbanas · datos al 1 de septiembre de 2024 · 4 filas" in listed
    )


def run(lines: str) -> pd.DataFrame:
    names: dict[str, Any] = {}
    exec(lines, names)  # noqa: S102  what a reader does with the lines
    return names["tabla"]


@pytest.fixture
def address(portal_folder: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(portal_folder))
    handler.log_message = lambda *args: None  # type: ignore[attr-defined]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("served", [False, True])
def test_the_printed_lines_for_pandas_give_equal_tables(
    publisher: Publisher, portal_folder: Path, address: str, served: bool
) -> None:
    publisher.release()
    publish(publisher, portal_folder, address if served else None)
    lines = Page(portal_folder / "datasets/obras/index.html").lines
    csv, parquet = run(lines["pandas", "csv"]), run(lines["pandas", "parquet"])
    pd.testing.assert_frame_equal(csv, parquet, check_exact=True)
    assert csv["nombre"].tolist()[2] == "NA"
    assert csv["etapa"].isna().tolist() == [False, False, True, False]
    assert csv["codigo"].tolist()[0] == "007"
    assert csv["comuna"].tolist()[3] == 9007199254740993
    assert csv["monto"].tolist()[1] == 0.1 + 0.2


def test_a_table_of_one_field_keeps_its_empty_rows(
    publisher: Publisher, portal_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support import portals

    monkeypatch.setattr(portals, "FIELDS", [{"name": "año-mes", "type": "string"}])
    publisher.release(rows=pa.table({"año-mes": ["2024-01", None, "x"]}))
    publish(publisher, portal_folder)
    lines = Page(portal_folder / "datasets/obras/index.html").lines
    pd.testing.assert_frame_equal(run(lines["pandas", "csv"]), run(lines["pandas", "parquet"]))
    assert duckdb.sql(lines["DuckDB", "csv"]).fetchall() == [("2024-01",), (None,), ("x",)]


def test_the_printed_lines_for_duckdb_give_equal_tables(publisher: Publisher, portal_folder: Path) -> None:
    publisher.release()
    publish(publisher, portal_folder)
    lines = Page(portal_folder / "datasets/obras/index.html").lines
    csv, parquet = (duckdb.sql(lines["DuckDB", reads]).to_arrow_table() for reads in ("csv", "parquet"))
    assert csv.schema.equals(parquet.schema)
    assert csv.equals(parquet)
    assert parquet.to_pylist() == table().to_pylist()


@pytest.mark.parametrize("served", [False, True])
def test_the_printed_lines_for_curl_fetch_the_files_and_prove_them(
    publisher: Publisher, portal_folder: Path, address: str, served: bool, tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    publisher.release()
    publish(publisher, portal_folder, address if served else None)
    lines = Page(portal_folder / "datasets/obras/index.html").lines
    for reads in ("csv", "parquet"):
        done = subprocess.run(
            ["bash", "-ec", lines["curl", reads]], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    csv = (tmp_path / "obras.csv").read_bytes()
    assert csv == (portal_folder / "datasets/obras/v/1.0.0/obras.csv").read_bytes()
    assert pq.read_table(tmp_path / "obras.parquet").to_pylist() == table().to_pylist()


def test_the_printed_line_for_frictionless_finds_the_package_valid(
    publisher: Publisher, portal_folder: Path
) -> None:
    publisher.release(rows=table()[:1])
    publish(publisher, portal_folder)
    line = Page(portal_folder / "datasets/obras/index.html").lines["frictionless", ""]
    command = line.replace("frictionless", f"{sys.executable} -m frictionless", 1)
    done = subprocess.run(["bash", "-ec", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert frictionless.validate(str(portal_folder / "datasets/obras/latest/datapackage.json")).valid


def test_the_printed_line_for_r_reads_the_types(publisher: Publisher, portal_folder: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not on this machine")
    publisher.release()
    publish(publisher, portal_folder)
    line = Page(portal_folder / "datasets/obras/index.html").lines["R", "csv"]
    values = (
        "tabla$nombre[3], is.na(tabla$etapa[3]), tabla$codigo[1], "
        "class(tabla$inicio), class(tabla$destacada), nrow(tabla)"
    )
    told = f"{line}\ncat({values}, sum(is.na(tabla$fin)))"
    done = subprocess.run(["Rscript", "-e", told], capture_output=True, text=True, check=False)
    assert done.stdout == "NA TRUE 007 Date logical 4 4", done.stderr


def test_a_kill_at_any_change_of_the_disk_leaves_a_whole_site(
    publisher: Publisher, portal_folder: Path, tmp_path: Path
) -> None:
    publisher.release()
    publish(publisher, portal_folder, "https://datos.example/0")
    told = [str(tmp_path / "archive"), str(portal_folder)]
    script = (
        f"import sys; sys.path[:0] = {sys.path!r}; from tests.support import portals; "
        "print(portals.kill_everywhere(*sys.argv[1:]))"
    )
    done = subprocess.run([sys.executable, "-c", script, *told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20
    whole(portal_folder)
    publisher.release(version="1.1.0", level="minor")
    publish(publisher, portal_folder, "https://datos.example/0")
    assert sorted(path.name for path in portal_folder.parent.iterdir()) == sorted(
        ["portal", "portal.lock", portal_folder.readlink().name]
    )


def test_a_second_publisher_waits_for_the_first(
    publisher: Publisher, portal_folder: Path, tmp_path: Path
) -> None:
    publisher.release()
    script = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path; from catalog.archive.archive import Archive; from catalog.portal.portal "
        "import Portal\n"
        "archive, portal = Archive.open(sys.argv[1]), Portal(Path(sys.argv[2])); portal.apply(archive, "
        "portal.plan(archive))"
    )
    first = Portal(portal_folder).place
    with first.lock():
        second = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "archive"), str(portal_folder)]
        )
        while not any(
            "->" in line and f" {second.pid} " in line
            for line in Path("/proc/locks").read_text().splitlines()
        ):
            assert second.poll() is None, "the second publisher did not wait"
            time.sleep(0.05)
        assert not portal_folder.exists()
    assert second.wait() == 0
    assert Portal(portal_folder).plan(publisher.archive) == []


def test_what_is_not_a_portal_is_left_alone(
    publisher: Publisher, portal_folder: Path, tmp_path: Path
) -> None:
    publisher.release()
    portal_folder.mkdir(parents=True)
    (portal_folder / "mine.txt").touch()
    with speaking("en"), pytest.raises(PortalError, match=r"is not a portal made by Vereda\..*VEREDA_PORTAL"):
        publish(publisher, portal_folder)
    (portal_folder / "mine.txt").unlink()
    portal_folder.rmdir()
    (tmp_path / "mine").mkdir()
    portal_folder.symlink_to(tmp_path / "mine")
    with speaking("en"), pytest.raises(PortalError, match="which Vereda did not make"):
        publish(publisher, portal_folder)
    assert (tmp_path / "mine").is_dir()


def test_an_empty_folder_makes_way_and_a_mounted_one_is_told(
    publisher: Publisher, portal_folder: Path
) -> None:
    publisher.release()
    portal_folder.mkdir(parents=True)
    portal = publish(publisher, portal_folder)
    assert portal_folder.is_symlink()
    assert (portal_folder / "index.html").is_file()
    assert portal.plan(publisher.archive) == []
    with (
        speaking("en"),
        pytest.raises(PortalError, match=r"volume is mounted.*in VEREDA_PORTAL, as /proc/portal"),
    ):
        Portal(Path("/proc")).plan(publisher.archive)


def test_a_damaged_note_or_a_removed_build_is_built_again(publisher: Publisher, portal_folder: Path) -> None:
    publisher.release()
    portal = publish(publisher, portal_folder, "https://datos.example/1")
    (portal_folder / "portal.json").write_text("{", encoding="utf-8")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    whole(portal_folder)
    shutil.rmtree(portal_folder.resolve())
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    whole(portal_folder)
    assert portal.plan(publisher.archive) == []


def test_growing_old_is_a_change_of_the_page(publisher: Publisher, portal_folder: Path) -> None:
    publisher.release()
    publish(publisher, portal_folder)
    assert "al día" in Page(portal_folder / "index.html").text
    publish(publisher, portal_folder, now=datetime.fromisoformat("2025-09-20T12:00:00-03:00"))
    assert "con mucho atraso" in Page(portal_folder / "index.html").text


def test_an_empty_archive_gives_a_home_that_says_so(publisher: Publisher, portal_folder: Path) -> None:
    portal = publish(publisher, portal_folder)
    assert "Todavía no se publicó nada." in Page(portal_folder / "index.html").text
    assert portal.plan(publisher.archive) == []


def test_an_empty_table_is_told(publisher: Publisher, portal_folder: Path) -> None:
    publisher.release(rows=table()[:0])
    publish(publisher, portal_folder)
    assert "Esta tabla no tiene filas." in Page(portal_folder / "datasets/obras/index.html").text


@pytest.mark.parametrize(
    ("age", "said"), [(0, "fresh"), (30, "fresh"), (40, "due"), (60, "late"), (100, "very-late")]
)
def test_freshness_is_the_age_beside_the_promise(age: int, said: str) -> None:
    assert freshness_word(age, period_days("R/P1M") or 0) == said


def test_periods() -> None:
    assert [period_days(each) for each in ("R/P1Y", "R/P0.5M", "R/P1W", "R/PT1H", "eventual", "")] == [
        365.25,
        15.22,
        7,
        0,
        None,
        None,
    ]


def test_rules_and_keys_in_words() -> None:
    with speaking("es"):
        field = {"constraints": {"required": True, "unique": False, "minLength": 3, "pattern": "[a-z]+"}}
        assert rules(field) == ["siempre tiene valor", "al menos 3 caracteres", "escrito de una forma fija"]
        schema = {
            "primaryKey": ["comuna", "numero"],
            "foreignKeys": [{"fields": "comuna", "reference": {"resource": "comunas", "fields": "id"}}],
            "references": [
                {"fields": ["barrio"], "reference": {"resource": "barrios/barrios", "fields": ["nombre"]}}
            ],
        }
        said = [
            "Cada fila se identifica por comuna, numero, en conjunto.",
            "comuna remite a comunas: id.",
            "barrio remite a barrios/barrios: nombre.",
        ]
        assert keys(schema) == said

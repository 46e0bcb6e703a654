"""A problem with the data can be reported; its status and its answer stand on the page, and nothing about who
reported it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from catalog.archive.archive import Archive
from catalog.archive.release import History
from catalog.archive.reports import ReportEntry, group_reports
from catalog.portal.portal import Portal
from catalog.public import listing_of
from messages import speaking
from pipelines.web.forms import Pace
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.lazy import pandas as pd
from tests.support.lazy import polars as pl
from tests.support.lazy import requests
from tests.support.portals import AT, NOW, Page, Publisher, table
from tests.support.sites import serve_application

REPORT = ReportEntry(0, 0, "report", AT, "Fila 3: la comuna es 4, no 1.", "1.0.0")
PACE = Pace()
MAIL = {"id": "ba-obras", "name": "Observatorio", "email": "datos@ejemplo.gob.ar"}


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    folder = tmp_path_factory.mktemp("problems")
    publisher = Publisher(Archive.open(folder / "archive"), folder / "work")
    publisher.release()
    publisher.release("con-correo", publisher=MAIL)
    publisher.release("inventado", demo=True)
    return publisher


@pytest.fixture(scope="module")
def portal(publisher: Publisher) -> Portal:
    portal = Portal(publisher.folder.parent / "portal", "http://127.0.0.1:0", lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    return portal


def again(publisher: Publisher, portal: Portal) -> Path:
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    return portal.place.link


def test_a_report_stands_on_the_page_once_it_is_answered(publisher: Publisher, portal: Portal) -> None:
    kept = publisher.archive.problems("obras")
    number = kept.add(REPORT).number
    page = again(publisher, portal) / "datasets/obras/index.html"
    said = Page(page).text
    assert f"Informe {number} espera respuesta" in said
    assert "la comuna es 4" not in said
    kept.add(ReportEntry(0, number, "fixed", AT, "Era así: quedó corregido.", "1.0.0", shown=True))
    said = Page(again(publisher, portal) / "datasets/obras/index.html").text
    assert f"Informe {number} corregido" in said
    assert "la comuna es 4" in said
    assert "Era así: quedó corregido." in said
    assert "corrected" in Page(portal.place.link / "en/datasets/obras/index.html").text
    assert portal.plan(publisher.archive) == []


def test_an_insult_is_answered_without_being_repeated(publisher: Publisher, portal: Portal) -> None:
    kept = publisher.archive.problems("obras")
    number = kept.add(replace(REPORT, text="Fulano de Tal es un ladrón")).number
    kept.add(ReportEntry(0, number, "closed", AT, "No es un problema de los datos.", shown=False))
    said = Page(again(publisher, portal) / "datasets/obras/index.html").text
    assert "Fulano" not in said
    assert "No es un problema de los datos." in said


def test_two_reports_at_once_are_both_kept(publisher: Publisher) -> None:
    kept = publisher.archive.problems("con-correo")
    known = len(kept.all())
    threads = [
        threading.Thread(target=kept.add, args=(replace(REPORT, text=f"problema {n}", token=str(n)),))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = kept.all()[known:]
    assert sorted(each.text for each in found) == [f"problema {n}" for n in range(8)]
    assert [each.number for each in found] == list(range(known + 1, known + 9))


def test_what_was_never_reported_cannot_be_answered(publisher: Publisher) -> None:
    with speaking("en"), pytest.raises(ValueError, match="there is no report 99"):
        publisher.archive.problems("obras").add(ReportEntry(0, 99, "answer", AT, "sí"))
    with speaking("en"), pytest.raises(ValueError, match="has 2001 characters"):
        publisher.archive.problems("obras").add(replace(REPORT, text="x" * 2001))


def test_the_page_leads_to_the_publisher_s_contact(portal: Portal) -> None:
    page = Page(portal.place.link / "datasets/con-correo/problema/index.html")
    (mail,) = [unquote(link) for link in page.links if link.startswith("mailto:")]
    assert mail.startswith(
        "mailto:datos@ejemplo.gob.ar?subject=Problema con los datos: con-correo 1.0.0&body="
    )
    assert "http://127.0.0.1:0/datasets/con-correo/index.html" in mail
    without = Page(portal.place.link / "datasets/obras/problema/index.html")
    assert [link for link in without.links if link.startswith("mailto:")] == []
    assert "no dio una dirección" in without.text
    assert (
        "<form"
        not in (portal.place.link / "datasets/obras/problema/index.html")
        .read_text()
        .partition("<!--served")[0]
    )


@pytest.fixture(scope="module")
def address(publisher: Publisher, portal: Portal) -> Iterator[str]:
    """The portal as `vereda serve` serves it."""
    desk = ReportDesk(portal.place.link, publisher.archive, lambda: NOW, PACE)
    with serve_application(portal_application(portal.place.link, desk)) as address:
        yield address


def test_the_form_of_a_served_portal_keeps_a_report(
    address: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PACE, "from_one", 3)
    where = f"{address}datasets/obras/problema/"
    shown = requests.get(where, timeout=9).text
    assert '<form method="post"' in shown.replace("<!--", "##")
    assert "<!--served" not in shown
    assert "no dio una dirección" not in shown
    assert (
        "Report a problem" in requests.get(f"{address}en/datasets/obras/problema/index.html", timeout=9).text
    )
    known = len(publisher.archive.problems("obras").all())
    hostile = "<script>alert(1)</script> \u202e en la fila 7\x00"
    answer = requests.post(where, {"text": hostile, "version": "1.0.0"}, timeout=9)
    assert (answer.status_code, "<script" in answer.text) == (200, False)
    kept = publisher.archive.problems("obras").all()[known:]
    assert [(each.kind, each.version, each.shown) for each in kept] == [("report", "1.0.0", False)]
    assert kept[0].text == "<script>alert(1)</script> en la fila 7"
    assert requests.post(where, {"text": "demasiadas " * 3, "version": "9.9.9"}, timeout=9).status_code == 200
    refused = {
        413: {"data": {"text": "x" * 20_000}},
        422: {"data": {"text": "corto"}},
        403: {"data": {"text": "desde otro sitio"}, "headers": {"Origin": "https://otro.example"}},
    }
    for status, sent in refused.items():
        assert requests.post(where, timeout=9, **sent).status_code == status  # type: ignore[arg-type]
    assert (
        requests.post(where, {"text": "soy un programa", "web": "http://spam"}, timeout=9).status_code == 200
    )
    assert (
        requests.post(
            f"{address}datasets/no-hay/problema/", {"text": "no existe este"}, timeout=9
        ).status_code
        == 404
    )
    assert requests.post(where, {"text": "la tercera de hoy"}, timeout=9).status_code == 200
    assert requests.post(where, {"text": "y ya son muchas"}, timeout=9).status_code == 429
    assert len(publisher.archive.problems("obras").all()) == known + 3
    assert group_reports(publisher.archive.problems("obras").all())[0].report.version is None
    assert (
        requests.post(
            f"{address}demo/inventado/problema/", {"text": "una más en otro"}, timeout=9
        ).status_code
        == 429
    )


@pytest.mark.parametrize("reads", ["csv", "parquet"])
@pytest.mark.parametrize("tool", ["pandas", "polars"])
def test_the_printed_lines_read_a_served_portal(
    address: str, publisher: Publisher, tmp_path: Path, tool: str, reads: str
) -> None:
    printed = Portal(tmp_path / "printed", address, lambda: NOW)
    printed.apply(publisher.archive, printed.plan(publisher.archive))
    names: dict[str, object] = {}
    exec(Page(tmp_path / "printed/datasets/obras/index.html").lines[tool, reads], names)  # noqa: S102
    found = names["tabla"]
    assert isinstance(found, pd.DataFrame | pl.DataFrame)
    assert list(found["nombre"]) == table()["nombre"].to_pylist()


def test_the_printed_lines_for_polars_give_equal_tables(publisher: Publisher, tmp_path: Path) -> None:
    portal = Portal(tmp_path / "con espacio", None, lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    lines = Page(portal.place.link / "datasets/obras/index.html").lines
    read = {}
    for reads in ("csv", "parquet"):
        names: dict[str, pl.DataFrame] = {}
        exec(lines["polars", reads], names)  # noqa: S102
        read[reads] = names["tabla"].with_columns(
            pl.col(pl.Datetime).dt.convert_time_zone("UTC"), pl.col(pl.Time)
        )
    assert read["csv"].schema == read["parquet"].schema
    assert read["csv"].equals(read["parquet"])
    assert read["csv"]["etapa"].to_list() == ["Finalizada", "NA", None, "En ejecución"]
    assert read["csv"]["codigo"].to_list()[0] == "007"


def test_the_page_tells_what_the_data_was_made_from_without_secrets(publisher: Publisher) -> None:
    snapshot = {"sha256": "ab" * 32, "bytes": 812}
    handed, fetched = (
        "Juan Pérez DNI 12345678.xlsx",
        "https://ana:clave@datos.example/obras.csv?token=SECRETO",
    )
    found = {
        "obras": {**snapshot, "source": fetched, "receipt": None},
        "otra": {**snapshot, "source": handed, "receipt": 3},
    }
    release = replace(publisher.archive.history("obras").releases[0], provenance={"snapshots": found})
    (edition,) = listing_of(publisher.archive, History("obras", False, (release,))).editions
    assert [(raw.source, raw.sha256) for raw in edition.raw] == [
        ("https://datos.example/obras.csv", "ab" * 32),
        (None, "ab" * 32),
    ]

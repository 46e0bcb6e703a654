"""A served portal leaves nobody before a closed door: what is missing, what was withdrawn, what is asked for,
and addresses that work from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from catalog.archive.archive import Archive
from catalog.archive.reports import ReportEntry
from catalog.portal.portal import Portal
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.portals import AT, NOW, Page, Publisher
from tests.support.sites import serve_application

WHY = "Tenía filas de otra área."


@dataclass(frozen=True)
class Served:
    address: str
    publisher: Publisher
    portal: Portal

    def publish(self) -> Path:
        self.portal.apply(self.publisher.archive, self.portal.plan(self.publisher.archive))
        return self.portal.place.link


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A portal that was written without a public address; the first version of `obras` was withdrawn."""
    folder = tmp_path_factory.mktemp("served")
    publisher = Publisher(Archive.open(folder / "archive"), folder / "work")
    publisher.release()
    publisher.release(version="1.1.0", level="minor")
    publisher.say("withdraw", "1.0.0", WHY)
    portal = Portal(folder / "portal", clock=lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    desk = ReportDesk(portal.place.link, publisher.archive, lambda: NOW)
    application = portal_application(portal.place.link, desk)
    with serve_application(application) as address:
        yield Served(address, publisher, portal)


@pytest.mark.parametrize(
    "path", ["nada", "en/nada/mas/lejos.html", "datasets/obras/v/9.9.9/obras.csv", "datasets/nada/problema/"]
)
def test_what_is_missing_has_a_page_with_a_search_in_two_languages(served: Served, path: str) -> None:
    answer = httpx.get(served.address + path)
    assert answer.status_code == 404
    assert "Esta página no está" in answer.text
    assert "This page is not here" in answer.text
    assert 'id="q"' in answer.text
    assert 'src="/assets/search.js"' in answer.text
    for link in ("/index.html", "/en/index.html", "/datos/index.html", "/assets/index.js"):
        assert httpx.get(served.address.rstrip("/") + link).status_code == 200
    assert ('<html lang="en">' in answer.text) == path.startswith("en/")


@pytest.mark.parametrize("file", ["", "index.html", "obras.csv", "datapackage.json"])
def test_a_withdrawn_version_says_why_it_is_gone(served: Served, file: str) -> None:
    answer = httpx.get(f"{served.address}datasets/obras/v/1.0.0/{file}")
    assert answer.status_code == 410
    assert WHY in answer.text
    assert "En su lugar está la versión 1.1.0" in answer.text
    assert httpx.get(f"{served.address}datasets/obras/v/1.1.0/obras.csv").status_code == 200
    assert "was taken away" in httpx.get(f"{served.address}en/datasets/obras/v/1.0.0/").text


def test_a_static_host_has_the_tombstone_too(served: Served) -> None:
    page = Page(served.portal.place.link / "datasets/obras/v/1.0.0/index.html")
    assert WHY in page.text
    assert "../../../../datasets/obras/index.html" in page.links


def test_addresses_lead_to_where_they_were_asked_for(served: Served) -> None:
    folder = served.portal.place.link.as_uri()
    for path in ("datasets/obras/index.html", "data.json", "catalog.ttl", "feed.atom", "sitemap.xml"):
        file = served.portal.place.link / path
        assert folder in file.read_text(encoding="utf-8")
        answer = httpx.get(served.address + path, headers={"host": "datos.local:8000"})
        assert folder not in answer.text
        assert "http://datos.local:8000/" in answer.text
    whole = httpx.get(f"{served.address}datasets/obras/latest/datapackage.json")
    assert whole.content == (served.portal.place.link / "datasets/obras/latest/datapackage.json").read_bytes()


def test_a_request_for_data_is_kept_answered_and_shown(served: Served) -> None:
    page = httpx.get(f"{served.address}pedidos/")
    assert "<form" in page.text
    assert "todavía no puso una dirección" not in page.text
    sent = {"text": "Recorridos de los colectivos, 2024, en GTFS", "web": ""}
    assert "número 1" in httpx.post(f"{served.address}pedidos/", data=sent).text
    assert httpx.post(f"{served.address}pedidos/", data={"text": "corto"}).status_code == 422
    steps = served.portal.plan(served.publisher.archive)
    assert [step.target for step in steps] == ["pedidos/index.html"]
    shown = Page(served.publish() / "pedidos/index.html").text
    assert "Pedido 1 espera respuesta" in shown
    assert "colectivos, 2024" not in shown  # nobody has read it
    answer = ReportEntry(0, 1, "fixed", AT, "Están en este conjunto.", "obras", shown=True)
    with pytest.raises(ValueError, match="vereda requests"):
        served.publisher.archive.requests.add(replace(answer, report=9))
    served.publisher.archive.requests.add(answer)
    page = Page(served.publish() / "pedidos/index.html")
    assert "colectivos, 2024" in page.text
    assert "../datasets/obras/index.html" in page.links
    assert served.portal.plan(served.publisher.archive) == []


def test_answers_are_news(served: Served) -> None:
    kept = served.publisher.archive.problems("obras")
    number = kept.add(ReportEntry(0, 0, "report", AT, "Fila 3: la comuna es 4, no 1.")).number
    kept.add(ReportEntry(0, number, "fixed", AT, "Era así.", "1.1.0", shown=True))
    feed = (served.publish() / "datasets/obras/feed.atom").read_text(encoding="utf-8")
    assert f"el informe {number} se corrigió en la versión 1.1.0" in feed
    assert "Era así." in feed


def test_a_form_s_address_has_what_it_is_about(tmp_path: Path) -> None:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release()
    form = "https://formularios.example/datos?conjunto={dataset}&version={version}"
    portal = Portal(tmp_path / "portal", "https://datos.example", lambda: NOW, form=form)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    page = Page(tmp_path / "portal/datasets/obras/problema/index.html")
    assert "https://formularios.example/datos?conjunto=obras&version=1.0.0" in page.links
    assert "no dio una dirección" not in page.text
    missing = (tmp_path / "portal/404.html").read_text(encoding="utf-8")
    assert 'href="/index.html"' in missing

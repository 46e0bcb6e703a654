"""What the server answers keeps visitors safe, and its pages really work under it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog.archive.archive import Archive
from catalog.portal.portal import Portal
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.browsers import launched
from tests.support.portals import NOW, Publisher
from tests.support.sites import serve_application

REPORT = {"text": "Fila 3: la comuna es 4, no 1.", "version": "1.0.0"}
DESK = "/datasets/obras/problema/"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("server")
    archive = Archive.open(folder / "archive")
    Publisher(archive, folder / "work").release()
    portal = Portal(folder / "portal", "http://127.0.0.1:0", lambda: NOW)
    portal.apply(archive, portal.plan(archive))
    return portal_application(portal.place.link, ReportDesk(portal.place.link, archive, lambda: NOW))


@pytest.fixture(scope="module")
def address(application) -> Iterator[str]:
    with serve_application(application) as address:
        yield address.rstrip("/")


@pytest.mark.parametrize("path", ["/", "/datasets/obras/", DESK, "/nada", "/assets/vereda.js", "/data.json"])
def test_every_answer_has_them(address, path):
    answer = httpx.get(address + path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
    ],
)
def test_a_post_from_another_site_is_refused(address, headers):
    assert httpx.post(address + DESK, data=REPORT, headers=headers).status_code == 403


def test_a_post_from_the_page_itself_is_taken(address):
    same = {"origin": address, "sec-fetch-site": "same-origin"}
    assert httpx.post(address + DESK, data=REPORT, headers=same).status_code == 200


@pytest.fixture(scope="module")
def browser(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with launched(playwright, tmp_path_factory.mktemp("profile")) as context:
        yield context


def test_pages_work_under_the_policy(browser: Any, address: str, application: Any) -> None:
    """No message of the browser, and what scripts and styles do is seen."""
    page, wrong = browser.new_page(), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    paths = ["/index.html", "/datasets/obras/index.html", "/datos/index.html", "/calidad/index.html"]
    paths += ["/datasets/obras/cambios/index.html", DESK]
    folder = next(
        route.app.directory
        for route in application.routes
        if hasattr(route, "app") and hasattr(route.app, "directory")
    )
    shown = [path for path in paths if (Path(folder) / path.strip("/")).exists()]
    assert len(shown) >= 4
    for path in shown:
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
    assert wrong == []
    page.fill("textarea", REPORT["text"])
    page.click("form button")
    assert "Gracias" in page.inner_text("[role=status]")
    page.close()

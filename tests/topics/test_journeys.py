"""Two visitors with a whole errand, in a real browser: a neighbour who asks what became of the works near her
home, and a journalist who cites a figure and comes back after it was corrected."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx
import pytest

from catalog.archive.archive import Archive
from catalog.portal.portal import Portal
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.browsers import launched
from tests.support.cities import City
from tests.support.paths import DATASETS
from tests.support.sites import serve_application
from tests.support.terminal import vereda

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with launched(
        playwright, tmp_path_factory.mktemp("profile"), viewport={"width": 400, "height": 800}
    ) as context:
        yield context


def test_a_neighbour_finds_what_became_of_the_works_near_her_home(site: Path, page: Page) -> None:
    """On a telephone: she knows her barrio, and has no word for datasets."""
    page.goto((site / "index.html").as_uri())
    page.get_by_role("searchbox").fill("que paso con las obras en villa lugano")
    first = page.locator("#results li a").first
    first.wait_for()
    assert first.bounding_box()["y"] < 800  # seen without scrolling
    assert first.inner_text() == "BA Obras: obras públicas de la Ciudad"
    first.click()
    page.wait_for_url("**/datasets/ba-obras/index.html")
    with (site / "datasets/ba-obras/latest/obras.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    near = Counter(row["comuna"] for row in rows)["8"]  # Villa Lugano is in comuna 8
    stages = Counter(row["etapa"] for row in rows)
    picture = page.locator("figure", has=page.locator("img[alt*='por comuna' i]")).first
    picture.get_by_text("Lo mismo en una tabla").click()
    assert picture.get_by_role("row", name=re.compile(rf"^Comuna 8 {near}\b")).is_visible()
    ended = page.locator("figure", has=page.locator("img[alt*='por etapa' i]")).first
    ended.get_by_text("Lo mismo en una tabla").click()
    count = f"{stages['Finalizada']:,}".replace(",", ".")
    assert ended.get_by_role("row", name=re.compile(rf"^Finalizada {re.escape(count)}\b")).is_visible()
    assert page.get_by_text("correspondía actualizarlo el").is_visible()  # how old it is, in words
    page.get_by_role("link", name="Seguir", exact=True).click()
    page.wait_for_url("**/avisos/index.html?de=datasets/ba-obras/feed.atom")
    assert page.get_by_role("link", name="Comuna 8", exact=True).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_journalist_cites_a_figure_and_comes_back_after_its_correction(
    tmp_path: Path, browser: BrowserContext
) -> None:
    """The page, the printed command, and a correction of the agency between them; by the served portal, which
    was written without a public address."""
    city = City(tmp_path)
    folder = shutil.copytree(DATASETS / "legislatura-sesiones", city.datasets / "legislatura-sesiones")
    assert city.outcome("legislatura-sesiones").outcome == "published"
    portal = publish(city)
    with serve_application(portal_application(portal, desk(city, portal))) as address:
        page = browser.new_page()
        page.goto(f"{address}datasets/legislatura-sesiones/index.html")
        figure = page.locator("figure").first
        figure.get_by_text("Lo mismo en una tabla").click()
        figure.get_by_role("row").nth(1).get_by_role("link", name="Citar").click()
        page.wait_for_url("**figure=*")
        cited = page.url
        assert unquote(cited).startswith(f"{address}datasets/legislatura-sesiones/index.html?version=1.0.0&")
        quote = page.locator("#cite .quote").inner_text()
        assert "Legislatura: sesiones de 2026" in quote
        assert "= 61. sha256 " in quote
        assert page.locator("#cite .notice").is_hidden()
        assert ", igual: " in vereda(city, "cite", cited)
        correct(folder / "source/sesiones.csv")
        assert city.outcome("legislatura-sesiones").version == "1.0.1"
        publish(city)

        page.goto(cited)  # months later, by the address in the article
        assert "= 61. sha256 " in page.locator("#cite .quote").inner_text()
        notice = page.locator("#cite .notice")
        assert "Hay una versión más nueva que la citada" in notice.inner_text()
        assert notice.locator("code").inner_text() == f'vereda cite "{cited}"'
        found = json.loads(vereda(city, "cite", cited, "--json"))
        assert (found["state"], found["value"], found["current_value"]) == ("superseded", 61, 60)
        old = httpx.get(f"{address}datasets/legislatura-sesiones/v/1.0.0/sesiones.csv").text
        assert ",62,61," in old  # what was cited stays where it was
        page.close()


def correct(source: Path) -> None:
    """The agency counts a member less."""
    wrong = source.read_text(encoding="utf-8")
    assert wrong.count(",62,61,1,") == 1
    source.write_text(wrong.replace(",62,61,1,", ",61,60,1,"), encoding="utf-8")


def publish(city: City) -> Path:
    portal = Portal(city.folder / "portal", clock=city.clock)
    portal.apply(city.archive, portal.plan(city.archive))
    return city.folder / "portal"


def desk(city: City, portal: Path) -> ReportDesk:
    archive: Archive = city.archive
    return ReportDesk(portal, archive, city.clock)

"""The portal in a real browser, from the file system: search, phones, and nothing in the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from catalog.archive.archive import Archive
from catalog.portal.portal import Portal
from tests.support.browsers import launched
from tests.support.lazy import axe_playwright
from tests.support.portals import NOW, Publisher, table

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sitio público")
    publisher = Publisher(Archive.open(folder / "archive"), folder / "work")
    publisher.release()
    publisher.release(version="1.1.0", level="minor")
    publisher.release(
        "barrios",
        title="Barrios de la Ciudad",
        description="Límites",
        keywords=[],
        publisher={"id": "e", "name": "Estadística"},
        rows=pa.concat_tables([table(), table()]),
    )
    publisher.release("raro", title=HOSTILE, description=HOSTILE * 20)
    publisher.release("comisarias", demo=True, title="Comisarías Cercanas")
    portal = Portal(folder / "portal", clock=lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    return folder / "portal"


@pytest.fixture(scope="module", params=[1280, 400], ids=["wide", "phone"])
def browser(
    playwright: Playwright, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    with launched(
        playwright, tmp_path_factory.mktemp("profile"), viewport={"width": request.param, "height": 800}
    ) as context:
        yield context


def found(page: Page) -> list[str]:
    return [link.get_attribute("href") or "" for link in page.locator("#results a:visible").all()]


def test_the_search_finds_as_one_types_the_best_first(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    field = page.get_by_label("Buscar conjuntos de datos")
    field.fill("LIMITES estadist")  # without accents, in any case, by description and publisher
    assert found(page) == ["datasets/barrios/index.html"]
    assert page.get_by_role("status").inner_text() == "1 resultado"
    assert page.locator("#results mark").all_inner_texts() == ["Estadística", "Límites"]
    assert not page.locator(".samples").is_visible()
    field.fill("barrio")  # in one's title, in the descriptions of two
    assert found(page)[0] == "datasets/barrios/index.html"
    assert len(found(page)) >= 3
    field.fill("comisarías")
    assert found(page) == ["demo/comisarias/index.html"]
    assert page.locator("#results").get_by_text("DEMO", exact=True).is_visible()
    field.fill("destacada")  # a field's name
    assert len(found(page)) == 4
    assert page.locator("#results small").first.inner_text().endswith("columna destacada")
    field.fill("xyzzy")
    assert found(page) == []
    assert "No se encontró nada" in page.get_by_role("status").inner_text()
    field.fill("")
    assert page.get_by_role("status").inner_text() == ""
    assert page.locator(".samples").is_visible()


def test_a_search_can_be_linked_in_english_too(site: Path, page: Page) -> None:
    page.goto((site / "en/datos/index.html").as_uri() + "?q=obras")
    assert page.get_by_role("status").inner_text().endswith("results found")
    page.locator("#results a").first.click()
    page.wait_for_url("**/en/datasets/obras/index.html")


def test_arrows_lead_through_the_results_and_escape_back(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_label("Buscar conjuntos de datos").fill("destacada")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement === document.querySelectorAll('#results a')[1]")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "q"


def test_the_list_can_be_put_in_another_order(site: Path, page: Page) -> None:
    page.goto((site / "datos/index.html").as_uri())
    titles = page.locator("[data-list]").first.locator("li a")
    before = titles.all_inner_texts()
    assert before == sorted(before, key=str.casefold)
    page.get_by_label("Orden").select_option("los más grandes primero")
    assert titles.first.inner_text() == "Barrios de la Ciudad"


PAGES = [
    "index.html",
    "datos/index.html",
    "datasets/obras/index.html",
    "demo/comisarias/index.html",
    "calidad/index.html",
]
PAGES += ["temas/gobierno-y-sector-publico/index.html", "publicadores/ba-obras/index.html"]


@pytest.mark.parametrize("path", [spoken + path for spoken in ("", "en/") for path in PAGES])
def test_axe_finds_no_fault(site: Path, page: Page, path: str) -> None:
    page.goto((site / path).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    if page.locator("#q").count():
        page.locator("#q").fill("obras")
        assert faults(page) == []
        page.locator("#q").fill("")
    assert faults(page) == []


def test_axe_finds_no_fault_in_the_dark(site: Path, playwright: Playwright, tmp_path: Path) -> None:
    with launched(playwright, tmp_path, color_scheme="dark") as context:
        page = context.new_page()
        for path in (*PAGES, "acerca/index.html", "pedidos/index.html"):
            page.goto((site / path).as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
            if page.locator("#q").count():
                page.locator("#q").fill("obras")
            assert faults(page) == [], path


def test_a_search_has_an_address_facets_and_marks(site: Path, page: Page) -> None:
    page.goto((site / "datos/index.html").as_uri() + "?q=obras&kind=dataset")
    assert "datasets/obras/index.html" in found(page)[0]
    assert page.get_by_label("Clase").input_value() == "dataset"
    page.get_by_label("Clase").select_option("")
    assert page.evaluate("location.search") == "?q=obras"
    page.get_by_label("Buscar conjuntos de datos").fill("varrios")  # a slip
    assert page.evaluate("location.search") == "?q=varrios"
    assert found(page)[0] == "../datasets/barrios/index.html"
    page.locator(".tongues a").click()
    page.wait_for_url("**/en/datos/index.html?q=varrios")
    assert page.locator("#results a").first.get_attribute("lang") == "es"


def faults(page: Page) -> list[tuple[str, str]]:
    # Without preload: axe would ask for the style sheet, which a page from the file system may not.
    told = axe_playwright.Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response
    return [(each["id"], node["html"][:200]) for each in told["violations"] for node in each["nodes"]]


@pytest.mark.parametrize(
    "path", [*PAGES, "datasets/raro/index.html", "datasets/barrios/index.html", "en/index.html"]
)
def test_no_page_scrolls_sideways(site: Path, page: Page, path: str) -> None:
    page.goto((site / path).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_one_gets_from_home_to_the_lines_with_the_keyboard(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("publicas ciudad")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/datasets/obras/index.html")
    page.get_by_text("DuckDB", exact=True).click()
    assert page.get_by_text("read_parquet").first.is_visible()


def test_a_line_is_copied_whole(site: Path, page: Page) -> None:
    page.goto((site / "datasets/obras/index.html").as_uri())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#programs").get_by_role("button", name="Copiar").first.click()
    page.get_by_role("button", name="Copiado").first.wait_for()
    assert (
        page.evaluate("navigator.clipboard.readText()") == page.locator("#programs pre").first.text_content()
    )


def test_everything_can_be_read_without_scripts(site: Path, playwright: Playwright, tmp_path: Path) -> None:
    with launched(playwright, tmp_path, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        assert page.locator("input:visible, select:visible").count() == 0
        page.get_by_role("link", name="Ver los 3 conjuntos de datos").click()
        assert page.locator(".rows li:visible").count() == 4
        assert page.locator("input:visible, select:visible, button:visible").count() == 0
        page.get_by_role("link", name="Calidad", exact=True).click()
        assert page.get_by_role("row", name="Barrios de la Ciudad").is_visible()
        page.go_back()
        page.get_by_role("link", name="Obras públicas de la Ciudad").first.click()
        assert page.get_by_text("pd.read_csv").is_visible()

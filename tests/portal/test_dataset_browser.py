"""The dataset's page in a real browser: what a journalist and a developer do there, and that nobody is shut
out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.archive.archive import Archive
from catalog.archive.reports import ReportEntry
from catalog.portal.portal import Portal
from tests.support import portals
from tests.support.browsers import launched
from tests.support.lazy import axe_playwright
from tests.support.portals import NOW, Publisher, table

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

PROMISE = {"version": 2, "date": "2025-03-01", "changes": "La columna monto pasa a llamarse monto_ars."}
VIEWS = [
    {"map": "comunas", "field": "comuna", "value": "count"},
    {"chart": "line", "x": "anio", "y": "monto", "by": "etapa"},
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("página")
    publisher = Publisher(Archive.open(folder / "archive"), folder / "work")
    days = {"1.0.0": "2023-12-05", "1.1.0": "2024-02-01", "1.2.0": "2024-09-01"}
    for version, day in days.items():
        rows = portals.ROWS[: 1 + list(days).index(version)]
        publisher.release(version=version, rows=table(rows), as_of=day, view=VIEWS)
    publisher.release("retirado", title="Con una versión retirada", announces=PROMISE)
    publisher.release("retirado", version="1.1.0", title="Con una versión retirada", announces=PROMISE)
    publisher.say("withdraw", "1.0.0", "Tenía filas de otra área.", "retirado")
    publisher.release("inventado", demo=True, view=VIEWS, title="Datos de demostración")
    kept = publisher.archive.problems("obras")
    kept.add(ReportEntry(0, 0, "report", portals.AT, "Falta una obra", "1.1.0"))
    kept.add(ReportEntry(0, 1, "answer", portals.AT, "La pedimos al área", shown=True))
    portal = Portal(folder / "portal", clock=lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    return folder / "portal"


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with launched(
        playwright,
        tmp_path_factory.mktemp("profile"),
        viewport={"width": 1280, "height": 800},
        accept_downloads=True,
    ) as context:
        yield context


def test_a_journalist_gets_what_changed_since_january_as_a_file(
    site: Path, page: Page, tmp_path: Path
) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="Obras públicas de la Ciudad").first.click()
    page.get_by_role("link", name="Qué cambió entre dos versiones").click()
    page.get_by_label("Desde los datos del").fill("2024-01-01")
    page.get_by_label("Desde los datos del").blur()
    assert page.locator(".pair:visible h2").all_inner_texts() == ["1.0.0 → 1.2.0 vigente"]
    assert page.locator(".pair:visible li").all_inner_texts() == ["obras: se agregaron 2 filas."]
    with page.expect_download() as started:
        page.locator(".pair:visible").get_by_role("link", name="obras.csv").click()
    started.value.save_as(tmp_path / "cambios.csv")
    text = (tmp_path / "cambios.csv").read_text(encoding="utf-8")
    assert text.startswith("cambio,campo,antes,despues,nombre,")
    assert text.count("fila agregada") == 2
    page.get_by_label("Desde los datos del").fill("2020-01-01")
    page.get_by_label("Desde los datos del").blur()
    assert "de un día posterior" in page.get_by_role("status").inner_text()
    page.goto((site / "datasets/obras/cambios/index.html").as_uri() + "#1.1.0-1.2.0")
    assert page.locator(".pair:visible h2").count() == 1
    assert page.locator("#\\31\\.1\\.0-1\\.2\\.0").is_visible()


def test_a_developer_copies_a_line_bound_to_a_major_version(site: Path, page: Page) -> None:
    page.goto((site / "datasets/obras/index.html").as_uri())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#programs summary", has_text="polars").click()
    line = page.locator('#programs pre[data-tool="polars"][data-reads="parquet"]')
    assert "/v/1/obras.parquet" in line.inner_text()
    page.get_by_label("Las líneas leen").select_option("v/1.2.0")
    assert "/v/1.2.0/obras.parquet" in line.inner_text()
    line.locator("xpath=..").get_by_role("button", name="Copiar").click()
    page.get_by_role("button", name="Copiado").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    names: dict[str, object] = {}
    exec(copied, names)  # noqa: S102  what a reader does with the lines
    assert len(names["tabla"]) == 3  # type: ignore[arg-type]


def test_the_preview_is_sorted_by_a_column(site: Path, page: Page) -> None:
    page.goto((site / "datasets/obras/index.html").as_uri())
    monto = page.locator("table.preview th", has_text="monto")
    cells = page.locator("table.preview tbody tr td:nth-child(5)")
    monto.get_by_role("button").click()
    assert cells.all_inner_texts() == ["0.30000000000000004", "67065700.1", ""]
    monto.get_by_role("button").click()
    assert cells.all_inner_texts() == ["67065700.1", "0.30000000000000004", ""]
    assert monto.get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize(
    "path",
    [
        "datasets/obras/index.html",
        "en/datasets/obras/index.html",
        "demo/inventado/index.html",
        "datasets/obras/cambios/index.html",
        "datasets/obras/problema/index.html",
        "datasets/retirado/index.html",
        "datasets/retirado/v/1.0.0/index.html",
        "en/avisos/index.html",
    ],
)
def test_nobody_is_shut_out(site: Path, page: Page, path: str) -> None:
    page.goto((site / path).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    found = axe_playwright.Axe().run(page, options={"preload": False}).response["violations"]
    assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found] == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_each_picture_is_loaded_and_fits_a_phone(site: Path, page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto((site / "datasets/obras/index.html").as_uri())
    for picture in page.locator("figure img").all():
        picture.scroll_into_view_if_needed()
        page.wait_for_function(
            "image => image.complete && image.naturalWidth > 0", arg=picture.element_handle()
        )
        assert "-narrow.svg" in picture.evaluate("image => image.currentSrc")
        assert picture.evaluate("image => image.clientWidth / image.naturalWidth") > 0.75
        assert "por" in str(picture.get_attribute("alt"))
    page.set_viewport_size({"width": 1280, "height": 800})

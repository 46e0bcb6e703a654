"""The explorer of a table in a real browser: out of the Parquet by parts, out of whole files, and from a
disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from catalog.archive.archive import Archive
from catalog.portal.portal import Portal
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.browsers import launched
from tests.support.lazy import axe_playwright
from tests.support.portals import FIELDS, NOW, ROWS, Publisher, table
from tests.support.sites import serve_application, serve_folder

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

LARGE = 165_000


def large_table() -> pa.Table:
    """As many rows that no browser takes the file whole, in two row groups; the same in every process."""
    numbers = range(LARGE)
    columns: dict[str, Any] = {
        "nombre": [f"Obra {hashlib.sha256(str(each).encode()).hexdigest()[:20]}" for each in numbers],
        "etapa": [("Finalizada", "NA", "En ejecución")[each * each % 3] for each in numbers],
        "codigo": [f"{each:06d}" for each in numbers],
        "comuna": [each % 15 + 1 for each in numbers],
        "monto": [(each * 48_271 % 99_999_989) / 100 for each in numbers],
        "inicio": [date(2010, 1, 1) + timedelta(days=each // 100) for each in numbers],
    }
    types = {field["name"]: kind for field, kind in zip(FIELDS, table().schema.types, strict=True)}
    return pa.table(
        [pa.array(columns.get(name, [None] * LARGE), types[name]) for name in types], names=list(types)
    )


@dataclass(frozen=True)
class Site:
    folder: Path
    served: str
    """Its address on a server that gives parts of files."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("explore")
    publisher = Publisher(Archive.open(folder / "archive"), folder / "work")
    publisher.release()
    publisher.release("grande", rows=large_table())
    portal = Portal(folder / "portal", clock=lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    desk = ReportDesk(portal.place.link, publisher.archive, lambda: NOW)
    with serve_application(portal_application(portal.place.link, desk)) as address:
        yield Site(folder / "portal", address)


Opening = Callable[[str], "Page"]


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    profile = tmp_path_factory.mktemp("profile")
    with launched(playwright, profile, viewport={"width": 1280, "height": 900}) as context:
        yield context


@contextmanager
def opened(browser: Any, address: str) -> Iterator[Page]:
    """A page in which any message in the console or error is a failure."""
    wrong: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#explore form:visible")
    settle(page)
    yield page
    page.close()
    assert wrong == []


def settle(page: Page) -> None:
    page.wait_for_selector("#explore:not([aria-busy=true])")


def cells(page: Page) -> list[list[str]]:
    return [
        [cell.text_content() or "" for cell in row.locator("td").all()]
        for row in page.locator("#rows tbody tr").all()
    ]


def saved(page: Page, kind: str) -> bytes:
    with page.expect_download() as download:
        page.locator(f"[data-save={kind}]").click()
    return Path(download.value.path()).read_bytes()


def told(page: Page) -> str:
    return page.locator("#explore [role=status]").inner_text()


SMALL, BIG = "datasets/obras/tabla/obras/index.html", "datasets/grande/tabla/obras/index.html"


def test_the_whole_table_is_saved_as_it_is_published(site: Site, browser: Any) -> None:
    """Every kind of value is read out of the Parquet and written as the release's own CSV has it."""
    with opened(browser, site.served + SMALL) as page:
        mine = saved(page, "csv")
        assert mine == (site.folder / "datasets/obras/v/1.0.0/obras.csv").read_bytes()
        rows = json.loads(saved(page, "json"))
        assert [row["nombre"] for row in rows] == [row[0] for row in ROWS]
        assert rows[3]["comuna"] == "9007199254740993"  # no number of JavaScript holds it


def test_the_english_page_reads_the_same_file(site: Site, browser: Any) -> None:
    with opened(browser, f"{site.served}en/{SMALL}#filter=comuna=12") as page:
        assert told(page) == "Rows 1 to 1 of 1."
        assert int(page.locator("#explore").get_attribute("data-bytes")) > 0


def test_a_view_is_its_address(site: Site, browser: Any) -> None:
    with opened(browser, site.served + SMALL) as page:
        page.get_by_role("button", name="Agregar un filtro").click()
        page.locator("#filters .column").select_option("comuna")
        page.locator("#filters .sign").select_option(">=")
        page.locator("#filters input").fill("12")
        page.keyboard.press("Enter")
        page.locator("select[name=order]").select_option("monto")
        page.locator("input[name=down]").check()
        page.locator("summary", has_text="Columnas").click()
        for box in page.locator("#columns input").all():
            box.set_checked(box.get_attribute("value") in ("nombre", "monto"))
        settle(page)
        expected = [["Escuela N.° 24", "67065700.1"], ["=1+1", "0." + "0" * 323 + "5"]]
        assert cells(page) == expected
        assert told(page) == "Filas 1 a 2 de 2."
        page.get_by_role("button", name="Copiar el enlace").click()
        address = page.locator("#address").input_value()
    with opened(browser, address) as page:
        assert cells(page) == expected
        assert page.locator("#filters input").input_value() == "12"
        assert page.locator("#rows th[aria-sort=descending]").inner_text().startswith("monto")
        assert saved(page, "csv").decode() == '"nombre","monto"\n"Escuela N.° 24",67065700.1\n"=1+1",0.' + (
            "0" * 323 + "5\n"
        )


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("filter=comuna=", ["Plaza\n\"San Martín\", con 'comillas'"]),
        ("filter=comuna=12&filter=comuna=1", ["Escuela N.° 24", "NA"]),
        ("filter=etapa!=Finalizada", ["Plaza\n\"San Martín\", con 'comillas'", "NA", "=1+1"]),
        ("filter=nombre~SAN MARTIN", ["Plaza\n\"San Martín\", con 'comillas'"]),
        ("filter=inicio<1500-01-01", ["Plaza\n\"San Martín\", con 'comillas'"]),
        ("filter=hora>=10:00:00", ["Plaza\n\"San Martín\", con 'comillas'"]),
        ("filter=destacada=true", ["Escuela N.° 24", "=1+1"]),
        ("filter=comuna=9007199254740993", ["=1+1"]),
        ("order=-comuna&filter=comuna!=", ["=1+1", "Escuela N.° 24", "NA"]),
    ],
)
def test_the_explorer_finds_what_the_api_finds(site: Site, browser: Any, view: str, names: list[str]) -> None:
    """The same words as in tests/web/test_api.py."""
    with opened(browser, f"{site.served}{SMALL}#{view}&columns=nombre") as page:
        assert cells(page) == [[name] for name in names]


def test_of_a_large_table_only_parts_are_fetched(site: Site, browser: Any) -> None:
    size = (site.folder / "datasets/grande/v/1.0.0/obras.parquet").stat().st_size
    assert size > 2_000_000
    with opened(browser, f"{site.served}{BIG}#filter=comuna=4&filter=inicio>=2013-09-12") as page:
        first = 135_000 + (4 - 1 - 135_000) % 15
        assert cells(page)[0][2] == f"{first:06d}"
        found = sum(each % 15 == 3 for each in range(135_000, LARGE))
        assert told(page) == f"Filas 1 a 20 de {found}."
        assert int(page.locator("#explore").get_attribute("data-bytes")) < size / 6
        page.get_by_role("button", name="Siguientes").click()
        page.locator("#rows td", has_text=f"{first + 15 * 20:06d}").wait_for()
        assert cells(page)[0][2] == f"{first + 15 * 20:06d}"


def test_what_takes_more_is_asked_first(site: Site, browser: Any) -> None:
    with opened(browser, f"{site.served}{BIG}#order=-codigo&columns=codigo") as page:
        assert cells(page)[0] == [f"{LARGE - 1:06d}"]
        page.locator("summary", has_text="Columnas").click()
        for box in page.locator("#columns input").all():
            box.check()
        settle(page)
        before = int(page.locator("#explore").get_attribute("data-bytes"))
        assert before < 1_500_000
        page.locator("[data-save=csv]").click()
        page.locator("#asks", has_text="MB").wait_for()
        with page.expect_download() as download:
            page.get_by_role("button", name="Seguir").click()
        lines = Path(download.value.path()).read_text(encoding="utf-8").split("\n")
        published = (
            (site.folder / "datasets/grande/v/1.0.0/obras.csv").read_text(encoding="utf-8").split("\n")
        )
        assert lines[1:-1] == published[-2:0:-1]


def test_rows_are_counted_and_added_up(site: Site, browser: Any) -> None:
    with opened(browser, f"{site.served}{BIG}#group=etapa&aggregate=sum(comuna)&filter=comuna<=3") as page:
        sums = dict.fromkeys(("Finalizada", "NA", "En ejecución"), 0)
        for each in range(LARGE):
            if each % 15 < 3:
                sums[("Finalizada", "NA", "En ejecución")[each * each % 3]] += each % 15 + 1
        bars = [line.inner_text().split("\n") for line in page.locator(".bars li").all()]
        figures = {bar[0]: int(bar[-1].replace(".", "")) for bar in bars}
        assert figures == {name: value for name, value in sums.items() if value}


def test_a_server_of_whole_files_only_is_told_of(site: Site, browser: Any) -> None:
    with serve_folder(site.folder) as address:
        with opened(browser, f"{address}/{SMALL}#filter=comuna=12") as page:
            assert told(page) == "Filas 1 a 1 de 1."
        with opened(browser, f"{address}/{BIG}#filter=codigo=139999") as page:
            assert "archivos enteros" in page.locator("#asks").inner_text()
            page.get_by_role("button", name="Seguir").click()
            page.locator("[role=status]", has_text="Filas 1 a 1 de 1.").wait_for()
            assert cells(page)[0][2] == "139999"


def test_from_a_disk_the_rows_of_the_page_are_explored(site: Site, browser: Any) -> None:
    with opened(browser, f"{(site.folder / BIG).as_uri()}#filter=comuna=4&order=-monto") as page:
        assert "desde un disco" in told(page)
        assert "las primeras 50 de 165.000 filas" in told(page)
        assert sorted(row[2] for row in cells(page)) == ["000003", "000018", "000033", "000048"]
        assert page.url.endswith("#filter=comuna%3D4&order=-monto")


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_it(site: Site, browser: Any, width: int, scheme: Any) -> None:
    with opened(browser, f"{site.served}{SMALL}#filter=comuna>=1&group=etapa") as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found = axe_playwright.Axe().run(page, options={"resultTypes": ["violations"], "preload": False})
        assert [(e["id"], e["nodes"][0]["html"][:200]) for e in found.response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_the_first_rows_are_there(site: Site, playwright: Playwright, tmp_path: Path) -> None:
    with launched(playwright, tmp_path, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(site.served + SMALL)
        assert len(page.locator("#rows tbody tr").all()) == len(ROWS)
        assert not page.locator("#explore form").is_visible()
        assert page.locator("noscript").is_visible()

"""The data team's morning, in a browser, by keyboard, and on a phone: from the sign-in to an extract that is
let through and a reader who has an answer."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import catalog.portal
from catalog.archive.reports import group_reports
from tests.support.browsers import launched
from tests.support.teams import DeskPlace, make_morning, open_desk

PHONE = {"width": 360, "height": 740}
PICTURES = os.environ.get("TEST_PICTURES")
"""A folder for pictures of each step, where somebody wants to look at them."""


@pytest.fixture(scope="module")
def browser(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with launched(playwright, tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture
def place(tmp_path: Path) -> Iterator[DeskPlace]:
    city = make_morning(tmp_path)
    city.moment = city.moment.replace(hour=12)
    with open_desk(city) as place:
        assets = city.folder / "site" / "assets"
        shutil.copytree(Path(catalog.portal.__file__).parent / "assets", assets)
        yield place


CUT_OFF = """() => [...document.querySelectorAll("table.fields td")]
.filter(cell => cell.getBoundingClientRect().right > innerWidth).map(cell => cell.textContent)"""
"""Cells that a telephone does not show whole: there each stands below the other."""


def shoot(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def require_no_sideways(page: Any, path: str) -> None:
    """The page itself does not scroll sideways; a wide table scrolls in its own frame."""
    width = page.evaluate("document.scrollingElement.scrollWidth")
    assert width <= page.viewport_size["width"], (path, width)


def test_the_morning(place: DeskPlace, browser: Any) -> None:
    wrong: list[str] = []
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{place.address}mesa/equipo/")  # leads to the sign-in, and back
    page.fill("#clave", place.keys["team"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#stopped")  # the address of the sign-in ends likewise
    assert page.locator("h1").text_content() == "Esta mañana"
    shoot(page, "1-morning")
    page.click("#stopped .button")
    page.wait_for_url("**/conjunto/reclamos/**")
    shoot(page, "2-stopped")
    page.locator("textarea[name=motivo]").focus()
    page.keyboard.type("El área dejó de relevar la calle")
    page.keyboard.press("Tab")  # to the button, without a mouse
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    page.keyboard.press("Enter")
    page.wait_for_selector("#done")
    shoot(page, "3-let-through")
    assert place.started == [("reclamos", 5)]
    assert place.city.outcome("reclamos").outcome == "published"
    look_around(page, place)
    answer_a_reader(page, place)
    page.goto(f"{place.address}mesa/equipo/registro")
    for word in ("Ana Ruiz", "dejó pasar", "respondió", "miró", "reclamos/5"):
        assert word in page.content(), word
    shoot(page, "8-audit")
    require_fits_a_phone(page, place)
    page.close()
    assert wrong == []


def look_around(page: Any, place: DeskPlace) -> None:
    page.goto(f"{place.address}mesa/equipo/entregas")
    assert "mes-5.csv" in page.content()
    shoot(page, "4-queue")
    page.goto(f"{place.address}mesa/equipo/conjunto/obras/")
    shoot(page, "5-renumbered")
    page.goto(f"{place.address}mesa/equipo/conjunto/salud/retenidas")
    shoot(page, "7-held")


def answer_a_reader(page: Any, place: DeskPlace) -> None:
    page.goto(f"{place.address}mesa/equipo/publico")
    shoot(page, "6-readers")
    page.fill("#texto-salud-1", "La posta de Lugano se agregó en la versión 1.0.0.")
    page.select_option("#que-salud-1", "fixed")
    page.fill("#version-salud-1", "1.0.0")
    page.locator("#salud-1 button").click()
    page.wait_for_selector("#done")
    (report,) = group_reports(place.city.archive.problems("salud").all())
    assert report.status == "fixed"


def require_fits_a_phone(page: Any, place: DeskPlace) -> None:
    page.set_viewport_size(PHONE)
    for path in ("", "entregas", "publico", "registro", "conjunto/obras/", "conjunto/salud/retenidas"):
        page.goto(f"{place.address}mesa/equipo/{path}")
        require_no_sideways(page, path)
        assert page.evaluate(CUT_OFF) == [], path
        shoot(page, f"phone-{path.replace('/', '-') or 'morning'}")

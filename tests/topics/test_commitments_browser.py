"""A neighbour asks the pages, in a real browser from the file system: what is late, what of the plan of now,
how did it stand then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browsers import launched
from tests.support.lazy import axe_playwright

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with launched(
        playwright, tmp_path_factory.mktemp("profile"), viewport={"width": 1280, "height": 900}
    ) as context:
        yield context


def test_a_neighbour_asks_what_is_late(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_role("navigation", name="Principal").get_by_role("link", name="Compromisos").click()
    current = page.locator(".card", has_text="plan vigente")
    assert "2025–2027" in current.inner_text()
    assert "no se conocen los hitos" in current.inner_text()
    assert "no se puede decir qué está atrasado" in page.locator("#late").inner_text()
    page.get_by_role("link", name="Ver la demostración").click()
    page.wait_for_url("**/compromisos/demo/index.html")
    assert page.locator(".demo-banner").is_visible()
    assert page.title().startswith("DEMO · ")
    late = page.locator("#late tbody tr")
    assert late.count() == 10
    assert "884 días de atraso" in late.first.inner_text()
    assert "Área de muestra A" in late.first.inner_text()
    late.first.get_by_role("link").click()
    page.wait_for_url("**/compromiso/DEMO-2021.C01/index.html#DEMO-2021.C01.2")
    assert (
        page.get_by_role("link", name="evidencia 1")
        .first.get_attribute("href")
        .startswith("https://example.org/demo/")
    )


def test_a_date_leads_to_the_day_before_it_on_which_something_changed(site: Path, page: Page) -> None:
    home = (site / "compromisos/demo/index.html").as_uri()
    for asked, day in (
        ("2023-04-20", "2023-03-15"),
        ("2023-04-30", "2023-04-30"),
        ("2030-01-01", "2024-01-01"),
    ):
        page.goto(f"{home}?fecha={asked}")
        page.wait_for_url(f"**/fecha/{day}/index.html")
    page.goto(f"{home}?fecha=1999-01-01")
    assert page.get_by_text("De una fecha tan temprana no se sabe nada").is_visible()
    page.get_by_label("¿Cómo estaba el …?").fill("2023-05-31")
    page.get_by_role("button", name="Ver").click()
    page.wait_for_url("**/fecha/2023-05-31/index.html")


def test_the_slider_moves_through_the_days(site: Path, page: Page) -> None:
    page.goto((site / "en/compromisos/demo/fecha/2023-05-31/index.html").as_uri())
    slider = page.get_by_label("Or move through the days")
    slider.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "April 30, 2023"
    slider.press("ArrowLeft")
    slider.press("Enter")
    page.wait_for_url("**/en/compromisos/demo/fecha/2023-03-15/index.html")
    assert "March 15, 2023" in page.locator("h1").inner_text()


@pytest.mark.parametrize(
    "path",
    [
        "compromisos/index.html",
        "compromisos/demo/index.html",
        "compromisos/demo/plan/DEMO-2021/index.html",
        "compromisos/plan/BUE-2025/index.html",
        "compromisos/demo/compromiso/DEMO-2021.C02/index.html",
        "compromisos/compromiso/BUE0008/index.html",
        "compromisos/demo/fecha/2023-05-31/index.html",
        "participacion/index.html",
        "en/participacion/demo/index.html",
    ],
)
def test_everyone_can_use_the_pages(site: Path, page: Page, path: str) -> None:
    """No page scrolls sideways, and axe finds nothing wrong."""
    page.goto((site / path).as_uri())
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), width
    found = axe_playwright.Axe().run(page, options={"preload": False}).response["violations"]
    page.set_viewport_size({"width": 1280, "height": 900})
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_every_day_is_reached_without_scripts(site: Path, playwright: Playwright, tmp_path: Path) -> None:
    with launched(playwright, tmp_path, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((site / "compromisos/demo/index.html").as_uri())
        assert not page.locator("form.days").is_visible()
        days = page.locator(".day-list a")
        assert days.count() == len([*(site / "compromisos/demo/fecha").iterdir()])
        page.get_by_role("link", name="30 de abril de 2023").first.click()
        assert "30 de abril de 2023" in page.locator("h1").inner_text()
        page.get_by_role("link", name="El anterior: 15 de marzo de 2023").click()
        assert "15 de marzo de 2023" in page.locator("h1").inner_text()

"""A clerk's first day at the desk, in a browser, against `vereda serve --desk` itself: a wrecked workbook is
checked, mended and handed in, published by its run, and downloaded by a neighbour; by keyboard alone, too,
and on a telephone."""

from __future__ import annotations

import csv
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from pipelines.agency.tokens import issue_token
from tests.support.browsers import launched
from tests.support.cities import City, declaration

PICTURES = os.environ.get("TEST_PICTURES")
"""A folder for a picture of each page, to be looked at."""


@dataclass
class Service:
    """`vereda serve --desk` of a small city, as a process of its own, and an agency's key."""

    address: str
    key: str
    folder: Path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    city = City(folder)
    for name, title in (("arboles", "Árboles plantados"), ("talleres", "Talleres barriales")):
        made = declaration(name, source={"kind": "inbox"})
        made["pipeline"]["publisher"] = {"id": "espacio-verde", "name": "Dirección de Espacios Verdes"}
        made["title"] = title
        city.declare(made)
    city.declare(declaration("otros"), datos="id,nombre,monto\n1,Plaza,10\n")
    own = {"DATASETS": "datasets", "ARCHIVE": "archive", "INBOX": "inbox", "DESK": "desk"}
    environment = {f"VEREDA_{name}": str(folder / place) for name, place in own.items()}
    environment |= {"VEREDA_PORTAL": str(folder / "portal"), "HOME": str(folder)}
    environment = {**os.environ, **environment}
    vereda = [sys.executable, "-m", "pipelines.cli"]
    subprocess.run([*vereda, "run", "otros"], env=environment, check=True, capture_output=True)
    key = issue_token(city.archive, city.datasets, "espacio-verde", 3650, "prueba", city.clock())[1]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (folder / "log").open("wb")
    server = subprocess.Popen([*vereda, "serve", "--desk", "--port", str(port)], env=environment, stderr=log)
    address = f"http://127.0.0.1:{port}/"
    for _look in range(1200):
        try:
            httpx.get(address)
            break
        except httpx.TransportError:
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
    yield Service(address, key, folder)
    server.terminate()
    server.wait()
    log.close()
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture(scope="module")
def browser(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with launched(playwright, tmp_path_factory.mktemp("profile"), accept_downloads=True) as context:
        yield context


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page in which a message in the console, or an error, is a failure; but for the answers 4xx of forms
    that are refused, which a browser tells there."""
    wrong: list[str] = []
    page = browser.new_page()
    page.set_default_timeout(120_000)  # a busy machine is no failure
    refused = "Failed to load resource: the server responded with a status of 4"
    page.on("console", lambda told: None if told.text.startswith(refused) else wrong.append(told.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.close()
    assert wrong == []


@pytest.fixture(scope="module")
def telephone(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    small = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
    with launched(playwright, tmp_path_factory.mktemp("telephone"), **small) as context:
        yield context


def picture(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def wrecked(into: Path) -> Path:
    """A workbook as it comes: a title above, a total below, an amount in words, a number twice."""
    book = Workbook()
    sheet = book.active
    for row in (
        ["Árboles plantados, informe del área"],
        [],
        ["id", "nombre", "monto"],
        [1, "Plaza Irlanda", 1200],
        [2, "Parque Chacabuco", "mil doscientos"],
        [2, "Plaza Almagro", 900],
        [4, None, 300],
    ):
        sheet.append(row)
    book.save(into)
    return into


def wait_for(page: Any, words: str) -> None:
    """Until the page, which looks again by itself, says so."""
    page.get_by_text(words).first.wait_for(timeout=120_000)


def have_it_checked(service: Service, page: Any, tmp_path: Path) -> None:
    page.goto(f"{service.address}mesa/")
    picture(page, "01-revisar")
    page.get_by_label("¿Para qué conjunto de datos es?").select_option("arboles/arboles")
    page.get_by_label(re.compile("^El archivo")).set_input_files(wrecked(tmp_path / "informe de mayo.xlsx"))
    page.get_by_role("button", name="Revisarlo").click()
    wait_for(page, "No se publicó nada")
    picture(page, "02-informe")
    assert page.get_by_text("mil doscientos").first.is_visible()
    with page.expect_download() as got:
        page.get_by_role("link", name=re.compile("anotado")).first.click()
    got.value.save_as(tmp_path / "anotado.xlsx")
    book = load_workbook(tmp_path / "anotado.xlsx")
    notes = {
        cell.coordinate: cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.comment
    }
    assert any(place.startswith("C") for place in notes)


def hand_it_in(service: Service, page: Any, tmp_path: Path) -> None:
    mended = Workbook()
    for row in (["id", "nombre", "monto"], [1, "Plaza Irlanda", 1200], [2, "Parque Chacabuco", 1200]):
        mended.active.append(row)
    mended.active.append([3, "Plaza Almagro", 900])
    mended.save(tmp_path / "mayo.xlsx")
    page.get_by_role("link", name="Entregar un archivo").first.click()
    page.get_by_role("link", name=re.compile("Ingrese para entregar")).click()
    picture(page, "03-ingresar")
    page.get_by_label("La clave de su área").fill(service.key)
    page.get_by_role("button", name="Ingresar").click()
    page.wait_for_url("**/mesa/entregar*")
    picture(page, "04-entregar")
    page.get_by_label("¿Para qué conjunto de datos es?").select_option("arboles/arboles")
    page.get_by_label("El archivo", exact=True).set_input_files(tmp_path / "mayo.xlsx")
    page.get_by_role("button", name="Entregarlo").click()
    page.wait_for_url("**/recibo/**")
    picture(page, "05-recibo")
    wait_for(page, "versión 1.0.0")
    picture(page, "06-publicado")
    page.get_by_role("link", name="Todo lo que entregamos").click()
    wait_for(page, "Primera versión")
    picture(page, "07-entregas")
    page.get_by_role("button", name="Salir").click()
    page.wait_for_url("**/mesa/entrar")


def test_a_wrecked_workbook_becomes_a_release_that_a_neighbour_downloads(
    service: Service, browser: Any, page: Any, tmp_path: Path
) -> None:
    have_it_checked(service, page, tmp_path)
    hand_it_in(service, page, tmp_path)
    neighbour = browser.new_page()
    for _look in range(240):  # the portal is brought up after the release
        neighbour.goto(f"{service.address}datasets/arboles/index.html")
        if neighbour.locator('a[href$="arboles.csv"]').count():
            break
        time.sleep(0.5)
    with neighbour.expect_download() as got:
        neighbour.locator('a[href$="arboles.csv"]').first.click()
    rows = list(csv.DictReader(got.value.path().read_text("utf-8-sig").splitlines()))
    neighbour.close()
    assert [row["nombre"] for row in rows] == ["Plaza Irlanda", "Parque Chacabuco", "Plaza Almagro"]


def tab_to(page: Any, what: str) -> None:
    """Presses the tabulator until the element has the focus."""
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{what}: nobody sees where he is"
            return
    raise AssertionError(f"the keyboard does not reach {what}")


def sign_in_by_keyboard(service: Service, page: Any) -> None:
    page.context.clear_cookies()  # whoever sat here before may not have signed out
    page.goto(f"{service.address}mesa/entrar")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to(page, "#clave")
    page.keyboard.type("vereda_otra")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    picture(page, "08-clave-mala")
    tab_to(page, "#clave")
    page.keyboard.type(service.key)
    page.keyboard.press("Enter")
    page.wait_for_url("**/mesa/entregas/")


def hand_in_by_keyboard(page: Any, tmp_path: Path) -> None:
    # Caught from here on: on a busy machine the key may be pressed before Chromium knows of who waits.
    page.on("filechooser", lambda _chooser: None)
    tab_to(page, "main a.button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mesa/entregar")
    tab_to(page, "#conjunto")
    page.keyboard.type("Talleres")
    assert page.evaluate("document.activeElement.value") == "talleres/talleres"
    tab_to(page, "#archivo")
    file = tmp_path / "renombrado.csv"
    file.write_text("id,nombre,Monto en pesos\n1,Huerta,10\n", "utf-8")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    tab_to(page, "main button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recibo/**")
    wait_for(page, "rechazado")
    picture(page, "09-rechazado")


def test_by_keyboard_alone(service: Service, browser: Any, page: Any, tmp_path: Path) -> None:
    sign_in_by_keyboard(service, page)
    hand_in_by_keyboard(page, tmp_path)
    tab_to(page, 'a[href*="/columnas/"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/columnas/**")
    picture(page, "10-columnas")
    tab_to(page, "main select")
    page.keyboard.type("monto")
    tab_to(page, "main button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/mesa/entregas/\?otra="))
    wait_for(page, "Primera versión")
    picture(page, "11-mapeado")


SMALL = """() => [
  ...document.querySelectorAll("main button, main a.button, main select, main input:not([type=hidden])")
].filter(each => each.getClientRects().length && each.getBoundingClientRect().height < 24)
.map(each => each.outerHTML)"""
"""What a finger does not meet (WCAG 2.2, 2.5.8)."""


@pytest.mark.parametrize(
    "path", ["mesa/", "mesa/entrar", "en/mesa/", "mesa/entregas/", "mesa/entregar", "en/mesa/entregas/"]
)
def test_on_a_telephone(service: Service, telephone: Any, path: str) -> None:
    page = telephone.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{service.address}mesa/entrar")
    if "entregas" in path or "entregar" in path:
        if page.locator("#clave").count():
            page.locator("#clave").fill(service.key)
            page.locator("main button").click()
            page.wait_for_url("**/mesa/entregas/")
        page.goto(service.address + path)
    else:
        page.goto(service.address + path)
    picture(page, f"t-{path.strip('/').replace('/', '-')}")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than the telephone"
    small = page.evaluate(SMALL)
    page.close()
    assert small == []

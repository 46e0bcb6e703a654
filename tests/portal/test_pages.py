"""The pages about more than one dataset: home, list, themes, publishers, quality; in both languages, and
built again only as needed."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from catalog import words
from tests.support.portals import Page, Publisher, publish, table
from validation.problems.registry import KINDS

LATER = datetime.fromisoformat("2024-12-20T12:00:00-03:00")
CHANGES = {
    "obras": {
        "reasons": [{"code": "rows-added", "rows": 1507}, {"code": "cells-changed", "rows": 2, "cells": 3}]
    }
}
STATISTICS = {"id": "estadistica", "name": "Dirección General de Estadística", "email": "datos@example.org"}


def release_three(publisher: Publisher) -> None:
    publisher.release()
    publisher.release(version="1.1.0", level="minor", changes=CHANGES, at="2024-09-12T03:00:00-03:00")
    publisher.release(
        "barrios",
        title="Árbol de barrios",
        publisher=STATISTICS,
        superTheme=["REGI", "TRAN"],
        accrualPeriodicity="eventual",
        keywords=[],
    )
    publisher.release("comisarias", demo=True, title="Comisarías Cercanas")


def test_the_home_leads_to_themes_publishers_and_what_is_new(
    publisher: Publisher, portal_folder: Path
) -> None:
    release_three(publisher)
    publish(publisher, portal_folder)
    home = Page(portal_folder / "index.html")
    assert {"temas/transporte/index.html", "temas/gobierno-y-sector-publico/index.html"} <= set(home.links)
    assert {
        "publicadores/estadistica/index.html",
        "publicadores/ba-obras/index.html",
        "datos/index.html",
    } <= set(home.links)
    assert (
        "12 de septiembre de 2024Obras públicas de la Ciudad 1.1.0obras: se agregaron 1.507 filas. Y 1 "
        "cambio más." in spaced(home)
    )
    assert "Obras públicas de la Ciudad 1.0.0" not in spaced(home)  # one piece of news for each dataset
    assert "1 al día 1 sin fecha fija" in spaced(home)
    assert "Ninguno está atrasado." in home.text


def test_every_warning_is_told_in_words() -> None:
    warnings = {kind.code for kind in KINDS.values() if kind.severity == "warning"}
    assert {code for code in warnings if words.problem({"code": code, "type": "cell-error"}) == code} == set()


def test_what_is_late_is_named_the_latest_first(publisher: Publisher, portal_folder: Path) -> None:
    release_three(publisher)
    publisher.release("semanal", title="Cada semana", accrualPeriodicity="R/P1W")
    publisher.release("trimestral", title="Cada trimestre", accrualPeriodicity="R/P3M")
    publish(publisher, portal_folder, now=LATER)
    said = Page(portal_folder / "index.html").text.split("Con atraso")[1].split("Quiénes publican")[0]
    assert said.index("Cada semana") < said.index("Obras públicas")
    assert "se promete: cada semana" in said
    assert "Cada trimestre" not in said  # due, not late
    assert "Árbol" not in said


def test_a_theme_and_a_publisher_have_their_datasets_and_no_other(
    publisher: Publisher, portal_folder: Path
) -> None:
    release_three(publisher)
    publish(publisher, portal_folder)
    theme = Page(portal_folder / "temas/transporte/index.html")
    assert "Árbol de barrios" in theme.text
    assert "Obras públicas" not in theme.text
    assert (
        "Comisarías"
        in Page(portal_folder / "temas/gobierno-y-sector-publico/index.html").text.split("Datos de muestra")[
            1
        ]
    )
    office = Page(portal_folder / "publicadores/estadistica/index.html")
    assert {
        "mailto:datos@example.org",
        "../../publishers/estadistica/feed.atom",
        "../../datasets/barrios/index.html",
    } <= set(office.links)
    assert "Comisarías" not in Page(portal_folder / "publicadores/ba-obras/index.html").text
    assert "Quién publicaba" not in office.text
    text = Page(portal_folder / "publicadores/ba-obras/index.html").text
    assert "hasta el 10 de diciembre de 2019: BA Obras" in text


def spaced(page: Page) -> str:
    return " ".join(page.text.split())


def judged(portal_folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((portal_folder / "calidad.csv").read_text(encoding="utf-8").splitlines()))


def test_the_quality_index_is_the_weighed_mean_of_what_the_files_say(
    publisher: Publisher, portal_folder: Path
) -> None:
    release_three(publisher)
    publish(publisher, portal_folder, now=LATER)
    rows = {(row["conjunto"], row["version"], row["momento"]): row for row in judged(portal_folder)}
    today = rows["obras", "1.1.0", "actual"]
    # By hand: of 4 rows 2 have a finding, and 1 of 2 expectations holds; 20 of 48 cells are empty; three
    # periods and more have gone by; of 12 fields 1 has a title and 6 a description; contact, theme and period
    # are not declared.
    assert [
        today[part] for part in ("validez", "completitud", "actualizacion", "documentacion", "reutilizacion")
    ] == [*("50", "58", "0", "29", "50")]
    assert float(today["indice"]) == round(
        (30 * 50 + 15 * (100 * 28 / 48) + 20 * 0 + 20 * (100 * 7 / 24) + 15 * 50) / 100
    )
    assert (
        int(rows["obras", "1.1.0", "publicación"]["indice"]) == int(today["indice"]) + 20
    )  # fresh, when it was released
    never = rows["barrios", "1.0.0", "actual"]
    assert never["actualizacion"] == "0"  # nothing is promised: no better than a promise that is broken
    assert never["falta_declarar"] == "palabras clave; el período que abarca"
    assert [key for key in rows if "comisarias" in key] == []


def test_the_quality_page_has_reasons_method_and_history(publisher: Publisher, portal_folder: Path) -> None:
    release_three(publisher)
    publish(publisher, portal_folder)
    page = Page(portal_folder / "calidad/index.html")
    assert "Validez peso 30" in spaced(page)
    assert "../publicadores/ba-obras/index.html" in page.links
    office = spaced(Page(portal_folder / "publicadores/ba-obras/index.html"))
    assert "2 hallazgos en 4 filas. Expectativas que se cumplen: 1 de 2." in office
    assert "20 de 48 celdas están vacías." in office
    assert "El día de cada versión: " in office
    assert "Comisarías" not in page.text


def test_a_version_that_was_taken_away_is_not_judged(publisher: Publisher, portal_folder: Path) -> None:
    publisher.release()
    publisher.say("withdraw", "1.0.0", "no servía")
    publish(publisher, portal_folder)
    assert judged(portal_folder) == []
    assert "Todavía no se evaluó nada." in Page(portal_folder / "calidad/index.html").text


def test_english_pages_are_english_and_mark_what_is_spanish(
    publisher: Publisher, portal_folder: Path
) -> None:
    release_three(publisher)
    publish(publisher, portal_folder)
    for path in portal_folder.joinpath("en").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert '<html lang="en">' in text
        assert " conjunto" not in text.replace("Conjunto", "").split("<body")[0]
    home = (portal_folder / "en/index.html").read_text(encoding="utf-8")
    assert '<span lang="es">Obras públicas de la Ciudad</span>' in home
    assert "September 12, 2024" in home
    assert "1,507 rows added. And 1 more change." in home
    assert (
        'lang="es"'
        not in (portal_folder / "datos/index.html").read_text(encoding="utf-8").split("</header>")[1]
    )
    assert (portal_folder / "en/temas/transporte/index.html").is_file()


def test_only_pages_of_changed_datasets_are_written_again(publisher: Publisher, portal_folder: Path) -> None:
    release_three(publisher)
    publish(publisher, portal_folder)
    pages = [
        portal_folder / spoken / path
        for spoken in ("", "en")
        for path in ("datasets/barrios/index.html", "demo/comisarias/index.html")
    ]
    changed = [portal_folder / spoken / "datasets/obras/index.html" for spoken in ("", "en")]
    inodes = {path: path.stat().st_ino for path in (*pages, *changed)}
    publisher.release(version="2.0.0", level="major", rows=table()[:1])
    publish(publisher, portal_folder)
    assert [path for path in pages if path.stat().st_ino != inodes[path]] == []
    assert [path for path in changed if path.stat().st_ino == inodes[path]] == []
    assert "2.0.0" in Page(portal_folder / "index.html").text


def test_a_page_is_written_again_where_a_dataset_that_it_names_comes_or_goes(
    publisher: Publisher, portal_folder: Path
) -> None:
    publisher.release("cruce", needs={"obras": "1.0.0"})
    portal = publish(publisher, portal_folder)
    page = portal_folder / "datasets/cruce/index.html"
    assert "../../datasets/obras/index.html" not in Page(page).links
    publisher.release()
    assert [step.target for step in portal.plan(publisher.archive)] == ["datasets/cruce", "datasets/obras"]
    publish(publisher, portal_folder)
    assert "../../datasets/obras/index.html" in Page(page).links
    inode = page.stat().st_ino
    publisher.release(version="1.1.0", level="minor")
    publish(publisher, portal_folder)
    assert page.stat().st_ino == inode


def test_the_sitemap_has_every_page_of_real_data_in_both_languages(
    publisher: Publisher, portal_folder: Path
) -> None:
    release_three(publisher)
    publish(publisher, portal_folder)
    sitemap = (portal_folder / "sitemap.xml").read_text(encoding="utf-8")
    for path in portal_folder.rglob("*.html"):
        inside = path.relative_to(portal_folder).as_posix()
        listed = "demo/" not in inside and not inside.endswith("404.html")
        assert (f"/{inside}</loc>" in sitemap) == listed, inside

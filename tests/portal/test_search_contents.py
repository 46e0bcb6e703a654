"""What stands in the rows is found: places, things, codes as they are written and as people write them;
within bounds however large the catalogue."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.archive.release import File, Version
from catalog.portal.search.contents import CODES, WORDS, contents, cut_contents
from catalog.portal.search.documents import dataset_document
from catalog.portal.search.index import scripts
from catalog.portal.site import ASSETS
from catalog.public import Edition, Listing
from tests.support.browsers import launched

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

PAGE = (
    '<!doctype html><html lang="es"><meta charset="utf-8"><link rel="icon" href="data:,">'
    '<script defer src="search.js"></script><script defer src="index.js"></script>'
)
ASK = """asked => Promise.all(asked.map(text => new Promise(
    done => VeredaSearch.index.ask(text, {limit: 10}, done))))"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with launched(playwright, tmp_path_factory.mktemp("profile")) as context:
        yield context


def listing(name: str, title: str, columns: dict[str, Any], folder: Path) -> tuple[Listing, Path]:
    """A dataset of one table, which stands where the portal has it."""
    place = folder / name
    (place / "latest").mkdir(parents=True)
    pq.write_table(pa.table(columns), place / "latest/t.parquet")
    fields = [{"name": each} for each in columns]
    about = {"title": title, "resources": [{"name": "t", "path": "t.csv", "schema": {"fields": fields}}]}
    files = {"t.parquet": File("0" * 64, 1, public=True)}
    edition = Edition(1, Version(1, 0, 0), None, "2026-01-01T00:00:00+00:00", None, files, {}, {"t": 1}, ())
    return Listing(name, False, 1, (edition,), edition, about), place


@pytest.fixture
def documents(tmp_path: Path) -> list[Any]:
    works = {
        "obra": ["Plaza Benito Nazar", "Ciclovía Gorriti", "Pozo 30 de agua"],
        "barrio": ["Villa Crespo", "Palermo", "Villa Soldati"],
        "enlace": ["https://ejemplo.ar/secreto"] * 3,
        "geometria": ["POLYGON " + "(58 34)" * 400] * 3,
    }
    orders = {
        "nro_orden": ["410-5743-OC20", "421-5768-OC20"],
        "cuit": ["30594010767", "30-70941519-7"],
        "numero": pa.array([1234567, 7], pa.int64()),
        "cosa": ["Barbijo tricapa", None],
    }
    made = [
        listing("obras", "Obras públicas", works, tmp_path),
        listing("compras", "Compras", orders, tmp_path),
        listing("registradas", "Obras públicas registradas", {"n": pa.array([1], pa.int64())}, tmp_path),
    ]
    return [dataset_document(each, None, contents(each, folder)) for each, folder in made]


@pytest.mark.parametrize("whole", [10**9, 0], ids=["whole", "shards"])
def test_rows_answer(documents: list[Any], tmp_path: Path, page: Page, whole: int) -> None:
    first = {
        "villa crespo": "datasets/obras",
        "ciclovias": "datasets/obras",
        "obras publicas palermo": "datasets/obras",
        "barbijos": "datasets/compras",
        "410-5743-OC20": "datasets/compras",
        "30-59401076-7": "datasets/compras",
        "30709415197": "datasets/compras",
        "1234567": "datasets/compras",
    }
    folder = tmp_path / "index"
    (folder / "search").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    shutil.copy(ASSETS / "search.js", folder)
    for path, content in scripts(documents, whole):
        (folder / path).write_text(content, encoding="utf-8")
    page.goto((folder / "index.html").as_uri())
    found = page.evaluate(ASK, list(first))
    assert {text: each["results"][0]["path"] for text, each in zip(first, found, strict=True)} == first


def test_what_only_rows_answer_says_so_and_in_how_many(tmp_path: Path, page: Page) -> None:
    columns = {
        "obra": ["Plaza Nazar", "Ciclovía Gorriti", "Plaza de agua", "Plaza"],
        "barrio": ["Villa Crespo", "Palermo", "Villa Soldati", "Plaza Italia"],
    }
    made = [listing("obras", "Obras en Palermo", columns, tmp_path)]
    documents = [dataset_document(each, None, contents(each, folder)) for each, folder in made]
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    shutil.copy(ASSETS / "search.js", folder)
    for path, content in scripts(documents):
        (folder / path).write_text(content, encoding="utf-8")
    page.goto((folder / "index.html").as_uri())
    asked = ["villa", "crespo soldati", "plazas", "palermo", "obras crespo"]
    told = [each["results"][0]["inRows"] for each in page.evaluate(ASK, asked)]
    assert told == [
        [["villa", 2, False]],
        [["crespo", 1, False], ["soldati", 1, False]],
        [["plazas", 3, True]],  # in one column in three rows, in another in one: at least three
        [],  # the title says it too
        [],
    ]


def test_addresses_and_shapes_are_no_words(documents: list[Any]) -> None:
    words = documents[0].texts["contents"].split()
    assert "crespo" in words
    assert not {"secreto", "polygon", "ejemplo"} & set(words)


def test_the_words_of_a_table_are_bounded(tmp_path: Path) -> None:
    letters = "abcdefghij"
    names = ["".join(letters[int(digit)] for digit in f"{number:06}") for number in range(WORDS + 500)]
    codes = [f"OC{number:08}" for number in range(CODES + 500)]
    much, folder = listing("m", "Mucho", {"a": [*names, *["usual palabra"] * 9, *codes]}, tmp_path)
    found = contents(much, folder).split()
    assert len(found) == WORDS + CODES
    assert set(found[:2]) == {"usual:9", "palabra:9"}  # those of most rows
    assert cut_contents(" ".join(found), 2).split() == found[:2]

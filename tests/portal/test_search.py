"""The search, as the page's own script does it, in a browser: judged questions, and the same answers however
the index is cut."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalog.portal.search.index import scripts
from catalog.portal.search.text import fold, glossary, stem, words
from catalog.portal.site import ASSETS
from tests.support.browsers import launched
from tests.support.questions import Question, catalogue, gain, questions

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright

PAGE = (
    '<!doctype html><html lang="es"><meta charset="utf-8"><link rel="icon" href="data:,">'
    '<script defer src="search.js"></script><script defer src="index.js"></script>'
)
ASK = """([questions, options]) => Promise.all(questions.map(question => new Promise(
    done => VeredaSearch.index.ask(question, options, done))))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two indexes of one catalogue: whole, and in shards."""
    folder = tmp_path_factory.mktemp("index")
    documents = catalogue()
    for name, whole in (("whole", 10**9), ("shards", 0)):
        (folder / name / "search").mkdir(parents=True)
        (folder / name / "index.html").write_text(PAGE)
        shutil.copy(ASSETS / "search.js", folder / name)
        for path, content in scripts(documents, whole):
            (folder / name / path).write_text(content)
    return folder


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with launched(playwright, tmp_path_factory.mktemp("profile")) as context:
        yield context


def answers(page: Page, folder: Path, asked: list[str], **options: Any) -> list[dict[str, Any]]:
    page.goto((folder / "index.html").as_uri())
    found: list[dict[str, Any]] = page.evaluate(ASK, [asked, {"limit": 10, **options}])
    return found


def paths(answer: dict[str, Any]) -> list[str]:
    return [each["path"] for each in answer["results"]]


def names(answer: dict[str, Any]) -> list[str]:
    return [path.rpartition("/")[2] for path in paths(answer)]


def test_judged_questions_are_answered(folder: Path, page: Page) -> None:
    asked = questions()
    found = answers(page, folder / "whole", [each.text for each in asked])
    gains = [(each, gain(names(answer), each.grades)) for each, answer in zip(asked, found, strict=True)]

    def mean(language: str, held_out: bool, unseen: bool = False) -> float:
        kind = (language, held_out, unseen)
        some = [value for each, value in gains if (each.language, each.held_out, each.is_unseen) == kind]
        return sum(some) / len(some)

    assert mean("es", False, unseen=True) >= 0.75
    assert mean("en", False, unseen=True) >= 0.60

    assert mean("es", True) >= 0.85
    assert mean("en", True) >= 0.80
    assert mean("es", False) >= 0.85
    assert mean("en", False) >= 0.80
    assert sum(value == 0 for _question, value in gains) <= len(gains) * 0.03


def test_every_judged_answer_is_in_the_catalogue() -> None:
    known = {each.path.rpartition("/")[2] for each in catalogue()}
    judged = {name for question in questions() for name in question.grades}
    assert judged <= known
    assert len(questions()) >= 80


def test_shards_give_the_answers_of_the_whole_index(folder: Path, page: Page) -> None:
    asked = [*(each.text for each in questions()[::3]), "", "xyzzy", "hospi", "ospitales", "¿dónde?"]
    whole = [paths(each) for each in answers(page, folder / "whole", asked)]
    assert [paths(each) for each in answers(page, folder / "shards", asked)] == whole


def test_page_and_index_agree_on_stems(folder: Path, page: Page) -> None:
    texts = [text for each in catalogue() for text in each.texts.values()]
    some = sorted({word for text in texts for word in words(text)})
    page.goto((folder / "whole/index.html").as_uri())
    assert page.evaluate("words => words.map(VeredaSearch.stem)", some) == [stem(word) for word in some]
    titles = [each.titles[0] for each in catalogue()] + [
        "BUE-2025",
        "Wi-Fi público",
        "Ñandú, COVID-19",
        "¿Qué? é",
    ]
    assert page.evaluate("texts => texts.map(VeredaSearch.words)", titles) == [
        list(words(each)) for each in titles
    ]
    assert page.evaluate("texts => texts.map(VeredaSearch.fold)", titles) == [fold(each) for each in titles]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("licitasiones", "contrataciones"),  # a letter wrong, and another word for it
        ("licitaciones", "contrataciones"),
        ("femicidio", "femicidios"),
        ("FARMACIA", "farmacias"),
        ("ferrocarriles", "estaciones-ferrocarril"),
        ("hospi", "hospitales"),  # as one types
        ("works", "ba-obras"),
        ("green roofs", "mapa-techos-verdes"),
        ("wi-fi", "puntos-wi-fi-publicos"),
        ("wifi", "puntos-wi-fi-publicos"),
    ],
)
def test_a_question_finds_what_it_means(folder: Path, page: Page, asked: str, first: str) -> None:
    assert first in names(answers(page, folder / "whole", [asked])[0])[:3]


def test_nothing_like_it_is_nothing(folder: Path, page: Page) -> None:
    (answer,) = answers(page, folder / "whole", ["xyzzyq wkrtq"])
    assert (answer["count"], answer["results"]) == (0, [])


def test_answers_are_narrowed_down_and_counted(folder: Path, page: Page) -> None:
    (every,) = answers(page, folder / "whole", ["hospitales"])
    themes = every["facets"]["theme"]
    assert themes["heal"] > 1
    (healthy,) = answers(page, folder / "whole", ["hospitales"], filters={"theme": "heal"})
    assert healthy["count"] == themes["heal"] < every["count"]
    assert healthy["facets"]["theme"] == themes  # the other choices stay


def test_phrases_of_the_glossary_are_told_apart() -> None:
    """An idea without words, or with a word twice, is a slip of the pen."""
    for idea in glossary():
        assert idea.spanish
        assert not set(idea.spanish) & set(idea.near), idea


def test_a_question_is_graded_by_place() -> None:
    question = Question("es", "", {"a": 2, "b": 1}, held_out=False)
    assert gain(["a", "b"], question.grades) == 1
    assert 0 < gain(["b", "x", "a"], question.grades) < 1
    assert gain(["x"], question.grades) == 0

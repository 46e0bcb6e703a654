"""The docs name nothing that is not there: files, modules, commands, options, settings, make targets and
links are looked up, and what is drawn from the code is drawn anew."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from pipelines.settings import Settings
from tests.support.paths import ROOT
from tools import architecture

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = ("pipelines", "validation", "catalog", "messages", "tests", "tools", "benchmarks")
SOURCES = [
    ROOT / "flows.py",
    *(path for room in CODE if room != "tests" for path in sorted((ROOT / room).rglob("*.py"))),
]
ROOMS = (*CODE, "datasets", "docs")
PATH = re.compile(rf"(?<![\w./>-])(?:{'|'.join(ROOMS)})/[\w./-]*(?![\w<*{{…])")
DOTTED = re.compile(rf"(?<![\w./-])(?:{'|'.join(CODE)})(?:\.[A-Za-z_]\w*)+(?![\w/])")
SUFFIXES = {"md", "py", "csv", "json", "jsonld", "ttl", "yaml", "html", "po", "css", "js"}


def pages(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", paths, ids=lambda path: path.relative_to(ROOT).as_posix())


def code(text: str) -> Iterator[str]:
    """What stands in a page as code: lines of blocks without their comments, spans between backticks."""
    for place, part in enumerate(re.split(r"^```.*$", text, flags=re.MULTILINE)):
        indented = re.findall(r"^    (.+)$", part, re.MULTILINE)
        lines = part.splitlines() if place % 2 else indented
        yield from (line.partition(" # ")[0] for line in lines)
        if not place % 2:
            yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", part))


@cache
def commands() -> dict[str, set[str]]:
    """Each command of the terminal with its options."""
    from pipelines.cli import app

    group = get_command(app)
    with typer.Context(group) as context:
        found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {
        name: {"--help", *(option for parameter in command.params for option in parameter.opts)}
        for name, command in found.items()
    }


@cache
def files() -> frozenset[str]:
    """Where each source file lies, also by the ends of its path: `run.py`, `release/run.py` …"""
    found = set()
    for path in [*SOURCES, *ROOT.glob("*.*"), *(ROOT / "tests").rglob("*.py")]:
        parts = path.relative_to(ROOT).parts
        found |= {"/".join(parts[start:]) for start in range(len(parts))}
    return frozenset(found)


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


def missing(text: str) -> set[str]:
    """The files and folders that a text names and that are not there, but for those that its reader makes."""
    made = {"/".join(Path(folder).parts[:2]) for folder in re.findall(r"mkdir -p (\S+)", text)}
    named = {name.rstrip("./-") for name in PATH.findall(text)}
    return {name for name in named if not (ROOT / name).exists() and not name.startswith((*made, "\n"))}


@pages(PAGES)
def test_files_exist(page):
    assert missing(page.read_text("utf-8")) == set()


def test_files_that_the_code_names_exist():
    wrong = {path.relative_to(ROOT).as_posix(): missing(path.read_text("utf-8")) for path in SOURCES}
    inner = {
        path: {name for name in names if not name.startswith("datasets/")} for path, names in wrong.items()
    }
    assert {path: names for path, names in inner.items() if names} == {}


@pages(PAGES)
def test_modules_exist(page):
    text = page.read_text("utf-8")
    named = {name for name in DOTTED.findall(text) if name.rpartition(".")[2] not in SUFFIXES}
    named |= {".".join(pair) for pair in re.findall(r"from (\w[\w.]*) import (\w+)", text) if pair[0] in CODE}
    short = {name for name in re.findall(r"`([\w/-]+\.py)`", text) if name not in files()}
    assert ({name for name in named if not exists(name)}, short) == (set(), set())


@pages(PAGES)
def test_commands_and_options_exist(page):
    wrong = []
    for span in code(page.read_text("utf-8")):
        for call in re.findall(r"\bvereda ([a-z][^|;&]*)", span):
            command = re.match(r"[a-z-]+", call)[0]
            options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", call))
            if command not in commands() or not options <= commands()[command]:
                wrong.append(span)
    assert wrong == []


@pages(PAGES)
def test_options_that_stand_alone_exist(page):
    options = {option for known in commands().values() for option in known}
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] in ("benchmarks", "tools"):
            options |= set(re.findall(r'"(--[a-z-]+)"', path.read_text("utf-8")))
    named = {re.match(r"--[a-z-]+", span)[0] for span in code(page.read_text("utf-8")) if span[:2] == "--"}
    assert named - options == set()


@pages(PAGES)
def test_settings_exist(page):
    known = {f"VEREDA_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"VEREDA_[A-Z_]*[A-Z]\b(?!_)|VEREDA_[A-Z_]*_(?=…)", page.read_text("utf-8")))
    assert {name for name in named if not any(setting.startswith(name) for setting in known)} == set()
    assert {name for name in named if not name.endswith("_")} <= known


@pages(PAGES)
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    calls = [span.split() for span in code(page.read_text("utf-8")) if span.startswith("make ")]
    assert {word for call in calls for word in call[1:] if re.fullmatch(r"[a-z-]+", word)} - targets == set()


@pages(PAGES)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", page.read_text("utf-8")):
        path = page.parent / target if target else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text("utf-8")), f"{target}#{anchor}"


def anchors(text: str) -> set[str]:
    """Where links into a page may lead: its headings, as GitHub writes them, and the places it names."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


@pages(PAGES)
def test_no_paragraph_stands_twice(page):
    """As merges leave them: two lines that begin alike."""
    beginnings = [line[:60] for line in page.read_text("utf-8").splitlines() if len(line) > 60]
    prose = [line for line in beginnings if not line.startswith(("|", " ", "`"))]
    assert [line for line in set(prose) if prose.count(line) > 1] == []


def test_the_map_of_the_rooms_is_that_of_the_code():
    page = architecture.PAGE.read_text("utf-8")
    assert architecture.fill(page) == page, "run: make docs"

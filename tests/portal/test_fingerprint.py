"""A portal is built again where the program that writes it is another, and only there."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from catalog.portal.portal import WRITERS, hash_folder
from tests.support.paths import ROOT

PRODUCT = {"catalog", "isolation", "messages"}
# CKAN writes no page, nor does what keeps files.
NO_PAGES = (
    "catalog/ckan/",
    "catalog/archive/store.py",
    "catalog/archive/archive.py",
    "catalog/portal/bucket.py",
)
STORAGE = {"obstore"}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "page.py").write_text("TITLE = 'Datos'\n")
    (tmp_path / "templates" / "page.html").write_text("<h1>{{ title }}</h1>\n")
    return tmp_path


def test_another_content_or_another_name_is_another_program(program: Path):
    seen = {hash_folder(program)}
    (program / "templates" / "page.html").write_text("<h2>{{ title }}</h2>\n")
    seen.add(hash_folder(program))
    (program / "templates" / "page.html").rename(program / "templates" / "home.html")
    seen.add(hash_folder(program))
    (program / "map.geojson").write_text("{}")
    seen.add(hash_folder(program))
    assert len(seen) == 4


@pytest.mark.parametrize(
    "name",
    ["__pycache__/page.cpython-311.pyc", "page.pyc", ".page.py.swp", "page.py~", "#page.py#", "page.py.orig"],
)
def test_what_python_and_editors_leave_does_not_count(program: Path, name: str):
    before = hash_folder(program)
    (program / name).parent.mkdir(exist_ok=True)
    (program / name).write_text("left behind")
    assert hash_folder(program) == before


def test_every_library_that_writes_pages_counts():
    modules = set()
    for package in PRODUCT:
        for path in (ROOT / package).rglob("*.py"):
            if not path.relative_to(ROOT).as_posix().startswith(NO_PAGES):
                modules |= imported(path)
    libraries = modules - PRODUCT - STORAGE - set(sys.stdlib_module_names)
    names = packages_distributions()
    assert {names[module][0].lower() for module in libraries} == set(WRITERS)


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found

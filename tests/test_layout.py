"""The house stays as the architecture says: imports point down, declarations are no code, files stay
small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "flows": {"pipelines", "validation", "catalog", "messages"},
    "pipelines": {"validation", "catalog", "messages"},
    "validation": {"messages"},
    "catalog": {"messages"},
    "messages": set(),
}
# The terminal starts the flow: it is the one part of pipelines/ that stands above flows.py.
ALSO = {"pipelines/cli/run.py": {"flows"}, "pipelines/cli/publish.py": {"flows"}}
MODULES = [
    ROOT / "flows.py",
    *(path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))),
]


def names(path: Path) -> set[str]:
    """The top-level packages that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path):
    place = path.relative_to(ROOT)
    here = place.parts[0].removesuffix(".py")
    allowed = MAY_IMPORT[here] | {here} | ALSO.get(place.as_posix(), set())
    assert names(path) & set(MAY_IMPORT) <= allowed


def test_dataset_folders_hold_no_python():
    assert [str(path.relative_to(ROOT)) for path in (ROOT / "datasets").rglob("*.py")] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_in_the_head(path):
    """At the ceiling, look for the missing noun."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 470

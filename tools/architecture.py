"""Writes the map of the rooms in docs/architecture.md: each package and module with the first sentence of its
docstring. A test fails where it is out of date."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
ROOMS = ("flows.py", "pipelines", "validation", "catalog", "isolation", "messages")
INDENT = "  "


def rooms() -> str:
    """The tree of the code, a block for each room of the top level."""
    return "\n\n".join(f"```text\n{_block(ROOT / name)}\n```" for name in ROOMS)


def fill(page: str) -> str:
    """The page with the map as it should be."""
    block = f"<!-- rooms -->\n{rooms()}\n<!-- /rooms -->"
    return re.sub(r"<!-- rooms -->.*?<!-- /rooms -->", lambda _match: block, page, flags=re.DOTALL)


def _block(top: Path) -> str:
    lines = list(_tree(top, 0))
    width = max(len(name) for name, _sentence in lines) + 2
    return "\n".join(f"{name:{width}}{sentence}" for name, sentence in lines)


def _tree(path: Path, depth: int) -> Iterator[tuple[str, str]]:
    """A module or a package, then what is in it: modules before packages, each by name."""
    if path.is_file():
        yield INDENT * depth + path.name, first_sentence(path)
        return
    yield f"{INDENT * depth}{path.name}/", first_sentence(path / "__init__.py")
    modules = [file for file in sorted(path.glob("*.py")) if not file.name.startswith("__")]
    packages = [file.parent for file in sorted(path.glob("*/__init__.py"))]
    for inner in (*modules, *packages):
        yield from _tree(inner, depth + 1)


def first_sentence(module: Path) -> str:
    """What a module's docstring says first, on one line and without a full stop."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.partition("\n\n")[0].split())
    sentence = re.match(r".*?[.?!](?=\s+[A-Z]|$)", paragraph)
    return (sentence[0] if sentence else paragraph).removesuffix(".")


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text("utf-8")), "utf-8")

"""Where each page stands in each language, and how it leads to the others by relative links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from messages import LANGUAGES, language

FIRST = LANGUAGES[0]


@dataclass(frozen=True)
class Page:
    """A page that is written once in each language. `path` is its place under the language's root, `values`
    what its template shows."""

    path: str
    template: str
    values: Mapping[str, Any]


def localized_path(path: str, language_code: str | None = None) -> str:
    """The place in the site of a page in a language, the current one where none is named: the first language
    stands at the root."""
    code = language_code or language()
    return path if code == FIRST else f"{code}/{path}"


def relative_links(path: str) -> dict[str, Any]:
    """Relative links of the page at `path` in the current language: `root` leads to the language's root
    (other pages), `site` to the site's (assets, files, feeds: they are there once), `here` is `path`,
    `others` the same page in each other language."""
    depth = path.count("/")
    root = "../" * depth
    site = root if language() == FIRST else root + "../"
    others = {each: site + localized_path(path, each) for each in LANGUAGES if each != language()}
    return {"root": root, "site": site, "here": path, "others": others}

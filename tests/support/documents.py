"""The texts of documents from which datasets were typed. They lie beside this checkout, or nowhere."""

from __future__ import annotations

import re
from functools import cache

import pytest
import yaml

from tests.support.paths import DATASETS, SHARED

SEEDS = SHARED / "seeds"
CITY = SHARED / "data" / "city"  # what copies of OGP's pages say of the other commitments and of the reviews


def letters(text: str) -> str:
    """Without what a web page's layout breaks: white space, hyphens inside words, the form of an
    apostrophe."""
    return re.sub(r"[\s-]+", "", text).replace("\u2019", "'")


def read_documents() -> dict[str, str]:
    """The text of each by its number; skips the test where they are not here."""
    if not SEEDS.is_dir():
        pytest.skip(f"the documents are not here: {SEEDS}")
    texts = {path.name[:3]: path.read_text("utf-8") for path in SEEDS.glob("0*.txt")}
    return texts | {"city": "".join(path.read_text("utf-8") for path in sorted(CITY.glob("ogp_*.csv")))}


@cache
def document_numbers() -> dict[str, str]:
    """The number of each document by its title, in the order in which `ogp` lists them as sources."""
    declared = yaml.safe_load((DATASETS / "ogp" / "datapackage.yaml").read_text("utf-8"))
    titles = [source["title"] for source in declared["sources"]]
    return dict(zip(titles, ["000", "002", "004", "003", "001", "city"], strict=True))

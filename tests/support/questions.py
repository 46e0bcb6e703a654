"""The judged questions, and the catalogue over which they are asked: the datasets of this repository, and the
packages that BA Data had in April 2021 (titles, descriptions, tags, columns; CC BY 2.5 AR, from its
`package_search`)."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from catalog.portal.search.documents import dataset_document
from catalog.portal.search.index import Document
from catalog.public import Listing

HERE = Path(__file__).parents[1] / "portal/questions"
DATASETS = Path(__file__).parents[2] / "datasets"


@dataclass(frozen=True)
class Question:
    """`grades` of what answers it: 2 what was meant, 1 what helps; `is_unseen`: nothing was done for it."""

    language: str
    text: str
    grades: Mapping[str, int]
    held_out: bool
    is_unseen: bool = False


def questions() -> list[Question]:
    lines = (HERE / "questions.txt").read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            language, text, judged = (part.strip() for part in line.split("|"))
            pairs = (each.rpartition(":") for each in judged.split())
            grades = {name: int(grade) for name, _colon, grade in pairs}
            is_unseen, held_out = language.endswith("*"), len(found) % 2 == 1
            found.append(Question(language.rstrip("*"), text, grades, held_out and not is_unseen, is_unseen))
    return found


def catalogue() -> list[Document]:
    """What the questions are asked of; a package whose name one of our datasets has is left out."""
    own = [_own(folder) for folder in sorted(DATASETS.iterdir()) if (folder / "datapackage.yaml").is_file()]
    names = {each.dataset for each in own}
    with gzip.open(HERE / "badata.jsonl.gz", "rt", encoding="utf-8") as lines:
        packages = [_package(line) for line in lines]
    listings = [*own, *(each for each in packages if each.dataset not in names)]
    return [dataset_document(each, None) for each in listings]


def _own(folder: Path) -> Listing:
    """A dataset by its declaration: what stands under `pipeline:` is published one level higher."""
    declared = yaml.safe_load((folder / "datapackage.yaml").read_text(encoding="utf-8"))
    resources = [_raised(each) for each in declared["resources"]]
    for each in resources:
        each["schema"]["fields"] = [_raised(field) for field in each["schema"]["fields"]]
    about = {**_raised(declared), "resources": resources}
    return Listing(folder.name, bool(about.get("demo")), 1, (), None, about)


def _raised(thing: dict[str, Any]) -> dict[str, Any]:
    return {**thing, **{key: value for key, value in thing.pop("pipeline", {}).items() if key != "role"}}


def _package(line: str) -> Listing:
    package = json.loads(line)
    resources = [
        {
            "name": title,
            "title": title,
            "path": "",
            "schema": {"fields": [{"name": each} for each in columns]},
        }
        for title, columns in package["resources"]
    ]
    about = {
        "title": package["title"],
        "description": package["notes"],
        "keywords": package["tags"],
        "superTheme": package["themes"],
        "publisher": {"name": package["publisher"]},
        "resources": resources,
    }
    return Listing(package["name"], False, 1, (), None, about)


def gain(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """nDCG@10: 1 where the best answers stand first in the best order, 0 where none is in the first ten."""
    best = sorted(grades.values(), reverse=True)
    return _discounted([grades.get(each, 0) for each in found]) / _discounted(best)


def _discounted(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:10]))

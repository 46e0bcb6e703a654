"""Makes the shipped tables of badata-catalogo: BAData's catalogue of 30 April 2021, as CKAN's `package_show`
gave it, one package a line, without texts, authors and mailboxes.

Run from anywhere: `python -m tools.badata_catalogue [THE FILE]` (by default the one in ../shared beside the
checkout).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FULL = ROOT.parent / "shared" / "data" / "city" / "badata_packages_2021.jsonl.gz"
SHIPPED = ROOT / "datasets" / "badata-catalogo" / "source"
PACKAGES = (
    "name",
    "title",
    "organization",
    "organization_title",
    "source",
    "accrualPeriodicity",
    "license_id",
    "superTheme",
    "groups",
    "metadata_created",
    "metadata_modified",
    "num_resources",
)
RESOURCES = ("id", "package", "name", "format", "url", "created", "last_modified", "fields", "described")


def _extras(package: dict[str, Any]) -> dict[str, str]:
    return {extra["key"]: extra["value"] for extra in package["extras"]}


def _themes(text: str | None) -> str:
    """`["HEAL"]`, also as it was written by hand."""
    return "; ".join(re.findall(r"[A-Z]{4}", text or ""))


def _dictionary(text: str | None) -> list[dict[str, str]]:
    """The fields that a resource declares; none where the text is no list of them."""
    try:
        found = json.loads(text or "[]")
    except json.JSONDecodeError:
        return []
    return [each for each in found if isinstance(each, dict) and str(each.get("title") or "").strip()]


def packages(catalogue: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for each in catalogue:
        extras = _extras(each)
        groups = "; ".join(group["title"] for group in each["groups"])
        yield [
            *(each["name"], each["title"].strip(), each["organization"]["name"]),
            *(each["organization"]["title"].strip(), " ".join(extras.get("source", "").split())),
            *(extras.get("accrualPeriodicity"), each["license_id"], _themes(extras.get("superTheme"))),
            *(groups, each["metadata_created"][:10], each["metadata_modified"][:10], len(each["resources"])),
        ]


def resources(catalogue: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for package in catalogue:
        for each in package["resources"]:
            fields = _dictionary(each.get("attributesDescription"))
            described = [f for f in fields if str(f.get("description") or "").strip(" .-")]
            yield [
                *(each["id"], package["name"], " ".join(str(each["name"]).split()), each["format"]),
                *(each["url"], str(each["created"])[:10], str(each.get("last_modified") or "")[:10]),
                *(len(fields), len(described)),
            ]


def catalogue_tables(content: bytes) -> dict[str, bytes]:
    """The shipped files by name, made from the compressed catalogue."""
    catalogue = [json.loads(line) for line in gzip.decompress(content).decode().splitlines()]
    found = {}
    for name, header, rows in (
        ("paquetes.csv", PACKAGES, packages(catalogue)),
        ("recursos.csv", RESOURCES, resources(catalogue)),
    ):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([header, *rows])
        found[name] = text.getvalue().encode()
    return found


if __name__ == "__main__":
    SHIPPED.mkdir(parents=True, exist_ok=True)
    for name, content in catalogue_tables(
        (Path(sys.argv[1]) if len(sys.argv) > 1 else FULL).read_bytes()
    ).items():
        (SHIPPED / name).write_bytes(content)

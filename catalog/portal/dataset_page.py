"""What a dataset's page says, gathered from its published files."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq

from catalog import words
from catalog.archive.changes.reasons import describe_changes
from catalog.archive.release import twin
from catalog.portal import snippets as lines
from catalog.portal.snippets import Line
from catalog.public import Edition, Listing, period_days
from messages import gettext as _
from messages.formats import local_day

ROWS, COLUMNS, CHARACTERS = 10, 40, 160


@dataclass(frozen=True)
class Download:
    """A public file: its address from the dataset's page, its length and sha256."""

    name: str
    href: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Preview:
    """The first rows as published; `left` columns are not shown."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[bool]
    left: int


@dataclass(frozen=True)
class TableView:
    """A table of the current version. `resource` is its descriptor."""

    resource: Mapping[str, Any]
    rows: int
    downloads: Sequence[Download]
    preview: Preview | None
    lines: Sequence[Line]

    @property
    def title(self) -> str:
        return str(self.resource.get("title") or self.resource["name"])

    @property
    def fields(self) -> Sequence[Mapping[str, Any]]:
        fields: Sequence[Mapping[str, Any]] = self.resource["schema"]["fields"]
        return fields

    @property
    def tools(self) -> Mapping[str, Sequence[Line]]:
        """The lines by tool, in the order in which they are shown."""
        return {tool: list(group) for tool, group in groupby(self.lines, key=lambda line: line.tool)}


@dataclass(frozen=True)
class Repairs:
    """The declared repairs with one reason: how many cells of which fields."""

    because: str
    cells: int
    fields: Mapping[str, int]


@dataclass(frozen=True)
class ChecksView:
    """What the checks found in a table. Failed expectations, and what holds rows back (`held`), are not among
    the problems: they are told by themselves. `public` has the fields with personal data that are meant to be
    public, and why."""

    name: str
    rows: int
    repairs: Sequence[Repairs]
    problems: Sequence[Mapping[str, Any]]
    held: Mapping[str, Any] | None
    public: Mapping[str, str]

    @property
    def repaired(self) -> int:
        return sum(each.cells for each in self.repairs)


@dataclass(frozen=True)
class VersionView:
    """A version in the list of all of them."""

    edition: Edition
    current: bool
    step: str
    changes: Sequence[str]
    files: Sequence[Download]


def tables(listing: Listing, folder: Path, base: str) -> list[TableView]:
    """The tables of the current version, whose files stand in `folder`/latest; `base` is the portal's
    address."""
    if listing.current is None:
        return []
    resources = [
        each
        for each in listing.descriptor.get("resources", ())
        if "schema" in each and each["path"] in listing.current.files
    ]
    return [_table(each, listing, listing.current, folder / "latest", base) for each in resources]


def versions(listing: Listing) -> list[VersionView]:
    first = listing.editions[-1]
    return [
        VersionView(
            edition,
            edition is listing.current,
            words.step(edition.level, edition is first),
            describe_changes(edition.changes),
            downloads(edition, f"v/{edition.version}"),
        )
        for edition in listing.editions
    ]


def downloads(edition: Edition, under: str) -> list[Download]:
    return [
        Download(name, f"{under}/{quote(name)}", file.bytes, file.sha256)
        for name, file in edition.files.items()
    ]


def quality(listing: Listing, folder: Path) -> tuple[list[ChecksView], Sequence[Mapping[str, Any]]]:
    """What the published report of the current version says: by table, and the expectations, failed ones
    first. Nothing without one."""
    if listing.current is None or "report.json" not in listing.current.files:
        return [], []
    found = json.loads((folder / "latest" / "report.json").read_bytes())
    met = sorted(found["expectations"], key=lambda each: bool(each["success"]))
    return [_checked(name, each) for name, each in found["resources"].items()], met


def next_due(listing: Listing) -> str | None:
    """The day by which new data was promised, ISO 8601; None where nothing is."""
    period = period_days(str(listing.descriptor.get("accrualPeriodicity", "")))
    if listing.current is None or period is None:
        return None
    return (
        local_day(listing.current.as_of or listing.current.at) + timedelta(days=round(max(period, 1)))
    ).isoformat()


def _checked(name: str, found: Mapping[str, Any]) -> ChecksView:
    counts: dict[str, Counter[str]] = {}
    for repair in found["repairs"]:
        if repair["cells"]:
            counts.setdefault(repair.get("because") or "—", Counter())[repair["field"]] += repair["cells"]
    repairs = [
        Repairs(because, fields.total(), dict(fields.most_common())) for because, fields in counts.items()
    ]
    problems = [
        each for each in found["problems"] if each.get("code") != "expectation" and each["severity"] != "held"
    ]
    declared = found.get("personalData", {}).get("fields", {})
    public = {field: each["because"] for field, each in declared.items() if each["treatment"] == "public"}
    return ChecksView(
        name,
        found["rows"],
        sorted(repairs, key=lambda each: -each.cells),
        problems,
        found.get("held"),
        public,
    )


def _table(
    resource: Mapping[str, Any], listing: Listing, current: Edition, latest: Path, base: str
) -> TableView:
    name, pair = resource["path"], twin(resource["path"])
    shown = [each for each in downloads(current, "latest") if each.name in (name, pair)]
    ready = _lines(resource, listing, current, latest, base) if pair in current.files else []
    return TableView(
        resource, current.rows.get(resource["name"], 0), shown, _preview(resource, latest / name), ready
    )


def _lines(
    resource: Mapping[str, Any], listing: Listing, current: Edition, latest: Path, base: str
) -> list[Line]:
    name, pair = resource["path"], twin(resource["path"])
    here, fixed = (
        f"{base}{listing.path}/v/{current.version.major}/",
        f"{base}{listing.path}/v/{current.version}/",
    )
    both = here + quote(name), here + quote(pair)
    columns = [lines.SnippetColumn.of(field) for field in pq.read_schema(latest / pair)]
    missing = resource["schema"].get("missingValues", [""])
    missing = [each["value"] if isinstance(each, Mapping) else each for each in missing]
    ready = [
        line for tool in (lines.pandas, lines.polars, lines.duckdb) for line in tool(*both, columns, missing)
    ]
    ready += lines.r(both[0], columns, missing)
    ready += [
        lines.curl(fixed + quote(file), file, current.files[file].sha256, Path(file).suffix[1:])
        for file in (name, pair)
    ]
    return [*ready, lines.frictionless(fixed + "datapackage.json")]


def _preview(resource: Mapping[str, Any], path: Path) -> Preview | None:
    csv.field_size_limit(sys.maxsize)  # shapes on a map are longer than Python's limit for a cell
    with path.open(encoding="utf-8", newline="") as text:
        found = list(islice(csv.reader(text), ROWS + 1))
    if len(found) < 2:
        return None
    header, *rows = found
    numbers = {
        field["name"] for field in resource["schema"]["fields"] if field.get("type") in ("integer", "number")
    }
    shown = [[_short(cell) for cell in row[:COLUMNS]] for row in rows]
    return Preview(
        header[:COLUMNS], shown, [name in numbers for name in header[:COLUMNS]], max(len(header) - COLUMNS, 0)
    )


def _short(cell: str) -> str:
    return cell if len(cell) <= CHARACTERS else _("{start}…", start=cell[:CHARACTERS])

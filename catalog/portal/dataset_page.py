"""What a dataset's page says, gathered from its published files."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from catalog import words
from catalog.archive.changes.reasons import describe_changes
from catalog.archive.release import FORMATS, format_file, twin
from catalog.citation import Reference
from catalog.portal import snippets
from catalog.portal.charts.pictures import cite_table
from catalog.portal.snippets import Snippet, SnippetColumn
from catalog.public import Edition, Listing, period_days
from catalog.spoken import say
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

    @property
    def kind(self) -> str:
        """What the format is called."""
        kinds = {".csv": "CSV", ".xlsx": "XLSX", ".geojson": "GeoJSON", ".geo.parquet": "GeoParquet"}
        return next((kind for suffix, kind in kinds.items() if self.name.endswith(suffix)), "Parquet")


@dataclass(frozen=True)
class Preview:
    """The first rows as published: of each column whether it is `numeric`; `hidden` columns are left out."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    hidden: int


@dataclass(frozen=True)
class TableView:
    """A table of the current version. `resource` is its descriptor."""

    resource: Mapping[str, Any]
    rows: int
    downloads: Sequence[Download]
    preview: Preview | None
    snippets: Sequence[Snippet]
    reference: Reference

    @property
    def title(self) -> str:
        return say(self.resource) or str(self.resource["name"])

    @property
    def fields(self) -> Sequence[Mapping[str, Any]]:
        fields: Sequence[Mapping[str, Any]] = self.resource["schema"]["fields"]
        return fields

    @property
    def tools(self) -> Mapping[str, Sequence[Snippet]]:
        """The snippets by tool, in the order in which they are shown."""
        found: dict[str, list[Snippet]] = {}
        for each in self.snippets:
            found.setdefault(each.tool, []).append(each)
        return found


@dataclass(frozen=True)
class Repairs:
    """The declared repairs with one reason: how many cells of which fields."""

    because: str
    cells: int
    fields: Mapping[str, int]


@dataclass(frozen=True)
class ChecksView:
    """What the checks found in a table. The problems are without failed expectations and without what holds
    rows back (`quarantine`), which the page shows apart; `held_earlier` counts those of earlier
    deliveries. `public` has the fields with personal data that are meant to be public, and why."""

    name: str
    rows: int
    repairs: Sequence[Repairs]
    problems: Sequence[Mapping[str, Any]]
    quarantine: Mapping[str, Any] | None
    held_earlier: int
    public: Mapping[str, str]

    @property
    def repaired_cells(self) -> int:
        return sum(each.cells for each in self.repairs)


@dataclass(frozen=True)
class VersionView:
    """A version in the list of all of them."""

    edition: Edition
    current: bool
    step: str
    changes: Sequence[str]
    files: Sequence[Download]


def table_views(listing: Listing, folder: Path, base: str, api: str) -> list[TableView]:
    """The tables of the current version, whose files stand in `folder`/latest; `base` is the portal's
    address, `api` the API's ("" where there is none)."""
    if listing.current is None:
        return []
    resources = [each for each in listing.descriptor.get("resources", ()) if "schema" in each]
    published = [each for each in resources if each["path"] in listing.current.files]
    return [_table_view(each, listing, listing.current, folder / "latest", base, api) for each in published]


def version_views(listing: Listing) -> list[VersionView]:
    first = listing.editions[-1]
    return [
        VersionView(
            edition,
            edition is listing.current,
            words.step(edition.level, edition is first, untraced=_is_untraced(edition)),
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


def read_checks(listing: Listing, folder: Path) -> tuple[list[ChecksView], Sequence[Mapping[str, Any]]]:
    """What the published report of the current version says: by table, and the expectations, failed ones
    first. Nothing without one."""
    if listing.current is None or "report.json" not in listing.current.files:
        return [], []
    report = json.loads((folder / "latest" / "report.json").read_bytes())
    expectations = sorted(report["expectations"], key=lambda each: bool(each["success"]))
    return [_checks_view(name, each) for name, each in report["resources"].items()], expectations


def next_due(listing: Listing) -> str | None:
    """The day by which new data was promised, ISO 8601; None where nothing is."""
    period = period_days(str(listing.descriptor.get("accrualPeriodicity", "")))
    if listing.current is None or period is None:
        return None
    day = local_day(listing.current.as_of or listing.current.at)
    return (day + timedelta(days=round(max(period, 1)))).isoformat()


def _checks_view(name: str, found: Mapping[str, Any]) -> ChecksView:
    counts: dict[str, Counter[str]] = {}
    for repair in found["repairs"]:
        if repair["cells"]:
            counts.setdefault(repair.get("because") or "—", Counter())[repair["field"]] += repair["cells"]
    repairs = [
        Repairs(because, fields.total(), dict(fields.most_common())) for because, fields in counts.items()
    ]
    problems = [each for each in found["problems"] if each.get("code") != "expectation"]
    declared = found.get("personalData", {}).get("fields", {})
    return ChecksView(
        name=name,
        rows=found["rows"],
        repairs=sorted(repairs, key=lambda each: -each.cells),
        problems=[each for each in problems if each["severity"] != "held"],
        quarantine=found.get("held"),
        held_earlier=found.get("heldEarlier", 0),
        public={field: each["because"] for field, each in declared.items() if each["treatment"] == "public"},
    )


def _table_view(
    resource: Mapping[str, Any], listing: Listing, current: Edition, latest: Path, base: str, api: str
) -> TableView:
    name, pair = resource["path"], twin(resource["path"])
    forms = {name, pair, *(format_file(name, kind) for kind in FORMATS)}
    return TableView(
        resource=resource,
        rows=current.rows.get(resource["name"], 0),
        downloads=[each for each in downloads(current, "latest") if each.name in forms],
        preview=_preview(resource, latest / name),
        snippets=_snippets(resource, listing, current, latest, base, api) if pair in current.files else [],
        reference=_reference(resource, listing, current, base),
    )


def _reference(resource: Mapping[str, Any], listing: Listing, current: Edition, base: str) -> Reference:
    """How a table is cited."""
    citation = cite_table(listing, resource["name"])
    about = listing.descriptor
    name, table = listing.spoken_title, say(resource) or str(resource["name"])
    return Reference(
        citation=citation,
        title=name if name == table else f"{name}: {table}",
        publisher=str((about.get("publisher") or {}).get("name") or "Vereda"),
        day=local_day(current.at).isoformat(),
        address=citation.address(base),
    )


def _snippets(
    resource: Mapping[str, Any], listing: Listing, current: Edition, latest: Path, base: str, api: str
) -> list[Snippet]:
    """Lines that read the newest version with these same fields; curl fetches the very files of this one."""
    name, pair = resource["path"], twin(resource["path"])
    versions = f"{base}{listing.path}/v/"
    bound, fixed = f"{versions}{current.version.major}/", f"{versions}{current.version}/"
    csv_url, parquet_url = bound + quote(name), bound + quote(pair)
    columns = [SnippetColumn.of(field) for field in pq.read_schema(latest / pair)]
    missing = resource["schema"].get("missingValues", [""])
    missing = [each["value"] if isinstance(each, Mapping) else each for each in missing]
    found: list[Snippet] = []
    for tool in (snippets.pandas, snippets.polars, snippets.duckdb):
        found += tool(csv_url, parquet_url, columns, missing)
    found += snippets.r(csv_url, columns, missing)
    for file in (name, pair):
        sha256, suffix = current.files[file].sha256, Path(file).suffix[1:]
        found.append(snippets.curl(fixed + quote(file), file, sha256, suffix))
    found += [snippets.javascript(parquet_url), snippets.excel(csv_url, columns, missing)]
    if api:
        rows = (
            f"{api}datasets/{listing.dataset}/versions/{current.version.major}/tables/{resource['name']}/rows"
        )
        found += snippets.ask(snippets.ApiRows(rows, _example_filter(latest / pair)), columns)
    return [*found, snippets.frictionless(fixed + "datapackage.json")]


def _example_filter(parquet: Path) -> str:
    """A question that the table answers: the comuna of its first rows, else the first text; "" where they
    have none."""
    head = next(pq.ParquetFile(parquet).iter_batches(batch_size=ROWS), None)
    if head is None:
        return ""
    whole = [each.name for each in head.schema if pa.types.is_integer(each.type)]
    texts = [each.name for each in head.schema if pa.types.is_string(each.type)]
    for name in [*(each for each in whole if each.startswith("comuna")), *texts, *whole]:
        values = (each for each in head.column(name).to_pylist() if each not in (None, ""))
        value = next((str(each) for each in values if len(str(each)) <= 60 and str(each).isprintable()), "")
        if value:
            return f"{name}={value}"
    return ""


def _preview(resource: Mapping[str, Any], path: Path) -> Preview | None:
    csv.field_size_limit(sys.maxsize)  # shapes on a map are longer than Python's limit for a cell
    with path.open(encoding="utf-8", newline="") as text:
        found = list(islice(csv.reader(text), ROWS + 1))
    if len(found) < 2:
        return None
    header, *rows = found
    fields = resource["schema"]["fields"]
    numbers = {field["name"] for field in fields if field.get("type") in ("integer", "number")}
    return Preview(
        header=header[:COLUMNS],
        rows=[[_shorten(cell) for cell in row[:COLUMNS]] for row in rows],
        numeric=[name in numbers for name in header[:COLUMNS]],
        hidden=max(len(header) - COLUMNS, 0),
    )


def _shorten(cell: str) -> str:
    return cell if len(cell) <= CHARACTERS else _("{start}…", start=cell[:CHARACTERS])


def _is_untraced(edition: Edition) -> bool:
    """Whether a version has rows of which nothing tells whether they are new."""
    return any(isinstance(each, Mapping) and each.get("untraced") for each in edition.changes.values())

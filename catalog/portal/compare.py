"""What changed between any two versions of a dataset, computed ahead: in words, as Parquet, and as CSV for a
spreadsheet.

What belongs to a dataset beside its own page: the page on what changed between versions, and the one where
problems are reported.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.archive.changes.changes import compare
from catalog.archive.changes.reasons import describe_changes
from catalog.archive.release import twin
from catalog.archive.reports import group_reports
from catalog.metadata.record import Masthead
from catalog.page import Page
from catalog.public import Edition, Listing
from messages import gettext as _
from messages.formats import local_day

FOLDER = "cambios"
LAST = (
    12  # versions of which all pairs are told; of older ones, the last of each year and of each major version
)
# rows: of larger datasets, only what changed up to the current version is kept, so that the portal stays
# within bounds
LARGE = 200_000
LINES = 100_000  # changes: more fit no spreadsheet; the Parquet has them all


@dataclass(frozen=True)
class Pair:
    """Two versions, the older one first."""

    before: Edition
    after: Edition

    @property
    def name(self) -> str:
        return f"{self.before.version}-{self.after.version}"


@dataclass(frozen=True)
class Comparison:
    """What changed between two versions: `summary` as the log has it, and the files (name, bytes)."""

    pair: Pair
    summary: Mapping[str, Any]
    files: Sequence[tuple[str, int]]


def dated_versions(edition: Edition) -> str:
    """The day that its data is of, ISO 8601."""
    return local_day(edition.as_of or edition.at).isoformat()


def choose_pairs(listing: Listing) -> list[Edition]:
    """The versions that are compared, oldest first."""
    held = [edition for edition in reversed(listing.editions) if "datapackage.json" in edition.files]
    years, majors = (
        {dated_versions(each)[:4]: each for each in held},
        {each.version.major: each for each in held},
    )
    kept = {each.number for each in (*held[:1], *held[-LAST:], *years.values(), *majors.values())}
    return [each for each in held if each.number in kept or each is listing.current]


def pairs(listing: Listing) -> list[Pair]:
    """The newest first."""
    found = [Pair(before, after) for before, after in combinations(choose_pairs(listing), 2)]
    if listing.current and sum(listing.current.rows.values()) > LARGE:
        found = [pair for pair in found if pair.after is listing.current]
    return sorted(found, key=lambda pair: (-pair.after.number, -pair.before.number))


def sources(listing: Listing, pair: Pair) -> Iterator[tuple[str, str]]:
    """The files of both versions, by path in the portal, and their sha256."""
    for edition in (pair.before, pair.after):
        yield from (
            (f"{listing.path}/v/{edition.version}/{name}", file.sha256)
            for name, file in edition.files.items()
        )


def write_comparison(pair: Pair, versions: Path, into: Path) -> None:
    """Compares the two, whose files stand in `versions`/<version>, and writes `<pair>.json`, `.parquet`, and
    a CSV for each table that changed."""
    (old, before), (new, after) = (
        _release(versions / str(edition.version)) for edition in (pair.before, pair.after)
    )
    changes = compare(old, new, before, after)
    into.mkdir(parents=True, exist_ok=True)
    pq.write_table(changes.table(), into / f"{pair.name}.parquet", compression="zstd")
    told = json.dumps(changes.summary(), ensure_ascii=False, indent=1, sort_keys=True)
    (into / f"{pair.name}.json").write_text(told + "\n", encoding="utf-8")
    for resource in changes.resources:
        if 0 < resource.rows.table.num_rows <= LINES:
            _write_csv(
                resource.rows.table,
                _names(resource.name, before, after),
                into / f"{pair.name}.{resource.name}.csv",
            )


def describe_comparison(listing: Listing, folder: Path) -> Iterator[Comparison]:
    """Of each pair, what was written in `folder`."""
    for pair in pairs(listing):
        summary = json.loads((folder / f"{pair.name}.json").read_bytes())
        files = [*sorted(folder.glob(f"{pair.name}.*.csv")), folder / f"{pair.name}.parquet"]
        yield Comparison(pair, summary, [(file.name, file.stat().st_size) for file in files])


def forget_comparisons() -> None:
    """Lets go of the tables that were read for the last comparisons."""
    _release.cache_clear()


@lru_cache(maxsize=3)
def _release(folder: Path) -> tuple[Mapping[str, pa.Table], Mapping[str, Any]]:
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    tables = [each for each in descriptor["resources"] if "schema" in each]
    return {each["name"]: pq.read_table(folder / twin(each["path"])) for each in tables}, descriptor


def _names(resource: str, *descriptors: Mapping[str, Any]) -> list[str]:
    """The fields of a table in either version, the later one's first."""
    found = (
        each
        for descriptor in reversed(descriptors)
        for each in descriptor["resources"]
        if each["name"] == resource
    )
    return list(
        dict.fromkeys(field["name"] for each in found for field in each.get("schema", {}).get("fields", ()))
    )


def _write_csv(changes: pa.Table, names: Sequence[str], into: Path) -> None:
    """A line per change: what it is, for a corrected cell which and how, and the fields: of a row the whole
    of it, of a cell its key."""
    kinds = {"row-removed": "fila quitada", "row-added": "fila agregada", "cell-changed": "celda corregida"}
    own = [name if name not in names else f"{name}_" for name in ("cambio", "campo", "antes", "despues")]
    with into.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*own, *names])
        for line in changes.to_pylist():
            if line["change"] == "cell-changed":
                values, said = json.loads(line["key"]), (line["field"], line["before"], line["after"])
            else:
                values, said = json.loads(line["after"] or line["before"]), ("", "", "")
            writer.writerow([kinds[line["change"]], *said, *(values.get(name) for name in names)])


PROBLEM = "problema"


def comparison_view(listing: Listing) -> dict[str, Any]:
    """What the dataset's page says of them."""
    return {"pairs": pairs(listing), "problems": group_reports(listing.problems)}


def comparison_pages(listing: Listing, folder: Path, masthead: Masthead) -> Mapping[str, Callable[[], Page]]:
    """By path, how each page is made; `folder` holds the dataset's files."""
    found: dict[str, Callable[[], Page]] = {}
    if pairs(listing):
        found[f"{listing.path}/{FOLDER}/index.html"] = lambda: _changes(listing, folder)
    if listing.current:
        found[f"{listing.path}/{PROBLEM}/index.html"] = lambda: _problem(listing, masthead)
    return found


def _changes(listing: Listing, folder: Path) -> Page:
    told = list(describe_comparison(listing, folder / FOLDER))
    editions = list(reversed(choose_pairs(listing)))
    values = {
        "listing": listing,
        "editions": [(edition, dated_versions(edition)) for edition in editions],
        "names": {each.pair.name for each in told},
        "told": [(each, describe_changes(each.summary)) for each in told],
        "left": sum(1 for edition in listing.editions if edition.files) - len(editions),
    }
    return Page(f"{listing.path}/{FOLDER}/index.html", "changes.html", values)


def _problem(listing: Listing, masthead: Masthead) -> Page:
    address = _contact(listing, masthead)
    page = f"{masthead.base}{listing.path}/index.html"
    version = listing.current.version if listing.current else ""
    subject = _("Problem with the data: {dataset} {version}", dataset=listing.dataset, version=version)
    told = {"title": listing.title, "version": version, "page": page}
    body = _(
        "Dataset: {title}\nVersion: {version}\nAddress: {page}\n\nWhat is wrong, and where (row, field):\n",
        **told,
    )
    mail = (
        f"mailto:{quote(address, safe='@')}?subject={quote(subject)}&body={quote(body)}" if address else None
    )
    values = {
        "listing": listing,
        "address": address,
        "mail": mail,
        "problems": group_reports(listing.problems),
    }
    return Page(f"{listing.path}/{PROBLEM}/index.html", "problem.html", values)


def _contact(listing: Listing, masthead: Masthead) -> str | None:
    """The e-mail address where the publisher is reached, else the one of whoever answers for the
    catalogue."""
    told = listing.descriptor
    given = (told.get("contactPoint") or {}).get("hasEmail") or told.get("publisher", {}).get("email")
    return str(given).removeprefix("mailto:") if given else masthead.email

"""What changed between any two versions of a dataset, computed ahead, and the pages beside the dataset's own:
on what changed, and where a problem is reported."""

from __future__ import annotations

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
from catalog.change_list import list_fields, write_changes
from catalog.metadata.record import Masthead
from catalog.page import Page
from catalog.public import Edition, Listing
from messages import gettext as _
from messages.formats import local_day

FOLDER, PROBLEM = "cambios", "problema"
# All pairs of so many last versions are compared; of older ones, the last of each year and major version.
LAST = 12
# Of datasets with more rows, only what changed up to the current version is kept: the portal stays small.
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


def data_day(edition: Edition) -> str:
    """The day of its data, ISO 8601."""
    return local_day(edition.as_of or edition.at).isoformat()


def choose_editions(listing: Listing) -> list[Edition]:
    """The versions that are compared, oldest first."""
    editions = [edition for edition in reversed(listing.editions) if "datapackage.json" in edition.files]
    years = {data_day(each)[:4]: each for each in editions}
    majors = {each.version.major: each for each in editions}
    chosen = (*editions[:1], *editions[-LAST:], *years.values(), *majors.values())
    numbers = {each.number for each in chosen}
    return [each for each in editions if each.number in numbers or each is listing.current]


def list_pairs(listing: Listing) -> list[Pair]:
    """The newest first."""
    found = [Pair(before, after) for before, after in combinations(choose_editions(listing), 2)]
    if listing.current and sum(listing.current.rows.values()) > LARGE:
        found = [pair for pair in found if pair.after is listing.current]
    return sorted(found, key=lambda pair: (-pair.after.number, -pair.before.number))


def pair_files(listing: Listing, pair: Pair) -> Iterator[tuple[str, str]]:
    """The files of both versions, by path in the portal, and their sha256."""
    for edition in (pair.before, pair.after):
        yield from (
            (f"{listing.path}/v/{edition.version}/{name}", file.sha256)
            for name, file in edition.files.items()
        )


def write_comparison(pair: Pair, versions: Path, into: Path) -> None:
    """Compares the two, whose files stand in `versions`/<version>, and writes `<pair>.json`, `.parquet`, and
    a CSV for each table that changed."""
    old, before = _read_version(versions / str(pair.before.version))
    new, after = _read_version(versions / str(pair.after.version))
    changes = compare(old, new, before, after)
    into.mkdir(parents=True, exist_ok=True)
    pq.write_table(changes.table(), into / f"{pair.name}.parquet", compression="zstd")
    summary = json.dumps(changes.summary(), ensure_ascii=False, indent=1, sort_keys=True)
    (into / f"{pair.name}.json").write_text(summary + "\n", encoding="utf-8")
    for resource in changes.resources:
        if 0 < resource.rows.table.num_rows <= LINES:
            names = list_fields(resource.name, before, after)
            path = into / f"{pair.name}.{resource.name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                write_changes(resource.rows.table, names, resource.rows.untraced, file)


def read_comparisons(listing: Listing, folder: Path) -> Iterator[Comparison]:
    """Of each pair, what was written in `folder`."""
    for pair in list_pairs(listing):
        summary = json.loads((folder / f"{pair.name}.json").read_bytes())
        files = [*sorted(folder.glob(f"{pair.name}.*.csv")), folder / f"{pair.name}.parquet"]
        yield Comparison(pair, summary, [(file.name, file.stat().st_size) for file in files])


def forget_tables() -> None:
    """Lets go of the tables that were read for the last comparisons."""
    _read_version.cache_clear()


def companion_values(listing: Listing) -> dict[str, Any]:
    """What the dataset's own page says of its pairs and its problems."""
    return {"pairs": list_pairs(listing), "problems": group_reports(listing.problems)}


def companion_pages(listing: Listing, folder: Path, masthead: Masthead) -> Mapping[str, Callable[[], Page]]:
    """By path, how each page beside the dataset's own is made; `folder` holds the dataset's files."""
    found: dict[str, Callable[[], Page]] = {}
    if list_pairs(listing):
        found[f"{listing.path}/{FOLDER}/index.html"] = lambda: _changes_page(listing, folder)
    if listing.current:
        found[f"{listing.path}/{PROBLEM}/index.html"] = lambda: _problem_page(listing, masthead)
    return found


@lru_cache(maxsize=3)
def _read_version(folder: Path) -> tuple[Mapping[str, pa.Table], Mapping[str, Any]]:
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    tables = [each for each in descriptor["resources"] if "schema" in each]
    return {each["name"]: pq.read_table(folder / twin(each["path"])) for each in tables}, descriptor


def _changes_page(listing: Listing, folder: Path) -> Page:
    comparisons = list(read_comparisons(listing, folder / FOLDER))
    editions = list(reversed(choose_editions(listing)))
    values = {
        "listing": listing,
        "editions": [(edition, data_day(edition)) for edition in editions],
        "names": {each.pair.name for each in comparisons},
        "comparisons": [(each, describe_changes(each.summary)) for each in comparisons],
        "untraced": any(table.get("untraced") for each in comparisons for table in each.summary.values()),
        "unlisted": sum(1 for edition in listing.editions if edition.files) - len(editions),
    }
    return Page(f"{listing.path}/{FOLDER}/index.html", "dataset/changes.html", values)


def _problem_page(listing: Listing, masthead: Masthead) -> Page:
    address, mail = _contact_address(listing, masthead), None
    if address:
        subject, body = _problem_mail(listing, masthead)
        mail = f"mailto:{quote(address, safe='@')}?subject={quote(subject)}&body={quote(body)}"
    version = str(listing.current.version) if listing.current else ""
    page = f"{masthead.base}{listing.path}/index.html"
    values = {
        "listing": listing,
        "form": masthead.form_address(listing.dataset, version, page),
        "address": address,
        "mail": mail,
        "problems": group_reports(listing.problems),
    }
    return Page(f"{listing.path}/{PROBLEM}/index.html", "dataset/problem.html", values)


def _problem_mail(listing: Listing, masthead: Masthead) -> tuple[str, str]:
    """The subject and the beginning of a mail that reports a problem."""
    version = listing.current.version if listing.current else ""
    subject = _("Problem with the data: {dataset} {version}", dataset=listing.dataset, version=version)
    body = _(
        "Dataset: {title}\nVersion: {version}\nAddress: {page}\n\nWhat is wrong, and where (row, field):\n",
        title=listing.title,
        version=version,
        page=f"{masthead.base}{listing.path}/index.html",
    )
    return subject, body


def _contact_address(listing: Listing, masthead: Masthead) -> str | None:
    """The e-mail address where the publisher is reached, else the one of whoever answers for the
    catalogue."""
    contact = listing.descriptor.get("contactPoint") or {}
    email = contact.get("hasEmail") or listing.descriptor.get("publisher", {}).get("email")
    return str(email).removeprefix("mailto:") if email else masthead.email

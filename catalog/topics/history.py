"""The tables in a role, as each version of their dataset gave them, and since which day that was known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq

from catalog.archive import published
from catalog.archive.release import twin
from catalog.archive.roles import ROLES
from catalog.public import Edition, Listing
from messages.formats import local_day

Row = Mapping[str, str | None]


@dataclass(frozen=True)
class KnownRow:
    """A version's rows, and the day since which they were what the log knew."""

    since: date
    edition: Edition
    rows: Sequence[Row]


@dataclass(frozen=True)
class RoleTable:
    """A table in a role. `versions` are in the order in which they became current; what was withdrawn is not
    among them.

    The rows have the fields of the role, as published text; None where the table has no such field, or
    nothing in it.
    """

    listing: Listing
    resource: Mapping[str, Any]
    versions: tuple[KnownRow, ...]

    def at(self, day: date) -> KnownRow:
        """What was known on a day. Before the first version: that one, since it tells of the time before
        it."""
        return next((known for known in reversed(self.versions) if known.since <= day), self.versions[0])

    @property
    def latest(self) -> str:
        """Where its newest CSV always is, from the site's root."""
        return f"{self.listing.path}/latest/{quote(self.resource['path'])}"

    @property
    def latest_parquet(self) -> str:
        return f"{self.listing.path}/latest/{quote(twin(self.resource['path']))}"

    @property
    def now(self) -> Sequence[Row]:
        return self.versions[-1].rows


def role_history(listings: Iterable[Listing], role: str, site: Path) -> list[RoleTable]:
    """Every table in a role, in the order of the listings. `site` is the folder in which their public files
    stand."""
    found = []
    for listing in listings:
        for resource in listing.descriptor.get("resources", ()):
            if resource.get("role", {}).get("name") == role:
                known = tuple(_known_rows(listing, resource, site))
                if known:
                    found.append(RoleTable(listing, resource, known))
    return found


def cite(tables: Sequence[RoleTable]) -> Callable[[str | None], list[tuple[str, str | None]]]:
    """What gives the title and the address of each of a list of sources, by the descriptors of the tables."""
    known = {
        str(source["title"]): source.get("path")
        for table in tables
        for source in table.listing.descriptor.get("sources", ())
        if source.get("title")
    }
    return lambda text: [(title, known.get(title)) for title in split_list(text)]


def split_list(text: str | None) -> tuple[str, ...]:
    """A list as the datasets write it: separated by a semicolon and a space."""
    return tuple(part for part in (text or "").split("; ") if part)


def has_roles(listing: Listing) -> bool:
    return any("role" in resource for resource in listing.descriptor.get("resources", ()))


def _known_rows(listing: Listing, resource: Mapping[str, Any], site: Path) -> Iterator[KnownRow]:
    read: dict[str, Sequence[Row]] = {}
    name = twin(resource["path"])
    for since, edition in list_current(listing):
        if name in edition.files:
            sha256 = edition.files[name].sha256
            if sha256 not in read:
                path = site / listing.path / "v" / str(edition.version) / name
                read[sha256] = _read_rows(path, resource["role"])
            yield KnownRow(since, edition, read[sha256])


def list_current(listing: Listing) -> list[tuple[date, Edition]]:
    """Since which day each version was current, by the log: never earlier than the one before it.

    A version is known since the day of its release, or of the rollback to it. Only of those that came with
    the first, within a day, is an extract known since its own date: they are the history that the dataset
    brought along. So nothing that is released later can change what a day before showed.
    """
    turns = []
    for each in listing.editions:
        turns.append((each.number, each.as_of, each.at, each))
        turns += [(note.number, None, note.at, each) for note in each.notes if note.kind == "current"]
    first = min((datetime.fromisoformat(each.at) for each in listing.editions), default=None)
    found: list[tuple[date, Edition]] = []
    for _number, as_of, at, edition in sorted(turns, key=lambda turn: turn[0]):
        last = found[-1][0] if found else date.min
        brought = first is not None and datetime.fromisoformat(at) - first < timedelta(days=1)
        dated = local_day(as_of) if as_of and brought else None
        since = dated if dated and dated > last else max(local_day(at), last)
        if not edition.withdrawn:
            found.append((since, edition))
    return found


def _read_rows(path: Path, role: Mapping[str, Any]) -> list[Row]:
    names = {field: role["fields"].get(field, field) for field in ROLES[role["name"]].fields}
    table = pq.read_table(path)
    there = {field: name for field, name in names.items() if name in table.column_names}
    texts = published.text_table(table, list(dict.fromkeys(there.values()))).to_pylist()
    constants = role.get("constants", {})
    return [
        {field: row.get(there[field]) or None if field in there else constants.get(field) for field in names}
        for row in texts
    ]

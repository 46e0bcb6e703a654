"""What changed in each comuna: the rows of every dataset that say in which one they are, from version to
version, as feeds that a neighbour can follow."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from catalog.archive.changes.schema import field_names
from catalog.archive.published import text_table
from catalog.archive.release import twin
from catalog.feeds import MOST_ITEMS, Feed, Item, NewestItems, item_id
from catalog.metadata.record import Masthead
from catalog.public import Edition, Listing
from messages import gettext as _
from messages import ngettext
from messages.formats import format_number, join_words

COMUNAS = range(1, 16)
MOST_CHANGES = 200_000  # lines of what changed in a version: more are a table that was made anew
KINDS = ("row-added", "cell-changed", "row-removed")

ComunaCounts = Mapping[str, Mapping[str, Sequence[int]]]
"""By version and comuna: how many rows were added, corrected and taken away; and 1 where some of those added
and taken away may be the same."""


def count_changes(listing: Listing, folder: Path, known: ComunaCounts) -> ComunaCounts:
    """The counts of every version after the first; `folder` has the dataset's public files, `known` the
    counts of versions that were counted before."""
    tables = [found for each in listing.descriptor.get("resources", ()) if (found := _comuna_field(each))]
    if not tables:
        return {}
    counts: dict[str, Mapping[str, Sequence[int]]] = {}
    for edition in [each for each in listing.editions[:-1] if "changes.parquet" in each.files][:MOST_ITEMS]:
        version = str(edition.version)
        counts[version] = known[version] if version in known else _count_version(edition, tables, folder)
    return counts


def comuna_feeds(counted: Iterable[tuple[Listing, ComunaCounts]], masthead: Masthead) -> list[Feed]:
    """A feed for each comuna, the newest first; none where no dataset says in which comuna something is."""
    items = {comuna: NewestItems() for comuna in COMUNAS}
    since = ""
    for listing, counts in counted:
        if not tells_of_comunas(listing):
            continue
        since = max(listing.changed, since or listing.changed, key=datetime.fromisoformat)
        for edition in listing.editions:
            for comuna, numbers in counts.get(str(edition.version), {}).items():
                if edition.files:
                    about = (listing, edition, int(comuna))
                    order = (edition.at, _item_id(*about))
                    items[int(comuna)].add(order, partial(_item, *about, numbers, masthead))
    return [
        Feed(
            path=comuna_path(comuna),
            id=item_id(comuna_path(comuna)),
            title=_("Comuna {number}: news", number=comuna),
            page=f"{masthead.base}avisos/index.html#comunas",
            author=masthead.publisher,
            items=found.items(),
            since=since,
        )
        for comuna, found in items.items()
        if since
    ]


def tells_of_comunas(listing: Listing) -> bool:
    return any(_comuna_field(each) for each in listing.descriptor.get("resources", ()))


def comuna_path(comuna: int) -> str:
    return f"comunas/{comuna}/feed.atom"


def _comuna_field(resource: Mapping[str, Any]) -> tuple[Mapping[str, Any], str] | None:
    """A table, and its field with the number of the comuna."""
    fields = (resource.get("schema") or {}).get("fields", ())
    names = [each["name"] for each in fields if each.get("type") == "integer"]
    found = next((name for name in names if name == "comuna" or name.startswith("comuna_")), None)
    return (resource, found) if found else None


def _count_version(
    edition: Edition, tables: Sequence[tuple[Mapping[str, Any], str]], folder: Path
) -> Mapping[str, Sequence[int]]:
    place = folder / "v" / str(edition.version)
    changes = pq.read_table(place / "changes.parquet")
    if changes.num_rows > MOST_CHANGES or "change" not in changes.column_names:
        return {}
    lines = changes.to_pylist()
    counts: Counter[tuple[int, str]] = Counter()
    for resource, field in tables:
        own = [line for line in lines if line["resource"] == resource["name"]]
        if own:
            counts.update(_comunas_of(own, resource, field, place))
    names = [resource["name"] for resource, _field in tables]
    untraced = int(any(edition.changes.get(name, {}).get("untraced") for name in names))
    return {
        str(comuna): [*(counts[comuna, kind] for kind in KINDS), untraced]
        for comuna in COMUNAS
        if any(counts[comuna, kind] for kind in KINDS)
    }


def _comunas_of(
    lines: Sequence[Mapping[str, Any]], resource: Mapping[str, Any], field: str, place: Path
) -> Iterator[tuple[int, str]]:
    """The comuna and the kind of each row that changed, once; of a row whose comuna was corrected, both."""
    changed: set[tuple[str, str]] = set()
    corrected = any(line["change"] == "cell-changed" and line["key"] for line in lines)
    where = _comuna_by_key(resource, field, place) if corrected else {}
    for line in lines:
        if line["change"] == "cell-changed":
            now = where.get(_key_text(json.loads(line["key"]))) if line["key"] else None
            values = {now} | ({line["before"]} if line["field"] == field else set())
            changed |= {(line["key"], value) for value in values if value}
        else:
            row = json.loads(line["after"] or line["before"])
            if comuna := _number(row.get(field)):
                yield comuna, line["change"]
    for _key, value in changed:
        if comuna := _number(value):
            yield comuna, "cell-changed"


def _comuna_by_key(resource: Mapping[str, Any], field: str, place: Path) -> dict[str, str | None]:
    """The comuna of each row of the version by its key, written as the changes write it."""
    key, file = field_names(resource["schema"].get("primaryKey")), place / twin(resource["path"])
    if not key or not file.is_file():
        return {}
    names = list(dict.fromkeys((*key, field)))
    rows = text_table(pq.read_table(file, columns=names), names).to_pylist()
    return {_key_text({name: row[name] for name in key}): row[field] for row in rows}


def _key_text(key: Mapping[str, Any]) -> str:
    return json.dumps(key, ensure_ascii=False, sort_keys=True)


def _number(value: str | None) -> int | None:
    """A comuna of the City; None for anything else."""
    return int(value) if value and value.isdigit() and int(value) in COMUNAS else None


def _item_id(listing: Listing, edition: Edition, comuna: int) -> str:
    return item_id(f"{listing.path}/comuna/{comuna} {edition.number} {edition.at}")


def _item(
    listing: Listing, edition: Edition, comuna: int, numbers: Sequence[int], masthead: Masthead
) -> Item:
    what = join_words(_describe_counts(*numbers[:3]))
    values = {"number": comuna, "version": edition.version, "what": what}
    says = [_("In comuna {number}, in version {version}: {what}.", **values)]
    if numbers[3]:
        says.append(
            _("Some of those rows may be the same, corrected: nothing in this table identifies a row.")
        )
    return Item(
        id=_item_id(listing, edition, comuna),
        link=f"{masthead.base}{listing.path}/index.html#v{edition.version}",
        author=(listing.descriptor.get("publisher") or {}).get("name"),
        published=edition.at,
        updated=edition.at,
        kind="comuna",
        title=f"{listing.title}: {what}",
        says=says,
    )


def _describe_counts(added: int, corrected: int, gone: int) -> Iterator[str]:
    if added:
        yield ngettext("{count} row added", "{count} rows added", added, count=format_number(added))
    if corrected:
        count = format_number(corrected)
        yield ngettext("{count} row corrected", "{count} rows corrected", corrected, count=count)
    if gone:
        count = format_number(gone)
        yield ngettext("{count} row no longer there", "{count} rows no longer there", gone, count=count)

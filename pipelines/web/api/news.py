"""What changed in the rows that somebody follows, version by version: for programs as JSON, for readers of
news as an Atom feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.archive.changes.rows import RowChanges
from catalog.feeds import Feed, Item, item_id
from catalog.followed import compare_followed, describe_counts, describe_lines
from catalog.public import Edition, Listing
from catalog.question import Refusal
from messages import gettext as _
from pipelines.web.api.shelf import Shelf, table_of
from pipelines.web.api.tables import Tables

MOST_STEPS = 50
"""Versions of which a feed tells."""


@dataclass(frozen=True)
class FollowedRows:
    """Rows of a table: those that all filters choose."""

    listing: Listing
    table: str
    filters: tuple[str, ...]

    @property
    def title(self) -> str:
        return _("{title}: rows with {filters}", title=self.listing.title, filters=", ".join(self.filters))


@dataclass(frozen=True)
class RowNews:
    """What one version changed in the rows; None where its table cannot be compared with the one before."""

    before: Edition
    after: Edition
    at: str
    changes: RowChanges | None


def list_news(shelf: Shelf, tables: Tables, rows: FollowedRows) -> list[RowNews]:
    """The newest first, without versions that changed none of the rows. Raises Refusal."""
    if not rows.filters:
        raise Refusal(422, _("Say which rows: filter=comuna=4."), "filter")
    found = []
    for before, after in reversed(rows.listing.steps[-MOST_STEPS:]):
        releases = [shelf.release(rows.listing.dataset, str(each.version)) for each in (before, after)]
        new = table_of(releases[1], rows.table)
        old = table_of(releases[0], rows.table)
        if new is None or old is None or new[0].sha256 == old[0].sha256:
            continue
        with tables.comparing() as (duck, open_table):
            changes = compare_followed(duck, open_table(*old), open_table(*new), rows.filters)
        if changes is None or changes.table.num_rows:
            found.append(RowNews(before, after, _moment(before, after), changes))
    return found


def news_as_json(rows: FollowedRows, news: Sequence[RowNews]) -> dict[str, Any]:
    return {
        "id": rows.listing.dataset,
        "table": rows.table,
        "filter": list(rows.filters),
        "steps": [_step(each) for each in news],
    }


def news_feed(rows: FollowedRows, news: Sequence[RowNews], path: str, page: str) -> Feed:
    """`path` is the feed's own address after its base, `page` the address of the dataset's page."""
    items = [_item(rows, each, page) for each in news]
    author = (rows.listing.descriptor.get("publisher") or {}).get("name") or "Vereda"
    return Feed(path, _id(rows, ""), rows.title, page, author, items, since=rows.listing.editions[-1].at)


def _step(news: RowNews) -> dict[str, Any]:
    changes = news.changes
    told = {"from": str(news.before.version), "to": str(news.after.version), "at": news.at}
    if changes is None:
        return {**told, "followed": False}
    return {**told, "followed": True, "rows": changes.counts, "changes": changes.table.to_pylist()}


def _item(rows: FollowedRows, news: RowNews, page: str) -> Item:
    version, changes = news.after.version, news.changes
    if changes is None:
        what = _("the table has other columns or another key, and rows cannot be followed from before")
    else:
        what = describe_counts(changes)
    return Item(
        id=_id(rows, f"{news.before.version}-{version} {news.at}"),
        link=f"{page}#v{version}",
        author=None,
        published=news.at,
        updated=news.at,
        kind="rows",
        title=f"{rows.title}: {what}",
        says=(_("In version {version}: {what}.", version=version, what=what),),
        changes=describe_lines(changes) if changes else (),
    )


def _id(rows: FollowedRows, more: str) -> str:
    return item_id("\n".join([f"{rows.listing.path}/rows", rows.table, *sorted(rows.filters), more]))


def _moment(before: Edition, after: Edition) -> str:
    """When the later one took the earlier one's place: at its release, or when somebody went back to it."""
    return max(_moments(after)) if after.number < before.number else after.at


def _moments(edition: Edition) -> Iterator[str]:
    yield edition.at
    yield from (note.at for note in edition.notes if note.kind == "current")

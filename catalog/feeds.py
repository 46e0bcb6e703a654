"""News of the datasets as Atom feeds (RFC 4287): an entry for each thing that the log says, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from catalog.archive.changes.reasons import describe_changes
from catalog.metadata.record import Masthead
from catalog.public import Edition, Listing, Note
from messages import gettext as _

IDS = UUID("0b8f4f6e-5d0b-5c1e-9a57-6f0c2d9e7a31")  # ours: ids stay the same wherever the portal stands
MOST_ITEMS = 100


@dataclass(frozen=True)
class Item:
    """An entry of a feed. `kind` is release, breaking, withdrawal or rollback; `updated` and `published` are
    moments of the log."""

    id: str
    link: str
    author: str | None
    published: str
    updated: str
    kind: str = ""
    title: str = ""
    says: Sequence[str] = ()
    changes: Sequence[str] = ()


@dataclass(frozen=True)
class Feed:
    """A feed at `path` in the portal; `page` is what it is about. Its newest items come first."""

    path: str
    id: str
    title: str
    page: str
    author: str
    items: Sequence[Item]

    @property
    def updated(self) -> str:
        return max((item.updated for item in self.items), key=datetime.fromisoformat)


@dataclass(frozen=True)
class Said:
    """Something that the log says of a version: its release (`said` is the edition), or a note on it."""

    listing: Listing
    edition: Edition
    said: Edition | Note

    @property
    def order(self) -> tuple[datetime, int]:
        return datetime.fromisoformat(self.said.at), self.said.number


def dataset_feed(listing: Listing, masthead: Masthead) -> Feed:
    author = _publisher(listing)[1] or masthead.publisher
    title = _("{title}: news", title=_title(listing))
    return _feed(
        f"{listing.path}/feed.atom",
        title,
        f"{masthead.base}{listing.path}/index.html",
        author,
        said(listing),
        masthead,
    )


def publisher_feeds(listings: Iterable[Listing], masthead: Masthead) -> list[Feed]:
    """A feed for each publisher of real data."""
    found: dict[str, tuple[str, list[Said]]] = {}
    for listing in listings:
        id, name = _publisher(listing)
        if id and name and not listing.demo:
            found.setdefault(id, (name, []))[1].extend(said(listing))
    return [
        _feed(publisher_path(id), _("{title}: news", title=name), masthead.page, name, told, masthead)
        for id, (name, told) in sorted(found.items())
    ]


def overall_feed(listings: Iterable[Listing], masthead: Masthead) -> Feed | None:
    """The news of all real datasets; None where there are none."""
    told = [each for listing in listings if not listing.demo for each in said(listing)]
    title = _("{title}: news", title=masthead.title)
    return _feed("feed.atom", title, masthead.page, masthead.publisher, told, masthead) if told else None


def publisher_path(id: str) -> str:
    return f"publishers/{id}/feed.atom"


def said(listing: Listing) -> Iterator[Said]:
    """All that happened to a dataset."""
    for edition in listing.editions:
        yield Said(listing, edition, edition)
        yield from (Said(listing, edition, note) for note in edition.notes)


def _item(told: Said, masthead: Masthead) -> Item:
    id = _id(f"{told.listing.path}/log/{told.said.number} {told.said.at}")
    link = f"{masthead.base}{told.listing.path}/index.html#v{told.edition.version}"
    item = Item(id, link, _publisher(told.listing)[1], told.said.at, told.said.at)
    return (
        _noted(item, told.said, told)
        if isinstance(told.said, Note)
        else _released(item, told.edition, told.listing)
    )


def _released(item: Item, edition: Edition, listing: Listing) -> Item:
    """Of a version that was taken away, nothing is quoted: the entry says so since that moment."""
    told = {"title": _title(listing), "version": edition.version}
    item = replace(item, kind="release", title=_("{title}: version {version}", **told))
    if edition.level == "major":
        title = _("{title}: version {version} has changes that can break programs", **told)
        item = replace(
            item, kind="breaking", title=title, says=(_("Programs that read it may have to change."),)
        )
    if taken := next((note for note in edition.notes if note.kind == "withdraw"), None):
        return replace(item, updated=taken.at, says=(_("This version was withdrawn."),))
    if edition is listing.editions[-1]:
        return replace(item, says=(_("First version."),))
    return replace(item, changes=describe_changes(edition.changes))


def _noted(item: Item, note: Note, about: Said) -> Item:
    told = {"title": _title(about.listing), "version": about.edition.version}
    says = (_("Reason: {because}", because=note.because),) if note.because else ()
    if note.kind == "withdraw":
        return replace(
            item, kind="withdrawal", title=_("{title}: version {version} was withdrawn", **told), says=says
        )
    return replace(
        item, kind="rollback", title=_("{title}: version {version} is current again", **told), says=says
    )


def _feed(path: str, title: str, page: str, author: str, told: Iterable[Said], masthead: Masthead) -> Feed:
    newest = sorted(told, key=lambda each: each.order, reverse=True)[:MOST_ITEMS]
    return Feed(path, _id(path), title, page, author, [_item(each, masthead) for each in newest])


def _publisher(listing: Listing) -> tuple[str | None, str | None]:
    publisher = listing.descriptor.get("publisher", {})
    return publisher.get("id"), publisher.get("name")


def _title(listing: Listing) -> str:
    return f"DEMO · {listing.title}" if listing.demo else listing.title


def _id(name: str) -> str:
    return f"urn:uuid:{uuid5(IDS, name)}"

"""News of the datasets as Atom feeds (RFC 4287): an entry for each thing that the log says, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from catalog.portal.listing import Edition, Listing, Note
from catalog.portal.metadata.record import Masthead
from catalog.words import sentences
from messages import gettext as _

IDS = UUID("0b8f4f6e-5d0b-5c1e-9a57-6f0c2d9e7a31")  # ours: ids stay the same wherever the portal stands
LONGEST = 100


@dataclass(frozen=True)
class Item:
    """An entry of a feed. `kind` is release, breaking, withdrawal or rollback; `updated` and `published` are moments of the log."""

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


def of_dataset(listing: Listing, masthead: Masthead) -> Feed:
    author = _publisher(listing)[1] or masthead.publisher
    title = _("{title}: news", title=_title(listing))
    return _feed(f"{listing.path}/feed.atom", title, f"{masthead.base}{listing.path}/index.html", author, items(listing, masthead))


def of_publishers(listings: Iterable[Listing], masthead: Masthead) -> list[Feed]:
    """A feed for each publisher of real data."""
    found: dict[str, tuple[str, list[Item]]] = {}
    for listing in listings:
        id, name = _publisher(listing)
        if id and name and not listing.demo:
            found.setdefault(id, (name, []))[1].extend(items(listing, masthead))
    return [
        _feed(publisher_path(id), _("{title}: news", title=name), masthead.page, name, told) for id, (name, told) in sorted(found.items())
    ]


def of_all(listings: Iterable[Listing], masthead: Masthead) -> Feed | None:
    """The news of all real datasets; None where there are none."""
    told = [item for listing in listings if not listing.demo for item in items(listing, masthead)]
    return _feed("feed.atom", _("{title}: news", title=masthead.title), masthead.page, masthead.publisher, told) if told else None


def publisher_path(id: str) -> str:
    return f"publishers/{id}/feed.atom"


def items(listing: Listing, masthead: Masthead) -> list[Item]:
    """What happened to a dataset, the newest first."""
    told = [(note.number, _noted(note, edition, listing, masthead)) for edition in listing.editions for note in edition.notes]
    told += [(edition.number, _released(edition, listing, masthead)) for edition in listing.editions]
    return [item for _number, item in sorted(told, key=lambda each: each[0], reverse=True)]


def _released(edition: Edition, listing: Listing, masthead: Masthead) -> Item:
    """Of a version that was taken away, nothing is quoted: the entry says so since that moment."""
    told = {"title": _title(listing), "version": edition.version}
    item = replace(_item(edition, edition, listing, masthead), kind="release", title=_("{title}: version {version}", **told))
    if edition.level == "major":
        title = _("{title}: version {version} has changes that can break programs", **told)
        item = replace(item, kind="breaking", title=title, says=(_("Programs that read it may have to change."),))
    if taken := next((note for note in edition.notes if note.kind == "withdraw"), None):
        return replace(item, updated=taken.at, says=(_("This version was withdrawn."),))
    if edition is listing.editions[-1]:
        return replace(item, says=(_("First version."),))
    return replace(item, changes=sentences(edition.changes))


def _noted(note: Note, edition: Edition, listing: Listing, masthead: Masthead) -> Item:
    told = {"title": _title(listing), "version": edition.version}
    item = _item(note, edition, listing, masthead)
    says = (_("Reason: {because}", because=note.because),) if note.because else ()
    if note.kind == "withdraw":
        return replace(item, kind="withdrawal", title=_("{title}: version {version} was withdrawn", **told), says=says)
    return replace(item, kind="rollback", title=_("{title}: version {version} is current again", **told), says=says)


def _item(said: Edition | Note, edition: Edition, listing: Listing, masthead: Masthead) -> Item:
    """What every entry has: `said` of the log, about `edition`."""
    id = _id(f"{listing.path}/log/{said.number} {said.at}")
    link = f"{masthead.base}{listing.path}/index.html#v{edition.version}"
    return Item(id, link, _publisher(listing)[1], said.at, said.at)


def _feed(path: str, title: str, page: str, author: str, told: Iterable[Item]) -> Feed:
    newest = sorted(told, key=lambda item: datetime.fromisoformat(item.published), reverse=True)
    return Feed(path, _id(path), title, page, author, newest[:LONGEST])


def _publisher(listing: Listing) -> tuple[str | None, str | None]:
    publisher = listing.descriptor.get("publisher", {})
    return publisher.get("id"), publisher.get("name")


def _title(listing: Listing) -> str:
    return f"DEMO · {listing.title}" if listing.demo else listing.title


def _id(name: str) -> str:
    return f"urn:uuid:{uuid5(IDS, name)}"

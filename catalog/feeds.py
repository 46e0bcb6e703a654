"""News of the datasets as Atom feeds (RFC 4287): an entry for each thing that the log says, in words."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from catalog.archive.changes.reasons import describe_changes
from catalog.archive.reports import ReportEntry, group_reports
from catalog.metadata.record import Masthead
from catalog.public import Announcement, Edition, Listing, Note
from messages import gettext as _
from messages.formats import format_date

IDS = UUID("0b8f4f6e-5d0b-5c1e-9a57-6f0c2d9e7a31")  # ours: ids stay the same wherever the portal stands
MOST_ITEMS = 100


@dataclass(frozen=True)
class Item:
    """An entry of a feed. `kind` is release, breaking, announcement, withdrawal, rollback or answer;
    `updated` and `published` are moments of the log."""

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
    """A feed at `path` in the portal; `page` is what it is about. Its newest items come first; one that has
    none yet says of which moment it is (`since`)."""

    path: str
    id: str
    title: str
    page: str
    author: str
    items: Sequence[Item]
    since: str = ""

    @property
    def updated(self) -> str:
        return max((item.updated for item in self.items), key=datetime.fromisoformat, default=self.since)

    @property
    def label(self) -> str:
        """What it has news of."""
        return self.title.removesuffix(_("{title}: news", title=""))


@dataclass(frozen=True)
class Event:
    """Something that the log says of a version: its release, or a note on it; an `answer` to a report of a
    problem; or that a later version is `announced`."""

    listing: Listing
    edition: Edition
    note: Note | None = None
    answer: ReportEntry | None = None
    announced: Announcement | None = None

    @property
    def at(self) -> str:
        if self.announced:
            return self.announced.since
        found = self.answer or self.note or self.edition
        return found.at

    @property
    def number(self) -> int:
        """That of its entry in the log, or among the reports."""
        found = self.announced or self.answer or self.note or self.edition
        return found.number

    @property
    def order(self) -> tuple[datetime, int]:
        return datetime.fromisoformat(self.at), self.number


def dataset_feed(listing: Listing, masthead: Masthead) -> Feed:
    author = _publisher(listing)[1] or masthead.publisher
    title = _("{title}: news", title=_title(listing))
    page = f"{masthead.base}{listing.path}/index.html"
    news = NewestItems()
    news.add_events(events(listing), masthead)
    return _feed(f"{listing.path}/feed.atom", title, page, author, news)


class NewestItems:
    """The newest items of many, in the `order` that is given with each; the others are let go of, or never
    made."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, int, Item]] = []
        self._seen = 0

    def add(self, order: Any, make: Callable[[], Item]) -> None:
        self._seen += 1
        if len(self._kept) < MOST_ITEMS:
            heapq.heappush(self._kept, (order, -self._seen, make()))
        elif (order, -self._seen) > self._kept[0][:2]:
            heapq.heapreplace(self._kept, (order, -self._seen, make()))

    def add_events(self, events: Iterable[Event], masthead: Masthead) -> None:
        for event in events:
            self.add(event.order, partial(_item, event, masthead))

    def items(self) -> list[Item]:
        """The newest first; of two of the same order, the one that came first."""
        return [item for _order, _seen, item in sorted(self._kept, key=lambda each: each[:2], reverse=True)]


def publisher_feeds(listings: Iterable[Listing], masthead: Masthead) -> list[Feed]:
    """A feed for each publisher of real data."""
    found: dict[str, tuple[str, NewestItems]] = {}
    for listing in listings:
        id, name = _publisher(listing)
        if id and name and not listing.demo:
            found.setdefault(id, (name, NewestItems()))[1].add_events(_joint_events(listing), masthead)
    return [
        _feed(publisher_path(id), _("{title}: news", title=name), masthead.page, name, news)
        for id, (name, news) in sorted(found.items())
    ]


def overall_feed(listings: Iterable[Listing], masthead: Masthead) -> Feed | None:
    """The news of all real datasets; None where there are none."""
    news, any_real = NewestItems(), False
    for listing in listings:
        if not listing.demo:
            any_real = True
            news.add_events(_joint_events(listing), masthead)
    if not any_real:
        return None
    title = _("{title}: news", title=masthead.title)
    return _feed("feed.atom", title, masthead.page, masthead.publisher, news)


def publisher_path(id: str) -> str:
    return f"publishers/{id}/feed.atom"


def events(listing: Listing) -> Iterator[Event]:
    """All that happened to a dataset."""
    for edition in listing.editions:
        yield Event(listing, edition)
        for note in edition.notes:
            yield Event(listing, edition, note)
    latest = listing.current or listing.editions[0]
    if listing.announced:
        yield Event(listing, latest, announced=listing.announced)
    for problem in group_reports(listing.problems):
        for answer in problem.answers:
            if problem.is_public:
                yield Event(listing, latest, answer=answer)


def _joint_events(listing: Listing) -> Iterator[Event]:
    """What a feed on many datasets says of one: of the versions that one run made, which brought years of
    history along, the newest; the dataset's own feed has them all."""
    runs: set[str] = set()
    for event in events(listing):
        run = event.edition.run if not (event.note or event.answer or event.announced) else ""
        if run and run in runs:
            continue
        runs.add(run)
        yield event


def _item(event: Event, masthead: Masthead) -> Item:
    listing = event.listing
    if event.answer:
        return _answer_item(event.answer, listing, masthead)
    if event.announced:
        return _announcement_item(event.announced, listing, masthead)
    item = Item(
        id=item_id(f"{listing.path}/log/{event.number} {event.at}"),
        link=f"{masthead.base}{listing.path}/index.html#v{event.edition.version}",
        author=_publisher(listing)[1],
        published=event.at,
        updated=event.at,
    )
    if event.note:
        return _note_item(item, event.note, event)
    return _release_item(item, event.edition, listing)


def _release_item(item: Item, edition: Edition, listing: Listing) -> Item:
    """Of a version that was taken away, nothing is quoted: the entry says so since that moment."""
    names = {"title": _title(listing), "version": edition.version}
    item = replace(item, kind="release", title=_("{title}: version {version}", **names))
    if edition.level == "major":
        title = _("{title}: version {version} has changes that can break programs", **names)
        says = (_("Programs that read it may have to change."),)
        item = replace(item, kind="breaking", title=title, says=says)
    withdrawal = next((note for note in edition.notes if note.kind == "withdraw"), None)
    if withdrawal:
        return replace(item, updated=withdrawal.at, says=(_("This version was withdrawn."),))
    if edition is listing.editions[-1]:
        return replace(item, says=(_("First version."),))
    return replace(item, changes=describe_changes(edition.changes))


def _answer_item(answer: ReportEntry, listing: Listing, masthead: Masthead) -> Item:
    """An answer to a reported problem, in its own words."""
    values = {"title": _title(listing), "number": answer.report, "version": answer.version}
    title = _("{title}: answer to report {number}", **values)
    if answer.kind == "fixed":
        title = _("{title}: report {number} is corrected in version {version}", **values)
    return Item(
        id=item_id(f"{listing.path}/problems/{answer.number}"),
        link=f"{masthead.base}{listing.path}/index.html#p{answer.report}",
        author=_publisher(listing)[1],
        published=answer.at,
        updated=answer.at,
        kind="answer",
        title=title,
        says=[line for line in answer.text.split("\n") if line],
    )


def _announcement_item(announced: Announcement, listing: Listing, masthead: Masthead) -> Item:
    """A version that will break programs: another day, or another version, is other news."""
    values = {"title": _title(listing), "major": announced.major, "date": format_date(announced.day)}
    return Item(
        id=item_id(f"{listing.path}/announced/{announced.major} {announced.day}"),
        link=f"{masthead.base}{listing.path}/index.html#announced",
        author=_publisher(listing)[1],
        published=announced.since,
        updated=announced.since,
        kind="announcement",
        title=_("{title}: version {major} is announced for {date}", **values),
        says=(announced.changes, _("Programs that read it may have to change then.")),
    )


def _note_item(item: Item, note: Note, event: Event) -> Item:
    names = {"title": _title(event.listing), "version": event.edition.version}
    says = (_("Reason: {because}", because=note.because),) if note.because else ()
    if note.kind == "withdraw":
        title = _("{title}: version {version} was withdrawn", **names)
        return replace(item, kind="withdrawal", title=title, says=says)
    title = _("{title}: version {version} is current again", **names)
    return replace(item, kind="rollback", title=title, says=says)


def _feed(path: str, title: str, page: str, author: str, news: NewestItems) -> Feed:
    return Feed(path, item_id(path), title, page, author, news.items())


def _publisher(listing: Listing) -> tuple[str | None, str | None]:
    publisher = listing.descriptor.get("publisher", {})
    return publisher.get("id"), publisher.get("name")


def _title(listing: Listing) -> str:
    return f"DEMO · {listing.title}" if listing.demo else listing.title


def item_id(name: str) -> str:
    """The id of a feed or an entry: the same wherever the portal stands."""
    return f"urn:uuid:{uuid5(IDS, name)}"

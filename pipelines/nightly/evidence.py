"""Evidence that lasts: the links of evidence, sources and minutes are asked once a night, what stands there
is kept, and what became of the original is noted. A link that fails costs no dataset anything."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.parquet as pq

from catalog.archive.archive import Archive
from catalog.archive.links import LinkNews, LinkStanding, Look, link_key, plain_address
from catalog.archive.release import Damaged, twin
from catalog.archive.roles import ROLES
from catalog.archive.store import ArchiveError
from catalog.public import Listing, iterate_listings
from messages import gettext as _
from messages import ngettext
from pipelines.fetch.links import LinkAnswer, ask_link
from pipelines.fetch.snapshot import SourceUnavailable
from pipelines.nightly.turns import host_turn
from pipelines.settings import Limits, Settings

LOCK, PATIENCE = "links", 5.0
RECENT = timedelta(hours=20)
"""A link that was asked since then was asked this night."""
TRUST = timedelta(days=30)
"""So long a server is believed that says that nothing changed; then all is read again."""
NIGHT, HAND = 1800.0, 120.0
"""Seconds for all links of a night, and of a run by hand; what is left comes first the next time."""
UNREACHABLE = 3
"""Hosts that nobody reached, one after another: then this machine itself reaches nothing."""
LINK_FIELDS = ("evidencias", "enlace")
"""The fields of roles in which addresses stand; `evidencias` is a list."""


@dataclass(frozen=True)
class Link:
    """An address that the current releases of these datasets lean on; `public`: one of them declares that its
    copy may be shown."""

    address: str
    datasets: tuple[str, ...]
    public: bool


def find_links(archive: Archive) -> dict[str, Link]:
    """Every link of every real dataset, by its address: those of demonstrations are invented."""
    found: dict[str, Link] = {}
    for listing in iterate_listings(archive, {}):
        if listing.demo or listing.current is None:
            continue
        public = bool(listing.descriptor.get("evidence", {}).get("publicBecause"))
        with suppress(Damaged, *archive.failures_of_one):
            for address in _addresses(archive, listing):
                known = found.get(address, Link(address, (), False))
                datasets = tuple(dict.fromkeys((*known.datasets, listing.dataset)))
                found[address] = Link(address, datasets, known.public or public)
    return found


def _addresses(archive: Archive, listing: Listing) -> Iterator[str]:
    resources = listing.descriptor.get("resources", ())
    for thing in (listing.descriptor, *resources):
        for source in thing.get("sources", ()):
            yield from _plain(source.get("path"))
    for resource in resources:
        for row in _role_rows(archive, listing, resource):
            for text in row.values():
                for part in str(text or "").split("; "):
                    yield from _plain(part)


def _role_rows(
    archive: Archive, listing: Listing, resource: Mapping[str, Any]
) -> Sequence[Mapping[str, Any]]:
    """The cells with addresses of a table that has a role."""
    role, name = resource.get("role", {}), twin(str(resource.get("path", "")))
    if role.get("name") not in ROLES or listing.current is None or name not in listing.current.files:
        return []
    called = role.get("fields", {})
    wanted = {called.get(each, each) for each in LINK_FIELDS if each in ROLES[role["name"]].fields}
    there = [each["name"] for each in resource["schema"]["fields"] if each["name"] in wanted]
    if not there:
        return []
    rows: list[Mapping[str, Any]] = pq.read_table(
        io.BytesIO(archive.get(listing.current.files[name].sha256)), columns=there
    ).to_pylist()
    return rows


def _plain(address: object) -> Iterator[str]:
    plain = plain_address(str(address or ""))
    with suppress(ValueError):
        if urlsplit(plain).scheme in ("http", "https") and urlsplit(plain).hostname and len(plain) < 2000:
            yield plain


@dataclass
class LinkWatch:
    """A look at links by the run `run`. `patience` are the seconds for all of them."""

    archive: Archive
    settings: Settings
    run: str
    clock: Callable[[], datetime]
    patience: float = NIGHT
    ask: Callable[..., LinkAnswer] = ask_link
    news: list[LinkNews] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    reached: bool = False

    def look(self, ids: Collection[str] | None) -> str:
        """Asks the links of these datasets, of all where none is named, that were not asked this night; says
        what came of it. Nothing is asked where another run does so now."""
        by = {"run": self.run, "since": self.clock().isoformat(timespec="seconds")}
        with self.archive.locks.wait([LOCK], by, PATIENCE) as mine:
            if not mine:
                return _("another run asks the links now")
            links, standings = find_links(self.archive), self.archive.links.standings()
            self._ask_all(self._due(links, standings, ids), standings)
            if self._is_offline:  # it says nothing of those hosts
                self.news.clear()
                self.confirmed.clear()
            public = tuple(sorted(each.address for each in links.values() if each.public))
            shown = tuple(sorted(each.address for each in standings.values() if each.public))
            if self.news or self.read or self.confirmed or public != shown:
                self.archive.links.add(self._note(public))
        return self._sentence()

    def _due(
        self, links: Mapping[str, Link], standings: Mapping[str, LinkStanding], ids: Collection[str] | None
    ) -> list[Link]:
        """Those that were never asked first, then those that were asked longest ago."""
        now = self.clock()
        due = []
        for link in links.values():
            asked = standings[link.address].asked if link.address in standings else ""
            mine = ids is None or not set(ids).isdisjoint(link.datasets)
            if mine and (not asked or now - datetime.fromisoformat(asked) > RECENT):
                due.append((asked, link.address, link))
        return [link for _asked, _address, link in sorted(due, key=lambda each: each[:2])]

    def _ask_all(self, due: Sequence[Link], standings: Mapping[str, LinkStanding]) -> None:
        end = time.monotonic() + self.patience
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            for link in due:
                host = urlsplit(link.address).netloc.rpartition("@")[2].lower()
                if self._is_offline or time.monotonic() > end:
                    return
                if host not in self.silent:
                    known = standings.get(link.address, LinkStanding(link.address))
                    self._ask_one(known, host, Path(folder) / "copy")

    @property
    def _is_offline(self) -> bool:
        return not self.reached and len(self.silent) >= UNREACHABLE

    def _ask_one(self, known: LinkStanding, host: str, into: Path) -> None:
        at = self.clock().isoformat(timespec="seconds")
        by = {"run": self.run, "since": at}
        try:
            with host_turn(self.archive, host, self.settings.source_requests, by):
                answer = self.ask(known.address, self._askable(known), into, Limits.of(self.settings), at)
        except SourceUnavailable as error:
            answer = LinkAnswer("unreached", why=str(error))
        if not answer.offline:
            self.reached = True
        elif host not in self.silent:
            self.silent.append(host)
        self._settle(known, answer, into)

    def _askable(self, known: LinkStanding) -> Any:
        """The newest copy, where its server may say that nothing changed: its bytes are there, and it was
        read whole not long ago."""
        newest = known.copies[-1] if known.copies else None
        if newest is None or not known.read or self.archive.blob_fault(newest.sha256):
            return None
        recent = self.clock() - datetime.fromisoformat(known.read) < TRUST
        return newest if recent else None

    def _settle(self, known: LinkStanding, answer: LinkAnswer, into: Path) -> None:
        """Notes what is other than before; keeps the bytes of a new copy first."""
        address, key = known.address, link_key(known.address)
        newest = known.copies[-1] if known.copies else None
        if answer.result in ("gone", "unreached"):
            if known.word == answer.result:
                (self.confirmed if answer.result == "unreached" else self.read).append(key)
            else:
                finding = "gone" if answer.result == "gone" else "unreached"
                self.news.append(LinkNews(address, finding, why=answer.why))  # type: ignore[arg-type]
            return
        if answer.copy and (newest is None or answer.copy.text != newest.text):
            self.archive.put(into)
            self.news.append(LinkNews(address, "changed" if newest else "kept", answer.copy))
            return
        if answer.copy and newest and answer.copy.sha256 == newest.sha256:
            self._mend(newest.sha256, into)
        if known.gone or known.unreached:
            self.news.append(LinkNews(address, "same"))
        else:
            (self.read if answer.copy else self.confirmed).append(key)

    def _mend(self, sha256: str, into: Path) -> None:
        """Brings a copy back that was damaged or lost: its original still has the same bytes."""
        if self.archive.blob_fault(sha256):
            self.archive.bring_back(sha256, into)

    def _note(self, public: tuple[str, ...]) -> Look:
        at = self.clock().isoformat(timespec="seconds")
        return Look(0, at, self.run, tuple(self.news), tuple(self.read), tuple(self.confirmed), public)

    def _sentence(self) -> str:
        asked = len(self.news) + len(self.read) + len(self.confirmed)
        if self._is_offline:
            return _("no host could be reached from here; the links wait for the next night")
        if not asked:
            return _("no link was due")
        found = [news.finding for news in self.news]
        parts = {
            "kept": ngettext("{n} new copy", "{n} new copies", found.count("kept")),
            "changed": ngettext("{n} original changed", "{n} originals changed", found.count("changed")),
            "gone": ngettext("{n} original is gone", "{n} originals are gone", found.count("gone")),
            "unreached": ngettext("{n} did not answer", "{n} did not answer", found.count("unreached")),
        }
        told = ", ".join(text for word, text in parts.items() if word in found) or _("nothing new")
        return ngettext("{n} link asked: {told}", "{n} links asked: {told}", asked, told=told)


def keep_evidence(archive: Archive, settings: Settings, run: str, ids: Collection[str] | None) -> str:
    """Asks the links that are due, and says what came of it in a sentence. What fails here, fails nothing
    else."""
    try:
        return LinkWatch(archive, settings, run, lambda: settings.now, HAND if ids else NIGHT).look(ids)
    except (ArchiveError, Damaged, OSError) as error:
        return _("the links were not asked: {why}", why=error)


def describe_links(archive: Archive, ids: Collection[str] | None = None) -> list[dict[str, Any]]:
    """What `vereda evidence --json` answers: every link that datasets lean on, and how it stands."""
    standings = archive.links.standings()
    rows = []
    for address, link in sorted(find_links(archive).items()):
        if ids is not None and set(ids).isdisjoint(link.datasets):
            continue
        known = standings.get(address, LinkStanding(address))
        copies = [{"sha256": c.sha256, "bytes": c.bytes, "media": c.media, "at": c.at} for c in known.copies]
        told = {"address": address, "datasets": list(link.datasets), "state": known.word, "copies": copies}
        since = {"changed": known.changed, "gone": known.gone, "unreached": known.unreached}
        shown = known.shown.sha256 if known.shown else None
        rows.append({**told, **since, "why": known.why, "asked": known.asked or None, "public": shown})
    return rows

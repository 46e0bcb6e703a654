"""What the public may see of a dataset: its versions, their public files and how fresh they are, and nothing
else of the log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from catalog.archive.archive import Archive
from catalog.archive.release import Entry, File, History, Level, Version
from catalog.archive.reports import ReportEntry
from catalog.archive.store import ArchiveError
from catalog.spoken import say
from messages.formats import BUENOS_AIRES, local_day


@dataclass(frozen=True)
class Note:
    """Something said of a version after its release: `withdraw` (taken away) or `current` (made current
    again).

    `number` is that of its entry in the log.
    """

    number: int
    kind: str
    at: str
    because: str | None


@dataclass(frozen=True)
class Raw:
    """The agency's file that a table was made from: what it is proved by, and `source`, its address on the
    web or in the dataset's folder; None where it was handed in, since a file's name may name a person.
    """

    resource: str
    sha256: str
    bytes: int
    source: str | None


@dataclass(frozen=True)
class Edition:
    """A version as the portal shows it. `number` is that of its entry in the log, `run` the run that made it;
    `files` has its public files, none where it was withdrawn.
    """

    number: int
    version: Version
    level: Level | None
    at: str
    as_of: str | None
    files: Mapping[str, File]
    changes: Mapping[str, Any]
    rows: Mapping[str, int]
    notes: tuple[Note, ...]
    run: str = ""
    raw: tuple[Raw, ...] = ()

    @property
    def withdrawn(self) -> bool:
        return any(note.kind == "withdraw" for note in self.notes)


@dataclass(frozen=True)
class Announcement:
    """A version that will break programs, told ahead: its `major` number, the `day` (ISO 8601) for which it
    is promised, and what changes, as the declaration says it. `since` is the moment of the release that first
    told of it, `number` that release's entry in the log."""

    major: int
    day: str
    about: Mapping[str, Any]
    since: str
    number: int

    @property
    def changes(self) -> str:
        return say(self.about, "changes")

    def has_passed(self, today: date) -> bool:
        """Whether it should be there, and is not."""
        return date.fromisoformat(self.day) < today


@dataclass(frozen=True)
class Listing:
    """A dataset's place in the portal.

    `editions` are newest first; `current` is the one under `latest/`, None where all were withdrawn;
    `descriptor` is its published datapackage.json, empty where there is none; `problems` what readers
    reported and what was answered; `announced` the breaking version that is promised and has not come;
    `currents` the versions that were current, one after the other.
    """

    dataset: str
    demo: bool
    head: int
    editions: tuple[Edition, ...]
    current: Edition | None
    descriptor: Mapping[str, Any]
    problems: tuple[ReportEntry, ...] = ()
    announced: Announcement | None = None
    currents: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The dataset's folder in the portal."""
        return dataset_place(self.dataset, self.demo)

    @property
    def title(self) -> str:
        """The published title; the id where there is none, or no version left that may be quoted."""
        return str(self.descriptor.get("title") or self.dataset)

    @property
    def spoken_title(self) -> str:
        """The title in the language that is spoken now, where it is given in it."""
        return say(self.descriptor) or self.title

    @property
    def changed(self) -> str:
        """The moment of the newest thing that the log says of its versions."""
        moments = []
        for edition in self.editions:
            moments += [edition.at, *(note.at for note in edition.notes)]
        return max(moments, key=datetime.fromisoformat)

    @property
    def majors(self) -> Mapping[int, Edition]:
        """Of each major version the one that programs bound to it read: the current one, else the newest that
        is left."""
        newest = {edition.version.major: edition for edition in reversed(self.editions) if edition.files}
        return newest | ({self.current.version.major: self.current} if self.current else {})

    @property
    def steps(self) -> list[tuple[Edition, Edition]]:
        """From each version that was current to the next one, oldest first; versions that were withdrawn are
        passed over, as if they had never been."""
        by_version = {str(each.version): each for each in self.editions if each.files}
        left = [by_version[version] for version in self.currents if version in by_version]
        order = [each for place, each in enumerate(left) if place == 0 or each is not left[place - 1]]
        return list(pairwise(order))

    def files(self) -> Iterator[tuple[str, File]]:
        """Every public file with its path in the portal; those under `latest/` and `v/1/` come after the
        version that they repeat."""
        for edition in self.editions:
            for name, file in edition.files.items():
                yield f"{self.path}/v/{edition.version}/{name}", file
        for name, file in self.current.files.items() if self.current else ():
            yield f"{self.path}/latest/{name}", file
        for major, edition in self.majors.items():
            for name, file in edition.files.items():
                yield f"{self.path}/v/{major}/{name}", file


@dataclass(frozen=True)
class Survey:
    """Every dataset that was ever released, by id, the real ones before the demo ones; and of each that the
    archive cannot give, by its place in the portal, why."""

    listings: list[Listing]
    faults: Mapping[str, str]


def survey(archive: Archive) -> Survey:
    """All that the public may see; what is wrong with one dataset costs that one alone. Raises ArchiveError
    where the storage itself fails."""
    faults: dict[str, str] = {}
    return Survey(list(iterate_listings(archive, faults)), faults)


def iterate_listings(archive: Archive, faults: dict[str, str]) -> Iterator[Listing]:
    """The same, one after another: whoever keeps none of them needs memory for one. `faults` are added to."""
    found, last = False, None
    for dataset, demo in sorted(archive.datasets(), key=lambda each: (each[1], each[0])):
        try:
            history = archive.history(dataset, demo)
            archive.require_newest(dataset, demo)
            listing = listing_of(archive, history) if history.releases else None
        except archive.failures_of_one as error:
            faults[dataset_place(dataset, demo)] = str(error)
            last = error if isinstance(error, ArchiveError) else last
            continue
        if listing:
            found = True
            yield listing
    if last and not found:
        raise last


def listings(archive: Archive) -> list[Listing]:
    """Every dataset of a survey that the archive can give."""
    return survey(archive).listings


def dataset_place(dataset: str, demo: bool) -> str:
    """A dataset's folder in the portal."""
    return f"{'demo' if demo else 'datasets'}/{dataset}"


def listing_of(archive: Archive, history: History) -> Listing:
    """The place of a dataset that was released."""
    editions = tuple(_edition(entry, history) for entry in reversed(history.releases))
    version = history.current.version if history.current else None
    current = next((each for each in editions if each.version == version), None)
    file = current.files.get("datapackage.json") if current else None
    descriptor = json.loads(archive.get(file.sha256)) if file else {}
    problems = tuple(archive.problems(history.dataset, history.demo).all())
    announced = _announcement(archive, editions, descriptor)
    currents = tuple(str(each.current) for each in history.standings if each.current)
    about = (history.dataset, history.demo, history.head)
    return Listing(*about, editions, current, descriptor, problems, announced, currents)


def _announcement(
    archive: Archive, editions: Sequence[Edition], descriptor: Mapping[str, Any]
) -> Announcement | None:
    """The version that the current one's descriptor promises, unless it has come; since when it is told, by
    the descriptors of the versions before."""
    about = descriptor.get("announces")
    if not about or any(each.version.major >= about["version"] for each in editions):
        return None
    promise = (about["version"], about["date"])
    first = None
    for edition in editions:
        file = edition.files.get("datapackage.json")
        told = json.loads(archive.get(file.sha256)).get("announces") if file else None
        if told and (told["version"], told["date"]) == promise:
            first = edition
        elif first:
            break
    if first is None:
        return None
    return Announcement(about["version"], about["date"], about, first.at, first.number)


def cited_addresses(descriptor: Mapping[str, Any]) -> list[str]:
    """The addresses that a published descriptor names as sources, of the dataset or of a table."""
    things = (descriptor, *descriptor.get("resources", ()))
    paths = [str(source.get("path") or "") for thing in things for source in thing.get("sources", ())]
    return [path for path in dict.fromkeys(paths) if path.lower().startswith(("http://", "https://"))]


def listing_as_json(listing: Listing) -> str:
    """A listing as a text from which `listing_from_json` makes it again."""
    plain = asdict(listing)
    plain["problems"] = [{**each, "token": ""} for each in plain["problems"]]
    return json.dumps(plain, ensure_ascii=False, default=vars, sort_keys=True) + "\n"


def listing_from_json(text: bytes) -> Listing:
    """Raises ValueError, TypeError, KeyError or AttributeError where the text holds none."""
    plain = json.loads(text)
    editions = tuple(_edition_from_json(each) for each in plain.pop("editions"))
    current = plain.pop("current")
    return Listing(
        **{
            **plain,
            "editions": editions,
            "current": _edition_from_json(current) if current else None,
            "problems": tuple(ReportEntry(**each) for each in plain["problems"]),
            "announced": Announcement(**plain["announced"]) if plain["announced"] else None,
            "currents": tuple(plain.get("currents", ())),
        }
    )


def _edition_from_json(plain: Mapping[str, Any]) -> Edition:
    return Edition(
        **{
            **plain,
            "version": Version(**plain["version"]),
            "files": {name: File(**each) for name, each in plain["files"].items()},
            "notes": tuple(Note(**each) for each in plain["notes"]),
            "raw": tuple(Raw(**each) for each in plain["raw"]),
        }
    )


def _edition(release: Entry, history: History) -> Edition:
    notes = tuple(
        Note(e.number, e.kind, e.at, e.because)
        for e in history
        if e.kind in ("withdraw", "current") and e.version == release.version
    )
    withdrawn = release.version in history.withdrawn
    files = {} if withdrawn else {name: file for name, file in sorted(release.files.items()) if file.public}
    return Edition(
        number=release.number,
        version=release.version,
        level=release.level,
        at=release.at,
        as_of=release.as_of,
        files=files,
        changes=release.changes,
        rows=release.rows,
        notes=notes,
        run=release.run,
        raw=tuple(_raw_files(release)),
    )


def _raw_files(release: Entry) -> Iterator[Raw]:
    for resource, snapshot in release.provenance.get("snapshots", {}).items():
        source = None if snapshot.get("receipt") else _address_without_secrets(snapshot["source"])
        yield Raw(resource, snapshot["sha256"], snapshot["bytes"], source)


def _address_without_secrets(source: str) -> str:
    """Without what may be one: a user, a password, a query."""
    parts = urlsplit(source)
    if not parts.netloc:
        return source
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


_DAYS = {"Y": 365.25, "M": 30.44, "W": 7.0, "D": 1.0}


def freshness(listing: Listing, now: datetime) -> str | None:
    """`fresh`, `due`, `late`, `very-late`; None where nothing is promised, or no version is left."""
    period = period_days(str(listing.descriptor.get("accrualPeriodicity", "")))
    if listing.current is None or period is None:
        return None
    today, data_of = now.astimezone(BUENOS_AIRES).date(), listing.current.as_of or listing.current.at
    return freshness_word((today - local_day(data_of)).days, period)


def release_freshness(edition: Edition, descriptor: Mapping[str, Any]) -> str | None:
    """The word for a version on the day of its release, under the promise of its own descriptor."""
    period = period_days(str(descriptor.get("accrualPeriodicity", "")))
    if period is None:
        return None
    age = local_day(edition.at) - local_day(edition.as_of or edition.at)
    return freshness_word(age.days, period)


def freshness_word(age: int, period: float) -> str:
    """The word for data `age` days old where new data is promised every `period` days, at least a day."""
    periods = age / max(period, 1)
    for limit, word in ((1, "fresh"), (1.5, "due"), (3, "late")):
        if periods <= limit:
            return word
    return "very-late"


def period_days(periodicity: str) -> float | None:
    """The length of an ISO 8601 repeating interval ("R/P1M", "R/P0.5M", "R/PT1H") in days; None for
    `eventual` and what is none."""
    match = re.fullmatch(r"R/P(?:(\d+(?:\.\d+)?)([YMWD])|T\d+(?:\.\d+)?[HMS])", periodicity)
    if not match:
        return None
    return float(match[1]) * _DAYS[match[2]] if match[1] else 0.0

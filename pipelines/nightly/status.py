"""How things stand: what needs a person first, what is running, and when the next night is."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.links import count_links
from catalog.archive.release import Damaged
from catalog.archive.runs import PLACES, RunLog, RunRecord, Standing, UnknownRun
from catalog.archive.store import ArchiveError
from catalog.public import freshness, iterate_listings
from messages import gettext as _
from messages.formats import format_date
from pipelines.dataset.dataset import Dataset, DatasetError
from pipelines.nightly.due import count_nights, last_firing
from pipelines.nightly.inbox import HandedIn, find_inbox_strays
from pipelines.nightly.schedule import Schedule
from pipelines.nightly.unsettled import find_unsettled
from pipelines.release.guards.accept import find_replacement
from pipelines.settings import Settings

LATE = timedelta(minutes=30)
"""A night that has not begun by then does not begin by itself."""
LOOKED_AT = 50
"""So many runs are looked at for a night."""
COMMANDS = {
    "portal": "vereda publish --to portal",
    "ckan": "vereda plan --to ckan",  # a package of others may wait to be looked at first
    "notices": "vereda tell",
    "archive": "vereda doctor",
}
GRAVITY = ("failed", "rejected", "quarantined")
"""What needs a person, the worst first."""


@dataclass(frozen=True)
class Declarations:
    """What is asked of all declarations, none of which is kept: which datasets each needs, those that cannot
    be read, and those that are `handed` in."""

    needs: Mapping[str, tuple[str, ...]]
    broken: Mapping[str, DatasetError]
    handed: Sequence[HandedIn]

    @classmethod
    def of(cls, declared: Iterable[Dataset | DatasetError]) -> Declarations:
        needs, broken, handed = {}, {}, []
        for each in declared:
            if isinstance(each, DatasetError):
                broken[each.dataset] = each
                continue
            needs[each.id] = each.needs
            if place := HandedIn.of(each):
                handed.append(place)
        return cls(needs, broken, handed)

    def known(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are datasets: another one cannot be run."""
        return [name for name in names if name in self.needs or name in self.broken]


def describe_status(
    archive: Archive,
    declared: Iterable[Dataset | DatasetError],
    settings: Settings,
    now: datetime,
    schedule: Schedule | None = None,
) -> dict[str, Any]:
    """What `vereda status --json` answers: the last night, what is running, what needs a person; and of the
    next night what the `schedule` says, where it was asked for. What is `declared` is gone through once.
    Raises ArchiveError."""
    log, known = archive.run_log, Declarations.of(declared)
    needs = list(_find_needs(archive, known))
    upcoming = schedule.next(now) if schedule else None
    return {
        "night": {
            **_describe_night(log),
            "next": upcoming.isoformat(timespec="minutes") if upcoming else None,
        },
        "schedule": schedule.to_json() if schedule else None,
        "running": [dict(each) for record in log.running() for each in record.running],
        "needs": [
            *_find_locked_archive(archive),
            *_find_lost_night(log, settings, now, schedule),
            *needs,
            *find_unsettled(archive, known.handed, {each["dataset"] for each in needs}),
            *_describe_strays(known, settings),
        ],
        "late": find_late(archive, now),
        "links": describe_link_counts(archive),
    }


def describe_runs(archive: Archive, dataset: str | None, most: int) -> dict[str, Any]:
    """What `vereda runs --json` answers: the last `most` runs, newest first; those of one dataset with its
    outcomes alone."""
    found: list[dict[str, Any]] = []
    for record in read_records(archive.run_log):
        outcomes = [o for o in record.outcomes if dataset is None or o["dataset"] == dataset]
        if dataset is None or outcomes:
            found.append(describe_run(archive.run_log, record, outcomes))
        if len(found) == most:
            break
    return {"runs": found}


def describe_run(
    log: RunLog, record: RunRecord, outcomes: Sequence[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """A run, and how it ended: `running`, `done`, `cancelled`, `broken`, or `cut-off` where its process died
    without a word; and the receipts it was started for, or judged."""
    judged = (number for outcome in record.outcomes for number in outcome.get("receipts", ()))
    return {
        "run": record.run,
        "at": record.started,
        "kind": record.kind,
        "ended": record.ended,
        "end": _find_end(log, record),
        "stop": record.stop,
        "who": record.who,
        "notDue": record.not_due,
        "awaiting": record.awaiting,
        "receipts": sorted({*record.receipts, *judged}) if record.kind != "night" else [],
        "outcomes": list(record.outcomes if outcomes is None else outcomes),
    }


def find_report(archive: Archive, dataset: str, run: str) -> Mapping[str, Any]:
    """The private report that a run kept of a dataset; empty where it kept none. Raises ArchiveError."""
    for name in reversed(archive.runs(dataset)):
        with suppress(Damaged):
            kept = archive.read_run(dataset, name)
            if kept.get("run") == run:
                return kept.get("report") or {}
    return {}


def read_records(log: RunLog) -> Iterator[RunRecord]:
    """The runs that can be read, newest first."""
    for run in reversed(log.runs()):
        with suppress(Damaged, UnknownRun):
            yield log.read(run)


def _describe_night(log: RunLog) -> dict[str, Any]:
    night = next(_nights(log), None)
    counts = count_kinds(night.outcomes, night.awaiting) if night else {}
    awaiting = counts.pop("awaiting", 0)
    return {
        "started": night.started if night else None,
        "ended": night.ended if night else None,
        "end": _find_end(log, night) if night else None,
        "stop": night.stop if night else None,
        "who": night.who if night else None,
        "outcomes": counts,
        "awaiting": awaiting,
        "notDue": night.not_due if night else 0,
    }


def count_kinds(outcomes: Iterable[Mapping[str, Any]], awaiting: int = 0) -> dict[str, int]:
    """How many there are of each outcome; those that wait for their first file apart, with the `awaiting` for
    which nothing was run."""
    counts = Counter("awaiting" if each.get("awaiting") else each["outcome"] for each in outcomes)
    return dict(counts + Counter(awaiting=awaiting))


def _nights(log: RunLog) -> Iterator[RunRecord]:
    """Those of the last runs that were nights, newest first; each is read when it is asked for, since that of
    thousands of datasets takes a while."""
    return (record for record in islice(read_records(log), LOOKED_AT) if record.kind == "night")


def _find_end(log: RunLog, record: RunRecord) -> str:
    killed: str = "cancelled" if record.stop else "cut-off"
    return record.end or ("running" if log.alive(record) else killed)


def _find_locked_archive(archive: Archive) -> Iterator[dict[str, Any]]:
    """An archive that cannot be written keeps no record of the night that failed for it."""
    if archive.root and not os.access(archive.root, os.W_OK):
        sentence = _(
            "{folder} cannot be written, so no run can begin: see to the disk and to who may write there",
            folder=archive.root,
        )
        yield _need_now("archive", None, 0, sentence, "vereda doctor")


def _find_lost_night(
    log: RunLog, settings: Settings, now: datetime, schedule: Schedule | None
) -> Iterator[dict[str, Any]]:
    """The last night, where it did not come to its end, or where the one after it should have begun: of
    nights that nobody serves by their schedule, none is missed. And the next one, where it will not begin."""
    remedy = schedule.remedy if schedule and schedule.broken else None
    last = next(_nights(log), None)
    end = _find_end(log, last) if last else None
    if last and end in ("cancelled", "broken", "cut-off"):
        need = _need_now("night", last.started, 1, _end_sentence(end, last), _end_command(end, last))
        yield {**need, "end": end}
    elif last and end == "done" and (missed := _find_missed(log, last, settings, now)):
        due = last_firing(settings.night, settings.zone, now)
        sentence = _(
            "the night of {day} at {time} did not begin: what runs `vereda deploy`, or Prefect's server, has "
            "stopped",
            day=format_date(due.date().isoformat()),
            time=f"{due:%H:%M}",
        )
        command = remedy or "vereda doctor"
        yield _need_now("night", due.isoformat(timespec="seconds"), missed, sentence, command)
        return
    if schedule and remedy:
        sentence = _("no night will begin by itself: {why}", why=schedule.found)
        yield _need_now("night", None, 0, sentence, remedy)


def _find_missed(log: RunLog, last: RunRecord, settings: Settings, now: datetime) -> int:
    """How many nights should have begun since the last one; 0 where nobody serves them."""
    due = last_firing(settings.night, settings.zone, now)
    began = datetime.fromisoformat(last.started)
    if not began < due < now - LATE or not any(_is_served(each, settings) for each in _nights(log)):
        return 0
    return count_nights(settings.night, settings.zone, began, now)


def _need_now(name: str, since: str | None, nights: int, sentence: str, command: str) -> dict[str, Any]:
    """What is no dataset's, and so stands in no run's record."""
    told = {"since": since, "nights": nights, "version": None, "message": sentence, "next": command}
    return {"dataset": name, "outcome": "failed", **told}


def _end_sentence(end: str, night: RunRecord) -> str:
    return {
        "cancelled": _stop_sentence(night),
        "broken": _("Vereda itself broke; Prefect's log of that run has the details. Please report it."),
        "cut-off": _("it was cut off: its process was killed, or the machine stopped"),
    }[end]


def _stop_sentence(night: RunRecord) -> str:
    """Who cancelled it, as far as that is known: Prefect's own server knows nobody by name."""
    if night.stop == "prefect":
        return _(
            "it was cancelled in Prefect before all datasets had run; the others wait for the next night"
        )
    if night.stop == "service":
        return _(
            "it was cancelled when `vereda deploy` was stopped, before all datasets had run; the others wait "
            "for the next night"
        )
    if night.stop == "terminal" and night.who:
        return _(
            "{who} cancelled it before all datasets had run; the others wait for the next night",
            who=night.who,
        )
    return _("it was cancelled before all datasets had run; the others wait for the next night")


def _end_command(end: str, night: RunRecord) -> str:
    return f"vereda runs --show {night.run}" if end == "broken" else "vereda run"


def _is_served(night: RunRecord, settings: Settings) -> bool:
    """Whether it began by its schedule, and not when somebody typed `vereda run`."""
    began = datetime.fromisoformat(night.started)
    return began - last_firing(settings.night, settings.zone, began) < LATE


def _find_needs(archive: Archive, declared: Declarations) -> Iterator[dict[str, Any]]:
    """What waits for a person, the worst first, then what waits longest. A dataset whose declaration cannot
    be read waits even where it never ran; one that is no longer declared does not wait."""
    broken = declared.broken
    names = declared.needs.keys() | broken.keys() | {*PLACES}
    standings = {name: each for name, each in archive.run_log.standings().items() if name in names}
    for name, standing in sorted(standings.items(), key=_rank):
        if standing.bad and name not in broken:
            report = find_report(archive, name, standing.run)
            stopped = report.get("stopped") if _would_publish(archive, declared, name, report) else None
            command = next_command(
                name,
                standing.outcome,
                standing.run,
                stopped=bool(stopped),
                missing=find_missing(archive, declared.known(declared.needs.get(name, ()))),
            )
            need = _need(name, standing, command)
            yield need | _tell_acceptance(archive, name, stopped) if stopped else need
    for name, error in sorted(broken.items()):
        known = standings.get(name)
        yield {
            "dataset": name,
            "outcome": "rejected",
            "since": known.since if known and known.bad else None,
            "nights": known.nights if known and known.bad else 0,
            "version": known.version if known else None,
            "message": str(error),
            "next": f"vereda check {shlex.quote(name)}",
        }


def _would_publish(archive: Archive, declared: Declarations, name: str, report: Mapping[str, Any]) -> bool:
    """Whether to accept what was stopped would publish it: no later file counts in its place."""
    whole = next((each.whole for each in declared.handed if each.id == name), frozenset[str]())
    with suppress(ArchiveError, Damaged):
        for demo in (False, True):
            history = archive.history(name, demo)
            if history.current and find_replacement(archive, history, report.get("handedIn", {}), whole):
                return False
    return True


def _tell_acceptance(archive: Archive, name: str, stopped: Mapping[str, Any]) -> dict[str, str]:
    """What is otherwise of a dataset whose stopped extracts were accepted since."""
    for demo in (False, True):
        with suppress(ArchiveError, Damaged):
            if entry := archive.history(name, demo).acceptance(stopped):
                sentence = _(
                    "{who} accepted what was stopped ({because}): the next run publishes it",
                    who=entry.provenance["by"],
                    because=entry.because,
                )
                return {"message": sentence, "next": f"vereda run {name}"}
    return {}


def _rank(item: tuple[str, Standing]) -> tuple[int, str]:
    standing = item[1]
    gravity = GRAVITY.index(standing.outcome) if standing.bad else len(GRAVITY)
    return gravity, standing.since


def _need(name: str, standing: Standing, command: str) -> dict[str, Any]:
    return {
        "dataset": name,
        "outcome": standing.outcome,
        "since": standing.since,
        "nights": standing.nights,
        "version": standing.version,
        "message": standing.message,
        "next": command,
    }


def find_missing(archive: Archive, needs: Sequence[str]) -> list[str]:
    """Those of the datasets, which another one needs, that have no release. Of what cannot be read, its own
    run tells."""
    missing = []
    for need in needs:
        with suppress(ArchiveError, Damaged):
            if not any(archive.history(need, demo).current for demo in (False, True)):
                missing.append(need)
    return missing


def next_command(name: str, outcome: str, run: str, *, stopped: bool, missing: Sequence[str] = ()) -> str:
    """What to type after an outcome of a run: it leads on, and changes nothing that a person has not looked
    at. `stopped` is what a guard stopped; `missing` are datasets that it needs and that have no release."""
    if name in COMMANDS:
        return COMMANDS[name]
    if missing:
        return f"vereda run {' '.join((*missing, name))}"
    if outcome == "failed":
        return f"vereda run {name}"
    if outcome == "quarantined":
        return f"vereda show {name} --held"
    if stopped:
        return f'vereda accept {name} --because "…"'
    return f"vereda runs {name} --show {run}"


def find_late(archive: Archive, now: datetime) -> list[dict[str, str]]:
    """Datasets that promised newer data than they have, the oldest first: nothing is wrong with the night,
    and somebody may have to ask their agency. Raises ArchiveError."""
    found = []
    for listing in iterate_listings(archive, {}):
        word = freshness(listing, now)
        if word in ("late", "very-late") and listing.current:
            data_of = listing.current.as_of or listing.current.at
            found.append({"dataset": listing.dataset, "fresh": word, "dataOf": data_of[:10]})
    return sorted(found, key=lambda each: (each["dataOf"], each["dataset"]))


def find_strays(declared: Iterable[Dataset | DatasetError], settings: Settings) -> list[dict[str, Any]]:
    """Folders and files of the inbox that belong to no dataset: what lies there is never taken."""
    return list(_describe_strays(Declarations.of(declared), settings))


def _describe_strays(known: Declarations, settings: Settings) -> Iterator[dict[str, Any]]:
    for stray in find_inbox_strays(settings.inbox, known.handed, known.needs.keys() | known.broken.keys()):
        yield _need_now("inbox", None, 0, stray.sentence, stray.remedy)


def describe_link_counts(archive: Archive) -> dict[str, int]:
    """How many links were asked so far, and of how many a copy is kept; empty where that cannot be read."""
    try:
        return count_links(archive.links.standings().values())
    except (ArchiveError, Damaged):
        return {}

"""What each run did: one record a run, of a whole night or of one dataset, from its start to its end.

    runs/_all/<run>.json

The record is put when the run starts, again while it goes on, and at its end, so that a kill leaves what was
known. From it, how each dataset stands is known without asking its source again.

It is JSON with a line for each outcome and, in a night's, for how each dataset stands, so that of thousands
those that are asked for can be read without the others.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from catalog.archive.audit import newest_entry
from catalog.archive.locks import Locks
from catalog.archive.release import Damaged, damaged_entry, mapping_as_json
from catalog.archive.store import Shelf
from messages import gettext as _

Kind = Literal["night", "hand", "inbox", "submit", "desk"]
End = Literal["done", "cancelled", "broken"]
Stop = Literal["prefect", "service", "terminal"]
"""Where a run was cancelled: in Prefect, by a person; by the end of what serves the nights; where it was
typed."""
FOLDER = "runs/_all"
BAD = ("quarantined", "rejected", "failed")
OFTEN = 50
"""After so many runs without one, a run's record tells how all datasets stand, as a night's does."""


class UnknownRun(LookupError, ValueError):
    """There is no run of that name: `vereda runs` lists them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a dataset stands by its last run: that run's outcome, its `message` and `version`, when it
    `started` and ended (`at`); `since` when it has ended with this word, and in how many `nights` on end, of
    which `night` is the last: a day of the city, however often a run of all datasets began on it. `asked` are
    the datasets that a catalogue was brought up for, None for all."""

    outcome: str
    message: str
    version: str | None
    run: str
    started: str
    at: str
    since: str
    nights: int
    night: str = ""
    asked: tuple[str, ...] | None = None

    @property
    def bad(self) -> bool:
        """Whether it waits for a person."""
        return self.outcome in BAD

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Standing:
        known, asked = cls(**plain), plain.get("asked")
        outcome, run, night = map(sys.intern, (known.outcome, known.run, known.night))
        asked = None if asked is None else tuple(asked)
        return replace(known, outcome=outcome, run=run, night=night, asked=asked)


@dataclass(frozen=True)
class RunRecord:
    """A run; times are ISO 8601 with offset. `ended` is None while it lasts, and where its process died.
    `asked` are the datasets that were named, None where all or all that is due was; `not_due` counts those
    that were left alone, and `awaiting` those that were because they wait for their first file. `outcomes`
    are as `--json` shows them, each with `started` and `ended`; `reached` names the catalogues that were
    brought up. Those who were `open` at its end are read again after it. `audit` is the newest entry of the
    desk's audit log at its end. Where it was cancelled, `stop` says where, and `who` did it, if that is
    known."""

    run: str
    kind: Kind
    started: str
    ended: str | None = None
    end: End | None = None
    flow_run: str | None = None
    asked: tuple[str, ...] | None = None
    not_due: int = 0
    awaiting: int = 0
    running: tuple[Mapping[str, str], ...] = ()
    outcomes: Sequence[Mapping[str, Any]] = ()
    reached: tuple[str, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    receipts: tuple[int, ...] = ()
    audit: Mapping[str, Any] | None = None
    stop: Stop | None = None
    who: str | None = None

    def describe(self) -> dict[str, Any]:
        """As JSON, without its outcomes and standings."""
        return {
            "run": self.run,
            "kind": self.kind,
            "flowRun": self.flow_run,
            "started": self.started,
            "ended": self.ended,
            "end": self.end,
            "asked": None if self.asked is None else list(self.asked),
            "notDue": self.not_due,
            **({"awaiting": self.awaiting} if self.awaiting else {}),
            "running": [dict(each) for each in self.running],
            "reached": list(self.reached),
            "open": list(self.open),
            "receipts": list(self.receipts),
            **({"audit": dict(self.audit)} if self.audit else {}),
            **({"stop": self.stop, "who": self.who} if self.stop else {}),
        }

    def to_bytes(self) -> bytes:
        """As it is kept; each outcome is made JSON by itself, since there may be thousands."""
        into = io.BytesIO()
        into.write(_dump_line(self.describe())[:-1] + OUTCOMES)
        _write_lines(into, map(_dump_line, self.outcomes))
        into.write(STANDINGS)
        _write_lines(
            into,
            (_dump_line({name: asdict(each)})[1:-1] for name, each in sorted(self.standings.items())),
        )
        into.write(END)
        return into.getvalue()

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> RunRecord:
        return cls(
            plain["run"],
            plain["kind"],
            plain["started"],
            plain["ended"],
            plain["end"],
            plain["flowRun"],
            None if plain["asked"] is None else tuple(plain["asked"]),
            plain["notDue"],
            plain.get("awaiting", 0),
            tuple(plain["running"]),
            tuple(plain["outcomes"]),
            tuple(plain["reached"]),
            {name: Standing.from_json(each) for name, each in plain["standings"].items()},
            tuple(plain["open"]),
            tuple(plain.get("receipts", ())),  # runs of before name none
            plain.get("audit"),
            plain.get("stop"),
            plain.get("who"),
        )


OUTCOMES, STANDINGS, END = b', "outcomes": [\n', b'], "standings": {\n', b"}}\n"


def _dump_line(plain: Mapping[str, Any]) -> bytes:
    return json.dumps(
        plain, sort_keys=True, ensure_ascii=False, allow_nan=False, default=mapping_as_json
    ).encode()


def _write_lines(into: io.BytesIO, lines: Iterable[bytes]) -> None:
    """The lines, with a comma after each but the last."""
    end = b""
    for line in lines:
        into.write(end + line)
        end = b",\n"
    into.write(b"\n" if end else b"")


def _split_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of what comes in blocks, each with its end."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from (line + b"\n" for line in lines)
    yield rest


def new_run_id(now: datetime) -> str:
    """The name of a run; names sort as the runs began."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"


@dataclass(frozen=True)
class RunLog:
    """The records of all runs. Raises ArchiveError where the storage fails, Damaged where it gives back what
    cannot be read."""

    shelf: Shelf
    locks: Locks

    def runs(self) -> list[str]:
        """The runs, oldest first."""
        return [name.rpartition("/")[2].removesuffix(".json") for name in self.shelf.names(FOLDER)]

    def read(self, run: str) -> RunRecord:
        """Raises UnknownRun."""
        path = self.find_path(run)
        try:
            return RunRecord.from_json(json.loads(self.shelf.read(path)))
        except FAULTS as error:
            raise damaged_entry(self.shelf.place(path), error) from error

    def read_census(self, run: str) -> RunRecord:
        """The record without its outcomes, which are passed over, where it tells how all datasets stand; any
        other as it is. Raises UnknownRun."""
        path = self.find_path(run)
        try:
            record = _skim(_split_lines(self.shelf.blocks(path)))
        except FAULTS as error:
            raise damaged_entry(self.shelf.place(path), error) from error
        return record if record and record.standings else self.read(run)

    def find_path(self, run: str) -> str:
        """Where the record is in the archive; raises UnknownRun."""
        path = f"{FOLDER}/{run}.json"
        if "/" in run or not self.shelf.head(path):
            raise UnknownRun(_("there is no run {run}; `vereda runs` lists them", run=run))
        return path

    def write(self, record: RunRecord) -> None:
        self.shelf.put(f"{FOLDER}/{record.run}.json", record.to_bytes())

    def alive(self, record: RunRecord) -> bool:
        """Whether it goes on; a run that neither goes on nor ended was cut off."""
        return record.ended is None and self.locks.holder(run_lock(record.run)) is not None

    def running(self) -> list[RunRecord]:
        """The runs that go on, oldest first; whoever asks does not read those of all nights."""
        names = [name.removeprefix(run_lock("")) for name in self.locks.held(run_lock(""))]
        return [record for record in self._read_sound(sorted(names)) if record.ended is None]

    def standings(self) -> dict[str, Standing]:
        """How each dataset stands, and each catalogue that could not be brought up."""
        base, later = self._since_last_census()
        return fold_standings(base.standings if base else {}, later)

    def close(self, record: RunRecord, datasets: Collection[str]) -> RunRecord:
        """Writes the record of a run that ended. Of the `datasets` that there are, a night's tells how each
        stands."""
        base, later = self._since_last_census()
        known = [each for each in later if each.run != record.run]
        if record.kind == "night" or len(known) >= OFTEN:
            standings = fold_standings(base.standings if base else {}, [*known, record])
            names = {*datasets, *PLACES}
            unended = tuple(each.run for each in known if each.ended is None and self.alive(each))
            record = replace(
                record,
                standings={name: each for name, each in standings.items() if name in names},
                open=unended,
            )
        record = replace(record, audit=newest_entry(self.shelf))
        self.write(record)
        return record

    def seen_audit(self) -> Iterator[Mapping[str, Any]]:
        """What the runs that can be read saw of the desk's audit log (`entry`, `sha256`), oldest first."""
        for record in self._read_sound(self.runs()):
            if record.audit:
                yield record.audit

    def _since_last_census(self) -> tuple[RunRecord | None, list[RunRecord]]:
        """The last record that tells of all datasets, and those of the runs that are not in it."""
        later: list[RunRecord] = []
        for run in reversed(self.runs()):
            with suppress(Damaged, UnknownRun):
                record = self.read_census(run)
                if record.standings:
                    return record, [*self._read_sound(record.open), *reversed(later)]
                later.append(record)
        return None, later[::-1]

    def _read_sound(self, runs: Iterable[str]) -> Iterator[RunRecord]:
        """A damaged record costs itself alone: its datasets count as not run."""
        for run in runs:
            with suppress(Damaged, UnknownRun):
                yield self.read(run)


FAULTS = (ValueError, TypeError, KeyError, AttributeError)
"""What reading a record raises that is none."""


def _skim(lines: Iterator[bytes]) -> RunRecord | None:
    """A record without its outcomes; None where it is not in lines, as those of before."""
    first = next(lines)
    if not first.endswith(OUTCOMES):
        return None
    plain = json.loads(first + b"]}")
    while (line := next(lines, None)) != STANDINGS:
        if line is None:
            raise ValueError("cut off")
    standings: dict[str, Any] = {}
    while (line := next(lines, None)) != END:
        if line is None:
            raise ValueError("cut off")
        standings |= json.loads(b"{" + line.rstrip(b",\n") + b"}")
    return RunRecord.from_json({**plain, "standings": standings})


PARTIAL = ("ckan",)
"""Of these, what a run of some datasets brings up is theirs alone."""
PLACES = ("portal", "ckan", "notices")
"""What is brought up after the datasets, and stands among the outcomes where that failed."""


def run_lock(run: str) -> str:
    return f"run-{run}"


def dataset_lock(dataset: str) -> str:
    return f"dataset-{dataset}"


def fold_standings(before: Mapping[str, Standing], records: Sequence[RunRecord]) -> dict[str, Standing]:
    """How each dataset stands after these runs; of catalogues only those that could not be brought up."""
    standings = dict(before)
    for ended in _by_end(records):
        known = standings.get(ended.name)
        if known and _moment(known.at) > ended.moment:
            continue
        new = ended.standing
        if known and known.bad and new.asked is not None and ended.name in PARTIAL:
            new = _join_partial(known, new)
        if known and known.outcome == new.outcome:
            last = known.night or known.started[:10]  # of before, which had none
            again = bool(new.night) and new.night != last
            new = replace(new, since=known.since, nights=known.nights + again, night=new.night or known.night)
        standings[ended.name] = new
    return {name: each for name, each in standings.items() if each.bad or name not in PLACES}


def _join_partial(known: Standing, new: Standing) -> Standing:
    """How a catalogue that failed stands after some datasets alone were brought to it: what it says of others
    is still so."""
    assert new.asked is not None
    if not new.bad:
        covered = known.asked is not None and set(known.asked) <= set(new.asked)
        return new if covered else known
    lines = {line.partition(": ")[0]: line for each in (known, new) for line in each.message.splitlines()}
    asked = None if known.asked is None else tuple(sorted({*known.asked, *new.asked}))
    return replace(new, message="\n".join(lines.values()), asked=asked)


@dataclass(frozen=True, slots=True)
class _Ended:
    """Something that ended at a `moment` in a run: how it stands by that alone."""

    name: str
    moment: datetime
    standing: Standing

    @classmethod
    def of(cls, record: RunRecord, outcome: Mapping[str, Any]) -> _Ended:
        word, message, version = (outcome[key] for key in ("outcome", "message", "version"))
        started, ended = outcome["started"], outcome["ended"]
        night = sys.intern(record.started[:10]) if record.kind == "night" else ""
        asked = record.asked if outcome["dataset"] in PARTIAL else None
        standing = Standing(word, message, version, record.run, started, ended, started, 1, night, asked)
        return cls(outcome["dataset"], _moment(outcome["ended"]), standing)


def _by_end(records: Iterable[RunRecord]) -> list[_Ended]:
    """Each outcome of the runs, in the order in which they ended; that a catalogue was brought up is one."""
    found: list[_Ended] = []
    for record in records:
        failed = {outcome["dataset"] for outcome in record.outcomes}
        at = record.ended or record.started
        well = {"outcome": "unchanged", "message": "", "version": None, "started": at, "ended": at}
        found += [
            _Ended.of(record, {"dataset": name, **well}) for name in record.reached if name not in failed
        ]
        found += [_Ended.of(record, outcome) for outcome in record.outcomes]
    return sorted(found, key=lambda each: each.moment)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

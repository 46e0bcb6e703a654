"""Receipts: what agencies handed in, in the order in which it was taken, each with the bytes that the
archive keeps of it.

Problems that people found in the data: what they wrote, what the publisher answers, in the order in which
it was told.

The outbox: what is to be told of each dataset, noted once, and what became of each delivery.

    outbox/start.json                       how things stood when telling began: of what was before, nothing is told
    outbox/channels/<channel>.json          likewise for each receiver: the last notice of each dataset that it does not get
    outbox/<id>/00000001.json               a notice
    outbox/<id>/00000001/<channel>.1.json   the first try to deliver it is begun; <channel>.1.sent.json: what became of it

Each is put where there was none, so that of two runs at once one tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

from obstore.exceptions import AlreadyExistsError

from catalog.archive.release import damaged_entry, dump_json
from catalog.archive.store import Shelf
from messages import gettext as _


@dataclass(frozen=True)
class Receipt:
    """A file that was handed in. `number` counts from 1 in each dataset; `name` is the file's in its folder;
    `at` ISO 8601 with offset; `period` what the agency said that it tells of; `token` says which call wrote
    it."""

    number: int
    resource: str
    name: str
    sha256: str
    bytes: int
    at: str
    period: str | None = None
    token: str = ""


@dataclass(frozen=True)
class Receipts:
    """The receipts of a dataset, under `<datasets|demo>/<id>/received/00000001.json`, each put where there
    was none."""

    shelf: Shelf
    folder: str

    def all(self) -> list[Receipt]:
        """Oldest first; raises Damaged for one that cannot be read."""
        return [
            self._read(number) for number in range(1, max(self.shelf.numbers(self.folder), default=0) + 1)
        ]

    def add(self, receipt: Receipt, *, unless_last: bool) -> Receipt:
        """Keeps the receipt under the next number, and gives it back with that. With `unless_last`, where the
        last receipt of that name has these bytes already, gives that one."""
        while True:
            known = self.all()
            if (
                unless_last
                and (last := last_of(known, receipt.resource, receipt.name))
                and last.sha256 == receipt.sha256
            ):
                return last
            numbered = replace(receipt, number=len(known) + 1)
            try:
                self.shelf.put(self._path(numbered.number), dump_json(vars(numbered)), "create")
            except AlreadyExistsError:
                if (
                    self._read(numbered.number) != numbered
                ):  # another one was first; else a put that was tried again
                    continue
            return numbered

    def _read(self, number: int) -> Receipt:
        path = self._path(number)
        try:
            return Receipt(**json.loads(self.shelf.read(path)))
        except (ValueError, TypeError) as error:
            raise damaged_entry(self.shelf.place(path), error) from error

    def _path(self, number: int) -> str:
        return f"{self.folder}/{number:08}.json"


def last_of(receipts: Iterable[Receipt], resource: str, name: str) -> Receipt | None:
    """The last receipt of a file of that name."""
    return next((r for r in reversed(list(receipts)) if (r.resource, r.name) == (resource, name)), None)


ReportKind = Literal["report", "answer", "fixed", "closed"]
LONGEST = 2000  # characters


@dataclass(frozen=True)
class ReportEntry:
    """Something told: a report of a problem, or what became of it. `number` counts from 1 in each dataset;
    `report` is the number of the report that an answer is about (its own, of a report); `at` ISO 8601 with
    offset; `version` the one that the reader had; `shown` whether the text stands on the page; `token` says
    which call wrote it. Nothing is kept of who wrote it.
    """

    number: int
    report: int
    kind: ReportKind
    at: str
    text: str
    version: str | None = None
    shown: bool = False
    token: str = ""


@dataclass(frozen=True)
class Problem:
    """A reported problem with what was answered, oldest first."""

    report: ReportEntry
    answers: Sequence[ReportEntry]

    @property
    def status(self) -> str:
        """`open`, `answered`, `fixed` or `closed`: what was told last."""
        return (
            {"answer": "answered", "fixed": "fixed", "closed": "closed"}[self.answers[-1].kind]
            if self.answers
            else "open"
        )

    @property
    def shown(self) -> bool:
        """Whether the report's text is public: not before somebody has read it."""
        return self.report.shown or any(answer.shown for answer in self.answers)


@dataclass(frozen=True)
class Problems:
    """What was told of a dataset's problems, under `<datasets|demo>/<id>/problems/00000001.json`, each put
    where there was none."""

    shelf: Shelf
    folder: str

    def all(self) -> list[ReportEntry]:
        """Oldest first; raises Damaged for one that cannot be read."""
        return [
            self._read(number) for number in range(1, max(self.shelf.numbers(self.folder), default=0) + 1)
        ]

    def add(self, told: ReportEntry) -> ReportEntry:
        """Keeps it under the next number and gives it back with that; raises ValueError where its text is
        empty or too long, or where it answers what was never reported."""
        while True:
            known = self.all()
            numbered = replace(
                told,
                number=len(known) + 1,
                report=len(known) + 1 if told.kind == "report" else told.report,
                text=_plain(told),
            )
            if told.kind != "report" and not any(
                each.kind == "report" and each.number == told.report for each in known
            ):
                raise ValueError(
                    _("there is no report {number}; `vereda problems` shows them", number=told.report)
                )
            try:
                self.shelf.put(self._path(numbered.number), dump_json(vars(numbered)), "create")
            except AlreadyExistsError:
                if (
                    self._read(numbered.number) != numbered
                ):  # another one was first; else a put that was tried again
                    continue
            return numbered

    def _read(self, number: int) -> ReportEntry:
        path = self._path(number)
        try:
            told = ReportEntry(**json.loads(self.shelf.read(path)))
            if told.kind not in get_args(ReportKind):
                raise ValueError(told.kind)
        except (ValueError, TypeError) as error:
            raise damaged_entry(self.shelf.place(path), error) from error
        return told

    def _path(self, number: int) -> str:
        return f"{self.folder}/{number:08}.json"


def group_reports(told: Iterable[ReportEntry]) -> list[Problem]:
    """The reports with their answers, the newest first."""
    known = list(told)
    found = [
        Problem(each, [a for a in known if a.report == each.number and a.kind != "report"])
        for each in known
        if each.kind == "report"
    ]
    return sorted(found, key=lambda problem: -problem.report.number)


def _plain(told: ReportEntry) -> str:
    """The text without control characters and needless blanks."""
    text = re.sub(
        r"[^\S\n]+",
        " ",
        re.sub(
            r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", told.text.replace("\r\n", "\n")
        ),
    )
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if not text:
        raise ValueError(_("write what the problem is, or what is answered"))
    if len(text) > LONGEST:
        raise ValueError(_("the text has {count} characters; {most} fit", count=len(text), most=LONGEST))
    return text


NoticeKind = Literal[
    "released", "breaking", "withdrawn", "restored", "late", "rejected", "quarantined", "failed", "normal"
]
OF_THE_LOG = ("released", "breaking", "withdrawn", "restored")


@dataclass(frozen=True)
class Standing:
    """How a dataset stands: `head` is the last entry of its log that was told; `run` how its last run ended
    (ok, rejected, quarantined, failed) with a mark of the `cause`; `late`, whether its data is."""

    head: int = 0
    run: str = "ok"
    cause: str = ""
    late: bool = False

    @property
    def state(self) -> tuple[str, str, bool]:
        """What a message is sent about when it changes."""
        return self.run, self.cause, self.late

    @property
    def normal(self) -> bool:
        return self.run == "ok" and not self.late


@dataclass(frozen=True)
class Notice:
    """Something to tell of a dataset, and how it stands then. `number` counts from 1 in each dataset; `at` is
    ISO 8601 with offset; `facts` are JSON values that the words of its kind need."""

    dataset: str
    number: int
    kind: NoticeKind
    at: str
    title: str
    standing: Standing
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.dataset}-{self.number:08}"


@dataclass(frozen=True)
class Try:
    """The last try to deliver a notice: `result` is None while it lasts, or where the process that began it
    died."""

    number: int
    result: str | None


@dataclass(frozen=True)
class Outbox:
    """Raises ArchiveError where the storage fails, Damaged where it gives back what cannot be read."""

    shelf: Shelf

    def start(self, standings: Mapping[str, Standing], at: str) -> None:
        """Notes how things stand, once: of what was before, nothing is told."""
        self._put(
            "outbox/start.json",
            {"at": at, "standings": {name: asdict(each) for name, each in standings.items()}},
        )

    @cached_property
    def started(self) -> Mapping[str, Standing] | None:
        """How each dataset stood when telling began; None where it never did."""
        if not self.shelf.head("outbox/start.json"):
            return None
        return {name: Standing(**each) for name, each in self._read("outbox/start.json")["standings"].items()}

    def last(self, dataset: str) -> int:
        """The number of a dataset's last notice; 0 where there is none."""
        return max(self.shelf.numbers(f"outbox/{dataset}"), default=0)

    def standing(self, dataset: str, number: int) -> Standing:
        """How the dataset stood by the notice of that number; by the start where it is 0."""
        return (
            self.notice(dataset, number).standing if number else (self.started or {}).get(dataset, Standing())
        )

    def notice(self, dataset: str, number: int) -> Notice:
        found = self._read(f"outbox/{dataset}/{number:08}.json")
        return Notice(**{**found, "standing": Standing(**found["standing"])})

    def add(self, notice: Notice) -> bool:
        """Whether this notice was put; not where another one has its number already."""
        return self._put(f"outbox/{notice.dataset}/{notice.number:08}.json", asdict(notice))

    def joined(self, channel: str, datasets: Mapping[str, int], at: str) -> Mapping[str, int]:
        """The last notice of each dataset that the channel does not get, noted when it is first seen."""
        path = f"outbox/channels/{channel}.json"
        self._put(path, {"at": at, "after": dict(datasets)})
        after: dict[str, int] = self._read(path)["after"]
        return after

    def tries(self, dataset: str) -> Mapping[tuple[int, str], Try]:
        """The last try of each delivery of the dataset's notices, by (number, channel)."""
        found: dict[tuple[int, str], Try] = {}
        for name in self.shelf.names(f"outbox/{dataset}"):
            match = re.fullmatch(r"outbox/[^/]+/(\d{8})/([^/.]+)\.(\d+)(?:\.([a-z-]+))?\.json", name)
            if match and (place := (int(match[1]), match[2])):
                known, number = found.get(place), int(match[3])
                if known is None or number > known.number or (number == known.number and match[4]):
                    found[place] = Try(number, match[4])
        return found

    def begun(self, notice: Notice, channel: str, number: int) -> str:
        """When that try began."""
        return str(self._read(f"outbox/{notice.dataset}/{notice.number:08}/{channel}.{number}.json")["at"])

    def begin(self, notice: Notice, channel: str, number: int, at: str) -> bool:
        """Whether this process may make that try: of two at once, one may."""
        return self._put(f"outbox/{notice.dataset}/{notice.number:08}/{channel}.{number}.json", {"at": at})

    def end(self, notice: Notice, channel: str, number: int, result: str, why: str, at: str) -> None:
        """Notes what became of a try: sent, overtaken, given-up and unknown are the end of it; after failed
        comes another one."""
        path = f"outbox/{notice.dataset}/{notice.number:08}/{channel}.{number}.{result}.json"
        self._put(path, {"at": at, "why": why})

    def _put(self, path: str, value: Mapping[str, Any]) -> bool:
        try:
            self.shelf.put(path, dump_json(value), "create")
        except AlreadyExistsError:
            return False
        return True

    def _read(self, path: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.shelf.read(path))
        except ValueError as error:
            raise damaged_entry(self.shelf.place(path), error) from error
        return found

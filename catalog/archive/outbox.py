"""The outbox: what there is to say about each dataset, noted once, and what became of each delivery.

    outbox/start.json               how things stood when notices began: nothing older is sent
    outbox/channels/<channel>.json  likewise for each receiver: the last notice of each dataset
                                    that it does not get
    outbox/<id>/00000001.json       a notice
    outbox/<id>/00000001/…          its deliveries: <channel>.1.json says that the first try began,
                                    <channel>.1.sent.json what became of it

Each file is put where there was none, so that of two runs at once one sends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from catalog.archive.numbered import NumberedLog
from catalog.archive.release import damaged_entry, dump_json
from catalog.archive.store import Shelf

NoticeKind = Literal[
    "released", "breaking", "withdrawn", "restored", "late", "rejected", "quarantined", "failed", "normal"
]
LOG_KINDS = ("released", "breaking", "withdrawn", "restored")  # the others say how a dataset stands


@dataclass(frozen=True)
class Standing:
    """How a dataset stands: `head` is the last entry of its log that a notice was made of; `run` how its last
    run ended (ok, rejected, quarantined, failed) with a mark of the `cause`; `late`, whether its data is."""

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
    """News of a dataset, and how it stands then. `number` counts from 1 in each dataset; `at` is ISO 8601
    with offset; `facts` are JSON values that the words of its kind need."""

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
        """Notes how things stand, once: nothing older is sent."""
        plain = {name: asdict(each) for name, each in standings.items()}
        self._put("outbox/start.json", {"at": at, "standings": plain})

    @cached_property
    def first_standings(self) -> Mapping[str, Standing] | None:
        """How each dataset stood when notices began; None where they never did."""
        if not self.shelf.head("outbox/start.json"):
            return None
        standings = self._read("outbox/start.json")["standings"]
        return {name: Standing(**each) for name, each in standings.items()}

    def last(self, dataset: str) -> int:
        """The number of a dataset's last notice; 0 where there is none."""
        return self._notices(dataset).last

    def standing(self, dataset: str, number: int) -> Standing:
        """How the dataset stood by the notice of that number; by the start where it is 0."""
        if number:
            return self.notice(dataset, number).standing
        return (self.first_standings or {}).get(dataset, Standing())

    def notice(self, dataset: str, number: int) -> Notice:
        return self._notices(dataset).read(number)

    def add(self, notice: Notice) -> bool:
        """Whether this notice was put; not where another one has its number already."""
        return self._notices(notice.dataset).put(notice)

    def join(self, channel: str, datasets: Mapping[str, int], at: str) -> Mapping[str, int]:
        """The last notice of each dataset that the channel does not get, noted when it is first seen."""
        path = f"outbox/channels/{channel}.json"
        self._put(path, {"at": at, "after": dict(datasets)})
        after: dict[str, int] = self._read(path)["after"]
        return after

    def tries(self, dataset: str) -> Mapping[tuple[int, str], Try]:
        """The last try of each delivery of the dataset's notices, by (number, channel)."""
        found: dict[tuple[int, str], Try] = {}
        for path in self.shelf.names(f"outbox/{dataset}"):
            match = re.fullmatch(r"outbox/[^/]+/(\d{8})/([^/.]+)\.(\d+)(?:\.([a-z-]+))?\.json", path)
            if not match:
                continue
            delivery = (int(match[1]), match[2])
            known, this = found.get(delivery), Try(int(match[3]), match[4])
            later = known is None or this.number > known.number
            if later or (known is not None and this.number == known.number and this.result):
                found[delivery] = this
        return found

    def begin_time(self, notice: Notice, channel: str, number: int) -> str:
        """When that try began."""
        return str(self._read(f"{_deliveries(notice)}/{channel}.{number}.json")["at"])

    def begin(self, notice: Notice, channel: str, number: int, at: str) -> bool:
        """Whether this process may make that try: of two at once, one may."""
        return self._put(f"{_deliveries(notice)}/{channel}.{number}.json", {"at": at})

    def end(self, notice: Notice, channel: str, number: int, result: str, why: str, at: str) -> None:
        """Notes what became of a try: sent, overtaken, given-up and unknown are the end of it; after failed
        comes another one."""
        self._put(f"{_deliveries(notice)}/{channel}.{number}.{result}.json", {"at": at, "why": why})

    def _notices(self, dataset: str) -> NumberedLog[Notice]:
        return NumberedLog(
            self.shelf, f"outbox/{dataset}", lambda notice: dump_json(asdict(notice)), _parse_notice
        )

    def _put(self, path: str, value: Mapping[str, Any]) -> bool:
        return self.shelf.create(path, dump_json(value))

    def _read(self, path: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.shelf.read(path))
        except ValueError as error:
            raise damaged_entry(self.shelf.place(path), error) from error
        return found


def _parse_notice(text: bytes) -> Notice:
    plain = json.loads(text)
    return Notice(**{**plain, "standing": Standing(**plain["standing"])})


def _deliveries(notice: Notice) -> str:
    return f"outbox/{notice.dataset}/{notice.number:08}"

"""The outbox: what is to be told of each dataset, noted once, and what became of each delivery.

    outbox/start.json                       how things stood when telling began: of what was before, nothing is told
    outbox/channels/<channel>.json          likewise for each receiver: the last notice of each dataset that it does not get
    outbox/<id>/00000001.json               a notice
    outbox/<id>/00000001/<channel>.1.json   the first try to deliver it is begun; <channel>.1.sent.json: what became of it

Each is put where there was none, so that of two runs at once one tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from obstore.exceptions import AlreadyExistsError

from catalog.log import dump, unreadable
from catalog.store import Shelf

Kind = Literal["released", "breaking", "withdrawn", "restored", "late", "rejected", "quarantined", "failed", "normal"]
OF_THE_LOG = ("released", "breaking", "withdrawn", "restored")


@dataclass(frozen=True)
class Standing:
    """How a dataset stands: `head` is the last entry of its log that was told; `run` how its last run ended (ok, rejected, quarantined,
    failed) with a mark of the `cause`; `late`, whether its data is."""

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
    """Something to tell of a dataset, and how it stands then. `number` counts from 1 in each dataset; `at` is ISO 8601 with offset;
    `facts` are JSON values that the words of its kind need."""

    dataset: str
    number: int
    kind: Kind
    at: str
    title: str
    standing: Standing
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.dataset}-{self.number:08}"


@dataclass(frozen=True)
class Try:
    """The last try to deliver a notice: `result` is None while it lasts, or where the process that began it died."""

    number: int
    result: str | None


@dataclass(frozen=True)
class Outbox:
    """Raises ArchiveError where the storage fails, Damaged where it gives back what cannot be read."""

    shelf: Shelf

    def start(self, standings: Mapping[str, Standing], at: str) -> None:
        """Notes how things stand, once: of what was before, nothing is told."""
        self._put("outbox/start.json", {"at": at, "standings": {name: asdict(each) for name, each in standings.items()}})

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
        return self.notice(dataset, number).standing if number else (self.started or {}).get(dataset, Standing())

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
        """Notes what became of a try: sent, overtaken, given-up and unknown are the end of it; after failed comes another one."""
        path = f"outbox/{notice.dataset}/{notice.number:08}/{channel}.{number}.{result}.json"
        self._put(path, {"at": at, "why": why})

    def _put(self, path: str, value: Mapping[str, Any]) -> bool:
        try:
            self.shelf.put(path, dump(value), "create")
        except AlreadyExistsError:
            return False
        return True

    def _read(self, path: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.shelf.read(path))
        except ValueError as error:
            raise unreadable(self.shelf.place(path), error) from error
        return found

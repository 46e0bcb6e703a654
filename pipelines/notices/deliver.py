"""Tells what changed: puts it into the outbox, and delivers what is due to each receiver.

What a receiver of notices is, whichever way it is reached.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import stamina

from catalog.archive.archive import Archive
from catalog.archive.outbox import LOG_KINDS, Notice, Outbox, Standing
from messages import gettext as _
from pipelines.dataset.dataset import Dataset
from pipelines.notices.news import current_standing, note_news

TRIES = 3
stamina.instrumentation.set_on_retry_hooks([])  # what becomes of a delivery is told once, at its end


class NotNow(Exception):
    """It could not be delivered now; another try may help. The message says why."""


class Never(Exception):
    """The receiver refuses it for good: correct the address or the setting that the message names."""


class DeliveryUnsure(Exception):
    """It was handed over, and nobody said whether it was taken: ask the receiver. The message says whom."""


class Channel(Protocol):
    """`repeatable`: whether a try whose end is not known may be made again, since the receiver knows a notice
    by its id; `together`: whether all that is pending goes in one message."""

    repeatable: bool
    together: bool

    @property
    def name(self) -> str:
        """For people: without secrets."""

    @property
    def id(self) -> str:
        """For the outbox: letters, digits and hyphens."""

    def wants(self, notice: Notice) -> bool: ...

    def send(self, notices: Sequence[Notice], now: Standing, page: str | None) -> None:
        """Raises NotNow, Never and Unsure."""


def channel_id(kind: str, address: str) -> str:
    return f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:16]}"


def send_with_retries(send: Callable[[], None], delay: float) -> None:
    """Sends, up to three times where it raises NotNow, `delay` seconds after the first time and then ever
    later."""
    for attempt in stamina.retry_context(
        on=NotNow, attempts=TRIES, timeout=None, wait_initial=delay, wait_max=60, wait_jitter=0
    ):
        with attempt:
            send()


LEASE = timedelta(minutes=15)  # after that, a try that has no end is that of a process that died
GIVEN_UP = timedelta(days=7)
ENDS = ("sent", "overtaken", "given-up", "unknown")


@dataclass
class Delivery:
    """What came of telling: how many messages went to each receiver, and what went wrong, in sentences."""

    sent: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def begin_outbox(datasets: Collection[Dataset], archive: Archive, now: datetime) -> None:
    """Before the first run that tells: notes how things stand, so that nothing older is told."""
    if archive.outbox.first_standings is None:
        real = [dataset for dataset in datasets if not dataset.demo]
        standings = {
            each.id: current_standing(each, archive, archive.history(each.id), now)[0] for each in real
        }
        archive.outbox.start(standings, now.isoformat(timespec="seconds"))


def deliver_notices(
    datasets: Collection[Dataset],
    archive: Archive,
    receivers: Mapping[str, Sequence[Channel]],
    base: str | None,
    now: datetime,
) -> Delivery:
    """Puts what is new of the datasets into the outbox and delivers it to the `receivers` of each (by dataset
    id). `base` is the portal's public address. Demonstrations are news for nobody. Raises ArchiveError,
    Damaged.
    """
    real = [dataset for dataset in datasets if not dataset.demo]
    begin_outbox(real, archive, now)
    outbox, told = archive.outbox, Delivery()
    last = {dataset.id: outbox.last(dataset.id) for dataset in real}
    channels = {channel.id: channel for each in receivers.values() for channel in each}
    after = {id: outbox.join(id, last, now.isoformat(timespec="seconds")) for id in channels}
    down: set[str] = set()
    for dataset in real:
        note_news(dataset, archive, outbox, now)
        page = f"{base.rstrip('/')}/datasets/{dataset.id}/index.html" if base else None
        delivery = _Attempt(dataset.id, outbox, page, now, told)
        for channel in receivers.get(dataset.id, ()):
            if channel.id not in down and not delivery.to(channel, after[channel.id].get(dataset.id, 0)):
                down.add(channel.id)
    return told


@dataclass(frozen=True)
class _Attempt:
    """The delivery of a dataset's notices."""

    dataset: str
    outbox: Outbox
    page: str | None
    now: datetime
    told: Delivery

    def to(self, channel: Channel, after: int) -> bool:
        """Delivers what is pending there; False where the receiver cannot be reached now."""
        last = self.outbox.last(self.dataset)
        tries = self.outbox.tries(self.dataset)
        known = after
        pending: list[tuple[Notice, int]] = []
        for number in range(after + 1, last + 1):
            tried = tries.get((number, channel.id))
            if tried and tried.result in ENDS:
                known = number if tried.result == "sent" else known
                continue
            notice = self.outbox.notice(self.dataset, number)
            if not channel.wants(notice) or (
                tried and tried.result is None and not self._is_open(notice, channel, tried.number)
            ):
                continue
            pending.append((notice, tried.number + 1 if tried else 1))
        if not pending:
            return True
        now = self.outbox.notice(self.dataset, last).standing
        if not channel.together:
            return all(self._send(channel, [each], now) for each in pending)
        due = self._still_true(channel, pending, self.outbox.standing(self.dataset, known), now)
        return self._send(channel, due, now) if due else True

    def _is_open(self, notice: Notice, channel: Channel, number: int) -> bool:
        """Whether a try without an end may be made again."""
        if self.now - datetime.fromisoformat(self.outbox.begin_time(notice, channel.id, number)) < LEASE:
            return False  # another process is at it
        if channel.repeatable:
            return True
        why = _(
            "a message to {name} about {dataset} was cut off: ask whether it came",
            name=channel.name,
            dataset=self.dataset,
        )
        self._end(channel, notice, number, "unknown", why)
        self.told.wrong.append(why)
        return False

    def _still_true(
        self, channel: Channel, pending: Sequence[tuple[Notice, int]], known: Standing, now: Standing
    ) -> list[tuple[Notice, int]]:
        """Without the states that passed before anybody was told of them."""
        states = [(notice, number) for notice, number in pending if notice.kind not in LOG_KINDS]
        passed = states if known.state == now.state else states[:-1]
        for notice, number in passed:
            if self._begin(channel, notice, number):
                self._end(channel, notice, number, "overtaken", "")
        return [each for each in pending if each not in passed]

    def _send(self, channel: Channel, due: Sequence[tuple[Notice, int]], now: Standing) -> bool:
        mine = [(notice, number) for notice, number in due if self._begin(channel, notice, number)]
        if not mine:
            return True
        result, why, reached = "sent", "", True
        try:
            channel.send([notice for notice, _number in mine], now, self.page)
            self.told.sent[channel.name] = self.told.sent.get(channel.name, 0) + 1
        except NotNow as error:
            result, why, reached = "failed", str(error), False
        except Never as error:
            result, why = "given-up", str(error)
        except DeliveryUnsure as error:
            result, why = "unknown", str(error)
        for notice, number in mine:
            old = self.now - datetime.fromisoformat(notice.at) > GIVEN_UP
            self._end(channel, notice, number, "given-up" if result == "failed" and old else result, why)
        if why:
            self.told.wrong.append(_("{dataset}: {why}", dataset=self.dataset, why=why))
        return reached

    def _begin(self, channel: Channel, notice: Notice, number: int) -> bool:
        return self.outbox.begin(notice, channel.id, number, self._at)

    def _end(self, channel: Channel, notice: Notice, number: int, result: str, why: str) -> None:
        self.outbox.end(notice, channel.id, number, result, why, self._at)

    @property
    def _at(self) -> str:
        return self.now.isoformat(timespec="seconds")


def describe_delivery(told: Delivery) -> Iterator[str]:
    """What came of it, for the terminal."""
    for name, count in told.sent.items():
        yield _("told {name}: {count}", name=name, count=count)
    yield from told.wrong

"""Puts what is new into the outbox, and delivers to each receiver what it has not had yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import stamina

from catalog.archive.archive import Archive
from catalog.archive.outbox import LOG_KINDS, Notice, Outbox, Standing, Try
from messages import gettext as _
from pipelines.dataset.dataset import Dataset
from pipelines.notices.news import current_standing, note_news

TRIES = 3
LEASE = timedelta(minutes=15)  # after that, a try that has no end is that of a process that died
GIVEN_UP = timedelta(days=7)
ENDS = ("sent", "overtaken", "given-up", "unknown")

stamina.instrumentation.set_on_retry_hooks([])  # what becomes of a delivery is reported once, at its end


class NotNow(Exception):
    """It could not be delivered now; another try may help. The message says why."""


class Never(Exception):
    """The receiver refuses it for good: correct the address or the setting that the message names."""


class DeliveryUnsure(Exception):
    """It was handed over, and no answer says whether it came: ask the receiver whom the message names."""


class Channel(Protocol):
    """A receiver, whichever way it is reached. `repeatable`: whether a try whose end is not known may be made
    again, since the receiver knows a notice by its id; `together`: whether all that is pending goes in one
    message."""

    repeatable: bool
    together: bool

    @property
    def name(self) -> str:
        """For people: without secrets."""

    @property
    def id(self) -> str:
        """For the outbox: letters, digits and hyphens."""

    def wants(self, notice: Notice) -> bool: ...

    def send(self, notices: Sequence[Notice], now: Standing, page: str | None) -> bool:
        """Whether there was anything to send. Raises NotNow, Never and DeliveryUnsure."""


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


@dataclass
class Delivery:
    """What became of the notices: how many messages went to each receiver, and what went wrong, in
    sentences."""

    sent: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def begin_outbox(datasets: Collection[Dataset], archive: Archive, now: datetime) -> None:
    """Before the first run with notices: notes how things stand, so that nothing older is sent."""
    if archive.outbox.first_standings is None:
        standings = {
            each.id: current_standing(each, archive, archive.read_log(each.id).history, now)[0]
            for each in datasets
            if not each.demo
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
    begin_outbox(datasets, archive, now)
    outbox, delivery = archive.outbox, Delivery()
    last = {dataset.id: outbox.last(dataset.id) for dataset in datasets if not dataset.demo}
    channels = {channel.id: channel for each in receivers.values() for channel in each}
    after = {id: outbox.join(id, last, now.isoformat(timespec="seconds")) for id in channels}
    down: set[str] = set()
    for dataset in datasets:  # perhaps read one after another: none is kept
        if dataset.id not in last:
            continue
        try:
            note_news(dataset, archive, outbox, now)
        except archive.failures_of_one as error:  # the others are news all the same
            delivery.wrong.append(f"{dataset.id}: {error}")
            continue
        page = f"{base.rstrip('/')}/datasets/{dataset.id}/index.html" if base else None
        courier = _Courier(dataset.id, outbox, page, now, delivery)
        for channel in receivers.get(dataset.id, ()):
            if channel.id in down:
                continue
            if not courier.deliver(channel, after[channel.id].get(dataset.id, 0)):
                down.add(channel.id)
    return delivery


@dataclass(frozen=True)
class _Courier:
    """Delivers a dataset's notices, and notes in `delivery` what became of them."""

    dataset: str
    outbox: Outbox
    page: str | None
    now: datetime
    delivery: Delivery

    def deliver(self, channel: Channel, after: int) -> bool:
        """Delivers what is pending there; False where the receiver cannot be reached now."""
        last = self.outbox.last(self.dataset)
        tries = self.outbox.tries(self.dataset)
        known = after
        pending: list[tuple[Notice, int]] = []
        for number in range(after + 1, last + 1):
            last_try = tries.get((number, channel.id))
            if last_try and last_try.result in ENDS:
                known = number if last_try.result == "sent" else known
                continue
            notice = self.outbox.notice(self.dataset, number)
            if not channel.wants(notice):
                continue
            if last_try and last_try.result is None and not self._may_repeat(notice, channel, last_try):
                continue
            pending.append((notice, last_try.number + 1 if last_try else 1))
        if not pending:
            return True
        now = self.outbox.notice(self.dataset, last).standing
        if not channel.together:
            return all(self._send(channel, [each], now) for each in pending)
        due = self._without_passed_states(channel, pending, self.outbox.standing(self.dataset, known), now)
        return self._send(channel, due, now) if due else True

    def _may_repeat(self, notice: Notice, channel: Channel, last_try: Try) -> bool:
        """Whether a try without an end may be made again."""
        begin = datetime.fromisoformat(self.outbox.begin_time(notice, channel.id, last_try.number))
        if self.now - begin < LEASE:
            return False  # another process is at it
        if channel.repeatable:
            return True
        why = _(
            "a message to {name} about {dataset} was cut off: ask whether it came",
            name=channel.name,
            dataset=self.dataset,
        )
        self._end(channel, notice, last_try.number, "unknown", why)
        self.delivery.wrong.append(why)
        return False

    def _without_passed_states(
        self, channel: Channel, pending: Sequence[tuple[Notice, int]], known: Standing, now: Standing
    ) -> list[tuple[Notice, int]]:
        """What is pending, but for states that passed before anybody heard of them."""
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
            if channel.send([notice for notice, _number in mine], now, self.page):
                self.delivery.sent[channel.name] = self.delivery.sent.get(channel.name, 0) + 1
            else:
                result = "overtaken"
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
            self.delivery.wrong.append(_("{dataset}: {why}", dataset=self.dataset, why=why))
        return reached

    def _begin(self, channel: Channel, notice: Notice, number: int) -> bool:
        return self.outbox.begin(notice, channel.id, number, self._at)

    def _end(self, channel: Channel, notice: Notice, number: int, result: str, why: str) -> None:
        self.outbox.end(notice, channel.id, number, result, why, self._at)

    @property
    def _at(self) -> str:
        return self.now.isoformat(timespec="seconds")


def describe_delivery(delivery: Delivery) -> Iterator[str]:
    """What became of the notices, for the terminal."""
    for name, count in delivery.sent.items():
        yield _("sent to {name}: {count}", name=name, count=count)
    yield from delivery.wrong

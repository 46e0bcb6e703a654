"""What a receiver of notices is, whichever way it is reached."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

import stamina

from catalog.outbox import Notice, Standing

TRIES = 3
stamina.instrumentation.set_on_retry_hooks([])  # what becomes of a delivery is told once, at its end


class NotNow(Exception):
    """It could not be delivered now; another try may help. The message says why."""


class Never(Exception):
    """The receiver refuses it for good: correct the address or the setting that the message names."""


class Unsure(Exception):
    """It was handed over, and nobody said whether it was taken: ask the receiver. The message says whom."""


class Channel(Protocol):
    """`repeatable`: whether a try whose end is not known may be made again, since the receiver knows a notice by its id; `together`:
    whether all that is pending goes in one message."""

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


def mark(kind: str, address: str) -> str:
    return f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:16]}"


def patiently(send: Callable[[], None], delay: float) -> None:
    """Sends, up to three times where it raises NotNow, `delay` seconds after the first time and then ever later."""
    for attempt in stamina.retry_context(on=NotNow, attempts=TRIES, timeout=None, wait_initial=delay, wait_max=60, wait_jitter=0):
        with attempt:
            send()

"""Who may send something by a form, and how often: kept in memory only, and nothing about the sender."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import Request

MINUTES = 10


@dataclass
class Pace:
    """What comes in: at most `from_one` from an address and `from_all` from all in MINUTES."""

    clock: Callable[[], float] = time.monotonic
    from_one: int = 5
    from_all: int = 60
    taken: deque[tuple[float, str]] = field(default_factory=deque)

    def allows(self, address: str) -> bool:
        while self.taken and self.taken[0][0] < self.clock() - MINUTES * 60:
            self.taken.popleft()
        mine = sum(known == address for _at, known in self.taken)
        if len(self.taken) >= self.from_all or mine >= self.from_one:
            return False
        self.taken.append((self.clock(), address))
        return True


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site sends this; a program that is no browser says nothing."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    return foreign or (site is not None and site not in ("same-origin", "none"))

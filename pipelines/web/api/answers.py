"""Answers that were given, kept while there is room: what a version's rows answer never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from starlette.responses import Response

MOST, LARGEST = 64_000_000, 1_000_000
"""Bytes of all answers that are kept, and of one."""


class Answers:
    """The last answers by what they answer. Threads may share it."""

    def __init__(self, most: int = MOST):
        self.most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], Response] = OrderedDict()
        self._bytes = 0

    def get(self, asked: tuple[str, ...], make: Callable[[], Response]) -> Response:
        """The answer that was given, else the one that `make` gives; headers may be set on it."""
        with self._lock:
            found = self._kept.get(asked)
            if found is not None:
                self._kept.move_to_end(asked)
                return _copy(found)
        made = make()
        if len(made.body) <= LARGEST:
            with self._lock:
                if asked not in self._kept:
                    self._kept[asked] = _copy(made)
                    self._bytes += len(made.body)
                while self._bytes > self.most:
                    _asked, oldest = self._kept.popitem(last=False)
                    self._bytes -= len(oldest.body)
        return made


def _copy(response: Response) -> Response:
    copy = Response(bytes(response.body), response.status_code)
    copy.raw_headers = list(response.raw_headers)
    return copy

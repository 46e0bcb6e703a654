"""Answers that were given, kept while there is room: what a version's rows answer never changes."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping

from starlette.responses import Response

MOST, LARGEST = 64_000_000, 8_000_000
"""Bytes of all answers that are kept, and of one: programs that read Parquet ask for the parts of one."""
_PART = re.compile(r"bytes=(\d*)-(\d*)")


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


def choose_part(response: Response, asked: Mapping[str, str], tag: str) -> Response:
    """The part of the answer that the request's headers ask for (RFC 9110, one range); else the whole."""
    response.headers["accept-ranges"] = "bytes"
    match = _PART.fullmatch(asked.get("range", "").replace(" ", ""))
    if match is None or not any(match.groups()) or asked.get("if-range", tag) != tag:
        return response
    whole = bytes(response.body)
    first, last = match.groups()
    start = int(first) if first else max(len(whole) - int(last), 0)
    end = min(int(last) + 1 if first and last else len(whole), len(whole))
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    if start >= len(whole) or (first and end <= start):
        return Response(b"", 416, {"content-range": f"bytes */{len(whole)}", "accept-ranges": "bytes"})
    headers["content-range"] = f"bytes {start}-{end - 1}/{len(whole)}"
    return Response(whole[start:end], 206, headers)

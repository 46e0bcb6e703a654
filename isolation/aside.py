"""Values that a process keeps by name in a file, and not in memory: there may be thousands, and each is
needed when its turn comes. The file has no name, and goes with the process."""

from __future__ import annotations

import os
import pickle
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Aside(Mapping[str, Value], Generic[Value]):
    """Values by their names, in the order in which the names came; each is made anew when it is asked for. In
    memory, where there is no room for the file. Several threads may read, once all is there."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[int, int] | bytes] = {}
        self._end = 0
        self._file = None
        with suppress(OSError):
            self._file = tempfile.TemporaryFile(prefix="vereda-", buffering=0)  # noqa: SIM115 (see below)
            weakref.finalize(self, self._file.close)

    def put(self, name: str, value: Value) -> None:
        """Keeps the value; from now on it is the one of that name."""
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        self._places[name] = self._write(content) or content

    def _write(self, content: bytes) -> tuple[int, int] | None:
        """Where the content lies in the file; None where the disk is full."""
        if self._file is None:
            return None
        with suppress(OSError):
            if os.pwrite(self._file.fileno(), content, self._end) == len(content):
                place = self._end, len(content)
                self._end += len(content)
                return place
        return None

    def __getitem__(self, name: str) -> Value:
        """Raises KeyError."""
        place = self._places[name]
        if not isinstance(place, bytes):
            assert self._file is not None
            start, length = place
            place = os.pread(self._file.fileno(), length, start)
        found: Value = pickle.loads(place)  # this process wrote it
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

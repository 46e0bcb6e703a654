"""What a build of the portal was made from: of each dataset what its part depends on (its mark), and what all
pages do.

    portal.json    a line for what all pages depend on, then one for each dataset's mark, as surveys list them

Where nothing changed, the archive is compared with it mark by mark, and none is held: there may be thousands.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATE = "portal.json"
ABOUT_ALL = ("made", "sections", "requests", "links")
EMPTY: Mapping[str, Any] = {"made": None, "sections": [], "requests": 0, "links": "", "datasets": {}}


def write_state(build: Path, state: Mapping[str, Any]) -> None:
    """Writes the state of a build, which is JSON also to whoever reads it whole."""
    about = {key: each for key, each in state.items() if key != "datasets"}
    first = json.dumps(about, sort_keys=True)[:-1]
    with (build / STATE).open("w", encoding="utf-8") as file:
        file.write(f'{first}{", " if about else ""}"datasets": {{\n')
        end = ""
        for path, mark in state["datasets"].items():
            file.write(f"{end}{json.dumps(path)}: {json.dumps(mark, sort_keys=True)}")
            end = ",\n"
        file.write("\n}}\n")


def read_state(build: Path) -> dict[str, Any]:
    """The whole state of a build, its marks as they are asked for; raises OSError, ValueError, KeyError or
    TypeError where it is damaged."""
    marks: Mapping[str, Any]
    try:
        marks = in_lines = Marks(build / STATE)
        about = in_lines.about
    except ValueError:  # of an earlier Vereda, if it is one
        about = json.loads((build / STATE).read_text(encoding="utf-8"))
        marks = dict(about["datasets"])
    return {**{key: about[key] for key in ABOUT_ALL}, "datasets": marks}


class Marks(Mapping[str, Mapping[str, Any]]):
    """The marks of a build by path, left in its state until they are asked for. Raises OSError, ValueError,
    KeyError or TypeError where the state is damaged, or not in lines."""

    def __init__(self, state: Path) -> None:
        self._file = state.open("rb")
        weakref.finalize(self, self._file.close)
        self.about = _read_about(self._file.readline())
        self._places: dict[str, tuple[int, int]] = {}
        for start, line in _mark_lines(self._file, self._file.tell()):
            path, _mark = _read_mark(line)
            self._places[path] = start, len(line)

    def __getitem__(self, path: str) -> Mapping[str, Any]:
        start, length = self._places[path]
        return _read_mark(os.pread(self._file.fileno(), length, start))[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, path: object) -> bool:
        return path in self._places


def _read_about(first: bytes) -> dict[str, Any]:
    """What all pages depend on, by the first line."""
    about: dict[str, Any] = json.loads(first + b"}}")
    if about["datasets"]:
        raise ValueError("not in lines")
    return about


@dataclass(frozen=True)
class StandingState:
    """The state of a build: `about` all pages; the `paths` of all datasets; and their `marks`, to be read
    once."""

    about: Mapping[str, Any]
    paths: frozenset[str]
    marks: Iterator[tuple[str, Mapping[str, Any]]]


@contextmanager
def open_state(build: Path) -> Iterator[StandingState]:
    """The state of a build while the block runs; it and its marks raise OSError, ValueError, KeyError or
    TypeError where the state is damaged, or not in lines (of an earlier Vereda)."""
    with (build / STATE).open("rb") as file:
        about = _read_about(file.readline())
        start = file.tell()
        lines = (line for _start, line in _mark_lines(file, start))
        paths = frozenset(json.loads(line[: line.index(b'": ') + 1]) for line in lines)
        file.seek(start)
        yield StandingState(about, paths, (_read_mark(line) for _start, line in _mark_lines(file, start)))


def _mark_lines(file: Iterable[bytes], start: int) -> Iterator[tuple[int, bytes]]:
    """Where each line of marks begins, and what stands in it; the file is read from `start` on."""
    for line in file:
        if line == b"}}\n":
            return
        if line.strip():
            yield start, line.rstrip(b",\n")
        start += len(line)
    raise ValueError("cut off")


def _read_mark(line: bytes) -> tuple[str, Mapping[str, Any]]:
    ((path, mark),) = json.loads(b"{" + line + b"}").items()
    return path, mark

"""What a build of the portal was made from: of each dataset what its part depends on (its mark), and what all
pages do.

    portal.json    a line for what all pages depend on, then one for each dataset's mark, as surveys list them

Where nothing changed, the archive is compared with it mark by mark, and none is held: there may be thousands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATE = "portal.json"
ABOUT_ALL = ("made", "sections", "requests", "links")
EMPTY: Mapping[str, Any] = {"made": None, "sections": [], "requests": 0, "links": "", "datasets": {}}
Marks = Iterator[tuple[str, Mapping[str, Any]]]


def write_state(build: Path, state: Mapping[str, Any]) -> None:
    """Writes the state of a build, which is JSON also to whoever reads it whole."""
    about = {key: each for key, each in state.items() if key != "datasets"}
    lines = [
        f"{json.dumps(path)}: {json.dumps(mark, sort_keys=True)}" for path, mark in state["datasets"].items()
    ]
    first = json.dumps(about, sort_keys=True)[:-1]
    text = f'{first}{", " if about else ""}"datasets": {{\n' + ",\n".join(lines) + "\n}}\n"
    (build / STATE).write_text(text, encoding="utf-8")


def read_state(build: Path) -> dict[str, Any]:
    """The whole state of a build; raises OSError, ValueError, KeyError or TypeError where it is damaged."""
    state = json.loads((build / STATE).read_text(encoding="utf-8"))
    return {**{key: state[key] for key in ABOUT_ALL}, "datasets": dict(state["datasets"])}


@dataclass(frozen=True)
class StandingState:
    """The state of a build: `about` all pages; the `paths` of all datasets; and their `marks`, to be read
    once."""

    about: Mapping[str, Any]
    paths: frozenset[str]
    marks: Marks


@contextmanager
def open_state(build: Path) -> Iterator[StandingState]:
    """The state of a build while the block runs; it and its marks raise OSError, ValueError, KeyError or
    TypeError where the state is damaged, or not in lines (of an earlier Vereda)."""
    with (build / STATE).open("rb") as file:
        first = file.readline()
        about = json.loads(first + b"}}")
        if about["datasets"]:
            raise ValueError("not in lines")
        start = file.tell()
        paths = frozenset(json.loads(line[: line.index(b'": ') + 1]) for line in _mark_lines(file))
        file.seek(start)
        yield StandingState(about, paths, _read_marks(_mark_lines(file)))


def _mark_lines(file: Iterable[bytes]) -> Iterator[bytes]:
    for line in file:
        if line == b"}}\n":
            return
        if line.strip():
            yield line.rstrip(b",\n")
    raise ValueError("cut off")


def _read_marks(lines: Iterable[bytes]) -> Marks:
    for line in lines:
        ((path, mark),) = json.loads(b"{" + line + b"}").items()
        yield path, mark

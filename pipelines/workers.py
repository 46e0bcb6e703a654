"""The workers of a Dask scheduler, to whom a run gives parts of its large tables. Nothing of Dask is loaded
before there is such a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa

from messages import gettext as _
from messages import language, speaking
from pipelines.tools import tool_versions
from validation.fast.lending import SHELF
from validation.fast.parts import Cluster, ClusterError, FileNotSeen, connect_dask

PART = 1 << 24
"""Bytes of a file that one worker takes at a time: a whole number of blocks (validation/fast/blocks.py). A
file that is no larger is nobody else's work."""
T = TypeVar("T")


class OtherProgram(Exception):
    """A worker is another Vereda, or has other libraries: what it would write may be other bytes."""


class Workers:
    """Whoever works on parts of a table. `room` is a folder that all of them see, for what is lent to them;
    `done` counts the parts by what was done with them."""

    def __init__(self, cluster: Cluster, address: str, room: Path) -> None:
        self.cluster, self.address, self.room = cluster, address, room
        self.done: Counter[str] = Counter()

    def submit(self, function: Callable[..., T], /, *arguments: Any) -> Answer[T]:
        """Has a function, of the top level of a module, called."""
        self.done[function.__name__] += 1
        work = self.cluster.submit(work_on_part, function, arguments, dict(tool_versions()), language())
        return Answer(work, self.address)

    def map(self, function: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> list[T]:
        """What the function gives for each of these arguments, in their order."""
        return list(wait_for([self.submit(function, *each) for each in arguments]))


class Answer(Generic[T]):
    """What a worker is to give. `result` raises what the function raised, and ClusterError."""

    def __init__(self, future: Any, address: str) -> None:
        self.future, self.address = future, address

    def cancel(self) -> None:
        self.future.cancel()

    def result(self) -> T:
        try:
            found: T = self.future.result()
        except FileNotSeen as error:
            raise ClusterError(
                _(
                    "a worker at {address} does not see {file} as it is here; set TMPDIR to a folder that "
                    "this machine and all workers have, under one name",
                    address=self.address,
                    file=error,
                )
            ) from error
        except OtherProgram as error:
            raise ClusterError(str(error)) from error
        return found


def wait_for(answers: Sequence[Answer[T]]) -> Iterator[T]:
    """The answers in their order, as they come; where one is an error, the others are no longer wanted."""
    try:
        for each in answers:
            yield each.result()
    finally:
        for each in answers:
            each.cancel()


def work_on_part(
    function: Callable[..., T], arguments: tuple[Any, ...], versions: Mapping[str, str], words: str
) -> T:
    """At a worker: a part is one thread's work, however many processors there are."""
    require_same_program(versions, words)
    pa.set_cpu_count(1)
    with speaking(words):
        return function(*arguments)


def require_same_program(versions: Mapping[str, str], words: str) -> None:
    """Raises OtherProgram where this is not the program of these versions."""
    mine = dict(tool_versions())
    other = [name for name in versions if versions[name] != mine.get(name)]
    if other:
        with speaking(words):
            raise OtherProgram(
                _(
                    "a worker has {name} {theirs}, and the run has {ours}; give all workers the same "
                    "installation, then start them again",
                    name=other[0],
                    theirs=mine.get(other[0], "-"),
                    ours=versions[other[0]],
                )
            )


@contextmanager
def connect_workers(address: str, room: Path) -> Iterator[Workers]:
    """The workers at a scheduler's address. Raises ClusterError where there is none, or where one of them is
    another program."""
    with connect_dask(address) as dask:
        workers = Workers(dask, address, room)
        try:
            dask.client.run(require_same_program, dict(tool_versions()), language())
        except OtherProgram as error:
            raise ClusterError(str(error)) from error
        except ImportError as error:
            raise ClusterError(
                _("the workers at {address} lack a part of this program: {why}", address=address, why=error)
            ) from error
        yield workers


class _Sharing:
    """Where this process finds workers, and the connection once there is one."""

    def __init__(self, address: str, room: Path, closing: ExitStack) -> None:
        self.address, self.room, self.closing = address, room, closing
        self.workers: Workers | None = None


_sharing: _Sharing | None = None


@contextmanager
def sharing(address: str, room: Path) -> Iterator[None]:
    """For this time, `find_workers` gives the workers of the scheduler at this address, "" being nobody; what
    is lent to them lies in the folder `room`."""
    global _sharing
    before = _sharing
    with ExitStack() as closing:
        _sharing = _Sharing(address, room, closing) if address else None
        try:
            yield
        finally:
            _sharing = before
            SHELF.clear()


def is_shared() -> bool:
    """Whether large tables are others' work, too."""
    return _sharing is not None


def find_workers(size: int) -> Workers | None:
    """Who is there for a table of so many bytes. Raises ClusterError where nobody is, and somebody should
    be."""
    if _sharing is None or size <= PART:
        return None
    if _sharing.workers is None:
        _sharing.workers = _sharing.closing.enter_context(connect_workers(_sharing.address, _sharing.room))
    return _sharing.workers


def count_parts() -> dict[str, int]:
    """How many parts were worked on by others, by what was done with them."""
    return dict(_sharing.workers.done) if _sharing and _sharing.workers else {}

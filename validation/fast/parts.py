"""A file checked by many at once, by the workers of a Dask cluster or by threads here: in parts that begin
and end with a row, and that know nothing of one another."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import uuid4

import numpy as np

from messages import gettext as _
from validation.fast.blocks import LF, QUOTE, BlockSource
from validation.fast.rows import Findings, Rules, examine
from validation.fast.witness import Witness

STRETCH = 1 << 25


@dataclass(frozen=True)
class Part:
    """Where a part begins and ends in the file, and the number of its first row."""

    start: int
    end: int
    row: int


@dataclass(frozen=True)
class Survey:
    """Of some bytes: whether their quotes are odd in number, and both for bytes that begin outside of a
    quoted cell and for those that begin inside: how many rows end there, and where the first and the last one
    do (None where none does). Surveys add up."""

    odd: bool
    ends: tuple[int, int]
    first: tuple[int | None, int | None]
    last: tuple[int | None, int | None]

    def plus(self, later: Survey) -> Survey:
        first = [
            mine if mine is not None else later.first[inside ^ self.odd]
            for inside, mine in enumerate(self.first)
        ]
        theirs = [later.last[inside ^ self.odd] for inside in (False, True)]
        last = [mine if its is None else its for mine, its in zip(self.last, theirs, strict=True)]
        ends = [mine + later.ends[inside ^ self.odd] for inside, mine in enumerate(self.ends)]
        return Survey(self.odd ^ later.odd, (ends[0], ends[1]), (first[0], first[1]), (last[0], last[1]))


class FileNotSeen(Exception):
    """Whoever was to read a file does not see it, or sees another one."""


def require_file(path: Path, size: int) -> Path:
    """A file that somebody else wrote; raises FileNotSeen where it is not here."""
    try:
        found = path.stat().st_size
    except OSError as error:
        raise FileNotSeen(str(path)) from error
    if found != size:
        raise FileNotSeen(str(path))
    return path


@contextmanager
def write_whole(into: Path) -> Iterator[Path]:
    """Where to write a file that is there when it is whole, however many write it at once."""
    aside = into.with_name(f"{uuid4().hex}.aside")
    try:
        yield aside
        aside.replace(into)
    finally:
        aside.unlink(missing_ok=True)


def survey(path: str, start: int, end: int, size: int) -> Survey:
    """Surveys some bytes of a file of that size."""
    data = _read_bytes(path, start, end, size)
    array = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero(array == LF)
    quotes = np.flatnonzero(array == QUOTE) if QUOTE in data else array[:0]
    inside = np.searchsorted(quotes, breaks) & 1 == 1 if len(quotes) else np.zeros(len(breaks), np.bool_)
    found = [breaks[~inside], breaks[inside]]
    first = [start + int(each[0]) + 1 if len(each) else None for each in found]
    last = [start + int(each[-1]) + 1 if len(each) else None for each in found]
    return Survey(
        bool(len(quotes) & 1), (len(found[0]), len(found[1])), (first[0], first[1]), (last[0], last[1])
    )


def stretches(size: int, stretch: int = 0) -> list[tuple[int, int]]:
    step = stretch or STRETCH
    return [(start, min(start + step, size)) for start in range(0, size, step)]


def cut(surveys: Sequence[Survey], size: int) -> list[Part]:
    """The parts of a file of which these are the surveys, stretch by stretch: each begins where the first row
    of a stretch ends."""
    starts = [(0, 1)]
    for before, here in zip(accumulate(surveys, Survey.plus), surveys[1:], strict=False):
        first = here.first[before.odd]
        if first is not None and first < size:
            starts.append((first, before.ends[0] + 2))
    ends = [start for start, _row in starts[1:]] + [size]
    return [Part(start, end, row) for (start, row), end in zip(starts, ends, strict=True)]


def cut_before(surveys: Sequence[Survey], size: int) -> list[Part]:
    """Likewise, but each part ends with the last row that ends in its stretch, as the blocks of a reader do
    (see BlockSource): where stretches are so many blocks long, parts have the blocks of the whole file."""
    starts = [(0, 1)]
    for before in list(accumulate(surveys, Survey.plus))[:-1]:
        last = before.last[0]
        if last is not None and starts[-1][0] < last < size:
            starts.append((last, before.ends[0] + 1))
    ends = [start for start, _row in starts[1:]] + [size]
    return [Part(start, end, row) for (start, row), end in zip(starts, ends, strict=True)]


def examine_part(path: str, dialect: tuple[str, int, int], rules: Rules, part: Part, size: int) -> Findings:
    """What there is to find in a part of a file of that size; its delimiter, its width and its first row are
    the `dialect`.

    Raises Doubtful where only frictionless can tell, FileNotSeen."""
    _read_bytes(path, 0, 0, size)
    delimiter, width, first_row = dialect
    source = BlockSource(Path(path), delimiter, width, first_row, (part.start, part.end, part.row))
    no_keys = (np.zeros(0, np.int64), np.zeros(0, np.uint64))
    nothing = Findings((), 0, np.zeros(0, np.int64), {}, [no_keys] * rules.keys)
    blocks = source.blocks(lambda _chunk: None)
    try:
        return reduce(Findings.plus, (examine(source, rules, *block) for block in blocks), nothing)
    finally:
        source.close()


def digest(path: str, name: str, size: int) -> str:
    """The hash of a whole file."""
    _read_bytes(path, 0, 0, size)
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(name, usedforsecurity=False)).hexdigest()


def _read_bytes(path: str, start: int, end: int, size: int) -> bytes:
    try:
        with Path(path).open("rb") as file:
            if file.seek(0, 2) != size:
                raise FileNotSeen(path)
            file.seek(start)
            return file.read(end - start)
    except OSError as error:
        raise FileNotSeen(path) from error


PATIENCE = 20  # seconds to find a scheduler, and a worker


class ClusterError(OSError):
    """The cluster is not there, or cannot do the work; the message says what to do."""


class Cluster(Protocol):
    """Whatever runs functions elsewhere: concurrent.futures has threads and processes, Dask workers
    anywhere."""

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """A future."""


class Dask:
    """The workers of a scheduler. What one leaves undone when it dies, another does."""

    def __init__(self, address: str, client: Any) -> None:
        self.address, self.client = address, client

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Any:
        return _DaskFuture(self, self.client.submit(function, *args, pure=False))


class _DaskFuture:
    """A future whose failure, should it be the cluster's own, is explained in a sentence."""

    def __init__(self, dask: Dask, future: Any) -> None:
        self.dask, self.future = dask, future

    def cancel(self) -> None:
        self.future.cancel()

    def result(self) -> Any:
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError

        alone = 0
        while True:
            try:
                return self.future.result(timeout=PATIENCE)
            except TimeoutError:
                alone = 0 if self.dask.client.scheduler_info(n_workers=-1)["workers"] else alone + 1
                if alone > 1:
                    raise ClusterError(
                        _(
                            "no worker is left at {address}; start some, and try again",
                            address=self.dask.address,
                        )
                    ) from None
            except (KilledWorker, FutureCancelledError, CancelledError, CommClosedError) as error:
                raise ClusterError(
                    _("the cluster at {address} broke off: {why}", address=self.dask.address, why=error)
                ) from error
            except ImportError as error:
                raise ClusterError(
                    _(
                        "the workers at {address} lack a part of this program: {why}",
                        address=self.dask.address,
                        why=error,
                    )
                ) from error


def load_dask() -> None:
    """Loads Dask, which takes a second. Raises ClusterError where it is not installed."""
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError as error:
        raise ClusterError(
            _(
                "Dask is not installed here; type {command}, here and where the workers are",
                command="`pip install distributed`",
            )
        ) from error


@contextmanager
def connect_dask(address: str) -> Iterator[Dask]:
    """The cluster whose scheduler is at that address (tcp://host:port). Raises ClusterError where there is
    none, or no worker."""
    load_dask()
    from distributed import Client

    try:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what breaks off is told in a sentence
        client = cast(Any, Client)(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        start = "`dask scheduler`, `dask worker ADDRESS`"
        raise ClusterError(
            _("no Dask scheduler answers at {address}; start one ({start})", address=address, start=start)
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ClusterError(
                _("the Dask scheduler at {address} has no workers; start some", address=address)
            ) from error
        yield Dask(address, client)


class ClusterWitness(Witness):
    """A witness whose file is gone through by others, part by part."""

    def __init__(self, source: BlockSource, rules: Rules, limit: int, cluster: Cluster) -> None:
        super().__init__(source, rules, limit)
        self.cluster, self.path = cluster, source.path.absolute()
        self.futures: list[Any] = []

    def close(self) -> None:
        for future in self.futures:
            future.cancel()
        super().close()

    @property
    def digests(self) -> tuple[str, str]:
        return self._md5.result(), self._sha256.result()

    def _in_order(self) -> Iterator[Findings]:
        path, size = str(self.path), self.path.stat().st_size
        source = self.source
        assert isinstance(source, BlockSource)
        try:
            self._md5, self._sha256 = (self._submit(digest, path, name, size) for name in ("md5", "sha256"))
            surveys = [self._submit(survey, path, *stretch, size) for stretch in stretches(size)]
            dialect = (source.delimiter, source.width, source.first_row)
            parts = cut([future.result() for future in surveys], size)
            found = [self._submit(examine_part, path, dialect, self.rules, part, size) for part in parts]
            for future in found:
                yield from _without_empty(future.result())
            self._md5.result(), self._sha256.result()
        except FileNotSeen as error:
            raise ClusterError(
                _(
                    "a worker does not see {file} as it is here; put it where all workers see it under "
                    "this name",
                    file=path,
                )
            ) from error
        self.bytes = size

    def _submit(self, function: Callable[..., Any], *args: Any) -> Any:
        future = self.cluster.submit(function, *args)
        self.futures.append(future)
        return future


def _without_empty(found: Findings) -> Iterator[Findings]:
    if found.count:
        yield found

"""What is done beside the rest of a release, so that a large table keeps more than one processor at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from catalog.archive.published import Previous
from isolation.nursery import call_apart, prepare
from isolation.process import Bounds, Stopped
from isolation.spill import spilling
from messages import language, speaking
from pipelines.dataset.dataset import Dataset, Resource
from pipelines.release.inputs import Inputs
from pipelines.settings import Limits
from pipelines.workers import find_workers
from validation.table import Table

if TYPE_CHECKING:
    from pipelines.release.gate import Inspection  # with all words of the search, which few processes need

P = ParamSpec("P")
T = TypeVar("T")
LARGE = 100_000
"""Rows from which on a table is worth a process of its own."""
UNPACKED = 30_000_000
"""Bytes of tables, as CSV, from which on they are unpacked while something else is read."""


@contextmanager
def pool_beside(tables: Mapping[str, Table]) -> Iterator[ThreadPoolExecutor | None]:
    """Threads for what is done beside the rest, where one of the tables is large. To be called while this
    process has one thread and spills nothing yet: the nursery is forked here, and one that had to be started
    anew would load all modules once more."""
    if not is_large(tables):
        yield None
        return
    prepare()
    with ThreadPoolExecutor(2, thread_name_prefix="beside") as pool:
        yield pool


@contextmanager
def unpacking_beside(inputs: Inputs) -> Iterator[None]:
    """While the delivery is read, the tables are unpacked that it is put beside, where they are large: by a
    process of their own, since others are made of them. Whatever goes wrong there is seen, and told, where
    they are needed."""
    previous = inputs.previous
    names = [r.name for r in inputs.dataset.resources if r.pipeline.extract.mode != "full"]
    if previous is None or not names or previous.size < UNPACKED:
        yield
        return
    prepare()
    bounds = inputs.limits.judging(previous.size)
    with ThreadPoolExecutor(1, thread_name_prefix="unpack") as pool:
        unpacking = pool.submit(call_apart, unpack_tables, previous, names, bounds=bounds)
        yield
        with suppress(Exception):
            unpacking.result()


def unpack_tables(previous: Previous, names: Sequence[str]) -> None:
    with spilling():
        for name in names:
            previous.table(name)


def is_large(tables: Mapping[str, Table]) -> bool:
    """Whether one of the tables has so many rows."""
    return any(_has_rows(table, LARGE) for table in tables.values())


def _has_rows(table: Table, least: int) -> bool:
    rows = 0
    for batch in table.batches():
        rows += batch.num_rows
        if rows >= least:
            return True
    return False


def size_of(table: Table) -> int:
    """The bytes of the files in which a table's cells lie."""
    return sum(file.stat().st_size for file in table.files)


def do_beside(
    pool: ThreadPoolExecutor | None, function: Callable[P, T], *arguments: P.args, **named: P.kwargs
) -> Callable[[], T]:
    """Gives what waits for the answer: of a pool's thread, or, where there is none, of a call that is made
    when it is asked for."""
    if pool is None:
        return lambda: function(*arguments, **named)
    context = copy_context()
    waiting: Future[T] = pool.submit(lambda: context.run(function, *arguments, **named))
    return waiting.result


def inspect_beside(
    pool: ThreadPoolExecutor | None, dataset: Dataset, delivered: Mapping[str, Table], limits: Limits
) -> Callable[[], dict[str, Inspection]]:
    """Searches the tables for personal data, in processes of their own where there is a pool: most of it is
    Python's own work. What workers take parts of waits in a thread."""
    searches = {
        resource.name: do_beside(pool, inspect_apart, resource, delivered[resource.name], limits)
        if pool and find_workers(size_of(delivered[resource.name])) is None
        else do_beside(pool, _inspect_here, resource, delivered[resource.name])
        for resource in dataset.resources
    }
    return lambda: {name: search() for name, search in searches.items()}


def inspect_apart(resource: Resource, table: Table, limits: Limits) -> Inspection:
    """In a process of its own; where that is ended (memory, time), here."""
    try:
        return call_apart(_inspect_there, resource, table, language(), bounds=Bounds(limits.memory, 3_600))
    except Stopped:
        return _inspect_here(resource, table)


def _inspect_there(resource: Resource, table: Table, words: str) -> Inspection:
    with speaking(words), spilling():
        return _inspect_here(resource, table)


def _inspect_here(resource: Resource, table: Table) -> Inspection:
    from pipelines.release.gate import inspect_table

    return inspect_table(resource, table)

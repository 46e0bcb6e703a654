"""A table made from the releases of other datasets by a declared query, which sees nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.published import Previous, pack_csv
from isolation.nursery import call_apart
from isolation.process import Stopped
from messages import gettext as _
from messages import language, speaking
from pipelines.dataset.dataset import DECLARATION, Dataset, DatasetError, Resource
from pipelines.dataset.sources import DerivedSource
from pipelines.fetch.snapshot import Snapshot, hash_file
from pipelines.fetch.sql import find_unsteadiness
from pipelines.settings import DEFAULT_LIMITS, Limits

# One thread adds floating-point numbers, and meets rows, in one order: the same inputs give the same bytes.
ALONE: dict[str, Any] = {
    "threads": 1,
    "memory_limit": "1GB",
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}

ZONE = "America/Argentina/Buenos_Aires"
SMALL = 5_000_000
"""Bytes of the tables up to which a query is answered where others were answered before."""


def derive(
    dataset: Dataset,
    resource: Resource,
    needs: Mapping[str, Previous],
    into: Path,
    limits: Limits = DEFAULT_LIMITS,
) -> Snapshot:
    """The query's answer as CSV in the file `into`, in the order of the primary key, then of all columns, as
    of the day of the oldest dated release that it needs.

    Each needed release's table is `"<dataset>/<resource>"`, and `"<dataset>"` where it has only one; instants
    are Buenos Aires' clock times. Raises DatasetError where the query is wrong, asks for more than the
    releases, or may answer otherwise another time.
    """
    assert isinstance(resource.pipeline.source, DerivedSource)
    lent = {name: need.lend(into.parent / "lent") for name, need in needs.items()}
    size = sum(need.size for need in needs.values())
    bounds, words = limits.judging(size), language()
    try:
        call_apart(
            _derive_here, dataset, resource, lent, into, limits, words, bounds=bounds, small=size <= SMALL
        )
    except Stopped as stopped:
        why = {
            "memory": _("takes more memory than it may ({n} MB)", n=bounds.memory // 1_000_000),
            "time": _("takes longer than {seconds:.0f} seconds", seconds=bounds.seconds),
            "crash": _("ended the program that answers it"),
        }
        raise _fault(dataset, resource, why[stopped.why]) from stopped
    made_from = ", ".join(f"{name} {need.entry.version}" for name, need in needs.items())
    # It is no newer than the oldest of the dated data that it was made from.
    as_of = min((need.entry.as_of for need in needs.values() if need.entry.as_of), default=None)
    return Snapshot(resource.name, f"derived: {made_from}", *hash_file(into), into, as_of=as_of)


def _fault(dataset: Dataset, resource: Resource, problem: str) -> DatasetError:
    file = f"{dataset.folder.parent.name}/{dataset.id}/{DECLARATION}"
    key = f"resources[{dataset.resources.index(resource)}].pipeline.source.sql"
    return DatasetError(dataset.id, file, key, problem)


def _derive_here(
    dataset: Dataset,
    resource: Resource,
    needs: Mapping[str, Previous],
    into: Path,
    limits: Limits,
    words: str,
) -> None:
    """Answers, in the process that is for it."""
    with speaking(words):
        write_answer(dataset, resource, needs, into, limits)


def write_answer(
    dataset: Dataset, resource: Resource, needs: Mapping[str, Previous], into: Path, limits: Limits
) -> None:
    """The query's answer in the file `into`, in this process. Raises DatasetError."""
    source, fault = resource.pipeline.source, partial(_fault, dataset, resource)
    assert isinstance(source, DerivedSource)
    with duckdb.connect(config=ALONE) as duck:
        names = list(_register_tables(duck, needs))
        duck.execute(f"SET TimeZone = '{ZONE}'; SET Calendar = 'gregorian'")
        duck.execute("SET enable_external_access = false; SET lock_configuration = true")
        clock = threading.Timer(limits.fetch_seconds, duck.interrupt)
        clock.start()
        try:
            if problem := find_unsteadiness(duck, source.sql, [name[1:-1] for name in names]):
                raise fault(problem)
            answer = _answer_in_order(duck, source.sql, resource.primary_key)
            missing = resource.schema.get("missingValues", [""])
            pack_csv(answer, "" if "" in missing else missing[0], into)
        except duckdb.InterruptException as error:
            raise fault(_("takes longer than {seconds:.0f} seconds", seconds=limits.fetch_seconds)) from error
        except duckdb.Error as error:
            why = str(error).split("\n\n")[0].replace("\n", "; ")
            raise fault(
                _("cannot be answered ({why}); the tables are {names}", why=why, names=", ".join(names))
            ) from error
        except pa.ArrowException as error:
            raise fault(
                _("gives a type that cannot be published ({why}); cast it to another", why=error)
            ) from error
        finally:
            clock.cancel()


def _register_tables(duck: duckdb.DuckDBPyConnection, needs: Mapping[str, Previous]) -> Iterator[str]:
    """Makes the releases' tables known, and gives their names."""
    for dataset, need in needs.items():
        for resource, table in need.tables.items():
            duck.register(f"{dataset}/{resource}", _in_one_order(_to_local_time(table)))
            yield f'"{dataset}/{resource}"'
        if len(need.tables) == 1:
            duck.execute(f'CREATE VIEW "{dataset}" AS FROM "{dataset}/{next(iter(need.tables))}"')
            yield f'"{dataset}"'


def _in_one_order(table: pa.Table) -> pa.Table:
    """The rows in the order of all their values: floating-point sums, and whatever comes first, are then the
    same however the release has its rows."""
    return table.sort_by([(name, "ascending") for name in sorted(table.column_names)]).combine_chunks()


def _to_local_time(table: pa.Table) -> pa.Table:
    """Instants as the clocks of Buenos Aires show them: the query's days and months are then those of the
    city."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz:
            table = table.set_column(
                place,
                field.name,
                pc.local_timestamp(table[field.name].cast(pa.timestamp(field.type.unit, "-03:00"))),
            )
    return table


def _answer_in_order(duck: duckdb.DuckDBPyConnection, sql: str, key: list[str]) -> pa.Table:
    answer = duck.sql(sql.strip().rstrip(";"))
    columns = [
        *(name for name in key if name in answer.columns),
        *(name for name in answer.columns if name not in key),
    ]
    return answer.order(
        ", ".join('"{}" NULLS LAST'.format(name.replace('"', '""')) for name in columns)
    ).to_arrow_table()

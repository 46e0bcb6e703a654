"""The published tables, asked by DuckDB: read only, within bounds of time, memory and disk. A table is copied
out of the archive once, and its bytes are proved by their hash; nothing else of this machine is in reach."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.archive.archive import Archive
from catalog.archive.changes.duck import open_duckdb
from catalog.archive.release import File
from catalog.followed import TableFile
from catalog.question import FILE, POSITION, Question, Refusal
from messages import gettext as _
from pipelines.web.api.swift import SwiftCopies


@dataclass(frozen=True)
class Cost:
    """What answers may cost: `seconds` each, `memory` of all together and `disk` for copies of tables, in
    bytes; how many are made `at_once`, and for how many seconds the next one waits (`patience`). A table
    whose Parquet has `large` bytes or more, some half a million rows, gets a swift copy."""

    seconds: float = 20
    memory: int = 1_000_000_000
    disk: int = 20_000_000_000
    at_once: int = 4
    patience: float = 10
    large: int = 20_000_000


OpenTable = Callable[[File, Mapping[str, Any]], TableFile]


@dataclass(frozen=True)
class Rows:
    """Rows that answer a question, and where the next ones begin; None where there are none."""

    table: pa.Table
    next: int | None


class Tables:
    """Answers questions about tables of an archive, large ones out of swift copies once these are made.
    Threads may share it; `close` removes the copies."""

    def __init__(self, archive: Archive, cost: Cost = Cost()):
        self.archive, self.cost = archive, cost
        self._free = threading.BoundedSemaphore(cost.at_once)
        self._lock = threading.Lock()
        self._copies: OrderedDict[str, int] = OrderedDict()
        self._schemas: dict[str, pa.Schema] = {}

    @cached_property
    def swift(self) -> SwiftCopies:
        return SwiftCopies(self.folder, self.cost.large, self.cost.disk, self._connect)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            return self._duck.cursor()

    @cached_property
    def _home(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="vereda-api-")

    @property
    def folder(self) -> Path:
        """Where the copies are."""
        return Path(self._home.name)

    @cached_property
    def _duck(self) -> duckdb.DuckDBPyConnection:
        folder = self.folder
        duck = duckdb.connect(
            config={
                "memory_limit": f"{self.cost.memory // 1_000_000}MB",
                "temp_directory": f"{folder}/spill",
                "max_temp_directory_size": "5GB",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        duck.execute(f"SET allowed_directories = ['{folder}']")
        duck.execute("SET enable_external_access = false")
        duck.execute("SET lock_configuration = true")
        return duck

    def close(self) -> None:
        if "swift" in vars(self):
            self.swift.close()
        if "_duck" in vars(self):
            self._duck.close()
        if "_home" in vars(self):
            self._home.cleanup()

    def schema(self, file: File) -> pa.Schema:
        """The columns of a table. Raises Damaged and ArchiveError where its bytes cannot be had."""
        found = self._schemas.get(file.sha256)
        if found is None:
            found = pq.read_schema(self._path(file)).remove_metadata()
            self._schemas[file.sha256] = found
        return found

    def ask(self, file: File, question: Question) -> Rows:
        """The rows that answer the question. Raises Refusal, Damaged and ArchiveError."""
        path = self._path(file)
        with self._turn(), self.swift.table(file.sha256, path) as swift:
            text, values = question.sql(swift or FILE)
            parameters = values if swift else [str(path), *values]
            cursor = self._connect()
            with cursor, _ended_after(cursor, self.cost.seconds):
                found = cursor.sql(text, params=parameters).to_arrow_table()
        return _page(found, question)

    @contextmanager
    def comparing(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, OpenTable]]:
        """For a comparison of two tables: a database of its own, within the same bounds of time, and what
        makes a file of the archive a table there. Raises Refusal, Damaged and ArchiveError."""
        with self._turn(), open_duckdb() as duck, _ended_after(duck, self.cost.seconds):
            yield duck, lambda file, resource: TableFile(self._path(file), resource)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._free.acquire(timeout=self.cost.patience):
            raise Refusal(503, _("Many questions are being answered; ask again in a few seconds."))
        try:
            yield
        finally:
            self._free.release()

    def _path(self, file: File) -> Path:
        """The table on this machine; the copy longest not asked for makes room for it."""
        with self._lock:
            path = self.folder / f"{file.sha256}.parquet"
            if file.sha256 not in self._copies:
                while self._copies and sum(self._copies.values()) + file.bytes > self.cost.disk:
                    oldest, _size = self._copies.popitem(last=False)
                    path.with_name(f"{oldest}.parquet").unlink(missing_ok=True)
                self.archive.save(file.sha256, path)
                self._copies[file.sha256] = file.bytes
            self._copies.move_to_end(file.sha256)
            return path


@contextmanager
def _ended_after(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise Refusal(504, _too_much()) from error
    except duckdb.OutOfMemoryException as error:
        raise Refusal(413, _too_much()) from error
    finally:
        timer.cancel()


def _too_much() -> str:
    return _("That takes too much: filter more, choose fewer columns, or download the whole file.")


def _page(found: pa.Table, question: Question) -> Rows:
    more = found.num_rows > question.limit
    rows = found.slice(0, question.limit)
    after = None
    if not question.measures:
        if more:
            place = found.column(POSITION)[question.limit].as_py()
            after = place if question.in_file_order else question.after + question.limit
        rows = rows.drop_columns([POSITION])
    elif more:
        after = question.after + question.limit
    return Rows(_with_whole_numbers(rows), after)


def _with_whole_numbers(table: pa.Table) -> pa.Table:
    """Sums of whole numbers as such: DuckDB gives them as decimals without places, where they fit."""
    for index, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            with suppress(pa.ArrowInvalid):
                table = table.set_column(index, field.name, table.column(index).cast(pa.int64()))
    return table

"""The files of a release: tables written as CSV and Parquet, the same table always as the same bytes, and
read back from the archive."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from catalog.archive.archive import Archive
from catalog.archive.release import Entry, History, twin
from catalog.archive.store import FolderFile, Store
from isolation.spill import TableWriter, is_spilling, map_file


def read_parquet(file: bytes | Path) -> pa.Table:
    """The whole table, from bytes or a file.

    The bytes are copied into Arrow's own memory: its threads may let go of what they read only after the
    table was handed over, and where that is Python's memory and Python has ended meanwhile, the process
    aborts (pyarrow 26: one short run in four on a busy machine).
    """
    if isinstance(file, Path):
        return pq.read_table(file)
    with pa.BufferOutputStream() as copy:
        copy.write(file)
        return pq.read_table(pa.BufferReader(copy.getvalue()))


def read_by_groups(file: Path, into: Path | None = None) -> pa.Table:
    """The whole table of a file, which does not lie in memory at once (see isolation/spill.py); what is large
    of it lies in the file `into`, where one is named."""
    with pq.ParquetFile(file) as parquet, ThreadPoolExecutor(1, thread_name_prefix="spill") as beside:
        rows = TableWriter(parquet.schema_arrow, into)
        writing: Future[Any] = beside.submit(int)
        for place in range(parquet.num_row_groups):
            group = parquet.read_row_group(place)
            writing.result()
            writing = beside.submit(rows.write, group)  # while the next one is read
        writing.result()
    return rows.table()


@dataclass(frozen=True)
class Previous:
    """A release in the archive; its files are read when they are asked for. `history` is the log in which it
    is the current one."""

    archive: Archive
    entry: Entry
    history: History | None = None
    room: Path | None = None
    """A folder of this machine where large tables of it may lie unpacked."""

    @cached_property
    def descriptor(self) -> Mapping[str, Any]:
        """The published `datapackage.json`."""
        found: Mapping[str, Any] = json.loads(self.archive.get(self.entry.files["datapackage.json"].sha256))
        return found

    def table(self, resource: str) -> pa.Table | None:
        """The table with the schema's columns; None where the release has no such resource."""
        paths = {each["name"]: each["path"] for each in self.descriptor["resources"] if "schema" in each}
        if resource not in paths:
            return None
        if resource not in self._known:
            self._known[resource] = self._read_table(self.entry.files[twin(paths[resource])].sha256)
        return self._known[resource]

    def _read_table(self, sha256: str) -> pa.Table:
        if not is_spilling():
            return read_parquet(self.archive.get(sha256))
        unpacked = self.room / f"{sha256}.arrow" if self.room else None
        if unpacked and unpacked.exists():
            return pa.ipc.open_file(pa.BufferReader(map_file(unpacked))).read_all()
        with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
            file = self._place_of(sha256) or Path(folder, sha256)
            if file.parent == Path(folder):
                self.archive.save(sha256, file)
            aside = Path(folder, "unpacked") if unpacked else None
            table = read_by_groups(file, aside)
            if unpacked and aside and aside.exists():
                aside.replace(unpacked)
            return table

    def _place_of(self, sha256: str) -> Path | None:
        """Where a blob can be read as it lies, if it can, and is what it should be."""
        lent = self.archive.store
        if not isinstance(lent, LentFolder) or self.archive.blob_fault(sha256):
            return None
        return lent.root / "blobs" / sha256

    @cached_property
    def _known(self) -> dict[str, pa.Table]:
        """The tables that were read: a run asks several times."""
        return {}

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        names = [resource["name"] for resource in self.descriptor["resources"] if "schema" in resource]
        tables = {name: self.table(name) for name in names}
        return {name: table for name, table in tables.items() if table is not None}

    def lend(self, into: Path, also: Iterable[str] = ()) -> Previous:
        """The release as a process can read it that was forked, and has no credentials: its tables, what
        describes them, and `also` other blobs. Of a folder they are read where they are, else from copies in
        the folder `into`."""
        into.mkdir(parents=True, exist_ok=True)
        root = self.archive.root
        if root is None:
            root = into
            (into / "blobs").mkdir(parents=True, exist_ok=True)
            names = [name for name in self.entry.files if name.endswith((".json", ".parquet"))]
            for sha256 in {*(self.entry.files[name].sha256 for name in names), *also}:
                if not (into / "blobs" / sha256).exists():
                    self.archive.save(sha256, into / "blobs" / sha256)
        lent = Archive(cast(Store, LentFolder(root)), self.archive.where)
        return Previous(lent, self.entry, self.history, into)

    @property
    def size(self) -> int:
        """Bytes of its tables as CSV."""
        return sum(file.bytes for name, file in self.entry.files.items() if name.endswith(".csv"))


@dataclass(frozen=True)
class LentFolder:
    """A folder of which files are read, in a process that was forked: obstore's threads do not come along
    there. Of a `Store` it has what reading needs."""

    root: Path

    def get(self, path: str) -> FolderFile:
        """Raises FileNotFoundError also where it is a pipe, say."""
        place = self.root / path
        if not place.is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(place))
        return FolderFile(place)


def previous_of(archive: Archive, history: History) -> Previous | None:
    """The current release of a history."""
    return Previous(archive, history.current, history) if history.current else None


def text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as strings, as a reader of the CSV sees it: null stays null; `true`, `false`; shortest
    numbers, 7.0 being `7` and 1.50 being `1.5`; `NaN`, `INF`, `-INF`; ISO 8601 dates and times, an instant as
    the clocks of Buenos Aires show it (`2024-01-01T10:00:00-03:00`); nested values as JSON.
    """
    kind = column.type
    if pa.types.is_floating(kind):
        # Adding zero: -0.0 is published as 0.
        written = _without_exponents(pc.cast(pc.add(pc.cast(column, pa.float64()), 0.0), pa.string()))
        if pc.all(pc.is_finite(column)).as_py() is not False:
            return written
        for arrow, published in (("nan", "NaN"), ("-nan", "NaN"), ("inf", "INF"), ("-inf", "-INF")):
            written = pc.if_else(pc.equal(written, arrow), published, written)
        return written
    if pa.types.is_decimal(kind):
        return _without_zeros(pc.cast(column, pa.string()))
    if pa.types.is_timestamp(kind) and kind.tz:
        here = pc.subtract(pc.cast(column, pa.timestamp(kind.unit)), pa.scalar(3 * 3600, pa.duration("s")))
        return pc.binary_join_element_wise(text(here), "-03:00", "")
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        # Whole seconds, as most are, have no zeros to take away, which would take longer than all else.
        seconds = pa.timestamp("s") if pa.types.is_timestamp(kind) else pa.time32("s")
        try:
            written = pc.cast(pc.cast(column, seconds), pa.string())
        except pa.ArrowInvalid:
            written = _without_zeros(pc.cast(column, pa.string()))
        return pc.replace_substring(written, " ", "T")
    if pa.types.is_nested(kind):
        return pa.chunked_array([pa.array([_json(value) for value in column.to_pylist()], pa.string())])
    return pc.cast(column, pa.string())


def comparable_columns(
    before: pa.ChunkedArray, after: pa.ChunkedArray
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Two columns of one field that can be compared value by value: as they are where both have the same
    plain type, else as published."""
    kind = before.type
    plain = (
        pa.types.is_integer(kind)
        or pa.types.is_string(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date32(kind)
    )
    if kind == after.type and (plain or pa.types.is_float64(kind)):
        return before, after
    return text(before), text(after)


def text_table(table: pa.Table, fields: Sequence[str]) -> pa.Table:
    """These fields of a table as published text, column by column."""
    return pa.table([text(table[name]) for name in fields], names=list(fields))


def _without_zeros(written: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(written, r"^(.*?\d)(?:\.0+|(\.\d*?[1-9])0+)$", r"\1\2")


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


ROW_GROUP = 131_072
PAGE = 1024
"""Rows of a column that stand together, in an index with their smallest and largest value: a reader who wants
one row fetches as many, not the 131,072 of its group."""
WRITER = 4
"""Goes up by one whenever the same table would be written with other bytes, or the same raw file read as
other texts; a log entry without one was written by 1. 2: numbers without exponents, texts in NFC. 3: Parquet
in pages of 1,024 rows with an index. 4: small tables as XLSX, GeoJSON and GeoParquet too, without a word in
the declaration; such files of demonstrations say so."""


@dataclass(frozen=True)
class CsvWriting:
    """What a table's lines depend on beside their own rows: what stands for a `missing` value; whether Arrow
    would write a number `with_exponents`; the columns of numbers that are all `finite`."""

    missing: str
    with_exponents: bool
    finite: frozenset[str]


def find_writing(table: pa.Table, missing: str) -> CsvWriting:
    """How the lines of a table are written."""
    exponents = any(_has_exponents(column) or pa.types.is_decimal(column.type) for column in table.columns)
    finite = (
        field.name
        for field in table.schema
        if not exponents
        and pa.types.is_floating(field.type)
        and pc.all(pc.is_finite(table[field.name])).as_py() is not False
    )
    return CsvWriting(missing, exponents, frozenset(finite))


def pack_csv(table: pa.Table, missing: str, into: Path, *, header: bool = True) -> None:
    """RFC 4180, UTF-8, LF; texts in quotes, numbers, dates and true/false without; a missing value as
    `missing`; where a `header` is wanted, the names first. Arrow writes large and small numbers with
    exponents: where a table has such, its lines are made here."""
    with into.open("wb") as file:
        file.write(header_line(table) if header else b"")
        write_lines(table, find_writing(table, missing), file)


def write_lines(table: pa.Table, writing: CsvWriting, file: IO[bytes]) -> None:
    """The lines of some rows; they are the same however the table's rows are cut at ROW_GROUP."""
    if writing.with_exponents:
        _write_plain_lines(table, writing.missing, file)
        return
    plain = (
        pa.types.is_integer,
        pa.types.is_boolean,
        pa.types.is_date,
        pa.types.is_string,
    )
    writers: list[Callable[[pa.ChunkedArray], pa.ChunkedArray]] = []
    for field in table.schema:
        if pa.types.is_floating(field.type):
            writers.append(_without_minus_zero if field.name in writing.finite else text)
        else:
            writers.append(_as_it_is if any(is_kind(field.type) for is_kind in plain) else text)
    options = pyarrow.csv.WriteOptions(include_header=False, null_string=writing.missing)
    for rows in _blocks(table):
        columns = [write(column) for write, column in zip(writers, rows.columns, strict=True)]
        pyarrow.csv.write_csv(pa.table(columns, names=table.column_names), file, options)


def _has_exponents(column: pa.ChunkedArray) -> bool:
    """Whether Arrow would write a number of the column with an exponent: from 1e10 on, and below 1e-4."""
    if not pa.types.is_floating(column.type):
        return False
    size = pc.abs(column)
    beyond = pc.or_kleene(
        pc.greater_equal(size, 1e10), pc.and_kleene(pc.less(size, 1e-4), pc.greater(size, 0))
    )
    return bool(pc.any(pc.and_kleene(beyond, pc.is_finite(column)), min_count=0).as_py())


def _write_plain_lines(table: pa.Table, missing: str, file: IO[bytes]) -> None:
    """The same as Arrow's writer makes of a table, with every number plain."""
    for rows in _blocks(table):
        cells = [_csv_cells(column) for column in rows.columns]
        lines = (
            pc.binary_join_element_wise(*cells, ",", null_handling="replace", null_replacement=missing)
            if len(cells) > 1
            else pc.fill_null(cells[0], missing)
        )
        file.write("".join(f"{line}\n" for line in lines.to_pylist()).encode())


def header_line(table: pa.Table) -> bytes:
    """The names of the columns."""
    return (",".join(_quoted(name) for name in table.column_names) + "\n").encode()


def _csv_cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts in quotes; null stays null."""
    kind = column.type
    written = text(column)
    bare = any(
        is_kind(kind)
        for is_kind in (pa.types.is_integer, pa.types.is_boolean, pa.types.is_date, pa.types.is_decimal)
    )
    if bare or (pa.types.is_floating(kind) and pc.all(pc.is_finite(column)).as_py() is not False):
        return written
    quoted = pc.replace_substring(written, '"', '""')
    return pc.binary_join_element_wise('"', quoted, '"', "")


def _without_exponents(written: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as texts, those with exponents in full: 1e+10 is 10000000000."""
    large = pc.match_substring(written, "e")
    if not pc.any(large, min_count=0).as_py():
        return written
    if isinstance(written, pa.ChunkedArray):
        return pa.chunked_array([_without_exponents(chunk) for chunk in written.chunks], pa.string())
    plain = [format(Decimal(each), "f") for each in written.filter(large).to_pylist()]
    return pc.replace_with_mask(written, pc.fill_null(large, False), pa.array(plain, pa.string()))


def pack_parquet(table: pa.Table, schema: Mapping[str, Any], about: Mapping[str, str], into: Path) -> None:
    """Typed, zstd, in row groups of 131,072 rows; the schema's metadata tells `about` the table and describes
    each field."""
    write_parquet(described_table(table, schema, about), into)


def described_table(table: pa.Table, schema: Mapping[str, Any], about: Mapping[str, str]) -> pa.Table:
    """The table, with what its Parquet file says of it."""
    described = {field["name"]: field for field in schema["fields"]}
    fields = []
    for field in table.schema:
        words = described[field.name]
        metadata = {key: str(words[key]) for key in ("title", "description", "unit") if key in words}
        fields.append(field.with_metadata(metadata))
    return table.cast(pa.schema(fields, metadata=dict(about)))


def pack_json(value: Mapping[str, Any], into: Path) -> None:
    into.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")


def write_parquet(table: pa.Table, into: Path, repetitive: list[str] | None = None) -> None:
    """The table as it is: the same one gives the same bytes. Programs in a browser read parts of it. The
    columns that are `repetitive` are else found out."""
    listed = repetitive_columns(table) if repetitive is None else repetitive
    _write_groups(_blocks(table), table.schema, listed, into)


def write_parquet_parts(parts: Iterable[pa.Table], schema: pa.Schema, into: Path) -> None:
    """As `write_parquet`, of a table that comes in parts: no more than two row groups of it are there at
    once, one that is made and one that is written."""
    groups = _work_ahead(_regroup(parts))
    first = next(groups, schema.empty_table())
    _write_groups(chain([first], groups), schema, repetitive_columns(first), into)


def _work_ahead(groups: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same groups; while one is written, the next is made in a thread beside."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as beside:
        waiting = beside.submit(next, groups, None)
        while (group := waiting.result()) is not None:
            waiting = beside.submit(next, groups, None)
            yield group


def _regroup(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The rows of the parts in row groups, as `_blocks` gives them."""
    waiting: list[pa.Table] = []
    rows = 0
    for part in parts:
        waiting.append(part)
        rows += part.num_rows
        if rows >= ROW_GROUP:
            *groups, rest = _blocks(pa.concat_tables(waiting))
            whole = rows % ROW_GROUP == 0
            yield from [*groups, rest] if whole else groups
            waiting, rows = ([], 0) if whole else ([rest], rest.num_rows)
    if rows:
        yield pa.concat_tables(waiting).combine_chunks()


def _write_groups(groups: Iterable[pa.Table], schema: pa.Schema, listed: list[str], into: Path) -> None:
    layout = {"write_page_index": True, "max_rows_per_page": PAGE, "use_dictionary": listed}
    with pq.ParquetWriter(
        into, schema, compression="zstd", version="2.6", write_statistics=True, **layout
    ) as writer:
        for rows in groups:
            if rows.num_rows:
                writer.write_table(rows, row_group_size=ROW_GROUP)


def repetitive_columns(table: pa.Table) -> list[str]:
    """The columns whose values are worth a list of their own, by the first row group: who reads one row has
    to fetch the list as well."""
    head = table.slice(0, ROW_GROUP)
    return [
        field.name
        for field in table.schema
        if not pa.types.is_nested(field.type)
        and not pa.types.is_boolean(field.type)
        and not pa.types.is_null(field.type)
        and _is_repetitive(head[field.name])
    ]


def _is_repetitive(column: pa.ChunkedArray) -> bool:
    """Whether each value stands there eight times, on average; of a column that starts with more different
    ones than that, the rest need not be counted."""
    least = len(column) // 8 + 1
    parts = (column.slice(0, least), column)
    return all(8 * int(pc.count_distinct(part).as_py()) <= len(column) for part in parts)


def _blocks(table: pa.Table) -> Iterator[pa.Table]:
    """The rows in row groups, each in one chunk of its own: the bytes of a Parquet page depend on how a
    column is chunked, and pyarrow 26 writes what lies in its memory into a CSV where a chunk is empty."""
    for start in range(0, table.num_rows, ROW_GROUP):
        yield table.slice(start, ROW_GROUP).combine_chunks()


def _as_it_is(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column


def _without_minus_zero(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as Arrow writes them, which is as Table Schema reads them, but for -0, NaN and INF."""
    return pc.add(column, 0.0)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

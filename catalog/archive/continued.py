"""Files of a release that begin as those of the release before, because its first rows are the same: these
are taken over as they are, and only the rest is written. The bytes are those of writing it all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.blobs import Digest
from catalog.archive.published import (
    ROW_GROUP,
    described_table,
    pack_csv,
    pack_parquet,
    repetitive_columns,
    write_parquet,
)
from catalog.archive.thrift import I32, I64, Fields, read_struct, shift_locations, write_struct

MAGIC = b"PAR1"
FOOT = 8
"""Bytes after a Parquet file's footer: its length, and the file's mark."""


class Save(Protocol):
    """Writes a file of a release whole into another one: of its table, with this ending (`.csv`, `.parquet`).
    Gives the sha256 of the file without so many bytes at its end, to which more can be added; None where it
    is not there, or not as it was published."""

    def __call__(self, ending: str, into: Path, behind: int = 0) -> Digest | None: ...


@dataclass(frozen=True)
class Beginning:
    """The table of the release before: its rows, and so many `leading` ones of them that are the first rows
    of the new table too; `save` is of the same release."""

    table: pa.Table
    leading: int
    save: Save


def continue_csv(table: pa.Table, missing: str, into: Path, beginning: Beginning | None) -> str:
    """As `pack_csv`; gives the sha256 of the file."""
    if beginning is None or not _alike(table, beginning):
        pack_csv(table, missing, into)
        return hash_file(into)
    rest = into.with_name(f"{into.name}.rest")
    digest = _cut_csv(missing, into, rest, beginning)
    if digest is not None:
        pack_csv(table.slice(beginning.leading), missing, rest, header=False)
        append_file(rest, into, digest=digest)
        return str(digest.hexdigest())
    rest.unlink()
    pack_csv(table, missing, into)
    return hash_file(into)


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cut_csv(missing: str, into: Path, aside: Path, beginning: Beginning) -> Digest | None:
    """Writes what stays of the file before, and gives its sha256; None where that was written by other
    rules."""
    pack_csv(beginning.table.slice(beginning.leading), missing, aside, header=False)
    behind = aside.stat().st_size
    digest = beginning.save(".csv", into, behind)
    if digest is None:
        return None
    if not (_ends_with(into, aside) and _begins_alike(beginning.table, missing, into, aside)):
        return None
    os.truncate(into, into.stat().st_size - behind)
    return digest


def _alike(table: pa.Table, beginning: Beginning) -> bool:
    """Whether the rules that look at a whole column say the same of both tables."""
    floating = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    return beginning.table.schema.names == table.schema.names and all(
        pc.all(pc.is_finite(each[name])).as_py() is not False
        for each in (table, beginning.table)
        for name in floating
    )


def _ends_with(file: Path, end: Path) -> bool:
    size = end.stat().st_size
    with file.open("rb") as one, end.open("rb") as other:
        if one.seek(0, os.SEEK_END) < size:
            return False
        one.seek(-size, os.SEEK_END)
        return all(one.read(len(block)) == block for block in _blocks(other))


def _begins_alike(table: pa.Table, missing: str, file: Path, aside: Path) -> bool:
    """Whether the first rows stand in the file as they would be written now."""
    pack_csv(table.slice(0, 1_000), missing, aside)
    with file.open("rb") as one, aside.open("rb") as other:
        return all(one.read(len(block)) == block for block in _blocks(other))


def _blocks(file: Any) -> Iterator[bytes]:
    while block := file.read(1 << 20):
        yield block


def append_file(rest: Path, into: Path, start: int = 0, digest: Digest | None = None) -> None:
    """Moves what a file has from there on to the end of another; adds it to a `digest`."""
    with rest.open("rb") as source, into.open("ab") as file:
        source.seek(start)
        for block in _blocks(source):
            file.write(block)
            if digest is not None:
                digest.update(block)
    rest.unlink()


def continue_parquet(
    table: pa.Table,
    schema: Mapping[str, Any],
    about: Mapping[str, str],
    into: Path,
    beginning: Beginning | None,
) -> str:
    """As `pack_parquet`; gives the sha256 of the file."""
    groups = beginning.leading // ROW_GROUP if beginning else 0
    if beginning is None or not groups or beginning.save(".parquet", into) is None:
        pack_parquet(table, schema, about, into)
        return hash_file(into)
    rest = into.with_name(f"{into.name}.rest")
    described = described_table(table, schema, about)
    write_parquet(described.slice(groups * ROW_GROUP), rest, repetitive_columns(described))
    join_parquet(into, groups, [rest])
    return hash_file(into)


def join_parquet(into: Path, groups: int | None, rests: Sequence[Path]) -> None:
    """Puts the row groups of all `rests` behind so many of a file, or behind all of them, under a footer for
    all; the other files are removed."""
    with ExitStack() as opened:
        files = [opened.enter_context(path.open("rb")) for path in (into, *rests)]
        footers = [_read_footer(file) for file in files]
        parts = [footer[4][1].items for footer in footers]
        parts[0] = parts[0][:groups]
        ends = [_end_of_groups(part) for part in parts]
        shifts = [0, *(sum(ends[:place]) - place * len(MAGIC) for place in range(1, len(ends)))]
        columns = [
            (file, chunk, shift)
            for file, part, shift in zip(files, parts, shifts, strict=True)
            for group in part
            for chunk in group[1][1].items
        ]
        indexes = [_read_index(file, chunk, 6) for file, chunk, _shift in columns]
        offsets = [shift_pages(_read_index(file, chunk, 4), by) for file, chunk, by in columns]
        for part, shift in zip(parts, shifts, strict=True):
            for group in part:
                _shift_group(group, shift)
    end = sum(ends) - (len(ends) - 1) * len(MAGIC)
    _place_indexes([chunk for _file, chunk, _shift in columns], indexes, offsets, end)
    last = footers[-1]
    last[4][1].items[:] = [group for part in parts for group in part]
    last[3] = I64, sum(group[3][1] for group in last[4][1].items)
    footer = write_struct(last)
    os.truncate(into, ends[0])
    for path, size in zip(rests, ends[1:], strict=True):
        os.truncate(path, size)
        append_file(path, into, len(MAGIC))
    with into.open("ab") as file:
        file.writelines([*indexes, *offsets, footer, len(footer).to_bytes(4, "little"), MAGIC])


def _read_footer(file: Any) -> Fields:
    file.seek(-FOOT, os.SEEK_END)
    size = int.from_bytes(file.read(4), "little")
    file.seek(-FOOT - size, os.SEEK_END)
    return read_struct(file.read(size))[0]


def _end_of_groups(groups: list[Fields]) -> int:
    """Where the last of them ends."""
    return int(groups[-1][5][1] + groups[-1][6][1]) if groups else len(MAGIC)


def _read_index(file: Any, chunk: Fields, at: int) -> bytes:
    """A page index of a column: its place is the field `at` of the column's, its length the next. Of a column
    that has none (of numbers that are none, say) nothing."""
    if at not in chunk:
        return b""
    file.seek(chunk[at][1])
    return bytes(file.read(chunk[at + 1][1]))


def shift_pages(index: bytes, by: int) -> bytes:
    """A list of where pages are (OffsetIndex), so many bytes further on."""
    if not by or not index:
        return index
    return shift_locations(index, by) or _shift_any(index, by)


def _shift_any(index: bytes, by: int) -> bytes:
    offsets = read_struct(index)[0]
    for page in offsets[1][1].items:
        page[1] = I64, page[1][1] + by
    return write_struct(offsets)


def _shift_group(group: Fields, by: int) -> None:
    group[5] = I64, group[5][1] + by
    for chunk in group[1][1].items:
        about = chunk[3][1]
        for place in (9, 11):  # of its first page, and of the list of its values
            if place in about:
                about[place] = I64, about[place][1] + by


def _place_indexes(chunks: list[Fields], indexes: list[bytes], offsets: list[bytes], at: int) -> None:
    """Tells the columns where their indexes stand: one after the other, those of values first."""
    for place, parts in ((6, indexes), (4, offsets)):
        for chunk, part in zip(chunks, parts, strict=True):
            if not part:
                continue
            chunk[place], chunk[place + 1] = (I64, at), (I32, len(part))
            at += len(part)

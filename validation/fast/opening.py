"""How frictionless opens a table, step by step, and how ours is let into its stream of rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from frictionless import Dialect
from frictionless.formats import CsvControl
from frictionless.resources import TableResource

from validation.patterns import repetitions, require_time

SMALL = 200_000  # bytes: below, frictionless alone is done sooner than Arrow is imported
WATCHED = 1000
"""Rows whose texts are tried at once."""
OPENING = ("parser", "buffer", "sample", "dialect", "labels", "fragment", "schema", "header")


def open_until_labels(resource: TableResource) -> None:
    for name in OPENING:
        step(resource, name)()


def first_row(resource: TableResource) -> int:
    """The number of the first row below the labels."""
    number: int = resource.dialect.create_first_content_row()  # type: ignore[no-untyped-call]
    return number


def large_plain_path(resource: TableResource) -> Path | None:
    """The file of an opened resource, where it is plain, and large enough for Arrow to be the quicker one."""
    path = plain_path(resource)
    return path if path and path.stat().st_size >= SMALL else None


def plain_path(resource: TableResource) -> Path | None:
    """The local file of an opened resource, where it is CSV in UTF-8 without oddities; else None."""
    dialect = resource.dialect
    if resource.memory or resource.remote or resource.multipart or resource.compression or resource.innerpath:
        return None
    if resource.format not in ("csv", "tsv") or resource.scheme != "file":
        return None
    if resource.encoding not in ("utf-8", "utf-8-sig"):
        return None
    if type(dialect) is not Dialect or not dialect.has_control("csv"):
        return None
    if dialect.comment_char or dialect.comment_rows or dialect.skip_blank_rows:
        return None
    control = dialect.get_control("csv")
    assert isinstance(control, CsvControl)
    delimiter = control.delimiter
    if len(delimiter) != 1 or not (" " <= delimiter <= "~" or delimiter == "\t"):
        return None
    if delimiter == '"' or control.quote_char != '"':
        return None
    if control.escape_char is not None or control.skip_initial_space or csv.field_size_limit() < 1 << 24:
        return None
    path = Path(str(resource.normpath).removeprefix("file://"))
    return path if path.is_file() else None


def open_blocks(resource: TableResource, path: Path, width: int) -> Any:
    from validation.fast.blocks import BlockSource

    control = resource.dialect.get_control("csv")
    assert isinstance(control, CsvControl)
    return BlockSource(path, control.delimiter, width, first_row(resource))


def open_table(resource: TableResource) -> Any:
    """Opens a resource as far as its labels, and gives its rows; None where frictionless has to read them."""
    open_until_labels(resource)
    path = large_plain_path(resource)
    width = len(resource.header.get_expected_fields()) if path else 0
    return open_blocks(resource, path, width) if path and width else None


def open_with(resource: TableResource, witness: Any) -> None:
    """Frictionless's own stream of rows over those of the witness; over all rows that are left, should the
    witness give up."""
    dialect = resource.dialect
    every = dialect.read_enumerated_content_stream(resource.cell_stream)
    first, stats = first_row(resource), resource.stats

    def stream(_cells: Any) -> Iterator[tuple[int, list[Any]]]:
        from validation.fast.blocks import Doubtful

        try:
            for number, cells in witness:
                stats.rows = number - first  # frictionless adds one
                yield number, cells
        except Doubtful:
            for number, cells in every:
                if number not in witness.given:
                    stats.rows = number - first
                    yield number, cells
            return
        stats.rows = witness.rows
        if witness.bytes:
            stats.bytes, (stats.md5, stats.sha256) = witness.bytes, witness.digests

    dialect.__dict__["read_enumerated_content_stream"] = stream
    try:
        step(resource, "row_stream")()
    finally:
        del dialect.__dict__["read_enumerated_content_stream"]


def open_watched(resource: TableResource) -> None:
    """Frictionless's own stream of rows; of a pattern that may take long, the texts are tried before it sees
    them. Raises PatternTooSlow, as the rows are read."""
    fields = resource.header.get_expected_fields()
    patterns = {
        place: pattern
        for place, field in enumerate(fields)
        if isinstance(pattern := field.constraints.get("pattern"), str) and repetitions(pattern) != 0
    }
    if patterns:
        read = resource.dialect.read_enumerated_content_stream
        resource.dialect.__dict__["read_enumerated_content_stream"] = lambda cells: _watch(
            read(cells), patterns
        )
    try:
        step(resource, "row_stream")()
    finally:
        resource.dialect.__dict__.pop("read_enumerated_content_stream", None)


def _watch(
    rows: Iterator[tuple[int, list[Any]]], patterns: dict[int, str]
) -> Iterator[tuple[int, list[Any]]]:
    trouble: Exception | None = None
    ended = False
    while not ended:
        block: list[tuple[int, list[Any]]] = []
        try:
            block.extend(islice(rows, WATCHED))
        except Exception as error:  # noqa: BLE001 (it is raised again in its place)
            trouble = error
        ended = len(block) < WATCHED
        for place, pattern in patterns.items():
            cells = {cells[place] for _number, cells in block if place < len(cells)}
            require_time(pattern, [cell for cell in cells if isinstance(cell, str)])
        yield from block
    if trouble:
        raise trouble


def step(resource: TableResource, name: str) -> Callable[[], None]:
    """A step of `TableResource.open`, which has no public name."""
    method: Callable[[], None] = getattr(resource, f"_TableResource__open_{name}")
    return method


class BlockedTable(TableResource):
    """A table resource that gives its rows as Arrow blocks by itself, and an index of its keys."""

    def as_blocks(self, width: int, first: int) -> Any:
        """What `Rows` says, for as many columns, its first row having this number; None where that is not
        so."""
        raise NotImplementedError

    def index_keys(self, fields: tuple[str, ...]) -> Any:
        """The keys that stand in these fields (an `Index`); None where they are few, or only frictionless can
        tell. Raises Doubtful likewise. The resource may be left open."""
        raise NotImplementedError

"""`vereda diff`: two files, addresses or versions, compared by rows and cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive import published
from catalog.archive.archive import Archive, find_history
from catalog.archive.changes.changes import Changes, compare
from catalog.archive.changes.rows import counts_up
from catalog.archive.published import Previous, write_parquet
from catalog.archive.release import UnknownRelease, find_release
from isolation.spill import AT_ONCE, TableWriter
from messages import gettext as _
from pipelines.dataset.plain_file import open_plain
from pipelines.dataset.sources import HttpSource
from pipelines.read.grid import Unreadable
from pipelines.read.undeclared import read_undeclared
from pipelines.settings import DEFAULT_LIMITS, Limits

CALLED_KEY = re.compile(
    r"(id|_id|.*[_ ]id|id[_ ].*|c[oó]d(igo)?([_ ].*)?|n(ro|[uú]mero)([_ ].*)?)", re.IGNORECASE
)
TABLE = "table"
"""What the table of an address without a name is called."""
SUFFIXES = {
    ".csv",
    ".tsv",
    ".txt",
    ".xlsx",
    ".xls",
    ".xlsb",
    ".ods",
    ".json",
    ".jsonl",
    ".parquet",
    ".zip",
    ".gz",
}


@dataclass(frozen=True)
class Side:
    """One of two things that are compared: what it is called, its tables by name, and the part of a
    descriptor that tells of them. A file's table is all text."""

    told: str
    tables: Mapping[str, pa.Table]
    descriptor: Mapping[str, Any]
    release: bool = False


@dataclass(frozen=True)
class Difference:
    """What differs, and by which key the rows of each table were matched (none: whole rows)."""

    before: Side
    after: Side
    changes: Changes
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_json(self, file: Path) -> dict[str, Any]:
        return {
            "from": self.before.told,
            "to": self.after.told,
            "keys": {name: list(key) for name, key in self.keys.items()},
            "resources": self.changes.summary(),
            "file": str(file),
        }


def diff(before: Side, after: Side, key: Sequence[str] = ()) -> Difference:
    """What became of the rows and cells of `before` in `after`.

    Two releases are compared as such, table by table, with their types. Else two tables are, as text; their
    rows are matched by `key`, by the key that one side declares, or by the first column that is filled and
    differs in each row of both sides, those called as keys are called first.

    Raises ValueError where `key` is none, or a release has several tables and a file is to be compared
    with it.
    """
    if before.release and after.release and not key:
        if before.tables.keys().isdisjoint(after.tables) and len(before.tables) == len(after.tables) == 1:
            before, after = _as_text(before, TABLE), _as_text(after, TABLE)
        else:
            changes = compare(before.tables, after.tables, before.descriptor, after.descriptor)
            return Difference(before, after, changes, _declared_keys(after))
    name = next(iter(after.tables if after.release else before.tables), TABLE)
    declared = next((key for side in (after, before) for key in _declared_keys(side).values() if key), ())
    old, new = _as_text(before, name), _as_text(after, name)
    tables = old.tables[name], new.tables[name]
    if key:
        _require_key(key, old, new)
    chosen = key or (declared if _is_key(tables, declared) else _find_key(tables))
    sides = [_describe(side.told, side.tables, chosen) for side in (old, new)]
    changes = compare(sides[0].tables, sides[1].tables, sides[0].descriptor, sides[1].descriptor)
    return Difference(before, after, changes, {name: tuple(chosen)})


def open_side(text: str, archive: Archive, room: Path, limits: Limits = DEFAULT_LIMITS) -> Side:
    """The table of a file or of what lies at an address, or the tables of a release: `ID`, `ID@VERSION`,
    `ID/RESOURCE@VERSION`. `room` is a folder of its own, for what is fetched and unpacked.

    Raises ValueError, SourceError, UnknownRelease, OSError.
    """
    path = Path(text)
    if re.match(r"https?://", text):
        from pipelines.fetch.http import fetch_http  # takes half a second, which two files can do without

        path = room / "fetched"
        fetch_http(HttpSource(kind="http", url=text), TABLE, None, path, limits)
        name = PurePosixPath(unquote(urlsplit(text).path)).stem or TABLE
        return _describe(_without_password(text), {name: _read_file(path, room / "unpacked", limits)})
    if path.exists() or text.startswith(("/", ".")) or path.suffix.lower() in SUFFIXES:
        open_plain(path).close()  # else a pipe would be waited for
        return _describe(text, {path.stem: _read_file(path, room / "unpacked", limits)})
    return _open_release(text, archive)


def _open_release(text: str, archive: Archive) -> Side:
    named, _at, version = text.partition("@")
    dataset, _slash, resource = named.partition("/")
    try:
        entry = find_release(find_history(archive, dataset), version or None)
    except UnknownRelease as error:
        note = _("{name} is no file, no address, and no release: {why}", name=text, why=error)
        raise UnknownRelease(note) from error
    release = Previous(archive, entry)
    tables = release.tables
    if resource and resource not in tables:
        note = _(
            "{id} has no resource {resource!r}; use one of {names}",
            id=dataset,
            resource=resource,
            names=", ".join(tables),
        )
        raise UnknownRelease(note)
    wanted = {name: table for name, table in tables.items() if resource in ("", name)}
    resources = [each for each in release.descriptor["resources"] if each["name"] in wanted]
    told = f"{named}@{entry.version}"
    return Side(told, wanted, {**release.descriptor, "resources": resources}, release=True)


def _read_file(path: Path, room: Path, limits: Limits) -> pa.Table:
    with path.open("rb") as file:
        parquet = file.read(4) == b"PAR1"
    if not parquet:
        try:
            return read_undeclared(path, room, limits)
        except Unreadable as error:
            raise ValueError(
                _("{file} cannot be read as a table: {why}", file=path, why=error.note)
            ) from error
    try:
        table = published.read_by_groups(path)
    except pa.ArrowInvalid as error:
        raise ValueError(_("{file} is a damaged Parquet file: {why}", file=path, why=error)) from error
    return _write_texts(table)


def _without_password(url: str) -> str:
    """The address as it may be shown."""
    import httpx

    return str(httpx.URL(url).copy_with(userinfo=b""))


def _describe(told: str, tables: Mapping[str, pa.Table], key: Sequence[str] = ()) -> Side:
    resources = [
        {
            "name": name,
            "path": f"{name}.csv",
            "schema": {
                "fields": [{"name": column, "type": "string"} for column in table.column_names],
                **({"primaryKey": list(key)} if key else {}),
            },
        }
        for name, table in tables.items()
    ]
    return Side(told, tables, {"resources": resources})


def _as_text(side: Side, name: str) -> Side:
    """The side's one table as text, a cell without anything being empty; under this name."""
    if len(side.tables) != 1:
        note = _(
            "{id} has several resources; name one: {names}",
            id=side.told,
            names=", ".join(f"{side.told.partition('@')[0]}/{each}" for each in side.tables),
        )
        raise ValueError(note)
    table = next(iter(side.tables.values()))
    if all(pa.types.is_string(column.type) and not column.null_count for column in table.columns):
        return _describe(side.told, {name: table})
    return _describe(side.told, {name: _write_texts(table, _fill_empty)})


def _write_texts(
    table: pa.Table, then: Callable[[pa.ChunkedArray], pa.ChunkedArray] = lambda column: column
) -> pa.Table:
    """The table as text, written block by block: a large one lies in a file (see isolation/spill.py)."""
    written = TableWriter(pa.schema([(name, pa.string()) for name in table.column_names]))
    for start in range(0, table.num_rows, AT_ONCE):
        part = table.slice(start, AT_ONCE)
        columns = [then(published.text(column)) for column in part.columns]
        written.write(pa.table(columns, schema=written.schema))
    return written.table()


def _fill_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(column, "") if column.null_count else column


def _declared_keys(side: Side) -> dict[str, Sequence[str]]:
    found = {each["name"]: each["schema"].get("primaryKey", ()) for each in side.descriptor["resources"]}
    return {name: (key,) if isinstance(key, str) else tuple(key) for name, key in found.items()}


def _require_key(key: Sequence[str], before: Side, after: Side) -> None:
    for side in (before, after):
        table = next(iter(side.tables.values()))
        if lacking := [name for name in key if name not in table.column_names]:
            note = _(
                "{side} has no column {name!r}; its columns are {names}",
                side=side.told,
                name=lacking[0],
                names=", ".join(table.column_names[:50]),
            )
            raise ValueError(note)
        if (twice := _repetition(table, key)) is not None:
            note = _(
                "{names} is no key of {side}: {value} stands there twice; name more columns, or none",
                names=", ".join(key),
                side=side.told,
                value=" · ".join(map(str, twice)),
            )
            raise ValueError(note)


def _repetition(table: pa.Table, key: Sequence[str]) -> tuple[Any, ...] | None:
    """A combination of these columns that stands in several rows."""
    if len(key) == 1 and (
        counts_up(table[key[0]]) or pc.count_distinct(table[key[0]], mode="all").as_py() == table.num_rows
    ):
        return None
    keys = pa.table([table[name] for name in key], names=[str(place) for place in range(len(key))])
    counted = keys.group_by(keys.column_names).aggregate([([], "count_all")])
    several = counted.filter(pc.greater(counted["count_all"], 1)).slice(0, 1).to_pylist()
    return tuple(several[0][name] for name in keys.column_names) if several else None


def _is_key(tables: Sequence[pa.Table], key: Sequence[str]) -> bool:
    return bool(key) and all(
        set(key) <= set(table.column_names) and _repetition(table, key) is None for table in tables
    )


def _find_key(tables: tuple[pa.Table, pa.Table]) -> tuple[str, ...]:
    """The column by which rows of both sides can be matched: filled and different in each row, and at least
    half of the smaller side's values being on the other side too. None where there is no such column."""
    common = [name for name in tables[1].column_names if name in tables[0].column_names]
    called = [name for name in common if CALLED_KEY.fullmatch(name)]
    for name in [*called, *(name for name in common if name not in called)]:
        if all(_identifies(table[name]) for table in tables) and _overlap(tables, name):
            return (name,)
    return ()


def _identifies(column: pa.ChunkedArray) -> bool:
    return len(column) == pc.count_distinct(column).as_py() and not pc.any(pc.equal(column, "")).as_py()


def _overlap(tables: tuple[pa.Table, pa.Table], name: str) -> bool:
    smaller, larger = sorted((table[name] for table in tables), key=len)
    return (
        bool(2 * pc.sum(pc.is_in(smaller, value_set=larger)).as_py() >= len(smaller))
        if len(smaller)
        else True
    )


def examples(changes: Changes, most: int) -> Iterator[Mapping[str, Any]]:
    """The first changes of each kind in each table, as its lines tell them."""
    table = changes.table()
    for kind in ("cell-changed", "row-added", "row-removed"):
        yield from table.filter(pc.equal(table["change"], kind)).slice(0, most).to_pylist()


def write_difference(found: Difference, into: Path) -> None:
    """Each change as a line, as in a release's changes.parquet; as CSV where the file is called so."""
    into.parent.mkdir(parents=True, exist_ok=True)
    if into.suffix.lower() == ".csv":
        published.pack_csv(found.changes.table(), "", into)
    else:
        write_parquet(found.changes.table(), into)

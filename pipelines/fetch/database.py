"""Rows of a database, by SQLAlchemy: read in one transaction that writes nothing, batch by batch, into a CSV
that anybody can read; with a watermark only what is new."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    NoSuchTableError,
    OperationalError,
    SQLAlchemyError,
)

from messages import gettext as _
from pipelines.dataset.sources import SqlSource
from pipelines.fetch.errors import unavailable_error
from pipelines.fetch.snapshot import Snapshot, SourceError, store_blocks
from pipelines.settings import Limits

BATCH = 10_000
"""Rows that are in memory at once."""
SINCE = "vereda_since"
ZONE = "America/Argentina/Buenos_Aires"
"""In which a database tells of moments, whatever it is set to: the same rows are then the same bytes."""


def fetch_rows(
    source: SqlSource,
    resource: str,
    folder: Path,
    previous: Snapshot | None,
    into: Path,
    limits: Limits,
    databases: Mapping[str, SecretStr],
) -> Snapshot:
    """The rows as CSV (RFC 4180, UTF-8, a header of the column names, nothing for NULL) in the file `into`:
    a table's in the order of its primary key, a query's as it gives them, those from a watermark on in its
    order.

    Raises SourceUnavailable where the database does not answer, SourceError where the declaration, a right or
    a driver is wrong.
    """
    url = _find_url(source, folder, databases)
    told = _name_place(source)
    known = previous if previous is not None and previous.source == told else None
    since = _parse_mark(known.watermark) if known and known.watermark and source.watermark else None
    with (
        _translate_errors(told, url),
        _open(url, limits) as connection,
        connection.execute(*_compose(connection, source, since)) as answer,
    ):
        reading = _Reading(list(answer.keys()), source.watermark, told, since)
        sha256, size = store_blocks(reading.blocks(answer), into, told, limits)
    return Snapshot(resource, told, sha256, size, into, watermark=_format_mark(reading.highest))


def _find_url(source: SqlSource, folder: Path, databases: Mapping[str, SecretStr]) -> URL:
    if source.database is not None and source.database not in databases:
        raise SourceError(
            _(
                "the setting VEREDA_DATABASES has no database {name}; add it there, with its address",
                name=source.database,
            )
        )
    text = source.url or databases[source.database or ""].get_secret_value()
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise SourceError(_("{key} is no address of a database; correct it", key=_key(source))) from error
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        place = folder / (url.database or "") if source.url else Path(url.database or "")
        if source.url and not place.resolve().is_relative_to(folder.resolve()):
            raise SourceError(
                _("{path} lies outside the dataset's folder; put the extract inside it", path=place)
            )
        if not place.is_file():
            raise SourceError(_("{path} is no file; put the database there", path=url.database))
        url = URL.create("sqlite", database=f"file:{place.resolve()}", query={"mode": "ro", "uri": "true"})
    return url


def _key(source: SqlSource) -> str:
    return "source.url" if source.url else "VEREDA_DATABASES"


def _name_place(source: SqlSource) -> str:
    """The place as the archive keeps it: by its name in the settings, or the address without a password."""
    place = f"database {source.database}" if source.database else source.url
    return f"{place}: {source.table or source.query}"


@contextmanager
def _open(url: URL, limits: Limits) -> Iterator[Connection]:
    """A connection that reads alone, in one view of the database."""
    backend = url.get_backend_name()
    wait, whole = max(1, round(limits.timeout)), max(1, round(limits.fetch_seconds))
    options: dict[str, Any] = {}
    if backend == "postgresql":
        settings = (
            f"-c default_transaction_read_only=on -c statement_timeout={whole * 1000} -c timezone={ZONE}"
        )
        options = {"connect_timeout": wait, "options": settings, "application_name": "vereda"}
    elif backend == "sqlite":
        options = {"timeout": wait}
    elif backend in ("mysql", "mariadb"):
        options = {"connect_timeout": wait}
    engine = sa.create_engine(url, connect_args=options, poolclass=sa.NullPool, hide_parameters=True)
    if backend == "sqlite":
        sa.event.listen(engine, "connect", lambda dbapi, _record: dbapi.execute("PRAGMA query_only = ON"))
    elif backend in ("mysql", "mariadb"):
        sa.event.listen(engine, "connect", _read_only_in_mysql)
    try:
        with engine.connect() as connection:
            if backend == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection.execution_options(stream_results=True, yield_per=BATCH)
    finally:
        engine.dispose()


def _read_only_in_mysql(dbapi: Any, _record: Any) -> None:
    with dbapi.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")


def _compose(connection: Connection, source: SqlSource, since: Any) -> tuple[sa.TextClause, dict[str, Any]]:
    """The question, and its parameters."""
    quote = connection.dialect.identifier_preparer.quote
    if source.table is not None:
        schema, _dot, name = source.table.rpartition(".")
        keys = sa.inspect(connection).get_pk_constraint(name, schema or None)["constrained_columns"]
        place = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
        asked, order = f"SELECT * FROM {place}", [quote(key) for key in keys]
    else:
        # A colon would begin a parameter.
        asked, order = (source.query or "").replace(":", "\\:"), []
    values: dict[str, Any] = {}
    if source.watermark is not None:
        column = quote(source.watermark)
        limit = ""
        if since is not None:
            limit, values = f" WHERE {column} >= :{SINCE}", {SINCE: since}
        asked = f"SELECT * FROM ({asked}) vereda_rows{limit}"
        order = [column, *(key for key in order if key != column)]
    return sa.text(asked + (f" ORDER BY {', '.join(order)}" if order else "")), values


class _Reading:
    """The rows on their way into the file; `highest` is how far the watermark came."""

    def __init__(self, names: Sequence[str], watermark: str | None, told: str, since: Any):
        self.names, self.told, self.highest = names, told, since
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            why = _("two columns are called {name}; give one of them another name in the query", name=twice)
            raise SourceError(f"{told}: {why}")
        if watermark is not None and watermark not in names:
            why = _(
                "there is no column {name} for the watermark; there are {known}",
                name=watermark,
                known=", ".join(names),
            )
            raise SourceError(f"{told}: {why}")
        self.mark = names.index(watermark) if watermark is not None else None

    def blocks(self, answer: sa.CursorResult[Any]) -> Iterator[bytes]:
        yield _as_csv([self.names])
        for rows in answer.partitions(BATCH):
            cells = []
            for row in rows:
                if self.mark is not None:
                    self._look_at_mark(row[self.mark])
                cells.append([self._cell(name, value) for name, value in zip(self.names, row, strict=True)])
            yield _as_csv(cells)

    def _look_at_mark(self, value: Any) -> None:
        if value is None:
            return
        try:
            higher = self.highest is None or value > self.highest
        except TypeError:  # the column has another type than when it was read before
            higher = True
        if higher:
            self.highest = value

    def _cell(self, name: str, value: Any) -> str:
        text = cell_text(value)
        if text is None:
            why = _(
                "column {name} has values of a kind that no cell can hold ({kind}); leave it out of the "
                "query, or cast it to text",
                name=name,
                kind=type(value).__name__,
            )
            raise SourceError(f"{self.told}: {why}")
        return text


def _as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def cell_text(value: Any) -> str | None:
    """A value of a database as the text of a cell: numbers plainly, moments as ISO 8601 has them, objects as
    JSON; None for what is no text, as bytes are."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | uuid.UUID():
            return str(value)
        case Decimal():
            return format(value, "f") if value.is_finite() else str(value)
        case float():
            return format(Decimal(repr(value)), "f") if value - value == 0 else str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return _duration_text(value)
        case list() | dict() | tuple():
            return json.dumps(value, ensure_ascii=False, default=cell_text)
    return None


def _duration_text(value: timedelta) -> str:
    sign, left = ("-", -value) if value < timedelta() else ("", value)
    seconds = format(Decimal(left.seconds) + Decimal(left.microseconds) / 1_000_000, "f")
    return f"{sign}P{left.days}DT{seconds}S"


_KINDS = {
    "int": int,
    "str": str,
    "Decimal": Decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def _format_mark(value: Any) -> str | None:
    """A watermark as the log keeps it: its type and its text."""
    kind = type(value).__name__
    return f"{kind}:{cell_text(value)}" if kind in _KINDS else None


def _parse_mark(text: str) -> Any:
    kind, _colon, value = text.partition(":")
    return _KINDS[kind](value)  # type: ignore[operator]


@contextmanager
def _translate_errors(told: str, url: URL) -> Iterator[None]:
    """Turns what SQLAlchemy raises into SourceError and SourceUnavailable."""
    try:
        yield
    except NoSuchTableError as error:
        raise SourceError(_("{url}: there is no such table; correct source.table", url=told)) from error
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        why = _(
            "no driver for {kind} is installed here; install it beside Vereda", kind=url.get_backend_name()
        )
        raise SourceError(f"{told}: {why}") from error
    except DBAPIError as error:
        why = _first_line(error, url)
        gone = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
        if gone and not _is_of_query(error):
            raise unavailable_error(told, why) from error
        raise SourceError(
            _("{url} refuses the question ({why}); correct it, or ask who runs it", url=told, why=why)
        ) from error
    except SQLAlchemyError as error:
        raise SourceError(
            _("{url} cannot be asked ({why}); correct source", url=told, why=type(error).__name__)
        ) from error


def _is_of_query(error: DBAPIError) -> bool:
    """Whether an operational error is about the question: SQLite says so of a table that is not there."""
    return "no such" in str(error.orig) or "syntax error" in str(error.orig) or "readonly" in str(error.orig)


def _first_line(error: DBAPIError, url: URL) -> str:
    """What the database says, without its secrets."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    text = lines[0] if lines else type(error.orig).__name__
    return text.replace(url.password, "…") if url.password else text

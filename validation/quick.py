"""`frictionless.validate`, equal in all but time: columns are proven clean by Arrow, and frictionless explains what is not."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frictionless import Checklist, Dialect, FrictionlessException, Package, Report, Resource, system
from frictionless.formats import CsvControl
from frictionless.resources import PackageResource, ResourceResource, TableResource
from frictionless.settings import VERSION

SMALL = 200_000  # bytes: below, frictionless alone is done sooner than Arrow is imported
OPENING = ("parser", "buffer", "sample", "dialect", "labels", "fragment", "schema", "header")


def validate(
    source: Any = None,
    *,
    name: str | None = None,
    type: str | None = None,
    checklist: Checklist | str | None = None,
    checks: list[Any] | None = None,
    pick_errors: list[str] | None = None,
    skip_errors: list[str] | None = None,
    limit_errors: int = 1000,
    limit_rows: int | None = None,
    parallel: bool = False,
    resource_name: str | None = None,
    **options: Any,
) -> Report:
    """What `frictionless.validate` says of a path, a descriptor or a Resource, and `Package.validate` of a Package: the same tasks,
    errors, order, limits and warnings. Only `seconds` may differ, and, where a limit stopped the run, `bytes` and hashes.

    What cannot be sped up (another format than CSV, a check of one's own, an odd quote …) is frictionless's from start to end.
    """
    if isinstance(checklist, str):
        checklist = Checklist.from_descriptor(checklist)
    elif not checklist:
        checklist = Checklist(checks=checks or [], pick_errors=pick_errors or [], skip_errors=skip_errors or [])
    try:
        resource = source if isinstance(source, Resource | Package) else Resource(source, datatype=type, **options)
    except FrictionlessException as exception:
        refused: Report = Report.from_validation(errors=exception.reasons or [exception.error])
        return refused
    with armed(resource, limit_errors, plain=not checklist.checks and not limit_rows and not parallel):
        limits = {"limit_rows": limit_rows, "limit_errors": limit_errors}
        report: Report = resource.validate(checklist, name=name or resource_name, parallel=parallel, **limits)  # type: ignore[arg-type]
    return report


def typed(resource: Resource | Package, limit_errors: int = 1000) -> tuple[dict[str, Any], Report]:
    """The report, and from the same pass the typed Arrow table (`__row__` first) of each CSV file that Arrow could read to its end."""
    with armed(resource, limit_errors, typed=True) as arms:
        report: Report = resource.validate(limit_errors=limit_errors)
        tables = {name: witness.typed() for name, witness in arms.witnesses.items()}
    return {name: table for name, table in tables.items() if table is not None}, report


@contextmanager
def armed(thing: Resource | Package, limit: int, *, plain: bool = True, typed: bool = False) -> Iterator[Armed]:
    """For the time of one validation, the table resources in `thing` open themselves in our way; all else is frictionless's.

    Not where the run is not `plain` (every row has to be seen), nor with another frictionless than the one that this was tried on."""
    arms = Armed(limit, typed)
    try:
        if plain and system.onerror == "ignore" and VERSION.startswith("5.21."):
            arms.arm(thing)
        yield arms
    finally:
        arms.disarm()


class Armed:
    """Resources that open themselves in our way, and the witnesses of those that did."""

    def __init__(self, limit: int, typed: bool) -> None:
        self.limit, self.typed = limit, typed
        self.changed: list[tuple[Any, str]] = []
        self.witnesses: dict[str, Any] = {}

    def arm(self, thing: Resource | Package) -> None:
        if isinstance(thing, Package):
            for resource in thing.resources:
                self.arm(resource)
        elif type(thing) in (PackageResource, ResourceResource):
            read = thing.read_metadata  # type: ignore[attr-defined]

            def read_and_arm() -> Any:
                found = read()
                self.arm(found)
                return found

            self._change(thing, "read_metadata", read_and_arm)
        elif (type(thing) is TableResource or isinstance(thing, InBlocks)) and thing.closed:
            self._change(thing, "open", lambda: self._open(thing))

    def disarm(self) -> None:
        for thing, name in self.changed:
            thing.__dict__.pop(name, None)
        for witness in self.witnesses.values():
            witness.close()

    def _change(self, thing: Any, name: str, function: Callable[[], Any]) -> None:
        thing.__dict__[name] = function
        self.changed.append((thing, name))

    def _open(self, resource: TableResource) -> TableResource:
        """Opens a resource as `TableResource.open` does, step by step, but lets only the witness into its stream of rows."""
        resource.close()
        try:
            for step in OPENING:
                _private(resource, f"open_{step}")()
            _private(resource, "open_lookup")()
            witness = self._witness(resource)
            if witness:
                self.witnesses[resource.name] = witness
                _open_with(resource, witness)
            else:
                _private(resource, "open_row_stream")()
        except Exception:
            resource.close()
            raise
        return resource

    def _witness(self, resource: TableResource) -> Any:
        """The rows that frictionless must see; None where it must see all."""
        path = None if isinstance(resource, InBlocks) else plain_path(resource)
        if not isinstance(resource, InBlocks) and (path is None or path.stat().st_size < SMALL):
            return None
        from validation.rules import rules_of  # Arrow takes longer to import than a small file to check
        from validation.witness import Witness

        rules = rules_of(resource, typed=self.typed)
        if rules is None:
            return None
        first, width = first_row(resource), len(rules.columns)
        if isinstance(resource, InBlocks):
            source = resource.in_blocks(width, first)
            return source and Witness(source, rules, self.limit)
        from validation.blocks import Source

        control = resource.dialect.get_control("csv")
        assert isinstance(control, CsvControl)
        assert path
        return Witness(Source(path, control.delimiter, width, first), rules, self.limit)


class InBlocks(TableResource):
    """A table resource that gives its rows as Arrow blocks by itself."""

    def in_blocks(self, width: int, first: int) -> Any:
        """What `Rows` says, for as many columns, its first row having this number; None where that is not so."""
        raise NotImplementedError


def first_row(resource: TableResource) -> int:
    """The number of the first row below the labels."""
    number: int = resource.dialect.create_first_content_row()  # type: ignore[no-untyped-call]
    return number


def plain_path(resource: TableResource) -> Path | None:
    """The local file of an opened resource, where it is CSV in UTF-8 without oddities; else None."""
    dialect = resource.dialect
    if resource.memory or resource.remote or resource.multipart or resource.compression or resource.innerpath:
        return None
    if resource.format not in ("csv", "tsv") or resource.scheme != "file" or resource.encoding not in ("utf-8", "utf-8-sig"):
        return None
    if (
        type(dialect) is not Dialect
        or dialect.comment_char
        or dialect.comment_rows
        or dialect.skip_blank_rows
        or not dialect.has_control("csv")
    ):
        return None
    control = dialect.get_control("csv")
    assert isinstance(control, CsvControl)
    delimiter = control.delimiter
    if len(delimiter) != 1 or not (" " <= delimiter <= "~" or delimiter == "\t") or delimiter == '"' or control.quote_char != '"':
        return None
    if control.escape_char is not None or control.skip_initial_space or csv.field_size_limit() < 1 << 24:
        return None
    path = Path(str(resource.normpath).removeprefix("file://"))
    return path if path.is_file() else None


def _open_with(resource: TableResource, witness: Any) -> None:
    """Frictionless's own stream of rows over those of the witness; over all rows that are left, should the witness give up."""
    dialect = resource.dialect
    every = dialect.read_enumerated_content_stream(resource.cell_stream)
    first, stats = first_row(resource), resource.stats

    def stream(_cells: Any) -> Iterator[tuple[int, list[Any]]]:
        from validation.blocks import Doubtful

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
            stats.bytes, stats.md5, stats.sha256 = witness.bytes, witness.md5.hexdigest(), witness.sha256.hexdigest()

    dialect.__dict__["read_enumerated_content_stream"] = stream
    try:
        _private(resource, "open_row_stream")()
    finally:
        del dialect.__dict__["read_enumerated_content_stream"]


def _private(resource: TableResource, name: str) -> Callable[[], None]:
    method: Callable[[], None] = getattr(resource, f"_TableResource__{name}")
    return method

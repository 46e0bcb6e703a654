"""Checks tables against their schemas: every cell, key and reference is read as frictionless reads it, in one
pass."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
from frictionless import Check, Checklist, Error, Package, Row, Schema, errors

from messages import gettext as _
from validation.fast.errors import ErrorWriter, describe, without_messages
from validation.fast.stream import DeliveredTable, deliver_table, lookup_table
from validation.fast.validate import arm_frictionless
from validation.problems.notes import EMPTY_KEY
from validation.report import KEPT, Kind, Problem, Report
from validation.retained import removed_references
from validation.table import ROW, Table
from validation.types import Columns

if TYPE_CHECKING:
    from validation.fast.parts import Cluster
    from validation.fast.witness import Witness

NOTHING: Mapping[str, pa.Table] = MappingProxyType({})


def check(
    tables: Mapping[str, Table],
    package: Package,
    *,
    retained: Mapping[str, pa.Table] = NOTHING,
    references: Mapping[str, pa.Table] = NOTHING,
    spared: Mapping[tuple[str, str], Collection[int]] = MappingProxyType({}),
    cluster: Cluster | None = None,
) -> tuple[dict[str, pa.Table], Report]:
    """The tables typed, and what is wrong with them; error types, rows and fields are frictionless's own.

    ``package`` has the published schemas of all tables. ``retained`` has the typed rows of the previous
    release that stay, by resource: those outside what this extract covers, or all rows of a resource that is
    not in ``tables``. ``references`` has the typed tables of other datasets, by the name that foreign keys
    give them ("barrios/barrios"). ``spared`` has, by resource and field, rows of a column whose other cells
    are told by one question: theirs that do not read are kept, however many the others are. A typed table has
    ``__row__`` and then the schema's fields, whatever the file's labels; a cell that cannot be read is null.
    A ``cluster`` takes parts of tables that lie in files.
    """
    names = [name for name in package.resource_names if name in tables]
    known = {**references, **{name: rows for name, rows in retained.items() if name not in tables}}
    report = Report(places={name: package.get_resource(name).path or name for name in names})
    resources: list[DeliveredTable] = []
    for name in names:
        schema = checked_schema(package.get_resource(name).schema, tables[name].labels)
        report = report.plus(_drop_unknown_references(name, schema, package, tables, known))
        resources.append(deliver_table(tables[name], schema, retained.get(name)))
    lookups = [lookup_table(name, rows) for name, rows in known.items()]
    Package(name="checked", resources=[*resources, *lookups])  # each now knows the others
    typed = {}
    for resource in resources:
        name = resource.table.name
        mine = {field: frozenset(rows) for (table, field), rows in spared.items() if table == name}
        typed[name], report = _check_table(resource, report, mine, cluster)
    return typed, report


def checked_schema(schema: Schema, labels: Iterable[str]) -> Schema:
    """The schema to check a table with: its own, or matched by name where the labels are not the fields in
    their order.

    A missing column then gives one ``missing-label``, an unknown one ``extra-label``, and the others are
    still checked; frictionless cannot match repeated labels by name.
    """
    copy = schema.to_copy(datapackage_version="v2")
    found = [label.strip() for label in labels]
    if found != copy.field_names and len(set(found)) == len(found) and not copy.has_defined("fields_match"):
        copy.fields_match = "equal"
    return copy


def _drop_unknown_references(
    name: str, schema: Schema, package: Package, tables: Mapping[str, Table], known: Mapping[str, pa.Table]
) -> list[Problem]:
    """Takes out of the schema the foreign keys that nobody can judge, and gives a problem for each."""
    problems = []
    for key in list(schema.foreign_keys):
        target, fields = key["reference"]["resource"], key["reference"]["fields"]
        there = []
        if target in known:
            there = known[target].column_names
        elif target in ("", *tables):
            there = package.get_resource(target or name).schema.field_names
        if set(fields) <= set(there):
            continue
        schema.foreign_keys.remove(key)
        local = ", ".join(key["fields"])
        if there:
            problems.append(_missing_reference_field(name, local, target, fields, there))
            continue
        problems.append(_missing_reference_table(name, local, target, fields, known))
    return problems


def _missing_reference_table(
    name: str, local: str, target: str, fields: Iterable[str], known: Iterable[str]
) -> Problem:
    """A foreign key to a table that is not there; where others of its dataset are, it is called otherwise."""
    folder = target.partition("/")[0]
    beside = [each for each in known if each.startswith(f"{folder}/")]
    near = get_close_matches(target, [*beside, *known], 1, 0.6)
    if beside:
        note = _(
            "{fields} refers to {target}, which {dataset} does not have; it has {known}",
            fields=local,
            target=target,
            dataset=folder,
            known=", ".join(dict.fromkeys([*near, *beside])),
        )
        return Problem("table-error", name, note, code="reference-table", field=local)
    note = _(
        "{fields} refers to {target}, which is not there to compare with",
        fields=local,
        target=f"{target}: {', '.join(fields)}",
    )
    return Problem("table-error", name, note, code="reference-missing", field=local)


def _missing_reference_field(
    name: str, local: str, target: str, fields: Iterable[str], there: Iterable[str]
) -> Problem:
    """A foreign key to a field that the other table does not have, with the fields that it has."""
    known = [field for field in there if field != ROW]
    missing = [field for field in fields if field not in known]
    near = [field for each in missing for field in get_close_matches(each, known, 3, 0.6)]
    note = _(
        "{fields} refers to {missing} of {target}, which has no such field; it has {known}",
        fields=local,
        missing=", ".join(missing),
        target=target or name,
        known=", ".join(dict.fromkeys([*near, *known])),
    )
    return Problem("table-error", name, note, code="reference-field", field=local)


class IntegerTooLarge(errors.CellError):
    """An integer outside 64 bits: frictionless reads it, the published Parquet cannot hold it."""

    code: ClassVar[str] = "integer-too-large"


class NumberTooLarge(errors.CellError):
    """A number beyond 1.8e308, which would be published as infinite."""

    code: ClassVar[str] = "number-too-large"


class NumberTooPrecise(errors.CellError):
    """An amount with more decimals than its field keeps, which would be published rounded."""

    code: ClassVar[str] = "number-too-precise"


_UNFIT = {each.code: each for each in (IntegerTooLarge, NumberTooLarge, NumberTooPrecise)}


class _GatherTyped(Check):
    """Gathers the typed rows that frictionless reads, and reports the values that their published type cannot
    hold."""

    type = "typing"

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.columns = Columns(schema)

    def validate_row(self, row: Row) -> Iterable[Error]:
        for name, code in self.columns.append(row.row_number, row):
            note = _("the value is larger than a published file can hold")
            if code == NumberTooPrecise.code:
                note = _("the amount has more decimals than its field keeps")
            error = _UNFIT[code].from_row(row, note=note, field_name=name)
            if isinstance(value := row[name], Decimal):
                error.cell = f"{value:f}"  # as it is written, and not as 2E-7
            yield error


class _Tally:
    """Counts errors by kind, and says of which the places are kept: the first 1,000, and the first 1,000 that
    say something of their own, as those before may only say again what another one says. Errors are to come
    in the order of the rows; `unread`: rows whose key does not read, where their errors do not come all."""

    def __init__(
        self,
        width: int,
        keys: Sequence[str],
        spared: Mapping[str, Collection[int]],
        unread: Collection[int] = (),
    ) -> None:
        self.width, self.keys, self.spared, self.known = width, keys, spared, unread
        self.all: Counter[Kind] = Counter()
        self.alone: Counter[Kind] = Counter()
        self.uneven: tuple[str, int] | None = None
        self.unread: int | None = None

    def keeps(self, kind: Kind, row: int | None, note: str, cells: Sequence[Any]) -> bool:
        self.all[kind] += 1
        if row and self._says_again(kind, row, note, cells):
            return self.all[kind] <= KEPT
        self.alone[kind] += 1
        return self.alone[kind] <= KEPT

    def _says_again(self, kind: Kind, row: int, note: str, cells: Sequence[Any]) -> bool:
        """Whether another error of the row, or a question about the column, says the same."""
        if kind.code:
            return False
        if kind.type in ("missing-cell", "extra-cell"):  # a row has one for each of its cells
            again, self.uneven = self.uneven == (kind.type, row), (kind.type, row)
            return again
        if kind.type == "primary-key":
            return note.startswith(EMPTY_KEY) and (row == self.unread or row in self.known)
        left = None
        if kind.type == "type-error":
            self.unread = row if kind.field in self.keys else self.unread
            left = self.spared.get(kind.field or "")
        elif kind.type != "constraint-error":
            return False
        return len(cells) > self.width or (left is not None and row not in left)


class _FirstErrors(Checklist):
    """Lets the first errors of each kind and field through and counts the others, which may be millions."""

    def __init__(
        self, check: Check, kind: Callable[[Error], Kind], keys: Sequence[str], tally: Callable[..., _Tally]
    ) -> None:
        super().__init__(checks=[check])
        self.kind, self.keys, self.tally = kind, keys, tally
        self.told: _Tally | None = None
        self.seen: Counter[Kind] = Counter()
        self.further: dict[Kind, list[int]] = {}

    def match(self, error: Error) -> bool:
        kind, row = self.kind(error), getattr(error, "row_number", None)
        self.seen[kind] += 1
        self.told = self.told or self.tally()
        kept = self.told.keeps(kind, row, error.note, getattr(error, "cells", ()))
        if row and not kept:
            self.further.setdefault(kind, []).append(row)
        return kept

    def add(self, witness: Witness, name: str, fields: set[str]) -> None:
        """Counts the errors of rows that frictionless did not see, as enough of their kinds were told."""
        for each in witness.counted_errors():
            named = witness.rules.fields_of(each)
            field = ", ".join(named) if named and fields.issuperset(named) else None
            kind = Kind(name, each.type, None, field, "critical")
            rows = np.repeat(each.rows, each.counts).tolist()
            self.seen[kind] += len(rows)
            self.further.setdefault(kind, []).extend(rows)

    def merge(self, told: Iterable[Problem], plain: Sequence[Problem]) -> list[Problem]:
        """The first problems of each kind, in the order of the rows: of those that frictionless told, which
        it met here, and of those that it did not see."""
        kept, tally = [], self.tally(self._unread_keys())
        self.seen.update(problem.kind for problem in plain)
        for problem in sorted([*told, *plain], key=lambda problem: problem.row or 0):
            cells = problem.descriptor.get("cells", ())
            if tally.keeps(problem.kind, problem.row, problem.note, cells):
                kept.append(problem)
            elif problem.row:
                self.further.setdefault(problem.kind, []).append(problem.row)
        self.further = {kind: sorted(rows) for kind, rows in self.further.items()}
        return kept

    def _unread_keys(self) -> frozenset[int]:
        """The rows whose key has a cell that does not read, and that is told by its number alone."""
        kinds = [kind for kind in self.further if kind.type == "type-error" and kind.field in self.keys]
        return frozenset().union(*(self.further[kind] for kind in kinds))


def _check_table(
    resource: DeliveredTable,
    report: Report,
    spared: Mapping[str, Collection[int]],
    cluster: Cluster | None,
) -> tuple[pa.Table, Report]:
    name, fields = resource.table.name, set(resource.schema.field_names)
    typing = _GatherTyped(resource.schema)
    keys = resource.schema.primary_key
    tally = partial(_Tally, len(resource.table.labels), keys, spared)
    first = _FirstErrors(typing, lambda error: _kind(error, name, fields), keys, tally)
    arming = arm_frictionless(resource, 0, typed=True, kept=KEPT, spared=spared, cluster=cluster)
    with arming as arms, without_messages():
        (task,) = resource.validate(first, limit_errors=sys.maxsize).tasks
        witness = arms.witnesses.get(name)
        table = witness.typed_table() if witness else None
        plain: list[Problem] = []
        if witness and table is not None:
            first.add(witness, name, fields)
            plain = list(_plain_problems(witness, name, fields))
    if table is None:  # frictionless read every row; where it took over half-way, not in their order
        table = _in_order(typing.columns.table())
    found = first.merge((_problem(error, name, fields) for error in task.errors), plain)
    counts = {**report.counts, **first.seen}
    further = {**report.further, **{kind: tuple(rows) for kind, rows in first.further.items()}}
    report = replace(report, problems=(*report.problems, *found), counts=counts, further=further)
    rows = {**report.rows, name: table.num_rows}
    report = replace(report, rows=rows, labels={**report.labels, name: tuple(task.labels)})
    return table, report.plus(removed_references(resource, table)) if task.labels else report


def _plain_problems(witness: Witness, resource: str, fields: set[str]) -> Iterator[Problem]:
    """The errors of cells, and of empty keys, that frictionless did not see, in its words."""
    said: dict[str, Any] = {"note": "", "cells": [], "row_number": 0}
    of_cell = said | {"cell": "", "field_name": "", "field_number": 0}
    writers = {
        "type-error": ErrorWriter(errors.TypeError(**of_cell)),
        "constraint-error": ErrorWriter(errors.ConstraintError(**of_cell)),
        "primary-key": ErrorWriter(errors.PrimaryKeyError(**said)),
    }
    for each in witness.plain_errors():
        writer = writers[each.type]
        said = {"note": each.note, "cells": [*each.cells], "rowNumber": each.row}
        if each.place is None:
            yield Problem(each.type, resource, each.note, row=each.row, descriptor=writer.describe(**said))
            continue
        cell, number = each.cells[each.place], each.place + 1
        said |= {"cell": cell, "fieldName": each.field, "fieldNumber": number}
        yield Problem(
            each.type,
            resource,
            each.note,
            row=each.row,
            field=each.field if each.field in fields else None,
            cell=cell,
            field_number=number,
            descriptor=writer.describe(**said),
        )


def _in_order(table: pa.Table) -> pa.Table:
    """The rows in the order of the file."""
    numbers = table[ROW].to_numpy()
    return table if bool((numbers[1:] > numbers[:-1]).all()) else table.sort_by(ROW)


def _kind(error: Error, resource: str, fields: set[str]) -> Kind:
    """What the error's problem is counted by, without making the problem: there may be millions."""
    named: list[Any] = getattr(error, "field_names", None) or [getattr(error, "field_name", None)]
    field = ", ".join(named) if set(named) <= fields else None
    return Kind(resource, error.type, getattr(error, "code", None), field, "critical")


def _problem(error: Error, resource: str, fields: set[str]) -> Problem:
    """An error as a problem; what no schema declares as a field is a label from the file, and stays out of
    ``field``."""
    named: list[Any] = getattr(error, "field_names", None) or [getattr(error, "field_name", None)]
    return Problem(
        type=error.type,
        resource=resource,
        note=error.note,
        code=getattr(error, "code", None),
        row=getattr(error, "row_number", None),
        field=", ".join(named) if set(named) <= fields else None,
        cell=getattr(error, "cell", None),
        field_number=getattr(error, "field_number", None),
        descriptor=describe(error),
    )

"""Follow-up that others keep, in the one model of commitments and back: OGP's sheet of commitments, Canada's
rows by milestone and quarter, a Decidim's results, a Consul's milestones.

No cell is lost, either way: what the model has no field for, or would write in another way, is kept beside
the row, and what the other form has no column for gets one of its own (`vereda:` and the field's name).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.archive.roles import ROLES

KEPT = "celdas"
"""The column of a model's file for what the model has no field for."""
OURS = "vereda:"
Cells = Mapping[str, str]


def _same(cell: str) -> str:
    return cell


def _quarter(month: str) -> str:
    """2023-03 as 2023-T1."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", month)
    return f"{found[1]}-T{(int(found[2]) + 2) // 3}" if found else month


def _quarter_end(period: str) -> str:
    found = re.fullmatch(r"(\d{4})-T([1-4])", period)
    return f"{found[1]}-{int(found[2]) * 3:02}" if found else period


def _month(day: str) -> str:
    """The month of a day or a moment."""
    found = re.match(r"\d{4}-(0[1-9]|1[0-2])(?=-\d\d)", day)
    return found[0] if found else day


def _no_data(cell: str) -> str:
    return "" if cell in ("NA", "ND") else cell


@dataclass(frozen=True)
class Column:
    """A column of another form: the field that it fills, and how its cells are read and written."""

    field: str
    read: Callable[[str], str] = _no_data
    write: Callable[[str], str] = _same


@dataclass(frozen=True)
class Form:
    """How others write a table of the model, `role` (see catalog/archive/roles.py)."""

    role: str
    columns: Mapping[str, Column]

    @property
    def fields(self) -> tuple[str, ...]:
        return ROLES[self.role].fields


FORMS: Mapping[str, Form] = {
    "ogp": Form(
        "commitments",
        {
            "Commitment Unique Identifier": Column("compromiso_id"),
            "Action Plan Number": Column("plan_id"),
            "Commitment Title": Column("titulo"),
            "Commitment Number": Column("numero"),
            "Lead Institution": Column("responsable"),
            "Supporting Institution(s)": Column("instituciones"),
            "URL": Column("enlace"),
        },
    ),
    "canada": Form(
        "follow-up",
        {
            "reporting_period": Column("periodo", _quarter, _quarter_end),
            "indicators": Column("hito_id"),
            "status": Column("estado"),
            "evidence": Column("evidencias"),
            "challenges": Column("desafios"),
        },
    ),
    "decidim": Form(
        "milestones",
        {
            "id": Column("hito_id"),
            "parent/id": Column("compromiso_id"),
            "title/es": Column("titulo"),
            "start_date": Column("inicio_mes", _month),
            "end_date": Column("fin_mes", _month),
        },
    ),
    "consul": Form(
        "milestones",
        {
            "id": Column("hito_id"),
            "title": Column("titulo"),
            "publicationDate": Column("fin_mes", _month),
        },
    ),
}


@dataclass(frozen=True)
class Record:
    """A row of the model: its fields that hold something, and the cells that do not come back from them, each
    with the field's value that it stood for."""

    values: Cells
    kept: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """Rows in the model; `labels` are those of the other form's header, none where it never had one."""

    records: tuple[Record, ...]
    labels: tuple[str, ...] = ()


def read_form(form: Form, labels: Sequence[str], rows: Iterable[Cells]) -> Sheet:
    """Another form's rows, each a cell for every label, in the model."""
    return Sheet(tuple(_read_row(form, labels, row) for row in rows), tuple(labels))


def _read_row(form: Form, labels: Sequence[str], row: Cells) -> Record:
    values = _values(form, row)
    back = dict(_cells(form, values))
    kept = {
        label: (row[label], values.get(_field_of(form, label), ""))
        for label in labels
        if back.get(label, "") != row[label]
    }
    return Record(values, kept)


def _field_of(form: Form, label: str) -> str:
    return form.columns[label].field if label in form.columns else label.removeprefix(OURS)


def _values(form: Form, row: Cells) -> dict[str, str]:
    """What a row says of the fields; a column of ours goes before theirs."""
    read = {column.field: column.read(row.get(label, "")) for label, column in form.columns.items()}
    ours = {name: row.get(OURS + name, "") for name in form.fields}
    return {name: ours[name] or read.get(name, "") for name in form.fields if ours[name] or read.get(name)}


def _cells(form: Form, values: Cells) -> Iterator[tuple[str, str]]:
    """The cells of a row for these fields; of fields that their columns do not give back, our own too."""
    row = {label: column.write(values.get(column.field, "")) for label, column in form.columns.items()}
    yield from row.items()
    read = _values(form, row)
    yield from ((OURS + name, value) for name, value in values.items() if read.get(name, "") != value)


def write_form(form: Form, sheet: Sheet) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """The header and the rows of the other form. A cell that was kept stands again where its field still says
    the same."""
    rows = [_write_record(form, record, sheet.labels) for record in sheet.records]
    known = sheet.labels or tuple(form.columns)
    more = dict.fromkeys(label for row in rows for label, cell in row.items() if cell and label not in known)
    labels = (*known, *more)
    return labels, [{label: row.get(label, "") for label in labels} for row in rows]


def _write_record(form: Form, record: Record, labels: Sequence[str]) -> dict[str, str]:
    row = dict(_cells(form, record.values))
    for label, (cell, of) in record.kept.items():
        if record.values.get(_field_of(form, label), "") == of:
            row[label] = cell
    if labels and _values(form, {label: row.get(label, "") for label in labels}) == record.values:
        return {label: row.get(label, "") for label in labels}
    return row


def records_as_rows(form: Form, sheet: Sheet) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """The model's own file: a column for each field, and one for what the model has no field for. The first
    row keeps the header too."""
    rows = []
    for number, record in enumerate(sheet.records):
        kept: dict[str, object] = {label: list(each) for label, each in record.kept.items()}
        beside = {"labels": sheet.labels, "cells": kept} if number == 0 else {"cells": kept}
        rows.append({**record.values, KEPT: json.dumps(beside, ensure_ascii=False) if sheet.labels else ""})
    labels = (*form.fields, KEPT)
    return labels, [{label: row.get(label, "") for label in labels} for row in rows]


def rows_as_records(form: Form, rows: Iterable[Cells]) -> Sheet:
    """The model's own file, read back. Raises ValueError where the column of kept cells is none."""
    labels: tuple[str, ...] = ()
    records = []
    for row in rows:
        values = {name: row[name] for name in form.fields if row.get(name)}
        beside = json.loads(row.get(KEPT) or "{}")
        labels = labels or tuple(beside.get("labels", ()))
        kept = {label: (cell, of) for label, (cell, of) in beside.get("cells", {}).items()}
        records.append(Record(values, kept))
    return Sheet(tuple(records), labels)

"""`vereda check`: what a run would find, without a run; and the checked table as files, on which
`frictionless validate` reports the same."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from frictionless import Schema

from catalog.archive.archive import Archive
from catalog.archive.published import pack_csv, pack_json, previous_of
from catalog.archive.receipts import Receipt
from catalog.archive.release import UnknownRelease
from isolation.nursery import prepare
from isolation.readiness import loading_beside
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, Resource, describe_unknown, load_dataset
from pipelines.dataset.mappings import read_mappings
from pipelines.dataset.periods import BUENOS_AIRES, parse_period
from pipelines.dataset.sources import ArchiveSource, DerivedSource, InboxSource
from pipelines.fetch import fetch
from pipelines.fetch.access import NO_ACCESS, Access
from pipelines.fetch.inbox import find_waiting_files, receipt_as_of
from pipelines.fetch.snapshot import Snapshot, date_snapshot
from pipelines.release.checked import CheckedTables
from pipelines.release.descriptor import DIALECT, package_head
from pipelines.release.echoes import without_echoes
from pipelines.release.evaluate import Evaluation, conclude
from pipelines.release.inputs import Inputs, Unmet, load_needs, referred_tables
from pipelines.release.receipt_outcomes import ReceiptOutcome, counted_receipts
from pipelines.release.steps import history_before
from pipelines.settings import DEFAULT_LIMITS, Limits
from validation.report import Report
from validation.table import Table


@dataclass(frozen=True)
class Check:
    """A dataset as it was read and checked. `resource` is the one that was asked for (None: all), `file` what
    was given for it; `report` has what was asked for alone. `became` is what came of the file, where it was
    handed in and a run has judged it."""

    evaluation: Evaluation
    report: Report
    resource: str | None = None
    file: Path | None = None
    became: ReceiptOutcome | None = None

    @property
    def inputs(self) -> Inputs:
        return self.evaluation.inputs

    @property
    def checked(self) -> CheckedTables:
        return self.evaluation.checked

    def conceals(self, resource: str, field: str | None) -> frozenset[int | None] | None:
        """The rows of which no cell of this field is quoted, as there is personal data in them; None where it
        is asked about the whole column."""
        asked = {kind.field for kind in self.report.counts if (kind.code or "").startswith("ask-")}
        return None if field in asked else self.checked.concealed.get(resource, frozenset())

    @cached_property
    def plain_report(self) -> Report:
        """The report for people, in which nothing is told twice."""
        keys = {each.name: each.primary_key for each in self.inputs.dataset.resources}
        return without_echoes(self.report, keys)


@contextmanager
def check_dataset(
    datasets: Path,
    archive: Archive,
    id: str,
    file: Path | None = None,
    inbox: Path | None = None,
    access: Access = NO_ACCESS,
    receipt: Receipt | None = None,
    limits: Limits = DEFAULT_LIMITS,
    period: str | None = None,
    ahead: Sequence[str] = (),
) -> Iterator[Check]:
    """Reads and checks the dataset, or its resource of "dataset/resource", from `file` where one is given;
    else what waits in the inbox, was handed in last, or what the source holds (`access` opens it). A file
    that has its `receipt` is judged beside what was released before it: against itself it would change
    nothing. `period` is the one that a `file` tells of, as people name it. The files are there inside the
    block, and the modules `ahead` are loaded, beside the reading.

    Raises UnknownRelease (also of what is no file), DatasetError, SourceError, ValueError of what is no
    period.
    """
    dataset, resource = find_dataset(datasets, id, file)
    dataset = read_mappings(dataset, archive)
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        work = Path(folder)
        given = newest_files(dataset, archive, inbox, work, receipt)
        if file and resource:
            given[resource] = file
            dataset = _without_undelivered(dataset, given)
        inputs = _gather_inputs(dataset, archive, given, work, access, limits, receipt)
        if period is not None:
            inputs = _for_period(inputs, resource, period)
        prepare()
        with loading_beside(ahead):
            evaluation = _evaluate(inputs, work)
        report = _report_of(evaluation.report, resource) if resource else evaluation.report
        yield Check(evaluation, report, resource or None, file)


def _for_period(inputs: Inputs, resource: str, period: str) -> Inputs:
    """The inputs, as if the file of a resource were handed in for the period."""
    declared, periodicity = inputs.dataset.resource(resource), inputs.dataset.pipeline.accrual_periodicity
    parsed = parse_period(period, declared, periodicity, datetime.now(BUENOS_AIRES).date())
    mine = replace(inputs.snapshots[resource], period=parsed)
    return replace(inputs, snapshots={**inputs.snapshots, resource: mine})


def _evaluate(inputs: Inputs, work: Path) -> Evaluation:
    """What a run would make of the inputs; the cells of its tables lie in `work`, and changes are counted
    alone. Raises DatasetError where a pattern of the declaration takes too long."""
    made = conclude(inputs, work, _leave_tables)
    tables = dict(_open_tables(work))
    return replace(made, inputs=inputs, checked=replace(made.checked, tables=tables))


CHECKED = ".checked"


def _leave_tables(evaluation: Evaluation, work: Path) -> Evaluation:
    """The evaluation without what whoever asked for it has already, or never looks at: it goes from process
    to process, and the cells of a large table are heavy."""
    for name, table in evaluation.checked.tables.items():
        with (
            pa.OSFile(str(work / f"{name}{CHECKED}"), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
    changes = evaluation.changes
    if changes is not None:
        counted = [replace(each, rows=each.rows.without_lines()) for each in changes.resources]
        changes = replace(changes, resources=tuple(counted))
    inputs = replace(evaluation.inputs, previous=None, needs={}, provenance={})
    checked = replace(evaluation.checked, tables={}, changes=changes)
    return replace(evaluation, inputs=inputs, checked=checked, changes=changes)


def _open_tables(work: Path) -> Iterator[tuple[str, pa.Table]]:
    for path in sorted(work.glob(f"*{CHECKED}")):
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            yield path.name.removesuffix(CHECKED), reader.read_all()


def find_dataset(datasets: Path, id: str, file: Path | None = None) -> tuple[Dataset, str]:
    """The dataset and the name of the resource ("" for none) of "dataset/resource"; of a `file` it is the
    only one where none is named. Raises UnknownRelease, DatasetError."""
    name, _slash, resource = id.partition("/")
    if not (datasets / name).is_dir():
        raise UnknownRelease(describe_unknown(datasets, name))
    dataset = load_dataset(datasets / name)
    names = [r.name for r in dataset.resources]
    if resource and resource not in names:
        raise UnknownRelease(
            _(
                "{id} has no resource {resource!r}; use one of {names}",
                id=name,
                resource=resource,
                names=", ".join(names),
            )
        )
    if file is not None and not resource:
        if len(names) > 1:
            raise UnknownRelease(
                _(
                    "{id} has several resources; name one: {names}",
                    id=name,
                    names=", ".join(f"{name}/{n}" for n in names),
                )
            )
        resource = names[0]
    return dataset, resource


def _without_undelivered(dataset: Dataset, given: Mapping[str, Path]) -> Dataset:
    """The dataset without the tables of which nobody handed in a file yet, and without what refers to them:
    the first of several tables can be checked before the others come."""
    awaited = {
        each.name
        for each in dataset.resources
        if isinstance(each.pipeline.source, InboxSource)
        and each.pipeline.source.path is None
        and each.name not in given
    }
    return replace(
        dataset,
        resources=tuple(
            _without_references(each, awaited) for each in dataset.resources if each.name not in awaited
        ),
    )


def _without_references(resource: Resource, awaited: Set[str]) -> Resource:
    keys = resource.schema.get("foreignKeys", [])
    kept = [key for key in keys if key["reference"].get("resource") not in awaited]
    if len(kept) == len(keys):
        return resource
    schema = {key: value for key, value in resource.schema.items() if key != "foreignKeys"}
    schema |= {"foreignKeys": kept} if kept else {}
    return replace(resource, descriptor={**resource.descriptor, "schema": schema})


def newest_files(
    dataset: Dataset, archive: Archive, inbox: Path | None, work: Path, upto: Receipt | None = None
) -> dict[str, Path]:
    """What was handed in last, by resource: what waits in the inbox, else what was taken from it, up to a
    receipt."""
    receipts = archive.receipts(dataset.id, dataset.demo).all()
    files, _left = find_waiting_files(dataset, inbox, receipts) if inbox else ([], [])
    found = {file.resource: file.path for file in files}
    counted = counted_receipts(dataset, archive)
    for resource in dataset.resources:
        receipt = receipt_as_of(resource, counted, upto.number if upto else len(receipts))
        if receipt and resource.name not in found:
            found[resource.name] = work / f"{resource.name}.handed"
            archive.save(receipt.sha256, found[resource.name])
    return found


def _gather_inputs(
    dataset: Dataset,
    archive: Archive,
    given: Mapping[str, Path],
    work: Path,
    access: Access,
    limits: Limits,
    receipt: Receipt | None,
) -> Inputs:
    try:
        needs = load_needs(dataset, archive)
    except Unmet as error:
        raise UnknownRelease(str(error)) from error
    snapshots = {}
    for resource in dataset.everything:
        path, into = given.get(resource.name), work / f"{resource.name}.raw"
        if path is None and isinstance(resource.pipeline.source, DerivedSource):
            from pipelines.fetch.derived import derive  # with DuckDB: a tenth of a second

            snapshot = derive(dataset, resource, needs, into, limits)
        elif path is None and isinstance(resource.pipeline.source, ArchiveSource):
            from pipelines.fetch.archive import report_archive

            snapshot = report_archive(archive, resource, into)
        elif path is None:
            snapshot = fetch(resource, dataset.folder, None, into, limits=limits, access=access)
        elif path.is_file():
            snapshot = Snapshot(resource.name, str(path), "", path.stat().st_size, path)
        else:
            raise UnknownRelease(_("{path} is no file", path=path))
        snapshots[resource.name] = date_snapshot(snapshot, resource, datetime.now(UTC))
    history = archive.history(dataset.id, dataset.demo)
    if receipt:
        history = history_before(history, receipt.number)
        mine = replace(snapshots[receipt.resource], period=receipt.period)
        snapshots[receipt.resource] = mine
    previous = previous_of(archive, history)
    return Inputs(dataset, snapshots, history, previous, needs, archive.hash_key, limits)


def _report_of(report: Report, resource: str) -> Report:
    return replace(
        report,
        problems=tuple(p for p in report.problems if p.resource == resource),
        counts={kind: count for kind, count in report.counts.items() if kind.resource == resource},
        further={kind: rows for kind, rows in report.further.items() if kind.resource == resource},
        rows={name: count for name, count in report.rows.items() if name == resource},
        found=tuple(sentence for sentence in report.found if sentence.startswith(f"{resource}: ")),
    )


def write_checked_tables(done: Check, to: Path) -> None:
    """Writes the checked tables with their descriptor to the folder `to`."""
    tables = {n: r.table for n, r in done.checked.readings.items() if r.table is not None}
    dataset = done.inputs.dataset
    write_tables(dataset, tables, referred_tables(dataset, done.inputs.needs), to)


def write_tables(
    dataset: Dataset, tables: Mapping[str, Table], references: Mapping[str, pa.Table], into: Path
) -> Path:
    """Writes each table's text under the agency file's own row numbers, the tables of other datasets that it
    refers to, and the `datapackage.json` of them all; gives the descriptor's path."""
    into.mkdir(parents=True, exist_ok=True)
    resources = [
        _write_resource(dataset, table, {*tables, *references, ""}, into) for table in tables.values()
    ]
    resources += [_write_reference(name, reference, into) for name, reference in references.items()]
    path = into / "datapackage.json"
    pack_json({**package_head(dataset), "resources": resources}, path)
    return path


def _write_resource(dataset: Dataset, table: Table, there: Set[str], into: Path) -> dict[str, Any]:
    declared = dataset.resource(table.name)
    with (into / declared.path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(
            file, lineterminator="\n", quoting=csv.QUOTE_ALL
        )  # the least leaves a lone carriage return bare
        writer.writerows([] for _row in range(table.header_row - 1))
        writer.writerow(table.labels)
        numbers = []
        for number, cells in table.rows():
            writer.writerow(cells)
            numbers.append(number)
    if numbers != list(range(table.header_row + 1, table.header_row + 1 + len(numbers))):
        _write_row_numbers(table, numbers, into / f"{declared.name}.rows.csv")
    from validation.schema import checked_schema  # with all that judges tables, which others do

    schema = checked_schema(
        Schema.from_descriptor(dict(declared.schema), datapackage_version="v2"), table.labels
    ).to_descriptor()
    keys = [key for key in schema.pop("foreignKeys", []) if key["reference"].get("resource", "") in there]
    for key in keys:
        key["reference"]["resource"] = _file_name(key["reference"].get("resource", ""))
    schema |= {"foreignKeys": keys} if keys else {}
    dialect = DIALECT | {"headerRows": [table.header_row]}
    return {
        "name": table.name,
        "type": "table",
        "path": declared.path,
        "encoding": "utf-8",
        "dialect": dialect,
        "schema": schema,
    }


def _write_row_numbers(table: Table, numbers: Sequence[int], path: Path) -> None:
    """Where rows do not lie as in the agency's file (one row became several): which row of that file each one
    is of."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", "fileRow"])
        writer.writerows(enumerate(numbers, table.header_row + 1))


def _write_reference(name: str, reference: pa.Table, into: Path) -> dict[str, Any]:
    path = f"{_file_name(name)}.csv"
    pack_csv(reference, "", into / path)
    fields = [{"name": field.name, "type": _type(field.type)} for field in reference.schema]
    return {
        "name": _file_name(name),
        "type": "table",
        "path": path,
        "encoding": "utf-8",
        "dialect": DIALECT,
        "schema": {"fields": fields},
    }


def _type(kind: pa.DataType) -> str:
    """The Table Schema type whose values compare as those of the Arrow type do."""
    names = {
        "integer": pa.types.is_integer,
        "number": lambda each: pa.types.is_floating(each) or pa.types.is_decimal(each),
        "boolean": pa.types.is_boolean,
        "date": pa.types.is_date,
        "time": pa.types.is_time,
        "datetime": pa.types.is_timestamp,
    }
    return next((name for name, fits in names.items() if fits(kind)), "any")


def _file_name(reference: str) -> str:
    """A reference to another dataset ("barrios/barrios") as a name that can be a file's."""
    return reference.replace("/", "--")

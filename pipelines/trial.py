"""`vereda check`: what a run would find, without a run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from catalog.archive import Archive
from messages import gettext as _
from pipelines.answers import Unknown
from pipelines.bounds import USUAL, Bounds
from pipelines.build import Checked, Inputs, differences, examine, references
from pipelines.checked import write_checked
from pipelines.dataset import Dataset, load_dataset
from pipelines.dating import dated
from pipelines.fetch import Account, Snapshot, SourceError, fetch
from pipelines.fetch.derived import derive
from pipelines.fetch.inbox import handed_in, waiting
from pipelines.guards.judge import guarded
from pipelines.needs import Unmet, needed
from pipelines.previous import previous_of
from pipelines.sources import DerivedSource
from validation.report import Report


@dataclass(frozen=True)
class Trial:
    """A dataset as it was read and checked. `resource` is the one that was asked for (None: all), `file` what was given for it;
    `report` has what was asked for alone."""

    inputs: Inputs
    checked: Checked
    report: Report
    resource: str | None = None
    file: Path | None = None


def trial(
    datasets: Path,
    archive: Archive,
    id: str,
    file: Path | None,
    to: Path | None,
    inbox: Path | None = None,
    account: Account | None = None,
    bounds: Bounds = USUAL,
) -> Report:
    """Reads and checks the dataset, its resource `id` from `file` where one is given; writes the checked tables to `to`.

    Of "dataset/resource" the report is that resource's alone; `account` asks Trello, `bounds` is what reading may
    cost. Raises Unknown, DatasetError, SourceError.
    """
    with tried(datasets, archive, id, file, inbox, account, bounds=bounds) as done:
        if to:
            write_to(done, to)
        return done.report


def write_to(done: Trial, to: Path) -> None:
    """Writes the checked tables with their descriptor to the folder `to`."""
    tables = {n: r.table for n, r in done.checked.readings.items() if r.table is not None}
    write_checked(done.inputs.dataset, tables, references(done.inputs), to)


@contextmanager
def tried(
    datasets: Path,
    archive: Archive,
    id: str,
    file: Path | None = None,
    inbox: Path | None = None,
    account: Account | None = None,
    period: str | None = None,
    bounds: Bounds = USUAL,
) -> Iterator[Trial]:
    """The trial itself, whose files are there inside the block; `period` is the one that `file` was handed in for."""
    dataset, resource = declared(datasets, id, file)
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        work = Path(folder)
        given = {resource: file} if file and resource else newest(dataset, archive, inbox, work)
        inputs = replace(_inputs(dataset, archive, given, work, account), bounds=bounds)
        if resource and period:
            inputs = replace(inputs, snapshots={**inputs.snapshots, resource: replace(inputs.snapshots[resource], period=period)})
        checked = examine(inputs, work)
        if checked.report.valid:
            checked = guarded(inputs, checked, differences(inputs, checked))
        report = _only(checked.report, resource) if resource else checked.report
        yield Trial(inputs, checked, report, resource or None, file)


def declared(datasets: Path, id: str, file: Path | None = None) -> tuple[Dataset, str]:
    """The dataset and the name of the resource ("" for none) of "dataset/resource"; of a `file` it is the only one where none is named.
    Raises Unknown, DatasetError."""
    name, _slash, resource = id.partition("/")
    if not (datasets / name).is_dir():
        raise Unknown(_("{id} is not among the datasets in {folder}; `vereda list` shows them", id=name, folder=datasets))
    dataset = load_dataset(datasets / name)
    names = [r.name for r in dataset.resources]
    if resource and resource not in names:
        raise Unknown(_("{id} has no resource {resource!r}; use one of {names}", id=name, resource=resource, names=", ".join(names)))
    if file is not None and not resource:
        if len(names) > 1:
            raise Unknown(_("{id} has several resources; name one: {names}", id=name, names=", ".join(f"{name}/{n}" for n in names)))
        resource = names[0]
    return dataset, resource


def newest(dataset: Dataset, archive: Archive, inbox: Path | None, work: Path) -> dict[str, Path]:
    """What was handed in last, by resource: what waits in the inbox, else what was taken from it."""
    receipts = archive.receipts(dataset.id, dataset.demo).all()
    files, _left = waiting(dataset, inbox, receipts) if inbox else ([], [])
    found = {file.resource: file.path for file in files}
    for resource in dataset.resources:
        receipt = handed_in(resource, receipts, len(receipts))
        if receipt and resource.name not in found:
            found[resource.name] = work / f"{resource.name}.handed"
            archive.save(receipt.sha256, found[resource.name])
    return found


def _inputs(dataset: Dataset, archive: Archive, given: dict[str, Path], work: Path, account: Account | None) -> Inputs:
    try:
        needs = needed(dataset, archive)
    except Unmet as error:
        raise Unknown(str(error)) from error
    paths, snapshots = {}, {}
    for resource in dataset.resources:
        path = given.get(resource.name)
        if path is None and isinstance(resource.pipeline.source, DerivedSource):
            snapshot = derive(dataset, resource, needs, work / f"{resource.name}.raw")
        elif path is None:
            snapshot = fetch(resource, dataset.folder, None, work / f"{resource.name}.raw", account=account)
        elif path.is_file():
            snapshot = Snapshot(resource.name, str(path), "", path.stat().st_size, path)
        else:
            raise SourceError(_("{path} is no file", path=path))
        assert snapshot.path is not None
        paths[resource.name], snapshots[resource.name] = snapshot.path, dated(snapshot, resource, datetime.now(UTC))
    history = archive.history(dataset.id, dataset.demo)
    return Inputs(dataset, paths, snapshots, previous_of(archive, history), history.highest, needs, "", "", {}, archive.hash_key)


def _only(report: Report, resource: str) -> Report:
    return replace(
        report,
        problems=tuple(p for p in report.problems if p.resource == resource),
        counts={kind: count for kind, count in report.counts.items() if kind.resource == resource},
        rows={name: count for name, count in report.rows.items() if name == resource},
        found=tuple(sentence for sentence in report.found if sentence.startswith(f"{resource}: ")),
    )

"""A file that was sent to the desk is checked as a run would check it; nothing is published, and nothing of
it is kept but the answer."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.archive.release import Damaged, UnknownRelease
from catalog.archive.store import ArchiveError
from messages import gettext as _
from messages import speaking
from pipelines.agency.answer import write_answer
from pipelines.agency.check import Check, check_dataset
from pipelines.agency.progress import find_progress
from pipelines.agency.report.write import PAGE
from pipelines.agency.template.columns import is_written
from pipelines.dataset.dataset import Dataset, DatasetError, Resource, load_datasets
from pipelines.dataset.sources import ArchiveSource, DerivedSource, HttpSource, InboxSource
from pipelines.dataset.text import fold_text
from pipelines.fetch.http import fetch_http
from pipelines.fetch.snapshot import SourceError, SourceUnavailable
from pipelines.read.read import find_labels, share_of_fields
from pipelines.release.receipt_outcomes import ReceiptOutcome
from pipelines.settings import Limits
from pipelines.web.desk.answers import STATE, Answer, Answers
from pipelines.web.desk.columns import find_unknown_labels

NEAREST = 5
"""Of many tables those that are looked at closely: each reading costs a process."""
LIKE = 0.5
"""The share of a table's fields that a file must have to look like it."""
LINK_SECONDS = 20.0
"""Of silence, after which an address that somebody pasted is given up."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """A table for which files can be checked: "dataset/resource", what it is called, whose it is, and whether
    people write it, so that there is an empty workbook."""

    id: str
    title: str
    publisher: str
    demo: bool
    has_template: bool
    agency: str = ""
    """Its id, where the table is handed in; else nothing."""


def list_choices(datasets: Path) -> list[Choice]:
    """The tables that are read from files or others' answers, by publisher and title."""
    found = [_choice(dataset, resource) for dataset, resource in _tables(datasets)]
    return sorted(found, key=lambda each: (each.demo, each.publisher.casefold(), each.title.casefold()))


def _choice(dataset: Dataset, resource: Resource) -> Choice:
    alone = len(dataset.resources) == 1
    title = dataset.title if alone else f"{dataset.title}: {resource.descriptor.get('title', resource.name)}"
    by_people = is_written(resource)
    handed = isinstance(resource.pipeline.source, InboxSource)
    agency = dataset.pipeline.publisher.id if handed else ""
    id = f"{dataset.id}/{resource.name}"
    return Choice(id, title, dataset.publisher, dataset.demo, by_people, agency)


def _tables(datasets: Path) -> Iterator[tuple[Dataset, Resource]]:
    for dataset in load_datasets(datasets):
        if isinstance(dataset, Dataset):
            for resource in dataset.resources:
                if not isinstance(resource.pipeline.source, DerivedSource | ArchiveSource):
                    yield dataset, resource


def find_likely_table(datasets: Path, file: Path, limits: Limits) -> str | None:
    """The table ("dataset/resource") of whose fields the file has most; None where it has few of any."""
    tables = list(_tables(datasets))
    best, name = LIKE, None
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        labels = _read_header(tables, file, Path(folder) / "header", limits)
        near = sorted(tables, key=lambda each: -_alike(each[1], labels))[:NEAREST]
        for number, (dataset, resource) in enumerate(near):
            share = max(
                share_of_fields(file, resource, Path(folder) / str(number), limits), _alike(resource, labels)
            )
            if share > best:
                best, name = share, f"{dataset.id}/{resource.name}"
    return name


def _read_header(
    tables: list[tuple[Dataset, Resource]], file: Path, room: Path, limits: Limits
) -> frozenset[str]:
    """The labels of the file, folded, as far as they can be read without a layout."""
    for _dataset, resource in tables:
        if is_written(resource):
            return frozenset(map(fold_text, find_labels(file, resource, room, limits)))
    return frozenset()


def _alike(resource: Resource, labels: frozenset[str]) -> float:
    """The share of a table's fields that have a label in the file, under any of their names; all of them
    where the file has a layout's whole header."""
    headers = [layout.header for layout in resource.pipeline.layouts if len(layout.header) > 1]
    if any({fold_text(label) for label in header} <= labels for header in headers):
        return 1.0
    names: dict[str, set[str]] = {field: {fold_text(field)} for field in resource.fields}
    for layout in resource.pipeline.layouts:
        for label, field in layout.labels.items():
            names.setdefault(field, set()).add(fold_text(label))
    return sum(bool(each & labels) for each in names.values()) / max(1, len(names))


@dataclass(frozen=True)
class Checker:
    """Checks files against the declarations in `datasets`, within `limits`, beside what is published in the
    archive."""

    answers: Answers
    datasets: Path
    archive: Archive
    limits: Limits

    def check(
        self,
        answer: Answer,
        file: Path,
        language: str,
        address: str = "",
        most: int = 0,
        became: ReceiptOutcome | None = None,
    ) -> None:
        """Writes the answer's report, annotated workbook and corrected copy, or why there are none. Whatever
        goes wrong is the answer's end and nobody else's. Where an `address` is given, the file of up to
        `most` bytes is fetched from there. Of a file that was handed in, the report says what `became` of
        it."""
        with speaking(language):
            try:
                if address and (why := self._fetch(address, file, most)):
                    self.answers.keep(replace(answer, state="failed", message=why))
                    return
                self.answers.keep(self._check(answer, file, became))
            except (DatasetError, ArchiveError, Damaged, UnknownRelease) as error:
                log.warning("the desk: %s", error)
                told = _("This dataset cannot be checked just now; whoever runs this site has to mend that.")
                self.answers.keep(replace(answer, state="failed", message=told))
            except Exception:
                log.exception("the desk: a file for %s", answer.dataset or "?")
                told = _("The check failed for a reason that is not in your file. Try again later.")
                self.answers.keep(replace(answer, state="failed", message=told))

    def _fetch(self, address: str, into: Path, most: int) -> str:
        """Fetches what somebody pasted, from public addresses alone; gives a sentence where that cannot be.
        What stands at an inner address, and whether anything does, is told to nobody."""
        extract = min(most, self.limits.extract)
        limits = replace(self.limits, timeout=LINK_SECONDS, fetch_seconds=10 * LINK_SECONDS, extract=extract)
        try:
            source = HttpSource.model_validate({"kind": "http", "url": address})
            fetch_http(source, "archivo", None, into, limits, trusted=False)
        except SourceUnavailable:
            return _("This address does not answer just now. Try again later, or send the file itself.")
        except (SourceError, ValueError) as error:
            log.warning("the desk: an address was not read: %s", type(error).__name__)
            return _(
                "No file could be read at this address. It has to be a public one, which gives the file "
                "itself, up to {most} MB.",
                most=extract // 1_000_000,
            )
        return ""

    def _check(self, answer: Answer, file: Path, became: ReceiptOutcome | None) -> Answer:
        table = answer.dataset or find_likely_table(self.datasets, file, self.limits)
        if table is None:
            told = _("Its columns are those of no dataset here. Choose the dataset from the list.")
            return replace(answer, state="failed", message=told)
        place = self.answers.place(answer.link)
        receipt = became.receipt if became else None
        given = (self.datasets, self.archive, table, file)
        with check_dataset(*given, receipt=receipt, limits=self.limits) as done:
            done = replace(done, became=became)
            progress = None
            if receipt:
                progress = find_progress(done, self.datasets, self.archive, receipt, self.limits)
            workbook = place / f"{Path(answer.name).stem}-anotado.xlsx"
            write_answer(done, place, workbook, self.answers.clock(), progress)
            labels = _unknown_labels(done)
        files = sorted(each.name for each in place.iterdir() if each.name != STATE and each.name[0] != ".")
        assert PAGE in files
        return replace(answer, dataset=table, state="done", files=tuple(files), labels=labels)


def _unknown_labels(done: Check) -> tuple[str, ...]:
    """The columns of the file of which nobody said what they are, where its agency may say so here."""
    resource = done.inputs.dataset.resource(str(done.resource))
    reading = done.checked.readings.get(resource.name)
    if reading is None or reading.places is None or not isinstance(resource.pipeline.source, InboxSource):
        return ()
    return find_unknown_labels(resource, reading.places.raw.labels)

"""What `vereda check` reports."""

from __future__ import annotations

from pathlib import Path

from catalog.archive.archive import Archive
from pipelines.agency.check import check_dataset, write_checked_tables
from validation.report import Report


def check_report(
    datasets: Path,
    archive: Archive,
    id: str,
    file: Path | None = None,
    to: Path | None = None,
    inbox: Path | None = None,
) -> Report:
    """The report of the dataset, or of its resource `id` from `file`; the checked tables go to `to`."""
    with check_dataset(datasets, archive, id, file, inbox) as done:
        if to:
            write_checked_tables(done, to)
        return done.report

"""All that whoever handed a file in gets back: the report, their workbook with notes, the corrected copy."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from messages import gettext as _
from pipelines.agency.check import Check
from pipelines.agency.progress import Progress
from pipelines.agency.report.write import find_all_corrections, write_report


def write_answer(
    done: Check,
    report: Path | None,
    workbook: Path | None,
    at: datetime,
    progress: Progress | None = None,
) -> list[str]:
    """Writes what was asked for; gives a sentence for each thing written."""
    said: list[str] = []
    copy = None
    fixes = find_all_corrections(done) if report or workbook else {}
    if workbook:
        from pipelines.agency.workbook.give_back import write_back  # openpyxl takes a while

        said, copy = write_back(done, workbook, fixes)
    if report:
        page = write_report(done, report, at, fixes, workbook, copy, progress)
        said.append(_("The report is in {place}", place=page))
    return said

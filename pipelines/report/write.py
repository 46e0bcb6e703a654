"""Writes a report into a folder: the page for people, the whole list, and the same as a Frictionless Report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.report.back import write_back
from pipelines.report.corrections import Corrections, corrections
from pipelines.report.groups import groups_of
from pipelines.report.listing import write_listing
from pipelines.report.page import write_page
from pipelines.report.received import verdict
from pipelines.trial import Trial

PAGE, LIST, REPORT = "informe.html", "problemas.csv", "report.json"


def write_report(
    done: Trial,
    into: Path,
    at: datetime,
    fixes: Mapping[str, Corrections] | None = None,
    workbook: Path | None = None,
    copy: Path | None = None,
) -> Path:
    """Writes `informe.html`, `problemas.csv` and `report.json`; gives the page's path. The page names the annotated `workbook` and the
    corrected `copy` where they lie beside it."""
    into.mkdir(parents=True, exist_ok=True)
    found = groups_of(done)
    beside = {
        LIST: _("every problem with its row and what to do, for a spreadsheet"),
        REPORT: _("the same for programs, as a Frictionless Report"),
    }
    if workbook and workbook.parent == into and workbook.exists():
        beside = {workbook.name: _("your own file, with a note in each cell that is to be looked at")} | beside
    write_listing(found, into / LIST)
    (into / REPORT).write_text(json.dumps(as_json(done), ensure_ascii=False, indent=2, default=str) + "\n", "utf-8")
    write_page(done, found, into / PAGE, at, beside, all_corrections(done) if fixes is None else fixes, copy)
    return into / PAGE


def write_all(done: Trial, report: Path | None, workbook: Path | None, at: datetime) -> list[str]:
    """Writes what was asked for; gives a sentence for each thing written."""
    said: list[str] = []
    copy = None
    fixes = all_corrections(done) if report or workbook else {}
    if workbook:
        said, copy = write_back(done, workbook, fixes)
    if report:
        said.append(_("The report is in {place}", place=write_report(done, report, at, fixes, workbook, copy)))
    return said


def all_corrections(done: Trial) -> dict[str, Corrections]:
    """What can be corrected in each table that was asked for."""
    names = [done.resource] if done.resource else [resource.name for resource in done.inputs.dataset.resources]
    return {name: corrections(done, done.inputs.dataset.resource(name)) for name in names}


def as_json(done: Trial) -> dict[str, Any]:
    """The Frictionless Report, with the groups and the outcome that a run would have under keys of their own."""
    would = verdict(done)
    return {
        **done.report.to_descriptor(),
        "groups": [group.to_json() for group in groups_of(done)],
        "outcome": {"outcome": would.outcome, "message": would.sentence},
    }

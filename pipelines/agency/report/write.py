"""A report written into a folder: a page that needs nothing else, a CSV of every problem, and JSON for
programs."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup, escape

from catalog import portal, words
from messages import gettext, language, ngettext
from messages import gettext as _
from messages.formats import format_date, format_number, shorten
from pipelines.agency.check import Check
from pipelines.agency.corrections import Corrections, find_cell_corrections
from pipelines.agency.progress import Progress
from pipelines.agency.report.groups import (
    Example,
    ProblemGroup,
    count_by_severity,
    group_check_problems,
    problem_cells,
)
from pipelines.agency.report.listing import write_listing
from pipelines.agency.report.received import describe_received, forecast_run

HERE = Path(__file__).parent / "templates"
ASSETS = Path(portal.__file__).parent / "assets"
SHOWN = 200
"""Groups on the page; what is beyond is in the list."""


class ShownExample(NamedTuple):
    """An example with what its cell should hold: `certain`, or as a question."""

    example: Example
    hint: str
    certain: bool


def warm_up() -> None:
    """Makes ready what every page needs (isolation/readiness.py asks for it)."""
    _page_template()
    format_number(1_000)


@cache
def _page_template() -> Template:
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.globals.update(
        _=gettext, ngettext=ngettext, words=words, format_number=format_number, format_date=format_date
    )
    pages.filters.update(code=_mark_code, shorten=shorten)
    return pages.get_template("report.html")


def write_page(
    done: Check,
    found: list[ProblemGroup],
    into: Path,
    at: datetime,
    beside: Mapping[str, str],
    fixes: Mapping[str, Corrections],
    copy: Path | None,
    progress: Progress | None,
) -> None:
    """Writes the page; `beside` are the files in the same folder, with what they are called, `fixes` what can
    be corrected, by resource, and `copy` the file in which it is."""
    text = _page_template().render(
        lang=language(),
        dataset=done.inputs.dataset,
        received=describe_received(done),
        verdict=forecast_run(done),
        progress=progress,
        groups=[(group, _examples_with_hints(done, group, fixes)) for group in found[:SHOWN]],
        fixed=sum(len(each.certain) for each in fixes.values()),
        left=len(found) - SHOWN,
        totals=count_by_severity(found),
        copy=copy.name if copy and copy.parent == into.parent else None,
        remarks=done.report.remarks,
        at=at,
        beside=beside,
        style=Markup((ASSETS / "vereda.css").read_text("utf-8") + (HERE / "report.css").read_text("utf-8")),
        logo=b64encode((ASSETS / "vereda.svg").read_bytes()).decode(),
    )
    into.write_text(text, "utf-8")


def _examples_with_hints(
    done: Check, group: ProblemGroup, fixes: Mapping[str, Corrections]
) -> list[ShownExample]:
    reading, known = done.checked.readings.get(group.resource), fixes.get(group.resource, Corrections())
    places = reading.places if reading else None
    if places is None:
        return [ShownExample(each, "", False) for each in group.examples]
    first = replace(group, problems=tuple(group.first_problems))
    cells = {id(problem): cell for cell, problem in problem_cells(places, first)}
    shown = []
    for problem, each in zip(first.problems, group.examples, strict=True):
        cell = cells.get(id(problem), (0, 0))
        is_untold = group.place_only or not problem.cell  # what is concealed has no cell either
        correction = None if is_untold else known.certain.get(cell)
        possible = () if is_untold else known.possible.get(cell, ())
        shown.append(
            ShownExample(
                each, correction.after if correction else _(" or ").join(possible[:2]), correction is not None
            )
        )
    return shown


def _mark_code(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


PAGE, LIST, REPORT = "informe.html", "problemas.csv", "report.json"


def write_report(
    done: Check,
    into: Path,
    at: datetime,
    fixes: Mapping[str, Corrections] | None = None,
    workbook: Path | None = None,
    copy: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Writes `informe.html`, `problemas.csv` and `report.json`; gives the page's path. The page names the
    annotated `workbook` and the corrected `copy` where they lie beside it, and says what became of the
    problems of the file before."""
    into.mkdir(parents=True, exist_ok=True)
    found = group_check_problems(done)
    beside = {
        LIST: _("every problem with its row and what to do, for a spreadsheet"),
        REPORT: _("the same for programs, as a Frictionless Report"),
    }
    if workbook and workbook.parent == into and workbook.exists():
        beside = {
            workbook.name: _("your own file, with a note in each cell that is to be looked at")
        } | beside
    known = find_all_corrections(done) if fixes is None else fixes
    write_listing(done, found, into / LIST, known)
    (into / REPORT).write_bytes(json_lines(report_as_json(done, progress, found)))
    write_page(done, found, into / PAGE, at, beside, known, copy, progress)
    return into / PAGE


def find_all_corrections(done: Check) -> dict[str, Corrections]:
    """What can be corrected in each table that was asked for."""
    names = (
        [done.resource] if done.resource else [resource.name for resource in done.inputs.dataset.resources]
    )
    return {name: find_cell_corrections(done, done.inputs.dataset.resource(name)) for name in names}


def report_as_json(
    done: Check, progress: Progress | None = None, found: Iterable[ProblemGroup] | None = None
) -> dict[str, Any]:
    """The Frictionless Report, with the groups (as `found`, where they are known), the outcome that a run
    would have, and how the file stands to the one before, under keys of their own."""
    would = forecast_run(done)
    return {
        **done.report.to_descriptor(),
        "groups": [group.to_json() for group in (group_check_problems(done) if found is None else found)],
        "outcome": {"outcome": would.outcome, "message": would.sentence},
        **({"progress": progress.to_json()} if progress else {}),
    }


def json_lines(answer: Mapping[str, Any]) -> bytes:
    """What `json.dumps` writes of it, indented by two, and a line's end: of ten thousand errors in a tenth of
    the time. What orjson does not take (whole numbers beyond 64 bits, halves of characters) is left to it."""
    passed = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
    try:
        return orjson.dumps(answer, str, orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | passed)
    except TypeError:
        text = json.dumps(answer, ensure_ascii=False, indent=2, default=str)
        return f"{text}\n".encode("utf-8", "replace")

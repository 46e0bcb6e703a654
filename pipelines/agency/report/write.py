"""A report written into a folder: a page that needs nothing else, a CSV of every problem, and JSON for
programs."""

from __future__ import annotations

import csv
import io
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from catalog import portal, words
from messages import gettext, language, ngettext
from messages import gettext as _
from messages.formats import format_date, format_number
from pipelines.agency.check import Check
from pipelines.agency.corrections import Corrections, find_cell_corrections
from pipelines.agency.progress import Progress
from pipelines.agency.report.groups import (
    Example,
    ProblemGroup,
    count_by_severity,
    describe_example,
    group_check_problems,
    problem_cells,
)
from pipelines.agency.report.received import describe_received, forecast_run
from pipelines.read.batches import read_columns
from pipelines.read.read import Reading

HERE = Path(__file__).parent / "templates"
ASSETS = Path(portal.__file__).parent / "assets"
SHOWN = 200
"""Groups on the page; what is beyond is in the list."""


class ShownExample(NamedTuple):
    """An example with what its cell should hold: `certain`, or as a question."""

    example: Example
    hint: str
    certain: bool


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
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.globals.update(
        _=gettext, ngettext=ngettext, words=words, format_number=format_number, format_date=format_date
    )
    pages.filters["code"] = _mark_code
    text = pages.get_template("report.html").render(
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
        correction = None if group.place_only else known.certain.get(cell)
        possible = () if group.place_only else known.possible.get(cell, ())
        shown.append(
            ShownExample(
                each, correction.after if correction else _(" or ").join(possible[:2]), correction is not None
            )
        )
    return shown


def _mark_code(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def write_listing(
    found: Sequence[ProblemGroup], into: Path, readings: Mapping[str, Reading] | None = None
) -> None:
    """Writes the list: UTF-8 with a mark, so that Excel reads its accents. What comes from the agency's file
    is text and nothing else. Of problems that were counted and not kept the cells are read in the file."""
    cells = {name: _read_cells(name, found, reading) for name, reading in (readings or {}).items()}
    with into.open("w", encoding="utf-8", newline="") as file:
        file.write("\ufeff")
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(
            [
                _("table"),
                _("severity"),
                _("problem"),
                _("column"),
                _("row"),
                _("cell"),
                _("value"),
                _("expected"),
                _("how to put it right"),
            ]
        )
        for group in found:
            writer.writerows([defuse_formula(cell) for cell in line] for line in _listing_lines(group))
            file.writelines(_further_lines(group, cells.get(group.resource, {})))


FoundCell = tuple[str, str]
"""A cell's address in a workbook, and what stands there."""


def _read_cells(
    name: str, found: Iterable[ProblemGroup], reading: Reading
) -> dict[tuple[str | None, int], FoundCell]:
    """By field and row, where the further problems of a table stand; nothing where its rows were made of
    columns, or what stands there stays untold."""
    places = reading.places
    if places is None or places.grid is not places.raw:
        return {}
    wanted: dict[tuple[str, int], list[int]] = {}
    for group in found:
        place = places.column(group.field) if group.field else None
        if group.resource == name and group.field and place is not None and not group.place_only:
            wanted.setdefault((group.field, place), []).extend(group.further)
    wanted = {column: rows for column, rows in wanted.items() if rows}
    if not wanted:
        return {}
    table, address = read_columns(places.raw, [place for _field, place in wanted]), places.raw.address
    cells: dict[tuple[str | None, int], FoundCell] = {}
    for at, ((field, place), rows) in enumerate(wanted.items(), 1):
        column = table.column(at)
        asked = pc.and_(pc.is_in(table.column(0), pa.array(rows, pa.int64())), pc.is_valid(column))
        numbers, texts = table.column(0).filter(asked).to_pylist(), column.filter(asked).to_pylist()
        for number, text in zip(numbers, texts, strict=True):
            cells[field, number] = address(number, place) if address else "", text
    return cells


def _further_lines(group: ProblemGroup, cells: Mapping[tuple[str | None, int], FoundCell]) -> Iterator[str]:
    """Lines of the problems that were counted and not kept: their rows are known. There may be a hundred
    thousand, and what they have in common is written as CSV once."""
    before = _as_csv(*map(defuse_formula, _group_columns(group)))
    after = _as_csv(*map(defuse_formula, (group.expected, group.remedy)))
    found = [(row, *cells.get((group.field, row), ("", ""))) for row in group.further]
    texts = {text: _as_csv(defuse_formula(text)) for text in {text for _row, _address, text in found}}
    for row, address, text in found:
        yield f"{before},{row},{address},{texts[text]},{after}\r\n"


def _as_csv(*cells: str) -> str:
    """The cells as they stand in the middle of a line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([*cells, ""])
    return text.getvalue()[: -len(",\r\n")]


@lru_cache(maxsize=4096)
def defuse_formula(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would calculate it (OWASP, "CSV Injection");
    numbers stay as they are."""
    if re.match(r"\s*[=@＝＠\t\r]|\s*[+\-＋－](?![\d.,\s]*%?$)", text):
        return f"'{text}"
    return text


def _group_columns(group: ProblemGroup) -> list[str]:
    severity = {
        "critical": _("stops the release"),
        "held": _("holds its row back"),
        "warning": _("worth a look"),
    }[group.severity]
    return [group.resource, severity, group.title, group.column or ""]


def _listing_lines(group: ProblemGroup) -> Iterator[list[str]]:
    before = _group_columns(group)
    for problem in group.problems:
        each = describe_example(problem, group)
        expected = each.note or group.expected
        yield [*before, str(each.row or ""), each.cell or "", each.value or "", expected, group.remedy]
    if more := group.count - group.listed_count:
        said = ngettext(
            "and {n} more such problem, whose row was not kept",
            "and {n} more such problems, whose rows were not kept",
            more,
        )
        yield [*before, "", "", "", said, _("Correct these first, then check again.")]


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
    write_listing(found, into / LIST, done.checked.readings)
    (into / REPORT).write_text(
        json.dumps(report_as_json(done, progress, found), ensure_ascii=False, indent=2, default=str) + "\n",
        "utf-8",
    )
    known = find_all_corrections(done) if fixes is None else fixes
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

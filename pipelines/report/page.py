"""The report as one page that needs nothing else: no script, no network, fit to be printed or sent by mail."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from catalog import portal
from catalog.portal import words
from messages import gettext, language, ngettext
from messages import gettext as _
from pipelines.report.corrections import Corrections
from pipelines.report.groups import Example, Group, totals
from pipelines.report.marks import cells_of
from pipelines.report.received import received, verdict
from pipelines.trial import Trial

HERE = Path(__file__).parent / "templates"
ASSETS = Path(portal.__file__).parent / "assets"
SHOWN = 200
"""Groups on the page; what is beyond is in the list."""


class Shown(NamedTuple):
    """An example with what its cell should hold: `certain`, or as a question."""

    example: Example
    hint: str
    certain: bool


def write_page(
    done: Trial,
    found: list[Group],
    into: Path,
    at: datetime,
    beside: Mapping[str, str],
    fixes: Mapping[str, Corrections],
    copy: Path | None,
) -> None:
    """Writes the page; `beside` are the files in the same folder, with what they are called, `fixes` what can
    be corrected, by resource, and `copy` the file in which it is."""
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.globals.update(_=gettext, ngettext=ngettext, words=words)
    pages.filters["code"] = _code
    text = pages.get_template("report.html").render(
        lang=language(),
        dataset=done.inputs.dataset,
        received=received(done),
        verdict=verdict(done),
        groups=[(group, _shown(done, group, fixes)) for group in found[:SHOWN]],
        fixed=sum(len(each.certain) for each in fixes.values()),
        left=len(found) - SHOWN,
        totals=totals(found),
        copy=copy.name if copy and copy.parent == into.parent else None,
        remarks=done.report.remarks,
        at=at,
        beside=beside,
        style=Markup((ASSETS / "vereda.css").read_text("utf-8") + (HERE / "report.css").read_text("utf-8")),
        logo=b64encode((ASSETS / "vereda.svg").read_bytes()).decode(),
    )
    into.write_text(text, "utf-8")


def _shown(done: Trial, group: Group, fixes: Mapping[str, Corrections]) -> list[Shown]:
    reading, known = done.checked.readings.get(group.resource), fixes.get(group.resource, Corrections())
    places = reading.places if reading else None
    if places is None:
        return [Shown(each, "", False) for each in group.examples]
    first = replace(group, problems=tuple(group.first))
    cells = {id(problem): cell for cell, problem in cells_of(places, first)}
    shown = []
    for problem, each in zip(first.problems, group.examples, strict=True):
        cell = cells.get(id(problem), (0, 0))
        correction = None if group.untold else known.certain.get(cell)
        possible = () if group.untold else known.possible.get(cell, ())
        shown.append(Shown(each, correction.after if correction else _(" or ").join(possible[:2]), correction is not None))
    return shown


def _code(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))

"""The report as one page that needs nothing else: no script, no network, fit to be printed or sent by mail."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from catalog import portal
from catalog.portal import words
from messages import gettext, language, ngettext
from pipelines.report.groups import Group, totals
from pipelines.report.received import received, verdict
from pipelines.trial import Trial

HERE = Path(__file__).parent / "templates"
ASSETS = Path(portal.__file__).parent / "assets"
SHOWN = 200
"""Groups on the page; what is beyond is in the list."""


def write_page(done: Trial, found: list[Group], into: Path, at: datetime, beside: dict[str, str]) -> None:
    """Writes the page; `beside` are the files in the same folder, with what they are called."""
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.globals.update(_=gettext, ngettext=ngettext, words=words)
    pages.filters["code"] = _code
    text = pages.get_template("report.html").render(
        lang=language(),
        dataset=done.inputs.dataset,
        received=received(done),
        verdict=verdict(done),
        groups=found[:SHOWN],
        left=len(found) - SHOWN,
        totals=totals(found),
        remarks=done.report.remarks,
        at=at,
        beside=beside,
        style=Markup((ASSETS / "vereda.css").read_text("utf-8") + (HERE / "report.css").read_text("utf-8")),
        logo=b64encode((ASSETS / "vereda.svg").read_bytes()).decode(),
    )
    into.write_text(text, "utf-8")


def _code(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))

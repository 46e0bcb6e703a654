"""Problems that readers reported in the data, and what the publisher answered, in the order in which it was
written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from catalog.archive.numbered import NumberedLog
from catalog.archive.release import dump_json
from catalog.archive.store import Shelf
from messages import gettext as _

ReportKind = Literal["report", "answer", "fixed", "closed"]
MOST_CHARACTERS = 2000
REQUESTS = "requests"  # the folder of data that was asked for, of no dataset

_STATUSES = {"answer": "answered", "fixed": "fixed", "closed": "closed"}
_CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"


@dataclass(frozen=True)
class ReportEntry:
    """A report of a problem, or what became of it. `number` counts from 1 in each dataset; `report` is the
    number of the report that an answer is about (of a report, its own); `at` ISO 8601 with offset; `version`
    the one that the reader had; `shown` whether the text stands on the page; `token` says which call wrote
    it. Nothing is kept of who wrote it.
    """

    number: int
    report: int
    kind: ReportKind
    at: str
    text: str
    version: str | None = None
    shown: bool = False
    token: str = ""


@dataclass(frozen=True)
class ReportedProblem:
    """A report with its answers, oldest first."""

    report: ReportEntry
    answers: Sequence[ReportEntry]

    @property
    def status(self) -> str:
        """`open`, `answered`, `fixed` or `closed`: what the last answer says."""
        return _STATUSES[self.answers[-1].kind] if self.answers else "open"

    @property
    def is_public(self) -> bool:
        """Whether the report's text is public: not before somebody has read it."""
        return self.report.shown or any(answer.shown for answer in self.answers)


@dataclass(frozen=True)
class ProblemReports:
    """The reports and answers of a dataset: `folder` is its `<datasets|demo>/<id>/problems`."""

    shelf: Shelf
    folder: str

    def all(self) -> list[ReportEntry]:
        """Oldest first; raises Damaged for one that cannot be read."""
        return self._log.all()

    def add(self, entry: ReportEntry) -> ReportEntry:
        """Keeps the entry under the next number, and gives it back with that. Raises ValueError where its
        text is empty or too long, or where it answers what was never reported."""
        text = _clean_text(entry.text)

        def next_entry(known: Sequence[ReportEntry]) -> ReportEntry:
            number = len(known) + 1
            if entry.kind == "report":
                return replace(entry, number=number, report=number, text=text)
            if not any(each.kind == "report" and each.number == entry.report for each in known):
                raise ValueError(self._unknown(entry.report))
            return replace(entry, number=number, text=text)

        return self._log.append(next_entry)

    def _unknown(self, number: int) -> str:
        if self.folder == REQUESTS:
            return _("there is no request {number}; `vereda requests` shows them", number=number)
        return _("there is no report {number}; `vereda problems` shows them", number=number)

    @property
    def _log(self) -> NumberedLog[ReportEntry]:
        return NumberedLog(self.shelf, self.folder, lambda entry: dump_json(vars(entry)), _parse_entry)


def group_reports(entries: Iterable[ReportEntry]) -> list[ReportedProblem]:
    """The reports with their answers, the newest first."""
    known = list(entries)
    problems = []
    for report in known:
        if report.kind == "report":
            answers = [each for each in known if each.report == report.number and each.kind != "report"]
            problems.append(ReportedProblem(report, answers))
    return sorted(problems, key=lambda problem: -problem.report.number)


def _parse_entry(text: bytes) -> ReportEntry:
    entry = ReportEntry(**json.loads(text))
    if entry.kind not in get_args(ReportKind):
        raise ValueError(entry.kind)
    return entry


def _clean_text(text: str) -> str:
    """The text without control characters and needless blanks."""
    text = re.sub(_CONTROLS, " ", text.replace("\r\n", "\n"))
    text = re.sub(r"[^\S\n]+", " ", text)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if not text:
        raise ValueError(_("write what the problem is, or what is answered"))
    if len(text) > MOST_CHARACTERS:
        raise ValueError(
            _("the text has {count} characters; {most} fit", count=len(text), most=MOST_CHARACTERS)
        )
    return text

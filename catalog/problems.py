"""Problems that people found in the data: what they wrote, what the publisher answers, in the order in which it was told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from obstore.exceptions import AlreadyExistsError

from catalog.log import dump, unreadable
from catalog.store import Shelf
from messages import gettext as _

Kind = Literal["report", "answer", "fixed", "closed"]
LONGEST = 2000  # characters


@dataclass(frozen=True)
class Told:
    """Something told: a report of a problem, or what became of it. `number` counts from 1 in each dataset; `report` is the number of the
    report that an answer is about (its own, of a report); `at` ISO 8601 with offset; `version` the one that the reader had; `shown` whether
    the text stands on the page; `token` says which call wrote it. Nothing is kept of who wrote it.
    """

    number: int
    report: int
    kind: Kind
    at: str
    text: str
    version: str | None = None
    shown: bool = False
    token: str = ""


@dataclass(frozen=True)
class Problem:
    """A reported problem with what was answered, oldest first."""

    report: Told
    answers: Sequence[Told]

    @property
    def status(self) -> str:
        """`open`, `answered`, `fixed` or `closed`: what was told last."""
        return {"answer": "answered", "fixed": "fixed", "closed": "closed"}[self.answers[-1].kind] if self.answers else "open"

    @property
    def shown(self) -> bool:
        """Whether the report's text is public: not before somebody has read it."""
        return self.report.shown or any(answer.shown for answer in self.answers)


@dataclass(frozen=True)
class Problems:
    """What was told of a dataset's problems, under `<datasets|demo>/<id>/problems/00000001.json`, each put where there was none."""

    shelf: Shelf
    folder: str

    def all(self) -> list[Told]:
        """Oldest first; raises Damaged for one that cannot be read."""
        return [self._read(number) for number in range(1, max(self.shelf.numbers(self.folder), default=0) + 1)]

    def add(self, told: Told) -> Told:
        """Keeps it under the next number and gives it back with that; raises ValueError where its text is empty or too long, or where it
        answers what was never reported."""
        while True:
            known = self.all()
            numbered = replace(
                told, number=len(known) + 1, report=len(known) + 1 if told.kind == "report" else told.report, text=_plain(told)
            )
            if told.kind != "report" and not any(each.kind == "report" and each.number == told.report for each in known):
                raise ValueError(_("there is no report {number}; `vereda problems` shows them", number=told.report))
            try:
                self.shelf.put(self._path(numbered.number), dump(vars(numbered)), "create")
            except AlreadyExistsError:
                if self._read(numbered.number) != numbered:  # another one was first; else a put that was tried again
                    continue
            return numbered

    def _read(self, number: int) -> Told:
        path = self._path(number)
        try:
            told = Told(**json.loads(self.shelf.read(path)))
            if told.kind not in get_args(Kind):
                raise ValueError(told.kind)
        except (ValueError, TypeError) as error:
            raise unreadable(self.shelf.place(path), error) from error
        return told

    def _path(self, number: int) -> str:
        return f"{self.folder}/{number:08}.json"


def problems(told: Iterable[Told]) -> list[Problem]:
    """The reports with their answers, the newest first."""
    known = list(told)
    found = [Problem(each, [a for a in known if a.report == each.number and a.kind != "report"]) for each in known if each.kind == "report"]
    return sorted(found, key=lambda problem: -problem.report.number)


def _plain(told: Told) -> str:
    """The text without control characters and needless blanks."""
    text = re.sub(
        r"[^\S\n]+", " ", re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", told.text.replace("\r\n", "\n"))
    )
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if not text:
        raise ValueError(_("write what the problem is, or what is answered"))
    if len(text) > LONGEST:
        raise ValueError(_("the text has {count} characters; {most} fit", count=len(text), most=LONGEST))
    return text

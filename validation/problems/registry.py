"""Every kind of problem that frictionless or this project reports: its name, and what to do about it, for the
data team and for agencies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from messages import gettext_later as _
from validation.problems.cell_rules import RULES, UNREADABLE
from validation.problems.cells import CELLS
from validation.problems.declaration import DECLARATIONS
from validation.problems.file import FILES
from validation.problems.header import HEADERS
from validation.problems.personal import PLACE_ONLY
from validation.problems.rows import ROWS
from validation.problems.shown import SHOWN
from validation.problems.table import TABLES
from validation.problems.texts import TEXTS
from validation.problems.unusual import UNUSUAL

if TYPE_CHECKING:
    from validation.problems.kind import ProblemKind
    from validation.report import Problem

KINDS: dict[str, ProblemKind] = {
    kind.code: kind
    for kinds in (CELLS, SHOWN, TEXTS, ROWS, HEADERS, TABLES, FILES, DECLARATIONS, UNUSUAL, PLACE_ONLY)
    for kind in kinds
}
"""Every kind of problem, by its code."""


class Advice(NamedTuple):
    """What an agency reads of a kind of problem; ``expected`` is empty where only the data team has words."""

    title: str
    expected: str
    remedy: str


def find_kind(*codes: str | None) -> ProblemKind | None:
    """The kind of the first of these codes and types that has one."""
    return next((KINDS[code] for code in codes if code and code in KINDS), None)


def is_public(code: str | None) -> bool:
    """Whether problems with this code may quote what they found: the others are told by their place alone."""
    kind = find_kind(code)
    return kind is None or kind.public


def title(code: str) -> str:
    """The name of a problem type, or of a code, in the current language; one that nobody named is called by
    its type."""
    kind = find_kind(code)
    return str(kind.title) if kind else code


def remedy(problem: Problem) -> str:
    """What to do about a problem, as a sentence in the current language."""
    kind = find_kind(problem.code, problem.type) or KINDS["error"]
    return str(kind.remedy)


NOT_THE_FILE = _("Nothing is wrong with your file: tell whoever sent you this report.")
"""What agencies are told of a fault of the dataset's own description."""


def advice(
    type: str,
    code: str | None = None,
    field_type: str | None = None,
    rule: str | None = None,
    *,
    required: bool = False,
) -> Advice:
    """What agencies are told of a kind of problem, in the current language; where nothing is written for
    them, what the data team is told. ``field_type`` is the type that a value does not have, ``rule`` the
    constraint that it breaks; ``required``: the cell may not be left empty."""
    kind = find_kind(code, type)
    if kind is None:
        return _advise(KINDS["table-error"], str(KINDS["error"].title))
    if not code and type == "constraint-error" and rule in RULES:
        words = RULES[rule]
        return Advice(str(words.title), str(kind.expected), str(words.remedy))
    if required and kind.required_remedy is not None:
        kind = replace(kind, agency_remedy=kind.required_remedy)
    if not code and type == "type-error" and field_type in UNREADABLE:
        unreadable = UNREADABLE[field_type]
        return Advice(str(unreadable.title), str(unreadable.expected), str(kind.agency_remedy))
    own_title = kind.agency_title if not code else None
    return _advise(kind, str(own_title or kind.title))


def _advise(kind: ProblemKind, title: str) -> Advice:
    if kind.agency_remedy is None:
        return Advice(title, "", str(NOT_THE_FILE if kind.level == "declaration" else kind.remedy))
    return Advice(title, str(kind.expected or ""), str(kind.agency_remedy))

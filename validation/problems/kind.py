"""A kind of problem: how grave it is, what it is called, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from messages import Message
    from validation.report import Severity

Level = Literal["cell", "row", "column", "header", "table", "file", "declaration"]
LEVELS: dict[Level, str] = {
    "cell": "a value in the agency's file",
    "row": "a row as a whole",
    "column": "all values of a column, seen together",
    "header": "the names of the columns",
    "table": "the table as a whole, and its ties to other tables and versions",
    "file": "the file as it came, before its table is read",
    "declaration": "what `datapackage.yaml` says of the dataset",
}
"""Where a problem lies, from the smallest to the largest."""


@dataclass(frozen=True)
class ProblemKind:
    """What is known of all problems with one code.

    ``code`` is one of frictionless's error types or a code of ours. ``title`` and ``remedy`` are for the data
    team; ``expected`` and ``agency_remedy`` are for whoever filled in the file, who knows the data and not
    our tools, and ``agency_title`` where they need another name for it, ``required_remedy`` where the
    cell may not be left empty. ``severity`` is the usual one, None
    where the dataset declares it. What is not ``public`` is reported by its place alone, without its value.
    """

    code: str
    level: Level
    title: Message
    remedy: Message
    expected: Message | None = None
    agency_remedy: Message | None = None
    required_remedy: Message | None = None
    agency_title: Message | None = None
    severity: Severity | None = "critical"
    public: bool = True

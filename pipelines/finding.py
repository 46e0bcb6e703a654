"""What was found out about a file because nobody declared it, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`what` names the question (`encoding`, `delimiter`, `header-row`, `sheet`, `totals-row` …), `value` the answer, `confidence` how
    sure it is, from 0 to 1. `declared` is what the declaration says instead, where it says something else: then that was obeyed."""

    what: str
    value: str
    confidence: float
    declared: str | None = None

"""What is told once: whatever a report has, each problem is asked whether it says the same again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.release.echoes import _Echoes, without_echoes
from validation.problems.notes import EMPTY_KEY
from validation.report import Problem, Report

REQUIRED = 'constraint "required" is "True"'
KINDS = [
    ("missing-cell", None, ""),
    ("extra-cell", None, ""),
    ("type-error", None, 'type is "integer/default"'),
    ("constraint-error", None, REQUIRED),
    ("constraint-error", None, 'constraint "minimum" is "0"'),
    ("blank-row", None, ""),
    ("primary-key", None, f"{EMPTY_KEY} blank"),
    ("primary-key", None, "the same as in the row at position 3"),
    ("missing-label", None, ""),
    ("extra-label", None, ""),
    ("extra-label", "blank-label", ""),
    ("foreign-key", None, ""),
    ("cell-error", "short-year", ""),
    ("cell-error", "formula-unsaved", ""),
    ("table-error", "undeclared-writing", ""),
    ("table-error", "renamed-column", ""),
    ("table-error", "quarantine-exceeded", ""),
    ("table-error", "unusual-extract", "fewer rows"),
    ("table-error", "rows-gone", "fewer rows"),
    ("row-error", "note-row", ""),
    ("row-error", "quote-in-cell", ""),
]


@st.composite
def problems(draw):
    type, code, note = draw(st.sampled_from(KINDS))
    spares = draw(st.sampled_from([None, frozenset(), frozenset({3})]))
    return Problem(
        *(type, draw(st.sampled_from(["obras", "obras", "obras", "barrios"])), note, code),
        row=draw(st.sampled_from([None, 2, 3])),
        field=draw(st.sampled_from([None, "id", "monto"])),
        cell=draw(st.sampled_from([None, "monto"])),
        severity=draw(st.sampled_from(["critical", "held", "warning"])),
        spares=spares if code == "undeclared-writing" else None,
    )


@settings(max_examples=400)
@given(st.lists(problems(), min_size=2, max_size=12), st.lists(problems(), max_size=3))
def test_problems_that_are_not_asked_would_say_nothing_again(found, counted):
    further = {}
    for each in counted:
        if each.row is not None:
            further[each.kind] = (*further.get(each.kind, ()), each.row)
    report, keys = Report().plus(found, more=further), {"obras": ["id"], "barrios": []}
    told = without_echoes(report, keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Echoes, "concern", lambda _self, _kind: True)
        assert without_echoes(report, keys) == told

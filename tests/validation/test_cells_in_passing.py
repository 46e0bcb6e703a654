"""Cells that say something of somebody in passing, in notes without a subject or with a surname of no list,
and innocent ones beside them (`cells_in_passing.txt`, by kind); all persons are invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from validation.personal.identifiers import find_kinds

PARTS = Path(__file__).with_name("cells_in_passing.txt").read_text("utf-8").split("[")[1:]
CELLS = [
    (kind, text)
    for kind, _bracket, texts in (part.partition("]\n") for part in PARTS)
    for text in texts.splitlines()
]


@pytest.mark.parametrize(("kind", "text"), CELLS)
def test_a_note_on_somebody_is_found_and_one_on_nobody_passes(kind: str, text: str) -> None:
    found = find_kinds(text)
    assert kind in found if kind else found == set()

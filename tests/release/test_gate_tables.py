"""The gate on tables as agencies head them (`benchmarks/gate_tables`), all persons in them invented: what
must be asked about is, what is free passes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from benchmarks.gate import TABLES, Score, measure, read_tables
from tests.release.privacy_tables import PLANTED
from validation.personal.cells import find_kinds_in_cells
from validation.personal.context import Context
from validation.personal.scan import Subject, scan
from validation.table import schema

FILES = sorted(path.stem for path in TABLES.glob("*.txt"))


@pytest.mark.parametrize("name", FILES)
def test_columns_and_cells_are_found_and_nothing_is_false(name):
    score: Score = measure(TABLES / f"{name}.txt", plain=name != "third", seed=7)
    assert [fault for fault in score.faults if fault.startswith("false")] == []
    assert sum(score.asked_seen.values()) >= 0.95 * sum(score.asked.values()), score.faults
    assert sum(score.cells_seen.values()) >= 0.95 * sum(score.cells.values()), score.faults


def test_a_whole_column_gives_what_each_of_its_cells_gives():
    """The quick search in RE2 lets through all that the exact one finds."""
    cells = {text for _kind, text in PLANTED}
    for name in FILES:
        for table in read_tables(TABLES / f"{name}.txt"):
            cells |= {cell for row in table.rows for cell in row}
    texts = sorted(cells)
    texts += [text.replace("-", "–").replace(" ", "\u00a0") for text in texts]
    numbers = pa.array(range(len(texts)), pa.int64())
    batch = pa.record_batch(
        [numbers, pa.array(texts), pa.nulls(len(texts), pa.list_(pa.string()))], schema=schema(1)
    )
    found: dict[int, set[str]] = {}
    for each in scan([batch], [Subject(0, Context())]):
        for row in each.rows.tolist():
            found.setdefault(row, set()).add(each.kind)
    alone = {row: kinds for row, kinds in enumerate(find_kinds_in_cells(texts)) if kinds}
    bare = {row for row, text in enumerate(texts) if text.strip().isdigit() and len(text.strip()) == 11}
    assert {row: kinds for row, kinds in found.items() if row not in bare} == {
        row: kinds for row, kinds in alone.items() if row not in bare
    }


@pytest.mark.parametrize(
    ("name", "columns", "cells", "false"), [("ordinary", 0.9, 0.95, 10), ("winding", 0.95, 0.89, 12)]
)
def test_tables_of_strangers_that_nothing_was_learnt_from(name, columns, cells, false):
    """Who wrote them saw neither code nor lists, and who mended the gate did not read them: as far as it
    hears here it may be believed elsewhere (docs/benchmarks.md has the figures by kind)."""
    score: Score = measure(TABLES / "strangers" / f"{name}.txt", plain=False)
    assert sum(score.asked_seen.values()) >= columns * sum(score.asked.values())
    assert sum(score.cells_seen.values()) >= cells * sum(score.cells.values())
    assert score.alarms() <= false

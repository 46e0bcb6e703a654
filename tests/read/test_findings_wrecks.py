"""Of random tables in random writings every finding is right, or says that it is not sure: never surely
wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.wrecks import FIELDS, wreck
from tests.support.readings import reading, resource


def published(cell: str, kind: str) -> Any:
    """The value of a published cell; the text itself where it is none."""
    try:
        match kind:
            case "number" | "integer":
                return Decimal(cell)
            case "date":
                return date.fromisoformat(cell) if "-" in cell else cell
            case "boolean":
                return {"true": True, "1": True, "false": False, "0": False}.get(cell, cell)
    except (ValueError, ArithmeticError):
        return cell
    return cell


@settings(deadline=None, max_examples=150, derandomize=True)
@given(st.integers(0, 2**32))
def test_what_is_found_out_is_right_or_not_sure(seed):
    made = wreck(seed)
    with TemporaryDirectory() as folder:
        found = reading(Path(folder), made.content, resource(FIELDS))
        if found.table is None:  # an encoding that nobody can tell
            assert {problem.type for problem in found.problems} == {"encoding-error"}
            return
        assert (found.delimiter, found.table.header_row) == (made.delimiter, made.header_row)
        assert found.table.labels == tuple(FIELDS)
        rows = list(found.table.rows())
        asked = {problem.field for problem in found.problems if problem.code == "undeclared-writing"}
    assert 0 <= len(rows) - len(made.rows) <= made.foot
    for place, (name, kind) in enumerate(FIELDS.items()):
        meant = [row[place] for row in made.rows]
        cells = [cells[place] for _number, cells in rows[: len(meant)]]
        values = [published(cell, kind) if cell else None for cell in cells]
        right = values == meant
        unread = any(isinstance(value, str) for value in values) and kind != "string"
        assert right or unread or name in asked, (name, list(zip(cells, meant, strict=True)))

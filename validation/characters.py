"""Characters in published cells that XML cannot hold: no workbook, feed, picture or catalogue of others could
repeat them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages.formats import UNWRITABLE
from validation.report import Problem
from validation.table import Table

# The same in RE2's words; lone surrogates are in no text of Arrow's.
_UNWRITABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"


def unwritable_cells(table: Table, fields: Sequence[str]) -> Iterator[Problem]:
    """A problem for each cell of the columns called `fields` that holds such a character, row by row in each
    block."""
    places = [(place, label) for place, label in enumerate(table.labels) if label in fields]
    for batch in table.batches():
        for place, label in places:
            cells = batch.column(place + 1)
            if not _may_hold(cells):
                continue
            found = pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(cells, _UNWRITABLE), False))
            rows = batch.column(0).take(found).to_pylist()
            for row, text in zip(rows, cells.take(found).to_pylist(), strict=True):
                yield _problem(table.name, label, place, row, text)


def _may_hold(cells: pa.StringArray) -> bool:
    """Whether a byte of the column is worth a look: below a space and no line break, or the first of U+FFFE
    and U+FFFF."""
    data = cells.buffers()[2]
    if data is None or not data.size:
        return False
    held = np.zeros(256, np.bool_)
    held[np.frombuffer(data, np.uint8)] = True
    return bool(held[:9].any() or held[11:13].any() or held[14:32].any() or held[0xEF])


def _problem(resource: str, field: str, place: int, row: int, text: str) -> Problem:
    first = UNWRITABLE.search(text)
    assert first
    note = _(
        "character {number} of the cell is the control character U+{code}, which nobody sees",
        number=first.start() + 1,
        code=f"{ord(first[0]):04X}",
    )
    shown = UNWRITABLE.sub("\ufffd", text)
    return Problem(
        "cell-error",
        resource,
        note,
        code="control-character",
        row=row,
        field=field,
        cell=shown,
        field_number=place + 1,
    )

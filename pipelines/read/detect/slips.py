"""A few cells of a column that do not read, among very many that do: whether they show how the column is
written, or are slips, which can be said without looking at each of its texts."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.read.detect.dates import ways_of_day, whole_year
from pipelines.read.detect.numbers import Marks, ways_of_number
from pipelines.read.detect.verdict import MOST, SLIPS

ISO = 'format: "%Y-%m-%d'
"""How ways begin that read plain days."""
_NEVER = {
    Marks(",", ""): r"\.",
    Marks(",", " "): r"\.",
    Marks(",", "."): r"\.\d{0,2}(?:\D|$)|\.\d{4}",
}
"""What no number holds that is written in one of these ways; the others read plain numbers."""


def are_slips(texts: Sequence[str], kind: str, epoch: int, cells: pa.ChunkedArray, strange: int) -> bool:
    """Whether it is sure that no way of writing reads one of the texts and so many cells of the column that
    it could be the column's (verdict.choose_writing); so many cells are `strange`, not plainly of the
    `kind`."""
    if len(cells) < 2 * strange:
        return False
    match kind:
        case "date" | "datetime":  # plain days are read by one way alone
            return not any(way.startswith(ISO) for text in texts for way in ways_of_day(text, kind, epoch))
        case "year":
            return not any(map(whole_year, texts))
        case "number" | "integer":
            ways = {way for text in texts for way in ways_of_number(text)}
            return all(_reads_too_few(way, cells, strange) for way in ways)
    return False


def _reads_too_few(way: Marks, cells: pa.ChunkedArray, strange: int) -> bool:
    """Whether a way surely reads fewer cells than would be worth telling; strange ones may stand for no data,
    and then do not count."""
    if way not in _NEVER:
        return False
    never = pc.sum(pc.match_substring_regex(cells, _NEVER[way])).as_py() or 0
    return bool(len(cells) - never < (MOST - SLIPS) * (len(cells) - strange))

"""Why the header of a file has not the columns that it should: it takes up two rows, or the cells are
separated otherwise than is declared."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from messages import gettext as _
from messages.formats import join_words, quote
from pipelines.dataset.dataset import Resource
from pipelines.dataset.layout import Layout
from pipelines.dataset.text import fold_text
from pipelines.read.detect.header import VALUE, may_name_a_column
from pipelines.read.finding import describe_separator
from pipelines.read.grid import Grid, Unreadable

LOOKED_AT, SOME = 20, 3
"""Rows below the header that are looked at; how many of them at least say that a column has values."""
SHOWN = 3
"""Titles that a sentence quotes."""


@dataclass(frozen=True)
class TwoRows:
    """A header over two rows: the titles of the `upper` one, the names of the `lower` one, whose number is
    `row`, and an `example` of how one column would be called in one row."""

    upper: tuple[str, ...]
    lower: tuple[str, ...]
    row: int
    example: str


def explain_unknown_header(grid: Grid, resource: Resource, layout: Layout) -> Unreadable:
    """What to say of a header without a known column."""
    if two := explain_two_rows(grid, (), resource, layout):
        return two
    other = next((each for each in grid.findings if each.what == "delimiter" and each.declared), None)
    if other is None:
        note = _("no known column stands in the header: {labels}", labels="; ".join(grid.labels)[:300])
        return Unreadable("source-error", note, findings=grid.findings)
    note = _(
        "its cells are separated by {found}, and {declared} is declared",
        found=describe_separator(other.value),
        declared=describe_separator(other.declared or ""),
    )
    return Unreadable("source-error", note, findings=grid.findings, code="other-separator")


def explain_two_rows(
    grid: Grid, names: Collection[str], resource: Resource, layout: Layout
) -> Unreadable | None:
    """What to say of a file that lacks fields (all but those that the columns `names` are) because its header
    takes up two rows; None where it does not."""
    missing = [name for name in resource.fields if name not in names]
    if layout.unpivot is not None or not missing or not (grid.delimiter or grid.sheet):
        return None
    aliases = {name: [label for label, field in layout.labels.items() if field == name] for name in missing}
    titles = {field["name"]: field.get("title", "") for field in resource.schema["fields"]}
    wanted = {
        _bare(label): [*aliases[name], name][0]
        for name in missing
        for label in (name, titles.get(name, ""), *aliases[name])
        if label
    }
    two = find_two_rows(grid, wanted)
    if two is None:
        return None
    note = _(
        "the header takes up two rows: {titles} in row {upper} stand over {names} in row {lower}; write one "
        "name for each column, in one row, as {example}",
        titles=join_words(map(quote, two.upper), SHOWN),
        names=join_words(map(quote, two.lower), SHOWN),
        upper=two.row - 1,
        lower=two.row,
        example=quote(two.example),
    )
    return Unreadable("source-error", note, findings=grid.findings, code="two-row-header")


def find_two_rows(grid: Grid, wanted: Mapping[str, str]) -> TwoRows | None:
    """The header over two rows, where there is one; `wanted` are the labels of the missing fields, by their
    bare form."""
    below = [(number, list(row)) for number, row in itertools.islice(_readable_rows(grid), LOOKED_AT)]
    rows, width = [row for _number, row in below], len(grid.labels)
    lacking = not all(map(str.strip, grid.labels)) or len(set(grid.labels)) < width
    pairs = [(list(grid.above), list(grid.labels), rows, grid.header_row)]
    if below and below[0][0] == grid.header_row + 1:
        pairs.append((list(grid.labels), rows[0], rows[1:], below[0][0]))
    for above, names, rest, row in pairs:
        upper, lower = (
            [cell.strip() for cell in (*cells, *[""] * width)][:width] for cells in (above, names)
        )
        if not all(map(may_name_a_column, filter(None, (*upper, *lower)))):
            continue
        whole = [" ".join(filter(None, pair)) for pair in zip(_spread(upper, lower), lower, strict=True)]
        both = [place for place, low in enumerate(lower) if low and whole[place] != low]
        named = [label for place in both if (label := wanted.get(_bare(whole[place])))]
        shaped = lacking and len({*upper} - {""}) > 1 and len({*whole} - {""}) == width
        if shaped and (values := [place for place in both if _has_values(rest, place)])[1:]:
            named += [whole[values[0]]] * 2
        if named and len(named) >= min(2, len({*wanted.values()})):
            over, under = (tuple(dict.fromkeys(filter(None, each))) for each in (upper, lower))
            return TwoRows(over, under, row, named[0])
    return None


def _readable_rows(grid: Grid) -> Iterator[tuple[int, Sequence[str]]]:
    with suppress(Unreadable):  # where it breaks off, that is told when the table is read
        yield from grid.rows()


def _has_values(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether most of a column's cells, and some of them, are values, as no name of a column is."""
    filled = [row[place] for row in rows if place < len(row) and row[place].strip()]
    values = sum(bool(VALUE.fullmatch(cell.strip())) for cell in filled)
    return values >= SOME and 2 * values > len(filled)


def _spread(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """The titles, each over all columns up to the next one."""
    titles, last = [], ""
    for high, low in zip(upper, lower, strict=True):
        last = high or last
        titles.append(high or (last if low else ""))
    return titles


def _bare(label: str) -> str:
    return fold_text(label).replace("_", "")

"""Keys that differ, and look the same: spaces and dashes of another kind, letters of another alphabet,
characters that take no room, or, which may be meant, capitals alone."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages.formats import quote, spell_unseen
from pipelines.dataset.dataset import Resource
from pipelines.dataset.text import fold_look, fold_sign
from pipelines.read.odd_texts import ASCII, bytes_of
from validation.report import Problem
from validation.table import ROW

SPACES = r"^\s|\s$|\s\s|[\t\r\n]"
AT_ONCE = 262_144

MANY = 20
"""One key in so many may differ from another in capitals alone by mistake."""


def find_alike_keys(resource: Resource, table: pa.Table) -> Iterator[Problem]:
    """A problem for each row whose key looks as that of a row before it, and is another."""
    names = [name for name in resource.primary_key if name in table.column_names]
    texts = [name for name in names if pa.types.is_string(table[name].type)]
    if texts and len(names) == 1:
        yield from _find_other_capitals(resource.name, names[0], table)
    if not texts or not any(_is_odd(table[name]) for name in texts):
        return
    folded: dict[tuple[object, ...], tuple[tuple[object, ...], int]] = {}
    columns = [table[name].to_pylist() for name in names]
    for row, key in zip(table[ROW].to_pylist(), zip(*columns, strict=True), strict=True):
        bare = tuple(fold_look(part) if isinstance(part, str) else part for part in key)
        first, where = folded.setdefault(bare, (key, row))
        if first == key:
            continue
        note = _(
            "the key {key} looks like {other}, of row {row}, and is another: write both alike",
            key=_quote(key),
            other=_quote(first),
            row=where,
        )
        yield Problem(
            "row-error",
            resource.name,
            note,
            code="alike-key",
            row=row,
            field=", ".join(names),
            cell=", ".join(map(str, key)),
        )


def _find_other_capitals(resource: str, name: str, table: pa.Table) -> Iterator[Problem]:
    """A warning for each key of words that differs from one before it in capitals alone; where many do, or
    digits stand in them, they are codes."""
    keys = table[name]
    lower = pc.utf8_lower(keys)
    pairs = pc.count_distinct(keys).as_py() - pc.count_distinct(lower).as_py()
    if not 0 < pairs <= max(1, len(keys) // MANY):
        return
    first: dict[str, tuple[str, int]] = {}
    for row, key in zip(table[ROW].to_pylist(), keys.to_pylist(), strict=True):
        if key is None or any(sign.isdigit() for sign in key):
            continue
        other, where = first.setdefault(key.lower(), (key, row))
        if other != key:
            note = _(
                "the key {key} differs from {other}, of row {row}, in capitals alone: are they two things?",
                key=_quote((key,)),
                other=_quote((other,)),
                row=where,
            )
            yield Problem(
                "row-error",
                resource,
                note,
                code="alike-key",
                row=row,
                field=name,
                cell=key,
                severity="warning",
            )


def _is_odd(column: pa.ChunkedArray) -> bool:
    """Whether two texts of a column may look the same: it has spaces in odd places, or signs that look like
    others which it has as well."""
    if pc.any(pc.match_substring_regex(column, SPACES), min_count=0).as_py():
        return True
    ascii_signs, beyond = set[str](), set[str]()
    for start in range(0, len(column), AT_ONCE):
        for chunk in column.slice(start, AT_ONCE).chunks:
            data = bytes_of(chunk)
            ascii_signs.update(sign for sign in "-'`\"" if sign.encode() in data)
            beyond.update(data.translate(None, ASCII).decode())
    looks: dict[str, int] = {}
    for sign in ascii_signs | beyond:
        look = fold_look(f"x{sign}x")[1:-1]
        if look != sign and (len(look) != 1 or (look.isascii() and look not in "-'\"")):
            return True
        looks[look] = looks.get(look, 0) + 1
    return max(looks.values(), default=0) > 1


def _quote(key: tuple[object, ...]) -> str:
    return ", ".join(quote(_spell_odd(str(part))) for part in key)


def _spell_odd(text: str) -> str:
    """The text with those characters spelt out that look as others do."""
    spelt = (sign if sign.isspace() or fold_sign(sign) == sign else f"‹U+{ord(sign):04X}›" for sign in text)
    return spell_unseen("".join(spelt))

"""Texts that stand among the true dates, numbers or words of yes and no of a workbook: the values are
certain, and of the texts those can be read that have one reading, or that their column shows how to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dataset.layout import Writing
from pipelines.read.detect.column import KEYS, ColumnGuess, inspect_column
from pipelines.read.finding import Finding

SERIAL = r"^\s*\d{5}(?:[.,]\d+)?\s*$"
"""Texts that a column of nothing else would show to be days counted from 1900; beside true dates a number is
a number."""
MOST = 1_000
"""Texts of a column that are read one by one."""


def inspect_texts_among_values(
    schema: Mapping[str, Any],
    texts: pa.ChunkedArray,
    missing: Sequence[str],
    writing: Writing | None,
    epoch: int,
    known: str | None,
) -> ColumnGuess | None:
    """What the `texts` of a field say in whose other cells true values stand; None where there is nothing to
    find. Where they do not show together how they are written, each that has but one reading is read so."""
    if schema.get("type") in ("date", "datetime"):
        texts = texts.filter(pc.invert(pc.match_substring_regex(texts, SERIAL)))
    native = schema.get("type") in ("number", "integer", "year")
    whole = inspect_column(schema, texts, missing, writing, epoch, known, native)
    if whole is not None and (whole.texts or whole.findings or whole.odd):
        return whole
    if writing and any(getattr(writing, key) not in (None, ()) for key in KEYS.get(schema["type"], ())):
        return whole
    alone = list(_read_alone(schema, texts, missing, epoch, known))
    if not alone:
        return whole
    changed = {text: guess.texts[text] for text, guess in alone}
    examples = (found.example for _text, guess in alone for found in guess.findings if found.example)
    finding = Finding(
        "texts-among-values", str(len(alone)), 0.98, field=schema["name"], example=next(examples, alone[0][0])
    )
    return ColumnGuess(changed, (finding,))


def _read_alone(
    schema: Mapping[str, Any],
    texts: pa.ChunkedArray,
    missing: Sequence[str],
    epoch: int,
    known: str | None,
) -> Iterator[tuple[str, ColumnGuess]]:
    """Of the different texts those of which each has one reading."""
    for text in pc.unique(texts).drop_null().to_pylist()[:MOST]:
        cell = pa.chunked_array([pa.array([text], pa.string())])
        guess = inspect_column(schema, cell, missing, None, epoch, known, True)
        if guess is not None and guess.note is None and text in guess.texts:
            yield text, guess

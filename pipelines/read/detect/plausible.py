"""Whether a way of writing is plausible for a column: enough of its cells prove it, and what it makes of them
lies within the field's bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.read.detect.alike import Sample
from pipelines.read.detect.verdict import WritingGuess, is_few

RARE = 0.05
"""Where fewer cells than this share prove a way of writing, and all others also read (as something else)
without it, it is not followed."""


def is_plausible(
    schema: Mapping[str, Any], sample: Sample, odd: Sequence[str], verdict: WritingGuess
) -> bool:
    """Whether a way of writing, which reads the `odd` texts too, may be the one that is meant."""
    return _is_proven(sample.cells, odd, verdict, schema["type"]) and keeps_to_its_bounds(
        schema, sample, verdict.value, verdict.texts
    )


def keeps_to_its_bounds(
    schema: Mapping[str, Any], sample: Sample, way: str, texts: Mapping[str, str]
) -> bool:
    """Whether what a way makes of the `texts` of a column lies within the field's bounds, but for a few."""
    bounds = schema.get("constraints", {})
    if not {"minimum", "maximum"} & set(bounds):
        return True
    if sample.alike:
        values, counts = sample.published(texts, way)
        return _many_keep_to_bounds(values, counts, bounds, schema["type"])
    counted: Counter[str] = Counter()
    for text, published in texts.items():
        counted[published] += sample.cells[text]
    return keeps_to_bounds(counted, bounds, schema["type"])


def _is_proven(cells: Mapping[str, int], odd: Sequence[str], verdict: WritingGuess, kind: str) -> bool:
    """Whether enough cells read in this way alone, next to those that also read without it, and otherwise."""
    odds = set(odd)
    proof = sum(cells[text] for text in odds if text in verdict.texts)
    against = sum(
        count
        for text, count in cells.items()
        if text not in odds and text in verdict.texts and not _says_the_same(text, verdict.texts[text], kind)
    )
    return proof >= RARE * (proof + against)


def _says_the_same(text: str, published: str, kind: str) -> bool:
    try:
        return (
            Decimal(text.strip()) == Decimal(published)
            if kind in ("number", "integer", "year")
            else text.strip() == published
        )
    except InvalidOperation:
        return kind == "boolean"


def keeps_to_bounds(
    values: Mapping[str, int], bounds: Mapping[str, Any], kind: str, among: int | None = None
) -> bool:
    """Whether the values (each and how often it stands; there are so many `among` which they are) keep to the
    field's bounds, but for a few among many: with a wrong thousands mark or century they would not."""
    least, most = bounds.get("minimum"), bounds.get("maximum")
    if kind in ("number", "integer", "year"):
        low, high = (None if limit is None else Decimal(str(limit)) for limit in (least, most))
        beyond = {
            value
            for value in values
            if (low is not None and Decimal(value) < low) or (high is not None and Decimal(value) > high)
        }
    elif kind in ("yearmonth", "date", "datetime"):
        beyond = {value for value in values if not str(least or "") <= value <= str(most or "9")}
    else:
        return True
    return is_few(sum(values[value] for value in beyond), among or sum(values.values()))


def _many_keep_to_bounds(
    values: pa.Array, counts: np.ndarray[Any, Any], bounds: Mapping[str, Any], kind: str
) -> bool:
    """The same of very many values: only those that may lie beyond the bounds are looked at one by one."""
    least, most = bounds.get("minimum"), bounds.get("maximum")
    numeric = kind in ("number", "integer", "year")
    compared, limit = (pc.cast(values, pa.float64(), safe=False), float) if numeric else (values, str)
    near = np.zeros(len(values), np.bool_)
    if least is not None:
        near |= pc.less_equal(compared, limit(least)).to_numpy(zero_copy_only=False)
    if most is not None:
        near |= pc.greater_equal(compared, limit(most)).to_numpy(zero_copy_only=False)
    looked = dict(zip(values.filter(pa.array(near)).to_pylist(), counts[near].tolist(), strict=True))
    if keeps_to_bounds(looked, bounds, kind, among=1):  # none lies beyond
        return True
    encoded = values.dictionary_encode()
    last = np.zeros(len(encoded.dictionary), np.int64)
    last[encoded.indices.to_numpy()] = counts
    return keeps_to_bounds(looked, bounds, kind, among=int(last.sum()))

"""How texts are written: as dates, whole numbers, numbers, addresses of the web, words; so that a change of writing can be measured."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# In this order, in RE2's words; a text belongs to the first that it fits.
WAYS = {
    "date": r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[ T]\d{1,2}:\d{2}.*)?\s*$",
    "serial": r"^\s*[345]\d{4}(?:[.,]\d+)?\s*$",  # Excel's days: 30000 is 1982-02-18, 59999 is 2064-04-07
    "integer": r"^\s*-?\d+\s*$",
    "number": r"^\s*[-+$]?\s*\d[\d.,\s]*%?\s*$",
    "web": r"^\s*(?:https?://|www\.)",
    "words": r"\pL",
}


def writing(texts: pa.ChunkedArray) -> dict[str, float] | None:
    """The share of each way of writing among texts without nulls; None where there are none."""
    if not len(texts):
        return None
    encoded = texts.combine_chunks().dictionary_encode()
    counts = {each["values"]: each["counts"] for each in pc.value_counts(encoded.indices).to_pylist()}
    weights = pa.array([counts.get(place, 0) for place in range(len(encoded.dictionary))], pa.int64())
    left, shares = encoded.dictionary, {}
    for name, pattern in WAYS.items():
        fits = pc.match_substring_regex(left, pattern)
        shares[name] = (pc.sum(weights.filter(fits)).as_py() or 0) / len(texts)
        other = pc.invert(fits)
        left, weights = left.filter(other), weights.filter(other)
    shares["other"] = (pc.sum(weights).as_py() or 0) / len(texts)
    return {name: float(f"{share:.6g}") for name, share in shares.items() if share}

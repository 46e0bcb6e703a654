"""What stands in the rows of a dataset's tables, as words that are searched: names of places, suppliers and
things, numbers of orders and identifiers. A bounded number of them, since the index must stay small."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.archive.release import twin
from catalog.portal.search.text import STOP, words
from catalog.public import Listing

ROWS, VALUES = 300_000, 50_000  # of a table are read, and different values of a column
WORDS, CODES = 3_000, 4_000  # of a dataset; codes are words with a digit
LONGEST = 1_000  # characters: what is longer is a shape or a document
LEAST_IDENTIFIER = 10_000  # smaller whole numbers are amounts or counts as often as names of something
_CUIT = re.compile(r"(\d{2})[-. ]?(\d{8})[-. ]?(\d)")
_ADDRESS = re.compile(r"https?://|www\.")
_IDENTIFIER = re.compile(r"(^|_)(cuit|cuil|id|nro|numero|codigo|expediente|orden|ocid)(_|$)", re.IGNORECASE)


def contents(listing: Listing, folder: Path) -> str:
    """The words of the current version's tables, which stand in `folder`, those of most rows first; codes at
    the end. Each with its rows, as in `plaza:12`; `12+` where they may be more."""
    counts: Counter[str] = Counter()
    inexact: set[str] = set()
    for resource in listing.descriptor.get("resources") or () if listing.current else ():
        file = folder / "latest" / twin(str(resource.get("path") or ""))
        if "schema" in resource and file.suffix == ".parquet" and file.is_file():
            _count_table(file, counts, inexact)
    found = [word for word, _rows in counts.most_common()]
    codes = [word for word in found if any(each.isdigit() for each in word)]
    names = [word for word in found if word.isalpha() and len(word) > 2 and word not in STOP]
    kept = [*names[:WORDS], *codes[:CODES]]
    return " ".join(f"{word}:{counts[word]}{'+' if word in inexact else ''}" for word in kept)


def split_contents(text: str) -> dict[str, tuple[int, bool]]:
    """Of each word in how many rows it stands, and whether it may be in more."""
    pairs = (each.rpartition(":") for each in text.split())
    return {word: (int(rows.rstrip("+")), rows.endswith("+")) for word, _colon, rows in pairs}


def cut_contents(text: str, most: int) -> str:
    """The first `most` words."""
    return " ".join(text.split(" ", most)[:most])


def _count_table(file: Path, counts: Counter[str], inexact: set[str]) -> None:
    """Adds a table's rows by word. What stands in two columns may be in one row twice: then the larger count
    is taken, as the least that it can be."""
    with pq.ParquetFile(file) as table:
        names = [each.name for each in table.schema_arrow if _is_searched(each)]
        values: dict[str, Counter[str]] = {name: Counter() for name in names}
        rows = 0
        for batch in table.iter_batches(columns=names) if names else ():
            for name in names:
                _count(batch[name], values[name])
            rows += batch.num_rows
            if rows >= ROWS:
                break
        whole = rows == table.metadata.num_rows
    most: dict[str, int] = {}
    for column in values.values():
        words_of_column: Counter[str] = Counter()
        for value, times in column.items():
            words_of_column.update(dict.fromkeys(_words_of(value), times))
        for word, times in words_of_column.items():
            if word in most or not whole or len(column) >= VALUES:
                inexact.add(word)
            most[word] = max(most.get(word, 0), times)
    counts.update(most)


def _count(column: pa.Array, counts: Counter[str]) -> None:
    for pair in column.value_counts().to_pylist():
        value, times = pair["values"], pair["counts"]
        if value is None or (len(counts) >= VALUES and str(value) not in counts):
            continue
        if isinstance(value, str) or abs(value) >= LEAST_IDENTIFIER:
            counts[str(value)] += times


def _is_searched(field: pa.Field) -> bool:
    if pa.types.is_integer(field.type):
        return _IDENTIFIER.search(field.name) is not None
    return bool(pa.types.is_string(field.type) or pa.types.is_large_string(field.type))


def _words_of(value: str) -> Iterable[str]:
    """The words of a value; a CUIT with and without its hyphens."""
    if len(value) > LONGEST or _ADDRESS.search(value):
        return
    yield from words(value)
    for first, middle, last in _CUIT.findall(value):
        yield from (first + middle + last, middle)

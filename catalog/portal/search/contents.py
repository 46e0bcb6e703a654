"""What stands in the rows of a dataset's tables, as words that are searched: names of places, suppliers and
things, numbers of orders and identifiers. A bounded number of them, since the index must stay small."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

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
    the end."""
    counts: Counter[str] = Counter()
    for resource in listing.descriptor.get("resources") or () if listing.current else ():
        file = folder / "latest" / twin(str(resource.get("path") or ""))
        if "schema" in resource and file.suffix == ".parquet" and file.is_file():
            for words_of_value, rows in _values(file, resource):
                counts.update(dict.fromkeys(words_of_value, rows))
    found = [word for word, _rows in counts.most_common()]
    codes = [word for word in found if any(each.isdigit() for each in word)]
    names = [word for word in found if word.isalpha() and len(word) > 2 and word not in STOP]
    return " ".join([*names[:WORDS], *codes[:CODES]])


def cut_contents(text: str, most: int) -> str:
    """The first `most` words."""
    return " ".join(text.split(" ", most)[:most])


def _values(file: Path, resource: Mapping[str, Any]) -> Iterator[tuple[set[str], int]]:
    """The words of each value, and in how many rows it stands."""
    with pq.ParquetFile(file) as table:
        names = [each.name for each in table.schema_arrow if _is_searched(each)]
        counts: dict[str, Counter[str]] = {name: Counter() for name in names}
        rows = 0
        for batch in table.iter_batches(columns=names) if names else ():
            for name in names:
                _count(batch[name], counts[name])
            rows += batch.num_rows
            if rows >= ROWS:
                break
    for count in counts.values():
        for value, times in count.items():
            yield set(_words_of(value)), times


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

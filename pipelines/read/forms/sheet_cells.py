"""The cells of a sheet as its reader wrote them (cells.py), in blocks of columns; numbers become texts."""

from __future__ import annotations

import decimal
import json
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TEXT, DAY, NUMBER, DIGITS, MIXED, MOMENT, SPAN, TRUTH = range(8)
"""What a cell is, as cells.py says it."""
KEPT = 15
"""Digits of a number that a workbook keeps."""
WHOLE = 2**53
Marks = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class SheetColumn:
    """A column's cells as texts, and what each of them is: TEXT, DAY, MOMENT, SPAN, TRUTH or NUMBER."""

    texts: pa.StringArray
    kinds: Marks

    def slice(self, start: int, stop: int) -> SheetColumn:
        return SheetColumn(self.texts.slice(start, stop - start), self.kinds[start:stop])


@dataclass(frozen=True)
class SheetBlock:
    """Rows of a sheet that follow one another: `first` is the number of the first one (from 1), `count` how
    many there are."""

    first: int
    count: int
    columns: Sequence[SheetColumn]

    @property
    def numbers(self) -> Marks:
        return np.arange(self.first, self.first + self.count)

    def slice(self, start: int, stop: int) -> SheetBlock:
        """The rows from one place to another."""
        columns = [column.slice(start, stop) for column in self.columns]
        return SheetBlock(self.first + start, stop - start, columns)

    def rows(self) -> list[list[str]]:
        """The texts, row by row."""
        if not self.columns:
            return [[] for _row in range(self.count)]
        return [list(row) for row in zip(*(c.texts.to_pylist() for c in self.columns), strict=True)]


def read_blocks(path: Path, skip: int = 0) -> Iterator[SheetBlock]:
    """The blocks that cells.py wrote to a file, without the first rows that are to be skipped."""
    if not path.stat().st_size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place, first = 0, 1
        while place < len(content):
            end = content.find(b"\n", place)
            told = json.loads(content[place:end])
            place, count = end + 1, told["rows"]
            size = sum(sum(lengths) for _kind, *lengths in told["columns"])
            if first + count - 1 > skip:
                block = _open_block(content[place : place + size], first, told)
                yield block.slice(max(0, skip + 1 - first), count)
            place, first = place + size, first + count


def count_filled(path: Path, skip: int, width: int) -> tuple[int, dict[int, int]]:
    """Of the columns behind the first `width`, below the rows that are skipped, how many cells hold
    something; and how many the fullest of the first ones has. Nothing of a sheet that has none."""
    most, beyond = dict.fromkeys(range(width), 0), dict[int, int]()
    with path.open("rb") as file:
        if all(_reach(line) <= width for line in _headlines(file)):
            return 0, {}
    for block in read_blocks(path, skip):
        for place, column in enumerate(block.columns):
            counts = most if place < width else beyond
            texts = pc.utf8_trim_whitespace(column.texts)
            counts[place] = counts.get(place, 0) + (pc.sum(pc.not_equal(texts, "")).as_py() or 0)
    return max(most.values(), default=0), beyond


def _headlines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """What stands before each block of a file."""
    while line := file.readline():
        told = json.loads(line)
        file.seek(sum(sum(lengths) for _kind, *lengths in told["columns"]), 1)
        yield told


def _reach(told: dict[str, Any]) -> int:
    return int(told["left"]) + len(told["columns"])


def _open_block(data: bytes, first: int, told: dict[str, Any]) -> SheetBlock:
    count, place, buffer = told["rows"], 0, pa.py_buffer(data)
    nothing = SheetColumn(pa.array([""] * count, pa.string()), np.zeros(count, np.uint8))
    columns = [nothing] * told["left"]
    for kind, *lengths in told["columns"]:
        parts = []
        for length in lengths:
            parts.append(buffer.slice(place, length))
            place += length
        columns.append(_open_column(kind, count, *parts))
    return SheetBlock(first, count, columns)


def _open_column(kind: int, count: int, marks: Any, doubles: Any, lengths: Any, data: Any) -> SheetColumn:
    kinds = np.full(count, kind, np.uint8) if kind != MIXED else np.frombuffer(marks, np.uint8)
    texts = _open_texts(lengths, data)
    numbers = number_texts(np.frombuffer(bytes(doubles), np.float64))
    if kind == MIXED:
        # Where each cell is found among the texts, and the numbers after them.
        counted = kinds == NUMBER
        places = np.where(counted, len(texts) + np.cumsum(counted) - 1, np.cumsum(~counted) - 1)
        texts = pa.concat_arrays([texts, numbers]).take(pa.array(places))
        kinds = np.where(kinds == DIGITS, NUMBER, kinds).astype(np.uint8)
    return SheetColumn(numbers if kind == NUMBER else texts, kinds)


def _open_texts(lengths: Any, data: Any) -> pa.StringArray:
    measured = np.frombuffer(bytes(lengths), np.uint32)
    offsets = np.zeros(len(measured) + 1, np.int32)
    np.cumsum(measured, out=offsets[1:])
    return pa.StringArray.from_buffers(len(measured), pa.py_buffer(offsets), data)


def number_texts(values: Marks) -> pa.StringArray:
    """Numbers with the 15 digits that a workbook keeps, whole ones without a point, none with an exponent."""
    with np.errstate(invalid="ignore"):
        whole = (np.trunc(values) == values) & (np.abs(values) < WHOLE)
    if whole.all():
        return pa.array(values.astype(np.int64)).cast(pa.string())
    texts = pa.array(values).cast(pa.string())  # the shortest that are read as the same number
    if whole.any():
        integers = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(pa.string())
        texts = pc.if_else(pa.array(whole), integers, texts)
    # Texts of no more characters have no more digits than are kept: they are those digits.
    odd = ~whole & (pc.binary_length(texts).to_numpy() > KEPT + 1)
    if pc.any(pc.match_substring(texts, "e")).as_py() or not np.isfinite(values).all():
        odd |= pc.match_substring_regex(texts, "[a-z]").to_numpy(zero_copy_only=False)
    if odd.any():
        anew = pa.array([number_text(float(value)) for value in values[odd]], pa.string())
        texts = pc.replace_with_mask(texts, pa.array(odd), anew)
    return texts


def number_text(value: float) -> str:
    """The same of one number."""
    if value.is_integer() and abs(value) < WHOLE:
        return str(int(value))
    digits = f"{value:.{KEPT}g}"
    return format(decimal.Decimal(digits), "f") if "e" in digits else digits

"""The records of an XLS are looked at for what its reader leaves out: errors in cells, hidden rows and
columns, merged cells, how numbers are shown, a password."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO

from pipelines.read.forms.date_format import BUILT_IN as DATES
from pipelines.read.forms.date_format import parse_date_format
from pipelines.read.forms.kind import refused_kind_error
from pipelines.read.forms.number_format import BUILT_IN, parse_format, parse_text_format
from pipelines.read.forms.sheet_look import FAULTS, SheetLook
from pipelines.read.forms.xlsx import cell_address, fault_count_error

ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
LARGEST = 1 << 25
"""Bytes of the stream of small streams: those are of 4 KB at most."""


# Types of records (MS-XLS 2.3.2).
(
    FORMULA,
    EOF,
    DATEMODE,
    FILEPASS,
    COLUMNS,
    BOUNDSHEET,
    NUMBERS,
    XF,
    MERGED,
    NUMBER,
    ERROR,
    ROW,
    RK,
    FORMAT,
    BOF,
) = (*(0x06, 0x0A, 0x22, 0x2F, 0x7D, 0x85, 0xBD, 0xE0, 0xE5, 0x203, 0x205, 0x208, 0x27E, 0x41E, 0x809),)


WORDS = (0xFD, 0x204)
"""Those of cells with a text."""


def is_of_values(code: str) -> bool:
    """Whether a format shows numbers or days otherwise than they are."""
    return bool(parse_format(code) or parse_date_format(code))


class _Formats:
    """How numbers are shown: the code of each style of cells, as the workbook's own records come by; and from
    which year days are counted."""

    def __init__(self) -> None:
        self.codes = {**BUILT_IN, **DATES}
        self.styles: list[int] = []
        self.epoch = 1900

    def note(self, look: SheetLook, kind: int, record: bytes, modern: bool) -> None:
        """Learns from a record, and notes by it how a cell with a number is shown."""
        if kind in (FORMAT, XF):
            self._learn(kind, record, modern)
        elif kind in (NUMBER, RK, NUMBERS, FORMULA, *WORDS):
            self._mark(look, kind, record)
        elif kind == DATEMODE:
            self.epoch = 1904 if record[:2] == b"\1\0" else 1900

    def _learn(self, kind: int, record: bytes, modern: bool) -> None:
        (number,) = struct.unpack_from("<H", record, 2 if kind == XF else 0)
        if kind == XF:
            self.styles.append(number)
        elif modern:
            (length,) = struct.unpack_from("<H", record, 2)
            wide = record[4] & 1
            text = record[5 : 5 + length * (1 + wide)]
            self.codes[number] = text.decode("utf-16-le" if wide else "latin-1", "replace")
        else:
            self.codes[number] = record[3 : 3 + record[2]].decode("cp1252", "replace")

    def _mark(self, look: SheetLook, kind: int, record: bytes) -> None:
        row, place = struct.unpack_from("<2H", record)
        size, count = (6, (len(record) - 6) // 6) if kind == NUMBERS else (0, 1)
        for at in range(count):
            (style,) = struct.unpack_from("<H", record, 4 + size * at)
            code = self.codes.get(self.styles[style]) if style < len(self.styles) else None
            if code and (parse_text_format(code) or (kind not in WORDS and is_of_values(code))):
                look.mark_format(code, row + 1, place + at)


def look_at_xls(path: Path) -> dict[str, SheetLook]:
    """Each sheet by its name, as far as the file can be followed: what is damaged, its reader says. Raises
    Unreadable for a password."""
    found: dict[str, SheetLook] = {}
    starts: dict[int, SheetLook] = {}
    look, depth, modern, formats = SheetLook(), 0, True, _Formats()
    try:
        with path.open("rb") as file:
            for place, kind, record in _records(_workbook_stream(file)):
                if kind == BOF:
                    depth += 1
                    look = starts.get(place, look)
                    modern = record[:2] == b"\0\6" if not place else modern
                elif kind == EOF:
                    depth -= 1
                elif kind == FILEPASS:
                    raise refused_kind_error("locked")
                elif kind == BOUNDSHEET:
                    starts[int.from_bytes(record[:4], "little")] = found.setdefault(
                        _sheet_name(record, modern), SheetLook()
                    )
                elif depth == 1:  # charts have records of their own within a sheet's
                    formats.note(look, kind, record, modern)
                    _note_record(look, kind, record)
                if len(look.faults) > FAULTS:
                    raise fault_count_error()
    except (struct.error, IndexError, KeyError, OverflowError, ValueError):
        pass
    for each in found.values():
        each.epoch = formats.epoch
    return found


def _note_record(look: SheetLook, kind: int, record: bytes) -> None:
    if kind == ERROR and record[7:8] == b"\1":
        look.faults[struct.unpack_from("<H", record)[0] + 1, struct.unpack_from("<H", record, 2)[0]] = (
            ERRORS.get(record[6], "#N/A")
        )
    elif kind == FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2:
        look.faults[struct.unpack_from("<H", record)[0] + 1, struct.unpack_from("<H", record, 2)[0]] = (
            ERRORS.get(record[8], "#N/A")
        )
    elif kind == ROW:
        look.hidden += bool(struct.unpack_from("<H", record, 12)[0] & 0x20)
    elif kind == COLUMNS:
        first, last, _width, _style, marks = struct.unpack_from("<5H", record)
        look.hidden_columns += (min(last, 255) - first + 1) * (marks & 1)
    elif kind == MERGED and len(look.merged) < FAULTS:
        for at in range(2, 2 + 8 * struct.unpack_from("<H", record)[0], 8):
            first, last, left, right = struct.unpack_from("<4H", record, at)
            look.merged.append(
                (first + 1, last + 1, f"{cell_address(first + 1, left)}:{cell_address(last + 1, right)}")
            )


def _sheet_name(record: bytes, modern: bool) -> str:
    length = record[6]
    if not modern:
        return record[7 : 7 + length].decode("cp1252", "replace")
    return (
        record[8 : 8 + 2 * length].decode("utf-16-le", "replace")
        if record[7] & 1
        else record[8 : 8 + length].decode("latin-1")
    )


def _records(blocks: Iterator[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Each record with its place in the stream and its type."""
    waiting, place, at = b"", 0, 0
    for block in blocks:
        waiting, at = waiting[at:] + block, 0
        while len(waiting) - at >= 4:
            kind, length = struct.unpack_from("<HH", waiting, at)
            if len(waiting) - at < 4 + length:
                break
            yield place, kind, waiting[at + 4 : at + 4 + length]
            place, at = place + 4 + length, at + 4 + length


def _workbook_stream(file: IO[bytes]) -> Iterator[bytes]:
    """The stream `Workbook` (or `Book`) of an OLE file, sector by sector (MS-CFB 2.2 to 2.6)."""
    header = file.read(512)
    size, small = 1 << min(header[30], 12), 1 << min(header[32], 12)
    directory, cutoff, small_table = (struct.unpack_from("<I", header, at)[0] for at in (48, 56, 60))
    table = _sector_table(file, header, size)
    sectors = partial(_sectors, file, size, table)
    streams = dict(_streams(sectors(directory)))
    start, long = streams.get("Workbook") or streams.get("Book") or (0, 0)
    if long >= cutoff:
        yield from sectors(start)
    elif long:
        links = array("I", b"".join(islice(sectors(small_table), LARGEST // size)))
        whole = b"".join(islice(sectors(streams["Root Entry"][0]), LARGEST // size))
        yield from (whole[number * small : (number + 1) * small] for number in _chain(start, links))


def _streams(directory: Iterable[bytes]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Of the streams that are looked for, where each starts and how long it is."""
    for block in directory:
        for at in range(0, len(block) - 127, 128):
            name = block[at : at + 64].decode("utf-16-le", "replace").partition("\0")[0]
            if name in ("Root Entry", "Workbook", "Book"):
                yield name, struct.unpack_from("<II", block, at + 116)


def _sectors(file: IO[bytes], size: int, table: array[int], start: int) -> Iterator[bytes]:
    for number in _chain(start, table):
        file.seek((number + 1) * size)
        yield file.read(size)


def _chain(start: int, links: array[int]) -> Iterator[int]:
    for _step in range(len(links)):  # a chain that bites its tail ends as well
        if start >= len(links):
            return
        yield start
        start = links[start]


def _sector_table(file: IO[bytes], header: bytes, size: int) -> array[int]:
    """Which sector follows which."""
    end = file.seek(0, 2)
    parts = list(struct.unpack_from("<109I", header, 76))
    more, count = struct.unpack_from("<II", header, 68)
    for _step in range(min(count, 200)):
        file.seek((more + 1) * size)
        block = array("I", file.read(size))
        parts += block[:-1]
        more = block[-1]
    table = array("I")
    for part in parts[: struct.unpack_from("<I", header, 44)[0]]:
        if len(table) * size > end:
            break  # what is listed further on is no part of the file
        file.seek((part + 1) * size)
        table.frombytes(file.read(size))
    return table

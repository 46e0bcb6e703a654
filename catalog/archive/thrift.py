"""The compact protocol of Thrift, as far as the foot of a Parquet file needs it: structures are read into
plain values, and written again byte for byte."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
Fields = dict[int, tuple[int, Any]]
"""A structure: by the numbers of its fields, in their order, the type and the value of each. Values are
integers, bytes, structures, and `Listed`; the eight bytes of a DOUBLE stay as they are."""


@dataclass
class Listed:
    """A list: the type of its items, and these."""

    kind: int
    items: list[Any] = field(default_factory=list)


def read_struct(data: bytes | memoryview, at: int = 0) -> tuple[Fields, int]:
    """The structure that begins there, and where it ends. Raises ValueError for what no Parquet file has."""
    found: Fields = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if not head:
            return found, at
        kind, step = head & 15, head >> 4
        if step:
            number += step
        else:
            number, at = _read_integer(data, at)
        value, at = _read_value(data, at, kind)
        found[number] = kind, value


def write_struct(fields: Fields) -> bytes:
    out = bytearray()
    _write_struct(fields, out)
    return bytes(out)


def _read_value(data: bytes | memoryview, at: int, kind: int) -> tuple[Any, int]:
    if kind in (TRUE, FALSE):
        return kind == TRUE, at
    if kind in (I16, I32, I64):
        return _read_integer(data, at)
    if kind == BYTE:
        return data[at], at + 1
    if kind == DOUBLE:
        return bytes(data[at : at + 8]), at + 8
    if kind == BINARY:
        size, at = _read_varint(data, at)
        return bytes(data[at : at + size]), at + size
    if kind == STRUCT:
        return read_struct(data, at)
    if kind == LIST:
        return _read_list(data, at)
    raise ValueError(f"a Thrift type that no Parquet file has: {kind}")


def _read_list(data: bytes | memoryview, at: int) -> tuple[Listed, int]:
    kind, size = data[at] & 15, data[at] >> 4
    at += 1
    if size == 15:
        size, at = _read_varint(data, at)
    found = Listed(kind)
    for _item in range(size):
        if kind in (TRUE, FALSE):  # in a list each takes a byte
            item: Any = data[at]
            at += 1
        else:
            item, at = _read_value(data, at, kind)
        found.items.append(item)
    return found, at


def _read_varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def _read_integer(data: bytes | memoryview, at: int) -> tuple[int, int]:
    zigzag, at = _read_varint(data, at)
    return (zigzag >> 1) ^ -(zigzag & 1), at


def shift_locations(index: bytes, by: int) -> bytes:
    """An OffsetIndex whose pages all stand so many bytes further on: what reading and writing it gives, ten
    times as fast, for there is one of every thousand cells; b"" where it has another form."""
    if index[0] != LIST | 16 or index[1] & 15 != STRUCT:
        return b""
    size, at = (index[1] >> 4, 2) if index[1] < 0xF0 else _read_varint(index, 2)
    out = bytearray(index[:at])
    for _page in range(size):
        if index[at] != I64 | 16:
            return b""
        offset, at = _read_integer(index, at + 1)
        out.append(I64 | 16)
        _write_integer(offset + by, out)
        start = at
        for kind in (I32, I64):
            if index[at] != kind | 16:
                return b""
            at += 2
            while index[at - 1] > 127:
                at += 1
        if index[at]:
            return b""
        at += 1
        out += index[start:at]
    return bytes(out + index[at:])


def _write_struct(fields: Fields, out: bytearray) -> None:
    last = 0
    for number, (kind, value) in fields.items():
        wire = (TRUE if value else FALSE) if kind in (TRUE, FALSE) else kind
        if 0 < number - last < 16:
            out.append((number - last) << 4 | wire)
        else:
            out.append(wire)
            _write_integer(number, out)
        last = number
        if kind not in (TRUE, FALSE):
            _write_value(kind, value, out)
    out.append(0)


def _write_value(kind: int, value: Any, out: bytearray) -> None:
    if kind in (I16, I32, I64):
        _write_integer(value, out)
    elif kind == BYTE:
        out.append(value)
    elif kind == DOUBLE:
        out += value
    elif kind == BINARY:
        _write_varint(len(value), out)
        out += value
    elif kind == STRUCT:
        _write_struct(value, out)
    else:
        _write_list(value, out)


def _write_list(value: Listed, out: bytearray) -> None:
    size = len(value.items)
    if size < 15:
        out.append(size << 4 | value.kind)
    else:
        out.append(0xF0 | value.kind)
        _write_varint(size, out)
    for item in value.items:
        if value.kind in (TRUE, FALSE):
            out.append(item)
        else:
            _write_value(value.kind, item, out)


def _write_varint(number: int, out: bytearray) -> None:
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def _write_integer(number: int, out: bytearray) -> None:
    _write_varint((number << 1) ^ (number >> 63), out)

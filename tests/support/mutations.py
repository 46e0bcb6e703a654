"""Bytes and documents as they come out of a bad line, a bad disk or a bad will: real ones, changed in a few
places."""

from __future__ import annotations

import gzip
import io
import json
import random
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

TOKENS = [
    *(
        b"\x00",
        b"\x01",
        b"\x1b",
        b"\xff",
        b"\xfe\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\x8d",
    ),
    *(chr(code).encode() for code in (0xFFFE, 0x202E, 0x200B, 0x301, 0x2028, 0x85, 0x1F4A9, 0xE0001)),
    *(
        b'"',
        b"'",
        b'""',
        b",",
        b";",
        b"\t",
        b"|",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\n\n",
        b"\\",
        b"=cmd|' /C calc'!A0",
    ),
    *(b"1e400", b"-1e-400", b"NaN", b"Infinity", b"-0", b"9" * 400, b"0x10", b"1_000", b"1.234.567,89"),
    *(b"99/99/9999", b"0000-00-00", b"2024-02-30T25:61:61Z", b"10000-01-01", b"12:00", "٣".encode(), b"true"),
    *(b"<script>", b"&lol9;", b"<!ENTITY a SYSTEM 'file:///etc/passwd'>", b"]]>", b"${jndi:x}", b"{{7*7}}"),
    *(b"[" * 2000, b'{"a":' * 500, b"null", b"{}", b"[]", b"&a [*a, *a]", b"!!python/object:os.system x"),
    *(b"../../../etc/passwd", b"A" * 70_000, b"x," * 5000, "ñandú".encode("cp1252"), "ñ".encode("utf-16")),
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 2**63, 2**64, 10**400, 1e308, float("nan"), float("inf"), -0.0),
    *("", " ", "a", "\x00", "\ud800", "\u202e", "(a+)+$", "[", "x" * 50_000, "../..", "javascript:x", "1"),
    *([], {}, [[]], [None], {"": None}, {"a": {"a": {"a": {}}}}, [1, "a", None, {}], ["a"] * 2000),
]


class Mutator:
    """Changes what it is given; the same seed changes it the same way."""

    def __init__(self, seed: object) -> None:
        self.chance = random.Random(str(seed))

    def change(self, content: bytes) -> bytes:
        """Another content: of what is packed or JSON now the packing is changed, now what is in it."""
        ways: list[Callable[[bytes], bytes]] = [self.change_bytes]
        if content.startswith(b"PK"):
            ways += [self.change_packed] * 4
        elif content.startswith(b"\x1f\x8b"):
            ways += [self.change_gzip] * 2
        elif content.lstrip()[:1] in (b"{", b"["):
            ways += [self.change_json] * 2
        return self.chance.choice(ways)(content)

    def change_bytes(self, content: bytes) -> bytes:
        for _turn in range(self.chance.choice((1, 1, 1, 2, 3, 8))):
            content = self.chance.choice(
                (
                    self.flip,
                    self.overwrite,
                    self.insert,
                    self.insert,
                    self.cut,
                    self.leave_out,
                    self.repeat,
                    self.swap,
                )
            )(content)
        return content[:3_000_000]

    def place(self, content: bytes) -> int:
        return self.chance.randint(0, len(content))

    def flip(self, content: bytes) -> bytes:
        if not content:
            return b"\x00"
        place = self.chance.randrange(len(content))
        return (
            content[:place] + bytes([content[place] ^ 1 << self.chance.randrange(8)]) + content[place + 1 :]
        )

    def overwrite(self, content: bytes) -> bytes:
        place, token = self.place(content), self.chance.choice(TOKENS)
        return content[:place] + token + content[place + len(token) :]

    def insert(self, content: bytes) -> bytes:
        place = self.place(content)
        return content[:place] + self.chance.choice(TOKENS) + content[place:]

    def cut(self, content: bytes) -> bytes:
        return content[: self.place(content)]

    def span(self, content: bytes) -> tuple[int, int]:
        first = self.place(content)
        return first, min(len(content), first + self.chance.choice((1, 2, 10, 100, 5000)))

    def leave_out(self, content: bytes) -> bytes:
        first, last = self.span(content)
        return content[:first] + content[last:]

    def repeat(self, content: bytes) -> bytes:
        first, last = self.span(content)
        times = self.chance.choice((1, 2, 100, 2000))
        return (
            content[:last] + content[first:last] * min(times, 500_000 // (last - first + 1)) + content[last:]
        )

    def swap(self, content: bytes) -> bytes:
        first, last = self.span(content)
        return content[last:] + content[first:last] + content[:first]

    def change_packed(self, content: bytes) -> bytes:
        """One part of a ZIP (XLSX, ODS) changed, left out, or there twice."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as parts:
                names = parts.namelist()
                parts_now = [(name, parts.read(name)) for name in names]
            place = self.chance.randrange(len(parts_now))
        except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError):
            return self.change_bytes(content)
        name, part = parts_now[place]
        match self.chance.randrange(8):
            case 0:
                del parts_now[place]
            case 1:
                parts_now.append((self.chance.choice(names), part))
            case 2:
                parts_now[place] = (
                    self.chance.choice(("../x", "/etc/x", name.upper(), name + "\x00", "a/" * 300)),
                    part,
                )
            case _:
                parts_now[place] = (name, self.change_bytes(part))
        target = io.BytesIO()
        with (
            warnings.catch_warnings(action="ignore"),
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for each, inside in parts_now:
                packed.writestr(zipfile.ZipInfo(each), inside)
        return target.getvalue()

    def change_gzip(self, content: bytes) -> bytes:
        try:
            return gzip.compress(self.change_bytes(gzip.decompress(content)), mtime=0)
        except (OSError, EOFError, zlib.error):
            return self.change_bytes(content)

    def change_json(self, content: bytes) -> bytes:
        """Another value at one place of the document; of lines, of one of them."""
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            lines = content.splitlines()
            place = self.chance.randrange(len(lines))
            try:
                lines[place] = json.dumps(self.change_document(json.loads(lines[place]))).encode()
            except (ValueError, RecursionError):
                return self.change_bytes(content)
            return b"\n".join(lines)
        return json.dumps(self.change_document(document)).encode()

    def change_document(self, document: Any) -> Any:
        """The document with another value, or another name, somewhere; or without what was there."""
        place: tuple[Any, Any] | None = None
        at = document
        while isinstance(at, dict | list) and at and (place is None or self.chance.random() < 0.85):
            key = self.chance.choice(list(at)) if isinstance(at, dict) else self.chance.randrange(len(at))
            place, at = (at, key), at[key]
        if place is None:
            return self.chance.choice(VALUES)
        inside, key = place
        match self.chance.randrange(5):
            case 0:
                del inside[key]
            case 1 if isinstance(inside, dict):
                inside[self.chance.choice(("", "id", key + "x", "x" * 3000, "__proto__"))] = inside.pop(key)
            case 1:
                inside.extend([inside[key]] * self.chance.choice((1, 50)))
            case _:
                inside[key] = self.chance.choice(VALUES)
        return document

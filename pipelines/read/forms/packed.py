"""ZIP and gzip: opened where their contents can be a table, and unpacked to a file within limits."""

from __future__ import annotations

import contextlib
import gzip
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from messages import gettext as _
from pipelines.dataset.file_names import printable_name
from pipelines.read.forms.kind import HEAD, kind_by_head, kind_of_ole, kind_of_zip, refused_kind_error
from pipelines.read.grid import Unreadable
from pipelines.settings import Limits

BLOCK = 1 << 20
SMALL = 10_000_000
"""Bytes below which it does not matter how many times as large as packed something is."""
DIRECTORY = 16_000_000
"""Bytes of a ZIP's list of its parts: Python keeps some ten times as much for it."""
LITTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|\._|~\$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
TABLES = ("text", "json", "xlsx", "xlsb", "ods", "xls", "locked")
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    KeyError,
)


@contextmanager
def open_packed(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The ZIP at `path`; raises Unreadable where it is damaged, locked, or unpacks to more than it may:
    sizes, as it states them, count here, and each part is then read no further than that."""
    try:
        if _directory_size(path) > DIRECTORY:
            raise Unreadable(
                "format-error",
                _("the packed file lists more files than can be looked at; hand in the table alone"),
            )
        with zipfile.ZipFile(path) as packed:
            _refuse_bombs(packed.infolist(), path.stat().st_size, limits)
            yield packed
    except (*BROKEN, UnicodeDecodeError) as error:
        raise damage_error() from error


def damage_error() -> Unreadable:
    return Unreadable(
        "format-error", _("the file is damaged or was cut off; save or pack it again and hand that in")
    )


def _directory_size(path: Path) -> int:
    """Bytes of the ZIP's central directory, read from its end record (APPNOTE 4.3.14 and 4.3.16); 0 where
    there is none."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = file.seek(max(0, size - 65_557))
        tail = file.read()
        place = tail.rfind(b"PK\5\6")
        if place < 0 or len(tail) < place + 16:
            return 0
        wide = tail.rfind(b"PK\6\6", 0, place)
        if wide >= 0 and len(tail) >= wide + 48:
            return int.from_bytes(tail[wide + 40 : wide + 48], "little")
        return min(int.from_bytes(tail[place + 12 : place + 16], "little"), start + place)


def _refuse_bombs(parts: Sequence[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(
            "format-error",
            _("the packed file is locked with a password; pack it without one and hand it in again"),
        )
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise Unreadable(
            "format-error",
            _("the file is packed in a way that is not read; pack it as an ordinary ZIP and hand that in"),
        )
    ends = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        if part.header_offset < ends:
            raise Unreadable(
                "format-error",
                _("parts of the packed file lie one over another: it is made to overflow; pack it again"),
            )
        ends = part.header_offset + 30 + part.compress_size
    refuse_size(sum(part.file_size for part in parts), size, limits)


def refuse_size(unpacked: int, size: int, limits: Limits) -> None:
    """Raises Unreadable where `size` bytes unpack to too many."""
    if unpacked > limits.unpacked or unpacked > max(SMALL, size * limits.ratio):
        note = _(
            "unpacked, the file would have more bytes than may be ({limit}); hand in the data alone, or in "
            "parts",
            limit=min(limits.unpacked, max(SMALL, size * limits.ratio)),
        )
        raise Unreadable("format-error", note)


def unpack(
    path: Path, kind: str, room: Path, limits: Limits, member: str | None = None
) -> tuple[str, str, Path]:
    """The kind of the one table in a ZIP or gzip, or of that whose name ends with `member`, its name there,
    and a file in `room` that holds it; raises Unreadable."""
    room.mkdir(parents=True, exist_ok=True)
    into = room / "unpacked"
    name = _from_gzip(path, into, limits) if kind == "gzip" else _from_zip(path, into, limits, member)
    found = kind_of_file(into, limits)
    if found in ("zip", "gzip"):
        raise Unreadable(
            "format-error",
            _("{name}, in the packed file, is packed itself; hand in the table alone", name=name),
        )
    if found not in TABLES or found == "locked":
        answer = refused_kind_error(found)
        raise Unreadable(answer.type, _("{name}, in the packed file: {why}", name=name, why=answer.note))
    return found, name, into


def kind_of_file(path: Path, limits: Limits) -> str:
    """What the file is (pipelines/read/forms/kind.py); raises Unreadable for a ZIP that cannot be opened."""
    with path.open("rb") as file:
        kind = kind_by_head(file.read(HEAD))
    if kind == "zip":
        with open_packed(path, limits) as packed:
            return kind_of_zip(packed)
    return kind_of_ole(path) if kind == "ole" else kind


def _from_gzip(path: Path, into: Path, limits: Limits) -> str:
    try:
        with gzip.open(path) as file:
            _copy(file, into, path.stat().st_size, limits)
    except (OSError, *BROKEN) as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
            raise
        raise damage_error() from error
    return "gzip"


def _from_zip(path: Path, into: Path, limits: Limits, member: str | None) -> str:
    with open_packed(path, limits) as packed:
        parts = [part for part in packed.infolist() if not part.is_dir() and not LITTER.search(part.filename)]
        if member is not None:
            parts = _named(parts, member)
        tables = (
            parts
            if len(parts) < 2
            else [part for part in parts[:100] if _may_be_table(packed, part)] or parts
        )
        if not tables:
            raise Unreadable("format-error", _("the packed file holds no file; put the table into it"))
        if len(tables) > 1:
            names = ", ".join(printable_name(part.filename) for part in tables[:10]) + (
                " …" if len(tables) > 10 else ""
            )
            note = _(
                "the packed file holds {n} files: {names}; hand in one table at a time",
                n=len(tables),
                names=names,
            )
            raise Unreadable("format-error", note)
        with packed.open(tables[0]) as file:
            _copy(file, into, path.stat().st_size, limits)
        return printable_name(tables[0].filename)


def _named(parts: list[zipfile.ZipInfo], member: str) -> list[zipfile.ZipInfo]:
    """The parts whose names end so, whatever their ending; raises Unreadable, naming the others, where there
    is none."""
    end = re.compile(rf"(^|[^a-z]){member}\.[a-z]+$", re.IGNORECASE)
    found = [part for part in parts if end.search(part.filename)]
    if not found:
        names = ", ".join(printable_name(part.filename) for part in parts[:20])
        note = _("the packed file holds no table {member}; it holds {names}", member=member, names=names)
        raise Unreadable("format-error", note)
    return found


def _may_be_table(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with packed.open(part) as file:
        return kind_by_head(file.read(HEAD)) in (*TABLES, "zip", "ole", "gzip")


def _copy(source: IO[bytes] | gzip.GzipFile, into: Path, size: int, limits: Limits) -> None:
    """Writes what unpacks, up to the limits; the part that is too much is not kept."""
    done = 0
    with contextlib.closing(into.open("wb")) as file:
        while block := source.read(BLOCK):
            done += len(block)
            refuse_size(done, size, limits)
            file.write(block)

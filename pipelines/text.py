"""Bytes → text: is this a CSV at all, in which encoding, with which separator?"""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from messages import gettext as _

SAMPLE = 1 << 20
DELIMITERS = ",;\t|"
# What a file is by its first bytes, where that is surely not CSV.
KINDS = {
    b"PK\x03\x04": "ZIP, XLSX, ODS",
    b"\xd0\xcf\x11\xe0": "XLS",
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"PAR1": "Parquet",
    b"{\\rtf": "RTF",
}


class Unreadable(Exception):
    """The bytes cannot be read as a table; `type` is frictionless's word for it."""

    def __init__(self, type: str, note: str):
        self.type, self.note = type, note
        super().__init__(note)


@dataclass(frozen=True)
class Form:
    """How a text file is written: `encoding` a Python codec, `delimiter` and `quote_char` one character each."""

    encoding: str
    delimiter: str
    quote_char: str = '"'
    double_quote: bool = True


def refuse_other_kinds(path: Path) -> bytes:
    """The first bytes of a file that may be a CSV; raises Unreadable, naming what it is instead."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    if not sample.strip():
        raise Unreadable("source-error", _("the file is empty; ask for the extract again"))
    for magic, kind in KINDS.items():
        if sample.startswith(magic):
            raise Unreadable("format-error", _("the file is {kind}, not CSV; hand it in as CSV", kind=kind))
    start = sample[:2000].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if re.match(rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", start, re.DOTALL):
        raise Unreadable("format-error", _("the file is an HTML page, not CSV; the address leads to a page, give that of the file itself"))
    return sample


def detect_encoding(path: Path, sample: bytes) -> str:
    """The encoding, found from a mark or by trying; raises Unreadable where none is plausible, with the first bad byte."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if sample.startswith(mark):
            return encoding
    bad, good = _utf8(path)
    if bad is None:
        return "utf-8"
    best = None if good else from_bytes(sample, cp_isolation=["cp1252", "latin_1"]).best()
    if best is None or b"\0" in sample:
        note = _(
            "line {line} has the byte 0x{byte:02X}, which is no UTF-8, nor is the file in another known encoding", line=bad[0], byte=bad[1]
        )
        raise Unreadable("encoding-error", _("{note}; save it as UTF-8, or declare `encoding` in the layout", note=note))
    return "cp1252" if best.encoding == "cp1252" else "latin-1"


def _utf8(path: Path) -> tuple[tuple[int, int] | None, bool]:
    """The line and value of the first byte that is no UTF-8 (None where all is), and whether the rest mostly is UTF-8."""
    bad, valid, invalid = None, 0, 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                valid += not line.isascii() and line.decode("utf-8") is not None
            except UnicodeDecodeError as error:
                invalid += 1
                bad = bad or (number, line[error.start])
    return bad, valid > invalid


def decodes(path: Path, encoding: str) -> None:
    """Raises Unreadable where the file is not in `encoding`, or that is no encoding at all."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            for _number, _line in enumerate(file, 1):
                pass
    except LookupError as error:
        raise Unreadable(
            "encoding-error", _("{encoding!r} is no known encoding; correct `encoding` in the layout", encoding=encoding)
        ) from error
    except UnicodeError as error:
        raise Unreadable("encoding-error", _("the file is not in {encoding} ({why})", encoding=encoding, why=error)) from error


def detect_delimiter(path: Path, encoding: str, quote_char: str = '"') -> str:
    """The separator under which the first rows fall into the most columns, and into equally many; "," where there is one column."""
    with path.open(encoding=encoding, newline="") as file:
        lines = [line for _n, line in zip(range(200), file, strict=False)]

    def score(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, quotechar=quote_char) if row]
        except csv.Error:
            return 0, 0
        width = max(set(widths), key=widths.count, default=1)
        return (widths.count(width) / len(widths) if width > 1 else 0), width

    return max(DELIMITERS, key=lambda delimiter: (score(delimiter)[0] * score(delimiter)[1], -DELIMITERS.index(delimiter)))

"""How the bytes of a file become text: the encoding it was saved in, and how surely it is that one."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.read.code_page import PAGES, find_code_page
from pipelines.read.grid import Unreadable
from validation.fast.blocks import is_utf8

SAMPLE = 1 << 20
_ASCII = bytes(range(0x80))
DELIMITERS = ",;\t|"


# The longer marks first: UTF-32's begins with UTF-16's.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


WINDOWS = "windows-1252-web"
"""cp1252 as browsers read it (WHATWG, *Encoding*): the five bytes that it lacks are the controls of latin-1.
One odd byte then costs one character, and not the meaning of all others."""
_BYTES = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
_CODES = codecs.charmap_build(_BYTES)


class _Encoder(codecs.IncrementalEncoder):
    def encode(self, input: str, final: bool = False) -> bytes:
        return codecs.charmap_encode(input, self.errors, _CODES)[0]


class _Decoder(codecs.IncrementalDecoder):
    def decode(self, input: Any, final: bool = False) -> str:
        return codecs.charmap_decode(input, self.errors, _BYTES)[0]


def _find_windows(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != WINDOWS:
        return None
    return codecs.CodecInfo(
        name=WINDOWS,
        encode=lambda input, errors="strict": codecs.charmap_encode(input, errors, _CODES),
        decode=lambda input, errors="strict": codecs.charmap_decode(input, errors, _BYTES),
        incrementalencoder=_Encoder,
        incrementaldecoder=_Decoder,
    )


codecs.register(_find_windows)


def codec_of(encoding: str) -> str:
    """The codec by which a text in this encoding is read and written: cp1252, and latin-1, which is the same
    but for letters that no text has, as browsers do."""
    return WINDOWS if codecs.lookup(encoding).name in ("cp1252", "iso8859-1") else encoding


@dataclass(frozen=True)
class Form:
    """How a text file is written: `encoding` a Python codec, the characters one each."""

    encoding: str
    delimiter: str
    quote_char: str = '"'
    double_quote: bool = True
    escape_char: str | None = None
    skip_initial_space: bool = False

    def rows(self, lines: Iterator[str], strict: bool = False) -> Iterator[list[str]]:
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote_char,
            doublequote=self.double_quote,
            escapechar=self.escape_char,
            skipinitialspace=self.skip_initial_space,
            strict=strict,
        )


def read_beginning(path: Path) -> bytes:
    """The first bytes of a file, enough to find its encoding by; raises Unreadable where it is empty."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    if len(sample) < SAMPLE and not sample.decode(_encoding_by_mark(sample) or "latin-1", "ignore").strip():
        raise Unreadable("source-error", _("the file is empty; ask for the extract again"))
    return sample


def _encoding_by_mark(sample: bytes) -> str | None:
    return next((encoding for mark, encoding in MARKS.items() if sample.startswith(mark)), None)


def detect_encoding(path: Path, sample: bytes) -> str:
    """The encoding, found from a mark or by trying it on the whole file; raises Unreadable, with the first
    bad byte, where none fits."""
    if marked := _encoding_by_mark(sample):
        require_encoding(path, marked)
        return marked
    # Every second byte of western text in UTF-16 is zero.
    halves = {"utf-16-le": sample[1::2].count(0), "utf-16-be": sample[::2].count(0)}
    if wide := next((encoding for encoding, zeros in halves.items() if zeros > len(sample) // 4), None):
        require_encoding(path, wide)
        return wide
    bad, valid, odd, beyond = _survey_utf8(path)
    if bad is None:
        return "utf-8"
    if not valid and b"\0" not in sample and (page := find_code_page(odd, odd.decode(WINDOWS))):
        return page
    if valid or b"\0" in sample or not _looks_western(odd):
        line, byte = bad
        note = _(
            "line {line} has the byte 0x{byte:02X}, which is no UTF-8, nor is the file in another known "
            "encoding",
            line=line,
            byte=byte,
        )
        told = _("{note}; save it as UTF-8, or declare `encoding` in the layout", note=note)
        raise Unreadable("encoding-error", told, for_sender=note)
    return "iso-8859-15" if _has_euros_of_latin_9(odd, beyond) else "cp1252"


def _has_euros_of_latin_9(lines: bytes, beyond: Collection[int]) -> bool:
    """Whether a file with such lines, and these bytes beyond ASCII, is Latin-9 (ISO 8859-15), which keeps the
    euro where cp1252 has a sign for no currency that nobody writes, and DOS an ñ. It lacks all that cp1252
    has between 0x80 and 0x9F, and has French letters in the place of ´ and ½."""
    other = {*range(0x80, 0xA0), 0xA6, 0xA8, 0xB4, 0xB8, 0xBC, 0xBD, 0xBE}
    inside_a_word = re.search(rb"[A-Za-z]\xa4[A-Za-z]", lines)
    return 0xA4 in beyond and other.isdisjoint(beyond) and not inside_a_word


_LETTERS = re.compile(rb"(?<=[A-Za-z])[\xe1\xe9\xed\xf3\xfa\xf1\xfc](?=[a-z])")
"""Letters of Spanish within words, in cp1252; in DOS they are no letters."""


def _looks_western(lines: bytes) -> bool:
    """Whether cp1252 makes words of these bytes: not where signs stand inside words (as DOS's ó, which it
    reads as ¢), nor where letters with accents stand in long rows (as Cyrillic or Chinese would)."""
    inside = re.findall(
        rb"(?<=[A-Za-z])[\x80-\x89\x8b\x8d\x8f-\x91\x93-\x98\x99\x9b\x9d\xa1-\xac\xae-\xb6\xb8-\xbf](?=[a-z])",
        lines,
    )
    rows = re.findall(rb"[\x80-\xff]{4,}", lines)
    if len(inside) == 1 and not rows:  # one odd byte costs one character, where others are letters of Spanish
        return len(_LETTERS.findall(lines)) > 1 or len(re.findall(rb"[\x80-\xff]", lines)) > 9
    return (len(inside) + sum(map(len, rows))) * 10 <= len(re.findall(rb"[\x80-\xff]", lines))


def _survey_utf8(path: Path) -> tuple[tuple[int, int] | None, bool, bytes, set[int]]:
    """The line and value of the first byte that is no UTF-8 (None where all is); whether the rest mostly is
    UTF-8; lines that are not, and which bytes beyond ASCII stand in such."""
    if _is_utf8(path):
        return None, True, b"", set()
    bad, valid, invalid, odd = None, 0, 0, b""
    beyond: set[int] = set()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                valid += not line.isascii() and line.decode("utf-8") is not None
            except UnicodeDecodeError as error:
                invalid += 1
                beyond.update(line.translate(None, _ASCII))
                bad = bad or (number + line.count(b"\r", 0, error.start), line[error.start])
                odd += line[:10_000] if len(odd) < 100_000 else b""
    return bad, valid >= max(invalid, 1), odd, beyond


def _is_utf8(path: Path) -> bool:
    rest = b""
    with path.open("rb") as file:
        while block := file.read(SAMPLE):
            data = rest + block
            # A character may go on in the next block: its first byte, among the last three, waits for that.
            cut = next((at for at in (-1, -2, -3) if data[at:][:1] >= b"\xc0"), len(data))
            if not is_utf8(data[:cut]):
                return False
            rest = data[cut:]
    return is_utf8(rest)


def require_encoding(path: Path, encoding: str) -> None:
    """Raises Unreadable where the file is not in `encoding`, or that is no encoding at all."""
    try:
        path.open(encoding=encoding).close()  # refuses codecs that make no text
        decoder = codecs.getincrementaldecoder(codec_of(encoding))()
    except (LookupError, TypeError, ValueError) as error:
        note = _("{encoding!r} is no known encoding; correct `encoding` in the layout", encoding=encoding)
        said = _("the encoding that is declared for the file does not exist: tell the data team")
        raise Unreadable("encoding-error", note, for_sender=said) from error
    line = 1
    with path.open("rb") as file:
        try:
            while block := file.read(SAMPLE):
                line += decoder.decode(block).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            first = error.object[: error.start].count(b"\n") if isinstance(error, UnicodeDecodeError) else 0
            told = _(
                "line {line} is not in {encoding}; correct `encoding` in the layout, or ask for the "
                "extract again",
                line=line + first,
                encoding=encoding,
            )
            said = _("line {line} is not in {encoding}", line=line + first, encoding=encoding)
            raise Unreadable("encoding-error", told, for_sender=said) from error


# What Spanish texts hold beyond ASCII, in cp1252: accented letters, ñ, ü, the ordinal and degree signs,
# quotes, dashes, the euro.
LIKELY = re.compile(
    rb"[\xe1\xe9\xed\xf3\xfa\xf1\xfc\xc1\xc9\xcd\xd3\xda\xd1\xdc\xaa\xb0\xba\xbf\xa1\xab\xbb\x80\x85\x91-\x97\xa0\xb2-\xb4\xe3\xe7\xf5]"
)
BEYOND = re.compile(rb"[\x80-\xff]")


def encoding_confidence(sample: bytes, encoding: str) -> float:
    """`encoding` is one in which the whole file, of which `sample` are the first bytes, can be read."""
    name = codecs.lookup(encoding).name
    if sample.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return 1.0
    if encoding in PAGES or name == "iso8859-15":
        return 0.95
    if name.startswith("utf"):
        return 1.0 if sample.isascii() and b"\0" not in sample else 0.99
    beyond, likely = len(BEYOND.findall(sample)), len(LIKELY.findall(sample))
    return (likely + 1) / (beyond + 2) if beyond else 0.9


def contradicting_encoding(sample: bytes, declared: str) -> str | None:
    """The encoding that the file surely has instead of the declared one, in which it can be read all the
    same."""
    name = codecs.lookup(declared).name
    if name.startswith("utf") or sample.isascii():
        return None
    for mark, marked in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(mark):
            return marked
    with_end = sample[: sample.rfind(b"\n") + 1] or sample  # the sample may end inside a character
    try:
        with_end.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if with_end.isascii() else "utf-8"

"""Text, looked at block by block before anything reads it line by line: is a line too long to be one, does a byte stand there that
no text has?"""

from __future__ import annotations

from pathlib import Path

from messages import gettext as _
from pipelines.bounds import Bounds
from pipelines.grid import Unreadable

BLOCK = 1 << 20


def refuse_no_lines(path: Path, bounds: Bounds) -> None:
    """Raises Unreadable where a line is longer than a row may be."""
    line, run = 1, 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            ends = [place for place in (block.find(b"\n"), block.find(b"\r")) if place >= 0]
            run += min(ends, default=len(block))
            if run > bounds.row:
                raise too_long(line, bounds.row)
            if ends:
                line += block.count(b"\n") or block.count(b"\r")
                run = len(block) - 1 - max(block.rfind(b"\n"), block.rfind(b"\r"))


def too_long(line: int, longest: int) -> Unreadable:
    note = _(
        "line {line} is longer than a row may be ({limit} characters): line ends or the end of a quoted text are missing; "
        "ask for the extract again",
        line=line,
        limit=longest,
    )
    return Unreadable("source-error", note)


def refuse_nul(path: Path, encoding: str) -> None:
    """Raises Unreadable where the text has a NUL, which no cell, database or page can show: a copy that went wrong leaves them."""
    if encoding.lower().startswith(("utf-16", "utf_16", "utf-32", "utf_32", "utf16", "utf32")):
        return
    line = 1
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            place = block.find(b"\0")
            if place >= 0:
                note = _(
                    "line {line} has a NUL character (byte 0x00): the file was damaged when it was copied or written; export it again",
                    line=line + block.count(b"\n", 0, place),
                )
                raise Unreadable("source-error", note)
            line += block.count(b"\n")


def too_wide(columns: int, bounds: Bounds) -> str:
    return _(
        "the header has {n} columns, {limit} may be: the separator is another one, or the table lies on its side; hand it in with a row "
        "for each thing",
        n=columns,
        limit=bounds.columns,
    )

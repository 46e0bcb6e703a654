"""What stands below a table's last row, and is none of its rows: totals, notes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.grid import Rows
from pipelines.layout import Layout

LOOKED_AT = 12
TOTAL = re.compile(r"((gran|sub)[ -]?)?total(es)?( general(es)?)?|sumas?( totales| total)?", re.IGNORECASE)
MAYBE_TOTAL = re.compile(r"(total(es)?|suma) (de |del )?[^\W\d]+", re.IGNORECASE)
NOTE = re.compile(
    r"(fuentes?|notas?|aclaraci[oó]n(es)?|elaboraci[oó]n|observaci[oó]n(es)?|referencias?|source|notes?)\s*[:.]"
    r"|(elaboraci[oó]n propia|elaborado por|actualizado (al?|el)|[uú]ltima actualizaci[oó]n|datos (al?|provisorios|preliminares))\b"
    r"|(\(?\*+\)?|\(\d\))\s*\S",
    re.IGNORECASE,
)
Kind = Literal["total", "maybe-total", "note", "declared", "lone"]


@dataclass(frozen=True)
class FootRow:
    """A row of the file's end: its number, its place counted from the end (0: the last), the place and text of its first filled cell."""

    number: int
    from_end: int
    kind: Kind
    place: int
    label: str


class Tail:
    """The rows as they pass; the last ones stay known."""

    def __init__(self) -> None:
        self.last: deque[tuple[int, list[str]]] = deque(maxlen=LOOKED_AT)

    def __call__(self, rows: Rows) -> Iterator[tuple[int, list[str]]]:
        for numbered in rows:
            self.last.append(numbered)
            yield numbered

    def foot(self, width: int, layout: Layout) -> list[FootRow]:
        """The rows at the end that may be none of the table's, the last one first; blank rows among them are left out."""
        found: list[FootRow] = []
        if layout.foot is False or layout.unpivot is not None or width < 2:
            return found
        rows = list(self.last)[::-1]
        for place, (number, row) in enumerate(rows[:-1] if len(rows) == LOOKED_AT else rows):
            if not any(cell.strip() for cell in row):
                continue
            blank = place + 1 < len(rows) and not any(cell.strip() for cell in rows[place + 1][1])
            kind = _kind(row, width, blank, layout)
            if kind is None:
                break
            first = next(at for at, cell in enumerate(row) if cell.strip())
            found.append(FootRow(number, place, kind, first, row[first].strip()))
        return found


def _kind(row: Sequence[str], width: int, blank_above: bool, layout: Layout) -> Kind | None:
    filled = [cell.strip() for cell in row if cell.strip()]
    label = filled[0].rstrip(" :")
    if isinstance(layout.foot, str):
        return "declared" if re.search(layout.foot, filled[0]) else None
    if TOTAL.fullmatch(label):
        return "total"
    if MAYBE_TOTAL.fullmatch(label):
        return "maybe-total"
    if NOTE.match(label) and (len(filled) == 1 or len(row) < width):  # a comma inside a note makes two cells of it
        return "note"
    return "lone" if len(filled) == 1 and width > 2 and blank_above else None

"""What the cells of a header say: a label is what the sheet shows (mar-24, 50%, 007), unless what stands
behind it (2024-03-01) is the label that is known."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.read.detect.header import KnownLabels
from pipelines.read.forms.date_format import parse_date_format
from pipelines.read.forms.number_format import parse_format, parse_text_format
from pipelines.read.forms.sheet_cells import NUMBER, TEXT, TRUTH, SheetBlock
from pipelines.read.forms.sheet_look import SheetLook

TRUTHS = {"true": ("VERDADERO", "TRUE"), "false": ("FALSO", "FALSE")}
COMMA = str.maketrans(",.", ".,")


def rows_to_look_at(block: SheetBlock, look: SheetLook, known: KnownLabels) -> list[list[str]]:
    """Rows among which a header is looked for: values, and where what is shown is a known label, that."""
    return _rows(block, look, known, shown=False)


def labels_of(block: SheetBlock, look: SheetLook, known: KnownLabels) -> list[list[str]]:
    """Rows of a header: what the sheet shows, and where the value is a known label and that is none, the
    value."""
    return _rows(block, look, known, shown=True)


def _rows(block: SheetBlock, look: SheetLook, known: KnownLabels, *, shown: bool) -> list[list[str]]:
    rows = block.rows()
    codes: dict[int, list[tuple[str, bytearray]]] = {}
    for (code, place), marks in look.formats.items():
        codes.setdefault(place, []).append((code, marks))
    for place, column in enumerate(block.columns):
        for at, kind in enumerate(column.kinds.tolist()):
            number, value = block.first + at, rows[at][place]
            code = next((c for c, marks in codes.get(place, ()) if number < len(marks) and marks[number]), "")
            own = look.texts.get((number, place)) or look.shown.get((number, place))
            if not value or (kind == TEXT and not code and own is None):
                continue
            readings = [*filter(None, [own]), *_shown(value, kind, code), value]
            fallback = readings[0] if shown else value
            exact = next(filter(known.labels.__contains__, readings), None)
            rows[at][place] = exact or next(filter(known.has, readings), fallback)
    return rows


def _shown(value: str, kind: int, code: str) -> Iterator[str]:
    """How a sheet shows a cell: first with a comma before decimals, as here, then with a point."""
    if kind == TRUTH:
        yield from TRUTHS.get(value, ())
    elif kind == TEXT:
        of_texts = parse_text_format(code)
        if of_texts is not None and not of_texts.hides:
            yield of_texts.show(value)
    elif kind != NUMBER:
        days = parse_date_format(code)
        if days is not None and (day := days.show(value)):
            yield day.strip()
    else:
        form = parse_format(code) if code else None
        plain = form.show(value, thousands=True) if form else value
        if plain and plain.strip():
            yield re.sub(r"(?<=\d)[.,](?=\d)", lambda mark: mark[0].translate(COMMA), plain.strip())
            yield plain.strip()
        if form and (short := form.show(value)):
            yield short.strip()

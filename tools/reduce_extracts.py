"""Makes the shipped extracts of ba-obras, ba-compromisos and barrios: the city's files, without the one
column of free text that some have, and without the tax numbers of persons, which hold their identity number.

Works on bytes, so that what stays is as it came: line ends, quoting, marks, warts. Run from anywhere: `python
tools/reduce_extracts.py [FOLDER OF THE FULL FILES]` (by default ../shared/data beside the checkout).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FULL = ROOT.parent / "shared" / "data"
# Full file → (shipped file, column left out).
EXTRACTS = {
    "ba_obras_2019.csv": ("datasets/ba-obras/source/obras-2019.csv", "descripcion"),
    "ba_obras_2024.csv": ("datasets/ba-obras/source/obras-2023.csv", "descripcion"),
    "ba_compromisos_data.csv": ("datasets/ba-compromisos/source/compromisos.csv", "desc"),
    "ba_compromisos_mapa.csv": ("datasets/ba-compromisos/source/ubicaciones.csv", None),
    "ba_barrios_wkt_2018.csv": ("datasets/barrios/source/barrios.csv", None),
}
# A cell and what ends it. A quote opens a quoted cell only where the cell begins, as Python's csv reads it.
# The number of a person; those of companies begin with 30, 33 and 34. In a list it goes with its separator.
PERSON = re.compile(rb"(?:;\s*)?(?<!\d)2[0347]-?\d{8}-?\d(?!\d)")
CELL = re.compile(rb'("(?:[^"]|"")*"[^,\r\n]*|[^,\r\n]*)(,|\r\n|\r|\n|\Z)')
BOM = b"\xef\xbb\xbf"


def without(content: bytes, column: str) -> bytes:
    """The CSV (comma, any encoding that keeps ASCII) without `column`, every other byte kept; ValueError
    unless it stands there once."""
    mark = BOM if content.startswith(BOM) else b""
    kept: list[bytes] = []
    record: list[bytes] = []
    place: int | None = None
    for cell, end in CELL.findall(content.removeprefix(mark)):
        record.append(cell)
        if end == b",":
            continue
        if place is None:
            labels = [label.strip(b'"') for label in record]
            if labels.count(column.encode()) != 1:
                raise ValueError(
                    f"column {column!r} stands {labels.count(column.encode())} times in the header"
                )
            place = labels.index(column.encode())
        kept += [b",".join(record[:place] + record[place + 1 :]), end]
        record = []
    return mark + b"".join(kept)


def reduce_extracts(full: Path) -> dict[str, bytes]:
    """The shipped files by their path in the project, made from the folder of the full ones."""
    found = {}
    for name, (shipped, column) in EXTRACTS.items():
        content = (full / name).read_bytes()
        if column:
            content = without(content, column)
        found[shipped] = PERSON.sub(b"", content) if "obras" in name else content
    return found


if __name__ == "__main__":
    for path, content in reduce_extracts(Path(sys.argv[1]) if len(sys.argv) > 1 else FULL).items():
        (ROOT / path).write_bytes(content)

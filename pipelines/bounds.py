"""What reading one raw file may cost: whoever hands in a file, well or badly meant, gets an answer, and the machine stays up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.settings import Settings


@dataclass(frozen=True)
class Bounds:
    """`extract`: bytes of the file itself; `unpacked`: bytes of a packed file (ZIP, gzip, XLSX, ODS) once unpacked; `ratio`: how many
    times as large as packed it may then be; `cells`: cells that a sheet spans, the empty ones counted; `columns`: of a table; `row`:
    characters of one row, bytes of one line; `memory` (bytes) and `seconds` (of computing): what opening a workbook may take."""

    extract: int = 2_000_000_000
    unpacked: int = 2_000_000_000
    ratio: int = 250
    cells: int = 20_000_000
    columns: int = 4_000
    row: int = 16_000_000
    memory: int = 2_000_000_000
    seconds: int = 600

    @classmethod
    def of(cls, settings: Settings) -> Bounds:
        return cls(
            extract=settings.max_bytes,
            unpacked=settings.max_unpacked,
            ratio=settings.max_ratio,
            cells=settings.max_cells,
            columns=settings.max_columns,
            row=settings.max_row,
            memory=settings.max_memory,
            seconds=settings.max_seconds,
        )


USUAL = Bounds()

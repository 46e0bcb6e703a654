"""A large plain CSV read by several workers, each a part of it: the cells are those of reading it in one
piece, block by block."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from pipelines.read.batches import (
    UntouchedColumns,
    empty_blank_rows,
    ends_blank,
    select_columns,
    without_blank_end,
    work_ahead,
)
from pipelines.read.cell_file import CellFile
from pipelines.read.characters import CharacterWatch
from pipelines.read.detect.foot import Tail
from pipelines.read.digits import DigitWatch
from pipelines.read.forms.blocks import PlainBlocks
from pipelines.read.grid import Grid, Unreadable
from pipelines.read.no_data import NoDataWatch
from pipelines.read.odd_texts import OddTextWatch
from pipelines.read.units import UnitWatch
from pipelines.workers import PART, Workers
from validation.fast import blocks
from validation.fast.blocks import Doubtful
from validation.fast.parts import Part, cut_before, require_file, stretches, survey, write_whole
from validation.patterns import PatternTooSlow


class Treatment(Protocol):
    """What is done to the cells: counts travel, what it is made of does not."""

    def apply(self, batch: pa.RecordBatch) -> list[pa.Array]: ...

    def counts(self) -> Any: ...

    def add(self, counts: Any) -> None: ...


@dataclass(frozen=True)
class Passage:
    """What all blocks of cells pass on their way into the file of cells, in this order; each notes what it
    sees. What is declared is no question: so some look before the declared repairs, and some after.
    `untouched` knows which columns came through as they were; none of a file that workers read."""

    units: UnitWatch
    characters: CharacterWatch
    treatment: Treatment
    digits: DigitWatch
    signs: NoDataWatch
    spoilt: OddTextWatch
    untouched: UntouchedColumns = field(default_factory=UntouchedColumns)

    def __call__(self, batches: Iterable[pa.RecordBatch], ahead: bool = False) -> Iterator[list[pa.Array]]:
        """`ahead`: a thread beside does half of it, where a processor may be free."""
        seen = map(self.units.apply, map(self.characters.apply, self.untouched.before(batches)))
        treated: Iterator[list[pa.Array]] = map(self.treatment.apply, seen)
        seen_last = map(self.digits.apply, work_ahead(treated) if ahead else treated)
        return self.untouched.after(map(self.spoilt.apply, map(self.signs.apply, seen_last)))

    def add(self, part: PartReading) -> None:
        """Adds what was seen in the part that follows."""
        self.units.add(part.units)
        self.characters.add(part.characters)
        self.treatment.add(part.treatment)
        self.digits.add(part.digits)
        self.signs.add(part.signs)
        self.spoilt.add(part.spoilt)


@dataclass(frozen=True)
class PartReading:
    """What a worker read of a part: the file of its cells and how large it is, the last rows, and what there
    was to see on the way."""

    path: Path
    size: int
    tail: tuple[tuple[int, list[str]], ...]
    units: UnitWatch
    characters: CharacterWatch
    treatment: Any
    digits: DigitWatch
    signs: NoDataWatch
    spoilt: OddTextWatch


def read_by_parts(
    workers: Workers,
    grid: Grid,
    columns: Sequence[int],
    cells: CellFile,
    tail: Tail,
    make: Callable[[], Passage],
) -> tuple[CellFile, Passage] | None:
    """The cells in a file for each part, and what there was to see in them; None where the file is not so
    plain that all would surely be read as in one piece: it then has to be. `make` can be handed to others."""
    plain = grid.blocks
    if not isinstance(plain, PlainBlocks):
        return None
    path, size = str(plain.path), plain.path.stat().st_size
    try:
        surveys = workers.map(survey, [(path, *each, size) for each in stretches(size, PART)])
        cut = cut_before(surveys, size)
        read = workers.map(
            read_part,
            [
                (plain, part, blocks.SIZE, size, part is cut[-1], columns, cells, number, make)
                for number, part in enumerate(cut)
            ],
        )
        read = _with_signs(workers, read, cells.labels, make)
    except (Doubtful, Unreadable, PatternTooSlow):
        return None
    passage = make()
    for part in read:
        passage.add(part)
        tail.last.extend(part.tail)
    return replace(cells, parts=tuple(require_file(part.path, part.size) for part in read)), passage


def read_part(
    plain: PlainBlocks,
    part: Part,
    block: int,
    size: int,
    is_last: bool,
    columns: Sequence[int],
    cells: CellFile,
    number: int,
    make: Callable[[], Passage],
) -> PartReading:
    """Reads a part of a file of that size. Raises Doubtful where the file has to be read in one piece,
    FileNotSeen."""
    require_file(plain.path, size)
    passage, tail = make(), Tail()
    into = cells.path.with_name(f"{cells.path.name}.part{number:05}")

    def batches() -> Iterator[pa.RecordBatch]:
        read = map(empty_blank_rows, plain.part(part, block))
        for batch in without_blank_end(_require_filled(read, is_last)):
            tail.add(batch)
            yield select_columns(batch, columns)

    with write_whole(into) as aside:
        CellFile(aside, cells.labels).write(passage(batches()))
        written = aside.stat().st_size
    before = passage.units, passage.characters, passage.treatment.counts()
    seen = *before, passage.digits, passage.signs, passage.spoilt
    return PartReading(into, written, tuple(tail.last), *seen)


def _require_filled(batches: Iterator[pa.RecordBatch], is_last: bool) -> Iterator[pa.RecordBatch]:
    """Raises Doubtful where a part ends with blank rows: whether they are the file's foot, the next ones
    say."""
    batch = None
    for batch in batches:
        yield batch
    if not is_last and (batch is None or ends_blank(batch)):
        raise Doubtful("blank rows at the end of a part")


def _with_signs(
    workers: Workers, read: list[PartReading], labels: Sequence[str], make: Callable[[], Passage]
) -> list[PartReading]:
    """Parts behind one that has signs of no data in a column are looked at once more: what stands beside such
    signs is counted from the first one on."""
    known: dict[str, None] = {}
    again: dict[int, tuple[Any, ...]] = {}
    for place, part in enumerate(read):
        if known:
            again[place] = (part.path, part.size, labels, list(known), make)
        known |= dict.fromkeys(part.signs.signs)
    signs = dict(zip(again, workers.map(count_signs, list(again.values())), strict=True))
    return [replace(part, signs=signs.get(place, part.signs)) for place, part in enumerate(read)]


def count_signs(
    path: Path, size: int, labels: tuple[str, ...], names: Collection[str], make: Callable[[], Passage]
) -> NoDataWatch:
    """Looks at the cells of a part, of which these columns had signs before."""
    signs = make().signs
    signs.expect_signs(names)
    for batch in CellFile(require_file(path, size), labels).batches():
        signs.apply(batch.columns)
    return signs

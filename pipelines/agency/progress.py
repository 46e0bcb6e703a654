"""The second time: a file that was mended, told against the one before: how many of its problems are gone,
how many are left, and how many are new."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Set
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.receipts import Receipt
from messages import gettext as _
from messages import ngettext
from pipelines.agency.check import Check, check_dataset
from pipelines.dataset.dataset import Resource
from pipelines.release.echoes import without_echoes
from pipelines.release.receipt_outcomes import judged_receipts, unreadable_receipts
from pipelines.release.still_held import file_periods
from pipelines.settings import DEFAULT_LIMITS, Limits
from validation.report import Kind, Report
from validation.table import ROW, Table

Rule = tuple[str, str | None, str | None]
"""Of a problem: its type, its code, its field."""
LOOKED_AT = 3
"""Earlier files that are read to find the one that tells of the same."""
_FOLLOWS = ("quarantine-exceeded",)
"""What is wrong only because something else is."""
Found = tuple[Rule, Hashable, int | None]
"""A problem: its rule, what tells its row from others, and the row's number."""


@dataclass(frozen=True)
class Progress:
    """A file against the one before it, `number` of the dataset's receipts, called `name`: how many of that
    one's problems are `mended`, how many are `left`, and how many are `new`."""

    number: int
    name: str
    mended: int
    left: int
    new: int

    @property
    def sentence(self) -> str:
        return _(
            "Against the file before (no. {number}, {name}): {mended}, {left}, {new}.",
            number=self.number,
            name=self.name,
            mended=ngettext("{n} mended", "{n} mended", self.mended),
            left=ngettext("{n} left", "{n} left", self.left),
            new=ngettext("{n} new", "{n} new", self.new),
        )

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def find_progress(
    done: Check,
    datasets: Path,
    archive: Archive,
    receipt: Receipt | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Progress | None:
    """How the file of a check stands to the one that was handed in before it: before `receipt`, where it has
    one. None where there is none before, or neither has a problem, or the file cannot be read."""
    if done.resource is None or done.file is None or _table_of(done) is None:
        return None
    id = f"{done.inputs.dataset.id}/{done.resource}"
    for before in _find_earlier(archive, done, receipt)[:LOOKED_AT]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vereda-")))
            file = folder / Path(before.name).name
            archive.save(before.sha256, file)
            earlier = stack.enter_context(
                check_dataset(datasets, archive, id, file, receipt=before, limits=limits)
            )
            if tell_of_the_same(earlier, done):
                return compare_checks(earlier, done, before)
    return None


def _find_earlier(archive: Archive, done: Check, receipt: Receipt | None) -> list[Receipt]:
    """The receipts before whose files could be read, the last one first: of this resource, of other bytes,
    for no other period where one is said."""
    dataset, file = done.inputs.dataset, done.file
    assert file is not None
    with file.open("rb") as content:
        sha256 = receipt.sha256 if receipt else hashlib.file_digest(content, "sha256").hexdigest()
    known = [
        each
        for each in archive.receipts(dataset.id, dataset.demo).all()
        if each.resource == done.resource
        and (receipt is None or (each.number < receipt.number and _may_be_of_one_period(each, receipt)))
    ]
    unread = unreadable_receipts(archive, done.inputs.history, {each.number for each in known})
    others = [each for each in reversed(known) if each.sha256 != sha256 and each.number not in unread]
    if _resource_of(done).pipeline.extract.mode == "full":
        return others
    judged = judged_receipts(archive, done.inputs.history, {each.number for each in others})
    mine = set(_told_periods(done))
    return [
        each
        for each in others
        if each is others[0] or _may_tell_of(judged.get(each.number, {}), done.resource, mine)
    ]


def _may_be_of_one_period(one: Receipt, other: Receipt) -> bool:
    return one.period is None or other.period is None or one.period == other.period


def _may_tell_of(judged: Mapping[str, Any], resource: str | None, periods: Set[str]) -> bool:
    """Whether a file may tell of what another does, by the record of its run: of one of its `periods`; of
    files without any, those that were refused, or of which rows were, come a second time."""
    told = judged.get("report", {}).get("periods", {}).get(resource)
    if told is not None:
        return not periods.isdisjoint(told)
    return not periods and judged.get("outcome") in ("rejected", "quarantined")


def _told_periods(done: Check) -> list[str]:
    """The periods of which a file that is handed in by period tells."""
    resource, table = _resource_of(done), done.checked.tables.get(done.resource or "")
    if resource.pipeline.extract.mode != "by-period" or table is None:
        return []
    return file_periods(done.inputs, resource, table.filter(pc.is_valid(table[ROW])))


def compare_checks(earlier: Check, later: Check, before: Receipt) -> Progress | None:
    """How one file stands to another of the same; None where neither has a problem. Problems are the same
    where they break the same rule in the same row; a row is known by its key, or by what else it says, and
    else by its number."""
    old, new = list(_find_problems(earlier)), list(_find_problems(later))
    if not (old or new):
        return None
    by_row = Counter((rule, row) for rule, row, _number in old)
    unmatched = []
    for rule, row, number in new:
        if by_row[rule, row] > 0:
            by_row[rule, row] -= 1
        else:
            unmatched.append((rule, number))
    gone = Counter({key: count for key, count in by_row.items() if count > 0})
    rest: Counter[tuple[Rule, int | None]] = Counter()
    for rule, row, number in old:
        if gone[rule, row] > 0:
            gone[rule, row] -= 1
            rest[rule, number] += 1
    added = 0
    for rule, number in unmatched:
        if rest[rule, number] > 0:
            rest[rule, number] -= 1
        else:
            added += 1
    left = len(new) - added
    return Progress(before.number, before.name, len(old) - left, left, added)


def _find_problems(done: Check) -> Iterator[Found]:
    """All problems of the table that was asked for, those too that are counted and not kept."""
    assert done.resource is not None
    report = without_echoes(done.report, {done.resource: _resource_of(done).primary_key})
    rows = _RowNames(done, report)
    known: Counter[Kind] = Counter()
    for problem in report.problems:
        kind = problem.kind
        known[kind] += 1
        if problem.code in _FOLLOWS:
            continue
        yield _rule(kind), rows.name(problem.row, kind.field), problem.row
    for kind, numbers in report.further.items():
        if kind.resource == done.resource:
            known[kind] += len(numbers)
            rule = _rule(kind)
            for number in numbers:
                yield rule, rows.name(number, kind.field), number
    for kind, count in report.counts.items():
        for _more in range(count - known[kind]):
            yield _rule(kind), None, None


def _rule(kind: Kind) -> Rule:
    return kind.type, kind.code, kind.field


class _RowNames:
    """What tells a row in which something is wrong from others: its key, or, where that is what is wrong, or
    a part of it is empty, what else it says."""

    def __init__(self, done: Check, report: Report) -> None:
        table, keys = _table_of(done), set(_resource_of(done).primary_key)
        labels = table.labels if table else ()
        self.places = {label: place for place, label in enumerate(labels)}
        self.key = [place for label, place in self.places.items() if label in keys]
        self.rows = dict(_cells_of(table, _rows_of(report))) if table else {}
        self.others: dict[str | None, tuple[bool, list[int]]] = {}

    def name(self, row: int | None, field: str | None) -> Hashable:
        """Of a row with something wrong in `field`; the number of one that the table does not have."""
        cells = self.rows.get(row) if row is not None else None
        if cells is None:
            return row
        if field not in self.others:
            mine = {self.places[name] for name in (field or "").split(", ") if name in self.places}
            named = bool(self.key) and mine.isdisjoint(self.key)
            self.others[field] = named, [place for place in self.places.values() if place not in mine]
        named, others = self.others[field]
        if named and all(key := tuple(cells[place] for place in self.key)):
            return key
        return tuple(cells[place] for place in others)


def _cells_of(table: Table, rows: Set[int]) -> Iterator[tuple[int, list[str]]]:
    """The cells of these rows, as many as there are labels: what is not there is empty."""
    width, wanted = len(table.labels), pa.array(sorted(rows), pa.int64())

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in table.batches():
            yield batch.filter(pc.is_in(batch.column(0), value_set=wanted))

    for number, cells in replace(table, batches=batches, files=()).rows():
        yield number, cells if len(cells) >= width else [*cells, *[""] * (width - len(cells))]


def _rows_of(report: Report) -> set[int]:
    rows = {problem.row for problem in report.problems if problem.row is not None}
    return rows.union(*report.further.values())


def tell_of_the_same(earlier: Check, later: Check) -> bool:
    """Whether two files are the same extract: of one that comes by period, or adds to others, the file before
    may tell of another month. Then they have no row in common."""
    if _resource_of(later).pipeline.extract.mode == "full":
        return True
    return not _row_names(earlier).isdisjoint(_row_names(later))


def _row_names(done: Check) -> set[tuple[str, ...]]:
    """Each row's key, or all that it says."""
    table, keys = _table_of(done), _resource_of(done).primary_key
    if table is None:
        return set()
    places = [table.labels.index(name) for name in keys if name in table.labels] or range(len(table.labels))
    return {
        tuple(cells[place] if place < len(cells) else "" for place in places) for _row, cells in table.rows()
    }


def _resource_of(done: Check) -> Resource:
    return done.inputs.dataset.resource(done.resource or "")


def _table_of(done: Check) -> Table | None:
    reading = done.checked.readings.get(done.resource or "")
    return reading.table if reading else None

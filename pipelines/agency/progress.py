"""The second time: a file that was mended, told against the one before: how many of its problems are gone,
how many are left, and how many are new."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.receipts import Receipt
from messages import gettext as _
from messages import ngettext
from pipelines.agency.check import Check, check_dataset
from pipelines.agency.row_names import NOWHERE, FileRows, RowNames, take_rows
from pipelines.dataset.dataset import Resource
from pipelines.dataset.periods import periods_of_values
from pipelines.release.receipt_outcomes import judged_receipts, unreadable_receipts
from pipelines.release.still_held import file_periods
from pipelines.settings import DEFAULT_LIMITS, Limits
from validation.fast.proof import Values
from validation.fast.row_numbers import distinct
from validation.report import Kind
from validation.table import ROW, Table

Rule = tuple[str, str | None, str | None]
"""Of a problem: its type, its code, its field."""
LOOKED_AT = 3
"""Earlier files that are read to find the one that tells of the same."""
_FOLLOWS = ("quarantine-exceeded",)
"""What is wrong only because something else is."""


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
    mine = _periods_of(done)
    return [each for each in others if _may_tell_of(judged.get(each.number, {}), each, mine)]


def _may_be_of_one_period(one: Receipt, other: Receipt) -> bool:
    return one.period is None or other.period is None or one.period == other.period


def _may_tell_of(judged: Mapping[str, Any], receipt: Receipt, periods: Set[str]) -> bool:
    """Whether a file may tell of one of these periods, by its receipt and the record of its run; where either
    side's are not known, only its rows can say."""
    told = judged.get("report", {}).get("periods", {}).get(receipt.resource, ())
    known = {*told, *filter(None, [receipt.period])}
    return not (known and periods) or not periods.isdisjoint(known)


def _periods_of(done: Check) -> set[str]:
    """The periods of which a file that is handed in by period tells, as far as they can be read."""
    return {
        period
        for table in _typed_rows(done)
        for period in file_periods(done.inputs, _resource_of(done), table)
    }


def _typed_rows(done: Check) -> Iterator[pa.Table]:
    """The rows of the file that was checked, as their types read them: those that stay and those that are
    held back."""
    name = done.resource or ""
    if (table := done.checked.tables.get(name)) is not None:
        yield table.filter(pc.is_valid(table[ROW]))
    if name in done.checked.held:
        yield done.checked.held[name].typed


def compare_checks(earlier: Check, later: Check, before: Receipt) -> Progress | None:
    """How one file stands to another of the same; None where neither has a problem. Problems are the same
    where they break the same rule in the same row; a row is known by its key, or by what else it says, and
    else by its number. What was wrong in rows of periods that the later file does not tell of does not
    count."""
    old, new = _rows_by_rule(earlier), _rows_by_rule(later)
    aside = _rows_of_other_periods(earlier, _periods_of(later))
    if aside:
        old = {rule: rows[~np.isin(rows, list(aside))] for rule, rows in old.items()}
    count, now = (sum(map(len, each.values())) for each in (old, new))
    if not (count or now):
        return None
    key = set(_resource_of(later).primary_key)
    names = RowNames(_take_rows(earlier, old), _take_rows(later, new), key)
    left = sum(names.count_same(rule[2], old[rule], new[rule]) for rule in new if rule in old)
    return Progress(before.number, before.name, count - left, left, now - left)


def _take_rows(done: Check, found: Mapping[Rule, Values]) -> FileRows:
    return take_rows(_table_of(done), distinct(found.values()))


def _rows_of_other_periods(done: Check, periods: Set[str]) -> set[int]:
    """The numbers of the file's rows that are of none of these periods, where there are any."""
    resource, found = _resource_of(done), set[int]()
    field, periodicity = resource.pipeline.extract.field, done.inputs.dataset.pipeline.accrual_periodicity
    for table in _typed_rows(done):
        if periods and field in table.column_names:
            of = periods_of_values(table[field], periodicity).to_pylist()
            rows = zip(table[ROW].to_pylist(), of, strict=True)
            found |= {row for row, period in rows if period and period not in periods}
    return found


def _rows_by_rule(done: Check) -> dict[Rule, Values]:
    """The rows of all problems of the table that was asked for, those too that are counted and not kept;
    NOWHERE for each whose row is not known. What is said of a whole column, as a warning, does not count
    where its rows are problems."""
    report = done.plain_report
    by_row = {problem.field for problem in report.problems if problem.row and problem.severity != "warning"}
    found: dict[Rule, list[Values]] = {}
    kept: dict[Kind, list[int]] = {}
    doubled: Counter[Kind] = Counter()
    for problem in report.problems:
        if problem.row is None and problem.severity == "warning" and problem.field in by_row - {None}:
            doubled[problem.kind] += 1
        else:
            kept.setdefault(problem.kind, []).append(NOWHERE if problem.row is None else problem.row)
    for kind, count in report.counts.items():
        if kind.code in _FOLLOWS:
            continue
        rows = [*kept.get(kind, ()), *report.further.get(kind, ())]
        numbers = np.array([*rows, *[NOWHERE] * (count - doubled[kind] - len(rows))], np.int64)
        found.setdefault((kind.type, kind.code, kind.field), []).append(numbers)
    return {rule: np.concatenate(parts) for rule, parts in found.items()}


def tell_of_the_same(earlier: Check, later: Check) -> bool:
    """Whether two files are the same extract. By period they are where they tell of one of the same; where
    that cannot be read, and where files add to others, where they have most of their rows in common."""
    mode = _resource_of(later).pipeline.extract.mode
    if mode == "full":
        return True
    if mode == "by-period" and (mine := _periods_of(later)) and (others := _periods_of(earlier)):
        return not mine.isdisjoint(others)
    wrong = {problem.field for done in (earlier, later) for problem in done.report.problems}
    one, other = (_row_names(done, wrong) for done in (earlier, later))
    return bool(one and other) and 2 * len(one & other) >= min(len(one), len(other))


def _row_names(done: Check, wrong: Set[str | None]) -> set[tuple[str, ...]]:
    """Each row's key, or, without one, all that it says in columns in which nothing is `wrong`."""
    table, keys = _table_of(done), _resource_of(done).primary_key
    if table is None:
        return set()
    right = [place for place, label in enumerate(table.labels) if label not in wrong]
    places = [table.labels.index(name) for name in keys if name in table.labels] or right
    places = places or list(range(len(table.labels)))
    return {
        tuple(cells[place] if place < len(cells) else "" for place in places) for _row, cells in table.rows()
    }


def _resource_of(done: Check) -> Resource:
    return done.inputs.dataset.resource(done.resource or "")


def _table_of(done: Check) -> Table | None:
    reading = done.checked.readings.get(done.resource or "")
    return reading.table if reading else None

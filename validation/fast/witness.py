"""The rows that frictionless must see for its report to be that of the whole table; all others are proven to
have no error."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from hashlib import md5, sha256
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from isolation.spill import TableWriter
from validation.fast.blocks import Doubtful
from validation.fast.column import FieldCheck
from validation.fast.counts import CellErrors, add_errors, early_rows, errors_of_rows, errors_once
from validation.fast.keys import KeysSeen, Repeats, find_repeats
from validation.fast.proof import Values
from validation.fast.row_numbers import distinct, without
from validation.fast.rows import CELLS_IN_MEMORY, NONE, Findings, Rows, Rules, examine, reread_rows

AHEAD = 4
COMPARED_AS_TYPED = ("string", "any", "integer", "date", "boolean", "year")
"""Types of fields whose values are equal where frictionless's are; a number is rounded to 64 bits."""


EMPTY_KEY = 'cells composing the primary keys are all "None"'


class PlainError(NamedTuple):
    """An error of a cell (the place of its column, from 0), or of a row (None), as frictionless would tell
    it."""

    type: str
    note: str
    row: int
    place: int | None
    field: str
    cells: list[str]


class Witness:
    """Goes through a file once, in blocks, and gives the rows for frictionless with the numbers that they
    have in the file.

    Given are all rows that are not proven, and of rows that share a key all that share it, in order; or,
    where errors are counted (`Rules.kept`), the first ones of each kind. Where the errors reach the limit,
    the rows so far are given before going on: frictionless then stops asking.
    Of those that are counted, frictionless need not see a row whose cells alone are wrong, in ways that are
    known (`plain_errors`). Rows of before that turn out to share a key with a later one come late; by
    themselves they have no error, so that all they do is to be remembered.
    """

    def __init__(self, source: Rows, rules: Rules, limit: int) -> None:
        self.source, self.rules, self.limit = source, rules, limit
        self.seen = [KeysSeen() for _key in range(rules.keys)]
        self.repeats: list[Repeats | None] = [None] * rules.keys
        self.findings: list[Findings] = []
        self.typed = TableWriter(rules.typed) if rules.typed is not None else None
        self.rows_typed: pa.Table | None = None
        self.given: set[int] = set()
        self.plain: dict[int, list[str]] = {}
        self.spared: dict[int, Values] = {}
        self.rows = 0
        self.whole = False
        self.witnessed = 0
        self.md5, self.sha256, self.bytes = md5(usedforsecurity=False), sha256(), 0
        self.pool = ThreadPoolExecutor(max(2, min(8, os.cpu_count() or 2)), thread_name_prefix="check")
        # a thread each: order counts
        self.hashing = [ThreadPoolExecutor(1, thread_name_prefix="hash") for _hash in range(2)]
        self.hashed: deque[tuple[Future[None], Future[None]]] = deque()

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)
        for thread in self.hashing:
            thread.shutdown(cancel_futures=True)
        self.source.close()
        for seen in self.seen:
            seen.close()

    def spare(self, rows: Mapping[str, Collection[int]]) -> None:
        """By field, rows whose cells that do not read are given where errors are counted, beside the first
        ones of all."""
        fields = [column.field.name for column in self.rules.columns]
        self.spared = {
            fields.index(name): np.fromiter(numbers, np.int64)
            for name, numbers in rows.items()
            if name in fields
        }

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Raises `Doubtful` where the file is not as plain as it seemed; what was given until then is
        right."""
        wrong, next_stop = 0, self.limit or float("inf")
        for findings in self._findings():
            self._remember(findings)
            wrong += len(findings.witnesses)
            if wrong >= next_stop:
                next_stop = wrong * 2
                yield from self._give_due()
        yield from self._give_due()
        for pair in self.hashed:
            for future in pair:
                future.result()
        self.whole = True

    @property
    def digests(self) -> tuple[str, str]:
        """The md5 and the sha256 of the file, when it was read to its end."""
        return self.md5.hexdigest(), self.sha256.hexdigest()

    def typed_table(self) -> pa.Table | None:
        """All rows typed, where they were wanted and the run came to its end."""
        return self._typed_rows() if self.whole else None

    def plain_errors(self) -> Iterator[PlainError]:
        """The errors of the rows that were given to nobody, since nothing but known errors of their cells is
        wrong with them, or that their key is empty; in the order in which frictionless would tell of them."""
        order = self.rules.reading_order
        rank = {place: number for number, place in enumerate(order)}
        wrong: set[tuple[int, int]] = set()
        for each in (error for found in self.findings for error in found.errors):
            if (
                self.plain and each.type != "foreign-key"
            ):  # their places are no columns, and no such row is plain
                number = len(order) if each.type == "primary-key" else rank[each.place]
                wrong.update((row, number) for row in each.rows.tolist() if row in self.plain)
        notes = [cache(partial(_notes_of, self.rules.columns[place])) for place in order]
        for row, number in sorted(wrong):
            cells = self.plain[row]
            if number == len(order):
                yield PlainError("primary-key", EMPTY_KEY, row, None, "", cells)
                continue
            place = order[number]
            for kind, note in notes[number](cells[place]):
                yield PlainError(kind, note, row, place, self.rules.columns[place].field.name, cells)

    def counted_errors(self) -> list[CellErrors]:
        """The errors of the rows that were not given, because enough of their kinds were."""
        given = np.array(sorted(self.given), np.int64)
        kinds = add_errors(each for found in self.findings for each in found.errors)
        rows = distinct(found.witnesses for found in self.findings)
        counted = list(errors_of_rows(kinds, without(rows, given)))
        for (place, kind), repeats in zip(self._unique_kinds(), self.repeats, strict=True):
            if repeats is not None:
                counted += errors_once(place, kind, without(repeats.later, given))
        return counted

    def _findings(self) -> Iterator[Findings]:
        try:
            yield from self._in_order()
        except pa.ArrowException as error:
            raise Doubtful(str(error)) from error

    def _in_order(self) -> Iterator[Findings]:
        """In the order of the file, some blocks being worked on at once. The first block is checked alone:
        columns learn from it."""
        ahead: deque[Future[Findings]] = deque()
        for place, data in self.source.blocks(self._hash):
            ahead.append(self.pool.submit(examine, self.source, self.rules, place, data))
            while len(ahead) > AHEAD or (ahead and (place.first == self.source.first_row or ahead[0].done())):
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def _hash(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        one, two = self.hashing
        self.hashed.append((one.submit(self.md5.update, chunk), two.submit(self.sha256.update, chunk)))
        while len(self.hashed) > 2 * AHEAD:
            for future in self.hashed.popleft():
                future.result()

    def _remember(self, findings: Findings) -> None:
        self.rows += findings.count
        for seen, (rows, keys) in zip(self.seen, findings.keys, strict=True):
            seen.add(rows, keys)
        self.witnessed += len(findings.witnesses)
        cells = findings.cells if self.rules.kept or self.witnessed <= CELLS_IN_MEMORY else {}
        if self.typed:
            for batch in findings.typed:
                self.typed.write(batch)
        self.findings.append(replace(findings, cells=cells, keys=[], typed=()))

    def _give_due(self) -> Iterator[tuple[int, list[str]]]:
        """The rows that are to be given by now, in order, and were not given before."""
        due = self._due_rows()
        plain = set(self._plain_rows(due).tolist())
        starts = np.array([found.places[0].first for found in self.findings], np.int64)
        bounds = np.searchsorted(due, starts)
        by_part = np.split(due, bounds[1:]) if len(starts) else []
        for found, numbers in zip(self.findings, by_part, strict=True):
            wanted = [number for number in numbers.tolist() if number not in self.given]
            gone = [number for number in wanted if number not in found.cells]
            cells = {**found.cells, **self._reread(found, gone)}
            for number in wanted:
                self.given.add(number)
                if number in plain:
                    self.plain[number] = cells[number]
                else:
                    yield number, cells[number]

    def _witnesses(self) -> list[np.ndarray[Any, Any]]:
        """The rows that frictionless is to see for what stands in them."""
        if not self.rules.kept:
            return [found.witnesses for found in self.findings]
        kinds = add_errors(each for found in self.findings for each in found.errors)
        early = early_rows([*kinds, *self._telling(kinds)], self.rules.kept)
        return [early, *(found.asking for found in self.findings)]

    def _telling(self, kinds: Iterable[CellErrors]) -> Iterator[CellErrors]:
        """Of the kinds in which errors may say again what another one says, those that do not: cells for
        which no question of their column speaks, and keys that are empty, not unread."""
        unread = {each.place: each.rows for each in kinds if each.type == "type-error"}
        lost = distinct([NONE, *(unread.get(place, NONE) for place in self.rules.primary)])
        for each in kinds:
            if each.type == "type-error" and each.place in self.spared:
                yield from errors_of_rows([each], self.spared[each.place])
            elif each.type == "primary-key" and len(lost):
                yield from errors_of_rows([each], without(each.rows, lost))

    def _due_rows(self) -> Values:
        # the first row is always given: a limit may be reached by labels alone
        first = np.array([self.source.first_row] if self.rows else [], np.int64)
        due = [first, *self._witnesses()]
        for number, seen in enumerate(self.seen):
            shared = seen.shared_rows()
            repeats = self._find_repeats(number, shared) if self._counts and len(shared) else None
            self.repeats[number] = repeats
            due.append(shared if repeats is None else repeats.later[: self.rules.kept])
        rows, before = distinct(due), -1
        while len(rows) != before:  # frictionless knows a repeated key by having seen it before
            before = len(rows)
            rows = distinct([rows, *(each.firsts_of(rows) for each in self.repeats if each)])
        return rows

    def _plain_rows(self, due: Values) -> Values:
        """Those of the rows with nothing to tell but known errors of their cells, or an empty key."""
        if not self._counts:
            return due[:0]
        keys = [each.rows for found in self.findings for each in found.errors if each.type == "foreign-key"]
        shared = [seen.shared_rows() for seen in self.seen]
        asking = [found.asking for found in self.findings]
        first = np.array([self.source.first_row], np.int64)
        return without(due, np.concatenate([first, *keys, *shared, *asking]))

    @property
    def _counts(self) -> bool:
        """Whether the first errors of a kind are enough, and all are known when the first is given."""
        return bool(self.rules.kept) and not self.limit

    def _unique_kinds(self) -> list[tuple[int, str]]:
        """Of each key that is to be unique, its place and the type of the error where it is not."""
        primary = [(0, "primary-key")] if self.rules.primary else []
        return [*((place, "unique-error") for place in self.rules.unique), *primary]

    def _find_repeats(self, number: int, shared: Values) -> Repeats | None:
        """Which of the rows that seem to share a key do; None where frictionless has to say so."""
        place, kind = self._unique_kinds()[number]
        places = self.rules.primary if kind == "primary-key" else (place,)
        fields = [self.rules.columns[each].field for each in places]
        typed = self._typed_rows()
        if typed is None or typed.num_rows != self.rows:
            return None
        at = pa.array(shared - self.source.first_row)
        columns = [typed[field.name].take(at) for field in fields]
        for field, column in zip(fields, columns, strict=True):
            unfit = field.type == "integer" and column.null_count  # beyond 64 bits, maybe
            if unfit or field.type not in COMPARED_AS_TYPED:
                return None
        return find_repeats(shared, columns)

    def _typed_rows(self) -> pa.Table | None:
        """The rows typed, when the last one was read."""
        if self.rows_typed is None and self.typed:
            self.rows_typed = self.typed.table()
        return self.rows_typed

    def _reread(self, found: Findings, numbers: list[int]) -> dict[int, list[str]]:
        """The cells of rows that are no longer in memory."""
        cells: dict[int, list[str]] = {}
        bounds = np.searchsorted(numbers, [place.first for place in found.places])
        by_place = np.split(np.array(numbers, np.int64), bounds[1:])
        for place, wanted in zip(found.places, by_place, strict=True):
            if len(wanted):
                cells |= reread_rows(self.source, place, wanted)
        return cells


def _notes_of(column: FieldCheck, text: str) -> list[tuple[str, str]]:
    """What frictionless would say of a cell: each time the type of the error, and its note."""
    types = {"type": "type-error"}
    return [(types.get(name, "constraint-error"), note) for name, note in column.read(text).notes]

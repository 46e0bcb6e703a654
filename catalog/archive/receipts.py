"""Receipts: what agencies handed in, in the order in which it came, each with the bytes that the archive
keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from catalog.archive.appends import Appends
from catalog.archive.numbered import NumberedLog
from catalog.archive.release import dump_json
from catalog.archive.store import Shelf


@dataclass(frozen=True)
class Receipt:
    """A file that was handed in. `number` counts from 1 in each dataset; `name` is the file's, as whoever
    sent it calls it, and `stored` the one under which it lies in the inbox, where that has another file of
    its name; `at` ISO 8601 with offset; `period` the one that it covers, as the agency said; `token` says
    which call wrote it."""

    number: int
    resource: str
    name: str
    sha256: str
    bytes: int
    at: str
    period: str | None = None
    token: str = ""
    stored: str = ""

    @property
    def inbox_name(self) -> str:
        return self.stored or self.name


@dataclass(frozen=True)
class TakeBack:
    """That the file of the receipt `of` is not to be taken up, as `by` said; `at` ISO 8601 with offset."""

    number: int
    of: int
    by: str
    at: str


@dataclass(frozen=True)
class TakeBacks:
    """What was taken back of a dataset's receipts: `folder` is its `<datasets|demo>/<id>/taken-back`."""

    shelf: Shelf
    folder: str

    def all(self) -> list[TakeBack]:
        """Oldest first; raises Damaged for one that cannot be read."""
        return self._log.all()

    def by_receipt(self) -> dict[int, TakeBack]:
        return {each.of: each for each in self.all()}

    def add(self, of: int, by: str, at: str) -> TakeBack:
        """Keeps that a receipt's file was taken back; where it was already, gives that one."""

        def next_entry(known: Sequence[TakeBack]) -> TakeBack:
            before = next((each for each in known if each.of == of), None)
            return before or TakeBack(len(known) + 1, of, by, at)

        return self._log.append(next_entry)

    @property
    def _log(self) -> NumberedLog[TakeBack]:
        return NumberedLog(self.shelf, self.folder, lambda each: dump_json(vars(each)), _parse_take_back)


@dataclass(frozen=True)
class Receipts:
    """The receipts of a dataset: `folder` is its `<datasets|demo>/<id>/received`."""

    shelf: Shelf
    folder: str

    def all(self) -> list[Receipt]:
        """Oldest first; raises Damaged for one that cannot be read."""
        return self._log.all()

    @property
    def last(self) -> int:
        """The number of the newest; 0 where there is none."""
        return self._log.last

    def add(self, receipt: Receipt, *, unless_last: bool) -> Receipt:
        """Keeps the receipt under the next number, and gives it back with that. With `unless_last`, where the
        last receipt of that name has these bytes already, gives that one; and where a receipt has its token,
        that one: whoever sends something twice gets one receipt."""

        def next_receipt(known: Sequence[Receipt]) -> Receipt:
            if same := next((each for each in known if receipt.token and each.token == receipt.token), None):
                return same
            last = last_receipt(known, receipt.resource, receipt.inbox_name)
            if unless_last and last and last.sha256 == receipt.sha256:
                return last
            return replace(receipt, number=len(known) + 1)

        return self._log.append(next_receipt)

    @property
    def take_backs(self) -> TakeBacks:
        """Which of them were taken back by whoever handed the file in."""
        return TakeBacks(self.shelf, self.folder.replace("/received", "/taken-back"))

    @property
    def appends(self) -> Appends:
        """The rows that programs added to the dataset's tables, call by call."""
        return Appends(self.shelf, self.folder.replace("/received", "/appended"))

    @property
    def _log(self) -> NumberedLog[Receipt]:
        return NumberedLog(self.shelf, self.folder, _dump_receipt, _parse_receipt)


def last_receipt(receipts: Iterable[Receipt], resource: str, name: str) -> Receipt | None:
    """The last receipt of a file that lies in the inbox under that name."""
    return next((r for r in reversed(list(receipts)) if (r.resource, r.inbox_name) == (resource, name)), None)


def _parse_take_back(text: bytes) -> TakeBack:
    return TakeBack(**json.loads(text))


def _dump_receipt(receipt: Receipt) -> bytes:
    told = {key: value for key, value in vars(receipt).items() if value or key != "stored"}
    return dump_json(told)


def _parse_receipt(text: bytes) -> Receipt:
    return Receipt(**json.loads(text))

"""Files that agencies hand in over the web, by the form or by a program: a receipt at once, and then what
became of it. An agency may hand in, and see, its own datasets alone."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.archive.receipts import Receipt
from catalog.archive.release import History, UnknownRelease
from catalog.archive.runs import dataset_lock
from messages import gettext as _
from pipelines.agency.submit import Submission, hand_in
from pipelines.dataset.dataset import Dataset, DatasetError, load_dataset
from pipelines.dataset.periods import parse_period
from pipelines.release.outcome_words import outcome_word
from pipelines.release.receipt_outcomes import (
    TAKEN_BACK,
    ReceiptOutcome,
    handed_tables,
    name_replacements,
    receipt_outcomes,
    table_modes,
    whole_tables,
)
from pipelines.settings import Limits
from pipelines.web.desk.identity import Person, invalid_key
from pipelines.web.desk.receipt_view import ReceiptView, view_receipt
from pipelines.web.desk.upload import Refused

PATIENCE = 2.0
"""Seconds to wait for a run that judges the dataset."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deliveries:
    """What may be handed in for the declarations in `datasets`. `start` has a dataset run, now or soon, for
    the receipt of this number; `run_again` also where the watch over the inbox sees nothing new, because what
    changed is how a file is read. `portal` is the folder of the portal's pages, where it is known."""

    datasets: Path
    archive: Archive
    inbox: Path
    limits: Limits
    clock: Callable[[], datetime]
    start: Callable[[str, int], None]
    run_again: Callable[[str, int], None] | None = None
    portal: Path | None = None

    def take(self, person: Person, table: str, file: Path, period: str, again: str = "") -> Submission:
        """Keeps the file and gives its receipt, before anything looks at it, then has the dataset run.
        `again` stands for one call, however often it is made. Raises Refused, ArchiveError."""
        dataset = self.require_own(person, table)
        token = None
        if again:
            token = self.make_token(f"{dataset.pipeline.publisher.id}\n{table}\n{again}")
        try:
            handed = hand_in(
                *(self.datasets, self.archive, self.inbox, table, file, period or None, self.clock()),
                limits=self.limits,
                token=token,
            )
        except (ValueError, UnknownRelease) as error:
            raise Refused(422, str(error)) from error
        if handed.again:
            self._require_same_call(handed, file, period)
        self.start(handed.dataset.id, handed.receipt.number)
        return handed

    def make_token(self, text: str) -> str:
        """What stands for a text, and is nobody's to guess who has not the archive."""
        return hmac.new(self.archive.mark.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]

    def _require_same_call(self, handed: Submission, file: Path, period: str) -> None:
        """Raises Refused where a call that came again has another file than the first, or another period."""
        if handed.receipt.sha256 != _digest(file):
            told = _("Under this Idempotency-Key another file came. Name another call otherwise.")
            raise Refused(422, told)
        rhythm, today = handed.dataset.pipeline.accrual_periodicity, self.clock().date()
        said = parse_period(period, handed.resource, rhythm, today) if period else None
        if said != handed.receipt.period:
            told = _(
                "Under this Idempotency-Key the file came for another period. Name another call otherwise."
            )
            raise Refused(422, told)

    def outcomes(self, person: Person | None, table: str) -> list[ReceiptOutcome]:
        """What became of all that an agency handed in for a dataset; raises Refused."""
        return self._outcomes(self.require_own(person, table))

    def outcomes_of(self, dataset: Dataset) -> tuple[History, list[ReceiptOutcome]]:
        """The log of a dataset, and what became of each of its receipts, oldest first."""
        history = self.archive.history(dataset.id, dataset.demo)
        whole, tables = whole_tables(dataset), handed_tables(dataset)
        known = receipt_outcomes(self.archive, history, whole, tables)
        return history, name_replacements(table_modes(dataset), known)

    def take_back(self, person: Person | None, id: str, number: int) -> None:
        """Takes back the file of a receipt that waits, or was rejected and is not to count any more; raises
        Refused where anything came of it, or it is another's."""
        dataset = self.require_own(person, id)
        assert person is not None
        lock, at = dataset_lock(dataset.id), self.clock().isoformat(timespec="seconds")
        with self.archive.locks.wait([lock], {"dataset": dataset.id, "since": at}, PATIENCE) as mine:
            if not mine:
                raise Refused(409, _("A run is judging this dataset just now. Try again in a minute."))
            _history, known = self.outcomes_of(dataset)
            found = next((each for each in known if each.receipt.number == number), None)
            if found is None:
                raise Refused(404, _("there is no receipt {number}", number=number))
            if found.state not in ("waiting", *TAKEN_BACK):
                told = _(
                    "No. {number} does not wait any more: {state}. What was published, the data team "
                    "withdraws.",
                    number=number,
                    state=outcome_word(found.state),
                )
                raise Refused(409, told)
            self.archive.receipts(dataset.id, dataset.demo).take_backs.add(number, person.name, at)

    def save(self, dataset: Dataset, receipt: Receipt, into: Path) -> Path:
        """The bytes of a receipt as a file under its name; raises ArchiveError, Damaged."""
        file = into / receipt.name
        self.archive.save(receipt.sha256, file)
        return file

    def find_receipt(self, id: str, number: int, token: str) -> ReceiptView | None:
        """The receipt to which a link leads, which only its sender got; None for any other."""
        dataset = self.load(id)
        if dataset is None:
            return None
        history, known = self.outcomes_of(dataset)
        for each in known:
            if each.receipt.number == number and hmac.compare_digest(
                each.receipt.token.encode(), token.encode()
            ):
                return view_receipt(dataset, history, each, known, self.portal)
        return None

    def has_mappings(self, receipt: ReceiptView) -> bool:
        """Whether somebody said of columns of this table which field they are."""
        known = self.archive.mappings(receipt.dataset.id, receipt.dataset.demo).current()
        return any(each.resource == receipt.receipt.resource for each in known)

    def list_receipts(self, person: Person, ids: Iterable[str]) -> list[ReceiptView]:
        """All that was handed in for these datasets, the newest first; raises Refused."""
        found: list[ReceiptView] = []
        for id in ids:
            dataset = self.require_own(person, id)
            history, known = self.outcomes_of(dataset)
            found += [view_receipt(dataset, history, each, known, self.portal) for each in known]
        return sorted(found, key=lambda each: (each.receipt.at, each.receipt.number), reverse=True)

    def _outcomes(self, dataset: Dataset) -> list[ReceiptOutcome]:
        return self.outcomes_of(dataset)[1]

    def require_own(self, person: Person | None, table: str) -> Dataset:
        """The dataset of a table, where it is this person's agency's; raises Refused."""
        if person is None:
            log.warning("the desk: a call without a valid key")
            raise invalid_key()
        dataset = self.load(table.partition("/")[0])
        if dataset is None or not person.may_hand_in(dataset.id, dataset.pipeline.publisher.id):
            # Of what is another's, and of what is not there, the same is said.
            log.warning("the desk: %s asked for a dataset that is not its own", person.agency)
            told = _("This key does not open that dataset. Choose one of your agency, or ask the data team.")
            raise Refused(403, told)
        return dataset

    def load(self, id: str) -> Dataset | None:
        """The dataset of that id; None where there is none, or it cannot be used."""
        if not id or not id.replace("-", "").isalnum():
            return None
        try:
            if not (self.datasets / id).is_dir():  # too long a name is an error of the system
                return None
            return _load_as_it_is(self.datasets / id, _declaration_state(self.datasets / id))
        except (DatasetError, OSError):
            return None


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _declaration_state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells a declaration from how it was before: its files with their moments and sizes."""
    found = ((path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file())
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in found)


@lru_cache(maxsize=64)
def _load_as_it_is(folder: Path, _state: tuple[tuple[str, int, int], ...]) -> Dataset:
    """A declaration that is read anew only once it changed: reading one takes longer than all else that a
    small call asks for."""
    return load_dataset(folder)

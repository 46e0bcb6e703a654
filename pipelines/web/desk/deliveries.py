"""Files that agencies hand in over the web, by the form or by a program: a receipt at once, and then what
became of it. An agency may hand in, and see, its own datasets alone."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.archive.release import UnknownRelease
from messages import gettext as _
from pipelines.agency.submit import Submission, hand_in
from pipelines.dataset.dataset import Dataset, DatasetError, load_dataset
from pipelines.release.receipt_outcomes import ReceiptOutcome, receipt_outcomes, whole_tables
from pipelines.settings import Limits
from pipelines.web.desk.identity import Person
from pipelines.web.desk.upload import Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deliveries:
    """What may be handed in for the declarations in `datasets`. `start` has a dataset run, now or soon, for
    the receipt of this number."""

    datasets: Path
    archive: Archive
    inbox: Path
    limits: Limits
    clock: Callable[[], datetime]
    start: Callable[[str, int], None]

    def take(self, person: Person, table: str, file: Path, period: str, again: str = "") -> Submission:
        """Keeps the file and gives its receipt, before anything looks at it, then has the dataset run.
        `again` stands for one call, however often it is made. Raises Refused, ArchiveError."""
        dataset = self.require_own(person, table)
        token = None
        if again:
            known = f"{dataset.pipeline.publisher.id}\n{table}\n{again}".encode()
            token = hmac.new(self.archive.mark.encode(), known, hashlib.sha256).hexdigest()[:32]
        try:
            handed = hand_in(
                *(self.datasets, self.archive, self.inbox, table, file, period or None, self.clock()),
                limits=self.limits,
                token=token,
            )
        except (ValueError, UnknownRelease) as error:
            raise Refused(422, str(error)) from error
        self.start(handed.dataset.id, handed.receipt.number)
        return handed

    def outcomes(self, person: Person, table: str) -> list[ReceiptOutcome]:
        """What became of all that an agency handed in for a dataset; raises Refused."""
        return self._outcomes(self.require_own(person, table))

    def outcome(self, id: str, number: int, token: str) -> tuple[Dataset, ReceiptOutcome] | None:
        """The receipt to which a link leads, which only its sender got; None for any other."""
        dataset = self._load(id)
        for each in self._outcomes(dataset) if dataset else ():
            if each.receipt.number == number and hmac.compare_digest(each.receipt.token, token):
                assert dataset is not None
                return dataset, each
        return None

    def _outcomes(self, dataset: Dataset) -> list[ReceiptOutcome]:
        history = self.archive.history(dataset.id, dataset.demo)
        return receipt_outcomes(self.archive, history, whole_tables(dataset))

    def require_own(self, person: Person | None, table: str) -> Dataset:
        """The dataset of a table, where it is this person's agency's; raises Refused."""
        if person is None:
            log.warning("the desk: a call without a valid key")
            raise Refused(
                401, _("This key is not valid, or its time is over. Ask the data team for another one.")
            )
        dataset = self._load(table.partition("/")[0])
        if dataset is None or not person.may_hand_in(dataset.id, dataset.pipeline.publisher.id):
            # Of what is another's, and of what is not there, the same is said.
            log.warning("the desk: %s asked for a dataset that is not its own", person.agency)
            told = _("This key does not open that dataset. Choose one of your agency, or ask the data team.")
            raise Refused(403, told)
        return dataset

    def _load(self, id: str) -> Dataset | None:
        if not id or not id.replace("-", "").isalnum() or not (self.datasets / id).is_dir():
            return None
        try:
            return load_dataset(self.datasets / id)
        except (DatasetError, OSError):
            return None

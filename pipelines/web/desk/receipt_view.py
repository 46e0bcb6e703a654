"""A receipt as its agency reads it: what became of the file, in which version, and what that one changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.archive.changes.reasons import describe_changes
from catalog.archive.receipts import Receipt
from catalog.archive.release import History
from messages import gettext as _
from pipelines.dataset.dataset import Dataset
from pipelines.dataset.periods import period_label
from pipelines.release.outcome_words import outcome_word
from pipelines.release.receipt_outcomes import ReceiptOutcome
from pipelines.release.steps import same_before


@dataclass(frozen=True)
class ReceiptView:
    """A receipt as its agency reads it: `word` is the state's, `changes` says what the version that came of
    it changed, `same` is the earlier receipt of the same bytes; `shown` whether the portal has that version
    already."""

    dataset: Dataset
    outcome: ReceiptOutcome
    word: str
    period: str
    changes: tuple[str, ...]
    same: Receipt | None
    shown: bool

    @property
    def receipt(self) -> Receipt:
        return self.outcome.receipt

    @property
    def is_open(self) -> bool:
        """Whether to look again: what waits for another table's file does not change by itself."""
        return self.outcome.is_open and not self.outcome.missing

    @property
    def path(self) -> str:
        """Its page, below the desk's address."""
        return f"recibo/{self.dataset.id}/{self.receipt.number}/{self.receipt.token}/"


def view_receipt(
    dataset: Dataset,
    history: History,
    outcome: ReceiptOutcome,
    known: Sequence[ReceiptOutcome],
    portal: Path | None,
) -> ReceiptView:
    receipt = outcome.receipt
    period = period_label(receipt.period, dataset.pipeline.accrual_periodicity) if receipt.period else ""
    same = same_before(receipt, [each.receipt for each in known])
    changes: tuple[str, ...] = ()
    if outcome.state in ("published", "quarantined") and outcome.version:
        released = [each for each in history.releases if str(each.version) == outcome.version]
        first = bool(released) and released[-1] == history.releases[0]
        if first:
            changes = (_("First version."),)
        elif released:
            changes = tuple(describe_changes(released[-1].changes))
    shown = portal is None or _is_shown(portal, dataset, outcome.version)
    return ReceiptView(dataset, outcome, outcome_word(outcome.state), period, changes, same, shown)


def _is_shown(portal: Path, dataset: Dataset, version: str | None) -> bool:
    """Whether the portal's folder has the version: its pages are written after the release, and last."""
    place = portal / ("demo" if dataset.demo else "datasets") / dataset.id
    return version is not None and (place / "v" / version).is_dir()

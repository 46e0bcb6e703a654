"""What became of each file that was handed in, for the agency's own program: an HTTP POST for each outcome,
signed as other notices are, sent once; what is told is noted in the archive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.archive.archive import Archive
from catalog.archive.numbered import NumberedLog
from catalog.archive.release import dump_json
from messages import gettext as _
from pipelines.dataset.dataset import Dataset
from pipelines.notices.deliver import Delivery, Never, NotNow, channel_id
from pipelines.notices.webhook import Webhook
from pipelines.release.receipt_outcomes import ReceiptOutcome, receipt_outcomes, whole_tables
from pipelines.settings import Settings


@dataclass(frozen=True)
class ToldOutcomes:
    """That a receiver was told of these outcomes (`marks`); the first entry has those of before it was set,
    which it is not told."""

    number: int
    marks: tuple[str, ...]
    at: str


def begin_outcomes(
    settings: Settings, datasets: Collection[Dataset], archive: Archive, now: datetime
) -> None:
    """Before the first run with a receiver: notes what became of files until now, so that nothing older is
    sent. Raises ArchiveError, Damaged."""
    for each in settings.outcome_webhooks:
        for dataset in datasets:
            if dataset.pipeline.publisher.id == each.agency:
                log = _log(dataset, archive, _channel(each.url, each.agency))
                if not log.all():
                    marks = [_mark(outcome) for outcome in _settled(dataset, archive)]
                    log.append(_entry(marks, now.isoformat(timespec="seconds")))


def tell_outcomes(
    settings: Settings, datasets: Collection[Dataset], archive: Archive, now: datetime
) -> Delivery:
    """Sends each agency's programs what became of its files since the last time. What could not be sent is
    sent the next time. Raises ArchiveError, Damaged."""
    delivery = Delivery()
    for each in settings.outcome_webhooks:
        hook = Webhook(each.url, each.secret.get_secret_value(), settings.timeout, settings.retry_delay)
        for dataset in datasets:
            if dataset.pipeline.publisher.id != each.agency:
                continue
            try:
                _tell(dataset, archive, hook, each.agency, delivery, now)
            except (NotNow, Never) as error:  # nor will it take the others now
                delivery.wrong.append(str(error))
                break
            except archive.failures_of_one as error:
                delivery.wrong.append(f"{dataset.id}: {error}")
    return delivery


def _tell(
    dataset: Dataset, archive: Archive, hook: Webhook, agency: str, delivery: Delivery, now: datetime
) -> None:
    channel = _channel(hook.url, agency)
    log = _log(dataset, archive, channel)
    known, at = log.all(), now.isoformat(timespec="seconds")
    had = {mark for entry in known for mark in entry.marks}
    new = [each for each in _settled(dataset, archive) if _mark(each) not in had]
    if not known:
        log.append(_entry([_mark(each) for each in new], at))
        return
    for outcome in new:
        id = hashlib.sha256(f"{channel}\n{dataset.id}\n{dataset.demo}\n{_mark(outcome)}".encode()).hexdigest()
        body = {"type": f"receipt.{outcome.state}", "timestamp": at, "data": _data(outcome, dataset)}
        hook.post(f"msg_{id[:32]}", json.dumps(body, ensure_ascii=False, separators=(",", ":")))
        log.append(_entry([_mark(outcome)], at))
        name = _("{name} (outcomes of {agency})", name=hook.name, agency=agency)
        delivery.sent[name] = delivery.sent.get(name, 0) + 1


def _settled(dataset: Dataset, archive: Archive) -> list[ReceiptOutcome]:
    history = archive.history(dataset.id, dataset.demo)
    found = receipt_outcomes(archive, history, whole_tables(dataset))
    return [each for each in found if not each.is_open]


def _channel(url: str, agency: str) -> str:
    return channel_id("outcomes", json.dumps([url, agency]))


def _log(dataset: Dataset, archive: Archive, channel: str) -> NumberedLog[ToldOutcomes]:
    folder = f"outbox/outcomes/{channel}/{'demo' if dataset.demo else 'datasets'}/{dataset.id}"
    return NumberedLog(archive.shelf, folder, lambda entry: dump_json(vars(entry)), _parse)


def _entry(marks: Sequence[str], at: str) -> Callable[[Sequence[ToldOutcomes]], ToldOutcomes]:
    return lambda known: ToldOutcomes(len(known) + 1, tuple(marks), at)


def _mark(outcome: ReceiptOutcome) -> str:
    """What tells one outcome of a receipt from another."""
    return f"{outcome.receipt.number}:{outcome.state}:{outcome.version or ''}"


def _data(outcome: ReceiptOutcome, dataset: Dataset) -> dict[str, Any]:
    return {**outcome.to_json(), "title": dataset.title, "demo": dataset.demo}


def _parse(text: bytes) -> ToldOutcomes:
    plain = json.loads(text)
    return ToldOutcomes(plain["number"], tuple(plain["marks"]), plain["at"])

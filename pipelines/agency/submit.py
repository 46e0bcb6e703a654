"""`vereda submit`: an agency hands in a file, and gets a receipt before anything else happens to it."""

from __future__ import annotations

import hashlib
import itertools
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from catalog.archive.archive import Archive
from catalog.archive.receipts import Receipt
from catalog.archive.release import UnknownRelease
from catalog.archive.store import ArchiveError
from messages import gettext as _
from messages.formats import quote
from pipelines.dataset.dataset import (
    Dataset,
    DatasetError,
    Resource,
    describe_unknown,
    load_dataset,
    load_datasets,
)
from pipelines.dataset.file_names import printable_name, safe_name
from pipelines.dataset.mappings import require_mappable
from pipelines.dataset.periods import parse_period, period_label
from pipelines.dataset.sources import InboxSource
from pipelines.dataset.text import label_key
from pipelines.fetch.inbox import inbox_folders, receive
from pipelines.read.read import find_labels, share_of_fields
from pipelines.release.outcome import Outcome, recall_outcome
from pipelines.release.receipt_outcomes import (
    ReceiptOutcome,
    handed_tables,
    judged_receipts,
    receipt_outcomes,
    whole_tables,
)
from pipelines.release.steps import same_before
from pipelines.settings import DEFAULT_LIMITS, Limits

PATIENCE = 60.0
"""Seconds to wait for files that are handed in at the same time."""


@dataclass(frozen=True)
class Submission:
    """A file that was handed in: its receipt, and the earlier one of the same bytes, if there is any; `again`
    where this call was made before."""

    dataset: Dataset
    resource: Resource
    receipt: Receipt
    same: Receipt | None
    again: bool = False

    @property
    def period(self) -> str | None:
        """The stated period, as people name it."""
        return (
            period_label(self.receipt.period, self.dataset.pipeline.accrual_periodicity)
            if self.receipt.period
            else None
        )

    def to_json(self) -> dict[str, object]:
        told = {
            key: getattr(self.receipt, key) for key in ("number", "resource", "name", "sha256", "bytes", "at")
        }
        return {**told, "period": self.period, "sameAs": self.same.number if self.same else None}


def hand_in(
    datasets: Path,
    archive: Archive,
    inbox: Path,
    id: str,
    file: Path,
    period: str | None,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
    token: str | None = None,
) -> Submission:
    """Keeps the file in the archive, then gives it its receipt, then puts it into the inbox, where it lies as
    one that was put there by hand; what waited there before is taken first. A call that is made again under
    its `token` gets the receipt of the first one.

    Raises UnknownRelease or ValueError where the dataset, the file (its size, too) or the period cannot be:
    nothing is kept then; ArchiveError.
    """
    dataset, resource = _find_resource(datasets, id)
    if not file.is_file():
        raise ValueError(_("{file}: there is no such file", file=printable_name(str(file), 300)))
    if file.stat().st_size > limits.extract:
        raise ValueError(
            _(
                "{source} is larger than {limit} bytes; raise VEREDA_MAX_BYTES if that is right",
                source=printable_name(file.name),
                limit=limits.extract,
            )
        )
    said = (
        parse_period(period, resource, dataset.pipeline.accrual_periodicity, now.date())
        if period is not None
        else None
    )
    at = now.isoformat(timespec="seconds")
    # One after another: of two that come at once under one name, the inbox would else keep the earlier one.
    with archive.locks.wait([f"inbox-{dataset.id}"], {"dataset": dataset.id, "since": at}, PATIENCE) as mine:
        if not mine:
            raise ArchiveError(_("other files of this dataset are being handed in; try again later"))
        return _keep_file(dataset, resource, archive, inbox, file, said, at, limits, token)


def _keep_file(
    dataset: Dataset,
    resource: Resource,
    archive: Archive,
    inbox: Path,
    file: Path,
    said: str | None,
    at: str,
    limits: Limits,
    token: str | None,
) -> Submission:
    receipts = archive.receipts(dataset.id, dataset.demo)
    if token and (known := next((each for each in receipts.all() if each.token == token), None)):
        return Submission(dataset, resource, known, None, again=True)
    receive(dataset, archive, inbox, at, limits)
    sha256 = archive.put(file)
    place = _place_in_inbox(dataset, resource, inbox, file, sha256)
    receipt = receipts.add(
        Receipt(
            0,
            resource.name,
            safe_name(file.name),
            sha256,
            file.stat().st_size,
            at,
            said,
            token or uuid4().hex,
            "" if place.name == safe_name(file.name) else place.name,
        ),
        unless_last=said is None and place.exists() and place.samefile(file),
    )
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = place.with_name(f".{place.name}.{uuid4().hex[:8]}.tmp")
        shutil.copyfile(file, aside)
        aside.replace(place)
    return Submission(dataset, resource, receipt, same_before(receipt, receipts.all()))


def find_own_outcomes(
    archive: Archive, handed: Submission, outcomes: Sequence[Outcome]
) -> tuple[ReceiptOutcome, list[Outcome]]:
    """What became of the file that was handed in, whichever run judged it: of two that are handed in at once,
    the run of one may judge the other. `outcomes` are those of its own run, which tell why it still waits,
    where it does. A file in whose place a later one counts was judged by none: nothing of it is published,
    and where that one was refused, no more is of this."""
    dataset, number = handed.dataset, handed.receipt.number
    history = archive.history(dataset.id, dataset.demo)
    known = receipt_outcomes(archive, history, whole_tables(dataset), handed_tables(dataset))
    state = next(each for each in known if each.receipt.number == number)
    if mine := [each for each in outcomes if number in each.receipts]:
        return state, mine
    if state.state == "superseded":
        return state, [_passed_over(dataset, state)]
    if judged := judged_receipts(archive, history, {number}):
        return state, [recall_outcome(judged[number])]
    mine = [each for each in outcomes if each.dataset == dataset.id] or list(outcomes)
    return state, mine[-1:]


def _passed_over(dataset: Dataset, state: ReceiptOutcome) -> Outcome:
    last = state
    while last.later:
        last = last.later
    return Outcome(
        dataset.id,
        last.state if last.state in ("rejected", "failed") else "unchanged",
        state.because,
        last.version,
        last.version,
        demo=dataset.demo,
        receipts=(state.receipt.number,),
    )


def find_mappings(
    datasets: Path, id: str, file: Path, pairs: Sequence[tuple[str, str]], limits: Limits = DEFAULT_LIMITS
) -> list[tuple[str, str]]:
    """The columns of a file that is to be handed in, as it calls them, each with the field that it is said to
    be. Raises UnknownRelease or ValueError where the file has no such column, or it cannot be mapped."""
    _dataset, resource = _find_resource(datasets, id)
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        labels = find_labels(file, resource, Path(folder) / "room", limits) if file.is_file() else []
    found = []
    for said, field in pairs:
        label = next((each.strip() for each in labels if label_key(each) == label_key(said)), None)
        if label is None:
            raise ValueError(
                _(
                    "{file} has no column “{label}”; it has: {labels}",
                    file=printable_name(file.name),
                    label=said,
                    labels=", ".join(quote(each) for each in labels) or "–",
                )
            )
        require_mappable(resource, label, field)
        found.append((label, field))
    return found


def _find_resource(datasets: Path, id: str) -> tuple[Dataset, Resource]:
    name, _slash, wanted = id.partition("/")
    if not (datasets / name).is_dir():
        raise UnknownRelease(describe_unknown(datasets, name))
    dataset = load_dataset(datasets / name)
    handed = [r for r in dataset.resources if isinstance(r.pipeline.source, InboxSource)]
    if not handed:
        kinds = ", ".join(dict.fromkeys(r.pipeline.source.kind for r in dataset.resources))
        raise ValueError(
            _(
                "{id} is not handed in: it is read from its source ({kind}); correct it there, then "
                "`vereda run {id}`",
                id=name,
                kind=kinds,
            )
        )
    names = ", ".join(f"{name}/{r.name}" for r in handed)
    if not wanted and len(handed) > 1:
        raise UnknownRelease(_("{id} has several resources; name one: {names}", id=name, names=names))
    for resource in handed:
        if wanted in ("", resource.name):
            return dataset, resource
    raise UnknownRelease(
        _("{id} has no resource {resource!r}; use one of {names}", id=name, resource=wanted, names=names)
    )


def _place_in_inbox(dataset: Dataset, resource: Resource, inbox: Path, file: Path, sha256: str) -> Path:
    """Where the file goes in the inbox: under its name, or another one where a file of other bytes lies
    there."""
    folder = next(folder for folder, name in inbox_folders(dataset, inbox).items() if name == resource.name)
    place = folder / safe_name(file.name)
    if not place.exists():
        return place
    with place.open("rb") as there:
        same = hashlib.file_digest(there, "sha256").hexdigest() == sha256
    return place if same else place.with_stem(f"{place.stem}-{sha256[:8]}")


def find_better_dataset(
    datasets: Path, handed: Submission, file: Path, limits: Limits = DEFAULT_LIMITS
) -> str | None:
    """The dataset (and resource) whose columns a file has, where it has more of them than of the one that it
    was handed in for."""
    with tempfile.TemporaryDirectory(prefix="vereda-") as folder:
        rooms = (Path(folder) / str(number) for number in itertools.count())
        own = share_of_fields(file, handed.resource, next(rooms), limits)
        others = _inbox_resources(load_datasets(datasets))
        shares = [(share_of_fields(file, resource, next(rooms), limits), name) for name, resource in others]
    share, name = max(shares, default=(0.0, ""))
    return name if share > max(own, 0.5) else None


def _inbox_resources(datasets: Iterable[Dataset | DatasetError]) -> Iterable[tuple[str, Resource]]:
    for dataset in datasets:
        if isinstance(dataset, Dataset):
            handed = [r for r in dataset.resources if isinstance(r.pipeline.source, InboxSource)]
            yield from ((dataset.id if len(handed) == 1 else f"{dataset.id}/{r.name}", r) for r in handed)

"""What was received, what was done with it, and what a run would make of it: the part of a report before the
problems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow.compute as pc

from catalog.archive.changes.changes import Changes
from catalog.archive.changes.reasons import next_version
from messages import gettext as _
from messages import ngettext
from pipelines.agency.check import Check
from pipelines.dataset.dataset import Resource
from pipelines.dataset.file_names import typed_name
from pipelines.dataset.layout import Layout
from pipelines.dataset.mappings import mapping_sentences
from pipelines.dataset.personal import hidden_fields
from pipelines.dataset.sources import InboxSource, SqlSource
from pipelines.read.finding import Finding, describe_finding
from pipelines.read.read import Reading
from pipelines.release.echoes import without_echoes
from pipelines.release.outcome_words import outcome_word
from pipelines.release.receipt_outcomes import ReceiptOutcome
from validation.table import ROW


@dataclass(frozen=True)
class RepairCount:
    """A repair that the dataset declares: its reason, the column, and how many cells it changed."""

    column: str
    because: str
    cells: int


@dataclass(frozen=True)
class ReceivedTable:
    """A table as it was received. `facts` are (name, value) for people; `ignored` are the labels of columns
    that are left out."""

    resource: str
    title: str
    name: str
    rows: int
    facts: tuple[tuple[str, str], ...]
    findings: tuple[str, ...]
    repairs: tuple[RepairCount, ...]
    ignored: tuple[str, ...]
    hidden: tuple[str, ...]


@dataclass(frozen=True)
class RunForecast:
    """What would become of the file, or what became of it: a word, a sentence, and what to do next."""

    outcome: str
    sentence: str
    next: tuple[str, ...]


def describe_received(done: Check) -> list[ReceivedTable]:
    """Each table that was asked for."""
    names = [done.resource] if done.resource else [r.name for r in done.inputs.dataset.resources]
    return [
        _describe_table(done, done.inputs.dataset.resource(name), done.checked.readings[name])
        for name in names
    ]


def file_name(done: Check, resource: str) -> str:
    """What the file is called by whoever sent it."""
    if done.file is not None and resource == done.resource:
        return done.file.name
    return done.inputs.snapshots[resource].source.rstrip("/").rpartition("/")[2] or resource


def _describe_table(done: Check, resource: Resource, reading: Reading) -> ReceivedTable:
    labels = reading.places.raw.labels if reading.places else ()
    layout = resource.pipeline.layouts[reading.layout] if reading.layout is not None else Layout()
    gone = hidden_fields(resource.pipeline.personal_data)
    repairs = tuple(
        RepairCount(
            _file_label(reading, each["field"]),
            each["because"] or _("declared by the dataset"),
            each["cells"],
        )
        for each in reading.repairs
    )
    return ReceivedTable(
        resource.name,
        str(resource.descriptor.get("title") or resource.name),
        file_name(done, resource.name),
        _count_rows(done, resource.name),
        tuple(_reading_facts(reading)),
        (
            *(_describe_finding(reading, finding) for finding in reading.findings),
            *mapping_sentences(done.inputs.dataset, resource.name, labels),
        ),
        repairs,
        tuple(
            dict.fromkeys(
                label for label in labels if label in layout.ignore and layout.labels.get(label) is None
            )
        ),
        tuple(label for label in labels if layout.labels.get(label, label) in gone),
    )


def _count_rows(done: Check, resource: str) -> int:
    """The rows of the file: of an extract of some periods the table has those of earlier ones too, under no
    number."""
    if resource in done.report.rows:
        return done.report.rows[resource]
    table = done.checked.tables.get(resource)
    return 0 if table is None else int(pc.sum(pc.is_valid(table[ROW])).as_py() or 0)


def _is_empty(done: Check) -> bool:
    return done.file is not None and done.resource is not None and not _count_rows(done, done.resource)


def _reading_facts(reading: Reading) -> Iterator[tuple[str, str]]:
    if reading.sheet:
        yield _("Sheet"), reading.sheet
    if reading.delimiter:
        yield _("Separator"), {"\t": _("tab")}.get(reading.delimiter, reading.delimiter)
    if reading.encoding:
        yield _("Encoding"), reading.encoding
    if reading.places:
        yield _("Header in row"), str(reading.places.raw.header_row)
        yield _("Columns"), str(len(reading.places.raw.labels))


def _describe_finding(reading: Reading, finding: Finding) -> str:
    """The finding, its column named by the label that stands in the file."""
    if finding.field is None:
        return describe_finding(finding)
    return describe_finding(replace(finding, field=_file_label(reading, finding.field)))


def _file_label(reading: Reading, name: str) -> str:
    place = reading.places.column(name) if reading.places else None
    return reading.places.raw.labels[place].strip() if reading.places and place is not None else name


def forecast_run(done: Check, *, terminal: bool = False) -> RunForecast:
    """What a run would make of this, or made of it where it was handed in, and what its sender does next: at
    a `terminal`, or with no more than the report that was sent back."""
    would = _forecast_run(done, terminal)
    if done.became is None or done.became.is_open:
        return would
    return _tell_outcome(done, done.became, would)


def _tell_outcome(done: Check, became: ReceiptOutcome, would: RunForecast) -> RunForecast:
    """What became of a file that was handed in; what to do next stays, where something is to be done."""
    held = sum(each.rows for each in done.checked.held.values())
    told = {"version": became.version or "–"}
    match became.state:
        case "quarantined" if held:
            sentence = ngettext(
                "It was published as version {version} without {n} row that has problems: it is held back "
                "until it is corrected.",
                "It was published as version {version} without {n} rows that have problems: they are held "
                "back until they are corrected.",
                held,
                **told,
            )
        case "published" | "quarantined":
            sentence = _("It was published as version {version}.", **told)
        case "unchanged" if _is_empty(done):
            sentence = _("The file has no rows: nothing changed.")
        case "unchanged":
            sentence = _("What is published (version {version}) said the same: nothing changed.", **told)
        case "rejected" if would.outcome == "rejected":
            n = _count_critical(done)
            sentence = ngettext(
                "It was rejected: there is {n} problem that stops it. What is published stays as it is.",
                "It was rejected: there are {n} problems that stop it. What is published stays as it is.",
                n,
            )
        case "rejected":
            sentence = _("It was rejected when it came. Checked now, nothing stops it: hand it in again.")
        case _:
            said = ": ".join(filter(None, (outcome_word(became.state), became.because)))
            sentence = _("What became of it: {outcome}.", outcome=said)
    steps = would.next if became.state in ("rejected", "quarantined") and done.report.total else ()
    return RunForecast(became.state, sentence, steps)


def _count_critical(done: Check) -> int:
    """The problems that stop it, each once."""
    keys = {resource.name: resource.primary_key for resource in done.inputs.dataset.resources}
    counts = without_echoes(done.report, keys).counts
    return sum(count for kind, count in counts.items() if kind.severity == "critical")


def _forecast_run(done: Check, terminal: bool) -> RunForecast:
    dataset = done.inputs.dataset
    id = f"{dataset.id}/{done.resource}" if done.resource and len(dataset.resources) > 1 else dataset.id
    if not done.report.valid:
        n = _count_critical(done)
        sentence = ngettext(
            "It would be rejected: there is {n} problem that stops it. What is published stays as it is.",
            "It would be rejected: there are {n} problems that stop it. What is published stays as it is.",
            n,
        )
        if n == 1 and any(kind.code == "unusual-extract" for kind in done.report.counts):
            return RunForecast("rejected", sentence, tuple(_steps_to_compare()))
        return RunForecast("rejected", sentence, (*_steps_to_correct(done, id, terminal), *_steps_to_ask()))
    changes = done.evaluation.changes
    if changes is None or not done.evaluation.report.valid:
        sentence = _(
            "This table is fine, but another table of the dataset is not: nothing would be published."
        )
        step = _("Look at the whole dataset: `vereda check {id}`.", id=dataset.id)
        steps = (step,) if terminal else ()
        return RunForecast("rejected", sentence, (*steps, *_steps_to_ask()))
    if done.inputs.previous is not None and changes.level is None:
        sentence = _("What is published says the same already: nothing would change.")
        if _is_empty(done):
            sentence = _("The file has no rows: nothing would change.")
        return RunForecast("unchanged", sentence, ())
    return _forecast_release(done, id, changes, terminal)


def _forecast_release(done: Check, id: str, changes: Changes, terminal: bool) -> RunForecast:
    """The version that would be published, with or without rows that are held back."""
    version = next_version(done.inputs.history.highest, changes.level)
    if held := sum(each.rows for each in done.checked.held.values()):
        sentence = ngettext(
            "It would be published as version {version} without {n} row that has problems: it is held back "
            "until it is corrected.",
            "It would be published as version {version} without {n} rows that have problems: they are held "
            "back until they are corrected.",
            held,
            version=version,
        )
        return RunForecast(
            "quarantined", sentence, (*_steps_to_correct(done, id, terminal), *_steps_to_ask())
        )
    totals: dict[str, Any] = {
        key: sum(each[key] for each in changes.totals().values()) for key in ("added", "removed", "changed")
    }
    if changes.untraced:
        sentence = _(
            "It would be published as version {version}. Rows that changed: {changed}; that cannot be "
            "followed, as nothing tells which are the same: {removed} of before, {added} of now.",
            version=version,
            **totals,
        )
        return RunForecast("published", sentence, tuple(_steps_to_hand_in(done, id, terminal)))
    sentence = _(
        "It would be published as version {version}: {added}, {removed}, {changed}.",
        version=version,
        added=ngettext("{n} row added", "{n} rows added", totals["added"]),
        removed=ngettext("{n} removed", "{n} removed", totals["removed"]),
        changed=ngettext("{n} changed", "{n} changed", totals["changed"]),
    )
    return RunForecast("published", sentence, tuple(_steps_to_hand_in(done, id, terminal)))


def _steps_to_correct(done: Check, id: str, terminal: bool) -> Iterator[str]:
    if done.file is None and any(
        isinstance(each.pipeline.source, SqlSource) for each in done.inputs.dataset.resources
    ):
        yield _(
            "Correct the rows in the database, in the order of this list: the first problems often cause the "
            "others."
        )
    else:
        yield _(
            "Correct the file at its source, in the order of this list: the first problems often cause the "
            "others."
        )
    if done.file is not None and terminal:
        yield _("Check it again: `vereda check {id} {file}`.", id=id, file=typed_name(done.file.name))
    yield from _steps_to_hand_in(done, id, terminal)


def _steps_to_compare() -> Iterator[str]:
    """Nothing may be wrong with a file that is only unlike the ones before."""
    yield _(
        "Compare it with what you handed in before. If it is right, tell the data team, which lets it "
        "through; if not, correct it and hand it in again."
    )


def _steps_to_hand_in(done: Check, id: str, terminal: bool) -> Iterator[str]:
    resource = done.inputs.dataset.resource(done.resource) if done.resource else None
    if done.file is None or resource is None or not isinstance(resource.pipeline.source, InboxSource):
        return
    if terminal:
        given = {"id": id, "file": typed_name(done.file.name)}
        if done.report.total:
            yield _("When it has no more problems, hand it in: `vereda submit {id} {file}`.", **given)
        else:
            yield _("Hand it in: `vereda submit {id} {file}`.", **given)
    elif done.report.total:
        yield _("When it has no more problems, hand it in.")


def _steps_to_ask() -> Iterator[str]:
    """Whom to ask: never the publisher, where whoever reads this works."""
    yield _("Is something right that this report calls wrong? Tell the data team.")

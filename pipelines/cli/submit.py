"""The command with which an agency hands a file in, and is told what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from messages import gettext as _
from pipelines.cli.app import JSON, app, exit_on_errors, importing, now, settings_and_archive, show_json
from pipelines.cli.people import MAP

if TYPE_CHECKING:
    from rich.text import Text

    from catalog.archive.archive import Archive
    from pipelines.agency.progress import Progress
    from pipelines.agency.submit import Submission
    from pipelines.release.outcome import Outcome
    from pipelines.release.receipt_outcomes import ReceiptOutcome
    from pipelines.settings import Limits, Settings


@app.command(help=_("Hand in an extract: it is kept, gets a receipt, and its dataset is run."))
@exit_on_errors
def submit(
    id: Annotated[str, typer.Argument(metavar="ID", help=_("a dataset, or dataset/resource"))],
    file: Annotated[
        Path,
        typer.Argument(
            metavar=_("FILE"),
            help=_("the extract: CSV, XLSX, XLS, ODS, JSON, JSON Lines, or one of them in a ZIP or gzip"),
        ),
    ],
    period: Annotated[
        str | None, typer.Option(metavar=_("P"), help=_("the period that it tells of, as in 2024-08"))
    ] = None,
    map: MAP = None,
    json: JSON = False,
) -> None:
    with importing():
        import flows
        from catalog.archive.runs import new_run_id
        from pipelines.agency.submit import find_better_dataset, find_own_outcomes, hand_in
        from pipelines.cli.tables import console, received_lines
        from pipelines.release.outcome import exit_status
        from pipelines.settings import Limits

    settings, archive = settings_and_archive()
    limits = Limits.of(settings)
    mapped = _find_mappings(settings, id, file, map or (), limits)
    handed = hand_in(settings.datasets, archive, settings.inbox, id, file, period, now(), limits)
    _keep_mappings(handed, archive, mapped)
    screen = console()
    if not json:
        for line in received_lines(handed.dataset.id, handed.receipt, handed.period, handed.same):
            screen.print(line, soft_wrap=True)
    run_id = new_run_id(now())
    number = (handed.receipt.number,)
    outcomes = flows.run_here([handed.dataset.id], None, settings, lambda *_: None, run_id, "submit", number)
    state, mine = find_own_outcomes(archive, handed, outcomes)
    others = [each for each in outcomes if each not in mine]
    if any(outcome.outcome == "rejected" for outcome in mine):
        other = find_better_dataset(settings.datasets, handed, file, limits)
        mine = [_hint_at(other, file, outcome) for outcome in mine] if other else mine
    progress, written = _answer_sender(handed, file, state, mine, report=not json)
    if json:
        shown = {"outcomes": [each.to_json() for each in mine], "others": [each.to_json() for each in others]}
        became = {name: state.to_json()[name] for name in ("state", "version", "because")}
        told = became | ({"progress": progress.to_json()} if progress else {})
        show_json({"run": run_id, **shown, "receipt": {**handed.to_json(), **told}})
    else:
        said = [*([progress.sentence] if progress else []), *written]
        for answer in _answer_lines(handed, archive, state, mine, others, said):
            screen.print(answer, soft_wrap=True)
    places = [each for each in others if each.dataset != handed.dataset.id and each.outcome == "failed"]
    raise typer.Exit(exit_status([*mine, *places]))


def _answer_lines(
    handed: Submission,
    archive: Archive,
    state: ReceiptOutcome,
    mine: Sequence[Outcome],
    others: Sequence[Outcome],
    said: Sequence[str],
) -> Iterator[str | Text]:
    """What became of the file, then of others in the same run."""
    from pipelines.cli.tables import other_outcome_lines, passed_over_lines, receipt_outcome

    for outcome in mine:
        unjudged = state.state == "superseded" or state.missing
        yield from passed_over_lines(state) if unjudged else receipt_outcome(outcome)
    yield from (f"  {sentence}" for sentence in said)
    known = archive.receipts(handed.dataset.id, handed.dataset.demo).all()
    yield from other_outcome_lines(others, {receipt.number: receipt.name for receipt in known})


def _find_mappings(
    settings: Settings, id: str, file: Path, said: Sequence[str], limits: Limits
) -> list[tuple[str, str]]:
    """What was said of the file's columns, before anything is kept. Raises ValueError where it cannot be."""
    from pipelines.agency.submit import find_mappings
    from pipelines.dataset.mappings import parse_mapping

    pairs = [parse_mapping(each) for each in said]
    return find_mappings(settings.datasets, id, file, pairs, limits) if pairs else []


def _keep_mappings(handed: Submission, archive: Archive, mapped: Sequence[tuple[str, str]]) -> None:
    import getpass

    from pipelines.dataset.mappings import keep_mapping

    who = getpass.getuser() if mapped else ""
    for label, field in mapped:
        keep_mapping(archive, handed.dataset, handed.resource, label, field, who, handed.receipt.at)


def _hint_at(other: str, file: Path, outcome: Outcome) -> Outcome:
    """A rejection that says which dataset the file seems to be meant for."""
    if outcome.outcome != "rejected":
        return outcome
    from pipelines.dataset.file_names import typed_name
    from pipelines.release.outcome import join_sentences

    hint = _(
        "its columns are those of {other}: `vereda submit {other} {file}`",
        other=other,
        file=typed_name(str(file)),
    )
    said = outcome.for_sender or outcome.message
    message = join_sentences(outcome.message, hint)
    return replace(outcome, message=message, for_sender=join_sentences(said, hint))


def _answer_sender(
    handed: Submission, file: Path, state: ReceiptOutcome, mine: Sequence[Outcome], *, report: bool
) -> tuple[Progress | None, list[str]]:
    """How the file stands to the one before, and, where something is wrong with it, the sentences on what was
    written beside its receipt's number."""
    from pipelines.agency.answer import write_answer
    from pipelines.agency.check import check_dataset
    from pipelines.agency.progress import find_progress
    from pipelines.settings import Limits

    wrong = any(each.outcome in ("rejected", "quarantined") and each.report for each in mine)
    again = handed.same and handed.same.number == handed.receipt.number - 1
    if not wrong and (handed.receipt.number == 1 or again):
        return None, []
    settings, archive = settings_and_archive()
    id, number = f"{handed.dataset.id}/{handed.resource.name}", handed.receipt.number
    into = settings.inbox.absolute().parent / "informes" / handed.dataset.id / f"{number:04}"
    limits, receipt = Limits.of(settings), handed.receipt
    with check_dataset(settings.datasets, archive, id, file, receipt=receipt, limits=limits) as done:
        done = replace(done, became=state)
        progress = find_progress(done, settings.datasets, archive, handed.receipt, limits)
        if not (wrong and report):
            return progress, []
        return progress, write_answer(done, into, into / f"{file.stem}-anotado.xlsx", now(), progress)

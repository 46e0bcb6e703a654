"""Commands that read sources: run, check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import (
    IDS,
    JSON,
    app,
    exit_on_errors,
    importing,
    now,
    settings_and_archive,
    show_json,
)

if TYPE_CHECKING:
    from rich.console import Console

    from catalog.archive.archive import Archive
    from pipelines.agency.check import Check
    from pipelines.agency.progress import Progress
    from pipelines.dataset.dataset import Dataset, DatasetError
    from pipelines.nightly.plan import NightPlan
    from pipelines.release.outcome import Outcome
    from pipelines.settings import Limits, Settings

Declared: TypeAlias = "Callable[[], Iterator[Dataset | DatasetError]]"


@app.command(help=_("Bring releases up to date with their sources: the main job."))
@exit_on_errors
def run(
    ids: IDS = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help=_("stop at the extract of this date"))
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar=_("ADDRESS"), help=_("the workers of this Dask scheduler take parts of large tables")
        ),
    ] = None,
    json: JSON = False,
    receipt: Annotated[list[int] | None, typer.Option(hidden=True)] = None,
) -> None:
    """`receipt`, which the desk gives, numbers what the run is for."""
    settings, archive = settings_and_archive()
    from pipelines.nightly.plan import require_known

    require_known(settings.datasets, ids)  # before what takes seconds
    if dask:
        settings = _settings_with_workers(settings, dask)
    with importing():
        import flows
        from catalog.archive.runs import new_run_id
        from pipelines.cli.tables import console
        from pipelines.release.outcome import exit_status
        from pipelines.release.outcome_words import awaiting_sentence

    run_id = new_run_id(now())
    screen = console()
    if not json:
        screen.print(_("Starting the nightly flow …"))
    day = as_of.date().isoformat() if as_of else None
    progress = _Progress(None if json else screen)
    outcomes = flows.run_here(
        *(ids or None, day, settings, progress.show, run_id),
        "desk" if receipt else None,
        receipt or (),
        progress.begin,
    )
    if json:
        show_json({"run": run_id, "outcomes": [outcome.to_json() for outcome in outcomes]})
    else:
        declared = _find_declared(settings, None if ids else progress.plan)
        for line in _closing_lines(outcomes, archive, settings, declared):
            screen.print(line, soft_wrap=isinstance(line, str))
        if progress.awaiting:
            screen.print(awaiting_sentence(progress.awaiting), soft_wrap=True)
    raise typer.Exit(exit_status(outcomes))


def _settings_with_workers(settings: Settings, address: str) -> Settings:
    """The settings of a run whose tables workers share. Raises ClusterError where there are none of its kind,
    before anything is done."""
    from isolation import nursery
    from pipelines.workers import connect_workers
    from validation.fast.parts import load_dask

    load_dask()
    nursery.prepare()  # before there are threads; with Dask loaded, for all that it forks
    with connect_workers(address, Path()):
        return settings.model_copy(update={"dask": address})


class _Progress:
    """Says of each dataset that ended what became of it, and how many of how many did."""

    def __init__(self, screen: Console | None) -> None:
        self.screen = screen
        self.wanted: Collection[str] = ()
        self.awaiting: Sequence[str] = ()
        self.ended: set[str] = set()
        self.plan: NightPlan | None = None

    def begin(self, plan: NightPlan) -> None:
        self.wanted, self.awaiting = set(plan.chosen), plan.awaiting
        self.plan = plan

    def show(self, dataset: str, outcome: Outcome) -> None:
        from pipelines.cli.tables import outcome_line

        if self.screen is None:
            return
        place = ""
        if dataset in self.wanted:  # what is not is a catalogue
            self.ended.add(dataset)
            place = _("{n} of {all} ", n=len(self.ended), all=len(self.wanted))
        self.screen.print(outcome_line(outcome, place))


def _find_declared(settings: Settings, plan: NightPlan | None) -> Declared:
    """What goes through all declarations, as often as it is called: those of the plan, where it has all."""
    from itertools import chain

    from pipelines.dataset.dataset import DatasetError, iterate_datasets

    def read() -> Iterator[Dataset | DatasetError]:
        if plan is None:
            return iterate_datasets(settings.datasets)
        broken = (each for each in plan.chosen.values() if isinstance(each, DatasetError))
        return chain(plan.declared, broken)

    return read


def _closing_lines(
    outcomes: list[Outcome], archive: Archive, settings: Settings, declared: Declared
) -> Iterator[Any]:
    """What the run did, what is unchanged as a number; then what to do."""
    from pipelines.cli.tables import need_lines, outcomes_table, quiet_sentence
    from pipelines.release.outcome_words import outcome_place

    told = [each for each in outcomes if not each.quiet]
    if told:
        yield outcomes_table(told)
    if quiet := len(outcomes) - len(told):
        yield quiet_sentence(quiet)
    needs = _find_needs(outcomes, archive, settings, declared)
    waiting = {need["dataset"] for need in needs}
    rest = [each for each in told if each.message and each.dataset not in waiting]
    yield from (f"{outcome_place(each.dataset)}: {each.message}" for each in rest)
    portal = settings.portal.absolute() / "index.html"
    yield _("The portal is at {place}", place=portal)
    if needs:
        yield from need_lines(needs)
    elif any(_is_bad(each) for each in outcomes):  # the archive could not take it down
        yield "  → vereda doctor"
    else:
        yield _(
            "Next: `vereda serve` shows it, `vereda list` sums up, `vereda history ID` tells the versions."
        )


def _is_bad(outcome: Outcome) -> bool:
    return outcome.outcome in ("failed", "rejected", "quarantined")


def _find_needs(
    outcomes: list[Outcome], archive: Archive, settings: Settings, declared: Declared
) -> list[Mapping[str, Any]]:
    """What of this run waits for a person, as `vereda status` says it; and what lies in the inbox and is not
    taken: who misspelt a folder's name looks here for what became of the file."""
    from catalog.archive.release import Damaged
    from catalog.archive.store import ArchiveError
    from pipelines.nightly.status import describe_status, find_strays

    strays: list[Mapping[str, Any]] = [*find_strays(declared(), settings)]
    bad = {each.dataset for each in outcomes if _is_bad(each)}
    if not bad:
        return strays
    try:
        status = describe_status(archive, declared(), settings, settings.now)
    except (ArchiveError, Damaged):  # the outcomes say what is wrong with it
        return strays
    return [*(need for need in status["needs"] if need["dataset"] in bad), *strays]


SHOWING = ("pipelines.cli.tables", "pipelines.agency.report.received")
ANSWERING = (*SHOWING, "pipelines.agency.corrections", "pipelines.agency.report.write")
"""What shows the problems of a file, and what writes them down."""


@app.command(help=_("Read and validate a file, or what the source holds now; publish nothing."))
@exit_on_errors
def check(
    id: Annotated[str | None, typer.Argument(metavar="ID", help=_("a dataset, or dataset/resource"))] = None,
    file: Annotated[
        Path | None,
        typer.Argument(metavar=_("FILE"), help=_("the extract; otherwise the declared source is read")),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar=_("DIR"), help=_("write the checked table with its descriptor there")),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar=_("DIR"),
            help=_("write a report there for whoever sent the file: a page, the whole list, JSON"),
        ),
    ] = None,
    workbook: Annotated[
        Path | None,
        typer.Option(
            metavar=_("OUT.xlsx"),
            help=_("write the file back with notes in its cells, and beside it a corrected copy"),
        ),
    ] = None,
    period: Annotated[
        str | None, typer.Option(metavar=_("P"), help=_("the period that it tells of, as in 2024-08"))
    ] = None,
    descriptor: Annotated[
        str | None,
        typer.Option(
            metavar=_("D"), help=_("instead of a dataset: any Frictionless Resource or Package descriptor")
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar=_("ADDRESS"),
            help=_("with --descriptor: the workers of this Dask scheduler share the work"),
        ),
    ] = None,
    json: JSON = False,
) -> None:
    if dask is not None and descriptor is None:
        raise ValueError(_("--dask goes with --descriptor D"))
    if (id is None) == (descriptor is None):
        raise ValueError(_("name a dataset (`vereda list` shows them) or a descriptor (`--descriptor D`)"))
    if period is not None and file is None:
        raise ValueError(_("--period goes with FILE"))
    if descriptor is not None:
        raise typer.Exit(_check_descriptor(descriptor, dask, json))
    with importing():
        from pipelines.agency.check import check_dataset, write_checked_tables
        from pipelines.fetch.access import Access
        from pipelines.settings import Limits
        from validation.table import leave_pandas_out

    assert id
    leave_pandas_out()
    settings, archive = settings_and_archive()
    access, limits = Access.of(settings), Limits.of(settings)
    given = settings.datasets, archive, id, file, settings.inbox, access
    ahead = ANSWERING if report or workbook or json else SHOWING
    with check_dataset(*given, limits=limits, period=period, ahead=ahead) as done:
        if to:
            write_checked_tables(done, to)
        progress = _find_progress(done, settings, archive, limits) if file else None
        written = _write_answer(done, report, workbook, progress) if report or workbook else []
        if json:
            from pipelines.agency.report.write import report_as_json

            show_json(report_as_json(done, progress))
        else:
            _show_check(done, id, to, [*([progress.sentence] if progress else []), *written])
    raise typer.Exit(0 if done.report.clean else 1)


def _find_progress(done: Check, settings: Settings, archive: Archive, limits: Limits) -> Progress | None:
    from pipelines.agency.progress import find_progress

    return find_progress(done, settings.datasets, archive, limits=limits)


def _write_answer(
    done: Check, report: Path | None, workbook: Path | None, progress: Progress | None
) -> list[str]:
    from pipelines.agency.answer import write_answer

    return write_answer(done, report, workbook, now(), progress)


def _show_check(done: Check, id: str, to: Path | None, written: Iterable[str]) -> None:
    from pipelines.agency.report.groups import group_check_problems
    from pipelines.agency.report.received import forecast_run
    from pipelines.cli.tables import console, report_lines, verdict_lines

    screen = console()
    found = group_check_problems(done)
    for line in report_lines(done.report, found):
        screen.print(line)
    rows, total = sum(done.report.rows.values()), sum(group.count for group in found)
    screen.print(
        ngettext("{n} problem", "{n} problems", total)
        if total
        else ngettext("{id}: {n} row, no problems", "{id}: {n} rows, no problems", rows, id=id)
    )
    for line in verdict_lines(forecast_run(done, terminal=True)):
        screen.print(line, soft_wrap=True)
    for sentence in written:
        screen.print(sentence, soft_wrap=True)
    if to:
        screen.print(
            _("The checked table is in {place}; `frictionless validate` reads the same there", place=to)
        )


def _check_descriptor(descriptor: str, address: str | None, as_json: bool) -> int:
    """Shows what frictionless reports of a descriptor, in its own words; gives the exit status. Imports
    little: it should be quick."""
    from contextlib import nullcontext
    from json import dumps

    from validation.fast.validate import validate
    from validation.patterns import PatternTooSlow

    if not Path(descriptor).exists():
        raise ValueError(_("{file}: there is no such file", file=descriptor))
    cluster: Any = nullcontext()
    if address is not None:
        from validation.fast.parts import connect_dask

        cluster = connect_dask(address)
    try:
        with cluster as workers:
            report = validate(descriptor, cluster=workers)
    except PatternTooSlow as slow:
        raise ValueError(_("{file}: `pattern` {why}", file=descriptor, why=slow)) from slow
    summary: str = report.to_summary()  # type: ignore[no-untyped-call]
    typer.echo(
        dumps(report.to_descriptor(), ensure_ascii=False, indent=2, default=str)
        if as_json
        else summary.strip()
    )
    return 0 if report.valid else 1

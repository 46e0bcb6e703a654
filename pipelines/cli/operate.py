"""Commands for those who answer for the night: what needs a person, and what each run did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import JSON, app, exit_on_errors, importing, settings_and_archive, show_json


@app.command(help=_("What needs a person first, and what to type; what is running; when the next night is."))
@exit_on_errors
def status(json: JSON = False) -> None:
    with importing():
        from pipelines.cli.tables import console, need_lines
        from pipelines.dataset.dataset import iterate_datasets
        from pipelines.nightly.schedule import find_schedule
        from pipelines.nightly.status import describe_status

    settings, archive = settings_and_archive()
    declared = iterate_datasets(settings.datasets)
    answer = describe_status(archive, declared, settings, settings.now, find_schedule())
    if json:
        return show_json(answer)
    screen = console()
    for line in need_lines(answer["needs"]):
        screen.print(line)
    for line in night_lines(answer):
        screen.print(line)
    return None


@app.command(help=_("What the last runs did, newest first; with --show, one of them in full."))
@exit_on_errors
def runs(
    id: Annotated[
        str | None, typer.Argument(metavar="ID", help=_("a dataset; all where none is named"))
    ] = None,
    show: Annotated[
        str | None, typer.Option("--show", metavar=_("RUN"), help=_("this run: each reason in full"))
    ] = None,
    most: Annotated[int, typer.Option("--last", min=1, help=_("how many runs"))] = 20,
    json: JSON = False,
) -> None:
    from pipelines.cli.tables import console
    from pipelines.nightly.status import describe_run, describe_runs

    settings, archive = settings_and_archive()
    if show is None:
        answer = describe_runs(archive, id, most)
        if id and not answer["runs"]:
            raise ValueError(_describe_no_runs(settings.datasets, id))
        if json:
            return show_json(answer)
        return console().print(_runs_table(answer["runs"], id))
    record = archive.run_log.read(show)
    mine = [each for each in record.outcomes if id is None or each["dataset"] == id]
    run = describe_run(archive.run_log, record, mine)
    if json:
        return show_json({"runs": [run]})
    screen = console()
    for line in _run_lines(archive, run):
        screen.print(line)
    return None


def _describe_no_runs(datasets: Path, id: str) -> str:
    from pipelines.dataset.dataset import describe_unknown

    if (datasets / id).is_dir():
        return _("{dataset} has not run yet; `vereda run {dataset}` runs it", dataset=id)
    return describe_unknown(datasets, id)


@app.command(
    help=_("What is wrong with the set-up, and what to type or change: folders, CKAN, Prefect, clock.")
)
@exit_on_errors
def doctor(json: JSON = False) -> None:
    from pipelines.cli.tables import console
    from pipelines.nightly.doctor import examine

    checks = examine()["checks"]
    if json:
        show_json({"checks": checks})
    else:
        screen = console()
        for check in checks:
            for line in _check_lines(check):
                screen.print(line, soft_wrap=True)
    raise typer.Exit(0 if all(check["ok"] for check in checks) else 1)


def _check_lines(check: Mapping[str, Any]) -> Iterator[Any]:
    from rich.text import Text

    mark = Text("✓ ", style="green") if check["ok"] else Text("✗ ", style="bold red")
    yield Text.assemble(mark, Text(_check_label(check["name"]), style="bold"), f": {check['found']}")
    if check["next"]:
        yield Text(f"    → {check['next']}", style="cyan")


def _check_label(name: str) -> str:
    return {
        "settings": _("settings"),
        "declarations": _("declarations"),
        "archive": _("archive"),
        "portal": _("portal"),
        "inbox": _("inbox"),
        "ckan": "CKAN",
        "mail": _("mail"),
        "prefect": "Prefect",
        "packages": _("packages"),
        "clock": _("clock"),
        "address": _("public address"),
    }[name]


@app.command(
    help=_(
        "What stands at the links of evidence, sources and minutes: kept copies, and what became of the "
        "originals. With --ask, those that were not asked this night are asked now."
    )
)
@exit_on_errors
def evidence(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help=_("all where none is named"))] = None,
    ask: Annotated[bool, typer.Option("--ask", help=_("ask the links that are due, now"))] = False,
    json: JSON = False,
) -> None:
    from catalog.archive.archive import find_history
    from catalog.archive.runs import new_run_id
    from pipelines.cli.tables import console, link_lines
    from pipelines.nightly.evidence import describe_links, keep_evidence

    settings, archive = settings_and_archive()
    for each in ids or ():
        find_history(archive, each)
    told = keep_evidence(archive, settings, new_run_id(settings.now), ids or None) if ask else ""
    rows = describe_links(archive, ids or None)
    if json:
        return show_json({"links": rows})
    screen = console()
    for line in link_lines(rows):
        screen.print(line)
    if told:
        screen.print(told)
    return None


def night_lines(answer: Mapping[str, Any]) -> Iterator[Any]:
    from rich.text import Text

    from messages.formats import format_date
    from pipelines.cli.tables import links_sentence
    from pipelines.release.outcome_words import count_outcomes, end_word, late_sentence

    for each in answer["running"]:
        yield Text(_("Running: {dataset}, since {time}", dataset=each["dataset"], time=each["since"][11:16]))
    night = answer["night"]
    if night["started"] is None:
        yield Text(_("No night has run yet."))
    else:
        left = {"awaiting": night["awaiting"], "notDue": night["notDue"]}
        counts = count_outcomes({**night["outcomes"], **left}) or _("nothing was due")
        if night["end"] != "done" or night["stop"]:
            counts = f"{end_word(night['end'], night['stop'])}; {counts}"
        yield Text(
            _(
                "Last night: {date}, {time}: {counts}",
                date=format_date(night["started"]),
                time=night["started"][11:16],
                counts=counts,
            )
        )
    if late := answer["late"]:
        yield Text(late_sentence(late), style="yellow")
    if answer["links"].get("links"):
        yield Text(links_sentence(answer["links"]))
    yield from _next_night_lines(night["next"], answer["schedule"])


def _next_night_lines(upcoming: str | None, schedule: Mapping[str, Any]) -> Iterator[Any]:
    """When the next night begins; where none does and it is no fault, that too, and what to type."""
    from rich.text import Text

    from messages.formats import format_date

    if upcoming:
        yield Text(_("Next night: {date}, {time}", date=format_date(upcoming[:10]), time=upcoming[11:16]))
    elif schedule["state"] == "none":
        yield Text(_("No next night is planned: {why}", why=schedule["found"]))
        yield Text(f"    → {schedule['next']}", style="cyan")


def _runs_table(found: list[Mapping[str, Any]], dataset: str | None) -> Any:
    """Those of a dataset say nothing of the others."""
    from pipelines.cli.tables import plain_table
    from pipelines.release.outcome_words import end_word

    headings = [_("run"), _("began"), _("kind"), _("end"), _("outcomes")]
    rows = [
        (
            run["run"],
            run["at"][:16].replace("T", " "),
            _run_label(run),
            end_word(run["end"], run["stop"]),
            _count_run(run, dataset),
        )
        for run in found
    ]
    return plain_table(headings, rows, folds=4)


def _count_run(run: Mapping[str, Any], dataset: str | None) -> str:
    """How many of each outcome; where no dataset is asked for, of those that were left alone as well."""
    from pipelines.nightly.status import count_kinds
    from pipelines.release.outcome_words import count_outcomes

    counts = count_kinds(run["outcomes"], 0 if dataset else run["awaiting"])
    return count_outcomes(counts if dataset else {**counts, "notDue": run["notDue"]})


def _kind_label(kind: str) -> str:
    return {
        "night": _("night"),
        "hand": _("by hand"),
        "inbox": _("inbox"),
        "submit": _("handed in"),
        "desk": _("desk"),
    }[kind]


def _run_label(run: Mapping[str, Any]) -> str:
    """What started it, and for which receipts."""
    label, receipts = _kind_label(run["kind"]), run["receipts"]
    if not receipts:
        return label
    numbers = ", ".join(map(str, receipts))
    return ngettext(
        "{kind}, receipt {numbers}", "{kind}, receipts {numbers}", len(receipts), kind=label, numbers=numbers
    )


def _run_lines(archive: Any, run: Mapping[str, Any]) -> Iterator[Any]:
    """A run in full: each outcome that is not `unchanged` with its reason, and what its report names."""
    from rich.text import Text

    from pipelines.cli.tables import indent_text, outcome_text, quiet_sentence
    from pipelines.release.outcome_words import end_word, outcome_place

    began, end = run["at"][:16].replace("T", " "), end_word(run["end"], run["stop"])
    yield Text(f"{run['run']}: {_run_label(run)}, {began}, {end}", style="bold")
    quiet = 0
    for outcome in run["outcomes"]:
        if outcome["outcome"] == "unchanged" and not outcome["message"]:
            quiet += 1
            continue
        kind = "awaiting" if outcome.get("awaiting") else outcome["outcome"]
        became = outcome_text(kind, outcome["version"])
        yield Text.assemble(Text(outcome_place(outcome["dataset"]), style="bold"), *became)
        if outcome["message"]:
            yield Text(indent_text(outcome["message"], 4))
        yield from _problem_lines(archive, run["run"], outcome)
    if quiet:
        yield Text(quiet_sentence(quiet))


def _problem_lines(archive: Any, run: str, outcome: Mapping[str, Any]) -> Iterator[Any]:
    """The problems that the run's own report kept, a line for each of the first ones."""
    from rich.text import Text

    from pipelines.cli.tables import indent_text
    from pipelines.nightly.status import find_report
    from validation.problems.notes import sentence
    from validation.report import Problem

    if outcome["outcome"] not in ("rejected", "quarantined"):
        return
    tasks = find_report(archive, outcome["dataset"], run).get("frictionless", {}).get("tasks", [])
    errors = [Problem.from_error(task["name"], error) for task in tasks for error in task["errors"]]
    if len(errors) == 1 and sentence(errors[0]).partition(": ")[2] in outcome["message"]:
        return  # said already
    for problem in errors[:20]:
        yield Text(indent_text(sentence(problem), 6))
    if len(errors) > 20:
        n = len(errors) - 20
        yield Text("      " + ngettext("and {n} more problem", "and {n} more problems", n), style="dim")

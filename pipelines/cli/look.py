"""Commands that show what there is, and change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import (
    ID,
    JSON,
    app,
    exit_on_errors,
    find_log,
    importing,
    now,
    settings_and_archive,
    show_json,
)


@app.command("list", help=_("All datasets, with their version and how fresh they are."))
@exit_on_errors
def list_(json: JSON = False) -> None:
    with importing():
        from catalog import words
        from pipelines.cli.queries import list_datasets
        from pipelines.cli.tables import console, plain_table
        from pipelines.release.outcome_words import outcome_word

    settings, archive = settings_and_archive()
    answer = list_datasets(archive, settings.datasets, now())
    if json:
        return show_json(answer)
    headings = [_("dataset"), _("title"), _("version"), _("released"), _("last run"), _("rows"), _("fresh")]
    rows = [
        (
            d["id"],
            d["title"] + (" [demo]" if d["demo"] else ""),
            d["version"],
            (d["released"] or "")[:10],
            outcome_word(d["outcome"]) if d["outcome"] else "",
            d["rows"],
            words.freshness(d["fresh"]) if d["fresh"] else "",
        )
        for d in answer["datasets"]
        if d["state"] == "live"
    ]
    console().print(plain_table(headings, rows, numbers=(5,), folds=1))
    for d in answer["datasets"]:
        if d["note"]:
            console().print(f"{d['id']}: {d['note']}", style="red", markup=False, soft_wrap=True)
    if pending := [d for d in answer["datasets"] if d["state"] == "pending" and not d["note"]]:
        console().print("\n" + _("To come: what is missing, and who has it"), style="bold")
        for d in pending:
            line = f"{d['id']}: {d['missing']} {d['ask']}"
            console().print(line, markup=False, soft_wrap=True)
            for table in d["handIn"]:
                console().print(f"  → vereda submit {table} FILE", markup=False, soft_wrap=True)
    return None


@app.command(help=_("What is published of a dataset: its descriptor, versions and links."))
@exit_on_errors
def show(
    id: ID,
    held: Annotated[
        bool, typer.Option("--held", help=_("the rows that are held back, and why; not for the public"))
    ] = False,
    json: JSON = False,
) -> None:
    from catalog.archive.archive import find_history
    from pipelines.cli.queries import describe_release
    from pipelines.cli.tables import console, held_lines
    from pipelines.release.quarantine import list_held_rows

    settings, archive = settings_and_archive()
    if held:
        found = list_held_rows(archive, find_history(archive, id))
        if json:
            return show_json(found)
        for line in held_lines(found["rows"]):
            console().print(line)
        n = len(found["rows"])
        sentence = ngettext(
            "{id} {version}: {n} row is held back",
            "{id} {version}: {n} rows are held back",
            n,
            id=id,
            version=found["version"],
        )
        return console().print(sentence)
    answer = describe_release(
        archive, find_history(archive, id), settings.portal_url or settings.portal.absolute().as_uri()
    )
    if json:
        return show_json(answer)
    screen = console()
    screen.print(f"{answer['title']} · {answer['version']}", style="bold")
    screen.print(answer.get("description", "").strip())
    if rows := sum(resource.get("heldRows", 0) for resource in answer["resources"]):
        screen.print(
            ngettext(
                "{n} row is held back (--held shows it)", "{n} rows are held back (--held shows them)", rows
            ),
            style="yellow",
        )
    gone = {*answer["withdrawn"]}
    marked = [_("{version} (withdrawn)", version=v) if v in gone else v for v in answer["versions"]]
    screen.print(_("Versions: {versions}", versions=", ".join(marked)))
    for url in answer["urls"]["latest"].values():
        screen.print(f"  {url}", soft_wrap=True)
    return None


@app.command(help=_("The log of a dataset: releases, rollbacks, withdrawals."))
@exit_on_errors
def history(id: ID, json: JSON = False) -> None:
    from pipelines.cli.queries import describe_history
    from pipelines.cli.tables import console, plain_table
    from pipelines.release.damage import read_whole_log

    _settings, archive = settings_and_archive()
    log = read_whole_log(archive, id, find_log(archive, id))
    answer = describe_history(log)
    if json:
        show_json(answer)
        raise typer.Exit(3 if log.damages else 0)
    rows = [
        (
            e["entry"],
            _entry_word(e["kind"]),
            e["version"],
            _step_word(e["step"]) if e["step"] else "",
            e["at"][:16],
            e["asOf"],
            " ".join(filter(None, (e["what"], _entry_reason(e)))),
        )
        for e in answer["entries"]
    ]
    console().print(
        plain_table(
            [_("entry"), _("kind"), _("version"), _("step"), _("at"), _("data of"), _("what")], rows, folds=6
        )
    )
    for damage in log.damages:
        console().print(damage.note, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(3 if log.damages else 0)


def _entry_word(kind: str) -> str:
    """What an act in the log is called; the sentence beside it says more."""
    return {
        "release": _("release"),
        "current": _("rollback"),
        "withdraw": _("withdrawal"),
        "accept": _("acceptance"),
    }[kind]


def _step_word(step: str) -> str:
    return {"major": _("major"), "minor": _("minor"), "patch": _("patch")}[step]


@app.command(help=_("What changed from one version to another; by default in the current one."))
@exit_on_errors
def changes(
    id: ID,
    start: Annotated[str | None, typer.Argument(metavar=_("FROM"), help=_("the earlier version"))] = None,
    end: Annotated[
        str | None, typer.Argument(metavar=_("TO"), help=_("the later version; otherwise the current one"))
    ] = None,
    json: JSON = False,
) -> None:
    from catalog.archive.archive import find_history
    from catalog.archive.changes.reasons import describe_changes
    from pipelines.cli.queries import compare_versions
    from pipelines.cli.tables import console

    _settings, archive = settings_and_archive()
    log = find_history(archive, id)
    answer = compare_versions(archive, log, start, end, Path("var/changes").absolute())
    if json:
        return show_json(answer)
    screen = console()
    steps = " → ".join(filter(None, (answer["from"], answer["to"])))
    screen.print(f"{id} {steps}", style="bold")
    for sentence in describe_changes(answer["resources"]):
        screen.print(f"  {sentence}")
    screen.print(_("Row by row and cell by cell: {file}", file=answer["file"]), soft_wrap=True)
    return None


@app.command(help=_("What differs between two files, addresses or versions, by rows and cells."))
@exit_on_errors
def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help=_("a file, an address, or ID[/RESOURCE][@VERSION]"))
    ],
    after: Annotated[str, typer.Argument(metavar="B", help=_("likewise"))],
    key: Annotated[
        str | None,
        typer.Option(metavar=_("COLUMN[,COLUMN]"), help=_("the columns by which rows are the same row")),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar=_("FILE"), help=_("write every change there, as CSV or Parquet"))
    ] = None,
    json: JSON = False,
) -> None:
    import tempfile
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with importing():
        from isolation.spill import spilling
        from pipelines.cli.differences import difference_lines
        from pipelines.cli.tables import console
        from pipelines.release.difference import diff as find_difference
        from pipelines.release.difference import open_side, write_difference
        from pipelines.settings import Limits
        from validation.table import leave_pandas_out

    leave_pandas_out()
    settings, archive = settings_and_archive()
    limits = Limits.of(settings)
    with (
        spilling(),
        tempfile.TemporaryDirectory(prefix="vereda-") as folder,
        ThreadPoolExecutor(2) as pool,
    ):
        sides = []
        for place, text in enumerate((before, after)):
            (room := Path(folder) / str(place)).mkdir()
            sides.append(pool.submit(copy_context().run, open_side, text, archive, room, limits))
        columns = [name.strip() for name in key.split(",")] if key else []
        found = find_difference(sides[0].result(), sides[1].result(), columns)
        file = (to or Path("var/changes/diff.parquet")).absolute()
        write_difference(found, file)
        if json:
            return show_json(found.to_json(file))
        for line in difference_lines(found):
            console().print(line, markup=False, soft_wrap=isinstance(line, str))
        console().print(_("Row by row and cell by cell: {file}", file=file), markup=False, soft_wrap=True)
    return None


def _entry_reason(entry: Mapping[str, Any]) -> str:
    """The reason of an entry, and whose it is where that is known."""
    if not entry["because"]:
        return ""
    reason = f"{entry['because']} ({entry['by']})" if entry["by"] else entry["because"]
    return _("Reason: {reason}", reason=reason)


@app.command(
    help=_("Calculate a cited figure or table again: is it equal, superseded by a newer version, or wrong?")
)
@exit_on_errors
def cite(
    address: Annotated[str, typer.Argument(metavar=_("ADDRESS"), help=_("as the page's “Cite” gives it"))],
    json: JSON = False,
) -> None:
    from catalog.archive.archive import find_history
    from catalog.citation import judge, parse_address

    _settings, archive = settings_and_archive()
    citation = parse_address(address)
    find_history(archive, citation.dataset)
    verdict = judge(citation, archive)
    if json:
        show_json({"address": address, **_cited_as_json(citation), **vars(verdict)})
    else:
        said = {
            "equal": _("equal"),
            "superseded": _("superseded"),
            "withdrawn": _("withdrawn"),
            "wrong": _("wrong"),
        }[verdict.state]
        typer.echo(f"{citation.dataset} {verdict.version}, {said}: {verdict.why}")
        if citation.table:
            typer.echo(f"{citation.query}  -- sha256 {verdict.sha256}")
    if verdict.state in ("wrong", "withdrawn"):
        raise typer.Exit(1)


def _cited_as_json(citation: Any) -> dict[str, Any]:
    return {
        "dataset": citation.dataset,
        "demo": citation.demo,
        "table": citation.table,
        "query": citation.query if citation.table else "",
        "cited": citation.value,
    }

"""Commands that show what there is, and change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import ID, JSON, app, exit_on_errors, now, settings_and_archive, show_json

if TYPE_CHECKING:
    from catalog.archive.release import Entry, History


@app.command("list", help=_("All datasets, with their version and how fresh they are."))
@exit_on_errors
def list_(json: JSON = False) -> None:
    from pipelines.cli.queries import list_datasets
    from pipelines.cli.tables import console, plain_table
    from pipelines.dataset.dataset import load_datasets

    settings, archive = settings_and_archive()
    answer = list_datasets(archive, load_datasets(settings.datasets), now())
    if json:
        return show_json(answer)
    headings = [_("dataset"), _("title"), _("version"), _("released"), _("last run"), _("rows"), _("fresh")]
    rows = [
        (
            d["id"],
            d["title"] + (" [demo]" if d["demo"] else ""),
            d["version"],
            (d["released"] or "")[:10],
            d["outcome"],
            d["rows"],
            d["fresh"],
        )
        for d in answer["datasets"]
    ]
    console().print(plain_table(headings, rows, numbers=(5,), folds=1))
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
    from pipelines.cli.queries import describe_release, list_held_rows
    from pipelines.cli.tables import console, held_lines

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
    screen.print(_("Versions: {versions}", versions=", ".join(answer["versions"])))
    for url in answer["urls"]["latest"].values():
        screen.print(f"  {url}", soft_wrap=True)
    return None


@app.command(help=_("The log of a dataset: releases, rollbacks, withdrawals."))
@exit_on_errors
def history(id: ID, json: JSON = False) -> None:
    from catalog.archive.archive import find_history
    from catalog.archive.changes.reasons import describe_changes
    from pipelines.cli.queries import describe_history
    from pipelines.cli.tables import console, plain_table

    _settings, archive = settings_and_archive()
    answer = describe_history(find_history(archive, id))
    if json:
        return show_json(answer)
    rows = [
        (
            e["entry"],
            e["kind"],
            e["version"],
            e["step"],
            e["at"][:16],
            e["asOf"],
            _entry_reason(e) or " ".join(describe_changes(e["changes"])),
        )
        for e in answer["entries"]
    ]
    console().print(
        plain_table(
            [_("entry"), _("kind"), _("version"), _("step"), _("at"), _("data of"), _("what")], rows, folds=6
        )
    )
    return None


@app.command(help=_("What changed from one version to another; by default in the current one."))
@exit_on_errors
def changes(
    id: ID,
    start: Annotated[str | None, typer.Argument(metavar="FROM", help=_("the earlier version"))] = None,
    end: Annotated[
        str | None, typer.Argument(metavar="TO", help=_("the later version; otherwise the current one"))
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
    screen.print(f"{id} {answer['from'] or ''} → {answer['to']}", style="bold")
    for sentence in describe_changes(answer["resources"]):
        screen.print(f"  {sentence}")
    screen.print(_("Row by row and cell by cell: {file}", file=answer["file"]), soft_wrap=True)
    return None


@app.command(help=_("Make releases again from the raw files, and compare."))
@exit_on_errors
def verify(
    id: Annotated[
        str | None, typer.Argument(metavar="ID[@VERSION]", help=_("all where none is named"))
    ] = None,
    json: JSON = False,
) -> None:
    from pipelines.cli.tables import console, plain_table
    from pipelines.release.verify import verify as verify_release
    from pipelines.settings import Limits

    settings, archive = settings_and_archive()
    limits = Limits.of(settings)
    releases = _releases(archive, id or "")
    verdicts = [verify_release(archive, release, log, limits) for log, release in releases]
    words = {True: "same", False: "differ"}
    rows = [
        {
            "id": v.dataset,
            "version": v.version,
            "bytes": words[v.bytes_same],
            "rows": words[v.rows_same],
            "note": v.note,
        }
        for v in verdicts
    ]
    if json:
        show_json({"releases": rows})
    else:
        console().print(
            plain_table(
                [_("dataset"), _("version"), _("bytes"), _("rows"), _("note")],
                [list(row.values()) for row in rows],
                folds=4,
            )
        )
    raise typer.Exit(0 if all(v.rows_same for v in verdicts) else 1)


def _releases(archive: Any, named: str) -> Iterator[tuple[History, Entry]]:
    """The releases that ID, or ID@VERSION, names, each with its dataset's log; all where nothing is named,
    the withdrawn ones left out."""
    from catalog.archive.archive import find_history
    from catalog.archive.release import find_release

    name, _at, version = named.partition("@")
    logs = (
        [find_history(archive, name)] if name else [archive.history(*known) for known in archive.datasets()]
    )
    for log in logs:
        for release in [find_release(log, version)] if version else log.releases:
            if release.version not in log.withdrawn:
                yield log, release


def _entry_reason(entry: Mapping[str, Any]) -> str:
    """The reason of an entry, and whose it is where that is known."""
    return (
        f"{entry['because']} ({entry['by']})" if entry["because"] and entry["by"] else entry["because"] or ""
    )

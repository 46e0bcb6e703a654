"""Commands that tell what there is, and touch nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from messages import gettext as _
from pipelines.cli.app import ID, JSON, app, guarded, now, settings_and_archive, show_json


@app.command("list", help=_("All datasets, with their version and how fresh they are."))
@guarded
def list_(json: JSON = False) -> None:
    from pipelines.answers import listed
    from pipelines.dataset import load_datasets
    from pipelines.terminal import console, grid

    settings, archive = settings_and_archive()
    answer = listed(archive, load_datasets(settings.datasets), now())
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
    console().print(grid(headings, rows, numbers=(5,), folds=1))
    return None


@app.command(help=_("What is published of a dataset: its descriptor, versions and links."))
@guarded
def show(id: ID, json: JSON = False) -> None:
    from pipelines.answers import find_history, shown
    from pipelines.terminal import console

    settings, archive = settings_and_archive()
    answer = shown(archive, find_history(archive, id), settings.portal_url or settings.portal.absolute().as_uri())
    if json:
        return show_json(answer)
    screen = console()
    screen.print(f"{answer['title']} · {answer['version']}", style="bold")
    screen.print(answer.get("description", "").strip())
    screen.print(_("Versions: {versions}", versions=", ".join(answer["versions"])))
    for url in answer["urls"]["latest"].values():
        screen.print(f"  {url}", soft_wrap=True)
    return None


@app.command(help=_("The log of a dataset: releases, rollbacks, withdrawals."))
@guarded
def history(id: ID, json: JSON = False) -> None:
    from catalog.words import sentences
    from pipelines.answers import find_history, told
    from pipelines.terminal import console, grid

    _settings, archive = settings_and_archive()
    answer = told(find_history(archive, id))
    if json:
        return show_json(answer)
    rows = [
        (e["entry"], e["kind"], e["version"], e["step"], e["at"][:16], e["asOf"], e["because"] or " ".join(sentences(e["changes"])))
        for e in answer["entries"]
    ]
    console().print(grid([_("entry"), _("kind"), _("version"), _("step"), _("at"), _("data of"), _("what")], rows, folds=6))
    return None


@app.command(help=_("What changed from one version to another; by default in the current one."))
@guarded
def changes(
    id: ID,
    start: Annotated[str | None, typer.Argument(metavar="FROM", help=_("the earlier version"))] = None,
    end: Annotated[str | None, typer.Argument(metavar="TO", help=_("the later version; otherwise the current one"))] = None,
    json: JSON = False,
) -> None:
    from catalog.words import sentences
    from pipelines.answers import changed, find_history
    from pipelines.terminal import console

    _settings, archive = settings_and_archive()
    log = find_history(archive, id)
    answer = changed(archive, log, start, end, Path("var/changes").absolute())
    if json:
        return show_json(answer)
    screen = console()
    screen.print(f"{id} {answer['from'] or ''} → {answer['to']}", style="bold")
    for sentence in sentences(answer["resources"]):
        screen.print(f"  {sentence}")
    screen.print(_("Row by row and cell by cell: {file}", file=answer["file"]), soft_wrap=True)
    return None


@app.command(help=_("Make releases again from the raw files, and compare."))
@guarded
def verify(
    id: Annotated[str | None, typer.Argument(metavar="ID[@VERSION]", help=_("all where none is named"))] = None, json: JSON = False
) -> None:
    from pipelines.answers import find_history, find_release
    from pipelines.bounds import Bounds
    from pipelines.terminal import console, grid
    from pipelines.verify import verify as verified

    settings, archive = settings_and_archive()
    name, _at, version = (id or "").partition("@")
    histories = [find_history(archive, name)] if name else [archive.history(*found) for found in archive.datasets()]
    verdicts = [
        verified(archive, entry, log, Bounds.of(settings))
        for log in histories
        for entry in ([find_release(log, version)] if version else log.releases)
        if entry.version not in log.withdrawn
    ]
    words = {True: "same", False: "differ"}
    rows = [
        {"id": v.dataset, "version": v.version, "bytes": words[v.bytes_same], "rows": words[v.rows_same], "note": v.note} for v in verdicts
    ]
    if json:
        show_json({"releases": rows})
    else:
        console().print(grid([_("dataset"), _("version"), _("bytes"), _("rows"), _("note")], [list(row.values()) for row in rows], folds=4))
    raise typer.Exit(0 if all(v.rows_same for v in verdicts) else 1)

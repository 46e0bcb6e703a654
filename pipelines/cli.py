"""The terminal: each command asks one question or does one thing, in Spanish unless VEREDA_LANG says otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from messages import gettext as _
from messages import ngettext, speak

if TYPE_CHECKING:
    from pipelines.settings import Settings

speak(os.environ.get("VEREDA_LANG", "es") if os.environ.get("VEREDA_LANG", "es") in ("es", "en") else "es")
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=_("Open data that people can rely on."),
)

ID = Annotated[str, typer.Argument(metavar="ID", help=_("a dataset"))]
IDS = Annotated[list[str] | None, typer.Argument(metavar="ID...", help=_("datasets; all where none is named"))]
JSON = Annotated[bool, typer.Option("--json", help=_("answer as JSON"))]
BUENOS_AIRES = timezone(timedelta(hours=-3))


def now() -> datetime:
    return datetime.now(UTC).astimezone(BUENOS_AIRES)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, with what is wrong outside of the program told in a sentence: exit 2 for commands and configuration, 3 for storage."""

    @wraps(command)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            status = _status(error)
            if status is None:
                raise
            typer.echo(str(error), err=True)
            raise typer.Exit(status) from error

    return call


def _status(error: Exception) -> int | None:
    """The exit status that an error stands for; None where it is a fault of the program, or no error."""
    if isinstance(error, typer.Exit | typer.Abort | typer.BadParameter):
        return None
    from catalog.archive import ArchiveError, Conflict, Damaged
    from catalog.ckan import CkanError
    from catalog.portal.switch import PortalError
    from pipelines.answers import Unknown
    from pipelines.dataset import DatasetError
    from pipelines.fetch import SourceError
    from pipelines.settings import SettingsError

    if isinstance(error, SettingsError | DatasetError | Unknown | ValueError):
        return 2
    return 3 if isinstance(error, ArchiveError | CkanError | Conflict | Damaged | PortalError | SourceError | OSError) else None


def settings_and_archive() -> tuple[Settings, Any]:
    from catalog.archive import Archive
    from pipelines.settings import load_settings

    settings = load_settings()
    speak(settings.lang)
    return settings, Archive.open(settings.archive)


def show_json(answer: Any) -> None:
    from pipelines.answers import as_json

    typer.echo(as_json(answer))


@app.command(help=_("Bring releases up to date with their sources: the main job."))
@guarded
def run(
    ids: IDS = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help=_("stop at the extract of this date"))] = None,
    json: JSON = False,
) -> None:
    import flows
    from pipelines.outcome import exit_status
    from pipelines.terminal import console, outcome_line, outcomes_table

    settings, _archive = settings_and_archive()
    run_id = f"{now():%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    screen = console()
    progress = (lambda dataset, outcome: None) if json else (lambda dataset, outcome: screen.print(outcome_line(dataset, outcome)))
    if not json:
        screen.print(_("Starting the nightly flow …"))
    outcomes = flows.run_here(ids or None, as_of.date().isoformat() if as_of else None, settings, progress, run_id)
    if json:
        show_json({"run": run_id, "outcomes": [outcome.to_json() for outcome in outcomes]})
    else:
        screen.print(outcomes_table(outcomes))
        for outcome in outcomes:
            if outcome.message:
                screen.print(
                    f"{outcome.dataset}: {outcome.message}", style="red" if outcome.outcome in ("failed", "rejected") else "", markup=False
                )
        screen.print(_("The portal is at {place}", place=settings.portal.absolute() / "index.html"), soft_wrap=True)
        screen.print(_("Next: `vereda serve` shows it, `vereda list` sums up, `vereda history ID` tells the versions."))
    raise typer.Exit(exit_status(outcomes))


@app.command(help=_("Read and validate a file, or what the source holds now; publish nothing."))
@guarded
def check(
    id: Annotated[str | None, typer.Argument(metavar="ID", help=_("a dataset, or dataset/resource"))] = None,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help=_("the extract; otherwise the declared source is read"))] = None,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help=_("write the checked table with its descriptor there"))] = None,
    descriptor: Annotated[
        str | None, typer.Option(metavar="D", help=_("instead of a dataset: any Frictionless Resource or Package descriptor"))
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help=_("with --descriptor: the workers of this Dask scheduler share the work"))
    ] = None,
    json: JSON = False,
) -> None:
    if dask is not None and descriptor is None:
        raise ValueError(_("--dask goes with --descriptor D"))
    if (id is None) == (descriptor is None):
        raise ValueError(_("name a dataset (`vereda list` shows them) or a descriptor (`--descriptor D`)"))
    if descriptor is not None:
        raise typer.Exit(_check_descriptor(descriptor, dask, json))
    from pipelines.terminal import console, report_lines
    from pipelines.trial import trial

    assert id
    settings, archive = settings_and_archive()
    report = trial(settings.datasets, archive, id, file, to)
    if json:
        show_json(report.to_descriptor())
    else:
        screen = console()
        for line in report_lines(report):
            screen.print(line)
        rows = sum(report.rows.values())
        fine = _("{id}: {rows} rows, no problems", id=id, rows=rows)
        screen.print(ngettext("{n} problem", "{n} problems", report.total) if report.total else fine)
        if to:
            screen.print(_("The checked table is in {place}; `frictionless validate` reads the same there", place=to))
    raise typer.Exit(0 if report.valid else 1)


def _check_descriptor(descriptor: str, address: str | None, as_json: bool) -> int:
    """Shows what frictionless reports of a descriptor, in its own words; gives the exit status. Imports little: it should be quick."""
    from contextlib import nullcontext
    from json import dumps

    from validation import validate

    if not Path(descriptor).exists():
        raise ValueError(_("{file}: there is no such file", file=descriptor))
    cluster: Any = nullcontext()
    if address is not None:
        from validation.cluster import dask

        cluster = dask(address)
    with cluster as workers:
        report = validate(descriptor, cluster=workers)
    summary: str = report.to_summary()  # type: ignore[no-untyped-call]
    typer.echo(dumps(report.to_descriptor(), ensure_ascii=False, indent=2, default=str) if as_json else summary.strip())
    return 0 if report.valid else 1


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
    from pipelines.terminal import console, grid
    from pipelines.verify import verify as verified

    _settings, archive = settings_and_archive()
    name, _at, version = (id or "").partition("@")
    histories = [find_history(archive, name)] if name else [archive.history(*found) for found in archive.datasets()]
    verdicts = [
        verified(archive, entry, log)
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


def _entry(kind: Any, id: str, version: str, because: str | None) -> None:
    """Appends an entry that speaks of a version, and publishes what follows from it."""
    from catalog.release import Entry
    from pipelines.answers import find_history, find_release
    from pipelines.catalogues import configured
    from pipelines.catalogues import publish as published

    settings, archive = settings_and_archive()
    log = find_history(archive, id)
    release = find_release(log, version)
    entry = Entry(
        dataset=id,
        demo=log.demo,
        number=log.head + 1,
        kind=kind,
        run=f"{now():%Y%m%dT%H%M%S}-{uuid4().hex[:6]}",
        at=now().isoformat(timespec="seconds"),
        version=release.version,
        because=because,
    )
    archive.append(entry)
    for name in configured(settings):
        published(settings, archive, name, [id] if name == "ckan" else [])
    current = archive.history(id, log.demo).current
    typer.echo(_("{id}: the current version is {version}", id=id, version=current.version if current else _("none")))


@app.command(help=_("Make another version current."))
@guarded
def rollback(
    id: ID,
    version: Annotated[str, typer.Argument(metavar="VERSION")],
    because: Annotated[str | None, typer.Option(help=_("the reason"))] = None,
) -> None:
    _entry("current", id, version, because)


@app.command(help=_("Take a version away, on record: it stays listed, without its files."))
@guarded
def withdraw(
    id: ID, version: Annotated[str, typer.Argument(metavar="VERSION")], because: Annotated[str, typer.Option(help=_("the reason"))]
) -> None:
    _entry("withdraw", id, version, because)


TO = Annotated[str, typer.Option("--to", help=_("which catalogue: portal or ckan"))]
DEMO = Annotated[bool, typer.Option("--demo", help=_("demonstration datasets too (ckan)"))]
PRUNE = Annotated[bool, typer.Option("--prune", help=_("remove packages whose dataset left the archive (ckan)"))]


def _catalogue(settings: Settings, archive: Any, to: str, ids: list[str], demo: bool, prune: bool) -> Any:
    from pipelines.answers import find_history
    from pipelines.catalogues import catalogue

    for id in ids:
        if find_history(archive, id).demo and to == "ckan" and not demo:
            raise ValueError(_("{id} is a demonstration: say --demo to have it in the CKAN.", id=id))
    return catalogue(settings, to, ids, demo=demo, prune=prune)


def _strays(there: Any, archive: Any, ids: list[str], prune: bool) -> list[str]:
    """Packages that are left behind; told where all datasets are looked at, and nothing removes them."""
    return there.strays(archive) if hasattr(there, "strays") and not ids and not prune else []


@app.command(help=_("What publishing would change; touches nothing."))
@guarded
def plan(ids: IDS = None, to: TO = "portal", demo: DEMO = False, prune: PRUNE = False, json: JSON = False) -> None:
    from dataclasses import asdict

    from pipelines.terminal import console, grid

    settings, archive = settings_and_archive()
    there = _catalogue(settings, archive, to, ids or [], demo, prune)
    steps = there.plan(archive)
    strays = _strays(there, archive, ids or [], prune)
    if json:
        return show_json({"to": to, "steps": [asdict(step) for step in steps]} | ({"strays": strays} if strays else {}))
    if not steps:
        typer.echo(_("Nothing to do: the {to} is as the archive says", to=to))
    else:
        rows = [(s.action, s.target, s.detail, s.bytes, s.rows) for s in steps]
        console().print(grid([_("action"), _("target"), _("detail"), _("bytes"), _("rows")], rows, numbers=(3, 4), folds=2))
    _tell(strays)
    return None


@app.command(help=_("Make a catalogue look like the archive."))
@guarded
def publish(ids: IDS = None, to: TO = "portal", demo: DEMO = False, prune: PRUNE = False, json: JSON = False) -> None:
    from dataclasses import asdict

    settings, archive = settings_and_archive()
    there = _catalogue(settings, archive, to, ids or [], demo, prune)
    steps = there.plan(archive)
    there.apply(archive, steps)
    strays = _strays(there, archive, ids or [], prune)
    if json:
        return show_json({"to": to, "steps": [asdict(step) for step in steps]} | ({"strays": strays} if strays else {}))
    done = ngettext("{n} step done: the {to} is as the archive says", "{n} steps done: the {to} is as the archive says", len(steps), to=to)
    typer.echo(done)
    _tell(strays)
    return None


def _tell(strays: list[str]) -> None:
    if strays:
        names = ", ".join(strays)
        typer.echo(
            _("No longer in the archive, and left as they are: {names}. `vereda publish --to ckan --prune` removes them.", names=names)
        )


@app.command(help=_("Show the portal on this machine."))
@guarded
def serve(port: Annotated[int, typer.Option(help=_("0: any free one"))] = 8000) -> None:
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    settings, _archive = settings_and_archive()
    if not (settings.portal / "index.html").is_file():
        raise ValueError(_("there is no portal at {place} yet; `vereda run` makes it", place=settings.portal))
    with ThreadingHTTPServer(("127.0.0.1", port), partial(SimpleHTTPRequestHandler, directory=str(settings.portal.absolute()))) as server:
        typer.echo(_("The portal is at {url} (Ctrl+C ends it)", url=f"http://127.0.0.1:{server.server_port}/"))
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


@app.command(help=_("Serve every dataset's schedule as a Prefect deployment, on the server at PREFECT_API_URL."))
@guarded
def deploy() -> None:
    import flows

    settings, _archive = settings_and_archive()
    flows.deploy(settings)


def main() -> None:
    app(prog_name="vereda")


if __name__ == "__main__":
    main()

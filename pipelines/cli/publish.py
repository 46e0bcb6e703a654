"""Commands that change what the public sees: which version is current, what catalogues show, what is let
through."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import (
    ID,
    IDS,
    JSON,
    app,
    exit_on_errors,
    find_log,
    now,
    settings_and_archive,
    show_json,
)

if TYPE_CHECKING:
    from pipelines.settings import Settings


ATTEMPTS = 5
FEW = 10
"""Packages that are published without a line for each."""
BECAUSE = Annotated[str | None, typer.Option(help=_("the reason, for the record; required"))]


def _append_entry(kind: Any, id: str, version: str, because: str | None) -> None:
    """Appends an entry that speaks of a version, and publishes what follows from it."""
    from catalog.portal.portal import PortalIncomplete
    from pipelines.nightly.publish import configured_catalogues
    from pipelines.nightly.publish import publish as published

    if not (because or "").strip():
        raise ValueError(_('say why, so that whoever reads the log understands: --because "…"'))
    settings, archive = settings_and_archive()
    written = _write_entry(archive, kind, id, version, str(because).strip())
    incomplete = ""
    for name in configured_catalogues(settings):
        try:
            published(settings, archive, name, [id] if name == "ckan" else [])
        except PortalIncomplete as error:  # others than this one, whose log was just read
            incomplete = str(error)
    typer.echo(written)
    for sentence in _send_notices(settings, archive):
        typer.echo(sentence)
    if incomplete:
        typer.echo(incomplete, err=True)
        raise typer.Exit(3)


def _write_entry(archive: Any, kind: Any, id: str, version: str, because: str) -> str:
    """Writes the entry, unless the log says so already; again where another writer was first. Gives in a
    sentence what is current then."""
    from catalog.archive.archive import Conflict, find_history
    from catalog.archive.release import Entry, find_release
    from catalog.archive.runs import new_run_id

    for _attempt in range(ATTEMPTS):
        log = find_history(archive, id)
        entry = Entry(
            dataset=id,
            demo=log.demo,
            number=log.head + 1,
            kind=kind,
            run=new_run_id(now()),
            at=log.moment(now()),
            version=find_release(log, version).version,
            because=because,
            provenance={"by": getpass.getuser()},
        )
        with suppress(Conflict):
            written = archive.append(entry)
            break
    else:
        raise Conflict(_("{id}: others were faster; try again", id=id))
    after = archive.history(id, log.demo)
    if after.current is None:
        current = _(
            "{id}: no version is current: none is left that nobody took back. `vereda rollback {id} VERSION "
            '--because "…"` makes one current.',
            id=id,
        )
    else:
        current = _("{id}: the current version is {version}", id=id, version=after.current.version)
    if written.number != entry.number:
        return _("{current}. The log says so already since entry {n}.", current=current, n=written.number)
    return current


def _send_notices(settings: Settings, archive: Any) -> list[str]:
    """Sends what is new to those who want to know it, and gives in sentences what came of it."""
    from pipelines.dataset.dataset import Dataset, load_datasets
    from pipelines.notices.deliver import describe_delivery
    from pipelines.notices.receivers import send_notices

    datasets = [found for found in load_datasets(settings.datasets) if isinstance(found, Dataset)]
    return list(describe_delivery(send_notices(settings, datasets, archive, now())))


@app.command(help=_("Send what is new to publishers, the data team and webhooks; a run does so by itself."))
@exit_on_errors
def tell() -> None:
    settings, archive = settings_and_archive()
    if not settings.tells:
        raise ValueError(
            _("nobody is to be told: set VEREDA_WEBHOOKS, or VEREDA_MAIL_SERVER and VEREDA_MAIL_FROM")
        )
    for sentence in _send_notices(settings, archive) or [_("nothing new to tell")]:
        typer.echo(sentence)


@app.command(help=_("Make another version current."))
@exit_on_errors
def rollback(
    id: ID,
    version: Annotated[str, typer.Argument(metavar=_("VERSION"))],
    because: BECAUSE = None,
) -> None:
    _append_entry("current", id, version, because)


@app.command(help=_("Take a version away, on record: it stays listed, without its files."))
@exit_on_errors
def withdraw(
    id: ID,
    version: Annotated[str, typer.Argument(metavar=_("VERSION"))],
    because: BECAUSE = None,
) -> None:
    _append_entry("withdraw", id, version, because)


TO = Annotated[str, typer.Option("--to", help=_("which catalogue: portal or ckan"))]
DEMO = Annotated[bool, typer.Option("--demo", help=_("demonstration datasets too (ckan)"))]
PRUNE = Annotated[
    bool, typer.Option("--prune", help=_("remove packages whose dataset left the archive (ckan)"))
]


def _choose_catalogue(
    settings: Settings, archive: Any, to: str, ids: list[str], demo: bool, prune: bool
) -> Any:
    from catalog.archive.archive import find_history
    from pipelines.nightly.publish import catalogue

    for id in ids:
        if find_history(archive, id).demo and to == "ckan" and not demo:
            raise ValueError(_("{id} is a demonstration: say --demo to have it in the CKAN.", id=id))
    return catalogue(settings, to, ids, demo=demo, prune=prune)


def _find_strays(there: Any, archive: Any, ids: list[str], prune: bool) -> list[str]:
    """Packages that are left behind; told where all datasets are looked at, and nothing removes them."""
    return there.strays(archive) if hasattr(there, "strays") and not ids and not prune else []


@app.command(help=_("What publishing would change; touches nothing."))
@exit_on_errors
def plan(
    ids: IDS = None, to: TO = "portal", demo: DEMO = False, prune: PRUNE = False, json: JSON = False
) -> None:
    from pipelines.cli.tables import console, plain_table

    settings, archive = settings_and_archive()
    there = _choose_catalogue(settings, archive, to, ids or [], demo, prune)
    steps = there.plan(archive)
    strays = _find_strays(there, archive, ids or [], prune)
    faults = getattr(there, "faults", {})
    if json:
        show_json(_steps_as_json(to, steps, strays, faults))
        raise typer.Exit(3 if faults else 0)
    if steps:
        rows = [(s.action, s.target, s.detail, s.bytes, s.rows) for s in steps]
        console().print(
            plain_table(
                [_("action"), _("target"), _("detail"), _("bytes"), _("rows")], rows, numbers=(3, 4), folds=2
            )
        )
        _show_changes(steps)
    elif not faults:
        typer.echo(_("Nothing to do: {catalogue} is as the archive says", catalogue=_catalogue_label(to)))
    _show_strays(strays)
    _exit_on_faults(faults)


@app.command(help=_("Make a catalogue look like the archive."))
@exit_on_errors
def publish(
    ids: IDS = None,
    to: TO = "portal",
    demo: DEMO = False,
    prune: PRUNE = False,
    give_back: Annotated[
        str | None,
        typer.Option(
            "--give-back",
            metavar="ID",
            help=_("the package that this dataset took over, as it was before (ckan)"),
        ),
    ] = None,
    json: JSON = False,
) -> None:
    from catalog.portal.portal import PortalIncomplete

    settings, archive = settings_and_archive()
    if give_back is not None:
        return _give_back(settings, archive, give_back, json)
    there = _choose_catalogue(settings, archive, to, ids or [], demo, prune)
    if to == "ckan":
        there = replace(there, watch=_show_progress)
    steps = there.plan(archive)
    faults: dict[str, str] = {}
    try:
        there.apply(archive, steps)
    except PortalIncomplete as error:
        faults = dict(error.faults)
    if to == "ckan":
        record_publish(archive, ids or [])
    strays = _find_strays(there, archive, ids or [], prune)
    if json:
        show_json(_steps_as_json(to, steps, strays, faults))
        raise typer.Exit(3 if faults else 0)
    done = ngettext(
        "{n} step done: {catalogue} is as the archive says",
        "{n} steps done: {catalogue} is as the archive says",
        len(steps),
        catalogue=_catalogue_label(to),
    )
    if not faults:
        typer.echo(done)
    _show_strays(strays)
    if to == "portal":
        _warn_of_missing_addresses(settings)
    return _exit_on_faults(faults)


def record_publish(archive: Any, ids: list[str]) -> None:
    """Says that a CKAN which no run could bring up is up now, so that `status` stops telling of it."""
    from catalog.archive.runs import RunRecord, new_run_id

    if "ckan" not in archive.run_log.standings():
        return
    at, asked = now().isoformat(timespec="seconds"), tuple(ids) or None
    archive.run_log.write(
        RunRecord(new_run_id(now()), "hand", at, ended=at, end="done", asked=asked, reached=("ckan",))
    )


def _show_progress(number: int, of: int, name: str) -> None:
    """A line for each package, where they are so many that somebody waits."""
    if of > FEW:
        typer.echo(_("{number} of {of}: {name}", number=number, of=of, name=name), err=True)


def _give_back(settings: Settings, archive: Any, id: str, json: bool) -> None:
    """Gives a package that was taken over back as it was, and says what could not be made the same."""
    from dataclasses import asdict

    from pipelines.nightly.publish import ckan

    there = ckan(settings, [id])
    differences = there.give_back(archive, id, find_log(archive, id))
    if json:
        return show_json({"id": id, "differences": [asdict(each) for each in differences]})
    typer.echo(_("{id}: its package is again as it was before it was taken over.", id=id))
    for each in differences:
        typer.echo("  " + describe_change(each))
    return typer.echo(
        _("Next: take pipeline.ckan out of the declaration, or the plan goes on to refuse this package.")
    )


def _show_changes(steps: Iterable[Any]) -> None:
    """Under the steps, each value that would be another."""
    for step in steps:
        if step.changes:
            typer.echo(f"\n{step.target}")
        for change in step.changes:
            typer.echo("  " + describe_change(change))


def describe_change(change: Any) -> str:
    """A line: what a value is, and what it would be."""
    before, after = map(_in_a_line, (change.before, change.after))
    alike = next((at for at, two in enumerate(zip(before, after, strict=False)) if two[0] != two[1]), 0)
    start = max(0, alike - LEAD) if max(len(before), len(after)) > SHOWN else 0
    return f"{change.field}: {_part_of(before, start)} → {_part_of(after, start)}"


SHOWN, LEAD = 78, 20
"""Signs of a value that are shown, and those of them before the first that differs."""


def _in_a_line(value: Any) -> str:
    """A value in a line, its own breaks as signs: where they alone would go, that is to be seen."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value)
    return "⏎".join(text.splitlines())


def _part_of(text: str, start: int) -> str:
    """“Nothing”, or a part of it in quotes."""
    from messages.formats import quote

    if not text:
        return _("nothing")
    end = start + SHOWN
    return quote(("…" if start else "") + text[start:end] + ("…" if len(text) > end else ""))


def _warn_of_missing_addresses(settings: Settings) -> None:
    from pipelines.nightly.publish import missing_addresses

    for sentence in missing_addresses(settings):
        typer.echo(_("Mind: {sentence}", sentence=sentence), err=True)


def _steps_as_json(
    to: str, steps: Iterable[Any], strays: list[str], faults: Mapping[str, str]
) -> dict[str, Any]:
    from dataclasses import asdict

    from catalog.portal.portal import describe_kept

    damaged = [
        {"of": path.rpartition("/")[2], "file": path, "note": describe_kept(path, why)}
        for path, why in faults.items()
    ]
    plain = [asdict(step) for step in steps]
    for step in plain:
        if not step["changes"]:
            del step["changes"]
    answer: dict[str, Any] = {"to": to, "steps": plain}
    answer |= {"strays": strays} if strays else {}
    return answer | ({"damaged": damaged} if damaged else {})


def _exit_on_faults(faults: Mapping[str, str]) -> None:
    """Says which datasets stay in the portal as they were, and ends with 3."""
    from catalog.portal.portal import describe_kept

    for path, why in faults.items():
        typer.echo(describe_kept(path, why), err=True)
    if faults:
        raise typer.Exit(3)


def _show_strays(strays: list[str]) -> None:
    if strays:
        names = ", ".join(strays)
        typer.echo(
            _(
                "No longer in the archive, and left as they are: {names}. `vereda publish --to ckan "
                "--prune` removes them.",
                names=names,
            )
        )


@app.command(help=_("Show the portal on this machine."))
@exit_on_errors
def serve(
    port: Annotated[int, typer.Option(help=_("0: any free one"))] = 8000,
    desk: Annotated[
        bool, typer.Option("--desk", help=_("with the desk at /mesa/, where agencies have a file checked"))
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help=_("processes that answer; one that dies is replaced"))
    ] = 1,
) -> None:
    from pipelines.cli.service import serve as served

    settings, _archive = settings_and_archive()
    if not (settings.portal / "index.html").is_file():
        raise ValueError(_("there is no portal at {place} yet; `vereda run` makes it", place=settings.portal))

    def say(url: str) -> None:
        typer.echo(_("The portal is at {url} (Ctrl+C ends it)", url=url))
        sys.stdout.flush()

    served(port, workers, say, with_desk=desk)


@app.command(
    help=_(
        "Run the nights by themselves, and datasets whose files are handed in, on the Prefect server at "
        "PREFECT_API_URL."
    )
)
@exit_on_errors
def deploy(
    pool: Annotated[
        str | None,
        typer.Option(
            metavar=_("NAME"),
            help=_("workers of this Prefect work pool carry the runs out, not this program"),
        ),
    ] = None,
) -> None:
    import flows

    settings, _archive = settings_and_archive()
    flows.deploy(settings, pool=pool)


@app.command(
    help=_("Say that the extract which was stopped for being unusual is right: the next run publishes it.")
)
@exit_on_errors
def accept(
    id: ID,
    because: Annotated[str, typer.Option(help=_("the reason, for the record"))],
    by: Annotated[
        str | None, typer.Option(metavar=_("NAME"), help=_("who says so; otherwise the user of this machine"))
    ] = None,
    receipt: Annotated[
        int | None,
        typer.Option(
            metavar=_("NUMBER"), help=_("the one that was handed in; otherwise the last that was stopped")
        ),
    ] = None,
) -> None:
    from catalog.archive.archive import find_history
    from catalog.archive.runs import new_run_id
    from pipelines.release.guards.accept import accept as accepted
    from pipelines.release.receipt_outcomes import find_whole_tables

    settings, archive = settings_and_archive()
    run = new_run_id(now())
    who = by or getpass.getuser()
    entry, notes = accepted(
        archive,
        find_history(archive, id),
        because=because,
        by=who,
        run=run,
        at=now().isoformat(timespec="seconds"),
        whole=find_whole_tables(settings.datasets, id),
        receipt=receipt,
    )
    typer.echo(_("{id}: accepted by {who}, for these extracts alone:", id=id, who=who))
    for number in entry.provenance["receipts"]:
        name = archive.receipts(id, entry.demo).all()[number - 1].name
        typer.echo("  " + _("no. {number} ({name})", number=number, name=name))
    for note in notes:
        typer.echo(f"  {note}")
    typer.echo(_("Next: `vereda run {id}` publishes it; another extract is judged anew.", id=id))


def _catalogue_label(to: str) -> str:
    return _("the portal") if to == "portal" else "CKAN"

"""Commands that look after what is kept: is it as it was written, what can be made again, what is left
behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import JSON, app, exit_on_errors, find_log, now, settings_and_archive, show_json

if TYPE_CHECKING:
    from catalog.archive.release import Damage, Entry, History
    from pipelines.release.damage import Action
    from pipelines.release.verify import Reproduction

ONE_OR_ALL = Annotated[str | None, typer.Argument(metavar="ID", help=_("all where none is named"))]


@app.command(
    help=_("Read every file that is kept or served, make releases again from the raw files, and compare.")
)
@exit_on_errors
def verify(
    id: Annotated[
        str | None, typer.Argument(metavar=_("ID[@VERSION]"), help=_("all where none is named"))
    ] = None,
    json: JSON = False,
) -> None:
    from pipelines.nightly.publish import configured_portal
    from pipelines.nightly.status import describe_link_counts
    from pipelines.release.damage import find_damage
    from pipelines.release.verify import verify as verify_release
    from pipelines.settings import Limits

    settings, archive = settings_and_archive()
    name, _at, version = (id or "").partition("@")
    if name:
        find_log(archive, name)
    limits = Limits.of(settings)
    releases = list(_releases(archive, name, version))
    damaged = find_damage(archive, configured_portal(settings), name or None)
    verdicts = [verify_release(archive, release, history, limits) for history, release in releases]
    if json:
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
        told = {"releases": rows, "damaged": [asdict(damage) for damage in damaged]}
        show_json(told if name else {**told, "links": describe_link_counts(archive)})
    else:
        _show_verdicts(verdicts, damaged)
        _show_links({} if name else describe_link_counts(archive))
    raise typer.Exit(1 if damaged or not all(v.right for v in verdicts) else 0)


def _releases(archive: Any, name: str, version: str) -> Iterator[tuple[History, Entry]]:
    """The releases to make again, each with its dataset's log: the withdrawn ones are left out, and all of a
    dataset whose log is damaged."""
    from catalog.archive.release import find_release
    from pipelines.release.damage import named_datasets

    for dataset, demo in named_datasets(archive, name or None):
        log = archive.read_log(dataset, demo)
        if log.damages:
            continue
        for release in [find_release(log.history, version)] if version else log.history.releases:
            if release.version not in log.history.withdrawn:
                yield log.history, release


def _show_verdicts(verdicts: Iterable[Reproduction], damaged: list[Damage]) -> None:
    from pipelines.cli.tables import console, plain_table

    words = {True: _("same"), False: _("differ")}
    screen = console()
    rows = [(v.dataset, v.version, words[v.bytes_same], words[v.rows_same], v.note) for v in verdicts]
    headings = [_("dataset"), _("version"), _("bytes"), _("rows"), _("note")]
    screen.print(plain_table(headings, rows, folds=4))
    if not damaged:
        return screen.print(_("What is kept and what is served is as it was written."))
    rows_of_damage = [(damage.of, damage.file, damage.note) for damage in damaged]
    screen.print(plain_table([_("of"), _("file"), _("damage")], rows_of_damage, folds=2))
    sentence = ngettext(
        "{n} file is damaged. Next: `vereda repair` brings back what can be made again.",
        "{n} files are damaged. Next: `vereda repair` brings back what can be made again.",
        len(damaged),
    )
    return screen.print(sentence, style="red")


def _show_links(counts: Mapping[str, int]) -> None:
    """What was read of links, too: every copy."""
    from pipelines.cli.tables import console, links_sentence

    if counts.get("links"):
        console().print(links_sentence(counts))


@app.command(help=_("Bring back what is damaged and can be made again; say what is lost."))
@exit_on_errors
def repair(id: ONE_OR_ALL = None, json: JSON = False) -> None:
    from pipelines.nightly.publish import configured_portal
    from pipelines.release.damage import repair as repaired
    from pipelines.settings import Limits

    settings, archive = settings_and_archive()
    if id:
        find_log(archive, id)
    portal = configured_portal(settings)
    sources = (settings.datasets, settings.inbox)
    actions = repaired(archive, portal, sources, id, Limits.of(settings))
    _show_actions(actions, json, _("Nothing is damaged."))
    raise typer.Exit(0 if all(action.done for action in actions) else 1)


@app.command(help=_("Remove what killed runs left behind: temporary folders, files that no log names."))
@exit_on_errors
def sweep(json: JSON = False) -> None:
    from pipelines.nightly.publish import configured_portal
    from pipelines.release.sweep import sweep as swept

    settings, archive = settings_and_archive()
    actions = list(swept(archive, configured_portal(settings), now()))
    _show_actions(actions, json, _("Nothing was left behind."))
    raise typer.Exit(0 if all(action.done for action in actions) else 1)


def _show_actions(actions: list[Action], json: bool, nothing: str) -> None:
    from pipelines.cli.tables import console

    if json:
        return show_json({"actions": [asdict(action) for action in actions]})
    if not actions:
        return console().print(nothing)
    screen = console()
    for action in actions:
        mark = "✓" if action.done else "✗"
        screen.print(
            f"{mark} {action.what}  {action.of}", soft_wrap=True, style=None if action.done else "red"
        )
        screen.print(f"    {action.why}", soft_wrap=True)
    done = sum(action.done for action in actions)
    return screen.print(_("{n} of {all} done", n=done, all=len(actions)))

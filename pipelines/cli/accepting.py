"""The command that lets an unusual extract through."""

from __future__ import annotations

import getpass
from typing import Annotated
from uuid import uuid4

import typer

from messages import gettext as _
from pipelines.cli.app import ID, app, guarded, now, settings_and_archive


@app.command(help=_("Say that the extract which was stopped for being unusual is right: the next run publishes it."))
@guarded
def accept(
    id: ID,
    because: Annotated[str, typer.Option(help=_("the reason, for the record"))],
    by: Annotated[str | None, typer.Option(metavar="NAME", help=_("who says so; otherwise the user of this machine"))] = None,
) -> None:
    from pipelines.answers import find_history
    from pipelines.guards.accept import accept as accepted

    _settings, archive = settings_and_archive()
    run = f"{now():%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    who = by or getpass.getuser()
    _entry, notes = accepted(archive, find_history(archive, id), because=because, by=who, run=run, at=now().isoformat(timespec="seconds"))
    typer.echo(_("{id}: accepted by {who}, for these extracts alone:", id=id, who=who))
    for note in notes:
        typer.echo(f"  {note}")
    typer.echo(_("Next: `vereda run {id}` publishes it; another extract is judged anew.", id=id))

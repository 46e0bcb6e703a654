"""Commands for those who hand data in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from messages import gettext as _
from pipelines.cli.app import app, guarded, settings_and_archive


@app.command(help=_("Write an empty workbook for an agency: its columns, lists, limits, an example."))
@guarded
def template(
    id: Annotated[str, typer.Argument(metavar="ID", help=_("a dataset, or dataset/resource"))],
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help=_("the workbook to write"))],
) -> None:
    from pipelines.answers import Unknown
    from pipelines.needs import Unmet, needed, own, referred
    from pipelines.template import write_template
    from pipelines.terminal import console
    from pipelines.trial import declared

    settings, archive = settings_and_archive()
    dataset, only = declared(settings.datasets, id)
    try:
        references = {**referred(dataset, needed(dataset, archive)), **own(dataset, archive)}
    except Unmet as error:
        raise Unknown(str(error)) from error
    made = write_template(dataset, only, references, out)
    names = ", ".join(sheet.name for sheet in made)
    console().print(_("{file}: sheets to fill in: {names}", file=out, names=names), soft_wrap=True)

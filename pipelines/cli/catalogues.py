"""Commands that take a catalogue of others in: a folder per package, with what it does not say as "
"questions"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import JSON, app, exit_on_errors, show_json

if TYPE_CHECKING:
    from pipelines.harvest.declare import Draft


@app.command(
    "import",
    help=_(
        "Make a declaration of each package of a catalogue: a CKAN, a saved package_search, a data.json; "
        "what "
        "it does not say stands there as a question."
    ),
)
@exit_on_errors
def import_(
    kind: Annotated[
        Literal["ckan", "datajson"], typer.Argument(metavar="ckan|datajson", help=_("what it is"))
    ],
    source: Annotated[str, typer.Argument(metavar="URL|FILE", help=_("where it is"))],
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="DIR", help=_("where the folders go; otherwise VEREDA_DATASETS")),
    ] = None,
    json: JSON = False,
) -> None:
    from messages import speak
    from pipelines.harvest.write import import_catalogue
    from pipelines.settings import Limits, load_settings

    settings = load_settings()
    speak(settings.lang)
    place = into or settings.datasets
    drafts = list(import_catalogue(source, place, Limits.of(settings), in_ckan=kind == "ckan"))
    if json:
        return show_json({"packages": [_as_json(draft) for draft in drafts]})
    return _show(drafts, place)


def _as_json(draft: Draft) -> dict[str, Any]:
    asked = Counter(question.kind for question in draft.questions)
    return {
        "id": draft.id,
        "state": draft.state,
        "resources": draft.resources,
        "questions": len(draft.questions),
        "why": draft.why,
        "asks": dict(sorted(asked.items())),
        "tables": draft.tables,
        "files": draft.files,
        "series": draft.series,
    }


def _show(drafts: Sequence[Draft], into: Path) -> None:
    from pipelines.cli.tables import console, plain_table

    words = {
        "ready": _("ready"),
        "questions": _("questions"),
        "files-only": _("files only"),
        "refused": _("refused"),
    }
    rows = [(d.id, words[d.state], d.resources, len(d.questions) or "", d.why) for d in drafts]
    headings = [_("dataset"), _("state"), _("resources"), _("questions"), _("why")]
    console().print(plain_table(headings, rows, numbers=(2, 3), folds=4))
    counts = Counter(draft.state for draft in drafts)
    only_fields = sum(1 for d in drafts if d.questions and {q.kind for q in d.questions} == {"fields"})
    parts = [f"{counts[state]} {words[state]}" for state in words if counts[state]]
    summary = {"folder": into, "parts": ", ".join(parts)}
    typer.echo(
        ngettext(
            "{n} package in {folder}: {parts}.", "{n} packages in {folder}: {parts}.", len(drafts), **summary
        )
    )
    if only_fields:
        typer.echo(
            ngettext(
                "Of those with questions, {n} asks about fields alone: its files answer that.",
                "Of those with questions, {n} ask about fields alone: their files answer that.",
                only_fields,
            )
        )

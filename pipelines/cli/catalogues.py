"""Commands that take a catalogue of others in: a folder per package, with what it does not say as "
"questions"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import JSON, app, exit_on_errors, show_json

if TYPE_CHECKING:
    from pipelines.harvest.declare import Draft
    from pipelines.harvest.lint import LintFinding, LintSubject
    from pipelines.settings import Limits


INTO = Annotated[
    Path | None,
    typer.Option("--into", metavar=_("DIR"), help=_("where folders go; otherwise VEREDA_DATASETS")),
]


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
    source: Annotated[str, typer.Argument(metavar=_("URL|FILE"), help=_("where it is"))],
    into: INTO = None,
    read: Annotated[
        bool,
        typer.Option(
            "--read",
            help=_("fetch what the catalogue says too little of, and read fields and formats from it"),
        ),
    ] = False,
    json: JSON = False,
) -> None:
    from messages import speak
    from pipelines.harvest.write import import_catalogue
    from pipelines.settings import Limits, load_settings

    settings = load_settings()
    speak(settings.lang)
    place = into or settings.datasets
    drafts = list(import_catalogue(source, place, Limits.of(settings), in_ckan=kind == "ckan", read=read))
    if json:
        return show_json({"packages": [_as_json(draft) for draft in drafts]})
    return _show(drafts, place, read)


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
        "notes": list(draft.notes),
    }


def _show(drafts: Sequence[Draft], into: Path, read: bool) -> None:
    words = {
        "ready": _("ready"),
        "questions": _("questions"),
        "files-only": _("files only"),
        "refused": _("refused"),
    }
    width = min(max((len(draft.id) for draft in drafts), default=0), 60)
    for draft in drafts:
        numbers = ngettext("{n} resource", "{n} resources", draft.resources)
        typer.echo(f"{draft.id:{width}}  {words[draft.state]:13}  {numbers}")
        for sentence in (draft.why, *draft.notes):
            if sentence:
                typer.echo(f"    {sentence}")
    counts = Counter(draft.state for draft in drafts)
    only_fields = sum(1 for d in drafts if d.questions and {q.kind for q in d.questions} == {"fields"})
    parts = [f"{words[state]}: {counts[state]}" for state in words if counts[state]]
    summary = {"folder": into, "parts": ", ".join(parts)}
    typer.echo(
        ngettext(
            "{n} package in {folder}: {parts}.", "{n} packages in {folder}: {parts}.", len(drafts), **summary
        )
    )
    if only_fields and not read:
        typer.echo(
            ngettext(
                "Of those with questions, {n} asks about fields alone: --read answers that from its files.",
                "Of those with questions, {n} ask about fields alone: --read answers that from their files.",
                only_fields,
            )
        )


@app.command(
    "lint",
    help=_(
        "What of a dataset is not as the publication standard asks for: of declarations, or of the packages "
        "of "
        "a catalogue."
    ),
)
@exit_on_errors
def lint_(
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help=_("a dataset; all where none is named"))
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar=_("URL|FILE"), help=_("a CKAN, a saved package_search or a data.json instead")
        ),
    ] = None,
    json: JSON = False,
) -> None:
    from dataclasses import asdict

    from messages import speak
    from pipelines.harvest.lint import LintFinding, lint
    from pipelines.settings import Limits, load_settings

    settings = load_settings()
    speak(settings.lang)
    subjects = list(_subjects(settings.datasets, id, source, Limits.of(settings)))
    findings = [f for each in subjects for f in ([each] if isinstance(each, LintFinding) else lint(each))]
    if json:
        show_json({"findings": [asdict(finding) for finding in findings]})
    else:
        _show_findings(findings, len(subjects), whole=len(subjects) > 20)
    raise typer.Exit(1 if any(finding.severity == "error" for finding in findings) else 0)


def _subjects(
    datasets: Path, id: str | None, source: str | None, limits: Limits
) -> Iterator[LintSubject | LintFinding]:
    """What is to be looked at: a declaration, all of them, or what a catalogue holds. Of a declaration that
    cannot be read, what is wrong with it."""
    from catalog.archive.release import UnknownRelease
    from pipelines.dataset.dataset import DatasetError, dataset_folders, describe_unknown, read_descriptor
    from pipelines.harvest.catalogue import read_catalogue
    from pipelines.harvest.lint import subject_of_declaration, subject_of_package, unreadable_declaration
    from pipelines.harvest.package import ForeignPackage

    if source is not None:
        packages = [each for each in read_catalogue(source, limits) if isinstance(each, ForeignPackage)]
        chosen = [each for each in packages if id in (None, each.name, each.id)]
        if not chosen:
            raise UnknownRelease(_("{source} has no package {id}", source=source, id=id or ""))
        yield from map(subject_of_package, chosen)
        return
    folders = [folder for folder in dataset_folders(datasets) if id in (None, folder.name)]
    if id is not None and not folders:
        raise UnknownRelease(describe_unknown(datasets, id))
    for folder in folders:
        try:
            yield subject_of_declaration(folder.name, read_descriptor(folder))
        except DatasetError as error:
            yield unreadable_declaration(folder.name, str(error))


def _show_findings(findings: Sequence[LintFinding], subjects: int, whole: bool) -> None:
    """Each finding; of many datasets, how many of each rule, with the first place."""
    from pipelines.cli.tables import console, plain_table

    grave = {"error": _("must"), "warning": _("should"), "info": _("could")}
    if whole:
        rules: dict[str, list[LintFinding]] = {}
        for each in findings:
            rules.setdefault(each.rule, []).append(each)
        ordered = sorted(rules.values(), key=lambda each: (list(grave).index(each[0].severity), -len(each)))
        rows = [
            (each[0].rule, grave[each[0].severity], len(each), len({f.place.partition("/")[0] for f in each}),
             each[0].source, each[0].remedy)
            for each in ordered
        ]  # fmt: skip
        headings = [_("rule"), "", _("findings"), _("datasets"), _("source"), _("what to do")]
        console().print(plain_table(headings, rows, numbers=(2, 3), folds=5))
    else:
        lines = [(f.place, grave[f.severity], f.message, f"{f.remedy} ({f.source})") for f in findings]
        console().print(plain_table([_("place"), "", _("finding"), _("what to do")], lines, folds=3))
    counts = Counter(str(finding.severity) for finding in findings)
    parts = [f"{counts[key]} {word}" for key, word in grave.items()]
    typer.echo(ngettext("{n} dataset: {parts}.", "{n} datasets: {parts}.", subjects, parts=", ".join(parts)))


@app.command(
    help=_(
        "Make a dataset's folder for one file: its fields, key and layout are read from it; the rest is "
        "asked."
    )
)
@exit_on_errors
def new(
    id: Annotated[str, typer.Argument(metavar="ID", help=_("what the dataset is to be called"))],
    source: Annotated[str, typer.Option("--from", metavar=_("FILE|URL"), help=_("the file"))],
    into: INTO = None,
    json: JSON = False,
) -> None:
    from messages import speak
    from pipelines.harvest.new import new_dataset
    from pipelines.settings import Limits, load_settings

    settings = load_settings()
    speak(settings.lang)
    place = into or settings.datasets
    draft = new_dataset(id, source, place, Limits.of(settings))
    if json:
        return show_json({"packages": [_as_json(draft)]})
    typer.echo(_("{folder} is made. It asks:", folder=place / id))
    for question in draft.questions:
        typer.echo(f"  {question.about}: {question.question}")
    return typer.echo(
        _(
            "Answer each in {file}, whose first lines show how, and take the questions out; then "
            "`vereda check {id}`, and `vereda run {id}` publishes it.",
            file=place / id / "datapackage.yaml",
            id=id,
        )
    )

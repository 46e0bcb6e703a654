"""Commands about people outside: problems that readers report, and the empty workbook for an agency."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from messages import gettext as _
from messages import ngettext
from pipelines.cli.app import ID, JSON, app, exit_on_errors, now, settings_and_archive, show_json

TEXT = Annotated[str, typer.Option("--text", help=_("what is written; it may stand on the dataset's page"))]
MAP = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="LABEL=FIELD", help=_("a renamed column of the file, and the field that it is; kept")
    ),
]
HIDDEN = Annotated[
    bool,
    typer.Option(
        "--hidden",
        help=_("the report's own text stays unpublished: it says something about a person, or insults"),
    ),
]


@app.command(
    help=_(
        "Take down a problem that somebody reported by mail or by telephone. Write nothing about who it was."
    )
)
@exit_on_errors
def problem(
    id: ID,
    text: TEXT,
    version: Annotated[str | None, typer.Option(help=_("the version that it is about"))] = None,
) -> None:
    from catalog.archive.archive import find_history
    from catalog.archive.release import find_release

    _settings, archive = settings_and_archive()
    release = find_release(find_history(archive, id), version)
    entry = _keep_entry(id, "report", 0, text, str(release.version), shown=True)
    typer.echo(_("{id}: report {number} is kept", id=id, number=entry.number))


@app.command(help=_("Answer a report; the answer stands on the dataset's page, with the report."))
@exit_on_errors
def answer(
    id: ID,
    number: Annotated[int, typer.Argument(metavar=_("NUMBER"))],
    text: TEXT,
    fixed: Annotated[
        str | None, typer.Option(metavar=_("VERSION"), help=_("the version in which it is corrected"))
    ] = None,
    closed: Annotated[
        bool, typer.Option("--closed", help=_("nothing will be done, or it was no problem"))
    ] = False,
    hidden: HIDDEN = False,
) -> None:
    from catalog.archive.archive import find_history
    from catalog.archive.release import find_release

    _settings, archive = settings_and_archive()
    version = str(find_release(find_history(archive, id), fixed).version) if fixed else None
    kind = "closed" if closed else "answer"
    if fixed:
        kind = "fixed"
    _keep_entry(id, kind, number, text, version, shown=not hidden)
    typer.echo(_("{id}: report {number} is answered", id=id, number=number))


@app.command(
    "problems", help=_("What was reported, the newest first; those that wait for an answer with --open.")
)
@exit_on_errors
def problems_(
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help=_("all where none is named"))] = None,
    open: Annotated[bool, typer.Option("--open", help=_("only those that wait for an answer"))] = False,
    json: JSON = False,
) -> None:
    from catalog.archive.archive import find_history
    from catalog.archive.reports import group_reports
    from catalog.words import problem_status
    from pipelines.cli.tables import console, plain_table

    _settings, archive = settings_and_archive()
    named = [(id, find_history(archive, id).demo)] if id else archive.datasets()
    found, faults = [], []
    for name, demo in named:
        try:
            found += [(name, each) for each in group_reports(archive.problems(name, demo).all())]
        except archive.failures_of_one as error:  # the others are shown
            faults.append(f"{name}: {error}")
    for fault in faults:
        typer.echo(fault, err=True)
    found = [(name, each) for name, each in found if each.status == "open" or not open]
    if json:
        return show_json({"problems": [{"id": name, **_report_as_json(each)} for name, each in found]})
    rows = [
        (n, p.report.number, problem_status(p.status), p.report.at[:16], p.report.version, p.report.text)
        for n, p in found
    ]
    console().print(
        plain_table(
            [_("dataset"), _("number"), _("status"), _("at"), _("version"), _("what")],
            rows,
            numbers=(1,),
            folds=5,
        )
    )
    return None


@app.command(
    help=_(
        "Erase all that is kept of an e-mail address that follows news, as its owner asked by other means."
    )
)
@exit_on_errors
def forget(
    address: Annotated[str, typer.Argument(metavar=_("ADDRESS"), help=_("the whole e-mail address"))],
) -> None:
    from pipelines.notices.subscribers import Subscribers
    from pipelines.settings import load_settings

    erased = Subscribers(load_settings().subscribers).forget(address)
    typer.echo(ngettext("{n} subscription erased", "{n} subscriptions erased", erased))


@app.command(
    help=_("Take down a request for data that came by mail or by telephone. Write nothing about who it was.")
)
@exit_on_errors
def request(text: TEXT) -> None:
    entry = _keep_request("report", 0, text, None, shown=True)
    typer.echo(_("request {number} is kept", number=entry.number))


@app.command(
    "answer-request", help=_("Answer a request for data; the answer stands on the page of requests.")
)
@exit_on_errors
def answer_request(
    number: Annotated[int, typer.Argument(metavar=_("NUMBER"))],
    text: TEXT,
    dataset: Annotated[
        str | None, typer.Option(metavar="ID", help=_("the dataset that came of it, or had it already"))
    ] = None,
    closed: Annotated[bool, typer.Option("--closed", help=_("it will not be published"))] = False,
    hidden: HIDDEN = False,
) -> None:
    from catalog.archive.archive import find_history

    _settings, archive = settings_and_archive()
    if dataset:
        find_history(archive, dataset)
    kind = "fixed" if dataset else "closed" if closed else "answer"
    _keep_request(kind, number, text, dataset, shown=not hidden)
    typer.echo(_("request {number} is answered", number=number))


@app.command(help=_("What data was asked for, the newest first; what waits for an answer with --open."))
@exit_on_errors
def requests(
    open: Annotated[bool, typer.Option("--open", help=_("only those that wait for an answer"))] = False,
    json: JSON = False,
) -> None:
    from catalog.archive.reports import group_reports
    from catalog.words import request_status
    from pipelines.cli.tables import console, plain_table

    _settings, archive = settings_and_archive()
    found = [each for each in group_reports(archive.requests.all()) if each.status == "open" or not open]
    if json:
        return show_json({"requests": [_report_as_json(each) for each in found]})
    rows = [(p.report.number, request_status(p.status), p.report.at[:16], p.report.text) for p in found]
    titles = [_("number"), _("status"), _("at"), _("what")]
    console().print(plain_table(titles, rows, numbers=(0,), folds=3))
    return None


def _keep_request(kind: Any, number: int, text: str, dataset: str | None, *, shown: bool) -> Any:
    """Keeps a request or an answer, and shows it in the portal."""
    from catalog.archive.reports import ReportEntry
    from pipelines.nightly.publish import publish

    settings, archive = settings_and_archive()
    at = now().isoformat(timespec="seconds")
    entry = archive.requests.add(ReportEntry(0, number, kind, at, text, dataset, shown, uuid4().hex))
    publish(settings, archive, "portal")
    return entry


def _report_as_json(each: Any) -> dict[str, Any]:
    answers = [{"at": a.at, "kind": a.kind, "text": a.text, "version": a.version} for a in each.answers]
    report = each.report
    return {
        "number": report.number,
        "status": each.status,
        "at": report.at,
        "version": report.version,
        "text": report.text,
        "answers": answers,
    }


def _keep_entry(id: str, kind: Any, report: int, text: str, version: str | None, *, shown: bool) -> Any:
    """Keeps a report or an answer, and shows it in the portal."""
    from catalog.archive.archive import find_history
    from catalog.archive.reports import ReportEntry
    from pipelines.nightly.publish import publish

    settings, archive = settings_and_archive()
    demo = find_history(archive, id).demo
    at = now().isoformat(timespec="seconds")
    entry = archive.problems(id, demo).add(
        ReportEntry(0, report, kind, at, text, version, shown, uuid4().hex)
    )
    publish(settings, archive, "portal")
    return entry


@app.command(help=_("Write an empty workbook for an agency: its columns, lists, limits, an example."))
@exit_on_errors
def template(
    id: Annotated[str, typer.Argument(metavar="ID", help=_("a dataset, or dataset/resource"))],
    out: Annotated[Path, typer.Argument(metavar=_("OUT.xlsx"), help=_("the workbook to write"))],
) -> None:
    from pipelines.agency.template.workbook import make_template
    from pipelines.cli.tables import console

    settings, archive = settings_and_archive()
    made = make_template(settings.datasets, archive, id, out, settings.desk_url)
    names = ", ".join(sheet.name for sheet in made)
    console().print(_("{file}: sheets to fill in: {names}", file=out, names=names), soft_wrap=True)


@app.command(help=_("What was handed in, and what became of each file."))
@exit_on_errors
def receipts(
    id: Annotated[str | None, typer.Argument(metavar="ID", help=_("a dataset, or dataset/resource"))] = None,
    json: JSON = False,
) -> None:
    from pipelines.cli.queries import list_receipts
    from pipelines.cli.tables import console, receipt_lines

    settings, archive = settings_and_archive()
    found = list_receipts(settings, archive, id)
    if json:
        return show_json({"receipts": [each.to_json() for each in found]})
    for line in receipt_lines(found):
        console().print(line, soft_wrap=True)
    return None


@app.command(help=_("Renamed columns of a dataset that a person mapped to its fields; with --map, one more."))
@exit_on_errors
def mappings(
    id: Annotated[str, typer.Argument(metavar="ID", help=_("a dataset, or dataset/resource"))],
    map: MAP = None,
    forget: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help=_("a column that is no longer mapped"))
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help=_("who says so; otherwise the user of this machine"))
    ] = None,
    json: JSON = False,
) -> None:
    from pipelines.agency.check import find_dataset
    from pipelines.cli.tables import console, plain_table
    from pipelines.dataset.mappings import keep_mapping, parse_mapping

    settings, archive = settings_and_archive()
    dataset, wanted = find_dataset(settings.datasets, id)
    said: list[tuple[str, str | None]] = [
        *(parse_mapping(each) for each in map or ()),
        *((each, None) for each in forget or ()),
    ]
    if said and not wanted and len(dataset.resources) > 1:
        names = ", ".join(f"{dataset.id}/{each.name}" for each in dataset.resources)
        raise ValueError(_("{id} has several resources; name one: {names}", id=id, names=names))
    resource = dataset.resource(wanted) if wanted else dataset.resources[0]
    who, at = by or getpass.getuser(), now().isoformat(timespec="seconds")
    for label, field in said:
        keep_mapping(archive, dataset, resource, label, field, who, at)
    found = [
        each for each in archive.mappings(dataset.id, dataset.demo).current() if wanted in ("", each.resource)
    ]
    if json:
        keys = ("resource", "label", "field", "by", "at")
        listed = [{"dataset": dataset.id, **{key: getattr(e, key) for key in keys}} for e in found]
        return show_json({"mappings": listed})
    if not found:
        return typer.echo(_("{id}: no column is mapped", id=id))
    rows = [(e.resource, e.label, e.field, e.by, e.at[:16]) for e in found]
    console().print(plain_table([_("table"), _("column"), _("field"), _("who"), _("at")], rows, folds=1))
    if said:
        typer.echo(
            _(
                "Next: `vereda run {id}` reads by it what is there; what comes is read so from now on.",
                id=dataset.id,
            )
        )
    return None


@app.command(
    help=_(
        "Keys with which agencies hand in files over the web: `new AGENCY` tells one, this once; `new --team "
        "--for NAME` one of the data team; `list`; `revoke NUMBER`."
    )
)
@exit_on_errors
def token(
    action: Annotated[str, typer.Argument(metavar=_("ACTION"), help=_("new, list or revoke"))],
    what: Annotated[
        str | None, typer.Argument(metavar=_("WHAT"), help=_("the agency's id, or the key's number"))
    ] = None,
    days: Annotated[int, typer.Option(help=_("for how many days it is"))] = 365,
    team: Annotated[bool, typer.Option("--team", help=_("for one of the data team"))] = False,
    holder: Annotated[
        str, typer.Option("--for", metavar=_("NAME"), help=_("the person or program that gets it"))
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help=_("for this dataset alone; may be said again"))
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar=_("NAME"), help=_("who says so; otherwise the user of this machine"))
    ] = None,
    json: JSON = False,
) -> None:
    from catalog.archive.tokens import Tokens
    from pipelines.agency.tokens import describe_tokens, issue_token, revoke_token

    settings, archive = settings_and_archive()
    who = by or getpass.getuser()
    match action, what:
        case "new" | "create", str() | None if what or team:
            known: dict[str, Any] = {"team": team, "holder": holder or (what or "" if team else "")}
            agency = "" if team else what or ""
            issued = issue_token(
                archive, settings.datasets, agency, days, who, now(), only=only or (), **known
            )
            entry, secret = issued
            answer: dict[str, Any] = {"number": entry.number, "agency": agency, "until": entry.until}
            answer |= {"team": True, "holder": entry.holder} if team else {}
            return show_json({**answer, "token": secret}) if json else _tell_token(answer, secret)
        case "revoke", str() if what.isdecimal():
            revoke_token(archive, int(what), who, now())
            told = _("Key {number} is taken back.", number=what)
            return show_json({"number": int(what), "state": "revoked"}) if json else typer.echo(told)
        case "list", None:
            shown = describe_tokens(Tokens(archive.shelf).all(), now())
            return show_json({"tokens": shown}) if json else _list_tokens(shown)
    usage = (
        "vereda token new AGENCY · vereda token new --team --for NAME · vereda token list · "
        "vereda token revoke NUMBER"
    )
    raise ValueError(_("use {usage}", usage=usage))


def _tell_token(entry: Mapping[str, Any], secret: str) -> None:
    from messages.formats import format_date

    until = format_date(entry["until"])
    whose = entry["agency"] or entry["holder"]
    typer.echo(_("Key {number} of {agency}, until {day}:", number=entry["number"], agency=whose, day=until))
    typer.echo(secret)
    if entry.get("team"):
        typer.echo(_("It is not shown again: give it to that person now, by a way that nobody else reads."))
    else:
        typer.echo(_("It is not shown again: give it to the agency now, by a way that nobody else reads."))


def _list_tokens(shown: Sequence[Mapping[str, Any]]) -> None:
    from pipelines.cli.tables import console, plain_table

    states = {"valid": _("valid"), "expired": _("over"), "revoked": _("taken back")}
    headings = [_("number"), _("agency"), _("for"), _("since"), _("until"), _("state"), _("by")]
    rows = [
        (
            *(t["number"], t["agency"] or _("data team"), t["holder"], t["at"][:10], t["until"][:10]),
            *(states[t["state"]], t["by"]),
        )
        for t in shown
    ]
    console().print(plain_table(headings, rows, numbers=(0,)))

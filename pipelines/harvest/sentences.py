"""What people are asked and told of a package of a foreign catalogue"""

from __future__ import annotations

from messages import gettext as _
from pipelines.harvest.package import ForeignPackage
from pipelines.harvest.series import period_fields
from pipelines.harvest.tables import Contents, Doubt, Series


def refusal_sentence(package: ForeignPackage) -> str:
    return {
        "private": _("it is private there; publish it there first, or declare it by hand"),
        "draft": _("it is a draft there, not yet published"),
        "deleted": _("it is deleted there"),
        "kind": _("it is no dataset, but of another kind ({kind})", kind=package.raw.get("type")),
    }[package.refusal]


def nothing_sentence(contents: Contents) -> str:
    if contents.links:
        names = ", ".join(sorted({each.format for each in contents.links if each.format}))
        return _("it has no file, only links to pages or services ({formats})", formats=names)
    return _("it has no resource")


def doubt_question(doubt: Doubt) -> str:
    first, *others = [f"«{each.name or each.id}»" for each in doubt.resources]
    values = {"first": first, "others": ", ".join(others[:6]) + (" …" if len(others) > 6 else "")}
    return {
        "address": _(
            "Where is the file of {first}? The catalogue gives no address on the web for it.", **values
        ),
        "same-address": _("Which is right? {first} and {others} lead to the same file.", **values),
        "name": _("What is each of them called? {first} is the name of two tables.", **values),
        "register": _(
            "Does {first} hold the rows of {others} as well? Keep one of them, or both as tables that say "
            "so: "
            "rows must not count twice.",
            **values,
        ),
        "total": _(
            "Is {first} the sum of {others}? Keep one of them, or say so in their descriptions: rows must "
            "not "
            "count twice.",
            **values,
        ),
        "overlap": _("Which rows do they share? {first} and {others} tell of the same time.", **values),
        "drift": _(
            "Is {first} the same table as {others}, under another name? Their times complete each other.",
            **values,
        ),
        "packed": _(
            "What is in {first} and the like? They may hold tables of those years; as it stands, each is "
            "carried "
            "as a file.",
            **values,
        ),
    }[doubt.kind]


def format_question(title: str, told: str) -> str:
    if told:
        return _(
            "What is {title}? The catalogue calls its format “{format}”, which is no ending that is known: "
            "give `path` the ending of the file; a table is a CSV, with its fields.",
            title=title,
            format=told,
        )
    return _(
        "What is {title}? Neither the catalogue nor its address says the format: give `path` the ending of "
        "the file; a table is a CSV, with its fields.",
        title=title,
    )


def upload_question(title: str) -> str:
    return _(
        "Where does the file of {title} come from? The catalogue gives the CKAN's own address for it, which "
        "will be ours once this is published: give as `source` where its publisher keeps it, or the file "
        "itself (kind: file, or inbox).",
        title=title,
    )


def coarse_question(series: Series) -> str:
    first, *others = [f"«{table.lead.name}»" for table in series.members]
    return _(
        "What tells which part of a year a row of {first} is of? {others} are parts as well, and by "
        "`{field}` each file would replace the one before: so each stays a table of its own. They are one "
        "where a column tells it: a date, with an `accrualPeriodicity` as short as the parts.",
        first=first,
        others=", ".join(others[:6]) + (" …" if len(others) > 6 else ""),
        field=period_fields(series)[0].name,
    )


def series_note(title: str, series: Series) -> str:
    return _(
        "«{title}» is new in the CKAN, and joins the rows of {others}, which stay beside it as they are: "
        "take them out there once it is published, or their rows count twice.",
        title=title,
        others=", ".join(f"«{table.lead.name}»" for table in series.members),
    )

"""What people are asked and told of a package of a foreign catalogue"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from messages import gettext as _
from messages.formats import quote
from pipelines.harvest.package import ForeignPackage, ForeignResource
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
        "address": _address_question(doubt.resources[0], first),
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
        "edition": _(
            "Which counts? {first} and {others} are of the same thing and time, in two editions: keep one, "
            "rows must not count twice.",
            **values,
        ),
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


def _address_question(resource: ForeignResource, title: str) -> str:
    """Never with the address itself where it holds a password."""
    _scheme, mark, rest = resource.told_address.partition("://")
    if not resource.told_address:
        return _(
            "Where is the file of {first}? The catalogue gives no address on the web for it.", first=title
        )
    if mark and "@" in rest.partition("/")[0]:
        return _(
            "Where is the file of {first}? Its address holds a name or a password, which no declaration may: "
            "give one that is open to all.",
            first=title,
        )
    return _(
        "Where is the file of {first}? The catalogue gives “{address}”, which is no whole address that "
        "begins with http:// or https://.",
        first=title,
        address=resource.told_address[:200],
    )


def format_question(title: str, told: str, fault: str) -> str:
    if fault:
        return _(
            "What is {title}? Its file could not be read ({why}): give `path` the ending of the file; a "
            "table is a CSV, with its fields.",
            title=title,
            why=fault,
        )
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
    if all(table.parts.is_state for table in series.members):
        return _(
            "“{title}” is new in the CKAN, and has a version for each of {others}, which stay beside it as "
            "they are.",
            title=title,
            others=", ".join(f"«{table.lead.name}»" for table in series.members),
        )
    return _(
        "“{title}” is new in the CKAN, and joins the rows of {others}, which stay beside it as they are: "
        "take them out there once it is published, or their rows count twice.",
        title=title,
        others=", ".join(f"«{table.lead.name}»" for table in series.members),
    )


def twice_question(doubled: str) -> str:
    return _(
        "Which is it? The catalogue has several packages that are called “{name}”: keep one of them, or say "
        "what each of them is called.",
        name=doubled,
    )


def column_questions(repeated: Sequence[str]) -> Iterator[str]:
    for label in repeated:
        if label.strip():
            yield _(
                "Several columns are called “{label}”. `ignore` leaves out all but the first: is that right?",
                label=label,
            )
        else:
            yield _("A column has no label. `ignore` leaves it out: is that right?")


def sheet_question(sheet: str, others: Sequence[str]) -> str:
    return _(
        "Is the table on the sheet “{sheet}”? The workbook has others that hold something: {others}.",
        sheet=sheet,
        others=", ".join(map(quote, others)),
    )


def dates_question(name: str) -> str:
    return _(
        "Which comes first in `{name}`, the day or the month? Its cells can be read either way, so it is a "
        "text as it stands: declare `type: date`, and its `format` in a layout (%d/%m/%Y or %m/%d/%Y).",
        name=name,
    )


def personal_question(name: str, kind: str) -> str:
    return _(
        "May `{name}` be published? It looks like data of persons ({kind}): write under `personalData` drop, "
        "hash, mask, or publicBecause with the reason.",
        name=name,
        kind=kind,
    )


def fields_question(title: str, resource: ForeignResource) -> str:
    if resource.read_fault:
        return _(
            "Which fields does {title} have? Its file could not be read: {why}",
            title=title,
            why=resource.read_fault,
        )
    if resource.dictionary_fault:
        return _(
            "Which fields does {title} have? Its dictionary cannot be used: it is damaged, or leaves a name "
            "out, or has one twice. Read them from the file.",
            title=title,
        )
    return _(
        "Which fields does {title} have? The catalogue has no dictionary of it: read them from the file.",
        title=title,
    )


def misfit_question(title: str, absent: Sequence[str], unknown: Sequence[str]) -> str:
    return _(
        "Which columns has {title}? The catalogue's table and its file differ: not in the file: {absent}; "
        "only in the file: {unknown}.",
        title=title,
        absent=", ".join(absent) or "–",
        unknown=", ".join(unknown) or "–",
    )


def closed_question(licence: str) -> str:
    return _(
        "Under which open licence is it published? The catalogue says “{licence}”, which is none.",
        licence=licence,
    )


def licences_question(title: str, of_file: str, of_package: str) -> str:
    return _(
        "Under which licence is {title} published? The catalogue says “{file}” of it, and “{package}” of its "
        "package.",
        title=title,
        file=of_file,
        package=of_package,
    )


def unread_note(title: str, why: str) -> str:
    return _("The file of {title} could not be read: {why}", title=title, why=why)


def left_out_notes(contents: Contents, other_themes: Sequence[str], in_ckan: bool) -> Iterator[str]:
    """What of a package is in no declaration, and why."""
    if contents.links:
        yield _("No file, and so left out: {names}.", names=_list_resources(contents.links))
    twins = [twin for table in contents.tables for twin in table.twins] + list(contents.repeated)
    if twins and in_ckan:
        yield _(
            "The same as another, and so not renewed; in the CKAN it stays as it is: {names}.",
            names=_list_resources(twins),
        )
    elif twins:
        yield _("The same as another, and so left out: {names}.", names=_list_resources(twins))
    if other_themes:
        yield _(
            "No theme of the national profile, and so left out: {names}.",
            names=", ".join(f"«{each}»" for each in other_themes),
        )


def _list_resources(resources: Sequence[ForeignResource]) -> str:
    return ", ".join(f"«{each.name or each.id}» ({each.format or '–'})" for each in resources)

"""A package of a foreign catalogue as a declaration of ours: all that it says, in our keys, and a question
for each thing that it does not say"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.months import MONTHS
from pipelines.dataset.standard import TAKEN
from pipelines.dataset.text import fold_text
from pipelines.harvest.package import Column, ForeignPackage, ForeignResource
from pipelines.harvest.tables import Contents, Doubt, ForeignTable, Series, sort_contents, stem_of
from pipelines.harvest.titles import take_apart
from pipelines.harvest.values import slug, suffix_of
from pipelines.harvest.vocabulary import FILES, TABLES

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
PERIOD_NAMES = ("anio", "ano", "year", "periodo", "period", "ejercicio", "exercicio")
SAYS_NOTHING = frozenset(
    [
        *(*TABLES, *FILES, "", "rows", "data", "datos", "dados", "download", "descarga", "file", "archivo"),
        *(
            "arquivo",
            "recurso",
            "resource",
            "dataset",
            "export",
            "csv_file",
            "json_file",
            "shapefile",
            "excel",
        ),
        *("link_to_csv", "comma_separated_values_file", "planilha"),
    ]
)
"""Titles, and names of files, that only say that something is a file: folded."""


@dataclass(frozen=True)
class Question:
    """What the catalogue does not say: of which key, of which kind, and the question."""

    about: str
    kind: str
    question: str


@dataclass(frozen=True)
class Draft:
    """A declaration with its questions; `state` is ready, questions, files-only or refused, `why` a
    sentence. `resources` counts those of the catalogue."""

    id: str
    state: str
    why: str
    resources: int
    declaration: Mapping[str, Any] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    series: int = 0
    tables: int = 0
    files: int = 0


def draft_declaration(package: ForeignPackage, id: str, in_ckan: bool = True) -> Draft:
    """The declaration of a package, under the dataset id `id`. `in_ckan`: it stands in a CKAN, to be taken
    over there."""
    if package.refusal:
        return Draft(id, "refused", _refusal_sentence(package), len(package.resources))
    contents = sort_contents(package)
    if not contents.tables and not contents.files and not contents.doubts:
        return Draft(id, "refused", _nothing_sentence(contents), len(package.resources))
    draft = _Drafting(package, contents, id, in_ckan)
    declaration = draft.declaration()
    questions = tuple(draft.questions)
    if questions:
        listed = [{"about": q.about, "kind": q.kind, "question": q.question} for q in questions]
        declaration["pipeline"]["questions"] = listed
    state = "questions" if questions else "ready" if contents.tables else "files-only"
    return Draft(
        id,
        state,
        _why(state, questions, contents),
        len(package.resources),
        declaration,
        questions,
        len(contents.series),
        len(contents.tables),
        len(contents.files),
    )


class _Drafting:
    """A declaration as it grows; `questions` are in the order of its keys."""

    def __init__(self, package: ForeignPackage, contents: Contents, id: str, in_ckan: bool) -> None:
        self.package, self.contents, self.id, self.in_ckan = package, contents, id, in_ckan
        self.questions: list[Question] = []
        self.names: set[str] = set(TAKEN)
        self.adopted: dict[str, str] = {}

    def ask(self, about: str, kind: str, question: str) -> None:
        self.questions.append(Question(about, kind, question))

    def declaration(self) -> dict[str, Any]:
        package = self.package
        made: dict[str, Any] = {"$schema": PROFILE, "name": self.id} | _given(title=package.title)
        if not package.title:
            self.ask("title", "title", _("What is it called?"))
        made |= _given(description=package.description)
        if package.licence:
            made["licenses"] = [dict(package.licence)]
        else:
            self.ask(
                "licenses", "licence", _("Under which licence is it published? The catalogue names none.")
            )
        made |= _given(sources=[{"title": package.source}] if package.source else None)
        made |= _given(keywords=list(package.keywords))
        made["pipeline"] = self.pipeline()
        made["resources"] = [*self.tables(), *self.files()]
        for doubt in self.contents.doubts:
            self.ask("resources", doubt.kind, _doubt_question(doubt))
        if self.in_ckan:
            made["pipeline"]["ckan"] = _given(
                package=package.name, organization=package.organization, resources=self.adopted
            )
        return made

    def pipeline(self) -> dict[str, Any]:
        package = self.package
        id, name, email = package.publisher
        made: dict[str, Any] = {}
        if slug(id) and name:
            made["publisher"] = {"id": slug(id), "name": name} | _given(email=email)
        else:
            self.ask(
                "pipeline.publisher", "publisher", _("Which agency publishes it? The catalogue names none.")
            )
        if package.rhythm:
            made["accrualPeriodicity"] = package.rhythm
        elif package.rhythm_words:
            question = _(
                "How often is it due? The catalogue says “{words}”; write it as R/P1Y, R/P1M, R/P1D … or "
                "eventual.",
                words=package.rhythm_words,
            )
            self.ask("pipeline.accrualPeriodicity", "rhythm", question)
        else:
            question = _(
                "How often is it due? Write R/P1Y, R/P1M, R/P1D … or eventual; the catalogue does not say."
            )
            self.ask("pipeline.accrualPeriodicity", "rhythm", question)
        made |= _given(superTheme=list(package.themes), temporal=package.temporal, spatial=package.spatial)
        return made | _given(contactPoint=dict(package.contact))

    def tables(self) -> Iterator[dict[str, Any]]:
        joined = {
            id(table): series for series in self.contents.series if _fits(series) for table in series.members
        }
        done: set[int] = set()
        for table in self.contents.tables:
            series = joined.get(id(table))
            if series is None:
                yield self.table(table)
            elif id(series) not in done:
                done.add(id(series))
                yield self.series(series)

    def table(self, table: ForeignTable) -> dict[str, Any]:
        lead = table.lead
        made = self.resource(lead, lead.name, "csv")
        if table.columns:
            made["schema"] = {"fields": [_field(column) for column in table.columns]}
        else:
            index = len(self.names) - len(TAKEN) - 1
            question = _(
                "Which fields does {title} have? The catalogue has no dictionary of it: read them from the "
                "file.",
                title=f"«{made['title']}»",
            )
            self.ask(f"resources[{index}].schema.fields", "fields", question)
        made["pipeline"] = {"source": {"kind": "http", "url": lead.address}}
        return made

    def series(self, series: Series) -> dict[str, Any]:
        """One table of several, each for its time: the newest says what it is called and which fields it
        has."""
        newest = series.members[-1]
        made = self.resource(newest.lead, _title_without_time(newest.lead.name), "csv")
        made["schema"] = {"fields": [_field(column) for column in newest.columns]}
        vintages = [{"asOf": _day_of(table), "url": table.lead.address} for table in series.members]
        made["pipeline"] = {"source": {"kind": "http", "vintages": vintages}}
        if not newest.parts.is_state:
            made["pipeline"]["extract"] = {"mode": "by-period", "field": _period_field(newest.columns)}
        return made | {"pipeline": made["pipeline"] | _given(layouts=list(_layouts(series)))}

    def files(self) -> Iterator[dict[str, Any]]:
        for each in self.contents.files:
            suffix = suffix_of(each.address or "") or each.format or "bin"
            made = self.resource(each, each.name, suffix)
            if suffix == "bin":
                title = f"«{made['title']}»"
                about = f"resources[{len(self.names) - len(TAKEN) - 1}].path"
                self.ask(about, "format", _format_question(title, each.told_format))
            made |= _given(format=each.format)
            made["pipeline"] = {"source": {"kind": "http", "url": each.address}}
            yield made

    def resource(self, resource: ForeignResource, title: str, suffix: str) -> dict[str, Any]:
        """The beginning of a resource; its name is its title's, or its file's, and no other has it."""
        if fold_text(title) in SAYS_NOTHING:
            title = ""
        if not title and fold_text(stem_of(resource)) in SAYS_NOTHING:
            title = self.package.title or self.id
        wanted = slug(title) or slug(stem_of(resource)) or "recurso"
        if suffix != "csv" and wanted in self.names:
            wanted = f"{wanted}-{suffix}"
        name, number = wanted, 1
        while name in self.names:
            number += 1
            name = f"{wanted}-{number}"
        self.names.add(name)
        path = f"{name}.{suffix}"
        if self.in_ckan:
            self.adopted[path] = resource.id
        made: dict[str, Any] = {"name": name, "path": path, "title": title or name}
        made |= _given(description=resource.description)
        if resource.licence and (self.package.licence is None or resource.licence != self.package.licence):
            made["licenses"] = [dict(resource.licence)]
        return made


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _field(column: Column) -> dict[str, Any]:
    return {"name": column.name, "type": column.type} | _given(
        title=column.title, description=column.description
    )


def _fits(series: Series) -> bool:
    """Whether the headers say that the tables of a series are one: the newest has every column of the
    others, and one of them tells the time of a row, so that no year is lost."""
    newest = _names(series.members[-1].columns)
    if not newest or any(table.lead.address is None for table in series.members):
        return False
    if not all((names := _names(table.columns)) and names <= newest for table in series.members):
        return False
    return all(table.parts.is_state for table in series.members) or (
        _period_field(series.members[-1].columns) is not None
        and all(
            fold_text(str(_period_field(series.members[-1].columns))) in _names(table.columns)
            for table in series.members
        )
    )


def _names(columns: Sequence[Column]) -> set[str]:
    return {fold_text(column.name) for column in columns}


def _period_field(columns: Sequence[Column]) -> str | None:
    """The column that tells the time of a row: a year by its name, else the only date; None where that is
    not clear."""
    named = [column for column in columns if fold_text(column.name) in PERIOD_NAMES]
    dated = [column for column in columns if column.type in ("date", "datetime")]
    for found in (named, dated):
        if len(found) == 1:
            return found[0].name
    return None


def _layouts(series: Series) -> Iterator[dict[str, Any]]:
    """How files of other years write the header, where they differ from the newest; the fullest first."""
    newest = {fold_text(column.name): column.name for column in series.members[-1].columns}
    seen: set[tuple[str, ...]] = set()
    found = []
    for table in reversed(series.members):
        labels = tuple(column.name for column in table.columns)
        if labels in seen:
            continue
        seen.add(labels)
        renamed = {label: newest[fold_text(label)] for label in labels if newest[fold_text(label)] != label}
        absent = [name for key, name in newest.items() if key not in set(map(fold_text, labels))]
        found.append({"header": list(labels)} | _given(labels=renamed, absent=absent))
    if len(found) > 1:
        yield from sorted(found, key=lambda layout: -len(layout["header"]))


def _day_of(table: ForeignTable) -> str:
    """The last day that a file tells of; of the newest, the day on which it was last changed, where that is
    earlier."""
    period, changed = table.parts.period, table.lead.day
    assert period is not None, "members of a series have a period"
    if changed is not None and period.start <= changed < period.end:
        return changed.isoformat()
    return period.end.isoformat()


def _title_without_time(title: str) -> str:
    """A title without the words that name its time, in its own letters."""
    words = title.split()
    base = take_apart(title).base
    kept = [
        word
        for word in words
        if take_apart(word).base and not any(map(str.isdigit, word)) and fold_text(word) not in MONTHS
    ]
    while kept and fold_text(kept[-1]) in (
        "de",
        "del",
        "al",
        "a",
        "en",
        "ano",
        "año",
        "anio",
        "primer",
        "segundo",
        "tercer",
        "cuarto",
        "trimestre",
        "semestre",
        "",
    ):
        kept.pop()
    return " ".join(kept).strip(" -–.,:") if kept and base else title


def _refusal_sentence(package: ForeignPackage) -> str:
    return {
        "private": _("it is private there; publish it there first, or declare it by hand"),
        "draft": _("it is a draft there, not yet published"),
        "deleted": _("it is deleted there"),
        "kind": _("it is no dataset, but of another kind ({kind})", kind=package.raw.get("type")),
    }[package.refusal]


def _nothing_sentence(contents: Contents) -> str:
    if contents.links:
        names = ", ".join(sorted({each.format for each in contents.links if each.format}))
        return _("it has no file, only links to pages or services ({formats})", formats=names)
    return _("it has no resource")


def _doubt_question(doubt: Doubt) -> str:
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


def _format_question(title: str, told: str) -> str:
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


def _why(state: str, questions: Sequence[Question], contents: Contents) -> str:
    if state == "files-only":
        n = len(contents.files)
        return ngettext("{n} file, none of them a table", "{n} files, none of them a table", n)
    if not questions:
        return ""
    fields = [each for each in questions if each.kind == "fields"]
    others = [each for each in questions if each.kind != "fields"]
    parts = [each.question for each in others[:2]] + (["…"] if len(others) > 2 else [])
    if fields:
        n = len(fields)
        parts.append(
            ngettext("the fields of {n} table are not known", "the fields of {n} tables are not known", n)
        )
    return " ".join(parts)

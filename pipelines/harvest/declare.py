"""A package of a foreign catalogue as a declaration of ours: all that it says, in our keys, and a question
for each thing that it does not say"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.standard import TAKEN
from pipelines.dataset.text import fold_text, label_key
from pipelines.harvest.package import Column, ForeignPackage, ForeignResource
from pipelines.harvest.sentences import (
    closed_question,
    coarse_question,
    column_questions,
    doubt_question,
    fields_question,
    format_question,
    left_out_notes,
    licences_question,
    misfit_question,
    nothing_sentence,
    refusal_sentence,
    series_note,
    sheet_question,
    twice_question,
    unread_note,
    upload_question,
)
from pipelines.harvest.series import (
    columns_of,
    day_of,
    description_of,
    extract_of,
    joins,
    layouts_of,
    period_fields,
    title_without_time,
)
from pipelines.harvest.tables import Contents, ForeignTable, Series, sort_contents, stem_of
from pipelines.harvest.values import is_closed, licence_family, slug, suffix_of
from pipelines.harvest.vocabulary import FILES, TABLES

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
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
    sentence. `resources` counts those of the catalogue; `notes` tell what becomes of what the declaration
    does not name."""

    id: str
    state: str
    why: str
    resources: int
    declaration: Mapping[str, Any] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    series: int = 0
    tables: int = 0
    files: int = 0
    notes: tuple[str, ...] = ()


def draft_declaration(package: ForeignPackage, id: str, in_ckan: bool = True, doubled: str = "") -> Draft:
    """The declaration of a package, under the dataset id `id`. `in_ckan`: it stands in a CKAN, to be taken
    over there. `doubled`: the name or identifier that another package of the catalogue has as well."""
    if package.refusal:
        return Draft(id, "refused", refusal_sentence(package), len(package.resources))
    contents = sort_contents(package)
    if not contents.tables and not contents.files and not contents.doubts:
        return Draft(id, "refused", nothing_sentence(contents), len(package.resources))
    draft = _Drafting(package, contents, id, in_ckan)
    declaration = draft.declaration()
    if doubled:
        draft.ask("pipeline.ckan.package" if in_ckan else "name", "twice", twice_question(doubled))
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
        tuple(draft.notes),
    )


class _Drafting:
    """A declaration as it grows; `questions` are in the order of its keys."""

    def __init__(self, package: ForeignPackage, contents: Contents, id: str, in_ckan: bool) -> None:
        self.package, self.contents, self.id, self.in_ckan = package, contents, id, in_ckan
        self.questions: list[Question] = []
        self.notes: list[str] = []
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
            if is_closed(package.licence):
                self.ask("licenses", "licence", closed_question(_name_of_licence(package.licence)))
        else:
            self.ask(
                "licenses", "licence", _("Under which licence is it published? The catalogue names none.")
            )
        made |= _given(sources=[{"title": package.source}] if package.source else None)
        made |= _given(keywords=list(package.keywords))
        made["pipeline"] = self.pipeline()
        made["resources"] = [*self.tables(), *self.files()]
        self.notes += left_out_notes(self.contents, package.other_themes, self.in_ckan)
        for doubt in self.contents.doubts:
            self.ask("resources", doubt.kind, doubt_question(doubt))
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
        known = [_without_unread(series) for series in self.contents.series]
        extracts = {id(series): self.extract(series) for series in known}
        joined = {
            id(table): series
            for series in known
            if extracts[id(series)] is not None
            for table in series.members
        }
        done: set[int] = set()
        for table in self.contents.tables:
            series = joined.get(id(table))
            if series is None:
                yield self.table(table)
            elif id(series) not in done:
                done.add(id(series))
                yield self.series(series, extracts[id(series)] or {})

    def extract(self, series: Series) -> Mapping[str, str] | None:
        """What each file of a series delivers; None where its tables stay apart."""
        if not joins(series):
            return None
        extract = extract_of(series, self.package.rhythm)
        if extract is None and period_fields(series):
            self.ask("resources", "period", coarse_question(series))
        return extract

    def table(self, table: ForeignTable) -> dict[str, Any]:
        lead = table.lead
        made = self.resource(lead, lead.name, "csv")
        if table.columns:
            made["schema"] = {"fields": [_field(column) for column in table.columns]}
        else:
            kind = "unread" if lead.read_fault else "fields"
            self.ask(f"{self.place}.schema.fields", kind, fields_question(f"«{made['title']}»", lead))
        self.compare_header(table, f"«{made['title']}»")
        if table.columns and lead.read_fault:
            self.notes.append(unread_note(f"«{made['title']}»", lead.read_fault))
        made["pipeline"] = self.source(lead, made["title"])
        if lead.layout:
            made["pipeline"]["layouts"] = [dict(lead.layout)]
            for question in column_questions(lead.layout.get("ignore", ())):
                self.ask(f"{self.place}.pipeline.layouts", "columns", question)
            if sheet := lead.layout.get("sheet"):
                self.ask(f"{self.place}.pipeline.layouts", "sheet", sheet_question(sheet, lead.other_sheets))
        return made

    def compare_header(self, table: ForeignTable, title: str) -> None:
        """Asks where a file that was read has other columns than the catalogue says."""
        labels = {label_key(label): label for label in table.lead.header}
        names = {label_key(column.name): column.name for column in table.columns}
        absent = [name for key, name in names.items() if key not in labels]
        unknown = [label for key, label in labels.items() if key not in names]
        if labels and (absent or unknown):
            self.ask(f"{self.place}.schema.fields", "columns", misfit_question(title, absent, unknown))

    def series(self, series: Series, extract: Mapping[str, str]) -> dict[str, Any]:
        """One table of several, each for its time, under the name that they share. In a CKAN it is a
        resource of its own: each that is there goes on to be of its time."""
        newest = series.members[-1].lead
        made = self.resource(
            newest, title_without_time(newest.name) or self.package.title, "csv", adopt=False
        )
        made.pop("description", None)
        made |= _given(description=description_of(series))
        made["schema"] = {"fields": [_field(column) for column in columns_of(series)]}
        vintages = [
            _given(asOf=day_of(table), url=None if self.is_own(table.lead) else table.lead.address)
            for table in series.members
        ]
        own = [table.lead for table in series.members if self.is_own(table.lead)]
        if own:
            names = ", ".join(f"«{each.name}»" for each in own)
            self.ask(f"{self.place}.pipeline.source", "upload", upload_question(names))
        pipeline: dict[str, Any] = {"source": {"kind": "http", "vintages": vintages}}
        pipeline |= _given(extract=dict(extract), layouts=list(layouts_of(series)))
        if self.in_ckan:
            self.notes.append(series_note(made["title"], series))
        return made | {"pipeline": pipeline}

    def files(self) -> Iterator[dict[str, Any]]:
        for each in self.contents.files:
            suffix = suffix_of(each.address or "") or each.format or "bin"
            made = self.resource(each, each.name, suffix)
            if suffix == "bin":
                title = f"«{made['title']}»"
                self.ask(
                    f"{self.place}.path", "format", format_question(title, each.told_format, each.read_fault)
                )
            made |= _given(format=each.format)
            made["pipeline"] = self.source(each, made["title"])
            yield made

    @property
    def place(self) -> str:
        """The key of the resource that was begun last."""
        return f"resources[{len(self.names) - len(TAKEN) - 1}]"

    def is_own(self, resource: ForeignResource) -> bool:
        """Whether a file's address is the one under which it is to be published."""
        return self.in_ckan and resource.is_stored_there

    def source(self, resource: ForeignResource, title: str) -> dict[str, Any]:
        """The `pipeline` of a resource: where its file comes from. A file that the CKAN itself keeps comes
        from elsewhere; from where, a person has to say."""
        if self.is_own(resource):
            self.ask(f"{self.place}.pipeline.source", "upload", upload_question(f"«{title}»"))
            return {}
        return {"source": {"kind": "http", "url": resource.address}}

    def resource(
        self, resource: ForeignResource, title: str, suffix: str, adopt: bool = True
    ) -> dict[str, Any]:
        """The beginning of a resource; its name is its title's, or its file's, and no other has it. `adopt`:
        it takes the place of the one in the CKAN."""
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
        if self.in_ckan and adopt:
            self.adopted[path] = resource.id
        made: dict[str, Any] = {"name": name, "path": path, "title": title or name}
        made |= _given(description=resource.description)
        whole, own = self.package.licence, resource.licence
        if own and own != whole:
            made["licenses"] = [dict(own)]
            if is_closed(own) or (whole and licence_family(own) != licence_family(whole)):
                said = [_name_of_licence(each) if each else "–" for each in (own, whole)]
                question = licences_question(f"«{made['title']}»", *said)
                self.ask(f"{self.place}.licenses", "licence", question)
        return made


def _name_of_licence(licence: Mapping[str, str]) -> str:
    return licence.get("title") or licence.get("name") or licence.get("path", "")


def _without_unread(series: Series) -> Series:
    """A series without those whose file did not come: the others are one table all the same."""
    members = tuple(table for table in series.members if not table.lead.read_fault)
    return replace(series, members=members) if 1 < len(members) < len(series.members) else series


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _field(column: Column) -> dict[str, Any]:
    return {"name": column.name, "type": column.type} | _given(
        title=column.title, description=column.description
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

"""The unified publication standard: what of a dataset is not as the national profile, the city's guide and
the Data Package ask for, with the rule, where it stands, and what to do"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from messages import gettext as _
from pipelines.dataset.declaration import PERIODICITIES, THEMES
from pipelines.dataset.text import fold_text
from pipelines.harvest.package import ForeignPackage
from pipelines.harvest.tables import sort_contents
from pipelines.harvest.values import suffix_of
from pipelines.harvest.vocabulary import TABLES

Severity = Literal["error", "warning", "info"]
NATIONAL = "Perfil Nacional de Metadatos"
CITY = "Guía de datos abiertos de la Ciudad (enero de 2026)"
PACKAGE = "Data Package v2"
KEYWORD = re.compile(r"[ 0-9a-zá-źÁ-ŹA-ZñÑ._-]+")
MONEY = (
    "monto",
    "importe",
    "precio",
    "costo",
    "sueldo",
    "presupuesto",
    "devengado",
    "sancion",
    "vigente",
    "pagado",
)
COORDINATES = ("latitud", "longitud", "latitude", "longitude", "lon", "lng", "x", "y")


@dataclass(frozen=True)
class LintFinding:
    """What is not as a rule asks: where, which rule, whose it is, how grave, and what to do."""

    place: str
    rule: str
    source: str
    severity: Severity
    message: str
    remedy: str


@dataclass(frozen=True)
class LintField:
    name: str
    type: str = ""
    title: str = ""
    description: str = ""
    unit: str = ""
    example: Any = None


@dataclass(frozen=True)
class LintTable:
    """A resource, as the rules look at it; `fields` is None where it is no table."""

    name: str
    title: str
    description: str
    file: str
    has_address: bool = True
    fields: tuple[LintField, ...] | None = None
    has_key: bool | None = None  # None: nobody can know


@dataclass(frozen=True)
class LintSubject:
    """A dataset, as the rules look at it, wherever it is from."""

    place: str
    title: str
    description: str
    publisher: str
    email: str
    rhythm: str
    themes: tuple[str, ...]
    licence: str
    keywords: tuple[str, ...]
    contact: bool
    temporal: bool
    tables: tuple[LintTable, ...]


def unreadable_declaration(id: str, fault: str) -> LintFinding:
    """Of a declaration that cannot be read there is nothing more to say."""
    remedy = _("correct the file; then `vereda lint {id}` says the rest", id=id)
    return LintFinding(id, "declaration-unreadable", PACKAGE, "error", fault, remedy)


def subject_of_declaration(id: str, descriptor: Mapping[str, Any]) -> LintSubject:
    """A declaration, as its file has it: it need not be one that can be run."""
    pipeline = _mapping(descriptor.get("pipeline"))
    publisher, licences = _mapping(pipeline.get("publisher")), _list(descriptor.get("licenses"))
    return LintSubject(
        place=id,
        title=_text(descriptor.get("title")),
        description=_text(descriptor.get("description")),
        publisher=_text(publisher.get("name")),
        email=_text(publisher.get("email")),
        rhythm=_text(pipeline.get("accrualPeriodicity")),
        themes=tuple(map(_text, _list(pipeline.get("superTheme")))),
        licence=_text(_mapping(licences[0]).get("name")) if licences else "",
        keywords=tuple(map(_text, _list(descriptor.get("keywords")))),
        contact=bool(pipeline.get("contactPoint")),
        temporal=bool(pipeline.get("temporal")),
        tables=tuple(_declared_table(_mapping(each)) for each in _list(descriptor.get("resources"))),
    )


def _declared_table(raw: Mapping[str, Any]) -> LintTable:
    schema = _mapping(raw.get("schema"))
    is_table = "schema" in raw or _text(raw.get("path")).endswith(".csv")
    fields = tuple(_declared_field(each) for each in map(_mapping, _list(schema.get("fields"))))
    name = _text(raw.get("name"))
    words = (_text(raw.get("title")), _text(raw.get("description")), _text(raw.get("path")))
    return LintTable(name, *words, True, fields if is_table else None, bool(schema.get("primaryKey")))


def _declared_field(raw: Mapping[str, Any]) -> LintField:
    name, type, title, description, unit = (
        _text(raw.get(key)) for key in ("name", "type", "title", "description", "unit")
    )
    return LintField(name, type, title, description, unit, raw.get("example"))


def subject_of_package(package: ForeignPackage) -> LintSubject:
    """A package of a CKAN, or a dataset of a data.json."""
    known = {table.lead.id: table.columns for table in sort_contents(package).tables}
    tables = []
    for each in package.resources:
        fields = None
        if each.format in TABLES:
            columns = each.columns or known.get(each.id, ())
            fields = tuple(LintField(c.name, c.type, c.title, c.description) for c in columns)
        file = (each.address or "").split("?")[0].rpartition("/")[2]
        has_address = each.address is not None
        tables.append(LintTable(each.name or each.id, each.name, each.description, file, has_address, fields))
    return LintSubject(
        place=package.name or package.id,
        title=package.title,
        description=package.description,
        publisher=package.publisher[1],
        email=package.publisher[2],
        rhythm=package.rhythm or package.rhythm_words,
        themes=package.themes,
        licence=(package.licence or {}).get("name", ""),
        keywords=package.keywords,
        contact=bool(package.contact),
        temporal=package.temporal is not None,
        tables=tuple(tables),
    )


def lint(subject: LintSubject) -> list[LintFinding]:
    """What the rules find, in the order of the dataset, its resources and their fields."""
    found = [*_package_findings(subject), *_word_findings(subject)]
    titles = Counter(fold_text(table.title) for table in subject.tables if table.title)
    for table in subject.tables:
        found += _table_findings(subject, table, titles[fold_text(table.title)] > 1)
        for each in table.fields or ():
            found += _field_findings(f"{subject.place}/{table.name}/{each.name}", each)
        if table.fields:
            found += _currency_findings(f"{subject.place}/{table.name}", table.fields)
    return found


def _package_findings(subject: LintSubject) -> Iterator[LintFinding]:
    """What the profile needs of a dataset, and must be among its lists."""
    place = subject.place
    if not subject.title:
        yield LintFinding(place, "title-missing", NATIONAL, "error", _("there is no title"), _("give it one"))
    elif len(subject.title) > 100:
        message = _("the title has {n} characters; 100 are allowed", n=len(subject.title))
        yield LintFinding(
            place,
            "title-long",
            NATIONAL,
            "error",
            message,
            _("shorten it; the rest goes into the description"),
        )
    if not subject.publisher:
        yield LintFinding(
            place,
            "publisher-missing",
            NATIONAL,
            "error",
            _("nobody is named who publishes it"),
            _("name the agency in pipeline.publisher"),
        )
    elif not subject.email:
        yield LintFinding(
            place,
            "publisher-email",
            CITY,
            "info",
            _("the publisher has no e-mail address"),
            _("give the address of the agency, not of a person, in pipeline.publisher.email"),
        )
    if not subject.themes:
        yield LintFinding(
            place,
            "theme-missing",
            NATIONAL,
            "error",
            _("it has no super theme"),
            _("add one of {known} to pipeline.superTheme", known=", ".join(THEMES)),
        )
    if subject.rhythm not in PERIODICITIES:
        message = (
            _("how often it is due is “{value}”, which is not on the list", value=subject.rhythm)
            if subject.rhythm
            else _("nothing says how often it is due")
        )
        yield LintFinding(
            place,
            "frequency",
            NATIONAL,
            "error",
            message,
            _("write accrualPeriodicity as R/P1Y, R/P1M, R/P1D … or eventual"),
        )
    if not subject.licence:
        yield LintFinding(
            place,
            "licence-missing",
            NATIONAL,
            "error",
            _("it has no licence"),
            _("add it to licenses; the city's guide asks for CC-BY-4.0"),
        )
    elif subject.licence.upper() != "CC-BY-4.0":
        message = _("its licence is {value}; the city's guide asks for CC-BY-4.0", value=subject.licence)
        yield LintFinding(
            place,
            "licence-other",
            CITY,
            "warning",
            message,
            _("change it, if nobody else holds rights in the data"),
        )
    if not subject.tables:
        yield LintFinding(
            place,
            "nothing-in-it",
            NATIONAL,
            "error",
            _("it has no resource"),
            _("add its files, or take it out of the catalogue"),
        )


def _word_findings(subject: LintSubject) -> Iterator[LintFinding]:
    """What readers need to find and understand it."""
    place = subject.place
    if not subject.description:
        yield LintFinding(
            place,
            "description-missing",
            NATIONAL,
            "error",
            _("there is no description"),
            _("say what a row is, of which time and place, and how it came about"),
        )
    elif len(subject.description) < 40 or fold_text(subject.description) == fold_text(subject.title):
        yield LintFinding(
            place,
            "description-short",
            CITY,
            "warning",
            _("the description says hardly more than the title"),
            _("say what a row is, of which time and place, and how it came about"),
        )
    if not subject.keywords:
        yield LintFinding(
            place,
            "keywords-missing",
            NATIONAL,
            "warning",
            _("it has no keywords"),
            _("add three to six words that people search for"),
        )
    for word in subject.keywords:
        if not KEYWORD.fullmatch(word):
            message = _("the keyword “{word}” has signs that the profile does not allow", word=word)
            yield LintFinding(
                place,
                "keyword-signs",
                NATIONAL,
                "error",
                message,
                _("use letters, digits, spaces and . _ - alone"),
            )
    if not subject.contact:
        yield LintFinding(
            place,
            "contact-missing",
            NATIONAL,
            "warning",
            _("nobody is named who answers questions"),
            _("add an office and its address in pipeline.contactPoint"),
        )
    if not subject.temporal:
        yield LintFinding(
            place,
            "temporal-missing",
            NATIONAL,
            "info",
            _("nothing says of which time it tells"),
            _("add pipeline.temporal, as in 2019-01-01/2019-12-31"),
        )


def _table_findings(subject: LintSubject, table: LintTable, is_twice: bool) -> Iterator[LintFinding]:
    place = f"{subject.place}/{table.name}"
    if not table.title:
        yield LintFinding(
            place, "resource-title", NATIONAL, "error", _("the resource has no title"), _("give it one")
        )
    elif is_twice:
        yield LintFinding(
            place,
            "resource-title-twice",
            CITY,
            "warning",
            _("another resource has the same title"),
            _("say in the title by what they differ"),
        )
    if not table.description:
        yield LintFinding(
            place,
            "resource-description",
            NATIONAL,
            "info",
            _("the resource has no description"),
            _("say what is in it"),
        )
    if not table.has_address:
        yield LintFinding(
            place,
            "address-missing",
            NATIONAL,
            "error",
            _("the resource has no address on the web"),
            _("give the address of its file, or take it out"),
        )
    stem = table.file.removesuffix(f".{suffix_of(table.file)}")
    if table.file and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", stem):
        message = _("the file is called {name}", name=table.file)
        yield LintFinding(
            place, "file-name", CITY, "warning", message, _("use small letters, digits and hyphens alone")
        )
    if table.fields == ():
        yield LintFinding(
            place,
            "dictionary-missing",
            NATIONAL,
            "warning",
            _("its fields are not described"),
            _("list its fields with type and description; `vereda new` reads them from the file"),
        )
    if table.fields and table.has_key is False:
        yield LintFinding(
            place,
            "key-missing",
            PACKAGE,
            "info",
            _("nothing says what tells one row from another"),
            _("name the fields in schema.primaryKey, if there are any"),
        )


def _field_findings(place: str, each: LintField) -> Iterator[LintFinding]:
    if not re.fullmatch(r"[a-z0-9_]{1,50}", each.name):
        message = _("the field is called “{name}”", name=each.name)
        yield LintFinding(
            place,
            "field-name",
            CITY,
            "warning",
            message,
            _("use small letters without accents, digits and _, fifty at most"),
        )
    if each.type in ("", "any"):
        yield LintFinding(
            place,
            "field-type",
            NATIONAL,
            "warning",
            _("the field has no type"),
            _("say whether it is a text, a number, a date …"),
        )
    if not each.description or fold_text(each.description) == fold_text(each.name):
        yield LintFinding(
            place,
            "field-description",
            NATIONAL,
            "warning",
            _("the field is not described"),
            _("say in a sentence what it holds"),
        )
    if each.type in ("number", "integer") and _is_measure(each) and not each.unit:
        yield LintFinding(
            place,
            "unit-missing",
            CITY,
            "info",
            _("nothing says in which unit it is"),
            _("add unit, as in ARS, % or m2"),
        )
    if fold_text(each.name) in COORDINATES:
        yield LintFinding(
            place,
            "coordinate-name",
            CITY,
            "info",
            _("coordinates are called lat and long"),
            _("rename it, and write decimal degrees of EPSG:4326"),
        )


def _is_measure(each: LintField) -> bool:
    words = fold_text(each.name).split("_")
    return any(
        word in (*MONEY, "porcentaje", "superficie", "area", "longitud", "peso", "plazo") for word in words
    )


def _currency_findings(place: str, fields: Sequence[LintField]) -> Iterator[LintFinding]:
    """Amounts without the currency that they are in."""
    amounts = [
        each
        for each in fields
        if set(fold_text(each.name).split("_")) & set(MONEY) and each.type in ("number", "integer")
    ]
    stated = any(fold_text(each.name) in ("moneda_id", "moneda", "currency") for each in fields)
    if amounts and not stated and not all(each.unit for each in amounts):
        message = _(
            "there are amounts ({names}) and no currency", names=", ".join(each.name for each in amounts[:3])
        )
        yield LintFinding(
            place,
            "currency-missing",
            CITY,
            "warning",
            message,
            _("add a field moneda_id (ISO 4217), or the unit of each amount"),
        )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

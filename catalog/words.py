"""What codes and figures are called on the pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from catalog.archive.changes.schema import field_names
from catalog.spoken import category_name
from messages import gettext as _
from messages import ngettext
from messages.formats import format_date, format_number


def rows(count: int) -> str:
    return ngettext("{count} row", "{count} rows", count, count=format_number(count))


def file(name: str) -> str:
    """What a published file is, by its name."""
    names = {
        "changes.parquet": _("what changed, row by row"),
        "report.json": _("what the checks found"),
        "datapackage.json": _("the description that programs read"),
    }
    kinds = {"csv": _("table, for any program"), "parquet": _("table with its types")}
    return names.get(name) or kinds.get(name.rpartition(".")[2], "")


def file_title(title: str, name: str, version: str | None = None) -> str:
    """What a file is called in catalogues: its table, how it is written, and the version where it is one that
    stays."""
    kind = {"csv": "CSV", "parquet": "Parquet", "json": "Data Package"}[name.rpartition(".")[2]]
    if version is None:
        return f"{title} ({kind})"
    return _("{title}, version {version} ({kind})", title=title, version=version, kind=kind)


def freshness(word: str | None) -> str:
    return {
        "fresh": _("up to date"),
        "due": _("due for an update"),
        "late": _("late"),
        "very-late": _("very late"),
        None: _("no fixed date"),
    }[word]


def problem_status(status: str) -> str:
    return {
        "open": _("waiting for an answer"),
        "answered": _("answered"),
        "fixed": _("corrected"),
        "closed": _("closed"),
    }[status]


def request_status(status: str) -> str:
    return {
        "open": _("waiting for an answer"),
        "answered": _("answered"),
        "fixed": _("published"),
        "closed": _("closed"),
    }[status]


def language_name(code: str) -> str:
    """What a language is called in that language."""
    return {"es": "Español", "en": "English"}[code]


def rhythm(periodicity: str) -> str:
    """`accrualPeriodicity` in words; one that is not in the national profile's list as it is."""
    return {
        "R/P10Y": _("every ten years"),
        "R/P4Y": _("every four years"),
        "R/P3Y": _("every three years"),
        "R/P2Y": _("every two years"),
        "R/P1Y": _("every year"),
        "R/P6M": _("every six months"),
        "R/P4M": _("every four months"),
        "R/P3M": _("every three months"),
        "R/P2M": _("every two months"),
        "R/P1M": _("every month"),
        "R/P0.5M": _("twice a month"),
        "R/P0.33M": _("three times a month"),
        "R/P1W": _("every week"),
        "R/P0.5W": _("twice a week"),
        "R/P0.33W": _("three times a week"),
        "R/P1D": _("every day"),
        "R/PT1H": _("every hour"),
        "R/PT1S": _("all the time"),
        "eventual": _("now and then, without a fixed date"),
    }.get(periodicity, periodicity)


def period(interval: str) -> str:
    """An ISO 8601 day or interval as people say it; whole years as years. What is written otherwise stays."""
    start, _slash, end = str(interval).partition("/")
    days = [each for each in (start, end) if each]
    if not all(re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", each) for each in days):
        return str(interval)
    if start[5:10] == "01-01" and end[5:10] == "12-31":
        first, last = start[:4], end[:4]
        return first if first == last else _("{first} to {last}", first=first, last=last)
    first, last = format_date(start[:10]), format_date(end[:10]) if end else ""
    if not last:
        return _("since {date}", date=first) if interval.endswith("/") else first
    return _("from {first} to {last}", first=first, last=last)


def themes() -> dict[str, str]:
    """The titles of the national profile's super themes, by the names of their groups."""
    return {
        "agri": _("Agriculture, forestry and fishing"),
        "econ": _("Economy and finance"),
        "educ": _("Education, culture and sport"),
        "ener": _("Energy"),
        "envi": _("Environment"),
        "gove": _("Government and public sector"),
        "heal": _("Health"),
        "intr": _("International matters"),
        "just": _("Justice, security and law"),
        "regi": _("Regions and cities"),
        "soci": _("Population and society"),
        "tech": _("Science and technology"),
        "tran": _("Transport"),
    }


def step(level: str | None, first: bool, *, untraced: bool = False) -> str:
    """What a version's step means; `untraced`: of some of its rows nothing tells whether they are new."""
    if level == "minor" and untraced:
        return _("minor: some rows are others, and nothing tells which of them are the same")
    return {
        "major": _("major: programs that read it may have to change"),
        "minor": _("minor: rows or fields were added, or rows left"),
        "patch": _("patch: corrections"),
        None: _("first version") if first else _("no earlier version is left to compare with"),
    }[level]


def kind(field: Mapping[str, Any]) -> str:
    """A field's type in words."""
    formats = {"uri": _("web address"), "email": _("e-mail address")}
    if field.get("type") == "string" and field.get("format") in formats:
        return formats[field["format"]]
    return {
        "string": _("text"),
        "integer": _("whole number"),
        "number": _("number"),
        "boolean": _("yes or no"),
        "date": _("date"),
        "time": _("time of day"),
        "datetime": _("date and time"),
        "year": _("year"),
        "yearmonth": _("year and month"),
        "duration": _("duration"),
        "geopoint": _("point on the map"),
        "geojson": _("shape on the map (GeoJSON)"),
        "list": _("list"),
        "array": _("list"),
        "object": _("object"),
    }.get(str(field.get("type", "any")), _("any value"))


def rules(field: Mapping[str, Any]) -> list[str]:
    """A field's constraints in words."""
    phrases: Mapping[str, Callable[[Any], str]] = {
        "required": lambda value: _("always filled in") if value else "",
        "unique": lambda value: _("never repeated") if value else "",
        "minimum": lambda value: _("from {value}", value=_plain(value)),
        "maximum": lambda value: _("up to {value}", value=_plain(value)),
        "exclusiveMinimum": lambda value: _("more than {value}", value=_plain(value)),
        "exclusiveMaximum": lambda value: _("less than {value}", value=_plain(value)),
        "minLength": lambda n: ngettext("at least {n} character", "at least {n} characters", int(n)),
        "maxLength": lambda n: ngettext("at most {n} character", "at most {n} characters", int(n)),
        "pattern": lambda value: _pattern(field),
        "enum": lambda value: _("one of: {values}", values=" · ".join(_named(each, field) for each in value)),
    }
    constraints = field.get("constraints", {})
    found = [phrase(constraints[name]) for name, phrase in phrases.items() if name in constraints]
    if field.get("categories") and "enum" not in constraints:
        names = [_category(each, field) for each in field["categories"]]
        found.append(_("one of: {values}", values=" · ".join(names)))
    return [each for each in found if each]


def _named(value: Any, field: Mapping[str, Any]) -> str:
    """A value that a field may hold, with what it is called where it is a code."""
    categories = (each for each in field.get("categories") or () if isinstance(each, Mapping))
    found = next((each for each in categories if each["value"] == value), None)
    return _category(found, field) if found else str(value)


def _category(category: Any, field: Mapping[str, Any]) -> str:
    """A category's value, and what it is called where that is something else."""
    if not isinstance(category, Mapping):
        return str(category)
    value, name = str(category["value"]), category_name(category, field)
    return value if name == value else f"{value} ({name})"


def _pattern(field: Mapping[str, Any]) -> str:
    """That a text is of a set form, by an example: the expression itself is for programs, in the
    descriptor."""
    example = field.get("example")
    return _("written as in {example}", example=example) if example else _("written in a set form")


def keys(schema: Mapping[str, Any]) -> list[str]:
    """A table's keys in words."""
    sentences = []
    if primary := field_names(schema.get("primaryKey")):
        sentences.append(
            ngettext(
                "Each row is identified by {fields}.",
                "Each row is identified by {fields}, together.",
                len(primary),
                fields=", ".join(primary),
            )
        )
    for key in (*schema.get("foreignKeys", []), *schema.get("references", [])):
        fields, target = (
            ", ".join(field_names(key["fields"])),
            ", ".join(field_names(key["reference"]["fields"])),
        )
        if key["reference"].get("resource"):
            target = f"{key['reference']['resource']}: {target}"
        sentences.append(_("{fields} refers to {target}.", fields=fields, target=target))
    return sentences


def unit(name: str | None, count: float) -> str:
    """The unit of a count. The datasets write it in the singular, in Spanish: of one it stays so; signs and
    codes, as % and ARS, always do."""
    if not name or abs(count) == 1 or not name.replace(" ", "").islower():
        return name or ""
    what, *about = re.split(r" (?=(?:al?|con|del?|en|para|por) )", name, maxsplit=1)
    return " ".join([*(_plural(word) for word in what.split()), *about])


def _plural(word: str) -> str:
    for ending, plural in (("ión", "iones"), ("z", "ces"), ("s", "s")):
        if word.endswith(ending):
            return word.removesuffix(ending) + plural
    return f"{word}s" if word[-1] in "aeiouáéó" else f"{word}es"


def problem(found: Mapping[str, Any]) -> str:
    """A kind of problem in words: by its code, else by its frictionless type; one that has none is shown as
    it is called."""
    known: dict[Any, str] = {
        "type-error": _("a value is not of the field's type"),
        "constraint-error": _("a value is outside what the field allows"),
        "missing-cell": _("a row is too short"),
        "extra-cell": _("a row is too long"),
        "blank-row": _("a row is empty"),
        "unique-error": _("a value is repeated"),
        "primary-key": _("a key is repeated or missing"),
        "foreign-key": _("a reference leads nowhere"),
        "reference-held": _("the row that it refers to is held back"),
        "extra-label": _("a column that nobody declared"),
        "missing-label": _("a declared column is missing"),
        "keys-renumbered": _("the key was numbered anew since the last version"),
        "reference-table": _("a reference to a table that does not exist"),
        "reference-missing": _("a reference to another dataset leads nowhere"),
        "reference-removed": _("a row to which another dataset refers is gone"),
        "ask-office-contact": _("a column has telephones or mailboxes of offices"),
        **_cell_problems(),
        **_file_problems(),
        "no-rows": _("a table without rows"),
        "no-period": _("a file without rows, for no period"),
        **dict.fromkeys(
            ("rows-gone", "rows-lost", "rows-replaced", "month-shortened"),
            _("rows of the last version are gone"),
        ),
        **dict.fromkeys(
            ("rows-unusual", "rows-repeated", "rows-truncated"), _("another number of rows than usual")
        ),
        **dict.fromkeys(("month-short", "period-short"), _("fewer rows in a period than usual")),
        **dict.fromkeys(
            ("dates-standing", "dates-ahead", "stale-extract"), _("dates unlike those of the versions before")
        ),
        **dict.fromkeys(
            ("nulls-unusual", "numbers-unusual", "length-unusual"),
            _("values unlike those of the versions before"),
        ),
        **dict.fromkeys(
            ("writing-unusual", "dates-as-serials"), _("texts written unlike those of the versions before")
        ),
        "categories-unusual": _("categories that are new, or gone"),
        **dict.fromkeys(
            ("warnings-unusual", "repairs-unusual"), _("more warnings or repairs than in the versions before")
        ),
    }
    code, kind = found.get("code"), found["type"]
    return known.get(code) or known.get(kind) or str(code or kind)


def _cell_problems() -> dict[Any, str]:
    """What is only in a cell's own text or figure."""
    return {
        "control-character": _("a control character in a cell"),
        "lost-character": _("a letter that was lost (�)"),
        "unseen-character": _("characters that nobody sees"),
        "truncated-value": _("a value that seems cut off"),
        "digits-lost": _("a number that lost digits"),
        "odd-sign": _("signs inside words"),
        "odd-letter": _("letters of another alphabet"),
        "html-entity": _("characters as HTML writes them"),
        "dates-among-texts": _("dates among texts"),
        "encoded-twice": _("accents that were encoded twice"),
        "spreadsheet-error": _("the error of a formula in a cell"),
        "formula-unsaved": _("a formula without its result"),
        "no-data-sign": _("signs of no data in a column of text"),
        "odd-day": _("dates of another age"),
        "number-rounded": _("numbers with more digits than are kept"),
        "filler-value": _("a value that seems to stand for no data"),
        "other-unit": _("an amount in another unit"),
        "shown-as-percent": _("percentages in a column that is not one of them"),
        "shown-scaled": _("numbers that are shown divided by a thousand or more"),
        "number-unseen": _("numbers that the sheet does not show"),
        "mixed-units": _("amounts that are shown in several units"),
        "hidden-day": _("days that the sheet does not show"),
        "swapped-dates": _("day and month changed places"),
        "swapped-coordinates": _("latitude and longitude in each other's place"),
        "impossible-coordinate": _("a coordinate that no place has"),
        "far-coordinate": _("a place far from the city"),
        "no-degrees": _("coordinates that are no degrees"),
        "no-number": _("a cell that is no number"),
        "odd-writing": _("a cell written unlike the rest of its column"),
        "short-year": _("a month with a year of two digits"),
    }


def _file_problems() -> dict[Any, str]:
    """What is in the form of a file, a column or a source, whatever its cells say."""
    return {
        "quote-in-cell": _("quotation marks inside a cell"),
        "sheets-unread": _("sheets of the workbook that were not read"),
        "note-row": _("a text alone below the table"),
        "renamed-column": _("a column that seems to be another"),
        "fraction-cut": _("seconds finer than can be kept"),
        "undeclared-writing": _("a column that can be read in more than one way"),
        "opposite-dates": _("columns of dates that put day and month in opposite orders"),
        "other-separator": _("another separator than the one declared"),
        "code-page": _("a file in the letters of DOS or of an old Macintosh"),
        "formats-unread": _("a workbook whose number formats are not read"),
        "rules-unread": _("numbers that a rule of the workbook shows otherwise"),
        "hidden-rows": _("hidden rows"),
        "hidden-time": _("times of day that nobody sees"),
        "hidden-columns": _("hidden columns"),
        "macros-ignored": _("a workbook with macros"),
        "merged-cells": _("merged cells"),
        "board-closed": _("the board is closed"),
        "board-renamed": _("the board has another name"),
        "budget-unknown": _("investments that cannot be attributed to a budget"),
        "supplier-person": _("suppliers that are persons, or may be"),
    }


def _plain(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return format_number(value) if is_number else str(value)


def web(address: Any) -> str | None:
    """An address that may be linked: on the web, never a script."""
    is_web = isinstance(address, str) and re.match(r"https?://", address, re.IGNORECASE)
    return address if is_web else None

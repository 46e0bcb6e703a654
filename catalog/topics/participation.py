"""The page of participation, one of what is real and one of the demonstration: each count with what it
counts, and of how much it is known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from catalog.archive.links import LinkStanding
from catalog.page import Page
from catalog.public import Listing
from catalog.topics.history import RoleTable, Row, cite, role_history, split_list
from messages import gettext as _
from messages.formats import format_month, format_number

DIMENSIONS = ("anio", "comuna", "programa", "grupo_etario")


@dataclass(frozen=True)
class Count:
    """What is known of one year, comuna, programme or age group; `value` is None for what was not noted.
    `people` are those who attended, None where in no activity they were counted."""

    value: str | None
    instances: int
    people: int | None


@dataclass(frozen=True)
class Act:
    """An activity: its rows are one, however many age groups it was counted by."""

    date: str
    name: str
    programme: str
    result: str | None
    answer: str | None


@dataclass(frozen=True)
class Years:
    """The years of which a programme has rows, and those in between or before the last of all of which it has
    none."""

    programme: str
    first: int
    last: int
    missing: tuple[int, ...]


@dataclass(frozen=True)
class Participation:
    today: date
    demo: bool
    figures: Sequence[RoleTable]
    indicators: Sequence[RoleTable]
    coverage: Sequence[RoleTable]
    instances: Sequence[RoleTable]
    proposals: Sequence[RoleTable]
    projects: Sequence[RoleTable]
    steps: Sequence[RoleTable]
    works: Sequence[RoleTable]
    city_projects: Sequence[RoleTable]
    candidates: Sequence[RoleTable]
    calls: Sequence[RoleTable]

    @classmethod
    def of(cls, listings: Sequence[Listing], demo: bool, site: Path, today: date) -> Participation:
        """From the public files that stand in `site`; `today` is the day of "now"."""
        mine = [each for each in listings if each.demo == demo]
        roles = (
            "figures",
            "indicators",
            "coverage",
            "instances",
            "proposals",
            "projects",
            "project-milestones",
            "works",
            "city-projects",
            "candidates",
            "calls",
        )
        tables = [role_history(mine, role, site) for role in roles]
        return cls(today, demo, *tables)

    @property
    def home(self) -> str:
        return "participacion/demo/" if self.demo else "participacion/"

    @property
    def tables(self) -> list[RoleTable]:
        """Where the rows come from."""
        return [
            *(*self.figures, *self.indicators, *self.coverage, *self.instances),
            *(*self.proposals, *self.projects, *self.steps, *self.works),
            *(*self.city_projects, *self.candidates, *self.calls),
        ]

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of the indicators."""
        return [row for table in self.indicators for row in table.now]

    def by(self, dimension: str) -> list[Count]:
        """Activities and people by one dimension, in its order; what was not noted last."""
        people: dict[str | None, list[int]] = {}
        for row in self.rows:
            counts = people.setdefault(row[dimension], [])
            if row["asistentes"]:
                counts.append(int(row["asistentes"]))
        acts = Counter(value for _act, value in {(key, values[dimension]) for key, values in self._acts})
        found = [
            Count(value, acts[value], sum(counts) if counts else None) for value, counts in people.items()
        ]
        return sorted(found, key=lambda each: (each.value is None, _order(each.value or "")))

    def known(self, field: str) -> tuple[int, int]:
        """In how many rows a field is known, and of how many."""
        rows = [row for table in self.coverage for row in table.now if row["dato"] == field]
        return sum(int(row["conocidas"] or 0) for row in rows), sum(int(row["filas"] or 0) for row in rows)

    @property
    def coverage_parts(self) -> tuple[list[str], list[tuple[str, dict[str, float]]]]:
        """The fields, and of each programme the part of its rows in which each is known, in percent."""
        parts: dict[str, dict[str, float]] = {}
        for table in self.coverage:
            for row in table.now:
                known = 100 * int(row["conocidas"] or 0) / int(row["filas"] or 1)
                parts.setdefault(str(row["programa"]), {})[str(row["dato"])] = known
        fields = sorted({field for each in parts.values() for field in each})
        return fields, sorted(parts.items(), key=lambda part: part[0])

    @property
    def years(self) -> list[Years]:
        found: dict[str, set[int]] = {}
        for row in self.rows:
            found.setdefault(str(row["programa"]), set()).add(int(row["anio"] or 0))
        every = set().union(*found.values())
        whole = range(min(every), max(every) + 1) if every else range(0)
        years = []
        for programme, known in sorted(found.items()):
            missing = tuple(year for year in whole if year not in known)
            years.append(Years(programme, min(known), max(known), missing))
        return years

    @cached_property
    def acts(self) -> list[Act]:
        """Every activity, the newest first."""
        found: dict[tuple[str, ...], Act] = {}
        for table in self.instances:
            for row in table.now:
                key, programme = _key(table, row), row["programa"] or table.listing.title
                former = found.get(key)
                answer, result = (row["respuesta_gobierno"], row["resultado"])
                if former:
                    answer, result = former.answer or answer, former.result or result
                found[key] = Act(str(row["fecha"]), str(row["actividad"]), programme, result, answer)
        return sorted(found.values(), key=lambda act: (act.date, act.name), reverse=True)

    @cached_property
    def _acts(self) -> list[tuple[tuple[str, ...], dict[str, str | None]]]:
        """The activity of each row, and where the row stands in each dimension."""
        found = []
        for table in self.instances:
            for row in table.now:
                values = {name: row[name] for name in DIMENSIONS if name != "anio"}
                values["anio"] = str(row["fecha"])[:4]
                found.append((_key(table, row), values))
        return found

    def count(self, tables: Sequence[RoleTable], field: str) -> dict[str, int]:
        """The rows of tables by the value of a field; "" for none."""
        return dict(Counter(row[field] or "" for table in tables for row in table.now).most_common())

    @property
    def projects_with_milestones(self) -> int:
        return len({row["proyecto_id"] for table in self.steps for row in table.now})

    @cached_property
    def coming_calls(self) -> list[Row]:
        """What people are called to from today on, the soonest first."""
        rows = [row for table in self.calls for row in table.now if str(row["fecha"]) >= str(self.today)]
        return sorted(rows, key=lambda row: (str(row["fecha"]), str(row["hora"] or ""), str(row["titulo"])))

    @property
    def past_call_count(self) -> int:
        return sum(len(table.now) for table in self.calls) - len(self.coming_calls)

    @cached_property
    def elected(self) -> list[Row]:
        """The projects of the city's plan that it marks as BA Elige's."""
        return [row for table in self.city_projects for row in table.now if row["ba_elige"] == "true"]

    @property
    def city_project_count(self) -> int:
        return sum(len(table.now) for table in self.city_projects)

    def elected_by(self, field: str) -> list[tuple[str, int]]:
        """How many of BA Elige's projects by a field; one whose field is a list counts in each of its parts,
        one without a value under ""."""
        found = Counter(part for row in self.elected for part in (split_list(row[field]) or ("",)))
        if field == "comunas":
            return sorted(found.items(), key=lambda each: (each[0] == "", _order(each[0])))
        return found.most_common()

    @property
    def candidate_rows(self) -> list[Row]:
        rows = [row for table in self.candidates for row in table.now]
        return sorted(
            rows, key=lambda row: (row["marcada"] != "true", str(row["proyecto"]), str(row["obra"]))
        )

    @property
    def milestone_figures(self) -> list[list[Row]]:
        """Figures of one milestone of a commitment, together: a goal and what was counted."""
        found: dict[str, list[Row]] = {}
        for table in self.figures:
            for row in table.now:
                if row["hito_id"]:
                    found.setdefault(row["hito_id"], []).append(row)
        return [sorted(rows, key=lambda row: row["clase"] != "meta") for _id, rows in sorted(found.items())]

    @property
    def other_figures(self) -> list[Row]:
        """Figures that belong to no milestone, by their beginning, the largest first."""
        rows = [row for table in self.figures for row in table.now if not row["hito_id"]]
        return sorted((row for row in rows if row["grupo"] != "categorías"), key=_figure_order)

    @property
    def category_figures(self) -> list[Row]:
        """Those of the categories of one edition, the largest first."""
        rows = [row for table in self.figures for row in table.now if row["grupo"] == "categorías"]
        return sorted(rows, key=_figure_order)


def pages(
    participation: Participation, other: Participation, links: Mapping[str, LinkStanding]
) -> Iterator[Page]:
    """In the language that is spoken now. `other` is the demonstration, or what is real: the page leads
    there, and shows none of it. `links` is how the links stand that are cited."""
    labels = {
        "title": dimension_title,
        "heading": dimension_heading,
        "value": value_label,
        "field": field_label,
        "period": period_label,
        "count": count_label,
    }
    values = {
        "participation": participation,
        "links": links,
        "other": other,
        "labels": labels,
        "dimensions": DIMENSIONS,
        "demo": participation.demo,
        "cite": cite(participation.tables),
    }
    yield Page(f"{participation.home}index.html", "participation/index.html", values)


def _figure_order(row: Row) -> tuple[str, int, str]:
    return str(row["desde"]), -int(row["valor"] or 0), str(row["cifra_id"])


def _key(table: RoleTable, row: Row) -> tuple[str, ...]:
    return table.listing.path, str(row["fecha"]), str(row["actividad"]), str(row["lugar"]), str(row["etapa"])


def _order(value: str) -> tuple[int, str]:
    """By the first number, as in "18 a 29"; then texts."""
    number = re.search(r"\d+", value)
    return (int(number[0]), value) if number else (10**9, value)


def dimension_title(name: str) -> str:
    return {
        "anio": _("By year"),
        "comuna": _("By comuna"),
        "programa": _("By programme"),
        "grupo_etario": _("By age"),
    }[name]


def dimension_heading(name: str) -> str:
    return {
        "anio": _("Year"),
        "comuna": _("Comuna"),
        "programa": _("Programme"),
        "grupo_etario": _("Age, in years"),
    }[name]


def value_label(name: str, text: str | None) -> str:
    if text is None:
        return _("not noted")
    return _("Comuna {n}", n=text) if name == "comuna" else text


def field_label(name: str) -> str:
    """A field of the coverage table; one that is not known as it is called."""
    labels = {
        "asistentes": _("people attending"),
        "barrio": _("barrio"),
        "comuna": _("comuna"),
        "grupo_etario": _("age"),
        "inscriptos": _("people enrolled"),
        "modalidad": _("how they took part"),
        "respuesta_gobierno": _("what government did"),
        "resultado": _("result"),
    }
    return labels.get(name, name)


def count_label(row: Row) -> str:
    """A figure as exactly as its source gives it."""
    number = format_number(int(row["valor"] or 0))
    if row["precision"] == "al menos":
        return _("more than {count}", count=number)
    return _("about {count}", count=number) if row["precision"] == "redondeada" else number


def period_label(since: str | None, until: str | None) -> str:
    """A time from one year or month to another, each as exactly as the source gives it."""
    first, last = _year_or_month(since or ""), _year_or_month(until or "")
    return first if first == last else _("{since} to {until}", since=first, until=last)


def _year_or_month(text: str) -> str:
    return format_month(text) if len(text) == 7 else text

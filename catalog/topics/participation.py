"""The counts of participation that the page shows: each with what it counts, and of how much it is known.

What the counts of participation are called on the page.

The page of participation: one of what is real, one of the demonstration.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from catalog.page import Page
from catalog.public import Listing
from catalog.topics.history import RoleTable, Row, role_history
from messages import gettext as _
from messages.formats import format_month, format_percent

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
    demo: bool
    figures: Sequence[RoleTable]
    indicators: Sequence[RoleTable]
    coverage: Sequence[RoleTable]
    instances: Sequence[RoleTable]
    proposals: Sequence[RoleTable]
    projects: Sequence[RoleTable]
    steps: Sequence[RoleTable]
    works: Sequence[RoleTable]

    @classmethod
    def of(cls, listings: Sequence[Listing], demo: bool, site: Path) -> Participation:
        """From the public files that stand in `site`."""
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
        )
        return cls(demo, *(role_history(mine, role, site) for role in roles))

    @property
    def home(self) -> str:
        return "participacion/demo/" if self.demo else "participacion/"

    @property
    def tables(self) -> list[RoleTable]:
        """Where the rows come from."""
        return [
            *(*self.figures, *self.indicators, *self.coverage, *self.instances),
            *(*self.proposals, *self.projects, *self.steps, *self.works),
        ]

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of the indicators."""
        return [row for table in self.indicators for row in table.now]

    def by(self, dimension: str) -> list[Count]:
        """Activities and people by one dimension, in its order; what was not noted last."""
        people: dict[str | None, list[int]] = {}
        for row in self.rows:
            people.setdefault(row[dimension], []).extend(
                [int(row["asistentes"])] if row["asistentes"] else []
            )
        acts = Counter(value for _act, value in {(key, values[dimension]) for key, values in self._acts})
        found = [
            Count(value, acts[value], sum(counted) if counted else None) for value, counted in people.items()
        ]
        return sorted(found, key=lambda each: (each.value is None, _order(each.value or "")))

    def known(self, field: str) -> tuple[int, int]:
        """In how many rows a field is known, and of how many."""
        rows = [row for table in self.coverage for row in table.now if row["dato"] == field]
        return sum(int(row["conocidas"] or 0) for row in rows), sum(int(row["filas"] or 0) for row in rows)

    @property
    def covered(self) -> tuple[list[str], list[tuple[str, dict[str, float]]]]:
        """The fields, and of each programme the part of its rows in which each is known, in percent."""
        rows = sorted(
            (row for table in self.coverage for row in table.now), key=lambda row: str(row["programa"])
        )
        fields = sorted({str(row["dato"]) for row in rows})
        parts = [
            (
                programme,
                {
                    str(row["dato"]): 100 * int(row["conocidas"] or 0) / int(row["filas"] or 1)
                    for row in group
                },
            )
            for programme, group in groupby(rows, key=lambda row: str(row["programa"]))
        ]
        return fields, parts

    @property
    def years(self) -> list[Years]:
        there: dict[str, set[int]] = {}
        for row in self.rows:
            there.setdefault(str(row["programa"]), set()).add(int(row["anio"] or 0))
        every = sorted(set().union(*there.values())) if there else []
        whole = range(every[0], every[-1] + 1) if every else range(0)
        return [
            Years(programme, min(years), max(years), tuple(year for year in whole if year not in years))
            for programme, years in sorted(there.items())
        ]

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
                values = {name: row[name] for name in DIMENSIONS if name != "anio"} | {
                    "anio": str(row["fecha"])[:4]
                }
                found.append((_key(table, row), values))
        return found

    def count(self, tables: Sequence[RoleTable], field: str) -> dict[str, int]:
        """The rows of tables by the value of a field; "" for none."""
        return dict(Counter(row[field] or "" for table in tables for row in table.now).most_common())

    @property
    def followed(self) -> int:
        """The projects that have a milestone."""
        return len({row["proyecto_id"] for table in self.steps for row in table.now})

    @property
    def pairs(self) -> list[list[Row]]:
        """Figures of one milestone of a commitment, together: a goal and what was counted."""
        rows = sorted(
            (row for table in self.figures for row in table.now if row["hito_id"]),
            key=lambda row: str(row["hito_id"]),
        )
        return [
            sorted(group, key=lambda row: row["clase"] != "meta")
            for _id, group in groupby(rows, key=lambda row: row["hito_id"])
        ]

    @property
    def single(self) -> list[Row]:
        rows = [row for table in self.figures for row in table.now if not row["hito_id"]]
        return sorted(
            rows, key=lambda row: (str(row["desde"]), -int(row["valor"] or 0), str(row["cifra_id"]))
        )


def _key(table: RoleTable, row: Row) -> tuple[str, ...]:
    return table.listing.path, str(row["fecha"]), str(row["actividad"]), str(row["lugar"]), str(row["etapa"])


def _order(value: str) -> tuple[int, str]:
    """By the first number, as in "18 a 29"; then texts."""
    number = re.search(r"\d+", value)
    return (int(number[0]), value) if number else (10**9, value)


def dimension(name: str) -> str:
    return {
        "anio": _("By year"),
        "comuna": _("By comuna"),
        "programa": _("By programme"),
        "grupo_etario": _("By age"),
    }[name]


def heading(name: str) -> str:
    return {
        "anio": _("Year"),
        "comuna": _("Comuna"),
        "programa": _("Programme"),
        "grupo_etario": _("Age, in years"),
    }[name]


def value(name: str, text: str | None) -> str:
    if text is None:
        return _("not noted")
    return _("Comuna {n}", n=text) if name == "comuna" else text


def field(name: str) -> str:
    """A field of the coverage table; one that is not known as it is called."""
    told = {
        "asistentes": _("people attending"),
        "barrio": _("barrio"),
        "comuna": _("comuna"),
        "grupo_etario": _("age"),
        "inscriptos": _("people enrolled"),
        "modalidad": _("how they took part"),
        "respuesta_gobierno": _("what government did"),
        "resultado": _("result"),
    }
    return told.get(name, name)


def window(since: str | None, until: str | None) -> str:
    """A time from one year or month to another, each as exactly as the source gives it."""
    first, last = (_moment(each or "") for each in (since, until))
    return first if first == last else _("{since} to {until}", since=first, until=last)


def _moment(text: str) -> str:
    return format_month(text) if len(text) == 7 else text


def pages(told: Participation, other: Participation) -> Iterator[Page]:
    """In the language that is spoken now. `other` is the demonstration, or what is real: the page leads
    there, and shows none of it."""
    said = {
        "dimension": dimension,
        "heading": heading,
        "value": value,
        "field": field,
        "percent": format_percent,
        "window": window,
    }
    values = {"told": told, "other": other, "said": said, "dimensions": DIMENSIONS, "demo": told.demo}
    yield Page(f"{told.home}index.html", "participation/index.html", values)

"""Tables of one kind, each for its time, as one table: whether their headers allow it, what tells the time of
a row, and what the whole is called"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pipelines.dataset.months import MONTHS
from pipelines.dataset.text import fold_text
from pipelines.harvest.package import Column
from pipelines.harvest.tables import ForeignTable, Series
from pipelines.harvest.titles import Period, take_apart

YEAR_NAMES = ("anio", "ano", "year", "ejercicio", "exercicio")
PERIOD_NAMES = (*YEAR_NAMES, "periodo", "period")
DATED = ("date", "datetime")
YEAR = 12
"""Months of a year."""


def joins(series: Series) -> bool:
    """Whether the headers say that the tables of a series are one: the newest has every column of the
    others."""
    newest = _names(series.members[-1].columns)
    if not newest or any(table.lead.address is None for table in series.members):
        return False
    if any(table.lead.layout for table in series.members):
        return False
    return all((names := _names(table.columns)) and names <= newest for table in series.members)


def period_fields(series: Series) -> list[Column]:
    """The columns that may tell the time of a row, in every table of the series: a year by its name, else
    the only date; none where that is not clear."""
    columns = series.members[-1].columns
    named = [column for column in columns if fold_text(column.name) in PERIOD_NAMES]
    dated = [column for column in columns if column.type in DATED and column not in named]
    return [
        found[0]
        for found in (named, dated)
        if len(found) == 1
        and all(fold_text(found[0].name) in _names(table.columns) for table in series.members)
    ]


def extract_of(series: Series, rhythm: str | None) -> Mapping[str, str] | None:
    """What a file of the series delivers, as a declaration says it; {} where each holds all. None where no
    column tells rows apart as finely as the files: each file would replace the one before."""
    if all(table.parts.is_state for table in series.members):
        return {}
    periods = [period for table in series.members if (period := table.parts.period)]
    for column in period_fields(series):
        if _is_fine(_months_of(column, rhythm), periods):
            return {"mode": "by-period", "field": column.name}
    return None


def _months_of(column: Column, rhythm: str | None) -> int:
    """How many months a value of the column stands for when a delivery replaces it: of a date, those after
    which the dataset is due; 0 for days and weeks."""
    if column.type in DATED:
        months = re.fullmatch(r"R/P(\d+)([YM])", rhythm or "R/P1Y")
        return 0 if months is None else YEAR if months[2] == "Y" else int(months[1])
    return 1 if column.type == "yearmonth" else YEAR


def _is_fine(months: int, periods: Sequence[Period]) -> bool:
    """Whether each period is made of whole units of so many months; of the newest, the last unit may have
    only begun, where its title names no part of a year."""
    if not months:
        return True
    for period in periods:
        after = period.end + timedelta(days=1)
        if period.start.day != 1 or (period.start.month - 1) % months:
            return False
        whole = after.day == 1 and (after.month - 1) % months == 0
        if not whole and (period is not periods[-1] or period.is_part):
            return False
    return True


def layouts_of(series: Series) -> Iterator[dict[str, Any]]:
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
        layout: dict[str, Any] = {"header": list(labels)}
        found.append(
            layout | {key: value for key, value in (("labels", renamed), ("absent", absent)) if value}
        )
    if len(found) > 1:
        yield from sorted(found, key=lambda layout: -len(layout["header"]))


def columns_of(series: Series) -> list[Column]:
    """The newest table's columns; one whose numbers are whole there, and not in others, has decimals."""
    types: dict[str, set[str]] = {}
    for table in series.members:
        for column in table.columns:
            types.setdefault(fold_text(column.name), set()).add(column.type)
    return [
        replace(column, type="number") if types[fold_text(column.name)] == {"integer", "number"} else column
        for column in series.members[-1].columns
    ]


def day_of(table: ForeignTable) -> str:
    """The last day that a file tells of; of the newest, the day on which it was last changed, where that is
    earlier."""
    period, changed = table.parts.period, table.lead.day
    assert period is not None, "members of a series have a period"
    if changed is not None and period.start <= changed < period.end:
        return changed.isoformat()
    return period.end.isoformat()


def title_without_time(title: str) -> str:
    """A title without the words that name its time, in its own letters; "" where it has no others."""
    kept: list[str] = []
    for word in [*title.split(), "0"]:
        if any(map(str.isdigit, word)) or fold_text(word) in MONTHS:
            while kept and fold_text(kept[-1]) in ENDINGS:
                kept.pop()
        else:
            kept.append(word)
    return " ".join(kept).strip(" -–.,:(") if kept and take_apart(title).base else ""


ENDINGS = (
    *("de", "del", "al", "a", "en", "ano", "año", "anio", "hasta", "desde", "ate", "until", ""),
    *("primer", "segundo", "tercer", "cuarto", "trimestre", "semestre"),
)


def description_of(series: Series) -> str:
    """What is said of every table of the series alike, but for its time: "" where that names one."""
    said = [table.lead.description for table in series.members]
    newest = said[-1]
    if len(set(said)) == 1 or not names_time(newest):
        return newest
    return ""


def names_time(text: str) -> bool:
    """Whether a text names a year."""
    return re.search(r"\b(?:19|20)\d\d\b", text) is not None


def _names(columns: Sequence[Column]) -> set[str]:
    return {fold_text(column.name) for column in columns}

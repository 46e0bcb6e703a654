"""Periods as people name them (2024, 2024-T3, 2024-08, 2024-W31, 2024-08-15), and the period of a day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta, timezone
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field, Schema

from catalog.archive.published import text as published_text
from messages import gettext as _
from pipelines.dataset.dataset import Resource
from validation.types import Columns

BUENOS_AIRES = timezone(timedelta(hours=-3))
MANY = 10_000
"""Values from which on most are held to be there several times."""
FEW = 24
"""Periods that are listed for whoever wrote another one."""
_MONTHS = re.compile(r"R/P(2|3|4|6)M")
# How the parts of a year are called: bimestre, trimestre, cuatrimestre, semestre.
PARTS = {"R/P2M": (2, "B"), "R/P3M": (3, "T"), "R/P4M": (4, "C"), "R/P6M": (6, "S")}


def parse_period(text: str, resource: Resource, periodicity: str, today: date) -> str:
    """The period that a person names, as `periods_of_values` gives it; raises ValueError, saying how to write
    it, where there is none."""
    declared = period_field(resource)
    if declared is None or declared["type"] in ("date", "datetime"):
        return _parse_calendar_period(text, periodicity, today)
    value, notes = Field.from_descriptor(declared).read_cell(text)
    if value is None or notes:
        raise ValueError(_explain_no_period(text, declared, periodicity, today))
    columns = Columns(Schema.from_descriptor({"fields": [declared]}))
    columns.append(0, {declared["name"]: value})
    return str(periods_of_values(columns.table()[declared["name"]], periodicity)[0].as_py())


def _explain_no_period(text: str, declared: Mapping[str, Any], periodicity: str, today: date) -> str:
    """How to write a period that a column of texts or numbers has: as the declaration limits it."""
    values = declared.get("constraints", {}).get("enum") or ()
    if 0 < len(values) <= FEW:
        listed = ", ".join(str(each) for each in values)
        return _("{text!r} is no period: write one of {values}", text=text, values=listed)
    quarter, half = (today.month + 2) // 3, (today.month + 5) // 6
    month = f"{today:%Y-%m}"
    parts = [f"{today.year}-T{quarter}", f"{today.year}-S{half}", f"{today.year}"]
    ways = [month, month.replace("-", ""), *parts, f"{today:%m/%Y}", today.isoformat(), f"{today.month}"]
    usual = str(declared.get("example") or _example_period(periodicity))
    field = Field.from_descriptor(dict(declared))
    for way in (usual, *ways):
        value, notes = field.read_cell(way)
        if value is not None and not notes:
            return _("{text!r} is no period; write it as in {example}", text=text, example=way)
    name = declared["name"]
    return _("{text!r} is no period: write it as the column “{field}” has it", text=text, field=name)


def period_label(period: str, periodicity: str) -> str:
    """A period as people name it: the third quarter, "2024-2" by its place, is 2024-T3."""
    year, _dash, place = period.partition("-")
    if periodicity in PARTS and place.isdigit() and len(place) == 1:
        return f"{year}-{PARTS[periodicity][1]}{int(place) + 1}"
    return period


def _parse_calendar_period(text: str, periodicity: str, today: date) -> str:
    try:
        start, period = _read_period(text.strip(), periodicity)
    except ValueError as error:
        raise ValueError(
            _(
                "{text!r} is no period; write it as in {example}",
                text=text,
                example=_example_period(periodicity),
            )
        ) from error
    if start > today:
        raise ValueError(
            _("the period {text} has not begun yet; name the one that the file tells of", text=text)
        )
    return period


def _read_period(text: str, periodicity: str) -> tuple[date, str]:
    """The first day of a period, and the period; raises ValueError."""
    months, letter = PARTS.get(periodicity, (0, ""))
    if periodicity.endswith("Y") and (match := re.fullmatch(r"(\d{4})", text)):
        return date(int(match[1]), 1, 1), text
    if months and (
        match := re.fullmatch(rf"(\d{{4}})-?[{letter}{letter.lower()}Qq]([1-{12 // months}])", text)
    ):
        return date(int(match[1]), (int(match[2]) - 1) * months + 1, 1), f"{match[1]}-{int(match[2]) - 1}"
    if (months or periodicity == "R/P1M") and re.fullmatch(r"\d{4}-\d{2}", text):
        day = date.fromisoformat(f"{text}-01")
        return day, f"{day.year:04}-{(day.month - 1) // months}" if months else text
    if periodicity == "R/P1W" and (match := re.fullmatch(r"(\d{4})-?[WwSs](\d{2})", text)):
        return date.fromisocalendar(int(match[1]), int(match[2]), 1), f"{match[1]}-{match[2]}"
    if (
        not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)
        or months
        or periodicity.endswith("Y")
        or periodicity in ("R/P1M", "R/P1W")
    ):
        raise ValueError(text)
    return date.fromisoformat(text), text


def _example_period(periodicity: str) -> str:
    if periodicity in PARTS:
        return f"2024-{PARTS[periodicity][1]}1"
    if periodicity.endswith("Y"):
        return "2024"
    return {"R/P1M": "2024-08", "R/P1W": "2024-W31"}.get(periodicity, "2024-08-15")


def period_field(resource: Resource) -> dict[str, Any] | None:
    name = resource.pipeline.extract.field
    return next((dict(field) for field in resource.schema["fields"] if field["name"] == name), None)


def period_of_day(day: date, length: str) -> str:
    """2026-08 (P1M), 2026-T3 (P3M), 2026-S2 (P6M)."""
    match length:
        case "P1M":
            return f"{day:%Y-%m}"
        case "P3M":
            return f"{day.year}-T{(day.month + 2) // 3}"
        case "P6M":
            return f"{day.year}-S{(day.month + 5) // 6}"
    raise ValueError(length)


def count_periods(values: pa.ChunkedArray, periodicity: str) -> dict[str, int]:
    """How many of some typed values are of each period; those without a value are left out."""
    found: dict[str, int] = {}
    counted = pc.value_counts(values.drop_null())
    named = periods_of_values(pa.chunked_array([counted.field("values")], values.type), periodicity)
    for period, count in zip(named.to_pylist(), counted.field("counts").to_pylist(), strict=True):
        if period is not None:
            found[period] = found.get(period, 0) + count
    return found


def periods_of_values(values: pa.ChunkedArray, periodicity: str) -> pa.ChunkedArray:
    """The periods of typed values: the values themselves; of a date the year, the months, the week (ISO 8601)
    or the day for which a dataset of that accrualPeriodicity is delivered; what is due more than once a week,
    or at no fixed time, goes by the day."""
    if not (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)):
        return published_text(values)
    if len(values) > MANY:  # each distinct one once
        distinct = pc.unique(values)
        named = periods_of_values(pa.chunked_array([distinct]), periodicity) if len(distinct) < MANY else None
        if named is not None:
            return named.take(pc.index_in(values, value_set=distinct))
    days = pc.cast(pc.utf8_slice_codeunits(published_text(values), 0, 10), pa.date32())
    if months := _MONTHS.fullmatch(periodicity):
        number = pc.divide(pc.subtract(pc.month(days), 1), int(months[1]))
        return pc.binary_join_element_wise(pc.strftime(days, "%Y"), pc.cast(number, pa.string()), "-")
    if periodicity.endswith("Y"):
        return pc.strftime(days, "%Y")
    return pc.strftime(days, {"R/P1M": "%Y-%m", "R/P1W": "%G-%V"}.get(periodicity, "%Y-%m-%d"))

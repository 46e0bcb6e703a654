"""The period that holds a day: the month, the quarter, the half-year; and which day it is in Buenos Aires."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from pipelines.dataset import Resource
from pipelines.fetch.snapshot import Snapshot
from pipelines.sources import TrelloSource

BUENOS_AIRES = timezone(timedelta(hours=-3))


def period(day: date, length: str) -> str:
    """2026-08 (P1M), 2026-T3 (P3M), 2026-S2 (P6M)."""
    match length:
        case "P1M":
            return f"{day:%Y-%m}"
        case "P3M":
            return f"{day.year}-T{(day.month + 2) // 3}"
        case "P6M":
            return f"{day.year}-S{(day.month + 5) // 6}"
    raise ValueError(length)


def dated(snapshot: Snapshot, resource: Resource, now: datetime) -> Snapshot:
    """The snapshot, with the day on which it was read where its rows tell of that day's period."""
    source = resource.pipeline.source
    if isinstance(source, TrelloSource) and source.period and snapshot.as_of is None:
        return replace(snapshot, as_of=now.astimezone(BUENOS_AIRES).date().isoformat())
    return snapshot

"""What is due: by a dataset's own schedule and its last run, and when the next night begins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from catalog.archive.archive import Archive
from catalog.archive.runs import Standing
from pipelines.dataset.dataset import Dataset
from pipelines.settings import Settings

TOLERANCE = timedelta(hours=6)
"""A schedule of its own whose hour the night follows within so much is left to the night."""


def last_firing(cron: str, zone: str, now: datetime) -> datetime:
    """When the schedule last began to hold, `now` included."""
    minute = now.astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0)
    return next(CronSim(cron, minute + timedelta(minutes=1), reverse=True))


def next_firing(cron: str, zone: str, now: datetime) -> datetime:
    return next(CronSim(cron, now.astimezone(ZoneInfo(zone))))


def count_nights(cron: str, zone: str, after: datetime, until: datetime, most: int = 99) -> int:
    """On how many days of the city the schedule came round in between, `most` at most: a night that begins
    more than once is one."""
    found, moment = 0, after.astimezone(ZoneInfo(zone))
    while found < most and (moment := next(CronSim(cron, moment))) <= until:
        found += 1
        moment = moment.replace(hour=23, minute=59)
    return found


def is_due(dataset: Dataset, standing: Standing | None, zone: str, now: datetime) -> bool:
    """Whether the dataset's schedule came round since its last run began, or that run left it waiting: what
    failed or was rejected is tried again each night. However many times it came round, it is due once."""
    if standing is None or standing.outcome in ("failed", "rejected"):
        return True
    return datetime.fromisoformat(standing.started) < last_firing(dataset.schedule, zone, now)


def is_outdated(dataset: Dataset, standing: Standing | None, archive: Archive) -> bool:
    """Whether its declaration or a dataset that it needs changed since its last run, so that it is due before
    its time. Raises ArchiveError, Damaged."""
    history = archive.history(dataset.id, dataset.demo)
    if standing is None or not history.current:
        return True
    released = history.current.provenance
    declared = {name: hashlib.sha256(each).hexdigest() for name, each in dataset.declaration.items()}
    return released["declaration"] != declared or any(
        _is_newer(archive, need, released, standing) for need in dataset.needs
    )


def _is_newer(archive: Archive, need: str, released: Mapping[str, Any], standing: Standing) -> bool:
    """Whether another version of the need is current than the one that was used."""
    log = archive.history(need, need in released.get("demoNeeds", ()))
    if not log.current or released["needs"].get(need) == str(log.current.version):
        return False
    # A run that found the same rows made no release: then only the time tells that it looked at this version.
    # An entry bears the time at which its run began, a while before others could see it.
    seen = datetime.fromisoformat(standing.started) - timedelta(hours=1)
    return datetime.fromisoformat(log.entries[-1].at) > seen


def extra_times(datasets: Iterable[Dataset], settings: Settings, now: datetime) -> list[str]:
    """The schedules that the night does not serve: those that come round more than some hours before it, or
    more often than it. For these there is a run of what is due at their own times, the same one for all who
    share them."""
    crons = {dataset.schedule for dataset in datasets}
    return sorted(cron for cron in crons if not _is_served(cron, settings, now))


def _is_served(cron: str, settings: Settings, now: datetime) -> bool:
    """Whether a night follows soon enough on each of the next times. Midnight, from which on what declares no
    hour is due, is served by any night."""
    if cron in ("0 0 * * *", "0 0 * * 1"):
        return True
    times = CronSim(cron, now.astimezone(ZoneInfo(settings.zone)))
    for _time in range(10):
        moment = next(times)
        if next_firing(settings.night, settings.zone, moment - timedelta(minutes=1)) - moment > TOLERANCE:
            return False
    return True

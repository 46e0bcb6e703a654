"""What `vereda status` says of nights that did not come to their end, or did not begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from catalog.archive.archive import Archive
from catalog.archive.runs import RunLog, RunRecord, run_lock
from messages import speaking
from pipelines.cli.operate import night_lines
from pipelines.cli.tables import need_lines
from pipelines.nightly.schedule import Schedule
from pipelines.nightly.status import describe_status
from pipelines.settings import Settings

MORNING = datetime.fromisoformat("2026-11-29T09:00:00-03:00")
SETTINGS = Settings(night="0 3 * * *", zone="America/Argentina/Buenos_Aires", lang="en")


def run(archive: Archive, started: str, end: str | None = "done", kind: str = "night") -> RunRecord:
    at = datetime.fromisoformat(f"2026-11-{started}:00-03:00")
    ended = (at + timedelta(minutes=5)).isoformat() if end else None
    name = f"{at:%Y%m%dT%H%M}-{kind}"
    record = RunRecord(name, kind, at.isoformat(), ended, end)  # type: ignore[arg-type]
    archive.run_log.write(record)
    return record


def needs(archive: Archive, now: datetime = MORNING) -> list[tuple]:
    with speaking("en"):
        found = describe_status(archive, [], SETTINGS, now)
    return [
        (need["dataset"], need["outcome"], need["since"][:16], need["nights"], need["next"], need["message"])
        for need in found["needs"]
    ]


@pytest.fixture
def archive(tmp_path) -> Archive:
    return Archive.open(tmp_path / "archive")


def test_a_night_that_ended_needs_nobody(archive):
    run(archive, "28T03:00")
    run(archive, "29T03:00")
    assert needs(archive) == []


def test_a_night_that_should_have_begun_is_told_and_counted(archive):
    run(archive, "25T03:01")
    ((dataset, word, since, nights, command, message),) = needs(archive)
    assert (dataset, word, since, nights, command) == (
        "night",
        "failed",
        "2026-11-29T03:00",
        4,
        "vereda doctor",
    )
    assert message.startswith("the night of November 29, 2026 at 03:00 did not begin")


def test_a_night_is_late_only_after_a_while(archive):
    run(archive, "28T03:00")
    assert needs(archive, datetime.fromisoformat("2026-11-29T03:20:00-03:00")) == []
    assert len(needs(archive, datetime.fromisoformat("2026-11-29T03:40:00-03:00"))) == 1


def test_who_runs_by_hand_misses_no_night(archive):
    run(archive, "25T16:20")
    run(archive, "26T03:00", kind="hand")
    assert needs(archive) == []


@pytest.mark.parametrize(
    ("end", "command", "message"),
    [
        ("cancelled", "vereda run", "it was cancelled before all datasets had run"),
        ("broken", "vereda runs --show 20261129T0300-night", "Vereda itself broke"),
        (None, "vereda run", "it was cut off: its process was killed"),
    ],
)
def test_a_night_that_did_not_come_to_its_end_is_told_until_another_did(archive, end, command, message):
    run(archive, "29T03:00", end)
    ((dataset, _word, since, _nights, following, told),) = needs(archive)
    assert (dataset, since, following) == ("night", "2026-11-29T03:00", command)
    assert told.startswith(message)
    run(archive, "29T08:30")
    assert needs(archive) == []


@pytest.mark.parametrize(
    ("stop", "who", "message"),
    [
        ("prefect", None, "it was cancelled in Prefect before"),
        ("service", None, "it was cancelled when `vereda deploy` was stopped, before"),
        ("terminal", "ana", "ana cancelled it before all datasets had run"),
        ("terminal", None, "it was cancelled before all datasets had run"),
    ],
)
def test_of_a_night_that_was_cancelled_it_says_by_whom_also_where_it_was_killed_then(
    archive, stop, who, message
):
    going = run(archive, "29T03:00", None)
    archive.run_log.write(replace(going, stop=stop, who=who))
    with speaking("en"):
        found = describe_status(archive, [], SETTINGS, MORNING)
        (title, told, command, *_rest) = [str(line).strip() for line in need_lines(found["needs"])][1:]
    assert (found["night"]["end"], found["night"]["stop"], found["night"]["who"]) == ("cancelled", stop, who)
    assert (title, command) == ("night: cancelled, November 29, 2026, 03:00", "→ vereda run")
    assert told.replace("\n    ", " ").startswith(message)


def test_what_was_read_to_say_how_it_stands_does_not_grow_with_the_nights(archive, monkeypatch):
    for day in range(10, 30):
        night = run(archive, f"{day}T03:00")
        well = {"dataset": "obras", "outcome": "unchanged", "message": "", "version": "1.0.0"}
        ended = {**well, "started": night.started, "ended": night.ended}
        archive.run_log.close(replace(night, outcomes=(ended,)), ["obras"])
    read = []
    plain = RunLog.read
    monkeypatch.setattr(RunLog, "read", lambda self, name: (read.append(name), plain(self, name))[1])
    describe_status(archive, [], SETTINGS, MORNING)
    assert len(set(read)) < 3


def test_a_night_that_goes_on_needs_nobody(archive):
    going = run(archive, "29T03:00", None)
    release = archive.locks.take(run_lock(going.run), {"run": going.run})
    assert release
    assert needs(archive) == []
    release()


def schedule(state: str, **more) -> Schedule:
    return Schedule(state, "how it stands", None if state == "served" else "what to type", **more)  # type: ignore[arg-type]


def test_the_next_night_is_the_servers_and_not_a_settings(archive):
    run(archive, "29T03:00")
    times = (("30 4 * * *", "America/Argentina/Buenos_Aires"), ("0 14 * * *", "UTC"))
    found = describe_status(archive, [], SETTINGS, MORNING, schedule("served", times=times))
    assert found["night"]["next"] == "2026-11-29T11:00-03:00"
    assert found["needs"] == []


@pytest.mark.parametrize("state", ["silent", "unregistered", "paused", "unserved"])
def test_a_night_that_will_not_begin_needs_a_person_before_it_is_missed(archive, state):
    run(archive, "29T03:00")
    found = describe_status(archive, [], SETTINGS, MORNING, schedule(state))
    assert found["night"]["next"] is None
    (need,) = found["needs"]
    assert (need["dataset"], need["next"]) == ("night", "what to type")
    assert "how it stands" in need["message"]


def test_a_night_that_was_missed_and_the_next_are_one_thing(archive):
    run(archive, "25T03:01")
    (need,) = describe_status(archive, [], SETTINGS, MORNING, schedule("unserved"))["needs"]
    assert (need["nights"], need["next"]) == (4, "what to type")


def test_without_a_server_nothing_is_planned_and_that_is_no_fault(archive):
    found = describe_status(archive, [], SETTINGS, MORNING, schedule("none"))
    assert (found["night"]["next"], found["needs"]) == (None, [])


def test_what_was_not_due_is_counted_and_a_night_that_has_yet_to_begin_did_not_fail(archive):
    well = {"dataset": "obras", "outcome": "unchanged", "message": "", "version": "1.0.0"}
    at = {"started": "2026-11-29T03:01:00-03:00", "ended": "2026-11-29T03:01:00-03:00"}
    archive.run_log.write(replace(run(archive, "29T03:00"), not_due=17, outcomes=({**well, **at},)))
    unplanned = Schedule("unregistered", "there is no deployment", "vereda deploy")
    with speaking("en"):
        found = describe_status(archive, [], SETTINGS, MORNING, unplanned)
        told = [str(line).strip() for line in (*need_lines(found["needs"]), *night_lines(found))]
    assert found["night"]["notDue"] == 17
    assert told[1:] == [
        "night",
        "no night will begin by itself: there is no deployment",
        "→ vereda deploy",
        "Last night: November 29, 2026, 03:00: 1 unchanged, 17 not due",
    ]

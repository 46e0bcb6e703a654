"""The record of each run, and how datasets stand by them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from catalog.archive.archive import Archive
from catalog.archive.release import Damaged, dump_json
from catalog.archive.runs import RunLog, RunRecord, UnknownRun, new_run_id, run_lock
from tests.archive.test_archive import spoil

START = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def outcome(dataset: str, word: str, at: datetime, message: str = "") -> dict:
    started, ended = (at + timedelta(seconds=s) for s in (1, 2))
    return {
        "dataset": dataset,
        "outcome": word,
        "message": message,
        "version": None,
        "started": started.isoformat(),
        "ended": ended.isoformat(),
    }


def keep(
    log: RunLog, day: int, words: dict[str, str], kind: str = "night", hour: int = 0, **more
) -> RunRecord:
    at = START + timedelta(days=day, hours=hour)
    record = RunRecord(new_run_id(at), kind, at.isoformat())
    record = replace(
        record,
        ended=(at + timedelta(minutes=5)).isoformat(),
        end="done",
        outcomes=tuple(outcome(name, word, at) for name, word in words.items()),
        **more,
    )
    return log.close(record, ["obras", "salud"])


@pytest.fixture
def archive(tmp_path) -> Archive:
    return Archive.open(tmp_path)


def test_standings_tell_since_when_and_how_many_nights(archive):
    log = archive.run_log
    keep(log, 0, {"obras": "published", "salud": "rejected"})
    keep(log, 1, {"obras": "rejected", "salud": "rejected"})
    keep(log, 1, {"obras": "rejected"}, kind="hand", hour=6)
    keep(log, 2, {"salud": "rejected"})
    standings = log.standings()
    assert {name: (each.outcome, each.since[:10], each.nights) for name, each in standings.items()} == {
        "obras": ("rejected", "2026-03-02", 1),
        "salud": ("rejected", "2026-03-01", 3),
    }
    keep(log, 3, {"salud": "published"})
    assert log.standings()["salud"].nights == 1


def test_a_night_that_was_cut_off_and_its_make_up_are_one(archive):
    log = archive.run_log
    for hour in (0, 2, 9):
        keep(log, 0, {"obras": "failed"}, hour=hour)
    assert log.standings()["obras"].nights == 1
    keep(log, 0, {"obras": "failed"}, kind="hand", hour=23)  # by then it is the next day
    keep(log, 1, {"obras": "failed"})
    assert log.standings()["obras"].nights == 2
    keep(log, 1, {"obras": "failed"}, hour=1)
    assert (log.standings()["obras"].nights, log.standings()["obras"].night) == (2, "2026-03-02")


def test_a_catalogue_that_is_brought_up_again_needs_nobody(archive):
    log = archive.run_log
    keep(log, 0, {"portal": "failed"}, reached=("portal",))
    assert log.standings()["portal"].bad
    keep(log, 1, {"portal": "failed"}, reached=("portal",))
    assert log.standings()["portal"].nights == 2
    keep(log, 1, {}, kind="hand", hour=3, reached=("portal",))
    assert "portal" not in log.standings()


def test_one_dataset_that_went_well_does_not_speak_for_all_of_a_ckan(archive):
    log = archive.run_log
    keep(log, 0, {"ckan": "failed"}, reached=("ckan",))
    keep(log, 0, {}, kind="hand", hour=1, reached=("ckan",), asked=("obras",))
    assert log.standings()["ckan"].bad
    keep(log, 0, {"ckan": "failed"}, kind="hand", hour=2, reached=("ckan",), asked=("salud",))
    keep(log, 0, {}, kind="hand", hour=3, reached=("ckan",), asked=("salud",))
    assert log.standings()["ckan"].bad
    keep(log, 1, {}, reached=("ckan",))
    assert "ckan" not in log.standings()
    keep(log, 1, {"ckan": "failed"}, kind="hand", hour=4, reached=("ckan",), asked=("salud",))
    keep(log, 1, {}, kind="hand", hour=5, reached=("ckan",), asked=("obras",))
    assert log.standings()["ckan"].asked == ("salud",)
    keep(log, 1, {}, kind="hand", hour=6, reached=("ckan",), asked=("obras", "salud"))
    assert "ckan" not in log.standings()


def test_a_ckan_s_reasons_stay_until_their_datasets_go_well(archive):
    log = archive.run_log
    for hour, (message, asked) in enumerate([("a: no\nb: no", None), ("b: other", ("b",))]):
        at = START + timedelta(hours=hour)
        told = outcome("ckan", "failed", at, message)
        log.close(
            RunRecord(new_run_id(at), "hand", at.isoformat(), asked=asked, outcomes=(told,)), ["a", "b"]
        )
    assert log.standings()["ckan"].message == "a: no\nb: other"


def test_a_dataset_that_left_stands_no_longer(archive):
    keep(archive.run_log, 0, {"gone": "rejected", "obras": "published"})
    assert set(archive.run_log.standings()) == {"obras"}


def test_a_run_that_ends_after_a_night_which_it_began_before_is_not_lost(archive):
    log = archive.run_log
    long = RunRecord(new_run_id(START - timedelta(hours=1)), "hand", START.isoformat())
    release = archive.locks.take(run_lock(long.run), {})
    log.write(long)
    keep(log, 0, {"obras": "published"})
    at = START + timedelta(hours=2)
    log.close(replace(long, ended=at.isoformat(), outcomes=(outcome("obras", "rejected", at),)), ["obras"])
    release()
    assert log.standings()["obras"].outcome == "rejected"


def test_what_is_not_ended_and_nobody_has_was_cut_off(archive):
    log, record = archive.run_log, RunRecord(new_run_id(START), "night", START.isoformat())
    release = archive.locks.take(run_lock(record.run), {})
    log.write(replace(record, outcomes=(outcome("obras", "published", START),)))
    assert log.alive(log.read(record.run))
    release()
    assert not log.alive(log.read(record.run))
    assert log.standings()["obras"].outcome == "published"


def test_the_runs_that_go_on_are_found_without_reading_those_that_ended(archive, monkeypatch):
    log, record = archive.run_log, RunRecord(new_run_id(START), "night", START.isoformat())
    for day in range(3):
        keep(log, day, {"obras": "published"})
    release = archive.locks.take(run_lock(record.run), {})
    log.write(record)
    read = []
    plain = RunLog.read
    monkeypatch.setattr(RunLog, "read", lambda self, run: (read.append(run), plain(self, run))[1])
    assert [each.run for each in log.running()] == read == [record.run]
    release()
    assert log.running() == []


def test_a_damaged_record_costs_itself_alone(archive):
    log = archive.run_log
    keep(log, 0, {"obras": "published"})
    bad = keep(log, 1, {"obras": "rejected"})
    spoil(archive, f"runs/_all/{bad.run}.json", b"{")
    assert log.standings()["obras"].outcome == "published"
    with pytest.raises(UnknownRun):
        log.read("20200101T000000Z-abcdef")


def test_reading_how_all_stand_costs_as_much_after_a_year_as_after_a_week(archive, monkeypatch):
    log = archive.run_log
    for day in range(30):
        keep(log, day, {"obras": "published"})
        keep(log, day, {"salud": "published"}, kind="inbox", hour=1)
    read = set()
    find = RunLog.find_path
    monkeypatch.setattr(RunLog, "find_path", lambda self, run: (read.add(run), find(self, run))[1])
    assert set(log.standings()) == {"obras", "salud"}
    assert len(read) == 2


def test_how_all_stand_is_read_past_the_outcomes_of_a_night(archive):
    """Also where they were written by an earlier Vereda, as one piece of JSON."""
    log = archive.run_log
    kept = keep(log, 0, {"obras": "rejected", "salud": "published"}, reached=("portal",), stop="prefect")
    path = f"runs/_all/{kept.run}.json"
    text = archive.shelf.read(path)
    assert log.read(kept.run) == replace(kept, outcomes=tuple(kept.outcomes))
    assert log.read_census(kept.run) == replace(kept, outcomes=())
    assert json.loads(text)["standings"]["obras"]["outcome"] == "rejected"
    spoil(archive, path, dump_json(json.loads(text)))
    assert log.read_census(kept.run) == log.read(kept.run) == replace(kept, outcomes=tuple(kept.outcomes))
    for lost in (10, 200, len(text) - 2):  # a write that was cut off
        spoil(archive, path, text[:-lost])
        with pytest.raises(Damaged):
            log.read_census(kept.run)


def test_a_record_without_outcomes_is_json_too(archive):
    record = RunRecord(new_run_id(START), "night", START.isoformat())
    archive.run_log.write(record)
    assert archive.run_log.read(record.run) == archive.run_log.read_census(record.run) == record

"""What a night takes: each dataset by its own schedule, in the city's zone, from its last run in the
archive."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from catalog.archive.runs import Standing
from pipelines.dataset.dataset import load_dataset, load_datasets
from pipelines.nightly.due import count_nights, extra_times, is_due, is_outdated
from pipelines.nightly.plan import choose_due, plan_night
from pipelines.settings import Settings
from tests.support.cities import City, declaration
from tests.support.nights import ROWS, declare

ZONE = "America/Argentina/Buenos_Aires"


def moment(text: str, zone: str = ZONE) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def stood(started: str, outcome: str = "unchanged", zone: str = ZONE) -> Standing:
    at = moment(started, zone).isoformat()
    return Standing(outcome, "", None, "run", at, at, at, 1)


def test_a_night_that_begins_more_than_once_on_a_day_is_one():
    after, until = moment("2026-11-25T03:01"), moment("2026-11-29T09:00")
    for cron, nights in {"0 3 * * *": 4, "0 3,15 * * *": 5, "*/10 3 * * *": 5, "0 10 * * *": 4}.items():
        assert count_nights(cron, ZONE, after, until) == nights, cron
    assert count_nights("0 3 * * *", ZONE, after, after + timedelta(days=300)) == 99


# schedule or periodicity, last run, now, due: 2026-03-02 is a Monday
CASES = [
    ("R/P1D", None, "2026-03-04T03:00", True),
    ("R/P1D", "2026-03-03T03:00:05", "2026-03-04T03:00", True),
    ("R/P1D", "2026-03-04T01:00", "2026-03-04T03:00", False),
    ("R/P1Y", "2026-03-02T03:00:05", "2026-03-04T03:00", False),
    ("R/P1Y", "2026-02-23T03:00:05", "2026-03-02T03:00", True),
    ("R/P1Y", "2026-02-16T03:00:05", "2026-03-05T03:00", True),
    ("15 3 * * *", "2026-03-03T03:00:05", "2026-03-04T03:00", True),
    ("30 14 * * *", "2026-03-03T14:31", "2026-03-04T03:00", False),
    ("30 14 * * *", "2026-03-03T14:00", "2026-03-04T03:00", True),
    ("0 3 1 * *", "2026-02-01T03:00:01", "2026-03-04T03:00", True),
    ("0 3 1 * *", "2026-03-01T03:00:01", "2026-03-04T03:00", False),
]


@pytest.mark.parametrize(("when", "last", "now", "due"), CASES)
def test_a_dataset_is_due_once_its_schedule_came_round(tmp_path, when, last, now, due):
    told = {"accrualPeriodicity": when} if when.startswith("R/") else {"schedule": when}
    declare(tmp_path, "obras", ROWS, **told)
    dataset = load_dataset(tmp_path / "obras")
    assert is_due(dataset, stood(last) if last else None, ZONE, moment(now)) is due


@pytest.mark.parametrize("word", ["failed", "rejected"])
def test_what_is_owed_is_tried_again_each_night(tmp_path, word):
    declare(tmp_path, "obras", ROWS, accrualPeriodicity="R/P1Y")
    dataset = load_dataset(tmp_path / "obras")
    assert is_due(dataset, stood("2026-03-02T03:00", word), ZONE, moment("2026-03-03T03:00"))


def test_a_day_begins_in_the_zone_of_the_city(tmp_path):
    declare(tmp_path, "obras", ROWS)
    dataset, ran = load_dataset(tmp_path / "obras"), stood("2026-03-03T19:30")
    now = moment("2026-03-03T20:30")
    assert not is_due(dataset, ran, ZONE, now)
    assert is_due(dataset, ran, "Europe/Madrid", now)  # half past midnight there


def test_in_a_zone_with_summer_time_no_night_is_left_out_and_none_made_twice(tmp_path):
    zone = "Europe/Madrid"
    declare(tmp_path, "obras", ROWS, schedule="30 2 * * *")  # an hour that 2026-03-29 does not have
    dataset = load_dataset(tmp_path / "obras")
    assert is_due(dataset, stood("2026-03-28T03:00", zone=zone), zone, moment("2026-03-29T04:00", zone))
    assert not is_due(dataset, stood("2026-03-29T04:00", zone=zone), zone, moment("2026-03-29T23:00", zone))
    assert is_due(dataset, stood("2026-03-29T04:00", zone=zone), zone, moment("2026-03-30T03:00", zone))


def test_the_night_serves_what_is_due_shortly_before_it_and_others_have_runs_of_their_own(tmp_path):
    crons = {"a": "15 1 * * *", "b": "0 14 * * 1-5", "c": "0 14 * * 1-5", "d": "*/30 8-18 * * *"}
    for name, cron in crons.items():
        declare(tmp_path, name, ROWS, schedule=cron)
    declare(tmp_path, "e", ROWS)
    declare(tmp_path, "f", ROWS, accrualPeriodicity="R/PT1H")
    settings, now = Settings(datasets=tmp_path), moment("2026-03-04T12:00")
    extra = extra_times(load_datasets(tmp_path), settings, now)
    assert extra == ["*/30 8-18 * * *", "0 * * * *", "0 14 * * 1-5"]


def test_what_needs_a_dataset_that_is_due_waits_for_it(tmp_path):
    for name, needs in {"a": [], "b": ["a"], "c": ["b"], "d": []}.items():
        declare(tmp_path, name, ROWS, needs=needs, accrualPeriodicity="R/P1Y")
    plan = choose_due(plan_night(tmp_path, None), lambda dataset: dataset.id == "a")
    assert (set(plan.chosen), set(plan.waiting)) == ({"a", "b", "c"}, {"b", "c"})


def test_a_new_version_of_a_need_or_another_declaration_makes_a_dataset_due(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("need"), datos="id,nombre,monto\n1,Almagro,2\n")
    child = declaration("child")
    child["pipeline"]["needs"] = ["need"]
    folder = city.declare(child, datos="id,nombre,monto\n1,Almagro,2\n")
    city.run("need")
    city.run("child")

    def outdated() -> bool:
        return is_outdated(load_dataset(folder), last, city.archive)

    def standing() -> Standing:
        city.moment += timedelta(hours=2)
        return stood(city.moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None).isoformat())

    last = standing()
    assert not outdated()
    city.send("need", "id,nombre,monto\n1,Almagro,2\n2,Boedo,3\n")
    city.run("need")
    assert outdated()
    assert (
        city.outcome("child").outcome == "unchanged"
    )  # the same rows: what it was made with stays on record
    last = standing()
    assert not outdated()
    text = (folder / "datapackage.yaml").read_text()
    (folder / "datapackage.yaml").write_text(text.replace("Datos de prueba", "Otra", 1))
    assert outdated()

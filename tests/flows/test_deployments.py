"""What Prefect's server has of Vereda is what the declarations say, however often it is deployed. A night
that was missed is made up once, one that was cancelled is not."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from catalog.archive.archive import Archive
from catalog.archive.runs import RunRecord
from pipelines.nightly.due import last_firing
from tests.support.lazy import flows, nightly_deployments
from tests.support.nights import ROWS, declare, night_settings, open_prefect


@pytest.fixture
def client():
    with open_prefect() as client:
        yield client


@pytest.fixture
def settings(tmp_path):
    for name in ("obras", "salud"):
        declare(tmp_path / "datasets", name, ROWS)
    return replace_settings(night_settings(tmp_path), inbox=tmp_path / "inbox")


def replace_settings(settings, **more):
    return settings.model_copy(update=more)


def deploy(settings, client, said=None):
    """What `vereda deploy` does before it serves: each time as by a new process."""
    office = nightly_deployments.Office(
        settings,
        flows.nightly,
        flows.release,
        nightly_deployments.NightRunner(limit=1, pause_on_shutdown=False),
        (said if said is not None else []).append,
    )
    office.register(client)
    office.make_up(client)
    return office


def deployments(client) -> dict:
    found = client.read_deployments()
    assert len({each.name for each in found}) == len(found)
    return {each.name: each.id for each in found}


def waiting(client) -> int:
    """How many nights wait that no schedule made."""
    return len(
        [each for each in client.read_flow_runs(limit=200) if not each.auto_scheduled and each.deployment_id]
    )


def test_deployed_again_nothing_is_stale_and_what_comes_and_goes_is_noticed(settings, client):
    deploy(settings, client)
    first = deployments(client)
    assert set(first) == {"nightly", "obras", "salud"}
    office = deploy(settings, client)
    assert deployments(client) == first
    shutil.rmtree(settings.datasets / "salud")
    declare(settings.datasets, "ferias", ROWS)
    office.look(client)
    second = deployments(client)
    assert set(second) == {"nightly", "obras", "ferias"}
    assert second["obras"] == first["obras"]
    shutil.rmtree(settings.datasets / "ferias")
    deploy(replace_settings(settings, night="30 4 * * *"), client)
    assert set(deployments(client)) == {"nightly", "obras"}
    night = client.read_deployment(deployments(client)["nightly"])
    assert [each.schedule.cron for each in night.schedules] == ["30 4 * * *"]


@pytest.mark.parametrize(
    ("nights_ago", "end", "stop", "made_up"),
    [
        (3, "done", None, 1),
        (0, "done", None, 0),
        (0, None, None, 1),
        (0, None, "service", 0),
        (0, None, "prefect", 0),
        (0, "cancelled", "prefect", 0),
    ],
    ids=["missed", "well", "cut-off", "service-killed", "prefect-killed", "cancelled"],
)
def test_a_missed_night_is_made_up_once_and_a_cancelled_one_is_not(
    settings, client, nights_ago, end, stop, made_up
):
    archive, now = Archive.open(settings.archive), settings.now
    began = last_firing(settings.night, settings.zone, now) - timedelta(days=nights_ago)
    flow_run = client.create_flow_run(flows.nightly)
    record = RunRecord(
        f"{began:%Y%m%dT%H%M%SZ}-{nights_ago}{end}{stop}",
        "night",
        began.isoformat(),
        ended=began.isoformat() if end else None,
        end=end,
        flow_run=str(flow_run.id),
        stop=stop,
    )
    archive.run_log.write(record)
    said: list[str] = []
    for _restart in range(3):
        office = deploy(settings, client, said)
        office.look(client)
    assert waiting(client) == made_up
    assert said == ["A night was missed or cut off; it is made up now."] * len(said)
    kept = archive.run_log.read(record.run)
    assert (kept.end, kept.stop) == ("cancelled" if stop else end, stop)
    told = client.read_flow_run(flow_run.id).state.type
    assert told == ("CANCELLED" if stop else "COMPLETED" if end else "CRASHED")  # as on record


def test_a_night_that_was_cut_off_before_the_last_one_is_not_made_up_again(settings, client):
    archive, now = Archive.open(settings.archive), settings.now
    last = last_firing(settings.night, settings.zone, now)
    flow_run = client.create_flow_run(flows.nightly)
    for began, end in ((last - timedelta(days=1), None), (last, "done")):
        archive.run_log.write(
            RunRecord(
                f"{began:%Y%m%dT%H%M%SZ}-{end}",
                "night",
                began.isoformat(),
                ended=began.isoformat() if end else None,
                end=end,
                flow_run=str(flow_run.id) if end is None else None,
            )
        )
    said: list[str] = []
    deploy(settings, client, said).look(client)
    assert (waiting(client), said) == (0, [])

"""Words never lie: whatever fails in a night, Prefect's state, the exit status, the record in the archive,
the message, `vereda status` and the portal's page say the same."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from werkzeug import Response

from catalog.archive.archive import Archive
from catalog.archive.store import ArchiveError
from messages import speaking
from pipelines.dataset.dataset import load_datasets
from pipelines.nightly.status import describe_status
from pipelines.release.outcome import Outcome, exit_status
from pipelines.settings import Settings
from tests.support.disks import small_file_system
from tests.support.lazy import flows, prefect_api, prefect_client, prefect_sorting
from tests.support.mails import BAD_DAYS, PLAIN, mail_server_on_a_bad_day
from tests.support.nights import BAD, ROWS, around, declare, free_port, vereda_in

NIGHTS = int(os.environ.get("TEST_NIGHTS", "12"))
TROUBLES = ("source", "data", "portal", "ckan", "mail", "disk", "declaration")
SOURCES = ("down", "403", "404", "500", "slow", "cut", "loop", "away", "empty", "page", "other", "picture")
WRONG = {
    "empty": b"",
    "page": b"<!doctype html><html><body>El sitio esta en mantenimiento</body></html>",
    "other": b"fecha;importe\n2020-01-01;3\n",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
}
MAILS = ("down", *BAD_DAYS)
CKANS = ("down", "refuses", "broken", "slow", "page")


@pytest.fixture(scope="module")
def api():
    with (
        speaking("en"),
        prefect_api.run_server(),
        prefect_client.SyncPrefectClient(flows.PREFECT_API_URL.value()) as client,
    ):
        yield client


def make_trouble(
    here: Path, chance: random.Random, httpserver, stack: ExitStack
) -> tuple[Settings, set[str]]:
    """A city of some datasets in which some things go wrong."""
    troubles = {name for name in TROUBLES if chance.random() < 0.3}
    folder, archive = here / "datasets", here / "archive"
    declare(folder, "good", ROWS, publisher={"id": "tests", "name": "Pruebas", "email": "a@example.org"})
    declare(folder, "child", ROWS, needs=["good"])
    kind = chance.choice(SOURCES) if "source" in troubles else "good"
    declare(folder, "far", {"kind": "http", "url": serve_badly(httpserver, f"/{here.name}.csv", kind)})
    declare(folder, "other", BAD if "data" in troubles else ROWS)
    if "declaration" in troubles:
        (folder / "typo").mkdir()
        (folder / "typo/datapackage.yaml").write_text("name: [")
    if "portal" in troubles:
        (here / "portal").mkdir()
        (here / "portal/mine.txt").write_text("no portal")
    if "disk" in troubles:
        stack.enter_context(small_file_system(archive, "1m"))
        room = chance.choice([0, 8, 40, 120, 300]) * 1024
        (archive / "filler").write_bytes(b"x" * (1024 * 1024 - 4096 - room))
    told: dict = {}
    if "ckan" in troubles:
        address = find_ckan(httpserver, f"/{here.name}-ckan", chance.choice(CKANS))
        told |= {"ckan_url": address, "ckan_token": "x"}
    if "mail" in troubles:
        told |= {"mail_from": "Vereda <v@example.org>", **find_mail(chance.choice(MAILS), here, stack)}
    settings = Settings(
        datasets=folder,
        archive=str(archive),
        portal=here / "portal",
        inbox=here / "inbox",
        retry_delay=0,
        timeout=0.5,
        lang="en",
        **told,
    )
    return settings, troubles


def find_mail(day: str, here: Path, stack: ExitStack) -> dict:
    """The settings of a mail server that takes nothing: it is down, or has a bad day."""
    port = free_port() if day == "down" else stack.enter_context(mail_server_on_a_bad_day(day, here))
    return {"mail_server": f"smtp://127.0.0.1:{port}", "mail_tls": day not in PLAIN}


def serve_badly(httpserver, path: str, kind: str) -> str:
    """The address of an extract that cannot be had, or can: `good`."""
    if kind == "down":
        return f"http://127.0.0.1:{free_port()}{path}"

    def answer(_request) -> Response:
        if kind in ("403", "404", "500"):
            return Response("<h1>no</h1>", status=int(kind))
        if kind == "slow":
            time.sleep(1.5)
        if kind in WRONG:
            return Response(WRONG[kind])  # and a status that says that all is well
        if kind == "cut":
            return Response(ROWS, headers={"Content-Length": str(len(ROWS) + 1000)})
        if kind in ("loop", "away"):
            where = path if kind == "loop" else "ftp://example.org/x.csv"
            return Response(status=302, headers={"Location": where})
        return Response(ROWS, content_type="text/csv")

    httpserver.expect_request(path).respond_with_handler(answer)
    return httpserver.url_for(path)


def find_ckan(httpserver, path: str, kind: str) -> str:
    """The address of a CKAN that is down, that refuses the token or is too slow, or whose proxy shows a page,
    of an error or of what it takes for well."""
    if kind == "down":
        return f"http://127.0.0.1:{free_port()}"
    refusal = {"success": False, "error": {"__type": "Authorization Error", "message": "Access denied"}}

    def answer(_request) -> Response:
        if kind == "slow":
            time.sleep(1.5)
        if kind == "refuses":
            return Response(json.dumps(refusal), status=403, content_type="application/json")
        status = 502 if kind == "broken" else 200
        return Response("<html>Bad Gateway</html>", status=status, content_type="text/html")

    httpserver.expect_request(re.compile(re.escape(path) + "/.*")).respond_with_handler(answer)
    return httpserver.url_for(path)


@pytest.mark.parametrize("seed", range(NIGHTS))
def test_state_status_record_and_message_agree(tmp_path, api, httpserver, seed):
    with ExitStack() as stack:
        settings, troubles = make_trouble(tmp_path, random.Random(seed), httpserver, stack)
        run_id = f"run-{seed}"
        try:
            outcomes = flows.run_here(None, None, settings, lambda *_: None, run_id)
        except ArchiveError as error:
            outcomes = [Outcome("archive", "failed", str(error))]
        run = api.read_flow_runs(sort=prefect_sorting.FlowRunSort.START_TIME_DESC, limit=1)[0]
        assert run.state.is_failed() == bool(exit_status(outcomes)), troubles
        assert run.state.is_final()
        bad = {each.dataset: each for each in outcomes if each.outcome not in ("published", "unchanged")}
        for name in bad:
            assert name in run.state.message or bad[name].message == run.state.message
        assert all(each.message for each in bad.values())
        assert bool(bad) == bool(expected(troubles, bad)), (troubles, bad)
        archive = Archive.open(settings.archive)
        if "archive" not in bad:
            assert_recorded(archive, run_id, outcomes)
            assert_status_says(archive, settings, bad)
        if "portal" not in troubles | bad.keys():
            assert_pages_show(archive, settings)
        for name in ("good", "child", "far", "other"):
            released = bool(archive.history(name).releases)
            assert (
                released == any((o.dataset, o.outcome) == (name, "published") for o in outcomes)
                or "disk" in troubles
            )
        shown = [
            each for each in api.read_artifacts() if each.flow_run_id == run.id and each.key == "nightly"
        ]
        for artifact in shown:
            assert [(row["dataset"], row["outcome"]) for row in json.loads(artifact.data)] == [
                (each.dataset, each.outcome) for each in outcomes
            ]


def expected(troubles: set[str], bad: dict[str, Outcome]) -> set[str]:
    """The troubles that must show; a disk may have had room for all."""
    return troubles - ({"disk"} if not bad else set())


def assert_recorded(archive: Archive, run_id: str, outcomes: list[Outcome]) -> None:
    record = archive.run_log.read(run_id)
    assert (record.end, archive.run_log.alive(record)) == ("done", False)
    told = sorted((each["dataset"], each["outcome"], each["message"]) for each in record.outcomes)
    assert told == sorted((each.dataset, each.outcome, each.message) for each in outcomes)
    standings = archive.run_log.standings()
    for each in outcomes:
        assert (standings[each.dataset].outcome, standings[each.dataset].message) == (
            each.outcome,
            each.message,
        )


def assert_status_says(archive: Archive, settings: Settings, bad: dict[str, Outcome]) -> None:
    """What needs a person is what went wrong, with the same words and something to type; the night has
    counted what the run did."""
    status = describe_status(archive, load_datasets(settings.datasets), settings, settings.now)
    told = {need["dataset"]: (need["outcome"], need["message"]) for need in status["needs"]}
    assert told == {name: (each.outcome, each.message) for name, each in bad.items()}
    assert all(need["next"] and need["nights"] <= 1 for need in status["needs"])
    assert (status["running"], status["night"]["end"]) == ([], "done")
    assert sum(status["night"]["outcomes"][each.outcome] for each in bad.values()) >= len(bad)


def assert_pages_show(archive: Archive, settings: Settings) -> None:
    """The portal has a page for what is current in the archive, with its version, and for nothing else."""
    folder = settings.portal / "datasets"
    shown = {path.name for path in folder.iterdir() if path.is_dir()} if folder.exists() else set()
    current = {name: archive.history(name).current for name in ("good", "child", "far", "other")}
    assert shown == {name for name, entry in current.items() if entry}
    for name in shown:
        page = (folder / name / "index.html").read_text("utf-8")
        assert str(current[name].version) in page


def test_an_archive_that_became_read_only_is_told_and_nothing_is_lost(tmp_path, api):
    """The disk is mounted anew without the right to write, as after a fault of it."""
    declare(tmp_path / "datasets", "good", ROWS)
    place = tmp_path / "archive"
    settings = Settings(
        datasets=tmp_path / "datasets", archive=str(place), portal=tmp_path / "portal", lang="en"
    )
    with small_file_system(place, "8m"):
        flows.run_here(None, None, settings, lambda *_: None, "run-1")
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        with pytest.raises(ArchiveError) as found:
            flows.run_here(None, None, settings, lambda *_: None, "run-2")
        run = api.read_flow_runs(sort=prefect_sorting.FlowRunSort.START_TIME_DESC, limit=1)[0]
        assert (run.state.type, run.state.message) == ("FAILED", str(found.value))
        status = describe_status(
            Archive.open(str(place)), load_datasets(settings.datasets), settings, settings.now
        )
        assert status["night"]["outcomes"] == {"published": 1}
        assert [(need["dataset"], need["next"]) for need in status["needs"]] == [("archive", "vereda doctor")]
        assert [str(release.version) for release in Archive.open(str(place)).history("good").releases] == [
            "1.0.0"
        ]


def interruptions() -> list[tuple[signal.Signals, float]]:
    """How a run is ended from outside, and after which share of what it writes: many in the long target."""
    chance = random.Random(7)
    number = NIGHTS // 10 if "TEST_NIGHTS" in os.environ else 0
    return [(chance.choice((signal.SIGKILL, signal.SIGTERM)), chance.random()) for _each in range(number)]


def count_files(here: Path) -> int:
    return sum(len(files) for _folder, _folders, files in os.walk(here / "var"))


def declare_three(here: Path) -> None:
    for name in ("good", "second", "third"):
        declare(here / "datasets", name, ROWS)


def test_after_a_kill_what_is_told_is_what_is_there(tmp_path):
    """By what it has written, not by the clock: on a busy machine, too, runs are met in the middle."""
    planned, whole = interruptions(), 0
    if planned:
        declare_three(tmp_path / "whole")
        vereda_in("run", here=tmp_path / "whole")
        whole = count_files(tmp_path / "whole")
    for number, (stop, share) in enumerate(planned):
        here = tmp_path / str(number)
        declare_three(here)
        command = [sys.executable, "-m", "pipelines.cli", "run"]
        with subprocess.Popen(command, cwd=here, env=around(here), stdout=subprocess.DEVNULL) as run:
            while count_files(here) < share * whole and run.poll() is None:
                time.sleep(0.02)
            run.send_signal(stop)
        archive = Archive.open(here / "var/archive")
        for record in (archive.run_log.read(each) for each in archive.run_log.runs()):
            assert not archive.run_log.alive(record)
            if record.end != "done":
                assert night_needs(archive, here) == {None: "cut-off", "cancelled": "cancelled"}[record.end]
            for each in record.outcomes:
                assert each["outcome"] == "published"
                assert archive.history(each["dataset"]).releases
        again = vereda_in("run", here=here)
        assert again.returncode == 0, again.stdout + again.stderr
        assert {each.outcome for each in archive.run_log.standings().values()} <= {"published", "unchanged"}
        assert {name for name, _demo in archive.datasets()} == {"good", "second", "third"}


def night_needs(archive: Archive, here: Path) -> str:
    """How `vereda status` says that the last night ended, where it asks for a person because of that."""
    settings = Settings(datasets=here / "datasets", archive=str(archive.root), inbox=here / "inbox")
    status = describe_status(archive, [], settings, settings.now)
    assert [need["dataset"] for need in status["needs"]][:1] == ["night"]
    return status["night"]["end"]

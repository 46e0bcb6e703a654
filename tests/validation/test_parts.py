"""Parts of a file add up: however it is cut and in whatever grouping, the report is that of the whole;
threads or a cluster may do them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from pathlib import Path
from typing import Any

import frictionless
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.generate import descriptor, write
from tests.support.differential import cases, knobs, outcome, source_of
from tests.support.paths import ROOT
from validation.fast import parts
from validation.fast.blocks import BlockSource
from validation.fast.parts import ClusterError, connect_dask
from validation.fast.rows import Findings
from validation.fast.validate import validate
from validation.fast.witness import Witness


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(), stretch=st.sampled_from([7, 23, 60, 400]))
@pytest.mark.filterwarnings("ignore")
def test_a_file_cut_anywhere_has_one_report(
    case: dict[str, Any], stretch: int, work: Path, threads: ThreadPoolExecutor
) -> None:
    theirs = outcome(validate_whole, case, work)
    with pytest.MonkeyPatch.context() as patch, knobs(**case["knobs"]):
        patch.setattr(parts, "STRETCH", stretch)
        ours = outcome(lambda: validate(source_of(case, work), cluster=threads, **case["options"]))
    assert ours == theirs


def validate_whole(case: dict[str, Any], folder: Path) -> Any:
    with knobs(**case["knobs"]):
        return validate(source_of(case, folder), **case["options"])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(), seed=st.integers(0, 1 << 30))
@pytest.mark.filterwarnings("ignore")
def test_findings_add_up_in_any_grouping(case: dict[str, Any], seed: int, work: Path) -> None:
    chance = random.Random(seed)

    def grouped(found: list[Findings]) -> list[Findings]:
        """Neighbours added at random, until one is left or chance has enough."""
        while len(found) > 1 and chance.random() < 0.9:
            at = chance.randrange(len(found) - 1)
            found[at : at + 2] = [found[at].plus(found[at + 1])]
        return found

    theirs = outcome(validate_whole, case, work)
    one_by_one = Witness.__dict__["_in_order"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Witness, "_in_order", lambda self: iter(grouped(list(one_by_one(self)))))
        ours = outcome(validate_whole, {**case, "knobs": {**case["knobs"], "size": 40}}, work)
    assert without_hashes(ours) == without_hashes(
        theirs
    )  # where a limit stops the run, more or less was read


def without_hashes(found: Any) -> Any:
    for task in found["tasks"] if isinstance(found, dict) else []:
        for name in ("bytes", "md5", "sha256"):
            task["stats"].pop(name, None)
    return found


@given(text=st.text(alphabet='a,"\n', max_size=60), size=st.integers(1, 9), seed=st.integers(0, 1 << 30))
def test_surveys_add_up_to_that_of_the_whole(text: str, size: int, seed: int, work: Path) -> None:
    path, chance = work / "survey.csv", random.Random(seed)
    path.write_text(text)
    length = len(text)
    found = [
        parts.survey(str(path), start, min(start + size, length), length) for start in range(0, length, size)
    ]
    whole = parts.survey(str(path), 0, length, length)
    if found:
        assert reduce(parts.Survey.plus, found) == whole
        at = chance.randrange(len(found))
        assert reduce(parts.Survey.plus, [*found[:at], reduce(parts.Survey.plus, found[at:])]) == whole


# A real scheduler, and workers that are processes of their own.


class Cluster:
    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.folder, self.processes = folder, dict[str, subprocess.Popen[bytes]]()
        self.start(
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            self.address.rpartition(":")[2],
            "--no-dashboard",
            "--protocol",
            "tcp",
        )
        for number in range(workers):
            self.worker(str(number))
        for _second in range(120):
            with contextlib.suppress(ClusterError), connect_dask(self.address) as found:
                found.client.wait_for_workers(workers, timeout=60)
                return
            time.sleep(1)

    def worker(self, name: str) -> None:
        local = str(self.folder / name)
        once = [
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--name",
            name,
            "--host",
            "127.0.0.1",
            "--local-directory",
            local,
        ]
        self.start("worker", self.address, *once, name=name)

    def start(self, *words: str, name: str = "scheduler") -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self.folder / f"{name}.log").open("wb") as log:
            command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
            self.processes[name] = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=log, stderr=log
            )

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"), 2)
    try:
        yield made
    finally:
        made.stop()


def table(folder: Path, rows: int, bad: float) -> Path:
    path = write(folder / "t.csv", rows, bad)
    target = folder / "t.resource.json"
    target.write_text(json.dumps(descriptor(path)), encoding="utf-8")
    return target


def check(*words: str, status: int) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "check", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "VEREDA_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if status < 2 else done.stderr


def plain(report: Any) -> Any:
    return outcome(lambda: frictionless.Report.from_descriptor(report))


def test_two_workers_report_what_one_machine_reports(cluster: Cluster, tmp_path: Path) -> None:
    target = str(table(tmp_path, 20_000, 0.01))
    local = json.loads(check("--descriptor", target, "--json", status=1))
    spread = json.loads(check("--descriptor", target, "--dask", cluster.address, "--json", status=1))
    assert plain(spread) == plain(local)
    assert spread["stats"]["errors"] >= 200


def test_what_a_worker_leaves_undone_another_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = table(tmp_path, 60_000, 0.001)
    monkeypatch.setattr(parts, "STRETCH", 1 << 18)
    alone = outcome(validate, str(target))
    made = Cluster(tmp_path, 2)
    with contextlib.ExitStack() as after:
        after.callback(made.stop)
        with connect_dask(made.address) as workers:
            submit, count = workers.submit, []

            def submit_and_kill(*args: Any) -> Any:
                count.append(args[0])
                if count.count(parts.examine_part) == 8:
                    made.processes["0"].send_signal(signal.SIGKILL)
                return submit(*args)

            monkeypatch.setattr(workers, "submit", submit_and_kill)
            assert outcome(validate, str(target), cluster=workers) == alone
        assert made.processes["0"].wait() == -signal.SIGKILL
        assert count.count(parts.examine_part) > 8


def test_a_worker_that_does_not_see_the_file_is_told_of(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = table(tmp_path, 5000, 0)
    elsewhere = Path("/proc/self/cwd") / "t.csv"  # a name that each process reads as its own
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        BlockSource, "path", property(lambda _self: elsewhere, lambda _self, _path: None), raising=False
    )
    with (
        connect_dask(cluster.address) as workers,
        pytest.raises(ClusterError, match="no ve /proc/self/cwd/t"),
    ):
        validate(str(target.name), cluster=workers)


def test_a_scheduler_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    target = str(table(tmp_path, 10, 0))
    assert "tcp://127.0.0.1:1" in check("--descriptor", target, "--dask", "tcp://127.0.0.1:1", status=3)
    assert "--descriptor" in check("obras", "--dask", "tcp://127.0.0.1:1", status=2)

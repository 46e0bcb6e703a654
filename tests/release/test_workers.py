"""A large table is shared among the workers of a Dask scheduler: the release is the one that the run alone
would have made, byte for byte, whoever dies on the way."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dask import start_cluster
from benchmarks.road import ID, declare
from catalog.archive.archive import Archive
from pipelines import workers as sharing
from pipelines.dataset.dataset import load_dataset
from pipelines.read import parts, read
from pipelines.release import beside, evaluate
from pipelines.release.outcome import Outcome, exit_status
from pipelines.release.run import Run
from pipelines.settings import DEFAULT_LIMITS
from pipelines.workers import Workers, connect_workers
from tests.support.paths import ROOT
from validation.fast import blocks, cells
from validation.fast.parts import ClusterError

ROWS = 8_000


@pytest.fixture
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 160 KiB, and everything that is apart of the run in this process, where they are so small."""

    def call_here(function: Callable[..., Any], *arguments: Any, **_bounds: Any) -> Any:
        return function(*arguments)

    for module in (read, evaluate, beside):
        monkeypatch.setattr(module, "call_apart", call_here)
    for module in (sharing, parts):
        monkeypatch.setattr(module, "PART", 5 << 15)
    monkeypatch.setattr(blocks, "SIZE", 1 << 15)
    monkeypatch.setattr(cells, "BLOCKS", 3)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with a share of bad rows, which are held back."""
    folder = tmp_path_factory.mktemp("workers")
    declare(folder, ROWS, bad=0.001)
    return folder


def release(city: Path, archive: Path, address: str = "") -> tuple[Outcome, dict[str, Any]]:
    """A run, and what the log then has: of no entry nothing."""
    dataset = load_dataset(city / "datasets" / ID)
    limits = replace(DEFAULT_LIMITS, dask=address)
    (outcome,) = Run(
        dataset,
        Archive.open(archive),
        lambda: datetime(2026, 11, 2, tzinfo=UTC),
        run_id="night",
        limits=limits,
    ).execute()
    logs = [json.loads(log.read_text()) for log in archive.glob(f"**/{ID}/log/*.json")]
    return outcome, logs[0] if logs else {}


def as_without(outcome: Outcome) -> Outcome:
    """The outcome, but for how it came about."""
    return replace(outcome, shared={}, seconds=0)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, act: Callable[[str, int], None]) -> Iterator[None]:
    """Tells `act` of each part that is given away: what is done with it, and the how manieth it is."""
    submit = Workers.submit

    def submit_and_act(self: Workers, function: Callable[..., Any], /, *arguments: Any) -> Any:
        found = submit(self, function, *arguments)
        act(function.__name__, self.done[function.__name__])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Workers, "submit", submit_and_act)
        yield


@pytest.mark.usefixtures("_small_parts")
def test_two_workers_make_the_same_release_and_one_may_die(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, entry = release(city, tmp_path / "alone")
    assert alone.outcome == "quarantined"
    assert alone.shared == {}

    with start_cluster(tmp_path / "cluster", 2) as cluster:
        outcome, spread = release(city, tmp_path / "spread", cluster.address)
        assert spread == entry, "the log names all files by their hashes"
        assert as_without(outcome) == as_without(alone)
        assert outcome.to_json()["shared"]["whole"] == []
        assert min(outcome.shared["parts"][name] for name in ("read", "check", "search")) > 4

        def kill_a_worker(function: str, count: int) -> None:
            if (function, count) == ("examine_cells", 3):
                cluster.workers[0].send_signal(signal.SIGKILL)

        with counted(monkeypatch, kill_a_worker):
            outcome, spread = release(city, tmp_path / "killed", cluster.address)
        assert cluster.workers[0].wait() == -signal.SIGKILL
        assert spread == entry
        assert as_without(outcome) == as_without(alone)

        def kill_the_scheduler(function: str, count: int) -> None:
            if (function, count) == ("examine_cells", 3):
                cluster.scheduler.send_signal(signal.SIGKILL)

        with counted(monkeypatch, kill_the_scheduler):
            outcome, spread = release(city, tmp_path / "lost", cluster.address)
        assert outcome.outcome == "failed"
        assert exit_status([outcome]) == 3
        assert cluster.address in outcome.message
        assert spread == {}, "nothing was committed"


def test_a_worker_that_is_another_vereda_is_refused(tmp_path: Path, english: None) -> None:
    other = tmp_path / "other"
    for package in ("pipelines", "validation", "catalog", "isolation", "messages"):
        shutil.copytree(ROOT / package, other / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "pipelines" / "tools.py").open("a") as file:
        file.write("# another one\n")

    with start_cluster(tmp_path / "cluster", 0) as cluster:
        cluster.workers.append(cluster.add_worker("other", other))
        refused = pytest.raises(ClusterError, match=r"a worker has vereda .*; give all workers the same")
        with refused, connect_workers(cluster.address, tmp_path):
            raise AssertionError("it should have been refused")


def test_what_is_small_is_nobody_elses_work(city: Path, tmp_path: Path) -> None:
    """Not even a scheduler is asked for."""
    outcome, _entry = release(city, tmp_path / "archive", "tcp://127.0.0.1:1")
    assert outcome.outcome == "quarantined"
    assert outcome.shared == {}


def test_without_dask_it_says_what_to_type(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, english: None
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match="pip install distributed"), connect_workers("tcp://a:1", tmp_path):
        raise AssertionError("there is no Dask")

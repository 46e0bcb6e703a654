"""How much sooner is a run of a large table done by two Dask workers of one thread than by one? A whole
`vereda run`, from the raw file to the portal, with one worker, with two, and without Dask, whose bytes are
the measure. `python -m benchmarks.dask [ROWS] [RUNS]`"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.road import ID, declare

HERE = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, of processors in the run itself, and in its workers."""

    clock: float
    run: float
    workers: float


class LocalCluster:
    """A scheduler and workers of one thread, each a process of its own."""

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder, self.address = folder, f"tcp://127.0.0.1:{port}"
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", str(port))
        self.workers = [self.add_worker(f"worker-{number}") for number in range(workers)]

    def add_worker(self, name: str, program: Path = HERE) -> subprocess.Popen[bytes]:
        """A worker that has the modules of a program."""
        local = str(self.folder / name)
        words = ["--nthreads", "1", "--no-nanny", "--name", name, "--host", "127.0.0.1"]
        return self.start("worker", self.address, *words, "--local-directory", local, program=program)

    def start(self, kind: str, *words: str, program: Path = HERE) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words, "--no-dashboard"]
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env={**os.environ, "PYTHONPATH": str(program)},
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def processor(self) -> float:
        """The seconds of processors that the workers took so far."""
        fields = (
            Path(f"/proc/{each.pid}/stat").read_text().rpartition(")")[2].split() for each in self.workers
        )
        return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.send_signal(signal.SIGKILL)
            process.wait()


@contextmanager
def start_cluster(folder: Path, workers: int) -> Iterator[LocalCluster]:
    """Waits until all workers are there."""
    from distributed import Client

    folder.mkdir(parents=True, exist_ok=True)
    cluster = LocalCluster(folder, workers)
    try:
        with Client(cluster.address, timeout=60) as client:
            client.wait_for_workers(workers, timeout=60) if workers else None
        yield cluster
    finally:
        cluster.stop()


def run(folder: Path, workers: int) -> tuple[Took, dict[str, str]]:
    """One whole run into an empty archive and portal; 0: without Dask. Gives what it took, and the hashes
    of the files."""
    for name in ("archive", "portal"):
        shutil.rmtree(folder / name, ignore_errors=True)
    if not workers:
        return _run_once(folder, None)
    with start_cluster(folder / "cluster", workers) as cluster:
        return _run_once(folder, cluster)


def _run_once(folder: Path, cluster: LocalCluster | None) -> tuple[Took, dict[str, str]]:
    settings = {f"VEREDA_{name}": str(folder / name.lower()) for name in ("DATASETS", "ARCHIVE", "PORTAL")}
    words = [sys.executable, "-m", "pipelines.cli", "run", ID, "--json"]
    words += ["--dask", cluster.address] if cluster else []
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    theirs = cluster.processor() if cluster else 0.0
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **settings}, check=False)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    workers = cluster.processor() - theirs if cluster else 0.0
    assert done.returncode == 0, done.stderr[-2_000:] + done.stdout[-2_000:]
    mine = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    (outcome,) = json.loads(done.stdout)["outcomes"]
    if cluster:
        assert outcome["shared"]["parts"], outcome
    return Took(clock, mine, workers), read_entry(folder)


def read_entry(folder: Path) -> dict[str, str]:
    """The hashes of the files of the release, but for the one that says when it was made."""
    (log,) = folder.glob(f"archive/**/{ID}/log/00000001.json")
    files = json.loads(log.read_text())["files"]
    return {name: each["sha256"] for name, each in files.items() if name != "datapackage.json"}


def describe(name: str, took: Sequence[Took]) -> str:
    clock, mine, theirs = (
        statistics.median(getattr(each, part) for each in took) for part in ("clock", "run", "workers")
    )
    spent = f"of processors {mine:8.1f} s in the run, {theirs:8.1f} s in workers"
    return f"{name:<14} {clock:8.1f} s by the clock; {spent}"


def measure(rows: int, runs: int) -> None:
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        declare(folder, rows)
        took: dict[int, list[Took]] = {0: [], 1: [], 2: []}
        entries = []
        for _run in range(runs):
            for workers, each in took.items():
                found, entry = run(folder, workers)
                each.append(found)
                entries.append(entry)
        same = "the same" if all(each == entries[0] for each in entries) else "OTHERS"
        print(f"{rows:,} rows, {runs} alternating runs of `vereda run`; the tables are {same}")
        for workers, name in ((0, "without Dask"), (1, "one worker"), (2, "two workers")):
            print(describe(name, took[workers]))
        one, two = (statistics.median(each.clock for each in took[n]) for n in (1, 2))
        print(f"one worker / two workers, by the clock: {one / two:.2f}×   must: ≥ 1.4×")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word]
    measure(*(numbers or [1_000_000]), *([1] if len(numbers) < 2 else []))

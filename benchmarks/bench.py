"""How fast is validation? Ratios of medians of alternating runs on one machine, printed as a table."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import frictionless
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.generate import SCHEMA, descriptor, write
from benchmarks.others import others
from catalog.archive.published import pack_csv, pack_parquet
from validation.fast.parts import connect_dask
from validation.fast.validate import validate, validate_typed
from validation.table import ROW

RUNS = 3


def alternate(*ways: Callable[[], Any], runs: int = RUNS) -> list[float]:
    """The median seconds of each way; the ways take turns, so that what else the machine does meets all of
    them."""
    times: list[list[float]] = [[] for _way in ways]
    for _run in range(runs):
        for way, seconds in zip(ways, times, strict=True):
            start = time.perf_counter()
            way()
            seconds.append(time.perf_counter() - start)
    return [statistics.median(seconds) for seconds in times]


def table(folder: Path, name: str, rows: int, bad: float = 0.0) -> str:
    path = write(folder / f"{name}.csv", rows, bad)
    target = folder / f"{name}.resource.json"
    target.write_text(json.dumps(descriptor(path)), encoding="utf-8")
    return target.name


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        os.chdir(folder)
        clean, some, many = (
            table(folder, name, rows, bad) for name, bad in (("clean", 0.0), ("some", 0.001), ("many", 0.1))
        )
        small = table(folder, "small", 1000)
        print(
            f"{rows:,} rows, {RUNS} alternating runs; Python {platform.python_version()}, {os.cpu_count()} "
            f"processors, {platform.machine()}"
        )
        print(against_frictionless(clean), flush=True)
        print(against_arrow(clean), flush=True)
        print(a_few_bad(clean, some), flush=True)
        print(*many_bad(many), sep="\n", flush=True)
        print(command(small), flush=True)
        print(memory(clean), flush=True)
        print(two_workers(clean), flush=True)
        for words, seconds in others(clean.replace(".resource.json", ".csv")):
            print(f"for orientation: {seconds:7.2f} s   {words}", flush=True)


def two_workers(clean: str) -> str:
    """Each cluster has workers of one thread, processes of their own; the file is read once before, so that
    both meet it in memory."""
    from distributed import LocalCluster

    def seconds(workers: int) -> float:
        with (
            LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
            ) as cluster,
            connect_dask(cluster.scheduler_address) as found,
        ):
            found.client.wait_for_workers(workers, timeout=120)
            found.client.run(validate, small)  # imports
            start = time.perf_counter()
            assert validate(clean, cluster=found).valid
            return time.perf_counter() - start

    small = "small.resource.json"
    one, two = (
        statistics.median(times)
        for times in zip(*((seconds(1), seconds(2)) for _run in range(RUNS)), strict=True)
    )
    return line("Dask: one worker / two workers, one thread each", one / two, two, one, "≥ 1.6×")


def line(measure: str, ratio: float, ours: float, other: float, wanted: str) -> str:
    return f"{measure:<62} {ratio:6.2f}×   {ours:7.2f} s against {other:7.2f} s   must: {wanted}"


def against_frictionless(clean: str) -> str:
    reports: dict[str, Any] = {}
    ours, theirs = alternate(
        lambda: reports.update(ours=validate(clean)),
        lambda: reports.update(theirs=frictionless.validate(clean)),
    )
    assert same(reports["ours"], reports["theirs"])
    return line("clean: frictionless / validate", theirs / ours, ours, theirs, "≥ 70×, aim 100×")


def against_arrow(clean: str) -> str:
    def packed() -> None:
        tables, report = validate_typed(frictionless.Resource(clean))
        assert report.valid
        rows = tables["reclamos"].drop_columns([ROW])
        with ThreadPoolExecutor(2) as pool:  # side by side, as a release is written
            writing = [
                pool.submit(pack_csv, rows, "", Path("ours.csv")),
                pool.submit(pack_parquet, rows, SCHEMA, {}, Path("ours.parquet")),
            ]
            for each in writing:
                each.result()

    def bare() -> None:
        rows = pyarrow.csv.read_csv(clean.replace(".resource.json", ".csv"))
        pq.write_table(rows, "bare.parquet", compression="zstd")
        pyarrow.csv.write_csv(rows, "bare.csv")

    ours, theirs = alternate(packed, bare)
    return line(
        "clean: validate + CSV + Parquet / bare pyarrow", ours / theirs, ours, theirs, "≤ 1.8×, aim 1.4×"
    )


def a_few_bad(clean: str, some: str) -> str:
    bad, good = alternate(lambda: validate(some), lambda: validate(clean))
    return line("0.1 % of rows bad / clean", bad / good, bad, good, "≤ 1.3×, aim 1.15×")


def many_bad(many: str) -> list[str]:
    lines = []
    for limit, words in ((1000, "limit of 1,000"), (0, "no limit")):
        reports: dict[str, Any] = {}
        ours, theirs = alternate(
            lambda limit=limit, reports=reports: reports.update(ours=validate(many, limit_errors=limit)),
            lambda limit=limit, reports=reports: reports.update(
                theirs=frictionless.validate(many, limit_errors=limit)
            ),
            runs=RUNS if limit else 1,
        )
        assert same(reports["ours"], reports["theirs"])
        lines.append(
            line(f"10 % of rows bad, {words}: frictionless / validate", theirs / ours, ours, theirs, "≥ 1×")
        )
    return lines


def command(small: str) -> str:
    bin_ = Path(sys.executable).parent
    vereda, theirs = (
        lambda: subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "check", "--descriptor", small],
            check=True,
            capture_output=True,
        ),
        lambda: subprocess.run([bin_ / "frictionless", "validate", small], check=True, capture_output=True),
    )
    ours, other = alternate(vereda, theirs, runs=5)
    return line("1,000 rows, whole process: vereda check / frictionless", ours / other, ours, other, "≤ 1.2×")


def memory(clean: str) -> str:
    """The most memory that a process of its own took, above what it took before."""
    program = f"""
from validation import validate
import frictionless
def peak():  # of this program alone; getrusage would tell of the one that started it, too
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
idle = peak()
assert validate({clean!r}).valid
print((peak() - idle) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return f"peak memory of validating the clean table, above an idle process: {done.stdout.strip()} MiB"


def same(ours: Any, theirs: Any) -> bool:
    """Whether two reports say the same, but for seconds, bytes and hashes."""
    told = [report.to_descriptor() for report in (ours, theirs)]
    for found in told:
        for part in (found, *found["tasks"]):
            part["stats"] = {
                name: value
                for name, value in part["stats"].items()
                if name in ("tasks", "errors", "warnings", "fields", "rows")
            }
    return bool(told[0] == told[1])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else 1_000_000)

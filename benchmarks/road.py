"""How long is the way from a raw file to a release? `vereda check` and a release, against what bare pyarrow
takes to read the file and to write it as CSV and Parquet. `python -m benchmarks.road [ROWS]`"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq
import yaml

from benchmarks.generate import SCHEMA, write

RUNS = 3
ID = "reclamos"
CHANGED = 1000
DECLARATION: dict[str, Any] = {
    "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
    "name": ID,
    "title": "Reclamos inventados",
    "description": "Filas inventadas para medir",
    "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
    "pipeline": {"publisher": {"id": "area", "name": "Área"}, "accrualPeriodicity": "R/P1M", "demo": True},
    "resources": [
        {
            "name": ID,
            "path": f"{ID}.csv",
            "schema": SCHEMA,
            "pipeline": {
                "source": {"kind": "file", "path": "source/datos.csv"},
                "quarantine": {"maxShare": 0.01},
                "personalData": {"domicilio": {"publicBecause": "direcciones inventadas"}},
            },
        }
    ],
}


def declare(folder: Path, rows: int, bad: float = 0.0) -> Path:
    """A city of one dataset in `folder`; gives its extract."""
    extract = folder / "datasets" / ID / "source" / "datos.csv"
    extract.parent.mkdir(parents=True)
    (extract.parents[1] / "datapackage.yaml").write_text(yaml.safe_dump(DECLARATION, sort_keys=False))
    return write(extract, rows, bad)


def release(folder: Path) -> dict[str, Any]:
    """One release of the dataset, in this process: its outcome, its seconds by the clock and of processors,
    the most memory in MiB."""
    from catalog.archive.archive import Archive
    from pipelines.dataset.dataset import load_dataset
    from pipelines.release.run import Run

    def peak() -> int:
        status = Path("/proc/self/status").read_text()
        return next(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmHWM")) // 1024

    dataset, idle = load_dataset(folder / "datasets" / ID), peak()
    start, used = time.perf_counter(), time.process_time()
    archive = Archive.open(folder / "archive")
    (outcome,) = Run(dataset, archive, lambda: datetime.now(UTC), run_id="bench").execute()
    return {
        "outcome": outcome.outcome,
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - used,
        "memory": peak() - idle,
    }


def release_apart(folder: Path, outcome: str, *, anew: bool = True) -> dict[str, Any]:
    """A release in a process of its own, the first one where it is to be made `anew`."""
    if anew:
        shutil.rmtree(folder / "archive", ignore_errors=True)
    words = [sys.executable, "-m", "benchmarks.road", "release", str(folder)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert answer["outcome"] == outcome, answer
    return answer


def check(folder: Path) -> float:
    """The seconds of `vereda check`, the whole process."""
    words = [sys.executable, "-m", "pipelines.cli", "check", ID, "--json"]
    settings = {f"VEREDA_{name}": str(folder / name.lower()) for name in ("DATASETS", "ARCHIVE", "PORTAL")}
    start = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True, env={**os.environ, **settings})
    return time.perf_counter() - start


def bare(extract: Path, into: Path) -> float:
    start = time.perf_counter()
    rows = pyarrow.csv.read_csv(extract)
    pq.write_table(rows, into / "bare.parquet", compression="zstd")
    pyarrow.csv.write_csv(rows, into / "bare.csv")
    return time.perf_counter() - start


def change(extract: Path) -> None:
    """Another amount in CHANGED rows, spread evenly."""
    rows = extract.read_text().splitlines(keepends=True)
    step = max(1, (len(rows) - 1) // CHANGED)
    for place in range(1, len(rows), step):
        cells = rows[place].rsplit(",", 3)
        rows[place] = ",".join([cells[0], f"{float(cells[1]) + 1:.2f}", *cells[2:]])
    extract.write_text("".join(rows))


def measure(rows: int) -> None:
    with tempfile.TemporaryDirectory() as there:
        clean, some, apart = (Path(there) / name for name in ("clean", "some", "apart"))
        apart.mkdir()
        extract = declare(clean, rows)
        declare(some, rows, bad=0.001)
        taken: dict[str, list[float]] = {}
        memory, processor = [], []
        for _run in range(RUNS):
            took: dict[str, Callable[[], Any]] = {
                "bare": lambda: bare(extract, apart),
                "check": lambda: check(clean),
                "some": lambda: release_apart(some, "quarantined"),
                "first": lambda: release_apart(clean, "published"),
            }
            for name, measured in took.items():
                answer = measured()
                taken.setdefault(name, []).append(answer if isinstance(answer, float) else answer["seconds"])
                if name == "first":
                    memory.append(answer["memory"])
                    processor.append(answer["processor"])
        for _run in range(RUNS):
            change(extract)
            taken.setdefault("second", []).append(release_apart(clean, "published", anew=False)["seconds"])
        median = {name: statistics.median(seconds) for name, seconds in taken.items()}
        size = extract.stat().st_size / 1e6
        print(f"{rows:,} rows, {size:.0f} MB, {RUNS} alternating runs")
        print(line("vereda check, whole process / bare pyarrow", median["check"], median["bare"], "≤ 6×"))
        print(line("a release / bare pyarrow", median["first"], median["bare"], "≤ 6×"))
        print(line("0.1 % of rows bad, in quarantine / clean", median["some"], median["first"], "≤ 1.5×"))
        print(
            line(f"second version, {CHANGED} rows changed / first", median["second"], median["first"], "≤ 1×")
        )
        print(f"a release: {statistics.median(processor):.1f} s of processor, {max(memory)} MiB above idle")


def line(measure: str, ours: float, other: float, wanted: str) -> str:
    return f"{measure:<62} {ours / other:6.2f}×   {ours:7.2f} s against {other:7.2f} s   must: {wanted}"


def main(words: Sequence[str]) -> None:
    if words[:1] == ["release"]:
        print(json.dumps(release(Path(words[1]))))
    else:
        measure(int(words[0]) if words and words[0] else 1_000_000)


if __name__ == "__main__":
    main(sys.argv[1:])

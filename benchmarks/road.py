"""How long is the way from a raw file to a release? `vereda check` and a release, against what bare pyarrow
takes to read the file and to write it as CSV and Parquet; then what else users wait for: comparing two files,
a month onto years of them, workbooks. `python -m benchmarks.road [ROWS]`"""

from __future__ import annotations

import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq
import yaml
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from python_calamine import CalamineWorkbook

from benchmarks.generate import SCHEMA, write

RUNS = 3
VEREDA = [sys.executable, "-m", "pipelines.cli"]
ID = "reclamos"
CHANGED = 1000
MONTHS = 50
GROWTH = 3
"""How many times as many rows the larger table has whose memory is measured."""
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


def declare(folder: Path, rows: int, bad: float = 0.0, key: Sequence[str] = ("id",), **pipeline: Any) -> Path:
    """A city of one dataset in `folder`, with more keys of its resource's `pipeline`; gives its extract."""
    extract = folder / "datasets" / ID / "source" / "datos.csv"
    extract.parent.mkdir(parents=True)
    (resource,) = DECLARATION["resources"]
    own = {**resource, "schema": {**SCHEMA, "primaryKey": list(key)}}
    own["pipeline"] = {**resource["pipeline"], **pipeline}
    declared = yaml.safe_dump({**DECLARATION, "resources": [own]}, sort_keys=False)
    (extract.parents[1] / "datapackage.yaml").write_text(declared)
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


def check(folder: Path, status: int = 0) -> float:
    """The seconds of `vereda check`, the whole process."""
    return run_command(["check", ID, "--json"], folder, status)


def run_command(words: Sequence[str], folder: Path, status: int = 0) -> float:
    """The seconds of a command of `vereda`, the whole process, in the city of a folder."""
    environment = {**os.environ, **settings_of(folder)}
    start = time.perf_counter()
    done = subprocess.run([*VEREDA, *words], capture_output=True, env=environment, check=False)
    taken = time.perf_counter() - start
    assert done.returncode == status, done.stderr.decode()[-2_000:]
    return taken


def settings_of(folder: Path) -> dict[str, str]:
    """What makes of a folder a city."""
    return {f"VEREDA_{name}": str(folder / name.lower()) for name in ("DATASETS", "ARCHIVE", "PORTAL")}


def bare(extract: Path, into: Path) -> float:
    start = time.perf_counter()
    rows = pyarrow.csv.read_csv(extract)
    pq.write_table(rows, into / "bare.parquet", compression="zstd")
    pyarrow.csv.write_csv(rows, into / "bare.csv")
    return time.perf_counter() - start


def change(extract: Path, place: int = 3) -> None:
    """Another amount in CHANGED rows, spread evenly; it is the column at this place from the last."""
    rows = extract.read_text().splitlines(keepends=True)
    step = max(1, (len(rows) - 1) // CHANGED)
    for number in range(1, len(rows), step):
        cells = rows[number].rstrip("\n").rsplit(",", place)
        rows[number] = ",".join([cells[0], f"{float(cells[1]) + 1:.2f}", *cells[2:]]) + "\n"
    extract.write_text("".join(rows))


def measure(rows: int) -> None:
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        print(f"{rows:,} rows, {RUNS} alternating runs")
        memory = measure_release(rows, folder / "release")
        measure_memory(rows, folder / "memory", memory)
        measure_diff(rows, folder / "diff")
        measure_by_period(rows // 10, folder / "period")
        measure_workbooks(rows // 5, folder / "workbooks")
        measure_commands(folder / "commands")
    print("memory of 10 M rows: python -m benchmarks.memory 10000000   must: ≤ 1.5 GiB, aim 700 MiB")
    print("an unchanged dataset in a night: python -m benchmarks.night   must: ≤ 30 ms, aim 10 ms")


def measure_release(rows: int, folder: Path) -> int:
    """`check` and releases against bare pyarrow; gives the most memory of a first release, in MiB."""
    clean, some, apart = (folder / name for name in ("clean", "some", "apart"))
    apart.mkdir(parents=True)
    extract = declare(clean, rows)
    declare(some, rows, bad=0.001)
    took = alternate(
        {
            "bare": lambda: bare(extract, apart),
            "check": lambda: check(clean),
            "check some": lambda: check(some, status=1),
            "some": lambda: release_apart(some, "quarantined"),
            "first": lambda: release_apart(clean, "published"),
        }
    )
    for _run in range(RUNS):
        change(extract)
        took.setdefault("second", []).append(release_apart(clean, "published", anew=False))
    median = {name: statistics.median(map(seconds_of, answers)) for name, answers in took.items()}
    processor = statistics.median(answer["processor"] for answer in took["first"])
    memory = max(int(answer["memory"]) for answer in took["first"])
    print(line("vereda check, whole process / bare pyarrow", median["check"], median["bare"], "≤ 6×, aim 3×"))
    print(line("a release / bare pyarrow", median["first"], median["bare"], "≤ 6×, aim 3×"))
    print(
        line("0.1 % of rows bad, in quarantine / clean", median["some"], median["first"], "≤ 1.5×, aim 1.2×")
    )
    print(line("the same, vereda check / clean", median["check some"], median["check"], "≤ 1.5×, aim 1.2×"))
    print(
        line(
            f"second version, {CHANGED} rows changed / first",
            median["second"],
            median["first"],
            "≤ 1×, aim 0.5×",
        )
    )
    print(
        f"a release: {processor:.1f} s of processor beside what reads and searches, {memory} MiB above idle"
    )
    shutil.rmtree(folder)
    return memory


def measure_memory(rows: int, folder: Path, memory: int) -> None:
    """How memory grows with the table: `memory` is what a release of so many rows took."""
    declare(folder, GROWTH * rows)
    more = release_apart(folder, "published")["memory"]
    print(f"memory: {memory} MiB above idle for {rows:,} rows, {more} MiB for {GROWTH * rows:,}")
    shutil.rmtree(folder)


def measure_diff(rows: int, folder: Path) -> None:
    """`vereda diff` of two files of 9 columns, 1,000 rows of the second being other ones."""
    folder.mkdir()
    before, after = folder / "a.csv", folder / "b.csv"
    whole = pyarrow.csv.read_csv(write(folder / "whole.csv", rows))
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    pyarrow.csv.write_csv(whole.select(range(9)), before, options)
    shutil.copyfile(before, after)
    change(after, place=1)
    words = ["diff", str(before), str(after), "--key", "id", "--to", str(folder / "d.parquet"), "--json"]
    seconds = [run_command(words, folder) for _run in range(RUNS)]
    print(f"vereda diff, {rows:,} × 9, by key: {statistics.median(seconds):.2f} s   must: ≤ 3 s, aim 1 s")
    shutil.rmtree(folder)


def measure_by_period(rows: int, folder: Path) -> None:
    """A month of so many rows: onto the fifty months before it, and alone."""
    by_period = {"extract": {"mode": "by-period", "field": "fecha"}, "key": ["codigo"]}
    month, alone, kept = (folder / name for name in ("month", "alone", "kept"))
    extract = declare(month, MONTHS * rows, **by_period)
    spread_over_months(extract, range(MONTHS))
    release_apart(month, "published")
    (month / "archive").rename(kept)
    for there in (extract, declare(alone, rows, **by_period)):
        write(there, rows, seed=2)
        spread_over_months(there, range(MONTHS, MONTHS + 1))

    def again() -> dict[str, Any]:
        shutil.rmtree(month / "archive", ignore_errors=True)
        shutil.copytree(kept, month / "archive")
        return release_apart(month, "published", anew=False)

    took = alternate({"month": again, "alone": lambda: release_apart(alone, "published")})
    median = {name: statistics.median(map(seconds_of, answers)) for name, answers in took.items()}
    told = f"a month of {rows:,} rows onto {MONTHS * rows:,} / alone"
    print(line(told, median["month"], median["alone"], "≤ 4×, aim 2×"))
    memory = max(int(answer["memory"]) for answer in took["month"])
    print(f"the month: {memory} MiB above idle")
    shutil.rmtree(folder)


def spread_over_months(extract: Path, months: range) -> None:
    """The rows in turns on these months, counted from November 2021, with codes that say which."""
    lines = extract.read_text().splitlines(keepends=True)
    for place in range(1, len(lines)):
        month = months[place % len(months)]
        number, _code, _day, rest = lines[place].split(",", 3)
        day = f"{2021 + (month + 10) // 12}-{(month + 10) % 12 + 1:02d}-{place % 28 + 1:02d}"
        code = f"{'BM'[month == MONTHS]}A-{place:08d}"
        lines[place] = f"{number},{code},{day},{rest}"
    extract.write_text("".join(lines))


def measure_workbooks(rows: int, folder: Path) -> None:
    """Reading an XLSX, in the process that is for it, against calamine alone: with General formats only, and
    with formats that say what a cell means."""
    for told, formatted, must in (
        ("General", False, "≤ 2×, aim 1.3×"),
        ("formats that matter", True, "≤ 4×, aim 2×"),
    ):
        path = write_workbook(folder / f"{formatted}", rows, formatted)
        took = alternate({name: partial(read_apart, name, path) for name in ("read", "calamine")})
        read, other = (statistics.median(took[name]) for name in ("read", "calamine"))
        print(line(f"XLSX of {rows:,} rows, {told} / calamine", read, other, must))
        shutil.rmtree(path.parents[1])


def measure_commands(folder: Path) -> None:
    """What people wait for who ask something small: `--help`, the list of 20 datasets, a check of a small
    file, the whole process."""
    declare(folder, 1_000)
    first = folder / "datasets" / ID
    for number in range(2, 21):
        other = first.with_name(f"{ID}-{number}")
        shutil.copytree(first, other)
        declared = yaml.safe_load((other / "datapackage.yaml").read_text())
        (other / "datapackage.yaml").write_text(yaml.safe_dump({**declared, "name": other.name}))
    asked = (
        ("--help", ["--help"], 0.4),
        ("list", ["list"], 0.8),
        ("check of 1,000 rows", ["check", ID], 1.5),
    )
    took = alternate({told: partial(run_command, words, folder) for told, words, _must in asked})
    for told, _words, must in asked:
        seconds = statistics.median(took[told])
        print(f"vereda {told}: {seconds:.2f} s   must: ≤ {must:g} s, aim {must / 2:g} s")
    shutil.rmtree(folder)


def write_workbook(folder: Path, rows: int, formatted: bool) -> Path:
    """The table as a workbook below a dataset; gives its path."""
    extract = declare(folder, rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Reclamos")
    plain = csv.reader(extract.open(newline=""))
    sheet.append(next(plain))
    for row in plain:
        cells: list[Any] = [
            *row[:4],
            int(row[4]),
            *row[5:7],
            int(row[7]),
            float(row[8]),
            float(row[9]),
            row[10],
        ]
        cells[0] = int(row[0])
        if formatted:
            cells[2] = _formatted(sheet, date.fromisoformat(row[2]), "dd/mm/yyyy")
            cells[3] = _formatted(sheet, datetime.fromisoformat(row[3]), "dd/mm/yyyy hh:mm:ss")
            cells[8] = _formatted(sheet, cells[8], "#,##0.00")
        sheet.append(cells)
    path = extract.with_suffix(".xlsx")
    book.save(path)
    return path


def _formatted(sheet: Any, value: Any, number_format: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = number_format
    return cell


def read_apart(how: str, path: Path) -> float:
    """The seconds of reading a workbook, in a process of its own; what is loaded does not count."""
    words = [sys.executable, "-m", "benchmarks.road", how, str(path)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def read_workbook(path: Path) -> float:
    from pipelines.dataset.dataset import load_dataset
    from pipelines.read.read import read, warm_up

    resource = load_dataset(path.parents[1]).resource(ID)
    warm_up()
    with tempfile.TemporaryDirectory() as there:
        start = time.perf_counter()
        reading = read(path, resource, Path(there) / "cells")
        taken = time.perf_counter() - start
        assert reading.table is not None, reading.problems
    return taken


def read_bare(path: Path) -> float:
    start = time.perf_counter()
    CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return time.perf_counter() - start


def alternate(measures: Mapping[str, Callable[[], Any]]) -> dict[str, list[Any]]:
    """What each of these gives, several times in turns."""
    took: dict[str, list[Any]] = {}
    for _run in range(RUNS):
        for name, measured in measures.items():
            took.setdefault(name, []).append(measured())
    return took


def seconds_of(answer: Any) -> float:
    return float(answer if isinstance(answer, float) else answer["seconds"])


def line(measure: str, ours: float, other: float, wanted: str) -> str:
    return f"{measure:<62} {ours / other:6.2f}×   {ours:7.2f} s against {other:7.2f} s   must: {wanted}"


def main(words: Sequence[str]) -> None:
    if words[:1] == ["release"]:
        print(json.dumps(release(Path(words[1]))))
    elif words[:1] == ["read"]:
        print(read_workbook(Path(words[1])))
    elif words[:1] == ["calamine"]:
        print(read_bare(Path(words[1])))
    else:
        measure(int(words[0]) if words and words[0] else 1_000_000)


if __name__ == "__main__":
    main(sys.argv[1:])

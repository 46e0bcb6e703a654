"""How long does a file take in which everything is wrong? `vereda check FILE --report` of a table with a
problem in each row, in eight columns, and of a second one as bad that is told against the first; beside it
what Python's csv module alone takes to read the file and to write a list as long.
`python -m benchmarks.problems [ROWS]`"""

from __future__ import annotations

import csv
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.memory import watch
from benchmarks.road import ID, RUNS, VEREDA, alternate, declare, run_command, settings_of
from catalog.archive.archive import Archive
from pipelines.agency.submit import hand_in

WRONG = {
    "id": ["x", "12,5"],
    "fecha": ["31/02/2020", "ayer"],
    "alta": ["2020-13-01T00:00:00"],
    "comuna": ["99", "-1", "siete"],
    "cantidad": ["mil", "1 000 000x"],
    "monto": ["12,x", "abc"],
    "lat": ["95.0", "-34,6x"],
    "cerrado": ["quizás"],
}
"""What stands in a row in one of these columns, by turns."""
LIST = "problemas.csv"


def spoil(extract: Path, into: Path, seed: int) -> Path:
    """The extract with one wrong cell in each row; files of other seeds have others wrong."""
    chosen, names = random.Random(seed), list(WRONG)
    with extract.open(newline="") as clean, into.open("w", newline="") as file:
        rows = csv.reader(clean)
        header = next(rows)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for number, row in enumerate(rows, seed):
            name = names[number % len(names)]
            row[header.index(name)] = chosen.choice(WRONG[name])
            writer.writerow(row)
    return into


def write_alone(extract: Path, rows: Sequence[Sequence[str]], into: Path) -> float:
    """Reads the extract and writes the rows of a list, with the csv module and nothing else; the seconds."""
    start = time.perf_counter()
    with extract.open(newline="") as file:
        for _row in csv.reader(file):
            pass
    with into.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return time.perf_counter() - start


def read_list(report: Path) -> list[list[str]]:
    with (report / LIST).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def in_turns(measures: Mapping[str, Callable[[], Any]]) -> None:
    """Prints the seconds by the clock, and those of the processor, of each; with all its processes."""
    timed = {name: partial(_with_processor, measured) for name, measured in measures.items()}
    for name, each in alternate(timed).items():
        clock, processor = (statistics.median(seconds) for seconds in zip(*each, strict=True))
        print(f"{name:<42} {clock:6.2f} s   {processor:6.2f} s")


def _with_processor(measured: Callable[[], float]) -> tuple[float, float]:
    before = os.times()
    taken = measured()
    return taken, sum(os.times()[:4]) - sum(before[:4])


def measure(rows: int) -> None:
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        extract = declare(folder, rows, source={"kind": "inbox"})
        first, second = (spoil(extract, folder / f"{seed}.csv", seed) for seed in (1, 2))
        command = partial(run_command, folder=folder, status=1)
        check, report = ["check", ID, str(first)], ["--report", str(folder / "report")]
        command([*check, *report])
        listed = read_list(folder / "report")
        print(
            f"{rows:,} rows, a wrong cell in each; {RUNS} alternating runs, by the clock and of the processor"
        )
        in_turns(
            {
                "check": lambda: command(check),
                "check --report": lambda: command([*check, *report]),
                "csv alone: the file read, the list written": partial(
                    write_alone, first, listed, folder / LIST
                ),
            }
        )
        status, moments = watch([*VEREDA, *check, *report], settings_of(folder))
        assert status == 1
        archive, inbox = Archive.open(folder / "archive"), folder / "inbox"
        hand_in(folder / "datasets", archive, inbox, ID, first, None, datetime.now(UTC))
        in_turns(
            {"check --report, told against the first": lambda: command([*check[:2], str(second), *report])}
        )
    print(f"at most {max(each.own for each in moments):.0f} MiB of its own, all processes together")
    print("must: `check --report` of 100,000 rows in 3 s by the clock, on a machine that does nothing else")


def main(words: Sequence[str]) -> None:
    measure(int(words[0]) if words and words[0] else 100_000)


if __name__ == "__main__":
    main(sys.argv[1:])

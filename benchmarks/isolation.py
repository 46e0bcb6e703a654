"""What it costs that files are read, and tables judged, in processes of their own: runs of one dataset, in
turn with the same calls made in the run's own process.

`python -m benchmarks.isolation [ROWS…]`; without numbers, 3 and 20,000 rows.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pipelines.fetch.derived
import pipelines.read.read
import pipelines.release.evaluate
from isolation.nursery import call_apart
from tests.support.cities import City, csv, declaration

TURNS = 12
CALLERS = (pipelines.fetch.derived, pipelines.read.read, pipelines.release.evaluate)


def call_here(function: Callable[..., Any], *arguments: Any, **_bounds: Any) -> Any:
    return function(*arguments)


@contextmanager
def calling(way: Callable[..., Any]):
    for caller in CALLERS:
        caller.call_apart = way
    yield
    for caller in CALLERS:
        caller.call_apart = call_apart


def processor_time() -> float:
    """Seconds of this process and of all below it, those that still live and those that it waited for."""
    found: dict[int, tuple[int, int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            found[int(status.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    mine = {os.getpid()}
    while below := {number for number, (parent, _) in found.items() if parent in mine} - mine:
        mine |= below
    return sum(found[number][1] for number in mine) / os.sysconf("SC_CLK_TCK")


def measure(city: City, found: list[tuple[float, float]], word: str) -> None:
    clock, processor = time.perf_counter(), processor_time()
    outcome = city.outcome("obras")
    found.append((time.perf_counter() - clock, processor_time() - processor))
    assert outcome.outcome == word, outcome


def main(rows: int) -> None:
    ways = {"apart": call_apart, "here": call_here}
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        city = City(Path(folder))
        city.declare(declaration("obras"), datos=csv(*(f"{n},Plaza {n},{n}.5" for n in range(rows))))
        city.outcome("obras")
        for turn in range(1, TURNS + 1):
            for name, way in sorted(ways.items(), reverse=turn % 2 == 0):
                last = f"{rows + 2 * turn + (name == 'here')},Plaza,1"
                city.send("obras", csv(*(f"{n},Plaza {n},{n}.5" for n in range(rows)), last))
                with calling(way):
                    measure(city, found.setdefault(("changed", name), []), "published")
                    measure(city, found.setdefault(("unchanged", name), []), "unchanged")
    for what in ("changed", "unchanged"):
        for place, unit in enumerate(("clock", "processor")):
            apart, here = (statistics.median(e[place] for e in found[what, name][1:]) for name in ways)
            told = f"{apart * 1000:.0f} ms apart, {here * 1000:.0f} ms here"
            ratio = f", {apart / here:.2f}×" if here else ""
            print(f"{rows:,} rows, {what}, {unit}: {told}{ratio}", flush=True)


if __name__ == "__main__":
    for number in sys.argv[1:] or ["3", "20000"]:
        main(int(number))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")

"""How much memory does a large table take on its way from the raw file to the portal? `vereda run` of a
table of many rows, and what it and all its processes have, moment by moment, drawn as a picture.
`python -m benchmarks.memory [ROWS] [PICTURE.svg]`"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.road import ID, declare

EVERY = 0.1
"""Seconds between two looks."""
MIB = 1024
"""KiB."""
MUST = 1536
"""MiB above idle, for 10 M rows."""


@dataclass(frozen=True)
class Moment:
    """What all processes of a run have in memory, in MiB, so many seconds after its start: `own` is what
    nobody else could use, `files` what they have mapped of files, which the system takes back when it needs
    to; shared pages are counted once. `largest` is what the largest process has of its own."""

    second: float
    own: float
    files: float
    largest: float

    @property
    def whole(self) -> float:
        return self.own + self.files


def watch(words: Sequence[str], environment: Mapping[str, str]) -> tuple[int, list[Moment]]:
    """Runs a command, and gives its exit status and what it had in memory all the while."""
    start, moments = time.monotonic(), []
    with subprocess.Popen(words, env={**os.environ, **environment}, stdout=subprocess.PIPE) as run:
        while run.poll() is None:
            moments.append(look_at(run.pid, time.monotonic() - start))
            time.sleep(EVERY)
    return run.returncode, moments


def look_at(process: int, second: float) -> Moment:
    """What a process and all that came of it have at this moment."""
    shares = [share for pid in descendants(process) if (share := _share_of(pid))]
    own = [share["Pss_Anon"] + share["Pss_Shmem"] for share in shares]
    files = sum(share["Pss_File"] for share in shares)
    return Moment(round(second, 2), sum(own) / MIB, files / MIB, max(own, default=0) / MIB)


def descendants(process: int) -> Iterator[int]:
    """The process, its children, and theirs."""
    yield process
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = tasks.read_text().split()
        except OSError:  # it ended meanwhile
            continue
        for child in children:
            yield from descendants(int(child))


def _share_of(process: int) -> dict[str, int]:
    """The KiB of a process by kind (proc(5), smaps_rollup); nothing where it ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {name: int(size.split()[0]) for name, size in (line.split(":", 1) for line in lines)}


def measure(rows: int, picture: Path | None) -> None:
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        extract = declare(folder, rows)
        places = ("DATASETS", "ARCHIVE", "PORTAL")
        settings = {f"VEREDA_{name}": str(folder / name.lower()) for name in places}
        cli = [sys.executable, "-m", "pipelines.cli"]
        _status, idle = watch([*cli, "list"], settings)
        least = max(moment.whole for moment in idle)
        status, moments = watch([*cli, "run", ID], settings)
        size = extract.stat().st_size
    assert status == 0, status
    own, whole = (max(moments, key=key) for key in (lambda m: m.own, lambda m: m.whole))
    seconds = moments[-1].second
    print(f"{rows:,} rows, {size / 2**20:,.0f} MiB, {seconds:.0f} s from the raw file to the portal")
    print(f"`vereda list`: {least:.0f} MiB at its most")
    print(f"at most {own.own:.0f} MiB of its own ({own.second:.0f} s), {own.own - least:.0f} above that")
    print(f"with mapped files {whole.whole:.0f} MiB ({whole.second:.0f} s)   must: ≤ {MUST} MiB above idle")
    if picture:
        picture.write_text(draw(moments, rows), encoding="utf-8")


def draw(moments: Sequence[Moment], rows: int) -> str:
    """Memory over time as an SVG: what was the processes' own, and, above it, mapped files."""
    width, height, left, foot = 900, 360, 70, 40
    last, most = moments[-1].second or 1, max(MUST, *(moment.whole for moment in moments)) * 1.05

    def line(values: Sequence[float]) -> str:
        points = zip((moment.second for moment in moments), values, strict=True)
        return " ".join(f"{left + x / last * width:.1f},{height - y / most * height:.1f}" for x, y in points)

    def area(values: Sequence[float], colour: str) -> str:
        ends = f"{left + width},{height} {left},{height}"
        return f'<polygon points="{line(values)} {ends}" fill="{colour}"/>'

    words = 'font-family="sans-serif" font-size="13" fill="#333"'

    def label(x: float, y: float, anchor: str, told: str) -> str:
        return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" {words}>{told}</text>'

    ticks = [label(left - 8, height - y / most * height + 4, "end", str(y)) for y in range(0, int(most), 250)]
    step = max(10, int(last / 10) // 10 * 10)
    marks = range(0, int(last) + 1, step)
    seconds = [label(left + x / last * width, height + 18, "middle", f"{x} s") for x in marks]
    must = height - MUST / most * height
    box = f"0 -30 {width + left + 20} {height + foot + 40}"
    title = f"MiB of all processes of `vereda run`, {rows:,} rows: their own (dark), mapped files (light)"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">',
            label(left, -10, "start", title),
            area([moment.whole for moment in moments], "#b8d4e3"),
            area([moment.own for moment in moments], "#2f6f94"),
            f'<path d="M{left},{must:.0f}h{width}" stroke="#b3261e" stroke-dasharray="6 4"/>',
            *ticks,
            *seconds,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    measure(int(given[0]) if given else 10_000_000, Path(given[1]) if given[1:] else None)

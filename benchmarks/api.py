"""Measures the API under load: a table of ten million rows, served by `vereda serve`, and questions that
filter and group it at a steady rate from another process, hardly one like another.

    python -m benchmarks.api                            50 requests a second for a minute over 10,000,000 rows
    python -m benchmarks.api 1000000 20 30              rows, requests a second, seconds

A question's time counts from the moment at which it was due, so that waiting for a late one counts as well.
"""

from __future__ import annotations

import asyncio
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import httpx

from catalog.archive.archive import Archive
from catalog.archive.published import pack_json, write_parquet
from catalog.archive.release import Release, Version

AT = "2026-01-02T03:00:00-03:00"
STAGES = ("Finalizada", "En ejecución", "En licitación", "Proyecto")
TABLE = """
SELECT i AS id, 'Obra ' || (i * 7919 % {rows}) || ' de la calle ' || (i % 2113) AS nombre,
  (hash(i) % 15 + 1)::BIGINT AS comuna, 'Barrio ' || (hash(i + 1) % 48) AS barrio,
  {stages}[(hash(i + 2) % 4 + 1)::INT] AS etapa,
  round((hash(i + 3) % 100000000000) / 100.0, 2)::DOUBLE AS monto,
  DATE '2010-01-01' + (hash(i + 4) % 5000)::INT AS inicio, (hash(i + 5) % 180000) / 1e6 - 34.7 AS lat,
  (hash(i + 6) % 200000) / 1e6 - 58.53 AS lng, hash(i + 7) % 2 = 0 AS destacada,
  'Empresa ' || (hash(i + 8) % 5000) || ' S.A.' AS empresa
FROM range({rows}) t(i)"""


def publish(rows: int, folder: Path) -> None:
    """An archive in `folder`/archive with a table of so many rows."""
    work = folder / "work"
    work.mkdir()
    table = duckdb.sql(TABLE.format(rows=rows, stages=list(STAGES))).to_arrow_table()
    write_parquet(table, work / "obras.parquet")
    fields = [{"name": name} for name in table.column_names]
    resource = {"name": "obras", "path": "obras.csv", "schema": {"fields": fields}}
    about = {"name": "millones", "title": "Obras", "version": "1.0.0", "resources": [resource]}
    pack_json(about, work / "datapackage.json")
    release = Release(
        dataset="millones",
        demo=False,
        run="benchmark",
        at=AT,
        as_of=None,
        version=Version.parse("1.0.0"),
        level=None,
        paths={path.name: path for path in work.iterdir()},
        private=frozenset(),
        changes={},
        rows={"obras": rows},
        problems=0,
        provenance={},
    )
    Archive.open(folder / "archive").commit(release, 0)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the table's rows at a `vereda serve` of its own."""
    (folder / "tmp").mkdir()
    places = {
        "VEREDA_ARCHIVE": folder / "archive",
        "VEREDA_PORTAL": folder / "portal",
        "TMPDIR": folder / "tmp",
    }
    environment = os.environ | {name: str(place) for name, place in places.items()} | {"VEREDA_LANG": "en"}
    (folder / "portal.build-x").mkdir()
    (folder / "portal.build-x" / "index.html").touch()
    (folder / "portal").symlink_to("portal.build-x")
    words = [str(Path(sys.executable).with_name("vereda")), "serve", "--port", "0"]
    with subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            line = next(each for each in server.stdout if "http://" in each)
            root = line[line.index("http://") :].split()[0].rstrip("/.")
            yield f"{root}/api/v1/datasets/millones/versions/1.0.0/tables/obras/rows"
        finally:
            server.terminate()


def questions(seed: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Of each kind in turn, with other values each time."""
    dice = random.Random(seed)
    while True:
        comuna, stage, amount = dice.randint(1, 15), dice.choice(STAGES), dice.randint(0, 10**9)
        day = f"{dice.randint(2010, 2023)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
        yield "filter", {"filter": [f"comuna={comuna}", f"monto>={amount}"], "limit": 100}
        yield "filter, two columns", {"filter": [f"etapa={stage}", f"inicio>={day}"], "columns": "id,nombre"}
        yield "a company", {"filter": [f"empresa=Empresa {dice.randint(0, 4999)} S.A."], "limit": 20}
        yield "group", {"filter": [f"comuna={comuna}", f"inicio>={day}"], "group": "etapa"}
        yield (
            "group and add up",
            {"filter": [f"monto>={amount}"], "group": "barrio", "aggregate": ["count()", "sum(monto)"]},
        )


def prepare(rows: str, folder: Path) -> None:
    """Asks until the server has made its copy of the table; says what the first answers took."""
    with httpx.Client(timeout=60) as client:
        started = time.perf_counter()
        client.get(rows, params={"group": "comuna"}).raise_for_status()
        print(f"the first group, out of the Parquet: {1000 * (time.perf_counter() - started):,.0f} ms")
        size = -1
        while time.perf_counter() - started < 300:
            copies = list((folder / "tmp").rglob("*.duckdb"))
            if copies and copies[0].stat().st_size == size and not list((folder / "tmp").rglob("*.wal")):
                break
            size = copies[0].stat().st_size if copies else -1
            time.sleep(3)
        print(f"the swift copy was there after {time.perf_counter() - started:,.0f} s")


async def load(rows: str, rate: float, seconds: float) -> None:
    times: dict[str, list[float]] = defaultdict(list)
    answers: Counter[str] = Counter()
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=200)) as client:
        begun = time.perf_counter()

        async def ask(kind: str, query: dict[str, object], due: float) -> None:
            try:
                answers[str((await client.get(rows, params=query)).status_code)] += 1  # type: ignore[arg-type]
            except httpx.HTTPError as error:
                answers[type(error).__name__] += 1
            times[kind].append(1000 * (time.perf_counter() - due))

        waiting = []
        for number, (kind, query) in zip(range(int(rate * seconds)), questions(7), strict=False):
            due = begun + number / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            waiting.append(asyncio.create_task(ask(kind, query, due)))
        await asyncio.gather(*waiting)
        took = time.perf_counter() - begun
        print(f"{sum(answers.values())} requests in {took:.1f} s; answers: {dict(answers)}")
    every = [each for several in times.values() for each in several]
    print(f"{'':24}{'requests':>9}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}   ms")
    for kind, several in [*times.items(), ("all", every)]:
        cuts = statistics.quantiles(several, n=100, method="inclusive")
        figures = "".join(f"{each:8.0f}" for each in (cuts[49], cuts[94], cuts[98], max(several)))
        print(f"{kind:24}{len(several):9}{figures}")


def main() -> None:
    numbers = [float(word) for word in sys.argv[1:]]
    rows, rate, seconds = (*numbers, *(10_000_000, 50, 60)[len(numbers) :])
    print(f"{int(rows):,} rows, {rate:g} requests a second for {seconds:g} s")
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}"
    print(f"{machine}, duckdb {duckdb.__version__}")
    with tempfile.TemporaryDirectory(prefix="vereda-bench-") as name:
        folder = Path(name)
        publish(int(rows), folder)
        with served(folder) as address:
            prepare(address, folder)
            asyncio.run(load(address, rate, seconds))


if __name__ == "__main__":
    main()

"""What does publishing to a CKAN cost? Against xloader on the same CKAN (`make ckan`), in calls, and in
memory; printed as tables."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.generate import SCHEMA, write
from catalog.ckan.catalogue import Ckan
from catalog.ckan.datastore import RowWriter
from catalog.ckan.remote import Remote
from catalog.ckan.tables import datastore_columns, key_of
from tests.support.cities import City, csv, declaration
from tests.support.ckan.programs import HOME, ROOT
from tests.support.ckan.stack import Stack
from tests.support.ckan_stack import Site

TURNS = 3
CHANGED = 1000  # rows
NAME = "bench-reclamos"


@dataclass(frozen=True)
class Watched(Remote):
    """Notes each call with its beginning and end, in seconds."""

    calls: list[tuple[str, float, float]] = field(default_factory=list)

    def act(self, action: str, *args: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return super().act(action, *args, **named)
        finally:
            self.calls.append((action, start, time.perf_counter()))

    def spent(self) -> tuple[float, float]:
        """Seconds from the first to the last call of the DataStore's part, and those of them until the rows
        were in."""
        table = [call for call in self.calls if call[0].startswith("datastore_")]
        put = [
            call
            for call in table
            if call[0] in ("datastore_create", "datastore_upsert", "datastore_records_delete")
        ]
        return self.calls[-1][2] - table[0][1], put[-1][2] - table[0][1]


def publish(site: Site, city: City, database: str | None = None, name: str = NAME) -> Watched:
    remote = Watched(site.url, site.token, timeout=1800)
    ckan = Ckan(remote, database=database)
    ckan.apply(city.archive, [step for step in ckan.plan(city.archive) if name in step.target])
    return remote


def say(*columns: object) -> None:
    print(
        "| " + " | ".join(f"{each:.2f}" if isinstance(each, float) else str(each) for each in columns) + " |",
        flush=True,
    )


def declared(rows: Path) -> dict[str, Any]:
    made = declaration(NAME, source={"kind": "file", "path": str(rows)}, fields=SCHEMA["fields"])
    made["pipeline"]["publisher"] = {"id": "bench-area", "name": "Área de prueba"}
    return made


def change(rows: Path, turn: int) -> None:
    """Gives 1,000 rows, spread over the table, another amount."""
    lines = rows.read_text("utf-8").split("\n")
    for number in range(1 + turn, len(lines) - 1, (len(lines) - 2) // CHANGED):
        cells = lines[number].rsplit(",", 3)
        lines[number] = ",".join((cells[0], f"{turn}.25", *cells[2:]))
    rows.write_text("\n".join(lines), "utf-8")


def xloader(site: Site, resource: str, since: float) -> float:
    """The seconds that xloader's job took, by its own log, once it ended."""
    while time.time() < since + 3600:
        time.sleep(0.5)
        try:
            told = site.call("xloader_status", resource_id=resource)
        except Exception:  # noqa: BLE001 (there is no job yet)
            continue
        if told["status"] in ("complete", "error"):
            logs = told["task_info"]["logs"]
            assert told["status"] == "complete", logs[-3:]
            stamps = [datetime.fromisoformat(line["timestamp"]) for line in logs]
            if stamps[0].timestamp() > since - 1:
                return (stamps[-1] - stamps[0]).total_seconds()
    raise TimeoutError("xloader")


def against_xloader(site: Site, folder: Path, rows: int) -> None:
    """The same file, first by us, then by xloader; then, in turns, 1,000 changed rows by us and the whole
    file again by xloader."""
    city, source = City(folder), folder / "datasets" / NAME / "source" / "datos.csv"
    city.declare(declared(Path("source/datos.csv")))
    write(source, rows)
    city.run(NAME)
    owner = site.organization("xloader")
    first, _rows_in = publish(site, city, site.datastore_url).spent()
    began = time.time()
    with source.open("rb") as file:
        package = site.call("package_create", name=f"{site.prefix}by-xloader", owner_org=owner)
        sent = {"package_id": package["id"], "name": "reclamos", "format": "CSV"}
        answer = httpx.post(
            f"{site.url}/api/3/action/resource_create",
            data=sent,
            files={"upload": ("reclamos.csv", file)},
            headers={"Authorization": site.token},
            timeout=600,
        )
    resource = answer.json()["result"]["id"]
    theirs = xloader(site, resource, began)
    say(
        "first load, typed, with key, dictionary and proof: xloader / ours",
        f"{theirs / first:.2f}×",
        first,
        theirs,
        "≥ 1×",
    )
    ours, ours_proven, again = [], [], []
    for turn in range(1, TURNS + 1):
        change(source, turn)
        (outcome,) = city.run(NAME)
        assert outcome.outcome == "published", outcome
        proven, rows_in = publish(site, city, site.datastore_url).spent()
        ours.append(rows_in)
        ours_proven.append(proven)
        began = time.time()
        site.call("xloader_submit", resource_id=resource, ignore_hash=True)
        again.append(xloader(site, resource, began))
    up, proven, whole = (statistics.median(each) for each in (ours, ours_proven, again))
    say(
        f"{CHANGED:,} rows changed, until readers see them: xloader's reload / ours",
        f"{whole / up:.1f}×",
        up,
        whole,
        "≥ 50×",
    )
    say(
        f"{CHANGED:,} rows changed, with the checksum over the whole table",
        f"{whole / proven:.1f}×",
        proven,
        whole,
        "",
    )


def by_api_alone(site: Site, folder: Path, rows: int) -> None:
    """Rows per second into a new table, by the size of a call, with and without a look at the keys."""
    write(folder / "some.csv", rows)
    city = City(folder / "api")
    city.declare(declared(Path("source/datos.csv")), datos=(folder / "some.csv").read_bytes())
    city.run(NAME)
    release = city.history(NAME).releases[-1]
    table = pq.read_table(pa.BufferReader(city.archive.get(release.files[f"{NAME}.parquet"].sha256)))
    remote = Remote(site.url, site.token, timeout=600)
    package = site.call("package_create", name=f"{site.prefix}by-api", owner_org=site.organization("api"))
    resource = site.call("resource_create", package_id=package["id"], url="https://example.org/x", name="x")[
        "id"
    ]
    shape = {
        "resource_id": resource,
        "force": True,
        "fields": datastore_columns(SCHEMA, table.schema),
        "primary_key": key_of(SCHEMA),
    }
    for fresh in (True, False):
        for batch in (500, 1000, 2500, 5000, 10_000, 20_000):
            remote.act("datastore_create", shape)
            start = time.perf_counter()
            RowWriter(remote, resource, key_of(SCHEMA), batch=batch).put(table, fresh=fresh)
            seconds = time.perf_counter() - start
            say(
                "insert into an empty table" if fresh else "upsert",
                batch,
                f"{table.num_rows / seconds:,.0f} rows/s",
                seconds,
            )
            remote.act("datastore_delete", {"resource_id": resource, "force": True})


def many(site: Site, folder: Path, datasets: int) -> None:
    """A city's whole catalogue: published, then planned and published with nothing new."""
    city = City(folder / "many")
    for number in range(datasets):
        made = declaration(f"{site.prefix}{number:03d}")
        made["pipeline"] |= {
            "publisher": {"id": f"{site.prefix}area-{number % 20}", "name": f"Área {number % 20}"},
            "superTheme": ["GOVE"],
        }
        city.declare(made, datos=csv(*(f"{row},Obra {row},{row}.5" for row in range(number % 9 + 1))))
        city.run(made["name"])
    for said, database in (
        ("published for the first time", site.datastore_url),
        ("again, unchanged; counts from the database", site.datastore_url),
        ("again, unchanged; counts by datastore_search_sql", None),
    ):
        remote = Watched(site.url, site.token, timeout=600)
        ckan, start = Ckan(remote, database=database), time.perf_counter()
        steps = ckan.plan(city.archive)
        planned, calls = time.perf_counter() - start, len(remote.calls)
        ckan.apply(city.archive, steps)
        say(
            f"{datasets} datasets, {said}",
            len(steps),
            calls,
            planned,
            len(remote.calls) - calls,
            time.perf_counter() - start - planned,
        )


def memory(site: Site, folder: Path) -> None:
    """The most memory that a process of its own takes for one upload."""
    package = site.call("package_create", name=f"{site.prefix}upload", owner_org=site.organization("upload"))
    program = """
import sys
from pathlib import Path
from catalog.ckan.remote import Remote
url, token, package, file = sys.argv[1:]
revision = {"match": {"id": package}, "update": {"resources": [{"name": "x", "url": "x.bin"}]}}
upload = {"update__resources__0__upload": ("x.bin", Path(file))}
Remote(url, token, timeout=600).act("package_revise", revision, upload)
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024)
"""
    for size in (0, 32, 400):
        file = folder / "upload.bin"
        with file.open("wb") as written:
            for _block in range(size):
                written.write(os.urandom(1 << 20))
        command = [sys.executable, "-c", program, site.url, site.token, package["id"], str(file)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        say(f"peak memory of a process that uploads {size} MiB", f"{done.stdout.strip()} MiB")


def main(rows: int, datasets: int, parts: str) -> None:
    stack = Stack(HOME)
    running = stack.running()
    stack.up()
    site = Site(stack, "bench-")
    site.clear()
    load = os.getloadavg()[0]
    print(
        f"{rows:,} rows; Python {platform.python_version()}, {os.cpu_count()} processors, "
        f"{platform.machine()}, load {load:.1f} before"
    )
    try:
        with tempfile.TemporaryDirectory() as there:
            folder = Path(there)
            if "memory" in parts:
                memory(site, folder)
            if "api" in parts:
                say("by API alone", "rows a call", "speed", "s")
                by_api_alone(site, folder, min(rows, 20_000))
            if "many" in parts:
                say("catalogue", "steps", "calls of plan", "s", "calls of apply", "s")
                many(site, folder, datasets)
            if "xloader" in parts:
                say("DataStore", "ratio", "ours, s", "xloader, s", "must")
                against_xloader(site, folder, rows)
    finally:
        site.clear()
        if not running:
            stack.down()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--datasets", type=int, default=435)
    asked.add_argument("--parts", default="memory,api,many,xloader")
    told = asked.parse_args()
    main(told.rows, told.datasets, told.parts)

"""What does a night cost? Invented datasets behind a local server that knows ETags: the first night, one in
which nothing changed, then 1 % and 10 % changed, and one that downloads and compares everything. Prints
seconds, memory, requests, and what was written. `python -m benchmarks.night [DATASETS] [FOLDER]`; what is in
FOLDER already is used again. Of more than a thousand datasets only the first is released: the archive of the
others is copied from its.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml

ROWS = 200
MANY = 1_000
MUST, AIM = 30, 10
"""Milliseconds of the processor for an unchanged dataset, without Prefect's own."""
BARRIOS = ("Agronomía", "Almagro", "Boedo", "Caballito", "La Boca", "Nueva Pompeya", "Villa Luro")
ROOT = Path(__file__).parent.parent


def write_extract(path: Path, seed: int, changes: int) -> None:
    """The extract of a dataset; each change adds a row and corrects one."""
    chance = random.Random(seed)
    rows = [
        [
            n,
            chance.choice(BARRIOS),
            f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}",
            chance.randint(1, 9999),
            n % 15 + 1,
        ]
        for n in range(ROWS + changes)
    ]
    for change in range(changes):
        rows[change][3] = 10_000 + change
    lines = ["id,barrio,fecha,cantidad,comuna", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def declare(folder: Path, number: int, url: str) -> None:
    """A dataset folder like those of the city: a table, its schema, where it lies."""
    name = f"prueba-{number:05}"
    types = {"id": "integer", "barrio": "string", "fecha": "date", "cantidad": "integer", "comuna": "integer"}
    fields = [
        {
            "name": each,
            "type": kind,
            "title": each.capitalize(),
            "description": f"Columna {each} de la tabla.",
        }
        for each, kind in types.items()
    ]
    declaration = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": f"Conjunto de prueba {number}",
        "description": "Filas inventadas para medir lo que cuesta una noche.",
        "keywords": ["prueba", "medición"],
        "licenses": [{"name": "CC-BY-4.0"}],
        "pipeline": {
            "publisher": {
                "id": f"organismo-{number % 33}",
                "name": f"Dirección General de prueba {number % 33}",
            },
            "accrualPeriodicity": "R/P1D",
        },
        "resources": [
            {
                "name": "filas",
                "path": "filas.csv",
                "schema": {"fields": fields, "primaryKey": ["id"]},
                "pipeline": {"source": {"kind": "http", "url": f"{url}/{name}.csv"}},
            }
        ],
    }
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "datapackage.yaml").write_text(
        yaml.safe_dump(declaration, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )


def serve(folder: Path) -> None:
    """The agencies' server, in a process of its own: what was asked since the last `/_asked`, as counts."""
    asked: Counter[str] = Counter()
    forgetful: list[bool] = []

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/_asked":
                content = json.dumps(asked).encode()
                asked.clear()
                return self.give(200, content)
            if self.path == "/_forget":  # from now on no version is known by name
                forgetful.append(True)
                return self.give(200, b"")
            content = (folder / self.path.lstrip("/")).read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            same = self.headers.get("If-None-Match") == etag and not forgetful
            conditional = "conditional" if self.headers.get("If-None-Match") else "plain"
            asked[f"{conditional} {304 if same else 200}"] += 1
            return self.give(304, b"", etag) if same else self.give(200, content, etag)

        def give(self, status: int, content: bytes, etag: str = "") -> None:
            self.send_response(status)
            if etag:
                self.send_header("ETag", etag)
            self.send_header("Content-Type", "text/csv; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            """No line a request."""

    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("BENCH_PORT", "0"))), Answer)
    print(server.server_address[1], flush=True)
    server.serve_forever()


@contextmanager
def agencies(folder: Path, port: int) -> Iterator[str]:
    """The server of all extracts, while the block runs; always at the same port, which stands in the
    declarations."""
    command = [sys.executable, "-m", "benchmarks.night", "serve", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "BENCH_PORT": str(port)}
    ) as server:
        assert server.stdout
        port = int(server.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@dataclass(frozen=True)
class Night:
    """What a run cost, and what it did; the requests are those that the server counted."""

    seconds: float
    processor: float
    memory: int
    outcomes: dict[str, int]
    requests: dict[str, int]
    written: dict[str, int]


def run_night(top: Path, url: str | None = None, **environment: str) -> Night:
    """`vereda run` of all, in a process of its own."""
    before = inventory(top)
    here = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "VEREDA_DATASETS": str(top / "datasets"),
        "VEREDA_RETRY_DELAY": "0",
        **environment,
    }
    start = time.perf_counter()
    with (top / "answer.json").open("w") as answer:
        run = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "run", "--json"], cwd=top, env=here, stdout=answer
        )
        _pid, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    found = json.loads((top / "answer.json").read_text())["outcomes"]
    return Night(
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss // 1024,
        dict(Counter(each["outcome"] for each in found)),
        httpx.get(f"{url}/_asked").json() if url else {},
        new_files(before, inventory(top)),
    )


def inventory(top: Path) -> dict[str, tuple[int, int]]:
    """Each file of archive and portal with its inode and time, which every writing changes."""
    places = [top / "var/archive", (top / "var/portal").resolve()]
    return {
        str(path.relative_to(place)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for place in places
        for path in place.rglob("*")
        if path.is_file()
    }


def new_files(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> dict[str, int]:
    """How many files were written, by the kind of place: blobs, log entries, records of nights, and so on."""
    kinds: Counter[str] = Counter()
    for path, mark in after.items():
        if before.get(path) != mark:
            kinds[kind_of(path)] += 1
    return dict(kinds)


def kind_of(path: str) -> str:
    first = path.split("/")[0]
    if path.startswith("runs/_all/"):
        return "records of nights"
    return {"blobs": "blobs", "runs": "records of datasets"}.get(first) or (
        "log entries" if "/log/" in path else first if first in ("memory", "locks") else "portal and others"
    )


def tell(what: str, night: Night, start: float = 0.0) -> None:
    counts = ", ".join(f"{n} {word}" for word, n in sorted(night.outcomes.items()))
    asked = ", ".join(f"{n} {word}" for word, n in sorted(night.requests.items()))
    written = ", ".join(f"{n} {word}" for word, n in sorted(night.written.items())) or "nothing"
    print(
        f"{what:<28} {night.seconds:7.1f} s ({night.seconds - start:6.1f} beyond the start), "
        f"{night.processor:7.1f} s of the processor, {night.memory:5} MiB; {counts}; asked: {asked}; "
        f"written: {written}",
        flush=True,
    )


def start_cost(top: Path, url: str) -> Night:
    """The night of one dataset, which costs what Prefect and all imports take to start."""
    one = top / "one"
    shutil.rmtree(one, ignore_errors=True)
    (one / "datasets").mkdir(parents=True)
    shutil.copytree(top / "datasets/prueba-00000", one / "datasets/prueba-00000")
    run_night(one)
    alone = run_night(one, url)
    httpx.get(f"{url}/_asked")
    return alone


def measure_ours(top: Path) -> float:
    """Seconds of the processor for each dataset of an unchanged night, without Prefect: its declaration read,
    whether it is due, its source asked, its outcome recorded."""
    program = """
import sys, time
from pathlib import Path
from catalog.archive.archive import Archive
from pipelines.dataset.dataset import load_datasets
from pipelines.fetch.http import fetch_http
from pipelines.nightly.due import is_due, is_outdated
from pipelines.tools import tool_versions
from pipelines.release.run import Run
from pipelines.settings import load_settings
from validation.table import leave_pandas_out
leave_pandas_out()
settings, archive = load_settings(), Archive.open("var/archive")
tool_versions()
start = time.process_time()
standings, datasets = archive.run_log.standings(), load_datasets(settings.datasets)
for each in datasets:
    is_due(each, standings.get(each.id), settings.zone, settings.now)
    is_outdated(each, standings.get(each.id), archive)
    (outcome,) = Run(each, archive, lambda: settings.now, run_id="bench", inbox=settings.inbox).execute()
    assert outcome.outcome == "unchanged", outcome
print((time.process_time() - start) / len(datasets))
"""
    here = {**os.environ, "PYTHONPATH": str(ROOT), "VEREDA_DATASETS": str(top / "datasets")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=top, env=here, check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)


def copy_release(top: Path, datasets: int) -> None:
    """The archive of a night of one dataset becomes one of many, each with an entry, a descriptor, a
    declaration, an extract and a run of its own."""
    first, archive = "prueba-00000", top / "var/archive"
    shutil.copytree(top / "one/var/archive", archive)
    shutil.rmtree(archive / "runs/_all")
    run = min((archive / "runs" / first).iterdir())
    entry = archive / f"datasets/{first}/log/00000001.json"
    kept = json.loads(entry.read_text())
    descriptor = (archive / "blobs" / kept["files"]["datapackage.json"]["sha256"]).read_bytes()
    for number in range(1, datasets):
        name = f"prueba-{number:05}"
        shutil.copyfile(top / f"extracts/{first}.csv", top / f"extracts/{name}.csv")
        declaration = (top / "datasets" / name / "datapackage.yaml").read_bytes()
        own = json.loads(entry.read_text().replace(first, name))
        own["provenance"]["declaration"] = {"datapackage.yaml": keep(archive, declaration)["sha256"]}
        own["files"]["datapackage.json"] |= keep(archive, descriptor.replace(first.encode(), name.encode()))
        log = archive / f"datasets/{name}/log"
        log.mkdir(parents=True)
        text = json.dumps(own, ensure_ascii=False, indent=1, sort_keys=True)
        (log / "00000001.json").write_text(text, encoding="utf-8")
        told = json.loads(run.read_text().replace(first, name))
        told["log"] = {"entry": 1, "sha256": keep(archive, text.encode())["sha256"]}
        (archive / "runs" / name).mkdir()
        (archive / "runs" / name / run.name).write_text(json.dumps(told), encoding="utf-8")


def keep(archive: Path, content: bytes) -> dict[str, Any]:
    """Puts the content among the blobs; its sha256 and size."""
    sha256 = hashlib.sha256(content).hexdigest()
    (archive / "blobs" / sha256).write_bytes(content)
    return {"sha256": sha256, "bytes": len(content)}


def main(datasets: int, top: Path) -> None:
    extracts = top / "extracts"
    extracts.mkdir(parents=True, exist_ok=True)
    mark = top / "port"
    with agencies(extracts, int(mark.read_text()) if mark.exists() else 0) as url:
        mark.write_text(url.rpartition(":")[2])
        for number in range(datasets):
            name = f"prueba-{number:05}"
            if not (top / "datasets" / name).exists():
                write_extract(extracts / f"{name}.csv", number, 0)
                declare(top / "datasets", number, url)
        print(f"{datasets} datasets of {ROWS} rows; load {os.getloadavg()[0]:.1f}", flush=True)
        alone = start_cost(top, url)
        tell("one dataset, unchanged", alone)
        start = alone.seconds
        if not (top / "var/archive").exists():
            if datasets > MANY:
                copy_release(top, datasets)
            tell("first night", run_night(top, url), start)
        unchanged = run_night(top, url)
        tell("nothing changed", unchanged, start)
        each = (unchanged.processor - alone.processor) / max(1, datasets - 1) * 1000
        ours = measure_ours(top) * 1000
        httpx.get(f"{url}/_asked")
        more = (unchanged.memory - alone.memory) / max(1, datasets - 1) * 1024
        print(
            f"{'':<28} {each:.1f} ms of the processor for each unchanged dataset, {ours:.1f} without Prefect "
            f"(must: {MUST}, aim: {AIM}); {more:.1f} kB of memory for each more than one",
            flush=True,
        )
        for share in (0.01, 0.1):
            for number in range(round(datasets * share)):
                write_extract(
                    extracts / f"prueba-{number:05}.csv", number, round(share * 100) + time.time_ns() % 50
                )
            tell(f"{share:.0%} changed", run_night(top, url), start)
        httpx.get(f"{url}/_forget")
        tell("everything downloaded", run_night(top, url), start)
        print(f"load {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(
                int(sys.argv[1]) if len(sys.argv) > 1 else 435,
                Path(sys.argv[2] if len(sys.argv) > 2 else temporary).absolute(),
            )

"""What becomes of a city's own catalogue when Vereda moves in? BAData's packages are made in the CKAN of
`make ckan` as their people had them, imported, run with invented files of the declared columns from a server
on this machine, adopted, and compared before and after, value by value; printed as tables. Begun again after
an interruption, it goes on where it was."""

from __future__ import annotations

import argparse
import collections
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl

from benchmarks.ckan import say
from benchmarks.publisher import (
    noted_catalogue,
    publish_all,
    read_calls,
    say_calls,
    settings_of,
)
from catalog.archive.archive import Archive
from catalog.ckan.takeover import DERIVED
from pipelines.dataset.dataset import Dataset, load_datasets
from pipelines.fetch import fetch
from pipelines.release.run import Run
from pipelines.settings import DEFAULT_LIMITS, Settings
from tests.support.ckan.programs import HOME, ROOT
from tests.support.ckan.stack import Stack
from tests.support.ckan_stack import Refused, Site

CATALOGUE = ROOT.parent / "shared" / "data" / "city" / "badata_packages_2021.jsonl.gz"
ROWS = 6
# Of a package or resource: what CKAN writes by itself.
OWN = {
    *DERIVED,
    "id",
    "owner_org",
    "position",
    "package_id",
    "metadata_modified",
    "metadata_created",
    "created",
}
LEFT = {*OWN, "url_type"}  # every file is a link to this machine: none was uploaded
TAKEN = ("name", "title", "notes", "url", "author", "author_email", "maintainer", "maintainer_email")


def value(kind: str, row: int, of: str) -> Any:
    """An invented cell, another in every file."""
    day = f"{2010 + zlib.crc32(of.encode()) % 10}-0{row + 1}-15"
    said = kind.lower()
    if "date" in said and "time" in said:
        return f"{day}T10:00:00"
    return {
        "integer": row + 1,
        "number": row + 0.5,
        "date": day,
        "time": f"1{row}:30:00",
        "boolean": "true" if row % 2 else "false",
    }.get(said, f"valor {row + 1} de {of[:8]}")


def columns(resource: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and type of each column that a resource's dictionary lists; some where it has none."""
    try:
        listed = json.loads(resource.get("attributesDescription") or "[]")
    except ValueError:
        listed = []
    named = [(str(each.get("title", "")).strip(), str(each.get("type", ""))) for each in listed]
    found = {name: kind for name, kind in named if name}
    return list(found.items()) or [("id", "integer"), ("denominacion", "string"), ("fecha", "date")]


def content(resource: Mapping[str, Any]) -> bytes:
    """A file as the resource says that it is one; no two alike."""
    kind, named, id = str(resource.get("format") or "").upper(), columns(resource), str(resource["id"])
    lines = [[name for name, _kind in named], *([value(k, n, id) for _name, k in named] for n in range(ROWS))]
    if kind == "CSV":
        return "".join(",".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines).encode()
    if kind in ("XLSX", "XLS"):
        book, file = openpyxl.Workbook(), io.BytesIO()
        for line in lines:
            book.active.append(line)
        book.save(file)
        return file.getvalue()
    if kind in ("GEOJSON", "JSON"):
        return json.dumps({"type": "FeatureCollection", "features": [], "id": resource["id"]}).encode()
    return (b"%PDF-1.4\n" if kind == "PDF" else b"") + str(resource["id"]).encode()


class Files:
    """The files of a catalogue, by the path under which this machine serves them."""

    def __init__(self, port: Path) -> None:
        """`port` is the file that says at which port they were before: declarations name it."""
        self.by_path: dict[str, Mapping[str, Any]] = {}
        files = self.by_path

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = files.get(self.path)
                body = content(found) if found else b""
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        known = int(port.read_text("utf-8")) if port.exists() else 0
        self.server = ThreadingHTTPServer(("127.0.0.1", known), Handler)
        port.write_text(str(self.server.server_port), "utf-8")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self, resource: Mapping[str, Any]) -> str:
        """Where a resource's file is served: as many addresses as the catalogue has."""
        url = str(resource.get("url") or "").strip()
        if not url:
            return ""
        name = re.sub(r"[^A-Za-z0-9._-]", "-", url.rstrip("/").rpartition("/")[2]) or "file"
        path = f"/{hashlib.sha256(url.encode()).hexdigest()[:12]}/{name}"
        self.by_path.setdefault(path, resource)
        return f"http://127.0.0.1:{self.server.server_port}{path}"


def read_packages(catalogue: Path, every: int) -> list[dict[str, Any]]:
    with gzip.open(catalogue, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines][::every]


def make_packages(site: Site, packages: list[dict[str, Any]], files: Files) -> int:
    """The packages, with their organizations and groups, as a script of their people would make them; those
    that are there already stay. Gives their number."""
    known: set[str] = set()
    there = set(site.call("package_list", limit=10_000))
    for package in packages:
        if package["name"] in there:
            continue
        owner = package["organization"]
        for kind, each in (("organization", owner), *(("group", group) for group in package["groups"])):
            if f"{kind}/{each['name']}" not in known:
                known.add(f"{kind}/{each['name']}")
                make_one(site, f"{kind}_create", {key: each[key] for key in ("name", "title", "description")})
        resources = [
            {key: each[key] for key in each if key not in LEFT and each[key] not in (None, "")}
            | ({"id": each["id"]} if is_uuid(each["id"]) else {})  # CKAN 2.12 takes no other ids
            | {"url": files.address(each)}
            for each in package["resources"]
        ]
        about = {key: package[key] for key in (*TAKEN, "license_id", "private") if package.get(key)}
        extras = [{"key": each["key"], "value": each["value"]} for each in package["extras"]]
        named = [{"name": each["name"]} for each in package["groups"]]
        made = {"owner_org": owner["name"], "resources": resources, "extras": extras, "groups": named}
        tags = [{"name": each["name"]} for each in package["tags"]]
        id = {"id": package["id"]} if is_uuid(package["id"]) else {}
        make_one(site, "package_create", {**id, **about, **made, "tags": tags})
    return len(packages)


def clear(site: Site, packages: list[dict[str, Any]]) -> None:
    owners = {("organization", each["organization"]["name"]) for each in packages}
    groups = {("group", group["name"]) for each in packages for group in each["groups"]}
    things = [*(("dataset", each["name"]) for each in packages), *sorted(owners | groups)]
    for kind, name in things:
        try:
            site.purge(name) if kind == "dataset" else site.call(f"{kind}_purge", id=name)
        except Refused:
            continue


def is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def make_one(site: Site, action: str, values: Mapping[str, Any]) -> None:
    try:
        site.call(action, **values)
    except Refused as refused:
        if "already" not in str(refused):
            raise


def read_all(site: Site) -> dict[str, dict[str, Any]]:
    """Every package of the CKAN, by its name."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        page = site.call("package_search", rows=100, start=len(found), sort="name asc", include_private=True)
        if not page["results"]:
            return found
        found |= {each["name"]: each for each in page["results"]}


def values_of(package: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every value of a package that is not empty: what kind it is, where it stands, and itself."""
    for key, each in package.items():
        if key not in OWN and each not in (None, "", [], {}) and not isinstance(each, list):
            yield key, key, str(each)
    yield "organization", "organization", package["organization"]["name"]
    for each in package["extras"]:
        if each["value"]:
            yield "extras", f"extras.{each['key']}", each["value"]
    for kind in ("tags", "groups"):
        for each in package[kind]:
            yield kind, f"{kind}.{each['name']}", each["name"]
    for resource in package["resources"]:
        for key, each in resource.items():
            if (key not in OWN or key == "id") and each not in (None, "", False):
                yield f"resources.{key}", f"resources.{resource['id']}.{key}", str(each)


def compare(
    before: Mapping[str, Any], after: Mapping[str, Any], announced: set[str]
) -> Iterator[tuple[str, str, str]]:
    """Of every value that was there: what kind it is, where it stood, and what became of it."""
    now = {place: each for _kind, place, each in values_of(after)}
    names = {each["id"]: each.get("name") or each["id"] for each in before["resources"]}
    for kind, place, each in values_of(before):
        if now.get(place, "").strip() == each.strip():
            yield kind, place, "kept"
            continue
        head, _dot, tail = place.partition(".")
        if head == "resources":
            id, _dot, key = tail.partition(".")
            place = f"resources[{names[id]}].{key}"
        told = place in announced or head in announced
        state = "another" if now.get(f"{head}.{tail}" if tail else head) else "gone"
        yield kind, place, state if told else f"{state}, unannounced"


def once(folder: Path, stage: str, work: Callable[[], Any]) -> Any:
    """What a stage gave, as JSON: done once in this folder, however often the benchmark is begun."""
    path = folder / f"{stage}.json"
    if not path.exists():
        start, used = time.perf_counter(), processor_seconds()
        found = work()
        spent = {"s": time.perf_counter() - start, "processor": processor_seconds() - used}
        path.with_suffix(".new").write_text(json.dumps({**spent, "found": found}), "utf-8")
        path.with_suffix(".new").replace(path)
    stage_log = json.loads(path.read_text("utf-8"))
    say(stage, "s by the clock, s of the processor (ours)", stage_log["s"], stage_log["processor"])
    return stage_log["found"]


def processor_seconds() -> float:
    """Of this process and of those that it started and that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def vereda(*words: str) -> Any:
    """What a command answers as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words, "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return json.loads(done.stdout)


def import_all(folder: Path, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = vereda("import", "ckan", url, "--read", "--into", str(folder / "datasets"))[
        "packages"
    ]
    return found


def run_all(folder: Path, archive: Archive) -> list[tuple[str, str, str]]:
    """A night of all that can run, without Prefect: what became of each dataset, and why. What was released
    before the benchmark was interrupted stays."""
    outcomes: list[tuple[str, str, str]] = []
    for number, each in enumerate(load_datasets(folder / "datasets")):
        if not isinstance(each, Dataset):
            outcomes.append((str(number), "asks first", ""))
            continue
        if archive.history(each.id).releases:
            outcomes.append((each.id, "published", ""))
            continue
        found = Run(
            each,
            archive,
            lambda: datetime.now(UTC),
            fetch,
            run_id=f"first-{number}",
            as_of=None,
            inbox=folder / "inbox",
            limits=DEFAULT_LIMITS,
        ).execute()
        outcomes += [(each.id, outcome.outcome, outcome.message[:300]) for outcome in found]
    return outcomes


def main(catalogue: Path, every: int, kill: int, folder: Path) -> None:
    """Begun again with the same folder, it goes on where it was interrupted."""
    folder.mkdir(parents=True, exist_ok=True)
    stack, files = Stack(HOME), Files(folder / "port")
    running = stack.running()
    stack.up()
    site, packages = Site(stack, "adoption-"), read_packages(catalogue, every)
    for package in packages:
        for resource in package["resources"]:
            files.address(resource)
    try:
        with settings_of(stack, folder) as settings:
            once(folder, "1-made", lambda: make_packages(site, packages, files))
            move_in(stack, site, folder, settings, kill)
        clear(site, packages)
        shutil.rmtree(folder)
    finally:
        if not running:
            stack.down()


def move_in(stack: Stack, site: Site, folder: Path, settings: Settings, kill: int) -> None:
    drafts = once(folder, "2-imported", lambda: import_all(folder, site.url))
    archive = Archive.open(folder / "archive")
    outcomes = once(folder, "3-run", lambda: run_all(folder, archive))
    report_import(drafts, outcomes)
    before = once(folder, "4-before", lambda: read_all(site))
    announced = once(folder, "5-planned", lambda: plan_changes(settings, archive, folder))
    published = once(folder, "6-published", lambda: publish_all(stack, site, folder, kill))
    say_calls(published)
    again = folder / "calls-again.txt"
    say("steps left after that", len(noted_catalogue(settings, again).plan(archive)))
    say("calls of a plan with nothing to do", sum(count for count, _seconds in read_calls(again).values()))
    report(before, read_all(site), {tuple(each) for each in announced})


def report_so_far(folder: Path) -> None:
    """The comparison of what is published by now, while the benchmark runs or after it was interrupted."""
    found = [
        json.loads((folder / f"{stage}.json").read_text("utf-8"))["found"]
        for stage in ("4-before", "5-planned")
    ]
    before, announced = found
    report(before, read_all(Site(Stack(HOME), "adoption-")), {tuple(each) for each in announced})


def plan_changes(settings: Settings, archive: Archive, folder: Path) -> list[tuple[str, str]]:
    """Each change that the plan announces before anything is published: of which package, and which field."""
    steps = noted_catalogue(settings, folder / "calls-plan.txt").plan(archive)
    for step in steps:
        if step.action == "refuse":
            print(f"  refused: {step.target}: {step.detail}", flush=True)
    return [(step.target, change.field) for step in steps for change in step.changes]


def report_import(drafts: list[dict[str, Any]], outcomes: list[tuple[str, str, str]]) -> None:
    """What became of the packages when they were imported, and of those that could run."""
    say("imported", *(f"{n} {state}" for state, n in collections.Counter(d["state"] for d in drafts).items()))
    asked = collections.Counter(kind for draft in drafts for kind in draft["asks"])
    say("packages that ask, by what they ask about", *(f"{n} {kind}" for kind, n in asked.most_common()))
    for id, outcome, message in outcomes:
        if outcome not in ("published", "asks first"):
            print(f"  {id}: {outcome}: {message}", flush=True)
    say("run", *(f"{n} {word}" for word, n in collections.Counter(word for _i, word, _m in outcomes).items()))


def report(before: Mapping[str, Any], after: Mapping[str, Any], announced: set[tuple[Any, ...]]) -> None:
    """What became of every value of every package that was taken over, by its kind, and of each of the others
    that is not as it was; what nobody was told of, one by one."""
    table: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    taken = 0
    for name, package in before.items():
        if name not in after:
            print(f"  the package {name} is gone")
            continue
        told = {change for target, change in announced if target == name}
        ours = any(each["key"] == "vereda" for each in after[name]["extras"])
        taken += ours
        for kind, place, state in compare(package, after[name], told):
            if not ours and state == "kept":
                continue
            table[kind][state] += 1
            if state.startswith("gone") or state.endswith("unannounced"):
                print(f"  {name}: {place}: {state}", flush=True)
    say("packages before, of them taken over", len(before), taken)
    say("values of these, before", sum(sum(counts.values()) for counts in table.values()))
    states = ("kept", "another", "gone", "another, unannounced", "gone, unannounced")
    say("values", *states)
    for kind, counts in sorted(table.items()):
        say(kind, *(counts[state] for state in states))


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--catalogue", type=Path, default=CATALOGUE)
    asked.add_argument("--every", type=int, default=1, help="each package, or every second, third …")
    asked.add_argument("--kill", type=int, default=40)
    asked.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "adoption", help="what was done stays there"
    )
    asked.add_argument("--report", action="store_true", help="compare what is published by now, and end")
    told = asked.parse_args()
    if told.report:
        report_so_far(told.folder)
    else:
        main(told.catalogue, told.every, told.kill, told.folder)

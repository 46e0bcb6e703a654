"""Publishes an archive to the CKAN of `make ckan` in a process of its own, which may be killed, and notes
each call; `python -m benchmarks.publisher FOLDER`, with the settings in the environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg

from benchmarks.ckan import say
from catalog.archive.archive import Archive
from catalog.ckan.catalogue import Ckan, Memory
from catalog.ckan.remote import AnswerLost, CkanError, Remote
from pipelines.nightly.publish import ckan as configured_ckan
from pipelines.settings import Settings
from tests.support.ckan.programs import ROOT
from tests.support.ckan.stack import Stack
from tests.support.ckan_stack import Site


@contextmanager
def settings_of(stack: Stack, folder: Path) -> Iterator[Settings]:
    told = {
        "VEREDA_DATASETS": folder / "datasets",
        "VEREDA_ARCHIVE": folder / "archive",
        "VEREDA_PORTAL": folder / "portal",
        "VEREDA_INBOX": folder / "inbox",
        "VEREDA_CKAN_URL": stack.where.url,
        "VEREDA_CKAN_TOKEN": stack.token,
        "VEREDA_CKAN_DATASTORE_URL": stack.datastore_url,
        "VEREDA_TIMEOUT": "600",
    }
    os.environ.update({key: str(each) for key, each in told.items()})
    yield Settings()
    for key in told:
        os.environ.pop(key)


@dataclass(frozen=True)
class Noted(Remote):
    """Writes each call into a file, so that those of a publisher that was killed count too."""

    into: Path = Path(os.devnull)

    def act(self, action: str, *args: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return super().act(action, *args, **named)
        finally:
            with self.into.open("a", encoding="utf-8") as file:
                file.write(f"{action} {time.perf_counter() - start:.3f}\n")


def read_calls(path: Path) -> dict[str, tuple[int, float]]:
    """How many calls there were of each action, and their seconds in all."""
    calls: dict[str, tuple[int, float]] = {}
    for line in path.read_text("utf-8").splitlines():
        action, seconds = line.split()
        count, spent = calls.get(action, (0, 0.0))
        calls[action] = (count + 1, spent + float(seconds))
    return calls


def noted_catalogue(settings: Settings, into: Path) -> Ckan:
    quiet = configured_ckan(settings)
    remote = Noted(quiet.remote.url, quiet.remote.token, timeout=600, into=into)
    return replace(quiet, remote=remote, memory=Memory())


def publish(folder: Path) -> None:
    """Publishes all, in a process of its own, which may be killed."""
    settings, archive = Settings(), Archive.open(folder / "archive")
    catalogue = noted_catalogue(settings, folder / "calls.txt")
    steps = catalogue.plan(archive)
    try:
        catalogue.apply(archive, steps)
    except AnswerLost:
        raise
    except CkanError as error:
        (folder / "refused.txt").write_text(str(error), "utf-8")


def publish_all(stack: Stack, site: Site, folder: Path, kill: int) -> dict[str, Any]:
    """Publishes in processes of their own, of which the first is killed when `kill` packages are ours, and
    goes on with what is left; gives the calls and the entries of the activity by their kind, and seconds."""
    command = [sys.executable, "-m", "benchmarks.publisher", str(folder)]
    mark, began, killed = Archive.open(folder / "archive").mark, time.time(), 0
    while True:
        publisher = subprocess.Popen(command, cwd=ROOT)
        while publisher.poll() is None:
            if kill and not killed and (ours := count_ours(site, mark)) >= kill:
                publisher.send_signal(signal.SIGKILL)
                killed = ours
            time.sleep(2)
        if publisher.wait() == 0:
            break
    ids = find_ours(site, mark)
    return {
        "killed at": killed,
        "s": time.time() - began,
        "calls": read_calls(folder / "calls.txt"),
        "ours": len(ids),
        "activities": count_activities(stack, ids.values(), began),
    }


def say_calls(published: Mapping[str, Any]) -> None:
    """What `publish_all` gave, as lines of a table."""
    say("publisher killed when packages were ours", published["killed at"])
    say("packages that are ours; calls", published["ours"], sum(n for n, _s in published["calls"].values()))
    for action, (count, seconds) in sorted(published["calls"].items()):
        say("", action, count, f"{seconds:.0f} s")
    say("activities", *(f"{n} {kind}" for kind, n in published["activities"].items()))


def find_ours(site: Site, mark: str) -> dict[str, str]:
    """The packages of an archive, drafts too: their ids by their names."""
    found: dict[str, str] = {}
    fq, start = f'extras_vereda_archive:"{mark}"', 0
    while True:
        query: dict[str, Any] = {"fq": fq, "rows": 100, "start": start, "sort": "name asc"}
        page = site.call("package_search", **query, include_private=True, include_drafts=True)["results"]
        found |= {each["name"]: each["id"] for each in page}
        start += len(page)
        if len(page) < 100:
            return found


def count_ours(site: Site, mark: str) -> int:
    """How many packages are an archive's; 0 while the CKAN does not answer."""
    with suppress(httpx.TransportError):
        return int(site.call("package_search", fq=f'extras_vereda_archive:"{mark}"', rows=0)["count"])
    return 0


def count_activities(stack: Stack, ids: Collection[str], since: float) -> dict[str, int]:
    """The entries that these packages have in CKAN's activity table since a moment, by kind."""
    with psycopg.connect(stack.where.database("ckan", "ckan")) as connection:
        question = "select activity_type, count(*) from activity where object_id = any(%s) and timestamp > %s"
        moment = datetime.fromtimestamp(since, UTC).replace(tzinfo=None)
        found = connection.execute(f"{question} group by 1 order by 1", (list(ids), moment))
        return {str(kind): int(count) for kind, count in found}


if __name__ == "__main__":
    publish(Path(sys.argv[1]))

"""What does it take to publish a whole city into a CKAN for the first time? 435 invented datasets (those of
`benchmarks.night`) go into the CKAN of `make ckan`, the publisher is killed in the middle and begun again;
then nothing is new, then 1 % is. Prints seconds, calls, activities, and what stands twice.
`python -m benchmarks.first_publication [DATASETS] [FOLDER]`; what is in FOLDER already is used again."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.ckan import say
from benchmarks.night import agencies, declare, write_extract
from benchmarks.publisher import publish_all, say_calls, settings_of
from catalog.archive.archive import Archive
from pipelines.dataset.dataset import Dataset, load_datasets
from pipelines.fetch import fetch
from pipelines.release.run import Run
from pipelines.settings import DEFAULT_LIMITS
from tests.support.ckan.programs import HOME
from tests.support.ckan.stack import Stack
from tests.support.ckan_stack import Site


def release(folder: Path, archive: Archive, numbers: range) -> None:
    """The next version of these datasets, without Prefect and without publishing."""
    wanted = {f"prueba-{number:05}" for number in numbers}
    for each in load_datasets(folder / "datasets"):
        if isinstance(each, Dataset) and each.id in wanted:
            run = f"{time.time_ns()}-{each.id}"
            (outcome,) = Run(
                each,
                archive,
                lambda: datetime.now(UTC),
                fetch,
                run_id=run,
                as_of=None,
                inbox=folder / "inbox",
                limits=DEFAULT_LIMITS,
            ).execute()
            assert outcome.outcome in ("published", "unchanged"), outcome


def publish(what: str, stack: Stack, site: Site, folder: Path, kill: int = 0) -> None:
    """Publishes all that is left, and says what that took."""
    (folder / "calls.txt").unlink(missing_ok=True)
    load = os.getloadavg()[0]
    published = publish_all(stack, site, folder, kill)
    say(what, "s", published["s"], "load", load, os.getloadavg()[0])
    say_calls(published)


def check(site: Site, datasets: int) -> None:
    """That every package is there once, whole, with each resource once, each table with its rows, and one
    preview of a kind."""
    found: list[dict[str, Any]] = []
    while True:
        page = site.call("package_search", fq="name:prueba-*", rows=100, start=len(found), sort="name asc")
        if not page["results"]:
            break
        found += page["results"]
    doubled, wrong = 0, []
    for package in found:
        keys = Counter(each.get("vereda") for each in package["resources"])
        doubled += sum(count - 1 for count in keys.values())
        latest = next(each for each in package["resources"] if each.get("vereda") == "latest/filas.csv")
        total = site.call("datastore_search", resource_id=latest["id"], limit=0)["total"]
        views = Counter(view["view_type"] for view in site.call("resource_view_list", id=latest["id"]))
        doubled += sum(count - 1 for count in views.values())
        if total < 200 or latest["table_version"] != package["version"] or not views:
            wrong.append(package["name"])
    say(
        "packages there, of them not whole; resources and previews that stand twice",
        len(found),
        len(wrong),
        doubled,
    )
    assert (len(found), wrong, doubled) == (datasets, [], 0)


def main(datasets: int, folder: Path) -> None:
    stack = Stack(HOME)
    running = stack.running()
    stack.up()
    site, extracts, mark = Site(stack, "prueba-"), folder / "extracts", folder / "port"
    extracts.mkdir(parents=True, exist_ok=True)
    try:
        with (
            agencies(extracts, int(mark.read_text()) if mark.exists() else 0) as url,
            settings_of(stack, folder),
        ):
            mark.write_text(url.rpartition(":")[2])
            for number in range(datasets):
                write_extract(extracts / f"prueba-{number:05}.csv", number, 0)
                declare(folder / "datasets", number, url)
            archive = Archive.open(folder / "archive")
            lacking = [n for n in range(datasets) if not archive.history(f"prueba-{n:05}").releases]
            if lacking:
                release(folder, archive, range(lacking[0], datasets))
            publish(f"{datasets} datasets, for the first time", stack, site, folder, kill=datasets // 2)
            check(site, datasets)
            publish("nothing new", stack, site, folder)
            changed = range(max(1, round(datasets * 0.01)))
            for number in changed:
                write_extract(extracts / f"prueba-{number:05}.csv", number, 1)
            release(folder, archive, changed)
            publish(f"{len(changed)} changed", stack, site, folder)
            check(site, datasets)
    finally:
        clear(site)
        if not running:
            stack.down()


def clear(site: Site) -> None:
    site.clear()
    for name in site.call("organization_list", limit=1000):
        if name.startswith("organismo-"):
            site.call("organization_purge", id=name)


if __name__ == "__main__":
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 435
    if len(sys.argv) > 2:
        main(many, Path(sys.argv[2]).absolute())
    else:
        with tempfile.TemporaryDirectory() as there:
            main(many, Path(there))

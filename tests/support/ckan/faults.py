"""What goes wrong with a CKAN, done to a real one; each lasts as long as its `with` block, and is undone
after it."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.support.ckan.stack import PLUGINS, Stack


@contextlib.contextmanager
def solr_down(stack: Stack) -> Iterator[None]:
    """No search index: searches fail, and so does every change of a package."""
    stack.daemons["solr"].stop(signal.SIGKILL)
    try:
        yield
    finally:
        stack.start_solr()
        stack.wait_for_solr()


def index_lags(stack: Stack, package: Mapping[str, Any]) -> None:
    """The search shows a package as it was, as when it did not get to the last change yet."""
    query = {"q": f'id:"{package["id"]}"', "wt": "json"}
    answer = httpx.get(f"{stack.where.solr_url}/select", params=query, timeout=60)
    (found,) = answer.raise_for_status().json()["response"]["docs"]
    document = {key: value for key, value in found.items() if key not in ("_version_", "score")}
    document["validated_data_dict"] = json.dumps(package)
    document["metadata_modified"] = package["metadata_modified"] + "Z"
    url = f"{stack.where.solr_url}/update"
    httpx.post(url, params={"commit": "true"}, json=[document], timeout=60).raise_for_status()


@contextlib.contextmanager
def datastore_off(stack: Stack) -> Iterator[None]:
    """A portal without the DataStore, nor what builds on it."""
    stack.start_ckan([name for name in PLUGINS if name not in ("datastore", "datatables_view", "xloader")])
    try:
        yield
    finally:
        stack.start_ckan()


@contextlib.contextmanager
def ckan_down(stack: Stack) -> Iterator[None]:
    """Nobody listens; requests under way are cut."""
    stack.daemons["worker"].stop(signal.SIGKILL)
    stack.daemons["ckan"].stop(signal.SIGKILL)
    try:
        yield
    finally:
        stack.start_ckan()


@contextlib.contextmanager
def ckan_restarts(stack: Stack, after: float = 0.2) -> Iterator[None]:
    """Some `after` seconds into the block CKAN is killed, and comes up again as fast as it can, while the
    block goes on."""

    def restart() -> None:
        time.sleep(after)
        with ckan_down(stack):
            pass

    thread = threading.Thread(target=restart)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@contextlib.contextmanager
def disk_full(stack: Stack, largest: int = 200_000) -> Iterator[None]:
    """CKAN's web workers cannot write a file larger than so many bytes, as if the disk were full then.

    An upload of up to 500 kB fails when it is stored, with a 500. A larger one is spooled to a file as it
    comes in, so that it fails before all of it was read: whether the client still reads the 500 or finds the
    connection broken is a race, as it is on a full disk.
    """
    web = stack.daemons["ckan"].pid
    before = {
        pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        for pid in _with_children(web)
    }
    try:
        yield
    finally:
        for pid, limit in before.items():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def _with_children(pid: int) -> list[int]:
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

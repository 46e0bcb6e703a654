"""Runs for what was handed in, mapped or let through. With a Prefect server its runner carries them out
(`vereda deploy`); without one, or where it takes none, this does, each in a process of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from pipelines.dataset.dataset import dataset_folders
from pipelines.release.receipt_outcomes import find_whole_tables, receipt_outcomes

PORTAL = "publish"
SERVER = "PREFECT_API_URL"
"""Where Prefect's server is; a run that it did not take has one of its own."""
log = logging.getLogger(__name__)


@dataclass
class Runs:
    """One run after another. A dataset that waits for its run is not noted a second time: that run takes
    everything that was handed in until it begins. `start_at_server` has a dataset run by Prefect's server,
    and says whether that took it."""

    start_at_server: Callable[[str], bool] = lambda _dataset: False

    waiting: dict[str, list[int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="desk-runs")
    )

    def start(self, dataset: str, receipt: int) -> None:
        """Has a dataset run soon, for that receipt, unless the watch does."""
        if not os.environ.get(SERVER):
            self.run_now(dataset, receipt)

    def run_now(self, dataset: str, receipt: int | None) -> None:
        """Has a dataset run soon, also where the watch sees nothing new: what guards stopped was let
        through, or somebody said which column is which."""
        with self.lock:
            if dataset in self.waiting:
                self.waiting[dataset] += [receipt] if receipt else []
                return
            self.waiting[dataset] = [receipt] if receipt else []
        self.pool.submit(self._run, dataset)

    def publish(self) -> None:
        """Has the portal brought up soon."""
        with self.lock:
            if PORTAL in self.waiting:
                return
            self.waiting[PORTAL] = []
        self.pool.submit(self._publish)

    def resume(self, archive: Archive, datasets: Path) -> None:
        """Starts what was handed in before a server ended, and waits still; of several processes one does."""
        if not os.environ.get(SERVER):
            self.pool.submit(self._resume, archive, datasets)

    def close(self) -> None:
        """Begins no further run: what waits is begun when the desk opens again."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _resume(self, archive: Archive, datasets: Path) -> None:
        for folder in dataset_folders(datasets):
            with suppress(ArchiveError, Damaged, ValueError):
                if not archive.receipts(folder.name).last and not archive.receipts(folder.name, True).last:
                    continue
                if release := archive.locks.take(f"desk-resume-{folder.name}", {"by": "desk"}):
                    try:
                        self._resume_one(archive, datasets, folder.name)
                    finally:
                        release()

    def _resume_one(self, archive: Archive, datasets: Path, id: str) -> None:
        whole = find_whole_tables(datasets, id)
        for demo in (False, True):
            outcomes = receipt_outcomes(archive, archive.history(id, demo), whole)
            numbers = [each.receipt.number for each in outcomes if each.is_open]
            if numbers:
                self._call(["run", id, *_named(numbers)])

    def _run(self, dataset: str) -> None:
        with self.lock:
            receipts = self.waiting.pop(dataset, [])
        if self.start_at_server(dataset):
            return
        self._call(["run", dataset, *_named(receipts)])

    def _publish(self) -> None:
        with self.lock:
            self.waiting.pop(PORTAL, None)
        self._call(["publish", "--to", "portal"])

    def _call(self, words: Sequence[str]) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != SERVER},
            check=False,
        )
        if done.returncode not in (0, 1):  # 1: something was rejected, which the receipt tells
            log.error(
                "the desk: vereda %s ended with %s: %s", words[:2], done.returncode, done.stderr[-2000:]
            )


def _named(receipts: Sequence[int]) -> list[str]:
    return [word for number in receipts for word in ("--receipt", str(number))]

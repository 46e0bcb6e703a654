"""Runs for what was handed in: with a Prefect server the watch over the inbox starts them (`vereda deploy`);
without one, this does, each in a process of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass
class Runs:
    """One run after another. A dataset that waits for its run is not noted a second time: that run takes
    everything that was handed in until it begins."""

    waiting: dict[str, list[int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="desk-runs")
    )

    def start(self, dataset: str, receipt: int) -> None:
        """Has a dataset run soon, for that receipt."""
        if os.environ.get("PREFECT_API_URL"):
            return
        with self.lock:
            if dataset in self.waiting:
                self.waiting[dataset].append(receipt)
                return
            self.waiting[dataset] = [receipt]
        self.pool.submit(self._run, dataset)

    def _run(self, dataset: str) -> None:
        with self.lock:
            receipts = self.waiting.pop(dataset, [])
        named = [word for number in receipts for word in ("--receipt", str(number))]
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "run", dataset, *named],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode not in (0, 1):  # 1: something was rejected, which the receipt tells
            log.error(
                "the desk: the run of %s ended with %s: %s", dataset, done.returncode, done.stderr[-2000:]
            )

"""A program in the background that outlives whoever started it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Down(Exception):
    """A program ended or did not answer in time: its log, named in the message, says why."""


@dataclass(frozen=True)
class Daemon:
    """Known by PID and start time in `run/<name>.pid`: a pid may be another program's by now.
    `log/<name>.log` tells of its last run."""

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log" / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "run" / f"{self.name}.pid"

    @property
    def pid(self) -> int | None:
        """Its process while it runs."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid, started = self._pid_file.read_text().split()
            if _started(int(pid)) == started:
                return int(pid)
        return None

    def start(
        self, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, user: str | None = None
    ) -> None:
        """Starts it unless it runs."""
        if self.pid:
            return
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                start_new_session=True,
            )
        self._pid_file.write_text(f"{process.pid} {_started(process.pid)}")
        process.returncode = (
            0  # Nobody waits for it: without this, Python warns about a child that still runs.
        )

    def wait(self, answers: Callable[[], object], seconds: float = 60) -> None:
        """Until it answers; raises Down when it ends or takes longer."""
        until = time.monotonic() + seconds
        while not answers():
            if not self.pid:
                raise Down(f"{self.name} ended: see {self.log}")
            if time.monotonic() > until:
                raise Down(f"{self.name} does not answer after {seconds:.0f} s: see {self.log}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
        """Ends it, by force when it takes longer than `seconds`, and what it left behind of its own
        session."""
        pid = self.pid
        if not pid:
            return
        os.kill(pid, how)
        until = time.monotonic() + seconds
        while self.pid and time.monotonic() < until:
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # it is the leader of its group
        while self.pid:
            time.sleep(0.02)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        self._pid_file.unlink(missing_ok=True)


def _started(pid: int) -> str | None:
    """When a process started, in clock ticks since boot; None if it is gone or a zombie, which `kill -0`
    takes for alive."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else rest[18]

"""A call to a small program in a process that it may crash, fill or hold up without harm to anything else.

The process is kept for the next call; one that ended is replaced. A program is a file of Python that imports
as little as it can, and whose functions take and give what JSON can say.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

WORKER = Path(__file__).with_name("worker.py")
SECRETS = ("VEREDA_", "AWS_", "AZURE_", "GOOGLE_", "PREFECT_")
"""How the names of environment variables begin that a process for foreign things has no use for."""
KEPT = 2
"""Processes without work that are kept for each program."""


class Stopped(Exception):
    """The process was ended before it answered: it took more `memory` or `time` than it may, or it crashed
    (`crash`)."""

    def __init__(self, why: Literal["memory", "time", "crash"]):
        self.why = why
        super().__init__(why)


class Raised(Exception):
    """The function raised: the name of the exception's class, and its message."""

    def __init__(self, kind: str, message: str):
        self.kind, self.message = kind, message
        super().__init__(f"{kind}: {message}")


@dataclass(frozen=True)
class Bounds:
    """What a call may cost: `memory` of the process and `written` to a file, in bytes; `seconds` of
    computing, and four times as many by the clock, for a machine that has other things to do."""

    memory: int = 2_000_000_000
    seconds: int = 60
    written: int = 2_000_000_000


def call(program: Path, function: str, *arguments: Any, bounds: Bounds) -> Any:
    """What `function` of `program` gives. Raises Stopped and Raised.

    Whether a call succeeds does not depend on the ones before: where it does not in a process that has worked
    already, it is tried once more in a new one.
    """
    worker, used = _POOL.take(program)
    try:
        return _POOL.ask(worker, program, function, arguments, bounds)
    except Stopped as stopped:
        if not used or stopped.why == "time":
            raise
    return _POOL.ask(_Worker(), program, function, arguments, bounds)


class _Worker:
    """A process that answers calls."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl+C is for who called
        )

    def ask(self, question: dict[str, Any], patience: float) -> dict[str, Any]:
        """The answer; raises Stopped where the process ends, or lets `patience` seconds pass."""
        assert self.process.stdin
        assert self.process.stdout
        try:
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return self._explain_end()
        answer, until = bytearray(), time.monotonic() + patience
        poll = select.poll()
        poll.register(self.process.stdout, select.POLLIN | select.POLLHUP)
        while not answer.endswith(b"\n"):
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise Stopped("time")
            block = os.read(self.process.stdout.fileno(), 1 << 20)
            if not block:
                return self._explain_end()
            answer += block
        return dict(json.loads(answer))

    def _explain_end(self) -> dict[str, Any]:
        match self.process.wait():
            case status if status == -signal.SIGXCPU:
                raise Stopped("time")
            case status if status == -signal.SIGKILL:  # so the kernel ends what fills the machine
                raise Stopped("memory")
        raise Stopped("crash")

    def close(self) -> None:
        """Ends the process, whatever it does."""
        with contextlib.suppress(BrokenPipeError), self.process as process:
            process.kill()


class _Pool:
    """Processes that wait for work, by program; threads share them, a forked process has its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.idle: dict[Path, list[_Worker]] = {}

    def take(self, program: Path) -> tuple[_Worker, bool]:
        """A process, and whether it has worked before."""
        with self.lock:
            waiting = self.idle.get(program)
            if waiting:
                return waiting.pop(), True
        return _Worker(), False

    def ask(
        self, worker: _Worker, program: Path, function: str, arguments: tuple[Any, ...], bounds: Bounds
    ) -> Any:
        what = {"program": str(program), "function": function, "arguments": arguments}
        question = {**what, **asdict(bounds)}
        try:
            answer = worker.ask(question, bounds.seconds * 4)
            if "stopped" in answer:
                raise Stopped(answer["stopped"])
        except BaseException:
            worker.close()
            raise
        self._keep(program, worker)
        if "raised" in answer:
            raise Raised(answer["raised"], answer["message"])
        return answer["gave"]

    def _keep(self, program: Path, worker: _Worker) -> None:
        with self.lock:
            waiting = self.idle.setdefault(program, [])
            if len(waiting) < KEPT:
                waiting.append(worker)
                return
        worker.close()

    def close(self) -> None:
        with self.lock:
            workers = [worker for waiting in self.idle.values() for worker in waiting]
            self.idle.clear()
        for worker in workers:
            worker.close()


def _forget_in_fork() -> None:
    """The parent's processes stay the parent's."""
    _forgotten.append(_POOL.idle)
    _POOL.lock, _POOL.idle = threading.Lock(), {}


_POOL = _Pool()
_forgotten: list[dict[Path, list[_Worker]]] = []
atexit.register(_POOL.close)
os.register_at_fork(after_in_child=_forget_in_fork)

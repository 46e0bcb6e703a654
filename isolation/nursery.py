"""A function of our own, called in a process that is forked for it: what that function reads may crash, fill or
hold up that process, and nothing else.

Forked are the calls from a process that does nothing but this, the nursery: it has all modules loaded, so that
a call costs milliseconds, and a single thread, so that none holds a lock in the middle of a fork. It is itself
forked, where this process has one thread yet, and else started anew.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import pickle
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from isolation.process import SECRETS, Bounds, Stopped

T = TypeVar("T")
LENGTH = struct.Struct("<Q")
STATUS = struct.Struct("<i")
BLOCK = 1 << 20
WARM_UP = "warm_up"
"""The function of a module, if it has one, that makes ready what each of its calls would else make anew."""


def call_apart(function: Callable[..., T], *arguments: Any, bounds: Bounds) -> T:
    """What `function`, of the top level of a module, gives in a process of its own; what it raises is raised,
    with its traceback as a note. Arguments and answer are pickled. Raises Stopped."""
    question = pickle.dumps((function, arguments, bounds))
    with _open_call(function.__module__) as (answers, status):
        until = time.monotonic() + bounds.seconds * 4
        try:
            _send(answers, question, until)
            answer = _receive(answers, until)
        except OSError:
            answer = None
        if answer is None:
            raise Stopped(_explain_end(status))
    word, value = pickle.loads(answer)
    if word == "stopped":
        raise Stopped(value)
    if word == "raised":
        raise value
    gave: T = value
    return gave


def prepare() -> None:
    """Makes the nursery now, while this process has one thread: later it would have to be started anew, and
    load its modules once more."""
    _NURSERY.control()


def restart(fork: bool | None = None) -> None:
    """Ends the nursery, so that the next call has what is loaded and set in this process now; `fork` says how
    the next one is made."""
    _NURSERY.close()
    _NURSERY.fork = fork


class _Nursery:
    """The process from which calls are forked; threads share it, a forked process makes its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.socket: socket.socket | None = None
        self.process: int | None = None
        self.fork: bool | None = None

    def control(self, module: str = "") -> socket.socket:
        """Where calls of functions of a module are asked for."""
        with self.lock:
            if self.socket is None:
                mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                single = threading.active_count() == 1 if self.fork is None else self.fork
                if single and module:
                    _load(module)
                self.process = _fork_nursery(its) if single else _start_nursery(its)
                its.close()
                self.socket = mine
            return self.socket

    def close(self) -> None:
        with self.lock:
            if self.socket is None or self.process is None:
                return
            self.socket.close()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.process, 0)
            self.socket = self.process = None


@contextmanager
def _open_call(module: str) -> Iterator[tuple[socket.socket, int]]:
    """A socket to a new process, and a pipe that will hold how it ended; whoever leaves before ends it."""
    answers, its = socket.socketpair()
    status, told = os.pipe()
    try:
        with its:
            for last in (False, True):
                try:
                    socket.send_fds(_NURSERY.control(module), [module.encode()], [its.fileno(), told])
                    break
                except OSError:  # it was ended from outside
                    if last:
                        raise
                    _NURSERY.close()
        os.close(told)
        with answers:
            yield answers, status
    finally:
        os.close(status)


def _send(to: socket.socket, message: bytes, until: float) -> None:
    to.settimeout(max(0.001, until - time.monotonic()))
    to.sendall(LENGTH.pack(len(message)) + message)


def _receive(source: socket.socket, until: float) -> bytes | None:
    """A message; None where the other side ends before it is whole. Raises Stopped after `until`."""
    received = bytearray()
    while len(received) < LENGTH.size or len(received) < LENGTH.size + LENGTH.unpack_from(received)[0]:
        source.settimeout(max(0.001, until - time.monotonic()))
        try:
            block = source.recv(BLOCK)
        except TimeoutError as error:
            raise Stopped("time") from error
        if not block:
            return None
        received += block
    return bytes(received[LENGTH.size :])


def _explain_end(status: int) -> Any:
    ended = os.read(status, STATUS.size)
    match STATUS.unpack(ended)[0] if len(ended) == STATUS.size else None:
        case code if code == -signal.SIGXCPU:
            return "time"
        case code if code == -signal.SIGKILL:  # so the kernel ends what fills the machine
            return "memory"
    return "crash"


def _fork_nursery(control: socket.socket) -> int:
    process = os.fork()
    if process:
        return process
    try:
        os.setsid()
        _close_all_but(control.fileno())
        serve(control)
    finally:
        os._exit(0)


def _start_nursery(control: socket.socket) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    code = f"from isolation.nursery import start; start({control.fileno()})"
    return subprocess.Popen(
        [sys.executable, "-I", "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        pass_fds=[control.fileno()],
        start_new_session=True,  # Ctrl+C is for who called
    ).pid


def start(descriptor: int) -> None:
    """Serves calls at a socket that was handed down."""
    serve(socket.socket(fileno=descriptor))


def serve(control: socket.socket) -> None:
    """Forks a process for each call that comes, until whoever asks is gone; then all of them end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    running: dict[int, tuple[int, int]] = {}  # by the process's own descriptor: its number, where its end is told
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        descriptor, event = poll.poll()[0]  # one at a time: the next may speak of what this one closes
        if descriptor == control.fileno():
            module, handed, _flags, _address = socket.recv_fds(control, BLOCK, 2)
            if not module:
                for process in running:
                    signal.pidfd_send_signal(process, signal.SIGKILL)
                return
            _fork_call(control, module.decode(), handed, running, poll)
        elif descriptor in running:
            _reap(descriptor, running, poll)
        elif event & (select.POLLERR | select.POLLHUP):  # nobody waits for it any more
            process = next(each for each, (_pid, told) in running.items() if told == descriptor)
            signal.pidfd_send_signal(process, signal.SIGKILL)
            poll.unregister(descriptor)


def _fork_call(
    control: socket.socket,
    module: str,
    handed: list[int],
    running: dict[int, tuple[int, int]],
    poll: select.poll,
) -> None:
    answers, told = handed
    _load(module)
    gc.freeze()
    number = os.fork()
    if not number:
        try:
            control.close()
            os.close(told)
            for _process, (_number, other) in running.items():
                os.close(other)
            _answer_call(socket.socket(fileno=answers))
        finally:
            os._exit(0)
    os.close(answers)
    process = os.pidfd_open(number)
    running[process] = number, told
    poll.register(process, select.POLLIN)
    poll.register(told, 0)  # tells when its reader is gone


@cache
def _load(module: str) -> None:
    """Loads a module, and what it says that all its calls need."""
    with contextlib.suppress(ImportError):  # `__main__` of a program that this one does not know
        getattr(importlib.import_module(module), WARM_UP, int)()


def _reap(process: int, running: dict[int, tuple[int, int]], poll: select.poll) -> None:
    number, told = running.pop(process)
    _number, status = os.waitpid(number, 0)
    with contextlib.suppress(BrokenPipeError):
        os.write(told, STATUS.pack(os.waitstatus_to_exitcode(status)))
    poll.unregister(process)
    with contextlib.suppress(KeyError):
        poll.unregister(told)
    os.close(process)
    os.close(told)


def _answer_call(answers: socket.socket) -> None:
    """One call, in the process that is for it."""
    question = _receive(answers, time.monotonic() + 60)
    if question is None:
        return
    try:
        function, arguments, bounds = pickle.loads(question)
        _set_bounds(bounds)
        answer = pickle.dumps(("gave", function(*arguments)))
    except MemoryError:
        answer = pickle.dumps(("stopped", "memory"))
    except BaseException as error:  # noqa: BLE001 (what panics in Rust raises what is no Exception)
        answer = _pickle_error(error)
    answers.settimeout(None)
    answers.sendall(LENGTH.pack(len(answer)) + answer)


def _pickle_error(error: BaseException) -> bytes:
    """What was raised; where that cannot be handed on, an error of its name."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(answer := pickle.dumps(("raised", error)))
    except Exception:  # noqa: BLE001 (any class may refuse)
        stand_in = RuntimeError(f"{type(error).__name__}: {error}")
        stand_in.__notes__ = error.__notes__
        return pickle.dumps(("raised", stand_in))
    return answer


def _set_bounds(bounds: Bounds) -> None:
    """What this process may take from now on, beside what it was forked with."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        has = int(file.read().split()[5]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_DATA: has + bounds.memory,
        resource.RLIMIT_CPU: bounds.seconds + 1,
        resource.RLIMIT_FSIZE: bounds.written,
        resource.RLIMIT_CORE: 0,
    }
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an OSError
    for kind, bound in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a lower bound is in force already
            resource.setrlimit(kind, (bound, resource.getrlimit(kind)[1]))


def _close_all_but(descriptor: int) -> None:
    """Lets go of what the parent has open: its locks are its own. What it prints goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))


def _forget_in_fork() -> None:
    """The parent's nursery stays the parent's."""
    global _NURSERY
    _forgotten.append(_NURSERY)
    _NURSERY = _Nursery()


_NURSERY = _Nursery()
_forgotten: list[_Nursery] = []
atexit.register(lambda: _NURSERY.close())
os.register_at_fork(after_in_child=_forget_in_fork)

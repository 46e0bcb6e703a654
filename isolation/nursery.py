"""A function of our own, called in a process that is forked for it: what that function reads may crash, fill
or hold up that process, and nothing else.

Calls are forked from a process that does nothing but this, the nursery: it has all modules loaded, so that a
call costs milliseconds, and a single thread, so that none holds a lock in the middle of a fork. It is itself
forked where this process has one thread yet, and else started anew.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import pickle
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar, cast

from isolation.bounds import measure, set_bounds
from isolation.process import SECRETS, Bounds, Stopped
from isolation.readiness import keeping_all, load_all

T = TypeVar("T")
LENGTH = struct.Struct("<Q")
STATUS = struct.Struct("<i")
BLOCK = 1 << 20
KEPT = 2
"""Processes that are kept for the next small calls."""
GROWTH = 100_000_000
"""Bytes by which a process may have grown that is kept."""
BETWEEN, THEN = ",", ";"


def call_apart(
    function: Callable[..., T],
    *arguments: Any,
    bounds: Bounds,
    load: Sequence[str] = (),
    ahead: Sequence[str] = (),
    small: bool = False,
) -> T:
    """What `function`, of the top level of a module, gives in a process of its own; what it raises is raised,
    with its traceback as a note. Arguments and answer are pickled. `load` names modules that the call needs
    beside the function's own, so that they are loaded once; `ahead` those of the call after it, which are
    loaded while this one is answered. Raises Stopped.

    Where what is asked is `small`, a process answers that may have answered others so: most of what a small
    call costs is what the first one in a process makes ready. Whether it succeeds does not depend on those:
    where it does not, it is made once more in a new process, so `function` has to bear with what a first try
    left behind."""
    question = pickle.dumps((function, arguments, bounds))
    modules = frozenset([function.__module__, *load])
    until = time.monotonic() + bounds.seconds * 4
    kept = _NURSERY.take(modules) if small else None
    if kept:
        with contextlib.suppress(_Ended):
            return cast(T, _ask(kept, question, until, keep=True))
    nursery = _NURSERY
    for last in (False, True):
        control = nursery.control(modules)
        try:
            return cast(T, _ask(nursery.hire(control, modules, ahead), question, until, keep=small))
        except _Ended as ended:
            if ended.status is None and not last:
                nursery.close(control)  # it was ended itself, from outside
                continue
            if ended.why == "crash" and not last:
                nursery.leave(control)  # that what was asked crashes is known where a new one crashes too
                continue
            stopped = Stopped(ended.why)
            stopped.add_note(f"{function.__qualname__}: exit status {ended.status}")
            raise stopped from None
    raise AssertionError("the last turn gives or raises")


class _Ended(Exception):
    """The process ended before it answered, or took all the memory it may; `status` is None where it was not
    told, since there is no nursery any more."""

    def __init__(self, status: int | None, why: Literal["memory", "time", "crash"]) -> None:
        self.status, self.why = status, why
        super().__init__(status, why)


@dataclass(frozen=True)
class _Process:
    """A process that answers calls at a socket; its end is told in a pipe. It has these `modules`."""

    answers: socket.socket
    status: int
    modules: frozenset[str]

    def wait(self) -> int | None:
        """Its exit status; None where nobody tells it."""
        ended = os.read(self.status, STATUS.size)
        return STATUS.unpack(ended)[0] if len(ended) == STATUS.size else None

    def close(self) -> None:
        """Ends it, whatever it does."""
        with contextlib.suppress(OSError):
            self.answers.shutdown(socket.SHUT_RDWR)
        self.answers.close()
        os.close(self.status)


def _ask(process: _Process, question: bytes, until: float, *, keep: bool) -> Any:
    """What a process answers, which is kept for the next call only where it gave something, and is no larger
    for it. Raises what the function raised, Stopped where it takes too long, and _Ended."""
    word = ""
    try:
        try:
            _send(process.answers, question, until)
            answer = _receive(process.answers, until)
        except TimeoutError as error:
            raise Stopped("time") from error
        except OSError:
            answer = None
        if answer is None:
            status = process.wait()
            raise _Ended(status, _explain_end(status))
        with keeping_all():
            word, value = pickle.loads(answer)
    finally:
        if keep and word == "gave":
            _NURSERY.keep(process)
        else:
            process.close()
    if word == "stopped":
        raise _Ended(0, value)
    if word == "raised":
        raised, note = value
        raised.add_note(note)
        raise raised
    return value


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
        self.wait: Callable[[], Any] = int
        self.fork: bool | None = None
        self.modules: frozenset[str] = frozenset()
        self.idle: list[_Process] = []
        self.left: tuple[socket.socket, Callable[[], Any]] | None = None

    def control(self, modules: Iterable[str] = ()) -> socket.socket:
        """Where calls of functions of a module are asked for."""
        with self.lock:
            if self.socket is None:
                mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                single = threading.active_count() == 1 if self.fork is None else self.fork
                if single and modules:
                    load_all(modules)
                self.wait = _fork_nursery(its) if single else _start_nursery(its)
                its.close()
                self.socket = mine
            return self.socket

    def hire(self, control: socket.socket, modules: frozenset[str], ahead: Iterable[str] = ()) -> _Process:
        """A new process, for one call or more, that has these modules; those `ahead` are loaded beside it.
        Raises _Ended."""
        answers, its = socket.socketpair()
        status, told = os.pipe()
        with self.lock:
            self.modules |= modules
            process = _Process(answers, status, self.modules)
            try:
                wanted = THEN.join(BETWEEN.join(sorted(each)) for each in (modules, ahead))
                socket.send_fds(control, [wanted.encode()], [its.fileno(), told])
            except OSError as error:
                process.close()
                raise _Ended(None, "crash") from error
            finally:
                its.close()
                os.close(told)
        return process

    def take(self, modules: frozenset[str]) -> _Process | None:
        """A process that is kept and has these modules, if there is one."""
        with self.lock:
            for place in reversed(range(len(self.idle))):
                if modules <= self.idle[place].modules:
                    return self.idle.pop(place)
        return None

    def keep(self, process: _Process) -> None:
        """Keeps a process for the next call, in the place of the one that waits longest."""
        with self.lock:
            self.idle.append(process)
            leaving = self.idle.pop(0) if len(self.idle) > KEPT else None
        if leaving:
            leaving.close()

    def leave(self, control: socket.socket) -> None:
        """Has the next call asked of a new process in its place, if it is still the one of `control`. What
        runs there goes on; of those that were left only the last one stays."""
        with self.lock:
            if self.socket is not None and control is self.socket:
                before, self.left = self.left, (self.socket, self.wait)
                self._forget()
                _end_nursery(before)

    def close(self, control: socket.socket | None = None) -> None:
        """Ends it, if it is still the one of `control`."""
        with self.lock:
            if self.socket is not None and control in (None, self.socket):
                _end_nursery((self.socket, self.wait))
                self._forget()
            if control is None:
                _end_nursery(self.left)
                self.left = None

    def _forget(self) -> None:
        while self.idle:
            self.idle.pop().close()
        self.socket = None
        self.modules = frozenset()


def _end_nursery(nursery: tuple[socket.socket, Callable[[], Any]] | None) -> None:
    """Ends it and what was forked from it."""
    if nursery:
        control, wait = nursery
        control.close()
        wait()


def _send(to: socket.socket, message: bytes, until: float) -> None:
    to.settimeout(max(0.001, until - time.monotonic()))
    to.sendall(LENGTH.pack(len(message)) + message)


def _receive(source: socket.socket, until: float | None = None) -> bytes | None:
    """A message; None where the other side ends before it is whole. Raises TimeoutError after `until`."""
    received = bytearray()
    while len(received) < LENGTH.size or len(received) < LENGTH.size + LENGTH.unpack_from(received)[0]:
        source.settimeout(None if until is None else max(0.001, until - time.monotonic()))
        block = source.recv(BLOCK)
        if not block:
            return None
        received += block
    return bytes(received[LENGTH.size :])


def _explain_end(status: int | None) -> Literal["memory", "time", "crash"]:
    if status == -signal.SIGXCPU:
        return "time"
    return "memory" if status == -signal.SIGKILL else "crash"  # so the kernel ends what fills the machine


def _fork_nursery(control: socket.socket) -> Callable[[], Any]:
    """Gives what waits for its end."""
    process = os.fork()
    if process:
        return partial(os.waitpid, process, 0)
    try:
        os.setsid()
        _let_go_but(control.fileno())
        for name in [name for name in os.environ if name.startswith(SECRETS)]:
            del os.environ[name]
        serve(control)
    finally:
        os._exit(0)


def _start_nursery(control: socket.socket) -> Callable[[], Any]:
    """Likewise."""
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
    ).wait


def start(descriptor: int) -> None:
    """Serves calls at a socket that was handed down."""
    serve(socket.socket(fileno=descriptor))


def serve(control: socket.socket) -> None:
    """Forks a process for each call that comes, until whoever asks is gone; then all of them end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    running: dict[int, tuple[int, int]] = {}  # a process by its descriptor: its number, where its end is told
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        descriptor, event = poll.poll()[0]  # one at a time: the next may speak of what this one closes
        if descriptor == control.fileno():
            wanted, handed, _flags, _address = socket.recv_fds(control, BLOCK, 2)
            if not wanted:
                for process in running:
                    signal.pidfd_send_signal(process, signal.SIGKILL)
                return
            modules, ahead = (each.split(BETWEEN) for each in wanted.decode().split(THEN))
            _fork_process(control, modules, handed, running, poll)
            load_all(filter(None, ahead))
        elif descriptor in running:
            _reap(descriptor, running, poll)
        elif event & (select.POLLERR | select.POLLHUP):  # nobody waits for it any more
            process = next(each for each, (_pid, told) in running.items() if told == descriptor)
            signal.pidfd_send_signal(process, signal.SIGKILL)
            poll.unregister(descriptor)


def _fork_process(
    control: socket.socket,
    modules: Iterable[str],
    handed: list[int],
    running: dict[int, tuple[int, int]],
    poll: select.poll,
) -> None:
    answers, told = handed
    load_all(modules)
    gc.freeze()
    try:
        number = os.fork()
    except OSError:  # too little memory, or too many processes
        _tell_end(told, -signal.SIGKILL)
        os.close(answers)
        os.close(told)
        return
    if not number:
        try:
            control.close()
            os.close(told)
            for _number, other in running.values():
                os.close(other)
            _answer_calls(socket.socket(fileno=answers))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(answers)
    process = os.pidfd_open(number)
    running[process] = number, told
    poll.register(process, select.POLLIN)
    poll.register(told, 0)  # tells when its reader is gone


def _reap(process: int, running: dict[int, tuple[int, int]], poll: select.poll) -> None:
    number, told = running.pop(process)
    _number, status = os.waitpid(number, 0)
    _tell_end(told, os.waitstatus_to_exitcode(status))
    poll.unregister(process)
    with contextlib.suppress(KeyError):
        poll.unregister(told)
    os.close(process)
    os.close(told)


def _tell_end(told: int, status: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(told, STATUS.pack(status))


def _answer_calls(answers: socket.socket) -> None:
    """One call after another, in the process that is for them, until nobody asks any more."""
    before = measure("RssAnon")
    while (question := _receive(answers)) is not None:
        answer = _answer_call(question, before + GROWTH)
        answers.sendall(LENGTH.pack(len(answer)) + answer)


def _answer_call(question: bytes, most: int) -> bytes:
    """`gave`, `raised` or `stopped`; `given` where this process then has more than `most` bytes."""
    try:
        function, arguments, bounds = pickle.loads(question)
        set_bounds(bounds)
        gave = function(*arguments)
        return pickle.dumps(("gave" if measure("RssAnon") <= most else "given", gave))
    except MemoryError:
        return pickle.dumps(("stopped", "memory"))
    except BaseException as error:  # noqa: BLE001 (what panics in Rust raises what is no Exception)
        return _pickle_error(error)


def _pickle_error(error: BaseException) -> bytes:
    """What was raised, with its traceback; where that cannot be handed on, an error of its name."""
    note = "".join(traceback.format_exception(error))
    try:
        pickle.loads(answer := pickle.dumps(("raised", (error, note))))
    except Exception:  # noqa: BLE001 (any class may refuse)
        return pickle.dumps(("raised", (RuntimeError(f"{type(error).__name__}: {error}"), note)))
    return answer


def _let_go_but(descriptor: int) -> None:
    """Lets go of what the parent has open: its locks are its own, and what is written there goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    # Each number stays taken. Whoever opened it may close it still: Arrow does so with a pipe, once it has
    # read a CSV, in every fork. It aborts where nothing has the number, and else closes what is not its own.
    has = map(int, os.listdir("/proc/self/fd"))  # noqa: PTH208
    for number in {0, 1, 2, *has} - {descriptor, nowhere}:
        os.dup2(nowhere, number)


def _forget_in_fork() -> None:
    """The parent's nursery stays the parent's."""
    global _NURSERY
    _forgotten.append(_NURSERY)
    _NURSERY = _Nursery()


_NURSERY = _Nursery()
_forgotten: list[_Nursery] = []
atexit.register(lambda: _NURSERY.close())
os.register_at_fork(after_in_child=_forget_in_fork)

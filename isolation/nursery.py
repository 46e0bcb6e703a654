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
import importlib
import mmap
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
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, Literal, TypeVar, cast

from isolation.process import SECRETS, Bounds, Stopped

T = TypeVar("T")
LENGTH = struct.Struct("<Q")
STATUS = struct.Struct("<i")
BLOCK = 1 << 20
ROOMS = 64
"""How often a call's memory is added to its bound before it is held that there is room for it."""
BETWEEN = ","
WARM_UP = "warm_up"
"""The function of a module, if it has one, that makes ready what each of its calls would else make anew."""


def call_apart(function: Callable[..., T], *arguments: Any, bounds: Bounds, load: Sequence[str] = ()) -> T:
    """What `function`, of the top level of a module, gives in a process of its own; what it raises is raised,
    with its traceback as a note. Arguments and answer are pickled. `load` names modules that the call needs
    beside the function's own, so that they are loaded once. Raises Stopped."""
    question = pickle.dumps((function, arguments, bounds))
    modules = BETWEEN.join([function.__module__, *load])
    for last in (False, True):
        control = _NURSERY.control(modules)
        answer, ended = _ask(control, modules, question, bounds)
        if answer is not None:
            return cast(T, _open_answer(answer))
        if ended is not None or last:
            break
        _NURSERY.close(control)  # it was ended itself, from outside
    stopped = Stopped(_explain_end(ended))
    stopped.add_note(f"{function.__qualname__}: exit status {ended}")
    raise stopped


def _open_answer(answer: bytes) -> Any:
    word, value = pickle.loads(answer)
    if word == "stopped":
        raise Stopped(value)
    if word == "raised":
        error, note = value
        error.add_note(note)
        raise error
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

    def control(self, modules: str = "") -> socket.socket:
        """Where calls of functions of a module are asked for."""
        with self.lock:
            if self.socket is None:
                mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                single = threading.active_count() == 1 if self.fork is None else self.fork
                if single and modules:
                    _load_all(modules)
                self.wait = _fork_nursery(its) if single else _start_nursery(its)
                its.close()
                self.socket = mine
            return self.socket

    def close(self, control: socket.socket | None = None) -> None:
        """Ends it, if it is still the one of `control`."""
        with self.lock:
            if self.socket is not None and control in (None, self.socket):
                self.socket.close()
                self.wait()
                self.socket = None


def _ask(
    control: socket.socket, modules: str, question: bytes, bounds: Bounds
) -> tuple[bytes | None, int | None]:
    """The answer of a new process, or its exit status; neither where there is no nursery any more. Whoever
    leaves before ends it."""
    answers, its = socket.socketpair()
    status, told = os.pipe()
    until = time.monotonic() + bounds.seconds * 4
    try:
        with answers:
            try:
                try:
                    socket.send_fds(control, [modules.encode()], [its.fileno(), told])
                finally:
                    its.close()
                    os.close(told)
                _send(answers, question, until)
                answer = _receive(answers, until)
            except TimeoutError as error:
                raise Stopped("time") from error
            except OSError:
                answer = None
            if answer is not None:
                return answer, None
            ended = os.read(status, STATUS.size)
            return None, STATUS.unpack(ended)[0] if len(ended) == STATUS.size else None
    finally:
        os.close(status)


def _send(to: socket.socket, message: bytes, until: float) -> None:
    to.settimeout(max(0.001, until - time.monotonic()))
    to.sendall(LENGTH.pack(len(message)) + message)


def _receive(source: socket.socket, until: float) -> bytes | None:
    """A message; None where the other side ends before it is whole. Raises TimeoutError after `until`."""
    received = bytearray()
    while len(received) < LENGTH.size or len(received) < LENGTH.size + LENGTH.unpack_from(received)[0]:
        source.settimeout(max(0.001, until - time.monotonic()))
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
        _close_all_but(control.fileno())
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
            modules, handed, _flags, _address = socket.recv_fds(control, BLOCK, 2)
            if not modules:
                for process in running:
                    signal.pidfd_send_signal(process, signal.SIGKILL)
                return
            _fork_call(control, modules.decode(), handed, running, poll)
        elif descriptor in running:
            _reap(descriptor, running, poll)
        elif event & (select.POLLERR | select.POLLHUP):  # nobody waits for it any more
            process = next(each for each, (_pid, told) in running.items() if told == descriptor)
            signal.pidfd_send_signal(process, signal.SIGKILL)
            poll.unregister(descriptor)


def _fork_call(
    control: socket.socket,
    modules: str,
    handed: list[int],
    running: dict[int, tuple[int, int]],
    poll: select.poll,
) -> None:
    answers, told = handed
    _load_all(modules)
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
            _answer_call(socket.socket(fileno=answers))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(answers)
    process = os.pidfd_open(number)
    running[process] = number, told
    poll.register(process, select.POLLIN)
    poll.register(told, 0)  # tells when its reader is gone


def _load_all(modules: str) -> None:
    for module in modules.split(BETWEEN):
        _load(module)


@cache
def _load(module: str) -> None:
    """Loads a module, and what it says that all its calls need."""
    with contextlib.suppress(ImportError):  # `__main__` of a program that this one does not know
        getattr(importlib.import_module(module), WARM_UP, int)()


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
    """What was raised, with its traceback; where that cannot be handed on, an error of its name."""
    note = "".join(traceback.format_exception(error))
    try:
        pickle.loads(answer := pickle.dumps(("raised", (error, note))))
    except Exception:  # noqa: BLE001 (any class may refuse)
        return pickle.dumps(("raised", (RuntimeError(f"{type(error).__name__}: {error}"), note)))
    return answer


def _set_bounds(bounds: Bounds) -> None:
    """What this process may take from now on, beside what it was forked with."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an OSError
    limits = {
        resource.RLIMIT_CPU: bounds.seconds + 1,
        resource.RLIMIT_FSIZE: bounds.written,
        resource.RLIMIT_CORE: 0,
    }
    for kind, bound in limits.items():
        _set_bound(kind, bound)
    # Kernels do not all say what they count here. A bound that leaves no room would look like a crash.
    has = _measure_data()
    for more in range(1, ROOMS):
        _set_bound(resource.RLIMIT_DATA, has + bounds.memory * more)
        with contextlib.suppress(OSError), mmap.mmap(-1, bounds.memory // 2, mmap.MAP_PRIVATE):
            return


def _set_bound(kind: int, bound: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # a lower bound is in force already
        resource.setrlimit(kind, (bound, resource.getrlimit(kind)[1]))


def _measure_data() -> int:
    """The bytes that this process has for itself (proc(5), VmData); 0 where the kernel does not say."""
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123
        lines = dict(line.split(":", 1) for line in file)
    return int(lines.get("VmData", "0 kB").split()[0]) * 1024


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

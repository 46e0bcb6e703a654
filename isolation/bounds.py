"""What the kernel lets a process take: its seconds, its memory, what it writes."""

from __future__ import annotations

import contextlib
import mmap
import resource
import signal

from isolation.process import Bounds

ROOMS = 64
"""How often a call's memory is added to its bound before it is held that there is room for it."""


def set_bounds(bounds: Bounds) -> None:
    """What this process may take from now on, beside what it was forked with."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an OSError
    used = resource.getrusage(resource.RUSAGE_SELF)
    limits = {
        resource.RLIMIT_CPU: int(used.ru_utime + used.ru_stime) + 1 + bounds.seconds,
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
    return measure("VmData")


def measure(line: str) -> int:
    """The bytes that the kernel tells of this process in a line of proc(5); 0 where it does not."""
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123
        told = dict(each.split(":", 1) for each in file)
    return int(told.get(line, "0 kB").split()[0]) * 1024

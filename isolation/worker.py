"""A program of its own: calls functions of small programs, one after another, each within its bounds.

Each line that it reads is a call as JSON: `program` (a file of Python), `function`, `arguments`, and
`memory`, `seconds`, `written` (process.py says what they mean). Each line that it writes is the answer:
`gave`, or `stopped` (memory), or `raised` with its `message`. It knows nothing of Vereda, so that it starts
at once.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import resource
import sys
from types import ModuleType
from typing import Any


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        answers.write(json.dumps(answer_call(json.loads(line))) + "\n")
        answers.flush()


def answer_call(call: dict[str, Any]) -> dict[str, Any]:
    try:
        function = getattr(load_program(call["program"]), call["function"])
        set_bounds(call["memory"], call["seconds"], call["written"])
        return {"gave": function(*call["arguments"])}
    except MemoryError:
        return {"stopped": "memory"}
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 (what panics in Rust raises what is no Exception)
        return {"raised": type(error).__name__, "message": str(error)}


@functools.cache
def load_program(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("program", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def set_bounds(memory: int, seconds: int, written: int) -> None:
    """From now on: `memory` bytes in all, `seconds` more of computing, `written` bytes in a file. Raises
    MemoryError where the process has more already: a new one may have not."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    bounds = {
        # Not RLIMIT_AS: what draws pictures sets addresses aside without end, and uses few of them.
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_CPU: int(used.ru_utime + used.ru_stime) + 1 + seconds,
        resource.RLIMIT_FSIZE: written,
        resource.RLIMIT_CORE: 0,
    }
    with contextlib.suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        if int(file.read().split()[1]) * resource.getpagesize() > memory:
            raise MemoryError
    for kind, bound in bounds.items():
        with contextlib.suppress(ValueError, OSError):  # a lower bound is in force already
            resource.setrlimit(kind, (bound, resource.getrlimit(kind)[1]))


if __name__ == "__main__":
    main()

"""Runs a dataset and publishes the portal in a process that kills itself, as kill -9 would, just before its
n-th write.

Started with a folder (see cities.City) by test_kill.py. It imports everything once and forks for each number
that it reads from its input, so that hundreds of kills take no minutes; it answers with the child's exit
status and the number of writes seen.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from catalog.portal.portal import Portal
from tests.support.cities import City

WRITES = {
    "os.rename",
    "os.link",
    "os.symlink",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.truncate",
    "os.chmod",
}


def watch(top: Path, fatal: int, seen: list[int]) -> None:
    """Counts what this process is about to write below `top`, and not those that it calls; kills it before
    write number `fatal` (never for 0)."""
    mine = os.getpid()

    def hook(event: str, args: tuple) -> None:
        if os.getpid() != mine:
            return
        opened = (
            event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if (opened or event in WRITES) and str(args[0]).startswith(str(top)):
            seen[0] += 1
            if seen[0] == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def run_and_publish(folder: Path) -> None:
    city = City(folder)
    city.run("obras")
    portal = Portal(folder / "portal")
    portal.apply(city.archive, portal.plan(city.archive))


def main(folder: Path) -> None:
    for line in sys.stdin:
        fatal, seen = int(line), [0]
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            watch(folder, fatal, seen)
            try:
                run_and_publish(folder)
                os.write(writer, str(seen[0]).encode())
            finally:
                os._exit(0)
        os.close(writer)
        _child, status = os.waitpid(child, 0)
        print(
            os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            os.read(reader, 20).decode() or "-",
            flush=True,
        )
        os.close(reader)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Releases and storage for the tests of the archive, and the writers that they start in other processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from catalog.archive.archive import Archive, Conflict
from catalog.archive.release import FIRST, Release, Version

AT = "2024-05-02T03:00:00-03:00"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


@contextmanager
def s3(refuses: Callable[[dict[str, Any]], bool] = lambda request: False) -> Iterator[dict[str, str]]:
    """An S3 server with a bucket named `vereda`; gives the environment in which s3://vereda/… is there. It
    answers 503 to requests (WSGI) that it `refuses`."""
    import httpx
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    moto, lock = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def one_at_a_time(*request: Any) -> Any:
        # Moto looks for the object, then writes it: without the lock, some 5 in 100 races of conditional puts
        # have two winners.
        if refuses(request[0]):
            request[1]("503 Slow Down", [("Content-Length", "0")])
            return [b""]
        with lock:
            return moto(*request)

    server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        httpx.put(f"{address}/vereda", timeout=60).raise_for_status()
        yield {**CREDENTIALS, "AWS_ENDPOINT": address}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def release(
    folder: Path,
    files: dict[str, bytes],
    version: Version = FIRST,
    run: str = "run-1",
    dataset: str = "obras",
    demo: bool = False,
) -> Release:
    """A release of files that it writes to `folder`; report-private.json is private."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / name for name in files}
    for name, text in files.items():
        paths[name].write_bytes(text)
    return Release(
        dataset=dataset,
        demo=demo,
        run=run,
        at=AT,
        as_of="2024-05-01",
        version=version,
        level=None if version == FIRST else "minor",
        paths=paths,
        private=frozenset(files) & {"report-private.json"},
        changes={"obras": {"rows": {"added": 2, "removed": 0, "changed": 1}}},
        rows={"obras": 3},
        problems=4,
        provenance={"raw": ["Ñandú · año"], "clock": AT, "tools": {"python": "3.11"}},
    )


def next_release(archive: Archive, folder: Path, run: str) -> tuple[Release, int]:
    """What a run makes of the history that it finds: the next version of `obras`, whose one file tells the
    run; and the head."""
    history = archive.history("obras")
    version = history.highest.next("minor") if history.highest else FIRST
    return release(folder, {"obras.csv": f"{run} {version}".encode()}, version, run), history.head


def commit_until_won(archive: Archive, folder: Path, run: str) -> int:
    """Commits until it wins, each time on the new head; gives the number of times that it lost."""
    lost = 0
    while True:
        made, after = next_release(archive, folder, run)
        try:
            archive.commit(made, after)
            return lost
        except Conflict:
            lost += 1


@dataclass
class Deadly:
    """A store in which the process dies at its n-th step: before its first `put` at 1, after it at 2, before
    the second at 3 …"""

    store: Any
    step: int

    def put(self, *args: Any, **options: Any) -> object:
        self._tick()
        result = self.store.put(*args, **options)
        self._tick()
        return result

    def _tick(self) -> None:
        self.step -= 1
        if not self.step:
            os.kill(os.getpid(), signal.SIGKILL)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def die_at_line(step: int) -> None:
    """From now on, the process dies before the n-th line that it runs in the code that writes a folder."""
    left = step

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(("catalog/archive/store.py", "/shutil.py")):
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def two_versions(folder: Path) -> tuple[Release, Release]:
    """Releases of run-1 and run-2, which share a file; the second has one of several blocks."""
    first = release(folder / "1", {"obras.csv": b"id\n1\n", "LEEME.md": b"obras"}, FIRST, "run-1")
    second = release(
        folder / "2",
        {"obras.csv": b"id\n1\n2\n" * 400_000, "LEEME.md": b"obras"},
        FIRST.next("minor"),
        "run-2",
    )
    return first, second


def kill_everywhere(where: str, work: Path, how: str) -> None:
    """Commits 1.0.0 and then 1.1.0 in archive after archive at `where`/1, /2 …, dying one step later in each;
    prints how many died."""
    first, second = two_versions(work)
    for step in range(1, 1000):
        child = os.fork()  # this process has not used obstore yet: its threads would not come along
        if not child:
            archive = Archive.open(f"{where}/{step}")
            archive.commit(first, after=0)
            if how == "lines":
                die_at_line(step)
            else:
                archive = replace(archive, store=Deadly(archive.store, step))
            archive.commit(second, after=1)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            continue
        print(step - 1)
        sys.exit(os.waitstatus_to_exitcode(status))


def main() -> None:
    act, where, work, *more = sys.argv[1:]
    acts: dict[str, Callable[[], object]] = {
        "publish": lambda: [
            commit_until_won(Archive.open(where), Path(work), f"{more[0]}-{n}") for n in range(int(more[1]))
        ],
        "kill": lambda: kill_everywhere(where, Path(work), more[0]),
    }
    acts[act]()


if __name__ == "__main__":
    main()

"""Lives that end early and lives that meet: a process that imports everything once, and forks for each act
that it is asked for, so that a thousand kills take minutes.

Started with a folder by tests/chaos. A line of its input is a JSON object: {"acts": [[name, fatal], …]}; the
acts run at once, each in a process of its own on the city in that folder, and one with a `fatal` number dies,
as by kill -9, just before its write of that number. It answers with a line: [[signal, writes, answer], …].
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from catalog.archive.archive import Conflict
from catalog.archive.release import Entry, Version
from catalog.portal.portal import Portal, _program
from catalog.portal.render import _templates
from pipelines.cli.publish import _write_entry
from pipelines.release.damage import find_damage, repair
from pipelines.release.sweep import sweep
from pipelines.tools import tool_versions
from tests.support.archives import commit_until_won
from tests.support.cities import City, csv, declaration
from tests.support.killed import watch

LATER = Version(1, 1, 0)


def publish(city: City) -> None:
    portal = Portal(city.folder / "portal")
    portal.apply(city.archive, portal.plan(city.archive))


def run(city: City) -> None:
    city.run("obras")
    publish(city)


def say(kind: str, version: str) -> Callable[[City], str]:
    def act(city: City) -> str:
        try:
            return _write_entry(city.archive, kind, "obras", version, "estaba mal")
        except ValueError as error:  # withdrawn meanwhile: it stays so
            return str(error)
        finally:
            publish(city)

    return act


def mend(city: City) -> list[str]:
    portal = Portal(city.folder / "portal")
    return [f"{a.done} {a.what} {a.of}" for a in repair(city.archive, portal, [city.datasets])]


def clean(city: City, later: timedelta = timedelta(days=30)) -> list[str]:
    """A sweep of so much later: all that is there is old then."""
    now = datetime.now(UTC) + later
    archive = replace(city.archive, clock=lambda: now)
    return [f"{a.done} {a.what} {a.of}" for a in sweep(archive, Portal(city.folder / "portal"), now)]


def age(folder: Path, days: int = 30) -> None:
    """All files of the city are as old as that."""
    moment = time.time() - days * 86_400
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (moment, moment))


def look(city: City) -> dict[str, Any]:
    """What can be said of the city as it is: its log, and all that is damaged."""
    log = city.archive.read_log("obras")
    current = log.history.current
    return {
        "damages": [f"{d.file}: {d.note}" for d in log.damages],
        "entries": [[e.number, e.kind, str(e.version), e.run] for e in log.history],
        "current": str(current.version) if current else None,
        "damage": [d.file for d in find_damage(city.archive, Portal(city.folder / "portal"))],
        "steps": [step.target for step in Portal(city.folder / "portal").plan(city.archive)],
        "runs": len(city.archive.runs("obras")),
    }


def commit(city: City) -> int:
    return commit_until_won(city.archive, city.folder / f"work-{os.getpid()}", f"run-{os.getpid()}")


def append_blindly(city: City) -> str:
    """A rollback on the head that it finds, once: of two at once, one loses."""
    log = city.history("obras")
    version = log.releases[0].version
    entry = Entry("obras", False, log.head + 1, "current", f"r-{os.getpid()}", log.entries[-1].at, version)
    try:
        return str(city.archive.append(replace(entry, because="estaba mal")).number)
    except Conflict:
        return "lost"


def record(city: City) -> None:
    city.archive.record("obras", {"run": str(os.getpid()), "outcome": "unchanged"})


ACTS: dict[str, Callable[[City], object]] = {
    "run": run,
    "rollback": say("current", "1.0.0"),
    "withdraw": say("withdraw", "1.1.0"),
    "publish": publish,
    "repair": mend,
    "sweep": clean,
    "sweep-now": lambda city: clean(city, timedelta()),
    "look": look,
    "commit": commit,
    "append": append_blindly,
    "record": record,
}


def live(folder: Path, act: str, fatal: int, gate: int, answer: int) -> None:
    """In a forked process: waits until the gate opens, acts, and answers with the writes that it did."""
    seen = [0]
    os.read(gate, 1)
    watch(folder, fatal, seen)
    try:
        said = ACTS[act](City(folder))
    except BaseException:  # noqa: BLE001 (the test reads it)
        said = traceback.format_exc()
    os.write(answer, json.dumps([seen[0], said]).encode())
    os._exit(0)


def act_at_once(folder: Path, acts: list[tuple[str, int]]) -> list[tuple[int, int, object]]:
    """What became of each act: the signal by which it died or 0, its writes, its answer."""
    gate, opener = os.pipe()
    lives = []
    for act, fatal in acts:
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            live(folder, act, fatal, gate, writer)
        os.close(writer)
        lives.append((child, reader))
    os.write(opener, b"." * len(acts))
    ends: list[tuple[int, int, object]] = []
    for child, reader in lives:
        with os.fdopen(reader, "rb") as pipe:
            text = pipe.read()
        status = os.waitpid(child, 0)[1]
        writes, said = json.loads(text) if text else (0, None)
        ends.append((os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, writes, said))
    os.close(gate)
    os.close(opener)
    return ends


def warm_up(folder: Path) -> None:
    """Imports and remembers what acts would otherwise import and work out again in each process: a first
    child says what it needed. This process itself opens no archive, whose threads would not come along."""
    reader, writer = os.pipe()
    if not os.fork():
        known = set(sys.modules)
        city = City(folder)
        city.declare(declaration("obras"), datos=csv("1,Plaza,10.5"))
        run(city)
        os.write(writer, json.dumps(sorted(set(sys.modules) - known)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        names = json.loads(pipe.read())
    os.wait()
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)
    _program()
    tool_versions()
    for name in _templates().list_templates(["html", "xml"]):
        _templates().get_template(name)


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as aside:
        warm_up(Path(aside))
    for line in sys.stdin:
        print(json.dumps(act_at_once(folder, json.loads(line)["acts"])), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A copy of a dataset follows by what changed, with the program that docs/how-to.md prints: whatever happened
meanwhile, every table ends with the sha256 of the current version."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.archive.archive import Archive
from catalog.archive.release import Entry, Release, Version
from catalog.portal import deltas
from catalog.portal.portal import Portal
from catalog.public import listing_of
from tests.support.paths import ROOT
from tests.support.portals import AT, NOW, Page, Publisher
from tests.support.sites import serve_folder

HEAD = "id,nombre\n"


def copy_program() -> str:
    """The program as it is printed."""
    text = (ROOT / "docs/how-to.md").read_text(encoding="utf-8")
    return next(each for each in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "delta.json" in each)


@dataclass
class Copy:
    """A copy that is kept by the printed program, out of `site`; `bytes` it fetched so far."""

    site: Path
    folder: Path
    fetched: dict[str, int] = field(default_factory=dict)

    def follow(self) -> dict[str, str]:
        """The sha256 of each table after it."""
        names: dict[str, Any] = {"__name__": "copy"}
        program = copy_program().replace("from urllib.request import urlopen\n", "")
        argv, sys.argv = sys.argv, ["copy.py", "site:", str(self.folder)]
        try:
            exec(program, names | {"urlopen": self._open})  # noqa: S102  what its reader does with it
        finally:
            sys.argv = argv
        found = {path.name: path.read_bytes() for path in self.folder.glob("*.csv")}
        return {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}

    def _open(self, address: str):
        path = self.site / address.removeprefix("site:/")
        self.fetched[address] = path.stat().st_size
        return path.open("rb")


@dataclass
class History:
    """A dataset whose tables are given as CSV, in an archive; `site` gets its public files, as the portal
    has them."""

    folder: Path
    archive: Archive

    @classmethod
    def begin(cls, folder: Path) -> History:
        return cls(folder, Archive.open(folder / "archive"))

    def release(self, version: str, tables: Mapping[str, str]) -> None:
        into = self.folder / version
        into.mkdir(parents=True)
        paths = {name: into / name for name in tables}
        for name, content in tables.items():
            paths[name].write_bytes(content.encode())
        history = self.archive.history("obras")
        made = Release(
            "obras", False, f"run-{version}", AT, None, Version.parse(version), None, paths, frozenset(),
            {}, {}, 0, {},
        )  # fmt: skip
        self.archive.commit(made, history.head)

    def say(self, kind: Any, version: str) -> None:
        number = self.archive.history("obras").head + 1
        told = Entry("obras", False, number, kind, f"r{number}", AT, Version.parse(version), because="x")
        self.archive.append(told)

    def publish(self) -> Path:
        """As the portal's build does (test below); without its pages, since a history has many versions."""
        listing = listing_of(self.archive, self.archive.history("obras"))
        site = self.folder / "site"
        for path, file in listing.files():
            target = site / path.removeprefix("datasets/obras/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                self.archive.save(file.sha256, target)
        steps = deltas.list_steps(listing)
        for step in steps:
            for name in step.changed:
                into = site / deltas.delta_path(step, name)
                deltas.write_delta(*(site / each for each in deltas.delta_sources(step, name)), into)
        (site / deltas.INDEX).write_text(deltas.delta_index(listing, steps, site), encoding="utf-8")
        return site

    def current(self) -> dict[str, str]:
        entry = self.archive.history("obras").current
        assert entry
        return {name: file.sha256 for name, file in entry.files.items()}


CELL = st.text('ab\n,"=+-@1ñ\r', max_size=4)


@st.composite
def tables(draw: Callable[..., Any]) -> dict[str, str]:
    """Tables with rows that come again, move, and lack a key; now and then other columns or another table."""
    rows = draw(st.lists(st.tuples(st.integers(0, 6), CELL), max_size=8))
    quoted = [f'{number},"{text.replace(chr(34), chr(34) * 2)}"\n' for number, text in rows]
    head = draw(st.sampled_from([HEAD, HEAD, HEAD, "id,nombre,otro\n"]))
    found = {"obras.csv": head + "".join(quoted)}
    if draw(st.integers(0, 3)) == 0:
        found["otra.csv"] = HEAD + "".join(reversed(quoted))
    return found


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_happens_a_copy_reaches_every_table(tmp_path_factory, data) -> None:
    history = History.begin(tmp_path_factory.mktemp("history"))
    copies: list[Copy] = []
    released: list[str] = []
    for number in range(data.draw(st.integers(1, 6))):
        act = data.draw(st.sampled_from(["release", "release", "release", "current", "withdraw"]))
        left = [
            each for each in released if Version.parse(each) not in history.archive.history("obras").withdrawn
        ]
        if act == "release" or len(left) < 2:
            released.append(f"{number + 1}.0.0")
            history.release(released[-1], data.draw(tables()))
        else:
            history.say(act, data.draw(st.sampled_from(left)))
        site = history.publish()
        copies.append(Copy(site, history.folder / f"copy-{number}"))
        for copy in copies if data.draw(st.booleans()) else copies[-1:]:
            assert copy.follow().items() >= history.current().items()
    for copy in copies:
        assert copy.follow().items() >= history.current().items()


def test_a_copy_a_hundred_versions_behind_fetches_twice_the_changed_rows_at_most(tmp_path: Path) -> None:
    """With the index and everything: rows corrected, added, taken away and moved, under a key and without."""
    import random

    chance, history = random.Random(22), History.begin(tmp_path)

    def row(number: int) -> str:
        words = " ".join(chance.choice(("plaza", "escuela", "obra", "calle")) for _each in range(6))
        return f'{number},"{words}",{chance.random():.6f},"2024-{chance.randint(1, 12):02}-01"\n'

    rows = [row(number) for number in range(2_000)]
    history.release("1.0.0", {"obras.csv": HEAD + "".join(rows)})
    copy, changed, moved = Copy(history.publish(), tmp_path / "copy"), 0, 0
    copy.follow()
    copy.fetched.clear()
    for version in range(1, 101):
        before = Counter(rows)
        for _each in range(3):
            rows[chance.randrange(len(rows))] = row(chance.randrange(2_000))
        rows.insert(chance.randrange(len(rows)), row(2_000 + version))
        del rows[chance.randrange(len(rows))]
        if version % 10 == 0:  # a row that is moved has not changed
            rows.insert(chance.randrange(len(rows)), rows.pop(chance.randrange(len(rows))))
            moved += 1
        after = Counter(rows)
        new, gone = ((after - before), (before - after))
        changed += max(sum(len(each.encode()) * n for each, n in rows_.items()) for rows_ in (new, gone))
        history.release(f"1.{version}.0", {"obras.csv": HEAD + "".join(rows)})
    history.publish()
    assert copy.follow() == history.current()
    assert moved == 10
    assert len(copy.fetched) == 101
    fetched = sum(copy.fetched.values())
    assert fetched <= 2 * changed, f"{fetched} bytes for {changed} of changed rows"
    assert not any("/v/" in address for address in copy.fetched)


def test_a_copy_that_somebody_changed_is_whole_again(tmp_path: Path) -> None:
    history = History.begin(tmp_path)
    history.release("1.0.0", {"obras.csv": HEAD + "1,a\n2,b\n"})
    copy = Copy(history.publish(), tmp_path / "copy")
    copy.follow()
    (copy.folder / "obras.csv").write_text("nothing\n", encoding="utf-8")
    history.release("1.0.1", {"obras.csv": HEAD + "1,a\n2,c\n"})
    history.publish()
    assert copy.follow() == history.current()


def test_what_was_withdrawn_stands_in_no_delta(tmp_path: Path) -> None:
    history = History.begin(tmp_path)
    history.release("1.0.0", {"obras.csv": HEAD + '1,"Plaza"\n'})
    history.release("1.1.0", {"obras.csv": HEAD + '1,"Plaza"\n2,"SECRETO"\n'})
    history.say("withdraw", "1.1.0")
    history.release("1.2.0", {"obras.csv": HEAD + '1,"Plaza"\n3,"Escuela"\n'})
    site = history.publish()
    assert [path.parent.name for path in sorted(site.rglob("*.gz"))] == ["1.0.0-1.2.0"]
    assert "1.1.0" not in (site / "delta.json").read_text()


def test_the_portal_has_what_a_copy_follows(publisher: Publisher, tmp_path: Path) -> None:
    """As a stranger keeps one: the program as it is printed, in a process of its own, over HTTP."""
    portal = Portal(tmp_path / "portal", clock=lambda: NOW)
    program = tmp_path / "copy.py"
    program.write_text(copy_program(), encoding="utf-8")
    publisher.release()
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    with serve_folder(tmp_path) as address:
        words = [sys.executable, program, f"{address}/portal/datasets/obras", tmp_path / "copy"]
        subprocess.run(words, check=True, capture_output=True)
        publisher.release(version="1.1.0", level="minor", rows=portal_rows(3))
        publisher.release("inventado", demo=True)
        portal.apply(publisher.archive, portal.plan(publisher.archive))
        first = (tmp_path / "portal/datasets/obras/delta/1.0.0-1.1.0/obras.csv.gz").stat()
        publisher.release(version="1.2.0", level="minor", rows=portal_rows(2))
        portal.apply(publisher.archive, portal.plan(publisher.archive))
        subprocess.run(words, check=True, capture_output=True)
    assert (tmp_path / "portal/datasets/obras/delta/1.0.0-1.1.0/obras.csv.gz").stat().st_ino == first.st_ino
    assert portal.plan(publisher.archive) == []
    wanted = (tmp_path / "portal/datasets/obras/latest/obras.csv").read_bytes()
    assert (tmp_path / "copy/obras.csv").read_bytes() == wanted
    links = Page(tmp_path / "portal/datasets/obras/index.html").links
    assert "../../datasets/obras/delta.json" in links
    assert (tmp_path / "portal/demo/inventado/delta.json").is_file()


def portal_rows(number: int):
    from tests.support.portals import ROWS, table

    return table(ROWS[:number])


@pytest.mark.parametrize("before", ["", HEAD, HEAD + "1,a\n"])
@pytest.mark.parametrize("after", [HEAD, HEAD + "1,a\n1,a\n", "1,a\n" + HEAD])
def test_the_smallest_tables_follow_too(tmp_path: Path, before: str, after: str) -> None:
    history = History.begin(tmp_path)
    history.release("1.0.0", {"obras.csv": before})
    copy = Copy(history.publish(), tmp_path / "copy")
    copy.follow()
    history.release("1.0.1", {"obras.csv": after})
    history.publish()
    assert copy.follow() == history.current()

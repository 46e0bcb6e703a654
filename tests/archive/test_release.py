"""Versions count up as their pattern says, and a log always has one answer to which release is current."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from catalog.archive.release import FIRST, LEVELS, Entry, History, Version

AT = "2024-05-02T03:00:00-03:00"
versions = st.builds(Version, *[st.integers(0, 20) | st.integers(0, 10**9)] * 3)


@given(versions)
def test_a_version_reads_back_from_its_text(version: Version) -> None:
    assert Version.parse(str(version)) == version


@given(versions, versions)
def test_versions_are_ordered_number_by_number(a: Version, b: Version) -> None:
    assert (a < b) == ([*map(int, str(a).split("."))] < [*map(int, str(b).split("."))])
    assert (a == b) == (str(a) == str(b))


@given(versions, st.sampled_from(LEVELS))
def test_the_next_version_is_the_least_one_of_its_level(version: Version, level: str) -> None:
    following = version.next(level)
    assert version < following
    assert version.next("patch") < version.next("minor") < version.next("major")
    kept = {"major": 0, "minor": 1, "patch": 2}[level]
    before, after = [[int(n) for n in str(v).split(".")] for v in (version, following)]
    assert after == [*before[:kept], before[kept] + 1, *[0] * (2 - kept)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "v1.2.3",
        "1.2.3-rc1",
        "01.2.3",
        "1.2.03",
        " 1.2.3",
        "1.2.3\n",
        "1.-2.3",
        "١.٢.٣",
        "1_0.2.3",
    ],
)
def test_anything_else_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


class Log(RuleBasedStateMachine):
    """A log beside a stack of versions: a release lies on top; going back to a version takes off what lies
    above it, for good unless someone asks for it by name; a withdrawn one is taken out wherever it lies."""

    @initialize()
    def begin(self) -> None:
        self.entries: list[Entry] = []
        self.stack: list[Version] = []
        self.used: list[Version] = []
        self.withdrawn: set[Version] = set()

    @property
    def history(self) -> History:
        return History("obras", False, tuple(self.entries))

    def write(self, kind: str, version: Version) -> None:
        self.entries.append(Entry("obras", False, len(self.entries) + 1, kind, "run", AT, version))

    @rule(level=st.sampled_from(LEVELS))
    def release(self, level: str) -> None:
        version = self.history.highest.next(level) if self.history.highest else FIRST
        assert version not in self.used, "a number is not used again"
        self.write("release", version)
        self.used.append(version)
        self.stack.append(version)

    @precondition(lambda self: set(self.used) - self.withdrawn)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(sorted(set(self.used) - self.withdrawn)))
        self.write("current", version)
        self.stack = [named for named in self.stack if named < version] + [version]

    @precondition(lambda self: self.used)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(self.used))
        self.write("withdraw", version)
        self.withdrawn.add(version)
        self.stack = [named for named in self.stack if named != version]

    @precondition(lambda self: self.used)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        self.write("accept", data.draw(st.sampled_from(self.used)))

    @invariant()
    def has_one_answer(self) -> None:
        history = self.history
        current = history.current
        assert (current.version if current else None) == (self.stack[-1] if self.stack else None)
        assert current is None or current.kind == "release"
        assert history.head == len(list(history))
        assert history.highest == max(self.used, default=None)
        assert [e.version for e in history.releases] == self.used
        assert history.withdrawn == self.withdrawn


TestLog = Log.TestCase


def test_a_version_that_was_never_released_is_not_found() -> None:
    with pytest.raises(KeyError, match=r"1\.0\.0"):
        History("obras", False).release(FIRST)

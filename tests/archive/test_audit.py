"""The desk's audit log only grows: several processes write into one chain, and what was changed, taken out
or cut off later is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.archive.archive import Archive
from catalog.archive.audit import Audit, AuditEntry
from catalog.archive.runs import RunRecord
from pipelines.release.damage import find_damage
from tests.support.portals import NOW

AT = "2026-03-01T09:00:00-03:00"
WRITER = """
import sys
from catalog.archive.archive import Archive
from catalog.archive.audit import Audit, AuditEntry
audit = Audit(Archive.open(sys.argv[1]).shelf)
for number in range(20):
    audit.add(AuditEntry(0, sys.argv[2], "sign-in", "done", f"{sys.argv[3]}-{number}"))
"""


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path / "archive")
    for name in ("Ana Ruiz", "Ana Ruiz", "", "Beto Paz"):
        Audit(made.shelf).add(
            AuditEntry(0, AT, "hand-in", "done" if name else "denied", name, "obras", "obras/1")
        )
    return made


def entry(archive: Archive, number: int) -> Path:
    assert archive.root is not None
    return archive.root / Audit(archive.shelf).log.path(number)


def close_run(archive: Archive) -> None:
    archive.run_log.close(RunRecord("20260301T030000Z-abcdef", "night", AT, AT, "done"), [])


def faults(archive: Archive) -> list[str]:
    return [each.file for each in Audit(archive.shelf).damage(archive.run_log.seen_audit())]


def test_each_entry_names_the_one_before(archive: Archive):
    found = Audit(archive.shelf).log.all()
    assert [each.number for each in found] == [1, 2, 3, 4]
    assert found[0].previous is None
    assert all(each.previous for each in found[1:])
    assert faults(archive) == []
    assert [each.by for each in Audit(archive.shelf).newest(None, 2)] == ["Beto Paz", ""]
    assert [each.number for each in Audit(archive.shelf).newest(3, 10)] == [2, 1]


def test_processes_that_write_at_once_make_one_chain(archive: Archive):
    words = [sys.executable, "-c", WRITER, str(archive.root), AT]
    writers = [subprocess.Popen([*words, name]) for name in ("a", "b", "c")]
    assert [each.wait(60) for each in writers] == [0, 0, 0]
    found = Audit(archive.shelf).log.all()
    assert len(found) == 4 + 3 * 20
    assert len({each.by for each in found[4:]}) == 60
    assert faults(archive) == []


def test_what_is_changed_or_taken_out_is_told(english, archive: Archive):
    changed = json.loads(entry(archive, 2).read_text())
    entry(archive, 2).write_text(json.dumps(changed | {"by": "Otra Persona"}))
    assert faults(archive) == ["audit/00000002.json"]
    entry(archive, 2).unlink()
    assert faults(archive) == ["audit/00000002.json"]
    entry(archive, 3).write_text("{")
    assert "audit/00000003.json" in faults(archive)
    (gone, *_others) = Audit(archive.shelf).damage()
    assert "missing" in gone.note


def test_what_is_cut_off_at_the_end_is_told_by_the_runs(archive: Archive):
    close_run(archive)
    entry(archive, 4).unlink()
    assert faults(archive) == ["audit/00000004.json"]
    Audit(archive.shelf).add(AuditEntry(0, AT, "sign-in", "done", "Otra Persona"))
    assert faults(archive) == ["audit/00000004.json"]  # another one stands there now


def test_verify_looks_at_it(english, archive: Archive, tmp_path: Path):
    from catalog.portal.portal import Portal

    portal = Portal(tmp_path / "portal", clock=lambda: NOW)
    portal.apply(archive, portal.plan(archive))
    assert find_damage(archive, portal) == []
    entry(archive, 1).write_text(entry(archive, 1).read_text().replace("Ana", "Eva"))
    (damage,) = find_damage(archive, portal)
    assert (damage.of, damage.file) == ("audit", "audit/00000001.json")
    assert "audit log" in damage.note


def test_texts_are_of_one_line_and_bounded(archive: Archive):
    written = Audit(archive.shelf).add(
        AuditEntry(0, AT, "see", "denied", "Ana\n\x1b[31mRuiz" + "x" * 900, of="\u202eobras" * 90)
    )
    assert written.by.startswith("Ana  [31mRuiz")
    assert len(written.by) <= 200
    assert "\u202e" not in written.of


def test_a_writer_that_remembers_goes_on_after_others(archive: Archive):
    mine, other = Audit(archive.shelf), Audit(archive.shelf)
    numbers = [who.add(AuditEntry(0, AT, "sign-in", "done")).number for who in (mine, other, other, mine)]
    assert numbers == [5, 6, 7, 8]

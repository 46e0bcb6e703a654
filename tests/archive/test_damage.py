"""Damage is seen, told by the dataset's name, mended where it can be, and stays where it is."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from catalog.archive import blobs
from catalog.archive.appends import AppendBatch, AppendCall
from catalog.archive.archive import Archive
from catalog.archive.release import Damaged, Entry, Version
from catalog.archive.store import ArchiveError
from catalog.portal.portal import Portal, PortalIncomplete
from catalog.public import survey
from pipelines.release.damage import find_damage, repair
from pipelines.release.verify import verify
from tests.support.cities import City, csv, declaration

AT = "2026-03-01T10:00:00-03:00"
pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def two(city: City) -> City:
    """`barrios` and `obras`, of two versions each, in archive and portal."""
    for name in ("barrios", "obras"):
        city.declare(declaration(name), datos=csv("1,Plaza,10.5"))
        city.run(name)
        city.send(name, csv("1,Plaza,10.5", "2,Escuela,"))
        city.run(name)
    publish(city)
    return city


def publish(city: City) -> Portal:
    portal = Portal(city.folder / "portal")
    portal.apply(city.archive, portal.plan(city.archive))
    return portal


def log(city: City) -> Path:
    return city.folder / "archive/datasets/obras/log"


def blob(city: City, name: str) -> Path:
    sha256 = city.history("obras").releases[0].files[name].sha256
    return city.folder / "archive/blobs" / sha256


def rewrite(city: City, number: int = 1) -> None:
    entry = log(city) / f"{number:08}.json"
    entry.write_text(entry.read_text().replace('"run": "', '"run": "x'))


def follow_another(city: City) -> None:
    """The chain says that another entry came before."""
    entry = log(city) / "00000002.json"
    plain = json.loads(entry.read_text("utf-8"))
    entry.write_text(json.dumps({**plain, "previous": "0" * 64}, ensure_ascii=False), "utf-8")


def link_to_itself(city: City) -> None:
    entry = log(city) / "00000002.json"
    entry.unlink()
    entry.symlink_to(entry.name)


def name_oddly(city: City) -> None:
    for name in ("00000003.json ", "entrada\n.json", "..json", "00000003.JSON", "\udcff.json"):
        (log(city) / name).write_bytes(b"{}")


def take_out_the_newest(city: City) -> None:
    (log(city) / "00000002.json").unlink()


LOGS: dict[str, Callable[[City], object]] = {
    "an entry is emptied": lambda city: (log(city) / "00000001.json").write_bytes(b""),
    "an entry is cut": lambda city: os.truncate(log(city) / "00000002.json", 300),
    "an entry is rewritten": rewrite,
    "the newest entry is rewritten": lambda city: rewrite(city, 2),
    "the newest entry is gone": take_out_the_newest,
    "an entry under another number": lambda city: (log(city) / "00000001.json").rename(
        log(city) / "00000003.json"
    ),
    "an entry is gone": lambda city: (log(city) / "00000001.json").unlink(),
    "a far number": lambda city: (log(city) / "99999999.json").write_bytes(b"{}"),
    "a pipe": lambda city: os.mkfifo(log(city) / "00000003.json"),
    "links in a circle": lambda city: (log(city) / "all").symlink_to(log(city).parent),
    "a link to itself": lambda city: (log(city) / "00000003.json").symlink_to("00000003.json"),
    "an entry that is a link to itself": link_to_itself,
    "a wrong chain": follow_another,
    "odd names": name_oddly,
    "a strange file": lambda city: (log(city) / "notas.txt").write_text("hola"),
}


HARMLESS = (
    "odd names",
    "a pipe",
    "links in a circle",
    "a link to itself",
    "a strange file",
)  # no one reads them


@pytest.mark.parametrize("how", LOGS)
def test_a_damaged_log_costs_its_own_dataset_and_repair_puts_it_right(two: City, how: str) -> None:
    before = {path: path.read_bytes() for path in log(two).iterdir()}
    page = (two.folder / "portal/datasets/obras/index.html").read_bytes()
    LOGS[how](two)
    portal = Portal(two.folder / "portal")
    assert {damage.of for damage in find_damage(two.archive, portal)} == {"obras"}
    two.send("barrios", csv("1,Plaza,10.5", "2,Escuela,", "3,Puente,2"))
    assert two.outcome("barrios").version == "1.2.0"
    damaged = [] if how in HARMLESS else ["datasets/obras"]
    assert list(publish_and_catch(two)) == damaged
    assert "1.2.0" in (two.folder / "portal/datasets/barrios/index.html").read_text("utf-8")
    assert (two.folder / "portal/datasets/obras/index.html").read_bytes() == page
    assert "datasets/obras/" in (two.folder / "portal/datos/index.html").read_text("utf-8")
    for _night in range(2):  # what is wrong is not taken for right the next time
        assert two.outcome("obras").outcome == ("failed" if damaged else "unchanged")
    assert Portal(two.folder / "portal").plan(two.archive) == []
    actions = repair(two.archive, Portal(two.folder / "portal"), [two.datasets])
    assert [action for action in actions if not action.done] == []
    assert {path: path.read_bytes() for path in log(two).iterdir()} == before
    assert find_damage(two.archive, Portal(two.folder / "portal")) == []
    assert two.outcome("obras").outcome == "unchanged"
    assert publish_and_catch(two) == {}


def publish_and_catch(city: City) -> dict[str, str]:
    try:
        publish(city)
    except PortalIncomplete as error:
        return dict(error.faults)
    return {}


def test_what_was_taken_back_or_came_row_by_row_is_no_damage(two: City) -> None:
    """Set aside as strange, rows that wait to be handed in would be lost."""
    receipts = two.archive.receipts("obras")
    receipts.take_backs.add(1, "Ana", AT)
    call = AppendCall("0a" * 16, "obras", "csv", ("id",), 1, "1\n", "x", "Ana", AT)
    receipts.appends.add(call)
    receipts.appends.take(lambda calls, n: AppendBatch(n, "obras", "filas.csv", "x", (calls[0].token,), AT))
    portal = Portal(two.folder / "portal")
    assert find_damage(two.archive, portal) == []
    assert repair(two.archive, portal, [two.datasets]) == []
    assert (receipts.take_backs.by_receipt()[1].by, receipts.appends.find(call.token)) == ("Ana", call)


def test_a_copied_folder_is_told_by_its_own_name(two: City) -> None:
    shutil.copytree(log(two).parent, log(two).parent.parent / "obras-copia")
    shutil.copytree(log(two).parent, log(two).parent.parent / "Obras (copia)")
    found = survey(two.archive)
    assert [listing.dataset for listing in found.listings] == ["barrios", "obras"]
    assert set(found.faults) == {"datasets/obras-copia"}
    assert "entry of obras" in found.faults["datasets/obras-copia"]
    assert {d.of for d in find_damage(two.archive, Portal(two.folder / "portal"))} == {
        "obras-copia",
        "Obras (copia)",
    }
    done = repair(two.archive, Portal(two.folder / "portal"), [two.datasets])
    assert done
    assert all(action.done for action in done)
    assert find_damage(two.archive, Portal(two.folder / "portal")) == []
    assert [dataset for dataset, _demo in two.archive.datasets()] == ["barrios", "obras"]
    assert len(list((two.folder / "archive/strange/datasets/obras-copia/log").iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "how"),
    [
        *product(
            ["obras.csv", "obras.parquet", "report.json", "datapackage.json"], ["flipped", "cut", "gone"]
        ),
        *product(["obras.csv", "obras.parquet"], ["emptied", "another's"]),
        ("obras.csv", "a folder"),
    ],
)
def test_a_damaged_file_is_found_and_made_again_with_the_same_bytes(two: City, name: str, how: str) -> None:
    kept = blob(two, name)
    whole = kept.read_bytes()
    spoil(kept, how)
    history = two.history("obras")
    found = verify(two.archive, history.releases[0], history)
    assert (found.bytes_same, found.rows_same, found.right) == (False, True, False)
    assert name in found.note
    shutil.rmtree((two.folder / "portal").resolve())
    damaged = {d.file for d in find_damage(two.archive, Portal(two.folder / "portal"))}
    assert f"blobs/{kept.name}" in damaged
    actions = repair(two.archive, Portal(two.folder / "portal"), [])
    assert [(a.what, a.done) for a in actions] == [("file", True)] * len(damaged)
    assert kept.read_bytes() == whole


def spoil(file: Path, how: str) -> None:
    text = file.read_bytes()
    others = {
        "flipped": bytes([text[0] ^ 1]) + text[1:],
        "cut": text[: len(text) // 2],
        "emptied": b"",
        "another's": next(path.read_bytes() for path in file.parent.iterdir() if path != file),
    }
    file.unlink()
    if how == "a folder":
        (file / "notas").mkdir(parents=True)
    elif how != "gone":
        file.write_bytes(others[how])


def test_a_lost_extract_comes_back_from_its_source_or_is_said_to_be_lost(two: City) -> None:
    first, second = [
        two.folder / "archive/blobs" / entry.provenance["snapshots"]["obras"]["sha256"]
        for entry in two.history("obras").releases
    ]
    first.write_bytes(b"id\n")
    second.unlink()
    actions = {a.of[6:70]: a for a in repair(two.archive, Portal(two.folder / "portal"), [two.datasets])}
    assert (actions[first.name].done, actions[second.name].done) == (False, True)
    assert "lost" in actions[first.name].why
    assert "backup" in actions[first.name].why
    two.archive.get(second.name)


def test_a_file_that_is_saved_again_while_it_is_taken_is_kept_under_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, file = Archive.open(tmp_path / "archive"), tmp_path / "extract.csv"
    file.write_bytes(b"id\n1\n")
    measure = blobs._measure  # noqa: SLF001 (the moment between measuring and copying)

    def save_again(source: Path | bytes) -> tuple[str, int]:
        found = measure(source)
        if len(saved) < 2:
            saved.append(file.write_bytes(b"id\n%d\n" % len(saved)))
        return found

    saved: list[int] = []
    monkeypatch.setattr(blobs, "_measure", save_again)
    assert archive.get(archive.put(file)) == file.read_bytes()
    assert [path.name for path in (tmp_path / "archive/blobs").iterdir()] == [archive.put(file)]
    saved = []
    monkeypatch.setattr(blobs, "_measure", lambda source: (measure(source)[0][::-1], 1))
    with pytest.raises(ArchiveError, match="being written to"):
        archive.put(file)


def test_while_a_log_cannot_be_read_no_file_is_swept(two: City) -> None:
    later = datetime.now(UTC) + timedelta(days=30)
    archive = replace(two.archive, clock=lambda: later)
    orphan = two.archive.put(b"of a killed run")
    kept = sorted((two.folder / "archive/blobs").iterdir())
    text = (log(two) / "00000001.json").read_bytes()
    (log(two) / "00000001.json").write_bytes(b"")
    with pytest.raises(Damaged):
        archive.sweep(later)
    assert sorted((two.folder / "archive/blobs").iterdir()) == kept
    (log(two) / "00000001.json").write_bytes(text)
    assert archive.sweep(later) == [f"blobs/{orphan}"]


def test_entries_say_which_one_they_follow_and_old_ones_need_not(two: City) -> None:
    first, second = sorted(log(two).iterdir())
    assert json.loads(second.read_text())["previous"] == hashlib.sha256(first.read_bytes()).hexdigest()
    for path in (first, second):  # as they were before there was a chain
        plain = json.loads(path.read_text())
        del plain["previous"]
        path.write_text(json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=False) + "\n")
    shutil.rmtree(two.folder / "archive/runs")
    history = two.history("obras")
    assert [verify(two.archive, each, history).right for each in history.releases] == [True, True]
    two.send("obras", csv("1,Plaza,10.5", "2,Escuela,", "3,Puente,2"))
    assert two.outcome("obras").version == "1.2.0"
    assert two.archive.read_log("obras").damages == ()
    second.write_bytes(second.read_bytes().replace(b'"run": "', b'"run": "x'))
    with pytest.raises(Damaged, match="entry 2 is not the one after which entry 3 was written"):
        two.history("obras")


def test_what_a_person_took_back_is_current_again_only_by_a_person(two: City) -> None:
    two.send("obras", csv("1,Plaza,999", "2,Escuela,"))
    assert two.outcome("obras").version == "1.1.1"

    def say(kind: str, version: str, because: str | None = "estaba mal") -> Entry:
        log = two.history("obras")
        at = log.entries[-1].at
        return two.archive.append(
            Entry("obras", False, log.head + 1, kind, kind, at, Version.parse(version), because=because)
        )

    for because in (None, "", "  "):
        with pytest.raises(ValueError, match="say why"):
            say("withdraw", "1.1.0", because)
    assert say("current", "1.1.0") == say("current", "1.1.0")
    assert say("withdraw", "1.1.0") == say("withdraw", "1.1.0")
    history = two.history("obras")
    assert str(history.current.version) == "1.0.0"
    assert [entry.kind for entry in history.entries[3:]] == ["current", "withdraw"]
    outcome = two.outcome("obras")
    assert (outcome.outcome, outcome.version) == ("unchanged", "1.0.0")
    assert "1.1.1, which was taken back" in outcome.message
    say("current", "1.1.1")
    assert str(two.history("obras").current.version) == "1.1.1"


def test_what_is_no_portal_stops_no_repair_of_the_archive(two: City) -> None:
    place = two.folder / "portal"
    real = place.resolve()
    place.unlink()
    shutil.copytree(real, place)  # as a copy that follows links makes it
    blob(two, "obras.csv").write_bytes(b"otra cosa")
    rewrite(two)
    actions = repair(two.archive, Portal(place), [])
    by_kind = {action.what: action.done for action in actions}
    assert by_kind == {"entry": True, "file": True, "portal": False}
    assert [damage.of for damage in find_damage(two.archive, Portal(place))] == ["portal"]


def test_what_is_damaged_of_a_need_is_said_by_its_name(two: City) -> None:
    made = declaration("totales", source={"kind": "derived", "sql": 'SELECT * FROM "obras"'})
    made["pipeline"]["needs"] = ["obras"]
    two.declare(made)
    assert two.outcome("totales").outcome == "published"
    LOGS["an entry is cut"](two)
    outcome = two.outcome("totales")
    assert outcome.outcome == "failed"
    assert outcome.message.startswith("obras, which it needs, is damaged: ")
    assert "it is no JSON from line" in outcome.message
    assert "`vereda repair`" in outcome.message
    repair(two.archive, Portal(two.folder / "portal"), [])
    assert two.outcome("totales").outcome == "unchanged"

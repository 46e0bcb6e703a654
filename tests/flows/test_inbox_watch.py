"""The watched inbox: a file that lies still starts its dataset once; a misspelt folder is told with the
nearest name."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from catalog.archive.archive import Archive
from catalog.archive.runs import dataset_lock, new_run_id
from messages import speaking
from pipelines.dataset.dataset import Dataset, DatasetError, load_datasets
from pipelines.fetch.inbox import receive
from pipelines.nightly.inbox import InboxWatch, inbox_strays
from pipelines.release.run import Run
from pipelines.settings import DEFAULT_LIMITS
from tests.support.nights import ROWS, declare

INBOX = {"kind": "inbox"}


@pytest.fixture
def datasets(tmp_path) -> list[Dataset]:
    declare(tmp_path / "datasets", "obras", INBOX)
    declare(tmp_path / "datasets", "salud", INBOX, publisher={"id": "ministerio", "name": "M"})
    declare(tmp_path / "datasets", "de-la-red", ROWS)
    place = tmp_path / "datasets/obras/datapackage.yaml"
    two = yaml.safe_load(place.read_text())
    two["resources"].append({**two["resources"][0], "name": "contratos", "path": "contratos.csv"})
    place.write_text(yaml.safe_dump(two))
    return [each for each in load_datasets(tmp_path / "datasets") if isinstance(each, Dataset)]


def lay(path: Path, text: str = ROWS, seconds: float = 60) -> Path:
    """A file that has lain there so long. What the machine notes itself (ctime) cannot be set: the watch's
    clock is moved instead."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - seconds,) * 2)
    return path


@pytest.fixture
def later(monkeypatch):
    """A minute later, for the watch."""
    clock = time.time
    return lambda: monkeypatch.setattr("pipelines.nightly.inbox.time.time", lambda: clock() + 60)


def test_a_file_that_lies_still_is_found_once(tmp_path, datasets, later):
    archive, watch = Archive.open(tmp_path / "archive"), InboxWatch(tmp_path / "inbox")
    lay(
        tmp_path / "inbox/ministerio/salud/enero.csv", seconds=600
    )  # its time is the original's: it came just now
    lay(tmp_path / "inbox/tests/obras/contratos/c.csv.part")
    assert list(watch.find_datasets(datasets, archive)) == []
    later()
    ((dataset, mark),) = watch.find_datasets(datasets, archive)
    assert (dataset.id, len(mark)) == ("salud", 16)
    assert list(watch.find_datasets(datasets, archive)) == []


def judge(dataset: Dataset, archive: Archive, inbox: Path) -> None:
    now = lambda: datetime.now(UTC)  # noqa: E731
    outcomes = Run(dataset, archive, now, run_id=new_run_id(now()), inbox=inbox).execute()
    assert [outcome.outcome for outcome in outcomes] == ["published"]


def test_after_a_restart_what_was_judged_starts_nothing_and_the_rest_does(tmp_path, datasets, later):
    archive, inbox = Archive.open(tmp_path / "archive"), tmp_path / "inbox"
    lay(inbox / "ministerio/salud/enero.csv")
    judge(next(each for each in datasets if each.id == "salud"), archive, inbox)
    lay(inbox / "tests/obras/rows/obras.csv")
    later()
    assert [dataset.id for dataset, _mark in InboxWatch(inbox).find_datasets(datasets, archive)] == ["obras"]


def test_what_has_a_receipt_and_no_run_is_found(tmp_path, datasets, later):
    """It came by the desk, or its run was killed; not while one goes on, which may take it up."""
    archive, inbox = Archive.open(tmp_path / "archive"), tmp_path / "inbox"
    lay(inbox / "ministerio/salud/enero.csv")
    salud = next(each for each in datasets if each.id == "salud")
    receive(salud, archive, inbox, "2026-03-04T03:00:00-03:00", DEFAULT_LIMITS)
    later()
    watch = InboxWatch(inbox)
    with archive.locks.wait([dataset_lock("salud")], {}, 1) as mine:
        assert mine
        assert list(watch.find_datasets(datasets, archive)) == []
    assert [dataset.id for dataset, _mark in watch.find_datasets(datasets, archive)] == ["salud"]
    assert list(watch.find_datasets(datasets, archive)) == []


STRAYS = [
    ("tests/obrass/", "nothing is taken from tests/obrass, which is nobody's; did you mean obras? Rename it"),
    ("tests/obras/contrato/", "tests/obras/contrato, which is nobody's; did you mean contratos?"),
    ("test/obras/", "nothing is taken from test, which is nobody's; did you mean tests?"),
    ("tests/salud/", "tests/salud is another publisher's dataset; move it to ministerio/salud/"),
    ("tests/de-la-red/", "taken from tests/de-la-red: as de-la-red is declared, nothing of it is handed in"),
    ("tests/rota/", "nothing is taken from tests/rota: as rota is declared"),
    ("de-la-red/", "nothing is taken from de-la-red: as de-la-red is declared"),
    ("salud/", "nothing is taken from salud; move it to ministerio/salud/"),
    ("zzz/", "from zzz, which is nobody's; the folders there are: ministerio, tests"),
    ("tests/enero.csv", "tests/enero.csv lies in no dataset's folder and is not taken"),
    ("enero.csv", "enero.csv lies in no dataset's folder and is not taken"),
    ("tests/obras/rows/", ""),
    ("tests/obras/.trash/", ""),
    ("ministerio/salud/enero.csv", ""),
]


@pytest.mark.parametrize(("where", "told"), STRAYS)
def test_a_folder_that_is_nobodys_is_told_with_the_nearest_name(tmp_path, datasets, where, told):
    place = tmp_path / "inbox" / where
    place.parent.mkdir(parents=True, exist_ok=True)
    place.mkdir() if where.endswith("/") else place.write_text(ROWS)
    with speaking("en"):
        broken = DatasetError("rota", "rota/datapackage.yaml", "name", "is none")
        found = inbox_strays(tmp_path / "inbox", [*datasets, broken])
    assert len(found) == bool(told)
    assert told in "".join(stray.sentence for stray in found)


@pytest.mark.parametrize(
    ("where", "there", "into"),
    [
        ("tests/obrass/", "", "tests/obras"),
        ("tests/obrass/", "tests/obras/", None),  # a folder would be moved into the other
        ("tests/salud/", "ministerio/", "ministerio/salud/"),
        ("tests/salud/", "", None),
        ("tests/obrás $x/", "", "tests/obras"),
        ("salud/", "ministerio/", "ministerio/salud/"),
        ("salud/", "", None),
    ],
)
def test_what_to_type_puts_the_folder_right_and_moves_nothing_into_another(
    tmp_path, datasets, where, there, into
):
    inbox = tmp_path / "inbox"
    (inbox / where).mkdir(parents=True)
    (inbox / where / "enero.csv").write_text(ROWS)
    if there:
        (inbox / there).mkdir(parents=True)
    (stray,) = [each for each in inbox_strays(inbox, datasets) if where.strip("/") in each.sentence]
    if into is None:
        assert stray.remedy.startswith("ls ")
        return
    subprocess.run(["bash", "-c", stray.remedy], check=True)
    assert (inbox / into / "enero.csv").read_text() == ROWS
    assert inbox_strays(inbox, datasets) == []

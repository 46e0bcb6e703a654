"""An archive that an earlier Vereda wrote is read, verified and continued by this one.

`writer-1.tar.xz` was made by commit 15ca492 (2026-11-22), before entries were chained and before numbers
had no exponents: `vereda run` over four datasets, again after their files had grown, then a rollback. It
holds the archive and the declarations of that time.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from catalog.archive.published import WRITER
from catalog.portal.portal import Portal
from pipelines.release.damage import find_damage, repair
from pipelines.release.verify import verify
from tests.support.cities import City, published_rows

pytestmark = pytest.mark.usefixtures("english")
IDS = ["deshechos", "montos", "obras", "resumen"]


@pytest.fixture
def old(tmp_path: Path) -> City:
    with tarfile.open(Path(__file__).with_name("writer-1.tar.xz")) as packed:
        packed.extractall(tmp_path, filter="data")
    return City(tmp_path)


def test_an_archive_of_writer_1_is_read_and_verified(old: City) -> None:
    assert [dataset for dataset, _demo in old.archive.datasets()] == IDS
    for id in IDS:
        history = old.history(id)
        for entry in history.releases:
            found = verify(old.archive, entry, history)
            assert (found.rows_same, found.right) == (True, True), found.note
            assert f"written by writer 1, and now there is writer {WRITER}" in found.note
    assert [str(old.history(id).current.version) for id in IDS] == ["1.0.0", "1.1.0", "1.1.0", "1.1.0"]
    assert [row["monto"] for row in published_rows(old, "montos")] == [12000000000.5, 0.00001, 1]
    assert find_damage(old.archive, Portal(old.folder / "portal")) == []


def test_it_goes_on_where_it_was(old: City) -> None:
    found = {id: old.outcome(id) for id in IDS}
    assert [found[id].outcome for id in IDS] == ["unchanged", "unchanged", "published", "published"]
    assert "was taken back" in found["deshechos"].message
    assert found["obras"].version == "1.1.1", "its text is read otherwise by now: a row is corrected"
    portal = Portal(old.folder / "portal")
    portal.apply(old.archive, portal.plan(old.archive))
    assert portal.plan(old.archive) == []
    assert [old.outcome(id).outcome for id in IDS] == ["unchanged"] * 4
    for id in IDS:
        (old.folder / f"archive/datasets/{id}/log/00000001.json").write_bytes(b"")
    assert {damage.of for damage in find_damage(old.archive, portal)} == set(IDS)
    assert all(action.done for action in repair(old.archive, portal, [])), "old entries have copies by now"
    assert find_damage(old.archive, portal) == []

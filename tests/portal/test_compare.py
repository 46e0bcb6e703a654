"""What changed between any two versions stands in the portal: in words, as Parquet, and as CSV; and since any
day."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.portal import compare as pairs
from catalog.public import listings
from tests.support import portals
from tests.support.portals import Page, Publisher, publish

DAYS = ("2022-11-10T02:00:00-03:00", "2023-06-01T02:00:00-03:00", "2024-09-02T02:00:00-03:00")


@pytest.fixture(autouse=True)
def two_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = [{"name": "id", "type": "integer"}, {"name": "etapa", "type": "string"}]
    monkeypatch.setattr(portals, "FIELDS", fields)


def stages(**found: str) -> pa.Table:
    return pa.table(
        {"id": pa.array([int(key[1:]) for key in found], pa.int64()), "etapa": list(found.values())}
    )


def three(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = portals._files  # noqa: SLF001

    def keyed(data: pa.Table, descriptor: dict[str, Any], into: Path) -> dict[str, Path]:
        paths = files(data, descriptor, into)
        told = json.loads(paths["datapackage.json"].read_bytes())
        told["resources"][0]["schema"]["primaryKey"] = ["id"]
        paths["datapackage.json"].write_text(json.dumps(told), encoding="utf-8")
        return paths

    monkeypatch.setattr(portals, "_files", keyed)
    publisher.release(version="1.0.0", rows=stages(o1="Proyecto", o2="En obra"), at=DAYS[0], as_of=None)
    publisher.release(
        version="1.1.0", rows=stages(o1="En obra", o2="En obra", o3="Proyecto"), at=DAYS[1], as_of=None
    )
    publisher.release(version="1.2.0", rows=stages(o1="Terminada", o3="Proyecto"), at=DAYS[2], as_of=None)
    return publisher.folder.parent / "portal"


def test_any_two_versions_are_told_in_words_and_as_files(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = three(publisher, monkeypatch)
    publish(publisher, folder)
    page = Page(folder / "datasets/obras/cambios/index.html")
    assert {"1.0.0-1.1.0", "1.1.0-1.2.0", "1.0.0-1.2.0"} <= page.ids
    assert (
        "1.0.0 → 1.2.0 vigente obras: se agregó 1 fila. obras: se quitó 1 fila. obras: se corrigió 1 fila"
        in page.text
    )
    assert "1 row added." in Page(folder / "en/datasets/obras/cambios/index.html").text
    with (folder / "datasets/obras/cambios/1.0.0-1.2.0.obras.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["cambio", "campo", "antes", "despues", "id", "etapa"],
            ["fila quitada", "", "", "", "2", "En obra"],
            ["fila agregada", "", "", "", "3", "Proyecto"],
            ["celda corregida", "etapa", "Proyecto", "Terminada", "1", ""],
        ]
    found = pq.read_table(folder / "datasets/obras/cambios/1.0.0-1.2.0.parquet")
    assert found["change"].to_pylist() == ["row-removed", "row-added", "cell-changed"]


def test_a_pair_that_was_compared_is_not_compared_again(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = three(publisher, monkeypatch)
    portal = publish(publisher, folder)
    kept = (folder / "datasets/obras/cambios/1.0.0-1.1.0.parquet").stat().st_ino
    publisher.release(version="2.0.0", rows=stages(o1="Terminada"), level="major")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert (folder / "datasets/obras/cambios/1.0.0-1.1.0.parquet").stat().st_ino == kept
    assert (folder / "datasets/obras/cambios/1.2.0-2.0.0.obras.csv").is_file()


def test_a_withdrawn_version_is_compared_no_more(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = three(publisher, monkeypatch)
    portal = publish(publisher, folder)
    publisher.say("withdraw", "1.1.0", "tenía datos de personas")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert {
        path.name.partition(".parquet")[0] for path in (folder / "datasets/obras/cambios").glob("*.parquet")
    } == {"1.0.0-1.2.0"}
    assert "1.1.0" not in Page(folder / "datasets/obras/cambios/index.html").text


def test_of_many_versions_the_last_and_those_of_each_new_year_are_compared(publisher: Publisher) -> None:
    for n in range(20):
        at = f"{2022 + n // 10}-{1 + n % 10:02}-03T02:00:00-03:00"
        publisher.release(version=f"1.{n}.0", rows=stages(o1=str(n)), at=at, as_of=None)
    (listing,) = listings(publisher.archive)
    assert [str(each.version) for each in pairs.choose_editions(listing)] == [
        "1.0.0",
        *(f"1.{n}.0" for n in range(8, 20)),
    ]


def test_a_major_version_has_an_address_of_its_own(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = three(publisher, monkeypatch)
    portal = publish(publisher, folder)
    publisher.release(version="2.0.0", rows=stages(o9="otra cosa"), level="major")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert pq.read_table(folder / "datasets/obras/v/1/obras.parquet")["id"].to_pylist() == [1, 3]
    assert pq.read_table(folder / "datasets/obras/v/2/obras.parquet")["id"].to_pylist() == [9]
    publisher.say("current", "1.1.0", "la 2.0.0 está en duda")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert pq.read_table(folder / "datasets/obras/v/1/obras.parquet")["id"].to_pylist() == [1, 2, 3]
    shutil.rmtree(folder.resolve() / "datasets/obras/v/1")
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    assert (folder / "datasets/obras/v/1/obras.csv").is_file()

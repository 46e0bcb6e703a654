"""Rows that somebody follows: of ten thousand planted changes none is missed and none is false, as JSON and
as an Atom feed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pyarrow as pa
import pytest

from catalog.archive.archive import Archive
from pipelines.web.api.api import api_application
from pipelines.web.api.shelf import Shelf
from pipelines.web.api.tables import Tables
from tests.support import portals
from tests.support.portals import NOW, Publisher
from tests.support.sites import serve_application

FIELDS = [
    {"name": "id", "type": "integer"},
    {"name": "comuna", "type": "integer"},
    {"name": "etapa", "type": "string"},
]
COMUNAS = range(1, 16)
STAGES = ("Proyecto", "En obra", "Finalizada", 'Ñandú, "entre comillas"')
ATOM = "{http://www.w3.org/2005/Atom}"
Row = tuple[int, int | None, str | None]


@dataclass(frozen=True)
class Newsroom:
    client: httpx.Client
    publisher: Publisher

    def steps(self, query: str, dataset: str = "obras") -> list[dict[str, Any]]:
        answer = self.client.get(f"datasets/{dataset}/tables/obras/news?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()["steps"]


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newsroom]:
    monkeypatch.setattr(portals, "FIELDS", FIELDS)
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    tables = Tables(publisher.archive)
    with (
        serve_application(api_application(Shelf(publisher.archive, lambda: NOW), tables)) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Newsroom(client, publisher)
    tables.close()


def rows_of(found: dict[int, Row]) -> pa.Table:
    columns = zip(*found.values(), strict=True) if found else ((), (), ())
    kinds = (pa.int64(), pa.int64(), pa.string())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.table(arrays, names=[each["name"] for each in FIELDS])


def keyed(monkeypatch: pytest.MonkeyPatch, key: bool = True) -> None:
    """Published descriptors with a key."""
    files = portals._files  # noqa: SLF001

    def write(data: pa.Table, descriptor: dict[str, Any], into: Path) -> dict[str, Path]:
        paths = files(data, descriptor, into)
        told = json.loads(paths["datapackage.json"].read_bytes())
        if key:
            told["resources"][0]["schema"]["primaryKey"] = ["id"]
        paths["datapackage.json"].write_text(json.dumps(told), encoding="utf-8")
        return paths

    monkeypatch.setattr(portals, "_files", write)


Change = tuple[str, int, str | None, str | None, str | None]


def plant(before: dict[int, Row], chance: random.Random, number: int) -> tuple[dict[int, Row], list[Change]]:
    """The rows after `number` changes, each of a row of its own; and those changes: kind, id, field, before,
    after."""
    after, planted = dict(before), []
    for id in chance.sample(sorted(before), number - number // 4):
        _id, comuna, stage = before[id]
        act = chance.choice(("gone", "comuna", "comuna", "etapa", "etapa"))
        if act == "gone":
            del after[id]
            planted.append(("row-removed", id, None, None, None))
        elif act == "comuna":
            new = chance.choice([each for each in (*COMUNAS, None) if each != comuna])
            after[id] = (id, new, stage)
            planted.append(("cell-changed", id, "comuna", _text(comuna), _text(new)))
        else:
            other = chance.choice([each for each in (*STAGES, None) if each != stage])
            after[id] = (id, comuna, other)
            planted.append(("cell-changed", id, "etapa", stage, other))
    first = max(before) + 1
    for id in range(first, first + number // 4):
        after[id] = (id, chance.choice((*COMUNAS, None)), chance.choice(STAGES))
        planted.append(("row-added", id, None, None, None))
    return after, planted


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def read_changes(step: dict[str, Any]) -> list[Change]:
    found = []
    for line in step["changes"]:
        values = (line["field"], line["before"], line["after"])
        told = values if line["change"] == "cell-changed" else (None, None, None)
        found.append((line["change"], int(json.loads(line["key"])["id"]), *told))
    return sorted(found, key=str)


def test_of_ten_thousand_planted_changes_none_is_missed_and_none_is_false(newsroom, monkeypatch) -> None:
    keyed(monkeypatch)
    chance = random.Random(22)
    rows: dict[int, Row] = {
        id: (id, chance.choice((*COMUNAS, None)), chance.choice(STAGES)) for id in range(1, 8001)
    }
    newsroom.publisher.release(rows=rows_of(rows))
    wanted: dict[tuple[str, str], list[Change]] = {}
    total = 0
    for number in range(1, 3):
        version, before = f"1.{number}.0", rows
        rows, planted = plant(before, chance, 5000)
        newsroom.publisher.release(version=version, rows=rows_of(rows))
        total += len(planted)
        for change in planted:
            sides = [side.get(change[1]) for side in (before, rows)]
            for comuna in {side[1] for side in sides if side}:
                wanted.setdefault((_text(comuna) or "", version), []).append(change)
    assert total == 10_000
    for comuna in ("", *map(str, COMUNAS)):
        told = {each["to"]: read_changes(each) for each in newsroom.steps(f"filter=comuna={comuna}")}
        expected = {
            version: sorted(found, key=str) for (of, version), found in wanted.items() if of == comuna
        }
        assert told == expected, f"comuna {comuna}"


def test_one_work_is_followed_as_an_atom_feed(newsroom, monkeypatch) -> None:
    keyed(monkeypatch)
    first = {1: (1, 4, "Proyecto"), 2: (2, 5, "Proyecto")}
    newsroom.publisher.release(rows=rows_of(first))
    newsroom.publisher.release(version="1.0.1", rows=rows_of({**first, 1: (1, 4, "En obra")}))
    newsroom.publisher.release(version="1.0.2", rows=rows_of({1: (1, 4, "En obra"), 2: (2, 5, "En obra")}))
    newsroom.publisher.say("current", "1.0.1", "Estaba mal.")
    path = "datasets/obras/tables/obras/news?filter=id=1&format=atom"
    answer = newsroom.client.get(path)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.text)
    (entry,) = feed.findall(f"{ATOM}entry")
    assert "id 1: etapa era Proyecto y es En obra" in "".join(entry.itertext())
    link = feed.find(f"{ATOM}link[@rel='self']")
    assert link is not None
    assert httpx.get(link.attrib["href"]).text == answer.text
    again = newsroom.client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    other = newsroom.steps("filter=id=2")
    assert [(each["from"], each["to"]) for each in other] == [("1.0.2", "1.0.1"), ("1.0.1", "1.0.2")]
    newsroom.publisher.release(version="1.0.3", rows=rows_of({1: (1, 5, "En obra"), 2: (2, 5, "Proyecto")}))
    changed = newsroom.client.get(path, headers={"if-none-match": answer.headers["etag"]})
    entries = ElementTree.fromstring(changed.text).findall(f"{ATOM}entry")
    assert len(entries) == 2
    ids = [each.findtext(f"{ATOM}id") for each in entries]
    assert ids[1] == entry.findtext(f"{ATOM}id")


def test_rows_without_a_key_come_and_go_whole(newsroom) -> None:
    newsroom.publisher.release(rows=rows_of({1: (1, 4, "a"), 2: (1, 4, "a"), 3: (2, 5, "b")}))
    newsroom.publisher.release(version="1.1.0", rows=rows_of({1: (1, 4, "a"), 2: (2, 4, "b")}))
    (step,) = newsroom.steps("filter=comuna=4")
    assert step["rows"] == {"added": 1, "removed": 1, "changed": 0}
    (other,) = newsroom.steps("filter=comuna=5")
    assert [each["change"] for each in other["changes"]] == ["row-removed"]


def test_over_another_structure_nothing_is_made_up(newsroom, monkeypatch) -> None:
    newsroom.publisher.release(rows=rows_of({1: (1, 4, "a")}))
    keyed(monkeypatch)
    newsroom.publisher.release(version="2.0.0", rows=rows_of({1: (1, 4, "b"), 2: (2, 4, "b")}))
    (step,) = newsroom.steps("filter=comuna=4")
    assert (step["followed"], "changes" in step) == (False, False)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "filter=comuna=4"),
        ("filter=nada=1", "No hay una columna «nada»"),
        ("filter=id=1&format=csv", "json, atom"),
    ],
)
def test_what_cannot_be_followed_says_what_to_write(newsroom, query, says) -> None:
    newsroom.publisher.release(rows=rows_of({1: (1, 4, "a")}))
    newsroom.publisher.release(version="1.1.0", rows=rows_of({1: (1, 4, "b")}))
    answer = newsroom.client.get(f"datasets/obras/tables/obras/news?{query}")
    assert answer.status_code == 422
    assert says in answer.json()["detail"]

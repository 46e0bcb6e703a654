"""Another CKAN is read whole or not at all; what vanishes there stays here, with the day since when."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipelines.fetch import ckan as reading
from pipelines.fetch import fetch
from pipelines.release.verify import verify
from pipelines.settings import Limits
from tests.support.answers import json_answer
from tests.support.cities import City, declaration, published_rows
from tests.support.foreign_ckan import ForeignCkan, package

pytestmark = pytest.mark.usefixtures("english")

TEXTS = [{"name": name, "type": "string", "description": name} for name in ("id", "nombre")]
GONE = {"name": "gone", "type": "date", "description": "Desde cuándo no está"}
LISTED = [
    *(
        {"name": name, "type": "string", "description": name}
        for name in ("name", "title", "frequency", "tags")
    ),
    {"name": "files", "type": "integer", "description": "Archivos"},
    GONE,
]


@pytest.fixture
def other(httpserver: HTTPServer) -> ForeignCkan:
    return ForeignCkan(httpserver)


def one(city: City, dataset: str = "ajeno") -> Any:
    (outcome,) = city.run(dataset, fetch=partial(fetch, limits=Limits(timeout=5)))
    return outcome


def declare_table(city: City, other: ForeignCkan) -> None:
    source = {"kind": "ckan", "url": other.url, "resource": "t1"}
    city.declare(declaration("ajeno", source=source, fields=TEXTS))


def test_a_table_comes_page_by_page(city: City, other: ForeignCkan, monkeypatch):
    other.rows_max = 7  # it gives fewer than are asked for
    other.add_table("t1", ["id", "nombre"], [[f"{n:03}", f'Calle "{n}", ñandú'] for n in range(1, 31)])
    declare_table(city, other)
    assert one(city).rows == {"ajeno": 30}
    assert other.asked.count("datastore_search") == 5
    assert published_rows(city, "ajeno")[6] == {"id": "007", "nombre": 'Calle "7", ñandú'}
    assert one(city).outcome == "unchanged"
    other.tables["t1"][1][3]["nombre"] = None
    assert one(city).changes == {"ajeno": {"added": 0, "removed": 0, "changed": 1}}


def test_a_table_that_changes_while_it_is_read_is_read_again(city: City, other: ForeignCkan):
    other.rows_max = 5
    other.add_table("t1", ["id", "nombre"], [[str(n), "a"] for n in range(12)])
    declare_table(city, other)

    def delete_one(number: int) -> None:
        if number == 3:
            del other.tables["t1"][1][0]

    other.before_each = delete_one
    assert one(city).rows == {"ajeno": 11}
    other.before_each = lambda number: other.tables["t1"][1].append({"_id": 100 + number})
    outcome = one(city)
    assert outcome.outcome == "failed"
    assert "changed while it was read, 3 times in a row" in outcome.message


def test_a_resource_without_a_table_is_its_file(city: City, other: ForeignCkan, httpserver: HTTPServer):
    address = httpserver.url_for("/archivo.csv")
    other.resources["t1"] = {"id": "t1", "datastore_active": False, "url": address}
    httpserver.expect_request("/archivo.csv").respond_with_data(
        "id;nombre\n1;Uno\n2;Dos\n", headers={"ETag": '"a"'}
    )
    declare_table(city, other)
    assert one(city).rows == {"ajeno": 2}
    assert one(city).outcome == "unchanged"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (json_answer('{"success": false}', 404), "it is gone, or not public"),
        (json_answer('{"success": false}', 403), "it is gone, or not public"),
        (json_answer("", 500), "answered 500"),
        (lambda: Response("<html>Mantenimiento", content_type="text/html"), "a web page instead of data"),
        (json_answer('{"success": true, "result": []}'), "not as a CKAN"),
        (json_answer('{"success": true, "result": {"records": 3, "total": 1}}'), ""),
        (json_answer('{"success": true, "result": {"fields'), "cut in the middle"),
    ],
)
@pytest.mark.parametrize("at", [1, 2])
def test_faults_are_told_and_publish_nothing(city: City, other: ForeignCkan, fault, told, at):
    other.add_table("t1", ["id", "nombre"], [["1", "a"]])
    declare_table(city, other)
    other.faults = [*[None] * (at - 1), fault]
    outcome = one(city)
    assert outcome.outcome == "failed"
    assert told in outcome.message
    assert other.url in outcome.message
    assert not city.history("ajeno").releases


def declare_list(city: City, other: ForeignCkan, **more: Any) -> None:
    source = {"kind": "ckan", "url": other.url, "list": "datasets", **more}
    layouts = [
        {
            "header": ["name"],
            "labels": {},
            "ignore": [
                "id",
                "description",
                "organization",
                "organizationTitle",
                "license",
                "created",
                "modified",
                "url",
            ],
        }
    ]
    pipeline = {"extract": {"mode": "full", "vanished": "gone"}, "layouts": layouts}
    city.declare(declaration("ajeno", source=source, fields=LISTED, key="name", **pipeline))


def test_a_harvest_tells_what_is_new_changed_and_vanished(city: City, other: ForeignCkan, monkeypatch):
    monkeypatch.setattr(reading, "PACKAGES", 4)
    other.packages = [package(f"p{n:02}") for n in range(10)]
    other.packages.append(package("de-otros", organization={"name": "salud", "title": "Salud"}))
    declare_list(city, other, organization="hacienda")
    assert one(city).rows == {"ajeno": 10}
    assert published_rows(city, "ajeno")[0] == {
        "name": "p00",
        "title": "P00",
        "frequency": "mensual",
        "tags": "a, b",
        "files": 1,
        "gone": None,
    }
    assert one(city).outcome == "unchanged"
    other.packages = [*other.packages[1:], package("nuevo")]
    other.packages[0]["title"] = "Otro título"
    outcome = one(city)
    assert outcome.changes == {"ajeno": {"added": 1, "removed": 0, "changed": 2}}
    rows = {row["name"]: row for row in published_rows(city, "ajeno")}
    assert str(rows["p00"]["gone"]) == "2026-03-01"
    assert {name for name, row in rows.items() if row["gone"]} == {"p00"}
    city.moment = city.moment.replace(month=4)
    assert one(city).outcome == "unchanged"  # the day is that on which it vanished
    other.packages.append(package("p00"))
    one(city)
    assert [row["gone"] for row in published_rows(city, "ajeno") if row["name"] == "p00"] == [None]
    history = city.history("ajeno")
    assert [verify(city.archive, entry, history).bytes_same for entry in history.releases] == [True] * 3


def test_many_that_vanish_at_once_stop(city: City, other: ForeignCkan):
    other.packages = [package(f"p{n:02}") for n in range(40)]
    declare_list(city, other)
    assert one(city).outcome == "published"
    kept, other.packages = other.packages, other.packages[:15]
    outcome = one(city)
    assert outcome.outcome == "rejected"
    assert "are gone" in outcome.message
    other.packages = []
    assert "now it has none" in one(city).message
    other.packages = kept
    assert one(city).outcome == "unchanged"


@pytest.mark.parametrize(
    ("there", "gone", "word"),
    [
        (40, 11, "rejected"),
        (20, 8, "rejected"),
        (12, 4, "rejected"),
        (12, 3, "published"),
        (40, 9, "published"),
    ],
)
def test_more_than_a_quarter_that_vanishes_stops_a_small_catalogue_too(
    city: City, other: ForeignCkan, there: int, gone: int, word: str
):
    other.packages = [package(f"p{n:02}") for n in range(there)]
    declare_list(city, other)
    one(city)
    other.packages = other.packages[gone:]
    outcome = one(city)
    assert outcome.outcome == word
    if word == "published":
        assert outcome.message == f"{gone} rows that the source has no more stay, with the day in gone"
        other.packages = other.packages[1:]
        assert one(city).message == "1 row that the source has no more stays, with the day in gone"


def test_a_catalogue_may_be_again_as_it_was(city: City, other: ForeignCkan):
    """A dataset that was hidden for a night is no old file that somebody sent."""
    there = [package(f"p{n:02}") for n in range(40)]
    declare_list(city, other)
    for shown in (there, there[1:], there):
        other.packages = shown
        assert one(city).outcome == "published"
    assert [row for row in published_rows(city, "ajeno") if row["gone"]] == []


def test_a_data_json_is_harvested_alike(city: City, httpserver: HTTPServer):
    whole = {
        "dataset": [
            {
                "identifier": "p1",
                "title": "Uno",
                "keyword": ["z", "a"],
                "accrualPeriodicity": "R/P1M",
                "distribution": [{}],
            },
            {"identifier": "p2", "title": "Dos"},
        ]
    }
    httpserver.expect_request("/data.json").respond_with_data(json.dumps(whole))
    source = {"kind": "datajson", "url": httpserver.url_for("/data.json")}
    layouts = [
        {
            "ignore": [
                "id",
                "description",
                "organization",
                "organizationTitle",
                "license",
                "created",
                "modified",
                "url",
            ]
        }
    ]
    city.declare(declaration("ajeno", source=source, fields=LISTED[:-1], key="name", layouts=layouts))
    assert one(city).outcome == "published"
    assert [tuple(row.values()) for row in published_rows(city, "ajeno")] == [
        ("p1", "Uno", "R/P1M", "a, z", 1),
        ("p2", "Dos", None, None, 0),
    ]

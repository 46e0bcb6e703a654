"""A program follows rows: it is told of each change in them once, signed, and of nothing else."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook as Verifier
from werkzeug import Request, Response

from messages import speaking
from pipelines.dataset.dataset import load_datasets
from pipelines.notices.deliver import Delivery
from pipelines.notices.receivers import begin_notices, send_notices
from pipelines.settings import Settings, SettingsError, load_settings
from tests.support.cities import City, csv, declaration

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
FIELDS = [
    {"name": "id", "type": "integer"},
    {"name": "comuna", "type": "integer"},
    {"name": "etapa", "type": "string"},
]


class Follower:
    """Follows rows of `obras` that `filters` choose."""

    def __init__(self, server: HTTPServer, city: City, *filters: str):
        self.city, self.heard = city, []
        server.expect_request("/filas").respond_with_handler(self._hear)
        told = {"dataset": "obras", "table": "obras", "filter": filters}
        followed = [{"url": server.url_for("/filas"), "secret": SECRET, **told}]
        self.settings = Settings(followed_rows=followed, portal_url="https://datos.example", retry_delay=0)
        self.now = datetime.fromisoformat("2026-03-01T09:00:00-03:00")
        begin_notices(self.settings, self._datasets, city.archive, self.now)

    @property
    def _datasets(self):
        return load_datasets(self.city.datasets)

    def _hear(self, request: Request) -> Response:
        said = Verifier(SECRET).verify(request.get_data(), dict(request.headers.items(lower=True)))
        self.heard.append(said)
        return Response("")

    def send(self) -> Delivery:
        self.now += timedelta(minutes=1)
        return send_notices(self.settings, self._datasets, self.city.archive, self.now)

    def after(self, *rows: str) -> list[dict[str, Any]]:
        """What it hears of a release of these rows."""
        before = len(self.heard)
        self.city.send("obras", csv(*rows, header="id,comuna,etapa"))
        assert self.city.outcome("obras").outcome == "published"
        self.send()
        return [each["data"] for each in self.heard[before:]]


def begin(city: City, *rows: str) -> None:
    city.declare(declaration("obras", fields=FIELDS), datos=csv(*rows, header="id,comuna,etapa"))
    city.run("obras")


def test_each_change_in_the_rows_is_told_once_and_nothing_else(city: City, httpserver: HTTPServer) -> None:
    begin(city, "1,4,Proyecto", "2,5,Proyecto", "3,4,Proyecto")
    follower = Follower(httpserver, city, "comuna=4")
    assert follower.after("1,4,Proyecto", "2,5,En obra", "3,4,Proyecto") == []
    (told,) = follower.after("1,4,En obra", "2,4,En obra", "3,5,Proyecto")
    assert (told["from"], told["to"], told["filter"]) == ("1.0.1", "1.0.2", ["comuna=4"])
    assert told["rows"] == {"added": 0, "removed": 0, "changed": 3}
    changed = [
        (json.loads(each["key"])["id"], each["field"], each["before"], each["after"])
        for each in told["changes"]
    ]
    assert changed == [
        ("1", "etapa", "Proyecto", "En obra"),
        ("2", "comuna", "5", "4"),
        ("3", "comuna", "4", "5"),
    ]
    assert told["page"] == "https://datos.example/datasets/obras/index.html"
    (told,) = follower.after("2,4,En obra", "3,5,Proyecto", "4,4,Nueva")
    assert [each["change"] for each in told["changes"]] == ["row-removed", "row-added"]
    heard = len(follower.heard)
    assert follower.send().sent == {}
    assert len(follower.heard) == heard


def test_going_back_is_a_change_and_of_what_was_withdrawn_nothing_is_quoted(
    city: City, httpserver: HTTPServer
) -> None:
    begin(city, "1,4,Proyecto")
    follower = Follower(httpserver, city, "id=1")
    follower.after("1,4,SECRETO")
    for kind, version in (("current", "1.0.0"), ("current", "1.0.1"), ("withdraw", "1.0.1")):
        city.say("obras", kind, version, "x", follower.now)
        if kind == "withdraw":
            follower.heard.clear()
        follower.send()
    (told,) = [each["data"] for each in follower.heard]
    assert (told["from"], told["to"], told["followed"]) == ("1.0.1", "1.0.0", False)
    assert "SECRETO" not in json.dumps(told)


def test_a_filter_that_the_table_cannot_answer_is_told_to_the_data_team(
    city: City, httpserver: HTTPServer
) -> None:
    begin(city, "1,4,Proyecto")
    follower = Follower(httpserver, city, "barrio=Boedo")
    city.send("obras", csv("1,4,En obra", header="id,comuna,etapa"))
    city.run("obras")
    with speaking("es"):
        (wrong,) = follower.send().wrong
    assert "VEREDA_FOLLOWED_ROWS" in wrong
    assert "barrio" in wrong
    assert follower.heard == []


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEREDA_FOLLOWED_ROWS", '[{"url": "https://a.example/x", "secret": "mi-secreto"}]')
    with pytest.raises(SettingsError, match="VEREDA_FOLLOWED_ROWS") as raised:
        load_settings()
    assert "mi-secreto" not in str(raised.value)

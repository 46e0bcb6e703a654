"""An agency's program is told what became of each file that it handed in: once, signed, and of no other
agency's."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook as Verifier
from werkzeug import Request, Response

from pipelines.agency.submit import hand_in
from pipelines.dataset.dataset import load_datasets
from pipelines.notices.deliver import Delivery
from pipelines.notices.receivers import begin_notices, send_notices
from pipelines.settings import Settings, SettingsError, load_settings
from tests.support.cities import City, csv, declaration

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="


class Agency:
    """An agency with a program that hears of its files."""

    def __init__(self, server: HTTPServer, city: City):
        self.city, self.heard, self.status = city, [], 200
        for name in ("obras", "salud"):
            made = declaration(name, source={"kind": "inbox"})
            made["pipeline"]["publisher"] = {"id": f"area-{name}", "name": name}
            city.declare(made)
        self.now = datetime.fromisoformat("2026-03-01T09:00:00-03:00")
        self.hand_in("obras", csv("7,Antes,1"))
        server.expect_request("/mesa").respond_with_handler(self._hear)
        hook = {"url": server.url_for("/mesa"), "secret": SECRET, "agency": "area-obras"}
        self.settings = Settings(outcome_webhooks=[hook], retry_delay=0)
        begin_notices(self.settings, load_datasets(city.datasets), city.archive, self.now)

    def _hear(self, request: Request) -> Response:
        headers = dict(request.headers.items(lower=True))
        self.heard.append((headers["webhook-id"], Verifier(SECRET).verify(request.get_data(), headers)))
        return Response("", self.status)

    def hand_in(self, dataset: str, content: str) -> None:
        """Hands a file in, and has it judged."""
        file = self.city.folder / f"{hashlib.sha256(content.encode()).hexdigest()[:8]}.csv"
        file.write_text(content, "utf-8")
        city = self.city
        hand_in(city.datasets, city.archive, city.inbox, dataset, file, None, city.clock())
        city.outcome(dataset)

    def send(self) -> Delivery:
        self.now += timedelta(minutes=1)
        datasets = load_datasets(self.city.datasets)
        return send_notices(self.settings, datasets, self.city.archive, self.now)

    @property
    def told(self) -> list[tuple[str, Any, Any]]:
        return [(said["type"], said["data"]["number"], said["data"]["version"]) for _id, said in self.heard]


@pytest.fixture
def agency(httpserver: HTTPServer, city: City) -> Agency:
    return Agency(httpserver, city)


def test_each_outcome_is_told_once_and_nothing_older(agency: Agency):
    agency.send()
    assert agency.heard == []  # what was before it followed
    agency.hand_in("obras", csv("1,Plaza,10"))
    agency.hand_in("obras", csv("1,Plaza,diez"))
    agency.hand_in("salud", csv("1,Sala,10"))  # another agency's
    agency.send()
    agency.send()
    assert [each[:2] for each in agency.told] == [("receipt.published", 2), ("receipt.rejected", 3)]
    data = agency.heard[1][1]["data"]
    assert data["dataset"] == "obras"
    assert "diez" in data["because"]
    assert "vereda check" not in data["because"]


def test_what_was_not_taken_comes_again_under_the_same_id(agency: Agency):
    agency.status = 503
    agency.hand_in("obras", csv("1,Plaza,10"))
    delivery = agency.send()
    assert any("503" in sentence for sentence in delivery.wrong)
    agency.status = 200
    agency.send()
    agency.send()
    assert len({id for id, _said in agency.heard}) == 1
    assert agency.told[-1][:2] == ("receipt.published", 2)
    assert len(agency.heard) == 4  # three tries, then one that was taken


def test_a_wrong_setting_is_told_without_its_secret(monkeypatch):
    monkeypatch.setenv(
        "VEREDA_OUTCOME_WEBHOOKS", '[{"url": "https://x", "secret": "whsec_corta", "agency": "a"}]'
    )
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert "whsec_corta" not in str(error.value)

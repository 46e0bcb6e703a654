"""A week of an agency that hands in month by month, walked by HTTP: after every step its pages, those of the
data team, the receipts at the terminal and those for programs tell the same, and acts do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
import pytest

from messages import speaking
from pipelines.cli.queries import list_receipts
from pipelines.cli.tables import receipt_lines
from pipelines.settings import Settings
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.teams import INBOX, Browser, DeskPlace, declare_agencies, open_desk

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "dia", "type": "date", "description": "Día"},
    {"name": "cuantos", "type": "integer", "description": "Cuántos"},
]
HEADER = "Nro.,Fecha de visita,Cantidad de visitas"
LAYOUT = {
    "labels": {"Nro.": "id", "Fecha de visita": "dia", "Cantidad de visitas": "cuantos"},
    "fields": {"dia": {"format": "%d/%m/%Y"}},
}
pytestmark = pytest.mark.usefixtures("impatient_inbox")


def month(number: int, *more: str, days: int = 20, count: object = 1) -> str:
    rows = [f"{number * 100 + day},{day:02}/{number:02}/2026,{count}" for day in range(1, days + 1)]
    return csv(*rows, *more, header=HEADER)


def text_of(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def declare(city: City, **more: Any) -> None:
    made = declaration(
        "visitas",
        source=INBOX,
        fields=FIELDS,
        extract={"mode": "by-period", "field": "dia"},
        layouts=[LAYOUT],
        quarantine={"maxShare": 0.1},
        **more,
    )
    made["pipeline"]["publisher"] = {"id": "obras-publicas", "name": "Obras públicas"}
    city.declare(made)


@dataclass
class Week:
    """The desk of the week, with a clerk's browser and one of the data team."""

    place: DeskPlace
    clerk: Browser
    team: Browser

    @property
    def city(self) -> City:
        return self.place.city

    def hand_in(self, name: str, content: str, period: str = "") -> str:
        """By the form of the desk, and then its run; gives the address of the receipt's page."""
        page = self.clerk.get("mesa/entregar")
        mark = re.search(r'name="marca" value="([^"]+)"', page.text)
        assert mark
        sent = self.clerk.client.post(
            f"{self.place.address}mesa/entregar",
            data={"marca": mark[1], "conjunto": "visitas/visitas", "periodo": period},
            files={"archivo": (name, content.encode())},
            headers={"Origin": self.place.address.rstrip("/")},
        )
        assert sent.status_code == 303, text_of(sent)
        self.city.run("visitas")
        self.check_that_all_tell_the_same()
        return str(sent.url.join(sent.headers["location"]))

    def states(self) -> list[tuple[str, str | None]]:
        return [(each.state, each.version) for each in self.outcomes()]

    def outcomes(self):
        settings = Settings(datasets=self.city.datasets, archive=str(self.city.folder / "archive"))
        return list_receipts(settings, self.city.archive, "visitas")

    def check_that_all_tell_the_same(self) -> None:
        pages = {
            "agency": text_of(self.clerk.get("mesa/entregas/")),
            "team": text_of(self.team.get("mesa/equipo/conjunto/visitas/")),
            "queue": text_of(self.team.get("mesa/equipo/entregas")),
        }
        with speaking("es"):
            found = self.outcomes()
            pages["terminal"] = re.sub(r"\s+", " ", " ".join(str(line) for line in receipt_lines(found)))
        key = {"Authorization": f"Bearer {self.place.keys['obras-publicas']}"}
        listed = httpx.get(f"{self.place.address}mesa/api/recibos/visitas", headers=key).json()["receipts"]
        with speaking("es"):
            assert listed == [each.to_json() for each in found]
            for each in found:
                for told in filter(None, (each.because, each.replacement)):
                    sentence = re.sub(r"\s+", " ", told)
                    for name, page in pages.items():
                        assert sentence in page or each.is_open, (name, sentence)

    def days(self, number: int) -> int:
        return sum(str(row["dia"])[5:7] == f"{number:02}" for row in published_rows(self.city, "visitas"))

    def accept(self, page: httpx.Response, receipt: int) -> httpx.Response:
        """Sends the form for a receipt of a page of the team, as it was when it was opened."""
        form = next(
            form
            for form in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL)
            if f'name="recibo" value="{receipt}"' in form
        )
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        return self.team.client.post(
            page.url.join("aceptar"),
            data={**hidden, "motivo": "así fue"},
            headers={"Origin": self.place.address.rstrip("/")},
        )

    def stopped(self, page: httpx.Response) -> list[int]:
        return [int(number) for number in re.findall(r'name="recibo" value="(\d+)"', page.text)]


@pytest.fixture
def week(tmp_path) -> Iterator[Week]:
    city = City(tmp_path)
    city.moment = city.moment.replace(month=11, hour=12)
    declare_agencies(city)
    declare(city)
    with open_desk(city) as place:
        yield Week(place, place.browser("obras-publicas"), place.browser("team"))


TEAM = "mesa/equipo/conjunto/visitas/"


def test_wrong_held_mended_and_what_made_each_good(week: Week):
    first = week.hand_in("enero.csv", month(1, "121,21/01/2026,muchas"), "2026-01")
    assert week.states() == [("quarantined", "1.0.0")]
    assert "(Cantidad de visitas)" in text_of(week.clerk.client.get(first))
    wrong = week.hand_in("febrero.csv", month(2, count="x"), "2026-02")
    told = text_of(week.clerk.client.get(wrong))
    assert "sobre todo: visitas, fila 2, columna Cantidad de visitas, «x»" in told
    assert "cuantos" not in told
    week.hand_in("marzo.csv", month(3))
    week.hand_in("enero-bien.csv", month(1), "2026-01")
    told = text_of(week.clerk.client.get(first))
    assert "después llegó el n.º 4 (enero-bien.csv), que vale en su lugar: publicado 1.1.1" in told
    empty = week.hand_in("febrero-vacio.csv", csv(header=HEADER), "2026-02")
    assert "no tiene filas" in text_of(week.clerk.client.get(empty))
    assert "vale en su lugar" not in text_of(week.clerk.client.get(wrong))
    declare(week.city, values={"cuantos": [{"from": "x", "to": "0"}]})
    week.city.run("visitas")
    week.check_that_all_tell_the_same()
    assert week.states()[1] == ("published", "1.2.0")
    assert [week.days(n) for n in (1, 2, 3)] == [20, 20, 20]


def test_two_receipts_are_open_at_once_on_a_page_that_stays_open_for_hours(week: Week):
    week.hand_in("enero.csv", month(1))
    week.hand_in("febrero.csv", month(2))
    week.hand_in("febrero-corto.csv", month(2, days=2))
    week.hand_in("enero-corto.csv", month(1, days=2), "2026-01")
    page = week.team.get(TEAM)
    assert week.stopped(page) == [4, 3]
    week.hand_in("marzo.csv", month(3))
    assert "visitas/4: se dejó pasar" in text_of(week.accept(page, 4))
    assert week.states()[3][0] == "accepted"
    week.check_that_all_tell_the_same()
    again = week.accept(page, 4)
    assert (again.status_code, "ya se dejó pasar" in text_of(again)) == (409, True)
    week.city.run("visitas")
    assert (week.states()[3], week.days(1), week.days(2)) == (("published", "1.3.0"), 2, 20)
    assert week.accept(page, 3).status_code == 200, "another one's acceptance does not spoil this form"
    week.city.run("visitas")
    assert (week.states()[2], week.days(2)) == (("published", "1.4.0"), 2)
    week.check_that_all_tell_the_same()
    assert week.stopped(week.team.get(TEAM)) == []


def test_what_a_redelivered_period_made_good_is_not_let_through_any_more(week: Week):
    week.hand_in("enero.csv", month(1))
    week.hand_in("febrero.csv", month(2))
    short = week.hand_in("febrero-corto.csv", month(2, days=2))
    page = week.team.get(TEAM)
    week.hand_in("marzo.csv", month(3))
    week.hand_in("febrero-bis.csv", month(2, days=19))
    assert week.accept(page, 3).status_code == 409
    assert week.stopped(week.team.get(TEAM)) == []
    told = text_of(week.clerk.client.get(short))
    assert "después llegó el n.º 5 (febrero-bis.csv), que vale en su lugar: publicado 1.3.0" in told
    week.city.run("visitas")
    assert week.days(2) == 19


def test_files_whose_period_is_not_known_are_refused_in_the_clerks_words(week: Week):
    week.hand_in("enero.csv", month(1))
    for name, content, period, said in (
        ("nada.csv", csv(header=HEADER), "", "nadie dijo para qué período es"),
        ("sin-fecha.csv", month(2, "230,,5"), "", "(Una fila de ningún período (Fecha de visita): 1)"),
        ("abril.csv", month(4), "2026-05", "el archivo se entregó para 2026-05, y sus filas son de 2026-04"),
    ):
        told = text_of(week.clerk.client.get(week.hand_in(name, content, period)))
        assert said in told, name
    states = [state for state, _version in week.states()]
    assert states == ["published", "rejected", "quarantined", "rejected"]
    assert len(published_rows(week.city, "visitas")) == 40

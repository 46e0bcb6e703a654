"""The data team's side of the desk: it sees what waits, lets through exactly what it saw, answers readers;
whoever else tries is refused, on record."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from catalog.archive.reports import group_reports
from messages import speaking
from tests.support.cities import City
from tests.support.months import monthly_csv, monthly_rows
from tests.support.teams import DeskPlace, give, make_morning, open_desk

PAGES = ("", "entregas", "conjunto/obras/", "conjunto/obras/retenidas", "publico", "registro")


@pytest.fixture(scope="module")
def morning_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_morning(tmp_path_factory.mktemp("morning")).folder


@pytest.fixture
def place(morning_files: Path, tmp_path: Path) -> Iterator[DeskPlace]:
    shutil.copytree(morning_files, tmp_path, dirs_exist_ok=True)
    city = City(tmp_path)
    city.moment = city.moment.replace(hour=12)
    with open_desk(city) as place:
        yield place


def text_of(page: Any) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def test_the_page_tells_all_that_status_tells(place: DeskPlace):
    page = place.browser("team").get("mesa/equipo/")
    assert page.status_code == 200
    told = text_of(page)
    with speaking("es"):
        status, lines = place.desk.team.status()
    assert [(each["dataset"], each["outcome"]) for each in status["needs"]] == [
        ("reclamos", "rejected"),
        ("obras", "rejected"),
        ("salud", "quarantined"),
    ]
    for need in status["needs"]:
        for key in ("dataset", "message", "next"):
            assert re.sub(r"\s+", " ", need[key]).replace("`", "") in told, key  # a command is shown as code
    for line in lines:
        assert line in told
    for name in ("reclamos", "obras", "salud"):
        assert f"conjunto/{name}/" in page.text


def test_the_queue_has_the_receipts_of_all_agencies(place: DeskPlace):
    browser = place.browser("team")
    told = text_of(browser.get("mesa/equipo/entregas"))
    for name in ("mes-5.csv", "obras-nuevo.csv", "salud-2.csv", "obras-publicas", "ministerio-salud"):
        assert name in told
    waiting = text_of(browser.get("mesa/equipo/entregas", params={"estado": "waiting"}))
    assert "salud-2.csv" in waiting
    assert "mes-5.csv" not in waiting


def test_one_damaged_dataset_hides_no_other(place: DeskPlace):
    log = place.city.folder / "archive/datasets/obras/log/00000001.json"
    log.write_text("{")
    told = text_of(place.browser("team").get("mesa/equipo/entregas"))
    assert "00000001.json" in told
    assert "mes-5.csv" in told


def test_what_a_guard_stopped_is_let_through_with_a_reason_on_record(place: DeskPlace):
    browser = place.browser("team")
    page = browser.get("mesa/equipo/conjunto/reclamos/")
    assert "calle" in text_of(page)
    assert browser.send(page, "aceptar", motivo="").status_code == 422
    answer = browser.send(page, "aceptar", motivo="El área dejó de relevar la calle")
    assert answer.status_code == 200
    assert 'id="done"' in answer.text
    assert place.started == [("reclamos", 5)]
    entry = place.city.history("reclamos").entries[-1]
    assert (entry.kind, entry.because) == ("accept", "El área dejó de relevar la calle")
    assert (entry.provenance["by"], entry.provenance["receipts"]) == ("Ana Ruiz", [5])
    assert place.audit()[-2:] == [
        ("Ana Ruiz", "accept", "failed", "reclamos/5"),
        ("Ana Ruiz", "accept", "done", "reclamos/5"),
    ]
    assert place.city.outcome("reclamos").outcome == "published"
    again = browser.send(page, "aceptar", motivo="Otra vez lo mismo")  # the page as it was
    assert again.status_code == 409
    assert place.city.history("reclamos").entries[-1].kind == "release"
    assert "aceptar" not in browser.get("mesa/equipo/conjunto/reclamos/").text


def test_another_extract_than_the_one_that_was_shown_is_not_let_through(place: DeskPlace):
    browser = place.browser("team")
    page = browser.get("mesa/equipo/conjunto/reclamos/")
    shown = re.search(r'name="visto" value="(\w+)"', page.text)
    give(place.city, "reclamos", monthly_csv([[*row[:4], "", row[5]] for row in monthly_rows(5)]), "otro.csv")
    assert place.city.outcome("reclamos").outcome == "rejected"
    answer = browser.send(page, "aceptar", motivo="El área dejó de relevar la calle")
    assert answer.status_code == 409
    assert place.started == []
    assert place.city.history("reclamos").entries[-1].kind == "release"
    now = browser.get("mesa/equipo/conjunto/reclamos/").text
    assert shown
    assert f'value="{shown[1]}"' not in now.split('name="visto"', 1)[1][:40]


def test_what_a_later_file_replaced_is_not_offered_and_a_settled_one_not_counted(place: DeskPlace):
    browser = place.browser("team")
    assert 'action="aceptar"' in browser.get("mesa/equipo/conjunto/reclamos/").text
    queue = "mesa/equipo/entregas?estado=unsettled"
    assert "mes-5.csv" in text_of(browser.get(queue))
    give(place.city, "reclamos", monthly_csv(monthly_rows(5)), "mes-5-bien.csv")
    assert place.city.outcome("reclamos").outcome == "published"
    assert 'action="aceptar"' not in browser.get("mesa/equipo/conjunto/reclamos/").text
    told = text_of(browser.get(queue))
    assert "obras-nuevo.csv" in told  # nothing came after it
    assert "mes-5.csv" not in told
    tile = re.search(r"Archivos rechazados\D+(\d+)", text_of(browser.get("mesa/equipo/")))
    assert tile
    assert tile[1] == "1"
    status, _lines = place.desk.team.status()
    assert not [each for each in status["needs"] if "accept reclamos" in each["next"]]


def test_of_two_who_let_through_at_once_one_does(place: DeskPlace):
    browsers = [place.browser("team") for _each in range(2)]
    pages = [each.get("mesa/equipo/conjunto/reclamos/") for each in browsers]
    answers: list[int] = []

    def accept(number: int) -> None:
        sent = browsers[number].send(pages[number], "aceptar", motivo="Está bien así")
        answers.append(sent.status_code)

    threads = [threading.Thread(target=accept, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]
    assert [entry.kind for entry in place.city.history("reclamos").entries].count("accept") == 1


def test_a_renumbered_key_is_shown_with_how_to_settle_it(place: DeskPlace):
    told = text_of(place.browser("team").get("mesa/equipo/conjunto/obras/"))
    assert "primaryKey" in told
    assert "vereda check obras" in told


def test_held_rows_are_shown_to_the_team_and_that_is_noted(place: DeskPlace):
    page = place.browser("team").get("mesa/equipo/conjunto/salud/retenidas")
    assert "veinte&lt;b&gt;" in page.text
    assert "veinte<b>" not in page.text
    assert place.audit()[-1] == ("Ana Ruiz", "see", "done", "salud 1.0.0 held")
    assert "veinte" not in (place.city.folder / "archive/audit").joinpath("00000002.json").read_text()


def test_readers_are_answered(place: DeskPlace):
    browser = place.browser("team")
    page = browser.get("mesa/equipo/publico")
    assert "Falta &lt;i&gt;una&lt;/i&gt; posta" in page.text
    assert "helicóptero" in page.text
    answer = browser.send(page, "salud/responder", texto="Se agregó", que="fixed", version="9.9.9")
    assert answer.status_code == 422
    answer = browser.send(page, "salud/responder", texto="Se agregó", que="fixed", version="1.0.0")
    assert answer.status_code == 200, answer.text
    answer = browser.send(page, "pedidos/responder", texto="No hay registro", que="closed")
    assert answer.status_code == 200, answer.text
    archive = place.city.archive
    (report,) = group_reports(archive.problems("salud").all())
    (request,) = group_reports(archive.requests.all())
    assert (report.status, report.answers[0].version, request.status) == ("fixed", "1.0.0", "closed")
    assert place.started == [("portal", None)] * 2
    assert ("Ana Ruiz", "answer", "done", "salud/1") in place.audit()
    assert ("Ana Ruiz", "answer", "done", "requests/1") in place.audit()


def test_nobody_but_the_team_sees_or_does_anything_there(place: DeskPlace):
    nobody, agency, team = place.browser(), place.browser("obras-publicas"), place.browser("team")
    form = team.get("mesa/equipo/conjunto/reclamos/")
    for page in PAGES:
        for top in ("mesa", "en/mesa"):
            answer = nobody.get(f"{top}/equipo/{page}")
            assert (answer.status_code, answer.headers["location"].startswith(f"/{top}/entrar?a=")) == (
                303,
                True,
            )
            refused = agency.get(f"{top}/equipo/{page}")
            assert refused.status_code == 403
            assert "reclamos" not in text_of(refused)
    before = len(place.city.history("reclamos").entries)
    visto = re.search(r'name="visto" value="(\w+)"', form.text)
    assert visto
    own = re.search(r'name="marca" value="([^"]+)"', agency.get("mesa/entregar").text)
    fields = {"visto": visto[1], "recibo": "5", "motivo": "Porque sí, nomás", "marca": own[1] if own else ""}
    for browser in (nobody, agency):
        origin = {"Origin": place.address.rstrip("/")}
        url = f"{place.address}mesa/equipo/conjunto/reclamos/aceptar"
        assert browser.client.post(url, data=fields, headers=origin).status_code == 403
    for way in ({"headers": {"Authorization": f"Bearer {place.keys['obras-publicas']}"}},):
        assert nobody.get("mesa/equipo/", **way).status_code == 403
    assert len(place.city.history("reclamos").entries) == before
    denied = [(by, act, of) for by, act, result, of in place.audit() if result == "denied"]
    assert ("obras-publicas" in str(denied), ("", "accept", "reclamos") in denied) == (True, True)
    assert sum(act == "accept" for _by, act, _of in denied) == 2


def test_a_form_from_elsewhere_is_refused_and_noted(place: DeskPlace):
    team = place.browser("team")
    page = team.get("mesa/equipo/conjunto/reclamos/")
    hidden = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text.split('action="aceptar"')[1])
    )
    url = f"{place.address}mesa/equipo/conjunto/reclamos/aceptar"
    good = {"Origin": place.address.rstrip("/")}
    for fields, headers in (
        ({**hidden, "marca": "otra"}, good),
        ({key: value for key, value in hidden.items() if key != "marca"}, good),
        (hidden, {"Origin": "https://otro.example"}),
        (hidden, {"Origin": "null"}),
        (hidden, {}),
    ):
        answer = team.client.post(url, data={**fields, "motivo": "Porque sí, nomás"}, headers=headers)
        assert answer.status_code == 403
    assert place.city.history("reclamos").entries[-1].kind == "release"
    assert place.audit()[-5:] == [("Ana Ruiz", "accept", "denied", "reclamos")] * 5


def test_who_did_what_is_a_page_that_can_be_turned(place: DeskPlace):
    team, agency = place.browser("team"), place.browser("obras-publicas")
    agency.get("mesa/equipo/registro")
    told = text_of(team.get("mesa/equipo/registro"))
    assert "Ana Ruiz" in told
    assert "denegado" in told
    assert "nada" in text_of(team.get("mesa/equipo/registro?antes=1")).lower()
    for odd in ("antes=-1", "antes=x", "antes=99999999999999999999", "estado=<script>"):
        assert team.get(f"mesa/equipo/registro?{odd}").status_code == 200
    log = place.city.folder / "archive/audit/00000001.json"
    log.write_text("{")
    assert "00000001.json" in text_of(team.get("mesa/equipo/registro"))


def test_what_nobody_signed_in_for_does_not_fill_the_record(place: DeskPlace):
    nobody = place.browser()
    for _time in range(70):
        nobody.client.post(f"{place.address}mesa/equipo/conjunto/obras/aceptar", data={"motivo": "x"})
    noted = [act for by, act, _result, _of in place.audit() if not by]
    assert len(noted) == 61
    assert noted[-1] == "overflow"


def test_in_english(place: DeskPlace):
    team = place.browser("team")
    for page in PAGES:
        assert team.get(f"en/mesa/equipo/{page}").status_code in (200, 404)
    assert "This morning" in team.get("en/mesa/equipo/").text
    assert team.get("en/mesa/equipo/conjunto/nada/").status_code == 404
    assert team.get("en/mesa/equipo/conjunto/..%2f..%2fetc/").status_code == 404

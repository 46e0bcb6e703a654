"""A Trello board is read as it is today, by the rows that its dataset asks for; who is on it stays out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.dataset.periods import period_of_day
from pipelines.dataset.sources import TrelloSource
from pipelines.fetch import fetch
from pipelines.fetch.access import Access, TrelloAccount
from pipelines.fetch.snapshot import Snapshot, SourceError, SourceUnavailable, date_snapshot
from pipelines.read.forms.trello import read_trello as grid_of
from pipelines.read.grid import Unreadable
from pipelines.settings import Limits
from tests.support.answers import json_answer
from tests.support.readings import grid_rows
from tests.support.trellos import BOARD, SECRETS, SHORT, Trello, card, checklist

PERSONAL = ["Vecina", "vecina", "tablero+tarjeta@boards.trello.com", "m1"]


pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def board(httpserver: HTTPServer) -> Trello:
    made = Trello(httpserver)
    made.cards = [
        card(1),
        card(
            2,
            closed=True,
            customFieldItems=[],
            attachments=[],
            labels=[{"id": "l1", "name": "Participación"}],
        ),
    ]
    made.checklists = [checklist(1, "+Convocatoria", "Encuentro")]
    made.move(1, "Terminado")
    return made


def source(**keys: Any) -> TrelloSource:
    return TrelloSource.model_validate({"kind": "trello", "board": BOARD, **keys})


def resource(**keys: Any) -> Resource:
    made = ResourcePipeline.model_validate({"source": {"kind": "trello", "board": BOARD, **keys}})
    return Resource("hitos", "hitos.csv", {"schema": {"fields": []}}, made, None)


def get(board: Trello, folder: Path, known: bool = False, id: str = BOARD, **limits: Any) -> Snapshot:
    secrets = {name: SecretStr(value) for name, value in SECRETS.items()} if known else {}
    account = TrelloAccount(**secrets, url=board.url)
    return fetch(
        resource(board=id),
        folder,
        None,
        folder / "raw",
        limits=Limits(**{"timeout": 10, **limits}),
        access=Access(account),
    )


CARD = {
    "board": "Compromisos de gobierno abierto",
    "list": "Pendiente",
    "listClosed": "false",
    "id": f"{1:024x}",
    "name": "Hito 1",
    "desc": "Avance\ndel mes",
    "closed": "false",
    "start": "",
    "due": "2026-09-30T15:00:00.000Z",
    "dueComplete": "false",
    "dateLastActivity": "2026-08-02T12:00:00.000Z",
    "labels": "Participación, red",
    "shortUrl": "https://trello.com/c/00000001",
    "checkItems": "2",
    "checkItemsChecked": "1",
    "attachments": "https://example.org/acta-1.pdf",
    "customField.Hito": "BUE0008.1",
    "customField.Estado": "Sustancial",
}


@pytest.mark.parametrize("known", [True, False], ids=["api", "export"])
def test_cards_with_their_list_labels_fields_and_evidence(board: Trello, tmp_path, known):
    get(board, tmp_path, known)
    first, second = grid_rows(grid_of(tmp_path / "raw", source(), None))
    assert first == CARD
    assert (
        second["list"],
        second["closed"],
        second["labels"],
        second["attachments"],
        second["customField.Hito"],
    ) == (*("Terminado", "true", "Participación", "", ""),)


@pytest.mark.parametrize("known", [True, False], ids=["api", "export"])
def test_items_of_checklists_and_attachments(board: Trello, tmp_path, known):
    get(board, tmp_path, known)
    items = grid_rows(grid_of(tmp_path / "raw", source(table="checkItems"), None))
    assert [(row["cardName"], row["checklist"], row["name"], row["state"]) for row in items] == [
        ("Hito 1", "Pasos", "Convocatoria", "complete"),
        ("Hito 1", "Pasos", "Encuentro", "incomplete"),
    ]
    (link,) = grid_rows(grid_of(tmp_path / "raw", source(table="attachments"), None))
    assert (link["cardName"], link["list"], link["url"]) == (
        "Hito 1",
        "Pendiente",
        "https://example.org/acta-1.pdf",
    )


def test_the_api_is_not_asked_for_persons(board: Trello, tmp_path):
    get(board, tmp_path, known=True)
    assert [word for word in PERSONAL if word.encode() in (tmp_path / "raw").read_bytes()] == []
    ((_path, asked),) = board.asked
    assert (asked["members"], asked["memberships"], asked["actions"], asked["card_members"]) == (
        "none",
        "none",
        "none",
        "false",
    )


@pytest.mark.parametrize("table", ["cards", "checkItems", "attachments"])
def test_an_exports_persons_are_not_read(board: Trello, tmp_path, table):
    get(board, tmp_path)
    assert b"Vecina" in (tmp_path / "raw").read_bytes()
    told = json.dumps(grid_rows(grid_of(tmp_path / "raw", source(table=table), None)), ensure_ascii=False)
    assert [word for word in PERSONAL if word in told] == []


def test_an_exports_last_thousand_actions_make_no_history(board: Trello, tmp_path):
    get(board, tmp_path)
    few = grid_rows(grid_of(tmp_path / "raw", source(), None))
    board.actions = 1000
    get(board, tmp_path)
    assert grid_rows(grid_of(tmp_path / "raw", source(), None)) == few


@pytest.mark.parametrize("id", [BOARD, SHORT])
def test_a_board_by_its_id_or_its_short_link(board: Trello, tmp_path, id):
    assert get(board, tmp_path, id=id).source == f"{board.url}/b/{id}.json"


@pytest.mark.parametrize(
    ("day", "length", "told"),
    [
        *(
            ("2026-08-31", "P1M", "2026-08"),
            ("2026-09-30", "P3M", "2026-T3"),
            ("2026-10-01", "P3M", "2026-T4"),
        ),
        *(
            ("2026-06-30", "P6M", "2026-S1"),
            ("2026-07-01", "P6M", "2026-S2"),
            ("2026-01-01", "P3M", "2026-T1"),
        ),
    ],
)
def test_the_period_that_holds_a_day(board: Trello, tmp_path, day, length, told):
    assert period_of_day(date.fromisoformat(day), length) == told
    get(board, tmp_path)
    assert {row["period"] for row in grid_rows(grid_of(tmp_path / "raw", source(period=length), day))} == {
        told
    }


def test_the_day_is_that_of_buenos_aires():
    read = Snapshot("hitos", "x", "", 0, None)
    at = datetime(2026, 9, 1, 2, 30, tzinfo=UTC)
    assert date_snapshot(read, resource(period="P1M"), at).as_of == "2026-08-31"
    assert date_snapshot(read, resource(), at).as_of is None


def test_without_a_day_there_is_no_period(board: Trello, tmp_path):
    get(board, tmp_path)
    with pytest.raises(Unreadable, match="the day on which the board was read is not known"):
        grid_of(tmp_path / "raw", source(period="P1M"), None)


def test_another_name_and_a_closed_board_are_worth_a_look(board: Trello, tmp_path):
    get(board, tmp_path)
    assert grid_of(tmp_path / "raw", source(name=board.name), None).remarks == ()
    board.closed = True
    get(board, tmp_path)
    remarks = grid_of(tmp_path / "raw", source(name="Compromisos 2021"), None).remarks
    assert [remark.code for remark in remarks] == ["board-renamed", "board-closed"]
    assert (
        remarks[0].note
        == "the board is called “Compromisos de gobierno abierto” now, not “Compromisos 2021”: "
        "is it the same one?"
    )


# faults
LATER, ASK = SourceUnavailable, SourceError
FAULTS = [
    ("500", json_answer("no", 500), LATER, "answered 500; it is tried again at the next run"),
    (
        "429",
        json_answer('{"error": "API_TOKEN_LIMIT_EXCEEDED"}', 429),
        LATER,
        "answered 429; it is tried again at the next run",
    ),
    (
        "429 for long",
        json_answer("no", 429, Retry_After="900"),
        LATER,
        "asks to wait 900 s; it is left alone until the next run",
    ),
    ("private", json_answer("unauthorized permission requested", 401), ASK, "answered 401: the board "),
    ("gone", json_answer("board not found", 404), ASK, "answered 404: the board "),
    ("400", json_answer("invalid id", 400), ASK, "answered 400; correct source.board or ask the publisher"),
    (
        "a web page",
        json_answer("<html>Iniciar sesión</html>"),
        LATER,
        "answered with a web page instead of data",
    ),
    (
        "cut in the middle",
        json_answer('{"id": "5f0c", "cards": ['),
        LATER,
        "what came is no JSON: cut in the middle?",
    ),
    (
        "something else",
        json_answer('{"id": "1", "name": "tarjeta"}'),
        ASK,
        "answered, but not with a Trello board; correct source.board",
    ),
    (
        "elsewhere",
        json_answer("", 302, Location="file:///etc/passwd"),
        ASK,
        "redirects in a circle, or to what is no web address",
    ),
]


@pytest.mark.parametrize("known", [True, False], ids=["api", "export"])
@pytest.mark.parametrize(
    ("fault", "kind", "told"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS]
)
def test_a_fault_is_told(board: Trello, tmp_path, fault, kind, told, known):
    board.faults = [fault]
    with pytest.raises(SourceError) as caught:
        get(board, tmp_path, known)
    assert type(caught.value) is kind
    assert told in str(caught.value)
    assert [word for word in SECRETS.values() if word in str(caught.value)] == []


def test_a_private_board_is_told_with_what_to_do(board: Trello, tmp_path):
    board.public = False
    with pytest.raises(
        SourceError, match="ask for it to be public, or set VEREDA_TRELLO_KEY and VEREDA_TRELLO_TOKEN"
    ):
        get(board, tmp_path)
    assert get(board, tmp_path, known=True).bytes


def test_the_tokens_limit_is_told(board: Trello, tmp_path):
    board.left = 0
    with pytest.raises(SourceUnavailable, match="answered 429"):
        get(board, tmp_path, known=True)


def test_a_secret_goes_to_trello_alone(board: Trello, tmp_path, httpserver: HTTPServer):
    away = board.url.replace("localhost", "127.0.0.1") + "/ajeno"
    seen: list[str | None] = []
    httpserver.expect_request("/ajeno").respond_with_handler(
        lambda request: (seen.append(request.headers.get("Authorization")), Response("{}"))[1]
    )
    board.faults = [json_answer("", 302, Location=away)]
    with pytest.raises(SourceError):
        get(board, tmp_path, known=True)
    assert seen == [None]


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"cards": []}', '{"lists": [], "cards": [1]}', '{"lists": [], "cards": [', "id,name\n1,a"],
)
def test_a_file_that_is_no_board(tmp_path, content):
    (tmp_path / "raw").write_text(content)
    with pytest.raises(Unreadable):
        grid_of(tmp_path / "raw", source(), None)

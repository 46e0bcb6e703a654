"""Trello on this machine: a board over its API and as the JSON that a public board exports, with the limits
and the faults that one meets.

Shapes after Trello's REST API: nested resources come only where they are asked for, an export comes whole,
members and who did what included, with the last 1,000 actions. 300 requests in 10 s for a key, 100 for a
token, then 429.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Thing = dict[str, Any]
BOARD = "5f0c1d2e3a4b5c6d7e8f9a0b"
SHORT = "aB3dE5gH"
SECRETS = {"key": "llave-secreta", "token": "prenda-secreta"}


class Trello:
    """One board. Change `lists`, `cards`, `checklists` … between two runs as its users would; `public` and
    `known` say who may read it.

    `faults` are called, one a request, before it answers: None goes on.
    """

    def __init__(self, server: HTTPServer):
        self.url = server.url_for("").rstrip("/")
        self.public, self.closed, self.name = True, False, "Compromisos de gobierno abierto"
        self.lists = [
            {"id": f"{name:0>24}", "name": name, "closed": False}
            for name in ("Pendiente", "En curso", "Terminado")
        ]
        self.labels: list[Thing] = [
            {"id": "l1", "name": "Participación", "color": "green"},
            {"id": "l2", "name": "", "color": "red"},
        ]
        self.custom: list[Thing] = [
            {"id": "f1", "name": "Hito", "type": "text"},
            {
                "id": "f2",
                "name": "Estado",
                "type": "list",
                "options": [{"id": "o1", "value": {"text": "Sustancial"}}],
            },
        ]
        self.cards: list[Thing] = []
        self.checklists: list[Thing] = []
        self.actions = 3
        self.asked: list[tuple[str, Thing]] = []
        self.left = 100
        self.faults: list[Callable[[], Response | None] | None] = []
        server.expect_request(re.compile("^/(1/boards|b)/")).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append((request.path, dict(request.args)))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and (answer := fault()) is not None:
            return answer
        if self.left == 0:
            return _json({"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"}, 429)
        self.left -= 1
        if request.path in (f"/1/boards/{BOARD}", f"/1/boards/{SHORT}"):
            words = 'OAuth oauth_consumer_key="{key}", oauth_token="{token}"'.format(**SECRETS)
            if request.headers.get("Authorization") != words:
                return Response("unauthorized permission requested", 401, content_type="text/plain")
            return _json(self._nested(request.args))
        if request.path in (f"/b/{BOARD}.json", f"/b/{SHORT}.json"):
            return (
                _json(self.export())
                if self.public
                else Response("unauthorized permission requested", 401, content_type="text/plain")
            )
        return Response("board not found", 404, content_type="text/plain")

    def export(self) -> Thing:
        person = {"id": "m1", "fullName": "Vecina Ejemplar", "username": "vecina"}
        action = {
            "id": "a",
            "type": "updateCard",
            "idMemberCreator": "m1",
            "memberCreator": person,
            "date": "2026-08-01T00:00:00.000Z",
        }
        return {
            "id": BOARD,
            "name": self.name,
            "desc": "",
            "closed": self.closed,
            "shortUrl": f"{self.url}/b/{SHORT}",
            "lists": self.lists,
            "labels": self.labels,
            "cards": self.cards,
            "checklists": self.checklists,
            "customFields": self.custom,
            "members": [person],
            "memberships": [{"idMember": "m1"}],
            "actions": [action] * self.actions,
        }

    def _nested(self, args: Any) -> Thing:
        whole = copy.deepcopy(self.export())
        board = _only(whole, args.get("fields", "id,name,desc,closed,shortUrl"))
        for part in (
            "lists",
            "labels",
            "cards",
            "checklists",
            "customFields",
            "members",
            "memberships",
            "actions",
        ):
            if args.get(part, "none") not in ("none", "false"):
                fields = args.get(f"{part.removesuffix('s')}_fields")
                more = ",".join(
                    name for name in ("attachments", "customFieldItems") if args.get(f"card_{name}") == "true"
                )
                kept = (
                    f"{fields},{more}"
                    if part == "cards"
                    else f"{fields},checkItems"
                    if part == "checklists"
                    else fields
                )
                board[part] = [_only(thing, kept) if fields else thing for thing in whole[part]]
        for thing, part, asked in [
            *((each, "attachments", "card_attachment_fields") for each in board.get("cards", [])),
            *((each, "checkItems", "checkItem_fields") for each in board.get("checklists", [])),
        ]:
            if part in thing and asked in args:
                thing[part] = [_only(inner, args[asked]) for inner in thing[part]]
        return board

    def move(self, card: int, to: str) -> None:
        self.cards[card]["idList"] = next(each["id"] for each in self.lists if each["name"] == to)


def card(number: int, **values: Any) -> Thing:
    """A card of the list Pendiente, as an export has it: with members and the card's address for e-mail."""
    id = f"{number:024x}"
    known = {
        "id": id,
        "name": f"Hito {number}",
        "desc": "Avance\ndel mes",
        "closed": False,
        "idList": f"{'Pendiente':0>24}",
    }
    dates = {
        "start": None,
        "due": "2026-09-30T15:00:00.000Z",
        "dueComplete": False,
        "dateLastActivity": "2026-08-02T12:00:00.000Z",
    }
    badges = {"checkItems": 2, "checkItemsChecked": 1, "attachments": 1}
    link = {
        "id": f"e{number}",
        "name": "Acta",
        "url": f"https://example.org/acta-{number}.pdf",
        "date": "2026-08-01T10:00:00.000Z",
    }
    personal = {"idMembers": ["m1"], "email": "tablero+tarjeta@boards.trello.com"}
    custom = [
        {"idCustomField": "f1", "value": {"text": f"BUE0008.{number}"}},
        {"idCustomField": "f2", "idValue": "o1", "value": None},
    ]
    parts = {
        "labels": [],
        "idLabels": ["l2", "l1"],
        "badges": badges,
        "attachments": [{**link, "idMember": "m1"}],
        "customFieldItems": custom,
    }
    return {**known, **dates, **parts, "shortUrl": f"https://trello.com/c/{number:08}", **personal, **values}


def checklist(number: int, *items: str) -> Thing:
    """The checklist of a card; an item that begins with + is complete."""
    made = [
        {
            "id": f"i{n}",
            "name": i.lstrip("+"),
            "state": "complete" if i[0] == "+" else "incomplete",
            "due": None,
            "idMember": "m1",
        }
        for n, i in enumerate(items)
    ]
    return {"id": f"c{number}", "name": "Pasos", "idCard": f"{number:024x}", "checkItems": made}


def _only(thing: Thing, fields: str) -> Thing:
    return {name: thing[name] for name in fields.split(",") if name in thing}


def _json(value: Thing, status: int = 200) -> Response:
    return Response(
        json.dumps(value, ensure_ascii=False), status, content_type="application/json; charset=utf-8"
    )

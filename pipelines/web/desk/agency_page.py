"""An agency's own page at the desk: all that it handed in, what became of each file, and what to do next:
take it back, hand it in again, see which cells are wrong, say which column is which."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote as url_quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from catalog.archive.audit import Act
from messages import gettext as _
from pipelines.web.desk.columns import UnknownColumns, describe_columns, keep_columns
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.identity import Person, identify, require_own_form
from pipelines.web.desk.receipt_view import ReceiptView
from pipelines.web.desk.upload import Refused, read_fields

Render = Callable[..., HTMLResponse]
MOST = 200
"""Receipts that the page lists; `vereda receipts` has all."""
AGAIN = timedelta(minutes=10)
"""How long the page waits for a file that is read once more."""


@dataclass(frozen=True)
class AgencyPage:
    """`render` makes a page of a template; `list_ids` names the datasets that an agency hands in;
    `note` notes who did what."""

    deliveries: Deliveries
    render: Render
    list_ids: Callable[[Person], list[str]]
    note: Callable[[Act, Person, str], None]

    def routes(self) -> list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]]:
        return [
            ("/entregas/", self.show, ["GET"]),
            ("/entregas/{dataset}/{number:int}/retirar", self.take_back, ["POST"]),
            ("/columnas/{dataset}/{resource}", self.show_columns, ["GET"]),
            ("/columnas/{dataset}/{resource}", self.take_columns, ["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        return await self._show(request)

    async def _show(self, request: Request, status: int = 200, wrong: str = "") -> Response:
        person = await identify(request)
        if person is None:
            return self._sign_in(request)
        if person.agency is None:
            return self.render("message.html", 403, request=request, text=_("You belong to no agency."))
        ids = await asyncio.to_thread(self.list_ids, person)
        found = await asyncio.to_thread(self.deliveries.list_receipts, person, ids)
        shown = {"receipts": found[:MOST], "more": max(0, len(found) - MOST), "wrong": wrong}
        again = self._read_again(request, found)
        live = again is not None or any(each.is_open for each in found)
        return self.render("agency.html", status, request=request, live=live, again=again, **shown)

    def _read_again(self, request: Request, found: Sequence[ReceiptView]) -> ReceiptView | None:
        """The receipt whose file is read once more, because somebody said which column is which (`otra` in
        the address: dataset, number, second): until that changed what became of it, or took too long."""
        id, number, second = (*request.query_params.get("otra", "").split("."), "", "")[:3]
        if not (number.isdecimal() and second.isdecimal() and len(second) < 12):
            return None
        begun = datetime.fromtimestamp(int(second), self.deliveries.clock().tzinfo)
        if not timedelta() <= self.deliveries.clock() - begun <= AGAIN:
            return None
        for each in found:
            if (each.dataset.id, each.receipt.number) == (id, int(number)):
                return each if each.outcome.state in ("rejected", "failed") else None
        return None

    async def take_back(self, request: Request) -> Response:
        """Takes a file back that waits: no run takes it up."""
        id, number = request.path_params["dataset"], request.path_params["number"]
        try:
            await require_own_form(request, await read_fields(request))
            person = await identify(request)
            await asyncio.to_thread(self.deliveries.take_back, person, id, number)
            assert person is not None
            await asyncio.to_thread(self.note, "take-back", person, f"{id}/{number}")
        except Refused as refused:
            if refused.status == 401:
                return self._sign_in(request)
            return await self._show(request, refused.status, str(refused))
        return RedirectResponse("../../", 303)

    async def show_columns(self, request: Request) -> Response:
        return await self._columns(request)

    async def _columns(self, request: Request, status: int = 200, **values: Any) -> Response:
        """The page where a person says which field a renamed column is."""
        table, number = _table_of(request), request.query_params.get("recibo", "")
        said = request.query_params.getlist("columna")[:50]
        person = await identify(request)
        if person is None:
            return self._sign_in(request)
        try:
            dataset = await asyncio.to_thread(self.deliveries.require_own, person, table)
            columns: UnknownColumns = await asyncio.to_thread(
                describe_columns, self.deliveries, dataset, table, said, number
            )
        except Refused as refused:
            return self.render("message.html", refused.status, request=request, text=str(refused))
        return self.render("columns.html", status, request=request, columns=columns, **values)

    async def take_columns(self, request: Request) -> Response:
        """Keeps what the person says, and has the dataset run again for the receipt, if there is one."""
        table = _table_of(request)
        try:
            fields = await read_fields(request)
            await require_own_form(request, fields)
            person = await identify(request)
            dataset = await asyncio.to_thread(self.deliveries.require_own, person, table)
            assert person is not None
            await asyncio.to_thread(keep_columns, self.deliveries, dataset, table, fields, person)
            await asyncio.to_thread(self.note, "map", person, table)
        except Refused as refused:
            if refused.status == 401:
                return self._sign_in(request)
            return await self._columns(request, refused.status, wrong=str(refused))
        if not fields.get("recibo", "").isdecimal():
            return RedirectResponse(f"../../?conjunto={table}", 303)  # to have the file checked
        now = int(self.deliveries.clock().timestamp())
        again = f"{dataset.id}.{fields['recibo']}.{now}"
        return RedirectResponse(f"../../entregas/?otra={again}", 303)

    def _sign_in(self, request: Request) -> Response:
        top = request.url.path.partition("/mesa/")[0]
        then = request.url.path if request.method == "GET" else f"{top}/mesa/entregas/"
        query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
        return RedirectResponse(f"{top}/mesa/entrar?a={url_quote(then + query, safe='')}", 303)


def _table_of(request: Request) -> str:
    return f"{request.path_params['dataset']}/{request.path_params['resource']}"

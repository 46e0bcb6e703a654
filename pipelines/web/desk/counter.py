"""The pages and addresses where files are handed in: the form, the receipt's page, and the same for
programs."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote as url_quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from catalog.archive.audit import Act
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from messages import gettext as _
from pipelines.agency.submit import Submission
from pipelines.release.receipt_outcomes import ReceiptOutcome
from pipelines.web.desk.checking import Choice
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.identity import (
    Identities,
    Person,
    desk_root,
    identify,
    identify_program,
    require_own_form,
)
from pipelines.web.desk.openapi import describe_api
from pipelines.web.desk.rows import RowsAtDesk
from pipelines.web.desk.upload import (
    Refused,
    glimpse_fields,
    read_fields,
    take_body,
    take_bytes,
    take_form,
)

Render = Callable[..., HTMLResponse]
Bound = Callable[[Request], Awaitable[None]]
MOST_ROWS_BYTES = 5_000_000
"""Bytes of the rows of one call."""
PRIVATE = {"Cache-Control": "private, no-store"}


@asynccontextmanager
async def _own_room() -> AsyncIterator[Path]:
    """A folder for one file on its way."""
    room = Path(tempfile.mkdtemp(prefix="vereda-desk-"))
    try:
        yield room
    finally:
        await asyncio.to_thread(shutil.rmtree, room, True)


class StartCheck(Protocol):
    def __call__(self, file: Path, name: str, dataset: str, *, became: ReceiptOutcome) -> str: ...


@dataclass(frozen=True)
class Counter:
    """`render` makes a page of a template; `choices` are the tables; `bound_delivery` and `bound_check` raise
    Refused for who may not hand in, or have checked, now; `most` is the bytes of a file. `check` has a file
    (with its name, for a table, and with what came of it) checked, removes it with its folder, and gives the
    answer's link; `note` notes who did what."""

    deliveries: Deliveries
    identities: Identities
    render: Render
    choices: Callable[[], list[Choice]]
    bound_delivery: Bound
    bound_check: Bound
    most: int
    check: StartCheck
    rows: RowsAtDesk
    note: Callable[[Act, Person, str], None]

    def routes(self) -> list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]]:
        return [
            ("/entregar", self.show_form, ["GET"]),
            ("/entregar", self.take_form, ["POST"]),
            ("/recibo/{dataset}/{number:int}/{token}/", self.show_receipt, ["GET"]),
            ("/recibo/{dataset}/{number:int}/{token}/revisar", self.check_again, ["POST"]),
            ("/api/entregas/{dataset}/{resource}", self.take_call, ["POST"]),
            ("/api/openapi.json", self.give_description, ["GET"]),
            ("/api/filas/{dataset}/{resource}", self.take_rows, ["POST"]),
            ("/api/filas/{dataset}/{resource}/{call}", self.give_call, ["GET"]),
            ("/api/recibos/{dataset}", self.list_receipts, ["GET"]),
            ("/api/recibos/{dataset}/{number:int}", self.give_receipt, ["GET"]),
        ]

    async def show_form(self, request: Request) -> Response:
        asked = request.query_params
        return await self._form(
            request, chosen=asked.get("conjunto", ""), period=asked.get("periodo", "")[:20]
        )

    async def _form(self, request: Request, status: int = 200, **values: Any) -> Response:
        """The form; whoever is signed in sees his agency's tables alone."""
        person = await identify(request)
        known = [each for each in await asyncio.to_thread(self.choices) if each.agency]
        if person is not None:
            known = [each for each in known if person.may_hand_in(each.id.split("/")[0], each.agency)]
        return self.render("hand_in.html", status, request=request, choices=known, **values)

    async def take_form(self, request: Request) -> Response:
        """Takes the file, and leads to its receipt."""
        fields: dict[str, str] = {}
        try:
            await self.bound_delivery(request)
            async with _own_room() as room:
                upload = await take_form(request, room, self.most)
                fields |= upload.fields
                await require_own_form(request, fields)
                handed = await asyncio.to_thread(self._keep, upload.file, fields, await identify(request))
        except Refused as refused:
            fields |= {**await glimpse_fields(request), **fields}
            chosen, period = fields.get("conjunto", ""), fields.get("periodo", "")
            return await self._form(request, refused.status, chosen=chosen, period=period, wrong=str(refused))
        return RedirectResponse(f"recibo/{_receipt_path(handed)}", 303)

    def _keep(self, file: Path, fields: Mapping[str, str], person: Person | None) -> Submission:
        """Hands the file in for the person, or for that of the key among the fields; raises Refused."""
        if person is None and (found := self.identities.find_by_key(fields.get("clave", ""))):
            person = found[0]
        self.deliveries.require_own(person, fields.get("conjunto", ""))
        assert person is not None
        period, again = fields.get("periodo", "").strip(), fields.get("vez", "")
        try:
            handed = self.deliveries.take(person, fields.get("conjunto", ""), file, period, again)
        except (ArchiveError, Damaged) as error:
            raise Refused(503, _("The file could not be kept just now. Send it again later.")) from error
        if not handed.again:
            self.note("hand-in", person, f"{handed.dataset.id}/{handed.receipt.number}")
        return handed

    async def show_receipt(self, request: Request) -> Response:
        """The receipt, and what became of the file: it looks again by itself while that is open."""
        view = await asyncio.to_thread(self.deliveries.find_receipt, *_receipt_of(request))
        if view is None:
            return self._no_receipt(request)
        person = await identify(request)
        mine = person is not None and person.may_hand_in(view.dataset.id, view.dataset.pipeline.publisher.id)
        mapped = mine and await asyncio.to_thread(self.deliveries.has_mappings, view)
        return self.render("receipt.html", request=request, view=view, mine=mine, mapped=mapped)

    def _no_receipt(self, request: Request) -> Response:
        told = _("No receipt has this address. Receipts are kept: find yours in the list.")
        way = {"back": f"{desk_root()}entregas/", "back_text": _("What we handed in")}
        return self.render("message.html", 404, request=request, text=told, **way)

    async def check_again(self, request: Request) -> Response:
        """Has the file of a receipt checked as any file is, so that its report can be read here: it need not
        be sent a second time. The address alone opens no file: that takes its agency's session."""
        view = await asyncio.to_thread(self.deliveries.find_receipt, *_receipt_of(request))
        if view is None:
            return self._no_receipt(request)
        person = await identify(request)
        if person is None:
            then = url_quote(request.url.path.removesuffix("revisar"), safe="")
            return RedirectResponse(f"{desk_root()}entrar?a={then}", 303)
        if not person.may_hand_in(view.dataset.id, view.dataset.pipeline.publisher.id):
            told = _("This file is another agency's.")
            return self.render("message.html", 403, request=request, text=told)
        room = Path(tempfile.mkdtemp(prefix="vereda-desk-"))
        try:
            await self.bound_check(request)
            await require_own_form(request, await read_fields(request))
            file = await asyncio.to_thread(self.deliveries.save, view.dataset, view.receipt, room)
            table = f"{view.dataset.id}/{view.receipt.resource}"
            link = self.check(file, view.receipt.name, table, became=view.outcome)
        except BaseException as error:
            shutil.rmtree(room, ignore_errors=True)
            if isinstance(error, Refused):
                return self.render("message.html", error.status, request=request, text=str(error))
            raise
        return RedirectResponse(f"../../../../r/{link}/", 303)

    async def take_call(self, request: Request) -> Response:
        """The same for a program: a form's file or the file itself as the body. 201 with the receipt, 200
        where it was sent before under its Idempotency-Key."""
        table = f"{request.path_params['dataset']}/{request.path_params['resource']}"
        fields = {
            "conjunto": table,
            "periodo": request.query_params.get("periodo", ""),
            "vez": request.headers.get("idempotency-key", ""),
        }
        try:
            person = await identify_program(request)
            await asyncio.to_thread(self.deliveries.require_own, person, table)  # before a byte is read
            async with _own_room() as room:
                file = await self._take_file(request, room)
                handed = await asyncio.to_thread(self._keep, file, fields, person)
        except Refused as refused:
            return _refusal(refused)
        told = {**handed.to_json(), "dataset": handed.dataset.id}
        told["status"] = str(request.url.replace(path=_status_path(request, handed), query=""))
        return JSONResponse(told, 200 if handed.again else 201, headers=PRIVATE)

    async def _take_file(self, request: Request, room: Path) -> Path:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            return (await take_form(request, room, self.most)).file
        name = request.query_params.get("nombre", "entrega.csv")
        return (await take_body(request, room, self.most, name)).file

    async def give_description(self, _request: Request) -> Response:
        """What programs may ask here (OpenAPI)."""
        return JSONResponse(describe_api(self.most, MOST_ROWS_BYTES))

    async def take_rows(self, request: Request) -> Response:
        """Rows for a table that is declared `append`: 202 with the address where it is told what becomes of
        them; the same for the same Idempotency-Key."""
        table = f"{request.path_params['dataset']}/{request.path_params['resource']}"
        kind, key = (request.headers.get(name, "") for name in ("content-type", "idempotency-key"))
        try:
            person = await identify_program(request)
            await asyncio.to_thread(self.deliveries.require_own, person, table)  # before a byte is read
            body = await take_bytes(request, MOST_ROWS_BYTES)
            call = await asyncio.to_thread(self.rows.take, person, table, kind, body, key)
        except Refused as refused:
            return _refusal(refused)
        status = str(request.url.replace(path=f"{request.url.path}/{call.token}", query=""))
        told = {"dataset": table, "call": call.token, "rows": call.rows, "at": call.at, "status": status}
        return JSONResponse(told, 202, headers={**PRIVATE, "Location": status})

    async def give_call(self, request: Request) -> Response:
        table = f"{request.path_params['dataset']}/{request.path_params['resource']}"
        try:
            person = await identify_program(request)
            told = await asyncio.to_thread(self.rows.find, person, table, request.path_params["call"])
        except Refused as refused:
            return _refusal(refused)
        return JSONResponse(told, headers=PRIVATE)

    async def list_receipts(self, request: Request) -> Response:
        return await self._tell_receipts(request, None)

    async def give_receipt(self, request: Request) -> Response:
        return await self._tell_receipts(request, request.path_params["number"])

    async def _tell_receipts(self, request: Request, number: int | None) -> Response:
        try:
            person = await identify_program(request)
            found = await asyncio.to_thread(self.deliveries.outcomes, person, request.path_params["dataset"])
        except Refused as refused:
            return _refusal(refused)
        told = [each.to_json() for each in found if number in (None, each.receipt.number)]
        if number is None:
            return JSONResponse({"receipts": told}, headers=PRIVATE)
        if not told:
            return _refusal(Refused(404, _("there is no receipt {number}", number=number)))
        return JSONResponse(told[0], headers=PRIVATE)


def _refusal(refused: Refused) -> JSONResponse:
    headers = PRIVATE | ({"WWW-Authenticate": "Bearer"} if refused.status == 401 else {})
    return JSONResponse({"error": str(refused)}, refused.status, headers=headers)


def _receipt_path(handed: Submission) -> str:
    return f"{handed.dataset.id}/{handed.receipt.number}/{handed.receipt.token}/"


def _receipt_of(request: Request) -> tuple[str, int, str]:
    values = request.path_params
    return values["dataset"], values["number"], values["token"]


def _status_path(request: Request, handed: Submission) -> str:
    top = request.url.path.partition("/api/")[0]
    return f"{top}/api/recibos/{handed.dataset.id}/{handed.receipt.number}"

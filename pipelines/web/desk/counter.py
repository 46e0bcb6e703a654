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
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from catalog.archive.audit import Act
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from messages import gettext as _
from pipelines.agency.submit import Submission
from pipelines.release.outcome_words import outcome_word
from pipelines.web.desk.checking import Choice
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.identity import Identities, Person, bearer_key, identify, require_own_form
from pipelines.web.desk.upload import Refused, take_body, take_form

Render = Callable[..., HTMLResponse]
PRIVATE = {"Cache-Control": "private, no-store"}


@asynccontextmanager
async def _own_room() -> AsyncIterator[Path]:
    """A folder for one file on its way."""
    room = Path(tempfile.mkdtemp(prefix="vereda-desk-"))
    try:
        yield room
    finally:
        await asyncio.to_thread(shutil.rmtree, room, True)


@dataclass(frozen=True)
class Counter:
    """`render` makes a page of a template; `choices` are the tables; `allow` raises Refused for who may not
    send now; `most` is the bytes of a file; `note` notes who did what."""

    deliveries: Deliveries
    identities: Identities
    render: Render
    choices: Callable[[], list[Choice]]
    allow: Callable[[Request], None]
    most: int
    note: Callable[[Act, Person, str], None]

    def routes(self) -> list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]]:
        return [
            ("/entregar", self.show_form, ["GET"]),
            ("/entregar", self.take_form, ["POST"]),
            ("/recibo/{dataset}/{number:int}/{token}/", self.show_receipt, ["GET"]),
            ("/api/entregas/{dataset}/{resource}", self.take_call, ["POST"]),
            ("/api/recibos/{dataset}", self.list_receipts, ["GET"]),
            ("/api/recibos/{dataset}/{number:int}", self.give_receipt, ["GET"]),
        ]

    async def show_form(self, request: Request) -> Response:
        return await self._form(request, chosen=request.query_params.get("conjunto", ""))

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
            self.allow(request)
            async with _own_room() as room:
                upload = await take_form(request, room, self.most)
                fields |= upload.fields
                await require_own_form(request, fields)
                handed = await asyncio.to_thread(self._keep, upload.file, fields, await identify(request))
        except Refused as refused:
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
        found = await asyncio.to_thread(self.deliveries.outcome, *_receipt_of(request))
        if found is None:
            return self.render("gone.html", 404, request=request)
        dataset, outcome = found
        shown = {"receipt": outcome.receipt, "word": outcome_word(outcome.state)}
        return self.render("receipt.html", request=request, dataset=dataset, outcome=outcome, **shown)

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
            person = await _require_key(request)
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

    async def list_receipts(self, request: Request) -> Response:
        return await self._tell_receipts(request, None)

    async def give_receipt(self, request: Request) -> Response:
        return await self._tell_receipts(request, request.path_params["number"])

    async def _tell_receipts(self, request: Request, number: int | None) -> Response:
        try:
            person = await _require_key(request)
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


async def _require_key(request: Request) -> Person | None:
    """Who a program is, by its key; a browser's session is no key."""
    return await identify(request) if bearer_key(request) else None


def _receipt_path(handed: Submission) -> str:
    return f"{handed.dataset.id}/{handed.receipt.number}/{handed.receipt.token}/"


def _receipt_of(request: Request) -> tuple[str, int, str]:
    values = request.path_params
    return values["dataset"], values["number"], values["token"]


def _status_path(request: Request, handed: Submission) -> str:
    top = request.url.path.partition("/api/")[0]
    return f"{top}/api/recibos/{handed.dataset.id}/{handed.receipt.number}"

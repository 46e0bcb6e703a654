"""The addresses of files that come in pieces (tus 1.0): begin one, go on with it, ask how far it came, end
it. Once it is whole it is handed in as any other, and has a receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from catalog.archive.audit import Act
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from messages import gettext as _
from pipelines.dataset.file_names import safe_name
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.door import DENIED
from pipelines.web.desk.identity import Person, identify_program, invalid_key
from pipelines.web.desk.upload import Refused
from pipelines.web.desk.uploads import (
    ALGORITHMS,
    PartialUpload,
    Uploads,
    parse_checksum,
    parse_length,
    parse_metadata,
    upload_as_json,
)

Handler = Callable[[Request], Awaitable[Response]]
VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination,checksum"
OCTETS = "application/offset+octet-stream"
PROTOCOL = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}


@dataclass(frozen=True)
class Resumable:
    """`most` is the bytes of a file; `note` notes who did what."""

    deliveries: Deliveries
    uploads: Uploads
    most: int
    note: Callable[[Act, Person, str], None]

    def routes(self) -> list[tuple[str, Handler, list[str]]]:
        one = "/api/cargas/{link}"
        return [
            ("/api/cargas", self._told(self.describe), ["OPTIONS"]),
            ("/api/cargas", self._told(self.begin), ["POST"]),
            (one, self._told(self.show), ["GET", "HEAD"]),
            (one, self._told(self.go_on), ["PATCH"]),
            (one, self._told(self.end), ["DELETE"]),
        ]

    def _told(
        self, handler: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The handler, whose refusals are JSON; of another version of the protocol none is asked."""

        async def answer(request: Request) -> Response:
            said = request.headers.get("tus-resumable")
            try:
                if request.method not in ("OPTIONS", "GET") and said != VERSION:
                    await _require_key(request)  # of who has none, nothing else is asked
                    raise Refused(412, _("This is tus {version}: say so in Tus-Resumable.", version=VERSION))
                return await handler(request)
            except Refused as refused:
                extra = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
                extra |= {"Tus-Version": VERSION} if refused.status == 412 else {}
                return JSONResponse({"error": str(refused)}, refused.status, headers={**PROTOCOL, **extra})

        return answer

    async def describe(self, _request: Request) -> Response:
        told = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(self.most)}
        told["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
        return Response(status_code=204, headers={**PROTOCOL, **told})

    async def begin(self, request: Request) -> Response:
        """201 with the address of the upload. `Upload-Metadata` says for which table it is (`dataset`), the
        file's name (`filename`), and the period (`period`)."""
        person = await _require_key(request)
        said = parse_metadata(request.headers.get("upload-metadata", ""))
        length = parse_length(request.headers.get("upload-length"), self.most)
        table = said.get("dataset", "")
        dataset = await asyncio.to_thread(self.deliveries.require_own, person, table)
        agency, at = dataset.pipeline.publisher.id, self.deliveries.clock().isoformat(timespec="seconds")
        name = safe_name(said.get("filename") or "entrega.csv")
        header = request.headers.get("upload-metadata", "")[:2000]
        new = PartialUpload("", agency, table, name, said.get("period", "")[:20], length, header, at)
        upload = await asyncio.to_thread(self.uploads.begin, new)
        headers = {**self._state(upload, 0), "Location": f"{request.url.path.rstrip('/')}/{upload.link}"}
        return Response(status_code=201, headers={**PROTOCOL, **headers})

    async def show(self, request: Request) -> Response:
        upload = await self._find(request)
        if await asyncio.to_thread(self.uploads.offset, upload) == upload.length and not upload.is_over:
            with self.uploads.writing(upload):  # it was killed before it got its receipt
                upload = await self._hand_in(request, upload)
        offset = await asyncio.to_thread(self.uploads.offset, upload)
        headers = {**PROTOCOL, **self._state(upload, offset), **self._receipt(request, upload)}
        headers |= {"Upload-Length": str(upload.length)}
        headers |= {"Upload-Metadata": upload.metadata} if upload.metadata.isascii() else {}
        if request.method == "HEAD":
            return Response(headers=headers)
        return JSONResponse(upload_as_json(upload, offset), headers=headers)

    async def go_on(self, request: Request) -> Response:
        """Adds a piece at `Upload-Offset`; with the last one the file is handed in."""
        upload = await self._find(request)
        if request.headers.get("content-type", "") != OCTETS:
            raise Refused(415, _("A piece is sent as {kind}.", kind=OCTETS))
        checksum, said = parse_checksum(request.headers), request.headers.get("upload-offset", "")
        if upload.is_over:
            raise Refused(409, upload.refusal or _("This upload is whole, and was handed in."))
        with self.uploads.writing(upload) as file:
            if not said.isdecimal() or int(said) != file.tell():
                told = _("The upload is at byte {offset}: go on from there.", offset=file.tell())
                raise Refused(409, told)
            if int(request.headers.get("content-length") or 0) > upload.length - file.tell():
                raise Refused(413, _("More bytes came than the upload has."))
            offset = await self.uploads.add(upload, file, request.stream(), checksum)
            if offset == upload.length:
                upload = await self._hand_in(request, upload)
        headers = {**self._state(upload, offset), **self._receipt(request, upload)}
        if upload.refusal:
            return JSONResponse({"error": upload.refusal}, 422, headers={**PROTOCOL, **headers})
        return Response(status_code=204, headers={**PROTOCOL, **headers})

    async def end(self, request: Request) -> Response:
        upload = await self._find(request)
        with self.uploads.writing(upload):
            await asyncio.to_thread(self.uploads.remove, upload)
        return Response(status_code=204, headers=PROTOCOL)

    async def _find(self, request: Request) -> PartialUpload:
        link = request.path_params["link"]
        known = await asyncio.to_thread(self.uploads.read, link)
        person = await identify_program(request)
        if known is not None and (person is None or known.agency != person.agency):
            request.scope[DENIED] = known.table.partition("/")[0]  # the answer is as if there were none
        if person is None:
            raise invalid_key()
        return await asyncio.to_thread(self.uploads.find, link, person.agency)

    async def _hand_in(self, request: Request, upload: PartialUpload) -> PartialUpload:
        """Gives a whole file its receipt: the same one, however often this is tried."""
        person = await _require_key(request)
        return await asyncio.to_thread(self._hand_in_here, person, upload)

    def _hand_in_here(self, person: Person, upload: PartialUpload) -> PartialUpload:
        place = self.uploads.place(upload.link)
        file = place / "whole" / upload.name
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)
        file.hardlink_to(place / "file")
        try:
            handed = self.deliveries.take(person, upload.table, file, upload.period, upload.link)
        except Refused as refused:
            return self.uploads.finish(upload, 0, str(refused))
        except (ArchiveError, Damaged) as error:
            raise Refused(503, _("The file could not be kept just now. Send it again later.")) from error
        finally:
            file.unlink(missing_ok=True)
        if not handed.again:
            self.note("hand-in", person, f"{handed.dataset.id}/{handed.receipt.number}")
        return self.uploads.finish(upload, handed.receipt.number)

    def _state(self, upload: PartialUpload, offset: int) -> dict[str, str]:
        expires = format_datetime(self.uploads.until(upload))
        return {"Upload-Offset": str(offset), "Upload-Expires": expires}

    def _receipt(self, request: Request, upload: PartialUpload) -> dict[str, str]:
        """Where the receipt's outcome is told, once there is one."""
        if not upload.receipt:
            return {}
        top = request.url.path.partition("/api/")[0]
        path = f"{top}/api/recibos/{upload.table.partition('/')[0]}/{upload.receipt}"
        return {"Vereda-Receipt": str(request.url.replace(path=path, query=""))}


async def _require_key(request: Request) -> Person:
    person = await identify_program(request)
    if person is None:
        raise invalid_key()
    return person

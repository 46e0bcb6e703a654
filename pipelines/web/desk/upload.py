"""A file that a browser sends by a form, taken to the disk as it comes, within a limit."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from messages import gettext as _
from pipelines.dataset.file_names import safe_name
from pipelines.web.forms import read_body

MARGIN = 10_000
"""Bytes of a form beside its file."""
BEGINNING = 16_000
"""Bytes of a form in which its fields stand, before its file."""
SEEN = "vereda.seen"
LINK = "enlace"
"""The field of a form with the address of a file."""


class Refused(Exception):
    """What was sent is not taken: an HTTP status, and a sentence."""

    def __init__(self, status: int, message: str):
        self.status = status
        super().__init__(message)


@dataclass(frozen=True)
class Upload:
    """A file on this machine, the name that it had, and what else the form said."""

    file: Path
    name: str
    fields: dict[str, str]


async def take_form(request: Request, into: Path, most: int, *, or_link: bool = False) -> Upload:
    """The form's one file, in the folder `into`; raises Refused: too large (told as soon as that shows), no
    form, no file, an empty one. With `or_link` a file that is not there yet, where its field `enlace` has an
    address instead."""
    no_form = Refused(400, _("What was sent is no form with a file. Choose a file and send it again."))
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise no_form
    try:
        blocks = _limited_blocks(request, most)
        form = await MultiPartParser(request.headers, blocks, max_files=1, max_fields=10).parse()
    except (MultiPartException, ClientDisconnect) as error:
        raise no_form from error
    sent = [cast(Any, each) for each in form.values() if isinstance(each, UploadFile)]
    fields = {key: value for key, value in form.items() if isinstance(value, str)}
    if or_link and fields.get(LINK, "").strip() and (not sent or not sent[0].filename):
        path = _place(into, _name_of(fields[LINK].strip()))
        return Upload(path, path.name, fields)
    if not sent or not sent[0].filename:
        raise Refused(422, _("No file was chosen. Choose one and send it again."))
    path = _place(into, sent[0].filename)
    with path.open("wb") as file:
        while block := await sent[0].read(1 << 20):
            file.write(block)
    await sent[0].close()
    return _require_content(Upload(path, path.name, fields))


async def take_body(request: Request, into: Path, most: int, name: str) -> Upload:
    """The body itself as a file of that name; raises Refused."""
    path = _place(into, name)
    try:
        with path.open("wb") as file:
            async for block in _limited_blocks(request, most):
                file.write(block)
    except ClientDisconnect as error:
        raise Refused(400, _("The file broke off while it was sent. Send it again.")) from error
    return _require_content(Upload(path, path.name, {}))


async def take_bytes(request: Request, most: int) -> bytes:
    """The body itself; raises Refused where it is too large, or broke off."""
    try:
        return b"".join([block async for block in _limited_blocks(request, most)])
    except ClientDisconnect as error:
        raise Refused(400, _("The file broke off while it was sent. Send it again.")) from error


async def _limited_blocks(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """What is sent, block by block; raises Refused as soon as it is, or says it is, too much."""
    too_large = Refused(413, _("The file is larger than {most} MB.", most=most // 1_000_000))
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most + MARGIN:
        raise too_large
    size = 0
    async for block in request.stream():
        size += len(block)
        if size - len(block) < BEGINNING:
            request.scope[SEEN] = request.scope.get(SEEN, b"") + block[:BEGINNING]
        if size > most + MARGIN:
            raise too_large
        yield block


def _name_of(address: str) -> str:
    """What the file at an address is called, as far as the address says."""
    with suppress(ValueError):
        return unquote(PurePosixPath(urlsplit(address).path).name) or "archivo"
    return "archivo"


def _place(into: Path, name: str) -> Path:
    return into / safe_name(Path(name.replace("\\", "/")).name)


def _require_content(upload: Upload) -> Upload:
    if not upload.file.stat().st_size:
        raise Refused(422, _("The file is empty. Choose another one, or ask for it again."))
    return upload


async def glimpse_fields(request: Request) -> dict[str, str]:
    """What a form with a file that was refused said before its file, as far as that came: so that nobody has
    to choose again."""
    seen: bytes = request.scope.get(SEEN, b"")
    if not seen:
        with suppress(ClientDisconnect, RuntimeError):
            async for block in request.stream():
                seen += block[:BEGINNING]
                if len(seen) >= BEGINNING or b"filename=" in seen:
                    break
    found = re.findall(rb'name="([a-z]+)"\r\n\r\n([^\r\n]{0,200})\r\n', seen[:BEGINNING])
    return {name.decode(): value.decode("utf-8", "replace") for name, value in found}


async def read_fields(request: Request) -> dict[str, str]:
    """The fields of a small form without a file; raises Refused."""
    body = await read_body(request)
    if body is None:
        raise Refused(413, _("What was sent is too long."))
    try:
        sent = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise Refused(400, _("What was sent is no form of this page. Load it again.")) from error
    return {name: values[0] for name, values in sent.items()}

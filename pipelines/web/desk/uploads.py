"""Files that come in pieces: a program that was cut goes on where it stopped (tus 1.0: core, creation,
expiration, termination, checksum). What came lies in a folder of the desk until the file is whole and has
its receipt, or its time is over; how much came is the length of the file itself, whatever was killed."""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from starlette.requests import ClientDisconnect

from messages import gettext as _
from pipelines.web.desk.upload import Refused

KEPT = timedelta(hours=48)
"""How long an upload that nobody goes on with is kept, and what became of one that was finished."""
MOST_OPEN = 20
"""Uploads of one agency that are open at the same time."""
ALGORITHMS = ("sha256", "sha1", "md5")
LINK = re.compile(r"[A-Za-z0-9_-]{32}")
BODY, STATE, LOCK = "file", "state.json", "lock"
MISMATCH = 460
"""The status of a piece that is not what its checksum says (tus 1.0, Checksum)."""


@dataclass(frozen=True)
class PartialUpload:
    """An upload of `length` bytes: whose (`agency`) it is, for which `table` ("dataset/resource") and
    `period`, under which `name`; `metadata` as the program gave it; `receipt` is the number of the receipt
    once it was handed in, `refusal` why it was not."""

    link: str
    agency: str
    table: str
    name: str
    period: str
    length: int
    metadata: str
    at: str
    receipt: int = 0
    refusal: str = ""

    @property
    def is_over(self) -> bool:
        return bool(self.receipt or self.refusal)


@dataclass(frozen=True)
class Checksum:
    """What a piece must be: the digest of `algorithm`."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True)
class Uploads:
    """The uploads under `folder`, which only this machine's user reads. Several processes may share it: of
    two that write to one upload at once, the second is refused."""

    folder: Path
    clock: Callable[[], datetime]

    def begin(self, upload: PartialUpload) -> PartialUpload:
        """A new upload, without a byte; raises Refused where its agency has too many."""
        self.sweep()
        mine = [each for each in self.all() if each.agency == upload.agency and not each.is_over]
        if len(mine) >= MOST_OPEN:
            raise Refused(429, _("Too many uploads are open. Finish some of them, or end them."))
        new = replace(upload, link=secrets.token_urlsafe(24))
        aside = self.folder / f".{new.link}"
        aside.mkdir(parents=True, mode=0o700)
        (aside / BODY).touch(mode=0o600)
        (aside / STATE).write_text(json.dumps(asdict(new), ensure_ascii=False), "utf-8")
        aside.rename(self.place(new.link))
        return new

    def place(self, link: str) -> Path:
        return self.folder / link

    def all(self) -> Iterator[PartialUpload]:
        for place in self.folder.iterdir() if self.folder.is_dir() else ():
            if LINK.fullmatch(place.name) and (found := self._read(place.name)):
                yield found

    def find(self, link: str, agency: str | None) -> PartialUpload:
        """The upload of a link; raises Refused for another's as for one that is not there."""
        found = self.read(link)
        if found is None or found.agency != agency:
            raise Refused(404, _("There is no such upload, or its time is over."))
        return found

    def read(self, link: str) -> PartialUpload | None:
        """The upload of a link, whosever it is; None where there is none."""
        return self._read(link) if LINK.fullmatch(link) else None

    def offset(self, upload: PartialUpload) -> int:
        """How many bytes of it are here."""
        if upload.is_over:
            return upload.length
        return (self.place(upload.link) / BODY).stat().st_size

    def until(self, upload: PartialUpload) -> datetime:
        """When it is removed, if nobody goes on with it."""
        changed = (self.place(upload.link) / BODY).stat().st_mtime
        return datetime.fromtimestamp(changed).astimezone() + KEPT

    @contextmanager
    def writing(self, upload: PartialUpload) -> Iterator[IO[bytes]]:
        """The end of its file, for one writer alone; raises Refused for a second one."""
        with (self.place(upload.link) / LOCK).open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Refused(423, _("Another call is writing to this upload.")) from error
            with (self.place(upload.link) / BODY).open("ab") as file:
                yield file

    async def add(
        self,
        upload: PartialUpload,
        file: IO[bytes],
        blocks: AsyncIterator[bytes],
        checksum: Checksum | None,
    ) -> int:
        """Adds what comes to the file, also where it breaks off: then that much is there. With a checksum all
        of it counts, or nothing. Gives the new offset; raises Refused."""
        start = size = file.tell()
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        try:
            async for block in blocks:
                size += len(block)
                if size > upload.length:
                    raise Refused(413, _("More bytes came than the upload has."))
                file.write(block)
                if digest:
                    digest.update(block)
        except (ClientDisconnect, Refused) as error:
            if checksum or isinstance(error, Refused):
                file.truncate(start)
            if isinstance(error, Refused):
                raise
            raise Refused(
                400, _("The file broke off while it was sent. Go on from where it stopped.")
            ) from error
        finally:
            file.flush()
            os.fsync(file.fileno())
        if checksum and digest and digest.digest() != checksum.digest:
            file.truncate(start)
            raise Refused(MISMATCH, _("The piece is not what its checksum says. Send it again."))
        return size

    def finish(self, upload: PartialUpload, receipt: int, refusal: str = "") -> PartialUpload:
        """Notes what became of a whole file, and removes its bytes."""
        done = replace(upload, receipt=receipt, refusal=refusal)
        place = self.place(upload.link)
        aside = place / f".{uuid4().hex}"
        aside.write_text(json.dumps(asdict(done), ensure_ascii=False), "utf-8")
        aside.replace(place / STATE)
        os.truncate(place / BODY, 0)
        return done

    def remove(self, upload: PartialUpload) -> None:
        shutil.rmtree(self.place(upload.link), ignore_errors=True)

    def sweep(self) -> None:
        """Removes what nobody went on with in time."""
        for place in self.folder.iterdir() if self.folder.is_dir() else ():
            with suppress(OSError):  # another sweep was first
                changed = max(path.stat().st_mtime for path in (place, *place.iterdir()))
                if datetime.fromtimestamp(changed).astimezone() + KEPT < self.clock():
                    shutil.rmtree(place, ignore_errors=True)

    def _read(self, link: str) -> PartialUpload | None:
        try:
            return PartialUpload(**json.loads((self.place(link) / STATE).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def parse_metadata(header: str) -> dict[str, str]:
    """The pairs of `Upload-Metadata`: a key, and its value in base64; raises Refused."""
    found: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        key, _space, value = pair.partition(" ")
        found[key] = _decode(value).decode("utf-8", "replace")[:300]
    return found


def parse_checksum(headers: Mapping[str, str]) -> Checksum | None:
    """What `Upload-Checksum` says of a piece; raises Refused."""
    said = headers.get("upload-checksum")
    if said is None:
        return None
    algorithm, _space, value = said.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Refused(400, _("This checksum is not known: use {names}.", names=", ".join(ALGORITHMS)))
    return Checksum(algorithm, _decode(value))


def parse_length(value: str | None, most: int) -> int:
    """`Upload-Length`; raises Refused."""
    if value is None or not value.isascii() or not value.isdecimal() or len(value) > 15:
        raise Refused(400, _("Say how many bytes the file has: Upload-Length."))
    if int(value) > most:
        raise Refused(413, _("The file is larger than {most} MB.", most=most // 1_000_000))
    if int(value) == 0:
        raise Refused(422, _("The file is empty. Choose another one, or ask for it again."))
    return int(value)


def _decode(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, _("This is not base64.")) from error


def upload_as_json(upload: PartialUpload, offset: int) -> dict[str, Any]:
    """How an upload stands, for the program that sends it."""
    state = "refused" if upload.refusal else "received" if upload.receipt else "open"
    told = {"dataset": upload.table, "name": upload.name, "length": upload.length, "offset": offset}
    return {**told, "state": state, "receipt": upload.receipt or None, "error": upload.refusal or None}

"""What stands at a link that data leans on: asked once, within bounds, at public addresses alone, whatever
the server answers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import httpx
import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.links import Copy
from messages import gettext as _
from pipelines.fetch.client import SourceClient
from pipelines.fetch.errors import refusal_error
from pipelines.fetch.http import is_sendable
from pipelines.fetch.snapshot import SourceError, store_blocks
from pipelines.settings import Limits
from validation.personal.identifiers import find_kinds

LARGEST, LONGEST, SILENCE = 50_000_000, 60.0, 20.0
"""Bytes of a copy; seconds for a link in all, and until it answers."""
PAGE_BYTES = 5_000_000
"""So much of a page is read for what a reader sees of it."""
PAGES = ("text/html", "application/xhtml+xml")
TEXTS = ("text/", "application/json", "application/xml", "application/ld+json")

_UNSEEN = (
    r"(?is)<!--.*?-->",
    r"(?is)<(?:script|style|noscript|template)\b.*?</(?:script|style|noscript|template)[^>]*>",
    r"(?s)<[^>]*>",
)
_LOST = re.compile(
    r"^\s*(error\s*)?(404|410)\b|\b(404|410)\s*$|error 4(04|10)|not found|no encontrad[ao]"
    r"|p[aá]gina (inexistente|no disponible|no existe)|page (unavailable|does not exist)",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"^\s*(sign in|log ?in|iniciar sesi[oó]n|inici[aá] sesi[oó]n|ingresar)\b", re.IGNORECASE)


@dataclass(frozen=True)
class LinkAnswer:
    """What a link gave: a copy, whose bytes are in the file that was named; `same`, its server says that
    nothing changed; `gone`, there is nothing any more; `unreached`, it cannot be known this time. `offline`:
    its host was not reached at all."""

    result: Literal["copy", "same", "gone", "unreached"]
    copy: Copy | None = None
    why: str = ""
    offline: bool = False


def ask_link(address: str, known: Copy | None, into: Path, limits: Limits, at: str) -> LinkAnswer:
    """Asks once; `known` is the newest copy, where its server may be asked whether that is still right. Never
    raises for what a server does."""
    bounds = replace(
        limits,
        timeout=min(limits.timeout, SILENCE),
        fetch_seconds=min(limits.fetch_seconds, LONGEST),
        extract=min(limits.extract, LARGEST),
    )
    marks = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified)) if known else ()
    headers = {"Accept": "*/*"} | {name: value for name, value in marks if value and is_sendable(value)}
    try:
        with (
            SourceClient(address, _("the link"), bounds, headers, trusted=False) as client,
            client.stream("GET", address) as answer,
        ):
            return _judge(address, client, answer, into, bounds, at, conditional=len(headers) > 1)
    except SourceError as error:
        return LinkAnswer("unreached", why=str(error), offline=_is_offline(error))


def _judge(
    address: str,
    client: SourceClient,
    answer: httpx.Response,
    into: Path,
    limits: Limits,
    at: str,
    *,
    conditional: bool,
) -> LinkAnswer:
    status = answer.status_code
    if status == httpx.codes.NOT_MODIFIED and conditional:
        return LinkAnswer("same")
    if status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        return LinkAnswer("gone", why=_("it answers {status}", status=status))
    if status != httpx.codes.OK:
        return LinkAnswer("unreached", why=str(refusal_error(client.told, status, client.key)))
    if _is_sent_home(httpx.URL(address), answer.url):
        return LinkAnswer("gone", why=_("it leads to the first page of {host}", host=answer.url.host))
    sha256, size = store_blocks(client.blocks(answer, client.told), into, client.told, limits)
    if size == 0:
        return LinkAnswer("unreached", why=_("it answers with nothing"))
    media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()[:100]
    page = _Page.read(into, media, answer.charset_encoding)
    if page.is_page and _LOST.search(page.title):
        return LinkAnswer("gone", why=_("it answers with a page that says so: {title}", title=page.title))
    if page.is_page and _LOGIN.match(page.title):
        return LinkAnswer("unreached", why=_("it asks to log in"))
    text = hashlib.sha256(page.text.encode()).hexdigest() if page.is_page else sha256
    mark = {name: _sendable(answer.headers.get(name)) for name in ("ETag", "Last-Modified")}
    copy = Copy(sha256, size, media, at, text, page.is_clean, mark["ETag"], mark["Last-Modified"])
    return LinkAnswer("copy", copy)


@dataclass(frozen=True)
class _Page:
    """What a reader sees of an answer; `text` is empty where it is no text."""

    is_page: bool
    title: str
    text: str
    is_clean: bool

    @classmethod
    def read(cls, file: Path, media: str, charset: str | None) -> _Page:
        with file.open("rb") as opened:
            start = opened.read(PAGE_BYTES + 1)
        is_page = media in PAGES or start.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))
        if not is_page and not media.startswith(TEXTS):
            return cls(False, "", "", False)
        source = _decode(start[:PAGE_BYTES], charset)
        title = re.search(r"<title[^>]{0,200}>([^<]{0,300})", source, re.IGNORECASE) if is_page else None
        text = _seen_text(source) if is_page else source
        # All of it is looked at, what no reader sees too: a copy would hold it.
        clean = len(start) <= PAGE_BYTES and not find_kinds(source) and not find_kinds(text)
        return cls(is_page, " ".join(title[1].split()) if title else "", text, clean)


def _decode(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except LookupError:  # a name of an encoding that is none
        return content.decode("utf-8", "replace")


def _seen_text(source: str) -> str:
    """The words of a page, in time linear in its length (RE2)."""
    texts = pa.array([source])
    for pattern in _UNSEEN:
        texts = pc.replace_substring_regex(texts, pattern=pattern, replacement=" ")
    return " ".join(str(texts[0].as_py()).split())


def _is_sent_home(asked: httpx.URL, there: httpx.URL) -> bool:
    """Whether a link to something leads to a site's first page: so sites answer for what they removed."""
    return asked.path.strip("/") != "" and there.path.strip("/") == "" and not there.query and asked != there


def _is_offline(error: SourceError) -> bool:
    return isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError)


def _sendable(value: str | None) -> str | None:
    return value if value and is_sendable(value) else None

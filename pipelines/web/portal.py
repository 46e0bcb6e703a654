"""The portal and the API, served from this machine: readers may ask for a part of a file, learn what kind of
file it is, report a problem by a form, and ask the data."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from uuid import uuid4

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from catalog.archive.archive import Archive
from catalog.archive.reports import MOST_CHARACTERS, ReportEntry
from catalog.archive.store import ArchiveError
from catalog.portal.standing_pages import MISSING
from messages import LANGUAGES, speaking
from messages import gettext as _
from pipelines.web.following import FollowDesk
from pipelines.web.forms import MINUTES, Pace, is_from_elsewhere, message_page, read_body, with_form

if TYPE_CHECKING:
    from pipelines.web.desk.desk import Desk

API = "/api/v1"


@dataclass(frozen=True)
class ReportDesk:
    """Answers for the pages `…/problema/` of the site in `folder`: shows the form there, and keeps in the
    archive what people send: small, few, and nothing about the sender."""

    folder: Path
    archive: Archive
    clock: Callable[[], datetime]
    pace: Pace = field(default_factory=Pace)

    def routes(self) -> list[Route]:
        routes = []
        for root, language in (("", "es"), ("/en", "en")):
            for top in ("datasets", "demo"):
                handler = self._handler(top == "demo", language)
                for page in ("", "index.html"):
                    path = f"{root}/{top}/{{id}}/problema/{page}"
                    routes.append(Route(path, handler, methods=["GET", "POST"]))
            for page in ("", "index.html"):
                asking = self._request_handler(language)
                routes.append(Route(f"{root}/pedidos/{page}", asking, methods=["GET", "POST"]))
        return routes

    def _request_handler(self, language: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            page = self.folder / request.url.path.lstrip("/").removesuffix("index.html") / "index.html"
            if not page.is_file():
                raise HTTPException(404)
            with speaking(language):
                if request.method == "GET":
                    return HTMLResponse(with_form(page.read_text(encoding="utf-8")))
                return await self._take(request, self._keep_request)

        return answer

    def _handler(self, demo: bool, language: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            page = self.folder / request.url.path.lstrip("/").removesuffix("index.html") / "index.html"
            if not request.path_params["id"].replace("-", "").isalnum() or not page.is_file():
                raise HTTPException(404)
            with speaking(language):
                if request.method == "GET":
                    return HTMLResponse(with_form(page.read_text(encoding="utf-8")))
                keep = partial(self._keep, request.path_params["id"], demo)
                return await self._take(request, keep)

        return answer

    async def _take(self, request: Request, keep: Callable[[str, str], Response]) -> Response:
        """What was sent, kept by `keep(text, version)` where it is fit to be."""
        if is_from_elsewhere(request):
            return message_page(_("This form is sent from this site only."), 403)
        body = await read_body(request)
        if body is None:
            return message_page(
                _("What was sent is too long: write up to {most} characters.", most=MOST_CHARACTERS), 413
            )
        sent = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
        text, version = sent.get("text", [""])[0], sent.get("version", [""])[0]
        if sent.get("web"):  # only a program fills in what nobody sees
            return message_page(_("Thank you. Your report was received."), 200)
        if not 10 <= len(text.strip()) <= MOST_CHARACTERS:
            return message_page(
                _("Write what is wrong in 10 to {most} characters.", most=MOST_CHARACTERS), 422
            )
        if not self.pace.allows(request.client.host if request.client else ""):
            return message_page(
                _("Many reports came in just now. Try again in {minutes} minutes.", minutes=MINUTES), 429
            )
        return keep(text, version)

    def _keep_request(self, text: str, _version: str) -> Response:
        at = self.clock().isoformat(timespec="seconds")
        try:
            number = self.archive.requests.add(
                ReportEntry(0, 0, "report", at, text, token=uuid4().hex)
            ).number
        except ValueError as error:
            return message_page(str(error), 422)
        except ArchiveError:
            return message_page(_("The request could not be kept just now. Try again later."), 503)
        thanks = _(
            "Thank you. Your request has the number {number}; its answer will stand on this page.",
            number=number,
        )
        return message_page(thanks, 200)

    def _keep(self, id: str, demo: bool, text: str, version: str) -> Response:
        known = {str(release.version) for release in self.archive.read_log(id, demo).history.releases}
        if not known:
            return message_page(_("There is no such dataset."), 404)
        at = self.clock().isoformat(timespec="seconds")
        version_read = version if version in known else None
        report = ReportEntry(0, 0, "report", at, text, version_read, token=uuid4().hex)
        try:
            number = self.archive.problems(id, demo).add(report).number
        except ValueError as error:
            return message_page(str(error), 422)
        except ArchiveError:
            return message_page(_("The report could not be kept just now. Try again later."), 503)
        thanks = _(
            "Thank you. Your report has the number {number}; its answer will stand on the dataset's page.",
            number=number,
        )
        return message_page(thanks, 200, back=_("Back to the dataset"))


# What Debian's own list of types does not know, or knows otherwise on each machine
TYPES = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",  # IANA
    ".ttl": "text/turtle",
    ".jsonld": "application/ld+json",
    ".atom": "application/atom+xml",
}


# Styles may stand in attributes: bars have their length there.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
}
"""Of every answer: a page runs and shows nothing but the portal's own, and stands in nobody's frame."""


class CarefulHeaders:
    """Adds HEADERS to every answer of the application, errors among them."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class PublicAnswers(CORSMiddleware):
    """Lets pages of other sites read what is public here; of the desk they read nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inside = scope["type"] == "http" and _DESK.match(scope["path"])
        await (self.app(scope, receive, send) if inside else super().__call__(scope, receive, send))


_DESK = re.compile(r"/(en/)?mesa(/|$)")
# Programs in a reader's browser read Parquet from here piece by piece.
ANYONE = Middleware(
    PublicAnswers,
    allow_origins=["*"],
    allow_methods=["GET", "HEAD"],
    allow_headers=["Range", "If-Range", "If-None-Match", "If-Modified-Since"],
    expose_headers=["Content-Range", "ETag", "Link", "Content-Location"],
)


_VERSION = re.compile(r"((?:en/)?(?:datasets|demo)/[^/]+/v/\d+\.\d+\.\d+)(?:/|$)")
# What names the portal's own address, but for the files of releases, which stay byte for byte
_ADDRESSED = re.compile(r"\.(html|xml|txt|atom|ttl|jsonld|ics)$|^data\.json$")


class PortalFiles(StaticFiles):
    """The files of a portal. A version that was withdrawn answers 410 with the page that says why, whatever
    is asked of it; and where the portal was written without a public address, its pages, feeds and
    catalogues name the address at which they are asked for, not a folder of this machine."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        root, match = Path(str(self.directory)), _VERSION.match(path)
        tombstone = root / match[1] / "index.html" if match else None
        if tombstone and tombstone.is_file():
            page = tombstone.read_text(encoding="utf-8")
            return HTMLResponse(page, 410, headers={"cache-control": "no-store"})
        response = await super().get_response(path, scope)
        if response.status_code == 404:
            return missing_page(root, path, scope)
        return _with_own_address(response, root, scope)


def missing_page(folder: Path, path: str, scope: Scope) -> Response:
    """The page for an address at which there is nothing, in the language of that address."""
    code = path.lstrip("/").partition("/")[0]
    for page in (folder / code / MISSING if code in LANGUAGES else folder / MISSING, folder / MISSING):
        if page.is_file():
            return _with_own_address(FileResponse(page, status_code=404), folder, scope)
    return HTMLResponse("404", 404)


def _with_own_address(response: Response, root: Path, scope: Scope) -> Response:
    """The same file with the address at which it is asked for, where it names the portal's folder."""
    file = Path(str(getattr(response, "path", "")))
    folder = root.as_uri().encode() + b"/"
    whole = response.status_code in (200, 404) and file.is_file()
    if not whole or not _ADDRESSED.search(file.name) or "/latest/" in file.as_posix():
        return response
    content = file.read_bytes()
    if folder not in content:
        return response
    host = Headers(scope=scope).get("host", "127.0.0.1")
    if not re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", host):
        return response
    own = f"{scope.get('scheme', 'http')}://{host}/".encode()
    kind = response.headers.get("content-type", "text/html; charset=utf-8")
    content = content.replace(folder, own)
    return Response(content, response.status_code, {"content-type": kind, "vary": "host"})


def portal_application(
    folder: Path,
    reports: ReportDesk,
    api: ASGIApp | None = None,
    following: FollowDesk | None = None,
    desk: Desk | None = None,
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """The site in `folder`, with `reports` behind its pages for reports, `following` behind those for news by
    e-mail, the API under `/api/v1/`, and the desk for agencies under `/mesa/`; `lifespan` is what has to be
    closed at its end."""
    for suffix, kind in TYPES.items():
        mimetypes.add_type(kind, suffix)

    async def answer_missing(request: Request, _error: Exception) -> Response:
        return missing_page(folder, request.url.path, request.scope)

    mounted = [_mount(api)] if api else []
    agencies = desk.routes() if desk else []
    return Starlette(
        routes=[
            *reports.routes(),
            *(following.routes() if following else ()),
            *agencies,
            *mounted,
            Mount("/", PortalFiles(directory=folder, html=True)),
        ],
        middleware=[Middleware(CarefulHeaders), ANYONE],
        exception_handlers={404: answer_missing},
        lifespan=lifespan,
    )


def _mount(api: ASGIApp) -> Mount:
    """Everything under the API's address is the API's to answer, an address with a line break in it too."""
    mount = Mount(API, api)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount

"""The pages of the desk: choose a dataset and a file, see it checked, take the answer; for that nobody has to
sign in, nothing is published, and no cookie is set."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from catalog.archive.audit import Act, Audit
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from messages import LANGUAGES, gettext, language, ngettext, speaking
from messages import gettext as _
from messages.formats import format_date
from pipelines.agency.report.write import LIST, PAGE, REPORT
from pipelines.release.receipt_outcomes import ReceiptOutcome
from pipelines.web.desk.acts import Acts, AuditDesk
from pipelines.web.desk.agency_page import AgencyPage
from pipelines.web.desk.answers import KEPT, Answer
from pipelines.web.desk.checking import Checker, Choice, list_choices
from pipelines.web.desk.counter import Counter
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.door import Door
from pipelines.web.desk.identity import PLACE, Identities, Person, form_mark, identify, require_own_form
from pipelines.web.desk.overview import Overview
from pipelines.web.desk.resumable import Resumable
from pipelines.web.desk.rows import RowsAtDesk
from pipelines.web.desk.sessions import PrivateRecords, Sessions
from pipelines.web.desk.sign_in import SignIn
from pipelines.web.desk.team import Team, TeamWays
from pipelines.web.desk.upload import LINK, Refused, glimpse_fields, take_form
from pipelines.web.desk.uploads import Uploads
from pipelines.web.forms import MINUTES, Pace, is_from_elsewhere
from pipelines.web.pace import SharedPace

if TYPE_CHECKING:
    from pipelines.web.desk.oidc import Provider

TOP = "mesa"
MOST = 100_000_000
"""Bytes of a file that is checked here; larger ones are handed in otherwise."""
AT_ONCE, WAITING = 2, 20
"""Files that are checked at the same time, and that may wait besides; as many again of who is signed in."""
NO_BOUND = 1_000_000
"""Of all together, where one bound for all would let a stranger shut out everybody."""
FRESH = 60.0
"""Seconds for which the list of datasets is not read anew."""
TEMPLATES = Path(__file__).parent / "templates"
PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

log = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]
Routes = list[tuple[str, Handler, list[str]]]


@dataclass
class Desk:
    """Answers for `/mesa/` and `/en/mesa/`. `template` writes the empty workbook of a table
    ("dataset/resource") into a file. `guesses` counts keys that are none; `hosts` are those under which it
    may be asked for (none: any); `team` is what the data team's pages need, and the log of who did what.

    `pace` bounds the files that are checked, `handing` those that an account hands in by the form, `begun`
    the sign-ins that an address begins at the provider: who has files checked stands in no agency's way."""

    checker: Checker
    template: Callable[[str, Path], object]
    deliveries: Deliveries | None = None
    pace: Pace | SharedPace = field(default_factory=partial(Pace, from_one=20, from_all=200))
    provider: Provider | None = None
    base: str | None = None
    guesses: Pace | SharedPace = field(default_factory=partial(Pace, from_one=10, from_all=2000))
    hosts: frozenset[str] = frozenset()
    team: TeamWays | None = None
    handing: Pace | SharedPace = field(default_factory=partial(Pace, from_one=60, from_all=NO_BOUND))
    begun: Pace | SharedPace = field(default_factory=partial(Pace, from_one=300, from_all=NO_BOUND))
    working: int = 0

    def __post_init__(self) -> None:
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="desk")
        self.lock = threading.Lock()
        self.read: tuple[float, list[Choice]] = (-FRESH, [])
        self.pages = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self.pages.globals.update(_=gettext, ngettext=ngettext, format_date=format_date)
        self.pages.filters["codes"] = mark_commands
        self.checker.answers.give_up_waiting()
        self.identities = self._identities()
        self.rows: RowsAtDesk | None = None
        self.audit = self._audit()
        self.door = Door(self.guesses, self.hosts, self._refuse, self.audit)

    def _audit(self) -> AuditDesk | None:
        if self.deliveries is None or self.team is None:
            return None
        return AuditDesk(Audit(self.deliveries.archive.shelf), self.deliveries.clock, self.team.noted)

    def _identities(self) -> Identities | None:
        if self.deliveries is None:
            return None
        records = PrivateRecords(self.checker.answers.folder / "sessions")
        return Identities(self.deliveries.archive, Sessions(records, self.deliveries.clock))

    def close(self) -> None:
        """Begins no further check; what waits is told so when the desk opens again."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        if self.rows is not None:
            self.rows.close()

    def _gather_rows(self) -> None:
        """Hands in the rows that waited when the desk ended."""
        ids = dict.fromkeys(each.id.partition("/")[0] for each in self.choices() if each.agency)
        if self.rows is not None:
            self.rows.gather_all(list(ids))

    def routes(self) -> list[Route]:
        made = []
        by_path: dict[str, dict[str, Handler]] = {}
        for path, handler, methods in [*self._check_routes(), *self._counter_routes()]:
            by_path.setdefault(path, {}).update(dict.fromkeys(methods, handler))
        for code in LANGUAGES:
            top = f"/{TOP}" if code == LANGUAGES[0] else f"/{code}/{TOP}"
            for path, handlers in by_path.items():
                answer = self._in_language(code, self._by_method(handlers))
                made.append(Route(top + path, answer, methods=METHODS))
            missing = self._in_language(code, self._miss)
            made.append(Route(f"{top}/api/{{rest:path}}", missing, methods=METHODS))
            made.append(Route(top, _redirect_to(f"{top}/"), methods=["GET"]))
        return made

    def _by_method(self, handlers: Mapping[str, Handler]) -> Handler:
        """What an address does by method; of others it says which it takes."""
        known = {**({"HEAD": handlers["GET"]} if "GET" in handlers else {}), **handlers}

        async def answer(request: Request) -> Response:
            if handler := known.get(request.method):
                return await handler(request)
            allowed = ", ".join(sorted(known))
            response = self._refuse(request, 405, _("This address takes: {methods}.", methods=allowed))
            response.headers["Allow"] = allowed
            return response

        return answer

    async def _miss(self, request: Request) -> Response:
        return self._refuse(request, 404, _("There is nothing here"))

    def _check_routes(self) -> Routes:
        return [
            ("/", self.show_form, ["GET"]),
            ("/revisar", self.take_file, ["POST"]),
            ("/mesa.css", self.give_style, ["GET"]),
            ("/plantilla/{dataset}/{resource}.xlsx", self.give_template, ["GET"]),
            ("/r/{link}/", self.show_answer, ["GET"]),
            ("/r/{link}/{name}", self.give_file, ["GET"]),
        ]

    def _counter_routes(self) -> Routes:
        if self.deliveries is None or self.identities is None:
            return []
        most = self.checker.limits.extract
        self.rows = RowsAtDesk(self.deliveries, self._note)
        self.pool.submit(self._gather_rows)
        bounds = (self.bound_delivery, self.bound_check)
        ways = (self._page, self.choices, *bounds, most, self.start_check, self.rows)
        counter = Counter(self.deliveries, self.identities, *ways, self._note)
        ways_in = (self._page, self.bound_sign_in, self._note, self.provider, self.base)
        sign_in = SignIn(self.identities, *ways_in)
        uploads = Uploads(self.checker.answers.folder / "uploads", self.deliveries.clock)
        uploads.sweep()
        pieces = Resumable(self.deliveries, uploads, most, self._note)
        own = AgencyPage(self.deliveries, self._page, self.list_own, self._note)
        known = [*counter.routes(), *sign_in.routes(), *own.routes(), *pieces.routes()]
        return [*known, *self._team_routes(self.deliveries)]

    def _team_routes(self, deliveries: Deliveries) -> Routes:
        if self.team is None or self.audit is None:
            return []
        overview = Overview(self.checker.datasets, self.checker.archive)
        acts = Acts(overview, deliveries.clock, self.team.run, self.team.publish)
        return Team(overview, acts, self.audit, self.team.status, self._page).routes()

    def _note(self, act: Act, person: Person, of: str = "", rows: int = 0) -> None:
        if self.audit is not None:
            self.audit.note(act, "done", person.name, person.agency or "", of, rows=rows)

    def _in_language(self, code: str, handler: Handler) -> Handler:
        """The handler in a language; it knows who asks, and an archive that fails is told in words."""

        async def answer(request: Request) -> Response:
            request.scope[PLACE] = self.identities
            with speaking(code):
                try:
                    if request.cookies:
                        await identify(request)
                    return await self.door.let_in(request, handler)
                except (ArchiveError, Damaged) as error:
                    log.error("the desk: %s", error)
                    return self._refuse(request, 503, _("This does not work just now. Try again later."))

        return answer

    def _refuse(self, request: Request, status: int, told: str) -> Response:
        if "/api/" in request.url.path:
            return JSONResponse({"error": told}, status, headers=PRIVATE)
        return self._page("message.html", status, request=request, text=told)

    async def show_form(self, request: Request) -> Response:
        choices = await asyncio.to_thread(self.choices)
        return self._page(
            "form.html", request=request, choices=choices, chosen=request.query_params.get("conjunto", "")
        )

    def choices(self) -> list[Choice]:
        """The tables for which files are checked, as they were a minute ago."""
        with self.lock:
            at, found = self.read
            if time.monotonic() - at > FRESH:
                found = list_choices(self.checker.datasets)
                self.read = (time.monotonic(), found)
            return found

    async def take_file(self, request: Request) -> Response:
        """Takes the file, gives it a link, and has it checked; the link comes at once."""
        room = Path(tempfile.mkdtemp(prefix="vereda-desk-"))
        try:
            await self.bound_check(request)
            most = min(MOST, self.checker.limits.extract)
            upload = await take_form(request, room, most, or_link=True)
            await require_own_form(request, upload.fields)
            dataset = upload.fields.get("conjunto", "")
            if dataset and dataset not in {each.id for each in await asyncio.to_thread(self.choices)}:
                raise Refused(422, _("There is no such dataset. Choose one from the list."))
        except Refused as refused:
            shutil.rmtree(room, ignore_errors=True)
            choices = await asyncio.to_thread(self.choices)
            fields = await glimpse_fields(request)
            chosen, address = fields.get("conjunto", ""), fields.get(LINK, "")
            shown = {
                "address": address,
                "request": request,
                "choices": choices,
                "chosen": chosen,
                "wrong": str(refused),
            }
            return self._page("form.html", refused.status, **shown)
        except BaseException:
            shutil.rmtree(room, ignore_errors=True)
            raise
        address = "" if upload.file.exists() else upload.fields[LINK].strip()
        link = self.start_check(upload.file, upload.name, dataset, address)
        return RedirectResponse(f"r/{link}/", 303)

    def start_check(
        self, file: Path, name: str, dataset: str, address: str = "", became: ReceiptOutcome | None = None
    ) -> str:
        """Has a file checked, soon, and removed with its folder; gives the answer's link. Where it is at an
        `address` it is fetched first; `became` is what came of it, where it was handed in."""
        answer = self.checker.answers.add(name, dataset)
        with self.lock:
            self.working += 1
        self.pool.submit(self._check, answer, file, language(), address, became)
        return answer.link

    def list_own(self, person: Person) -> list[str]:
        """The datasets that are handed in and this person's."""
        found = [each for each in self.choices() if each.agency]
        ids = dict.fromkeys((each.id.partition("/")[0], each.agency) for each in found)
        return [id for id, agency in ids if person.may_hand_in(id, agency)]

    async def bound_check(self, request: Request) -> None:
        """Raises Refused where no more files can be checked just now, or whoever asks had many."""
        require_here(request)
        signed_in = await identify(request) is not None
        with self.lock:
            busy = self.working >= AT_ONCE + WAITING * (2 if signed_in else 1)
        if busy or not await asyncio.to_thread(self.pace.allows, await _who(request)):
            raise Refused(429, _("Many files came in just now. Try again in some minutes."))

    async def bound_delivery(self, request: Request) -> None:
        """Raises Refused where an account handed in too many files by the form, or who has none sent many."""
        require_here(request)
        if not await asyncio.to_thread(self.handing.allows, await _who(request)):
            told = _("Many files were handed in just now. Go on in {minutes} minutes.", minutes=MINUTES)
            raise Refused(429, told)

    async def bound_sign_in(self, request: Request) -> None:
        """Raises Refused where an address begins too many sign-ins at the provider; keys that are wrong are
        counted at the door."""
        if not await asyncio.to_thread(self.begun.allows, _address(request)):
            told = _("Many sign-ins were begun just now. Try again in {minutes} minutes.", minutes=MINUTES)
            raise Refused(429, told)

    def _check(
        self, answer: Answer, file: Path, code: str, address: str, became: ReceiptOutcome | None
    ) -> None:
        try:
            self.checker.check(answer, file, code, address, MOST, became)
        finally:
            shutil.rmtree(file.parent, ignore_errors=True)
            self.checker.answers.sweep()
            with self.lock:
                self.working -= 1

    async def show_answer(self, request: Request) -> Response:
        """The report once it is there; until then a page that looks again by itself."""
        answer = self.checker.answers.find(request.path_params["link"])
        if answer is None:
            return self._page("gone.html", 404, request=request, hours=round(KEPT.total_seconds() / 3600))
        answer = self.checker.answers.give_up(answer)
        if answer.state != "done":
            return self._page("waiting.html", request=request, answer=answer)
        report = (self.checker.answers.place(answer.link) / PAGE).read_text("utf-8")
        banner = self.pages.get_template("banner.html").render(
            answer=answer,
            root=_root(),
            takes=self.deliveries is not None,
            until=datetime.fromisoformat(answer.until),
            workbooks=[name for name in answer.files if name not in (PAGE, LIST, REPORT)],
            listing=LIST,
        )
        return HTMLResponse(report.replace("</header>", f"</header>\n{banner}", 1), headers=PRIVATE)

    async def give_file(self, request: Request) -> Response:
        answer = self.checker.answers.find(request.path_params["link"])
        path = self.checker.answers.file(answer, request.path_params["name"]) if answer else None
        if path is None or path.name == PAGE:
            return self._page("gone.html", 404, request=request, hours=round(KEPT.total_seconds() / 3600))
        return FileResponse(path, filename=path.name, headers=PRIVATE)

    async def give_style(self, _request: Request) -> Response:
        """What the desk's pages have and the portal's have not."""
        return FileResponse(TEMPLATES / "mesa.css", headers={"Cache-Control": "public, max-age=3600"})

    async def give_template(self, request: Request) -> Response:
        table = f"{request.path_params['dataset']}/{request.path_params['resource']}"
        known = await asyncio.to_thread(self.choices)
        if table not in {each.id for each in known if each.has_template}:
            told = _("There is no such workbook. The desk lists those that there are.")
            return self._refuse(request, 404, told)
        return await asyncio.to_thread(self._template, table, language())

    def _template(self, table: str, code: str) -> Response:
        with tempfile.TemporaryDirectory(prefix="vereda-desk-") as folder, speaking(code):
            path = Path(folder) / "plantilla.xlsx"
            self.template(table, path)
            content = path.read_bytes()
        name = f"{table.replace('/', '-')}.xlsx"
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        disposition = f'attachment; filename="{name}"'
        return Response(content, media_type=kind, headers={"Content-Disposition": disposition})

    def _page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page; with its `request` it knows who is signed in, once `identify` was asked."""
        code = language()
        request: Request | None = values.get("request")
        tops = {each: f"/{TOP}/" if each == LANGUAGES[0] else f"/{each}/{TOP}/" for each in LANGUAGES}
        shared: Mapping[str, Any] = {
            "lang": code,
            "root": _root(),
            "others": {
                each: _elsewhere(request, tops[code], top) for each, top in tops.items() if each != code
            },
            "most": MOST // 1_000_000,
            "hours": round(KEPT.total_seconds() / 3600),
            "takes": self.deliveries is not None,
            "person": request.scope.get("vereda.person") if request else None,
            "mark": form_mark(request) if request else "",
        }
        text = self.pages.get_template(template).render({**shared, **values})
        return HTMLResponse(text, status, headers=PRIVATE)


def _root() -> str:
    """The portal's first page, in the language of the desk's."""
    return "/" if language() == LANGUAGES[0] else f"/{language()}/"


def require_here(request: Request) -> None:
    """Raises Refused where a browser says that another site sends this."""
    if is_from_elsewhere(request):
        raise Refused(403, _("This form is sent from this site only."))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _who(request: Request) -> str:
    """Whom to count: whoever is signed in, wherever he sits; else the address."""
    person = await identify(request)
    return f"{person.by} {person.agency} {person.name}" if person else _address(request)


def mark_commands(text: str) -> Markup:
    """What sentences name in `…`, to be typed, as code; all else escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _elsewhere(request: Request | None, top: str, other: str) -> str:
    """The same page in another language, whose pages are below `other`: what a form answered is not asked for
    a second time."""
    if request is None or request.method != "GET":
        return other
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{other}{quote(request.scope['path'].removeprefix(top))}{query}"


def _redirect_to(path: str) -> Handler:
    async def answer(_request: Request) -> Response:
        return RedirectResponse(path, 308)

    return answer

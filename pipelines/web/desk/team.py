"""The data team's pages: the morning, what was handed in, one dataset with what waits for a person, what
readers wrote, and who did what. Nobody else sees them, and who tries is noted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from catalog.archive.audit import Act, Audit, AuditEntry, Result
from catalog.archive.reports import ReportedProblem
from catalog.words import problem_status, request_status
from messages import gettext as _
from pipelines.release.outcome_words import REFUSED, outcome_place, outcome_word
from pipelines.release.receipt_outcomes import ReceiptOutcome
from pipelines.web.desk.acts import Acts, AuditDesk
from pipelines.web.desk.identity import Person, desk_root, identify, require_own_form
from pipelines.web.desk.overview import OPEN, DatasetView, Overview
from pipelines.web.desk.upload import Refused, read_fields
from pipelines.web.forms import Pace
from pipelines.web.pace import SharedPace
from validation.problems.registry import title

Render = Callable[..., HTMLResponse]
Status = Callable[[], tuple[Mapping[str, Any], Sequence[str]]]
Handler = Callable[[Request], Awaitable[Response]]
TeamHandler = Callable[[Request, Person], Awaitable[Response]]
MOST = 200
"""Receipts, and entries of the log, on a page."""
UNSETTLED = "unsettled"
"""In the list to choose from: rejected, and no later file made it good."""


@dataclass(frozen=True)
class TeamWays:
    """What the team's pages need of the machine: `status` as `Team` has it, `run` to have a dataset run for a
    receipt, `publish` to have the portal brought up; `noted` bounds what is noted of nobody."""

    status: Status
    run: Callable[[str, int | None], None]
    publish: Callable[[], None]
    noted: Pace | SharedPace


@dataclass(frozen=True)
class Team:
    """`status` gives what `vereda status --json` answers and the sentences that it prints after its needs;
    `render` makes a page of a template."""

    overview: Overview
    acts: Acts
    audit: AuditDesk
    status: Status
    render: Render

    def routes(self) -> list[tuple[str, Handler, list[str]]]:
        place = "/equipo/conjunto/{dataset}"
        pages: list[tuple[str, TeamHandler]] = [
            ("/equipo/", self.show_morning),
            ("/equipo/entregas", self.show_queue),
            (f"{place}/", self.show_dataset),
            (f"{place}/retenidas", self.show_held),
            ("/equipo/publico", self.show_readers),
            ("/equipo/registro", self.show_audit),
        ]
        forms: list[tuple[str, TeamHandler]] = [
            (f"{place}/aceptar", self.take_acceptance),
            (f"{place}/responder", self.take_answer),
            ("/equipo/pedidos/responder", self.take_answer),
        ]
        return [
            *((path, self._for_team(handler), ["GET"]) for path, handler in pages),
            *((path, self._for_team(handler), ["POST"]) for path, handler in forms),
        ]

    def _for_team(self, handler: TeamHandler) -> Handler:
        """The page for the team alone: who is not signed in is asked to, who is another is refused."""

        async def answer(request: Request) -> Response:
            person = await identify(request)
            if person is None and request.method == "GET" and "authorization" not in request.headers:
                return RedirectResponse(f"{desk_root()}entrar?a={request.url.path}", 303)
            if person is None or not person.team:
                told = _("This page is the data team's. If you are of the team, sign in with its key.")
                return self.render("message.html", 403, request=request, text=told)
            return await handler(request, person)

        return answer

    async def show_morning(self, request: Request, _person: Person) -> Response:
        (status, lines), views, requests = await asyncio.gather(
            asyncio.to_thread(self.status),
            asyncio.to_thread(self.overview.all),
            asyncio.to_thread(self.overview.requests),
        )
        known = {id for id, _demo in await asyncio.to_thread(self.overview.known)}
        return self.render(
            "team/morning.html",
            request=request,
            told=status,
            lines=lines,
            known=known,
            outcome_word=outcome_word,
            outcome_place=outcome_place,
            refused=REFUSED,
            tallies=_tallies(views, requests),
            views=views,
        )

    async def show_queue(self, request: Request, _person: Person) -> Response:
        chosen = request.query_params.get("estado", "")
        views = await asyncio.to_thread(self.overview.all)
        rows = [(view, each) for view in views for each in view.receipts]
        counts = {state: sum(each.state == state for _view, each in rows) for state in _states()}
        unsettled = [row for row in rows if row[1].receipt.number in row[0].unsettled]
        counts = {UNSETTLED: len(unsettled), **counts}
        if chosen == UNSETTLED:
            rows = unsettled
        elif chosen in counts:
            rows = [row for row in rows if row[1].state == chosen]
        rows.sort(key=lambda row: (not _is_open(*row), -_moment(row[1].receipt.at)))
        shown = {"rows": rows[:MOST], "more": max(0, len(rows) - MOST), "counts": counts, "chosen": chosen}
        faults = [view for view in views if view.fault]
        return self.render(
            "team/queue.html", request=request, outcome_word=_queue_word, faults=faults, **shown
        )

    async def show_dataset(self, request: Request, _person: Person) -> Response:
        return await self._dataset(request)

    async def _dataset(self, request: Request, status: int = 200, **values: Any) -> Response:
        view = await asyncio.to_thread(self.overview.find, request.path_params["dataset"])
        if view is None:
            return self._not_here(request)
        words = {"outcome_word": outcome_word, "problem_status": problem_status}
        return self.render("team/dataset.html", status, request=request, view=view, **words, **values)

    async def show_held(self, request: Request, person: Person) -> Response:
        """The rows that are held back, with their cells: who looks at them is noted."""
        view = await asyncio.to_thread(self.overview.find, request.path_params["dataset"])
        if view is None or not view.held:
            return self._not_here(request)
        await self._note("see", person, f"{view.id} {view.version} held", "")
        return self.render("team/held.html", request=request, view=view, title_of=title)

    async def take_acceptance(self, request: Request, person: Person) -> Response:
        id = request.path_params["dataset"]
        return await self._act(request, person, "accept", id, lambda f: self.acts.accept(id, person.name, f))

    async def take_answer(self, request: Request, person: Person) -> Response:
        id = request.path_params.get("dataset")
        named = id or "requests"
        return await self._act(request, person, "answer", named, lambda f: self.acts.answer(id, f))

    async def _act(
        self, request: Request, person: Person, act: Act, of: str, do: Callable[[Mapping[str, str]], str]
    ) -> Response:
        """Does what a form asks, and notes it, done or refused, with the reason that was given."""
        fields: Mapping[str, str] = {}
        try:
            fields = await read_fields(request)
            await require_own_form(request, fields)
            done = await asyncio.to_thread(do, fields)
        except Refused as refused:
            if refused.status != 403:  # that is noted at the door
                await self._note(act, person, _place_of(of, fields), fields.get("motivo", ""), "failed")
            return await self._after(request, refused.status, wrong=str(refused), sent=fields)
        await self._note(act, person, _place_of(of, fields), fields.get("motivo", ""))
        return await self._after(request, 200, done=done)

    async def _after(self, request: Request, status: int, **values: Any) -> Response:
        """The page from which a form came, with what became of it."""
        if "dataset" in request.path_params:
            return await self._dataset(request, status, **values)
        return await self._readers(request, status, **values)

    async def show_readers(self, request: Request, _person: Person) -> Response:
        return await self._readers(request)

    async def _readers(self, request: Request, status: int = 200, **values: Any) -> Response:
        views = await asyncio.to_thread(self.overview.all)
        requests = await asyncio.to_thread(self.overview.requests)
        words = {"problem_status": problem_status, "request_status": request_status}
        return self.render(
            "team/readers.html", status, request=request, views=views, requests=requests, **words, **values
        )

    async def show_audit(self, request: Request, _person: Person) -> Response:
        asked = request.query_params.get("antes", "")
        before = int(asked) if asked.isdecimal() and len(asked) < 10 else None
        log = Audit(self.overview.archive.shelf)
        found = await asyncio.to_thread(log.newest, before, MOST)
        entries = [each if isinstance(each, AuditEntry) else each.note for each in found]
        oldest = min((each.number for each in found if isinstance(each, AuditEntry)), default=1)
        words = {"act_word": act_word, "result_word": result_word, "of_words": of_words}
        return self.render("team/audit.html", request=request, entries=entries, oldest=oldest, **words)

    async def _note(self, act: Act, person: Person, of: str, because: str, result: Result = "done") -> None:
        ways = (act, result, person.name, person.agency or "", of, because)
        await asyncio.to_thread(self.audit.note, *ways)

    def _not_here(self, request: Request) -> Response:
        told = _("There is no such dataset, or nothing of it to show.")
        return self.render("message.html", 404, request=request, text=told)


def _tallies(views: Sequence[DatasetView], requests: Sequence[ReportedProblem]) -> dict[str, int]:
    """What waits, by kind."""
    receipts = [each for view in views for each in view.receipts]
    return {
        "waiting": sum(each.is_open for each in receipts),
        "rejected": sum(len(view.unsettled) for view in views),
        "held": sum(view.held_rows for view in views),
        "stopped": sum(len(view.stopped) for view in views),
        "renumbered": sum(len(view.renumbered) for view in views),
        "reports": sum(view.open_reports for view in views),
        "requests": sum(each.status == "open" for each in requests),
    }


def _states() -> tuple[str, ...]:
    """Of receipts, as they stand in the list to choose from."""
    return (*OPEN, "published", "unchanged", "superseded", "taken-back")


def _is_open(view: DatasetView, outcome: ReceiptOutcome) -> bool:
    """Whether somebody may have to do something; what a later file made good is settled."""
    if outcome.state in ("rejected", "failed"):
        return outcome.receipt.number in view.unsettled
    return outcome.state in OPEN


def _queue_word(state: str) -> str:
    return _("rejected, and not made good since") if state == UNSETTLED else outcome_word(state)


def _moment(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _place_of(of: str, fields: Mapping[str, str]) -> str:
    """What an act was about: a dataset, and the receipt or report of it that the form named."""
    return f"{of}/{fields.get('recibo') or fields.get('numero') or ''}".rstrip("/")


def act_word(act: Act) -> str:
    return {
        "sign-in": _("signed in"),
        "sign-out": _("signed out"),
        "hand-in": _("handed a file in"),
        "take-back": _("took back"),
        "see": _("looked at"),
        "accept": _("let through"),
        "map": _("mapped a column"),
        "answer": _("gave an answer"),
        "token": _("key"),
        "overflow": _("more was refused than is noted"),
    }[act]


def of_words(of: str) -> str:
    """What an act was of, in words where the record has a mark of its own."""
    if held := re.fullmatch(r"(\S+) (\S+) held", of):
        return _("{dataset} {version}: rows that are held back", dataset=held[1], version=held[2])
    if of.partition("/")[0] == "requests":
        return _("request {number}", number=of.partition("/")[2])
    return of


def result_word(result: str) -> str:
    return {"done": _("done"), "denied": _("denied"), "failed": _("refused")}[result]

"""News by e-mail, on a served portal: who asks for them gets a letter, confirms in it, and leaves with one
click."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from messages import gettext as _
from messages import speaking
from pipelines.notices.deliver import DeliveryUnsure, Never, NotNow
from pipelines.notices.letters import LetterWriter, read_feed
from pipelines.notices.subscribers import Subscribers, is_address
from pipelines.web.forms import MINUTES, Pace, is_from_elsewhere, message_page, read_body, with_form

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class FollowDesk:
    """Answers for the pages `…/avisos/` of the site in `folder`. `writer` is None where no mail is set: then
    the page says how to follow news without it."""

    folder: Path
    subscribers: Subscribers
    writer: LetterWriter | None
    clock: Callable[[], datetime]
    pace: Pace = field(default_factory=Pace)

    def routes(self) -> list[Route]:
        if self.writer is None:
            return []
        routes = []
        for root, language in (("", "es"), ("/en", "en")):
            for path, answer in (("", self._page), ("confirmar/", self._confirm), ("dejar/", self._leave)):
                handler, names = _speaking(language, answer), ("",) if path else ("", "index.html")
                place = f"{root}/avisos/{path}"
                routes += [Route(f"{place}{name}", handler, methods=["GET", "POST"]) for name in names]
        return routes

    async def _page(self, request: Request, language: str) -> Response:
        page = self.folder / ("avisos" if language == "es" else f"{language}/avisos") / "index.html"
        if not page.is_file():
            raise HTTPException(404)
        if request.method == "POST":
            return await self._ask(request, language)
        return HTMLResponse(
            self._with_choice(page.read_text(encoding="utf-8"), request.query_params.get("de", ""))
        )

    def _with_choice(self, page: str, feed: str) -> str:
        """The page with its form, in which what somebody came to follow is chosen."""
        page, chosen = with_form(page), escape(feed, quote=True)
        if f'<option value="{chosen}"' in page:
            return page.replace(f'<option value="{chosen}"', f'<option value="{chosen}" selected', 1)
        title = self.writer.feed_title(feed) if self.writer and feed else None
        if title is None:
            return page
        option = f'<option value="{chosen}" selected>{escape(title)}</option>'
        return re.sub(r'(<select [^>]*name="de"[^>]*>)', lambda match: match[1] + option, page, count=1)

    async def _ask(self, request: Request, language: str) -> Response:
        if is_from_elsewhere(request):
            return message_page(_("This form is sent from this site only."), 403)
        body = await read_body(request)
        sent = parse_qs((body or b"").decode("utf-8", "replace"), max_num_fields=10)
        address, feed = sent.get("correo", [""])[0].strip(), sent.get("de", [""])[0]
        thanks = message_page(
            _("Look into your mail: a letter has a link that confirms. Without it nothing is sent."),
            200,
        )
        if sent.get("web"):  # only a program fills in what nobody sees
            return thanks
        if not is_address(address):
            return message_page(_("Write one e-mail address, as in vecina@ejemplo.org."), 422)
        if self.writer is None or self.writer.feed_title(feed) is None:
            return message_page(_("There is nothing to follow at that address."), 404)
        if not self.pace.allows(request.client.host if request.client else ""):
            return message_page(
                _("Many requests came in just now. Try again in {minutes} minutes.", minutes=MINUTES), 429
            )
        subscription = self.subscribers.ask(address, feed, language, self.clock())
        if subscription is None:
            return thanks  # the same words: whether somebody follows something is nobody's business
        try:
            await anyio.to_thread.run_sync(self.writer.ask_to_confirm, subscription)
        except (NotNow, Never, DeliveryUnsure):
            self.subscribers.leave(subscription.token)
            return message_page(_("The letter could not be sent just now. Try again later."), 503)
        return thanks

    async def _confirm(self, request: Request, _language: str) -> Response:
        token = request.query_params.get("t", "")
        if (
            request.method == "GET"
        ):  # programs that look into mail follow links: only a person presses a button
            title = self._title(token)
            if title is None:
                return self._gone()
            question = _("Get the news of “{title}” by e-mail?", title=title)
            return message_page(question, 200, button=_("Yes, confirm"))
        known = self.subscribers.find(token)
        feed = read_feed(self.writer.portal, known.feed) if self.writer and known else None
        ids = [each.id for each in feed.entries] if feed else []
        if self.subscribers.confirm(token, self.clock(), ids) is None:
            return self._gone()
        return message_page(_("Confirmed. Every letter has a link with which you leave."), 200)

    async def _leave(self, request: Request, _language: str) -> Response:
        """A POST leaves, whoever sends it: a mail program does so with one click (RFC 8058)."""
        token = request.query_params.get("t", "")
        if request.method == "GET":
            title = self._title(token)
            if title is None:
                return self._gone()
            return message_page(_("Get no more news of “{title}”?", title=title), 200, button=_("Leave"))
        self.subscribers.leave(token)
        return message_page(_("Done: your address is erased, and no other letter comes."), 200)

    def _title(self, token: str) -> str | None:
        """What somebody follows; None where the link leads nowhere any more."""
        found = self.subscribers.find(token)
        if found is None or self.writer is None:
            return None
        return self.writer.feed_title(found.feed) or found.feed

    def _gone(self) -> Response:
        return message_page(
            _("This link leads nowhere any more: it was used, or it is too old. Nothing is kept of you."), 404
        )


def _speaking(language: str, answer: Callable[[Request, str], Awaitable[Response]]) -> Handler:
    async def handler(request: Request) -> Response:
        with speaking(language):
            return await answer(request, language)

    return handler

"""What every request to the desk passes: it names this site as its host, it has not tried too many keys, and
where it is refused, that is noted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from catalog.archive.audit import Act
from messages import gettext as _
from pipelines.web.desk.acts import AuditDesk
from pipelines.web.desk.identity import Person
from pipelines.web.forms import MINUTES, Pace
from pipelines.web.pace import SharedPace

ACTS: list[tuple[str, Act]] = [
    (r"/entrar(/|$)", "sign-in"),
    (r"/entregar$|/api/entregas/", "hand-in"),
    (r"/aceptar$", "accept"),
    (r"/responder$", "answer"),
    (r"/retirar$", "take-back"),
    (r"/salir$", "sign-out"),
]
SENT: list[tuple[str, Act]] = [(r"/columnas/", "map"), (r"/api/(cargas|filas)(/|$)", "hand-in")]
"""Addresses that are looked at too: acts where something is sent."""
SECRETS = ("link", "token", "call")
"""What of an address opens something to whoever knows it."""
DENIED = "vereda.denied"
"""In a request's scope: the dataset of what it asked for, which is another's and was told to be missing."""


@dataclass(frozen=True)
class Door:
    """`guesses` counts keys that are none; `hosts` are those under which the desk may be asked for (none:
    any); `refuse` tells a refusal with its status and sentence; `audit` notes it."""

    guesses: Pace | SharedPace
    hosts: frozenset[str]
    refuse: Callable[[Request, int, str], Response]
    audit: AuditDesk | None = None

    async def let_in(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        if self.hosts and _host(request) not in self.hosts:
            return self.refuse(request, 421, _("This desk is not at that address."))
        address, tries = request.client.host if request.client else "", _tries_key(request)
        if tries and not await asyncio.to_thread(self.guesses.is_free, address):
            told = _("Too many keys were wrong just now. Try again in {minutes} minutes.", minutes=MINUTES)
            response = self.refuse(request, 429, told)
        else:
            response = await handler(request)
        if response.status_code == 401 and tries:
            await asyncio.to_thread(self.guesses.allows, address)
        another = bool(request.scope.get(DENIED))
        if another or response.status_code in (401, 403) or (tries and response.status_code == 429):
            await asyncio.to_thread(self._note_denial, request)
        return response

    def _note_denial(self, request: Request) -> None:
        """What was denied to whom: a dataset, or a page; no key, no link that is a secret."""
        if self.audit is None:
            return
        path = request.url.path
        known = ACTS if request.method in ("GET", "HEAD") else [*ACTS, *SENT]
        act: Act = next((act for pattern, act in known if re.search(pattern, path)), "see")
        person: Person | None = request.scope.get("vereda.person")
        name, agency = (person.name, person.agency or "") if person else ("", "")
        of = str(request.scope.get(DENIED) or request.path_params.get("dataset") or _without_secrets(request))
        self.audit.note(act, "denied", name, agency, of)


def _host(request: Request) -> str:
    """The host that is asked for, without its port; nothing where that is no name."""
    named = re.fullmatch(r"\[?([A-Za-z0-9.:-]+?)\]?(:\d+)?", request.headers.get("host", ""))
    return named[1].lower() if named else ""


def _without_secrets(request: Request) -> str:
    """The address, without what would open something to whoever reads the record."""
    path = request.url.path
    for name in SECRETS:
        if secret := str(request.path_params.get(name, "")):
            path = path.replace(secret, "…")
    return path


def _tries_key(request: Request) -> bool:
    """Whether it brings a key: a program's, or one that was typed into a form."""
    typed = request.method == "POST" and re.search(r"/(entrar|entregar)$", request.url.path)
    signed_in = request.scope.get("vereda.session") and not request.url.path.endswith("/entrar")
    return "authorization" in request.headers or bool(typed and not signed_in)

"""Who asks at the desk: a program by its key, a person by a session that began with a key or with the city's
sign-in (OIDC); and whether a form that is sent in a session is one that this desk gave out."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from catalog.archive.archive import Archive
from catalog.archive.tokens import TokenEntry, Tokens
from messages import gettext as _
from messages import language
from pipelines.agency.tokens import find_token
from pipelines.web.desk.sessions import WHOLE, Session, Sessions
from pipelines.web.desk.upload import Refused

COOKIE = "vereda-mesa"
MARK = "marca"
"""The field of a form that says which session it was given to."""
PLACE = "vereda.identities"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Person:
    """Who asks: `name` as it may stand in a record; whose `agency` (a publisher's id), or one of the data
    `team`, or neither. A program's key may be for some datasets alone (`only`; none: all of the agency's)."""

    name: str
    agency: str | None
    team: bool
    by: Literal["token", "oidc"]
    only: tuple[str, ...] = field(default=())

    def may_hand_in(self, dataset: str, publisher: str) -> bool:
        """Whether a dataset of that publisher is this one's to hand in and to see."""
        return self.agency == publisher and (not self.only or dataset in self.only)


@dataclass(frozen=True)
class Identities:
    """Finds out who asks, by the archive's tokens and the desk's sessions."""

    archive: Archive
    sessions: Sessions

    def find_by_key(self, secret: str) -> tuple[Person, int] | None:
        """Whose valid key this is, and its number; raises ArchiveError, Damaged."""
        if not secret.strip():
            return None
        entry = find_token(self.archive, secret.strip(), self.sessions.clock())
        return (person_of(entry), entry.number) if entry else None

    def find_by_session(self, secret: str) -> tuple[Person, Session] | None:
        """Whose session this is; None where it is over, or its key is no longer valid."""
        session = self.sessions.find(secret)
        if session is None:
            return None
        if session.key:
            valid = Tokens(self.archive.shelf).valid(self.sessions.clock())
            entry = next((each for each in valid if each.number == session.key), None)
            if entry is None:
                self.sessions.end(secret)
                return None
            return person_of(entry), session
        plain = dict(session.person)
        return Person(**{**plain, "only": tuple(plain.get("only", ()))}), session

    def begin(self, request: Request, response: Response, person: Person, key: int = 0) -> None:
        """Signs in: a new session with a secret of its own, and the one that was there before ends."""
        self.sessions.end(_session_secret(request))
        secret = self.sessions.begin(asdict(person), key)
        response.set_cookie(_cookie_name(request), secret, **_cookie_ways(request))

    def end(self, request: Request, response: Response) -> None:
        """Signs out."""
        self.sessions.end(_session_secret(request))
        ways = {key: value for key, value in _cookie_ways(request).items() if key != "max_age"}
        response.delete_cookie(_cookie_name(request), **ways)


def person_of(entry: TokenEntry) -> Person:
    """Who a token says that he is."""
    name = entry.holder or _("key {number} of {agency}", number=entry.number, agency=entry.agency)
    return Person(name, entry.agency or None, entry.team, "token", tuple(entry.only))


async def identify_program(request: Request) -> Person | None:
    """Who a program is, by its key; a browser's session is no key."""
    return await identify(request) if bearer_key(request) else None


async def identify(request: Request) -> Person | None:
    """Who asks, by `Authorization: Bearer …`, else by the session of his cookie; None where that is nobody.
    What was found stays with the request. Raises ArchiveError, Damaged."""
    known = request.scope.get("vereda.person", ())
    if known == ():
        known = await asyncio.to_thread(_identify, request)
        request.scope["vereda.person"] = known
    person: Person | None = known
    return person


def _identify(request: Request) -> Person | None:
    identities: Identities | None = request.scope.get(PLACE)
    if identities is None:
        return None
    if secret := bearer_key(request):
        found = identities.find_by_key(secret)
        return found[0] if found else None
    signed = identities.find_by_session(_session_secret(request))
    if signed is None:
        return None
    request.scope["vereda.session"] = signed[1]
    return signed[0]


def bearer_key(request: Request) -> str:
    """The key that a program sends; nothing where there is none."""
    kind, _space, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def form_mark(request: Request) -> str:
    """What the forms of the session carry, once `identify` was asked; nothing where there is no session."""
    session: Session | None = request.scope.get("vereda.session")
    return session.mark if session else ""


async def require_own_form(request: Request, fields: Mapping[str, Any]) -> None:
    """Raises Refused where a session sends a form that another site made: one without its mark, or whose
    Origin is not this site's. What comes without a session, or with a key, needs neither."""
    await identify(request)
    mark = form_mark(request)
    if not mark:
        return
    origin = request.headers.get("origin", "")
    sent = str(fields.get(MARK, ""))
    if urlsplit(origin).netloc != request.headers.get("host") or not hmac.compare_digest(
        sent.encode(), mark.encode()
    ):
        log.warning("the desk: a form that is not of its session was refused")
        raise Refused(403, _("This form is no longer valid. Load the page again, and send it once more."))


def _session_secret(request: Request) -> str:
    return request.cookies.get(_cookie_name(request), "")


def _cookie_name(request: Request) -> str:
    """Behind https a name that no other host, and no page without https, can set."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def _cookie_ways(request: Request) -> dict[str, Any]:
    secure = request.url.scheme == "https"
    most = int(WHOLE.total_seconds())
    return {"max_age": most, "path": "/", "secure": secure, "httponly": True, "samesite": "lax"}


def invalid_key() -> Refused:
    """What to tell whoever brings a key that is none."""
    return Refused(401, _("This key is not valid, or its time is over. Ask the data team for another one."))


def desk_root() -> str:
    """The desk's first page, in the language that is spoken."""
    return "/mesa/" if language() == "es" else f"/{language()}/mesa/"


def own_address(path: str, otherwise: str) -> str:
    """The path to go on to, where it is one of this desk; else the other. Nobody is led away from here."""
    with suppress(ValueError):
        parts = urlsplit(path)
        inside = path.startswith(("/mesa/", "/en/mesa/")) and not parts.scheme and not parts.netloc
        if inside and not set(path) & set("\\\r\n\t") and "//" not in path and ".." not in path:
            return path
    return otherwise

"""Signing in with the city's own accounts (OpenID Connect): Authlib asks the provider and proves its answer;
which of the account's groups stands for which agency is a setting."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from messages import gettext as _
from pipelines.web.desk.identity import Person
from pipelines.web.desk.sessions import PrivateRecords
from pipelines.web.desk.upload import Refused

COOKIE = "vereda-entrada"
MINUTES = 10
"""For how long somebody may take to sign in at the provider."""
FAILURES = (OAuthError, JoseError, httpx2.HTTPError, ValueError, KeyError, RuntimeError)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Provider:
    """The provider at `issuer`, where the desk is `client` with its `secret`. Of an account's `claim`, a text
    or a list of them, `agencies` tells which is whose, and `team` which is the data team's. `records` keep
    what a sign-in has to remember until the browser comes back."""

    issuer: str
    client: str
    secret: str
    claim: str
    agencies: Mapping[str, str]
    team: str | None
    records: PrivateRecords
    timeout: float = 15.0

    async def begin(self, request: Request, back: str, then: str) -> Response:
        """Leads to the provider, which leads to the address `back`; `then` is where to go on after that.
        Raises Refused where it does not answer."""
        kept: dict[str, Any] = {}
        request.scope["session"] = kept
        try:
            await self._require_issuer()
            response: Response = await self._app.authorize_redirect(request, back)
        except FAILURES as error:
            raise self._no_answer(error) from error
        secret = self.records.add({"session": kept, "then": then})
        secure = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, secret, max_age=MINUTES * 60, secure=secure, httponly=True, samesite="lax"
        )
        return response

    async def finish(self, request: Request) -> tuple[Person, str]:
        """Who came back from the provider, and where he goes on. Raises Refused: another browser's sign-in,
        an answer that proves nothing, an account that is nobody's here."""
        found = self.records.take(request.cookies.get(COOKIE, ""))
        if found is None:
            raise Refused(400, _("This sign-in was begun elsewhere, or too long ago. Begin it again."))
        request.scope["session"] = found["session"]
        try:
            token = await self._app.authorize_access_token(request)
            claims = dict(token["userinfo"])
            if self.claim not in claims:  # some providers tell groups only where they are asked
                claims |= await self._ask_more(token, claims)
        except FAILURES as error:
            if isinstance(error, httpx2.HTTPError):
                raise self._no_answer(error) from error
            log.warning("the desk: a sign-in failed: %s", type(error).__name__)
            raise Refused(400, _("The sign-in did not succeed. Begin it again.")) from error
        return self.read_person(claims), str(found["then"])

    def read_person(self, claims: Mapping[str, Any]) -> Person:
        """Who an account is here; raises Refused where it is nobody, or several agencies at once."""
        said = claims.get(self.claim) or ()
        groups = [said] if isinstance(said, str) else [each for each in said if isinstance(each, str)]
        known = (claims.get(key) for key in ("name", "preferred_username", "email", "sub"))
        name = " ".join(str(next(filter(None, known), "?")).split())[:100]
        mine = sorted({self.agencies[each] for each in groups if each in self.agencies})
        team = self.team is not None and self.team in groups
        if len(mine) > 1:
            names = ", ".join(mine)
            told = _("This account belongs to several agencies: {names}. Ask the data team.", names=names)
            raise Refused(403, told)
        if not mine and not team:
            raise Refused(403, _("This account belongs to no agency here. Ask the data team."))
        return Person(name, mine[0] if mine else None, team, "oidc")

    def sweep(self, now: float) -> None:
        """Removes sign-ins that nobody came back from."""
        self.records.sweep(lambda kept: all(each["exp"] < now for each in kept["session"].values()))

    async def _require_issuer(self) -> None:
        """The provider must say of itself what the settings say of it (OpenID Connect Discovery, 4.3)."""
        told = await self._app.load_server_metadata()
        if str(told.get("issuer", "")).rstrip("/") != self.issuer.rstrip("/"):
            raise ValueError("another issuer")

    async def _ask_more(self, token: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
        told = await self._app.userinfo(token=token)
        if told.get("sub") != claims.get("sub"):  # OpenID Connect Core, 5.3.2
            raise ValueError("another person")
        return dict(told)

    def _no_answer(self, error: Exception) -> Refused:
        log.warning("the desk: the sign-in's provider: %s", type(error).__name__)
        return Refused(503, _("The city's sign-in does not answer just now. Try again later, or use a key."))

    @cached_property
    def _app(self) -> Any:
        return OAuth().register(
            "vereda",
            client_id=self.client,
            client_secret=self.secret,
            server_metadata_url=f"{self.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "timeout": self.timeout,
            },
        )

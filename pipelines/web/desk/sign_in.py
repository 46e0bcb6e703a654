"""The pages where somebody signs in and out: with an agency's key, or with an account of the city."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from catalog.archive.audit import Act
from catalog.archive.release import Damaged
from catalog.archive.store import ArchiveError
from messages import gettext as _
from pipelines.web.desk.identity import (
    Identities,
    Person,
    desk_root,
    identify,
    invalid_key,
    own_address,
    require_own_form,
)
from pipelines.web.desk.upload import Refused, read_fields
from pipelines.web.forms import is_from_elsewhere

if TYPE_CHECKING:
    from pipelines.web.desk.oidc import Provider

Render = Callable[..., HTMLResponse]


@dataclass(frozen=True)
class SignIn:
    """`render` makes a page of a template; `bound` raises Refused for who begins too many sign-ins at the
    provider; `note` notes who did what; `base` is the desk's public address, where the settings name one."""

    identities: Identities
    render: Render
    bound: Callable[[Request], Awaitable[None]]
    note: Callable[[Act, Person], None]
    provider: Provider | None = None
    base: str | None = None

    def routes(self) -> list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]]:
        with_accounts: list[Any] = [
            ("/entrar/cuenta", self.lead_to_provider, ["GET"]),
            ("/entrar/vuelta", self.take_back, ["GET"]),
        ]
        return [
            ("/entrar", self.show_form, ["GET"]),
            ("/entrar", self.take_key, ["POST"]),
            ("/salir", self.sign_out, ["POST"]),
            *(with_accounts if self.provider else ()),
        ]

    async def show_form(self, request: Request) -> Response:
        then = request.query_params.get("a", "")
        if (person := await identify(request)) is not None:
            return RedirectResponse(own_address(then, _home(person)), 303)
        return self._form(request, then=then)

    def _form(self, request: Request, status: int = 200, **values: Any) -> Response:
        return self.render(
            "sign_in.html", status, request=request, accounts=self.provider is not None, **values
        )

    async def take_key(self, request: Request) -> Response:
        """Signs in with the key that was typed, and goes on."""
        fields: dict[str, str] = {}
        try:
            if is_from_elsewhere(request):
                raise Refused(403, _("This form is sent from this site only."))
            fields = await read_fields(request)
            found = await asyncio.to_thread(self.identities.find_by_key, fields.get("clave", ""))
            if found is None:
                raise invalid_key()
        except Refused as refused:
            return self._form(request, refused.status, wrong=str(refused), then=fields.get("a", ""))
        except (ArchiveError, Damaged):
            return self._form(request, 503, wrong=_("The sign-in does not work just now. Try again later."))
        return await self._go_on(request, *found, then=fields.get("a", ""))

    async def lead_to_provider(self, request: Request) -> Response:
        assert self.provider is not None
        await asyncio.to_thread(self.provider.sweep, time.time())
        then = own_address(request.query_params.get("a", ""), "")
        try:
            await self.bound(request)
            return await self.provider.begin(request, self._back(request), then)
        except Refused as refused:
            return self._form(request, refused.status, wrong=str(refused), then=then)

    async def take_back(self, request: Request) -> Response:
        """Who comes back from the provider is signed in, if the answer proves who he is."""
        assert self.provider is not None
        try:
            person, then = await self.provider.finish(request)
        except Refused as refused:
            return self._form(request, refused.status, wrong=str(refused))
        return await self._go_on(request, person, 0, then=then)

    async def _go_on(self, request: Request, person: Person, key: int, then: str) -> Response:
        response = RedirectResponse(own_address(then, _home(person)), 303)
        await asyncio.to_thread(self.identities.begin, request, response, person, key)
        await asyncio.to_thread(self.note, "sign-in", person)
        return response

    async def sign_out(self, request: Request) -> Response:
        try:
            await require_own_form(request, await read_fields(request))
        except Refused as refused:
            return self._form(request, refused.status, wrong=str(refused))
        response, person = RedirectResponse(f"{desk_root()}entrar", 303), await identify(request)
        await asyncio.to_thread(self.identities.end, request, response)
        if person is not None:
            await asyncio.to_thread(self.note, "sign-out", person)
        return response

    def _back(self, request: Request) -> str:
        """Where the provider leads back to: always one address, which is registered there."""
        base = self.base or str(request.base_url.replace(path="/mesa/"))
        return f"{base.rstrip('/')}/entrar/vuelta"


def _home(person: Person) -> str:
    """Where somebody goes who did not say where: to the team's page, or his agency's."""
    return f"{desk_root()}equipo/" if person.team and not person.agency else f"{desk_root()}entregas/"

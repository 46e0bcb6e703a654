"""Forms on a served portal: shown on the pages that have one, taken from this site alone, few and small, and
answered by a page of a sentence."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse

from messages import gettext as _
from messages import language

MOST_BYTES = 16_000
MINUTES, FROM_ONE, FROM_ALL = 10, 5, 60


@dataclass
class Pace:
    """What comes in: at most `from_one` from an address and `from_all` from all in MINUTES. It is kept in
    memory only."""

    clock: Callable[[], float] = time.monotonic
    from_one: int = FROM_ONE
    from_all: int = FROM_ALL
    taken: deque[tuple[float, str]] = field(default_factory=deque)

    def allows(self, address: str) -> bool:
        """Counts one from the address, unless that is too much."""
        free = self.is_free(address)
        if free:
            self.taken.append((self.clock(), address))
        return free

    def is_free(self, address: str) -> bool:
        """Whether one more would be let in; counts nothing."""
        while self.taken and self.taken[0][0] < self.clock() - MINUTES * 60:
            self.taken.popleft()
        mine = sum(known == address for _at, known in self.taken)
        return len(self.taken) < self.from_all and mine < self.from_one


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site sends this; a program that is no browser says nothing."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    return foreign or (site is not None and site not in ("same-origin", "none"))


async def read_body(request: Request) -> bytes | None:
    """What was sent; None where it is more than fits."""
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body


def with_form(page: str) -> str:
    """The page with its form, which the published file has in a comment: elsewhere nobody would answer."""
    page = re.sub(r'<p class="notice unserved">.*?</p>', "", page, flags=re.DOTALL)
    return page.replace("<!--served", "").replace("served-->", "")


_PAGE = """\
<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">\
<meta name="robots" content="noindex"><title>{text} · Vereda</title>\
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;\
color:#101e37;background:#fff}}a{{color:#24457f}}h1{{font-size:1.2rem;font-weight:400}}\
button{{font:inherit;padding:.5rem 1.2rem}}@media (prefers-color-scheme:dark){{\
body{{color:#e6edf6;background:#0f1620}}a{{color:#9cc3ff}}}}</style>\
<main><div role="status"><h1>{text}</h1></div>{form}<p><a href="{href}">{back}</a></p></main></html>"""
_BUTTON = '<form method="post"><p><button type="submit">{label}</button></p></form>'


def message_page(text: str, status: int, *, button: str = "", back: str = "") -> HTMLResponse:
    """A page of a sentence, with a button that sends it back, and a link: to the dataset whose page this is
    under where `back` says so, else to the first page."""
    form = _BUTTON.format(label=escape(button)) if button else ""
    first = "/index.html" if language() == "es" else f"/{language()}/index.html"
    href, label = ("../index.html", back) if back else (first, _("Home"))
    page = _PAGE.format(lang=language(), text=escape(text), form=form, href=href, back=escape(label))
    return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})

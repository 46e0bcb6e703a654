"""Notices to programs: each an HTTP POST of JSON, signed as Standard Webhooks 1.0 says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook as Signer

from catalog.archive.outbox import Notice, Standing
from messages import gettext as _
from pipelines.notices.deliver import Never, NotNow, channel_id, send_with_retries


@dataclass(frozen=True)
class Webhook:
    """A receiver at `url`; `secret` is `whsec_` and base64 of its bytes. `delay` in seconds before the second
    of three tries."""

    url: str
    secret: str
    timeout: float
    delay: float
    repeatable = True
    together = False

    @property
    def name(self) -> str:
        """Without user, password or query, which may be secrets."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

    @property
    def id(self) -> str:
        return channel_id("webhook", self.url)

    def wants(self, notice: Notice) -> bool:
        """Programs read what is published; why an extract was rejected is between its agency and the data
        team."""
        return notice.kind in ("released", "breaking", "withdrawn", "restored", "late", "normal")

    def send(self, notices: Sequence[Notice], now: Standing, page: str | None) -> bool:
        for notice in notices:
            self._post(notice, page)
        return True

    def _post(self, notice: Notice, page: str | None) -> None:
        self.post(notice.id, json.dumps(_payload(notice, page), ensure_ascii=False, separators=(",", ":")))

    def post(self, id: str, body: str) -> None:
        """Sends a message, signed; the receiver knows one that comes again by its `id`. Raises NotNow and
        Never."""
        try:
            send_with_retries(lambda: self._post_once(id, body), self.delay)
        except httpx.InvalidURL as error:
            raise Never(_("{name} is not a web address: correct VEREDA_WEBHOOKS", name=self.name)) from error

    def _post_once(self, id: str, body: str) -> None:
        now = datetime.now(UTC)  # in UTC: the signer takes the clock's figures for that
        headers = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Signer(self.secret).sign(id, now, body),
        }
        try:
            answer = httpx.post(
                self.url,
                content=body.encode(),
                headers=headers,
                timeout=self.timeout,
                follow_redirects=False,
            )
        except httpx.TransportError as error:
            raise NotNow(
                _("{name} does not answer ({why})", name=self.name, why=type(error).__name__)
            ) from error
        if answer.status_code == 410:
            raise Never(
                _("{name} answers 410, it wants no more: take it out of VEREDA_WEBHOOKS", name=self.name)
            )
        if not answer.is_success:
            raise NotNow(_("{name} answers {status}", name=self.name, status=answer.status_code))


def _payload(notice: Notice, page: str | None) -> dict[str, object]:
    """What happened in facts; no words from a run's report, which may quote cells."""
    facts = {
        name: value
        for name, value in notice.facts.items()
        if name not in ("message", "forSender", "problems", "run")
    }
    stands = {"lastRun": notice.standing.run, "late": notice.standing.late}
    data = {"dataset": notice.dataset, "title": notice.title, "page": page, **facts, "stands": stands}
    return {"type": f"dataset.{notice.kind}", "timestamp": notice.at, "data": data}

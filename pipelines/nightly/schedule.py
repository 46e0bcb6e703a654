"""When the next night begins: what Prefect's server has of it, and whether anybody carries it out. The doctor
and `vereda status` ask here, so that both say the same."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx

from messages import gettext as _
from messages.formats import without_password
from pipelines.fetch.errors import describe_connection
from pipelines.nightly.due import next_firing

T = TypeVar("T")
PATIENCE = 5.0
"""Seconds that whatever is asked over the network may take."""
State = Literal["none", "silent", "unregistered", "paused", "unserved", "served"]


@dataclass(frozen=True)
class Schedule:
    """How it stands with the nights: `found` says so in a sentence, `remedy` what to type where none begins
    by itself; `times` are the crons of those that do, each with its zone."""

    state: State
    found: str
    remedy: str | None = None
    times: tuple[tuple[str, str], ...] = ()

    @property
    def broken(self) -> bool:
        """Whether nights are meant to begin by themselves, and do not."""
        return self.state not in ("none", "served")

    def next(self, now: datetime) -> datetime | None:
        """When the next night begins by itself; None where none does."""
        moments = [next_firing(cron, zone, now).astimezone(now.tzinfo) for cron, zone in self.times]
        return min(moments, default=None)

    def to_json(self) -> dict[str, Any]:
        return {"state": self.state, "found": self.found, "next": self.remedy}


def find_schedule() -> Schedule:
    """What the server of PREFECT_API_URL has of the nights."""
    url = os.environ.get("PREFECT_API_URL", "").rstrip("/")
    if not url:
        return Schedule(
            "none",
            _("PREFECT_API_URL is not set: runs here need no server, but no night starts by itself"),
            _(
                "start Prefect's server (`make prefect`), set PREFECT_API_URL to its /api, then run "
                "`vereda deploy`"
            ),
        )
    shown = without_password(url)
    try:
        deployment = call_within(PATIENCE, partial(_find_night, url))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
        why = describe_silence(error)
        return Schedule(
            "silent",
            _("{url} does not answer as a Prefect server: {why}", url=shown, why=why),
            starting_remedy(),
        )
    return _judge(deployment, shown)


def starting_remedy() -> str:
    """What to do where the server that the nights need does not answer."""
    return _("start it (`make prefect`, or `systemctl start vereda-prefect`), or correct PREFECT_API_URL")


def _judge(deployment: Mapping[str, Any] | None, url: str) -> Schedule:
    if deployment is None:
        return Schedule("unregistered", _("{url} answers, but has no `nightly`", url=url), "vereda deploy")
    active = [each["schedule"] for each in deployment.get("schedules") or () if each.get("active")]
    if not active or deployment.get("paused"):
        remedy = "prefect deployment resume nightly/nightly"
        return Schedule("paused", _("{url}: `nightly` is paused", url=url), remedy)
    if deployment.get("status") == "NOT_READY" or has_ended(str(deployment.get("version"))):
        found = _("{url}: `nightly` is scheduled, but nobody carries it out", url=url)
        return Schedule("unserved", found, "vereda deploy")
    times = tuple((each["cron"], each.get("timezone") or "UTC") for each in active if each.get("cron"))
    told = ", ".join(f"`{cron}` ({zone})" for cron, zone in times)
    return Schedule("served", _("{url}: `nightly` at {times}", url=url, times=told), times=times)


def mark_process(process: int) -> str:
    """Names a process of this machine, for `has_ended`: the machine, its number, and when it began."""
    return f"{socket.gethostname()}:{process}:{_find_start(process)}"


def has_ended(mark: str) -> bool:
    """Whether the process that `mark_process` named so is no more. Prefect's server takes what was killed for
    at work for a minute; on the same machine that is seen at once. Of another machine nothing is known."""
    host, _colon, process = mark.rpartition(":")[0].partition(":")
    if host != socket.gethostname() or not process.isdigit():
        return False
    return _find_start(int(process)) != mark.rpartition(":")[2]


def _find_start(process: int) -> str:
    """When a process of this machine began, in ticks since that started: another one may bear its number.
    Nothing where there is none."""
    try:
        told = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return ""
    return told.rpartition(b")")[2].split()[19].decode()


def _find_night(url: str) -> Mapping[str, Any] | None:
    """The deployment of the nights; None where the server has none. Raises httpx's errors."""
    with open_prefect() as client:
        client.get(f"{url}/health").raise_for_status()
        answer = client.get(f"{url}/deployments/name/nightly/nightly")
    if answer.status_code == 404:
        return None
    found = answer.raise_for_status().json()
    if not isinstance(found, Mapping):
        raise ValueError(_("its answer is none of a Prefect server's"))
    return found


def open_prefect() -> httpx.Client:
    """A client for Prefect's server, with the key or login of the environment."""
    key, login = os.environ.get("PREFECT_API_KEY"), os.environ.get("PREFECT_API_AUTH_STRING")
    user, _colon, password = (login or "").partition(":")
    auth = httpx.BasicAuth(user, password) if login else None
    headers = {"Authorization": f"Bearer {key}"} if key and not login else {}
    return httpx.Client(timeout=PATIENCE, auth=auth, headers=headers)


def describe_silence(error: Exception, seconds: float = PATIENCE) -> str:
    """Why Prefect's server, which had so many seconds, gave no answer, or none of its own."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return no_answer(seconds)
    if isinstance(error, httpx.HTTPStatusError):
        return _("it answers {status}", status=error.response.status_code)
    if isinstance(error, json.JSONDecodeError):
        return _("its answer is none of a Prefect server's")
    return describe_connection(error) or type(error).__name__


def no_answer(seconds: float = PATIENCE) -> str:
    return _("no answer within {seconds:.0f} s", seconds=seconds)


def call_within(seconds: float, call: Callable[[], T]) -> T:
    """What the call gives; TimeoutError where it takes longer, as from a host that answers byte by byte."""
    ended: list[T | BaseException] = []
    context = copy_context()  # with the language that is spoken

    def run() -> None:
        try:
            ended.append(context.run(call))
        except BaseException as error:  # noqa: BLE001 (raised below, where it is waited for)
            ended.append(error)

    thread = threading.Thread(target=run, name="doctor", daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        raise TimeoutError
    if isinstance(ended[0], BaseException):
        raise ended[0]
    return ended[0]

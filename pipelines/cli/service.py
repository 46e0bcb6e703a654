"""The application that `vereda serve` serves, made from the settings: each of its processes makes its own."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.cli.app import now, settings_and_archive
from pipelines.workroom import enter_workroom

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from catalog.archive.archive import Archive
    from pipelines.settings import Settings
    from pipelines.web.desk.desk import Desk

ADDRESS = "VEREDA_SERVED_DESK"
"""Where this program tells its processes under which address it serves."""
HEALTH = 60
"""Seconds without a sign of life after which a process is replaced: a busy machine is no dead one."""
ENDING = 20
"""Seconds in which requests that are under way may end."""


def portal_application() -> Starlette:
    """The portal and the API."""
    return _application(with_desk=False)


def desk_application() -> Starlette:
    """The portal and the API, and the desk at `/mesa/`."""
    return _application(with_desk=True)


def _application(*, with_desk: bool) -> Starlette:
    from pipelines.notices.receivers import letter_writer
    from pipelines.notices.subscribers import Subscribers
    from pipelines.web.api.api import api_application
    from pipelines.web.api.shelf import Shelf
    from pipelines.web.api.tables import Tables
    from pipelines.web.following import FollowDesk
    from pipelines.web.portal import ReportDesk, portal_application

    with suppress(OSError):
        enter_workroom()
    settings, archive = settings_and_archive()
    folder = settings.portal.absolute()
    following = FollowDesk(folder, Subscribers(settings.subscribers), letter_writer(settings), now)
    ending = ExitStack()
    desk = open_desk(settings, archive, ending) if with_desk else None
    tables = ending.enter_context(closing(Tables(archive)))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with ending:
            yield

    api = api_application(Shelf(archive, now), tables)
    reports = ReportDesk(folder, archive, now)
    return portal_application(folder, reports, api, following, desk, lifespan)


def serve(port: int, workers: int, say: Callable[[str], None], *, with_desk: bool) -> None:
    """Serves on 127.0.0.1 (port 0: any free one) until Ctrl+C, in as many processes as `workers`; `say` hears
    the address once readers may come. A process that dies is replaced.

    Conditional and range requests as in RFC 9110, sections 13 and 14. Raises OSError where the port is taken.
    """
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    name = f"{__name__}:{'desk' if with_desk else 'portal'}_application"
    config = uvicorn.Config(
        name,
        factory=True,
        workers=workers,
        log_config=None,
        lifespan="on",
        server_header=False,
        timeout_worker_healthcheck=HEALTH,
        timeout_graceful_shutdown=ENDING,
    )
    with socket.create_server(("127.0.0.1", port)) as listening, suppress(KeyboardInterrupt):
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        os.environ[ADDRESS] = f"{address}mesa/"
        say(address)
        if workers == 1:
            uvicorn.Server(config).run([listening])
        else:
            Multiprocess(config, [listening]).run()


def open_desk(settings: Settings, archive: Archive, ending: ExitStack) -> Desk:
    """The desk, as the settings say; what has to be closed is in `ending`."""
    from pipelines.agency.template.workbook import make_template
    from pipelines.nightly.starts import start_at_server
    from pipelines.settings import Limits
    from pipelines.web.desk.answers import Answers
    from pipelines.web.desk.checking import Checker
    from pipelines.web.desk.deliveries import Deliveries
    from pipelines.web.desk.desk import NO_BOUND, Desk
    from pipelines.web.desk.runs import Runs
    from pipelines.web.desk.team import TeamWays
    from pipelines.web.pace import SharedPace

    address = settings.desk_url or os.environ.get(ADDRESS, "/mesa/")
    answers = Answers(settings.desk.absolute(), now)
    answers.sweep()
    limits = Limits.of(settings)
    checker = Checker(answers, settings.datasets, archive, limits)
    runs = Runs(start_at_server)
    ways = (runs.start, runs.run_now, settings.portal)
    deliveries = Deliveries(settings.datasets, archive, settings.inbox, limits, now, *ways)
    pace = partial(SharedPace, settings.desk.absolute() / "pace.sqlite")
    desk = Desk(
        checker,
        lambda table, out: make_template(settings.datasets, archive, table, out, address),
        deliveries,
        pace("files", from_one=20, from_all=200),
        provider=_sign_in_provider(settings),
        base=settings.desk_url,
        guesses=pace("guesses", from_one=10, from_all=20_000),
        handing=pace("hand-in", from_one=60, from_all=NO_BOUND),
        begun=pace("sign-in", from_one=300, from_all=NO_BOUND),
        hosts=_own_hosts(settings),
        team=TeamWays(
            partial(_describe_status, settings, archive),
            runs.run_now,
            runs.publish,
            pace("noted", from_one=60, from_all=60),
        ),
    )
    ending.callback(runs.close)
    ending.callback(desk.close)
    runs.resume(archive, settings.datasets)
    return desk


def _own_hosts(settings: Settings) -> frozenset[str]:
    """The hosts under which the desk may be asked for, where the settings name one: no link in an answer
    names another."""
    known = [urlsplit(each) for each in (settings.desk_url, settings.portal_url) if each]
    hosts = {each.hostname for each in known if each.scheme in ("http", "https") and each.hostname}
    return frozenset({*hosts, "127.0.0.1", "localhost", "::1"}) if hosts else frozenset()


def _describe_status(settings: Settings, archive: Archive) -> tuple[Mapping[str, Any], Sequence[str]]:
    """What `vereda status` tells, as it tells it."""
    from pipelines.cli.operate import night_lines
    from pipelines.dataset.dataset import iterate_datasets
    from pipelines.nightly.schedule import find_schedule
    from pipelines.nightly.status import describe_status

    declared = iterate_datasets(settings.datasets)
    answer = describe_status(archive, declared, settings, settings.now, find_schedule())
    return answer, [line.plain for line in night_lines(answer)]


def _sign_in_provider(settings: Settings) -> Any:
    """Who signs people in at the desk; None where the settings name nobody."""
    if settings.oidc_issuer is None:
        return None
    from pipelines.web.desk.oidc import Provider
    from pipelines.web.desk.sessions import PrivateRecords

    return Provider(
        settings.oidc_issuer,
        settings.oidc_client,
        settings.oidc_secret.get_secret_value() if settings.oidc_secret else "",
        settings.oidc_claim,
        settings.oidc_agencies,
        settings.oidc_team,
        PrivateRecords(settings.desk.absolute() / "sign-ins"),
    )

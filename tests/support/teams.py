"""A desk for tests: agencies with keys, the data team with one, their browsers, and what they find there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from catalog.archive.audit import Audit, AuditEntry
from catalog.archive.reports import ReportEntry
from catalog.archive.runs import RunRecord
from pipelines.agency.submit import hand_in
from pipelines.agency.template.workbook import make_template
from pipelines.agency.tokens import issue_token
from pipelines.cli.operate import night_lines
from pipelines.dataset.dataset import load_datasets
from pipelines.nightly.status import describe_status
from pipelines.settings import DEFAULT_LIMITS, Settings
from pipelines.web.desk.answers import Answers
from pipelines.web.desk.checking import Checker
from pipelines.web.desk.deliveries import Deliveries
from pipelines.web.desk.desk import Desk
from pipelines.web.desk.team import TeamWays
from pipelines.web.pace import SharedPace
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.cities import City, csv, declaration
from tests.support.months import FIELDS, monthly_csv, monthly_rows
from tests.support.sites import serve_application

INBOX = {"kind": "inbox"}


NAMES = (
    "Plaza",
    "Escuela",
    "Puente",
    "Calle",
    "Túnel",
    "Cine",
    "Feria",
    "Museo",
    "Club",
    "Teatro",
    "Vivero",
    "Patio",
)


def emptied(months: int) -> str:
    return monthly_csv([[*row[:5], ""] for row in monthly_rows(months)])


def give(city: City, dataset: str, content: str, name: str, period: str | None = None) -> int:
    """Hands a file in, for a period where one is named; gives its receipt's number."""
    file = city.folder / name
    file.write_text(content)
    handed = hand_in(city.datasets, city.archive, city.inbox, dataset, file, period, city.clock())
    file.unlink()
    return handed.receipt.number


def note_runs(city: City) -> None:
    """Records, as those of flows, of the last run of each dataset."""
    for id in ("reclamos", "obras", "salud"):
        kept = city.archive.last_run(id)
        assert kept is not None
        keys = ("outcome", "version", "message")
        outcome = {
            "dataset": id,
            **{key: kept.get(key) for key in keys},
            "started": kept["at"],
            "ended": kept["at"],
        }
        kind = "night" if id == "salud" else "hand"
        record = RunRecord(kept["run"], kind, kept["at"], kept["at"], "done", outcomes=(outcome,))
        city.archive.run_log.close(record, ["reclamos", "obras", "salud"])


def make_morning(folder: Path) -> City:
    """A city with one of each thing that waits for the data team."""
    city = City(folder)
    for name, agency, fields, more in (
        ("reclamos", "obras-publicas", FIELDS, {}),
        ("obras", "obras-publicas", None, {}),
        ("salud", "ministerio-salud", None, {"quarantine": {"maxShare": 0.6}}),
    ):
        made = declaration(name, source=INBOX, fields=fields, **more)
        made["pipeline"]["publisher"] = {"id": agency, "name": agency}
        city.declare(made)
    for month in range(1, 5):
        give(city, "reclamos", monthly_csv(monthly_rows(month)), f"mes-{month}.csv")
        assert city.outcome("reclamos").outcome == "published"
    give(city, "reclamos", emptied(5), "mes-5.csv")
    assert city.outcome("reclamos").outcome == "rejected"
    rows = [f"{n},{name},{n}0" for n, name in enumerate(NAMES, 1)]
    give(city, "obras", csv(*rows), "obras.csv")
    assert city.outcome("obras").outcome == "published"
    other = [f"{n},{name},{NAMES.index(name) + 1}0" for n, name in enumerate((*NAMES[3:], *NAMES[:3]), 1)]
    give(city, "obras", csv(*other), "obras-nuevo.csv")
    assert city.outcome("obras").outcome == "rejected"
    give(city, "salud", csv("1,Hospital,10", "2,Posta,veinte<b>"), "salud.csv")
    assert city.outcome("salud").outcome == "quarantined"
    note_runs(city)
    give(city, "salud", csv("1,Hospital,10"), "salud-2.csv")  # it waits
    at = city.clock().isoformat(timespec="seconds")
    city.archive.problems("salud").add(
        ReportEntry(0, 0, "report", at, "Falta <i>una</i> posta de Lugano", "1.0.0")
    )
    city.archive.requests.add(ReportEntry(0, 0, "report", at, "Quisiera los vuelos del helicóptero"))
    return city


@dataclass
class Browser:
    """Somebody's browser at the desk, with its cookies."""

    address: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def sign_in(self, key: str) -> httpx.Response:
        return self.client.post(
            f"{self.address}mesa/entrar", data={"clave": key}, headers={"Origin": self.address.rstrip("/")}
        )

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(f"{self.address}{path}", **more)

    def send(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """Sends the form of a page that goes to `action`, as the browser fills it in, with these fields."""
        for form in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL):
            found = re.search(r'action="([^"]*)"', form)
            hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
            if found and found[1].endswith(action):
                url = page.url.join(found[1])
                origin = {"Origin": self.address.rstrip("/")}
                return self.client.post(url, data={**hidden, **fields}, headers=origin)
        raise AssertionError(f"no form to {action}")


@dataclass
class DeskPlace:
    """The desk of a city; `keys` by agency, and "team"; `started` are the runs that it asked for."""

    city: City
    desk: Desk
    address: str
    keys: dict[str, str]
    started: list[tuple[str, int | None]]
    open: list[Browser] = field(default_factory=list)

    def browser(self, who: str | None = None) -> Browser:
        """A browser in which somebody is signed in, or nobody."""
        made = Browser(self.address)
        self.open.append(made)
        if who is not None:
            answer = made.sign_in(self.keys[who])
            assert answer.status_code == 303, answer.text
        return made

    def audit(self) -> list[tuple[str, str, str, str]]:
        """What was noted: who, what, how it ended, of what."""
        entries = Audit(self.city.archive.shelf).newest(None, 1000)
        assert all(isinstance(each, AuditEntry) for each in entries)
        return [(e.by, e.act, e.result, e.of) for e in reversed(entries) if isinstance(e, AuditEntry)]


def declare_agencies(city: City) -> None:
    """Two agencies, each with a dataset that is handed in."""
    for name, agency in (("obras", "obras-publicas"), ("salud", "ministerio-salud")):
        made = declaration(name, source=INBOX)
        made["pipeline"]["publisher"] = {"id": agency, "name": agency}
        city.declare(made)


def issue_keys(city: City) -> dict[str, str]:
    ways = (city.archive, city.datasets)
    keys = {
        agency: issue_token(*ways, agency, 30, "prueba", city.clock())[1]
        for agency in ("obras-publicas", "ministerio-salud")
    }
    keys["team"] = issue_token(*ways, "", 30, "prueba", city.clock(), team=True, holder="Ana Ruiz")[1]
    return keys


@contextmanager
def open_desk(city: City, **more: Any) -> Iterator[DeskPlace]:
    """The desk of a city whose agencies are declared, served; `more` are fields of the desk."""
    keys, started = issue_keys(city), []
    answers = Answers(city.folder / "desk", city.clock)
    checker = Checker(answers, city.datasets, city.archive, DEFAULT_LIMITS)
    deliveries = Deliveries(
        *(city.datasets, city.archive, city.inbox, DEFAULT_LIMITS, city.clock),
        lambda dataset, receipt: started.append((dataset, receipt)),
    )
    settings = Settings(datasets=city.datasets, inbox=city.inbox, archive=str(city.folder / "archive"))

    def status() -> tuple[Any, list[str]]:
        answer = describe_status(city.archive, load_datasets(city.datasets), settings, city.moment)
        return answer, [line.plain for line in night_lines({**answer, "schedule": {"state": "served"}})]

    def pace(kind: str, most: int) -> SharedPace:
        return SharedPace(city.folder / "desk" / "pace.sqlite", kind, most, most)

    ways = TeamWays(
        status,
        lambda dataset, receipt: started.append((dataset, receipt)),
        lambda: started.append(("portal", None)),
        pace("noted", 60),
    )
    fields = {"pace": pace("files", 1000), "guesses": pace("guesses", 10), "team": ways, **more}
    desk = Desk(
        checker,
        lambda table, out: make_template(city.datasets, city.archive, table, out),
        deliveries,
        **fields,
    )
    site = city.folder / "site"
    site.mkdir(exist_ok=True)
    (site / "index.html").write_text("inicio")
    reports = ReportDesk(site, city.archive, city.clock)
    with serve_application(portal_application(site, reports, desk=desk)) as address:
        place = DeskPlace(city, desk, address, keys, started)
        try:
            yield place
        finally:
            for browser in place.open:
                browser.client.close()
    desk.close()

"""A developer writes a page of his own, on another site, that asks the portal: from the first address to the
last row, a part of a file, and nothing twice. What a browser does not let pass, fails here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from catalog.archive.archive import Archive
from catalog.portal.portal import Portal
from pipelines.web.api.api import api_application
from pipelines.web.api.shelf import Shelf
from pipelines.web.api.tables import Tables
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.browsers import launched
from tests.support.portals import NOW, Publisher, table
from tests.support.sites import serve_application, serve_folder

# What his page does; `portal` is the address of the portal.
ASK = """
async portal => {
  const begin = await (await fetch(portal + "api/v1/")).json();
  const all = await (await fetch(begin.datasets)).json();
  const id = all.datasets.find(each => !each.demo).id;
  const about = await (await fetch(`${begin.datasets}/${id}`)).json();
  const version = about.versions.find(each => each.current).version;
  const rows = [], pages = [];
  const table = `${begin.datasets}/${id}/versions/${version}/tables/obras/rows`;
  for (let next = `${table}?limit=1`; next; ) {
    const answer = await fetch(next), told = await answer.json();
    rows.push(...told.rows);
    pages.push(answer.headers.get("link"));
    next = told.next;
  }
  const csv = await (await fetch(`${table}?filter=comuna=12&format=csv`)).text();
  const first = await fetch(`${table}?limit=2`);
  const again = await fetch(`${table}?limit=2`, {
    headers: { "If-None-Match": first.headers.get("etag") }, cache: "no-store"
  });
  const file = `${portal}datasets/${id}/v/${version}/obras.parquet`;
  const part = await fetch(file, { headers: { Range: "bytes=0-3" } });
  const answered = await fetch(`${table}?format=parquet`, { headers: { Range: "bytes=-4" } });
  const refused = await fetch(`${table}?filter=nada=1`);
  return {
    rows, links: pages.filter(each => each).length, csv, again: again.status, part: part.status,
    magic: await part.text(), range: part.headers.get("content-range"), tail: await answered.text(),
    answered: answered.headers.get("content-range"), refused: (await refused.json()).parameter
  };
}
"""


@dataclass(frozen=True)
class Sites:
    portal: str
    his: str


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """The portal with its API, and his own site."""
    folder = tmp_path_factory.mktemp("journey")
    (folder / "his").mkdir()
    (folder / "his/index.html").write_text("<!doctype html><link rel=icon href=data:,><title>Suyo</title>")
    publisher = Publisher(Archive.open(folder / "archive"), folder / "work")
    publisher.release()
    publisher.release(version="1.1.0", level="minor")
    portal = Portal(folder / "portal", clock=lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    tables = Tables(publisher.archive)
    desk = ReportDesk(portal.place.link, publisher.archive, lambda: NOW)
    api = api_application(Shelf(publisher.archive, lambda: NOW), tables)
    application = portal_application(portal.place.link, desk, api)
    with serve_application(application) as address, serve_folder(folder / "his") as his:
        yield Sites(address, his)
    tables.close()


@pytest.fixture(scope="module")
def browser(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with launched(playwright, tmp_path_factory.mktemp("profile")) as context:
        yield context


def test_a_page_of_another_site_asks_from_the_first_address_to_the_last_row(
    sites: Sites, browser: Any
) -> None:
    page = browser.new_page()
    page.goto(f"{sites.his}/index.html")
    told = page.evaluate(ASK, sites.portal)
    page.close()
    names = table()["nombre"].to_pylist()
    assert [row["nombre"] for row in told["rows"]] == names
    assert told["links"] == len(names) - 1
    assert len(told["csv"].splitlines()) == 2
    assert told["again"] == 304
    assert (told["part"], told["magic"], told["range"][:10]) == (206, "PAR1", "bytes 0-3/")
    assert (told["tail"], told["answered"].startswith("bytes ")) == ("PAR1", True)
    assert told["refused"] == "filter"


def test_a_view_of_the_explorer_is_shared_by_its_address(sites: Sites, browser: Any) -> None:
    """The filter of the API, in the address of the page: whoever opens it sees the same rows."""
    page = browser.new_page()
    page.goto(f"{sites.portal}datasets/obras/tabla/obras/index.html#filter=comuna=12&columns=nombre,comuna")
    page.wait_for_selector("#explore form:visible")
    page.wait_for_selector("#explore:not([aria-busy=true])")
    rows = page.locator("#rows tbody tr").all()
    shown = [[cell.text_content() for cell in row.locator("td").all()] for row in rows]
    page.close()
    assert shown == [["Escuela N.° 24", "12"]]

"""A figure is cited with all that it takes to calculate it again, and `vereda cite` does so."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from catalog.archive.release import Entry
from catalog.citation import Citation, Reference, judge, parse_address
from catalog.portal.portal import Portal
from tests.support.cities import City, csv, declaration
from tests.support.portals import NOW

FIELDS = [
    {"name": "id", "type": "integer"},
    {"name": "nombre", "type": "string", "title": "Nombre"},
    {"name": "monto", "type": "number", "title": "Monto", "unit": "ARS"},
]
VIEW = [
    {"chart": "bars", "x": "nombre", "y": "sum(monto)"},
    {"chart": "bars", "x": "nombre", "y": "count"},
]


@pytest.fixture
def city(tmp_path: Path) -> City:
    city = City(tmp_path)
    made = declaration("obras", fields=FIELDS, view=VIEW)
    city.declare(made, datos=csv("1,a b,20000000.1", "2,a b,0.2", "3,ñ/&,7"))
    assert city.outcome("obras").outcome == "published"
    return city


def publish(city: City) -> str:
    portal = Portal(city.folder / "portal", url="https://datos.example", clock=lambda: NOW)
    portal.apply(city.archive, portal.plan(city.archive))
    return (city.folder / "portal/datasets/obras/index.html").read_text(encoding="utf-8")


def cited(page: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'href="([^"]*figure=[^"]*)"', page)]


def test_every_value_of_a_picture_can_be_cited_and_is_equal(city: City) -> None:
    addresses = cited(publish(city))
    assert len(addresses) == 4
    for address in addresses:
        citation = parse_address(address)
        assert citation.address("https://datos.example/") == address
        assert judge(citation, city.archive).state == "equal"
    sums = {parse_address(each).value for each in addresses}
    assert sums == {"20000000.3", "7", "2", "1"}


def test_a_corrected_figure_is_superseded_and_an_invented_one_wrong(city: City) -> None:
    addresses = cited(publish(city))
    city.send("obras", csv("1,a b,20000000.1", "2,a b,5", "3,ñ/&,7"))
    assert city.outcome("obras").outcome == "published"
    states = {each: judge(parse_address(each), city.archive) for each in addresses}
    assert sorted(verdict.state for verdict in states.values()) == ["equal", "equal", "equal", "superseded"]
    (corrected,) = [each for each in states.values() if each.state == "superseded"]
    assert (corrected.value, corrected.current_value) == (20000000.3, 20000005.1)
    wrong = addresses[0].replace("value=2", "value=3")
    assert wrong != addresses[0]
    assert judge(parse_address(wrong), city.archive).state == "wrong"


def test_a_file_is_cited_by_its_own_address(city: City) -> None:
    page = publish(city)
    assert "@misc{obras-1.0.0," in page
    csl = re.search(r"CSL-JSON</p><pre[^>]*><code>(.*?)</code>", page, re.DOTALL)
    assert csl
    assert json.loads(html.unescape(csl[1]))[0]["version"] == "1.0.0"
    file = "https://datos.example/datasets/obras/v/1.0.0/obras.csv"
    assert judge(parse_address(file), city.archive).state == "equal"
    city.send("obras", csv("1,a b,20000000.1"))
    city.run("obras")
    assert judge(parse_address(file), city.archive).state == "superseded"
    history = city.history("obras")
    entry = Entry(
        dataset="obras",
        demo=False,
        number=history.head + 1,
        kind="withdraw",
        run="run-9",
        at=history.moment(city.clock()),
        version=history.releases[0].version,
        because="era de otra área",
    )
    city.archive.append(entry)
    assert judge(parse_address(file), city.archive).state == "withdrawn"


def test_what_is_quoted_stays_sql_and_each_table_is_a_work_of_its_own() -> None:
    cited = Citation("compras", False, "1.0.0", "renglones", "count", (("calle", "O'Higgins"),))
    assert cited.query == "SELECT count(*) FROM 'renglones.parquet' WHERE \"calle\" = 'O''Higgins'"
    keys = [
        Reference(Citation("compras", False, "1.0.0", table), "", "", "2026-11-29", "").key
        for table in ("renglones", "precios", "compras", "")
    ]
    assert keys == ["compras-renglones-1.0.0", "compras-precios-1.0.0", "compras-1.0.0", "compras-1.0.0"]


@pytest.mark.parametrize(
    "address", ["https://datos.example/", "datasets/obras/index.html?version=1.0.0&figure=max(monto)", ""]
)
def test_an_address_of_nothing_is_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(ValueError, match=r"dirección|cifra"):
        parse_address(address)


def test_fields_that_are_not_there_are_named(city: City) -> None:
    for measure, filters in (("sum(nada)", ()), ("count", (("nada", "1"),)), ("sum(nombre)", ())):
        with pytest.raises(ValueError, match=r"nada|nombre"):
            judge(Citation("obras", False, "1.0.0", "obras", measure, filters), city.archive)

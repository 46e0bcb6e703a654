"""Files that are no tables: fetched, kept, versioned and published with size and hash, never opened."""

from __future__ import annotations

import hashlib
import json
import os
import time

import pytest

from catalog.archive.published import previous_of
from catalog.portal.portal import Portal
from pipelines.dataset.dataset import DatasetError, load_dataset
from pipelines.release.verify import verify
from tests.support.cities import City, csv, declaration, published_rows
from tests.support.sites import serve_folder

PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>>\n\x00\xff not a table, at all\n"


@pytest.fixture
def city(tmp_path):
    return City(tmp_path)


def manual(path: str = "manual.pdf", **pipeline) -> dict:
    made = {"source": {"kind": "file", "path": "source/manual.csv"}, **pipeline}
    return {"name": "manual", "path": path, "title": "Manual", "pipeline": made}


def declare(city: City, *, tables: bool = True, content: bytes = PDF, **pipeline) -> None:
    made = declaration("obras")
    made["resources"] = [*(made["resources"] if tables else []), manual(**pipeline)]
    city.declare(made, datos=csv("1,a,1"), manual=content)


def descriptor(city: City) -> dict:
    return json.loads(city.archive.get(city.history("obras").current.files["datapackage.json"].sha256))


@pytest.mark.parametrize("tables", [True, False], ids=["beside a table", "alone"])
def test_a_file_is_published_as_it_came(city, tables):
    declare(city, tables=tables)
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version) == ("published", "1.0.0")
    found = next(each for each in descriptor(city)["resources"] if each["name"] == "manual")
    assert (found["mediatype"], found["bytes"]) == ("application/pdf", len(PDF))
    assert found["hash"] == f"sha256:{hashlib.sha256(PDF).hexdigest()}"
    file = city.history("obras").current.files["manual.pdf"]
    assert file.public
    assert city.archive.get(file.sha256) == PDF
    assert city.outcome("obras").outcome == "unchanged"
    entry = city.history("obras").entries[0]
    assert verify(city.archive, entry, city.history("obras")).bytes_same


def test_another_file_is_another_version(city):
    declare(city)
    city.outcome("obras")
    city.send("obras", PDF + b"!", "manual")
    outcome = city.outcome("obras")
    assert (outcome.outcome, outcome.version, outcome.step) == ("published", "1.1.0", "minor")
    assert len(published_rows(city, "obras")) == 1


def test_a_file_that_leaves_the_declaration_is_another_version(city):
    declare(city)
    city.outcome("obras")
    city.declare(declaration("obras"))
    assert city.outcome("obras").step == "minor"
    assert "manual.pdf" not in city.history("obras").current.files


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"extract": {"mode": "append"}}, "pipeline.extract"),
        ({"source": {"kind": "inbox"}}, "pipeline.source.kind"),
        ({"path": "Manual De Uso.pdf"}, "path"),
        ({"path": "report.json"}, "path"),
        ({"path": "manual.parquet"}, "path"),
    ],
    ids=["extract", "source", "name", "taken", "parquet"],
)
def test_what_is_said_of_rows_is_a_fault(city, changed, key):
    declare(city, **changed)
    with pytest.raises(DatasetError) as caught:
        load_dataset(city.datasets / "obras")
    assert caught.value.key == f"resources[1].{key}"


@pytest.mark.parametrize("tables", [True, False], ids=["beside a table", "alone"])
def test_the_portal_offers_it(city, tmp_path, tables):
    declare(city, tables=tables)
    city.outcome("obras")
    portal = Portal(tmp_path / "portal", None, city.clock)
    portal.apply(city.archive, portal.plan(city.archive))
    page = (tmp_path / "portal" / "datasets" / "obras" / "index.html").read_text("utf-8")
    assert "manual.pdf" in page
    assert (tmp_path / "portal" / "datasets" / "obras" / "latest" / "manual.pdf").read_bytes() == PDF


def test_extracts_of_the_past_lie_at_addresses_of_their_own(city, tmp_path):
    """Each year at its address: the past is read once, the newest again; years that are not sent stay."""
    site = tmp_path / "site"
    site.mkdir()
    for year in (2018, 2019):
        (site / f"{year}.csv").write_text(csv(f"{year},a,{year}"), "utf-8")
    with serve_folder(site) as url:
        vintages = [{"asOf": f"{year}-12-31", "url": f"{url}/{year}.csv"} for year in (2018, 2019)]
        made = declaration("obras", source={"kind": "http", "vintages": vintages})
        made["resources"][0]["pipeline"]["extract"] = {"mode": "by-period", "field": "id"}
        city.declare(made)
        assert [each.version for each in city.run("obras")] == ["1.0.0", "1.1.0"]
        assert [row["id"] for row in published_rows(city, "obras")] == [2018, 2019]
        (site / "2019.csv").write_text(csv("2019,b,5"), "utf-8")
        later = time.time() + 60  # HTTP tells changes by the second
        os.utime(site / "2019.csv", (later, later))
        assert city.outcome("obras").outcome == "published"
    assert [(row["id"], row["nombre"]) for row in published_rows(city, "obras")] == [(2018, "a"), (2019, "b")]
    assert previous_of(city.archive, city.history("obras")).entry.as_of == "2019-12-31"

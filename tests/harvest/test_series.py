"""A table that comes by year, half-year or month: joined only where no file takes the place of another, under
a name of its own, and never from an address that will be ours."""

from __future__ import annotations

import json

import pytest
import yaml

from messages import speaking
from pipelines.dataset.dataset import load_dataset
from pipelines.harvest.series import title_without_time
from pipelines.harvest.write import import_catalogue
from pipelines.settings import DEFAULT_LIMITS
from tests.harvest.test_import import DATA_JSON, draft, kinds, package, resource
from tests.support.cities import City
from tests.support.sites import serve_folder
from tests.support.terminal import vereda

CLAIMS = json.dumps(
    [
        {"title": "anio", "type": "integer"},
        {"title": "jurisdiccion", "type": "string"},
        {"title": "monto", "type": "number"},
    ]
)
DATED = json.dumps([{"title": "fecha", "type": "date"}, {"title": "monto", "type": "number"}])
MONTHS = ["Reclamos enero 2021", "Reclamos febrero 2021", "Reclamos marzo 2021"]
HALVES = ["Primer semestre 2020", "Segundo semestre 2020"]


def extracts(found) -> list:
    return [each.get("pipeline", {}).get("extract") for each in found.declaration["resources"]]


@pytest.mark.parametrize(
    ("names", "columns", "rhythm", "extract"),
    [
        (MONTHS, CLAIMS, "R/P1M", None),
        (MONTHS, DATED, "R/P1Y", None),
        (MONTHS, DATED, "R/P3M", None),
        (MONTHS, DATED, "R/P1M", "fecha"),
        (MONTHS, DATED, "R/P1D", "fecha"),
        (HALVES, CLAIMS, "R/P6M", None),
        (HALVES, DATED, "R/P6M", "fecha"),
        (["Reclamos 2019", "Reclamos 1T 2020"], CLAIMS, "R/P1Y", None),
        (["Reclamos 2019", "Reclamos 2020 (hasta junio)"], CLAIMS, "R/P1Y", "anio"),
        (["Reclamos 2018", "Reclamos 2019"], CLAIMS, "R/P1M", "anio"),
        (["Reclamos 2018", "Reclamos 2019"], DATED, "eventual", "fecha"),
    ],
    ids=[
        *(
            "months by year",
            "months due by year",
            "months due by quarter",
            "months by month",
            "months by day",
        ),
        *("half-years by year", "half-years by date", "a quarter after a year", "the year so far"),
        *("years", "years by date"),
    ],
)
def test_files_are_one_table_where_none_takes_the_place_of_another(tmp_path, names, columns, rhythm, extract):
    resources = [resource(name, f"{n}.csv", columns) for n, name in enumerate(names)]
    found = draft(tmp_path, *resources, extras=[{"key": "accrualPeriodicity", "value": rhythm}])
    if extract is None:
        assert kinds(found) == ["period"]
        assert all(name in found.questions[0].question for name in names)
        assert extracts(found) == [None] * len(names)
    else:
        assert (found.questions, extracts(found)) == ((), [{"mode": "by-period", "field": extract}])


def test_no_row_of_a_month_is_lost(tmp_path):
    """Three months whose rows tell only the year, one row the same in all: nine rows come, nine stay."""
    site = tmp_path / "site"
    site.mkdir()
    for month in range(3):
        rows = f"2021,Salud,{month}\n2021,Obras,{month}5\n2021,Espacio,7\n"
        (site / f"{month}.csv").write_text(f"anio,jurisdiccion,monto\n{rows}")
    city = City(tmp_path)
    with serve_folder(site) as url:
        listed = [resource(name, None, CLAIMS) | {"url": f"{url}/{n}.csv"} for n, name in enumerate(MONTHS)]
        (tmp_path / "c.json").write_text(json.dumps([package(*listed)]), "utf-8")
        list(import_catalogue(str(tmp_path / "c.json"), city.datasets, DEFAULT_LIMITS))
        file = city.datasets / "obras" / "datapackage.yaml"
        made = yaml.safe_load(file.read_text("utf-8"))
        assert [each["kind"] for each in made["pipeline"].pop("questions")] == ["period"]
        file.write_text(yaml.safe_dump(made, allow_unicode=True), "utf-8")
        outcome = city.outcome("obras")
    assert (outcome.outcome, sum(outcome.rows.values())) == ("published", 9), outcome.message


def test_a_series_has_its_own_name_and_says_what_becomes_of_its_years(tmp_path):
    years = (2018, 2019, 2020)
    found = draft(
        tmp_path,
        *(resource(f"Gastos {y}", f"{y}.csv", CLAIMS, description=f"Los del {y}") for y in years),
    )
    (table,) = load_dataset(tmp_path / "datasets" / "obras").resources
    assert (found.state, table.name, table.descriptor["title"]) == ("ready", "gastos", "Gastos")
    assert "description" not in table.descriptor
    written = (tmp_path / "datasets" / "obras" / "datapackage.yaml").read_text("utf-8")
    assert "resources" not in yaml.safe_load(written)["pipeline"]["ckan"]  # each stays there, of its year
    (note,) = found.notes
    assert all(f"«Gastos {y}»" in note for y in years)
    head = " ".join(line.lstrip("# ") for line in written.splitlines() if line.startswith("#"))
    assert note in head


def test_states_of_one_table_are_its_versions(tmp_path):
    days = ("01/03/2020", "31/12/2020")
    with speaking("en"):
        found = draft(tmp_path, *(resource(f"Stock al {d}", f"{d[:2]}.csv", CLAIMS) for d in days))
    assert (found.state, extracts(found)) == ("ready", [None])
    assert "has a version for each of «Stock al 01/03/2020», «Stock al 31/12/2020»" in found.notes[0]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Reclamos 2021 (hasta junio)", "Reclamos"),
        ("Reclamos de enero de 2021", "Reclamos"),
        ("Obras y licitaciones 2019", "Obras y licitaciones"),
        ("Reclamos del primer trimestre de 2020 por barrio", "Reclamos por barrio"),
        ("Primer semestre 2020", ""),
    ],
)
def test_the_name_of_a_series_has_no_time(title, name):
    assert title_without_time(title) == name


def test_a_series_of_a_catalogue_that_is_not_taken_over_needs_no_note(tmp_path):
    years = [resource(f"Gastos {y}", f"{y}.csv", CLAIMS) for y in (2018, 2019)]
    (tmp_path / "c.json").write_text(json.dumps([package(*years)]), "utf-8")
    (found,) = import_catalogue(str(tmp_path / "c.json"), tmp_path / "d", DEFAULT_LIMITS, in_ckan=False)
    assert (found.state, found.series, found.notes) == ("ready", 1, ())


def test_what_is_said_of_every_year_alike_is_said_of_the_series(tmp_path):
    years = [resource(f"Gastos {y}", f"{y}.csv", CLAIMS, description="En pesos") for y in (2018, 2019)]
    draft(tmp_path, *years)
    (table,) = load_dataset(tmp_path / "datasets" / "obras").resources
    assert table.descriptor["description"] == "En pesos"


def test_a_series_named_by_its_times_alone_is_called_as_its_package(tmp_path):
    found = draft(
        tmp_path,
        *(resource(name, f"{n}.csv", DATED) for n, name in enumerate(HALVES)),
        extras=[{"key": "accrualPeriodicity", "value": "R/P6M"}],
    )
    assert [(each["name"], each["title"]) for each in found.declaration["resources"]] == [("obras", "Obras")]


OWN = "https://ckan.example.org/dataset/p-1/resource/{id}/download/obras.csv"


def test_a_file_that_the_ckan_keeps_itself_is_no_source_once_its_address_is_ours(tmp_path):
    elsewhere = "https://elsewhere.example.org/dataset/a/resource/b/download/c.csv"
    found = draft(
        tmp_path,
        resource("Obras", None) | {"url": OWN.format(id="r-Obras"), "url_type": "upload"},
        resource("Otras", None) | {"url": OWN.format(id="r-Otras")},
        resource("Plano", None, "") | {"url": f"{OWN[:-3]}pdf".format(id="r-Plano"), "url_type": "upload"},
        resource("Ajenas", None) | {"url": elsewhere},
    )
    asked = {each.about for each in found.questions if each.kind == "upload"}
    made = found.declaration["resources"]
    places = {f"resources[{n}].pipeline.source": each["title"] for n, each in enumerate(made)}
    assert {places[about] for about in asked} == {"Obras", "Otras", "Plano"}
    sources = {each["title"]: each["pipeline"].get("source") for each in made}
    assert sources == {
        "Obras": None,
        "Otras": None,
        "Plano": None,
        "Ajenas": {"kind": "http", "url": elsewhere},
    }


@pytest.mark.parametrize("in_ckan", [True, False])
def test_a_data_json_of_the_same_portal_asks_as_well_where_it_is_taken_over(tmp_path, in_ckan):
    file = {
        "title": "Obras",
        "identifier": "1.1",
        "accessURL": "https://ckan.example.org/dataset/obras/archivo/1.1",
        "downloadURL": OWN.format(id="9e149e2e"),
        "field": json.loads(DATED),
    }
    made = {"dataset": [DATA_JSON | {"distribution": [file]}]}
    (tmp_path / "data.json").write_text(json.dumps(made), "utf-8")
    (found,) = import_catalogue(str(tmp_path / "data.json"), tmp_path / "d", DEFAULT_LIMITS, in_ckan=in_ckan)
    assert kinds(found) == (["upload"] if in_ckan else [])


def test_a_series_whose_files_the_ckan_keeps_asks_for_each(tmp_path):
    found = draft(
        tmp_path,
        resource("Gastos 2018", "2018.csv", CLAIMS),
        resource("Gastos 2019", None, CLAIMS) | {"url": OWN.format(id="x"), "url_type": "upload"},
    )
    assert kinds(found) == ["upload"]
    assert "«Gastos 2019»" in found.questions[0].question
    (table,) = found.declaration["resources"]
    assert [set(each) for each in table["pipeline"]["source"]["vintages"]] == [{"asOf", "url"}, {"asOf"}]


def test_the_terminal_tells_the_notes(tmp_path):
    years = [resource(f"Gastos {y}", f"{y}.csv", CLAIMS) for y in (2018, 2019)]
    (tmp_path / "c.json").write_text(json.dumps([package(*years)]), "utf-8")
    city, into = City(tmp_path), ["--into", str(tmp_path / "d")]
    said = " ".join(vereda(city, "import", "ckan", str(tmp_path / "c.json"), *into).split())
    assert "«Gastos» es nuevo en el CKAN y junta las filas de «Gastos 2018», «Gastos 2019»" in said
    done = vereda(city, "import", "ckan", str(tmp_path / "c.json"), *into, "--json")
    assert len(json.loads(done)["packages"][0]["notes"]) == 1

"""A foreign catalogue becomes folders of declarations: all that it says, nothing that it does not, and a row
never twice."""

from __future__ import annotations

import gzip
import json
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from pipelines.dataset.dataset import DatasetError, load_dataset
from pipelines.harvest.catalogue import read_catalogue
from pipelines.harvest.package import ForeignPackage, read_package
from pipelines.harvest.tables import sort_contents
from pipelines.harvest.titles import take_apart
from pipelines.harvest.values import read_format, read_interval, read_licence, read_rhythm
from pipelines.harvest.write import import_catalogue
from pipelines.settings import DEFAULT_LIMITS
from tests.support.cities import City
from tests.support.paths import SHARED
from tests.support.sites import QuietHandler, serve, serve_folder
from tests.support.terminal import vereda

COLUMNS = json.dumps([{"title": "fecha", "type": "date"}, {"title": "Obra", "type": "string"}])


def resource(name: str, file: str | None, columns: str = COLUMNS, **more) -> dict:
    url = f"https://example.org/{file}" if file else ""
    return {
        "id": f"r-{name}",
        "name": name,
        "url": url,
        "format": "",
        "attributesDescription": columns,
    } | more


def package(*resources: dict, **more) -> dict:
    return {
        "id": "p-1",
        "name": "obras",
        "title": "Obras",
        "notes": "Obras de la ciudad",
        "state": "active",
        "private": False,
        "license_id": "CC-BY-2.5-AR",
        "organization": {"name": "ministerio", "title": "Ministerio"},
        "tags": [{"name": "obras", "display_name": "obras"}],
        "extras": [
            {"key": "accrualPeriodicity", "value": "R/P1Y"},
            {"key": "superTheme", "value": '["ECON"]'},
        ],
        "resources": list(resources),
    } | more


def drafts(tmp_path, *packages: object) -> list:
    file = tmp_path / "catalogue.json"
    file.write_text(json.dumps({"result": {"results": list(packages)}}), "utf-8")
    return list(import_catalogue(str(file), tmp_path / "datasets", DEFAULT_LIMITS))


def draft(tmp_path, *resources: dict, **more):
    (only,) = drafts(tmp_path, package(*resources, **more))
    return only


def kinds(found) -> list[str]:
    return sorted({question.kind for question in found.questions})


def test_what_the_catalogue_says_stands_in_a_declaration_that_loads(tmp_path):
    found = draft(tmp_path, resource("Obras", "obras.csv"), resource("Obras (XLSX)", "obras.xlsx", ""))
    assert (found.state, found.resources, found.questions) == ("ready", 2, ())
    dataset = load_dataset(tmp_path / "datasets" / "obras")
    (table,) = dataset.resources
    assert (table.fields, table.pipeline.source.url) == (["fecha", "Obra"], "https://example.org/obras.csv")
    assert dataset.descriptor["licenses"][0]["name"] == "CC-BY-2.5-AR"
    assert (dataset.publisher, dataset.pipeline.super_theme) == ("Ministerio", ("ECON",))
    assert dataset.pipeline.ckan.resources == {"obras.csv": "r-Obras"}


def test_what_it_does_not_say_is_asked_and_keeps_it_from_running(tmp_path):
    bare = package(resource("Obras", "obras.csv", ""), license_id=None, organization=None, extras=[])
    (found,) = drafts(tmp_path, bare)
    assert (found.state, kinds(found)) == ("questions", ["fields", "licence", "publisher", "rhythm"])
    with pytest.raises(DatasetError) as caught:
        load_dataset(tmp_path / "datasets" / "obras")
    assert caught.value.key == "pipeline.questions[0]"
    written = yaml.safe_load((tmp_path / "datasets" / "obras" / "datapackage.yaml").read_text("utf-8"))
    assert "licenses" not in written
    assert "accrualPeriodicity" not in written["pipeline"]


def test_files_that_are_no_tables_are_carried(tmp_path):
    found = draft(tmp_path, resource("Mapa", "mapa.geojson", ""), resource("Guía", "guia.pdf", ""))
    assert found.state == "files-only"
    assert [each.path for each in load_dataset(tmp_path / "datasets" / "obras").files] == [
        "mapa.geojson",
        "guia.pdf",
    ]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"state": "draft"}, "draft"),
        ({"state": "deleted"}, "deleted"),
        ({"private": True}, "private"),
        ({"type": "harvest"}, "kind"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_public_or_no_dataset_is_refused(tmp_path, more, word):
    (found,) = drafts(tmp_path, package(resource("Obras", "obras.csv"), **more))
    assert (found.state, bool(found.why)) == ("refused", True)
    assert read_package(package(**more)).refusal == word
    assert not (tmp_path / "datasets").exists()


def test_a_table_by_year_is_one_dataset_with_its_vintages(tmp_path):
    older = json.dumps([{"title": "FECHA", "type": "date"}])
    found = draft(
        tmp_path,
        resource("Obras 2019", "2019.csv"),
        resource("Obras 2018", "2018.csv", older),
        resource("Obras 2018 (XLSX)", "2018.xlsx", ""),
    )
    assert (found.state, found.series) == ("ready", 1)
    (table,) = load_dataset(tmp_path / "datasets" / "obras").resources
    assert [(str(v.as_of), v.url[-8:]) for v in table.pipeline.source.vintages] == [
        ("2018-12-31", "2018.csv"),
        ("2019-12-31", "2019.csv"),
    ]
    assert table.pipeline.extract.field == "fecha"
    assert [layout.labels for layout in table.pipeline.layouts] == [{}, {"FECHA": "fecha"}]
    assert table.pipeline.layouts[1].absent == ("Obra",)


def test_years_whose_rows_do_not_say_theirs_stay_apart(tmp_path):
    """Joined, rows that are alike in two years would be one, and no row would tell its year."""
    nameless = json.dumps([{"title": "obra", "type": "string"}])
    draft(tmp_path, resource("Obras 2019", "a.csv", nameless), resource("Obras 2018", "b.csv", nameless))
    assert len(load_dataset(tmp_path / "datasets" / "obras").resources) == 2


@pytest.mark.parametrize(
    ("resources", "kind"),
    [
        ([("Registro histórico acumulado de obras", "h.csv"), ("Obras 2019", "2019.csv")], "register"),
        (
            [
                ("Obras 2018", "a.csv"),
                ("Obras con acuerdo 2018", "b.csv"),
                ("Obras sin acuerdo 2018", "c.csv"),
            ],
            "total",
        ),
        (
            [
                ("Viviendas por condición, total ciudad", "a.csv"),
                ("Viviendas por condición por comuna", "b.csv"),
            ],
            "total",
        ),
        ([("Emisiones totales de gases", "a.csv"), ("Emisiones de gases por sector", "b.csv")], "total"),
        ([("Visitas anuales", "a.csv"), ("Visitas mensuales", "b.csv")], "total"),
        ([("Asistentes al curso", "a.csv"), ("Asistentes mujeres al curso", "b.csv")], "total"),
        ([("Solicitudes por barrio", "a.csv"), ("Solicitudes por Barrio (2018)", "b.csv")], "register"),
        (
            [("Histórico de puntos de recambio de lámparas", "a.csv"), ("Puntos de recambio a LED", "b.csv")],
            "register",
        ),
        ([("Viajes", "a.csv"), ("Transacciones", "a.csv")], "same-address"),
        ([("Visitas", "a.csv"), ("Visitas", "b.csv")], "name"),
        ([("Obras", None)], "address"),
        ([("Obras 2017-2018", "a.csv"), ("Obras 2018-2019", "b.csv")], "overlap"),
        (
            [("Sueldos 2017", "a.csv"), ("Sueldos 2020", "b.csv"), ("Sueldo bruto 2018", "c.csv")],
            "drift",
        ),
        ([("Obras 2020", "a.csv"), ("Pases 2019", "pases-2019.zip")], "packed"),
        ([("2020", "a.csv"), ("2021", "b.csv"), ("Histórico 2010-2021", "c.csv")], "register"),
        ([("Gastos 2019", "a.csv"), ("Gastos 2020", "b.csv"), ("Dados completos", "c.csv")], "register"),
    ],
    ids=[
        "register",
        "total",
        "all the city",
        "all sectors",
        "by year and by month",
        "women and all",
        "without a year",
        "register under other words",
        "address twice",
        "name twice",
        "no address",
        "overlap",
        "drift",
        "packed",
        "years alone",
        "the whole beside its years",
    ],
)
def test_what_could_count_rows_twice_is_asked(tmp_path, resources, kind):
    found = draft(
        tmp_path, *(resource(name, file, format="CSV" if not file else "") for name, file in resources)
    )
    assert kind in kinds(found)


@pytest.mark.parametrize(
    "names",
    [
        ("Mapa diurno", "Mapa nocturno"),
        ("Tasa de empleo", "Tasa de desempleo"),
        ("Mujeres magistradas", "Mujeres legisladoras"),
        ("Ingreso total mensual de los hogares", "Horas trabajadas al mes"),
        ("Padrón de escuelas según comuna", "Padrón de escuelas según nivel"),
    ],
    ids=["kinds", "rates", "women", "total of something else", "two breakdowns"],
)
def test_tables_of_different_things_are_not_asked_about(tmp_path, names):
    found = draft(tmp_path, *(resource(name, f"{n}.csv") for n, name in enumerate(names)))
    assert (found.state, found.tables) == ("ready", 2)


def test_a_year_that_only_the_files_name_tells_joins_its_series(tmp_path):
    draft(
        tmp_path,
        resource("Autoridades", "autoridades_2021.csv"),
        resource("Autoridades 2020", "autoridades.csv"),
    )
    (table,) = load_dataset(tmp_path / "datasets" / "obras").resources
    assert [str(each.as_of) for each in table.pipeline.source.vintages] == ["2020-12-31", "2021-12-31"]


def test_eight_resources_that_are_four_are_four(tmp_path):
    twice = [resource("Jardines", f"jardines.{suffix}") for suffix in ("csv", "xlsx", "zip", "geojson")] * 2
    found = draft(tmp_path, *twice)
    assert (found.state, found.resources, found.tables, found.files) == ("ready", 8, 1, 2)


def test_a_licence_on_a_file_that_the_package_denies_stays_on_the_file(tmp_path):
    draft(tmp_path, resource("Obras", "obras.csv", license_id="CC-BY-4.0"))
    (table,) = load_dataset(tmp_path / "datasets" / "obras").resources
    assert table.descriptor["licenses"][0]["name"] == "CC-BY-4.0"


HOSTILE = [
    *(None, 5, "text", [], {}, {"name": "x", "resources": [1, None, {}]}),
    package(name="Ñandú É", extras={"frequency": "Mensual"}, tags="a,b", groups=7, id="h-0"),
    package(
        resource("a\u0000\u0007", "b c.csv\n"),
        name="---",
        title=None,
        notes="<p>Hola <b>vos</b></p>",
        id="h-1",
    ),
    package(name="y" * 300, resources=None, id="h-2"),
    package({"url": "ftp://example.org/x.csv"}, {"url": "//x"}, {"url": 7}, name="addresses", id="h-3"),
    package(resource("t", "t.csv", '[{"title":"a"},{"title":"A"}]'), name="dictionary", id="h-4"),
    package(
        resource("changes", "changes.csv"), resource("report", "report.pdf", ""), name="changes", id="h-5"
    ),
]


def test_nothing_in_a_catalogue_stops_the_others(tmp_path):
    found = drafts(tmp_path, *HOSTILE, package(resource("Obras", "obras.csv"), id="last"))
    assert [each.state for each in found[:5]] == ["refused"] * 5
    assert found[-1].state == "ready"
    for each in found:
        folder = tmp_path / "datasets" / each.id
        if folder.exists() and not each.questions:
            load_dataset(folder)


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    draft(tmp_path, resource("Obras", "obras.csv"))
    assert draft(tmp_path, resource("Obras", "obras.csv")).state == "ready"
    assert draft(tmp_path, resource("Obras", "otro.csv")).state == "refused"
    assert "obras.csv" in (tmp_path / "datasets" / "obras" / "datapackage.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("title", "base", "words"),
    [
        ("Obras 2019 (CSV)", "obra", "2019"),
        ("Alto Riesgo Fiscal Cuarto Trimestre 2011", "alto_riesgo_fiscal", "2011-10/12"),
        ("Molinetes - Enero 2021", "molinet", "2021-01"),
        ("Código al 30/06/2016 (Parcelas)", "codigo_parcela", "2016-06-30"),
        ("Flujo 2020 ene-abr", "flujo", "2020-01/04"),
        ("Resultados (Febrero 2017-Enero 2018)", "resultado", "2017-02/2018-01"),
        ("Resultados, marzo de 2018 a enero de 2017", "resultado", None),
        ("Obras", "obra", None),
        ("Registro histórico 2010-2020", "registro_historico", None),
        ("Gastos 2021 (até junho)", "gasto", "2021-01/06"),
        ("Gastos 2021 hasta marzo", "gasto", "2021-01/03"),
        ("Fevereiro 2023", "", "2023-02"),
        ("2º trimestre 2022", "", "2022-04/06"),
        ("Aire 01/2023", "aire", "2023-01"),
        ("aire-2023-02", "aire", "2023-02"),
        ("Padrón 2010-11", "padron_11", "2010"),
        ("Padrón al 15/01/2023", "padron", "2023-01-15"),
    ],
    ids=[
        *("year", "quarter", "month", "day", "months", "over the year", "backwards", "none", "register"),
        *("so far in Portuguese", "so far", "month in Portuguese", "quarter in Portuguese"),
        *("numbered month", "year and month", "perhaps two years", "day and month"),
    ],
)
def test_titles_are_taken_apart(title, base, words):
    parts = take_apart(title)
    assert (parts.base, parts.period.words if parts.period else None) == (base, words)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("R/P1M", "R/P1M"),
        ("Mensual", "R/P1M"),
        ("http://publications.europa.eu/resource/authority/frequency/ANNUAL", "R/P1Y"),
        ("http://publications.europa.eu/resource/authority/frequency/BIMONTHLY", "R/P2M"),
        ("bimonthly", None),
        ("cada luna llena", None),
        ("Quinzenal", "R/P0.5M"),
        ("twice a year", "R/P6M"),
        ("biannually", None),
        ("sob demanda", "eventual"),
        (None, None),
    ],
)
def test_rhythms_of_other_catalogues(said, code):
    assert read_rhythm(said) == code


@pytest.mark.parametrize(
    ("said", "interval"),
    [
        (["2019-01-01", "2019-12-31"], "2019-01-01/2019-12-31"),
        (["2019-01-01/2019-12-31"], "2019-01-01/2019-12-31"),
        ('["2019-01-01", "2019-12-31"]', "2019-01-01/2019-12-31"),
        ([{"startDate": "2019-01-01", "endDate": "2019-06-30"}], "2019-01-01/2019-06-30"),
        (["2020-01-01/2020-12-31", "2019-01-01/2019-12-31"], "2019-01-01/2020-12-31"),
        (["2015-01-01/2015-12-31", "2019-01-01/2019-12-31"], None),
        (["2019-01-01/2019-12-31", "siempre"], None),
        (["2019-12-31", "2019-01-01"], None),
        ([["2019-01-01", "2019-12-31"]], None),
        ([], None),
        ("[", None),
    ],
    ids=str,
)
def test_the_time_of_a_package_may_be_a_list(said, interval):
    assert read_interval(said) == interval


@pytest.mark.parametrize(
    ("names", "format"),
    [
        ((".csv",), "csv"),
        (("text/csv; charset=utf-8",), "csv"),
        (("http://publications.europa.eu/resource/authority/file-type/XLSX",), "xlsx"),
        (("XLSX (Excel)",), "xlsx"),
        (("ZIP (CSV)",), "csv"),
        (("geo+json",), "geojson"),
        (("", None, "application/pdf"), "pdf"),
        (("otros",), ""),
    ],
    ids=str,
)
def test_formats_in_many_spellings(names, format):
    assert read_format(names) == format


def test_licences_keep_their_words_where_nobody_knows_them():
    assert read_licence("cc-by-4.0")["name"] == "CC-BY-4.0"
    assert read_licence("", path="https://creativecommons.org/licenses/by/4.0/deed.es")["name"] == "CC-BY-4.0"
    assert read_licence("Open Data Commons Open Database License (ODbL)")["name"] == "ODbL-1.0"
    assert read_licence("notspecified") is None
    odd = read_licence("la-nuestra", title="La nuestra", path="javascript:alert(1)")
    assert odd == {"name": "la-nuestra", "title": "La nuestra"}


def test_a_licence_that_is_an_address_is_known_or_stays_one():
    assert read_licence("http://opendatacommons.org/licenses/odbl/1.0/")["name"] == "ODbL-1.0"
    assert read_licence("Creative Commons Attribution 4.0")["name"] == "CC-BY-4.0"
    assert read_licence("https://example.org/terms") == {"path": "https://example.org/terms"}


DATA_JSON = {
    "title": "Permits",
    "identifier": "https://data.example.org/api/views/abcd-1234",
    "description": "All permits",
    "accessLevel": "public",
    "modified": "R/P1W",
    "license": "http://opendatacommons.org/licenses/odbl/1.0/",
    "publisher": {"name": "Department of Buildings"},
    "distribution": [
        {"downloadURL": "https://data.example.org/abcd-1234/rows.csv", "mediaType": "text/csv"},
        {"downloadURL": "https://me:secret@data.example.org/x.csv", "mediaType": "text/csv", "title": "X"},
    ],
}


def test_a_data_json_of_the_united_states(tmp_path):
    (found,) = drafts_of_data_json(tmp_path, DATA_JSON)
    declared = found.declaration
    assert declared["pipeline"]["accrualPeriodicity"] == "R/P1W"
    assert [(each["name"], each["title"]) for each in declared["resources"]] == [("permits", "Permits")]
    assert "«Permits»" in next(q.question for q in found.questions if q.kind == "fields")
    assert kinds(found) == ["address", "fields"]
    assert "secret" not in json.dumps(declared)


def test_a_data_json_of_the_national_profile_names_columns_by_their_titles(tmp_path):
    fields = [
        {"title": "indice_tiempo", "type": "date", "specialType": "time_index"},
        {"title": "credito", "type": "number", "id": "1.1_C_2016", "units": "ARS"},
    ]
    distribution = [
        {"title": f"Ejecución {year}", "downloadURL": f"https://example.org/e-{year}.csv", "field": fields}
        for year in (2015, 2016)
    ]
    (found,) = drafts_of_data_json(tmp_path, DATA_JSON | {"distribution": distribution})
    assert (found.state, found.series) == ("ready", 1)
    (table,) = found.declaration["resources"]
    assert [each["name"] for each in table["schema"]["fields"]] == ["indice_tiempo", "credito"]
    assert table["pipeline"]["extract"] == {"mode": "by-period", "field": "indice_tiempo"}


def drafts_of_data_json(tmp_path, *datasets):
    file = tmp_path / "data.json"
    file.write_text(json.dumps({"dataset": list(datasets)}), "utf-8")
    return list(import_catalogue(str(file), tmp_path / "datasets", DEFAULT_LIMITS, in_ckan=False))


TABLE = "Fecha;Obra;Monto\n15/01/2019;Plaza;1.234,50\n28/02/2019;Escuela;2.000,00\n".encode("latin-1")


def ckan_of(packages):
    """A CKAN as far as its search goes, page by page."""

    class Handler(QuietHandler):
        def do_GET(self):  # noqa: N802 (http.server's name)
            query = {key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()}
            start, rows = int(query.get("start", 0)), int(query.get("rows", 10))
            result = {"count": len(packages), "results": packages[start : start + rows]}
            if "datastore_search" in self.path:
                fields = [
                    {"id": "_id", "type": "int"},
                    {"id": "anio", "type": "int4", "info": {"notes": "Año"}},
                ]
                result = {"fields": fields}
            body = json.dumps({"success": True, "result": result}).encode()
            body = TABLE if self.path.endswith(".csv") else body
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return serve(Handler)


def test_a_ckan_is_read_to_its_last_page_with_the_dictionaries_of_its_tables(tmp_path):
    stored = resource("Obras", "obras.csv", "", datastore_active=True)
    packages = [package(stored, id=f"p-{n}", name=f"obras-{n}") for n in range(101)]
    with ckan_of(packages) as url:
        found = list(import_catalogue(f"{url}/dataset", tmp_path, DEFAULT_LIMITS))
    assert [each.state for each in found] == ["ready"] * 101
    field = load_dataset(tmp_path / "obras-7").resources[0].schema["fields"]
    assert field == [{"name": "anio", "type": "integer", "description": "Año"}]


def test_fields_that_the_catalogue_does_not_list_are_read_from_the_files(tmp_path):
    with ckan_of([]) as url:
        bare = package(resource("Obras", "obras.csv", "") | {"url": f"{url}/obras.csv"})
        (tmp_path / "c.json").write_text(json.dumps([bare]), "utf-8")
        (found,) = import_catalogue(str(tmp_path / "c.json"), tmp_path / "d", DEFAULT_LIMITS, read=True)
        assert (found.state, found.questions) == ("ready", ())
        fields = load_dataset(tmp_path / "d" / "obras").resources[0].schema["fields"]
        assert [(each["name"], each["type"]) for each in fields] == [
            ("Fecha", "date"),
            ("Obra", "string"),
            ("Monto", "number"),
        ]
        city = City(tmp_path)
        city.datasets = tmp_path / "d"
        assert city.outcome("obras").outcome == "published"


@pytest.mark.parametrize(
    ("identifier", "page", "id"),
    [
        ("99db6631-d1c9-470b-a73e-c62daa32c777", "https://datos.gob.ar/dataset/obras-viales", "obras-viales"),
        ("https://data.example.org/api/views/4f2a-9b1c", "https://data.example.org/d/4f2a-9b1c", "obras"),
        ("https://www.arcgis.com/home/item.html?id=0123456789abcdef0123456789abcdef", "", "obras"),
        ("7", "", "obras"),
        ("DOT-00071", "", "dot-00071"),
    ],
)
def test_a_dataset_of_a_data_json_has_a_name_that_tells_something(tmp_path, identifier, page, id):
    one = {"identifier": identifier, "landingPage": page, "title": "Obras", "distribution": []}
    (tmp_path / "data.json").write_text(json.dumps({"dataset": [one]}), "utf-8")
    (found,) = import_catalogue(str(tmp_path / "data.json"), tmp_path / "d", DEFAULT_LIMITS, in_ckan=False)
    assert found.id == id


@pytest.mark.parametrize(
    ("level", "state"),
    [("public", "ready"), ("ABIERTO", "ready"), (None, "ready"), ("non-public", "refused")],
    ids=str,
)
def test_what_a_data_json_calls_open_is_open(tmp_path, level, state):
    file = {"downloadURL": "https://example.org/a.pdf", "title": "A"}
    one = {
        "identifier": "x1",
        "title": "Obras",
        "license": "CC-BY-4.0",
        "publisher": {"name": "Obras"},
        "accrualPeriodicity": "R/P1Y",
        "accessLevel": level,
        "distribution": [file, {"accessURL": "https://example.org/visor", "title": "B", "format": "visor"}],
    }
    (tmp_path / "data.json").write_text(json.dumps({"dataset": [one, one | {"identifier": "x2"}]}), "utf-8")
    found, other = import_catalogue(str(tmp_path / "data.json"), tmp_path / "d", DEFAULT_LIMITS, False)
    assert (found.state, other.id) == (state.replace("ready", "files-only"), "x2")
    assert len(found.declaration.get("resources", ())) == (state == "ready")  # the other is a link
    (tmp_path / "bare.json").write_text(json.dumps({"dataset": [one | {"title": ""}]}), "utf-8")
    (bare,) = import_catalogue(str(tmp_path / "bare.json"), tmp_path / "e", DEFAULT_LIMITS, False)
    assert kinds(bare) == (["title"] if state == "ready" else [])


def test_what_a_file_is_of_which_nothing_says_it_is_asked_or_read_from_it(tmp_path):
    (tmp_path / "guia").write_bytes(b"%PDF-1.4\n%%EOF")
    (tmp_path / "obras").write_text("fecha,obra\n2024-01-02,Plaza\n", "utf-8")
    (tmp_path / "feriados").write_text("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "utf-8")
    (tmp_path / "otro").write_bytes(bytes(range(256)))
    names = ("guia", "obras", "feriados", "otro")
    with serve_folder(tmp_path) as url:
        bare = package(*(resource(name, None, "") | {"url": f"{url}/{name}"} for name in names))
        (tmp_path / "c.json").write_text(json.dumps([bare]), "utf-8")
        (asked,) = import_catalogue(str(tmp_path / "c.json"), tmp_path / "a", DEFAULT_LIMITS)
        (found,) = import_catalogue(str(tmp_path / "c.json"), tmp_path / "d", DEFAULT_LIMITS, read=True)
    assert [(each.kind, each.about) for each in asked.questions] == [
        ("format", f"resources[{n}].path") for n in range(4)
    ]
    assert [each["path"] for each in found.declaration["resources"]] == [
        "obras.csv",
        "guia.pdf",
        "feriados.ics",
        "otro.bin",
    ]
    assert [(each.kind, each.about) for each in found.questions] == [("format", "resources[3].path")]


def test_a_data_json_and_lines_and_gzip_are_catalogues_too(tmp_path):
    distribution = {"identifier": "1.1", "title": "T", "downloadURL": "https://example.org/t.csv"}
    listed = {"dataset": [{"identifier": "1", "title": "Uno", "distribution": [distribution]}]}
    (tmp_path / "data.json").write_text(json.dumps(listed), "utf-8")
    lines = "\n".join([json.dumps(package(id="a")), "{broken", json.dumps({"result": package(id="b")})])
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (one,) = read_catalogue(str(tmp_path / "data.json"), DEFAULT_LIMITS)
    assert (one.title, one.resources[0].address) == ("Uno", "https://example.org/t.csv")
    found = list(read_catalogue(str(tmp_path / "c.jsonl.gz"), DEFAULT_LIMITS))
    assert [isinstance(each, ForeignPackage) for each in found] == [True, False, True]


def test_the_terminal_says_what_became_of_each(tmp_path):
    (tmp_path / "c.json").write_text(json.dumps([package(resource("Obras", "obras.csv"))]), "utf-8")
    city, into = City(tmp_path), ["--into", str(tmp_path / "d")]
    done = vereda(city, "import", "ckan", str(tmp_path / "c.json"), *into, "--json")
    (one,) = json.loads(done)["packages"]
    assert {key: one[key] for key in ("id", "state", "resources", "questions", "why")} == {
        "id": "obras",
        "state": "ready",
        "resources": 1,
        "questions": 0,
        "why": "",
    }
    vereda(city, "import", "ckan", str(tmp_path / "none.json"), *into, status=2)


BADATA = SHARED / "data" / "city" / "badata_packages_2021.jsonl.gz"


@pytest.mark.skipif(not BADATA.exists(), reason="the catalogue of 2021 lies beside the checkout")
def test_the_citys_catalogue_of_2021(tmp_path):
    found = list(import_catalogue(str(BADATA), tmp_path, DEFAULT_LIMITS))
    asked = [set(kinds(each)) - {"upload"} for each in found]
    states = {
        state: sum(each.state == state for each in found) for state in ("ready", "questions", "refused")
    }
    assert (len(found), sum(each.resources for each in found)) == (383, 2459)
    # Twelve packages hold files that the CKAN itself keeps; else all stays as it was judged by hand.
    uploads = [each for each in found if "upload" in kinds(each)]
    assert (asked.count(set()), asked.count({"fields"}), states["refused"]) == (136, 202, 0)
    assert (states["ready"], len(uploads)) == (130, 12)
    # By hand 55 packages with 87. Left out here: two editions of an accumulated register, which may hold each
    # other's rows and are asked about, and two elections of different kinds, which stay apart.
    assert (sum(bool(each.series) for each in found), sum(each.series for each in found)) == (53, 85)
    contents = {p.name: sort_contents(p) for p in read_catalogue(str(BADATA), DEFAULT_LIMITS)}
    assert [doubt.kind for doubt in contents["sube"].doubts] == ["same-address", "same-address"]
    assert len(contents["jardines-comunitarios"].repeated) == 4

"""What stands in the datasets of real rows is what the files of the city give, counted anew from the raw
files."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import yaml

from pipelines.dataset.dataset import Dataset, load_dataset
from pipelines.dataset.sources import DerivedSource
from tests.support.cities import City, declaration
from tests.support.paths import DATASETS, SHARED
from tests.support.plans import without_expectations
from tools.badata_catalogue import FULL, SHIPPED, catalogue_tables

FILES = SHARED / "data" / "city"


def is_demo(declaration: Path) -> bool:
    return yaml.safe_load(declaration.read_text("utf-8"))["pipeline"].get("demo") is True


# Shipped file → the file that it is, byte for byte.
SAME = {
    "ba-elige-plan-de-gobierno/source/proyectos.csv": "plan_gobierno_proyectos.csv",
    "contrataciones/source/contratos.csv": "bac_ocds_contratos_2020-05_08.csv",
    "contrataciones-compradores/source/por-anio.csv": "bac_ocds_contratos_por_anio.csv",
    "compras-covid/source/items.csv": "compras_coronavirus_reducido.csv",
    "presupuesto-ejecucion/source/programas-2026-t2.csv": "presupuesto_2026T2_programas.csv",
    "legislatura-sesiones/source/sesiones.csv": "legislatura_sesiones_2026.csv",
    "legislatura-votaciones/source/votaciones.csv": "legislatura_votaciones_2026.csv",
    "legislatura-expedientes/source/expedientes.csv": "legislatura_expedientes_2026.csv",
}
REAL = sorted(path.parent.name for path in DATASETS.glob("*/datapackage.yaml") if not is_demo(path))
NIGHT = (
    *("barrios", "ba-obras", "ba-elige-plan-de-gobierno", "ba-elige-candidatos", "badata-catalogo"),
    *("badata-diagnostico", "compras-covid", "compras-covid-ordenes", "contrataciones"),
    *("contrataciones-compradores", "presupuesto-ejecucion"),
)
beside = pytest.mark.skipif(
    not FILES.is_dir(), reason="the city's files (../shared/data/city) do not stand beside this checkout"
)


def raw(name: str) -> pa.Table:
    """A raw file, all as text."""
    with (DATASETS / name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return pa.table({label: [row[label] for row in rows] for label in rows[0]})


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A city that has released the datasets of real rows, without their expectations."""
    city = City(tmp_path_factory.mktemp("city"))
    for name in NIGHT:
        without_expectations(city, name)
        assert [(o.outcome, o.message) for o in city.run(name) if o.outcome != "published"] == [], name
    return city


def released(city: City, dataset: str, resource: str) -> pa.Table:
    current = city.archive.history(dataset).current
    assert current is not None
    content = city.archive.get(current.files[f"{resource}.csv"].sha256).decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    return pa.table({label: [row[label] or None for row in rows] for label in rows[0]})


def ask(sql: str, **tables: pa.Table) -> list[tuple]:
    with duckdb.connect() as duck:
        for name, table in tables.items():
            duck.register(name, table)
        return duck.sql(sql).fetchall()


def copies_of(dataset: Dataset) -> list[dict]:
    return [source for source in dataset.descriptor["sources"] if source["title"].startswith("Copia")]


@beside
@pytest.mark.parametrize("shipped", SAME)
def test_a_shipped_file_is_the_one_that_was_found(shipped: str):
    assert (DATASETS / shipped).read_bytes() == (FILES / SAME[shipped]).read_bytes()


@beside
def test_the_quarters_are_the_file_cut_by_quarter():
    whole = (FILES / "presupuesto_trimestres_2024T1_2026T2.csv").read_text("utf-8").splitlines()
    parts = sorted((DATASETS / "presupuesto-ejecucion" / "source").glob("20*.csv"))
    assert [line for path in parts for line in path.read_text("utf-8").splitlines()[1:]] == whole[1:]
    assert len(parts) == 10


@beside
def test_the_catalogue_is_what_the_tool_makes():
    made = catalogue_tables(FULL.read_bytes())
    assert {path.name: path.read_bytes() for path in SHIPPED.iterdir()} == made


@pytest.mark.parametrize(
    "folder", sorted(p.parent.name for p in DATASETS.glob("*/source")), ids=lambda name: name
)
def test_a_real_dataset_names_its_copy_or_the_documents_it_was_compiled_from(folder: str):
    """Where the bytes came from: repository, version and day, beside the original."""
    dataset = load_dataset(DATASETS / folder)
    sources = dataset.descriptor["sources"]
    if dataset.pipeline.publisher.id == "vereda" and folder not in (
        "presupuesto-ejecucion",
        "badata-catalogo",
    ):
        assert any(source.get("path") for source in sources) or folder == "ba-elige-cruce"
        return
    copies = copies_of(dataset)
    assert copies
    for copy in copies:
        if "path" in copy:
            assert re.search(r"/(blob|tree)/([0-9a-f]{40})/", copy["path"]), copy
            told = re.search(r"versión ([0-9a-f]{12}) del \d{1,2} de [a-z]+ de \d{4}", copy["title"])
            assert told, copy
            assert f"/{told[1]}" in copy["path"], copy
        else:
            assert "sha256" in copy["title"], copy
    assert len(copies) < len(sources), "the original too"


@pytest.mark.parametrize("folder", REAL, ids=lambda name: name)
def test_what_is_made_of_copies_names_them_too(folder: str):
    dataset = load_dataset(DATASETS / folder)
    if not any(isinstance(each.pipeline.source, DerivedSource) for each in dataset.resources):
        return
    mine = [copy["title"] for copy in copies_of(dataset)]
    for need in dataset.needs:
        theirs = [copy["title"] for copy in copies_of(load_dataset(DATASETS / need))]
        assert not theirs or set(theirs) & set(mine), need


@pytest.mark.parametrize(
    ("dataset", "package"),
    [
        ("ba-elige-plan-de-gobierno", "plan-gobierno"),
        ("ba-obras", "ba-obras"),
        ("barrios", "barrios"),
        ("compras-covid", "compras-coronavirus"),
        ("contrataciones", "buenos-aires-compras"),
    ],
)
def test_publisher_and_licence_are_those_of_the_citys_own_catalogue(dataset: str, package: str):
    """As its catalogue of 2021 has them: nobody else's word for it."""
    declared = load_dataset(DATASETS / dataset)
    (known,) = ask(
        f"SELECT organization_title, license_id FROM t WHERE name = '{package}'",
        t=raw("badata-catalogo/source/paquetes.csv"),
    )
    assert (declared.pipeline.publisher.name, declared.descriptor["licenses"][0]["name"]) == known


@pytest.mark.parametrize("folder", REAL, ids=lambda name: name)
def test_what_others_or_we_worked_out_does_not_stand_under_an_offices_name(folder: str):
    """A table whose own words say that it was worked out by somebody else."""
    dataset = load_dataset(DATASETS / folder)
    if dataset.pipeline.publisher.id == "vereda":
        return
    for resource in dataset.resources:
        words = str(resource.descriptor.get("description", ""))
        assert not re.search(r"calculamos nosotros|elaboró un tercero|la sumó un tercero", words), (
            resource.name
        )


def test_another_branch_keeps_its_publisher_and_who_compiled_is_told():
    for path in DATASETS.glob("legislatura-*"):
        declared = yaml.safe_load((path / "datapackage.yaml").read_text("utf-8"))
        assert declared["pipeline"]["publisher"]["id"] == "legislatura"
        assert "CEPOES" in {each["title"] for each in declared["contributors"]}
        assert declared["licenses"][0]["name"] == "notspecified"


def test_the_projects_of_ba_elige_are_counted_as_the_file_has_them(city: City):
    table, file = (
        released(city, "ba-elige-plan-de-gobierno", "proyectos"),
        raw("ba-elige-plan-de-gobierno/source/proyectos.csv"),
    )
    sql = (
        "SELECT count(*), count(*) FILTER ({mark}), count(*) FILTER ({mark} AND estado = 'Finalizado') FROM t"
    )
    assert ask(sql.format(mark="ba_elige = 'true'"), t=table) == ask(
        sql.format(mark="ba_elige = '1'"), t=file
    )
    assert ask(sql.format(mark="ba_elige = 'true'"), t=table) == [(1133, 230, 1)]


def test_candidates_are_in_one_place_share_words_and_link_nothing(city: City):
    rows = released(city, "ba-elige-candidatos", "candidatas").to_pylist()
    assert ("BA Elige: Parque de Voley Playa.", "Parque voley playa.") in {
        (row["proyecto"], row["obra"]) for row in rows
    }
    assert all(len(row["palabras"].split(", ")) >= 2 for row in rows)
    assert not (DATASETS / "ba-elige-cruce" / "source" / "cruce.csv").read_text("utf-8").splitlines()[1:]


def test_a_date_is_put_right_only_where_its_neighbours_leave_one_reading(city: City):
    orders = released(city, "compras-covid-ordenes", "ordenes")
    found = dict(ask("SELECT criterio, count(*)::INT FROM t GROUP BY 1", t=orders))
    assert found == {
        "cierta": 676,
        "igual": 13,
        "confirmada": 128,
        "corregida": 237,
        "dudosa": 7,
        "sin número": 40,
    }
    rows = {row["nro_orden"]: row for row in orders.to_pylist()}
    # 410-5743 is dated 6 January; the orders before and after it are of the end of May and of June.
    assert (rows["410-5743-OC20"]["fecha_archivo"], rows["410-5743-OC20"]["fecha"]) == (
        "2020-01-06",
        "2020-06-01",
    )
    for row in rows.values():
        if row["criterio"] == "corregida":
            year, month, day = row["fecha_archivo"].split("-")
            assert row["fecha"] == f"{year}-{day}-{month}"
            assert year == "2020"
        elif row["fecha"]:
            assert row["fecha"] == row["fecha_archivo"]
    beyond = [row for row in rows.values() if int(row["fecha_archivo"][8:]) > 12]
    assert {row["criterio"] for row in beyond} == {"cierta"}


def test_contracts_add_up_to_the_raw_file(city: City):
    sql = """SELECT count(*), sum(CAST({0} AS DECIMAL(20, 2))) FILTER ({1} = 'ARS') FROM t"""
    contracts = released(city, "contrataciones", "contratos")
    label = '"contracts/0/value/{}"'.format
    assert ask(sql.format("monto", "moneda"), t=contracts) == ask(
        sql.format(label("amount"), label("currency")), t=raw("contrataciones/source/contratos.csv")
    )
    buyers = released(city, "contrataciones-compradores", "compradores")
    wanted = """SELECT split_part("contracts/0/awardID", '-', 1), count(*) FROM t GROUP BY 1"""
    given = "SELECT comprador_id, CAST(sum(CAST(contratos AS INT)) AS INT) FROM t GROUP BY 1"
    assert dict(ask(given, t=buyers)) == dict(ask(wanted, t=raw("contrataciones/source/contratos.csv")))
    years = released(city, "contrataciones-compradores", "por_anio")
    assert ask("SELECT CAST(sum(CAST(contratos AS INT)) AS INT) FROM t", t=years) == [(95405,)]


def test_the_four_classifiers_of_the_budget_add_up_to_the_same(city: City):
    amounts = ", ".join(
        f"sum(CAST({name} AS DECIMAL(20, 0))) AS {name}"
        for name in ("sancionado", "vigente", "definitivo", "devengado")
    )
    table = released(city, "presupuesto-ejecucion", "trimestres")
    rows = ask(f"SELECT periodo, clasificador, {amounts} FROM t GROUP BY ALL ORDER BY ALL", t=table)
    assert len(rows) == 40
    for period in {row[0] for row in rows}:
        for place in range(2, 6):
            sums = [row[place] for row in rows if row[0] == period]
            assert max(sums) - min(sums) < 10, "pesos, of rounding by who added them up"
    programmes = ask(f"SELECT {amounts} FROM t", t=released(city, "presupuesto-ejecucion", "programas"))
    assert programmes == [row[2:] for row in rows if row[:2] == ("2026-T2", "jurisdicciones")]


def test_each_quarter_adds_up_to_the_total_of_the_citys_file(city: City):
    """What CEPOES counted of each file, beside what it published by jurisdiction."""
    files = released(city, "presupuesto-ejecucion", "archivos")
    sums = ", ".join(
        f"sum(CAST(t.{name} AS DECIMAL(20, 2))) - any_value(CAST(f.{name} AS DECIMAL(20, 2)))"
        for name in ("sancionado", "vigente", "definitivo", "devengado")
    )
    sql = f"""SELECT periodo, t.archivo = f.archivo, {sums} FROM t JOIN f USING (periodo)
        WHERE clasificador = 'jurisdicciones' GROUP BY ALL"""
    found = ask(sql, t=released(city, "presupuesto-ejecucion", "trimestres"), f=files)
    assert len(found) == 10
    for _period, same_file, *gaps in found:
        assert same_file
        assert all(abs(gap) < 10 for gap in gaps), "pesos, of rounding"
    told = ask("SELECT min(renglones::INT), max(renglones::INT), sum(descartados::INT)::INT FROM f", f=files)
    assert told == [(34835, 48514, 31)], "as the description says"
    approved = dict(
        ask("SELECT periodo, sancionado::DECIMAL(20, 0) FROM f WHERE periodo[:4] = '2024'", f=files)
    )
    assert approved["2024-T3"] - approved["2024-T4"] == 505709
    assert approved["2024-T1"] == approved["2024-T2"] == approved["2024-T3"]


@beside
def test_headers_that_drift_from_quarter_to_quarter_are_layouts_of_one_table(tmp_path: Path):
    """The city's own files of 2020 call a column `subj` until the third quarter and `Sjur` in the fourth, and
    an amount `Sancion` and `Sanción`, as its catalogue declares. Each header is a layout of one table."""
    declared: dict[str, list[str]] = {}
    with (FILES / "badata_2021_campos.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["dataset"] == "presupuesto-ejecutado" and "2020" in row["recurso"]:
                declared.setdefault(row["recurso"], []).append(row["campo"])
    headers = {name: fields for name, fields in declared.items() if len(fields) == 44}
    third = next(fields for name, fields in headers.items() if "Tercer" in name)
    fourth = next(fields for name, fields in headers.items() if "Cuarto" in name)
    assert [pair for pair in zip(third, fourth, strict=True) if pair[0] != pair[1]] == [
        ("subj", "Sjur"),
        ("Sancion", "Sanción"),
    ]
    city = City(tmp_path)
    wanted = {"Jur": "jurisdiccion", "Devengado": "devengado"}
    layouts = [
        {
            "header": [code, amount],
            "labels": {**wanted, code: "subjurisdiccion", amount: "sancionado"},
            "ignore": [label for label in fields if label not in (*wanted, code, amount)],
        }
        for fields, code, amount in ((third, "subj", "Sancion"), (fourth, "Sjur", "Sanción"))
    ]
    fields = [
        {"name": name, "type": "string", "description": name} for name in ("jurisdiccion", "subjurisdiccion")
    ] + [{"name": name, "type": "number", "description": name} for name in ("sancionado", "devengado")]
    made = declaration("ejecucion", fields=fields, key=None, layouts=layouts)
    made["resources"][0]["pipeline"]["source"] = {
        "kind": "file",
        "vintages": [
            {"asOf": "2020-09-30", "path": "source/t3.csv"},
            {"asOf": "2020-12-31", "path": "source/t4.csv"},
        ],
    }
    texts = {}
    for name, header in (("t3", third), ("t4", fourth)):
        cells = {
            "Jur": "40",
            "subj": "0",
            "Sjur": "0",
            "Sancion": "900",
            "Sanción": "900",
            "Devengado": "700",
        }
        texts[name] = ",".join(header) + "\n" + ",".join(cells.get(label, "x") for label in header) + "\n"
    city.declare(made, **texts)
    outcomes = city.run("ejecucion")
    assert [each.outcome for each in outcomes] == ["published", "unchanged"], outcomes
    assert released(city, "ejecucion", "ejecucion").to_pylist() == [
        {"jurisdiccion": "40", "subjurisdiccion": "0", "sancionado": "900", "devengado": "700"}
    ]


def test_a_quarter_stays_when_the_next_one_comes(city: City):
    releases = city.archive.history("presupuesto-ejecucion").releases
    assert [entry.as_of for entry in releases][::9] == ["2024-03-31", "2026-06-30"]
    changes = [entry.changes["trimestres"]["rows"] for entry in releases]
    assert all(each["removed"] == each["changed"] == 0 for each in changes)


def test_the_diagnosis_is_what_the_catalogue_says(city: City):
    table = released(city, "badata-diagnostico", "publicadores")
    total = "CAST(sum(CAST({} AS INT)) AS INT)".format
    found = ask(
        f"SELECT count(*), {total('conjuntos')}, {total('recursos')}, {total('documentados')} FROM t", t=table
    )
    files = raw("badata-catalogo/source/recursos.csv")
    assert found == [(31, 383, 2459, 619)]
    assert ask("SELECT count(*) FROM t WHERE CAST(fields AS INT) > 0", t=files) == [(619,)]


def test_of_works_that_can_be_followed_the_changed_stages_are_told(city: City):
    """778 names stand once in each of the two files; 59 of them have another stage."""
    first, second = city.archive.history("ba-obras").releases
    changes = second.changes["obras"]
    assert changes["untraced"]
    city.archive.save(second.files["changes.parquet"].sha256, city.folder / "changes.parquet")
    stages = f"FROM '{city.folder}/changes.parquet' WHERE change = 'cell-changed' AND field = 'etapa'"
    sql = f"SELECT count(*) {stages}"
    assert ask(sql) == [(59,)]
    # Of the 778, 14 are the same in every cell.
    assert changes["rows"]["changed"] == 764
    assert first.rows["obras"] - changes["rows"]["removed"] + changes["rows"]["added"] == second.rows["obras"]


def stated(dataset: str) -> str:
    """All that a dataset's own words say, in Spanish."""
    declared = load_dataset(DATASETS / dataset).descriptor
    texts = [declared["description"], *(each.get("description", "") for each in declared["resources"])]
    fields = [field for each in declared["resources"] for field in each["schema"]["fields"]]
    return " ".join([*texts, *(field["description"] for field in fields)])


FIGURES = [
    ("contrataciones", "los 3.259 firmados", "contrataciones/source/contratos.csv", "count(*) = 3259"),
    (
        "contrataciones",
        "vacía en 425 filas",
        "contrataciones/source/contratos.csv",
        "count(*) FILTER (\"contracts/0/value/currency\" = '') = 425",
    ),
    (
        "contrataciones",
        "entre el 1 de mayo y el 4 de agosto de 2020",
        "contrataciones/source/contratos.csv",
        "min(\"contracts/0/dateSigned\")[:10] = '2020-05-01' "
        "AND max(\"contracts/0/dateSigned\")[:10] = '2020-08-04'",
    ),
    (
        "contrataciones-compradores",
        "95.405 contratos",
        "contrataciones-compradores/source/por-anio.csv",
        "sum(contratos::INT) = 95405",
    ),
    ("compras-covid", "1.798 renglones", "compras-covid/source/items.csv", "count(*) = 1798"),
    (
        "compras-covid",
        "De 92 renglones, cuyo proveedor es una persona",
        "compras-covid/source/items.csv",
        "count(*) FILTER (proveedor = '') = 92",
    ),
    (
        "compras-covid-ordenes",
        "338 precios unitarios de dieciséis",
        "compras-covid-ordenes/source/precios.csv",
        "count(*) = 338 AND count(DISTINCT item) = 16",
    ),
    (
        "presupuesto-ejecucion",
        "los 621 renglones por programa",
        "presupuesto-ejecucion/source/programas-2026-t2.csv",
        "count(*) = 621",
    ),
    (
        "ba-elige-plan-de-gobierno",
        "cada fila se modificó por última vez entre el 14 de agosto de 2017 y el 8 de junio de 2018",
        "ba-elige-plan-de-gobierno/source/proyectos.csv",
        "min(modificado) = '2017-08-14' AND max(modificado) = '2018-06-08'",
    ),
    (
        "ba-compromisos",
        "Los 54 compromisos públicos",
        "ba-compromisos/source/compromisos.csv",
        "count(*) = 54 AND count(*) FILTER (try_cast(porcentaje_completado AS DOUBLE) = 100) = 27",
    ),
]


@pytest.mark.parametrize(("dataset", "words", "file", "sql"), FIGURES, ids=[case[1] for case in FIGURES])
def test_a_figure_that_a_page_states_is_the_raw_files(dataset: str, words: str, file: str, sql: str):
    assert words in stated(dataset)
    assert ask(f"SELECT {sql} FROM t", t=raw(file)) == [(True,)]


def test_axes_and_comunas_of_ba_elige_are_counted_as_the_file_has_them(city: City):
    """What the page of participation draws."""
    count = """SELECT trim(part), count(*) FROM (SELECT unnest(string_split(coalesce({0}, ''), ';')) AS part
        FROM t WHERE ba_elige = '{1}') GROUP BY 1"""
    table = released(city, "ba-elige-plan-de-gobierno", "proyectos")
    file = raw("ba-elige-plan-de-gobierno/source/proyectos.csv")
    for column in ("ejes", "comunas"):
        found = dict(ask(count.format(column, "true"), t=table))
        assert found == dict(ask(count.format(column, "1"), t=file))
    assert found[""] == 117

"""The participation datasets as they are declared: what they find wrong, what their indicators add up to, and
what stays uncounted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from catalog.archive.published import Previous, previous_of
from pipelines.release.verify import verify
from tests.support.cities import City
from tests.support.lazy import openpyxl
from tests.support.lazy import pandas as pd
from tests.support.paths import ROOT

FED = ["participacion-instancias", "comisarias-cercanas", "dialogando-ba", "iniciativas-participacion"]
SAMPLES = {
    "participacion-instancias": "instancias.xlsx",
    "dialogando-ba": "dialogando-ba.xlsx",
    "iniciativas-participacion": "iniciativas.xlsx",
    "grandes-choferes": "grandes-choferes.xlsx",
    "programas-incentivos": "incentivos.xlsx",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> City:
    """A city in which everything that participation needs was released."""
    city = City(tmp_path_factory.mktemp("city"))
    city.datasets = ROOT / "datasets"
    for id in (
        "barrios",
        *FED,
        "participacion-indicadores",
        "grandes-choferes",
        "ba-elige-proyectos",
        "participacion-cifras",
    ):
        assert [(o.outcome, o.message) for o in city.run(id)] == [("published", "")], id
    return city


def release(city: City, id: str) -> Previous:
    found = previous_of(city.archive, city.archive.history(id)) or previous_of(
        city.archive, city.archive.history(id, demo=True)
    )
    assert found is not None
    return found


def frame(city: City, id: str, resource: str) -> pd.DataFrame:
    return release(city, id).table(resource).to_pandas()


def borrowed(city: City, tmp_path: Path, *ids: str) -> City:
    """The same archive, with copies of these datasets' folders that a test may change."""
    other = City(tmp_path, city.archive)
    for id in ids:
        shutil.copytree(ROOT / "datasets" / id, other.datasets / id)
    return other


@pytest.mark.parametrize(
    ("id", "column", "than", "because"),
    [
        ("participacion-instancias", "Asistentes", "Inscriptos", "no asisten más personas"),
        ("dialogando-ba", "Asistentes", "Inscriptos", "no asisten más personas"),
        ("iniciativas-participacion", "Asistentes", "Inscriptos", "no asisten más personas"),
        ("grandes-choferes", "Choferes votados mayo", "Choferes", "no se vota a más choferes"),
        (
            "programas-incentivos",
            "Total participantes efectivos",
            "Total de inscriptos",
            "solo participa quien se inscribió",
        ),
    ],
)
def test_more_people_than_there_can_be_stop_the_release(published, tmp_path, id, column, than, because):
    city = borrowed(published, tmp_path, id)
    path = city.datasets / id / "sample" / SAMPLES[id]
    book = openpyxl.load_workbook(path)
    header = [cell.value for cell in book.active[1]]
    row = next(
        row for row in book.active.iter_rows(min_row=2) if isinstance(row[header.index(than)].value, int)
    )
    row[header.index(column)].value = row[header.index(than)].value + 1
    book.save(path)
    before = city.archive.history(id, demo=True)
    outcome = city.outcome(id)
    assert (outcome.outcome, because in outcome.message, str(row[0].row) in outcome.message) == (
        "rejected",
        True,
        True,
    ), outcome.message
    assert city.archive.history(id, demo=True) == before


def test_a_barrio_that_is_none_stops_the_release(published, tmp_path):
    city = borrowed(published, tmp_path, "dialogando-ba")
    path = city.datasets / "dialogando-ba" / "sample" / "dialogando-ba.xlsx"
    book = openpyxl.load_workbook(path)
    book.active.cell(2, [cell.value for cell in book.active[1]].index("Barrio") + 1).value = "Palermo Soho"
    book.save(path)
    outcome = city.outcome("dialogando-ba")
    assert (outcome.outcome, "Palermo Soho" in outcome.message) == ("rejected", True)


def rows_of_all(city: City) -> pd.DataFrame:
    """The rows that the indicators count, put together by hand."""
    names = {
        "participacion-instancias": (
            "instancias",
            {
                "fecha_evento": "fecha",
                "nombre_actividad": "actividad",
                "direccion": "lugar",
                "resultado_votacion": "resultado",
            },
        ),
        "comisarias-cercanas": (
            "encuentros",
            {"fecha_evento": "fecha", "evento": "actividad", "comisarias_participantes": "lugar"},
        ),
        "dialogando-ba": ("encuentros", {"tema": "actividad"}),
        "iniciativas-participacion": ("iniciativas", {"iniciativa": "actividad", "etapa": "lugar"}),
    }
    programmes = {
        "comisarias-cercanas": "Comisarías Cercanas",
        "dialogando-ba": "Dialogando BA",
        "iniciativas-participacion": "Iniciativas de participación",
    }
    parts = []
    for id, (resource, labels) in names.items():
        part = frame(city, id, resource).rename(columns=labels)
        parts.append(part.assign(programa=programmes[id]) if id in programmes else part)
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(anio=pd.to_datetime(rows["fecha"]).dt.year)


def test_the_indicators_are_what_a_hand_computation_gives(published):
    keys = ["anio", "programa", "comuna", "grupo_etario"]
    rows = rows_of_all(published)
    rows["acto"] = [
        tuple(map(str, each)) for each in rows[["fecha", "actividad", "lugar"]].itertuples(index=False)
    ]
    grouped = rows.groupby(keys, dropna=False)
    expected = grouped.agg(instancias=("acto", "nunique"), respuestas=("respuesta_gobierno", "count"))
    for field in ("inscriptos", "asistentes", "votos"):
        expected[field] = grouped[field].sum(min_count=1)
    given = frame(published, "participacion-indicadores", "indicadores")
    assert len(given) == len(expected)
    there = {key_of(key): values for key, values in expected.iterrows()}
    for row in given.to_dict("records"):
        values = there[key_of(row[key] for key in keys)]
        assert row["instancias"] == values["instancias"]
        assert row["con_respuesta"] == values["respuestas"], "one row an instance in the sample"
        for field in ("inscriptos", "asistentes", "votos"):
            assert (pd.isna(row[field]) and pd.isna(values[field])) or row[field] == values[field], (
                row,
                field,
            )


def key_of(values) -> tuple:
    return tuple(None if pd.isna(value) else str(value).removesuffix(".0") for value in values)


def test_coverage_says_of_how_many_rows_a_thing_is_known(published):
    rows = rows_of_all(published)
    given = frame(published, "participacion-indicadores", "cobertura")
    for row in given.to_dict("records"):
        part = rows[rows["programa"] == row["programa"]]
        assert (row["filas"], row["conocidas"]) == (len(part), part[row["dato"]].notna().sum()), row
        assert row["cobertura"] == pytest.approx(100 * row["conocidas"] / row["filas"], abs=0.051)
    ages = given[(given["dato"] == "grupo_etario") & (given["programa"] == "Comisarías Cercanas")]
    assert ages["cobertura"].tolist() == [0.0], "nobody asked for it"


def test_the_indicators_are_a_demonstration_made_from_demonstrations(published, tmp_path):
    history = published.archive.history("participacion-indicadores", demo=True)
    assert [
        each["demo"] for each in release(published, "participacion-indicadores").descriptor["derivedFrom"]
    ] == [True] * 4
    assert verify(published.archive, history.current, history).bytes_same
    city = borrowed(published, tmp_path, "participacion-indicadores")
    path = city.datasets / "participacion-indicadores" / "datapackage.yaml"
    path.write_text(path.read_text("utf-8").replace("  demo: true\n", ""), "utf-8")
    outcome = city.outcome("participacion-indicadores")
    assert (outcome.outcome, "filas inventadas" in outcome.message) == ("rejected", True)
    assert city.archive.history("participacion-indicadores").entries == ()


def test_the_figures_are_real_have_units_and_windows_of_their_own_and_agree_with_the_commitment(published):
    assert published.archive.history("participacion-cifras", demo=True).entries == ()
    figures = frame(published, "participacion-cifras", "cifras").set_index("cifra_id")
    columns = ["clase", "valor", "unidad", "desde", "hasta"]
    assert figures.loc["bue0008-meta", columns].tolist() == [
        "meta",
        300,
        "vinculación directa",
        "2018-10",
        "2019-12",
    ]
    assert figures.loc["bue0008-contado", columns].tolist() == [
        "contado",
        895,
        "instancia participativa",
        "2016",
        "2019",
    ]
    assert figures["fuente"].notna().all()
    described = yaml.safe_load((ROOT / "datasets/participacion-cifras/datapackage.yaml").read_text("utf-8"))
    assert set(figures["fuente"]) == {source["title"] for source in described["sources"]}
    milestone = pd.read_csv(ROOT / "datasets/ogp/source/hitos.csv").set_index("hito_id").loc["BUE0008.3.3"]
    assert (milestone["meta"], milestone["contado"]) == (300, 895)


def test_months_across_become_rows(published):
    rows = frame(published, "grandes-choferes", "votos")
    book = openpyxl.load_workbook(ROOT / "datasets/grandes-choferes/sample/grandes-choferes.xlsx").active
    header, *lines = [list(row) for row in book.iter_rows(values_only=True)]
    assert len(rows) == 9 * len(lines)
    assert sorted(rows["mes"].unique()) == list(range(4, 13))
    for measure, field in (("Votos totales", "votos_totales"), ("Choferes votados", "choferes_votados")):
        places = [place for place, label in enumerate(header) if label.startswith(measure)]
        assert rows[field].tolist() == [line[place] for line in lines for place in places]


def test_projects_are_followed_to_their_milestones(published):
    projects = frame(published, "ba-elige-proyectos", "proyectos").set_index("proyecto_id")
    steps = frame(published, "ba-elige-proyectos", "hitos")
    assert set(steps["proyecto_id"]) <= set(projects.index)
    assert set(projects.loc[steps["proyecto_id"], "factibilidad"]) == {"factible"}
    assert (projects["presupuesto"].value_counts().to_dict()) == {
        "Edición demo 2017": 40,
        "Edición demo 2019": 20,
    }


def counts(city: City) -> dict[str, int]:
    rows = frame(city, "ba-elige-obras", "conteo")
    return dict(zip(rows["medida"], rows["cantidad"], strict=True))


def test_what_no_document_links_is_counted_and_not_guessed(tmp_path):
    city = City(tmp_path)
    for id in ("ba-obras", "barrios", "ba-elige-cruce", "ba-elige-obras"):
        shutil.copytree(ROOT / "datasets" / id, city.datasets / id)
    for id in ("barrios", "ba-obras", "ba-elige-cruce", "ba-elige-obras"):
        assert city.run(id)[-1].outcome == "published", id
    marked = int(frame(city, "ba-obras", "obras")["ba_elige"].fillna(False).astype(bool).sum())
    assert marked == 6
    assert counts(city) == {
        "obras marcadas BA Elige": 6,
        "obras con proyecto declarado": 0,
        "obras sin proyecto declarado": 6,
        "cruces declarados sin obra marcada": 0,
    }
    rows = (
        "proyecto_id,obra,comuna,fuente\n"
        "7,Parque voley playa.,14,Acta 1\n8,Plaza que no está,3,Acta 2\n9,Casa Cuna,4,Acta 3\n"
    )
    city.send("ba-elige-cruce", rows, "cruce")
    city.run("ba-elige-cruce")
    assert city.run("ba-elige-obras")[0].outcome == "published"
    assert counts(city) == {
        "obras marcadas BA Elige": 6,
        "obras con proyecto declarado": 1,
        "obras sin proyecto declarado": 5,
        "cruces declarados sin obra marcada": 2,
    }
    works = frame(city, "ba-elige-obras", "obras")
    assert works.loc[works["cruce"] == "declarado", ["obra", "proyecto_id"]].values.tolist() == [
        ["Parque voley playa.", 7.0]
    ]
    assert works.loc[works["obra"] == "Casa Cuna II", "proyecto_id"].isna().all(), (
        "a name that looks alike is no document"
    )

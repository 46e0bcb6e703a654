"""The datasets that are declared and wait for their first file: on the day it arrives, in the columns that
their owners declared, it becomes a release, and nobody's address, age or number is in it.

Every row here is invented.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from pipelines.agency.template.columns import is_written, plan_sheets
from pipelines.cli.queries import list_datasets
from pipelines.dataset.dataset import load_dataset
from pipelines.nightly.plan import pass_over_awaiting, plan_night
from tests.support.cities import City
from tests.support.paths import DATASETS, SHARED
from tools.sample_compromisos import STATES, board
from tools.suaci_counts import monthly_counts

CATALOGUE = SHARED / "data" / "city" / "badata_2021_campos.csv"
BOARD = "compromisos-tablero-2021"
COURT = SHARED / "data" / "city" / "juzgado10_pcyf_campos.csv"
WAITING = sorted(
    path.parent.name
    for path in DATASETS.glob("*/datapackage.yaml")
    if load_dataset(path.parent).pipeline.pending
)
YEARLY = ("concepto", "rubro", "{tipo}", "fecha_ingreso", "comuna", "barrio", "calle", "altura")
YEARLY += ("esquina_proxima", "latitud", "longitud")
PLACE = "Palermo;THAMES;2220;GORRITI;-34,58;-58,42"


def yearly(period: str, kind: str) -> str:
    """A file of SUACI's as it was declared for most years."""
    header = ";".join((period, *YEARLY)).format(tipo=kind)
    return f"{header}\n201306;Vereda rota;ACERAS;RECLAMO;2013-06-05;COMUNA 14;{PLACE}\n"


SUACI = {
    "2012": yearly("periodo", "tipo_de_prestacion"),
    "2013": yearly("Periodo", "tipo_de_prestacion"),
    "2018": yearly("periodo", "tipo_prestacion"),
    "2019": yearly("periodo", "tipo_prestación"),
    "2020": yearly("periodo ", "tipo_prestacion"),
    "2021": (
        "Contacto,Periodo,Categoria,Subcategoria,Prestacion,Tipo Prestacion,Fecha Ingreso,Hora Ingreso,"
        "Domicilio CGPC,Domicilio Barrio,Domicilio Calle,Domicilio Altura,Esquina Proxima,Lat,Lon,Canal,Sexo,"
        "Estado del Contacto,Fecha Cierre Del Contacto\n"
        "00753671/21,202106,VEREDAS,Rota,Reparación,Solicitud,05/06/2021,12:06:37,COMUNA 14,PALERMO,"
        "THAMES,2220,"
        ",-34.58,-58.42,App,Femenino,Cerrado,07/06/2021\n"
    ),
    "2019, as it was cut": (
        '"nro_solicitud";"periodo";"categoria";"prestacion";"tipo";"fecha_ingreso";"hora_ingreso";"comuna";'
        '"barrio";"calle";"altura";"esquina_proxima";"canal";"long";"lat";"genero";"estado_general";'
        '"lat_wgs84";"long_wgs84"\n'
        '"00753671/19";"201906";VEREDAS;Reparación;Solicitud;2019-06-05;12:06:37;"14";Palermo;THAMES;2220.0;;Web;'
        '"103513";"105048";Femenino;Cerrado;-34,58;-58,42\n'
    ),
    "2016, as it was cut": (
        "periodo;concepto;rubro;tipo_prestacion;fecha_ingreso;hora_ingreso;domicilio_cgp;domicilio_barrio;"
        "domicilio_calle;domicilio_altura;domicilio_esquina_proxima;lat;long;lat;long\n"
        "201601;Banco roto;Plazas;Reclamo;2016-01-01;12:00:45;14;Palermo;THAMES;2220;;-34,58;-58,42;;\n"
    ),
}


def tracking_board(own_fields: bool) -> str:
    """The demonstration's board as one of 2021 may be: a due date, tasks, archived cards, members; with
    custom fields or without."""
    export = json.loads(board("2023-05"))
    first, last = export["cards"][0], export["cards"][-1]
    first |= {"desc": "Habló Persona inventada", "due": "2023-06-01T02:59:00.000Z"}
    first["badges"] |= {"checkItems": 3, "checkItemsChecked": 2}
    first["attachments"] += [{"id": "a" * 24, "name": "Acta", "url": "https://example.org/acta"}]
    last["closed"] = True
    if not own_fields:
        export["customFields"] = []
        for card in export["cards"]:
            del card["customFieldItems"]
    return json.dumps(export, ensure_ascii=False)


AGES = "anio,grupo_edad,"
ARRIVALS: dict[str, dict[str, str]] = {
    "compromisos-tablero-2021": {"tarjetas": tracking_board(own_fields=False)},
    "gestion-colaborativa": {"solicitudes": SUACI["2021"]},
    "violencia-genero": {
        "llamadas-144": (
            "Año,Total llamadas servicios telefonicos,Total linea violencia familiar,informacion general,"
            "casos maltrato fisico emocional,emergencia,total linea te ayudo,asesoramiento,"
            "casos maltrato infanto-juvenil y abuso sexual,adolecente violento,noviazgo violento,emergencia,"
            "total linea de informacion general y salud integral,informacion general,"
            "casos pap mamas derecho a la saluda,otras problematicas\n"
            "2015,100,60,10,40,10,30,10,10,5,3,2,10,4,3,3\n"
        ),
        "casos-comunas": "Lugar,Año,Comuna,Casos Penales,Casos Contravencionales\nFlores,2015,7,3,80\n",
        "casos-cuatrimestres": (
            "Año,Cuatrimestre,Tipo,Total,Sin ind de violencia de genero y/o violencia domestica,"
            "Con ind de violencia de genero y/o violencia domestica\n2015,1,penal,100,70,30\n"
        ),
        "tasa-femicidios": "anio,tasa_femicidios\n2015,0.9\n",
        "femicidios": f"{AGES}cantidad_femicidios\n2015,15 a 29,2\n2015,30 a 44,9\n",
        "asistidas-cim": f"{AGES}mujeres\n2015,15 a 29,4\n2015,30 a 44,90\n",
        "atendidas-ovd": "anio,sexo,grupo_edad,casos_violencia_atendidos\n2015,Mujer,15 a 29,1\n",
        "conocimiento": "anio,servicios_asistencia,porc_mujeres\n2015,Línea,40.5\n",
        "asistencia-edad": f"{AGES}porc_mujeres_asistidas\n2015,15 a 29,12.5\n",
        "asistencia-servicio": "anio,servicio_asistencia,porc_mujeres\n2015,Línea,40.5\n",
        "violencia-pareja": f"{AGES}tipo_violencia,porc_mujeres\n2015,15 a 29,física,10.1\n",
    },
    "covid-19": {
        "reporte": (
            "FECHA,TIPO_REPORTE,TIPO_DATO,SUBTIPO_DATO,VALOR,FECHA_PROCESO,ID_CARGA\n"
            "02MAR2021:00:00:00,salud,camas,total,450,03MAR2021:00:00:00,7\n"
        ),
        "casos": (
            "numero_de_caso,fecha_apertura_snvs,fecha_toma_muestra,fecha_clasificacion,provincia,barrio,genero,"
            "edad,clasificacion,fecha_fallecimiento,fallecido,fecha_alta,tipo_contagio\n"
            + "99887766,01MAR2021:00:00:00.000000,,02MAR2021:00:00:00.000000,CABA,FLORES,femenino,34,"
            "confirmado,,NO,,Comunitario\n"
            * 5
            + "99887766,,,03MAR2021:00:00:00.000000,CABA,BOEDO,masculino,91,confirmado,,SI,,Importado\n"
        ),
    },
    "poder-judicial": {
        "resoluciones": (
            "FIRMA,MATERIA,ART_INFRINGIDO,CODIGO_O_ley,CONDUCTA,CONDUCTA_DESCRIPCION,VIOLENCIA_DE_GENERO,V_FISICA,"
            "V_PSIC,V_ECON,V_SEX,V_SOC,V_AMB,V_SIMB,V_POLIT,MODALIDAD_DE_LA_VIOLENCIA,NIVEL_INSTRUCCION,"
            "FRECUENCIA_EPISODIOS,RELACION_Y_TIPO_ENTRE_ACUSADO/A_Y_DENUNCIANTE,HIJOS_HIJAS_EN_COMUN,GENERO,"
            "PERSONA_ACUSADA_NO_DETERMINADA,NACIONALIDAD,EDAD,LUGAR DEL HECHO,"
            "VIA_PUBLICA_O_DENTRO_DE_DOMICILIO,"
            "VILLA O ASENTAMIENTO,TIPO_DE_RESOLUCION,OBJETO_DE_LA_RESOLUCION,DETALLE,DECISION,ORAL_ESCRITA,"
            "SI_NO_RECURRENTE,DECISION_CAMARA_DE_APELACIONES\n"
            + (
                "XX,penal,149 bis,CP,amenazas,simples,si,no,si,no,no,no,no,si,no,domestica,sd,habitual,"
                "pareja,si,mujer_cis,no,argentina,34,Flores,dentro,no,definitiva,probation,texto,hace_lugar,oral,no,\n"
            )
            * 5
            + (
                "XX,faltas,1,Ley,ruidos_molestos,,no,no,no,no,no,no,no,no,no,no_corresponde,sd,sd,vecino,no,"
                "varon_cis,no,uruguaya,61,Boedo,dentro,no,interlocutoria,multa,texto,no_hace_lugar,escrita,no,\n"
            )
        ),
    },
    "declaraciones-juradas": {
        "declaraciones": (
            "Funcionario,Cargo,Organismo,Tipo,Año,Enlace\n"
            "Persona de Prueba,Ministra,Ministerio de prueba,inicial,2015,https://ddjj.example/1\n"
            "Persona de Prueba,Ministra,Ministerio de prueba,Anual,2016,https://ddjj.example/2\n"
            "Persona de Prueba,Ministra,Ministerio de prueba,Final,2018,\n"
        ),
    },
}
PRIVATE = (
    "THAMES",
    "00753671",
    "Femenino",
    "34.58",
    "FLORES",
    "BOEDO",
    "femenino",
    "uruguaya",
    "mujer_cis",
    "99887766",
    "inventada",
)


def city_of_all(folder: Path) -> City:
    city = City(folder)
    city.datasets = DATASETS
    return city


def hand_in(city: City, dataset: str, resource: str, content: str) -> None:
    publisher = load_dataset(DATASETS / dataset).pipeline.publisher.id
    folder = city.inbox / publisher / dataset / resource
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{resource}.{'json' if content.startswith('{') else 'csv'}").write_text(content, "utf-8")


def awaiting(city: City, *datasets: str) -> set[str]:
    """Those of the datasets that a run of all passes over."""
    return set(pass_over_awaiting(plan_night(DATASETS, datasets, False), city.archive, city.inbox).awaiting)


def rows(city: City, dataset: str, resource: str) -> list[dict[str, str]]:
    current = city.archive.history(dataset).current
    assert current is not None
    content = city.archive.get(current.files[f"{resource}.csv"].sha256).decode()
    return list(csv.DictReader(io.StringIO(content)))


def test_every_waiting_dataset_is_tried_here():
    assert {*ARRIVALS, "declaraciones-juradas-faltantes"} == set(WAITING)


@pytest.mark.parametrize("dataset", sorted(ARRIVALS))
def test_the_day_the_file_arrives_it_is_a_release(tmp_path, dataset: str):
    city = city_of_all(tmp_path)
    assert awaiting(city, dataset) == {dataset}
    for resource, content in ARRIVALS[dataset].items():
        hand_in(city, dataset, resource, content)
    assert awaiting(city, dataset) == set()
    outcomes = city.run(dataset)
    assert [(each.outcome, each.message) for each in outcomes] == [("published", "")]
    current = city.archive.history(dataset).current
    assert current is not None
    for name, file in current.files.items():
        if file.public and name.endswith((".csv", ".json")):
            text = city.archive.get(file.sha256).decode()
            assert not [each for each in PRIVATE if each in text], name


@pytest.mark.parametrize("year", SUACI)
def test_each_years_columns_of_suaci_are_one_table(tmp_path, year: str):
    city = city_of_all(tmp_path)
    hand_in(city, "gestion-colaborativa", "solicitudes", SUACI[year])
    assert [(each.outcome, each.message) for each in city.run("gestion-colaborativa")] == [("published", "")]
    (row,) = rows(city, "gestion-colaborativa", "solicitudes")
    assert (row["mes"][:2], row["comuna"], row["barrio"]) == ("20", "14", "Palermo")
    assert set(row) == {
        *("mes", "categoria", "subcategoria", "prestacion", "tipo", "ingreso", "comuna", "barrio"),
        *("canal", "estado", "cierre"),
    }


def test_the_board_is_read_card_by_card(tmp_path):
    city = city_of_all(tmp_path)
    hand_in(city, BOARD, "tarjetas", tracking_board(own_fields=False))
    city.run(BOARD)
    cards = rows(city, BOARD, "tarjetas")
    assert [card["archivada"] for card in cards] == ["false"] * 5 + ["true"]
    assert {card["lista"] for card in cards} <= set(STATES.values())
    first = cards[0]
    assert (first["vence"], first["tareas"], first["tareas_hechas"]) == (
        "2023-05-31T23:59:00-03:00",
        "3",
        "2",
    )
    assert first["evidencias"].endswith("; https://example.org/acta")


def test_what_the_board_has_of_its_own_is_named_before_anything_is_published(tmp_path):
    city = City(tmp_path)
    shutil.copytree(DATASETS / BOARD, city.datasets / BOARD)
    hand_in(city, BOARD, "tarjetas", tracking_board(own_fields=True))
    outcome = city.outcome(BOARD)
    assert (outcome.outcome, outcome.problems) == ("rejected", 4)
    told = json.dumps(outcome.report, ensure_ascii=False, default=str)
    for name in ("Hito", "Avance (%)", "Desafíos", "Área que informa"):
        assert f"customField.{name}" in told

    declared = city.datasets / BOARD / "datapackage.yaml"
    text = declared.read_text("utf-8")
    own = (
        '"customField.Hito", "customField.Avance (%)", "customField.Desafíos", "customField.Área que informa"'
    )
    declared.write_text(text.replace("ignore: [board, desc]", f"ignore: [board, desc, {own}]"), "utf-8")
    assert city.outcome(BOARD).outcome == "published"


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("content", ['{"cards": []}', '{"lists": [], "cards": [1]}'])
def test_what_is_no_board_is_told(tmp_path, content: str):
    city = city_of_all(tmp_path)
    hand_in(city, BOARD, "tarjetas", content)
    outcome = city.outcome(BOARD)
    assert (outcome.outcome, "export of a Trello board" in (outcome.message or "")) == ("rejected", True)


@pytest.mark.usefixtures("english")
def test_nobody_is_given_a_workbook_for_a_board():
    dataset = load_dataset(DATASETS / BOARD)
    assert not is_written(dataset.resources[0])
    with pytest.raises(ValueError, match="is not written by hand"):
        plan_sheets(dataset, "", {})


def test_the_list_says_what_is_pending_and_then_that_it_is_live(tmp_path):
    city = city_of_all(tmp_path)

    def states() -> dict[str, str]:
        told = list_datasets(city.archive, DATASETS, city.clock())["datasets"]
        return {each["id"]: each["state"] for each in told}

    before = states()
    assert {name for name in before if before[name] == "pending"} >= set(WAITING)
    hand_in(city, "gestion-colaborativa", "solicitudes", SUACI["2018"])
    city.run("gestion-colaborativa")
    assert states() == before | {"gestion-colaborativa": "live"}


def test_a_year_that_arrives_leaves_the_others(tmp_path):
    city = city_of_all(tmp_path)
    for year in ("2013", "2021"):
        hand_in(city, "gestion-colaborativa", "solicitudes", SUACI[year])
        city.run("gestion-colaborativa")
    assert {row["mes"] for row in rows(city, "gestion-colaborativa", "solicitudes")} == {"2013-06", "2021-06"}


def test_counts_of_few_persons_are_held_back(tmp_path):
    city = city_of_all(tmp_path)
    for dataset in ("violencia-genero", "covid-19", "poder-judicial"):
        for resource, content in ARRIVALS[dataset].items():
            hand_in(city, dataset, resource, content)
        city.run(dataset)
    assert [row["victimas"] for row in rows(city, "violencia-genero", "femicidios")] == ["", "9"]
    assert [row["penales"] for row in rows(city, "violencia-genero", "casos-comunas")] == [""]
    cases = rows(city, "covid-19", "casos")
    assert [case["contagio"] for case in cases] == ["Comunitario"] * 5 + [""]
    assert cases[-1] == {
        "clasificado": "", "provincia": "", "clasificacion": "confirmado", "fallecido": "", "contagio": "",
    }  # fmt: skip
    rulings = rows(city, "poder-judicial", "resoluciones")
    assert [ruling["conducta"] for ruling in rulings] == ["amenazas"] * 5 + [""]
    assert (rulings[0]["modalidad"], rulings[0]["decision"]) == ("Doméstica", "Hace lugar")


def test_the_years_without_a_declaration_are_told(tmp_path):
    city = city_of_all(tmp_path)
    both = ("declaraciones-juradas", "declaraciones-juradas-faltantes")
    assert awaiting(city, *both) == set(both)
    hand_in(
        city, "declaraciones-juradas", "declaraciones", ARRIVALS["declaraciones-juradas"]["declaraciones"]
    )
    assert awaiting(city, *both) == set()
    city.run("declaraciones-juradas")
    assert [each.outcome for each in city.run("declaraciones-juradas-faltantes")] == ["published"]
    missing = rows(city, "declaraciones-juradas-faltantes", "faltantes")
    assert [row["anio"] for row in missing] == ["2015", "2017", "2018"]


# Package and resource of the catalogue of 2021 → where its columns are declared.
DECLARED = {
    "sistema-unico-atencion-ciudadana": ("gestion-colaborativa", "solicitudes-por-barrio"),
    "casos-covid-19": ("covid-19",),
    "reporte-covid": ("covid-19",),
    "llamadas-linea-144": ("violencia-genero",),
    "casos-penales-contravencionales": ("violencia-genero",),
    "femicidios": ("violencia-genero",),
    "servicios-asistencia-victimas-violencia-genero": ("violencia-genero",),
    "violencia-pareja": ("violencia-genero",),
    "inventario-gases-efecto-invernadero": ("cambio-climatico",),
    "metas-reduccion-de-emision": ("cambio-climatico",),
    "acceso-informacion-publica": ("pedidos-de-datos",),
}


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def known_labels(folder: Path) -> list[set[str]]:
    """Of each layout all labels that it says anything of."""
    found = []
    for resource in load_dataset(folder).resources:
        hidden = set(resource.pipeline.personal_data)
        for layout in resource.pipeline.layouts:
            named = {*layout.header, *layout.labels, *layout.ignore, *hidden, *resource.fields}
            found.append({_fold(each) for each in named})
    return found


def _fold(label: str) -> str:
    """The catalogue of 2021 writes some columns in another way than their files do."""
    return label.strip().casefold().replace("ñ", "n").replace("_limpio", "")


def test_subjects_are_added_up_whatever_bytes_their_names_have():
    content = b"PERIODO,RUBRO,TIPO_PRESTACION,BARRIO,total,COMUNA\n"
    content += b"201301,A\xfc\xbe,QUEJA,BOCA,2,4\n201301,B,QUEJA,BOCA,3,4\n"
    assert monthly_counts(content) == "PERIODO,TIPO_PRESTACION,BARRIO,COMUNA,total\n201301,QUEJA,BOCA,4,5\n"


@pytest.mark.skipif(
    not CATALOGUE.is_file(), reason="the catalogue's columns do not stand beside this checkout"
)
@pytest.mark.parametrize("package", DECLARED)
def test_every_column_that_the_city_declared_has_its_layout(package: str):
    declared = defaultdict(set)
    for row in csv_rows(CATALOGUE):
        if row["dataset"] == package and row["campo"]:
            declared[row["recurso"]].add(_fold(row["campo"]))
    # The subjects of the counts are added up before (tools/suaci_counts.py).
    known = [{*labels, "rubro"} for name in DECLARED[package] for labels in known_labels(DATASETS / name)]
    lost = {
        name: columns for name, columns in declared.items() if not any(columns <= labels for labels in known)
    }
    assert (bool(declared), lost) == (True, {})


@pytest.mark.skipif(not COURT.is_file(), reason="the court's columns do not stand beside this checkout")
def test_every_column_of_the_court_is_decided():
    columns = {row["campo"] for row in csv_rows(COURT)}
    (resource,) = load_dataset(DATASETS / "poder-judicial").resources
    (layout,) = resource.pipeline.layouts
    decided = {*layout.labels, *resource.pipeline.personal_data} - {"k", *layout.labels.values()}
    assert columns == decided

"""Nothing personal, and nothing that would run, gets into what is published by accident; what was found is
told by its place only."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pyarrow as pa
import pytest
from stdnum.ar import cuit

from catalog.archive.archive import Archive
from messages import speaking
from pipelines.cli.tables import report_lines
from pipelines.dataset.dataset import load_dataset
from pipelines.read.hide import hash_text, mask_text
from pipelines.release import gate
from pipelines.release.verify import verify
from tests.support.checks import check_report
from tests.support.cities import City, csv, declaration
from tests.support.lazy import pandas as pd
from validation.personal.active import active_kind
from validation.personal.identifiers import find_kinds
from validation.problems.notes import sentence

FIELDS = [
    {"name": "id", "type": "integer"},
    {"name": "texto", "type": "string"},
    {"name": "correo", "type": "string"},
    {"name": "monto", "type": "number"},
]
HEADER = "id,texto,correo,monto"
KEY = "una clave de prueba, larga"


def persons(prefix: str, dni: str) -> str:
    return f"{prefix}{dni}{cuit.calc_check_digit(prefix + dni)}"


PERSON, COMPANY = persons("20", "12345678"), persons("30", "50071685")
DASHED = f"{PERSON[:2]}-{PERSON[2:10]}-{PERSON[10]}"


@pytest.fixture
def city_with_key(tmp_path):
    """One whose archive has a key, with which declarations may hash."""
    return City(tmp_path, Archive.open(tmp_path / "archive", KEY))


def declared(
    city: City,
    *rows: str,
    header: str = HEADER,
    fields: list[dict] | None = None,
    key: str | None = "id",
    **pipeline,
) -> None:
    city.declare(
        declaration("vecinos", fields=fields or FIELDS, key=key, **pipeline), datos=csv(*rows, header=header)
    )


def kept(city: City, name: str) -> bytes:
    return city.archive.get(city.history("vecinos").current.files[name].sha256)


def table(city: City) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(kept(city, "vecinos.parquet")))


def everything_but_the_raw_file(city: City, raw: bytes) -> str:
    """All that the archive keeps, as text; of the raw extracts only their names."""
    files = [path.read_bytes() for path in Path(city.archive.root).rglob("*") if path.is_file()]
    return "\n".join(content.decode("utf-8", "replace") for content in files if content != raw)


def found(city: City, *rows: str, **more) -> list[tuple[str, int | None, str | None]]:
    declared(city, *rows, **more)
    report = check_report(city.datasets, city.archive, "vecinos")
    return [(problem.code or problem.type, problem.row, problem.field) for problem in report.problems]


# --- what is found

PERSONAL = [
    (DASHED, {"cuit"}),
    (f"CUIL {PERSON}", {"cuit"}),
    (f"CUIT: {PERSON[:2]}-12.345.678-{PERSON[10]}.", {"cuit"}),
    (f"{COMPANY}; {DASHED}", {"cuit"}),
    ("DNI 12.345.678", {"dni"}),
    ("d.n.i. n° 12345678", {"dni"}),
    ("DNI del solicitante: 12345678", {"dni"}),
    ("documento nacional de identidad 5.345.678", {"dni"}),
    ("vino con 12.345.678 (DNI)", {"dni"}),
    ("L.E. 4.345.678", {"dni"}),
    ("escribir a maria.gomez+barrio@gmail.com.", {"email"}),
    ("ana.paz@buenosaires.gob.ar", {"email"}),
    ("Tel. 4321-5678", {"phone"}),
    ("cel: 15 5555 1234", {"phone"}),
    ("+54 9 11 4321-5678", {"phone"}),
    ("+541143215678", {"phone"}),
    ("(011) 4321-5678", {"phone"}),
    ("WhatsApp al 11-4321-5678", {"phone"}),
    ("teléfono de contacto: 011 15-4321-5678", {"phone"}),
    ("Reclamo de María Fernanda Gómez, DNI 12.345.678", {"dni", "name"}),
    ("Pérez, Juan 12.345.678", {"dni", "name"}),
    ("firmó Nahuel Quispe (12345678)", {"dni", "name"}),
    ("consultas al 4361-8052 o en la sede", {"phone"}),
    ("Sumak Condori, DNI 12.345.678", {"dni", "name"}),  # a given name that no list has
    ("Av. Scalabrini Ortiz 1234, DNI 12.345.678", {"dni"}),
    ("DNI 12.345.678 Avenida Manuel Belgrano", {"dni"}),
    ("DNI 12.345.678 - Escuela N° 7 Juan Bautista Alberdi", {"dni"}),
    ("DNI 12.345.678 Carlos Calvo 1234", {"dni"}),
    ("juan@correo.com.ar Eduardo Madero Y Perón", {"email"}),
    ("Ana Gómez y Luis Paz (juan@correo.com.ar)", {"email", "name"}),
    ("Martín García Construcciones SRL juan@correo.com.ar", {"email"}),
    ("Integración Social juan@correo.com.ar", {"email"}),
    ("GOMEZ, Juan Carlos Pérez - juan@correo.com.ar", {"email", "name"}),
]
NOT_PERSONAL = [
    COMPANY,
    f"{COMPANY[:2]}-{COMPANY[2:10]}-{COMPANY[10]}",
    PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10),  # a wrong check digit
    f"https://example.org/fotos/{PERSON}.jpg",
    "12345678",
    "12.345.678",
    "$ 12.345.678,00",
    "EX-2021-12345678-GCABA-DGTAL",
    "2030-MDUGC-2013",
    "512-0730-LPU17",
    "Expediente 12345678/2019",
    "documento de la obra 12345678",
    "info@buenosaires.gob.ar",
    "participacion.ciudadana@buenosaires.gob.ar",
    "https://cdn.example.org/logo@2x.png",
    "https://www.google.com/maps/@-34.6037,-58.3816,15z",
    "llamar al 147",
    "0800-999-2727",
    "Tel. 0800-222-1234",
    "RIVERA, PEDRO I., DR. 4221",
    "María Fernanda Gómez",
    "-34.650675",
    "2019-06-05 10:04:53",
    "Licitación 4321-5678",
    "N° 4361-4444",
    "Plumerillo 3930-3960",
    "Plan 2018-2020",
    "Juan Pérez 12.345.678 m2",
    "Juan Pérez, expediente 12345678",
    "partida 12345678",
    "11-2018-1234",
]


@pytest.mark.parametrize(("text", "said"), PERSONAL)
def test_personal_data_is_known_by_check_digits_writing_and_the_words_beside(text, said):
    assert find_kinds(text) == said


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_numbers_that_only_look_like_it_are_left_alone(text):
    assert find_kinds(text) == set()


def test_undeclared_personal_data_stops_the_release_and_says_where_and_what_to_write(city_with_key):
    declared(city_with_key, "1,Plaza,,10")
    city_with_key.run("vecinos")
    city_with_key.send(
        "vecinos",
        csv(
            "1,Plaza,,10", f'2,"vive cerca, {DASHED}",,1', "3,escribe juan.perez@gmail.com,,-5", header=HEADER
        ),
    )
    outcome = city_with_key.outcome("vecinos")
    assert (outcome.outcome, outcome.version, outcome.problems) == ("rejected", "1.0.0", 2)
    with speaking("es"):
        report = check_report(city_with_key.datasets, city_with_key.archive, "vecinos")
        told = "\n".join(line.plain for line in report_lines(report))
    assert [(p.code, p.row, p.field, p.severity) for p in report.problems] == [
        ("personal-cuit", 3, "texto", "critical"),
        ("personal-email", 4, "texto", "critical"),
    ]
    assert 'personalData: {texto: drop | hash | mask | {publicBecause: "…"}}' in told
    assert "fila 4" in told
    assert "fila 3, columna texto: CUIT o CUIL de una persona, sin declarar" in sentence(report.problems[0])


def test_columns_say_what_bare_numbers_are(city_with_key):
    rows = [f"{n},{12345678 + n},{4321_0000 + n}" for n in range(1, 4)]
    fields = [FIELDS[0], {"name": "dni", "type": "integer"}, {"name": "telefono", "type": "string"}]
    assert found(city_with_key, *rows, header="id,dni,telefono", fields=fields) == [
        ("ask-identity", None, "dni"),
        ("ask-contact", None, "telefono"),
    ]
    plain = [FIELDS[0], {"name": "expediente", "type": "integer"}, {"name": "codigo", "type": "string"}]
    assert found(city_with_key, *rows, header="id,expediente,codigo", fields=plain) == []


def test_bare_cuit_are_found_and_codes_of_eleven_digits_are_not(city_with_key):
    fields = [FIELDS[0], {"name": "numero", "type": "string"}]
    of_persons = [f"{n},{persons('27', str(20_000_000 + n))}" for n in range(1, 9)]
    of_companies = [f"{n},{persons('30', str(60_000_000 + n))}" for n in range(9, 30)]
    told = found(city_with_key, *of_persons, *of_companies, header="id,numero", fields=fields)
    assert told == [("personal-cuit", n, "numero") for n in range(2, 10)]
    codes = [
        f"{n},{27_200_000_000 + 7 * n}" for n in range(1, 200)
    ]  # one in eleven has the right digit by chance
    assert found(city_with_key, *codes, header="id,numero", fields=fields) == []
    assert (
        found(
            city_with_key,
            *codes,
            header="id,numero",
            fields=[FIELDS[0], {"name": "numero", "type": "integer"}],
        )
        == []
    )


def test_a_column_asks_once_and_a_declaration_answers_it(city_with_key):
    fields = [FIELDS[0], {"name": "apellido", "type": "string"}, {"name": "cuil", "type": "string"}]
    told = found(city_with_key, f"1,Gómez,{PERSON}", "2,Paz,", header="id,apellido,cuil", fields=fields)
    assert told == [("ask-name", None, "apellido"), ("ask-identity", None, "cuil")]
    hidden = found(
        city_with_key,
        f"1,Gómez,{PERSON}",
        "2,Paz,",
        header="id,apellido,cuil",
        fields=fields,
        personalData={"cuil": "drop"},
    )
    assert hidden == [("ask-name", None, "apellido")]
    both = {"cuil": "drop", "apellido": {"publicBecause": "son autoridades"}}
    rows = (f"1,Gómez,{PERSON}", "2,Paz,")
    assert found(city_with_key, *rows, header="id,apellido,cuil", fields=fields, personalData=both) == []


# --- nothing of it is told


def test_no_report_record_or_message_holds_what_was_found(city_with_key, tmp_path):
    secret, mail = "12.345.678", "juan.perez@gmail.com"
    fields = [
        *FIELDS[:2],
        {**FIELDS[2], "constraints": {"unique": True, "pattern": "[a-z]+"}},
        FIELDS[3],
        {"name": "padre", "type": "string"},
    ]
    made = declaration("vecinos", fields=fields)
    made["resources"][0]["schema"]["foreignKeys"] = [
        {"fields": ["padre"], "reference": {"resource": "", "fields": ["texto"]}}
    ]
    rows = [
        f"1,DNI {secret},{mail},diez,{mail}",
        f"1,DNI {secret},{mail},x,{mail},de más: {mail}",
        f"x,,{mail}",
    ]
    raw = csv(*rows, header=f"{HEADER},padre")
    city_with_key.declare(made, datos=raw)
    outcome = city_with_key.outcome("vecinos")
    assert outcome.outcome == "rejected"
    report = check_report(city_with_key.datasets, city_with_key.archive, "vecinos")
    told = [str(line) for line in report_lines(report)] + [sentence(problem) for problem in report.problems]
    types = {problem.type for problem in report.problems}
    assert {
        "type-error",
        "unique-error",
        "constraint-error",
        "foreign-key",
        "primary-key",
        "extra-cell",
        "missing-cell",
    } <= types
    assert ("type-error", 2, "monto") in [(p.type, p.row, p.field) for p in report.problems]
    everything = (
        everything_but_the_raw_file(city_with_key, raw.encode())
        + json.dumps(report.to_descriptor())
        + "\n".join(told)
        + outcome.message
    )
    assert [value for value in (secret, mail, "juan.perez") if value in everything] == []


@pytest.mark.parametrize("header", [f"1,DNI 12.345.678,{DASHED},4", f"id,texto,{DASHED},monto"])
def test_a_header_that_is_a_row_of_data_is_not_quoted(city_with_key, header):
    raw = csv("2,x,y,5", header=header)
    city_with_key.declare(declaration("vecinos", fields=FIELDS), datos=raw)
    outcome = city_with_key.outcome("vecinos")
    assert outcome.outcome == "rejected"
    everything = everything_but_the_raw_file(city_with_key, raw.encode()) + outcome.message
    assert [value for value in ("12.345.678", DASHED) if value in everything] == []


# --- what is declared


def test_drop_leaves_the_column_out_whether_the_schema_has_it_or_not(city_with_key):
    declared(city_with_key, "1,Plaza,juan@correo.com,10", personalData={"correo": "drop"})
    assert city_with_key.outcome("vecinos").outcome == "published"
    assert list(table(city_with_key).columns) == ["id", "texto", "monto"]
    assert b"correo" not in kept(city_with_key, "vecinos.csv") + kept(city_with_key, "datapackage.json")
    without = [field for field in FIELDS if field["name"] != "correo"]
    declared(
        city_with_key,
        "1,Plaza,juan@correo.com,10",
        fields=without,
        header="id,texto,Usuario (email),monto",
        personalData={"Usuario (email)": "drop"},
    )
    assert city_with_key.outcome("vecinos").outcome == "unchanged"
    assert json.loads(kept(city_with_key, "report.json"))["resources"]["vecinos"]["personalData"][
        "fields"
    ] == {"correo": {"treatment": "drop", "columns": 1}}


def test_hash_is_keyed_stays_the_same_in_a_dataset_and_differs_between_datasets(city_with_key):
    declared(city_with_key, f"1,{DASHED},a,1", f"2,{PERSON},b,2", "3,,c,3", personalData={"texto": "hash"})
    assert city_with_key.outcome("vecinos").outcome == "published"
    first, second, third = table(city_with_key)["texto"].fillna("")
    assert (first, third) == (second, "")
    assert (len(first), PERSON[2:10] in first) == (16, False)
    assert (
        hash_text(PERSON, "otros", KEY.encode())
        != first
        != hash_text(PERSON, "vecinos", b"otra clave, igual de larga")
    )
    field = json.loads(kept(city_with_key, "datapackage.json"))["resources"][0]["schema"]["fields"][1]
    assert field["personalData"] == "hash"
    assert verify(
        city_with_key.archive, city_with_key.history("vecinos").current, city_with_key.history("vecinos")
    ).bytes_same
    assert city_with_key.outcome("vecinos").outcome == "unchanged"
    assert KEY not in everything_but_the_raw_file(city_with_key, b"")


def test_hash_is_refused_without_a_key(tmp_path):
    city = City(tmp_path)
    declared(city, f"1,{PERSON},a,1", personalData={"texto": "hash"})
    outcome = city.outcome("vecinos")
    assert outcome.outcome == "rejected"
    assert "resources[0].pipeline.personalData.texto" in outcome.message
    assert "VEREDA_HASH_KEY" in outcome.message


def test_mask_leaves_the_last_three_characters(city_with_key):
    declared(
        city_with_key,
        "1,DNI 12.345.678,juan@correo.com,1",
        "2,,ab,2",
        personalData={"correo": "mask", "texto": "mask"},
    )
    assert city_with_key.outcome("vecinos").outcome == "published"
    assert table(city_with_key)[["texto", "correo"]].fillna("").to_numpy().tolist() == [
        ["***678", "***com"],
        ["", "***"],
    ]
    assert mask_text("12345") == "***"


def test_what_is_public_says_why_to_every_reader(city_with_key):
    why = "los contratistas son públicos"
    declared(city_with_key, f"1,{DASHED},a,1", personalData={"texto": {"publicBecause": why}})
    assert city_with_key.outcome("vecinos").outcome == "published"
    assert table(city_with_key)["texto"].tolist() == [DASHED]
    assert json.loads(kept(city_with_key, "datapackage.json"))["resources"][0]["schema"]["fields"][1][
        "personalData"
    ] == {"publicBecause": why}
    told = json.loads(kept(city_with_key, "report.json"))["resources"]["vecinos"]["personalData"]["fields"]
    assert told == {"texto": {"treatment": "public", "because": why, "kinds": ["cuit"]}}


def test_what_is_declared_and_did_not_come_is_said_once_and_stops_nothing(city_with_key):
    declared(city_with_key, "1,Plaza,,1", personalData={"telefono": "drop", "correo": "mask"})
    report = check_report(city_with_key.datasets, city_with_key.archive, "vecinos")
    assert (report.valid, report.total, len(report.remarks)) == (True, 0, 2)
    assert "telefono" in report.to_descriptor()["warnings"][0]


def test_a_column_that_is_hidden_from_now_on_is_hidden_in_what_stays_and_in_the_changes(city_with_key):
    fields = [{"name": "anio", "type": "year"}, *FIELDS[1:3]]
    period = {
        "extract": {"mode": "by-period", "field": "anio"},
        "fields": fields,
        "key": None,
        "header": "anio,texto,correo",
    }
    declared(
        city_with_key,
        "2019,Plaza,juan@correo.com",
        personalData={"correo": {"publicBecause": "prueba"}},
        **period,
    )
    city_with_key.run("vecinos")
    declared(city_with_key, "2020,Escuela,ana@correo.com", personalData={"correo": "mask"}, **period)
    assert city_with_key.outcome("vecinos").outcome == "published"
    assert sorted(table(city_with_key)["correo"]) == ["***com", "***com"]
    changes = pd.read_parquet(io.BytesIO(kept(city_with_key, "changes.parquet")))
    assert "juan" not in changes.to_csv()
    declared(city_with_key, "2020,Escuela,ana@correo.com", personalData={"correo": "drop"}, **period)
    assert city_with_key.outcome("vecinos").step == "major"
    assert "correo.com" not in pd.read_parquet(io.BytesIO(kept(city_with_key, "changes.parquet"))).to_csv()


def test_personal_data_in_rows_that_stay_from_earlier_is_found_too(city_with_key):
    fields = [{"name": "anio", "type": "year"}, FIELDS[1]]
    period = {
        "extract": {"mode": "by-period", "field": "anio"},
        "fields": fields,
        "key": None,
        "header": "anio,texto",
    }
    declared(
        city_with_key, "2019,DNI 12.345.678", personalData={"texto": {"publicBecause": "prueba"}}, **period
    )
    city_with_key.run("vecinos")
    assert found(city_with_key, "2020,Escuela", **period) == [("personal-dni", None, "texto")]


CUITS = [float(persons("20", f"2345678{last}")) for last in range(8)]
NUMBERS = {
    "amounts": [1.5, -7.25, 9_999_999_999.5, None, 0.0],
    "cuits": CUITS,
    "cuits and amounts": [*CUITS, 1.5, -3.0, 70_000_000_000.0],
    "documents": [12_345_678.0, 23_456_789.0, None],
    "small": [123_456.0, -999_999.0],
    "fractions": [12.345678, 23.456789, 34.567891],
    "none": [float("nan"), float("inf"), None],
    "negative": [-each for each in CUITS],
}


@pytest.mark.parametrize("name", ["monto", "dni", "telefono", "apellido", "cuit"])
@pytest.mark.parametrize("kind", ["number", "integer"])
def test_numbers_of_earlier_rows_are_searched_where_they_may_be_of_a_person(
    city_with_key, monkeypatch, name, kind
):
    declared(city_with_key, "1,2", header=f"id,{name}", fields=[FIELDS[0], {"name": name, "type": kind}])
    resource = load_dataset(city_with_key.folder / "datasets/vecinos").resource("vecinos")
    found = {}
    for values, numbers in NUMBERS.items():
        if kind == "integer":
            numbers = [int(each) for each in numbers if each is not None and math.isfinite(each)]
        rows = pa.table({"id": [*range(len(numbers))], name: pa.array(numbers)})
        quick = list(gate.find_retained_problems(resource, rows, frozenset(), searched=True))
        with monkeypatch.context() as patched:
            patched.setattr(gate, "_has_no_code", lambda *_given: False)
            slow = list(gate.find_retained_problems(resource, rows, frozenset(), searched=True))
        assert quick == slow, values
        found[values] = [problem.code for problem in quick]
    assert "personal-cuit" in found["cuits"]
    assert found["amounts"] == []


# --- small groups

GROUPS = [
    {"name": "comuna", "type": "integer"},
    {"name": "edad", "type": "string"},
    {"name": "asistentes", "type": "integer", "unit": "personas"},
]
PEOPLE = ("1,0-17,12", "1,18-64,4", "1,65+,3", "2,0-17,0", "2,18-64,2", "2,65+,9")


@pytest.mark.parametrize(
    "meant", [{"k": 5}, {"asistentes": {"k": 5}}, {"k": {"min": 5, "count": "asistentes"}}]
)
def test_counts_of_few_persons_are_held_back(city_with_key, meant):
    declared(
        city_with_key, *PEOPLE, fields=GROUPS, key=None, header="comuna,edad,asistentes", personalData=meant
    )
    assert city_with_key.outcome("vecinos").outcome == "published"
    assert kept(city_with_key, "vecinos.csv").decode().splitlines()[1:] == [
        '1,"0-17",12',
        '1,"18-64",',
        '1,"65+",',
        '2,"0-17",0',
        '2,"18-64",',
        '2,"65+",9',
    ]
    told = json.loads(kept(city_with_key, "report.json"))["resources"]["vecinos"]["personalData"][
        "smallGroups"
    ]
    assert told == [{"min": 5, "fields": ["asistentes"], "held": 3, "merged": 0}]


def test_small_counts_may_be_added_together_under_one_name(city_with_key):
    meant = {"k": {"min": 5, "count": "asistentes", "merge": {"edad": "otros"}}}
    declared(
        city_with_key, *PEOPLE, fields=GROUPS, key=None, header="comuna,edad,asistentes", personalData=meant
    )
    city_with_key.run("vecinos")
    assert kept(city_with_key, "vecinos.csv").decode().splitlines()[1:] == [
        '1,"0-17",12',
        '1,"otros",7',
        '2,"0-17",0',
        '2,"otros",',
        '2,"65+",9',
    ]


def test_where_each_row_is_a_person_rare_combinations_are_held_back(city_with_key):
    fields = [
        {"name": "comuna", "type": "integer"},
        {"name": "edad", "type": "string"},
        {"name": "tema", "type": "string"},
    ]
    rows = [*["1,18-64,plaza"] * 3, "1,65+,tránsito", *["2,65+,salud"] * 3]
    declared(
        city_with_key,
        *rows,
        fields=fields,
        key=None,
        header="comuna,edad,tema",
        personalData={"k": {"min": 3, "by": ["comuna", "edad"]}},
    )
    city_with_key.run("vecinos")
    assert table(city_with_key).isna().any(axis=1).tolist() == [
        False,
        False,
        False,
        True,
        False,
        False,
        False,
    ]
    assert table(city_with_key)["tema"].tolist()[3] == "tránsito"


# --- text that would run

RUNS = [
    *("=A1", "+A1+B2", "-A1", "@A1", "\t=SUM(A1)", "\r+A1*2", "=Hoja1!A1", '="a"&"b"', "=-5", "-(A1+2)"),
    *(
        "=cmd|'/C calc'!A0",
        "=SI(A1>2;1;0)",
        '=IMPORTXML("http://x")',
        "-2*SUMA(A1:A9)",
        '=HYPERLINK("http://x"',
    ),
    "=1+1",
    '=HYPERLINK("http://x")',
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "\t=1+1",
    " =1+1",
    "＝1+1",
    # OWASP's list, and ways around a test of the first character
    "-1+1@SUM(A1)",
    "=cmd|'/C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "＋1+cmd|' /C calc'!A0",
    "－2+3+SUM(A1)",
    "＠SUM(A1)",
    "﹦1+1",
    "\u200b=1+1",
    "\u00a0\u2060=1+1",
    "\n=1+1",
    'Obra;=HYPERLINK("http://x")',
    'Obra\n"=WEBSERVICE(A1)',
    "Obra; @SUM(A1)",
    "Obra;-cmd|' /C calc'!A0",
]
PAGES = [
    "<script>alert(1)</script>",
    "hola <b>mundo</b>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "<p>texto",
    "[x](javascript:alert(1))",
    "<!-- x -->",
]
STAYS = [
    *(
        "\ttexto",
        "\rtexto",
        "- Obra",
        "- item",
        "@usuario",
        "+ plazas",
        "-34° 36m 12s S",
        "-2020-05144535-DGABS",
    ),
    *(
        "+54 11 4361-8052",
        "- Etapa(1) de la obra",
        "== Título ==",
        "=> ver nota",
        "+ de 100 personas",
        "--- fin",
    ),
    *(
        "- Plaza (Comuna 1)",
        "-  veredas; - cordones (2)",
        "@gcba (oficial)",
        "-10 a -5 grados",
        "+/- 5",
        "-18 años",
    ),
    "-5",
    "-34.650675",
    "+54 11 4321-5678",
    "-",
    "--",
    "-10,5 %",
    "-3,45832E+15",
    "a = b",
    "x@y",
    "1-2",
    "2 < 3 y 4 > 3",
    "<3",
    "JavaScript: curso inicial",
    "Juan <5 años>",
    "$ -5",
    "C+A",
    "-34,6",
    "'=1+1",
    "Etapas:\n- primera (2019)\n- segunda (2020)",
    "Consultas: obras; @gcba",
    "a; b = c",
]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((text, "formula") for text in RUNS),
        *((text, "html") for text in PAGES),
        *((text, None) for text in STAYS),
    ],
)
def test_text_that_would_run_is_known_and_numbers_stay(text, kind):
    assert active_kind(text) == kind


def test_what_would_run_is_refused_and_a_declared_rule_makes_text_of_it(city_with_key):
    rows = ("1,=SUMA(A1),-5,-5", '2,"<p>Más <b>plazas</b></p>",+54 11 4321-5678,2', "3,- Obra,no,3")
    public = {"correo": {"publicBecause": "teléfonos de oficinas"}}
    assert found(city_with_key, *rows, personalData=public) == [
        ("formula-cell", 2, "texto"),
        ("html-cell", 3, "texto"),
    ]
    rules = [
        {"pattern": "<[^>]*>", "replace": "", "because": "HTML"},
        {"pattern": r"^[\s=+@-]+(?=.*[A-Za-z])", "replace": "", "because": "signo al comienzo"},
    ]
    declared(city_with_key, *rows, personalData=public, values={"texto": rules})
    assert city_with_key.outcome("vecinos").outcome == "published"
    assert table(city_with_key)["texto"].tolist() == ["SUMA(A1)", "Más plazas", "Obra"]
    assert (table(city_with_key)["correo"].tolist(), table(city_with_key)["monto"].tolist()) == (
        ["-5", "+54 11 4321-5678", "no"],
        [-5.0, 2.0, 3.0],
    )


# --- the real files


def test_precision_and_recall_on_planted_cases_in_the_real_files():
    from benchmarks.privacy import measured

    scores = measured(seed=7)
    assert {kind: score.false for kind, score in scores.items() if kind != "name"} == {
        "cuit": 0,
        "dni": 0,
        "email": 0,
        "phone": 0,
    }
    recall = {kind: score.found / score.planted for kind, score in scores.items()}
    assert min(recall["cuit"], recall["email"], recall["name"]) >= 0.98, recall
    # One way in seven of writing a DNI is a bare number without a word beside it.
    assert min(recall["dni"] + 0.1, recall["phone"]) >= 0.92, recall
    names = scores["name"]
    assert names.found / (names.found + names.false) >= 0.93, "streets, schools and companies are no persons"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("MULTIPOLYGON (((-58.4312 -34.5901, -58.44 -34.6, -58.4312 -34.5901)))", set()),
        ("POLYGON ((-58.4312 -34.5901, vecina@ejemplo.com.ar))", {"email"}),
        ("POINT (20-12345678-6)", {"cuit"}),  # no degrees
    ],
)
def test_shapes_are_about_nobody_and_hide_nobody(text, kinds):
    assert find_kinds(text) >= kinds
    assert bool(find_kinds(text)) == bool(kinds)

"""`vereda new`: what a file's cells tell is found out; what only a person knows is asked."""

from __future__ import annotations

import json

import pytest
import yaml

from messages import speaking
from pipelines.dataset.dataset import load_dataset
from pipelines.harvest.infer import infer_table
from pipelines.harvest.lint import lint, subject_of_declaration
from pipelines.harvest.new import new_dataset
from pipelines.settings import DEFAULT_LIMITS
from tests.support.cities import City
from tests.support.lazy import openpyxl
from tests.support.terminal import vereda

STATES = ("Baja", "Alta")
ROWS = "\n".join(
    ";".join(
        [
            f"{n:03}",
            f"{n}",
            f"{1000 + n},5{n % 10}",
            f"{n % 28 + 1:02}/0{n % 9 + 1}/2024",
            STATES[n % 2],
            f"texto {n}",
            "S/D",
        ]
    )
    for n in range(1, 41)
)
FILE = f"Código;Nro. Trámite;Monto en pesos;Fecha de Ingreso;Estado;Observación;Nota\n{ROWS}\n"


@pytest.fixture
def extract(tmp_path):
    path = tmp_path / "Extracto Final.CSV"
    path.write_bytes(FILE.encode("latin-1"))
    return path


def test_types_key_list_and_labels_are_found_out(extract, tmp_path):
    table = infer_table(extract, tmp_path, DEFAULT_LIMITS)
    types = {field["name"]: field["type"] for field in table.fields}
    assert types == {
        "codigo": "string",  # its zeros in front are part of it
        "nro_tramite": "integer",
        "monto_en_pesos": "number",
        "fecha_de_ingreso": "date",
        "estado": "string",
        "observacion": "string",
        "nota": "string",
    }
    assert (table.key, table.rows, table.missing) == ("codigo", 40, ("S/D",))
    fields = {field["name"]: field for field in table.fields}
    assert fields["estado"]["constraints"]["enum"] == ["Alta", "Baja"]
    assert "enum" not in fields["observacion"]["constraints"]
    assert fields["nota"].get("constraints") is None
    assert table.labels["Nro. Trámite"] == "nro_tramite"


def test_a_folder_asks_what_only_a_person_knows_and_then_runs(extract, tmp_path):
    city = City(tmp_path / "city")
    new_dataset("tramites", str(extract), city.datasets, DEFAULT_LIMITS)
    file = city.datasets / "tramites" / "datapackage.yaml"
    made = yaml.safe_load(file.read_text("utf-8"))
    asked = {each["kind"] for each in made["pipeline"].pop("questions")}
    assert asked == {
        "title",
        "description",
        "licence",
        "publisher",
        "rhythm",
        "theme",
        "keywords",
        "descriptions",
    }
    rules = {finding.rule for finding in lint(subject_of_declaration("tramites", made))}
    assert not rules & {"field-name", "field-type", "dictionary-missing", "file-name", "key-missing"}
    made |= {"title": "Trámites", "description": "Trámites ingresados", "licenses": [{"name": "CC-BY-4.0"}]}
    made["pipeline"] |= {"publisher": {"id": "area", "name": "Área"}, "accrualPeriodicity": "R/P1M"}
    file.write_text(yaml.safe_dump(made, allow_unicode=True), "utf-8")
    outcome = city.outcome("tramites")
    assert (outcome.outcome, outcome.rows) == ("published", {"tramites": 40}), outcome.message


def test_the_answers_as_the_file_shows_them_lead_to_a_release(extract, tmp_path):
    city = City(tmp_path / "city")
    said = vereda(city, "new", "tramites", "--from", str(extract), "--into", str(city.datasets))
    assert "`vereda check tramites`" in said
    assert "`vereda run tramites`" in said
    file = city.datasets / "tramites" / "datapackage.yaml"
    text = file.read_text("utf-8")
    assert "catálogo" not in text
    shown = yaml.safe_load("\n".join(line[4:] for line in text.splitlines() if line.startswith("#   ")))
    made = yaml.safe_load(text)
    del made["pipeline"]["questions"]
    made = made | shown | {"pipeline": made["pipeline"] | shown["pipeline"]}
    file.write_text(yaml.safe_dump(made, allow_unicode=True), "utf-8")
    vereda(city, "check", "tramites")
    vereda(city, "run", "tramites")


def test_lint_tells_of_every_declaration_that_cannot_be_read(tmp_path):
    city = City(tmp_path)
    for name, content in {"a": b"- uno", "b": b"name: b\ntitle: A\xf1o\n", "c": b"title: C\n"}.items():
        (city.datasets / name).mkdir(parents=True)
        (city.datasets / name / "datapackage.yaml").write_bytes(content)
    findings = json.loads(vereda(city, "lint", "--json", status=1))["findings"]
    unreadable = {f["place"]: f["message"] for f in findings if f["rule"] == "declaration-unreadable"}
    assert set(unreadable) == {"a", "b"}
    assert "línea 2 tiene el byte 0xF1: guarde el archivo como UTF-8" in unreadable["b"]
    assert "title-missing" not in {f["rule"] for f in findings if f["place"] == "c"}
    assert any(f["place"] == "c" for f in findings)


def test_columns_that_share_a_label_or_have_none_are_asked_about(tmp_path):
    """As a year of the city's requests has `lat` and `long`: the declaration must take its own file."""
    path = tmp_path / "pedidos.csv"
    path.write_text("id;lat;;lat\n1;-34,6645;;-34\n2;-34,6646;;-35\n")
    city = City(tmp_path / "city")
    with speaking("es"):
        new_dataset("pedidos", str(path), city.datasets, DEFAULT_LIMITS)
    file = city.datasets / "pedidos" / "datapackage.yaml"
    made = yaml.safe_load(file.read_text("utf-8"))
    asked = [each["question"] for each in made["pipeline"].pop("questions") if each["kind"] == "columns"]
    assert asked == [
        "Hay varias columnas «lat». `ignore` deja afuera todas menos la primera: ¿está bien?",
        "Una columna no tiene título. `ignore` la deja afuera: ¿está bien?",
    ]
    made |= {"title": "Pedidos", "description": "Pedidos", "licenses": [{"name": "CC-BY-4.0"}]}
    made["pipeline"] |= {"publisher": {"id": "area", "name": "Área"}, "accrualPeriodicity": "R/P1M"}
    file.write_text(yaml.safe_dump(made, allow_unicode=True), "utf-8")
    outcome = city.outcome("pedidos")
    assert (outcome.outcome, outcome.rows) == ("published", {"pedidos": 2}), outcome.message


def asked_of(path, tmp_path, kind: str) -> list[str]:
    with speaking("en"):
        draft = new_dataset("nuevo", str(path), tmp_path / "d", DEFAULT_LIMITS)
    return [each.question for each in draft.questions if each.kind == kind]


def test_the_table_of_a_workbook_is_found_behind_its_cover(tmp_path):
    book = openpyxl.Workbook()
    cover, rows = book.active, book.create_sheet("Datos")
    cover.title = "Informe"
    for line in ("Informe de reclamos", "Secretaría de Atención", "2024"):
        cover.append([line])
    for row in (["barrio", "cantidad"], ["Boedo", 3], ["Palermo", 5]):
        rows.append(row)
    book.save(tmp_path / "l.xlsx")
    (question,) = asked_of(tmp_path / "l.xlsx", tmp_path, "sheet")
    assert "“Datos”" in question
    assert "“Informe”" in question
    made = yaml.safe_load((tmp_path / "d" / "nuevo" / "datapackage.yaml").read_text("utf-8"))
    (table,) = made["resources"]
    fields = [(each["name"], each["type"]) for each in table["schema"]["fields"]]
    assert fields == [("barrio", "string"), ("cantidad", "integer")]
    assert table["pipeline"]["layouts"] == [{"sheet": "Datos"}]


def test_a_workbook_of_one_sheet_asks_for_none(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["barrio", "cantidad"])
    book.active.append(["Boedo", 3])
    book.create_sheet("Hoja2")  # empty, as programs make them
    book.save(tmp_path / "l.xlsx")
    assert asked_of(tmp_path / "l.xlsx", tmp_path, "sheet") == []


@pytest.mark.parametrize(
    ("cells", "asked"),
    [
        (("01/02/2020", "03/04/2020"), True),
        (("01/02/2020", "13/04/2020"), False),
        (("05/05/2020", "06/06/2020"), False),
        (("01/02/2020", "Boedo"), False),
    ],
    ids=["either way", "a day says it", "the same either way", "no dates"],
)
def test_days_that_can_be_read_either_way_are_asked_about(tmp_path, cells, asked):
    (tmp_path / "c.csv").write_text("id,fecha\n" + "".join(f"{n},{each}\n" for n, each in enumerate(cells)))
    found = asked_of(tmp_path / "c.csv", tmp_path, "dates")
    assert [("`fecha`" in each) for each in found] == [True] * asked


def test_columns_of_persons_are_asked_about(tmp_path):
    (tmp_path / "p.csv").write_text(
        "dni,nombre,apellido,email,cuil,barrio\n"
        "20123456,Ana,Paz,ana@ejemplo.com,27-20123456-0,Boedo\n"
        "30765432,Juan,Gómez,juan@ejemplo.com,20-30765432-3,Palermo\n"
    )
    found = asked_of(tmp_path / "p.csv", tmp_path, "personal")
    assert [each.split("`")[1] for each in found] == ["dni", "nombre", "apellido", "email", "cuil"]


def test_a_few_rows_make_no_key(tmp_path):
    for rows, key in ((4, None), (30, "id")):
        (tmp_path / "k.csv").write_text("id,b\n" + "".join(f"{n},x\n" for n in range(rows)))
        room = tmp_path / str(rows)
        room.mkdir()
        assert infer_table(tmp_path / "k.csv", room, DEFAULT_LIMITS).key == key


def test_a_file_that_is_no_table_is_carried(tmp_path):
    (tmp_path / "guia.pdf").write_bytes(b"%PDF-1.4")
    new_dataset("guia", str(tmp_path / "guia.pdf"), tmp_path / "d", DEFAULT_LIMITS)
    made = yaml.safe_load((tmp_path / "d" / "guia" / "datapackage.yaml").read_text("utf-8"))
    assert made["resources"][0]["path"] == "guia.pdf"
    made["pipeline"] = {"publisher": {"id": "a", "name": "A"}, "accrualPeriodicity": "eventual"}
    (tmp_path / "d" / "guia" / "datapackage.yaml").write_text(yaml.safe_dump(made), "utf-8")
    assert [each.name for each in load_dataset(tmp_path / "d" / "guia").files] == ["guia"]


@pytest.mark.parametrize(
    ("id", "source"), [("Con Espacios", "x.csv"), ("bien", "no-hay.csv")], ids=["name", "file"]
)
def test_what_cannot_be_is_said_in_a_sentence(tmp_path, id, source):
    vereda(City(tmp_path), "new", id, "--from", source, "--into", str(tmp_path / "d"), status=2)
    assert not (tmp_path / "d").exists()


def test_the_standard_is_told_with_rule_source_and_remedy(tmp_path):
    city = City(tmp_path)
    folder = city.datasets / "malo"
    folder.mkdir(parents=True)
    field = {"name": "Monto Total", "type": "number"}
    made = {"name": "malo", "resources": [{"name": "t", "path": "t.csv", "schema": {"fields": [field]}}]}
    (folder / "datapackage.yaml").write_text(yaml.safe_dump(made), "utf-8")
    findings = json.loads(vereda(city, "lint", "malo", "--json", status=1))["findings"]
    assert set(findings[0]) == {"place", "rule", "source", "severity", "message", "remedy"}
    rules = {(each["rule"], each["severity"]) for each in findings}
    assert {("title-missing", "error"), ("field-name", "warning"), ("currency-missing", "warning")} <= rules
    assert all(each["source"] and each["remedy"] for each in findings)


def test_the_remedy_is_told_beside_a_long_place(tmp_path):
    city = City(tmp_path)
    name = "llamados-a-la-linea-147-durante-la-emergencia-sanitaria"
    (city.datasets / name).mkdir(parents=True)
    field = {"name": "Fecha de cierre del contacto", "type": "date"}
    made = {"name": name, "resources": [{"name": name, "path": "t.csv", "schema": {"fields": [field]}}]}
    (city.datasets / name / "datapackage.yaml").write_text(yaml.safe_dump(made), "utf-8")
    told = " ".join(vereda(city, "lint", name, status=1).split())
    assert "qué hacer" in told
    assert "accrualPeriodicity" in told

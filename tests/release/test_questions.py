"""What asks for a decision and what does not: tables of persons, statistics, works and offices, with what is
planted in them, and the recall and the false alarms that come of it. All persons are invented."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pytest

from tests.release.privacy_tables import PLANTED, TABLES, PlantedTable
from tests.support.checks import check_report
from tests.support.cities import City, declaration
from validation.personal.active import active_kind
from validation.personal.evidence import look_at_columns
from validation.personal.identifiers import find_kinds


@dataclass(frozen=True)
class Told:
    questions: dict[str, str]
    cells: set[tuple[str | None, int | None]]


def tell(city: City, table: PlantedTable) -> Told:
    """What `check` says of a table that goes the agency's way."""
    fields = [{"name": name, "type": "string"} for name in table.labels]
    city.declare(declaration("vecinos", fields=fields, key=None), datos=table.csv())
    report = check_report(city.datasets, city.archive, "vecinos")
    codes = [(problem.code or problem.type, problem.field, problem.row) for problem in report.problems]
    strays = [code for code, *_ in codes if not code.startswith(("ask-", "personal-"))]
    assert strays == []
    asked = [(field, code.removeprefix("ask-")) for code, field, _row in codes if code.startswith("ask-")]
    assert max(Counter(field for field, _kind in asked).values(), default=0) <= 1, "asked twice"
    return Told(dict(asked), {(field, row) for code, field, row in codes if code.startswith("personal-")})


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_asks_about_the_columns_that_need_it_and_no_other(tmp_path, table):
    told = tell(City(tmp_path), table)
    assert told.questions == table.asks
    assert {field for field, _row in told.cells} <= set(table.free_text)


def test_recall_and_false_alarms_in_free_text():
    found, total = Counter(), Counter()
    for kind, text in PLANTED:
        if kind:
            total[kind] += 1
            found[kind] += kind in find_kinds(text)
        else:
            assert (text, find_kinds(text), active_kind(text)) == (text, set(), None)
    assert {kind: f"{found[kind]}/{n}" for kind, n in total.items() if found[kind] < 0.95 * n} == {}


def test_a_question_says_its_column_though_it_speaks_of_children(city):
    fields = [{"name": name, "type": "string"} for name in ("apellido", "hijos_menores")]
    city.declare(
        declaration("vecinos", fields=fields, key=None), datos="apellido,hijos_menores\nPaz,2\nSosa,1\n"
    )
    report = check_report(city.datasets, city.archive, "vecinos")
    (asked,) = (problem for problem in report.problems if problem.code == "ask-children")
    assert "hijos_menores" in asked.note


def test_the_case_of_a_release_of_persons_is_stopped_and_no_cell_is_quoted(tmp_path):
    labels = (
        "apellido_y_nombre fecha_nacimiento domicilio_particular pasaporte patente cbu ip diagnostico "
        "observaciones"
    )
    rows = (
        (
            "Pérez, Juan Carlos",
            "1984-03-12",
            "Thames 2220 PB 4",
            "AAB123456",
            "AB123CD",
            "0170099220000067797370",
            "190.210.45.12",
            "VIH",
            "DNI28456789 11-6543-2109 alias GATO.PERRO.LUNA",
        ),
        (
            "López, María Fernanda",
            "1990-07-01",
            "Av. Rivadavia 5432 3º B",
            "FX345678",
            "AC456DF",
            "0170099220000067797387",
            "181.10.2.33",
            "depresión",
            "juanperez78 @ gmail.com, CUIL 20–28456789–8",
        ),
    )
    told = tell(City(tmp_path), PlantedTable("caso", tuple(labels.split()), rows, {}, ("observaciones",)))
    assert set(told.questions) == set(labels.split()) - {"observaciones"}
    assert told.cells == {("observaciones", 2), ("observaciones", 3)}


def ask(city: City, fields: list[str], rows: str, **resource) -> dict[str | None, str]:
    """The kinds of the questions by field."""
    declared = [{"name": name, "type": "string"} for name in fields]
    city.declare(declaration("vecinos", fields=declared, key=None, **resource), datos=rows)
    report = check_report(city.datasets, city.archive, "vecinos")
    return {each.field: (each.code or "").removeprefix("ask-") for each in report.problems if each.code}


def test_a_column_is_asked_about_by_the_label_under_which_it_was_sent(city):
    sent = {"Usuaria": "u", "Fecha de nacimiento": "f", "Interno": "i"}
    rows = "Usuaria,Fecha de nacimiento,Interno\nDelia Montenegro,1950-05-01,2000\nRosa Paz,1951-05-02,2001\n"
    told = ask(city, ["u", "f", "i"], rows, layouts=[{"labels": sent}])
    assert told == {"u": "name", "f": "birth-date"}


def test_telephones_of_persons_are_theirs_where_what_names_them_is_left_out(city):
    rows = "nro_doc,apenom,te\n" + "".join(
        f"{20123456 + n},MONTENEGRO DELIA {letter},47{n:02}-2210\n" for n, letter in enumerate("ABCDEF")
    )
    hidden = {"nro_doc": "drop", "apenom": "drop"}
    told = ask(city, ["nro_doc", "apenom", "te"], rows, personalData=hidden)
    assert told == {"te": "contact"}


def test_companies_that_own_something_are_nobody(city):
    rows = (
        "farmacia,titular,tel\nDel Pueblo,Gómez SCS,4982-1210\nSocial,Mutual Ferroviaria,4982-1212\n"
        "Del Sur,Farmacity S.A.,4982-1211\nNorte,Paz Hnos.,4982-1213\n"
    )
    assert ask(city, ["farmacia", "titular", "tel"], rows) == {"tel": "office-contact"}


def test_telephones_of_persons_in_notes_are_no_offices_though_rows_are_works(city):
    """They were told as an office's, which stops nothing: half of the notes were published."""
    private = "\n".join(
        f"{n},llamar a la vecina al 4583-29{n:02} después de las 18\n{n},se reparó" for n in range(10)
    )
    assert ask(city, ["obra", "notas"], f"obra,notas\n{private}\n") == {"notas": "contact"}
    offices = "\n".join(f"{n},pedir turno antes de venir 4583-29{n:02}" for n in range(20))
    assert ask(city, ["obra", "notas"], f"obra,notas\n{offices}\n") == {"notas": "office-contact"}


def test_what_is_short_for_a_home_is_one_beside_a_word_for_a_person(city):
    rows = "1,Pola 1466\n2,Tinogasta 5190 3 B\n3,Av. Rivadavia 8210\n"
    assert ask(city, ["acta", "dom_titular"], f"acta,dom_titular\n{rows}") == {"dom_titular": "home-address"}
    assert ask(city, ["acta", "dom"], f"acta,dom\n{rows}") == {}


def test_a_size_is_no_gender(city):
    rows = "Gómez,M\nPaz,L\nSosa,S\nLuna,M\n"
    assert ask(city, ["apellido", "talle"], f"apellido,talle\n{rows}") == {"apellido": "name"}


@pytest.mark.parametrize("label", ["alumno", "estudiante", "beneficiaria"])
def test_given_names_with_an_initial_are_names_of_those_who_are_served(city, label):
    rows = "Tobías R.,Esc. 4,7\nMirta G. de L.,Esc. 4,8\nUma G.,Esc. 9,6\n"
    told = ask(city, [label, "escuela", "promedio"], f"{label},escuela,promedio\n{rows}")
    assert set(told) == {label}


def test_what_is_told_of_animals_and_in_plays_is_told_of_nobody(city):
    zoo = "Mara,elefante,Diabética\nRuth,perro,Operado de la cadera\nSandra,gato,Murió de cáncer\n"
    assert ask(city, ["nombre", "especie", "estado"], f"nombre,especie,estado\n{zoo}") == {}
    owners = f"{zoo}Luna,perro,La dueña es diabética y no puede pasearlo\n"
    assert ask(city, ["nombre", "especie", "estado"], f"nombre,especie,estado\n{owners}") == {
        "estado": "personal-health"
    }
    plays = "La madre,Una viuda enferma de cáncer espera a su hijo preso\nYerma,Mata a su marido\n"
    sent = [{"labels": {"obra": "a", "sinopsis": "b"}}]
    assert ask(city, ["a", "b"], f"obra,sinopsis\n{plays}", layouts=sent) == {}


@pytest.mark.parametrize(
    "text", ["su CUIL es 27245678913", "CUIL 20-30123456-0", "CUIL: 27–24567891–3", "cuil nro. 27245678913"]
)
def test_what_is_called_a_cuil_is_one_though_a_digit_is_wrong(text):
    assert find_kinds(text) == {"cuit"}
    assert find_kinds(text.replace("CUIL", "partida").replace("cuil", "partida")) == set()


@pytest.mark.parametrize(
    "text", ["4361-8052 ", "a", "Juan Pérez 12.345.678 ", "doc ", "=A1+", ";=a(", "su hijo ", " "]
)
def test_long_cells_are_searched_to_their_end(text):
    """48 kB of what the patterns begin with: quadratic, this took half a minute and more."""
    assert {"email", "cuit"} <= find_kinds(
        text * (48_000 // len(text)) + " juan.p@gmail.com, CUIL 20–28456789–8"
    )
    assert active_kind("x" + text * (48_000 // len(text)) + ";=SUMA(A1)") == "formula"


def test_a_large_table_is_asked_about_wherever_its_persons_stand(city):
    fields = [{"name": "id", "type": "integer"}, {"name": "nombre_solicitante", "type": "string"}]
    names = ("Juan Carlos Pérez", "María Elena Gómez", "Lucía Fernández", "Roberto Sosa")
    rows = [f"{n},{'obra' if n < 25_000 else names[n % 4]}" for n in range(70_000)]
    content = "\n".join(["id,nombre_solicitante", *rows])
    city.declare(declaration("vecinos", fields=fields), datos=content)
    report = check_report(city.datasets, city.archive, "vecinos")
    assert [problem.code for problem in report.problems if problem.field == "nombre_solicitante"] == [
        "ask-name"
    ]


def test_a_column_of_several_batches_is_looked_at_in_all_of_them():
    """In the second batch persons' names begin: nobody saw them, and the third one broke the check."""
    words = pa.array([f"Plaza {n}" for n in range(1000)]), pa.array(["Pérez, Juan Carlos"] * 1000)
    batches = [
        pa.record_batch([pa.array(range(1000), pa.int64()), column, pa.nulls(1000)], names=["r", "0", "x"])
        for column in (words[0], words[1], words[1], words[1])
    ]
    seen = look_at_columns(batches, [0])[0]
    assert (seen.filled, seen.names, seen.rows) == (1200, 900, 4000)

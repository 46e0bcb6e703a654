"""What an agency's file says of itself is found out, told with its confidence, and followed only where it is
sure."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package

from messages import speaking
from pipelines.read.finding import Finding, describe_finding
from pipelines.read.read import Reading
from tests.support.checks import check_report
from tests.support.cities import City, declaration
from tests.support.lazy import openpyxl
from tests.support.readings import reading, resource
from tests.support.workbooks import saved_bytes, workbook

FIELDS = {"id": "integer", "nombre": "string", "monto": "number", "fecha": "date", "activa": "boolean"}
HEADER = ",".join(FIELDS)


pytestmark = pytest.mark.usefixtures("english")


def read_works(
    folder: Path, content: str | bytes, fields: dict[str, Any] | None = None, **pipeline: Any
) -> Reading:
    return reading(folder, content, resource(fields or FIELDS, **pipeline))


def cells_of(found: Reading) -> list[list[str]]:
    assert found.table is not None, found.problems
    return [cells for _number, cells in found.table.rows()]


def column(folder: Path, kind: str | dict[str, Any], *cells: str, **made: Any) -> tuple[list[str], Reading]:
    """The cells of a column of a type, as they come out."""
    quoted = "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells))
    found = read_works(folder, f"n,a\n{quoted}", {"n": "integer", "a": kind}, **made)
    return [row[1] for row in cells_of(found)], found


def findings(found: Reading) -> dict[str, str]:
    return {finding.what: finding.value for finding in found.findings}


def codes(found: Reading) -> list[tuple[str | None, int | None, str | None]]:
    return [(problem.code or problem.type, problem.row, problem.field) for problem in found.problems]


# --- the form

WRECK = """Ministerio de Obras;;;;
Listado de obras, año 2024;;;;

id;nombre;monto;fecha;activa;;
1;Plaza Ñandú;$ 67.065.700,00;31/12/2023;SI;;
2;Escuela;$ 1.000,50;1/2/2024;no;;
3;Otra;S/D;-;Sí;;
;Total general;67.066.700,50;;;;
Fuente: Ministerio de Hacienda;;;;;;
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_sheet_saved_as_text_with_all_its_warts(tmp_path, encoding):
    found = read_works(tmp_path, WRECK.encode(encoding))
    assert cells_of(found) == [
        ["1", "Plaza Ñandú", "67065700.00", "2023-12-31", "true"],
        ["2", "Escuela", "1000.50", "2024-02-01", "false"],
        ["3", "Otra", "", "", "true"],
    ]
    assert (found.table.labels, found.table.header_row, codes(found)) == (tuple(FIELDS), 4, [])
    what = findings(found)
    assert what["encoding"] == encoding.removesuffix("-sig")
    assert (
        what["delimiter"],
        what["header-row"],
        what["empty-columns"],
        what["totals-row"],
        what["note-row"],
    ) == (";", "4", "2", "8", "9")
    assert all(finding.confidence > 0.7 for finding in found.findings)


@pytest.mark.parametrize("foot", ["", ",,"])
def test_rows_that_were_wrapped_whole_in_quotes(tmp_path, foot):
    inner = '"1,""Plaza, Norte"",10.5,2024-01-01,true"'
    found = read_works(tmp_path, f'"{HEADER}"{foot}\n{inner}{foot}\n"2,Escuela,11,2024-01-02,false"{foot}\n')
    assert cells_of(found) == [
        ["1", "Plaza, Norte", "10.5", "2024-01-01", "true"],
        ["2", "Escuela", "11", "2024-01-02", "false"],
    ]
    assert (findings(found)["wrapped-rows"], codes(found)) == ("2", [])


def test_wrapped_rows_whose_own_quotes_were_not_doubled(tmp_path):
    found = read_works(
        tmp_path, f'"{HEADER}"\n"1,Escuela,11,2024-01-02,false"\n"2,"Plaza, Norte",10.5,2024-01-01,true"\n'
    )
    assert cells_of(found)[1] == ["2", "Plaza, Norte", "10.5", "2024-01-01", "true"]
    assert (findings(found)["wrapped-rows"], codes(found)) == ("2", [])


def test_one_wrapped_row_far_down_is_unwrapped_and_one_that_does_not_fit_stays(tmp_path):
    plain = "1,a,1,2024-01-01,true\n"
    found = read_works(tmp_path, f'{HEADER}\n{plain * 400}"2,b,2,2024-01-02,true"\n"3,c"\n')
    assert cells_of(found)[-2:] == [["2", "b", "2", "2024-01-02", "true"], ["3,c"]]
    assert findings(found)["wrapped-rows"] == "1"


def test_quotes_escaped_by_a_backslash_and_single_quotes(tmp_path):
    found = read_works(
        tmp_path, 'n,a\n1,"dijo \\"sí, claro\\""\n2,"otro \\"x\\", y"\n3,z\n', {"n": "integer", "a": "string"}
    )
    assert cells_of(found) == [["1", 'dijo "sí, claro"'], ["2", 'otro "x", y'], ["3", "z"]]
    assert findings(found)["escape"] == "\\"
    found = read_works(tmp_path, "'n','a'\n'1','x, y'\n'2','z'\n", {"n": "integer", "a": "string"})
    assert cells_of(found) == [["1", "x, y"], ["2", "z"]]


def test_every_row_that_goes_on_with_empty_cells(tmp_path):
    lines = "".join(f"{n},a,1,2024-01-01,true,,\n" for n in range(12))
    found = read_works(tmp_path, f"{HEADER}\n{lines}")
    assert (codes(found), len(cells_of(found)[0]), findings(found)["empty-columns"]) == ([], 5, "1")


def test_a_nameless_column_with_something_in_it_stays(tmp_path):
    found = read_works(tmp_path, f"{HEADER},\n1,a,1,2024-01-01,true,\n2,b,1,2024-01-01,true,ojo\n")
    assert found.table.labels[-1] == "column 6"


def test_a_declaration_beats_a_finding_that_contradicts_it_and_both_are_told(tmp_path):
    content = f"Título\n{HEADER}\n1,Ñandú,1,2024-01-01,true\n"
    found = read_works(tmp_path, content, layouts=[{"encoding": "cp1252", "headerRow": 2}])
    assert cells_of(found)[0][1] == "Ã‘andÃº"
    (contradiction,) = [finding for finding in found.findings if finding.declared]
    assert (contradiction.what, contradiction.value, contradiction.declared) == (
        "encoding",
        "utf-8",
        "cp1252",
    )
    assert describe_finding(contradiction).endswith("the declaration says cp1252, and was obeyed")
    found = read_works(tmp_path, content, layouts=[{"headerRow": 1}])
    assert (found.table, [(f.what, f.value, f.declared) for f in found.findings if f.declared]) == (
        None,
        [("header-row", "2", "1")],
    )


def test_a_declared_writing_is_obeyed_and_the_contradiction_told(tmp_path):
    cells, found = column(
        tmp_path,
        "number",
        "1,234.50",
        "2,000.00",
        layouts=[{"fields": {"a": {"decimalChar": ",", "groupChar": "."}}}],
    )
    assert cells == ["1,234.50", "2,000.00"]
    assert [(f.value, f.declared) for f in found.findings if f.declared] == [
        ('decimalChar: ".", groupChar: ","', "decimalChar: ',', groupChar: '.'")
    ]


# --- workbooks


def test_the_sheet_the_header_over_two_rows_and_the_totals_of_a_workbook(tmp_path):
    made = workbook(
        Portada=[["Informe de obras"], ["Área de obras"]],
        Datos=[
            ["Obras 2024"],
            [],
            ["id", "nombre", "Montos", None, None],
            [None, None, "monto", "fecha", "activa"],
        ],
        Listas=[["SI"], ["NO"]],
    )
    sheet = made["Datos"]
    for merged in ("A1:E1", "A3:A4", "B3:B4", "C3:E3"):
        sheet.merge_cells(merged)
    for row in (
        [1, "Plaza", 10.5, 45000, "SI"],
        [2, "Escuela", 3, 46126, "NO"],
        [None, "TOTAL", 13.5, None, None],
    ):
        sheet.append(row)
    found = read_works(tmp_path, saved_bytes(made))
    assert cells_of(found) == [
        ["1", "Plaza", "10.5", "2023-03-15", "true"],
        ["2", "Escuela", "3", "2026-04-14", "false"],
    ]
    assert (found.sheet, found.table.labels, codes(found)) == ("Datos", tuple(FIELDS), [])
    what = findings(found)
    assert (what["sheet"], what["header-rows"], what["totals-row"], what["dates"]) == (
        "Datos",
        "3–4",
        "7",
        "excel: 1900",
    )


def test_of_two_sheets_that_fit_the_first_is_read_and_the_doubt_is_told(tmp_path):
    table = [list(FIELDS), [1, "a", 1, None, True]]
    found = read_works(tmp_path, saved_bytes(workbook(Enero=table, Febrero=table)))
    (doubt,) = [finding for finding in found.findings if finding.what == "sheet"]
    assert (found.sheet, doubt.confidence) == ("Enero", 0.5)
    assert (
        describe_finding(doubt) == "sheet: Enero; Febrero could be meant as well: declare `sheet` (50 % sure)"
    )


def test_serial_dates_of_a_workbook_that_counts_from_1904(tmp_path):
    made = workbook(Hoja=[["n", "a"], [1, 44664.0], [2, 44664.5]])
    made.epoch = openpyxl.utils.datetime.MAC_EPOCH
    found = read_works(tmp_path, saved_bytes(made), {"n": "integer", "a": "datetime"})
    assert cells_of(found) == [["1", "2026-04-14T00:00:00"], ["2", "2026-04-14T12:00:00"]]


# --- the foot

BODY = f"{HEADER}\n1,a,10,2024-01-01,true\n2,b,20.25,2024-01-01,true\n"


@pytest.mark.parametrize(
    ("foot", "kept", "problems"),
    [
        ("Total,,30.25,,\n", 2, []),
        (",TOTAL GENERAL:,30.25,,\n\n\n", 2, []),
        (",Total de obras,30.25,,\n", 2, []),
        ("Total,,,,\n", 2, []),
        ("Total,,30.25,,\nFuente: Hacienda, 2024\n", 2, []),
        ("Total,,31,,\n", 2, [("totals-row", 4, None)]),
        ("Total,dos,30.25,,\n", 2, [("totals-row", 4, None)]),
        (",Total de obras,31,,\n", 3, []),
        ("3,Totalmente nueva,30.25,,\n", 3, []),
        (",Fuente de los Incas,,,\n", 3, []),
        ("\nprovisorio,,,,\n", 4, [("note-row", 5, None)]),
    ],
)
def test_a_totals_row_leaves_only_where_it_is_one_for_certain(tmp_path, foot, kept, problems):
    found = read_works(tmp_path, BODY + foot)
    assert (len(cells_of(found)), codes(found)) == (kept, problems)
    assert [f.what for f in found.findings if f.what == "totals-row"] == ["totals-row"] * (
        kept == 2 and not problems
    )


def test_total_as_a_category_of_the_data_is_no_foot(tmp_path):
    content = "a,b\nComuna 1,5\nTotal,5\nComuna 2,5\nTotal,15\n"
    found = read_works(tmp_path, content, {"a": "string", "b": "integer"})
    assert (len(cells_of(found)), codes(found)) == (4, [])


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ("A,1\nB,2\nTotal,3\nC,4\nD,5\n", 4),  # nothing but a name and a number
        ("A,1\nB,2\nSubtotal norte,3\nC,4\nD,5\nSubtotal,9\n", 4),
        ("A,1\nB,2\nSubtotal 1,3\nC,4\nD,5\nSubtotal 2,9\nTotal general,12\n", 4),
        ("A,1\nB,2\nTotal Salud,4\nC,4\n", 4),  # that is no sum
        ("A,1\nB,2\n\nTotal,3\n", 2),
        ("A,1\nB,2\n\nFuente: Hacienda\n\nNota: provisorio\n", 2),
    ],
)
def test_totals_between_the_rows_and_what_is_blank_above_the_foot_are_no_data(tmp_path, rows, left):
    found = read_works(tmp_path, f"a,b\n{rows}", {"a": "string", "b": "integer"})
    assert (len(cells_of(found)), codes(found)) == (left, [])


def test_what_is_declared_of_the_foot_is_obeyed(tmp_path):
    assert len(cells_of(read_works(tmp_path, BODY + "Total,,30.25,,\n", layouts=[{"foot": False}]))) == 3
    found = read_works(
        tmp_path, BODY + "Subtotal,,99,,\nPromedio,,15,,\n", layouts=[{"foot": "^(Subtotal|Promedio)"}]
    )
    assert (len(cells_of(found)), codes(found)) == (2, [])
    assert [f.value for f in found.findings if f.what == "totals-row"] == ["4", "5"]


def test_bad_cells_never_take_a_row_out(tmp_path):
    found = read_works(tmp_path, f"{HEADER}\nx,y,z,w,v\n,,,,nada\n1,a,1,2024-01-01,true\nN/A,,N/A,,\n")
    assert len(cells_of(found)) == 4


# --- values


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("number", ["$ 67.065.700,00", "$ 5,5", "-$ 1"], ["67065700.00", "5.5", "-1"]),
        ("number", ["U$S 1,234.50", "USD 2,000.00"], ["1234.50", "2000.00"]),
        ("number", ["12,5 %", "3%"], ["12.5", "3"]),
        ("number", ["-34,603722", "-58,381592"], ["-34.603722", "-58.381592"]),
        ("number", ["1 234 567,8", "2\u00a0000,5"], ["1234567.8", "2000.5"]),
        ("integer", ["1.234.567", "12.000", "7"], ["1234567", "12000", "7"]),
        ("integer", ["5.0", "12.0", "3"], ["5", "12", "3"]),
        ("date", ["31/12/2023", "1/2/2024"], ["2023-12-31", "2024-02-01"]),
        ("date", ["31-12-23", "01-02-24"], ["2023-12-31", "2024-02-01"]),
        ("date", ["12/31/2023", "2/1/2024"], ["2023-12-31", "2024-02-01"]),
        ("date", ["2024-02-01 00:00:00", "2024-12-31 00:00:00"], ["2024-02-01", "2024-12-31"]),
        ("date", ["1 de febrero de 2024", "31 de diciembre de 2023"], ["2024-02-01", "2023-12-31"]),
        ("date", ["01-feb-24", "31-dic-23"], ["2024-02-01", "2023-12-31"]),
        ("date", ["46126", "45000"], ["2026-04-14", "2023-03-15"]),
        ("datetime", ["31/12/2023 18:30", "1/2/2024 9:05"], ["2023-12-31T18:30:00", "2024-02-01T09:05:00"]),
        ("datetime", ["46126,75"], ["2026-04-14T18:00:00"]),
        ("time", ["9:30", "18:00 hs"], ["09:30:00", "18:00:00"]),
        ("time", ["9:30 AM", "12:05 am", "6:00 p. m."], ["09:30:00", "00:05:00", "18:00:00"]),
        (
            "datetime",
            ["31/12/2023 12:30 PM", "1/2/2024 02:30 p.\u00a0m."],
            ["2023-12-31T12:30:00", "2024-02-01T14:30:00"],
        ),
        ("boolean", ["SI", "no", "Sí"], ["true", "false", "true"]),
        ("boolean", ["V", "F"], ["true", "false"]),
        *(
            ("integer", ["1", token], ["1", ""])
            for token in ["ND", "NA", "N/A", "S/D", "s/d", "NULL", "-", "—", "#N/D", " "]
        ),
        ({"type": "string", "constraints": {"enum": ["alta", "baja"]}}, ["alta", "S/D"], ["alta", ""]),
    ],
    ids=str,
)
def test_a_column_that_reads_in_one_way_is_read_in_it(tmp_path, kind, cells, expected):
    out, found = column(tmp_path, kind, *cells)
    assert (out, codes(found)) == (expected, [])
    assert any(finding.field == "a" and finding.confidence >= 0.9 for finding in found.findings)


@pytest.mark.parametrize(
    ("kind", "cells", "asked"),
    [
        ("number", ["1,234", "5,678"], True),  # 1.234 or 1234
        ("integer", ["1.234", "45.678"], True),
        ("number", ["$ 1.234", "$ 2.500"], True),
        ("number", ["1.234", "567", "45.678"], True),
        ({"type": "number", "constraints": {"minimum": -58.6}}, ["-58.431", "-58.442"], False),
        ("number", ["1.234", "45.67"], False),
        ("date", ["3/4/2024", "5/6/2024"], True),
        ("date", ["31/12/2023", "12/31/2023"], True),
        ("number", ["1.234,5", "1,234.5"], False),
        ("number", ["USD 5,5", "$ 5,5"], False),
        ("number", ["50 %", "0,5"], False),
        ("date", ["31/12/2023", "2023-12-31", "pronto"], False),
        ("date", ["99999", "12345"], False),
        ("datetime", ["31/12/2023", "1/2/2024"], False),  # no time
        ("datetime", ["3/4/2024 02:30 PM", "5/6/2024 02:30 PM"], True),
        ("datetime", ["31/12/2023 13:30 PM"], False),
        ("time", ["9:30", "9:30 PM"], False),
        ("date", ["31/12/2023 18:30"], False),  # a time too many
        ("boolean", ["si", "no", "quizás"], False),
        ("integer", ["1", "diez", "S/D"], False),
        ("number", ["12,5", *["1,5"] * 8, "diez"], True),  # nearly all
        ({"type": "number", "constraints": {"maximum": 50}}, ["1.234.567", "12,5"], True),
        ({"type": "number", "constraints": {"minimum": -35}}, [*["-34.604"] * 40, "-34.578.254"], True),
    ],
    ids=str,
)
def test_what_can_be_read_in_several_ways_or_in_none_is_left_as_it_is(tmp_path, kind, cells, asked):
    out, found = column(tmp_path, kind, *cells)
    assert out == cells
    assert codes(found) == ([("undeclared-writing", None, "a")] if asked else [])


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("number", ["-34.604", "0.123", "1e400"]),
        ("date", ["2024-01-01", ""]),
        ("boolean", ["true", "0", "FALSE"]),
        ("string", ["S/D", "-", "NA", "31/12/2023", "$ 5"]),
        ("any", ["S/D", "1.234,5"]),
        ("integer", ["0012", " 7"]),
    ],
)
def test_what_reads_as_it_is_stays_as_it_is(tmp_path, kind, cells):
    out, found = column(tmp_path, kind, *cells)
    assert out == cells
    assert {finding.what for finding in found.findings} <= {"encoding", "delimiter"}


def test_a_slip_among_coordinates_proposes_no_thousands_mark(tmp_path):
    out, found = column(tmp_path, "number", *[f"-34,60{n}" for n in range(100, 220)], "-34.578.254")
    assert (out[0], out[-1], codes(found)) == ("-34.60100", "-34.578.254", [])
    assert findings(found)["numbers"] == 'decimalChar: ","'


def test_a_number_of_a_person_is_not_quoted(tmp_path):
    _out, found = column(tmp_path, "integer", "27.888.123", "30.111.222")
    (numbers,) = [finding for finding in found.findings if finding.what == "numbers"]
    assert numbers.example == "12.345.678"


def test_text_that_was_encoded_twice_is_noticed(tmp_path):
    _out, found = column(tmp_path, "string", "Constitución", "ConstituciÃ³n de 1994", "Plaza NÂ° 3")
    (twice,) = [finding for finding in found.findings if finding.what == "double-encoded"]
    assert (twice.value, twice.field, twice.example) == ("2", "a", "NÂ°")


# --- labels


@pytest.mark.parametrize(
    "label",
    [
        "Codigo Obra",
        "CÓDIGO-OBRA",
        "codigo_obra_",
        "Código  Obra",
        "CÃ³digo obra",
        "codgo_obra",
        "Expediente ",
    ],
)
def test_a_label_that_drifted_is_proposed_and_not_followed(tmp_path, label):
    layouts = [{}, {"header": ["nunca"], "labels": {"expediente": "codigo_obra"}}]
    found = read_works(
        tmp_path, f"id,{label}\n1,x\n", {"id": "integer", "codigo_obra": "string"}, layouts=layouts
    )
    assert found.table.labels == ("id", label)
    (proposal,) = [finding for finding in found.findings if finding.what == "label"]
    assert (proposal.value, proposal.field, codes(found)) == (
        label,
        "codigo_obra",
        [("renamed-column", None, "codigo_obra")],
    )
    assert f"rename it to codigo_obra in the file, or add `{label}: codigo_obra`" in found.problems[0].note


def test_a_field_is_proposed_once_and_numbers_are_no_slip(tmp_path):
    fields = {"id": "integer", "fecha_inicio": "date", "imagen_1": "string"}
    found = read_works(tmp_path, "id,Fecha Inicio,fecha-inicio,imagen_2\n1,2024-01-01,2024-01-01,x\n", fields)
    assert codes(found) == []
    found = read_works(tmp_path, "id,Fecha Inicio,fecha_incio,imagen_2\n1,2024-01-01,2024-01-01,x\n", fields)
    assert [(f.value, f.field) for f in found.findings if f.what == "label"] == [
        ("Fecha Inicio", "fecha_inicio")
    ]


def test_a_file_whose_labels_all_drifted_is_told_label_by_label(tmp_path):
    found = read_works(tmp_path, "_id;Nómbre;monto.;(Fecha);activa?\n1;a;1;2024-01-01;true\n")
    assert {(f.value, f.field) for f in found.findings if f.what == "label"} == {
        ("_id", "id"),
        ("Nómbre", "nombre"),
        ("monto.", "monto"),
        ("(Fecha)", "fecha"),
        ("activa?", "activa"),
    }


def test_labels_that_differ_in_case_spaces_and_the_storing_of_accents_are_the_declared_ones(tmp_path):
    declared = {"id": "integer", "dirección": "string", "monto total": "number"}
    found = read_works(tmp_path, "ID ;Direccio\u0301n;\u00a0Monto  total\n1;Ñandú;1\n", declared)
    assert (found.table.labels, codes(found)) == (tuple(declared), [])
    assert {f.field for f in found.findings if f.what == "same-label"} == set(declared)


def test_of_two_labels_that_are_one_but_for_case_neither_is_taken(tmp_path):
    found = read_works(tmp_path, "id,Monto,MONTO\n1,2,3\n", {"id": "integer", "monto": "number"})
    assert found.table.labels == ("id", "Monto", "MONTO")


def test_fifteen_hundred_columns_that_all_drifted_do_not_hold_anyone_up(tmp_path):
    fields = {f"columna_{n}": "integer" for n in range(1500)}
    header = ";".join(name.replace("_", " ").title() for name in fields)
    start = time.process_time()
    found = read_works(tmp_path, f"{header}\n{';'.join(map(str, range(1500)))}\n", fields)
    assert len([finding for finding in found.findings if finding.what == "label"]) == 1500
    assert time.process_time() - start < 10


# --- in a check


def test_the_checked_table_is_what_frictionless_reads_and_findings_are_told(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=b"")
    city.send("obras", "Listado\nid;nombre;monto\n1;Plaza;$ 1.234,50\n2;Escuela;S/D\nTotal;;1.234,50\n")
    with speaking("es"):
        report = check_report(city.datasets, city.archive, "obras", to=tmp_path / "checked")
    assert report.total == 0
    task = Package(str(tmp_path / "checked" / "datapackage.json")).validate().tasks[0]
    assert (task.valid, task.stats["rows"]) == (True, 2)
    assert "obras: los nombres de las columnas están en la fila 2 (seguro 99 %)" in report.found
    assert city.outcome("obras").outcome == "published"
    kept = city.outcome("obras")
    assert kept.outcome == "unchanged"


def test_the_private_report_of_a_run_has_the_findings(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos="id;nombre;monto\n1;Plaza;2,5\n")
    told_of = city.outcome("obras").report["findings"]["obras"]
    assert [(f.what, f.value) for f in (Finding(**finding) for finding in told_of)] == [
        ("encoding", "utf-8"),
        ("delimiter", ";"),
        ("numbers", 'decimalChar: ","'),
    ]


def test_one_odd_byte_in_a_short_file_costs_one_character(tmp_path):
    content = b"nombre,tr\xe1mite\nDescripci\xf3n a\x81b,\x93Hola\x94 \x96 1\n"
    found = reading(tmp_path, content, resource({"nombre": "string", "trámite": "string"}))
    assert cells_of(found) == [["Descripción a\x81b", "“Hola” – 1"]]
    russian = "nombre,trámite\nОписание,Привет\n".encode("cp1251", "replace")
    assert cells_or_refusal(tmp_path, russian) == "encoding-error"


def test_a_file_of_dos_is_read_and_told(tmp_path):
    dos = "nombre,trámite\nDescripción,ñandú\n".encode("cp850")
    found = reading(tmp_path, dos, resource({"nombre": "string", "trámite": "string"}))
    assert cells_of(found) == [["Descripción", "ñandú"]]
    assert [problem.code for problem in found.problems] == ["code-page"]
    assert ("encoding", "cp850") in [(each.what, each.value) for each in found.findings]


def cells_or_refusal(folder: Path, content: bytes) -> Any:
    found = reading(folder, content, resource({"nombre": "string", "trámite": "string"}))
    return found.problems[0].type if found.problems else cells_of(found)


def test_a_year_of_two_digits_is_told(tmp_path):
    _cells, found = column(tmp_path, "date", *(f"{day:02d}-03-24" for day in range(1, 29)))
    (told,) = [finding for finding in found.findings if finding.field == "a"]
    assert describe_finding(told).endswith("a year of two digits is one of 1969 to 2068 (99 % sure)")

"""Every form in which a table arrives is read by what it is, not by its name; what is no table is named, with
what to do."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import sqlite3
import struct
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.agency.submit import hand_in
from pipelines.read.read import Reading
from tests.support.bad_files import ROWS, packed, xlsx
from tests.support.checks import check_report
from tests.support.cities import City, declaration
from tests.support.lazy import openpyxl
from tests.support.readings import reading, refusal, rows_with_warnings


def warnings(found: Reading) -> list[tuple[str | None, str]]:
    return [(problem.code, problem.note) for problem in found.problems]


def form(found: Reading) -> list[str]:
    return [finding.value for finding in found.findings if finding.what in ("form", "packing")]


# --- JSON


@pytest.mark.parametrize(
    ("content", "labels", "cells"),
    [
        ('[{"a": 1.10, "b": "x"}, {"b": null, "a": -0}]', ("a", "b"), [["1.10", "x"], ["-0", ""]]),
        (
            '[{"a": 1e5, "b": 12345678901234567890.123456789012345678901}]',
            ("a", "b"),
            [["1e5", "12345678901234567890.123456789012345678901"]],
        ),
        ('[{"a": true}, {"b": false}]', ("a", "b"), [["true", ""], ["", "false"]]),
        ('{"ok": true, "result": {"n": 1, "records": [{"a": "Ñandú\\n\\u00e1"}]}}', ("a",), [["Ñandú\ná"]]),
        (
            '[{"a": {"lat": -34.60, "x": {"y": 1}}, "b": [1.10, {"c": null}, "é"]}]',
            ("a.lat", "a.x.y", "b"),
            [["-34.60", "1", '[1.10, {"c": null}, "é"]']],
        ),
        ('[{"a": null, "b": 1}, {"a": {"lat": 2}, "b": 3}]', ("b", "a.lat"), [["1", ""], ["3", "2"]]),
        (
            '[["a", "b"], [1, 2.50], ["x", null], [3, 4, 5]]',
            ("a", "b"),
            [["1", "2.50"], ["x", ""], ["3", "4", "5"]],
        ),
        ('{"a": 1, "b": "x"}\n\n{"a": 2.0}\n', ("a", "b"), [["1", "x"], ["2.0", ""]]),
        ('["a", "b"]\n[1, 2]\n', ("a", "b"), [["1", "2"]]),
        ('\ufeff[{"a": 1}]', ("a",), [["1"]]),
        ('[\n  {\n    "a": 1\n  }\n]\n', ("a",), [["1"]]),
    ],
)
def test_json_gives_a_column_for_each_name_and_values_as_they_are_written(tmp_path, content, labels, cells):
    found = reading(tmp_path, content, dict.fromkeys(("a", "b", "a.lat"), "any"))
    assert found.table.labels == labels
    assert [row for _number, row in rows_with_warnings(found)] == cells


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_json_in_other_encodings_than_its_own(tmp_path, encoding):
    assert rows_with_warnings(reading(tmp_path, '[{"a": "Ñandú"}]'.encode(encoding))) == [(2, ["Ñandú"])]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            '{"x": [{"a": 1}], "y": {"z": [{"a": 1}]}}',
            "el JSON tiene 2 listas de filas: $.x, $.y.z; entregue una tabla por vez",
        ),
        ('{"data": []}', "la lista del JSON ($.data) está vacía; pida de nuevo la entrega"),
        ("[]", "la lista del JSON ($) está vacía; pida de nuevo la entrega"),
        (
            '{"a": {"b": 1}}',
            "el JSON no tiene ninguna lista de filas; entregue una lista de objetos, uno por fila",
        ),
        ('{"error": "no existe"}', "el encabezado no tiene ninguna columna conocida: error"),
        ('[{"a": 1}} ', "el JSON está mal"),
    ],
)
def test_json_that_is_no_one_table_is_refused(tmp_path, content, told):
    found = reading(tmp_path, content)
    assert told in found.problems[0].note


def test_a_row_that_is_no_row_is_named(tmp_path):
    found = reading(tmp_path, '[{"a": 1}, 7, {"a": 2}]')
    assert [(p.row, p.note) for p in found.problems] == [
        (3, "esta fila no es un objeto, como sí lo es la primera")
    ]
    found = reading(tmp_path, '[{"a": 1}, {"a.b": 1, "a": {"b": 2}}]')
    assert found.problems[0].row == 3


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('[{"id": 1, "nombre": "x", "monto": 1}, {"id": 2, "nombre": "y", "monto": "diez"}]', "$[1].monto"),
        ('{"r": {"filas 1": [{"id": 1, "nombre": "x", "monto": "diez"}]}}', '$.r["filas 1"][0].monto'),
        (
            '{"id": 1, "nombre": "x", "monto": 1}\n\n{"id": 2, "nombre": "y", "monto": "diez"}\n',
            "línea 3, $.monto",
        ),
        ('[["id", "nombre", "monto"], [1, "x", 2], [2, "y", "diez"]]', "$[2][2]"),
    ],
)
def test_a_problem_names_its_place_in_the_json(tmp_path, content, place):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos=content)
    report = check_report(city.datasets, city.archive, "obras")
    assert [(p.type, p.place) for p in report.problems] == [("type-error", place)]


# --- packed

CSV, JSON = b"a,b\n1,2\n", b'[{"a": 1, "b": 2}]'
LITTER = {"__MACOSX/._a.csv": b"x", ".DS_Store": b"x", "datos/Thumbs.db": b"x"}


@pytest.mark.parametrize(
    ("content", "forms"),
    [
        (gzip.compress(CSV, mtime=0), ["gzip"]),
        (packed({"datos/a.csv": CSV, **LITTER}), ["ZIP: datos/a.csv"]),
        (packed({"a.txt": JSON}), ["ZIP: a.txt", "JSON $"]),
        (packed({"a.xlsx": xlsx(), "LEEME.pdf": b"%PDF-1.4"}), ["ZIP: a.xlsx", "XLSX"]),
        (gzip.compress(b'{"a": 1, "b": 2}\n', mtime=0), ["gzip", "JSON Lines"]),
        (xlsx(), ["XLSX"]),
    ],
)
def test_one_table_in_a_zip_or_gzip_is_read(tmp_path, content, forms):
    found = reading(tmp_path, content)
    assert [row for _number, row in rows_with_warnings(found)] == [["1", "2"]]
    assert form(found) == forms
    assert all(finding.confidence == 1 for finding in found.findings if finding.what in ("form", "packing"))


def test_in_a_packed_workbook_the_sheet_and_the_header_are_found(tmp_path):
    made = openpyxl.Workbook()
    made.active.append(["Informe anual"])
    table = made.create_sheet("Datos")
    for row in (["Obras de 2024"], [], ["a", "b"], [1, 2]):
        table.append(row)
    file = io.BytesIO()
    made.save(file)
    found = reading(tmp_path, packed({"obras.xlsx": file.getvalue()}))
    assert rows_with_warnings(found) == [(4, ["1", "2"])]
    assert [(finding.what, finding.value) for finding in found.findings] == [
        ("packing", "ZIP: obras.xlsx"),
        ("form", "XLSX"),
        ("sheet", "Datos"),
        ("header-row", "3"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            packed({"a.csv": CSV, "b.csv": CSV}),
            "el archivo comprimido contiene 2 archivos: a.csv, b.csv; entregue una tabla por vez",
        ),
        (
            packed({"a.zip": packed({"a.csv": CSV})}),
            "a.zip, dentro del archivo comprimido, está comprimido a su vez; entregue solo la tabla",
        ),
        (
            gzip.compress(gzip.compress(CSV, mtime=0), mtime=0),
            "gzip, dentro del archivo comprimido, está comprimido a su vez",
        ),
        (
            packed({"informe.pdf": b"%PDF-1.4"}),
            "informe.pdf, dentro del archivo comprimido: el archivo es PDF",
        ),
        (packed(LITTER), "el archivo comprimido no contiene ningún archivo"),
        (
            packed({"obras.shp": b"x", "obras.dbf": b"x", "obras.shx": b"x"}),
            "es una capa de mapa (shapefile)",
        ),
    ],
)
def test_what_else_is_packed_is_refused_by_name(tmp_path, content, told):
    assert told in refusal(reading(tmp_path, content))


# --- what is no table


def sqlite(folder: Path) -> bytes:
    with sqlite3.connect(folder / "db") as made:
        made.execute("create table a (b)")
    made.close()
    return (folder / "db").read_bytes()


def parquet(_folder: Path) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), file)
    return file.getvalue()


def ole(stream: str) -> bytes:
    """As much of an OLE file as tells what it holds: an entry of its directory."""
    name = stream.encode("utf-16-le") + b"\0\0"
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0")
        + name.ljust(64, b"\0")
        + struct.pack("<H", len(name))
        + b"\0" * 62
    )


EXCEL_PAGE = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel">'
    "<body><table><tr><td>a</td></tr></table></body></html>"
)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            b"%PDF-1.7\n...",
            "el archivo es PDF: de ahí no se pueden leer celdas; entregue la planilla con la que se hizo",
        ),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "el archivo es JPEG"),
        (b"\x89PNG\r\n\x1a\n", "el archivo es PNG"),
        (
            b"{\\rtf1\\ansi a;b}",
            "el archivo es un documento (RTF), no una tabla; copie la tabla a una planilla",
        ),
        (packed({"word/document.xml": "<x/>", "[Content_Types].xml": "<x/>"}), "un documento (DOCX)"),
        (
            packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}),
            "un documento (ODT)",
        ),
        (ole("WordDocument"), "un documento (DOC)"),
        (ole("__properties_version1.0"), "un correo de Outlook"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n", "un correo, o una página guardada"),
        (
            sqlite,
            "el archivo es SQLite, un formato de bases de datos que no se lee; exporte la tabla como CSV",
        ),
        (parquet, "el archivo es Parquet"),
        (b'{"type": "FeatureCollection", "features": []}', "una capa de mapa (GeoJSON)"),
        (b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"/>', "una capa de mapa (KML)"),
        (b"\0\0\x27\x0a" + b"\0" * 100, "una capa de mapa (shapefile)"),
        (b"7z\xbc\xaf\x27\x1c", "está comprimido como 7z, que no se lee"),
        (b"<!doctype html><html><body>Error 404</body></html>", "el archivo es una página HTML, no un CSV"),
        (
            EXCEL_PAGE,
            "una página web (HTML) con una tabla, guardada con nombre de planilla; ábralo en Excel o "
            "LibreOffice, elija «Guardar como»",
        ),
        ("<table border=1><tr><td>a</td><td>b</td></tr></table>", "una página web (HTML) con una tabla"),
        (
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "una planilla XML de 2003",
        ),
        ("<?xml version='1.0'?><datos/>", "el archivo es XML"),
        (bytes(range(1, 256)) * 4, "un formato desconocido"),
    ],
)
def test_a_file_that_is_no_table_is_named_with_what_to_do(tmp_path, content, told):
    assert told in refusal(reading(tmp_path, content(tmp_path) if callable(content) else content))


# --- workbooks: what is worth a word


def test_macros_hidden_rows_and_merged_cells_are_told(tmp_path):
    hidden = ROWS.replace('<row r="2">', '<row r="2" hidden="1">')
    found = reading(
        tmp_path,
        xlsx(
            hidden,
            after='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>',
            parts={"xl/vbaProject.bin": "x"},
        ),
    )
    assert [row for _number, row in rows_with_warnings(found)] == [["1", "2"]]
    assert warnings(found) == [
        ("macros-ignored", "la planilla tiene macros: no se ejecutaron, solo se leyeron sus celdas"),
        ("hidden-rows", "1 fila oculta se leyó como las demás"),
        (
            "merged-cells",
            "hay celdas combinadas (A2:A3): lo que dicen vale solo para la primera de ellas, las otras "
            "quedan vacías",
        ),
    ]


def test_cells_merged_above_the_header_are_nobodys_concern(tmp_path):
    title = '<row r="1"><c r="A1" t="inlineStr"><is><t>Informe</t></is></c></row>' + ROWS.replace(
        'r="2"', 'r="3"'
    ).replace('r="1"', 'r="2"')
    title = title.replace('"A2"', '"A3"').replace('"B2"', '"B3"').replace('"B1"', '"B2"')
    title = title.replace('<row r="2"><c r="A1"', '<row r="2"><c r="A2"')
    found = reading(
        tmp_path, xlsx(title, after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'), headerRow=2
    )
    assert (rows_with_warnings(found), warnings(found)) == ([(3, ["1", "2"])], [])


def test_a_formula_without_its_result_is_no_empty_cell(tmp_path):
    made = openpyxl.Workbook()
    for row in (["a", "b"], [1, "=A2+1"], [2, "=A3+1"]):
        made.active.append(row)
    made.active["F9"] = "=1"
    file = io.BytesIO()
    made.save(file)
    found = reading(tmp_path, file.getvalue())
    assert [(p.code, p.row, p.place, p.field, p.note) for p in found.faults] == [
        ("formula-unsaved", row, None, "b", "la fórmula no tiene guardado su resultado") for row in (2, 3)
    ]


# --- what LibreOffice writes


@pytest.fixture(scope="module")
def converted(tmp_path_factory) -> Mapping[str, bytes]:
    """One workbook as LibreOffice saves it, by suffix: dates, an error, a formula, a hidden sheet first."""
    if shutil.which("soffice") is None:
        if os.environ.get("CI"):
            pytest.fail("soffice is missing: apt-get install libreoffice-calc")
        pytest.skip("soffice is missing: XLS and ODS as LibreOffice writes them are not read")
    folder = tmp_path_factory.mktemp("office")
    made = openpyxl.Workbook()
    made.active.title, made.active.sheet_state = "Listas", "hidden"
    sheet = made.create_sheet("Obras")
    made.active = 1
    for row in (["a", "b", "c"], [1.5, "Ñandú", "=A2*2"], [2, "x", "=1/0"], [3, None, "=NA()"]):
        sheet.append(row)
    made.save(folder / "libro.xlsx")
    for kind in ("ods", "xls"):
        command = [
            "soffice",
            f"-env:UserInstallation={folder.as_uri()}/profile",
            "--headless",
            "--convert-to",
            kind,
            "libro.xlsx",
        ]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    return {kind: (folder / f"libro.{kind}").read_bytes() for kind in ("ods", "xls")}


def test_an_ods_is_read_under_any_name(tmp_path, converted):
    found = reading(tmp_path, converted["ods"], dict.fromkeys(("a", "b", "c"), "any"))
    assert (form(found), found.sheet) == (["ODS"], "Obras")
    assert rows_with_warnings(found) == [
        (2, ["1.5", "Ñandú", "3"]),
        (3, ["2", "x", "#DIV/0!"]),
        (4, ["3", "", "#N/A"]),
    ]


def test_an_xls_is_read_under_any_name(tmp_path, converted):
    found = reading(tmp_path, converted["xls"], dict.fromkeys(("a", "b", "c"), "any"))
    assert (form(found), found.sheet) == (["XLS"], "Obras")
    assert rows_with_warnings(found) == [
        (2, ["1.5", "Ñandú", "3"]),
        (3, ["2", "x", "#DIV/0!"]),
        (4, ["3", "", "#N/A"]),
    ]


def test_an_xls_with_a_password_is_named(tmp_path, converted):
    at = converted["xls"].index(b"\xe1\0\2\0")
    locked = (
        converted["xls"][:at] + b"\x2f" + converted["xls"][at + 1 :]
    )  # its second record says FILEPASS (MS-XLS 2.4.117)
    assert "protegida con contraseña" in refusal(reading(tmp_path, locked))


@pytest.mark.parametrize("kind", ["ods", "xls"])
def test_a_workbook_of_libreoffice_that_is_cut_is_named(tmp_path, converted, kind):
    whole = converted[kind]
    for end in (len(whole) // 3, len(whole) // 2, len(whole) - 700):
        found = reading(tmp_path, whole[:end], dict.fromkeys(("a", "b", "c"), "any"))
        assert found.table is not None or found.problems[0].type in ("format-error", "source-error")


# --- in a run


def saved(folder: Path, *cells: list[Any], **about: Any) -> bytes:
    made = openpyxl.Workbook()
    for row in cells:
        made.active.append(row)
    made.properties.creator = about.get("creator", "una persona")
    made.save(folder / "libro")
    return (folder / "libro").read_bytes()


def test_a_table_is_the_same_whatever_form_it_comes_in(tmp_path):
    city = City(tmp_path)
    table = [["id", "nombre", "monto"], [1, "Plaza", 10.5], [2, "Escuela", 3]]
    city.declare(declaration("obras"), datos=saved(tmp_path, *table))
    assert city.outcome("obras").outcome == "published"
    text = "id,nombre,monto\n1,Plaza,10.5\n2,Escuela,3\n"
    records = (
        '{"data": [{"id": 1, "nombre": "Plaza", "monto": 10.50}, {"id": 2, "nombre": "Escuela", "monto": 3}]}'
    )
    for content in (
        saved(tmp_path, *table, creator="otra persona"),
        text,
        text.encode("utf-16"),
        gzip.compress(text.encode()),
        packed({"obras.csv": text}),
        records,
    ):
        city.send("obras", content)
        outcome = city.outcome("obras")
        assert (outcome.outcome, outcome.message) == ("unchanged", "")
    assert len(city.history("obras").releases) == 1
    city.send("obras", saved(tmp_path, *table[:2], [2, "Escuela", 4]))
    assert city.outcome("obras").changes == {"obras": {"added": 0, "removed": 0, "changed": 1}}


def test_any_form_can_be_handed_in(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras", source={"kind": "inbox"}))
    file = tmp_path / "obras.zip"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("obras.json", '[{"id": 1, "nombre": "Plaza", "monto": 1}]')
    hand_in(city.datasets, city.archive, city.inbox, "obras", file, None, city.clock())
    assert city.outcome("obras").outcome == "published"
    (city.inbox / "area/obras/obras.jsonl").write_text(
        '{"id": 2, "nombre": "Escuela", "monto": 2}\n', "utf-8"
    )
    assert city.outcome("obras").changes == {"obras": {"added": 1, "removed": 1, "changed": 0}}

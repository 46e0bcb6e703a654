"""An agency gets its own file back: everything in its place, notes in the cells, and beside it a copy with
what is certain corrected."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import which

import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill

from messages import speaking
from pipelines.agency import readings
from pipelines.agency.answer import write_answer
from pipelines.agency.check import check_dataset
from pipelines.agency.readings import Evidence
from pipelines.agency.workbook import annotate as made
from tests.support.cities import City, declaration
from tests.support.lazy import openpyxl
from validation.report import KEPT

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
FIELDS = [
    {"name": "id", "type": "integer", "description": "Número", "constraints": {"unique": True}},
    {"name": "fecha", "type": "date", "description": "Día"},
    {
        "name": "etapa",
        "type": "string",
        "description": "Etapa",
        "constraints": {"enum": ["Votación", "Devolución"]},
    },
    {"name": "monto", "type": "number", "description": "Monto", "unit": "ARS"},
    {
        "name": "avance",
        "type": "number",
        "description": "Avance",
        "unit": "%",
        "constraints": {"minimum": 0, "maximum": 100},
    },
    {"name": "codigo", "type": "string", "description": "Código"},
]
LABELS = {
    "N°": "id",
    "Fecha": "fecha",
    "Etapa": "etapa",
    "Monto": "monto",
    "Avance": "avance",
    "Código": "codigo",
}
# What stands in the file, and what the corrected copy has instead (None: nobody can know).
ROWS = [
    [
        ["1", None],
        ["31/08/2024", "2024-08-31"],
        ["votacion", "Votación"],
        ["$ 1.234,50", "1234.50"],
        ["12,5%", "12.5"],
        ["007", None],
    ],
    [
        ["2", None],
        ["03/04/2024", "2024-04-03"],
        ["DEVOLUCIÓN ", "Devolución"],
        ["12,75", "12.75"],
        ["250", None],
        ["1-2", None],
    ],
    [
        ["tres", None],
        ["5 de mayo de 2024", "2024-05-05"],
        ["Otra", None],
        ["2024-01", None],
        ["1,234", "1.234"],
        ["=x", None],
    ],
    [["2", None], ["45000", None], ["", None], ["9", None], ["", None], ["", None]],
]


@pytest.fixture(autouse=True)
def works_handed_in(city):
    layout = {"header": list(LABELS), "labels": LABELS}
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS, key=None, layouts=[layout]))


def back(city: City, path: Path) -> tuple[Path, list[Path], Counter]:
    """The annotated workbook of a file, the other files beside it, and its problems by kind and field."""
    out = city.folder / "vuelta" / "anotado.xlsx"
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", path) as done:
        write_answer(done, None, out, NOW)
        problems = Counter((p.type, p.field, p.row) for p in done.report.problems)
    return out, [each for each in out.parent.iterdir() if each != out], problems


def checked(city: City, path: Path) -> Counter:
    with check_dataset(city.datasets, city.archive, "obras", path) as done:
        return Counter((p.type, p.field, p.row) for p in done.report.problems)


def agency_workbook(path: Path) -> Path:
    """As somebody cares for it: titles of their own, a second sheet, a chart, merged cells, a formula,
    formats and widths."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Obras d'área"
    sheet.append(list(LABELS))
    for row in ROWS:
        sheet.append([int(text) if text in ("1", "2") else text for text, _after in row])
    sheet["F4"].data_type = "s"
    sheet["D3"].number_format = "#,##0.00"
    sheet["A1"].font, sheet["A1"].fill = (
        Font(bold=True, color="FFAA0000"),
        PatternFill("solid", start_color="FF00FF00"),
    )
    sheet.column_dimensions["B"].width = 33
    notes = book.create_sheet("Notas")
    notes["A1"], notes["B2"] = "Del área", "=SUM('Obras d''área'!A2:A3)"
    notes.merge_cells("A1:C1")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=3))
    notes.add_chart(chart, "E5")
    book.save(path)
    return path


def text_file(path: Path) -> Path:
    lines = [";".join(LABELS), *(";".join(text for text, _after in row) for row in ROWS), ""]
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return path


def expected(row: int, place: int) -> str:
    before, after = ROWS[row - 2][place]
    return before if after is None else after


def test_a_workbook_comes_back_whole_with_notes_in_the_wrong_cells(city):
    out, _others, problems = back(city, agency_workbook(city.folder / "obras.xlsx"))
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["Vereda - Resumen", "Vereda - Correcciones", "Obras d'área", "Notas"]
    sheet, notes = book["Obras d'área"], book["Notas"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(max_row=1)] == [list(LABELS)]
    assert (sheet["B2"].value, sheet["D3"].number_format, sheet.column_dimensions["B"].width) == (
        "31/08/2024",
        "#,##0.00",
        33,
    )
    assert (sheet["A1"].font.b, sheet["A1"].fill.start_color.rgb, sheet["A1"].comment) == (
        True,
        "FF00FF00",
        None,
    )
    assert (notes["B2"].value, [str(each) for each in notes.merged_cells.ranges], len(notes._charts)) == (  # noqa: SLF001
        "=SUM('Obras d''área'!A2:A3)",
        ["A1:C1"],
        1,
    )
    noted = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    wrong = {
        f"{'ABCDEF'[list(LABELS.values()).index(field)]}{row}"
        for _type, field, row in problems
        if row and field
    }
    assert noted == wrong
    assert "una fecha, como 2026-08-31" in sheet["B2"].comment.text
    assert "En la copia corregida: «2024-08-31»" in sheet["B2"].comment.text
    assert "entre 0" not in sheet["E3"].comment.text
    assert sheet["B2"].fill.start_color.rgb != sheet["A4"].fill.start_color.rgb


def test_a_workbook_that_was_fetched_comes_back_like_one_that_was_given(city):
    source = agency_workbook(city.folder / "planilla.xlsx").read_bytes()
    city.declare(declaration("obras", fields=FIELDS, layouts=[{"labels": LABELS}]), datos=source)
    out = city.folder / "vuelta" / "obras.xlsx"
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras") as done:
        write_answer(done, None, out, NOW)
    assert openpyxl.load_workbook(out).sheetnames[0] == "Vereda - Resumen"


def test_the_summary_leads_to_the_cells(city):
    out, _others, _problems = back(city, agency_workbook(city.folder / "obras.xlsx"))
    for sheet in openpyxl.load_workbook(out).worksheets[:2]:
        links = [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
        assert len(links) > 5
        assert all(
            cell.hyperlink.location == f"'Obras d''área'!{cell.value}"
            and cell.hyperlink.ref == cell.coordinate
            for cell in links
        )


@pytest.mark.parametrize("make", [agency_workbook, text_file])
def test_the_corrected_copy_has_what_is_certain_and_nothing_else(city, make):
    path = make(city.folder / ("obras.xlsx" if make is agency_workbook else "obras.csv"))
    _out, (copy,), before = back(city, path)
    after = checked(city, copy)
    right = {
        (list(LABELS.values())[place], row)
        for row in range(2, 6)
        for place in range(6)
        if ROWS[row - 2][place][1] is not None
    }
    assert {(field, row) for _type, field, row in before} - {
        (field, row) for _type, field, row in after
    } == right
    assert after < before


@pytest.mark.parametrize("make", [agency_workbook, text_file])
def test_a_copy_is_corrected_whole_or_there_is_none(city, make, monkeypatch):
    """Half of a column in ISO dates reads worse than all of it as it was."""
    monkeypatch.setattr("pipelines.agency.corrections.MOST", 3)
    path = make(city.folder / ("obras.xlsx" if make is agency_workbook else "obras.csv"))
    out = city.folder / "anotado.xlsx"
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", path) as done:
        said = write_answer(done, None, out, NOW)
    assert [each.name for each in out.parent.glob("*-corregido*")] == []
    assert any("No hay copia corregida" in sentence for sentence in said)
    summary = openpyxl.load_workbook(out).worksheets[0]
    shown = " ".join(str(cell.value) for row in summary.iter_rows() for cell in row if cell.value)
    assert "así que no hay copia corregida" in shown
    noted = [
        cell.comment.text
        for each in openpyxl.load_workbook(out)
        for row in each
        for cell in row
        if cell.comment
    ]
    assert not any("En la copia corregida" in text for text in noted)


def test_a_csv_keeps_its_writing_and_its_other_cells(city):
    _out, (copy,), _problems = back(city, text_file(city.folder / "obras.csv"))
    assert copy.suffix == ".csv"
    content = copy.read_bytes()
    assert content.count(b"\r\n") == len(ROWS) + 1
    rows = list(csv.reader(io.StringIO(content.decode("cp1252")), delimiter=";"))
    assert rows[1:] == [[expected(row, place) for place in range(6)] for row in range(2, 6)]


def test_of_a_workbook_only_the_corrected_cells_change(city):
    path = agency_workbook(city.folder / "obras.xlsx")
    _out, (copy,), _problems = back(city, path)
    sheet = openpyxl.load_workbook(copy)["Obras d'área"]
    assert (str(sheet["B2"].value)[:10], sheet["B2"].is_date) == ("2024-08-31", True)
    assert (sheet["D2"].value, sheet["C2"].value) == (1234.5, "Votación")
    with zipfile.ZipFile(path) as sent, zipfile.ZipFile(copy) as made:
        changed = {name for name in sent.namelist() if sent.read(name) != made.read(name)}
        assert sent.namelist() == made.namelist()
    assert changed <= {"xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"}


def test_the_annotated_workbook_can_be_handed_in_itself(city):
    out, _others, before = back(city, agency_workbook(city.folder / "obras.xlsx"))
    assert checked(city, out) == before


def test_a_csv_becomes_a_workbook_of_text(city):
    out, _others, _problems = back(city, text_file(city.folder / "obras.csv"))
    sheet = openpyxl.load_workbook(out).worksheets[2]
    assert [[cell.value or "" for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        [text for text, _after in row] for row in ROWS
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    assert (sheet["F2"].value, sheet["F2"].number_format, sheet["F4"].value, sheet["F4"].quotePrefix) == (
        "007",
        "@",
        "=x",
        True,
    )
    assert sheet["B2"].comment is not None


def test_of_a_large_file_only_the_wrong_rows_are_shown_with_their_numbers(city, monkeypatch):
    monkeypatch.setattr(made, "CELLS", 10)
    out, _others, _problems = back(city, text_file(city.folder / "obras.csv"))
    book = openpyxl.load_workbook(out)
    sheet = book.worksheets[2]
    assert [[cell.value for cell in row][:3] for row in sheet.iter_rows(max_row=3)] == [
        ["Fila", "N°", "Fecha"],
        [2, "1", "31/08/2024"],
        [3, "2", "03/04/2024"],
    ]
    links = [
        cell.hyperlink.location for row in book.worksheets[1].iter_rows() for cell in row if cell.hyperlink
    ]
    assert links[0] == "'Datos'!C2"


def test_a_workbook_says_how_many_problems_are_not_marked_in_it(city):
    path = city.folder / "muchas.csv"
    rows = (f"{n};no sé;Votación;1;1;c" for n in range(KEPT + 7))
    path.write_text("\n".join([";".join(LABELS), *rows]) + "\n", "utf-8")
    out, _others, _problems = back(city, path)
    book = openpyxl.load_workbook(out)
    said = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert any(each.startswith("Hay 7 problemas más que se contaron y no están marcados") for each in said)


def test_personal_data_is_marked_by_its_place_and_not_said(city):
    path = city.folder / "obras.csv"
    path.write_text(";".join(LABELS) + "\n1;2024-01-01;;;;ana@example.org\n", "utf-8")
    out, others, _problems = back(city, path)
    book = openpyxl.load_workbook(out)
    assert others == []
    assert "ana@" not in book.worksheets[2]["F2"].comment.text
    assert not any(
        "ana@" in str(cell.value)
        for sheet in book.worksheets[:2]
        for row in sheet.iter_rows()
        for cell in row
    )


def test_other_programs_open_both_workbooks(city):
    if not which("soffice"):
        pytest.skip("LibreOffice is not installed")
    out, (copy,), _problems = back(city, agency_workbook(city.folder / "obras.xlsx"))
    profile = f"-env:UserInstallation=file://{city.folder}/profile"
    filters = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        filters,
        "--outdir",
        str(city.folder / "csv"),
        str(out),
        str(copy),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    written = {path.name: path.read_text("utf-8") for path in (city.folder / "csv").iterdir()}
    assert "Vereda: qué se encontró en obras.xlsx" in written["anotado-Vereda - Resumen.csv"]
    assert "2024-08-31" in written["anotado-Vereda - Correcciones.csv"]
    assert "31/08/2024" in written["anotado-Obras d'área.csv"]
    assert "1234.5" in written["anotado-corregido-Obras d'área.csv"]
    assert "31/08/2024" not in written["anotado-corregido-Obras d'área.csv"]


# --- what is certain


@pytest.mark.parametrize(
    ("text", "known", "certainly", "possibly"),
    [
        ("31/08/2024", Evidence(), "2024-08-31", ()),
        ("03/04/2024", Evidence(), None, ("2024-04-03", "2024-03-04")),
        ("03/04/2024", Evidence(day_first=True), "2024-04-03", ()),
        ("03/03/2024", Evidence(), "2024-03-03", ()),
        ("31/08/24", Evidence(), None, ("2024-08-31",)),
        ("31/08/24", Evidence(days=(date(2019, 1, 1), date(2024, 1, 1))), "2024-08-31", ()),
        ("2 de setiembre de 2018", Evidence(), "2018-09-02", ()),
        ("2024-08-31 00:00:00", Evidence(), "2024-08-31", ()),
        ("2024-08-31 18:00:00", Evidence(), None, ()),
        ("46126", Evidence(), None, ("2026-04-14",)),
        ("46126", Evidence(days=(date(2026, 1, 1), date(2026, 12, 1))), "2026-04-14", ()),
        ("31/02/2024", Evidence(), None, ()),
        ("a confirmar", Evidence(), None, ()),
    ],
)
def test_a_date_is_corrected_only_where_it_has_one_reading(text, known, certainly, possibly):
    answer = readings.correct_date(text, known)
    assert (answer.certain.text if answer.certain else None, answer.possible) == (certainly, possibly)


@pytest.mark.parametrize(
    ("text", "decimal", "certainly"),
    [
        ("$ 67.065.700,00", None, "67065700.00"),
        ("12,5", None, "12.5"),
        ("1,234", None, None),
        ("1,234", ",", "1.234"),
        ("1,234", ".", "1234"),
        ("-34.578.254", None, "-34578254"),
        ("1.23.456", None, None),
        ("U$S 12,5", None, None),
        ("12,5 km", None, None),
        ("12%", None, None),
    ],
)
def test_a_number_is_corrected_only_where_it_has_one_reading(text, decimal, certainly):
    answer = readings.correct_number(text, Evidence(decimal=decimal), False, lambda _text: True)
    assert (answer.certain.text if answer.certain else None) == certainly


def test_a_whole_number_with_two_readings_is_asked_about():
    assert readings.correct_whole_number("1.000", Evidence(), str.isdecimal).certain is None
    assert readings.correct_whole_number("1.204", Evidence(), str.isdecimal).certain.text == "1204"
    assert readings.correct_whole_number("7,0", Evidence(), str.isdecimal).certain.text == "7"


@pytest.mark.parametrize(
    ("text", "certainly", "possibly"),
    [
        ("NUÃ±EZ", "Nuñez", ()),
        ("  nunez", "Nuñez", ()),
        ("Monserat", None, ("Monserrat",)),
        ("Bajo Belgrano", None, ()),
        ("villa-lugano", "Villa Lugano", ()),
    ],
)
def test_a_name_is_corrected_where_only_accents_capitals_and_spaces_differ(text, certainly, possibly):
    answer = readings.choose_name(
        text, readings.fold_names(["Monserrat", "Nuñez", "Villa Lugano", "Palermo"])
    )
    assert (answer.certain.text if answer.certain else None, answer.possible) == (certainly, possibly)

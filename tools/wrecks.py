"""Files as agencies really send them, wrong in ways that were seen: for looking at the reports that they get.

Each is a demonstration dataset's invented sample with faults written in, or, where it says so, rows of a real
file of the city. Where a kind of fault was seen is told beside it: the city's own extracts in
datasets/*/source, or what arrives in real life. `python -m tools.wrecks DIR` writes them all, `python -m
tools.wrecks DIR --reports` what their senders would get as well.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill

ROOT = Path(__file__).parent.parent
DATASETS = ROOT / "datasets"
Row = list[Any]


def initiatives(count: int = 40) -> list[Row]:
    """Header and rows of the sample of iniciativas-participacion (invented)."""
    return _rows("iniciativas-participacion/sample/iniciativas.xlsx", count)


def _rows(sample: str, count: int) -> list[Row]:
    sheet = load_workbook(DATASETS / sample, read_only=True).worksheets[0]
    rows = [
        [cell.date() if hasattr(cell, "date") else cell for cell in row]
        for row in sheet.iter_rows(values_only=True)
    ]
    return rows[: count + 1]


def titles_and_totals() -> tuple[str, str, bytes]:
    """Titles above the header and a totals row at the foot, as planillas of areas have them."""
    rows = initiatives()
    book = Workbook()
    sheet = book.active
    sheet.title = "Planilla 2018"
    sheet.append(["Dirección General de Participación (inventada)"])
    sheet.append(["Iniciativas: informe anual"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    for row in rows:
        sheet.append(row)
    sheet.append(
        ["TOTAL", None, None, None, None, None, None, None, "=SUM(I5:I44)", "=SUM(J5:J44)", "=SUM(K5:K44)"]
    )
    sheet["A1"].font = Font(bold=True, size=16)
    return "iniciativas-participacion", "informe-con-titulos.xlsx", _save(book)


def latin_semicolons() -> tuple[str, str, bytes]:
    """Real rows of BA Obras 2019 (datasets/ba-obras/source), as Excel in Spanish saves them: `;`, cp1252,
    decimal commas, and dates that the system of the area wrote in words."""
    with (DATASETS / "ba-obras/source/obras-2019.csv").open(encoding="utf-8", newline="") as file:
        sample = file.read(4096)
        file.seek(0)
        rows = list(csv.reader(file, delimiter=";" if sample.split("\n")[0].count(";") > 5 else ","))[:120]
    header = rows[0]
    place = {label: number for number, label in enumerate(header)}
    for number, row in enumerate(rows[1:], 1):
        for label in ("lat", "lng", "porcentaje_avance", "monto_contrato"):
            row[place[label]] = row[place[label]].replace(".", ",")
        if number % 9 == 0 and row[place["fecha_inicio"]]:
            row[place["fecha_inicio"]] = f"{1 + number % 28} de marzo de 2018"
        if number % 13 == 0:
            row[place["etapa"]] = "EN EJECUCION"
        if number % 17 == 0:
            row[place["comuna"]] = "16"
    return "ba-obras", "obras-excel.csv", _csv(rows, ";", "cp1252")


def excel_serials() -> tuple[str, str, bytes]:
    """Dates as the numbers that Excel counts days by, in every fifth row (a source once wrote 26,295 of
    them)."""
    rows = initiatives(60)
    for number, row in enumerate(rows[1:], 1):
        if number % 5 == 0:
            row[0] = (row[0] - date(1899, 12, 30)).days
    return "iniciativas-participacion", "fechas-en-numeros.csv", _csv(rows, ",", "utf-8")


def wrapped_rows() -> tuple[str, str, bytes]:
    """Whole rows wrapped in quotation marks, as some copies of BA Obras are."""
    text = _csv(initiatives(25), ";", "utf-8").decode().splitlines()
    return (
        "iniciativas-participacion",
        "filas-entre-comillas.csv",
        "\r\n".join(f'"{line}"' for line in text).encode(),
    )


def duplicates() -> tuple[str, str, bytes]:
    """Rows that are there twice under one key, and one key for two things (grandes-choferes: wide by
    month)."""
    rows = _rows("grandes-choferes/sample/grandes-choferes.xlsx", 20)
    rows += [list(rows[3]), [*rows[5][:1], "tres", *rows[5][2:]]]
    rows[7][6] = "veintidós"
    rows[9][8] = "1.204"
    return "grandes-choferes", "choferes-repetidos.xlsx", _workbook(rows, "Votos")


def missing_columns() -> tuple[str, str, bytes]:
    """A column that is gone, two that were renamed, and one that nobody knows."""
    rows = [row[:4] + row[5:] for row in initiatives(30)]
    rows[0][rows[0].index("Inscriptos")] = "Cant. inscriptos"
    rows = [[*row, "Observaciones" if number == 0 else None] for number, row in enumerate(rows)]
    return "iniciativas-participacion", "columnas-cambiadas.xlsx", _workbook(rows, "Hoja1")


def mojibake() -> tuple[str, str, bytes]:
    """UTF-8 that was read as latin-1 and saved again: NuÃ±ez, VotaciÃ³n."""
    rows = initiatives(40)
    rows[4][6], rows[9][6], rows[11][6] = "Nuñez", "Villa Pueyrredón", "Villa Ortúzar"
    spoilt = [[_spoil(cell) if number else cell for cell in row] for number, row in enumerate(rows)]
    return "iniciativas-participacion", "acentos-rotos.csv", _csv(spoilt, ";", "utf-8")


def wrong_barrios() -> tuple[str, str, bytes]:
    """Barrios and stages in the ways in which people write them: without accents, in capitals, with spaces,
    with slips."""
    rows = initiatives(48)
    names = (
        "SAN TELMO",
        "villa lugano ",
        "Nunez",
        "Monserat",
        "Bajo Belgrano",
        "Constitucion",
        "LA  BOCA",
        "Velez Sarsfield",
        "Palermo Soho",
    )
    for number, name in enumerate(names, 3):
        rows[number][6] = name
    for number, stage in enumerate(("votacion", "ENCUENTRO", "Devolucion", "Taller"), 20):
        rows[number][3] = stage
    return "iniciativas-participacion", "barrios-mal-escritos.xlsx", _formatted_workbook(rows)


def two_years() -> tuple[str, str, bytes]:
    """Two years in one file: the first writes d/m/yyyy as text, the second real dates; numbers with points,
    dashes and S/D for nothing."""
    rows = initiatives(60)
    for number, row in enumerate(rows[1:], 1):
        if number <= 30:
            row[0] = f"{row[0]:%d/%m/%Y}"
        if number % 6 == 0:
            row[8] = "1.250"
        if number % 10 == 0:
            row[9] = "S/D"
    return "iniciativas-participacion", "dos-anios.xlsx", _formatted_workbook(rows)


def mixed() -> tuple[str, str, bytes]:
    """Dates in five ways in one column, an e-mail and a document in free text, a formula, an empty row."""
    rows = initiatives(50)
    ways: tuple[Callable[[date], Any], ...] = (
        lambda day: f"{day:%d/%m/%Y}",
        lambda day: f"{day:%d-%m-%y}",
        lambda day: f"{day.day} de agosto de {day.year}",
        lambda day: f"{day} 00:00:00",
        lambda day: "a confirmar",
    )
    for number, row in enumerate(rows[1:36], 1):
        if number % 2:
            row[0] = ways[number // 2 % 5](row[0])
    rows[12][11] = "Contacto: vecina.inventada@example.org"
    rows[14][11] = "Demo: presentada por DNI 28.345.671"
    rows[16][11] = '=HIPERVINCULO("http://example.org")'
    rows.insert(20, [])
    rows[30][5] = 18
    return "iniciativas-participacion", "de-todo-un-poco.csv", _csv(rows, ";", "cp1252")


WRECKS = (
    *(titles_and_totals, latin_semicolons, excel_serials, wrapped_rows, duplicates),
    *(missing_columns, mojibake, wrong_barrios, two_years, mixed),
)


def write(folder: Path) -> list[tuple[str, Path]]:
    """Writes them all; gives the dataset and the path of each."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for wreck in WRECKS:
        dataset, name, content = wreck()
        (folder / name).write_bytes(content)
        written.append((dataset, folder / name))
    return written


def _spoil(cell: Any) -> Any:
    return cell.encode("utf-8").decode("cp1252", "replace") if isinstance(cell, str) else cell


def _csv(rows: Iterable[Row], delimiter: str, encoding: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def _workbook(rows: Iterable[Row], title: str) -> bytes:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return _save(book)


def _formatted_workbook(rows: Iterable[Row]) -> bytes:
    """A workbook that somebody took care of: a coloured header, widths, a format for dates, a second sheet
    with notes and a sum."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Iniciativas"
    for row in rows:
        sheet.append(row)
    for cell in sheet[1]:
        cell.fill, cell.font = PatternFill("solid", start_color="FF1F6F54"), Font(bold=True, color="FFFFFFFF")
    for letter, width in zip(
        "ABCDEFGHIJKLM", (12, 34, 14, 14, 12, 9, 20, 14, 11, 11, 9, 34, 34), strict=True
    ):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2, max_col=1):
        row[0].number_format = "dd/mm/yyyy"
    sheet.freeze_panes = "B2"
    notes = book.create_sheet("Notas del área")
    notes["A1"], notes["A2"], notes["B2"] = (
        "Cargado por mesa de entradas",
        "Total de votos",
        "=SUM(Iniciativas!K2:K200)",
    )
    notes.merge_cells("A1:C1")
    return _save(book)


def _save(book: Workbook) -> bytes:
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def _write_reports(written: Iterable[tuple[str, Path]]) -> None:
    from datetime import UTC, datetime

    from catalog.archive.archive import Archive
    from messages import speaking
    from pipelines.agency.answer import write_answer
    from pipelines.agency.check import check_dataset
    from pipelines.settings import load_settings

    settings = load_settings()
    archive = Archive.open(settings.archive, settings.secret)
    for dataset, path in written:
        into = path.parent / path.stem
        with speaking("es"), check_dataset(settings.datasets, archive, dataset, path) as done:
            print(
                path.name,
                done.report.total,
                *write_answer(done, into, into / f"{path.stem}-anotado.xlsx", datetime.now(UTC)),
                sep="\n  ",
            )


if __name__ == "__main__":
    wrecks = write(Path(sys.argv[1]))
    if "--reports" in sys.argv:
        _write_reports(wrecks)

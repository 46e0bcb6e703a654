"""Extracts as agencies send them, made from a seed: a table whose values are known, written in a way that
nobody declared."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

FIELDS = {
    "id": "integer",
    "nombre": "string",
    "monto": "number",
    "beneficiarios": "integer",
    "fecha_inicio": "date",
    "destacada": "boolean",
}
LABELS = dict(
    zip(FIELDS, ["ID", "Nombre de la obra", "Monto", "Beneficiarios", "Fecha", "Destacada"], strict=True)
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
NAMES = [
    *(
        "Plaza Ñandú",
        "Escuela N° 3, Núñez",
        "Estación Constitución; acceso",
        "Paseo del Bajo",
        'Obra "La Boca"',
        "Güemes y Perón",
    ),
    *("Desagüe", "Metrobús"),
]
TITLES = ["Ministerio de Desarrollo Urbano", "Listado de obras, año 2024", "Información al 31/12/2024", ""]
MARKS = [(".", ""), (",", ""), (",", "."), (".", ",")]
DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%y", "%d.%m.%Y", "%m/%d/%Y", "serial", "%Y%m%d", "%Y-%m-%d 00:00:00"]
WORDS = [("true", "false"), ("SI", "NO"), ("Sí", "No"), ("S", "N"), ("Verdadero", "Falso"), ("1", "0")]
NO_DATA = ["", "S/D", "-", "N/A", "ND"]

Value = int | str | Decimal | date | bool | None


@dataclass(frozen=True)
class Wreck:
    """`content` are the file's bytes, `rows` the values that it means; the rest says how it is written.
    `marks` and `day` are those of numbers and dates, `foot` how many rows below are none of the table's."""

    content: bytes
    rows: list[list[Value]]
    encoding: str
    delimiter: str
    header_row: int
    labels: list[str]
    marks: tuple[str, str]
    day: str
    foot: int


def wreck(seed: int, drifted: bool = False) -> Wreck:
    """The extract of a seed; where `drifted`, its labels are not the fields' names."""
    draw = random.Random(seed)
    decimals = draw.choice([0, 2, 2, 3])
    rows = [_row(draw, number, decimals) for number in range(1, draw.randint(2, 40))]
    marks, day, words, none = draw.choice(MARKS), draw.choice(DAYS), draw.choice(WORDS), draw.choice(NO_DATA)
    sign = draw.choice(["", "", "$ ", "$"])
    cells = [
        [_cell(value, name, marks, day, words, none, sign) for value, name in zip(row, FIELDS, strict=True)]
        for row in rows
    ]
    foot = _foot(draw, rows, marks, sign)
    labels = [LABELS[name] if drifted else name for name in FIELDS]
    titles = [[title] for title in draw.sample(TITLES, draw.choice([0, 0, 1, 2, 4]))]
    encoding, delimiter = draw.choice(ENCODINGS), draw.choice(",;\t|")
    content = _written(draw, [*titles, labels, *cells, *foot], len(titles), delimiter)
    return Wreck(
        content.encode(encoding), rows, encoding, delimiter, len(titles) + 1, labels, marks, day, len(foot)
    )


def _row(draw: random.Random, number: int, decimals: int) -> list[Value]:
    amount = Decimal(draw.randint(0, 10 ** draw.randint(3, 10))) / 10**decimals
    day = date(2001, 1, 1) + timedelta(days=draw.randint(0, 9_000))
    return [
        number,
        draw.choice(NAMES),
        amount if draw.random() < 0.9 else None,
        draw.randint(0, 10 ** draw.randint(1, 6)) if draw.random() < 0.9 else None,
        day if draw.random() < 0.9 else None,
        draw.random() < 0.5,
    ]


def _cell(
    value: Value, name: str, marks: tuple[str, str], day: str, words: tuple[str, str], none: str, sign: str
) -> str:
    match value:
        case None:
            return none
        case bool():
            return words[0] if value else words[1]
        case date():
            return str((value - date(1899, 12, 30)).days) if day == "serial" else value.strftime(day)
        case Decimal():
            return sign + _number(value, marks)
        case int() if name == "beneficiarios":
            return _number(Decimal(value), marks)
        case _:
            return str(value)


def _number(value: Decimal, marks: tuple[str, str]) -> str:
    plain = f"{value:,f}" if marks[1] else f"{value:f}"
    return plain.translate(str.maketrans({",": marks[1], ".": marks[0]}))


def _foot(draw: random.Random, rows: list[list[Value]], marks: tuple[str, str], sign: str) -> list[list[str]]:
    total = sum((row[2] for row in rows if isinstance(row[2], Decimal)), Decimal(0))
    totals = [["", "Total", sign + _number(total, marks), "", "", ""]]
    note = [["Fuente: elaboración propia", "", "", "", "", ""]]
    return draw.choice([[], [], totals, note, totals + note])


def _written(draw: random.Random, rows: list[list[str]], titles: int, delimiter: str) -> str:
    width, trailing = len(FIELDS), draw.choice([0, 0, 0, 1, 3])
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    end = draw.choice(["\n", "\r\n"])
    wrapped = not trailing and draw.random() < 0.1
    text = io.StringIO(newline="")
    for place, row in enumerate(rows):
        line = io.StringIO(newline="")
        filled = row + [""] * (width - len(row)) if place >= titles or draw.random() < 0.7 else row
        csv.writer(line, delimiter=delimiter, quoting=quoting, lineterminator="").writerow(
            [*filled, *[""] * trailing]
        )
        written = line.getvalue()
        text.write(
            (f'"{written.replace(chr(34), chr(34) * 2)}"' if wrapped and place >= titles else written) + end
        )
    return text.getvalue()

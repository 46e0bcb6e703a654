"""Writes the invented extracts of demonstrations of the city's own keeping: requests under law 104, the
inventory of data, calls to take part, the forum of open government. Always the same ones, and none of their
rows real.

The columns of the requests are those that the city declared for 2013 to 2020; the others are the ones that a
workbook would be asked for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from tools.samples import DATASETS, Chance, Row
from tools.workbooks import workbook

REQUESTS = (
    *("periodo", "Id_solicitante", "tipo_solicitante", "expediente", "dependencia", "fecha", "tema"),
    *("categoria_tema", "categoria_tema_especifico", "dependencia_ministerio", "ministerio", "vencimiento_1"),
    *("vencimiento_2", "prorroga", "estado", "termino", "fecha_respuesta", "observaciones"),
    *("calidad_respuesta", "contenido_respuesta", "tiempo_de_respuesta"),
)
APPLICANTS = ("Particular", "Organización de la sociedad civil", "Periodista", "Legislador")
SUBJECTS = (
    ("Ambiente", "Arbolado"),
    ("Educación", "Escuelas"),
    ("Salud", "Hospitales"),
    ("Tránsito", "Obras"),
)
OPENED = ("ba-obras", "cambio-climatico", "solicitudes-por-barrio")
AREAS = ("Área demo de ambiente", "Área demo de educación", "Área demo de salud", "Área demo de tránsito")
SECTORS = ("organización social", "universidad", "gobierno", "organismo de control", "empresa")


def _requests(chance: Chance, year: int, first: int) -> Iterator[Row]:
    """The requests of a year: each answered within 15 working days, or with ten more, or late, or not yet."""
    for number, day in enumerate(chance.days(date(year, 1, 2), 24, 25), first):
        if day.year > year:
            return
        subject, detail = chance.one(SUBJECTS)
        due, longer = day + timedelta(days=21), day + timedelta(days=35)
        extended = chance.random() < 0.3
        days = 5 + chance.below(45)
        answered = chance.known(day + timedelta(days=days), 0.9)
        in_time = answered is not None and answered <= (longer if extended else due)
        yield [
            *(year, 1000 + number, chance.one(APPLICANTS), 900000 + number, "Mesa de entradas demo", day),
            *(
                f"Pedido demo {number:02} sobre {detail.lower()}",
                subject,
                detail,
                f"Dirección demo de {detail}",
            ),
            *(f"Ministerio demo de {subject}", due, longer, "Sí" if extended else "No"),
            *("Respondido" if answered else "En trámite", _term(answered, in_time), answered),
            *("Observación inventada", chance.one(("Completa", "Parcial")) if answered else None),
            *("Respuesta inventada" if answered else None, days if answered else None),
        ]


def _term(answered: date | None, in_time: bool) -> str | None:
    return None if answered is None else "En término" if in_time else "Fuera de término"


def pedidos_2019(chance: Chance) -> Iterator[Row]:
    """As the city declared them."""
    yield list(REQUESTS)
    yield from _requests(chance, 2019, 1)


def pedidos_2020(chance: Chance) -> Iterator[Row]:
    """With the column that was asked for: which dataset came of the request."""
    yield [*REQUESTS, "conjunto_publicado"]
    for row in _requests(chance, 2020, 30):
        yield [*row, chance.known(chance.one(OPENED), 0.25) if row[14] == "Respondido" else None]


def inventario(chance: Chance) -> Iterator[Row]:
    yield [
        *("Área", "Dato", "Qué tiene", "Dónde está", "Cada cuánto cambia", "Desde", "¿Se publica?"),
        *("Por qué no", "Conjunto en BAData", "¿Tiene datos personales?", "Responsable (cargo)", "Relevado"),
    ]
    why = ("tiene datos personales", "falta sistematizarlo", "reserva legal", "no se pidió nunca")
    for number in range(1, 41):
        published = chance.one(("sí", "en parte", "no"))
        personal = chance.one(("sí", "no"))
        yield [
            *(chance.one(AREAS), f"Registro demo {number:02}", "Contenido inventado"),
            *(
                chance.one(("sistema", "planilla", "papel")),
                chance.one(("diario", "mensual", "anual", "eventual")),
            ),
            *(2005 + chance.below(18), published, None if published == "sí" else chance.one(why)),
            *(chance.one(OPENED) if published == "sí" and number % 3 == 0 else None, personal),
            *("Dirección demo", date(2026, 3, 1) + timedelta(days=number)),
        ]


def convocatorias(chance: Chance) -> Iterator[Row]:
    yield [
        *(
            "Convocatoria",
            "Título",
            "Programa",
            "Fecha",
            "Hora",
            "Lugar",
            "Comuna",
            "Barrio",
            "Modalidad",
            "Cupo",
        ),
        *("Inscripción hasta", "Inscripción", "Área que convoca"),
    ]
    programmes = ("Programa demo de presupuesto", "Programa demo de diálogo", "Programa demo de obras")
    for number, day in enumerate(chance.days(date(2026, 6, 1), 40, 26), 1):
        (comuna, barrio), mode = chance.place(), chance.one(("presencial", "virtual"))
        enrol = chance.random() < 0.8
        yield [
            *(f"CONV-{number:02}", f"Encuentro demo {number:02}", chance.one(programmes), day),
            *(
                f"{10 + chance.below(9)}:{chance.one(('00', '30'))}",
                f"Lugar de muestra {number}",
                comuna,
                barrio,
                mode,
            ),
            *(20 + 10 * chance.below(8), day - timedelta(days=3) if enrol else None),
            *(
                f"https://example.org/demo/convocatoria/{number}" if enrol else None,
                "Área demo de participación",
            ),
        ]


def miembros(chance: Chance) -> Iterator[Row]:
    yield ["Organización", "Nombre", "Sector", "Desde", "Hasta"]
    for number in range(1, 19):
        since = date(2025, 3, 1) + timedelta(days=chance.below(200))
        until = since + timedelta(days=400) if number % 9 == 0 else None
        yield [f"ORG-{number:02}", f"Organización demo {number:02}", chance.one(SECTORS), since, until]


def actas_foro(chance: Chance) -> Iterator[Row]:
    yield ["Acta", "Fecha", "Órgano", "Modalidad", "Temas", "Acuerdos", "Enlace", "Publicada"]
    for number, day in enumerate(chance.days(date(2025, 6, 1), 8, 90), 1):
        yield [
            *(f"FOGA-{number:02}", day, "Foro de muestra", chance.one(("presencial", "virtual"))),
            *(f"Temas inventados {number}", f"Acuerdos inventados {number}"),
            *(f"https://example.org/demo/foga/{number}.pdf", day + timedelta(days=7 + chance.below(20))),
        ]


def asistencia(chance: Chance) -> Iterator[Row]:
    """Which organisations were there: nobody's name."""
    yield ["Acta", "Organización", "Asistió"]
    for minutes in range(1, 9):
        for organisation in range(1, 19):
            yield [
                f"FOGA-{minutes:02}",
                f"ORG-{organisation:02}",
                "sí" if chance.random() < 0.6 else "no",
            ]


def csv_bytes(rows: Iterable[Row]) -> bytes:
    """As an agency's system writes them: semicolons, days first."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell for cell in row])
    return out.getvalue().encode()


SAMPLES: dict[str, tuple[Callable[[Chance], Iterator[Any]], Callable[[Iterator[Any]], bytes]]] = {
    "pedidos-de-datos/sample/2019.csv": (pedidos_2019, csv_bytes),
    "pedidos-de-datos/sample/2020.csv": (pedidos_2020, csv_bytes),
    "inventario-datos/sample/inventario.xlsx": (inventario, workbook),
    "convocatorias/sample/convocatorias.xlsx": (convocatorias, workbook),
    "foga/sample/miembros.csv": (miembros, csv_bytes),
    "foga/sample/actas.csv": (actas_foro, csv_bytes),
    "foga/sample/asistencia.csv": (asistencia, csv_bytes),
}


def sample(name: str, seed: int = 2019) -> bytes:
    """The bytes of one sample, by its path under datasets/."""
    rows, written = SAMPLES[name]
    return written(rows(Chance(seed)))


if __name__ == "__main__":
    for name in SAMPLES:
        (DATASETS / name).parent.mkdir(parents=True, exist_ok=True)
        (DATASETS / name).write_bytes(sample(name))

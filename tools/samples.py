"""Writes the invented extracts of the demonstration datasets (`datasets/*/sample/`): always the same ones,
and none of their rows real.

Only the columns are the city's or Consul's, where they are known; places are real, so that references to them
can be tried.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from tools.workbooks import workbook

DATASETS = Path(__file__).parent.parent / "datasets"
Row = list[Any]
# A few of each comuna's barrios, as `barrios` writes them.
BARRIOS: tuple[tuple[str, ...], ...] = (
    *(
        ("Retiro", "San Telmo"),
        ("Recoleta",),
        ("Balvanera",),
        ("Barracas",),
        ("Almagro", "Boedo"),
        ("Caballito",),
        ("Flores",),
    ),
    *(
        ("Villa Lugano",),
        ("Mataderos", "Liniers"),
        ("Floresta",),
        ("Villa Devoto",),
        ("Saavedra",),
        ("Belgrano",),
        ("Palermo",),
    ),
    ("Villa Crespo",),
)
MODES = ("presencial", "virtual", "en obra")
AGES = ("hasta 17", "18 a 29", "30 a 44", "45 a 59", "60 y más")
ANSWERS = (
    "Demo: se incorporó al plan del área",
    "Demo: en estudio",
    "Demo: no se hará; se explicó el motivo",
)
STAGES = ("Convocatoria", "Encuentro", "Votación", "Devolución")
CATEGORIES = (
    "Arte urbano",
    "Cultura",
    "Educación",
    "Mascotas",
    "Plazas y parques",
    "Reciclado",
)
MONTHS = ("abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre")


class Chance(random.Random):
    """Only random() is promised to give the same numbers in every version of Python, so all else is made of
    it."""

    def below(self, limit: int) -> int:
        return int(self.random() * limit)

    def one(self, of: Sequence[Any]) -> Any:
        return of[self.below(len(of))]

    def known(self, value: Any, share: float) -> Any:
        """The value, in so many cases; otherwise nothing was noted."""
        return value if self.random() < share else None

    def days(self, start: date, count: int, apart: int) -> Iterator[date]:
        for _number in range(count):
            start += timedelta(days=1 + self.below(apart))
            yield start

    def place(self) -> tuple[int, str | None]:
        """A comuna, and in two of three cases one of its barrios."""
        comuna = 1 + self.below(15)
        return comuna, self.known(self.one(BARRIOS[comuna - 1]), 0.66)

    def people(self) -> tuple[int, int | None]:
        """Enrolled, and the fewer who attended where they were counted."""
        enrolled = 12 + self.below(70)
        return enrolled, self.known(enrolled - self.below(enrolled // 2), 0.9)


def comisarias(chance: Chance) -> Iterator[Row]:
    yield [
        "Fecha de evento",
        "Evento",
        "Comisarias participantes",
        "Inscriptos ",
        "Asistentes",
    ]  # as declared, trailing space included
    for number, day in enumerate(chance.days(date(2018, 3, 1), 60, 20), 1):
        comuna = 1 + chance.below(15)
        letters = ("A", "B") if chance.random() < 0.2 else (chance.one("AB"),)
        stations = ", ".join(f"Comisaría de muestra {comuna}-{letter}" for letter in letters)
        yield [day, f"Encuentro demo {number:02}", stations, *chance.people()]


def instancias(chance: Chance) -> Iterator[Row]:
    """The columns that the city declared, then those that were asked for since: what the years before do not
    say stays empty."""
    declared = [
        "Fecha de evento",
        "Categoria",
        "Instancia",
        "Nombre Actividad",
        "Área",
        "Participación ciudadana",
        "Dirección",
        "Comuna",
    ]
    declared += ["Descripción", "Inscriptos", "Asistentes", "Cantidad de votos", "Resultados de votación"]
    yield [*declared, "Programa", "Modalidad", "Barrio", "Grupo etario", "Qué hizo el gobierno"]
    programmes = (
        "Experiencia BA",
        "Mayores Cuidados",
        "Reuniones de vecinos",
        "Reuniones virtuales de vecinos",
    )
    for number, day in enumerate(chance.days(date(2018, 10, 1), 60, 24), 1):
        programme, stage, (comuna, barrio), mode = (
            chance.one(programmes),
            chance.one(STAGES),
            chance.place(),
            chance.one(MODES[:2]),
        )
        enrolled, attending = chance.people()
        votes = attending if stage == "Votación" else None
        said: Row = [
            day,
            "Categoría demo",
            stage,
            f"Actividad demo {number:02}",
            "Área demo",
            "Sí",
            f"Calle de muestra {number}",
            comuna,
        ]
        result = "Demo: ganó la opción A" if votes else None
        said += [
            "Actividad inventada",
            chance.known(enrolled, 0.9) or "S/D",
            attending,
            votes,
            result,
            programme,
        ]
        asked = [mode, barrio, chance.known(chance.one(AGES), 0.6), chance.known(chance.one(ANSWERS), 0.5)]
        yield [*said, *(asked if day.year >= 2020 else [None] * 4)]


def dialogando(chance: Chance) -> Iterator[Row]:
    asked = [
        "Etapa",
        "Modalidad",
        "Comuna",
        "Barrio",
        "Grupo etario",
        "Inscriptos",
        "Asistentes",
        "Resultados",
        "Qué hizo el gobierno",
    ]
    yield ["Fecha", "Tema", *asked]
    for number, day in enumerate(chance.days(date(2018, 4, 1), 30, 40), 1):
        place, age, people = chance.place(), chance.known(chance.one(AGES), 0.3), chance.people()
        told = [chance.known(f"Demo: acuerdo {number}", 0.7), chance.known(chance.one(ANSWERS), 0.4)]
        yield [
            day,
            f"Tema demo {number:02}",
            chance.one(STAGES),
            chance.known(chance.one(MODES[:2]), 0.8),
            *place,
            age,
            *people,
            *told,
        ]


def iniciativas(chance: Chance) -> Iterator[Row]:
    asked = ["Etapa", "Modalidad", "Comuna", "Barrio", "Grupo etario", "Inscriptos", "Asistentes", "Votos"]
    yield ["Fecha", "Iniciativa", "Tipo", *asked, "Resultados", "Qué hizo el gobierno"]
    for number, day in enumerate(chance.days(date(2018, 2, 1), 48, 30), 1):
        kind, stage, place = (
            chance.one(("obra", "proyecto", "voluntariado")),
            chance.one(STAGES),
            chance.place(),
        )
        mode, age, people = (
            "en obra" if kind == "obra" else chance.one(MODES[:2]),
            chance.known(chance.one(AGES), 0.25),
            chance.people(),
        )
        votes = people[1] if stage == "Votación" else None
        told = ["Demo: se eligió el diseño B" if votes else None, chance.known(chance.one(ANSWERS), 0.6)]
        yield [day, f"Iniciativa demo {number:02}", kind, stage, mode, *place, age, *people, votes, *told]


def choferes(chance: Chance) -> Iterator[Row]:
    wide = [f"{measure} {month}" for month in MONTHS for measure in ("Votos totales", "Choferes votados")]
    yield ["Linea", "Unidades", "Choferes", "año", "Edicion", *wide]
    for number in range(1, 9):
        drivers = 60 + chance.below(120)
        voted = [1 + chance.below(drivers // 2) for _month in MONTHS]
        yield [
            f"Línea de muestra {number}",
            drivers // 3,
            drivers,
            2019,
            1,
            *(n for each in voted for n in (each + chance.below(400), each)),
        ]


def incentivos(chance: Chance) -> Iterator[Row]:
    """The twelve columns that the city declared for its file of several programmes."""
    yield [
        *("Comuna", "año", "Programa", "N edicion", "Duracion (meses)", "Total de inscriptos"),
        *("Total de interacciones (votos, fotos)", "Total participantes efectivos"),
        *("Total ganadores potenciales", "Ganadores efectivos"),
        *("Cantidad de premios en SUBE otorgados", "Cantidad de premios en ABL otorgados"),
    ]
    for programme in ("Conductores demo", "Policías demo", "Vecinos que reciclan demo"):
        for comuna in range(1, 16):
            enrolled = 20 + chance.below(300)
            taking_part = enrolled - chance.below(enrolled // 2)
            potential = 2 + chance.below(taking_part // 5)
            winners = potential - chance.below(potential // 2 + 1)
            sube = chance.below(winners + 1)
            yield [
                *(comuna, "2019", programme, 1, 3 + chance.below(4), enrolled),
                *(chance.known(5 * taking_part, 0.8), taking_part),
                *(potential, chance.known(winners, 0.9), sube, winners - sube),
            ]


def propuestas(chance: Chance) -> Iterator[Any]:
    """Answers of Consul's GraphQL, 25 proposals a page."""
    nodes = []
    for number, day in enumerate(chance.days(date(2019, 3, 1), 60, 3), 1):
        comuna = chance.known(1 + chance.below(15), 0.9)
        retired = chance.random() < 0.1
        node = {
            "id": str(number),
            "title": f"Propuesta demo {number:02}",
            "summary": f"Resumen inventado {number}",
            "description": "<p>Demo</p>",
        }
        node |= {
            "publicCreatedAt": f"{day.isoformat()}T12:00:00-03:00",
            "cachedVotesUp": chance.below(900),
            "commentsCount": chance.below(40),
        }
        node |= {
            "geozone": {"id": str(comuna), "name": f"Comuna {comuna}"} if comuna else None,
            "confidenceScore": 0,
            "hotScore": 0,
        }
        node |= {
            "retiredAt": f"{(day + timedelta(days=30)).isoformat()}T09:00:00-03:00" if retired else None,
            "videoUrl": None,
        }
        node |= {
            "retiredReason": "duplicated" if retired else None,
            "retiredExplanation": "Demo: repetía otra" if retired else None,
        }
        nodes.append(node | {"tags": {"edges": [{"node": {"name": chance.one(CATEGORIES)}}]}})
    return pages(nodes, "proposals")


def proyectos(chance: Chance) -> Iterator[Any]:
    """Answers to the question for all investments: the budgets, then each one's."""
    yield from pages(_budgets(), "budgets")
    for budget, nodes in _investments(chance):
        yield from pages(nodes, "budget", budget, "investments")


def hitos(chance: Chance) -> Iterator[Any]:
    """Answers to the question for all milestones: of the same investments, those of a finished budget that
    are done."""
    yield from pages(_budgets(), "budgets")
    number = 0
    for budget, nodes in _investments(chance):
        followed = []
        for node in nodes:
            steps = []
            for step in range(chance.below(4) if budget == "1" and node["feasibility"] == "feasible" else 0):
                number += 1
                day = date(2018, 1 + 3 * step, 1 + chance.below(28))
                steps.append(
                    {
                        "id": str(number),
                        "title": ("Proyecto", "Inicio", "Avance")[step],
                        "description": "Hito inventado",
                    }
                )
                steps[-1] |= {"publicationDate": day.isoformat()}
            milestones = {
                "pageInfo": {"hasNextPage": False, "endCursor": str(len(steps))},
                "edges": [{"node": step} for step in steps],
            }
            followed.append({"id": node["id"], "title": node["title"], "milestones": milestones})
        yield from pages(followed, "budget", budget, "investments")


def _budgets() -> list[dict[str, Any]]:
    phases = (("1", "Edición demo 2017", "finished"), ("2", "Edición demo 2019", "valuating"))
    return [{"id": id, "name": name, "phase": phase} for id, name, phase in phases]


def _investments(chance: Chance) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for budget, first, count in (("1", 1, 40), ("2", 41, 20)):
        nodes = []
        for number in range(first, first + count):
            judged = chance.one(("feasible", "feasible", "unfeasible")) if budget == "1" else "undecided"
            node = {
                "id": str(number),
                "title": f"Proyecto demo {number:02}",
                "description": "<p>Demo</p>",
                "feasibility": judged,
            }
            node |= {
                "price": 10_000 * (1 + chance.below(400)) if judged == "feasible" else None,
                "commentsCount": chance.below(30),
            }
            nodes.append(node | {"location": f"Plaza de muestra {number}"})
        yield budget, nodes


def pages(
    nodes: Iterable[dict[str, Any]], collection: str, budget: str = "", inside: str = ""
) -> Iterator[Any]:
    """What a Consul answers to a question for a collection, or for one inside a budget, a page after
    another."""
    left = iter(nodes)
    parts = list(iter(lambda: list(islice(left, 25)), []))
    for number, part in enumerate(parts, 1):
        info = {"hasNextPage": number < len(parts), "endCursor": str(number * 25)}
        connection = {"pageInfo": info, "edges": [{"node": node} for node in part]}
        yield {"data": {collection: {"id": budget, inside: connection} if inside else connection}}


def lines(answers: Iterable[Any]) -> bytes:
    """A JSON text sequence (RFC 7464), as what was asked of a Consul is kept."""
    return "".join("\x1e" + json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers).encode()


SAMPLES: dict[str, tuple[Callable[[Chance], Iterator[Any]], Callable[[Iterator[Any]], bytes]]] = {
    "comisarias-cercanas/sample/comisarias-cercanas.xlsx": (comisarias, workbook),
    "participacion-instancias/sample/instancias.xlsx": (instancias, workbook),
    "dialogando-ba/sample/dialogando-ba.xlsx": (dialogando, workbook),
    "iniciativas-participacion/sample/iniciativas.xlsx": (iniciativas, workbook),
    "grandes-choferes/sample/grandes-choferes.xlsx": (choferes, workbook),
    "programas-incentivos/sample/incentivos.xlsx": (incentivos, workbook),
    "ba-elige-propuestas/sample/propuestas.jsonl": (propuestas, lines),
    "ba-elige-proyectos/sample/proyectos.jsonl": (proyectos, lines),
    "ba-elige-proyectos/sample/hitos.jsonl": (hitos, lines),
}


def sample(name: str, seed: int = 2019) -> bytes:
    """The bytes of one sample, by its path under datasets/."""
    rows, written = SAMPLES[name]
    return written(rows(Chance(seed)))


if __name__ == "__main__":
    for name in SAMPLES:
        (DATASETS / name).write_bytes(sample(name))

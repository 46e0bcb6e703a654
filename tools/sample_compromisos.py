"""Writes the invented rows of ogp-demo, compromisos-seguimiento and actas-gobierno-abierto: always the same
ones, and none of them real.

Two plans: one that is followed month by month on a Trello board, one every three months by a workbook. Each
plan has three commitments of two milestones; a board of each of three months shows how they get on.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tools.workbooks import workbook

DATASETS = Path(__file__).resolve().parent.parent / "datasets"
SEED = 2021
STATES = {"NS": "No iniciado", "LP": "Avance limitado", "SP": "Avance sustancial", "C": "Completo"}
AREAS = ("Área de muestra A", "Área de muestra B", "Área de muestra C")
BOARD = "Tablero de demostración: plan DEMO-2021"
MONTHS = ("2023-03", "2023-04", "2023-05")
QUARTERS = ("2022-T3", "2022-T4")
SHEET = (
    "Período",
    "Plan",
    "Hito",
    "Estado",
    "Avance (%)",
    "Evidencias",
    "Desafíos",
    "Área que informa",
    "Fecha de registro",
)


@dataclass(frozen=True)
class Plan:
    """A plan: its first and last month, and every how many months areas report."""

    id: str
    title: str
    start: str
    end: str
    every: int

    @property
    def milestones(self) -> list[str]:
        return [f"{self.id}.C{commitment:02}.{number}" for commitment in (1, 2, 3) for number in (1, 2)]


PLANS = (
    Plan("DEMO-2021", "Plan de demostración con seguimiento mensual", "2021-09", "2023-10", 1),
    Plan("DEMO-2022", "Plan de demostración con seguimiento trimestral", "2022-01", "2023-12", 3),
)


@dataclass(frozen=True)
class Report:
    """What an area reports of a milestone in a period."""

    milestone: str
    period: str
    progress: int
    area: str

    @property
    def state(self) -> str:
        return (
            "NS"
            if not self.progress
            else "LP"
            if self.progress < 50
            else "SP"
            if self.progress < 100
            else "C"
        )

    @property
    def evidence(self) -> str:
        return f"https://example.org/demo/{self.milestone}/{self.period}" if self.progress else ""

    @property
    def challenge(self) -> str:
        return f"Desafío de muestra del hito {self.milestone}" if self.state in ("NS", "LP") else ""


def reports(plan: Plan, periods: Sequence[str], seed: int = SEED) -> list[Report]:
    """One for each period and milestone; progress never falls, the first milestone ends, the last never
    starts."""
    chance = random.Random(f"{seed} {plan.id}")
    found = []
    for place, milestone in enumerate(plan.milestones):
        progress = 0 if place == len(plan.milestones) - 1 else 5 * int(chance.random() * 12)
        for turn, period in enumerate(periods):
            done = place == 0 and turn == len(periods) - 1
            found.append(Report(milestone, period, 100 if done else progress, AREAS[place // 2]))
            progress = min(95, progress + 5 * int(chance.random() * 6)) if progress else 0
    return sorted(found, key=lambda report: (report.period, report.milestone))


def board(month: str, seed: int = SEED) -> bytes:
    """The JSON export of the Trello board at the end of a month, in the shape that Trello gives it: a card
    for each milestone, the list says its state. The board has an invented member, whom no release may show.
    """
    names = ("Hito", "Avance (%)", "Desafíos", "Área que informa")
    lists = [{"id": _id("list", name), "name": name, "closed": False} for name in STATES.values()]
    cards = [
        _card(report, place)
        for place, report in enumerate(reports(PLANS[0], MONTHS, seed))
        if report.period == month
    ]
    export = {
        "id": _id("board", BOARD),
        "name": BOARD,
        "closed": False,
        "lists": lists,
        "cards": cards,
        "labels": [],
        "members": [{"id": _id("member"), "fullName": "Persona inventada", "username": "persona-inventada"}],
        "checklists": [],
        "customFields": [
            {"id": _id("field", name), "name": name, "type": "number" if "%" in name else "text"}
            for name in names
        ],
        "actions": [],
    }
    return (json.dumps(export, ensure_ascii=False, indent=1) + "\n").encode()


def _card(report: Report, place: int) -> dict[str, Any]:
    values = {
        "Hito": {"text": report.milestone},
        "Avance (%)": {"number": str(report.progress)},
        "Desafíos": {"text": report.challenge},
        "Área que informa": {"text": report.area},
    }
    card = _id("card", report.milestone)
    evidence = {
        "id": _id("file", report.evidence),
        "name": "Evidencia de muestra",
        "url": report.evidence,
        "date": f"{report.period}-15T12:00:00.000Z",
    }
    return {
        "id": card,
        "name": f"Hito de muestra {report.milestone}",
        "desc": "",
        "closed": False,
        "due": None,
        "dueComplete": report.state == "C",
        "start": None,
        "dateLastActivity": f"{report.period}-{10 + place % 15}T15:30:00.000Z",
        "idList": _id("list", STATES[report.state]),
        "idLabels": [],
        "idMembers": [_id("member")],
        "idChecklists": [],
        "labels": [],
        "badges": {"checkItems": 0, "checkItemsChecked": 0, "attachments": int(bool(report.evidence))},
        "attachments": [evidence] if report.evidence else [],
        "shortUrl": f"https://trello.com/c/{card[:8]}",
        "email": None,
        "customFieldItems": [
            {"id": _id("item", card, name), "idCustomField": _id("field", name), "value": value}
            for name, value in values.items()
            if next(iter(value.values()))
        ],
    }


def sheet(seed: int = SEED) -> bytes:
    """The workbook of the plan that is followed every three months."""
    rows: list[list[Any]] = [list(SHEET)]
    for report in reports(PLANS[1], QUARTERS, seed):
        day = date(2022, 3 * int(report.period[-1]), 20)
        state = STATES[report.state]
        rows.append(
            [
                report.period,
                PLANS[1].id,
                report.milestone,
                state,
                report.progress,
                report.evidence,
                report.challenge,
                report.area,
                day,
            ]
        )
    return workbook(rows)


def periods(plan: Plan) -> list[tuple[str, str, str]]:
    """The reporting periods of a plan: name (2023-05, or 2022-T4), first and last month."""
    (year, month), (last_year, last_month) = (
        [int(part) for part in text.split("-")] for text in (plan.start, plan.end)
    )
    found = []
    first, last = 12 * year + month - 1, 12 * last_year + last_month - 1
    for start in range(first - first % plan.every, last + 1, plan.every):
        months = [f"{each // 12}-{each % 12 + 1:02}" for each in (start, start + plan.every - 1)]
        found.append((months[0] if plan.every == 1 else f"{start // 12}-T{start % 12 // 3 + 1}", *months))
    return found


def reviews() -> list[tuple[str, ...]]:
    """An invented review of each commitment of the first plan, a month after the last board: it agrees with
    some of what was reported."""
    told = (
        ("SP", "coincide en parte con"),
        ("LP", "pide más evidencias que"),
        ("NS", "no encontró lo que dice"),
    )
    found = []
    for number, (state, words) in enumerate(told, start=1):
        commitment = f"{PLANS[0].id}.C{number:02}"
        said = f"Relato de muestra: la revisión {words} el informe del área."
        review = f"{PLANS[0].id}.revision.{commitment}"
        found.append(
            (
                review,
                PLANS[0].id,
                commitment,
                "Revisión de muestra",
                "Informe de muestra 2023",
                "2023-06-30",
                state,
                said,
            )
        )
    return found


def plans() -> dict[str, bytes]:
    """The tables of ogp-demo, by the name of their file."""
    commitments = [
        (f"{p.id}.C{n:02}", p.id, n, f"Compromiso de muestra {n} del {p.id}", AREAS[n - 1])
        for p in PLANS
        for n in (1, 2, 3)
    ]
    milestones = []
    for plan in PLANS:
        spans = periods(plan)
        for place, milestone in enumerate(plan.milestones):
            start, end = max(plan.start, spans[place % 3][1]), min(plan.end, spans[-1 - place % 2][2])
            milestones.append(
                (
                    milestone,
                    milestone.rpartition(".")[0],
                    plan.id,
                    f"Hito de muestra {milestone}",
                    start,
                    end,
                    plan.start,
                    plan.end,
                )
            )
    return {
        "planes.csv": _csv(
            ("plan_id", "titulo", "inicio_mes", "fin_mes", "seguimiento_cada_meses"),
            [(p.id, p.title, p.start, p.end, p.every) for p in PLANS],
        ),
        "compromisos.csv": _csv(
            ("compromiso_id", "plan_id", "numero", "titulo", "area_responsable"), commitments
        ),
        "hitos.csv": _csv(
            (
                "hito_id",
                "compromiso_id",
                "plan_id",
                "titulo",
                "inicio_mes",
                "fin_mes",
                "plan_inicio_mes",
                "plan_fin_mes",
            ),
            milestones,
        ),
        "revisiones.csv": _csv(
            (
                "revision_id",
                "plan_id",
                "compromiso_id",
                "revisor",
                "informe",
                "publicada",
                "cumplimiento",
                "relato",
            ),
            reviews(),
        ),
        "periodos.csv": _csv(
            ("plan_id", "periodo", "desde_mes", "hasta_mes"),
            [(p.id, *each) for p in PLANS for each in periods(p)],
        ),
    }


def minutes(seed: int = SEED, meetings: int = 8) -> bytes:
    """Minutes of an invented body, of two organisations or more each; the sha256 is that of an invented
    text."""
    chance = random.Random(f"{seed} minutes")
    rows = []
    for number in range(1, meetings + 1):
        day, later = 5 + int(chance.random() * 10), 3 + int(chance.random() * 10)
        present = [f"Organización de muestra {letter}" for letter in "ABCDE" if chance.random() > 0.4] or [
            "Organización de muestra A"
        ]
        act, month = f"ACTA-DEMO-{number:02}", f"2022-{number:02}"
        digest = hashlib.sha256(f"Texto inventado de {act}".encode()).hexdigest()
        link = f"https://example.org/demo/actas/{act}.pdf"
        rows.append(
            (
                act,
                PLANS[1].id,
                f"{month}-{day:02}",
                "Mesa de muestra",
                "; ".join(present),
                f"{month}-{day + later:02}",
                link,
                digest,
            )
        )
    return _csv(
        (
            "Acta",
            "Plan",
            "Fecha de la reunión",
            "Órgano",
            "Organizaciones presentes",
            "Publicada",
            "Enlace",
            "SHA-256",
        ),
        rows,
    )


def samples(seed: int = SEED) -> dict[Path, bytes]:
    """Every file that this writes."""
    followed = DATASETS / "compromisos-seguimiento" / "sample"
    files = {DATASETS / "ogp-demo" / "sample" / name: content for name, content in plans().items()}
    files |= {followed / f"tablero-{month}.json": board(month, seed) for month in MONTHS}
    files[followed / "informes.xlsx"] = sheet(seed)
    files[DATASETS / "actas-gobierno-abierto" / "sample" / "actas.csv"] = minutes(seed)
    return files


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def _id(*parts: str) -> str:
    """An identifier in Trello's form: 24 hexadecimal digits."""
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:24]


if __name__ == "__main__":
    for path, content in samples().items():
        path.write_bytes(content)

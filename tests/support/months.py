"""A dataset that an agency hands in month after month, each time with all that came before."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.release.outcome import Outcome
from tests.support.cities import City, declaration

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "fecha", "type": "date", "description": "Fecha"},
    {"name": "cargada", "type": "string", "description": "Fecha de carga, como la escribe el área"},
    {"name": "tipo", "type": "string", "description": "Tipo"},
    {"name": "monto", "type": "number", "description": "Monto"},
    {"name": "calle", "type": "string", "description": "Calle"},
]
KINDS = ["Reclamo", "Denuncia", "Solicitud"]


def monthly_rows(months: int, each: int = 60, seed: int = 3) -> list[list[str]]:
    """The rows of the first months, the same ones again in each longer list."""
    random = np.random.default_rng(seed)
    rows = []
    for place in range(months):
        start = date(2025, 1 + place, 1)
        for _row in range(each):
            day = start + timedelta(days=int(random.integers(0, 28)))
            amount = f"{random.lognormal(8, 1):.2f}"
            kind = KINDS[int(random.integers(0, 3))]
            street = f"Calle {random.integers(1, 400)}"
            rows.append([str(len(rows) + 1), str(day), day.strftime("%d/%m/%Y"), kind, amount, street])
    return rows


def monthly_csv(table: list[list[str]]) -> str:
    return "\n".join(["id,fecha,cargada,tipo,monto,calle", *(",".join(row) for row in table)]) + "\n"


def release_months(folder: Path, months: int = 4, **options: Any) -> City:
    """A city whose dataset `reclamos` was released with one month, then two …"""
    city = City(folder)
    content = monthly_csv(monthly_rows(1))
    city.declare(declaration("reclamos", fields=FIELDS, **options), datos=content)
    for month in range(1, months + 1):
        city.send("reclamos", monthly_csv(monthly_rows(month)))
        outcome = city.outcome("reclamos")
        assert (outcome.outcome, outcome.message) == ("published", ""), month
    return city


def unusual_codes(outcome: Outcome) -> set[tuple[str, str | None]]:
    """What a run called unusual: code and field."""
    return {(each["code"], each["field"]) for each in outcome.report.get("unusual", ())}

"""Writes the invented rows of the demonstration dataset comisarias-cercanas: always the same ones, and none of them real."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, timedelta
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "datasets" / "comisarias-cercanas" / "sample" / "comisarias-cercanas.csv"
# As the city declared them, trailing space included.
HEADER = ("Fecha de evento", "Evento", "Comisarias participantes", "Inscriptos ", "Asistentes")


def sample(seed: int = 2019, events: int = 60) -> str:
    """The text of the sample: CSV with a header and one row per invented event, in order of date, some without attendance."""
    chance = random.Random(seed)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    day = date(2018, 3, 1)
    for number in range(1, events + 1):
        day += timedelta(days=1 + _below(chance, 20))
        enrolled = 12 + _below(chance, 70)
        attending = enrolled - _below(chance, enrolled // 2)
        counted = chance.random() > 0.05
        writer.writerow([f"{day:%d/%m/%Y}", f"Encuentro demo {number:02}", _stations(chance), enrolled, attending if counted else ""])
    return text.getvalue()


def _stations(chance: random.Random) -> str:
    """One or two stations of one comuna, under names that nobody can take for a real one's."""
    comuna = 1 + _below(chance, 15)
    letters = ("A", "B") if chance.random() < 0.2 else ("AB"[_below(chance, 2)],)
    return ", ".join(f"Comisaría de muestra {comuna}-{letter}" for letter in letters)


def _below(chance: random.Random, limit: int) -> int:
    """A whole number from 0 to limit - 1. Only random() is promised to give the same numbers in every version of Python."""
    return int(chance.random() * limit)


if __name__ == "__main__":
    SAMPLE.write_text(sample(), encoding="utf-8", newline="\n")

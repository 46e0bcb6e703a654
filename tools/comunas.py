"""Adds up the comunas of datasets/barrios from the barrios that it publishes: nothing is known of them
beside."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import defaultdict
from pathlib import Path

from pipelines.dataset.dataset import load_dataset
from pipelines.read.read import read

FOLDER = Path(__file__).resolve().parent.parent / "datasets" / "barrios"
COMUNAS = FOLDER / "source" / "comunas.csv"


def comunas() -> str:
    """The CSV of the comunas: number, barrios, how many, surface in whole square metres."""
    found: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for barrio, comuna, area in _barrios():
        found[comuna].append((barrio, area))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["comuna", "barrios", "cantidad_barrios", "area"])
    for comuna, barrios in sorted(found.items()):
        names = sorted(name for name, _area in barrios)
        writer.writerow([comuna, "; ".join(names), len(names), round(sum(area for _name, area in barrios))])
    return text.getvalue()


def _barrios() -> list[tuple[str, int, float]]:
    """Name, comuna and surface of each barrio, as the declaration reads the city's file."""
    resource = load_dataset(FOLDER).resource("barrios")
    source = FOLDER / "source" / "barrios.csv"
    with tempfile.TemporaryDirectory() as room:
        table = read(source, resource, Path(room) / "barrios.arrow").table
        if table is None:
            raise ValueError(f"{source} cannot be read")
        places = [
            table.labels.index(name) + 1 for name in ("barrio", "comuna", "area")
        ]  # after the row number
        found = [
            row
            for batch in table.batches()
            for row in zip(*(batch.column(place).to_pylist() for place in places), strict=True)
        ]
    return [(name, int(comuna), float(area)) for name, comuna, area in found]


if __name__ == "__main__":
    COMUNAS.write_text(comunas(), encoding="utf-8", newline="\n")

"""A table like those that a city publishes, made from a seed: 11 columns, as many rows as wished, some of
them bad."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

KINDS = ["reclamo", "denuncia", "solicitud", "quejas", "trámite"]
STREETS = [
    "Av. Corrientes",
    "Perú",
    "Agüero",
    "Av. Gral. Paz",
    "Ñandú",
    "Juan B. Justo",
    'Pasaje "La Piedad"',
    "Olazábal, entre vías",
]
BLOCK = 250_000
SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True, "minimum": 1}},
        {
            "name": "codigo",
            "type": "string",
            "constraints": {"required": True, "unique": True, "pattern": "[A-Z]{2}-[0-9]{8}"},
        },
        {"name": "fecha", "type": "date", "constraints": {"minimum": "2000-01-01", "maximum": "2030-12-31"}},
        {"name": "alta", "type": "datetime"},
        {"name": "comuna", "type": "integer", "constraints": {"minimum": 1, "maximum": 15}},
        {"name": "tipo", "type": "string", "constraints": {"enum": KINDS}},
        {"name": "domicilio", "type": "string", "constraints": {"maxLength": 80}},
        {"name": "cantidad", "type": "integer", "constraints": {"minimum": 0}},
        {"name": "monto", "type": "number", "constraints": {"minimum": 0}},
        {"name": "lat", "type": "number", "constraints": {"minimum": -90, "maximum": 90}},
        {"name": "cerrado", "type": "boolean"},
    ],
    "primaryKey": ["id"],
}
# What a bad row has, by its turn: a column and a text. A repeated id breaks the primary key.
FAULTS = [
    ("fecha", "2024-02-30"),
    ("comuna", "16"),
    ("tipo", "otro"),
    ("monto", "1.234,56"),
    ("cerrado", "sí"),
    ("id", "1"),
    ("alta", "2024-01-01"),
    ("cantidad", "-3"),
    ("codigo", "xx"),
    ("lat", "N/A"),
]


def write(path: Path, rows: int, bad: float = 0.0, seed: int = 1) -> Path:
    """Writes the table as CSV, `bad` being the share of its rows that have a fault, spread evenly."""
    random = np.random.default_rng(seed)
    every = round(1 / bad) if bad else 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field["name"] for field in SCHEMA["fields"])
        for start in range(0, rows, BLOCK):
            writer.writerows(_block(random, start, min(BLOCK, rows - start), every))
    return path


def descriptor(path: Path) -> dict[str, object]:
    return {"name": "reclamos", "type": "table", "path": path.name, "encoding": "utf-8", "schema": SCHEMA}


def _block(random: np.random.Generator, start: int, rows: int, every: int) -> Iterator[tuple[str, ...]]:
    number = np.arange(start + 1, start + rows + 1)
    shuffled = number * 48_271 % 99_999_989  # a permutation: the codes are unique, and in no order
    day = np.datetime64("2015-01-01") + random.integers(0, 3652, rows)
    second = day.astype("datetime64[s]") + random.integers(0, 86_400, rows)
    street = np.array(STREETS, dtype=object)[random.integers(0, len(STREETS), rows)]
    columns = {
        "id": number.astype(str),
        "codigo": [f"BA-{n:08d}" for n in shuffled],
        "fecha": np.datetime_as_string(day),
        "alta": np.datetime_as_string(second),
        "comuna": random.integers(1, 16, rows).astype(str),
        "tipo": np.array(KINDS, dtype=object)[random.integers(0, len(KINDS), rows)],
        "domicilio": [f"{s} {n}" for s, n in zip(street, random.integers(1, 9999, rows), strict=True)],
        "cantidad": random.integers(0, 100_000, rows).astype(str),
        "monto": [f"{cents / 100:.2f}" for cents in random.integers(0, 10**9, rows).tolist()],
        "lat": [f"-34.{n:06d}" for n in random.integers(520_000, 710_000, rows).tolist()],
        "cerrado": np.array(["true", "false"], dtype=object)[random.integers(0, 2, rows)],
    }
    lists = {name: list(map(str, values)) for name, values in columns.items()}
    if every:
        for turn, row in enumerate(range(-start % every + every // 2, rows, every)):
            name, text = FAULTS[(start // every + turn) % len(FAULTS)]
            lists[name][row] = text
    return zip(*lists.values(), strict=True)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    write(target, int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
    target.with_suffix(".resource.json").write_text(json.dumps(descriptor(target)), encoding="utf-8")

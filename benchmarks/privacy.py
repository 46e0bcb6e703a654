"""How well personal data is found: cases planted, from a seed, in copies of the project's real files. `python
-m benchmarks.privacy`"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from stdnum.ar import cuit

from pipelines.dataset.dataset import Resource, load_dataset
from pipelines.dataset.sources import FileSource
from pipelines.read.read import read
from pipelines.release.search import search_cells
from validation.table import Table

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
CELLS = 60
"""Cells of each kind, and as many near misses, planted in each file."""
NAMES = [
    "María Fernanda Gómez",
    "Juan Carlos Pérez",
    "Lucía Fernández",
    "Ramón Ignacio Sosa",
    "Ana de la Fuente",
    "PÉREZ, Juan Martín",
    "Nahuel Quispe",
    # with given names that no list has
    "Sumak Condori",
    "Aukán Ñancupil",
    "Wei Chen",
    "GUTIÉRREZ, Ulpiana",
]


@dataclass
class Score:
    """Cells that hold a kind, those that were found, and cells where it was found and is not."""

    planted: int = 0
    found: int = 0
    false: int = 0


def _number(draw: random.Random, length: int) -> str:
    return str(draw.randint(10 ** (length - 1), 10**length - 1))


def _dotted(number: str) -> str:
    return f"{int(number):,}".replace(",", ".")


def _cuit(draw: random.Random, prefixes: list[str], right: bool = True) -> str:
    body = draw.choice(prefixes) + str(draw.randint(10_000_000, 45_000_000))
    digit = cuit.calc_check_digit(body)
    return body + (digit if right else str((int(digit) + draw.randint(1, 9)) % 10))


def _dashed(number: str) -> str:
    return f"{number[:2]}-{number[2:10]}-{number[10]}"


def cases(draw: random.Random) -> dict[str, list[str]]:
    """By kind: the ways in which people write it. The last one of DNI has no context, and is known to be
    missed."""
    person, dni = _cuit(draw, ["20", "23", "24", "27"]), _number(draw, draw.choice([7, 8, 8, 8]))
    user = draw.choice(["maria.gomez", "jperez1975", "lu_fernandez", "ana.paz+obra", "consultora.sosa"])
    domain = draw.choice(["gmail.com", "hotmail.com.ar", "yahoo.es", "estudio-paz.com", "buenosaires.gob.ar"])
    four, more = _number(draw, 4), _number(draw, 4)
    return {
        "cuit": [
            _dashed(person),
            person,
            f"CUIL {_dashed(person)}",
            f"cuit:{person}",
            f"CUIT N° {person[:2]}-{_dotted(person[2:10])}-{person[10]}",
        ],
        "dni": [
            f"DNI {dni}",
            f"D.N.I. N° {_dotted(dni)}",
            f"dni: {_dotted(dni)}",
            f"documento {dni}",
            f"DNI del titular {dni}",
            f"{_dotted(dni)} (DNI)",
            dni,
        ],
        "email": [
            f"{user}@{domain}",
            f"correo: {user}@{domain}.",
            f"<{user}@{domain}>",
            f"mailto:{user}@{domain}",
        ],
        "phone": [
            *(
                f"Tel. {four}-{more}",
                f"tel {four}{more}",
                f"cel. 15-{four}-{more}",
                f"+54 9 11 {four}-{more}",
                f"(011) {four}-{more}",
            ),
            *(
                f"WhatsApp 11{four}{more}",
                f"llamar al 011 {four} {more}",
                f"mi celular es 11 {four} {more}",
                f"{four}-{more}",
            ),
        ],
        "name": [
            f"{draw.choice(NAMES)}, DNI {dni}",
            f"pedido de {draw.choice(NAMES)} ({user}@gmail.com)",
            f"{draw.choice(NAMES)} - CUIL {_dashed(person)}",
        ],
    }


def near_misses(draw: random.Random) -> list[str]:
    """What looks like it and names nobody."""
    eight = _number(draw, 8)
    return [
        *(
            _cuit(draw, ["30", "33", "34"]),
            _dashed(_cuit(draw, ["30"])),
            _dashed(_cuit(draw, ["20", "27"], right=False)),
        ),
        *(
            f"EX-2021-{eight}-GCABA-DGTAL",
            f"Expediente {eight}/2019",
            f"$ {_dotted(eight)},50",
            f"{_dotted(eight)} m2",
            f"partida {eight}",
        ),
        *(
            "participacion@buenosaires.gob.ar",
            "logo@2x.png",
            "@gcba",
            "0800-999-2727",
            "llamar al 147",
            f"-34.{eight}, -58.{eight}",
        ),
        *(
            f"https://example.org/{_number(draw, 11)}/foto.jpg",
            f"LPU-{eight[:4]}-{eight[4:]}",
            "Plaza General San Martín",
            "documento de obra 3",
        ),
    ]


PLANTED = ("cuit", "dni", "email", "phone", "name")


def files() -> Iterator[tuple[Resource, Path]]:
    """Every real extract of the project."""
    for folder in sorted(path for path in DATASETS.iterdir() if (path / "source").is_dir()):
        for resource in load_dataset(folder).resources:
            source = resource.pipeline.source
            if isinstance(source, FileSource):
                for path in [vintage.path for vintage in source.vintages] or [str(source.path)]:
                    yield resource, folder / path


def measured(seed: int) -> dict[str, Score]:
    """The score of each kind over all files; what stood in a file before counts as false."""
    draw, scores = random.Random(seed), {kind: Score() for kind in PLANTED}
    with tempfile.TemporaryDirectory() as folder:
        for number, (resource, path) in enumerate(files()):
            table = read(path, resource, Path(folder) / f"{number}.arrow").table
            assert table is not None
            _score(draw, resource, table, scores)
    return scores


def _score(draw: random.Random, resource: Resource, table: Table, scores: dict[str, Score]) -> None:
    batch = pa.concat_batches(list(table.batches()))
    texts = [
        f["name"]
        for f in resource.schema["fields"]
        if f.get("type") == "string" and f["name"] not in resource.pipeline.personal_data
    ]
    places = [table.labels.index(name) for name in texts]
    cells = [(place, row) for place in places for row in range(batch.num_rows)]
    chosen = draw.sample(cells, min(len(cells), CELLS * (len(PLANTED) + 1)))
    written: dict[tuple[int, int], tuple[str, str]] = {}
    kinds: list[tuple[str, Callable[[], str]]] = [
        (kind, lambda kind=kind: draw.choice(cases(draw)[kind])) for kind in PLANTED
    ]
    kinds.append(("", lambda: draw.choice(near_misses(draw))))
    for index, cell in enumerate(chosen):
        kind, make = kinds[index % len(kinds)]
        written[cell] = kind, make()
    planted = _planted(draw, table, batch, written)
    numbers = batch.column(0).to_numpy()
    found = {
        (each.place, int(row), each.kind)
        for each in search_cells(resource, planted).personal(resource)
        for row in each.rows
    }
    truth = {(place, int(numbers[row]), kind) for (place, row), (kind, _text) in written.items() if kind}
    # A name is planted beside an identifier, which is there as well; and a number of one kind may read as one
    # of another (2015-11 32107961): the cell holds personal data all the same.
    beside = {(place, row) for place, row, kind in truth if kind == "name"}
    holding = {(place, row) for place, row, _kind in truth}
    for kind, count in Counter(kind for *_cell, kind in truth).items():
        scores[kind].planted += count
        scores[kind].found += len({each for each in truth if each[2] == kind} & found)
    for place, row, kind in found - truth:
        if (place, row) not in (beside if kind == "name" else holding):
            scores.setdefault(kind, Score()).false += 1


def _planted(
    draw: random.Random, table: Table, batch: pa.RecordBatch, written: dict[tuple[int, int], tuple[str, str]]
) -> Table:
    """The table with each text in its cell: alone in one of three, else within what stands there."""
    columns = [column.to_pylist() for column in batch.columns]
    for (place, row), (_kind, text) in written.items():
        cell = columns[place + 1][row] or ""
        words = cell.split()
        at = draw.randint(0, len(words))
        columns[place + 1][row] = (
            text if draw.random() < 1 / 3 else " ".join([*words[:at], text, *words[at:]])
        )
    arrays = [pa.array(column, field.type) for column, field in zip(columns, batch.schema, strict=True)]
    changed = pa.record_batch(arrays, schema=batch.schema)
    return replace(table, batches=lambda: iter([changed]))


def main() -> None:
    total = {kind: np.zeros(3, int) for kind in ("cuit", "dni", "email", "phone", "name")}
    for seed in range(1, 4):
        for kind, score in measured(seed).items():
            total[kind] += [score.planted, score.found, score.false]
    print("| kind | planted | found | recall | false | precision |\n|---|---|---|---|---|---|")
    for kind, (planted, found, false) in total.items():
        print(
            f"| {kind} | {planted} | {found} | {found / planted:.1%} | {false} | "
            f"{found / max(found + false, 1):.1%} |"
        )


if __name__ == "__main__":
    main()

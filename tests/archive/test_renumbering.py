"""A key that was numbered anew is noticed, one whose rows merely changed is not."""

from __future__ import annotations

import csv
import random

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalog.archive.changes.renumbering import find_renumbering
from tests.support.paths import SHARED

SHARED_DATA = SHARED / "data"
BARRIOS = ["Almagro", "Boedo", "Caballito", "Flores", "Palermo"]


def works(n, seed=1):
    """Invented works; `nombre`, `monto` and `inicio` nearly identify one, `barrio` and `etapa` do not."""
    chance = random.Random(seed)
    return [
        {
            "id": i + 1,
            "nombre": f"Obra {seed}-{i}",
            "barrio": chance.choice(BARRIOS),
            "etapa": chance.choice(["En obra", "Finalizada"]),
            "monto": chance.choice([None, float(chance.randrange(10**6))]),
            "inicio": f"20{chance.randrange(10, 25)}-0{chance.randrange(1, 10)}",
        }
        for i in range(n)
    ]


def numbered(rows, start=1):
    return [{**row, "id": start + i} for i, row in enumerate(rows)]


def shuffled(rows, seed=2):
    return random.Random(seed).sample(rows, len(rows))


def refilled(rows, field, values):
    return [{**row, field: value} for row, value in zip(rows, values, strict=True)]


def only(rows, *fields):
    return [{field: row[field] for field in fields} for row in rows]


def measured(old, new, key=("id",)):
    return find_renumbering(pa.Table.from_pylist(old), pa.Table.from_pylist(new), list(key))


OLD = works(60)
RENUMBERED = {
    "shuffled": (OLD, numbered(shuffled(OLD))),
    "a row on top": (OLD, numbered(works(1, 7) + OLD)),
    "new works in between": (OLD, numbered(shuffled(OLD + works(60, 7)))),
    "half of the works gone": (OLD, numbered(OLD[30:])),
    "other numbers altogether": (OLD, numbered(OLD, 1001)),
    "other numbers, and works that go on": (
        OLD,
        numbered(shuffled(refilled(OLD, "etapa", ["Finalizada"] * 60)), 1001),
    ),
    "names written in another way": (
        OLD,
        numbered(shuffled([{**row, "nombre": row["nombre"].upper()} for row in works(60)])),
    ),
    "few rows": (OLD[:12], numbered(shuffled(OLD[:12]))),
    "nothing but a name": (only(OLD, "id", "nombre"), numbered(only(shuffled(OLD), "id", "nombre"))),
    "no column that identifies": (
        only(OLD, "id", "barrio", "inicio"),
        numbered(only(shuffled(OLD), "id", "barrio", "inicio")),
    ),
    "numbers as text now": (OLD, [{**row, "id": str(row["id"])} for row in numbered(shuffled(OLD))]),
}
OTHER = works(60, 9)
THE_SAME_KEYS = {
    "nothing": (OLD, OLD),
    "sorted anew": (OLD, shuffled(OLD)),
    "rows added": (OLD, OLD + numbered(OTHER, 61)),
    "rows removed": (OLD, OLD[40:]),
    "all rows replaced": (OLD, numbered(OTHER, 61)),
    "all rows under the same numbers replaced": (OLD, OTHER),
    "many cells corrected": (
        OLD,
        OLD[:20] + refilled(OLD[20:], "nombre", [f"Corregida {i}" for i in range(40)]),
    ),
    "one column overwritten": (OLD, refilled(OLD, "nombre", [row["nombre"] for row in OTHER])),
    "one column shuffled": (OLD, refilled(OLD, "nombre", [row["nombre"] for row in shuffled(OLD)])),
    "two of five columns shuffled": (
        OLD,
        refilled(
            refilled(OLD, "nombre", [r["nombre"] for r in shuffled(OLD)]),
            "monto",
            [r["monto"] for r in shuffled(OLD, 3)],
        ),
    ),
    "columns of few values": (only(OLD, "id", "barrio", "etapa"), only(OLD, "id", "barrio", "etapa")),
    "columns of few values, changed": (
        only(OLD, "id", "barrio", "etapa"),
        only(OTHER, "id", "barrio", "etapa"),
    ),
    "a ranking": (
        [{"equipo": f"e{i}", "puesto": i} for i in range(30)],
        [{"equipo": f"e{i}", "puesto": 29 - i} for i in range(30)],
    ),
    "small counts of another month": (
        [{"id": i, "a": i * 7 % 15, "b": i * 4 % 15, "c": i * 2 % 15} for i in range(15)],
        [{"id": i, "a": i * 11 % 15, "b": i * 8 % 15, "c": (i * 13 + 4) % 15} for i in range(15)],
    ),
    "an empty table": (OLD, OLD[:0] or [{"id": None, "nombre": None}]),
    "too few to tell": (OLD[:5], numbered(shuffled(OLD[:5]))),
}


@pytest.mark.parametrize("name", RENUMBERED)
def test_a_key_numbered_anew_is_noticed(name):
    old, new = RENUMBERED[name]
    key = "id" if "id" in old[0] else "equipo"
    found = measured(old, new, [key])
    assert found is not None
    assert found.kept < 0.5 * found.found
    assert found.example["before"] != found.example["after"]


@pytest.mark.parametrize("name", THE_SAME_KEYS)
def test_a_key_that_stayed_is_not(name):
    old, new = THE_SAME_KEYS[name]
    assert measured(old, new, ["id" if "id" in old[0] else "equipo"]) is None


@settings(deadline=None)
@given(st.integers(12, 80), st.integers(0, 10**6), st.floats(0, 0.4))
def test_a_shuffle_is_noticed_whatever_the_size_and_with_errors_in_some_rows(n, seed, share):
    chance = random.Random(seed)
    old = works(n, seed)
    new = [{**row, "nombre": "otra"} if chance.random() < share else row for row in shuffled(old, seed)]
    assume(
        sum(row["nombre"] != "otra" for row in new) >= 15
    )  # below that, chance speaks louder than a renumbering
    assert measured(old, numbered(new)) is not None


@settings(deadline=None)
@given(st.integers(12, 80), st.integers(0, 10**6), st.floats(0, 1))
def test_corrections_in_any_number_of_rows_are_no_new_numbers(n, seed, share):
    chance = random.Random(seed)
    old, other = works(n, seed), works(n, seed + 1)
    fields = ["nombre", "barrio", "etapa", "monto", "inicio"]
    new = [{**row, **{f: chance.choice(other)[f] for f in fields if chance.random() < share}} for row in old]
    assert measured(old, shuffled(new, seed)) is None


def test_keys_of_several_fields():
    old = [
        {"anio": 2019 + i // 20, "nro": i % 20, **only([row], "nombre", "barrio", "monto")[0]}
        for i, row in enumerate(OLD)
    ]
    new = [{**row, "anio": at["anio"], "nro": at["nro"]} for row, at in zip(shuffled(old), old, strict=True)]
    assert measured(old, new, ["anio", "nro"]) is not None
    assert measured(old, shuffled(old), ["anio", "nro"]) is None
    assert measured(old, new, ["nombre"]) is None
    assert measured(old, new, []) is None
    assert measured(old, new, ["expediente"]) is None


def test_what_was_measured():
    found = measured(OLD, numbered(works(1, 7) + OLD))
    assert (found.keys, found.kept, found.found) == (60, 0.0, 1.0)
    assert found.columns[0].followed == 1.0
    assert found.example == {"value": "Obra 1-0", "before": "1", "after": "2"}


def obras(year):
    """The real works of a year: every cell as its text, the few labels that differ in 2024's words, `id` a
    number."""
    path = SHARED_DATA / f"ba_obras_{year}.csv"
    if not path.exists():
        pytest.skip(f"the real extracts are not beside this checkout ({path.name} in ../shared/data)")
    labels = {"id": "ID", "area_responsable": "area", "expediente-numero": "expediente_numero"}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = [
            {labels.get(label, label): cell.strip() or None for label, cell in row.items()}
            for row in csv.DictReader(lines)
        ]
    return pa.Table.from_pylist([{**row, "ID": int(row["ID"])} for row in rows])


def test_the_real_works_were_numbered_anew_between_2019_and_2024():
    found = find_renumbering(obras(2019), obras(2024), ["ID"])
    assert found is not None
    assert found.keys == 524
    shares = {column.column: (column.kept, column.found) for column in found.columns}
    assert {"nombre", "direccion", "monto_contrato"} <= shares.keys()
    assert all(kept < 0.05 < 0.4 < there for kept, there in shares.values())


def test_the_real_works_of_one_year_were_not():
    works_2024 = obras(2024)
    assert (
        find_renumbering(
            works_2024, works_2024.take(pa.array(range(works_2024.num_rows - 1, -1, -1))), ["ID"]
        )
        is None
    )

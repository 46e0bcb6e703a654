"""Foreign keys into tables that the pipeline hands over: what is said of them does not depend on whether
Python holds the keys in a set, as frictionless does, or they lie in an index on disk."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from frictionless import Package

from tests.support.differential import POOL
from tests.support.tables import table
from validation.fast import typed
from validation.schema import check
from validation.table import ROW, Table

V2 = "https://datapackage.org/profiles/2.0/datapackage.json"
KINDS = [kind for kind in POOL if kind not in ("list", "duration")]


def fields(names: str, kinds: list[str]) -> list[dict[str, Any]]:
    return [{"name": name, "type": kind} for name, kind in zip(names, kinds, strict=True)]


def package(**schemas: dict[str, Any]) -> Package:
    resources = [{"name": name, "path": f"{name}.csv", "schema": schema} for name, schema in schemas.items()]
    return Package.from_descriptor({"$schema": V2, "name": "p", "resources": resources})


def delivered(name: str, labels: str, kinds: list[str], rows: int, chance: random.Random) -> Table:
    """Cells of these kinds, some of others, some rows too short or too long."""
    cells = []
    for _row in range(rows):
        row = [
            chance.choice(POOL[kind]) if chance.random() < 0.9 else chance.choice(["z", "7", ""])
            for kind in kinds
        ]
        short, long = chance.random() < 0.05, chance.random() < 0.05
        cells.append(row[:1] if short else [*row, "e"] if long else row)
    return table(name, list(labels), cells)


def typed_rows(labels: str, kinds: list[str], chance: random.Random) -> pa.Table:
    """Rows as an earlier release has them."""
    rows = delivered("x", labels, kinds, chance.randint(0, 12), chance)
    found, _report = check({"x": rows}, package(x={"fields": fields(labels, kinds)}))
    return found["x"].drop_columns([ROW]) if chance.random() < 0.9 else found["x"].select([labels[0]])


def draw(seed: int) -> tuple[dict[str, Table], Package, dict[str, Any]]:
    """A table that refers to itself, to one beside it, to one that only earlier releases have, and to one of
    another dataset, by one field or two; of each the types are now and then other ones."""
    chance = random.Random(seed)
    kinds = chance.choices(KINDS, k=2)

    def near() -> list[str]:
        return [kind if chance.random() < 0.75 else chance.choice(KINDS) for kind in kinds]

    beside = near()
    keys = []
    for _key in range(chance.randint(1, 4)):
        other, two = chance.choice(["r", "r", "", "s", "d/d"]), chance.random() < 0.4
        there = ["b", "a"] if other == "" else ["k", "l"]
        own = ["a", "b"] if two else [chance.choice("ab")]
        keys.append(
            {
                "fields": own,
                "reference": {"resource": other, "fields": there if two else [chance.choice(there)]},
            }
        )
    primary = chance.choice([[], ["a"], ["a", "b"]])
    schemas = package(
        t={"fields": fields("ab", kinds), "foreignKeys": keys, "primaryKey": primary},
        r={"fields": fields("kl", beside)},
        s={"fields": fields("kl", near())},
    )
    tables = {
        "t": delivered("t", "ab", kinds, chance.randint(0, 25), chance),
        "r": delivered("r", "kl", beside, chance.randint(0, 12), chance),
    }
    retained = {"s": typed_rows("kl", near(), chance)}
    if chance.random() < 0.8:
        retained["t"] = typed_rows("ab", kinds if chance.random() < 0.8 else near(), chance)
    if chance.random() < 0.8:
        retained["r"] = typed_rows("kl", beside if chance.random() < 0.8 else near(), chance)
    return tables, schemas, {"retained": retained, "references": {"d/d": typed_rows("kl", near(), chance)}}


def outcome(tables: dict[str, Table], schemas: Package, more: dict[str, Any]) -> Any:
    try:
        found, report = check(tables, schemas, **more)
    except Exception as error:  # noqa: BLE001 (what one raises the other has to raise)
        return type(error), str(error)
    return {name: repr(rows.to_pydict()) for name, rows in found.items()}, report


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.filterwarnings("ignore")
def test_an_index_says_what_a_set_says(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = draw(seed)
    theirs = outcome(*given)
    monkeypatch.setattr(typed, "FEW", 0)
    monkeypatch.setattr(typed, "AT_ONCE", random.Random(seed).choice([1, 3, 65_536]))
    assert outcome(*given) == theirs

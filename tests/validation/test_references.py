"""Foreign keys: what is there and what is not is what frictionless says, whatever the types, and however many
keys there are."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import frictionless
import pytest

from tests.support.differential import POOL, knobs, outcome
from validation.fast import index
from validation.fast.validate import validate


def write(path: Path, labels: list[str], types: list[str], rows: int, chance: random.Random) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(labels)
        for _row in range(rows):
            row = [
                chance.choice(POOL[kind]) if chance.random() < 0.9 else chance.choice(["z", "7", "sNaN", ""])
                for kind in types
            ]
            writer.writerow(
                row[:1] if chance.random() < 0.03 else [*row, "e"] if chance.random() < 0.03 else row
            )


def package(folder: Path, chance: random.Random) -> dict[str, Any]:
    """Two tables that refer to each other, or to themselves, by one field or two, of one type or of different
    ones."""
    types = chance.choices(list(POOL), k=2)
    others = [kind if chance.random() < 0.7 else chance.choice(list(POOL)) for kind in types]
    write(folder / "t.csv", ["a", "b"], types, chance.randint(0, 20), chance)
    write(folder / "r.csv", ["k", "l"], others, chance.randint(0, 8), chance)
    keys = []
    for _key in range(chance.randint(1, 3)):
        other, two = chance.choice(["r", "r", "r", "", "t"]), chance.random() < 0.4
        there = ["k", "l"] if other == "r" else ["b", "a"]
        keys.append(
            {
                "fields": ["a", "b"] if two else [chance.choice("ab")],
                "reference": {"resource": other, "fields": there if two else [chance.choice(there)]},
            }
        )
    missing = chance.choice([[""], ["", "NA", "7"], []])
    plain = {"type": "table", "encoding": "utf-8", "dialect": {"csv": {"delimiter": ","}}}
    schemas = [
        {
            "fields": [{"name": name, "type": kind} for name, kind in zip(names, kinds, strict=True)],
            "missingValues": missing,
        }
        for names, kinds in (("ab", types), ("kl", others))
    ]
    resources = [
        {"name": name, "path": f"{name}.csv", **plain, "schema": schema}
        for name, schema in zip("tr", schemas, strict=True)
    ]
    resources[0]["schema"] = {**schemas[0], "foreignKeys": keys}
    return {"name": "p", "resources": resources}


@pytest.mark.parametrize("seed", range(120))
@pytest.mark.filterwarnings("ignore")
def test_references_are_judged_as_frictionless_judges_them(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    descriptor = package(tmp_path, chance)
    theirs = outcome(
        lambda: frictionless.Package.from_descriptor(descriptor, basepath=str(tmp_path)).validate()
    )
    with knobs(size=chance.choice([40, 1 << 21]), small=chance.choice([0, 1000])):
        ours = outcome(
            lambda: validate(frictionless.Package.from_descriptor(descriptor, basepath=str(tmp_path)))
        )
    assert ours == theirs


def test_keys_beyond_memory_go_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 400_000
    numbers = random.Random(1).sample(range(10**9), count)
    sent = [
        f"calle número {n} de la ciudad autónoma" if i % 4000 else f"nowhere {i}"
        for i, n in enumerate(numbers[::-1])
    ]
    descriptor = package(tmp_path, random.Random(0))
    (tmp_path / "r.csv").write_text(
        "k\n" + "".join(f"calle número {n} de la ciudad autónoma\n" for n in numbers), encoding="utf-8"
    )
    (tmp_path / "t.csv").write_text("a\n" + "\n".join(sent) + "\n", encoding="utf-8")
    key = {"fields": ["a"], "reference": {"resource": "r", "fields": ["k"]}}
    descriptor["resources"][0]["schema"] = {"fields": [{"name": "a", "type": "string"}], "foreignKeys": [key]}
    descriptor["resources"][1]["schema"] = {"fields": [{"name": "k", "type": "string"}]}
    monkeypatch.setattr(index, "KEYS_IN_MEMORY", 50_000)
    made: list[Any] = []
    real = index.build_index
    monkeypatch.setattr(index, "build_index", lambda *args: made.append(real(*args)) or made[-1])
    report = validate(frictionless.Package.from_descriptor(descriptor, basepath=str(tmp_path)))
    assert len(made[0].numbers) == count
    assert report.flatten(["rowNumber", "type"]) == [[i + 2, "foreign-key"] for i in range(0, count, 4000)]

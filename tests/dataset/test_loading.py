"""Declarations of which it is sure that frictionless loads them: it was asked of many, and never says
otherwise."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.dataset.dataset import DatasetError, read_descriptor
from pipelines.dataset.loading import SCHEMA, surely_loads
from tests.support.lazy import frictionless

DATASETS = Path(__file__).parents[2] / "datasets"
ODD: list[Any] = [None, 0, 1.5, True, "", "a b", "á/../x", "x.csv", [], [1], ["a"], {}, {"a": 1}, {"name": 3}]
KEYS = ["email", "format", "type", "name", "path", "profile", "data", "missingValues", "required", "fields"]
KEYS += ["minimum", "pattern", "minLength", "enum", "unique", "primaryKey", "schema", "dialect", "example"]


def declared() -> Iterator[dict[str, Any]]:
    for folder in sorted(each for each in DATASETS.iterdir() if each.is_dir()):
        try:
            yield {key: each for key, each in read_descriptor(folder).items() if key != "pipeline"}
        except DatasetError:
            continue


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a declaration with each of its keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(pairs):
        yield value, key
        if key != "pipeline":
            yield from places(each)


def spoil(descriptor: dict[str, Any], chance: random.Random) -> None:
    """Changes one thing at random: another value, a key less, or a key more."""
    holder, key = chance.choice(list(places(descriptor)))
    act = chance.random()
    if act < 0.5:
        holder[key] = copy.deepcopy(chance.choice(ODD))
    elif act < 0.7:
        del holder[key]
    elif isinstance(holder, dict):
        holder[chance.choice(KEYS)] = copy.deepcopy(chance.choice(ODD))
    else:
        holder.append(copy.deepcopy(holder[key]))


def loads(descriptor: dict[str, Any]) -> bool:
    try:
        frictionless.Package.from_descriptor(copy.deepcopy(descriptor))
    except (frictionless.FrictionlessException, AttributeError, LookupError, TypeError, ValueError):
        return False
    return True


def test_what_surely_loads_does_load():
    sound = [each for each in declared() if surely_loads(each)]
    assert len(sound) >= 10
    chance, kept, refused = random.Random(14), 0, 0
    for turn in range(1_500):
        descriptor = copy.deepcopy(sound[turn % len(sound)])
        for _change in range(chance.choice([1, 1, 1, 2])):
            spoil(descriptor, chance)
        if surely_loads(descriptor):
            kept += 1
            assert loads(descriptor), descriptor
        else:
            refused += 1
    assert min(kept, refused) > 100


@pytest.mark.parametrize("name", ["name", "title"])
def test_one_that_frictionless_refuses_is_not_taken(name):
    field = {"name": "id", "type": "integer"}
    resource = {"name": "filas", "path": "filas.csv", "schema": {"fields": [field]}}
    plain = {"$schema": SCHEMA, "name": "obras", "title": "Obras", "resources": [resource]}
    assert surely_loads(plain)
    assert not surely_loads({**plain, name: 3})
    assert not surely_loads({**plain, "resources": [resource, resource]})
    assert not surely_loads({**plain, "$schema": "https://example.org/own.json"})

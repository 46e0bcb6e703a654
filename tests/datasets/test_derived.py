"""The derived datasets of the city are decided by what other releases say: not by the order of rows and
columns, by threads, by a locale or a zone."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from pipelines.dataset.dataset import Dataset, dataset_folders, load_dataset
from pipelines.dataset.sources import DerivedSource
from pipelines.fetch import derived
from pipelines.release.inputs import load_needs
from pipelines.settings import DEFAULT_LIMITS
from tests.support.cities import City
from tests.support.paths import ROOT


def is_derived(dataset: Dataset) -> bool:
    return any(isinstance(each.pipeline.source, DerivedSource) for each in dataset.resources)


DATASETS = {folder.name: load_dataset(folder) for folder in dataset_folders(ROOT / "datasets")}
# What is made of a dataset that waits for its first file waits with it.
DERIVED = sorted(
    name for name, dataset in DATASETS.items() if is_derived(dataset) and dataset.pipeline.pending is None
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """All that the derived datasets need is released."""
    city = City(tmp_path_factory.mktemp("city"))
    city.datasets = ROOT / "datasets"
    done: set[str] = set()

    def release(name: str) -> None:
        for need in DATASETS[name].needs:
            release(need)
        if name not in done and name not in DERIVED:
            assert city.run(name)[-1].outcome == "published", name
        done.add(name)

    for name in DERIVED:
        release(name)
    return city


def shuffle(table: pa.Table, chance: random.Random) -> pa.Table:
    names = chance.sample(table.column_names, table.num_columns)
    order = chance.sample(range(table.num_rows), table.num_rows)
    cut = table.select(names).take(pa.array(order, pa.int64()))
    at = chance.randrange(table.num_rows + 1)
    return pa.concat_tables([cut.slice(0, at), cut.slice(at)])


def derive(dataset: Dataset, needs: Any, into: Path) -> list[bytes]:
    made = []
    for resource in (each for each in dataset.resources if isinstance(each.pipeline.source, DerivedSource)):
        derived.write_answer(dataset, resource, needs, into, DEFAULT_LIMITS)
        made.append(into.read_bytes())
    return made


def test_there_are_some():
    assert len(DERIVED) >= 2


@pytest.mark.parametrize(("threads", "zone"), [(1, "UTC"), (2, "Asia/Tokyo"), (8, "America/Los_Angeles")])
@pytest.mark.parametrize("name", DERIVED)
def test_shuffled_inputs_give_the_same_bytes(city, tmp_path, monkeypatch, name, threads, zone):
    dataset, chance = DATASETS[name], random.Random(threads)
    needs = load_needs(dataset, city.archive)
    straight = derive(dataset, needs, tmp_path / "straight.csv")
    shuffled = {
        need: SimpleNamespace(
            entry=release.entry,
            tables={each: shuffle(table, chance) for each, table in release.tables.items()},
        )
        for need, release in needs.items()
    }
    monkeypatch.setitem(derived.ALONE, "threads", threads)
    monkeypatch.setenv("TZ", zone)
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    assert derive(dataset, shuffled, tmp_path / "shuffled.csv") == straight
    assert straight[0].count(b"\n") > 1

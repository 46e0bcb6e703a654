"""The reference of barrios and comunas is the city's file, and what other datasets say of barrios is measured
against it."""

from __future__ import annotations

import csv

from pipelines.dataset.dataset import load_dataset
from tests.support.paths import DATASETS
from tools.comunas import COMUNAS, comunas


def test_the_comunas_are_what_the_barrios_add_up_to():
    assert COMUNAS.read_bytes() == comunas().encode("utf-8")
    with COMUNAS.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [int(row["comuna"]) for row in found] == list(range(1, 16))
    assert sum(int(row["cantidad_barrios"]) for row in found) == 48


def test_ba_obras_is_measured_against_the_same_barrios():
    with COMUNAS.open(encoding="utf-8", newline="") as file:
        known = [
            [barrio, int(row["comuna"])]
            for row in csv.DictReader(file)
            for barrio in row["barrios"].split("; ")
        ]
    suite = load_dataset(DATASETS / "ba-obras").resource("obras").suite
    assert suite is not None
    (pairs,) = [
        e["kwargs"]["value_pairs_set"] for e in suite["expectations"] if "value_pairs_set" in e["kwargs"]
    ]
    assert sorted(pairs) == sorted(known)

"""How long does a catalogue of the city's size take to be described? 435 invented datasets, from a seed."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from catalog import feeds
from catalog.archive.release import File, Version
from catalog.metadata import dcat, national, rdf, schema_org
from catalog.metadata.codes import FREQUENCIES
from catalog.metadata.record import Masthead, Record, record_of
from catalog.public import Edition, Listing
from messages import speaking

DATASETS, VERSIONS, FIELDS = 435, 6, 20
START = datetime.fromisoformat("2024-01-01T03:00:00-03:00")
CHANGES = {
    "tabla": {
        "reasons": [{"code": "rows-added", "rows": 120}, {"code": "cells-changed", "rows": 7, "cells": 9}]
    }
}


def listing(number: int, chance: random.Random) -> Listing:
    """A dataset of one table with `VERSIONS` versions."""
    names = ("tabla.csv", "tabla.parquet", "changes.parquet", "report.json", "datapackage.json")
    editions = []
    for step in range(VERSIONS):
        files = {
            name: File(hashlib.sha256(chance.randbytes(8)).hexdigest(), chance.randrange(10**6), True)
            for name in names
        }
        at = (START + timedelta(days=30 * step, minutes=number)).isoformat()
        editions.append(
            Edition(
                step + 1,
                Version(1, step, 0),
                "minor" if step else None,
                at,
                None,
                files,
                CHANGES,
                {"tabla": 1000},
                (),
            )
        )
    editions.reverse()
    fields = [
        {"name": f"campo_{n}", "type": "string", "title": f"Campo {n}", "description": "Lo que dice el campo"}
        for n in range(FIELDS)
    ]
    told = {
        "title": f"Conjunto de prueba {number}",
        "description": "Filas inventadas para medir. " * 8,
        "publisher": {"id": f"organismo-{number % 33}", "name": f"Organismo de prueba {number % 33}"},
        "accrualPeriodicity": chance.choice(list(FREQUENCIES)),
        "superTheme": ["GOVE"],
        "keywords": ["prueba", "medida"],
        "temporal": "2024-01-01/2024-12-31",
        "spatial": "Ciudad Autónoma de Buenos Aires",
        "licenses": [{"title": "CC BY 4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "resources": [{"name": "tabla", "path": "tabla.csv", "title": "Tabla", "schema": {"fields": fields}}],
    }
    return Listing(f"prueba-{number}", False, VERSIONS, tuple(editions), editions[0], told)


def timed(what: str, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
    start = time.perf_counter()
    made = make()
    print(f"{what:<60} {time.perf_counter() - start:6.2f} s  {size(made) / 1e6:6.1f} MB", flush=True)
    return made


def main() -> None:
    chance = random.Random(435)
    listings = [listing(number, chance) for number in range(DATASETS)]
    masthead = Masthead.of("https://datos.example/", "Prueba <prueba@ciudad.example>")
    print(f"{DATASETS} datasets of {VERSIONS} versions, {FIELDS} fields")
    with speaking("es"):
        records: list[Record] = [record for each in listings if (record := record_of(each, masthead))]
        timed("data.json", lambda: "".join(national.data_json(masthead, records)), len)
        timed(
            "catalog.jsonld",
            lambda: "".join(rdf.jsonld(lambda: dcat.catalog_parts(masthead, records))),
            len,
        )
        parts = timed(
            "metadata.ttl of every dataset (only of those that changed)",
            lambda: _turtles(records, masthead),
            lambda x: sum(map(len, x)),
        )
        timed("metadata.ttl of one", lambda: _turtles(records[:1], masthead), lambda x: sum(map(len, x)))
        timed(
            "catalog.ttl",
            lambda: "".join(rdf.join_turtle([rdf.turtle(dcat.catalog_nodes(masthead, records)), *parts])),
            len,
        )
        timed(
            "schema.org of every page",
            lambda: [_json(schema_org.dataset_json(each, masthead)) for each in records],
            lambda x: sum(map(len, x)),
        )
        timed("all feeds, without their writing", lambda: _feeds(listings, masthead), lambda _feeds: 0)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def _turtles(records: list[Record], masthead: Masthead) -> list[str]:
    return [rdf.turtle(dcat.dataset_nodes(each, masthead)) for each in records]


def _feeds(listings: list[Listing], masthead: Masthead) -> list[object]:
    return [
        feeds.overall_feed(listings, masthead),
        feeds.publisher_feeds(listings, masthead),
        [feeds.dataset_feed(each, masthead) for each in listings],
    ]


if __name__ == "__main__":
    main()

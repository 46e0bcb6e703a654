"""How long does a portal of the city's size take? 435 invented datasets of two versions, from a seed: built,
then built again after one of them changed. Prints seconds, sizes and the largest pages. `PYTHONPATH=tests
python -m benchmarks.portal [DATASETS] [FOLDER]`; what is in FOLDER already is used again.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.metadata.codes import FREQUENCIES
from catalog.portal.overview import THEMES
from catalog.portal.portal import Portal
from tests.support.portals import NOW, Publisher

WORDS = [
    "obras",
    "barrios",
    "comunas",
    "subsidios",
    "arbolado",
    "tránsito",
    "escuelas",
    "hospitales",
    "presupuesto",
    "compras",
]
CHANGES = {
    "obras": {
        "reasons": [{"code": "rows-added", "rows": 120}, {"code": "cells-changed", "rows": 7, "cells": 9}]
    }
}


def fill(publisher: Publisher, datasets: int) -> None:
    chance = random.Random(435)
    for number in range(datasets):
        told = {
            "title": f"Conjunto de prueba {number}: {' '.join(chance.sample(WORDS, 4))} de la Ciudad",
            "publisher": {
                "id": f"organismo-{number % 33}",
                "name": f"Dirección General de prueba {number % 33}",
            },
            "superTheme": [code.upper() for code in chance.sample(sorted(THEMES), 2)],
            "accrualPeriodicity": chance.choice(list(FREQUENCIES)),
            "keywords": chance.sample(WORDS, 3),
        }
        publisher.release(f"prueba-{number}", **told)
        publisher.release(f"prueba-{number}", "1.1.0", level="minor", changes=CHANGES, **told)


def timed(what: str, make: Callable[[], object]) -> None:
    clock, processor = time.perf_counter(), time.process_time()
    make()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    print(f"{what:<50} {clock:7.2f} s by the clock, {processor:7.2f} s of the processor", flush=True)


def publish(archive: Archive, folder: Path) -> None:
    portal = Portal(folder, "https://datos.example/", lambda: NOW)
    portal.apply(archive, portal.plan(archive))


def main() -> None:
    datasets = int(sys.argv[1]) if len(sys.argv) > 1 else 435
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(sys.argv[2] if len(sys.argv) > 2 else temporary)
        archive, folder = Archive.open(top / "archive"), top / "portal"
        publisher = Publisher(archive, Path(temporary) / "work")
        if not archive.datasets():
            timed(f"archive of {datasets} datasets", lambda: fill(publisher, datasets))
        folder.unlink(missing_ok=True)
        timed("the whole portal", lambda: publish(archive, folder))
        timed("nothing changed", lambda: publish(archive, folder))
        changed = archive.history("prueba-0").head
        timed(
            "one more version of one dataset",
            lambda: publisher.release("prueba-0", f"1.{changed}.0", level="minor", changes=CHANGES),
        )
        timed("the portal after that", lambda: publish(archive, folder))
        print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
        pages = sorted(
            ((path.stat().st_size, path) for path in folder.resolve().rglob("*.html")), reverse=True
        )
        print(f"{len(pages)} pages, {sum(size for size, _path in pages) / 1e6:.1f} MB; the largest:")
        for size, path in [
            *pages[:5],
            ((folder / "assets/index.js").stat().st_size, folder / "assets/index.js"),
        ]:
            print(
                f"  {size / 1000:7.1f} kB  "
                f"{path.relative_to(folder.resolve() if path.is_relative_to(folder.resolve()) else folder)}"
            )


if __name__ == "__main__":
    main()

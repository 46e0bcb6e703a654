"""A small city for tests: dataset folders made on the spot, an archive, a clock that moves, and runs over
them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from catalog.archive.archive import Archive
from catalog.archive.published import previous_of
from catalog.archive.release import Entry, History, Version
from pipelines.dataset.dataset import load_dataset
from pipelines.fetch import fetch
from pipelines.release.outcome import Outcome
from pipelines.release.run import Run
from pipelines.settings import DEFAULT_LIMITS

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "nombre", "type": "string", "description": "Nombre"},
    {"name": "monto", "type": "number", "description": "Monto", "unit": "ARS"},
]


def declaration(
    name: str,
    *,
    source: Mapping[str, Any] | None = None,
    fields: list[dict] | None = None,
    key: str | None = "id",
    **pipeline: Any,
) -> dict:
    """A dataset of one resource, called like the dataset; `pipeline` are keys of the resource's
    `pipeline:`."""
    schema = {"fields": fields or FIELDS} | ({"primaryKey": [key]} if key else {})
    made = {"source": dict(source or {"kind": "file", "path": "source/datos.csv"}), **pipeline}
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": f"Título de {name}",
        "description": "Datos de prueba",
        "licenses": [
            {
                "name": "CC-BY-4.0",
                "title": "CC BY 4.0",
                "path": "https://creativecommons.org/licenses/by/4.0/",
            }
        ],
        "keywords": ["prueba"],
        "pipeline": {"publisher": {"id": "area", "name": "Área de prueba"}, "accrualPeriodicity": "R/P1M"},
        "resources": [
            {"name": name, "path": f"{name}.csv", "title": name, "schema": schema, "pipeline": made}
        ],
    }


class City:
    """Datasets in `folder`/datasets, run one after another against an archive (a folder unless one is
    given)."""

    def __init__(self, folder: Path, archive: Archive | None = None):
        self.folder = folder
        self.datasets = folder / "datasets"
        self.inbox = folder / "inbox"
        self.limits = DEFAULT_LIMITS
        self.archive = archive or Archive.open(folder / "archive")
        self.runs = itertools.count(1)
        self.moment = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)

    def declare(
        self, descriptor: dict, suites: Mapping[str, dict] | None = None, **files: str | bytes
    ) -> Path:
        """Writes a declaration and files in `source/` (by stem: `datos` is source/datos.csv)."""
        folder = self.datasets / descriptor["name"]
        (folder / "source").mkdir(parents=True, exist_ok=True)
        (folder / "datapackage.yaml").write_text(
            yaml.safe_dump(descriptor, allow_unicode=True, sort_keys=False), "utf-8"
        )
        for name, suite in (suites or {}).items():
            (folder / name).write_text(yaml.safe_dump(suite, allow_unicode=True), "utf-8")
        for name, content in files.items():
            self.send(descriptor["name"], content, name)
        return folder

    def send(self, dataset: str, content: str | bytes, name: str = "datos") -> None:
        """The agency hands in a new extract."""
        (self.datasets / dataset / "source" / f"{name}.csv").write_bytes(
            content.encode() if isinstance(content, str) else content
        )

    def clock(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    def run(
        self, dataset: str, as_of: str | None = None, fetch: Any = fetch, archive: Archive | None = None
    ) -> list[Outcome]:
        return Run(
            load_dataset(self.datasets / dataset),
            archive or self.archive,
            self.clock,
            fetch,
            run_id=f"run-{next(self.runs)}",
            as_of=date.fromisoformat(as_of) if as_of else None,
            inbox=self.inbox,
            limits=self.limits,
        ).execute()

    def outcome(self, dataset: str) -> Outcome:
        """Of a run with one outcome."""
        (outcome,) = self.run(dataset)
        return outcome

    def say(self, dataset: str, kind: Any, version: str, because: str, at: datetime | None = None) -> None:
        """What a person does to a version: makes it `current` again, or takes it back (`withdraw`)."""
        number, moment = self.history(dataset).head + 1, (at or self.clock()).isoformat()
        run, chosen = f"{kind}-{number}", Version.parse(version)
        self.archive.append(Entry(dataset, False, number, kind, run, moment, chosen, because=because))

    def history(self, dataset: str) -> History:
        return self.archive.history(dataset)


def csv(*rows: str, header: str = "id,nombre,monto") -> str:
    return "\n".join((header, *rows)) + "\n"


def published_rows(city: City, dataset: str, *, demo: bool = False) -> list[dict[str, Any]]:
    """The rows of the current release, of the table that is called like its dataset."""
    previous = previous_of(city.archive, city.archive.history(dataset, demo))
    assert previous is not None
    return previous.table(dataset).to_pylist()

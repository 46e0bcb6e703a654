"""Archives of plans, commitments and what is reported of them, for the tests of the pages that show them."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.archive.archive import Archive
from catalog.archive.published import pack_csv, pack_json, pack_parquet
from catalog.archive.release import Release, Version
from catalog.archive.roles import ROLES
from catalog.portal.portal import Portal
from tests.support.cities import City
from tests.support.paths import ROOT

NOW = datetime.fromisoformat("2024-03-10T12:00:00-03:00")
TODAY = datetime.fromisoformat("2026-03-02T12:00:00-03:00")
DATASETS = [
    *(
        "barrios",
        "ogp",
        "cocreacion",
        "ogp-demo",
        "compromisos-seguimiento",
        "actas-gobierno-abierto",
        "participacion-cifras",
        "ba-compromisos",
        "ba-elige-plan-de-gobierno",
        "ba-obras",
        "ba-elige-candidatos",
    ),
    *(
        "participacion-instancias",
        "comisarias-cercanas",
        "dialogando-ba",
        "iniciativas-participacion",
        "participacion-indicadores",
    ),
    *("ba-elige-propuestas", "ba-elige-proyectos"),
]
PLAN = {"plan_id": "P1", "titulo": "Plan de prueba", "inicio_mes": "2023-01", "fin_mes": "2024-12"}
COMMITMENTS = [
    {"compromiso_id": f"P1.C{n}", "plan_id": "P1", "titulo": f"Compromiso {n}", "responsable": f"Área {n}"}
    for n in (1, 2)
]
MILESTONES = [
    {
        "hito_id": f"P1.C{n}.{m}",
        "compromiso_id": f"P1.C{n}",
        "plan_id": "P1",
        "titulo": f"Hito {n}.{m}",
        "fin_mes": f"2023-0{due}",
    }
    for n, m, due in ((1, 1, 6), (1, 2, 9), (2, 1, 7))
]


def report(milestone: str, month: str, state: str, progress: int | None, day: int = 10) -> dict[str, Any]:
    evidence = f"https://example.org/{milestone}/{month}" if progress else None
    known = {
        "periodo": month,
        "plan_id": "P1",
        "hito_id": milestone,
        "estado": state,
        "avance": progress,
        "evidencias": evidence,
    }
    return {**known, "informado_por": "Área que informa", "registrado": f"{month}-{day:02}"}


class Plans:
    """Releases of tables in their roles, one after another."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.archive = folder, Archive.open(folder / "archive")

    def release(
        self,
        dataset: str,
        tables: dict[str, Sequence[dict[str, Any]]],
        at: str,
        as_of: str | None = None,
        demo: bool = False,
    ):
        history = self.archive.history(dataset, demo)
        version = history.highest.next("minor") if history.highest else Version(1, 0, 0)
        into = self.folder / "work" / f"{dataset}-{version}-{demo}"
        into.mkdir(parents=True)
        paths, resources = {}, []
        for role, rows in tables.items():
            fields = list(ROLES[role].fields)
            texts = {
                f: pa.array([None if row.get(f) is None else str(row[f]) for row in rows], pa.string())
                for f in fields
            }
            schema = {"fields": [{"name": field, "type": "string"} for field in fields]}
            pack_csv(pa.table(texts), "", into / f"{role}.csv")
            pack_parquet(pa.table(texts), schema, {"name": role}, into / f"{role}.parquet")
            paths |= {name: into / name for name in (f"{role}.csv", f"{role}.parquet")}
            told = {"name": role, "fields": {}, "constants": {}}
            resources.append(
                {
                    "name": role,
                    "path": f"{role}.csv",
                    "title": f"Tabla {role}",
                    "role": told,
                    "schema": schema,
                }
            )
        about = {
            "name": dataset,
            "title": dataset,
            "version": str(version),
            "publisher": {"id": "a", "name": "Área"},
        }
        pack_json(
            {**about, "resources": resources} | ({"demo": True} if demo else {}), into / "datapackage.json"
        )
        paths["datapackage.json"] = into / "datapackage.json"
        made = Release(
            dataset=dataset,
            demo=demo,
            run=f"run-{dataset}-{version}",
            at=at,
            as_of=as_of,
            version=version,
            level="minor" if history.highest else None,
            paths=paths,
            private=frozenset(),
            changes={},
            rows={role: len(rows) for role, rows in tables.items()},
            problems=0,
            provenance={},
        )
        return self.archive.commit(made, history.head)

    def plan(self, at: str = "2023-01-05T03:00:00-03:00", **other: Any) -> None:
        self.release(
            "planes", {"plans": [PLAN], "commitments": COMMITMENTS, "milestones": MILESTONES, **other}, at
        )

    def reports(self, *rows: dict[str, Any], at: str) -> None:
        self.release("seguimiento", {"follow-up": rows}, at)

    def portal(self, now: datetime = NOW) -> Path:
        portal = Portal(self.folder / "portal", "https://datos.example", clock=lambda: now)
        portal.apply(self.archive, portal.plan(self.archive))
        return self.folder / "portal"


def without_expectations(city: City, name: str) -> None:
    """Copies one of our datasets into a city, without its expectations, which take long to import."""
    shutil.copytree(ROOT / "datasets" / name, city.datasets / name)
    declaration = city.datasets / name / "datapackage.yaml"
    text = declaration.read_text("utf-8")
    declaration.write_text(re.sub(r"(?m)^ +expectations: .*\n", "", text), "utf-8")


@cache
def shipped() -> City:
    """A city that has released our datasets of commitments and participation, without their expectations;
    made once."""
    folder = Path(tempfile.mkdtemp(prefix="vereda-city-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    city = City(folder)
    for name in DATASETS:
        without_expectations(city, name)
        assert [
            (each.outcome, each.message) for each in city.run(name) if each.outcome != "published"
        ] == [], name
    portal = Portal(folder / "portal", "https://datos.example", clock=lambda: TODAY)
    portal.apply(city.archive, portal.plan(city.archive))
    assert portal.plan(city.archive) == []
    return city


class Tables(HTMLParser):
    """The rows of a page's tables, each cell's words in one line."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False
        self.feed(path.read_text("utf-8"))
        self.rows = [[re.sub(r"\s+", " ", cell).strip() for cell in row] for row in self.rows]

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data

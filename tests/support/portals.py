"""Archives for the tests of the portal: releases whose files are packed as the pipeline packs them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.archive.archive import Archive
from catalog.archive.published import pack_csv, pack_json, pack_parquet, write_parquet
from catalog.archive.release import Entry, Level, Release, Version
from catalog.portal.portal import Portal

AT = "2024-09-02T02:30:00-03:00"
NOW = datetime.fromisoformat("2024-09-20T12:00:00-03:00")

FIELDS: list[dict[str, Any]] = [
    {
        "name": "nombre",
        "type": "string",
        "title": "Nombre",
        "description": "Nombre de la obra",
        "constraints": {"required": True},
    },
    {
        "name": "etapa",
        "type": "string",
        "description": "Etapa",
        "constraints": {"enum": ["En ejecución", "Finalizada", "NA"]},
    },
    {"name": "codigo", "type": "string", "description": "Código, con sus ceros"},
    {"name": "comuna", "type": "integer", "constraints": {"minimum": 1, "maximum": 15}},
    {
        "name": "monto",
        "type": "number",
        "unit": "ARS",
        "description": "Monto del contrato",
        "constraints": {"minimum": 0},
    },
    {"name": "inicio", "type": "date", "description": "Inicio"},
    {"name": "fin", "type": "date", "description": "Fin: no se sabe de ninguna"},
    {"name": "visto", "type": "datetime"},
    {"name": "cerrado", "type": "datetime"},
    {"name": "anio", "type": "year"},
    {"name": "hora", "type": "time"},
    {"name": "destacada", "type": "boolean"},
]
TYPES = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="-03:00"),
    "year": pa.int32(),
    "time": pa.time64("us"),
}
SEEN = datetime.fromisoformat("2024-01-02T03:04:05-03:00")
# What a bare read_csv gets wrong: "NA" as text, zeros in front, empty text, a number that needs all its
# digits, a quoted line end.
ROWS: list[tuple[Any, ...]] = [
    (
        "Escuela N.° 24",
        "Finalizada",
        "007",
        12,
        67065700.1,
        date(2013, 12, 1),
        None,
        SEEN,
        None,
        2013,
        time(9, 30),
        True,
    ),
    (
        "Plaza\n\"San Martín\", con 'comillas'",
        "NA",
        "NULL",
        None,
        0.1 + 0.2,
        date(1, 1, 1),
        None,
        SEEN.replace(microsecond=120000),
        None,
        None,
        time(23, 59, 59),
        False,
    ),
    ("NA", None, None, 1, None, None, None, None, None, 1999, None, None),
    (
        "=1+1",
        "En ejecución",
        "1e5",
        9007199254740993,
        5e-324,
        date(9999, 12, 31),
        None,
        None,
        None,
        None,
        None,
        True,
    ),
]


def dataset(name: str = "obras", **told: Any) -> dict[str, Any]:
    """A published descriptor of one table, `obras`."""
    publisher = {
        "id": "ba-obras",
        "name": "Observatorio de Obras Urbanas",
        "formerNames": [{"name": "BA Obras", "until": "2019-12-10"}],
    }
    about: dict[str, Any] = {
        "name": name,
        "title": "Obras públicas de la Ciudad",
        "description": (
            "Obras de la Ciudad de Buenos Aires por comuna y barrio, con etapa y monto contratado."
            "\n\nEs una copia reducida."
        ),
        "licenses": [
            {
                "name": "CC-BY-4.0",
                "title": "Creative Commons Atribución 4.0",
                "path": "https://creativecommons.org/licenses/by/4.0/",
            }
        ],
        "sources": [{"title": "Gobierno de la Ciudad de Buenos Aires"}],
        "contributors": [{"title": "Gobierno de la Ciudad de Buenos Aires", "roles": ["publisher"]}],
        "keywords": ["obras", "comunas"],
        "publisher": publisher,
        "accrualPeriodicity": "R/P1M",
    }
    return about | told


def table(rows: list[tuple[Any, ...]] = ROWS) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(FIELDS)
    typed = [pa.array(column, TYPES[field["type"]]) for field, column in zip(FIELDS, columns, strict=True)]
    return pa.table(typed, names=[field["name"] for field in FIELDS])


@dataclass(frozen=True)
class Publisher:
    """Commits releases of one table to an archive, with their files made in `folder`."""

    archive: Archive
    folder: Path

    def release(
        self,
        name: str = "obras",
        version: str = "1.0.0",
        *,
        level: Level | None = None,
        rows: pa.Table | None = None,
        changes: Mapping[str, Any] | None = None,
        at: str = AT,
        as_of: str | None = "2024-09-01",
        demo: bool = False,
        lines: Sequence[Mapping[str, str | None]] = (),
        run: str = "",
        **told: Any,
    ) -> Entry:
        """`lines` are those of changes.parquet."""
        data = rows if rows is not None else table()
        into = self.folder / f"{name}-{version}{'-demo' if demo else ''}"
        paths = _files(
            data, dataset(name, **told) | {"version": version} | ({"demo": True} if demo else {}), into
        )
        if lines:
            write_parquet(pa.Table.from_pylist(list(lines)), paths["changes.parquet"])
        made = Release(
            dataset=name,
            demo=demo,
            run=run or f"run-{version}",
            at=at,
            as_of=as_of,
            version=Version.parse(version),
            level=level,
            paths=paths,
            private=frozenset({"raw.csv"}),
            changes=changes or {},
            rows={"obras": data.num_rows},
            problems=1,
            provenance={"raw": "SECRET-PROVENANCE"},
        )
        return self.archive.commit(made, self.archive.history(name, demo).head)

    def say(self, kind: Any, version: str, because: str, name: str = "obras") -> Entry:
        """Appends a rollback (`current`) or a withdrawal (`withdraw`)."""
        number = self.archive.history(name).head + 1
        entry = Entry(
            name, False, number, kind, f"{kind}-{number}", AT, Version.parse(version), because=because
        )
        return self.archive.append(entry)


def _files(data: pa.Table, descriptor: dict[str, Any], into: Path) -> dict[str, Path]:
    into.mkdir(parents=True)
    names = ("obras.csv", "obras.parquet", "changes.parquet", "report.json", "datapackage.json", "raw.csv")
    paths = {name: into / name for name in names}
    schema = {"fields": FIELDS}
    pack_csv(data, "", paths["obras.csv"])
    pack_parquet(data, schema, {"name": "obras"}, paths["obras.parquet"])
    write_parquet(pa.table({"resource": pa.array([], pa.string())}), paths["changes.parquet"])
    pack_json(report(data.num_rows), paths["report.json"])
    paths["raw.csv"].write_text("SECRET-RAW", encoding="utf-8")
    csv = {
        "name": "obras",
        "path": "obras.csv",
        "type": "table",
        "format": "csv",
        "encoding": "utf-8",
        "schema": schema,
    }
    csv |= {"view": descriptor.pop("view")} if "view" in descriptor else {}
    files = [{"name": name.replace(".", "-"), "path": name, "type": "file"} for name in names[1:4]]
    pack_json(
        descriptor | {"resources": [each | _stats(into / each["path"]) for each in (csv, *files)]},
        paths["datapackage.json"],
    )
    return paths


def report(rows: int) -> dict[str, Any]:
    late = {
        "type": "cell-error",
        "code": "future-date",
        "field": "inicio",
        "severity": "warning",
        "count": 2,
        "rows": [3, 5],
    }
    mended = {
        "field": "monto",
        "rule": 0,
        "because": "la planilla de cálculo rompió el separador",
        "cells": 85,
    }
    failed = {
        "type": "table-error",
        "code": "expectation",
        "field": None,
        "severity": "warning",
        "count": 1,
        "rows": [],
    }
    repairs = [
        mended,
        mended | {"field": "comuna", "cells": 7},
        mended | {"rule": 1, "cells": 0, "because": "nunca"},
    ]
    found = {
        "rows": rows,
        "problems": [late, failed],
        "repairs": repairs,
        "source": {"encoding": "utf-8", "delimiter": ",", "layout": 1},
    }
    suite = [
        {
            "resource": "obras",
            "type": "expect_x",
            "severity": "critical",
            "success": True,
            "because": "el catálogo tiene cerca de mil obras",
        },
        {
            "resource": "obras",
            "type": "expect_y",
            "severity": "warning",
            "success": False,
            "because": "una obra terminada está completa",
            "unexpected": 4,
        },
    ]
    return {"resources": {"obras": found}, "expectations": suite, "valid": True}


def _stats(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "hash": "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()}


class Page(HTMLParser):
    """A page's links, ids, text, and the lines to copy by (tool, format)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.lines: dict[tuple[str, str], str] = {}
        self.text = ""
        self._line: tuple[str, str] | None = None
        self.feed(path.read_text(encoding="utf-8"))
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.text += " " if tag in ("td", "th", "li", "dd") else ""
        self.links += [value for name in ("href", "src") if (value := told.get(name)) is not None]
        self.loads += [
            value for name in ("href", "src") if tag != "a" and (value := told.get(name)) is not None
        ]
        if told.get("id"):
            self.ids.add(str(told["id"]))
        if tag == "pre" and "data-tool" in told:
            self._line = (str(told["data-tool"]), str(told["data-reads"]))
            self.lines[self._line] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._line = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._line:
            self.lines[self._line] += data


def kill_everywhere(archive: str, folder: str) -> int:
    """Publishes again and again, each time to another address, killed at one of its changes of the disk: at
    each of the last forty, when one build takes the other's place, and at every sixth of those before, which
    write pages aside. Looks after each whether the standing site is whole. Gives back how many were killed.
    Only for a process of its own: its children are forked, and what they do is counted by an audit hook.
    """
    reads, writes = os.pipe()
    assert _publish_and_die(archive, folder, 0, writes) == 0
    total = int(os.read(reads, 20))
    killed = 0
    for n in [*range(1, total - 40, 6), *range(max(1, total - 40), total + 1)]:
        status = _publish_and_die(archive, folder, n, writes, swept=n >= total - 40)
        whole(Path(folder))
        assert status == 0 or os.WIFSIGNALED(status), f"the publisher failed by itself: {status}"
        killed += status != 0
    return killed


def _publish_and_die(archive: str, folder: str, change: int, report: int, *, swept: bool = False) -> int:
    """The status of a child that publishes and is killed at this change of the disk; where it is 0, it ends,
    and reports how many there were. `swept`: what the last one left behind is removed before it counts, so
    that as many changes lead to the end."""
    child = os.fork()
    if child == 0:
        portal, opened = (
            Portal(Path(folder), f"https://datos.example/{change or 9999}", lambda: NOW),
            Archive.open(archive),
        )
        if swept:
            portal.place.sweep()
        made = _die_at(change)
        portal.apply(opened, portal.plan(opened))
        if change == 0:
            os.write(report, str(made()).encode())
        os._exit(0)
    return os.waitpid(child, 0)[1]


def _die_at(change: int) -> Callable[[], int]:
    """From now on, counts this process's changes of the disk, and kills it as it is about to make this one;
    gives what says how many it has made."""
    left = change

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in ("os.link", "os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return lambda: change - left


def whole(folder: Path) -> None:
    """Asserts that the site is one build, complete: every noted file with its noted bytes, every page to its
    end, one address in all."""
    state = json.loads((folder / "portal.json").read_text(encoding="utf-8"))
    addresses = set()
    for path, noted in state["datasets"].items():
        page = (folder / path / "index.html").read_text(encoding="utf-8")
        assert page.endswith("</html>\n")
        addresses |= set(re.findall(r"https://datos.example/\d+", page))
        for file, sha256 in noted["files"].items():
            assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == sha256
    assert len(addresses) == 1
    assert (folder / "index.html").read_text(encoding="utf-8").endswith("</html>\n")


def publish(
    publisher: Publisher,
    folder: Path,
    url: str | None = None,
    *,
    now: datetime = NOW,
    who: str | None = None,
) -> Portal:
    """Builds the portal of all that it has released."""
    portal = Portal(folder, url, lambda: now, who)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    return portal

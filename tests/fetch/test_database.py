"""Rows of a database come as they are, in one view of it, and nothing is written there; what is new is asked
for from a watermark on."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from pipelines.dataset.dataset import DatasetError, load_dataset
from pipelines.dataset.sources import SqlSource
from pipelines.fetch import fetch
from pipelines.fetch.access import Access
from pipelines.read.finding import describe_finding
from pipelines.read.read import read
from pipelines.settings import Limits
from tests.support.cities import City, declaration, published_rows
from tests.support.databases import PASSWORD, Postgres, run_postgres

pytestmark = pytest.mark.usefixtures("english")

KINDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "cuenta", "type": "string", "description": "Cuenta"},
    {"name": "importe", "type": "number", "description": "Importe", "money": True},
    {"name": "dia", "type": "date", "description": "Día"},
    {"name": "cambio", "type": "datetime", "description": "Último cambio"},
    {"name": "abierta", "type": "boolean", "description": "Abierta"},
    {"name": "etiquetas", "type": "array", "description": "Etiquetas"},
    {"name": "nota", "type": "string", "description": "Nota"},
]
TABLE = (
    "CREATE TABLE expedientes (id bigint PRIMARY KEY, cuenta text, importe numeric, dia date, "
    "cambio timestamptz, abierta boolean, etiquetas text[], nota text)"
)
ROWS = (
    "INSERT INTO expedientes VALUES "
    "(3, '007', 1234567890123456.70, '2026-02-01', '2026-02-01 10:00:00.25-03', true, '{a,\"b,c\"}', "
    "'Calle \"50\"; tercera, fondo' || chr(10) || 'y patio'),"
    "(1, '00012', 0.10, '2026-01-31', '2026-01-31 23:59:59-03', false, '{}', NULL),"
    "(2, '1e5', NULL, NULL, NULL, NULL, NULL, '')"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with run_postgres() as made:
        yield made


@pytest.fixture
def postgres(server: Postgres) -> Postgres:
    server.execute("DROP TABLE IF EXISTS expedientes", TABLE, ROWS, "GRANT SELECT ON expedientes TO lectora")
    return server


def asking(address: str, **limits: Any) -> Any:
    access = Access(databases={"obras": SecretStr(address)})
    return partial(fetch, access=access, limits=Limits(**{"timeout": 10, **limits}))


def declare(city: City, fields: list[dict] = KINDS, **source: Any) -> None:
    pipeline = {"extract": {"mode": "append"}} if "watermark" in source else {}
    chosen = {"kind": "sql", **({} if "url" in source else {"database": "obras"}), **source}
    city.declare(declaration("expedientes", source=chosen, fields=fields, **pipeline))


def one(city: City, address: str, **limits: Any) -> Any:
    (outcome,) = city.run("expedientes", fetch=asking(address, **limits))
    return outcome


def test_every_kind_of_value_is_published_as_the_database_has_it(city: City, postgres: Postgres):
    declare(city, table="expedientes")
    outcome = one(city, postgres.reader())
    assert (outcome.outcome, outcome.message) == ("published", outcome.message)
    rows = published_rows(city, "expedientes")
    assert [row["id"] for row in rows] == [1, 2, 3]  # by its key, as they came in
    third = rows[2]
    assert (third["cuenta"], str(third["importe"])) == ("007", "1234567890123456.70")
    assert third["cambio"] == datetime.fromisoformat("2026-02-01T10:00:00.250-03:00")
    assert third["nota"] == 'Calle "50"; tercera, fondo\ny patio'
    assert (rows[1]["cuenta"], rows[1]["importe"], rows[1]["nota"]) == ("1e5", None, None)
    assert one(city, postgres.reader()).outcome == "unchanged"


def test_a_watermark_asks_for_what_is_new_alone(city: City, postgres: Postgres):
    declare(city, table="expedientes", watermark="id")
    assert one(city, postgres.reader()).rows == {"expedientes": 3}
    assert one(city, postgres.reader()).outcome == "unchanged"
    postgres.execute(
        "INSERT INTO expedientes (id, cuenta) VALUES (4, 'nueva')", "DELETE FROM expedientes WHERE id = 1"
    )
    outcome = one(city, postgres.reader())
    assert outcome.outcome == "published"
    assert outcome.changes == {"expedientes": {"added": 1, "removed": 0, "changed": 0}}
    snapshot = city.history("expedientes").current.provenance["snapshots"]["expedientes"]
    raw = city.archive.get(snapshot["sha256"]).decode()
    assert [line.split(",")[0] for line in raw.splitlines() if line[:1].isdigit()] == ["3", "4"]
    assert snapshot["watermark"] == "int:4"
    assert snapshot["source"] == "database obras: expedientes"


def test_a_watermark_may_be_the_moment_of_the_last_change(city: City, postgres: Postgres):
    declare(
        city,
        query="SELECT * FROM expedientes WHERE cambio IS NOT NULL AND cambio::date > '2026-01-01'",
        watermark="cambio",
    )
    assert one(city, postgres.reader()).rows == {"expedientes": 2}
    postgres.execute("UPDATE expedientes SET nota = 'corregida', cambio = '2026-03-01 00:00-03' WHERE id = 1")
    outcome = one(city, postgres.reader())
    assert outcome.changes == {"expedientes": {"added": 0, "removed": 0, "changed": 1}}


def test_nothing_is_written_and_one_question_is_asked(city: City, postgres: Postgres):
    """By its owner, who may write: the connection may not."""
    postgres.execute(
        "CREATE OR REPLACE FUNCTION vaciar() RETURNS int LANGUAGE sql AS "
        "'DELETE FROM expedientes RETURNING 1'"
    )
    declare(city, [KINDS[0]], query="SELECT vaciar() AS id")
    outcome = one(city, postgres.admin)
    assert outcome.outcome == "failed"
    assert "read-only" in outcome.message
    with pytest.raises(ValidationError, match="one SELECT"):
        SqlSource.model_validate(
            {"kind": "sql", "database": "obras", "query": "SELECT 1; DROP TABLE expedientes"}
        )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"table": "expediente"}, "there is no such table"),
        ({"query": "SELECT nada FROM expedientes"}, 'column "nada" does not exist'),
        ({"query": "SELECT id, id FROM expedientes"}, "two columns are called id"),
        ({"table": "expedientes", "watermark": "cambiado"}, 'column "cambiado" does not exist'),
        ({"query": "SELECT id, 'x'::bytea AS nota FROM expedientes"}, "column nota has values of a kind"),
    ],
)
def test_what_is_wrong_with_a_question_is_said(city: City, postgres: Postgres, source, told):
    declare(city, **source)
    outcome = one(city, postgres.reader())
    assert outcome.outcome == "failed"
    assert told in outcome.message
    assert PASSWORD not in outcome.message


def test_a_database_that_does_not_answer_is_tried_again(city: City, postgres: Postgres):
    declare(city, table="expedientes")
    assert "did not answer properly" in one(city, postgres.reader("clave-equivocada")).message
    assert "clave-equivocada" not in one(city, postgres.reader("clave-equivocada")).message
    postgres.stop()
    try:
        message = one(city, postgres.reader()).message
    finally:
        postgres.start()
    assert "database obras: expedientes did not answer properly" in message
    assert one(city, postgres.reader()).outcome == "published"


def test_a_question_that_takes_too_long_ends(city: City, postgres: Postgres):
    declare(city, [KINDS[0]], query="SELECT 1 AS id FROM pg_sleep(60)")
    start = time.monotonic()
    assert one(city, postgres.reader(), fetch_seconds=1).outcome == "failed"
    assert time.monotonic() - start < 30


def test_a_server_that_ends_in_the_middle_leaves_nothing_half(city: City, postgres: Postgres):
    postgres.execute(
        "INSERT INTO expedientes (id, nota) SELECT n, repeat('x', 2000) FROM generate_series(10, 60000) n"
    )
    declare(city, query="SELECT * FROM expedientes, pg_sleep(0.00005)", watermark="id")
    ending = threading.Timer(1.5, postgres.stop)
    ending.start()
    try:
        outcome = one(city, postgres.reader())
    finally:
        ending.join()
        postgres.start()
    assert outcome.outcome == "failed"
    assert not city.history("expedientes").releases


def make_sqlite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as base:
        base.executescript(
            "CREATE TABLE expedientes (id INTEGER PRIMARY KEY, nombre TEXT, monto REAL);"
            "INSERT INTO expedientes VALUES (2, 'Árbol', 1e10), (1, 'Plaza; \"seca\"', 0.1)"
        )
    base.close()


def test_a_file_of_sqlite_lies_in_the_folder(city: City, tmp_path):
    city.declare(
        declaration(
            "expedientes", source={"kind": "sql", "url": "sqlite:///source/b.db", "table": "expedientes"}
        )
    )
    assert "source/b.db is no file" in one(city, "").message
    make_sqlite(city.datasets / "expedientes" / "source" / "b.db")
    assert one(city, "").outcome == "published"
    assert [tuple(row.values()) for row in published_rows(city, "expedientes")] == [
        (1, 'Plaza; "seca"', 0.1),
        (2, "Árbol", 1e10),
    ]
    make_sqlite(tmp_path / "elsewhere.db")
    (city.datasets / "expedientes" / "source" / "c.db").symlink_to(tmp_path / "elsewhere.db")
    city.declare(
        declaration(
            "expedientes", source={"kind": "sql", "url": "sqlite:///source/c.db", "table": "expedientes"}
        )
    )
    assert "outside the dataset's folder" in one(city, "").message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:clave@host/b",
        "postgresql://host/b?password=x",
        "sqlite:////etc/base.db",
        "sqlite:///../b.db",
        "ftp://host/b",
    ],
)
def test_a_declaration_holds_no_password_and_leads_nowhere_else(city: City, url):
    city.declare(declaration("expedientes", source={"kind": "sql", "url": url, "table": "t"}))
    with pytest.raises(DatasetError) as caught:
        load_dataset(city.datasets / "expedientes")
    assert "clave" not in str(caught.value)


def test_a_database_that_no_setting_names(city: City):
    declare(city, table="expedientes")
    (outcome,) = city.run("expedientes")
    assert "VEREDA_DATABASES has no database obras" in outcome.message


def test_a_finding_says_which_row_of_the_table_is_which(city: City, tmp_path):
    declared = declaration("expedientes")
    declared["resources"][0]["pipeline"] |= {
        "source": {"kind": "sql", "url": "sqlite:///source/o.sqlite", "table": "obras"},
        "layouts": [],
    }
    folder = city.declare(declared)
    with sqlite3.connect(folder / "source" / "o.sqlite") as database:
        database.execute("CREATE TABLE obras (id integer, nombre text, monto integer)")
        database.execute("INSERT INTO obras VALUES (1, 'Plaza', 10)")
    database.close()
    (resource,) = load_dataset(folder).resources
    snapshot = fetch(resource, folder, None, tmp_path / "rows.csv")
    found = read(tmp_path / "rows.csv", resource, tmp_path / "rows.arrow")
    assert snapshot.bytes
    assert "rows of the table obras of the database" in describe_finding(found.findings[0])

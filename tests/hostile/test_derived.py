"""A derived table is decided by the released tables alone: not by what else a query could call, nor by the
order of rows, threads, locale or zone."""

from __future__ import annotations

import random
from contextlib import suppress

import duckdb
import pytest

from messages import speaking
from pipelines.fetch.sql import FUNCTIONS, find_unsteadiness
from tests.support.cities import City, declaration

REFUSED = [
    "SELECT * FROM query('SELECT random()')",
    "FROM query_table('t')",
    "FROM json_execute_serialized_sql('{}')",
    "SELECT now()",
    "SELECT main.random()",
    "SELECT system.main.now()",
    "SELECT age(a) FROM t",
    "SELECT get_current_time()",
    "SELECT CURRENT_DATE",
    "SELECT localtimestamp",
    "SELECT current_user",
    "FROM duckdb_settings()",
    "FROM sqlite_master",
    "FROM information_schema.tables",
    "FROM pg_catalog.pg_tables",
    "SELECT nextval('s')",
    "FROM read_csv('a.csv')",
    "FROM 'a.csv'",
    "FROM glob('*')",
    "SELECT getenv('HOME')",
    "SELECT getvariable('x')",
    "SELECT current_setting('threads')",
    "SELECT version()",
    "SELECT txid_current()",
    "SELECT pg_sleep(1)",
    "SELECT [random() FOR x IN [1]]",
    "SELECT list_transform([1], x -> x + random())",
    "SELECT list_aggregate([1, 2], 'reservoir_quantile', 0.5)",
    "SELECT approx_quantile(a, 0.5) FROM t",
    "SELECT a FROM t ORDER BY random()",
    "SELECT 1 LIMIT (SELECT random())",
    "SELECT a FROM t WHERE a IN (SELECT uuid())",
    "SELECT t.* REPLACE (random() AS a) FROM t",
    "WITH c AS (SELECT random() AS a) FROM c",
    "SELECT sum(random()) OVER () FROM t",
    "SELECT a FROM t QUALIFY random() > 0.5",
    "SELECT count(*) FILTER (random() > 0.5) FROM t",
    "FROM t TABLESAMPLE 3",
    "FROM t USING SAMPLE 3",
    "SUMMARIZE t",
    "FROM (DESCRIBE t)",
    "SHOW TABLES",
    "CALL duckdb_settings()",
    "EXPLAIN SELECT 1",
    "SELECT 1; SELECT 2",
    "CREATE TABLE x AS SELECT 1",
    "PRAGMA version",
]
LET_THROUGH = [
    "SELECT sum(a), count(DISTINCT a), max(a) FILTER (WHERE b > 1), string_agg(b, ', ' ORDER BY b) FROM t",
    "SELECT row_number() OVER (ORDER BY a), lag(a) OVER (PARTITION BY b ORDER BY a), rank() OVER w FROM t "
    "WINDOW w AS (ORDER BY a)",
    "SELECT year(d), extract(month FROM d), date_part('day', d), date_trunc('month', d) FROM t",
    "SELECT trim(both FROM b), substring(b FROM 2 FOR 3), position('x' IN b), b || '!', b ILIKE 'a%', "
    "upper(b), regexp_replace(b, 'a', 'b'), replace(b, 'a', 'b') FROM t",
    "SELECT CASE WHEN a THEN 1 END, coalesce(a, b), nullif(a, b), CAST(a AS INTEGER), try_cast(a AS DATE), "
    "a BETWEEN 1 AND 2, a IS DISTINCT FROM b, DATE '2020-01-01' + INTERVAL 3 DAY, age(d, d) FROM t",
    "WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r WHERE x < 3) FROM r",
    "SELECT grouping(a), count(*) FROM t GROUP BY ROLLUP (a)",
    "FROM t JOIN t AS u USING (a) WHERE EXISTS (FROM t) ORDER BY ALL",
    "SELECT unnest([1, 2]), [x + 1 FOR x IN [1]], {'a': 1}, a[1:2] FROM t, range(3)",
    "FROM (UNPIVOT t ON COLUMNS(* EXCLUDE (a)) INTO NAME dato VALUE cuanto)",
    "VALUES (1), (2)",
]


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as made:
        yield made


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_not_decided_by_the_tables_is_refused(duck, sql):
    with suppress(duckdb.Error):  # no query at all, which derive() tells
        assert find_unsteadiness(duck, sql, ["t"])


@pytest.mark.parametrize("sql", LET_THROUGH)
def test_ordinary_sql_is_let_through(duck, sql):
    assert find_unsteadiness(duck, sql, ["t"]) is None


def test_nothing_on_the_list_is_known_to_change(duck):
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    changing = {name for (name,) in duck.execute(query).fetchall()}
    assert FUNCTIONS & changing == set()
    macros = "SELECT function_name FROM duckdb_functions() WHERE macro_definition ILIKE '%current_%'"
    assert FUNCTIONS & {name for (name,) in duck.execute(macros).fetchall()} == set()


FIELDS = [
    {"name": "id", "type": "integer"},
    {"name": "barrio", "type": "string"},
    {"name": "monto", "type": "number"},
    {"name": "alta", "type": "datetime"},
]
QUERY = (
    "SELECT barrio, sum(monto) AS monto, first(id) AS primero, string_agg(id::VARCHAR, ' ') AS todos, "
    "min(alta::DATE) AS desde, max(strftime(alta, '%d/%m/%Y %H:%M')) AS hasta "
    'FROM "obras" GROUP BY barrio LIMIT 7'
)
OUT = [
    {"name": "barrio", "type": "string"},
    {"name": "monto", "type": "number"},
    {"name": "primero", "type": "integer"},
    {"name": "todos", "type": "string"},
    {"name": "desde", "type": "date"},
    {"name": "hasta", "type": "string"},
]


def rows() -> list[tuple[str, ...]]:
    chance = random.Random(5)
    return [
        (
            str(number),
            f"Barrio {chance.randrange(9)}",
            f"{chance.uniform(-1e9, 1e9) * 10 ** chance.randrange(-9, 9)!r}",
            f"2024-0{chance.randrange(1, 9)}-1{chance.randrange(9)}T2{chance.randrange(4)}:30:00",
        )
        for number in range(400)
    ]


@pytest.mark.parametrize(("seed", "zone"), [(1, "UTC"), (2, "Asia/Tokyo"), (3, "America/Los_Angeles")])
def test_shuffled_rows_and_columns_in_another_zone_give_the_same_files(tmp_path, monkeypatch, seed, zone):
    def published(folder, order: list[int], columns: list[int]) -> dict[str, str]:
        table = rows()
        names = [field["name"] for field in FIELDS]
        lines = [[names[place] for place in columns]]
        lines += [[table[row][place] for place in columns] for row in order]
        city = City(folder)
        city.declare(declaration("obras", fields=FIELDS, key=None), datos="\n".join(map(",".join, lines)))
        made = declaration("totales", fields=OUT, source={"kind": "derived", "sql": QUERY}, key="barrio")
        made["pipeline"]["needs"] = ["obras"]
        city.declare(made)
        with speaking("en"):
            assert city.outcome("obras").outcome == "published"
            assert city.outcome("totales").message == ""
        files = city.history("totales").releases[0].files
        return {name: files[name].sha256 for name in ("totales.csv", "totales.parquet")}

    straight = published(tmp_path / "a", list(range(400)), [0, 1, 2, 3])
    chance = random.Random(seed)
    monkeypatch.setenv("TZ", zone)
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    assert published(tmp_path / "b", chance.sample(range(400), 400), chance.sample(range(4), 4)) == straight

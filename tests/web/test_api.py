"""The API: what a developer asks of the published tables, by HTTP."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import httpx
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.archive.archive import Archive
from catalog.archive.published import write_parquet
from catalog.archive.release import File
from catalog.portal.portal import Portal
from catalog.question import Asked, BadQuestion, Refusal, read_question
from pipelines.web.api.api import api_application
from pipelines.web.api.shelf import Shelf, find_table
from pipelines.web.api.tables import Cost, Tables
from pipelines.web.portal import ReportDesk, portal_application
from tests.support import portals
from tests.support.portals import NOW, Publisher, table
from tests.support.sites import serve_application

ROWS = "datasets/obras/versions/1.1.0/tables/obras/rows"
WHY = "Tenía filas de otra área."


@dataclass(frozen=True)
class Api:
    client: httpx.Client
    publisher: Publisher
    tables: Tables

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def rows(self, query: str = "") -> list[dict]:
        answer = self.get(f"{ROWS}?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()["rows"]

    def refusal(self, path: str, **headers: str) -> dict:
        answer = self.get(path, **headers)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        return answer.json()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A served portal with its API; the first version of `obras` was withdrawn."""
    folder = tmp_path_factory.mktemp("api")
    publisher = Publisher(Archive.open(folder / "archive"), folder / "work")
    publisher.release()
    publisher.release(version="1.1.0", level="minor")
    publisher.say("withdraw", "1.0.0", WHY)
    publisher.release("inventado", demo=True)
    portal = Portal(folder / "portal", clock=lambda: NOW)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    tables = Tables(publisher.archive)
    desk = ReportDesk(portal.place.link, publisher.archive, lambda: NOW)
    application = portal_application(
        portal.place.link, desk, api_application(Shelf(publisher.archive, lambda: NOW), tables)
    )
    with (
        serve_application(application) as address,
        httpx.Client(base_url=f"{address}api/v1/") as client,
    ):
        yield Api(client, publisher, tables)
    tables.close()


def test_from_the_first_address_every_dataset_and_version_is_found(api: Api) -> None:
    begin = api.get("").json()
    found = api.client.get(begin["datasets"]).json()["datasets"]
    assert [(each["id"], each["version"], each["demo"]) for each in found] == [
        ("obras", "1.1.0", False),
        ("inventado", "1.0.0", True),
    ]
    versions = api.get("datasets/obras").json()["versions"]
    assert [(each["version"], each["withdrawn"]) for each in versions] == [("1.1.0", False), ("1.0.0", True)]
    assert versions[1]["files"] == {}
    descriptor = api.get("datasets/obras/versions/latest").json()
    assert descriptor["version"] == "1.1.0"
    assert descriptor["resources"][0]["name"] == "obras"


def test_rows_come_as_published_in_a_stated_version(api: Api) -> None:
    answer = api.get(f"{ROWS.replace('1.1.0', 'latest')}?limit=2")
    assert answer.json()["version"] == "1.1.0"
    assert answer.headers["content-location"].endswith(f"/api/v1/{ROWS}?limit=2")
    assert answer.headers["cache-control"] == "no-cache"
    first, second = answer.json()["rows"]
    assert first == {
        "nombre": "Escuela N.° 24",
        "etapa": "Finalizada",
        "codigo": "007",
        "comuna": 12,
        "monto": 67065700.1,
        "inicio": "2013-12-01",
        "fin": None,
        "visto": "2024-01-02T03:04:05-03:00",
        "cerrado": None,
        "anio": 2013,
        "hora": "09:30:00",
        "destacada": True,
    }
    assert second["visto"] == "2024-01-02T03:04:05.12-03:00"
    assert second["monto"] == 0.1 + 0.2


def test_csv_and_parquet_are_as_the_files_of_the_release(api: Api) -> None:
    portal = str(api.client.base_url).removesuffix("api/v1/")
    for format in ("csv", "parquet"):
        mine = api.get(f"{ROWS}?limit=1000&format={format}")
        file = httpx.get(f"{portal}datasets/obras/v/1.1.0/obras.{format}")
        assert f"obras-1.1.0-obras.{format}" in mine.headers["content-disposition"]
        if format == "csv":
            assert mine.content == file.content
        else:
            assert pq.read_table(io.BytesIO(mine.content)).equals(pq.read_table(io.BytesIO(file.content)))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("filter=comuna=12", ["Escuela N.° 24"]),
        ("filter=comuna=12&filter=comuna=1", ["Escuela N.° 24", "NA"]),
        ("filter=comuna>1&filter=comuna<=12", ["Escuela N.° 24"]),
        ("filter=comuna=", ["Plaza\n\"San Martín\", con 'comillas'"]),
        ("filter=comuna=&filter=comuna=1", ["Plaza\n\"San Martín\", con 'comillas'", "NA"]),
        ("filter=comuna!=&filter=comuna<100", ["Escuela N.° 24", "NA"]),
        ("filter=etapa!=Finalizada", ["Plaza\n\"San Martín\", con 'comillas'", "NA", "=1+1"]),
        ("filter=nombre~SAN MARTIN", ["Plaza\n\"San Martín\", con 'comillas'"]),
        ("filter=nombre==1%2B1", ["=1+1"]),
        ("filter=inicio<1500-01-01", ["Plaza\n\"San Martín\", con 'comillas'"]),
        ("filter=visto=2024-01-02T06:04:05Z", ["Escuela N.° 24"]),
        ("filter=hora>=10:00:00", ["Plaza\n\"San Martín\", con 'comillas'"]),
        ("filter=destacada=true", ["Escuela N.° 24", "=1+1"]),
        ("filter=comuna=9007199254740993", ["=1+1"]),
        ("order=-comuna&filter=comuna!=", ["=1+1", "Escuela N.° 24", "NA"]),
    ],
)
def test_rows_are_chosen_by_their_values(api: Api, query: str, names: list[str]) -> None:
    assert [row["nombre"] for row in api.rows(query)] == names


def test_values_are_counted_and_added_up(api: Api) -> None:
    found = api.rows("group=etapa&aggregate=count()&aggregate=sum(comuna)&order=-count,etapa")
    assert found[0] == {"etapa": "En ejecución", "count": 1, "sum_comuna": 9007199254740993}
    assert [row["etapa"] for row in found] == ["En ejecución", "Finalizada", "NA", None]
    assert api.rows("aggregate=max(inicio)&aggregate=count(comuna)") == [
        {"max_inicio": "9999-12-31", "count_comuna": 3}
    ]


def test_pages_lead_to_the_last_row_each_once(api: Api) -> None:
    for query in ("", "order=etapa,-comuna", "group=nombre", "filter=comuna!="):
        whole = api.rows(query)
        path, pages = f"{ROWS.replace('1.1.0', 'latest')}?{query}&limit=1", []
        while path:
            answer = api.get(path).json()
            pages += answer["rows"]
            path = answer["next"]
            assert path is None or "/versions/1.1.0/" in path
        assert pages == whole


@pytest.mark.parametrize(
    ("query", "parameter", "says"),
    [
        ("filter=barrio=4", "filter", "There is no column «barrio»; there are: nombre, "),
        ("filter=comuna=cuatro", "filter", "«cuatro» cannot be compared with the column «comuna»"),
        ("filter=comuna", "filter", "Write a column, a sign"),
        ("filter=comuna~1", "filter", "«comuna» holds none"),
        ("columns=nombre,precio", "columns", "There is no column «precio»"),
        ("columns=nombre,nombre", "columns", "twice"),
        ("order=precio", "order", "There is no column «precio»"),
        ("group=etapa&order=monto", "order", "there are: etapa, count."),
        ("aggregate=sum(nombre)", "aggregate", "«nombre» holds no numbers"),
        ("aggregate=drop(nombre)", "aggregate", "Write one of: count(), "),
        ("aggregate=count()&columns=nombre", "columns", "leave `columns` out"),
        ("limit=1000001", "limit", "from 1 to 1000000"),
        ("limit=0", "limit", "from 1 to "),
        ("format=xml", "format", "json, csv, parquet, geojson"),
        ("format=geojson", "format", "coordinates"),
        ("cursor=abc", "cursor", "another question"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_what_to_write(
    api: Api, query: str, parameter: str, says: str
) -> None:
    problem = api.refusal(f"{ROWS}?{query}", **{"accept-language": "en"})
    assert (problem["status"], problem["parameter"]) == (422, parameter)
    assert says in problem["detail"]


def test_a_cursor_is_of_one_question(api: Api) -> None:
    following = api.get(f"{ROWS}?limit=1").json()["next"]
    cursor = httpx.URL(following).params["cursor"]
    assert api.refusal(f"{ROWS}?limit=1&order=comuna&cursor={cursor}")["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("datasets/nada", 404, "No hay un conjunto de datos «nada»"),
        ("datasets/..%2Fobras", 404, ""),
        ("datasets/" + 300 * "o", 404, "No hay un conjunto de datos"),
        ("datasets/obras/versions/9.9.9", 404, "latest, 1.1.0, 1.0.0"),
        ("datasets/obras/versions/1.0.0", 410, WHY),
        (ROWS.replace("1.1.0", "1.0.0"), 410, WHY),
        (ROWS.replace("tables/obras", "tables/otra"), 404, "obras"),
        ("datasets/obras/changes?from=1.0.0", 410, WHY),
        ("nada", 404, ""),
        ("datasets/obras%0A", 404, "obras\n"),
        ("na%0Ada", 404, ""),
    ],
)
def test_what_is_not_there_is_told(api: Api, path: str, status: int, says: str) -> None:
    problem = api.refusal(path)
    assert problem["status"] == status
    assert says in problem["detail"]


def test_what_is_refused_is_told_in_one_language(api: Api) -> None:
    for path in ("nada", "datasets/nada"):
        spanish, english = api.refusal(path), api.refusal(path, **{"accept-language": "en-GB,en"})
        assert spanish["title"] == "No está"
        assert english["title"] == "Not there"
        assert spanish["detail"].startswith("No hay")
        assert english["detail"].startswith("There is no")


def test_who_has_an_answer_is_not_given_it_again(api: Api) -> None:
    for path in (f"{ROWS}?limit=2", "datasets/obras/versions/1.1.0", "datasets", "datasets/inventado"):
        first = api.get(path)
        again = api.get(path, **{"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in api.get(f"{ROWS}?limit=2").headers["cache-control"]
    tags = {
        api.get(f"{ROWS}?{query}").headers["etag"] for query in ("", "limit=2", "format=csv", "order=anio")
    }
    assert len(tags) == 4


@pytest.mark.parametrize(
    ("part", "status", "expected"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=-8", 206, slice(-8, None)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=10-999999", 206, slice(10, None)),
        ("bytes=999999-", 416, slice(0, 0)),
        ("bytes=5-2", 416, slice(0, 0)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("rows=1-2", 200, slice(None)),
    ],
)
def test_a_part_of_an_answer_is_of_its_plain_bytes(api: Api, part, status, expected) -> None:
    """As programs ask that read Parquet from the web."""
    path = f"{ROWS}?format=parquet"
    whole = api.get(path)
    assert whole.headers["accept-ranges"] == "bytes"
    found = api.get(path, range=part)
    assert (found.status_code, found.content) == (status, whole.content[expected])
    if status == 206:
        assert found.headers["content-range"].endswith(f"/{len(whole.content)}")
        assert "content-encoding" not in found.headers
        changed = api.get(path, range=part, **{"if-range": '"another"'})
        assert (changed.status_code, changed.content) == (200, whole.content)


def test_a_major_number_means_its_newest_version(api: Api) -> None:
    answer = api.get(ROWS.replace("1.1.0", "1"))
    assert answer.json()["version"] == "1.1.0"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-location"].endswith(ROWS)
    assert api.refusal(ROWS.replace("1.1.0", "2"))["status"] == 404


def test_pages_of_other_sites_may_ask(api: Api) -> None:
    asked = {"origin": "https://ejemplo.org", "access-control-request-method": "GET"}
    for header in ("range", "if-none-match"):
        answer = api.client.options(ROWS, headers={**asked, "access-control-request-headers": header})
        assert answer.status_code == 200
    answer = api.get(f"{ROWS}?limit=1", origin="https://ejemplo.org")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Link" in answer.headers["access-control-expose-headers"]


def test_changes_between_two_versions(api: Api) -> None:
    answer = api.get("datasets/obras/changes?from=1.1.0&to=latest")
    assert answer.json()["resources"]["obras"]["rows"] == {"added": 0, "removed": 0, "changed": 0}
    assert answer.json()["changes"] == []


def test_the_api_describes_itself(api: Api) -> None:
    described = api.get("openapi.json").json()
    assert described["openapi"].startswith("3.1")
    rows = described["paths"]["/datasets/{id}/versions/{version}/tables/{table}/rows"]["get"]
    assert {each["name"] for each in rows["parameters"]} >= {
        "filter",
        "order",
        "group",
        "aggregate",
        "cursor",
    }


def test_rows_with_coordinates_come_as_features(tmp_path, monkeypatch) -> None:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    lying = table().drop_columns(["monto"]).append_column("lat", pa.array([-34.6, None, -34.5, -34.4]))
    degrees = [{"name": name, "type": "number"} for name in ("lat", "lng")]
    monkeypatch.setattr(portals, "FIELDS", [*portals.FIELDS, *degrees])
    publisher.release(rows=lying.append_column("lng", pa.array([-58.4, None, -58.5, -58.6])))
    tables, shelf = Tables(publisher.archive), Shelf(publisher.archive, lambda: NOW)
    transport = httpx.ASGITransport(api_application(shelf, tables))
    path = "/datasets/obras/versions/latest/tables/obras/rows?format=geojson&filter=comuna=12"

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.get(path)

    answer = asyncio.run(ask())
    tables.close()
    assert answer.headers["content-type"] == "application/geo+json"
    (feature,) = answer.json()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-58.4, -34.6]}
    assert feature["properties"]["nombre"] == "Escuela N.° 24"


def test_a_damaged_table_is_not_given_out(tmp_path) -> None:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release()
    tables, shelf = Tables(publisher.archive), Shelf(publisher.archive, lambda: NOW)
    file = find_table(shelf.release("obras", "latest"), "obras")
    blob = tmp_path / "archive" / "blobs" / file.sha256
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    transport = httpx.ASGITransport(api_application(shelf, tables))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.get("/datasets/obras/versions/latest/tables/obras/rows")

    answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert str(tmp_path) not in answer.text
    tables.close()


def test_an_answer_takes_no_more_than_it_may(tmp_path) -> None:
    file = tmp_path / "large.parquet"
    pq.write_table(pa.table({"n": pa.array(range(3_000_000)), "t": ["x" * 50] * 3_000_000}), file)
    archive = Archive.open(tmp_path / "archive")
    kept = File(archive.put(file), file.stat().st_size, True)
    tables = Tables(archive, Cost(seconds=0.01))
    question = read_question(tables.schema(kept), Asked(order="-t,-n", limit=1_000_000))
    with pytest.raises(Refusal) as caught:
        tables.ask(kept, question)
    assert caught.value.status == 504
    tables.close()


def test_copies_make_room_for_each_other(tmp_path) -> None:
    archive = Archive.open(tmp_path / "archive")
    files = []
    for number in range(3):
        path = tmp_path / f"{number}.parquet"
        pq.write_table(pa.table({"n": [number]}), path)
        files.append(File(archive.put(path), path.stat().st_size, True))
    tables = Tables(archive, Cost(disk=files[0].bytes * 2))
    for number in (0, 1, 2, 0, 2):
        question = read_question(tables.schema(files[number]), Asked())
        assert tables.ask(files[number], question).table.to_pylist() == [{"n": number}]
        assert len(list(tables.folder.glob("*.parquet"))) <= 2
    tables.close()


@dataclass(frozen=True)
class Copied:
    archive: Archive
    files: tuple[File, ...]
    tables: Tables


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """A table of which a swift copy is there."""
    folder = tmp_path_factory.mktemp("swift")
    rows = 30_000
    table = pa.table(
        {
            "n": pa.array(range(rows)),
            "t": [str(each % 7) if each % 5 else None for each in range(rows)],
            "d": [date(2000 + each % 25, 1, 1) for each in range(rows)],
        }
    )
    write_parquet(table, folder / "large.parquet")
    archive = Archive.open(folder / "archive")
    size = (folder / "large.parquet").stat().st_size
    file = File(archive.put(folder / "large.parquet"), size, True)
    tables = Tables(archive, Cost(large=0))
    tables.ask(file, read_question(tables.schema(file), Asked()))
    tables.swift.wait()
    assert list(tables.folder.glob("*.duckdb"))
    yield Copied(archive, (file,), tables)
    tables.close()


@pytest.mark.parametrize(
    "asked",
    [
        Asked(),
        Asked(columns="n", limit=3),
        Asked(["n>=20000"], columns="t", limit=7),
        Asked(["t=3"], order="-n", limit=5),
        Asked(["t=3", "d>=2020-01-01"], columns="d,n", order="d", limit=5),
        Asked(order="-t", limit=5),
        Asked(group="t", aggregate=["count()", "sum(n)", "max(d)"]),
        Asked(["t!="], group="t,d", limit=9),
        Asked(aggregate=["median(n)"]),
    ],
    ids=range(9),
)
def test_a_swift_copy_answers_as_the_parquet_does(copied: Copied, asked: Asked) -> None:
    """Row by row to the last page."""
    (file,) = copied.files
    slow = Tables(copied.archive)
    question = read_question(copied.tables.schema(file), asked)
    for _page in range(3):
        mine, theirs = copied.tables.ask(file, question), slow.ask(file, question)
        assert mine == theirs
        if mine.next is None:
            break
        question = replace(question, after=mine.next)
    slow.close()


def test_swift_copies_make_room_for_each_other(tmp_path) -> None:
    archive = Archive.open(tmp_path / "archive")
    tables = Tables(archive, Cost(large=0, disk=1_000_000))
    for number in range(3):
        path = tmp_path / f"{number}.parquet"
        write_parquet(pa.table({"n": [number] * 5}), path)
        file = File(archive.put(path), path.stat().st_size, True)
        for _again in range(2):
            question = read_question(tables.schema(file), Asked())
            assert tables.ask(file, question).table.to_pylist() == [{"n": number}] * 5
            tables.swift.wait()
        assert 1 <= len(list(tables.folder.glob("*.duckdb"))) <= 2
    tables.close()


NAMES = ("a", "a b", 'c"; DROP TABLE x --', "ñ=", "total")
TABLE = pa.table(
    {
        "a": [1, 2, None, 2],
        "a b": ["x", "", "ñandú", None],
        'c"; DROP TABLE x --': [1.5, None, -0.0, 2.0],
        "ñ=": [date(2024, 1, 1), None, date(2023, 1, 1), date(2024, 1, 1)],
        "total": [True, False, None, True],
    }
)


@given(
    filter=st.lists(
        st.one_of(
            st.text(),
            st.builds(
                lambda name, sign, value: name + sign + value,
                st.sampled_from(NAMES),
                st.sampled_from(["=", "!=", "<", ">", "<=", ">=", "~"]),
                st.one_of(st.text(), st.sampled_from(["1", "2024-01-01", "true", "x", "' OR 1=1 --"])),
            ),
        ),
        max_size=3,
    ),
    order=st.one_of(st.text(max_size=10), st.sampled_from(NAMES).map("-{}".format)),
    group=st.one_of(st.just(""), st.sampled_from(NAMES), st.text(max_size=5)),
    aggregate=st.lists(
        st.one_of(st.text(max_size=8), st.sampled_from(NAMES).map("max({})".format)), max_size=2
    ),
)
def test_whatever_is_asked_is_answered_or_refused(filter, order, group, aggregate) -> None:
    """No text from outside is ever SQL."""
    try:
        question = read_question(TABLE.schema, Asked(filter, "", order, group, aggregate))
    except BadQuestion:
        return
    text, values = question.sql()
    with duckdb.connect() as duck:
        duck.register("given", TABLE)
        source = "(SELECT *, row_number() OVER () - 1 AS file_row_number FROM given)"
        text = text.replace("read_parquet(?, file_row_number = true)", source)
        assert duck.sql(text, params=values).to_arrow_table().num_rows <= TABLE.num_rows

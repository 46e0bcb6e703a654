"""`vereda diff`: two files, addresses or versions, compared by rows and cells."""

from __future__ import annotations

import csv as csv_module
import datetime as dt
import functools
import gzip
import http.server
import io
import json
import threading
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from isolation import spill
from pipelines.read.undeclared import read_undeclared
from pipelines.release import difference
from pipelines.release.difference import diff, open_side
from tests.support.cities import City, csv, declaration
from tests.support.terminal import vereda
from tests.support.workbooks import workbook_bytes

BEFORE = "id;nombre;monto\n1;Ana;10\n2;Beto;20\n3;Carla;30\n"
AFTER = "id;nombre;monto\n3;Carla;33\n1;Ana;10\n4;Dora;40\n"


def save(folder: Path, **contents: str | bytes) -> None:
    """Files by name; `_` stands for the point."""
    for name, content in contents.items():
        path = folder / name.replace("_", ".", 1)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def answer(city: City, *words: str) -> dict:
    return json.loads(vereda(city, "diff", *words, "--json"))


def counts(found: dict) -> tuple[int, int, int, int]:
    """Rows added, removed, changed; cells."""
    (table,) = found["resources"].values()
    return (*(table["rows"][kind] for kind in ("added", "removed", "changed")), table["cells"])


def test_two_files_are_compared_by_the_column_that_tells_rows_apart(city):
    save(city.folder, a_csv=BEFORE, b_csv=AFTER)
    found = answer(city, "a.csv", "b.csv")
    assert (counts(found), found["keys"]) == ((1, 1, 1, 1), {"a": ["id"]})
    lines = pq.read_table(found["file"]).to_pylist()
    assert [(each["change"], each["key"], each["before"], each["after"]) for each in lines] == [
        ("row-removed", '{"id":"2"}', '{"id":"2","nombre":"Beto","monto":"20"}', None),
        ("row-added", '{"id":"4"}', None, '{"id":"4","nombre":"Dora","monto":"40"}'),
        ("cell-changed", '{"id":"3"}', "30", "33"),
    ]
    told = vereda(city, "diff", "a.csv", "b.csv", "--to", "todo.csv")
    assert "se emparejan por id" in told
    assert "celda distinta" in told
    assert len((city.folder / "todo.csv").read_text().splitlines()) == 4


def test_large_tables_lie_in_files_and_the_answer_is_the_same(tmp_path, monkeypatch):
    kinds = {"id": pa.int64(), "monto": pa.float64(), "día": pa.date32()}
    rows = {"id": range(20), "monto": [None, *range(19)], "día": range(20)}
    table = pa.table({name: pa.array(rows[name], kind) for name, kind in kinds.items()})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    lines = [f"{n};{n - 1 + (n == 7)};{dt.date(1970, 1, 1 + n)}" for n in range(1, 20)]
    save(tmp_path, b_csv="\n".join(["id;monto;día", *lines, ""]))

    def compare() -> tuple[list[pa.Table], list[dict]]:
        sides = [open_side(str(tmp_path / name), None, tmp_path) for name in ("a.parquet", "b.csv")]
        found = diff(*sides)
        return [next(iter(side.tables.values())) for side in sides], found.changes.table().to_pylist()

    tables, changes = compare()
    assert Counter(each["change"] for each in changes) == {"row-removed": 1, "cell-changed": 1}
    monkeypatch.setattr(spill, "SMALL", 0)
    monkeypatch.setattr(difference, "AT_ONCE", 3)
    with spill.spilling():
        before = pa.total_allocated_bytes()
        in_files, again = compare()
        assert again == changes
        assert [[column.to_pylist() for column in table.columns] for table in in_files] == [
            [column.to_pylist() for column in table.columns] for table in tables
        ]
        del again
        assert pa.total_allocated_bytes() <= before  # all that is left of them is mapped


def test_the_form_of_a_file_is_no_difference(city):
    rows = [["id", "nombre", "monto"], [1, "Ana", 10], [2, "Beto", 20], [3, "Carla", 30]]
    save(
        city.folder,
        a_csv=BEFORE,
        b_csv=BEFORE.replace(";", ",").replace("\n", "\r\n"),
        c_csv=("\ufeff" + BEFORE).encode("utf-16"),
        d_xlsx=workbook_bytes(Hoja=rows),
        e_gz=gzip.compress(BEFORE.encode(), mtime=0),
        f_json=json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]),
    )
    columns = zip(*rows[1:], strict=True)
    table = {name: list(map(str, cells)) for name, cells in zip(rows[0], columns, strict=True)}
    pq.write_table(pa.table(table), city.folder / "g.parquet")
    for other in ("b.csv", "c.csv", "d.xlsx", "e.gz", "f.json", "g.parquet"):
        assert counts(answer(city, "a.csv", other)) == (0, 0, 0, 0), other
    assert "No hay ninguna diferencia" in vereda(city, "diff", "a.csv", "d.xlsx")


def test_versions_are_compared_with_each_other_and_with_files_and_addresses(city):
    city.declare(declaration("obras"), datos=csv("1,Plaza,10.5", "2,Escuela,3"))
    city.run("obras")
    city.send("obras", csv("1,Plaza,11", "2,Escuela,3", "3,Puente,7"))
    city.run("obras")
    assert counts(answer(city, "obras@1.0.0", "obras")) == (1, 0, 1, 1)
    save(city.folder, hoy_csv=csv("1,Plaza,11", "2,Escuela,3"))
    assert counts(answer(city, "obras@1.1.0", "hoy.csv")) == (0, 1, 0, 0)
    here = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(city.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), here) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://ana:secreta@127.0.0.1:{server.server_port}/hoy.csv"
        found = answer(city, address, "obras/obras@1.1.0")
        server.shutdown()
    assert counts(found) == (1, 0, 0, 0)
    assert "secreta" not in json.dumps(found)


def test_what_is_no_table_or_no_key_is_said(city):
    save(city.folder, a_csv=BEFORE, b_csv=AFTER.replace("4;", "3;"), c_csv=b"")
    for words, status, told in (
        (("a.csv", "nada.csv"), 3, "nada.csv: no existe"),
        (("a.csv", "obras"), 2, "obras no es un archivo, ni una dirección, ni una versión publicada"),
        (("a.csv", "c.csv"), 2, "c.csv no se puede leer como tabla: el archivo está vacío"),
        (("a.csv", "b.csv", "--key", "ids"), 2, "a.csv no tiene la columna 'ids'; sus columnas son id"),
        (("a.csv", "b.csv", "--key", "id"), 2, "id no es clave de b.csv: 3 está dos veces"),
    ):
        assert told in vereda(city, "diff", *words, status=status)


def test_cells_beyond_the_header_and_rows_that_are_short_lose_nothing(city):
    save(city.folder, a_csv="id,n\n1,a\n2\n3,c,x\n", b_csv="id,n\n1,a\n2\n3,c,y\n")
    found = answer(city, "a.csv", "b.csv")
    assert counts(found) == (0, 0, 1, 1)
    (line,) = pq.read_table(found["file"]).to_pylist()
    assert (line["field"], line["before"], line["after"]) == ("columna 3", "x", "y")


CELLS = st.text(st.sampled_from('ab1,;"\n ñ'), max_size=4)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    return tmp_path_factory.mktemp("diff")


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    """Every cell in quotes, so that none is what only one reader takes it for."""
    stream = io.StringIO(newline="")
    csv_module.writer(stream, quoting=csv_module.QUOTE_ALL).writerows([("uno", "dos", "tres"), *rows])
    path.write_text(stream.getvalue(), "utf-8")


def _count_rows(table: pa.Table) -> Counter:
    return Counter(zip(*table.to_pydict().values(), strict=True))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS, ROWS)
def test_whole_rows_are_counted_as_a_multiset(room, before, after):
    sides = []
    for name, rows in (("a.csv", [*before, *before]), ("b.csv", after)):  # twice: no column is a key
        write(room / name, [("k", *row[1:]) for row in rows])
        sides.append(open_side(str(room / name), None, room / "unpacked"))
    found = diff(*sides)
    old, new = (_count_rows(side.tables[name]) for side, name in zip(sides, "ab", strict=True))
    (changes,) = found.changes.resources
    if not found.keys["a"]:
        assert (changes.rows.removed, changes.rows.added) == ((old - new).total(), (new - old).total())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS)
@example([("0", ";;;", "")])
@example([("0", "a;b;c;d;e", "x;y")])
def test_arrow_and_our_own_reader_read_the_same(room, rows):
    # The lines of a cell that are whole rows are taken for swallowed ones (forms/records.py), whoever reads.
    assume(all(line.count(",") < 2 for row in rows for cell in row for line in cell.splitlines()[1:]))
    write(room / "c.csv", [(f"{n}", *row[1:]) for n, row in enumerate(rows)])
    table = read_undeclared(room / "c.csv", room / "unpacked")
    assert list(zip(*table.to_pydict().values(), strict=True)) == [
        (f"{n}", *row[1:]) for n, row in enumerate(rows)
    ]

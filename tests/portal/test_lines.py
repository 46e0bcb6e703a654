"""The lines to copy that ask the API, and those in JavaScript and for Excel: run as far as they run here,
against the portal as `vereda serve` serves it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import httpx
import pandas as pd
import playwright
import pytest

from catalog.archive.archive import Archive
from catalog.portal.portal import Portal
from catalog.portal.snippets import SnippetColumn, excel
from pipelines.web.api.api import api_application
from pipelines.web.api.shelf import Shelf
from pipelines.web.api.tables import Tables
from pipelines.web.portal import ReportDesk, portal_application
from tests.support.portals import NOW, Page, Publisher
from tests.support.sites import serve_application

NODE = Path(playwright.__file__).parent / "driver" / "node"


@dataclass(frozen=True)
class Served:
    folder: Path
    address: str
    lines: dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("lines")
    publisher = Publisher(Archive.open(folder / "archive"), folder / "work")
    publisher.release()
    publisher.release(version="1.1.0", level="minor")
    tables, link = Tables(publisher.archive), folder / "portal"
    desk = ReportDesk(link, publisher.archive, lambda: NOW)
    first = Portal(link, clock=lambda: NOW)
    first.apply(publisher.archive, first.plan(publisher.archive))
    shelf = Shelf(publisher.archive, lambda: NOW)
    with serve_application(portal_application(link, desk, api_application(shelf, tables))) as address:
        portal = Portal(link, address, clock=lambda: NOW)
        portal.apply(publisher.archive, portal.plan(publisher.archive))
        yield Served(link, address, Page(link / "datasets/obras/index.html").lines)
    tables.close()


def run(lines: str) -> Any:
    names: dict[str, Any] = {}
    exec(lines, names)  # noqa: S102  what a reader does with the lines
    return names["tabla"]


def test_every_tool_has_lines_for_the_files_and_for_the_api(served: Served) -> None:
    tools = {tool for tool, _reads in served.lines}
    assert tools == {"pandas", "polars", "DuckDB", "R", "curl", "JavaScript", "Excel", "frictionless"}
    asks = {tool for tool, reads in served.lines if reads == "api"}
    assert asks == tools - {"frictionless"}
    for (tool, reads), line in served.lines.items():
        if reads == "api":
            assert f"{served.address}api/v1/datasets/obras/versions/1/tables/obras/rows" in line, tool


def test_pandas_reads_of_the_api_what_it_reads_of_the_file(served: Served) -> None:
    asked, whole = run(served.lines["pandas", "api"]), run(served.lines["pandas", "parquet"])
    wanted = whole[whole["comuna"] == 12].reset_index(drop=True)
    pd.testing.assert_frame_equal(asked, wanted, check_exact=True)
    assert len(asked) == 1


def test_polars_reads_of_the_api_what_it_reads_of_the_file(served: Served) -> None:
    asked, whole = run(served.lines["polars", "api"]), run(served.lines["polars", "parquet"])
    assert asked.equals(whole.filter(whole["comuna"] == 12))


def test_duckdb_reads_of_the_answer_what_it_reads_of_the_file(served: Served, tmp_path: Path) -> None:
    """DuckDB fetches by an extension that it loads from the internet; here the answer is fetched first."""
    line = served.lines["DuckDB", "api"]
    address = re.search(r"'(http[^']+)'", line)
    assert address
    (tmp_path / "filas.parquet").write_bytes(httpx.get(address[1]).content)
    found = duckdb.sql(line.rpartition("\n")[2].replace(address[1], f"{tmp_path}/filas.parquet"))
    file = served.folder / "datasets/obras/v/1/obras.parquet"
    assert found.fetchall() == duckdb.sql(f"SELECT * FROM '{file}' WHERE comuna = 12").fetchall()


def test_r_reads_of_the_api_what_it_reads_of_the_file(served: Served) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not on this machine")
    whole = served.lines["R", "csv"].replace("tabla <-", "todo <-")
    same = "cat(identical(as.list(tabla), as.list(todo[which(todo$comuna == 12), ])), nrow(tabla))"
    words = ["Rscript", "-e", f"{served.lines['R', 'api']}\n{whole}\n{same}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout == "TRUE 1", done.stderr


def test_curl_fetches_the_rows(served: Served, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    words = ["bash", "-ec", served.lines["curl", "api"]]
    subprocess.run(words, cwd=tmp_path, capture_output=True, check=True)
    head, *rows = (tmp_path / "filas.csv").read_text(encoding="utf-8").splitlines()
    whole = (served.folder / "datasets/obras/v/1/obras.csv").read_text(encoding="utf-8").splitlines()
    assert head == whole[0]
    assert rows == [whole[1]]


def test_javascript_reads_every_page_of_the_api(served: Served, tmp_path: Path) -> None:
    """By the Node that playwright brings; with pages of one row, so that there are some to turn."""
    line = served.lines["JavaScript", "api"].replace("limit=10000", "limit=1")
    line = line.replace("filter=comuna%3D12&", "")
    (tmp_path / "filas.mjs").write_text(f"{line}\nconsole.log(JSON.stringify(filas));\n", encoding="utf-8")
    done = subprocess.run([NODE, "filas.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    answer = httpx.get(f"{served.address}api/v1/datasets/obras/versions/1/tables/obras/rows")
    # JavaScript reads every number as one of 64 bits.
    rows = json.loads(answer.text, parse_int=lambda digits: int(float(digits)))["rows"]
    assert json.loads(done.stdout) == rows
    assert len(rows) > 1


def test_the_lines_for_excel_name_every_column_and_what_the_api_answers(served: Served) -> None:
    """Power Query runs on no machine like this one; its parser reads them (foreign_lines.py)."""
    head = (served.folder / "datasets/obras/v/1/obras.csv").read_text(encoding="utf-8").splitlines()[0]
    for reads in ("csv", "api"):
        line = served.lines["Excel", reads]
        typed = re.findall(r'\{"([^"]+)", (?:type \w+|Int64\.Type)\}', line)
        assert ",".join(f'"{name}"' for name in typed) == head
    line = served.lines["Excel", "api"]
    asked = dict(re.findall(r'(\w+) = "([^"]*)"', line[line.index("[Query") : line.index("]]")]))
    address = re.search(r'Web\.Contents\("([^"]+)"', line)
    assert address
    answer = httpx.get(f"{address[1]}?{urlencode(asked)}")
    assert answer.text.splitlines()[0] == head
    assert len(answer.text.splitlines()) == 2


def test_names_with_quotes_and_marks_stay_texts_in_power_query() -> None:
    kinds = {'di"cho': "text", "#(lf)": "int64", "a\nb": "date"}
    columns = [SnippetColumn(name, kind) for name, kind in kinds.items()]
    line = excel("https://datos.example/a.csv", columns, ["", '"']).text
    assert '{"di""cho", type text}, {"#(#)(lf)", Int64.Type}, {"a#(lf)b", type date}' in line
    assert 'Vacios2 = Table.ReplaceValue(Vacios1, """", null' in line


@pytest.mark.parametrize(
    ("url", "api", "address"),
    [
        (None, None, "http://127.0.0.1:8000/api/v1/"),
        ("https://datos.example/portal/", None, "https://datos.example/portal/api/v1/"),
        ("https://datos.example", "https://api.example/v1", "https://api.example/v1/"),
        ("https://datos.example", "none", ""),
    ],
)
def test_the_lines_name_the_api_where_it_answers(tmp_path, url, api, address) -> None:
    publisher = Publisher(Archive.open(tmp_path / "archive"), tmp_path / "work")
    publisher.release()
    portal = Portal(tmp_path / "portal", url, clock=lambda: NOW, api=api)
    portal.apply(publisher.archive, portal.plan(publisher.archive))
    page = Page(tmp_path / "portal/datasets/obras/index.html")
    asks = [line for (_tool, reads), line in page.lines.items() if reads == "api"]
    assert len(asks) == (7 if address else 0)
    assert all(f"{address}datasets/obras/" in line for line in asks)

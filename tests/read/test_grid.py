"""What a file holds is the same whatever its form: the same labels, rows and row numbers from CSV and from a
workbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.dataset.layout import Layout
from pipelines.read.forms import open_grids
from pipelines.read.grid import Grid, NamesApart, Unreadable
from tests.support.lazy import openpyxl
from tests.support.workbooks import saved_bytes

PIPELINE = ResourcePipeline.model_validate({"source": {"kind": "file", "path": "a"}})
OBRAS = Resource(
    "obras",
    "obras.csv",
    {"schema": {"fields": [{"name": name, "type": "string"} for name in ("a", "b")]}},
    PIPELINE,
    None,
)
# openpyxl refuses control characters; both forms drop spaces and empty cells at a row's end in their own
# ways.
CELLS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters='",;|=\x7f'), max_size=8
)


def grid(path: Path, content: bytes, layout: Layout | None = None) -> Grid:
    path.write_bytes(content)
    return open_grids(path, OBRAS, path.with_name("room"))(layout or Layout())


def text_workbook(rows: list[list[str]]) -> bytes:
    """One whose cells are texts, whatever they look like."""
    made = openpyxl.Workbook()
    for number, row in enumerate(rows, 1):
        for place, text in enumerate(row, 1):
            made.active.cell(number, place, text).data_type = "s"
    return saved_bytes(made)


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(st.tuples(CELLS.filter(bool), CELLS), max_size=5))
def test_csv_and_workbook_give_the_same_rows(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    text = "\n".join(f'"{a}","{b}"' for a, b in [("a", "b"), *rows]) + "\n"
    one, other = (
        grid(folder / "a", text.encode()),
        grid(folder / "b", text_workbook([["a", "b"], *map(list, rows)])),
    )
    assert one.labels == other.labels == ("a", "b")
    assert (
        list(one.rows()) == list(other.rows()) == [(number, list(row)) for number, row in enumerate(rows, 2)]
    )


@pytest.mark.parametrize("form", ["csv", "workbook"])
def test_rows_may_be_asked_for_again(tmp_path, form):
    table = [["a", "b"], ["1", "2"], ["3", "4"]]
    content = text_workbook(table) if form == "workbook" else b"a,b\n1,2\n3,4\n"
    made = grid(tmp_path / "raw", content)
    first = made.rows()
    assert next(first) == (2, ["1", "2"])
    assert list(made.rows()) == list(made.rows()) == [(2, ["1", "2"]), (3, ["3", "4"])]
    assert list(first) == [(3, ["3", "4"])]


def test_a_file_that_breaks_off_gives_what_can_be_read_and_then_says_where(tmp_path):
    rows = grid(tmp_path / "raw", b'a,b\n1,2\n3,"4').rows()
    assert [next(rows), next(rows)] == [(2, ["1", "2"]), (3, ["3", "4"])]
    with pytest.raises(Unreadable) as caught:
        next(rows)
    assert (caught.value.type, caught.value.row) == ("source-error", 3)


def test_a_workbook_knows_how_its_cells_are_called(tmp_path):
    made = grid(tmp_path / "raw", text_workbook([["a", "b"], ["1", "2"]]))
    assert [
        made.address(row, place) for row, place in ((1, 0), (7, 2), (2, 25), (2, 26), (9, 701), (9, 702))
    ] == [
        "A1",
        "C7",
        "Z2",
        "AA2",
        "ZZ9",
        "AAA9",
    ]


def test_columns_of_one_name_are_told_apart_however_many_there_are():
    apart = NamesApart({"id"})
    assert [apart.name(label) for label in ("id", "id", "a", "id*", "a", "")] == [
        "id*",
        "id**",
        "a",
        "id***",
        "a*",
        "",
    ]
    many = NamesApart({"id"})
    assert len({many.name("id") for _column in range(4000)}) == 4000

"""Read by Arrow in blocks or row by row: the same table, the same problems, the same findings."""

from __future__ import annotations

from itertools import count
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.read.forms import delimited
from pipelines.read.read import Reading
from pipelines.settings import Limits
from tests.support.readings import reading, resource
from validation.fast import blocks

DECLARED = resource({"id": "integer", "calle": "string", "monto": "number"})
HEADER = "id,calle,monto"
PLAIN = st.sampled_from(
    ["1,Perú,2.5", "2,,", ",,", "", '3,"Av. A, 2",7', '4,"a ""b""",1', "5,x,1e3", "6,ñ,0"]
)
ODD = st.sampled_from(
    [
        "7,x",
        "8,x,1,más",
        '9,"x\ny",1',
        '9,"1,a,2\n2,b,3",1',
        '10,"x,1',
        '11,x "y" z,1',
        '"12,x,1"',
        "13\r14,x,1",
        '15,"x"y,1',
        "16,\ufeffx,1",
        "Total,,9",
        "Fuente: propia,,",
        "17,\u200bx,1",
        "18,\u00a0,1",
        '""',
        "Nota: x",
    ]
)
TEXTS = st.tuples(
    st.lists(st.one_of(PLAIN, PLAIN, PLAIN, ODD), max_size=14),
    st.sampled_from(["\n", "\n", "\r\n"]),
    st.sampled_from(["", "\n", "\n\n\n", ",,\n,,\n", "\x00"]),
    st.sampled_from(["", "", "\ufeff"]),
)
folders = count()


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    return tmp_path_factory.mktemp("blocks")


def read_both(room, content: str | bytes, **limits: int) -> tuple[Reading, Reading]:
    """What is read in blocks of some bytes, and row by row."""
    found = []
    for whole in (False, True):
        (folder := room / str(next(folders))).mkdir()
        with patch.object(blocks, "SIZE", 50):
            if whole:
                with patch.object(delimited, "plain_blocks", lambda *_given: None):
                    found.append(reading(folder, content, DECLARED, limits=Limits(**limits)))
            else:
                found.append(reading(folder, content, DECLARED, limits=Limits(**limits)))
    return found[0], found[1]


def told(found: Reading) -> tuple:
    table = list(found.table.rows()) if found.table is not None else None
    return table, found.problems, found.faults, found.findings, found.encoding, found.delimiter, found.repairs


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
def test_blocks_and_rows_are_read_alike(room, parts):
    lines, end, foot, mark = parts
    content = mark + end.join([HEADER, *lines]) + end + foot
    by_blocks, by_rows = read_both(room, content)
    assert told(by_blocks) == told(by_rows)


LATE = {
    "a row that is too long": HEADER + "\n" + "1,x,2\n" * 30 + f"2,{'x' * 3000},3\n" + "1,x,2\n" * 30,
    "more blank rows than lie in memory": HEADER + "\n1,x,2\n" + ",,\n" * 25_000 + "3,y,4\n",
    "blank rows to the end": HEADER + "\n1,x,2\n" + ",,\n" * 25_000,
    "a stray quote late": HEADER + "\n" + "1,x,2\n" * 500 + '2,"x,3\n' + "1,x,2\n" * 500,
    "a bad byte late": (HEADER + "\n" + "1,x,2\n" * 500).encode() + b"2,\xf1,3\n" + b"1,x,2\n" * 50,
}


@pytest.mark.parametrize("name", LATE)
def test_what_needs_a_look_at_rows_gets_it(room, name):
    by_blocks, by_rows = read_both(room, LATE[name], row=2000)
    assert told(by_blocks) == told(by_rows)
    assert by_blocks.table is not None or by_blocks.problems


def test_a_plain_file_is_read_by_arrow_alone(tmp_path):
    def refuse(reader):
        raise AssertionError("read row by row")

    content = HEADER + "\n" + "1,Perú,2.5\n,,\n\n2,x\n" * 50 + '3,"Av. A, 2",1\n'
    with patch.object(delimited.RowReader, "rows", refuse):
        found = reading(tmp_path, content, DECLARED)
    assert found.table is not None
    assert sum(1 for _row in found.table.rows()) == 201

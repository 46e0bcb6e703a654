"""Whether a file is UTF-8 is found out block by block, as Python would find it; so is how many rows a block
has."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from pipelines.read import encoding
from pipelines.read.encoding import detect_encoding
from pipelines.read.grid import Unreadable
from validation.fast.blocks import count_rows

PIECES = [
    *(text.encode() for text in ("a", "\n", "é", "€", "😀")),
    *(b"\xff", b"\xc3", b"\x80", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"),
]


@given(
    st.lists(st.sampled_from(PIECES[:5]), min_size=1, max_size=12),
    st.lists(st.sampled_from(PIECES), max_size=4),
    st.integers(4, 9),
)
def test_a_file_is_utf8_where_python_decodes_it_whatever_block_a_character_lies_across(start, end, block):
    content = b"".join([*start, *end])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(content)
        whole, encoding.SAMPLE = encoding.SAMPLE, block
        try:
            found = detect_encoding(path, b"texto")
        except Unreadable:
            found = None
        finally:
            encoding.SAMPLE = whole
    try:
        content.decode()
    except UnicodeDecodeError:
        assert found != "utf-8"
    else:
        assert found == "utf-8"


@given(st.lists(st.text(alphabet='a,"\n', max_size=6), min_size=1, max_size=8), st.booleans())
def test_a_block_has_as_many_rows_as_a_reader_finds(cells, ended):
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for cell in cells:
        writer.writerow([cell, "z"])
    text = written.getvalue()
    assert count_rows((text if ended else text[:-1]).encode()) == len(cells)

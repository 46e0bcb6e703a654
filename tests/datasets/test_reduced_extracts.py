"""The shipped extracts are the city's files without one column of free text and without the tax numbers of
persons, and nothing else changed."""

from __future__ import annotations

import csv
import io

import pytest

from tools.reduce_extracts import EXTRACTS, FULL, PERSON, ROOT, reduce_extracts, without

beside = pytest.mark.skipif(
    not FULL.is_dir(), reason="the full extracts (../shared/data) do not stand beside this checkout"
)


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("latin-1"), newline="")))


@pytest.mark.parametrize(
    ("content", "column", "expected"),
    [
        (b'\xef\xbb\xbfa,b,c\r\n1,"x, ""y""\r\nz",3\r\n', "b", b"\xef\xbb\xbfa,c\r\n1,3\r\n"),
        (b'"a",b\n 1 ,"2\n"', "b", b'"a"\n 1 '),
        (b"a,b\r\n1,2\r\n,\r\n", "a", b"b\r\n2\r\n\r\n"),
        (b'a,b,c\n5" wide,x,"6"" high"\n', "b", b'a,c\n5" wide,"6"" high"\n'),
        ("título,año\nñandú,í\xad\n".encode(), "título", "año\ní\xad\n".encode()),
    ],
)
def test_the_column_goes_and_every_other_byte_stays(content: bytes, column: str, expected: bytes) -> None:
    assert without(content, column) == expected


def test_a_column_that_is_absent_or_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="0 times"):
        without(b"a,b\n1,2\n", "c")
    with pytest.raises(ValueError, match="2 times"):
        without(b"a,a\n1,2\n", "a")


@beside
def test_the_shipped_files_are_what_the_script_makes() -> None:
    assert {path: (ROOT / path).read_bytes() for path, _column in EXTRACTS.values()} == reduce_extracts(FULL)


@beside
@pytest.mark.parametrize("name", EXTRACTS)
def test_the_shipped_cells_are_those_of_the_full_file(name: str) -> None:
    shipped, column = EXTRACTS[name]
    full = cells((FULL / name).read_bytes())
    place = full[0].index(column) if column else len(full[0])
    wanted = [row[:place] + row[place + 1 :] for row in full]
    found = cells((ROOT / shipped).read_bytes())
    differ = [
        (full[0][n + (n >= place)], before)
        for old, new in zip(wanted, found, strict=True)
        for n, (before, after) in enumerate(zip(old, new, strict=True))
        if before != after
    ]
    assert {column for column, _before in differ} <= {"cuit_contratista"}
    assert len(differ) == {"ba_obras_2019.csv": 40, "ba_obras_2024.csv": 45}.get(name, 0)
    assert all(PERSON.search(before.encode()) for _column, before in differ)


def test_no_shipped_extract_has_the_number_of_a_person() -> None:
    assert PERSON.sub(b"", b"30-1-1; 20-28247330-6; 33-2-2") == b"30-1-1; 33-2-2"
    for shipped, _column in EXTRACTS.values():
        if "obras" in shipped:
            assert not PERSON.search((ROOT / shipped).read_bytes()), shipped


def test_no_shipped_extract_has_its_column_of_free_text() -> None:
    for shipped, column in EXTRACTS.values():
        assert column not in cells((ROOT / shipped).read_bytes())[0]

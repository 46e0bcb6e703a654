"""Every cell of an agency's file arrives as it was written, under the row number that it has there; what is
no table is named."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipelines.read.batches import BLOCK
from pipelines.read.read import Reading, read
from tests.support.paths import SHARED
from tests.support.readings import reading, resource, rows, rows_with_warnings

DATA = SHARED / "data"


pytestmark = pytest.mark.usefixtures("english")


def refused(found: Reading) -> tuple[str, str]:
    assert found.table is None
    (problem,) = found.problems
    return problem.type, problem.note


# --- encodings

TEXT = "a,b\n1,Ñandú\n2,“día” – 5 €\n"


@pytest.mark.parametrize(
    ("encoding", "mark", "told"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "utf-32"),
        ("cp1252", b"", "cp1252"),
    ],
)
def test_encodings_are_found(tmp_path, encoding, mark, told):
    found = reading(tmp_path, mark + TEXT.encode(encoding))
    assert (found.table.labels, rows(found)) == (("a", "b"), [(2, ["1", "Ñandú"]), (3, ["2", "“día” – 5 €"])])
    assert (found.encoding, found.delimiter) == (told, ",")


@pytest.mark.parametrize("place", [3, 100, 5000])
def test_latin_1_is_read_wherever_its_first_accent_stands(tmp_path, place):
    lines = ["a,b", *(f"{n},calle {n}" for n in range(place)), "x,Núñez y Güemes", "y,Constitución"]
    found = reading(tmp_path, "\n".join(lines).encode("latin-1"))
    assert [cells[1] for _number, cells in rows(found)][-2:] == ["Núñez y Güemes", "Constitución"]


@pytest.mark.parametrize(
    ("declared", "mark"),
    [
        *(
            (name, mark)
            for name in ("utf-8", "UTF8", "utf_8", "utf-8-sig", "utf-16-le")
            for mark in ("", "\ufeff")
        ),
        *((name, "") for name in ("utf-16", "latin-1", "cp1252", "cp850", "mac-roman")),
    ],
)
def test_a_declared_encoding_is_used(tmp_path, declared, mark):
    content = f"{mark}a,b\n1,Ñandú\n".encode("utf-8" if declared == "utf-8-sig" else declared)
    assert rows(reading(tmp_path, content, resource(["a", "b"], layouts=[{"encoding": declared}]))) == [
        (2, ["1", "Ñandú"])
    ]


@pytest.mark.parametrize("unknown", ["utf-9", "hex", "rot13", "latin 99", " ", "base64", "\0"])
def test_an_unknown_encoding_is_named(tmp_path, unknown):
    kind, note = refused(reading(tmp_path, "a,b\n", resource(["a", "b"], layouts=[{"encoding": unknown}])))
    assert kind == "encoding-error"
    assert note == f"{unknown!r} is no known encoding; correct `encoding` in the layout"


@pytest.mark.parametrize("declared", ["ascii", "utf-8"])
@pytest.mark.parametrize("before", [1, 30_000])
def test_a_declared_encoding_that_is_wrong_is_named_by_line(tmp_path, declared, before):
    content = b"a,b\n" + b"1,x\n" * before + "2,Ñandú\n".encode("latin-1")
    kind, note = refused(reading(tmp_path, content, resource(["a", "b"], layouts=[{"encoding": declared}])))
    assert (kind, note.split(";")[0]) == ("encoding-error", f"line {before + 2} is not in {declared}")


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_one_bad_byte_in_a_utf_8_file_is_named_by_line(tmp_path, newline):
    lines = [b"a,b", "1,Núñez".encode(), "2,Güemes".encode(), b"3,Constituci\xf3n", "4,Vélez".encode()]
    kind, note = refused(reading(tmp_path, newline.join(lines)))
    assert kind == "encoding-error"
    assert note.startswith("line 4 has the byte 0xF3, which is no UTF-8, ")


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + b"a,b\n1,x\n2," + b"\xf1\n",
        codecs.BOM_UTF16_LE + "a,b\n1,x\n2,y".encode("utf-16-le") + b"\n",
        "a,b\n1,x\n2,y".encode("utf-16-le") + b"\n",
    ],
)
def test_a_mark_is_not_believed_blindly(tmp_path, content):
    kind, note = refused(reading(tmp_path, content))
    assert kind == "encoding-error"
    assert note.startswith("line 3 is not in utf-")


@pytest.mark.parametrize("encoding", ["cp850", "cp437", "mac-roman"])
def test_what_is_spanish_in_another_code_page_alone_is_read_in_it(tmp_path, encoding):
    found = reading(tmp_path, "a;b\n1;Constitución, Núñez, caída\n".encode(encoding))
    assert rows_with_warnings(found) == [(2, ["1", "Constitución, Núñez, caída"])]
    assert [problem.code for problem in found.problems] == ["code-page"]


@pytest.mark.parametrize("encoding", ["cp1251", "gbk", "shift-jis"])
def test_an_encoding_that_cannot_be_told_is_not_guessed(tmp_path, encoding):
    text = "Конституция и площадь" if encoding == "cp1251" else "宪法广场中国"
    kind, note = refused(reading(tmp_path, f"a,b\n1,{text}\n".encode(encoding, "replace")))
    assert kind == "encoding-error"
    assert note.endswith("save it as UTF-8, or declare `encoding` in the layout")


def test_who_wrote_a_file_in_an_unknown_encoding_reads_nothing_of_declarations(tmp_path):
    for declared in ({}, {"encoding": "utf-8"}, {"encoding": "klingon"}):
        found = reading(tmp_path, "a,b\n1,Конституция и площадь\n".encode("cp1251"), **declared)
        (problem,) = found.problems
        assert problem.type == "encoding-error"
        assert "layout" in problem.note
        assert not {"layout", "encoding`"} & set(problem.for_sender.split())


LATIN_9 = "a;b\n1;Señor Peñaloza, 5 €\n2;Güemes 12 €\n"


def test_the_euro_of_latin_9_is_a_euro(tmp_path):
    found = reading(tmp_path, LATIN_9.encode("iso-8859-15"))
    assert (found.encoding, found.problems) == ("iso-8859-15", ())
    assert [cells for _row, cells in rows(found)] == [["1", "Señor Peñaloza, 5 €"], ["2", "Güemes 12 €"]]


@pytest.mark.parametrize("other", ["“", "O´Higgins", "½"])
def test_what_latin_9_lacks_shows_that_a_file_is_of_windows(tmp_path, other):
    found = reading(tmp_path, LATIN_9.replace("€", "¤").replace("12", other).encode("cp1252"))
    assert found.encoding == "cp1252"
    assert [cells for _row, cells in rows(found)][1] == ["2", f"Güemes {other} ¤"]


@pytest.mark.parametrize("end", [b"\r\n\x1a", b"\x1a", b"\r\n" + b"\x1a" * 90, b"\r\n\x1a\r\n"])
def test_the_mark_with_which_dos_ends_a_file_is_no_row_and_no_cell(tmp_path, end):
    found = reading(tmp_path, b"a;b\r\n1;x\r\n2;y" + end)
    assert [cells for _row, cells in rows(found)] == [["1", "x"], ["2", "y"]]
    assert (found.problems, found.faults) == ((), ())
    assert [each.what for each in found.findings if each.what == "end-mark"] == ["end-mark"]


def test_that_mark_elsewhere_is_a_character_of_its_cell(tmp_path):
    found = reading(tmp_path, b"a;b\r\n1;x\x1a\r\n2;y\r\n")
    assert [cells for _row, cells in rows(found)] == [["1", "x\x1a"], ["2", "y"]]


def test_bytes_that_are_no_text(tmp_path):
    assert refused(reading(tmp_path, bytes(range(256)) * 40))[0] == "format-error"
    assert refused(reading(tmp_path, b"a,b\n1,\x81\x8d\x8f\xff\n\xc3\xb1,\xc3\xb3\n"))[0] == "encoding-error"


# --- not a table


@pytest.mark.parametrize(
    "content", [b"", b"\n", b" \t\r\n\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE + "\n \n".encode("utf-16-le")]
)
def test_an_empty_file(tmp_path, content):
    assert refused(reading(tmp_path, content)) == (
        "source-error",
        "the file is empty; ask for the extract again",
    )


PAGE = "<html><head><title>404</title></head></html>"


@pytest.mark.parametrize(
    "content",
    [
        PAGE,
        f"<!DOCTYPE html>\n{PAGE}",
        f'  \n<!doctype HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">{PAGE}',
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- a\nb --><!DOCTYPE html>{PAGE}',
        "\ufeff" + PAGE,
        PAGE.upper(),
        PAGE.encode("utf-16"),
    ],
)
def test_a_page_in_place_of_a_file(tmp_path, content):
    kind, note = refused(reading(tmp_path, content))
    assert (kind, note.split(",")[0]) == ("format-error", "the file is an HTML page")


@pytest.mark.parametrize("content", ['{"error": "no existe"}', "hola\n", "x;y\n1;2\n"])
def test_a_text_with_no_known_column(tmp_path, content):
    kind, note = refused(reading(tmp_path, content))
    assert kind == "source-error"
    assert note.startswith("no known column stands in the header: ")


# --- shapes


def test_a_header_alone_is_an_empty_table(tmp_path):
    for content in ("a,b", "a,b\n", "a,b\r\n\r\n\r\n"):
        found = reading(tmp_path, content)
        assert (found.table.labels, rows(found)) == (("a", "b"), [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(tmp_path, delimiter, newline):
    lines = [("a", "b", "c"), ("1", f'"x{delimiter}""y""{newline}z"', "2"), ("", '""', " z")]
    found = reading(tmp_path, newline.join(delimiter.join(line) for line in lines), resource(["a", "b", "c"]))
    assert rows(found) == [(2, ["1", f'x{delimiter}"y"{newline}z', "2"]), (3, ["", "", " z"])]
    assert found.delimiter == delimiter


def test_decimal_commas_do_not_separate(tmp_path):
    content = "a;b;c\n" + "1,5;2,5;3,5\n" * 50
    found = reading(tmp_path, content, resource(["a", "b", "c"]))
    assert (found.delimiter, rows(found)[0]) == (";", (2, ["1,5", "2,5", "3,5"]))


def test_the_declared_labels_tell_the_separator(tmp_path):
    content = "Apellido, nombre;Edad, en años\nPérez, Juan;30, cumplidos\n"
    declared = resource(["a", "b"], layouts=[{"labels": {"Apellido, nombre": "a", "Edad, en años": "b"}}])
    assert rows(reading(tmp_path, content, declared)) == [(2, ["Pérez, Juan", "30, cumplidos"])]


def test_one_column_has_no_separator(tmp_path):
    assert rows(reading(tmp_path, "a\nx; y\nz | w\n", resource(["a"]))) == [(2, ["x; y"]), (3, ["z | w"])]


def test_a_declared_dialect(tmp_path):
    dialect = {
        "delimiter": ":",
        "quoteChar": "'",
        "doubleQuote": False,
        "escapeChar": "\\",
        "skipInitialSpace": True,
    }
    found = reading(tmp_path, "a: b\n'x:\\'y': \"z\"\n", resource(["a", "b"], layouts=[{"dialect": dialect}]))
    assert rows(found) == [(2, ["x:'y", '"z"'])]


@pytest.mark.parametrize("content", ['a,b\n1,x\n2,"cut', 'a,b\n1,x\n2,"cut\ny\n', 'a,b\n1,x\n2,"cut ""'])
def test_cut_off_inside_quotes(tmp_path, content):
    found = reading(tmp_path, content)
    (problem,) = found.problems
    assert (problem.type, problem.row) == ("source-error", 3)
    assert "ends inside a quoted cell, in row 3" in problem.note
    assert [number for number, _cells in found.table.rows()] == [2, 3]


def test_cut_off_inside_the_header(tmp_path):
    assert refused(reading(tmp_path, 'a,b,"c\n1,2,3\n', resource(["b"])))[0] == "source-error"


def test_ragged_rows_keep_their_shape(tmp_path):
    found = reading(tmp_path, "a,b,c\n1\n1,2\n1,2,3\n1,2,3,4,5\n1,2,3,\n", resource(["a", "b", "c"]))
    assert rows(found) == [
        (2, ["1"]),
        (3, ["1", "2"]),
        (4, ["1", "2", "3"]),
        (5, ["1", "2", "3", "4", "5"]),
        (6, ["1", "2", "3", ""]),
    ]


def test_a_short_row_lacks_its_last_cells_whatever_the_schemas_order(tmp_path):
    declared = resource(["b", "a"], layouts=[{"ignore": ["x"]}])
    found = reading(tmp_path, "a,x,b\n1\n1,2\n1,2,3\n1,2,3,4\n", declared)
    assert found.table.labels == ("a", "b")
    assert rows(found) == [(2, ["1"]), (3, ["1"]), (4, ["1", "3"]), (5, ["1", "3", "4"])]


def test_blank_rows_are_rows_but_at_the_foot(tmp_path):
    found = reading(tmp_path, "a,b\n1,x\n\n,\n2,y\n\n,\n\n")
    assert rows(found) == [(2, ["1", "x"]), (3, []), (4, ["", ""]), (5, ["2", "y"])]


def test_a_header_further_down(tmp_path):
    content = "Ministerio de Salud\n\n;;\na;b\n1;x\n"
    found = reading(tmp_path, content, resource(["a", "b"], layouts=[{"headerRow": 4}]))
    assert (found.table.header_row, rows(found)) == (4, [(5, ["1", "x"])])
    assert refused(reading(tmp_path, content, resource(["a", "b"], layouts=[{"headerRow": 9}])))[
        1
    ].startswith("row 9, where the header")


def test_many_blocks_and_a_blank_row_at_their_edge(tmp_path):
    lines = ["a,b", *(f"{n},x" for n in range(BLOCK)), "", *(f"{n},y" for n in range(3)), ""]
    found = rows(reading(tmp_path, "\n".join(lines)))
    assert [number for number, _cells in found] == list(range(2, BLOCK + 6))
    assert found[BLOCK] == (BLOCK + 2, [])


def test_the_rows_can_be_read_again(tmp_path):
    found = reading(tmp_path, "a,b\n1,x\n")
    assert rows(found) == rows(found)


@pytest.mark.parametrize("cell", ["x" * 200_000, "\u2028\x85\x0b", " ", "'", "\\", "😀", "=1+1"])
def test_odd_cells_stay_as_they_are(tmp_path, cell):
    assert rows_with_warnings(reading(tmp_path, f"a,b\n1,{cell}\n")) == [(2, ["1", cell])]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@example([["", "", "", "A"]], ",", "\n")
@example([["", "", "", "\uf900"]], ",", "\n")
@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=4).filter(any), max_size=8),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_the_csv_module_writes_comes_back(tmp_path_factory, table, delimiter, newline):
    controls = sum(letter < " " for row in table for cell in row for letter in cell)
    assume(controls <= 10)  # what holds more is taken for no text at all, and refused
    folder = tmp_path_factory.mktemp("read")
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(
        [["a", "b", "c"], *table]
    )
    declared = resource(
        ["a", "b", "c"],
        layouts=[
            {"dialect": {"delimiter": delimiter, "doubleQuote": True}, "encoding": "utf-8", "foot": False}
        ],
    )
    composed = [[unicodedata.normalize("NFC", cell) for cell in row] for row in table]
    assert rows_with_warnings(reading(folder, text.getvalue(), declared)) == list(enumerate(composed, 2))


# --- columns


def test_columns_are_relabelled_ignored_or_told(tmp_path):
    declared = resource(
        ["a", "b"], layouts=[{"header": ["A "], "labels": {"A ": "a"}, "ignore": ["x", "nota"]}]
    )
    found = reading(tmp_path, "A ,x,b,x,nota,nuevo\n1,2,3,4,5,6\n", declared)
    assert (found.table.labels, rows(found), found.layout) == (("a", "b", "nuevo"), [(2, ["1", "3", "6"])], 0)


def test_repeated_and_blank_labels_get_names_of_their_own(tmp_path):
    found = reading(tmp_path, "a,a,b,,z,z\n1,2,3,4,5,6\n")
    assert found.table.labels == ("a", "a*", "b", "column 4", "z", "z*")
    assert rows(found) == [(2, ["1", "2", "3", "4", "5", "6"])]


def test_the_repeats_of_a_wanted_column_can_be_ignored(tmp_path):
    declared = resource(["a", "b"], layouts=[{"labels": {"X": "a"}, "ignore": ["X", ""]}])
    found = reading(tmp_path, "X,b,X,\n1,2,3,4\n", declared)
    assert (found.table.labels, rows(found)) == (("a", "b"), [(2, ["1", "2"])])


def test_of_a_fields_own_label_the_repeats_can_be_ignored(tmp_path):
    found = reading(tmp_path, "a,b,a\n1,2,3\n", resource(["a", "b"], layouts=[{"ignore": ["a"]}]))
    assert (found.table.labels, rows(found)) == (("a", "b"), [(2, ["1", "2"])])


def test_a_column_that_another_replaces_can_be_ignored(tmp_path):
    found = reading(
        tmp_path, "a,X,b\n1,2,3\n", resource(["a", "b"], layouts=[{"labels": {"X": "a"}, "ignore": ["a"]}])
    )
    assert (found.table.labels, rows(found)) == (("a", "b"), [(2, ["2", "3"])])


def test_a_label_that_another_takes_is_told(tmp_path):
    found = reading(
        tmp_path, "viejo,a,b\n1,2,3\n", resource(["a", "b"], layouts=[{"labels": {"viejo": "a"}}])
    )
    assert found.table.labels == ("a", "a*", "b")


LAYOUTS = [
    {
        "header": ["ID", "area"],
        "labels": {"area": "b", "ID": "a"},
        "encoding": "latin-1",
        "dialect": {"delimiter": ";"},
    },
    {
        "header": ["id", "área", "año"],
        "labels": {"id": "a", "área": "b"},
        "ignore": ["año"],
        "fields": {"b": {"missingValues": ["-"]}},
    },
]


@pytest.mark.parametrize(
    ("content", "layout", "labels"),
    [
        ("ID;area\n1;Núñez\n".encode("latin-1"), 0, ("a", "b")),
        ("id,área,año\n1,Núñez,2019\n".encode(), 1, ("a", "b")),
        ("id,área\n1,Núñez\n".encode(), 1, ("a", "b")),  # the nearest: it lacks only the year
        ("ID;zona\n1;Núñez\n".encode("latin-1"), 0, ("a", "zona")),
    ],
)
def test_the_header_chooses_the_layout_with_its_own_writing(tmp_path, content, layout, labels):
    found = reading(tmp_path, content, resource(["a", "b"], layouts=LAYOUTS))
    assert (found.layout, found.table.labels, rows(found)) == (layout, labels, [(2, ["1", "Núñez"])])


def test_repairs_are_counted_with_their_reasons(tmp_path):
    values = {
        "b": [
            {"from": ["x", "X"], "to": "equis", "because": "otra escritura"},
            {"pattern": "^-$", "to": None},
        ]
    }
    found = reading(tmp_path, "b,a\nx,x\nX,z\n-,x\ny,x\nx\n", resource(["a", "b"], values=values))
    assert [cells[0] for _number, cells in rows(found)] == ["equis", "equis", "", "y", "equis"]
    assert found.repairs == (
        {"field": "b", "rule": 0, "because": "otra escritura", "cells": 3},
        {"field": "b", "rule": 1, "because": None, "cells": 1},
    )


# --- the real files


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.csv")) or ["none"])
def test_real_files_keep_the_text_of_every_cell(tmp_path, name):
    path = DATA / name
    if not path.is_file():
        pytest.skip("no real files beside the checkout (../shared/data)")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    expected = list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if "suaci" in name else ","))
    fields = [label for label in dict.fromkeys(expected[0]) if label]
    found = read(path, resource(fields), tmp_path / "cells.arrow")
    assert [label.rstrip("*") for label in found.table.labels] == [
        label or f"column {n}" for n, label in enumerate(expected[0], 1)
    ]
    composed = [[unicodedata.normalize("NFC", cell) for cell in row] for row in expected[1:]]
    assert rows_with_warnings(found) == list(enumerate(composed, 2))


# --- fields that no file has


def test_a_field_that_such_files_do_not_have_stays_empty_and_a_short_row_stays_short(tmp_path):
    declared = resource(["a", "edad", "b"], layouts=[{"header": ["a", "b"], "absent": ["edad"]}])
    found = reading(tmp_path, "a,b\n1,x\n2\n", declared)
    assert found.table.labels == ("a", "b", "edad")
    assert rows(found) == [(2, ["1", "x", ""]), (3, ["2"])]


def test_a_file_that_has_it_after_all_is_read(tmp_path):
    declared = resource(["a", "edad", "b"], layouts=[{"header": ["a", "b"], "absent": ["edad"]}])
    assert rows(reading(tmp_path, "a,b,edad\n1,x,30\n", declared)) == [(2, ["1", "x", "30"])]

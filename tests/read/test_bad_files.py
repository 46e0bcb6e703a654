"""No file brings the machine down: each trap is answered in Spanish, with so much memory and no more; and
whatever becomes of its bytes, reading gives a table or says what is wrong."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from pipelines.agency.submit import hand_in
from pipelines.dataset.file_names import printable_name, safe_name
from pipelines.settings import Limits
from tests.support import bad_files
from tests.support.bad_files import ods, ods_row, packed, xlsx
from tests.support.checks import check_report
from tests.support.cities import City, csv, declaration
from tests.support.lazy import openpyxl
from tests.support.readings import reading, refusal

MEGABYTES = 600


# --- each in turn, in a process that may take so much memory and no more


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> Mapping[str, Mapping[str, Any]]:
    folder = tmp_path_factory.mktemp("bad")
    for name, content in bad_files.made().items():
        (folder / name).write_bytes(content)
    made = openpyxl.Workbook()
    made.active.append(["a", "b"])
    made.save(folder / "open.xlsx")
    with (folder / "open.xlsx").open("rb") as plain, (folder / "locked.xlsx").open("wb") as locked:
        OOXMLFile(plain).encrypt("secreto", locked)
    program = [sys.executable, bad_files.__file__, str(folder), str(MEGABYTES)]
    # The limit counts addresses, and glibc reserves some for each thread that happens to allocate at once.
    environment = os.environ | {"MALLOC_ARENA_MAX": "1"}
    ended = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(line) for line in ended.stdout.splitlines())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        *(
            (name, "ocuparía más bytes de los que se admiten")
            for name in ("bomb.zip", "bomb.gz", "bomb.xlsx", "bomb-claiming.zip")
        ),
        ("bomb-in-bomb.zip", "ocuparía más bytes de los que se admiten"),
        ("bomb-lying.zip", "está dañado o llegó cortado"),
        ("bomb-overlapping.zip", "partes puestas unas sobre otras"),
        ("far.xlsx", "abarca 1048576 filas y 16384 columnas; borre lo que quedó lejos de la tabla"),
        ("far-rows.xlsx", "abarca 200000 filas y 2 columnas"),
        ("impossible-row.xlsx", "abarca 4294967295 filas"),
        *(
            (name, "declara entidades")
            for name in ("laughs.xlsx", "laughs-in-sheet.xlsx", "external.xlsx", "external.ods")
        ),
        ("repeated-both.ods", "abarca 1048576 filas y 16384 columnas"),
        ("repeated-columns.ods", "16384 columnas"),
        *(
            (name, "protegida con contraseña; guárdela sin contraseña")
            for name in ("locked.xlsx", "locked.ods")
        ),
        ("locked.zip", "protegido con contraseña; comprímalo sin contraseña"),
        ("long-line.csv", "la línea 2 es más larga de lo que se admite"),
        ("long.json", "un valor más largo de lo que se admite"),
        ("wider.csv", "tiene 100000 columnas y se admiten 4000"),
        ("wide.json", "más de 4000 nombres distintos"),
        ("nul.csv", "la línea 3 tiene un carácter NUL"),
        ("zeros.csv", "lleno de ceros: se dañó al copiarlo"),
        *((name, "está dañado o llegó cortado") for name in ("cut.xlsx", "cut.zip", "cut.gz")),
        *((name, "el archivo está vacío") for name in ("nothing.csv", "mark-only.csv")),
        *((name, "más de 50 niveles") for name in ("deep.json", "deep-objects.json")),
        ("twice.json", "dos valores con el nombre 'a'"),
        ("empty.zip", "no contiene ningún archivo"),
        ("names.zip", r"contiene 5 archivos: ../../x/a.csv, \u202evsc.exe, CON, b\u000a.csv, xxx"),
    ],
)
def test_a_trap_is_named(answers, name, told):
    answer = answers[name]
    (problem,) = answer["problems"]
    assert (answer["labels"], told in problem[3]) == (None, True), problem
    assert problem[0] in ("format-error", "source-error")


@pytest.mark.parametrize(
    ("name", "rows", "row", "told"),
    [
        ("long-row.csv", 0, None, "faltan los fines de línea o el cierre de unas comillas"),
        ("cut-quote.csv", 2, 3, "termina dentro de una celda entre comillas, en la fila 3"),
        ("cut.json", 649, 651, "el JSON llegó cortado"),
        ("cut.jsonl", 1, 3, "la línea 2 no es JSON: se cortó"),
        ("deep-row.json", 0, 2, "más de 50 niveles"),
        ("nul.json", 0, 2, "ningún texto puede tener"),
        ("half.json", 0, 2, "ningún texto puede tener"),
    ],
)
def test_what_stands_before_the_break_is_read(answers, name, rows, row, told):
    answer = answers[name]
    (problem,) = answer["problems"]
    assert (answer["rows"], problem[2], told in problem[3]) == (rows, row, True), problem


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        *(
            (name, 1)
            for name in (
                "claims-much.xlsx",
                "no-row-numbers.xlsx",
                "wide.csv",
                "litter.zip",
                "one-odd-name.zip",
                "blank-lines.csv",
            )
        ),
        ("repeated-empty.ods", 1),
        ("repeated-rows.ods", 20_001),
        ("header-only.csv", 0),
        ("cut-row.csv", 2),
    ],
)
def test_what_only_looks_odd_is_read(answers, name, rows):
    assert (answers[name]["labels"], answers[name]["rows"], answers[name]["problems"]) == (
        ["a", "b"],
        rows,
        [],
    )


def test_every_answer_took_little_memory(answers):
    assert set(answers) == {*bad_files.made(), "open.xlsx", "locked.xlsx"}
    assert {name: answer["peak"] for name, answer in answers.items() if answer["peak"] > MEGABYTES} == {}


# --- limits


def test_bounds_are_what_the_settings_say(tmp_path):
    rows = b"a,b\n" + b"1,22222222\n" * 3
    assert "tiene 2 columnas y se admiten 1" in refusal(reading(tmp_path, rows, limits=Limits(columns=1)))
    assert (
        "la línea 2 es más larga"
        in reading(tmp_path, b'a,b\n1,"' + b"\n" * 90, limits=Limits(row=5_000)).problems[0].note
    )
    assert "abarca 1 filas y 2 columnas" in refusal(reading(tmp_path, xlsx(), limits=Limits(cells=1)))
    assert "más memoria o tiempo" in refusal(reading(tmp_path, xlsx(), limits=Limits(memory=1_000_000)))
    zipped = packed({"a.csv": rows * 10})
    assert "ocuparía más bytes" in refusal(reading(tmp_path, zipped, limits=Limits(unpacked=100)))
    assert "ocuparía más bytes" in refusal(
        reading(tmp_path, gzip.compress(rows * 10), limits=Limits(unpacked=100))
    )


def test_a_file_that_is_larger_than_may_be_is_not_taken(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras", source={"kind": "inbox"}))
    (tmp_path / "grande.csv").write_text(csv("1,Plaza,1"), "utf-8")
    with pytest.raises(ValueError, match=r"grande\.csv.*VEREDA_MAX_BYTES"):
        hand_in(
            city.datasets,
            city.archive,
            city.inbox,
            "obras",
            tmp_path / "grande.csv",
            None,
            city.clock(),
            Limits(extract=10),
        )
    assert city.archive.receipts("obras").all() == []


# --- names


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Agosto 2024 (final).xlsx", "Agosto 2024 (final).xlsx"),
        ("Ñandú.csv", "Ñandú.csv"),
        ("CON", "_CON-"),
        ("nul.csv", "_nul-"),
        ("a\nb.csv", "a_b-"),
        ("\u202efdp.csv", "_fdp-"),
        ("a\0b.csv", "a_b-"),
        ("..", "_-"),
        ("a:b?.csv", "a_b_-"),
        ("a\udcff.csv", "a_-"),
        ("ñ" * 200 + ".csv", "ñ" * 53 + "-"),
    ],
)
def test_a_name_that_pretends_or_fits_nowhere_is_cleaned(name, known):
    assert safe_name(name).startswith(known)
    assert (safe_name(name) == name) == (known == name)
    assert len(safe_name(name).encode()) <= 120
    assert safe_name(safe_name(name)) == safe_name(name)
    assert not any(letter in printable_name(name) for letter in "\n\0\u202e\udcff")


def test_no_two_names_become_one():
    names = [
        "a\nb.csv",
        "a\rb.csv",
        "a_b.csv",
        "ñ" * 200 + ".csv",
        "ñ" * 201 + ".csv",
        "n\u0303.csv",
        "ñ.csv",
    ]
    assert len({safe_name(name) for name in names}) == len(names)


def test_what_is_handed_in_under_an_odd_name_is_taken_once(tmp_path, impatient_inbox):
    city = City(tmp_path)
    city.declare(declaration("obras", source={"kind": "inbox"}))
    names = ["\u202evsc.csv", "a\nb.csv", "CON", "x" * 250 + ".csv", "a\udcff.csv"]
    for number, name in enumerate(names):
        (tmp_path / name).write_text(csv(f"{number},Plaza,1"), "utf-8")
        hand_in(city.datasets, city.archive, city.inbox, "obras", tmp_path / name, None, city.clock())
    assert city.run("obras")[-1].outcome == "published"
    (city.inbox / "area/obras" / "b\nc.csv").write_text(csv("7,Plaza,1"), "utf-8")
    assert city.outcome("obras").outcome == "published"
    assert city.outcome("obras").outcome == "unchanged"
    assert [receipt.name for receipt in city.archive.receipts("obras").all()] == [
        safe_name(name) for name in [*names, "b\nc.csv"]
    ]


# --- cut and header only, as the agency reads it


def test_a_row_that_is_cut_is_named_by_the_check(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("obras"), datos="id,nombre,monto\n1,Plaza,1\n2,Esc")
    report = check_report(city.datasets, city.archive, "obras")
    assert ("missing-cell", 3) in [(p.type, p.row) for p in report.problems]


# --- any bytes

SEEDS = {
    "xlsx": xlsx(),
    "ods": ods(ods_row("a", "b") + ods_row("1", "2")),
    "zip": packed({"a.csv": b"a,b\n1,2\n"}),
    "gzip": gzip.compress(b"a,b\n1,2\n", mtime=0),
    "json": json.dumps({"x": [{"a": 1.5, "b": {"c": None}}, {"a": 2, "b": [1, "á"]}]}).encode(),
    "lines": b'{"a": 1}\n{"b": "x"}\n',
    "csv": 'a,b\n1,"ñ\n2"\n'.encode(),
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(sorted(SEEDS)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4), st.integers(0, 4)), max_size=3),
)
def test_whatever_becomes_of_the_bytes_there_is_an_answer(seed, changes, tmp_path_factory):
    content = SEEDS[seed]
    for where, new, gone in changes:
        at = int(where * len(content))
        content = content[:at] + new + content[at + gone :]
    found = reading(tmp_path_factory.mktemp("any"), content)
    assert found.table is not None or found.problems


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.sampled_from(sorted(SEEDS)), where=st.floats(0, 1))
def test_wherever_it_is_cut_there_is_an_answer(seed, where, tmp_path_factory):
    found = reading(tmp_path_factory.mktemp("cut"), SEEDS[seed][: int(where * len(SEEDS[seed]))])
    assert found.table is not None or found.problems


@pytest.mark.parametrize("byte", [b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"])
def test_a_byte_that_cp1252_lacks_costs_one_character_of_a_json(byte, tmp_path):
    found = reading(tmp_path, b'[{"a": "Mu\xf1' + byte + b'iz"}, {"a": "b"}]')
    assert found.table is not None
    assert [row for _number, row in found.table.rows()] == [["Muñ" + byte.decode("latin-1") + "iz"], ["b"]]
    (problem,) = found.problems
    assert f"U+{byte[0]:04X}" in problem.note

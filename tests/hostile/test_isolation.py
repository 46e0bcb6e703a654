"""What crashes, fills or holds up a process ends that process alone, and the next call finds another one."""

from __future__ import annotations

import os
import re
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import pyarrow as pa
import pytest

from catalog.portal.charts import pictures
from catalog.portal.charts.figure import make_figure
from catalog.portal.charts.pictures import draw_svg
from isolation.process import Bounds, Raised, Stopped, call
from messages import speaking
from pipelines.release.verify import verify
from tests.support.cities import City, declaration
from tests.support.paths import ROOT

PROGRAM = """
import os, time
def add(a, b): return a + b
def number(): return os.getpid()
def abort(): os.abort()
def leave(): os._exit(3)
def fill(): return len(bytearray(1_000_000_000))
def spin():
    while True: pass
def wait(): time.sleep(60)
def fail(): raise KeyError("x")
def say(): print("no answer"); return 1
def write(path):
    with open(path, "wb") as file: file.write(bytes(10_000_000))
def environment(): return sorted(os.environ)
"""
BOUNDS = Bounds(memory=300_000_000, seconds=1, written=1_000_000)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path / "program.py"


@pytest.mark.parametrize(
    ("function", "why"),
    [("abort", "crash"), ("leave", "crash"), ("fill", "memory"), ("spin", "time"), ("wait", "time")],
)
def test_what_ends_a_process_is_told_and_the_next_call_works(program, function, why):
    with pytest.raises(Stopped) as caught:
        call(program, function, bounds=BOUNDS)
    assert caught.value.why == why
    assert call(program, "add", "ñ\ud800", "\x01", bounds=BOUNDS) == "ñ\ud800\x01"


def test_a_process_is_kept_and_a_wrong_call_does_not_end_it(program):
    first = call(program, "number", bounds=BOUNDS)
    with pytest.raises(Raised, match="KeyError"):
        call(program, "fail", bounds=BOUNDS)
    assert call(program, "say", bounds=BOUNDS) == 1
    assert call(program, "number", bounds=BOUNDS) == first
    assert first != os.getpid()


def test_what_was_killed_from_outside_is_replaced(program):
    os.kill(call(program, "number", bounds=BOUNDS), 9)
    assert call(program, "add", 1, 2, bounds=BOUNDS) == 3


def test_no_more_is_written_than_may_be(program, tmp_path):
    with pytest.raises(Raised, match="OSError"):
        call(program, "write", str(tmp_path / "large"), bounds=BOUNDS)
    assert (tmp_path / "large").stat().st_size <= 1_000_000


def test_secrets_of_the_environment_stay_outside(program, monkeypatch):
    monkeypatch.setenv("VEREDA_CKAN_TOKEN", "secreto")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secreto")
    own = program.with_name("other.py")
    own.write_text(PROGRAM)
    assert not [
        name for name in call(own, "environment", bounds=BOUNDS) if name.startswith(("VEREDA", "AWS"))
    ]


def test_threads_have_a_process_each(program):
    answers = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(call(program, "add", n, n, bounds=BOUNDS)))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0, 2, 4, 6, 8, 10]


# --- pictures

IMPOSSIBLE = ["\x01", "\x08", "\x1b", "\ufffe", "\uffff", "\x00"]
RESOURCE = {"name": "t", "title": "T", "schema": {"fields": [{"name": "x"}, {"name": "n"}, {"name": "g"}]}}


@pytest.mark.parametrize("kind", ["bars", "line"])
@pytest.mark.parametrize("character", IMPOSSIBLE, ids=[f"U+{ord(each):04X}" for each in IMPOSSIBLE])
def test_a_picture_of_a_release_from_before_is_drawn_without_it(character, kind):
    table = pa.table({"x": [f"Huerta{character}urbana", "b"], "n": [1, 2], "g": ["a", f"c{character}"]})
    resource = {**RESOURCE, "title": f"T{character}"}
    with speaking("en"):
        figure = make_figure({"chart": kind, "x": "x", "y": "n", "by": "g"}, resource, table)
        drawn = draw_svg(figure, 640, f"Agencia{character}", demo=False)
    ET.fromstring(drawn)
    assert "data-undrawn" not in drawn


def test_a_picture_that_cannot_be_drawn_says_so_and_is_tried_again(tmp_path, monkeypatch):
    crashing = tmp_path / "svg.py"
    crashing.write_text("import os\ndef draw(spec, locale): os.abort()\n")
    monkeypatch.setattr(pictures, "DRAWER", crashing)
    table = pa.table({"x": ["a", "b"], "n": [1, 2], "g": ["a", "b"]})
    with speaking("en"):
        figure = make_figure({"chart": "bars", "x": "x", "y": "n"}, RESOURCE, table)
        drawn = draw_svg(figure, 640, "", demo=False)
    ET.fromstring(drawn)
    assert "This picture could not be drawn" in drawn
    (tmp_path / "a.svg").write_text(drawn)
    assert pictures.is_undrawn(tmp_path / "a.svg")


def test_only_programs_of_their_own_use_what_crashes():
    """The library that draws and the one that opens workbooks are imported by those programs alone."""
    users = {
        path.relative_to(ROOT).as_posix()
        for room in ("pipelines", "catalog", "validation", "messages", "isolation")
        for path in (ROOT / room).rglob("*.py")
        if re.search(
            r"^\s*(import|from) (vl_convert|python_calamine)\b", path.read_text("utf-8"), re.MULTILINE
        )
    }
    assert users == {"catalog/portal/charts/svg.py", "pipelines/read/forms/cells.py"}


# --- cells

FIELDS = [
    {"name": "id", "type": "integer"},
    {"name": "taller", "type": "string"},
    {"name": "n", "type": "integer"},
]


@pytest.mark.parametrize("character", IMPOSSIBLE[:-1], ids=[f"U+{ord(each):04X}" for each in IMPOSSIBLE[:-1]])
def test_a_control_character_is_the_rows_problem_with_its_place(tmp_path, character):
    city = City(tmp_path)
    rows = "".join(f"{n},Taller {n},{n}\n" for n in range(3, 23))
    city.declare(
        declaration("taller", fields=FIELDS, view={"chart": "bars", "x": "taller", "y": "n"}),
        datos=f"id,taller,n\n1,Huerta{character}urbana,3\n2,Coro,4\n{rows}",
    )
    with speaking("en"):
        outcome = city.outcome("taller")
    assert outcome.outcome == "rejected"
    (error,) = outcome.report["frictionless"]["tasks"][0]["errors"]
    assert (error["type"], error["code"], error["rowNumber"], error["fieldName"]) == (
        "cell-error",
        "control-character",
        2,
        "taller",
    )
    assert f"character 7 of the cell is the control character U+{ord(character):04X}" in error["note"]
    assert character not in error["cell"]


def test_where_rows_may_be_held_the_others_are_published(tmp_path):
    city = City(tmp_path)
    rows = "".join(f"{n},Taller {n},{n}\n" for n in range(2, 30))
    city.declare(
        declaration("taller", fields=FIELDS, quarantine={"maxShare": 0.1}),
        datos=f"id,taller,n\n1,Huerta\x01urbana,3\n{rows}",
    )
    outcome = city.outcome("taller")
    assert (outcome.outcome, outcome.rows) == ("quarantined", {"taller": 28})
    history = city.history("taller")
    assert verify(city.archive, history.releases[-1], history).bytes_same


def test_a_rule_takes_it_out(tmp_path):
    city = City(tmp_path)
    city.declare(
        declaration(
            "taller", fields=FIELDS, values={"taller": [{"pattern": r"[\x00-\x08]", "replace": " "}]}
        ),
        datos="id,taller,n\n1,Huerta\x01urbana,3\n",
    )
    assert city.outcome("taller").outcome == "published"

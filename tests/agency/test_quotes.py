"""What a report quotes is what the file has, and what it tells it tells once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from messages import speaking
from pipelines.agency.check import check_dataset
from pipelines.agency.corrections import Corrections
from pipelines.agency.report.groups import Example, ProblemGroup, group_check_problems, mark_cells
from pipelines.agency.report.received import forecast_run
from pipelines.cli.tables import report_lines
from tests.support.cities import City, declaration
from tests.support.workbooks import workbook_bytes
from validation.problems.notes import sentence
from validation.report import Problem

ID = {"name": "id", "type": "integer", "description": "n"}
NUMBER = {"name": "v", "type": "number", "description": "v"}


def told(folder: Path, content: str, *fields: dict[str, Any], **made: Any) -> list[ProblemGroup]:
    """The groups of problems that people are told of a file, in Spanish."""
    city = City(folder)
    city.declare(declaration("t", fields=[ID, *fields], **made), datos=content)
    with speaking("es"), check_dataset(city.datasets, city.archive, "t") as done:
        return group_check_problems(done)


def examples(groups: list[ProblemGroup], code: str) -> list[Example]:
    with speaking("es"):
        return [each for group in groups if (group.code or group.type) == code for each in group.examples]


def column(name: str, *cells: str) -> str:
    return f"id;{name}\n" + "".join(f"{n};{cell}\n" for n, cell in enumerate(cells, 1))


def test_a_cell_written_otherwise_is_quoted_as_it_is(tmp_path):
    cells = [f"{n},50" for n in range(1, 101)]
    cells[40] = "12.50"
    (quoted,) = examples(told(tmp_path, column("v", *cells), NUMBER), "odd-writing")
    assert (quoted.row, quoted.value) == (42, "12.50")


@pytest.mark.parametrize(
    ("field", "usual", "odd"),
    [
        (NUMBER | {"constraints": {"maximum": 100}}, "{n},50", "1.234,50"),
        (NUMBER | {"constraints": {"maximum": 100}}, "{n}.50", "0123.50"),
        (ID | {"name": "v", "constraints": {"maximum": 100}}, "{n}", "0123"),
        (
            {"name": "v", "type": "date", "description": "d", "constraints": {"maximum": "2025-12-31"}},
            "{n}/01/2024",
            "15/01/2026",
        ),
    ],
)
def test_a_value_out_of_bounds_is_quoted_as_the_file_writes_it(tmp_path, field, usual, odd):
    cells = [usual.format(n=n) for n in range(1, 31)]
    cells[20] = odd
    (quoted,) = examples(told(tmp_path, column("v", *cells), field), "constraint-error")
    assert (quoted.row, quoted.value) == (22, odd)


@pytest.mark.parametrize("mark", [".", ","])
def test_coordinates_are_quoted_as_the_file_writes_them(tmp_path, mark):
    axes = [{"name": name, "type": "number", "description": name} for name in ("lat", "long")]
    lines = [f"{n};-34.6{n:02};-58.4{n:02}" for n in range(1, 60)]
    lines[6], lines[8], lines[10] = "7;-58.40710;-34.60710", "9;-346.0030;-58.4", "11;34.60370;-58.4"
    content = "id;lat;long\n" + "".join(f"{line}\n" for line in lines).replace(".", mark)
    found = told(tmp_path, content, *axes)
    (swapped,) = examples(found, "swapped-coordinates")
    assert swapped.value == "-58.40710".replace(".", mark)
    assert f"al lado dice {'-34.60710'.replace('.', mark)}" in swapped.note
    assert [each.value for each in examples(found, "impossible-coordinate")] == [
        "-346.0030".replace(".", mark)
    ]
    assert [each.value for each in examples(found, "far-coordinate")] == ["34.60370".replace(".", mark)]


@pytest.mark.parametrize("mark", [".", ","])
def test_sentences_about_all_coordinates_quote_the_file(tmp_path, mark):
    axes = [{"name": name, "type": "number", "description": name} for name in ("lat", "long")]
    exchanged = "id;lat;long\n" + "".join(f"{n};-58.4{n:02}0;-34.6{n:02}0\n" for n in range(10, 40))
    (found,) = told(tmp_path / "a", exchanged.replace(".", mark), *axes)
    assert "como -58.4100 y -34.6100 en la fila 2".replace(".", mark) in found.problems[0].note
    metres = "id;lat;long\n" + "".join(f"{n};{105000 + n}.50;{98000 + n}.50\n" for n in range(10, 40))
    lats, _longs = told(tmp_path / "b", metres.replace(".", mark), *axes)
    assert "como 105010.50 en la fila 2".replace(".", mark) in lats.problems[0].note


# --- once


def book(*rows: list[Any]) -> bytes:
    return workbook_bytes(Hoja=list(rows))


NAME = {"name": "nombre", "type": "string", "description": "t"}
FIELDS = [NAME, NUMBER]
DATA = [["id", "nombre", "v"], [1, "a", 2.5], [2, "b", 3.5], [3, "c", 4.5]]
GAP = [None, None, None]


def listed(folder: Path, content: bytes | str, *fields: dict[str, Any], **made: Any) -> list[tuple]:
    """The groups in English, what would become of the file, and frictionless's own problems."""
    city = City(folder)
    city.declare(declaration("t", fields=[ID, *(fields or FIELDS)], **made), datos=content)
    with speaking("en"), check_dataset(city.datasets, city.archive, "t") as done:
        groups = group_check_problems(done)
        return [
            [(g.code or g.type, g.severity, g.count, g.column, [e.row for e in g.examples]) for g in groups],
            forecast_run(done).sentence,
            sorted(
                {error["type"] for task in done.report.to_descriptor()["tasks"] for error in task["errors"]}
            ),
        ]


STOPPED_BY_ONE = "It would be rejected: there is 1 problem that stops it. What is published stays as it is."


@pytest.mark.parametrize("place", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("gap", [1, 16, 1_500])
def test_a_stray_note_below_a_sheet_is_one_problem(tmp_path, place, gap):
    note = [*[None] * place, "Ojo: revisar"]
    groups, sentence, raw = listed(tmp_path, book(*DATA, *[GAP] * gap, note))
    assert groups == [("note-row", "critical", 1, None, [5 + gap])]
    assert sentence == STOPPED_BY_ONE
    assert "blank-row" in raw


def test_a_gap_between_rows_of_data_is_counted_above_a_note_too(tmp_path):
    groups, _sentence, _raw = listed(
        tmp_path, book(*DATA[:2], GAP, *DATA[2:], GAP, GAP, [None, "Ojo: revisar", None])
    )
    assert groups == [
        ("blank-row", "critical", 1, None, [3]),
        ("note-row", "critical", 1, None, [8]),
    ]


def test_a_slip_in_a_label_is_one_problem(tmp_path):
    content = book(["id", "nombr", "v"], *DATA[1:])
    groups, sentence, raw = listed(tmp_path, content)
    assert groups == [("renamed-column", "critical", 1, "nombre", [None])]
    assert sentence == STOPPED_BY_ONE
    assert raw == ["extra-label", "missing-label"]


def test_a_slip_takes_no_other_label_with_it(tmp_path):
    more = {"name": "barrio", "type": "string", "description": "b"}
    content = "id;nombr;v;cualquiera\n1;a;2.5;x\n2;b;3.5;y\n"
    groups, _sentence, _raw = listed(tmp_path, content, *FIELDS, more)
    assert sorted(groups) == [
        ("extra-label", "critical", 1, "cualquiera", [None]),
        ("missing-label", "critical", 1, "barrio", [None]),
        ("renamed-column", "critical", 1, "nombre", [None]),
    ]


def test_the_header_cell_of_a_slip_is_marked(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("t", fields=[ID, *FIELDS]), datos="id;nombr;v\n1;a;2.5\n")
    with speaking("en"), check_dataset(city.datasets, city.archive, "t") as done:
        places = done.checked.readings["t"].places
        assert places is not None
        (marked,) = mark_cells(places, group_check_problems(done), Corrections()).items()
    assert marked[0] == (1, 1)
    assert "the column “nombr” seems to be “nombre”" in marked[1].note.replace("The", "the")


def test_a_column_without_a_name_is_counted_once_beside_an_unknown_one(tmp_path):
    content = book(["id", "Monto", None], [None, "2023", "2024"], [1, 2, 3])
    years = [{"name": name, "type": "number", "description": name} for name in "ab"]
    groups, _sentence, _raw = listed(tmp_path, content, *years)
    assert [group[:4] for group in groups if group[0].endswith("-label")] == [
        ("missing-label", "critical", 2, "a, b"),
        ("extra-label", "critical", 1, "Monto"),
        ("blank-label", "critical", 1, "C1"),
    ]


@pytest.mark.parametrize("text", ["Escuela \u0081Nº 7 – año", "Calle " * 40 + "\u0081 y más" * 9])
def test_a_cell_is_quoted_once(tmp_path, text):
    city = City(tmp_path)
    city.declare(declaration("t", fields=[ID, NAME]), datos=column("nombre", "Casa", text, "Año"))
    (line,) = [each for each in say(city) if each.strip().startswith("fila 3")]
    assert "‹U+0081›" in line
    assert (line.count("«"), line.count("»")) == (1, 1)
    with speaking("es"), check_dataset(city.datasets, city.archive, "t") as done:
        (problem,) = [each for each in done.report.problems if each.code == "control-character"]
        assert sentence(problem).count("«") == 1


def say(city: City) -> list[str]:
    """What the terminal says of the problems, each line whole."""
    with speaking("es"), check_dataset(city.datasets, city.archive, "t") as done:
        return [str(line) for line in report_lines(done.report, group_check_problems(done))]


@pytest.mark.parametrize(
    ("number", "kind"), [("1e400", "number"), ("012345678901234567890", "integer"), ("-2E+309", "number")]
)
def test_a_number_that_is_too_large_is_quoted_as_it_is_written(tmp_path, number, kind):
    field = NUMBER | {"type": kind}
    (quoted,) = examples(told(tmp_path, column("v", "1", number, "2"), field), f"{kind}-too-large")
    assert (quoted.row, quoted.value) == (3, number)


def test_a_long_cell_is_cut_with_a_sign(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("t", fields=[ID, NUMBER]), datos=column("v", "1.5", "x" * 300, "2.5"))
    (line,) = [each for each in say(city) if each.strip().startswith("fila 3")]
    assert line.strip() == f"fila 3: «{'x' * 80}…»"


def test_a_hidden_cell_is_not_looked_up(tmp_path):
    field = {"name": "v", "type": "string", "description": "v", "constraints": {"minLength": 30}}
    content = column("v", "A-4455", "B-7788")
    hidden = told(tmp_path / "a", content, field, personalData={"v": "mask"})
    assert examples(hidden, "constraint-error")
    shown = [each.value or "" for each in examples(hidden, "constraint-error")]
    assert not any("4455" in each or "7788" in each for each in shown)


@pytest.mark.parametrize(("method", "is_shown"), [("mask", False), (None, True)])
def test_a_hidden_number_is_not_looked_up(tmp_path, method, is_shown):
    """What hides it may leave a number, which the file has otherwise."""
    city = City(tmp_path)
    made = {"personalData": {"v": method}} if method else {}
    field = {"name": "v", "type": "string", "description": "v"}
    city.declare(declaration("t", fields=[ID, field], **made), datos=column("v", "A-4455"))
    with check_dataset(city.datasets, city.archive, "t") as done:
        places = done.checked.readings["t"].places
        assert places is not None
        (problem,) = places.locate(
            [Problem("constraint-error", "t", 'constraint "minimum" is "9"', row=2, field="v", cell="2020")]
        )
    assert (problem.shown == "A-4455") == is_shown


def test_what_stands_beside_personal_data_is_not_looked_up_either(tmp_path):
    more = {"name": "texto", "type": "string", "description": "t"}
    high = NUMBER | {"constraints": {"maximum": 100}}
    lines = [f"{n};{n},50;x" for n in range(1, 30)]
    lines[4], lines[6] = "5;1.234,50;llamar a ana@ejemplo.com.ar", "7;5.678,50;x"
    found = told(tmp_path, "id;v;texto\n" + "".join(f"{line}\n" for line in lines), high, more)
    quoted = {each.row: each.value for each in examples(found, "constraint-error")}
    assert quoted[8] == "5.678,50"
    assert not quoted[6]
    assert "1.234,50" not in str([each.to_json() for each in found])

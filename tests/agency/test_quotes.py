"""What a report quotes is what the file has, and what it tells it tells once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from messages import speaking
from pipelines.agency.check import check_dataset
from pipelines.agency.report.groups import Example, ProblemGroup, group_check_problems
from tests.support.cities import City, declaration

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

"""A long column says the same of itself whether its texts are looked at one by one or those written alike
together."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Any

import pyarrow as pa
import pytest

from pipelines.read.detect import alike, column, slips
from pipelines.read.detect.alike import replace_texts
from tests.support.paths import DATASETS

ROWS = 5_000
Write = Callable[[random.Random], str]


def number(format: str, scale: int = 100, most: int = 10**9, grouped: str = "") -> Write:
    def write(dice: random.Random) -> str:
        text = f"{dice.randrange(most) / scale:{format}}"
        marks = {"": "", ".": str.maketrans(",.", ".,"), ",": ""}[grouped]
        return text.translate(marks) if marks else text

    return write


def moment(format: str) -> Write:
    def write(dice: random.Random) -> str:
        when = datetime(2010, 1, 1) + timedelta(seconds=dice.randrange(400_000_000))  # noqa: DTZ001
        return when.strftime(format)

    return write


def midnight(dice: random.Random) -> str:
    return (datetime(1900, 1, 1) + timedelta(days=dice.randrange(60_000))).strftime("%d/%m/%Y 00:00")  # noqa: DTZ001


def of(*texts: str) -> Write:
    return lambda dice: dice.choice(texts)


# kind, constraints, how most cells are written, how so many others are
COLUMNS: dict[str, tuple[str, dict[str, Any], Write, Write, int]] = {
    "plain": ("number", {}, number(".2f"), of("N/A", "x"), 7),
    "plain-whole": ("integer", {"minimum": 1}, number(".0f", 1), of("-3", "0", "x"), 9),
    "beyond": ("number", {"minimum": 0, "maximum": 5e6}, number(".2f"), of("1.234,5", "-1.0"), 12),
    "comma": ("number", {}, number(",.2f", grouped="."), of("12.5", "S/D"), 15),
    "comma-bounds": ("number", {"maximum": 9_000_000}, number(",.2f", grouped="."), of("12.5", "-"), 15),
    "comma-many": ("number", {}, number(",.2f", grouped="."), number(".1f"), 2_000),
    "thousands": ("integer", {}, number(",.0f", 1, grouped="."), number(".0f", 1, 999), 900),
    "english": ("number", {}, number(",.2f"), number(".2f"), 1_200),
    "three-decimals": ("number", {"maximum": 900}, number(".3f", 1_000, 900_000), of("1,5", "7"), 20),
    "three-decimals-alone": ("number", {}, number(".3f", 1_000, 900_000), of("S/D", "1.234.567"), 4),
    "whole-decimals": ("integer", {}, number(".1f", 1), of("5.5", "x", "S/D"), 6),
    "whole-comma": ("integer", {"minimum": 10}, number(",.1f", 1, grouped="."), of("5", "3,0"), 30),
    "both-marks": ("number", {}, number(",.2f", grouped="."), number(",.2f"), 2_400),
    "iso": ("datetime", {}, moment("%Y-%m-%dT%H:%M:%S"), of("2024-01-01", "2024-02-30T10:00:00", "S/D"), 8),
    "iso-space": (
        "datetime",
        {"minimum": "2012"},
        moment("%Y-%m-%d %H:%M:%S"),
        of("x", "31/02/2020 10:00"),
        9,
    ),
    "day-first": (
        "datetime",
        {},
        moment("%d/%m/%Y %H:%M"),
        of("31/02/2020 10:00", "2020-01-05T10:00:00"),
        12,
    ),
    "month-first": ("datetime", {}, moment("%m/%d/%Y %H:%M:%S"), of("S/D", "x"), 12),
    "either": ("datetime", {}, moment("%d/%m/%Y %H:%M"), moment("%m/%d/%Y %H:%M"), 600),
    "late": ("datetime", {"maximum": "2015-01-01T00:00:00"}, moment("%d-%m-%Y %H:%M"), of("x"), 5),
    "zulu": ("datetime", {}, moment("%Y-%m-%dT%H:%M:%SZ"), of("01/02/2020 10:00", "x"), 12),
    "short": ("datetime", {}, moment("%-d/%-m/%Y %-H:%M"), of("x", "1/13/2020 1:00"), 12),
    "midnight": ("date", {}, midnight, of("01/02/2020 10:00", "30/02/2020"), 12),
    "days": ("date", {"minimum": "1910-01-01"}, moment("%d.%m.%Y"), moment("%Y-%m-%d"), 100),
    "pattern": ("string", {"pattern": "[0-9.]+"}, number(".2f"), of("S/D", "x"), 12),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "FIRST", 1_100)
    monkeypatch.setattr(alike, "FIRST_STRANGE", 1_300)
    monkeypatch.setattr(column, "ASKED", 200)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_long_column_says_the_same_of_itself(
    name: str, monkeypatch: pytest.MonkeyPatch, small: None
) -> None:
    kind, bounds, usual, other, others = COLUMNS[name]
    dice = random.Random(name)
    texts = [usual(dice) for _row in range(ROWS - others)] + [other(dice) for _row in range(others)]
    dice.shuffle(texts)
    cells = pa.chunked_array([pa.array([*texts[:3_000], None, "", *texts[3_000:]], pa.string())])
    field = {"name": "x", "type": kind, "constraints": bounds}
    guesses = []
    for long in (10**9, 2_000):
        monkeypatch.setattr(alike, "LONG", long)
        guesses.append(column.inspect_column(field, cells, [""], None))
    one_by_one, together = guesses
    assert (one_by_one is None) == (together is None)
    if one_by_one is not None and together is not None:
        for each in ("findings", "note", "odd", "writing", "order"):
            assert getattr(together, each) == getattr(one_by_one, each), each
        expected = [one_by_one.texts.get(text, text) for text in cells.to_pylist()]
        assert replace_texts(cells.combine_chunks(), together.texts).to_pylist() == expected
        assert bool(one_by_one.texts) == bool(together.texts)


ODD = {
    "number": [
        "1.234,56",
        "12,5",
        "1,234.5",
        "1 234,5",
        "$ 5",
        "U$S 1.200",
        "5 %",
        "1e5",
        "N/A",
        "1.200",
        ".5",
    ],
    "integer": ["1.234", "12,0", "1,234", "7.0", "$ 5", "x", "S/D", "1 234"],
    "date": ["31/12/2020", "2020-1-5", "20200105", "43831", "5 de enero de 2020", "2020-02-30", "x"],
    "datetime": ["2020-01-05", "31/12/2020 10:00", "2020-01-05 10:00:00", "43831,5", "2020-01-05T10:00:00Z"],
    "time": ["9:05", "25:00", "x"],
    "boolean": ["sí", "no", "x", "TRUE ", "verdadero"],
    "year": ["2.020", "20,0", "x"],
}


def columns_of_the_city() -> Iterator[tuple[str, list[str]]]:
    """Columns of real extracts, with the name of each."""
    for path in sorted(DATASETS.glob("*/source/*.csv")):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            dialect = csv.Sniffer().sniff(file.readline(), ",;")
            file.seek(0)
            rows = [*islice(csv.reader(file, dialect), 200)]
        for place, label in enumerate(rows[0]):
            yield f"{path.stem}/{label}", [row[place] for row in rows[1:] if len(row) > place]


def test_a_few_cells_that_do_not_read_are_judged_as_by_all_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {
        name: [usual(random.Random(f"{name}{row}")) for row in range(300)]
        for name, (_kind, _bounds, usual, _other, _others) in COLUMNS.items()
    }
    shortened = [0]

    def are_slips(*arguments: Any) -> bool:
        found = slips.are_slips(*arguments)
        shortened[0] += found
        return found

    for (_name, texts), (kind, odd) in product(
        [*written.items(), *islice(columns_of_the_city(), 0, None, 19)], ODD.items()
    ):
        field = {"name": "x", "type": kind}
        for some in ([], odd[:1], odd[1:3], odd[3:], 8 * odd[:2]):
            cells = pa.chunked_array([pa.array([*texts, *some], pa.string())])
            monkeypatch.setattr(column, "are_slips", are_slips)
            quick = column.inspect_column(field, cells, [""], None)
            monkeypatch.setattr(column, "_few_strange_cells", lambda *_arguments: None)
            assert column.inspect_column(field, cells, [""], None) == quick, (_name, kind, some)
            monkeypatch.undo()
    assert shortened[0] > 20

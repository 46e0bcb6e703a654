"""What the data team is told to declare reads the cells for which it is recommended; what cannot be declared
is not recommended."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dataset.layout import Writing
from pipelines.dataset.yaml_text import DeclarationLoader, parse_yaml
from pipelines.read.detect.dates import guess_dates, guess_months, guess_times
from pipelines.read.detect.declarable import ways_to_declare
from pipelines.read.detect.numbers import guess_numbers
from pipelines.read.repair import CellWriting
from tests.support.cities import City, declaration

GUESSES = {
    "date": lambda cells: guess_dates(cells, "date"),
    "datetime": lambda cells: guess_dates(cells, "datetime"),
    "yearmonth": guess_months,
    "time": guess_times,
    "number": lambda cells: guess_numbers(cells, False, None),
    "integer": lambda cells: guess_numbers(cells, True, None),
}


def recommended(kind: str, *texts: str) -> list[str]:
    verdict = GUESSES[kind](dict.fromkeys(texts, 1))
    assert verdict is not None
    return ways_to_declare(verdict, {"name": "a", "type": kind})


def as_declared(way: str, kind: str, text: str) -> str:
    writing = Writing.model_validate(parse_yaml(f"{{{way}}}".encode(), DeclarationLoader))
    return CellWriting({"name": "a", "type": kind}, writing).translate(text)


@pytest.mark.parametrize(
    ("kind", "texts", "ways"),
    [
        ("date", ["10-01-24", "11-02-24"], ['format: "%d-%m-%y"', 'format: "%m-%d-%y"']),
        ("date", ["10-01-2024"], ['format: "%d-%m-%Y"', 'format: "%m-%d-%Y"']),
        ("date", ["13/02/24", "14/02/2024"], ['format: ["%d/%m/%y", "%d/%m/%Y"]']),
        ("date", ["3-ene-24", "4-feb-24"], []),
        ("date", ["45000", "45001"], []),
        ("datetime", ["13/02/2024 10:30 hs"], ['format: "%d/%m/%Y %H:%M hs"']),
        ("datetime", ["13/02/24, 10:30:15.5"], ['format: "%d/%m/%y, %H:%M:%S.%f"']),
        ("datetime", ["13/02/2024 10:30 p.m."], []),
        ("yearmonth", ["03-11"], ['format: "%m-%y"', 'format: "%y-%m"']),
        ("yearmonth", ["enero 2024"], []),
        ("time", ["9:30:15"], ['format: "%H:%M:%S"']),
        ("integer", ["1,234"], ['decimalChar: ".", groupChar: ","']),
        ("number", ["1.234"], ['decimalChar: "."', 'decimalChar: ",", groupChar: "."']),
    ],
)
def test_what_can_be_declared_is_recommended_and_nothing_else(kind, texts, ways):
    assert recommended(kind, *texts) == ways


MOMENTS = st.integers(0, 3_092_000_000).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(MOMENTS, min_size=1, max_size=4),
    st.sampled_from(["%d{s}%m{s}%Y", "%d{s}%m{s}%y", "%m{s}%d{s}%y", "%-d{s}%-m{s}%y", "%Y{s}%m{s}%d"]),
    st.sampled_from("/-."),
    st.sampled_from(["", " %H:%M", " %H:%M:%S", ", %H:%M", " %H:%M hs", " %H:%M:%S.%f"]),
)
def test_each_recommended_way_reads_the_cells(moments, day, sep, clock):
    texts = [moment.strftime(day.format(s=sep) + clock) for moment in moments]
    kind = "datetime" if clock else "date"
    verdict = GUESSES[kind](dict.fromkeys(texts, 1))
    ways = ways_to_declare(verdict, {"name": "a", "type": kind}) if verdict and not verdict.against else []
    assert ways or verdict is None or verdict.against or len(texts) > 1
    for way in ways:
        read = [as_declared(way, kind, text) for text in dict.fromkeys(texts)]
        assert sum(re.match(r"\d{4}-\d\d-\d\d", each) is not None for each in read) >= 0.9 * len(read)


def test_the_data_team_is_told_a_form_with_which_the_file_is_right(tmp_path):
    fields = [
        {"name": "id", "type": "integer", "description": "n"},
        {"name": "fecha", "type": "date", "description": "d"},
    ]
    content = "\n".join(["id;fecha", *(f"{n};0{n % 9 + 1}-0{n % 7 + 1}-24" for n in range(1, 31)), ""])
    city = City(tmp_path)
    city.declare(declaration("t", fields=fields), datos=content)
    way = re.search(r'format: "(%d[^"]*)"', city.outcome("t").message)
    city.declare(
        declaration("t", fields=fields, layouts=[{"fields": {"fecha": {"format": way[1]}}}]), datos=content
    )
    assert city.outcome("t").outcome == "published"

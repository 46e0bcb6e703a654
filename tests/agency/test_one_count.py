"""However a file is wrecked, its problems are counted once, and everywhere alike: in what a run answers, in
its sentences, in the report and its list, and on the page of the data team."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO

import pytest

from pipelines.agency.check import check_dataset
from pipelines.agency.report.write import write_report
from pipelines.web.desk.overview import Overview
from tests.support.cities import City, declaration
from tests.support.teams import give

pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")
FIELDS = [
    {"name": "id", "type": "integer", "description": "n", "constraints": {"required": True}},
    {"name": "nombre", "type": "string", "description": "n"},
    {"name": "monto", "type": "number", "description": "m"},
    {"name": "dia", "type": "date", "description": "d"},
]


def wreck(n: int, *, empty_keys: int = 50, odd_keys: int = 10**9, more: tuple[str, ...] = ()) -> str:
    """Keys that are there twice, or empty, or no numbers, beside amounts and days that do not read."""
    rows = []
    for i in range(n):
        key = "" if i % empty_keys == 3 else "x" if i % odd_keys == 5 else str(i - (i % 4 == 0 and i > 0))
        rows.append(f"{key},N{i},{i if i % 3 else 'x1'},{'2024-01-05' if i % 5 else 'nunca'}")
    return "\n".join(("id,nombre,monto,dia", *rows, *more)) + "\n"


@pytest.mark.parametrize(
    "content",
    [
        wreck(60),
        wreck(60, odd_keys=20),
        wreck(60, more=(",,,", "7,b", "8,c,1,2024-01-01,y,z")),
        wreck(60, more=("", "Fuente: registro propio")),
        wreck(2_500, odd_keys=100, more=(",,,", "9,d")),
    ],
    ids=["empty keys", "odd keys", "uneven rows", "a note", "many"],
)
@pytest.mark.parametrize("share", [None, 0.9])
def test_problems_are_counted_once_and_everywhere_alike(tmp_path, content, share):
    city = City(tmp_path)
    quarantine = {"quarantine": {"maxShare": share}} if share else {}
    city.declare(declaration("t", source={"kind": "inbox"}, fields=FIELDS, **quarantine))
    give(city, "t", content, "t.csv")
    outcome = city.outcome("t")
    given = tmp_path / "given.csv"
    given.write_text(content)
    with check_dataset(city.datasets, city.archive, "t", given) as done:
        write_report(done, tmp_path / "report", city.clock())
    groups = json.loads((tmp_path / "report/report.json").read_text())["groups"]
    counted = sum(group["count"] for group in groups)
    listed = list(csv.DictReader(StringIO((tmp_path / "report/problemas.csv").read_text("utf-8-sig"))))
    assert outcome.problems == counted == len(listed)
    if outcome.outcome == "rejected":
        more = re.search(r"and ([\d,]+) more problem", outcome.message)
        warnings = sum(group["count"] for group in groups if group["severity"] == "warning")
        assert int(more[1].replace(",", "")) + 1 == outcome.problems - warnings
    view = Overview(city.datasets, city.archive).find("t")
    assert len(view.problems) + view.more_problems == outcome.problems

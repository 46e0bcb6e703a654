"""The second time: a mended file is told against the one before, in the report, at the terminal, as JSON."""

from __future__ import annotations

import csv as csv_reader
import json
from datetime import datetime

import pytest

from catalog.archive.receipts import Receipt
from pipelines.agency.check import check_dataset
from pipelines.agency.progress import Progress, find_progress
from pipelines.agency.report.write import write_report
from pipelines.agency.submit import hand_in
from tests.support.cities import City, declaration
from tests.support.terminal import vereda

pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")
NOW = datetime.fromisoformat("2026-03-01T10:00:00-03:00")
FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "nombre", "type": "string", "description": "Nombre"},
    {"name": "monto", "type": "number", "description": "Monto"},
]


def table(bad: set[int], gone: frozenset[int] = frozenset()) -> str:
    rows = [f"{n},Obra {n},{'a ver' if n in bad else n}" for n in range(1, 121) if n not in gone]
    return "\n".join(["id,nombre,monto", *rows]) + "\n"


def hand(city: City, name: str, content: str) -> Receipt:
    file = city.folder / name
    file.write_text(content, "utf-8")
    return hand_in(city.datasets, city.archive, city.inbox, "obras", file, None, NOW).receipt


def progress(city: City, receipt: Receipt) -> Progress | None:
    file = city.folder / receipt.name
    with check_dataset(city.datasets, city.archive, "obras", file) as done:
        return find_progress(done, city.datasets, city.archive, receipt)


@pytest.mark.parametrize("key", ["id", None], ids=["key", "no-key"])
def test_mended_left_and_new_are_counted_also_where_rows_have_moved(city, key):
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS, key=key))
    first = hand(city, "uno.csv", table({*range(1, 88)}))
    assert progress(city, first) is None
    second = hand(city, "dos.csv", table({80, 81, 82, 100, 101}, gone=frozenset({1, 2, 3})))
    assert progress(city, second) == Progress(1, "uno.csv", mended=84, left=3, new=2)
    assert progress(city, hand(city, "bien.csv", table(set()))) == Progress(2, "dos.csv", 5, 0, 0)


def test_thousands_of_problems_are_told_apart_too(city):
    """Of one kind a thousand are kept with their values; of the others their rows are known."""
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS))
    many = "\n".join(["id,nombre,monto", *(f"{n},Obra {n},x" for n in range(1, 5001))])
    fewer = "\n".join(["id,nombre,monto", *(f"{n},Obra {n},{'x' if n % 2 else 1}" for n in range(1, 5001))])
    hand(city, "uno.csv", many)
    assert progress(city, hand(city, "dos.csv", fewer)) == Progress(1, "uno.csv", 2500, 2500, 0)


def test_the_report_and_the_terminal_tell_it(city, tmp_path):
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS))
    hand(city, "uno.csv", table({1, 2, 3}))
    file = tmp_path / "dos.csv"
    file.write_text(table({3, 4}), "utf-8")
    told = vereda(city, "check", "obras", str(file), "--report", str(tmp_path / "r"), status=1)
    sentence = "Respecto del archivo anterior (n.º 1, uno.csv): 2 corregidos, 1 queda, 1 nuevo."
    assert sentence in " ".join(told.split())
    assert sentence in (tmp_path / "r" / "informe.html").read_text("utf-8")
    expected = {"number": 1, "name": "uno.csv", "mended": 2, "left": 1, "new": 1}
    assert json.loads((tmp_path / "r" / "report.json").read_text("utf-8"))["progress"] == expected


def test_another_month_is_no_second_time(city):
    fields = [*FIELDS, {"name": "fecha", "type": "date", "description": "d"}]
    months = {"mode": "by-period", "field": "fecha"}
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=fields, extract=months))
    head = "id,nombre,monto,fecha\n"
    hand(city, "enero.csv", head + "1,a,x,2024-01-03\n")
    assert progress(city, hand(city, "febrero.csv", head + "2,a,x,2024-02-03\n")) is None


def test_the_list_has_every_problem_with_its_row_and_value(city, tmp_path):
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS))
    rows = [f"{n},Obra {n},{f'{n}x' if n % 2 else n}" for n in range(1, 5001)]
    file = tmp_path / "muchas.csv"
    file.write_text("\n".join(["id,nombre,monto", *rows]), "utf-8")
    with check_dataset(city.datasets, city.archive, "obras", file) as done:
        write_report(done, tmp_path / "r", NOW)
    with (tmp_path / "r" / "problemas.csv").open(encoding="utf-8-sig", newline="") as listing:
        lines = list(csv_reader.DictReader(listing))
    assert [(line["row"], line["value"]) for line in lines] == [
        (str(n + 1), f"{n}x") for n in range(1, 5001, 2)
    ]
    assert {line["expected"] for line in lines} == {lines[0]["expected"]}


def by_month(city: City, **more) -> None:
    fields = [*FIELDS, {"name": "fecha", "type": "date", "description": "d"}]
    months = {"mode": "by-period", "field": "fecha"}
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=fields, extract=months, **more))


def month(number: int, *cells: object) -> str:
    rows = [f"{number}{n},Obra {n},{cell},2024-{number:02}-{n + 1:02}" for n, cell in enumerate(cells)]
    return "\n".join(["id,nombre,monto,fecha", *rows]) + "\n"


def test_a_month_is_told_against_the_last_file_of_that_month(city):
    by_month(city, quarantine={"maxShare": 0.8})
    for name, content in (
        ("enero.csv", month(1, "x", "y", "z", 1)),
        ("febrero.csv", month(2, 1, 2)),
        ("marzo.csv", month(3, "x", 2)),
    ):
        hand(city, name, content)
        city.run("obras")
    again = hand(city, "enero-2.csv", month(1, "x", 2, 3, "w"))
    assert progress(city, again) == Progress(1, "enero.csv", mended=2, left=1, new=1)
    city.run("obras")
    assert progress(city, hand(city, "enero-3.csv", month(1, 1, 2, 3, 4))) == Progress(
        4, "enero-2.csv", 2, 0, 0
    )


def test_what_stops_a_file_is_one_problem_whatever_shows_it(city):
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS))
    hand(city, "uno.csv", table(set()))
    city.run("obras")
    assert progress(city, hand(city, "dos.csv", "id,nombre,monto\n")) == Progress(1, "uno.csv", 0, 0, 1)


def test_a_file_of_another_month_is_not_told_against_the_one_before_though_they_share_a_key(city):
    by_month(city, quarantine={"maxShare": 0.8})
    hand(city, "enero.csv", month(1, *"xyz", 1, 2))
    city.run("obras")
    hand(city, "enero-2.csv", month(1, *range(5)))
    city.run("obras")
    stray = month(3, "x", 2, 3) + "10,Obra 0,5,2024-03-30\n"
    assert progress(city, hand(city, "marzo.csv", stray)) is None


def test_it_is_told_against_an_unread_file_of_its_month_and_of_no_other(city):
    """The files before wait: no run has judged them."""
    by_month(city)
    hand(city, "enero.csv", month(1, "x", "y", 3))
    hand(city, "febrero.csv", month(2, "x", 2))
    assert progress(city, hand(city, "enero-2.csv", month(1, 1, 2, 3))) == Progress(1, "enero.csv", 2, 0, 0)


def test_where_no_date_could_be_read_its_rows_tell_which_file_was_before(city):
    by_month(city)
    unread = month(1, 1, 2, 3, 4).replace("2024-01", "enero ")
    hand(city, "enero.csv", unread)
    city.run("obras")
    hand(city, "febrero.csv", month(2, 1, "y"))
    city.run("obras")
    mended = hand(city, "enero-2.csv", month(1, 1, 2, "x", 4))
    assert progress(city, mended) == Progress(1, "enero.csv", mended=4, left=0, new=1)
    city.run("obras")
    assert progress(city, hand(city, "febrero-2.csv", month(2, 1, 2))) == Progress(2, "febrero.csv", 1, 0, 0)


def test_of_a_file_of_several_months_only_those_count_that_came_again(city):
    by_month(city)
    quarter = month(1, "x", "y") + month(2, "x", 2).partition("\n")[2] + month(3, *"xyz").partition("\n")[2]
    hand(city, "trimestre.csv", quarter)
    city.run("obras")
    assert progress(city, hand(city, "febrero.csv", month(2, 1, 2))) == Progress(1, "trimestre.csv", 1, 0, 0)


@pytest.mark.parametrize("key", ["id", None], ids=["key", "no-key"])
def test_rows_to_add_are_told_against_the_file_that_they_mend(city, key):
    city.declare(
        declaration("obras", source={"kind": "inbox"}, fields=FIELDS, extract={"mode": "append"}, key=key)
    )
    hand(city, "uno.csv", table({*range(1, 88)}))
    city.run("obras")
    hand(city, "dos.csv", "id,nombre,monto\n1,Otra,x\n200,Otra más,3\n201,Y otra,4\n")
    city.run("obras")
    assert progress(city, hand(city, "uno-bien.csv", table({5}))) == Progress(1, "uno.csv", 86, 1, 0)


def test_a_column_that_may_be_read_in_two_ways_is_one_problem(city):
    by_month(city)
    short = "id,nombre,monto,fecha\n1,a,1,01/02/2024\n2,b,1,02/02/2024\n"
    hand(city, "febrero.csv", short)
    city.run("obras")
    whole = short.replace("01/02/2024", "2024-02-01").replace("02/02/2024", "2024-02-02")
    assert progress(city, hand(city, "febrero-2.csv", whole)) == Progress(1, "febrero.csv", 1, 0, 0)

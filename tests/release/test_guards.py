"""What an agency could send by mistake, month after month of good extracts: what stops, what is told, and
what goes through."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from pipelines.release.verify import verify
from tests.support.cities import City, declaration
from tests.support.months import FIELDS, monthly_csv, monthly_rows, release_months, unusual_codes


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """A city after four releases; tests only send what is not published."""
    return release_months(tmp_path_factory.mktemp("four"))


def changed(column: int, change) -> str:
    return monthly_csv([[*row[:column], change(row[column]), *row[column + 1 :]] for row in monthly_rows(5)])


STOPPED = {
    "a column is empty": (changed(5, lambda cell: ""), ("nulls-unusual", "calle")),
    "dates are Excel's numbers": (
        changed(2, lambda cell: str((date(*map(int, reversed(cell.split("/")))) - date(1899, 12, 30)).days)),
        ("dates-as-serials", "cargada"),
    ),
    "a decimal mark is lost": (changed(4, lambda cell: cell.replace(".", "")), ("numbers-unusual", "monto")),
    "categories are renamed": (changed(3, str.upper), ("categories-unusual", "tipo")),
    "half of the rows are gone": (monthly_csv(monthly_rows(5)[:120]), ("rows-lost", None)),
    "a month is gone": (
        monthly_csv([row for row in monthly_rows(5) if not row[1].startswith("2025-02")]),
        ("month-shortened", "fecha"),
    ),
    "half of the last month is missing": (monthly_csv(monthly_rows(4)[:-35]), ("month-shortened", "fecha")),
    "an old file is sent again": (monthly_csv(monthly_rows(2)), ("stale-extract", None)),
    "there are no rows left": (monthly_csv([]), ("rows-gone", None)),
}


@pytest.mark.parametrize("what", STOPPED)
def test_what_stops(four, what):
    content, expected = STOPPED[what]
    four.send("reclamos", content)
    outcome = four.outcome("reclamos")
    assert expected in unusual_codes(outcome), unusual_codes(outcome)
    assert (outcome.outcome, outcome.version) == ("rejected", "1.3.0")
    assert "vereda accept reclamos --because" in outcome.message


def test_an_ordinary_month_passes_in_silence(tmp_path):
    city = release_months(tmp_path, 6)
    assert city.history("reclamos").current.problems == 0
    city.send("reclamos", monthly_csv(monthly_rows(7)[:-35]))
    assert unusual_codes(city.outcome("reclamos")) == {("month-short", "fecha")}, (
        "half of the new month is missing"
    )
    entry = city.history("reclamos").current
    assert not entry.files["profile.json"].public
    assert verify(city.archive, entry, city.history("reclamos")).bytes_same
    kept = json.loads(city.archive.get(entry.files["profile.json"].sha256))["reclamos"]
    assert (kept["rows"], kept["columns"]["fecha"]["newest"][:7]) == (360, "2025-06")


def test_a_warning_tells_what_was_measured_expected_and_from_how_many_releases(tmp_path):
    city = release_months(tmp_path)
    city.send(
        "reclamos",
        monthly_csv(
            [[*row[:5], "" if place % 3 == 0 else row[5]] for place, row in enumerate(monthly_rows(5))]
        ),
    )
    outcome = city.outcome("reclamos")
    assert (outcome.outcome, outcome.version, outcome.problems) == ("published", "1.4.0", 1)
    (found,) = outcome.report["unusual"]
    assert (found["code"], found["field"], found["releases"], found["stops"]) == (
        "nulls-unusual",
        "calle",
        4,
        False,
    )
    assert found["measured"] == pytest.approx(1 / 3, abs=0.01)
    assert found["low"] < 0.01 < found["high"] < found["measured"]
    report = json.loads(city.archive.get(city.history("reclamos").current.files["report.json"].sha256))
    assert [(p["code"], p["field"], p["count"]) for p in report["resources"]["reclamos"]["problems"]] == [
        ("nulls-unusual", "calle", 1)
    ]


def test_a_first_release_is_not_judged_and_a_small_table_by_its_rows_and_its_emptied_columns(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("reclamos", fields=FIELDS), datos=monthly_csv(monthly_rows(1, each=15)))
    assert city.outcome("reclamos").outcome == "published"
    city.send("reclamos", monthly_csv([[*row[:4], "9999999", row[5]] for row in monthly_rows(1, each=8)]))
    assert unusual_codes(city.outcome("reclamos")) == set()


def without_streets(rows: list[list[str]]) -> str:
    return monthly_csv([[*row[:5], ""] for row in rows])


@pytest.mark.parametrize(("before", "now"), [(15, 15), (15, 8), (3, 3), (22, 18)])
def test_a_column_that_was_full_and_is_empty_stops_however_small_the_table(tmp_path, before, now):
    city = City(tmp_path)
    city.declare(declaration("reclamos", fields=FIELDS), datos=monthly_csv(monthly_rows(1, each=before)))
    assert city.outcome("reclamos").outcome == "published"
    city.send("reclamos", without_streets(monthly_rows(1, each=now)))
    outcome = city.outcome("reclamos")
    assert (outcome.outcome, unusual_codes(outcome)) == ("rejected", {("nulls-unusual", "calle")})


def test_of_a_small_delivery_a_column_that_is_empty_stops_though_the_table_is_large(tmp_path):
    city = City(tmp_path)
    months = {"mode": "by-period", "field": "fecha"}
    rows = monthly_rows(5, each=8)
    city.declare(declaration("reclamos", fields=FIELDS, extract=months), datos=monthly_csv(rows[:32]))
    city.run("reclamos")
    city.send("reclamos", without_streets(rows[32:]))
    assert unusual_codes(city.outcome("reclamos")) == {("nulls-unusual", "calle")}


@pytest.mark.parametrize("street", ["Calle 3", ""])
def test_of_a_small_table_a_column_that_is_emptied_in_part_or_was_hardly_filled_does_not_stop(
    tmp_path, street
):
    city = City(tmp_path)
    rows = monthly_rows(1, each=12)
    half = [[*row[:5], row[5] if place < 5 else ""] for place, row in enumerate(rows)]
    city.declare(declaration("reclamos", fields=FIELDS), datos=monthly_csv(half))
    city.run("reclamos")
    city.send("reclamos", monthly_csv([[*row[:5], street if row is rows[0] else ""] for row in rows]))
    assert city.outcome("reclamos").outcome == "published"


def test_warnings_that_each_only_warn_stop_the_run_together(tmp_path):
    suite = {
        "name": "reclamos",
        "expectations": [
            {
                "type": "expect_column_values_to_match_regex",
                "kwargs": {"column": "calle", "regex": "^(Calle|Pasaje) "},
                "severity": "warning",
            }
        ],
    }
    city = City(tmp_path)
    city.declare(
        declaration("reclamos", fields=FIELDS, expectations="reclamos.expectations.yaml"),
        suites={"reclamos.expectations.yaml": suite},
        datos=monthly_csv(monthly_rows(1)),
    )
    for month in (1, 2):
        few = [[*row[:5], "Pje. 3"] if place == 7 else row for place, row in enumerate(monthly_rows(month))]
        city.send("reclamos", monthly_csv(few))
        assert (city.outcome("reclamos").outcome, city.history("reclamos").current.problems) == (
            "published",
            1,
        )
    city.send(
        "reclamos", monthly_csv([[*row[:5], row[5].replace("Calle", "Av.")] for row in monthly_rows(3)])
    )
    outcome = city.outcome("reclamos")
    assert outcome.outcome == "rejected"
    assert unusual_codes(outcome) == {("warnings-unusual", "calle")}
    assert "180 advertencias sobre calle" in outcome.message


def test_a_changed_declaration_may_warn_of_more(tmp_path):
    city = release_months(tmp_path)
    values = {"calle": [{"pattern": "Calle", "replace": "C.", "because": "abreviatura"}]}
    city.declare(declaration("reclamos", fields=FIELDS, values=values))
    city.send("reclamos", monthly_csv(monthly_rows(5)))
    assert unusual_codes(city.outcome("reclamos")) == set()


def test_a_replacement_is_no_deletion(tmp_path):
    """As BA Obras did from 2019 to 2023: without a key every row is another one, and there are more of
    them."""
    city = City(tmp_path)
    city.declare(declaration("reclamos", fields=FIELDS, key=None), datos=monthly_csv(monthly_rows(3)))
    city.run("reclamos")
    city.send("reclamos", monthly_csv(monthly_rows(5, seed=8)))
    outcome = city.outcome("reclamos")
    assert (outcome.outcome, outcome.changes["reclamos"]["removed"]) == ("published", 180)


def test_a_file_loaded_twice_stops_without_a_key(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("reclamos", fields=FIELDS, key=None), datos=monthly_csv(monthly_rows(3)))
    city.run("reclamos")
    city.send("reclamos", monthly_csv(monthly_rows(3) * 2))
    assert ("rows-repeated", None) in unusual_codes(city.outcome("reclamos"))


def test_a_period_is_judged_by_the_others(tmp_path):
    city = City(tmp_path)
    city.declare(
        declaration("reclamos", fields=FIELDS, extract={"mode": "by-period", "field": "fecha"}),
        datos=monthly_csv(monthly_rows(5)),
    )
    assert city.outcome("reclamos").outcome == "published"
    june = monthly_rows(6)[300:]
    city.send("reclamos", monthly_csv(june[:20]))
    outcome = city.outcome("reclamos")
    assert (outcome.outcome, unusual_codes(outcome)) == ("rejected", {("period-short", None)})
    city.send("reclamos", monthly_csv(june))
    assert city.outcome("reclamos").outcome == "published", "a month's file is no deletion of the others"
    city.send("reclamos", monthly_csv(june[:30]))
    assert unusual_codes(city.outcome("reclamos")) == {("period-short", None)}, (
        "a period that comes again with half of its rows"
    )


@pytest.mark.parametrize(
    ("january", "stray", "march", "word"),
    [
        (10, 1, 10, "rejected"),
        (10, 1, 0, "rejected"),
        (8, 4, 0, "rejected"),
        (3, 1, 10, "rejected"),
        (3, 2, 10, "published"),
        (10, 8, 10, "published"),
        (2, 1, 10, "published"),
        (10, 10, 10, "published"),
    ],
)
def test_a_few_rows_do_not_replace_a_period_however_small_it_is(tmp_path, january, stray, march, word):
    city = City(tmp_path)
    first, february, third = (monthly_rows(3, each=10)[n : n + 10] for n in (0, 10, 20))
    city.declare(
        declaration("reclamos", fields=FIELDS, extract={"mode": "by-period", "field": "fecha"}),
        datos=monthly_csv(first[:january] + february),
    )
    city.run("reclamos")
    city.send("reclamos", monthly_csv(third[:march] + first[:stray]))
    outcome = city.outcome("reclamos")
    assert outcome.outcome == word
    assert unusual_codes(outcome) == ({("period-short", None)} if word == "rejected" else set())
    asked_about_the_date = "¿está bien esa fecha?" in outcome.message
    assert asked_about_the_date == (word == "rejected" and march > 0)


LABELS = {"Monto ($)": "monto", "Tipo de trámite": "tipo", "Domicilio": "calle", "Cargada": "cargada"}


def in_thousands(rows: list[list[str]]) -> None:
    for row in rows:
        row[4] = f"{float(row[4]) / 1000:.5f}"


def of_another_kind(rows: list[list[str]]) -> None:
    for row in rows:
        row[3] = "Poda"


def without_the_street(rows: list[list[str]]) -> None:
    for row in rows:
        row[5] = ""


def as_days_of_excel(rows: list[list[str]]) -> None:
    for row in rows:
        row[2] = "46126"


@pytest.mark.parametrize(
    ("change", "field", "label"),
    [
        (in_thousands, "monto", "Monto ($)"),
        (of_another_kind, "tipo", "Tipo de trámite"),
        (without_the_street, "calle", "Domicilio"),
        (as_days_of_excel, "cargada", "Cargada"),
    ],
)
def test_whoever_sent_the_file_is_told_of_its_columns_as_it_calls_them(tmp_path, change, field, label):
    city = City(tmp_path)
    header = "id,fecha,Cargada,Tipo de trámite,Monto ($),Domicilio"

    def written(rows: list[list[str]]) -> str:
        return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"

    city.declare(declaration("reclamos", fields=FIELDS, layouts=[{"labels": LABELS}]))
    for month in (1, 2, 3, 4):
        city.send("reclamos", written(monthly_rows(month)))
        assert city.outcome("reclamos").outcome == "published"
    rows = monthly_rows(5)
    change(rows)
    city.send("reclamos", written(rows))
    outcome = city.outcome("reclamos")
    assert outcome.outcome == "rejected"
    assert re.search(rf"\b{field}\b", outcome.message)
    assert label not in outcome.message
    assert f"«{label}»" in outcome.for_sender
    assert not re.search(rf"\b{field}\b", outcome.for_sender)

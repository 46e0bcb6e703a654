"""A column of which nobody can tell how it is written is one question, in which only the cells that would not
read anyway are named beside it; and what else is known of the file answers it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from messages import speaking
from pipelines.agency.check import check_dataset
from pipelines.agency.report.groups import ProblemGroup, group_check_problems, problem_cells
from pipelines.release.outcome import Outcome
from pipelines.release.verify import verify
from tests.support.cities import City, declaration, published_rows
from tests.support.teams import give
from tests.support.terminal import vereda
from validation.report import KEPT

pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")

NUMBER = {"name": "id", "type": "integer", "description": "n"}
COUNT = {"name": "n", "type": "integer", "description": "n"}
AMOUNT = {"name": "v", "type": "number", "description": "v"}
DAY = {"name": "fecha", "type": "date", "description": "d"}


def told(folder: Path, content: str, *fields: dict[str, Any], **made: Any) -> list[ProblemGroup]:
    """The groups of problems that people are told of a file."""
    city = City(folder)
    city.declare(declaration("t", fields=[NUMBER, *fields], **made), datos=content)
    with check_dataset(city.datasets, city.archive, "t") as done:
        return group_check_problems(done)


def brief(groups: list[ProblemGroup]) -> list[tuple]:
    """Of each group its kind, its rows, and whether it stops the file."""
    return [
        (g.code or g.type, [p.row for p in g.problems if p.row], g.severity, g.count)
        for g in sorted(groups, key=lambda g: g.code or g.type)
    ]


def table(name: str, *cells: str) -> str:
    return f"id;{name}\n" + "".join(f"{n};{cell}\n" for n, cell in enumerate(cells, 1))


THOUSANDS = [f"{n}.000" for n in range(1, 41)]
QUESTION = ("undeclared-writing", [], "critical", 1)


@pytest.mark.parametrize(
    ("odd", "rows"),
    [
        (None, []),
        ("nueve", [10]),
        ("9.0", [10]),
        ("9.00", [10]),
        ("1.2.3", [10]),
    ],
)
def test_whole_thousands_are_one_question_and_the_odd_cell_is_named(tmp_path, odd, rows):
    cells = [*THOUSANDS]
    cells[8] = odd or cells[8]
    found = told(tmp_path, table("n", *cells), COUNT)
    expected = [("type-error", rows, "critical", 1)] if rows else []
    assert brief(found) == [*expected, QUESTION]
    (question,) = [g.problems[0] for g in found if g.code]
    assert "can be thousands, or have decimals that are zero" in (question.for_sender or "")


def test_a_cell_that_proves_thousands_leaves_no_question(tmp_path):
    cells = [*THOUSANDS]
    cells[8] = "9,5"
    assert brief(told(tmp_path, table("n", *cells), COUNT)) == [("type-error", [10], "critical", 1)]


def test_a_few_odd_counts_are_still_problems_of_their_rows(tmp_path):
    """Beside plain numbers the one that may be a thousand is the odd one."""
    cells = [str(37 * n) for n in range(1, 31)]
    cells[4], cells[8] = "1.000", "5.0"
    assert brief(told(tmp_path, table("n", *cells), COUNT)) == [("type-error", [6], "critical", 1)]


def days(*odd: str) -> list[str]:
    return [*odd, *(f"{n % 12 + 1:02}/{(n + 3) % 12 + 1:02}/2026" for n in range(40 - len(odd)))]


def test_dates_that_contradict_each_other_are_one_problem_with_examples_of_both_kinds(tmp_path):
    (found,) = told(tmp_path, table("fecha", *days("13/02/2026", "02/14/2026")), DAY)
    assert (found.code, found.count, found.severity) == ("undeclared-writing", 1, "critical")
    said = found.problems[0].for_sender or ""
    assert "“13/02/2026”" in said
    assert "“02/14/2026”" in said
    assert "nothing in the file" not in said


@pytest.mark.parametrize(
    ("odd", "rows", "first"),
    [
        (["13/02/2026", "14/02/2026", "02/15/2026"], [4], "2026-02-13"),
        (["02/13/2026", "02/14/2026", "15/02/2026"], [4], "2026-02-13"),
        (["02/13/2026", "14/02/2026", "15/02/2026"], [2], "2026-02-14"),
    ],
)
def test_the_order_that_most_dates_prove_is_followed(tmp_path, odd, rows, first):
    found = told(tmp_path, table("fecha", *days(*odd)), DAY)
    assert brief(found) == [("type-error", rows, "critical", 1)]
    city = City(tmp_path)
    city.declare(
        declaration("t", fields=[NUMBER, DAY], quarantine={"maxShare": 0.1}),
        datos=table("fecha", *days(*odd)),
    )
    assert city.outcome("t").outcome == "quarantined"
    assert str(published_rows(city, "t")[0]["fecha"]) == first


def test_dates_of_two_programs_in_equal_parts_are_one_problem(tmp_path):
    """Too many of either kind for the others to be slips."""
    some = [f"{day}/02/2026" for day in range(13, 28)] * 3
    others = [f"02/{day}/2026" for day in range(13, 28)] * 2
    (found,) = told(tmp_path, table("fecha", *some, *others), DAY)
    assert (found.code, found.count) == ("undeclared-writing", 1)


@pytest.mark.parametrize("other", ["{}-02-2026", "{}.02.26", "{}/2/2026"])
def test_days_that_differ_in_their_signs_alone_are_read(tmp_path, other):
    cells = [f"{day}/02/2026" for day in range(13, 28)] + [other.format(day) for day in range(13, 28)]
    assert told(tmp_path, table("fecha", *cells), DAY) == []


def test_days_that_differ_in_their_signs_and_can_be_months_are_one_question(tmp_path):
    cells = [f"{day:02}/02/2026" for day in range(3, 12)] + [f"{day:02}-02-2026" for day in range(3, 12)]
    assert brief(told(tmp_path, table("fecha", *cells), DAY)) == [QUESTION]


def test_months_in_two_digits_are_one_question(tmp_path):
    month = {"name": "mes", "type": "yearmonth", "description": "m"}
    cells = [f"{number:02}-{year:02}" for number in range(1, 13) for year in (3, 11)]
    assert brief(told(tmp_path, table("mes", *cells), month)) == [QUESTION]


def test_the_cells_of_a_question_are_still_in_the_report_of_frictionless(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("t", fields=[NUMBER, COUNT]), datos=table("n", *THOUSANDS))
    with check_dataset(city.datasets, city.archive, "t") as done:
        assert sum(n for kind, n in done.report.counts.items() if kind.type == "type-error") == 40


def test_many_cells_in_question_are_one_problem_too(tmp_path):
    (found,) = told(tmp_path, table("n", *(f"{n}.000" for n in range(1, 1_000)), *THOUSANDS * 5), COUNT)
    assert (found.code, found.count) == ("undeclared-writing", 1)


DAYS = [f"{n:02}/{n:02}/2024" for n in range(1, 11)]
OPEN = [f"0{n}/0{n + 1}/2024" for n in range(1, 8)]


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        ([*DAYS, "31/02/2024", "13/01/2024", "14/02/2024"], [12]),
        ([*DAYS[:5], *["31/02/2024"] * 4, "13/01/2024"], [7, 8, 9, 10]),
        (["31/04/2024"] * 60 + ["13/01/2024"] * 60, [*range(2, 62)]),
        (["99/99/2024", "13/01/2024"], [2]),
        ([*OPEN, "31/02/2024"], [9]),
        ([*OPEN, "02/30/2024", "02/31/2024"], [9, 10]),
    ],
    ids=["one of a few", "many of a few", "half of many", "beside one", "it shows the order", "month first"],
)
def test_a_day_that_never_comes_is_written_as_the_others_and_a_problem_of_its_own(tmp_path, cells, rows):
    assert brief(told(tmp_path, table("fecha", *cells), DAY)) == [("type-error", rows, "critical", len(rows))]


def test_days_that_never_come_in_both_orders_show_none(tmp_path):
    found = told(tmp_path, table("fecha", *OPEN, "31/02/2024", "02/31/2024"), DAY)
    assert brief(found) == [("type-error", [9, 10], "critical", 2), QUESTION]


def late(right: Callable[[int], str], wrong: str) -> list[str]:
    """Cells that read in one way, and then some that read in none, more than one in ten."""
    return [right(n) for n in range(KEPT + 100)] + [right(n) if n % 2 else wrong for n in range(400)]


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        (DAY, lambda n: f"{13 + n % 15}/01/2026", "semana 14"),
        (DAY, lambda n: f"{1 + n % 12:02}/{1 + n % 12:02}/2026" if n % 2 else "05/04/2026", "mañana"),
        (AMOUNT, lambda n: f"{n},5", "(5,00)"),
        (COUNT, lambda n: f"{n % 900 + 1}.000", "nueve"),
    ],
    ids=["days", "days in either order", "decimals", "thousands"],
)
def test_cells_that_do_not_read_are_named_however_many_in_question_stand_before_them(
    tmp_path, field, right, wrong
):
    cells = late(right, wrong)
    rows = [number for number, cell in enumerate(cells, 2) if cell == wrong]
    city = City(tmp_path)
    city.declare(declaration("t", fields=[NUMBER, field]), datos=table(field["name"], *cells))
    with check_dataset(city.datasets, city.archive, "t") as done:
        groups = group_check_problems(done)
        places = done.checked.readings["t"].places
    marked = {cell for group in groups for cell, _problem in problem_cells(places, group)}
    assert brief(groups) == [("type-error", rows, "critical", 200), QUESTION]
    assert {p.cell for g in groups for p in g.problems if p.row} == {wrong}
    assert {(row, 1) for row in rows} <= marked


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        (AMOUNT, lambda n: f"{n}00,50", "nada{}"),
        (COUNT, lambda n: f"{n}00,00", "nada{}"),
        (DAY, lambda n: f"{13 + n}/01/2026", "mañana"),
    ],
    ids=["amounts", "counts", "days"],
)
def test_words_say_nothing_of_how_the_other_cells_are_written(tmp_path, field, right, wrong):
    cells = [right(1), right(2), *(wrong.format(n) for n in range(12)), *(right(n) for n in range(2, 16))]
    found = told(tmp_path, table(field["name"], *cells), field)
    assert brief(found) == [("type-error", [*range(4, 16)], "critical", 12)]


def test_words_prove_no_thousands(tmp_path):
    """One amount among a hundred is no proof that the points of all others part thousands."""
    cells = [*(f"{n}.125" for n in range(1, 101)), *["sin dato alguno"] * 12, "1.234,5"]
    found = told(tmp_path, table("v", *cells), AMOUNT)
    assert ("undeclared-writing", [], "critical", 1) in brief(found)


def test_where_words_are_all_there_is_each_is_named(tmp_path):
    found = told(tmp_path, table("v", *["nada"] * 30), AMOUNT)
    assert brief(found) == [("type-error", [*range(2, 32)], "critical", 30)]


def test_what_an_uneven_row_says_once_leaves_room_for_the_faults_of_other_rows(tmp_path):
    long = ["1;x;x;y"] * (KEPT + 10)
    short = ["1"] * (KEPT + 10)
    fields = [NUMBER, COUNT, {**AMOUNT, "constraints": {"required": True}}]
    rows = [*long, *short, "2;x;1", "3;1", "4;1;x"]
    city = City(tmp_path)
    city.declare(declaration("t", fields=fields, key=None), datos="\n".join(["id;n;v", *rows, ""]))
    with check_dataset(city.datasets, city.archive, "t") as done:
        report = done.plain_report
    two, three, four = (len(rows) + number for number in (-1, 0, 1))
    named = {(p.type, p.field, p.row) for p in report.problems}
    assert {("type-error", "n", two), ("missing-cell", "v", three), ("type-error", "v", four)} <= named
    counts = {kind.field: n for kind, n in report.counts.items() if kind.type == "type-error"}
    assert counts == {"n": 1, "v": 1}


def test_an_empty_key_is_named_however_many_unread_ones_stand_before_it(tmp_path):
    cells = ["x;1"] * (KEPT + 10) + [f"{n};1" for n in range(KEPT)] + [";1", "5;1"]
    city = City(tmp_path)
    city.declare(declaration("t", fields=[NUMBER, COUNT]), datos="\n".join(["id;n", *cells, ""]))
    with check_dataset(city.datasets, city.archive, "t") as done:
        keys = [p.row for p in done.plain_report.problems if p.type == "primary-key"]
    assert keys == [len(cells), len(cells) + 1]


# --- what else is known


def register(**made: Any) -> dict[str, Any]:
    extract = {"mode": "by-period", "field": "fecha"}
    fields = [NUMBER, {**DAY, "constraints": {"required": True}}, AMOUNT]
    return declaration("t", source={"kind": "inbox"}, fields=fields, extract=extract, **made)


def month(number: int, first: int, last: int) -> str:
    rows = (f"{100 * number + day};{day:02}/{number:02}/2026;{day},5\n" for day in range(first, last + 1))
    return "id;fecha;v\n" + "".join(rows)


def hand_in(city: City, content: str, name: str, period: str | None = None) -> Outcome:
    give(city, "t", content, name, period)
    return city.outcome("t")


def days_of(city: City) -> set[str]:
    return {str(row["fecha"]) for row in published_rows(city, "t")}


def test_the_period_that_a_file_was_handed_in_for_proves_the_order_of_its_days(tmp_path):
    city = City(tmp_path)
    city.declare(register())
    assert hand_in(city, month(1, 1, 4), "a.csv", "2026-01").outcome == "published"
    assert days_of(city) == {f"2026-01-0{day}" for day in range(1, 5)}
    history = city.history("t")
    assert verify(city.archive, history.current, history).bytes_same


def test_the_period_proves_the_order_for_the_other_columns_of_the_file(tmp_path):
    city = City(tmp_path)
    made = register()
    made["resources"][0]["schema"]["fields"].append({**DAY, "name": "alta"})
    city.declare(made)
    content = "id;fecha;v;alta\n1;02/01/2026;1,5;03/04/2025\n2;03/01/2026;1,5;05/04/2025\n"
    assert hand_in(city, content, "a.csv", "2026-01").outcome == "published"
    assert {str(row["alta"]) for row in published_rows(city, "t")} == {"2025-04-03", "2025-04-05"}


def test_a_check_for_a_period_says_what_a_run_would_find(tmp_path):
    city = City(tmp_path)
    city.declare(register())
    file = _write(tmp_path, month(1, 2, 4))
    with check_dataset(city.datasets, city.archive, "t", file) as done:
        assert brief(group_check_problems(done)) == [QUESTION]
    assert "no problems" in vereda(city, "check", "t", str(file), "--period", "2026-01", LANG="en")
    said = vereda(city, "check", "t", str(file), "--period", "enero", status=2, LANG="en")
    assert "'enero' is no period" in said
    assert "--period goes with FILE" in vereda(city, "check", "t", "--period", "2026-01", status=2, LANG="en")


def test_without_evidence_days_are_one_question(tmp_path):
    city = City(tmp_path)
    city.declare(register(quarantine={"maxShare": 0.2}))
    outcome = hand_in(city, month(1, 2, 4), "a.csv")
    assert outcome.outcome == "rejected"
    assert "more problem" not in outcome.message
    assert "can be read in several ways" in outcome.message
    with check_dataset(city.datasets, city.archive, "t", inbox=city.inbox) as done:
        assert brief(group_check_problems(done)) == [QUESTION]


def test_a_period_that_fits_both_orders_proves_nothing(tmp_path):
    city = City(tmp_path)
    made = register()
    made["pipeline"]["accrualPeriodicity"] = "R/P1Y"
    city.declare(made)
    assert hand_in(city, month(1, 2, 4), "a.csv", "2026").outcome == "rejected"


def test_the_release_before_says_how_the_first_days_of_a_month_are_written(tmp_path):
    city = City(tmp_path)
    city.declare(register())
    assert hand_in(city, month(1, 1, 28), "a.csv").outcome == "published"
    assert hand_in(city, month(2, 1, 9), "b.csv").outcome == "published"
    assert {f"2026-02-0{day}" for day in range(1, 10)} <= days_of(city)
    assert hand_in(city, month(3, 1, 9), "c.csv").outcome == "published"  # what b.csv could not prove
    history = city.history("t")
    assert all(verify(city.archive, entry, history).bytes_same for entry in history.releases)


def test_a_file_that_proves_another_order_is_read_as_it_proves(tmp_path):
    city = City(tmp_path)
    city.declare(register())
    assert hand_in(city, month(1, 1, 28), "a.csv").outcome == "published"
    content = "id;fecha;v\n" + "".join(f"{900 + day};02/{day:02}/2026;1,5\n" for day in range(1, 29))
    assert hand_in(city, content, "b.csv").outcome == "published"
    assert {f"2026-02-{day:02}" for day in range(1, 29)} <= days_of(city)


def test_first_days_sent_again_are_no_repeated_keys(tmp_path):
    """What cannot be read names no period: nothing is known of rows that are there already."""
    city = City(tmp_path)
    city.declare(register())
    assert hand_in(city, month(1, 1, 28), "a.csv").outcome == "published"
    with check_dataset(city.datasets, city.archive, "t", _write(tmp_path, month(1, 1, 4))) as done:
        groups = group_check_problems(done)
    assert "primary-key" not in {g.type for g in groups}
    unread = _write(tmp_path, "id;fecha;v\n101;el lunes;1,5\n102;el martes;1,5\n")
    with check_dataset(city.datasets, city.archive, "t", unread) as done:
        assert [(g.type, g.count) for g in group_check_problems(done)] == [("type-error", 2)]


def _write(folder: Path, content: str) -> Path:
    path = folder / "otra.csv"
    path.write_text(content, "utf-8")
    return path


def test_a_true_repetition_of_a_key_in_another_month_is_told(tmp_path):
    city = City(tmp_path)
    city.declare(register())
    assert hand_in(city, month(1, 1, 28), "a.csv").outcome == "published"
    content = month(2, 1, 28) + "101;28/02/2026;1,5\n"
    assert hand_in(city, content, "b.csv").outcome == "rejected"


def test_thousands_are_read_as_in_the_release_before(tmp_path):
    city = City(tmp_path)
    city.declare(declaration("t", fields=[NUMBER, AMOUNT]), datos=table("v", "1.234,50", "2.000", "7,25"))
    assert city.outcome("t").outcome == "published"
    city.send("t", table("v", "1.234", "2.000", "7.250"))
    assert city.outcome("t").outcome == "published"
    assert [row["v"] for row in published_rows(city, "t")] == [1234, 2000, 7250]


# --- coordinates


AXES = [{"name": name, "type": "number", "description": name} for name in ("lat", "long")]


def places(change: dict[int, str]) -> str:
    lines = {n: f"{n};-34.6{n:02};-58.4{n:02}" for n in range(1, 60)} | change
    return "id;lat;long\n" + "".join(f"{line}\n" for line in lines.values())


def test_one_decimal_comma_among_coordinates_is_one_problem(tmp_path):
    found = told(tmp_path, places({30: "30;-34,630;-58.430"}), *AXES)
    assert brief(found) == [("type-error", [31], "critical", 1)]


def test_coordinates_of_three_decimals_are_no_question(tmp_path):
    assert told(tmp_path, places({}), *AXES) == []


def test_coordinates_that_changed_places_are_told_by_name(tmp_path):
    found = told(tmp_path, places({7: "7;-58.4071;-34.6071", 9: "9;0;0"}), *AXES)
    assert brief(found) == [
        ("filler-value", [10], "warning", 1),
        ("swapped-coordinates", [8], "critical", 1),
    ]
    (swapped,) = [g.problems[0] for g in found if g.code == "swapped-coordinates"]
    assert "lies in the city only if lat and long change places: beside it stands -34.6071" in swapped.note


def test_where_all_coordinates_changed_places_it_is_said_once(tmp_path):
    content = "id;lat;long\n" + "".join(f"{n};-58,4{n:03};-34,6{n:03}\n" for n in range(1, 30))
    (found,) = told(tmp_path, content, *AXES)
    assert (found.code, found.count, found.severity) == ("swapped-coordinates", 1, "critical")
    assert "29 places of 29" in found.problems[0].note


def test_places_of_the_country_are_not_taken_for_swapped(tmp_path):
    content = "id;lat;long\n" + "".join(f"{n};-{54 - n / 10};-{68 - n / 10}\n" for n in range(1, 30))
    assert told(tmp_path, content, *AXES) == []


# --- words


PESOS = {"name": "v", "type": "number", "description": "v", "unit": "ARS"}


@pytest.mark.parametrize(
    ("cell", "unit"), [("1.234,50 dólares", "USD"), ("20 DOLARES", "USD"), ("3,5 euros", "EUR")]
)
def test_another_currency_in_words_is_named(tmp_path, cell, unit):
    cells = [*(f"$ {n}.000,50" for n in range(1, 30)), cell]
    (found,) = told(tmp_path, table("v", *cells), PESOS)
    assert (found.code, found.problems[0].row) == ("other-unit", 31)
    assert f"“{cell}” is in {unit}, and the column is in ARS" in found.problems[0].note


def test_pesos_however_they_are_called_are_pesos(tmp_path):
    cells = ["ARS 50,00", "AR$ 7,10", "$1.000,00", "99,00 pesos", "1 peso"] * 6
    assert told(tmp_path, table("v", *cells), PESOS) == []


def test_rows_encoded_twice_are_named(tmp_path):
    text = {"name": "v", "type": "string", "description": "v"}
    (found,) = told(tmp_path, table("v", "Calle", "NuÃ±ez", "Plaza", "CÃ³rdoba"), text)
    assert found.problems[0].note.endswith("would be published so: rows 3 and 5")


@pytest.mark.parametrize("blank", [" ", "  ", "\u00a0"])
def test_a_blank_behind_closing_quotes_is_called_so(tmp_path, blank):
    text = {"name": "v", "type": "string", "description": "v"}
    content = f'id;v\n1;"Calle 8"{blank}\n2;"Calle 9" bis\n3;c\n'
    (found,) = (g for g in told(tmp_path, content, text) if g.severity == "critical")
    first, second = (problem.note for problem in found.problems)
    assert "there is a blank between the quotation mark that ends the cell" in first
    assert "the quotation marks do not fit" in second


def test_cells_and_limits_are_told_as_the_file_writes_them(tmp_path):
    bounded = {**AMOUNT, "constraints": {"minimum": 0.5}}
    with speaking("es"):
        (found,) = told(tmp_path, table("v", *["1,5"] * 20, "0,25"), bounded)
        assert (found.examples[0].value, found.expected) == ("0,25", "0,5 o más")


def test_a_total_that_does_not_add_up_is_told_as_the_file_writes_it(tmp_path):
    text = {"name": "nombre", "type": "string", "description": "t"}
    content = "id;nombre;v\n" + "".join(f"{n};Calle {n};{n},5\n" for n in range(1, 30)) + ";Total;7.260,0\n"
    with speaking("es"):
        (found,) = told(tmp_path, content, text, AMOUNT, key=None)
    assert "pero 7.260,0 en v no es la suma de las filas de arriba, 449,5" in found.problems[0].note


END = {"name": "hasta", "type": "date", "description": "h"}
START = {"name": "desde", "type": "datetime", "description": "s"}


def two_columns(*rows: str, header: str = "id;fecha;hasta") -> str:
    return f"{header}\n" + "".join(f"{n};{row}\n" for n, row in enumerate(rows, 1))


DOUBTFUL = [f"{n % 12 + 1:02}/{(n + 5) % 12 + 1:02}/2026" for n in range(30)]


def test_columns_of_days_that_one_answer_settles_are_one_question(tmp_path):
    other = [day.replace("/", "-") for day in DOUBTFUL]
    rows = (f"{one};{two}" for one, two in zip(DOUBTFUL, other, strict=True))
    labels = {"Desde": "fecha", "Hasta cuándo": "hasta"}
    content = two_columns(*rows, header="id;Desde;Hasta cuándo")
    groups = told(tmp_path, content, DAY, END, layouts=[{"labels": labels}])
    assert brief(groups) == [QUESTION]
    (question,) = groups[0].problems
    assert "the same is asked of “Hasta cuándo”, and one answer is enough for both" in question.for_sender
    assert "the same is asked of hasta" in question.note
    declared = [{"labels": labels, "fields": {"hasta": {"format": "%d-%m-%Y"}}}]
    assert told(tmp_path / "declared", content, DAY, END, layouts=declared) == []


def test_a_column_that_reads_whatever_the_answer_is_asked_with_the_others_and_odd_cells_stay(tmp_path):
    rows = [f"{one};{one}" for one in DOUBTFUL]
    rows[4] = f"{DOUBTFUL[4]};pronto"
    groups = told(tmp_path, two_columns(*rows), DAY, END)
    assert brief(groups) == [("type-error", [6], "critical", 1), QUESTION]


def test_neighbours_of_opposite_orders_are_told_with_what_proves_each(tmp_path):
    first = [f"{n % 28 + 1:02}/03/2026" for n in range(30)]
    second = [f"03/{n % 28 + 1:02}/2026" for n in range(30)]
    rows = (f"{one};{two}" for one, two in zip(first, second, strict=True))
    content = two_columns(*rows, header="id;Desde;Hasta cuándo")
    groups = told(
        tmp_path, content, DAY, END, layouts=[{"labels": {"Desde": "fecha", "Hasta cuándo": "hasta"}}]
    )
    assert brief(groups) == [("opposite-dates", [], "warning", 1)]
    (problem,) = groups[0].problems
    assert problem.field == "hasta"
    assert problem.for_sender == (
        "its dates have the month first, as “03/13/2026”, and those of “Desde” the day, as “13/03/2026”"
    )


@pytest.mark.parametrize("field", [DAY, {**DAY, "type": "yearmonth"}], ids=["days", "months"])
def test_the_example_of_a_question_is_one_that_differs_by_the_answer(tmp_path, field):
    days = [day if field is DAY else day[:5] for day in ("05/05/2026", "11/11/2026", *DOUBTFUL)]
    (group,) = [g for g in told(tmp_path, table("fecha", *days), field) if g.code == "undeclared-writing"]
    assert f"“{days[2]}”" in (group.problems[0].for_sender or "")


def test_what_is_found_out_is_shown_by_a_day_that_differs_by_its_order(tmp_path):
    city = City(tmp_path)
    days = ["05/05/2026", "06/06/2026", "13/06/2026", *(f"{n % 28 + 1:02}/06/2026" for n in range(30))]
    city.declare(declaration("t", fields=[NUMBER, DAY]), datos=table("fecha", *days))
    with check_dataset(city.datasets, city.archive, "t") as done:
        (finding,) = [f for f in done.checked.readings["t"].findings if f.what == "dates"]
    assert finding.example == "13/06/2026"

"""Who hands in a file gets a receipt, and is told in a sentence what became of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from pathlib import Path

import pytest

from catalog.archive.release import UnknownRelease
from catalog.archive.runs import dataset_lock
from pipelines.agency.submit import Submission, find_better_dataset, find_own_outcomes, hand_in
from pipelines.dataset.dataset import load_dataset
from pipelines.dataset.periods import parse_period, period_label
from tests.support.checks import check_report
from tests.support.cities import City, csv, declaration
from tests.support.terminal import terminal_environment, vereda
from tests.support.workbooks import workbook_bytes

NOW = datetime.fromisoformat("2026-03-01T10:00:00-03:00")
FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "fecha", "type": "date", "description": "Día"},
    {"name": "asistentes", "type": "integer", "description": "Asistentes"},
]


pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")


@pytest.fixture(autouse=True)
def three_datasets(city):
    """`encuentros` by month and `obras`, whole, are handed in; `aparte` lies in a file."""
    by_month = {"mode": "by-period", "field": "fecha"}
    city.declare(declaration("encuentros", source={"kind": "inbox"}, fields=FIELDS, extract=by_month))
    city.declare(declaration("obras", source={"kind": "inbox"}))
    city.declare(declaration("aparte"), datos=csv("1,Plaza,1"))


def workbook_file(path: Path, *rows: list) -> Path:
    path.write_bytes(workbook_bytes(Sheet=rows))
    return path


def month(folder: Path, number: int, visitors: int = 10, name: str = "") -> Path:
    return workbook_file(
        folder / f"{name or number}.xlsx",
        ["id", "fecha", "asistentes"],
        [number, datetime.fromisoformat(f"2024-{number:02}-05"), visitors],
    )


def submitted(city: City, id: str, file: Path, period: str | None = None) -> Submission:
    return hand_in(city.datasets, city.archive, city.inbox, id, file, period, NOW)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_what_is_handed_in_is_kept_and_lies_in_the_inbox_as_if_put_there_by_hand(city, tmp_path):
    file = month(tmp_path, 8)
    handed = submitted(city, "encuentros", file)
    assert (handed.receipt.number, handed.receipt.name, handed.receipt.bytes, handed.same) == (
        1,
        "8.xlsx",
        file.stat().st_size,
        None,
    )
    assert city.archive.get(handed.receipt.sha256) == file.read_bytes()
    assert [path.name for path in (city.inbox / "area/encuentros").iterdir()] == ["8.xlsx"]
    assert city.outcome("encuentros").outcome == "published"
    assert len(city.archive.receipts("encuentros").all()) == 1, "the copy in the folder is the same hand-in"


def test_the_same_file_twice_has_the_earlier_receipt_named(city, tmp_path):
    first = submitted(city, "encuentros", month(tmp_path, 8))
    city.run("encuentros")
    again = submitted(city, "encuentros", tmp_path / "8.xlsx")
    assert (again.receipt.number, again.same) == (2, first.receipt)
    outcome = city.outcome("encuentros")
    assert (outcome.outcome, outcome.version) == ("unchanged", "1.0.0")
    assert f"the same bytes as no. 1 (8.xlsx, {NOW.isoformat()})" in outcome.message


def test_a_file_of_the_same_name_that_waits_is_neither_lost_nor_overwritten(city, tmp_path):
    waits = city.inbox / "area/encuentros/datos.xlsx"
    waits.parent.mkdir(parents=True)
    month(waits.parent, 7, name="datos")
    submitted(city, "encuentros", month(tmp_path, 8, name="datos"))
    assert [outcome.rows["encuentros"] for outcome in city.run("encuentros")] == [1, 2]
    assert len(list(waits.parent.iterdir())) == 2
    known = city.archive.receipts("encuentros").all()
    assert [each.name for each in known] == ["datos.xlsx", "datos.xlsx"]  # as their senders call them
    assert city.run("encuentros")[0].outcome == "unchanged"  # what lies there under another name is known


def test_files_of_one_name_are_told_under_it_and_handed_in_once_each(city, tmp_path):
    for number, visitors in ((7, 10), (8, 20), (8, 30)):
        file = month(tmp_path, number, visitors, name="mes")
        assert submitted(city, "encuentros", file).receipt.name == "mes.xlsx"
        city.run("encuentros")
    again = submitted(city, "encuentros", file)
    assert (again.receipt.name, again.same.number) == ("mes.xlsx", 3)
    listed = json.loads(vereda(city, "receipts", "encuentros", "--json"))["receipts"]
    assert {each["name"] for each in listed} == {"mes.xlsx"}
    assert [each["state"] for each in listed[:3]] == ["published"] * 3


def test_a_file_that_lies_in_the_inbox_already_is_handed_in_once(city):
    folder = city.inbox / "area/encuentros"
    folder.mkdir(parents=True)
    assert submitted(city, "encuentros", month(folder, 8)).receipt.number == 1
    assert len(city.archive.receipts("encuentros").all()) == 1


def test_august_alone_does_not_take_july_away_and_july_again_takes_its_place(city, tmp_path):
    for number in (7, 8):
        submitted(city, "encuentros", month(tmp_path, number), f"2024-{number:02}")
        assert city.outcome("encuentros").rows == {"encuentros": number - 6}
    submitted(city, "encuentros", month(tmp_path, 7, visitors=99, name="corregido"), "2024-07")
    outcome = city.outcome("encuentros")
    assert (outcome.outcome, outcome.changes["encuentros"]) == (
        "published",
        {"added": 0, "removed": 0, "changed": 1},
    )
    assert "2024-07 was there already" in outcome.message


# --- periods


def test_rows_of_another_period_than_the_stated_one_are_named(city, tmp_path):
    two = workbook_file(
        tmp_path / "dos.xlsx", ["id", "fecha", "asistentes"], [1, "2024-08-01", 5], [2, "2024-09-01", 6]
    )
    submitted(city, "encuentros", two, "2024-08")
    outcome = city.outcome("encuentros")
    assert (outcome.outcome, outcome.problems) == ("rejected", 1)
    assert "row 3 is of 2024-09, and the file was handed in for 2024-08" in outcome.message
    submitted(city, "encuentros", month(tmp_path, 6), "2024-05")
    assert (
        "the file was handed in for 2024-05, and its rows are of 2024-06"
        in city.run("encuentros")[-1].message
    )


def test_the_same_bytes_for_a_wrong_period_are_looked_at_again(city, tmp_path):
    submitted(city, "encuentros", month(tmp_path, 8), "2024-08")
    city.run("encuentros")
    submitted(city, "encuentros", tmp_path / "8.xlsx", "2024-07")
    assert city.outcome("encuentros").outcome == "rejected"


@pytest.mark.parametrize(
    ("periodicity", "text", "period"),
    [
        ("R/P1Y", "2024", "2024"),
        ("R/P6M", "2024-S2", "2024-1"),
        ("R/P4M", "2024-c3", "2024-2"),
        ("R/P3M", "2024-T3", "2024-2"),
        ("R/P3M", "2024-Q3", "2024-2"),
        ("R/P3M", "2024-07", "2024-2"),
        ("R/P1M", "2024-08", "2024-08"),
        ("R/P1W", "2024-W31", "2024-31"),
        ("R/P1D", "2024-08-15", "2024-08-15"),
        ("R/P1Y", "2024-08", None),
        ("R/P3M", "2024-T5", None),
        ("R/P1M", "2024-13", None),
        ("R/P1M", "agosto", None),
        ("R/P1M", "2026-04", None),
        ("R/P1W", "2024-W60", None),
        ("R/P1D", "2024-02-30", None),
        ("eventual", "2024", None),
    ],
)
def test_a_period_is_one_of_the_calendar_that_has_begun(city, periodicity, text, period):
    resource = load_dataset(city.datasets / "encuentros").resources[0]
    if period:
        assert parse_period(text, resource, periodicity, NOW.date()) == period
    else:
        with pytest.raises(ValueError, match=text):
            parse_period(text, resource, periodicity, NOW.date())


def test_a_period_that_a_field_tells_is_one_of_its_values(city):
    fields = [
        *FIELDS,
        {
            "name": "trimestre",
            "type": "string",
            "description": "T",
            "constraints": {"enum": ["2024-T1", "2024-T2"]},
        },
    ]
    city.declare(
        declaration(
            "planes",
            source={"kind": "inbox"},
            fields=fields,
            extract={"mode": "by-period", "field": "trimestre"},
        )
    )
    resource = load_dataset(city.datasets / "planes").resources[0]
    assert parse_period("2024-T2", resource, "R/P3M", NOW.date()) == "2024-T2"
    assert period_label("2024-T2", "R/P3M") == "2024-T2"
    with pytest.raises(ValueError, match="'2024-T9' is no period: write one of 2024-T1, 2024-T2"):
        parse_period("2024-T9", resource, "R/P3M", NOW.date())


@pytest.mark.parametrize(
    ("pattern", "example"), [(r"\d{4}-\d{2}", "2024-08"), (r"\d{4}-T[1-4]", "2026-T"), (r"[A-Z]{9}", "mes")]
)
def test_a_period_that_a_pattern_limits_is_told_as_it_is_written(city, pattern, example):
    mes = {"name": "mes", "type": "string", "description": "M", "constraints": {"pattern": pattern}}
    made = declaration(
        "planes",
        source={"kind": "inbox"},
        fields=[*FIELDS, mes],
        extract={"mode": "by-period", "field": "mes"},
    )
    city.declare(made)
    resource = load_dataset(city.datasets / "planes").resources[0]
    with pytest.raises(ValueError, match="agosto 2026") as told:
        parse_period("agosto 2026", resource, "R/P1M", NOW.date())
    assert example in str(told.value)
    assert "constraint" not in str(told.value)
    assert pattern not in str(told.value)


def test_a_period_that_does_not_exist_keeps_nothing(city, tmp_path):
    with pytest.raises(ValueError, match="2024-13"):
        submitted(city, "encuentros", month(tmp_path, 8), "2024-13")
    assert city.archive.receipts("encuentros").all() == []


# --- the wrong place


def test_a_workbook_of_another_dataset_is_told_where_it_belongs(city, tmp_path):
    file = workbook_file(tmp_path / "obras.xlsx", ["id", "nombre", "monto"], [1, "Plaza", 5])
    handed = submitted(city, "encuentros", file)
    assert city.outcome("encuentros").outcome == "rejected"
    assert find_better_dataset(city.datasets, handed, file) == "obras"
    assert find_better_dataset(city.datasets, submitted(city, "obras", file), file) is None
    strange = workbook_file(tmp_path / "otra.xlsx", ["x", "y"], [1, 2])
    assert find_better_dataset(city.datasets, submitted(city, "obras", strange), strange) is None


@pytest.mark.parametrize(
    ("id", "says"),
    [
        ("aparte", "is not handed in: it is read from its source"),
        ("nada", "not among"),
        ("obras/nada", "obras/obras"),
    ],
)
def test_what_is_not_handed_in_says_so(city, tmp_path, id, says):
    with pytest.raises((ValueError, UnknownRelease), match=says):
        submitted(city, id, month(tmp_path, 8))


def test_the_command_gives_receipt_outcome_and_status(city, tmp_path):
    settings = {"INBOX": str(city.inbox), "RETRY_DELAY": "0"}
    told = vereda(city, "submit", "encuentros", str(month(tmp_path, 8)), "--period", "2024-08", **settings)
    assert "Recibido: n.º 1 de encuentros: 8.xlsx" in told
    assert "encuentros: publicado: versión 1.0.0, 1 fila (+1)" in told
    wrong = workbook_file(tmp_path / "obras.xlsx", ["id", "nombre", "monto"], [1, "Plaza", 5])
    answer = json.loads(vereda(city, "submit", "encuentros", str(wrong), "--json", status=1, **settings))
    (outcome,) = answer["outcomes"]
    assert (answer["receipt"]["number"], answer["receipt"]["sameAs"], outcome["outcome"]) == (
        2,
        None,
        "rejected",
    )
    assert "`vereda submit obras " in outcome["message"]
    assert "2024-13" in vereda(
        city, "submit", "encuentros", str(wrong), "--period", "2024-13", status=2, **settings
    )
    assert "no se entrega" in vereda(city, "submit", "aparte", str(wrong), status=2, **settings)


def test_a_rejected_file_gets_its_report_and_its_workbook_back(city, tmp_path):
    file = workbook_file(
        tmp_path / "marzo.xlsx", ["id", "fecha", "asistentes"], [1, "31/03/2024", 7], [2, "a confirmar", 8]
    )
    told = vereda(city, "submit", "encuentros", str(file), status=1, INBOX=str(city.inbox))
    into = city.inbox.parent / "informes" / "encuentros" / "0001"
    assert str(into / "informe.html") in told
    assert sorted(path.name for path in into.iterdir()) == [
        "informe.html",
        "marzo-anotado.xlsx",
        "marzo-corregido.xlsx",
        "problemas.csv",
        "report.json",
    ]


def test_the_first_of_several_tables_is_checked_before_the_others_come(city, tmp_path):
    made, other = (declaration(name, source={"kind": "inbox"}) for name in ("plano", "detalle"))
    detail = deepcopy(other["resources"][0])
    detail["schema"]["foreignKeys"] = [
        {"fields": ["id"], "reference": {"resource": "plano", "fields": ["id"]}}
    ]
    city.declare({**made, "resources": [made["resources"][0], detail]})
    (file := tmp_path / "detalle.csv").write_text(csv("1,Plaza,diez"), "utf-8")
    report = check_report(city.datasets, city.archive, "plano/detalle", file)
    assert [(problem.type, problem.row) for problem in report.problems] == [("type-error", 2)]
    hand_in_plan = city.folder / "plano.csv"
    hand_in_plan.write_text(csv("2,Parque,1"), "utf-8")
    vereda(city, "submit", "plano/plano", str(hand_in_plan))
    report = check_report(city.datasets, city.archive, "plano/detalle", file)
    assert {problem.type for problem in report.problems} == {"type-error", "foreign-key"}


@pytest.mark.parametrize(
    ("second", "status"), [("2,Parque,1", 0), ("2,Parque,uno", 1)], ids=["good-after", "bad-after"]
)
def test_of_two_that_are_handed_in_at_once_each_is_told_its_own_outcome(city, tmp_path, second, status):
    """Both have their receipts before a run begins, and whichever run is first judges what counts."""
    release = city.archive.locks.take(dataset_lock("obras"), {"by": "test"})
    assert release
    started = []
    for number, row in enumerate(("1,Plaza,1", second), 1):
        (file := tmp_path / f"{number}.csv").write_text(csv(row), "utf-8")
        words = [sys.executable, "-m", "pipelines.cli", "submit", "obras", str(file), "--json"]
        environment = terminal_environment(city, INBOX=str(city.inbox), RETRY_DELAY="0")
        started.append(
            subprocess.Popen(words, env=environment, cwd=city.folder, stdout=subprocess.PIPE, text=True)
        )
        wait_until(lambda n=number: len(city.archive.receipts("obras").all()) == n)
    release()
    told = [json.loads(process.communicate()[0]) for process in started]
    assert [each["receipt"]["name"] for each in told] == ["1.csv", "2.csv"]
    assert [each["receipt"]["state"] for each in told] == [
        "superseded",
        "rejected" if status else "published",
    ]
    assert [[o["receipts"] for o in each["outcomes"]] for each in told] == [[[1]], [[2]]]
    assert "no. 2 (2.csv)" in told[0]["outcomes"][0]["message"] or "n.º 2" in told[0]["receipt"]["because"]
    assert [process.returncode for process in started] == [status, status]


def test_what_another_run_judged_is_told_as_its_own(city, tmp_path):
    first, second = (submitted(city, "encuentros", month(tmp_path, number)) for number in (7, 8))
    judged = city.run("encuentros")
    nothing = city.run("encuentros")
    for handed, outcome in zip((first, second), judged, strict=True):
        state, mine = find_own_outcomes(city.archive, handed, nothing)
        assert (state.state, state.version) == ("published", outcome.version)
        assert [(each.outcome, each.version, each.changes) for each in mine] == [
            ("published", outcome.version, outcome.changes)
        ]


def test_a_portal_that_could_not_be_brought_up_is_told_to_whoever_hands_in(city, tmp_path):
    (portal := tmp_path / "portal").mkdir()
    (portal / "de-otro.txt").write_text("x", "utf-8")
    told = vereda(
        *(city, "submit", "encuentros", str(month(tmp_path, 8))),
        status=3,
        INBOX=str(city.inbox),
        PORTAL=str(portal),
    )
    assert "encuentros: publicado: versión 1.0.0" in told
    assert "portal: falló" in told

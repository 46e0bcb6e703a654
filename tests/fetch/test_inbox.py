"""What agencies put into their folder is taken once, in order, and nothing of it is lost."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from pipelines.fetch import inbox
from pipelines.release.verify import verify
from tests.support.checks import check_report
from tests.support.cities import City, csv, declaration
from tests.support.lazy import openpyxl

FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "fecha", "type": "date", "description": "Día"},
    {"name": "asistentes", "type": "integer", "description": "Asistentes"},
]
HEADER = "id,fecha,asistentes"
JANUARY, FEBRUARY = (
    csv(*published_lines, header=HEADER)
    for published_lines in (["1,2024-01-05,10", "2,2024-01-20,20"], ["3,2024-02-05,30"])
)


pytestmark = pytest.mark.usefixtures("english", "impatient_inbox")


@pytest.fixture(autouse=True)
def two_datasets(city):
    """`encuentros` by month, `total` whole, both handed in."""
    by_month = {"mode": "by-period", "field": "fecha"}
    city.declare(declaration("encuentros", source={"kind": "inbox"}, fields=FIELDS, extract=by_month))
    city.declare(declaration("total", source={"kind": "inbox"}, fields=FIELDS))


def drop(city: City, dataset: str, name: str, content: str | bytes, at: int = 0) -> Path:
    """An agency copies a file into its folder; `at` orders files by their last change."""
    path = city.inbox / "area" / dataset / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    if at:
        os.utime(path, (1_700_000_000 + at,) * 2)
    return path


def outcomes(city: City, dataset: str) -> list[tuple[str, int]]:
    return [(outcome.outcome, sum(outcome.rows.values())) for outcome in city.run(dataset)]


def published_lines(city: City, dataset: str) -> list[str]:
    entry = city.history(dataset).current
    return city.archive.get(entry.files[f"{dataset}.csv"].sha256).decode().split()[1:]


def test_nothing_handed_in_is_no_error(city):
    outcome = city.outcome("encuentros")
    assert (outcome.outcome, outcome.version) == ("unchanged", None)
    assert outcome.message.startswith("nothing was handed in for encuentros yet")


@pytest.mark.parametrize(
    "extract", [{"mode": "full"}, {"mode": "by-period", "field": "fecha"}, {"mode": "append"}]
)
def test_a_sample_is_read_until_something_is_handed_in(city, extract):
    declared = declaration(
        "total", source={"kind": "inbox", "path": "source/muestra.csv"}, fields=FIELDS, extract=extract
    )
    city.declare(declared, muestra=JANUARY)
    assert outcomes(city, "total") == [("published", 2)]
    drop(city, "total", "febrero.csv", FEBRUARY)
    assert outcomes(city, "total") == [("published", 1)]
    assert outcomes(city, "total") == [("unchanged", 1)]


def test_files_are_taken_in_the_order_of_hand_in_and_each_month_is_released(city):
    drop(city, "encuentros", "b.csv", JANUARY, at=1)
    drop(city, "encuentros", "a.csv", FEBRUARY, at=2)
    assert outcomes(city, "encuentros") == [("published", 2), ("published", 3)]
    assert [(r.number, r.name) for r in city.archive.receipts("encuentros").all()] == [
        (1, "b.csv"),
        (2, "a.csv"),
    ]
    assert outcomes(city, "encuentros") == [("unchanged", 3)]
    drop(city, "encuentros", "marzo.csv", csv("4,2024-03-01,40", header=HEADER), at=0)
    assert outcomes(city, "encuentros") == [("published", 4)]


def test_a_month_that_is_sent_again_takes_its_place_and_says_so(city):
    drop(city, "encuentros", "enero.csv", JANUARY, at=1)
    drop(city, "encuentros", "febrero.csv", FEBRUARY, at=2)
    city.run("encuentros")
    drop(city, "encuentros", "enero-corregido.csv", csv("1,2024-01-05,11", header=HEADER))
    outcome = city.outcome("encuentros")
    assert (outcome.outcome, published_lines(city, "encuentros")) == (
        "published",
        ["3,2024-02-05,30", "1,2024-01-05,11"],
    )
    assert (
        outcome.message == "2024-01 was there already: the file handed in last counts, the archive keeps both"
    )
    assert all(city.archive.get(receipt.sha256) for receipt in city.archive.receipts("encuentros").all())


def test_a_key_of_an_earlier_month_is_named(city):
    drop(city, "encuentros", "enero.csv", JANUARY, at=1)
    drop(city, "encuentros", "febrero.csv", csv("3,2024-02-05,30", "1,2024-02-06,5", header=HEADER), at=2)
    good, bad = city.run("encuentros")
    assert (good.outcome, bad.outcome, bad.problems) == ("published", "rejected", 1)
    assert "row 3" in bad.message
    assert "a row of an earlier period has the key 1 as well" in bad.message
    assert published_lines(city, "encuentros") == ["1,2024-01-05,10", "2,2024-01-20,20"]


def test_a_rejected_file_does_not_stop_the_next_one(city):
    drop(city, "encuentros", "enero.csv", JANUARY.replace(",10", ",diez"), at=1)
    drop(city, "encuentros", "febrero.csv", FEBRUARY, at=2)
    assert [word for word, _rows in outcomes(city, "encuentros")] == ["rejected", "published"]
    drop(city, "encuentros", "enero.csv", JANUARY)
    assert outcomes(city, "encuentros") == [("published", 3)]


def test_of_several_files_that_tell_everything_the_last_counts_and_all_are_kept(city):
    drop(city, "total", "uno.csv", JANUARY, at=1)
    drop(city, "total", "dos.csv", FEBRUARY, at=2)
    outcome = city.outcome("total")
    assert (outcome.outcome, published_lines(city, "total")) == ("published", ["3,2024-02-05,30"])
    assert outcome.message.startswith("1 more file was handed in before dos.csv")
    assert [city.archive.get(r.sha256).decode() for r in city.archive.receipts("total").all()] == [
        JANUARY,
        FEBRUARY,
    ]


def test_the_same_bytes_under_another_name_change_nothing_and_that_is_said(city):
    drop(city, "total", "uno.csv", JANUARY, at=1)
    city.run("total")
    drop(city, "total", "dos.csv", JANUARY)
    outcome = city.outcome("total")
    assert (outcome.outcome, outcome.version) == ("unchanged", "1.0.0")
    assert outcome.message.startswith("dos.csv has the same bytes as no. 1 (uno.csv, ")


def test_the_same_name_with_other_bytes_is_handed_in_anew_back_and_forth(city):
    for content in (JANUARY, FEBRUARY, JANUARY):
        drop(city, "total", "datos.csv", content)
        assert outcomes(city, "total")[0][0] == "published"
    assert len(city.archive.receipts("total").all()) == 3


def test_a_workbook_saved_again_is_unchanged(city):
    def workbook(width: int) -> bytes:
        made = openpyxl.Workbook()
        for row in (HEADER.split(","), [1, "2024-01-05", 10]):
            made.active.append(row)
        made.active.column_dimensions["A"].width = width
        file = io.BytesIO()
        made.save(file)
        return file.getvalue()

    drop(city, "total", "datos.xlsx", workbook(10))
    assert outcomes(city, "total") == [("published", 1)]
    drop(city, "total", "datos.xlsx", workbook(30))
    assert outcomes(city, "total") == [("unchanged", 1)]
    assert len(city.archive.receipts("total").all()) == 2


@pytest.mark.parametrize(
    "name", [".datos.csv", "~$datos.xlsx", "datos.csv.part", "datos.csv.crdownload", "Thumbs.db"]
)
def test_names_of_files_that_are_on_their_way_are_left(city, name):
    drop(city, "total", name, JANUARY)
    assert city.outcome("total").message.startswith("nothing was handed in")
    assert city.archive.receipts("total").all() == []


def test_a_file_that_is_still_growing_is_left_for_the_next_run(city, monkeypatch):
    path = drop(city, "total", "datos.csv", JANUARY[:30])
    monkeypatch.setattr(inbox.time, "sleep", lambda _seconds: path.write_text(JANUARY))
    outcome = city.outcome("total")
    assert (outcome.outcome, "datos.csv is still being copied" in outcome.message) == ("unchanged", True)
    monkeypatch.undo()
    assert outcomes(city, "total") == [("published", 2)]


def test_tables_of_one_dataset_have_a_folder_each(city):
    declared = declaration(
        "dos", source={"kind": "inbox"}, fields=FIELDS, extract={"mode": "by-period", "field": "fecha"}
    )
    other = declaration("otra", source={"kind": "inbox"})["resources"][0]
    city.declare({**declared, "resources": [*declared["resources"], other]})
    drop(city, "dos/dos", "enero.csv", JANUARY, at=1)
    drop(city, "dos/dos", "febrero.csv", FEBRUARY, at=2)
    drop(city, "dos", "suelto.csv", FEBRUARY)
    (waits,) = city.run("dos")
    assert waits.outcome == "unchanged"
    assert "nothing was handed in for otra yet" in waits.message
    assert "suelto.csv lies beside the tables' folders" in waits.message
    drop(city, "dos/otra", "otra.csv", csv("1,Plaza,3"), at=3)
    assert [(o.outcome, o.rows) for o in city.run("dos")][1] == ("published", {"dos": 3, "otra": 1})


def test_append_adds_each_file_once(city):
    city.declare(declaration("altas", source={"kind": "inbox"}, fields=FIELDS, extract={"mode": "append"}))
    drop(city, "altas", "1.csv", JANUARY, at=1)
    drop(city, "altas", "2.csv", csv("2,2024-01-20,21", "3,2024-02-05,30", header=HEADER), at=2)
    assert outcomes(city, "altas") == [("published", 2), ("published", 3)]
    assert published_lines(city, "altas") == ["1,2024-01-05,10", "2,2024-01-20,21", "3,2024-02-05,30"]
    assert outcomes(city, "altas") == [("unchanged", 3)]


def test_every_release_can_be_made_again_without_the_inbox(city):
    drop(city, "encuentros", "enero.csv", JANUARY, at=1)
    drop(city, "encuentros", "febrero.csv", FEBRUARY, at=2)
    city.run("encuentros")
    for path in (city.inbox / "area" / "encuentros").iterdir():
        path.unlink()
    history = city.history("encuentros")
    assert [verify(city.archive, entry, history).bytes_same for entry in history.releases] == [True, True]
    assert outcomes(city, "encuentros") == [("unchanged", 3)]


def test_as_of_a_day_what_came_later_is_not_looked_at(city):
    drop(city, "encuentros", "enero.csv", JANUARY)
    city.run("encuentros")
    city.moment = city.moment.replace(month=4)
    drop(city, "encuentros", "febrero.csv", FEBRUARY)
    (outcome,) = city.run("encuentros", as_of="2026-03-31")
    assert (outcome.outcome, outcome.rows) == ("unchanged", {"encuentros": 2})
    assert outcomes(city, "encuentros") == [("published", 3)]


def test_check_looks_at_what_waits_and_takes_nothing(city):
    drop(city, "total", "datos.csv", JANUARY.replace(",10", ",diez"))
    report = check_report(city.datasets, city.archive, "total", inbox=city.inbox)
    assert [(p.type, p.row) for p in report.problems] == [("type-error", 2)]
    assert city.archive.receipts("total").all() == []


def test_what_was_handed_in_is_not_swept(city, tmp_path):
    drop(city, "total", "uno.csv", JANUARY, at=1)
    drop(city, "total", "dos.csv", FEBRUARY, at=2)
    city.run("total")
    first = city.archive.receipts("total").all()[0]
    blob = tmp_path / "archive" / "blobs" / first.sha256
    os.utime(blob, (1_000_000_000,) * 2)
    stray = city.archive.put(b"nobody's")
    os.utime(tmp_path / "archive" / "blobs" / stray, (1_000_000_000,) * 2)
    assert city.archive.sweep(city.archive.clock()) == [f"blobs/{stray}"]

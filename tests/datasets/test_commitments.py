"""The follow-up of commitments, as it would be handed in with every slip that people make: what is published,
and what they are told."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
import yaml
from python_calamine import CalamineWorkbook

from messages import speaking
from pipelines.release.outcome import Outcome
from tests.support.cities import City
from tests.support.paths import DATASETS
from tools.sample_compromisos import MONTHS, board, samples
from tools.workbooks import workbook

ID, BOARD, SHEET = "compromisos-seguimiento", "sample/tablero-2023-05.json", "sample/informes.xlsx"


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Path:
    """A city that has released all of both datasets."""
    city = City(tmp_path_factory.mktemp("city"))
    for name in ("ogp-demo", ID):
        shutil.copytree(DATASETS / name, city.datasets / name)
        assert [outcome.message for outcome in city.run(name) if outcome.outcome != "published"] == []
    return city.folder


@pytest.fixture
def released(first, tmp_path) -> City:
    """A copy of that city."""
    shutil.copytree(first, tmp_path / "city")
    return City(tmp_path / "city")


def change(city: City, name: str, before: str, after: str, dataset: str = ID) -> None:
    path = city.datasets / dataset / name
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def released_rows(city: City, resource: str, version: str | None = None) -> list[dict[str, str]]:
    history = city.archive.history(ID, demo=True)
    entry = (
        history.current if version is None else next(e for e in history.releases if str(e.version) == version)
    )
    return list(csv.DictReader(io.StringIO(city.archive.get(entry.files[f"{resource}.csv"].sha256).decode())))


def sheet() -> list[list]:
    """The cells of the workbook that areas hand in."""
    found = CalamineWorkbook.from_path(str(DATASETS / ID / SHEET)).get_sheet_by_index(0).to_python()
    return [[cell if cell != "" else None for cell in row] for row in found]


def answer(city: City, dataset: str = ID) -> Outcome:
    with speaking("es"):
        return city.run(dataset)[-1]


def refused(outcome: Outcome, *said: str) -> bool:
    assert outcome.outcome == "rejected"
    assert [words for words in said if words not in (outcome.message or "")] == [], outcome.message
    return True


def test_the_samples_are_what_the_generator_writes():
    made = samples()
    assert {path: path.read_bytes() for path in made} == made
    assert samples(seed=1) != made
    assert all(b"example.org" in content or b"DEMO-" in content for content in made.values())


def test_each_month_of_the_board_stays_as_it_was_reported(released):
    """The board of May no longer knows what it said in March; the release of May does."""
    assert [(e.as_of, str(e.version), e.level) for e in released.archive.history(ID, demo=True).releases] == [
        ("2023-03-31", "1.0.0", None),
        ("2023-04-30", "1.1.0", "minor"),
        ("2023-05-31", "1.2.0", "minor"),
    ]
    now = released_rows(released, "tablero")
    assert sorted({row["periodo"] for row in now}) == list(MONTHS)
    for version, month in zip(("1.0.0", "1.1.0", "1.2.0"), MONTHS, strict=True):
        then = [row for row in released_rows(released, "tablero", version) if row["periodo"] == month]
        assert then == [row for row in now if row["periodo"] == month]
        assert len(then) == 6
    states = [row["estado"] for row in now if row["hito_id"] == "DEMO-2021.C01.1"]
    assert states[-1] == "C"
    assert states[0] != "C"


def test_nobody_on_the_board_is_published(released):
    assert b"Persona inventada" in board(MONTHS[0])
    for entry in released.archive.history(ID, demo=True).releases:
        for file in entry.files.values():
            assert b"Persona inventada" not in released.archive.get(file.sha256)


def test_a_card_that_leaves_the_board_leaves_its_history(released):
    path = released.datasets / ID / BOARD
    export = json.loads(path.read_text("utf-8"))
    export["cards"] = export["cards"][1:]
    path.write_text(json.dumps(export), "utf-8")
    assert answer(released).changes["tablero"] == {"added": 0, "removed": 1, "changed": 0}
    assert [
        row["periodo"] for row in released_rows(released, "tablero") if row["hito_id"] == "DEMO-2021.C01.1"
    ] == list(MONTHS[:2])


def test_the_same_files_again_change_nothing(released):
    assert answer(released).outcome == "unchanged"


def test_a_milestone_that_the_plan_does_not_have_is_named(released):
    change(released, BOARD, '"text": "DEMO-2021.C02.1"', '"text": "DEMO-2021.C09.9"')
    assert refused(
        answer(released),
        "tablero, fila 4",
        "hito_id",
        "«DEMO-2021.C09.9, DEMO-2021» no figura en ogp-demo/hitos",
    )
    assert len(released_rows(released, "tablero")) == 18


def test_a_milestone_of_another_plan_is_named(released):
    cells = sheet()
    cells[-1][2] = "DEMO-2021.C01.1"
    (released.datasets / ID / SHEET).write_bytes(workbook(cells))
    assert refused(
        answer(released), "informes, fila 13", "«DEMO-2021.C01.1, DEMO-2022» no figura en ogp-demo/hitos"
    )


def test_a_period_that_the_plan_does_not_have_is_named(released):
    cells = sheet()
    cells[-1][0] = "2024-T1"
    (released.datasets / ID / SHEET).write_bytes(workbook(cells))
    assert refused(
        answer(released),
        "informes, fila 13",
        "periodo",
        "«DEMO-2022, 2024-T1» no figura en ogp-demo/periodos",
    )


def test_a_board_that_is_still_read_after_its_plan_ended_is_told(released):
    path = released.datasets / ID / "datapackage.yaml"
    declared = yaml.safe_load(path.read_text("utf-8"))
    vintages = declared["resources"][0]["pipeline"]["source"]["vintages"]
    declared["resources"][0]["pipeline"]["source"]["vintages"] = [
        *({"asOf": str(each["asOf"]), "path": each["path"]} for each in vintages),
        {"asOf": "2023-11-30", "path": BOARD},
    ]
    path.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), "utf-8")
    assert refused(answer(released), "«DEMO-2021, 2023-11» no figura en ogp-demo/periodos")


def test_a_renamed_board_is_told(released):
    change(released, BOARD, "Tablero de demostración: plan", "Tablero nuevo: plan")
    assert refused(answer(released), "Tablero nuevo: plan DEMO-2021")


def test_a_list_that_is_no_state_is_told(released):
    change(released, BOARD, '"name": "Avance limitado"', '"name": "En pausa"')
    assert refused(answer(released), "columna estado", "«En pausa»", "«NS», «LP», «SP» y «C»")


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({6: None}, "un hito no iniciado o con avance limitado dice qué desafíos tiene"),
        ({4: 5}, "un hito no iniciado no tiene avance"),
        ({3: "Completo"}, "un hito completo tiene un avance del 100 %"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(released, changed, because):
    cells = sheet()
    assert cells[-1][3:5] == ["No iniciado", 0]
    for place, cell in changed.items():
        cells[-1][place] = cell
    (released.datasets / ID / SHEET).write_bytes(workbook(cells))
    assert refused(answer(released), because, "1 fila: 13")


def test_a_person_who_reports_is_refused_and_not_told(released):
    cells = sheet()
    cells[-1][7] = "alguien@example.org"
    (released.datasets / ID / SHEET).write_bytes(workbook(cells))
    outcome = answer(released)
    assert refused(outcome, "fila 13 (H13)", "informado_por", "correo electrónico")
    assert "alguien@" not in str(outcome.message)


def test_a_quarter_that_is_sent_again_replaces_that_quarter_alone(released):
    cells = sheet()
    again = [cells[0], *(row for row in cells if row[0] == "2022-T4")]
    again[-2][4] += 1
    (released.datasets / ID / SHEET).write_bytes(workbook(again))
    outcome = answer(released)
    assert (outcome.outcome, outcome.step, outcome.rows["informes"]) == ("published", "patch", 12)
    assert outcome.changes["informes"] == {"added": 0, "removed": 0, "changed": 1}


def test_a_milestone_outside_its_plan_is_refused(released):
    change(
        released,
        "sample/hitos.csv",
        "DEMO-2021.C01.1,2021-09,2023-10,",
        "DEMO-2021.C01.1,2021-09,2024-03,",
        "ogp-demo",
    )
    assert refused(
        answer(released, "ogp-demo"), "un hito empieza y termina dentro de los meses de su plan", "1 fila: 2"
    )


def test_the_plans_own_dates_cannot_be_bent_to_fit_a_milestone(released):
    was, bent = (
        "DEMO-2021.C01.1,2021-09,2023-10,2021-09,2023-10",
        "DEMO-2021.C01.1,2021-09,2024-03,2021-09,2024-03",
    )
    change(released, "sample/hitos.csv", was, bent, "ogp-demo")
    assert refused(
        answer(released, "ogp-demo"), "hitos, fila 2", "«DEMO-2021, 2021-09, 2024-03» no figura en planes"
    )

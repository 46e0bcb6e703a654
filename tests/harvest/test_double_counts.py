"""What an import asks about, so that no row counts twice: parts beside the whole, editions, registers and one
file under two addresses; and packages that share their name."""

from __future__ import annotations

import pytest

from pipelines.harvest.titles import take_apart
from tests.harvest.test_import import (
    DATA_JSON,
    draft,
    drafts,
    drafts_of_data_json,
    kinds,
    package,
    resource,
)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ([*(f"Ejecución {q}T 2020" for q in (1, 2, 3, 4)), "Ejecución 2020"], "overlap"),
        (["Ejecución S1 2020", "Ejecución 2020"], "overlap"),
        (["Reclamos 2019", "Reclamos 2020", "Reclamos 2020 (corregido)"], "edition"),
        (["Padrón de comercios", "Padrón de comercios - versión 2"], "edition"),
        (["Censo 2022 (datos preliminares)", "Censo 2022 (datos definitivos)"], "edition"),
        (["Registro acumulado a enero 2021", "Registro acumulado a febrero 2021"], "register"),
        (["Ocupados por barrio", "Ocupados total ciudad"], "total"),
    ],
    ids=["quarters", "half and whole", "corrected", "second version", "preliminary", "registers", "city"],
)
def test_what_holds_the_rows_of_another_is_asked(tmp_path, names, kind):
    found = draft(tmp_path, *(resource(name, f"{n}.csv") for n, name in enumerate(names)))
    assert kind in kinds(found)
    asked = [each.question for each in found.questions if each.kind == kind]
    assert len(asked) == 1  # of two that hold each other, once
    assert f"«{names[-1]}»" in asked[0]


@pytest.mark.parametrize(
    "names",
    [("Obras 2019 (corregido)", "Obras 2020"), ("Obras en revisión", "Licitaciones"), ("Ocupados", "Total")],
    ids=["of another time", "of another thing", "total of nothing"],
)
def test_what_shares_no_row_is_not_asked(tmp_path, names):
    found = draft(tmp_path, *(resource(name, f"{n}.csv") for n, name in enumerate(names)))
    assert found.questions == ()


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Ejecución 1T 2020", "2020-01/03"),
        ("Ejecución T4 2020", "2020-10/12"),
        ("Ejecución 2S 2020", "2020-07/12"),
        ("Ejecución S1-2020", "2020-01/06"),
    ],
)
def test_parts_of_a_year_in_short(title, words):
    parts = take_apart(title)
    assert (parts.base, parts.period.words, parts.period.is_part) == ("ejecucion", words, True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.org/x.csv", "https://a.org/x.csv?download=1#x", True),
        ("http://A.org:80/x.csv", "https://a.org/x.csv", True),
        ("https://a.org/x.csv?id=1", "https://a.org/x.csv?id=2", False),
        ("https://a.org/x.csv", "https://b.org/x.csv", False),
    ],
)
def test_one_file_under_two_addresses(tmp_path, one, other, same):
    found = draft(
        tmp_path,
        resource("Comercios 2018", None) | {"url": one, "format": "CSV"},
        resource("Comercios 2019", None) | {"url": other, "format": "CSV"},
    )
    assert ("same-address" in kinds(found)) is same


def test_two_packages_of_one_name_ask_which_is_taken_over(tmp_path):
    one, other = package(resource("Obras", "a.csv")), package(resource("Obras", "b.csv"), id="p-2")
    third = package(resource("Obras", "c.csv"), id="p-3", name="otras")
    found = drafts(tmp_path, one, other, one, third)
    assert [(each.id, each.state, kinds(each)) for each in found] == [
        ("obras", "questions", ["twice"]),
        ("obras-2", "questions", ["twice"]),
        ("otras", "ready", []),
    ]
    assert all("obras" in each.questions[0].question for each in found[:2])


def test_two_datasets_of_one_identifier_are_two(tmp_path):
    other = DATA_JSON | {"title": "Otros permisos", "description": "Others"}
    found = drafts_of_data_json(tmp_path, DATA_JSON, other)
    assert [each.declaration["title"] for each in found] == ["Permits", "Otros permisos"]
    assert all("twice" in kinds(each) for each in found)


def test_a_package_that_is_deleted_takes_no_name_from_another(tmp_path):
    gone = package(resource("Obras", "a.csv"), id="p-2", state="deleted")
    found = drafts(tmp_path, gone, package(resource("Obras", "b.csv")))
    assert [each.state for each in found] == ["refused", "ready"]

"""Follow-up goes from the forms of others into the model of commitments and back, and no cell is lost."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.topics.ballots import Ballots, find_faults, read_pabulib, write_pabulib
from catalog.topics.commitments.interchange import (
    FORMS,
    OURS,
    Record,
    Sheet,
    read_form,
    records_as_rows,
    rows_as_records,
    write_form,
)
from tests.support.paths import SHARED
from tests.support.terminal import vereda

FORM_NAMES = sorted(FORMS)
CELLS = st.one_of(
    st.sampled_from(["", "NA", "ND", "C", "LP", "2023-03", "2023-01", "2023-T1", "2023-01-31", "a; b"]),
    st.text(max_size=8),
)


@st.composite
def foreign_tables(draw) -> tuple[str, list[str], list[dict[str, str]]]:
    name = draw(st.sampled_from(FORM_NAMES))
    form = FORMS[name]
    known = [*form.columns, *(OURS + field for field in form.fields[:2]), "progress", "Theme"]
    labels = draw(st.lists(st.one_of(st.sampled_from(known), st.text(max_size=5)), unique=True, max_size=6))
    rows = draw(st.lists(st.fixed_dictionaries(dict.fromkeys(labels, CELLS)), max_size=4))
    return name, labels, rows


@given(foreign_tables())
def test_no_cell_of_theirs_is_lost_through_the_model_and_its_file(table):
    name, labels, rows = table
    form = FORMS[name]
    sheet = read_form(form, labels, rows)
    assert write_form(form, sheet) == (tuple(labels) or tuple(form.columns), rows) or not labels
    if rows:
        _header, kept = records_as_rows(form, sheet)
        assert rows_as_records(form, kept) == sheet


@given(st.sampled_from(FORM_NAMES), st.data())
def test_no_cell_of_ours_is_lost_through_their_form(name, data):
    form = FORMS[name]
    values = st.dictionaries(st.sampled_from(form.fields), CELLS.filter(bool))
    records = tuple(Record(each) for each in data.draw(st.lists(values, max_size=4)))
    labels, rows = write_form(form, Sheet(records))
    assert [each.values for each in read_form(form, labels, rows).records] == [r.values for r in records]


def test_a_quarter_of_canadas_is_one_of_ours():
    row = {"reporting_period": "2023-03", "indicators": "C01.1.1", "status": "LP", "progress": "Begun"}
    sheet = read_form(FORMS["canada"], list(row), [row])
    assert sheet.records[0].values == {"periodo": "2023-T1", "hito_id": "C01.1.1", "estado": "LP"}
    assert sheet.records[0].kept == {"progress": ("Begun", "")}


def test_what_is_changed_in_the_model_is_what_they_get():
    row = {"reporting_period": "2023-01", "indicators": "C01.1.1", "status": "LP", "progress": "Begun"}
    (record,) = read_form(FORMS["canada"], list(row), [row]).records
    changed = Record({**record.values, "periodo": "2023-T2", "plan_id": "NAP5"}, record.kept)
    _labels, rows = write_form(FORMS["canada"], Sheet((changed,), tuple(row)))
    assert rows == [{**row, "reporting_period": "2023-06", "vereda:plan_id": "NAP5"}]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared files do not stand beside this checkout")
def test_the_commitments_that_were_found_go_to_ogps_sheet_and_back():
    text = (SHARED / "data" / "city" / "ogp_compromisos_hallados.csv").read_text("utf-8-sig")
    reader = csv.DictReader(io.StringIO(text))
    rows = list(reader)
    labels = list(reader.fieldnames or ())
    for form in FORMS.values():
        sheet = read_form(form, labels, rows)
        assert write_form(form, sheet) == (tuple(labels), rows)
        json.dumps(records_as_rows(form, sheet))


META = {
    "description": "Presupuesto de prueba",
    "country": "Argentina",
    "unit": "Buenos Aires",
    "budget": "1000",
    "vote_type": "approval",
    "rule": "greedy",
}
TEXTS = (
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)


@given(
    st.lists(st.tuples(TEXTS, st.integers(0, 10**9)), max_size=5),
    st.lists(st.lists(st.integers(1, 5), max_size=4, unique=True), max_size=6),
)
def test_a_budget_with_ballots_is_read_as_it_was_written(names, picks):
    projects = tuple(
        {"project_id": str(number), "cost": str(cost), "name": name}
        for number, (name, cost) in enumerate(names, 1)
    )
    votes = tuple(
        {"voter_id": str(number), "vote": ",".join(map(str, chosen))} if chosen else {"voter_id": str(number)}
        for number, chosen in enumerate(picks)
    )
    written = Ballots(META, projects, votes)
    back = read_pabulib(write_pabulib(written))
    assert (back.projects, back.votes, back.meta) == (projects, votes, written.counted_meta)


def test_what_a_budget_lacks_is_told(english):
    broken = Ballots(
        {"budget": "10"},
        ({"project_id": "1", "cost": "5"}, {"project_id": "1"}),
        ({"voter_id": "7", "vote": "1,9"},),
    )
    told = find_faults(broken)
    assert "META lacks description" in told
    assert "PROJECTS, row 2 lacks cost" in told
    assert "the project 1 stands twice" in told
    assert "the vote of 7 is for projects that are not there: 9" in told
    assert (
        find_faults(Ballots(META, ({"project_id": "1", "cost": "5"},), ({"voter_id": "7", "vote": "1"},)))
        == []
    )


@pytest.mark.parametrize("text", ["", "PROJECTS\nproject_id;cost\n", "hola\nMETA\n", "META\nkey;value\n"])
def test_what_is_no_pb_is_refused_in_a_sentence(text, english):
    with pytest.raises(ValueError, match=r"no \.pb"):
        read_pabulib(text)


def test_the_command_takes_it_there_and_back(city):
    rows = "reporting_period,indicators,status,progress\n2023-01,C01.1.1,LP,Begun\n"
    (city.folder / "canada.csv").write_text(rows)
    vereda(city, "convert", "canada.csv", "ours.csv", "--from", "canada")
    assert "2023-T1,,C01.1.1,LP" in (city.folder / "ours.csv").read_text()
    vereda(city, "convert", "ours.csv", "back.csv", "--to", "canada")
    assert (city.folder / "back.csv").read_text() == rows
    assert "ogp, canada" in vereda(city, "convert", "ours.csv", "x.csv", "--to", "canda", status=2)


def test_the_command_packs_a_budgets_ballots_and_says_what_they_lack(city):
    folder = city.folder / "presupuesto"
    folder.mkdir()
    meta = "key,value\n" + "".join(f"{key},{value}\n" for key, value in META.items())
    (folder / "meta.csv").write_text(meta)
    (folder / "projects.csv").write_text("project_id,cost\n1,50\n2,70\n")
    (folder / "votes.csv").write_text('voter_id,vote\n1,"1,2"\n2,2\n')
    answer = json.loads(vereda(city, "convert", "presupuesto", "votos.pb", "--json"))
    assert answer == {"file": "votos.pb", "rows": 4}
    vereda(city, "convert", "votos.pb", "otra-vez")
    for name in ("projects.csv", "votes.csv"):
        assert (city.folder / "otra-vez" / name).read_text() == (folder / name).read_text()
    (folder / "votes.csv").write_text("voter_id,vote\n1,9\n")
    assert "9" in vereda(city, "convert", "presupuesto", "votos.pb", status=2)

"""Codes with what they mean, as the declaration says it: in the dictionary, as a table, beside the rows, in
pictures."""

from __future__ import annotations

import csv
from typing import Any

import pyarrow as pa

from catalog.archive.changes.schema import compare_field
from catalog.dictionary import codes, dictionary_csv
from catalog.portal.charts.figure import make_figure
from catalog.portal.charts.pictures import value_rows
from catalog.words import rules
from messages import speaking

STATE: dict[str, Any] = {
    "name": "estado",
    "type": "string",
    "title": "Estado",
    "categories": [{"value": "NS", "label": "No iniciado"}, {"value": "C", "label": "Completo"}],
    "constraints": {"enum": ["NS", "C"]},
    "en": {"title": "State", "categories": {"NS": "Not started", "C": "Complete"}},
}
TABLE = {"name": "hitos", "path": "hitos.csv", "schema": {"fields": [STATE]}, "en": {"title": "Milestones"}}


def test_the_dictionary_says_what_codes_mean() -> None:
    with speaking("es"):
        assert rules(STATE) == ["uno de: NS (No iniciado) · C (Completo)"]
        lines = list(csv.DictReader(dictionary_csv({"resources": [TABLE]}).splitlines()))
    assert [(each["campo"], each["codigos"]) for each in lines] == [
        ("estado", "NS: No iniciado; C: Completo")
    ]
    with speaking("en"):
        assert codes(STATE) == [("NS", "Not started"), ("C", "Complete")]
    assert codes({"name": "etapa", "categories": [{"value": "Obra", "label": "Obra"}, "otra"]}) == []


def test_a_picture_says_the_words_and_is_cited_by_the_code() -> None:
    rows = pa.table({"estado": ["NS", "C", "C"]})
    with speaking("es"):
        figure = make_figure({"chart": "bars", "x": "estado", "y": "count"}, TABLE, rows)
        assert [figure.name_of(cell.x) for cell in figure.cells] == ["Completo", "No iniciado"]
        assert [cell.x for cell in figure.cells] == ["C", "NS"]
        assert [row[0] for row in value_rows(figure)] == ["Completo", "No iniciado"]


def test_a_code_that_means_two_things_in_one_picture_stays_a_code() -> None:
    other = {**STATE, "name": "otro", "categories": [{"value": "C", "label": "Cerrado"}]}
    resource = {**TABLE, "schema": {"fields": [STATE, other]}}
    rows = pa.table({"estado": ["C"], "otro": ["C"]})
    with speaking("es"):
        figure = make_figure({"chart": "bars", "x": "estado", "y": "count", "by": "otro"}, resource, rows)
    assert figure.name_of("C") == "C"


def test_to_name_the_values_that_were_allowed_breaks_no_program() -> None:
    unnamed = {key: value for key, value in STATE.items() if key != "categories"}
    changed = compare_field(unnamed, STATE)
    assert (changed.tightened, changed.loosened) == ((), ())
    fewer = {**STATE, "categories": STATE["categories"][:1]}  # here they allow less than the list
    assert [each.name for each in compare_field(unnamed, fewer).tightened] == ["categories"]

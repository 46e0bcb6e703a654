"""Every figure in datasets/cocreacion stands in a document, and those that do not add up say so."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.dataset.dataset import load_dataset
from tests.support.documents import document_numbers, letters
from tests.support.paths import DATASETS
from tests.support.tables import csv_rows
from validation.expectations import expect
from validation.table import ROW

HERE = Path(__file__).parent
FOLDER = DATASETS / "cocreacion"
EVIDENCE = csv_rows(HERE / "cocreacion_evidence.csv")
CYCLES = {row["plan_id"]: row for row in csv_rows(FOLDER / "source" / "ciclos.csv")}
OURS = {"plan_id", "nota", "fuente"}


STAGES = {row["etapa_id"]: row for row in csv_rows(FOLDER / "source" / "etapas.csv")}
CHANNELS = {f"{row['plan_id']} {row['canal']}": row for row in csv_rows(FOLDER / "source" / "canales.csv")}
ROWS = CYCLES | STAGES | CHANNELS


def test_every_cell_has_its_evidence():
    stated = {(e["key"], e["field"]): e["cell"] for e in EVIDENCE if e["resource"] == "ciclos"}
    assert {
        (plan, field): cell
        for plan, row in CYCLES.items()
        for field, cell in row.items()
        if cell and field not in OURS
    } == stated


@pytest.mark.parametrize("evidence", EVIDENCE, ids=[f"{n}:{e['field']}" for n, e in enumerate(EVIDENCE)])
def test_the_document_says_so(documents, evidence):
    row = ROWS[evidence["key"]]
    assert row[evidence["field"]] == evidence["cell"]
    assert evidence["document"] in {document_numbers()[source] for source in row["fuente"].split("; ")}
    assert letters(evidence["words"]) in letters(documents[evidence["document"]])


def test_every_stage_and_channel_has_its_evidence():
    named = {(e["key"], e["field"]) for e in EVIDENCE}
    assert {(key, "nombre") for key in STAGES} | {(key, "canal") for key in CHANNELS} <= named
    assert {(key, "mes") for key, row in STAGES.items() if row["mes"]} <= named


def test_figures_that_do_not_add_up_carry_a_note():
    row = CYCLES["BUE-2025"]
    parts = [
        int(row[f"propuestas_{origin}"]) for origin in ("ejecutivo", "legislativo", "judicial", "sociedad")
    ]
    assert (int(row["propuestas"]), sum(parts)) == (54, 53)
    resource = load_dataset(FOLDER).resource("ciclos")
    numbers = [f["name"] for f in resource.schema["fields"] if f["type"] == "integer"]

    def found(nota: str | None) -> list[str]:
        columns = {ROW: [2], "nota": [nota]} | {
            name: [int(row[name]) if row[name] else None] for name in numbers
        }
        return [
            problem.note for problem in expect({"ciclos": pa.table(columns)}, {"ciclos": resource.suite})[0]
        ]

    assert found(row["nota"]) == []
    (note,) = found(None)
    assert "no suman el total" in note


def test_no_proposal_is_known_one_by_one():
    with (FOLDER / "source" / "propuestas.csv").open(encoding="utf-8", newline="") as file:
        (header,) = list(csv.reader(file))
    assert header == [field["name"] for field in load_dataset(FOLDER).resource("propuestas").schema["fields"]]

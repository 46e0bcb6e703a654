"""Every fact in datasets/ogp stands in a document.

`ogp_evidence.csv` gives, for each cell that states one (and for the two that the documents leave blank),
the document and its words; of a cell that is a list, the words of each item, separated by " | "; no words:
they are the cell's own.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from frictionless import Package

from pipelines.dataset.dataset import load_dataset
from tests.support.documents import document_numbers, letters
from tests.support.paths import DATASETS
from tests.support.tables import csv_rows
from validation.expectations import expect
from validation.table import ROW

HERE = Path(__file__).parent
OGP = DATASETS / "ogp"
PACKAGE = str(OGP / "datapackage.yaml")
# Not a document's but ours: the identifiers that we give, our own judgements, and sentences of our own
# (checked below to be so).
OURS = {
    "plan_id",
    "revision_id",
    "organismo_id",
    "organismo_papel",
    "situacion",
    "compromisos_cargados",
    "nota",
    "relato",
    "fuente",
}
# The day before which a name was given up (the documents tell only what came after), what our own data says
# beside a claim (checked below), identifiers, and summaries in our own words.
OURS |= {"hasta_a_mas_tardar", "dato", "dato_unidad", "dato_de", "no_hallados", "que_hace", "propone"}
OURS |= {"norma_id", "foro_id", "encuentro_id", "linea_id", "orden", "leccion_id", "afirmacion_id"}
OURS |= {"instancia_id"}


EVIDENCE = csv_rows(HERE / "ogp_evidence.csv")
NAMES = [f"{e['key']}:{e['field']}" for e in EVIDENCE]


def extract_rows(resource: str) -> dict[str, dict[str, str]]:
    """The rows of an extract by their identifier, which is its first column."""
    return {next(iter(row.values())): row for row in csv_rows(OGP / "source" / f"{resource}.csv")}


def cells() -> list[tuple[str, str, str, str]]:
    """Every cell of the extracts: (resource, identifier of the row, field, cell)."""
    names = [resource.name for resource in Package(PACKAGE).resources]
    return [
        (name, key, field, cell)
        for name in names
        for key, row in extract_rows(name).items()
        for field, cell in row.items()
    ]


def told(row: dict[str, str]) -> list[str]:
    """The documents that a row names."""
    return row["fuente"].split("; ")


def test_the_extracts_fit_the_declaration():
    package = Package(PACKAGE)
    for resource in package.resources:
        resource.path = resource.custom["pipeline"]["source"]["path"]
    assert package.validate().flatten(["rowNumber", "fieldName", "type"]) == []


def test_every_cell_has_its_evidence():
    stated = {(e["resource"], e["key"], e["field"]): e["cell"] for e in EVIDENCE if e["cell"]}
    assert {
        (resource, key, field): cell
        for resource, key, field, cell in cells()
        if cell and field not in OURS and (resource, field) != ("lineas", "compromiso_id")  # our reading
    } == stated


@pytest.mark.parametrize("evidence", EVIDENCE, ids=NAMES)
def test_the_document_says_so(documents, evidence):
    row = extract_rows(evidence["resource"])[evidence["key"]]
    phrases = (evidence["words"] or evidence["cell"]).split(" | ")
    assert row[evidence["field"]] == evidence["cell"]
    assert evidence["document"] in {document_numbers()[source] for source in told(row)}
    assert len(phrases) in (1, len(evidence["cell"].split("; ")))
    assert [
        phrase for phrase in phrases if letters(phrase) not in letters(documents[evidence["document"]])
    ] == []


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DATES = [
    e
    for e in EVIDENCE
    if (e["field"] == "presentado" or e["field"].endswith("_mes")) and e["document"] != "city"
]


@pytest.mark.parametrize("evidence", DATES, ids=lambda e: e["words"])
def test_a_date_has_no_day_that_the_words_do_not_give(evidence):
    # The words end with the date, after others of the same line of the document.
    day, month, year = re.findall(r"(?:(\d+)th )?([A-Z][a-z]{2})[a-z]* (\d{4})", evidence["words"])[-1]
    date = f"{year}-{MONTHS.index(month) + 1:02}-{int(day or 0):02}"
    assert evidence["cell"] == (date if day else date[:7])


def test_a_plan_says_whether_its_commitments_are_loaded():
    loaded = {row["plan_id"] for row in extract_rows("compromisos").values()}
    assert {
        plan for plan, row in extract_rows("planes").items() if row["compromisos_cargados"] != "ninguno"
    } == loaded


def test_what_we_compiled_stands_under_our_name():
    for name in ("ogp", "cocreacion", "participacion-cifras"):
        publisher = load_dataset(DATASETS / name).pipeline.publisher
        assert (publisher.id, publisher.former_names) == ("vereda", ()), name


def test_a_commitment_that_was_not_found_lies_between_two_of_its_plan():
    plans: dict[str, list[str]] = {}
    for id, row in extract_rows("compromisos").items():
        plans.setdefault(row["plan_id"], []).append(id)
    for plan, row in extract_rows("planes").items():
        missing = [id for id in row["no_hallados"].split("; ") if id]
        assert not set(missing) & set(plans.get(plan, ()))
        assert all(min(plans[plan]) < id < max(plans[plan]) for id in missing), plan


def test_what_stands_beside_a_claim_is_what_the_file_says():
    found = {id: row["dato"] for id, row in extract_rows("afirmaciones").items() if row["dato"]}
    works = csv_rows(DATASETS / "ba-obras" / "source" / "obras-2019.csv")
    done = [row for row in works if row["etapa"] == "Finalizada"]
    amounts = [Decimal(row["monto_contrato"]) for row in works if row["monto_contrato"]]
    workers = [int(row["mano_obra"]) for row in works if row["mano_obra"].isdigit()]
    assert (len(amounts), len(workers), len(done)) == (888, 250, 889), "as the notes say"
    assert found == {
        "obras-cantidad": str(len(works)),
        "obras-inversion": str(sum(amounts)),
        "obras-trabajadores": str(sum(workers)),
        "obras-avance": f"{100 * len(done) / len(works):.2f}",
        "datos-abiertos-280": "383",
        "datos-abiertos-435": "383",
    }


def test_every_row_names_sources_of_the_declaration_and_every_source_is_used():
    assert {
        source for *_place, field, cell in cells() if field == "fuente" for source in cell.split("; ")
    } == set(document_numbers())


def test_no_sentence_is_copied(documents):
    def runs(text: str) -> set[tuple[str, ...]]:
        """Every six words in a row."""
        found = re.findall(r"\w+", text.lower())
        return set(zip(*(found[start:] for start in range(6)), strict=False))

    copied = set().union(*(runs(text) for text in documents.values()))
    assert [
        (key, field)
        for _r, key, field, cell in cells()
        if field in {"nota", "relato", "que_hace", "propone", "leccion", "afirmacion"} and runs(cell) & copied
    ] == []


@pytest.mark.parametrize(
    ("resource", "number", "changed", "because"),
    [
        (
            "hitos",
            2,
            {"hito_id": "BUE0009.3.1"},
            "el identificador de un hito empieza con el de su compromiso",
        ),
        ("hitos", 4, {"fin_mes": "2018-09"}, "un hito no termina antes de empezar"),
        ("hitos", 3, {"fin_mes": "2021-01"}, "un hito empieza y termina dentro de los años de su plan"),
        (
            "compromisos",
            2,
            {"areas_politica": "Justicia"},
            "cada área de política traducida tiene su etiqueta en el documento",
        ),
        ("organismos", 3, {"hasta_a_mas_tardar": ""}, "un organismo tiene un solo nombre actual"),
        ("planes", 3, {"anio_fin": "2017"}, "un plan no termina antes de empezar"),
        (
            "revisiones",
            4,
            {"revision_id": "BUE-2025.untref"},
            "el identificador de una revisión empieza con el de su plan",
        ),
        (
            "revisiones",
            5,
            {"compromiso_id": ""},
            "el identificador de una revisión termina con el compromiso del que habla, si habla de uno",
        ),
    ],
)
def test_the_suites_find_what_a_schema_cannot_say(resource, number, changed, because):
    dataset = load_dataset(OGP).resource(resource)
    records = list(extract_rows(resource).values())
    records[number - 2] |= changed  # the header is row 1
    columns = {ROW: list(range(2, len(records) + 2))}
    columns |= {
        field["name"]: [typed(field["type"], record[field["name"]]) for record in records]
        for field in dataset.schema["fields"]
    }
    problems, _results = expect({resource: pa.table(columns)}, {resource: dataset.suite})
    assert [(because in p.note, str(number) in p.note.split(": ")[-1].split(", ")) for p in problems] == [
        (True, True)
    ]


def typed(kind: str, cell: str) -> str | int | None:
    return int(cell) if cell and kind in {"integer", "year"} else cell or None

"""The empty workbook of an agency: filled in by a spreadsheet it passes the checks, and what would not pass
is refused before."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalog.archive.archive import Archive
from pipelines.agency.template.columns import SEPARATE, TemplateColumn, TemplateSheet
from pipelines.agency.template.patterns import pattern_example, pattern_shapes, write_label
from pipelines.agency.template.validation import make_validation
from pipelines.agency.template.workbook import write_template
from pipelines.cli.app import app
from pipelines.dataset.dataset import DatasetError, Resource, load_dataset, load_datasets
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.dataset.layout import Layout
from pipelines.dataset.sources import InboxSource
from pipelines.read.read import read
from pipelines.release.inputs import load_needs, own_tables, referred_tables
from pipelines.release.run import Run
from tests.support.checks import check_report
from tests.support.cities import declaration
from tests.support.lazy import openpyxl
from tests.support.paths import DATASETS

NEEDED = ("barrios", "ogp-demo")


def made(dataset, archive, into: Path):
    """The sheets of its template, and the workbook."""
    sheets = write_template(
        dataset,
        "",
        {**referred_tables(dataset, load_needs(dataset, archive)), **own_tables(dataset, archive)},
        into,
    )
    book = openpyxl.load_workbook(into)
    rules = [rule for page in book for rule in page.data_validations.dataValidation]
    assert all(
        len(r.formula1 or "") <= 255 and len(r.prompt) <= 255 and len(r.promptTitle) <= 32 for r in rules
    ), "as Excel takes them"
    return sheets, book


def example_of(book, sheet, alone: bool):
    return [cell.value for cell in book["Ejemplo" if alone else f"Ejemplo {sheet.name}"[:31]][2]]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Archive:
    archive = Archive.open(tmp_path_factory.mktemp("archive"))
    for name in NEEDED:
        run = Run(
            load_dataset(DATASETS / name), archive, lambda: datetime(2026, 3, 1, tzinfo=UTC), run_id="one"
        )
        (outcome,) = run.execute()
        assert outcome.outcome == "published"
    return archive


def as_written(sheet, sample: Path) -> list[list[object]]:
    """The rows of a sample workbook, in the columns of the template."""
    rows = list(
        openpyxl.load_workbook(sample)[openpyxl.load_workbook(sample).sheetnames[0]].iter_rows(
            values_only=True
        )
    )
    header = rows[sheet.header_row - 1]
    return [
        [row[header.index(c.label)] if c.label in header else None for c in sheet.columns]
        for row in rows[sheet.header_row :]
    ]


def _has_sample(resource: Resource) -> bool:
    """Whether a workbook lies beside the declaration until one is handed in."""
    source = resource.pipeline.source
    return isinstance(source, InboxSource) and (source.path or "").endswith(".xlsx")


@pytest.fixture(scope="module")
def filled(archive, tmp_path_factory) -> dict[str, Path]:
    """Every template with its example, and (under "<id> sample") with the rows of the sample, each opened and
    saved by LibreOffice."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed")
    folder, saved = tmp_path_factory.mktemp("filled"), tmp_path_factory.mktemp("saved")
    for dataset in load_datasets(DATASETS):
        assert not isinstance(dataset, DatasetError)
        handed = [r for r in dataset.resources if _has_sample(r)]
        assert bool(handed) == (dataset.id in HANDED)
        if not handed and dataset.id not in OTHERS:
            continue
        sheets, book = made(dataset, archive, folder / f"{dataset.id}.xlsx")
        for sheet in sheets:
            for place, value in enumerate(example_of(book, sheet, len(sheets) == 1), 1):
                book[sheet.name].cell(sheet.header_row + 1, place).value = value
        book.save(folder / f"{dataset.id}.xlsx")
        if handed:
            (sheet,) = sheets
            for number, row in enumerate(
                as_written(sheet, dataset.folder / handed[0].pipeline.source.path), sheet.header_row + 1
            ):
                for place, value in enumerate(row, 1):
                    book[sheet.name].cell(number, place).value = value
            book.save(folder / f"{dataset.id} sample.xlsx")
    _judging().save(folder / "judging.xlsx")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [
        "soffice",
        "--headless",
        profile,
        "--convert-to",
        "xlsx",
        "--outdir",
        str(saved),
        *map(str, sorted(folder.glob("*.xlsx"))),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {path.stem: path for path in saved.glob("*.xlsx")}


CODES = {
    "A123": True,
    "C999-X": True,
    "D123": False,
    "A12": False,
    "A1234": False,
    "A123-Y": False,
    "B555": False,
    "a123": False,
}
"""What may be written under the rule of `CODE`, when B555 stands there twice."""
CODE = {"name": "codigo", "type": "string", "constraints": {"pattern": r"[A-C]\d{3}(-X)?", "unique": True}}


def _judging() -> openpyxl.Workbook:
    """The codes, and beside each the formula of the rule for it: LibreOffice says what it comes to."""
    resource = Resource(
        "obras",
        "obras.csv",
        {"schema": {"fields": [CODE]}},
        ResourcePipeline.model_validate({"source": {"kind": "inbox"}}),
        None,
    )
    rule = make_validation(
        TemplateSheet("obras", resource, Layout(), (TemplateColumn("codigo", CODE),), (("codigo",),)),
        0,
        {},
        {},
    )
    assert rule is not None
    book = openpyxl.Workbook()
    for row, code in enumerate([*CODES, "B555"], 2):
        book.active.cell(row, 1, code)
        book.active.cell(row, 2, "=" + re.sub(r"\bA2\b", f"A{row}", rule.formula1))
    return book


def test_the_rule_of_a_column_refuses_what_the_schema_does(filled):
    page = openpyxl.load_workbook(filled["judging"], data_only=True).active
    assert {row[0].value: row[1].value for row in page.iter_rows(min_row=2, max_row=1 + len(CODES))} == CODES


# By their text: reading all declarations would make everybody wait who collects the tests.
HANDED = sorted(
    path.parent.name
    for path in DATASETS.glob("*/datapackage.yaml")
    if re.search(r"^ +source: \{kind: inbox, path: \S+\.xlsx\}", path.read_text("utf-8"), re.MULTILINE)
)
OTHERS = ("ogp-demo", "barrios", "ba-obras", "declaraciones-juradas", "gestion-colaborativa")
"""Whose rows come in another way, or have not come yet."""


@pytest.mark.parametrize("id", HANDED)
def test_a_template_filled_in_with_libreoffice_has_no_problems(id, archive, filled):
    dataset = load_dataset(DATASETS / id)
    (resource,) = filter(_has_sample, dataset.resources)
    report = check_report(DATASETS, archive, f"{id}/{resource.name}", filled[f"{id} sample"])
    source = check_report(
        DATASETS, archive, f"{id}/{resource.name}", dataset.folder / resource.pipeline.source.path, None
    )
    assert [p.note for p in report.problems] == [p.note for p in source.problems if p.severity == "warning"]
    assert report.rows == source.rows


AS_A_WHOLE = (
    "expectation",
    "expectation-broken",
    "rows-gone",
    "rows-lost",
    "rows-replaced",
    "unusual-extract",
)
"""What is told of a delivery as a whole: an example is one row of it."""


@pytest.mark.parametrize("id", [*HANDED, *OTHERS])
def test_the_example_is_right_by_the_schema(id, archive, filled):
    for resource in load_dataset(DATASETS / id).resources:
        if isinstance(resource.pipeline.source, SEPARATE):
            continue
        report = check_report(DATASETS, archive, f"{id}/{resource.name}", filled[id])
        assert [(p.type, p.field, p.cell) for p in report.problems if p.code not in AS_A_WHOLE] == []
        assert report.rows[resource.name] >= 1


FIELDS = [
    {
        "name": "codigo",
        "title": "Código",
        "type": "string",
        "constraints": {"pattern": r"[A-C]\d{3}(-X)?", "required": True},
    },
    {"name": "dia", "type": "date", "constraints": {"minimum": "2020-01-01", "maximum": "2029-12-31"}},
    {
        "name": "personas",
        "type": "integer",
        "unit": "persona",
        "constraints": {"exclusiveMinimum": 0, "maximum": 500},
    },
    {"name": "monto", "type": "number", "constraints": {"minimum": 0}},
    {"name": "abierto", "type": "boolean"},
    {"name": "estado", "type": "string", "constraints": {"enum": ["en obra", "hecha, con vereda", "=1"]}},
    {"name": "nota", "type": "string", "constraints": {"maxLength": 20}},
    {"name": "correo", "type": "string", "format": "email"},
    {"name": "mes", "type": "yearmonth"},
]


@pytest.fixture(autouse=True)
def works_handed_in(city):
    layout = {
        "header": ["Código"],
        "labels": {"Código": "codigo", "Abierto": "abierto"},
        "fields": {"abierto": {"trueValues": ["SI"], "falseValues": ["NO"]}},
        "headerRow": 3,
        "ignore": ["N°"],
    }
    city.declare(
        declaration(
            "obras",
            fields=FIELDS,
            key="codigo",
            source={"kind": "inbox"},
            layouts=[layout | {"header": ["N°", "Código"]}],
        )
    )


def rules(page) -> dict[str, tuple]:
    """By column's letter: the kind of its rule and its limits."""
    return {
        str(v.sqref).split(":")[0].rstrip("0123456789"): (v.type, v.formula1, v.formula2)
        for v in page.data_validations.dataValidation
    }


def test_what_excel_can_refuse_it_is_told_to_refuse(city, tmp_path):
    _sheets, book = made(load_dataset(city.datasets / "obras"), city.archive, tmp_path / "out.xlsx")
    page = book["obras"]
    assert [cell.value for cell in page[3]] == [
        "Código",
        "dia",
        "personas",
        "monto",
        "Abierto",
        "estado",
        "nota",
        "correo",
        "mes",
        "N°",
    ]
    found = rules(page)
    kind, formula, _none = found["A"]
    assert kind == "custom" and "SUMPRODUCT(--EXACT($A$4:$A$5003,A4))=1" in formula  # noqa: PT018
    assert 'ISNUMBER(FIND(MID(A4,1,1),"ABC"))' in formula and 'EXACT(MID(A4,5,2),"-X")' in formula  # noqa: PT018
    assert found["B"] == ("date", "43831", "47483")
    assert found["C"] == ("whole", "1", "500")
    assert found["D"] == ("decimal", "0", "1E+300")
    assert found["G"] == ("textLength", "0", "20")
    lists = book["Listas"]
    for letter, column, options in (("E", 1, ["SI", "NO"]), ("F", 2, ["en obra", "hecha, con vereda", "=1"])):
        assert found[letter][0] == "list"
        assert found[letter][1] == f"'Listas'!${'AB'[column - 1]}$2:${'AB'[column - 1]}${len(options) + 1}"
        assert [cell.value for cell in lists["AB"[column - 1]][1:] if cell.value] == options
    assert page.freeze_panes == "B4"
    assert all(len(v.formula1 or "") <= 255 for v in page.data_validations.dataValidation)


def test_the_example_stands_apart_and_the_sheet_to_fill_in_is_empty(city, tmp_path, archive):
    dataset = load_dataset(city.datasets / "obras")
    _sheets, book = made(dataset, city.archive, tmp_path / "out.xlsx")
    assert book.sheetnames == ["obras", "Cómo completarla", "Ejemplo", "Listas"]
    reading = read(tmp_path / "out.xlsx", dataset.resource("obras"), tmp_path / "cells.arrow")
    assert reading.table is not None
    assert list(reading.table.rows()) == []
    told = [cell.value for row in book["Cómo completarla"].iter_rows() for cell in row if cell.value]
    assert "N°" in told
    assert any("SI · NO" in str(text) for text in told)


def test_the_same_declaration_gives_the_same_bytes(city, tmp_path):
    dataset = load_dataset(city.datasets / "obras")
    write_template(dataset, "", {}, tmp_path / "one.xlsx")
    write_template(dataset, "", {}, tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_keys_of_other_tables_are_chosen_from_a_list(archive, tmp_path):
    dataset = load_dataset(DATASETS / "compromisos-seguimiento")
    (sheet,), book = made(dataset, archive, tmp_path / "out.xlsx")
    options = {column.label: column.options for column in sheet.columns}
    assert options["Plan"] == ("DEMO-2021", "DEMO-2025") or len(options["Plan"]) >= 2
    assert options["Estado"] == ("No iniciado", "Avance limitado", "Avance sustancial", "Completo"), (
        "as the agency writes them"
    )
    first = dict(zip(options, example_of(book, sheet, True), strict=True))
    assert first["Hito"].startswith(first["Plan"])


def test_columns_that_are_wide_by_month_are_written_out(archive, tmp_path):
    (sheet,), _book = made(load_dataset(DATASETS / "grandes-choferes"), archive, tmp_path / "out.xlsx")
    labels = [column.label for column in sheet.columns]
    assert labels[:7] == [
        "Linea",
        "Unidades",
        "Choferes",
        "año",
        "Edicion",
        "Votos totales abril",
        "Choferes votados abril",
    ]
    assert len(labels) == 5 + 9 * 2


def test_what_nobody_writes_has_no_template(archive, tmp_path):
    with pytest.raises(ValueError, match="ba-elige-propuestas"):
        write_template(load_dataset(DATASETS / "ba-elige-propuestas"), "", {}, tmp_path / "out.xlsx")


def test_the_command_writes_the_workbook(city, monkeypatch, tmp_path):
    monkeypatch.setenv("VEREDA_DATASETS", str(city.datasets))
    monkeypatch.setenv("VEREDA_ARCHIVE", str(tmp_path / "archive"))
    result = CliRunner().invoke(app, ["template", "obras", str(tmp_path / "obras.xlsx")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "obras.xlsx").is_file()
    assert CliRunner().invoke(app, ["template", "nada", str(tmp_path / "x.xlsx")]).exit_code == 2


def test_patterns_are_written_out():
    assert pattern_shapes(r"T[1-4]") == [("T", "1234")]
    assert pattern_shapes(r"\d{2}|ab") == [("0123456789",) * 2, ("a", "b")]
    assert pattern_shapes(r".+") is None
    assert pattern_example(r"\d{4}-(\d{2}|T[1-4])") == "1234-67"
    assert pattern_example(r"https?://\S+(; https?://\S+)*") == "http://x"
    assert (
        write_label(r"^(?P<measure>Votos) (?P<mes>.+)$", {"measure": "Votos", "mes": "abril"})
        == "Votos abril"
    )

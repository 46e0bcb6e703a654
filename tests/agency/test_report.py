"""Whoever sent a file reads in a report what is wrong with it, where, and how to put it right; and nothing
personal is said again."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import frictionless
import pytest
from openpyxl import load_workbook

from messages import speaking
from pipelines.agency.answer import write_answer
from pipelines.agency.check import Check, check_dataset
from pipelines.agency.report.groups import group_check_problems, group_problems
from pipelines.agency.report.listing import defuse_formula
from pipelines.agency.report.received import describe_received, forecast_run
from pipelines.agency.report.write import report_as_json, write_report
from pipelines.agency.submit import find_own_outcomes, hand_in
from pipelines.read.finding import Finding, describe_finding
from pipelines.release.echoes import without_echoes
from tests.support.cities import City, declaration
from tests.support.terminal import vereda
from tests.support.workbooks import workbook_bytes
from validation.problems.notes import sentence_for_sender
from validation.problems.registry import advice
from validation.report import KEPT, Problem, Report

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
FIELDS = [
    {"name": "id", "type": "integer", "description": "Número"},
    {"name": "fecha", "type": "date", "description": "Día", "constraints": {"required": True}},
    {
        "name": "etapa",
        "type": "string",
        "description": "Etapa",
        "constraints": {"enum": ["Votación", "Devolución"]},
    },
    {"name": "detalle", "type": "string", "description": "Detalle"},
]
LABELS = {"N°": "id", "Fecha de inicio": "fecha", "Etapa": "etapa", "Detalle": "detalle"}
HEADER = "N°;Fecha de inicio;Etapa;Detalle"
LAYOUT = {"header": list(LABELS), "labels": LABELS}


# --- a report


@pytest.fixture(autouse=True)
def works_handed_in(city):
    city.declare(declaration("obras", source={"kind": "inbox"}, fields=FIELDS, layouts=[LAYOUT]))


def sent(city: City, *rows: str) -> Path:
    path = city.folder / "planilla.csv"
    path.write_text("\r\n".join([HEADER, *rows, ""]), "latin-1")
    return path


ROWS = (
    "1;2024-01-31;Votación;x",
    "2;31/01/2024;votacion;x",
    "3;;Otra;=cmd|' /C calc'!A0",
    "3;2024-02-01;Votación;ana@example.org",
    "5;13/2/24;;y",
)


def test_problems_are_grouped_by_kind_and_column_under_the_labels_of_the_file(city):
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", sent(city, *ROWS)) as done:
        found = {(g.type, g.code, g.column, g.expected): g for g in group_check_problems(done)}
        date = found["type-error", None, "Fecha de inicio", "una fecha, como 2026-08-31"]
        assert (date.count, [(e.row, e.value) for e in date.examples]) == (
            2,
            [(3, "31/01/2024"), (6, "13/2/24")],
        )
        empty = found["constraint-error", None, "Fecha de inicio", "una celda con su valor"]
        assert (empty.count, empty.title) == (1, "Una celda vacía que debe tener un valor")
        assert "celda vacía" not in date.remedy  # it may not be empty
        listed = found["constraint-error", None, "Etapa", "uno de estos: «Votación» y «Devolución»"]
        assert (listed.count, listed.title) == (2, "Un valor que no está en la lista")
        assert ("primary-key", None, "N°") in {key[:3] for key in found}
        would = forecast_run(done, terminal=True)
    assert (would.outcome, would.sentence[:14]) == ("rejected", "Se rechazaría:")
    assert any("`vereda check obras planilla.csv`" in step for step in would.next)


def test_what_nobody_sees_in_a_cell_is_spelt_out_where_it_is_shown(city, tmp_path):
    path = city.folder / "planilla.csv"
    path.write_text(f"{HEADER}\n1;2024-01-31;Votación;x\n2;2024-02-01\u200b;Votación;x\n", "utf-8")
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", path) as done:
        page = write_report(done, tmp_path / "informe", NOW).read_text("utf-8")
    assert "2024-02-01‹U+200B›" in page
    told = vereda(city, "check", "obras", str(path), status=1)
    assert "«2024-02-01‹U+200B›»" in told


def test_a_report_never_repeats_what_is_personal_or_would_run(city, tmp_path):
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", sent(city, *ROWS)) as done:
        page = write_report(done, tmp_path / "informe", NOW)
    for path in (page, page.with_name("problemas.csv"), page.with_name("report.json")):
        assert "ana@example.org" not in path.read_text("utf-8")
    assert not any("calc'!A0" in path.read_text("utf-8") for path in (page, page.with_name("problemas.csv")))


def test_the_page_needs_nothing_but_itself_and_says_what_each_cell_should_hold(city, tmp_path):
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", sent(city, *ROWS)) as done:
        text = write_report(done, tmp_path / "informe", NOW).read_text("utf-8")
    page = Page()
    page.feed(text)
    assert page.lang == "es"
    assert not page.tags & {"script", "iframe", "link", "form"}
    assert all(each.startswith(("#", "data:", "problemas.csv", "report.json")) for each in page.addresses)
    assert {each[1:] for each in page.addresses if each.startswith("#")} <= page.ids
    assert page.headings == sorted(page.headings, key=lambda level: level != 1)
    assert all(
        said in text
        for said in (
            "planilla.csv",
            "Fecha de inicio",
            "fila 3",
            "31/01/2024",
            "2024-01-31",
            "Qué hacer ahora",
        )
    )


def test_the_page_asks_for_no_command_of_whoever_has_no_terminal(city, tmp_path):
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", sent(city, *ROWS)) as done:
        text = write_report(done, tmp_path / "informe", NOW).read_text("utf-8")
    assert "corregir sin preguntar" in text
    steps = text[text.index('id="next"') : text.index('id="problems"')]
    assert not re.search(r"vereda |--\w|\.xlsx", re.sub(r"<[^>]+>", "", steps))


class Page(HTMLParser):
    """What a browser would ask for, and where links lead."""

    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.addresses, self.headings, self.lang = set(), set(), [], [], None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        self.lang = given.get("lang", self.lang) if tag == "html" else self.lang
        self.ids |= {given["id"]} if "id" in given else set()
        self.addresses += [given[name] for name in ("href", "src") if name in given]
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []


def test_the_list_has_every_problem_and_is_harmless_in_a_spreadsheet(city, tmp_path):
    rows = [f"{n};@fecha{n};Votación;x" for n in range(1, KEPT + 40)]
    rows.append(f'{KEPT + 40};"=uno, ""dos""";Votación;x')
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", sent(city, *rows)) as done:
        write_report(done, tmp_path, NOW)
    lines = list(csv.reader((tmp_path / "problemas.csv").read_text("utf-8-sig").splitlines()))
    assert len(lines) == 1 + KEPT + 40
    assert lines[1][3:7] == ["Fecha de inicio", "2", "", "'@fecha1"]
    assert lines[-2][3:7] == ["Fecha de inicio", str(KEPT + 40), "", f"'@fecha{KEPT + 39}"]
    assert lines[-1][3:7] == ["Fecha de inicio", str(KEPT + 41), "", '\'=uno, "dos"']


def test_a_key_that_cannot_be_read_is_told_once_in_however_many_rows():
    unread, empty = (
        Problem("type-error", "obras", 'type is "integer/default"', row=2, field="id", cell="x"),
        Problem("primary-key", "obras", 'cells composing the primary keys are all "None"', row=2),
    )
    kept = Report().plus([unread, empty])
    further = {unread.kind: tuple(range(3, 900)), empty.kind: (*range(3, 900), 2000)}
    told = without_echoes(kept.plus((), more=further), {"obras": ["id"]})
    assert told.counts == {unread.kind: 898, empty.kind: 1}
    assert told.further[empty.kind] == (2000,)
    assert told.problems == (unread,)
    of_two = without_echoes(kept.plus((), more=further), {"obras": ["id", "etapa"]})
    assert of_two.counts[empty.kind] == 898  # another part may be there, and the key a repeated one


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        (" @x", "' @x"),
        ("-5,5", "-5,5"),
        ("+54 11", "+54 11"),
        ("-x", "'-x"),
        ("\tx", "'\tx"),
        ("Palermo", "Palermo"),
    ],
)
def test_only_what_would_be_calculated_is_marked_as_text(text, written):
    assert defuse_formula(text) == written


def test_json_stays_a_frictionless_report(city):
    with speaking("en"), check_dataset(city.datasets, city.archive, "obras", sent(city, *ROWS)) as done:
        answer = json.loads(json.dumps(report_as_json(done), default=str))
    report = frictionless.Report.from_descriptor(answer)
    assert (report.valid, report.stats["errors"]) == (False, len(done.report.problems))
    assert sum(group["count"] for group in answer["groups"]) == done.report.total
    assert answer["outcome"]["outcome"] == "rejected"


def test_a_right_file_is_told_which_version_it_would_be_and_how_it_is_handed_in(city):
    with speaking("en"), check_dataset(city.datasets, city.archive, "obras", sent(city, ROWS[0])) as done:
        would, sent_back = forecast_run(done, terminal=True), forecast_run(done)
    assert (would.outcome, would.sentence) == (
        "published",
        "It would be published as version 1.0.0: 1 row added, 0 removed, 0 changed.",
    )
    assert would.next == ("Hand it in: `vereda submit obras planilla.csv`.",)
    assert sent_back.next == ()


def test_a_file_that_cannot_be_read_gets_its_report_too(city, tmp_path):
    path = city.folder / "pagina.csv"
    path.write_text("<!doctype html><p>404", "utf-8")
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", path) as done:
        text = write_report(done, tmp_path / "informe", NOW).read_text("utf-8")
    assert "HTML" in text
    assert "guárdela como libro de Excel" in text


def test_many_problems_are_grouped_at_once():
    problems = [
        Problem("type-error", "t", 'type is "date/default"', row=row, field=field, cell="x")
        for field in map(str, range(100))
        for row in range(2, KEPT + 2)
    ]
    report = Report().plus(problems, {problem.kind: 10**6 for problem in problems[::KEPT]})
    start = time.monotonic()
    found = group_problems(report)
    assert time.monotonic() - start < 5
    assert (len(found), found[0].count) == (100, KEPT + 10**6)


def test_a_finding_is_told_with_what_was_declared_instead():
    with speaking("en"):
        assert describe_finding(Finding("encoding", "cp1252", 0.9)) == "encoding: cp1252 (90 % sure)"
        assert "the declaration says utf-8" in describe_finding(
            Finding("encoding", "cp1252", 0.9, declared="utf-8")
        )


def test_one_bad_row_is_told_once(tmp_path):
    city = City(tmp_path)
    fields = [{"name": n, "type": "string", "description": n} for n in ("b", "c", "d")]
    key = {"name": "a", "type": "integer", "description": "a", "constraints": {"required": True}}
    city.declare(
        declaration("t", fields=[key, *fields], key="a"), datos="a;b;c;d\n1;x;y;z\n2\n;;;\n;q;r;s\n4;x;y;z\n"
    )
    with check_dataset(city.datasets, city.archive, "t") as done:
        found = [(group.type, group.count) for group in group_check_problems(done)]
    assert sorted(found) == [("blank-row", 1), ("missing-cell", 1), ("primary-key", 1)]
    told = vereda(city, "check", "t", status=1)
    assert "3 problemas" in told
    assert "hay 3 problemas" in told


@pytest.mark.parametrize(
    "row", ["3;Plaza; de Mayo;10", '3; "Plaza; de Mayo";10', "3;Plaza; de; Mayo;10", "3;Plaza;10;;nota"]
)
def test_a_row_with_a_cell_too_many_is_one_problem(tmp_path, row):
    city = City(tmp_path)
    fields = [
        {"name": name, "type": kind, "description": name}
        for name, kind in (("id", "integer"), ("n", "string"), ("v", "number"))
    ]
    rows = "".join(f"{k};Calle {k};{k}\n" for k in range(10, 40))
    city.declare(declaration("t", fields=fields), datos=f"id;n;v\n{rows}{row}\n5;Otra;x\n")
    with check_dataset(city.datasets, city.archive, "t") as done:
        found = [(group.type, group.count, group.field) for group in group_check_problems(done)]
    assert sorted(found) == [("extra-cell", 1, None), ("type-error", 1, "v")]
    assert "2 problemas" in vereda(city, "check", "t", status=1)


def test_a_thousand_rows_with_a_cell_too_many_are_a_thousand_problems(tmp_path):
    city = City(tmp_path)
    fields = [{"name": name, "type": "integer", "description": name} for name in ("id", "v")]
    rows = "".join(f"{k};{'x;7' if k % 2 else k}\n" for k in range(2_400))
    city.declare(declaration("t", fields=fields), datos=f"id;v\n{rows}")
    with check_dataset(city.datasets, city.archive, "t") as done:
        found = {group.type: group.count for group in group_check_problems(done)}
    assert found == {"extra-cell": 1_200}


def test_a_renamed_column_is_told_by_the_label_that_its_sender_knows(tmp_path):
    city = City(tmp_path)
    fields = [{"name": name, "type": "string", "description": name} for name in ("id", "n")]
    layouts = [{"labels": {"N° de calle": "n"}}]
    city.declare(declaration("t", fields=fields, layouts=layouts), datos="id,Num de calle\n1,a\n")
    with check_dataset(city.datasets, city.archive, "t") as done:
        (note,) = [p.for_sender for p in done.report.problems if p.code == "renamed-column"]
    assert note == "la columna «Num de calle» parece ser «N° de calle»"


def test_the_example_that_is_shown_is_right_itself(tmp_path):
    city = City(tmp_path)
    fields = [
        {"name": "id", "type": "integer", "description": "n"},
        {"name": "v", "type": "integer", "description": "v"},
        {"name": "anio", "type": "year", "description": "a"},
    ]
    rows = "".join(f"{k};{k * 37};{2000 + k}\n" for k in range(40))
    content = f"id;v;anio\n{rows}50;6.5;2024.0\n51;5.0;24\n52;1.000;2.024\n"
    city.declare(declaration("t", fields=fields), datos=content)
    with check_dataset(city.datasets, city.archive, "t") as done:
        expected = {group.column: group.expected for group in group_check_problems(done)}
    assert expected["v"].endswith("por ejemplo «1234»")
    assert expected["anio"].endswith("por ejemplo «2000»")


def test_a_picture_is_told_what_it_is_and_not_to_be_saved_as_a_workbook(city):
    path = city.folder / "foto.csv"
    path.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(300))
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", path) as done:
        (group,) = group_check_problems(done)
    assert "JPEG" in group.examples[0].note
    assert "entregue la planilla con la que se hizo" in group.examples[0].note
    assert ".xlsx" not in group.remedy


def test_a_formula_without_its_result_hides_no_other_problem(city):
    path = city.folder / "planilla.xlsx"
    rows = [
        [*LABELS],
        [1, "2024-01-31", "Otra", "x"],
        [2, "=B2+1", "Votación", "=1+1"],
        ["tres", "2024-02-01"],
    ]
    path.write_bytes(workbook_bytes(Hoja=rows))
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", path) as done:
        groups = group_check_problems(done)
    told = [(g.code or g.type, g.column, [e.cell for e in g.examples]) for g in groups]
    assert sorted(told) == [
        ("constraint-error", "Etapa", ["C2"]),
        ("formula-unsaved", "Detalle", ["D3"]),
        ("formula-unsaved", "Fecha de inicio", ["B3"]),  # that it is empty, and may not be, is no second one
        ("type-error", "N°", ["A4"]),
    ]


def test_an_ambiguous_column_is_asked_about_in_the_words_of_whoever_wrote_it(city):
    rows = [f"{n};{n:02}/{n + 1:02}/2024;Votación;x" for n in range(1, 9)]
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", sent(city, *rows)) as done:
        groups = group_check_problems(done)
    (asked,) = [group for group in groups if group.code == "undeclared-writing"]
    note = asked.examples[0].note
    assert "se pueden leer como día y mes o como mes y día" in note
    assert "`" not in note
    assert "declare" not in note


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("31/02/2026", "ese día no existe en el calendario"),
        ("29-2-25", "ese día no existe en el calendario"),
        ("2025-02-29", "ese día no existe en el calendario"),
        ("00/00/0000", ""),
        ("00/05/2026", "ese día no existe en el calendario"),
        ("29/02/2024", ""),
        ("13/25/2024", ""),
        ("pronto", ""),
        ("#¡REF!", "un error de la planilla, y no un valor"),
        ("#N/D ", "un error de la planilla, y no un valor"),
    ],
)
def test_a_cell_that_is_written_as_the_others_is_told_what_it_is(cell, said):
    problem = Problem("type-error", "t", 'type is "date/default"', row=2, field="f", cell=cell)
    with speaking("es"):
        (group,) = group_problems(Report().plus([problem]))
        (example,) = group.examples
    assert (example.value, example.note) == (cell, said)


def test_what_stops_a_file_for_being_unusual_is_told_once():
    note = "11 de 20 filas ya no están"
    stop = Problem("table-error", "obras", f"{note}; …", code="unusual-extract", for_sender=f"{note}, tras 3")
    warning = Problem("table-error", "obras", note, code="rows-gone", severity="warning")
    other = Problem("table-error", "obras", "otra cosa", code="numbers-unusual", severity="warning")
    groups = group_problems(Report().plus([warning, other, stop]))
    assert [group.code for group in groups] == ["unusual-extract", "numbers-unusual"]


def test_advice_on_an_empty_cell_asks_for_its_value():
    note = 'constraint "required" is "True"'
    assert advice("constraint-error", rule="required").remedy.startswith("Escriba el valor que falta")
    told = sentence_for_sender(Problem("constraint-error", "obras", note, row=3, field="fecha"))
    assert told.startswith("obras, fila 3, columna fecha: Una celda vacía que debe tener un valor: ")
    assert "deje la celda vacía" in advice("type-error", field_type="date").remedy
    assert "deje la celda vacía" not in advice("type-error", field_type="date", required=True).remedy


# --- of a file that was handed in


@contextmanager
def handed_in(city: City, content: str, name: str, period: str | None = None) -> Iterator[Check]:
    """The file's check, once a run has judged it, as whoever handed it in gets it."""
    (file := city.folder / name).write_text(content, "utf-8")
    handed = hand_in(city.datasets, city.archive, city.inbox, "obras", file, period, NOW)
    became, _mine = find_own_outcomes(city.archive, handed, city.run("obras"))
    with check_dataset(city.datasets, city.archive, "obras", file, receipt=handed.receipt) as done:
        yield replace(done, became=became)


def planilla(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.mark.usefixtures("english", "impatient_inbox")
def test_of_what_was_handed_in_the_report_says_what_became_of_it(city):
    city.declare(
        declaration(
            "obras",
            source={"kind": "inbox"},
            fields=FIELDS,
            layouts=[LAYOUT],
            quarantine={"maxShare": 0.4},
        )
    )
    good = [f"{n};2024-01-{n:02};Votación;x" for n in range(1, 6)]
    with handed_in(city, planilla(*good, "6;2024-01-06;Otra;x"), "uno.csv") as done:
        sentence = (
            "It was published as version 1.0.0 without 1 row that has problems: it is held back until it is "
            "corrected."
        )
        assert (forecast_run(done).outcome, forecast_run(done).sentence) == ("quarantined", sentence)
        out, page = city.folder / "anotado.xlsx", city.folder / "informe"
        write_answer(done, page, out, NOW)
        assert sentence in (page / "informe.html").read_text("utf-8")
        assert "(Etapa): 1" in (page / "informe.html").read_text("utf-8")
        assert sentence in [row[0].value for row in load_workbook(out).worksheets[0].iter_rows()]
        assert report_as_json(done)["outcome"] == {"outcome": "quarantined", "message": sentence}
    with handed_in(city, planilla(*good), "dos.csv") as done:
        assert forecast_run(done).sentence == "It was published as version 1.0.1."
    with handed_in(city, planilla(*reversed(good)), "otra-vez.csv") as done:
        assert (
            forecast_run(done).sentence == "What is published (version 1.0.1) said the same: nothing changed."
        )
    with handed_in(city, planilla("1;x;y;z"), "tres.csv") as done:
        assert forecast_run(done).sentence.startswith("It was rejected: there are ")
        assert forecast_run(done).next


@pytest.mark.usefixtures("english", "impatient_inbox")
def test_a_file_without_rows_has_none_of_those_that_are_published(city):
    months = {"mode": "by-period", "field": "fecha"}
    city.declare(
        declaration("obras", source={"kind": "inbox"}, fields=FIELDS, layouts=[LAYOUT], extract=months)
    )
    with handed_in(city, planilla("1;2024-01-05;Votación;x", "2;2024-01-06;Votación;x"), "uno.csv"):
        pass
    with handed_in(city, planilla(), "vacio.csv") as done:
        assert [each.rows for each in describe_received(done)] == [0]
        would = forecast_run(done)
        assert would.sentence.startswith("It was rejected: there is 1 problem that stops it.")
    with handed_in(city, planilla(), "vacio-enero.csv", "2024-01") as done:
        assert [each.rows for each in describe_received(done)] == [0]
        would = forecast_run(done)
        assert would.sentence.startswith("It was rejected: there is 1 problem that stops it.")
        assert [step[:40] for step in would.next] == ["Compare it with what you handed in befor"]


@pytest.mark.usefixtures("english", "impatient_inbox")
def test_a_renumbered_key_is_told_to_the_sender_by_the_files_labels(city):
    with handed_in(city, planilla(*(f"{n};2024-01-{n:02};Votación;d{n}" for n in range(1, 29))), "uno.csv"):
        pass
    renumbered = planilla(*(f"{n + 500};2024-01-{n:02};Votación;d{n}" for n in range(1, 29)))
    with handed_in(city, renumbered, "dos.csv") as done:
        (found,) = [each for each in done.report.problems if each.code == "keys-renumbered"]
        said = sentence_for_sender(found, "N°")
        assert "the key N° was numbered anew: of the values of Fecha de inicio" in said
        assert "primaryKey" not in said
        assert "primaryKey" in found.note


def test_the_list_quotes_nothing_beside_personal_data_however_many_problems_there_are(city, tmp_path):
    rows = [f"{n};31.12.{n};Votación;x" for n in range(1, KEPT + 40)]
    rows[-2] = f"{KEPT + 38};secreto-uno;Votación;ana@example.org"
    rows[-1] = f"{KEPT + 39};visible;Votación;x"
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", sent(city, *rows)) as done:
        write_report(done, tmp_path, NOW)
    text = (tmp_path / "problemas.csv").read_text("utf-8-sig")
    assert "visible" in text
    assert "secreto-uno" not in text
    lines = {(line[2], line[4]): line[6] for line in csv.reader(text.splitlines())}
    assert lines["Una fecha que no se puede leer", str(KEPT + 39)] == ""


def test_the_page_does_not_say_what_a_cell_beside_personal_data_is_meant_as(city, tmp_path):
    rows = ["1;31/01/2024;Votación;ana@example.org", "2;2024-02-01;Votación;x", "3;25/02/2024;Votación;x"]
    with speaking("es"), check_dataset(city.datasets, city.archive, "obras", sent(city, *rows)) as done:
        page = write_report(done, tmp_path, NOW).read_text("utf-8")
    assert "2024-02-25" in page
    assert "2024-01-31" not in page

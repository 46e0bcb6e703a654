"""What a sheet shows otherwise than it holds: labels, texts beside their formats, fractions and powers of
ten, days without their day, numbers that nobody sees; in each form of workbook."""

from __future__ import annotations

import datetime as dt

import pytest

from pipelines.agency.check import check_dataset
from pipelines.agency.report.groups import group_check_problems
from pipelines.read.finding import Finding, describe_finding
from pipelines.read.forms.number_format import parse_format, parse_text_format
from tests.support.bad_files import SHEET, ods, ods_row, xlsx
from tests.support.cities import City, declaration
from tests.support.lazy import openpyxl
from tests.support.readings import reading
from tests.support.three_forms import Cell, column, sheet_of
from tests.support.workbooks import saved_bytes

DAY, MOMENT = dt.date(2024, 3, 15), dt.datetime(2024, 3, 5, 14, 30)  # noqa: DTZ001
BOOKS = pytest.mark.parametrize("kind", ["xlsx", "xls"])


@pytest.fixture(autouse=True)
def _sentences_in_english(english):
    """Notes are read in English."""


def read(folder, kind, schema, *cells, **layout):
    found = reading(folder, column(kind, "v", *cells), {"id": "integer", "v": schema}, **layout)
    return [row[1] for _number, row in found.table.rows()], [
        (p.code, p.row, p.severity, p.note) for p in found.faults
    ]


def ods_table(folder, *rows, fields, styles=""):
    """The cells and faults of an ODS; `styles` are those of values called N0, N1 …, of cells c0, c1 …"""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    cells = "".join(
        f'<style:style style:name="c{n}" style:family="table-cell" style:data-style-name="N{n}"/>'
        for n in range(10)
    )
    part = (
        f'<office:document-styles xmlns:office="{names}:office:1.0" xmlns:style="{names}:style:1.0" '
        f'xmlns:number="{names}:datastyle:1.0"><office:styles>{styles}{cells}</office:styles>'
        "</office:document-styles>"
    )
    found = reading(folder, ods("".join(rows), **{"styles.xml": part}), fields)
    return [row for _number, row in found.table.rows()], [(p.code, p.row) for p in found.faults]


def ods_cell(kind, value, shown, style=""):
    attribute = {"time": "time-value", "date": "date-value", "string": "string-value"}.get(kind, "value")
    styled = f' table:style-name="{style}"' if style else ""
    return (
        f'<table:table-cell{styled} office:value-type="{kind}" office:{attribute}="{value}">'
        f"<text:p>{shown}</text:p></table:table-cell>"
    )


def ods_line(*cells):
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


LABELS = [
    (Cell(DAY, "mmm-yy"), "mar-24"),
    (Cell(DAY, "dd/mm/yyyy"), "15/03/2024"),
    (Cell(0.5, "0%"), "50%"),
    (Cell(0.125, "0.0%"), "12,5%"),
    (Cell(7, "000"), "007"),
    (Cell(1500, "#,##0"), "1.500"),
    (Cell(2024), "2024"),
    (Cell("Norte", '"Barrio "@'), "Barrio Norte"),
    (Cell(True), "VERDADERO"),
]


@BOOKS
@pytest.mark.parametrize(("cell", "label"), LABELS, ids=[label for _cell, label in LABELS])
def test_a_label_is_what_the_sheet_shows(tmp_path, kind, cell, label):
    content = sheet_of(kind, [["id", cell], [1, 2], [3, 4]])
    found = reading(tmp_path, content, {"id": "integer", "v": "integer"}, labels={"id": "id", label: "v"})
    assert found.problems == ()
    assert [row for _number, row in found.table.rows()] == [["1", "2"], ["3", "4"]]


@BOOKS
def test_a_label_that_was_declared_by_its_value_is_still_one(tmp_path, kind):
    content = sheet_of(kind, [["id", Cell(DAY, "mmm-yy"), Cell(0.5, "0%")], [1, 2, 3]])
    fields = {"id": "integer", "m": "integer", "q": "integer"}
    found = reading(tmp_path, content, fields, labels={"id": "id", "2024-03-15": "m", "0.5": "q"})
    assert found.problems == ()
    assert [row for _number, row in found.table.rows()] == [["1", "2", "3"]]


@BOOKS
def test_an_unknown_label_is_told_as_it_is_shown(tmp_path, kind):
    content = sheet_of(kind, [["id", "v", Cell(DAY, "mmm-yy")], [1, 2, 3]])
    assert reading(tmp_path, content, {"id": "integer", "v": "integer"}).table.labels == ("id", "v", "mar-24")


@BOOKS
def test_labels_of_columns_that_become_rows_are_read_as_shown_or_as_they_are(tmp_path, kind):
    months = [Cell(dt.date(2024, month, 1), "mmm-yy") for month in (1, 2)]
    content = sheet_of(kind, [["id", *months], [1, 10, 20]])
    fields = {"id": "integer", "mes": "string", "n": "integer"}
    for pattern, said in (
        (r"^(?P<mes>[a-z]{3}-\d\d)$", ["ene-24", "feb-24"]),
        (r"^(?P<mes>\d{4}-\d\d)-01$", ["2024-01", "2024-02"]),
    ):
        found = reading(tmp_path, content, fields, unpivot={"columns": pattern, "value": "n"})
        assert [row[1] for _number, row in found.table.rows()] == said


def test_labels_over_two_rows_are_as_shown(tmp_path):
    rows = [["id", Cell(DAY, "mmm-yy"), None], [None, None, "n"], [1, 2, 3]]
    fields = {"id": "integer", "m": "integer", "n": "integer"}
    found = reading(tmp_path, sheet_of("xlsx", rows), fields, labels={"id": "id", "mar-24": "m", "n": "n"})
    assert [row for _number, row in found.table.rows()] == [["1", "2", "3"]]


def test_labels_of_an_ods_are_what_it_shows(tmp_path):
    month = (
        '<number:date-style style:name="N0"><number:month number:textual="true"/><number:text>-</number:text>'
        "<number:year/></number:date-style>"
    )
    header = ods_line(
        ods_cell("string", "id", "id"),
        ods_cell("date", "2024-03-01", "mar-24", "c0"),
        ods_cell("percentage", "0.5", "50%"),
        ods_cell("float", "7", "007"),
    )
    row = ods_line(*(ods_cell("float", n, n) for n in range(1, 5)))
    fields = ["id", "mar-24", "50%", "007"]
    rows, faults = ods_table(tmp_path, header, row, fields=dict.fromkeys(fields, "integer"), styles=month)
    assert (rows, faults) == ([["1", "2", "3", "4"]], [])


@BOOKS
def test_a_text_field_takes_what_is_shown(tmp_path, kind):
    cells = {
        Cell("Norte", '"Barrio "@'): "Barrio Norte",
        Cell("7", '@" bis"'): "7 bis",
        Cell("Sur", "General"): "Sur",
        Cell(0.5, "# ?/?"): "1/2",
        Cell(1.75, "# ?/?"): "1 3/4",
        Cell(1 / 3, "# ?/?"): "1/3",
        Cell(0.25, "# ?/8"): "2/8",
        Cell(2.5, '# ?/?" pulg"'): "2 1/2 pulg",
        Cell(0.34, "# ?/?"): "0.34",  # a third is another number
        Cell(1.1, "0.00"): "1.10",
        Cell(2.7, "0"): "2.7",
        Cell(12, '0" dólares"'): "12 dólares",
    }
    assert read(tmp_path, kind, "string", *cells) == (list(cells.values()), [])


@BOOKS
def test_a_code_that_is_shown_by_a_power_of_ten_keeps_its_digits_and_is_told(tmp_path, kind):
    cells = [Cell(20123456789, "0.00E+00"), Cell(1500, "0.00E+00")]
    values, ((code, row, severity, note),) = read(tmp_path, kind, "string", *cells)
    assert (values, code, row, severity) == (["20123456789", "1500"], "number-unseen", None, "warning")
    assert "“2.01E+10 (20123456789)”" in note
    assert read(tmp_path, kind, "number", *cells) == (["20123456789", "1500"], [])
    shown, _told = read(tmp_path, kind, "string", *cells, fields={"v": {"asShown": True}})
    assert shown == ["2.01E+10", "1.50E+03"]


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("0.00E+00", "-9999.9", "-1.00E+04"),
        ("##0.0E+0", "12345", "12.3E+3"),
        ("0E-0", "1500", "2E3"),
        ("0.0E+00", "0", "0.0E+00"),
        ("?/?", "1.5", "3/2"),
        ("# ??/??", "-0.25", "-1/4"),
        ("# ?/?", "2", "2"),
        ("# ?/?", "0", "0"),
    ],
)
def test_fractions_and_powers_of_ten_are_shown(code, number, shown):
    assert parse_format(code).show(number) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ('"Barrio "@', "Barrio x"),
        ('@" bis"', "x bis"),
        ('0;-0;0;"n.º "@', "n.º x"),
        ("[Red]\\#@", "#x"),
        ("0;0;0;", ""),
        ("@", None),
        ("_-@_-", None),
        ("General", None),
        ("0;-0;0;General", None),
        ('_-"$"\\ * #,##0.00_-;\\-"$"\\ * #,##0.00_-;_-"$"\\ * "-"??_-;_-@_-', None),
    ],
)
def test_a_format_says_how_texts_are_shown(code, shown):
    form = parse_text_format(code)
    assert (form and form.show("x")) == shown


@BOOKS
@pytest.mark.parametrize(
    ("code", "value", "example"),
    [
        ('0;-0;"sin dato"', 0, "“sin dato (0)”"),
        ("0;-0;;@", 0, "“(0)”"),
        (";;;", 5, "“(5)”"),
        ('"x"', 5, "“x (5)”"),
    ],
)
def test_numbers_that_nobody_sees_are_read_and_told(tmp_path, kind, code, value, example):
    values, ((said, row, severity, note),) = read(tmp_path, kind, "number", Cell(7, "0"), Cell(value, code))
    assert (values, said, row, severity) == (["7", str(value)], "number-unseen", None, "warning")
    assert "row 3" in note
    assert example in note


@BOOKS
def test_a_dash_for_zero_hides_nothing(tmp_path, kind):
    accounts = '_-"$"\\ * #,##0.00_-;\\-"$"\\ * #,##0.00_-;_-"$"\\ * "-"??_-;_-@_-'
    cells = [Cell(0, accounts), Cell(-3, accounts), Cell(0, '0;-0;"-"')]
    assert read(tmp_path, kind, "number", *cells) == (["0", "-3", "0"], [])
    assert [each[0] for each in read(tmp_path, kind, "number", Cell(-5, '0;"-";0'))[1]] == ["number-unseen"]


@BOOKS
def test_texts_that_nobody_sees_are_read_and_told(tmp_path, kind):
    values, told = read(tmp_path, kind, "string", Cell("x", ";;;"), "y")
    assert (values, [each[0] for each in told]) == (["x", "y"], ["number-unseen"])


@BOOKS
def test_days_that_are_not_shown_whole_are_told_once(tmp_path, kind):
    cells = [Cell(DAY, "mmm-yy"), Cell(DAY, "dd/mm/yyyy"), Cell(DAY, "d-mmm")]
    values, ((code, row, severity, note),) = read(tmp_path, kind, "date", *cells)
    assert (values, code, row, severity) == (["2024-03-15"] * 3, "hidden-day", None, "warning")
    assert "2 cells" in note
    assert "“mar-24 (2024-03-15)”" in note
    assert read(tmp_path, kind, "yearmonth", Cell(DAY, "mmm-yy"))[1] == []


@BOOKS
def test_what_a_moment_does_not_show_is_told(tmp_path, kind):
    values, told = read(tmp_path, kind, "datetime", Cell(MOMENT, "dd/mm/yyyy"))
    assert (values, [each[0] for each in told]) == (["2024-03-05T14:30:00"], ["hidden-time"])
    values, told = read(tmp_path, kind, "time", Cell(MOMENT, "hh:mm"), Cell(dt.time(9, 5), "hh:mm"))
    assert (values, [each[0] for each in told]) == (["14:30:00", "09:05:00"], ["hidden-day"])


def test_times_of_an_ods_are_read_however_they_are_written(tmp_path):
    times = {
        "PT1H": "01:00:00",
        "PT37H5M": "37:05:00",
        "PT30M": "00:30:00",
        "P1DT2H": "26:00:00",
        "PT00H00M01.5S": "00:00:01.5",
        "PT45S": "00:00:45",
        "-PT1H": "-01:00:00",
    }
    rows = [ods_line(ods_cell("time", time, "x"), ods_cell("time", time, "x")) for time in times]
    fields = {"t": "string", "d": "duration"}
    found, faults = ods_table(tmp_path, ods_row("t", "d"), *rows, fields=fields)
    assert [row[0] for row in found] == list(times.values())
    assert [row[1] for row in found][:2] == ["PT1H0M0S", "PT37H5M0S"]
    assert (found[-1][1], faults) == ("-PT1H0M0S", [])


@pytest.mark.parametrize(
    ("overflow", "told"), [("", "09:00:00"), (' number:truncate-on-overflow="false"', "33:00:00")]
)
def test_hours_beyond_a_day_are_a_time_where_they_are_shown_so(tmp_path, overflow, told):
    style = f'<number:time-style style:name="N0"{overflow}><number:hours/></number:time-style>'
    row = ods_line(ods_cell("time", "PT33H", "x", "c0"), ods_cell("float", "1", "1"))
    fields = {"t": "time", "n": "integer"}
    found, faults = ods_table(tmp_path, ods_row("t", "n"), row, fields=fields, styles=style)
    assert found == [[told, "1"]]
    assert faults == ([("hidden-day", None)] if not overflow else [])


def test_numbers_of_an_ods_have_the_decimals_that_are_shown(tmp_path):
    style = (
        '<number:number-style style:name="N0"><number:number number:decimal-places="2" '
        'number:min-integer-digits="1"/></number:number-style>'
    )
    rows = [ods_line(ods_cell("float", n + 0.1, "x", "c0"), ods_cell("float", 3, "3")) for n in range(300)]
    plain = [row.replace("<text:p>x<", "<text:p>1<") for row in rows]
    fields = {"t": "string", "n": "number"}
    for lines in (rows, plain):
        found, faults = ods_table(tmp_path, ods_row("t", "n"), *lines, fields=fields, styles=style)
        assert [row[0] for row in found] == [f"{n + 0.1:.2f}" for n in range(300)]
        assert faults == []


def test_texts_that_an_ods_does_not_show_do_not_vanish(tmp_path):
    cell = ods_cell("string", "secreto", "").replace("<text:p></text:p>", "<text:p/>")
    found, faults = ods_table(
        tmp_path,
        ods_row("t", "n"),
        ods_line(cell, ods_cell("float", 1, "1")),
        fields={"t": "string", "n": "any"},
    )
    assert (found, faults) == ([["secreto", "1"]], [("number-unseen", None)])


def test_a_day_of_an_ods_without_a_style_hides_its_time(tmp_path):
    row = ods_line(ods_cell("date", "2024-03-05T10:30:00", "05/03/24"), ods_cell("float", 1, "1"))
    found, faults = ods_table(tmp_path, ods_row("f", "n"), row, fields={"f": "date", "n": "integer"})
    assert (found, faults) == ([["2024-03-05", "1"]], [("hidden-time", None)])


def ruled(code: str) -> bytes:
    book = openpyxl.Workbook()
    for row in (["id", "v"], [1, 1000], [2, 5000]):
        book.active.append(row)
    look = openpyxl.styles.differential.DifferentialStyle(
        numFmt=openpyxl.styles.numbers.NumberFormat(numFmtId=200, formatCode=code) if code else None
    )
    rule = openpyxl.formatting.rule.Rule(type="cellIs", operator="greaterThan", formula=["3"], dxf=look)
    book.active.conditional_formatting.add("B2:B3", rule)
    return saved_bytes(book)


def test_a_rule_that_shows_numbers_otherwise_is_told(tmp_path):
    def told(code):
        found = reading(tmp_path, ruled(code), {"id": "integer", "v": "number"})
        return [(p.code, p.severity, "B2:B3" in p.note) for p in found.problems]

    assert told('0.0,"K"') == [("rules-unread", "warning", True)]
    assert told("") == []


def test_rules_are_seen_tag_by_tag_as_well(tmp_path):
    rule = '<cfRule type="x" dxfId="1" priority="1"/>'
    rules = f'<conditionalFormatting sqref="B2:B9">{rule}</conditionalFormatting>'
    looks = (
        f'<styleSheet xmlns="{SHEET}"><dxfs><dxf><font/></dxf>'
        '<dxf><numFmt numFmtId="9" formatCode="0%"/></dxf></dxfs></styleSheet>'
    )
    for after in (rules, f"<!-- x -->{rules}", rules.replace('"1" priority', '"0" priority')):
        content = xlsx(after=after, parts={"xl/styles.xml": looks})
        found = reading(tmp_path, content)
        assert [p.code for p in found.problems] == ["rules-unread"] * ('dxfId="1"' in after)


def test_true_and_false_are_told_as_the_sheet_shows_them(tmp_path):
    city, amount = City(tmp_path), {"name": "v", "type": "number", "description": "v"}
    number = {"name": "id", "type": "integer", "description": "n"}
    city.declare(declaration("t", fields=[number, amount]), datos=column("xlsx", "v", 1.5, True))
    with check_dataset(city.datasets, city.archive, "t", None, None) as done:
        (group,) = [each for each in group_check_problems(done) if each.type == "type-error"]
    assert [(example.cell, example.value) for example in group.examples] == [("B3", "TRUE")]


def test_the_day_zero_is_shown_as_the_sheet_shows_it(tmp_path):
    city, day = City(tmp_path), {"name": "v", "type": "date", "description": "v"}
    number = {"name": "id", "type": "integer", "description": "n"}
    cells = [Cell(DAY, "dd/mm/yyyy"), Cell(0, "dd/mm/yyyy")]
    city.declare(declaration("t", fields=[number, day]), datos=column("xlsx", "v", *cells))
    with check_dataset(city.datasets, city.archive, "t", None, None) as done:
        (group,) = [each for each in group_check_problems(done) if each.type == "type-error"]
    assert [(example.cell, example.value) for example in group.examples] == [("B3", "00/01/1900")]


def test_a_text_without_a_value_among_values_is_told_by_itself(tmp_path):
    found = reading(tmp_path, column("xlsx", "v", DAY, DAY, "s/d", "mañana"), {"id": "integer", "v": "date"})
    (told,) = [describe_finding(each) for each in found.findings if each.what == "texts-among-values"]
    assert "“s/d”" in told


@pytest.mark.parametrize(
    "what",
    ["texts-among-values", "stray-quotes", "totals-row", "note-row", "label", "double-encoded", "years", "x"],
)
def test_no_finding_speaks_of_none(what):
    assert "None" not in describe_finding(Finding(what, "v", 0.9))


def table(*rows, totals: bool = True) -> bytes:
    """A workbook whose rows are a table of Excel's, the last of them its totals row."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    made = openpyxl.worksheet.table.Table(displayName="T", ref=f"A1:B{len(rows)}")
    made.totalsRowCount = 1 if totals else None
    book.active.add_table(made)
    return saved_bytes(book)


def test_the_totals_row_of_a_table_is_no_row_of_it(tmp_path):
    rows = [["id", "v"], [1, 10], [2, 20]]
    fields = {"id": "integer", "v": "number"}

    def read_table(content, **layout):
        found = reading(tmp_path, content, fields, **layout)
        told = [each.value for each in found.findings if each.what == "totals-row"]
        return [row for _number, row in found.table.rows()], told

    body = [["1", "10"], ["2", "20"]]
    assert read_table(table(*rows, [None, 30])) == (body, ["4"])
    assert read_table(table(*rows, ["Total", 30])) == (body, ["4"])
    assert read_table(table(*rows, [None, 30], totals=False)) == ([*body, ["", "30"]], [])
    assert read_table(table(*rows, [None, 30]), foot=False) == ([*body, ["", "30"]], [])


def test_sections_and_powers_of_ten_of_an_ods_are_understood(tmp_path):
    number = '<number:number number:decimal-places="0" number:min-integer-digits="1"/>'
    condition = '<style:map style:condition="value(){}0" style:apply-style-name="N0{}"/>'
    maps = "".join(condition.format(*each) for each in (("&gt;", "P0"), ("&lt;", "P1"), ("=", "P2")))
    styles = (
        f'<number:number-style style:name="N0P0">{number}</number:number-style>'
        f'<number:number-style style:name="N0P1"><number:text>-</number:text>{number}</number:number-style>'
        '<number:number-style style:name="N0P2"/>'
        f'<number:text-style style:name="N0"><number:text-content/>{maps}</number:text-style>'
        '<number:number-style style:name="N1"><number:scientific-number number:decimal-places="2" '
        'number:min-integer-digits="1" number:min-exponent-digits="2"/></number:number-style>'
    )
    rows = [
        ods_line(ods_cell("float", 0, "", "c0"), ods_cell("float", 1500, "1,50E+03", "c1")),
        ods_line(ods_cell("float", 7, "7", "c0"), ods_cell("float", 2, "2,00E+00", "c1")),
    ]
    fields = {"n": "number", "t": "string"}
    found, faults = ods_table(tmp_path, ods_row("n", "t"), *rows, fields=fields, styles=styles)
    assert found == [["0", "1500"], ["7", "2"]]
    assert faults == [("number-unseen", None)] * 2
    notes = " ".join(p.note for p in reading(tmp_path, (tmp_path / "raw").read_bytes(), fields).faults)
    assert "“(0)”" in notes
    assert "“1.50E+03 (1500)”" in notes

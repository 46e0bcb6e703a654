"""Every field type with its options and constraints, kinds of faulty tables, dialects and sources:
frictionless is the oracle for each, and what is ordinary must have gone the fast way."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frictionless
import pytest
import yaml
from frictionless import Checklist, Detector, Dialect, Field, Package, Resource, Schema

from tests.support.differential import knobs, outcome
from validation.fast import validate as quick
from validation.fast.validate import validate

pytestmark = pytest.mark.filterwarnings("ignore")
KNOBS = (
    {"size": 200, "small": 0},
    {"size": 1 << 21, "small": 1000},
)  # in many blocks by column, in one block text by text
COMMA = {
    "csv": {"delimiter": ",", "skipInitialSpace": False}
}  # frictionless may guess from JSON in cells that blanks are to be skipped


def told(make: Callable[[], Any], **options: Any) -> tuple[Any, Any, bool]:
    """What frictionless says of a source, what we say in some other way if any way differs, and whether each
    way was the fast one."""

    def oracle(**options: Any) -> Any:
        source = make()
        if not isinstance(source, Package):
            return frictionless.validate(source, **options)
        names = ("checks", "pick_errors", "skip_errors")
        checklist = options.pop("checklist", None) or Checklist(
            **{name: options.pop(name, []) for name in names}
        )
        return source.validate(checklist, **options)

    theirs, fast, said = outcome(oracle, **options), True, None
    for knob in KNOBS:
        with knobs(**knob) as taken:
            ours = outcome(lambda **options: validate(make(), **options), **options)
        fast, said = fast and bool(taken), ours if ours != theirs else said
    return theirs, theirs if said is None else said, fast


def written(rows: list[list[str]], **options: Any) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n", **options).writerows(rows)
    return stream.getvalue()


# A field's type and options; cells that are values of it, in rising order where it has one; cells that are
# none.
NUMBERS = ["-3", "1", "2.50", "10"]
POINT = '{"type": "Point", "coordinates": [1, 2]}'
KINDS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "any": ({"type": "any"}, ["1", "3.14", "ñ", "a b"], []),
    "string": ({"type": "string"}, ["a", "ab", "ñandú", "🙂🙂"], [" ", "a\nb", 'a"b']),
    "email": ({"type": "string", "format": "email"}, ["name@gmail.com", "a@b.ar"], ["http://google.com", "string", "a@", "ñ@b.ar"]),
    "uri": ({"type": "string", "format": "uri"}, ["http://google.com", "urn:x", "mailto:a@b.ar"], ["://no-scheme.test", "string", "//a.b"]),
    "binary": ({"type": "string", "format": "binary"}, ["dGVzdA==", "YQ=="], ["string", "dGVzdA", "ñ"]),
    "uuid": ({"type": "string", "format": "uuid"}, ["95ecc380-afe9-11e4-9b6c-751b66dd541e", "0a7b330a-a736-35ea-8f7f-feaf019cdc00"], ["0a7b330a-a736-35ea-8f7f-feaf019cdc", "x"]),
    "wkt": ({"type": "string", "format": "wkt"}, ["POINT (30 10)", "LINESTRING (30 10, 10 30, 40 40)"], ["POLYGON ((30 10, 40 40", "string"]),
    "integer": ({"type": "integer"}, ["-12", "00", "01", " 01 ", "000835", "9223372036854775808"], ["0.0003", "3.14", "1e3", "1.0", "--1", "1$", "string", "١"]),
    "integer, not bare": ({"type": "integer", "bareNumber": False}, ["00", "1$", "ab1$", "-12 €", "€ -12", "15 %"], ["3.14", "string", "1 2", "-"]),
    "integer, grouped": ({"type": "integer", "groupChar": ","}, ["1,000", "1", "12,345,678"], ["1.000", "x"]),
    "number": ({"type": "number"}, [*NUMBERS, "000835", " 01 ", "0.003", "1e5", "NaN", "INF", "-INF"], ["10,000a.00", "10+000.00", "$1", "string", "1.2.3", "-"]),
    "number as float": ({"type": "number", "floatNumber": True}, NUMBERS, ["x", "1,5"]),
    "number, decimal comma": ({"type": "number", "decimalChar": ","}, ["-3", "1,5", "10,00", "100"], ["1.234", "1.5", "1,2,3", "x"]),
    "number, grouped by comma": ({"type": "number", "groupChar": ","}, ["1,000", "10,000.00", "10,000,000.50"], ["10:000", "1.2.3"]),
    "number, grouped by point": ({"type": "number", "groupChar": ".", "decimalChar": ","}, ["1", "1.000,5", "10.000"], ["1,2,3", "x"]),
    "number, grouped by a blank": ({"type": "number", "groupChar": " ", "decimalChar": ","}, ["1", "10 000,00", "1 0 0 0 1"], ["1.5", "x"]),
    "number, odd characters": ({"type": "number", "groupChar": "#", "decimalChar": "@"}, ["10@50", "1#000", "10#000@00"], ["1.5", "x"]),
    "number, not bare": ({"type": "number", "bareNumber": False}, ["-12.3 €", "€ -12.3", "100%", "1000‰", "$10000.00"], ["string", "1.234.", "10 20"]),
    "number, not bare, decimal comma": ({"type": "number", "bareNumber": False, "decimalChar": ","}, ["1234.", "12,5€", "100"], ["1.234.", "x"]),
    "boolean": ({"type": "boolean"}, ["true", "True", "TRUE", "1", "false", "False", "FALSE", "0"], ["t", "YES", "no", "3.14", " true"]),
    "boolean, own values": ({"type": "boolean", "trueValues": ["sí", "1"], "falseValues": ["no", "0"]}, ["sí", "no", "1", "0"], ["Sí", "true", "FALSE"]),
    "date": ({"type": "date"}, ["1969-12-31", "2019-01-01", "2020-02-29", "9999-12-31"], ["10th Jan 1969", "2019-02-29", "01/01/2019", "2019-01-01 ", "20190101", "2019-1-1", "2019-01-01T00:00:00"]),
    "date, any": ({"type": "date", "format": "any"}, ["10th Jan 1969", "2019-01-01", "2019/02/01"], ["10th Jan nineteen sixty nine", "invalid", "2019-02-30"]),
    "date by pattern": ({"type": "date", "format": "%d/%m/%y"}, ["21/11/06", "01/02/19"], ["21/11/06 16:30", "2019-01-01", "invalid"]),
    "date by old pattern": ({"type": "date", "format": "fmt:%d/%m/%Y"}, ["21/11/2006", "01/02/2019"], ["2019-01-01"]),
    "date by no pattern": ({"type": "date", "format": "invalid"}, ["invalid", "invalid"], ["21/11/06 16:30"]),
    "datetime": ({"type": "datetime"}, ["2014-01-01T06:00:00", "2014-01-01T07:00:00", "2020-02-29T23:59:59"], ["2014-01-01T06:00:00+1:00", "Mon 1st Jan 2014 9 am", "2019-01-01", "2014-01-01T25:00:00"]),
    "datetime, zoned": ({"type": "datetime"}, ["2014-01-01T06:00:00Z", "2014-01-01T06:00:00-03:00", "2014-01-01T09:00:00.5Z"], ["2014-01-01T06:00:00+1:00", "x"]),
    "datetime, any": ({"type": "datetime", "format": "any"}, ["10th Jan 1969 9 am", "2014-01-01T06:00:00"], ["invalid"]),
    "datetime by pattern": ({"type": "datetime", "format": "%d/%m/%y %H:%M"}, ["21/11/06 16:30", "22/11/06 00:00"], ["16:30 21/11/06", "2014-01-01T06:00:00"]),
    "time": ({"type": "time"}, ["06:00:00", "09:30:15", "23:59:59"], ["3 am", "3.00", "24:00:01", "09:60:00", "9:00:00", "09:00"]),
    "time, zoned": ({"type": "time"}, ["06:00:00Z", "06:00:00+01:00"], ["06:00:00+1:00", "x"]),
    "time, any": ({"type": "time", "format": "any"}, ["3:00 am", "06:00:00"], ["some night"]),
    "time by pattern": ({"type": "time", "format": "%H:%M"}, ["06:00", "06:50"], ["3:00 am", "24:00"]),
    "year": ({"type": "year"}, ["0000", "1999", "2000"], ["-2000", "20000", "3.14", "20", "200x"]),
    "yearmonth": ({"type": "yearmonth"}, ["1999-12", "2000-10", "2020-1"], ["2000-13-20", "2000-13", "2000-0", "13"]),
    "duration": ({"type": "duration"}, ["PT1S", "P1M", "P1Y"], ["P1M1Y", "P-1Y", "year", "P"]),
    "geopoint": ({"type": "geopoint"}, ["180,90", "180, -90", "-58.4,-34.6"], ["181,90", "0,91", "string", "3.14"]),
    "geopoint as array": ({"type": "geopoint", "format": "array"}, ["[180, -90]", "[1,2]"], ["[181, 90]", "180,90", "3.14"]),
    "geopoint as object": ({"type": "geopoint", "format": "object"}, ['{"lon": 180, "lat": 90}', '{"lon": 1, "lat": 2}'], ["[180, -90]", '{"lon": 181, "lat": 90}']),
    "geojson": ({"type": "geojson"}, [POINT, '{"type": "Point", "coordinates": [3, 4]}'], ['{"coordinates": [0, 0, 0], "type": "Point"}', "{}", "3.14"]),
    "topojson": ({"type": "geojson", "format": "topojson"}, ['{"type": "Topology", "objects": {}, "arcs": []}', "{}"], ["string", "3.14"]),
    "object": ({"type": "object"}, ["{}", '{"key": "value"}'], ['["key"]', "1", "{key}"]),
    "array": ({"type": "array"}, ["[]", '["val1", "val2"]', "[1]"], ['{"key": 1}', "3.14", "["]),
    "array of items": ({"type": "array", "arrayItem": {"type": "integer", "constraints": {"minimum": 1}}}, ["[]", "[1, 2]"], ["[0]", '["a"]']),
    "list": ({"type": "list"}, ["a,b", "a"], []),
    "list of integers": ({"type": "list", "itemType": "integer", "delimiter": ";"}, ["1;2", "1"], ["1,2", "a;1"]),
}  # fmt: skip
PATTERNS = ["[a-z]+", ".*a.*|\\d{4}.*", "[^0-9]*"]
UNCOMPARED = {"array", "geojson", "list", "object"}  # frictionless raises where it compares them


def variants(field: dict[str, Any], good: list[str]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By name: what the field has besides, and what the schema has."""
    supported = Field.from_descriptor({"name": "x", **field}).supported_constraints
    bounds = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    values: dict[str, Any] = {
        "required": True,
        "unique": True,
        "enum": good[:2],
        "minLength": 2,
        "maxLength": 4,
        **dict.fromkeys(bounds, good[1]),
    }
    found = {
        name: ({"constraints": {name: value}}, {}) for name, value in values.items() if name in supported
    }
    if "pattern" in supported:
        found |= {f"pattern {pattern}": ({"constraints": {"pattern": pattern}}, {}) for pattern in PATTERNS}
    if field["type"] in ("integer", "number"):
        found["bounds that are numbers"] = ({"constraints": {"minimum": 1, "exclusiveMaximum": 2}}, {})
    return found | {
        "nothing more": ({}, {}),
        "required and unique": ({"constraints": {"required": True, "unique": True}}, {}),
        "a primary key": ({}, {"primaryKey": "x"}),
        "a primary key of two": ({}, {"primaryKey": ["x", "m"]}),
        "missing values": ({}, {"missingValues": ["", "-", good[0]]}),
        "missing values that are required": ({"constraints": {"required": True}}, {"missingValues": ["NA", good[-1]]}),
        "no missing values": ({}, {"missingValues": []}),
        "missing values of its own": ({"missingValues": ["NA", good[0]]}, {"missingValues": ["-"]}),
        "a reference": ({}, {"foreignKeys": [{"fields": "x", "reference": {"resource": "there", "fields": "x"}}]}),
        "a reference to itself": ({}, {"foreignKeys": [{"fields": ["x"], "reference": {"resource": "", "fields": ["y"]}}]}),
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_with_every_constraint(kind: str, tmp_path: Path) -> None:
    field, good, bad = KINDS[kind]
    cells = [*good, *bad, *good[:2], "", "-", "NA", good[0], good[-1] + " "]
    (tmp_path / "t.csv").write_text(
        written([["m", "x", "y"], *([str(n % 3), cell, good[n % 2]] for n, cell in enumerate(cells))])
    )
    (tmp_path / "there.csv").write_text(written([["x"], [good[0]], [good[-1]]]))
    for name, (more, schema) in variants(field, good).items():
        fields = [{"name": "m", "type": "integer"}, {"name": "x", **field, **more}, {"name": "y", **field}]
        table = resource("t.csv", {"fields": fields, **schema}, encoding="utf-8", dialect=COMMA)
        there = resource("there.csv", {"fields": [{"name": "x", **field}]}, dialect=COMMA)
        make = package(tmp_path, table, there) if "foreignKeys" in schema else single(tmp_path, table)
        theirs, ours, fast = told(make)
        assert ours == theirs, name
        compared = field["type"] in UNCOMPARED and (
            {"primaryKey", "foreignKeys"} & set(schema) or "unique" in more.get("constraints", {})
        )
        assert fast is not bool(compared or kind == "wkt"), (
            name
        )  # frictionless can read wkt only with a library that is not there


def resource(path: str, schema: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "name": Path(path).stem,
        "type": "table",
        "path": path,
        **({"schema": schema} if schema else {}),
        **more,
    }


def single(folder: Path, descriptor: dict[str, Any], **options: Any) -> Callable[[], Resource]:
    profile = "https://datapackage.org/profiles/2.0/dataresource.json"
    return lambda: Resource.from_descriptor(
        {**descriptor, "$schema": profile}, basepath=str(folder), **options
    )


def package(folder: Path, *resources: dict[str, Any]) -> Callable[[], Package]:
    return lambda: Package.from_descriptor({"name": "p", "resources": list(resources)}, basepath=str(folder))


PERSON = {
    "fields": [
        {"name": "id", "type": "integer"},
        {"name": "name", "type": "string"},
        {"name": "born", "type": "date"},
    ]
}
KEYED = {**PERSON, "primaryKey": ["id"]}
REQUIRED = {"fields": [{**field, "constraints": {"required": True}} for field in PERSON["fields"]]}
GOOD = "id,name,born\n1,ana,2001-01-01\n2,juan,2002-02-02\n3,ñusta,2003-03-03\n"
# Kinds of tables that frictionless and goodtables try: the file, and whether it goes the fast way.
TABLES: dict[str, tuple[str | bytes, bool]] = {
    "good": (GOOD, True),
    "much is wrong": ("id,name,,name\n1,english\n1,english\n\n2,german,1,2,3\n", True),
    "a blank label": ("id,,born\n1,a,2001-01-01\nx,b,2001-01-01\n", True),
    "labels that are repeated": ("id,name,id,born,id\n1,a,2,2001-01-01,3\n", True),
    "labels that differ by case": ("ID,Name,id\n1,a,2001-01-01\n1,a,x\n", True),
    "labels in another order": ("born,id,name\n2001-01-01,1,a\nx,y,b\n", True),
    "labels of two lines": ('id,"na\nme",born\n1,a,2001-01-01\n2,b\n', True),
    "labels with blanks around": (" id ,name , born\n1,a,2001-01-01\n1,b,x\n", True),
    "labels that are numbers": ("1,2,3\n4,5,6\n7,x,2001-01-01\n", True),
    "a label is missing": ("id,name\n1,a\n2,b,c\n", True),
    "one label more": ("id,name,born,age\n1,a,2001-01-01,3\n2,b,x\n", True),
    "short and long rows": ("id,name,born\n1,a\n2,b,2001-01-01,x\n3\n4,d,2001-01-01,,\n", True),
    "blank rows, some at the end": ("id,name,born\n1,a,2001-01-01\n\n,,\n  ,,\n2,b,2001-01-01\n\n\n", True),
    "blank rows before the labels": ("\n\nid,name,born\n1,a,2001-01-01\n", True),
    "rows that are repeated": ("id,name,born\n1,a,2001-01-01\n1,a,2001-01-01\n2,b,\n1,a,2001-01-01\n", True),
    "cells that are empty": ("id,name,born\n1,,\n,b,\n,,2001-01-01\n", True),
    "cells that are cut off": ("id,name,born\n2147483647," + "x" * 255 + ",2001-01-01\n1," + "y" * 256 + ",2001-01-01\n", True),
    "cells that are quoted": ('"id","name","born"\n"1","a ""b"" c","2001-01-01"\n"2","c, d",x\n', True),
    "cells of several lines": ('id,name,born\n1,"a\nb\r\nc",2001-01-01\nx,"d\n",y\n', True),
    "quotes inside cells": ('id,name,born\n1,a "b" c,2001-01-01\nx,b,y\n', False),
    "a quote that is not closed": ('id,name,born\n1,a,2001-01-01\n2,"b,2001-01-01\nx,c,y\n', False),
    "escaped quotes": ('id,name,born\n1,"a \\"b\\" c",2001-01-01\nx,b,y\n', False),
    "semicolons": (GOOD.replace(",", ";") + "x;y;z\n", True),
    "tabs": (GOOD.replace(",", "\t") + "x\ty\tz\n", True),
    "pipes": (GOOD.replace(",", "|") + "x|y|z\n", True),
    "colons, which are not guessed": (GOOD.replace(",", ":") + "x:y\n", True),
    "semicolons and decimal commas": ("id;name;born\n1,5;a;2001-01-01\n2;b,c;2001\n", True),
    "ends of Windows": (GOOD.replace("\n", "\r\n") + "x,y\r\n", True),
    "ends of an old Mac": (GOOD.replace("\n", "\r"), False),
    "ends that are mixed": ("id,name,born\r\n1,a,2001-01-01\nx,b,y\r\n", True),
    "no end": (GOOD + "x,y", True),
    "a mark at the start": (("\ufeff" + GOOD + "x,y\n").encode(), True),
    "Latin 1": ((GOOD + "x,y\n").encode("latin-1"), False),
    "Windows 1252": ((GOOD + "4,“é”,x\n").encode("cp1252"), False),
    "UTF-16": (GOOD.encode("utf-16"), False),
    "UTF-8 with a bad byte": (GOOD.encode() + b"4,\xf1,x\n", False),
    "a NUL": (GOOD + "4,\0,x\n", False),
    "nothing": ("", True),
    "a blank line": ("\n", True),
    "labels alone": ("id,name,born\n", True),
    "labels without an end": ("id,name,born", True),
    "one column": ("id\n1\n\nx\n1\n", True),
    "wide": (",".join(f"c{n}" for n in range(300)) + "\n" + ",".join("1" * 300) + "\n1\n", True),
    "long": ("id,name,born\n" + "".join(f"{n},n{n % 40},2001-01-{n % 31:02}\n" for n in range(400)) + "7,x,\n", True),
    "JSON in cells": ('id,name,born\n1,"{""a"": ""b, c""}",2001-01-01\n2,"[1, 2]",x\n', True),
    "a thousand of one letter": ("id,name,born\n1," + "z" * 1000 + ",2001-01-01\nx,,\n", True),
    "Unicode lines in cells": ("id,name,born\n1,a\u2028b\x85c,2001-01-01\nx,\x0b\x0c\x1c,y\n", True),
}  # fmt: skip
SCHEMAS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "a key": KEYED,
    "required": REQUIRED,
    **{match: {**REQUIRED, "fieldsMatch": match} for match in ("equal", "subset", "superset", "partial")},
}


@pytest.mark.parametrize("name", TABLES)
def test_kinds_of_tables(name: str, tmp_path: Path) -> None:
    data, wanted = TABLES[name]
    (tmp_path / "t.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    taken = set()
    for words, schema in SCHEMAS.items():
        for encoding in (
            ({}, {"encoding": "utf-8"}) if words in ("none", "a key") else ({"encoding": "utf-8"},)
        ):
            theirs, ours, fast = told(single(tmp_path, resource("t.csv", schema, **encoding)))
            assert ours == theirs, (words, encoding)
            taken.add(fast)
    assert (True in taken) is wanted


SPACED = 'id, name, born\n1, ana, 2001-01-01\n2, "juan, p", x\n'
NOTED = "# a note\nid,name,born\n#1,a,b\n1,ana,2001-01-01\n\n# more\nx,y\n"
TWO = "who,,when\nid,name,born\n1,ana,2001-01-01\nx,y\n"
DIALECTS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "delimiter": (GOOD.replace(",", ";"), {"csv": {"delimiter": ";"}}, True),
    "another delimiter than the file's": (GOOD, {"csv": {"delimiter": ";"}}, True),
    "delimiter of two characters": (GOOD, {"csv": {"delimiter": ",,"}}, False),
    "delimiter beyond ASCII": (GOOD.replace(",", "¦"), {"csv": {"delimiter": "¦"}}, False),
    "delimiter that is a blank": (GOOD.replace(",", " "), {"csv": {"delimiter": " "}}, True),
    "quoteChar": (GOOD + "4,'a,b',x\n", {"csv": {"delimiter": ",", "quoteChar": "'"}}, False),
    "no quoteChar": (GOOD + '4,"a,x\n', {"csv": {"delimiter": ",", "quoteChar": ""}}, False),
    "escapeChar": (GOOD + "4,a\\,b,x\n", {"csv": {"delimiter": ",", "escapeChar": "\\"}}, False),
    "escapeChar without doubleQuote": (GOOD + '4,"a\\"b",x\n', {"csv": {"escapeChar": "\\", "doubleQuote": False}}, False),
    "doubleQuote false": (GOOD + '4,"a""b",x\n', {"csv": {"delimiter": ",", "doubleQuote": False}}, True),
    "lineTerminator": (GOOD + "x\n", {"csv": {"delimiter": ",", "lineTerminator": ";"}}, True),
    "nullSequence": (GOOD + "\\N,\\N,x\n", {"csv": {"delimiter": ",", "nullSequence": "\\N"}}, True),
    "skipInitialSpace": (SPACED, {"csv": {"delimiter": ",", "skipInitialSpace": True}}, False),
    "skipInitialSpace false": (SPACED, {"csv": {"delimiter": ",", "skipInitialSpace": False}}, False),
    "no header": ("1,ana,2001-01-01\nx,y\n", {"header": False}, True),
    "headerRows 1 and 2": (TWO, {"headerRows": [1, 2]}, True),
    "headerRows 1 and 2 with headerJoin": (TWO, {"headerRows": [1, 2], "headerJoin": ":"}, True),
    "headerRows 2": (TWO, {"headerRows": [2]}, True),
    "headerRows 1 and 3": (TWO, {"headerRows": [1, 3]}, True),
    "headerRows beyond the file": (GOOD, {"headerRows": [9]}, True),
    "headerCase": (GOOD.replace("id", "ID"), {"headerCase": False}, True),
    "commentChar": (NOTED, {"commentChar": "#"}, False),
    "commentRows": (NOTED, {"commentRows": [1, 3]}, False),
    "skipBlankRows": (NOTED, {"skipBlankRows": True}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_dialects(name: str, tmp_path: Path) -> None:
    text, dialect, wanted = DIALECTS[name]
    (tmp_path / "t.csv").write_text(text)
    taken = set()
    for schema in (None, PERSON, {**PERSON, "fieldsMatch": "partial"}):
        theirs, ours, fast = told(single(tmp_path, resource("t.csv", schema, dialect=dialect)))
        assert ours == theirs, schema
        taken.add(fast)
    assert (True in taken) is wanted


FAULTY = "id,name,born\n1,ana,2001-01-01\n1,b,x\n\n,,\nq,c\n5,d,2001-01-01,e\n1,,2001-13-01\n"
OPTIONS: dict[str, tuple[dict[str, Any], bool]] = {
    **{f"limit_errors {limit}": ({"limit_errors": limit}, True) for limit in (0, 1, 2, 3, 4, 9)},
    **{f"limit_rows {limit}": ({"limit_rows": limit}, False) for limit in (1, 3, 100)},
    **{f"pick {errors}": ({"pick_errors": errors}, True) for errors in (["type-error"], ["#row"], ["#cell"], ["primary-key"], ["blank-row", "extra-cell"])},
    **{f"skip {errors}": ({"skip_errors": errors}, True) for errors in (["type-error"], ["#row"], ["#table"], ["missing-cell", "blank-row"])},
    "skip and limit": ({"skip_errors": ["type-error"], "limit_errors": 2}, True),
    "pick in a checklist": ({"checklist": Checklist(pick_errors=["type-error"])}, True),
    "skip in a checklist": ({"checklist": Checklist(skip_errors=["blank-row"])}, True),
    "an unknown error": ({"pick_errors": ["nope"]}, True),
    **{f"check {check['type']}": ({"checklist": Checklist.from_descriptor({"checks": [check]})}, False) for check in (
        {"type": "duplicate-row"}, {"type": "table-dimensions", "numRows": 3}, {"type": "ascii-value"}, {"type": "sequential-value", "fieldName": "id"},
        {"type": "row-constraint", "formula": "id > 1"}, {"type": "forbidden-value", "fieldName": "id", "values": [1]}, {"type": "truncated-value"}, {"type": "baseline"})},
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_options(name: str, tmp_path: Path) -> None:
    options, wanted = OPTIONS[name]
    (tmp_path / "t.csv").write_text(FAULTY)
    table = resource("t.csv", KEYED)
    for make in (single(tmp_path, table), package(tmp_path, table)):
        theirs, ours, fast = told(make, **options)
        assert ours == theirs
        assert fast is wanted


def _with(name: str, value: Any) -> dict[str, Any]:
    return resource("t.csv", KEYED, **{name: value})


STATS = {
    "hash of md5": ("hash", "md5:00"),
    "hash of sha256": ("hash", "sha256:" + "0" * 64),
    "hash of sha512": ("hash", "sha512:00"),
    "hash of none": ("hash", "00"),
    "bytes": ("bytes", 3),
    "bytes that are right": ("bytes", len(FAULTY)),
    "rows": ("rows", 3),
    "rows that are right": ("rows", 7),
    "fields": ("fields", 2),
}


@pytest.mark.parametrize("name", STATS)
def test_declared_counts(name: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(FAULTY)
    for limit in (1000, 2):
        theirs, ours, _fast = told(single(tmp_path, _with(*STATS[name])), limit_errors=limit)
        assert ours == theirs


DETECTORS: dict[str, dict[str, Any]] = {
    "schema_sync": {"schema_sync": True},
    "schema_patch": {"schema_patch": {"fields": {"id": {"type": "string"}}}},
    "field_type": {"field_type": "string"},
    "field_names": {"field_names": ["a", "b", "c"]},
    "field_missing_values": {"field_missing_values": ["", "ana"]},
    "field_float_numbers": {"field_float_numbers": True},
    "sample_size": {"sample_size": 1},
    "buffer_size": {"buffer_size": 20},
}


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("file", [FAULTY, "born,zz,id\n2001-01-01,1,x\ny,,2\n", "id,id,name\n1,2,a\nx,y\n"])
def test_detectors(name: str, file: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(file)
    for schema in (None, REQUIRED):
        theirs, ours, _fast = told(
            lambda s=schema: single(tmp_path, resource("t.csv", s), detector=Detector(**DETECTORS[name]))()
        )
        assert ours == theirs, schema


REFERS = {
    **PERSON,
    "foreignKeys": [{"fields": ["id", "name"], "reference": {"resource": "there", "fields": ["id", "name"]}}],
}
TREE = {
    "fields": [{"name": "id", "type": "integer"}, {"name": "parent", "type": "integer"}],
    "foreignKeys": [{"fields": ["parent"], "reference": {"resource": "", "fields": ["id"]}}],
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(FAULTY)
    (tmp_path / "there.csv").write_text("id,name,born\n01,ana,2001-01-01\n5,d,x\n")
    (tmp_path / "tree.csv").write_text("id,parent\n1,\n2,1\n3,9\n4,x\n9,3\n")
    (tmp_path / "t.tsv").write_text(FAULTY.replace(",", "\t"))
    (tmp_path / "t.txt").write_text(FAULTY)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(FAULTY.encode()))
    (tmp_path / "t.json").write_text(json.dumps([["id", "name"], [1, "a"], ["x", None]]))
    (tmp_path / "schema.json").write_text(json.dumps(KEYED))
    (tmp_path / "schema.yaml").write_text(yaml.safe_dump(KEYED))
    (tmp_path / "dialect.json").write_text(json.dumps({"csv": {"delimiter": ","}}))
    tables = [
        resource("t.csv", REFERS),
        resource("there.csv", PERSON),
        resource("tree.csv", TREE),
        resource("t.json", name="json"),
    ]
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "p", "resources": tables}))
    (tmp_path / "datapackage.yaml").write_text(yaml.safe_dump({"name": "p", "resources": tables}))
    (tmp_path / "t.resource.json").write_text(
        json.dumps(resource("t.csv", "schema.json", dialect="dialect.json"))
    )  # type: ignore[arg-type]
    (tmp_path / "t.resource.yaml").write_text(yaml.safe_dump(resource("t.csv", KEYED)))
    (tmp_path / "bad.json").write_text('{"name": ')
    (tmp_path / "empty.json").write_text("{}")
    return tmp_path


SOURCES: dict[str, tuple[Callable[[], Any], dict[str, Any], bool]] = {
    "a path": (lambda: "t.csv", {}, True),
    "a Path": (lambda: Path("t.csv"), {}, True),
    "a path that is absolute": (lambda: str(Path("t.csv").absolute()), {}, False),
    "a path with a schema": (lambda: "t.csv", {"schema": Schema.from_descriptor(KEYED)}, True),
    "a path with a schema's file": (lambda: "t.csv", {"schema": "schema.json"}, True),
    "a path with a schema's file in YAML": (lambda: "t.csv", {"schema": "schema.yaml"}, True),
    "a path with a dialect": (lambda: "t.csv", {"dialect": Dialect.from_descriptor({"header": False})}, True),
    "a path with a name": (lambda: "t.csv", {"name": "other"}, True),
    "a TSV file": (lambda: "t.tsv", {}, True),
    "a text file that is said to be CSV": (lambda: "t.txt", {"format": "csv", "type": "table"}, True),
    "a text file": (lambda: "t.txt", {}, False),
    "a compressed file": (lambda: "t.csv.gz", {}, False),
    "a JSON table": (lambda: "t.json", {}, False),
    "files by a pattern": (lambda: "t*.csv", {}, True),
    "several files": (lambda: ["t.csv", "there.csv"], {}, True),
    "several parts": (lambda: "t.csv", {"extrapaths": ["there.csv"]}, False),
    "no file": (lambda: "nowhere.csv", {}, False),
    "no file of a package": (lambda: "nowhere/datapackage.json", {}, False),
    "a descriptor": (lambda: resource("t.csv", KEYED), {}, True),
    "a descriptor of a package": (lambda: {"name": "p", "resources": [resource("t.csv", REFERS), resource("there.csv", PERSON)]}, {}, True),
    "a descriptor of nothing": (lambda: {"name": "x"}, {}, False),
    "a descriptor of a bad schema": (lambda: resource("t.csv", {"fields": [{"name": "id", "type": "nope"}]}), {}, False),
    "a resource's file": (lambda: "t.resource.json", {}, True),
    "a resource's file in YAML": (lambda: "t.resource.yaml", {}, True),
    "a package's file": (lambda: "datapackage.json", {}, True),
    "a package's file in YAML": (lambda: "datapackage.yaml", {}, True),
    "one resource of a package": (lambda: "datapackage.json", {"resource_name": "t"}, True),
    "a package's folder": (lambda: ".", {}, True),
    "a file that is no JSON": (lambda: "bad.json", {"type": "package"}, False),
    "a file without a word": (lambda: "empty.json", {"type": "package"}, False),
    "a schema's file": (lambda: "schema.json", {"type": "schema"}, False),
    "rows": (lambda: [["id", "name"], [1, "a"], ["x"]], {}, False),
    "dictionaries": (lambda: [{"id": 1}, {"id": "x"}], {}, False),
    "a Resource": (lambda: Resource(path="t.csv", schema=Schema.from_descriptor(KEYED)), {}, True),
    "a Resource of its own class": (lambda: frictionless.resources.TableResource(path="t.csv"), {}, True),
    "a Package": (lambda: Package("datapackage.json"), {}, True),
    "a Package of resources": (lambda: Package(resources=[Resource(path="t.csv"), Resource(path="tree.csv")]), {}, True),
    "a Package of nothing": (lambda: Package(resources=[]), {}, False),
    "a Package in parallel": (lambda: Package("datapackage.json"), {"parallel": True}, False),
    **{f"an encoding: {name}": (lambda: "t.csv", {"encoding": name}, name.startswith("utf-8")) for name in ("utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "nope")},
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_sources(name: str, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sources)
    make, options, wanted = SOURCES[name]
    theirs, ours, fast = told(make, **options)
    assert ours == theirs
    assert fast is wanted


def test_what_types_the_rows_says_the_same(sources: Path) -> None:
    for make in (
        single(sources, resource("t.csv", KEYED)),
        package(sources, resource("t.csv", REFERS), resource("there.csv", PERSON)),
    ):
        with knobs(size=60, small=0) as fast:
            assert outcome(lambda make=make: quick.validate_typed(make())[1]) == outcome(make().validate)
        assert fast

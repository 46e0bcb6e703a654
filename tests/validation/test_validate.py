"""What validate says is what frictionless says: cases with a name, real files, and what must go the fast way
or must not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import frictionless
import pytest
from frictionless import Check, Checklist, Package, Resource, Schema, errors

from tests.support.differential import both, knobs, outcome
from tests.support.paths import DATASETS, SHARED
from validation.fast import validate as quick
from validation.fast.validate import validate
from validation.table import ROW

DATA = SHARED / "data"


def case(
    file: str | bytes,
    *fields: dict[str, Any],
    size: int = 1 << 21,
    small: int = 0,
    package: bool = False,
    limit: int = 1000,
    **more: Any,
) -> dict[str, Any]:
    """A table with a schema; what is neither a schema's property nor an option belongs to the resource."""
    ours = {
        name: more.pop(name)
        for name in ("primaryKey", "foreignKeys", "missingValues", "fieldsMatch")
        if name in more
    }
    options = {name: more.pop(name) for name in ("skip_errors", "pick_errors") if name in more}
    descriptor = {
        "name": "t",
        "type": "table",
        "path": "t.csv",
        "schema": {"fields": list(fields), **ours},
        **more,
    }
    data = file if isinstance(file, bytes) else file.encode()
    return {
        "descriptor": descriptor,
        "file": data,
        "options": {"limit_errors": limit, **options},
        "knobs": {"size": size, "small": small, "package": package},
    }


def f(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    options = {
        key: more.pop(key)
        for key in (
            "format",
            "decimalChar",
            "groupChar",
            "bareNumber",
            "trueValues",
            "falseValues",
            "missingValues",
        )
        if key in more
    }
    return {"name": name, "type": kind, **options, **({"constraints": more} if more else {})}


PLAIN = {"dialect": {"csv": {"delimiter": ","}}, "encoding": "utf-8"}
LONG = "".join(f"{n},{'x' if n % 7 else n // 2}\n" for n in range(300))
CASES = {
    # shrunk counter-examples
    "a blank line where empty cells are values": case(b"\n\n", f("a", unique=True, enum=["a"]), missingValues=[], primaryKey=["a"]),
    "a byte order mark at the start of a block": case(b"f0,f1\n\xef\xbb\xbfa,1,e\n\nb,2,e\n", f("f0"), f("f1"), **PLAIN),
    "a byte order mark in the first cell below the labels": case(b"a\n\xef\xbb\xbf1\n2\n", f("a", "integer"), **PLAIN),
    "a bound that cannot be compared, where a table refers to itself": case("a,b,z\n,\n1,1\n", f("a", "integer", unique=True, minimum="2.5"), f("b"), foreignKeys=[{"fields": ["a"], "reference": {"resource": "", "fields": ["b"]}}], limit=1, **PLAIN),
    # rows that concern one another
    "the first of two keys is far above": case("a,b\n" + LONG + "0,z\n", f("a", "integer"), f("b"), primaryKey=["a"], size=60, **PLAIN),
    "equal numbers are written differently": case("a\n1\n 1\n1_0\n10\n007\n7\n", f("a", "integer", unique=True), **PLAIN),
    "equal decimals are written differently": case("a\n1.0\n1\n1e0\n0.1\n0.10\nNaN\nNaN\n-0\n0\n", f("a", "number", unique=True), **PLAIN),
    "a value out of bounds takes part in keys": case("a\n20\n1\n20\n", f("a", "integer", unique=True, maximum=10), **PLAIN),
    "a short row takes part in keys": case("a,b\n5\n6,x\n5,y\n6\n", f("a", "integer", unique=True), f("b"), **PLAIN),
    "a key of two fields, partly missing": case("a,b\n1,\n,1\n1,\n,\n,1\n", f("a"), f("b"), primaryKey=["a", "b"], **PLAIN),
    "a limit is reached among keys": case("a,b\n" + LONG * 3, f("a", "integer"), f("b"), primaryKey=["a"], size=60, limit=5, **PLAIN),
    "a limit is reached by labels": case("z,y\n1,2\n3,4\n", f("a"), f("b"), limit=1, **PLAIN),
    "a limit that skipped errors never reach": case("a,b\n" + LONG, f("a", "date"), f("b"), limit=3, size=60, skip_errors=["type-error"], **PLAIN),
    "a table that refers to itself": case("a,b\n1,2\n2,9\n3,1\n", f("a"), f("b"), foreignKeys=[{"fields": ["b"], "reference": {"resource": "", "fields": ["a"]}}], **PLAIN),
    "a reference to another table": case("a\n1\n7\n\nx\n2\n", f("a"), foreignKeys=[{"fields": ["a"], "reference": {"resource": "ref", "fields": ["k"]}}], package=True, **PLAIN),
    # the shape of rows and of the file
    "short, long and blank rows": case("a,b\n1\n1,2,3\n\n,\n1,2\n\n", f("a"), f("b"), **PLAIN),
    "blank lines in a table of one column": case('a\n\n""\nx\n\n', f("a"), **PLAIN),
    "line breaks inside quotes, across blocks": case('a,b\n"1\n2","x\r\ny"\n' * 20 + "z\n", f("a"), f("b"), size=16, **PLAIN),
    "doubled quotes": case('a,b\n"x""y",""""\n"","a"\nq\n', f("a"), f("b", minLength=2), **PLAIN),
    "a quote inside a cell": case('a,b\nx"y,1\n2\n', f("a"), f("b"), **PLAIN),
    "a quote that is not closed, late": case("a,b\n1\n" + "1,2\n" * 60 + '"3,4\n', f("a"), f("b"), size=40, **PLAIN),
    "a bad byte, late": case(b"a,b\n1\n" + b"1,2\n" * 60 + b"\xff,4\n5\n", f("a"), f("b"), size=40, **PLAIN),
    "a lone carriage return": case("a,b\n1,2\r3,4\n5\n", f("a"), f("b"), **PLAIN),
    "two rows of labels": case("x,y\na,b\n1,2\n3\n", f("x a"), f("y b", "integer"), dialect={"headerRows": [1, 2], "csv": {"delimiter": ","}}),
    "no labels": case("1,x\n2\ny,3\n", f("a", "integer"), f("b"), dialect={"header": False, "csv": {"delimiter": ","}}),
    "labels in another order": case("b,a\nx,1\n2,y\n", f("a", "integer"), f("b"), fieldsMatch="subset", **PLAIN),
    # cells
    "integers": case("a\n+1\n-0\n 1\n1\u00a0\n0x1\n١٢\n1e2\n--1\n9223372036854775808\n-\n1-1\n", f("a", "integer", minimum=0), **PLAIN),
    "integers that are not bare": case("a\n$1\n1%\n-1-\n1-2\n$\n--1\n", f("a", "integer", bareNumber=False), **PLAIN),
    "numbers": case("a\n.5\n5.\n.\n-.\n1..2\n1-2\nINF\n-NaN\n1_0\n１\n1e400\n90.0000000000000000001\n", f("a", "number", maximum=90), **PLAIN),
    "numbers with groups": case('a\n"1.234,5"\n"1,2,3"\n1.2.3\n-.5\n"-,"\n', f("a", "number", decimalChar=",", groupChar="."), **PLAIN),
    "numbers that are not bare": case('a\n€1.5\n1.5%\n-.5-\n.5\n5.\n-$1\n1.\n', f("a", "number", bareNumber=False), **PLAIN),
    "dates": case("a\n2020-02-29\n1900-02-29\n2000-02-29\n0000-01-01\n2020-1-1\n2020-04-31\n２０２０-01-01\n2020-01-01 \n", f("a", "date", minimum="2001-01-01"), **PLAIN),
    "datetimes": case("a\n2020-01-01T24:00:00\n2020-01-01T23:59:60\n2020-01-01 10:00:00\n2020-01-01x10:00:00\n2020-01-01T10:00:00z\n", f("a", "datetime"), **PLAIN),
    "times": case("a\n24:00:00\n24:00:01\n10:00\n10:00:00Z\n10-00-00\n", f("a", "time"), **PLAIN),
    "a pattern of alternatives": case("a\nax\nxb\nb\nb\u0661\n", f("a", pattern="a|b"), **PLAIN),
    "lengths are counted in characters": case("a\nñandú\n🙂🙂\ne\u0301\nabc\n", f("a", minLength=3, maxLength=4), **PLAIN),
    "missing values are texts": case("a,b\nNA,1\n-,\n1,NA\n", f("a", "integer", required=True), f("b"), missingValues=["NA", "-", "1"], **PLAIN),
    "a bound that cannot be compared": case("a\n2020-01-01T10:00:00\n2020-01-01T10:00:00Z\n", f("a", "datetime", minimum="2020-01-01T09:00:00"), **PLAIN),
    "a bound that is none": case("a\n1\n", f("a", "integer", minimum="x"), **PLAIN),
    "values that cannot be compared as keys": case("a\n[1]\n[1]\n", f("a", "array", unique=True), **PLAIN),
    "counts that are declared": case("a\n1\n2\n", f("a"), rows=3, bytes=1, fields=2, hash="md5:00", **PLAIN),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_named_cases(name: str, tmp_path: Path) -> None:
    theirs, ours, _fast = both(CASES[name], tmp_path)
    assert ours == theirs


def test_what_is_plain_goes_the_fast_way_and_what_is_not_does_not(tmp_path: Path) -> None:
    fast = {
        name: bool(both(CASES[name], tmp_path)[2])
        for name in ("dates", "doubled quotes", "a reference to another table", "no labels")
    }
    assert fast == dict.fromkeys(fast, True)
    slow = dict(CASES["dates"], descriptor={**CASES["dates"]["descriptor"], "dialect": {"commentChar": "#"}})
    assert both(slow, tmp_path)[2] == []


REAL = {
    path.name: path
    for path in [*sorted(DATA.glob("*.csv")), *sorted(DATASETS.glob("*/s*/*.csv"))]
    if path.read_bytes().count(b"\n") > 1
}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("confidence", [0.9, 0.5])
@pytest.mark.filterwarnings("ignore")
def test_real_files(name: str, confidence: float) -> None:
    """With the schema that frictionless finds, which for a low confidence is often wrong, and a key that may
    not be one."""
    path = REAL[name]
    detector = frictionless.Detector(field_confidence=confidence)
    there = {"basepath": str(path.parent)}
    try:
        schema = Schema.describe(path.name, detector=detector, **there)
    except (
        frictionless.FrictionlessException
    ):  # it does not know latin-1 by itself: the report says so, and ours the same
        assert outcome(validate, path.name, **there) == outcome(frictionless.validate, path.name, **there)
        return
    if schema.fields:
        schema.primary_key = [schema.fields[0].name]
        schema.fields[-1].constraints["required"] = True
    descriptor = schema.to_descriptor()
    for limit in (1000, 0):
        theirs = outcome(
            frictionless.validate,
            path.name,
            schema=Schema.from_descriptor(descriptor),
            limit_errors=limit,
            **there,
        )
        with knobs(size=1 << 14, small=0):
            ours = outcome(
                validate, path.name, schema=Schema.from_descriptor(descriptor), limit_errors=limit, **there
            )
        assert ours == theirs
        assert theirs["tasks"][0]["stats"].get("rows")


def test_a_path_a_descriptor_a_package_and_options_are_taken_as_frictionless_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("a,b\n1,x\n1,\n" * 40)
    resource = {
        "name": "t",
        "type": "table",
        "path": "t.csv",
        "schema": {"fields": [f("a", "integer", unique=True), f("b", required=True)]},
    }
    package = {"name": "p", "resources": [resource]}
    (tmp_path / "resource.json").write_text(json.dumps(resource))
    (tmp_path / "datapackage.json").write_text(json.dumps(package))
    sources: list[Any] = ["t.csv", Path("t.csv"), "resource.json", "datapackage.json", "."]
    for source in sources:
        with knobs(small=0) as fast:
            assert outcome(validate, source) == outcome(frictionless.validate, source)
        assert fast == ["t"]
    with knobs(small=0) as fast:
        there = {"basepath": str(tmp_path)}
        assert outcome(validate, resource, **there) == outcome(frictionless.validate, resource, **there)
        assert outcome(validate, path="t.csv", limit_rows=3, **there) == outcome(
            frictionless.validate, path="t.csv", limit_rows=3, **there
        )
        assert outcome(validate, Package.from_descriptor(package, **there)) == outcome(
            Package.from_descriptor(package, **there).validate
        )
        assert outcome(validate, "nowhere.csv", **there) == outcome(
            frictionless.validate, "nowhere.csv", **there
        )
        assert outcome(validate, "t.csv", encoding="latin-1", **there) == outcome(
            frictionless.validate, "t.csv", encoding="latin-1", **there
        )
        assert outcome(validate, "t.csv", unknown=1) == outcome(frictionless.validate, "t.csv", unknown=1)
    assert fast == ["t", "t"]


def test_a_check_of_one_s_own_sees_every_row(tmp_path: Path) -> None:
    class Count(Check):
        type = "count"
        Errors = [errors.RowError]
        rows = 0

        def validate_row(self, row: frictionless.Row) -> Any:
            self.rows += 1
            yield from [errors.RowError.from_row(row, note="seen")] if self.rows == 50 else []

    (tmp_path / "t.csv").write_text("a\n" + "1\n" * 60)
    with knobs(small=0) as fast:
        report = validate("t.csv", basepath=str(tmp_path), checks=[Count()])
    assert fast == []
    assert report.flatten(["rowNumber"]) == [[51]]
    with knobs(small=0):
        assert validate("t.csv", basepath=str(tmp_path), checklist=Checklist(skip_errors=["#cell"])).valid


def test_a_resource_is_left_as_frictionless_leaves_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n" * 50)
    ours, theirs = Resource("t.csv", basepath=str(tmp_path)), Resource("t.csv", basepath=str(tmp_path))
    with knobs(small=0) as fast:
        validate(ours)
    theirs.validate()
    assert fast == ["t"]
    assert ours.closed
    kept = ("md5", "sha256", "bytes", "fields", "rows")
    assert ours.to_descriptor() == theirs.to_descriptor()
    assert [getattr(ours.stats, name) for name in kept] == [getattr(theirs.stats, name) for name in kept]
    assert validate(ours).valid == theirs.validate().valid


def test_the_same_pass_types_the_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "n,d,x,t\n1,2020-02-29,1.50,2020-01-01T10:00:00\nz,,.5,2020-01-01T10:00:00Z\n3\n 4,2020-1-1,1e2,\n"
    )
    schema = {"fields": [f("n", "integer"), f("d", "date"), f("x", "number"), f("t", "datetime")]}
    with knobs(small=0):
        tables, report = quick.validate_typed(
            Resource({"name": "t", "path": "t.csv", "schema": schema}, basepath=str(tmp_path))
        )
    assert report.flatten(["rowNumber", "type"]) == [
        [3, "type-error"],
        [4, "missing-cell"],
        [4, "missing-cell"],
        [4, "missing-cell"],
    ]
    assert tables["t"][ROW].to_pylist() == [2, 3, 4, 5]
    assert tables["t"]["n"].to_pylist() == [1, None, 3, 4]
    assert tables["t"]["x"].to_pylist() == [1.5, 0.5, None, 100.0]
    assert [str(value) for value in tables["t"]["d"].to_pylist()] == [
        "2020-02-29",
        "None",
        "None",
        "2020-01-01",
    ]
    assert [value and value.isoformat() for value in tables["t"]["t"].to_pylist()] == [
        "2020-01-01T10:00:00-03:00",
        "2020-01-01T07:00:00-03:00",
        None,
        None,
    ]

"""Tables and schemas drawn near every edge, and frictionless as the oracle for what a report says of them."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import frictionless
from hypothesis import strategies as st

from validation.fast import blocks, column, opening
from validation.fast import validate as quick

# Cells that are keys, by type: equal values in different writings, and what is none.
POOL = {
    "integer": ["1", "007", "7", " 7", "1_0", "10", "", "x", "9223372036854775808", "18446744073709551617", "-0", "0"],
    "number": ["1", "1.0", "1e0", "7", "0.10", "0.1", "0.10000000000000000001", "NaN", "INF", "-INF", "-0", "", "x", "1e400", "1e50"],
    "string": ["a", "b", "é", "", "NA", "7", "1", "x\ny"],
    "any": ["a", "1", "", "7"],
    "date": ["2020-01-01", "2020-1-1", "2020-02-30", "", "2021-01-01"],
    "datetime": ["2020-01-01T10:00:00", "2020-01-01T10:00:00Z", "2020-01-01T07:00:00-03:00", ""],
    "boolean": ["true", "1", "0", "", "x"],
    "year": ["2020", "1", "7", "10", ""],
    "yearmonth": ["2020-01", "2020-1", ""],
    "time": ["10:00:00", "10:00:00Z"],
    "list": ["a,b"],
    "duration": ["P1D", "PT24H"],
}  # fmt: skip

# Texts that one reader or another may take for a value, by the types that they are near to.
NUMERIC = [
    "0",
    "1",
    "2",
    "-1",
    "+1",
    "007",
    "-0",
    "1.0",
    "1.",
    ".5",
    "-.5",
    "1e5",
    "1E-2",
    "1_000",
    "_1",
    "1,5",
    "1.234,5",
    "1.234.567",
    "1,234.5",
    "1,2,3",
    "$1",
    "1%",
    "12€",
    "-$3",
    "$-3",
    "-",
    ".",
    "-.",
    "--",
    "1-",
    "NaN",
    "nan",
    "-NaN",
    "sNaN",
    "INF",
    "inf",
    "-INF",
    "Infinity",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "123456789012345678",
    "1234567890123456789",
    "99999999999999999999999",
    "0x1",
    "1e400",
    "1e-400",
    "1.7976931348623157e308",
    "0.1",
    "0.10",
    "2.0000000000000000000001",
    "١",
    "١٢",
    "²",
    "１",
    "½",
    "1٫5",
    "−1",
    "00",
    "000",
    "5",
    "15",
    "16",
    "90",
    "-90.0",
    "90.0000001",
    "0.30000000000000004",
    "0.3",
    "3",
    "10",
    "0b1",
    "1j",
] + [
    " 1",
    "1 ",
    "\t1",
    "1\n",
    "\u00a01",
    "1\u2003",
    "1 000",
    "\u20021",
    "\x1f1",
    "1\x00",
    "- 1",
    "1 .5",
    "1'000",
    "1;5",
]
TEMPORAL = [
    "2020-01-01",
    "2020-1-1",
    "2020-02-29",
    "2021-02-29",
    "2020-02-30",
    "1900-02-29",
    "2000-02-29",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2020-13-01",
    "2020-00-10",
    "2020-01-00",
    "2020-04-31",
    "20200101",
    "2020/01/01",
    "01/02/2020",
    "31/12/2020",
    "2020-01-01T00:00:00",
    "2020-01-01T24:00:00",
    "2020-01-01T23:59:60",
    "2020-01-01T23:59:59Z",
    "2020-01-01T10:00:00+00:00",
    "2020-01-01T10:00:00-03:00",
    "2020-01-01t10:00:00",
    "2020-01-01T10:00:00.123",
    "2020-01-01T10:00:00.123456789",
    "2020-01-01T10:00",
    "2020-01-01T10:00:00z",
    "2020-01-01x10:00:00",
    "10:00:00",
    "24:00:00",
    "23:59:59",
    "23:59:60",
    "10:00",
    "1:00:00",
    "10:00:00Z",
    "10:00:00+03:00",
    "10:00:00.5",
    "100000",
    "10-00-00",
    "10:60:00",
    "2020",
    "0000",
    "9999",
    "-001",
    "1_00",
    "020",
    "20201",
    "２０２０",
    "2020-01",
    "2020-1",
    "2020-13",
    "2020-00",
    "2020-12",
    "-2020-01",
    "2020-012",
    "P1Y",
    "P1D",
    "PT1H",
    "P1Y2M3DT4H5M6S",
    "P",
    "P1W",
    "-P1D",
    "PT0S",
    "P0D",
    "P1",
    "2020-W01-1",
    "2020-001",
    "２０２０-01-01",
    "2020-01-0１",
    "2020-O1-01",
] + [
    "2020-01-01 10:00:00",
    "2020-01-01 ",
    " 2020-01-01",
    "2020-01-01\n",
    "Jan 1 2020",
    "1 de enero",
    "10 am",
    "2020-01-01 10:00:00 ",
    " 020",
    "2020 ",
]
STRUCTURED = [
    "{}",
    "[]",
    '{"a":1}',
    '{"a": 1}',
    "[1,2]",
    "[1, 2]",
    '["a"]',
    "[1,",
    "null",
    "1,2",
    "90,45",
    "180,90",
    "181,0",
    "0,91",
    "-58.4,-34.6",
    " 1 , 2 ",
    "1,2,3",
]
STRUCTURED += [
    "a,b",
    '{"lon": 1, "lat": 2}',
    "[1.5, 2]",
    '{"type": "Point", "coordinates": [1, 2]}',
    "NaN,1",
    "1;2",
    ",",
    "1,",
    "true,false",
    "2020-01-01,2020-01-02",
]
WORDS = [
    "a",
    "b",
    "ab",
    "A",
    "abc",
    "é",
    "e\u0301",
    "ñandú",
    "日本",
    "🙂",
    "aé",
    "á",
    "Á",
    "ß",
    "true",
    "True",
    "TRUE",
    "false",
    "sí",
    "no",
    "T",
    "1 ",
    "x",
    "xx",
    "NA",
    "-",
    "n/a",
    " ",
]
WORDS += [
    "  ",
    "a b",
    "a,b",
    'a"b',
    '"',
    '""',
    "a\nb",
    "a\r\nb",
    "\n",
    ";",
    "|",
    "\t",
    "#a",
    "\ufeffa",
    "a\u2028b",
    "a\x85b",
    "\u00a0",
    "a'b",
    "'",
    "\\",
    "\\N",
    "a\\",
    "null",
    "None",
]
WORDS += [
    "AB-123",
    "AB-1٣3",
    "ab@c.org",
    "a@b",
    "http://a.org",
    "a://b",
    "//a",
    "urn:x",
    "aGk=",
    "aGk",
    "####",
    "POINT (1 2)",
    "POINT(1 2",
    "a" * 40,
    "é" * 20,
]
WORDS += ["123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", "x" * 300]
POOLS = {
    "integer": NUMERIC, "number": NUMERIC, "year": NUMERIC + TEMPORAL, "boolean": WORDS + ["0", "1"], "date": TEMPORAL, "datetime": TEMPORAL, "time": TEMPORAL,
    "yearmonth": TEMPORAL, "duration": TEMPORAL, "string": WORDS, "any": WORDS, "geopoint": STRUCTURED, "object": STRUCTURED, "array": STRUCTURED, "list": STRUCTURED + NUMERIC,
    "geojson": STRUCTURED,
}  # fmt: skip
EVERY = sorted({text for pool in POOLS.values() for text in pool})
# Texts that are right, so that rows without any fault are common too.
PLAIN = {
    "integer": ["1", "2", "3", "-4", "15", "120", "007"], "number": ["1", "1.5", "-2.25", "0.10", "0.1", "3"], "year": ["2020", "1999"], "boolean": ["true", "false", "1", "0"],
    "date": ["2020-01-01", "2020-02-29", "1999-12-31", "2020-1-1"], "datetime": ["2020-01-01T10:00:00", "2020-01-01T10:00:00Z"], "time": ["10:00:00", "23:59:59"],
    "yearmonth": ["2020-01", "2020-12"], "duration": ["P1Y", "PT1H"], "string": ["a", "b", "ab", "é", "a b"], "any": ["a", "1"], "geopoint": ["1,2"], "object": ["{}"], "array": ["[]"],
    "list": ["a,b", "1,2"], "geojson": ['{"type": "Point", "coordinates": [1, 2]}'],
}  # fmt: skip
FORMATS = {
    "string": ["default", "email", "uri", "binary", "uuid", "wkt"], "date": ["default", "any", "%d/%m/%Y", "%Y-%m-%d"], "datetime": ["default", "any", "%Y-%m-%d %H:%M:%S"],
    "time": ["default", "any", "%H:%M"], "geopoint": ["default", "array", "object"], "geojson": ["default", "topojson"],
}  # fmt: skip
PATTERNS = [
    "[a-z]+",
    "a|b",
    "[A-Z]{2}-\\d{3}",
    ".*",
    "[^a]*",
    "\\w+",
    "(a|b)+c?",
    "a.b",
    "\\S+",
    "^a$",
    "a$b",
    "",
    "[\\s\\w]*",
    "é+",
    "(?i)a",
    "\\D*",
    "a{2,}",
    "[a-é]+",
]
BOUNDS = [
    "0",
    "1",
    "-1",
    "2.5",
    "2020-01-01",
    "2020-02-29",
    "10:00:00",
    "2020-01-01T10:00:00",
    "2020-01-01T10:00:00Z",
    "2020",
    "2020-06",
    "1e400",
    "9223372036854775808",
    "x",
]
BOUNDED = ("integer", "number", "date", "datetime", "time", "year", "yearmonth")


@st.composite
def constraints(draw: Any, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    chance = st.integers(0, 9)
    if draw(chance) < 3:
        found["required"] = draw(st.booleans())
    if draw(chance) < 2:
        found["unique"] = True
    if draw(chance) < 2 and kind not in ("list",):
        found["enum"] = draw(st.lists(st.sampled_from(PLAIN[kind] + POOLS[kind]), min_size=1, max_size=3))
    if kind in BOUNDED and draw(chance) < 4:
        for bound in draw(
            st.sets(
                st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), max_size=2
            )
        ):
            found[bound] = draw(
                st.one_of(st.sampled_from(PLAIN[kind]), st.sampled_from(BOUNDS), st.integers(-2, 20))
            )
    if kind in ("string", "array", "object", "list") and draw(chance) < 3:
        found[draw(st.sampled_from(["minLength", "maxLength"]))] = draw(st.integers(0, 5))
    if kind == "string" and draw(chance) < 3:
        found["pattern"] = draw(st.sampled_from(PATTERNS))
    return found


@st.composite
def fields(draw: Any, name: str) -> dict[str, Any]:
    kind = draw(
        st.one_of(st.sampled_from(["string", "integer", "number", "date"]), st.sampled_from(sorted(POOLS)))
    )
    field: dict[str, Any] = {"name": name, "type": kind}
    if kind in FORMATS and draw(st.integers(0, 3)) == 0:
        field["format"] = draw(st.sampled_from(FORMATS[kind]))
    if kind in ("integer", "number") and draw(st.integers(0, 3)) == 0:
        field["bareNumber"] = draw(st.booleans())
    if kind == "number" and draw(st.integers(0, 2)) == 0:
        field["decimalChar"] = draw(st.sampled_from([",", ".", ";"]))
        if draw(st.booleans()):
            field["groupChar"] = draw(st.sampled_from([",", ".", " ", "", "'", "-"]))
        if draw(st.integers(0, 3)) == 0:
            field["floatNumber"] = True
    if kind == "boolean" and draw(st.booleans()):
        field["trueValues"], field["falseValues"] = ["sí", "1"], ["no", "-"]
    if kind == "list":
        field["itemType"] = draw(st.sampled_from(["string", "integer", "boolean", "number", "date"]))
        field["delimiter"] = draw(st.sampled_from([",", ";"]))
    if kind == "array" and draw(st.booleans()):
        field["arrayItem"] = {"type": "integer", "constraints": {"minimum": 1}}
    if draw(st.integers(0, 7)) == 0:
        field["missingValues"] = draw(
            st.lists(st.sampled_from(["", "NA", "-", "1", "x"]), max_size=3, unique=True)
        )
    if found := draw(constraints(kind)):
        field["constraints"] = found
    return field


@st.composite
def schemas(draw: Any) -> dict[str, Any]:
    names = [f"f{i}" for i in range(draw(st.integers(1, 4)))]
    schema: dict[str, Any] = {"fields": [draw(fields(name)) for name in names]}
    if draw(st.integers(0, 2)) == 0:
        schema["primaryKey"] = draw(
            st.lists(st.sampled_from(names), min_size=1, max_size=len(names), unique=True)
        )
    if draw(st.integers(0, 3)) == 0:
        schema["missingValues"] = draw(
            st.lists(st.sampled_from(["", "NA", "-", "1", " "]), max_size=3, unique=True)
        )
    if draw(st.integers(0, 3)) == 0:
        schema["fieldsMatch"] = draw(st.sampled_from(["exact", "equal", "subset", "superset", "partial"]))
    if draw(st.integers(0, 5)) == 0:
        other = draw(st.sampled_from(["ref", "", "t"]))
        schema["foreignKeys"] = [
            {
                "fields": [names[0]],
                "reference": {"resource": other, "fields": [names[-1] if other != "ref" else "k"]},
            }
        ]
    return schema


@st.composite
def tables(draw: Any, schema: dict[str, Any]) -> list[list[str]]:
    kinds = [field["type"] for field in schema["fields"]]
    labels = [field["name"] for field in schema["fields"]]
    match draw(st.integers(0, 24)):
        case 0:
            labels = labels[:-1]
        case 1:
            labels = [*labels, "zz"]
        case 2:
            labels[draw(st.integers(0, len(labels) - 1))] = ""
        case 3:
            labels[0] = labels[-1]
        case 4:
            labels = labels[::-1]
        case 5:
            labels = [label.upper() for label in labels]
        case 6:
            labels = [f" {label} " for label in labels]
    cells = [
        st.one_of(
            st.sampled_from(PLAIN[kind]),
            st.sampled_from(PLAIN[kind]),
            st.sampled_from(POOLS[kind]),
            st.sampled_from(EVERY),
            st.just(""),
        )
        for kind in kinds
    ]
    tidy = [st.sampled_from(PLAIN[kind]) for kind in kinds]
    wild = st.tuples(*cells).map(list)
    row = st.one_of(
        st.tuples(*tidy).map(list),
        st.tuples(*tidy).map(list),
        wild,
        wild.map(lambda r: r[:-1]),
        wild.map(lambda r: [*r, "e"]),
        st.just([""] * len(kinds)),
        st.just([]),
    )
    rows = draw(st.lists(row, max_size=25))
    return [labels, *(rows * draw(st.sampled_from([1, 1, 1, 2, 12])))]


@st.composite
def texts(draw: Any, table: list[list[str]]) -> bytes:
    """The table as a file: quoted in one way or another, with a fault of writing now and then."""
    stream = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    delimiter = draw(st.sampled_from([",", ",", ",", ";", "\t", "|"]))
    writer = csv.writer(stream, lineterminator=end, quoting=quoting, delimiter=delimiter)
    writer.writerows(table)
    text = stream.getvalue()
    match draw(st.integers(0, 30)):
        case 0:
            text = text.rstrip("\r\n")
        case 1:
            text = text + end
        case 2:
            text = "\ufeff" + text
        case 3:
            text = text.replace("a", 'a"', 1)
        case 4:
            text = text.replace(end, "\r", 1)
        case 5:
            text = text.replace(",", ", ")
        case 6:
            text = text + '"open'
        case 7:
            text = text.replace("b", "\x00")
        case 8:
            return text.encode("latin-1", "replace")
        case 9:
            return text.encode() + b"\xff\n"
        case 10:
            text = text.replace("f0", '"f0"', 1)
        case 11:
            text = end + text
        case 12:
            text = text.replace("a", '""', 1)
    return text.encode()


@st.composite
def cases(draw: Any) -> dict[str, Any]:
    """A resource's descriptor without path, the bytes of its file, and how it is to be validated."""
    schema = draw(schemas())
    table = draw(tables(schema))
    descriptor: dict[str, Any] = {"name": "t", "type": "table", "path": "t.csv"}
    if draw(st.integers(0, 15)):
        descriptor["schema"] = schema
    if draw(st.booleans()):
        descriptor["encoding"] = "utf-8"
    dialect: dict[str, Any] = draw(
        st.sampled_from(
            [
                {},
                {},
                {},
                {},
                {"headerRows": [1]},
                {"headerRows": [2]},
                {"headerRows": [1, 2]},
                {"header": False},
                {"headerCase": False},
                {"skipBlankRows": True},
                {"commentChar": "#"},
            ]
        )
    )
    if draw(st.integers(0, 3)) == 0:
        dialect = {
            **dialect,
            "csv": draw(
                st.sampled_from(
                    [
                        {"delimiter": ","},
                        {"delimiter": ";"},
                        {"quoteChar": "'"},
                        {"skipInitialSpace": True},
                        {"delimiter": ",", "doubleQuote": False},
                    ]
                )
            ),
        }
    if dialect:
        descriptor["dialect"] = dialect
    for name, value in (("bytes", 3), ("hash", "sha256:00"), ("rows", 3), ("fields", 2)):
        if draw(st.integers(0, 25)) == 0:
            descriptor[name] = value
    options: dict[str, Any] = {"limit_errors": draw(st.sampled_from([1000, 1000, 0, 1, 3]))}
    if draw(st.integers(0, 9)) == 0:
        options[draw(st.sampled_from(["skip_errors", "pick_errors"]))] = draw(
            st.lists(
                st.sampled_from(
                    ["type-error", "blank-row", "#row", "#cell", "unique-error", "constraint-error"]
                ),
                min_size=1,
                max_size=2,
            )
        )
    knobs = {
        "size": draw(st.sampled_from([40, 200, 1 << 21])),
        "small": draw(st.sampled_from([0, 0, 1000])),
        "package": draw(st.booleans()),
    }
    return {"descriptor": descriptor, "file": draw(texts(table)), "options": options, "knobs": knobs}


REFERENCE = b"k,l\n1,a\n2,b\na,c\n2020-01-01,d\n,e\n1,f\n"


def source_of(case: dict[str, Any], folder: Path) -> Any:
    """The case on disk, and a fresh object, or a path, to validate."""
    (folder / "t.csv").write_bytes(case["file"])
    descriptor = copy.deepcopy(case["descriptor"])
    if not (case["knobs"]["package"] or "foreignKeys" in descriptor.get("schema", {})):
        descriptor["$schema"] = "https://datapackage.org/profiles/2.0/dataresource.json"
        return frictionless.Resource.from_descriptor(descriptor, basepath=str(folder))
    (folder / "ref.csv").write_bytes(REFERENCE)
    kind = descriptor["schema"]["fields"][0]["type"] if "schema" in descriptor else "string"
    schema = {"fields": [{"name": "k", "type": kind}, {"name": "l", "type": "string"}]}
    resources = [descriptor, {"name": "ref", "type": "table", "path": "ref.csv", "schema": schema}]
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "p",
        "resources": resources,
    }
    if case["knobs"]["package"]:
        return frictionless.Package.from_descriptor(package, basepath=str(folder))
    (folder / "datapackage.json").write_text(json.dumps(package))
    return str(folder / "datapackage.json")


def outcome(function: Any, *args: Any, **options: Any) -> Any:
    """A report without what may differ, or the exception."""
    try:
        report = function(*args, **options)
    except Exception as error:
        return type(error).__name__, str(error)
    found = report.to_descriptor()
    for part in (found, *found["tasks"]):
        part["stats"].pop("seconds")
    for task in found["tasks"]:
        if any("limit" in warning for warning in task["warnings"]):
            for name in ("bytes", "md5", "sha256"):
                task["stats"].pop(name, None)
    return found


class Watched:
    """A witness; tells when it gives up, and leaves the rest to frictionless."""

    def __init__(self, witness: Any, gave_up: Callable[[], None]) -> None:
        self.witness, self.gave_up = witness, gave_up

    def __getattr__(self, name: str) -> Any:
        return getattr(self.witness, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self.witness
        except blocks.Doubtful:
            self.gave_up()
            raise


@contextmanager
def knobs(size: int = 1 << 21, small: int = 1000, **_others: Any) -> Any:
    """Small blocks, and no table too small for Arrow; counts the tables that went the fast way to their
    end."""
    before = (opening.SMALL, blocks.SIZE, column.SMALL, opening.open_with)
    fast: list[str] = []

    def counted(resource: Any, witness: Any) -> None:
        fast.append(resource.name)
        before[3](resource, Watched(witness, lambda: fast.remove(resource.name)))

    opening.SMALL, blocks.SIZE, column.SMALL, opening.open_with = 0, size, small, counted
    try:
        yield fast
    finally:
        opening.SMALL, blocks.SIZE, column.SMALL, opening.open_with = before


def both(case: dict[str, Any], folder: Path) -> tuple[Any, Any, list[str]]:
    """What frictionless says, what we say, and the tables that went the fast way."""

    def oracle(**options: Any) -> Any:
        source = source_of(case, folder)
        if isinstance(source, frictionless.Package):
            picks = {name: options.pop(name) for name in ("skip_errors", "pick_errors") if name in options}
            return source.validate(frictionless.Checklist(**picks), **options)
        return frictionless.validate(source, **options)

    theirs = outcome(oracle, **case["options"])
    with knobs(**case["knobs"]) as fast:
        ours = outcome(
            lambda **options: quick.validate(source_of(case, folder), **options), **case["options"]
        )
    return theirs, ours, fast

"""A slip in a declaration is named with its file, its key, what is wrong and what to write instead; no slip
passes for an option."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from messages import speaking
from pipelines.dataset.dataset import DatasetError, load_dataset, load_datasets

FILE = "datasets/obras/datapackage.yaml"
V2 = "https://datapackage.org/profiles/2.0/datapackage.json"
SUITE = {
    "name": "obras",
    "expectations": [{"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}],
}
SMALL: dict[str, Any] = {
    "$schema": V2,
    "name": "obras",
    "title": "Obras",
    "pipeline": {
        "publisher": {"id": "ministerio", "name": "Ministerio"},
        "accrualPeriodicity": "R/P1M",
        "needs": ["barrios"],
    },
    "resources": [
        {
            "name": "obras",
            "path": "obras.csv",
            "schema": {
                "fields": [
                    {
                        "name": "id",
                        "type": "integer",
                        "description": "Obra",
                        "constraints": {"required": True},
                    },
                    {"name": "fecha", "type": "date", "description": "Inicio"},
                    {
                        "name": "barrio",
                        "type": "string",
                        "description": "Barrio",
                        "constraints": {"enum": ["Boca"]},
                    },
                ],
                "primaryKey": ["id"],
                "foreignKeys": [
                    {
                        "fields": ["barrio"],
                        "reference": {"resource": "barrios/barrios", "fields": ["nombre"]},
                    },
                    {"fields": ["id"], "reference": {"resource": "avances", "fields": ["obra"]}},
                ],
            },
            "pipeline": {
                "source": {"kind": "file", "vintages": [{"asOf": "2019-06-01", "path": "source/obras.csv"}]},
                "extract": {"mode": "by-period", "field": "fecha"},
                "layouts": [
                    {
                        "header": ["ID"],
                        "labels": {"ID": "id"},
                        "fields": {"fecha": {"format": ["%d/%m/%Y"]}},
                        "ignore": ["NO"],
                        "dialect": {"delimiter": ";"},
                    }
                ],
                "values": {"barrio": [{"from": ["La Boca"], "to": "Boca"}, {"pattern": "^-$", "to": None}]},
                "expectations": "obras.expectations.yaml",
                "personalData": {"barrio": {"publicBecause": "no dice de nadie"}},
            },
        },
        {
            "name": "avances",
            "path": "avances.csv",
            "schema": {"fields": [{"name": "obra", "type": "integer"}]},
            "pipeline": {"source": {"kind": "http", "url": "https://example.org/a.csv"}},
        },
    ],
}
RESOURCE, FIELD, MADE, LAYOUT = (
    "resources[0]",
    "resources[0].schema.fields[1]",
    "resources[0].pipeline",
    "resources[0].pipeline.layouts[0]",
)


pytestmark = pytest.mark.usefixtures("english")


def written(folder: Path, declaration: dict[str, Any] | str | bytes, suite: Any = SUITE) -> Path:
    place = folder / "datasets" / "obras"
    place.mkdir(parents=True)
    text = (
        yaml.safe_dump(declaration, allow_unicode=True, sort_keys=False)
        if isinstance(declaration, dict)
        else declaration
    )
    (place / "datapackage.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    if suite is not None:
        (place / "obras.expectations.yaml").write_text(
            suite if isinstance(suite, str) else yaml.safe_dump(suite)
        )
    return place


def edited(path: str, value: Any) -> dict[str, Any]:
    """SMALL with the value at `path` ("resources.0.name") set; the key is taken away where the value is
    `...`."""
    changed = copy.deepcopy(SMALL)
    *way, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
    place: Any = changed
    for part in way:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return changed


def error_of(folder: Path) -> DatasetError:
    with pytest.raises(DatasetError) as caught:
        load_dataset(folder)
    return caught.value


def test_the_small_declaration_is_right(tmp_path):
    dataset = load_dataset(written(tmp_path, SMALL))
    assert (dataset.id, dataset.publisher, dataset.needs, dataset.demo) == (
        "obras",
        "Ministerio",
        ("barrios",),
        False,
    )
    obras, avances = dataset.resources
    assert (obras.fields, obras.primary_key, obras.suite) == (["id", "fecha", "barrio"], ["id"], SUITE)
    assert (avances.suite, avances.pipeline.extract.mode, avances.pipeline.layouts) == (None, "full", ())
    assert "pipeline" not in obras.descriptor
    assert set(dataset.declaration) == {"datapackage.yaml", "obras.expectations.yaml"}


FIRST = "resources/0"
CONSUL = {"kind": "consul", "url": "https://example.org/graphql", "query": "proposals"}
SLIPS: list[tuple[str, Any, str, str]] = [
    # unknown keys, with the one that was meant
    ("pipelin", {}, "pipelin", "is not a known key; did you mean pipeline?"),
    ("licence", [], "licence", "is not a known key; did you mean licenses?"),
    ("demo", True, "demo", "stands in the wrong place; move it under pipeline"),
    (
        "pipeline/acrualPeriodicity",
        "R/P1M",
        "pipeline.acrualPeriodicity",
        "is not a known key; did you mean accrualPeriodicity?",
    ),
    (
        "pipeline/accrual_periodicity",
        "R/P1M",
        "pipeline.accrual_periodicity",
        "is not a known key; did you mean accrualPeriodicity?",
    ),
    ("pipeline/publisher/nombre", "x", "pipeline.publisher.nombre", "is not a known key; did you mean name?"),
    (
        "pipeline/zzz",
        1,
        "pipeline.zzz",
        "is not a known key; use one of publisher, accrualPeriodicity, schedule",
    ),
    # a version that is announced
    (
        "pipeline/announces",
        {"version": 1, "date": "2027-03-01", "changes": "x"},
        "pipeline.announces.version",
        "use the number of the version that breaks programs, as in 2",
    ),
    (
        "pipeline/announces",
        {"version": 2, "date": "marzo", "changes": "x"},
        "pipeline.announces.date",
        "use a date, as in 2024-09-01",
    ),
    ("pipeline/announces", {"version": 2, "date": "2027-03-01"}, "pipeline.announces.changes", "is missing"),
    (f"{FIRST}/source", {}, f"{RESOURCE}.source", "stands in the wrong place; move it under pipeline"),
    (f"{FIRST}/schema/primarykey", "id", f"{RESOURCE}.schema.primarykey", "did you mean primaryKey?"),
    (f"{FIRST}/schema/fields/1/constraint", {}, f"{FIELD}.constraint", "did you mean constraints?"),
    (
        f"{FIRST}/schema/fields/1/constraints",
        {"requierd": True},
        f"{FIELD}.constraints.requierd",
        "did you mean required?",
    ),
    (f"{FIRST}/pipeline/extracto", {}, f"{MADE}.extracto", "did you mean extract?"),
    (f"{FIRST}/pipeline/source/file", "x", f"{MADE}.source.file", "use one of kind, path, vintages"),
    (f"{FIRST}/pipeline/source/url", "x", f"{MADE}.source.url", "use one of kind, path, vintages"),
    (
        f"{FIRST}/pipeline/source/vintages/0/as_of",
        "x",
        f"{MADE}.source.vintages[0].as_of",
        "did you mean asOf?",
    ),
    (f"{FIRST}/pipeline/layouts/0/lables", {}, f"{LAYOUT}.lables", "did you mean labels?"),
    (
        f"{FIRST}/pipeline/layouts/0/dialect/separator",
        ";",
        f"{LAYOUT}.dialect.separator",
        "use one of delimiter",
    ),
    (
        f"{FIRST}/pipeline/layouts/0/fields/fecha/formato",
        "x",
        f"{LAYOUT}.fields.fecha.formato",
        "did you mean format?",
    ),
    (
        f"{FIRST}/pipeline/values/barrio/1/replaze",
        "x",
        f"{MADE}.values.barrio[1].replaze",
        "did you mean replace?",
    ),
    # unknown kinds
    (f"{FIRST}/pipeline/source/kind", "htpp", f"{MADE}.source.kind", "is 'htpp'; did you mean http?"),
    (
        f"{FIRST}/pipeline/source/kind",
        "soap",
        f"{MADE}.source.kind",
        "is 'soap'; use one of file, http, inbox, consul, trello, sql",
    ),
    (f"{FIRST}/pipeline/source/kind", ..., f"{MADE}.source.kind", "is missing; add it"),
    # a source that is given in two ways, or lacks what its kind needs
    (
        f"{FIRST}/pipeline/source",
        CONSUL | {"path": "a.jsonl"},
        f"{MADE}.source",
        "give one of url, path or vintages",
    ),
    (
        f"{FIRST}/pipeline/source",
        CONSUL | {"query": "users"},
        f"{MADE}.source.query",
        "is 'users'; use one of proposals, budgets,",
    ),
    (
        f"{FIRST}/pipeline/source",
        CONSUL | {"userAgent": "á"},
        f"{MADE}.source.userAgent",
        "use printable ASCII characters",
    ),
    (f"{FIRST}/pipeline/source", {"kind": "trello"}, f"{MADE}.source", "give one of board, path or vintages"),
    (
        f"{FIRST}/pipeline/source",
        {"kind": "trello", "board": "https://trello.com/b/a"},
        f"{MADE}.source.board",
        "use the board's id, or the",
    ),
    (
        f"{FIRST}/pipeline/source",
        {"kind": "trello", "path": "a.json", "period": "P1M"},
        f"{MADE}.source",
        "period needs a date: give vintages",
    ),
    (
        f"{FIRST}/pipeline/extract/mode",
        "by-periods",
        f"{MADE}.extract.mode",
        "is 'by-periods'; did you mean by-period?",
    ),
    (f"{FIRST}/schema/fields/1/type", "dates", f"{FIELD}.type", "is 'dates'; did you mean date?"),
    (
        "pipeline/accrualPeriodicity",
        "monthly",
        "pipeline.accrualPeriodicity",
        "is 'monthly': use one of R/P10Y",
    ),
    ("pipeline/superTheme", ["ECO"], "pipeline.superTheme[0]", "is 'ECO': use one of AGRI, ECON"),
    ("pipeline/frozen", "si", "pipeline.frozen", "is 'si'; use true or false"),
    # values of the wrong type: YAML reads NO as false, 2019 as a number
    ("pipeline/demo", "si", "pipeline.demo", "is 'si'; use true or false"),
    ("pipeline/demo", 1, "pipeline.demo", "is 1; use true or false"),
    ("pipeline/needs", "barrios", "pipeline.needs", "is 'barrios', not a list; write it in [ ]"),
    ("pipeline/needs", ["obras"], "pipeline.needs", "names this dataset itself"),
    (
        "pipeline/publisher",
        "Ministerio",
        "pipeline.publisher",
        "is 'Ministerio', not a mapping of keys to values",
    ),
    ("pipeline/publisher/id", "Ministerio de Salud", "pipeline.publisher.id", "use lower-case letters"),
    ("pipeline", ["publisher"], "pipeline", "is ['publisher'], not a mapping of keys to values"),
    (f"{FIRST}/pipeline/layouts", {}, f"{MADE}.layouts", "is {}, not a list; write it in [ ]"),
    (
        f"{FIRST}/pipeline/layouts/0/ignore",
        [False],
        f"{LAYOUT}.ignore[0]",
        "is False, not a text; write it in quotes",
    ),
    (
        f"{FIRST}/pipeline/layouts/0/labels",
        {False: "id"},
        f"{LAYOUT}.labels.False",
        "is False, not a text; write it in quotes",
    ),
    (f"{FIRST}/pipeline/layouts/0/headerRow", 0, f"{LAYOUT}.headerRow", "is 0; use a whole number from 1 on"),
    (
        f"{FIRST}/pipeline/layouts/0/headerRow",
        "2",
        f"{LAYOUT}.headerRow",
        "is '2'; use a whole number from 1 on",
    ),
    (
        f"{FIRST}/pipeline/layouts/0/dialect/delimiter",
        "\\t",
        f"{LAYOUT}.dialect.delimiter",
        "use a single character",
    ),
    (
        f"{FIRST}/pipeline/layouts/0/fields/fecha/format",
        [1],
        f"{LAYOUT}.fields.fecha.format[0]",
        "is 1, not a text",
    ),
    (
        f"{FIRST}/pipeline/source/vintages/0/asOf",
        20190601,
        f"{MADE}.source.vintages[0].asOf",
        "use a date, as in 2024-09-01",
    ),
    (
        f"{FIRST}/pipeline/source/vintages/0/asOf",
        "2019-02-30",
        f"{MADE}.source.vintages[0].asOf",
        "use a date",
    ),
    (
        f"{FIRST}/pipeline/personalData/barrio",
        "hide",
        f"{MADE}.personalData.barrio",
        "is 'hide': use drop, hash, mask or {publicBecause",
    ),
    (
        f"{FIRST}/pipeline/personalData/barrio",
        {"publicBecuase": "x"},
        f"{MADE}.personalData.barrio",
        "use drop, hash, mask or",
    ),
    (
        f"{FIRST}/pipeline/personalData/id",
        "drop",
        f"{MADE}.personalData.id",
        "is drop, but the field is part of a key",
    ),
    (
        f"{FIRST}/pipeline/personalData/correo",
        "mask",
        f"{MADE}.personalData.correo",
        "names no field of the schema; only what is left out",
    ),
    (
        f"{FIRST}/pipeline/personalData/k",
        5,
        f"{MADE}.personalData.k",
        "says no field; write {min: 5, count: …}",
    ),
    (
        f"{FIRST}/pipeline/personalData/k",
        {"min": 5, "by": ["bario"]},
        f"{MADE}.personalData",
        "names the field 'bario'",
    ),
    (
        f"{FIRST}/pipeline/personalData/barrio",
        {"min": 5, "by": ["barrio"]},
        f"{MADE}.personalData.barrio",
        "must stand under k",
    ),
    (
        f"{FIRST}/pipeline/personalData/k",
        {"min": 5, "count": "barrio"},
        f"{MADE}.personalData",
        "whose type must be integer",
    ),
    (
        f"{FIRST}/schema/fields/2/constraints/enum",
        ["SI", False],
        f"{RESOURCE}.schema.fields[2].constraints.enum[1]",
        "is False, not a text",
    ),
    (f"{FIRST}/schema/missingValues", ["", -99], f"{RESOURCE}.schema.missingValues[1]", "is -99, not a text"),
    (f"{FIRST}/schema/fields/1/constraints", ["required"], f"{FIELD}.constraints", "must be a mapping"),
    (f"{FIRST}/schema/foreignKeys", {"fields": "id"}, f"{RESOURCE}.schema.foreignKeys", "not a list"),
    (
        f"{FIRST}/schema/foreignKeys/0/reference",
        "barrios",
        f"{RESOURCE}.schema.foreignKeys[0].reference",
        "must say the resource",
    ),
    (f"{FIRST}/schema/fields/0/constraints/required", "yes", "", "'yes' is not of type 'boolean'"),
    (
        f"{FIRST}/schema/fields/0/constraints/minimum",
        "uno",
        f"{RESOURCE}.schema.fields[0].constraints.minimum",
        "is 'uno', which is not of",
    ),
    (
        f"{FIRST}/schema/fields/1/constraints",
        {"enum": ["ayer"]},
        f"{FIELD}.constraints.enum",
        "is 'ayer', which is not of the type date",
    ),
    (
        f"{FIRST}/schema/fields/1/constraints",
        {"maximum": 2019},
        f"{FIELD}.constraints.maximum",
        "is 2019, which is not of the type date",
    ),
    (
        f"{FIRST}/schema/fields/2/constraints/pattern",
        "(",
        f"{RESOURCE}.schema.fields[2].constraints.pattern",
        "is '(': missing )",
    ),
    # missing
    ("pipeline", ..., "pipeline", "is missing; it says how the data is made"),
    ("pipeline/publisher", ..., "pipeline.publisher", "is missing; add it"),
    (f"{FIRST}/pipeline", ..., MADE, "is missing; it says how the data is made"),
    (f"{FIRST}/pipeline/source", ..., f"{MADE}.source", "is missing; add it"),
    (f"{FIRST}/schema", ..., f"{RESOURCE}.schema.fields", "must list the fields of the published table"),
    (f"{FIRST}/schema/fields/1/name", ..., f"{FIELD}.name", "is missing; add it"),
    ("resources", [], "resources", "must list at least one table"),
    ("resources", ["obras.csv"], "resources[0]", "must be a mapping of keys to values"),
    (f"{FIRST}/pipeline/source/vintages", [], f"{MADE}.source", "give either path or vintages"),
    (
        f"{FIRST}/pipeline/extract",
        {"mode": "by-period"},
        f"{MADE}.extract",
        "field goes with mode by-period, and only there",
    ),
    (
        f"{FIRST}/pipeline/values/barrio/0",
        {"from": ["x"]},
        f"{MADE}.values.barrio[0]",
        "give either to or replace",
    ),
    # names of fields that are none
    (
        f"{FIRST}/pipeline/layouts/0/labels/ID",
        "idd",
        f"{LAYOUT}.labels",
        "names the field 'idd', which the schema does not have; did you mean id?",
    ),
    (f"{FIRST}/pipeline/layouts/0/fields/fech", {}, f"{LAYOUT}.fields", "names the field 'fech'"),
    (f"{FIRST}/pipeline/values/bario", [], f"{MADE}.values", "did you mean barrio?"),
    (
        f"{FIRST}/pipeline/personalData/correo",
        {"publicBecause": "x"},
        f"{MADE}.personalData",
        "names the field 'correo'",
    ),
    (f"{FIRST}/pipeline/extract/field", "fechas", f"{MADE}.extract.field", "did you mean fecha?"),
    (f"{FIRST}/schema/primaryKey", "idd", f"{RESOURCE}.schema.primaryKey", "did you mean id?"),
    (f"{FIRST}/schema/primaryKey", 5, f"{RESOURCE}.schema.primaryKey", "names the field 5"),
    (
        f"{FIRST}/schema/foreignKeys/0/fields",
        ["bario"],
        f"{RESOURCE}.schema.foreignKeys[0].fields",
        "did you mean barrio?",
    ),
    (
        f"{FIRST}/schema/foreignKeys/1/reference/fields",
        ["obras"],
        f"{RESOURCE}.schema.foreignKeys[1].reference.fields",
        "did you mean obra?",
    ),
    (
        f"{FIRST}/schema/foreignKeys/1/reference/resource",
        "avance",
        f"{RESOURCE}.schema.foreignKeys[1].reference.resource",
        "did you mean avances?",
    ),
    (
        f"{FIRST}/schema/foreignKeys/0/reference/resource",
        "comunas/comunas",
        f"{RESOURCE}.schema.foreignKeys[0].reference.resource",
        "is 'comunas/comunas'; add that dataset to pipeline.needs",
    ),
    # twice, taken, or not a name
    (f"{FIRST}/schema/fields/1/name", "id", "resources[0].schema.fields[0].name", "is 'id' twice"),
    ("resources/1/name", "obras", "resources[0].name", "is 'obras' twice"),
    (
        "resources/1/name",
        "report",
        "resources[1].name",
        "is 'report', the name of a file that every release has",
    ),
    ("resources/1/name", "obras-parquet", "resources[1].name", "is 'obras-parquet', the name of a file"),
    ("resources/1/name", "Avances 2019", "resources[1].name", "use lower-case letters"),
    ("resources/1/name", "../avances", "resources[1].name", "use lower-case letters"),
    (f"{FIRST}/schema/fields/1/name", "__row__", f"{FIELD}.name", "begin with __"),
    ("name", "obra", "name", "is 'obra'; use 'obras', the folder's name"),
    (
        f"{FIRST}/path",
        "../data.csv",
        f"{RESOURCE}.path",
        "is '../data.csv'; use a name such as 'obras.csv', the published file's",
    ),
    # places
    (
        f"{FIRST}/pipeline/source/vintages/0/path",
        "../otro/obras.csv",
        f"{MADE}.source.vintages[0].path",
        "name a file inside",
    ),
    (
        f"{FIRST}/pipeline/source/vintages/0/path",
        "/etc/passwd",
        f"{MADE}.source.vintages[0].path",
        "name a file inside",
    ),
    (f"{FIRST}/pipeline/expectations", "../suite.yaml", f"{MADE}.expectations", "name a file inside"),
    (
        f"{FIRST}/pipeline/expectations",
        "obras.yaml",
        f"{MADE}.expectations",
        "names obras.yaml, which cannot be read (it does not exist)",
    ),
    (
        "resources/1/pipeline/source/url",
        "example.org/a.csv",
        "resources[1].pipeline.source.url",
        "use an address that begins with https://",
    ),
    (
        "resources/1/pipeline/source/url",
        "ftp://example.org/a",
        "resources[1].pipeline.source.url",
        "use an address",
    ),
    # order, patterns, times
    (
        f"{FIRST}/pipeline/source/vintages",
        [{"asOf": "2024-01-01", "path": "b.csv"}, {"asOf": "2019-01-01", "path": "a.csv"}],
        f"{MADE}.source",
        "list the vintages from the oldest to the newest",
    ),
    (
        f"{FIRST}/pipeline/values/barrio/1/pattern",
        "(",
        f"{MADE}.values.barrio[1].pattern",
        "not a regular expression",
    ),
    (
        f"{FIRST}/pipeline/values/barrio/1",
        {"pattern": "(a)", "replace": r"\2"},
        f"{MADE}.values.barrio[1]",
        "replace does not fit the pattern (invalid group reference 2",
    ),
    ("pipeline/schedule", "30 3 * *", "pipeline.schedule", "use five cron fields"),
    ("pipeline/schedule", "61 3 * * *", "pipeline.schedule", "use five cron fields"),
    ("pipeline/schedule", "0 3 * * someday", "pipeline.schedule", "use five cron fields"),
    ("pipeline/schedule", "0 3 * */0 *", "pipeline.schedule", "use five cron fields"),
    ("pipeline/schedule", "0 3 L * *", "pipeline.schedule", "use five cron fields"),
    ("pipeline/schedule", "0 3 31 2 *", "pipeline.schedule", "use five cron fields"),
    # the schema describes the published table
    (f"{FIRST}/schema/fields/1/format", "%d/%m/%Y", f"{FIELD}.format", "move it to layouts.fields"),
    (
        f"{FIRST}/schema/fields/1",
        {"name": "fecha", "type": "number", "decimalChar": ","},
        f"{FIELD}.decimalChar",
        "move it to layouts.fields",
    ),
    (
        f"{FIRST}/schema/fields/1",
        {"name": "fecha", "type": "boolean", "trueValues": ["SI"]},
        f"{FIELD}.trueValues",
        "lacks 'true'",
    ),
    (f"{FIRST}/schema/fields/1/missingValues", ["-"], f"{FIELD}.missingValues", "is given for one field"),
]


@pytest.mark.parametrize(("path", "value", "key", "told"), SLIPS, ids=lambda value: str(value)[:50])
def test_a_slip_is_named(tmp_path, path, value, key, told):
    error = error_of(written(tmp_path, edited(path, value)))
    assert (error.dataset, error.file, error.key) == ("obras", FILE, key)
    assert told in error.problem
    assert str(error) == f"{FILE}: {key} {error.problem}" if key else str(error) == f"{FILE}: {error.problem}"


@pytest.mark.parametrize(
    "path",
    [
        "pipeline/schedule",
        "pipeline/publisher",
        "resources/0/pipeline/source/kind",
        "resources/1/pipeline/source/url",
    ],
)
def test_a_slip_is_told_in_spanish(tmp_path, path):
    folder = written(tmp_path, edited(path, "x"))
    english = error_of(folder).problem
    with speaking("es"):
        assert error_of(folder).problem != english


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: obras\ntitle: a\ntitle: b\n", "line 3 is not YAML: the key 'title' is given twice"),
        (
            "name: obras\npipeline:\n  needs: []\n  demo: false\n  needs: [a]\n",
            "line 5 is not YAML: the key 'needs' is given twice",
        ),
        ("name: obras\ntitle: [a\n", "line 3 is not YAML: "),
        ("name: obras\n\ttitle: a\n", "line 2 is not YAML: "),
        ("name: obras\ntitle: !!python/name:os.system\n", "line 2 is not YAML: "),
        ("? [a, b]\n: c\n", "line 1 is not YAML: "),
        ("? {a: b}\n: c\n", "line 1 is not YAML: "),
        ("name: !!timestamp 2019-02-30\n", "is not YAML: "),
        ("name: obras\ntitle: .nan\n", "holds what JSON cannot say"),
        ("name: obras\ntitle: !!binary aG9sYQ==\n", "holds what JSON cannot say"),
        ("- obras\n", "must be a mapping of keys to values"),
        ("", "must be a mapping of keys to values"),
        ("a: &a [*a]\n", "is not YAML: "),
        (b"name: obras\ntitle: a\xf1o\n", "line 2 has the byte 0xF1: save the file as UTF-8"),
    ],
)
def test_what_is_no_declaration_at_all_is_named(tmp_path, text, told):
    error = error_of(written(tmp_path, text))
    assert str(error).startswith(f"{FILE}: ")
    assert told in str(error)


def test_no_declaration_in_the_folder(tmp_path):
    (tmp_path / "datasets" / "obras").mkdir(parents=True)
    assert str(error_of(tmp_path / "datasets" / "obras")) == f"{FILE}: cannot be read (it does not exist)"


@pytest.mark.parametrize(
    ("suite", "told"),
    [
        ("name: a\n", "expectations must be a list of expectations, each with its type"),
        ({"expectations": [{"kwargs": {}}]}, "expectations[0].type is missing; add it"),
        (
            {"expectations": [{"type": "x", "severety": "warning"}]},
            "expectations[0].severety is not a known key; did you mean severity?",
        ),
        (
            {"expectations": [{"type": "x", "severity": "fatal"}]},
            "expectations[0].severity is 'fatal'; use one of critical, warning, info",
        ),
        ("expectations: [", "line 1 is not YAML: "),
    ],
)
def test_a_slip_in_a_suite_names_the_suite(tmp_path, suite, told):
    error = error_of(written(tmp_path, SMALL, suite))
    assert str(error).startswith("datasets/obras/obras.expectations.yaml: ")
    assert told in str(error)


def test_dates_in_a_declaration_are_text_and_in_a_suite_dates(tmp_path):
    declaration = (
        yaml.safe_dump(edited("pipeline/temporal", "DATE"))
        .replace("DATE", "2019-01-01")
        .replace("'2019-06-01'", "2019-06-01")
    )
    suite = "expectations: [{type: x, kwargs: {min_value: 2019-01-01}}]"
    dataset = load_dataset(written(tmp_path, declaration, suite))
    assert dataset.descriptor["pipeline"]["temporal"] == "2019-01-01"
    assert dataset.resources[0].pipeline.source.vintages[0].as_of.year == 2019
    assert dataset.resources[0].suite["expectations"][0]["kwargs"]["min_value"].year == 2019


def test_properties_of_ones_own_are_no_slips(tmp_path):
    declaration = edited("resources/0/schema/fields/1/fuente", "Ministerio")
    declaration["resources"][0]["nota"] = "x"
    declaration["pipeline"]["schedule"] = "*/30 8-20 1,15 jan-mar MON-FRI"
    assert load_dataset(written(tmp_path, declaration)).schedule == "*/30 8-20 1,15 jan-mar MON-FRI"


def test_merged_keys_may_be_overridden(tmp_path):
    text = yaml.safe_dump(SMALL) + "x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\n"
    assert load_dataset(written(tmp_path, text)).descriptor["y"] == {"a": 3, "b": 2}


SCHEDULES = {
    "R/PT1H": "0 * * * *",
    "R/P1D": "0 0 * * *",
    "R/P0.5M": "0 0 * * *",
    "R/P1M": "0 0 * * *",
    "R/P2M": "0 0 * * 1",
    "R/P1Y": "0 0 * * 1",
    "R/P10Y": "0 0 * * 1",
    "eventual": "0 0 * * 1",
}


@pytest.mark.parametrize(("periodicity", "schedule"), SCHEDULES.items())
def test_the_schedule_follows_from_the_periodicity(tmp_path, periodicity, schedule):
    dataset = load_dataset(written(tmp_path, edited("pipeline/accrualPeriodicity", periodicity)))
    assert dataset.schedule == schedule


def test_one_broken_folder_leaves_the_others(tmp_path):
    written(tmp_path, SMALL)
    for name, text in (("arboles", "name: [\n"), (".git", ""), ("_viejo", "")):
        (tmp_path / "datasets" / name).mkdir()
        (tmp_path / "datasets" / name / "datapackage.yaml").write_text(text)
    (tmp_path / "datasets" / "LEEME.md").write_text("no es un conjunto")
    first, second = load_datasets(tmp_path / "datasets")
    assert isinstance(first, DatasetError)
    assert first.dataset == "arboles"
    assert not isinstance(second, DatasetError)
    assert second.id == "obras"
    assert load_datasets(tmp_path / "none") == []

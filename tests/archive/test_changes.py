"""What changed between two releases is told completely, and the version step never promises too much."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from copy import deepcopy
from decimal import Decimal
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.archive.changes.changes import compare
from catalog.archive.changes.reasons import SENTENCES, STEPS, describe_changes, next_version
from catalog.archive.published import text
from catalog.archive.release import LEVELS, Version
from messages import speaking

NAN = float("nan")
FIELDS = {
    "id": ("integer", pa.int64()),
    "obra": ("string", pa.string()),
    "monto": ("number", pa.float64()),
    "inicio": ("date", pa.date32()),
}
CELLS = {
    "obra": st.sampled_from([None, "", "Plaza", 'Túnel "Balbín"\n', "NULL", "7"]),
    "monto": st.sampled_from([None, NAN, 0.0, -0.0, 1.5, 7.0, float("inf")]),
    "inicio": st.sampled_from([None, datetime.date(2019, 1, 1), datetime.date(2024, 2, 29)]),
}
ROWS = st.lists(st.fixed_dictionaries(CELLS), max_size=12)
KEYED = st.dictionaries(st.one_of(st.none(), st.integers(-3, 12)), st.fixed_dictionaries(CELLS), max_size=12)


def descriptor(*resources, **more):
    return {"name": "obras-publicas", "version": "1.0.0", "resources": list(resources), **more}


def resource(name="obras", fields=tuple(FIELDS), key="id", **more):
    described = [{"name": field, "type": FIELDS[field][0]} for field in fields]
    return {
        "name": name,
        "path": f"{name}.csv",
        "schema": {"fields": described, **({"primaryKey": [key]} if key else {})},
        **more,
    }


def table(rows, fields=tuple(FIELDS)):
    return pa.table({field: pa.array([row.get(field) for row in rows], FIELDS[field][1]) for field in fields})


def keyed(rows):
    return table([{"id": key, **row} for key, row in rows.items()])


def shown(value):
    """The oracle's own published text."""
    if isinstance(value, float):
        if value != value or abs(value) == float("inf"):
            return {"nan": "NaN", "inf": "INF", "-inf": "-INF"}[str(value)]
        return str(int(value)) if value == int(value) else repr(value)
    return None if value is None else str(value)


def as_text(rows):
    return [{field: shown(value) for field, value in row.items()} for row in rows.to_pylist()]


def apply(rows, lines, key):
    """The rows, as text, with the lines of a changes table carried out."""
    by_key = {json.dumps({k: row[k] for k in key}): dict(row) for row in rows}
    for line in lines:
        at = json.dumps(json.loads(line["key"]))
        if line["change"] == "row-removed":
            assert json.loads(line["before"]) == by_key.pop(at)
        elif line["change"] == "row-added":
            assert at not in by_key
            by_key[at] = json.loads(line["after"])
        else:
            assert by_key[at][line["field"]] == line["before"] != line["after"]
            by_key[at][line["field"]] = line["after"]
    return by_key


def change(before, after, key="id"):
    published = descriptor(resource(key=key))
    return compare({"obras": before}, {"obras": after}, published, published)


@settings(deadline=None, max_examples=30)
@given(KEYED, KEYED)
def test_the_changes_carried_out_give_the_new_table(old, new):
    changes = change(keyed(old), keyed(new))
    wanted = {json.dumps({"id": row["id"]}): row for row in as_text(keyed(new))}
    assert apply(as_text(keyed(old)), changes.table().to_pylist(), ["id"]) == wanted


@settings(deadline=None, max_examples=30)
@given(KEYED, KEYED)
def test_counts_agree_with_a_slow_comparison_in_plain_python(old, new):
    changes = change(keyed(old), keyed(new))
    before, after = ({row["id"]: row for row in as_text(keyed(side))} for side in (old, new))
    differing = [sum(before[k][f] != after[k][f] for f in FIELDS) for k in before.keys() & after.keys()]
    counted = {
        "added": len(after.keys() - before.keys()),
        "removed": len(before.keys() - after.keys()),
        "changed": sum(map(bool, differing)),
    }
    assert changes.totals() == {"obras": counted}
    assert changes.resources[0].rows.cells == sum(differing)
    expected = "minor" if counted["added"] or counted["removed"] else "patch" if counted["changed"] else None
    assert changes.level == expected
    back = change(keyed(new), keyed(old)).totals()["obras"]
    assert back == {"added": counted["removed"], "removed": counted["added"], "changed": counted["changed"]}


@settings(deadline=None, max_examples=30)
@given(ROWS, ROWS)
def test_without_a_key_rows_are_added_and_removed_each_as_often_as_it_differs(old, new):
    old, new = (table([{"id": None, **row} for row in rows]) for rows in (old, new))
    before, after = (Counter(json.dumps(row, sort_keys=True) for row in as_text(rows)) for rows in (old, new))
    lines = change(old, new, key=None).table().to_pylist()
    told = {"row-removed": Counter(), "row-added": Counter()}
    for line in lines:
        assert line["key"] is None
        told[line["change"]][json.dumps(json.loads(line["before"] or line["after"]), sort_keys=True)] += 1
    assert (told["row-removed"], told["row-added"]) == (before - after, after - before)


@settings(deadline=None, max_examples=30)
@given(KEYED, KEYED, st.randoms(use_true_random=False), st.sampled_from(["id", None]))
def test_row_order_and_chunks_leave_no_trace(old, new, random, key):
    def shuffled(rows):
        order = random.sample(range(rows.num_rows), rows.num_rows)
        cut = random.randint(0, rows.num_rows)
        return pa.concat_tables(
            [rows.take(pa.array(order[:cut], pa.int64())), rows.take(pa.array(order[cut:], pa.int64()))]
        )

    first = change(keyed(old), keyed(new), key).table()
    again = change(shuffled(keyed(old)), shuffled(keyed(new)), key).table()
    assert first.equals(again)
    assert first.schema == again.schema
    assert first.column(0).num_chunks == again.column(0).num_chunks == 1


@settings(deadline=None, max_examples=30)
@given(KEYED, st.sampled_from(["id", None]))
def test_the_same_tables_have_not_changed(rows, key):
    changes = change(keyed(rows), keyed(rows), key)
    assert (changes.level, changes.unchanged, changes.table().num_rows) == (None, True, 0)


def test_lines_come_removed_added_changed_and_by_key():
    old = keyed({1: {"obra": "a"}, 2: {"obra": "b"}, 10: {"obra": "c"}, 11: {"obra": "d", "monto": 1.0}})
    new = keyed({12: {"obra": "e"}, 3: {"obra": "f"}, 11: {"obra": "D", "monto": 2.0}, 10: {"obra": None}})
    lines = change(old, new).table().select(["change", "key", "field", "before", "after"]).to_pylist()
    assert [tuple(line.values()) for line in lines] == [
        ("row-removed", '{"id":"1"}', None, '{"id":"1","obra":"a","monto":null,"inicio":null}', None),
        ("row-removed", '{"id":"2"}', None, '{"id":"2","obra":"b","monto":null,"inicio":null}', None),
        ("row-added", '{"id":"3"}', None, None, '{"id":"3","obra":"f","monto":null,"inicio":null}'),
        ("row-added", '{"id":"12"}', None, None, '{"id":"12","obra":"e","monto":null,"inicio":null}'),
        ("cell-changed", '{"id":"10"}', "obra", "c", None),
        ("cell-changed", '{"id":"11"}', "obra", "d", "D"),
        ("cell-changed", '{"id":"11"}', "monto", "1", "2"),
    ]


def test_a_first_release_adds_every_row_and_has_no_step():
    changes = compare({}, {"obras": keyed({1: {}, 2: {}})}, None, descriptor(resource()))
    assert (changes.level, changes.unchanged, changes.totals()) == (
        None,
        False,
        {"obras": {"added": 2, "removed": 0, "changed": 0}},
    )
    assert next_version(None, changes.level) == Version(1, 0, 0)
    assert next_version(Version(1, 4, 2), "minor") == Version(1, 5, 0)
    assert next_version(Version(1, 4, 2), None) == Version(
        2, 0, 0
    )  # all releases withdrawn: nothing to compare with


def test_names_that_differ_only_by_case_are_two_fields():
    fields = [
        {"name": "id", "type": "integer"},
        {"name": "ID", "type": "integer"},
        {"name": "la 'otra'", "type": "string"},
    ]
    published = descriptor({"name": "t", "schema": {"fields": fields, "primaryKey": "id"}})
    old = pa.table({"id": [1, 2], "ID": [5, 6], "la 'otra'": ["x", "y"]})
    new = pa.table({"id": [1, 2], "ID": [5, 7], "la 'otra'": ["x", "z"]})
    lines = compare({"t": old}, {"t": new}, published, published).table().to_pylist()
    assert [(line["field"], line["before"], line["after"]) for line in lines] == [
        ("ID", "6", "7"),
        ("la 'otra'", "y", "z"),
    ]


def test_a_key_that_repeats_falls_back_to_whole_rows():
    old, new = table([{"id": 1, "obra": "a"}, {"id": 1, "obra": "b"}]), table([{"id": 1, "obra": "a"}])
    changes = change(old, new)
    assert (changes.resources[0].rows.keyed, changes.totals()["obras"]) == (
        False,
        {"added": 0, "removed": 1, "changed": 0},
    )


def test_a_new_type_is_a_major_step_but_no_changed_cell():
    before, after = descriptor(resource()), descriptor(resource())
    after["resources"][0]["schema"]["fields"][2]["type"] = "string"
    after["resources"][0]["schema"]["fields"][0]["type"] = "string"
    old = keyed({7: {"monto": 7.0}, 8: {"monto": 1.5}})
    new = pa.table(
        {
            "id": ["8", "7"],
            "obra": pa.nulls(2, pa.string()),
            "monto": ["1.5", "7"],
            "inicio": pa.nulls(2, pa.date32()),
        }
    )
    changes = compare({"obras": old}, {"obras": new}, before, after)
    assert changes.summary()["obras"]["fields"] == {
        "added": [],
        "removed": [],
        "moved": [],
        "retyped": ["id", "monto"],
    }
    assert (changes.level, changes.totals()["obras"], changes.table().num_rows) == (
        "major",
        {"added": 0, "removed": 0, "changed": 0},
        0,
    )


@pytest.mark.parametrize("key", ["id", None])
def test_the_values_of_an_added_field_change_no_row(key):
    short = ("id", "obra")
    old, new = (
        table([{"id": 1, "obra": "a"}], short),
        table([{"id": 1, "obra": "a", "monto": 5.0}], (*short, "monto")),
    )
    before, after = (
        descriptor(resource(fields=short, key=key)),
        descriptor(resource(fields=(*short, "monto"), key=key)),
    )
    changes = compare({"obras": old}, {"obras": new}, before, after)
    assert (changes.level, changes.table().num_rows) == ("minor", 0)
    changes = compare({"obras": old.slice(0, 0)}, {"obras": new}, before, after)
    assert json.loads(changes.table()["after"][0].as_py()) == {"id": "1", "obra": "a", "monto": "5"}


def test_tables_that_share_no_field_are_all_removed_and_all_added():
    before, after = (
        descriptor(resource(fields=("id", "obra"))),
        descriptor(resource(fields=("monto",), key=None)),
    )
    changes = compare(
        {"obras": table([{"id": 1}, {"id": 2}], ("id", "obra"))},
        {"obras": table([{}] * 3, ("monto",))},
        before,
        after,
    )
    assert changes.totals()["obras"] == {"added": 3, "removed": 2, "changed": 0}


def test_tables_must_be_those_of_the_descriptor():
    with pytest.raises(ValueError, match="new tables"):
        compare({}, {}, None, descriptor(resource()))


@pytest.mark.parametrize(
    ("values", "type", "written"),
    [
        ([True, False, None], pa.bool_(), ["true", "false", None]),
        ([1e22, 0.1, -0.0], pa.float64(), ["10000000000000000000000", "0.1", "0"]),
        (
            [Decimal("1.50"), Decimal("100.00"), Decimal("-0.07")],
            pa.decimal128(5, 2),
            ["1.5", "100", "-0.07"],
        ),
        (
            [1_546_336_800_000_000, 1_546_336_800_000_120],
            pa.timestamp("us"),
            ["2019-01-01T10:00:00", "2019-01-01T10:00:00.00012"],
        ),
        (
            [1_546_336_800],
            pa.timestamp("s", "America/Argentina/Buenos_Aires"),
            ["2019-01-01T07:00:00-03:00"],
        ),
        ([datetime.time(10, 30)], pa.time64("us"), ["10:30:00"]),
        ([[1, 2], None], pa.list_(pa.int64()), ["[1, 2]", None]),
        (
            [{"b": "ñ", "a": None}],
            pa.struct([("b", pa.string()), ("a", pa.null())]),
            ['{"a": null, "b": "ñ"}'],
        ),
    ],
)
def test_published_text(values, type, written):
    assert text(pa.chunked_array([pa.array(values, type)])).to_pylist() == written


# Edits of a release, each with the code of its reason. They touch different places, so that several may be
# made together.

BASE = descriptor(
    resource(title="Obras"),
    resource("etapas", fields=("id", "obra"), foreignKeys=[]),
    {"name": "obras-parquet", "type": "file", "path": "obras.parquet", "bytes": 1, "hash": "sha256:0"},
)


@cache
def tables_before():
    return {
        "obras": keyed({n: {"obra": f"obra {n}", "monto": float(n)} for n in range(5)}),
        "etapas": table([{"id": 1, "obra": "x"}], ("id", "obra")),
    }


def described(published, name="obras"):
    return next(r for r in published["resources"] if r["name"] == name)


def field(published, name):
    return next(f for f in described(published)["schema"]["fields"] if f["name"] == name)


def constrain(name, **constraints):
    return lambda published, tables: field(published, name).setdefault("constraints", {}).update(constraints)


def describe(published, tables):
    field(published, "obra")["title"] = "Nombre de la obra"


def retitle(published, tables):
    published["title"] = "Obras públicas"


def retype(**properties):
    return lambda published, tables: field(published, "monto").update(properties)


def append(published, tables):
    described(published, "etapas")["schema"]["fields"].append({"name": "monto", "type": "number"})
    tables["etapas"] = tables["etapas"].append_column("monto", pa.array([1.0]))


def insert(published, tables):
    described(published, "etapas")["schema"]["fields"].insert(0, {"name": "inicio", "type": "date"})
    tables["etapas"] = tables["etapas"].add_column(0, "inicio", pa.nulls(1, pa.date32()))


def drop(published, tables):
    del described(published)["schema"]["fields"][3]
    tables["obras"] = tables["obras"].drop_columns("inicio")


def move(published, tables):
    fields = described(published)["schema"]["fields"]
    fields.insert(0, fields.pop())


def drop_table(published, tables):
    published["resources"] = [r for r in published["resources"] if r["name"] != "etapas"]
    del tables["etapas"]


def add_table(published, tables):
    published["resources"].append(resource("areas"))
    tables["areas"] = table([{"id": 1}])


def add_row(published, tables):
    tables["obras"] = pa.concat_tables(
        [tables["obras"], keyed({99: {"obra": "nueva"}}).select(tables["obras"].column_names)]
    )


def drop_row(published, tables):
    tables["obras"] = tables["obras"].slice(1)


def correct(published, tables):
    cells = pa.array(["corregida", *tables["obras"]["obra"].to_pylist()[1:]])
    tables["obras"] = tables["obras"].set_column(tables["obras"].column_names.index("obra"), "obra", cells)


def other_key(published, tables):
    described(published)["schema"]["primaryKey"] = ["obra"]


def refer(published, tables):
    reference = {"resource": "obras", "fields": ["id"]}
    described(published, "etapas")["schema"]["foreignKeys"] = [{"fields": ["id"], "reference": reference}]


def reorder(published, tables):
    published["resources"][:2] = reversed(published["resources"][:2])


def dialect(published, tables):
    described(published)["dialect"] = {"delimiter": ";"}


EDITS = {
    "required": (constrain("obra", required=True), "constraint-tightened"),
    "minimum": (constrain("monto", minimum=-1), "constraint-tightened"),
    "pattern": (constrain("obra", pattern="x*"), "constraint-tightened"),
    "enum": (constrain("id", enum=[1, 2]), "constraint-tightened"),
    "type": (retype(type="integer"), "field-retyped"),
    "unit": (retype(unit="ARS"), "field-retyped"),
    "missing": (
        lambda published, tables: described(published)["schema"].update(missingValues=["", "s/d"]),
        "field-retyped",
    ),
    "append": (append, "field-appended"),
    "insert": (insert, "field-inserted"),
    "drop": (drop, "field-removed"),
    "move": (move, "field-moved"),
    "drop-table": (drop_table, "resource-removed"),
    "add-table": (add_table, "resource-added"),
    "add-row": (add_row, "rows-added"),
    "drop-row": (drop_row, "rows-removed"),
    "correct": (correct, "cells-changed"),
    "key": (other_key, "primary-key-changed"),
    "refer": (refer, "constraint-tightened"),
    "reorder": (reorder, "resources-reordered"),
    "dialect": (dialect, "reading-changed"),
    "describe": (describe, "metadata-changed"),
    "retitle": (retitle, "metadata-changed"),
}


def edited(names, base=BASE, tables=None):
    published, changed = deepcopy(base), dict(tables or tables_before())
    for name in names:
        EDITS[name][0](published, changed)
    return published, changed


@pytest.mark.parametrize("name", EDITS)
def test_each_edit_has_its_reason_and_its_step(name):
    published, tables = edited([name])
    changes = compare(tables_before(), tables, BASE, published)
    assert {reason.code for reason in changes.reasons} == {EDITS[name][1]}
    assert changes.level == STEPS[EDITS[name][1]]
    assert json.loads(json.dumps(changes.summary())) == changes.summary()


TOGETHER = sorted(
    EDITS.keys() - {"drop-table", "drop", "key", "append", "insert", "type", "move", "refer", "drop-row"}
)
BREAKING = sorted(name for name, (_edit, code) in EDITS.items() if STEPS[code] == "major")


@settings(deadline=None, max_examples=30)
@given(st.sets(st.sampled_from(TOGETHER), max_size=4), st.sampled_from(BREAKING))
def test_the_highest_step_wins_and_a_breaking_edit_is_never_hidden(names, breaking):
    published, tables = edited(sorted(names - {breaking}))
    steps = [LEVELS.index(STEPS[EDITS[name][1]]) for name in names - {breaking}]
    assert compare(tables_before(), tables, BASE, published).level == (LEVELS[max(steps)] if steps else None)
    published, tables = edited([*sorted(names - {breaking}), breaking])
    assert compare(tables_before(), tables, BASE, published).level == "major"


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ({"minimum": 1}, {"minimum": 0}, "minor"),
        ({"minimum": 9}, {"minimum": "10"}, "major"),
        ({"minimum": 9}, {"minimum": 9.0}, None),
        ({"maximum": 9}, {"maximum": 10}, "minor"),
        ({"maximum": 9}, {}, "minor"),
        ({"maxLength": 9}, {"maxLength": 8}, "major"),
        ({"minLength": 9}, {"minLength": 8}, "minor"),
        ({"required": True}, {"required": False}, "minor"),
        ({}, {"required": False}, None),
        ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}, None),
        ({"enum": ["a", "b"]}, {"enum": ["a", "c"]}, "major"),
        ({"enum": ["a"]}, {"enum": ["a", "c"]}, "minor"),
        ({"pattern": "a"}, {"pattern": "a|b"}, "major"),
    ],
)
def test_constraints_are_tightened_or_loosened(old, new, level):
    before, after = descriptor(resource(fields=("id",))), descriptor(resource(fields=("id",)))
    field(before, "id")["constraints"], field(after, "id")["constraints"] = old, new
    changes = compare({"obras": table([], ("id",))}, {"obras": table([], ("id",))}, before, after)
    step = max(
        (r.level for r in changes.reasons if r.code.startswith("constraint")), key=LEVELS.index, default=None
    )
    assert step == level


def test_limits_of_dates_are_compared_as_dates():
    before, after = (
        descriptor(resource(fields=("inicio",), key=None)),
        descriptor(resource(fields=("inicio",), key=None)),
    )
    field(before, "inicio")["constraints"], field(after, "inicio")["constraints"] = (
        {"minimum": "2019-01-01"},
        {"minimum": "2018-12-31"},
    )
    empty = {"obras": table([], ("inicio",))}
    assert compare(empty, empty, before, after).level == "minor"


def test_what_every_release_has_of_its_own_is_no_change():
    after = deepcopy(BASE)
    after |= {
        "version": "2.0.0",
        "created": "2024-01-01T00:00:00Z",
        "asOf": "2024-01-01",
        "needs": {"barrios": "1.0.1"},
    }
    after["resources"][0] |= {"bytes": 5, "hash": "sha256:1"}
    after["resources"][2] |= {"bytes": 5, "hash": "sha256:1"}
    after["resources"][0]["encoding"] = "UTF-8"
    field(after, "id")["format"] = "default"
    assert compare(tables_before(), tables_before(), BASE, after).unchanged


def test_moved_names_only_what_moved():
    after = deepcopy(BASE)
    fields = described(after)["schema"]["fields"]
    fields.append(fields.pop(1))
    assert compare(tables_before(), tables_before(), BASE, after).summary()["obras"]["fields"]["moved"] == [
        "obra"
    ]


def test_a_removed_key_that_another_table_refers_to_is_a_major_step():
    base, tables = edited(["refer"])
    without_0, without_1 = (
        {**tables, "obras": tables["obras"].filter(pa.compute.not_equal(tables["obras"]["id"], n))}
        for n in (0, 1)
    )
    assert compare(tables, without_0, base, base).level == "minor"
    changes = compare(tables, without_1, base, base)
    assert (changes.level, [r.code for r in changes.reasons]) == (
        "major",
        ["rows-removed", "referenced-key-removed"],
    )
    both_gone = {**without_1, "etapas": tables["etapas"].slice(0, 0)}
    assert compare(tables, both_gone, base, base).level == "major"
    elsewhere = {"obras": pa.table({"id": ["0", None]})}
    assert compare(tables, without_0, base, base, referenced=elsewhere).level == "major"


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("name", sorted(EDITS))
def test_every_reason_is_said_in_words(name, language):
    published, tables = edited([name])
    with speaking(language):
        said = describe_changes(compare(tables_before(), tables, BASE, published).summary())
    assert said
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in said)


def test_words_in_spanish():
    published, tables = edited(["add-row", "correct", "minimum", "unit", "append"])
    assert describe_changes(compare(tables_before(), tables, BASE, published).summary()) == [
        "obras: se leen de otra manera (formato, unidad, valores faltantes): monto.",
        "obras: reglas más estrictas para monto (valor mínimo).",
        "obras: se agregó 1 fila.",
        "obras: se corrigió 1 fila (celdas: 1).",
        "etapas: campo nuevo al final: monto.",
    ]
    rows = {"obras": keyed({n: {} for n in range(1498)})}
    assert describe_changes(compare({}, rows, None, descriptor(resource())).summary()) == [
        "obras: primera publicación, con 1.498 filas."
    ]


def test_each_reason_of_a_table_has_a_sentence():
    assert set(STEPS) - {"field-retyped", "resources-reordered", "files-changed"} == set(SENTENCES)


def test_of_rows_that_differ_only_in_a_new_field_the_same_one_is_told_in_any_order():
    short, long = ("obra",), ("obra", "monto")
    before, after = descriptor(resource(fields=short, key=None)), descriptor(resource(fields=long, key=None))
    rows = [{"obra": "a", "monto": 1.0}, {"obra": "a", "monto": 3.0}, {"obra": "a", "monto": 2.0}]
    for new in (rows, rows[::-1], [rows[1], rows[0], rows[2]]):
        changes = compare(
            {"obras": table([{"obra": "a"}], short)}, {"obras": table(new, long)}, before, after
        )
        assert changes.table()["after"].to_pylist() == [
            '{"obra":"a","monto":"2"}',
            '{"obra":"a","monto":"3"}',
        ]


WORKS = [
    {"id": 1, "obra": "Plaza", "monto": 1.5},
    {"id": 2, "obra": "Túnel", "monto": 2.0},
    {"id": 3, "obra": "Escuela", "monto": 3.0},
    {"id": 4, "obra": "Escuela", "monto": 4.0},
    {"id": 5, "obra": None, "monto": 5.0},
]
LATER = [
    {"id": 7, "obra": "Túnel", "monto": 2.5},
    {"id": 8, "obra": "Plaza", "monto": 1.5},
    {"id": 9, "obra": "Escuela", "monto": 3.0},
    {"id": 5, "obra": None, "monto": 6.0},
    {"id": 10, "obra": "Hospital", "monto": 7.0},
]
NO_ID = ("obra", "monto")


def followed(before, after, follow=("obra",)):
    described = descriptor(resource(fields=NO_ID, key=None, **({"follow": list(follow)} if follow else {})))
    return compare({"obras": table(before, NO_ID)}, {"obras": table(after, NO_ID)}, described, described)


def test_rows_without_a_key_that_are_surely_the_same_are_told_by_cells():
    changes = followed(WORKS, LATER)
    summary = changes.summary()["obras"]
    # Escuela stands twice before, a missing name is no name, and Hospital is new: nothing tells them apart.
    assert summary["rows"] == {"added": 2, "removed": 2, "changed": 1}
    assert (summary["cells"], summary["untraced"], changes.level) == (1, True, "minor")
    lines = [line for line in changes.table().to_pylist() if line["change"] == "cell-changed"]
    assert [(json.loads(line["key"]), line["field"], line["before"], line["after"]) for line in lines] == [
        ({"obra": "Túnel"}, "monto", "2", "2.5")
    ]
    with speaking("es"):
        assert describe_changes(changes.summary()) == [
            "obras: 2 de las filas de antes ya no están como estaban, y 2 filas son nuevas o corregidas: sin "
            "un identificador no se puede saber cuáles.",
            "obras: cambió 1 fila (celdas: 1), seguida por obra.",
        ]


def test_nobody_reads_that_a_row_was_removed_where_nothing_identifies_it():
    with speaking("es"):
        (sentence,) = describe_changes(followed(WORKS, LATER, None).summary())
        assert "nuevas o corregidas" in sentence
        (fewer,) = describe_changes(followed(WORKS, WORKS[:3], None).summary())
        assert fewer == "obras: se quitaron 2 filas."


@given(ROWS, ROWS)
@settings(max_examples=60)
def test_what_is_followed_and_what_is_not_make_up_the_new_table(before, after):
    changes = followed(before, after).resources[0].rows
    names = [Counter(row["obra"] for row in rows if row["obra"] is not None) for rows in (before, after)]
    once = {name for name, n in names[0].items() if n == 1 and names[1][name] == 1}
    assert changes.changed <= len(once)
    assert len(before) - changes.removed + changes.added == len(after)
    lines = changes.table.to_pylist()
    assert {json.loads(line["key"])["obra"] for line in lines if line["change"] == "cell-changed"} <= once
    whole = [
        json.loads(line["before"] or line["after"]) for line in lines if line["change"] != "cell-changed"
    ]
    assert not once & {row["obra"] for row in whole}

"""Errors of frictionless give the descriptors that frictionless would have made of them."""

from __future__ import annotations

import pytest
from frictionless import Resource, Schema
from frictionless.metadata import Metadata

import validation.fast.errors  # noqa: F401  (what is tested: it stands in for frictionless's way)

SCHEMA = Schema.from_descriptor(
    {
        "fields": [
            {"name": "id", "type": "integer", "constraints": {"required": True}},
            {"name": "estado", "type": "string", "constraints": {"enum": ["ok", "mal"], "pattern": "[a-z]+"}},
            {"name": "fecha", "type": "date"},
        ],
        "primaryKey": ["id"],
        "foreignKeys": [{"fields": ["estado"], "reference": {"resource": "", "fields": ["fecha"]}}],
    }
)
ROWS = [
    ["id", "estado", "fecha"],
    ["1", "ok", "2024-01-01"],
    ["1", "OK", "ayer"],
    ["", "mal", "2024-01-01", "más"],
    ["3", "ok"],
    ["", "", ""],
    ["x", "ok", "2024-01-01"],
]


@pytest.mark.parametrize("header", [ROWS[0], ["id", "id", ""], ["id", "otro", "fecha"], ["id"]], ids=str)
def test_a_descriptor_is_frictionless_s_own(header):
    report = Resource([header, *ROWS[1:]], schema=SCHEMA.to_copy()).validate()
    found = report.tasks[0].errors
    assert found
    for error in found:
        assert list(error.to_descriptor().items()) == list(Metadata.metadata_export(error).items())


def test_a_descriptor_is_nobody_s_to_change():
    (task,) = Resource(ROWS[:3], schema=SCHEMA.to_copy()).validate().tasks
    first = task.errors[0].to_descriptor()
    first["cells"].append("otra")
    assert "otra" not in task.errors[0].to_descriptor()["cells"]

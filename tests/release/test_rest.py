"""Whether what is left, when rows are held back, is surely right."""

from __future__ import annotations

from types import SimpleNamespace

import pyarrow as pa
import pytest

from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.release.rest import is_surely_right

FIELDS = [
    {"name": "id", "type": "integer"},
    {"name": "codigo", "type": "string", "constraints": {"unique": True}},
]


def judge(rows: dict[str, list[object]], key: list[str], **schema: object) -> bool:
    pipeline = ResourcePipeline.model_validate({"source": {"kind": "file", "path": "a.csv"}})
    described = {"schema": {"fields": FIELDS, "primaryKey": key, **schema}}
    resource = Resource("obras", "obras.csv", described, pipeline, None)
    table = pa.table({"__row__": [*range(2, 2 + len(rows["id"]))], **rows})
    return is_surely_right(SimpleNamespace(resources=[resource]), {"obras": table})


def test_rows_that_differ_are_right():
    assert judge({"id": [1, 2, 3], "codigo": ["a", None, None]}, ["id"])


@pytest.mark.parametrize("key", [["id"], ["id", "codigo"]], ids=str)
def test_a_repeated_key_is_not_sure(key):
    assert not judge({"id": [1, 1, 3], "codigo": [None, None, "c"]}, key)


def test_a_repeated_unique_value_and_an_empty_key_are_not_sure():
    assert not judge({"id": [1, 2, 3], "codigo": ["a", "a", "c"]}, ["id"])
    assert not judge({"id": [1, None, 3], "codigo": ["a", "b", "c"]}, ["id"])


def test_references_are_not_sure():
    refers = {"fields": ["id"], "reference": {"resource": "barrios", "fields": ["id"]}}
    assert not judge({"id": [1, 2], "codigo": ["a", "b"]}, ["id"], foreignKeys=[refers])

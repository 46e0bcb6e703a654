"""Anything at all may come: what is sent is read, or refused in a sentence, and nothing else happens.

A few examples in the gate, as many as TEST_EXAMPLES says for the night (`make test-long`).
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.dataset.answers import BOARD, NODES, connection, find_misfit
from pipelines.dataset.dataset import DatasetError, load_dataset
from pipelines.dataset.sources import TrelloSource
from pipelines.dataset.yaml_text import DeclarationLoader, YamlFault, parse_yaml
from pipelines.fetch.snapshot import SourceError
from pipelines.fetch.sql import find_unsteadiness
from pipelines.fetch.unpack import BLOCK, Garbled, body_blocks
from pipelines.read.forms.consul import LABELS, read_consul
from pipelines.read.forms.trello import read_trello
from pipelines.read.grid import Unreadable
from tests.support.cities import declaration

EXAMPLES = int(os.environ.get("TEST_EXAMPLES", "25"))
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=EXAMPLES < 1000,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
BOARD_LIKE: dict[str, Any] = {
    "name": "T",
    "lists": [{"id": "l", "name": "L"}],
    "labels": [{"id": "e", "name": "E"}],
    "customFields": [{"id": "f", "name": "F", "options": [{"id": "o", "value": {"text": "t"}}]}],
    "checklists": [{"idCard": "c", "name": "N", "checkItems": [{"id": "i", "name": "p"}]}],
    "cards": [
        {
            "id": "c",
            "idList": "l",
            "badges": {"checkItems": 1},
            "attachments": [{"url": "u"}],
            "labels": [{"name": "a"}],
            "idLabels": ["e"],
            "customFieldItems": [{"idCustomField": "f", "idValue": "o", "value": {"text": "x"}}],
        }
    ],
}
CONSUL_LIKE: dict[str, Any] = {
    "data": {
        "proposals": {
            "edges": [
                {"node": {"id": "1", "geozone": {"id": "2"}, "tags": {"edges": [{"node": {"name": "a"}}]}}}
            ],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        },
        "budgets": {"edges": [{"node": {"id": "1"}}]},
        "budget": {"id": "1", "i7": {"id": "7"}, "investments": {"edges": [{"node": {"id": "7"}}]}},
        "proposal": {"id": "1", "tags": {"edges": []}},
    }
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in pairs for place in places(each, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """A copy in which another value stands at a place."""
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], other)
    return copy


def written(document: Any, into: Path) -> Path:
    into.write_text(json.dumps(document), "utf-8", errors="surrogatepass")
    return into


@pytest.mark.parametrize("table", ["cards", "checkItems", "attachments"])
@fuzzed
@given(place=st.sampled_from(places(BOARD_LIKE)), other=values)
def test_a_board_with_anything_anywhere(table, place, other):
    source = TrelloSource.model_validate({"kind": "trello", "path": "a", "table": table})
    document = changed(BOARD_LIKE, place, other)
    find_misfit(document, BOARD, "board")
    with tempfile.TemporaryDirectory() as folder:
        try:
            grid = read_trello(written(document, Path(folder, "a")), source, None)
            rows = list(grid.rows())
        except Unreadable:
            return
    assert all(isinstance(cell, str) for _number, row in rows for cell in row)


@pytest.mark.parametrize("query", list(LABELS))
@fuzzed
@given(place=st.sampled_from(places(CONSUL_LIKE)), other=values)
def test_an_answer_with_anything_anywhere(query, place, other):
    document = changed(CONSUL_LIKE, place, other)
    find_misfit(document, connection(NODES[query]), "data")
    with tempfile.TemporaryDirectory() as folder:
        try:
            grid = read_consul(written(document, Path(folder, "a")), query)
            rows = list(grid.rows())
        except Unreadable:
            return
    assert all(isinstance(cell, str) for _number, row in rows for cell in row)


@fuzzed
@given(
    body=st.binary(max_size=200) | st.binary(max_size=200).map(gzip.compress),
    coding=st.sampled_from(["gzip", "deflate", "x-gzip", "gzip, gzip", "identity", "", "br"]),
)
def test_a_body_packed_anyhow(body, coding):
    answer = httpx.Response(200, headers={"Content-Encoding": coding}, stream=httpx.ByteStream(body))
    with suppress(Garbled, SourceError):
        assert all(len(block) <= BLOCK for block in body_blocks(answer, "url", 250))


@fuzzed
@given(
    st.text(alphabet="{}[]:,-*&!|>'\"?#% \nab1", max_size=60) | values.map(lambda each: yaml.safe_dump(each))
)
def test_a_text_that_may_be_yaml(text):
    with suppress(YamlFault):
        assert isinstance(parse_yaml(text.encode("utf-8", "surrogatepass"), DeclarationLoader), dict)


DECLARATION = declaration("obras", view={"chart": "bars", "x": "nombre", "y": "monto"})


@fuzzed
@given(place=st.sampled_from(places(DECLARATION)), other=values)
def test_a_declaration_with_anything_anywhere(place, other):
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder, "obras")
        where.mkdir()
        (where / "datapackage.yaml").write_text(
            json.dumps(changed(DECLARATION, place, other)), "utf-8", errors="surrogatepass"
        )
        with suppress(DatasetError):
            load_dataset(where)


WORDS = [
    "SELECT",
    "FROM",
    "t",
    "a",
    ",",
    "(",
    ")",
    "*",
    "'x'",
    "1",
    ";",
    "random()",
    "WHERE",
    "AS",
    "[",
    "--",
]


@fuzzed
@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=12,
    )
)
def test_a_query_of_anything(words):
    with duckdb.connect() as duck:
        try:
            told = find_unsteadiness(duck, " ".join(words), ["t"])
        except duckdb.Error:
            return
    assert told or "random()" not in words or "'" in " ".join(words) or "--" in words

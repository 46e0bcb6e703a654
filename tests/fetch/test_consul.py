"""Consul is read within its rules; what it says is kept byte for byte, and whose an investment is, is never
guessed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipelines.dataset.dataset import Resource
from pipelines.dataset.declaration import ResourcePipeline
from pipelines.fetch import fetch
from pipelines.fetch.snapshot import Snapshot, SourceError, SourceUnavailable
from pipelines.read.forms.consul import LABELS
from pipelines.read.forms.consul import read_consul as grid_of
from pipelines.read.grid import Unreadable
from pipelines.settings import Limits
from tests.support.answers import json_answer
from tests.support.consuls import Consul, investment, milestone, proposal, refusals
from tests.support.lazy import graphql
from tests.support.readings import grid_rows

BUDGETS = [
    {"id": 1, "name": "BA Elige 2017", "phase": "finished"},
    {"id": 2, "name": "BA Elige 2018", "phase": "valuating"},
]


pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def installation(httpserver: HTTPServer) -> Consul:
    made = Consul(httpserver)
    made.proposals = [proposal(number) for number in range(1, 61)]
    made.budgets = [dict(budget) for budget in BUDGETS]
    made.investments = [investment(number, 1 if number <= 30 else 2) for number in range(1, 41)]
    return made


def get(
    url: str, folder: Path, query: str = "proposals", agent: str | None = None, **limits: Any
) -> Snapshot:
    source = {"kind": "consul", "url": url, "query": query} | ({"userAgent": agent} if agent else {})
    resource = Resource(
        "p", "p.csv", {"schema": {"fields": []}}, ResourcePipeline.model_validate({"source": source}), None
    )
    return fetch(resource, folder, None, folder / "raw", limits=Limits(**{"timeout": 10, **limits}))


def read(installation: Consul, folder: Path, query: str) -> list[dict[str, str]]:
    get(installation.url, folder, query)
    return grid_rows(grid_of(folder / "raw", query))


@pytest.mark.parametrize("query", list(LABELS))
def test_every_question_keeps_the_rules(installation: Consul, tmp_path, query):
    installation.proposals[3]["tags"] = [f"etiqueta {number}" for number in range(30)]
    installation.investments[2]["milestones"] = [milestone(number) for number in range(1, 31)]
    installation.minds = "single"
    get(installation.url, tmp_path, query)
    assert [
        refusals(graphql.parse(question))
        for question in installation.questions
        if refusals(graphql.parse(question))
    ] == []


def test_the_local_installation_keeps_the_rules():
    deep = "{a{edges{node{b{c{d{e{f{g}}}}}}}}}"
    assert refusals(graphql.parse(deep)) == ["Query has depth of 9, which exceeds max depth of 8"]
    assert refusals(graphql.parse("{a{edges{node{id b{edges{node{c}}} d{edges{node{c}}}}}}}"))[0].startswith(
        "Query has complexity of "
    )


def test_proposals_page_by_page(installation: Consul, tmp_path):
    installation.proposals[1] |= {
        "tags": ["Salud", "Ambiente"],
        "geozone": None,
        "summary": None,
        "retired_at": "2017-05-01",
    }
    found = read(installation, tmp_path, "proposals")
    assert [row["id"] for row in found] == [str(number) for number in range(1, 61)]
    assert found[0] == {
        **dict.fromkeys(LABELS["proposals"], ""),
        "id": "1",
        "title": "Propuesta 1",
        "description": "<p>Más árboles</p>",
        "publicCreatedAt": "2017-03-01 10:00:00 -0300",
        "geozoneId": "4",
        "geozoneName": "Comuna 4",
        "cachedVotesUp": "3",
        "commentsCount": "1",
        "confidenceScore": "50",
        "hotScore": "7",
        "tags": "Ambiente",
    }
    assert (found[1]["tags"], found[1]["geozoneName"], found[1]["retiredAt"]) == (
        "Ambiente, Salud",
        "",
        "2017-05-01",
    )


def test_nobody_is_asked_who_wrote_it(installation: Consul, tmp_path):
    get(installation.url, tmp_path)
    assert "uthor" not in " ".join(installation.questions)
    assert b"vecina" not in (tmp_path / "raw").read_bytes()


def test_the_same_content_is_the_same_snapshot(installation: Consul, tmp_path):
    first = get(installation.url, tmp_path)
    assert get(installation.url, tmp_path).sha256 == first.sha256
    installation.proposals[59]["cached_votes_up"] = 4
    assert get(installation.url, tmp_path).sha256 != first.sha256


def test_the_answers_are_kept_byte_for_byte(installation: Consul, httpserver: HTTPServer, tmp_path):
    page = b'"pageInfo": {"hasNextPage": false, "endCursor": null},\n '
    page += b'"edges": [{"node": {"id": "1", "name": "A"}}]'
    pretty = b'{\n  "data": {"tags": {' + page + b"}}\n}"
    installation.faults = [lambda: Response(pretty, content_type="application/json")]
    get(installation.url, tmp_path, "tags")
    assert (tmp_path / "raw").read_bytes() == b"\x1e" + pretty + b"\n"
    assert grid_rows(grid_of(tmp_path / "raw", "tags")) == [
        {"id": "1", "name": "A", "kind": "", "taggingsCount": ""}
    ]


@pytest.mark.parametrize(
    ("query", "nodes"), [("tags", "tags"), ("geozones", "geozones"), ("budgets", "budgets")]
)
def test_small_collections(installation: Consul, tmp_path, query, nodes):
    setattr(
        installation,
        nodes,
        [{"id": 7, "name": "Comuna 7", "kind": "category", "taggings_count": 2, "phase": "finished"}],
    )
    (row,) = read(installation, tmp_path, query)
    assert (row["id"], row["name"]) == ("7", "Comuna 7")


def test_more_tags_and_milestones_than_a_page_holds(installation: Consul, tmp_path):
    installation.proposals[3]["tags"] = [f"etiqueta {number:02}" for number in range(60)]
    installation.investments[2]["milestones"] = [milestone(number) for number in range(1, 66)]
    assert read(installation, tmp_path, "proposals")[3]["tags"] == ", ".join(
        f"etiqueta {number:02}" for number in range(60)
    )
    found = read(installation, tmp_path, "milestones")
    assert [row["id"] for row in found] == [str(number) for number in range(1, 66)]
    assert {(row["investmentId"], row["investmentTitle"]) for row in found} == {("3", "Proyecto 3")}


def test_an_old_installation_writes_its_fields_otherwise(installation: Consul, tmp_path):
    new = read(installation, tmp_path, "proposals")
    installation.old = True
    assert read(installation, tmp_path, "proposals") == new


# whose an investment is
@pytest.mark.parametrize("minds", ["lists", "single"])
def test_an_investment_is_of_the_budget_that_claims_it_alone(installation: Consul, tmp_path, minds):
    installation.minds = minds
    installation.investments = [
        investment(number, 1 if number in (1, 2, 5, 33) else 2) for number in range(1, 41)
    ]
    found = read(installation, tmp_path, "investments")
    assert sorted(int(row["id"]) for row in found) == list(range(1, 41))
    assert [row["id"] for row in found if row["budgetName"] == "BA Elige 2017"] == ["1", "2", "5", "33"]
    assert {row["budgetPhase"] for row in found} == {"finished", "valuating"}


def test_where_every_budget_claims_all_nothing_is_doubled_and_nothing_guessed(installation: Consul, tmp_path):
    installation.investments[4]["milestones"] = [milestone(1)]
    for query in ("investments", "milestones"):
        get(installation.url, tmp_path, query)
        grid = grid_of(tmp_path / "raw", query)
        assert [(remark.code, remark.note[:25]) for remark in grid.remarks] == [
            ("budget-unknown", "of 40 of 40 investments t")
        ]
        found = grid_rows(grid)
        assert {row["budgetId"] for row in found} == {""}
        assert len(found) == (40 if query == "investments" else 1)


def test_a_single_budget_has_them_all(installation: Consul, tmp_path):
    installation.budgets.pop()
    assert {row["budgetId"] for row in read(installation, tmp_path, "investments")} == {"1"}


# what changes while it is read
def test_what_shifts_the_pages_is_read_again(installation: Consul, tmp_path):
    def vanish(number: int) -> None:
        if number == 3:  # two pages are read: what follows moves up by one, and one would be missed
            del installation.proposals[10]

    installation.before_each = vanish
    found = read(installation, tmp_path, "proposals")
    assert [row["id"] for row in found] == [str(number) for number in range(1, 61) if number != 11]


def test_what_comes_on_top_is_seen_twice_and_read_again(installation: Consul, tmp_path):
    installation.before_each = lambda number: (
        installation.proposals.insert(0, proposal(100)) if number == 2 else None
    )
    assert [row["id"] for row in read(installation, tmp_path, "proposals")][:2] == ["100", "1"]


def test_what_comes_at_the_end_does_no_harm(installation: Consul, tmp_path):
    installation.before_each = lambda number: (
        installation.proposals.append(proposal(100 + number)) if number == 4 else None
    )
    assert len(read(installation, tmp_path, "proposals")) == 60
    assert len(installation.questions) == 6


def test_what_never_keeps_still_is_left_for_the_next_run(installation: Consul, tmp_path):
    installation.before_each = lambda number: installation.proposals.insert(0, proposal(1000 + number))
    with pytest.raises(SourceUnavailable, match="proposals changed while they were read, 3 times in a row"):
        get(installation.url, tmp_path)


# faults
def errors(message: str) -> Callable[[], Response]:
    return json_answer(json.dumps({"errors": [{"message": message}]}))


LATER, ASK = SourceUnavailable, SourceError
FAULTS = [
    ("500", json_answer("no", 500), LATER, "answered 500; it is tried again at the next run"),
    ("429", json_answer("no", 429), LATER, "answered 429; it is tried again at the next run"),
    (
        "429 for an hour",
        json_answer("no", 429, Retry_After="3600"),
        LATER,
        "asks to wait 3600 s; it is left alone until the next run",
    ),
    ("403", json_answer("no", 403), ASK, "answered 403; correct source.url or ask the publisher"),
    ("404", json_answer("no", 404), ASK, "answered 404; correct source.url or ask the publisher"),
    (
        "a page of maintenance",
        json_answer("<!DOCTYPE html><p>Volvemos pronto"),
        LATER,
        "answered with a web page instead of data",
    ),
    (
        "cut in the middle",
        json_answer('{"data": {"proposals": {"pageInfo'),
        LATER,
        "what came is no JSON: cut in the middle?",
    ),
    ("cut below", lambda: _cut(), LATER, "the connection was cut in the middle"),
    (
        "too complex",
        errors("Query has complexity of 3008, which exceeds max complexity of 2500"),
        ASK,
        "complexity of 3008",
    ),
    ("something else", json_answer('{"proposals": []}'), ASK, "that is no answer of GraphQL"),
    ("a list", json_answer("[]"), ASK, "that is no answer of GraphQL"),
    ("not what was asked for", json_answer('{"data": {"debates": {}}}'), ASK, "its answer lacks proposals"),
    ("nothing", json_answer('{"data": null}'), ASK, "its answer lacks proposals"),
    (
        "elsewhere",
        json_answer("", 302, Location="ftp://example.org/"),
        ASK,
        "redirects in a circle, or to what is no web address",
    ),
]


def _cut() -> Response:
    response = Response(b"{", content_type="application/json")
    response.headers["Content-Length"] = "1000"
    response.automatically_set_content_length = False
    return response


@pytest.mark.parametrize("place", [0, 1], ids=["first", "in the middle"])
@pytest.mark.parametrize(
    ("fault", "kind", "told"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS]
)
def test_a_fault_is_told(installation: Consul, tmp_path, fault, kind, told, place):
    installation.faults = [None] * place + [fault]
    with pytest.raises(SourceError, match="/graphql") as caught:
        get(installation.url.replace("http://", "http://user:secret@") + "?key=secret", tmp_path)
    assert type(caught.value) is kind or (kind is ASK and not isinstance(caught.value, SourceUnavailable))
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_short_wait_is_kept_and_the_reading_goes_on(installation: Consul, tmp_path):
    installation.faults = [
        None,
        json_answer("no", 429, Retry_After="0"),
        json_answer("no", 503, Retry_After="Mon, 01 Jan 2024 00:00:00 GMT"),
    ]
    get(installation.url, tmp_path)
    assert len(installation.questions) == 8
    assert len(grid_rows(grid_of(tmp_path / "raw", "proposals"))) == 60


def test_nobody_is_asked_for_ever(installation: Consul, tmp_path):
    installation.faults = [json_answer("no", 429, Retry_After="0")] * 4
    with pytest.raises(SourceUnavailable, match="answered 429"):
        get(installation.url, tmp_path)
    assert len(installation.questions) == 4


def test_pages_that_go_round(installation: Consul, tmp_path):
    page = (
        '{"data": {"tags": {"pageInfo": {"hasNextPage": true, "endCursor": "MQ"}, '
        '"edges": [{"node": {"id": "%d"}}]}}}'
    )
    installation.faults = [json_answer(page % 1), json_answer(page % 2)]
    with pytest.raises(SourceError, match="its pages go round in a circle"):
        get(installation.url, tmp_path, "tags")


def test_a_redirect_keeps_the_question(installation: Consul, httpserver: HTTPServer, tmp_path):
    httpserver.expect_request("/viejo").respond_with_data("", 301, {"Location": installation.url})
    get(httpserver.url_for("/viejo"), tmp_path)
    assert len(grid_rows(grid_of(tmp_path / "raw", "proposals"))) == 60


def test_limits_are_those_of_the_whole_reading(installation: Consul, tmp_path):
    with pytest.raises(SourceError, match="is larger than 20000 bytes"):
        get(installation.url, tmp_path, extract=20_000)
    with pytest.raises(SourceUnavailable, match=r"more than 0\.0 s"):
        get(installation.url, tmp_path, fetch_seconds=0.0)


def test_a_slow_answer_is_given_up(installation: Consul, httpserver: HTTPServer, tmp_path):
    done = threading.Event()
    installation.faults = [lambda: done.wait(5) and None]
    with pytest.raises(SourceUnavailable, match=r"no answer in 0\.3 s"):
        get(installation.url, tmp_path, timeout=0.3)
    done.set()


def test_who_asks_is_told_unless_declared_otherwise(installation: Consul, tmp_path):
    get(installation.url, tmp_path, "tags")
    get(installation.url, tmp_path, "tags", agent="Mozilla/5.0 (X11)")
    assert installation.agents == ["Vereda (open data pipeline)", "Mozilla/5.0 (X11)"]


# answers that were kept
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "the file holds no answer of Consul"),
        ("id,title\n1,a\n", "line 1 is no JSON"),
        ('{"data": {"proposals": {"edges": []}}}\n{"data": {"prop', "line 2 is no JSON"),
        ('{"data": {"proposals": []}}', "a list has no edges"),
        ("[1]", "line 1 is no answer of Consul"),
    ],
)
def test_a_file_that_holds_no_answers(tmp_path, content, told):
    (tmp_path / "raw").write_text(content)
    with pytest.raises(Unreadable) as caught:
        list(grid_of(tmp_path / "raw", "proposals").rows())
    assert told in caught.value.note


def test_json_lines_are_answers_too(tmp_path):
    lines = [
        {"data": {"geozones": {"edges": [{"node": {"id": "1", "name": "Comuna 1"}}]}}},
        {"data": {"geozones": {"edges": []}}},
    ]
    (tmp_path / "raw").write_text("\n\n".join(json.dumps(line) for line in lines))
    assert grid_rows(grid_of(tmp_path / "raw", "geozones")) == [{"id": "1", "name": "Comuna 1"}]

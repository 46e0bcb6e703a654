"""A Consul installation on this machine: its GraphQL interface with the rules that it publishes, and the
faults that one meets.

Schema after consuldemocracy/consuldemocracy (`app/graphql`): every field in camelCase and in snake_case,
connections of at most 25 nodes whose cursors are places in the list, depth 8, complexity 2500 as graphql-ruby
counts it, two collections a question. A budget's `investments` and `investment(id)` are looked up among those
of all budgets, as there, unless `minds` says otherwise.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.support.lazy import graphql

if TYPE_CHECKING:
    from graphql import FieldNode, GraphQLSchema
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

PAGE, DEPTH, COMPLEXITY, COLLECTIONS = 25, 8, 2500, 2
Node = dict[str, Any]


class Consul:
    """The installation. Change its lists (`proposals`, `budgets`, `investments` with their `budget` and
    `milestones`, `tags`, `geozones`) between two runs as its users would.

    `minds`: "nothing" (as Consul does), "lists" (a budget lists its own investments), "single"
    (`investment(id)` of another budget is refused). `old`: knows snake_case alone, ids are numbers. `faults`
    are called, one a request, before it answers: None goes on.
    """

    def __init__(self, server: HTTPServer, path: str = "/graphql"):
        self.url = server.url_for(path)
        self.proposals: list[Node] = []
        self.budgets: list[Node] = []
        self.investments: list[Node] = []
        self.tags: list[Node] = []
        self.geozones: list[Node] = []
        self.minds, self.old = "nothing", False
        self.questions: list[str] = []
        self.agents: list[str] = []
        self.faults: list[Callable[[], Response | None] | None] = []
        self.before_each: Callable[[int], None] = lambda number: None
        server.expect_request(path).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.agents.append(request.headers.get("User-Agent", ""))
        question = request.args.get("query") or (request.get_json(silent=True) or {}).get("query")
        if not question:
            return Response('{"message":"Query string not present"}', 400, content_type="application/json")
        self.questions.append(question)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and (answer := fault()) is not None:
            return answer
        self.before_each(len(self.questions))
        return Response(
            json.dumps(self._result(question), ensure_ascii=False),
            content_type="application/json; charset=utf-8",
        )

    def _result(self, question: str) -> Node:
        document = graphql.parse(question)
        if refused := refusals(document):
            return {"errors": [{"message": message} for message in refused]}
        result = graphql.graphql_sync(schema(self.old), question, self._root())
        answer: Node = {"data": result.data} if result.data is not None else {}
        if result.errors:
            answer["errors"] = [{"message": _as_ruby_says(error.message)} for error in result.errors]
        return answer

    def _root(self) -> Node:
        def found(nodes: list[Node], what: str, made: Callable[[Node], Node]) -> Callable[..., Node]:
            return lambda info, id: made(_find(nodes, id, what))

        return {
            "proposals": _connection(lambda: self.proposals, self._proposal),
            "proposal": found(self.proposals, "Proposal", self._proposal),
            "tags": _connection(lambda: self.tags, _spelt),
            "geozones": _connection(lambda: self.geozones, _spelt),
            "budgets": _connection(lambda: self.budgets, self._budget),
            "budget": found(self.budgets, "Budget", self._budget),
        }

    def _proposal(self, node: Node) -> Node:
        return _spelt(node) | {"tags": _connection(lambda: [{"name": name} for name in node["tags"]], _spelt)}

    def _budget(self, node: Node) -> Node:
        mine = [i for i in self.investments if i["budget"] == node["id"]]
        listed = mine if self.minds == "lists" else self.investments
        given = mine if self.minds == "single" else self.investments
        return _spelt(node) | {
            "investments": _connection(lambda: listed, _investment),
            "investment": lambda info, id: _investment(_find(given, id, "Budget::Investment")),
        }


TYPES = {
    "Tag": "id:ID name:String kind:String taggings_count:Int",
    "Geozone": "id:ID name:String",
    "User": "id:ID username:String",
    "Milestone": "id:ID title:String description:String publication_date:String",
    "Proposal": "id:ID title:String summary:String description:String public_created_at:String "
    "geozone:Geozone public_author:User "
    "cached_votes_up:Int comments_count:Int confidence_score:Int hot_score:Int video_url:String "
    "retired_at:String retired_reason:String "
    "retired_explanation:String tags:[Tag]",
    "BudgetInvestment": "id:ID title:String description:String price:Int feasibility:String "
    "location:String comments_count:Int public_author:User milestones:[Milestone]",
    "Budget": "id:ID name:String phase:String investments:[BudgetInvestment] investment:(BudgetInvestment)",
    "Query": "proposals:[Proposal] proposal:(Proposal) tags:[Tag] geozones:[Geozone] "
    "budgets:[Budget] budget:(Budget)",
}


@cache
def schema(old: bool) -> GraphQLSchema:
    """The schema; of an old installation in snake_case alone, with numbers for ids."""
    written = "type PageInfo {hasNextPage: Boolean! endCursor: String} "
    for name, fields in TYPES.items():
        if name != "Query":
            written += f"type {name}Edge {{cursor: String! node: {name}}} "
            written += f"type {name}Connection {{pageInfo: PageInfo! edges: [{name}Edge]}} "
        written += f"type {name} {{{' '.join(_field(*field.split(':'), old) for field in fields.split())}}} "
    return graphql.build_schema(written.replace("ID", "Int") if old else written)


def _field(name: str, kind: str, old: bool) -> str:
    if kind.startswith("["):
        return f"{name}(first: Int, after: String): {kind[1:-1]}Connection!"
    if kind.startswith("("):
        return f"{name}(id: ID!): {kind[1:-1]}!"
    return " ".join(f"{spelt}: {kind}" for spelt in ({name} if old else {name, _camel(name)}))


def _camel(name: str) -> str:
    return re.sub("_(.)", lambda letter: letter[1].upper(), name)


def _spelt(node: Node) -> Node:
    return node | {_camel(name): value for name, value in node.items()}


def _investment(node: Node) -> Node:
    return _spelt(node) | {"milestones": _connection(lambda: node["milestones"], _spelt)}


def _find(nodes: list[Node], id: object, what: str) -> Node:
    for node in nodes:
        if str(node["id"]) == str(id):
            return node
    raise graphql.GraphQLError(f"Couldn't find {what} with 'id'={id}")


def _connection(nodes: Callable[[], list[Node]], made: Callable[[Node], Node]) -> Callable[..., Node]:
    """A resolver that gives a page: at most 25 nodes, after a cursor that is the place of a node, counted
    from 1, in base64."""

    def page(info: object, first: int = PAGE, after: str | None = None) -> Node:
        there = nodes()
        start = int(base64.b64decode(after)) if after else 0
        shown = there[start : start + min(first, PAGE)]
        cursors = [
            base64.b64encode(str(start + place).encode()).decode() for place in range(1, len(shown) + 1)
        ]
        edges = [{"cursor": cursor, "node": made(node)} for cursor, node in zip(cursors, shown, strict=True)]
        return {
            "pageInfo": {
                "hasNextPage": start + len(shown) < len(there),
                "endCursor": cursors[-1] if cursors else None,
            },
            "edges": edges,
        }

    return page


def proposal(id: int, **values: Any) -> Node:
    known = {
        "title": f"Propuesta {id}",
        "description": "<p>Más árboles</p>",
        "public_created_at": "2017-03-01 10:00:00 -0300",
    }
    counts = {"cached_votes_up": 3, "comments_count": 1, "confidence_score": 50, "hot_score": 7}
    return {
        "id": id,
        **known,
        **counts,
        "public_author": {"id": 9, "username": "vecina"},
        "geozone": {"id": 4, "name": "Comuna 4"},
        "tags": ["Ambiente"],
        **values,
    }


def investment(id: int, budget: int, **values: Any) -> Node:
    known = {
        "title": f"Proyecto {id}",
        "description": "<p>Plaza</p>",
        "price": 100,
        "feasibility": "feasible",
        "comments_count": 0,
    }
    return {"id": id, "budget": budget, **known, "milestones": [], **values}


def milestone(id: int, **values: Any) -> Node:
    return {
        "id": id,
        "title": f"Hito {id}",
        "description": "Licitación",
        "publication_date": "2018-05-02",
        **values,
    }


def refusals(document: graphql.DocumentNode) -> list[str]:
    """What graphql-ruby says of a question beyond the limits; each connection in it is a collection."""
    (operation,) = document.definitions
    assert isinstance(operation, graphql.OperationDefinitionNode)
    fields = _fields(operation)
    depth = max(_depth(field) for field in fields)
    complexity = sum(_complexity(field) for field in fields)
    collections = sum(_collections(field) for field in fields)
    said = []
    if depth > DEPTH:
        said.append(f"Query has depth of {depth}, which exceeds max depth of {DEPTH}")
    if complexity > COMPLEXITY or collections > COLLECTIONS:
        said.append(
            f"Query has complexity of {max(complexity, 1000 * collections)}, which exceeds max complexity "
            f"of {COMPLEXITY}"
        )
    return said


def _fields(node: Any) -> list[FieldNode]:
    return [
        field
        for field in (node.selection_set.selections if node.selection_set else ())
        if isinstance(field, graphql.FieldNode)
    ]


def _depth(field: FieldNode) -> int:
    return 1 + max((_depth(child) for child in _fields(field)), default=0)


def _collections(field: FieldNode) -> int:
    return _is_connection(field) + sum(_collections(child) for child in _fields(field))


def _is_connection(field: FieldNode) -> bool:
    return any(child.name.value == "edges" for child in _fields(field))


def _complexity(field: FieldNode) -> int:
    children = {child.name.value: _complexity(child) for child in _fields(field)}
    if not _is_connection(field):
        return 1 + sum(_complexity(child) for child in _fields(field))
    asked = next(
        (int(argument.value.value) for argument in field.arguments or () if argument.name.value == "first"),
        PAGE,
    )
    return 1 + children.pop("pageInfo", 0) + min(asked, PAGE) * sum(children.values())


def _as_ruby_says(message: str) -> str:
    return re.sub(
        r"Cannot query field '(\w+)' on type '(\w+)'.*", r"Field '\1' doesn't exist on type '\2'", message
    )

"""Collections of a Consul installation, page by page over its GraphQL interface, within the rules that it
publishes.

Consul's rules: 25 nodes a page, depth 8, complexity 2500 (a connection counts its page size times what is
asked of a node), two collections a question; a cursor is a place in the list. Fields are asked for in
camelCase, of older installations in snake_case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.dataset.answers import NODES, is_id
from pipelines.dataset.sources import ConsulSource
from pipelines.fetch.api import READINGS, ApiClient, CollectionChanged, store_answers
from pipelines.fetch.errors import without_login, without_secrets
from pipelines.fetch.graphql import (
    Connection,
    GraphQL,
    Refusal,
    UnknownField,
    connection_nodes,
    literal,
    page_fields,
)
from pipelines.fetch.snapshot import Snapshot
from pipelines.settings import Limits

KEY = "source.url"
TAGS, MILESTONES, SINGLE = 20, 12, 20
FIELDS = {
    "proposals": (
        "id title summary description publicCreatedAt geozone {id name} cachedVotesUp commentsCount "
        "confidenceScore hotScore videoUrl retiredAt retiredReason retiredExplanation "
        f"tags(first: {TAGS}) {{{page_fields('name')}}}"
    ),
    "budgets": "id name phase",
    "investments": "id title description price feasibility location commentsCount",
    "milestones": (
        f"id title milestones(first: {MILESTONES}) {{{page_fields('id title description publicationDate')}}}"
    ),
    "tags": "id name kind taggingsCount",
    "geozones": "id name",
}


def fetch_consul(source: ConsulSource, resource: str, into: Path, limits: Limits) -> Snapshot:
    """The installation's answers, byte for byte and in the order of the questions, as a JSON text sequence
    (RFC 7464).

    Raises SourceUnavailable where another try may help, else SourceError.
    """
    assert source.url is not None
    told = without_secrets(source.url, KEY)
    headers = {"User-Agent": source.user_agent} if source.user_agent else {}
    with ApiClient(source.url, KEY, limits, headers) as asking:
        reading = ConsulReading(GraphQL(asking, source.url), old=False)
        changed = _(
            "{url}: {query} changed while they were read, {n} times in a row; they are read again at the "
            "next run",
            url=told,
            query=source.query,
            n=READINGS,
        )
        stored = store_answers(partial(_answers, reading, source.query), into, told, limits, changed)
    return Snapshot(resource, without_login(source.url), *stored, into)


def _answers(reading: ConsulReading, query: str) -> Iterator[bytes]:
    read = reading.read_budgets if query in ("investments", "milestones") else reading.read_root
    return read(query)


class ConsulReading:
    """How a collection is read; `old` where the installation's fields are written in snake_case. What it
    gives are the answers.

    Raises Changed where the reading has to be done anew.
    """

    def __init__(self, graphql: GraphQL, old: bool):
        self.graphql, self.old = graphql, old

    def read_root(self, query: str) -> Iterator[bytes]:
        for body, connection in self._steady_pages(Connection(query, (query,)), query):
            yield body
            if query == "proposals":
                for node in connection_nodes(connection):
                    place = Connection(f"proposal(id: {literal(node['id'])}) {{id tags", ("proposal", "tags"))
                    yield from self._further_pages(node["tags"], place, "name")

    def read_budgets(self, query: str) -> Iterator[bytes]:
        """Investments, with their milestones or without. A budget's `investments` may be those of every
        budget: then they are read once, and each budget is asked for single ones, which tells whose they are
        where the installation minds the difference."""
        budgets: list[str] = []
        for body, connection in self._steady_pages(Connection("budgets", ("budgets",)), "budgets"):
            yield body
            budgets += [str(node["id"]) for node in connection_nodes(connection)]
        seen: list[str] = []
        for budget in budgets:
            mine: list[str] = []
            for body, connection in self._steady_pages(
                Connection(f"{_budget_opening(budget)} investments", ("budget", "investments")), query
            ):
                yield body
                mine += [str(node["id"]) for node in connection_nodes(connection)]
                if not set(mine).isdisjoint(seen):
                    yield from self._ask_owners(seen, budgets)
                    return
                if query == "milestones":
                    yield from self._more_milestones(budget, connection_nodes(connection))
            seen += mine

    def _more_milestones(self, budget: str, investments: Sequence[Any]) -> Iterator[bytes]:
        for node in investments:
            opening = f"{_budget_opening(budget)} investment(id: {literal(node['id'])}) {{id milestones"
            place = Connection(opening, ("budget", "investment", "milestones"))
            yield from self._further_pages(node["milestones"], place, "id title description publicationDate")

    def _steady_pages(self, place: Connection, query: str) -> Iterator[tuple[bytes, Any]]:
        """Raises Changed where an id comes twice, or where a second look, at the ids alone, finds other ones:
        a cursor is a place in the list, so that what comes or goes moves all that follows. What came after
        the last one does no harm."""
        first: list[Any] = []
        turned = 0
        for body, connection in self._pages_by_spelling(place, query):
            first += [node["id"] for node in connection_nodes(connection)]
            if len(first) != len(set(first)):
                raise CollectionChanged
            yield body, connection
            turned += 1
        if turned > 1:
            second = [
                node["id"]
                for _body, connection in self.graphql.pages(place, "id", {"id": is_id})
                for node in connection_nodes(connection)
            ]
            if second[: len(first)] != first:
                raise CollectionChanged

    def _pages_by_spelling(self, place: Connection, query: str) -> Iterator[tuple[bytes, Any]]:
        """The pages, with the fields written as the installation knows them."""
        try:
            yield from self.graphql.pages(place, self._spell_fields(FIELDS[query]), NODES[query])
        except UnknownField as unknown:
            if self.old:
                raise self.graphql.answer_error(str(unknown)) from unknown
            self.old = True
            yield from self._pages_by_spelling(place, query)

    def _further_pages(self, connection: Any, place: Connection, fields: str) -> Iterator[bytes]:
        """The answers with what a connection inside a node has beyond its first page."""
        if connection["pageInfo"]["hasNextPage"]:
            for body, _more in self.graphql.pages(
                place, self._spell_fields(fields), {}, connection["pageInfo"]["endCursor"]
            ):
                yield body

    def _ask_owners(self, ids: Sequence[str], budgets: Sequence[str]) -> Iterator[bytes]:
        """The answers of budgets that were asked for single investments; those to the first one alone, where
        not just one gives it."""
        claims = [self._ask_budget(budget, ids[:1]) for budget in budgets]
        yield from (body for body, given in claims if given)
        if sum(bool(given) for _body, given in claims) != 1:
            return
        order = list(budgets)
        chunks = [list(ids[start : start + SINGLE]) for start in range(1, len(ids), SINGLE)]
        while chunks:
            chunk = chunks.pop(0)
            for budget in order:
                body, given = self._ask_budget(budget, chunk)
                if given:
                    yield body
                    # Neighbours are mostly of one budget: it is asked first for the next ones.
                    order = [budget, *(other for other in order if other != budget)]
                    chunk = [id for id in chunk if id not in given]
                if not chunk:
                    break
            if len(chunk) > 1:  # a budget that lacks one of them may refuse them all
                chunks[:0] = [chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]]

    def _ask_budget(self, budget: str, ids: Sequence[str]) -> tuple[bytes, list[str]]:
        """The budget's answer, and those of the investments that it gives."""
        named = [id for id in ids if re.fullmatch(r"\w+", id, re.ASCII)]  # others cannot be part of a name
        if not named:
            return b"", []
        wanted = " ".join(f"i{id}: investment(id: {literal(id)}) {{id}}" for id in named)
        try:
            body, data = self.graphql.ask(f"{{{_budget_opening(budget)} {wanted}}}}}", partial=True)
        except Refusal:
            return b"", []
        answered = data.get("budget") if isinstance(data, dict) else None
        given = {key for key, value in answered.items() if value} if isinstance(answered, dict) else set()
        return body, [id for id in named if f"i{id}" in given]

    def _spell_fields(self, fields: str) -> str:
        if not self.old:
            return fields
        parts = re.split(r"(pageInfo|hasNextPage|endCursor)", fields)  # Relay's own words stay as they are
        for place in range(0, len(parts), 2):
            parts[place] = re.sub(r"(?<=[a-z])[A-Z]", lambda c: f"_{c[0].lower()}", parts[place])
        return "".join(parts)


def _budget_opening(id: str) -> str:
    return f"budget(id: {literal(id)}) {{id"

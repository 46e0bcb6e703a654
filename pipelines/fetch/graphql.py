"""Questions in GraphQL to one address; answers that come in pages are turned page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from messages import gettext as _
from pipelines.dataset.answers import Shape, find_misfit
from pipelines.dataset.answers import connection as connection_shape
from pipelines.fetch.api import ApiClient, decode_json
from pipelines.fetch.errors import without_secrets
from pipelines.fetch.snapshot import SourceError

PAGE = 25


class UnknownField(Exception):
    """The interface does not know a field that was asked for; its words."""


class Refusal(SourceError):
    """The interface does not give what was asked for: look at the question, or at what it says."""


@dataclass(frozen=True)
class Connection:
    """Where a connection stands: the text up to its name (as in `budget(id: 1) {id investments`) and the keys
    that lead to it."""

    opening: str
    path: tuple[str, ...]

    def question(self, page: str, fields: str) -> str:
        return f"{{{self.opening}{page} {{{page_fields(fields)}}}{'}' * self.opening.count('{')}}}"


def page_fields(fields: str) -> str:
    """What is asked of a connection."""
    return f"pageInfo {{hasNextPage endCursor}} edges {{node {{{fields}}}}}"


def literal(value: object) -> str:
    """A value in a question: an id of digits bare, for interfaces whose ids are numbers."""
    text = str(value)
    return text if text.isascii() and text.isdecimal() else json.dumps(text)


def connection_nodes(connection: Any) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


class GraphQL:
    """One address; `asking` keeps the limits. Answers are given byte for byte, and parsed."""

    def __init__(self, asking: ApiClient, url: str):
        self.asking, self.url = asking, url

    def ask(self, question: str, partial: bool = False) -> tuple[bytes, Any]:
        """The answer and its data, also where errors say what is missing of it if `partial`.

        Raises UnknownField, Refusal, SourceUnavailable, SourceError.
        """
        status, body = self.asking.post(self.url, {"query": question})
        if status != 200:
            error = self.asking.refusal(self.url, status)
            raise Refusal(str(error)) if status == 404 else error
        answer = decode_json(body, without_secrets(self.url, self.asking.key), self.asking.key)
        if not isinstance(answer, dict) or not {"data", "errors"} & set(answer):
            raise self.answer_error(_("that is no answer of GraphQL"))
        if errors := answer.get("errors"):
            words = _first_message(errors)
            # The words of graphql-ruby, and of the reference implementation.
            if "doesn't exist on type" in words or "Cannot query field" in words:
                raise UnknownField(words)
            if not partial or not isinstance(answer.get("data"), dict):
                raise Refusal(str(self.answer_error(words)))
        return body, answer.get("data")

    def pages(
        self, place: Connection, fields: str, node: Shape, cursor: Any = None
    ) -> Iterator[tuple[bytes, Any]]:
        """Each page's answer and its connection, whose nodes are of the shape `node`, from the beginning, or
        after `cursor`."""
        passed = {None, cursor}
        while True:
            page = f"(first: {PAGE})" if cursor is None else f"(first: {PAGE}, after: {json.dumps(cursor)})"
            body, data = self.ask(place.question(page, fields))
            connection = self._find_connection(place, data, node)
            yield body, connection
            if not connection["pageInfo"]["hasNextPage"]:
                return
            cursor = connection["pageInfo"]["endCursor"]
            if cursor in passed:
                raise self.answer_error(_("its pages go round in a circle"))
            passed.add(cursor)

    def answer_error(self, why: str) -> SourceError:
        key = self.asking.key
        return SourceError(
            _(
                "{url} does not answer as expected ({why}); correct {key} or ask who runs it",
                url=without_secrets(self.url, key),
                why=why,
                key=key,
            )
        )

    def _find_connection(self, place: Connection, data: Any, node: Shape) -> Any:
        for key in place.path:
            data = data.get(key) if isinstance(data, dict) else None
        name = ".".join(place.path)
        if not isinstance(data, dict) or not {"pageInfo", "edges"} <= set(data):
            raise self.answer_error(_("its answer lacks {what}", what=name))
        if misfit := find_misfit(data, connection_shape(node), name):
            raise self.answer_error(misfit)
        return data


def _first_message(errors: Any) -> str:
    """The first message of an answer's errors, short enough for a log."""
    first = errors[0] if isinstance(errors, list) and errors else errors
    words = first.get("message", first) if isinstance(first, dict) else first
    return " ".join(str(words).split())[:200]

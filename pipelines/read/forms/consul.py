"""Consul's answers, as they were kept, become a grid: a row for each proposal, budget or investment, once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from messages import gettext as _
from messages import ngettext
from pipelines.dataset.answers import find_misfit, is_mapping
from pipelines.read.grid import Grid, Remark, Rows, Unreadable


def read_answers(path: Path) -> Iterator[tuple[int, Any]]:
    """The values of a JSON text sequence (RFC 7464), or of JSON Lines, each under the number of its first
    line; numbers as text."""
    with path.open("rb") as file:
        parts: list[bytes] = []
        start, sequence = 1, file.read(1) == b"\x1e"
        file.seek(0)
        for number, line in enumerate(file, 1):
            if parts and (not sequence or line.startswith(b"\x1e")):
                yield start, parse_answer(b"".join(parts), start)
                parts = []
            if not parts:
                start = number
            if line.strip():
                parts.append(line.removeprefix(b"\x1e"))
        if parts:
            yield start, parse_answer(b"".join(parts), start)


def parse_answer(content: bytes, line: int = 1) -> Any:
    """The JSON in `content`, its numbers as text; raises Unreadable."""
    try:
        return json.loads(content, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            "source-error", _("line {line} is no JSON: it was cut off, or is something else", line=line)
        ) from error


def value_text(value: Any) -> str:
    """A value as the text of a cell: nothing for null, true and false as JSON writes them, lists and objects
    as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return json.dumps(value, ensure_ascii=False)


LABELS = {
    "proposals": (
        "id",
        "title",
        "summary",
        "description",
        "publicCreatedAt",
        "geozoneId",
        "geozoneName",
        "cachedVotesUp",
        "commentsCount",
        "confidenceScore",
        "hotScore",
        "videoUrl",
        "retiredAt",
        "retiredReason",
        "retiredExplanation",
        "tags",
    ),
    "budgets": ("id", "name", "phase"),
    "investments": (
        "id",
        "budgetId",
        "budgetName",
        "budgetPhase",
        "title",
        "description",
        "price",
        "feasibility",
        "location",
        "commentsCount",
    ),
    "milestones": (
        "id",
        "budgetId",
        "budgetName",
        "investmentId",
        "investmentTitle",
        "title",
        "description",
        "publicationDate",
    ),
    "tags": ("id", "name", "kind", "taggingsCount"),
    "geozones": ("id", "name"),
}


@dataclass
class WholeCollection:
    """What no single answer tells: budgets, the budgets that listed or gave an investment, what stood beyond
    a node's first page."""

    budgets: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    listed: dict[str, list[str]] = field(default_factory=dict)
    given: dict[str, list[str]] = field(default_factory=dict)
    more: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def owners(self) -> dict[str, str | None]:
        """The budget of each investment; None where the installation does not say: what two budgets claim of
        one investment proves nothing of any."""
        for claims in (self.listed, self.given):
            if not any(len(set(budgets)) > 1 for budgets in claims.values()):
                return {
                    investment: claims[investment][0] if investment in claims else None
                    for investment in self.listed
                }
        return dict.fromkeys(self.listed)


def read_consul(path: Path, query: str) -> Grid:
    """The answers at `path`, which tell of the collection `query`; raises Unreadable where they are none."""
    whole = _gather(path)
    owners = whole.owners() if query in ("investments", "milestones") else {}
    return Grid(
        LABELS[query], partial(_number_rows, path, query, whole, owners), remarks=_owner_remarks(owners)
    )


def _owner_remarks(owners: Mapping[str, str | None]) -> tuple[Remark, ...]:
    unknown = sum(owner is None for owner in owners.values())
    if not unknown:
        return ()
    note = ngettext(
        "of {n} of {all} investment the installation does not say which budget it belongs to; it stays empty",
        "of {n} of {all} investments the installation does not say which budget they belong to; it stays "
        "empty",
        unknown,
        all=len(owners),
    )
    return (Remark("budget-unknown", note),)


def _gather(path: Path) -> WholeCollection:
    whole, found = WholeCollection(), False
    for _line, data in _read_data(path):
        found = True
        for node in _connection_nodes(data.get("budgets")):
            whole.budgets[_id_text(node)] = node
        budget = data.get("budget") or {}
        for node in _connection_nodes(budget.get("investments")):
            whole.listed.setdefault(_id_text(node), []).append(_id_text(budget))
        for key, value in budget.items():
            single = re.fullmatch(r"i\w+", key) and key not in ("id", "investments", "investment")
            if single and value and isinstance(value, dict):
                whole.given.setdefault(_id_text(value), []).append(_id_text(budget))
        for node, name in ((data.get("proposal"), "tags"), (budget.get("investment"), "milestones")):
            if node:
                whole.more.setdefault((name, _id_text(node)), []).extend(_connection_nodes(node.get(name)))
    if not found:
        raise Unreadable("source-error", _("the file holds no answer of Consul"))
    return whole


def _number_rows(path: Path, query: str, whole: WholeCollection, owners: Mapping[str, str | None]) -> Rows:
    number = 1
    for values in _node_values(path, query, whole, owners):
        number += 1
        yield number, [value_text(values.get(label)) for label in LABELS[query]]


def _node_values(
    path: Path, query: str, whole: WholeCollection, owners: Mapping[str, str | None]
) -> Iterator[Mapping[str, Any]]:
    for _line, data in _read_data(path):
        if query not in ("investments", "milestones"):
            for node in _connection_nodes(data.get(query)):
                yield _proposal_values(node, whole) if query == "proposals" else _camel_keys(node)
            continue
        budget = data.get("budget") or {}
        for node in _connection_nodes(budget.get("investments")):
            investment = _id_text(node)
            if whole.listed[investment][0] != _id_text(budget):
                continue  # another budget listed it as well
            owner = whole.budgets.get(owners[investment] or "", {})
            about = {
                "budgetId": owners[investment],
                "budgetName": owner.get("name"),
                "budgetPhase": owner.get("phase"),
            }
            if query == "investments":
                yield {**_camel_keys(node), **about}
                continue
            for milestone in [
                *_connection_nodes(node.get("milestones")),
                *whole.more.get(("milestones", investment), []),
            ]:
                yield {
                    **about,
                    **_camel_keys(milestone),
                    "investmentId": investment,
                    "investmentTitle": node.get("title"),
                }


def _proposal_values(node: Mapping[str, Any], whole: WholeCollection) -> Mapping[str, Any]:
    tags = [*_connection_nodes(node.get("tags")), *whole.more.get(("tags", _id_text(node)), [])]
    zone = node.get("geozone") or {}
    names = sorted({value_text(tag.get("name")) for tag in tags})
    return {
        **_camel_keys(node),
        "geozoneId": zone.get("id"),
        "geozoneName": zone.get("name"),
        "tags": ", ".join(names),
    }


def _camel_keys(node: Mapping[str, Any]) -> dict[str, Any]:
    """The node with its fields in camelCase: older installations write them otherwise."""
    return {re.sub(r"_([a-z])", lambda letter: letter[1].upper(), key): value for key, value in node.items()}


_DATA = {"proposal": is_mapping, "budget": {"investment": is_mapping, "investments": is_mapping}}


def _read_data(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The data of each answer that has some."""
    for line, answer in read_answers(path):
        if not isinstance(answer, dict) or not {"data", "errors"} & set(answer):
            raise Unreadable("source-error", _("line {line} is no answer of Consul", line=line))
        if isinstance(answer.get("data"), dict):
            if misfit := find_misfit(answer["data"], _DATA, "data"):
                raise Unreadable(
                    "source-error", _("line {line} is no answer of Consul", line=line) + f" ({misfit})"
                )
            yield line, answer["data"]


def _connection_nodes(connection: Any) -> list[Any]:
    """The nodes of a connection that an answer may lack."""
    if connection is None:
        return []
    try:
        found = [edge["node"] for edge in connection["edges"]]
    except (KeyError, TypeError) as error:
        raise Unreadable("source-error", _("the file is no answer of Consul: a list has no edges")) from error
    nodes = [node for node in found if isinstance(node, dict)]
    if misfit := find_misfit(nodes, [{"geozone": is_mapping}], "node"):
        raise Unreadable("source-error", _("the file is no answer of Consul: {why}", why=misfit))
    return nodes


def _id_text(node: Mapping[str, Any]) -> str:
    return value_text(node.get("id"))

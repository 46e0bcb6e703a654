"""What the interfaces of sources answer with, as far as anything relies on it: a source may send anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from messages import gettext as _

Shape = Mapping[str, Any] | list[Any] | Callable[[Any], bool]
"""A mapping has shapes by key, a list the one of its members, either may be missing or null; a function says
whether a value will do."""


def is_anything(_value: Any) -> bool:
    return True


def is_text(value: Any) -> bool:
    """Text, or what may stand for it; or nothing."""
    return value is None or isinstance(value, str | int | float)


def is_id(value: Any) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= 500
    return isinstance(value, int) and not isinstance(value, bool)


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_mapping(value: Any) -> bool:
    return value is None or isinstance(value, dict)


class Needed:
    """A shape that may not be missing."""

    def __init__(self, shape: Shape):
        self.shape = shape


def find_misfit(value: Any, shape: Any, place: str) -> str | None:
    """Where a value is not of a shape, and what stands there, in words; None where it is. `place` is the
    value's own."""
    if isinstance(shape, Needed):
        if value is None:
            return _("{place} is missing", place=place)
        shape = shape.shape
    if callable(shape):
        return None if shape(value) else _describe(value, place)
    if value is None:
        return None
    if isinstance(shape, list):
        if not isinstance(value, list):
            return _describe(value, place)
        parts = [(each, shape[0], f"{place}[{number}]") for number, each in enumerate(value)]
    else:
        if not isinstance(value, dict):
            return _describe(value, place)
        parts = [(value.get(key), part, f"{place}.{key}") for key, part in shape.items()]
    return next((misfit for part in parts if (misfit := find_misfit(*part))), None)


def _describe(value: Any, place: str) -> str:
    shown = repr(value)[:60] if isinstance(value, str | int | float | bool | None) else ""
    kind = _("an object") if isinstance(value, dict) else _("a list") if isinstance(value, list) else shown
    return _("{place} is {kind}, which does not belong there", place=place, kind=kind)


def connection(node: Shape) -> Needed:
    """A connection (Relay's pages of a list) with nodes of a shape."""
    page = Needed({"hasNextPage": is_flag, "endCursor": is_text})
    return Needed({"pageInfo": page, "edges": Needed([Needed({"node": Needed(node)})])})


_NAMED: Shape = {"id": is_id}
NODES: Mapping[str, Shape] = {
    "proposals": {"id": is_id, "tags": connection({}), "geozone": is_mapping},
    "budgets": _NAMED,
    "investments": _NAMED,
    "milestones": {"id": is_id, "milestones": connection({})},
    "tags": _NAMED,
    "geozones": _NAMED,
}
"""What the nodes of Consul's collections must have, by question."""

_CARD: Shape = {
    "id": is_id,
    "idList": is_text,
    "badges": is_mapping,
    "attachments": [Needed({})],
    "labels": [Needed({})],
    "idLabels": [is_text],
    "customFieldItems": [Needed({"idCustomField": is_id, "idValue": is_text, "value": is_mapping})],
}
BOARD: Shape = {
    "cards": Needed([Needed(_CARD)]),
    "lists": Needed([Needed({"id": is_id})]),
    "labels": [Needed({"id": is_id})],
    "customFields": [Needed({"id": is_id, "options": [Needed({"id": is_id, "value": is_mapping})]})],
    "checklists": [Needed({"idCard": is_text, "checkItems": [Needed({})]})],
}
"""What a Trello board must have."""

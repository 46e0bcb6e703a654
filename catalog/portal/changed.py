"""What changed in a version, in sentences, from the counts that its log entry keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.portal.words import number
from messages import gettext as _
from messages import ngettext


def sentences(changes: Mapping[str, Any]) -> list[str]:
    """The changes by resource (as `vereda changes --json` has them) in words; the resource is named where there are several."""
    found = [(name, list(_resource(change))) for name, change in changes.items()]
    found = [(name, said) for name, said in found if said]
    if len(changes) == 1:
        return [each for _name, said in found for each in said]
    return [_("{resource}: {changes}", resource=name, changes="; ".join(said)) for name, said in found]


def _resource(change: Mapping[str, Any]) -> Iterator[str]:
    rows, fields = change.get("rows", change), change.get("fields", {})
    counts = {kind: int(rows.get(kind) or 0) for kind in ("added", "removed", "changed")}
    if n := counts["added"]:
        yield ngettext("{count} row added", "{count} rows added", n, count=number(n))
    if n := counts["removed"]:
        yield ngettext("{count} row removed", "{count} rows removed", n, count=number(n))
    if n := counts["changed"]:
        cells = int(change.get("cells") or 0)
        told = {"count": number(n), "cells": number(cells)}
        yield ngettext("{count} row changed ({cells} cells)", "{count} rows changed ({cells} cells)", n, **told)
    if names := _names(fields.get("added")):
        yield _("new fields: {names}", names=names)
    if names := _names(fields.get("removed")):
        yield _("fields taken away: {names}", names=names)
    if names := _names(fields.get("moved")):
        yield _("fields in another place: {names}", names=names)
    if names := _names(fields.get("retyped")):
        yield _("fields of another type: {names}", names=names)


def _names(fields: Iterable[Any] | None) -> str:
    """Field names, whether given bare, as objects with a name, or as keys of an object."""
    return ", ".join(str(each["name"] if isinstance(each, Mapping) else each) for each in fields or ())

"""Errors of frictionless whose long message is written when somebody reads it: of a hundred thousand of them
only some are kept, and writing takes most of the time; and whose descriptors do not make anew, for each
error, what is the same for all of its class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from functools import cache
from typing import Any

from frictionless import Error
from frictionless.errors import RowError
from frictionless.helpers import safe_format
from frictionless.vendors import stringcase

_OF_THE_CLASS = ("title", "description", "message", "tags")
_silent: ContextVar[bool] = ContextVar("silent", default=False)
_write: Callable[[Error], None] = Error.__attrs_post_init__


def _write_unless_silent(error: Error) -> None:
    if _silent.get():
        error.message = ""
    else:
        _write(error)


Error.__attrs_post_init__ = _write_unless_silent  # type: ignore[method-assign]


@cache
def _properties(kind: Any) -> tuple[tuple[str, str], ...]:
    """The properties of a class of errors, as its profile has them, with the names of their attributes."""
    return tuple(
        (name, stringcase.snakecase(name)) for name in kind.metadata_ensure_profile().get("properties", {})
    )


def _export(error: Error, *, exclude: Sequence[str] = ()) -> dict[str, Any]:
    """What `Metadata.metadata_export` gives of an error, which has no properties of classes of their own."""
    defined = {"type", *error.list_defined()}
    descriptor: dict[str, Any] = {}
    kind: Any = type(error)
    for name, attribute in _properties(kind):
        value = getattr(error, attribute, None) if attribute in defined and name not in exclude else None
        if value is not None and value != {}:
            descriptor[name] = _copy(value) if isinstance(value, (list, dict)) else value
    return {**descriptor, **error.custom}


def _copy(value: list[Any] | dict[str, Any]) -> Any:
    """A deep copy, by the short way where it is a list of texts: such as the cells of a row."""
    if isinstance(value, list) and all(type(each) is str for each in value):
        return value.copy()
    return deepcopy(value)


Error.metadata_export = _export  # type: ignore[method-assign, assignment]


@contextmanager
def without_messages() -> Iterator[None]:
    """Inside this block, in this thread, errors are made without their messages."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


class ErrorWriter:
    """Writes what frictionless says of a row, or of a cell, where it is known what that is: without a row and
    an error for each of thousands."""

    def __init__(self, like: RowError) -> None:
        self.template = like.template
        self.alike = describe(like)

    def describe(self, **said: Any) -> dict[str, Any]:
        """The descriptor of an error like the one, of which this is said."""
        descriptor = {**self.alike, "tags": [*self.alike["tags"]], **said}
        descriptor["message"] = safe_format(self.template, descriptor)
        return descriptor


def describe(error: Error) -> dict[str, Any]:
    """The error's descriptor, with its message, which is made of it."""
    if error.message:
        return dict(error.to_descriptor())
    for name in _OF_THE_CLASS:
        error.add_defined(name)
    descriptor = _export(error)
    descriptor["message"] = error.message = safe_format(error.template, descriptor)
    return descriptor

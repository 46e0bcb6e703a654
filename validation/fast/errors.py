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
from frictionless.vendors import stringcase

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
            descriptor[name] = deepcopy(value) if isinstance(value, (list, dict)) else value
    return {**descriptor, **error.custom}


Error.metadata_export = _export  # type: ignore[method-assign, assignment]


@contextmanager
def without_messages() -> Iterator[None]:
    """Inside this block, in this thread, errors are made without their messages."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def complete(error: Error) -> Error:
    """The error with its message."""
    if not error.message:
        _write(error)
    return error

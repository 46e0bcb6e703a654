"""Errors of frictionless whose long message is written when somebody reads it: of a hundred thousand of them
only some are kept, and writing takes most of the time. The names of their properties, a dozen of each error,
are spelt once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

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
stringcase.snakecase = lru_cache(4_096)(stringcase.snakecase)


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

"""Modules that are loaded before they are needed, and made ready: what each of their calls would else make
anew is made once."""

from __future__ import annotations

import contextlib
import gc
import importlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextvars import copy_context
from functools import cache

WARM_UP = "warm_up"
"""The function of a module, if it has one, that makes it ready."""


@contextlib.contextmanager
def keeping_all() -> Iterator[None]:
    """For what makes very many objects, none of which is garbage: to look for some, again and again while
    there are more, would take a third of the time or more."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load_all(modules: Iterable[str]) -> None:
    with keeping_all():
        for module in modules:
            _load(module)


@cache
def _load(module: str) -> None:
    with contextlib.suppress(ImportError):  # `__main__` of a program that this one does not know
        getattr(importlib.import_module(module), WARM_UP, int)()


@contextlib.contextmanager
def loading_beside(modules: Sequence[str]) -> Iterator[None]:
    """Inside this block, which mostly waits for other processes, a thread loads modules that are needed after
    it. The nursery is to be made before: it is forked of a process with one thread."""
    loading = threading.Thread(target=copy_context().run, args=(load_all, modules), name="load")
    loading.start()
    try:
        yield
    finally:
        loading.join()

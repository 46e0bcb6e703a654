"""What is compiled at its first use is right: a fault of a pattern would else wait for the text that asks
it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

from validation import personal
from validation.personal.lazily import lazy_re


def patterns_in(value: Any) -> Iterator[Any]:
    if type(value) is type(lazy_re("")):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from patterns_in(each)
    elif isinstance(value, dict):
        yield from patterns_in(list(value.values()))


def test_every_pattern_of_the_gate_compiles():
    modules = [
        importlib.import_module(f"{personal.__name__}.{each.name}")
        for each in pkgutil.iter_modules(personal.__path__)
    ]
    found = [pattern for module in modules for pattern in patterns_in(list(vars(module).values()))]
    assert len(found) > 100
    for pattern in found:
        pattern.search("")


def test_it_answers_as_the_compiled_one():
    text, lazy, compiled = "a1b22", lazy_re(r"(?P<n>\d+)"), re.compile(r"(?P<n>\d+)")
    assert [each["n"] for each in lazy.finditer(text)] == [each["n"] for each in compiled.finditer(text)]
    assert (lazy.sub("-", text), lazy.split(text)) == (compiled.sub("-", text), compiled.split(text))
    assert lazy.fullmatch(text) is lazy.match(text) is None
    assert lazy.pattern == compiled.pattern
    with pytest.raises(re.error):
        lazy_re("(").search("")
    with pytest.raises(AttributeError):
        lazy_re("a").groupindexes  # noqa: B018

"""Which proof by column a field has, and what its values must pass to be proven."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from frictionless import Field

from validation import proof
from validation.patterns import understood
from validation.proof import Kernel, Mask, Values


def kernel_of(field: Field) -> Kernel | None:
    """The proof by column for a field, None where there is none."""
    constraints = field.constraints
    if constraints.get("enum") is not None:
        return None
    match field.type, field.format:
        case "any", _:
            return proof.strings(None, None, None)
        case "string", "default":
            pattern = constraints.get("pattern")
            expression = understood(pattern) if pattern is not None else None
            if pattern is not None and expression is None:
                return None
            return proof.strings(constraints.get("minLength"), constraints.get("maxLength"), expression)
        case "integer", _:
            return proof.integers
        case "number", _:
            return _number_kernel(field)
        case "date", "default":
            return proof.dates
        case "datetime", "default":
            return proof.datetimes if not _BOUNDS & set(constraints) else None
        case "time", "default":
            return proof.times if not _BOUNDS & set(constraints) else None
    return None


def _number_kernel(field: Field) -> Kernel | None:
    point, group = field.decimal_char, field.group_char  # type: ignore[attr-defined]
    if len(point) != 1 or not re.fullmatch(r"[.,;'_ ]", point) or not re.fullmatch(r"[.,;'_ ]?", group) or point == group:
        return None
    return proof.numbers(point, group, field.bare_number)  # type: ignore[attr-defined]


_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}


def bounds_of(field: Field) -> list[Callable[[Values], Mask]] | None:
    """What a column's values must pass to be proven; None where a bound is no plain value, and every cell is to be read by itself."""
    given = {name: field.constraints[name] for name in _BOUNDS if field.constraints.get(name) is not None}
    read = field.create_value_reader()
    checks: list[Callable[[Values], Mask]] = []
    for name, bound in given.items():
        try:
            limit = _limit(field, read(bound))
        except Exception:  # noqa: BLE001 - frictionless will say so where it reads the bound
            limit = None
        if limit is None:
            return None
        strict = field.type == "number" or name.startswith("exclusive")  # equal floats may be unequal decimals
        below = name.lower().endswith("maximum")
        checks.append(_check(limit, below=below, strict=strict))
    return checks


def _limit(field: Field, value: Any) -> int | float | None:
    if field.type == "integer" and isinstance(value, int) and abs(value) < 2**63:
        return value
    if field.type == "number" and value is not None and math.isfinite(value):
        return float(value)
    if field.type == "date" and isinstance(value, date):
        return value.toordinal() - date(1970, 1, 1).toordinal()
    return None


def _check(limit: int | float, *, below: bool, strict: bool) -> Callable[[Values], Mask]:
    if below:
        return (lambda values: values < limit) if strict else (lambda values: values <= limit)
    return (lambda values: values > limit) if strict else (lambda values: values >= limit)

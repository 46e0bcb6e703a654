"""Checks tables: what a schema says, as frictionless checks it; what their owners expect, with Great
Expectations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from validation.expectations import expect
    from validation.fast.validate import validate
    from validation.problems.registry import remedy, title
    from validation.report import Kind, Problem, Report
    from validation.schema import check, checked_schema
    from validation.table import EXTRA, ROW, Table
    from validation.types import arrow_schema, arrow_type

_HOMES = {
    "schema": ("check", "checked_schema"),
    "expectations": ("expect",),
    "report": ("Kind", "Problem", "Report"),
    "table": ("EXTRA", "ROW", "Table"),
    "types": ("arrow_schema", "arrow_type"),
    "fast.validate": ("validate",),
    "problems.registry": ("remedy", "title"),
}

__all__ = [
    "EXTRA",
    "ROW",
    "Kind",
    "Problem",
    "Report",
    "Table",
    "arrow_schema",
    "arrow_type",
    "check",
    "checked_schema",
    "expect",
    "remedy",
    "title",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Imports what is asked for, and no more: to check a small file takes no Arrow."""
    for home, names in _HOMES.items():
        if name in names:
            found = getattr(import_module(f"validation.{home}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module 'validation' has no attribute {name!r}")

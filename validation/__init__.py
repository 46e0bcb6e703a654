"""Does a table keep its word? What a schema says is checked as frictionless checks it; what its owners expect, with Great Expectations."""

from __future__ import annotations

from validation.engine import check, checked_schema
from validation.expectations import expect
from validation.report import Kind, Problem, Report
from validation.table import EXTRA, ROW, Table
from validation.types import arrow_schema, arrow_type
from validation.words import remedy, title

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
]

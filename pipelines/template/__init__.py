"""An empty workbook for an agency, made from what the declaration says: what may be written where, before anything is handed in."""

from __future__ import annotations

from pipelines.template.book import write_template

__all__ = ["write_template"]

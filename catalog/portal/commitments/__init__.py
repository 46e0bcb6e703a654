"""Commitments over time: what a government promised in its plans, how it stands, and how it stood on any day."""

from __future__ import annotations

from catalog.portal.commitments.ledger import Ledger
from catalog.portal.commitments.pages import files, pages

__all__ = ["Ledger", "files", "pages"]

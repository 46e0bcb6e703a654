"""Participation: how many took part, where and when, of how much that is known, and what government did with what was said."""

from __future__ import annotations

from catalog.portal.participation.counts import Participation
from catalog.portal.participation.pages import pages

__all__ = ["Participation", "pages"]

"""The page of participation: one of what is real, one of the demonstration."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.portal.participation import words
from catalog.portal.participation.counts import DIMENSIONS, Participation
from catalog.portal.paths import Page


def pages(told: Participation, other: Participation) -> Iterator[Page]:
    """In the language that is spoken now. `other` is the demonstration, or what is real: the page leads there, and shows none of it."""
    values = {"told": told, "other": other, "said": words, "dimensions": DIMENSIONS, "demo": told.demo}
    yield Page(f"{told.home}index.html", "participation/index.html", values)

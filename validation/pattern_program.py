"""A program for a process of its own: searches texts for a pattern, however long that takes."""

from __future__ import annotations

import re


def search(pattern: str, texts: list[str]) -> int:
    """How many of the texts hold the pattern; each is also tried as a whole, as a schema's pattern is."""
    anywhere = re.compile(pattern)
    whole = re.compile(f"^{pattern}$")
    return sum(bool(anywhere.search(text)) + bool(whole.match(text)) for text in texts)

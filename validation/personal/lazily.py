"""Regular expressions that are compiled when they are first asked: an ordinary table asks few of the two
hundred that know personal data, and to compile all takes longer than to check a small table."""

from __future__ import annotations

import re
from typing import Any, cast

_ASKED = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub")


class _LazyPattern:
    """Has the methods of the compiled pattern as its own from the first call of one of them."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name not in _ASKED:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        self.__dict__.update({each: getattr(compiled, each) for each in _ASKED})
        return self.__dict__[name]


def lazy_re(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What stands in for the compiled pattern; a fault of it is told at its first use, not here."""
    return cast("re.Pattern[str]", _LazyPattern(pattern, flags))

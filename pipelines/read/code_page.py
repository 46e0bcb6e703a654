"""In which code page a file of single bytes was written: that of Windows, unless its words then have signs
inside them, where the page of DOS or of old Macintosh computers gives Spanish words throughout."""

from __future__ import annotations

import re

PAGES = {"cp850": "DOS", "cp437": "DOS", "mac-roman": "Macintosh"}
"""The code pages that are tried, and whose they are. Of Spanish letters, both of DOS have nearly the same."""
SMALL, CAPITAL = "áéíóúüñ", "ÁÉÍÓÚÜÑ"
BESIDE = "ºª°¿¡«»“”‘’–—…€·²³´\u00a0"
"""What Spanish texts have beside its letters."""
_LETTERS = f"A-Za-z{SMALL}{CAPITAL}"
_SIGNS = "\u0080-\u009f¡¢£¤¥¦§¨¬¯±µ¶¸¹¼½¾¿×÷ƒˆ˜†‡‰‹›„‚"
_SMALL_ELSEWHERE = "àçêîòšœž"
_CAPITAL_ELSEWHERE = "ÀÂÃÄÅÆÇÈÊËÌÎÏÐÒÔÕÖØÙÛÝÞŠŒŽŸ"
ODD = re.compile(
    f"[{_LETTERS}][{_SIGNS}][{_LETTERS}]"
    f"|[A-Z][{_SMALL_ELSEWHERE}][A-Z]|[a-z][{_CAPITAL_ELSEWHERE}][a-z]"
    f"|[{_LETTERS}]{{2}}[¢£¤¥¦¬ƒ]|[¢£¤¥¦¬ƒ][{_LETTERS}]{{2}}"
)
"""Where a word has a sign that no Spanish word has, or a letter of another language and another case: as
small ones those that stand for capitals of Spanish elsewhere, since DRäGER, as PEñA, is what programs leave
that know the letters of English alone. Arrow understands it."""
_CUT = re.compile(r"[A-Za-z]*[a-z][–—’][a-z]{1,2}(?![a-z])")
"""A word that a dash or a quotation mark seems to cut, but for one or two letters: in two words or more,
these stand for letters."""
_STRANGE = re.compile(
    f"[^\x00-\x7f{SMALL}{CAPITAL}{BESIDE}]"
    f"|[a-z][ºª°¿¡«»…€·²³][a-z]"
    f"|[A-Z][{SMALL}](?=[A-Z])|[a-z][{CAPITAL}]"
    f"|(?<![{_LETTERS}])[{SMALL}{CAPITAL}](?![{_LETTERS}])"
)
"""Where a text is not as Spanish ones are."""
TOLERATED = 50
"""Of so many characters beyond ASCII one may be strange."""


def find_code_page(lines: bytes, windows: str) -> str | None:
    """The code page in which these lines are Spanish; None where it is that of Windows, as which they read
    `windows`, or none of those that are known."""
    if not ODD.search(windows) and len(set(_CUT.findall(windows))) < 2:
        return None
    return next((page for page in PAGES if _is_spanish(lines.decode(page))), None)


def _is_spanish(text: str) -> bool:
    beyond = len(re.findall(r"[^\x00-\x7f]", text))
    return len(_STRANGE.findall(text)) * TOLERATED <= beyond

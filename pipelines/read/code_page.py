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
_LINES = "\u2500-\u259f"
"""What DOS draws frames with: of a letter in UTF-8 that was read as DOS's, two of them are left."""
_SMALL_ELSEWHERE = "àçêîòšœž"
_CAPITAL_ELSEWHERE = "ÀÂÃÄÅÆÇÈÊËÌÎÏÐÒÔÕÖØÙÛÝÞŠŒŽŸ"
ODD = re.compile(
    f"[{_LETTERS}][{_SIGNS}{_LINES}]{{1,2}}[{_LETTERS}]"
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
_LETTER = r"[^\W\d_]"
_BETWEEN = re.compile(rf"(?<!{_LETTER})({_LETTER}*)([\u00a0’–—])({_LETTER}*)(?!{_LETTER})")
"""Two pieces with a no-break space, a quotation mark or a dash between: in DOS the first is á, and on the
Macintosh the others are í, ñ and ó."""
_NO_BEGINNING = re.compile(r"(?![bcfgp][lr]|[dt]r|[hjñxy]|ch|ll|kr|kn|st[aeiou]|ps[ei])[b-df-hj-np-tv-z]{2}")
"""With which no Spanish word begins."""
_TAILS = re.compile(r"(?:[dfgmnlt]ic[ao]|log[ao]|lisis|mite|bado|pid[ao]|gina|mara)s?")
"""With which Spanish words end, and which are none."""
_AFTER_TILDE = re.compile(r"(?:[ao]s?|[ei]z|er[ao]s?|or(?:as?|es)?|ola?|al(?:es)?|ito|ita)")
"""With which words end behind their ñ."""
_ALONE = frozenset("bcdfghjklmnpqrstvwxz")


def _seems_one_word(left: str, sign: str, right: str) -> bool | None:
    """Whether two pieces can only be parts of a word that has one letter more between them; None where they
    may be that, or two words."""
    if not left or not right or (right[0].isupper() and not left.isupper()):
        return False
    first, last = left.lower(), right.lower()
    match sign:
        case "–":
            return True if _AFTER_TILDE.fullmatch(last) and first[-1] in "aeiouúœ" else None
        case "’":
            # neither “O’Higgins” nor “d’Arc”, “l’eau” or “Levi’s”
            long = first not in ("d", "o") and len(last) > 2 and last[0] in _ALONE - {"h"}
            short = last in ("a", "o", "as", "os") and (len(first) > 1 or first in ("r", "t"))
            return True if long or short else None
    if first[-1] in ("aeo" if sign == "\u00a0" else "ao"):
        return False
    if last in tuple("nslrd") or _NO_BEGINNING.match(last) or _TAILS.fullmatch(last):
        return True
    return True if first in _ALONE and len(last) > 1 else None


def _cuts_words(windows: str) -> bool:
    """Whether spaces, quotation marks or dashes stand where letters should: as far as can be told, more often
    than as what they are, and at least once in three."""
    found = [_seems_one_word(*pieces) for pieces in _BETWEEN.findall(windows)]
    sure = found.count(True)
    return sure > found.count(False) and sure * 3 >= len(found)


def find_code_page(lines: bytes, windows: str) -> str | None:
    """The code page in which these lines are Spanish; None where it is that of Windows, as which they read
    `windows`, or none of those that are known."""
    if not ODD.search(windows) and len(set(_CUT.findall(windows))) < 2 and not _cuts_words(windows):
        return None
    return next((page for page in PAGES if _is_spanish(lines.decode(page))), None)


def _is_spanish(text: str) -> bool:
    beyond = len(re.findall(r"[^\x00-\x7f]", text))
    return len(_STRANGE.findall(text)) * TOLERATED <= beyond

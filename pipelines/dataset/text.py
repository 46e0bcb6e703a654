"""Texts made comparable: without accents and signs, without double encoding, without HTML."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

# Bytes of UTF-8 read as cp1252 (as latin-1 where cp1252 has no character): those that follow, in characters.
_AFTER = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0))
_FOLLOW = re.escape(_AFTER + "".join(map(chr, range(0x80, 0xA0))))


# What western texts hold beyond ASCII: Â and Ã lead accented letters and signs, â the quotes, dashes and the
# euro. The rest are letters of cp1252 alone, which come of a text that was encoded three times.
TWICE = re.compile(f"[ÂÃ][{_FOLLOW}]|â[\u0080-\u0082\u201a€][{_FOLLOW}]|Å[’“\u00a0¡¸½¾]|Æ’|Ë[†œ]")
MARKUP = re.compile(r"<[A-Za-z/!]|&(#\d+|#x[0-9A-Fa-f]+|[A-Za-z]{2,8});")
BREAKS = {"br", "p", "div", "li", "tr", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"}


def fold_text(text: str) -> str:
    """The text's letters and digits, small and without accents, the words joined by "_": what drifts between
    two files is gone."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


NO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
"""Characters that take no room: a text with them looks as one without."""


BLANK = r"^[\s\p{Z}\x{1C}-\x{1F}\x{85}\x{AD}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]*$"
"""What a text is that shows nothing, in RE2's words; as `is_blank` has it."""


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: spaces of any kind, and characters that take no room."""
    if not text or text.isspace():
        return True
    return not text.isascii() and not NO_WIDTH.sub("", text).strip()


def normalize_text(text: str) -> str:
    """The text with each accented letter as one character (NFC)."""
    return unicodedata.normalize("NFC", text)


def fold_spaces(text: str) -> str:
    """The text as it looks: accents as parts of their letters, spaces of any kind as one, none around it, and
    nothing that takes no room."""
    return " ".join(NO_WIDTH.sub("", normalize_text(text)).split())


_DASHES = "‐‑‒–—―−﹘﹣－"
_QUOTES = {"'": "‘’‚‛ʼ′`´", '"': "“”„‟″«»"}
_LATIN = "ABCEHIJKMOPSTXYaceijopsxy" + "ABEZHIKMNOPTYXo"
_FOREIGN = "АВСЕНІЈКМОРЅТХУасеіјорѕху" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο"
FOREIGN_LETTERS = f"[{_FOREIGN}]"
"""Letters of Cyrillic and Greek that look as Latin ones do."""
_LOOKS = {
    **dict(zip(_FOREIGN, _LATIN, strict=True)),
    **dict.fromkeys(_DASHES, "-"),
    **{sign: plain for plain, signs in _QUOTES.items() for sign in signs},
    "°": "º",
}
_APART = ("<super>", "<sub>", "<fraction>", "<circle>", "<square>", "<vertical>")
"""Forms of characters that differ to the eye: m² is not m2."""


class _SignsByLook(dict[int, str]):
    """By code point what a character looks like, found out when it is first asked for."""

    def __missing__(self, code: int) -> str:
        self[code] = look = _look_of(chr(code))
        return look


def _look_of(sign: str) -> str:
    if sign in _LOOKS:
        return _LOOKS[sign]
    made_of = unicodedata.decomposition(sign)
    if not made_of.startswith("<") or made_of.startswith(_APART):
        return sign
    return unicodedata.normalize("NFKC", sign)


_SIGNS = _SignsByLook()


def fold_sign(sign: str) -> str:
    """What a character looks like: a dash as any other, a letter of another alphabet as the Latin one, a
    ligature as its letters."""
    return _SIGNS[ord(sign)]


def fold_look(text: str) -> str:
    """The text as it looks to whoever reads it: its spaces as `fold_spaces` has them, its characters as
    `fold_sign` does."""
    if text.isascii() and "`" not in text:
        return fold_spaces(text)
    return fold_spaces(normalize_text(text).translate(_SIGNS))


def label_key(label: str) -> str:
    """What two labels share that are one label: they differ in spaces, case and characters that look alike at
    most."""
    return fold_look(label).casefold()


def undo_double_encoding(text: str) -> str:
    """The text as it was before somebody took its UTF-8 for cp1252 or latin-1, once or several times; what is
    right stays."""
    for _time in range(3):
        before, text = text, TWICE.sub(_decode_match, text)
        if text == before:
            break
    return text


def _decode_match(match: re.Match[str]) -> str:
    content = b"".join(_byte_of(letter) for letter in match[0])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _byte_of(letter: str) -> bytes:
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1")


def strip_html(text: str) -> str:
    """The text of a piece of HTML: a line for each paragraph, references as characters, no script; a text
    without HTML stays."""
    if not MARKUP.search(text):
        return text
    reader = _TextReader()
    reader.feed(text)
    reader.close()
    lines = (re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.silent += tag in ("script", "style")
        if tag in BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style") and self.silent > 0
        if tag in BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))

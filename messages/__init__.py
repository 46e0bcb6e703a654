"""The words that people read, in their language: Spanish first, English as written in the code.

Every sentence for agencies, the data team or the public is written once, in English, inside ``_()`` or
``ngettext()``; ``messages/es/*.po`` holds the Spanish. A test fails where a sentence has no Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from string import Formatter
from typing import Any

LANGUAGES = ("es", "en")
_language: ContextVar[str] = ContextVar("language", default="es")


class PlainTranslations(NullTranslations):
    """Translations as they were read: the library's own take a compiled file, which takes longer to make than
    all that a short command says. Of a number there are two forms: of one, and of all others."""

    def __init__(self, texts: Mapping[str, str], plurals: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.texts, self.plurals = texts, plurals

    def gettext(self, message: str) -> str:
        return self.texts.get(message) or self.plurals.get(message, (message,))[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self.plurals.get(msgid1) or (msgid1, msgid2)
        return forms[0] if n == 1 else forms[1]


_QUOTED = r'(?:[ \t]*"[^\n]*"\s*\n)+'
_MESSAGE = re.compile(
    rf"^msgid({_QUOTED})(?:msgid_plural({_QUOTED}))?(msgstr(?:\[\d\])?{_QUOTED}(?:msgstr\[\d\]{_QUOTED})*)",
    re.MULTILINE,
)
_STRING = re.compile(rf"^msgstr(?:\[\d\])?({_QUOTED})", re.MULTILINE)
_JOINT = re.compile(r'"\s*\n[ \t]*"')
_ESCAPE = re.compile(r"\\(.)")


def read_po(text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The messages of a ``.po`` file: the text, its plural ("" where there is none), and what is said for
    them. Babel's reader, which the tests compare this with, takes longer than most commands."""
    for message in _MESSAGE.finditer(text + "\n"):
        singular, plural, strings = message.groups()
        said = tuple(_unquote(each) for each in _STRING.findall(strings))
        yield _unquote(singular), _unquote(plural) if plural else "", said


def _unquote(quoted: str) -> str:
    """One text of the lines of a file, each between marks."""
    text = quoted.strip()[1:-1]
    if '"' in text:
        text = _JOINT.sub("", text)
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1])


@cache
def translations(language: str) -> NullTranslations:
    """The translations of one language, read from its ``.po`` files; English needs none."""
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for path in sorted((Path(__file__).parent / language).glob("*.po")):
        for singular, plural, said in read_po(path.read_text(encoding="utf-8")):
            if plural:
                plurals[singular] = said
            elif singular and said[0]:
                texts[singular] = said[0]
    return PlainTranslations(texts, plurals) if texts else NullTranslations()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Inside this block, messages come in ``language`` ("es" or "en")."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def language() -> str:
    return _language.get()


def speak(language: str) -> None:
    """From now on, in this context, messages come in ``language``."""
    _language.set(language)


def gettext(message: str, **values: object) -> str:
    """The message in the current language, its ``{names}`` filled in with ``values``."""
    return _fill(translations(_language.get()).gettext(message), values)


def _fill(text: str, values: Mapping[str, object]) -> str:
    """The text with its names filled in; decimals and percentages as the language writes them: 66,5 % in
    Spanish (RAE, Ortografía, 2010), 66.5% in English."""
    own = _language.get() == "es" and ("%}" in text or any(isinstance(v, _BROKEN) for v in values.values()))
    return (_SPANISH if own else str).format(text, **values)


class _SpanishNumbers(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        written = super().format_field(value, format_spec)
        if isinstance(value, _BROKEN):
            written = written.translate(_MARKS)
        return f"{written[:-1]}\u00a0%" if format_spec.endswith("%") else written


_BROKEN = (float, Decimal)
_MARKS = str.maketrans(".,", ",.")
_SPANISH = _SpanishNumbers()


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """As ``gettext``, for a number ``n``, which the message may name as ``{n}``; from 10,000 on it is grouped
    as the language does."""
    written = f"{n:,}" if n >= 10_000 else str(n)
    if _language.get() == "es":
        written = written.replace(",", ".")
    text = translations(_language.get()).ngettext(singular, plural, n)
    return _fill(text, {"n": written, **values})


@dataclass(frozen=True)
class Message:
    """A message that is written before anybody has asked for it: ``str()`` is in the current language."""

    text: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return _fill(translations(_language.get()).gettext(self.text), self.values)


def gettext_later(message: str, **values: object) -> Message:
    """As ``gettext``, for what stands in a module and is translated when it is shown; import it as ``_``."""
    return Message(message, values)

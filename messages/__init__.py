"""The words that people read, in their language: Spanish first, English as written in the code.

Every sentence for agencies, the data team or the public is written once, in English, inside ``_()`` or
``ngettext()``; ``messages/es/*.po`` holds the Spanish. A test fails where a sentence has no Spanish.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("es", "en")
_language: ContextVar[str] = ContextVar("language", default="es")


@cache
def translations(language: str) -> NullTranslations:
    """The translations of one language, read from its ``.po`` files; English needs none."""
    whole = Catalog(locale=language)
    for path in sorted((Path(__file__).parent / language).glob("*.po")):
        with path.open("rb") as lines:
            for message in read_po(lines, locale=language):
                if message.id:
                    whole[message.id] = message
    if not len(whole):
        return NullTranslations()
    binary = io.BytesIO()
    write_mo(binary, whole)
    binary.seek(0)
    return GNUTranslations(binary)


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
    return translations(_language.get()).gettext(message).format(**values)


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """As ``gettext``, for a number ``n``, which the message may name as ``{n}``; from 10,000 on it is grouped
    as the language does."""
    written = f"{n:,}" if n >= 10_000 else str(n)
    if _language.get() == "es":
        written = written.replace(",", ".")
    return translations(_language.get()).ngettext(singular, plural, n).format(n=written, **values)


@dataclass(frozen=True)
class Message:
    """A message that is written before anybody has asked for it: ``str()`` is in the current language."""

    text: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return translations(_language.get()).gettext(self.text).format(**self.values)


def gettext_later(message: str, **values: object) -> Message:
    """As ``gettext``, for what stands in a module and is translated when it is shown; import it as ``_``."""
    return Message(message, values)

"""What publishers write of their data, in the language that is spoken now: Spanish, and English where they
give it (`en: {title, description}`); what has none is marked as Spanish, so that nobody takes it for
English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from messages import LANGUAGES, language

FIRST = LANGUAGES[0]


def has_english(thing: Mapping[str, Any], key: str = "title") -> bool:
    return bool((thing.get("en") or {}).get(key))


def speaks(thing: Mapping[str, Any], key: str = "title") -> bool:
    """Whether a text is there in the language that is spoken now."""
    return language() == FIRST or has_english(thing, key)


def say(thing: Mapping[str, Any], key: str = "title") -> str:
    """A text of a package, table or field in the language that is spoken now, else in Spanish; "" where there
    is none."""
    if language() != FIRST and has_english(thing, key):
        return str(thing["en"][key])
    return str(thing.get(key) or "")


def mark(thing: Mapping[str, Any], key: str = "title") -> Markup:
    """The attribute of an element in which `say` writes: that its text is Spanish, where the page is not."""
    return Markup("") if speaks(thing, key) or not thing.get(key) else Markup(f' lang="{FIRST}"')


def category_name(category: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    """What a category of a field (`{value, label}`) is called."""
    english = ((field.get("en") or {}).get("categories") or {}) if language() != FIRST else {}
    return str(english.get(str(category["value"])) or category.get("label") or category["value"])


def texts(thing: Mapping[str, Any], key: str, spanish: str | None = None) -> Any:
    """A text as JSON-LD writes it in terms that are Spanish by default: alone, or with its English beside."""
    first = spanish if spanish is not None else str(thing.get(key) or "")
    if not has_english(thing, key):
        return first
    return [first, {"@value": str(thing["en"][key]), "@language": "en"}]

"""The words of the search box, in the language that is spoken now."""

from __future__ import annotations

from typing import Any

from catalog import words
from messages import gettext as _


def labels() -> dict[str, Any]:
    """What `assets/find.js` writes; # is a number, {page} and {pages} too."""
    return {
        "one": _("1 result found"),
        "many": _("# results found"),
        "none": _("Nothing was found. Try fewer words, or others."),
        "field": _("column"),
        "inRows": _("in its rows:"),
        "row": _("1 row"),
        "rows": _("# rows"),
        "more": _("or more"),
        "page": _("Page {page} of {pages}", page="{page}", pages="{pages}"),
        "fresh": {each: words.freshness(each) for each in ("fresh", "due", "late", "very-late")},
        "theme": words.themes(),
        "kind": kinds(),
        "place": {
            "comuna": _("by comuna"),
            "barrio": _("by barrio"),
            "points": _("with coordinates or shapes"),
        },
        "all": facets(),
    }


def kinds() -> dict[str, str]:
    """The kinds of what can be found."""
    return {
        "dataset": _("open data"),
        "demo": _("demo data"),
        "plan": _("action plan"),
        "commitment": _("commitment"),
        "publisher": _("publishing office"),
        "theme": _("theme"),
        "page": _("page"),
    }


def facets() -> dict[str, str]:
    """By what answers can be narrowed down: what the choice of all is called."""
    return {
        "theme": _("all themes"),
        "publisher": _("all publishers"),
        "format": _("all formats"),
        "fresh": _("fresh or late"),
        "place": _("anywhere"),
        "kind": _("everything"),
    }


def facet_titles() -> dict[str, str]:
    """What each facet is called."""
    return {
        "theme": _("Theme"),
        "publisher": _("Publisher"),
        "format": _("Format"),
        "fresh": _("Up to date?"),
        "place": _("On the map"),
        "kind": _("Kind"),
    }

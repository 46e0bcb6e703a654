"""The kinds of questions about columns, and which findings in cells belong to which of them."""

from __future__ import annotations

from collections.abc import Mapping

QUESTIONS = (
    *("name", "birth-date", "home-address", "identity", "account", "vehicle", "network", "contact"),
    *("office-contact", "health", "gender", "children", "union", "religion", "origin", "politics"),
    *("sexuality", "criminal", "biometrics", "social", "family"),
)
TOLD_IN_WORDS = (
    *("name", "address", "birth-date", "child", "health", "religion", "union", "politics", "sexuality"),
    *("gender", "origin", "criminal", "social"),
)
"""The kinds of findings in cells that words tell, in the order in which the classifier has them; what has
check digits or a sign of its own is left to patterns."""
COVERS: Mapping[str, frozenset[str]] = {
    "name": frozenset(("name",)),
    "birth-date": frozenset(("birth-date",)),
    "home-address": frozenset(("address",)),
    "identity": frozenset(("cuit", "dni", "passport", "name", "phone", "card", "cbu")),
    "account": frozenset(("cbu", "card", "dni", "phone", "passport")),
    "vehicle": frozenset(("plate", "passport")),
    "network": frozenset(("ip", "phone")),
    "contact": frozenset(("phone", "email", "name", "dni")),
    "office-contact": frozenset(("phone", "email")),
    "health": frozenset(("health",)),
    "religion": frozenset(("religion",)),
    "union": frozenset(("union",)),
    "children": frozenset(("child", "name")),
    **{
        kind: frozenset((kind,))
        for kind in ("politics", "sexuality", "gender", "origin", "criminal", "social")
    },
}
"""The kinds of findings in cells that the question about their column asks for already."""
QUESTION_OF: Mapping[str, str] = {
    "name": "name",
    "cuit": "identity",
    "dni": "identity",
    "passport": "identity",
    "cbu": "account",
    "card": "account",
    "plate": "vehicle",
    "ip": "network",
    "birth-date": "birth-date",
    "address": "home-address",
    "child": "children",
    **{kind: kind for kind in ("health", "religion", "union", "politics", "sexuality", "gender", "origin")},
    **{kind: kind for kind in ("criminal", "social")},
}
"""The question about a column most of whose cells are of a kind."""

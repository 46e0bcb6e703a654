"""Figures as SVG that stands by itself: no script, no font and no data from elsewhere, and words for those who do not see it."""

from __future__ import annotations

import re
from html import escape

from catalog.portal.views.drawing import drawing
from catalog.portal.views.figure import Figure
from catalog.portal.views.words import largest
from messages import language

WIDTHS = {"": 640, "-narrow": 340}  # by what the file's name ends with: for wide screens, and for phones
_LOCALES = {"es": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["$", ""]}, "en": None}


def svg(figure: Figure, width: int, about: str, demo: bool) -> str:
    """The same figure gives the same bytes."""
    import vl_convert  # takes a second to start: only where a picture is drawn

    drawn = vl_convert.vegalite_to_svg(drawing(figure, width, about, demo), format_locale=_LOCALES[language()])
    title = f"DEMO · {figure.title}" if demo else figure.title
    told = f'<title id="t">{escape(title)}</title><desc id="d">{escape(description(figure))}</desc>'
    named = f'<svg lang="{language()}" role="img" aria-label="{escape(title)}" aria-describedby="d"'
    text = drawn.replace("<svg", named, 1)
    return re.sub(r"(<svg[^>]*>)", lambda match: match[1] + told, text, count=1) + "\n"


def description(figure: Figure) -> str:
    """The picture in a sentence or two: what it shows, its largest values, and what it leaves out."""
    return " ".join([f"{figure.title}.", *largest(figure), *figure.coverage])

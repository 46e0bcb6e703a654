"""Telephones as people put them into a sentence: digits in groups of any size (`15-5 834 2290`), or in words
(`once 5520 ocho ocho 31`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from validation.personal.lazily import lazy_re
from validation.personal.triggers import PlainText

_FIGURES = {
    **dict(
        zip(
            ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
            "0123456789",
            strict=True,
        )
    ),
    "once": "11",
    "quince": "15",
    "un": "1",
}
_TENS = dict(
    zip(
        ["veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"],
        "23456789",
        strict=True,
    )
)
_WORDS = rf"(?:{'|'.join(_TENS)})(?: y (?:{'|'.join(_FIGURES)}))?|{'|'.join(_FIGURES)}"
_FIGURE = rf"(?:\d{{1,8}}|\b(?:{_WORDS})\b)"
_RUN = lazy_re(rf"(?<![\w.,/$-])(?:{_FIGURE}[ ./-]{{1,3}}){{1,12}}{_FIGURE}(?![\w/]|[.,]\d)")
_BARE = lazy_re(r"(?<![\w.,/$-])(?:11|15)[2-7]\d{7}(?![\w/-]|[.,]\d)")
_FIXED = lazy_re(
    r"\b(?:fijo|tel(?:efono)?|linea|casa|celu?(?:lar)?)(?: (?:es|de|casa|el|mio|mi"
    r"|particular)){0,3}:? (?:[4-6]\d{7}|11[2-7]\d{7})(?![\w/-]|[.,]\d)"
    r"|\+(?:5[1-35-9]\d?|1|34|39|33|49|44|59[0-9]|86)[ -]?\d(?:[ -]?\d){6,11}(?![\w/])"
)
"""A number of eight digits right after the word, and those of other countries."""
_ONE = lazy_re(_FIGURE)
_CALLED = lazy_re(
    r"\b(?:tel(?:efonos?|es)?|cel(?:u|ular)?|movil|whats?app|was?ap|wsp|wpp|wp|llam\w+|comunic\w+|avis\w+"
    r"|mensajes?|mandar|escrib\w+|contact\w+|numero|nro|encargues|pedidos|suyo|agendar|atiende|fijo"
    r"|linea|urgente|favor)\b"
)
_CALLED_AFTER = lazy_re(r"\W{0,3}\b(?:solo mensajes|mensajes|whats?app|wsp|wpp|llamar|preguntar)\b")
_DATE_OR_SUM = lazy_re(
    r"(?<!\d)\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)|(?:19|20)\d\d[-/]\d{1,2}[-/]\d{1,2}"
    r"|(?<!\d)\d{1,3}(?:\.\d{3})+(?!\d)|\d{1,2}\.\d\d hs"
)
_OF_A_YEAR = lazy_re(r"[ -](?:19|20)\d\d-\d{4}$")
"""A file's number, as `11-2018-1234`."""
NEAR = 50
"""Characters before a number among which a word may say that it is called."""


def telephone_spans(text: PlainText) -> Iterator[tuple[int, int]]:
    """Where telephones stand that are written in groups or in words."""
    for found in _RUN.finditer(text.plain):
        if (
            not _DATE_OR_SUM.search(found[0])
            and not _OF_A_YEAR.search(found[0])
            and _is_telephone(text.plain, found)
        ):
            yield found.span()
    for found in _FIXED.finditer(text.plain):
        yield found.span()
    for found in _BARE.finditer(text.plain):
        if _is_called(text.plain, found):
            yield found.span()


def _is_telephone(plain: str, found: re.Match[str]) -> bool:
    groups = [_digits(each) for each in _ONE.findall(found[0])]
    digits = "".join(groups)
    if len(set(digits)) < 3:
        return False
    if re.fullmatch(r"(?:(?:54)?9?11|15)[2-7]\d{7}|0\d{2,4}15\d{6,8}", digits) and len(groups[0]) < 5:
        return len(digits) != 13 or digits.startswith(("549", "0")) if len(groups) > 1 else False
    by_area = re.fullmatch(r"0?(?:11|2[2-9]\d|3[3-8]\d)\d{7,8}", digits)
    local = re.fullmatch(r"(?!20\d\d(?:19|20))[2-8]\d{7}", digits)
    return bool(by_area or local) and _is_called(plain, found)


def _digits(figure: str) -> str:
    """The digits of a figure, which may be a word, or two with an `y`."""
    ten, _and, one = figure.partition(" y ")
    if ten in _TENS:
        return _TENS[ten] + _FIGURES.get(one, "0")
    return _FIGURES.get(figure, figure)


def _is_called(plain: str, found: re.Match[str]) -> bool:
    lead = re.split(r"[;\n]", plain[max(0, found.start() - NEAR) : found.start()])[-1]
    return bool(_CALLED.search(lead) or _CALLED_AFTER.match(plain, found.end()))

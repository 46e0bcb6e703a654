"""What the counts of participation are called on the page."""

from __future__ import annotations

from catalog.portal import words
from messages import gettext as _


def dimension(name: str) -> str:
    return {"anio": _("By year"), "comuna": _("By comuna"), "programa": _("By programme"), "grupo_etario": _("By age")}[name]


def heading(name: str) -> str:
    return {"anio": _("Year"), "comuna": _("Comuna"), "programa": _("Programme"), "grupo_etario": _("Age, in years")}[name]


def value(name: str, text: str | None) -> str:
    if text is None:
        return _("not noted")
    return _("Comuna {n}", n=text) if name == "comuna" else text


def field(name: str) -> str:
    """A field of the coverage table; one that is not known as it is called."""
    told = {
        "asistentes": _("people attending"),
        "barrio": _("barrio"),
        "comuna": _("comuna"),
        "grupo_etario": _("age"),
        "inscriptos": _("people enrolled"),
        "modalidad": _("how they took part"),
        "respuesta_gobierno": _("what government did"),
        "resultado": _("result"),
    }
    return told.get(name, name)


def percent(value: float) -> str:
    return f"{words.number(round(value))}\u00a0%"


def window(since: str | None, until: str | None) -> str:
    """A time from one year or month to another, each as exactly as the source gives it."""
    first, last = (_moment(each or "") for each in (since, until))
    return first if first == last else _("{since} to {until}", since=first, until=last)


def _moment(text: str) -> str:
    return words.month_of(text) if len(text) == 7 else text

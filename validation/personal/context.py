"""What the label of a column tells of its cells: documents, telephones, persons' names, what is named after
persons, and what is of animals, of history, or made up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from validation.personal.kinds import TOLD_IN_WORDS
from validation.personal.labels import (
    FICTION,
    FREE_TEXT,
    MEMORIALS,
    NAMED_AFTER_PERSONS,
    OFFICE,
    label_words,
    names_animals,
    special_kind,
)

_PHONES_TEXT = """
tel tels telefono telefonos telefonico cel celular celulares movil moviles whatsapp fono phone
"""
_PHONES = frozenset(_PHONES_TEXT.split())
_PERSON = frozenset(
    ("titular", "solicitante", "denunciante", "firmante", "postulante", "vecino", "vecina", "requirente")
)
_NUMBERED = frozenset(("nro", "num", "numero", "n", "nº", "id", "identidad"))


@dataclass(frozen=True)
class Context:
    """Of a column: whether its name says CUIT, DNI, telephone, a person's name, or what is named after
    persons (`calle`, `escuela`); whether rows are animals, whose illnesses are no person's; and the kinds
    that are there of animals, of history, and of fiction."""

    cuit: bool = False
    dni: bool = False
    phone: bool = False
    name: bool = False
    place: bool = False
    animals: bool = False
    of_others: frozenset[str] = frozenset()


def column_context(label: str, title: str = "", before: str = "", *, animals: bool = False) -> Context:
    """The context of a column; `before` is the label of the column before it, for `tipo_documento,
    numero`; `animals`: of a table of animals."""
    words = _words(label) | _words(title)
    documents = {"documento", "doc", "docs", "documentos"} & words
    numbered = bool(words & _NUMBERED)
    typed = bool({"tipo"} & _words(before) and {"documento", "doc"} & _words(before))
    return Context(
        cuit=bool(words & {"cuit", "cuil", "cuits", "cuils"}),
        dni=bool(words & {"dni", "dnis", "cedula", "nrodoc", "numdoc", "nrodocumento", "numerodocumento"})
        or bool(documents and (numbered or words <= documents))
        or (typed and numbered),
        phone=bool(words & _PHONES),
        name=bool(words & {"apellido", "apellidos"} or words & _PERSON or {"nombre", "completo"} <= words)
        and not words & (FREE_TEXT | OFFICE),
        place=bool(words & NAMED_AFTER_PERSONS) and not words & FREE_TEXT,
        animals=animals,
        of_others=_kinds_of_others(words, label_words(label), animals),
    )


def is_of_animals(labels: Iterable[str]) -> bool:
    """Whether a table with these columns is of animals."""
    return any(names_animals(words) for words in map(_words, labels))


def _kinds_of_others(words: set[str], said: tuple[str, ...], animals: bool) -> frozenset[str]:
    if words & (FICTION | MEMORIALS):
        return frozenset(TOLD_IN_WORDS)
    return frozenset(("health",)) if animals and special_kind(said) == "health" else frozenset()


def _words(label: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return {word.rstrip("0123456789") or word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word}

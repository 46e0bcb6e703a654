"""What a column's name says about its cells: that they are documents, telephones, or the names of persons."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_PHONES = frozenset(
    ("tel", "tels", "telefono", "telefonos", "telefonico", "cel", "celular", "celulares", "movil", "moviles", "whatsapp", "fono", "phone")
)
_PERSON = frozenset(("titular", "solicitante", "denunciante", "firmante", "postulante", "vecino", "vecina", "requirente"))
_NUMBERED = frozenset(("nro", "num", "numero", "n", "nº", "id", "identidad"))


@dataclass(frozen=True)
class Context:
    """Of a column: whether its name says CUIT, DNI, telephone, or a person's name."""

    cuit: bool = False
    dni: bool = False
    phone: bool = False
    name: bool = False


def context(label: str, title: str = "", before: str = "") -> Context:
    """The context of a column; `before` is the label of the column before it, for `tipo_documento, numero`."""
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
        name=bool(words & {"apellido", "apellidos"} or words & _PERSON or {"nombre", "completo"} <= words),
    )


def _words(label: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return {word.rstrip("0123456789") or word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word}

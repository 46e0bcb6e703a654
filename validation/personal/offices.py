"""Telephones and mailboxes of offices, which name nobody: by the words beside a number (`Mesa de ayuda`,
`int. 231`), by the name of a mailbox, and under `.gob.ar` by there being no person's name in it."""

from __future__ import annotations

import re

from validation.personal.lazily import lazy_re
from validation.personal.names import given_names, in_capitals, surnames
from validation.personal.writings import PERSON, in_all_writings

LEAD, REST = 60, 40
"""Characters before and after a number in which words may say whose it is."""
_STATE = lazy_re(r"(?:^|\.)(?:gob|gov|mil|edu|coop|int)(?:\.ar)?$")
_OFFICES = lazy_re(  # mailboxes of an office, which name nobody
    r"(?:^|[._-])(?:info(?:rmacion|rmes)?|contacto|consultas?|atencion\w*|mesa\w*|mde|prensa|"
    r"comunicacion|secretaria|subsecretaria|direccion|ministerio|comuna\d*|participacion\w*|datos\w*|"
    r"transparencia|compras|licitaciones|reclamos|soporte|ayuda|webmaster|administracion|recepcion|"
    r"hospital\w*|escuela\w*|biblioteca\w*|museo\w*|defensoria\w*|noreply|no-reply|privacidad|acceso\w*|"
    r"gobierno\w*|ventas|oficina\w*|turnos|tesoreria|cobranzas|proveedores|rrhh|legales|club\w*"
    r"|comisaria\w*|cooperadora\w*|guardia|campus|talleres?|cursos?|usuario|ejemplo|nombre|apellido"
    r"|correo|mail|mesadeayuda"
    r"|inscripci\w+|becas|eventos|cultura|deportes|sugerencias|pedidos|presupuestos?|alquileres|socios"
    r"|alumnos|docentes"
    r"|bedelia|secretaria\w*|rectorado|vecinos|comedor\w*|asociacion\w*|fundacion\w*|consorcio\w*"
    r"|jardin\w*|colegio\w*"
    r"|instituto\w*|parroquia\w*|iglesia\w*|sindicato\w*|centro\w*|taller\w*|fomento\w*|editorial"
    r"|redaccion|revista|radio\w*)(?:$|[._\d-])"
)
_OFFICE = lazy_re(
    in_all_writings(
        r"\b(?:atencion al|mesa de (?:ayuda|entradas?)|conmutador|comisarias?|(?:sub)?secretaria"
        r"|direccion general|dg\w{0,8}"
        r"|ministerio|comuna \d+|oficinas?|hospital|htal|escuela|esc\.|cesac|guardia|call center"
        r"|centro de (?:salud|atencion|gestion)"
        r"|administracion|defensoria|juzgado|fiscalia|club|biblioteca|delegacion"
        r"|reparticion|cgpc?|institucional"
        r"|municipalidad|gerencia|area|empresa|proveedora?|bomberos|defensa civil|emergencias|museo"
        r"|teatro|polideportivo|conmutador"
        r"|linea|ente|agencia|instituto|centro|programa|central|recepcion|tesoreria|registro civil"
        r"|obrador|parroquia|iglesia|farmacia|remis\w*|srl|pinturer\w+|ferreter\w+|servicio tecnico|parada"
        r"|presupuesto|distribuidora|imprenta|ascensores|veterinaria|clinica|sanatorio|laboratorio"
        r"|consultorio"
        r"|inmobiliaria|cooperativa|cooperadora|sindicato|mutual|sociedad de fomento|jardin|colegio"
        r"|fundacion"
        r"|bot de whatsapp|whatsapp de la ciudad|cerrajeria|gomeria|taller mecanico|hotel|restaurante?"
        r"|pizzeria|panaderia|libreria|fax|aysa|edesur|edenor|metrogas|telecom|telefonica|movistar"
        r"|personal flow|anses|pami|same|sube|autopistas|emergencia)\b"
    )
)
_SERVES = lazy_re(in_all_writings(r"\b(?:atencion|servicio|orientacion|linea) (?:al?|de|para) (?:la )?\w+"))
_PERSONAL = lazy_re(
    in_all_writings(
        rf"\b(?:{PERSON}|particular|personal|cel\w*|wsp|whats?app|wpp|mi|su|duen[oa]|encargad[oa])\b"
    )
)
_EXTENSION = lazy_re(r"\W{0,3}(?i:int(?:erno|\.)?)\W{0,2}\d")
_OF_OFFICE = lazy_re(
    r"(?i:(?:\btel[eé]?\w*|\bl[ií]nea|\bcel\w*)\W{0,3}\s?(?:de\s(?:la|el)|del)\s(?:comisar|hospital"
    r"|escuela|colegio|cesac"
    r"|sede|oficina|municip|ministerio|defensor|juzgado|biblioteca)[^;\n]{0,40}|\bboti\W{0,3}(?:11\W)?)$"
)
_MOBILE = lazy_re(r"\(?(?:\+?\s?54[\s.-]?9|(?:0?11[\s.-]?)?15[\s.-]?\d)")


def is_office_mailbox(address: str) -> bool:
    """Whether a mailbox is an office's: a generic name, or no person's name under `.gob.ar`."""
    user, domain = (part.strip().lower() for part in address.rsplit("@", 1))
    if _OFFICES.search(user):
        return True
    return _STATE.search(domain) is not None and not _names_person(user)


def _names_person(user: str) -> bool:
    """Whether the name of a mailbox is a person's: `mgomez`, `maria`, `ana.paz`."""
    parts = [in_capitals(part) for part in re.findall(r"[^\W\d_]+", user)]
    if not parts:
        return False
    if len(parts) == 1:
        word = parts[0]
        return word in given_names() or (len(word) > 4 and word[1:] in surnames())
    return any(part in given_names() or (part in surnames() and len(part) > 2) for part in parts)


def speaks_of_person(text: str) -> bool:
    """Whether a word for a person, or for what is somebody's own, stands in a text."""
    return _PERSONAL.search(text) is not None


def is_office_phone(text: str, start: int, end: int) -> bool:
    """Whether a number is the telephone of an office: an extension follows, or words of offices stand
    beside it and none of persons."""
    lead = text[max(0, start - LEAD) : start]
    if _OF_OFFICE.search(lead):
        return True
    near = _SERVES.sub("atencion al", re.split(r"[;\n]", lead)[-1])
    rest = re.split(r"[;\n]", text[end : end + REST])[0]
    if _PERSONAL.search(near) or _MOBILE.match(text, start):
        return False
    return _EXTENSION.match(rest) is not None or _OFFICE.search(f"{near} | {rest}") is not None

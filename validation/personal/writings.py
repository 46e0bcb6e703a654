"""Patterns in plain words, and as clerks write these: with accents or without, in capitals or small letters,
with one blank or three."""

from __future__ import annotations

import re

from validation.personal.lazily import lazy_re

_TOKEN = lazy_re(r"[b-df-hj-mp-tv-z]+|\\.|\[\^?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_BLANK_OR_GROUP = lazy_re(r" \??|\\.|\[\^?(?:\\.|[^\]\\])*\]|\((?:\?<)?|\)", re.DOTALL)
_ACCENTS = {"a": "aá", "e": "eé", "i": "ií", "o": "oó", "u": "uúü", "n": "nñ"}


def in_all_writings(plain: str) -> str:
    """A pattern of small letters without accents, whose blanks stand for one to three (for one behind what is
    looked back at), as it is searched."""
    return f"(?i:{_TOKEN.sub(lambda found: _with_accents(found[0]), _with_blanks(plain))})"


def in_plain_writing(plain: str) -> str:
    """The same pattern, as it is searched in small letters without accents."""
    return f"(?:{_with_blanks(plain)})"


def _with_blanks(plain: str) -> str:
    """A pattern with its blanks as they are searched."""
    depth, behind = 0, 0

    def write(found: re.Match[str]) -> str:
        nonlocal depth, behind
        token = found[0]
        if token == " ":
            return r"\s" if behind else r"\s{1,3}"
        if token == " ?":
            return r"\s?" if behind else r"\s{0,3}"
        depth += token.startswith("(") - (token == ")")
        if token == "(?<":
            behind = depth
        elif depth < behind:
            behind = 0
        return token

    return _BLANK_OR_GROUP.sub(write, plain)


def _with_accents(token: str) -> str:
    if token.startswith("["):
        letters = re.sub(r"\\.", "", token)
        return token[:-1] + "".join(_ACCENTS[sign][1:] for sign in _ACCENTS if sign in letters) + "]"
    return f"[{_ACCENTS[token]}]" if token in _ACCENTS else token


MONTHS = (
    r"(?:ene(?:ro)?|feb(?:rero)?|mar(?:zo)?|abr(?:il)?|mayo?|jun(?:io)?|jul(?:io)?|ago(?:sto)?"
    r"|sep?t(?:iembre)?|oct(?:ubre)?|nov(?:iembre)?|dic(?:iembre)?)\.?"
)
YEAR = r"(?:19\d\d|20[012]\d)"
DATE = (
    r"(?:\d{1,2}º? ?[/.-] ?\d{1,2} ?[/.-] ?(?:19|20)?\d\d"
    rf"|{YEAR}-\d\d-\d\d"
    rf"|\d{{1,2}}[º°]?(?: de| ?[/.-])? ?{MONTHS}(?: del? (?:ano )?| ?[,/.-] ?| )?['’]?(?:19|20)?\d\d"
    rf"|{MONTHS} \d{{1,2}}[º°]?(?:,| del?)? {YEAR}"
    rf"|{MONTHS}(?: del? (?:ano )?| ?[,/.-] ?| ){YEAR}"
    rf"|\d{{1,2}} ?[/.-] ?{YEAR}"
    r"|\d{1,2} ?[/.-] ?(?:i{1,3}|iv|vi{0,3}|ix|xi{0,2}) ?[/.-] ?(?:19|20)?\d\d"
    r"|[0-3]\d[01]\d(?:19|20)\d\d)(?!\d)"
)
"""A day, or a month of a year."""
NUMBER = (
    r"(?:\d{1,2}|una?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince"
    r"|dieciseis|diecisiete)"
)
YOUNG = (
    r"(?:\d|1[0-7]|uno?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince"
    r"|dieciseis|diecisiete)"
)
CHILD = (
    r"(?:nen[ea]|nenit[oa]|nin[oaex@]|ninit[oa]|chic[oa]|chiquit[oa]|chiquilin|chiquilina|pib[ea]|pibit[oa]"
    r"|bebe|beba|bebit[oa]|bb|lactante|recien nacid[oa]|menor(?:cit[oa])?(?: de edad)?|adolescente|criatura"
    r"|infante|nnya|nnyna|nna|alumn[oa]|estudiante|hij[oa]|hijit[oa]|hijastr[oa]|niet[oa]|nietit[oa]"
    r"|bisniet[oa]"
    r"|sobrin[oa]|hermanit[oa]|ahijad[oa]|jovencit[oa])"
)
CHILDREN = (
    r"(?:nen[ea]s|nenit[oa]s|nin[oaex@]s|chic[oa]s|chiquit[oa]s|pib[ea]s|pibit[oa]s|bebes"
    r"|menores(?: de edad)?"
    r"|adolescentes|criaturas|nnya|hij[oa]s|hijit[oa]s|niet[oa]s|sobrin[oa]s|hermanit[oa]s|mellizos"
    r"|gemelos)"
)
OWNER = (
    r"(?:vecin|denunciante|denunciad|reclamante|solicitante|titular|sra?\b|senora?|damnificad|inquilin"
    r"|propietari|duen|paciente|alumn|beneficiari|frentista|requirente|firmante|familia|victima|imputad"
    r"|causante|interesad|abuel|mama|madre|padre|papa|herman|hij[oa]|testigo|contribuyente|emplead|agente"
    r"|menor|nin[oa]|nen[ea]|usuari|llamante|compareciente|recurrente|jubilad|postulante|becari|afiliad"
    r"|detenid|acusad|agresor|conyuge|espos[oa]|marido|pareja|tutor|socio|locatari|ocupante|persona)\w{0,6}"
)
"""Words for persons in singular, as those to whom something belongs."""
PERSON = (
    r"(?:vecin[oa]|denunciante|denunciad[oa]|reclamante|solicitante|titular|sra?\.?|senora?|senorita"
    r"|damnificad[oa]|inquilin[oa]|propietari[oa]|paciente|alumn[oa]|estudiante|beneficiari[oa]|frentista"
    r"|requirente|firmante|familia|flia\.?|victima|imputad[oa]|causante|interesad[oa]|abuel[oa]|mama|madre"
    r"|padre|papa|herman[oa]|hij[oa]|testigo|contribuyente|emplead[oa]|agente|menor|nin[oa]|nen[ea]"
    r"|usuari[oa]|jubilad[oa]|postulante|becari[oa]|detenid[oa]|acusad[oa]|conyuge|espos[oa]|marido|mujer"
    r"|hombre|pareja|chic[oa]|pib[ea]|joven|adolescente|persona|matrimonio|ciudadan[oa]|trabajador[a]?"
    r"|comerciante|feriante|ocupante|adulto mayor|adulta mayor|anciano|anciana|masculino|femenin[oa]"
    r"|progenitor[a]?|novi[oa]|ti[oa]|suegr[oa]|amig[oa]|muchach[oa]|individuo|sujeto|peaton|conductor[a]?"
    r"|llamante|consultante|autora?|poeta|pasajer[oa]|deportista|jugadora?|concurrente|docente"
    r"|compareciente|peticionante|recurrente"
    r"|afiliad[oa]|soci[oa]|adjudicatari[oa]|participante|becad[oa]|premiad[oa]|ganadora?|artista"
    r"|profesora?|inspectora?|operari[oa]"
    r"|chofer|ciclista|motociclista|accidentad[oa]|herid[oa]|lesionad[oa]|agresora?|inquilinos?|ocupante"
    r"|huesped|internad[oa])"
)
"""Words for one person, as those of whom something is said."""

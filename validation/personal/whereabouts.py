"""Where somebody lives, when he was born, and how he is numbered, told beside a word for him or beside a
given name (`mi suegro, Rómulo Naón 3120`, `mi vieja, del 24/1/1938`), or with numbers in words."""

from __future__ import annotations

import re
from collections.abc import Callable

from validation.personal.household import (
    BIRTHDAY_OF_LONG_AGO,
    is_born,
    is_home,
    is_long_ago,
)
from validation.personal.lazily import lazy_re
from validation.personal.names import given_names, in_capitals, is_word_of_place
from validation.personal.writings import DATE, OWNER, PERSON, in_all_writings, in_plain_writing

_KIN = (
    r"(?:abuel[oa]|suegr[oa]|mama|papa|madre|padre|herman[oa]|hij[oa]|ti[oa]|prim[oa]|viej[oa]"
    r"|cunad[oa]|yerno|nuera"
    r"|novi[oa]|niet[oa]|sobrin[oa]|espos[oa]|marido|mujer|pareja|senora?|don|dona|sra?\.|flia\.?"
    r"|familia|viud[oa]"
    r"|inquilin[oa]|paciente|pte\.?|beneficiari[oa]|titular|solicitante|denunciante|denunciad[oa]"
    r"|jubilad[oa])"
)
_STREET = r"(?:[A-ZÁÉÍÓÚÑ][\wáéíóúñ.]{1,15}\s|\d{1,2}\sde\s|(?:de|del|la|las|los|y)\s){1,5}?"
_HOUSE = (
    r"(?:[Nn][°º]\s?)?\d{2,5}(?![\d.,:/]\d|\d|-\d"
    r"|\s?(?i:personas|pesos|m2|metros|a[ñn]os|hs|horas|cuotas|votos))"
)
_HUNDREDS = (
    r"(?:mil|dosc?ient[oa]s|tresc?ient[oa]s|cuatroc?ient[oa]s|quinient[oa]s|seisc?ient[oa]s|setec?ient[oa]s"
    r"|ochoc?ient[oa]s|novec?ient[oa]s|ciento)"
)
_IN_WORDS = (
    rf"[a-z]{{3}}[a-z.]* (?:(?:dos|tres|cuatro|cinco|seis|siete|ocho|nueve"
    rf"|diez) )?{_HUNDREDS}\b(?! (?:de\b|pesos|persona|vecin|metro|ano))"
)
_BLOCK = (
    r"(?:mza?\.?|manzana) ?\d+[a-z]?,? ?(?:lote|casa|tira|depto|dpto|pasillo|torre) ?\d+"
    r"|(?:edif(?:icio)?\.?|torre|nudo|block|monoblock|tira|escalera) ?\d+[a-z]?,? [^\n;.]{0,12}?(?:nudo"
    r"|piso|depto|dpto"
    r"|escalera|\d{1,2} ?[º°]|casa) ?[\"“]?\w"
)
HOME_OF_KIN = (
    rf"(?<![\w-]){in_all_writings(_KIN)}(?:\s[a-záéíóúñ]{{2,12}}){{0,2}}(?:\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{{2,14}}){{0,2}}"
    rf"(?:,|:|,?\s(?:por|en|sobre|es))\s{_STREET}{_HOUSE}"
)
HOME_OF_FLAT = (
    rf"(?<!\w){in_all_writings('(?:vecin[oa]|inquilin[oa]|senora?|abuel[oa]|jubilad[oa]|famil[i]a|flia|ocupante)')}\.?"
    r"\s(?i:del?|del\sdepto|la)\s(?i:\d{1,2}|\d{1,2}\s?[º°]|primer(?:o|\spiso)?|segundo|tercer(?:o"
    r"|\spiso)?|cuarto|quinto"
    r"|sexto|s[eé]ptimo|octavo|noveno|d[eé]cimo|pb|planta\sbaja|fondo"
    r"|[uú]ltimo\spiso)[^\n;]{0,12}?\s(?:de|en)\s"
    rf"{_STREET}{_HOUSE}"
)
HOME_OF_ONE = (
    rf"(?<!\w)(?i:frentista|inquilin[oa]|propietari[oa]|vecin[oa]|due[ñn][oa]|soci[oa]|abuel[oa]"
    rf"|jubilad[oa]|se[ñn]ora?|chic[oa]|muchach[oa])\s(?:de|en)\s{_STREET}{_HOUSE}"
    rf"|(?i:[uú]ltimo\sdomicilio|domicilio\s(?:conocido|actual|anterior"
    rf"|del?\s(?:la\s)?\w{{4,14}}))(?:\s\w+){{0,4}}:\s{_STREET}{_HOUSE}"
    rf"|(?i:\ben\slo\sde)\s\w{{3,14}}(?:,|:)?\s{_STREET}{_HOUSE}"
)
HOME_AT_CORNER = (
    r"(?i:\b(?:vive|vivo|vivimos|me\smud[eé]|se\smud[oó]|alquila"
    r"|alquilo))\b(?:\s[a-záéíóúñ]{1,10}){0,6}?\s(?:en|de)\s"
    r"[A-ZÁÉÍÓÚÑ][\wáéíóúñ.]{2,15}(?:\s[A-ZÁÉÍÓÚÑ][\wáéíóúñ.]{2,15})?\s(?:y|esq\.?"
    r"|esquina)\s[A-ZÁÉÍÓÚÑ][\wáéíóúñ.]{2,15}"
    r"[^\n;.]{0,12}\b(?i:arriba|abajo|fondo|al\slado|la\scasa|casa|ph|depto|timbre|planta|piso|puerta)"
)
HOME_IN_TOWER = in_plain_writing(
    r"\b(?:soy|vivo|vive) (?:de|en) (?:la )?(?:torre|tira|nudo|edificio"
    r"|monoblock) ?\d+[a-z]?,? "
)
HOME_IN_WORDS = in_plain_writing(
    rf"\b(?:vive|vivo|vivimos|reside|resido|domiciliad[oa]|domicilio|casa del? (?:la )?{OWNER}|mi casa"
    r"|su casa|alquila|alquilo)"
    rf"\b[^\n;\d]{{1,40}}?{_IN_WORDS}"
)
HOME_IN_BLOCK = in_plain_writing(
    rf"\b(?:{_KIN}|vive|vivo|vivimos|vecin[oa]|para|duerme|casilla|rancho|su casa|mi casa|domicilio"
    rf"|dom)\b[^\n;]{{0,45}}?"
    rf"\b(?:{_BLOCK})"
)
BORN_IN_WORDS = in_plain_writing(
    r"\b(?:nacid[oa]|nacio|naci|nacimiento|nacer)\b[^\n;\d]{0,50}?\b(?:mil novecientos|mil nueve|dos mil"
    r"|del? (?:veinti\w+|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa)(?: y \w+)?)\b"
)
BORN_OF_KIN = in_plain_writing(
    rf"\b(?:mi|su|la|el|un|una) {_KIN}(?: [a-z]+){{0,1}}, (?:es )?del? {DATE}"
    rf"|\b{PERSON}:?(?: [a-z]+){{0,3}}, {DATE}"
)
BORN_NAMED = (
    r"(?<!\w)(?P<given>[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,14})(?:\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,14}){1,3}(?:,\s?|\s\("
    r"|\s-\s)\d{1,2}\s(?:de\s)?"
    r"(?i:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre"
    r"|diciembre)\s(?:del?\s)?(?:19\d\d|200\d)"
)
_DOTTED = r"\d{1,2}[. ]\d{3}[. ]\d{3}(?![\w/-]|[.,]\d|\s?(?i:pesos|habit|usd|m2|metros|d[oó]lares|votos))"
_NUMBERED = rf"(?:soy|soy el|soy la|me llamo|{PERSON}|garante|fiador|huella|identificad[oa])"
DNI_OF_PERSON = (
    rf"(?<![a-zA-Z]){in_all_writings(_NUMBERED)}(?![a-zA-Z])"
    rf"[^\n;$\d]{{0,25}}?(?<![\d$.,/-])(?<!\$\s){_DOTTED}"
)
DNI_BY_PRINT = in_plain_writing(
    r"\b(?:huella|identificad[oa]|identidad"
    r"|renaper)\b[^\n;$\d]{0,20}[1-9]\d{6,7}(?![\d/.-])"
)
_FIGURES = (
    r"(?:cero|una?|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince"
    r"|dieci\w+|veinte"
    r"|veinti\w+|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|millones|mil|\w{3,6}cientos"
    r"|y|punto)"
)
DNI_IN_WORDS = in_plain_writing(rf"\b(?:dni|documento|doc)\b(?: \w+){{0,2}}:?(?: {_FIGURES}){{4}}")
ACCOUNT_IN_WORDS = in_plain_writing(rf"\b(?:cvu|cbu|cuenta)\b(?: \w+){{0,2}}:?(?: {_FIGURES}){{6}}")
PLATE_IN_WORDS = in_plain_writing(
    r"\b(?:patente|chapa"
    rf"|dominio)\b(?: \w+){{0,2}}:? [a-z]{{2,3}}(?: {_FIGURES}){{3}}"
)
_OF_BANKS = (
    r"(?:galicia|nacion|provincia|ciudad|santander|bbva|frances|macro|icbc|credicoop|hsbc|patagonia"
    r"|supervielle|itau"
    r"|brubank|uala|mercado ?pago|naranja|hipotecario|comafi|piano|columbia|banco|sueldo|haberes|ahorro"
    r"|judicial|cobro"
    r"|personal|debitan?|debitaron|debito|extraj\w+|vaciaron|cajero|deposit\w+|transf\w+|acredit\w+)"
)
_ACCOUNT_NUMBER = r"\d[\d ]{0,11}(?:[/-] ?\d[\d ]{0,9}){1,4}(?![\w/])"
ACCOUNT_OF_PERSON = in_plain_writing(
    r"\b(?:mi|su|la|tu) (?:cuenta|cta\.?|caja)(?: de ahorros?"
    rf"| sueldo)?(?: {_OF_BANKS})?[^\n;$\d]{{0,32}}{_ACCOUNT_NUMBER}"
    rf"|\b(?:cuenta|cta\.?|caja)\b[^\n;$\d]{{0,30}}{_ACCOUNT_NUMBER}[^\n;]{{0,25}}\b(?:{PERSON}"
    rf"|{_OF_BANKS})\b"
    rf"|\b(?:cuenta|cta\.?|caja) (?:\w+ )?(?:de )?{_OF_BANKS}\b[^\n;$\d]{{0,30}}{_ACCOUNT_NUMBER}"
)
CARD_END = in_plain_writing(
    r"\b(?:visa|master(?:card)?|amex|cabal|naranja|tarjeta|maestro"
    r"|plastico)\b[^\n;\d]{0,25}\b(?:termina(?:da|cion|ndo)?"
    r"|finaliza(?:da)?|final)(?: en)?:? \d{4}\b"
)


def _is_named(found: re.Match[str]) -> bool:
    plain = in_capitals(found["given"])
    return plain in given_names() and not is_word_of_place(plain)


def _is_named_long_ago(found: re.Match[str]) -> bool:
    return _is_named(found) and is_long_ago(found)


def _is_of_person(found: re.Match[str]) -> bool:
    """Whether an account is no institution's, nor one of its books."""
    digits = sum(sign.isdigit() for sign in found[0])
    return (
        digits >= 6 and _OF_BOOKS.search(found.string[max(0, found.start() - 40) : found.end() + 40]) is None
    )


_OF_BOOKS = lazy_re(
    in_all_writings(
        r"\b(?:contable|expediente|partida|cooperadora|proveedora?|empresa|srl|sa|club|consorcio"
        r"|ministerio|recaudadora"
        r"|escritural|caja chica|asociacion|fundacion|orden de pago|medidor|poliza)\b"
    )
)

SAYINGS: tuple[tuple[str, str, Callable[[re.Match[str]], bool] | None], ...] = (
    ("address", HOME_OF_KIN, is_home),
    ("address", HOME_OF_FLAT, is_home),
    ("address", HOME_IN_WORDS, is_home),
    ("address", HOME_IN_BLOCK, is_home),
    ("address", HOME_OF_ONE, is_home),
    ("address", HOME_AT_CORNER, is_home),
    ("address", HOME_IN_TOWER, None),
    ("birth-date", BORN_IN_WORDS, is_born),
    ("birth-date", BORN_OF_KIN, is_long_ago),
    ("birth-date", BORN_NAMED, _is_named_long_ago),
    ("birth-date", BIRTHDAY_OF_LONG_AGO, is_born),
    ("dni", DNI_OF_PERSON, None),
    ("dni", DNI_BY_PRINT, None),
    ("dni", DNI_IN_WORDS, None),
    ("cbu", ACCOUNT_IN_WORDS, None),
    ("cbu", ACCOUNT_OF_PERSON, _is_of_person),
    ("card", CARD_END, None),
    ("plate", PLATE_IN_WORDS, None),
)
"""Kind, pattern, and what a match must hold besides."""

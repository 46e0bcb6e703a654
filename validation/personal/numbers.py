"""Numbers of a person that are known by their check digits or by their writing: CBU and CVU, cards,
passports, plates, IP addresses. Each pattern is bounded, so that a text is searched in linear
time."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address

from stdnum import iban, luhn
from stdnum.ar import cbu

from validation.personal.lazily import lazy_re
from validation.personal.re2 import superset_in_re2
from validation.personal.triggers import PlainText, Triggers

_CBU = lazy_re(r"(?<![\w.-])(\d{8})[ -]?(\d{14})(?![\w-])|(?<![\w.-])(\d(?:[ -]?\d){21})(?![\w-])")
_CBU_WORD = lazy_re(r"(?i:\bc\.?\s?[bv]\.?\s?u\b|cbu|cvu)[^\d\n;]{0,25}\d(?:[ ./-]{0,2}\d){21}(?!\d)")
"""After the word 22 digits count with a wrong check digit as well: somebody mistyped."""
_ACCOUNT = lazy_re(
    r"(?i:\bcaja\s(?:de\s)?ahorros?|\bc\.?\s?a\.?\s?(?=n[°º])|\b(?:cta|cuenta)\.?\s(?:de\s)?(?:sueldo"
    r"|bancaria|ahorros?|haberes|personal|judicial))"
    r"[^\d\n;]{0,25}\d(?:[ ./-]?\d){5,}"
)
_TRANSFER = lazy_re(
    r"(?i:transf\w*|deposit\w*|acredit\w*|abonar|pagar|mercado\s?pago|\bmp\b|\bual[aá]\b)[^\n;]{0,25}?"
    r"(?<![\w.@])(?:[A-Z]{3,12}(?:\.[A-Z]{3,12}){1,3}|[a-z]{3,15}\.[a-z]{3,15}\.(?:mp|uala|bna"
    r"|[a-z]{3,12}))(?![\w@])"
)
_ALIAS = lazy_re(
    r"(?i:\balias)(?:\s(?i:cbu|cvu|bancario|de\s(?:la\s)?cuenta|(?:de\s)?mp|es"
    r"|de\smercado\spago))?\W{0,3}[A-Za-z0-9-]{2,20}(?:\.[A-Za-z0-9-]{2,20}){1,4}"
    r"|(?i:\balias)\b[^\n;]{0,45}?(?<![\w.@])[A-Za-z0-9]{3,20}(?:\.[A-Za-z0-9-]{2,20}){2,3}(?![\w@])"
)
_IBAN = lazy_re(r"(?<![\w-])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![\w-])")
_IP6 = lazy_re(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){3,7}(?![\w:])")
_CARD = lazy_re(
    r"(?<![\w./-])((?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6\d{3})([ .-])\d{4}\2\d{4}\2\d{4}|3[47]\d{2}(["
    r" -])\d{6}\3\d{5})"
    r"(?![\w/-])"
)
_CARD_WORD = lazy_re(
    r"(?i:\btarj(?:eta|\.|\b)|visa|master(?:card)?|amex|american express|cabal|naranja|maestro|cr[eé]dito"
    r"|d[eé]bito|\btc\b|\btd\b)"
    r"[^\d\n;]{0,30}(\d(?:[ .-]?\d){12,18})(?!\d)"
)
_CARD_GROUPS = lazy_re(r"\d{4}([ .-])\d{4}\1\d{4}\1\d{4}")
_CARD_WITHIN = lazy_re(r"(?<![\w./-])(?:4\d{15}|5[1-5]\d{14}|3[47]\d{13})(?![\w/-]|[.,]\d)")
_PASSPORT = lazy_re(
    r"(?i:pasaportes?|passport|\bpasap\b|\bpspte?\b|\bppte\b|\bpas\."
    r"|\bpass\b\.?|\bpas(?=:?\s?[A-Z]{3}\s?\d))"
    r"(?:[^\d\n;]{0,25}?"
    r"(?:(?<![A-Za-z])|(?<=(?i:pasaporte)))([A-Za-z0-9]{0,4}[\s-]?\d{3}[ .]?\d{2,6}[A-Z]?)"
    r"|\W{1,3}[A-Z]\d\d[A-Z0-9]{5,6})(?![\w-])"
)
_PASSPORT_BARE = lazy_re(r"(?<![\w/.-])(?:AA[A-Z] ?\d{3}\.?\d{3})(?![\w/-])")  # as Argentina numbers them
_PLATE = (
    r"(?:[A-Z]{2}[ ./-]?\d{3}[ ./-]?[A-Z]{2}|(?:101[ .-]?)?[A-Z]{3}[ ./-]?\d{3}"
    r"|[A-Z][ .-]?\d{3}[ .-]?[A-Z]{3}"
    r"|\d{3}[ ./-]?[A-Z]{3}|101[ .-]?[A-Z]{2}[ .-]?\d{3}[ .-]?[A-Z]{2})"
)
_VEHICLES = (
    r"patentes?|dominios?|chapas?(?:\s+patente)?|matr[ií]cula|autos?|autom[oó]vil|motos?|motocicleta"
    r"|motoveh[ií]culo"
    r"|ciclomotor|scooter|cuatri(?:ciclo)?|veh[ií]culos?|rodado|camioneta|cami[oó]n|coche|furg[oó]n"
    r"|utilitario|acoplado"
    r"|trailer|tr[aá]iler|semirremolque|pick[ -]?up|remis|taxi|combi|micro|[oó]mnibus|colectivo|grúa"
    r"|casa rodante|volquete|fotomultas?|acarreo|particular|rastrojero|manejaba|chata|chatita|autito"
    r"|catramina"
    r"|(?:el|la|un|una|del|al)\s(?:gris|blanc[oa]|negr[oa]|roj[oa]|azul|verde|bord[oó]|plateado|celeste"
    r"|amarill[oa])"
)
_BRANDS = (
    r"fiat|ford|renault|peugeot|citro[eë]n|chevrolet|volkswagen|vw|toyota|honda|yamaha|zanella|motomel"
    r"|gilera|corven|bajaj"
    r"|kawasaki|suzuki|nissan|hyundai|kia|jeep|dodge|chery|mercedes(?: benz)?|bmw|audi|scania|iveco|volvo"
    r"|mitsubishi|guerrero"
    r"|mondial|keller|duna|palio|siena|corsa|clio|kangoo|logan|sandero|duster|megane|escort|fiesta|falcon"
    r"|ranger|ecosport"
    r"|hilux|corolla|etios|cronos|partner|berlingo|amarok|suran|voyage|onix|prisma|cruze|agile|tracker"
    r"|gol|fiorino|strada"
    r"|sprinter|transit|traffic|master|trafic|s10|vento|bora|focus|mondeo|astra|vectra|meriva|zafira|spin"
    r"|tornado|wave|titan"
)
_LEFT = (
    r"mal\s+estacionad|estacionad|abandonad|acarre|secuestrad|remolcad|quemad|sobre\s+(?:la\s+)?(?:vereda"
    r"|rampa|senda)"
    r"|en\s+doble\s+fila|choc[oó]|embisti|atropell|obstruye|tapa\s+(?:la\s+)?(?:rampa|cochera|entrada)"
    r"|robad|sin\s+ruedas"
)
_NO_LETTERS = (
    r"(?:LEY|ART|DEC|RES|ORD|EXP|NRO|NUM|DEL|LOS|LAS|CON|POR|AÑO|OBS|TEL|INT|EST|DTO|OC|OP|LPU|SMP)\b"
)
_PLATE_WORD = lazy_re(
    rf"(?:(?<!\w)(?i:{_VEHICLES}|pat|dom)(?!\w)|(?i:patente|dominio|\bpat\.|\bdom\.))[^\d\n;]{{0,25}}?"
    rf"(?:(?<!\w)|(?<=\.))(?i:{_PLATE})(?!\w)"
    rf"|(?<!\w)(?i:{_BRANDS})(?!\w)[^\n;]{{0,25}}?(?<![\w-])(?:{_PLATE})(?!\w)"
    rf"|(?<![\w-])(?!{_NO_LETTERS})(?:{_PLATE})(?!\w)[^\d\n;]{{0,25}}?(?i:{_LEFT})"
)
_PLATE_BARE = lazy_re(r"(?<![\w/.-])A[A-Z][ -]?\d{3}[ -]?[A-Z]{2}(?![\w/-]|\.\w)")
NEW_PLATE = lazy_re(r"\s*A[A-Z][ -]?\d{3}[ -]?[A-Z]{2}\s*")
"""As cars have them since 2016: hardly any other code looks so."""
WHOLE_PLATE = lazy_re(rf"\s*(?i:{_PLATE})\s*")
WHOLE_PASSPORT = lazy_re(r"\s*[A-Za-z]{0,3}\s?\d{6,9}\s*")
_IP = lazy_re(r"(?:(?<![\w.-])|(?<=\b[Ii][Pp]))(\d{1,3}(?:\.\d{1,3}){3})(?![\w-]|\.\d)")
_IP_WORD = lazy_re(r"(?i:\bip)\W{0,3}$")
_NOT_IP = lazy_re(
    r"(?i:v|ver(?:si[oó]n)?|art(?:[ií]culo)?|inc(?:iso)?|punto|n[°º]|partida|c[oó]digo)\W{0,2}$"
)

MARKS = (
    r"\d(?:[ .\-–]?\d){12}|\b[A-Z]{2}\d{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}"
    r"|(?i:pasaporte|passport|\bpass\b|\bpasap|\bpspte?\b|\bppte\b|\bpas[.: ])|\bAA[A-Z] ?\d{3}\.?\d{3}\b"
    rf"|(?i:{superset_in_re2(_VEHICLES)}|\bpat\b|\bdom\b)[^\n;]{{0,33}}\d{{3}}"
    rf"|\b(?i:{superset_in_re2(_BRANDS)})\b[^\n;]{{0,26}}(?:[A-Z][ ./-]?\d{{3}}|\d{{3}}[ ./-]?[A-Z]{{3}})"
    rf"|(?:[A-Z]{{3}}[ ./-]?\d{{3}}|\d{{3}}[ ./-]?[A-Z]{{3}}"
    rf"|\d{{3}}[ ./-]?[A-Z]{{2}})\b[^\d\n;]{{0,26}}(?i:{superset_in_re2(_LEFT)})"
    r"|\bA[A-Z][ \-–]?\d{3}[ \-–]?[A-Z]{2}\b"
    r"|\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]:[0-9A-Fa-f:]{5}|(?i:\balias)"
    r"|(?i:caja\s(?:de\s)?ahorros?|\bc\.?\s?a\.?\s?n[°º]|\b(?:cta"
    r"|cuenta)\.?\s)[^\n;]{0,40}\d(?:[ ./-]?\d){5}"
    r"|(?i:transf|deposit|acredit|abonar|pagar|mercado\s?pago|\bmp\b"
    r"|\bual[aá])[^\n;]{0,36}[A-Za-z]{3,15}\.[A-Za-z]{3}"
)
"""A superset of what is found here, in RE2's words."""


def number_spans(text: PlainText) -> list[tuple[str, int, int]]:
    """Kind (`cbu`, `card`, `passport`, `plate`, `ip`), start and end of every number in a text."""
    digits = len(_DIGIT.findall(text.text))
    found = [
        (kind, *match.span())
        for number in _WORDED.find(text.words)
        if digits >= _WORDED_PATTERNS[number][2]
        for kind, pattern, _digits, holds in (_WORDED_PATTERNS[number],)
        for match in pattern.finditer(text.text)
        if holds is None or holds(match)
    ]
    return found + [
        (kind, *match.span())
        for kind, pattern, least, holds in _BARE_PATTERNS
        if digits >= least
        for match in pattern.finditer(text.text)
        if holds is None or holds(match)
    ]


def is_cbu(text: str) -> bool:
    """Whether 22 digits are a CBU or CVU by both check digits."""
    digits = re.sub(r"\D", "", text)
    return len(digits) == 22 and len(set(digits)) > 2 and cbu.is_valid(digits)


def is_card(text: str) -> bool:
    """Whether digits are the number of a card, by Luhn and by the length of its brand."""
    digits = re.sub(r"\D", "", text)
    long = 15 if digits.startswith(("34", "37")) else 16
    return len(digits) == long and len(set(digits)) > 2 and digits[0] in "23456" and luhn.is_valid(digits)


def is_public_ip(text: str) -> bool:
    """Whether a cell is the address of a computer on the internet."""
    try:
        return ip_address(text.strip()).is_global
    except ValueError:
        return False


def is_ip(cell: str) -> bool:
    """Whether a cell is the address of a computer, on the internet or within a house."""
    if cell.count(".") != 3 and ":" not in cell:
        return False
    try:
        ip_address(cell.strip())
    except ValueError:
        return False
    return True


def is_sure_ip(cell: str) -> bool:
    """Whether a cell is the address of a computer and no code in four parts: `2.1.1.0` is one of those."""
    if not is_ip(cell):
        return False
    return ":" in cell or sum(int(part) > 31 for part in cell.strip().split(".")) > 1


def is_iban(cell: str) -> bool:
    """Whether a cell is an IBAN by its check digits."""
    text = re.sub(r"[ -]", "", cell)
    return re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text) is not None and iban.is_valid(
        text, check_country=False
    )


def _is_ip(match: re.Match[str]) -> bool:
    """Four numbers are an address after the word, or where one is too large for a paragraph's number."""
    lead = match.string[max(0, match.start() - 14) : match.start()]
    if not is_public_ip(match[1]) or _NOT_IP.search(lead):
        return False
    return bool(_IP_WORD.search(lead)) or max(map(int, match[1].split("."))) > 99


_OF_INSTITUTION = lazy_re(
    r"(?i:\b(?:club|asociaci[oó]n|cooperadora|fundaci[oó]n|institucional|consorcio|parroquia|comedor"
    r"|empresa|srl)\b)"
)
_Holds = Callable[[re.Match[str]], bool] | None
_DIGIT = lazy_re(r"\d")
_WORDED_PATTERNS: tuple[tuple[str, re.Pattern[str], int, _Holds], ...] = (
    ("cbu", _ALIAS, 0, lambda m: not _OF_INSTITUTION.search(m.string)),
    ("cbu", _TRANSFER, 0, None),
    ("cbu", _CBU_WORD, 22, None),
    ("cbu", _ACCOUNT, 6, None),
    ("card", _CARD_WORD, 13, lambda m: is_card(m[1]) or _CARD_GROUPS.fullmatch(m[1]) is not None),
    ("passport", _PASSPORT, 5, None),
    ("plate", _PLATE_WORD, 3, None),
)
"""Kind, pattern, digits that it has at least, and what a match must hold besides: those with words."""
_BARE_PATTERNS: tuple[tuple[str, re.Pattern[str], int, _Holds], ...] = (
    ("cbu", _CBU, 22, lambda m: is_cbu(m[0])),
    ("cbu", _IBAN, 2, lambda m: is_iban(m[0])),
    ("ip", _IP6, 1, lambda m: is_public_ip(m[0])),
    ("card", _CARD, 15, lambda m: is_card(m[1])),
    # a cell of digits alone may be any code: then the column decides
    ("card", _CARD_WITHIN, 15, lambda m: len(m.string) > 17 and is_card(m[0])),
    ("passport", _PASSPORT_BARE, 6, None),
    ("plate", _PLATE_BARE, 3, None),
    ("ip", _IP, 4, lambda m: _is_ip(m)),
)
_WORDED = Triggers([each[1].pattern for each in _WORDED_PATTERNS])

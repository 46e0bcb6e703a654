"""What in a text names a person: CUIT and CUIL, DNI, e-mail, telephone, and a full name beside one of these;
never by length alone.

A number counts by its check digit (CUIT), by its writing (`+54 9 11 …`, `4361-4444`), by the words before it
(`DNI`, `tel.`), or as a document right beside a person's full name. What is missed, on purpose: other bare
numbers, a name that stands alone, what is spelled out ("arroba").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from unicodedata import normalize

from stdnum.ar import cuit

from validation.personal.lazily import lazy_re
from validation.personal.names import given_names, has_name_beside, in_capitals
from validation.personal.numbers import number_spans
from validation.personal.offices import is_office_mailbox, is_office_phone
from validation.personal.people import may_name_somebody, names_somebody
from validation.personal.sayings import may_say_something, saying_kinds
from validation.personal.telephones import telephone_spans
from validation.personal.triggers import PlainText, Triggers
from validation.personal.writings import PERSON, in_all_writings

PERSONAL_KINDS = (
    *("cuit", "dni", "email", "phone", "name", "cbu", "card", "passport", "plate", "ip"),
    *("birth-date", "address", "health", "religion", "union", "child"),
    *("politics", "sexuality", "gender", "origin", "criminal", "social"),
)


# AFIP gives persons these prefixes; 30, 33 and 34 are companies, whose CUIT is public.
PERSONS = frozenset(("20", "23", "24", "25", "26", "27"))
COMPANIES = frozenset(("30", "33", "34"))


_CUIT = lazy_re(
    r"(?:(?<![\w./=-])|(?<=(?i:cui[tl]))[:. -]{0,3})(?:(?i:cui[tl]):?)?(2[034567])((?: ?- ?)|[-."
    r" /]?)(\d{2})(\.?)(\d{3})\4(\d{3})\2(\d)(?![\w/-]|[.,]\d)"
)
_CUIL_BEFORE = lazy_re(r"\b(?i:cuil)(?: es| n(?:ro)?[.°º]*)?\W{0,3}$")
_DNI_NUMBER = r"(?P<number>\d{1,2}\.\d{3}\.\d{3}|\d{1,2} \d{3} \d{3}|\d{7,8})(?!\d|[.,]\d|[-/]\d)"
_AFTER_WORD = (  # right after `DNI` hyphens may stand as well
    r"(?P<number>\d{1,2}[. -]\d{3}[. -]\d{3}|\d{7,8})(?!\d|[.,]\d|[-/]\d)"
)
_MARK = r",?\s{0,3}(?:(?i:n(?:ro|[uú]m(?:ero)?)?)\.?\s{0,3}[°º]?|[°º#])?\s{0,3}[:=-]?\s{0,3}"
_DNI = [
    lazy_re(
        r"(?<!\w)(?i:d\.?n\.?i|documento"
        r"|cuil)\b[^\d\n]{0,60}?(?<![\d$.])(?P<number>\d{1,2}\.\d{3}\.\d{3})(?!\d|[.,]\d)"
    ),
    lazy_re(rf"(?<![A-Za-z])(?i:d\.?\s?n\.?\s?i)(?![A-Za-zÀ-ÿ])\.?[^\d\n;]{{0,30}}?(?<!\d){_AFTER_WORD}"),
    lazy_re(
        r"(?<!\w)(?:(?i:documentos?(?:\s+nacional)?(?:\s+de\s+identidad)?"
        r"|doc(?:\.?\s?nac\w*)?(?:\.?\s?(?:de\s)?ident\w*)?|docu\w{0,5}"
        r"|c[eé]dula(?:\s+de\s+identidad)?|"
        rf"libreta\s+c[ií]vica|libreta\s+de\s+enrolamiento)|L\.?E|L\.?C|M\.?I|D\.?U"
        rf"|C\.?I)\.?{_MARK}{_DNI_NUMBER}"
    ),
    lazy_re(
        r"(?i:\bdoc(?:umento)?)\b\.?(?:\s[^\W\d]{2,14}|,|:){0,4}(?:\s(?i:es|va|figura))\s{1,2}"
        r"(?P<number>\d{1,2}[. -]\d{3}[. -]\d{3}|\d{8})(?!\d|[.,]\d|[-/]\d)"
    ),
    lazy_re(
        r"(?i:\b(?:licencia|carnet|registro)\b)[^\n;$\d]{0,15}(?i:n[°º]"
        r"|nro\.?)\s?(?P<number>\d{2}\.\d{3}\.\d{3})(?!\d|[.,]\d)"
    ),
    lazy_re(
        r"(?<![\w.,/-])(?P<number>\d{1,2}\.\d{3}\.\d{3}|\d{8})(?:\s[^\W\d]{2,14}){0,3}\scomo\s(?i:documento"
        r"|dni)\b"
    ),
    lazy_re(rf"(?<![\w.,/-]){_DNI_NUMBER}\s{{0,3}}\(?\s{{0,3}}(?i:d\.?n\.?i)\b"),
]
_DNI += [
    lazy_re(
        r"(?i:\b(?:documento|c[eé]dula|identidad|doc\.?|dni))(?!\w)[^\n;$]{0,45}?"
        r"(?<![\d$.,/-])(?P<number>\d{1,2}[. ,]\d{3}[. ,]\d{3})(?!\d|[.,]\d|[-/]\d)"
    ),
    lazy_re(
        r"(?<![\w$.,/-])(?P<number>\d{1,2}[. ]\d{3}[. ]\d{3})[^\n;\d$]{0,25}(?i:\bdoc\b|\bdocumento\b"
        r"|\bdni\b|\bidentidad)"
    ),
    lazy_re(r"(?<![\w.,/-])[MFmf]\.?[ -]?(?P<number>\d{1,2}\.\d{3}\.\d{3})(?![\w/-]|[.,]\d)"),
    lazy_re(
        r"(?i:\b(?:el|la|n[°º]|nro\.?|figura|correcto|es)\s)(?P<number>[1-9]\d,\d{3},\d{3})(?![\w/-]"
        r"|[.,]\d|\s?(?i:pesos|habit|usd))"
    ),
]
_DNI += [
    lazy_re(
        r"(?i:\b(?:hom[oó]nim\w{1,3}|renaper|mismo\snombre))\b[^\n;$\d]{0,30}"
        r"(?P<number>\d{1,2}[. ]\d{3}[. ]\d{3}|[1-9]\d{7})(?!\d|[.,]\d|[-/]\d)"
    ),
    lazy_re(
        r"(?<![\w$.,/-])(?P<number>\d{1,2}[. ]\d{3}[. ]\d{3}|[1-9]\d{7})[^\n;\d$]{0,25}(?i:\brenaper"
        r"|\bhom[oó]nim)"
    ),
]
"""With the word further away, with the sex before it, with commas, or where two persons are told apart."""
_NAMED_DNI = lazy_re(
    r"(?<!\w)(?P<given>[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,14})(?:\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,14}){0,3}\s?[,(:]\s?"
    r"(?P<number>\d{1,2}[. ]\d{3}[. ]\d{3}|[1-9]\d{7})(?![\w/-]|[.,]\d|\s?(?i:pesos|habit|usd|m2|metros"
    r"|votos))"
)
"""Right after a given name, with a comma or in parentheses."""
_WHOLE_DNI = lazy_re(
    r"(?:(?i:d\.?n\.?i|l\.?[ec]|c\.?i|d\.?u|m\.?i|doc)\.?:?\s*)?[MF]?\s*\d{1,2}[. ]?\d{3}[. ]?\d{3}(?:\.0)?"
)


_EMAIL = lazy_re(
    r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63} ?@"
    r" ?([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,6})\.([A-Za-z]{2,24})"
    r"(?![\w@-])"
)
_SPELT = lazy_re(
    r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}\s?[(\[]?(?i:\barroba\b|(?<=[(\[])at(?=[)\]]))[)\]]?\s?"
    r"[A-Za-z0-9-]{1,63}\s?[(\[]?(?:\.|(?i:punto|dot))[)\]]?\s?[A-Za-z]{2,24}"
)
_SPELT_WHOLE = lazy_re(
    r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}\s(?i:at|arroba)\s[A-Za-z0-9-]{1,63}\s?(?i:dot"
    r"|punto)\s[A-Za-z]{2,24}"
)
_SPACED = lazy_re(
    r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63} {0,2}@ {0,2}(?i:gmail|hotmail|yahoo|outlook|live|icloud|fibertel"
    r"|speedy|arnet|uolsinectis"
    r"|ciudad|msn) {0,2}\.? {0,2}(?i:com|es|net|ar)\b|[A-Za-z0-9][A-Za-z0-9._-]{2,63} ?(?i:gmail|hotmail"
    r"|yahoo|outlook) ?\. ?(?i:com)\b"
)
"""As somebody spells it: `tomi2001 @gmail . com`."""
_FILES = frozenset(("png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js"))  # "logo@2x.png" is a picture
_DOMAINS = frozenset(("com", "ar", "net", "org", "edu", "es", "uy", "cl", "br", "info"))

_NATIONAL = r"\(?0?\d{2,4}\)?[\s.-]{0,2}(?:15[\s.-]?)?\d{2,4}[\s.-]{0,2}\d{4}"
_AREA = (  # of other cities; those of three and four digits are written whole
    r"0?(?:2[2-9]\d|3[3-8]\d|2[2-9]\d{2}|3[3-8]\d{2})"
)
_LOCAL = r"(?:15[\s.-]?)?\d{4}[\s.-]{0,2}\d{4}"
_STRONG_PHONE = lazy_re(
    rf"(?<![\w.])(?:(?:\+|00)\s?54[\s.-]?(?:9[\s.-]?)?{_NATIONAL}|\(0\d{{2,4}}\)[\s.-]?{_LOCAL}|"
    r"011[\s-](?:15[\s-]?)?\d{4}[\s-]\d{4}|15[ -][2-7]\d{3}[ -]\d{4}|"
    r"15-\d{4}-\d{4}|(?:9[ -])?11[ -]\d{4}-\d{4}|(?:9[ -])?11[ -][2-7]\d{3} ?\d{4}|\(0?\d{2,4}\)"
    r" ?\d{3,4}[ -]\d{4}|"
    rf"{_AREA}[ -]15[ -]?\d{{6,8}}|{_AREA}[ -]\d{{6,7}}|"
    rf"{_AREA} 15\d[ -]\d{{5,6}}|\(\d{{3,4}}\) ?15[ -]?\d{{2,3}}[ -]?\d{{4}}|[4]\d{{3}}[ -]\d{{4}} \(tel|"
    rf"{_AREA}-(?:15-?)?\d{{2,4}}-?\d{{4}}|{_AREA} (?:15[ -]?)?\d{{2,4}}-\d{{4}})(?![\w-])"
)
_PHONE = lazy_re(
    r"(?<![A-Za-zÀ-ÿ])(?i:tel(?:[eé]fonos?|efono)?s?|cel(?:u|us|ular(?:es)?)?|m[oó]vil(?:es)?|whats?app|wsp"
    r"|wpp|wapp|fono|"
    r"llam(?:ar(?:l[oae])?|e|en|ando)|comunicarse|contactar(?:se|l[oae])?|abonad[oa]|hablar\scon"
    r"|avis(?:ar|en|e)(?:l[ae])?|(?:su|mi)\sn[uú]mero(?:\ses)?|no\scontesta\sel|anotar|mensaje"
    r"|responder|ubicarl[oa]|particular|contacto)\b"
    rf"[^\d\n;]{{0,20}}(?<!\d)(?P<number>{_NATIONAL}|{_LOCAL}|\d\.\d{{3}}\.\d{{4}}"
    rf"|\+?\d(?:[\s.()-]{{0,2}}\d){{9,12}})(?![\d])"
)
_SEVEN = lazy_re(r"\d(?:\.?\d){6}")
_PERSON_DNI = lazy_re(
    rf"{in_all_writings(rf'(?<![a-z]){PERSON}(?![a-z])')}[^\w$]{{1,3}}(?:[dD]\.?\s)?(?P<number>\d{{1,2}}\.\d{{3}}\.\d{{3}}"
    rf"|[1-9]\d{{7}})(?![\d/-]|[.,]\d)"
)
_PERSON_PHONE = lazy_re(
    rf"{in_all_writings(rf'(?<![a-z])(?:{PERSON}|duen[oa]|encargad[oa]|herman[oa]|contacto|cel|tel)(?![a-z])')}[^\d\n;]{{0,30}}"
    r"(?<![\d$.,/-])(?P<number>(?:0?11|15|2[2-9]\d|3[3-8]\d)\d{7,8})(?![\d/]|[.,]\d)"
)
"""Ten digits in a row beside a word for a person."""
_WHOLE_PHONE = lazy_re(rf"(?<![\d.])(?:(?:\+|00)?\s?54[\s.-]?(?:9[\s.-]?)?)?(?:{_NATIONAL}|{_LOCAL})(?!\d)")
LEAD = 60
"""Characters before a number in which a word may say that it is a file's."""
HOUSES = 200
"""Two numbers that are no further apart are the houses of a block, or years."""
_FREE = lazy_re(r"0?(?:800|810|822|600)")  # lines of an organization


# A telephone of the city, or a document, without a word that says so
_BARE_PHONE = lazy_re(r"(?<![\w./-])(?P<first>[2-8]\d{3})-(?P<second>\d{4})(?![\w/-]|\.\d)")
_BARE_DNI = lazy_re(
    r"(?<![\w.,/-])(?<![$°º]\s)(?:\d{1,2}\.\d{3}\.\d{3}|\d{7,8})"
    r"(?![\w/-]|[.,]\d|\s*(?:m2|m²|mts?|metros|pesos|%))"
)
_FILE = lazy_re(  # after these words a number is that of a file, a contract, a rule
    r"(?i:\b(?:n[°º]|nros?|n[uú]m\w*|exp\w*|ex|lic\w*|lpu|contrat\w*|res\w*|ley|dec\w*|disp\w*|ord\w*"
    r"|c[oó]d\w*|"
    r"partida|art\w*|a[nñ]os?|inventario|inv)\W*|\$\s*)$"
)


_ALIKE = str.maketrans(
    dict.fromkeys("–—‐‑‒−﹣－", "-")
    | dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")
    | {"＠": "@"}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")
)
_NAMELESS = frozenset(("plate", "ip"))  # beside them stands the name of a street as often


_SHAPE = lazy_re(
    r"\s*+(?:MULTI)?(?:POINT|LINESTRING|POLYGON)(?:[(),\s]"
    r"|-?\d{1,3}+(?:\.\d++)?+(?![\d.]))++",
    re.IGNORECASE,
)
"""Shapes in WKT, of degrees alone: long, and about nobody."""


SENTENCE = r"\S\s+\S"
"""What the classifier hears: sentences, and not codes and addresses of pages."""
_BLANK = lazy_re(SENTENCE)
_WORD = lazy_re(r"[^\W\d_]{2}")
_GDE = lazy_re(r"\s*[A-Z]{2,6}-\d{4}-\d{5,9}-\s?-?[A-Z0-9#-]{2,30}\s*")
"""The number of a file, as the city's system gives it: `EX-2021-12345678- -GCABA-DGIUR`."""


def find_kinds(text: str, *, of_place: bool = False) -> set[str]:
    """The kinds of personal data in a text; in time linear in its length. `of_place`: of a column of streets
    or institutions, whose names are those of persons."""
    if _SHAPE.fullmatch(text) or _GDE.fullmatch(text):
        return set()
    text = in_plain_signs(text)
    read = PlainText(text)
    spans = list(_spans(read))
    found = {kind for kind, _start, _end in spans}
    if any(has_name_beside(text, start, end) for kind, start, end in spans if kind not in _NAMELESS):
        found.add("name")
    if "dni" not in found and any(_is_document(text, match) for match in _BARE_DNI.finditer(text)):
        found |= {"dni", "name"}
    if not of_place and "name" not in found and names_somebody(read):
        found.add("name")
    return found | saying_kinds(read)


def is_sentence(text: str) -> bool:
    """Whether a text has a word and something else, and is no shape of a map and no number of a file."""
    return bool(_WORD.search(text) and _BLANK.search(text)) and not (
        _SHAPE.fullmatch(text) or _GDE.fullmatch(text)
    )


def speaks_of_persons(text: str, *, of_place: bool = False) -> bool:
    """Whether a text in plain signs says something of a person or names one, in words, or has a number
    beside a word for one. `of_place`: as in `find_kinds`."""
    read = PlainText(text)
    if (not of_place and names_somebody(read)) or saying_kinds(read):
        return True
    if _IN_WORDS.search(read.plain) and any(telephone_spans(read)):
        return True
    beside = _PERSON_WORDS.find(read.words) if _SEVEN.search(text) else ()
    return any(_BESIDE_PERSONS[number][1].search(text) for number in beside)


def may_speak_of_persons(text: str, *, of_place: bool = False) -> bool:
    """Whether any text with these words, whatever its numbers, can be one that `speaks_of_persons`."""
    read = PlainText(text)
    return (
        (not of_place and may_name_somebody(read))
        or may_say_something(read)
        or _PERSON_WORDS.can_find(read)
        or _IN_WORDS.search(read.plain) is not None
    )


def in_plain_signs(text: str) -> str:
    """With hyphens and blanks of one kind, letters with their accents, and nothing unseen."""
    return text if text.isascii() else normalize("NFC", text).translate(_ALIKE)


def _spans(text: PlainText) -> Iterator[tuple[str, int, int]]:
    """Every identifier: kind, start, end."""
    many = len(_DIGIT.findall(text.text)) >= LEAST_DIGITS
    tried = _PATTERNS if many else _MAILS if _MAIL_SIGNS.search(text.plain) else ()
    beside = _PERSON_WORDS.find(text.words) if many and _SEVEN.search(text.text) else ()
    for kind, pattern, holds in (*tried, *(_BESIDE_PERSONS[number] for number in sorted(beside))):
        for match in pattern.finditer(text.text):
            if holds(match):
                yield kind, *match.span()
    if many or _IN_WORDS.search(text.plain):
        yield from (
            ("phone", start, end)
            for start, end in telephone_spans(text)
            if not is_office_phone(text.text, start, end)
        )
    yield from number_spans(text)


def _is_called_cuil(found: re.Match[str]) -> bool:
    """Whether a number that begins as a person's stands right after its word: one digit wrong, it is a CUIL
    all the same."""
    return found[1] in PERSONS and _CUIL_BEFORE.search(found.string[: found.start(1)][-20:]) is not None


def is_person_cuit(digits: str) -> bool:
    """Whether eleven digits are a CUIT or CUIL with a person's prefix and the right check digit."""
    return digits[:2] in PERSONS and cuit.calc_check_digit(digits[:-1]) == digits[-1]


def is_company_cuit(digits: str) -> bool:
    return digits[:2] in COMPANIES and cuit.calc_check_digit(digits[:-1]) == digits[-1]


def is_whole_dni(text: str) -> bool:
    """Whether a cell of a column of documents is a DNI."""
    cell = text.strip().translate(_ALIKE)
    return _WHOLE_DNI.fullmatch(cell) is not None and _is_dni(cell.removesuffix(".0"))


def is_whole_phone(text: str) -> bool:
    """Whether a cell of a column of telephones has one."""
    return any(_is_phone(match[0], 8) for match in _WHOLE_PHONE.finditer(text))


def _is_dni(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    return len(digits) in (7, 8) and int(digits) >= 1_000_000 and len(set(digits)) > 1


def _is_phone(number: str, least: int) -> bool:
    digits = re.sub(r"\D", "", number)
    return least <= len(digits) <= 15 and not _FREE.match(digits) and len(set(digits)) > 1


def _is_personal_address(match: re.Match[str]) -> bool:
    """Whether an address is no picture's name and no mailbox of an office."""
    spaced = " @" in match[0] or "@ " in match[0]
    if spaced and match[2].lower() not in _DOMAINS:
        return False
    return match[2].lower() not in _FILES and not is_office_mailbox(match[0])


def _is_document(text: str, match: re.Match[str]) -> bool:
    """Whether a bare number, right beside a person's full name, is that person's."""
    return (
        _is_dni(match[0])
        and not _FILE.search(text[max(0, match.start() - LEAD) : match.start()])
        and has_name_beside(text, *match.span(), near=3, sure=True)
    )


def _lead(match: re.Match[str]) -> str:
    """What stands before a match, as far as it can matter: a text is searched in linear time."""
    return match.string[max(0, match.start() - LEAD) : match.start()]


def _is_of_office(match: re.Match[str]) -> bool:
    return is_office_phone(match.string, *match.span("number"))


def _is_national_phone(match: re.Match[str]) -> bool:
    """Whether a number with its area code is no file's: a file's has a word before it, or a year within."""
    years = re.match(r"0?\d{2,4}[ -](?:19|20)\d{2}-\d{4}$", match[0])
    return _is_phone(match[0], 10) and not years and not _is_filed(match)


def _is_filed(match: re.Match[str]) -> bool:
    """Whether the words before a number say that it is a file's, or an office's telephone."""
    lead = _lead(match)
    return _FILE.search(lead) is not None or is_office_phone(match.string, *match.span())


def _is_local_phone(match: re.Match[str]) -> bool:
    """Whether two numbers of four digits are no range of years or of houses, no file's, and do not begin with
    a year, as `2024-0001`."""
    apart = abs(int(match["first"]) - int(match["second"]))
    numbered = 1990 <= int(match["first"]) < 2040
    return apart > HOUSES and not numbered and not _is_filed(match) and _is_phone(match[0], 8)


_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    (
        "cuit",
        _CUIT,
        lambda match: is_person_cuit("".join(match.group(1, 3, 5, 6, 7))) or _is_called_cuil(match),
    ),
    *(("dni", pattern, lambda match: _is_dni(match["number"])) for pattern in _DNI),
    (
        "dni",
        _NAMED_DNI,
        lambda match: _is_dni(match["number"]) and in_capitals(match["given"]) in given_names(),
    ),
    ("email", _EMAIL, _is_personal_address),
    ("email", _SPELT, lambda match: True),
    ("email", _SPACED, lambda match: True),
    ("email", _SPELT_WHOLE, lambda match: True),
    ("phone", _STRONG_PHONE, lambda match: _is_national_phone(match)),
    ("phone", _BARE_PHONE, _is_local_phone),
    ("phone", _PHONE, lambda match: _is_phone(match["number"], 8) and not _is_of_office(match)),
)


_BESIDE_PERSONS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    ("dni", _PERSON_DNI, lambda match: _is_dni(match["number"])),
    ("phone", _PERSON_PHONE, lambda match: _is_phone(match["number"], 10)),
)
_PERSON_WORDS = Triggers([pattern.pattern for _kind, pattern, _holds in _BESIDE_PERSONS])
_MAILS = tuple(each for each in _PATTERNS if each[0] == "email")
_MAIL_SIGNS = lazy_re(r"@|arroba|[(\[\s]at[)\]\s]|gmail|hotmail|yahoo|outlook")
_DIGIT = lazy_re(r"\d")
_IN_WORDS = lazy_re(r"\b(?:once|quince)\b")
"""How a telephone begins that is said in words."""
LEAST_DIGITS = 7
"""Of a document, a telephone, a CUIT."""

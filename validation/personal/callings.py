"""Names of persons whose surname no list has: a given name and a capitalised word where a sentence speaks of
somebody (`su vecino de al lado, Gonzalo Petruccelli`, `Requerido: Abel Unzaga, no vino`).

A given name alone proves little: streets, schools and works are called after persons as well, so that the
words before the name must lead to a person, and those after it to no house and no corner.
"""

from __future__ import annotations

import re

from validation.personal.deeds import CAPITAL as _CAPITAL
from validation.personal.deeds import NAME as _NAME
from validation.personal.deeds import NAMED, does_or_is, has_initial
from validation.personal.lazily import lazy_re
from validation.personal.names import (
    COMPANY_AFTER,
    NAMED_PREMISES,
    PLACES,
    PREMISES,
    clause_before,
    given_names,
    in_capitals,
    is_given_name,
    is_ordinary_word,
    is_word_of_place,
    nicknames,
    surnames,
)
from validation.personal.triggers import PlainText
from validation.personal.writings import OWNER, PERSON, in_all_writings

_SMALL = r"[a-záéíóúñü]{1,15}"
_ROLES = (
    rf"(?:{PERSON}|{OWNER}|viud[oa]|maestr[oa]|profesora?|encargad[oa]|porter[oa]|propietari[oa]|duen[oa]"
    rf"|cunad[oa]"
    r"|niet[oa]|yerno|nuera|prim[oa]|companer[oa]|jubilad[oa]|pte|pcte|resp|responsable|requerid[oa]"
    r"|reclamad[oa]"
    r"|citad[oa]|firman|firma|firmado|propone|apoya|modera|asisten|asiste|asistio|presentes|representa"
    r"|vecinos|testigos"
    r"|notific\w{1,6}|autoriz\w{1,6}|fallecid[oa]|extraviad[oa]|donante|heredera|herederos?|albacea"
    r"|inquilinos|socios"
    r"|agentes|choferes|operari[oa]|cocinera|enfermera|psicologa|trabajadora|ausente|reemplaza|suplente"
    r"|retira|retiro"
    r"|cobra|pago|trajo|trae|dejo|deja|perdio|entrego|recibio|atendio|abrio|cerro|firmo|lo hizo|encontro)"
)
_THINGS = (
    r"(?:nota|clave|llave|llaves|cesion|permiso|expediente|tramite|solicitud|descargo|recurso|queja|mensaje"
    r"|llamado"
    r"|perr[oa]|gat[oa]|celular|bolso|mochila|firma|cumple|cumpleanos|casamiento|boda|velorio|sepelio"
    r"|pension"
    r"|jubilacion|turno|licencia|ausencia|reemplazo|suplencia|declaracion|testimonio|dni|boleta|campera"
    r"|paraguas"
    r"|legajo|historial|ficha|denuncia|reclamo|deuda|sueldo|usuario|cuenta|anos|donacion|comparendo|recibo"
    r"|factura"
    r"|departamento|depto|dpto|auto|coche|moto|camioneta|bici|bicicleta|carrito|medianera|balcon|terraza"
    r"|pieza"
    r"|habitacion|cochera|felicitacion|felicitaciones|agradecimiento|planilla|curriculum|cv|consulta|pedido"
    r"|mail|correo"
    r"|domicilio|documento|cedula|credencial|carnet|partida|carpeta|valija|billetera|cartera|anteojos"
    r"|receta|hijo|hija)"
)
_FORMS = (
    lazy_re(  # a word for a person, and small words between
        rf"{in_all_writings(rf'(?<![a-z]){_ROLES}(?![a-z])')}\.?(?P<between>[\s,:(“\"-]{{1,3}}(?:{_SMALL}[\s,:(“\"-]{{1,3}}){{0,5}}?)"
        rf"{_NAME}"
    ),
    lazy_re(
        rf"{in_all_writings(rf'(?<![a-z]){_THINGS}(?![a-z])')}(?P<between>\s(?:{_SMALL}\s){{0,2}}?(?:de|del"
        rf"|a|x|por)\s(?:el\s|la\s)?)"
        rf"{_NAME}"
    ),
    lazy_re(rf"(?P<between>(?:^\W{{0,3}}|\.\s){_CAPITAL}(?:\s{_SMALL}){{0,2}}\s?:\s?){_NAME}"),
    lazy_re(
        rf"(?P<between>(?i:\blo\sde|\ben\snombre\sde|\bseg[uú]n|\bgracias\sa|\bojo\scon|\ba\scargo\sde"
        rf"|\bpermiso\sde|\ben\slugar\sde|\bde\sparte\sde|(?:prest|d[ie]j|entreg|devolv|ped|cobr|alquil"
        rf"|vend)\w{{1,4}}(?:\s{_SMALL}){{0,4}}\sa)\s){_NAME}"
    ),
    lazy_re(rf"(?P<between>[a-záéíóúñ]\s?:\s){_NAME}(?:\s{_CAPITAL})?(?=\W*$|[,;(])"),
    lazy_re(rf"(?P<between>\()\s?{_NAME}(?:\s{_CAPITAL})?\s?\)"),
)
_NICKNAMED = lazy_re(
    r"(?<!\w)(?:[Ee]l|[Ll]a|al"
    rf"|del)\s[\"“']?(?P<given>{_CAPITAL})[\"”']?\s(?P<last>{_CAPITAL})"
)
_DON = lazy_re(rf"(?<![\w.])(?:[Dd]on|[Dd]oña)\s(?P<given>{_CAPITAL})(?=,|\s[a-záéíóúñ]|\.\s)")
_FAMILY = lazy_re(rf"\b(?:de|a|con|lo\sde)\slos\s(?P<last>{_CAPITAL})\b(?!\s[A-ZÁÉÍÓÚÑ\d])")
_INITIAL = lazy_re(
    rf"{in_all_writings(rf'(?<![a-z])(?!pte){_ROLES}(?![a-z])')}\.?[\s,:(]{{1,3}}[A-Z]\.\s?(?P<last>{_CAPITAL})"
)
_LISTED = lazy_re(
    r"^\W{0,3}(?P<last>[A-ZÁÉÍÓÚÑ]{3,15})(?:,?\s(?P<given>[A-ZÁÉÍÓÚÑ]{3,15}))(?:\s[A-ZÁÉÍÓÚÑ]{2,15})?\s?[-–:,(]\s?[a-záéíóúñ]"
)
_TURNED = lazy_re(
    r"(?<=[a-záéíóúñ:,] )(?:(?:DEL?|DI|DA|LA|LOS|VON"
    r"|MC)\s){0,2}(?P<last>[A-ZÁÉÍÓÚÑ]{4,15}),?\s(?P<given>[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,15})(?!\w)"
)
_DOER = lazy_re(
    rf"^\W{{0,3}}{_NAME}(?:\sy\ssu\s(?:pareja|marido|mujer|espos[oa]|hij[oa]|madre|padre|familia)|"
    r"\s(?:no\s)?(?:duerme|vive|ocupa|tira|debe|cuida|acepta|falt[aó]|avis[aó]|se\s(?:present|neg|retir|fue"
    r"|ausent|quej)\w*"
    r"|rindi[oó]|renunci[aó]|cobr[aó]|pag[aó]|tiene\s\d|cumple))"
)
_HOUSE_AFTER = lazy_re(
    r",?\s{0,3}(?:\d{1,5}(?![\d.:/hH-])(?!\s?(?i:a[ñn]os))|(?i:al)\s\d{2,5}"
    r"|(?i:esq\w*|entre|e/|av\.|avda\.|calle)|\s?-\s?[A-Z])"
)
_NOT_LED_TEXT = """
en sobre entre hasta desde hacia esquina esq calle frente av avda obra obras autor autora libro titulo
pelicula tema
musica disco elenco direccion dirigida homenaje memoria premio premios aniversario natalicio nombres denominar
imponer denominacion honor estatua busto placa mural muestra exposicion retrato novela poemas
escritor escritora actor actriz cantante musico pianista compositor compositora escultor escultora arquitecto
arquitecta cineasta periodista historiador historiadora dramaturgo bailarina bailarin muralista fotografo
fotografa
humorista cantautor cantautora guitarrista bandoneonista
ejemplo ejemplos propuestas artistas autores temas lectura ciclo cuento poesia poesias ensayo film biografia
letra guion coreografia concierto recital lugar sede estacion linea ramal ex presidente general doctor sala
beca
"""
NOT_LED = frozenset(_NOT_LED_TEXT.split())
_FAMOUS_TEXT = """
BELGRANO RIVADAVIA SARMIENTO MITRE PERON EVITA ALFONSIN ALBERDI URQUIZA ROSAS STORNI WALSH BORGES CORTAZAR
GARDEL HOUSSAY FAVALORO LELOIR QUINQUELA PIAZZOLLA LUGONES GUEVARA MARADONA MESSI GARAY AVELLANEDA
PELLEGRINI YRIGOYEN ALVEAR SABATO CASTELLI MONTEAGUDO BROWN GUEMES DORREGO LAVALLE GÜIRALDES GUIRALDES
DARIN SPINETTA CERATI GOYENECHE TROILO DISCEPOLO KIRCHNER MILEI MACRI LARRETA MASSA BULLRICH NEWBERY
FANGIO VILAS SABATINI JAURETCHE OLMOS MUGICA BERGOGLIO HERNANDEZ FIERRO
"""
FAMOUS = frozenset(_FAMOUS_TEXT.split())
"""Whose names streets, schools and squares bear, and who are known to all."""
_NO_SURNAME_TEXT = """
JUSTO MARTIN BERNI BERKINS ANTONIO CALVO PRIVADO PUBLICO CIVIL SOCIAL NACIONAL MUNICIPAL NORTE SUR ESTE
OESTE CENTRO HALLADO ENERO FEBRERO MARZO ABRIL MAYO JUNIO JULIO AGOSTO SEPTIEMBRE OCTUBRE NOVIEMBRE
DICIEMBRE LUNES MARTES JUEVES VIERNES
"""
_NO_SURNAME = FAMOUS | frozenset(_NO_SURNAME_TEXT.split())
_UNSURE = frozenset(
    ("REYES", "ANGELES", "SANTOS", "INCAS", "ANDES", "MUSEOS", "ROBLES", "CAMPOS", "PATOS", "LAGOS")
)
_INITIALS = lazy_re(r"[\s:(][A-Z]\.\s?[A-ZÁÉÍÓÚÑ]")
"""Of a name such as `R. Paz`."""


def may_call_somebody(text: PlainText, *, given: bool) -> bool:
    """Whether a text can be one that `is_somebody_called` finds; `given`: it has a given name."""
    if len(text.words) < 2:
        return False
    return given or "los" in text.words or _INITIALS.search(text.text) is not None


def is_somebody_called(text: PlainText) -> bool:
    """Whether a text in which capitals tell names apart calls somebody by name; the words of the text say
    beforehand whether there is a given name in it at all."""
    said = text.text
    if any(_is_called(said, found) for form in _FORMS for found in form.finditer(said)):
        return True
    if has_initial(said) or any(_acts(said, found) for found in NAMED.finditer(said)):
        return True
    if any(
        in_capitals(found["given"]) in nicknames() and _is_last(said, found)
        for found in _NICKNAMED.finditer(said)
    ):
        return True
    if any(
        is_given_name(in_capitals(found["given"])) and _is_led(said, found.start()) and _no_house(said, found)
        for found in _DON.finditer(said)
    ):
        return True
    if any(_is_family(said, found) for found in _FAMILY.finditer(said)):
        return True
    if any(_is_last(said, found) and _is_led(said, found.start("last")) for found in _INITIAL.finditer(said)):
        return True
    listed = _LISTED.match(said)
    if (
        listed
        and in_capitals(listed["last"]) in surnames()
        and _is_turned(listed)
        and not _HOUSE_AFTER.match(said, listed.end("given"))
    ):
        return True
    if any(_is_turned(found) and _is_led(said, found.start(), 1) for found in _TURNED.finditer(said)):
        return True
    doer = _DOER.match(said)
    return bool(doer and _is_given(doer["given"]) and _is_last(said, doer))


def _is_called(text: str, found: re.Match[str]) -> bool:
    if not _is_given(found["given"]) or not _is_last(text, found):
        return False
    return _is_led(text, found.start("given"))


def _acts(text: str, found: re.Match[str]) -> bool:
    """Whether somebody with a given name does something, or is said to be somebody."""
    given = in_capitals(found["given"])
    if not (_is_given(given) or given in nicknames()) or not _is_last(text, found):
        return False
    start = found.start("given")
    return _is_led(text, start) and does_or_is(text, found, clause_before(text, start))


def _is_given(word: str) -> bool:
    plain = in_capitals(word)
    return (
        plain in given_names()
        and not is_word_of_place(plain)
        and plain not in PREMISES
        and plain not in _VIRTUES
    )


_VIRTUES_TEXT = """
LUZ ROSA BLANCA PAZ FLORES CRUZ LEON REY ALBA ALMA GLORIA ROSARIO PILAR DOLORES CONSUELO MERCEDES REMEDIOS
SANTOS
PASTOR LUJAN LUNA MILAGROS MORENO BRAVO SOLEDAD VICTORIA AMPARO VERA SALA MANZANO OLIVA ROCA MARTIN SAN
ABRIL MAYO
JULIO ESTE PRIMO JESUS MAR SOL CIELO AMERICA ARGENTINA ITALIA FRANCIA LIBERTAD FELIZ LINDA PLACIDO SEVERO
MODESTO
JUSTO PURA LEAL CLARO ROMA LOURDES PARIS VIDA NOE TRINIDAD ASUNCION LIBRE CLARA FE LEY ALVEAR PERLA NATIVIDAD
"""
_VIRTUES = frozenset(_VIRTUES_TEXT.split())
"""Given names that are as often words or places."""


def _is_last(text: str, found: re.Match[str]) -> bool:
    """Whether a capitalised word can be a surname, and no house, corner or company follows."""
    plain = in_capitals(found["last"])
    if plain in _NO_SURNAME or plain in PLACES or plain in PREMISES or is_word_of_place(plain):
        return False
    if is_ordinary_word(plain) and plain not in surnames() and not is_given_name(plain):
        return False
    rest = text[found.end("last") : found.end("last") + 40]
    more = re.match(rf"(?:\s(?:de\s(?:la\s)?)?{_CAPITAL}){{0,2}}", rest)
    after = rest[more.end() :] if more else rest
    if more and any(in_capitals(word) in _NO_SURNAME for word in more[0].split()):
        return False
    return not (_HOUSE_AFTER.match(rest) or _HOUSE_AFTER.match(after) or COMPANY_AFTER.match(after))


def _is_led(text: str, start: int, near: int = 3) -> bool:
    """Whether none of the words before a name leads to a street, an institution or a work."""
    words = re.findall(r"[^\W\d_]+", clause_before(text, start).rpartition("(")[2])
    if any(in_capitals(word).lower() in NOT_LED for word in words[-near:]):
        return False
    plain = [in_capitals(word) for word in words[-5:] if word.lower() not in ("pte", "pcte")]
    return not any(is_word_of_place(word) or word in NAMED_PREMISES for word in plain)


def _no_house(text: str, found: re.Match[str]) -> bool:
    return not _HOUSE_AFTER.match(text, found.end()) and not re.match(
        r"\s(?:y|e"
        r"|de)\s",
        text[found.end() :],
    )


def _is_family(text: str, found: re.Match[str]) -> bool:
    plain = in_capitals(found["last"])
    return (
        plain in surnames()
        and plain not in _UNSURE
        and not is_given_name(plain)
        and _is_last(text, found)
        and _is_led(text, found.start())
    )


def _is_turned(found: re.Match[str]) -> bool:
    """Whether a surname in capitals stands before a given name."""
    last = in_capitals(found["last"])
    known = last in surnames() or not is_ordinary_word(last)
    place = last in PREMISES or last in PLACES
    return known and not is_given_name(last) and not place and _is_given(found["given"])

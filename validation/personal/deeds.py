"""Names of persons by what a sentence says that they do (`condujo el móvil Ramiro Alzogaray`), and by who
they are said to be right after (`Norberto Ghiglione, jubilado`).

The surname may be in no list. Streets, schools and works bear names as well: a verb counts only where nothing
between it and the name leads to a street, and only verbs of persons count.
"""

from __future__ import annotations

import re
from functools import cache

from validation.personal.lazily import lazy_re
from validation.personal.names import in_capitals, is_given_name, nicknames
from validation.personal.triggers import in_plain_letters
from validation.personal.writings import PERSON, in_plain_writing

CAPITAL = r"[A-ZÁÉÍÓÚÑ][\wáéíóúñüÁÉÍÓÚÑÜ'’]{2,20}"
NAME = (
    rf"(?P<given>{CAPITAL})(?:\s[A-ZÁÉÍÓÚÑ]\.|\s[\"“'][^\W\d_]{{2,12}}[\"”'])?(?:\s(?:de|del|De|Del"
    rf"|de\sla))?\s(?P<last>{CAPITAL})"
)
"""A given name and a surname, an initial or a nickname between them."""
NAMED = lazy_re(rf"(?<![\w.’'-])(?={NAME})")

_VERBS_AR_TEXT = """
manejar coordinar reemplazar guiar tocar explicar avisar llamar hablar llevar dejar esperar firmar anotar
limpiar
cuidar ayudar contar comentar preguntar consultar reclamar solicitar denunciar informar relatar declarar
aclarar
entregar retirar olvidar prestar pagar cobrar comprar trabajar estudiar cursar faltar renunciar mudar alquilar
acompañar visitar arreglar cocinar enseñar animar quejar enojar autorizar aceptar rechazar felicitar
saludar votar viajar estacionar insultar amenazar gritar entrevistar notificar ubicar participar asesorar
ingresar
conversar charlar gestionar tramitar cargar buscar enviar mandar contestar adjuntar donar pasear abonar juntar
lavar barrer invitar retar convocar delegar lesionar golpear internar consolar vacunar anotar postular
intimar multar demorar identificar trasladar derivar asistir infraccionar
"""
_VERBS_ER_TEXT = """
barrer atender vender responder correr deber perder ofrecer agradecer recibir asistir concurrir
compartir insistir discutir vivir
"""
_OTHER_FORMS_TEXT = """
conduce conducen condujo condujeron conducia conduciendo trae traen trajo trajeron traia tiene tenia tuvo
hace hizo
hicieron quiere queria quiso sabe sabia ve vio vieron iba va fue pide piden pidio pidieron dice dicen dijo
dijeron
abre abrio viene vienen vino vinieron venia refiere refirio sugiere sugirio duerme dormia durmio riega
regaba rego regar cuenta prueba encuentra encontraron apareció juega jugo jugaba corresponde corresponden
sale salio
agrede agredio agredieron niega nego propone propuso atiende atienden atendio pierde perdio estuvo estaba
estan
manifiesta manifesto expone expuso barre pone puso ponen pusieron puse reconoce reconocio hallo hallaron
encontro vuelve volvio entro avisarle decirle pedirle preguntarle llamarlo llamarla esperando
"""


@cache
def _verbs() -> frozenset[str]:
    """Forms of verbs that persons do, in small letters without accents."""
    ar = "a an o aron aba aban ando ar arle arles arlo arla arse ada ado"
    er = "e en io ieron ia ian iendo er ir erle erlo erla"
    forms = set(in_plain_letters(_OTHER_FORMS_TEXT).split())
    for verbs, endings in ((_VERBS_AR_TEXT, ar), (_VERBS_ER_TEXT, er)):
        stems = [verb[:-2] for verb in in_plain_letters(verbs).split()]
        forms |= {stem + ending for stem in stems for ending in endings.split()}
    return frozenset(forms - _NO_VERBS)


_NO_VERBS_TEXT = """
entrada parada llamada consulta visita firma deuda carga lectura anotado juntas junta mira multa compra
llamado entregado
paseo paseos reclamo cargo pago pagos faja presente entre dona donas contado toca guia guias
estaciona estacionan estaciono estacionado estacionada estacionando ubica ubican ubicado ubicada
reemplazado trasladado trasladada trasladan derivado derivada derivan
"""
_NO_VERBS = frozenset(_NO_VERBS_TEXT.split())
"""Forms that are nouns as often, or are done to streets as well."""
_TO_STREETS_TEXT = """
en sobre por hasta hacia desde entre y e o de del frente esquina esq calle av avenida al segun
"""
_TO_STREETS = frozenset(_TO_STREETS_TEXT.split())
"""Words that lead from a verb to a street."""
BACK = 4
"""Words before a name among which its verb stands."""

_TELLS_TEXT = """
decir pedir avisar llamar hablar firmar contar comentar preguntar consultar reclamar solicitar denunciar
informar
manifestar declarar aclarar retirar olvidar prestar pagar cobrar faltar renunciar acompañar cuidar aceptar
quejar
agradecer felicitar insultar amenazar insistir entregar llevar dejar explicar mandar relatar invitar autorizar
"""
_TELLS = lazy_re(
    r"\s(?:no\s|se\s|le\s|lo\s|la\s|nos\s|me\s|les\s|ya\s|tambien\s"
    r"|todavia\s)*(?P<verb>[a-z]{3,14})\b(?P<rest>\s\w+)?"
)

_LODGING = (
    r"(?:\d|primer|segundo|tercer|cuarto|quinto|sexto|pb\b|fondo|kiosco|almacen|box|esquina|al lado|turno"
    r"|lado\b|depto"
    r"|departamento|dpto|planta baja|edificio de|piso|local de al|puesto)"
)
_JOBS = (
    r"(?:jubilad[oa]|pensionad[oa]|moz[oa]|kiosquer[oa]|almacener[oa]|panader[oa]|carnicer[oa]|verduler[oa]"
    r"|remiser[oa]"
    r"|taxista|colectiver[oa]|camioner[oa]|cartoner[oa]|enfermer[oa]|medic[oa]|psicolog[oa]|maestr[oa]"
    r"|preceptora?"
    r"|director[a]? (?:de la|del) (?:escuela|jardin)|capataz|sereno|alban[ilea]+|plomero|gasista"
    r"|electricista|pintor de"
    r"|modista|costurera|peluquer[oa]|ninera|cuidadora?|mucama|portero|portera|encargad[oa]|administradora?"
    r"|consorcista"
    r"|vecin[oa]s?|inquilin[oa]|propietari[oa]|duen[oa]|frentista|bibliotecari[oa]|coordinadora?|tallerista"
    r"|guardavidas"
    r"|cajer[oa]|vigiladora?|custodio|supervisora?|subgerente|gerente de|viud[oa]|ama de casa|desocupad[oa]"
    r"|estudiante|alumn[oa]|menor|referente|feriante|puester[oa]|artesan[oa]|presidenta? de(?:l"
    r"| la) (?:consorcio"
    r"|cooperadora|club)|tesorer[oa]|delegad[oa]|nacid[oa]|domiciliad[oa]|internad[oa]|detenid[oa]"
    r"|herid[oa]|ausente)"
)
_PUBLIC = r"(?!autora?\b|poeta|artista|deportista|jugadora?\b|ganadora?|premiad|docente y escri)"
BESIDE = lazy_re(
    in_plain_writing(
        rf"\s?(?:,|\(|–|-) ?(?:(?:el|la|un|una|mi|su|tu|ex|nuestr[oa]) )?(?:joven )?(?:{_PUBLIC}{PERSON}"
        rf"|{_JOBS})\b"
        rf"|\s?, ?(?:el|la) (?:del?|mas|que|otr[oa]|mayor|menor|chic[oa])\b"
        rf"|\s?, ?del? (?:la |el )?{_LODGING}"
        r"|\s?, ?(?:de|con) \d{1,2} (?:anos|meses)|\s?, ?\d{1,2} anos\b"
        r"|\s?, ?(?:que (?:es|era|fue|seria) (?:quien|a quien)|que (?:vive|no|ya|se|vino|dice|esta"
        r"|trabaja|es (?:el|la))|quien)\b"
        r"|\s?, ?de (?:al lado|enfrente|arriba|abajo|la vuelta|primer|segundo|tercer|cuarto|quinto|sexto"
        r"|septimo)\b"
    )
)
"""After a name: who somebody is, or where he is to be found."""
_TO_SOMEBODY = lazy_re(r"(?:^|[.;:]\s)[Aa]\s$")
_TO_WHOM = lazy_re(r"(?:,|\s(?:se|le|lo|la|no|nunca|les|me|ya))\b")
INITIAL = lazy_re(
    r"(?:(?<=[a-záéíóúñ]\s)|(?<=[\"“(:]\s)|(?<=[\"“(])|^)(?P<given>[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20})\s[A-Z]\."
    r"(?=,\s[a-záéíóúñ]|\)|$|\s[a-záéíóúñ(])(?!\s(?:de|del|y|e)\s[A-ZÁÉÍÓÚÑ]|\s[^\W\d]+\s\d{2,5}\b)"
)
"""A given name with the initial of a surname: `Thiago R., categoría 2015`."""


def does_or_is(text: str, found: re.Match[str], before: str) -> bool:
    """Whether a name, whose surname nothing forbids, is that of somebody who does something, or of whom it is
    said who he is. `before` is what stands before it in its clause."""
    words = re.findall(r"[^\W\d_]+", _PAUSE.split(before)[-1])
    plain = [in_plain_letters(word) for word in words if word is words[0] or word[0].islower()]
    end = _end_of_name(text, found.end("last"))
    last = plain[-1] if plain else ""
    if last not in _TO_STREETS or last in ("de", "del", "y"):
        beside = BESIDE.match(in_plain_letters(text[end : end + 40]))
        if beside and (last not in ("de", "del", "y") or not _IN_PLACES.match(beside[0])):
            return True
    if _BY_WHOM.match(text, end) or _acts_before(plain):
        return True
    if _TO_SOMEBODY.search(text[: found.start("given")]) and _TO_WHOM.match(text, end):
        return True
    return last not in _TO_STREETS and _tells_after(text, found, end)


_BY_WHOM = lazy_re(r",\s(?:que\s(?:es|era|fue|ser[ií]a)\s)?(?:a\s|con\s)?quien\s")
_PAUSE = lazy_re(r"[,:(“\"»]")
_IN_PLACES = lazy_re(r"\W*del?\b")


def _end_of_name(text: str, end: int) -> int:
    more = re.match(rf"(?:\s(?:de\s(?:la\s)?|del\s)?{CAPITAL}){{0,2}}", text[end : end + 60])
    return end + (more.end() if more else 0)


def _acts_before(plain: list[str]) -> bool:
    """Whether a verb of persons stands before a name, and no word after it leads to a street."""
    for back, word in enumerate(reversed(plain[-BACK:])):
        if word in _TO_STREETS and (back == 0 or word not in ("de", "del", "por")):
            return False
        if word in _verbs() and not (word in ("abre", "abrio") and plain[-back - 2 : -back - 1] == ["se"]):
            return True
    return False


@cache
def _telling() -> frozenset[str]:
    verbs = in_plain_letters(_TELLS_TEXT).split()
    stems = {verb[:-2] for verb in verbs}
    irregular = (
        "dice dijo pide pidio manifiesta manifesto vino viene trajo quiere sabe cree cuenta nego niega"
    )
    forms = {form for form in _verbs() if any(form.startswith(stem) for stem in stems)}
    return frozenset((forms | set(irregular.split())) - _NO_VERBS)


def _tells_after(text: str, found: re.Match[str], end: int) -> bool:
    """Whether somebody says or does something after his name, which begins a clause."""
    lead = text[: found.start("given")].rstrip()
    if lead and lead[-1] not in '.,;:(¡¿"“':
        return False
    told = _TELLS.match(in_plain_letters(text[end : end + 60]))
    if not told:
        return False
    return told["verb"] in _telling() or (told["verb"] == "quedo" and told["rest"] == " en")


def has_initial(text: str) -> bool:
    """Whether somebody stands there with his given name and an initial."""
    return any(
        is_given_name(in_capitals(found["given"]))
        and in_capitals(found["given"]) not in nicknames()
        and not _led_to_street(text, found.start())
        for found in INITIAL.finditer(text)
    )


def _led_to_street(text: str, start: int) -> bool:
    """Whether the word before leads to a street, or is one of a longer name."""
    words = re.findall(r"[^\W\d_]+", text[max(0, start - 40) : start])
    return bool(words) and (words[-1][0].isupper() or in_plain_letters(words[-1]) in _TO_STREETS)

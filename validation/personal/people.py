"""Names of persons in a sentence, without a number beside them: after a title (`la Sra. Paz`), a role
(`vecina`, `titular:`), a kinship, or beside what only persons do (`habló con …`, `… reclama`).

Capitals tell a name where others are small; elsewhere the lists of given names and surnames do. Streets,
schools, laws and companies bear the names of persons too: words before and after them say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from validation.personal.callings import FAMOUS, NOT_LED, is_somebody_called, may_call_somebody
from validation.personal.lazily import lazy_re
from validation.personal.names import (
    COMPANY_AFTER,
    CORNERS,
    LABELS,
    NAMED_AFTER,
    NAMED_PREMISES,
    PLACES,
    PREMISES,
    STREET_SIGNS,
    WINDOW,
    clause_before,
    given_names,
    in_capitals,
    is_given_name,
    is_ordinary_word,
    is_word_of_place,
    nicknames,
    surnames,
)
from validation.personal.triggers import KNOWN_WORDS, PlainText, Triggers
from validation.personal.writings import in_all_writings, in_plain_writing

_TITLES = (
    r"(?:sra?|srta|sres|sras|sr/a|sr\(a\)|senor(?:a|es|as|ita)?|don|dona|dra?|dres|ing|arq|lic|licenciad[oa]"
    r"|prof|profa|cdora?|cr|abog|farm|odont|psic|mtro|mtra)\b\.?"
)
_SOMEBODY = (
    r"(?:vecin[oa]s?(?:/[oa])?|denunciad[oa]s?|inquilin[oa]s?|frentistas?|pacientes?|alumn[oa]s?|estudiantes?"
    r"|beneficiari[oa]s?|victimas?|damnificad[oa]s?|testigos?|imputad[oa]s?|detenid[oa]s?|acusad[oa]s?"
    r"|agresora?|chofer|peaton|ciclista|motociclista|pasajer[oa]s?|abuel[oa]s?|familiar(?:es)?"
    r"|inspectora?(?:es)?|agente|operadora?|encargad[oa]s?|porter[oa]|emplead[oa]s?|medic[oa]|enfermer[oa]"
    r"|docente|administradora?|abogad[oa]|escriban[oa]|capataz|sereno|jubilad[oa]s?|ocupantes?"
    r"|locatari[oa]s?|feriantes?|vendedora?|mantero|artesan[oa]|interesad[oa]s?|requirente|postulantes?"
    r"|becari[oa]s?|usuari[oa]s?|ciudadan[oa]s?|contribuyentes?|causante|hereder[oa]s?|afiliad[oa]s?"
    r"|llamante|consultante|compareciente|apoderad[oa]s?|garante|fiadora?|firmantes?|denunciantes?"
    r"|reclamantes?|recurrentes?|adjudicatari[oa]s?|conductora?|accidentad[oa]s?|lesionad[oa]s?"
    r"|fallecid[oa]s?|occis[oa]|extraviad[oa]s?|desaparecid[oa]s?|internad[oa]s?|familia|flia|fam"
    r"|asistente social|trabajadora? social|joven|menor|nin[oa]|nen[ea]|adolescente|infractora?"
    r"|puester[oa]|plomero|gasista|electricista|albanil|cerrajero|jardinero|fletero|remisero|mozo|moza"
    r"|cociner[oa]|soci[oa]|auxiliar|president[ea] de mesa(?: designad[oa])?)\b\.?"
)
_KIN = (
    r"(?:espos[oa]|marido|mujer|conyuge|concubin[oa]|pareja|novi[oa]|hij[oa]s?|herman[oa]s?|niet[oa]s?"
    r"|sobrin[oa]s?|suegr[oa]|cunad[oa]|nuera|yerno|cuidadora?|tutora?|amig[oa]"
    r"|hijastr[oa]|progenitora?|conviviente|(?:su|mi|la|el|de) (?:madre|padre|mama|papa|ti[oa]|prim[oa]"
    r"|madrina|padrino|companer[oa]) de"
    r"|(?:su|mi) (?:madre|padre|mama|papa|ti[oa]|prim[oa]|madrina|padrino|companer[oa]))\b"
)
_OWNERS = (
    r"(?:titular(?:es)?|propietari[oa]s?|duen[oa]s?|responsables?|contactos?|solicitantes?|tenedora?"
    r"|locadora?"
    r"|referentes?|remitente|rte|destinatari[oa]|resp|representante|firma(?:nte)?|socio|cliente"
    r"|apellidos? y nombres?|nombres? y apellidos?|nombre completo|nombres?(?= ?:)|apellidos?(?= ?:)"
    r"|apenom|ap\. y nom"
    r"|ayn|nya|atte|attn?|fdo|cto|ref)\b\.?"
)
_BY = (
    r"(?:(?:present|ped|pid|solicit|denunci|inform|envi|retir|carg|ingres|tom|relev|verific|acompan|recib"
    r"|atend|dej|entreg|tra|llev|don|report|hall|encontr|inici|abon|pag|cobr|firm|suscri|visit|notific|cuid"
    r"|alquil|ocup|usurp|agred|golpe|molest|amenaz|arregl|cos|tej|vend|compr|reclam|gestion|autoriz"
    r"|aport|escrib|redact|refer|mencion|nombr|sembr|plant|cocin)(?:[ai]d|aid)[oa]s?)"
)
_VERBS = (
    r"(?:habl(?:o|e|amos|ar|aron|ado) con|preguntar por|preguntando por|(?:se |me )?comuni(?:co|que|ca"
    r"|carse)(?: con)?"
    r"|contact(?:ar|o|e)(?:se|l[oa])?(?: con| a)?|llam(?:o|a|ar|aron|ado|ada)(?: a| de)?|atend(?:io|er"
    r"|iendo)(?: a)?"
    r"|atiende(?: a)?|recibi(?:o|mos)(?: a| de)?|recibe(?: la inspeccion)?|reunion con|reunirse con"
    r"|felicitar a|entrevist(?:o|a|e|ar)(?: a| con)?|visit(?:o|a|ar) a"
    r"|notific(?:o|ar|a) a|citar? a|cito a|se (?:presento|presenta|acerco|apersono|retiro|nego)"
    r"|concurr(?:io|e)"
    r"|solicit(?:a|o|an)|pid(?:e|io|en)|a pedido de|por pedido de|pedido de|reclam(?:a|o|an|o de)"
    r"|reclamo de|denuncia(?:n)?(?: de| por)?|denuncio|inform(?:a|o)|manif(?:iesta|esto)|ref(?:iere|irio)"
    r"|relat(?:a|o)|dice|dijo|indic(?:a|o)|avis(?:a|o|ar|o de)(?: a)?|envi(?:a|o)|escrib(?:e|io)|firm(?:a"
    r"|o|ad[oa]s?)"
    r"|suscri(?:be|bio|pto|pta)|present(?:a|o)|retira|se retiro|entreg(?:o|ar|ado|ada|a) a|junto (?:a|con)"
    r"|en representacion de|a nombre de|a favor de|de parte de|a la atencion de|derivad[oa] a|derivar a"
    r"|turno (?:para|de)|cita (?:de|para)|legajo de|historia clinica de|certificado de|partida de"
    r"|dni de|tel(?:efono|\.)? de|cel(?:ular|\.)? de|mail de|domicilio de|pago a|abonar a|transferir a"
    r"|depositar a|cobr(?:a|o)|percibe|me llamo|mi nombre es|se llaman?|llamad[oa]|alquila a"
    r"|una? tal|recibi(?: conforme)?|conforme|quej[ao] es de|queja de|reclamo es de|pedido es de"
    r"|llamarse|se llama|que l[aoe] llamen?|saludos? de|caso de|cosas? de|pertenencias de|bolso de|sobre de"
    r"|cumple(?:anos)? (?:sorpresa )?de|su autora?|beneficiari[oa]s?|poliza de|seguro de vida de"
    r"|nos (?:recib|atend|abr)(?:e|io)|lo tiene|la tiene|en lo de|en la casa(?: de)?|en casa de|a la orden de"
    r"|endosad[oa] a|emitid[oa] a|asignad[oa] a|prestad[oa] a|dirigid[oa] a|recibo de|cargo de|certifica que"
    r"|consta que|dejo constancia que|que dice ser|identificad[oa] como|individualizad[oa] como|agend[ao] a"
    r"|carpeta de|boleta de|carnet de|receta de|remito de|custodia de|guarda de|retir[oa] sus cosas"
    rf"|quejas? de|consult(?:a|o)(?: de)?|soy|vive|{_BY} por)\b"
)
_FILLERS = (
    r"(?:(?:de|del|el|la|los|las|al|a|con|por|es|fue|seria|era|su|mi|y|e|no|que|actuante|particular|frentista|mayor"
    r"|social|edificio|llamad[oa]|de nombre|interviniente|cargo|local|comercio|turno"
    rf"|can|perro|perra|gato|gata|animal|vecin[oa]s?|encargad[oa]|denunciad[oa]|inquilin[oa]|joven"
    rf"|nin[oa]|nen[ea]|menor|{_KIN}"
    rf"|{_TITLES})(?=\W))"
)
_LEADS = tuple(
    (kind, in_plain_writing(rf"\b{words}"))
    for kind, words in (
        ("title", _TITLES),
        ("role", _SOMEBODY),
        ("role", _KIN),
        ("owner", _OWNERS),
        ("verb", _VERBS),
    )
)
_LEAD = lazy_re("|".join(f"(?P<k{at}>{pattern})" for at, (_kind, pattern) in enumerate(_LEADS)))
_SKIP = r"(?:\s{0,3}[:(\"“,–-]\s{0,3}|\s{1,3})"
_FILLED = lazy_re(in_plain_writing(rf"(?: ?\d{{1,3}} ?%)?{_SKIP}(?:{_FILLERS}\.?{_SKIP}){{0,4}}"))
"""Between such a word and the name."""

_TOKEN = lazy_re(r"[^\W\d_][^\W\d_'’´]*")
_BETWEEN = lazy_re(r"\s?[\"“'(][^\W\d_]{2,12}[\"”')]\s?|\s{1,3}|,\s{0,2}|\.\s{0,2}|-")
_PARTICLES_TEXT = """
DE DEL LA LAS LOS DA DI DOS VON VAN SAN SANTA MC
"""
_PARTICLES = frozenset(_PARTICLES_TEXT.split())
_WORDS_TOO_TEXT = """
LUZ ROSA BLANCA PAZ FLORES CAMPOS CRUZ PLAZA RIOS ROJO LEON REY PINO CASAS ALBA ALMA ANGEL GLORIA ROSARIO
PILAR DOLORES CONSUELO MERCEDES REMEDIOS SANTOS PASTOR PRADO GUERRA MARINO LUJAN PARRA CABALLERO LUNA
MILAGROS CASTILLO TORRES ROBLES MORENO DELGADO BRAVO SOLEDAD VICTORIA SOCORRO AMPARO PUENTE LLAVE VERA
MESA SALA CALVO GALLO CUERVO TORO MANZANO OLIVA PALMA ROCA FUENTE FUENTES RIO MONTES VALLE LAGO COSTA
ARENA BARRIOS MARTIN PORTERO HERRERO ZAPATA CONDE BUENO GRANDE RUBIO BLANCO FRANCO CARO SERENO LIBRE SALE
SON UNA ESTE
"""
_WORDS_TOO = frozenset(_WORDS_TOO_TEXT.split())
"""Names that are as often words: without capitals one of them is none."""
_POSITIONS_TEXT = """
COMUNERO DIRECTOR DIRECTORA MINISTRO MINISTRA JEFE JEFA PRESIDENTE PRESIDENTA JUEZ JUEZA INTENDENTE
GOBERNADOR SECRETARIO SECRETARIA SUBSECRETARIO DIPUTADO DIPUTADA LEGISLADOR LEGISLADORA VECINO VECINA
ADMINISTRADOR INSPECTOR FISCAL DEFENSOR DEFENSORA ESCRIBANO CONSUL EMBAJADOR COMISARIO ENCARGADO TITULAR
GENERAL VICEPRESIDENTE ALCALDE RECTOR RECTORA DECANO PADRE MADRE PROPIETARIO DUENO INQUILINO VISITANTE
CONTRIBUYENTE USUARIO CLIENTE PASAJERO CONDUCTOR PEATON GERENTE COORDINADOR RESPONSABLE AGENTE
"""
_POSITIONS = frozenset(_POSITIONS_TEXT.split())
_LADY = lazy_re(r"(?i:sra?|srta|se[ñn]ora?|se[ñn]orita)\W*$")
_HEROES = frozenset(["MENDOZA", "BOSCO", "TORCUATO", "ORIONE", "QUIJOTE", "CRISTOBAL"])
_AFTER = lazy_re(
    r",?\s{0,3}(?:\d{1,5}(?![\d.:/hH-])(?!\s?(?i:a[ñn]os))|(?i:al)\s\d{2,5}|(?i:esq\w*|entre|e/)\b)"
)
"""After a name: a house number or a corner, so that it is a street's."""
_AFTER_TITLE = lazy_re(r"\s{1,3}(?i:y|e)\s{1,3}(?:[A-Z][a-z]{1,4}\.\s?)?[A-ZÁÉÍÓÚÑ]")
_NAMED_SO = lazy_re(
    in_all_writings(r"^(?:apellidos? y|nombres? y|nombre completo|nombre|me llamo|mi nombre|se llama)")
)
_HONOUR = lazy_re(
    r"(?i:declar|reconoc|liderad|encabezad|creador|inventor|homenaj|conmemor|destacad|hu[eé]sped|fundad"
    r"|dirigid|ilustre|m[eé]rito|aniversario|trayectoria"
    r"|repudi|benepl[aá]cito|fallecimiento\sdel|nacimiento\sdel|centenario|placa|bandeja|distinci|diploma"
    r"|premi|designa|denomin|in\smemoriam)"
)
"""Before a name: somebody is honoured, or known to all."""
_LEAD_TO_STREETS_TEXT = """
EN POR SOBRE ENTRE Y E HASTA DESDE A AL DE DEL LA EL LAS LOS ESQ O FRENTE HACIA TIPO SEGUN
"""
_LEAD_TO_STREETS = frozenset(_LEAD_TO_STREETS_TEXT.split())
_ACTS = lazy_re(
    r"^(?!FACHADA|ENTRADA|PARADA|JORNADA|BAJADA|ESTADO|MERCADO|POBLADO|ALUMBRADO|EMBAJADA|AVENIDA|CORTADA"
    r"|EXPLANADA|CALZADA"
    r"|PARTIDO|SALIDA|BRIGADA|LLEGADA|CAMINATA|ARBOLADO|VALLADO|CERCADO|CUADRADO|LLAMADA"
    r"|TEMPORADA)\w+(?:AD[OA]|ID[OA])$"
)
_DOES = in_all_writings(
    r"(?:,|\(|-|–)? ?(?:reclam[ao]|solicit[ao]|denunci[ao]|manifiesta|manifesto|refiere|refirio|inform[ao]\b"
    r"|se (?:presento|presenta|comunic[ao]|acerco|apersono|queja|quejo|opone|niega)|llam[oa]\b|pid(?:e|io)\b"
    r"|dice|dijo|indic[ao]\b|avis[ao]\b|vecin[oa]|inquilin[oa]|frentista|titular|propietari[oa]|duen[oa]"
    r"|encargad[oa]|damnificad[oa]|denunciante|reclamante|solicitante|concurr(?:io|e)|retir[ao]\b|autoriza"
    r"|cobr[ao]\b|percibe|consult[ao]\b|vive|domicili|padece|nacid[oa]|de \d\d anos)"
)
_TWO_NAMES = (
    r"[A-ZÁÉÍÓÚÑ][\wáéíóúñ'’]{1,20}(?:,?\s(?:de\s(?:la\s)?|DE\s(?:LA\s)?)?[A-ZÁÉÍÓÚÑ][\wáéíóúñ'’]{1,20}){1,4}"
)
_DOER = lazy_re(rf"(?<![\w.])(?P<name>{_TWO_NAMES}){_DOES}")
_TWO = lazy_re(rf"(?<![\w.’'-])(?:[^\W\d_]{{2,20}}\.?\s){_TWO_NAMES}")
_NEVER_LISTED = rf"\b(?:{_TITLES}|apellidos? y|nombres? y|nombre completo|nombre|me llamo|mi nombre|se llama)"
"""Words after which a name may stand that no list has."""
_TRIGGERS = Triggers([_LEAD.pattern, in_plain_writing(_NEVER_LISTED), _DOES])


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def plain(self) -> str:
        return in_capitals(self.text)

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def is_given(self) -> bool:
        return is_given_name(self.plain)

    @property
    def is_surname(self) -> bool:
        return self.plain in surnames()

    @property
    def is_known(self) -> bool:
        return self.is_given or self.is_surname

    @property
    def is_sure(self) -> bool:
        """Whether it is hardly anything but a name."""
        return self.plain not in _WORDS_TOO


class _Listed(dict[str, int]):
    """Of words in plain letters whether they are a name in the lists: 0 none, 1 a surname, 2 a given
    name."""

    def __missing__(self, word: str) -> int:
        if len(self) > KNOWN_WORDS:
            self.clear()
        given, last = _names_in_plain_letters()
        self[word] = 2 if word in given else 1 if word in last else 0
        return self[word]


_LISTED = _Listed()


@cache
def _names_in_plain_letters() -> tuple[frozenset[str], frozenset[str]]:
    """Given names and surnames as the words of a plain text: a Ñ is an n, and O'BRIEN two words."""
    given, last = (
        frozenset(word for name in names for word in PlainText(name).words)
        for names in (given_names() | nicknames(), surnames())
    )
    return given, last


@dataclass(frozen=True)
class _Signs:
    """What of names can be in a text: one after a word, one that stands alone, one before what persons do."""

    after_word: bool
    alone: bool
    acts: bool
    called: bool


def _signs_of(text: PlainText) -> _Signs:
    listed = [kind for word in text.words if (kind := _LISTED[word])]
    there = _TRIGGERS.find(text.words)
    full = len(listed) > 1 and 2 in listed
    return _Signs(
        0 in there and (bool(listed) or 1 in there),
        full,
        acts=full and 2 in there,
        called=may_call_somebody(text, given=2 in listed),
    )


def may_name_somebody(text: PlainText) -> bool:
    """Whether a text of these words, whatever its numbers, can name a person."""
    signs = _signs_of(text)
    return signs.after_word or signs.alone or signs.called


def names_somebody(text: PlainText) -> bool:
    """Whether a text names a person."""
    signs = _signs_of(text)
    if not (signs.after_word or signs.alone or signs.called):
        return False
    mixed = is_mixed(text.text)
    if signs.after_word and _follows_a_word(text, mixed):
        return True
    if signs.alone and mixed and any(_stands_alone(text.text, found) for found in _TWO.finditer(text.text)):
        return True
    if signs.acts and any(_does(text.text, found) for found in _DOER.finditer(text.text)):
        return True
    return signs.called and mixed and is_somebody_called(text)


def _follows_a_word(text: PlainText, mixed: bool) -> bool:
    """Whether a name stands after a word that leads to one."""
    for lead in _LEAD.finditer(text.plain):
        kind = _LEADS[int(lead.lastgroup[1:])][0] if lead.lastgroup else ""
        filled = _FILLED.match(text.plain, lead.end())
        if filled is not None and _is_named(text.text, lead, filled.end(), kind, mixed):
            return True
    return False


def is_mixed(text: str) -> bool:
    """Whether capitals tell names from other words."""
    words = [word for word in _TOKEN.findall(text[: 4 * WINDOW]) if len(word) > 3]
    capitals = sum(word[0].isupper() for word in words)
    return not text.isupper() and (len(words) < 10 or capitals < 0.7 * len(words))


def _is_named(text: str, lead: re.Match[str], place: int, kind: str, mixed: bool) -> bool:
    words = _read_words(text, place, mixed)
    if not words or _is_of_place(text, lead, words, kind, mixed):
        return False
    rest = text[words[-1].end : words[-1].end + WINDOW]
    if COMPANY_AFTER.match(rest) or _AFTER.match(rest) or (kind == "title" and _AFTER_TITLE.match(rest)):
        return False
    real = [word for word in words if word.plain not in _PARTICLES]
    if _is_full(real, kind, lead[0], mixed):
        return True
    return _is_single(text, lead, real, words, kind)


def _is_full(words: list[_Word], kind: str, said: str, mixed: bool) -> bool:
    """Whether words are a given name and a surname, or nearly so after a word for persons."""
    if len(words) < 2 or any(is_ordinary_word(word.plain) and not word.is_known for word in words):
        return False
    given = [word for word in words if word.is_given]
    capitals = mixed and all(word.is_capital for word in words)
    if not capitals and not (_NAMED_SO.search(said) and all(word.text.isupper() for word in words)):
        return bool(
            given
            and any(word.is_sure for word in given)
            and any(other.is_known for other in words if other is not given[0])
        )
    if given or _NAMED_SO.search(said):
        return True
    if _LADY.search(said) and not any(word.plain in _POSITIONS for word in words):
        return True
    return kind in ("role", "title") and any(word.is_surname and word.is_sure for word in words)


def _is_single(text: str, lead: re.Match[str], real: list[_Word], words: list[_Word], kind: str) -> bool:
    """Whether a surname stands alone, or with an initial, after a title, a family, or an article with one."""
    said = in_capitals(lead[0]).rstrip(". ")
    if not real or words[0].plain in _PARTICLES or not real[0].is_capital:
        return False
    initial = re.match(r"\.?\s[A-Z]\.", text[real[-1].end : real[-1].end + 4]) is not None
    if len(real) > 1 and not any(len(word.text) == 1 for word in real):
        return False
    name = max(real, key=lambda word: len(word.text))
    if len(name.text) < 3 or name.plain in _POSITIONS or is_ordinary_word(name.plain):
        return False
    if said in ("FAMILIA", "FLIA", "FAM"):
        return name.is_surname and name.is_sure
    if initial or len(real) > 1:
        return kind in ("role", "title") and name.is_surname
    if kind != "title" or text.isupper() or said in ("DON", "DONA", "ESC", "PROF", "CR"):
        return False
    article = re.search(
        r"(?i:\b(?:el|la|al|del|los|las|a)\s)$", text[max(0, lead.start() - 5) : lead.start()]
    )
    if re.match(r"\s[A-ZÁÉÍÓÚÑ]", text[real[-1].end : real[-1].end + 2]):
        return False
    return (name.is_known and name.is_sure) or article is not None


def _read_words(text: str, place: int, mixed: bool) -> list[_Word]:
    """The words of a name that begins at a place: capitalised ones, or else those that the lists have."""
    words: list[_Word] = []
    while len(words) < 7:
        found = _TOKEN.match(text, place)
        if not found:
            break
        word = _Word(found[0], *found.span())
        particle = bool(words) and word.plain in _PARTICLES
        if not particle and not _goes_on(word, words, mixed):
            break
        words.append(word)
        gap = _BETWEEN.match(text, found.end())
        if not gap or (gap[0].startswith(".") and len(word.text) > 3):
            break
        place = gap.end()
    while words and words[-1].plain in _PARTICLES:
        words.pop()
    return words


def _goes_on(word: _Word, words: list[_Word], mixed: bool) -> bool:
    if word.plain in LABELS:
        return False
    if mixed and (not words or words[0].is_capital):
        return word.is_capital or (not words and word.is_known)
    return word.is_known or (len(word.text) == 1 and (word.is_capital or bool(words)))


def _is_of_place(text: str, lead: re.Match[str], words: list[_Word], kind: str, mixed: bool) -> bool:
    """Whether a street, a school, a shop or a law bears the name."""
    if words[0].plain in PLACES or any(is_word_of_place(word.plain) for word in words):
        return True
    start = words[0].start
    if _HONOUR.search(text[max(0, lead.start() - 4 * WINDOW) : lead.start()]):
        return True
    between = [in_capitals(word) for word in _TOKEN.findall(text[lead.end() : start])]
    if any(word not in ("Y", "E") and (word in PLACES or word in NAMED_PREMISES) for word in between):
        return True
    before = text[max(0, lead.start() - 70) : lead.start()]
    around = [in_capitals(word) for word in _TOKEN.findall(clause_before(text, lead.start()))]
    if kind == "verb" and not STREET_SIGNS.isdisjoint(around):
        return True
    if kind != "title":
        while around and around[-1] in ("DE", "DEL", "LA", "LAS", "LOS", "EL"):
            around.pop()
        return bool(around) and around[-1] in NAMED_AFTER
    if re.search(r"[Nn][°º.]?\s*\d+\W*$|\d\W{0,3}$", before) or words[-1].plain in _HEROES:
        return True
    if around and around[-1] in ("Y", "E"):
        return True
    article = around and around[-1] in ("EL", "LA", "AL", "LOS", "LAS", "POR", "CON", "A")
    return any(word in NAMED_AFTER or word in CORNERS for word in (around[-2:] if article else around))


def _stands_alone(text: str, found: re.Match[str]) -> bool:
    """Whether a given name and a surname, both listed, stand after a word of a sentence that leads to no
    street: `el peón Ramón Villalba`, `reunirse con Mariela Tolosa`."""
    lead, *name = [_Word(word[0], word.start(), word.end()) for word in _TOKEN.finditer(text, *found.span())]
    real = [word for word in name if word.plain not in _PARTICLES]
    if (
        not 2 <= len(real) <= 4
        or not all(word.is_known for word in real)
        or any(len(word.text) < 3 for word in real)
    ):
        return False
    if not (real[0].is_given or real[-1].is_given) or not any(
        word.is_given and word.is_sure for word in real
    ):
        return False
    if lead.plain.lower() in NOT_LED or lead.plain in _LEAD_TO_STREETS | NAMED_AFTER | CORNERS:
        return False
    if lead.is_capital and not (lead.start == 0 and _ACTS.search(lead.plain)):
        return False
    if any(is_word_of_place(word.plain) or word.plain in FAMOUS or word.plain in PREMISES for word in real):
        return False
    rest = text[found.end() : found.end() + WINDOW]
    before = text[max(0, lead.start - 4 * WINDOW) : lead.start]
    around = [in_capitals(word) for word in _TOKEN.findall(before[-40:])[-3:]]
    named = any(word in NAMED_AFTER or word in CORNERS for word in around)
    honour = _HONOUR.search(before) or _HONOUR.search(lead.text)
    return not (
        named or honour or COMPANY_AFTER.match(rest) or _AFTER.match(rest) or _AFTER_TITLE.match(rest)
    )


def _does(text: str, found: re.Match[str]) -> bool:
    """Whether capitalised words before what persons do are a given name and a surname, both listed."""
    words = [_Word(word[0], word.start(), word.end()) for word in _TOKEN.finditer(text, *found.span("name"))]
    real = [word for word in words if word.plain not in _PARTICLES]
    for start in range(len(real) - 1):
        name = real[start:]
        if not all(word.is_known for word in name) or not any(
            word.is_given and word.is_sure for word in name
        ):
            continue
        before = [in_capitals(word) for word in _TOKEN.findall(text[: name[0].start])[-2:]]
        return (PLACES | PREMISES).isdisjoint(before) and not any(
            is_word_of_place(word.plain) for word in name
        )
    return False

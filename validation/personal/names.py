"""Whether a full name of a person stands beside an identifier: not a street's, a school's or a company's,
though those were persons too.

A name counts where one of its words is a given name, or where it stands right before the identifier, or after
a word such as "vecina"; not after a word such as "Av." or "Escuela", nor before a house number or a corner.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from validation.personal.lazily import lazy_re

NEAR = 30
"""Characters before and after an identifier in which a full name is looked for."""
WINDOW = 150
"""Characters before and after that are looked at: a name begins and ends within them."""
_WORD = r"[A-ZÁÉÍÓÚÑÜ](?:[a-záéíóúñüç']+|[A-ZÁÉÍÓÚÑÜ']+)"
_NAME = lazy_re(
    rf"(?<!\w){_WORD}(?:,?\s+(?:(?:de|del|la|las|los|da|di|von|van|DE|DEL|LA|LOS)\s+){{0,2}}{_WORD}){{1,5}}"
)

# Capitalised words beside a name that are not part of it
_LABELS_TEXT = """
DNI CUIT CUIL TEL TELEFONO CELULAR CEL EMAIL MAIL CORREO CONTACTO WHATSAPP DOCUMENTO DOC NRO NUMERO
EXPEDIENTE LEGAJO SR SRA SRES DR DRA ING ARQ LIC LLAMAR TITULAR VECINO VECINA SEÑOR SEÑORA DE DEL LA LAS
LOS
"""
LABELS = frozenset(_LABELS_TEXT.split())

# Words after which a name is that of a place, an office, a work or a company
_PLACES_TEXT = """
AV AVENIDA AVDA CALLE PASAJE PJE PASEO DIAGONAL BULEVAR BOULEVARD AUTOPISTA RUTA PUENTE BARRIO COMUNA
CIUDAD BUENOS PROVINCIA PLAZA PLAZOLETA PLAZUELA PARQUE VILLA SAN SANTA SANTO ESCUELA ESC EDUC COM
COLEGIO INSTITUTO INST JARDIN UNIVERSIDAD HOSPITAL HTAL CESAC TEATRO MUSEO BIBLIOTECA CENTRO CLUB CASA
SEDE ESTACION EST ECOBICI MINISTERIO SECRETARIA SUBSECRETARIA DIRECCION GOBIERNO GENERAL GRAL CORONEL
CNEL TENIENTE TTE SARGENTO SGTO ALMIRANTE ALTE COMODORO BRIGADIER PRESIDENTE PTE INTENDENTE MONSEÑOR
CORPORACION FUNDACION ASOCIACION COOPERATIVA EMPRESA CONSTRUCTORA CONSORCIO UTE OBRA OBRAS PLAN PUNTO
METROBUS JORNADA DISTRITO CEMENTERIO CAMPUS LICITACION CONTRATACION ENTRE ESQ ESQUINA Y E
"""
PLACES = frozenset(_PLACES_TEXT.split())
_PREMISES_TEXT = """
LAVADERO PANADERIA FERRETERIA FARMACIA KIOSCO QUIOSCO BAR RESTAURANTE PARRILLA PIZZERIA ALMACEN
SUPERMERCADO TALLER GARAGE GARAJE ESTACIONAMIENTO RESIDENCIA GERIATRICO CLINICA SANATORIO CONSULTORIO
LABORATORIO POLIDEPORTIVO GIMNASIO ANFITEATRO AUDITORIO SALA PABELLON COMPLEJO CONJUNTO TORRE GALERIA
FERIA MERCADO CAPILLA PARROQUIA IGLESIA TEMPLO BASILICA SANTUARIO MONUMENTO BUSTO ESTATUA PLACA MURAL
PREMIO LEY DECRETO CATEDRA COPA TORNEO ESTADIO TERMINAL PARADA VIADUCTO TUNEL PASAJE CORTADA HOGAR LOCAL
COMERCIO EDIFICIO PASILLO CONSORCIO NUESTRA NTRA LICEO MATERNAL PRIMARIA SECUNDARIA CATEDRAL CAMPO SERVICIO
FACULTAD FRENTE PATIO ORQUESTA CONCURSO BECA RESERVA BIBLIOTECA HIPODROMO CINE SALON REPRESA DIQUE MUELLE
AULA CASONA QUINTA ESTANCIA CHACRA PALACIO MANSION PULPERIA PLAYON PISTA CANCHA ANEXO
RAMAL CURSO NOBEL NIVEL BAJO BOMBEO SUBESTACION
TITULO TITULADO PELICULA LIBRO NOVELA CUENTO CANCION ESPECTACULO RECITAL
BANDA FUNDACION PROMOCION
"""
PREMISES = frozenset(_PREMISES_TEXT.split())
NAMED_PREMISES = PREMISES - {"EDIFICIO", "LOCAL", "COMERCIO"}
"""Without those in which somebody is, rather than that they bear his name."""
NAMED_AFTER = (
    PLACES - {"Y", "E", "ESC", "CASA", "EST", "COM", "ENTRE", "PUNTO", "PLAN", "OBRA", "OBRAS"}
) | PREMISES
"""Words of what bears somebody's name."""
_CORNERS_TEXT = """
ESC ENTRE CUADRA CUADRAS CALLES ESQ ESQUINA HASTA DESDE PASSATGE CARRER CONTRAMANO DOBLA DOBLAR GIRA GIRO
CIRCULA
CIRCULABA CIRCULANDO BAJA BAJAR DESVIO TRANSITO TRANSITA RECORRIDO CORTE CRUCE CRUZA BACHE BACHES CORTO CORTA
CORTAN CORTARON CIERRA CERRO CERRARON PAVIMENTAN ASFALTAN SEMAFORO VEREDA LUMINARIA CORDON
"""
CORNERS = frozenset(_CORNERS_TEXT.split())
"""Words of streets and of what is done to them."""
STREET_SIGNS = frozenset(["CALLE", "CARTEL", "CARTELES", "PLACA", "SEÑAL", "NOMENCLADOR"])
"""What says the name of a street."""
COMPANY_AFTER = lazy_re(
    r"\W{0,3}(?:S\.?\s?[AR]\.?(?:\s?L\.?|\s?S\.?)?|SRL|SAS|SACI\w*|UTE|U\.T\.E\.?|e\s+[Hh]ijos"
    r"|[Yy]\s+[Cc]ía)(?!\w)"
)
_COMPANY_IN_NAME = lazy_re(r"\b(?:SA|SRL|SAS|SACI\w*|SCS|SCA|SH|UTE)$")
COMPANY = (
    r"(?i)\b(?:s\.? ?a\.?(?: ?[su]\.?)?|s\.? ?r\.? ?l\.?|s\.? ?a\.? ?c\.? ?i\.?\w*|s\.? ?c\.? ?[as]\.?"
    r"|s\.? ?h\.?|u\.?t\.?e\.?|e hijos|hnos\.?|y c[ií]a\.?)$"
    r"|(?i)^(?:mutual|cooperativa|fundaci[oó]n|asociaci[oó]n|sociedad|club|farmacia|banco|sindicato"
    r"|obra social|consorcio|instituto|iglesia|parroquia|empresa|compa[ñn][ií]a|gobierno|ministerio"
    r"|municipalidad)\b"
)
"""Of a cell that names a company or an institution, in RE2's words."""
_CORNER = lazy_re(r"\s+(?:\d{1,5}(?![\d.-])|(?:[YE]|ENTRE|[Ee]ntre|ESQ\w*|[Ee]sq\w*)\b)")
_ORDINARY = lazy_re(
    r"(?:CION|SION|CIONES|DAD|DADES|TAD|MIENTO|MIENTOS|NCIA|NCIAS|AJE|ISMO|ICA|ICAS|ICO|ICOS|ALES|ABLE"
    r"|IVO|IVA)$"
)
_PERSON_BEFORE = lazy_re(
    r"(?i:se[ñn]or(?:a|es)?|sra?|vecin[oa]|titular|solicitante|denunciante|firmante|firmad[oa] "
    r"por|pedid[oa] de|solicitad[oa] por|"
    r"a nombre de|nombre|apellido|contacto|dr|dra|atte)\W{0,3}$"
)
_LEADS_TO_IDENTIFIER = lazy_re(
    r"\s*[,;:(–—-]\s*(?:(?i:d\.?n\.?i|cui[tl]|doc\w*|n[°º]|nro|tel\w*|cel\w*|mail\w*|correo"
    r"|e-mail)[\s.:°º]*)*"
)


@cache
def given_names() -> frozenset[str]:
    """Given names that are common in Argentina, as a register would have them: capitals, without accents.

    They tell a person from a street, a school or a company, which bear surnames and words. The list need not
    be whole: a name right before an identifier counts without.
    """
    return _listed("given_names.txt")


@cache
def surnames() -> frozenset[str]:
    """Surnames that are common where Spanish is spoken, and among those who came to the city; many are words
    as well (CASTILLO), so that one alone says nothing."""
    return _listed("surnames.txt")


def _listed(name: str) -> frozenset[str]:
    return frozenset(Path(__file__).with_name(name).read_text(encoding="utf-8").split())


def is_given_name(word: str) -> bool:
    """Whether a word, in capitals, is a given name, or one made small of it: ESTELITA."""
    given = given_names()
    if word in given or word in nicknames():
        return True
    stem = word[:-3] if word.endswith(("ITA", "ITO")) and len(word) > 6 else ""
    if stem.endswith("C") and stem[:-1] in given:
        return True
    return bool(stem) and not given.isdisjoint((stem, f"{stem}A", f"{stem}O", f"{stem}E"))


@cache
def nicknames() -> frozenset[str]:
    """Short and familiar names, which stand in sentences and in no register."""
    return frozenset(_NICKNAMES_TEXT.split())


_NICKNAMES_TEXT = """
CACHO CACHITO PEPE PEPA TITO TITA PACO PANCHO PANCHA NACHO LALO LALA BETO BETY BETTY COCO COCA CHELA CHELO
CHICHA CHICHO CHICHITA CHIQUITA CHOLA CHOLO CHUCHO CUCA DORI FLOPI FLOR GABI GABY GUADA GUILLE JOSEFITA
JUANCHO JULI LUCHO LUCHI LUDMI LULA LULI MABI MAGUI MANOLO MARI MARILU MARUCA MARUCHA MECHA MICA MICKY
MIMI MINA MONCHO MONI NANDO NATI NENUCHA NICO PABLITO PATO PATRI PELUSA PILI PIPO POCHA POCHO QUELA QUIQUE
RAMONCITO RICKY ROBER ROLO ÑATA ÑATO NATO ROMI ROSMERY SANTI SEBA SILVI SOFI SUSI SUSY TATI TERE TOTO TOTA
TONI TOÑO TRINI VALEN VALE VICKY VIVI YANI YESI YOLI ZULMITA MAXI MATI FACU FEDE GONZA JOACO TOMI
THIAGUITO BENJA BAUTI AGUS CAMI CANDE CATA CARO DANI EMI FRAN IVI JUANI JUANMA LAUTI LUCAS MAI MANU MARTU
MELI MILI MORE NATY PEDRITO RAMI RENZO RO ROCI SOLE TINI TOBI VALU VIOLE ZOE CHARO CHELI CLARITA ELVIRITA
ESTELITA FEFA GOGO GORDA GORDO NEGRA NEGRO FLACO FLACA TURCO TURCA COLO RUBIA RUSO PELADO TANO GALLEGA
GALLEGO NONO NONA TOTI TUTI YIYI ZULLY NELI NELLY POROTA POROTO CUQUI CHOCHA
"""


_LADIES_TEXT = """
abigail aylen ailen aracely araceli belen beatriz carmen celeste charo chloe consuelo consuelito denise
dolores
dulce edith elizabeth ester esther flor guadalupe ines irene isabel ivonne jacqueline jazmin judith karen
leonor liz lizbeth lourdes lujan luz mabel maite maiten maribel marisol marlene maryluz mercedes merlin
michelle milagros miriam myriam nair nancy nelly nely nicole noemi paz pilar rachel raquel rocio rosario ruth
salome sol soledad yamile yasmin zoe zulay mimi emily evelyn ingrid jenny katherine keila leidy marilyn
meli noe
"""
_LADIES = frozenset(_LADIES_TEXT.split())
_MEN_IN_A = frozenset(("bautista", "luca", "nicola", "borja", "santana", "garcia", "josha", "noa", "joshua"))


def is_womans(word: str) -> bool:
    """Whether a given name, in small letters without accents, is a woman's by its ending or by the list."""
    return word in _LADIES or (word.endswith("a") and word not in _MEN_IN_A)


def is_ordinary_word(word: str) -> bool:
    """Whether a word, in capitals, is one of offices and programmes by its ending."""
    return len(word) > 4 and _ORDINARY.search(word) is not None


def has_name_beside(text: str, start: int, end: int, near: int = NEAR, *, sure: bool = False) -> bool:
    """Whether a person's full name stands within `near` characters of the identifier `text[start:end]`;
    `sure`: with a given name."""
    lead, rest = text[max(0, start - WINDOW) : start], text[end : end + WINDOW]
    for match in _NAME.finditer(lead):
        way = lead[match.end() :]
        if len(way) <= near and _is_person(match[0], lead[: match.start()], way, way, sure):
            return True
    for match in _NAME.finditer(rest):
        between = rest[: match.start()]
        before = lead + between if len(between) < 4 else between
        if len(between) <= near and _is_person(match[0], before, rest[match.end() :], None, sure):
            return True
    return False


def _is_person(name: str, before: str, after: str, way: str | None, sure: bool) -> bool:
    """Whether capitalised words are a person's, by what stands before and after; `way` leads from them to an
    identifier that follows."""
    if _COMPANY_IN_NAME.search(name):
        return False
    for place, words in enumerate(_split_names(name)):
        lead = "." if place else before  # another name stands before the second
        given = not given_names().isdisjoint(words)
        if len(words) < 2:
            continue
        leads_to_it = way is not None and _LEADS_TO_IDENTIFIER.fullmatch(way)
        if leads_to_it and (given or _may_be_name(words)):
            return not sure or given
        if COMPANY_AFTER.match(after) or _CORNER.match(after) or _belongs_to_place(lead, words):
            continue
        if given:
            return True
        if not sure and _may_be_name(words) and _PERSON_BEFORE.search(before):
            return True
    return False


def is_place_name(words: list[str]) -> bool:
    """Whether one of the words, in capitals, is one of places and offices."""
    return any(map(is_word_of_place, words))


def is_word_of_place(word: str) -> bool:
    """Whether a word, in capitals, is one of places and offices, and no part of a name."""
    return word in PLACES and word not in ("Y", "E", "SAN", "COM", "EST")


def _may_be_name(words: list[str]) -> bool:
    """Whether words that no list has may be a name: two or more after the words of places, and none that is
    no name by its ending."""
    left = [word for word in words if word not in PLACES]
    return len(left) > 1 and not any(_ORDINARY.search(word) or len(word) < 3 for word in left)


def _split_names(name: str) -> list[list[str]]:
    """The words of a name, in capitals, without labels; where its writing changes from capitals to small
    letters, another name begins."""
    runs: list[list[str]] = []
    style = None
    for word in re.findall(r"[\w'ñÑ]+", name):
        if word[0].isupper():
            capitals = word.isupper()
            if not runs or (capitals != style and not re.search(rf",\s+{re.escape(word)}", name)):
                runs.append([])
            style = capitals
            runs[-1].append(in_capitals(word))
    return [[word for word in run if word not in LABELS] for run in runs]


def _belongs_to_place(before: str, words: list[str]) -> bool:
    """Whether a word of places, a number such as "Nº 07", or a corner leads to the words, or begins them."""
    if words and words[0] in PLACES:
        return True
    lead = re.search(r"([\w°º]+)[\s.\-]*$", before)
    return bool(
        lead
        and lead[1] not in ("y", "e")
        and (in_capitals(lead[1]) in PLACES or re.search(r"[Nn][°º.]?\s*\d+\s*$", before))
    )


def clause_before(text: str, end: int) -> str:
    """What is said before a place, from where its sentence begins."""
    return _SENTENCE_END.split(text[max(0, end - 70) : end])[-1]


_SENTENCE_END = lazy_re(r"[;\n]|(?<=[a-z]{4})\.\s")


def in_capitals(word: str) -> str:
    """In capitals, without accents."""
    return word.upper().translate(str.maketrans("ÁÉÍÓÚÜ", "AEIOUU"))

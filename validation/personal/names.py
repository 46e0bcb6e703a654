"""Whether a full name of a person stands beside an identifier: not a street's, a school's or a company's,
though those were persons too.

A name counts where one of its words is a given name, or where it stands right before the identifier, or after
a word such as "vecina"; not after a word such as "Av." or "Escuela", nor before a house number or a corner.

Given names that are common in Argentina, as a register would have them: capitals, without accents. They tell
a person from a street, a school or a company, which bear surnames and words; the list need not be whole,
since a name right before an identifier counts without.
"""

from __future__ import annotations

import re

_NAMES = """
AARON ABEL ABIGAIL ABRIL ADELA ADOLFO ADRIAN ADRIANA AGUSTIN AGUSTINA AIDA AILEN AILIN AINARA ALAN ALBA ALBERTO ALDANA ALDO ALEJANDRA
ALEJANDRO ALEJO ALEX ALEXANDER ALEXIA ALEXIS ALFONSO ALFREDO ALICIA ALINA ALVARO AMALIA AMANDA AMELIA AMERICO AMPARO ANA ANABEL ANABELLA
ANAHI ANDREA ANDRES ANGEL ANGELA ANGELES ANGELICA ANIBAL ANTONELA ANTONELLA ANTONIA ANTONIO ARACELI ARIADNA ARIANA ARIEL ARMANDO ARTURO
ASTRID AUGUSTO AURELIO AURORA AXEL AYELEN AYLEN BAUTISTA BEATRIZ BELEN BELTRAN BENICIO BENITO BENJAMIN BERNARDO BERTA BIANCA BLANCA
BRAIAN BRENDA BRIAN BRIGIDA BRISA BRUNO CAMILA CAMILO CANDELA CANDELARIA CARINA CARLA CARLOS CARMEN CAROLINA CATALINA CECILIA CELESTE
CELIA CELINA CESAR CHIARA CHRISTIAN CINTIA CLARA CLAUDIA CLAUDIO CLEMENTINA CONSTANZA CORA CRISTIAN CRISTINA CRISTOBAL CYNTHIA DAIANA
DALMA DAMIAN DANIEL DANIELA DANILO DANTE DARIO DAVID DEBORA DELFINA DELIA DEMIAN DENIS DENISE DIANA DIEGO DINA DOLORES DOMINGO DORA
EDGARDO EDITH EDUARDO ELBA ELENA ELIANA ELIAS ELISA ELISABET ELIZABETH ELSA ELVIRA EMA EMANUEL EMILIA EMILIANO EMILIO EMMA ENRIQUE ENZO
ERIC ERICA ERICK ERIKA ERNESTINA ERNESTO ESTEBAN ESTEFANIA ESTELA ESTER ESTHER EUGENIA EUGENIO EVA EVANGELINA EVELYN EZEQUIEL FABIAN
FABIANA FABIO FABRICIO FACUNDO FATIMA FAUSTO FEDERICO FELICITAS FELIPE FELIX FERMIN FERNANDA FERNANDO FIDEL FIORELLA FLAVIA FLAVIO
FLORENCIA FRANCISCA FRANCISCO FRANCO GABRIEL GABRIELA GASPAR GASTON GENARO GEORGINA GERARDO GERMAN GERONIMO GIANELLA GIANLUCA GIMENA
GINO GISELA GISELLE GLADYS GLORIA GONZALO GRACIELA GREGORIO GRISELDA GUADALUPE GUIDO GUILLERMINA GUILLERMO GUSTAVO HAYDEE HEBE HECTOR
HELENA HERNAN HILDA HORACIO HUGO IAN IGNACIO INES INGRID IRENE IRINA IRIS IRMA ISABEL ISABELLA ISMAEL IVAN IVANA IVO JACINTO JACQUELINE
JAIME JAVIER JAZMIN JERONIMO JESICA JESSICA JESUS JIMENA JOANA JOAQUIN JOAQUINA JOEL JOHANA JONATAN JONATHAN JORGE JORGELINA JOSE
JOSEFINA JOSUE JUAN JUANA JUANITA JULIA JULIAN JULIANA JULIETA JULIO JUSTINA JUSTO KAREN KARINA KATHERINE KEVIN LARA LAURA LAUREANO
LAUTARO LAZARO LEANDRO LEILA LEONARDO LEONEL LEONOR LEOPOLDO LETICIA LIDIA LILA LILIANA LINA LISANDRO LOLA LORENA LORENZO LOURDES LUCA
LUCAS LUCIA LUCIANA LUCIANO LUCIO LUCRECIA LUDMILA LUIS LUISA LUISINA LUJAN MABEL MACARENA MAGALI MAGDALENA MAIA MAIRA MAITE MALENA
MANUEL MANUELA MARA MARCELA MARCELO MARCIA MARCO MARCOS MARGARITA MARIA MARIANA MARIANELA MARIANO MARIBEL MARIEL MARIELA MARILINA MARINA
MARIO MARISA MARISOL MARTA MARTIN MARTINA MATEO MATIAS MATILDE MAURICIO MAURO MAXIMILIANO MAXIMO MELANIE MELANY MELINA MELISA MERCEDES
MIA MICAELA MIGUEL MIGUELINA MILAGROS MILENA MILTON MIRIAM MIRIAN MIRTA MIRTHA MOISES MONICA MORENA MYRIAM NADIA NAHIR NAHUEL NANCY
NAOMI NARA NATALI NATALIA NATASHA NAZARENA NAZARENO NELIDA NELLY NELSON NERINA NESTOR NICOLAS NICOLE NILDA NOELIA NOEMI NORA NORBERTO
NORMA OCTAVIO OFELIA OLGA OLIVIA ORIANA ORLANDO OSCAR OSVALDO PABLO PALOMA PAMELA PAOLA PASCUAL PATRICIA PATRICIO PAULA PAULINA PAULO
PEDRO PIA PILAR PRISCILA RAFAEL RAFAELA RAMIRO RAMON RAMONA RAQUEL RAUL REBECA REINALDO RENATA RENE RENZO RICARDO RITA ROBERTO ROCIO
RODOLFO RODRIGO ROGELIO ROLANDO ROMAN ROMINA ROMULO ROQUE ROSA ROSALIA ROSANA ROSARIO ROXANA RUBEN RUTH SABRINA SALOME SALVADOR SAMANTA
SAMUEL SANDRA SANTIAGO SANTINO SANTOS SARA SAUL SEBASTIAN SELENA SERENA SERGIO SILVANA SILVIA SILVINA SIMON SOFIA SOLANGE SOLEDAD SONIA
STEFANIA STELLA SUSANA SUYAI TAMARA TANIA TATIANA TERESA THIAGO TIAGO TIZIANA TOBIAS TOMAS ULISES URIEL VALENTIN VALENTINA VALERIA
VALERIO VANESA VANINA VERONICA VICENTE VICTOR VICTORIA VIOLETA VIRGINIA VIVIANA WALTER WANDA WILLIAM WILSON XIMENA XIOMARA YAMILA YANINA
YESICA YOLANDA ZOE ZULEMA ZULMA
"""
GIVEN = frozenset(_NAMES.split())


NEAR = 30
"""Characters before and after an identifier in which a full name is looked for."""
_WORD = r"[A-ZÁÉÍÓÚÑÜ](?:[a-záéíóúñüç']+|[A-ZÁÉÍÓÚÑÜ']+)"
_NAME = re.compile(
    rf"(?<!\w){_WORD}(?:,?\s+(?:(?:de|del|la|las|los|da|di|von|van|DE|DEL|LA|LOS)\s+){{0,2}}{_WORD}){{1,5}}"
)


# Capitalised words beside a name that are not part of it
_LABELS_TEXT = """
DNI CUIT CUIL TEL TELEFONO CELULAR CEL EMAIL MAIL CORREO CONTACTO WHATSAPP DOCUMENTO DOC NRO NUMERO EXPEDIENTE LEGAJO SR SRA SRES DR DRA
ING ARQ LIC LLAMAR TITULAR VECINO VECINA SEÑOR SEÑORA DE DEL LA LAS LOS
"""
_LABELS = frozenset(_LABELS_TEXT.split())


# Words after which a name is that of a place, an office, a work or a company
_PLACES_TEXT = """
AV AVENIDA AVDA CALLE PASAJE PJE PASEO DIAGONAL BULEVAR BOULEVARD AUTOPISTA RUTA PUENTE BARRIO COMUNA CIUDAD BUENOS PROVINCIA PLAZA
PLAZOLETA PLAZUELA PARQUE VILLA SAN SANTA SANTO ESCUELA ESC EDUC COM COLEGIO INSTITUTO INST JARDIN UNIVERSIDAD HOSPITAL HTAL CESAC
TEATRO MUSEO BIBLIOTECA CENTRO CLUB CASA SEDE ESTACION EST ECOBICI MINISTERIO SECRETARIA SUBSECRETARIA DIRECCION GOBIERNO GENERAL GRAL
CORONEL CNEL TENIENTE TTE SARGENTO SGTO ALMIRANTE ALTE COMODORO BRIGADIER PRESIDENTE PTE INTENDENTE MONSEÑOR CORPORACION FUNDACION
ASOCIACION COOPERATIVA EMPRESA CONSTRUCTORA CONSORCIO UTE OBRA OBRAS PLAN PUNTO METROBUS JORNADA DISTRITO CEMENTERIO CAMPUS LICITACION
CONTRATACION ENTRE ESQ ESQUINA Y E
"""
_PLACES = frozenset(_PLACES_TEXT.split())
_COMPANIES = re.compile(
    r"\W{0,3}(?:S\.?\s?[AR]\.?(?:\s?L\.?|\s?S\.?)?|SRL|SAS|SACI\w*|UTE|U\.T\.E\.?|e\s+[Hh]ijos|[Yy]\s+[Cc]ía)(?!\w)"
)
_COMPANY = re.compile(r"\b(?:SA|SRL|SAS|SACI\w*|UTE)$")
_CORNER = re.compile(r"\s+(?:\d{1,5}(?![\d.-])|(?:[YE]|ENTRE|[Ee]ntre|ESQ\w*|[Ee]sq\w*)\b)")
_ORDINARY = re.compile(
    r"(?:CION|SION|CIONES|DAD|DADES|TAD|MIENTO|MIENTOS|NCIA|NCIAS|AJE|ISMO|ICA|ICAS|ICO|ICOS|ALES|ABLE|IVO|IVA)$"
)
_SAYS = re.compile(
    r"(?i:se[ñn]or(?:a|es)?|sra?|vecin[oa]|titular|solicitante|denunciante|firmante|firmad[oa] "
    r"por|pedid[oa] de|solicitad[oa] por|"
    r"a nombre de|nombre|apellido|contacto|dr|dra|atte)\W{0,3}$"
)
_TO_IT = re.compile(
    r"\s*[,;:(–—-]\s*(?:(?i:d\.?n\.?i|cui[tl]|doc\w*|n[°º]|nro|tel\w*|cel\w*|mail\w*|correo|e-mail)[\s.:°º]*)*"
)


def named(text: str, start: int, end: int, near: int = NEAR, *, sure: bool = False) -> bool:
    """Whether a person's full name stands within `near` characters of the identifier `text[start:end]`;
    `sure`: with a given name."""
    lead, rest = text[:start], text[end:]
    for match in _NAME.finditer(lead):
        way = lead[match.end() :]
        if len(way) <= near and _is_persons(match[0], lead[: match.start()], way, way, sure):
            return True
    for match in _NAME.finditer(rest):
        before = rest[: match.start()]
        if len(before) <= near and _is_persons(
            match[0], lead + before if len(before) < 4 else before, rest[match.end() :], None, sure
        ):
            return True
    return False


def _is_persons(name: str, before: str, after: str, way: str | None, sure: bool) -> bool:
    """Whether capitalised words are a person's, by what stands before and after; `way` leads from them to an
    identifier that follows."""
    if _COMPANY.search(name):
        return False
    for place, words in enumerate(_runs(name)):
        lead = "." if place else before  # another name stands before the second
        given = any(word in GIVEN for word in words)
        if way is not None and _TO_IT.fullmatch(way) and len(words) > 1 and (given or _could_be(words)):
            return not sure or given
        if _COMPANIES.match(after) or _CORNER.match(after) or _of_place(lead, words) or len(words) < 2:
            continue
        if given:
            return True
        if not sure and _could_be(words) and _SAYS.search(before):
            return True
    return False


def _could_be(words: list[str]) -> bool:
    """Whether words that no list has may be a name: two or more after the words of places, and none that is
    no name by its ending."""
    left = [word for word in words if word not in _PLACES]
    return len(left) > 1 and not any(_ORDINARY.search(word) or len(word) < 3 for word in left)


def _runs(name: str) -> list[list[str]]:
    """The words of a name, plain, without labels; where its writing changes from capitals to small letters,
    another name begins."""
    runs: list[list[str]] = []
    style = None
    for word in re.findall(r"[\w'ñÑ]+", name):
        if word[0].isupper():
            capitals = word.isupper()
            if not runs or (capitals != style and not re.search(rf",\s+{re.escape(word)}", name)):
                runs.append([])
            style = capitals
            runs[-1].append(plain(word))
    return [[word for word in run if word not in _LABELS] for run in runs]


def _of_place(before: str, words: list[str]) -> bool:
    """Whether a word of places, a number such as "Nº 07", or a corner leads to the words, or begins them."""
    if words and words[0] in _PLACES:
        return True
    lead = re.search(r"([\w°º]+)[\s.\-]*$", before)
    return bool(
        lead
        and lead[1] not in ("y", "e")
        and (plain(lead[1]) in _PLACES or re.search(r"[Nn][°º.]?\s*\d+\s*$", before))
    )


def plain(word: str) -> str:
    """In capitals, without accents."""
    return word.upper().translate(str.maketrans("ÁÉÍÓÚÜ", "AEIOUU"))

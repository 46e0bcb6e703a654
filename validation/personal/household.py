"""Births, homes and children in a sentence, as clerks put them down: `Nac.: 28 de feb de 1983`, `vive a la
vuelta, Boedo 1245`, `nena 5 años`. Of one person each; programmes for children and addresses of works are
none."""

from __future__ import annotations

import re
from collections.abc import Callable

from validation.personal.lazily import lazy_re
from validation.personal.names import given_names, in_capitals, is_given_name, is_word_of_place
from validation.personal.writings import (
    CHILD,
    CHILDREN,
    DATE,
    MONTHS,
    NUMBER,
    OWNER,
    PERSON,
    YEAR,
    YOUNG,
    in_all_writings,
    in_plain_writing,
)

_BORN_WORDS = (
    *(
        r"\bnacid[oa]s?(?:/[oa])?",
        r"\bnacio",
        r"\bnaci\b",
        r"\bfecha (?:de )?nac\w*",
        r"\bnacim\w*",
        r"\bnac\b",
    ),
    *(r"\bf(?:ec(?:ha)?)?[./]? ?(?:de )?nac\w*", r"\bdob\b", r"\bd\.o\.b", r"\bbirth\w*", r"\bnto\b"),
    *(r"\bcumple(?: anos)?", r"\bcumpleanos", r"\bf/n\b", r"\bf\.n\.?", r"\bfn\b", r"\bfdn\b", r"\bf\. ?n\."),
    *(r"\bnatalicio", r"(?:^|[(,;:\"“] ?)\bn\.(?= ?\d)"),
)
BORN = in_plain_writing("|".join(rf"{words}[^\d\n;]{{0,30}}{DATE}" for words in _BORN_WORDS))
"""Word by word, so that each is only searched for where it stands."""
BORN_FAR = in_plain_writing(
    rf"\b(?:fecha de nacimiento|natalicio|cumpleanos)\b[^\d\n]{{0,70}}{DATE}|\b{PERSON} es (?:del"
    rf"|de) {DATE}"
)
BORN_LOOSELY = in_plain_writing(
    r"(?:\bnacid[oa]|\bnacio|\bnaci)\b"
    rf"[^\d\n;]{{0,30}}(?:{YEAR}(?![\d/-])|\d{{1,2}} de {MONTHS}(?![a-z])(?! ?(?:del? )?\d))"
    rf"|\bclase (?:de )?19\d\d\b|\bcumple(?: anos|anos)? (?:el )?(?:dia )?\d{{1,2}}(?: de {MONTHS}"
    rf"|/\d{{1,2}})"
)
"""A year alone, or a day without one."""
BORN_SAID = in_plain_writing(
    rf"\b(?:partida|libreta)(?: de \w+)? del? {DATE}|\b(?:mi|su) fecha(?: de \w+)?(?: es|:) {DATE}"
    rf"|\b(?:dice|decia|figura|figuro|pusieron|puso|cargaron|anotaron)\b[^\n;]{{0,30}}?\b(?:es|era"
    rf"|corresponde) {DATE}"
    rf"|\b(?:el|la|un|una) [a-z]{{3,12}}(?:[ai]d[oa]|nte|ora?) es del? {DATE}"
    rf"|\b(?:dijo|dice|declara|declaro|aclara|aclaro|aseguro|conto) (?:que )?es del? {DATE}"
    rf"|\b[1-9]\d anos,? (?:\(|del? )?{DATE}"
)
"""A date beside what is said of births: a certificate, what was put down wrong, an age."""
BORN_SHORT = in_plain_writing(r"\bn\. ?\d{1,2}[/.-]\d{1,2}[/.-](?:19\d\d|200\d)(?!\d)")
BORN_BESIDE = in_plain_writing(
    rf"\bsoy (?:del|de) {DATE}"
    rf"|\b(?:cumple|cumplio|edad|anos|juega|jugar|categoria|{PERSON})\b[^\n;]{{0,30}}\bes (?:del|de) {DATE}"
    rf"|{DATE},? (?:de|del) (?:la |el )?{PERSON}\b|\b{PERSON},? \({DATE}\)"
    r"|\b(?:fecha de )?nac(?:imiento|\.)?:?(?: es| era)? [0-3]\d[01]\d[3-9]\d(?!\d)"
    rf"|\b(?:validar (?:la |su )?identidad|fecha de(?:l| la) {PERSON})\b[^\n;\d]{{0,20}}{DATE}"
    rf"|\b(?:nacimiento|nac\.?)\b[^\n;]{{0,40}}?\b\d{{1,2}} del \d{{1,2}} del? (?:\d{{4}}|\d{{2}})\b"
)
BIRTHDAY = in_plain_writing(
    r"\bcumpl(?:o|i) (?:los )?\d{2,3}\b(?! de)|\bcumple (?:los|sus) \d{2}\b"
    r"|\b(?:mi|su) cumple(?:anos)? es (?:el )?\d{1,2}|\bnaci[o]? (?:en|por) el \d{2}\b|\b(?:soy"
    r"|es) clase \d\d\b"
    r"|\bsoy (?:del|modelo) (?:19)?[3-9]\d\b"
)
BIRTHDAY_OF_LONG_AGO = in_plain_writing(
    rf"\b\d{{2}} (?:anos )?cumplidos (?:el|en) \d{{1,2}}|\bcumpl(?:io|i|e|o|ira|ire) (?:los "
    rf"|sus )?\d{{2}}(?: anos)?,? (?:el|en) (?:{DATE}|\d{{1,2}} de {MONTHS})"
)
_NO_PERSON = lazy_re(
    in_all_writings(
        r"\b(?:programa|proyecto|feria|club|barrio|movimiento|cooperativa|idea|institucion|empresa"
        r"|iniciativa|banda"
        r"|grupo|festival|plan|espacio|museo|escuela|hospital|plaza|biblioteca|asociacion|fundacion"
        r"|centro|radio"
        r"|revista|diario|partido|ley|red|comparsa|murga|orquesta|biblio|jardin|villa|mercado|compania"
        r"|teatro)\b"
    )
)

_STREET_NUMBER = (
    r"(?<!comuna )(?<!servicio )(?<!nivel )(?<!grado )(?<!art )(?<!plan )(?<!casi )(?<!unos )(?<!unas )"
    r"(?<!hace )"
    r"(?<!desde )(?<!los )(?<!las )(?<!zona )(?<!por )(?<!con )(?<!hay )(?<!son )(?<!de )(?<!del )"
    r"\b\d{1,5}(?![\d.,:/]\d|\d|-\d{4}| ?(?:personas|vecin|habitantes|familias|ano|metros|cuadras|km|mil\b"
    r"|millones|dia"
    r"|mes|hora|minutos|min\b|hs\b|ambiente|menor|hij|nen|chic|nin|cuadra|m2|m\b|veces|gato|perro|%|[º°]))"
)
_DATED_STREET = (
    r"(?:(?:el )?\d{1,2} de (?:mayo|julio|febrero|noviembre|junio|abril|agosto|octubre|septiembre"
    r"|enero|marzo) )"
)
_STREET = (
    rf"(?:{_DATED_STREET}|(?:[^\d\n;.]|(?<=\b[a-z]{{2}})\.|(?<=\b[a-z]{{3}})\.|(?<=\b[a-z]{{4}})\."
    rf"|(?<=\b[a-z])\.){{2,45}})"
)
_BLOCK = (
    r"[^\n;]{0,35}?\b(?:mza?\.?|manzana|casa|lote|torre|tira|nudo|pasillo|edificio|monoblock"
    r"|block) ?(?:n[°º.]? ?)?\d+"
)
_AT = rf"(?:{_BLOCK}|{_STREET}{_STREET_NUMBER})"
_ROUND = (
    r"(?:,? ?(?:actualmente|ahora|hoy|sol[oa]|aca|alli|ahi|enfrente|en frente|al lado|a la vuelta|arriba"
    r"|abajo"
    r"|cerca|al fondo|en la esquina|con \w+(?: \w+)?)){0,3}"
)
_LIVES = (
    r"(?:vive[ns]?|vivo|vivimos|vivia[ns]?|vivio|viviendo|reside[ns]?|resido|residia|residiendo"
    r"|residimos|habita[n]?|habito|habitan?do|alquila|alquilo|alquilaba|pernocta)"
)
HOME = in_plain_writing(
    rf"(?:\b(?<!se ){_LIVES}{_ROUND},? (?:en|sobre|por|a) {_BLOCK}"
    rf"|\b(?<!se ){_LIVES}{_ROUND},? (?:en|sobre) {_STREET}{_STREET_NUMBER}"
    rf"|\b(?:residente|domiciliad[oa]s?|mudad[oa]|alojad[oa]|parad[oa]|albergad[oa])(?: en| sobre| a"
    rf"| calle|:| en la calle)? {_AT}"
    rf"|\bse (?:mudo|domicilia|aloja|fue a vivir) (?:a|en|sobre)? ?{_AT}"
    rf")"
)
HOME_OWNED = in_plain_writing(
    rf"(?:\b(?:notif\w*\.?|citar|citacion|ubicarl?[oa]?|localizarl?[oa]?|cedula|intimar) (?:en|a"
    rf"|al)? ?(?:su )?(?:dom\w*\.?|casa)"
    rf"(?: real| particular)?:? ?{_AT}"
    rf"|\b(?:dom\.?|domic\.?|domicilio|dcilio\.?|direccion|dir\.?|casa|vivienda) (?:real"
    rf"|part(?:icular)?\.?|personal|constituid[oa]"
    rf"|actual|familiar|declarad[oa]|conyugal|marital|transitorio)\b\.? ?:?(?: en)? ?{_AT}"
    rf"|\b(?:domic\.|dcilio\.?|dom\.?:|con dom\.?(?:icilio)?) ?(?:en|sito en|:)? ?{_AT}"
    rf"|\b(?:mi|su|tu|sus) (?:nuev[oa] |ultim[oa] )?(?:casa|domicilio|depto|dpto|departamento|vivienda"
    rf"|hogar|direccion|ph"
    rf"|pieza|cuarto|habitacion|residencia)(?: actual)?,? ?"
    rf"(?:es|queda|esta|de|sobre|en|sita|sito|ubicad[oa]|:)?(?: en| de)? ?:? ?{_AT}"
    rf"|\b(?:casa|vivienda|domicilio|direccion|dir\.?|dom\.?|depto\.?|dpto\.?|departamento|hogar"
    rf"|residencia|ph) (?:particular |real )?"
    rf"(?:de|del|de la|de los|de su|de mi|de un|de una) (?:el |la )?(?:sr\.? "
    rf"|sra\.? )?{OWNER},?[^\d\n;]{{0,45}}?{_STREET_NUMBER}"
    rf"|\b(?:casa|vivienda|domicilio|direccion) (?:de|del|de la) (?:el |la )?{OWNER}{_BLOCK}"
    rf"|\b(?:piso \d{{1,2}}°? ?,? ?)?(?:dpto|depto|dto)\.? ?[\"'“]?(?:\d{{1,3}}"
    rf"|[a-h])\b[\"'”]? ?,? ?(?:donde |que )?{_LIVES}\b)"
)
_UNIT = (
    r",? ?(?:(?:piso|p\.) ?\d|\d{1,2} ?(?:º|°|er|ro|do|da|to|ta|vo|va|mo|ma|no"
    r"|na)\.? ?[\"'“]?[a-z0-9]{1,2}\b|pb\.? ?[\"'“]?[a-z0-9]{1,2}\b"
    r"|(?:dpto|depto|dto|departamento|timbre|hab\.?|habitacion|u\.?f\.?)\.? ?[\"'“]?[a-z0-9]{1,3}\b"
    r"|\d{1,2} ?[\"'“]?[a-h]\b)"
)
HOME_UNIT = in_plain_writing(
    rf"\b(?:{PERSON}|{_LIVES}|hogar|casa|su)\b[^\n;.]{{0,60}}?[a-z.]{{3}} {_STREET_NUMBER}{_UNIT}"
)
"""A flat in a house, beside a word for a person."""
HOME_STREET = (
    rf"(?:{in_all_writings(rf'{_LIVES}{_ROUND},?')}|(?i:\bdomicilio)\s?:?|(?i:\bdom)\.?:?)\s{{1,3}}"
    r"(?i:calle\s|av\.?\s|avda\.?\s|avenida\s|pje\.?\s|pasaje\s)?"
    r"(?:(?:[A-ZÁÉÍÓÚÑ][\wáéíóúñ.]{1,15}|\d{1,2}\sde|de|del|la|las|los"
    r"|y)\s){1,5}(?:[Nn][°º]\s?)?\d{2,5}(?![\d.,:/]\d|\d|-\d)"
)
"""A street in capitals right after the word, without an `en`."""
_RESIDENTIAL = (
    r"(?:, [a-z][a-z ]{2,22}, planta (?:alta|baja)|,? ?(?:(?:torre|tira|nudo|edif(?:icio)?\.?|casa|piso"
    r"|monoblock|block|cuerpo|escalera|duplex)"
    r" ?(?:\d|[ivx]{1,4}\b)"
    r"|(?:casa |departamento |depto )?al fondo\b|[\"“][a-z0-9]{1,3}[\"”]"
    r"|\d{1,2} ?[\"“][a-z0-9]{1,2}[\"”]|\d{1,2} [b-h]\b"
    r"|(?:dpto|depto|dto|departamento|timbre|pieza|hab\.?|habitacion|u\.?f)\.? ?[\"'“]?[a-z0-9]{1,3}\b"
    r"|\d{1,2} ?(?:º|°|er|ro|do|da|to|ta|vo|va|mo|ma|no|na)\.? ?[\"'“]?[a-z0-9]{1,2}\b"
    r"|p\.?b\.? ?(?:(?:dpto|depto|dto)\.? ?)?[\"'“]?[a-z0-9]\b|planta (?:alta|baja)|(?:al )?fondo\b"
    r"|contrafrente|altos\b|ph\b))"
)
HOME_FLAT = in_plain_writing(
    rf"(?:\b(?:en|al?|que|su|mi|se|con|para|es|no|por|aca|somos|soy|viene|vino|vienen|sale|salio"
    rf"|llego)\b|[a-z]{{2}}:)[^\n;:]{{0,60}}?"
    rf"[a-z]{{2}}\.? {_STREET_NUMBER}{_RESIDENTIAL}"
    r"|\b(?:vive|queda|es|en|su|mi|casa|duerme|para|hasta|a) (?:en |la )?(?:mza?|manzana)\.? ?\d+[a-z]?,?"
    r" (?:tira ?\d+,? )?casa ?\d+"
)
"""A flat, or a house of a block, in a sentence."""
HOME_OF_SOMEBODY = in_plain_writing(
    rf"\b(?:casa|lo|puerta|depto|departamento|pieza|cuarto|ph|rancho|galpon) de(?:l| la| el| mi| su"
    rf"| los| las| un| una)?"
    rf" (?!casa|puerta)(?P<owner>[a-z]{{3,15}})\b[^\n;\d]{{0,50}}?{_STREET_NUMBER}"
)
HOME_ABOVE = in_plain_writing(
    rf"\b{_LIVES} (?:arriba|abajo|atras|detras|al lado|enfrente|en frente|al fondo|en el fondo"
    rf"|ahi(?: mismo)?|aca mismo"
    rf"|encima)(?: de(?:l| la| una?) \w+)?,? (?:en |sobre |calle )?{_STREET}{_STREET_NUMBER}"
    rf"|\b(?:donde|ahi) (?:vive|vivia|reside|habita|duerme"
    rf"|para) [^\n;\d]{{0,30}}?[,:] ?{_STREET}{_STREET_NUMBER}"
    r"|[a-z]{4,}\.? \d{2,5}(?:,? [^\n;.]{0,22}?)?,? donde (?:vive|vivia|vivo|reside|residia|habita|duerme"
    r"|para)\b"
    rf"|\b(?:habita|ocupa|alquila) (?:la|el|una?) (?:unidad|depto|departamento|pieza|habitacion|piso|ph"
    rf"|casa|cuarto)"
    rf"(?: \w{{1,6}})? (?:de|en) {_STREET}{_STREET_NUMBER}"
    rf"|\bla casa (?:es|queda en|esta en) {_STREET}{_STREET_NUMBER}"
)
"""Where somebody lives above a shop or behind one, or a house of which it is said who lives there."""
HOME_HERE = in_plain_writing(rf"\ben casa\b(?: de \w+| para \w+ \w+)?[,:]? {_STREET}{_STREET_NUMBER}")

_AGE = (
    rf"(?:{YOUNG} ?(?:an(?:it)?os?|meses|mes|dias|semanas)|[1-9]\d ?(?:meses|dias|semanas)|(?:\d"
    rf"|1[0-7])a)\b(?! (?:de (?:garantia"
    rf"|antiguedad|antelacion|plazo)|o mas|en adelante|para))"
)
CHILD_AGED = in_plain_writing(
    rf"(?:\b{CHILD}(?: menor| discapacitad[oa]| sol[oa])?\b[^\d\n;]{{0,28}}?[,(:-]? ?(?:de |con "
    rf"|tiene )?{_AGE}"
    rf"|\b(?:hij[oa]|niet[oa]|nen[ea]|bebe|sobrin[oa])(?: menor)?,? (?:de|\() ?{YOUNG}\b(?! ?(?:a|y|o|/|-"
    rf"|–) ?\d)(?! \w)"
    rf"|\b{CHILDREN},? ?(?:de |\(|- ?)?{YOUNG}(?: ?, ?{YOUNG}){{0,4}} (?:y|e) {YOUNG}\b(?: anos| meses)?"
    rf"|\b{NUMBER} {CHILDREN}(?: chicos| pequenos| menores)?,? ?(?:de |\()?{YOUNG} ?(?:an(?:it)?os?|meses"
    rf"|dias)"
    rf"|\b(?:masc(?:ulino)?|fem(?:enin[oa])?|masculina)\.?,? (?:de )?{_AGE}"
    rf"|\b(?:un|una|el|la|del|al) (?:joven|muchach[oa]|varon|mujer|hermano|hermana|chica) de {_AGE})"
)
CHILD_THERE = in_plain_writing(
    r"(?:\bmenor(?:es)? ?(?:de edad,? )?(?:a (?:su |mi )?cargo|en situacion de|extraviad|perdid|herid"
    r"|lesionad|accidentad"
    r"|fallecid|abandonad|sol[oa]s?\b|internad|golpead|maltratad|abusad|desaparecid|conviviente|lastimad"
    r"|atropellad"
    r"|intoxicad|derivad|detenid|demorad|fugad|rescatad|encontrad|hallad|asistid|institucionalizad"
    r"|discapacitad|embarazad)"
    r"|\bhij[oa]s? ?(?:es )?menor(?:es)?\b|\bhij[oa]s? chic[oa]s?\b|\bhij[oa]s? pequen[oa]s?\b"
    r"|\bhij[oa] de corta edad"
    rf"|\b{CHILD} (?:derivad[oa]|alojad[oa]|institucionalizad[oa]|golpead[oa]|abusad[oa]|maltratad[oa]"
    rf"|abandonad[oa]|en guarda"
    r"|extraviad[oa]|perdid[oa]|llorand|internad[oa]|quemad[oa]|mordid[oa]|atropellad[oa]|sin escolarizar"
    r"|ausente)"
    rf"|\b(?:mis|sus|mi|su) (?:nen[ea]s?|chic[oa]s|pib[ea]s?|bebes?|nin[oa]s?|criaturas?|mellizos|gemelos"
    rf"|{NUMBER} (?:hij|nen|niet|chic)[oae]s?)\b"
    rf"|\b(?:tiene|tengo|tenemos|con|cria|cuida|mantiene|vive con|viven con|madre de|padre de|mama de"
    rf"|papa de|cargo de|a cargo) (?:a |sus |mis )?"
    rf"{NUMBER} (?:hij[oa]s?|nen[ea]s?|criaturas?|bebes?|niet[oa]s?|chic[oa]s?|nin[oa]s?"
    rf"|menores)\b(?! (?:expuest|por|de cada))"
    rf"|\b(?:alumn[oa]|estudiante) (?:de|del|en) ?(?:sala|jardin|primaria|nivel inicial|primer|segundo"
    rf"|tercer|cuarto|quinto|sexto|septimo"
    r"|\d{1,2} ?(?:°|º|er|do|ro|ra|da|to|ta|mo|vo|no|grado|ano|\"))"
    r"|\b(?:cursa|concurre|asiste|va|pasa|entra) (?:a|al|en|el)? ?(?:la )?(?:sala de \d|jardin|preescolar"
    r"|primer grado|\d ?[°º]?(?:er|do|ro|to|mo)? grado|\d[°º] (?:grado|ano))"
    r"|\bmenor de \d{1,2} anos,? \w+[ai]d[oa]\b|\brecien nacid[oa]\b(?! de madres)|\b(?:el|la|un|una|su"
    r"|del|al) menor de edad\b"
    r"|\bmenor(?:es)? tutelad|\bguarda (?:provisoria |judicial )?de(?:l| la| un| su) (?:menor|nin|niet"
    r"|hij))"
)
_SOME_CHILD = in_all_writings(
    rf"(?:{CHILD}|(?:chic|nen|pib|melliz|gemel|hermanit|trilliz|alumn|niet|sobrin)[oae]s|joven"
    rf"|tutelad[oa])\b(?:,? (?:llamad[oa]|de nombre|extraviad[oa]|perdid[oa]"
    rf"|desaparecid[oa]))?"
)
CHILD_NAMED = (
    rf"(?<!\w){_SOME_CHILD}\s?[:,]?\s?[(\"“]?(?P<name>[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{{1,20}}\b"
    rf"|[A-ZÁÉÍÓÚÑ]{{3,20}}\b"
    r"|[A-ZÑ]\.?\s?[A-ZÑ]\.(?:\s?[A-ZÑ]\.)?|[A-ZÑ]\.[A-ZÑ]\b)"
)
CHILD_LISTED = (
    r"(?<!San )(?<!Santa )(?<!Villa )(?<!Parque )\b[A-ZÁÉÍÓÚÑ](?:[a-záéíóúñ]{2,20}|[A-ZÁÉÍÓÚÑ]{2,20})"
    r"(?:\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20})?(?:\s?\((?:1[0-7]|\d)"
    r"(?:\s(?i:a[ñn](?:it)?os|meses))?\)"
    r"|,?\s(?:de\s)?(?:\d|1[0-7])\s(?i:a[ñn](?:it)?os|meses)\b"
    r"|(?:,\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,15})?\s(?:y"
    r"|e)\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,15},?\s\(?(?:de\s)?(?:1[0-7]|\d)"
    r"(?:,\s(?:1[0-7]|\d))?\s(?:y|e)\s(?:1[0-7]|\d)\b"
    r"|\stiene\s(?:1[0-7]|\d)(?=[.,)]|$|\s(?:y|e|pero|no|reci[eé]n)\s(?!\d)))"
)
"""A given name with an age: `Thiago (5)`, `Emma, 7 añitos`."""
_FOR_ALL = lazy_re(
    in_all_writings(
        r"\b(?:para|destinad[oa]s? a|dirigid[oa]s? a|exclusiv[oa] de|vacun\w+ (?:de|a)|orientad[oa]s? a"
        r"|entre|desde|taller\w* de"
        r"|actividades de|juegos de|categoria|escuela de|programa|campana de|edad|hasta)(?: los| las"
        r"| todos los)? ?$"
    )
)
_RULES = lazy_re(in_all_writings(r"\b(?:si es|a|ser|sea|todo|toda|cualquier|ningun|cada|si el|es) ?$"))


def _not_for_all(found: re.Match[str]) -> bool:
    """Whether children are somebody's, and not those whom a programme or a rule is for."""
    lead = found.string[max(0, found.start() - 40) : found.start()]
    said = found[0].lower()
    if said.startswith(("menor de", "menores de")) and _RULES.search(lead):
        return False
    plural = re.match(in_all_writings(rf"\b(?:{NUMBER} )?{CHILDREN}\b"), found[0]) is not None
    return not (plural and _FOR_ALL.search(lead))


def _names_child(found: re.Match[str]) -> bool:
    name = found["name"]
    if "." in name:
        return True
    word = in_capitals(name)
    return word in given_names() and word != "JESUS" and not is_word_of_place(word)


def _lists_child(found: re.Match[str]) -> bool:
    return in_capitals(re.split(r"\W", found[0])[0]) in given_names()


def is_home(found: re.Match[str]) -> bool:
    """Whether an address is no office's: a city and a year is none."""
    dated = re.search(r"(?i:buenos\s+aires)\s+(?:19|20)\d\d$", found[0])
    return dated is None and not _OF_WORK.search(found[0])


_OF_WORK = lazy_re(
    in_all_writings(
        r"\b(?:obra|empresa|fiscal|legal|comercial|social|local|comercio|establecimiento|sede|escuela"
        r"|hospital|oficina"
        r"|bache|ministerio|club|consorcio)\b"
    )
)


def is_born(found: re.Match[str]) -> bool:
    """Whether somebody was born, and no programme: a year alone may be anybody's who is known."""
    lead = found.string[max(0, found.start() - 40) : found.start()]
    rest = found.string[found.end() : found.end() + 30]
    year = re.search(r"\d{4}", found[0])
    if year and int(year[0]) < 1915:
        return False
    return not (_NO_PERSON.search(lead) or _NO_PERSON.search(found[0]) or _NO_PERSON.search(rest))


def is_born_on_a_day(found: re.Match[str]) -> bool:
    """Whether a day of birth is no club's, and nobody's who is long dead."""
    lead = re.split(r"[,.;:]", found.string[max(0, found.start() - 30) : found.start()])[-1]
    year = re.search(r"\d{4}", found[0])
    return not (year and int(year[0]) < 1915) and not _NO_PERSON.search(lead)


def _is_flat(found: re.Match[str]) -> bool:
    """Whether a flat stands in a sentence, and no office is spoken of."""
    return not _OF_WORK.search(found.string) and not _OF_OFFICES.search(found.string)


_OF_OFFICES = lazy_re(
    in_all_writings(
        r"\b(?:estudio|consultorio|ministerio|direccion general|dg\w*|mesa de|juzgado|tribunal|defensoria"
        r"|anses|centro|secretaria|subsecretaria|empresa|sa|srl|razon social|fundacion|asociacion|sindicato"
        r"|biblioteca|cesac|comisaria|comuna|reunion|jornada|taller|charla|obras|licitacion|of\."
        r"|colegio|instituto"
        r"|presentarse|acercarse|dirigirse|concurrir|sede|atencion|tasacion|habilitacion|inmobiliaria|cable"
        r"|poste|medidor|arbol|luminaria)\b"
    )
)


def _is_somebodys(found: re.Match[str]) -> bool:
    """Whether the house is that of a relative or of somebody called by a given name."""
    owner = found["owner"]
    known = is_given_name(owner.upper()) or _KIN.fullmatch(owner) is not None
    return known and not is_word_of_place(owner.upper()) and is_home(found)


_KIN = lazy_re(
    rf"(?:{PERSON}|{OWNER}|cunad[oa]|yerno|nuera|prim[oa]|sobrin[oa]|niet[oa]|companer[oa]|padrin[oa]"
    rf"|madrina"
    r"|viejo|vieja|viejos|padres|abuelos|nono|nona|ex)"
)


def is_long_ago(found: re.Match[str]) -> bool:
    """Whether the year is one of a birth rather than of a file."""
    year = re.search(r"(?<!\d)(?:19\d\d|200\d)(?!\d)|[/. -](?:[3-9]\d)$", found[0])
    return year is not None and is_born(found)


def _is_no_things(found: re.Match[str]) -> bool:
    """Whether a date long ago is not that of a thing or of a rule."""
    near = found.string[max(0, found.start() - 30) : found.end()]
    return is_long_ago(found) and _OF_THINGS.search(near) is None


_OF_THINGS = lazy_re(
    in_all_writings(
        r"\b(?:ley|res(?:olucion)?|decreto|ord(?:enanza)?|disp(?:osicion)?|exp(?:te|ediente)?|acta"
        r"|placa|cartel|plano|libro"
        r"|edificio|obra|monumento|contrato|escritura|fachada|instrumento|documento|presupuesto|expendio)\b"
    )
)


SAYINGS: tuple[tuple[str, str, Callable[[re.Match[str]], bool] | None], ...] = (
    ("birth-date", BORN, is_born_on_a_day),
    ("birth-date", BORN_FAR, None),
    ("birth-date", BORN_LOOSELY, is_born),
    ("birth-date", BORN_BESIDE, is_long_ago),
    ("birth-date", BORN_SAID, _is_no_things),
    ("birth-date", BORN_SHORT, _is_no_things),
    ("birth-date", BIRTHDAY, is_born),
    ("address", HOME, is_home),
    ("address", HOME_FLAT, _is_flat),
    ("address", HOME_OF_SOMEBODY, _is_somebodys),
    ("address", HOME_ABOVE, None),
    ("address", HOME_HERE, is_home),
    ("address", HOME_OWNED, is_home),
    ("address", HOME_STREET, is_home),
    ("address", HOME_UNIT, is_home),
    ("child", CHILD_AGED, _not_for_all),
    ("child", CHILD_THERE, _not_for_all),
    ("child", CHILD_NAMED, _names_child),
    ("child", CHILD_LISTED, _lists_child),
)
"""Kind, pattern, and what a match must hold besides."""

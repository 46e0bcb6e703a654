"""What a free text says of a person in words: a birth date, where somebody lives, health, religion, union,
children. Only where the words speak of one person (`padece`, `su hija de 5 años`), never of a programme."""

from __future__ import annotations

import re

_DATE = (
    r"(?:\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?(?:19|20)?\d{2}|(?:19|20)\d{2}-\d{2}-\d{2}|"
    r"\d{1,2}\s(?:de\s)?(?i:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|"
    r"diciembre)\s(?:del?\s)?(?:19|20)\d{2})"
)
_BORN = re.compile(
    rf"(?:(?i:\bnacid[oa]|\bnaci[oó]|\bfecha\s(?:de\s)?nac\w*|\bf\.?\s?(?:de\s)?nac\w*|\bnacimiento"
    rf"|\bnac\.|\bdob\b|\bcumple(?:\sa[ñn]os)?)"
    rf"|\bF\.?N\.?(?=\W))[^\d\n;]{{0,25}}{_DATE}"
)
_HOME = re.compile(
    r"(?i:\bdomiciliad[oa]s?\s(?:en|sobre)|\bdomicilio\s(?:particular|real)|\b(?:vive|vivo|reside|resido|"
    r"viviendo|vivimos)\s(?:en|sobre)|\b(?:mi|su)\s(?:casa|domicilio)\s(?:es|queda|est[aá])?\s?(?:en)?)"
    r"(?:[^\d\n;.]|(?<=\b[A-Z][a-z])\.|(?<=\b[A-Z][a-z]{3})\.|(?<=\b[A-Z][a-z]{2})\."
    r"|(?<=\b[A-Z])\.){2,50}\d{1,5}"
)
_ILLNESSES = (
    r"(?:VIH|HIV|sida|c[aá]ncer|diabet\w+|depresi[oó]n|esquizofreni\w+|epilepsia|tuberculosis|hepatitis|asma|"
    r"autismo|TEA|bipolar\w*|bipolaridad|leucemia|tumor|alzh?eimer|parkinson|s[ií]filis|adicci[oó]n\w*|"
    r"hipertensi[oó]n|obesidad|celiac\w+|cel[ií]ac\w+|ansiedad|s[ií]ndrome\s\w+|trastorno\w*\s\w+|"
    r"insuficiencia\s\w+|discapacidad\s\w+|embarazo|EPOC|ACV|COVID(?:-19)?|dengue|lupus|VPH|HPV)"
)
_HEALTH = re.compile(
    r"(?i:\bpadec(?:e|í?a|iendo|i[oó])\s|\bdiagnosticad[oa]s?\s(?:de|con)\s|\b(?:es"
    r"|soy)\sportador(?:a)?\sde\s|"
    rf"\b(?:VIH|HIV)\s?(?:\+|positiv[oa])|\b(?:sufre|sufro|muri[oó]|falleci[oó])\s(?:de\s)?{_ILLNESSES}\b|"
    rf"\b(?:tiene|tengo|con|cursa)\s(?:un\s)?(?:diagn[oó]stico\sde\s|un\scuadro\sde\s)|"
    rf"\b(?:tiene|tengo|paciente(?:\scon)?)\s{_ILLNESSES}\b|"
    rf"\bdiagn[oó]stico\s?:?\s(?:de\s)?{_ILLNESSES}\b|\bhistoria\scl[ií]nica\s(?:n\W{{0,3}}\s?)?\d+|"
    rf"\b(?:persona|se[ñn]ora?|vecin[oa]|beneficiari[oa]|titular|solicitante|hij[oa])\scon\s{_ILLNESSES}\b|"
    r"\b(?:bajo|en)\stratamiento\s(?:psiqui|oncol|psicol|por\s(?:adicci|consumo))\w*|\bseropositiv[oa]\b|"
    rf"\b(?:enferm[oa]|internad[oa]|medicad[oa])\s(?:de|por|con)\s\w+|\bpaciente\s(?:oncol|psiqui|diab"
    rf"|card)\w+|"
    r"\b(?:certificado\s(?:[uú]nico\s)?de\sdiscapacidad|CUD)\s?(?:n\W{0,3}\s?\d|vigente|\d|vence)|"
    r"\bcursa(?:ndo)?\s(?:un\s|su\s)?embarazo|"
    r"\b(?:est[aá]|estoy)\sembarazada\b|\b(?:es|soy)\s(?:diab[eé]tic[oa]|celíac[oa]|celiac[oa]"
    r"|epil[eé]ptic[oa]|"
    r"discapacitad[oa]|asm[aá]tic[oa]|hipertens[oa]))"
)
_FAITHS = (
    r"(?:jud[ií][oa]|cat[oó]lic[oa]|evang[eé]lic[oa]|musulm[aá]n(?:a|e)?|budista|ate[oa]|agn[oó]stic[oa]|"
    r"morm[oó]n(?:a|e)?|umbandista|protestante|adventista|pentecostal|cristian[oa]|testigo\sde\sjehov[aá])s?"
)
_FAITH = re.compile(
    rf"(?i:\b(?:es|soy|somos|practicante|se\sdeclara)\s{_FAITHS}\b|\breligi[oó]n\s?:?\s(?:es\s)?{_FAITHS}\b|"
    rf"\b{_FAITHS}\spracticante\b|\bpertenece\sa\sla\siglesia\b|\breligi[oó]n\s?:\s?\w{{4,20}}|"
    rf"\bprofesa\s(?:la\s)?(?:fe|religi[oó]n)\b|\bde\s(?:fe|religi[oó]n)\s{_FAITHS}\b)"
)
_UNION = re.compile(
    r"(?i:\b(?:re)?afiliad[oa]\s(?:a|al|a\sla|en|del?)\s(?:el\s|la\s)?(?:sindicato|gremio|uni[oó]n\s"
    r"|UPCN|SUTECBA|ATE|"
    r"SUTEBA|SUTERH|UOM|UOCRA|CGT|CTA|CTERA|UTE|UTA|SMATA|ADEMYS|AMET|UDA|SADOP|FATSA|ATSA|camioneros"
    r"|bancaria|asociaci[oó]n)|"
    r"\bafiliad[oa]\s(?:gremial|sindical|UPCN|ATE|SUTECBA|UTE|UOCRA|UOM)\b|\bcuota\ssindical\b"
    r"|\bsindicalizad[oa]\b|"
    r"\b(?:miembro|pertenece|integrante)\s(?:al?|del?)\s(?:la\s)?(?:sindicato|gremio)\b|"
    r"\b(?:activista|militante|dirigente)\s(?:sindical|gremial)\b|"
    r"\bafiliaci[oó]n\s(?:sindical|gremial)\s?:?\s?\w+|\bdelegad[oa]\s(?:sindical|gremial|de\s(?:UPCN"
    r"|SUTECBA|"
    r"ATE|UTE|UOM|UOCRA|ADEMYS))\b)"
)
_CHILD = re.compile(
    r"(?i:\b(?:su|mi|sus|mis|el|la)\s(?:hij[oa]s?|nen[ea]|niet[oa]s?"
    r"|sobrin[oa]s?)\s(?:menor(?:es)?\s)?(?:de|,)\s?"
    r"\d{1,2}\s(?:a[ñn]os|meses)|\b(?:el|la)\s(?:menor|ni[ñn][oa]"
    r"|alumn[oa])\s[^.;\n\d]{2,40}?,?\s(?:de\s)?\d{1,2}\s"
    r"(?:a[ñn]os|meses)|\b(?:menor(?:es)?|hij[oa]s?)\sa\s(?:su\s)?cargo\b"
    r"|\bhij[oa]\s(?:menor\s)?de\s\d{1,2}\s(?:a[ñn]os|meses)|"
    r"\b(?:madre|padre)\sde\s\w+\s(?:hij|ni[ñn]|nen)[oa]s?\b|\b(?:tiene|tengo|con)\s(?:\d{1,2}|un|una"
    r"|dos|tres|cuatro|cinco|"
    r"seis)\s(?:hij|nen)[oae]s?\b|\b(?:dos|tres|cuatro|cinco|\d)\shij[oa]s\smenores\b"
    r"|\bni[ñn][oa]\sde\s\d{1,2}\sa[ñn]os\sllamad[oa]\b)"
    r"|(?i:\bhij[oa]\s?[:,]\s?|\bmenor\sde\sedad,?\s"
    r"|\balumn[oa]\s)[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20}\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20}"
    r"|(?i:\b(?:su|mi|sus|mis)\s(?:hij[oa]|niet[oa])s?\s(?:menor\s)?)(?:[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20})"
    r"|(?i:\b(?:la|el)\smenor\s)[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20}\s[A-ZÁÉÍÓÚÑ]"
)

_SAYINGS = (
    ("birth-date", _BORN),
    ("address", _HOME),
    ("health", _HEALTH),
    ("religion", _FAITH),
    ("union", _UNION),
    ("child", _CHILD),
)
MARKS = (
    r"(?i:\bnac|\bf\.?\s?nac|\bf\.?n\.?\b)[^\n;]{0,40}\d"
    r"|(?i:domicili|\bviv[eoi]|\bresid|\bmi casa|\bsu casa)"
    r"|(?i:padec|diagn|portador|VIH|HIV|sufr|muri|falleci|paciente|\btiene|\btengo|cl[ií]nica|embarazada"
    r"|cuadro|"
    r"cursa|seropos|enferm|internad|medicad|tratamiento|discapacidad|\bCUD\b|\bdob\b|cumple|con |\bes "
    r"|\bsoy |\bsomos )"
    r"|(?i:practicante|pertenece|miembro|integrante|sindical|gremial|nen[ea]|madre|padre|religi|profesa"
    r"|\bfe |declara|afilia|delegad|hij[oa]|niet[oa]|sobrin|menor|niñ|nin[oa]\b|"
    r"alumn)"
)
"""A superset of what is found here, in RE2's words."""


def saying_kinds(text: str) -> set[str]:
    """What a text says of one person: `birth-date`, `address`, `health`, `religion`, `union`, `child`."""
    return {kind for kind, pattern in _SAYINGS if pattern.search(text)}

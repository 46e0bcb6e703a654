"""What a free text says of a person in words: a birth date, where somebody lives, health, religion, union,
children, politics, origin, love, offences. Only where the words speak of one person (`padece`, `su hija de 5
años`), never of a programme."""

from __future__ import annotations

import re
from collections.abc import Callable

from validation.personal import circumstances, household, whereabouts
from validation.personal.lazily import lazy_re
from validation.personal.statements import statement_kinds
from validation.personal.triggers import PlainText, Triggers, alternatives

_DATE = (
    r"(?:\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?(?:19|20)?\d{2}|(?:19|20)\d{2}-\d{2}-\d{2}|"
    r"\d{1,2}\s(?:de\s)?(?i:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre"
    r"|noviembre|"
    r"diciembre)\s(?:del?\s)?(?:19|20)\d{2})"
)
_BORN = lazy_re(
    "|".join(
        rf"(?i:{words}[^\d\n;]{{0,25}}{_DATE})"
        for words in (
            *(r"\bnacid[oa]", r"\bnaci[oó]", r"\bnac[ií]\b", r"\bfecha\s(?:de\s)?nac\w*", r"\bnac\."),
            *(
                r"\bf(?:ec)?[./]?\s?(?:de\s)?nac\w*",
                r"\bnacim(?:iento)?",
                r"\bdob\b",
                r"\bcumple(?:\sa[ñn]os)?",
            ),
            *(r"\bnac(?=:)", r"\bf\.n\.?(?=\W)", r"\bfn\.?(?=\W)", r"\(\bn\."),
        )
    )
)
_NOT_OF_A_HOUSE = "".join(
    rf"(?<!\b{word}\s)"
    for word in (
        *("servicio", "nivel", "grado", "art", "plan", "casi", "unos", "unas", "hace", "desde", "los", "las"),
        *("[Cc]omuna", "[Vv]illa", "[Bb]arrio", "[Zz]ona"),
    )
)
_HOME = lazy_re(
    r"(?i:\bdomiciliad[oa]s?\s(?:en|sobre)|\b(?:con\sdom\.?\sen|dom\.\s(?:part(?:icular|\.)|real)|domic\."
    r"|dcilio\.?)|\bhabita\sen|"
    r"\bse\sdomicilia\sen|\bcon\sdomicilio\sen|\bresidente\sen|\bdomicilio\s(?:particular|real)|\b(?:vive"
    r"|vivo|reside|resido|"
    r"viviendo|vivimos)(?:\s(?:actualmente|ahora|hoy|solo|sola))?\s(?:en|sobre)|"
    r"\b(?:mi|su)\s(?:casa|domicilio|depto|departamento|vivienda)\s?(?:es|queda|est[aá]|de|sobre"
    r"|:)?\s?(?:en)?)\s?:?\s?"
    r"(?:\d{1,2}\sde\s(?i:mayo|julio|febrero|noviembre|junio|abril|agosto)\s|"
    r"(?:[^\d\n;.]|(?<=\b[A-Z][a-z])\.|(?<=\b[A-Z][a-z]{3})\.|(?<=\b[A-Z][a-z]{2})\."
    r"|(?<=\b[A-Z])\.){2,50})"
    rf"{_NOT_OF_A_HOUSE}\d{{1,5}}(?![\d.,]\d|\d|\s?(?i:personas|vecin|habitantes|familias|a[ñn]os|metros|"
    r"cuadras|km|mil\b|millones|d[ií]as|meses|horas|minutos|%))"
)
_ILLNESSES = (
    r"(?:VIH|HIV|sida|c[aá]ncer|diabet\w+|depresi[oó]n|esquizofreni\w+|epilepsia|tuberculosis|hepatitis"
    r"|asma|"
    r"autismo|TEA|bipolar\w*|bipolaridad|leucemia|tumor|alzh?eimer|parkinson|s[ií]filis|adicci[oó]n\w*|"
    r"hipertensi[oó]n|obesidad|celiac\w+|cel[ií]ac\w+|ansiedad|s[ií]ndrome\s\w+|trastorno\w*\s\w+|"
    r"insuficiencia\s\w+|discapacidad\s\w+|embarazo|EPOC|ACV|COVID(?:-19)?|dengue|lupus|VPH|HPV|HTA|DBT"
    r"|esclerosis(?:\s\w+)?|(?!graf)\w{3,15}(?:itis|emia|algia)|\w*(?:card|neur|nefr|mi|ret"
    r"|encefal)opat[ií]a"
    r"|psicosis"
    r"|demencia|artrosis|cirrosis|trombosis|fibrosis|chagas|crohn|autista|marcapasos|muletas|c[aá]lculos)"
)
_HEALTH = lazy_re(
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
    r"\b(?:cuenta|cuento|posee|tiene|tengo)\s(?:con\s)?(?:el\s"
    r"|un\s)?certificado\s(?:[uú]nico\s)?de\sdiscapacidad\b|"
    r"\b(?:certificado\s(?:[uú]nico\s)?de\sdiscapacidad|CUD)\s?(?:n\W{0,3}\s?\d|vigente|\d|vence)|"
    r"\bcursa(?:ndo)?\s(?:un\s|su\s)?embarazo|"
    r"\b(?:est[aá]|estoy)\sembarazada\b|\b(?:es|ser|soy)\s(?:diab[eé]tic[oa]|celíac[oa]|celiac[oa]"
    r"|epil[eé]ptic[oa]|"
    r"discapacitad[oa]|asm[aá]tic[oa]|hipertens[oa])|"
    r"\b(?:tuvo|curs[oó]|tuve)\s(?:un\s|una\s)?(?:ACV|COVID|infarto|dengue|c[aá]ncer|tuberculosis"
    r"|aborto)\b|"
    r"\b(?:en|hace)\sdi[aá]lisis\b|\b(?:es|soy)\s(?:hipoac[uú]sic|sord|cieg|no\svidente|electrodep|autista|"
    r"esquizofr[eé]nic|alcoh[oó]lic|adict)[oa]?\b|\b(?:tiene|tengo|posee|con)\sCUD\b|\boperad[oa]\sde(?:l"
    r"|\sla)?\s"
    r"(?!la\sl[ií]nea)(?:columna|cadera|coraz[oó]n|rodilla|ves[ií]cula|c[aá]ncer|la\s(?:columna|cadera"
    r"|vista|rodilla))|"
    r"\b(?:recibe|recibo|hace|en|con)\s(?:quimio|radio)terapia\b|\btom[ao]\s(?:antidepresiv|ansiol[ií]tic"
    r"|psicof[aá]rmac|"
    r"clonazepam|medicamentos|litio|insulina|metformina|sertralina|enalapril|levotiroxina|anticoagulant"
    r"|\w{4,12}(?:zepam|olol|prazol|idona|apina|sartan))\w*|\bembarazada\sde\s\d|\b(?:empleada|vecina"
    r"|se[ñn]ora|beneficiaria|alumna|compa[ñn]era)\s"
    r"embarazada\b|\b(?:est[aá]|estoy|estuvo)\s(?:operad[oa]|internad[oa]|trasplantad[oa]|medicad[oa])\b|"
    r"\b(?:me|se|le)\s(?:dializ\w+|operaron\b|diagnosticaron\b|hacen?\squimio\w*)|"
    r"\b(?:usa|uso|anda\sen|ando\sen|est[aá]\sen|estoy\sen)\ssilla\sde\sruedas|"
    r"\b(?:oxigeno|electro|insulino)dependiente\b|\bdi[oó]\spositivo\b|\btom[ao]\s(?:medicaci[oó]n"
    r"|insulina)\b|"
    rf"\b(?:mi|su)\s(?:marido|espos[oa]|hij[oa]|madre|padre|mam[aá]|pap[aá]|abuel[oa]"
    rf"|herman[oa])\s(?:tiene|con"
    rf"|sufre\sde|sufre|es)\s(?:{_ILLNESSES}|discapa\w+|autista|diab[eé]tic[oa]|cel[ií]ac[oa]))"
)
_FAITHS = (
    r"(?:jud[ií][oa]|cat[oó]lic[oa]|evang[eé]lic[oa]|musulm[aá]n(?:a|e)?|budista|ate[oa]|agn[oó]stic[oa]|"
    r"morm[oó]n(?:a|e)?|umbandista|protestante|adventista|pentecostal|cristian[oa]"
    r"|testigo\sde\sjehov[aá])s?"
)
_FAITH = lazy_re(
    rf"(?i:\b(?:es|ser|soy|somos|practicante|se\sdeclara|creyente)\s{_FAITHS}\b"
    rf"|\breligi[oó]n\s?:?\s(?:es\s)?{_FAITHS}\b|"
    rf"\b{_FAITHS}\spracticante\b|\bpertenece\sa\sla\siglesia\b|\breligi[oó]n\s?:\s?\w{{4,20}}|"
    rf"\bprofes[ao]\s(?:la\s|el\s)?(?:fe|religi[oó]n|islam|juda[ií]smo|budismo|"
    r"catolicismo|cristianismo)\b|\bse\scongrega\sen\b|\basiste\sal\sculto\b|\bde\s(?:fe"
    rf"|religi[oó]n)\s{_FAITHS}\b)"
)
_NO_UNIONS = r"(?!PAMI|OS[A-Z]|IOMA|UCR\b|PJ\b|PRO\b|LLA\b|FIT\b|ANSES|CABA|GCBA|MST\b|PO\b)"
_UNION = lazy_re(
    r"(?i:\b(?:re)?afiliad[oa]\s(?:a|al|a\sla|en|del?)\s(?:el\s|la\s)?(?:sindicato|gremio|uni[oó]n\s"
    r"|camioneros"
    r"|bancaria|asociaci[oó]n\s(?:bancaria|de\strabaj)))"
    rf"|(?i:\b(?:re)?afiliad[oa]\s(?:a|al|a\sla|en|del?)?\s?(?:el\s|la\s)?){_NO_UNIONS}[A-Z]{{3,8}}\b"
    rf"|(?i:\b(?:delegad[oa]|secretari[oa]\sgeneral|congresal)\s(?:gremial\s|sindical\s)?(?:del?|de\sla)\s)"
    rf"{_NO_UNIONS}[A-Z]{{3,8}}\b"
    r"|(?i:\bafiliad[oa]\s(?:gremial|sindical)|\bcuota\ssindical\b|\bsindicalizad[oa]\b|"
    r"\b(?:miembro|pertenece|integrante)\s(?:al?|del?)\s(?:la\s)?(?:sindicato|gremio)\b|"
    r"\b(?:activista|militante|dirigente)\s(?:sindical|gremial)\b|"
    r"\bafiliaci[oó]n\s(?:sindical|gremial)\s?:?\s?\w+|\bdelegad[oa]\s(?:sindical|gremial)\b)"
    r"|(?i:\b(?:cotiza|aporta|soci[oa]|adherid[oa]|representante)\s(?:gremial\s|sindical\s)?(?:al?|del?"
    r"|en|por)\s(?:la\s)?"
    r"(?:sindicato|gremio)\b|\brepresentante\s(?:gremial|sindical)\b)"
    r"|(?i:\b(?:pertenece|cotiza|aporta)\sa(?:l|\sla)?\s|\bafiliad[oa]\s(?:a\s|en\s)?)(?:UPCN|SUTECBA|ATE"
    r"|SUTEBA|SUTERH|UOM|UOCRA|CGT|CTA|CTERA|UTE"
    r"|UTA|SMATA|ADEMYS|AMET|UDA|SADOP|ATSA)\b"
)
_CHILD = lazy_re(
    r"(?i:\b(?:su|mi)\s(?:hij[oa]|nen[ea]|niet[oa]|beb[eé]|sobrin[oa])\s(?:menor\s)?de\s\d{1,2}\b"
    r"|\b(?:un[oa]?|dos|tres|cuatro|\d)\s(?:menores|hij[oa]s|nen[ea]s|chic[oa]s|niet[oa]s"
    r"|ni[ñn][oa]s)\sde\s\d{1,2}(?:,\s\d{1,2})*"
    r"\s(?:y|e)\s\d{1,2}\b|\b(?:su|mi|sus|mis|el|la)\s(?:hij[oa]s?|nen[ea]|niet[oa]s?"
    r"|sobrin[oa]s?)\s(?:menor(?:es)?\s)?(?:de|,)\s?"
    r"\d{1,2}\s(?:a[ñn]os|meses)|\b(?:el|la)\s(?:menor|ni[ñn][oa]"
    r"|alumn[oa])\s[^.;\n\d]{2,40}?,?\s(?:de\s)?\d{1,2}\s"
    r"(?:a[ñn]os|meses)|\b(?:menor(?:es)?|hij[oa]s?|niet[oa]s?)\sa\s(?:su\s|mi\s)?cargo\b"
    r"|\bhij[oa]\s(?:menor\s)?de\s\d{1,2}\s(?:a[ñn]os|meses)"
    r"|\b(?:nen[ea]|ni[ñn][oa]|beb[eé]|chi(?:quit|c)[oa]|pib[ea]|adolescente|lactante|nnya|nna"
    r"|alumn[oa])\sde\s"
    r"\d{1,2}\s(?:a[ñn]os|meses|d[ií]as)\b(?!\s(?:o\sm[aá]s|en\sadelante))"
    r"|(?<!\ba\s)(?<!\bes\s)(?<!\bsi\s)(?<!ser\s)(?<!sea\s)(?<!para\s)(?<!todo\s)\bmenor\sde\s(?:\d"
    r"|1[0-5])\sa[ñn]os\s\w+[ao]d[oa]\b|"
    r"\b(?:madre|padre)\sde\s\w+\s(?:hij|ni[ñn]|nen|chic|menor)[oae]s?\b|"
    r"\b(?:mam[aá]|pap[aá])\sde\s(?:\d(?!\s?[°º])|un[oa]?|dos|tres|cuatro)\b|\b(?:mi|su)\sbeb[eé]\b"
    r"|\b(?:mis|sus)\s"
    r"(?:\d|dos|tres|cuatro)\s(?:hij|nen|niet)[oae]s?\b|\b(?:tiene|tengo|con)\s(?:\d{1,2}|un|una"
    r"|dos|tres|cuatro|cinco|"
    r"seis)\s(?:hij|nen)[oae]s?\b|\b(?:dos|tres|cuatro|cinco|\d)\shij[oa]s\smenores\b"
    r"|\bni[ñn][oa]\sde\s\d{1,2}\sa[ñn]os\sllamad[oa]\b)"
    r"|(?i:\bhij[oa]\s?[:,]\s?|\bmenor\sde\sedad,?\s"
    r"|\balumn[oa]\s)[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20}\s[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20}"
    r"|(?i:\b(?:su|mi|sus|mis)\s(?:hij[oa]|niet[oa])s?\s(?:menor\s)?)(?:[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20})"
    r"|(?i:\b(?:la|el)\smenor\s)[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,20}\s[A-ZÁÉÍÓÚÑ]"
)

_BEING = r"\b(?:es|soy|ser|somos|se\sdeclara|se\sidentifica\scomo|se\sreconoce(?:\scomo)?)\s(?:una?\s)?"
_PARTIES = (
    r"(?:UCR|PJ|PRO|LLA|FIT|radicalismo|peronismo|kirchnerismo|macrismo|socialismo|comunismo|la\sizquierda|"
    r"frente\s(?:de\stodos|renovador|de\sizquierda)|uni[oó]n\s(?:por\sla\spatria|c[ií]vica)"
    r"|juntos\spor\sel\scambio|"
    r"la\slibertad\savanza|la\sc[aá]mpora|cambiemos|coalici[oó]n\sc[ií]vica|partido\s\w{4,})"
)
_POLITICS = lazy_re(
    r"(?i:\b(?:afiliad[oa]|se\safili[oó]|milit(?:a|o|[oó]|ante)|simpatiza(?:nte)?|punter[oa]|dirigente"
    r"|adherente"
    rf"|candidat[oa])\s(?:a|al|del?|en|con|por)\s(?:el\s|la\s)?{_PARTIES}\b|"
    rf"\b(?:vot[oóeé]|vota)\s(?:a|al|por)\s(?:el\s|la\s)?(?:{_PARTIES}|Milei|Macri|Cristina|Massa|Larreta"
    rf"|Bullrich"
    r"|Kicillof|Alberto)\b|\b(?:simpatizante|militante|votante)\s(?:radical|peronista|kirchnerista"
    r"|macrista|libertari[oa]"
    r"|socialista|del\speronismo)\b|"
    rf"{_BEING}(?:peronista|kirchnerista|macrista|comunista|socialista|libertari[oa]|anarquista"
    rf"|trotskista)s?\b|"
    r"\b(?:soy|somos)\sradical(?:es)?\b|\bafiliaci[oó]n\s(?:pol[ií]tica|partidaria)\s?:\s?\w{2,})"
)
_SEXUALITY = lazy_re(
    rf"(?i:{_BEING}(?:persona\s|mujer\s|hombre\s|joven\s|var[oó]n\s|chic[oa]\s)?(?:gay|lesbiana|homosexual"
    r"|bisexual|heterosexual|pansexual)(?:e?s)?\b|\borientaci[oó]n\ssexual\s?:\s?(?:gay|homo|lesb|bi"
    r"|hetero|pan|asex)"
    r"|\bpareja\s(?:gay|lesbiana|homosexual|del\smismo\ssexo))"
)
_GENDER = lazy_re(
    rf"(?i:{_BEING}(?:(?:mujer|var[oó]n|hombre|persona|chic[oae]|ni[ñn][oae]|joven|adolescente"
    rf"|vecin[oae])\s)?"
    r"(?:trans|travesti|no\sbinari[oae]|transg[eé]nero|transexual)\b|\bse\s(?:auto)?percibe\s(?:como\s)?"
    r"(?:mujer|var[oó]n|hombre|no\sbinari[oae]|trans)\b|\bidentidad\sde\sg[eé]nero\s?:\s?\w{3,}|"
    r"\b(?:sexo|g[eé]nero)\s?:\s?(?:femenino|masculino|mujer|var[oó]n|trans|no\sbinari[oae]|[FMX]\b)|"
    r"\b(?:persona|mujer|var[oó]n|hombre|chic[oa]|joven|vecin[oa]|adolescente|alumn[oa])\s(?:trans"
    r"|no\sbinari[oa]"
    r"|travesti|transg[eé]nero)\b)"
)
_PEOPLES = (
    r"(?:mapuche|qom|wich[ií]|guaran[ií]|mby[aá]|diaguita|kolla|coya|quechua|aymara|tehuelche|huarpe"
    r"|mocov[ií]|toba"
    r"|afrodescendiente|afroargentin[oa]|ind[ií]gena|gitan[oa]|rom)(?:e?s)?"
)
_ORIGIN = lazy_re(
    rf"(?i:\bpertenec\w+\s(?:al\spueblo|a\sla\s(?:comunidad|etnia))\s{_PEOPLES}\b|{_BEING}{_PEOPLES}\b|"
    rf"\b(?:hij[oa]s?|descendientes?|niet[oa]s?)\sde\s{_PEOPLES}\b|\b(?:persona|familia|vecin[oa]"
    rf"|se[ñn]ora?|joven"
    rf"|solicitante)\s(?:es\s)?(?:de\s(?:origen|ascendencia)\s)?{_PEOPLES}\b"
    rf"|\bautopercepci[oó]n\s[eé]tnica\s?:\s?\w+"
    rf"|\b(?:comunidad|pueblo|etnia)\s{_PEOPLES}\s(?:a\s(?:la|l|el)\sque|al\sque)\s(?:pertenec|integr)\w+"
    rf"|^\s*(?:vecin[oa]\s|joven\s|familia\s)?{_PEOPLES}\s?[,;.]\s(?:viv|resid|de\s\d|solicit|pid|con\s))"
)
_CRIMES = r"(?:robo|hurto|homicidio|lesiones|abuso|estafa|amenazas|tenencia|violencia|usurpaci[oó]n|drogas)"
_CRIME = lazy_re(
    r"(?i:\b(?:tiene|tengo|con|posee|registra|sus)\s(?:\w+\s)?antecedentes\s(?:penales|policiales"
    r"|judiciales"
    rf"|por\s{_CRIMES})|\b(?:fue|estuvo|est[aá]|estaba|est[aá]n)\s(?:condenad[oa]\s(?:a|por)\s"
    rf"|procesad[oa]\spor\s"
    rf"|imputad[oa]\s(?:de|en|por)\s|detenid[oa]\s(?:por\s{_CRIMES}|en\sla\scomisar)|pres[oa]\b)|"
    rf"\bcumple\s(?:una\s)?(?:condena|prisi[oó]n|arresto)\b|\blibertad\scondicional\b|\bex\s?convict[oa]\b|"
    rf"\b(?:denunciad|condenad|imputad|acusad)[oa]\s(?:por|de)\s{_CRIMES}\b|\bcausa\spenal\s(?:por|n)\W?)"
)

_CASED = lazy_re(r"\(\?i:|(?<!\\)(?<!\(\?)[A-ZÁÉÍÓÚÑ]")
"""In a pattern that is searched in a text as it stands."""
_SAYINGS: tuple[tuple[str, str, Callable[[re.Match[str]], bool] | None], ...] = (
    ("birth-date", _BORN.pattern, household.is_born_on_a_day),
    ("address", _HOME.pattern, None),
    ("health", _HEALTH.pattern, circumstances.is_of_somebody),
    ("religion", _FAITH.pattern, circumstances.is_of_somebody),
    ("union", _UNION.pattern, circumstances.is_of_somebody),
    ("child", _CHILD.pattern, None),
    ("politics", _POLITICS.pattern, circumstances.is_of_somebody),
    ("sexuality", _SEXUALITY.pattern, circumstances.is_of_somebody),
    ("gender", _GENDER.pattern, circumstances.is_of_somebody),
    ("origin", _ORIGIN.pattern, circumstances.is_of_somebody),
    ("criminal", _CRIME.pattern, circumstances.is_of_somebody),
    *household.SAYINGS,
    *circumstances.SAYINGS,
    *whereabouts.SAYINGS,
)
PATTERNS = tuple((kind, pattern) for kind, pattern, _holds in _SAYINGS)
_ALTERNATIVES = tuple(
    (kind, each, holds, plain)
    for kind, pattern, holds in _SAYINGS
    for plain in (_CASED.search(pattern) is None,)
    for each in alternatives(pattern)
)
"""Kind, pattern, what a match must hold besides, and whether it is searched in plain letters."""
_TRIGGERS = Triggers([pattern for _kind, pattern, _holds, _plain in _ALTERNATIVES])


def saying_kinds(text: PlainText) -> set[str]:
    """What a text says of one person: `birth-date`, `address`, `health`, `religion`, `union`, `child`
    and the special categories."""
    found: set[str] = set()
    for number in _TRIGGERS.find(text.words):
        kind, _pattern, holds, plain = _ALTERNATIVES[number]
        if kind not in found and _is_said(text.plain if plain else text.text, number, holds):
            found.add(kind)
    return found | statement_kinds(text)


def may_say_something(text: PlainText) -> bool:
    """Whether a text of these words, whatever its numbers, can say something of a person."""
    return _TRIGGERS.can_find(text) or bool(statement_kinds(text))


def _is_said(text: str, number: int, holds: Callable[[re.Match[str]], bool] | None) -> bool:
    pattern = _TRIGGERS.pattern(number)
    if holds is None:
        return pattern.search(text) is not None
    return any(holds(found) for found in pattern.finditer(text))

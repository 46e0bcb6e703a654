"""What the words of a column's cells are, whatever its label says: religions, unions, parties, peoples,
illnesses, offences, how persons love, and children in somebody's care."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping

from validation.personal.lazily import lazy_re
from validation.personal.statements import names_illness

_WORDS = {
    "religion": r"(?:catolic|judi|hebre|evangel|musulman|budist|ate[oa]|agnostic|mormon|umbandist"
    r"|protestant"
    r"|adventist|pentecostal|cristian|islam|testigo de jehova|ortodox|hinduist|bautist|luteran"
    r"|anglican)\w*",
    "union": r"upcn|sutecba|ate|cgt|cta|ctera|ute|uta|smata|ademys|amet|uda|sadop|fatsa|atsa|uom|uocra"
    r"|suterh"
    r"|suteba|sipreba|utpba|ugl|setia|soeme|foetra|luz y fuerza|camioneros|bancari[ao]|la bancaria"
    r"|sindicato\b.*|union (?:obrera|personal|tranviarios)\b.*|asociacion (?:bancaria|de trabajadores)\b.*",
    "politics": r"ucr|pj|pro|fit|fitu|fit unidad|frente de todos|union por la patria|uxp|peronis\w*|radical"
    r"(?:ismo)?|kirchneris\w*|la libertad avanza|lla|juntos(?: por el cambio)?|jxc|cambiemos"
    r"|coalicion civica"
    r"|izquierda|partido (?:justicialista|socialista|obrero|comunista)|union civica radical|libertari[oa]s?"
    r"|p\. ?(?:justicialista|obrero|socialista|comunista)|evita|milei|macri|massa|cristina|bullrich"
    r"|bregman|larreta"
    r"|u\.?c\.?r\.?|p\.?j\.?|frente renovador|la campora|republicanos unidos"
    r"|hacemos(?: por nuestro pais)?|macrista|socialis\w*",
    "origin": r"mapuche|qom|toba|wichi|guarani|mbya(?: guarani)?|diaguita(?: calchaqui)?|kolla|quechua"
    r"|aymara"
    r"|tehuelche|huarpe|mocovi|pilaga|charrua|ranquel|comechingon|selk.?nam|tonocote|omaguaca|ava guarani"
    r"|afro(?:descendiente|argentin\w*)?|afrodescendiente|rom(?:ani)?|gitan[oa]|indigena|coya|chane|lule",
    "sexuality": r"(?:hetero|homo|bi|a|pan)sexual|gay|lesbiana?|hetero|queer|demisexual",
    "health": r"(?:a|b|ab|0|o) ?[+-]|(?:vih|hiv)(?: ?(?:\+|-|positiv[oa]|negativ[oa]))?|(?:no )?reactiv[oa]"
    r"|(?:asma|diabetes|epoc|hipertension|epilepsia|celiaquia|cancer|esquizofrenia|depresion|autismo|tea"
    r"|tuberculosis|dengue|covid|lupus|artrosis|artritis|anemia|hipotiroidismo|paralisis|sindrome|trastorno"
    r"|discapacidad|insuficiencia|fractura|neumonia|otitis|bronquiolitis|cardiopatia|leucemia|tumor|migrana"
    r"|ansiedad|sobredosis|intoxicacion|parkinson|alzheimer|acv|infarto|embarazo|hepatitis|sifilis|obesidad"
    r"|invalidez|incapacidad"
    r")\b.*|f\d\d(?:\.\d)?|motora|motriz|visual|auditiva|mental|visceral|intelectual|psicosocial"
    r"|osde|swiss medical|galeno|medicus|omint|ioma|pami|osecac|obsba|osplad|union personal|sancor salud"
    r"|medife|osuthgra|osprera|accord salud|hospital italiano(?: plan de salud)?",
    "criminal": r"(?:robo|hurto|homicidio|lesiones|abuso|estafa|encubrimiento|amenazas|tenencia|usurpacion"
    r"|resistencia a la autoridad|violencia de genero|narcotrafico|secuestro|procesad[oa]|condenad[oa]"
    r"|sobreseid[oa]|reincidente|con antecedentes|sin antecedentes|maltrato|negligencia|abandono"
    r"|violencia (?:familiar"
    r"|intrafamiliar|domestica|sexual|fisica)|explotacion sexual|trabajo infantil"
    r"|vulneracion de derechos)\b.*",
    "nation": r"(?:arg|bol|boliv|par|parag|pry|ury|uru|per|chl|chi|ven|venez|col|bra|bras|chn|ita|esp"
    r"|hti|sen|parag|urug|venez|colom|ecuat?|arg)\.?"
    r"|(?:argentin|bolivian|paraguay|peruan|chilen|uruguay|brasile|colombian|venezolan|dominican"
    r"|haitian|cuban"
    r"|ecuatorian|mexican|chin|corean|japones|ucranian|rus|senegales|italian|espanol|aleman|frances|polac"
    r"|siri|armeni"
    r"|extranjer|norteamerican|estadounidense|britanic|ingles|portugues|suiz|canadiens|hondure."
    r"|nicaraguens|guatemaltec)(?:[oae]s?|r[oa]s?)?"
    r"|(?:argentine|bolivi|paraguay|peruvi|chile|urugua?y|brazili|colombi|venezuel|mexic|cub|americ"
    r"|canadi|austral"
    r"|ital|germ|russi|ukraini|syri|armeni|belgi|norwegi|indi|nigeri|kore|hungari|romani|austri)i?an"
    r"|french|british|english|irish|swedish|danish|finnish|polish|turkish|spanish|scottish|dutch"
    r"|swiss|portuguese"
    r"|japanese|chinese|senegalese|lebanese|naturalizad[oa]|(?:argentina|bolivia"
    r"|paraguay|peru|chile"
    r"|uruguay|brasil|colombia|venezuela|china|italia|espana|haiti|cuba|ecuador|mexico|uk|usa|eeuu"
    r"|ee\.? ?uu\.?"
    r"|france|francia|germany|alemania|spain|italy|brazil|polonia|poland|japon|japan|portugal"
    r"|reino unido|inglaterra"
    r"|canada|rusia|russia|ucrania|ukraine|senegal|republica dominicana|corea(?: del sur)?|siria"
    r"|armenia|suecia|sweden)",
    "family": r"(?:con |sol[oa] c/ ?|\d+ )?(?:su |mi )?(?:hij[oa]s?|madre|padre|mama|papa|pareja"
    r"|espos[oa]|marido|niet[oa]s?"
    r"|abuel[oa]s?|herman[oa]s?|novi[oa]|bebe|suegr[oa]|ti[oa]|sobrin[oa]s?)\b.*|solter[oa](?:/a)?"
    r"|casad[oa](?:/a)?|divorciad[oa](?:/a)?|viud[oa](?:/a)?"
    r"|separad[oa](?:/a)?(?: de hecho)?|conviviente"
    r"|union (?:civil|convivencial|de hecho)|concubin[oa]|en pareja",
    "social": r"ciudadania portena|ticket social|tarjeta alimentar|auh|asignacion universal.*"
    r"|potenciar(?: trabajo)?|progresar"
    r"|plan (?:social|trabajar|jefes).*|subsidio habitacional|pension no contributiva|pnc"
    r"|nuestras familias",
    "children": r".*\b(?:\d+|un|una|dos|tres|cuatro) (?:menor(?:es)?|hij[oa]s?|nin[oa]s?|nen[ea]s?)\b.*"
    r"|.*\b(?:nin[oa]s?|menor(?:es)?|hij[oa]s?|nen[ea]s?) .*\d+ (?:anos|meses).*",
}
_KINDS = {kind: lazy_re(f"(?:{words})") for kind, words in _WORDS.items()}
_NOTHING = frozenset(
    (
        "",
        "no",
        "si",
        "ninguna",
        "ninguno",
        "n/a",
        "nc",
        "ns/nc",
        "no informa",
        "s/d",
        "otro",
        "otra",
        "sin datos",
    )
)
_LOOK = 120
"""Characters of a cell that are looked at."""


def plain_text(text: str) -> str:
    """Small letters without accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().strip()


def count_kinds(cells: Mapping[str, int]) -> dict[str, float]:
    """Of each special kind, the share of the cells that say something at all (not `no`, not `ninguna`) which
    are of its words; at least two must be. `cells` has of each text how often it stands there."""
    plain: Counter[str] = Counter()
    for cell, count in cells.items():
        if (word := plain_text(cell[:_LOOK])) not in _NOTHING:
            plain[word] += count
    found: Counter[str] = Counter()
    for word, count in plain.items():
        for kind, words in _KINDS.items():
            if words.fullmatch(word) or (kind == "health" and names_illness(word)):
                found[kind] += count
    said = plain.total()
    return {kind: count / said for kind, count in found.items() if count > 1 or said == 1}

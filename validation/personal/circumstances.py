"""What a sentence says of one person in passing: faith, union, party, descent, love, offences, illness, and
the benefits that somebody lives on. A march of a union, a church and a programme say it of nobody."""

from __future__ import annotations

import re
from collections.abc import Callable

from validation.personal.lazily import lazy_re
from validation.personal.writings import OWNER, PERSON, in_all_writings, in_plain_writing

_IS = (
    r"(?:es|soy|son|somos|ser|era|sos|siendo|seria|se declara|se define como|se identifica como"
    r"|se reconoce|se considera)"
    r"(?: (?:una?|muy|persona|hombre|mujer|varon|chic[oa]|joven|senora?|vecin[oa]|matrimonio|pareja)){0,2}"
)
_FAITHS = (
    r"(?:judi[oa]|hebre[oa]|catolic[oa]|evangelic[oa]|evangelista|musulman|musulmana|islamic[oa]|budista"
    r"|ate[oa]|agnostic[oa]"
    r"|mormon|mormona|umbandista|protestante|adventista|pentecostal|cristian[oa]|testigo de jehova"
    r"|bautista|luteran[oa]"
    r"|anglican[oa]|hinduista|ortodox[oa]|bahai|sintoista|creyente|islam|umbanda|kimbanda|rastafari)"
)
RELIGION = in_plain_writing(
    rf"(?:\b{_IS} {_FAITHS}(?:s|es)?\b|\b{PERSON} (?:es |muy )?(?:de (?:fe |religion "
    rf"|culto )?(?:la )?)?{_FAITHS}s?\b"
    rf"|\b(?:religion|fe|credo|culto|confesion)(?: es|:| que profesa:?) ?(?:la )?{_FAITHS}\b"
    rf"|\bde (?:fe|religion|culto|confesion|creencia) {_FAITHS}\b"
    rf"|\b(?:practicante|practica|convertid[oa]|feligres|devot[oa]|creyente|profesa|profeso)(?: de| a| en"
    rf"| al| del)?(?: la| el)? ?"
    r"(?:fe|religion|culto|islam|judaismo|budismo|catolicismo|cristianismo|iglesia|umbanda|jud|catol"
    r"|evang|musul|ortodox|sant[ao])"
    rf"|\btestigo de jehova\b|\b(?:va|voy|asiste|concurre|acude|pertenece|se congrega|miembro) (?:a|en"
    rf"|de) (?:la|el|una|su)? ?"
    r"(?:iglesia|templo|sinagoga|mezquita|misa|culto|congregacion)\b"
    r"|\b(?:pastor|pastora|rabino|sacerdote|cura|monja|imam|diacono"
    r"|seminarista)(?: \w+)? (?:evangelic[oa] )?(?:pide|solicita|reclama|denuncia|vive|por su fe)"
    r"|\bpor (?:su|mi) (?:religion|fe|creencias?)\b|\bpor (?:motivos|razones|cuestiones) religios[oa]s\b"
    r"|\bguarda(?:n)? el s(?:h)?abb?at"
    r"|\bpor ser (?:judi|catolic|evangelic|musulman|mormon|adventista|cristian|testigo de))"
)
_UNIONS = (
    r"(?:upcn|sutecba|ate|suteba|suterh|uom|uocra|cgt|cta|ctera|ute|uta|smata|ademys|amet|uda|sadop|atsa"
    r"|fatsa|sipreba"
    r"|utpba|soeme|foetra|uatre|uthgra|aeu?p?|faecys|foecyt|sec|camioneros|bancari[oa]s?|la bancaria"
    r"|gastronomicos|metrodelegados"
    r"|agtsyp|la fraternidad|union ferroviaria|luz y fuerza|apla|apj|sutpa|cicop|medicos municipales|amm"
    r"|utep|mte)"
)
UNION = in_plain_writing(
    rf"\b(?:(?:re|des)?afiliad[oa]|delegad[oa]|activista|militante|cotiza|aporta|soci[oa]|dirigente"
    rf"|representante|secretari[oa] (?:general|gremial)|congresal"
    rf"|miembro|integrante|pertenece|adherid[oa]|trabaja en|referente"
    rf"|(?<!acuerdo )(?<!reunion )paritari[oa]|vocal)(?: (?:gremial"
    rf"|sindical|titular|suplente|general))?"
    rf"(?: (?:a|al|de|del|en|por|con)){{0,1}}(?: (?:la|el|los))? ?(?:sindicato|gremio|{_UNIONS})\b"
    rf"|\b(?:delegad[oa]|activista|militante|dirigente|afiliad[oa]|representante|licencia|tutela|fuero"
    rf"|actividad|afiliacion|aporte|cuota|reserva) (?:gremial|sindical)\b(?! obligatori)"
    rf"|\bafiliacion(?: gremial| sindical)?:? {_UNIONS}\b|\b{_IS} (?:gremialista|sindicalista"
    rf"|delegad[oa] de)\b|\bsindicalizad[oa]\b|\bagremiad[oa]\b"
    rf"|\b(?:mi|su) (?:sindicato|gremio)\b|\b(?:sindicato|gremio): ?\w{{3}}"
)
_PARTIES = (
    r"(?:ucr|pj|pro|lla|fit(?:-?u)?|mst|nmas|pts|uxp|jxc|fdt|radical(?:ismo)?|radicales|peronis(?:ta|mo)"
    r"|kirchneris(?:ta|mo)|k\b|macris(?:ta|mo)"
    r"|libertari[oa]s?|mileis(?:ta|mo)|socialis(?:ta|mo)|comunis(?:ta|mo)|trotskista|justicialista"
    r"|massista|larretista|cristinista"
    r"|partido \w{3,}|(?:la )?izquierda|frente (?:de todos|renovador|de izquierda|para la victoria)"
    r"|union por la patria|union civica"
    r"|juntos por el cambio|la libertad avanza|la campora|cambiemos|coalicion civica|polo obrero"
    r"|patria grande|movimiento evita|barrios de pie"
    r"|nuevo encuentro|mov(?:imiento)? evita|republicanos unidos|milei|macri|cristina|cfk|massa|larreta"
    r"|bullrich|kicillof|alberto fernandez|grabois)"
)
POLITICS = in_plain_writing(
    r"\b(?:(?:re|des)?afiliad[oa]|se afilio|militante|milita|milito|militaba|simpatizante|simpatiza"
    r"|puntero|puntera|dirigente|adherente|votante|votaba|vota|voto"
    r"|fiscal(?: general| de mesa)?|fiscalizo|fiscaliza|candidat[oa](?: a \w+)?|referente|activista"
    r"|seguidor[a]?|partidari[oa]|trabaja|hizo campana|afin|cercan[oa])"
    rf"(?: politic[oa]| barrial)?(?: (?:a|al|de|del|en|con|por|para))?(?: (?:el|la|los))? {_PARTIES}\b"
    rf"|\b(?:{_IS}|siempre fue|familia|{PERSON}) (?:peronista|kirchnerista|macrista|comunista|socialista"
    rf"|libertari[oa]|anarquista|trotskista|de izquierda"
    r"|de derecha|mileista|antiperonista)s?\b"
    r"|\b(?:soy|somos|es) radical(?:es)?\b|\bpunter[oa] (?:politic[oa]|del barrio|barrial)\b"
    rf"|\bpor (?:ser|su militancia|pensar como)(?: \w+)? {_PARTIES}\b"
    rf"|\b(?:ideologia|filiacion|afiliacion|militancia|preferencia|voto|partido"
    rf"|extraccion)(?: politic[oa]| partidari[oa])? ?: ?{_PARTIES}"
    rf"|\b(?:de extraccion|de ideas|de ideologia|de filiacion) {_PARTIES}"
)
_LOVES = r"(?:homosexual|lesbiana|bisexual|pansexual|asexual|heterosexual|gay|torta|marica|puto)"
SEXUALITY = in_plain_writing(
    rf"(?:\b(?:{_IS}|{PERSON}|pareja|matrimonio|por ser|por su condicion de) {_LOVES}(?:e?s)?\b"
    rf"|^\W*(?!torta|marica|puto){_LOVES}\b(?! friendly)|,? {_LOVES}(?=,| denuncia| agredid| discriminad)"
    r"|\b(?:su|mi|por su|por mi) (?:orientacion|condicion|identidad|eleccion|preferencia|vida"
    r"|inclinacion) sexual\b"
    r"|\borientacion sexual ?: ?(?:gay|homo|lesb|bi|hetero|pan|asex)"
    r"|\bpareja (?:del mismo sexo|igualitaria)\b|\bvive con su pareja (?:gay|lesbiana|homosexual)"
    r"|\btrabajador[a]? sexual\b|\bejerce la prostitucion\b"
    r"|\b(?:el vecino|el denunciante|el titular|el solicitante) (?:y|con) su (?:novio|marido|esposo)\b)"
)
GENDER = in_plain_writing(
    rf"(?:\b(?:{_IS}|{PERSON}|por ser) (?:una? )?(?:mujer |varon |hombre |persona |chic[oa] "
    rf"|feminidad )?(?:trans|travesti|no binari[oaex]|transgenero|transexual|intersex(?:ual)?)\b"
    r"|\bse (?:auto)?percibe\b|\btransicion de genero\b|\bcambio de genero\b(?= registral| en su| de su|,"
    r"|\.|$)|\btratamiento hormonal\b|\b(?:genero|sexo)(?: autopercibid[oa])? ?: ?\w"
    r"|^\W*(?:travesti|mujer trans|varon trans|chica trans)\b)"
)
_NATIONS = (
    r"(?:bolivian|paraguay|peruan|chilen|uruguay|brasiler|brasilen|colombian|venezolan|dominican|haitian"
    r"|cuban|ecuatorian|mexican"
    r"|chin|corean|japones|taiwanes|ucranian|rus|rumano?|senegales|african|nigerian|ghanes|camerunes"
    r"|marroqui|siri|libanes"
    r"|armeni|turc|italian|espanol|aleman|frances|polac|judi|arab|filipin)(?:[oae]s?)?"
)
_PEOPLES = (
    r"(?:mapuche|qom|wichi|guarani|mbya|diaguita|kolla|colla|coya|quechua|aymara|tehuelche|huarpe|mocovi"
    r"|toba|pilaga|charrua|ranquel|omaguaca"
    r"|comechingon|afrodescendiente|afroargentin[oa]|afro|indigena|originari[oa]s?|gitan[oa]|romani|rom"
    r"|aborigen|mestiz[oa]|negr[oa]|mulat[oa])(?:e?s)?"
)
ORIGIN = in_plain_writing(
    rf"(?:\b(?:de|con) (?:origen|ascendencia|raices|sangre|etnia"
    rf"|descendencia) (?:etnic[oa] )?{_PEOPLES}\b|\b(?:{_IS}|{PERSON}) (?:de la comunidad |de comunidad "
    rf"|del pueblo )?{_PEOPLES}\b"
    rf"|\b(?:de la|de una|a la|integra la|integrante de la|referente de la|pertenece a la) (?:comunidad"
    rf"|etnia|tribu) {_PEOPLES}(?! ?(?:de|en) (?:la|el)\b)"
    rf"|\b(?:del|al) pueblo(?: originario)? {_PEOPLES}\b|\bdescendientes?(?: de)?(?: \w+)? {_PEOPLES}\b"
    rf"|\bhabla (?:solo )?(?:quechua|aymara|guarani|qom|wichi)\b"
    rf"|\b(?:{_IS}|{PERSON}|inmigrante|migrante|refugiad[oa]|oriund[oa] de|ciudadan[oa]|nacid[oa] en"
    rf"|familia) (?:de (?:origen|nacionalidad) )?{_NATIONS}\b"
    rf"|\b(?:de nacionalidad|de origen|nacionalidad ?:|nac(?:ionalidad)?\. ?:?|ascendencia) ?{_NATIONS}\b"
    r"|\bindocumentad[oa]\b|\b(?:sin papeles|en situacion (?:migratoria )?irregular|residencia precaria"
    r"|radicacion precaria|sin residencia)\b|\brefugiad[oa] (?:de|politic|venezol|siri)"
    r"|\b(?:color de piel|tez|rasgos|cutis) (?:negr|trigue|moren|oscur|asiatic|andin|indig|blanc|mestiz)"
    r"|\borigen etnico ?:)"
)
_CRIMES = (
    r"(?:robo|hurto|homicidio|lesiones|abuso|estafas?|amenazas|tenencia|violencia|usurpacion|drogas?"
    r"|narco\w*|encubrimiento|violacion|femicidio|asesinato|dano|resistencia)"
)
CRIMINAL = in_plain_writing(
    rf"(?:\b(?:tiene|tengo|con|posee|registra|sus|presenta|sin) (?:muchos |varios "
    rf"|frondosos )?antecedentes?(?: penales| policiales| judiciales| por {_CRIMES}| de {_CRIMES})"
    rf"|\b(?:tiene|posee|registra) (?:frondosos |muchos |varios )?antecedentes\b"
    r"|\b(?:estuvo|esta|estaba|fue|estando|cayo|sigue|quedo|esta hoy) (?:pres[oa]|detenid[oa]"
    r"|condenad[oa]|procesad[oa]|imputad[oa]|encarcelad[oa]|privad[oa] de su libertad"
    r"|demorad[oa])\b(?! en obra)"
    r"|\b(?:cumple|cumplio|cumpliendo) (?:una |su |la )?(?:condena|prision|arresto|pena)\b"
    r"|\blibertad (?:condicional|asistida)\b|\bex[ -](?:convict[oa]|presidiari[oa]|pres[oa]|detenid[oa])\b"
    rf"|\b(?:denunciad|condenad|imputad|acusad|procesad|buscad|detenid)[oa] (?:por"
    rf"|de) (?:el delito de )?{_CRIMES}\b|\bcausas? (?:penal|penales|judicial|por {_CRIMES})"
    r"|\b(?:prision domiciliaria|tobillera electronica|salidas? transitorias?|excarcelad[oa]"
    r"|liberad[oa] (?:del penal|de la carcel)|prontuariad[oa]|reincidente|pedido de captura|profug[oa]"
    r"|evadid[oa])\b"
    r"|\b(?:salio|sale) (?:de la carcel|del penal|en libertad)\b|\b(?:en|con|cumple"
    r"|esta con)(?: una)? probation\b|\b(?:restriccion|orden|medida|prohibicion)\w* (?:\w+ )?perimetral\b)"
)
_BENEFITS = (
    r"(?:auh|aue|asignacion (?:universal|familiar|por hij[oa])\w*|asig\w*\.? (?:univ\w*|fam\w*)\.?"
    r"|ciudadania portena|ticket social|potenciar(?: trabajo)?|progresar|argentina trabaja"
    r"|hacemos futuro|tarjeta alimentar|alimentar|plan(?:es)? (?:social|trabajar|jefes|jefas|potenciar"
    r"|progresar|acompanar)(?:es)?|subsidio habitacional|subsidio 690|subsidio|690"
    r"|pnc\b|pension (?:no contributiva|graciable|por (?:invalidez|discapacidad|viudez))|pension"
    r"|jubilacion(?: minima)?|seguro de desempleo|fondo de desempleo|salario social|ife\b|beca|bolson\w*"
    r"|asistencia alimentaria"
    r"|ayuda social|moratoria|nuestras familias|estudiar es trabajar|vivir en casa|volver al trabajo"
    r"|acompanamiento social|garrafa social|tarifa social|volver al trabajo)"
)
_NAMED_BENEFITS = (
    r"(?:auh|asignacion universal|ciudadania portena|ticket social|potenciar trabajo|progresar"
    r"|tarjeta alimentar|plan alimentar"
    r"|estudiar es trabajar|subsidio habitacional|subsidio 690|pension no contributiva|pnc|plan social"
    r"|argentina trabaja"
    r"|hacemos futuro|nuestras familias|salario social|fondo de desempleo|seguro de desempleo"
    r"|jubilacion minima|ingreso familiar"
    r"|becas? (?:progresar|de inclusion|alimentaria)|tarifa social|boleto (?:gratuito|estudiantil)"
    r"|vivir en casa|bolson alimentario)"
)
_SURE_BENEFITS = (
    r"(?:auh|aue|ife|puam|pnc|hogar(?:es con garrafa)?(?= y|,|\.|$)"
    r"|pension (?:por (?:invalidez|viudez|discapacidad)"
    r"|universal|no contributiva|graciable|madre de siete)|subsidio (?:por desempleo|habitacional)"
    r"|seguro (?:de|por) desempleo|ticket social|tarjeta alimentar|potenciar trabajo|ciudadania portena"
    r"|asignacion universal|jubilacion minima|progresar)"
)
"""Benefits by their own names, which are nothing else."""
BENEFIT = in_plain_writing(
    rf"(?:\b(?:{PERSON}|le (?:dan|dieron|cortaron|acreditaron|acreditan|pagan|pagaron|suspendieron"
    rf"|dan de baja|depositan|depositaron|corresponde"
    rf"|aprobaron|negaron|rechazaron)|cobr\w+|percib\w+|figura|perceptora?|recib\w+|tramit(?:a|o)"
    rf"|inscript[oa]|activ[oa]|vive de)\b"
    rf"[^\n;.]{{0,40}}\b{_NAMED_BENEFITS}\b"
    rf"|\b(?:dio|dieron|dar|da) de (?:baja|alta)[^\n;.]{{0,20}}\b{_NAMED_BENEFITS}\b"
    rf"|\b{_NAMED_BENEFITS} (?:de(?:l| la| su)?|a nombre de(?:l| la)?) {PERSON}\b"
    rf"|\b(?:cobr\w+|percib\w+|viv[eo] (?:de|con)|anotad[oa] en|inscript[oa] en|cort(?:o|en|aron|an)"
    rf"|suspend(?:io|ieron|en)|titular del?|tutora?[^\n;.]{{0,20}}, con)"
    rf" (?:el |la )?(?:plan )?{_SURE_BENEFITS}\b"
    r")"
)
SOCIAL = in_plain_writing(
    rf"(?:\b(?:cobra|cobro|cobraba|cobrando|percibe|percibo|percibiendo|recibe|recibo|tiene|tengo"
    rf"|titular de(?:l)?|beneficiari[oa] de(?:l)?|perceptor[a]? de(?:l)?|cuenta con|vive del?"
    rf"|depende del?|le dieron|le cortaron|baja del?|inscript[oa]|se mantiene con)"
    rf"(?: la| el| una?| los| su| en)? {_BENEFITS}(?: |\W|$)"
    rf"|\b(?:esta|estoy|quedo|vive) en (?:situacion de calle|la calle)\b|\b(?:{PERSON}|{_IS}|esta|estoy"
    rf"|quedo) (?:desocupad[oa]|desemplead[oa]|sin ingresos|sin trabajo|indigente|en la indigencia)\b"
    r"|\b(?:mi|su) (?:sueldo|salario|ingreso|jubilacion|pension|plan|haber)(?:es)? (?:es|son|de"
    r"|mensual)\b|\b(?:gana|cobra|percibe|ingresos? (?:familiares "
    r"|mensuales )?de) ?\$ ?\d[\d.]*(?![\d.]| ?(?:un|una|el|la|cada|c/u|por persona)\b)"
    rf"|\b(?:deuda|moros[oa]|embargo) (?:de (?:el |la |l )?{OWNER}|en el veraz))"
)
_ILLNESSES = (
    r"(?:vih|hiv|sida|cancer|diabet\w+|depresion|esquizofreni\w+|epilep\w+|tuberculosis|tbc|hepatitis"
    r"|asma|autis\w+|tea|tgd|bipolar\w*|leucemia|tumor\w*|alzh?eimer|parkinson"
    r"|sifilis|adiccion\w*|hipertension|hipertens[oa]|obesidad|celia\w+|ansiedad|sindrome(?: de)? \w+"
    r"|trastorno\w* \w+|insuficiencia \w+|discapacidad(?: \w+)?|embarazo|epoc|acv|covid(?:-19)?|dengue"
    r"|lupus|vph|hpv|hta|dbt|esclerosis(?: \w+)?|(?!graf)\w{3,15}(?:itis|emia|algia|osis)|\w*(?:card"
    r"|neur|nefr|mi"
    r"|ret|encefal)opatia|psicosis|demencia|cirrosis|chagas|crohn|marcapasos|muletas|ataques? de panico"
    r"|convulsiones|problemas? (?:de salud|cardiac\w+|respiratori\w+|psiquiatric\w+|psicologic\w+"
    r"|renal\w*|motriz|motrices|de adiccion\w*|de consumo|del corazon|de columna|neurologic\w+)"
    r"|una? enfermedad \w+"
    r"|retraso (?:mental|madurativo)|paralisis(?: \w+)?|fractura\w*|quebradura|movilidad reducida"
    r"|dificultad\w* (?:para caminar|motriz|respiratoria\w*)|problemas de movilidad|hipoacusia|ceguera"
    r"|sordera|alergi\w+|anorexia|bulimia|alcoholismo"
    r"|protesis|oxigeno|silla de ruedas|baston|andador|bolsa de colostomia|sobrepeso|hernia\w*|down"
    r"|asperger|adhd|tdah|toc|endometriosis|fibromialgia|gripe a|inmunodep\w+|infarto|aneurisma"
    r"|desnutricion|anemia|consumo problematico)"
)
_ILL = (
    r"(?:diabetic[oa]|asmatic[oa]|epileptic[oa]|hipertens[oa]|celiac[oa]|discapacitad[oa]"
    r"|esquizofrenic[oa]|bipolar|autista|seropositiv[oa]|oncologic[oa]|psiquiatric[oa]|cieg[oa]|sord[oa]"
    r"|sordomud[oa]|no vidente|hipoacusic[oa]"
    r"|hemiplejic[oa]|paraplejic[oa]|cuadriplejic[oa]|tetraplejic[oa]|alcoholic[oa]|drogadict[oa]"
    r"|adict[oa]|electrodependiente|oxigenodependiente|insulinodependiente|trasplantad[oa]|dializad[oa]"
    r"|cardiac[oa]|enferm[oa]|postrad[oa]|internad[oa]|operad[oa]"
    r"|medicad[oa]|embarazada|convaleciente|inmunodeprimid[oa]|lisiad[oa]|rengo|invalid[oa]|amputad[oa]"
    r"|accidentad[oa] grave|obes[oa]|anoxeric[oa]|depresiv[oa]|deprimid[oa]|desnutrid[oa]|hemofilic[oa]"
    r"|alergic[oa]|renal)"
)
_SURE_ILLNESSES = (
    r"(?:alzh?eimer|parkinson|tuberculosis|tbc|epoc|depresion mayor|depresion|esquizofrenia|epilepsia|vih"
    r"|hiv|cancer"
    r"|leucemia|esclerosis multiple|hepatitis|diabetes|asma|trastorno bipolar|psicosis|demencia"
    r"|embarazo de (?:alto )?riesgo)"
)
HEALTH = in_plain_writing(
    rf"(?:\b(?:padec(?:e|er|ia|io|en|iendo)|padezco|sufre|sufrir|sufro|sufrio|tiene|tengo|tuvo|tuve"
    rf"|presenta|cursa|cursando|curso|contrajo|portador[a]?|diagnosticaron|detectaron|murio|fallecio"
    rf"|afectad[oa]|recuperandose|enfermo|recuperad[oa])(?: a (?:su|mi) \w+)?(?: de| por)?(?: un"
    rf"| una)? {_ILLNESSES}(?!\w)(?! en la)"
    rf"|\b(?:{PERSON}|quien|que es|por ser|{_IS}|esta|estoy|estaba|esta muy|quedo|anda"
    rf"|estuvo) {_ILL}\b(?! por la obra)"
    rf"|\b{PERSON} (?:\w+ )?con (?:una? )?(?:{_ILLNESSES})(?!\w)"
    rf"|\b(?:{PERSON}|encargad[oa]|cocinera|mozo|portera?) (?:del? \w+ )?con {_SURE_ILLNESSES}\b"
    rf"|\b(?:junta medica|informe medico|certificado medico|lic\.? por|licencia por)\b"
    rf"[^\n;.]{{0,25}}\b{_SURE_ILLNESSES}"
    rf"|\b(?:lo|la|me) oper(?:o|aron|an) de {_ILLNESSES}"
    r")"
)
TREATMENT = in_plain_writing(
    r"(?:\b(?:internad[oa]|medicad[oa]|hospitalizad[oa]) (?:en (?:el|la) (?!obra)\w+|por \w+|de(?:l"
    r"| la)? \w+|hace|desde|con)"
    r"|\boperad[oa] (?:hace|de(?:l| la)? (?:\w+ )?(?:columna|cadera|corazon|rodilla|vesicula|cancer|vista"
    r"|apendic\w+|hernia|cataratas|cabeza|pierna|brazo|prostata|utero|mama|rinon|tumor))"
    rf"|\b(?:diagnostico|dx|diag)\.?(?: medico| presuntivo| actual)? ?(?:es|:|de)? ?(?:un "
    rf"|una )?{_ILLNESSES}\b"
    r"|\bdiagnostico (?:medico|presuntivo|clinico|psiquiatrico) ?:? ?\w{3}|\bdx\.? ?: ?\w{3}"
    rf"|\b(?:adjunta|presento|exhibe|acompana|acredita) (?:su |el )?cud\b|\b{_ILLNESSES} (?:de(?:l| la"
    rf"| su)|que padece(?: el| la)?) {PERSON}\b|\bcud ?(?:n[°ºr]|vig|venc|en tram|\d|vence|otorg)"
    r"|\b(?:con|tiene|posee|presenta|su|mi|renueva|tramita) (?:el )?cud\b"
    r"|\bcertificado (?:unico )?de discapacidad\b(?= ?(?:n|vig|venc|\d|adjunt|present))"
    r"|\b(?:en|bajo|hace|hizo|inicio|con|realiza|recibe) (?:un )?tratamiento (?:psiqui|oncol|psicol|medic"
    r"|por (?:adic|consumo|depre|cancer|su|una enf|alcohol)|de (?:quimio|rayos|fertil|adic)|contra)"
    r"|\b(?:quimioterapia|radioterapia|dialisis|rehabilitacion (?:por|de su))\b(?! ?(?:del hospital|nuev))"
    r"|\b(?:usa|uso|utiliza|necesita|requiere|se moviliza (?:en|con)|anda (?:en|con)"
    r"|camina con) (?:silla de ruedas|baston|andador|muletas|oxigeno|audifonos?|protesis|marcapasos"
    r"|panales|sonda|insulina)"
    r"|\bse (?:fracturo|quebro|esguinzo|luxo|descompenso|intoxico|suicido|lastimo|lesiono|golpeo la)\b"
    r"|\bintento (?:de suicidio|suicidarse)\b|\b(?:tentativa|ideacion) (?:de )?suicid"
    r"|\bembarazada de\b|\bgestante de \d|\b\d{1,2} (?:semanas|meses) de (?:embarazo|gestacion)\b"
    r"|\babort[oó]\b(?= espont|,|\.|$| en)|\b(?:vih|hiv|covid|sida) ?(?:\+|positiv[oa])"
    r"|\b(?:su|mi) (?:enfermedad|discapacidad|diagnostico|embarazo|patologia|problema de salud"
    r"|tratamiento|medicacion|psiquiatra|oncologo|obra social|condicion de salud|cud)\b"
    r"|\btoma (?:medicacion|pastillas|remedios|psicofarmacos|insulina|antidepresivos|clonazepam"
    r"|rivotril)\b|\bgrupo (?:sanguineo|y factor) ?:? ?[abo0]|\bhistoria clinica (?:n[°ºro.]* ?)?\d"
    r"|\bhc ?(?:n[°ºro.]* ?)?:? ?\d{3}"
    r"|\b(?:consume|consumo|consumidor[a]? de|adict[oa] a|en consumo de"
    r"|problemas? de consumo de?) (?:paco|cocaina|marihuana|alcohol|drogas|sustancias|pasta base|crack)"
    r"|\bbrote psicotico\b|\bcrisis (?:nerviosa|de panico|convulsiva)\b"
    r"|\bafiliad[oa] (?:a |al )?(?:pami|osde|ioma|obsba|osecac|galeno|swiss medical|medicus|omint)\b)"
)
LEAVE = in_plain_writing(
    r"\b(?:licencia|carpeta|parte|reposo) (?:medic[oa]|psiquiatric[oa]|por (?:enfermedad|embarazo"
    r"|maternidad|estres|covid|accidente|salud)|largo tratamiento)"
)
_PROGRAMMES = lazy_re(
    in_all_writings(
        r"\b(?:programa|campana|taller|talleres|charla|jornada|ley|leyes|dia|mes|marcha|acto|cupo"
        r"|derechos|politicas|capacitacion|curso|colectividad|feria"
        r"|orgullo|prevencion|vacunatorio|vacunacion|centro|posta|encuentro|fiesta|celebracion|festival"
        r"|muestra|exposicion|convenio|registro|observatorio"
        r"|guia|protocolo|biblioteca|museo|radio|casa del|asamblea|arbol|arboles|ejemplar|ejemplares"
        r"|planta(?! baja)|plantas|palmera|jacaranda|tipa|platano|tilo|fresno|sensibilizacion"
        r"|diversidad|seminario"
        r"|congreso|escuela|hospital|mural|monumento|placa|pintada|manifestacion|movilizacion|corte"
        r"|pedido de informes|informes|atencion integral|politicas?|servicio de|empleadas|empleados"
        r"|agentes|docentes|personas|mujeres|varones|hombres|pacientes|alumnos|alumnas|estudiantes"
        r"|beneficiarios|beneficiarias|vecinos|vecinas|poblacion|gente|quienes|familias|adultos|jovenes"
        r"|como se|requisitos|motor|maquina|equipo|repuestos?|productos?|oficina contra|usuarios"
        r"|trabajadores|trabajadoras|victimas|porcentaje|cantidad|tasa|total)\b"
    )
)


_GOES_ON = (
    r"(?: de \d\d anos)?(?: y \w+)?, (?:\d\d\b|de \d\d|sin|con|no|vende|trabaja|busca|tiene|titulo|llego"
    r"|vino|vive|pide"
    r"|lleva|casad|solter|estudi|habla|prefiere|reside|alquila|refiere|dice|cocina|cuida|limpia|hace"
    r"|quiere)"
)
"""What follows an adjective that begins a note on somebody: `adventista, no trabaja sábados`."""
OPENING_FAITH = in_plain_writing(
    r"(?:^|[.;:] )\W?(?:adventista|budista|musulman|musulmana|mormon|mormona|testigo de jehova"
    r"|evangelic[oa]"
    r"|evangelista|catolic[oa]|judi[oa]|umbandista|menonita|pentecostal|ate[oa]|agnostic[oa]|cristian[oa]"
    rf"|bautista|hinduista|luteran[oa]|anglican[oa]|rastafari){_GOES_ON}"
)
OPENING_NATION = in_plain_writing(
    rf"(?:^|[.;:] )\W?(?:(?:{_NATIONS})|extranjer[oa]|mapuche|wichi|qom|guarani|aymara|quechua|kolla|toba)"
    rf"(?: naturalizad[oa])?{_GOES_ON}"
)


def is_of_somebody(found: re.Match[str]) -> bool:
    """Whether what is said is said of a person: no programme stands before it."""
    lead = found.string[max(0, found.start() - 60) : found.start()]
    return _PROGRAMMES.search(_CLAUSE.split(lead)[-1]) is None


def _takes_leave(found: re.Match[str]) -> bool:
    """Whether somebody is on leave, and no rule about leaves is spoken of."""
    return is_of_somebody(found) and not _OF_RULES.search(found.string)


_OF_RULES = lazy_re(
    in_all_writings(
        r"\b(?:ley|art\.?|articulo|decreto|convenio|regimen|requisitos|normativa|reglamento|formulario"
        r"|instructivo"
        r"|como se \w+|se (?:carga|pide)n?|segun (?:la|el)|cuantos dias|corresponden? (?:por|a))\b"
    )
)
_CLAUSE = lazy_re(r"[,.;] |\bporque\b|\bpor ser\b", re.IGNORECASE)
"""Between what is said of a programme and what is said of a person."""


Holds = Callable[[re.Match[str]], bool]
SAYINGS: tuple[tuple[str, str, Holds | None], ...] = (
    ("religion", RELIGION, is_of_somebody),
    ("union", UNION, is_of_somebody),
    ("politics", POLITICS, is_of_somebody),
    ("sexuality", SEXUALITY, is_of_somebody),
    ("gender", GENDER, is_of_somebody),
    ("origin", ORIGIN, is_of_somebody),
    ("criminal", CRIMINAL, is_of_somebody),
    ("social", SOCIAL, is_of_somebody),
    ("social", BENEFIT, is_of_somebody),
    ("health", HEALTH, is_of_somebody),
    ("health", TREATMENT, is_of_somebody),
    ("health", LEAVE, _takes_leave),
    ("religion", OPENING_FAITH, None),
    ("origin", OPENING_NATION, None),
)
"""Kind, pattern, and what a match must hold besides."""

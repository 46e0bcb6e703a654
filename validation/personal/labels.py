"""What the label of a column says: which kind of personal data its cells may be, and whether its rows are
persons, places, or counts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from functools import cache

from validation.personal.abbreviations import spell_out
from validation.personal.lazily import lazy_re


@cache
def label_words(label: str) -> tuple[str, ...]:
    """The words of a label, without accents or capitals, cut ones spelt out: `FechaNac_2` is (`fecha`,
    `nac`), `domic` is (`domicilio`)."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().replace("NNyA", "nnya")
    whole = re.sub(r"\b(?:[A-Za-z]\.){2,}(?:[A-Za-z]\b)?", lambda found: found[0].replace(".", ""), plain)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", whole).lower()
    joined = _SPELT.sub(lambda found: re.sub(r"[^a-z]", "", found[0]), spaced)
    for foreign, ours in _FOREIGN:
        joined = re.sub(foreign, ours, joined)
    words = (word.rstrip("0123456789") or word for word in re.split(r"[^a-z0-9]+", joined))
    return tuple(part for word in words if word for part in spell_out(word, _known()))


_SPELT = lazy_re(
    r"(?<![a-z0-9])(?:d[_ ]n[_ ]i|[lc][_ ][ei]|l[_ ]c|d[_ ]u|c[_ ]u[_ ]i[_ ][tl]|c[_ ][bv][_ ]u|h[_ ]c)"
    r"(?![a-z0-9])"
)
"""Abbreviations with a sign between their letters, as a label cut at its points has them: `d_n_i`."""
_FOREIGN = ((r"\blast[_ ]?name\b", "apellido"), (r"\bfirst[_ ]?name\b", "nombre"))


@cache
def _known() -> frozenset[str]:
    """The words that stand for themselves."""
    return frozenset().union(
        *(
            COUNTS,
            OF_ONE,
            PLACES,
            OFFICE,
            FREE_TEXT,
            SURNAMES,
            DOCUMENTS,
            ROLES,
            FUNCTIONS,
            PERSON_ATTRIBUTES,
        ),
        *(RECORDS, LOGINS, NAMED, CONTACT, ADDRESS, OWN_HOME, NOT_HOME),
    )


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# --- rows that are no persons
COUNTS = _set(
    "cantidad cantidades cant total totales subtotal casos conteo count porcentaje porc pct tasa "
    "promedio suma poblacion personas votos matriculados matricula frecuencia nacimientos defunciones "
    "asistentes inscriptos beneficiarios habitantes viviendas hogares prevalencia incidencia "
    "proporcion participacion indice causas hechos denuncias alumnos alumnas raciones vacantes electores "
    "visitas visitantes apoyos pasajeros victimas nacidos heridos muertos aplicadas aplicados otorgados "
    "otorgadas realizadas realizados atendidas atendidos registrados registradas"
)
OF_ONE = _set("hijos hijas edad nro numero id nacional provincial profesional individual menores")
"""Words beside a count that make it one person's: `cantidad_hijos`, `nro de matrícula`."""
PLACES = _set(
    "obra obras escuela escuelas colegio establecimiento institucion instituto hospital centro cesac "
    "sede edificio plaza parque barrio comuna calle calles avenida estacion comisaria oficina organismo "
    "reparticion dependencia area ministerio secretaria subsecretaria direccion unidad empresa empresas "
    "proveedor comercio local club biblioteca museo teatro monumento homenaje espacio programa proyecto "
    "actividad evento iniciativa tramite servicio linea ramal curso taller carrera producto item rubro "
    "localidad provincia pais ciudad region partido circuito distrito seccion manzana parada "
    "jurisdiccion entidad asociacion fundacion organizacion sociedad denominacion archivo campo dataset "
    "recurso documento titulo tema sitio especie animal mascota perro arbol libro pelicula obra_teatro "
    "banco jardin universidad facultad materia equipo puesto feria mercado lugar destino punto "
    "cooperativa consorcio licitacion contratacion imagen carpeta red mapa tipo categoria autor autora "
    "autores artista interprete compositor homenajeado homenajeada personaje personajes procer retratado"
)
NAMED_AFTER_PERSONS = _set(
    "calle calles avenida direccion ubicacion esquina interseccion entre cruce domicilio escuela escuelas "
    "colegio "
    "establecimiento hospital plaza parque estacion sede edificio monumento homenaje homenajeado homenajeada "
    "biblioteca museo teatro club autor autora autores artista interprete compositor barrio lugar parada "
    "empresa proveedor contratista oferente institucion denominacion denominac denom razon raz fantasia"
)
OFFICE = _set(
    "oficina oficial institucional institucion organismo reparticion dependencia area sede ministerio "
    "secretaria subsecretaria direccion escuela establecimiento hospital centro comisaria empresa "
    "prestador juzgado defensoria cpi caf delegacion seccional agencia entidad consultorio salita "
    "farmacia club sucursal terminal obrador prensa ventas administracion municipal ministerial comuna "
    "caps cesac fiscalia sector departamental ofic org inst proveedor comercio laboral mesa efector "
    "efectores interno conmutador guardia atencion boleteria reservas turnos hub desk"
)
FREE_TEXT = _set(
    "descripcion observacion observaciones comentario comentarios nota notas texto detalle relato"
)

# --- persons
SURNAMES = _set("apellido apellidos")
DOCUMENTS = _set(
    "dni dnis ndoc ndocum cedula nrodoc numdoc nrodocumento numerodocumento cuil cuils pasaporte pasaportes "
    "passport"
)
ROLES = _set(
    "titular titulares solicitante solicitantes denunciante firmante postulante vecino vecina "
    "requirente beneficiario beneficiaria alumno alumna estudiante paciente padre madre tutor tutora "
    "empleado empleada victima imputado conyuge afiliado afiliada socio socia inscripto inscripta "
    "propietario propietaria inquilino inquilina contribuyente deudor deudora chofer conductor "
    "conductora persona ciudadano ciudadana usuario usuaria participante becario becaria asistente "
    "testigo familiar hijo hija trabajador trabajadora permisionario permisionaria feriante interesado "
    "interesada reclamante quejoso requerido requerida demandante demandado condenado condenada detenido "
    "detenida procesado procesada ingresante visitante huesped adoptante jubilado jubilada pensionado "
    "pensionada ocupante voluntario voluntaria aspirante candidato ganador ganadora premiado elector "
    "adherente acreedor garante heredero causante donante internado internada fallecido fallecida occiso "
    "difunto menor hermano hermana cuidador cuidadora acompanante locador locatario vendedor "
    "vendedora artesano artesana deportista jugador jugadora atleta pasajero tutores cuentacorrentista "
    "aportante cotitular derechohabiente cursante egresado egresada pasante preso interno_penal denunciado "
    "denunciada damnificado damnificada agresor llamante consultante entrevistado entrevistada "
    "encuestado encuestada habitante residente conviviente mama papa madres padres "
    "tramitante recurrente presentante autorizado retirante receptora perceptor poseedor tenedor dueno "
    "duena postulantes agente infractor infractora referente_adulto joven pensionista nna adolescente "
    "nino nina bebe turista tourist firmado adulto adulta adjudicatario adjudicataria lesionado lesionada "
    "puestero puestera duenio duenia peaton ciclista acusado acusada cliente huespedes egresada encuestador "
    "querellante deudo deudos profe fletero proponente frentista arrendatario arrendataria"
)
FUNCTIONS = _set(
    "responsable director directora funcionario funcionaria legislador legisladora diputado diputada "
    "revisor revisora docente profesor profesora agente medico medica coordinador coordinadora contacto "
    "referente autoridad autoridades encargado encargada presidente presidenta representante jefe jefa "
    "autoridad inspector inspectora supervisor supervisora operador operadora evaluador evaluadora "
    "tallerista facilitador facilitadora instructor comisario firmantes "
    "autoriza investigador investigadora secretario apoderado apoderada profesional matriculado "
    "concejal"
)
PERSON_ATTRIBUTES = _set(
    "edad sexo genero gender nacionalidad ocupacion profesion escolaridad parentesco legajo paciente "
    "beneficiario alumno vecino afiliado empleado persona ficha"
)
ANIMALS = _set(
    "mascota mascotas animal animales perro perros perra gato gatos can canino felino equino caballo"
)
"""Of rows that are animals."""
SPECIES = frozenset(("especie", "microchip"))
FICTION = _set("sinopsis argumento trama libreto guion synopsis plot")
"""Of what is told of persons who are made up, or are known by what was made of them."""
MEMORIALS = _set("homenaje homenajes homenajeado homenajeada homenajeados placa placas epigrafe epitafio")
"""Of what is said in public of persons of history."""
MONEY = _set(
    "monto montos importe importes presupuesto valor valores costo precio precios saldo pesos credito "
    "devengado vigente "
    "pagado superficie metros m consumo habitantes recaudacion ingreso ingresos gasto gastos dolares "
    "litros kg"
)
CASES = _set("caratula caratulas autos")
"""Of files of a court, which are called by the parties."""
NETWORKS = _set("facebook instagram ig tiktok twitter linkedin redes")
FILED = _set("ticket expediente expte tramite codigo cod id registro contrato formulario fecha")
"""Words beside `hijo` that make it a file under another."""
NATIONS = _set("nacionalidad nacionalidades nacional nationality citizenship")
LANGUAGES = _set("idioma idiomas lengua lenguas language languages cocina comida equipo seleccion")
"""Of cells that are called as nations are."""
RECORDS = _set("hc legajo ficha prontuario")
"""Of a column of numbers, the file of one person."""
LOGINS = _set("usuario user username login userid")
NAMED = _set(
    "nombre nombres name nombreyapellido apellidoynombre apenom nomape ayn nya nyap fullname apynom apeynom "
    "nomyape apeynombre apynombre apodo apodos sobrenombre"
)
NAME_WORDS = NAMED - _set("nombre nombres name apodo apodos sobrenombre")
NICKNAMES = _set("apodo apodos sobrenombre")

CONTACT = _set(
    "tel tels telefono telefonos telefonico cel celular celulares movil moviles whatsapp fono phone "
    "email emails mail mails correo correos contacto contactos mailbox casilla wsp wpp wasap watsap"
)
ADDRESS = _set(
    "addr address adress domicilio domicilios domicilo dcilio direccion calle residencia vivienda address"
)
OWN_HOME = _set("particular real personal residencia familiar conyugal vivienda hogar home")
NOT_HOME = _set(
    "fiscal legal laboral comercial ip web url mail email electronico electronica correo general tipo "
    "prest prestacion hecho "
    "reclamo siniestro falta infraccion incidente solicitud lugar inspeccion intervencion social"
)

SPECIAL: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, lazy_re(pattern))
    for kind, pattern in (
        (
            "sexuality",
            r"orient\w*_sex\w*|sex\w*_orient\w*|o_sexual|lgbt\w*|lgtb\w*|orientacion_sexual|sexualidad"
            r"|vida_sexual|preferencia_sexual|identidad_sexual",
        ),
        (
            "health",
            r"medic|(?:blood|conditions?|allerg\w*|illness\w*|disabilit\w*|health)|apto_cardio\w*"
            r"|ergometria"
            r"|cons(?:umo)?_(?:prob\w*|sust\w*|de_sust\w*|de_drogas|alcohol)|disc(?:ap\w*)?"
            r"|tipo_disc\w*|diag\w*|patol\w*|medicam\w*|medicac\w*|(?:enf|enfermedades)_(?:prev\w*"
            r"|cron\w*|base)|antec\w*_(?:clin\w*|med\w*|fam\w*)|test_\w+|tratam\w*|vacunas?"
            r"|grupo_sang\w*|factor_rh|rh|cobert\w*_(?:med\w*|soc\w*|salud)|semanas_gest\w*"
            r"|edad_gest\w*|fum|fpp|trim\w*_emb\w*|protesis|ayudas?_tecnicas?|diagnostic\w*"
            r"|enfermedad\w*|patologi\w*|discapacidad\w*|discapacitad\w*|grupo_sanguineo"
            r"|vih|hiv|"
            r"embaraz\w*|medicacion\w*|medicamento\w*|historia_clinica|hc|nro_hc|condicion_medica|salud|"
            r"estado_de_salud|estado_salud|alergi\w*|vacun\w*|cud|certificado_discapacidad|cie|cie_?\d*"
            r"|sintoma\w*|"
            r"comorbilidad\w*|internacion|adiccion\w*|consumo_problematico|tratamiento|obra_social"
            r"|cobertura_medica|"
            r"causa_de_muerte|causa_muerte|antecedentes_medicos|antecedente_medico|motivo_consulta"
            r"|motivo_de_consulta"
            r"|motivo_internacion|motivo_de_internacion|resultado_(?:vih|hiv|test|pcr|hisopado"
            r"|laboratorio)|prepaga"
            r"|cobertura_salud|cobertura_de_salud|plan_medico|factor_sanguineo|grupo_y_factor"
            r"|grupo_factor|peso|talla"
            r"|obra_soc|motivo_lic(?:encia)?|lic(?:encia)?_motivo|imc|serologia|psiquiatri\w*|evolucion"
            r"|(?:dias_)?lic(?:encias?)?_med(?:icas?)?|apto_(?:medico|fisico)|lesion\w*|dieta|celiaquia"
            r"|remedios?|toma_remedios?|(?:apto_|examen_)?psicofis\w*|dolencias?|afeccion\w*"
            r"|padecimiento\w*"
            r"|movilidad_reducida|silla_(?:de_)?ruedas|carpeta_med\w*|cert\w*_med\w*|motivo_(?:de_"
            r"|del_)?ausen\w*"
            r"|motivo_(?:de_)?inasist\w*|celiaco|enferm[oa]s?|donante_(?:de_)?organos|gpo_sang\w*"
            r"|gr_sang\w*|sangre",
        ),
        (
            "religion",
            r"cree_en|confes\w*_relig\w*|culto_que_\w+|pertenencia_relig\w*|creencias?|relig\w*"
            r"|religion\w*|religios\w*|credo|culto|confesion|fe",
        ),
        (
            "union",
            r"union_(?:mbr|memb\w*|member\w*|afil\w*)|trade_union|union_member\w*|(?:aporte|cuota"
            r"|desc\w*|afil\w*|licencia)_sind\w*|sind|(?:afil\w*|aporte|cuota)_grem\w*|sindicat\w*"
            r"|sindical\w*|gremi\w*",
        ),
        (
            "origin",
            r"ethnic\w*|colectividad(?:_\w+)?|(?:pueblo|pob\w*)_orig\w*|ascend\w*|afro\w*"
            r"|autoperc\w*_etn\w*"
            r"|lengua_(?:originaria|indigena)|comunidad_(?:indigena|originaria|aborigen)"
            r"|nacion_orig\w*|etnia\w*|etnic\w*|raza|racial|pueblo_originario|pueblo_indigena"
            r"|afrodescendiente|indigena|"
            r"origen_etnico|autopercepcion_etnica|color_piel|ascendencia",
        ),
        (
            "politics",
            r"(?:agrup\w*|part\w*|afil\w*|filiac\w*|espacio|simpat\w*|prefer\w*|pertenencia|ideol\w*"
            r"|orient\w*|militan\w*)_(?:pol|polit\w*|partid\w*)|party_pref\w*|political_\w+|voto_(?!x_)\w+"
            r"|(?:a|por)_quien_(?:voto|vota\w*)"
            r"|int\w*_(?:de_)?voto|ideol\w*|afiliacion_politica|partido_politico|afiliacion_partidaria"
            r"|ideologia|opinion_politica|"
            r"militancia|filiacion_politica|voto_a|simpatiza\w*|preferencia_politica|intencion_de_voto"
            r"|simpatia_politica"
            r"|partido_por|partido_(?:fiscal|afil\w*)|fuerza_pol\w*|afinidad_pol\w*"
            r"|espacio_politico|agrupacion_politica",
        ),
        (
            "criminal",
            r"antec\w*(?:_(?:pen\w*|pol\w*|jud\w*))?|hecho_imput\w*|(?:delito|hecho)_imput\w*"
            r"|causa_jud\w*|sit\w*_(?:procesal|penal)|penas?|medida_(?:judicial|cautelar|perimetral)"
            r"|perimetral|tobillera|antecedentes|antecedentes_penales|antecedente_penal|condena\w*"
            r"|delito\w*|imputacion"
            r"|causa_penal|"
            r"viol(?:encia)?_(?:de_)?genero|prontuario|detenid\w*|procesad\w*|probation|reincidencia"
            r"|infraccion_penal|pena|sentencia",
        ),
        (
            "biometrics",
            r"foto_(?:rostro|facial|carnet|dni)|(?:hash|template|vector|embedding|patron)_(?:facial"
            r"|rostro|huella|iris|voz)|(?:facial|face|iris|voz|voice|fingerprint)_\w+"
            r"|firma_(?:biometr\w*|manuscrita|digitalizada)|plantilla_\w*|huella\w*|biometri\w*|adn"
            r"|reconocimiento_facial|iris|dactilar\w*|facial\w*|rostro|minucias"
            r"|voz_id|ficha_dactil\w*|dactil\w*",
        ),
        (
            "children",
            r"nnya|nna|nene|nena|bebe|nino|nina|chico|chica|infante|criatura|nombre_(?:del_)?(?:nene"
            r"|nino|nina|bebe|hijo|menor|alumno)|ninos_\w+|edades?_(?:de_)?(?:los_)?(?:hij|ni[n]|men"
            r"|chic)\w*|(?:cant\w*_)?(?:de_)?(?:hij[oa]s?|menores|ninos|nenes)_\w*|hij[oa]s?|menor"
            r"|menores|menores_a_cargo|menor_a_cargo|nombre_menor|cantidad_hij[oa]s"
            r"|(?:iniciales|edad|motivo|sexo|fecha|situacion)_(?:de[l_]*)?(?:nnya|nna|menor|nin[oa]"
            r"|alumn[oa]|hij[oa])"
            r"|edad_hij[oa]s?|"
            r"edad_menor|tiene_hij[oa]s|ni[n]?os_a_cargo|ninos|ninas|cant_hij[oa]s|cant_menores"
            r"|cantidad_menores|grupo_familiar|grupo_conviviente|convivientes|composicion_familiar"
            r"|cargas_de_familia|grupo_conv\w*|hijos_menores|nenes|nietos",
        ),
        (
            "social",
            r"ing(?:r(?:eso)?s?)?_(?:del_)?(?:fam\w*|flia\w*|grupo|mens\w*|hogar|net\w*|decl\w*|tit\w*"
            r"|tot\w*|per_capita)|otr[oa]s?_(?:plan(?:es)?|benef\w*|subs\w*|prestac\w*)"
            r"|prestac\w*_soc\w*|planes|deuda\w*_(?:alquiler|expensas)|sit\w*_(?:lab\w*"
            r"|socioec\w*|econ\w*|habit\w*|calle)|(?:cond\w*|rel\w*)_(?:lab\w*|activ\w*)"
            r"|benef\w*_(?:soc\w*|que_percibe)|plan(?:es)?_soc(?:ial(?:es)?)?"
            r"|prog(?:rama)?s?_soc(?:ial(?:es)?)?"
            r"|asig(?:nacion)?_(?:univ\w*|fam\w*|por)|auh|aue|pnc"
            r"|beneficio_social|ayuda_social|subsidio(?:_habitacional)?|percibe_\w+|cobra_\w+"
            r"|tarjeta_alimentar|ingr(?:eso)?s?_(?:del_)?"
            r"(?:familiar(?:es)?|grupo|mensual(?:es)?|hogar|netos?|declarados?|titular|total(?:es)?)"
            r"|nivel_(?:de_)?ingresos?"
            r"|situacion_(?:laboral|socioeconomica|economica|habitacional)|condicion_(?:laboral"
            r"|de_actividad)",
        ),
        (
            "family",
            r"e_civil|e_c|ec_civil|civil_status|marital\w*|vinc(?:ulo)?_\w+|parent\w*|relac\w*_(?:con"
            r"|c)_\w+|rel\w*_con_\w+|rel(?:ac\w*)?_(?:fam\w*|c_\w+)|est(?:ado)?_civil|parentesco"
            r"|vinculo(?:_familiar|_filial)?|vinc|relacion_familiar"
            r"|situacion_conyugal|responsable_(?:legal|parental)|adult[oa]_resp\w*|(?:hermanos"
            r"|hnos)_(?:a_cargo|menores)",
        ),
        (
            "gender",
            r"(?:id|ident|identidad|i)_(?:de_)?gen\w*|gender_id\w*|gen|gro|(?:gen|id|ident"
            r"|identidad)_autoperc\w*"
            r"|autopercep\w*|nombre_autoperc\w*|sexo|genero|gender|sex|sx|ident_gen|identidad_genero"
            r"|identidad_de_genero|identidad|pronombre\w*"
            r"|travesti|trans",
        ),
    )
)


def names_animals(words: Set[str]) -> bool:
    """Whether a label says that rows are animals, and does not speak of who owns them."""
    return bool(words & (ANIMALS | SPECIES)) and not words & ROLES


def special_kind(words: tuple[str, ...]) -> str | None:
    """The special category (Ley 25.326, art. 2; Ley 1845, art. 3) that a label names, or gender, or
    children."""
    pairs = ["_".join(words[at : at + size]) for size in (3, 2, 1) for at in range(len(words) - size + 1)]
    for kind, pattern in SPECIAL:
        if any(pattern.fullmatch(pair) for pair in pairs):
            return kind
    return None


_BIRTH = lazy_re(r"f(?:ec(?:ha)?)?(?:de)?nac(?:im(?:i?ento)?)?|birthdate|dob|birthday|cumpleanos")


def names_birth(words: tuple[str, ...]) -> bool:
    """Whether a label is that of a birth date."""
    said = set(words)
    return bool(
        any(_BIRTH.fullmatch(word) for word in said)
        or (
            said & {"nacimiento", "nacimento", "nacim", "nac", "birth"}
            and not said & {"lugar", "pais", "provincia", "localidad", "country", "place", "city"}
        )
        or (said & {"f", "fec", "fecha"} and said & {"nto", "nacto", "nmto"})
        or said & {"nacido", "nacida", "cumple"}
        or words == ("fn",)
    )


_NUMBERED = frozenset(("nro", "n", "numero"))


def names_document(words: tuple[str, ...]) -> bool:
    """Whether a label is that of a document of persons."""
    said = set(words)
    numbered = said & {"nro", "num", "numero", "n", "id", "identidad"}
    documents = said & {"documento", "doc", "documentos", "docum"}
    return bool(
        said & DOCUMENTS
        or (documents and (numbered or said <= documents | ROLES) and "tipo" not in said)
        or (
            said & {"licencia", "lic", "registro", "reg", "carnet"}
            and said & {"conducir", "conductor", "conduc", "cond"}
        )
        or (said & {"cud", "precaria", "radicacion"} and (numbered or words[0] == "cud"))
        or {"matricula", "individual"} <= said
        or {"matr", "individual"} <= said
        or (words and said <= {"du", "ci", "le", "lc", "mi", "nro", "n", "numero"} and not said <= _NUMBERED)
        or (said & {"afiliado"} and numbered)
        or {"libreta", "civica"} <= said
        or ("national" in said and said & {"id", "identity", "number"})
        or {"passport", "no"} <= said
    )


def may_name_document(words: tuple[str, ...]) -> bool:
    """Whether a label can be that of documents where rows are persons: `matr`, as electors' rolls say."""
    return bool(set(words) & {"matricula", "matr", "identificacion", "identification", "padron"})


def may_name_birth(words: tuple[str, ...]) -> bool:
    """Whether a label can be that of years of birth where rows are persons: `clase`, as rolls have it."""
    return bool(words) and set(words) <= {"clase", "year"}


def may_name_home(words: tuple[str, ...]) -> bool:
    """Whether a label can be that of homes where rows are persons and the cells have house numbers."""
    said = set(words)
    of_office = said & NOT_HOME and not said & ROLES
    return (
        bool({"dom", "dir", "direc", "vive", "resid", "habita"} & said or ("en" in said and said & ROLES))
        and (len(words) < 3 or bool(said & ROLES))
        and not of_office
    )


def may_number_home(words: tuple[str, ...]) -> bool:
    """Whether a label can be that of house numbers of homes: `dom_nro`."""
    said = set(words)
    numbered = said & {"nro", "numero", "altura", "puerta", "piso", "dpto", "depto"}
    return bool({"dom", "domicilio"} & said and numbered and not said & NOT_HOME)


_FILES = _set(
    "expediente expte exp acta ticket tramite factura comprobante recibo orden oc contrato partida parcela "
    "resolucion disposicion inventario codigo cod id operacion reclamo solicitud tarjeta abono lote serie "
    "chip microchip telefono tel celular cel fecha anio ano year altura importe"
)


def may_be_document(words: tuple[str, ...]) -> bool:
    """Whether a label does not say that its numbers are something else than persons' documents."""
    said = set(words)
    documents = said & {"doc", "docu", "documento", "licencia", "lic", "registro", "carnet", "nro", "numero"}
    return bool(documents) and not said & (_FILES | MONEY | COUNTS)


def names_account(words: tuple[str, ...]) -> bool:
    """Whether a label is that of a bank account or a card."""
    said = set(words)
    numbered = said & {"nro", "num", "numero", "n"}
    return bool(
        said & {"cbu", "cvu", "iban", "pan"}
        or ("tarjeta" in said and (numbered or said & {"credito", "debito"}))
        or (
            said & {"cuenta", "cta"}
            and said & {"bancaria", "banco", "ahorro", "ahorros", "sueldo", "haberes", "deposito"}
        )
        or ("cuenta" in said and numbered)
        or {"caja", "ahorro"} <= said
        or ("alias" in said and said & {"cbu", "cvu", "bancario"})
    )

"""Cells as clerks write them, by kind, and innocent ones beside them; all persons are invented."""

# ruff: noqa: E501 (a kind on few lines reads best)
from __future__ import annotations

import re

import pyarrow as pa
import pytest

from validation.personal.active import active_kind
from validation.personal.cells import find_kinds_in_cells
from validation.personal.context import column_context
from validation.personal.identifiers import find_kinds
from validation.personal.scan import Subject, scan

CELLS = {
    "name": "el Sr. Benítez se opone|vecinos Jorge Luna y Mirta Sosa|habló con Norma Villalba|SOLICITA MARTA GOMEZ"
    "|su esposa Camila Ponce|Apellido y nombre: WANG, LI|el peón Ramón Villalba se retiró|familia Choque"
    "|Recibe la visita la socia Luna, Rocío B.|reunión con Carla Vanesa Roldán, docente|el puestero Oscar Barrionuevo"
    "|Dueño del perro: GOMEZ RAMON",
    "child": "nena 5 años llorando|dos menores, de 4 y 6 años|NNA M.F. derivado a Zonal|hijo menor de edad del reclamante"
    "|alumno de 3° grado|Emma, 7 añitos|menor de edad extraviado: Tomás Ruiz|el niño Bautista Paz",
    "address": "vive Lavalle 3344 depto 6|vive a la vuelta, Boedo 1245 2do C|casa del vecino: Bolívar 987"
    "|dirección del reclamante Cnel. Díaz 1700|se mudó a Castro Barros 432|reside en Villa 20 mza 5 casa 8",
    "birth-date": "Nac.: 28 de feb de 1983|nacido en 4/1971|n. 3/5/80, solicitante|NACIDO EL 30.11.1969|FN: 05/08/1977|nació el 6-X-1941|corregir: n. 23-11-1989",
    "plate": "PAT. MGC 615|pat.TYA482|Renault 12 UVW 345|acoplado 101ABC456|coche KLM 876 abandonado",
    "social": "cobra AUH|beneficiaria de Ciudadanía Porteña|vecino con subsidio habitacional 690|cobra la PUAM|anotada en el IFE"
    "|que no le corten la AUH|del taller, el muchacho vive del subsidio por desempleo",
    "politics": "afiliado UCR|votante de Milei|afiliado radical",
    "origin": "de origen wichi|es boliviano y no tiene documentos",
    "religion": "familia evangélica|pastor evangélico pide permiso por su fe",
    "health": "el reclamante es epiléptico|persona hipoacúsica pide intérprete|adjunta CUD|junta médica confirma depresión mayor"
    "|encargado con tuberculosis|lo operaron de hernia|voto en planta baja porque tengo una prótesis de cadera",
    "passport": "pasaporteAAB985445|passport no. 38674876N",
    "cuit": "cuil–23–27945243–7",
    "dni": "Doc.Nac.Ident. 42.717.849|su documento es 29887431|el número 33.650.918 ya figura como documento de otra",
    "card": "tarj. 4297-7901-2459-8454",
    "ip": "acceso desde IP190.61.245.237",
    "email": "tomi_rugby2001 @gmail . com",
    "phone": "avisar 1122920976|hermana del titular, 2216130948|no contesta el 1167203341|deja su número, 11-2765-9034",
}
STATEMENTS = {
    "religion": "como luterana que soy no trabajo ese día|se hizo adventista hace poco|va a la misa de la Catedral con la madre, la señora"
    "|la vecina ayuna por Ramadán|soy metodista|perteneciente a la comunidad menonita, la actora|se bautizó el mes pasado",
    "union": "yo soy de la UOCRA|cotizante de AOT desde joven|estoy en ADEMYS|fue vocal de la seccional de FOETRA|afiliarse a SMATA le costó el puesto",
    "politics": "soy del PJ y lo digo|como radical le hablo|la autora milita en el PTS|mi tía es anarquista",
    "sexuality": "es una vecina bi|le gustan las mujeres y la cargan|son dos hombres casados desde 2015|en pareja con otra mujer",
    "gender": "transicionó en 2020|hice la rectificación registral|pasó de F a M|ahora es varón",
    "origin": "yo soy de Oruro|la señora vino de Caracas en 2017|nieta de libaneses|él nació en Encarnación",
    "criminal": "estuve presa en Ezeiza|condena por hurto, 2014|está cumpliendo 4 años en Olmos|procesamiento por extorsión",
    "social": "vivo con la jubilación de mi madre, 210 mil pesos|gano 350 lucas|la tarjeta Alimentar que cobro",
    "health": "le extirparon un riñón|linfoma, en quimio|el usuario es asmático severo|me sacaron la vesícula|historia clínica: melanoma"
    "|quedó en silla de ruedas tras el infarto|cursa embarazo de 30 semanas",
    "child": "a Julieta, la de 6 añitos, la trae la tía|mochila de Renata Godoy, sala verde|Ciro Luna 4to B|mi Emilia de 7 meses"
    "|los mellizos Bruno y Zoe Paz, de 9|un pibe de 14, Brian Soto|Lautaro (2do grado, turno tarde)",
    "address": 'dejar en la casa de Beatriz, Pringles 1340|contrato de alquiler en Palpa 2590 4° "C"|la casa queda en Mza 9 tira 2 casa 14'
    "|para en lo de la cuñada, Ramallo 3377|se mandó el flete a Cochrane 2418, torre 5, 8° A",
    "birth-date": "soy del 03/02/1941|15/07/1955 de la solicitante|nacimiento: 4 del 9 del 61|cumplo los 90 en abril|nació en el 44, un 2 de mayo",
    "phone": "llamar al once 4 7 7 3 - 1 2 0 9|tel 4 812 33 70|11/4488/2031 encargues|once cincuenta y dos 60 tres nueve 18"
    "|al 15-4 771 9032 no contesta|se llamó a la hermana al 0341 15 622 4410",
    "dni": "me piden el documento (19 334 207) otra vez|F 5.912.446|figura el 27,318,902 en el recibo|exhibió cédula del año 78, 10.443.918",
    "name": "dijo llamarse norma beatriz ojeda|bolso dejado por Elvirita Recalde|caso de MONTIEL JUAN RAMON|nos recibe Chola Benítez"
    '|saludos de Marta Irala|Héctor "Tito" Bazán lo tiene, preguntar por Héctor "Tito" Bazán',
    "passport": "viaja con AAB 203.118",
}
"""What is told by the sorts of words near one another, and in no fixed saying."""
NEAR = {
    "politics": "Ulises, ex frepasista, pide la palabra|a mi suegra la echaron por peronista|firmé el aval para el MST|votó en blanco en octubre, voté en blanco yo"
    "|Hilda se presentó por Patria Grande|soy conservador y lo digo|mi tía fue concejal por el MODIN|según su primo, es opositor",
    "union": "Rosales, Mirta: adhirió al paro general|trabajo en la planta, soy metrodelegada|el sobrino es del gremio de Moyano"
    "|al mozo lo echaron por ser delegado de la lista verde en UTHGRA|dice Cáceres, el de la UOCRA, que no entra",
    "religion": "Matilde, budista, no come carne|mi abuela le reza a San Expedito, rezo a la Virgen|hice la apostasía en 2011|Ramiro aceptó a Jesús y dejó el taller"
    "|el hijo de Nélida es de la Iglesia Universal|mi nieta toma la primera comunión",
    "sexuality": "Rubén se casó con su pareja, Gustavo|Noelia y Carla, pareja desde 2009|viudo de su compañero Ismael|la joven tiene novia y la molestan"
    "|mi ex marido se fue con otro hombre|mi hermana y su novia alquilan|la cita gay de Esteban",
    "gender": "nombre social: Kiara|Dante nació de sexo femenino|antes era mujer y se operó|mi cuñado ahora se llama Verónica|uso pronombres elle"
    "|Ingresó por cupo laboral trans, Tamara Ríos|hice la transición a los 50",
    "origin": "Delia se autorreconoce mapuche|extranjera (Ecuador), sin papeles|me revisan por los rasgos andinos|el bolita del fondo",
    "criminal": "la acusaron de llevarse la recaudación|a mi yerno lo metieron en cana|Hugo con arresto domiciliario|el del 3° vende merca en el hall"
    "|víctima de trata, rescatada|le robaron la cartera a mi abuela Elvira|fue denunciado por tocar a un chico",
    "social": "adeuda cuatro meses de alquiler el inquilino|mi hermano está en el Veraz|lo echaron de la pensión|ingreso declarado del hogar $190.000"
    "|vivimos con un solo sueldo, mi marido sin trabajo|saca 15 mil por día",
    "health": "a mi suegro le pusieron dos stents|mi mujer empezó la quimio|el chofer vuelve de la operación de rodilla|estoy limpio de cocaína, en recuperación de ocho meses"
    "|sufre de pielonefritis|toma lorazepam",
    "child": "la nena de la vecina, Abril, tiene 8|a cargo de Lautaro, de 9, la abuela|mi hija va a segundo año del Normal 3|los mellizos arrancan la primaria en marzo",
    "name": "su vecino de al lado, Gonzalo Petruccelli, no abre|nota de Benito Scarfoglio|Requerido: Abel Unzaga, no vino|el Beto Carrandi lava el taxi"
    "|SOSA NELIDA BEATRIZ - no vino|se avisó a BRIZOLARA Cristian en persona|DC-2024-11 (Osvaldo Tambucci)|Doña Porota, la del kiosco, avisa|el perro es de los Barrionuevo",
    "address": "mi suegro, Rómulo Naón 3120, pide poda|vivo en Cervantes tres mil doscientos|el inquilino del 5° K de Junín 1340|duerme en la casilla de Mz 4 lote 9"
    "|frentista de Arregui 5120, sin cloaca",
    "birth-date": "nació el veinte de marzo de mil novecientos setenta|mi vieja, del 24 de enero de 1938|Rocío Leyes, 15 abril 2003|cumplió 65 el 3 de mayo|72 cumplidos el 6",
    "dni": "Nancy (27.640.118) firmó|soy 29.413.106 y está mal|Damos fe de que Tomás, 46 113 025, vino|dni veinticinco uno cuarenta tres ocho",
    "cbu": "mi cuenta Galicia 4022118-6 077-4|la cuenta 3-117-0009815-1 a mi suegro|cvu cero cero cero tres uno cero nueve",
    "card": "me debitan de la visa terminada en 7713",
    "phone": "llamar al fijo 46711230|es +591 7 2043118, de Bolivia",
}
"""What stands on either side, beside somebody of whom the sentence speaks, or with numbers in words."""
STATEMENTS = {
    kind: "|".join(filter(None, (STATEMENTS.get(kind, ""), NEAR.get(kind, "")))) for kind in STATEMENTS | NEAR
}
CELLS |= {
    kind: "|".join((CELLS[kind], texts)) if kind in CELLS else texts for kind, texts in STATEMENTS.items()
}
FOUND = [
    pytest.param(kind, text, id=f"{kind}-{number}")
    for kind, texts in CELLS.items()
    for number, text in enumerate(texts.split("|"))
]
INNOCENT = (
    "Escuela Sra. María Sánchez de Thompson|Ley de identidad de género: capacitación|calle Dr. Tomás M. de Anchorena 500"
    "|taller para niñas de 7 y 9 años|ciclo para adolescentes de 14 a 17 años|domicilio de la obra: Lavalle 1200"
    "|Mesa de ayuda 4339-1900 int. 234|Escribir a baelige@buenosaires.gob.ar|marcha de ATE|cáncer de mama|gente que vive en la calle|templo evangélico en la cuadra"
    "|cemento ABC 123|plano PRT567|El árbol padece cancro, extraer|Lavadero Don Jorge SRL|Plaza Rodolfo Walsh sin luz"
    "|Bicisenda en Dr. Luis Beláustegui entre Av. San Martín y Boyacá|SE MODIFICA LA LEY 342 - VEHÍCULOS ABANDONADOS"
    "|Convenio con el sindicato de Comercio para becas|Vecinos de Devoto piden iluminación|El club cumple 80 años"
    "|La iglesia católica de la esquina tiene las campanas rotas|Prevención de adicciones en escuelas|Mi barrio necesita más árboles"
    "|Rampa para personas con discapacidad rota|El penal de Devoto genera problemas de tránsito|Soy vecino de Palermo hace 20 años"
    "|La feria de colectividades tuvo comida peruana y boliviana|Juegos para chicos de 3 a 10 años|La sala de 5 del jardín tiene goteras"
    "|La casa de la cultura queda en Av. de Mayo 575|La oficina está en Bolívar 1, piso 3|caja chica $12.450.981 (total anual)"
    "|El expediente es del 12/03/2019|La línea 15 pasa cada 20 minutos entre 11 y 15 hs|Cnel. Chilavert 5210 1ro A|Obra de Clorindo Testa"
    "|Pareja de horneros anidó en el semáforo|La unidad básica del barrio de música pide sala|El club nació el 5 de abril de 1921|Motor de origen chino sin repuestos"
    "|Julio Cortázar nació el 26 de agosto de 1914|Huelga de recolectores: contenedores llenos|Escribir a usuario@ejemplo.com|Farmacia de turno 4631-0098"
    "|Acumar: Osvaldo Cruz - Viviendas|Carhué y Av. de los Corrales|Isabel La Católica 520|Alias de la asociación civil: COMEDOR.LOS.PINOS|Colecta para gente en situación de calle"
    "|Cómo se tramita la tarifa social|Luis Sáenz Peña 1620|Cerco perimetral con grafitis|Sueldo bruto de funcionarios 2018|Pasaje Cristo Rey sin salida"
    "|Escribir a mesa.obras@buenosaires.gob.ar|El pasillo se llama Padre Daniel de la Sierra|su número termina en 19, de 2025–2027 y 2019"
)


@pytest.mark.parametrize(("kind", "text"), FOUND)
def test_a_cell_of_a_person_is_found(kind: str, text: str) -> None:
    assert kind in find_kinds(text)


def test_a_whole_column_finds_what_its_cells_show() -> None:
    """Texts are passed over by the column; none may be that an exact look would find."""
    one_by_one = [text for texts in CELLS.values() for text in texts.split("|")]
    texts = [*one_by_one, *INNOCENT.split("|"), *(re.sub(r"\d", "7", text) for text in one_by_one)]
    texts += [
        "Mateo (8) no tiene cupo",
        "vecina, wasap (15) 6033 4471",
        "hijo-28456789",
        "auto en la playa: Ka gris MHT 530",
    ]
    found = {number for number, kinds in enumerate(find_kinds_in_cells(texts)) if kinds}
    batch = pa.record_batch({"row": pa.array(range(len(texts))), "texto": pa.array(texts)})
    there = scan([batch], [Subject(0, column_context("texto"))])
    assert {number for each in there for number in each.rows.tolist()} == found


@pytest.mark.parametrize("number", range(len(INNOCENT.split("|"))))
def test_an_innocent_cell_passes(number: int) -> None:
    text = INNOCENT.split("|")[number]
    assert (text, find_kinds(text)) == (text, set())


def test_a_sum_is_a_formula_and_a_range_is_none() -> None:
    assert active_kind("-2+3") == "formula"
    assert [active_kind(text) for text in ("+5 luminarias", "-10 a -5", "+54", "-34.6037, -58.3816")] == [
        None
    ] * 4


def test_a_column_of_offices_that_ask_holds_no_names() -> None:
    """`solicitante` beside `área` is no person, though another column tells of somebody in each row."""
    batch = pa.record_batch(
        {
            "row": pa.array([2, 3]),
            "área": pa.array(["Dir. Cementerios", "Hospital Tornú"]),
            "nota": pa.array(["DNI 28.456.789", "DNI 30.111.222"]),
        }
    )
    subjects = [Subject(0, column_context("Área solicitante")), Subject(1, column_context("nota"))]
    assert {(each.place, each.kind) for each in scan([batch], subjects)} == {(1, "dni")}

"""Tables of persons, statistics, works and offices, all invented, with the questions that they should ask;
and texts with what is planted in them."""

# ruff: noqa: E501 (a row of a table on a line reads best)
from __future__ import annotations

import csv
import io
from dataclasses import dataclass


@dataclass(frozen=True)
class PlantedTable:
    """A table: its `asks` are the kind of question by label; findings in cells may lie in `free_text`
    alone."""

    name: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    asks: dict[str, str]
    free_text: tuple[str, ...] = ()

    def csv(self) -> str:
        out = io.StringIO()
        csv.writer(out).writerows([self.labels, *self.rows])
        return out.getvalue()


def _table(name: str, header: str, asks: dict[str, str], *rows: str) -> PlantedTable:
    return PlantedTable(name, tuple(header.split("|")), tuple(tuple(row.split("|")) for row in rows), asks)


TABLES = [
    _table(
        "teatro", "obra|sala|sinopsis", {},
        "La nona|San Martín|Una abuela diabética arruina a la familia",
        "Macbeth|Regio|El rey, asesino, sufre alucinaciones y está deprimido",
        "Locos de verano|Sarmiento|La hija quedó embarazada y el padre tiene cáncer",
    ),
    _table(
        "ecoparque", "especie|apodo|sexo|diagnostico", {},
        "Orangután|Pupi|H|diabetes", "Elefante asiático|Mara|H|artrosis", "Oso polar|Wilson|M|ceguera de un ojo",
    ),
    _table(
        "calles", "calle|homenaje|ley", {},
        "Azucena Villaflor|Madre de Plaza de Mayo, nacida el 7 de abril de 1924|Ord. 49668",
        "Padre Mugica|Sacerdote, militante peronista|Ley 1234",
        "Carlos Jáuregui|Homenaje al activista gay|Ley 5689",
    ),
    _table(
        "becas", "apellido|nombre|dni|sexo|monto",
        {"apellido": "name", "nombre": "name", "dni": "identity", "sexo": "gender"},
        "Gómez|Lucía|28456789|F|1000", "Sosa|Ramón|31222333|M|1000", "Paz|Ana|30111222|F|2000",
    ),
    _table(
        "becarios", "N°|Apellido y nombre|D.N.I.|FNACIM|DOM_PART|OBRA_SOC",
        {"Apellido y nombre": "name", "D.N.I.": "identity", "FNACIM": "birth-date", "DOM_PART": "home-address",
         "OBRA_SOC": "health"},
        "1|Gómez, Lucía|28456789|20/10/05|Ancón 412 9 A|OSDE", "2|Sosa, Ramón|31222333|16/01/63|Bulnes 1933|OSDE",
        "3|Paz, Ana|30111222|29/03/86|Bolívar 1252|PAMI",
    ),
    _table(
        "pacientes", "id_paciente|edad|genero|diagnostico|obra_social",
        {"genero": "gender", "diagnostico": "health", "obra_social": "health"},
        "1|34|Mujer|Asma|OSDE", "2|50|Varón|Diabetes|OSECAC", "3|41|Mujer|EPOC|ObSBA",
    ),
    _table(
        "personal", "legajo|nombre_y_apellido|cuil|afiliacion_sindical|cantidad_hijos",
        {"nombre_y_apellido": "name", "cuil": "identity", "afiliacion_sindical": "union",
         "cantidad_hijos": "children"},
        "101|Lucía Fernández|27-28456789-3|UPCN|2", "102|Ramón Ignacio Sosa|20-31222333-1|ATE|0",
        "103|Ana María Paz|27-30111222-4|UPCN|1",
    ),
    _table(
        "inscriptos_taller", "nombre|email|telefono|fecha_nac",
        {"nombre": "name", "email": "contact", "telefono": "contact", "fecha_nac": "birth-date"},
        "María Gómez|maria.g@gmail.com|11-6543-2109|3/4/1980", "Juan Pérez|jp75@hotmail.com|15-4444-3333|12/11/1975",
        "Laura Ruiz|lru@yahoo.com.ar|11 5555-1234|30/1/1991",
    ),
    _table(
        "subsidios", "titular|domicilio|cbu|importe",
        {"titular": "name", "domicilio": "home-address", "cbu": "account"},
        "Carlos Alberto Ruiz|Thames 2220|0170099220000067797370|10", "Marta Inés López|Gurruchaga 11|0170099220000067797370|20",
        "José Luis Díaz|Serrano 450 3 B|0170099220000067797370|30",
    ),
    _table(
        "infracciones", "acta|patente|fecha|lugar", {"patente": "vehicle"},
        "1|AB123CD|2024-01-02|Av. Santa Fe 1200", "2|ABC 123|2024-01-03|Callao 300", "3|AC 555 DF|2024-01-04|Rivadavia 900",
    ),
    _table(
        "accesos", "fecha|ip|pagina", {"ip": "network"},
        "2024-01-01|190.210.45.12|/inicio", "2024-01-01|181.10.2.33|/obras", "2024-01-02|200.45.1.9|/inicio",
    ),
    _table(
        "alumnos", "apellido_y_nombre|religion|pueblo_originario|escuela|direccion",
        {"apellido_y_nombre": "name", "religion": "religion", "pueblo_originario": "origin"},
        "Quispe, Nahuel|católica|Qom|Escuela 3|Thames 100", "Gómez, Ana|judía|no|Escuela 4|Serrano 44",
        "Sosa, Juan|ninguna|no|Escuela 3|Thames 100",
    ),
    _table(
        "viajeros", "Nro. de pasaporte|nacionalidad|fecha_ingreso", {"Nro. de pasaporte": "identity", "nacionalidad": "origin"},
        "AAB123456|argentina|2024-01-01", "FX345678|chilena|2024-01-02", "AAC765432|uruguaya|2024-01-05",
    ),
    _table(
        "detenidos", "documento|sexo|antecedentes|partido_politico",
        {"documento": "identity", "sexo": "gender", "antecedentes": "criminal", "partido_politico": "politics"},
        "28456789|M|robo|no informa", "31222333|F|no|PRO", "30111222|M|hurto|UCR",
    ),
    _table(
        "reclamos", "vecina|calle|numero|piso|reclamo", {"vecina": "name", "calle": "home-address"},
        "Lucía Gómez|Thames|2220|PB|bache", "Ana Paz|Serrano|450|3|luz", "Juana Sosa|Cabrera|33|1|poda",
    ),
    # --- offices
    _table(
        "comisarias", "nombre|direccion|telefonos|barrio", {"telefonos": "office-contact"},
        "Comisaría 1A|Lavalle 451|4322-8033|San Nicolás", "Comisaría 2A|Las Heras 1861|4801-3333/4444|Recoleta",
        "Comisaría 3A|Lavalle 1958|4371-3000|Balvanera",
    ),
    _table(
        "dependencias", "reparticion|responsable|mail|interno",
        {"responsable": "name", "mail": "office-contact"},
        "DG Datos|Lucía Fernández|datos@buenosaires.gob.ar|123", "DG Obras|Ramón Sosa|obras@buenosaires.gob.ar|44",
        "DG Compras|Ana Paz|compras@buenosaires.gob.ar|7",
    ),
    _table(
        "bibliotecas", "biblioteca|domicilio|telefono|horario", {"telefono": "office-contact"},
        "Manuel Gálvez|Córdoba 1558|4811-9841|9 a 18", "Miguel Cané|Carlos Calvo 4319|4922-0202|9 a 18",
        "Evaristo Carriego|Honduras 3784|4963-2194|9 a 18",
    ),
    # --- nothing to ask
    _table(
        "nacimientos", "anio|sexo|comuna|cantidad", {},
        "2020|F|1|1200", "2020|M|1|1300", "2021|F|2|900",
    ),
    _table(
        "atenciones", "mes|diagnostico|genero|casos", {},
        "2024-01|Dengue|Mujer|10", "2024-01|Dengue|Varón|12", "2024-02|Asma|Mujer|4",
    ),
    _table(
        "padron_religioso", "culto|direccion|barrio", {},
        "Católico|Thames 100|Palermo", "Judío|Lavalle 2449|Balvanera", "Evangélico|Serrano 44|Villa Crespo",
    ),
    _table(
        "obras", "nombre|direccion|barrio|monto|licitacion_oferta_empresa|cuit", {},
        "Plaza Manuel Belgrano|Juramento 2000|Belgrano|100|Constructora Sur SA|30-50071685-0",
        "Escuela Juan Bautista Alberdi|Serrano 44|Palermo|200|Vial Norte SRL|30-50071685-0",
        "Parque Patricios|Caseros 3000|Parque Patricios|300|Obras SA|30-50071685-0",
    ),
    _table(
        "calles", "nombre|desde|hasta|longitud", {},
        "Juan B. Justo|100|900|1200", "María Elena Walsh|1|500|600", "Manuela Sáenz|1|900|880",
        "Carlos Calvo|100|400|30", "Azucena Villaflor|1|700|40",
    ),
    _table(
        "escuelas", "escuela|direccion|matricula|genero", {},
        "Domingo F. Sarmiento|Thames 1|300|mixta", "Juana Manso|Honduras 3|200|mixta", "Manuel Belgrano|Díaz 4|90|mixta",
    ),
    _table(
        "nombres_mas_elegidos", "nombre|anio|cantidad", {},
        "Sofía|2020|300", "Mateo|2020|280", "Emma|2020|250", "Juan|2020|100", "Lucía|2020|50",
    ),
    _table(
        "libros", "titulo|genero|anio_edicion|paginas", {},
        "Ficciones|cuento|1944|200", "Rayuela|novela|1963|600", "Zama|novela|1956|250",
    ),
    _table(
        "expedientes", "expediente|caratula|fecha|estado", {},
        "EX-2021-12345678-GCABA-DGTAL|Obra|2021-01-01|abierto", "EX-2021-12345679-GCABA-DGTAL|Poda|2021-01-02|cerrado",
    ),
    _table(
        "encuesta", "comuna|edad_promedio|poblacion|porcentaje_obra_social", {},
        "1|38|200000|80", "2|40|150000|90", "3|37|190000|77",
    ),
    _table(
        "vacunacion", "vacuna|grupo_etario|genero|dosis_1", {},
        "Pfizer|18-29|F|1000", "Moderna|30-39|M|200", "Sinopharm|60+|F|3000",
    ),
    _table(
        "arbolado", "especie|calle|altura|diametro", {},
        "Jacarandá|Carlos Calvo|1200|30", "Tipa|Manuel Belgrano|100|60", "Plátano|Santa Rosa|10|40",
    ),
]  # fmt: skip


_PLANTED_TEXT: dict[str, str] = {
    "dni": "DNI28456789|DNI: 28456789|dni 28.456.789|D.N.I. 28.456.789|DNI Nº28456789|doc. 28456789|documento 28.456.789",
    "cuit": "CUIL 20–28456789–8|20-28456789-8|20284567898|CUIT20-28456789-8|20 28456789 8|20 - 28456789 - 8|20—28456789—8",
    "email": "juan @ gmail.com|juanperez78@gmail.com|escribir a ana_p@hotmail.com.ar.|JUAN@YAHOO.COM|l.p@estudio-paz.com",
    "phone": "11-6543-2109|11 6543-2109|+54 9 11 6543 2109|0223-456-7890|0351 456-7890|cel 1165432109|15-6543-2109"
    "|15 6543-2109|(0221) 456-7890|221-456-7890|tel: 4361 8052|4361–8052|+54 351 456 7890|011 4361-8052",
    "cbu": "CBU 0170099220000067797370|0170099220000067797370|cbu: 01700992 20000067797370|CBU:0170099220000067797370",
    "card": "tarjeta 4509953566233704|4509 9535 6623 3704|4509-9535-6623-3704|Visa n° 4509953566233704",
    "passport": "pasaporte AAB123456|Pasaporte N° FX345678|pasaporte: 12345678|AAB123456 vence en mayo",
    "plate": "patente AB123CD|dominio ABC 123|AB 123 CD estacionado|patente abc123|chapa patente: AC-456-DF|AF123GH",
    "ip": "IP 190.210.45.12|desde 181.10.2.33|ip: 8.8.8.8|conexión de 200.45.1.9 a las 10",
    "birth-date": "nacida el 3/4/1980|nació el 12 de marzo de 1975|fecha de nacimiento: 12/11/1975|F.N. 01-02-1990"
    "|nacido 1984-03-12|fecha nac. 12/3/84|f/nac 11/12/1993|nac:08/08/1982",
    "address": "domiciliado en Thames 2220|vive en Av. Rivadavia 5432 3 B|domicilio particular: Serrano 450|vivo en Honduras 33"
    "|su domicilio es Gurruchaga 120|con dom. en Gral. Urquiza 234|domic. Castro Barros 765"
    "|residente en 25 de Mayo 432, San Isidro",
    "health": "padece esquizofrenia|diagnosticada con cáncer|VIH positivo|es portador de HIV|tiene diabetes|está embarazada"
    "|paciente con epilepsia|diagnóstico: depresión|historia clínica 12345",
    "religion": "es judío|soy evangélica|religión: católica|de religión musulmana|profesa la fe bahá'í|practicante budista",
    "union": "afiliado a UPCN|afiliada al sindicato de camioneros|delegado de ATE|delegada gremial|afiliado al gremio docente",
    "child": "su hijo de 5 años|mi hija Martina|su hija menor Sofía|la menor Juana Paz|el niño Tomás Ruiz, de 7 años"
    "|menor a cargo|bebé de 8 meses en situación de calle|NNyA de 13 años derivado|menor de 7 años lastimado en hamaca",
    "name": "Lucía Fernández, DNI 28456789|Pérez, Juan 28.456.789|reclama Ana Gómez (ana.g@gmail.com)",
    "": "Plaza General San Martín|talleres para niños de 5 años|vacunación contra el dengue|centro de salud|partida 12345678"
    "|EX-2021-12345678-GCABA|-34° 36m 12s|- item|-2020-05144535-DGABS|+54 (interno)|@usuario|art. "
    "1.2.3.4|versión 8.8.8.8"
    "|Ley 25.326|10.000.000 de pesos|$ 12.345.678|2018-2019|Lavalle 1234-1256|iglesia católica|diálogo con "
    "sindicatos"
    "|campaña de VIH|personas con discapacidad|ABC123|Lote A-123-B|1234567890123456|sin "
    "diagnóstico|0800-999-2727"
    "|info@buenosaires.gob.ar|mesadeentradas@hospital.org.ar|obra de 11-2018-1234|C.P. C1043AAZ|viviendas "
    "en Villa 31"
    "|vive en 3 ambientes|si es menor de 15 años acompañado, entra gratis|niños de 3 a 5 años"
    "|taller para menores de 12 años|se vive en comunidad|Nació el programa en 2015|fundada en 1923|la hija de la comuna|menores de 18 "
    "años|RIVERA, PEDRO"
    "|Expediente 3516-4567/2020|LPU-4321-5678|200 m2|reunión a las 11-12 hs|-10 a -5|línea 147|Ruta 2 km "
    "11-20",
}
PLANTED = [(kind, text) for kind, texts in _PLANTED_TEXT.items() for text in texts.split("|")]

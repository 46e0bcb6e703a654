"""Values of foreign catalogues, in our words: dates of all kinds, rhythms, formats and licences; what is not
known stays unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from messages.formats import UNWRITABLE
from pipelines.dataset.declaration import PERIODICITIES, THEMES
from pipelines.dataset.text import fold_text, strip_html

EMPTY = {"", "none", "null", "nan", "n/a", "[]", "{}", "undefined", '[""]'}

# How catalogues say how often something is due, folded: words of Spanish, Portuguese, Catalan, English, the codes
# of the EU's vocabulary, Dublin Core's and ISO 19115's.
RHYTHMS: dict[str, tuple[str, ...]] = {
    "R/P10Y": ("decenal", "decennial", "cada_10_anos"),
    "R/P4Y": ("cuatrienal", "quadrennial", "cada_4_anos", "cada_cuatro_anos"),
    "R/P3Y": ("trienal", "triennial", "cada_3_anos", "cada_tres_anos"),
    "R/P2Y": ("bienal", "biennial", "cada_2_anos", "cada_dos_anos"),
    "R/P1Y": ("anual", "annual", "annually", "yearly", "anualmente", "p1y", "r_p1y", "cada_ano", "annual_1"),
    "R/P6M": ("semestral", "semiannual", "annual_2", "cada_6_meses", "p6m", "half_yearly"),
    "R/P4M": ("cuatrimestral", "three_times_a_year", "annual_3", "quadrimestral", "p4m", "cada_4_meses"),
    "R/P3M": ("trimestral", "quarterly", "p3m", "cada_3_meses", "trimestralmente"),
    "R/P2M": ("bimestral", "p2m", "cada_2_meses", "cada_dos_meses"),
    "R/P1M": ("mensual", "monthly", "mensal", "p1m", "mensualmente", "cada_mes"),
    "R/P0.5M": ("quincenal", "semimonthly", "monthly_2", "fortnightly", "p0_5m", "r_p2w", "p2w"),
    "R/P0.33M": ("decadiario", "three_times_a_month", "monthly_3", "p0_33m"),
    "R/P1W": ("semanal", "weekly", "setmanal", "p1w", "p7d", "semanalmente"),
    "R/P0.5W": ("bisemanal", "semiweekly", "weekly_2", "p0_5w"),
    "R/P0.33W": ("three_times_a_week", "weekly_3", "p0_33w"),
    "R/P1D": ("diario", "diaria", "daily", "diariamente", "p1d", "cada_dia", "diari"),
    "R/PT1H": ("horario", "hourly", "cada_hora", "pt1h"),
    "R/PT1S": (
        "tiempo_real",
        "en_tiempo_real",
        "real_time",
        "realtime",
        "continuous",
        "continua",
        "continuo",
        "update_cont",
        "cont",
        "pt1s",
        "continuously_updated",
        "tempo_real",
    ),
    "eventual": (
        "eventual",
        "irregular",
        "irreg",
        "as_needed",
        "asneeded",
        "ad_hoc",
        "adhoc",
        "a_demanda",
        "ocasional",
        "no_planificada",
        "notplanned",
        "not_planned",
        "never",
        "nunca",
        "unica_vez",
        "one_off",
        "unknown_irregular",
    ),
}
_RHYTHM = {word: code for code, words in RHYTHMS.items() for word in words}

# What the files of a format are for us, by the names that catalogues give it, folded.
TABLES = ("csv", "tsv", "xlsx", "xls", "xlsm", "ods")
FILES = (
    *("pdf", "geojson", "shp", "kml", "kmz", "gpkg", "gml", "dxf", "dwg", "tif", "tiff", "gtfs", "topojson"),
    *("ics", "png", "jpg", "jpeg", "gif", "svg", "webp", "mp3", "mp4", "doc", "docx", "odt", "ppt", "pptx"),
    *(
        "zip",
        "7z",
        "rar",
        "gz",
        "tar",
        "json",
        "jsonl",
        "xml",
        "txt",
        "rdf",
        "ttl",
        "jsonld",
        "parquet",
        "sav",
    ),
    *("dta", "mdb", "sqlite", "md", "rtf", "epub", "las", "nc"),
)
LINKS = (
    "html",
    "htm",
    "api",
    "wms",
    "wfs",
    "wmts",
    "wcs",
    "link",
    "url",
    "web",
    "arcgis",
    "sparql",
    "app",
    "php",
    "aspx",
    "dashboard",
    "rest",
    "odata",
    "tms",
)
SPELLINGS = {
    "comma_separated_values": "csv", "text_csv": "csv", "application_csv": "csv", "texto_csv": "csv", "csv_utf_8": "csv",
    "text_tab_separated_values": "tsv", "tab": "tsv",
    "excel": "xls", "ms_excel": "xls", "microsoft_excel": "xls", "application_vnd_ms_excel": "xls", "excel_xls": "xls",
    "excel_xlsx": "xlsx", "xlsx_excel": "xlsx", "planilla_de_calculo": "xlsx", "hoja_de_calculo": "xlsx",
    "application_vnd_openxmlformats_officedocument_spreadsheetml_sheet": "xlsx",
    "application_vnd_oasis_opendocument_spreadsheet": "ods", "opendocument_spreadsheet": "ods",
    "application_pdf": "pdf", "application_json": "json", "application_geo_json": "geojson", "geo_json": "geojson",
    "application_vnd_geo_json": "geojson", "shape": "shp", "shapefile": "shp", "esri_shapefile": "shp", "shp_zip": "shp",
    "zip_shp": "shp", "application_zip": "zip", "application_x_zip_compressed": "zip", "geopackage": "gpkg",
    "application_vnd_google_earth_kml_xml": "kml", "application_vnd_google_earth_kmz": "kmz", "text_calendar": "ics",
    "ical": "ics", "icalendar": "ics", "calendar": "ics", "text_plain": "txt", "text_html": "html", "web_page": "html",
    "pagina_web": "html", "website": "html", "image_png": "png", "image_jpeg": "jpg", "text_xml": "xml", "application_xml": "xml",
    "esri_rest": "arcgis", "arcgis_geoservices_rest_api": "arcgis", "ogc_wms": "wms", "ogc_wfs": "wfs",
}  # fmt: skip

# Licences by what catalogues call them, folded: the name of the standard, its title and where it stands.
LICENCES: dict[str, tuple[str, str, str]] = {
    "cc_by_4_0": (
        "CC-BY-4.0",
        "Creative Commons Attribution 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
    ),
    "cc_by_2_5_ar": (
        "CC-BY-2.5-AR",
        "Creative Commons Atribución 2.5 Argentina",
        "https://creativecommons.org/licenses/by/2.5/ar/",
    ),
    "cc_by_3_0": (
        "CC-BY-3.0",
        "Creative Commons Attribution 3.0",
        "https://creativecommons.org/licenses/by/3.0/",
    ),
    "cc_by_sa_4_0": (
        "CC-BY-SA-4.0",
        "Creative Commons Attribution Share-Alike 4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/",
    ),
    "cc0_1_0": ("CC0-1.0", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "odc_by": (
        "ODC-By-1.0",
        "Open Data Commons Attribution License",
        "https://opendatacommons.org/licenses/by/",
    ),
    "odc_odbl": (
        "ODbL-1.0",
        "Open Data Commons Open Database License",
        "https://opendatacommons.org/licenses/odbl/",
    ),
    "odc_pddl": (
        "PDDL-1.0",
        "Open Data Commons Public Domain Dedication and Licence",
        "https://opendatacommons.org/licenses/pddl/",
    ),
}
_SAME_LICENCE = {"cc_zero": "cc0_1_0", "cc0": "cc0_1_0", "odbl_1_0": "odc_odbl", "odbl": "odc_odbl", "cc_by_4": "cc_by_4_0",
                 "odc_by_1_0": "odc_by", "pddl_1_0": "odc_pddl", "creativecommons_org_licenses_by_4_0": "cc_by_4_0",
                 "creativecommons_org_licenses_by_2_5_ar": "cc_by_2_5_ar", "creativecommons_org_publicdomain_zero_1_0": "cc0_1_0",
                 "creativecommons_org_licenses_by_sa_4_0": "cc_by_sa_4_0", "creativecommons_org_licenses_by_3_0": "cc_by_3_0"}  # fmt: skip
UNSAID_LICENCES = ("notspecified", "not_specified", "license_not_specified", "licencia_no_especificada", "")

COLUMN_TYPES = {
    **dict.fromkeys(("string", "text", "str", "texto", "varchar", "char", "character_varying", "cadena", "_text", "uuid"), "string"),
    **dict.fromkeys(("integer", "int", "int2", "int4", "int8", "bigint", "smallint", "entero", "numero_entero", "long"), "integer"),
    **dict.fromkeys(("number", "real", "float", "float4", "float8", "double", "double_precision", "decimal", "numeric",
                     "numero", "numero_decimal"), "number"),
    **dict.fromkeys(("date", "fecha"), "date"),
    **dict.fromkeys(("date_time", "datetime", "timestamp", "timestamptz", "fecha_hora", "fecha_y_hora"), "datetime"),
    **dict.fromkeys(("time", "hora"), "time"),
    **dict.fromkeys(("boolean", "bool", "booleano", "logico"), "boolean"),
    **{name: name for name in ("object", "array", "geojson", "year", "yearmonth", "duration", "list")},
    **dict.fromkeys(("geo_point", "geopoint"), "geopoint"),
    "json": "object",
}  # fmt: skip


def read_text(value: Any, limit: int = 20_000) -> str:
    """A value as text that pages can show: without HTML and control characters; "" for what says nothing. Of
    texts by language, the Spanish one, else the first."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, Mapping):
        languages = [value.get(key) for key in ("es", "es-AR", "es_AR", "spa", "en")]
        return next((text for each in [*languages, *value.values()] if (text := read_text(each))), "")
    if isinstance(value, list):
        return "; ".join(filter(None, map(read_text, value)))
    text = strip_html(UNWRITABLE.sub(" ", str(value))).strip()[:limit]
    return "" if text.lower() in EMPTY else text


def read_list(value: Any) -> list[Any]:
    """A list, whether it is one, its JSON as text (as CKAN's extras have it), or texts between commas."""
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str) and value.strip()[:1] in "[{":
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return []
        return found if isinstance(found, list) else [found]
    if isinstance(value, str):
        inner = value.strip().removeprefix("{").removesuffix("}")
        return [part.strip() for part in re.split(r"[;,]", inner) if part.strip()]
    return [] if value is None or isinstance(value, bool) else [value]


def read_mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, whether it is one or its JSON as text; an empty one for anything else."""
    if isinstance(value, str) and value.strip()[:1] == "{":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}


def read_rhythm(value: Any) -> str | None:
    """A rhythm of the Perfil Nacional; None where it is none that is known."""
    text = read_text(value)
    if text in PERIODICITIES:
        return text
    if text.upper() in PERIODICITIES:
        return text.upper()
    if "publications.europa.eu" in text:  # its words are defined; by themselves, two of them are ambiguous
        code = text.rstrip("/").rpartition("/")[2].upper()
        return {"BIMONTHLY": "R/P2M", "BIWEEKLY": "R/P0.5M"}.get(code) or _RHYTHM.get(fold_text(code))
    return _RHYTHM.get(fold_text(text.rstrip("/").rpartition("/")[2] if "://" in text else text))


def read_themes(values: Iterable[Any]) -> list[str]:
    """The codes of themes; names and other codes are left to the catalogue."""
    codes = [read_text(each).rstrip("/").rpartition("/")[2].upper() for each in values]
    return list(dict.fromkeys(code for code in codes if code in THEMES))


def read_day(value: Any) -> date | None:
    """The day of a date or moment, however it is written, as far as there is one reading only."""
    text = read_text(value)
    for width in (text.replace("Z", "+00:00"), text[:19], text[:10]):
        try:
            return datetime.fromisoformat(width).date()
        except ValueError:
            continue
    if match := re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b", text):
        first, second, year = map(int, match.groups())
        if first > 12 or first == second:
            try:
                return date(year, second, first)
            except ValueError:
                return None
    return None


def read_interval(value: Any) -> str | None:
    """A period of time as the Perfil Nacional has it, days from and to; None where it is none."""
    if parts := read_mapping(value):
        start, end = (parts.get(key) for key in ("start", "end"))
        value = f"{read_text(start or parts.get('startDate'))}/{read_text(end or parts.get('endDate'))}"
    start, slash, end = read_text(value).partition("/")
    days = (read_day(start), read_day(end))
    return f"{days[0]}/{days[1]}" if slash and days[0] and days[1] and days[0] <= days[1] else None


def suffix_of(address: str) -> str:
    """The ending of the file at an address, small: "csv"; "" where there is none."""
    try:
        name = PurePosixPath(unquote(urlsplit(address).path)).name
    except ValueError:
        return ""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if suffix == "zip" and re.search(r"\.(csv|tsv)\.zip$", name.lower()):
        return name.lower().split(".")[-2]
    return suffix if re.fullmatch(r"[a-z0-9]{1,8}", suffix) else ""


def read_format(names: Iterable[Any]) -> str:
    """What a file is, by the first of these names that says it (format, media type …); "" for none."""
    for name in names:
        text = read_text(name).lower()
        text = text.rstrip("/").rpartition("/")[2] if "://" in text else text.split(";")[0]
        folded = fold_text(text)
        found = SPELLINGS.get(folded, folded)
        if found in (*TABLES, *FILES, *LINKS):
            return "jpg" if found == "jpeg" else found
        parts = [part for part in folded.split("_") if part in (*TABLES, *FILES)]
        if parts:
            return next((part for part in parts if part != "zip"), parts[0])
    return ""


def read_licence(*names: Any, title: Any = "", path: Any = "") -> dict[str, str] | None:
    """A licence by its id, title or address; one that nobody knows keeps the words that it has. None where
    nothing is said."""
    said = [read_text(each) for each in (*names, title, path)]
    for each in said:
        folded = fold_text(re.sub(r"^https?://(www\.)?", "", each))
        folded = re.sub(r"_(deed|legalcode)(_[a-z]{2})?$", "", folded)
        known = LICENCES.get(_SAME_LICENCE.get(folded, folded))
        if known:
            return dict(zip(("name", "title", "path"), known, strict=True))
    words = [each for each in said if each and fold_text(each) not in UNSAID_LICENCES]
    if not words:
        return None
    found = {"name": re.sub(r"[^A-Za-z0-9._-]+", "-", words[0]).strip("-") or "other"}
    if text := read_text(title):
        found["title"] = text
    if address := web_address(path):
        found["path"] = address
    return found


def web_address(value: Any, base: str = "") -> str | None:
    """An address on the web that a declaration takes; relative ones start at `base`. None for anything
    else."""
    text = "" if value is None else str(value).strip()
    if base and text.startswith("/"):
        text = base.rstrip("/") + text
    text = re.sub(r"\s", lambda match: "%20" if match[0] == " " else "", text)
    try:
        parts = urlsplit(text)
        known = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return text if known and not UNWRITABLE.search(text) else None


def slug(text: str, longest: int = 80) -> str:
    """A name for addresses and files, of letters, digits and single hyphens; "" where nothing is left."""
    name = fold_text(text).replace("_", "-")
    return name if len(name) <= longest else name[:longest].rpartition("-")[0] or name[:longest]

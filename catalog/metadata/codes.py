"""The codes of the standards: what our words are called in theirs."""

from __future__ import annotations

# The city's own list of themes; the codes are the national profile's, and those of the European Union.
THEMES = "http://data.buenosaires.gob.ar/superThemeTaxonomy.json"
AUTHORITY = "http://publications.europa.eu/resource/authority"
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "json": "application/json"}
SPANISH = f"{AUTHORITY}/language/SPA"
PUBLIC = f"{AUTHORITY}/access-right/PUBLIC"
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
# How often, in ISO 8601 as the national profile writes it, in the European Union's list of frequencies.
FREQUENCIES = {
    "R/P10Y": "DECENNIAL",
    "R/P4Y": "QUADRENNIAL",
    "R/P3Y": "TRIENNIAL",
    "R/P2Y": "BIENNIAL",
    "R/P1Y": "ANNUAL",
    "R/P6M": "ANNUAL_2",
    "R/P4M": "ANNUAL_3",
    "R/P3M": "QUARTERLY",
    "R/P2M": "BIMONTHLY",
    "R/P1M": "MONTHLY",
    "R/P0.5M": "MONTHLY_2",
    "R/P0.33M": "MONTHLY_3",
    "R/P1W": "WEEKLY",
    "R/P0.5W": "WEEKLY_2",
    "R/P0.33W": "WEEKLY_3",
    "R/P1D": "DAILY",
    "R/PT1H": "HOURLY",
    "R/PT1S": "UPDATE_CONT",
    "eventual": "IRREG",
}
# Types of Table Schema in the national profile's list; every other one is text there.
TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "datetime": "date-time",
    "year": "integer",
    "geopoint": "geo_point",
    "geojson": "geojson",
    "list": "array",
    "array": "array",
    "object": "object",
    "any": "any",
}

"""Ready-made lines that read a published table, with its types, in the tools that people use.

CSV and Parquet give the same table: nothing is guessed from the CSV's text, so "NA" stays text, "007" keeps
its zeros and only the declared missing values are missing.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlencode, urlsplit

import pyarrow as pa

_SIGNED = tuple(f"int{bits}" for bits in (8, 16, 32, 64))
_INTEGERS = (*_SIGNED, *(f"u{kind}" for kind in _SIGNED))
# What each tool calls a kind of column; what is not here is text.
_PANDAS = {kind: kind.replace("int", "Int").replace("uI", "UI") for kind in _INTEGERS} | {
    "float": "Float32",
    "double": "Float64",
    "decimal": "Float64",
    "bool": "boolean",
    "text": "string",
    "time": "string",
}
_MOMENTS = {"date": "datetime64[us]", "datetime": "datetime64[us]", "instant": "datetime64[us, UTC]"}
_DUCKDB = {
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "time": "TIME",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "instant": "TIMESTAMPTZ",
}
_POLARS = {kind: "pl." + _PANDAS[kind] for kind in (*_INTEGERS, "float", "double")} | {
    "bool": "pl.Boolean",
    "date": "pl.Date",
    "time": "pl.Time",
}
# R's integers end at 2^31, its numbers are exact up to 2^53; its CSV reader knows no ISO moments.
_R = dict.fromkeys((*_INTEGERS, "float", "double", "decimal"), "numeric") | {
    "bool": "logical",
    "date": "Date",
}


# Power Query's; what is not here is text. A number beyond 2^53 loses digits in a cell of Excel, as any does.
_EXCEL = dict.fromkeys((*_SIGNED, "uint8", "uint16", "uint32"), "Int64.Type") | {
    "uint64": "type number",
    "float": "type number",
    "double": "type number",
    "decimal": "type number",
    "bool": "type logical",
    "date": "type date",
    "time": "type time",
    "datetime": "type datetime",
    "instant": "type datetimezone",
}
MOST = 1_000_000
"""Rows that the API gives in one answer as CSV or Parquet."""


@dataclass(frozen=True)
class Snippet:
    """Lines to copy: for which `tool`, and what they read: "csv", "parquet", "api", or "" for the package."""

    tool: str
    reads: str
    text: str


@dataclass(frozen=True)
class SnippetColumn:
    """A column as its Parquet file types it."""

    name: str
    kind: str
    exact: str = ""

    @classmethod
    def of(cls, field: pa.Field) -> SnippetColumn:
        kind, exact = field.type, ""
        if pa.types.is_decimal(kind):
            exact = f"DECIMAL({kind.precision},{kind.scale})"
        return cls(field.name, _kind(kind), exact)

    @property
    def duckdb(self) -> str:
        return self.exact or _DUCKDB[self.kind]


@dataclass(frozen=True)
class ApiRows:
    """The rows of a table in the API: their address, and a `filter` for an example ("" for none)."""

    address: str
    filter: str = ""

    def query(self, **more: str) -> str:
        """The address with the filter and other parameters."""
        asked = ({"filter": self.filter} if self.filter else {}) | more
        return f"{self.address}?{urlencode(asked)}" if asked else self.address


def local_path(url: str) -> str:
    """A `file:` URL as a path, for the tools that do not decode one; any other URL as it is."""
    return unquote(urlsplit(url).path) if url.startswith("file:") else url


def pandas(csv: str, parquet: str, columns: Sequence[SnippetColumn], missing: Sequence[str]) -> list[Snippet]:
    """Both read into the same nullable types. The CSV's moments are read as text first, so that a column
    without a single one is a column of moments all the same. A single column's empty lines are its missing
    values.
    """
    moments = {c.name: _MOMENTS[c.kind] for c in columns if c.kind in _MOMENTS}
    same = moments | {c.name: _PANDAS[c.kind] for c in columns if c.kind in ("time", "decimal")}
    blank = ", skip_blank_lines=False" if len(columns) == 1 else ""
    typed = _dict({c.name: _PANDAS.get(c.kind, "string") for c in columns})
    read = f"keep_default_na=False, na_values={_list(missing)}{blank},\n    dtype={typed}"
    texts = f"pd.read_csv(\n    {_text(csv)},\n    {read},\n){_astype(moments)}"
    types = f'pd.read_parquet(\n    {_text(parquet)},\n    dtype_backend="numpy_nullable",\n){_astype(same)}'
    both = (("csv", texts), ("parquet", types))
    return [Snippet("pandas", reads, f"import pandas as pd\n\ntabla = {text}") for reads, text in both]


def polars(csv: str, parquet: str, columns: Sequence[SnippetColumn], missing: Sequence[str]) -> list[Snippet]:
    """The CSV's moments are read as text first, since polars guesses no offset."""
    typed = "{" + _wrap([f"{_text(c.name)}: {_POLARS.get(c.kind, 'pl.String')}" for c in columns]) + "}"
    casts = {
        "instant": 'str.to_datetime(time_unit="us", time_zone="UTC", format="%+")',
        "datetime": 'str.to_datetime(time_unit="us")',
    }
    moments = [f"pl.col({_text(c.name)}).{casts[c.kind]}" for c in columns if c.kind in casts]
    later = f".with_columns({_wrap(moments)})" if moments else ""
    options = f"    null_values={_list(missing)},\n    schema={typed},\n"
    read = f"pl.read_csv(\n    {_text(local_path(csv))},\n{options}){later}"
    both = (("csv", read), ("parquet", f"pl.read_parquet({_text(local_path(parquet))})"))
    return [Snippet("polars", reads, f"import polars as pl\n\ntabla = {text}") for reads, text in both]


def duckdb(csv: str, parquet: str, columns: Sequence[SnippetColumn], missing: Sequence[str]) -> list[Snippet]:
    typed = _wrap([f"{_sql(c.name)}: {_sql(c.duckdb)}" for c in columns])
    null = _sql(missing[0]) if len(missing) == 1 else "[" + ", ".join(map(_sql, missing)) + "]"
    quotes = """delim = ',', quote = '"', escape = '"'"""
    dialect = f"auto_detect = false, header = true, {quotes}, nullstr = {null}"
    read = f"SELECT * FROM read_csv({_sql(local_path(csv))},\n  {dialect},\n  columns = {{{typed}}});"
    types = f"SELECT * FROM read_parquet({_sql(local_path(parquet))});"
    return [Snippet("DuckDB", "csv", read), Snippet("DuckDB", "parquet", types)]


def r(csv: str, columns: Sequence[SnippetColumn], missing: Sequence[str]) -> list[Snippet]:
    classes = _wrap([f"{_r_name(c.name)} = {_text(_R.get(c.kind, 'character'))}" for c in columns])
    blank = ", blank.lines.skip = FALSE" if len(columns) == 1 else ""
    null = "c(" + ", ".join(map(_text, missing)) + ")"
    options = f'encoding = "UTF-8", check.names = FALSE, na.strings = {null}{blank}'
    read = f"{options},\n  colClasses = c({classes})"
    return [Snippet("R", "csv", f"tabla <- read.csv(\n  {_text(local_path(csv))},\n  {read}\n)")]


def frictionless(descriptor: str) -> Snippet:
    return Snippet("frictionless", "", f"frictionless validate {shlex.quote(local_path(descriptor))}")


def curl(url: str, name: str, sha256: str, reads: str) -> Snippet:
    """Fetches a file of one version, which never changes, and proves it whole."""
    fetch = f"curl --fail --location --output {shlex.quote(name)} {shlex.quote(url)}"
    return Snippet("curl", reads, f"{fetch}\necho {shlex.quote(f'{sha256}  {name}')} | sha256sum --check")


def ask(rows: ApiRows, columns: Sequence[SnippetColumn]) -> list[Snippet]:
    """What the API answers, read as the files are: CSV and Parquet are written as those of a release."""
    csv, parquet = (rows.query(format=kind, limit=str(MOST)) for kind in ("csv", "parquet"))
    found = [
        pandas(csv, parquet, columns, [""])[1],
        polars(csv, parquet, columns, [""])[1],
        duckdb(csv, parquet, columns, [""])[1],
        r(csv, columns, [""])[0],
    ]
    asked = ["format=csv", f"limit={MOST}"]
    told = [f"filter={rows.filter}"] if rows.filter else []
    words = " ".join(f"--data-urlencode {shlex.quote(each)}" for each in [*told, *asked])
    line = f"curl --fail --get {words} \\\n  --output filas.csv {shlex.quote(rows.address)}"
    pages = (
        f"const filas = [];\nfor (let pagina = {_text(rows.query(limit='10000'))}; pagina; ) {{\n"
        "  const respuesta = await (await fetch(pagina)).json();\n"
        "  filas.push(...respuesta.rows);\n  pagina = respuesta.next;\n}"
    )
    query = ", ".join(
        f"{name} = {_m(value)}" for name, value in (each.split("=", 1) for each in [*told, *asked])
    )
    source = f"Web.Contents({_m(rows.address)}, [Query = [{query}]])"
    return [
        *(Snippet(each.tool, "api", each.text) for each in found),
        Snippet("curl", "api", line),
        Snippet("JavaScript", "api", pages),
        Snippet("Excel", "api", _power_query(source, columns, [""])),
    ]


def javascript(parquet: str) -> Snippet:
    """In a browser or in Node, by hyparquet; a `file:` URL is read as a file, as Node alone can."""
    of_disk = parquet.startswith("file:")
    opener = "asyncBufferFromFile" if of_disk else "asyncBufferFromUrl"
    where = _text(local_path(parquet)) if of_disk else f"{{ url: {_text(parquet)} }}"
    text = (
        "// npm install hyparquet hyparquet-compressors\n"
        f'import {{ {opener}, parquetReadObjects }} from "hyparquet";\n'
        'import { compressors } from "hyparquet-compressors";\n\n'
        f"const file = await {opener}({where});\n"
        "const tabla = await parquetReadObjects({ file, compressors });"
    )
    return Snippet("JavaScript", "parquet", text)


def excel(csv: str, columns: Sequence[SnippetColumn], missing: Sequence[str]) -> Snippet:
    """For Power Query's advanced editor, of Excel and of Power BI."""
    of_disk = csv.startswith("file:")
    source = f"File.Contents({_m(local_path(csv))})" if of_disk else f"Web.Contents({_m(csv)})"
    return Snippet("Excel", "csv", _power_query(source, columns, missing))


def _power_query(source: str, columns: Sequence[SnippetColumn], missing: Sequence[str]) -> str:
    steps = [
        (
            "Origen",
            f'Csv.Document({source},\n    [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv])',
        ),
        ("Tabla", "Table.PromoteHeaders(Origen, [PromoteAllScalars = true])"),
    ]
    for each in missing:
        before = steps[-1][0]
        where = f"Replacer.ReplaceValue, Table.ColumnNames({before})"
        replaced = f"Table.ReplaceValue({before}, {_m(each)}, null, {where})"
        steps.append((f"Vacios{len(steps) - 1}", replaced))
    types = _wrap([f"{{{_m(c.name)}, {_EXCEL.get(c.kind, 'type text')}}}" for c in columns])
    steps.append(("Tipos", f'Table.TransformColumnTypes({steps[-1][0]}, {{{types}}}, "en-US")'))
    lines = ",\n".join(f"  {name} = {step}" for name, step in steps)
    return f"let\n{lines}\nin\n  {steps[-1][0]}"


def _m(text: str) -> str:
    """A text of Power Query's language, in which `#(` begins a character's name."""
    written = text.replace("#(", "#(#)(").replace('"', '""')
    for character, name in (("\r", "#(cr)"), ("\n", "#(lf)"), ("\t", "#(tab)")):
        written = written.replace(character, name)
    return f'"{written}"'


def _kind(type_: pa.DataType) -> str:
    if str(type_) in _PANDAS:
        return str(type_)
    tests = {
        "decimal": pa.types.is_decimal,
        "date": pa.types.is_date,
        "time": pa.types.is_time,
        "instant": lambda each: pa.types.is_timestamp(each) and each.tz is not None,
        "datetime": pa.types.is_timestamp,
    }
    return next((kind for kind, is_one in tests.items() if is_one(type_)), "text")


def _text(text: str) -> str:
    """A string literal that Python and R read alike."""
    return json.dumps(text, ensure_ascii=False)


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(_text, texts)) + "]"


def _dict(types: Mapping[str, str]) -> str:
    return "{" + _wrap([f"{_text(name)}: {_text(type_)}" for name, type_ in types.items()]) + "}"


def _wrap(items: Sequence[str]) -> str:
    """The items with commas, on lines of their own where one would be too wide to read."""
    rows = [""]
    for item in items:
        if len(rows[-1]) + len(item) > 88:
            rows.append("")
        rows[-1] += item + ", "
    joined = "\n        ".join(row.rstrip() for row in rows if row)
    joined = joined.rstrip(",")  # R takes no comma after the last
    return joined if len(rows) == 1 else f"\n        {joined}\n    "


def _astype(types: Mapping[str, str]) -> str:
    return f".astype({_dict(types)})" if types else ""


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _r_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", name) else "`" + name.replace("`", "\\`") + "`"

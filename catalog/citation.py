"""A figure or a table as it is cited: from which version, by which question, with which sha256; as text,
BibTeX and CSL-JSON, and as an address that says all of it, so that anyone can calculate the figure again."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from catalog.archive.archive import Archive
from catalog.archive.published import Previous
from catalog.archive.release import Entry, History, find_release, twin
from messages import gettext as _
from messages.formats import format_date

# What an address says of a figure; every other name in it is a field, with the value that it has there.
VERSION, TABLE, MEASURE, VALUE, HASH = "version", "table", "figure", "value", "sha256"
_PLACE = re.compile(r"(?:^|/)(datasets|demo)/([a-z0-9-]+)/(.*)$")
_FILE = re.compile(r"^(?:v/(\d+(?:\.\d+\.\d+)?)|latest)/([^/]+)\.(csv|parquet)$")


@dataclass(frozen=True)
class Citation:
    """What is cited of a dataset. `version` may be a major one alone, or "" for the current one; `table` ""
    for the whole dataset; `measure` is count or sum(field), "" for a table as such; `filters` are the
    field and the value of the rows that it is of; `value` is the figure as it was cited, `sha256` the
    beginning of the file's, "" where they were not said."""

    dataset: str
    demo: bool
    version: str = ""
    table: str = ""
    measure: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    value: str = ""
    sha256: str = ""

    @property
    def path(self) -> str:
        return f"{'demo' if self.demo else 'datasets'}/{self.dataset}/index.html"

    def address(self, base: str) -> str:
        """The page of the dataset, with all that is cited behind the question mark."""
        named = {VERSION: self.version, TABLE: self.table, MEASURE: self.measure}
        pairs = [(key, value) for key, value in named.items() if value]
        pairs += [(f".{name}", value) for name, value in self.filters]
        pairs += [(key, value) for key, value in ((VALUE, self.value), (HASH, self.sha256)) if value]
        return f"{base}{self.path}?{urlencode(pairs, quote_via=quote)}#cite"

    @property
    def query(self) -> str:
        """The question in SQL, over the Parquet file of the table."""
        sum_of = summed(self.measure)
        what = f'sum("{sum_of}")' if sum_of else "count(*)" if self.measure else "*"
        tests = [
            f'"{name}" = {_quoted(value)}' if value else f'"{name}" IS NULL' for name, value in self.filters
        ]
        return f"SELECT {what} FROM '{self.table}.parquet'" + (
            f" WHERE {' AND '.join(tests)}" if tests else ""
        )


def parse_address(address: str) -> Citation:
    """What an address cites: one that `Citation.address` wrote, a page of a dataset, or a file of a version.
    Raises ValueError for any other."""
    parts = urlsplit(address.strip())
    match = _PLACE.search(unquote(parts.path))
    if not match:
        raise ValueError(
            _(
                "this is no address of a dataset; it has …/datasets/<id>/… in it, as the page's “Cite” "
                "gives it"
            )
        )
    demo, dataset, rest = match[1] == "demo", match[2], match[3]
    if file := _FILE.match(rest):
        return Citation(dataset, demo, file[1] or "", file[2])
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    named = {key: value for key, value in pairs if not key.startswith(".")}
    filters = tuple((key[1:], value) for key, value in pairs if key.startswith("."))
    version, table, measure, value, sha256 = (
        named.get(key, "") for key in (VERSION, TABLE, MEASURE, VALUE, HASH)
    )
    citation = Citation(dataset, demo, version, table, measure, filters, value, sha256)
    if citation.measure and citation.measure != "count" and not summed(citation.measure):
        raise ValueError(_("{measure} is no figure; use count or sum(field)", measure=citation.measure))
    return citation


def summed(measure: str) -> str | None:
    """The field that is added up; None where rows are counted."""
    match = re.fullmatch(r"sum\((.+)\)", measure)
    return match[1] if match else None


def calculate(citation: Citation, table: pa.Table) -> float | int | None:
    """The figure from the rows of the version; None for a table as such. Raises ValueError for a field that
    the table has not, or that cannot be added up."""
    if not citation.measure:
        return None
    for name, value in citation.filters:
        table = table.filter(_rows_with(_column(table, name), value))
    field = summed(citation.measure)
    if field is None:
        return int(table.num_rows)
    column = _column(table, field)
    if not (
        pa.types.is_integer(column.type)
        or pa.types.is_floating(column.type)
        or pa.types.is_decimal(column.type)
    ):
        raise ValueError(_("{field} cannot be added up", field=field))
    found = pc.sum(pc.cast(column, pa.float64(), safe=False)).as_py() or 0.0
    return int(found) if float(found).is_integer() else float(found)


def is_same(value: float, cited: str) -> bool:
    """Whether a calculated figure is the one that was cited, to the last digit that floating numbers keep
    when they are added up in another order."""
    try:
        return math.isclose(value, float(cited), rel_tol=1e-9, abs_tol=1e-9)
    except ValueError:
        return False


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise ValueError(_("the table has no field {field}", field=name))
    return table[name]


def _rows_with(column: pa.ChunkedArray, value: str) -> pa.ChunkedArray:
    """Rows with this value; with none, those without one; of a day or moment its beginning, a year or month,
    is enough."""
    if not value:
        return pc.is_null(column)
    written = pc.cast(column, pa.string())
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return pc.fill_null(pc.starts_with(written, value), False)
    return pc.fill_null(pc.equal(written, value), False)


@dataclass(frozen=True)
class Reference:
    """A citation with what a bibliography says of it; `day` is that of the publication, ISO 8601."""

    citation: Citation
    title: str
    publisher: str
    day: str
    address: str
    license: str = ""
    unit: str = ""

    @property
    def key(self) -> str:
        """What a bibliography calls it: the tables of a dataset are works of their own."""
        cited = self.citation
        names = dict.fromkeys((cited.dataset, cited.table, cited.version))
        return "-".join(name for name in names if name)

    @property
    def text(self) -> str:
        demo = "DEMO. " if self.citation.demo else ""
        said = f" {self.citation.value} {self.unit}.".replace(" .", ".") if self.citation.value else ""
        about = _(
            "{publisher} ({year}). {title}, version {version} [data].{said} Published on {date}.",
            publisher=self.publisher,
            year=self.day[:4],
            title=self.title,
            version=self.citation.version,
            said=said,
            date=format_date(self.day),
        )
        hashed = f" sha256 {self.citation.sha256}." if self.citation.sha256 else ""
        return f"{demo}{about}{hashed} {self.address}"

    @property
    def bibtex(self) -> str:
        note = f"sha256 {self.citation.sha256}; {self.citation.query}" if self.citation.table else ""
        fields = {
            "author": f"{{{_braced(self.publisher)}}}",
            "title": _braced(self.title),
            "year": self.day[:4],
            "month": str(int(self.day[5:7])),
            "version": self.citation.version,
            "url": self.address,
            "note": _braced(note),
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join([f"@misc{{{self.key},", *lines, "}"])

    @property
    def csl(self) -> str:
        """CSL-JSON, as reference managers read it."""
        year, month, day = (int(part) for part in self.day.split("-"))
        item: Mapping[str, Any] = {
            "id": self.key,
            "type": "dataset",
            "title": self.title,
            "author": [{"literal": self.publisher}],
            "publisher": self.publisher,
            "version": self.citation.version,
            "issued": {"date-parts": [[year, month, day]]},
            "URL": self.address,
            "note": f"sha256 {self.citation.sha256}; {self.citation.query}" if self.citation.table else "",
        }
        return json.dumps([item], ensure_ascii=False, indent=1)


def _quoted(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def _braced(text: str) -> str:
    return text.replace("{", "(").replace("}", ")").replace("\\", "/")


def figure_filters(kind: str, view: Mapping[str, Any], x: Any, by: str) -> Sequence[tuple[str, str]]:
    """The fields and values of a value in a picture."""
    first = view["field"] if kind == "comunas" else view["x"]
    return [(first, str(x)), *([(view["by"], by)] if view.get("by") else [])]


@dataclass(frozen=True)
class Verdict:
    """What became of a citation. `state` is equal, superseded (the current version, `current`, says
    otherwise), withdrawn or wrong; `value` what the cited version gives, `current_value` what the current
    one does; `why` a sentence."""

    state: str
    version: str
    current: str
    value: float | int | None
    current_value: float | int | None
    sha256: str
    why: str


def judge(citation: Citation, archive: Archive) -> Verdict:
    """Calculates what is cited again, from the archive. Raises UnknownRelease for a dataset or version that
    never was, ValueError for a table or field that the version has not."""
    history = archive.history(citation.dataset, citation.demo)
    entry = _cited_entry(history, citation)
    current = history.current
    now = str(current.version) if current else ""
    if entry.version in history.withdrawn:
        why = _("version {version} was withdrawn; its page says why", version=entry.version)
        return Verdict("withdrawn", str(entry.version), now, None, None, "", why)
    table, sha256 = _read_cited(archive, entry, citation)
    value = calculate(citation, table)
    verdict = partial(Verdict, version=str(entry.version), current=now, value=value, sha256=sha256)
    if citation.sha256 and not sha256.startswith(citation.sha256.removesuffix("…").lower()):
        why = _(
            "the table of version {version} has the sha256 {sha256}", version=entry.version, sha256=sha256
        )
        return verdict("wrong", current_value=None, why=why)
    if citation.value and value is not None and not is_same(value, citation.value):
        why = _("version {version} gives {value}", version=entry.version, value=plain(value))
        return verdict("wrong", current_value=None, why=why)
    return _beside_current(citation, archive, current, verdict, (value, sha256))


def _beside_current(
    citation: Citation,
    archive: Archive,
    current: Entry | None,
    verdict: Callable[..., Verdict],
    cited: tuple[float | int | None, str],
) -> Verdict:
    """The verdict on what is right in its version: whether the current one still says so."""
    value, sha256 = cited
    if current is None:
        return verdict("equal", current_value=None, why=_("no version is current now"))
    try:
        table, newest = _read_cited(archive, current, citation)
        latest = calculate(citation, table)
    except ValueError as error:
        why = _("version {version} has it no longer: {why}", version=current.version, why=error)
        return verdict("superseded", current_value=None, why=why)
    if value is None and newest != sha256:
        why = _("the table of the current version {version} is another", version=current.version)
        return verdict("superseded", current_value=None, why=why)
    if value is not None and latest is not None and not is_same(latest, repr(value)):
        why = _("the current version {version} gives {value}", version=current.version, value=plain(latest))
        return verdict("superseded", current_value=latest, why=why)
    why = _("as cited; the current version {version} says the same", version=current.version)
    return verdict("equal", current_value=latest, why=why)


def plain(value: float | int) -> str:
    """A figure as it is written in an address: without exponents, to fifteen digits."""
    return str(value) if isinstance(value, int) else f"{Decimal(f'{value:.15g}'):f}"


def _cited_entry(history: History, citation: Citation) -> Entry:
    """The release that is meant: of a major version alone, the newest of it that is left."""
    if re.fullmatch(r"\d+", citation.version):
        of_major = [each for each in history.releases if each.version.major == int(citation.version)]
        left = [each for each in of_major if each.version not in history.withdrawn]
        if left:
            return max(left, key=lambda each: each.version)
    return find_release(history, citation.version or None)


def _read_cited(archive: Archive, entry: Entry, citation: Citation) -> tuple[pa.Table, str]:
    """The table and the sha256 of its Parquet file; where no table is named, the dataset's only one."""
    release = Previous(archive, entry)
    names = [each["name"] for each in release.descriptor["resources"] if "schema" in each]
    paths = {each["name"]: each["path"] for each in release.descriptor["resources"] if "schema" in each}
    stems = {str(path).removesuffix(".csv"): name for name, path in paths.items()}
    name = citation.table or (names[0] if len(names) == 1 else "")
    name = stems.get(name, name)
    table = release.table(name) if name in paths else None
    if table is None:
        raise ValueError(_("say which table: {names}", names=", ".join(names)))
    return table, entry.files[twin(paths[name])].sha256

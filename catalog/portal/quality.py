"""How good a dataset is as open data: a figure from 0 to 100 whose parts, weights and reasons are all shown.

It rests on published facts alone: the version's report.json, its datapackage.json, the empty cells that its
Parquet files count, and how old the data is beside the rhythm that was promised. Whoever has the files can
calculate it again.
"""

from __future__ import annotations

import io
import json
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from catalog import words
from catalog.archive.release import Version, twin
from catalog.public import Edition, Listing, release_freshness
from messages import gettext as _
from messages import ngettext
from messages.formats import format_number

# The weight of each part.
PARTS = {"validity": 30, "completeness": 15, "freshness": 20, "documentation": 20, "reuse": 15}
FRESH = {"fresh": 1.0, "due": 0.75, "late": 0.4, "very-late": 0.0}
REUSE = ("license", "contact", "source", "keywords", "theme", "period")


@dataclass(frozen=True)
class Facts:
    """What the index of a version is calculated from.

    `rows` were checked, with so many `findings`; of `expected` expectations `met` hold; of `cells` cells
    `empty` are empty; of `fields` fields `titled` have a title and `described` a description; `lacks` names
    what of REUSE is not declared; `fresh` is the freshness on the day of the release.
    """

    rows: int
    findings: int
    expected: int
    met: int
    cells: int
    empty: int
    fields: int
    titled: int
    described: int
    lacks: Sequence[str]
    fresh: str | None


@dataclass(frozen=True)
class Part:
    """A part of the index: what share of its `weight` it earns (0 to 1); None where there is nothing to
    judge."""

    name: str
    weight: int
    share: float | None

    @property
    def score(self) -> int | None:
        return None if self.share is None else round(100 * self.share)


@dataclass(frozen=True)
class Index:
    """The index of a version with what it rests on. `fresh` is the word on its freshness: today's, or that of
    its release."""

    facts: Facts
    fresh: str | None

    @property
    def parts(self) -> list[Part]:
        facts = self.facts
        shares = {
            "validity": _validity(facts),
            "completeness": 1 - facts.empty / facts.cells if facts.cells else 0.0,
            "freshness": FRESH.get(self.fresh or "", 0.0),
            "documentation": (facts.titled + facts.described) / (2 * facts.fields) if facts.fields else None,
            "reuse": 1 - len(facts.lacks) / len(REUSE),
        }
        return [Part(name, weight, shares[name]) for name, weight in PARTS.items()]

    @property
    def score(self) -> int:
        """The mean of its parts by their weights; a part without anything to judge does not count."""
        parts = [(part.weight, part.share) for part in self.parts if part.share is not None]
        whole = sum(weight for weight, _share in parts)
        return round(100 * sum(weight * share for weight, share in parts) / whole)


def current_index(facts: Mapping[Version, Facts], listing: Listing, fresh: str | None) -> Index | None:
    """The index of the current version as of today, from the facts of all; None where no version is left, or
    none was checked."""
    if listing.current is None or listing.current.version not in facts:
        return None
    return Index(facts[listing.current.version], fresh)


def index_history(facts: Mapping[Version, Facts], listing: Listing) -> list[tuple[Edition, Index]]:
    """Each version that can still be had, oldest first, with the index that it had on the day of its
    release."""
    known = ((edition, facts.get(edition.version)) for edition in reversed(listing.editions))
    return [(edition, Index(found, found.fresh)) for edition, found in known if found]


class KnownFacts:
    """The facts that a former build noted, left in their file until they are asked for: a line for each
    dataset, `"…": {…}` for each of its versions. None, where there is no file."""

    def __init__(self, file: Path | None) -> None:
        self._file = file.open("rb") if file else io.BytesIO()
        weakref.finalize(self, self._file.close)
        self._places: dict[int, int] = {}
        place = 0
        for line in self._file:
            for key in _read_facts_line(line):
                self._places[_short(key)] = place
            place += len(line)

    def get(self, key: str) -> Mapping[str, Any] | None:
        if (place := self._places.get(_short(key))) is None:
            return None
        self._file.seek(place)
        return _read_facts_line(self._file.readline()).get(key)


def _read_facts_line(line: bytes) -> dict[str, Any]:
    """What stands in a line: nothing in the first and the last, and in one that is written in another way, as
    by an earlier Vereda."""
    try:
        found = json.loads(b"{" + line.rstrip(b",\n") + b"}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def gather_facts(listing: Listing, folder: Path, known: KnownFacts) -> dict[Version, Facts]:
    """The facts of each version of a dataset whose files stand in `folder`/v/; those that are `known`, as
    `facts_line` gives them, are not read again."""
    found = {}
    for edition in listing.editions:
        if {"report.json", "datapackage.json"} <= edition.files.keys():
            former = known.get(_key(edition))
            version = folder / "v" / str(edition.version)
            found[edition.version] = Facts(**former) if former else _read_facts(edition, version)
    return found


def facts_line(listing: Listing, facts: Mapping[Version, Facts]) -> str:
    """The facts of a dataset's versions in a line of JSON, by the files that they are read from; "" where
    there are none."""
    known = [edition for edition in listing.editions if edition.version in facts]
    return json.dumps({_key(edition): asdict(facts[edition.version]) for edition in known})[1:-1]


def _short(key: str) -> int:
    """Enough of a key to tell it from all others."""
    return int(key[:8] + key[32:40], 16)


def _key(edition: Edition) -> str:
    """Names the files that the facts of a version are read from."""
    return f"{edition.files['datapackage.json'].sha256[:32]}{edition.files['report.json'].sha256[:32]}"


def _read_facts(edition: Edition, folder: Path) -> Facts:
    report = json.loads((folder / "report.json").read_bytes())
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    tables = [each for each in descriptor.get("resources", ()) if "schema" in each]
    tables = [each for each in tables if twin(each["path"]) in edition.files]
    fields = [field for table in tables for field in table["schema"]["fields"]]
    counts = [_count_cells(folder / twin(table["path"])) for table in tables]
    checked = report["resources"].values()
    problems = [problem for each in checked for problem in each["problems"]]
    return Facts(
        rows=sum(each["rows"] for each in checked),
        findings=sum(each["count"] for each in problems if _is_of_rows(str(each.get("code") or ""))),
        expected=len(report["expectations"]),
        met=sum(bool(each["success"]) for each in report["expectations"]),
        cells=sum(cells for cells, _empty in counts),
        empty=sum(empty for _cells, empty in counts),
        fields=len(fields),
        titled=sum(bool(field.get("title")) for field in fields),
        described=sum(bool(field.get("description")) for field in fields),
        lacks=_list_undeclared(descriptor),
        fresh=release_freshness(edition, descriptor),
    )


# Alarms that a version is unlike the ones before it: they say nothing of any row.
_ALARMS = frozenset(
    (
        *("rows-gone", "no-rows", "rows-lost", "rows-replaced", "rows-repeated", "rows-truncated"),
        *("month-shortened", "no-period"),
        *("month-short", "period-short", "dates-standing", "dates-ahead", "stale-extract"),
        *("dates-as-serials", "keys-renumbered", "expectation"),
    )
)


def _is_of_rows(code: str) -> bool:
    """Whether a finding is about rows that are not as they should be."""
    return code not in _ALARMS and not code.endswith("-unusual")


def _list_undeclared(descriptor: Mapping[str, Any]) -> list[str]:
    """What of REUSE a dataset does not declare."""
    contact, publisher = descriptor.get("contactPoint") or {}, descriptor.get("publisher") or {}
    has = {
        "license": any(each.get("path") for each in descriptor.get("licenses") or ()),
        "contact": bool(contact.get("hasEmail") or publisher.get("email")),
        "source": bool(descriptor.get("sources")),
        "keywords": bool(descriptor.get("keywords")),
        "theme": bool(descriptor.get("superTheme")),
        "period": bool(descriptor.get("temporal")),
    }
    return [name for name in REUSE if not has[name]]


def _validity(facts: Facts) -> float:
    """How many rows nothing is said of; where expectations are declared, how many of them hold counts as
    much."""
    if not facts.rows:
        return 0.0
    clean = 1 - min(facts.findings / facts.rows, 1)
    return (clean + facts.met / facts.expected) / 2 if facts.expected else clean


def _count_cells(parquet: Path) -> tuple[int, int]:
    """How many cells a table has, and how many of them are empty, as its Parquet file counts them."""
    about = pq.read_metadata(parquet)
    columns = [
        about.row_group(group).column(number)
        for group in range(about.num_row_groups)
        for number in range(about.num_columns)
    ]
    return about.num_rows * about.num_columns, sum(each.statistics.null_count for each in columns)


def part_title(name: str) -> str:
    return {
        "validity": _("Validity"),
        "completeness": _("Completeness"),
        "freshness": _("Freshness"),
        "documentation": _("Documentation"),
        "reuse": _("Reuse"),
    }[name]


def part_method(name: str) -> str:
    """How a part is calculated."""
    return {
        "validity": _(
            "Share of rows of which the checks find nothing to say; where expectations are declared, the "
            "share of those that are met counts as much. A version with a serious fault is not published, so "
            "that what counts here are warnings; alarms that a version is unlike the ones before it do not "
            "count. A table without rows has nothing that could be right: 0."
        ),
        "completeness": _("Share of cells that have a value, of all cells of all tables; 0 without rows."),
        "freshness": _(
            "Age of the data beside the promised rhythm: 100 within one period, 75 up to one and a half, "
            "40 up to three, 0 beyond. Who promises no date gets 0 as well: nobody can rely on news."
        ),
        "documentation": _(
            "Half for the share of fields that have a title, half for the share that have a description."
        ),
        "reuse": _(
            "Share of six things that are declared: a licence with its address, a contact e-mail, the "
            "source, keywords, a theme, the period that is covered."
        ),
    }[name]


def explain_part(index: Index, part: Part) -> str:
    """Why a part has its score, with the numbers."""
    facts = index.facts
    if part.name == "completeness" and not facts.cells:
        return _("There are no rows.")
    if part.name == "completeness":
        return ngettext(
            "{empty} of {cells} cells is empty.",
            "{empty} of {cells} cells are empty.",
            facts.empty,
            empty=format_number(facts.empty),
            cells=format_number(facts.cells),
        )
    if part.name == "freshness" and index.fresh is None:
        return _("No update is promised for a fixed date.")
    if part.name == "freshness":
        return words.freshness(index.fresh).capitalize() + "."
    if part.name == "documentation":
        return ngettext(
            "Of {n} field, {titled} has a title and {described} a description.",
            "Of {n} fields, {titled} have a title and {described} a description.",
            facts.fields,
            titled=facts.titled,
            described=facts.described,
        )
    if part.name == "reuse" and facts.lacks:
        return _("Missing: {what}.", what=", ".join(map(reuse_label, facts.lacks)))
    if part.name == "reuse":
        return _("Nothing is missing.")
    return _explain_validity(facts)


def advise_part(index: Index, part: Part) -> str:
    """What raises the score of a part; "" where nothing is left to raise."""
    facts = index.facts
    if part.share is None or part.share >= 0.995:
        return ""
    if not facts.rows and part.name in ("validity", "completeness"):
        return _("Publish the first rows.")
    if part.name == "freshness" and index.fresh is None:
        return _("Promise a rhythm (accrualPeriodicity) and keep it.")
    if part.name == "documentation":
        missing = 2 * facts.fields - facts.titled - facts.described
        return ngettext(
            "Write the title or description that is missing.",
            "Write the {n} titles and descriptions that are missing.",
            missing,
        )
    return {
        "validity": _("Correct at the source what the checks found."),
        "completeness": _("Fill in what is known, or leave out columns that stay empty."),
        "freshness": _("Hand in newer data."),
        "reuse": _("Declare what is missing."),
    }[part.name]


def reuse_label(name: str) -> str:
    """What a thing of REUSE is called."""
    return {
        "license": _("a licence with its address"),
        "contact": _("a contact e-mail"),
        "source": _("the source"),
        "keywords": _("keywords"),
        "theme": _("a theme"),
        "period": _("the period that is covered"),
    }[name]


def _explain_validity(facts: Facts) -> str:
    rows = words.rows(facts.rows)
    sentences = [_("Nothing found in {rows}.", rows=rows)]
    if facts.findings:
        sentences = [ngettext("{n} finding in {rows}.", "{n} findings in {rows}.", facts.findings, rows=rows)]
    if facts.expected:
        sentences.append(_("Expectations met: {met} of {all}.", met=facts.met, all=facts.expected))
    return " ".join(sentences)

"""How good a dataset is as open data: a figure from 0 to 100 whose parts, weights and reasons are all shown.

It rests on published facts alone: the version's report.json, its datapackage.json, the empty cells that its
Parquet files count, and how old the data is beside the rhythm that was promised. Whoever has the files can
calculate it again.

The quality index in words: what its parts are called, how each is calculated, and why a dataset has what it
has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from catalog import public as freshness
from catalog import words
from catalog.archive.release import Version, twin
from catalog.public import Edition, Listing
from messages import gettext as _
from messages import ngettext
from messages.formats import format_number

PARTS = {
    "validity": 30,
    "completeness": 15,
    "freshness": 20,
    "documentation": 20,
    "reuse": 15,
}  # the weight of each
FRESH = {"fresh": 1.0, "due": 0.75, "late": 0.4, "very-late": 0.0}
REUSE = ("license", "contact", "source", "keywords", "theme", "period")


@dataclass(frozen=True)
class Facts:
    """What the index of a version is calculated from.

    `rows` were checked and `findings` told of them; of `expected` expectations `met` hold; of `cells` cells
    `empty` are; of `fields` fields `titled` have a title and `described` a description; `lacks` names what of
    REUSE is not declared; `fresh` is the freshness on the day of the release.
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
            "completeness": 1 - facts.empty / facts.cells if facts.cells else None,
            "freshness": FRESH.get(self.fresh or ""),
            "documentation": (facts.titled + facts.described) / (2 * facts.fields) if facts.fields else None,
            "reuse": 1 - len(facts.lacks) / len(REUSE),
        }
        return [Part(name, weight, shares[name]) for name, weight in PARTS.items()]

    @property
    def score(self) -> int:
        """The mean of its parts by their weights; a part without anything to judge does not count."""
        judged = [(part.weight, part.share) for part in self.parts if part.share is not None]
        return round(
            100 * sum(weight * share for weight, share in judged) / sum(weight for weight, _share in judged)
        )


def index(facts: Mapping[Version, Facts], listing: Listing, fresh: str | None) -> Index | None:
    """The index of the current version as of today, from the facts of all; None where no version is left, or
    none was checked."""
    return (
        Index(facts[listing.current.version], fresh)
        if listing.current and listing.current.version in facts
        else None
    )


def past(facts: Mapping[Version, Facts], listing: Listing) -> list[tuple[Edition, Index]]:
    """Each version that can still be had, oldest first, with the index that it had on the day of its
    release."""
    told = ((edition, facts.get(edition.version)) for edition in reversed(listing.editions))
    return [(edition, Index(found, found.fresh)) for edition, found in told if found]


def gather(listing: Listing, folder: Path, known: Mapping[str, Any]) -> dict[Version, Facts]:
    """The facts of each version of a dataset whose files stand in `folder`/v/; those that are `known` by
    `mark` are not read again."""
    found = {}
    for edition in listing.editions:
        if {"report.json", "datapackage.json"} <= edition.files.keys():
            told = known.get(mark(edition))
            found[edition.version] = (
                Facts(**told) if told else _facts(edition, folder / "v" / str(edition.version))
            )
    return found


def noted(listing: Listing, facts: Mapping[Version, Facts]) -> dict[str, Any]:
    """The facts as JSON values, by `mark`."""
    return {
        mark(edition): asdict(facts[edition.version])
        for edition in listing.editions
        if edition.version in facts
    }


def mark(edition: Edition) -> str:
    """Names the files that the facts of a version are read from."""
    return f"{edition.files['datapackage.json'].sha256[:32]}{edition.files['report.json'].sha256[:32]}"


def _facts(edition: Edition, folder: Path) -> Facts:
    report = json.loads((folder / "report.json").read_bytes())
    told = json.loads((folder / "datapackage.json").read_bytes())
    tables = [
        each for each in told.get("resources", ()) if "schema" in each and twin(each["path"]) in edition.files
    ]
    fields = [field for table in tables for field in table["schema"]["fields"]]
    counted = [_empty(folder / twin(table["path"])) for table in tables]
    checked = report["resources"].values()
    return Facts(
        rows=sum(each["rows"] for each in checked),
        findings=sum(
            problem["count"]
            for each in checked
            for problem in each["problems"]
            if problem.get("code") != "expectation"
        ),
        expected=len(report["expectations"]),
        met=sum(bool(each["success"]) for each in report["expectations"]),
        cells=sum(cells for cells, _empty in counted),
        empty=sum(empty for _cells, empty in counted),
        fields=len(fields),
        titled=sum(bool(field.get("title")) for field in fields),
        described=sum(bool(field.get("description")) for field in fields),
        lacks=_lacking(told),
        fresh=freshness.release_freshness(edition, told),
    )


def _lacking(told: Mapping[str, Any]) -> list[str]:
    has = {
        "license": any(each.get("path") for each in told.get("licenses") or ()),
        "contact": bool(
            (told.get("contactPoint") or {}).get("hasEmail") or (told.get("publisher") or {}).get("email")
        ),
        "source": bool(told.get("sources")),
        "keywords": bool(told.get("keywords")),
        "theme": bool(told.get("superTheme")),
        "period": bool(told.get("temporal")),
    }
    return [name for name in REUSE if not has[name]]


def _validity(facts: Facts) -> float:
    """How many rows nothing is said of; where expectations are declared, how many of them hold counts as
    much."""
    clean = 1 - min(facts.findings / facts.rows, 1) if facts.rows else 1.0
    return (clean + facts.met / facts.expected) / 2 if facts.expected else clean


def _empty(parquet: Path) -> tuple[int, int]:
    """How many cells a table has, and how many of them are empty, as its Parquet file counts them."""
    about = pq.read_metadata(parquet)
    columns = [
        about.row_group(group).column(number)
        for group in range(about.num_row_groups)
        for number in range(about.num_columns)
    ]
    return about.num_rows * about.num_columns, sum(each.statistics.null_count for each in columns)


def title(name: str) -> str:
    return {
        "validity": _("Validity"),
        "completeness": _("Completeness"),
        "freshness": _("Freshness"),
        "documentation": _("Documentation"),
        "reuse": _("Reuse"),
    }[name]


def method(name: str) -> str:
    return {
        "validity": _(
            "Share of rows of which the checks find nothing to say; where expectations are declared, the "
            "share of those that are met "
            "counts as much. A version with a serious fault is not published, so that what counts here are "
            "warnings."
        ),
        "completeness": _("Share of cells that have a value, of all cells of all tables."),
        "freshness": _(
            "Age of the data beside the promised rhythm: 100 within one period, 75 up to one and a half, "
            "40 up to three, 0 beyond. "
            "Without a promised date it does not count."
        ),
        "documentation": _(
            "Half for the share of fields that have a title, half for the share that have a description."
        ),
        "reuse": _(
            "Share of six things that are declared: a licence with its address, a contact e-mail, the "
            "source, keywords, a theme, "
            "the period that is covered."
        ),
    }[name]


def because(index: Index, part: Part) -> str:
    """Why a part has its score, with the numbers."""
    facts = index.facts
    if part.name == "completeness":
        if not facts.cells:
            return _("There are no rows.")
        return _(
            "{empty} of {cells} cells are empty.",
            empty=format_number(facts.empty),
            cells=format_number(facts.cells),
        )
    if part.name == "freshness":
        return (
            _("No update is promised for a fixed date.")
            if index.fresh is None
            else words.freshness(index.fresh).capitalize() + "."
        )
    if part.name == "documentation":
        told = {"titled": facts.titled, "described": facts.described}
        return ngettext(
            "Of {n} field, {titled} has a title and {described} a description.",
            "Of {n} fields, {titled} have a title and {described} a description.",
            facts.fields,
            **told,
        )
    if part.name == "reuse":
        return (
            _("Missing: {what}.", what=", ".join(map(lacking, facts.lacks)))
            if facts.lacks
            else _("Nothing is missing.")
        )
    return _validity_words(index)


def lacking(name: str) -> str:
    return {
        "license": _("a licence with its address"),
        "contact": _("a contact e-mail"),
        "source": _("the source"),
        "keywords": _("keywords"),
        "theme": _("a theme"),
        "period": _("the period that is covered"),
    }[name]


def _validity_words(index: Index) -> str:
    facts = index.facts
    found = ngettext(
        "{n} finding in {rows}.", "{n} findings in {rows}.", facts.findings, rows=words.rows(facts.rows)
    )
    said = found if facts.findings else _("Nothing found in {rows}.", rows=words.rows(facts.rows))
    expected = (
        _("Expectations met: {met} of {all}.", met=facts.met, all=facts.expected) if facts.expected else ""
    )
    return f"{said} {expected}".rstrip()

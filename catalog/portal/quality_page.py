"""The page on quality: the index of every dataset and publisher, how it is calculated, how it went; and all
of it as a table."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from catalog import words
from catalog.metadata.mqa import MOST, Assessment, assess
from catalog.metadata.record import record_of
from catalog.page import Page
from catalog.portal import home
from catalog.portal.listings import Listings
from catalog.portal.overview import Group, Overview, by_publisher, publisher
from catalog.portal.quality import PARTS, Index, reuse_label
from catalog.public import Edition, Listing
from messages.formats import local_day

TABLE = "calidad.csv"
HEADER = (
    "conjunto",
    "publica",
    "version",
    "momento",
    "publicada",
    "indice",
    "validez",
    "completitud",
    "actualizacion",
    "documentacion",
    "reutilizacion",
    "frescura",
    "filas",
    "hallazgos",
    "expectativas",
    "expectativas_cumplidas",
    "celdas",
    "celdas_vacias",
    "campos",
    "campos_con_titulo",
    "campos_con_descripcion",
    "falta_declarar",
)


@dataclass(frozen=True)
class QualityRow:
    """A dataset with its index of today, and the scores of its versions on the day of their release, oldest
    first."""

    listing: Listing
    index: Index
    history: Sequence[int]
    assessment: Assessment | None


@dataclass(frozen=True)
class QualityRows:
    """A row for each of some datasets, made when its turn comes."""

    overview: Overview
    judged: Listings

    def __len__(self) -> int:
        return len(self.judged)

    def __iter__(self) -> Iterator[QualityRow]:
        for each in self.judged:
            if index := self.overview.index(each):
                yield _quality_row(each, index, self.overview)

    def indices(self) -> Iterator[Index]:
        return (index for each in self.judged if (index := self.overview.index(each)))


@dataclass(frozen=True)
class PublisherRow:
    """A publisher with the mean of its datasets' indices, and the mean on each day on which it released,
    oldest first."""

    group: Group
    score: int
    history: Sequence[int]


def pages(overview: Overview) -> Iterator[Page]:
    """One page; none where there is no real data."""
    if not overview.real:
        return
    rows = QualityRows(overview, overview.real.choose(lambda each: overview.index(each) is not None))
    publishers = [_publisher_row(group, overview) for group in by_publisher(overview.real)]
    scores: dict[str, list[int | None]] = {name: [] for name in PARTS}
    for row in rows.indices():
        for part in row.parts:
            scores[part.name].append(part.score)
    values = {
        "rows": rows,
        "publishers": [each for each in publishers if each],
        "whole": _publisher_row(Group("", "", "", overview.real), overview),
        "weights": PARTS,
        "means": {name: _mean(each) for name, each in scores.items()},
        "tallies": home.tally_freshness(
            [overview.fresh[each.path] for each in overview.real if each.current is not None]
        ),
        "table": TABLE,
        "most": MOST,
        "fresh": overview.fresh,
    }
    yield Page("calidad/index.html", "quality.html", values)


def table(overview: Overview) -> str:
    """The index as CSV, in the language spoken now: a row for each version of real data on the day of its
    release ("publicación"), and one for each current version as of this build ("actual").
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for listing in overview.real:
        for edition, index in overview.index_history(listing):
            rows.writerow(_csv_row(listing, edition, index, "publicación"))
        current = overview.index(listing)
        if current and listing.current:
            rows.writerow(_csv_row(listing, listing.current, current, "actual"))
    return text.getvalue()


def _csv_row(listing: Listing, edition: Edition, index: Index, moment: str) -> list[object]:
    facts = index.facts
    version = (listing.dataset, publisher(listing).get("id", ""), edition.version, moment)
    scores = ["" if part.score is None else part.score for part in index.parts]
    found = (facts.rows, facts.findings, facts.expected, facts.met, facts.cells, facts.empty)
    fields = (facts.fields, facts.titled, facts.described, "; ".join(map(reuse_label, facts.lacks)))
    fresh = words.freshness(index.fresh)
    return [*version, local_day(edition.at), index.score, *scores, fresh, *found, *fields]


def _quality_row(listing: Listing, index: Index, overview: Overview) -> QualityRow:
    record = record_of(listing, overview.masthead)
    assessment = assess(record, overview.masthead) if record else None
    history = [each.score for _edition, each in overview.index_history(listing)]
    return QualityRow(listing, index, history, assessment)


def _publisher_row(group: Group, overview: Overview) -> PublisherRow | None:
    """None where nothing of a publisher was judged."""
    scores = [index.score for each in group.listings if (index := overview.index(each))]
    if not scores:
        return None
    return PublisherRow(group, round(sum(scores) / len(scores)), _score_history(group, overview))


def _score_history(group: Group, overview: Overview) -> list[int]:
    """The mean of the newest known scores after each day with a release."""
    releases: dict[date, array[int]] = {}
    for number, each in enumerate(group.listings):
        for edition, index in overview.index_history(each):
            releases.setdefault(local_day(edition.at), array("l")).extend((number, index.score))
    newest: dict[int, int] = {}
    means = []
    for _day, found in sorted(releases.items()):
        newest.update(zip(found[::2], found[1::2], strict=True))
        means.append(round(sum(newest.values()) / len(newest)))
    return means


def _mean(scores: Sequence[int | None]) -> int | None:
    found = [each for each in scores if each is not None]
    return round(sum(found) / len(found)) if found else None

"""The page on quality: the index of every dataset and publisher, how it is calculated, how it went; and all
of it as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog import words
from catalog.page import Page
from catalog.portal import home
from catalog.portal.overview import Group, Overview, by_publisher, publisher
from catalog.portal.quality import PARTS, Index, lacking, past
from catalog.public import Listing
from messages.formats import local_day

TABLE = "calidad.csv"
HEADER: tuple[str, ...] = (
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
)
HEADER += (
    "reutilizacion",
    "frescura",
    "filas",
    "hallazgos",
    "expectativas",
    "expectativas_cumplidas",
    "celdas",
    "celdas_vacias",
)
HEADER += ("campos", "campos_con_titulo", "campos_con_descripcion", "falta_declarar")


@dataclass(frozen=True)
class QualityRow:
    """A dataset with its index of today, and the scores of its versions on the day of their release, oldest
    first."""

    listing: Listing
    index: Index
    past: Sequence[int]


@dataclass(frozen=True)
class Together:
    """A publisher with the mean of its datasets' indices, and the mean on each day on which it released,
    oldest first."""

    group: Group
    score: int
    past: Sequence[int]


def pages(overview: Overview) -> Iterator[Page]:
    """One page; none where there is no real data."""
    judged = [each for each in (_judged(listing, overview) for listing in overview.real) if each]
    if not overview.real:
        return
    everything = Group("", "", "", overview.real)
    values = {
        "judged": judged,
        "publishers": [
            each for each in (together(group, overview) for group in by_publisher(overview.real)) if each
        ],
        "whole": together(everything, overview),
        "parts": PARTS,
        "means": {
            name: _mean([part.score for each in judged for part in each.index.parts if part.name == name])
            for name in PARTS
        },
        "tallies": home.tallies([overview.fresh[each.path] for each in overview.real if each.current]),
        "table": TABLE,
        "fresh": overview.fresh,
    }
    yield Page("calidad/index.html", "qualities.html", values)


def together(group: Group, overview: Overview) -> Together | None:
    """None where nothing of a publisher was judged."""
    scores = [index.score for each in group.listings if (index := overview.index(each))]
    if not scores:
        return None
    return Together(group, round(sum(scores) / len(scores)), _course(group, overview))


def table(overview: Overview) -> str:
    """The index as CSV, in the language spoken now: a row for each version of real data on the day of its
    release ("publicación"), and one for each current version as of this build ("actual").
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for listing in overview.real:
        told = [
            ("publicación", edition, index) for edition, index in past(overview.facts[listing.path], listing)
        ]
        current = overview.index(listing)
        if current and listing.current:
            told.append(("actual", listing.current, current))
        for moment, edition, index in told:
            known = index.facts
            start = [
                listing.dataset,
                publisher(listing).get("id", ""),
                edition.version,
                moment,
                local_day(edition.at),
                index.score,
            ]
            scores = ["" if part.score is None else part.score for part in index.parts]
            counts = [
                known.rows,
                known.findings,
                known.expected,
                known.met,
                known.cells,
                known.empty,
                known.fields,
                known.titled,
            ]
            rows.writerow(
                [
                    *start,
                    *scores,
                    words.freshness(index.fresh),
                    *counts,
                    known.described,
                    "; ".join(map(lacking, known.lacks)),
                ]
            )
    return text.getvalue()


def _judged(listing: Listing, overview: Overview) -> QualityRow | None:
    index = overview.index(listing)
    return (
        QualityRow(
            listing, index, [each.score for _edition, each in past(overview.facts[listing.path], listing)]
        )
        if index
        else None
    )


def _course(group: Group, overview: Overview) -> list[int]:
    """The mean of the newest known scores after each day with a release."""
    told = [
        (local_day(edition.at), each.path, index.score)
        for each in group.listings
        for edition, index in past(overview.facts[each.path], each)
    ]
    held: dict[str, int] = {}
    means = {}
    for at, path, score in sorted(told, key=lambda each: each[0]):
        held[path] = score
        means[at] = round(sum(held.values()) / len(held))
    return list(means.values())


def _mean(scores: Sequence[int | None]) -> int | None:
    found = [each for each in scores if each is not None]
    return round(sum(found) / len(found)) if found else None

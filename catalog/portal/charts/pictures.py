"""The pictures of a dataset's current version: where they stand, what they show, and what the page says of
them.

A picture in words and as a table, for those who do not see it.

Figures as SVG that stands by itself: no script, no font and no data from elsewhere, and words for those who
do not see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path

import pyarrow.parquet as pq

from catalog.archive.release import twin
from catalog.portal.charts.drawing import chart_sentence, drawing
from catalog.portal.charts.figure import Cell, Figure, figures
from catalog.public import Listing
from messages import gettext as _
from messages import language
from messages.formats import format_date, join_words

TOLD, LISTED = 3, 60


def largest(figure: Figure) -> list[str]:
    """A sentence on the largest values; none for points, which have no names."""
    if figure.kind == "points" or not figure.cells:
        return []
    ranked = sorted(figure.cells, key=lambda cell: -cell.value)[:TOLD]
    named = [f"{_name(figure, cell)}: {chart_sentence(cell.value)}" for cell in ranked]
    return [_("The largest values: {values}.", values=join_words(named))]


def rows(figure: Figure) -> list[tuple[str, str, str]]:
    """The values as a table: place, group, value; none for points, whose rows have their coordinates."""
    if figure.kind == "points":
        return []
    return [
        (_name(figure, Cell(cell.x, cell.value)), cell.by, chart_sentence(cell.value))
        for cell in _shown(figure.cells)
    ]


def _shown(cells: Sequence[Cell]) -> Sequence[Cell]:
    return cells[:LISTED]


def _name(figure: Figure, cell: Cell) -> str:
    place = _("Comuna {number}", number=cell.x) if figure.kind == "comunas" else str(cell.x)
    return f"{place}, {cell.by}" if cell.by else place


WIDTHS = {"": 640, "-narrow": 340}  # by what the file's name ends with: for wide screens, and for phones
_LOCALES = {"es": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["$", ""]}, "en": None}


def svg(figure: Figure, width: int, about: str, demo: bool) -> str:
    """The same figure gives the same bytes."""
    import vl_convert  # takes a second to start: only where a picture is drawn

    drawn = vl_convert.vegalite_to_svg(
        drawing(figure, width, about, demo), format_locale=_LOCALES[language()]
    )
    title = f"DEMO · {figure.title}" if demo else figure.title
    told = f'<title id="t">{escape(title)}</title><desc id="d">{escape(description(figure))}</desc>'
    named = f'<svg lang="{language()}" role="img" aria-label="{escape(title)}" aria-describedby="d"'
    text = drawn.replace("<svg", named, 1)
    return re.sub(r"(<svg[^>]*>)", lambda match: match[1] + told, text, count=1) + "\n"


def description(figure: Figure) -> str:
    """The picture in a sentence or two: what it shows, its largest values, and what it leaves out."""
    return " ".join([f"{figure.title}.", *largest(figure), *figure.coverage])


@dataclass(frozen=True)
class Picture:
    """A picture as the page shows it: `wide` and `narrow` are its files, from the page."""

    figure: Figure
    wide: str
    narrow: str

    @property
    def says(self) -> str:
        return description(self.figure)

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        return rows(self.figure)


@dataclass(frozen=True)
class Pictures:
    """The pictures of a listing whose files stand in `folder`, in the language spoken when they are drawn."""

    listing: Listing
    folder: Path

    def paths(self) -> Iterator[tuple[str, str, int, int]]:
        """For each file: its path from the page, its table, the number of its view, its width."""
        for resource, count in self._counts.items():
            for number in range(count):
                for suffix, width in WIDTHS.items():
                    yield f"view/{resource}-{number + 1}{suffix}.svg", resource, number, width

    def draw(self, resource: str, number: int, width: int) -> str:
        return svg(self._figures[resource][number], width, self.about, self.listing.demo)

    def of(self, resource: str) -> list[Picture]:
        """A table's pictures."""
        stems = [f"view/{resource}-{number + 1}" for number in range(self._counts.get(resource, 0))]
        return [
            Picture(figure, f"{stem}.svg", f"{stem}-narrow.svg")
            for figure, stem in zip(self._figures.get(resource, ()), stems, strict=True)
        ]

    @property
    def any(self) -> bool:
        return bool(self._counts)

    @property
    def about(self) -> str:
        """Whose data a picture shows, and of when: it is passed on without the page."""
        edition, publisher = self.listing.current, self.listing.descriptor.get("publisher", {}).get("name")
        if edition is None:
            return ""
        version = _("version {version}", version=edition.version)
        told = {"date": format_date(edition.as_of or edition.at)}
        dated = _("data as of {date}", **told) if edition.as_of else _("published {date}", **told)
        return " · ".join(part for part in (publisher, version, dated) if part)

    @cached_property
    def _tables(self) -> Mapping[str, Mapping[str, object]]:
        if self.listing.current is None:
            return {}
        held = self.listing.current.files
        found = (
            each
            for each in self.listing.descriptor.get("resources", ())
            if each.get("view") and "schema" in each
        )
        return {each["name"]: each for each in found if twin(each["path"]) in held}

    @property
    def _counts(self) -> Mapping[str, int]:
        return {name: len(resource["view"]) for name, resource in self._tables.items()}  # type: ignore[arg-type]

    @cached_property
    def _figures(self) -> Mapping[str, Sequence[Figure]]:
        return {
            name: figures(resource, pq.read_table(self.folder / "latest" / twin(str(resource["path"]))))
            for name, resource in self._tables.items()
        }

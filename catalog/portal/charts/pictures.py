"""The pictures of a dataset's current version as SVG that stands by itself, without script, font or data from
elsewhere; each also in words and as a table, for those who do not see it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from markupsafe import Markup

from catalog.archive.release import twin
from catalog.citation import Citation, figure_filters, plain
from catalog.portal.charts.drawing import vega_spec
from catalog.portal.charts.figure import Cell, Figure, figure_field, make_figures
from catalog.portal.charts.style import format_value
from catalog.public import Listing
from isolation.process import Bounds, Raised, Stopped, call
from messages import gettext as _
from messages import language, speaking
from messages.formats import UNWRITABLE, format_date, join_words

LARGEST, ROWS = 3, 60  # so many values are named in words, and so many stand in the table
WIDTHS = {"": 640, "-narrow": 340}  # by what the file's name ends with: for wide screens, and for phones
DRAWER, BOUNDS = Path(__file__).with_name("svg.py"), Bounds(memory=1_500_000_000, seconds=60)
UNDRAWN_MARK = 'data-undrawn=""'
"""What the file of a picture has that could not be drawn; its words say so to whoever opens it."""
_LOCALES = {"es": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["$", ""]}, "en": None}


@dataclass(frozen=True)
class Picture:
    """A picture as the page shows it: `wide` and `narrow` are its files, from the page."""

    figure: Figure
    wide: str
    narrow: str
    citation: Citation

    @property
    def description(self) -> str:
        with speaking(self.figure.language):
            return describe_figure(self.figure)

    @property
    def coverage(self) -> list[str]:
        with speaking(self.figure.language):
            return self.figure.coverage

    @property
    def mark(self) -> Markup:
        """The attribute of what is in the picture's words, where these are not in the page's language."""
        same = self.figure.language == language()
        return Markup("") if same else Markup(f' lang="{self.figure.language}"')

    @property
    def rows(self) -> list[tuple[str, str, str, Citation | None]]:
        """Place, group, value, and how the value is cited."""
        with speaking(self.figure.language):
            rows = value_rows(self.figure)
        if not rows:
            return []
        cited = [self._cite(cell) for cell in self.figure.cells[:ROWS]]
        return [(*row, citation) for row, citation in zip(rows, cited, strict=False)]

    def _cite(self, cell: Cell) -> Citation | None:
        """None for what stands for several values together."""
        figure, view = self.figure, self.figure.view
        with speaking(figure.language):
            if _("others") in (cell.x, cell.by) or _("not known") in (cell.x, cell.by):
                return None
        field = figure_field(view)
        return replace(
            self.citation,
            measure=f"sum({field})" if field else "count",
            filters=tuple(figure_filters(figure.kind, view, cell.x, cell.by)),
            value=plain(round(cell.value * figure.factor, 6)) if field else plain(int(cell.value)),
        )


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
        figure = self._figures[resource][number]
        with speaking(figure.language):
            return draw_svg(figure, width, self.about, self.listing.demo)

    def of_table(self, resource: str) -> list[Picture]:
        stems = [f"view/{resource}-{number + 1}" for number in range(self._counts.get(resource, 0))]
        citation = cite_table(self.listing, resource)
        return [
            Picture(figure, f"{stem}.svg", f"{stem}-narrow.svg", citation)
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
        date = _("published {date}", date=format_date(edition.at))
        if edition.as_of:
            date = _("data as of {date}", date=format_date(edition.as_of))
        version = _("version {version}", version=edition.version)
        return " · ".join(part for part in (publisher, version, date) if part)

    @cached_property
    def _tables(self) -> Mapping[str, Mapping[str, Any]]:
        if self.listing.current is None:
            return {}
        tables = [each for each in self.listing.descriptor.get("resources", ()) if "schema" in each]
        viewed = [each for each in tables if each.get("view")]
        return {each["name"]: each for each in viewed if twin(each["path"]) in self.listing.current.files}

    @property
    def _counts(self) -> Mapping[str, int]:
        return {name: len(resource["view"]) for name, resource in self._tables.items()}

    @cached_property
    def _figures(self) -> Mapping[str, Sequence[Figure]]:
        return {
            name: make_figures(resource, pq.read_table(self.folder / "latest" / twin(str(resource["path"]))))
            for name, resource in self._tables.items()
        }


def cite_table(listing: Listing, resource: str) -> Citation:
    """How a table of the current version is cited."""
    edition = listing.current
    if edition is None:
        return Citation(listing.dataset, listing.demo)
    paths = {each["name"]: each["path"] for each in listing.descriptor["resources"] if "schema" in each}
    file = edition.files.get(twin(str(paths[resource])))
    sha256 = file.sha256[:16] if file else ""
    return Citation(listing.dataset, listing.demo, str(edition.version), resource, sha256=sha256)


def draw_svg(figure: Figure, width: int, about: str, demo: bool) -> str:
    """The same figure gives the same bytes; one that the drawing library cannot draw says so instead."""
    spec = without_unwritable(vega_spec(figure, width, about, demo))
    try:
        svg = str(call(DRAWER, "draw", spec, _LOCALES[language()], bounds=BOUNDS))
    except (Stopped, Raised):
        svg = _draw_excuse(width)
    title = f"DEMO · {figure.title}" if demo else figure.title
    title, description = without_unwritable(title), without_unwritable(describe_figure(figure))
    words = f'<title id="t">{escape(title)}</title><desc id="d">{escape(description)}</desc>'
    element = f'<svg lang="{language()}" role="img" aria-label="{escape(title)}" aria-describedby="d"'
    text = svg.replace("<svg", element, 1)
    return re.sub(r"(<svg[^>]*>)", lambda match: match[1] + words, text, count=1) + "\n"


def is_undrawn(path: Path) -> bool:
    """Whether the file stands for a picture that could not be drawn, so that it is tried again."""
    if path.suffix != ".svg":
        return False
    with path.open(encoding="utf-8") as file:
        return UNDRAWN_MARK in file.read(300)


def _draw_excuse(width: int) -> str:
    words = escape(_("This picture could not be drawn; its values are in the table beside it."))
    size = f'width="{width}" height="60" viewBox="0 0 {width} 60"'
    return (
        f'<svg {UNDRAWN_MARK} xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<text x="8" y="34" font-family="sans-serif" font-size="13">{words}</text></svg>'
    )


def without_unwritable(value: Any) -> Any:
    """Texts, and all texts inside lists and mappings, with a sign in place of what XML cannot hold."""
    match value:
        case str():
            return UNWRITABLE.sub("\ufffd", value)
        case list():
            return [without_unwritable(each) for each in value]
        case dict():
            return {key: without_unwritable(each) for key, each in value.items()}
    return value


def describe_figure(figure: Figure) -> str:
    """The picture in a sentence or two: what it shows, its largest values, and what it leaves out."""
    return " ".join([f"{figure.title}.", *_largest_values(figure), *figure.coverage])


def value_rows(figure: Figure) -> list[tuple[str, str, str]]:
    """The values as a table: place, group, value; none for points, whose rows have their coordinates."""
    if figure.kind == "points":
        return []
    cells = figure.cells[:ROWS]
    return [
        (_cell_name(figure, Cell(cell.x, cell.value)), figure.name_of(cell.by), format_value(cell.value))
        for cell in cells
    ]


def _largest_values(figure: Figure) -> list[str]:
    """A sentence on the largest values; none for points, which have no names."""
    if figure.kind == "points" or not figure.cells:
        return []
    largest = sorted(figure.cells, key=lambda cell: -cell.value)[:LARGEST]
    named = [f"{_cell_name(figure, cell)}: {format_value(cell.value)}" for cell in largest]
    return [_("The largest values: {values}.", values=join_words(named))]


def _cell_name(figure: Figure, cell: Cell) -> str:
    place = _("Comuna {number}", number=cell.x) if figure.kind == "comunas" else figure.name_of(cell.x)
    return f"{place}, {figure.name_of(cell.by)}" if cell.by else place

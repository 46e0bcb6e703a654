"""The pictures of a dataset's current version: where they stand, what they show, and what the page says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq

from catalog.portal import words
from catalog.portal.listing import Listing
from catalog.portal.views.figure import Figure, figures
from catalog.portal.views.picture import WIDTHS, description, svg
from catalog.portal.views.words import rows
from catalog.release import twin
from messages import gettext as _


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
        told = {"date": words.date_of(edition.as_of or edition.at)}
        dated = _("data as of {date}", **told) if edition.as_of else _("published {date}", **told)
        return " · ".join(part for part in (publisher, version, dated) if part)

    @cached_property
    def _tables(self) -> Mapping[str, Mapping[str, object]]:
        if self.listing.current is None:
            return {}
        held = self.listing.current.files
        found = (each for each in self.listing.descriptor.get("resources", ()) if each.get("view") and "schema" in each)
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

"""What the pages that are about more than one dataset look at, and the sections that the portal has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.portal.listing import Listing
from catalog.portal.metadata.record import Masthead
from messages import gettext as _


@dataclass(frozen=True)
class Overview:
    """All datasets of a build. `fresh` has the word on each one's freshness, by its path; `folder` holds their files already."""

    listings: Sequence[Listing]
    fresh: Mapping[str, str | None]
    folder: Path
    masthead: Masthead

    @property
    def real(self) -> Sequence[Listing]:
        return [each for each in self.listings if not each.demo]

    @property
    def demo(self) -> Sequence[Listing]:
        return [each for each in self.listings if each.demo]

    @property
    def newest(self) -> Sequence[Listing]:
        """Those whose current version is newest come first."""
        return sorted(self.listings, key=released, reverse=True)


def released(listing: Listing) -> datetime:
    """The moment of its current version; where all were withdrawn, of its newest."""
    return datetime.fromisoformat((listing.current or listing.editions[0]).at)


def sections(listings: Sequence[Listing]) -> list[tuple[str, str]]:
    """The navigation: title and path of each section that has pages in a build of these datasets."""
    return [(_("Datasets"), "index.html")]

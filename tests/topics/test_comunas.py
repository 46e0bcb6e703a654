"""What changed in a comuna is counted by the rows that say that they are in it, and can be followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.portal.portal import Portal
from catalog.public import listings
from catalog.topics.comunas import count_changes
from pipelines.notices.letters import read_feed
from tests.support.cities import City, csv, declaration
from tests.support.portals import NOW

FIELDS = [
    {"name": "id", "type": "integer"},
    {"name": "nombre", "type": "string"},
    {"name": "comuna", "type": "integer"},
]
HEADER = "id,nombre,comuna"
BEFORE = ["1,Plaza,8", "2,Escuela,8", "3,Baches,12", "4,Faro,", "5,Luces,99"]
AFTER = ["1,Plaza nueva,8", "2,Escuela,9", "4,Faro,", "5,Luces,99", "6,Túnel,12", "7,Puente,12"]


def site(city: City) -> Path:
    portal = Portal(city.folder / "portal", "https://datos.example", lambda: NOW)
    portal.apply(city.archive, portal.plan(city.archive))
    return city.folder / "portal"


@pytest.mark.parametrize("key", ["id", None])
def test_rows_are_counted_where_they_were_and_where_they_are(tmp_path: Path, key: str | None) -> None:
    city = City(tmp_path)
    city.declare(declaration("obras", fields=FIELDS, key=key), datos=csv(*BEFORE, header=HEADER))
    assert city.outcome("obras").outcome == "published"
    first = read_feed(site(city), "comunas/8/feed.atom")
    assert first is not None
    assert first.entries == []  # a dataset that is new is no news of a comuna
    city.send("obras", csv(*AFTER, header=HEADER))
    version = city.outcome("obras").version
    folder = site(city)
    (listing,) = listings(city.archive)
    counts = count_changes(listing, folder / "datasets/obras", {})[str(version)]
    if key:  # added, corrected, gone; the school moved from one comuna to another
        assert counts == {"8": [0, 2, 0, 0], "9": [0, 1, 0, 0], "12": [2, 0, 1, 0]}
        said = "En la comuna 12, en la versión {version}: 2 filas agregadas y 1 fila que ya no está."
    else:  # nobody can say which row is which
        assert counts == {"8": [1, 0, 2, 1], "9": [1, 0, 0, 1], "12": [2, 0, 1, 1]}
        said = "En la comuna 12, en la versión {version}: 2 filas agregadas y 1 fila que ya no está."
    feed = read_feed(folder, "comunas/12/feed.atom")
    assert feed is not None
    assert feed.entries[0].lines[0] == said.format(version=version)
    assert (len(feed.entries[0].lines) == 2) == (key is None)  # the second: some may be the same
    assert count_changes(listing, folder / "nowhere", {str(version): counts}) == {str(version): counts}

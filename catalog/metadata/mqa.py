"""The Metadata Quality Assessment of data.europa.eu, calculated from the catalogue's own DCAT-AP: what its
harvester would give a dataset, point by point.

It is the methodology of 405 points (https://data.europa.eu/mqa/methodology). Its indicators, their points,
the four ratings and the lists of formats and licences were compared with the copy that mjanez/ckan-mqa had
of them in January 2025 (README.md and assets/vocabs). data.europa.eu has measured in another way since,
from 0 to 7.5: that is not calculated here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.metadata import dcat
from catalog.metadata.codes import AUTHORITY
from catalog.metadata.record import Masthead, Record
from messages import gettext as _

MOST = 405
# Licences that the European Union's list has, by their canonical address: of Creative Commons those that are
# of no country, as 2.5 Argentina is.
LISTED = re.compile(
    r"https?://creativecommons\.org/(licenses/[a-z-]+/[1-4]\.\d/|publicdomain/(zero|mark)/1\.0/)$"
    r"|https?://opendatacommons\.org/licenses/(by|odbl|pddl)/1\.0/$"
    rf"|{re.escape(AUTHORITY)}/licence/"
)
# The lists of formats that machines read and that nobody owns have both of ours but Parquet.
OPEN_FORMATS = tuple(f"{AUTHORITY}/file-type/{name}" for name in ("CSV", "JSON"))


@dataclass(frozen=True)
class Indicator:
    """What is looked for, and what it gives. `name` is its name in the methodology."""

    name: str
    dimension: str
    points: int
    met: bool


@dataclass(frozen=True)
class Assessment:
    """The indicators of a dataset. Whether addresses answer is for a harvester to find out: here it counts
    that they are public."""

    indicators: Sequence[Indicator]

    @property
    def score(self) -> int:
        return _points(self.indicators)

    @property
    def rating(self) -> str:
        """The word that goes with a score of so many points."""
        for least, word in ((351, _("excellent")), (221, _("good")), (121, _("sufficient"))):
            if self.score >= least:
                return word
        return _("bad")

    @property
    def missing(self) -> list[Indicator]:
        return [each for each in self.indicators if not each.met]


def assess(record: Record, masthead: Masthead) -> Assessment:
    """The files of a dataset say the same: of what they are written in, the best of them counts, as the
    methodology says. Every other indicator of distributions is met only where each of the current ones has
    it, which gives no dataset more than the harvester would."""
    nodes = {node["@id"]: node for node in dcat.dataset_nodes(record, masthead)}
    dataset = nodes[f"{record.page}#dataset"]
    files = [nodes[each] for each in dataset["dcat:distribution"]]

    def every(key: str) -> bool:
        return bool(files) and all(each.get(key) for each in files)

    found = _findability(dataset)
    found += [
        Indicator(
            "AccessURL accessibility", "accessibility", 50, masthead.is_public and every("dcat:accessURL")
        ),
        Indicator("DownloadURL", "accessibility", 20, every("dcat:downloadURL")),
        Indicator(
            "DownloadURL accessibility", "accessibility", 30, masthead.is_public and every("dcat:downloadURL")
        ),
        *max((_interoperability(each) for each in files or [{}]), key=_points),
        Indicator("DCAT-AP compliance", "interoperability", 30, _has_what_dcat_ap_asks(dataset, files)),
        Indicator("License information", "reusability", 20, every("dct:license")),
        Indicator(
            "License vocabulary",
            "reusability",
            10,
            bool(files) and all(LISTED.match(str(each.get("dct:license") or "")) for each in files),
        ),
    ]
    return Assessment([*found, *_reusability(dataset), *_contextuality(files)])


def _findability(dataset: Mapping[str, Any]) -> list[Indicator]:
    looked_for = (
        ("Keyword usage", 30, "dcat:keyword"),
        ("Categories", 30, "dcat:theme"),
        ("Geo search", 20, "dct:spatial"),
        ("Time based search", 20, "dct:temporal"),
    )
    return [
        Indicator(name, "findability", points, bool(dataset.get(key))) for name, points, key in looked_for
    ]


def _interoperability(file: Mapping[str, Any]) -> list[Indicator]:
    kind, media = str(file.get("dct:format") or ""), str(file.get("dcat:mediaType") or "")
    listed = kind.startswith(f"{AUTHORITY}/file-type/") and "iana.org/assignments/media-types/" in media
    return [
        Indicator("Format", "interoperability", 20, bool(kind)),
        Indicator("Media type", "interoperability", 10, bool(media)),
        Indicator("Format / Media type from vocabulary", "interoperability", 10, listed),
        Indicator("Non-proprietary", "interoperability", 20, kind in OPEN_FORMATS),
        Indicator("Machine readable", "interoperability", 20, kind in OPEN_FORMATS),
    ]


def _points(indicators: Sequence[Indicator]) -> int:
    return sum(each.points for each in indicators if each.met)


def _reusability(dataset: Mapping[str, Any]) -> list[Indicator]:
    rights = str(dataset.get("dct:accessRights") or "")
    listed = rights.startswith(f"{AUTHORITY}/access-right/")
    return [
        Indicator("Access restrictions", "reusability", 10, bool(rights)),
        Indicator("Access restrictions vocabulary", "reusability", 5, listed),
        Indicator("Contact point", "reusability", 20, bool(dataset.get("dcat:contactPoint"))),
        Indicator("Publisher", "reusability", 10, bool(dataset.get("dct:publisher"))),
    ]


def _contextuality(files: Sequence[Mapping[str, Any]]) -> list[Indicator]:
    looked_for = (
        ("Rights", "dct:rights"),
        ("File size", "dcat:byteSize"),
        ("Date of issue", "dct:issued"),
        ("Modification date", "dct:modified"),
    )
    return [
        Indicator(name, "contextuality", 5, bool(files) and all(each.get(key) for each in files))
        for name, key in looked_for
    ]


def _has_what_dcat_ap_asks(dataset: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> bool:
    """The mandatory properties; that the graph conforms as a whole is tested with the shapes of DCAT-AP."""
    return all(dataset.get(key) for key in ("dct:title", "dct:description")) and all(
        each.get("dcat:accessURL") for each in files
    )

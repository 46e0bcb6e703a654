"""The index in which the home searches as one types: built ahead, and written as a script that any page may load."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from catalog.portal.listing import Listing
from catalog.portal.overview import publisher

ABOUT = 240


def script(listings: Sequence[Listing], fresh: Mapping[str, str | None]) -> str:
    """A script, since a browser does not let a page from the file system fetch a file. An entry is an array, for brevity:

    [path, title, number of the publisher, beginning of the description, keywords, [field, …], word on its freshness, 1 where invented]
    """
    names = list(dict.fromkeys(str(publisher(each).get("name") or "") for each in listings))
    index = {"publishers": names, "datasets": [_entry(each, names, fresh[each.path]) for each in listings]}
    return "window.VEREDA_INDEX = " + json.dumps(index, ensure_ascii=True, separators=(",", ":")) + ";\n"


def _entry(listing: Listing, names: Sequence[str], fresh: str | None) -> list[object]:
    told = listing.descriptor
    resources = told.get("resources", ())
    about = " ".join(str(told.get("description") or "").split())
    keywords = [
        *told.get("keywords", ()),
        *(each["title"] for each in resources if each.get("title") and "schema" in each),
        listing.dataset,
    ]
    fields = [field for each in resources for field in each.get("schema", {}).get("fields", ())]
    named = dict.fromkeys(f"{field['title']} ({field['name']})" if field.get("title") else str(field["name"]) for field in fields)
    number = names.index(str(publisher(listing).get("name") or ""))
    return [listing.path, listing.title, number, about[:ABOUT], " · ".join(map(str, keywords)), list(named), fresh, int(listing.demo)]

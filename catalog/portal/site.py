"""Writes the whole site into a folder: the public files first, then the pages over them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from catalog.archive import Archive
from catalog.portal import beside, feeds, page, pairs, words
from catalog.portal.listing import Listing
from catalog.portal.metadata import dcat, national, rdf, schema_org
from catalog.portal.metadata.record import Masthead, Record, record_of
from catalog.portal.paths import FIRST, Page, places, spoken_path
from catalog.portal.views.shown import Pictures
from messages import LANGUAGES, gettext, language, ngettext, speaking

HERE = Path(__file__).parent
TURTLE = "metadata.ttl"
_UNWRITABLE = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


class Site:
    """A build of the portal in `folder`. What `state` and the `former` build's `noted` have in common is linked, not written again."""

    def __init__(
        self, folder: Path, former: Path | None, noted: Mapping[str, Any], state: Mapping[str, Any], archive: Archive, masthead: Masthead
    ) -> None:
        self.folder, self.former, self.noted, self.state = folder, former, noted, state
        self.archive, self.masthead = archive, masthead
        self.pages = _pages()

    def build(self, shown: Sequence[Listing]) -> None:
        shutil.copytree(HERE / "assets", self.folder / "assets", copy_function=shutil.copyfile)
        self._index(shown)
        with speaking(FIRST):
            for listing in shown:
                self._files(listing)
                self._news(listing)
                self._pairs(listing)
            self._metadata(shown)
        for spoken in LANGUAGES:
            with speaking(spoken):
                for listing in shown:
                    self._dataset(listing, {each.path for each in shown})
                self._home(shown)

    def _files(self, listing: Listing) -> None:
        known = self.noted["datasets"].get(listing.path, {"files": {}})["files"]
        placed: dict[str, Path] = {}
        for path, file in listing.files():
            target, held = self.folder / path, self.former / path if self.former else None
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.sha256 in placed:
                _link(placed[file.sha256], target)
            elif held and known.get(path) == file.sha256 and held.is_file() and held.stat().st_size == file.bytes:
                _link(held, target)
            else:
                self.archive.save(file.sha256, target)
                target.chmod(0o644)
            placed[file.sha256] = target

    def _pairs(self, listing: Listing) -> None:
        """What changed between versions: of two whose files are the same as before, it is the same."""
        known = self.noted["datasets"].get(listing.path, {"files": {}})["files"] if self.noted["made"] == self.state["made"] else {}
        into = self.folder / listing.path / pairs.FOLDER
        for pair in pairs.pairs(listing):
            same = all(known.get(path) == sha256 for path, sha256 in pairs.sources(listing, pair))
            held = list((self.former / listing.path / pairs.FOLDER).glob(f"{pair.name}.*")) if self.former and same else []
            into.mkdir(parents=True, exist_ok=True)
            for file in held:
                _link(file, into / file.name)
            if not any(file.suffix == ".json" for file in held):
                pairs.write(pair, self.folder / listing.path / "v", into)
        pairs.forget()

    def _news(self, listing: Listing) -> None:
        """What programs follow of a dataset."""
        record = record_of(listing, self.masthead)
        self._kept(listing, f"{listing.path}/feed.atom", lambda: self._feed(feeds.of_dataset(listing, self.masthead)))
        if record and not listing.demo:
            self._kept(listing, f"{listing.path}/{TURTLE}", lambda: rdf.turtle(dcat.dataset(record, self.masthead)))

    def _dataset(self, listing: Listing, paths: set[str]) -> None:
        def write() -> str:
            return self._shown(self._page(listing, record_of(listing, self.masthead), paths))

        pictures = Pictures(listing, self.folder / listing.path)
        for drawn, resource, number, width in pictures.paths():
            self._kept(listing, spoken_path(f"{listing.path}/{drawn}"), partial(pictures.draw, resource, number, width))
        for each, make in beside.pages(listing, self.folder / listing.path, self.masthead).items():
            self._kept(listing, spoken_path(each), lambda make=make: self._shown(make()))  # type: ignore[misc]
        path = spoken_path(f"{listing.path}/index.html")
        if listing.descriptor.get("needs"):  # its links depend on which other datasets there are
            self._write(path, write())
        else:
            self._kept(listing, path, write)

    def _kept(self, listing: Listing, path: str, write: Callable[[], str]) -> None:
        """A file of a dataset, linked from the former build where nothing that shapes it is other now."""
        held = self.former / path if self.former else None
        same = self.noted["made"] == self.state["made"] and self.noted["datasets"].get(listing.path) == self.state["datasets"][listing.path]
        if held and same and held.is_file():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(held, target)
        else:
            self._write(path, write())

    def _page(self, listing: Listing, record: Record | None, paths: set[str]) -> Page:
        folder = self.folder / listing.path
        checked, expectations = page.quality(listing, folder)
        shown = {
            "listing": listing,
            "fresh": self.state["datasets"][listing.path]["fresh"],
            "tables": page.tables(listing, folder, self.masthead.base),
            "pictures": Pictures(listing, folder),
            **beside.shown(listing),
            "due": page.due(listing),
            "versions": page.versions(listing),
            "checked": checked,
            "expectations": expectations,
            "address": f"{self.masthead.base}{listing.path}/",
            "paths": paths,
            "described": schema_org.dataset(record, self.masthead) if record else None,
            "news": feeds.publisher_path(listing.descriptor["publisher"]["id"]) if record and not listing.demo else None,
        }
        return Page(f"{listing.path}/index.html", "dataset.html", shown)

    def _index(self, shown: Sequence[Listing]) -> None:
        index = [{"id": each.path, "text": page.sought(each)} for each in shown]
        # Written as a script, since a browser does not let a page from the file system fetch a file.
        script = "window.VEREDA_INDEX = " + json.dumps(index, ensure_ascii=True, separators=(",", ":")) + ";\n"
        (self.folder / "assets" / "index.js").write_text(script, encoding="utf-8")

    def _home(self, shown: Sequence[Listing]) -> None:
        fresh = {each.path: self.state["datasets"][each.path]["fresh"] for each in shown}
        newest = sorted(shown, key=lambda each: _moment(each), reverse=True)
        values = {"real": [e for e in newest if not e.demo], "demo": [e for e in newest if e.demo], "fresh": fresh, "formats": page.formats}
        self._put(Page("index.html", "home.html", values))

    def _metadata(self, shown: Sequence[Listing]) -> None:
        """What other catalogues and news readers fetch. Only of real data: a harvester would pass invented rows on as the city's."""
        real = [listing for listing in shown if not listing.demo]
        records = [record for listing in real if (record := record_of(listing, self.masthead))]
        self._write("data.json", _json(national.data_json(self.masthead, records)))
        whole = dcat.catalog(self.masthead, records)
        self._write(
            "catalog.jsonld", _json(rdf.jsonld([*whole, *(node for each in records for node in dcat.dataset(each, self.masthead))]))
        )
        parts = [(self.folder / each.listing.path / TURTLE).read_text(encoding="utf-8") for each in records]
        self._write("catalog.ttl", rdf.joined([rdf.turtle(whole), *parts]))
        for feed in (feeds.of_all(real, self.masthead), *feeds.of_publishers(real, self.masthead)):
            if feed:
                self._write(feed.path, self._feed(feed))
        values = {"base": self.masthead.base, "listings": real, "tongues": LANGUAGES, "spoken_path": spoken_path}
        self._write("sitemap.xml", self._render("sitemap.xml", values))
        self._write("robots.txt", f"User-agent: *\nAllow: /\nSitemap: {self.masthead.base}sitemap.xml\n")

    def _feed(self, feed: feeds.Feed) -> str:
        return self._render("feed.xml", {"feed": feed, "base": self.masthead.base})

    def _put(self, page: Page) -> None:
        self._write(spoken_path(page.path), self._shown(page))

    def _shown(self, page: Page) -> str:
        """The page in the language that is spoken now."""
        return self._render(page.template, {**places(page.path), **page.values})

    def _render(self, template: str, values: Mapping[str, Any]) -> str:
        return self.pages.get_template(template).render(lang=language(), **values)

    def _write(self, path: str, text: str) -> None:
        into = self.folder / path
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_text(text, encoding="utf-8", newline="\n")


def _moment(listing: Listing) -> datetime:
    return datetime.fromisoformat((listing.current or listing.editions[0]).at)


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _pages() -> Environment:
    """The templates, in which every value is escaped."""
    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_writable,
    )
    pages.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    pages.globals.update({"_": gettext, "ngettext": ngettext, "words": words, "web": page.web})
    return pages


def _writable(value: object) -> object:
    """Without the characters that XML has no way to write; what is marked up already stays as it is."""
    return _UNWRITABLE.sub("", value) if type(value) is str else value


def _link(held: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no hard links."""
    try:
        os.link(held, target)
    except OSError:
        shutil.copyfile(held, target)

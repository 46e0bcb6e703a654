"""Writes the whole site into a folder: the public files first, then the pages over them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from catalog import feeds
from catalog.archive.archive import Archive
from catalog.metadata import dcat, national, schema_org
from catalog.metadata import dcat as rdf
from catalog.metadata.record import Masthead, Record, record_of
from catalog.page import FIRST, Page, localized_path
from catalog.portal import compare as beside
from catalog.portal import compare as pairs
from catalog.portal import dataset_page as page
from catalog.portal import home, quality_page
from catalog.portal import home as search
from catalog.portal import quality as quality_index
from catalog.portal import render as press
from catalog.portal.charts.pictures import Pictures
from catalog.portal.overview import Overview, sections
from catalog.public import Listing
from catalog.topics import Area, areas
from messages import LANGUAGES, speaking

HERE = Path(__file__).parent
TURTLE, FACTS = "metadata.ttl", "quality.json"


class Site:
    """A build of the portal in `folder`. What `state` and the `former` build's `noted` have in common is
    linked, not written again.

    It tells `state` which sections the navigation has: where they are others, every page is.
    """

    def __init__(
        self,
        folder: Path,
        former: Path | None,
        noted: Mapping[str, Any],
        state: dict[str, Any],
        archive: Archive,
        masthead: Masthead,
        today: date,
    ) -> None:
        self.folder, self.former, self.noted, self.state = folder, former, noted, state
        self.archive, self.masthead, self.today = archive, masthead, today
        self.alike = noted["made"] == state["made"]  # the former build was written as this one is

    def build(self, shown: Sequence[Listing]) -> None:
        shutil.copytree(HERE / "assets", self.folder / "assets", copy_function=shutil.copyfile)
        with speaking(FIRST):
            records = {each.path: record for each in shown if (record := record_of(each, self.masthead))}
            for listing in shown:
                self._files(listing)
                self._news(listing, records.get(listing.path))
                self._pairs(listing)
            self._metadata(shown, records)
            apart = areas(shown, self.folder, self.today)
            for path, told in (each for area in apart for each in area.files(self.masthead)):
                self._write(path, told if isinstance(told, str) else self._feed(told))
        overview = self._overview(shown)
        self.state["sections"] = [path for _title, path in sections(shown, apart)]
        self.alike = self.alike and self.noted["sections"] == self.state["sections"]
        for spoken in LANGUAGES:
            with speaking(spoken):
                navigation = sections(shown, apart)
                for listing in shown:
                    self._dataset(listing, overview, navigation)
                paths = []  # the same in every language
                for each in self._pages(overview, apart):
                    self._write(localized_path(each.path), press.print_pages(each, navigation))
                    paths.append(each.path)
        with speaking(FIRST):
            self._tables(overview, paths)

    def _pages(self, overview: Overview, apart: Sequence[Area]) -> Iterator[Page]:
        """The pages that are about more than one dataset: they are written anew in every build."""
        yield from home.pages(overview)
        yield from quality_page.pages(overview)
        for area in apart:
            yield from area.pages()

    def _overview(self, shown: Sequence[Listing]) -> Overview:
        """What is known of all datasets. Facts of versions whose files are the same are taken from the former
        build."""
        kept = self.former / FACTS if self.former and self.alike else None
        known = json.loads(kept.read_bytes()) if kept and kept.is_file() else {}
        facts = {each.path: quality_index.gather(each, self.folder / each.path, known) for each in shown}
        self._write(
            FACTS,
            json.dumps(
                {
                    key: told
                    for each in shown
                    for key, told in quality_index.noted(each, facts[each.path]).items()
                }
            ),
        )
        fresh = {each.path: self.state["datasets"][each.path]["fresh"] for each in shown}
        return Overview(shown, fresh, facts, self.folder, self.masthead)

    def _tables(self, overview: Overview, paths: Sequence[str]) -> None:
        """What the pages about all datasets, at `paths`, offer to programs, the search of the home first."""
        self._write("assets/index.js", search.script(overview.listings, overview.fresh))
        self._write(quality_page.TABLE, quality_page.table(overview))
        changed = max((each.changed for each in overview.real), key=datetime.fromisoformat, default=None)
        urls = [(path, changed) for path in paths if not path.startswith("demo/")]
        for each in overview.real:
            beside_it = beside.comparison_pages(each, self.folder / each.path, self.masthead)
            urls += [(path, each.changed) for path in (f"{each.path}/index.html", *beside_it)]
        values = {"base": self.masthead.base, "urls": urls, "tongues": LANGUAGES, "localized_path": localized_path}
        self._write("sitemap.xml", press.render("sitemap.xml", values))

    def _files(self, listing: Listing) -> None:
        known = self.noted["datasets"].get(listing.path, {"files": {}})["files"]
        placed: dict[str, Path] = {}
        for path, file in listing.files():
            target, held = self.folder / path, self.former / path if self.former else None
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.sha256 in placed:
                _link(placed[file.sha256], target)
            elif (
                held
                and known.get(path) == file.sha256
                and held.is_file()
                and held.stat().st_size == file.bytes
            ):
                _link(held, target)
            else:
                self.archive.save(file.sha256, target)
                target.chmod(0o644)
            placed[file.sha256] = target

    def _pairs(self, listing: Listing) -> None:
        """What changed between versions: of two whose files are the same as before, it is the same."""
        known = (
            self.noted["datasets"].get(listing.path, {"files": {}})["files"]
            if self.noted["made"] == self.state["made"]
            else {}
        )
        into = self.folder / listing.path / pairs.FOLDER
        for pair in pairs.pairs(listing):
            same = all(known.get(path) == sha256 for path, sha256 in pairs.sources(listing, pair))
            held = (
                list((self.former / listing.path / pairs.FOLDER).glob(f"{pair.name}.*"))
                if self.former and same
                else []
            )
            into.mkdir(parents=True, exist_ok=True)
            for file in held:
                _link(file, into / file.name)
            if not any(file.suffix == ".json" for file in held):
                pairs.write_comparison(pair, self.folder / listing.path / "v", into)
        pairs.forget_comparisons()

    def _news(self, listing: Listing, record: Record | None) -> None:
        """What programs follow of a dataset."""
        self._kept(
            listing, f"{listing.path}/feed.atom", lambda: self._feed(feeds.dataset_feed(listing, self.masthead))
        )
        if record and not listing.demo:
            self._kept(
                listing, f"{listing.path}/{TURTLE}", lambda: rdf.turtle(dcat.dataset(record, self.masthead))
            )

    def _dataset(self, listing: Listing, overview: Overview, navigation: Sequence[tuple[str, str]]) -> None:
        def write() -> str:
            return press.print_pages(
                self._page(listing, record_of(listing, self.masthead), overview), navigation
            )

        pictures = Pictures(listing, self.folder / listing.path)
        for drawn, resource, number, width in pictures.paths():
            self._kept(
                listing,
                localized_path(f"{listing.path}/{drawn}"),
                partial(pictures.draw, resource, number, width),
            )
        for each, make in beside.comparison_pages(listing, self.folder / listing.path, self.masthead).items():
            self._kept(listing, localized_path(each), lambda make=make: press.print_pages(make(), navigation))  # type: ignore[misc]
        self._kept(listing, localized_path(f"{listing.path}/index.html"), write)

    def _kept(self, listing: Listing, path: str, write: Callable[[], str]) -> None:
        """A file of a dataset, linked from the former build where nothing that shapes it is other now."""
        held = self.former / path if self.former else None
        same = self.alike and self.noted["datasets"].get(listing.path) == self.state["datasets"][listing.path]
        if held and same and held.is_file():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(held, target)
        else:
            self._write(path, write())

    def _page(self, listing: Listing, record: Record | None, overview: Overview) -> Page:
        folder = self.folder / listing.path
        checked, expectations = page.quality(listing, folder)
        shown = {
            "listing": listing,
            "fresh": self.state["datasets"][listing.path]["fresh"],
            "tables": page.tables(listing, folder, self.masthead.base),
            "pictures": Pictures(listing, folder),
            **beside.comparison_view(listing),
            "due": page.next_due(listing),
            "versions": page.versions(listing),
            "checked": checked,
            "expectations": expectations,
            "address": f"{self.masthead.base}{listing.path}/",
            "paths": {each.path for each in overview.listings},
            "index": overview.index(listing),
            "described": schema_org.dataset(record, self.masthead) if record else None,
            "news": feeds.publisher_path(listing.descriptor["publisher"]["id"])
            if record and not listing.demo
            else None,
        }
        return Page(f"{listing.path}/index.html", "dataset.html", shown)

    def _metadata(self, shown: Sequence[Listing], known: Mapping[str, Record]) -> None:
        """What other catalogues and news readers fetch. Only of real data: a harvester would pass invented
        rows on as the city's."""
        real = [listing for listing in shown if not listing.demo]
        records = [known[listing.path] for listing in real if listing.path in known]
        self._write("data.json", _json(national.data_json(self.masthead, records)))
        whole = dcat.catalog(self.masthead, records)
        self._write(
            "catalog.jsonld",
            _json(
                rdf.jsonld(
                    [*whole, *(node for each in records for node in dcat.dataset(each, self.masthead))]
                )
            ),
        )
        parts = [(self.folder / each.listing.path / TURTLE).read_text(encoding="utf-8") for each in records]
        self._write("catalog.ttl", rdf.joined([rdf.turtle(whole), *parts]))
        for feed in (feeds.overall_feed(real, self.masthead), *feeds.publisher_feeds(real, self.masthead)):
            if feed:
                self._write(feed.path, self._feed(feed))
        self._write("robots.txt", f"User-agent: *\nAllow: /\nSitemap: {self.masthead.base}sitemap.xml\n")

    def _feed(self, feed: feeds.Feed) -> str:
        return press.render("feed.xml", {"feed": feed, "base": self.masthead.base})

    def _write(self, path: str, text: str) -> None:
        into = self.folder / path
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_text(text, encoding="utf-8", newline="\n")


def _json(document: Mapping[str, Any]) -> str:
    """In one line: for the catalogue of a city, lines would double its size and the time that it takes to
    write."""
    return json.dumps(document, ensure_ascii=False) + "\n"


def _link(held: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no hard links."""
    try:
        os.link(held, target)
    except OSError:
        shutil.copyfile(held, target)

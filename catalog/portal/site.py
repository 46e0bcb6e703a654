"""Writes the whole site into a folder: the public files first, then the pages over them."""

from __future__ import annotations

import errno
import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from catalog import feeds
from catalog.archive.archive import Archive
from catalog.archive.links import LinkStanding
from catalog.archive.release import Damaged, Version
from catalog.archive.reports import ReportEntry
from catalog.archive.store import ArchiveError
from catalog.dictionary import dictionary_csv
from catalog.metadata import dcat, national, rdf, schema_org
from catalog.metadata.croissant import FILE as CROISSANT
from catalog.metadata.croissant import croissant_json
from catalog.metadata.mqa import assess
from catalog.metadata.record import Masthead, Record, Records, record_of
from catalog.page import FIRST, Page, localized_path
from catalog.portal import compare, dataset_page, deltas, explore, home, quality_page, standing_pages
from catalog.portal.charts.pictures import Pictures, is_undrawn
from catalog.portal.former import FormerBuild, link_file
from catalog.portal.listings import Listings
from catalog.portal.overview import Overview, sections
from catalog.portal.quality import Facts, KnownFacts, facts_line, gather_facts
from catalog.portal.render import render, render_page, render_parts
from catalog.portal.seal import Entry, entry_of
from catalog.portal.search import index
from catalog.portal.search.contents import contents, cut_contents
from catalog.portal.search.documents import FoundPage, dataset_document, page_document
from catalog.public import Listing, cited_addresses, listing_as_json
from catalog.topics import Area, areas
from catalog.topics.comunas import ComunaCounts, comuna_feeds, count_changes
from isolation.aside import Aside
from messages import LANGUAGES, speaking
from messages import gettext as _

ASSETS, VENDOR = Path(__file__).parent / "assets", Path(__file__).parent / "vendor"
TURTLE, FACTS = "metadata.ttl", "quality.json"
COPIES = "copias"  # of what stands at links, where a declaration allows that they are shown
NOTE = "portal.json"  # of a dataset: what the archive said of it, for when the archive cannot
COMUNAS = "comunas.json"  # of a dataset: how many of its rows changed in each comuna, by version
DICTIONARY = "diccionario.csv"  # of a dataset: its fields and codes, for whoever has only the CSV
ROWS = "search.txt"  # of a dataset: the words of its rows, read once a version
CONTENTS, LEAST_CONTENTS = 1_500_000, 100  # such words in the whole index, and of a dataset at least
Navigation = Sequence[tuple[str, str]]


class PartFailure(Exception):
    """The part of one dataset, whose `path` this is, cannot be written: build without it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class Site:
    """A build of the portal in `folder`. What `state` and the `former` build's have in common is linked, not
    written again.

    It notes in `state` which sections the navigation has: where they are others, every page is.
    """

    def __init__(
        self,
        folder: Path,
        former: FormerBuild,
        state: dict[str, Any],
        archive: Archive,
        masthead: Masthead,
        today: date,
        requests: Sequence[ReportEntry] = (),
        pending: Sequence[standing_pages.PendingData] = (),
    ) -> None:
        self.folder, self.former, self.state = folder, former, state
        self.archive, self.masthead, self.today = archive, masthead, today
        self.requests, self.pending = requests, pending
        self.followed: list[feeds.Feed] = []  # what people may follow, beside each dataset
        self.hashed: Aside[dict[Entry, str]] = (
            Aside()
        )  # what came from the archive, which hashes what it gives
        self.same: set[str] = (
            set()
        )  # the paths of datasets of which nothing is other than in the former build
        self.fresh: dict[str, str | None] = {}
        self.links: Mapping[str, LinkStanding] = {}
        self.same_program = former.state["made"] == state["made"]
        self.same_design = self.same_program  # and, once they are known, the same sections

    def build(self, published: Listings) -> None:
        self._write_assets()
        real = published.choose(lambda each: not each.demo)
        with speaking(FIRST):
            for listing in published:
                self._compare(listing)
                with self._part_of(listing):
                    self._write_data(listing)
            self._write_catalogues(Records(real, self.masthead))
            self._write_feeds(real)
            self._place_copies()
            topics = areas(published, self.folder, self.today, self.links)
            self._write_topics(topics)
        overview = self._gather(published)
        pages: dict[str, FoundPage | None] = {}
        self.state["sections"] = [path for _title, path in sections(bool(real), topics)]
        self.same_design = self.same_program and self.former.state["sections"] == self.state["sections"]
        for language in LANGUAGES:
            with speaking(language):
                navigation = sections(bool(real), topics)
                for listing in published:
                    with self._part_of(listing):
                        self._write_dataset(listing, overview, navigation)
                missing = render_page(standing_pages.missing_page(self.masthead), navigation)
                self._write(localized_path(standing_pages.MISSING), missing)
                paths = []  # the same in every language
                for page in self._pages(overview, topics):
                    written = render_page(page, navigation)
                    self._write(localized_path(page.path), written)
                    if page.path not in pages:
                        pages[page.path] = FoundPage.of(page)
                    if found := pages[page.path]:
                        found.add(language, written)
                    paths.append(page.path)
        with speaking(FIRST):
            self._write_indexes(overview, paths)
            self._write_search(overview, filter(None, pages.values()))

    def _compare(self, listing: Listing) -> None:
        """Notes how a dataset stands to what it was in the former build."""
        mark = self.state["datasets"][listing.path]
        self.fresh[listing.path] = mark["fresh"]
        if self.former.dataset(listing.path) == mark:
            self.same.add(listing.path)

    def _write_data(self, listing: Listing) -> None:
        """What programs read of a dataset, and what its pages are made from."""
        self._place_files(listing)
        self._link_or_write(listing, f"{listing.path}/{NOTE}", partial(listing_as_json, listing))
        self._write_news(listing, record_of(listing, self.masthead))
        self._write_comparisons(listing)
        if listing.current:
            words = partial(contents, listing, self.folder / listing.path)
            self._link_or_write(listing, f"{listing.path}/{ROWS}", words)

    def _write_assets(self) -> None:
        shutil.copytree(ASSETS, self.folder / "assets", copy_function=shutil.copyfile)
        shutil.copytree(VENDOR, self.folder / "assets" / "vendor", copy_function=shutil.copyfile)
        self._write("assets/places.js", explore.places_script())

    @contextmanager
    def _part_of(self, listing: Listing) -> Iterator[None]:
        """What fails inside is that dataset's failure: PartFailure, unless it is the place of all that
        fails."""
        try:
            yield
        except Damaged as error:
            raise PartFailure(listing.path, str(error)) from error
        except ArchiveError as error:
            if self.archive.root is None or _is_full(error.__cause__):
                raise
            raise PartFailure(listing.path, str(error)) from error
        except OSError:
            raise
        except Exception as error:
            logging.getLogger(__name__).exception("%s", listing.path)
            why = f"{type(error).__name__}: {error}"
            message = _("its pages cannot be written ({why}); tell whoever looks after this program", why=why)
            raise PartFailure(listing.path, message) from error

    def keep(self, path: str) -> None:
        """Hands on what is whole of a dataset's former pages and files, in every language."""
        if self.former.folder is None:
            return
        for language in LANGUAGES:
            for standing in sorted((self.former.folder / localized_path(path, language)).rglob("*")):
                name = standing.relative_to(self.former.folder)
                if self.former.file(name.as_posix()) and not (self.folder / name).exists():
                    (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                    link_file(standing, self.folder / name)

    def _place_files(self, listing: Listing) -> None:
        """The public files; one that stands under several addresses is there once."""
        known = self.former.hashes(listing.path)
        placed: dict[str, Path] = {}
        hashed: dict[Entry, str] = {}
        for path, file in listing.files():
            target, standing = self.folder / path, self.former.file(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            same = standing and known.get(path) == file.sha256
            if file.sha256 in placed:
                link_file(placed[file.sha256], target)
            elif standing and same:
                link_file(standing, target)
            else:
                self.archive.save(file.sha256, target)
                target.chmod(0o644)
                hashed[entry_of(target.stat())] = file.sha256
            placed[file.sha256] = target
        if hashed:
            self.hashed.put(listing.path, hashed)

    def _place_copies(self) -> None:
        """The copies that anybody may read: as text, so that no page of others runs here. One that is damaged
        is left out."""
        for link in self.links.values():
            if link.shown:
                with suppress(Damaged):
                    content = self.archive.get(link.shown.sha256)
                    target = self.folder / COPIES / f"{link.shown.sha256}.txt"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)

    def _write_news(self, listing: Listing, record: Record | None) -> None:
        """What programs follow of a dataset, and its dictionary."""
        fields = partial(dictionary_csv, listing.descriptor)
        self._link_or_write(listing, f"{listing.path}/{DICTIONARY}", fields)
        feed = partial(feeds.dataset_feed, listing, self.masthead)
        self._link_or_write(listing, f"{listing.path}/feed.atom", lambda: self._print_feed(feed()))
        if record and not listing.demo:
            croissant = partial(croissant_json, record, self.masthead)
            self._link_or_write(listing, f"{listing.path}/{CROISSANT}", lambda: _json(croissant()))
            nodes = partial(dcat.dataset_nodes, record, self.masthead)
            self._link_or_write(listing, f"{listing.path}/{TURTLE}", lambda: rdf.turtle(nodes()))

    def _write_comparisons(self, listing: Listing) -> None:
        """What changed between versions: of two whose files are the same as before, it is the same."""
        known = self.former.hashes(listing.path) if self.same_program else {}
        folder = f"{listing.path}/{compare.FOLDER}"
        for pair in compare.list_pairs(listing):
            same = all(known.get(path) == sha256 for path, sha256 in compare.pair_files(listing, pair))
            standing = self.former.files(folder, f"{pair.name}.*") if same else []
            into = self.folder / folder
            into.mkdir(parents=True, exist_ok=True)
            for file in standing:
                link_file(file, into / file.name)
            if not any(file.suffix == ".json" for file in standing):
                compare.write_comparison(pair, self.folder / listing.path / "v", into)
        compare.forget_tables()
        self._write_deltas(listing)

    def _write_deltas(self, listing: Listing) -> None:
        """How a copy follows from version to version; between two files that are the same as before, it is
        the same."""
        if listing.current is None:
            return
        known, folder = self.former.hashes(listing.path), self.folder / listing.path
        steps = deltas.list_steps(listing)
        for step in steps:
            for name in step.changed:
                path, sources = deltas.delta_path(step, name), deltas.delta_sources(step, name)
                into = folder / path
                if into.exists():  # the same step was taken twice
                    continue
                same = all(known.get(f"{listing.path}/{of}") == sha256 for of, sha256 in sources.items())
                standing = self.former.file(f"{listing.path}/{path}") if same else None
                if standing:
                    into.parent.mkdir(parents=True, exist_ok=True)
                    link_file(standing, into)
                else:
                    before, after = (folder / each for each in sources)
                    deltas.write_delta(before, after, into)
        index = partial(deltas.delta_index, listing, steps, folder)
        self._link_or_write(listing, f"{listing.path}/{deltas.INDEX}", index)

    def _write_catalogues(self, records: Records) -> None:
        """What other catalogues fetch. Only of real data: a harvester would pass invented rows on as the
        city's."""
        self._write_parts("data.json", national.data_json(self.masthead, records))
        nodes = rdf.turtle(dcat.catalog_nodes(self.masthead, records))
        places = (self.folder / each.listing.path / TURTLE for each in records)
        parts = (place.read_text(encoding="utf-8") for place in places)
        self._write_parts("catalog.ttl", rdf.join_turtle(chain([nodes], parts)))
        graph = partial(dcat.catalog_parts, self.masthead, records)
        self._write_parts("catalog.jsonld", rdf.jsonld(graph))
        self._write("robots.txt", f"User-agent: *\nAllow: /\nSitemap: {self.masthead.base}sitemap.xml\n")

    def _write_topics(self, topics: Sequence[Area]) -> None:
        """What the parts that are made of several datasets offer to programs."""
        for area in topics:
            for path, content in area.files(self.masthead):
                if isinstance(content, feeds.Feed):
                    self.followed.append(replace(content, items=()))
                self._write(path, content if isinstance(content, str) else self._print_feed(content))

    def _write_feeds(self, real: Listings) -> None:
        """The news of all real data, of each publisher, and of each comuna."""
        overall = feeds.overall_feed(real, self.masthead)
        by_publisher = feeds.publisher_feeds(real, self.masthead)
        by_comuna = comuna_feeds(((each, self._comunas(each)) for each in real), self.masthead)
        for feed in (*([overall] if overall else []), *by_publisher, *by_comuna):
            self._write(feed.path, self._print_feed(feed))
        self.followed += [replace(each, items=()) for each in (*by_comuna, *by_publisher)]

    def _comunas(self, listing: Listing) -> ComunaCounts:
        """What changed in each comuna, of each version counted once."""
        path = f"{listing.path}/{COMUNAS}"
        known = self.former.file(path) if self.same_program else None
        with self._part_of(listing):
            before = json.loads(known.read_bytes()) if known else {}
            counts = count_changes(listing, self.folder / listing.path, before)
            if counts:
                self._write(path, json.dumps(counts, sort_keys=True))
            return counts

    def _gather(self, published: Listings) -> Overview:
        """What is known of all datasets. Facts of versions whose files are the same are taken from the former
        build."""
        noted = self.former.file(FACTS) if self.same_program else None
        known = KnownFacts(noted)
        facts: Aside[Mapping[Version, Facts]] = Aside()

        def lines() -> Iterator[str]:
            end = "{\n"
            for each in published:
                with self._part_of(each):
                    facts.put(each.path, gather_facts(each, self.folder / each.path, known))
                if line := facts_line(each, facts[each.path]):
                    yield end + line
                    end = ",\n"
            yield "\n}\n" if end != "{\n" else "{}\n"

        self._write_parts(FACTS, lines())
        return Overview(published, self.fresh, facts, self.folder, self.masthead)

    def _write_dataset(self, listing: Listing, overview: Overview, navigation: Navigation) -> None:
        """A dataset's page, its pictures and the pages beside it, in the language that is spoken now."""
        folder = self.folder / listing.path
        pictures = Pictures(listing, folder)
        for path, resource, number, width in pictures.paths():
            draw = partial(pictures.draw, resource, number, width)
            self._link_or_write(listing, localized_path(f"{listing.path}/{path}"), draw)
        pages = self._companions(listing)
        pages[f"{listing.path}/index.html"] = partial(self._dataset_page, listing, overview)
        for page in standing_pages.withdrawn_pages(listing):
            pages[page.path] = partial(lambda page: page, page)
        for path, make in pages.items():
            write = partial(_render_later, make, navigation)
            self._link_or_write(listing, localized_path(path), write)

    def _companions(self, listing: Listing) -> dict[str, Callable[[], Page]]:
        """How each page beside the dataset's own is made, by path."""
        folder = self.folder / listing.path
        return {
            **compare.companion_pages(listing, folder, self.masthead),
            **explore.explore_pages(listing, folder),
        }

    def _dataset_page(self, listing: Listing, overview: Overview) -> Page:
        folder = self.folder / listing.path
        record = record_of(listing, self.masthead)
        checks, expectations = dataset_page.read_checks(listing, folder)
        values = {
            "listing": listing,
            "fresh": overview.fresh[listing.path],
            "tables": dataset_page.table_views(listing, folder, self.masthead.base, self.masthead.api),
            "pictures": Pictures(listing, folder),
            **compare.companion_values(listing),
            "due": dataset_page.next_due(listing),
            "overdue": listing.announced is not None and listing.announced.has_passed(self.today),
            "versions": dataset_page.version_views(listing),
            "checks": checks,
            "expectations": expectations,
            "address": f"{self.masthead.base}{listing.path}/",
            "base": self.masthead.base,
            "api": self.masthead.api,
            "paths": self.fresh.keys(),
            "index": overview.index(listing),
            "assessment": assess(record, self.masthead) if record and not listing.demo else None,
            "links": self.links,
            "cited": cited_addresses(listing.descriptor),
            "schema_org": schema_org.dataset_json(record, self.masthead) if record else None,
            "publisher_feed": None,
        }
        if record and not listing.demo:
            values["publisher_feed"] = feeds.publisher_path(listing.descriptor["publisher"]["id"])
        return Page(f"{listing.path}/index.html", "dataset/page.html", values)

    def _pages(self, overview: Overview, topics: Sequence[Area]) -> Iterator[Page]:
        """The pages that are about more than one dataset: they are written anew in every build."""
        yield from home.pages(overview)
        yield from quality_page.pages(overview)
        yield from standing_pages.pages(overview, self.requests, self.pending, self.followed)
        for area in topics:
            yield from area.pages()

    def _write_indexes(self, overview: Overview, paths: Sequence[str]) -> None:
        """What the pages about all datasets, at `paths`, offer to programs: the search, the table of quality,
        the sitemap."""
        self._write(quality_page.TABLE, quality_page.table(overview))
        changed = max((each.changed for each in overview.real), key=datetime.fromisoformat, default=None)
        shared = ((path, changed) for path in paths if not path.startswith("demo/"))
        own = (
            (path, each.changed)
            for each in overview.real
            for path in (f"{each.path}/index.html", *self._companions(each))
        )
        described = (each for each in overview.real if (self.folder / each.path / CROISSANT).is_file())
        files = ((f"{each.path}/{CROISSANT}", each.changed) for each in described)
        values = {"base": self.masthead.base, "urls": chain(shared, own), "files": files}
        words = {"languages": LANGUAGES, "localized_path": localized_path}
        self._write_parts("sitemap.xml", render_parts("sitemap.xml", {**values, **words}))

    def _write_search(self, overview: Overview, pages: Iterable[FoundPage]) -> None:
        """The index in which the pages search: of every dataset, and of the pages on more than one."""
        most = max(LEAST_CONTENTS, CONTENTS // max(1, len(overview.listings)))
        documents = (
            dataset_document(each, overview.fresh[each.path], cut_contents(self._contents(each), most))
            for each in overview.ordered
        )
        for path, content in index.scripts(chain(documents, map(page_document, pages))):
            self._write(f"assets/{path}", content)

    def _contents(self, listing: Listing) -> str:
        file = self.folder / listing.path / ROWS
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def _link_or_write(self, listing: Listing, path: str, write: Callable[[], str]) -> None:
        """A file of a dataset, linked from the former build where nothing that shapes it is other now."""
        same = self.same_design and listing.path in self.same
        standing = self.former.file(path) if same else None
        if standing and not is_undrawn(standing):
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            link_file(standing, target)
        else:
            self._write(path, write())

    def _print_feed(self, feed: feeds.Feed) -> str:
        return render("feed.xml", {"feed": feed, "base": self.masthead.base})

    def _write(self, path: str, text: str) -> None:
        into = self.folder / path
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_text(text, encoding="utf-8", newline="\n")

    def _write_parts(self, path: str, parts: Iterable[str]) -> None:
        with (self.folder / path).open("w", encoding="utf-8", newline="\n") as into:
            into.writelines(parts)


def _is_full(error: BaseException | None) -> bool:
    """Whether it is the disk that fails, and would for any dataset."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def _render_later(make: Callable[[], Page], navigation: Navigation) -> str:
    return render_page(make(), navigation)


def _json(document: Mapping[str, Any]) -> str:
    """In one line: for the catalogue of a city, lines would double its size and the time that it takes to
    write."""
    return json.dumps(document, ensure_ascii=False) + "\n"

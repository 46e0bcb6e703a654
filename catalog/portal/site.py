"""Writes the whole site into a folder: the public files first, then the pages over them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from catalog.archive import Archive
from catalog.portal import page, words
from catalog.portal.listing import Listing
from messages import gettext, language, ngettext, speaking

HERE = Path(__file__).parent


class Site:
    """A build of the portal in `folder`. What `state` and the `former` build's `noted` have in common is linked, not written again."""

    def __init__(
        self, folder: Path, former: Path | None, noted: Mapping[str, Any], state: Mapping[str, Any], archive: Archive, base: str
    ) -> None:
        self.folder, self.former, self.noted, self.state = folder, former, noted, state
        self.archive, self.base = archive, base
        self.pages = _pages()

    def build(self, shown: Sequence[Listing]) -> None:
        shutil.copytree(HERE / "assets", self.folder / "assets", copy_function=shutil.copyfile)
        with speaking("es"):
            for listing in shown:
                self._files(listing)
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

    def _dataset(self, listing: Listing, paths: set[str]) -> None:
        folder = self.folder / listing.path
        folder.mkdir(parents=True, exist_ok=True)
        held = self.former / listing.path / "index.html" if self.former else None
        same = self.noted["made"] == self.state["made"] and self.noted["datasets"].get(listing.path) == self.state["datasets"][listing.path]
        if held and same and held.is_file() and not listing.descriptor.get("needs"):
            _link(held, folder / "index.html")
            return
        checked, expectations = page.quality(listing, folder)
        shown = {
            "listing": listing,
            "fresh": self.state["datasets"][listing.path]["fresh"],
            "tables": page.tables(listing, folder, self.base),
            "versions": page.versions(listing),
            "checked": checked,
            "expectations": expectations,
            "address": f"{self.base}{listing.path}/",
            "paths": paths,
        }
        self._write("dataset.html", folder / "index.html", "../../", shown)

    def _home(self, shown: Sequence[Listing]) -> None:
        index = [{"id": each.path, "text": page.sought(each)} for each in shown]
        # Written as a script, since a browser does not let a page from the file system fetch a file.
        script = "window.VEREDA_INDEX = " + json.dumps(index, ensure_ascii=True, separators=(",", ":")) + ";\n"
        (self.folder / "assets" / "index.js").write_text(script, encoding="utf-8")
        fresh = {each.path: self.state["datasets"][each.path]["fresh"] for each in shown}
        newest = sorted(shown, key=lambda each: _moment(each), reverse=True)
        values = {"real": [e for e in newest if not e.demo], "demo": [e for e in newest if e.demo], "fresh": fresh, "formats": page.formats}
        self._write("home.html", self.folder / "index.html", "", values)

    def _write(self, template: str, into: Path, root: str, values: Mapping[str, Any]) -> None:
        text = self.pages.get_template(template).render(root=root, lang=language(), **values)
        into.write_text(text, encoding="utf-8", newline="\n")


def _moment(listing: Listing) -> datetime:
    return datetime.fromisoformat((listing.current or listing.editions[0]).at)


def _pages() -> Environment:
    """The templates, in which every value is escaped."""
    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    pages.globals.update({"_": gettext, "ngettext": ngettext, "words": words, "web": page.web})
    return pages


def _link(held: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no hard links."""
    try:
        os.link(held, target)
    except OSError:
        shutil.copyfile(held, target)

"""The index of the search as scripts for a browser, since it does not let a page from the file system fetch a
file: one script that is always read, and, of a large catalogue, shards that are read when a question needs
them."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.portal.search.text import STOP, WEAK, glossary, stems

WHOLE = 420_000  # bytes of shards that are still put into the first script: up to here nothing is awaited
VOCABULARY = 15_000  # stems that only stand in rows and are still thought of when a word is written wrongly
SHARD, BLOCK = 5_000, 4  # characters of postings in a shard; documents that are described in one
# How much a word weighs by where it stands, and the length (in words) at which it weighs just that
WEIGHTS: Mapping[str, tuple[float, float]] = {
    "title": (6.0, 4),
    "english": (6.0, 4),
    "keywords": (2.6, 8),
    "name": (2.0, 4),
    "tables": (2.0, 6),
    "themes": (1.2, 6),
    "publisher": (1.0, 8),
    "description": (1.3, 40),
    "fields": (0.8, 30),
    "details": (0.35, 120),
    "codes": (2.0, math.inf),
    "contents": (0.25, math.inf),  # however many rows: what stands in one can be found
}
SATURATION = 3.0
# How much a word weighs in a document, as one sign; digits and small letters are left for the documents'
# numbers.
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&()*+,-./:;<=>?@[]^_{|}~"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Document:
    """Something that can be found. `kind` is dataset, demo, plan, commitment, publisher, theme or page;
    `path` that of its page without the language; `texts` what is searched, by the keys of WEIGHTS;
    `titles` and `descriptions` Spanish and English ("" where there is none); `fields` the labels of its
    columns; `row_counts`, by stem, in how many of its rows it stands, and whether it may be in
    more. The facets: codes of themes, the publisher's name, formats, the word on freshness, places
    (barrio, comuna, points)."""

    kind: str
    path: str
    titles: tuple[str, str]
    descriptions: tuple[str, str]
    texts: Mapping[str, str]
    fields: Sequence[str] = ()
    publisher: str = ""
    themes: Sequence[str] = ()
    formats: Sequence[str] = ()
    fresh: str = ""
    places: Sequence[str] = ()
    at: str = ""
    rows: int = 0
    row_counts: Mapping[str, tuple[int, bool]] = field(default_factory=dict)


@dataclass
class _Column:
    """Values of a facet and, of each document, the numbers of its own."""

    values: dict[str, int] = field(default_factory=dict)
    documents: list[list[int]] = field(default_factory=list)

    def add(self, found: Sequence[str]) -> None:
        self.documents.append([self.values.setdefault(each, len(self.values)) for each in found if each])

    def plain(self) -> list[object]:
        """[value, …] and the numbers as one text, documents apart by a comma, their numbers by a space."""
        return [list(self.values), ",".join(" ".join(map(str, each)) for each in self.documents)]


def scripts(documents: Iterable[Document], whole: int = WHOLE) -> Iterator[tuple[str, str]]:
    """The files of the index: (path under `assets/`, content). `index.js` comes first, with all of it where
    the shards have `whole` bytes or fewer. The documents are gone through once, and none is kept."""
    found = _Collection()
    for document in documents:
        found.add(document)
    found.end()
    size = sum(len(content) for _name, content in found.shards())
    base = found.base()
    if size <= whole:
        base["whole"] = {name: json.loads(content) for name, content in found.shards()}
    yield "index.js", f"VeredaSearch.open({_json(base)});\n"
    if size > whole:
        for name, content in found.shards():
            yield f"search/{name}.js", f'VeredaSearch.put("{name}",{content});\n'


FACETS = ("kind", "theme", "publisher", "format", "fresh", "place")


class _Collection:
    """What the index keeps of the documents.

    `postings` are, of each stem, the documents that have it and how much it weighs there, as one text: the
    step from the document before in base 36, then one of SIGNS. Between them, where only rows have the stem,
    how many: after an apostrophe, or after a grave accent where they may be more. `described` are the stems
    of what describes a document, whatever stands in its rows; `blocks` what is shown of documents, so many
    together."""

    def __init__(self) -> None:
        self.count = 0
        self.postings: dict[str, bytearray] = {}
        self.described: set[str] = set()
        self.columns = {name: _Column() for name in FACETS}
        self.blocks: list[str] = []
        self._last: dict[str, int] = {}
        self._open: list[list[object]] = []

    def add(self, document: Document) -> None:
        described = _described(document)
        for term, weight in _weigh(document).items():
            sign = SIGNS[min(len(SIGNS) - 1, math.floor(len(SIGNS) * weight / (weight + SATURATION)))]
            rows = "" if term in described else _row_mark(document, term)
            step = _base36(self.count - self._last.get(term, 0))
            self.postings.setdefault(term, bytearray()).extend(f"{step}{rows}{sign}".encode("ascii"))
            self._last[term] = self.count
        self.described |= described
        facets: dict[str, Sequence[str]] = {
            "kind": [document.kind],
            "publisher": [document.publisher],
            "fresh": [document.fresh],
        }
        facets |= {"theme": document.themes, "format": document.formats, "place": document.places}
        for name, column in self.columns.items():
            column.add(facets[name])
        self._open.append(_shown(document))
        if len(self._open) == BLOCK:
            self._close_block()
        self.count += 1

    def _close_block(self) -> None:
        self.blocks.append(_json(self._open))
        self._open = []

    def end(self) -> None:
        """The last document was added."""
        if self._open:
            self._close_block()
        self._last.clear()
        self.postings = {term: self.postings[term] for term in sorted(self.postings)}

    def base(self) -> dict[str, object]:
        """What every question needs: the glossary, where the postings lie, the facets of all documents."""
        return {
            "count": self.count,
            "block": BLOCK,
            "stop": " ".join(sorted(STOP)),
            "weak": " ".join(sorted(WEAK)),
            "ideas": [[list(each.spanish), list(each.near), list(each.english)] for each in glossary()],
            "starts": [terms[0] for terms in self._cut()],
            "facets": {name: column.plain() for name, column in self.columns.items()},
        }

    def shards(self) -> Iterator[tuple[str, str]]:
        """Postings as {stem: text}; the stems by their first letter, for words that are written wrongly; and
        how each document is shown."""
        for number, terms in enumerate(self._cut()):
            yield f"p{number}", _json({term: self.postings[term].decode("ascii") for term in terms})
        letters: dict[str, list[str]] = {}
        for term in self._vocabulary():
            letters.setdefault(term[0], []).append(term)
        for letter in "abcdefghijklmnopqrstuvwxyz":
            yield f"v{letter}", _json(" ".join(letters.get(letter, [])))
        for number, block in enumerate(self.blocks):
            yield f"d{number}", block

    def _vocabulary(self) -> list[str]:
        """The stems that a word written wrongly may mean: all that describe something, and of those that only
        stand in rows the most frequent."""
        able = [term for term in self.postings if len(term) > 3 and term.isalpha()]
        others = (term for term in able if term not in self.described)
        kept = set(sorted(others, key=lambda term: -len(self.postings[term]))[:VOCABULARY])
        return [term for term in able if term in kept or term in self.described]

    def _cut(self) -> Iterator[list[str]]:
        """The stems in order, cut where a shard is full."""
        terms: list[str] = []
        size = 0
        for term, text in self.postings.items():
            if terms and size + len(text) > SHARD:
                yield terms
                terms, size = [], 0
            terms.append(term)
            size += len(text) + len(term) + 6
        if terms:
            yield terms


def _described(document: Document) -> set[str]:
    """The stems of what describes a document, whatever stands in its rows."""
    texts = (text for place, text in document.texts.items() if place not in ("contents", "codes"))
    return {term for text in texts for term in stems(text)}


def _row_mark(document: Document, term: str) -> str:
    if term not in document.row_counts:
        return ""
    rows, more = document.row_counts[term]
    return ("`" if more else "'") + _base36(rows)


def _weigh(document: Document) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for place, text in document.texts.items():
        weight, usual = WEIGHTS[place]
        terms = stems(text)
        for term, times in Counter(terms).items():
            found[term] += weight * min(times, 3) / (0.55 + 0.45 * len(terms) / usual)
    return found


def _shown(each: Document) -> list[object]:
    """[kind, path, title, English title, beginning of the description, the same in English, publisher,
    columns, word on freshness, day, rows]"""
    about = [" ".join(text.split())[:200] for text in each.descriptions]
    fields = " · ".join(each.fields)[:700]
    shown = [each.kind, each.path, *each.titles, *about, each.publisher, fields, each.fresh, each.at[:10]]
    return [*shown, each.rows]


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"


def _json(value: object) -> str:
    """Without what would end a script or a line in one."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("</", "<\\/")

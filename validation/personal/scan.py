"""All text of a table searched for personal data: RE2 over whole columns first, exact checks on the few texts
that pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from validation.personal.cells import find_kinds_in_cells
from validation.personal.classifier.model import may_tell
from validation.personal.context import Context
from validation.personal.identifiers import (
    SENTENCE,
    find_kinds,
    is_company_cuit,
    is_person_cuit,
    is_whole_dni,
    is_whole_phone,
    may_speak_of_persons,
    speaks_of_persons,
)
from validation.personal.names import COMPANY
from validation.personal.numbers import MARKS as NUMBER_MARKS
from validation.personal.offices import speaks_of_person

Rows = npt.NDArray[np.int64]


# Supersets of what `identifiers` accepts, in RE2's words: no text that they refuse is looked at again. The
# first is quick: a mark of an e-mail, or seven digits with little between. What is said in words is looked
# for by the words themselves (`triggers`), not by patterns over all texts.
_MORE = NUMBER_MARKS
SPOKEN = r"\pL{2}|(?i:F[./]? ?N|n\.\s?\d)"
"""What is said in words has two letters in a row, but for two signs of a birth date."""
ROUGH = (
    rf"[@＠]|(?i:gmail|hotmail|yahoo|outlook)|(?i:arroba|[(\[]at[)\]]|\sat\s)"
    rf"|\d(?:[\s.()/+\-\pZ\p{{Pd}}−]{{0,3}}\d){{6}}|\b\d\d,\d{{3}},\d{{3}}\b|{_MORE}"
)
LIKELY = (
    r"[A-Za-z0-9._%+'-]\pZ?[@＠]\pZ?[A-Za-z0-9-]+\.|[@＠]\pZ*(?i:gmail|hotmail|yahoo|outlook|live)"
    r"|(?i:gmail|hotmail|yahoo|outlook)\s?\.\s?com|(?i:arroba|[(\[]at[)\]]|\sat\s)",
    r"2[034567][\-. /\pZ\p{Pd}−]{0,3}\d{2}\.?\d{3}\.?\d{3}[\-. /\pZ\p{Pd}−]{0,3}\d"
    r"|\d[\d.\pZ]{5,8}\d\s*\(?\s*(?i:d\.?n\.?i)"
    r"|(?:\+|00)\s?54[\d\s.()\pZ\p{Pd}−-]{8,}"
    r"|\(0?\d{2,4}\)[\s.-]?\d|0?\d{2,4}[\pZ\p{Pd}−][\d\pZ\p{Pd}−]{4,12}\d|\b[2-8]\d{3}[\p{Pd}−]\d{4}\b",
    r"\p{Lu}['\pL]+[\s\pZ,;:(–—-]{0,2}[\s\pZ;:(]\d{1,2}\.?\d{3}\.?\d{3}\b"
    r"|\b\d{1,2}\.?\d{3}\.?\d{3}[\s\pZ,;:)–—-]{1,3}\p{Lu}|\b(?:11|011|15|[23]\d\d)\d{7,8}\b",
    r"\b\d{1,2}\.\d{3}\.\d{3}\b|\b\d\d,\d{3},\d{3}\b|\b\d{1,2} \d{3} \d{3}\b"
    r"|\pL[^\pL\d]{0,2}[^\pL\d.,/-]\d{1,2}\.?\d{3}\.?\d{3}\b",
    r"\b(?:54|9|0?11|15|0\d{2,4})[\s./\-\pZ\p{Pd}−]{1,3}\d[\d\s./\-\pZ\p{Pd}−]{5,}\d|\b1[15][2-7]\d{7}\b",
    r"(?i:d\.?\s?n\.?\s?i|doc|c[eé]dula|c[ií]vica|enrolamiento|\bl\.?[ec]|\bm\.?i|\bd\.?u"
    r"|\bc\.?i)[^\n;]{0,60}\d[\d.\pZ\p{Pd}]{5,8}\d"
    r"|(?i:tel|cel|m[oó]vil|whats?app|wsp|wpp|wapp|fono|llam|comunicarse|contact|abonad|hablar|avis"
    r"|mensaje|responder|ubicarl|particular|n[uú]mero|\bnro|contesta|anotar)[^\d\n;]{0,40}[\d(]",
    _MORE,
)
"""Each by itself stays small enough for RE2 to read a text once; as one pattern they took
thirty times as long."""
_UNUSUAL = (
    r"[\x{A0}\x{AD}\x{300}-\x{36F}\x{200B}-\x{200D}\x{2060}\x{FEFF}\x{58A}\x{5BE}\x{1400}\x{1680}\x{1806}\x{2000}-\x{200A}\x{2010}-\x{2015}\x{2028}\x{2029}"
    r"\x{202F}\x{205F}\x{2212}\x{2E17}\x{2E1A}\x{2E3A}\x{2E3B}\x{2E40}\x{2E5D}\x{3000}\x{301C}\x{3030}"
    r"\x{30A0}\x{FE31}\x{FE32}\x{FE58}\x{FE63}\x{FF0D}\x{10EAD}]"
)
"""All spaces and hyphens that are not those of a keyboard, accents apart from their letters, and what is not
seen: a text that has none is the same in plain signs,
whatever stands beside it."""
AT_ONCE = 50_000
"""Texts that one processor searches at a time."""
GROUP_ROWS, GROUP_BYTES = 1_000_000, 200_000_000
"""So much of a table is looked at together: each distinct text is searched once in it."""
SAMPLE = 20_000
"""Texts by which it is decided whether to search each different one once."""
LEAST_CUIT, LEAST_PERSON = 11, 7
"""Digits of a CUIT, and of a document or a telephone."""
_ELEVEN = re.compile(r"\s*(\d{11})(?:\.0)?\s*")


# Of eleven bare digits one in 280 passes for a person's CUIT by chance: a column of codes is none of CUIT.
SHARE, NUMBERS_SHARE, NUMBERS_LEAST = 0.5, 0.9, 5


def warm_up() -> None:
    """Makes ready what the first text would else wait for (isolation/nursery.py asks for it)."""
    find_kinds_in_cells([ORDINARY])
    may_speak_of_persons(re.sub(r"\d+", "0", ORDINARY))


ORDINARY = "Pide que se arregle la vereda de la cuadra, que esta rota desde el 3 de marzo"
"""A text that says nothing of a person, so that all that knows persons is asked."""


@dataclass(frozen=True)
class Subject:
    """A column to search: its place among the labels, its context, whether its cells are text (else:
    numbers), and whether it is public, so that it is enough to know what kinds it holds."""

    place: int
    context: Context
    text: bool = True
    public: bool = False


@dataclass(frozen=True)
class PersonalFinding:
    """Rows of one column with one kind of personal data (`email` …), as the agency numbers them, each
    once."""

    place: int
    kind: str
    rows: Rows


def scan(
    batches: Iterable[pa.RecordBatch], subjects: Sequence[Subject], *, people: bool = False
) -> list[PersonalFinding]:
    """What there is in a table's batches (`validation.table`: row numbers, columns of text, extra cells).

    Columns of persons' names count in rows where another column names the person, and everywhere where
    `people` says that the table is about identified persons.
    """
    return sum_up(scan_rows(batches, subjects), people=people)


def scan_rows(batches: Iterable[pa.RecordBatch], subjects: Sequence[Subject]) -> list[ColumnScan]:
    """What there is in some batches, column by column; it adds up (ColumnScan.plus)."""
    watches = [ColumnScan(subject) for subject in subjects]
    for group in _grouped(batches):
        numbers = [batch.column(0).to_numpy(zero_copy_only=False) for batch in group]
        for watch in watches:
            watch.add(numbers, [batch.column(watch.subject.place + 1) for batch in group])
    return watches


def sum_up(watches: Sequence[ColumnScan], *, people: bool = False) -> list[PersonalFinding]:
    """What the columns of a whole table hold; as in `scan`."""
    found = [each for watch in watches for each in watch.found()]
    named = np.unique(np.concatenate([each.rows for each in found])) if found else np.zeros(0, np.int64)
    for watch in watches:
        rows = watch.names if people else np.intersect1d(watch.names, named)
        if len(rows) and not any(each.kind == "name" and each.place == watch.subject.place for each in found):
            found.append(PersonalFinding(watch.subject.place, "name", rows))
    return found


def scan_extra(batches: Iterable[pa.RecordBatch]) -> dict[int, set[str]]:
    """The kinds in cells beyond the last label, by row number."""
    found: dict[int, set[str]] = {}
    for batch in batches:
        extra = batch.column(batch.num_columns - 1)
        for place in np.flatnonzero(extra.is_valid().to_numpy(zero_copy_only=False)):
            if there := {kind for cell in extra[int(place)].as_py() for kind in find_kinds(cell or "")}:
                found[batch.column(0)[int(place)].as_py()] = there
    return found


def _grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """The batches in groups that may lie in memory."""
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group


@dataclass
class ColumnScan:
    """One column on its way through the batches. `elevens` has the texts of eleven digits, and whether these
    are a CUIT."""

    subject: Subject
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    rows: dict[str, list[Rows]] = field(default_factory=dict)
    named: list[Rows] = field(default_factory=list)
    elevens: dict[str, bool] = field(default_factory=dict)

    def plus(self, later: ColumnScan) -> ColumnScan:
        """What is in the rows of both, `later` being those that follow. What was looked up is forgotten."""
        if self.subject.public and self.rows:
            rows, elevens = self.rows, self.elevens
        else:
            names = [*self.rows, *(name for name in later.rows if name not in self.rows)]
            rows = {name: [*self.rows.get(name, ()), *later.rows.get(name, ())] for name in names}
            elevens = self.elevens | later.elevens
        return ColumnScan(self.subject, {}, rows, [*self.named, *later.named], elevens)

    def add(self, numbers: Sequence[Rows], cells: Sequence[pa.Array]) -> None:
        """Some batches: their rows' numbers, and the column's cells."""
        if self.subject.context.name:
            for rows, part in zip(numbers, cells, strict=True):
                named = np.setdiff1d(_matching(part, r"[A-Za-zÀ-ÿ]{2,}"), _matching(part, COMPANY))
                self.named.append(rows[named])
        if self.subject.public and self.rows:
            return
        texts, codes = self._wanted(pa.chunked_array(cells, pa.string()))
        if not texts:
            return
        ends = np.cumsum([len(part) for part in cells])
        for rows, part in zip(numbers, np.split(codes, ends[:-1]), strict=True):
            self._add_rows(rows, part, texts)
            if self.subject.public and self.rows:
                return

    def _add_rows(self, numbers: Rows, codes: Rows, texts: Sequence[str]) -> None:
        """A batch: of each row the place of its cell among the texts that are worth an exact look, or -1."""
        wanted = np.flatnonzero(codes >= 0)
        by_kind: dict[str, list[int]] = {}
        there = np.unique(codes[wanted]).tolist()
        self._find_kinds_of([texts[code] for code in there])
        for code in there:
            for kind in sorted(self.known[texts[code]]):
                by_kind.setdefault(kind, []).append(code)
        for kind, found in by_kind.items():
            self.rows.setdefault(kind, []).append(numbers[wanted[np.isin(codes[wanted], found)]])

    def _wanted(self, cells: pa.ChunkedArray) -> tuple[list[str], Rows]:
        """The texts that are worth an exact look, each once unless hardly any two are the same; and of each
        cell the place of its text among these, or -1."""
        nothing: Rows = np.full(len(cells), -1, np.int64)
        some = np.arange(len(cells)) if self.subject.text else self._long_enough(cells)
        if not len(some):
            return [], nothing
        chosen = cells if len(some) == len(cells) else cells.take(pa.array(some))
        texts = chosen.combine_chunks()
        if _mostly_differ(texts):
            found = self._likely_places(texts)
            nothing[some[found]] = np.arange(len(found))
            return texts.take(pa.array(found)).to_pylist(), nothing
        encoded = texts.dictionary_encode()
        found = self._likely_places(encoded.dictionary)
        if not len(found):
            return [], nothing
        places: Rows = np.full(len(encoded.dictionary) + 1, -1, np.int64)
        places[found] = np.arange(len(found))
        nothing[some] = places[encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()]
        return encoded.dictionary.take(pa.array(found)).to_pylist(), nothing

    def _long_enough(self, cells: pa.ChunkedArray) -> Rows:
        """The places of the numbers that have as many digits as one of a person."""
        context = self.subject.context
        least = LEAST_PERSON if context.dni or context.phone else LEAST_CUIT
        long = pc.greater_equal(pc.binary_length(cells), least).fill_null(False)
        return np.flatnonzero(long.to_numpy())

    def _likely_places(self, texts: pa.Array) -> Rows:
        """The places of the texts that are worth an exact look."""
        plain = in_plain_signs(texts) if self.subject.text else texts
        wanted = _matching_within(plain, _matching(plain, ROUGH), self._likely())
        if not self.subject.text:
            return wanted
        spoken = np.setdiff1d(_matching(plain, SPOKEN), wanted, assume_unique=True)
        said = [places[self._speaks(plain.take(pa.array(places)))] for places in _stretches(spoken)]
        return np.sort(np.concatenate([wanted, *said]))

    def _speaks(self, texts: pa.Array) -> npt.NDArray[np.bool_]:
        """Whether each text says something of a person: those alike but for their numbers are asked once
        whether they can."""
        of_place = self.subject.context.place
        alike = pc.replace_substring_regex(texts, r"[0-9]+", "0").dictionary_encode()
        may = [may_speak_of_persons(text, of_place=of_place) for text in alike.dictionary.to_pylist()]
        speaks: npt.NDArray[np.bool_] = np.array(may, np.bool_)[alike.indices.to_numpy()]
        some = np.flatnonzero(speaks)
        asked = texts.take(pa.array(some)).to_pylist()
        speaks[some] = [speaks_of_persons(text, of_place=of_place) for text in asked]
        sentences = _matching(texts, SENTENCE)
        rest = sentences[~speaks[sentences]]
        speaks[rest] = may_tell(texts.take(pa.array(rest)))
        return speaks

    def found(self) -> Iterator[PersonalFinding]:
        for kind, parts in sorted(self.rows.items()):
            if kind.startswith(":") or kind in self.subject.context.of_others:
                continue
            yield PersonalFinding(self.subject.place, kind, np.unique(np.concatenate(parts)))
        bare = self.rows.get(":cuit")
        if bare and self._holds_cuits():
            yield PersonalFinding(self.subject.place, "cuit", np.unique(np.concatenate(bare)))

    @property
    def names(self) -> Rows:
        return np.unique(np.concatenate(self.named)) if self.named else np.zeros(0, np.int64)

    def _likely(self) -> tuple[str, ...]:
        """What RE2 looks for in this column, one after the other."""
        context = self.subject.context
        whole = [r"^\s*\d{11}(\.0)?\s*$"]
        if context.dni:
            whole.append(r"^\s*[MF]?\s*\d{1,2}[. ]?\d{3}[. ]?\d{3}(\.0)?\s*$")
        if context.phone:
            whole.append(r"\d[\d\s.()-]{5,}\d")
        return (*(LIKELY if self.subject.text else ()), "|".join(whole))

    def _find_kinds_of(self, texts: Sequence[str]) -> None:
        """Looks up those of the texts that are not known yet."""
        new = [text for text in texts if text not in self.known]
        worded = [text for text in new if self.subject.text and not _ELEVEN.fullmatch(text)]
        said = dict(
            zip(worded, find_kinds_in_cells(worded, of_place=self.subject.context.place), strict=True)
        )
        for text in new:
            self.known[text] = frozenset(self._find_kinds(text, said.get(text, set())))

    def _find_kinds(self, text: str, found: set[str]) -> set[str]:
        """`found`: what the text has by itself, but for a bare CUIT."""
        context = self.subject.context
        if context.animals and "health" in found and not speaks_of_person(text):
            found.discard("health")
        if eleven := _ELEVEN.fullmatch(text):
            persons = is_person_cuit(eleven[1])
            self.elevens[text] = persons or is_company_cuit(eleven[1])
            bare = {"cuit" if context.cuit else ":cuit"} if persons else set()
            return bare | ({"phone"} if context.phone and is_whole_phone(text) else set())
        if context.dni and is_whole_dni(text):
            found.add("dni")
        if context.phone and "phone" not in found and is_whole_phone(text):
            found.add("phone")
        return found

    def _holds_cuits(self) -> bool:
        """Whether the column's bare numbers are CUIT, and not codes or amounts of eleven digits."""
        least, share = (1, SHARE) if self.subject.text else (NUMBERS_LEAST, NUMBERS_SHARE)
        return sum(self.elevens.values()) >= max(least, share * len(self.elevens))


def _stretches(places: Rows) -> Iterator[Rows]:
    """Places of texts, as many at a time as one processor looks at."""
    for start in range(0, len(places), AT_ONCE):
        yield places[start : start + AT_ONCE]


def _mostly_differ(texts: pa.Array) -> bool:
    """Whether so few of the first texts stand there twice that a list of different ones is not worth it."""
    return bool(pc.count_distinct(texts.slice(0, SAMPLE)).as_py() > 0.9 * min(len(texts), SAMPLE))


def in_plain_signs(texts: pa.Array) -> pa.Array:
    """Texts with hyphens and spaces of one kind, as the exact patterns are given them."""
    if len(_matching(texts, _UNUSUAL)):
        texts = pc.utf8_normalize(pc.replace_substring_regex(texts, r"[\p{Cf}]", ""), "NFC")
        texts = pc.replace_substring_regex(texts, r"[\p{Pd}−]", "-")
        texts = pc.replace_substring_regex(texts, r"\pZ", " ")
    return texts


def _matching(texts: pa.Array, pattern: str) -> Rows:
    """The places of the texts that hold the pattern; many texts are searched by all processors."""

    def search(part: pa.Array) -> Rows:
        found = pc.match_substring_regex(part, pattern).fill_null(False)
        return np.flatnonzero(found.to_numpy(zero_copy_only=False))

    if len(texts) <= AT_ONCE:
        return search(texts)
    starts = range(0, len(texts), AT_ONCE)
    found = _searchers().map(search, [texts.slice(start, AT_ONCE) for start in starts])
    return np.concatenate([places + start for start, places in zip(starts, found, strict=True)])


def _matching_within(texts: pa.Array, places: Rows, patterns: Sequence[str]) -> Rows:
    """Those of the places whose texts hold one of the patterns."""
    found: list[Rows] = []
    for pattern in patterns:
        some = texts if len(places) == len(texts) else texts.take(pa.array(places))
        matching = _matching(some, pattern)
        found.append(places[matching])
        places = np.delete(places, matching)
    return np.sort(np.concatenate(found))


@cache
def _searchers() -> ThreadPoolExecutor:
    """Arrow searches without holding Python's lock."""
    return ThreadPoolExecutor(pa.cpu_count(), thread_name_prefix="search")

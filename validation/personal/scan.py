"""All text of a table searched for personal data: RE2 over whole columns first, exact checks on the few texts
that pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from validation.personal.identifiers import (
    Context,
    find_kinds,
    is_company_cuit,
    is_person_cuit,
    is_whole_dni,
    is_whole_phone,
)
from validation.personal.numbers import MARKS as NUMBER_MARKS
from validation.personal.re2 import superset_in_re2
from validation.personal.sayings import PATTERNS as SAYINGS

Rows = npt.NDArray[np.int64]


# Supersets of what `identifiers` accepts, in RE2's words: no text that they refuse is looked at again. The
# first is quick: a mark of an e-mail, or seven digits with little between. What is said in words has patterns
# of its own: all in one would be searched at a hundredth of the speed (300,000 texts: 0.1 s against 18 s).
_MORE = NUMBER_MARKS
_LARGE = ("health", "religion")
_SAID = (
    "|".join(superset_in_re2(pattern) for kind, pattern in SAYINGS.items() if kind not in _LARGE),
    *(superset_in_re2(SAYINGS[kind]) for kind in _LARGE),
)
ROUGH = rf"[@＠]|(?i:arroba|[(\[]at[)\]]|\sat\s)|\d(?:[\s.()/+\-\pZ\p{{Pd}}−]{{0,3}}\d){{6}}|{_MORE}"
LIKELY = (
    r"[A-Za-z0-9._%+'-]\pZ?[@＠]\pZ?[A-Za-z0-9-]+\."
    r"|2[034567][\-. /\pZ\p{Pd}−]{0,3}\d{2}\.?\d{3}\.?\d{3}[\-. /\pZ\p{Pd}−]{0,3}\d"
    r"|(?i:d\.?\s?n\.?\s?i|doc|c[eé]dula|c[ií]vica|enrolamiento|\bl\.?[ec]|\bm\.?i|\bd\.?u|\bc\.?i)[^\n;]{0,60}\d[\d.\pZ\p{Pd}]{5,8}\d"
    r"|\d[\d.\pZ]{5,8}\d\s*\(?\s*(?i:d\.?n\.?i)"
    r"|(?:\+|00)\s?54[\d\s.()\pZ\p{Pd}−-]{8,}"
    r"|\(0\d{2,4}\)[\s.-]?\d|0?\d{2,4}[\pZ\p{Pd}−][\d\pZ\p{Pd}−]{4,12}\d|\b[2-8]\d{3}[\p{Pd}−]\d{4}\b"
    r"|\p{Lu}['\pL]+[\s\pZ,;:(–—-]{0,2}[\s\pZ;:(]\d{1,2}\.?\d{3}\.?\d{3}\b|\b\d{1,2}\.?\d{3}\.?\d{3}[\s\pZ,;:)–—-]{1,3}\p{Lu}"
    r"|(?i:tel|cel|m[oó]vil|whats?app|wsp|wpp|wapp|fono|llama|comunicarse)[^\d\n;]{0,40}[\d(]"
    rf"|(?i:arroba|[(\[]at[)\]]|\sat\s)|{_MORE}"
)
_UNUSUAL = r"[\x{A0}\x{1680}\x{2000}-\x{2015}\x{2028}-\x{202F}\x{205F}\x{2212}\x{3000}\x{FE63}\x{FF0D}]"
"""Spaces and hyphens that are not those of a keyboard."""
_ELEVEN = re.compile(r"\s*(\d{11})(?:\.0)?\s*")


# Of eleven bare digits one in 280 passes for a person's CUIT by chance: a column of codes is none of CUIT.
SHARE, NUMBERS_SHARE, NUMBERS_LEAST = 0.5, 0.9, 5


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
    watches = [_ColumnScan(subject) for subject in subjects]
    for batch in batches:
        numbers = batch.column(0).to_numpy(zero_copy_only=False)
        for watch in watches:
            watch.add(numbers, batch.column(watch.subject.place + 1))
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


@dataclass
class _ColumnScan:
    """One column on its way through the batches."""

    subject: Subject
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    rows: dict[str, list[Rows]] = field(default_factory=dict)
    named: list[Rows] = field(default_factory=list)
    eleven: int = 0
    valid: int = 0

    def add(self, numbers: Rows, cells: pa.Array) -> None:
        if self.subject.context.name:
            self.named.append(numbers[_matching(cells, r"[A-Za-zÀ-ÿ]{2,}")])
        if self.subject.public and self.rows:
            return
        wanted = self._wanted(cells)
        if not len(wanted):
            return
        encoded = cells.take(pa.array(wanted)).dictionary_encode()
        codes = encoded.indices.to_numpy()
        by_kind: dict[str, list[int]] = {}
        for code, text in enumerate(encoded.dictionary.to_pylist()):
            for kind in sorted(self._known_kinds(text)):
                by_kind.setdefault(kind, []).append(code)
        for kind, found in by_kind.items():
            self.rows.setdefault(kind, []).append(numbers[wanted[np.isin(codes, found)]])

    def _wanted(self, cells: pa.Array) -> Rows:
        """The places of the texts that are worth an exact look."""
        plain = in_plain_signs(cells) if self.subject.text else cells
        rough = _matching(plain, ROUGH)
        wanted = rough[_matching(plain.take(pa.array(rough)), self._likely())]
        if not self.subject.text:
            return wanted
        return np.unique(np.concatenate([wanted, *(_matching(plain, pattern) for pattern in _SAID)]))

    def found(self) -> Iterator[PersonalFinding]:
        for kind, parts in sorted(self.rows.items()):
            if kind.startswith(":"):
                continue
            yield PersonalFinding(self.subject.place, kind, np.unique(np.concatenate(parts)))
        bare = self.rows.get(":cuit")
        if bare and self._holds_cuits():
            yield PersonalFinding(self.subject.place, "cuit", np.unique(np.concatenate(bare)))

    @property
    def names(self) -> Rows:
        return np.unique(np.concatenate(self.named)) if self.named else np.zeros(0, np.int64)

    def _likely(self) -> str:
        """What RE2 looks for in this column."""
        context = self.subject.context
        whole = [r"^\s*\d{11}(\.0)?\s*$"]
        if context.dni:
            whole.append(r"^\s*[MF]?\s*\d{1,2}[. ]?\d{3}[. ]?\d{3}(\.0)?\s*$")
        if context.phone:
            whole.append(r"\d[\d\s.()-]{5,}\d")
        return "|".join([*([LIKELY] if self.subject.text else []), *whole])

    def _known_kinds(self, text: str) -> frozenset[str]:
        if text not in self.known:
            self.known[text] = frozenset(self._find_kinds(text))
        return self.known[text]

    def _find_kinds(self, text: str) -> set[str]:
        context = self.subject.context
        if eleven := _ELEVEN.fullmatch(text):
            self.eleven += 1
            persons = is_person_cuit(eleven[1])
            self.valid += persons or is_company_cuit(eleven[1])
            bare = {"cuit" if context.cuit else ":cuit"} if persons else set()
            return bare | ({"phone"} if context.phone and is_whole_phone(text) else set())
        found = find_kinds(text) if self.subject.text else set()
        if context.dni and is_whole_dni(text):
            found.add("dni")
        if context.phone and "phone" not in found and is_whole_phone(text):
            found.add("phone")
        return found

    def _holds_cuits(self) -> bool:
        """Whether the column's bare numbers are CUIT, and not codes or amounts of eleven digits."""
        least, share = (1, SHARE) if self.subject.text else (NUMBERS_LEAST, NUMBERS_SHARE)
        return self.valid >= max(least, share * self.eleven)


def in_plain_signs(texts: pa.Array) -> pa.Array:
    """Texts with hyphens and spaces of one kind, as the exact patterns are given them."""
    if len(_matching(texts, _UNUSUAL)):
        texts = pc.replace_substring_regex(texts, r"[\p{Pd}−]", "-")
        texts = pc.replace_substring_regex(texts, r"\pZ", " ")
    return texts


def _matching(texts: pa.Array, pattern: str) -> Rows:
    """The places of the texts that hold the pattern."""
    return np.flatnonzero(
        pc.match_substring_regex(texts, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    )

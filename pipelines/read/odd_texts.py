"""Texts that a program spoilt: signs inside words, which a wrong code page leaves there, letters of another
alphabet among Latin ones, and references of HTML (`&aacute;`). Nothing in them is changed; each column is
told once."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from messages import ngettext
from messages.formats import spell_unseen
from pipelines.dataset.dataset import Resource
from pipelines.dataset.text import FOREIGN_LETTERS, TWICE
from pipelines.read.characters import CONTROL
from pipelines.read.code_page import BESIDE, CAPITAL, ODD, SMALL
from validation.report import Problem

ASCII = bytes(range(0x80))
ORDINARY = frozenset(SMALL + CAPITAL + BESIDE) - {"¿", "¡"}
LOST = re.compile(r"[A-Za-z]*(?:[a-z]\?[a-zñáéíóú]|[A-Z]\?[A-ZÑÁÉÍÓÚ])[A-Za-z]*")
"""A word with a question mark for a letter that some program did not know."""
ADDRESS = re.compile(r"[/=@&:]|\.[a-z]")
"""What stands in addresses, where signs and question marks mean something."""
ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}[0-9]{0,2}|#[0-9]{2,6}|#[xX][0-9A-Fa-f]{2,5});")
FOREIGN = re.compile(rf"[A-Za-z]{FOREIGN_LETTERS}|{FOREIGN_LETTERS}[A-Za-z]")
LEADS = (b"\xce", b"\xcf", b"\xd0", b"\xd1")
"""How the letters of Greek and Cyrillic begin in UTF-8."""
LONGEST = 30
"""Characters of a word that a sentence quotes."""
TOLD = 10
"""Rows that a sentence names."""


@dataclass
class _Spoilt:
    cells: int = 0
    rows: list[int] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)

    def note(self, row: int, words: Collection[str]) -> None:
        self.cells += 1
        self.words.update(dict.fromkeys(words, 1))
        if len(self.rows) < TOLD:
            self.rows.append(row)

    def add(self, later: _Spoilt) -> None:
        self.cells += later.cells
        self.words += later.words
        self.rows += later.rows[: TOLD - len(self.rows)]


class OddTextWatch:
    """Looks at blocks of cells as they pass, after the declared repairs (numbers, then the columns called
    `names`): at columns of text that are not `hidden`, and have no list of values."""

    def __init__(self, resource: Resource, names: Sequence[str], hidden: Collection[str]):
        self.resource = resource.name
        free = {
            each["name"]
            for each in resource.schema["fields"]
            if each.get("type", "any") in ("string", "any")
            and each.get("format", "default") not in ("uri", "binary")
            and "enum" not in each.get("constraints", {})
        }
        self.watched = {
            place: name.strip()
            for place, name in enumerate(names)
            if name.strip() in free and name.strip() not in hidden
        }
        self.spoilt: dict[tuple[str, str], _Spoilt] = {}

    def apply(self, columns: list[pa.Array]) -> list[pa.Array]:
        for place, name in self.watched.items():
            column = columns[place + 1]
            data = bytes_of(column)
            if b"&" in data:
                self._note_words(name, columns[0], column, ENTITY.pattern, _find_entities, code="html-entity")
            if any(lead in data for lead in LEADS):
                self._note_words(name, columns[0], column, FOREIGN.pattern, _find_mixed, code="odd-letter")
            if b"?" in data or not ORDINARY.issuperset(data.translate(None, ASCII).decode("utf-8", "ignore")):
                pattern = rf"{ODD.pattern}|[A-Za-z]\?[A-Za-z]"
                self._note_words(name, columns[0], column, pattern, _find_odd_words, code="odd-sign")
        return columns

    def add(self, later: OddTextWatch) -> None:
        """Adds what another one saw in the rows that follow."""
        for key, seen in later.spoilt.items():
            self.spoilt.setdefault(key, _Spoilt()).add(seen)

    def problems(self) -> Iterator[Problem]:
        """A warning for each column and kind."""
        for (name, code), found in self.spoilt.items():
            word = min(found.words, key=lambda each: (-found.words[each], len(each), each))
            said = {
                "word": spell_unseen(word[:LONGEST]),
                "rows": ", ".join(map(str, found.rows)) + (" …" if found.cells > len(found.rows) else ""),
            }
            note = _describe_words(code, found.cells, said)
            yield Problem(
                "table-error",
                self.resource,
                note,
                code=code,
                row=found.rows[0],
                field=name,
                severity="warning",
            )

    def _note_words(
        self,
        name: str,
        numbers: pa.Array,
        column: pa.Array,
        pattern: str,
        find: Callable[[str], list[str]],
        code: str,
    ) -> None:
        suspect = pc.fill_null(pc.match_substring_regex(column, pattern), False)
        rows, texts = numbers.filter(suspect).to_pylist(), column.filter(suspect).to_pylist()
        for row, text in zip(rows, texts, strict=True):
            if words := find(text):
                self.spoilt.setdefault((name, code), _Spoilt()).note(row, words)


def _describe_words(code: str, cells: int, said: Mapping[str, str]) -> str:
    match code:
        case "html-entity":
            return ngettext(
                "{n} cell has characters as HTML writes them, as “{word}”, in row {rows}: it would be "
                "published so",
                "{n} cells have characters as HTML writes them, as “{word}”, in rows {rows}: they would be "
                "published so",
                cells,
                **said,
            )
        case "odd-letter":
            return ngettext(
                "{n} cell has a letter of another alphabet that looks like a Latin one, in “{word}”, in row "
                "{rows}: whoever searches for the word will not find it",
                "{n} cells have letters of another alphabet that look like Latin ones, as in “{word}”, in "
                "rows {rows}: whoever searches for the words will not find them",
                cells,
                **said,
            )
    return ngettext(
        "{n} cell has a sign inside a word, where a letter should be, as in “{word}”, in row {rows}",
        "{n} cells have signs inside words, where letters should be, as in “{word}”, in rows {rows}",
        cells,
        **said,
    )


def _find_mixed(text: str) -> list[str]:
    """The words of a text in which letters of two alphabets stand side by side."""
    return [word for word in text.split() if FOREIGN.search(word)]


def _find_entities(text: str) -> list[str]:
    """References that HTML knows: others are somebody's own text."""
    return [each for each in ENTITY.findall(text) if html.unescape(each) != each]


def _find_odd_words(text: str) -> list[str]:
    """The words of a text that have a sign or a question mark for a letter; what was encoded twice, and what
    nobody sees, is told elsewhere."""
    if TWICE.search(text):
        return []
    return [
        word
        for word in text.split()
        if (ODD.search(word) or LOST.search(word)) and not ADDRESS.search(word) and not CONTROL.search(word)
    ]


def bytes_of(column: pa.Array) -> bytes:
    """The texts of a column, one after the other."""
    data = column.buffers()[2]
    if data is None or not len(column):
        return b""
    offsets = memoryview(column.buffers()[1]).cast("i")
    first, last = offsets[column.offset], offsets[column.offset + len(column)]
    return bytes(data.slice(first, last - first))

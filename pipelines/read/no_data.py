"""Texts that say that there is no text: the error that a formula left in its cell, and signs as `s/d` and
`-`, which would be published as they stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from messages.formats import quote
from pipelines.dataset.dataset import Resource
from validation.report import KEPT, Problem

NO_DATA = {
    "nd",
    "n/d",
    "n.d.",
    "na",
    "n/a",
    "n.a.",
    "sd",
    "s/d",
    "s.d.",
    "s/datos",
    "null",
    "none",
    "nan",
    "#n/d",
    "#n/a",
    "#¡nulo!",
    "#null!",
    "sin dato",
    "sin datos",
    "no disponible",
    "(en blanco)",
    "-",
    "--",
    "---",
    "–",
    "—",
    "",
}


def means_no_data(text: str) -> bool:
    """Whether a cell says, in a table's way, that there is no data."""
    return len(text) < 20 and text.strip().casefold() in NO_DATA


_NAMES = [
    "#N/A",
    "#N/D",
    "#NV",
    "#ND",
    "#VALUE!",
    "#¡VALOR!",
    "#VALOR!",
    "#WERT!",
    "#VALEUR!",
    "#VALORE!",
    "#WAARDE!",
    "#REF!",
    "#¡REF!",
    "#BEZUG!",
    "#RIF!",
    "#VERW!",
    "#DIV/0!",
    "#¡DIV/0!",
    "#DEEL/0!",
    "#NUM!",
    "#¡NUM!",
    "#NÚM!",
    "#NOMBRE!",
    "#ZAHL!",
    "#GETAL!",
    "#NAME?",
    "#¿NOMBRE?",
    "#NOMBRE?",
    "#NOM?",
    "#NOME?",
    "#NAAM?",
    "#NULL!",
    "#¡NULO!",
    "#NULO!",
    "#NUL!",
    "#NULLO!",
    "#SPILL!",
    "#¡DESBORDAMIENTO!",
    "#DESBORDAMIENTO!",
    "#DERRAMAR!",
    "#DESPEJAR!",
    "#ÜBERLAUF!",
    "#PROPAGATION!",
    "#ESPANSIONE!",
    "#CALC!",
    "#¡CALC!",
    "#FIELD!",
    "#¡CAMPO!",
    "#CAMPO!",
    "#FELD!",
    "#CHAMP!",
    "#GETTING_DATA",
    "#OBTENIENDO_DATOS",
    "#CONNECT!",
    "#¡CONECTAR!",
    "#BLOCKED!",
    "#¡BLOQUEADO!",
    "#BLOQUEADO!",
    "#UNKNOWN!",
    "#¡DESCONOCIDO!",
    "#DESCONOCIDO!",
    "#BUSY!",
    "#OCUPADO!",
    "#PYTHON!",
    "#ERROR!",
    "#¡ERROR!",
    "#ERROR",
    "#MACRO?",
]
_NARROW = ["#" * wide for wide in range(3, 31)]
"""What a spreadsheet shows of a number or a day in a column that is too narrow for it."""
_OFFICE = [f"Err:{number}" for number in range(501, 541)]
LOST = frozenset(name.casefold() for name in (*_NAMES, *_NARROW, *_OFFICE))
"""What Excel (in each of its languages), LibreOffice and Google leave in a cell that has no value."""
SIGNS = frozenset(
    {*NO_DATA, "s/i", "s.i.", "s/inf", "s/inf.", "s/dato", "sin información", "sin informacion", "(blank)"}
    | {
        "(vacío)",
        "(vacio)",
        "<na>",
        "<null>",
        "(null)",
        "nil",
        "undefined",
        "?",
        "??",
        "???",
        ".",
        "..",
        "...",
    }
    | {"…", "NaN", "----", "-----", "_", "__", "/", "//", "\\n", "*", "**", "***"}
) - {*LOST, ""}
"""How tables say that there is no data."""
_FOLDED = frozenset(sign.casefold() for sign in SIGNS)
_BARE = frozenset({"nd", "na", "sd", "nil", "none", "nan", "null"})
"""Signs that may also be a code, or a name: where short codes stand beside them, they are."""
_SHORT = 4
FEW = 5
"""Places that a sentence names."""


@cache
def _spellings(words: Collection[str]) -> pa.Array:
    """Made when it is used: it makes pyarrow import pandas, which not every command that loads this needs."""
    return pa.array(
        sorted({s for w in words for s in (w, w.upper(), w.capitalize(), w.title())}), pa.string()
    )


def find_signs(cells: Collection[str]) -> list[str]:
    """How the cells of a column of text say that there is no data, as they are spelled, in their order; none
    where such a sign may be one of the column's codes, which have letters."""
    filled = [cell for cell in cells if cell.strip()]
    signs = [cell for cell in filled if cell.strip().casefold() in _FOLDED]
    bare = sum(cell.strip().casefold() in _BARE for cell in signs)
    short = sum(len(cell.strip()) <= _SHORT and not re.search(r"\d", cell) for cell in filled)
    return [] if _may_be_codes(len(signs), bare, short, len(filled)) else list(dict.fromkeys(signs))


def _may_be_codes(signs: int, bare: int, short: int, filled: int) -> bool:
    """80 % of short texts are a list of codes, and NA one of them."""
    return signs == bare and short > 0.8 * filled > 1


_LONGEST = 40
"""Bytes of the longest of these texts, with some spaces around it."""


@dataclass
class _Signs:
    cells: int = 0
    short: int = 0
    bare: int = 0
    filled: int = 0
    places: list[tuple[int, str]] = field(default_factory=list)


class NoDataWatch:
    """Looks at blocks of cells as they pass, after the declared repairs (numbers, then the columns called
    `names`): at columns of text that are not `hidden`. What the schema, the field or its `enum` lists is no
    question; what an `enum` does not list is a problem of its cell, and no sign besides."""

    def __init__(self, resource: Resource, names: Sequence[str], hidden: Collection[str]):
        self.resource = resource.name
        schema = resource.schema
        declared = {
            each["name"]: {
                *schema.get("missingValues", [""]),
                *each.get("missingValues", ()),
                *map(str, each.get("constraints", {}).get("enum", ())),
            }
            for each in schema["fields"]
            if each.get("type", "any") in ("string", "any") and each["name"] not in hidden
        }
        self.watched = {
            place: (name.strip(), pa.array(sorted(declared[name.strip()]), pa.string()))
            for place, name in enumerate(names)
            if name.strip() in declared
        }
        self.listed = {each["name"] for each in schema["fields"] if "enum" in each.get("constraints", {})}
        self.lost: dict[str, list[tuple[int, str]]] = {}
        self.counts: dict[str, int] = {}
        self.signs: dict[str, _Signs] = {}

    def apply(self, columns: list[pa.Array]) -> list[pa.Array]:
        for place, (name, declared) in self.watched.items():
            column, numbers = columns[place + 1], columns[0]
            short = pc.fill_null(pc.less(pc.binary_length(column), _LONGEST), False)
            if pc.any(short).as_py():
                self._look(name, numbers.filter(short), column.filter(short), declared)
        return columns

    def _look(self, name: str, numbers: pa.Array, column: pa.Array, declared: pa.Array) -> None:
        texts = pc.utf8_trim_whitespace(column)
        known = pc.is_in(texts, declared)
        lost = pc.and_not(pc.is_in(texts, _spellings(LOST)), known)
        if count := pc.sum(lost).as_py():
            self.counts[name] = self.counts.get(name, 0) + count
            kept = self.lost.setdefault(name, [])
            kept += _places(numbers, texts, lost, KEPT + 1 - len(kept))
        if name in self.listed:
            return
        signs = pc.and_not(pc.is_in(texts, _spellings(SIGNS)), known)
        count = pc.sum(signs).as_py()
        if not count and name not in self.signs:
            return
        found = self.signs.setdefault(name, _Signs())
        found.cells += count or 0
        found.bare += pc.sum(pc.and_(pc.is_in(texts, _spellings(_BARE)), signs)).as_py() or 0
        lengths = pc.utf8_length(texts)
        filled = pc.greater(lengths, 0)
        found.filled += pc.sum(filled).as_py() or 0
        found.short += pc.sum(pc.and_(filled, pc.less_equal(lengths, _SHORT))).as_py() or 0
        found.places += _places(numbers, texts, signs, FEW - len(found.places))

    def expect_signs(self, names: Iterable[str]) -> None:
        """Has these columns looked at as if rows before had signs: what stands beside signs is counted from
        the first on."""
        for name in names:
            self.signs.setdefault(name, _Signs())

    def add(self, later: NoDataWatch) -> None:
        """Adds what another one saw in the rows that follow, which was to expect the signs that this one
        has."""
        for name, cells in later.lost.items():
            kept = self.lost.setdefault(name, [])
            kept += cells[: max(0, KEPT + 1 - len(kept))]
        for name, count in later.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        for name, seen in later.signs.items():
            found = self.signs.setdefault(name, _Signs())
            found.cells += seen.cells
            found.short += seen.short
            found.bare += seen.bare
            found.filled += seen.filled
            found.places += seen.places[: max(0, FEW - len(found.places))]

    def problems(self) -> Iterator[Problem]:
        """A warning for each column that has signs of no data."""
        for name, found in self.signs.items():
            if not found.cells or _may_be_codes(found.cells, found.bare, found.short, found.filled):
                continue
            said = ", ".join(dict.fromkeys(quote(text) for _row, text in found.places))
            rows = ", ".join(str(row) for row, _text in found.places)
            note = ngettext(
                "{n} cell says {signs}, in row {rows}: it would be published as a text, and not as an empty "
                "cell",
                "{n} cells say {signs}, in rows {rows}: they would be published as texts, and not as empty "
                "cells",
                found.cells,
                signs=said,
                rows=rows + (" …" if found.cells > len(found.places) else ""),
            )
            yield Problem(
                "table-error",
                self.resource,
                note,
                code="no-data-sign",
                row=found.places[0][0],
                field=name,
                severity="warning",
            )

    def faults(self) -> Iterator[Problem]:
        """One for each cell that has lost its value, or, where these are very many, one for the column."""
        for name, cells in self.lost.items():
            if self.counts[name] > KEPT:
                row, text = cells[0]
                note = _(
                    "{n} cells have no value, but the error of a spreadsheet, as “{cell}” in row {row}",
                    n=self.counts[name],
                    cell=text,
                    row=row,
                )
                yield Problem("table-error", self.resource, note, code="spreadsheet-error", field=name)
                continue
            for row, text in cells:
                note = _("“{cell}” is the error of a spreadsheet, and no value", cell=text)
                yield Problem(
                    "cell-error",
                    self.resource,
                    note,
                    code="spreadsheet-error",
                    row=row,
                    field=name,
                    cell=text,
                )


def _places(numbers: pa.Array, texts: pa.Array, mask: pa.Array, most: int) -> list[tuple[int, str]]:
    """The first `most` rows of the mask with their texts."""
    if most <= 0:
        return []
    rows, found = numbers.filter(mask).slice(0, most), texts.filter(mask).slice(0, most)
    return list(zip(rows.to_pylist(), found.to_pylist(), strict=True))

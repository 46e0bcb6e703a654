"""Which columns are personal data as a whole, heard from the words of the label, of its neighbours and of the
table's name, from what the rows are, and from what many cells have in common.

It adds to what `questions.py` knows by rules: labels that no list has (`voto_gral_23`, `se reconoce`), in the
company that they keep. `benchmarks/personal/columns.py` trains it, and writes the weights.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from validation.personal.classifier.model import Weights, list_names, pack_names
from validation.personal.classifier.tokens import describe_token
from validation.personal.evidence import Evidence, spread
from validation.personal.rows import Column, row_meaning
from validation.personal.triggers import in_plain_letters

WEIGHTS = Path(__file__).with_name("columns.npz")
CELLS = 60
"""Filled cells of a column that are looked at, spread."""
TOKENS = 30
OFTEN, SOMETIMES = 0.3, 0.15
"""Shares of the cells from which on something is theirs in common."""
HALF = 0.5
MANY = 3
"""From so many other personal columns on, it is all the same how many there are."""
_COUNTS = tuple(
    each.name for each in fields(Evidence) if each.name not in ("filled", "rows", "words", "kinds")
)
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_SIGNS = ((re.compile(r"\d"), "9"), (re.compile(r"[a-záéíóúñü]+"), "a"), (re.compile(r"[A-ZÁÉÍÓÚÑ]+"), "A"))
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_SHAPE = 24
_BEGIN = 5
"""Letters of a word by which a label's company is known."""


@dataclass(frozen=True)
class TableSample:
    """A table's name, its columns, and of each by place some filled cells."""

    name: str
    columns: Sequence[Column]
    cells: Mapping[int, Sequence[str]]

    @cached_property
    def rows(self) -> list[str]:
        """What the rows are, and what the table's columns hold by check digits and lists."""
        meaning = row_meaning(self.columns)
        held = {shown for column in self.columns for shown in _shown(column)}
        return [f"rows {name}" for name, holds in vars(meaning).items() if holds] + [
            f"with {each}" for each in sorted(held)
        ]


@dataclass(frozen=True)
class ColumnModel:
    """Rows of weights by feature; the first column is whether anybody must be asked, as far as the column
    tells by itself, the second the same where it is known of how many others that is so, and the others of
    what kind the question is."""

    kinds: tuple[str, ...]
    features: dict[str, int]
    weights: Weights
    bias: Weights

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> ColumnModel:
        with np.load(path) as file:
            features = {each: at for at, each in enumerate(list_names(file["features"]))}
            weights, bias = (file[name].astype(np.float32) for name in ("weights", "bias"))
            return cls(tuple(list_names(file["kinds"])), features, weights, bias)

    def save(self, path: Path = WEIGHTS) -> None:
        np.savez_compressed(
            path,
            kinds=pack_names(self.kinds),
            features=pack_names(self.features),
            weights=self.weights.astype(np.float16),
            bias=self.bias.astype(np.float16),
        )

    def score(self, features: set[str]) -> Weights:
        """The sums: whether to ask by itself, whether to ask in company, then each kind."""
        rows = [self.features[each] for each in features if each in self.features]
        total: Weights = self.weights[rows].sum(axis=0) + self.bias
        return total

    def ask(self, features: set[str]) -> tuple[str, float]:
        """The likeliest kind, and how strongly somebody must be asked: what speaks for any question and what
        speaks for this one, together; above nought the column is asked about."""
        sums = self.score(features)
        kind = int(sums[2:].argmax())
        return self.kinds[kind], float(sums[1] + sums[2 + kind])


@cache
def column_model() -> ColumnModel:
    """The one that is shipped."""
    return ColumnModel.load()


@dataclass(frozen=True)
class Heard:
    """The question of each column that somebody must decide about; and of every column how strongly it is
    asked about: above nought it is."""

    asked: dict[int, str]
    strength: dict[int, float]


def hear_columns(sample: TableSample, asked: Collection[int] = (), others: int = 0) -> Heard:
    """Listens to the columns with filled cells: to each by itself, and once more knowing how many others are
    personal: that have a question already (`asked`), or were heard, or are not here (`others`)."""
    model, heard, strengths = column_model(), dict[int, str](), dict[int, float]()
    features = {place: set(describe_column(sample, place)) for place, cells in sample.cells.items() if cells}
    personal = {*asked, *(place for place, each in features.items() if model.score(each)[0] > 0)}
    for place, each in features.items():
        kind, strengths[place] = model.ask(each | {describe_company(len(personal - {place}) + others)})
        if strengths[place] > 0:
            heard[place] = kind
    return Heard(heard, strengths)


def describe_company(personal: int) -> str:
    """The feature that tells how many other columns are personal."""
    return f"personal beside {min(personal, MANY)}"


def describe_column(sample: TableSample, place: int) -> Iterator[str]:
    """The features of a column."""
    words = _words(sample.columns[place].label)
    for word in words:
        yield f"label {word}"
        yield from (f"part {part}" for part in _parts(word))
    yield from (f"label {left} {right}" for left, right in pairwise(words))
    for other, column in enumerate(sample.columns):
        side = {-1: "before", 1: "after"}.get(other - place)
        for word in _words(column.label) if other != place else ():
            yield f"beside {word[:_BEGIN]}"
            if side:
                yield f"{side} {word[:_BEGIN]}"
    yield from (f"table {word[:_BEGIN]}" for word in _words(sample.name))
    yield from sample.rows
    yield from (f"holds {shown}" for shown in _shown(sample.columns[place]))
    cells = sample.cells.get(place, ())
    yield from _describe_cells([cells[at] for at in spread(np.arange(len(cells)), CELLS)])


def _shown(column: Column) -> Iterator[str]:
    """The counts of a column's evidence in which half of its cells are, and kinds of its words."""
    evidence = vars(column.evidence)
    yield from (name for name in _COUNTS if column.evidence.share(evidence[name]) >= HALF)
    yield from (kind for kind, share in column.evidence.kinds.items() if share >= HALF)


def _words(label: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return re.findall(r"[a-z0-9]+", in_plain_letters(spaced))


def _parts(word: str) -> Iterator[str]:
    whole = f"^{word}$"
    for size in (3, 4):
        yield from (whole[start : start + size] for start in range(len(whole) - size + 1))
    if len(word) > 3:
        yield f"^{word[:4]}~"


def _describe_cells(cells: Sequence[str]) -> Iterator[str]:
    if not cells:
        return
    counts = Counter(feature for cell in cells for feature in set(_describe_cell(cell)))
    for feature, count in counts.items():
        share = count / len(cells)
        if share >= SOMETIMES and (count > 1 or len(cells) < 4):
            yield f"{'many' if share > OFTEN else 'some'} {feature}"
    years = sorted(int(found[1]) for cell in cells if (found := _YEAR.search(cell)))
    if 2 * len(years) > len(cells):
        yield f"years {years[len(years) // 2] // 10}"
        yield f"years over {min(4, (years[-1] - years[0]) // 10)}"
    yield f"different {int(4 * len(set(cells)) / len(cells))}"
    lengths = sorted(len(_TOKEN.findall(cell)) for cell in cells)
    yield f"long {min(6, lengths[len(lengths) // 2])}"


def _describe_cell(cell: str) -> Iterator[str]:
    for text in _TOKEN.findall(cell)[:TOKENS]:
        token = describe_token(text)
        yield f"word {token.word}"
        yield from (f"mark {mark}" for mark in token.marks)
        if token.stem:
            yield f"word {token.stem}"
    shape = cell
    for signs, sign in _SIGNS:
        shape = signs.sub(sign, shape)
    if len(shape) < _SHAPE:
        yield f"shape {shape}"

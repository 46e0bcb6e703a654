"""Trains the classifier of cells (`validation/personal/classifier/model.py`) and says how well it hears.

    make train                                    # both classifiers, some five minutes
    .venv/bin/python -m benchmarks.personal.cells    # only measures: no set with what was learnt from it

The cells lie in `benchmarks/personal/corpus/cells/`, and in the columns of `benchmarks/gate_tables/` that
nobody is asked about. All persons in them are invented; `published.tsv` are sentences of published datasets
(works,
commitments, files of the Legislature, proposals, catalogues), which tell nothing of anybody and which an
earlier training found likely. A line is the set that the cell is of, its kind (or `-`), the part that is
personal, and the cell. Who wrote a set saw neither code nor lists.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.linear_model import LogisticRegression

from benchmarks.gate import TABLES, read_tables
from benchmarks.personal.features import count_features, number_features
from validation.personal.classifier.model import Classifier, Model
from validation.personal.classifier.tokens import (
    BEGIN,
    END,
    Stream,
    Token,
    canonical,
    describe_token,
    find_terms,
    read_tokens,
)
from validation.personal.identifiers import is_sentence
from validation.personal.kinds import TOLD_IN_WORDS

CELLS = Path(__file__).with_name("corpus") / "cells"
LEAST_WEIGHT = 0.1
"""What weighs less for every kind is left out."""
STRENGTH = 4.0
"""The inverse of the regularization: chosen by cross-validation over sets."""
FALSE, FALSE_OF_SENSITIVE = 0.001, 0.002
"""The share of innocent cells of whole tables that may be told as one kind: by it its threshold is set. What
is missed of a special category does more harm than a street that is taken for a name."""
ENOUGH = 0.98
"""The share of planted cells with which a kind is content, where fewer innocent ones are told for it."""
SENSITIVE = frozenset(TOLD_IN_WORDS) - {"name", "address", "birth-date", "child"}
"""The special categories (Ley 25.326, art. 2; Ley 1845, art. 3), and what somebody lives on."""
FOLDS = 6
ORDINARY = "set-"
"""How the names of the sources begin that are cells of whole tables."""

Feature = tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    source: str
    kind: str | None
    part: str
    text: str


def read_cells(path: Path = CELLS) -> list[Cell]:
    """All cells: those of the corpus in the order of the files' names, and those of `gate_tables/` that are
    in columns about which nobody is asked."""
    cells = [cell for file in sorted(TABLES.glob("*.txt")) for cell in _cells_of_gate(file)]
    for file in sorted(path.glob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            source, kind, part, text = line.split("\t")
            if is_sentence(text):
                cells.append(Cell(source, None if kind == "-" else kind, part, text.replace("\\n", "\n")))
    return cells


def _cells_of_gate(file: Path) -> Iterator[Cell]:
    for table in read_tables(file):
        for number, row in enumerate(table.rows, start=2):
            for label, text in zip(table.labels, row, strict=True):
                kinds = table.marks.get((number, label), frozenset())
                told = [kind for kind in TOLD_IN_WORDS if kind in kinds] or sorted(kinds)
                if label not in table.asks and is_sentence(text):
                    yield Cell(f"gate-{file.stem}", told[0] if told else None, "", text)


@dataclass(frozen=True)
class Sample:
    """A window of a cell: its features with how often they are there, and what it tells."""

    source: str
    kind: str | None
    features: dict[Feature, int]


def make_samples(cells: Sequence[Cell]) -> list[Sample]:
    """The windows of the cells; of a personal one those that hold its part, and those that are apart from it
    as innocent ones. The same features are there once for a kind."""
    stream = read_tokens(pa.array([cell.text for cell in cells], pa.string()))
    assert stream is not None
    reading = _Reading(stream)
    windows = list(_windows(stream))
    of_text: dict[int, tuple[int, int]] = {}
    for text, start, end in windows:
        of_text[text] = of_text.get(text, (start, end))[0], end
    samples: dict[object, Sample] = {}
    for text, start, end in windows:
        cell = cells[text]
        held = _overlap(stream, cell.part, of_text[text], (start, end)) if cell.kind and cell.part else True
        if held is None:
            continue
        kind, features = cell.kind if held else None, reading.describe(start, end)
        samples.setdefault((kind, tuple(sorted(features.items()))), Sample(cell.source, kind, features))
    return list(samples.values())


def _windows(stream: Stream) -> Iterator[tuple[int, int, int]]:
    """Of each window its text, its first token, and the one after its last."""
    ends = np.append(stream.blocks[1:], len(stream.codes))
    for block, wide, text in zip(stream.windows, stream.wide, stream.texts, strict=True):
        yield int(text), int(stream.blocks[block]), int(ends[block + 1 if wide else block])


def _overlap(stream: Stream, part: str, text: tuple[int, int], window: tuple[int, int]) -> bool | None:
    """Whether a window has a part, or most of it; None where it has a little of it, or nobody knows."""
    alone = read_tokens(pa.array([part], pa.string()))
    if alone is None:
        return None
    wanted = [alone.words[code] for code in alone.codes]
    there = [stream.words[code] for code in stream.codes[slice(*text)]]
    for at in range(len(there) - len(wanted) + 1):
        if there[at : at + len(wanted)] == wanted:
            start, end = text[0] + at, text[0] + at + len(wanted)
            common = min(end, window[1]) - max(start, window[0])
            return True if common > len(wanted) / 2 else False if common <= 0 else None
    return True if window == text else None


@dataclass
class _Reading:
    """The features of windows, as the classifier weighs them: words and pairs once in a block, marks once in
    a window."""

    stream: Stream

    def __post_init__(self) -> None:
        self.tokens = [describe_token(word) for word in map(canonical, self.stream.words)]
        self.blocks = set(self.stream.blocks.tolist())
        self.terms: dict[int, list[str]] = {}
        for place, sort in find_terms(self.stream):
            self.terms.setdefault(place, []).append(sort)

    def describe(self, start: int, end: int) -> dict[Feature, int]:
        counts: Counter[Feature] = Counter()
        marks: set[Feature] = set()
        once: set[object] = set()
        for place in range(start, end):
            if place in self.blocks:
                once = set()
            token = self._token(place)
            marks.update(("mark", mark) for mark in (*token.marks, *self.terms.get(place, ())))
            if token not in once:
                counts.update(("word", word) for word in (token.word, token.stem) if word)
            pairs = set(self._pairs(place)) - once
            counts.update(pairs)
            once |= {token, *pairs}
        return {**counts, **dict.fromkeys(marks, 1)}

    def _token(self, place: int) -> Token:
        return self.tokens[self.stream.codes[place]]

    def _pairs(self, place: int) -> Iterator[Feature]:
        look = self._token(place).look
        yield "pair", BEGIN if self.stream.begins[place] else self._token(place - 1).look, look
        if self.stream.ends[place]:
            yield "pair", look, END


def train(samples: Sequence[Sample]) -> Model:
    """Without thresholds. What speaks for a kind, and what speaks for telling anything of anybody, are
    learnt apart and added up: "la paciente" is heard beside any illness, faith, or home."""
    features = number_features(sample.features for sample in samples)
    matrix = count_features([sample.features for sample in samples], features)
    weights = np.zeros((len(features), len(TOLD_IN_WORDS)), np.float32)
    bias = np.zeros(len(TOLD_IN_WORDS), np.float32)
    kinds = np.array([sample.kind or "" for sample in samples])
    in_words = (kinds == "") | np.isin(kinds, TOLD_IN_WORDS)  # that a number is somebody's, patterns see
    telling = [(list(range(len(TOLD_IN_WORDS))), in_words, kinds != "")]
    all_of_them = np.ones(len(kinds), np.bool_)
    telling += [([at], all_of_them, kinds == kind) for at, kind in enumerate(TOLD_IN_WORDS)]
    for columns, some, wanted in telling:
        fitted = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=1000, random_state=0)
        fitted.fit(matrix[np.flatnonzero(some)], wanted[some])
        weights[:, columns] += fitted.coef_.T
        bias[columns] += fitted.intercept_
    heavy = np.abs(weights).max(axis=1) >= LEAST_WEIGHT
    kept = {feature: at for feature, at in features.items() if heavy[at]}
    return _model(kept, weights, bias)


def _model(
    features: dict[Feature, int], weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]
) -> Model:
    words = [f for f in features if f[0] == "word"]
    marks = [f for f in features if f[0] == "mark"]
    pairs = [f for f in features if f[0] == "pair"]
    looks = {look: at for at, look in enumerate(sorted({look for f in pairs for look in f[1:]}))}
    numbers = np.array([looks[left] * len(looks) + looks[right] for _pair, left, right in pairs], np.int64)
    order = np.argsort(numbers)
    return Model(
        TOLD_IN_WORDS,
        bias,
        {f[1]: at for at, f in enumerate(words)},
        weights[[features[f] for f in words]],
        {f[1]: at for at, f in enumerate(marks)},
        weights[[features[f] for f in marks]],
        looks,
        numbers[order],
        weights[[features[f] for f in pairs]][order],
    )


def cross_validate(cells: Sequence[Cell], samples: Sequence[Sample]) -> npt.NDArray[np.float32]:
    """The scores of each cell by a model that learnt nothing from its source: cells × kinds."""
    scores = np.full((len(cells), len(TOLD_IN_WORDS)), -np.inf, np.float32)
    sources = sorted({cell.source for cell in cells})
    for fold in range(FOLDS):
        left_out = set(sources[fold::FOLDS])
        model = train([sample for sample in samples if sample.source not in left_out])
        places = [at for at, cell in enumerate(cells) if cell.source in left_out]
        texts = pa.array([cells[at].text for at in places], pa.string())
        scores[places] = Classifier(model).score(texts)
    return scores


def find_thresholds(cells: Sequence[Cell], scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """For each kind the score above which it is told: no more than its share of innocent cells of whole
    tables, nor more than the share ENOUGH of planted ones; cells that were written to mislead are not
    counted."""
    ordinary = np.array([cell.source.startswith(ORDINARY) for cell in cells])
    kinds = np.array([cell.kind or "" for cell in cells])
    innocent = ordinary & (kinds == "")
    thresholds = []
    for at, kind in enumerate(TOLD_IN_WORDS):
        share = FALSE_OF_SENSITIVE if kind in SENSITIVE else FALSE
        highest = np.sort(scores[innocent, at])[::-1][int(share * innocent.sum())]
        thresholds.append(max(highest, np.quantile(scores[ordinary & (kinds == kind), at], 1 - ENOUGH)))
    return np.array(thresholds, np.float32)


def report(cells: Sequence[Cell], scores: npt.NDArray[np.float32]) -> Iterator[str]:
    """Of each source how much is heard, and how much falsely; scores as they would be told."""
    told = (scores > 0).any(axis=1)
    for source in sorted({cell.source for cell in cells}):
        mine = np.array([cell.source == source for cell in cells])
        planted = mine & np.array([cell.kind in TOLD_IN_WORDS for cell in cells])
        innocent = mine & np.array([cell.kind is None for cell in cells])
        yield (
            f"{source}: {told[planted].sum()} of {planted.sum()} planted,"
            f" {told[innocent].sum()} of {innocent.sum()} innocent"
        )


def main() -> None:
    cells = read_cells()
    samples = make_samples(cells)
    scores = cross_validate(cells, samples)
    thresholds = find_thresholds(cells, scores)
    print(*report(cells, scores - thresholds), sep="\n")
    if sys.argv[1:] == ["train"]:
        model = train(samples)
        replace(model, bias=model.bias - thresholds).save()


if __name__ == "__main__":
    main()

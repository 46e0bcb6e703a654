"""Trains the classifier of columns (`validation/personal/classifier/columns.py`) and says how well it hears.

    .venv/bin/python -m benchmarks.personal.columns    # only measures; `train` writes the weights, too

The tables lie in `benchmarks/personal/corpus/columns/` and `benchmarks/gate_tables/`, all persons in them
invented: of each column its label, the kind of the question that it asks for (or null; `?` where nobody
said), and some cells.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from benchmarks.gate import TABLES, read_tables
from benchmarks.personal.features import count_features, number_features
from validation.personal.classifier.columns import (
    ColumnModel,
    TableSample,
    describe_column,
    describe_company,
)
from validation.personal.evidence import weigh_samples
from validation.personal.questions import find_questions
from validation.personal.rows import Column

Floats = npt.NDArray[np.float32]
COLUMNS = Path(__file__).with_name("corpus") / "columns"
STRENGTH = 1.0
"""The inverse of the regularization: chosen by cross-validation over sets."""
FALSE = 0.007
"""The share of innocent columns of ordinary sets that may be asked about: by it the threshold is set."""
ORDINARY = "set-"
"""How the names of the sources begin that were not written to mislead."""
FOLDS = 8
"""Of the sources: what is measured, and what is learnt of company, is of models that did not see them."""


@dataclass(frozen=True)
class Known:
    """A column, what it is asked about, its features, and whether it is asked about by rules."""

    source: str
    table: str
    label: str
    kind: str | None
    features: frozenset[str]
    ruled: bool


def read_columns(path: Path = COLUMNS) -> list[Known]:
    """All columns of which somebody said what they are: those of the corpus in the order of the files' names,
    and those of `gate_tables/`."""
    known: list[Known] = []
    for file in sorted(path.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            table = json.loads(line)
            asks = {at: each["asks"] for at, each in enumerate(table["columns"]) if each["asks"] != "?"}
            columns = {each["label"]: each["cells"] for each in table["columns"]}
            known += _describe(table["source"], table["table"], columns, asks)
    for file in sorted(TABLES.glob("*.txt")):
        for table in read_tables(file):
            cells = zip(*table.rows, strict=True)
            columns = {
                label: list(filter(None, there)) for label, there in zip(table.labels, cells, strict=True)
            }
            asks = {at: table.asks.get(label) for at, label in enumerate(table.labels)}
            asks = {at: None if kind == "office" else kind for at, kind in asks.items()}
            known += _describe(f"gate-{file.stem}", table.title, columns, asks)
    return known


def _describe(
    source: str, title: str, cells: dict[str, list[str]], asks: dict[int, str | None]
) -> Iterator[Known]:
    by_place = dict(enumerate(cells.values()))
    seen = weigh_samples({at: (there, len(there)) for at, there in by_place.items()})
    columns = [Column(at, label, "", seen[at]) for at, label in enumerate(cells)]
    ruled = {each.place for each in find_questions(columns) if each.kind != "office-contact"}
    for place, kind in asks.items():
        if by_place[place]:
            features = frozenset(describe_column(TableSample(title, columns, by_place), place))
            yield Known(source, title, columns[place].label, kind, features, place in ruled)


@dataclass(frozen=True)
class Sums:
    """Of each column by models that learnt from other sources how strongly it is asked about, and whether it
    is asked about the right kind."""

    strength: Floats
    right: npt.NDArray[np.bool_]


def train(columns: Sequence[Known], alone: Floats) -> ColumnModel:
    """Without a threshold: it asks where it is likelier than not that somebody must decide. `alone` is of
    each column its sum by a model that did not learn from it: what is learnt of company is learnt from what
    will be heard, and not from what is known."""
    beside = add_company(columns, alone)
    names = number_features(beside)
    kinds = sorted({column.kind for column in columns if column.kind})
    asked = [column.kind is not None for column in columns]
    wanted = [asked, *([column.kind == kind for column in columns] for kind in kinds)]
    fitted = [_fit(_matrix([column.features for column in columns], names), asked)]
    fitted += [_fit(_matrix(beside, names), each) for each in wanted]
    weights = np.stack([each.coef_[0] for each in fitted], axis=1).astype(np.float32)
    bias = np.array([each.intercept_[0] for each in fitted], np.float32)
    return ColumnModel(tuple(kinds), names, weights, bias)


def _fit(matrix: csr_matrix, wanted: Sequence[bool]) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0).fit(matrix, wanted)


def add_company(columns: Sequence[Known], alone: Floats) -> list[frozenset[str]]:
    """The features of each column, and how many others of its table have a question by rules or by their sum
    alone."""
    personal = Counter[tuple[str, str]]()
    mine = [column.ruled or sum_ > 0 for column, sum_ in zip(columns, alone, strict=True)]
    for column, told in zip(columns, mine, strict=True):
        personal[column.source, column.table] += told
    return [
        column.features | {describe_company(personal[column.source, column.table] - told)}
        for column, told in zip(columns, mine, strict=True)
    ]


def _matrix(features: Sequence[frozenset[str]], names: dict[str, int]) -> csr_matrix:
    return count_features([dict.fromkeys(each, 1) for each in features], names)


def sum_alone(columns: Sequence[Known]) -> Floats:
    """Of each column its sum by itself, by a model that learnt nothing from its source."""
    sums = np.zeros(len(columns), np.float32)
    names = number_features(column.features for column in columns)
    matrix = _matrix([column.features for column in columns], names)
    wanted = np.array([column.kind is not None for column in columns])
    for mine in _folds(columns):
        sums[mine] = _fit(matrix[~mine], wanted[~mine]).decision_function(matrix[mine])
    return sums


def cross_validate(columns: Sequence[Known], alone: Floats) -> Sums:
    """What is heard of each column by a model that learnt nothing from its source."""
    strength, right = np.zeros(len(columns), np.float32), np.zeros(len(columns), np.bool_)
    beside = add_company(columns, alone)
    for mine in _folds(columns):
        others = np.flatnonzero(~mine)
        model = train([columns[at] for at in others], alone[others])
        for at in np.flatnonzero(mine):
            kind, strength[at] = model.ask(set(beside[at]))
            right[at] = kind == columns[at].kind
    return Sums(strength, right)


def _sources(columns: Sequence[Known]) -> Iterator[npt.NDArray[np.bool_]]:
    """For each source, which columns are its."""
    sources = np.array([column.source for column in columns])
    for source in np.unique(sources):
        yield sources == source


def _folds(columns: Sequence[Known]) -> Iterator[npt.NDArray[np.bool_]]:
    """For each fold, which columns are of its sources."""
    sources = list(_sources(columns))
    for fold in range(FOLDS):
        yield np.any(sources[fold::FOLDS], axis=0)


def find_threshold(columns: Sequence[Known], strength: Floats) -> float:
    """The strength above which the share FALSE of innocent columns is asked about."""
    ordinary = [column.kind is None and column.source.startswith(ORDINARY) for column in columns]
    innocent = np.sort(strength[ordinary])[::-1]
    return float(innocent[int(FALSE * len(innocent))])


def report(columns: Sequence[Known], sums: Sums, threshold: float) -> Iterator[str]:
    """Of each source how many columns are asked about by the classifier, and with the rules; of how many; how
    many of these are rightly named; and how many are asked about falsely."""
    told = sums.strength > threshold
    asked = told | np.array([column.ruled for column in columns])
    wanted = np.array([column.kind is not None for column in columns])
    for mine in _sources(columns):
        there, free = mine & wanted, mine & ~wanted
        source = columns[int(mine.argmax())].source
        yield (
            f"{source}: {(told & there).sum()}, with rules {(asked & there).sum()}"
            f" of {there.sum()} ({(told & there & sums.right).sum()} by their kind);"
            f" {(told & free).sum()}, with rules {(asked & free).sum()} of {free.sum()} innocent"
        )


def main() -> None:
    columns = read_columns()
    alone = sum_alone(columns)
    sums = cross_validate(columns, alone)
    threshold = find_threshold(columns, sums.strength)
    print(f"threshold {threshold:.2f}", *report(columns, sums, threshold), sep="\n")
    if sys.argv[1:] == ["train"]:
        model = train(columns, alone)
        model.bias[1] -= threshold
        model.save()


if __name__ == "__main__":
    main()

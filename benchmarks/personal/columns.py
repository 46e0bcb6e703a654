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
from validation.personal.classifier.columns import ColumnModel, TableSample, describe_column
from validation.personal.evidence import weigh_samples
from validation.personal.rows import Column

COLUMNS = Path(__file__).with_name("corpus") / "columns"
STRENGTH = 1.0
"""The inverse of the regularization: chosen by cross-validation over sets."""
LEAST = 2
"""Columns in which a feature is, so that it is learnt."""
FALSE = 0.004
"""The share of innocent columns of ordinary sets that may be asked about: by it the threshold is set."""
ORDINARY = "set-"
"""How the names of the sources begin that were not written to mislead."""


@dataclass(frozen=True)
class Known:
    """A column, what it is asked about, and its features."""

    source: str
    name: str
    kind: str | None
    features: frozenset[str]


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
    sample = TableSample(title, [Column(at, label, "", seen[at]) for at, label in enumerate(cells)], by_place)
    for place, kind in asks.items():
        if by_place[place]:
            name = f"{title}.{sample.columns[place].label}"
            yield Known(source, name, kind, frozenset(describe_column(sample, place)))


def train(columns: Sequence[Known]) -> ColumnModel:
    """Without a threshold: it asks where it is likelier than not that somebody must decide."""
    seen = Counter(feature for column in columns for feature in column.features)
    features = {each: at for at, each in enumerate(sorted(f for f, n in seen.items() if n >= LEAST))}
    matrix = _matrix(columns, features)
    kinds = sorted({column.kind for column in columns if column.kind})
    wanted = [[column.kind is not None for column in columns]]
    wanted += [[column.kind == kind for column in columns] for kind in kinds]
    fitted = [
        LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0).fit(matrix, each)
        for each in wanted
    ]
    weights = np.stack([each.coef_[0] for each in fitted], axis=1).astype(np.float32)
    bias = np.array([each.intercept_[0] for each in fitted], np.float32)
    return ColumnModel(tuple(kinds), features, weights, bias)


def _matrix(columns: Sequence[Known], features: dict[str, int]) -> csr_matrix:
    places = [[features[each] for each in column.features if each in features] for column in columns]
    ends = np.cumsum([0, *map(len, places)])
    flat = [place for each in places for place in sorted(each)]
    return csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(columns), len(features)))


def cross_validate(columns: Sequence[Known]) -> npt.NDArray[np.float32]:
    """Of each column the sums by a model that learnt from all other sources."""
    sums: list[npt.NDArray[np.float32] | None] = [None] * len(columns)
    for source in sorted({column.source for column in columns}):
        model = train([column for column in columns if column.source != source])
        for at, column in enumerate(columns):
            if column.source == source:
                each = model.score(set(column.features))
                sums[at] = np.array([each[0], model.kinds[int(each[1:].argmax())] == column.kind], np.float32)
    return np.stack([each for each in sums if each is not None])


def find_threshold(columns: Sequence[Known], scores: npt.NDArray[np.float32]) -> float:
    """The score above which the share FALSE of innocent columns is asked about; never below nought."""
    ordinary = [column.kind is None and column.source.startswith(ORDINARY) for column in columns]
    innocent = np.sort(scores[ordinary])[::-1]
    return max(0.0, float(innocent[int(FALSE * len(innocent))]))


def report(columns: Sequence[Known], scores: npt.NDArray[np.float32]) -> Iterator[str]:
    """Of each source how many columns are asked about, of how many, how many rightly named, and how many
    falsely."""
    told = scores[:, 0] > 0
    for source in sorted({column.source for column in columns}):
        mine = np.array([column.source == source for column in columns])
        wanted = np.array([column.kind is not None for column in columns])
        asked, right = told & mine & wanted, scores[:, 1] > 0
        yield (
            f"{source}: {asked.sum()} of {(mine & wanted).sum()} ({(asked & right).sum()} by their kind),"
            f" {(told & mine & ~wanted).sum()} of {(mine & ~wanted).sum()} innocent"
        )


def main() -> None:
    columns = read_columns()
    scores = cross_validate(columns)
    threshold = find_threshold(columns, scores[:, 0])
    print(f"threshold {threshold:.2f}", *report(columns, scores - [threshold, 0]), sep="\n")
    if sys.argv[1:] == ["train"]:
        model = train(columns)
        model.bias[0] -= threshold
        model.save()


if __name__ == "__main__":
    main()

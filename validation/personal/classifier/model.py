"""The classifier: for each kind of personal data, weights of words, of marks and of neighbours, summed up
over the windows of a text; a kind is told where its sum in one of them is above nought.

`benchmarks/personal/cells.py` trains it, and writes the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from validation.personal.classifier.tokens import (
    BEGIN,
    END,
    Places,
    Stream,
    Token,
    canonical,
    describe_token,
    find_terms,
    read_tokens,
)

Weights = npt.NDArray[np.float32]
WEIGHTS = Path(__file__).with_name("weights.npz")
KNOWN_WORDS = 200_000
"""Tokens whose weights are kept in mind."""


@dataclass(frozen=True)
class Model:
    """Rows of weights, a column a kind: of `words` and stems by their place, of `marks` by theirs, of
    neighbours in the order of `pairs`, which are left · len(looks) + right by the places of the two looks."""

    kinds: tuple[str, ...]
    bias: Weights
    words: dict[str, int]
    word_weights: Weights
    marks: dict[str, int]
    mark_weights: Weights
    looks: dict[str, int]
    pairs: Places
    pair_weights: Weights

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Model:
        with np.load(path) as file:
            names = {name: list_names(file[name]) for name in ("kinds", "words", "marks", "looks")}
            weights = {name: file[name].astype(np.float32) for name in ("bias", "word", "mark", "pair")}
            pairs = file["pairs"]
        places = {name: {each: at for at, each in enumerate(names[name])} for name in names}
        return cls(
            tuple(names["kinds"]),
            weights["bias"],
            places["words"],
            weights["word"],
            places["marks"],
            weights["mark"],
            places["looks"],
            pairs,
            weights["pair"],
        )

    def save(self, path: Path = WEIGHTS) -> None:
        """Weights keep three digits; the file is the same whenever they are."""
        names = {"kinds": self.kinds, "words": self.words, "marks": self.marks, "looks": self.looks}
        weights = {
            "bias": self.bias,
            "word": self.word_weights,
            "mark": self.mark_weights,
            "pair": self.pair_weights,
        }
        arrays: dict[str, Any] = {name: pack_names(each) for name, each in names.items()}
        arrays |= {name: each.astype(np.float16) for name, each in weights.items()}
        np.savez_compressed(path, pairs=self.pairs, **arrays)


def pack_names(names: Iterable[str]) -> npt.NDArray[np.uint8]:
    """Names as bytes, one a line: numpy's own texts have the room of the longest."""
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def list_names(packed: npt.NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode().split("\n")


def again(keys: Places) -> npt.NDArray[np.bool_]:
    """Whether the same key stood before."""
    _keys, first = np.unique(keys, return_index=True)
    repeated = np.ones(len(keys), np.bool_)
    repeated[first] = False
    return repeated


@dataclass
class Classifier:
    """A model, and what it has found out of the tokens it met: the sum of the weights of each one's word and
    stem, the place of its look (or -1), its marks as bits; tokens that are described alike are one."""

    model: Model
    _known: dict[str, int] = field(default_factory=dict)
    _tokens: dict[Token, int] = field(default_factory=dict)
    _sums: list[Weights] = field(default_factory=list)
    _looks: list[int] = field(default_factory=list)
    _marks: list[npt.NDArray[np.uint8]] = field(default_factory=list)

    def score(self, texts: pa.Array, near: float = np.inf) -> Weights:
        """Of each text (in plain signs) its highest sum for each kind: texts × kinds; in a window no kind
        counts whose sum is not as `near` to the highest one there."""
        best = np.full((len(texts), len(self.model.kinds)), -np.inf, np.float32)
        stream = read_tokens(texts)
        if stream is not None:
            sums = self._score_windows(stream)
            sums[sums < sums.max(axis=1, keepdims=True) - near] = -np.inf
            np.maximum.at(best, stream.texts, sums)
        return best

    def _score_windows(self, stream: Stream) -> Weights:
        if len(self._known) > KNOWN_WORDS:  # before any row is taken: what is taken must stay
            for kept in (self._known, self._tokens, self._sums, self._looks, self._marks):
                kept.clear()
        rows = [self._row(word) for word in map(canonical, stream.words)]
        sums = np.stack([self._sums[row] for row in rows])[stream.codes]
        block = stream.block_of_tokens()
        sums[again(block * len(self._sums) + np.array(rows)[stream.codes])] = 0
        looks = np.array([self._looks[row] for row in rows], np.int64)[stream.codes]
        marks = np.stack([self._marks[row] for row in rows])[stream.codes]
        self._add_pairs(sums, stream, looks, block)
        blocks = np.add.reduceat(sums, stream.blocks)
        held = np.bitwise_or.reduceat(marks, stream.blocks)
        for token, sort in find_terms(stream):
            if (mark := self.model.marks.get(sort)) is not None:
                held[block[token], mark // 8] |= np.uint8(128 >> mark % 8)
        windows, second = stream.windows, stream.windows[stream.wide] + 1
        total, there = blocks[windows], held[windows]
        total[stream.wide] += blocks[second]
        there[stream.wide] |= held[second]
        bits = np.unpackbits(there, axis=1, count=len(self.model.marks)).astype(np.float32)
        result: Weights = total + bits @ self.model.mark_weights + self.model.bias
        return result

    def _add_pairs(self, sums: Weights, stream: Stream, looks: Places, block: Places) -> None:
        """Adds to each token the weights of the pair with the one before it, and of the last with the end."""
        begin, end = (self.model.looks.get(look, -1) for look in (BEGIN, END))
        before = np.append(np.int64(begin), looks[:-1])
        before[stream.begins] = begin
        self._add_weights(sums, np.arange(len(looks)), before, looks, block)
        last = np.flatnonzero(stream.ends)
        self._add_weights(sums, last, looks[last], np.full(len(last), end), block[last])

    def _add_weights(self, sums: Weights, tokens: Places, left: Places, right: Places, block: Places) -> None:
        pairs = self.model.pairs
        wanted = np.where((left >= 0) & (right >= 0), left * len(self.model.looks) + right, -1)
        places = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
        found = pairs[places] == wanted
        found[again(np.where(found, block * len(pairs) + places, -1 - np.arange(len(found))))] = False
        sums[tokens[found]] += self.model.pair_weights[places[found]]

    def _row(self, word: str) -> int:
        if word not in self._known:
            token = describe_token(word)
            if token not in self._tokens:
                self._tokens[token] = self._learn(token)
            self._known[word] = self._tokens[token]
        return self._known[word]

    def _learn(self, token: Token) -> int:
        model = self.model
        places = [
            place for each in (token.word, token.stem) if (place := model.words.get(each or "")) is not None
        ]
        bits = np.zeros(len(model.marks), np.uint8)
        bits[[place for each in token.marks if (place := model.marks.get(each)) is not None]] = 1
        self._sums.append(model.word_weights[places].sum(axis=0))
        self._looks.append(model.looks.get(token.look, -1))
        self._marks.append(np.packbits(bits))
        return len(self._sums) - 1


@dataclass(frozen=True)
class Verdict:
    """The kinds that a text tells, and whether it is so far from telling any that no rule is believed of
    it."""

    kinds: frozenset[str]
    innocent: bool


INNOCENT = -3.0
"""Where the highest sum of a text is below, it says nothing of anybody in words, whatever rules tell
(docs/benchmarks.md)."""
NEAR = 3.0
"""That somebody is spoken of speaks for every kind: only those are told that are so near to the likeliest.
Of cells planted for tests and told at all, 99 in 100 are told by their own kind so, and 6 in 100 by a further
one."""
AT_ONCE = 20_000
"""Texts that are weighed together, so that a column of any length takes little memory."""


@cache
def classifier() -> Classifier:
    """The one that is shipped."""
    return Classifier(Model.load())


_ALIKE = ((r"[0-9]{3}", "999"), (r"999[0-9]{2}\b", "99999"), (r"999[0-9]\b", "9999"))
"""What is the same in texts that are weighed alike: of a longer number only its length counts."""


def may_tell(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether each text, in plain signs, tells something personal of somebody."""
    for digits, alike in _ALIKE:
        texts = pc.replace_substring_regex(texts, digits, alike)
    encoded = texts.dictionary_encode()
    told = np.asarray((_weigh(encoded.dictionary) > 0).any(axis=1), np.bool_)
    result: npt.NDArray[np.bool_] = told[encoded.indices.to_numpy(zero_copy_only=False)]
    return result


def judge_texts(texts: Sequence[str]) -> list[Verdict]:
    """What each text, in plain signs, tells."""
    kinds = np.array(classifier().model.kinds)
    scores = _weigh(pa.array(texts, pa.string()), NEAR)
    return [Verdict(frozenset(kinds[sums > 0].tolist()), bool(sums.max() < INNOCENT)) for sums in scores]


def _weigh(texts: pa.Array, near: float = np.inf) -> Weights:
    """The scores of any number of texts."""
    starts = range(0, max(len(texts), 1), AT_ONCE)
    return np.concatenate([classifier().score(texts.slice(start, AT_ONCE), near) for start in starts])

"""Of the many texts of a long column a few that stand for all: those written alike are counted and rewritten
together, by Arrow, and only the others one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Codes = np.ndarray[Any, np.dtype[np.int16]]
LONG = 20_000
"""Different texts of a column from which on those written alike are taken together."""
FIRST, FIRST_STRANGE = 2_000, 7_000
"""So many texts of a column, and of those that are not plainly of its type, always speak for themselves: ways
of writing are first tried on them."""
FEW_ALIKE = 100
"""As many texts that are written alike speak for themselves as well: they may be slips."""


class Shapes(Protocol):
    """Which texts of a type are written alike: under each way of writing all of those that have one code
    read, or none does, and they are published by one rule."""

    def classify(self, texts: pa.Array) -> Codes:
        """Of each text its code; -1 for texts that are like no others."""

    def rewrite(self, texts: pa.Array, way: str) -> pa.Array:
        """Texts that have codes, as they are published where they are written in this `way`."""


@dataclass(frozen=True)
class Sample:
    """The different texts of a column. `cells` has of each how often it stands there, in their order, or one
    text for all that are written alike; `alike` has those: by that one text, their code and their places."""

    texts: pa.Array
    counts: np.ndarray[Any, Any]
    cells: Mapping[str, int]
    shapes: Shapes | None = None
    alike: Mapping[str, tuple[int, np.ndarray[Any, Any]]] = field(default_factory=dict)

    def rewriting(self, written: Mapping[str, str], way: str) -> Mapping[str, str]:
        """What becomes of all texts where a way makes of those of `cells` what is `written`."""
        changed = {text: published for text, published in written.items() if published != text}
        codes = frozenset(self.alike[text][0] for text in changed if text in self.alike)
        if self.shapes is None or not codes:
            return changed
        own = {text: published for text, published in changed.items() if text not in self.alike}
        return Rewriting(own, codes, self.shapes, way)

    def published(self, written: Mapping[str, str], way: str) -> tuple[pa.Array, np.ndarray[Any, Any]]:
        """All texts that a way reads as they are then published, in their order, and how often each stands in
        the column."""
        own = pa.array([text for text in written if text not in self.alike], pa.string())
        places = [pc.index_in(own, value_set=self.texts).to_numpy().astype(np.int64)]
        texts = [pa.array([written[text] for text in own.to_pylist()], pa.string())]
        for text in written.keys() & self.alike.keys():
            assert self.shapes is not None
            _code, those = self.alike[text]
            places.append(those)
            texts.append(self.shapes.rewrite(self.texts.take(pa.array(those)), way))
        every = np.concatenate(places)
        order = np.argsort(every, kind="stable")
        return pa.concat_arrays(texts).take(pa.array(order)), self.counts[every[order]]


@dataclass(frozen=True)
class Rewriting(Mapping[str, str]):
    """What becomes of a column's texts: `own` has single ones, and those whose code is one of `codes` are
    published as `way` has it."""

    own: Mapping[str, str]
    codes: frozenset[int]
    shapes: Shapes
    way: str

    def apply(self, texts: pa.Array) -> pa.Array:
        codes = np.isin(self.shapes.classify(texts), list(self.codes))
        alike, others = np.flatnonzero(codes), np.flatnonzero(~codes)
        rewritten = self.shapes.rewrite(texts.take(pa.array(alike)), self.way)
        single = _replace_single(texts.take(pa.array(others)), self.own)
        order = np.argsort(np.concatenate([alike, others]), kind="stable")
        return pa.concat_arrays([rewritten, single]).take(pa.array(order))

    def __getitem__(self, text: str) -> str:
        (published,) = self.apply(pa.array([text], pa.string())).to_pylist()
        if published == text:
            raise KeyError(text)
        return str(published)

    def __iter__(self) -> Iterator[str]:
        return iter(self.own)

    def __len__(self) -> int:
        return len(self.own) + len(self.codes)


def replace_texts(texts: pa.Array, changed: Mapping[str, str] | None) -> pa.Array:
    """The texts of a column with what becomes of them; null stays null."""
    if not changed:
        return texts
    return changed.apply(texts) if isinstance(changed, Rewriting) else _replace_single(texts, changed)


def add_texts(changed: Mapping[str, str], more: Mapping[str, str]) -> Mapping[str, str]:
    """What becomes of a column's texts, with more of them."""
    if isinstance(changed, Rewriting):
        return replace(changed, own={**changed.own, **more})
    return {**changed, **more}


def _replace_single(texts: pa.Array, changed: Mapping[str, str]) -> pa.Array:
    among = pc.is_in(texts, value_set=pa.array(list(changed), pa.string()))
    if not pc.any(among, min_count=0).as_py():
        return texts
    published = [changed[text] for text in texts.filter(among).to_pylist()]
    return pc.replace_with_mask(texts, among, pa.array(published, pa.string()))


def count_texts(cells: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray[Any, Any]]:
    """The different texts in the order in which they first stand there, and how often each does."""
    counted = pc.value_counts(cells)
    return counted.field("values"), counted.field("counts").to_numpy()


def sample_texts(
    texts: pa.Array, counts: np.ndarray[Any, Any], strange: pa.Array, shapes: Shapes | None
) -> Sample:
    """A sample of different texts: all of them, or of many one for those that are written alike. `strange`
    says of each whether it is not plainly of the column's type."""
    if shapes is None or len(texts) <= LONG:
        return Sample(texts, counts, dict(zip(texts.to_pylist(), counts.tolist(), strict=True)))
    odd = strange.to_numpy(zero_copy_only=False)
    codes = shapes.classify(texts)
    keys = np.where(codes < 0, -1, codes.astype(np.int32) * 2 + odd)
    keys[:FIRST] = -1
    keys[np.flatnonzero(odd)[:FIRST_STRANGE]] = -1
    single, many = [np.flatnonzero(keys == -1)], {}
    for key in np.unique(keys[keys >= 0]).tolist():
        places = np.flatnonzero(keys == key)
        if len(places) > FEW_ALIKE:
            many[int(places[0])] = key // 2, places
        else:
            single.append(places)
    chosen = np.sort(np.concatenate([*single, np.array(list(many), np.int64)]))
    names = texts.take(pa.array(chosen)).to_pylist()
    times = [
        int(counts[many[place][1]].sum()) if place in many else int(counts[place])
        for place in chosen.tolist()
    ]
    alike = {text: many[place] for text, place in zip(names, chosen.tolist(), strict=True) if place in many}
    return Sample(texts, counts, dict(zip(names, times, strict=True)), shapes, alike)

"""With which words a column says yes and no."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.dataset.text import fold_text
from pipelines.read.detect.verdict import WritingGuess, choose_writing

PAIRS = [
    ("si", "no"),
    ("s", "n"),
    ("verdadero", "falso"),
    ("v", "f"),
    ("yes", "no"),
    ("y", "n"),
    ("true", "false"),
    ("t", "f"),
    ("1", "0"),
]
WHOLE_WORDS = {
    word: said for pair in PAIRS for word, said in zip(pair, ("true", "false"), strict=True) if len(word) > 1
}
"""Words that say one thing in whatever company."""


def guess_booleans(cells: Mapping[str, int]) -> WritingGuess | None:
    """With which words the cells say yes and no: those of one pair, or whole words of several."""
    fits = {}
    for says in (*({yes: "true", no: "false"} for yes, no in PAIRS), WHOLE_WORDS):
        texts = {text: says[word] for text in cells if (word := fold_text(text)) in says}
        said = {
            each: [text for text, published in texts.items() if published == each]
            for each in set(texts.values())
        }
        if texts:
            way = (f"{each}Values: [{', '.join(said[each])}]" for each in ("true", "false") if each in said)
            fits[", ".join(way)] = texts
    return choose_writing("booleans", fits, cells, str)

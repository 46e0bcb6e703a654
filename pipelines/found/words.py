"""Words that stand for true, false, or for no data."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.found.verdict import Verdict, judged
from pipelines.texts import folded

PAIRS = [("si", "no"), ("s", "n"), ("verdadero", "falso"), ("v", "f"), ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("1", "0")]
NO_DATA = {
    *("nd", "n/d", "n.d.", "na", "n/a", "n.a.", "sd", "s/d", "s.d.", "s/datos", "null", "none", "nan", "#n/d", "#n/a", "#¡nulo!", "#null!"),
    *("sin dato", "sin datos", "no disponible", "(en blanco)", "-", "--", "---", "–", "—", ""),
}


def means_no_data(text: str) -> bool:
    """Whether a cell says, in a table's way, that there is no data."""
    return len(text) < 20 and text.strip().casefold() in NO_DATA


def booleans(cells: Mapping[str, int]) -> Verdict | None:
    """With which words the cells say yes and no."""
    fits = {}
    for yes, no in PAIRS:
        says = {yes: "true", no: "false"}
        texts = {text: says[word] for text in cells if (word := folded(text)) in says}
        if texts:
            words = {said: [text for text, published in texts.items() if published == said] for said in ("true", "false")}
            fits[", ".join(f"{said}Values: [{', '.join(found)}]" for said, found in words.items() if found)] = texts
    return judged("booleans", fits, cells, str)

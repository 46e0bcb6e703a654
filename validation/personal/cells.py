"""The kinds of personal data in cells: what the rules find, and what the classifier hears, together."""

from __future__ import annotations

from collections.abc import Sequence

from validation.personal.classifier.model import judge_texts
from validation.personal.identifiers import find_kinds, in_plain_signs, is_sentence
from validation.personal.kinds import TOLD_IN_WORDS

NAMED_OF_PLACES = frozenset(("name", "address"))
"""What a column of streets and institutions has of its own."""


def find_kinds_in_cells(texts: Sequence[str], *, of_place: bool = False) -> list[set[str]]:
    """The kinds of personal data in each cell: those of `find_kinds`, and what the classifier hears. What is
    said in words, with no number of anybody beside it, is not believed where the classifier hears nothing
    at all. `of_place`: as in `find_kinds`."""
    found = [find_kinds(text, of_place=of_place) for text in texts]
    worded = [at for at, text in enumerate(texts) if is_sentence(text)]
    verdicts = judge_texts([in_plain_signs(texts[at]) for at in worded])
    for at, verdict in zip(worded, verdicts, strict=True):
        if verdict.innocent and found[at].issubset(TOLD_IN_WORDS):
            found[at].clear()
        else:
            found[at] |= verdict.kinds - (NAMED_OF_PLACES if of_place else frozenset())
    return found

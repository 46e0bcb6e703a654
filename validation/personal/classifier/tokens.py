"""Texts as one stream of tokens, cut into sentences and these into windows; and what is known of a token by
itself: its word, its stem, its writing, and the sorts of words (`terms.txt`) that it is one of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from validation.personal.names import is_given_name, surnames
from validation.personal.terms import sorts_of_word, terms_of_words
from validation.personal.triggers import in_plain_letters

Places = npt.NDArray[np.int64]

BLOCK = 14
"""Tokens of a block; a window is two of them, so that what is said far apart is not heard together."""
STEM = 5
LOUD, LOUD_WORDS = 0.7, 4
"""A sentence of at least so many longer words, of which more than this share have capitals, is in capitals
as a whole."""
BEGIN, END = "^", "$"
"""Stand for what is before the first token of a sentence, and after the last."""
_ENDS = frozenset(";!?¡¿¶")
_LONG_ENOUGH = 4
"""Letters of a word after which a full stop ends a sentence: after fewer it shortens the word."""


_CODE = r"[0-9]+[A-Za-z][0-9A-Za-z]{14,}|[A-Za-z]+[0-9][0-9A-Za-z]{14,}"
"""Hashes and the like: one sign, and not what letters and digits in them make by chance."""


@dataclass(frozen=True)
class Token:
    """`word` in small letters without accents, or how many digits it has (`#8`); `look` is what its
    neighbours see of it: names and capitals by their kind, other words themselves; `marks` are told once in a
    window, however often they are there."""

    word: str
    stem: str | None
    look: str
    marks: tuple[str, ...]


def describe_token(text: str) -> Token:
    """What is known of a token: letters, digits, or one other sign."""
    if text.isdecimal():
        return Token(
            f"#{len(text)}", None, f"#{len(text)}", sorts_of_word(text if len(text) < 6 else "99999")
        )
    word = in_plain_letters(text)
    if not text[0].isalpha():
        return Token(word, None, word, ())
    capitals = word.upper()
    writing = "C" if text.isupper() and len(text) > 1 else "T" if text[0].isupper() else ""
    listed = ("g" if is_given_name(capitals) else "") + ("s" if capitals in surnames() else "")
    look = f"<{writing}{listed}>" if writing or listed else word
    marks = ((look,) if look != word else ()) + sorts_of_word(word)
    return Token(word, word[:STEM] + "~" if len(word) > STEM + 1 else None, look, marks)


def canonical(text: str) -> str:
    """The same for all tokens that are described alike: numbers of three digits and more."""
    return "9" * len(text) if len(text) > 2 and text.isdecimal() else text


@dataclass(frozen=True)
class Stream:
    """All tokens of some texts: of each its place among the different `words`, whether it begins and ends a
    sentence. Blocks are runs of tokens by their first; a window is a block and, in the same sentence, the
    next: `windows` has the first block of each, `wide` whether there is a second, `texts` whose it is."""

    words: Sequence[str]
    codes: Places
    begins: npt.NDArray[np.bool_]
    ends: npt.NDArray[np.bool_]
    blocks: Places
    windows: Places
    wide: npt.NDArray[np.bool_]
    texts: Places

    def block_of_tokens(self) -> Places:
        """Of each token the number of its block."""
        first = np.zeros(len(self.codes), np.int64)
        first[self.blocks[1:]] = 1
        numbers: Places = np.cumsum(first)
        return numbers


def read_tokens(texts: pa.Array) -> Stream | None:
    """The tokens of texts in plain signs; nothing if there are none."""
    spaced = pc.replace_substring(pc.fill_null(texts, ""), "\n", " ¶ ")
    spaced = pc.replace_substring_regex(spaced, _CODE, " § ")
    spaced = pc.replace_substring_regex(spaced, r"([^\pL0-9\s])", r" \1 ")
    spaced = pc.replace_substring_regex(spaced, r"([0-9])(\pL)", r"\1 \2")
    spaced = pc.replace_substring_regex(spaced, r"(\pL)([0-9])", r"\1 \2")
    split = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(spaced))
    lengths = pc.list_value_length(split).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = split.flatten()
    filled = pc.greater(pc.binary_length(flat), 0).to_numpy(zero_copy_only=False)
    owner = np.repeat(np.arange(len(texts)), lengths)[filled]
    if not len(owner):
        return None
    encoded = flat.filter(pa.array(filled)).dictionary_encode()
    words = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return _cut(words, codes, owner)


def _cut(words: Sequence[str], codes: Places, owner: Places) -> Stream:
    """Into sentences, blocks and windows; `owner` is of each token its text."""
    begins = _begin_sentences(words, codes, owner)
    starts = np.flatnonzero(begins)
    sentence = np.cumsum(begins) - 1
    words, codes = _quieten(words, codes, sentence)
    place = np.arange(len(codes)) - starts[sentence]
    blocks = np.flatnonzero(place % BLOCK == 0)
    of_block = sentence[blocks]
    follows = np.append(of_block[1:] == of_block[:-1], False)
    windows = np.flatnonzero(follows | (place[blocks] == 0))
    return Stream(
        words,
        codes,
        begins,
        np.append(begins[1:], True),
        blocks,
        windows,
        follows[windows],
        owner[blocks[windows]],
    )


def _begin_sentences(words: Sequence[str], codes: Places, owner: Places) -> npt.NDArray[np.bool_]:
    stop, ends, letters, capital = (
        np.array([rule(word) for word in words], np.bool_)[codes]
        for rule in (
            lambda word: word == ".",
            _ENDS.__contains__,
            lambda word: word.isdecimal() or (len(word) >= _LONG_ENOUGH and word.isalpha()),
            lambda word: word[0].isupper(),
        )
    )
    full = np.zeros(len(codes), np.bool_)
    full[1:-1] = stop[1:-1] & letters[:-2] & (owner[:-2] == owner[1:-1]) & capital[2:]
    begins = np.ones(len(codes), np.bool_)
    begins[1:] = (ends | full)[:-1] | (owner[1:] != owner[:-1])
    return begins


def _quieten(words: Sequence[str], codes: Places, sentence: Places) -> tuple[Sequence[str], Places]:
    """In small letters what stands in a sentence nearly all of whose words begin with a capital: there it
    tells no name."""
    told = np.array([len(word) > 2 and word.isalpha() for word in words], np.bool_)[codes]
    large = told & np.array([word[0].isupper() for word in words], np.bool_)[codes]
    count, capitals = np.bincount(sentence, told), np.bincount(sentence, large)
    loud = (large & ((count >= LOUD_WORDS) & (capitals > LOUD * count))[sentence]).nonzero()[0]
    if not len(loud):
        return words, codes
    places = {word: place for place, word in enumerate(words)}
    some = np.unique(codes[loud])
    quiet = np.arange(len(words))
    quiet[some] = [places.setdefault(words[code].lower(), len(places)) for code in some.tolist()]
    codes = codes.copy()
    codes[loud] = quiet[codes[loud]]
    return list(places), codes


def find_terms(stream: Stream) -> list[tuple[int, str]]:
    """Of the terms of more than one word that are there, within a sentence, the place of the first token and
    the sort."""
    known, begun = _begun_terms()
    words = [in_plain_letters(word) for word in stream.words]
    ids = np.array([known.get(word, -1) for word in words], np.int64)
    spoken = np.array([word[0].isalnum() for word in words], np.bool_)[stream.codes]
    tokens = np.flatnonzero(spoken)
    sentence = np.cumsum(stream.begins)[tokens]
    there = ids[stream.codes[tokens]]
    together = (there[:-1] >= 0) & (there[1:] >= 0) & (sentence[:-1] == sentence[1:])
    pairs = np.where(together, there[:-1] * len(known) + there[1:], -1)
    found: list[tuple[int, str]] = []
    for at in np.flatnonzero(np.isin(pairs, begun)).tolist():
        lead = (words[stream.codes[tokens[at]]], words[stream.codes[tokens[at + 1]]])
        for rest, sort in terms_of_words()[lead]:
            after = slice(at + 2, at + 2 + len(rest))
            said = [words[code] for code in stream.codes[tokens[after]]]
            if said == rest and (sentence[after] == sentence[at]).all():
                found.append((int(tokens[at]), sort))
    return found


@cache
def _begun_terms() -> tuple[dict[str, int], Places]:
    """The words with which terms begin or go on, by place, and the pairs with which they begin."""
    known: dict[str, int] = {}
    for pair in terms_of_words():
        for word in pair:
            known.setdefault(word, len(known))
    return known, np.array([known[lead] * len(known) + known[word] for lead, word in terms_of_words()])

"""What Arrow casts at once is what the proofs say: the same texts, the same values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.fast import proof
from validation.fast.blocks import count_rows
from validation.fast.keys import KeysSeen, text_keys
from validation.fast.proof import Texts

NUMBERS = st.text("0123456789.-", max_size=6)
ODD = st.sampled_from(
    ["", " 1", "1e5", "0x1F", "+1", "nan", "inf", "-", ".", "-.", "1.", ".5", "--1", "1-1", "١"]
)
DATES = st.from_regex(r"[012]?[0-9]{3}-[01][0-9]-[0-3][0-9]", fullmatch=True)
TIMES = st.from_regex(r"[ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z?", fullmatch=True)
SHAPES = st.sampled_from(
    ["2020-01-01T10+03:00", "2020-01-01", "0000-01-01", "2021-02-29", "2020-1-01 010:00:00"]
)


def slow_numbers(texts, values):
    """The same proof without a cast at its start: with a group that no text has."""
    return proof.numbers(".", "_", True)(texts, values)


CASES = {
    "integer": (proof.integers, proof.prove_integers, NUMBERS | ODD),
    "number": (proof.numbers(".", "", True), slow_numbers, NUMBERS | ODD),
    "date": (proof.dates, proof.prove_dates, DATES | SHAPES | ODD),
    "datetime": (
        proof.datetimes,
        proof.prove_datetimes,
        st.builds(str.__add__, DATES, TIMES) | DATES | SHAPES | ODD,
    ),
}


@pytest.mark.parametrize("case", list(CASES))
@given(st.data())
def test_what_arrow_casts_is_what_is_proven(case, data):
    quick, slow, texts = CASES[case]
    usual = data.draw(st.lists(texts, max_size=12))
    array = pa.array(usual * data.draw(st.sampled_from([1, 3])), pa.string())
    found, wanted = quick(Texts(array), True), slow(Texts(array), True)
    assert found.proven.tolist() == wanted.proven.tolist()
    proven = found.proven
    assert found.values[proven].tolist() == wanted.values[proven].tolist()
    assert found.values.dtype == wanted.values.dtype


@given(st.lists(st.text("aáb1", max_size=5), max_size=30), st.integers(0, 5))
def test_a_text_has_one_key_whatever_stands_beside_it(texts, more):
    texts = texts + ["abc"] * more
    keys = text_keys(Texts(pa.array(texts, pa.string()))).tolist()
    assert keys == [int(text_keys(Texts(pa.array([text], pa.string())))[0]) for text in texts]


@given(st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=5))
def test_rows_that_share_a_key_are_found_in_whatever_blocks_they_stand(blocks):
    seen, first = KeysSeen(), 1
    for block in blocks:
        seen.add(np.arange(first, first + len(block)), np.array(block, np.uint64))
        first += len(block)
    every = [key for block in blocks for key in block]
    shared = [row for row, key in enumerate(every, 1) if every.count(key) > 1]
    assert seen.shared_rows().tolist() == shared


@given(
    st.lists(st.sampled_from(['"a\n"', '"a"', "b", '"x ""y""\n\n"', ""]), min_size=1, max_size=9),
    st.booleans(),
)
def test_lines_within_quotes_are_no_rows(cells, ends):
    data = ("\n".join(f"{cell};1" for cell in cells) + ("\n" if ends else "")).encode()
    assert count_rows(data) == len(cells)

"""A file's name in a command that is proposed is typed so that nothing of it runs."""

from __future__ import annotations

import shlex

import pytest

from pipelines.dataset.file_names import typed_name


@pytest.mark.parametrize(
    "name",
    [
        "obras mayo.csv",
        "a; rm -rf $HOME.csv",
        "$(touch x).csv",
        "d'Orléans.csv",
        'a"b.csv',
        "a&b|c.csv",
        "*.csv",
    ],
)
def test_a_name_is_one_word_for_the_shell(name: str):
    assert shlex.split(f"vereda submit obras {typed_name(name)}") == ["vereda", "submit", "obras", name]


@pytest.mark.parametrize("name", ["a`touch x`.csv", "a\nb.csv", "a\x1b[2J.csv", "a\u202eb.csv"])
def test_what_cannot_be_seen_or_shown_is_not_typed(name: str):
    assert typed_name(name) == "FILE"


def test_a_name_is_no_option_and_a_plain_one_stays():
    assert typed_name("--help") == "./--help"
    assert typed_name("planilla.csv") == "planilla.csv"
    assert typed_name("niñez-2024.csv") == "'niñez-2024.csv'"

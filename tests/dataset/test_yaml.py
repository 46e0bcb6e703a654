"""Declarations are read by libyaml where it surely reads what PyYAML reads, and their faults are told in the
same words whichever met them first."""

from __future__ import annotations

import os
import random

import pytest
import yaml

from pipelines.dataset.yaml_text import (
    DeclarationLoader,
    SuiteLoader,
    YamlFault,
    _construct,
    _is_ordinary,
    parse_yaml,
)
from tests.support.paths import DATASETS

TEXTS = [path.read_text("utf-8") for path in sorted(DATASETS.glob("*/*.yaml"))]
EXAMPLES = int(os.environ.get("TEST_EXAMPLES", "300"))
SIGNS = [
    *(
        ":",
        ": ",
        "- ",
        "-",
        "{",
        "}",
        "[",
        "]",
        ",",
        "#",
        " #",
        '"',
        "'",
        "&a ",
        "*a",
        "|",
        ">",
        "%",
        "@",
        "`",
    ),
    *("\n", "\n  ", "\n\n", "  ", " ", "---", "...", "<<: *a", "\\", "é", "ñ", "~", "null", "|-\n", ">+\n"),
    *("'/?p=1'", ", 'x?-?'", ': "!x:»"', '["?', "'y', \"/?"),
    *(
        "2020-01-01",
        "0x1f",
        "1_000",
        "yes",
        "=",
        "%YAML 1.1\n",
        '"\\x41"',
        "\xa0",
        "?",
        "!",
        "\t",
        "\r\n",
        "😀",
    ),
]


def spoil(chance: random.Random) -> str:
    """A part of a declaration, with signs put in, taken out, or repeated elsewhere."""
    lines = chance.choice(TEXTS).split("\n")
    start = chance.randrange(len(lines))
    text = "\n".join(lines[start : start + chance.randint(3, 25)])
    for _change in range(chance.randint(0, 4)):
        place, kind = chance.randrange(len(text) + 1), chance.random()
        if kind < 0.6:
            text = text[:place] + chance.choice(SIGNS) + text[place:]
        elif kind < 0.8:
            text = text[:place] + text[place + chance.randint(1, 5) :]
        else:
            other = chance.randrange(len(text) + 1)
            text = text[:place] + text[other : other + chance.randint(1, 30)] + text[place:]
    return text


def read_slowly(text: str, loader: type[SuiteLoader]) -> object:
    return _construct(loader(text))


@pytest.mark.parametrize("part", range(4))
def test_libyaml_reads_what_pyyaml_reads(part, monkeypatch):
    """Where both read a text, they read the same; where libyaml does not, PyYAML is asked. Seldom libyaml
    reads what PyYAML refuses: `{a: b?c}`."""
    chance, read, lenient = random.Random(part), 0, 0
    for _example in range(EXAMPLES):
        text = spoil(chance)
        quick = outcome_of(text)
        with monkeypatch.context() as slowly:
            slowly.setattr("pipelines.dataset.yaml_text._is_ordinary", lambda _text: False)
            slow = outcome_of(text)
        read += _is_ordinary(text) and isinstance(quick, dict)
        if is_no_yaml(slow) and not is_no_yaml(quick):
            lenient += 1
        else:
            assert repr(quick) == repr(slow), text
    assert read > EXAMPLES / 10
    assert lenient <= EXAMPLES / 100


def is_no_yaml(outcome: object) -> bool:
    return isinstance(outcome, str) and "no es YAML" in outcome


def outcome_of(text: str) -> object:
    try:
        return parse_yaml(text.encode(), DeclarationLoader)
    except YamlFault as fault:
        return str(fault)


def test_declarations_are_read_by_libyaml():
    """All but the few that write a question mark where PyYAML might take it for a key."""
    assert sum(map(_is_ordinary, TEXTS)) > 0.98 * len(TEXTS)
    for text in TEXTS:
        assert parse_yaml(text.encode(), SuiteLoader) == read_slowly(text, SuiteLoader)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_what_is_nested_too_deeply_does_not_end_the_process(opening):
    with pytest.raises(YamlFault):
        parse_yaml((opening * 100_000).encode(), SuiteLoader)


@pytest.mark.parametrize("text", ['a: !!int ""', "a: !!bool maybe", "a: !!timestamp soon", "a: !!float x"])
def test_a_tag_that_does_not_fit_is_a_fault_of_the_text(text):
    with pytest.raises(YamlFault) as found:
        parse_yaml(text.encode(), SuiteLoader)
    assert "is not YAML" in str(found.value) or "no es YAML" in str(found.value)


def test_a_key_that_is_given_twice_is_told_with_its_line():
    with pytest.raises(YamlFault) as found:
        parse_yaml(b"a: 1\nb: 2\na: 3\n", SuiteLoader)
    assert "3" in found.value.place
    assert isinstance(found.value.__cause__, yaml.YAMLError)

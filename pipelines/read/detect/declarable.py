"""What to declare so that the cells of a column are read as they are meant: only what does read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from frictionless import Field
from pydantic import ValidationError

from pipelines.dataset.layout import Writing
from pipelines.dataset.yaml_text import DeclarationLoader, YamlFault, parse_yaml
from pipelines.read.detect.verdict import NEARLY, WritingGuess
from pipelines.read.repair import CellWriting

LOOKED_AT, MOST_FORMATS = 100, 4


def ways_to_declare(verdict: WritingGuess, schema: Mapping[str, Any]) -> list[str]:
    """Of the ways in which a column may be meant those that can be declared, so that they then read its
    cells: with years of two digits where they have two, and with what else stands between the numbers."""
    field = {key: value for key, value in schema.items() if key != "constraints"}
    found: dict[str, None] = {}
    for way in (verdict.value, *verdict.others):
        expected = verdict.texts if way == verdict.value else {}
        texts = list(islice(expected or verdict.in_question, LOOKED_AT))
        exact = _exact_way(way, texts, expected, field)
        if exact is not None:
            found[exact] = None
    return list(found)


def _exact_way(
    way: str, texts: Sequence[str], expected: Mapping[str, str], field: Mapping[str, Any]
) -> str | None:
    """The way, or the same with the formats of these texts; None where neither reads nearly all of them."""
    enough = NEARLY * len(texts)
    reads = _Reader(way, field)
    if sum(reads(text, expected.get(text)) for text in texts) >= enough:
        return way
    readers: dict[str, _Reader] = {}
    formats: dict[str, None] = {}
    read = 0
    for text in texts if way.startswith("format:") else ():
        for format in (*formats, *_formats_of(way, text)):
            if format not in readers:
                readers[format] = _Reader(f'format: "{format}"', field)
            if readers[format](text, expected.get(text)):
                formats[format] = None
                read += 1
                break
    if not 0 < len(formats) <= MOST_FORMATS or read < enough:
        return None
    several = ", ".join(f'"{format}"' for format in formats)
    return f"format: {several}" if len(formats) == 1 else f"format: [{several}]"


def _formats_of(way: str, text: str) -> Iterator[str]:
    """The formats of a way, as they stand and as this text writes them: its numbers in their order, and
    between them what it has there."""
    for format in re.findall(r'"([^"]*)"', way):
        yield format
        signs, numbers = re.findall(r"%\w", format), re.findall(r"\d+", text)
        if "%M" in signs and "%S" not in signs and len(numbers) > len(signs):
            signs.append("%S")
        if "%S" in signs and len(numbers) > len(signs):
            signs.append("%f")
        if len(signs) == len(numbers) and "%p" not in signs:
            between = re.split(r"\d+", text.strip())
            fitting = [
                "%y" if sign == "%Y" and len(number) == 2 else sign
                for sign, number in zip(signs, numbers, strict=True)
            ]
            yield "".join(part + sign for part, sign in zip(between, [*fitting, ""], strict=True))


class _Reader:
    """Whether a cell is read by a way once that is declared, and as it is expected to be."""

    def __init__(self, way: str, field: Mapping[str, Any]):
        self.field, self.writing = Field.from_descriptor(dict(field)), None
        self.is_number = field.get("type") in ("number", "integer")
        try:
            declared = Writing.model_validate(parse_yaml(f"{{{way}}}".encode(), DeclarationLoader))
        except (ValidationError, YamlFault):
            return
        self.writing = CellWriting(field, declared)

    def __call__(self, text: str, expected: str | None) -> bool:
        if self.writing is None:
            return False
        read = self.writing.translate(text)
        if expected is not None:
            return read == expected
        return not self.field.read_cell(read)[1] and (self.is_number or read != text)

"""JSON read piece by piece: a file of any size takes the room of its largest row. Numbers stay as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from messages import gettext as _
from pipelines.grid import Unreadable

BLOCK = 1 << 16
DEPTH = 50
SPACE = re.compile(r"[ \t\n\r]*")
Element = tuple[str, int | None, Any]


class Number(str):
    """A number, as it is written."""

    __slots__ = ()


class Twice(ValueError):
    """An object has two values under one name."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _value in pairs]
        raise Twice(next(name for name in names if names.count(name) > 1))
    return made


DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number, object_pairs_hook=_object)


class Scanner:
    """The arrays in a JSON text, element by element; `longest` is how many characters an element may have."""

    def __init__(self, file: TextIO, longest: int):
        self.file, self.longest = file, longest
        self.text, self.at, self.ended = "", 0, False
        self.before = 0

    def elements(self) -> Iterator[Element]:
        """Each element of each outermost array of objects, with the array's path and its place there; of an empty array its path
        and None. A text that is an array of arrays gives these. Raises Unreadable where the JSON ends or is none."""
        if self._next() == "\ufeff":
            self.at += 1
        yield from self._within("$", 0)
        if self._next():
            raise self.wrong()

    def _within(self, path: str, depth: int) -> Iterator[Element]:
        first = self._next()
        if depth > DEPTH:
            raise too_deep()
        if first == "{":
            for name in self._members():
                yield from self._within(path + step(name), depth + 1)
        elif first == "[":
            yield from self._array(path)
        else:
            self._value()

    def _members(self) -> Iterator[str]:
        """The names of an object's members; whoever asks for the next one has read the value."""
        self._take("{")
        if self._next() == "}":
            self.at += 1
            return
        while True:
            if self._next() != '"':
                raise self.wrong()
            name = self._value()
            self._take(":")
            yield name
            if self._next() == "}":
                self.at += 1
                return
            self._take(",")

    def _array(self, path: str) -> Iterator[Element]:
        self._take("[")
        first = self._next()
        if first == "]":
            self.at += 1
            yield path, None, None
            return
        rows = first == "{" or (first == "[" and path == "$")
        place = 0
        while True:
            element = self._value()
            if rows:
                yield path, place, element
            place += 1
            if self._next() == "]":
                self.at += 1
                return
            self._take(",")

    def _next(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            self.at = SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self._more()

    def _take(self, letter: str) -> None:
        if self._next() != letter:
            raise self.wrong()
        self.at += 1

    def _more(self) -> None:
        """Reads on, each time as much as is waiting already: what is tried again and again is so only twice as long in all."""
        self.before += self.at
        block = self.file.read(max(BLOCK, len(self.text) - self.at))
        self.text, self.at, self.ended = self.text[self.at :] + block, 0, not block

    def _value(self) -> Any:
        if not self._next():
            raise self.wrong()
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
                if end < len(self.text) or self.ended:  # else a number may go on
                    self.at = end
                    return value
            except Twice as error:
                raise Unreadable("source-error", _("an object has two values under {name!r}", name=str(error)[:80])) from error
            except RecursionError as error:
                raise too_deep() from error
            except ValueError as error:
                if self.ended:
                    raise self.wrong() from error
            if len(self.text) - self.at > self.longest:
                note = _("the JSON goes wrong at character {n}, or a value there is longer than a row may be", n=self.before + self.at + 1)
                raise Unreadable("source-error", note)
            self._more()

    def wrong(self) -> Unreadable:
        """What is told of a text that ends too soon, or is no JSON at this place."""
        if self.ended and len(self.text) - self.at < self.longest:
            note = _("the JSON was cut off, or goes wrong after character {n}; ask for the extract again", n=self.before + self.at)
            return Unreadable("source-error", note)
        note = _("the JSON goes wrong at character {n}; export it again", n=self.before + self.at + 1)
        return Unreadable("source-error", note)


def step(name: str) -> str:
    """A member's name as part of a path (RFC 9535): .monto, ['a b']."""
    return f".{name}" if re.fullmatch(r"[^\W\d]\w*", name) else f"[{json.dumps(name, ensure_ascii=False)}]"


def flat(value: dict[str, Any], above: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The members of an object, those of objects in it under `a.b`; raises Unreadable where they nest too deep."""
    if depth > DEPTH:
        raise too_deep()
    for name, member in value.items():
        if isinstance(member, dict):
            yield from flat(member, f"{above}{name}.", depth + 1)
        else:
            yield above + name, member


def written(value: Any) -> str:
    """A value as the text of a cell: nothing for null, lists as JSON."""
    return "" if value is None else value if type(value) is str else _json(value)


def _json(value: Any, depth: int = 0) -> str:
    if depth > DEPTH:
        raise too_deep()
    match value:
        case Number():
            return str(value)
        case list():
            return "[" + ", ".join(_json(each, depth + 1) for each in value) + "]"
        case dict():
            return "{" + ", ".join(f"{_json(name)}: {_json(each, depth + 1)}" for name, each in value.items()) + "}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def too_deep() -> Unreadable:
    return Unreadable("source-error", _("the JSON nests more than {n} deep; hand in the rows alone", n=DEPTH))

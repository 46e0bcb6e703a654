"""How an ODS shows its cells: its styles for numbers and dates, written as the codes that Excel has for
them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pipelines.read.forms.sheet_look import Attributes, parse_part

NUMBER = "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0 "
STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
KINDS = ("number-style", "currency-style", "percentage-style", "date-style", "time-style", "text-style")
LONG = {
    "day": ("d", "dd"),
    "month": ("m", "mm"),
    "year": ("yy", "yyyy"),
    "hours": ("h", "hh"),
    "minutes": ("m", "mm"),
    "seconds": ("s", "ss"),
    "day-of-week": ("ddd", "dddd"),
}
"""Parts of days and hours, short and long."""
TEXTS = ("text", "currency-symbol", "embedded-text")
ALONE = {"fraction": "#/?", "text-content": "@", "am-pm": "AM/PM"}
"""Parts whose look does not matter."""


class _BodyBegins(Exception):
    """All styles stand before it."""


@dataclass
class _DataStyle:
    """A style for values, as a code without its other sections; `sections` are those, by their conditions.
    `counts`: its hours go on beyond a day's."""

    kind: str
    counts: bool = False
    code: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Styles:
    """The styles of a document as far as they were read: of cells by name the style of their values, and of
    what cell's style they are a variety."""

    values: dict[str, _DataStyle] = field(default_factory=dict)
    cells: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    open: _DataStyle | None = None
    digits: str = ""
    text: list[str] = field(default_factory=list)
    inserted: list[tuple[int, str]] = field(default_factory=list)

    def start(self, parser: Any, tag: str, attributes: Attributes) -> None:
        if tag == "body":
            raise _BodyBegins
        if tag == "style" and attributes.get(f"{STYLE}family") == "table-cell":
            names = (attributes.get(f"{STYLE}{key}") for key in ("data-style-name", "parent-style-name"))
            value, parent = names
            self.cells[attributes.get(f"{STYLE}name", "")] = (value, parent)
        elif tag in KINDS:
            counts = attributes.get(f"{NUMBER}truncate-on-overflow") == "false"
            self.open = self.values[attributes.get(f"{STYLE}name", "")] = _DataStyle(tag, counts)
        elif self.open is None:
            return
        elif tag == "map":
            condition = attributes.get(f"{STYLE}condition", "").removeprefix("value()")
            self.open.sections.append((condition, attributes.get(f"{STYLE}apply-style-name", "")))
        elif tag == "number":
            self.digits, self.inserted = _digits(attributes), []
        elif tag in TEXTS:
            self.text = []
            self.inserted += [(int(attributes.get(f"{NUMBER}position", 0)), "")] * (tag == "embedded-text")
            parser.CharacterDataHandler = self.text.append
        else:
            part = _power(attributes) if tag == "scientific-number" else ALONE.get(tag, "")
            part = part or _part_of_day(tag, attributes)
            self.open.code += f"[{part}]" if self.open.counts and tag == "hours" else part

    def finish(self, parser: Any, tag: str) -> None:
        if tag in KINDS:
            self.open = None
        if self.open is None:
            return
        said = "".join(self.text)
        if tag == "text":
            self.open.code += _quoted(said, percent=self.open.kind == "percentage-style")
        elif tag == "currency-symbol":
            self.open.code += f"[${said}]"
        elif tag == "embedded-text" and self.inserted:
            self.inserted[-1] = (self.inserted[-1][0], said)
        elif tag == "number":
            self.open.code += _insert(self.digits, self.inserted)
        if tag in TEXTS:
            parser.CharacterDataHandler = None
            self.text = []

    def code(self, name: str) -> str:
        """The code of a style for values; "" where it has none."""
        style = self.values.get(name)
        if style is None:
            return ""
        parts = [
            f"[{condition}]{self.values[other].code}"
            for condition, other in style.sections[: 3 if style.kind == "text-style" else 2]
            if other in self.values
        ]
        return ";".join([*parts, style.code])

    def cell_codes(self) -> Iterator[tuple[str, str]]:
        """The styles of cells, with the code of their values."""
        for name in self.cells:
            style: str | None = name
            for _generation in range(10):
                value, parent = self.cells.get(style or "", (None, None))
                if value is not None:
                    yield name, self.code(value)
                    break
                style = parent


def cell_formats(packed: zipfile.ZipFile) -> dict[str, str]:
    """By the names of cells' styles how they show numbers, days and hours, in Excel's codes."""
    styles = _Styles()
    for part in ("styles.xml", "content.xml"):
        if part in packed.namelist():
            with suppress(_BodyBegins):
                parse_part(packed, part, styles.start, styles.finish)
    return {name: code for name, code in styles.cell_codes() if code}


def _digits(attributes: Attributes) -> str:
    """The placeholders of a number."""
    least, decimals = (attributes.get(f"{NUMBER}{key}") for key in ("min-integer-digits", "decimal-places"))
    if decimals is None and least in (None, "1") and f"{NUMBER}display-factor" not in attributes:
        return "General"
    whole = "0" * min(int(least or 0), 30) or "#"
    if attributes.get(f"{NUMBER}grouping") == "true":
        padded = whole.rjust(4, "#")
        whole = f"{padded[:-3]},{padded[-3:]}"
    many = min(int(decimals or 0), 30)
    kept = min(int(attributes.get(f"{NUMBER}min-decimal-places", many)), many)
    point = "." + "0" * kept + "#" * (many - kept) if many else ""
    factor = attributes.get(f"{NUMBER}display-factor", "1").partition(".")[0]
    return whole + point + "," * (max(0, len(factor) - 1) // 3)


def _power(attributes: Attributes) -> str:
    """The placeholders of a number with its power of ten."""
    digits = _digits(attributes)
    width = int(attributes.get(f"{NUMBER}min-exponent-digits", 2))
    return f"{'0' if digits == 'General' else digits}E+{'0' * max(1, min(width, 5))}"


def _part_of_day(tag: str, attributes: Attributes) -> str:
    short, long = LONG.get(tag, ("", ""))
    part = long if attributes.get(f"{NUMBER}style") == "long" else short
    named = tag == "month" and attributes.get(f"{NUMBER}textual") == "true"
    return ("mmmm" if part == "mm" else "mmm") if named else part


def _insert(digits: str, inserted: list[tuple[int, str]]) -> str:
    """The placeholders with texts between them, each so many places before the point."""
    if not inserted:
        return digits
    whole, point, decimals = digits.partition(".")
    texts = dict(inserted)
    places = list(whole.replace(",", "").rjust(max(texts) + 1, "#"))
    written = [f"{_quoted(texts.get(len(places) - at, ''))}{place}" for at, place in enumerate(places)]
    return "".join(written) + point + decimals


def _quoted(text: str, *, percent: bool = False) -> str:
    if percent and "%" in text:
        before, _sign, after = text.partition("%")
        return f"{_quoted(before)}%{_quoted(after)}"
    return f'"{text.replace(chr(34), "")}"' if text.replace('"', "") else ""

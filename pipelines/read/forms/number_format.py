"""How a workbook shows a number: percent, a code with zeros before it, an amount of some currency, words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

from pipelines.read.detect.numbers import UNITS, find_currency, find_measure, find_scale

BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
}
"""Formats that a workbook names by number alone (ECMA-376, part 1, 18.8.30), without dates and fractions."""
EXACT = Context(prec=1_000, rounding=ROUND_HALF_UP)
"""Holds any number that a cell can."""
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)(?:"|$)|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.'
    r"|(?P<general>General)|(?P<sign>.)",
    re.DOTALL | re.IGNORECASE,
)
BETWEEN = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=) ?(-?\d+(?:\.\d+)?)\]")
PLACES = ("0", "#", "?")


@dataclass(frozen=True)
class Section:
    """One way in which a format shows numbers: `parts` are the texts and placeholders (0, #, ?) before the
    point, `decimals` the placeholders after it, `after` the text behind; `currency` and `measure` are what it
    names, `thousands` how often what it shows is divided by 1,000, `scale` a word that says so. `general`: it
    shows the number as it is, where a place is."""

    parts: tuple[str, ...] = ()
    decimals: str = ""
    after: str = ""
    percent: bool = False
    grouped: bool = False
    currency: str | None = None
    measure: str | None = None
    thousands: int = 0
    scale: str | None = None
    general: bool = False

    @property
    def has_places(self) -> bool:
        return self.general or bool(self.decimals) or any(part in PLACES for part in self.parts)

    @property
    def pads(self) -> bool:
        """Whether it shows a code: zeros before it, or signs between its digits."""
        ends = [place for place, part in enumerate(self.parts) if part in PLACES]
        digits = [self.parts[place] for place in ends]
        zeros = len(digits) - digits.index("0") if "0" in digits else 0
        between = len(digits) > 1 and ends[-1] - ends[0] + 1 > len(digits)
        return not self.decimals and not self.percent and (zeros > 1 or between)

    @property
    def has_words(self) -> bool:
        """Whether letters or digits stand beside the number that are none of its own and name no
        currency, or stand for it."""
        beside = (*(part for part in self.parts if part not in PLACES), self.after)
        if not self.has_places:
            return any(beside)
        return not self.currency and any(sign.isalnum() for text in beside for sign in text)

    @property
    def is_digits(self) -> bool:
        """Whether it shows whole numbers with zeros before them, and nothing else."""
        return set(self.parts) == {"0"} and not (
            self.decimals or self.after or self.percent or self.grouped or self.thousands or self.general
        )

    def show(self, value: Decimal, *, thousands: bool = False, sign: bool = True) -> str:
        """The number as a sheet shows it."""
        if self.general:
            plain = format(value if sign else value.copy_abs(), "f")
            return "".join(plain if part == "0" else part for part in self.parts) + self.after
        value = (value * 100 if self.percent else value).scaleb(-3 * self.thousands, EXACT)
        value = value.quantize(Decimal(1).scaleb(-len(self.decimals)), context=EXACT)
        whole, _point, decimals = format(value.copy_abs(), "f").partition(".")
        optional = len(self.decimals) - len(self.decimals.rstrip("#?"))
        while optional and decimals.endswith("0"):
            decimals, optional = decimals[:-1], optional - 1
        digits = self._show_whole(whole)
        if thousands and self.grouped:
            digits = re.sub(r"\d+", lambda run: f"{int(run[0]):,}", digits, count=1)
        shown = ("-" if sign and value < 0 else "") + digits + ("." + decimals if decimals else "")
        return shown + ("%" if self.percent else "") + self.after

    def _show_whole(self, whole: str) -> str:
        digits, shown = list(whole.lstrip("0")), list[str]()
        places = [part for part in self.parts if part in PLACES]
        left, padded = len(places), places.index("0") if "0" in places else len(places)
        for part in reversed(self.parts):
            if part not in PLACES:
                shown.append(part)
                continue
            left -= 1
            if digits:
                shown.append(digits.pop())
            elif left >= padded:
                shown.append("0")
            if not left:
                shown.extend(reversed(digits))
                digits = []
        return "".join(reversed(shown))


@dataclass(frozen=True)
class NumberFormat:
    """A whole format: `first` shows positive numbers, unless there are conditions; `others` are the sections
    behind it, each None where it is no plain number. `conditions` has one for each section, or None."""

    first: Section
    others: tuple[Section | None, ...] = ()
    conditions: tuple[tuple[str, Decimal] | None, ...] = (None,)

    @property
    def shows_codes(self) -> bool:
        """Whether a text field wants some of its numbers as they are shown."""
        return any(
            each is not None and (each.pads or each.percent or each.has_words)
            for each in (self.first, *self.others)
        )

    @property
    def is_digits(self) -> bool:
        return self.first.is_digits and not self.others

    def show(self, text: str, *, thousands: bool = False) -> str | None:
        """The number as a sheet shows it, with a point before decimals and, where `thousands` are wanted and
        the format has them, a comma between; None where it is none."""
        value = _number(text)
        section, sign = (None, True) if value is None else self._section_of(value)
        return (
            None if value is None or section is None else section.show(value, thousands=thousands, sign=sign)
        )

    def show_code(self, text: str) -> str:
        """What a text field says of the number: as it is shown where that is a code, or has words; with its
        decimals, `1.10`, where the format keeps all its digits; else as it is."""
        value = _number(text)
        if value is None:
            return text
        section, sign = self._section_of(value)
        if section is None or (section.currency and section.has_places and not section.pads):
            return text
        shown = section.show(value, sign=sign)
        if section.pads or section.percent or section.has_words:
            return shown.strip() or text
        kept = section.decimals and not section.after and _number(shown) == value
        return shown if kept else text

    def _section_of(self, value: Decimal) -> tuple[Section | None, bool]:
        """The section that shows a number, and whether a minus sign is put before it."""
        sections = (self.first, *self.others)
        if any(self.conditions):
            for section, condition in zip(sections, self.conditions, strict=True):
                if condition is None or _holds(value, condition):
                    return section, not self._is_of_negatives(condition)
            return sections[-1], True
        if value < 0 and len(sections) > 1:
            return sections[1], False
        if value == 0 and len(sections) > 2:
            return sections[2], True
        return sections[0], True

    def _is_of_negatives(self, condition: tuple[str, Decimal] | None) -> bool:
        """Whether a section shows negative numbers alone, and writes their sign itself."""
        if condition is None:
            return (">=", Decimal(0)) in self.conditions
        return condition[0] in ("<", "<=") and condition[1] <= 0


def _holds(value: Decimal, condition: tuple[str, Decimal]) -> bool:
    sign, limit = condition
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
        "<>": value != limit,
    }[sign]


def _number(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


@lru_cache(maxsize=1_000)
def parse_format(code: str) -> NumberFormat | None:
    """The format of numbers; None of one whose first section is no plain number: dates, fractions, exponents,
    text."""
    if code.strip().lower() in ("", "general", "@"):
        return None
    written = BETWEEN.split(code)[:3]
    while len(written) > 1 and "@" in re.sub(r'"[^"]*"', "", written[-1]):
        written.pop()  # what is shown of texts
    first, *others = map(_parse_section, written)
    if first is None or not any(each is not None and each.has_places for each in (first, *others)):
        return None
    return NumberFormat(first, tuple(others), tuple(map(_parse_condition, written)))


def _parse_condition(written: str) -> tuple[str, Decimal] | None:
    found = CONDITION.search(written)
    return (found[1], Decimal(found[2])) if found else None


def _parse_section(written: str) -> Section | None:
    form = _Parts()
    for token in TOKEN.finditer(written):
        form.bracket = form.bracket or (token["currency"] or "").strip()
        if token["general"]:
            form.general = True
            form.parts.append("0")
            continue
        literal = token["quoted"] or token["escaped"] or token["currency"] or ""
        if not form.take(literal, token["sign"] or ""):
            return None
    parts = tuple(part for part in form.parts if part)
    beside = "".join(" " if part in PLACES else part for part in parts) + " " + form.after
    grouped = form.commas > form.thousands
    return Section(
        parts,
        form.decimals,
        form.after,
        form.percent,
        grouped,
        _currency(form.bracket) or find_currency(beside),
        None if form.thousands else find_measure(beside),
        form.thousands,
        find_scale(beside),
        form.general,
    )


def _currency(bracket: str) -> str | None:
    """The currency that a format names in brackets; a mere $ is dollars to some and pesos to others."""
    if bracket in ("", "$", "%"):
        return None
    return UNITS.get(bracket.upper()) or find_currency(bracket) or bracket


@dataclass
class _Parts:
    """A section as far as it was read."""

    parts: list[str] = field(default_factory=list)
    decimals: str = ""
    after: str = ""
    bracket: str = ""
    percent: bool = False
    point: bool = False
    general: bool = False
    commas: int = 0
    thousands: int = 0

    def take(self, literal: str, sign: str) -> bool:
        """Reads on by a text or a sign; false where this is no plain number."""
        if sign and (sign.isalpha() or sign in "/@"):
            return False
        if sign in (".", ",", "%"):
            self.point, self.percent = self.point or sign == ".", self.percent or sign == "%"
            self.commas, self.thousands = self.commas + (sign == ","), self.thousands + (sign == ",")
        elif not self.point:
            self.parts.append(literal or sign)
            self.thousands = 0 if sign and sign in PLACES else self.thousands
        elif sign in PLACES and sign:
            self.decimals, self.thousands = self.decimals + sign, 0
        else:
            self.after += literal or sign
        return True

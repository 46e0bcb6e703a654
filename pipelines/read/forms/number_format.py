"""How a workbook shows a number: percent, a code with zeros before it, an amount of some currency, words, a
fraction, a power of ten."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

from pipelines.read.detect.numbers import UNITS, find_measure
from pipelines.read.forms.shown_units import name_currency, name_scale

BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
    48: "##0.0E+0",
}
"""Formats of numbers that a workbook names by number alone (ECMA-376, part 1, 18.8.30)."""
EXACT = Context(prec=1_000, rounding=ROUND_HALF_UP)
"""Holds any number that a cell can."""
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)(?:"|$)|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.'
    r"|(?P<general>General)|(?P<power>E[+-][0#?]+)|(?P<sign>.)",
    re.DOTALL | re.IGNORECASE,
)
FRACTION = re.compile(
    r'(?P<before>(?:"[^"]*"|\\.| )*)(?P<whole>[#0?]+ +)?(?P<upper>[#0?]+) ?/ ?'
    r'(?:(?P<lower>[#0?]+)|(?P<fixed>[1-9][0-9]*))(?P<after>(?:"[^"]*"|\\.| )*)'
)
LITERAL = re.compile(r'"([^"]*)"|\\(.)')
UNSHOWN = re.compile(r"\[[^\]]*\]|_.|\*.", re.DOTALL)
"""Colours, conditions, and what only takes room."""
BETWEEN = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=) ?(-?\d+(?:\.\d+)?)\]")
PLACES = ("0", "#", "?")
LONGEST = 3
"""Letters of a currency's sign or code; what is longer is a word."""


@dataclass(frozen=True)
class Section:
    """One way in which a format shows numbers: `parts` are the texts and placeholders (0, #, ?) before the
    point, `decimals` the placeholders after it, `after` the text behind; `currency` and `measure` are what it
    names, `thousands` how often what it shows is divided by 1,000, `scale` a word that says so. `general`: it
    shows the number as it is, where a place is. `power` is how the power of ten behind it is written, as in
    E+00, and `fraction` how a fraction is: whether wholes stand before it, and how large what is below the
    line may be, or, negative, is."""

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
    power: str = ""
    fraction: tuple[bool, int] | None = None
    bare: bool = False

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
        if self.currency:
            return any(len(word) > LONGEST for text in beside for word in re.findall(r"[^\W\d_]+", text))
        return any(sign.isalnum() for text in beside for sign in text)

    @property
    def says_more(self) -> bool:
        """Whether it says more of a number than its digits, or hides it."""
        named = self.percent or self.currency or self.measure or self.scale or self.thousands
        return bool(named) or not self.has_places

    @property
    def sense(self) -> tuple[object, ...]:
        """All that says what a number means, and not only how it looks."""
        named = (self.currency, self.measure, self.scale, self.bare)
        return (self.has_places or self._literal, self.percent, self.thousands, *named)

    @property
    def _literal(self) -> str:
        return "".join(self.parts) + self.after

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
        if self.fraction is not None:
            shown = show_fraction(value if sign else value.copy_abs(), *self.fraction)
            return "".join(shown if part == "0" else part for part in self.parts) + self.after
        if self.power:
            return self._show_power(value if sign else value.copy_abs())
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

    def _show_power(self, value: Decimal) -> str:
        places = sum(part in PLACES for part in self.parts) or 1
        exponent = value.adjusted() if value else 0
        exponent -= exponent % places
        digit = Decimal(1).scaleb(-len(self.decimals))
        rounded = value.scaleb(-exponent, EXACT).quantize(digit, context=EXACT)
        if abs(rounded) >= Decimal(10) ** places:
            exponent += places
            rounded = value.scaleb(-exponent, EXACT).quantize(digit, context=EXACT)
        mark = "-" if exponent < 0 else "+" * (self.power[1] == "+")
        width = self.power.count("0")
        return f"{rounded:f}{self.power[0]}{mark}{abs(exponent):0{width or 1}}{self.after}"

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
            each is not None and (each.pads or each.percent or each.has_words or each.fraction)
            for each in (self.first, *self.others)
        )

    @property
    def sections(self) -> tuple[Section | None, ...]:
        return (self.first, *self.others)

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
        """What a text field says of the number: what is shown where that is a code, a fraction, or has words;
        with its decimals, `1.10`, where the format keeps all its digits; else as it is, as where it is shown
        by a power of ten: a code has lost nothing by that, and the text `1.5E+03` would say that it did."""
        value = _number(text)
        if value is None:
            return text
        section, sign = self._section_of(value)
        is_amount = section is not None and section.currency and section.has_places and not section.pads
        if section is None or section.power or (is_amount and not section.has_words):
            return text
        shown = section.show(value, sign=sign)
        if section.fraction:
            plain = show_fraction(value, *section.fraction)
            return shown if _number(f"{float(read_fraction(plain)):.15g}") == value else text
        if section.pads or section.percent or section.has_words:
            return shown.strip() or text
        kept = section.decimals and not section.after and _number(shown) == value
        return shown if kept else text

    def section_of(self, text: str) -> Section | None:
        """The section that shows a number; None of what is none, or no plain number."""
        value = _number(text)
        return None if value is None else self._section_of(value)[0]

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


def show_fraction(value: Decimal, wholes: bool, most: int) -> str:
    """A number as a fraction: `1 3/4`. What is below the line is at most so much, or, where that is negative,
    always its amount."""
    size = abs(value)
    exact = Fraction(size)
    near = Fraction(round(exact * -most), -most) if most < 0 else exact.limit_denominator(most)
    below = -most if most < 0 else near.denominator
    above = int(near * below)
    whole, above = divmod(above, below) if wholes else (0, above)
    sign = "-" if value < 0 and (whole or above) else ""
    if wholes and not above:
        return f"{sign}{whole}"
    return f"{sign}{whole} {above}/{below}" if whole else f"{sign}{above}/{below}"


def read_fraction(shown: str) -> Fraction:
    """The number that `show_fraction` wrote."""
    parts = [Fraction(part) for part in shown.lstrip("-").split(" ")]
    return sum(parts, Fraction(0)) * (-1 if shown.startswith("-") else 1)


def _number(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


@lru_cache(maxsize=1_000)
def parse_format(code: str) -> NumberFormat | None:
    """The format of numbers; None of one whose first section is none of numbers: of dates, or texts."""
    if code.strip().lower() in ("", "general", "@"):
        return None
    written = BETWEEN.split(code)[:3]
    while len(written) > 1 and "@" in re.sub(r'"[^"]*"', "", written[-1]):
        written.pop()  # what is shown of texts
    first, *others = map(_parse_section, written)
    if first is None:
        return None
    return NumberFormat(first, tuple(others), tuple(map(_parse_condition, written)))


@dataclass(frozen=True)
class TextFormat:
    """How a format shows texts: what it puts before and behind them; `hides`: it shows that alone."""

    before: str
    after: str
    hides: bool

    def show(self, text: str) -> str:
        return self.before + ("" if self.hides else text) + self.after


@lru_cache(maxsize=1_000)
def parse_text_format(code: str) -> TextFormat | None:
    """How a format shows texts; None of one that shows them as they are."""
    written = BETWEEN.split(code)
    last = written[3] if len(written) > 3 else written[-1]
    parts: list[str | None] = []
    for token in TOKEN.finditer(last):
        sign = token["sign"] or ""
        shows = sign == "@" or token["general"]
        parts.append(None if shows else token["quoted"] or token["escaped"] or sign)
    if len(written) < 4 and None not in parts:
        return None  # it says nothing of texts
    place = parts.index(None) if None in parts else len(parts)
    before, after = ("".join(filter(None, some)) for some in (parts[:place], parts[place + 1 :]))
    before, after = before.lstrip(), after.rstrip()
    return TextFormat(before, after, None not in parts) if before or after or None not in parts else None


def _parse_condition(written: str) -> tuple[str, Decimal] | None:
    found = CONDITION.search(written)
    return (found[1], Decimal(found[2])) if found else None


def _parse_section(written: str) -> Section | None:
    if fraction := FRACTION.fullmatch(UNSHOWN.sub("", written)):
        most = -int(fraction["fixed"]) if fraction["fixed"] else 10 ** len(fraction["lower"]) - 1
        before, after = (LITERAL.sub(r"\1\2", fraction[side]) for side in ("before", "after"))
        return Section((before.lstrip(), "0"), after=after.rstrip(), fraction=(bool(fraction["whole"]), most))
    form = _Parts()
    for token in TOKEN.finditer(written):
        form.bracket = form.bracket or (token["currency"] or "").strip()
        if token["general"]:
            form.general = True
            form.parts.append("0")
            continue
        if token["power"]:
            form.power, form.point = token["power"], True
            continue
        literal = token["quoted"] or token["escaped"] or token["currency"] or ""
        if not form.take(literal, token["sign"] or ""):
            return None
    return form.section()


def _currency(bracket: str) -> str | None:
    """The currency that a format names in brackets; a mere $ is dollars to some and pesos to others."""
    if bracket in ("", "$", "%"):
        return None
    return UNITS.get(bracket.upper()) or name_currency(bracket) or bracket


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
    power: str = ""

    def section(self) -> Section:
        """The section that was read."""
        parts = tuple(part for part in self.parts if part)
        places = [place for place, part in enumerate(parts) if part in PLACES]
        first, last = (places[0], places[-1]) if places else (len(parts), len(parts))
        before = "".join(parts[:first])
        after = "".join(" " if part in PLACES else part for part in parts[last + 1 :]) + self.after
        between = "".join(" " if part in PLACES else part for part in parts[first : last + 1])
        beside = f"{before} {between} {after}"
        currency = _currency(self.bracket) or (name_currency(beside) if places else None)
        return Section(
            parts,
            self.decimals,
            self.after,
            self.percent,
            self.commas > self.thousands,
            currency,
            None if self.thousands else find_measure(beside),
            self.thousands,
            name_scale(before, after, letters=not self.thousands) if places else None,
            self.general,
            self.power,
            bare=currency is None and "$" in beside,
        )

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

"""How a workbook shows a number: percent, a code with zeros before it, an amount of some currency."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

from pipelines.read.detect.numbers import UNITS

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
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.|(?P<sign>.)',
    re.DOTALL,
)


@dataclass(frozen=True)
class NumberFormat:
    """`parts` are the texts and placeholders (0, #, ?) before the point, `decimals` the placeholders after
    it; `unit` is the currency that it names, `thousands` how often what it shows is divided by 1,000."""

    parts: tuple[str, ...]
    decimals: str
    after: str
    percent: bool
    grouped: bool
    unit: str | None
    thousands: int = 0

    @property
    def pads(self) -> bool:
        """Whether it shows a code: zeros before it, or signs between its digits."""
        digits = [part for part in self.parts if part in PLACES]
        ends = [place for place, part in enumerate(self.parts) if part in PLACES]
        between = len(digits) > 1 and ends[-1] - ends[0] + 1 > len(digits)
        return not self.decimals and not self.percent and (digits.count("0") > 1 or between)

    @property
    def has_words(self) -> bool:
        """Whether letters or digits stand beside the number that are none of its own and name no unit."""
        beside = (*(part for part in self.parts if part not in PLACES), self.after)
        return not self.unit and any(sign.isalnum() for text in beside for sign in text)

    def show_whole_value(self, text: str) -> str:
        """The number as a sheet shows it, `1.10`, unless that leaves out digits of it."""
        shown = self.show(text)
        return shown if shown is not None and not self.after and Decimal(shown) == Decimal(text) else text

    @property
    def is_digits(self) -> bool:
        """Whether it shows whole numbers with zeros before them, and nothing else."""
        return set(self.parts) == {"0"} and not (
            self.decimals or self.after or self.percent or self.grouped or self.thousands
        )

    def show(self, text: str, *, thousands: bool = False) -> str | None:
        """The number as a sheet shows it, with a point before decimals and, where `thousands` are wanted and
        the format has them, a comma between; None where it is none."""
        try:
            value = Decimal(text)
        except InvalidOperation:
            return None
        if not value.is_finite():
            return None
        value = (value * 100 if self.percent else value).scaleb(-3 * self.thousands, EXACT)
        value = value.quantize(Decimal(1).scaleb(-len(self.decimals)), context=EXACT)
        sign, plain = "-" if value < 0 else "", format(value.copy_abs(), "f")
        whole, _point, decimals = plain.partition(".")
        optional = len(self.decimals) - len(self.decimals.rstrip("#?"))
        while optional and decimals.endswith("0"):
            decimals, optional = decimals[:-1], optional - 1
        digits = self._show_whole(whole)
        if thousands and self.grouped:
            digits = re.sub(r"\d+", lambda run: f"{int(run[0]):,}", digits, count=1)
        shown = sign + digits + ("." + decimals if decimals else "")
        return shown + ("%" if self.percent else "") + self.after

    def _show_whole(self, whole: str) -> str:
        digits, shown = list(whole.lstrip("0")), list[str]()
        places = [part for part in self.parts if part in PLACES]
        left = len(places)
        for part in reversed(self.parts):
            if part not in PLACES:
                shown.append(part)
                continue
            left -= 1
            if digits:
                shown.append(digits.pop())
            elif part == "0":
                shown.append("0")
            if not left:
                shown.extend(reversed(digits))
                digits = []
        return "".join(reversed(shown))


PLACES = ("0", "#", "?")


@lru_cache(maxsize=1_000)
def parse_format(code: str) -> NumberFormat | None:
    """The format of positive numbers; None of what is no plain number: dates, fractions, exponents, text."""
    section = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)[0]
    if code.strip().lower() in ("", "general", "@"):
        return None
    form = _Parts()
    for token in TOKEN.finditer(section):
        literal = token["quoted"] or token["escaped"] or token["currency"] or ""
        if not form.take(literal, token["sign"] or ""):
            return None
    parts = tuple(part for part in form.parts if part)
    if not any(part in PLACES for part in parts) and not form.decimals:
        return None
    unit = None if form.unit == "%" else form.unit
    grouped = form.commas > form.thousands
    return NumberFormat(parts, form.decimals, form.after, form.percent, grouped, unit, form.thousands)


@dataclass
class _Parts:
    """A format as far as it was read."""

    parts: list[str] = field(default_factory=list)
    decimals: str = ""
    after: str = ""
    unit: str | None = None
    percent: bool = False
    point: bool = False
    commas: int = 0
    thousands: int = 0

    def take(self, literal: str, sign: str) -> bool:
        """Reads on by a text or a sign; false where this is no plain number."""
        if sign and (sign.isalpha() or sign in "/@"):
            return False
        named = (literal or sign).strip().upper()
        self.unit = self.unit or (UNITS.get(named) if named != "$" else None)  # dollars, or pesos
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

"""Text that would run where it is opened: a formula in a spreadsheet, HTML or a script in a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from validation.personal.lazily import lazy_re
from validation.personal.scan import PersonalFinding

Active = Literal["formula", "html"]


# OWASP, "CSV Injection": the marks at which spreadsheets begin to calculate, and their full-width twins; what
# decides is whether an expression follows, as Excel and LibreOffice read one. A tab or a carriage return
# before the mark does not stop them.
_BLANK = "[\\s\u00a0\u200b\u200c\u200d\u2060\ufeff]*"
_FORMULA = lazy_re(rf"{_BLANK}([=@＝＠﹦﹫+\-＋－﹢﹣])(.*)", re.DOTALL)
_TWINS = str.maketrans("＝﹦＠﹫＋﹢－﹣", "==@@++--")

# A spreadsheet that separates by semicolons opens a file of commas line by line: what follows a semicolon or
# a line break begins a cell.
_CELLS = lazy_re(r"[;\n\r\t]")
_REFERENCE = r"(?:(?:\w{1,31}|'[^'\n]{1,100}')!)?\$?[A-Za-z]{1,3}\$?\d{1,7}(?![\w(])"
_NUMBER = r"(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[Ee][+-]?\d+)?(?!\w)"
_JOIN = r"\s*(?:[+\-*/^&:]|<>|[<>]=?|=)\s*"
_ARITHMETIC = rf"(?:{_REFERENCE}|{_NUMBER})[%)]*"
_WITH_REFERENCES = lazy_re(rf"\s*[+\-(@]*\s*{_ARITHMETIC}(?:{_JOIN}[+\-(@]*{_ARITHMETIC})*\s*")
_HAS_REFERENCE = lazy_re(rf"(?<![\w]){_REFERENCE}")
_OPERAND = rf'(?:{_REFERENCE}|{_NUMBER}|[^\W\d][\w.]*(?![\w.(])|"[^"\n]*")[%)]*'
_EQUATION = lazy_re(rf"\s*[+\-(@{{]*\s*{_OPERAND}(?:{_JOIN}[+\-(@]*{_OPERAND})*\s*}}?\s*")
_SUM = lazy_re(r"[+-]\s?\d{1,9}(?:[.,]\d{1,4})?(?:\s?[+*^]\s?\d{1,9}(?:[.,]\d{1,4})?)+")
"""A sum of numbers: `-2+3`. With - and / between them it is as often a range, a telephone or a date."""
_CALL = lazy_re(r"[\s+\-\d.,*/(@]*[^\W\d][\w.]*\(")
_CALL_WITHIN = lazy_re(r"[+\-*/^&(=@]\s?[^\W\d][\w.]*\(")
_AFTER_CALL = lazy_re(r"\s*(?:$|[+\-*/^&=<>%,;:!@)])")
_DDE = lazy_re(r"(?<!\w)[A-Za-z]\w{0,63}\s?\|[^!\n]{1,2000}!")

_TAGS = (
    "a|abbr|address|applet|area|article|aside|audio|b|base|big|blockquote|body|br|button|canvas|center"
    "|cite|code|"
    "dd|del|details|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset"
    "|h[1-6]|head|"
    "header|hr|html|i|iframe|img|input|ins|label|legend|li|link|main|map|mark|marquee|math|meta|nav|noscript|"
    "object|ol|option|p|param|picture|pre|q|s|script|section|select|small|source|span|strike|strong"
    "|style|sub|"
    "sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|u|ul|video|wbr"
)
_HTML = lazy_re(
    rf"<\s{{0,5}}/?\s{{0,5}}(?:{_TAGS})(?:[\s/][^<>]*)?(?:>|$)|<!--|<!doctype|<\s{{0,5}}(?:script|iframe"
    rf"|svg|img|object|embed)\b",
    re.IGNORECASE,
)
_SCRIPT = lazy_re(
    r"(?:^\s*|[(\"'=]\s{0,20})(?:(?:javascript|vbscript)\s{0,5}:.{0,300}[(=%/`]"
    r"|data\s{0,5}:\s{0,5}text/html)",
    re.IGNORECASE | re.DOTALL,
)


# What of a column is worth a look, in RE2's words
LIKELY = (
    r"^[\s\x{00A0}\x{200B}-\x{200D}\x{2060}\x{FEFF}]*[=@＝＠﹦﹫+\-＋－﹢﹣]"
    r"|[;\n\r\t][\s\"']*[=@＝＠﹦﹫+\-＋－﹢﹣]"
    r"|<[\s/]*[A-Za-z!]|(?i:script\s*:|data\s*:\s*text)"
)


def active_kind(text: str) -> Active | None:
    """What the text would be elsewhere than here; None where it stays text: `-5`, `- item`, `@usuario`."""
    first, *inner = (
        _CELLS.split(text) if _FORMULA.match(text) is None else (text, *_CELLS.split(text.lstrip()))
    )
    if _is_formula(first) or any(_runs_within(part) for part in inner):
        return "formula"
    return "html" if _HTML.search(text) or _SCRIPT.search(text) else None


def _runs_within(part: str) -> bool:
    """Whether what follows a separator within a cell calls or references something: a mere `=5` is text."""
    part = part.lstrip("\"' ")
    return any(mark in part for mark in "(|!") and _is_formula(part)


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet would calculate a text: a mark, then an expression to its end."""
    start = _FORMULA.match(text)
    if not start:
        return False
    mark, rest = start[1].translate(_TWINS), start[2].strip().translate(_TWINS)
    if _DDE.search(rest) or _is_call(rest):
        return True
    if mark == "=":
        return _EQUATION.fullmatch(rest) is not None
    if _WITH_REFERENCES.fullmatch(rest) is None:
        return False
    return _HAS_REFERENCE.search(rest) is not None or _SUM.fullmatch(f"{mark}{rest}") is not None


def _is_call(rest: str) -> bool:
    """Whether an expression calls a function: `SUM(A1)+1`, not `Etapa(1) de la obra`. A call that is not
    closed counts: Excel closes it."""
    found = _CALL.match(rest)
    if not found:
        found = _CALL_WITHIN.search(rest) if _WITH_REFERENCES.match(rest) else None
    if not found:
        return False
    depth, quote = 1, False
    for place in range(found.end(), len(rest)):
        sign = rest[place]
        quote ^= sign == '"'
        depth += 0 if quote else (sign == "(") - (sign == ")")
        if depth == 0:
            return _AFTER_CALL.match(rest, place + 1) is not None
    return True


def scan_active(batches: Iterable[pa.RecordBatch], places: Sequence[int]) -> list[PersonalFinding]:
    """The rows of text columns, by place, with text that would run; kinds are `formula` and `html`."""
    rows: dict[tuple[int, str], list[int]] = {}
    for batch in batches:
        for place in places:
            cells = batch.column(place + 1)
            likely = np.flatnonzero(
                pc.match_substring_regex(cells, LIKELY).fill_null(False).to_numpy(zero_copy_only=False)
            )
            taken = pa.array(likely)
            for number, text in zip(
                batch.column(0).take(taken).to_pylist(), cells.take(taken).to_pylist(), strict=True
            ):
                if kind := active_kind(text):
                    rows.setdefault((place, kind), []).append(number)
    return [PersonalFinding(place, kind, np.array(found, np.int64)) for (place, kind), found in rows.items()]

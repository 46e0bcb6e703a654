"""Text that would run where it is opened: a formula in a spreadsheet, HTML or a script in a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from validation.personal.scan import PersonalFinding

Active = Literal["formula", "html"]


# OWASP, "CSV Injection": the marks at which spreadsheets begin to calculate, their full-width twins, and tab
# and carriage return.
_BLANK = "[\\s\u00a0\u200b\u200c\u200d\u2060\ufeff]*"
_FORMULA = re.compile(rf"[\t\r]|{_BLANK}([=@＝＠﹦﹫+\-＋－﹢﹣])(.*)", re.DOTALL)


# A spreadsheet that separates by semicolons opens a file of commas line by line: what follows a semicolon or
# a line break begins a cell.
_INNER = re.compile(
    r"[;\n\r\t][\s\"']*(?:[=＝﹦@＠﹫]\s*[\w(+-][^;\n]*[(|!]|[+\-＋－﹢﹣][\d+\-]*[A-Za-z]\w*[(|])"
)


# Numbers, amounts, telephones, coordinates, a dash alone: without a letter nothing can be called.
_HARMLESS = re.compile(r"[^\w]*|[\d\s.,()/%$°º:'\"+-]*|\s*[\d.,]+[Ee][+-]?\d+")
_TAGS = (
    "a|abbr|address|applet|area|article|aside|audio|b|base|big|blockquote|body|br|button|canvas|center|cite|code|"
    "dd|del|details|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|h[1-6]|head|"
    "header|hr|html|i|iframe|img|input|ins|label|legend|li|link|main|map|mark|marquee|math|meta|nav|noscript|"
    "object|ol|option|p|param|picture|pre|q|s|script|section|select|small|source|span|strike|strong|style|sub|"
    "sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|u|ul|video|wbr"
)
_HTML = re.compile(
    rf"<\s*/?\s*(?:{_TAGS})(?:[\s/][^<>]*)?(?:>|$)|<!--|<!doctype|<\s*(?:script|iframe|svg|img|object|embed)\b",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"(?:^\s*|[(\"'=]\s*)(?:(?:javascript|vbscript)\s*:.*[(=%/`]|data\s*:\s*text/html)",
    re.IGNORECASE | re.DOTALL,
)


# What of a column is worth a look, in RE2's words
LIKELY = (
    r"^[\s\x{00A0}\x{200B}-\x{200D}\x{2060}\x{FEFF}]*[=@＝＠﹦﹫+\-＋－﹢﹣]"
    r"|[;\n\r\t][\s\"']*[=@＝＠﹦﹫+\-＋－﹢﹣]"
    r"|^[\t\r]|<[\s/]*[A-Za-z!]|(?i:script\s*:|data\s*:\s*text)"
)


def active_kind(text: str) -> Active | None:
    """What the text would be elsewhere than here; None where it stays text. Numbers such as -5 do."""
    start = _FORMULA.match(text)
    if start and (
        start[1] is None
        or not _HARMLESS.fullmatch(start[2])
        or (start[1] in "=＝﹦" and re.search(r"\w", start[2]))
    ):
        return "formula"
    if _INNER.search(text):
        return "formula"
    return "html" if _HTML.search(text) or _SCRIPT.search(text) else None


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

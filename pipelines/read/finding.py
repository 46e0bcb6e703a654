"""What was found out about a file because nobody declared it, and how sure that is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from messages import gettext as _
from messages.formats import quote

SURE = 0.9
"""From here on a finding is followed; below, it is only told."""


Because = Literal["period", "before"]
"""What a finding follows from beside the file itself: the period that it was handed in for, or the release
before."""


@dataclass(frozen=True)
class Finding:
    """`what` names the question (`encoding`, `delimiter`, `header-row`, `sheet`, `totals-row` …), `value` the
    answer, `confidence` how sure it is, from 0 to 1. `declared` is what the declaration says instead, where
    it says something else: then that was obeyed.

    `field` is the field that it speaks of, `example` a cell or a name of the file that shows it: keep it
    private.
    """

    what: str
    value: str
    confidence: float
    declared: str | None = None
    field: str | None = None
    example: str | None = None
    because: Because | None = None


def describe_finding(finding: Finding) -> str:
    """The finding as a sentence in the current language. It may quote the agency's file: never publish it."""
    sure = _(
        "{percent} % sure",
        percent=min(round(finding.confidence * 100), 99) if finding.confidence < 1 else 100,
    )
    sentence = f"{_finding_sentence(finding)} ({sure})"
    if finding.because is not None:
        reasons = {
            "period": _("as the period shows that the file was handed in for"),
            "before": _("as in the release before"),
        }
        sentence = f"{sentence}, {reasons[finding.because]}"
    if finding.declared is None:
        return sentence
    return _(
        "{sentence}; the declaration says {declared}, and was obeyed",
        sentence=sentence,
        declared=finding.declared,
    )


def _finding_sentence(finding: Finding) -> str:
    example = finding.example or finding.value  # of some kinds some findings have none
    given = {"value": finding.value, "field": finding.field or "", "example": example}
    doubtful = _("sheet: {value}; {example} could be meant as well: declare `sheet`", **given)
    known = {
        "form": _("form: {value}", **given),
        "packing": _("packed as {value}", **given),
        "encoding": _("encoding: {value}", **given),
        "delimiter": _("separator: {value}", value=describe_separator(finding.value)),
        "quote": _("quotation mark: {value}", **given),
        "escape": _("escape character: {value}", **given),
        "header-row": _("the columns' names stand in row {value}", **given),
        "header-rows": _("the columns' names stand in rows {value}", **given),
        "sheet": doubtful if finding.example else _("sheet: {value}", **given),
        "wrapped-rows": _("rows that were wrapped whole in quotes, and are read as rows: {value}", **given),
        "stray-quotes": _(
            "cells with quotation marks out of place, read as they stand: {value} (the first in row "
            "{example})",
            **given,
        ),
        "end-mark": _("the mark with which programs of DOS end a file (0x1A), left out", **given),
        "empty-columns": _("columns without a name and without data, left out: {value}", **given),
        "totals-row": _("row {value} is a totals row (“{example}”), left out", **given),
        "repeated-header": _("the columns' names stand once more in row {value}, left out", **given),
        "note-row": _("row {value} is a note below the table (“{example}”), left out", **given),
        "label": _(
            "the column “{value}” seems to be {field}",
            value=finding.value,
            field=quote(finding.example or finding.field or ""),
        ),
        "same-label": _(
            "the column “{value}” is {field}",
            value=finding.value,
            field=quote(finding.example or finding.field or ""),
        ),
        "composed": _(
            "cells in which accents were characters of their own, joined with their letters: {value}", **given
        ),
        "double-encoded": _(
            "column {field}: cells that were encoded twice, as “{example}”: {value}",
            **given,
        ),
        "database-rows": _(
            "rows of the table {value} of the database, numbered from 2 on: row 2 is the first that it gives",
            **given,
        )
        if finding.value
        else _(
            "rows of the declared query of the database, numbered from 2 on: row 2 is the first that it gives"
        ),
        "texts-among-values": _(
            "column {field}: texts among the workbook's own values, as “{example}”, that can be read in one "
            "way only: {value}",
            **given,
        ),
        "missing-values": _("column {field}: read as no data: {value}", **given),
        "years": _("column {field}: years are written as in “{example}”", **given),
    }
    if finding.what not in known and _SHORT_YEAR.match(finding.example or ""):
        return _(
            "column {field}: written as in “{example}” ({value}); a year of two digits is one of 1969 to "
            "2068",
            **given,
        )
    return known.get(finding.what) or _("column {field}: written as in “{example}” ({value})", **given)


def describe_separator(sign: str) -> str:
    """What parts the cells of a file, as people call it."""
    names = {
        "\t": _("tab"),
        ",": _("comma (,)"),
        ";": _("semicolon (;)"),
        "|": _("bar (|)"),
    }
    return names.get(sign) or quote(sign)


_SHORT_YEAR = re.compile(r"\s*\d{1,2}([/.-])(?:\d{1,2}|[^\W\d]+)\1\d{2}(?!\d)")

"""Why a column's way of writing is not followed, in words: what to declare, for the data team, and what to
write or to say, for whoever wrote the file."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from messages import gettext as _
from pipelines.read.detect.declarable import ways_to_declare
from pipelines.read.detect.verdict import WritingGuess


def explain_doubt(verdict: WritingGuess, example: str, schema: Mapping[str, Any]) -> str:
    """Why a way of writing is not followed, and what to declare where it is meant, if it can be."""
    name = schema["name"]
    if verdict.against:
        return _(
            "some of its cells, as “{one}”, can only be day and month, others, as “{other}”, only month and "
            "day: correct those that are wrong, or declare how {field} is written in the layout's `fields`",
            one=verdict.against[0],
            other=verdict.against[1],
            field=name,
        )
    ways = ways_to_declare(verdict, schema)
    given = {"example": example, "field": name, "value": " / ".join(ways)}
    if verdict.share < 1 and not verdict.others:
        return _explain_most(min(verdict.share, 0.999), given)
    if verdict.others and ways:
        return _(
            "its cells, as “{example}”, can be read in several ways, and nothing in the file says which "
            "one is meant: declare one for "
            "{field} in the layout's `fields`: {value}",
            **given,
        )
    if verdict.others:
        return _(
            "its cells, as “{example}”, can be read in several ways, and nothing in the file says which "
            "one is meant; none of them can be declared: have them written in the way of the schema",
            **given,
        )
    if not ways:
        return _(
            "some of its cells are written as “{example}”, but the others would then say something else, or "
            "what is not allowed: correct those that do not fit",
            **given,
        )
    return _(
        "some of its cells are written as “{example}”, but the others would then say something else, or "
        "what is not allowed: correct those "
        "that do not fit, or declare {value} for {field} in the layout's `fields`",
        **given,
    )


def _explain_most(share: float, given: Mapping[str, str]) -> str:
    """What is said where one way reads most of the cells."""
    if not given["value"]:
        return _(
            "most of its cells ({share:.1%}) are written as “{example}”, the others are not: correct those",
            share=share,
            **given,
        )
    return _(
        "most of its cells ({share:.1%}) are written as “{example}”, the others are not: correct "
        "those, or declare {value} for "
        "{field} in the layout's `fields`",
        share=share,
        **given,
    )


def ask_sender(verdict: WritingGuess, example: str, kind: str) -> str:
    """Why a column was not read, for whoever wrote the file."""
    if verdict.against:
        return _(
            "some of its dates, as “{one}”, can only be day and month, others, as “{other}”, only month and "
            "day, so that nobody can tell what the rest says: write all of them as {right}, or tell the data "
            "team which are wrong",
            one=verdict.against[0],
            other=verdict.against[1],
            right=_RIGHT[kind],
        )
    if not verdict.others and verdict.share < 1:
        return _(
            "most of its cells ({share:.1%}) are written as “{example}”, the others are not: write those in "
            "the same way",
            share=min(verdict.share, 0.999),
            example=example,
        )
    if kind == "yearmonth":
        return _(
            "its months, as “{example}”, can be read as month and year or as year and month: write them as "
            "2026-08, or tell the data team how they are written",
            example=example,
        )
    if kind in ("date", "datetime"):
        return _(
            "its dates, as “{example}”, can be read as day and month or as month and day, and nothing in the "
            "file says which is meant: write them as {right}, or tell the data team how they are written",
            example=example,
            right=_RIGHT[kind],
        )
    if kind == "integer" and verdict.others:
        return _(
            "its numbers, as “{example}”, can be thousands, or have decimals that are zero, and nothing in "
            "the file says which is meant: write them without points and commas, as 1234, or tell the data "
            "team what is meant",
            example=example,
        )
    return _(
        "its cells, as “{example}”, can be read in several ways, and nothing in the file says which one is "
        "meant: tell the data team how they are written",
        example=example,
    )


_RIGHT = {"date": "2026-08-31", "datetime": "2026-08-31T18:30:00"}


def ask_about_thousands(proof: str, other: str) -> str:
    """Why a column is held in which some points surely part thousands, for whoever wrote the file."""
    return _(
        "in “{proof}” the point parts thousands; in the cells as “{other}” it may do so too, or stand before "
        "decimals: write all of them in one way, or tell the data team what is meant",
        proof=disguise_digits(proof),
        other=disguise_digits(other),
    )


def disguise_digits(example: str) -> str:
    """A number with other digits: it may be a document's."""
    digits = itertools.cycle("1234567890")
    return re.sub(r"\d", lambda _digit: next(digits), example)

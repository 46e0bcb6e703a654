"""What is asked of a file's columns, seen together: several columns of days that one answer settles are one
question, and columns of days that are written in opposite orders are told."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from messages import gettext as _
from messages import ngettext
from messages.formats import join_words, quote
from pipelines.read.detect.column import ColumnGuess
from pipelines.read.detect.inside import rows_with
from validation.report import Problem

LOOKED_AT = 5_000
"""Texts of a column among which one is looked for that shows its order."""


def ask_about_columns(
    resource: str,
    fields: Sequence[str],
    found: Mapping[int, ColumnGuess],
    cells: pa.Table,
    label_of: Callable[[int], str],
) -> Iterator[Problem]:
    """The questions that columns (by place) leave open. Where several ask for the order of day and month, the
    first speaks for all: what is said of one settles the others. `label_of` gives a column's label in the
    file."""
    asking = [place for place, guess in found.items() if guess.note and guess.asks_order]
    for place, guess in found.items():
        if guess.note and place in asking[1:]:
            yield _question(resource, fields, place, guess, cells, said_by=fields[asking[0]].strip())
        elif guess.note:
            others = asking[1:] if place in asking else []
            names = [fields[other].strip() for other in others]
            labels = [quote(label_of(other)) for other in others]
            yield _question(resource, fields, place, guess, cells, names, labels)


def _question(
    resource: str,
    fields: Sequence[str],
    place: int,
    guess: ColumnGuess,
    cells: pa.Table,
    names: Sequence[str] = (),
    labels: Sequence[str] = (),
    said_by: str | None = None,
) -> Problem:
    note, for_sender, left = f"{fields[place]}: {guess.note}", guess.for_sender, None
    if names:
        note += "; " + _same_question(names)
        for_sender = for_sender and f"{for_sender}; {_same_question(labels)}"
    if guess.left is not None:
        left = frozenset(row for row, _text in rows_with(cells, place, guess.left))
    return Problem(
        "table-error",
        resource,
        note,
        code="undeclared-writing",
        field=fields[place].strip(),
        severity="critical" if guess.grave else "warning",
        for_sender=for_sender,
        spares=left,
        said_by=said_by,
    )


def _same_question(names: Sequence[str]) -> str:
    return ngettext(
        "the same is asked of {columns}, and one answer is enough for both",
        "the same is asked of {columns}, and one answer is enough for all",
        len(names),
        columns=join_words(names, LOOKED_AT),
    )


def find_opposite_orders(
    resource: str, fields: Sequence[str], found: Mapping[int, ColumnGuess], label_of: Callable[[int], str]
) -> Iterator[Problem]:
    """Columns of days that prove the opposite order of that which most of the file's, or the first of them,
    prove: each column says so surely, and yet nobody writes a file so who knows of it."""
    orders = {place: guess.order for place, guess in found.items() if guess.order and not guess.note}
    if len({*orders.values()}) < 2:
        return
    counted = list(orders.values())
    usual = max(counted, key=lambda order: (counted.count(order), -counted.index(order)))
    first = next(place for place, order in orders.items() if order == usual)
    for place, order in orders.items():
        if order == usual:
            continue
        given = {"example": _proof(found[place]), "other": _proof(found[first])}
        told = _describe_opposite(order, column=fields[first].strip(), **given)
        said = _describe_opposite(order, column=quote(label_of(first)), **given)
        yield Problem(
            "table-error",
            resource,
            told,
            code="opposite-dates",
            field=fields[place].strip(),
            severity="warning",
            for_sender=said,
        )


def _describe_opposite(order: str, **given: str) -> str:
    if order == "mdy":
        return _(
            "its dates have the month first, as “{example}”, and those of {column} the day, as “{other}”",
            **given,
        )
    return _(
        "its dates have the day first, as “{example}”, and those of {column} the month, as “{other}”", **given
    )


def _proof(guess: ColumnGuess) -> str:
    """A text that can be read in the column's order alone."""
    texts = itertools.islice(guess.texts.items(), LOOKED_AT)
    shown = next((finding.example for finding in guess.findings if finding.example), "")
    return next((text for text, day in texts if day[8:10].isdecimal() and int(day[8:10]) > 12), shown or "")

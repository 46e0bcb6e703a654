"""How a column's cells are written (numbers, dates, yes and no, no data) where its layout does not say so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from messages.formats import quote
from pipelines.dataset.layout import Writing
from pipelines.read.detect.alike import Sample, add_texts, count_texts, sample_texts
from pipelines.read.detect.booleans import guess_booleans
from pipelines.read.detect.dates import (
    DAY_ORDERS,
    FINER,
    day_order,
    guess_dates,
    guess_months,
    guess_times,
    guess_years,
    is_no_date,
    is_no_day,
    is_symmetric,
)
from pipelines.read.detect.doubt import (
    ask_about_thousands,
    ask_sender,
    disguise_digits,
    explain_doubt,
)
from pipelines.read.detect.numbers import guess_numbers, is_no_number, proves_thousands
from pipelines.read.detect.plausible import is_plausible, keeps_to_bounds, keeps_to_its_bounds
from pipelines.read.detect.shapes import shapes_of
from pipelines.read.detect.slips import are_slips
from pipelines.read.detect.verdict import ENOUGH, MOST, WritingGuess, is_few
from pipelines.read.finding import SURE, Finding
from pipelines.read.no_data import means_no_data
from validation.fast.column import to_re2

PLAIN = {
    "number": r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$",
    "integer": r"^\s*[+-]?\d+\s*$",
    "year": r"^\d{4}$",
    "yearmonth": r"^\d{4}-(0[1-9]|1[0-2])$",
    "date": r"^\d{4}-\d\d-\d\d$",
    "datetime": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?$",
    "time": r"^\d\d:\d\d:\d\d$",
    "boolean": r"^(true|false|True|False|TRUE|FALSE|1|0)$",
}
CASTS = {"number": pa.float64(), "integer": pa.int64(), "year": pa.int64(), "date": pa.date32()}
KEYS = {
    **dict.fromkeys(("number", "integer", "year"), ("decimal_char", "group_char", "bare_number")),
    **dict.fromkeys(("yearmonth", "date", "datetime", "time"), ("format",)),
    "boolean": ("true_values", "false_values"),
}
NO_NUMBER = r"(?i)^\s*[+-]?(?:s?nan\d*|inf(?:inity)?)\s*$"
"""What Table Schema admits among numbers, and nobody can add up."""
GROUPED = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
ASKED = 5_000
"""Texts that are not plainly of the type and are tried one by one; the others count as not reading."""


@dataclass(frozen=True)
class ColumnGuess:
    """What was found in a column: `texts` has the published text of each text that changes; `note`, what
    people should decide, and `for_sender` the same for whoever wrote the file; `odd` the few texts that read,
    though they are not written as the others, and `writing` how those are. `order` is the one of days, months
    and years that the column proves. `grave`: until that is decided, no cell of the column may be published.
    `left` are the texts that do not read, whatever is decided (None: the note is not about how cells are
    written that do not read). `asks_order`: it is about which of day and month stands first. `cut` are texts
    of moments finer than can be kept, and `no_numbers` those of NaN and infinity."""

    texts: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    note: str | None = None
    for_sender: str | None = None
    odd: tuple[str, ...] = ()
    writing: str = ""
    order: str | None = None
    grave: bool = False
    left: tuple[str, ...] | None = None
    asks_order: bool = False
    cut: tuple[str, ...] = ()
    no_numbers: tuple[str, ...] = ()


def inspect_column(
    schema: Mapping[str, Any],
    cells: pa.ChunkedArray,
    missing: Sequence[str],
    writing: Writing | None,
    epoch: int = 1900,
    known: str | None = None,
    native: bool = False,
) -> ColumnGuess | None:
    """What a field's cells say of themselves; None where there is nothing to find: they read as they are, or
    are free text.

    Only a way that reads the whole column, but for a few slips among many cells, and no other way with other
    values, is followed. What the layout declares is never looked for, only contradicted where it reads
    nothing. `known` is how days (or numbers) are written as far as that is known from elsewhere: the way of
    another column, or of an earlier file. `native`: in the column stand numbers of a workbook, which say
    nothing of how its texts are written.
    """
    kind, bounds = schema.get("type", "any"), schema.get("constraints", {})
    if kind in ("any", "object", "array") or (kind == "string" and not {"enum", "pattern"} & set(bounds)):
        return None
    there = cells.filter(
        pc.and_kleene(pc.is_valid(cells), pc.invert(pc.is_in(cells, pa.array(missing, pa.string()))))
    )
    if _all_surely_read(there, kind):
        doubt = _doubt_thousands(schema, there, writing) if kind == "number" and not native else None
        return _read_as_known(schema, there, known) or doubt if doubt and known else doubt
    guess = _inspect_strange_column(schema, kind, there, missing, writing, epoch, known, native)
    if kind == "number":
        guess = _doubt_numbers(schema, there, writing, guess, native)
    if kind in ("datetime", "time") and (cut := _texts_with(there, FINER.pattern)):
        guess = replace(guess or ColumnGuess(), cut=cut)
    return guess


def _doubt_numbers(
    schema: Mapping[str, Any],
    cells: pa.ChunkedArray,
    writing: Writing | None,
    guess: ColumnGuess | None,
    native: bool,
) -> ColumnGuess | None:
    """What was found in a column of numbers, with what is doubtful of those that read as they are: values
    that are no numbers, and points that may part thousands."""
    if none := [text for text in _texts_with(cells, NO_NUMBER) if not guess or text not in guess.texts]:
        guess = replace(guess or ColumnGuess(), no_numbers=tuple(none))
    followed = guess is not None and any(finding.what == "numbers" for finding in guess.findings)
    if native or followed or (guess and guess.note):
        return guess
    plain = _plain_numbers(cells)
    doubt = _doubt_thousands(schema, plain, writing) if plain is not None else None
    return replace(guess or doubt, note=doubt.note, for_sender=doubt.for_sender) if doubt else guess


def _texts_with(cells: pa.ChunkedArray, pattern: str) -> tuple[str, ...]:
    return tuple(pc.unique(cells.filter(pc.match_substring_regex(cells, pattern))).to_pylist())


def _plain_numbers(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The cells that are plainly numbers; None where the first ones say that points stand before decimals."""
    for looked in (cells.slice(0, 1_000), cells):
        plain = looked.filter(pc.match_substring_regex(looked, PLAIN["number"]))
        dotted = plain.filter(pc.match_substring(plain, "."))
        if not pc.all(pc.match_substring_regex(dotted, GROUPED), min_count=0).as_py():
            return None
    return plain


def _inspect_strange_column(
    schema: Mapping[str, Any],
    kind: str,
    there: pa.ChunkedArray,
    missing: Sequence[str],
    writing: Writing | None,
    epoch: int,
    known: str | None,
    native: bool,
) -> ColumnGuess | None:
    """The same of a column in which not all cells surely read."""
    strange = _few_strange_cells(schema, kind, there)
    sample = _sample_column(schema, kind, there) if strange is None else None
    texts = pc.unique(strange) if sample is None else pa.array(sample.cells, pa.string())
    odd = _texts_that_do_not_read(schema, kind, texts)
    signs: set[str] = set()
    if writing is None or writing.missing_values is None:
        signs = {text for text in odd if means_no_data(text)}
    guess: ColumnGuess | None = ColumnGuess()
    if len(odd) > len(signs):
        odd_rest = [text for text in odd if text not in signs]
        if strange is not None and are_slips(odd_rest, kind, epoch, there, len(strange)):
            return None
        sample = sample or _sample_column(schema, kind, there)
        rest = {text: count for text, count in sample.cells.items() if text not in signs}
        if native and _is_ambiguous(schema, {text: rest[text] for text in odd_rest}):
            return None
        guess = _guess_writing(schema, replace(sample, cells=rest), odd_rest, writing, epoch, known)
    if guess is None or guess.note is not None or not signs:
        return guess
    empty = "" if "" in missing or not missing else missing[0]
    quoted = ", ".join(quote(sign) for sign in sorted(signs))
    finding = Finding("missing-values", quoted, 0.98, field=schema["name"])
    emptied = add_texts(guess.texts, dict.fromkeys(signs, empty))
    return replace(guess, texts=emptied, findings=(*guess.findings, finding))


def _few_strange_cells(
    schema: Mapping[str, Any], kind: str, cells: pa.ChunkedArray
) -> pa.ChunkedArray | None:
    """The cells of a column that are not plainly of its type; None where they are many."""
    if kind not in PLAIN:
        return None
    strange = cells.filter(pc.invert(_surely_read(schema, kind, cells)))
    return strange if len(strange) <= ASKED else None


def _sample_column(schema: Mapping[str, Any], kind: str, cells: pa.ChunkedArray) -> Sample:
    """The different texts of a column; of one of texts only those that may not read: there are no ways of
    writing them."""
    if kind == "string":
        cells = cells.filter(pc.invert(_surely_read(schema, kind, cells)))
    texts, counts = count_texts(cells)
    return sample_texts(texts, counts, pc.invert(_surely_read(schema, kind, texts)), shapes_of(kind))


def _texts_that_do_not_read(schema: Mapping[str, Any], kind: str, texts: pa.Array) -> list[str]:
    """The different texts of a column that do not read under its schema; of very many that are not plainly of
    the type only the first ones are tried, and words for no data."""
    reads = _field_reader(schema, kind)
    strange = texts.filter(pc.invert(_surely_read(schema, kind, texts))).to_pylist()
    tried = (place < ASKED or means_no_data(text) for place, text in enumerate(strange))
    return [text for text, asked in zip(strange, tried, strict=True) if not asked or not reads(text)]


def _surely_read(schema: Mapping[str, Any], kind: str, texts: pa.Array) -> pa.Array:
    """Of each text whether it surely reads, as far as Arrow can tell."""
    constraints = schema.get("constraints", {})
    if kind in PLAIN:
        return pc.match_substring_regex(texts, PLAIN[kind])
    if kind != "string" or schema.get("format", "default") != "default":
        return pa.array([False] * len(texts), pa.bool_())
    sure = pc.invert(pc.equal(texts, ""))
    if "enum" in constraints:
        sure = pc.and_(sure, pc.is_in(texts, pa.array(list(map(str, constraints["enum"])), pa.string())))
    if "pattern" in constraints:
        pattern = to_re2(constraints["pattern"])
        sure = pc.and_(sure, pc.match_substring_regex(texts, pattern) if pattern else False)
    return sure


def _doubt_thousands(
    schema: Mapping[str, Any], cells: pa.ChunkedArray, writing: Writing | None
) -> ColumnGuess | None:
    """Of numbers that read: whether their points may all be thousands marks, as in 1.234; nobody can tell."""
    if writing and any(getattr(writing, key) is not None for key in KEYS["number"]):
        return None
    for looked in (cells.slice(0, 1_000), cells):
        dotted = looked.filter(pc.match_substring(looked, "."))
        if not len(dotted) or not pc.all(pc.match_substring_regex(dotted, GROUPED)).as_py():
            return None
    values = {number.replace(".", ""): 1 for number in pc.unique(dotted).to_pylist()}
    if not keeps_to_bounds(values, schema.get("constraints", {}), "number"):
        return None
    ways = ('decimalChar: "."', 'decimalChar: ",", groupChar: "."')
    verdict = WritingGuess("numbers", ways[0], {}, 0.5, ways[1:])
    example = disguise_digits(dotted[0].as_py())
    note = explain_doubt(verdict, example, schema)
    return ColumnGuess(note=note, for_sender=ask_sender(verdict, example, "number"))


def _read_as_known(schema: Mapping[str, Any], cells: pa.ChunkedArray, known: str) -> ColumnGuess | None:
    """Of numbers that read, and whose points may all be thousands marks, what they say in the way that is
    known; None where they are not written so."""
    mark = _DECIMAL.match(known)
    if mark is None or mark[1] == ".":
        return ColumnGuess() if mark else None
    sample = _sample_column(schema, "number", cells)
    verdict = guess_numbers(sample.cells, False, schema.get("unit"), decimal=mark[1])
    if verdict is None or verdict.share < 1:
        return None
    example = disguise_digits(next(iter(sample.cells)))
    finding = Finding("numbers", verdict.value, 0.95, field=schema["name"], example=example)
    return ColumnGuess(sample.rewriting(verdict.texts, verdict.value), (finding,))


def _all_surely_read(cells: pa.ChunkedArray, kind: str) -> bool:
    """Whether all cells surely read; what Arrow's own kernels say in a moment."""
    try:
        if kind in CASTS:
            values = pc.cast(cells, CASTS[kind])
            return kind != "number" or bool(pc.all(pc.is_finite(values), min_count=0).as_py())
    except pa.ArrowInvalid:
        return False
    return kind in PLAIN and bool(pc.all(pc.match_substring_regex(cells, PLAIN[kind]), min_count=0).as_py())


def _field_reader(schema: Mapping[str, Any], kind: str) -> Callable[[str], bool]:
    """Whether a text reads under the schema; a text of a listed or patterned field also has to be one of
    those."""
    kept = {"enum", "pattern"} if kind == "string" else set()
    constraints = {key: value for key, value in schema.get("constraints", {}).items() if key in kept}
    read = Field.from_descriptor({**schema, "constraints": constraints}).create_cell_reader()

    def reads(text: str) -> bool:
        value, notes = read(text)
        if kind == "yearmonth" and value is not None and value.year < 1000:
            return False  # of 11-03 frictionless makes the year 11
        if kind == "number" and value is not None and not isfinite(value):
            return False
        return value is not None and not notes

    return reads


def _guess_writing(
    schema: Mapping[str, Any],
    sample: Sample,
    odd: Sequence[str],
    writing: Writing | None,
    epoch: int,
    known: str | None,
) -> ColumnGuess | None:
    kind, name, cells = schema["type"], schema["name"], sample.cells
    verdict = _guess_by_type(schema, sample, epoch, known)
    if verdict is None:
        return None
    filled = sum(cells.values())
    slips = filled - sum(cells[text] for text in verdict.texts)
    read = sum(cells[text] for text in odd if text in verdict.in_question)
    few = _are_few(slips, filled, odd, cells, kind)
    asked = few or verdict.against or verdict.possible
    if not read or (read < MOST * sum(cells[text] for text in odd) and not asked):
        return None  # what does not read is written otherwise still
    odd = (
        sorted(odd, key=is_symmetric) if verdict.what in ("dates", "months") else odd
    )  # what shows more, first
    example = next((text for text in odd if text in verdict.in_question), odd[0])
    shown = _right_example(schema, cells, odd, verdict) or example
    if verdict.what == "numbers":
        example, shown = disguise_digits(example), shown if kind == "year" else disguise_digits(shown)
    finding = Finding(verdict.what, verdict.value, verdict.confidence, field=name, example=shown)
    if writing and any(getattr(writing, key) not in (None, ()) for key in KEYS[kind]):
        declared = writing.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
        told = ", ".join(f"{key}: {value!r}" for key, value in declared.items())
        return (
            ColumnGuess(findings=(replace(finding, declared=told),)) if verdict.confidence >= SURE else None
        )
    if not few or verdict.others or not is_plausible(schema, sample, odd, verdict):
        return _ask_about_column(schema, sample, odd, verdict, example)
    plain = set(cells) - set(odd) - set(verdict.texts)
    sure = finding if not slips else replace(finding, confidence=min(0.99, SURE + slips / filled / 100))
    return ColumnGuess(
        sample.rewriting(verdict.texts, verdict.value),
        (sure,),
        odd=tuple(sorted(plain)),
        writing=verdict.value,
        order=day_order(verdict.value) if kind in ("date", "datetime") else None,
    )


def _ask_about_column(
    schema: Mapping[str, Any], sample: Sample, odd: Sequence[str], verdict: WritingGuess, example: str
) -> ColumnGuess:
    """What people should decide of a column whose way of writing is not followed."""
    doubt = explain_doubt(verdict, example, schema)
    said = ask_sender(verdict, example, schema["type"])
    left = tuple(text for text in odd if text not in verdict.in_question)
    if other := _denied_thousands(schema, sample, odd, verdict):
        proof = next(text for text in odd if proves_thousands(text))
        said = ask_about_thousands(proof, other)
        fits = 'groupChar: "."' in verdict.value
        texts = sample.rewriting(verdict.texts, verdict.value) if fits else {}
        return ColumnGuess(texts, note=doubt, for_sender=said, grave=True, left=left)
    orders = {day_order(way) for way in (verdict.value, *verdict.others)}
    asks_order = schema["type"] in ("date", "datetime") and not verdict.against and orders == {*DAY_ORDERS}
    return ColumnGuess(note=doubt, for_sender=said, left=left, asks_order=asks_order)


def _right_example(
    schema: Mapping[str, Any], cells: Mapping[str, int], odd: Sequence[str], verdict: WritingGuess
) -> str | None:
    """A cell that is right as the column is written, to be shown to whoever writes the others: one that shows
    the way of writing, if it may, and of whole numbers none with decimals."""
    reads, kind = _field_reader(schema, schema["type"]), schema["type"]
    decimal = verdict.value.partition('"')[2][:1] if kind == "integer" else ""
    odds = set(odd)
    plain = sorted((text for text in cells if text not in odds), key=len, reverse=True)
    right = (
        text
        for text in (*odd, *plain)
        if text in verdict.texts
        and not (decimal and decimal in text)
        and (kind != "year" or text.isdigit())
        and reads(verdict.texts[text])
    )
    return next(right, None)


def _denied_thousands(
    schema: Mapping[str, Any], sample: Sample, odd: Sequence[str], verdict: WritingGuess
) -> str | None:
    """A number that reads as it is, as 1.234, in a column where others prove that its point parts thousands:
    by its face it would be published divided by a thousand."""
    if schema["type"] != "number" or not any(map(proves_thousands, odd)):
        return None
    if not any('groupChar: "."' in way for way in (verdict.value, *verdict.others)):
        return None
    odds = set(odd)
    grouped = [text for text in sample.cells if text not in odds and re.fullmatch(GROUPED, text)]
    values = {text.replace(".", ""): sample.cells[text] for text in grouped}
    fits = keeps_to_bounds(values, schema.get("constraints", {}), "number")
    return grouped[0] if grouped and fits else None


def _is_ambiguous(schema: Mapping[str, Any], texts: Mapping[str, int]) -> bool:
    """Whether texts of numbers can be read in several ways, as 12,345 can."""
    verdict = guess_numbers(texts, schema["type"] == "integer", schema.get("unit"))
    return verdict is not None and bool(verdict.others)


def _are_few(slips: int, filled: int, odd: Sequence[str], cells: Mapping[str, int], kind: str) -> bool:
    """Whether what a way does not read is a few slips. Days that never come (31/02) are written like the
    others, and speak against no way; nor do, among many cells, words."""
    many, says_nothing = filled >= ENOUGH, None
    if kind in ("date", "datetime"):
        says_nothing = is_no_date if many else is_no_day
    elif kind in ("number", "integer") and many:
        says_nothing = is_no_number
    silent = sum(cells[text] for text in odd if says_nothing(text)) if says_nothing else 0
    return is_few(slips - silent, filled - silent)


def _guess_by_type(
    schema: Mapping[str, Any], sample: Sample, epoch: int, known: str | None
) -> WritingGuess | None:
    kind, cells = schema["type"], sample.cells
    match kind:
        case "number" | "integer":
            return _guess_numbers_within_bounds(schema, sample, known)
        case "year":
            return guess_years(cells)
        case "date" | "datetime":
            return guess_dates(cells, kind, epoch, day_order(known or ""))
        case "yearmonth":
            return guess_months(cells, epoch)
        case "time":
            return guess_times(cells)
        case "boolean":
            return guess_booleans(cells)
        case _:
            return None


def _guess_numbers_within_bounds(
    schema: Mapping[str, Any], sample: Sample, known: str | None
) -> WritingGuess | None:
    """How numbers are written; where several ways are possible, as it is known, if that is one of them."""
    judged: list[tuple[Mapping[str, str], bool]] = []

    def admits(way: str, texts: Mapping[str, str]) -> bool:
        """Ways that make the same of all texts, as those do that differ in a mark that nobody wrote, are
        judged once."""
        for others, keep in judged:
            if others == texts:
                return keep
        judged.append((texts, keeps_to_its_bounds(schema, sample, way, texts)))
        return judged[-1][1]

    whole, unit = schema["type"] == "integer", schema.get("unit")
    verdict = guess_numbers(sample.cells, whole, unit, admits=admits)
    mark = _DECIMAL.match(known or "")
    if verdict is None or not verdict.others or mark is None:
        return verdict
    told = guess_numbers(sample.cells, whole, unit, admits=admits, decimal=mark[1])
    return told if told is not None and told.value in (verdict.value, *verdict.others) else verdict


_DECIMAL = re.compile(r'decimalChar: "(.)"')

"""Declared repairs: each cell as the agency writes it becomes the published text, and what changed is
counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from pipelines.dataset.layout import ValueRule, Writing
from pipelines.dataset.text import fold_text, strip_html, undo_double_encoding
from pipelines.read.grid import Marks
from validation.patterns import require_time


class CellRepair:
    """The way of one field's cells: its rules in their order, then its layout's writing. Each distinct text
    is worked out once.

    `repaired` counts the cells that each rule changed, by the rule's place in the declaration.
    """

    def __init__(
        self,
        field: Mapping[str, Any],
        missing: Sequence[str],
        rules: Sequence[ValueRule],
        writing: Writing | None,
    ):
        self.field = {key: value for key, value in field.items() if key != "constraints"}
        self.missing = "" if "" in missing or not missing else missing[0]
        self.missing_values = list(missing)
        self.rules, self.writing = rules, CellWriting(self.field, writing) if writing else None
        self.names = [
            {fold_text(text): name for name, others in rule.names.items() for text in (name, *others)}
            for rule in rules
        ]
        self.then = [CellWriting(self.field, rule.then) if rule.then else None for rule in rules]
        self.repaired: Counter[int] = Counter()
        self._known: dict[tuple[str, bool], tuple[str, tuple[int, ...]]] = {}
        self._tried: set[str] = set()

    def __call__(self, cells: pa.Array, certain: Marks | None = None) -> pa.Array:
        """The cells (strings, null where the row is too short) as they are published; to those that are
        `certain` the layout's writing does not apply."""
        if not self.rules and self.writing is None:
            return cells
        if certain is None or not certain.any():
            return self._repair(cells, False)
        some = pa.array(certain)
        anew = pc.replace_with_mask(cells, some, self._repair(cells.filter(some), True))
        others = pc.invert(some)
        return pc.replace_with_mask(anew, others, self._repair(cells.filter(others), False))

    def _repair(self, cells: pa.Array, certain: bool) -> pa.Array:
        encoded = cells.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        self._require_time([text for text in texts if (text, certain) not in self._known])
        outcomes = [self._known.get((text, certain)) or self._work_out(text, certain) for text in texts]
        if self.rules:
            for index, count in (
                (item["values"], item["counts"]) for item in pc.value_counts(encoded.indices).to_pylist()
            ):
                for rule in outcomes[index][1] if index is not None else ():
                    self.repaired[rule] += count
        return pc.take(pa.array([text for text, _rules in outcomes], pa.string()), encoded.indices)

    def _require_time(self, texts: Sequence[str]) -> None:
        """Raises PatternTooSlow where a rule's pattern takes too long on one of these texts."""
        for rule in self.rules:
            if rule.pattern is not None:
                require_time(rule.pattern, texts)
        self._tried = set(texts)

    def repair_text(self, text: str) -> str:
        """One cell as it is published."""
        return (self._known.get((text, False)) or self._work_out(text, False))[0]

    def _work_out(self, text: str, certain: bool) -> tuple[str, tuple[int, ...]]:
        result, applied, writing = text, [], self.writing
        for index, rule in enumerate(self.rules):
            changed = self._apply(index, rule, result)
            if changed is not None and (changed != result or rule.then is not None):
                result = changed
                applied.append(index)
                if rule.then is not None:
                    writing = self.then[index]
                    break
        if writing is not None and result not in self.missing_values:
            as_it_is = certain and result == text and writing is self.writing
            read = result if as_it_is else writing.translate(result)
            result = self.missing if result in writing.missing_values else read
        self._known[text, certain] = result, tuple(applied)
        return self._known[text, certain]

    def _apply(self, index: int, rule: ValueRule, text: str) -> str | None:
        """The text after the rule; None where the rule does not speak of it."""
        if rule.names:
            return self.names[index].get(fold_text(text))
        if rule.decode or rule.text:
            return undo_double_encoding(text) if rule.decode else strip_html(text)
        if rule.pattern is not None and text not in self._tried:  # what an earlier rule made of it
            require_time(rule.pattern, [text])
        if rule.pattern is None:
            if text not in rule.from_:
                return None
        elif not re.search(rule.pattern, text):
            return None
        elif rule.replace is not None:
            return re.sub(rule.pattern, rule.replace, text)
        return self.missing if rule.to is None else rule.to


class CellWriting:
    """A declared writing of a field: reads a cell by it, and writes it in the published way."""

    def __init__(self, field: Mapping[str, Any], writing: Writing):
        given = writing.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude={"format", "missing_values", "as_shown"}
        )
        ways = [{"format": format} for format in writing.format] or ([{}] if given else [])
        self.months = field.get("type") == "yearmonth"
        if self.months and ways:
            given["type"] = "date"  # Table Schema has no formats of months: read as the day that begins one
        self.read = [Field.from_descriptor({**field, **given, **way}).create_cell_reader() for way in ways]
        self.write = Field.from_descriptor(dict(field)).create_cell_writer()
        self.missing_values = writing.missing_values or ()
        self.whole = field.get("type") == "integer"
        self.group_char = writing.group_char or ""
        self.grouped = _thousands_pattern(writing, self.whole) if writing.group_char is not None else None

    def translate(self, text: str) -> str:
        """The text in the published writing; unchanged where it is not in the declared one (the schema then
        judges it)."""
        if self.grouped is not None and not self.grouped.fullmatch(text.strip()):
            return text
        # Frictionless leaves thousands marks in integers.
        cell = text.replace(self.group_char, "") if self.whole and self.group_char else text
        for read in self.read:
            value, notes = read(cell)
            if value is None or notes:
                continue
            if hasattr(value, "isoformat"):
                # Frictionless writes moments without their fractions, and years without their zeros.
                return str(value.isoformat())[: 7 if self.months else None]
            written, faults = self.write(value)
            if not faults:
                return str(written)
        return text


def _thousands_pattern(writing: Writing, whole: bool) -> re.Pattern[str]:
    """Numbers whose thousands marks stand where thousands are: frictionless would take "45.41" for 4541."""
    group, decimal = re.escape(writing.group_char or ""), writing.decimal_char or "."
    number = rf"[+-]?([0-9]{{1,3}}({group}[0-9]{{3}})+|[0-9]+)"
    if not whole and decimal != writing.group_char:
        number += rf"({re.escape(decimal)}[0-9]*)?"
    return re.compile(rf"[^0-9+-]*{number}[^0-9]*" if writing.bare_number is False else number)

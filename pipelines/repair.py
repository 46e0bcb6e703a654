"""Declared repairs and writings: from the agency's way of writing a cell to the published one, counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from frictionless import Field

from pipelines.declaration import Rule, Writing


class Column:
    """The way of one field's cells: its rules in their order, then its layout's writing. Each distinct text is worked out once.

    `repaired` counts the cells that each rule changed, by the rule's place in the declaration.
    """

    def __init__(self, field: Mapping[str, Any], missing: Sequence[str], rules: Sequence[Rule], writing: Writing | None):
        self.field = {key: value for key, value in field.items() if key != "constraints"}
        self.missing = "" if "" in missing or not missing else missing[0]
        self.missing_values = list(missing)
        self.rules, self.writing = rules, writing
        self.repaired: Counter[int] = Counter()
        self._known: dict[str, tuple[str, tuple[int, ...]]] = {}

    def __call__(self, cells: pa.Array) -> pa.Array:
        """The cells (strings, null where the row is too short) as they are published."""
        if not self.rules and self.writing is None:
            return cells
        encoded = cells.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        outcomes = [self._known.get(text) or self._work_out(text) for text in texts]
        if self.rules:
            for index, count in ((item["values"], item["counts"]) for item in pc.value_counts(encoded.indices).to_pylist()):
                for rule in outcomes[index][1] if index is not None else ():
                    self.repaired[rule] += count
        return pc.take(pa.array([text for text, _rules in outcomes], pa.string()), encoded.indices)

    def _work_out(self, text: str) -> tuple[str, tuple[int, ...]]:
        result, applied, writing = text, [], self.writing
        for index, rule in enumerate(self.rules):
            changed = self._apply(rule, result)
            if changed is not None and (changed != result or rule.then is not None):
                result = changed
                applied.append(index)
                if rule.then is not None:
                    writing = rule.then
                    break
        if writing is not None:
            result = self._translate(result, writing)
        self._known[text] = result, tuple(applied)
        return self._known[text]

    def _apply(self, rule: Rule, text: str) -> str | None:
        """The text after the rule; None where the rule does not speak of it."""
        if rule.pattern is None:
            if text not in rule.from_:
                return None
        elif not re.search(rule.pattern, text):
            return None
        elif rule.replace is not None:
            return re.sub(rule.pattern, rule.replace, text)
        return self.missing if rule.to is None else rule.to

    def _translate(self, text: str, writing: Writing) -> str:
        """The text in the published writing; unchanged where it is not in the declared one (the schema then judges it)."""
        if text in self.missing_values:
            return text
        if writing.missing_values is not None and text in writing.missing_values:
            return self.missing
        formats = (writing.format,) if isinstance(writing.format, str) else writing.format or (None,)
        for format in formats:
            given = writing.model_dump(by_alias=True, exclude_none=True, exclude={"format", "missing_values"})
            if format is not None:
                given["format"] = format
            if writing.group_char is not None and not _grouped(text, writing):
                continue
            value, notes = Field.from_descriptor({**self.field, **_plain(given)}).read_cell(text)
            if value is not None and not notes:
                written, faults = Field.from_descriptor(self.field).write_cell(value)
                if not faults:
                    return str(written)
        return text


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}


def _grouped(text: str, writing: Writing) -> bool:
    """Whether the thousands marks stand where thousands are: frictionless would take "45.41" for 4541."""
    group, decimal = re.escape(writing.group_char or ""), re.escape(writing.decimal_char or ".")
    number = rf"[+-]?(\d{{1,3}}({group}\d{{3}})+|\d+)({decimal}\d*)?"
    if writing.bare_number is False:
        number = rf"[^\d+-]*{number}\D*"
    return re.fullmatch(number, text.strip()) is not None

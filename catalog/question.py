"""What is asked of a table: which rows and columns, in which order, or counted by what. It is checked against
the table's columns before any SQL is made of it; values never become part of the SQL."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _

POSITION = "file_row_number"
"""DuckDB's name for the number of a row in its file, from 0."""
FILE = f"read_parquet(?, {POSITION} = true)"
OPERATORS = ("!=", ">=", "<=", "=", ">", "<", "~")
FUNCTIONS = ("count", "sum", "avg", "min", "max", "median")
_NUMERIC = ("sum", "avg", "median")


class Refusal(Exception):
    """A request that gets no answer: its status in HTTP, a sentence that says what to do, and the `parameter`
    in which the fault stands."""

    def __init__(self, status: int, sentence: str, parameter: str | None = None):
        self.status, self.sentence, self.parameter = status, sentence, parameter
        super().__init__(sentence)


class BadQuestion(Refusal):
    """A parameter that the table cannot answer."""

    def __init__(self, parameter: str, sentence: str):
        super().__init__(422, sentence, parameter)


@dataclass(frozen=True)
class Asked:
    """The parameters as they were written."""

    filter: Sequence[str] = ()
    columns: str = ""
    order: str = ""
    group: str = ""
    aggregate: Sequence[str] = ()
    limit: int = 100
    cursor: str = ""


@dataclass(frozen=True)
class Condition:
    """A comparison of a column; `value` None is a missing value."""

    column: str
    operator: str
    value: Any


@dataclass(frozen=True)
class Measure:
    """A number over many rows: `count()` of rows, or a function of a column."""

    function: str
    column: str | None

    @property
    def name(self) -> str:
        return f"{self.function}_{self.column}" if self.column else self.function


@dataclass(frozen=True)
class Question:
    """A question that the table can answer. `after` is how many rows were given before; where rows come in
    the order of the file, the position from which they go on."""

    conditions: tuple[Condition, ...]
    columns: tuple[str, ...]
    order: tuple[tuple[str, bool], ...]
    group: tuple[str, ...]
    measures: tuple[Measure, ...]
    limit: int
    after: int = 0

    @property
    def in_file_order(self) -> bool:
        return not self.order and not self.measures

    @property
    def digest(self) -> str:
        """What tells this question from others, wherever its answer begins."""
        return hashlib.sha256(repr(replace(self, after=0, limit=0)).encode()).hexdigest()[:16]

    def cursor(self, after: int) -> str:
        """Where the answer goes on, as a text that only this question takes."""
        return base64.urlsafe_b64encode(json.dumps([self.digest, after]).encode()).decode().rstrip("=")

    def sql(self, table: str = FILE) -> tuple[str, list[Any]]:
        """The statement over `table` and its parameters, without those of `table` (of FILE: the file's name),
        which come first. One row more than `limit` is asked for: it tells whether there are more."""
        where, values = _where(self.conditions)
        source = f"FROM {table}"
        if self.measures:
            names = [*self.group, *(measure.name for measure in self.measures)]
            chosen = ", ".join([*map(quote_name, self.group), *map(_measure_sql, self.measures)])
            order = [*self.order, *((name, False) for name in names if name not in dict(self.order))]
            group = f" GROUP BY {', '.join(map(quote_name, self.group))}" if self.group else ""
            text = f"SELECT {chosen} {source}{_join(where)}{group} ORDER BY {_order(order)}"
        else:
            chosen = ", ".join([*map(quote_name, self.columns), POSITION])
            if self.in_file_order:
                where, values = [*where, f"{POSITION} >= ?"], [*values, self.after]
            # DuckDB keeps the order of the file, and stops at the limit only where it need not sort.
            sorting = f" ORDER BY {_order([*self.order, (POSITION, False)])}" if self.order else ""
            text = f"SELECT {chosen} {source}{_join(where)}{sorting}"
        offset = 0 if self.in_file_order else self.after
        return f"{text} LIMIT {self.limit + 1} OFFSET {offset}", values


def read_question(schema: pa.Schema, asked: Asked) -> Question:
    """The question about a table of this schema; raises BadQuestion."""
    group = _names(schema, "group", asked.group)
    measures = tuple(_measure(schema, text) for text in asked.aggregate)
    if group and not measures:
        measures = (Measure("count", None),)
    if measures and asked.columns:
        raise BadQuestion("columns", _("With `aggregate` or `group`, leave `columns` out."))
    given = [*group, *(measure.name for measure in measures)] if measures else schema.names
    if len(set(given)) < len(given):
        raise BadQuestion("aggregate", _("The same column would come twice; ask for it once."))
    question = Question(
        conditions=tuple(_condition(schema, text) for text in asked.filter),
        columns=_names(schema, "columns", asked.columns) or tuple(schema.names),
        order=_order_of(given, schema, asked.order),
        group=group,
        measures=measures,
        limit=asked.limit,
    )
    return replace(question, after=_position(question, asked.cursor)) if asked.cursor else question


def _names(schema: pa.Schema, parameter: str, text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    for name in names:
        _require(schema.names, parameter, name)
    if len(set(names)) < len(names):
        raise BadQuestion(parameter, _("The same column would come twice; ask for it once."))
    return names


def _require(known: Iterable[str], parameter: str, name: str) -> None:
    if name not in known:
        raise BadQuestion(
            parameter,
            _("There is no column «{name}»; there are: {names}.", name=name, names=", ".join(known)),
        )


def _order_of(given: Sequence[str], schema: pa.Schema, text: str) -> tuple[tuple[str, bool], ...]:
    """Names and whether they go down, as in `-monto,nombre`."""
    order = [(each.removeprefix("-"), each.startswith("-")) for each in text.split(",") if each]
    for name, _down in order:
        _require(given, "order", name)
        if name in schema.names:
            _require_plain(schema, "order", name)
    if len(dict(order)) < len(order):
        raise BadQuestion("order", _("The same column would come twice; ask for it once."))
    return tuple(order)


def _require_plain(schema: pa.Schema, parameter: str, name: str) -> None:
    if pa.types.is_nested(schema.field(name).type):
        raise BadQuestion(parameter, _("«{name}» holds lists or objects, which have no order.", name=name))


def _condition(schema: pa.Schema, text: str) -> Condition:
    names = sorted((name for name in schema.names if text.startswith(name)), key=len, reverse=True)
    for name in names:
        rest = text[len(name) :]
        operator = next((each for each in OPERATORS if rest.startswith(each)), None)
        if operator:
            return Condition(name, operator, _value(schema.field(name), operator, rest[len(operator) :]))
    if not any(operator in text for operator in OPERATORS):
        raise BadQuestion(
            "filter", _("Write a column, a sign ({signs}) and a value.", signs=" ".join(OPERATORS))
        )
    _require(schema.names, "filter", re.split(r"[!<>=~]", text, maxsplit=1)[0])
    raise BadQuestion("filter", _("Write a column, a sign ({signs}) and a value.", signs=" ".join(OPERATORS)))


def _value(field: pa.Field, operator: str, text: str) -> Any:
    """The value in the column's type."""
    if not text and operator in ("=", "!="):
        return None
    if operator == "~":
        if not pa.types.is_string(field.type):
            raise BadQuestion(
                "filter", _("`~` looks for a part of a text; «{name}» holds none.", name=field.name)
            )
        return text
    _require_plain(pa.schema([field]), "filter", field.name)
    try:
        if pa.types.is_time(field.type):  # Arrow reads none
            return time.fromisoformat(text)
        return pc.cast(pa.array([text]), field.type)[0].as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, OverflowError) as error:
        sentence = _(
            "«{value}» cannot be compared with the column «{name}», which is of type {type}.",
            value=text[:100],
            name=field.name,
            type=field.type,
        )
        raise BadQuestion("filter", sentence) from error


def _measure(schema: pa.Schema, text: str) -> Measure:
    match = re.fullmatch(r"(\w+)\((.*)\)", text, re.DOTALL)
    if not match or match[1] not in FUNCTIONS or (not match[2] and match[1] != "count"):
        example = ", ".join(f"{function}(…)" for function in FUNCTIONS)
        raise BadQuestion("aggregate", _("Write one of: {names}.", names=f"count(), {example}"))
    function, column = match[1], match[2] or None
    if column is not None:
        _require(schema.names, "aggregate", column)
        _require_plain(schema, "aggregate", column)
        kind = schema.field(column).type
        number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        if function in _NUMERIC and not number:
            raise BadQuestion("aggregate", _("«{name}» holds no numbers to calculate with.", name=column))
    return Measure(function, column)


def _position(question: Question, cursor: str) -> int:
    try:
        digest, after = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if digest == question.digest and type(after) is int and 0 <= after < 2**62:
            return after
    except (ValueError, TypeError, binascii.Error, RecursionError):
        pass
    raise BadQuestion("cursor", _("This cursor belongs to another question; begin without one."))


def _where(conditions: Iterable[Condition]) -> tuple[list[str], list[Any]]:
    """The parts of a WHERE, all of which hold: several `=` of one column are alternatives."""
    alternatives: dict[str, list[Condition]] = {}
    parts: list[str] = []
    values: list[Any] = []
    for condition in conditions:
        if condition.operator == "=":
            alternatives.setdefault(condition.column, []).append(condition)
        else:
            parts.append(_condition_sql(condition))
            values += _parameter(condition)
    for several in alternatives.values():
        parts.append(f"({' OR '.join(map(_condition_sql, several))})")
        values += [value for each in several for value in _parameter(each)]
    return parts, values


def _condition_sql(condition: Condition) -> str:
    column = quote_name(condition.column)
    if condition.operator == "~":
        return f"contains(strip_accents(lower({column})), strip_accents(lower(?)))"
    if condition.value is None:
        return f"{column} IS {'NOT ' if condition.operator == '!=' else ''}NULL"
    return f"{column} {'IS DISTINCT FROM' if condition.operator == '!=' else condition.operator} ?"


def _parameter(condition: Condition) -> list[Any]:
    return [] if condition.value is None else [condition.value]


def _measure_sql(measure: Measure) -> str:
    inner = quote_name(measure.column) if measure.column else "*"
    return f"{measure.function}({inner}) AS {quote_name(measure.name)}"


def _join(parts: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def _order(order: Iterable[tuple[str, bool]]) -> str:
    return ", ".join(f"{quote_name(name)} {'DESC' if down else 'ASC'} NULLS LAST" for name, down in order)


def quote_name(name: str) -> str:
    """A column as SQL names it."""
    return '"' + name.replace('"', '""') + '"'

"""How agencies write their tables, as a declaration says it: layouts, ways of writing, repairs."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, StrictBool, StrictInt, StrictStr, model_validator

from messages import gettext as _
from pipelines.dataset.keys import Character, Model, Pattern, Texts
from pipelines.dataset.text import fold_text


class Writing(Model):
    """How a layout writes a field's values: properties of Table Schema; `format` may be several, tried in
    order. `as_shown`: of a workbook's numbers, what their cells show."""

    format: Texts = ()
    decimal_char: Character | None = None
    group_char: Character | None = None
    bare_number: StrictBool | None = None
    true_values: tuple[StrictStr, ...] | None = None
    false_values: tuple[StrictStr, ...] | None = None
    missing_values: tuple[StrictStr, ...] | None = None
    as_shown: StrictBool | None = None


class CsvDialect(Model):
    """The properties of a CSV dialect (Data Package v2, *Table Dialect*) that a layout may fix; also where
    they stand under `csv`, as `frictionless describe` writes them."""

    delimiter: Character | None = None
    quote_char: Character | None = None
    double_quote: StrictBool = True
    escape_char: Character | None = None
    skip_initial_space: StrictBool = False

    @model_validator(mode="before")
    @classmethod
    def open_csv(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        inner = value.get("csv", {})
        flat = {key: each for key, each in value.items() if key != "csv"}
        if "commentChar" in flat or "commentRows" in flat:
            raise ValueError(_("no row is left out by its first sign; have such rows taken out of the file"))
        if not isinstance(inner, dict):
            return value
        # Lines end as they end, whatever is said of it.
        return {key: each for key, each in (flat | inner).items() if key != "lineTerminator"}


class Unpivot(Model):
    """Columns whose label holds the pattern become rows: the group `measure` (or else `value`) is the label
    that the cell then stands under, every other named group a column of its own."""

    columns: Pattern
    value: StrictStr | None = None

    @model_validator(mode="after")
    def check_ways(self) -> Unpivot:
        groups = re.compile(self.columns).groupindex
        if not set(groups) - {"measure"}:
            raise ValueError(
                _("name the part of the label that becomes a column, as in {example}", example="(?P<mes>.+)")
            )
        if ("measure" in groups) == (self.value is not None):
            raise ValueError(_("give either a group called measure or value"))
        return self


def _check_foot(value: object) -> str | bool:
    if value is False:
        return False
    if not isinstance(value, str):
        raise ValueError(_("use a pattern, or false"))
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(_("not a regular expression ({why})", why=error)) from error
    return value


class Layout(Model):
    """How one raw layout writes the table: chosen where all of `header` stands among the file's labels.

    `ignore` leaves out every column with that label; of a label that a field comes under, all but the first.
    `sheet` names the sheet of a workbook; otherwise the visible one that holds the table is read.
    `header_row` is found where it is not given. `absent` are fields that such files do not have: they stay
    empty. Rows at the file's end whose first filled cell holds the pattern `foot` (totals, notes) are no
    data; false: all rows are. Not `strict`: quotation marks that stand wrong in a CSV are no problem of their
    row; they are counted.
    """

    header: tuple[StrictStr, ...] = ()
    labels: dict[StrictStr, StrictStr] = Field(default={})
    fields: dict[StrictStr, Writing] = Field(default={})
    ignore: tuple[StrictStr, ...] = ()
    absent: tuple[StrictStr, ...] = ()
    encoding: StrictStr | None = None
    dialect: CsvDialect | None = None
    strict: StrictBool = True
    sheet: StrictStr | None = None
    header_row: Annotated[StrictInt, Field(ge=1)] | None = None
    foot: Annotated[str | bool | None, PlainValidator(_check_foot)] = None
    unpivot: Unpivot | None = None

    @model_validator(mode="before")
    @classmethod
    def open_dialect(cls, value: object) -> object:
        """What a Frictionless dialect says of the header's row and of the sheet, as keys of the layout."""
        dialect = value.get("dialect") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(dialect, dict):
            return value
        rest = dict(dialect)
        said = {"headerRow": _header_row_of(rest), "sheet": _sheet_of(rest)}
        for key, each in said.items():
            if each is not None and value.get(key, each) != each:
                raise ValueError(_("{key} says one thing and dialect another", key=key))
        layout = {key: each for key, each in value.items() if key != "dialect"}
        return (
            layout | {key: each for key, each in said.items() if each is not None} | {"dialect": rest or None}
        )


def _header_row_of(dialect: dict[Any, Any]) -> object:
    """The row of the header that a dialect names, which is taken out of it."""
    if dialect.pop("header", True) is False:
        raise ValueError(_("a table has a header; ask for the extract with one"))
    rows = dialect.pop("headerRows", [])
    if isinstance(rows, list) and len(rows) > 1:
        raise ValueError(_("a header over several rows is found by itself; leave headerRows out"))
    return rows[0] if isinstance(rows, list) and rows else None


def _sheet_of(dialect: dict[Any, Any]) -> object:
    """The name of the sheet that a dialect names, which is taken out of it."""
    for kind in ("excel", "ods"):
        control = dialect.pop(kind, None)
        sheet = control.get("sheet") if isinstance(control, dict) else None
        if isinstance(sheet, int) and sheet != 1:
            raise ValueError(_("name the sheet; numbers change when one is put before it"))
        if isinstance(sheet, str):
            return sheet
    return None


def _names_alone(value: object) -> object:
    """Names alone are names with no other writings."""
    return (
        dict.fromkeys(value, ())
        if isinstance(value, list) and all(isinstance(name, str) for name in value)
        else value
    )


class ValueRule(Model):
    """A declared repair: the texts in `from`, or those that hold `pattern`, become `to` (null: missing), or
    the match `replace`.

    `then` says how what comes out is written; it stands in place of the layout's writing, and no later rule
    is tried. Other repairs say all by themselves: `decode: utf-8-twice` undoes what was encoded twice, `text:
    html` leaves the text of HTML, `names` writes each name as it is listed, whatever its case, accents and
    signs, or where the cell is one of its other writings.
    """

    from_: Texts = Field((), alias="from")
    pattern: Pattern | None = None
    replace: StrictStr | None = None
    to: StrictStr | None = None
    decode: Literal["utf-8-twice"] | None = None
    text: Literal["html"] | None = None
    names: Annotated[dict[StrictStr, Texts], BeforeValidator(_names_alone)] = Field(default={})
    then: Writing | None = None
    because: StrictStr | None = None

    @model_validator(mode="after")
    def check_ways(self) -> ValueRule:
        ways = [
            bool(self.from_),
            self.pattern is not None,
            self.decode is not None,
            self.text is not None,
            bool(self.names),
        ]
        if sum(ways) != 1:
            raise ValueError(_("give one of from, pattern, decode, text or names"))
        if any(ways[2:]):
            if self.model_fields_set & {"to", "replace", "then"}:
                raise ValueError(_("to, replace and then go with from or pattern"))
            self._refuse_ambiguous_names()
            return self
        if (self.replace is not None) == ("to" in self.model_fields_set):
            raise ValueError(_("give either to or replace"))
        if self.replace is not None:
            if self.pattern is None:
                raise ValueError(_("replace goes with pattern"))
            try:
                re.compile(self.pattern).sub(self.replace, "")
            except (re.error, IndexError) as error:
                raise ValueError(_("replace does not fit the pattern ({why})", why=error)) from error
        return self

    def _refuse_ambiguous_names(self) -> None:
        known: dict[str, str] = {}
        for name, others in self.names.items():
            for writing in (name, *others):
                one = known.setdefault(fold_text(writing), name)
                if one != name:
                    raise ValueError(
                        _(
                            "{writing!r} stands for two names: {one} and {other}",
                            writing=writing,
                            one=one,
                            other=name,
                        )
                    )

"""How agencies write their tables, as a declaration says it: layouts, writings, repairs."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from messages import gettext as _
from pipelines.keys import Character, Model, Pattern, Texts


class Writing(Model):
    """How a layout writes a field's values: properties of Table Schema; `format` may be several, tried in order."""

    format: Texts = ()
    decimal_char: Character | None = None
    group_char: Character | None = None
    bare_number: StrictBool | None = None
    true_values: tuple[StrictStr, ...] | None = None
    false_values: tuple[StrictStr, ...] | None = None
    missing_values: tuple[StrictStr, ...] | None = None


class CsvDialect(Model):
    """The properties of a CSV dialect (Data Package v2, *Table Dialect*) that a layout may fix."""

    delimiter: Character | None = None
    quote_char: Character | None = None
    double_quote: StrictBool = True
    escape_char: Character | None = None
    skip_initial_space: StrictBool = False


class Unpivot(Model):
    """Columns whose label holds the pattern become rows: the group `measure` (or else `value`) is the label that the cell then stands
    under, every other named group a column of its own."""

    columns: Pattern
    value: StrictStr | None = None

    @model_validator(mode="after")
    def one_way(self) -> Unpivot:
        groups = re.compile(self.columns).groupindex
        if not set(groups) - {"measure"}:
            raise ValueError(_("name the part of the label that becomes a column, as in {example}", example="(?P<mes>.+)"))
        if ("measure" in groups) == (self.value is not None):
            raise ValueError(_("give either a group called measure or value"))
        return self


class Layout(Model):
    """How one raw layout writes the table: chosen where all of `header` stands among the file's labels.

    `ignore` leaves out every column with that label; of a label that a field comes under, all but the first. `sheet` names the sheet
    of a workbook, otherwise its first visible one is read.
    """

    header: tuple[StrictStr, ...] = ()
    labels: dict[StrictStr, StrictStr] = Field(default={})
    fields: dict[StrictStr, Writing] = Field(default={})
    ignore: tuple[StrictStr, ...] = ()
    encoding: StrictStr | None = None
    dialect: CsvDialect | None = None
    sheet: StrictStr | None = None
    header_row: Annotated[StrictInt, Field(ge=1)] = 1
    unpivot: Unpivot | None = None


class Rule(Model):
    """A declared repair: the texts in `from`, or those that hold `pattern`, become `to` (null: missing), or the match `replace`.

    `then` says how what comes out is written; it stands in place of the layout's writing, and no later rule is tried.
    """

    from_: Texts = Field((), alias="from")
    pattern: Pattern | None = None
    replace: StrictStr | None = None
    to: StrictStr | None = None
    then: Writing | None = None
    because: StrictStr | None = None

    @model_validator(mode="after")
    def one_way(self) -> Rule:
        if bool(self.from_) == (self.pattern is not None):
            raise ValueError(_("give either from or pattern"))
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

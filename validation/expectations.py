"""What a dataset's owners expect of it beyond its schema ("a finished work is 100 % done"), in Great
Expectations' own words."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from messages import gettext as _
from messages import ngettext
from validation.judge import judge
from validation.patterns import require_time
from validation.report import Problem, Severity
from validation.table import ROW

if TYPE_CHECKING:
    import pandas as pd


Result = dict[str, Any]
"""One line of report.json's ``expectations``: resource, type, severity, success, because, and column and
unexpected (a count) where there are any; never a value."""


def expect(
    tables: Mapping[str, pa.Table], suites: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Problem, ...], tuple[Result, ...]]:
    """Each failed expectation as a problem, and the result of each, in the suites' order.

    ``tables`` are typed tables with ``__row__``; ``suites`` have ``expectations`` of type, kwargs, severity
    (``critical`` unless said otherwise; ``info`` counts as a warning) and ``meta.because``, by resource. An
    expectation that cannot be judged (an unknown type, a column that is not there) is a problem with the code
    ``expectation-broken``. Great Expectations takes seconds to import, so that happens here, and only for
    what is not certain without it (`validation/judge.py`).
    """
    problems: list[Problem] = []
    results: list[Result] = []
    for resource, suite in suites.items():
        if resource in tables and suite["expectations"]:
            _require_time(tables[resource], suite["expectations"])
            frame = to_pandas(_needed_columns(tables[resource], suite["expectations"]))
            outcomes = _judge(frame, suite["expectations"])
            for declared, outcome in zip(suite["expectations"], outcomes, strict=True):
                result = _result(resource, declared, outcome)
                results.append(result)
                if not result["success"]:
                    problems.append(_problem(result, outcome))
    return tuple(problems), tuple(results)


def warm_up() -> None:
    """Loads what every suite needs (isolation/nursery.py asks for it)."""
    frame = to_pandas(pa.table({ROW: [1], "id": [1]}))
    judge(frame, "expect_column_values_to_not_be_null", {"column": "id"})


def _require_time(table: pa.Table, expectations: Sequence[Mapping[str, Any]]) -> None:
    """Raises PatternTooSlow where an expectation's pattern takes too long on the column that it is about."""
    for declared in expectations:
        kwargs = declared.get("kwargs", {})
        column, listed = kwargs.get("column"), kwargs.get("regex_list")
        if column not in table.column_names or not pa.types.is_string(table.schema.field(column).type):
            continue
        patterns = [kwargs.get("regex"), *(listed if isinstance(listed, list) else ())]
        for pattern in (each for each in patterns if isinstance(each, str)):
            require_time(pattern, table[column].drop_null().unique().to_pylist())


_OF_COLUMNS = re.compile(
    r"expect_(?:column_(?!to_exist)|compound_columns_|multicolumn_|select_column_|table_row_count_)"
)
"""How the types of expectations begin that look at no column but those that their arguments name."""


def _needed_columns(table: pa.Table, expectations: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The table with the columns alone that some expectation may look at: pandas has its cells as objects, so
    that a large table would not lie in memory."""
    if not all(_OF_COLUMNS.match(str(declared["type"])) for declared in expectations):
        return table
    named = " ".join(str(declared.get("kwargs", {})) for declared in expectations)
    return table.select([name for name in table.column_names if name == ROW or repr(name)[1:-1] in named])


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """A typed table in pandas' oldest types; its index, without a name, has the agency's row numbers (0 where
    there is none).

    Text is ``object`` with None, integers with nulls are floats (objects beyond 2^53), dates and datetimes
    are ``datetime64`` (Buenos Aires wall time, no zone): with newer types comparisons raise or give NA, which
    Great Expectations does not expect.
    """
    import pandas as pd

    # without a name: of a named index Great Expectations would list whole cells
    index = pd.Index(table[ROW].fill_null(0).to_numpy(), dtype="int64")
    return pd.DataFrame(
        {name: _series(table[name], index) for name in table.column_names if name != ROW}, index=index
    )


def _series(column: pa.ChunkedArray[Any], index: pd.Index) -> pd.Series[Any]:
    import pandas as pd

    if pa.types.is_timestamp(column.type):
        return pd.Series(pc.local_timestamp(column).to_numpy(), index=index)
    if pa.types.is_date(column.type):
        return pd.Series(column.cast(pa.timestamp("us")).to_numpy(), index=index)
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_floating(column.type) or (pa.types.is_integer(column.type) and _exact_in_numpy(column)):
        return pd.Series(column.to_numpy(), index=index)
    if pa.types.is_boolean(column.type) and not column.null_count:
        return pd.Series(column.to_pylist(), index=index, dtype="bool")
    return pd.Series(column.to_pylist(), index=index, dtype="object")


def _exact_in_numpy(column: pa.ChunkedArray[Any]) -> bool:
    """Numpy has no missing integer: where there is a null, it makes floats, exact up to 2^53."""
    low, high = pc.min(column).as_py(), pc.max(column).as_py()
    return not column.null_count or low is None or (low >= -(2**53) and high <= 2**53)


@contextmanager
def _silence() -> Iterator[None]:
    """Great Expectations and what it imports log, warn and would report home; people who run a dataset see
    none of it."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _judge(frame: pd.DataFrame, expectations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The outcome of each; those that are not certain are left to Great Expectations, together."""
    outcomes = [_judge_here(frame, each) for each in expectations]
    left = [number for number, outcome in enumerate(outcomes) if outcome is None]
    if left:
        with _silence():
            judged = iter(validate_by_great_expectations(frame, [expectations[number] for number in left]))
        outcomes = [next(judged) if outcome is None else outcome for outcome in outcomes]
    return [outcome for outcome in outcomes if outcome is not None]


def _judge_here(frame: pd.DataFrame, declared: Mapping[str, Any]) -> dict[str, Any] | None:
    kwargs = declared.get("kwargs", {})
    known = isinstance(declared["type"], str) and isinstance(kwargs, Mapping)
    return judge(frame, declared["type"], _as_datetimes(kwargs)) if known else None


def validate_by_great_expectations(
    frame: pd.DataFrame, expectations: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """For each expectation Great Expectations' result, or ``{"broken": why}``."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    outcomes: list[dict[str, Any]] = [{"broken": "no result"}] * len(expectations)
    configured = []
    for number, declared in enumerate(expectations):
        try:
            configuration = ExpectationConfiguration(
                type=declared["type"],
                kwargs=_as_datetimes(declared.get("kwargs", {})),
                meta={"number": number},
            )
            configured.append(configuration.to_domain_obj())
        except Exception as error:  # noqa: BLE001 - pydantic, a registry or a parser may refuse what a suite's author wrote
            outcomes[number] = {"broken": str(error)}
    # add_expectation would drop one that says the same as another
    suite = gx.ExpectationSuite(name="suite", expectations=configured)
    for result in batch.validate(suite, result_format={"result_format": "COMPLETE"}).results:
        reported = result.expectation_config
        assert reported is not None
        outcomes[(reported.meta or {})["number"]] = _outcome(result)
    return outcomes


def _outcome(result: Any) -> dict[str, Any]:
    raised = result.exception_info or {}
    for info in [raised, *raised.values()]:
        if isinstance(info, Mapping) and info.get("raised_exception"):
            return {"broken": str(info.get("exception_message"))}
    return {"success": bool(result.success), **result.result}


def _as_datetimes(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Dates as the datetimes that a ``datetime64`` column can be compared with: YAML's, and bounds that are
    written as text."""
    moments = {
        name: [_as_datetime(item) for item in value] if isinstance(value, list) else _as_datetime(value)
        for name, value in kwargs.items()
    }
    for bound in ("min_value", "max_value"):
        with suppress(ValueError, TypeError):
            moments[bound] = datetime.fromisoformat(moments.get(bound))  # type: ignore[arg-type]  # anything else raises
    return moments


def _as_datetime(value: Any) -> Any:
    return datetime.combine(value, time.min) if type(value) is date else value


def _result(resource: str, declared: Mapping[str, Any], outcome: Mapping[str, Any]) -> Result:
    stops = "broken" in outcome or declared.get("severity", "critical") == "critical"
    severity: Severity = "critical" if stops else "warning"
    result: Result = {
        "resource": resource,
        "type": declared["type"],
        "severity": severity,
        "success": outcome.get("success", False),
        "because": (declared.get("meta") or {}).get("because"),
    }
    if column := declared.get("kwargs", {}).get("column"):
        result["column"] = column
    if outcome.get("unexpected_count") is not None:
        result["unexpected"] = int(outcome["unexpected_count"])
    return result


def _problem(result: Result, outcome: Mapping[str, Any]) -> Problem:
    rows = [int(number) for number in outcome.get("unexpected_index_list") or [] if number]
    words = {"type": result["type"], "because": result["because"] or result["type"]}
    if "broken" in outcome:
        why = " ".join(outcome["broken"].split())
        note = _("The expectation {type} cannot be judged: {why}", why=why, **words)
    elif rows:
        first = ", ".join(map(str, rows[:10])) + (", …" if len(rows) > 10 else "")
        note = ngettext(
            "{because}: not so in {n} row: {rows}",
            "{because}: not so in {n} rows: {rows}",
            result["unexpected"],
            rows=first,
            **words,
        )
    elif result.get("unexpected"):
        note = ngettext(
            "{because}: not so in {n} row of an earlier extract",
            "{because}: not so in {n} rows of earlier extracts",
            result["unexpected"],
            **words,
        )
    elif outcome.get("observed_value") is not None:
        note = _("{because}: found was {found}", found=outcome["observed_value"], **words)
    else:
        note = _("{because}: it is not so", **words)
    return Problem(
        "table-error",
        result["resource"],
        note,
        code="expectation-broken" if "broken" in outcome else "expectation",
        field=result.get("column"),
        severity=result["severity"],
    )

"""Whether a query is decided by its tables alone: by what the parsed statement calls, which all stands
on a list."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import duckdb

from messages import gettext as _

_FUNCTIONS = """
abs acos acosh add age any_value apply arbitrary arg_max arg_max_null arg_min arg_min_null argmax argmin
array_agg array_append array_cat array_concat array_contains array_distinct array_extract array_filter
array_has array_has_all array_has_any array_indexof array_intersect array_length array_position
array_prepend array_reduce array_reverse array_reverse_sort array_slice array_sort array_to_json
array_to_string array_transform array_unique array_value array_where array_zip ascii asin asinh atan atan2
atanh avg base64 bin bit_and bit_count bit_length bit_or bit_xor bitstring_agg bool_and bool_or cardinality
cbrt ceil ceiling century char_length character_length chr concat concat_ws constant_or_null contains corr
cos cosh cot count count_if count_star countif covar_pop covar_samp cume_dist damerau_levenshtein date_add
date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek
dayofyear days_in_month decade decode degrees dense_rank divide editdist3 element_at encode ends_with
entropy enum_code enum_first enum_last enum_range epoch epoch_ms epoch_ns epoch_us era even exp factorial
favg fdiv fill filter first first_value flatten floor fmod format format_bytes from_base64 from_binary
from_hex from_json from_json_strict fsum gamma gcd generate_series generate_subscripts geomean
geometric_mean greatest greatest_common_divisor group_concat grouping grouping_id hamming hex histogram
histogram_exact histogram_values hour if ifnull ilike_escape instr isfinite isinf isnan isodow isoyear
jaccard jaro_similarity jaro_winkler_similarity json json_array json_array_length json_contains json_exists
json_extract json_extract_path json_extract_path_text json_extract_string json_group_array json_group_object
json_keys json_merge_patch json_object json_pretty json_quote json_structure json_transform
json_transform_strict json_type json_valid json_value julian kahan_sum kurtosis kurtosis_pop lag last
last_day last_value lcase lcm lead least least_common_multiple left left_grapheme len length length_grapheme
levenshtein lgamma like_escape list list_any_value list_append list_apply list_avg list_bit_and list_bit_or
list_bit_xor list_bool_and list_bool_or list_cat list_concat list_contains list_count list_distinct
list_element list_entropy list_extract list_filter list_first list_has list_has_all list_has_any
list_histogram list_indexof list_intersect list_last list_mad list_max list_median list_min list_mode
list_pack list_position list_prepend list_product list_reduce list_resize list_reverse list_reverse_sort
list_select list_sem list_slice list_sort list_stddev_pop list_stddev_samp list_string_agg list_sum
list_transform list_unique list_value list_var_pop list_var_samp list_where list_zip listagg ln log log10
log2 lower lpad ltrim mad make_date make_time make_timestamp make_timestamp_ms make_timestamp_ns map
map_concat map_contains map_contains_entry map_contains_value map_entries map_extract map_extract_value
map_from_entries map_keys map_values max max_by md5 md5_number mean median microsecond millennium
millisecond min min_by minute mismatches mod mode month monthname multiply nanosecond nfc_normalize
not_ilike_escape not_like_escape nth_value ntile nullif octet_length ord overlay parse_dirname parse_dirpath
parse_filename parse_path percent_rank pi position pow power prefix printf product quantile quantile_cont
quantile_disc quarter radians range rank rank_dense reduce regexp_escape regexp_extract regexp_extract_all
regexp_full_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regr_avgx
regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse
right right_grapheme round round_even roundbankers row row_number row_to_json rpad rtrim second sem sha1
sha256 sign signbit sin sinh skewness split split_part sqrt starts_with stddev stddev_pop stddev_samp
str_split str_split_regex strftime string_agg string_split string_split_regex string_to_array strip_accents
strlen strpos strptime struct_concat struct_contains struct_extract struct_extract_at struct_has
struct_indexof struct_insert struct_keys struct_pack struct_position struct_update struct_values substr
substring substring_grapheme subtract suffix sum sumkahan tan tanh time_bucket timezone to_base to_base64
to_binary to_centuries to_days to_decades to_hex to_hours to_json to_microseconds to_millennia
to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years translate trim
trunc try_strptime typeof ucase unbin unhex unicode union_extract union_tag union_value unnest unpivot_list
upper url_decode url_encode var_pop var_samp variance wavg week weekday weekofyear weighted_avg xor year
yearweek
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())
"""Functions whose answer is decided by what they are given: what DuckDB calls consistent, without those that
ask for the clock, the session, the machine or the catalogue behind their back. Tables come sorted, so that
what depends on the order of rows (`first`, `list`) is decided too."""
TABLE_FUNCTIONS = frozenset(("range", "generate_series", "unnest", "repeat"))

# Functions that SQL lets one write without brackets
_WORDS = """
current_catalog current_database current_date current_localtime current_localtimestamp current_role
current_schema current_time current_timestamp current_user localtime localtimestamp session_user user
"""
WORDS = frozenset(_WORDS.split())


def find_unsteadiness(duck: duckdb.DuckDBPyConnection, sql: str, tables: Collection[str]) -> str | None:
    """Why this is no single query, or one whose answer is not decided by `tables` alone; None where it is
    one."""
    statements = duck.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return _("must be one SELECT")
    (text,) = duck.execute("SELECT json_serialize_sql(?::VARCHAR)", [statements[0].query]).fetchall()[0]
    parsed = json.loads(text)
    if parsed.get("error"):
        return _("must be one SELECT that can be looked through ({why})", why=parsed.get("error_message"))
    nodes = list(query_nodes(parsed))
    own = {each["key"].lower() for node in nodes if "cte_map" in node for each in node["cte_map"]["map"]}
    known = {*own, *(name.lower() for name in tables)}
    return next((why for node in nodes if (why := _node_fault(node, known))), None)


def _node_fault(node: dict[str, Any], tables: Collection[str]) -> str | None:
    kind, name = node.get("class"), str(node.get("function_name", "")).lower()
    if kind in ("FUNCTION", "WINDOW"):
        if name.isascii() and name.replace("_", "").isalnum() and name not in FUNCTIONS | TABLE_FUNCTIONS:
            return _refusal(name)
        if name == "age" and len(node["arguments"]) != 2:
            return _refusal("age")
    if node.get("type") == "TABLE_FUNCTION":
        called = str(node["function"].get("function_name", "")).lower()
        if called not in TABLE_FUNCTIONS:
            return _refusal(called)
    if kind == "COLUMN_REF" and len(node["column_names"]) == 1 and node["column_names"][0].lower() in WORDS:
        return _refusal(node["column_names"][0].lower())
    if node.get("type") == "BASE_TABLE" and _is_strange(node, tables):
        return _(
            "reads {name}, which is none of the tables of its datasets: {known}",
            name=node["table_name"],
            known=", ".join(f'"{each}"' for each in sorted(tables)),
        )
    if node.get("type") == "SHOW_REF":
        return _("describes tables; ask for their rows")
    if node.get("sample"):
        return _("takes a sample; the same releases must give the same rows")
    return None


def _is_strange(node: dict[str, Any], tables: Collection[str]) -> bool:
    elsewhere = (node.get("catalog_name"), node.get("schema_name"))
    return bool(any(elsewhere)) or str(node["table_name"]).lower() not in tables


def _refusal(name: str) -> str:
    return _(
        "calls {name}, whose answer changes, or is not known to stay the same; the same releases must give "
        "the same rows",
        name=name,
    )


def query_nodes(parsed: Any) -> Iterator[dict[str, Any]]:
    """Every object of a parsed query, the outer ones first."""
    waiting = [parsed]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += reversed(each.values())
        elif isinstance(each, list):
            waiting += reversed(each)

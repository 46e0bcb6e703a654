"""Regular expressions that mean the same to RE2 as to Python: where RE2 finds a match, so does Python."""

from __future__ import annotations

import re
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def understood(pattern: Any) -> str | None:
    """The expression that frictionless makes of a pattern, for RE2; None where the two might disagree.

    Literals, sets of ASCII characters, repetition, groups and alternatives are the same. RE2 knows \\d, \\s and \\w in ASCII only: what
    it accepts, Python accepts too; their negations are another matter, as are assertions, references and flags.
    """
    if not isinstance(pattern, str) or not pattern.isascii() or not pattern.isprintable() or re.search(r"\[\[|\[:|&&|\|\||~~|--", pattern):
        return None
    try:
        tree = _parser.parse(f"^{pattern}$")
    except (re.error, RecursionError, OverflowError):
        return None
    if tree.state.flags & ~re.UNICODE or "(?" in pattern.replace("(?:", "") or re.search(r"\\[^dsw.\-+*?()\[\]{}|^$/\\]", pattern):
        return None
    if re.search(r"[*+?}]\+", pattern) or not _plain(tree):
        return None
    expression = f"^(?:^{pattern}$)"
    try:
        pc.match_substring_regex(pa.array([""]), expression)
    except pa.ArrowInvalid:
        return None
    return expression


def _plain(tree: Any) -> bool:
    return all(_is_plain(str(operation), value) for operation, value in tree)


def _is_plain(operation: str, value: Any) -> bool:
    match operation:
        case "LITERAL":
            return bool(value < 128)
        case "ANY":
            return True
        case "AT":
            return str(value) in ("AT_BEGINNING", "AT_END")
        case "IN":
            return all(str(kind) in ("LITERAL", "RANGE") or (str(kind) == "CATEGORY" and "NOT" not in str(what)) for kind, what in value)
        case "MAX_REPEAT" | "MIN_REPEAT":
            low, high, repeated = value
            return low <= 1000 and (high <= 1000 or str(high) == "MAXREPEAT") and _plain(repeated)
        case "SUBPATTERN":
            return _plain(value[-1])
        case "BRANCH":
            return all(_plain(branch) for branch in value[1])
    return False

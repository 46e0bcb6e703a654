"""Every kind of problem is in one register: with its name, and what to do about it, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from frictionless import Error, errors

from messages import speaking
from tests.support.paths import ROOT
from tools import reference
from validation.personal.identifiers import PERSONAL_KINDS
from validation.personal.kinds import QUESTIONS
from validation.problems.notes import sentence
from validation.problems.registry import KINDS, advice, is_public, remedy, title
from validation.report import Problem

ERRORS = {error.type: error for error in Error.list_children(root=True)}
OURS = sorted(set(KINDS) - set(ERRORS))
# What a table can have; the rest of frictionless's errors are about descriptors.
OF_TABLES = sorted(
    type for type, error in ERRORS.items() if type != "error" and not issubclass(error, errors.MetadataError)
)
NAMES = {"code", "codes", "EXCEEDED"}
"""What the source calls a code, or what codes are chosen from."""


@cache
def parse_source() -> dict[Path, ast.Module]:
    """The modules that may report a problem: all but the register itself."""
    return {
        path.relative_to(ROOT): ast.parse(path.read_text("utf-8"))
        for folder in ("pipelines", "validation")
        for path in (ROOT / folder).rglob("*.py")
        if path.parent != ROOT / "validation" / "problems"
    }


def codes() -> dict[str, str]:
    """Every code that the source gives to a problem, as a pattern, with its place."""
    positions = find_positions("code")
    return {text: place for text, place in find_texts("code", positions) if text}


def types() -> dict[str, str]:
    """Every type that the source gives to a problem, likewise."""
    return dict(find_texts("type", find_positions("type")))


def find_positions(parameter: str) -> dict[str, int]:
    """Of each function and class of values, as far as it has this parameter, which one it is."""
    found = {"UnfitError": 0}
    for module in parse_source().values():
        for node in ast.walk(module):
            names = parameters(node)
            if parameter in names:
                found[node.name] = names.index(parameter)
    return found


def parameters(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [argument.arg for argument in node.args.args]
    if not isinstance(node, ast.ClassDef):
        return []
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return parameters(part)[1:]
    return [name_of(part.target) for part in node.body if isinstance(part, ast.AnnAssign)]


def find_texts(parameter: str, positions: dict[str, int]) -> Iterator[tuple[str, str]]:
    for path, module in parse_source().items():
        for node in ast.walk(module):
            for value in given(node, parameter, positions):
                for text in texts(value):
                    yield text, f"{path}:{node.lineno}"


def given(node: ast.AST, parameter: str, positions: dict[str, int]) -> Iterator[ast.expr]:
    """What a call or, where codes are looked for, an assignment gives."""
    if isinstance(node, ast.Call) and name_of(node.func) in positions:
        position = positions[name_of(node.func)]
        yield from node.args[position : position + 1]
        yield from (keyword.value for keyword in node.keywords if keyword.arg == parameter)
    elif parameter != "code":
        return
    elif isinstance(node, ast.AnnAssign) and node.value and name_of(node.target) in NAMES:
        yield node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from assigned(target, node.value)


def assigned(target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, part in zip(target.elts, value.elts, strict=False):  # the last one may be starred
            yield from assigned(each, part)
    elif name_of(target) in NAMES:
        yield value


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def texts(value: ast.expr) -> Iterator[str]:
    """The texts that an expression may become, as patterns."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield re.escape(value.value)
    elif isinstance(value, ast.JoinedStr):
        parts = (
            re.escape(str(v.value)) if isinstance(v, ast.Constant) else "[a-z]+(?:-[a-z]+)*"
            for v in value.values
        )
        yield "".join(parts)
    elif isinstance(value, ast.IfExp):
        yield from several([value.body, value.orelse])
    elif isinstance(value, ast.Dict):
        yield from several(value.values)


def several(values: Iterable[ast.expr]) -> Iterator[str]:
    for value in values:
        yield from texts(value)


def unknown(found: dict[str, str]) -> dict[str, str]:
    """Those that match no kind of the register."""
    return {
        code: place for code, place in found.items() if not any(re.fullmatch(code, kind) for kind in KINDS)
    }


def test_every_code_of_the_source_is_in_the_register():
    assert unknown(codes()) == {}
    assert unknown(types()) == {}


def test_every_code_of_the_register_is_given_somewhere_in_the_source():
    patterns = [*codes(), *types()]
    assert [code for code in OURS if not any(re.fullmatch(pattern, code) for pattern in patterns)] == []


def test_every_error_of_frictionless_is_in_the_register_under_its_level():
    levels = {
        errors.CellError: "cell",
        errors.RowError: "row",
        errors.HeaderError: "header",
        errors.TableError: "table",
        errors.DataError: "file",
        errors.ResourceError: "file",
    }
    for type, error in ERRORS.items():
        level = next((level for parent, level in levels.items() if issubclass(error, parent)), "declaration")
        if type != "resource-error":
            assert (type, KINDS[type].level) == (type, level)


def test_a_code_is_registered_once_and_under_its_own_name():
    assert all(code == kind.code for code, kind in KINDS.items())
    assert len(KINDS) == len(ERRORS) + len(OURS)


def test_what_is_private_is_told_by_its_place_alone():
    private = {code for code in KINDS if not is_public(code)}
    assert private == {*(f"personal-{kind}" for kind in PERSONAL_KINDS), "formula-cell", "html-cell"}
    assert {f"ask-{kind}" for kind in QUESTIONS} <= set(KINDS)
    assert is_public(None)
    assert is_public("a code that nobody named")


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_kind_of_problem_has_a_name_and_a_remedy_in_both_languages(code):
    problem = Problem(code, "t", "why") if code in ERRORS else Problem("table-error", "t", "why", code=code)
    words = {}
    for language in ("es", "en"):
        with speaking(language):
            words[language] = (title(code), remedy(problem), *advice(problem.type, problem.code))
    for spanish, english in zip(words["es"], words["en"], strict=True):
        assert spanish != english or not english
    assert all((*words["es"][:3], words["es"][4]))


@pytest.mark.parametrize("kind", OF_TABLES)
def test_what_is_said_to_agencies_names_what_was_expected_and_no_tool_of_ours(kind):
    with speaking("es"):
        _title, expected, remedy = advice(kind)
    assert expected
    assert not re.search(r"datapackage|yaml|`|frictionless|esquema", f"{expected} {remedy}")


def test_agencies_are_told_what_to_do_wherever_they_are_told_what_was_expected():
    for kind in KINDS.values():
        assert kind.expected is None or kind.agency_remedy is not None, kind.code


def test_words_follow_the_language_and_the_code_comes_before_the_type():
    renumbered = Problem("table-error", "t", "why", code="keys-renumbered")
    unnamed = Problem("table-error", "t", "why", code="a code that nobody named")
    with speaking("es"):
        assert title("missing-label") == "Falta una columna"
        assert "`primaryKey`" in remedy(renumbered)
    with speaking("en"):
        assert title("missing-label") == "A column is missing"
        assert remedy(renumbered) != remedy(unnamed)
        assert title("a code that nobody named") == "a code that nobody named"


def test_a_value_that_cannot_be_read_is_named_for_what_its_column_holds():
    with speaking("en"):
        assert advice("type-error", None, "date")[:2] == (
            "A date that cannot be read",
            "a date, as 2026-08-31",
        )
        assert advice("type-error", None, "geopoint").title == title("type-error")
        assert advice("foreign-key").title == "A name that is not in its list"
        assert advice("no-such-type") == (title("error"), *advice("table-error")[1:])
        assert sentence(Problem("type-error", "t", 'type is "date/any"', row=3, field="f", cell="x")) == (
            "t, row 3, column f, “x”: A value of another kind: a date was expected, as 2026-08-31"
        )


def test_the_page_of_all_kinds_is_up_to_date():
    assert reference.PROBLEMS.read_text("utf-8") == reference.problems(), "run: python tools/reference.py"

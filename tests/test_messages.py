"""Whatever people read in English, they can read in Spanish."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

import messages
from tests.support.paths import ROOT

FOLDERS = ("pipelines", "validation", "catalog", "messages")
METHODS = [("**.py", "python"), ("**/templates/**", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def said() -> dict[str | tuple[str, ...], str]:
    """Every message in the code and the templates, and a place where it stands."""
    flows = extract_from_file("python", ROOT / "flows.py", keywords=KEYWORDS)
    found = {message: f"flows.py:{line}" for line, message, _comments, _context in flows}
    for folder in FOLDERS:
        for file, line, message, _comments, _context in extract_from_dir(
            ROOT / folder, METHODS, keywords=KEYWORDS
        ):
            found[message] = f"{folder}/{file}:{line}"
    return found


def translated() -> list[tuple[str, str | tuple[str, ...], str | tuple[str, ...], bool]]:
    """Every (file, message, Spanish, fuzzy)."""
    found = []
    for path in sorted((ROOT / "messages" / "es").glob("*.po")):
        with path.open("rb") as lines:
            found += [
                (path.name, m.id, m.string, m.fuzzy)
                for m in read_po(lines, locale="es", abort_invalid=True)
                if m.id
            ]
    return found


def texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def holes(value: str | tuple[str, ...]) -> set[str]:
    """The names in braces, with their formats; `{n}` may be left out of one of two plural forms."""
    return {hole for text in texts(value) for hole in re.findall(r"{([^{}]+)}", text)}


def test_files_are_read_as_babel_reads_them():
    for path in sorted((ROOT / "messages" / "es").glob("*.po")):
        with path.open(encoding="utf-8") as lines:
            ours = {(one, many or None): said for one, many, said in messages.read_po(lines.read()) if one}
        theirs = {}
        for file, message, spanish, _fuzzy in translated():
            if file == path.name:
                one, many = message if isinstance(message, tuple) else (message, None)
                theirs[one, many] = texts(spanish)
        assert ours == theirs


def test_messages_are_found_in_code_and_in_templates():
    assert {Path(place.split(":")[0]).suffix for place in said().values()} == {".py", ".html"}


def test_every_message_has_spanish():
    known = {message for _file, message, spanish, _fuzzy in translated() if all(texts(spanish))}
    assert {place: message for message, place in said().items() if message not in known} == {}


def test_no_spanish_outlives_its_message():
    current = said()
    assert [
        (file, message) for file, message, _spanish, _fuzzy in translated() if message not in current
    ] == []


def test_translations_are_settled_and_have_the_same_holes():
    odd = [
        (file, message)
        for file, message, spanish, fuzzy in translated()
        if fuzzy or (all(texts(spanish)) and holes(spanish) != holes(message))
    ]
    assert odd == []


def test_spanish_has_one_kind_of_quotation_marks():
    other = [spanish for _file, _message, spanish, _fuzzy in translated() if set("“”„") & set(str(spanish))]
    assert other == []


def test_places_to_be_filled_in_are_named_in_spanish():
    """What stands between angle brackets is a word for people, where it is no tag."""
    words = ("publisher", "dataset", "file", "resource", "folder")
    other = [
        spanish
        for _file, _message, spanish, _fuzzy in translated()
        if any(f"<{word}>" in text for text in texts(spanish) for word in words)
    ]
    assert other == []


def test_a_message_is_said_in_one_way():
    ways: dict[str, set[str | tuple[str, ...]]] = {}
    for _file, message, spanish, _fuzzy in translated():
        ways.setdefault(texts(message)[0], set()).add(
            spanish
        )  # all areas are one catalogue, whose key is the singular
    assert {message: spanish for message, spanish in ways.items() if len(spanish) > 1} == {}


def test_messages_are_written_out_where_they_are_used():
    """What is put together at run time has no translation, and is not found by those who translate."""
    computed = []
    for path in [ROOT / "flows.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                wanted = node.args[: 2 if node.func.id == "ngettext" else 1]
                if not all(isinstance(argument, ast.Constant) for argument in wanted):
                    computed.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert computed == []

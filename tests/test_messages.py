"""Whatever people read in English, they can read in Spanish."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from pathlib import Path

from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

import messages
from messages.formats import write_decimal
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


LIMITS = {"hours", "limit", "minutes", "most", "ratio", "seconds"}
"""Names of numbers that a setting or a constant gives, and that are more than one."""
NEVER_ONE = {
    "the header has {n} columns, {limit} may be": "it has more than may be",
    "more than {n} cells hold an error": "a constant",
    "the packed file holds {n} files": "one file would be read",
    "More than {n} cells could be corrected": "a constant",
    "The first {n} marked cells have a note": "a constant",
    "a number of more than {n} digits": "a constant",
    "the title has {n} characters": "more than 100",
    "has {n} characters; use at most": "more than may be",
    "the text has {count} characters": "more than may be",
    "write at least {n} characters": "a constant",
    "of {before} rows": "ten are missing, or four",
    "{period} had {before} rows": "ten are missing",
    "each of the last {n} versions": "several",
    "that is about {n} times apart": "ten or a hundred",
    "there are exactly {n} rows": "where a spreadsheet ends",
    "{url} sent {came} bytes": "megabytes",
    "faster {n} times": "a constant",
    "changed while": "a constant",
    "a sheet spans {rows} rows": "millions",
    "{n} cells have no value, but the error": "more than a thousand",
    "{n} cells say {value}, in rows": "three or more",
    "So far {seen} of {rows} rows": "a large table",
    "{why} What is explored is the first {shown}": "a large table",
    "{points} points of {rows} rows": "a map of many",
    "of data.europa.eu (MQA)": "of 405",
    "projects of the city's plan of government": "hundreds",
}
"""Messages whose number is never one, and why."""


def nouns(plurals: list[tuple[str, ...]]) -> set[str]:
    """The nouns that stand beside a number where there are several of them."""
    beside = re.compile(r"{\w+(?::[^}]*)?} (?:(?:of|de) {\w+} )?([a-záéíóúñ]+s)\b")
    return {noun for forms in plurals for noun in beside.findall(forms[-1])} - {
        "has",
        "is",
        "was",
        "refers",
        "es",
        "más",
    }


def test_a_number_beside_a_noun_has_a_form_for_one():
    said = [(english, spanish) for _file, english, spanish, _fuzzy in translated()]
    found = []
    for language in (0, 1):
        known = nouns([each[language] for each in said if isinstance(each[0], tuple)])
        assert len(known) > 40
        names = "|".join(sorted(known, key=len, reverse=True))
        beside = re.compile(
            rf"{{(\w+)(?::[^}}]*)?}} (?:(?:of|de) {{\w+}} )?(?:more |other |marked )?(?:{names})\b"
        )
        for pair in said:
            if isinstance(pair[0], tuple) or any(start in pair[0] for start in NEVER_ONE):
                continue
            found += [pair[language] for hole in beside.findall(pair[language]) if hole not in LIMITS]
    assert found == []


def test_what_is_said_to_be_never_one_is_still_said():
    english = "\n".join(text for _file, each, _spanish, _fuzzy in translated() for text in texts(each))
    assert [start for start in NEVER_ONE if start not in english] == []


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


def test_decimals_are_written_as_the_language_writes_them():
    for language, written in (("es", "1.234,5 o 80,0\u00a0% o 1.5"), ("en", "1,234.5 o 80.0% o 1.5")):
        with messages.speaking(language):
            said = messages.gettext("{n:,.1f} o {share:.1%} o {text}", n=1234.5, share=0.8, text="1.5")
        assert said == written
    with messages.speaking("es"):
        assert messages.gettext("{n}", n=Decimal("2.50")) == "2,50"
        assert messages.gettext("{n}", n=2) == "2"
        assert [write_decimal(text) for text in ("0.5", "-3.25", "7", "2024-01-31", "1.2.3")] == [
            "0,5",
            "-3,25",
            "7",
            "2024-01-31",
            "1.2.3",
        ]

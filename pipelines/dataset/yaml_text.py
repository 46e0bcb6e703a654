"""YAML as far as a declaration needs it: keys given once, and no text that is small and stands for much."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import yaml

from messages import gettext as _
from messages.formats import UNWRITABLE

MOST_BYTES = 1_000_000
MOST_VALUES = 100_000
"""Values that a declaration may have once every alias is written out."""
DEEPEST = 60


class YamlFault(Exception):
    """A text is no YAML that can be used: `place` says where (a line, or nothing), `problem` why."""

    def __init__(self, place: str, problem: str):
        self.place, self.problem = place, problem
        super().__init__(f"{place} {problem}")


class SuiteLoader(yaml.SafeLoader):
    """YAML whose keys are given once: the safe loader lets a second one win without a word."""


class DeclarationLoader(SuiteLoader):
    """Dates stay text, as in JSON, in which the declaration is published."""


class QuickSuiteLoader(yaml.CSafeLoader):
    """The same by libyaml, in a tenth of the time."""


class QuickDeclarationLoader(QuickSuiteLoader):
    """Likewise, with dates as text."""


QUICK = {SuiteLoader: QuickSuiteLoader, DeclarationLoader: QuickDeclarationLoader}
ODD = re.compile(r"[^\n -~\xa0-\ud7ff]|[\u2028\u2029]")
ODD_UNQUOTED = re.compile(r"!(?!=)|[?](?=\s|\Z)|(?<![\w()\]$,])[?]|:(?![\x00-\x7f])")
"""Where libyaml and PyYAML may read a text differently: tabs and signs that are no letters; beside texts in
quotes, tags and `? ` keys as well."""
QUOTED = re.compile(r"""(?:(?<=[\[{,])|(?<=[:,] ))(?:"[^"'\\\n]*"|'[^"'\n]*')""")
"""A text in quotes, on one line, where a value may begin; without the other quote, so that what looks like it
inside another lies inside that one as a whole."""
FLATTEST = 4_000
"""libyaml's tree is built by C functions that call themselves, and some 25,000 levels end the process."""


def _construct_mapping(loader: SuiteLoader | QuickSuiteLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()  # a key may be unhashable: construct_mapping refuses it
    for key_node, _value in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool | None):
            continue
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, _("the key {key!r} is given twice", key=key), key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


DeclarationLoader.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
QuickDeclarationLoader.yaml_implicit_resolvers = DeclarationLoader.yaml_implicit_resolvers
for each in (*QUICK, *QUICK.values()):
    each.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


def parse_yaml(content: bytes, loader: type[SuiteLoader]) -> dict[str, Any]:
    """The mapping that a text holds; raises YamlFault."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = f"0x{content[error.start]:02X}"
        raise YamlFault(
            _("line {line}", line=line), _("has the byte {byte}: save the file as UTF-8", byte=byte)
        ) from error
    try:
        value = _load(text, loader)
    except (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError) as error:
        # ValueError: no number or date. The last three are PyYAML's own, for a tag that its text does
        # not fit: `!!int ""`, `!!bool maybe`, `!!timestamp soon`.
        mark = getattr(error, "problem_mark", None)
        place = _("line {line}", line=mark.line + 1) if mark else ""
        why = getattr(error, "problem", None) or error
        if isinstance(error, RecursionError):
            why = _("it is nested too deeply")
        if "int_max_str_digits" in str(error):
            why = _("it holds a number that is too long; write it as text")
        if isinstance(error, LookupError | AttributeError | TypeError):
            why = _("a value does not fit the tag (!!) before it")
        raise YamlFault(place, _("is not YAML: {why}", why=why)) from error
    if not isinstance(value, dict):
        raise YamlFault("", _("must be a mapping of keys to values"))
    try:
        json.dumps(value, allow_nan=False, default=str if loader is SuiteLoader else None)
    except (TypeError, ValueError, RecursionError) as error:
        if "int_max_str_digits" in str(error):
            raise YamlFault("", _("it holds a number that is too long; write it as text")) from error
        raise YamlFault("", _("holds what JSON cannot say ({why}); write it as text", why=error)) from error
    return {key: _copy_deep(each) for key, each in value.items()}


def _load(text: str, loader: type[SuiteLoader]) -> Any:
    """By libyaml where it surely reads the same; a fault is told by PyYAML, which names it better."""
    if _is_ordinary(text):
        with suppress(yaml.YAMLError):
            return _construct(QUICK[loader](text))
    return _construct(loader(text))


def _is_ordinary(text: str) -> bool:
    levels = text.count("[") + text.count("{") + max(map(len, text.split("\n")))
    if levels > FLATTEST or ODD.search(text):
        return False
    return not ODD_UNQUOTED.search(text) or not ODD_UNQUOTED.search(QUOTED.sub('""', text))


def _construct(reading: SuiteLoader | QuickSuiteLoader) -> Any:
    try:
        node = reading.get_single_node()
        if node is None:
            return None
        _measure(node, {}, 0)
        return reading.construct_document(node)
    finally:
        reading.dispose()


def _measure(node: yaml.Node, known: dict[int, int | None], depth: int) -> int:
    """How many values a node stands for once its aliases are written out; an alias costs nothing to follow,
    and everything to copy. Raises YAMLError where they are too many, too deep, or without end."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in known:
        size = known[id(node)]
        if size is None:
            raise _too_much(node, _("an alias stands inside what it names"))
        return size
    if depth > DEEPEST:
        raise _too_much(node, _("it is nested too deeply"))
    known[id(node)] = None
    children = (
        [each for pair in node.value for each in pair] if isinstance(node, yaml.MappingNode) else node.value
    )
    size = 1
    for child in children:
        size += _measure(child, known, depth + 1)
        if size > MOST_VALUES:
            why = _(
                "it has more than {most} values, its aliases (*) written out; write less", most=MOST_VALUES
            )
            raise _too_much(node, why)
    known[id(node)] = size
    return size


def _too_much(node: yaml.Node, why: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=why, problem_mark=node.start_mark)


def _copy_deep(value: Any) -> Any:
    """A copy in which what YAML's anchors share is there as often as it is named: frictionless empties what
    it reads, and would find nothing the second time."""
    if isinstance(value, dict):
        return {key: _copy_deep(each) for key, each in value.items()}
    return [_copy_deep(each) for each in value] if isinstance(value, list) else value


def unwritable_key(value: Any, key: str = "") -> str | None:
    """The key of the first text that holds a character which XML, and so no page or feed, can hold; what
    stands below a table's `pipeline` may say which characters are to be repaired."""
    if isinstance(value, str):
        return key if UNWRITABLE.search(value) else None
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in pairs:
        if name == "pipeline" and key.startswith("resources["):
            continue
        place = f"{key}[{name}]" if isinstance(name, int) else f"{key}.{name}".lstrip(".")
        if isinstance(name, str) and UNWRITABLE.search(name):
            return key or "datapackage.yaml"
        if found := unwritable_key(each, place):
            return found
    return None

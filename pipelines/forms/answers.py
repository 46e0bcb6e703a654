"""JSON as it was kept: answers one under another, values as the text that stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from messages import gettext as _
from pipelines.grid import Unreadable


def answers(path: Path) -> Iterator[tuple[int, Any]]:
    """The values of a JSON text sequence (RFC 7464), or of JSON Lines, each under the number of its first line; numbers as text."""
    with path.open("rb") as file:
        parts: list[bytes] = []
        start, sequence = 1, file.read(1) == b"\x1e"
        file.seek(0)
        for number, line in enumerate(file, 1):
            if parts and (not sequence or line.startswith(b"\x1e")):
                yield start, parsed(b"".join(parts), start)
                parts = []
            if not parts:
                start = number
            if line.strip():
                parts.append(line.removeprefix(b"\x1e"))
        if parts:
            yield start, parsed(b"".join(parts), start)


def parsed(content: bytes, line: int = 1) -> Any:
    """The JSON in `content`, its numbers as text; raises Unreadable."""
    try:
        return json.loads(content, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Unreadable("source-error", _("line {line} is no JSON: it was cut off, or is something else", line=line)) from error


def text(value: Any) -> str:
    """A value as the text of a cell: nothing for null, true and false as JSON writes them, lists and objects as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return json.dumps(value, ensure_ascii=False)

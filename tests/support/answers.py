"""Answers of servers."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug import Response


def json_answer(body: str | bytes, status: int = 200, **headers: str) -> Callable[[], Response]:
    """Gives an answer of JSON each time that it is called; headers are named as in `Retry_After`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: Response(body, status, named, content_type="application/json")

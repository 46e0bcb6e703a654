"""A program for a process of its own: draws a picture. The library that draws ends its process where a text
holds what it cannot write, and takes what memory it likes."""

from __future__ import annotations

from typing import Any

import vl_convert


def draw(spec: dict[str, Any], locale: dict[str, Any] | None) -> str:
    """The picture that `spec` (Vega-Lite) describes, as SVG."""
    return str(vl_convert.vegalite_to_svg(spec, format_locale=locale))

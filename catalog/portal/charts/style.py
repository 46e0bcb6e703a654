"""How pictures look: colours, numbers, how much room a text takes, and its lines."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any
from unicodedata import combining, normalize

from messages.formats import format_number

INK, SOFT, LINE, PALE, DEEP, YELLOW = "#101e37", "#425266", "#d1d8e0", "#dbe7fa", "#1c345f", "#fc0"
# Also those who see fewer colours can tell them apart; lines differ by their dashes as well.
GROUPS = ["#274986", "#e08a00", "#2a9d8f", "#8f2d56", "#7a8797"]
DASHES = [[1, 0], [6, 3], [2, 3], [8, 3, 2, 3], [4, 4]]
TEXT, LEGEND_MARK = 13, 44  # the size of letters; room for a sign and its distances in a legend
Spec = dict[str, Any]

# Hundredths of the letter's size, from the space to ~: of DejaVu Sans, the widest of the fonts that readers
# have for `sans-serif`, so that what fits here fits in every other.
_PLAIN = (
    "32414684649678284040508432373234646464646464646464643434848484549969697078645878763030665687757961"
    "79706462746999696269403440845050626455646236646428285828986462646442534064608260605364346484"
)
_BOLD = (
    "35465384709988314646538438423837707070707070707070704040848484599978777484696983843838786499848674"
    "86787369827899787373463746845050687260726844727235356735997269727250604872669365665972377284"
)


def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """The pixels that a line of text takes at most."""
    widths, total = _BOLD if bold else _PLAIN, 0
    for letter in normalize("NFD", text):
        at = 2 * (ord(letter) - 32)
        if 0 <= at < len(widths):
            total += int(widths[at : at + 2])
        elif not combining(letter):
            total += 100
    return total * size / 100


def wrap_text(text: str, width: float, size: float = TEXT, bold: bool = False) -> list[str]:
    """The text in lines of at most `width` pixels: words stay whole where they can; nothing is left out."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, bold) <= width:
            lines[-1] = longer
            continue
        first, *others = _break_word(word, width, size, bold)
        lines += [first, *others] if lines[-1] else []
        if not lines[0]:
            lines = [first, *others]
    return lines


def _break_word(word: str, width: float, size: float, bold: bool) -> list[str]:
    """A word in pieces that fit: where it has a joint, else anywhere."""
    pieces = [""]
    for part in re.findall(r"[^-/_.,]*[-/_.,]|[^-/_.,]+", word):
        if text_width(pieces[-1] + part, size, bold) <= width:
            pieces[-1] += part
            continue
        pieces.append("")
        for letter in part:
            if pieces[-1] and text_width(pieces[-1] + letter, size, bold) > width:
                pieces.append("")
            pieces[-1] += letter
    return [each for each in pieces if each]


def widest(lines: Sequence[str], size: float = TEXT, bold: bool = False) -> float:
    """The pixels that the widest of some lines takes; 0 where there is none."""
    return max((text_width(each, size, bold) for each in lines), default=0)


def group_names(cells: Sequence[Any], last: str) -> list[str]:
    """The groups of some cells in order, `last` at the end."""
    return sorted({cell.by for cell in cells}, key=lambda name: (name == last, name))


def wrap_names(names: Sequence[str], width: float) -> dict[str, str]:
    """Each name in lines of at most `width` pixels, as one text."""
    return {name: "\n".join(wrap_text(name, width)) or name for name in names}


SPLIT = "split(datum.label, '\\n')"
"""The expression by which an axis or a legend shows such a text."""


def legend_columns(names: Sequence[str], width: int) -> tuple[int, float]:
    """How many columns the legend below a picture has, and the pixels for a name in each."""
    half = width / 2 - LEGEND_MARK
    return (2, half) if width >= 500 and widest(names) <= half else (1, width - LEGEND_MARK)


def format_value(value: float | None) -> str:
    """A value as people read it: whole, or with as many places as it needs; "–" for none."""
    if value is None:
        return "–"
    if not value % 1:
        return format_number(int(value))
    places = 0 if abs(value) >= 100 else 1
    if abs(value) < 1:
        places = 1 - math.floor(math.log10(abs(value)))
    return format_number(round(value, places))

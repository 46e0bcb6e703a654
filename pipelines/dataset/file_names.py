"""Names of files that others chose: as they can be printed, and as any folder can hold them."""

from __future__ import annotations

import hashlib
import re
import shlex
import unicodedata
from pathlib import PurePosixPath

LONGEST = 120
"""Bytes of a kept name: a folder takes 255, and copies get more words added."""
# Names of devices on Windows, from where the watched folder may be looked at (Microsoft, "Naming Files,
# Paths, and Namespaces").
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def printable_name(name: str, longest: int = 80) -> str:
    """A name for a sentence: characters that are not seen, or turn the text around, by their code; the middle
    of a long one left out."""
    shown = "".join(f"\\u{ord(letter):04x}" if _is_invisible(letter) else letter for letter in name)
    return shown if len(shown) <= longest else f"{shown[: longest // 2]}…{shown[-longest // 2 :]}"


def typed_name(name: str) -> str:
    """A name as it is typed in a command: nothing of it runs, or is taken for an option. One that cannot be
    seen whole stands for any."""
    if any(map(_is_invisible, name)) or "`" in name:
        return "FILE"
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def safe_name(name: str) -> str:
    """The name under which a file that was handed in is known: its own where any folder can have it; else a
    cleaned one, with a mark of the first so that no two files come under one name."""
    clean = "".join(
        "_" if _is_invisible(letter) or letter in '<>:"/\\|?*' else letter
        for letter in unicodedata.normalize("NFC", name)
    )
    clean = clean.strip(" .") or "_"
    if DEVICE.fullmatch(clean):
        clean = f"_{clean}"
    if clean == unicodedata.normalize("NFC", name) and len(clean.encode()) <= LONGEST:
        return name
    path = PurePosixPath(clean)
    suffix = path.suffix if len(path.suffix) < 10 else ""
    mark = "-" + hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8] + suffix
    stem = clean.removesuffix(suffix)
    while len((stem + mark).encode()) > LONGEST:
        stem = stem[:-1]
    return stem + mark


def _is_invisible(letter: str) -> bool:
    """Control, format (with the marks that turn the direction of text), unassigned and lone surrogate
    characters, line separators."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")

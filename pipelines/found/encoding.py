"""How surely a file is in the encoding in which it can be read."""

from __future__ import annotations

import codecs
import re

# What Spanish texts hold beyond ASCII, in cp1252: accented letters, ñ, ü, the ordinal and degree signs, quotes, dashes, the euro.
LIKELY = re.compile(
    rb"[\xe1\xe9\xed\xf3\xfa\xf1\xfc\xc1\xc9\xcd\xd3\xda\xd1\xdc\xaa\xb0\xba\xbf\xa1\xab\xbb\x80\x85\x91-\x97\xa0\xb2-\xb4\xe3\xe7\xf5]"
)
BEYOND = re.compile(rb"[\x80-\xff]")


def confidence(sample: bytes, encoding: str) -> float:
    """`encoding` is one in which the whole file, of which `sample` are the first bytes, can be read."""
    name = codecs.lookup(encoding).name
    if sample.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return 1.0
    if name.startswith("utf"):
        return 1.0 if sample.isascii() and b"\0" not in sample else 0.99
    beyond, likely = len(BEYOND.findall(sample)), len(LIKELY.findall(sample))
    return (likely + 1) / (beyond + 2) if beyond else 0.9


def contradicted(sample: bytes, declared: str) -> str | None:
    """The encoding that the file surely has instead of the declared one, in which it can be read all the same."""
    name = codecs.lookup(declared).name
    if name.startswith("utf") or sample.isascii():
        return None
    for mark, marked in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if sample.startswith(mark):
            return marked
    with_end = sample[: sample.rfind(b"\n") + 1] or sample  # the sample may end inside a character
    try:
        with_end.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if with_end.isascii() else "utf-8"

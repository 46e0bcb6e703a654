"""Values of foreign catalogues, in our words: dates of all kinds, rhythms, formats and licences; what is not
known stays unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from messages.formats import UNWRITABLE
from pipelines.dataset.declaration import PERIODICITIES, THEMES
from pipelines.dataset.text import fold_text, strip_html
from pipelines.harvest.vocabulary import (
    FILES,
    KNOWN_RHYTHMS,
    LICENCES,
    LINKS,
    SAME_LICENCE,
    SPELLINGS,
    TABLES,
    UNSAID_LICENCES,
)

EMPTY = {"", "none", "null", "nan", "n/a", "[]", "{}", "undefined", '[""]'}


def read_text(value: Any, limit: int = 20_000) -> str:
    """A value as text without HTML, as `read_words` has it otherwise: for what a catalogue writes in words
    that are known."""
    text = strip_html(read_words(value, limit)).strip()
    return "" if text.lower() in EMPTY else text


def read_words(value: Any, limit: int = 20_000) -> str:
    """A value as the text that it is, with its lines, Markdown and HTML, but for what no page can show; ""
    for what says nothing. Of texts by language, the Spanish one, else the first."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, Mapping):
        languages = [value.get(key) for key in ("es", "es-AR", "es_AR", "spa", "en")]
        return next((text for each in [*languages, *value.values()] if (text := read_words(each))), "")
    if isinstance(value, list):
        return "; ".join(filter(None, map(read_words, value)))
    text = UNWRITABLE.sub(" ", str(value)).strip()[:limit]
    return "" if text.lower() in EMPTY else text


def read_list(value: Any) -> list[Any]:
    """A list, whether it is one, its JSON as text (as CKAN's extras have it), or texts between commas."""
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str) and value.strip()[:1] in "[{":
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return []
        return found if isinstance(found, list) else [found]
    if isinstance(value, str):
        inner = value.strip().removeprefix("{").removesuffix("}")
        return [part.strip() for part in re.split(r"[;,]", inner) if part.strip()]
    return [] if value is None or isinstance(value, bool) else [value]


def read_mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, whether it is one or its JSON as text; an empty one for anything else."""
    if isinstance(value, str) and value.strip()[:1] == "{":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}


def read_rhythm(value: Any) -> str | None:
    """A rhythm of the Perfil Nacional; None where it is none that is known."""
    text = read_text(value)
    if text in PERIODICITIES:
        return text
    if text.upper() in PERIODICITIES:
        return text.upper()
    if "publications.europa.eu" in text:  # its words are defined; by themselves, two of them are ambiguous
        code = text.rstrip("/").rpartition("/")[2].upper()
        return {"BIMONTHLY": "R/P2M", "BIWEEKLY": "R/P0.5M"}.get(code) or KNOWN_RHYTHMS.get(fold_text(code))
    return KNOWN_RHYTHMS.get(fold_text(text.rstrip("/").rpartition("/")[2] if "://" in text else text))


def read_themes(values: Iterable[Any]) -> list[str]:
    """The codes of themes; names and other codes are left to the catalogue."""
    codes = [read_text(each).rstrip("/").rpartition("/")[2].upper() for each in values]
    return list(dict.fromkeys(code for code in codes if code in THEMES))


def read_day(value: Any) -> date | None:
    """The day of a date or moment, however it is written, as far as there is one reading only."""
    text = read_text(value)
    for width in (text.replace("Z", "+00:00"), text[:19], text[:10]):
        try:
            return datetime.fromisoformat(width).date()
        except ValueError:
            continue
    if match := re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b", text):
        first, second, year = map(int, match.groups())
        if first > 12 or first == second:
            try:
                return date(year, second, first)
            except ValueError:
                return None
    return None


def read_interval(value: Any) -> str | None:
    """A period of time as the Perfil Nacional has it, days from and to; None where it is none. A list holds
    periods, or the first and the last day; periods with gaps between them are not one."""
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, list):
        return _read_intervals(value)
    if parts := read_mapping(value):
        start, end = (parts.get(key) for key in ("start", "end"))
        value = f"{read_text(start or parts.get('startDate'))}/{read_text(end or parts.get('endDate'))}"
    start, slash, end = read_text(value).partition("/")
    days = (read_day(start), read_day(end))
    return f"{days[0]}/{days[1]}" if slash and days[0] and days[1] and days[0] <= days[1] else None


def _is_list(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, str) and value.strip().startswith("["))


def _read_intervals(listed: Sequence[Any]) -> str | None:
    if len(listed) == 2 and all(isinstance(each, str) and "/" not in each for each in listed):
        return read_interval("/".join(listed))
    found = [read_interval(each) for each in listed if not _is_list(each)]
    known = [each.split("/") for each in found if each]
    if not known or len(known) < len(listed):
        return None
    (start, end), *others = sorted(
        (date.fromisoformat(first), date.fromisoformat(last)) for first, last in known
    )
    for first, last in others:
        if first > end + timedelta(days=1):
            return None
        end = max(end, last)
    return f"{start}/{end}"


def suffix_of(address: str) -> str:
    """The ending of the file at an address, small: "csv"; "" where there is none."""
    try:
        name = PurePosixPath(unquote(urlsplit(address).path)).name
    except ValueError:
        return ""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if suffix == "zip" and re.search(r"\.(csv|tsv)\.zip$", name.lower()):
        return name.lower().split(".")[-2]
    return suffix if re.fullmatch(r"[a-z0-9]{1,8}", suffix) else ""


def read_format(names: Iterable[Any]) -> str:
    """What a file is, by the first of these names that says it (format, media type …); "" for none."""
    for name in names:
        text = read_text(name).lower()
        text = text.rstrip("/").rpartition("/")[2] if "://" in text else text.split(";")[0]
        folded = fold_text(text)
        found = SPELLINGS.get(folded, folded)
        if found in (*TABLES, *FILES, *LINKS):
            return "jpg" if found == "jpeg" else found
        parts = [part for part in folded.split("_") if part in (*TABLES, *FILES)]
        if parts:
            return next((part for part in parts if part != "zip"), parts[0])
    return ""


def read_licence(*names: Any, title: Any = "", path: Any = "") -> dict[str, str] | None:
    """A licence by its id, title or address; one that nobody knows keeps the words that it has. None where
    nothing is said."""
    said = [read_text(each) for each in (*names, title, path)]
    for each in said:
        folded = fold_text(re.sub(r"^https?://(www\.)?", "", each))
        folded = re.sub(r"_(deed|legalcode)(_[a-z]{2})?$", "", folded)
        known = LICENCES.get(SAME_LICENCE.get(folded, folded))
        if known:
            return dict(zip(("name", "title", "path"), known, strict=True))
    words = [each for each in said if each and fold_text(each) not in UNSAID_LICENCES]
    if not words:
        return None
    found: dict[str, str] = {}
    if web_address(words[0]):  # an address is where a licence stands, not what it is called
        path = path or words[0]
    else:
        found["name"] = re.sub(r"[^A-Za-z0-9._-]+", "-", words[0]).strip("-") or "other"
    if text := read_text(title):
        found["title"] = text
    if address := web_address(path):
        found["path"] = address
    return found


CLOSED = re.compile(
    r"(?:^|_)(?:other_closed|not_open|no_abierta|nao_aberta|closed|nc|nd|non_?commercial|no_?comercial|"
    r"no_?derivatives|propietari[ao]|proprietary|all_rights_reserved|derechos_reservados)(?=_|$)"
)


def is_closed(licence: Mapping[str, str]) -> bool:
    """Whether a licence says of itself that it is not open: it forbids to sell, or to change, or all."""
    return any(CLOSED.search(fold_text(each)) for each in licence.values())


def licence_family(licence: Mapping[str, str]) -> str:
    """What a licence is, whatever its version and country."""
    return re.sub(r"-\d.*$", "", licence.get("name") or licence.get("path", "")).casefold()


def web_address(value: Any, base: str = "") -> str | None:
    """An address on the web that a declaration takes; relative ones start at `base`. None for anything else,
    and for one with a password in it, which no declaration may hold."""
    text = "" if value is None else str(value).strip()
    if base and text.startswith("/"):
        text = base.rstrip("/") + text
    text = re.sub(r"\s", lambda match: "%20" if match[0] == " " else "", text)
    try:
        parts = urlsplit(text)
        known = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    return text if known and not UNWRITABLE.search(text) else None


def is_code(name: str) -> bool:
    """Whether a name tells people nothing: a number, a UUID or hash, an id of Socrata, a query."""
    text = name.strip().lower()
    if re.fullmatch(r"[0-9a-z]{4}-[0-9a-z]{4}", text):
        return any(map(str.isdigit, text))
    if re.fullmatch(r"[0-9a-f-]{16,}(_\d+)?", text):
        return True
    return not text.strip("0123456789._-") or "?" in text or "=" in text


def slug(text: str, longest: int = 80) -> str:
    """A name for addresses and files, of letters, digits and single hyphens; "" where nothing is left."""
    name = fold_text(text).replace("_", "-")
    return name if len(name) <= longest else name[:longest].rpartition("-")[0] or name[:longest]

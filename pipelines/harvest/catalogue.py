"""A whole catalogue, asked of a CKAN page by page, or read from a file or address where it was saved"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from messages import gettext as _
from messages.system import describe_os_error
from pipelines.fetch.client import SourceClient
from pipelines.fetch.errors import refusal_error
from pipelines.fetch.snapshot import SourceError
from pipelines.harvest.package import ForeignPackage, package_of_data_json, read_package
from pipelines.harvest.values import read_text
from pipelines.settings import Limits

PAGE = 100
MOST_BYTES = 500_000_000
"""Of a catalogue in one document: BAData's, of 383 packages, has five million."""


@dataclass(frozen=True)
class Unreadable:
    """Something in a catalogue that is no package: where it stands, and why."""

    place: str
    why: str


def read_catalogue(place: str, limits: Limits) -> Iterator[ForeignPackage | Unreadable]:
    """The packages of a CKAN at a web address, or of a file or document: answers of `package_search`, one
    package a line, packed by gzip or not, or a data.json. A package that comes again as it was, as between
    two pages of a CKAN, is told once.

    Raises SourceError where the catalogue cannot be read at all, ValueError where it is none.
    """
    seen: set[str] = set()
    for found in _read_place(place, limits):
        if isinstance(found, ForeignPackage):
            content = hashlib.sha256(json.dumps(found.raw, sort_keys=True, default=str).encode()).hexdigest()
            if content in seen:
                continue
            seen.add(content)
        yield found


def _read_place(place: str, limits: Limits) -> Iterator[ForeignPackage | Unreadable]:
    if not place.startswith(("http://", "https://")):
        yield from parse_catalogue(_read_file(Path(place)), place)
        return
    path = urlsplit(place).path.lower()
    if path.endswith((".json", ".jsonl", ".ndjson", ".gz")) or "package_search" in path:
        parts = urlsplit(place)
        yield from parse_catalogue(_download(place, limits), place, f"{parts.scheme}://{parts.netloc}")
        return
    base = place.split("?")[0].rstrip("/")
    for tail in ("/api/3/action", "/api/action", "/api/3", "/api", "/dataset", "/organization"):
        base = base.removesuffix(tail)
    yield from _ask_ckan(base, limits)


def _ask_ckan(base: str, limits: Limits) -> Iterator[ForeignPackage | Unreadable]:
    """Page by page, until the catalogue has no more."""
    start = 0
    seen: set[str] = set()
    while True:
        url = f"{base}/api/3/action/package_search?rows={PAGE}&start={start}&sort={quote('name asc')}"
        answer = _parse(_download(url, limits), url)
        result = answer.get("result") if isinstance(answer, Mapping) else None
        if not isinstance(result, Mapping) or not isinstance(result.get("results"), list):
            raise SourceError(
                _("{url} answers, but not as a CKAN; give the address of its first page", url=base)
            )
        page = result["results"]
        for index, raw in enumerate(page):
            if (id := read_text(raw.get("id")) if isinstance(raw, Mapping) else "") in seen:
                continue  # it was changed meanwhile, and came to another page
            seen |= {id} - {""}
            yield _read_one(_with_dictionaries(raw, base, limits), f"{start + index + 1}", base)
        start += len(page)
        if not page or start >= _count(result.get("count")):
            return


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _with_dictionaries(raw: Any, base: str, limits: Limits) -> Any:
    """The package, with the dictionaries of its DataStore tables, where it shows none itself."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("resources"), list):
        return raw
    resources = []
    for each in raw["resources"]:
        bare = isinstance(each, Mapping) and not each.get("attributesDescription") and not each.get("schema")
        if bare and each.get("datastore_active") is True and each.get("id"):
            url = f"{base}/api/3/action/datastore_search?limit=0&resource_id={quote(str(each['id']))}"
            try:
                answer = _parse(_download(url, limits), url)
                each = {**each, "fields": answer["result"]["fields"]}
            except (SourceError, ValueError, LookupError, TypeError):
                pass  # its dictionary is not shown: it is asked about, as where there is none
        resources.append(each)
    return {**raw, "resources": resources}


def parse_catalogue(content: bytes, place: str, base: str = "") -> Iterator[ForeignPackage | Unreadable]:
    """The packages that a document holds; raises ValueError where it is no catalogue."""
    try:
        whole = _parse(content, place)
    except ValueError:
        lines = content.splitlines()
        if len(lines) < 2:
            raise
        yield from _parse_lines(lines, place, base)
        return
    yield from _read_all(_find_packages(whole, place), base)


def _parse_lines(lines: list[bytes], place: str, base: str) -> Iterator[ForeignPackage | Unreadable]:
    found = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = _parse(line, place)
        except ValueError:
            yield Unreadable(_("line {n}", n=number), _("is no JSON"))
            continue
        found += 1
        inner = one.get("result", one.get("package")) if isinstance(one, Mapping) else None
        yield _read_one(inner if isinstance(inner, Mapping) else one, _("line {n}", n=number), base)
    if not found:
        raise ValueError(_("{place} is no catalogue: it holds no JSON", place=place))


def _find_packages(whole: Any, place: str) -> list[Any]:
    """The list of packages in an answer of CKAN, a data.json, or a list that somebody saved."""
    if isinstance(whole, Mapping):
        if isinstance(whole.get("dataset"), list):
            return [{"__data_json__": each} for each in whole["dataset"]]
        for key in ("result", "results", "packages", "datasets"):
            if isinstance(whole.get(key), list | Mapping):
                return _find_packages(whole[key], place)
        if isinstance(whole.get("resources"), list) and ("name" in whole or "id" in whole):
            return [whole]
        if isinstance(whole.get("distribution"), list):
            return [{"__data_json__": whole}]
    if isinstance(whole, list):
        return whole
    raise ValueError(
        _(
            "{place} is no catalogue: give an answer of package_search, one package a line, or a data.json",
            place=place,
        )
    )


def _read_all(packages: list[Any], base: str) -> Iterator[ForeignPackage | Unreadable]:
    for number, raw in enumerate(packages, 1):
        yield _read_one(raw, _("package {n}", n=number), base)


def _read_one(raw: Any, place: str, base: str) -> ForeignPackage | Unreadable:
    if isinstance(raw, Mapping) and "__data_json__" in raw:
        raw = raw["__data_json__"]
        raw = package_of_data_json(raw) if isinstance(raw, Mapping) else raw
    elif isinstance(raw, Mapping) and isinstance(raw.get("distribution"), list) and "resources" not in raw:
        raw = package_of_data_json(raw)
    if not isinstance(raw, Mapping):
        return Unreadable(place, _("is no package"))
    if not read_text(raw.get("name")) and not read_text(raw.get("id")):
        return Unreadable(place, _("has neither a name nor an id"))
    return read_package(raw, base)


def _parse(content: bytes, place: str) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(_("{place} is no catalogue: it holds no JSON", place=place)) from error


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(
            _("{place} cannot be read ({why})", place=path, why=describe_os_error(error))
        ) from error
    return _unpack(content, str(path))


def _unpack(content: bytes, place: str) -> bytes:
    """The bytes, unpacked where gzip packed them; raises ValueError where they are too many."""
    if content[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            content = unpacker.decompress(content, MOST_BYTES + 1)
        except zlib.error as error:
            raise ValueError(_("{place} is packed by gzip, and damaged", place=place)) from error
    if len(content) > MOST_BYTES:
        raise ValueError(_("{place} is larger than a catalogue can be", place=place))
    return content


def _download(url: str, limits: Limits) -> bytes:
    """The document at an address; raises SourceError."""
    key = "URL"
    with (
        SourceClient(url, key, limits, {"Accept": "application/json, */*;q=0.5"}) as client,
        client.stream("GET", url) as answer,
    ):
        if answer.status_code != 200:
            raise refusal_error(client.told, answer.status_code, key)
        content = bytearray()
        for block in client.blocks(answer, client.told):
            content += block
            if len(content) > MOST_BYTES:
                raise SourceError(_("{place} is larger than a catalogue can be", place=client.told))
    return _unpack(bytes(content), client.told)

"""What another CKAN has: the rows of a table of its DataStore, page by page, or the file of one that it has
no table of; its datasets as it lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from messages import gettext as _
from pipelines.dataset.answers import find_misfit, is_text
from pipelines.dataset.sources import CkanSource, HttpSource
from pipelines.fetch.api import READINGS, ApiClient, CollectionChanged, decode_json, store_answers
from pipelines.fetch.errors import without_login, without_secrets
from pipelines.fetch.http import fetch_http
from pipelines.fetch.snapshot import Snapshot, SourceError
from pipelines.settings import Limits

KEY = "source.url"
ROWS = 10_000
"""Rows of a page; an installation may give fewer (ckan.datastore.search.rows_max)."""
PACKAGES = 100


def fetch_ckan(
    source: CkanSource, resource: str, previous: Snapshot | None, into: Path, limits: Limits
) -> Snapshot:
    """The answers, byte for byte and in the order of the questions, as a JSON text sequence (RFC 7464); of a
    resource that is no table of the DataStore, its file.

    Raises SourceUnavailable where another try may help, else SourceError: it is gone, private, or no CKAN.
    """
    assert source.url is not None
    told, place = without_secrets(source.url, KEY), without_login(source.url).rstrip("/")
    with ApiClient(source.url, KEY, limits, {}) as asking:
        ckan = _Ckan(asking, source.url.rstrip("/"), told)
        if source.resource is not None:
            shown = ckan.ask("resource_show", id=source.resource)[1]
            if shown.get("datastore_active") is not True:
                return _fetch_file(shown, told, resource, previous, into, limits)
        changed = _(
            "{url}: what is there changed while it was read, {n} times in a row; it is read again at the "
            "next run",
            url=told,
            n=READINGS,
        )
        ask = (
            partial(ckan.packages, source.organization)
            if source.list
            else partial(ckan.rows, str(source.resource))
        )
        stored = store_answers(ask, into, told, limits, changed)
    return Snapshot(
        resource, f"{place}#{source.resource or source.organization or source.list}", *stored, into
    )


def _fetch_file(
    shown: Mapping[str, Any], told: str, resource: str, previous: Snapshot | None, into: Path, limits: Limits
) -> Snapshot:
    address = shown.get("url")
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        raise SourceError(_("{url}: the resource is no table and has no file; ask its publisher", url=told))
    return fetch_http(HttpSource(kind="http", url=address), resource, previous, into, limits)


class _Ckan:
    """The Action API of a CKAN; what it gives are the answers as they came."""

    def __init__(self, asking: ApiClient, base: str, told: str):
        self.asking, self.base, self.told = asking, base, told

    def ask(self, action: str, **parameters: Any) -> tuple[bytes, Mapping[str, Any]]:
        """An answer, and its result."""
        url = f"{self.base}/api/3/action/{action}?{urlencode(parameters)}"
        status, body = self.asking.get(url)
        if status in (403, 404):
            why = _(
                "it answered {status} to {action}: it is gone, or not public", status=status, action=action
            )
            raise SourceError(_("{url}: {why}; correct source, or ask its publisher", url=self.told, why=why))
        if status != 200:
            raise self.asking.refusal(url, status)
        answer = decode_json(body, self.told, KEY)
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, dict) or answer.get("success") is not True:
            raise SourceError(
                _("{url} answers, but not as a CKAN; give the address of its first page", url=self.told)
            )
        return body, result

    def rows(self, resource: str) -> Iterator[bytes]:
        """The pages of a table, in the order in which its rows came in. Raises CollectionChanged where the
        number of rows changes meanwhile, or a row comes twice."""
        start, total, last = 0, None, None
        while total is None or start < total:
            body, result = self.ask(
                "datastore_search", resource_id=resource, limit=ROWS, offset=start, sort="_id"
            )
            records, count = result.get("records"), result.get("total")
            if not isinstance(records, list) or not isinstance(count, int):
                raise SourceError(_("{url}: the table's answer has no rows; ask who runs it", url=self.told))
            ids = [each.get("_id") for each in records if isinstance(each, dict)]
            if total not in (None, count) or not _rise(ids, last):
                raise CollectionChanged
            yield body.strip()
            if not records and start < count:
                raise CollectionChanged
            start, total, last = start + len(records), count, ids[-1] if ids else last

    def packages(self, organization: str | None) -> Iterator[bytes]:
        """The pages of all public datasets, or of one organization's, by name."""
        asked = {"fq": f'organization:"{organization}"'} if organization else {}
        start, total = 0, None
        seen: set[Any] = set()
        while total is None or start < total:
            body, result = self.ask("package_search", rows=PACKAGES, start=start, sort="name asc", **asked)
            found, count = result.get("results"), result.get("count")
            if not isinstance(found, list) or not isinstance(count, int):
                raise SourceError(_("{url}: the list of datasets has none; ask who runs it", url=self.told))
            if misfit := find_misfit(found, [{"id": is_text}], "results"):
                raise SourceError(_("{url}: {misfit}; ask who runs it", url=self.told, misfit=misfit))
            ids = [each.get("id") for each in found]
            if total not in (None, count) or seen & set(ids) or (not found and start < count):
                raise CollectionChanged
            yield body.strip()
            seen |= set(ids)
            start, total = start + len(found), count


def _rise(ids: list[Any], last: Any) -> bool:
    """Whether numbers rise, from the last of the page before; ids of other kinds are not looked at."""
    numbers = [each for each in [last, *ids] if isinstance(each, int)]
    return all(one < other for one, other in pairwise(numbers))

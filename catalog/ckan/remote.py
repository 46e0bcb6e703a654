"""The CKAN at the other end: its actions, called so that uploads stream, waits are bounded and a failure says
what to do, and its files, read back as everybody gets them."""

from __future__ import annotations

import hashlib
import json
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from ckanapi.common import prepare_action, reverse_apicontroller_action
from ckanapi.errors import (
    CKANAPIError,
    NotAuthorized,
    NotFound,
    SearchError,
    SearchIndexError,
    ValidationError,
)

from catalog.ckan.difference import file_in
from catalog.ckan.package import Package
from messages import gettext as _
from messages.formats import without_password

LONGEST_WAIT = 120.0  # seconds that a Retry-After may ask for


class CkanError(Exception):
    """CKAN refused, or cannot be reached: do what the message says, and publish again."""


class AnswerLost(CkanError):
    """The answer did not come, or was an error of the server: what was asked for may have been done or not.
    Look, then ask again."""


class UnknownAction(CkanError):
    """This CKAN has no action of that name."""


class Refused(CkanError):
    """The token lacks a right."""


class Missing(CkanError):
    """There is no such thing in the CKAN."""


class Invalid(CkanError):
    """CKAN does not take these values; `errors` are its own, by field."""

    def __init__(self, message: str, errors: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.errors = errors


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates that are trusted, read once: reading them takes longer than most calls."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class Remote:
    """A CKAN by its address; `token` goes into the header of each call, and nowhere else.

    `timeout` is in seconds of silence; `delay` in seconds before the second try, doubled each time, `tries`
    in all.
    """

    url: str
    token: str = field(repr=False)
    timeout: float = 60.0
    delay: float = 5.0
    tries: int = 4
    sleep: Callable[[float], None] = time.sleep

    def ask(self, action: str, **data: Any) -> Any:
        """What a reading action answers; tried again where that may help."""
        for tried in range(1, self.tries + 1):
            try:
                return self.act(action, data)
            except AnswerLost:
                if tried == self.tries:
                    raise
                self.pause(tried)
        raise AssertionError("no try")

    def pause(self, tried: int) -> None:
        """The wait after the try of this number, from 1."""
        self.sleep(self.delay * 2 ** (tried - 1))

    def act(
        self, action: str, data: Mapping[str, Any], files: Mapping[str, tuple[str, Path]] | None = None
    ) -> Any:
        """Calls an action once; `files` are (name, path) by parameter. A 429 is waited for as it asks, and
        called again.

        Raises Refused, Missing, Invalid and AnswerLost. Values of `data` that go with files are sent as JSON
        text.
        """
        for _tried in range(self.tries):
            response = self._post(action, data, files)
            if response.status_code != 429:
                return self._answer(action, response)
            self.sleep(min(_retry_after(response.headers.get("Retry-After")) or self.delay, LONGEST_WAIT))
        raise AnswerLost(
            _("{url} takes no more requests for now (429). Publish again later.", url=self.address)
        )

    @property
    def address(self) -> str:
        """The address for messages, without a name and password that may stand in it."""
        return without_password(self.url.rstrip("/"))

    def _post(
        self, action: str, data: Mapping[str, Any], files: Mapping[str, tuple[str, Path]] | None
    ) -> httpx.Response:
        values = dict(data)
        if files:
            values = {key: each if isinstance(each, str) else json.dumps(each) for key, each in data.items()}
        path, body, headers = prepare_action(action, values, self.token, files)
        opened = {}
        try:
            for key, (name, place) in (files or {}).items():
                opened[key] = (name, place.open("rb"), "application/octet-stream")
            sent: dict[str, Any] = {"files": opened, "data": values} if files else {"content": body}
            timeout = httpx.Timeout(self.timeout, connect=min(self.timeout, 10.0))
            with httpx.Client(timeout=timeout, verify=_certificates()) as client:
                return client.post(f"{self.url.rstrip('/')}/{path}", headers=headers, **sent)
        except httpx.InvalidURL as error:
            raise CkanError(_("VEREDA_CKAN_URL is no address: {url}.", url=self.address)) from error
        except httpx.TransportError as error:
            why = type(error).__name__
            message = _(
                "{url} does not answer ({why}). Check that CKAN runs and is in reach, and publish again.",
                url=self.address,
                why=why,
            )
            raise AnswerLost(message) from None
        finally:
            for _name, file, _kind in opened.values():
                file.close()

    def _answer(self, action: str, response: httpx.Response) -> Any:
        values = {"url": self.address, "action": action, "status": response.status_code}
        try:
            return reverse_apicontroller_action(self.address, response.status_code, response.text)
        except NotAuthorized as error:
            raise Refused(_refusal(action, self.address, error)) from None
        except NotFound:
            raise Missing(_("{url}: {action} finds nothing by that name.", **values)) from None
        except ValidationError as error:
            errors = {
                key: value for key, value in (error.error_dict or {}).items() if not key.startswith("__")
            }
            message = _("{url}: {action} refuses: {why}", why=_plain(errors), **values)
            raise Invalid(message, errors) from None
        except (SearchError, SearchIndexError):
            message = _("The search of {url} is down (Solr). Start it again, and publish again.", **values)
            raise AnswerLost(message) from None
        except CKANAPIError:
            raise _explain(response, values) from None


def _refusal(action: str, url: str, error: NotAuthorized) -> str:
    return _(
        "{url} refuses {action} to this token: {why} Put a valid VEREDA_CKAN_TOKEN of a user with that "
        "right, and publish again.",
        url=url,
        action=action,
        why=_plain(error.args[0] if error.args else ""),
    )


def _explain(response: httpx.Response, values: Mapping[str, Any]) -> CkanError:
    """What an answer means that is none of CKAN's own errors."""
    if response.status_code == 413:
        message = _(
            "{url} does not take files of this size; its ckan.max_resource_size must be larger.", **values
        )
        return CkanError(message)
    if response.status_code == 400 and "Action name not known" in response.text:
        message = _(
            "{url} has no {action}: switch on the extension that brings it (datastore), then publish again.",
            **values,
        )
        return UnknownAction(message)
    if response.status_code < 400:
        return CkanError(_("{url} answers, but not as a CKAN ({status}). Correct VEREDA_CKAN_URL.", **values))
    message = _(
        "{url} fails by itself at {action} ({status}); its log says why. Mend it, and publish again.",
        **values,
    )
    return AnswerLost(message)


def _plain(errors: Any) -> str:
    """CKAN's own words in one line."""
    if isinstance(errors, Mapping):
        told = {key: _plain(each) for key, each in errors.items() if each and not str(key).startswith("__")}
        return "; ".join(text if key == "message" else f"{key}: {text}" for key, text in told.items())
    if isinstance(errors, list | tuple):
        return ", ".join(text for each in errors if (text := _plain(each)))
    return str(errors)


def _retry_after(value: str | None) -> float | None:
    """Seconds, from a number of them or from a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def show_package(remote: Remote, name: str) -> Mapping[str, Any] | None:
    """A package whole; None where there is none. Raises Refused where the token does not see it."""
    try:
        found: Mapping[str, Any] = remote.ask("package_show", id=name)
    except Missing:
        return None
    except Refused as error:
        message = _(
            "{url} does not show the package {name} to this token: it belongs to others, or the "
            "token is not valid.",
            url=remote.address,
            name=name,
        )
        raise Refused(message) from error
    return found


def explain_stop(error: AnswerLost, done: int, of: int) -> AnswerLost:
    """Why it ended before its end, and how far it was."""
    if of < 2:
        return error
    how_far = _("packages that were gone through: {done} of {n}; what was done stays.", done=done, n=of)
    return AnswerLost(f"{error} {how_far}")


def find_damage(
    remote: Remote, package: Package, actual: Mapping[str, Any], keys: Collection[str] | None = None
) -> frozenset[str]:
    """The keys of the resources whose file, read again, has another length or sha256 than it should; `keys`
    are those to look at."""
    ids = {resource["vereda"]: resource["id"] for resource in actual["resources"] if resource.get("vereda")}
    wrong = set()
    for resource in package.resources:
        file = file_in(resource)
        if file is None or resource.key not in ids or (keys is not None and resource.key not in keys):
            continue
        place = f"dataset/{actual['id']}/resource/{ids[resource.key]}/download/{resource.filename}"
        if read_served(remote, place) != (file.bytes, file.sha256):
            wrong.add(resource.key)
    return frozenset(wrong)


def read_served(remote: Remote, place: str) -> tuple[int, str]:
    """The length and sha256 of what stands at a place of the CKAN, (0, "") where nothing does."""
    digest, length, found = hashlib.sha256(), 0, False
    for block in _served_blocks(remote, place):
        found = True
        digest.update(block)
        length += len(block)
    return (length, digest.hexdigest()) if found else (0, "")


def save_served(remote: Remote, place: str, into: Path) -> bool:
    """Writes what stands at a place of the CKAN into a file; False where nothing does."""
    found = False
    with into.open("wb") as file:
        for block in _served_blocks(remote, place):
            found = True
            file.write(block)
    return found


def _served_blocks(remote: Remote, place: str) -> Iterator[bytes]:
    """What stands at a place, block by block (an empty one where the file is empty); nothing where there is
    none."""
    try:
        with (
            httpx.Client(
                timeout=remote.timeout,
                headers={"Authorization": remote.token},
                follow_redirects=True,
                verify=_certificates(),
            ) as client,
            client.stream("GET", f"{remote.url.rstrip('/')}/{place}") as response,
        ):
            if response.status_code != 200:
                return
            yield b""
            yield from response.iter_bytes(1 << 20)
    except httpx.TransportError as error:
        why = type(error).__name__
        message = _(
            "{url} does not answer ({why}). Check that CKAN runs and is in reach, and publish again.",
            url=remote.address,
            why=why,
        )
        raise AnswerLost(message) from None

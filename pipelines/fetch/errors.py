"""What went wrong with a source, in a sentence that names it, without the secrets of its address."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from messages import gettext as _
from messages.system import describe_network_error
from pipelines.fetch.snapshot import SourceError, SourceUnavailable
from pipelines.fetch.transport import OutOfTime
from pipelines.fetch.unpack import Garbled
from pipelines.settings import Limits


@contextmanager
def translate_errors(told: str, key: str, limits: Limits) -> Iterator[None]:
    """Turns what httpx raises into SourceError and SourceUnavailable."""
    try:
        yield
    except Garbled as error:
        raise unavailable_error(told, _("what came is not compressed as it says")) from error
    except (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
        raise redirect_error(told, key) from error
    except httpx.HTTPError as error:
        if "Invalid URL in location header" in str(error):
            raise redirect_error(told, key) from error
        raise unavailable_error(told, _describe_error(error, limits)) from error


def refusal_error(told: str, status: int, key: str) -> SourceError:
    """The error of an answer that is not 200."""
    if status in (408, 425, 429) or status >= 500:
        return SourceUnavailable(
            _("{url} answered {status}; it is tried again at the next run", url=told, status=status)
        )
    return SourceError(
        _("{url} answered {status}; correct {key} or ask the publisher", url=told, status=status, key=key)
    )


def unavailable_error(told: str, why: str) -> SourceUnavailable:
    return SourceUnavailable(
        _("{url} did not answer properly ({why}); it is tried again at the next run", url=told, why=why)
    )


def redirect_error(told: str, key: str) -> SourceError:
    return SourceError(
        _(
            "{url} redirects in a circle, or to what is no web address; correct {key} or ask the publisher",
            url=told,
            key=key,
        )
    )


def _describe_error(error: Exception, limits: Limits) -> str:
    """In words of our own: the library's may hold parts of the address, with its secrets."""
    match error:
        case OutOfTime():
            return _("more than {seconds} s", seconds=limits.fetch_seconds)
        case httpx.TimeoutException():
            return _("no answer in {seconds} s", seconds=limits.timeout)
        case httpx.ConnectError():
            return _("no connection: {why}", why=describe_connection(error))
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return _("the connection was cut in the middle")
        case _:
            return type(error).__name__


def describe_connection(error: Exception) -> str:
    """Why there is none: what the system says stands somewhere among the causes. Whatever else a library
    says (of a certificate, say) stays in its own words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError):
            return describe_network_error(cause)
        cause = cause.__cause__ or cause.__context__
    return str(error)


def without_secrets(url: str, key: str) -> str:
    """The address as it may stand in logs: no user, password, query or fragment, where secrets travel."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise SourceError(_("{key} is no web address; correct it", key=key)) from error
    return str(parsed.copy_with(username=None, password=None, query=None, fragment=None)) + (
        "?…" if parsed.query else ""
    )


SECRET_NAME = re.compile(r"auth|clave|contrase|credential|key|llave|pass|secret|sig|token", re.IGNORECASE)


def without_login(url: str) -> str:
    """The address as the archive keeps it: which extract it names, and neither a user, a password, nor what
    stands under the name of a secret."""
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):  # it is refused as soon as it is asked
        return url
    asked = [
        (name, "…" if SECRET_NAME.search(name) else value) for name, value in address.params.multi_items()
    ]
    plain = address.copy_with(username=None, password=None, fragment=None)
    if any(value == "…" for _name, value in asked):
        plain = plain.copy_with(params=asked)
    return str(plain) if plain != address else url

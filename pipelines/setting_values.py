"""What the value of a setting may be: each check gives the value back, or raises ValueError with a sentence
on how to write it."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from difflib import get_close_matches
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from pydantic import SecretStr

from messages import gettext as _


def check_mailbox(value: str) -> str:
    if not re.fullmatch(r"\s*[^<>\s][^<>]*(<[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>\s*)?", value):
        raise ValueError(_("write a name, and the e-mail address after it in angle brackets"))
    return value


def check_web_address(value: str) -> str:
    if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
        raise ValueError(_("write a web address: https://host/path"))
    return value


def check_issuer(value: str) -> str:
    """An address by https; by http on this machine alone, to try it."""
    parts = urlsplit(check_web_address(value))
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError(_("write the provider's address with https://"))
    return value


def check_api_place(value: str) -> str:
    return value if value == "none" else check_web_address(value)


def check_signing_secret(value: SecretStr) -> SecretStr:
    """As Standard Webhooks asks for it: `whsec_` and base64 of 24 to 64 bytes."""
    prefix, _mark, encoded = value.get_secret_value().partition("_")
    try:
        length = len(base64.b64decode(encoded, validate=True))
    except binascii.Error:
        length = 0
    if prefix != "whsec" or not 24 <= length <= 64:
        raise ValueError(_("a secret is whsec_ and base64 of 24 to 64 bytes"))
    return value


def check_mail_server(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(
            _(
                "write smtp://host:587 or smtps://host:465, with user:password@ before the host where it "
                "asks for them"
            )
        )
    return value


def check_database(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\w+(\+\w+)?://\S*", value.get_secret_value()):
        raise ValueError(_("write a database's address: postgresql://user:password@host/database"))
    return value


def check_schedule(value: str) -> str:
    try:
        CronSim(value, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(_("use five cron fields, as in `0 3 * * *`")) from error
    return value


def check_zone(value: str) -> str:
    if value not in available_timezones():
        near = get_close_matches(value, sorted(available_timezones()), n=1, cutoff=0.4)
        meant = near[0] if near else "America/Argentina/Buenos_Aires"
        raise ValueError(_("use the name of a time zone, as in {zone}", zone=meant))
    return value


def check_ckan_profile(value: str | None) -> str | None:
    known = ("plain", "spatial", "scheming", "dcat")
    for name in (value or "").split(","):
        if name.strip() and name.strip() not in known:
            raise ValueError(_("use {known}, with commas between", known=", ".join(known)))
    return value

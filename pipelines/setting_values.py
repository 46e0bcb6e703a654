"""What the value of a setting may be: each check gives the value back, or raises ValueError with a sentence
on how to write it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
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


def check_mail_addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        if not re.fullmatch(r"[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+", each):
            raise ValueError(_("{value!r} is no e-mail address", value=each))
    return value


def check_bucket(value: str) -> str:
    scheme, _colon, rest = value.partition("://")
    if scheme not in ("s3", "gs", "az") or not rest.strip("/"):
        raise ValueError(_("write s3://bucket/folder, gs://… or az://…"))
    return value


def check_scheduler(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname:
        raise ValueError(_("write the address of the scheduler: tcp://host:8786"))
    return value


def check_folder(value: Path) -> Path:
    """A folder, or the place of one that is not there yet."""
    if value.exists() and not value.is_dir():
        raise ValueError(_("it is no folder"))
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


def describe_value_fault(error: Mapping[str, Any]) -> str:
    """What may stand where a setting has a value that pydantic does not take, in words for people."""
    kind, context, key = error["type"], error.get("ctx") or {}, error["loc"][-1]
    if kind == "value_error":
        return str(context["error"])  # our own sentence
    if kind.startswith(("int_", "float_")):
        return _("write a number, in digits alone")
    if kind.startswith("bool_"):
        return _("write true or false")
    if kind in ("dict_type", "model_type", "tuple_type", "list_type"):
        return describe_json(error["loc"][0])
    bound = context.get("ge", context.get("gt"))
    bound = int(bound) if isinstance(bound, float) and bound.is_integer() else bound
    known = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
    sentences = {
        "greater_than_equal": _("write a number from {bound} on", bound=bound),
        "greater_than": _("write a number of more than {bound}", bound=bound),
        "literal_error": _("use one of {known}", known=known),
        "too_short": _("write at least {n} characters", n=context.get("min_length")),
        "missing": _("{key} is missing in it", key=key),
        "extra_forbidden": _("{key} in it is no key that is known", key=key),
    }
    return sentences.get(kind) or str(error["msg"])


def describe_json(name: object) -> str:
    """How to write a setting that holds several things."""
    examples = {
        "mail_team": '["datos@example.org"]',
        "inner_hosts": '["datos.gob.ar"]',
        "databases": '{"obras": "postgresql://…"}',
        "oidc_agencies": '{"ambiente-datos": "agencia-ambiente"}',
        "webhooks": '{"https://host/path": "whsec_…"}',
        "followed_rows": '[{"url": …, "secret": "whsec_…", "dataset": …, "table": …, "filter": […]}]',
        "outcome_webhooks": '[{"url": …, "secret": "whsec_…", "agency": …}]',
    }
    return _("write it as JSON: {example}", example=examples.get(str(name), "…"))

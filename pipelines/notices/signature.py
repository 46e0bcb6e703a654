"""The signature by which a webhook's receiver knows who sent it: Standard Webhooks 1.0."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from messages import gettext as _

PREFIX = "whsec_"


def signature(secret: str, id: str, at: str, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 of "id.timestamp.body" (Standard Webhooks, "Signature scheme")."""
    signed = hmac.new(key(secret), f"{id}.{at}.".encode() + body, hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()


def key(secret: str) -> bytes:
    """The bytes of a secret; raises ValueError where it is none: `whsec_` and base64 of 24 to 64 bytes."""
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        found = b""
    if not secret.startswith(PREFIX) or not 24 <= len(found) <= 64:
        raise ValueError(_("a secret is whsec_ and base64 of 24 to 64 bytes"))
    return found

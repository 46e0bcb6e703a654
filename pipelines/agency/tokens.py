"""Tokens with which an agency hands in files over the web: given once, kept as a hash, for a time, and taken
back at any moment."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from catalog.archive.archive import Archive
from catalog.archive.tokens import TokenEntry, Tokens
from messages import gettext as _
from pipelines.dataset.dataset import Dataset, load_datasets
from pipelines.dataset.faults import choose

MARK = "vereda_"
DAYS = 365


def issue_token(
    archive: Archive,
    datasets: Path,
    agency: str,
    days: int,
    by: str,
    now: datetime,
    *,
    team: bool = False,
    holder: str = "",
    only: Sequence[str] = (),
) -> tuple[TokenEntry, str]:
    """A new token of an agency ("" for one of the data team, who must be named), and its secret, which is
    told this once; of some of the agency's datasets alone where `only` names them. Raises ValueError for an
    agency that publishes nothing, a dataset that is not its own, or a time that is none."""
    if team:
        if agency or not holder.strip():
            raise ValueError(_("a key of the data team is a person's: name who has it (--for)"))
    else:
        _require_agency(agency, only, _loaded(datasets))
    if not 1 <= days <= 3650:
        raise ValueError(_("a token is for 1 to 3650 days"))
    secret = MARK + secrets.token_urlsafe(32)
    until = (now + timedelta(days=days)).isoformat(timespec="seconds")
    at = now.isoformat(timespec="seconds")
    name = " ".join(holder.split())
    entry = TokenEntry(
        0, "new", at, by, agency, hash_token(secret), until, team=team, holder=name, only=tuple(only)
    )
    return Tokens(archive.shelf).add(entry), secret


def _require_agency(agency: str, only: Sequence[str], datasets: Sequence[Dataset]) -> None:
    known = sorted({each.pipeline.publisher.id for each in datasets})
    if agency not in known:
        choice = choose(agency, known)
        raise ValueError(_("{agency} publishes nothing here; {choice}", agency=agency, choice=choice))
    own = sorted(each.id for each in datasets if each.pipeline.publisher.id == agency)
    for id in only:
        if id not in own:
            choice = choose(id, own)
            raise ValueError(
                _("{id} is no dataset of {agency}; {choice}", id=id, agency=agency, choice=choice)
            )


def revoke_token(archive: Archive, number: int, by: str, now: datetime) -> TokenEntry:
    """Takes a token back; raises ValueError where there is none of that number, or it is taken back."""
    entries = Tokens(archive.shelf).all()
    if not any(entry.kind == "new" and entry.number == number for entry in entries):
        raise ValueError(_("there is no token {number}; `vereda token list` shows them", number=number))
    if any(entry.of == number for entry in entries):
        raise ValueError(_("token {number} was taken back already", number=number))
    return Tokens(archive.shelf).add(
        TokenEntry(0, "revoke", now.isoformat(timespec="seconds"), by, of=number)
    )


def find_token(archive: Archive, secret: str, now: datetime) -> TokenEntry | None:
    """The valid token of this secret; None where there is none."""
    given = hash_token(secret)
    found = [entry for entry in Tokens(archive.shelf).valid(now) if hmac.compare_digest(entry.sha256, given)]
    return found[0] if found else None


def hash_token(secret: str) -> str:
    """The sha256 of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def describe_tokens(entries: Sequence[TokenEntry], now: datetime) -> list[dict[str, object]]:
    """Each token with its state: `valid`, `expired` or `revoked`; never its hash."""
    gone = {entry.of: entry for entry in entries if entry.kind == "revoke"}
    shown: list[dict[str, object]] = []
    for entry in entries:
        if entry.kind != "new":
            continue
        over = datetime.fromisoformat(entry.until) <= now
        state = "revoked" if entry.number in gone else "expired" if over else "valid"
        keys = ("number", "agency", "team", "holder", "at", "until", "by")
        told = {key: getattr(entry, key) for key in keys}
        shown.append({**told, "only": list(entry.only), "state": state})
    return shown


def _loaded(datasets: Path) -> list[Dataset]:
    return [each for each in load_datasets(datasets) if isinstance(each, Dataset)]

"""A Trello board, asked of the API with a key, or, where it is public, taken as the JSON that it exports. Who
is on it is not asked for."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from messages import gettext as _
from pipelines.dataset.answers import BOARD, find_misfit
from pipelines.dataset.sources import TrelloSource
from pipelines.fetch.access import TrelloAccount
from pipelines.fetch.api import ApiClient, decode_json
from pipelines.fetch.snapshot import Snapshot, SourceError, store_blocks
from pipelines.settings import Limits

KEY = "source.board"
ASKED = {
    "fields": "id,name,closed,shortUrl",
    "lists": "all",
    "list_fields": "id,name,closed",
    "labels": "all",
    "label_fields": "id,name,color",
    "labels_limit": "1000",
    "customFields": "true",
    "cards": "all",
    "card_fields": (
        "id,name,desc,closed,start,due,dueComplete,dateLastActivity,idList,idLabels,labels,badges,shortUrl"
    ),
    "card_customFieldItems": "true",
    "card_attachments": "true",
    "card_attachment_fields": "id,name,url,date",
    "card_members": "false",
    "checklists": "all",
    "checklist_fields": "id,name,idCard",
    "checkItems": "all",
    "checkItem_fields": "id,name,state,due",
    "members": "none",
    "memberships": "none",
    "actions": "none",
}
"""One request for the whole board: far from 300 in 10 s for a key, 100 for a token. Nobody's name is in the
answer."""


def fetch_trello(
    source: TrelloSource, resource: str, into: Path, limits: Limits, account: TrelloAccount
) -> Snapshot:
    """The board as it came. Raises SourceUnavailable where another try may help, else SourceError: it is
    private or gone, or no board."""
    if account.key and account.token:
        url = f"{(account.url or 'https://api.trello.com').rstrip('/')}/1/boards/{source.board}"
        asked = f"{url}?{urlencode(ASKED)}"
        secret = {
            "Authorization": f'OAuth oauth_consumer_key="{account.key.get_secret_value()}", '
            f'oauth_token="{account.token.get_secret_value()}"'
        }
    else:
        url = asked = f"{(account.url or 'https://trello.com').rstrip('/')}/b/{source.board}.json"
        secret = {}
    with ApiClient(url, KEY, limits, {}, secret) as asking:
        status, body = asking.get(asked)
        if status in (401, 403, 404):
            raise _access_error(url, status, bool(secret))
        if status != 200:
            raise asking.refusal(url, status)
    board = decode_json(body, url, KEY)
    if not isinstance(board, dict) or not all(
        isinstance(board.get(part), list) for part in ("cards", "lists")
    ):
        raise SourceError(_("{url} answered, but not with a Trello board; correct {key}", url=url, key=KEY))
    if misfit := find_misfit(board, BOARD, _("the board")):
        raise SourceError(
            _(
                "{url} answered with a Trello board that is none ({why}); correct {key} or ask who runs it",
                url=url,
                why=misfit,
                key=KEY,
            )
        )
    return Snapshot(resource, url, *store_blocks([body], into, url, limits), into)


def _access_error(url: str, status: int, known: bool) -> SourceError:
    if known:
        why = _("the board is gone, or the owner of VEREDA_TRELLO_TOKEN may not read it")
    else:
        why = _(
            "the board was made private, or is gone; ask for it to be public, or set VEREDA_TRELLO_KEY and "
            "VEREDA_TRELLO_TOKEN"
        )
    return SourceError(_("{url} answered {status}: {why}", url=url, status=status, why=why))

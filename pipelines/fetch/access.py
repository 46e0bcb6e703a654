"""What the settings of this machine open at sources: databases by name, an account at Trello."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from pipelines.settings import Settings


@dataclass(frozen=True)
class TrelloAccount:
    """The key of an application at Trello, and a token of somebody who may read the board; `url` in
    place of Trello's own."""

    key: SecretStr | None = None
    token: SecretStr | None = None
    url: str | None = None


@dataclass(frozen=True)
class Access:
    """`databases`: SQLAlchemy's addresses, by the names that declarations use."""

    trello: TrelloAccount = field(default_factory=TrelloAccount)
    databases: Mapping[str, SecretStr] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> Access:
        trello = TrelloAccount(settings.trello_key, settings.trello_token, settings.trello_url)
        return cls(trello, settings.databases)


NO_ACCESS = Access()

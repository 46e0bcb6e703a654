"""Who gets the notices of a dataset: its publisher, the data team, and the webhooks of the settings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from catalog.archive.archive import Archive
from catalog.archive.outbox import NoticeKind
from pipelines.dataset.dataset import Dataset
from pipelines.dataset.sources import InboxSource
from pipelines.notices.deliver import Channel, Delivery, begin_outbox, deliver_notices
from pipelines.notices.letters import LetterWriter, tell_subscribers
from pipelines.notices.mail import Mail, Server
from pipelines.notices.message import DeskLinks
from pipelines.notices.receipts import begin_outcomes, tell_outcomes
from pipelines.notices.rows import RowsWebhook
from pipelines.notices.subscribers import Subscribers
from pipelines.notices.webhook import Webhook
from pipelines.settings import Settings

PRODUCER: frozenset[NoticeKind] = frozenset(
    ("released", "breaking", "withdrawn", "restored", "late", "rejected", "quarantined", "normal")
)
TEAM: frozenset[NoticeKind] = PRODUCER | {"failed"}


def receivers(
    settings: Settings, datasets: Collection[Dataset], archive: Archive
) -> dict[str, Sequence[Channel]]:
    """By dataset; nobody, where the settings name no mail server and no webhook."""
    hooks = [
        Webhook(url, secret.get_secret_value(), settings.timeout, settings.retry_delay)
        for url, secret in settings.webhooks.items()
    ]
    server = mail_server(settings)
    found: dict[str, Sequence[Channel]] = {}
    for dataset in datasets:
        channels: list[Channel] = [*hooks, *rows_webhooks(settings, dataset, archive)]
        if server:
            team = {address.lower() for address in settings.mail_team}
            producer = address_of(dataset)
            channels += [Mail(server, address, TEAM) for address in settings.mail_team]
            if producer and producer.lower() not in team:
                channels.append(Mail(server, producer, PRODUCER, desk_links(settings, dataset)))
        found[dataset.id] = channels
    return found


def desk_links(settings: Settings, dataset: Dataset) -> DeskLinks | None:
    """Where the dataset's agency goes at the desk; None where the settings name none."""
    if settings.desk_url is None:
        return None
    handed = any(isinstance(each.pipeline.source, InboxSource) for each in dataset.resources)
    return DeskLinks(settings.desk_url, dataset.id, handed)


def rows_webhooks(settings: Settings, dataset: Dataset, archive: Archive) -> list[RowsWebhook]:
    """Who follows rows of a dataset."""
    return [
        RowsWebhook(
            Webhook(each.url, each.secret.get_secret_value(), settings.timeout, settings.retry_delay),
            archive,
            each.table,
            each.filter,
        )
        for each in settings.followed_rows
        if each.dataset == dataset.id
    ]


def mail_server(settings: Settings) -> Server | None:
    """The SMTP server of the settings; None where they name none."""
    if not (settings.mail_server and settings.mail_from):
        return None
    return Server(
        settings.mail_server.get_secret_value(),
        settings.mail_from,
        settings.timeout,
        settings.retry_delay,
        settings.mail_tls,
    )


def letter_writer(settings: Settings) -> LetterWriter | None:
    """Who writes to those who follow news; None where there is no mail, or no address for the links in it."""
    server = mail_server(settings)
    if server is None or not settings.takes_subscribers:
        return None
    return LetterWriter(server, str(settings.portal_url), settings.portal)


def begin_notices(settings: Settings, datasets: Collection[Dataset], archive: Archive, now: datetime) -> None:
    """Where there are receivers, before the first run with notices: nothing older is sent."""
    if settings.tells:
        begin_outbox(datasets, archive, now)
        begin_outcomes(settings, datasets, archive, now)


def send_notices(
    settings: Settings, datasets: Collection[Dataset], archive: Archive, now: datetime
) -> Delivery:
    """Sends the receivers of the settings what is new, and those who follow news what the portal says of it;
    raises ArchiveError, Damaged."""
    if not settings.tells:
        return Delivery()
    found = receivers(settings, datasets, archive)
    delivery = deliver_notices(datasets, archive, found, settings.portal_url, now)
    outcomes = tell_outcomes(settings, datasets, archive, now)
    delivery.sent |= outcomes.sent
    delivery.wrong += outcomes.wrong
    writer = letter_writer(settings)
    if writer:
        told = tell_subscribers(Subscribers(settings.subscribers), writer, now)
        delivery.sent |= told.sent
        delivery.wrong += told.wrong
    return delivery


def address_of(dataset: Dataset) -> str | None:
    """Where its publisher reads mail: that of the publisher, else of the contact point."""
    contact = dataset.pipeline.contact_point or {}
    return dataset.pipeline.publisher.email or contact.get("hasEmail", "").removeprefix("mailto:") or None

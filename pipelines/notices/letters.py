"""Letters to those who follow news of the portal: the one that asks for a confirmation, and the news, one
letter for all that is new of what somebody follows; each with the way out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from pathlib import Path
from xml.etree import ElementTree

from messages import gettext as _
from messages import ngettext, speaking
from messages.formats import format_date
from pipelines.notices.deliver import Delivery, DeliveryUnsure, Never, NotNow
from pipelines.notices.mail import Deferred, Refused, Server, UnknownReceiver
from pipelines.notices.subscribers import FEED, Subscribers, Subscription

ATOM = "{http://www.w3.org/2005/Atom}"
LATE = timedelta(days=7)  # what is dated earlier, and came only now, is no news
MOST_NEWS = 20  # in a letter; the feed has all
RULE = "-" * 60


@dataclass(frozen=True)
class FeedEntry:
    """An entry of a feed: `updated` its moment, `lines` what it says."""

    id: str
    title: str
    link: str
    updated: datetime
    lines: Sequence[str]


@dataclass(frozen=True)
class FollowedFeed:
    """A feed of the portal, read: the newest entry first."""

    title: str
    entries: Sequence[FeedEntry]


@dataclass(frozen=True)
class LetterWriter:
    """Writes to subscribers. `base` is the portal's public address, `portal` the folder of its standing
    build."""

    server: Server
    base: str
    portal: Path

    def feed_title(self, feed: str) -> str | None:
        """What a feed is called; None where the portal has no such feed."""
        found = read_feed(self.portal, feed)
        return found.title if found else None

    def ask_to_confirm(self, subscription: Subscription) -> None:
        """Raises NotNow, Never, DeliveryUnsure."""
        with speaking(subscription.language):
            title = self.feed_title(subscription.feed) or subscription.feed
            text = [
                _("Somebody, probably you, asked that this address gets the news of “{title}”.", title=title),
                _("If it was you, confirm it here:"),
                self._link(subscription, "confirmar"),
                _("If not, do nothing: in two days this address is erased, and no other letter comes."),
            ]
            subject = _("Confirm: {title}", title=title)
            message = self._compose(subscription, subject, "\n\n".join(text) + "\n")
        self.server.send(message, subscription.address, name=subscriber_name(subscription))

    def send_news(self, subscription: Subscription, title: str, news: Sequence[FeedEntry]) -> None:
        """Raises NotNow, Never, DeliveryUnsure."""
        with speaking(subscription.language):
            parts = [_describe_entry(each) for each in news[:MOST_NEWS]]
            if len(news) > MOST_NEWS:
                more = len(news) - MOST_NEWS
                parts.append(
                    ngettext("One more piece of news is on the site.", "{n} more are on the site.", more)
                )
            leave = _("You get this because you follow “{title}”. To get no more, one click:", title=title)
            parts += [RULE, leave, self._link(subscription, "dejar")]
            subject = news[0].title
            if len(news) > 1:
                subject = ngettext(
                    "{title} ({n} piece of news)", "{title} ({n} pieces of news)", len(news), title=title
                )
            message = self._compose(subscription, subject, "\n\n".join(parts) + "\n")
        message["List-Unsubscribe"] = f"<{self._link(subscription, 'dejar')}>"  # RFC 2369
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        self.server.send(message, subscription.address, name=subscriber_name(subscription))

    def _link(self, subscription: Subscription, action: str) -> str:
        root = "" if subscription.language == "es" else f"{subscription.language}/"
        return f"{self.base.rstrip('/')}/{root}avisos/{action}/?t={subscription.token}"

    def _compose(self, subscription: Subscription, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(subject.split())
        message["From"], message["To"] = self.server.sender, subscription.address
        message["Date"] = formatdate(localtime=True)
        domain = parseaddr(self.server.sender)[1].rpartition("@")[2]
        message["Message-ID"] = f"<{secrets.token_hex(16)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers
        message.set_content(text, cte="quoted-printable")
        return message


def subscriber_name(subscription: Subscription) -> str:
    """For messages that are kept or printed: never the address."""
    return _("a subscriber of {feed}", feed=subscription.feed)


def tell_subscribers(subscribers: Subscribers, writer: LetterWriter, now: datetime) -> Delivery:
    """Sends everybody what is new of what they follow. What could not be sent now is sent the next time; whom
    a mail server does not know is erased."""
    delivery = Delivery()
    with subscribers.sending() as mine:
        if not mine:
            return delivery
        subscribers.sweep(now)
        for subscription in subscribers.all():
            if subscription.confirmed and not _send_one(subscription, subscribers, writer, now, delivery):
                break
    return delivery


def _send_one(
    subscription: Subscription,
    subscribers: Subscribers,
    writer: LetterWriter,
    now: datetime,
    delivery: Delivery,
) -> bool:
    """Sends one subscriber the news; False where the mail server cannot be reached now."""
    feed = read_feed(writer.portal, subscription.feed)
    if feed is None:
        return True
    oldest = datetime.fromisoformat(subscription.since) - LATE
    news = [each for each in feed.entries if each.id not in subscription.had and each.updated >= oldest]
    had = [each.id for each in feed.entries]
    # Noted before it goes out: a letter that may have come is not sent again.
    if not news or not subscribers.note(subscription, now.isoformat(timespec="seconds"), had):
        return True
    try:
        writer.send_news(subscription, feed.title, news)
        name = _("subscribers")
        delivery.sent[name] = delivery.sent.get(name, 0) + 1
    except UnknownReceiver as error:
        subscribers.leave(subscription.token)
        delivery.wrong.append(_("{why}; the address is erased", why=error))
    except (NotNow, Never) as error:
        subscribers.note(subscription, subscription.since, subscription.had)
        delivery.wrong.append(str(error))
        return isinstance(error, Deferred | Refused)
    except DeliveryUnsure as error:
        delivery.wrong.append(str(error))
    return True


def read_feed(portal: Path, feed: str) -> FollowedFeed | None:
    """A feed of the portal by its path; None where there is none."""
    path = portal / feed
    if not FEED.fullmatch(feed) or not path.is_file():
        return None
    root = ElementTree.fromstring(path.read_bytes())
    return FollowedFeed(_text(root, "title"), [_read_entry(each) for each in root.iter(f"{ATOM}entry")])


def _read_entry(entry: ElementTree.Element) -> FeedEntry:
    content = entry.find(f"{ATOM}content")
    told = [
        each for part in (content if content is not None else ()) for each in part.iter() if each is not part
    ]
    lines = [" ".join("".join(each.itertext()).split()) for each in told if not len(each)]
    link = entry.find(f"{ATOM}link")
    return FeedEntry(
        id=_text(entry, "id"),
        title=_text(entry, "title"),
        link=str(link.get("href")) if link is not None else "",
        updated=datetime.fromisoformat(_text(entry, "updated")),
        lines=[line for line in lines if line],
    )


def _text(element: ElementTree.Element, name: str) -> str:
    return " ".join((element.findtext(f"{ATOM}{name}") or "").split())


def _describe_entry(entry: FeedEntry) -> str:
    day = format_date(entry.updated.isoformat())
    lines = [line for line in entry.lines if line != entry.title]
    return "\n".join([f"{entry.title} ({day})", *lines, entry.link])

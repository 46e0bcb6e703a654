"""Notices to people: one e-mail for all that is new of a dataset, by SMTP."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from catalog.archive.outbox import Notice, NoticeKind, Standing
from messages import LANGUAGES, speaking
from messages import gettext as _
from pipelines.notices.deliver import DeliveryUnsure, Never, NotNow, channel_id, send_with_retries
from pipelines.notices.message import DeskLinks, message_text, subject

LOCAL = ("localhost", "127.0.0.1", "::1")


class Deferred(NotNow):
    """This receiver's mail is not taken now; that of others may be."""


class Refused(Never):
    """This receiver's mail is not taken; that of others may be: see why with whoever runs the mail server."""


class UnknownReceiver(Refused):
    """There is no such mailbox: forget the address, or correct it."""


# RFC 3463: that the receiver's address is wrong; any other refusal may be our own fault.
_WRONG_ADDRESS = re.compile(rb"5\.1\.(1|2|3|6|10)\b")


@dataclass(frozen=True)
class Server:
    """The SMTP server at `url` (`smtp://user:password@host:587`, upgraded by STARTTLS; `smtps://host:465`),
    and the sender. Without `tls` a server that offers no encryption is written to as well."""

    url: str
    sender: str
    timeout: float
    delay: float
    tls: bool = True

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    def open(self) -> smtplib.SMTP:
        """A session, logged in where there is a user. Without encryption nothing is sent unless the settings
        say so (NotNow), and a password to another machine never (Never)."""
        parts, secure = self.parts, ssl.create_default_context()
        host = parts.hostname or ""
        if parts.scheme == "smtps":
            session: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=self.timeout, context=secure
            )
        else:
            session = smtplib.SMTP(host, parts.port or 587, timeout=self.timeout)
            session.ehlo()
            if session.has_extn("starttls"):
                session.starttls(context=secure)
            elif self.tls:
                session.close()
                raise NotNow(  # once it does, what waits is sent
                    _(
                        "the mail server {host} offers no encryption, so nothing is sent to it; use one that "
                        "does, or set VEREDA_MAIL_TLS=false",
                        host=host,
                    )
                )
            elif parts.username and host not in LOCAL:
                session.close()
                raise Never(
                    _("the mail server {host} offers no encryption, so no password is sent to it", host=host)
                )
        if parts.username:
            session.login(unquote(parts.username), unquote(parts.password or ""))
        return session

    def reach(self) -> smtplib.SMTP:
        """A session, as `open` gives it; raises NotNow, with a sentence, also where nobody answers."""
        try:
            return self.open()
        except (OSError, smtplib.SMTPException) as error:
            raise NotNow(
                _(
                    "the mail server {host} cannot be reached or does not accept the login ({why})",
                    host=self.parts.hostname,
                    why=_why(error),
                )
            ) from error

    def send(self, message: EmailMessage, address: str, name: str) -> None:
        """Sends a message, several times where the server is not there. Raises NotNow, Never and
        DeliveryUnsure, which call the receiver by `name`: the address may be nobody's business."""
        send_with_retries(lambda: self._send_once(message, address, name), self.delay)

    def _send_once(self, message: EmailMessage, address: str, name: str) -> None:
        host = self.parts.hostname
        session = self.reach()
        try:
            self._send_envelope(session, address, name)
            self._hand_over(session, message.as_bytes(policy=SMTP), name)
        except (OSError, smtplib.SMTPException) as error:
            why = _why(error).replace(address, name)
            raise NotNow(
                _("the mail server {host} does not take the message ({why})", host=host, why=why)
            ) from error
        finally:
            with suppress(OSError, smtplib.SMTPException):
                session.quit()

    def _send_envelope(self, session: smtplib.SMTP, address: str, name: str) -> None:
        """Names sender and receiver to the server."""
        for code, answer in (session.mail(parseaddr(self.sender)[1]), session.rcpt(address)):
            if code >= 400:
                refusal = _(
                    "the mail server {host} refuses {address} ({why})",
                    host=self.parts.hostname,
                    address=name,
                    why=_why(smtplib.SMTPResponseException(code, answer)).replace(address, name),
                )
                if code < 500:
                    raise Deferred(refusal)
                raise UnknownReceiver(refusal) if _WRONG_ADDRESS.match(answer) else Refused(refusal)

    def _hand_over(self, session: smtplib.SMTP, message: bytes, name: str) -> None:
        """Once the text is on its way, a connection that breaks leaves open whether the server took it."""
        try:
            code, answer = session.data(message)
        except smtplib.SMTPDataError:
            raise
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise DeliveryUnsure(
                _(
                    "the mail server {host} broke off: whether {address} got the message is not known",
                    host=self.parts.hostname,
                    address=name,
                )
            ) from error
        if code >= 400:
            raise smtplib.SMTPDataError(code, answer)


@dataclass(frozen=True)
class Mail:
    """A person's or an office's `address`; `kinds` are those that concern it; `desk` is where it has files
    checked and hands them in, where there is one."""

    server: Server
    address: str
    kinds: frozenset[NoticeKind]
    desk: DeskLinks | None = None
    repeatable = False
    together = True

    @property
    def name(self) -> str:
        return self.address

    @property
    def id(self) -> str:
        return channel_id("mail", self.address.lower())

    def wants(self, notice: Notice) -> bool:
        return notice.kind in self.kinds

    def send(self, notices: Sequence[Notice], now: Standing, page: str | None) -> bool:
        self.server.send(self._compose(notices, now, page), self.address, self.name)
        return True

    def _compose(self, notices: Sequence[Notice], now: Standing, page: str | None) -> EmailMessage:
        message = EmailMessage()
        with speaking(LANGUAGES[0]):
            message["Subject"] = " ".join(subject(notices).split())
        message["From"], message["To"] = self.server.sender, self.address
        message["Date"] = formatdate(localtime=True)
        domain = parseaddr(self.server.sender)[1].rpartition("@")[2]
        message["Message-ID"] = f"<{notices[-1].id}.{self.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers
        message.set_content(message_text(notices, now, page, self.desk), cte="quoted-printable")
        return message


def _why(error: Exception) -> str:
    if not isinstance(error, smtplib.SMTPResponseException):
        return str(error) or type(error).__name__
    answer = error.smtp_error
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return f"{error.smtp_code} {text}"

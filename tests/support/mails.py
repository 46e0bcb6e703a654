"""Mail servers as one meets them on a bad day."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BAD_DAYS = (
    "silent",
    "busy",
    "plain",
    "strange certificate",
    "no such box",
    "box full",
    "hangs up",
    "no mail",
)
"""It says nothing, or has no time; it offers no encryption, or with a certificate that nobody knows; it does
not know the receiver, or cannot write to its box; it breaks off while the message comes; it is no mail
server."""
PLAIN = ("no such box", "box full", "hangs up")
"""Days on which the trouble comes only after what is said without encryption."""


@contextmanager
def mail_server_on_a_bad_day(day: str, folder: Path) -> Iterator[int]:
    """Its port on this machine; `folder` is for its certificate."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        context = None
        if day == "strange certificate":
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*self_signed(folder))
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                with suppress(TimeoutError, OSError):
                    connection, _address = listening.accept()
                    talk = (connection, day, context, ended)
                    threading.Thread(target=_talk, args=talk, daemon=True).start()

        listening.settimeout(0.1)
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            thread.join(5)


def _talk(
    connection: socket.socket, day: str, context: ssl.SSLContext | None, ended: threading.Event
) -> None:
    with connection, suppress(OSError):
        connection.settimeout(20)
        while day == "silent" and not ended.is_set():
            time.sleep(0.05)
        if day in ("busy", "no mail"):
            greeting = b"421 too many connections\r\n" if day == "busy" else b"SSH-2.0-OpenSSH_9.2\r\n"
            connection.sendall(greeting)
            return
        connection.sendall(b"220 mail.example.org\r\n")
        lines = connection.makefile("rb")
        for line in lines:
            word = line[:4].upper().strip()
            if word == b"STAR" and context:
                connection.sendall(b"220 go ahead\r\n")
                context.wrap_socket(connection, server_side=True)
                return
            if word == b"DATA" and day == "hangs up":
                connection.sendall(b"354 go ahead\r\n")
                while lines.readline().strip() != b".":
                    pass
                return
            connection.sendall(_answer(word, day))


def _answer(word: bytes, day: str) -> bytes:
    if word == b"EHLO":
        offer = b"250-STARTTLS\r\n" if day == "strange certificate" else b""
        return b"250-mail.example.org\r\n" + offer + b"250 8BITMIME\r\n"
    if word == b"RCPT" and day == "no such box":
        return b"550 5.1.1 no such user here\r\n"
    if word == b"RCPT" and day == "box full":
        return b"452 4.2.2 mailbox full\r\n"
    return b"250 ok\r\n"


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[1].write_bytes(key.private_bytes(*plain))
    return paths

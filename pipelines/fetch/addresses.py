"""Where a source may lead: a host that a declaration names may be an inner one; a public one may lead to
public addresses alone, by redirects and by DNS."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass, field

import httpcore

from messages import gettext as _
from pipelines.fetch.snapshot import SourceError

INNER_ENDINGS = (
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "private",
    "test",
)
"""Of names that are of no public network (RFC 6761, RFC 8375, ICANN's list of collisions)."""


def is_inner(address: str) -> bool:
    """Whether an IP address is of this machine or of an inner network: whatever is not globally reachable,
    and what IPv6 wraps around such an IPv4 address."""
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return not found.is_global or found.is_multicast
    number = int(found)
    wrapped = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
    if number >> 32 in (0, 0x64FF9B << 64):  # ::a.b.c.d, and what NAT64 translates
        wrapped.append(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return (
        not found.is_global
        or found.is_multicast
        or found in ipaddress.ip_network("64:ff9b:1::/48")
        or any(each is not None and (not each.is_global or each.is_multicast) for each in wrapped)
    )


def is_inner_name(host: str) -> bool:
    """Whether a host is written as an inner one: an inner address, or a name of no public network."""
    name = host.rstrip(".").lower()
    try:
        return is_inner(name)
    except ValueError:
        pass
    return "." not in name or name.endswith(tuple(f".{ending}" for ending in INNER_ENDINGS))


@dataclass
class Reach:
    """The addresses that a source may lead to: `declared` is the host that its declaration names, `known`
    names of hosts that the settings hold to be inner ones, `key` the declaration's key, for messages.

    Where the address stands in data and not in a declaration, it is not `trusted`: it leads to public
    addresses alone, its own included."""

    declared: str
    key: str
    known: Collection[str] = ()
    home: set[str] = field(default_factory=set)
    trusted: bool = True

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a host; raises SourceError where one of them is out of reach, ConnectError where
        it has none."""
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        if self._is_declared(host) and (is_inner_name(host) or self._is_known(host)):
            self.home.update(found)
        elif not self._is_known(host):
            self._refuse([address for address in found if is_inner(address)], host)
        return found

    def check_name(self, host: str) -> None:
        """Raises SourceError where a host that a proxy is to look up is written as an inner one."""
        if not self._is_declared(host) and is_inner_name(host) and not self._is_known(host):
            raise self._error(host, host)

    def _is_declared(self, host: str) -> bool:
        return self.trusted and host.lower() == self.declared.lower()

    def _is_known(self, host: str) -> bool:
        return host.lower() in {name.lower() for name in self.known}

    def _refuse(self, inner: list[str], host: str) -> None:
        if strange := [address for address in inner if address not in self.home]:
            raise self._error(host, strange[0])

    def _error(self, host: str, address: str) -> SourceError:
        return SourceError(
            _(
                "{declared} leads to {host}, which is an inner address here ({address}), and is not asked; "
                "correct {key}, or name that host in VEREDA_INNER_HOSTS where it is right",
                declared=self.declared,
                host=host,
                address=address,
                key=self.key,
            )
        )

"""Which addresses webhooks may be sent to: public ones over https, and those that a setting names."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from desk.core.dataclass import dataclass

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = ip_network("64:ff9b::/96")
_THREADS = 8
"""How many names are resolved at once: a name server that does not answer holds up none but webhooks."""


class ForbiddenAddressError(OSError):
    """No webhook may be sent there. The message says why."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached: public addresses over https, and `networks`, also over http."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Allowed":
        """Read networks joined by commas: `10.20.0.0/16,192.168.7.5`. Raises ValueError."""
        return cls(tuple(ip_network(each.strip()) for each in text.split(",") if each.strip()))

    def check_url(self, url: str) -> None:
        """Raise ForbiddenAddressError for an address that may not be asked, as far as its text says. A name is looked up when a
        connection is made."""
        parts = urlsplit(url)
        literal = literal_of(parts.hostname or "")
        if literal is not None:
            self.check(literal, secure=parts.scheme == "https")
        elif parts.scheme != "https" and not self.networks:
            raise ForbiddenAddressError(
                "only https is sent to: LOANDESK_WEBHOOKS_PRIVATE names networks that may be otherwise"
            )
        elif (parts.hostname or "").rstrip(".").endswith("localhost") and not self.networks:
            raise ForbiddenAddressError("this machine is not sent to")

    def check(self, address: Address, *, secure: bool) -> None:
        """Raise ForbiddenAddressError for an address that may not be reached."""
        if any(address in network for network in self.networks):
            return
        if not is_public(address):
            raise ForbiddenAddressError(
                f"{address} is not a public address: LOANDESK_WEBHOOKS_PRIVATE names those that may be sent to"
            )
        if not secure:
            raise ForbiddenAddressError("only https is sent to")


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public Internet, also that inside of one which wraps another."""
    if isinstance(address, IPv6Address):
        inner = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.ipv4_mapped
        if inner is not None:
            return is_public(inner)
        wrapped = (address.sixtofour, address.teredo and address.teredo[1])
        if any(each is not None and not is_public(each) for each in wrapped):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def literal_of(host: str) -> Address | None:
    """Return the address that a host is, None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


class CheckedResolver(AbstractResolver):
    """Looks names up, and refuses addresses that may not be reached: a name whose address changes later gains nothing.

    aiohttp does not ask a resolver for a literal: `Allowed.check_url` sees those.
    """

    def __init__(self, allowed: Allowed, *, secure: bool) -> None:
        self._allowed = allowed
        self._secure = secure
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises ForbiddenAddressError if one of them may not be reached, and OSError."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port, family)
        for each in found:
            self._allowed.check(ip_address(each["host"].partition("%")[0]), secure=self._secure)
        return found

    async def close(self) -> None:
        """Look up no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    found: Sequence[tuple[int, int, int, str, tuple[object, ...]]] = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
    )  # pyright: ignore[reportAssignmentType]
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, address in found
    ]

"""No request to private addresses: a page may link to, redirect to, or resolve to anything.

The guard sits at the resolver, whose answer is the address that is connected to, so every
spelling (``127.1``, ``0x7f000001``, a name that points inside) and every redirect passes it.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred


PRIVATE = "private address"
"""Why a URL is refused; its state in the frontier says so too."""


def is_private(address: str) -> bool:
    """Whether an IP address is not one of the public network: private, loopback, link-local,
    multicast, reserved, and these within IPv6."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            ip = inner
    return not ip.is_global or ip.is_multicast


@lru_cache(maxsize=10_000)
def is_private_literal(hostname: str) -> bool:
    """Whether a URL's host is itself a private address.  Other spellings than the canonical one
    are names, which the resolver sees."""
    try:
        return is_private(hostname.strip("[]"))
    except ValueError:
        return False


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's resolver, which refuses names with a private address unless they are admitted.

    It knows no ports; the scope looks at those.
    """

    refused: ClassVar[dict[str, str]] = {}
    """Names refused in this process, with their address: Twisted drops the message."""

    def __init__(
        self, reactor: ReactorBase, cache_size: int, timeout: float, admitted: frozenset[str]
    ) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.admitted = admitted

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        settings = crawler.settings
        return cls(
            reactor,
            settings.getint("DNSCACHE_SIZE"),
            settings.getfloat("DNS_TIMEOUT"),
            frozenset(
                urlsplit(f"//{host}").hostname or host
                for host in settings.getlist("SHIYI_ALLOW_PRIVATE")
            ),
        )

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        found = super().getHostByName(name, timeout)
        if name not in self.admitted:
            found.addCallback(self._check, name)
        return found

    def _check(self, address: Any, name: str) -> Any:
        if is_private(address):
            self.refused[name] = address
            raise DNSLookupError(f"{name} has the private address {address}")
        return address

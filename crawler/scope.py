"""Which URLs a crawl may fetch."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from scrapy.linkextractors import IGNORED_EXTENSIONS

from archive.hosts import Host
from crawler.guard import PRIVATE, is_private_literal
from crawler.urls import KEPT, host_of, is_trap

MAX_DEPTH = 100
"""Links from the nearest seed.  Lists of hundreds of pages are walked page by page, so it is high;
it ends walks that never come back, such as a calendar's ``next month``."""

MAX_PAGES_PER_HOST = 100_000
"""Pages of one host in an archive; a guard against sites that make pages without end, set
well above the sizes of article sites of this kind."""
MAX_BYTES_PER_HOST = 20 * 1024**3
"""Bytes, unpacked, of one host's pages in an archive: 100,000 pages have some 5 GB, at 42 kB each."""

MAX_HOSTS = 1000
"""Hosts of one crawl for similar articles; each look at the queue goes through them, in 5 µs each."""

SAMPLE = 20
"""Pages of a host that no seed has named, after which it is judged."""

MIRROR = 0.8
"""Share of copies from which on a host is a mirror of others: its sample is kept, since what one copy
masks another may show, and the rest is not fetched."""

WORTH = 0.1
"""Share of similar pages below which such a host is left."""

_OTHER_FILES = frozenset(IGNORED_EXTENSIONS) | {
    "gz",
    "tgz",
    "js",
    "json",
    "xml",
    "ico",
    "woff",
    "woff2",
    "ttf",
}


class Scope:
    """The hosts of the seeds, with and without ``www.``, and no private ones unless allowed.

    ``allow_private`` admits hosts exactly as they are named, with their port or for any port.
    """

    def __init__(self, seeds: Iterable[str], allow_private: Collection[str] = ()) -> None:
        self.allow_private = frozenset(host.lower() for host in allow_private)
        hosts = {host_of(seed) for seed in seeds}
        self.hosts = frozenset(
            hosts | {host.removeprefix("www.") for host in hosts} | {f"www.{h}" for h in hosts}
        )
        self.own_hosts = self.hosts
        """Those of the seeds; only a crawl for similar articles has others."""
        self.is_open = False

    def refusal(self, url: str, depth: int = 0, kind: str | None = None) -> str | None:
        """Why a canonical URL is not fetched, or None if it may be.  ``kind``: feed or sitemap."""
        if not self.is_open and host_of(url) not in self.hosts:
            return "other host"
        if (reason := self.private_refusal(url)) is not None:
            return reason
        if depth > MAX_DEPTH:
            return "too deep"
        reason = _refusal_by_shape(url)
        return None if kind is not None and reason == NOT_A_PAGE else reason

    def open(self, hosts: Iterable[str]) -> None:
        """Let links lead to other hosts too; ``hosts``: those they have led to before."""
        self.is_open = True
        self.hosts |= frozenset(hosts)

    def knows(self, url: str) -> bool:
        """Whether the host of a URL belongs to the crawl."""
        return host_of(url) in self.hosts

    def admit(self, url: str) -> bool:
        """Take the host of a URL into an open crawl; False if it has as many as it may."""
        if self.is_open and len(self.hosts) < MAX_HOSTS:
            self.hosts |= {host_of(url)}
        return self.knows(url)

    def full(self, host: Host) -> str | None:
        """Why no more of a host is fetched, as the archive has enough of it, or None."""
        if host.pages >= MAX_PAGES_PER_HOST:
            return f"{host.pages} pages are in the archive; no more of it is fetched"
        if host.bytes >= MAX_BYTES_PER_HOST:
            return f"{host.bytes / 1024**3:.0f} GiB are in the archive; no more of it is fetched"
        if host.host in self.own_hosts:
            return None
        if host.documents >= SAMPLE and host.copies >= MIRROR * host.documents:
            return (
                f"a mirror: {host.copies} of {host.documents} documents are copies of other hosts'"
            )
        if host.pages >= SAMPLE and host.relevant < WORTH * host.pages:
            return f"{host.relevant} of {host.pages} pages are similar; no more of it is fetched"
        return None

    def private_refusal(self, url: str) -> str | None:
        """Why a URL's host is refused by its name alone."""
        host = host_of(url)
        name = _name_of(host)
        if is_private_literal(name) and not {host, name} & self.allow_private:
            return PRIVATE
        return None


NOT_A_PAGE = "not a page"


@lru_cache(KEPT)
def _refusal_by_shape(url: str) -> str | None:
    if is_trap(url):
        return "trap"
    last = url.partition("?")[0].rpartition("/")[2]
    if "." in last and last.rpartition(".")[2].lower() in _OTHER_FILES:
        return NOT_A_PAGE
    return None


@lru_cache(KEPT)
def _name_of(host: str) -> str:
    """A host without its port."""
    return urlsplit(f"//{host}").hostname or ""

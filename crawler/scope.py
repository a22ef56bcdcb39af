"""Which URLs a crawl may fetch."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from scrapy.linkextractors import IGNORED_EXTENSIONS

from crawler.guard import PRIVATE, is_private_literal
from crawler.urls import host_of, is_trap

MAX_DEPTH = 100
"""Links from the nearest seed.  Lists of hundreds of pages are walked page by page, so it is high;
it ends walks that never come back, such as a calendar's ``next month``."""

MAX_PAGES_PER_HOST = 100_000
"""Pages of one host in an archive; a guard against sites that make pages without end, set
well above the sizes of article sites of this kind."""
MAX_BYTES_PER_HOST = 20 * 1024**3
"""Bytes, unpacked, of one host's pages in an archive: 100,000 pages have some 5 GB, at 42 kB each."""

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

    def refusal(self, url: str, depth: int = 0, kind: str | None = None) -> str | None:
        """Why a canonical URL is not fetched, or None if it may be.  ``kind``: feed or sitemap."""
        host = host_of(url)
        if host not in self.hosts:
            return "other host"
        if (reason := self.private_refusal(url)) is not None:
            return reason
        if depth > MAX_DEPTH:
            return "too deep"
        if is_trap(url):
            return "trap"
        last = urlsplit(url).path.rpartition("/")[2]
        if kind is None and "." in last and last.rpartition(".")[2].lower() in _OTHER_FILES:
            return "not a page"
        return None

    def full(self, pages: int, size: int) -> str | None:
        """Why no more of a host is fetched that has so many pages and bytes in the archive."""
        if pages >= MAX_PAGES_PER_HOST:
            return f"{pages} pages are in the archive; no more of it is fetched"
        if size >= MAX_BYTES_PER_HOST:
            return f"{size / 1024**3:.0f} GiB are in the archive; no more of it is fetched"
        return None

    def private_refusal(self, url: str) -> str | None:
        """Why a URL's host is refused by its name alone."""
        host = host_of(url)
        name = urlsplit(url).hostname or ""
        if is_private_literal(name) and not {host, name} & self.allow_private:
            return PRIVATE
        return None

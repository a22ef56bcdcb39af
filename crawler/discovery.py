"""Sitemaps and feeds: what a site itself names as its pages."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from archive.leases import Lease, Target
from crawler.feeds import is_feed, read_feed
from crawler.links import ANCHOR, FEED_SCORE
from crawler.ranking import Ranking
from crawler.scope import Scope
from crawler.sitemaps import Entry, is_sitemap, read_sitemap, unpacked
from crawler.urls import ARTICLE, canonical, host_of, shape_score

KINDS = ("feed", "sitemap")

MAX_DECLARED = 20
"""Sitemaps of a robots.txt that are followed; a site with more has an index."""

MAX_CHILDREN = 500
"""Sitemaps of an index that are followed: 25 million addresses."""

MAX_NESTED = 2
"""Indexes within each other; the protocol allows none, and some sites have one by language or year."""


def kind_of_seed(url: str) -> str | None:
    """What a seed is by its name, where that is no page; what it holds decides when it has come."""
    path = urlsplit(url).path.lower()
    if path.endswith((".xml", ".xml.gz", ".rss", ".atom", ".rdf")):
        return "sitemap" if "sitemap" in path else "feed"
    return None


def declared_sitemaps(sitemaps: Iterable[str], url: str, scope: Scope) -> list[Target]:
    """The sitemaps that a robots.txt names, if they lie on hosts of the crawl; ``url`` is any of the
    host's, for those that are given without it."""
    urls = [canonical(urljoin(url, sitemap.strip())) for sitemap in sitemaps][:MAX_DECLARED]
    return [
        Target(url, host_of(url), FEED_SCORE, 0, kind="sitemap", why={"robots.txt": FEED_SCORE})
        for url in dict.fromkeys(urls)
        if url is not None and scope.refusal(url, 0, "sitemap") is None
    ]


def discovered(
    lease: Lease, body: bytes, content_type: str, scope: Scope, ranking: Ranking | None = None
) -> tuple[str, list[Target]] | None:
    """Feed or sitemap, and what it names; None where a response is neither."""
    start = next(unpacked(body), b"")
    if is_sitemap(start) or (lease.kind == "sitemap" and content_type == "text/plain"):
        return "sitemap", _targets(read_sitemap(body), lease, scope, ranking)
    if is_feed(start):
        entries = read_feed(b"".join(unpacked(body)), lease.url)
        return "feed", _targets(entries, lease, scope, ranking, ARTICLE)
    return None


def _targets(
    entries: Iterable[Entry],
    lease: Lease,
    scope: Scope,
    ranking: Ranking | None,
    least: float = 0.0,
) -> list[Target]:
    """What entries lead to, each once.  ``least``: the least score of a page."""
    found: dict[str, Target] = {}
    children = 0
    for entry in entries:
        url = canonical(entry.url, lease.url)
        if url is None or url in found or url == lease.url:
            continue
        if entry.is_sitemap:
            children += 1
            if children > MAX_CHILDREN or lease.depth >= MAX_NESTED:
                continue
            depth, kind, score = lease.depth + 1, "sitemap", FEED_SCORE
        else:
            depth, kind, score = 1, None, max(shape_score(url), least)
        why: dict[str, float | str] = {lease.kind or "feed": score}
        if ranking is not None and kind is None:
            parts = ranking.link(url, entry.title, "", None, 0.0)
            why, score = {**parts}, sum(parts.values())
        if entry.title:
            why["anchor"] = entry.title[:ANCHOR]
        if scope.refusal(url, depth, kind) is None and scope.knows(url):
            found[url] = Target(
                url, host_of(url), score, depth, kind=kind, changed_at=entry.changed_at, why=why
            )
    return list(found.values())

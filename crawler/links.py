"""The links of a page that are worth fetching, the better ones first."""

from __future__ import annotations

import re

from archive.leases import Lease, Target
from cleaning import Document
from cleaning.decode import Decoded
from cleaning.extract import page_links
from crawler.feeds import feeds_of
from crawler.ranking import Ranking
from crawler.scope import Scope
from crawler.urls import CALENDAR, canonical, host_of, shape_score

BONUS = {"previous": 0.3, "next": 0.3, "related": 0.2}
"""Added to the score by shape.  The neighbours of an article and the list below it are articles, and on its
subject where the site knows it; links of menus and rankings are not.  Only the order matters."""

PAGE_BONUS = 0.1
"""For the next page of a list or of a long article: it goes before other lists."""

FEED_SCORE = 0.5
"""Feeds and sitemaps come before lists: one of them names many articles."""

ANCHOR = 60
"""Characters of a link's words that are kept with its score."""

_NEXT_PAGE = re.compile(
    r"[\W_]*(?:下一?[页頁]|后一?[页頁]|後一?[页頁]|next(?: page)?|older(?: posts)?)[\W_]*",
    re.IGNORECASE,
)

Parts = dict[str, float]


def targets_of(
    page: Decoded,
    document: Document | None,
    lease: Lease,
    scope: Scope,
    ranking: Ranking | None = None,
    relevance: float = 0.0,
) -> list[Target]:
    """The feeds and the links of an HTML page that may be fetched, each once, with the parts of their
    scores.  ``ranking``: of a crawl for similar articles; ``relevance``: how much the page is one."""
    depth = lease.depth + 1
    kinds: dict[str | None, str] = {}
    for link in document.links if document else ():
        if link.url and link.kind in BONUS:
            kinds.setdefault(canonical(link.url, lease.url, page.encoding), link.kind)
    found: dict[str, Target] = {}
    for href in feeds_of(page.text):
        url = canonical(href, lease.url, page.encoding)
        if url is not None and scope.refusal(url, depth, "feed") is None:
            found[url] = Target(
                url, host_of(url), FEED_SCORE, depth, kind="feed", why={"feed": FEED_SCORE}
            )
    for one in page_links(page.text, lease.url, around=ranking is not None):
        url = canonical(one.url, encoding=page.encoding)
        if url is None or url in found or scope.refusal(url, depth) is not None:
            continue
        kind = kinds.get(url)
        if ranking is None:
            parts = _by_shape(url, one.text, kind)
        else:
            parts = ranking.link(url, one.text, one.around, kind, relevance)
            if not scope.knows(url) and not (ranking.is_evident(parts) and scope.admit(url)):
                continue
        why: dict[str, float | str] = {**parts}
        if one.text:
            why["anchor"] = one.text[:ANCHOR]
        found[url] = Target(url, host_of(url), sum(parts.values()), depth, why=why)
    return list(found.values())


def _by_shape(url: str, words: str, kind: str | None) -> Parts:
    """The parts of a score by the shape of an address and by where its link stands."""
    shape = shape_score(url)
    if shape > CALENDAR:  # whose pages have a next one without end
        if kind is not None:
            return {"shape": shape, kind: BONUS[kind]}
        if _NEXT_PAGE.fullmatch(words):
            return {"shape": shape, "next page": PAGE_BONUS}
    return {"shape": shape}

"""A second look at pages that may show some visitors something else (``--probe``).

A hacked site shows its spam to those who come from a search engine.  The second request says that it comes
from one, by its Referer, and is the crawler's in all else: its user agent stays honest.  What differs is
kept as a page and a document of the same URL; ``fetches.variant`` tells them apart.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from archive.leases import Outcome, Variant
from archive.store import Page
from cleaning.decode import NotTextError, decode
from crawler.pages import REDIRECTS, Read, Response

REFERER = "https://www.baidu.com/"
"""The search engine from which most readers of Chinese pages come."""

VARIANT = f"Referer: {REFERER}"

FIRST = 3
"""Pages of each host in a run that are looked at twice without any suspicion."""

SUSPECT = frozenset({"spam-header", "hidden"})
"""Labels of a page that a hack has touched."""


class Probe:
    """Which pages are looked at again."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def wants(self, outcome: Outcome) -> bool:
        """Whether to fetch a page again in another way: one that was touched, one that leads away to another
        host, and the first ones of each host.  Revisits are not."""
        if outcome.lease.is_known:
            return False
        if outcome.state == "excluded":
            return outcome.status in REDIRECTS
        if outcome.document is None:
            return False
        self._seen[outcome.lease.host] += 1
        is_touched = any(label.kind in SUSPECT for label in outcome.document.labels)
        return is_touched or self._seen[outcome.lease.host] <= FIRST


def variant_of(outcome: Outcome, response: Response, read: Read) -> Variant | None:
    """What the second request brought, where that says something else than the first did."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    url, headers = outcome.lease.url, [list(pair) for pair in response.headers]
    plain = Page(url, at, response.status, headers, None, response.body)
    if response.status in REDIRECTS:
        is_same = outcome.status == response.status
        return None if is_same else Variant(VARIANT, plain, None)
    if response.status != 200 or (outcome.page and outcome.page.body == response.body):
        return None
    content_type = response.header("Content-Type")
    try:
        encoding = decode(response.body, content_type).encoding
        document = read(response.body, url, content_type)
    except NotTextError:
        return Variant(VARIANT, plain, None)
    if outcome.document and outcome.document.text == document.text:
        return None  # counters, dates, advertisements
    page = Page(url, at, response.status, headers, encoding, response.body)
    return Variant(VARIANT, page, document if document.text.strip() else None)

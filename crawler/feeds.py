"""RSS and Atom: the newest articles of a site, and where a page names its feeds."""

from __future__ import annotations

import calendar
import io
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

from crawler.sitemaps import Entry

TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})

HEAD = 64 * 1024
"""Characters of a page in which its feeds are looked for: its head."""

MAX_FEEDS = 5
"""Feeds of one page that are followed: posts, comments, a column; more are feeds for each tag."""

MAX_ENTRIES = 1000

_ROOTS = (b"<rss", b"<feed", b"<rdf:rdf")


def is_feed(start: bytes) -> bool:
    """Whether the first bytes of a text are those of a feed."""
    head = start[:1000].lower().lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith((b"<?xml", *_ROOTS)) and any(root in head for root in _ROOTS)


def read_feed(body: bytes, url: str) -> list[Entry]:
    """The articles of a feed, in its order.  What feedparser can make of a broken feed is read."""
    # Loaded here: only a crawl that finds a feed pays for it.  It has no types.
    feedparser: Any = import_module("feedparser")
    # As a stream: feedparser opens what looks like a file's name.  Texts are not wanted.
    parsed = feedparser.parse(
        io.BytesIO(body), response_headers={"content-location": url}, sanitize_html=False
    )
    entries = []
    for item in parsed.entries[:MAX_ENTRIES]:
        fields = dict(item)  # whose own get() warns that it takes one date for the other
        moment = fields.get("updated_parsed") or fields.get("published_parsed")
        if link := fields.get("link"):
            changed_at = float(calendar.timegm(moment)) if moment else None
            entries.append(Entry(link, changed_at, title=str(fields.get("title") or "")))
    return entries


def feeds_of(html: str) -> list[str]:
    """Addresses, as written, of the feeds that a page names by ``<link rel=alternate>``."""
    head = html[:HEAD]
    lowered = head.lower()
    if not any(kind in lowered for kind in TYPES):
        return []
    finder = _Finder()
    finder.feed(head)
    return list(dict.fromkeys(finder.found))[:MAX_FEEDS]


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "link":
            return
        values = {name: value or "" for name, value in attrs}
        is_alternate = "alternate" in values.get("rel", "").lower().split()
        if is_alternate and values.get("type", "").strip().lower() in TYPES and values.get("href"):
            self.found.append(values["href"])

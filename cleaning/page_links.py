"""The addresses that a page leads to, as a crawler wants them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from turbohtml import Element, parse

from cleaning.page_tree import collapsed

AROUND_CHARS = 300
"""Characters around a link that belong to it: a title and a summary of a list have 150."""

_ITEMS = frozenset({"li", "dd", "dt", "td", "p", "article", "h1", "h2", "h3", "h4"})

_ABSOLUTE = re.compile(r"https?://[^\s/?#\[\]@:]+(?:/[^\s\[\]]*)?")
_ROOTED = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?(?:\?[A-Za-z0-9._~=&-]+)?")
_SITE = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?(?=[/?#]|$)")
"""An address within its site that needs nothing but the site before it; urljoin takes 15 µs for each."""
_REFRESH = re.compile(r"[\s\d.]*[;,\s]\s*url\s*=\s*[\"']?([^\"']+)", re.IGNORECASE)
"""The address in <meta http-equiv=refresh content="0; url=/a.html">."""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link as the crawler wants it."""

    url: str
    text: str
    around: str = ""  # what stands around it, where that was asked for


def base_of(base: Element | None, url: str | None) -> str | None:
    """What relative addresses are relative to: the <base>, else the page's own address."""
    href = base.attr("href") if base is not None else None
    if href:
        return absolute(href, url) or url
    return url


def absolute(href: str | None, base: str | None) -> str | None:
    """The address that a link leads to, None for scripts, mail and places on the same page."""
    href = (href or "").strip()
    if not href or href.startswith("#"):
        return None
    if _ABSOLUTE.fullmatch(href):
        return href
    if base and _ROOTED.fullmatch(href) and (site := _SITE.match(base)):
        return f"{site[0]}{href}"
    try:
        url = urljoin(base, href) if base else href
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", ""):
        return None
    if parts.scheme and not parts.netloc:
        return None
    # Servers and people write HTTP:// too; urljoin leaves that as it is.
    return url if url.startswith("http") else parts.geturl()


def page_links(html: str, base_url: str | None = None, *, around: bool = False) -> list[PageLink]:
    """All links of a page to other pages, in order, each address once, its fragment dropped.

    Frames and the page that a page sends its reader to at once are links without words.  ``around``:
    with the title of a link and the item of a list, the cell or the paragraph that it stands in.
    """
    document = parse(html)
    base = base_of(document.select_one("base[href]"), base_url)
    found: dict[str, str] = {}
    places: dict[str, str] = {}
    near = _Surroundings()
    for element in document.find_all(["a", "area", "frame", "iframe", "meta"]):
        is_anchor = element.tag in ("a", "area")
        url = absolute(element.attr("href") if is_anchor else _framed(element), base)
        if url is None or not url.startswith("http"):
            continue
        url = url.partition("#")[0]
        if not found.get(url):
            found[url] = collapsed(element.text[:1000])[:300] if is_anchor else ""
        if around and is_anchor:
            places[url] = f"{places.get(url, '')} {near.of(element)}".strip()[:AROUND_CHARS]
    return [PageLink(url, text, places.get(url, "")) for url, text in found.items()]


class _Surroundings:
    """What stands around a link, each block read once, as the links of a block follow one another."""

    def __init__(self) -> None:
        self._block: Element | None = None
        self._text = ""

    def of(self, anchor: Element) -> str:
        block = anchor.parent
        for _ in range(2):  # a heading or a span within the item
            if isinstance(block, Element) and block.tag not in _ITEMS:
                block = block.parent
        title = anchor.attr("title") or ""
        if not isinstance(block, Element) or block.tag not in _ITEMS:
            return title
        if block != self._block:
            self._block = block
            self._text = collapsed(block.text[: 5 * AROUND_CHARS])
        # A block of many links is a menu: what it says is not about this one.
        return title if len(self._text) > AROUND_CHARS else f"{title} {self._text}"


def _framed(element: Element) -> str | None:
    """The address that a frame shows or that a meta element sends the reader to."""
    if element.tag != "meta":
        return element.attr("src")
    if (element.attr("http-equiv") or "").strip().lower() != "refresh":
        return None
    found = _REFRESH.match(element.attr("content") or "")
    return found[1] if found else None

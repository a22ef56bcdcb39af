"""The links of a page, as URLs that may become pages."""

from __future__ import annotations

from collections.abc import Iterator

from parsel import Selector

from crawler.urls import canonical

_LINKS = "//a/@href | //area/@href | //frame/@src | //iframe/@src | //link[@rel='next' or @rel='prev']/@href"


def page_links(html: str, url: str, encoding: str = "utf-8") -> list[str]:
    """The canonical URLs that the page at ``url`` links to, each once, in the page's order."""
    return list(dict.fromkeys(_links(html, url, encoding)))


def _links(html: str, url: str, encoding: str) -> Iterator[str]:
    selector = Selector(html, type="html", huge_tree=False)
    base = canonical(selector.xpath("string(//base/@href)").get(""), url, encoding) or url
    for href in selector.xpath(_LINKS).getall():
        if (link := canonical(href, base, encoding)) is not None:
            yield link

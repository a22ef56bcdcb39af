"""Sitemaps, feeds, and which links of a page go first."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.leases import Lease, Target
from crawler.discovery import MAX_CHILDREN, MAX_DECLARED, declared_sitemaps, kind_of_seed
from crawler.feeds import feeds_of, is_feed, read_feed
from crawler.pages import Response, outcome_of
from crawler.scope import Scope
from crawler.sitemaps import MAX_ENTRIES, Entry, is_sitemap, read_sitemap, unix_time
from crawler.urls import ARTICLE, LIST, OTHER

BASE = "http://site.example"
SCOPE = Scope([BASE])
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
DAY = datetime(2026, 11, 24, tzinfo=UTC).timestamp()


def lease(path: str = "/", kind: str | None = None, depth: int = 0) -> Lease:
    return Lease(1, BASE + path, 1, "site.example", 1.0, depth, 0, 0, 0.0, kind)


def urlset(*urls: str, root: str = f"urlset {SPACE}") -> bytes:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return f'<?xml version="1.0" encoding="UTF-8"?><{root}>{entries}</{root.split()[0]}>'.encode()


SITEMAPS = {
    "fields": (
        f"<urlset {SPACE}><url><loc> {BASE}/a?x=1&amp;y=2 </loc><lastmod>2026-11-24</lastmod>"
        f"<changefreq>daily</changefreq></url><url><lastmod>2026-11-24</lastmod></url>"
        f"<url><loc>{BASE}/b</loc><lastmod>yesterday</lastmod></url></urlset>".encode(),
        [Entry(f"{BASE}/a?x=1&y=2", DAY), Entry(f"{BASE}/b")],
    ),
    "images": (
        f'<urlset {SPACE} xmlns:i="urn:i"><url><i:image><i:loc>{BASE}/p.jpg</i:loc></i:image>'
        f"<loc>{BASE}/a</loc><i:image><i:loc>{BASE}/q.jpg</i:loc></i:image></url></urlset>".encode(),
        [Entry(f"{BASE}/a")],
    ),
    "index": (
        f"<sitemapindex {SPACE}><sitemap><loc>{BASE}/1.xml</loc></sitemap></sitemapindex>".encode(),
        [Entry(f"{BASE}/1.xml", None, is_sitemap=True)],
    ),
    "no namespace": (urlset(f"{BASE}/a", root="urlset"), [Entry(f"{BASE}/a")]),
    "prefix": (
        f'<s:urlset xmlns:s="urn:s"><s:url><s:loc>{BASE}/a</s:loc></s:url></s:urlset>'.encode(),
        [],  # no sitemap by its first bytes
    ),
    "BOM": (b"\xef\xbb\xbf" + urlset(f"{BASE}/a"), [Entry(f"{BASE}/a")]),
    "packed": (gzip.compress(urlset(f"{BASE}/a")), [Entry(f"{BASE}/a")]),
    "packed, cut off": (gzip.compress(urlset(*(f"{BASE}/{n}" for n in range(9))))[:-9], None),
    "cut off": (urlset(f"{BASE}/a", f"{BASE}/b")[:-25], [Entry(f"{BASE}/a")]),
    "gb18030": (
        f'<?xml version="1.0" encoding="gb18030"?><urlset><url><loc>{BASE}/新</loc></url></urlset>'.encode("gb18030"),
        [],  # expat does not know it; nothing is guessed
    ),
    "lines": (f"{BASE}/a\r\n\n{BASE}/b\nnot an address\n".encode(), [Entry(f"{BASE}/a"), Entry(f"{BASE}/b")]),
    "entities": (
        b'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "http://site.example/">]>'
        b"<urlset><url><loc>&a;</loc></url></urlset>",
        [],
    ),
    "empty": (b"", []),
}  # fmt: skip


@pytest.mark.parametrize("name", SITEMAPS)
def test_sitemaps(name: str) -> None:
    body, entries = SITEMAPS[name]
    found = read_sitemap(body)
    assert found == entries if entries is not None else 0 < len(found) <= 9


def test_a_bomb_is_read_in_part_and_takes_no_memory() -> None:
    bomb = gzip.compress(urlset(f"{BASE}/a") + b"<url>" + b" " * 200_000_000, compresslevel=1)
    long = gzip.compress(urlset(*([f"{BASE}/a"] * (MAX_ENTRIES + 9))))
    tracemalloc.start()
    assert read_sitemap(bomb) == [Entry(f"{BASE}/a")]
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()
    assert len(read_sitemap(long)) == MAX_ENTRIES


@given(st.binary() | st.binary().map(lambda rest: urlset(f"{BASE}/a")[:-9] + rest))
def test_no_bytes_break_the_readers(body: bytes) -> None:
    for packed in (body, gzip.compress(body), gzip.compress(body)[:-5]):
        assert len(read_sitemap(packed)) <= len(body)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-11-24", DAY),
        ("2026-11-24T08:00:00+08:00", DAY),
        ("2026-11-24T00:00:00Z", DAY),
        ("2026-11-24T00:00:00.5Z", DAY + 0.5),
        ("2026", None),
        ("24.11.2026", None),
        ("", None),
    ],
)
def test_dates(value: str, seconds: float | None) -> None:
    assert unix_time(value) == seconds


RSS = (
    '<?xml version="1.0" encoding="gb2312"?><rss version="2.0"><channel><link>/</link><title>站</title>'
    "<item><title>一</title><link>/a/1.html</link><pubDate>Tue, 24 Nov 2026 08:00:00 +0800</pubDate></item>"
    f"<item><title>无</title></item><item><link>{BASE}/a/2.html</link></item></channel></rss>"
).encode("gb18030")
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/feed"/><entry><title>一</title>'
    '<link rel="alternate" href="a/1.html"/><updated>2026-11-24T00:00:00Z</updated></entry></feed>'
).encode()


def test_feeds() -> None:
    url = f"{BASE}/feed.xml"
    assert read_feed(RSS, url) == [
        Entry(f"{BASE}/a/1.html", DAY, title="一"),
        Entry(f"{BASE}/a/2.html"),
    ]
    assert read_feed(ATOM, url) == [Entry(f"{BASE}/a/1.html", DAY, title="一")]
    assert read_feed(RSS[:-40], url)[:1] == [Entry(f"{BASE}/a/1.html", DAY, title="一")]
    # feedparser opens names of files, if it is let.
    assert read_feed(__file__.encode(), url) == []


def test_what_is_a_feed_or_a_sitemap_and_what_is_a_page() -> None:
    assert is_feed(RSS)
    assert is_feed(ATOM)
    assert is_sitemap(urlset())
    html = "<!DOCTYPE html><p>网站地图写作 &lt;urlset>，RSS 写作 <rss>，如 <urlset> 和 <feed></p>".encode()
    xhtml = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><p>x</p></html>'
    for page in (html, xhtml, b""):
        assert not is_feed(page)
        assert not is_sitemap(page)


def test_the_feeds_of_a_page() -> None:
    page = """<html><head><LINK REL="alternate" TYPE="application/rss+xml" HREF="/feed.xml">
    <link href='/atom' type='application/atom+xml' rel='feed ALTERNATE'><link rel=alternate hreflang=en href=/en>
    <link rel="stylesheet" type="application/rss+xml" href="/x"><link rel="alternate" type="application/rss+xml">"""
    assert feeds_of(page) == ["/feed.xml", "/atom"]
    many = '<link rel="alternate" type="application/rss+xml" href="/{}">'
    assert len(feeds_of("".join(many.format(n) for n in range(50)))) == 5
    assert feeds_of("<p>application/rss+xml") == []


def outcome(
    body: bytes, content_type: str, kind: str | None = None, depth: int = 0
) -> list[Target]:
    response = Response(200, [("Content-Type", content_type)], body)
    found = outcome_of(lease("/x.xml", kind, depth), response, SCOPE)
    assert (found.page, found.document, found.state) == (None, None, "done")
    return list(found.targets)


def test_a_feed_and_a_sitemap_lead_to_pages_of_the_hosts_of_the_crawl() -> None:
    for content_type in ("application/rss+xml", "text/xml; charset=gb2312", "text/html"):
        found = outcome(RSS, content_type)
        assert [(t.url, t.score, t.depth, t.kind) for t in found] == [
            (f"{BASE}/a/1.html", ARTICLE, 1, None),
            (f"{BASE}/a/2.html", ARTICLE, 1, None),
        ]
    body = urlset(
        f"{BASE}/a/1.html",
        "http://other.example/",
        f"{BASE}/list/1.html",
        f"{BASE}/x.jpg",
        "ftp://x/",
    )
    assert [(t.url.removeprefix(BASE), t.score) for t in outcome(body, "text/xml")] == [
        ("/a/1.html", ARTICLE),
        ("/list/1.html", LIST),
    ]
    assert [t.url for t in outcome(gzip.compress(body), "application/gzip", "sitemap")][:1] == [
        f"{BASE}/a/1.html"
    ]
    lines = f"{BASE}/a/7.html\n".encode()
    assert [t.url for t in outcome(lines, "text/plain", "sitemap")] == [f"{BASE}/a/7.html"]


def test_an_index_leads_to_sitemaps_with_an_end() -> None:
    inner = "".join(
        f"<sitemap><loc>{BASE}/s{n}.xml.gz</loc></sitemap>" for n in range(MAX_CHILDREN + 9)
    )
    index = f"<sitemapindex {SPACE}><sitemap><loc>{BASE}/x.xml</loc></sitemap>{inner}</sitemapindex>".encode()
    found = outcome(index, "text/xml", "sitemap")
    assert len(found) == MAX_CHILDREN
    assert {(t.kind, t.depth) for t in found} == {("sitemap", 1)}
    assert f"{BASE}/x.xml" not in {t.url for t in found}  # itself
    assert outcome(index, "text/xml", "sitemap", depth=2) == []


def test_the_sitemaps_of_robots_txt() -> None:
    said = [
        "/s.xml",
        f"{BASE}/t.xml.gz",
        "http://other.example/u.xml",
        "ftp://x/",
        f"{BASE}/t.xml.gz",
    ]
    found = declared_sitemaps(said, f"{BASE}/a", SCOPE)
    assert [(t.url, t.kind) for t in found] == [
        (f"{BASE}/s.xml", "sitemap"),
        (f"{BASE}/t.xml.gz", "sitemap"),
    ]
    assert len(declared_sitemaps((f"/{n}.xml" for n in range(99)), BASE, SCOPE)) == MAX_DECLARED


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/feed.xml", "feed"),
        ("/a/b.RSS", "feed"),
        ("/sitemap_index.xml", "sitemap"),
        ("/Sitemap-1.xml.gz", "sitemap"),
        ("/feed/", None),
        ("/a.html", None),
        ("/", None),
    ],
)
def test_a_seed_may_be_a_feed_or_a_sitemap(path: str, kind: str | None) -> None:
    assert kind_of_seed(BASE + path) == kind
    assert SCOPE.refusal(BASE + path, kind=kind) is None


def test_neighbours_and_related_articles_and_next_pages_go_first() -> None:
    prose = "<p>" + "这一段说的是一件小事，不长也不短，写给测试用。" * 8 + "</p>"
    page = f"""<html><head><title>小事</title></head><body><div class="menu"><a href="/about.html">关于我们</a>
    <a href="/a/2026/9.html">今天的另一件事情</a></div><h1>小事</h1><div class="content">{prose * 3}</div>
    <p>上一篇：<a href="/a/2026/1.html">前一件小事的标题</a></p><p>下一篇：<a href="/a/2026/3.html">后一件小事的标题</a></p>
    <div><h3>相关文章</h3><ul><li><a href="/a/2026/5.html">一件相关的小事的标题</a></li>
    <li><a href="/a/2026/6.html">又一件相关的小事的标题</a></li></ul></div>
    <div><a href="/list/2.html">下一页</a> <a href="/list/9.html">末页</a> <a href="/calendar/2026/12">下一页</a></div>
    </body></html>"""
    response = Response(200, [("Content-Type", "text/html; charset=utf-8")], page.encode())
    found = {
        t.url.removeprefix(BASE): t.score
        for t in outcome_of(lease("/a/2026/2.html"), response, SCOPE).targets
    }
    assert (
        found["/a/2026/1.html"]
        == found["/a/2026/3.html"]
        > found["/a/2026/5.html"]
        == found["/a/2026/6.html"]
    )
    assert found["/a/2026/5.html"] > found["/a/2026/9.html"] == ARTICLE
    assert found["/about.html"] == OTHER
    assert found["/list/2.html"] > found["/list/9.html"] == LIST
    assert found["/calendar/2026/12"] == min(found.values()) < LIST


def test_feedparser_is_loaded_when_a_feed_comes() -> None:
    import subprocess

    code = "import sys, crawler.discovery; assert 'feedparser' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

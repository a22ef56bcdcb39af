"""A small Chinese site on 127.0.0.1 for the tests of the crawler, as a process of its own.

    python tests/crawl_site.py LOG [--articles N] [--latency S] [--robots-status N] [--crawl-delay S]
        [--calendar] [--maps] [--state FILE]

``--maps``: it names a feed and a sitemap index.  FILE holds what has changed since, as JSON: {"changed":
{number of an article: its new last paragraph}, "new": how many articles came, "gone": [paths]}.

It prints one line of JSON, {"port", "pages": [paths that become pages], "articles": {path: title}},
serves until its standard input is closed, and writes a line "time status path" to LOG for each
request.  The same arguments make the same site.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import IO, Any

PARTS = (
    ("清晨的河边", "午后的集市", "山里的小站", "旧城的书店", "海边的灯塔", "雨后的田野"),
    ("有人慢慢地走过石桥", "孩子们在树下数着落叶", "老人把茶壶放在窗台上", "邮差送来一封远方的信"),
    ("风从北边吹来，带着一点凉意", "天色渐渐暗下去，灯一盏一盏亮起来", "谁也没有说话，只听见水声"),
    ("大家都觉得，这样的日子再好不过", "后来他常常想起那一天的样子", "这件事就这样定了下来"),
)
PER_LIST = 10
REDIRECTS = 4


def text_of(number: int) -> list[str]:
    """Eight paragraphs of prose that only this article has in this order."""
    choose = random.Random(number)
    return [
        f"第{number}篇第{row}段，" + "。".join(choose.choice(part) for part in PARTS) + "。"
        for row in range(1, 9)
    ]


def title_of(number: int) -> str:
    return f"小站的第{number}个故事"


class Site:
    def __init__(self, options: argparse.Namespace, log: IO[str]) -> None:
        self.options, self.log = options, log
        self.hits: Counter[str] = Counter()
        self.port = 0
        self.titles = {f"/a/{n}.html": title_of(n) for n in range(options.articles)}
        lists = (options.articles + PER_LIST - 1) // PER_LIST
        self.lists = [f"/list/{n}.html" for n in range(lists)]

    @property
    def pages(self) -> list[str]:
        return ["/", "/busy/1.html", "/notes.txt", *self.lists, *self.titles]

    def state(self) -> dict[str, Any]:
        """What has changed since the site was made."""
        file = self.options.state
        state: dict[str, Any] = json.loads(file.read_text()) if file and file.exists() else {}
        return {"changed": {}, "new": 0, "gone": []} | state

    @property
    def new(self) -> list[int]:
        """Articles that came later."""
        return list(range(self.options.articles, self.options.articles + self.state()["new"]))

    def answer(self, path: str, host: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a path."""
        if path in self.state()["gone"]:
            return 404, {"Content-Type": "text/html"}, b"gone"
        if self.options.maps and path in ("/feed.xml", "/sitemap.xml", "/sitemap-1.xml.gz"):
            return self.map(path, f"http://{host}")
        html = {"Content-Type": "text/html; charset=utf-8"}
        folder, _, name = path.strip("/").partition("/")
        if path == "/robots.txt":
            return self.robots()
        if path in self.titles or path in [f"/a/{n}.html" for n in self.new]:
            return self.article(int(name.removesuffix(".html")))
        if path in self.lists:
            return 200, html, self.list(int(name.removesuffix(".html"))).encode()
        if path == "/":
            return 200, html, self.home(host).encode()
        if path == "/notes.txt":
            return 200, {"Content-Type": "text/plain; charset=utf-8"}, "便条：明天再来。\n".encode()
        if folder == "old" and f"/a/{name}.html" in self.titles:
            return 301, {"Location": f"/a/{name}.html"}, b""
        if folder == "chain":
            return 302, {"Location": f"/chain/{int(name) + 1}"}, b""
        if path == "/self":
            return 302, {"Location": "/self"}, b""
        if path == "/away":
            return 302, {"Location": f"http://localhost:{self.port}/a/0.html"}, b""
        if path == "/busy/1.html":
            if self.hits[path] == 1:
                return 503, {"Retry-After": "1"}, b"busy"
            return 200, html, self.page("忙过以后", ["现在有空了。" * 20]).encode()
        if folder == "calendar" and self.options.calendar:
            links = f'<a href="/calendar/{int(name) + 1}">下月</a>'
            return 200, html, f"<html><body>{links}</body></html>".encode()
        if folder == "hidden" and self.options.maps:
            return 200, html, self.page("深处的故事", text_of(1000 + int(name[0]))).encode()
        if folder == "private":
            return 200, html, self.page("不该看到", ["秘密。"]).encode()
        return 404, html, "<html><body>没有这一页</body></html>".encode()

    def robots(self) -> tuple[int, dict[str, str], bytes]:
        delay = self.options.crawl_delay
        rules = "User-agent: *\nDisallow: /private/\n" + (
            f"Crawl-delay: {delay}\n" if delay else ""
        )
        if self.options.maps:
            rules += f"Sitemap: http://127.0.0.1:{self.port}/sitemap.xml\n"
        return self.options.robots_status, {"Content-Type": "text/plain"}, rules.encode()

    def map(self, path: str, site: str) -> tuple[int, dict[str, str], bytes]:
        """A feed of the newest articles; an index of sitemaps; a sitemap with pages that no page links to."""
        xml, space = (
            {"Content-Type": "text/xml"},
            'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"',
        )
        if path == "/feed.xml":
            newest = [*range(self.options.articles - 3, self.options.articles), *self.new]
            items = "".join(
                f"<item><title>{title_of(n)}</title><link>{site}/a/{n}.html</link></item>"
                for n in newest
            )
            text = f'<rss version="2.0"><channel><title>小站</title>{items}</channel></rss>'
            return 200, xml, f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode()
        if path == "/sitemap.xml":
            inner = f"<sitemap><loc>{site}/sitemap-1.xml.gz</loc></sitemap><sitemap><loc>http://localhost/s.xml</loc></sitemap>"
            return 200, xml, f"<sitemapindex {space}>{inner}</sitemapindex>".encode()
        urls = "".join(f"<url><loc>{site}/hidden/{n}.html</loc></url>" for n in range(3))
        body = gzip.compress(f"<urlset {space}>{urls}</urlset>".encode(), mtime=0)
        return 200, {"Content-Type": "application/gzip"}, body

    def page(
        self, title: str, paragraphs: list[str], after: str = "", charset: str = "utf-8"
    ) -> str:
        body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        return (
            f'<!DOCTYPE html><html><head><meta charset="{charset}"><title>{title}_小站</title></head>'
            f'<body><h1>{title}</h1><div class="content">{body}</div>{after}</body></html>'
        )

    def article(self, number: int) -> tuple[int, dict[str, str], bytes]:
        """Every second article is GBK, and half of these do not say so in the header.  Of three, one has an
        ETag, one has none, and one has none and counts its readers."""
        total = self.options.articles
        links = [(number * 7 + 3) % total, (number + 1) % total, (number * 3 + 1) % total]
        after = "".join(f'<a href="{n}.html#top">{title_of(n)}</a>' for n in links)
        charset = "gbk" if number % 2 else "utf-8"
        change = self.state()["changed"].get(str(number), "")
        text = [*text_of(number), *([change] if change else [])]
        if number % 3 == 2:
            after += f"<!-- {self.hits[f'/a/{number}.html']} -->"
        html = self.page(title_of(number), text, after, charset)
        declared = "" if number % 4 == 3 else f"; charset={charset}"
        headers = {"Content-Type": f"text/html{declared}"}
        if number % 3 == 0:
            headers["ETag"] = f'"{number}-{len(change)}"'
        return 200, headers, html.encode("gb18030" if number % 2 else "utf-8")

    def list(self, number: int) -> str:
        shown = list(self.titles)[number * PER_LIST : (number + 1) * PER_LIST]
        shown = [*(f"/a/{n}.html" for n in self.new if number == 0), *shown]
        items = "".join(f'<li><a href="{path}">{path}</a></li>' for path in shown)
        following = f"/list/{number + 1}.html"
        more = f'<a rel="next" href="{following}">下一页</a>' if following in self.lists else ""
        return f"<html><head><title>目录</title></head><body><ul>{items}</ul>{more}</body></html>"

    def home(self, host: str) -> str:
        old = "".join(f'<a href="/old/{n}">旧址{n}</a>' for n in range(REDIRECTS))
        calendar = '<a href="/calendar/1">日历</a>' if self.options.calendar else ""
        feed = (
            '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
            if self.options.maps
            else ""
        )
        return (
            f"<html><head><title>小站</title>{feed}</head><body>"
            f"{calendar}<a href='/list/0.html'>目录</a><a href='HTTP://{host}/./list/../list/0.html#x'>目录</a>"
            f"{old}<a href='/private/1.html'>内部</a><a href='/missing.html'>丢失</a>"
            "<a href='/busy/1.html'>忙</a><a href='/notes.txt'>便条</a><a href='/photo.jpg'>图</a>"
            f"<a href='/chain/1'>长</a><a href='/self'>圈</a><a href='/away'>外</a>"
            f"<a href='http://localhost:{self.port}/a/0.html'>外站</a><a href='mailto:a@example.invalid'>信</a>"
            "<a href='javascript:void(0)'>空</a></body></html>"
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1]
                fields = dict(line.partition(":")[::2] for line in head.split("\r\n")[1:])
                asked = {name.lower(): value.strip() for name, value in fields.items()}
                self.hits[path] += 1
                status, headers, body = self.answer(path, asked["host"])
                if "ETag" in headers and asked.get("if-none-match") == headers["ETag"]:
                    status, body = 304, b""
                self.log.write(f"{time.time():.4f} {status} {path}\n")
                self.log.flush()
                await asyncio.sleep(self.options.latency)
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--articles", type=int, default=30)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--robots-status", type=int, default=200)
    parser.add_argument("--crawl-delay", type=float)
    parser.add_argument("--calendar", action="store_true")
    parser.add_argument("--maps", action="store_true")
    parser.add_argument("--state", type=Path)
    options = parser.parse_args()
    with options.log.open("a", encoding="utf-8") as log:
        site = Site(options, log)
        server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
        site.port = server.sockets[0].getsockname()[1]
        print(
            json.dumps({"port": site.port, "pages": site.pages, "articles": site.titles}),
            flush=True,
        )
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())

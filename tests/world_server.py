"""The world of crawl_world.py on 127.0.0.1, with what goes wrong on real sites, as a process of its own.

    python tests/world_server.py LOG SEED [--articles N] [--topics N] [--pad BYTES] [--faults]

It prints one line of JSON, {"hosts": [host:port of each site], "by_topic": {topic: [numbers]}, "lies":
{path: text}}, serves until its standard input is closed, and writes a line "time port status path" to LOG for
each request.  ``--faults`` adds to the front page of site 0 links to: pages whose charset is a lie, a server
that resets connections, drips its bytes or answers 503 first, bombs, an endless calendar, pages that are not there but say 200,
addresses with session numbers, a page that shows visitors of a search engine something else.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import sys
import time
import zlib
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from tests.crawl_world import World

Answer = tuple[int, dict[str, str], bytes]
TEXT = "这里写的是一件平常的小事，没有什么特别，只是为了看看字读得对不对。后来大家都这么说，也就这么记下来了。"
SPAM = "澳门彩票网站大全，注册就送，点击进入，百万大奖等你来拿。" * 6
SESSIONS = 5


def lies() -> dict[str, tuple[str, bytes, str, str]]:
    """The twelve rows of charsets as pages declare them and as they are: path, header, body, text."""
    rare = TEXT + "𠮷喆镕䶮"
    big5 = TEXT.translate(str.maketrans("这写没么为读对说", "這寫沒麼為讀對說")).encode(
        "big5", "ignore"
    )
    script = "<script>" + "x" * 5000 + "</script>"
    rows: list[tuple[str, str, bytes | None, str, str]] = [
        # codec of the body, markup before it, body where it is not TEXT, Content-Type's charset, text
        ("gb18030", "", None, "", TEXT),
        ("utf-8", "", None, "", TEXT),
        ("gb18030", '<meta charset="gbk">', None, "", TEXT),
        ("gb18030", '<meta charset="gb2312">', None, "", TEXT),
        ("gb18030", '<meta charset="gbk">', None, "utf-8", TEXT),
        ("gb18030", '<meta charset="gbk">', None, "ISO-8859-1", TEXT),
        ("utf-8", '<meta charset="gb2312">', None, "", TEXT),
        ("gb18030", f'{script}<meta charset="gbk">', None, "", TEXT),
        (
            "gb18030",
            '<meta httpequiv="ContentType" content="text/html; charset=gbk">',
            None,
            "",
            TEXT,
        ),
        ("gb18030", "", TEXT[:25].encode("gb18030"), "", TEXT[:25]),
        ("big5", "", big5, "", big5.decode("big5")),
        ("gb18030", '<meta charset="gb2312">', None, "", rare),
    ]
    found = {}
    for number, (codec, head, body, charset, text) in enumerate(rows):
        inner = body if body is not None else text.encode(codec)
        start, end = f"<html><head>{head}<title>x</title></head><body><p>", "</p></body></html>"
        page = start.encode("ascii") + inner + end.encode("ascii")
        kind = f"text/html; charset={charset}" if charset else "text/html"
        found[f"/lie/{number}.html"] = (kind, page, text, codec)
    return found


def bomb(size: int = 1 << 30) -> bytes:
    """A body of ``size`` bytes, packed a thousand times smaller."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"<p>" + bytes(1 << 20)
    parts = [packer.compress(zeros) for _ in range(size >> 20)]
    return b"".join([*parts, packer.flush()])


class Server:
    def __init__(self, options: argparse.Namespace, hosts: tuple[str, ...]) -> None:
        self.options, self.hosts = options, hosts
        self.world = World(
            options.seed,
            articles=options.articles,
            topics=options.topics,
            pad=options.pad,
            hosts=hosts,
        )
        self.lies = lies()
        self.bomb = bomb() if options.faults else b""
        self.hits: Counter[str] = Counter()
        self.log = options.log.open("a", encoding="utf-8")

    def answer(self, host: str, path: str, asked: dict[str, str]) -> Answer:
        if path == "/robots.txt":
            return 200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /private/\n"
        html = {"Content-Type": "text/html; charset=utf-8"}
        if self.options.faults and host == self.hosts[0]:
            fault = self.fault(path, asked)
            if fault is not None:
                return fault
        page = self.world.answer(host, path)
        if page is None:
            return 404, html, b"<p>gone</p>"
        return 200, html, page.encode()

    def fault(self, path: str, asked: dict[str, str]) -> Answer | None:
        html = {"Content-Type": "text/html; charset=utf-8"}
        bare = path.partition("?")[0]
        folder, _, name = bare.strip("/").partition("/")
        number = int(name.removesuffix(".html")) if name.removesuffix(".html").isdigit() else 0
        if path == "/":
            return 200, html, self.front().encode()
        if path in self.lies:
            kind, body, _, _ = self.lies[path]
            return 200, {"Content-Type": kind}, body
        if folder == "busy" and self.hits[path] == 1:
            return 503, {"Retry-After": "1"}, b"busy"
        if folder == "bomb":
            return 200, html | {"Content-Encoding": "gzip"}, self.bomb
        if folder == "calendar":
            links = f'<p>没有活动。</p><a href="/calendar/{number + 1}">下月</a>'
            return 200, html, f"<h1>{number}月</h1>{links}".encode()
        if folder == "soft":
            links = "".join(f'<a href="/soft/{7 * number + k}.html">看看</a>' for k in range(3))
            return (
                200,
                html,
                f"<h1>抱歉</h1><p>您要找的页面{number}不存在，去首页看看吧。</p>{links}".encode(),
            )
        if folder == "member":
            visit = f"{self.hits[bare] + 16**20:x}"
            links = "".join(
                f'<a href="/member/{n}.html?PHPSESSID={visit}{n}">会员{n}</a>'
                for n in range(SESSIONS)
            )
            return (
                200,
                html,
                f"<h1>会员{number}</h1><p>{TEXT}{chr(0x4E00 + number)}</p>{links}".encode(),
            )
        if folder == "cloak":
            is_searcher = "baidu" in asked.get("referer", "")
            return 200, html, f"<h1>平常</h1><p>{SPAM if is_searcher else TEXT}</p>".encode()
        if folder == "lure" and "baidu" in asked.get("referer", ""):
            return 302, {"Location": "http://spam.example/"}, b""
        if folder in ("busy", "reset", "drip", "private", "lure"):
            return 200, html, f"<h1>{folder}</h1><p>{TEXT}</p>".encode()
        return None

    def front(self) -> str:
        paths = [
            *self.lies,
            "/busy/1.html",
            "/busy/2.html",
            "/reset/1.html",
            "/bomb/1.html",
            "/calendar/1",
        ]
        paths += [
            "/soft/1.html",
            "/private/1.html",
            "/cloak/1.html",
            "/lure/1.html",
            "/list/0.html",
        ]
        paths += [f"/member/{n}.html?PHPSESSID=abc{n}" for n in range(SESSIONS)]
        return "".join(f'<p><a href="{path}">{path}</a></p>' for path in paths)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1]
                fields = (line.partition(":") for line in head.split("\r\n")[1:])
                asked = {name.lower(): value.strip() for name, _, value in fields}
                host = asked["host"]
                self.hits[path] += 1
                status, headers, body = self.answer(host, path, asked)
                self.log.write(
                    f"{time.time():.4f} {host} {status} {path} {asked.get('referer', '-')}\n"
                )
                self.log.flush()
                if "gzip" in asked.get("accept-encoding", "") and "Content-Encoding" not in headers:
                    body = gzip.compress(body, 1, mtime=0)
                    headers = headers | {"Content-Encoding": "gzip"}
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                whole = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
                if path.startswith("/reset/") and self.hits[path] == 1:
                    writer.write(whole[: len(whole) // 2])
                    await writer.drain()
                    break
                if path.startswith("/drip/"):
                    for byte in whole:
                        writer.write(bytes([byte]))
                        await writer.drain()
                        await asyncio.sleep(0.5)
                writer.write(whole)
                await writer.drain()
        writer.close()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("seed", type=int)
    parser.add_argument("--articles", type=int, default=60)
    parser.add_argument("--topics", type=int, default=3)
    parser.add_argument("--pad", type=int, default=0)
    parser.add_argument("--faults", action="store_true")
    options = parser.parse_args()
    made: list[Server] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await made[0].serve(reader, writer)

    servers = [await asyncio.start_server(serve, "127.0.0.1", 0) for _ in range(3)]
    hosts = tuple(f"127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in servers)
    made.append(Server(options, hosts))
    world = made[0].world
    facts = {
        "hosts": hosts,
        "by_topic": world.by_topic,
        "lies": {path: text for path, (_, _, text, _) in made[0].lies.items()},
    }
    print(json.dumps(facts), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())

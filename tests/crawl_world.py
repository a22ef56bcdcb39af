"""A seeded world of Chinese sites with the truth about each page, for tests and benchmarks of the crawler.

``World`` makes the pages; it knows no network.  Site 0 has articles on many subjects, with links whose
words often say little or the wrong thing.  Site 1 is a mirror: it copies site 0, under addresses of its own.
Site 2 writes about nothing of interest and is linked from everywhere.  Everything is made from
the seed; words are drawn from pypinyin's phrases (MIT).
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pypinyin.phrases_dict import phrases_dict

from crawler.job import CrawlResult, Job, Options
from crawler.pages import Response, outcome_of, read_clean
from crawler.robots import Answer
from crawler.seeds import sorted_seeds

PER_LIST = 40
EMPTY_WORDS = ("阅读全文", "详细", "点击查看", "更多>>", "[图文]", "查看原文")


@cache
def vocabulary() -> list[str]:
    """Words of two characters, in a fixed order."""
    return sorted(word for word in phrases_dict if len(word) == 2)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so about a page."""

    topic: int | None  # null: a list, or about nothing
    copy_of: str | None = None


class World:
    """``articles`` articles on ``topics`` subjects.  ``noise``: the share of links whose words do not
    say what the page is about; ``pad``: bytes of style and script on each page."""

    def __init__(
        self, seed: int, *, articles: int = 2000, topics: int = 30, noise: float = 0.5, pad: int = 0,
        hosts: tuple[str, ...] = ("site.example", "mirror.example", "noise.example"),
    ) -> None:  # fmt: skip
        self.random = draw = random.Random(seed)
        self.hosts, self.noise, self.pad = hosts, noise, pad
        words = vocabulary()
        self.common = draw.sample(words, 400)
        self.words = [draw.sample(words, 60) for _ in range(topics)]
        self.topic = [draw.randrange(topics) for _ in range(articles)]
        self.titles = [
            "".join([*draw.sample(self.words[t], 2), draw.choice(self.common)]) + f"（{n}）"
            for n, t in enumerate(self.topic)
        ]
        self.by_topic: dict[int, list[int]] = {}
        for n, t in enumerate(self.topic):
            self.by_topic.setdefault(t, []).append(n)
        self.seed = seed
        self.truth = {self.url(0, f"/a/{n}.html"): Truth(t) for n, t in enumerate(self.topic)}
        self.truth |= {
            self.url(1, f"/wz/{n}.html"): Truth(t, self.url(0, f"/a/{n}.html"))
            for n, t in enumerate(self.topic)
        }

    def url(self, host: int, path: str) -> str:
        return f"http://{self.hosts[host]}{path}"

    def paragraphs(self, number: int, host: int = 0) -> list[str]:
        """The text of an article; a third of its words are of its subject."""
        draw = random.Random(f"{self.seed} {host} {number}")
        own = self.words[self.topic[number]] if host == 0 else draw.sample(vocabulary(), 60)
        return [
            "，".join(
                "".join(
                    draw.choice(own) if draw.random() < 0.33 else draw.choice(self.common)
                    for _ in range(draw.randint(3, 7))
                )
                for _ in range(draw.randint(3, 6))
            )
            + "。"
            for _ in range(10)
        ]

    def article(self, number: int) -> str:
        """A page of site 0."""
        draw = random.Random(f"{self.seed} links {number}")
        total, same = len(self.topic), self.by_topic[self.topic[number]]
        related = [
            draw.choice(same) if draw.random() < 0.5 else draw.randrange(total) for _ in range(6)
        ]
        side = [draw.randrange(total) for _ in range(30)]
        turn = "".join(
            f"<p>{name}：{self.link(draw, n)}</p>"
            for name, n in (("上一篇", number - 1), ("下一篇", number + 1))
            if 0 <= n < total
        )
        mirror = f'<a href="{self.url(1, f"/wz/{number}.html")}">{self.titles[number]}（转载）</a>'
        away = f'<a href="{self.url(2, f"/n/{number}.html")}">精彩推荐</a>'
        after = (
            f"{turn}<h3>相关阅读</h3><ul>{self.items(draw, related)}</ul>{mirror}{away}"
            f"<h3>热点排行</h3><ul>{self.items(draw, side)}</ul>"
        )
        return self.page(self.titles[number], self.paragraphs(number), after)

    def items(self, draw: random.Random, numbers: list[int]) -> str:
        return "".join(f"<li>{self.link(draw, n)}</li>" for n in numbers)

    def link(self, draw: random.Random, number: int) -> str:
        """A link to an article; of noisy ones half say nothing, a quarter is cut, a quarter lies."""
        words = self.titles[number]
        if draw.random() < self.noise:
            kind = draw.randrange(4)
            words = draw.choice(EMPTY_WORDS) if kind < 2 else f"{words[:3]}…"
            if kind == 3:
                words = draw.choice(self.titles)
        return f'<a href="/a/{number}.html">{words}</a>'

    def list(self, number: int) -> str:
        """Articles by their numbers, of all subjects; half of them with a line of their text."""
        draw = random.Random(f"{self.seed} list {number}")
        shown = range(number * PER_LIST, min((number + 1) * PER_LIST, len(self.topic)))
        items = "".join(
            f"<li>{self.link(draw, n)}"
            + (f"<p>{self.paragraphs(n)[0][:60]}</p>" if draw.random() < 0.5 else "")
            + "</li>"
            for n in shown
        )
        last = (len(self.topic) - 1) // PER_LIST
        more = f'<a href="/list/{number + 1}.html">下一页</a>' if number < last else ""
        return f"<html><head><title>目录</title></head><body><ul>{items}</ul>{more}</body></html>"

    def page(self, title: str, paragraphs: list[str], after: str) -> str:
        text = "".join(f"<p>　　{paragraph}</p>" for paragraph in paragraphs)
        menu = "".join(f'<li><a href="/list/{n}.html">栏目{n}</a></li>' for n in range(12))
        padding = f"<style>{'.c{margin:0}' * (self.pad // 11)}</style>" if self.pad else ""
        return (
            f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}_示例网</title>{padding}</head>'
            f'<body><ul class="nav">{menu}</ul><h1>{title}</h1><div class="content">{text}</div>{after}</body></html>'
        )

    def answer(self, host: str, path: str) -> str | None:
        """The HTML at a path of a host, None where there is none."""
        folder, _, name = path.strip("/").partition("/")
        number = int(name.removesuffix(".html")) if name.removesuffix(".html").isdigit() else -1
        if host == self.hosts[0] and folder == "a" and 0 <= number < len(self.topic):
            return self.article(number)
        if host == self.hosts[0] and folder == "list" and 0 <= number * PER_LIST < len(self.topic):
            return self.list(number)
        if host == self.hosts[0] and path == "/":
            return self.list(0)
        if host == self.hosts[1] and folder == "wz" and 0 <= number < len(self.topic):
            same = self.by_topic[self.topic[number]]
            links = "".join(
                f'<p><a href="/wz/{n}.html">{self.titles[n]}</a></p>' for n in same[:40]
            )
            return self.page(self.titles[number], self.paragraphs(number), links)
        if host == self.hosts[2] and folder == "n" and number >= 0:
            links = "".join(
                f'<a href="/n/{number * 7 % 999 + k}.html">推荐{k}</a>' for k in range(9)
            )
            return self.page(f"随便说说{number}", self.paragraphs(number, 2), links)
        return None


def response_of(world: World, url: str) -> Response:
    """What the world answers."""
    parts = urlsplit(url)
    html = world.answer(parts.netloc, parts.path)
    headers = [("Content-Type", "text/html; charset=utf-8")]
    return Response(200, headers, html.encode()) if html else Response(404, headers, b"gone")


def crawl(
    world: World, archive: Path, *seeds: str, similar: bool = False, **options: Any
) -> tuple[list[str], CrawlResult]:
    """Crawl a world without a network, by the crawler's own frontier and pump: the URLs that gave
    a page, in order, and the result."""
    found = sorted_seeds(seeds, similar=similar)
    chosen: dict[str, Any] = {"delay": 0.0, "similar": similar, "likes": found.likes} | options
    job = Job(Options(found.urls, archive, **chosen))

    async def ask(url: str) -> Answer:
        return Answer(404)

    async def go() -> list[str]:
        pump, fetched = job.pump(ask), []
        async for lease in pump.leases():
            response = response_of(world, lease.url)
            if response.status == 200:
                fetched.append(lease.url)
            pump.settle(outcome_of(lease, response, job.scope, read_clean, job.ranking))
        return fetched

    try:
        fetched = asyncio.run(go())
    finally:
        result = job.close()
    return fetched, result

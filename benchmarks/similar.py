"""How many of the pages that a crawl fetches are like its seeds: ``python -m benchmarks.similar``.

Three ways over the same site (tests/crawl_world.py): breadth first, as ``shiyi crawl`` without ``--similar``
orders links, and with it.  One seed article; the score is the number of pages on its subject among the
first 100 fetched, copies on a mirror aside.  The weights of crawler/ranking.py were chosen on TUNING; HELD_OUT
is only scored.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script from anywhere

from cleaning.extract import page_links
from crawler.urls import canonical, is_trap
from tests.crawl_world import World, crawl, response_of

TUNING, HELD_OUT = (1, 2, 3), (101, 102, 103, 104, 105)
FETCHES = 100


def breadth_first(world: World, seed: str, count: int) -> list[str]:
    """The URLs that a crawl without any preference fetches, in order."""
    queue, seen, fetched = deque([seed]), {seed}, []
    while queue and len(fetched) < count:
        url = queue.popleft()
        response = response_of(world, url)
        if response.status != 200:
            continue
        fetched.append(url)
        for link in page_links(response.body.decode(), url):
            target = canonical(link.url)
            is_own = target and urlsplit(target).netloc == world.hosts[0]
            if target and is_own and target not in seen and not is_trap(target):
                seen.add(target)
                queue.append(target)
    return fetched


def crawled(world: World, seed: str, count: int, *, similar: bool) -> list[str]:
    """The URLs that the crawler fetches, in order, by its own frontier and pump."""
    with tempfile.TemporaryDirectory() as folder:
        return crawl(world, Path(folder) / "a.db", seed, limit=count, similar=similar)[0]


def relevant(world: World, urls: list[str], topic: int) -> tuple[int, int, int]:
    """Of URLs: pages on a subject, copies of such on a mirror, pages of the site of noise."""
    truths = [world.truth.get(url) for url in urls]
    on = [truth for truth in truths if truth is not None and truth.topic == topic]
    copies = sum(truth.copy_of is not None for truth in on)
    noise = sum(urlsplit(url).netloc == world.hosts[2] for url in urls)
    return len(on) - copies, copies, noise


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--noise", type=float, default=0.5)
    parser.add_argument("--topics", type=int, nargs="*", default=[0, 7])
    options = parser.parse_args()
    ways: dict[str, Callable[[World, str, int], list[str]]] = {
        "breadth first": breadth_first,
        "plain": lambda w, s, n: crawled(w, s, n, similar=False),
        "similar": lambda w, s, n: crawled(w, s, n, similar=True),
    }
    totals: dict[str, list[int]] = {name: [] for name in ways}
    for seed in HELD_OUT if options.held_out else TUNING:
        world = World(seed, noise=options.noise)
        for topic in options.topics:
            start = world.url(0, f"/a/{world.by_topic[topic][0]}.html")
            for name, way in ways.items():
                began = time.process_time()
                urls = way(world, start, FETCHES)
                on, copies, noise = relevant(world, urls, topic)
                totals[name].append(on)
                print(
                    f"seed {seed} topic {topic} ({len(world.by_topic[topic])} pages) {name:14} "
                    f"{on:3} of {len(urls)}, {copies} copies, {noise} noise, "
                    f"{1000 * (time.process_time() - began) / max(1, len(urls)):.1f} ms a page",
                    flush=True,
                )
    base = sum(totals["breadth first"])
    for name, counts in totals.items():
        mean = sum(counts) / len(counts)
        print(
            f"{name:14} {mean:.1f} after {FETCHES} fetches, {sum(counts) / base:.1f} times breadth first"
        )


if __name__ == "__main__":
    main()

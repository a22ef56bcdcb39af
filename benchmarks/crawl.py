"""What a crawl costs and what it survives: ``python -m benchmarks.crawl [speed|memory|kill|bomb ...]``.

``speed``: CPU of a page of 42 kB, in the crawl core (all but cleaning), with cleaning, and by a bare Scrapy
spider that fetches the same pages, in the same run.  ``memory``: resident memory of a crawl whose
archive knows a million addresses.  ``kill``: crawls killed (SIGKILL) at random points, by batch size and
number of processes; then one to the end: what is missing or there twice.  ``bomb``: resident memory after
1 GiB of zeros in 1 MB.

The sites are those of tests/world_server.py, on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script from anywhere

from tests.served import Served, rows  # noqa: E402

CRAWL = """
import json, resource, sys, time
from pathlib import Path
import crawler.pages, crawler.pump
from cleaning import Document
from crawler.run import crawl
options = json.loads(sys.argv[1])
if options.pop("core", False):
    def read(body, url, content_type, **chosen):  # nothing is cleaned
        words = "".join(chr(0x4e00 + ord(c)) for c in url)
        return Document.from_text(words, url=url)
    crawler.pages.read_clean = read
crawler.pump.BATCH = options.pop("batch", 100)
result = crawl(options.pop("seeds"), Path(options.pop("archive")), delay=0.0, allow_private=["127.0.0.1"], **options)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"pages": result.pages, "cpu": used.ru_utime + used.ru_stime, "wall": result.seconds,
    "rss": used.ru_maxrss / 1024, "stopped": result.stopped}))
"""

BARE = """
import json, resource, sys
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
urls = json.loads(sys.stdin.read())
class Bare(Spider):
    name = "bare"
    pages = 0
    async def start(self):
        for url in urls:
            yield Request(url, dont_filter=True)
    def parse(self, response):
        Bare.pages += 1
process = AsyncCrawlerProcess({"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
    "ROBOTSTXT_OBEY": False, "CONCURRENT_REQUESTS": 2, "CONCURRENT_REQUESTS_PER_DOMAIN": 2, "DOWNLOAD_DELAY": 0})
process.crawl(Bare)
process.start()
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"pages": Bare.pages, "cpu": used.ru_utime + used.ru_stime}))
"""


class Site(Served):
    """A server process."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__("world_server.py", folder / "requests.log", *arguments)
        self.begun = 0
        self.url = f"http://{self.facts['hosts'][0]}"

    def asked(self) -> Counter[str]:
        """The paths asked for since ``begin``."""
        lines = self.log.read_text().splitlines()[self.begun :]
        return Counter(line.split(" ")[3] for line in lines)

    def begin(self) -> None:
        self.begun = len(self.log.read_text().splitlines())


def start(archive: Path, *seeds: str, **options: Any) -> subprocess.Popen[str]:
    given = json.dumps({"seeds": seeds, "archive": str(archive)} | options)
    return subprocess.Popen(
        [sys.executable, "-c", CRAWL, given], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate(timeout=900)
    found: dict[str, Any] = json.loads(out)
    return found


def speed(folder: Path, pages: int) -> None:
    site = Site(folder, "1", "--articles", "2000", "--pad", "30000")
    seed = f"{site.url}/a/1000.html"
    ways: dict[str, dict[str, Any]] = {
        "core": {"core": True},
        "core, similar": {"core": True, "similar": True},
        "with cleaning": {},
        "with cleaning, similar": {"similar": True},
    }
    for name, options in ways.items():
        # What starting costs is taken out: the same crawl of few pages.
        few, many = (
            finish(start(folder / f"{name} {n}.db", seed, limit=n, **options)) for n in (20, pages)
        )
        ms = 1000 * (many["cpu"] - few["cpu"]) / (many["pages"] - few["pages"])
        print(
            f"{name:24} {ms:5.2f} ms CPU a page, {many['pages'] / many['wall']:.0f} pages/s",
            flush=True,
        )
    urls = [f"{site.url}/a/{n}.html" for n in range(pages)]
    done = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", BARE],
                input=json.dumps(part),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for part in (urls[:20], urls)
    ]
    ms = 1000 * (done[1]["cpu"] - done[0]["cpu"]) / (done[1]["pages"] - done[0]["pages"])
    print(f"{'bare Scrapy':24} {ms:5.2f} ms CPU a page")
    site.close()


def memory(folder: Path, known: int) -> None:
    site = Site(folder, "1", "--articles", "300")
    archive, seed = folder / "a.db", f"{site.url}/"
    empty = finish(start(archive, seed, limit=5))
    connection = sqlite3.connect(archive)
    with connection:
        (host_id,) = connection.execute("SELECT host_id FROM urls").fetchone()
        connection.executemany(
            "INSERT INTO urls (url, host_id, score, depth, why) VALUES (?, ?, ?, 2, '{\"shape\": 0.5}')",
            ((f"{site.url}/x/{n}.html", host_id, random.random() / 2) for n in range(known)),
        )
    connection.close()
    for similar in (False, True):
        done = finish(start(archive, seed, limit=50, similar=similar))
        print(
            f"{known:,} known addresses{', similar' if similar else '':9}: {done['rss']:.0f} MB after {done['pages']} pages "
            f"({empty['rss']:.0f} MB with none known)",
            flush=True,
        )
    site.close()


def bomb(folder: Path) -> None:
    site = Site(folder, "1", "--articles", "5", "--faults")
    plain = finish(start(folder / "a.db", f"{site.url}/a/1.html", limit=1))
    done = finish(start(folder / "b.db", f"{site.url}/bomb/1.html", limit=1))
    print(
        f"after a bomb of 1 GiB: {done['rss']:.0f} MB, {done['pages']} pages; without: {plain['rss']:.0f} MB"
    )
    site.close()


def kill(folder: Path, points: int, seed: int, processes_of: list[int], batches: list[int]) -> None:
    draw = random.Random(seed)
    articles = 60
    bad = 0
    site = Site(folder, str(seed), "--articles", str(articles))
    at = f"{site.url}/list/0.html"
    for processes in processes_of:
        for batch in batches:
            missing = double = repeated = 0
            for point in range(points):
                site.begin()
                archive = folder / f"{processes}-{batch}-{point}.db"
                at_pages = draw.randint(1, articles - 10)
                running = [start(archive, at, batch=batch) for _ in range(processes)]
                while sum(site.asked().values()) < at_pages and running[0].poll() is None:
                    time.sleep(0.002 + 0.01 * draw.random())
                running[0].send_signal(signal.SIGKILL)
                for process in running:
                    process.communicate(timeout=300)
                finish(start(archive, at, batch=batch))
                urls = Counter(url for (url,) in rows(archive, "SELECT url FROM pages"))
                texts = Counter(url for (url,) in rows(archive, "SELECT url FROM documents"))
                wanted = {f"{site.url}/a/{n}.html" for n in range(articles)}
                missing += len(wanted - set(urls)) + len(wanted - set(texts))
                double += sum(n - 1 for n in (*urls.values(), *texts.values()))
                repeated += sum(n - 1 for path, n in site.asked().items() if path.startswith("/a/"))
                held = rows(
                    archive, "SELECT count(*) FROM urls WHERE state IN ('leased', 'pending')"
                )
                sound = rows(archive, "PRAGMA integrity_check")
                bad += held != [(0,)] or sound != [("ok",)]
            print(
                f"{processes} processes, batches of {batch:3}: {points} kills, {missing} missing, {double} double, "
                f"{repeated} fetches repeated",
                flush=True,
            )
    site.close()
    print(f"{bad} archives with a lease left or damage")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["speed", "memory", "bomb", "kill"])
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--known", type=int, default=1_000_000)
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2], help="of kill")
    parser.add_argument("--batches", type=int, nargs="*", default=[1, 10, 100], help="of kill")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for what in options.what:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            match what:
                case "speed":
                    speed(folder, options.pages)
                case "memory":
                    memory(folder, options.known)
                case "bomb":
                    bomb(folder)
                case "kill":
                    kill(folder, options.points, options.seed, options.processes, options.batches)
    print(
        f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} s CPU in all", file=sys.stderr
    )


if __name__ == "__main__":
    main()

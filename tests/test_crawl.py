"""The whole crawl against a real server, in processes of its own: they are killed, and Twisted's
reactor starts once a process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.served import Served, rows

ROOT = Path(__file__).parent.parent
LOCAL = {"delay": 0.01, "allow_private": ["127.0.0.1"]}
CRAWL = """
import json, signal, sys
from dataclasses import asdict
from pathlib import Path
from crawler.run import crawl
if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    result = crawl(options.pop("seeds"), Path(options.pop("archive")), **options)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler  # left as found
    print(json.dumps(asdict(result) | {"is_nothing_new": result.is_nothing_new}))
"""


class Site(Served):
    """A running tests/crawl_site.py and its log."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__("crawl_site.py", folder / f"site-{time.monotonic_ns()}.log", *arguments)
        facts = self.facts
        self.port: int = facts["port"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.pages = {self.url + path for path in facts["pages"]}
        self.articles = {self.url + path: title for path, title in facts["articles"].items()}

    def requests(self) -> list[tuple[float, int, str]]:
        """Time, status and path of the requests so far."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [
            (float(at), int(status), path)
            for at, status, path in (line.split(" ", 2) for line in lines)
        ]

    def paths(self) -> Counter[str]:
        return Counter(path for _, _, path in self.requests())


@pytest.fixture
def site_of(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def start(*arguments: str) -> Site:
        sites.append(Site(tmp_path, *arguments))
        return sites[-1]

    yield start
    for site in sites:
        site.close()


def start(site: Site, archive: Path, **options: Any) -> subprocess.Popen[str]:
    options = {"seeds": [site.url], "archive": str(archive)} | LOCAL | options
    return subprocess.Popen(
        [sys.executable, "-c", CRAWL, json.dumps(options)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    result: dict[str, Any] = json.loads(out)
    return result


def crawl(site: Site, archive: Path, **options: Any) -> dict[str, Any]:
    return finish(start(site, archive, **options))


def wait_for_articles(site: Site, count: int) -> None:
    """Until the site has served so many articles."""
    end = time.monotonic() + 40
    while sum(n for path, n in site.paths().items() if path.startswith("/a/")) < count:
        assert time.monotonic() < end, "the crawl does not get on"
        time.sleep(0.01)


def assert_whole(site: Site, archive: Path) -> None:
    """Every page of the site is in the archive once, with its document; nothing is held."""
    pages = rows(archive, "SELECT url FROM pages")
    assert sorted(pages) == sorted((url,) for url in site.pages)
    documents = Counter(url for (url,) in rows(archive, "SELECT url FROM documents"))
    assert all(documents[url] == 1 for url in site.articles)
    assert max(documents.values()) == 1
    assert rows(archive, "SELECT count(*) FROM urls WHERE state IN ('leased', 'pending')") == [(0,)]
    assert rows(archive, "PRAGMA integrity_check") == [("ok",)]


def test_a_crawl_finds_every_page_and_keeps_the_rules(
    site_of: Callable[..., Site], tmp_path: Path
) -> None:
    site, archive = site_of(), tmp_path / "a.db"
    result = crawl(site, archive)

    assert_whole(site, archive)
    assert result["stopped"] == "finished"
    assert (result["pages"], result["pending"]) == (len(site.pages), 0)
    paths = site.paths()
    assert paths["/robots.txt"] == 1
    assert not any(path.startswith("/private/") for path in paths)
    assert paths["/photo.jpg"] == 0
    asked_once = {path for path in paths if path != "/busy/1.html"}
    assert all(paths[path] == 1 for path in asked_once)

    # The address after redirects is the document's; the old one leads to it and was asked once.
    texts = dict(rows(archive, "SELECT url, text FROM documents"))
    assert not any("/old/" in url for url in texts)
    reasons = dict(rows(archive, "SELECT url, reason FROM urls"))
    assert reasons[f"{site.url}/old/2"] == f"redirect to {site.url}/a/2.html"
    assert reasons[f"{site.url}/chain/6"] == "more than 5 redirects"
    assert paths["/chain/7"] == 0
    assert reasons[f"{site.url}/self"] == "redirect to itself"
    assert "other host" in reasons[f"{site.url}/away"]
    assert reasons[f"{site.url}/missing.html"] == "404"
    assert reasons[f"{site.url}/private/1.html"] == "robots.txt"

    # GBK pages, declared or not, are read right, and the bytes are kept.
    for number in (0, 1, 3):
        assert f"第{number}篇第8段" in texts[f"{site.url}/a/{number}.html"]
    encodings = dict(rows(archive, "SELECT url, encoding FROM pages"))
    assert encodings[f"{site.url}/a/3.html"] == "gb18030"

    # 503 with Retry-After: 1 was asked again, and not before that second had passed.
    first, second = [at for at, _, path in site.requests() if path == "/busy/1.html"]
    assert second - first >= 1.0

    # Each answer is a visit, and the run is closed with its counts.
    visits = dict(rows(archive, "SELECT status, count(*) FROM fetches GROUP BY status"))
    assert visits[200] == len(site.pages)
    assert visits[503] == 1
    (run,) = rows(archive, "SELECT command, pages, documents, finished_at IS NOT NULL FROM runs")
    assert run == ("crawl", len(site.pages), len(texts), 1)

    # Again: the seed was fetched before; nothing is left and nothing is asked.
    before = len(site.requests())
    again = crawl(site, archive)
    assert again["is_nothing_new"]
    assert (again["pages"], len(site.requests())) == (0, before)


def test_killed_twice_nothing_is_missing_and_nothing_twice(
    site_of: Callable[..., Site], tmp_path: Path
) -> None:
    site, archive = site_of("--articles", "40", "--latency", "0.02"), tmp_path / "a.db"
    for served in (10, 25):
        process = start(site, archive)
        wait_for_articles(site, served)
        process.kill()
        process.communicate()
    assert rows(archive, "SELECT count(*) FROM urls WHERE state = 'leased'") != [(0,)]
    crawl(site, archive)
    assert_whole(site, archive)
    unfinished = rows(archive, "SELECT count(*) FROM runs WHERE finished_at IS NULL")
    assert unfinished == [(2,)]


def test_two_processes_on_one_archive_one_killed(
    site_of: Callable[..., Site], tmp_path: Path
) -> None:
    site, archive = site_of("--articles", "40", "--latency", "0.02"), tmp_path / "a.db"
    first, second = start(site, archive), start(site, archive)
    wait_for_articles(site, 15)
    asked = site.paths()
    assert all(asked[path] == 1 for path in asked if path.startswith("/a/"))
    first.kill()
    first.communicate()
    finish(second)
    assert_whole(site, archive)


def test_limit_counts_pages_and_the_next_call_goes_on(
    site_of: Callable[..., Site], tmp_path: Path
) -> None:
    site, archive = site_of("--calendar", "--articles", "60"), tmp_path / "a.db"
    result = crawl(site, archive, limit=30)
    assert result["stopped"] == "limit"
    answers = [path for _, status, path in site.requests() if status != 301 and status != 302]
    answers.remove("/robots.txt")
    assert len(answers) == 30
    assert result["pending"] > 0
    assert rows(archive, "SELECT count(*) FROM urls WHERE state = 'leased'") == [(0,)]
    # Articles go before the endless calendar.
    assert not any(path.startswith("/calendar/") for path in answers)

    before = set(answers)
    crawl(site, archive, limit=10)
    after = [path for _, status, path in site.requests() if status not in (301, 302)]
    assert len(after) == 1 + 30 + 10
    assert sum(after.count(path) for path in before if path != "/busy/1.html") == len(
        before - {"/busy/1.html"}
    )


def test_what_sitemaps_and_feeds_name_is_found(
    site_of: Callable[..., Site], tmp_path: Path
) -> None:
    site, archive = site_of("--maps", "--articles", "12"), tmp_path / "a.db"
    seed = f"{site.url}/a/0.html"  # leads to no feed; robots.txt names the sitemap
    result = crawl(site, archive, seeds=[seed], limit=40)
    hidden = {f"{site.url}/hidden/{number}.html" for number in range(3)}
    pages = {url for (url,) in rows(archive, "SELECT url FROM pages")}
    assert hidden <= pages
    kinds = dict(rows(archive, "SELECT url, kind FROM urls WHERE kind IN ('feed', 'sitemap')"))
    assert sorted(kinds.values()) == ["sitemap", "sitemap"]
    # They are no pages: neither kept nor counted.
    assert not set(kinds) & pages
    assert result["pages"] == len(pages)
    assert "localhost" not in str(rows(archive, "SELECT host FROM hosts"))
    # A feed may be the seed itself.
    result = crawl(site, tmp_path / "b.db", seeds=[f"{site.url}/feed.xml"], limit=2)
    assert result["pages"] == 2
    urls = {url for (url,) in rows(tmp_path / "b.db", "SELECT url FROM pages")}
    assert urls == {f"{site.url}/a/9.html", f"{site.url}/a/10.html"}
    # And a page's head may name it.
    crawl(site, archive, limit=200)
    assert (f"{site.url}/feed.xml", "feed") in rows(archive, "SELECT url, kind FROM urls")


def test_private_addresses_are_refused_however_spelled(
    site_of: Callable[..., Site], tmp_path: Path
) -> None:
    site, archive = site_of(), tmp_path / "a.db"
    names = ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::1]"]
    seeds = [f"http://{name}:{site.port}/" for name in names]
    result = crawl(site, archive, seeds=seeds, allow_private=[])
    assert site.requests() == []
    assert result["pages"] == 0
    assert len(result["problems"]) == len(names)
    assert all("private address" in problem for problem in result["problems"])


def test_one_private_host_is_admitted_exactly(site_of: Callable[..., Site], tmp_path: Path) -> None:
    site, archive = site_of(), tmp_path / "a.db"
    seeds = [f"http://127.0.0.1:{site.port}/notes.txt", f"http://localhost:{site.port}/"]
    result = crawl(site, archive, seeds=seeds)
    assert site.paths() == {"/robots.txt": 1, "/notes.txt": 1}
    assert result["pages"] == 1


def test_a_signal_stops_cleanly(site_of: Callable[..., Site], tmp_path: Path) -> None:
    site, archive = site_of("--articles", "40", "--latency", "0.02"), tmp_path / "a.db"
    process = start(site, archive)
    wait_for_articles(site, 15)
    process.send_signal(signal.SIGTERM)
    result = finish(process)
    assert result["stopped"] == "stopped"
    assert result["pending"] > 0
    assert rows(archive, "SELECT count(*) FROM urls WHERE state = 'leased'") == [(0,)]
    ((pages,),) = rows(archive, "SELECT pages FROM runs WHERE finished_at IS NOT NULL")
    assert rows(archive, "SELECT count(*) FROM pages") == [(pages,)]
    assert pages >= 10
    crawl(site, archive)
    assert_whole(site, archive)
    # All that was answered had been committed, so nothing was asked twice.
    asked = site.paths()
    assert all(asked[path] == 1 for path in asked if path.startswith("/a/"))


def test_hosts_in_trouble_are_left_and_the_others_crawled(
    site_of: Callable[..., Site], tmp_path: Path
) -> None:
    """robots.txt: 5xx and no answer close a host, 4xx opens all of it."""
    busy, gone, free = (
        site_of("--robots-status", "503"),
        site_of(),
        site_of("--robots-status", "404"),
    )
    gone.close()
    seeds = [busy.url, gone.url, f"{free.url}/private/1.html"]
    result = crawl(free, tmp_path / "a.db", seeds=seeds)
    assert busy.paths() == {"/robots.txt": 1}
    assert free.paths() == {"/robots.txt": 1, "/private/1.html": 1}
    assert (result["stopped"], result["pending"], result["failed"]) == ("postponed", 2, 0)
    assert len(result["problems"]) == 2
    assert any("503" in problem for problem in result["problems"])
    assert any("ConnectionRefused" in problem for problem in result["problems"])


def test_a_longer_crawl_delay_wins(site_of: Callable[..., Site], tmp_path: Path) -> None:
    site, archive = site_of("--crawl-delay", "0.5"), tmp_path / "a.db"
    crawl(site, archive, limit=3)
    times = [at for at, _, _ in site.requests()]
    assert len(times) >= 4
    # A busy machine may show the site a request later than it was sent, and two so close up.
    assert all(later - earlier >= 0.25 for earlier, later in pairwise(times))


def test_scrapy_runs_the_same_spider_from_a_checkout(
    site_of: Callable[..., Site], tmp_path: Path
) -> None:
    site, archive = site_of("--articles", "5"), tmp_path / "a.db"
    scrapy = [sys.executable, "-m", "scrapy"]
    listed = subprocess.run([*scrapy, "list"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert listed.stdout.split() == ["similar", "site"]
    arguments = ["-a", f"seed={site.url}", "-a", f"archive={archive}", "-a", "delay=0.01"]
    allowed = ["-s", "SHIYI_ALLOW_PRIVATE=127.0.0.1"]
    subprocess.run(
        [*scrapy, "crawl", "site", *arguments, *allowed], cwd=ROOT, capture_output=True, check=True
    )
    assert_whole(site, archive)
    before = len(site.requests())
    due = ["-a", "due=1", *arguments[2:]]
    subprocess.run(
        [*scrapy, "crawl", "site", *due, *allowed], cwd=ROOT, capture_output=True, check=True
    )
    assert len(site.requests()) == before
    assert rows(archive, "SELECT count(*) FROM runs WHERE finished_at IS NOT NULL") == [(2,)]


def test_a_seed_that_is_no_address_is_refused(tmp_path: Path) -> None:
    from crawler.job import SeedError
    from crawler.run import crawl as crawl_here

    with pytest.raises(SeedError, match="file:///etc/passwd"):
        crawl_here(["file:///etc/passwd"], tmp_path / "a.db")
    assert not (tmp_path / "a.db").exists()

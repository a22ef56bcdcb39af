"""The crawler on the world's sites, with what goes wrong on real ones."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.probe import REFERER
from crawler.traps import BARREN
from tests.served import Served, rows

ROOT = Path(__file__).parent.parent
PAUSE = 0.05

pytestmark = pytest.mark.timeout(400)  # of a busy machine: the site is crawled whole first


class Site(Served):
    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__("world_server.py", folder / "requests.log", *arguments)
        self.urls = [f"http://{host}" for host in self.facts["hosts"]]

    def requests(self) -> list[tuple[float, str, int, str, str]]:
        """Time, host, status, path and Referer of each."""
        lines = self.log.read_text().splitlines()
        return [
            (float(at), host, int(status), path, referer)
            for at, host, status, path, referer in (line.split(" ") for line in lines)
        ]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path, str]]:
    """The site with all faults, crawled by the command as a user types it."""
    folder = tmp_path_factory.mktemp("world")
    site = Site(folder, "21", "--articles", "40", "--faults")
    archive = folder / "a.db"
    done = shiyi(
        "crawl", *(f"{site.urls[0]}/{path}" for path in ("cloak/1.html", "lure/1.html", "")), f"--archive={archive}", f"--delay={PAUSE}", "--probe", "--contact=https://who.example/",
        "--allow-private=127.0.0.1", "--expect=pages>40", "--expect=documents>1000", status=1,
    )  # fmt: skip
    yield site, archive, done
    site.close()


def shiyi(*arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "shiyi.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def test_an_expectation_that_is_not_met_is_told(crawled: tuple[Site, Path, str]) -> None:
    _, _, told = crawled
    assert "expected documents > 1000, got" in told
    assert "expected pages" not in told


def test_all_articles_are_there_whatever_else_is(crawled: tuple[Site, Path, str]) -> None:
    site, archive, _ = crawled
    urls = {url for (url,) in rows(archive, "SELECT url FROM documents")}
    assert {f"{site.urls[0]}/a/{n}.html" for n in range(40)} <= urls
    assert {f"{site.urls[0]}/{name}/1.html" for name in ("busy", "reset")} <= urls
    assert rows(archive, "SELECT count(*) FROM urls WHERE state IN ('pending', 'leased')") == [(0,)]
    assert not any(path.startswith("/private/") for _, _, _, path, _ in site.requests())


def test_every_lie_about_a_charset_is_seen_through(crawled: tuple[Site, Path, str]) -> None:
    site, archive, _ = crawled
    texts = dict(rows(archive, "SELECT url, text FROM documents"))
    lies = site.facts["lies"]
    right = [path for path, text in lies.items() if texts.get(site.urls[0] + path) == text]
    assert sorted(set(lies) - set(right)) == []
    assert len(right) == 12


def test_no_request_comes_before_its_time(crawled: tuple[Site, Path, str]) -> None:
    """The oracle of manners: the server's own log."""
    site, _, _ = crawled
    times: dict[str, list[float]] = {}
    for at, host, *_ in site.requests():
        times.setdefault(host, []).append(at)
    # A busy machine shows the server a request later than it was sent, and so two close up: the mean of
    # any ten in a row must be kept.
    for host, series in times.items():
        spans = [b - a for a, b in zip(series, series[10:], strict=False)]
        assert min(spans, default=9.9) >= 9 * PAUSE, host
    busy = [at for at, _, _, path, _ in site.requests() if path == "/busy/1.html"]
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(busy))
    assert len(busy) == 2


def test_endless_sites_come_to_an_end(crawled: tuple[Site, Path, str]) -> None:
    site, archive, _ = crawled
    asked = Counter(re.sub(r"\d+.*", "", path) for _, _, _, path, _ in site.requests())
    # PROBE: the first pages of a host are asked twice
    assert asked["/calendar/"] <= BARREN + 5
    assert asked["/soft/"] <= BARREN + 8
    assert any(
        "trap" in reason
        for (reason,) in rows(archive, "SELECT DISTINCT reason FROM urls")
        if reason
    )
    # One page has one address, whatever session its link names.
    members = [path for _, _, _, path, _ in site.requests() if path.startswith("/member/")]
    assert all("PHPSESSID" not in path for path in members)
    assert rows(archive, "SELECT count(*) FROM pages WHERE url LIKE '%/member/%'") == [(5,)]


def test_a_bomb_is_left(crawled: tuple[Site, Path, str]) -> None:
    _, archive, _ = crawled
    ((state, reason),) = rows(archive, "SELECT state, reason FROM urls WHERE url LIKE '%/bomb/%'")
    assert state == "failed"
    assert "DownloadCancelledError" in reason or "IgnoreRequest" in reason


def test_both_faces_of_a_hacked_page_are_kept(crawled: tuple[Site, Path, str]) -> None:
    site, archive, _ = crawled
    variants = rows(
        archive,
        "SELECT u.url, p.status, d.text, variant FROM fetches f JOIN urls u ON u.id = url_id JOIN pages p"
        " ON p.id = f.page_id LEFT JOIN documents d ON d.page_id = p.id WHERE variant IS NOT NULL",
    )
    assert all(variant == f"Referer: {REFERER}" for *_, variant in variants)
    found = {url.removeprefix(site.urls[0]): (status, text) for url, status, text, _ in variants}
    assert "澳门彩票" in found["/cloak/1.html"][1]
    assert found["/lure/1.html"] == (302, None)
    assert len(found) == 2  # the other pages say the same to everybody
    plain = rows(
        archive,
        "SELECT d.text FROM urls u JOIN documents d ON d.page_id = u.page_id WHERE u.url LIKE '%/cloak/%'",
    )
    assert "澳门彩票" not in plain[0][0]
    assert not any("spam.example" in url for (url,) in rows(archive, "SELECT url FROM pages"))
    # Nothing but the Referer is said by the second request.
    assert {referer for *_, referer in site.requests()} == {"-", REFERER}


def test_why_and_merge_as_commands(crawled: tuple[Site, Path, str], tmp_path: Path) -> None:
    site, archive, _ = crawled
    told = shiyi("why", str(archive), f"{site.urls[0]}/a/3.html")
    assert "state      done" in told
    assert f"from       {site.urls[0]}/" in told
    out = tmp_path / "all.db"
    assert "addresses new" in shiyi("merge", str(archive), "-o", str(out))
    assert "all is as it was read" in shiyi("verify", str(out))
    shiyi("merge", str(out), "-o", str(out), status=2)


def test_similar_from_a_checkout_has_the_same_guards(tmp_path: Path) -> None:
    site, archive = Site(tmp_path, "22", "--articles", "30", "--topics", "2"), tmp_path / "a.db"
    arguments = [f"seed={site.urls[0]}/a/2.html", f"archive={archive}", "limit=8", "delay=0.01"]
    command = [sys.executable, "-m", "scrapy", "crawl", "similar"]
    for argument in arguments:
        command += ["-a", argument]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert site.requests() == []  # a private address
    archive.unlink()
    command += ["-s", "SHIYI_ALLOW_PRIVATE=127.0.0.1"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    site.close()
    assert rows(archive, "SELECT count(*) FROM pages") == [(8,)]
    assert rows(archive, "SELECT count(*) FROM urls WHERE why LIKE '%words%'")[0][0] > 0


def test_a_server_that_drips_is_left_at_the_time_limit(tmp_path: Path) -> None:
    site, archive = Site(tmp_path, "23", "--articles", "3", "--faults"), tmp_path / "a.db"
    command = [sys.executable, "-m", "scrapy", "crawl", "site"]
    seeds = f"seed={site.urls[0]}/drip/1.html {site.urls[0]}/a/1.html"
    for argument in (seeds, f"archive={archive}", "limit=2", "delay=0.01"):
        command += ["-a", argument]
    for setting in ("SHIYI_ALLOW_PRIVATE=127.0.0.1", "DOWNLOAD_TIMEOUT=1"):
        command += ["-s", setting]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=300)
    site.close()
    states = dict(rows(archive, "SELECT url, reason FROM urls WHERE url LIKE '%/drip/%'"))
    assert "Timeout" in states[f"{site.urls[0]}/drip/1.html"]
    assert rows(archive, "SELECT count(*) FROM pages WHERE url LIKE '%/a/1.html'") == [(1,)]

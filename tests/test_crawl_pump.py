"""The pump without a network: what it gives out, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from archive.frontier import Frontier, Lease, Outcome, Target
from archive.store import open_archive, start_run, transaction
from crawler.manners import ROBOTS_LIFE
from crawler.pages import Response, outcome_of
from crawler.pump import Progress, Pump
from crawler.robots import Answer, Robots
from crawler.scope import MAX_BYTES_PER_HOST, MAX_PAGES_PER_HOST, Scope

BASE = "http://site.example"
Fetch = Callable[[Lease], Response]


@pytest.fixture
def frontier(tmp_path: Path) -> Iterator[Frontier]:
    db = open_archive(tmp_path / "a.db")
    with transaction(db):
        run = start_run(db, "crawl", {}, "")
    frontier = Frontier(db, run)
    frontier.seed([Target(f"{BASE}/", "site.example", 2.0, 0)])
    yield frontier
    db.close()


def page(*links: str, status: int = 200, location: str = "", kind: str = "text/html") -> Response:
    body = "".join(f'<a href="{link}">这里</a>' for link in links) + "<p>一段文字，写给测试。</p>"
    headers = [("Content-Type", kind)] + ([("Location", location)] if location else [])
    return Response(status, headers, body.encode())


def pump_of(frontier: Frontier, rules: bytes = b"", **options: object) -> Pump:
    async def ask(url: str) -> Answer:
        return Answer(200, rules)

    scope = Scope([f"{BASE}/"])
    return Pump(frontier, scope, Robots(frontier.hosts, ask), wish=0.0, **options)  # type: ignore[arg-type]


def crawl(pump: Pump, fetch: Fetch) -> list[str]:
    """Fetch one after the other; the paths in order."""
    asked: list[str] = []

    async def go() -> None:
        async for lease in pump.leases():
            asked.append(lease.url.removeprefix(BASE))
            pump.settle(outcome_of(lease, fetch(lease), pump.scope))

    asyncio.run(asyncio.wait_for(go(), 30))
    pump.flush()
    return asked


SITE = {
    "/": page("/calendar/1", "/list/1.html", "/a/101.html", "/private/1.html", "/old"),
    "/list/1.html": page("/a/102.html", "/a/103.html", "/list/2.html"),
    "/list/2.html": page("/a/104.html", "/calendar/1"),
    "/old": page(status=301, location="/a/101.html"),
    "/a/101.html": page("/a/105.html"),
    "/gone": page(status=404),
}


def site(lease: Lease) -> Response:
    return SITE.get(lease.url.removeprefix(BASE), page())


def test_articles_first_then_lists_and_their_articles_then_calendars(frontier: Frontier) -> None:
    pump = pump_of(frontier, b"User-agent: *\nDisallow: /private/")
    asked = crawl(pump, site)
    assert asked == [
        "/",
        "/a/101.html",
        "/a/105.html",
        "/old",  # to what is known already: not asked again
        "/list/1.html",
        "/a/102.html",
        "/a/103.html",
        "/list/2.html",
        "/a/104.html",
        "/calendar/1",
    ]
    assert (pump.stopped, pump.counts.pages, pump.answers) == ("finished", 9, 9)
    assert frontier.states([f"{BASE}/private/1.html"]) == {
        f"{BASE}/private/1.html": ("excluded", "robots.txt")
    }


def test_rules_that_change_during_a_run_hold_a_day_later(frontier: Frontier) -> None:
    rules = [b"User-agent: *\nDisallow: /private/"]

    async def ask(url: str) -> Answer:
        return Answer(200, rules[-1])

    scope = Scope([f"{BASE}/"])
    pump = Pump(frontier, scope, Robots(frontier.hosts, ask), wish=0.0)

    def changing(lease: Lease) -> Response:
        if lease.url == f"{BASE}/a/101.html":
            rules.append(b"User-agent: *\nDisallow: /list/")
            frontier.db.execute("UPDATE hosts SET robots_at = robots_at - ?", [ROBOTS_LIFE])
        return site(lease)

    asked = crawl(pump, changing)
    # What the first rules forbade is allowed by the second, which forbid something else.
    assert "/private/1.html" in asked
    assert not any(path.startswith("/list/") for path in asked)
    assert frontier.states([f"{BASE}/list/1.html"]) == {
        f"{BASE}/list/1.html": ("excluded", "robots.txt")
    }


def test_the_limit_leaves_redirects_aside(frontier: Frontier) -> None:
    pump = pump_of(frontier, limit=4)
    assert crawl(pump, site) == ["/", "/a/101.html", "/private/1.html", "/a/105.html"]
    pump = pump_of(frontier, limit=1)
    assert crawl(pump, site) == ["/old", "/list/1.html"]
    assert pump.stopped == "limit"


@pytest.mark.parametrize(
    ("column", "most"), [("pages", MAX_PAGES_PER_HOST), ("bytes", MAX_BYTES_PER_HOST)]
)
def test_of_a_host_no_more_is_fetched_than_the_archive_may_hold(
    frontier: Frontier, column: str, most: int
) -> None:
    with transaction(frontier.db):
        frontier.db.execute(f"UPDATE hosts SET {column} = ?", [most])
    pump = pump_of(frontier)
    assert crawl(pump, site) == []
    assert pump.stopped == "finished"
    assert "no more of it is fetched" in pump.slots.full["site.example"]
    with transaction(frontier.db):
        frontier.db.execute(f"UPDATE hosts SET {column} = ?", [most - 1])
    assert crawl(pump_of(frontier), site) != []


def test_a_commit_that_fails_ends_the_crawl(
    frontier: Frontier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(outcomes: Sequence[Outcome]) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(frontier, "commit", full)
    pump = pump_of(frontier)
    assert crawl(pump, site) == ["/"]
    assert pump.stopped == "error"
    assert isinstance(pump.error, sqlite3.OperationalError)


def test_a_progress_that_fails_ends_the_crawl(frontier: Frontier) -> None:
    def broken(progress: Progress) -> None:
        raise BrokenPipeError(str(progress))

    pump = pump_of(frontier, progress=broken, interval=0.0)
    endless = iter(range(10**6))

    async def go() -> None:
        async for lease in pump.leases():
            await asyncio.sleep(0.05)
            number = next(endless)
            pump.settle(outcome_of(lease, page(f"/a/{number}.html"), pump.scope))

    asyncio.run(asyncio.wait_for(go(), 30))
    assert isinstance(pump.error, BrokenPipeError)


def test_a_page_that_breaks_the_cleaner_is_kept_without_a_document(frontier: Frontier) -> None:
    def broken(body: bytes, url: str, content_type: str | None) -> None:
        raise IndexError("a fault of a rule")

    (lease,) = frontier.lease(frontier.hosts.waiting(["site.example"])[0], 1, 0.0, 0.0, 1.0)
    outcome = outcome_of(lease, page("/a/1.html"), Scope([BASE]), broken)  # type: ignore[arg-type]
    assert (outcome.state, outcome.document) == ("done", None)
    assert outcome.reason == "no document: IndexError: a fault of a rule"
    assert outcome.page is not None
    assert [target.url for target in outcome.targets] == [f"{BASE}/a/1.html"]


@pytest.mark.parametrize(
    ("response", "tries", "state", "reason"),
    [
        (page(status=404), 0, "failed", "404"),
        (page(status=500), 0, "pending", "500"),
        (page(status=500), 2, "failed", "500"),
        (page(status=429), 1, "pending", "429"),
        (page(status=304), 0, "failed", "304"),
        (page(status=302), 0, "failed", "302 to no address"),
        (page(status=302, location="file:///etc/passwd"), 0, "failed", "302 to no address"),
        (page(status=302, location="/"), 0, "failed", "redirect to itself"),
        (page(status=302, location="/#top"), 0, "failed", "redirect to itself"),
        (page(status=302, location="/b"), 0, "done", f"redirect to {BASE}/b"),
        (page(status=302, location="//www.site.example/"), 0, "done", "redirect to http://www.site.example/"),
        (page(status=302, location="http://10.0.0.1/"), 0, "excluded", "redirect to http://10.0.0.1/: other host"),
        (page(kind="image/png"), 0, "done", "not a page: image/png"),
        (Response(200, [], b"\x89PNG\r\n\x1a\n" + bytes(99)), 0, "done", "not a page: binary data, by its first bytes"),
        (page(kind="text/plain"), 0, "done", None),
        (Response(200, [], "没有说是什么".encode("gb18030")), 0, "done", None),
    ],
)  # fmt: skip
def test_outcomes(response: Response, tries: int, state: str, reason: str | None) -> None:
    lease = Lease(1, f"{BASE}/", 1, "site.example", 1.0, 0, tries, 0, 0.0)
    outcome = outcome_of(lease, response, Scope([BASE]))
    assert (outcome.state, outcome.reason) == (state, reason)
    assert outcome.is_try == (response.status in (429, 500))
    assert (outcome.page is not None) == (state == "done" and reason is None)

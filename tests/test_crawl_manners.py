"""Pauses, back-off and robots.txt, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.frontier import Frontier, Target
from archive.hosts import Host
from archive.store import open_archive, start_run, transaction
from crawler.guard import is_private
from crawler.manners import (
    MAX_BACK_OFF,
    MAX_CRAWL_DELAY,
    PAUSE,
    ROBOTS_LIFE,
    ROBOTS_RETRY,
    back_off,
    pause_of,
    retry_after,
)
from crawler.robots import MAX_SIZE, Answer, Robots

URL = "http://site.example/a/1.html"
SUNDAY = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sun, 06 Nov 1994 08:51:37 GMT", 120.0),
        ("Sun, 06 Nov 1994 08:51:37 -0000", 120.0),
        ("Sun, 06 Nov 1994 08:40:00 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, SUNDAY) == seconds


def test_the_longer_pause_wins() -> None:
    assert pause_of(None, None) == PAUSE
    assert pause_of(0.01, None) == 0.01
    assert pause_of(0.01, 0.5) == 0.5
    assert pause_of(5.0, 0.5) == 5.0
    assert pause_of(None, 0.5) == PAUSE
    assert pause_of(None, 3600.0) == MAX_CRAWL_DELAY


def test_back_off_doubles_and_does_what_the_server_asks() -> None:
    assert [back_off(n, 0.01) for n in (1, 2, 3)] == [1.0, 2.0, 4.0]
    assert back_off(2, 3.0) == 6.0
    assert back_off(1, 1.0, asked=30.0) == 30.0
    assert back_off(6, 1.0, asked=5.0) == 32.0
    assert back_off(1000, 1.0) == back_off(1, 1.0, asked=1e9) == MAX_BACK_OFF


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1"
    " 255.255.255.255 ::1 :: fe80::1 fc00::1 ff02::1 ::ffff:127.0.0.1 2002:7f00:1:: 2002:a00:1::".split(),
)
def test_private_addresses(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "114.114.114.114", "2400:3200::1", "::ffff:8.8.8.8"]
)
def test_public_addresses(address: str) -> None:
    assert not is_private(address)


@pytest.fixture
def frontier(tmp_path: Path) -> Iterator[Frontier]:
    db: Database = open_archive(tmp_path / "a.db")
    with transaction(db):
        run = start_run(db, "crawl", {}, "")
    frontier = Frontier(db, run)
    frontier.seed([Target(URL, "site.example", 1.0, 0)])
    yield frontier
    db.close()


def host_of(frontier: Frontier) -> Host:
    return frontier.hosts.waiting(["site.example"])[0]


def read(frontier: Frontier, answer: Answer) -> Robots:
    """Rules after one answer."""
    asked = []

    async def ask(url: str) -> Answer:
        asked.append(url)
        return answer

    robots = Robots(frontier.hosts, ask)
    asyncio.run(robots.refresh(host_of(frontier), URL, None))
    assert asked == ["http://site.example/robots.txt"]
    return robots


RULES = b"""\xef\xbb\xbfUser-agent: *
Disallow: /

User-agent: Shiyi
Disallow: /private/
Disallow: /*.php$
Allow: /private/open.html
Crawl-delay: 2.5
"""


def test_the_rules_for_our_name_hold(frontier: Frontier) -> None:
    robots = read(frontier, Answer(200, RULES))
    host = host_of(frontier)
    assert not robots.is_closed(host)
    allowed = {
        path: robots.allows(host.id, f"http://site.example{path}")
        for path in ("/a/1.html", "/private/x", "/private/open.html", "/b.php", "/b.php?x=1")
    }
    assert allowed == {
        "/a/1.html": True,
        "/private/x": False,
        "/private/open.html": True,
        "/b.php": False,
        "/b.php?x=1": True,
    }
    assert host.crawl_delay == 2.5
    assert host.robots_at is not None
    assert host.next_at == host.robots_at + 2.5
    assert robots.asks_at(host) == host.robots_at + ROBOTS_LIFE
    # They are kept: another run of the program knows them without asking.
    again = Robots(frontier.hosts, robots._ask)
    assert again.asks_at(host) == host.robots_at + ROBOTS_LIFE
    assert not again.allows(host.id, "http://site.example/private/x")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 302])
def test_without_rules_all_is_allowed(frontier: Frontier, status: int) -> None:
    robots = read(frontier, Answer(status, b"User-agent: *\nDisallow: /"))
    host = host_of(frontier)
    assert not robots.is_closed(host)
    assert robots.allows(host.id, URL)


@pytest.mark.parametrize("status", [500, 503, 429, None])
def test_a_server_in_trouble_allows_nothing(frontier: Frontier, status: int | None) -> None:
    robots = read(frontier, Answer(status, b"User-agent: *\nDisallow:", "no answer"))
    host = host_of(frontier)
    assert robots.is_closed(host)
    assert host.robots_at is not None
    assert robots.asks_at(host) == host.robots_at + ROBOTS_RETRY
    assert list(robots.problems) == ["site.example"]
    # A new run asks at once.
    assert Robots(frontier.hosts, robots._ask).asks_at(host) <= host.robots_at


def test_rules_read_before_hold_while_the_server_is_in_trouble(frontier: Frontier) -> None:
    read(frontier, Answer(200, RULES))
    robots = read(frontier, Answer(503))
    host = host_of(frontier)
    assert not robots.is_closed(host)
    assert not robots.allows(host.id, "http://site.example/private/x")
    assert host.crawl_delay == 2.5


def test_a_huge_file_is_read_in_part(frontier: Frontier) -> None:
    body = b"User-agent: *\nDisallow: /first\n" + b"#" * MAX_SIZE + b"\nDisallow: /last\n"
    robots = read(frontier, Answer(200, body))
    host = host_of(frontier)
    assert not robots.allows(host.id, "http://site.example/first")
    assert robots.allows(host.id, "http://site.example/last")


def test_a_host_never_asked_is_asked_first(frontier: Frontier) -> None:
    async def ask(url: str) -> Answer:
        raise AssertionError

    host = host_of(frontier)
    assert Robots(frontier.hosts, ask).asks_at(host) == 0.0
    assert (
        Robots(frontier.hosts, ask).asks_at(replace(host, robots_at=5.0, robots_status=404)) > 5.0
    )

"""Known pages again: what is due, what has changed, and when it is due next."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from archive.frontier import Frontier, Lease, Outcome, Target
from archive.revisits import earlier_seeds, wake
from archive.store import open_archive, start_run, transaction
from cleaning import Document
from crawler.pages import Response, outcome_of, read_clean
from crawler.recrawl import (
    ARTICLE_INTERVALS,
    ARTICLE_SCORE,
    CHANGED,
    DAY,
    ERROR_INTERVAL,
    FIRST_INTERVAL,
    LIST_SCORE,
    MAX_ERRORS,
    MAX_INTERVAL,
    MIN_INTERVAL,
    REDIRECT_INTERVAL,
    UNCHANGED,
    planned,
)
from crawler.scope import Scope
from tests.served import Served

HOST = "site.example"
BASE = f"http://{HOST}"
NOW = 1_800_000_000.0
SCOPE = Scope([BASE])
ARTICLE, LIST = "/a/2026/101.html", "/list/1.html"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = open_archive(tmp_path / "a.db")
    yield db
    db.close()


def frontier_of(db: Database) -> Frontier:
    with transaction(db):
        run = start_run(db, "crawl", {"seeds": [BASE]}, "")
    return Frontier(db, run)


def article(text: str = "", links: str = "", **headers: str) -> Response:
    prose = "".join(
        f"<p>这是第{n}段，说的是一件小事，不长也不短，写给测试用。</p>" for n in range(5)
    )
    body = f"<title>小事</title><h1>小事</h1><div>{prose}<p>{text}</p></div>{links}"
    pairs = [("Content-Type", "text/html; charset=utf-8")]
    pairs += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Response(200, pairs, body.encode())


def links(*paths: str) -> Response:
    anchors = "".join(f'<li><a href="{path}">{path}</a></li>' for path in paths)
    return Response(200, [("Content-Type", "text/html")], f"<ul>{anchors}</ul>".encode())


class Visits:
    """One URL, visited whenever it is due, with a clock that the test moves."""

    def __init__(self, db: Database, path: str) -> None:
        self.db, self.url, self.now, self.read = db, BASE + path, NOW, 0
        frontier_of(db).seed([Target(self.url, HOST, 1.0, 1)])

    def __call__(self, response: Response) -> Outcome:
        """Visit it as soon as it is due."""
        frontier = frontier_of(self.db)
        (due_at,) = self.row("due_at")
        self.now = max(self.now, due_at)
        wake(self.db, [HOST], self.now, LIST_SCORE, ARTICLE_SCORE)
        with transaction(self.db):  # only this one
            self.db.execute("UPDATE urls SET state = 'excluded' WHERE url <> ?", [self.url])
        (host,) = frontier.hosts.waiting([HOST])
        (lease,) = frontier.lease(host, 9, 0.0, self.now, 0.5)
        outcome = planned(outcome_of(lease, response, SCOPE, self.reader), self.now)
        frontier.commit([outcome])
        return outcome

    def reader(self, body: bytes, url: str, content_type: str | None) -> Document:
        self.read += 1
        return read_clean(body, url, content_type)

    def row(self, columns: str) -> tuple[Any, ...]:
        row = self.db.execute(f"SELECT {columns} FROM urls WHERE url = ?", [self.url]).fetchone()
        return tuple(row)

    def count(self, table: str) -> int:
        return int(self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_304_and_the_same_bytes_add_one_small_row_and_are_not_read(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    assert not visit(
        article(ETag='W/"1"', Last_Modified="Tue, 24 Nov 2026 08:00:00 GMT")
    ).is_unchanged
    assert visit.read == 1
    kept = {table: visit.count(table) for table in ("pages", "documents", "links", "edit_log")}
    page_id = visit.row("page_id")
    for response in (Response(304, [], b""), article(), article(ETag='"2"')):
        assert visit(response).is_unchanged
        assert visit.read == 1
        assert {table: visit.count(table) for table in kept} == kept
        assert visit.row("page_id") == page_id
    assert visit.row("state, kind, etag") == ("done", "article", '"2"')
    statuses = db.execute("SELECT status, page_id FROM fetches").fetchall()
    assert statuses == [(200, *page_id), (304, *page_id), (200, *page_id), (200, *page_id)]


def test_a_visit_takes_no_more_than_200_bytes(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    visit(article())

    def size() -> int:
        return int(db.execute("PRAGMA page_count").fetchone()[0]) * 4096

    with transaction(db):
        before, row = size(), db.execute("SELECT * FROM fetches").fetchone()
        db.conn.executemany(
            "INSERT INTO fetches (url_id, run_id, fetched_at, status, page_id) VALUES (?, ?, ?, ?, ?)",
            [row[1:6]] * 10_000,
        )
        assert 0 < size() - before <= 200 * 10_000


def test_a_change_is_one_of_the_clean_text(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    visit(article())
    # Bytes that say nothing to a reader: a counter, a link beside the text.
    other = '<!-- 17 --><div class="menu"><a href="/a/2026/102.html">别的</a></div>'
    assert visit(article(links=other)).is_unchanged
    assert (visit.read, visit.count("pages"), visit.count("documents")) == (2, 1, 1)
    assert db.execute("SELECT count(*) FROM urls").fetchone() == (2,)  # the link is known now
    # These bytes again are not read again.
    assert visit(article(links=other)).is_unchanged
    assert visit.read == 2
    # A word more is a new version; the old one stays.
    outcome = visit(article("后来又添了一句话，说明了原因。"))
    assert not outcome.is_unchanged
    assert (visit.read, visit.count("pages"), visit.count("documents")) == (3, 2, 2)
    texts = [text for (text,) in db.execute("SELECT text FROM documents ORDER BY id")]
    assert ["后来又添" in text for text in texts] == [False, True]
    assert visit.row("page_id") == (2,)
    # Back to what it was: the version that is kept already.
    visit(article())
    assert (visit.count("pages"), visit.count("documents"), *visit.row("page_id")) == (2, 2, 1)


def test_a_list_has_changed_when_its_links_have(db: Database) -> None:
    visit = Visits(db, LIST)
    visit(links("/a/1.html", "/a/2.html"))
    assert visit.row("kind") == ("list",)
    assert visit(links("/a/2.html", "/a/1.html")).is_unchanged
    assert not visit(links("/a/3.html", "/a/1.html", "/a/2.html")).is_unchanged
    assert visit.count("pages") == 2


def test_articles_are_visited_ever_more_seldom(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    gaps = []
    for _ in range(6):
        before = visit.now
        visit(article())
        gaps.append(visit.now - before)
    assert gaps == [0.0, *ARTICLE_INTERVALS, ARTICLE_INTERVALS[-1]]


def test_an_article_that_changes_is_visited_as_before(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    visit(article())
    visit(article())
    assert visit.row("interval") == (ARTICLE_INTERVALS[1],)
    visit(article("改了一句。"))  # it is still being worked on
    assert visit.row("interval") == (ARTICLE_INTERVALS[1],)


def test_lists_are_visited_as_often_as_they_change(db: Database) -> None:
    visit = Visits(db, LIST)
    visit(links("/a/1.html"))
    assert visit.row("interval") == (FIRST_INTERVAL,)
    visit(links("/a/1.html"))
    assert visit.row("interval") == (FIRST_INTERVAL * UNCHANGED,)
    visit(links("/a/2.html"))
    assert visit.row("interval") == (FIRST_INTERVAL * UNCHANGED * CHANGED,)
    for number in range(20):
        visit(links(f"/b/{number}.html"))
    assert visit.row("interval") == (MIN_INTERVAL,)
    for _ in range(30):
        visit(links("/b/19.html"))
    assert visit.row("interval") == (MAX_INTERVAL,)


def test_what_fails_is_tried_three_times_more_and_then_never(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    visit(article())
    for number in range(1, MAX_ERRORS + 1):
        visit(Response(404, [], b""))
        assert visit.row("state, reason, errors, interval") == (
            "failed",
            "404",
            number,
            ERROR_INTERVAL,
        )
        assert visit.row("due_at") == (visit.now + ERROR_INTERVAL,)
    visit(Response(404, [], b""))
    assert visit.row("state, interval") == ("failed", None)
    assert wake(db, [HOST], visit.now + 1000 * DAY, LIST_SCORE, ARTICLE_SCORE) == 0
    assert visit.row("page_id") == (1,)  # the version that was kept stays


def test_what_comes_back_is_visited_again(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    visit(article())
    visit(Response(404, [], b""))
    assert visit(article()).is_unchanged
    assert visit.row("state, errors, interval") == ("done", 0, FIRST_INTERVAL)


@pytest.mark.parametrize(
    ("response", "interval"),
    [
        (Response(410, [], b""), None),  # gone for good
        (Response(200, [("Content-Type", "image/png")], b""), None),
        (Response(301, [("Location", "/a/9.html")], b""), REDIRECT_INTERVAL),
    ],
)
def test_what_is_no_page(db: Database, response: Response, interval: float | None) -> None:
    visit = Visits(db, ARTICLE)
    visit(response)
    assert visit.row("interval") == (interval,)


def test_a_page_that_is_not_known_is_not_taken_for_unchanged(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    assert not visit(Response(304, [], b"")).is_unchanged
    assert visit.row("state, reason") == ("failed", "304")


def test_lists_come_first_then_new_articles_then_known_ones(db: Database) -> None:
    frontier = frontier_of(db)
    paths = {ARTICLE: article(), LIST: links("/a/2026/55.html"), "/": links(LIST, ARTICLE)}
    frontier.seed([Target(BASE + path, HOST, 1.0, 0) for path in paths])

    def visit(now: float) -> list[str]:
        order = []
        while True:
            (host, *_) = frontier.hosts.waiting([HOST]) or [None]
            held = [] if host is None else frontier.lease(host, 1, 0.0, now, 0.5)
            if not held:
                return order
            (lease,) = held
            path = lease.url.removeprefix(BASE)
            order.append(path)
            response = paths.get(path, article(path))
            frontier.commit([planned(outcome_of(lease, response, SCOPE), now)])

    visit(NOW)
    paths[LIST] = links("/a/2026/56.html", "/a/2026/55.html", ARTICLE)
    assert wake(db, [HOST], NOW + DAY, LIST_SCORE, ARTICLE_SCORE) == 4
    order = visit(NOW + DAY)
    assert sorted(order[:2]) == ["/", LIST]
    assert order[2] == "/a/2026/56.html"
    assert sorted(order[3:]) == sorted([ARTICLE, "/a/2026/55.html"])


def test_only_what_is_due_is_woken_and_only_on_the_hosts_asked_for(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    visit(article())
    for names, now, woken in (
        ([HOST], NOW + DAY - 1, 0),
        (["other.example"], NOW + DAY, 0),
        ([HOST], NOW + DAY, 1),
        ([HOST], NOW + DAY, 0),  # it is in the queue
    ):
        assert wake(db, names, now, LIST_SCORE, ARTICLE_SCORE) == woken
    frontier = frontier_of(db)
    (host,) = frontier.hosts.waiting([HOST])
    (lease,) = frontier.lease(host, 1, 0.0, NOW + DAY, 0.5)
    assert wake(db, [HOST], NOW + DAY, LIST_SCORE, ARTICLE_SCORE) == 0  # it is being fetched
    # A run that dies leaves it in the queue, with all that is known of it.
    frontier.release()
    (again,) = frontier_of(db).lease(host, 1, 0.0, NOW + DAY, 0.5)
    assert again == lease
    assert again.interval == FIRST_INTERVAL


def test_a_hint_makes_a_visit_earlier_by_a_bounded_part(db: Database) -> None:
    visit = Visits(db, ARTICLE)
    visit(article())
    visit(article())
    frontier = frontier_of(db)
    (due_at,), interval = visit.row("due_at"), ARTICLE_INTERVALS[1]
    assert due_at == visit.now + interval
    said = Target(visit.url, HOST, 1.0, 1)
    for changed_at in (None, visit.now - 1):  # nothing, or nothing new
        frontier.add([replace(said, changed_at=changed_at)])
        assert visit.row("due_at") == (due_at,)
    for _ in range(3):  # however often it is said
        frontier.add([replace(said, changed_at=visit.now + 1)])
        assert visit.row("state, due_at") == ("done", visit.now + interval / 4)


def test_an_archive_of_an_earlier_version_is_due_at_once(tmp_path: Path) -> None:
    from archive.frontier_schema import migrations

    db = open_archive(tmp_path / "a.db")
    with transaction(db):
        migrations.apply(db, stop_before="m002_revisits")
        run = start_run(db, "crawl", {"seeds": [BASE]}, "")
        db.execute("INSERT INTO hosts (host) VALUES (?)", [HOST])
        db.execute(
            "INSERT INTO pages (url, fetched_at, sha256, size, run_id) VALUES (?, '', '', 0, ?)",
            [BASE, run],
        )
        for path, state, page in (
            ("/1", "done", 1),
            ("/2", "failed", None),
            ("/3", "pending", None),
        ):
            db.execute(
                "INSERT INTO urls (url, host_id, state, page_id) VALUES (?, 1, ?, ?)",
                [BASE + path, state, page],
            )
    frontier_of(db)
    assert earlier_seeds(db) == [BASE]
    assert wake(db, [HOST], NOW, LIST_SCORE, ARTICLE_SCORE) == 1
    assert db.execute("SELECT url FROM urls WHERE state = 'pending'").fetchall() == [
        (f"{BASE}/1",), (f"{BASE}/3",),
    ]  # fmt: skip
    db.close()


# -- the whole of it, against a real server, in processes of its own ---------------------------

ROOT = Path(__file__).parent.parent
CRAWL = """
import json, sys
from dataclasses import asdict
from pathlib import Path
import crawler.pages
from crawler.job import SeedError
from crawler.run import crawl
options = json.loads(sys.argv[1])
read, reads = crawler.pages.read_clean, []
def counted(body, url, content_type, **chosen):
    reads.append(url)
    return read(body, url, content_type, **chosen)
crawler.pages.read_clean = counted
result = crawl(options.pop("seeds"), Path(options.pop("archive")), **options)
print(json.dumps(asdict(result) | {"reads": reads}))
"""


class Site(Served):
    """A running tests/crawl_site.py whose articles change."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.state = folder / "state.json"
        super().__init__(
            "crawl_site.py", folder / "site.log", "--state", str(self.state), *arguments
        )
        self.url = f"http://127.0.0.1:{self.facts['port']}"
        self.pages = {self.url + path for path in self.facts["pages"]}

    def requests(self) -> list[tuple[int, str]]:
        """Status and path of the requests so far."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [(int(line.split()[1]), line.split(" ", 2)[2]) for line in lines]

    def change(self, **state: Any) -> None:
        self.state.write_text(json.dumps(state))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, "--articles", "40", "--latency", "0.01")
    yield site
    site.close()


def start(archive: Path, seeds: list[str], **options: Any) -> subprocess.Popen[str]:
    options = {"seeds": seeds, "archive": str(archive), "delay": 0.005, **options}
    options.setdefault("allow_private", ["127.0.0.1"])
    return subprocess.Popen(
        [sys.executable, "-c", CRAWL, json.dumps(options)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    result: dict[str, Any] = json.loads(out)
    return result


def rows(archive: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(archive)
    try:
        found = connection.execute(sql).fetchall()
        connection.commit()
        return found
    finally:
        connection.close()


def time_passes(archive: Path) -> None:
    """All that is to be visited again is due."""
    rows(archive, "UPDATE urls SET due_at = 1 WHERE interval IS NOT NULL")


CHANGES = {n: f"编者后来补充的第{n}条说明，原文没有。" for n in (3, 4, 5, 12, 20)}


def test_the_second_run_reads_what_has_changed_and_nothing_else(site: Site, tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    first = finish(start(archive, [site.url]))
    assert first["pages"] == len(site.pages)
    before = len(site.requests())
    idle = finish(start(archive, [], due=True))
    assert (idle["stopped"], len(site.requests())) == ("finished", before)

    time_passes(archive)
    site.change(changed={str(n): text for n, text in CHANGES.items()}, new=2, gone=["/a/6.html"])
    again = finish(start(archive, [], due=True))
    assert (again["stopped"], again["pending"]) == ("finished", 0)
    new = {f"{site.url}/a/{n}.html" for n in (40, 41)}
    changed = {f"{site.url}/a/{n}.html" for n in CHANGES} | {f"{site.url}/list/0.html"}
    assert again["pages"] == len(new | changed)
    assert again["changed"] == len(changed)
    assert again["unchanged"] == len(site.pages - changed) - 1  # one is gone
    # Every change is a new version beside the old one, and nothing else is.
    versions = Counter(url for (url,) in rows(archive, "SELECT url FROM pages"))
    assert versions == dict.fromkeys(site.pages | new, 1) | dict.fromkeys(changed, 2)
    for number, text in CHANGES.items():
        query = f"SELECT text FROM documents WHERE url LIKE '%/a/{number}.html' ORDER BY id"
        assert [text in document for (document,) in rows(archive, query)] == [False, True]
    ((visits,),) = rows(archive, "SELECT count(*) FROM fetches")
    assert visits > again["unchanged"] + len(site.pages)

    # Not read: all that came as a 304 or with the same bytes.  A third of the articles counts its readers,
    # so that its bytes are new each time; of the others 95 % is the promise, and all are held.
    read = set(again["reads"])
    counting = {f"{site.url}/a/{n}.html" for n in range(2, 40, 3)}
    assert read - counting == changed - counting | new
    asked = site.requests()[before:]
    assert sum(status == 304 for status, _ in asked) >= 10
    # Lists before new articles before known ones.
    paths = [path for _, path in asked if path != "/robots.txt"]
    at = {path: number for number, path in enumerate(paths)}
    assert at["/list/0.html"] < at["/a/40.html"] < min(at["/a/0.html"], at["/a/39.html"])


def test_a_recrawl_killed_twice_loses_nothing_and_keeps_nothing_twice(
    site: Site, tmp_path: Path
) -> None:
    archive = tmp_path / "a.db"
    finish(start(archive, [site.url]))
    time_passes(archive)
    site.change(changed={str(n): text for n, text in CHANGES.items()}, new=2)
    for more in (12, 30):
        wanted = len(site.requests()) + more
        process = start(archive, [], due=True)
        end = time.monotonic() + 40
        while len(site.requests()) < wanted:
            assert time.monotonic() < end, "the crawl does not get on"
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    result = finish(start(archive, [], due=True))
    assert (result["stopped"], result["pending"]) == ("finished", 0)
    new = {f"{site.url}/a/{n}.html" for n in (40, 41)}
    changed = {f"{site.url}/a/{n}.html" for n in CHANGES} | {f"{site.url}/list/0.html"}
    versions = Counter(url for (url,) in rows(archive, "SELECT url FROM pages"))
    assert versions == dict.fromkeys(site.pages | new, 1) | dict.fromkeys(changed, 2)
    texts = Counter(url for (url,) in rows(archive, "SELECT url FROM documents"))
    assert all(texts[url] == (2 if url in changed else 1) for url in texts)
    assert rows(archive, "SELECT count(*) FROM urls WHERE state IN ('leased', 'pending')") == [(0,)]
    assert rows(archive, "SELECT count(*) FROM urls WHERE state = 'done' AND due_at < 2") == [(0,)]
    assert rows(archive, "PRAGMA integrity_check") == [("ok",)]


def test_private_hosts_of_earlier_seeds_are_named_and_not_asked(site: Site, tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    finish(start(archive, [f"{site.url}/notes.txt"], limit=1))
    time_passes(archive)
    before = len(site.requests())
    result = finish(start(archive, [], due=True, allow_private=[]))
    assert (result["pages"], len(site.requests())) == (0, before)
    assert result["problems"] == [f"{site.url}/notes.txt: private address"]
    # And nothing of it is lost.
    assert finish(start(archive, [], due=True, limit=1))["unchanged"] == 1


def test_a_recrawl_without_an_earlier_crawl_is_refused(tmp_path: Path) -> None:
    from archive.store import ArchiveError
    from crawler.job import Job, Options, SeedError

    with pytest.raises(ArchiveError, match="there is no such archive"):
        Job(Options((), tmp_path / "a.db", due=True))
    assert list(tmp_path.iterdir()) == []
    open_archive(tmp_path / "a.db").close()
    with pytest.raises(SeedError, match="no seeds yet"):
        Job(Options((), tmp_path / "a.db", due=True))


def test_the_plan_leaves_a_retry_as_it_is() -> None:
    lease = Lease(1, BASE, 1, HOST, 1.0, 0, 0, 0, 0.0, "article", 1, 5 * DAY, 1)
    retry = Outcome(lease, "pending", "503", status=503, is_try=True, due_at=NOW + 5)
    assert planned(retry, NOW) == replace(retry, visited_at=NOW)

"""The frontier alone: who holds a URL, when a host may be asked, and what a commit keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlite_utils import Database

from archive.frontier import Frontier, Lease, Outcome, Target
from archive.liveness import is_running
from archive.store import Page, finish_run, open_archive, start_run, transaction
from cleaning import Document

HOST = "site.example"
NOW = 1_800_000_000.0


def target(name: str, score: float = 1.0, *, depth: int = 1, redirects: int = 0) -> Target:
    return Target(f"http://{HOST}/{name}", HOST, score, depth, redirects)


def run_of(db: Database) -> int:
    with transaction(db):
        return start_run(db, "crawl", {}, "")


def page(lease: Lease) -> Page:
    body = f"<p>{lease.url}</p>".encode()
    return Page(lease.url, "2026-01-01T00:00:00+00:00", 200, [], "utf-8", body)


def done(lease: Lease, *links: Target) -> Outcome:
    document = Document.from_text("一篇文章。", url=lease.url)
    return Outcome(
        lease, "done", None, "2026-01-01T00:00:00+00:00", 200, page(lease), document, links
    )


def lease(
    frontier: Frontier, count: int = 1, *, now: float = NOW, pause: float = 0.0
) -> list[Lease]:
    return [
        lease
        for host in frontier.hosts.waiting([HOST])
        for lease in frontier.lease(host, count, pause, now, 0.5)
    ]


def state(db: Database, name: str) -> tuple[object, ...]:
    row = db.execute(
        "SELECT state, tries, reason FROM urls WHERE url = ?", [f"http://{HOST}/{name}"]
    ).fetchone()
    return tuple(row)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = open_archive(tmp_path / "a.db")
    yield db
    db.close()


@pytest.fixture
def frontier(db: Database) -> Frontier:
    return Frontier(db, run_of(db))


def add(frontier: Frontier, targets: Sequence[Target]) -> None:
    """Make URLs known as links of a page."""
    frontier.seed([target("seed", 9.0, depth=0)])
    (seed,) = lease(frontier)
    frontier.commit([done(seed, *targets)])


def test_the_best_come_first_and_none_twice(frontier: Frontier) -> None:
    frontier.seed(
        [target("list", 0.4), target("a", 1.0), target("b", 1.0), target("calendar", 0.1)]
    )
    names = [held.url.rpartition("/")[2] for _ in range(5) for held in lease(frontier)]
    assert names == ["a", "b", "list", "calendar"]


def test_below_the_floor_nothing_is_leased(frontier: Frontier) -> None:
    frontier.seed([target("list", 0.4)])
    (host,) = frontier.hosts.waiting([HOST])
    assert frontier.lease(host, 1, 0.0, NOW, 0.5, floor=0.6) == []
    assert len(frontier.lease(host, 1, 0.0, NOW, 0.5, floor=0.4)) == 1


def test_leases_reserve_the_time_slots_of_a_host(frontier: Frontier) -> None:
    frontier.seed([target(str(n)) for n in range(9)])
    assert [held.at - NOW for held in lease(frontier, 9, pause=0.25)] == [0.0, 0.25]
    # Another process a moment later gets the next slots, none of the same.
    later = NOW + 0.3
    assert [held.at - NOW for held in lease(frontier, 9, now=later, pause=0.25)] == [0.5, 0.75]
    assert lease(frontier, 9, now=later, pause=0.25) == []


def test_a_link_raises_the_score_of_what_waits_and_of_nothing_else(
    db: Database, frontier: Frontier
) -> None:
    add(frontier, [target("waits", 0.4, depth=7), target("held", 1.0)])
    (held,) = lease(frontier)
    frontier.commit([])
    add_more = [target("waits", 0.9, depth=2), target("held", 2.0), target("seed", 5.0)]
    frontier.seed([target("other", 8.0)])
    (other,) = lease(frontier)
    frontier.commit([done(other, *add_more)])
    assert db.execute("SELECT score, depth FROM urls WHERE url LIKE '%waits'").fetchone() == (
        0.9,
        2,
    )
    assert state(db, "seed")[0] == "done"
    assert state(db, held.url.rpartition("/")[2])[0] == "leased"


def test_a_commit_keeps_page_document_links_visit_and_state(
    db: Database, frontier: Frontier
) -> None:
    add(frontier, [target("next")])
    assert state(db, "seed") == ("done", 0, None)
    assert state(db, "next") == ("pending", 0, None)
    assert db.execute("SELECT url FROM documents").fetchall() == [(f"http://{HOST}/seed",)]
    row = db.execute(
        "SELECT u.url, f.status, p.url FROM fetches f JOIN urls u ON u.id = f.url_id"
        " JOIN pages p ON p.id = f.page_id AND p.id = u.page_id"
    ).fetchall()
    assert row == [(f"http://{HOST}/seed", 200, f"http://{HOST}/seed")]
    assert db.execute("SELECT pages FROM hosts").fetchone() == (1,)


def test_a_commit_that_fails_keeps_nothing(db: Database, frontier: Frontier) -> None:
    frontier.seed([target("a"), target("b")])
    first, second = lease(frontier, 2)
    broken = Outcome(
        second, "done", targets=[Target("http://other.example/", "other.example", None, 0)]
    )  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        frontier.commit([done(first), broken])
    assert state(db, "a")[0] == state(db, "b")[0] == "leased"
    assert db.execute("SELECT count(*) FROM pages").fetchone() == (0,)
    # What was rolled back is not taken for known.
    frontier.commit([done(first, Target("http://other.example/", "other.example", 1.0, 1))])
    assert db.execute("SELECT count(*) FROM hosts").fetchone() == (2,)


def test_a_lease_that_was_taken_over_writes_nothing(db: Database, frontier: Frontier) -> None:
    frontier.seed([target("a")])
    (lost,) = lease(frontier)
    frontier.release()
    other = Frontier(db, run_of(db))
    (held,) = lease(other)
    assert frontier.commit([done(lost)]).pages == 0
    assert other.commit([done(held)]).pages == 1
    assert db.execute("SELECT count(*) FROM documents").fetchone() == (1,)


def test_leases_of_the_dead_go_back_and_those_of_the_living_stay(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    hold = f"""
import sys
from archive.frontier import Frontier, Target
from archive.store import open_archive, start_run, transaction
db = open_archive({str(archive)!r})
with transaction(db):
    run = start_run(db, "crawl", {{}}, "")
frontier = Frontier(db, run)
frontier.seed([Target("http://{HOST}/" + sys.argv[1], "{HOST}", 1.0, 0)])
(host,) = frontier.hosts.waiting(["{HOST}"])
assert len(frontier.lease(host, 1, 0.0, {NOW}, 0.5)) == 1
print("held", flush=True)
sys.stdin.read()
"""
    holders = []
    for name in ("dead", "alive"):
        holder = subprocess.Popen(
            [sys.executable, "-c", hold, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holders.append(holder)
    db = open_archive(archive)
    frontier = Frontier(db, run_of(db))
    assert frontier.reclaim() == 0
    holders[0].kill()
    # Not waited for: a killed process whose parent has not asked for its status is dead too.
    while holders[0].poll() is None and is_running(holders[0].pid, datetime.now(UTC).isoformat()):
        pass
    assert frontier.reclaim() == 1
    assert frontier.leased_elsewhere([HOST]) == 1
    assert [held.url for held in lease(frontier, 9)] == [f"http://{HOST}/dead"]
    for holder in holders:
        holder.communicate("")
    assert frontier.reclaim() == 1
    db.close()


def test_a_process_younger_than_the_run_is_another_one() -> None:
    assert is_running(os.getpid(), datetime.now(UTC).isoformat())
    assert not is_running(os.getpid(), (datetime.now(UTC) - timedelta(days=1)).isoformat())
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not is_running(child.pid, datetime.now(UTC).isoformat())


def test_leases_of_a_finished_run_go_back(db: Database, frontier: Frontier) -> None:
    frontier.seed([target("a")])
    assert len(lease(frontier)) == 1
    with transaction(db):
        finish_run(db, frontier.run_id)
    assert Frontier(db, run_of(db)).reclaim() == 1


def test_tries_are_counted_and_due_times_kept(db: Database, frontier: Frontier) -> None:
    frontier.seed([target("a")])
    (held,) = lease(frontier)
    frontier.commit([Outcome(held, "pending", "500", is_try=True, due_at=NOW + 5)])
    assert state(db, "a") == ("pending", 1, "500")
    (host,) = frontier.hosts.waiting([HOST])
    assert frontier.due_at(host.id) == NOW + 5
    assert lease(frontier) == []
    (again,) = lease(frontier, now=NOW + 6)
    assert again.tries == 1


def test_seeds_that_failed_are_tried_again_but_not_those_refused_for_good(
    db: Database, frontier: Frontier
) -> None:
    reasons = {"gone": "404", "slow": "DownloadTimeoutError", "busy": "503"}
    seeds = [target(name) for name in (*reasons, "robots", "fine")]
    frontier.seed(seeds)
    held = {one.url.rpartition("/")[2]: one for one in lease(frontier, 9)}
    outcomes = [
        Outcome(held[name], "failed", reason, is_try=True, due_at=NOW + 9, interval=9.0, errors=1)
        for name, reason in reasons.items()
    ]
    frontier.commit(
        [*outcomes, Outcome(held["robots"], "excluded", "robots.txt"), done(held["fine"])]
    )
    frontier.seed(seeds)
    states = {name: state(db, name)[:2] for name in held}
    assert states == {
        "gone": ("failed", 1),
        "slow": ("pending", 0),
        "busy": ("pending", 0),
        "robots": ("pending", 0),
        "fine": ("done", 0),
    }
    asked = {one.url.rpartition("/")[2] for one in lease(frontier, 9)}  # at once
    assert asked == {"slow", "busy", "robots"}


def test_pages_and_bytes_of_a_host_are_counted(db: Database, frontier: Frontier) -> None:
    frontier.seed([target("a")])
    (held,) = lease(frontier)
    first, second = page(held), replace(page(held), body=b"<p>another version</p>")
    for version in (first, second):
        frontier.commit([Outcome(held, "done", status=200, page=version, kind="article")])
        db.execute("UPDATE urls SET state = 'pending'")
        db.conn.commit()
        frontier.seed([target("other", 0.0)])
        (held,) = lease(frontier)
    row = db.execute("SELECT pages, bytes FROM hosts").fetchone()
    assert row == (1, len(first.body) + len(second.body))
    assert db.execute("SELECT count(*) FROM pages").fetchone() == (2,)


def test_failures_of_a_host_add_up_until_it_answers(db: Database, frontier: Frontier) -> None:
    frontier.seed([target("a"), target("b")])
    (held,) = lease(frontier)
    assert frontier.hosts.postpone(held.host_id, NOW, lambda failures: 10.0 * failures) == NOW + 10
    assert frontier.hosts.postpone(held.host_id, NOW, lambda failures: 10.0 * failures) == NOW + 20
    assert lease(frontier, now=NOW + 15) == []
    frontier.commit([done(held)])
    (host,) = frontier.hosts.waiting([HOST])
    assert host.failures == 0
    assert len(lease(frontier, now=NOW + 21)) == 1


def test_new_rules_give_excluded_urls_another_look(db: Database, frontier: Frontier) -> None:
    frontier.seed([target("a"), target("b")])
    first, second = lease(frontier, 2)
    (host,) = frontier.hosts.waiting([HOST]) or [None]
    assert host is None
    frontier.commit([Outcome(first, "excluded", "robots.txt"), Outcome(second, "pending")])
    (host,) = frontier.hosts.waiting([HOST])
    rules = "User-agent: *\nDisallow: /a"
    frontier.hosts.save_robots(host, 200, NOW, rules, 2.5, NOW)
    frontier.commit([])
    assert state(db, "a")[0] == "pending"  # rules were unknown before
    (held,) = lease(frontier)
    frontier.commit([Outcome(held, "excluded", "robots.txt")])
    frontier.hosts.save_robots(host, 200, NOW, rules, 2.5, NOW)
    assert state(db, "a")[0] == "excluded"
    frontier.hosts.save_robots(host, 503, NOW, None, None, NOW)
    assert frontier.hosts.robots(host.id) == rules  # what was read before holds on
    assert frontier.hosts.waiting([HOST])[0].crawl_delay == 2.5
    frontier.hosts.save_robots(host, 200, NOW, "", None, NOW)
    assert state(db, "a")[0] == "pending"
    assert frontier.hosts.waiting([HOST])[0].crawl_delay is None


class LeaseProtocol(RuleBasedStateMachine):
    """Runs that lease, settle, die and take over, in any order: each URL is saved exactly once."""

    def __init__(self) -> None:
        super().__init__()
        self.db = open_archive(":memory:")
        self.runs: list[tuple[Frontier, list[Lease]]] = []

    def teardown(self) -> None:
        self.db.close()

    @initialize()
    def seed(self) -> None:
        self.begin()
        self.runs[0][0].seed([target("0", depth=0)])

    def begin(self) -> None:
        self.runs.append((Frontier(self.db, run_of(self.db)), []))

    @rule(run=st.integers(0, 2), count=st.integers(1, 3))
    def lease(self, run: int, count: int) -> None:
        while len(self.runs) < 3:
            self.begin()
        frontier, held = self.runs[run]
        new = lease(frontier, count)
        others = {one.url for _, leases in self.runs for one in leases}
        assert not {one.url for one in new} & others
        held += new

    @rule(run=st.integers(0, 2), links=st.lists(st.integers(0, 12), max_size=3))
    def settle(self, run: int, links: list[int]) -> None:
        if run < len(self.runs) and self.runs[run][1]:
            frontier, held = self.runs[run]
            outcome = done(held.pop(), *(target(str(link)) for link in links))
            assert frontier.commit([outcome]).documents == 1

    @rule(run=st.integers(0, 2))
    def die(self, run: int) -> None:
        """The run's process ends; a new run takes its leases back, as all share one process here."""
        if run < len(self.runs):
            frontier, held = self.runs[run]
            lost = len(held)
            assert frontier.release() == lost
            self.runs[run] = (Frontier(self.db, run_of(self.db)), [])
            # A commit of the dead that comes late changes nothing.
            assert frontier.commit([done(one) for one in held]).pages == 0

    @invariant()
    def once(self) -> None:
        saved = [url for (url,) in self.db.execute("SELECT url FROM documents")]
        known = dict(self.db.execute("SELECT url, state FROM urls").fetchall())
        assert sorted(saved) == sorted(url for url, state in known.items() if state == "done")
        held = {one.url for _, leases in self.runs for one in leases}
        assert held == {url for url, state in known.items() if state == "leased"}


TestLeaseProtocol = LeaseProtocol.TestCase
TestLeaseProtocol.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)

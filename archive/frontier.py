"""The frontier: every known URL, its state, and who is fetching it.

It lies in the archive's file, so that one transaction commits a page, its documents, its links
and the state of its URL.  A URL is *leased* to a run, not taken out; the leases of a run whose
process has died go back.  Kill the program anywhere: what was not committed is leased again, and
what was committed is done (research/crawl.md, section 3d).

The pause between two requests to a host is kept here too: a lease reserves a time slot of its
host, so several processes on one archive keep the pause together.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf

import msgspec
from sqlite_utils import Database

from archive import forgotten, revisits
from archive.frontier_schema import migrations
from archive.hosts import Host, Hosts
from archive.leases import Committed, Lease, Outcome, Target
from archive.liveness import is_running
from archive.store import transaction
from archive.visits import record

__all__ = ["MANY", "Committed", "Frontier", "Lease", "Outcome", "Target"]

MANY = 2000
"""URLs made known in one transaction by a sitemap; its 50,000 would hold up other writers."""

SEEN = 20_000
"""URLs of late links that are kept in mind.  On the made site of benchmarks/crawl.py, where links repeat as in the menus
and lists of real ones, a page's commit took 0.85 ms with it and 1.2 ms without."""

CACHE = 8 * 1024 * 1024
"""Bytes of the archive that a crawl keeps in memory, where other commands keep 64 MB: each look at a million known URLs
is at another place, which no cache has, and the system's has it anyway."""


class Frontier:
    """The frontier of one run on an open archive."""

    def __init__(self, db: Database, run_id: int) -> None:
        self.db = db
        self.run_id = run_id
        self.topic_id: int | None = None
        """Of a crawl for similar articles; the hosts that it comes to are kept with it."""
        if migrations.pending(db):
            with transaction(db):
                migrations.apply(db)
        self.hosts = Hosts(db)
        db.execute(f"PRAGMA cache_size = -{CACHE // 1024}")
        self._host_ids: dict[str, int] = {}
        self._seen: dict[str, tuple[float, int]] = {}  # score and depth that the table has at least

    # -- filling ---------------------------------------------------------------------------

    def seed(self, targets: Iterable[Target]) -> None:
        """Make seeds known.  One that was excluded or failed is tried again, since it is asked
        for by name; one that a server has refused for good (a status of 400 to 499) is not."""
        targets = list(targets)
        with self._writing():
            self._add(targets)
            self._execute_many(
                """UPDATE urls SET state = 'pending', tries = 0, reason = NULL, depth = 0, redirects = 0, due_at = 0
                   WHERE url = ? AND (state = 'excluded' OR state = 'failed' AND reason NOT GLOB '4[0-9][0-9]')""",
                [(target.url,) for target in targets],
            )

    def add(self, targets: Sequence[Target], parent_id: int | None = None) -> None:
        """Make URLs known, in transactions of their own; again, if a kill comes between.

        ``parent_id``: the URL whose page names them.
        """
        for start in range(0, len(targets), MANY):
            with self._writing():
                self._add(targets[start : start + MANY], parent_id)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction; what is kept in mind of the tables is forgotten if it is rolled back."""
        try:
            with transaction(self.db):
                yield
        except BaseException:
            self._host_ids.clear()
            self._seen.clear()
            raise

    def _add(self, targets: Sequence[Target], parent_id: int | None = None) -> None:
        """Make URLs known; a better score, with its parts, or a shorter way to one that waits for its
        first visit is kept.  A revisit keeps its place, however many links lead to it.  What was forgotten
        is not made known again."""
        revisits.hint(self.db, targets)
        targets = forgotten.without(self.db, [t for t in targets if self._is_news(t)])
        rows = [
            (
                *(t.url, self._host_id(t.host), t.score, t.depth, t.redirects, t.kind, parent_id),
                msgspec.json.encode(t.why).decode() if t.why else None,
            )
            for t in targets
        ]
        self._execute_many(
            """INSERT INTO urls (url, host_id, score, depth, redirects, kind, parent_id, why)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (url) DO UPDATE SET
                   parent_id = iif(score < excluded.score, excluded.parent_id, parent_id),
                   why = iif(score < excluded.score, excluded.why, why),
                   score = max(score, excluded.score), depth = min(depth, excluded.depth)
               WHERE state = 'pending' AND interval IS NULL
               AND (score < excluded.score OR depth > excluded.depth)""",
            rows,
        )

    def _is_news(self, target: Target) -> bool:
        """Whether the table may have less of a URL than a link to it says."""
        score, depth = target.score, target.depth
        if (seen := self._seen.get(target.url)) is not None:
            if seen[0] >= score and seen[1] <= depth:
                return False
            score, depth = max(seen[0], score), min(seen[1], depth)
        if len(self._seen) >= SEEN:
            self._seen.clear()
        self._seen[target.url] = score, depth
        return True

    def _host_id(self, host: str) -> int:
        if host not in self._host_ids:
            self._execute("INSERT OR IGNORE INTO hosts (host) VALUES (?)", (host,))
            row = self._execute("SELECT id FROM hosts WHERE host = ?", (host,)).fetchone()
            self._host_ids[host] = row[0]
            if self.topic_id is not None:
                self._execute(
                    "INSERT OR IGNORE INTO topic_hosts VALUES (?, ?)", (self.topic_id, host)
                )
        return self._host_ids[host]

    # -- leasing ---------------------------------------------------------------------------

    def lease(
        self, host: Host, count: int, pause: float, now: float, horizon: float, floor: float = -inf,
        below: float | None = None,
    ) -> list[Lease]:  # fmt: skip
        """Up to ``count`` of a host's URLs of the best score, each with a time slot ``pause``
        seconds after the one before.  No slot lies ``horizon`` seconds or more after ``now``.

        None is leased if the best score is below ``floor``; and those below the best wait, since
        the best may bring links that are better still.  With ``below``, the best are those of at
        most this score: how a crawl explores what it thinks little of.
        """
        with transaction(self.db):
            row = self._execute("SELECT next_at FROM hosts WHERE id = ?", (host.id,)).fetchone()
            at = max(now, row[0])
            if pause > 0:
                count = min(count, max(0, -int((at - now - horizon) // pause)))
            elif at - now >= horizon:
                count = 0
            rows = self._execute(
                """UPDATE urls SET state = 'leased', run_id = ?1,
                       why = iif(?6 < 1e9, json_set(coalesce(why, '{}'), '$.explored', 1), why) WHERE id IN
                   (SELECT id FROM urls WHERE host_id = ?2 AND state = 'pending' AND due_at <= ?3
                    AND score <= ?6 AND score >= max(?5, (SELECT score FROM urls WHERE host_id = ?2
                        AND state = 'pending' AND due_at <= ?3 AND score <= ?6 ORDER BY score DESC LIMIT 1))
                    ORDER BY score DESC, id LIMIT ?4)
                   RETURNING id, url, score, depth, tries, redirects, kind, page_id, interval, errors,
                       etag, last_modified, body_hash, text_hash""",
                (self.run_id, host.id, now, count, floor, inf if below is None else below),
            ).fetchall()
            rows.sort()
            if rows:
                self._execute(
                    "UPDATE hosts SET next_at = ? WHERE id = ?", (at + len(rows) * pause, host.id)
                )
        return [
            Lease(
                id,
                url,
                host.id,
                host.host,
                score,
                depth,
                tries,
                redirects,
                at + number * pause,
                *seen,
            )
            for number, (id, url, score, depth, tries, redirects, *seen) in enumerate(rows)
        ]

    def best(self, host_id: int) -> str | None:
        """The URL of a host that is next in its queue."""
        row = self._execute(
            "SELECT url FROM urls WHERE host_id = ? AND state = 'pending' ORDER BY score DESC, id LIMIT 1",
            (host_id,),
        ).fetchone()
        return row and str(row[0])

    def due_at(self, host_id: int) -> float | None:
        """When (Unix seconds) the first waiting URL of a host may be fetched."""
        row = self._execute(
            "SELECT min(due_at) FROM urls WHERE host_id = ? AND state = 'pending'", (host_id,)
        ).fetchone()
        due: float | None = row[0]
        return due

    def leased_elsewhere(self, names: Collection[str]) -> int:
        """How many URLs of the hosts ``names`` other runs hold."""
        row = self._execute(
            """SELECT count(*) FROM urls WHERE state = 'leased' AND run_id <> ? AND host_id IN
               (SELECT id FROM hosts WHERE host IN (SELECT value FROM json_each(?)))""",
            (self.run_id, json.dumps(list(names))),
        ).fetchone()
        return int(row[0])

    def reclaim(self) -> int:
        """Take back the leases of runs whose process is gone; how many there were."""
        rows = self._execute(
            """SELECT id, pid, started_at, finished_at FROM runs WHERE id <> ? AND id IN
               (SELECT DISTINCT run_id FROM urls WHERE state = 'leased')""",
            (self.run_id,),
        ).fetchall()
        dead = [
            id
            for id, pid, started_at, finished_at in rows
            if finished_at or pid == os.getpid() or not is_running(pid, started_at)
        ]
        return sum(self._release(run_id) for run_id in dead)

    def release(self) -> int:
        """Give back what this run has leased and not settled; how many there were."""
        return self._release(self.run_id)

    def _release(self, run_id: int) -> int:
        with transaction(self.db):
            return self._execute(
                "UPDATE urls SET state = 'pending', run_id = NULL WHERE state = 'leased' AND run_id = ?",
                (run_id,),
            ).rowcount

    # -- settling --------------------------------------------------------------------------

    def commit(self, outcomes: Sequence[Outcome]) -> Committed:
        """Write what became of leases, in one transaction.

        The outcome of a lease that this run no longer holds is dropped: another run has the URL.
        """
        with self._writing():
            counts = [self._commit(outcome) for outcome in outcomes if self._settle(outcome)]
        return sum(counts, Committed())

    def _settle(self, outcome: Outcome) -> bool:
        return bool(
            self._execute(
                """UPDATE urls SET state = ?1, run_id = NULL, reason = ?2, tries = tries + ?3, due_at = ?4,
                       visited_at = coalesce(?5, visited_at),
                       errors = iif(?1 IN ('done', 'failed'), ?6, errors),
                       interval = iif(?1 IN ('done', 'failed'), ?7, interval)
                   WHERE id = ?8 AND state = 'leased' AND run_id = ?9""",
                (
                    *(outcome.state, outcome.reason, outcome.is_try, outcome.due_at),
                    *(outcome.visited_at, outcome.errors, outcome.interval),
                    *(outcome.lease.id, self.run_id),
                ),
            ).rowcount
        )

    def _commit(self, outcome: Outcome) -> Committed:
        """Links, page, document and visit of an outcome that is settled."""
        self._add(outcome.targets, outcome.lease.id)
        return record(self.db, self.run_id, outcome)

    # -- counting --------------------------------------------------------------------------

    def states(self, urls: Iterable[str]) -> dict[str, tuple[str, str | None]]:
        """State and reason of known URLs."""
        rows = self._execute(
            "SELECT url, state, reason FROM urls WHERE url IN (SELECT value FROM json_each(?))",
            (json.dumps(list(urls)),),
        )
        return {url: (state, reason) for url, state, reason in rows}

    def pending(self, names: Collection[str]) -> int:
        """How many URLs of the hosts ``names`` wait; quick, as the index of the queue tells."""
        row = self._execute(
            """SELECT count(*) FROM urls WHERE state = 'pending' AND host_id IN
               (SELECT id FROM hosts WHERE host IN (SELECT value FROM json_each(?)))""",
            (json.dumps(list(names)),),
        ).fetchone()
        return int(row[0])

    def counts(self, names: Collection[str]) -> dict[str, int]:
        """How many URLs of the hosts ``names`` are in each state."""
        rows = self._execute(
            """SELECT state, count(*) FROM urls WHERE host_id IN
               (SELECT id FROM hosts WHERE host IN (SELECT value FROM json_each(?))) GROUP BY state""",
            (json.dumps(list(names)),),
        )
        return dict(rows.fetchall())

    def _execute(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.db.conn.execute(sql, parameters)
        return cursor

    def _execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        self.db.conn.executemany(sql, rows)

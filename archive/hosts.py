"""The hosts of the frontier: their rules, their rests, their queues."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from archive.store import transaction


@dataclass(frozen=True, slots=True)
class Host:
    """What manners need to know of a host that has URLs to fetch."""

    id: int
    host: str
    crawl_delay: float | None  # seconds
    robots_status: int | None  # null: no answer yet
    robots_at: float | None  # Unix seconds; null: never asked
    next_at: float  # Unix seconds
    failures: int  # in a row
    pages: int  # each URL once
    bytes: int  # of all versions
    relevant: int = 0  # of the pages, those like the seeds
    documents: int = 0
    copies: int = 0  # of the documents, those that another host has too
    best: float = 0.0  # score of the URL that is next


class Hosts:
    """The table of hosts in an open archive."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def waiting(self, names: Collection[str]) -> list[Host]:
        """The hosts among ``names`` that have a URL to fetch, that with the best one first."""
        rows = self._execute(
            """SELECT * FROM (SELECT id, host, crawl_delay, robots_status, robots_at, next_at, failures, pages,
                   bytes, relevant, documents, copies, (SELECT score FROM urls WHERE host_id = hosts.id
                       AND state = 'pending' ORDER BY score DESC LIMIT 1) AS best
               FROM hosts WHERE host IN (SELECT value FROM json_each(?)))
               WHERE best IS NOT NULL ORDER BY best DESC, id""",
            (json.dumps(list(names)),),
        )
        return [Host(*row) for row in rows]

    def postpone(self, host_id: int, now: float, wait: Callable[[int], float]) -> float:
        """Count a failure of a host and leave it alone for ``wait(failures in a row)`` seconds;
        returns the time of its next request."""
        with transaction(self.db):
            (failures,) = self._execute(
                "UPDATE hosts SET failures = failures + 1 WHERE id = ? RETURNING failures",
                (host_id,),
            ).fetchone()
            (next_at,) = self._execute(
                "UPDATE hosts SET next_at = max(next_at, ?) WHERE id = ? RETURNING next_at",
                (now + wait(failures), host_id),
            ).fetchone()
        return float(next_at)

    def reserve(self, host_id: int, now: float, pause: float) -> float:
        """Take the next free time of a host, ``pause`` seconds long; its beginning, in Unix seconds."""
        with transaction(self.db):
            (next_at,) = self._execute(
                "UPDATE hosts SET next_at = max(next_at, ?1) + ?2 WHERE id = ?3 RETURNING next_at - ?2",
                (now, pause, host_id),
            ).fetchone()
        return float(next_at)

    def exclude(self, host_id: int, reason: str) -> None:
        """Fetch nothing more of a host."""
        with transaction(self.db):
            self._execute(
                "UPDATE urls SET state = 'excluded', reason = ? WHERE host_id = ? AND state = 'pending'",
                (reason, host_id),
            )

    def robots(self, host_id: int) -> str | None:
        """The host's robots.txt as last read."""
        row = self._execute("SELECT robots FROM hosts WHERE id = ?", (host_id,)).fetchone()
        text: str | None = row[0]
        return text

    def save_robots(
        self, host: Host, status: int | None, at: float, text: str | None, crawl_delay: float | None,
        next_at: float,
    ) -> None:  # fmt: skip
        """Keep a host's robots.txt, or that it could not be had (``text`` None: what was read
        before stays).  New rules give the URLs that the old ones had excluded another look."""
        with transaction(self.db):
            if text is not None and text != self.robots(host.id):
                self._execute(
                    """UPDATE urls SET state = 'pending', reason = NULL
                       WHERE host_id = ? AND state = 'excluded' AND reason = 'robots.txt'""",
                    (host.id,),
                )
            self._execute(
                """UPDATE hosts SET robots = coalesce(?1, robots), robots_status = ?2, robots_at = ?3,
                   crawl_delay = iif(?1 IS NULL, crawl_delay, ?4), next_at = max(next_at, ?5)
                   WHERE id = ?6""",
                (text, status, at, crawl_delay, next_at, host.id),
            )

    def _execute(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.db.conn.execute(sql, parameters)
        return cursor

"""Visiting known URLs again: which are due, and what hints at a change."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from sqlite_utils import Database

from archive.leases import Target
from archive.store import transaction

BATCH = 2000
"""URLs woken in one transaction, some 30 ms; other writers are promised half a second."""

HINTED = 0.25
"""Part of its interval after which a URL may be visited again when a sitemap or a feed says that it has
changed since.  Many sites write today's date on all they have, so a hint makes a visit earlier, by
a bounded number of requests, and never makes one by itself."""


def wake(db: Database, names: Collection[str], now: float, first: float, later: float) -> int:
    """Put the URLs of the hosts ``names`` that are due at ``now`` into the queue; how many.

    Lists, feeds and sitemaps, which bring new articles, get the score ``first``, all others the
    score ``later``.  A URL in the queue stays there when the process dies.
    """
    total = 0
    while True:
        with transaction(db):
            woken = db.conn.execute(
                """UPDATE urls SET state = 'pending', reason = NULL, tries = 0,
                       score = iif(kind IN ('list', 'feed', 'sitemap'), ?1, ?2)
                   WHERE id IN (SELECT id FROM urls INDEXED BY urls_due
                       WHERE interval IS NOT NULL AND state IN ('done', 'failed') AND due_at <= ?3
                       AND host_id IN (SELECT id FROM hosts WHERE host IN (SELECT value FROM json_each(?4)))
                       LIMIT ?5)""",
                (first, later, now, json.dumps(list(names)), BATCH),
            ).rowcount
        total += woken
        if woken < BATCH:
            return total


def hint(db: Database, targets: Iterable[Target]) -> None:
    """Make visits earlier where a target is said to have changed since the last one.  Call it inside
    a transaction."""
    db.conn.executemany(
        """UPDATE urls SET due_at = min(due_at, visited_at + ? * interval)
           WHERE url = ? AND state = 'done' AND visited_at < ?""",
        [(HINTED, t.url, t.changed_at) for t in targets if t.changed_at is not None],
    )


def earlier_seeds(db: Database) -> list[str]:
    """The seeds of all crawls of the archive, in their order, each once."""
    rows = db.execute(
        """SELECT seed.value FROM runs, json_each(runs.settings, '$.seeds') AS seed
           WHERE runs.command = 'crawl' ORDER BY runs.id, seed.key"""
    )
    return list(dict.fromkeys(str(seed) for (seed,) in rows))

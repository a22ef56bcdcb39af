"""What the frontier adds to the archive's tables, as migrations of its own.  One that has landed is
never edited."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("frontier")


@migrations()
def m001_queue(db: Database) -> None:
    """The queue of one host in order of score; the leases; the length of a chain of redirects."""
    db.executescript(
        """
        ALTER TABLE urls ADD COLUMN redirects INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX urls_pending ON urls (host_id, score DESC, id) WHERE state = 'pending';
        CREATE INDEX urls_leased ON urls (run_id) WHERE state = 'leased';
        """
    )


@migrations()
def m002_revisits(db: Database) -> None:
    """When a URL is visited again, and by what a change is told.

    ``kind``: article, list, feed, sitemap.  ``interval``: seconds from the last visit to the next; null
    before the first visit, and where there is to be none.  ``errors``: failed visits in a row.
    ``body_hash`` is of the bytes last seen, ``text_hash`` of what they said: 16 bytes each.

    Pages that were fetched before are due at once.
    """
    db.executescript(
        """
        ALTER TABLE urls ADD COLUMN kind TEXT;
        ALTER TABLE urls ADD COLUMN visited_at REAL;
        ALTER TABLE urls ADD COLUMN interval REAL;
        ALTER TABLE urls ADD COLUMN errors INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE urls ADD COLUMN body_hash BLOB;
        ALTER TABLE urls ADD COLUMN text_hash BLOB;
        UPDATE urls SET interval = 86400 WHERE state = 'done' AND page_id IS NOT NULL;
        CREATE INDEX urls_due ON urls (due_at) WHERE interval IS NOT NULL AND state IN ('done', 'failed');
        """
    )


@migrations()
def m003_host_bytes(db: Database) -> None:
    """Bytes of a host's pages as they were received, all versions; ``pages`` counts each URL once."""
    db.executescript(
        """
        ALTER TABLE hosts ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
        UPDATE hosts SET bytes = (SELECT coalesce(sum(p.size), 0)
            FROM urls u JOIN pages p ON p.id = u.page_id WHERE u.host_id = hosts.id);
        """
    )


@migrations()
def m004_why(db: Database) -> None:
    """Why a URL is known and has its score, and what was found there.

    ``parent_id``: the URL whose page led to it with that score.  ``why``: the parts of the score, as a
    JSON object.  ``relevance``: how much the page is like the seeds of a crawl for similar ones, 0 to 1.
    Of hosts: pages that were relevant, documents, and those of them that are copies of other hosts'.
    ``variant``: null for a plain visit, else how the request differed from one.

    A topic is what seeds of similar crawls ask for; its hosts are those that it has led to.
    """
    db.executescript(
        """
        ALTER TABLE urls ADD COLUMN parent_id INTEGER REFERENCES urls (id);
        ALTER TABLE urls ADD COLUMN why TEXT;
        ALTER TABLE urls ADD COLUMN relevance REAL;
        ALTER TABLE hosts ADD COLUMN relevant INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE hosts ADD COLUMN documents INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE hosts ADD COLUMN copies INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE fetches ADD COLUMN variant TEXT;
        CREATE INDEX urls_page ON urls (page_id) WHERE page_id IS NOT NULL;
        CREATE TABLE topics (id INTEGER PRIMARY KEY, seeds TEXT NOT NULL UNIQUE) STRICT; -- JSON list
        CREATE TABLE topic_hosts (
            topic_id INTEGER NOT NULL REFERENCES topics (id),
            host TEXT NOT NULL, PRIMARY KEY (topic_id, host)
        ) STRICT, WITHOUT ROWID;
        """
    )

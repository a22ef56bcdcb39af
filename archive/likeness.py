"""Documents by what they are about, for a crawl that looks for more of the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlite_utils import Database

from archive.indexing import fold_of

HOPS = 5
"""Redirects that are followed from a URL to its text; a crawl follows as many."""


def documents_with(db: Database, words: Sequence[str], limit: int) -> list[int]:
    """The documents that have most of some words of two characters, the best first (BM25)."""
    fold = fold_of(db.conn)
    query = " OR ".join(f'"{fold(word)}"' for word in words if '"' not in word)
    if not query:
        return []
    rows = db.execute(
        "SELECT rowid FROM documents_fts WHERE documents_fts MATCH ? ORDER BY rank LIMIT ?",
        [query, limit],
    )
    return [int(number) for (number,) in rows]


def text_of(db: Database, document_id: int) -> str | None:
    """Title and clean text of a document, None where there is none of this id."""
    row = db.execute("SELECT title, text FROM documents WHERE id = ?", [document_id]).fetchone()
    return f"{row[0] or ''}\n{row[1]}" if row else None


def text_at(db: Database, url: str) -> str | None:
    """Title and clean text of the document at a URL, after its redirects; None where there is none yet."""
    for _ in range(HOPS + 1):
        row = db.execute(
            """SELECT u.reason, (SELECT id FROM documents d WHERE d.page_id = u.page_id ORDER BY id LIMIT 1),
               u.kind FROM urls u WHERE url = ?""",
            [url],
        ).fetchone()
        if row is None:
            return None
        reason, document_id, kind = row
        if document_id is not None:
            return text_of(db, document_id) if kind == "article" else None
        if not (reason or "").startswith("redirect to "):
            return None
        url = reason.removeprefix("redirect to ")
    return None


def links_of(db: Database, document_id: int) -> Iterator[tuple[str, str, str | None]]:
    """Address, words and kind of a document's links, its own address with its title first."""
    for url, title in db.execute(
        "SELECT url, title FROM documents WHERE id = ? AND url IS NOT NULL", [document_id]
    ):
        yield url, title or "", None
    for url, text, kind in db.execute(
        "SELECT url, text, kind FROM links WHERE document_id = ? AND url IS NOT NULL ORDER BY position",
        [document_id],
    ).fetchall():
        yield url, text, kind


def learned_texts(db: Database, least: float, limit: int) -> list[str]:
    """The texts of pages that a crawl found to be similar by at least so much, the newest first."""
    rows = db.execute(
        """SELECT d.title, d.text FROM urls u JOIN documents d ON d.page_id = u.page_id
           WHERE u.relevance >= ? ORDER BY u.id DESC LIMIT ?""",
        [least, limit],
    )
    return [f"{title or ''}\n{text}" for title, text in rows]


def judged(db: Database, hosts: Sequence[str], least: float) -> Iterator[tuple[str, bool]]:
    """The URLs of some hosts whose pages were judged, and whether they were similar."""
    rows = db.execute(
        """SELECT url, relevance >= ? FROM urls WHERE relevance IS NOT NULL AND host_id IN
           (SELECT id FROM hosts WHERE host IN (SELECT value FROM json_each(?)))""",
        [least, json.dumps(list(hosts))],
    )
    return ((url, bool(is_relevant)) for url, is_relevant in rows)


def topic_of(db: Database, seeds: Sequence[str]) -> tuple[int, list[str]]:
    """The id of the topic that seeds ask for, which is made if it is new, and the hosts it has led to.
    Call it inside a transaction."""
    name = json.dumps(sorted(seeds), ensure_ascii=False)
    db.execute("INSERT OR IGNORE INTO topics (seeds) VALUES (?)", [name])
    (number,) = db.execute("SELECT id FROM topics WHERE seeds = ?", [name]).fetchone()
    hosts = db.execute("SELECT host FROM topic_hosts WHERE topic_id = ?", [number])
    return int(number), [host for (host,) in hosts]

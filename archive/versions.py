"""The versions of a URL: what it said when, and how often it was found unchanged."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a URL.  ``visits``: later ones that found it as it was, the last at ``last_seen``."""

    page_id: int
    document_id: int | None
    fetched_at: str
    last_seen: str
    visits: int
    size: int  # bytes
    title: str | None
    chars: int | None


def versions_of(db: Database, document_id: int) -> list[Version]:
    """All versions of the URL that a document's page is of, oldest first; none where it has no page."""
    rows = db.execute(
        """SELECT p.id, d.id, p.fetched_at, max(p.fetched_at, coalesce(max(f.fetched_at), '')),
               count(f.id) FILTER (WHERE f.fetched_at > p.fetched_at), p.size, d.title, d.chars
           FROM documents own JOIN pages mine ON mine.id = own.page_id
           JOIN pages p ON p.id = mine.id OR p.url = mine.url
           LEFT JOIN documents d ON d.id = (SELECT min(id) FROM documents WHERE page_id = p.id)
           LEFT JOIN fetches f ON f.page_id = p.id
           WHERE own.id = ? GROUP BY p.id ORDER BY p.fetched_at, p.id""",
        [document_id],
    )
    return [Version(*row) for row in rows]

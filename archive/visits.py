"""What a visit of a URL leaves in the archive, beside the URL's own state."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlite_utils import Database

from archive.forgotten import is_forgotten
from archive.leases import Committed, Outcome
from archive.store import save_document, save_page

MEMBERS = 100
"""Copies of a document whose hosts are looked at."""


def record(db: Database, run_id: int, outcome: Outcome) -> Committed:
    """Keep page, document and visit of an outcome that is settled.  Call it inside a transaction.

    What was forgotten, and comes again under another URL, is not kept."""
    lease = outcome.lease
    if is_forgotten(db, outcome.page, outcome.document):
        return Committed()
    page_id, has_document = lease.page_id, False
    if outcome.page is not None:
        page_id = save_page(db, outcome.page, run_id)
        known = db.execute("SELECT 1 FROM documents WHERE page_id = ?", [page_id]).fetchone()
        has_document = outcome.document is not None
        if outcome.document is not None and not known:
            document_id = save_document(db, outcome.document, run_id, page_id=page_id)
            if lease.page_id is None:
                _count_document(db, lease.host_id, lease.host, document_id)
    if outcome.is_read:
        db.execute(
            """UPDATE urls SET page_id = ?, etag = ?, last_modified = ?, kind = ?, body_hash = ?,
                   text_hash = ?, relevance = coalesce(?, relevance) WHERE id = ?""",
            [
                *(page_id, outcome.etag, outcome.last_modified, outcome.kind),
                *(outcome.body_hash, outcome.text_hash, outcome.relevance, lease.id),
            ],
        )
    is_page = outcome.page is not None
    is_first = is_page and lease.page_id is None
    if outcome.status is not None and not outcome.is_try:
        size = len(outcome.page.body) if outcome.page is not None else 0
        db.execute(
            "UPDATE hosts SET pages = pages + ?, bytes = bytes + ?, relevant = relevant + ?, failures = 0"
            " WHERE id = ?",
            [is_first, size, is_first and outcome.is_relevant, lease.host_id],
        )
    if outcome.fetched_at is not None:
        shown = page_id if outcome.is_read else None
        _visit(db, outcome, run_id, outcome.fetched_at, outcome.status, shown)
    variant = outcome.variant
    if variant is not None and not is_forgotten(db, variant.page, variant.document):
        other = save_page(db, variant.page, run_id)
        if variant.document is not None:
            save_document(db, variant.document, run_id, page_id=other)
        page = variant.page
        _visit(db, outcome, run_id, page.fetched_at, page.status, other, variant.name)
    return Committed(
        pages=is_page,
        documents=is_page and has_document,
        failed=outcome.state == "failed",
        changed=is_page and lease.page_id is not None and page_id != lease.page_id,
        unchanged=outcome.is_unchanged or (is_page and page_id == lease.page_id),
        relevant=is_first and outcome.is_relevant,
    )


def _visit(
    db: Database, outcome: Outcome, run_id: int, at: str, status: int | None, page_id: int | None,
    variant: str | None = None,
) -> None:  # fmt: skip
    db.execute(
        "INSERT INTO fetches (url_id, run_id, fetched_at, status, page_id, variant) VALUES (?, ?, ?, ?, ?, ?)",
        [outcome.lease.id, run_id, at, status, page_id, variant],
    )


def _count_document(db: Database, host_id: int, host: str, document_id: int) -> None:
    """Count a new document of a host, and whether another host has the same; so has that one, then."""
    others = {
        urlsplit(url).netloc
        for (url,) in db.execute(
            """SELECT o.url FROM documents d JOIN documents o ON o.cluster_id = d.cluster_id
               WHERE d.id = ? AND o.id <> d.id AND o.url IS NOT NULL LIMIT ?""",
            [document_id, MEMBERS],
        )
    } - {host}
    db.execute(
        "UPDATE hosts SET documents = documents + 1, copies = copies + ? WHERE id = ?",
        [bool(others), host_id],
    )
    if len(others) == 1:  # more: it was known to be a copy before
        db.execute("UPDATE hosts SET copies = copies + 1 WHERE host = ?", [*others])

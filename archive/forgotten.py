"""What was taken out of an archive and is not to be collected again, known by hashes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from archive.leases import Target
from archive.pages import Page
from archive.runs import now
from cleaning.document import Document


def is_forgotten(db: Database, page: Page | None, document: Document | None) -> bool:
    """Whether the URL, the bytes or the text as read is one that was forgotten."""
    if _is_empty(db):
        return False
    hashes = []
    if page is not None:
        hashes.append(hashlib.sha256(page.body).hexdigest())
    if document is not None:
        hashes.append(document.raw_sha256)
    urls = (one.url for one in (page, document) if one is not None and one.url)
    return bool(_known(db, [*hashes, *map(url_hash, urls)]))


def without(db: Database, targets: Sequence[Target]) -> Sequence[Target]:
    """The targets whose URL was not forgotten."""
    if _is_empty(db):
        return targets
    hashes = {target.url: url_hash(target.url) for target in targets}
    known = _known(db, hashes.values())
    return [target for target in targets if hashes[target.url] not in known]


def keep(db: Database, kind: str, hashes: Iterable[str]) -> None:
    """Remember hashes of URLs (``url``), bytes (``page``) or texts as read (``document``)."""
    db.conn.executemany(
        "INSERT OR IGNORE INTO forgotten VALUES (?, ?, ?)", ((one, kind, now()) for one in hashes)
    )


def url_hash(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def _is_empty(db: Database) -> bool:
    return db.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone() is None


def _known(db: Database, hashes: Iterable[str]) -> set[str]:
    return {
        one
        for one in hashes
        if db.execute("SELECT 1 FROM forgotten WHERE sha256 = ?", [one]).fetchone()
    }

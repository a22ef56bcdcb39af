"""``shiyi forget``: a text is deleted everywhere in the file, and not collected again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from archive import forgotten, indexing
from archive.changes import drop_unused_changes
from archive.errors import explained, path_of
from archive.showing import document_id
from archive.store import transaction

EMPTY_TEXT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing, which many pages have in common: forgetting one of them says nothing of the others."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went.  ``copies``: documents of nearly the same text that are still there.  ``is_clean``: False
    where a reader kept the write-ahead log, which may hold the text until it has finished."""

    documents: int
    pages: int
    copies: tuple[int, ...]
    is_clean: bool

    def lines(self) -> Iterator[str]:
        yield f"{self.documents} documents and {self.pages} pages forgotten"
        if self.copies:
            numbers = ", ".join(map(str, self.copies[:20]))
            yield f"{len(self.copies)} copies are still there (--copies takes them too): {numbers}"
        if not self.is_clean:
            yield "another program reads the archive: the text stays in its -wal file until that has finished"


def forget(db: Database, what: str, *, copies: bool = False) -> Forgotten:
    """Delete a URL, or a document and all versions of its URL; ``copies``: its whole cluster as well.

    A URL that the archive does not know is only kept from being collected.  Raises ArchiveError where there
    is no document of an id, and where another program holds the archive.
    """
    urls, documents = _meant(db, what)
    documents |= _of_urls(db, urls)
    if copies:
        documents |= _copies(db, documents)
        urls |= _urls(db, documents)
        documents |= _of_urls(db, urls)
    pages = _pages(db, urls, documents)
    left = _copies(db, documents) - documents
    path = path_of(db)
    with explained(path):
        db.execute("PRAGMA secure_delete = ON").fetchall()
    with transaction(db):
        _keep_hashes(db, urls, documents, pages)
        _delete(db, urls, documents, pages)
        drop_unused_changes(db)
        # a model of the text that is gone, and counts of lines of stopped runs, hold pieces of it
        db.execute("DELETE FROM models")
        db.execute("DELETE FROM meta WHERE name LIKE 'site_lines %'")
        # until its segments are merged, the index keeps the words of what was deleted
        db.execute("INSERT INTO documents_fts (documents_fts) VALUES ('optimize')")
    with explained(path):
        db.execute("VACUUM")
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return Forgotten(len(documents), len(pages), tuple(sorted(left)), not busy)


def _meant(db: Database, what: str) -> tuple[set[str], set[int]]:
    if "://" in what:
        return {what}, set()
    number = document_id(db, what)
    return _urls(db, {number}), {number}


def _urls(db: Database, documents: set[int]) -> set[str]:
    found = set()
    for number in documents:
        found.update(
            db.execute(
                "SELECT d.url, p.url FROM documents d LEFT JOIN pages p ON p.id = d.page_id WHERE d.id = ?",
                [number],
            ).fetchone()
        )
    return {url for url in found if url}


def _of_urls(db: Database, urls: set[str]) -> set[int]:
    return {
        row[0]
        for url in urls
        for row in db.execute(
            "SELECT id FROM documents WHERE url = ?1"
            " OR page_id IN (SELECT id FROM pages WHERE url = ?1)",
            [url],
        )
    }


def _copies(db: Database, documents: set[int]) -> set[int]:
    return {
        row[0]
        for number in documents
        for row in db.execute(
            "SELECT id FROM documents WHERE cluster_id ="
            " (SELECT cluster_id FROM documents WHERE id = ?)",
            [number],
        )
    }


def _pages(db: Database, urls: set[str], documents: set[int]) -> set[int]:
    """The pages of the URLs, and those that no other document is of."""
    found = {row[0] for url in urls for row in db.execute("SELECT id FROM pages WHERE url = ?", [url])}  # fmt: skip
    for number in documents:
        (page_id,) = db.execute("SELECT page_id FROM documents WHERE id = ?", [number]).fetchone()
        others = db.execute("SELECT id FROM documents WHERE page_id = ?", [page_id])
        if page_id is not None and all(row[0] in documents for row in others):
            found.add(page_id)
    return found


def _keep_hashes(db: Database, urls: set[str], documents: set[int], pages: set[int]) -> None:
    def hashes(table: str, column: str, ids: set[int]) -> set[str]:
        sql = f"SELECT {column} FROM {table} WHERE id = ?"
        return {db.execute(sql, [number]).fetchone()[0] for number in ids} - {EMPTY_TEXT}

    forgotten.keep(db, "url", map(forgotten.url_hash, sorted(urls)))
    forgotten.keep(db, "document", hashes("documents", "raw_sha256", documents))
    forgotten.keep(db, "page", hashes("pages", "sha256", pages))


def _delete(db: Database, urls: set[str], documents: set[int], pages: set[int]) -> None:
    for number in documents:
        indexing.remove(db, number)
        for table in ("edit_log", "field_log", "labels", "links", "restore_queue"):
            db.execute(f"DELETE FROM {table} WHERE document_id = ?", [number])
        with indexing.without_triggers(db):
            db.execute("DELETE FROM documents WHERE id = ?", [number])
    for page_id in pages:
        db.execute("UPDATE fetches SET page_id = NULL WHERE page_id = ?", [page_id])
        db.execute("UPDATE urls SET page_id = NULL WHERE page_id = ?", [page_id])
        db.execute("DELETE FROM pages WHERE id = ?", [page_id])
    for url in urls:
        db.execute("DELETE FROM fetches WHERE url_id IN (SELECT id FROM urls WHERE url = ?)", [url])
        if "parent_id" in db.table("urls").columns_dict:  # a crawl has been here
            db.execute(
                "UPDATE urls SET parent_id = NULL WHERE parent_id = (SELECT id FROM urls WHERE url = ?)",
                [url],
            )
        db.execute("DELETE FROM urls WHERE url = ?", [url])

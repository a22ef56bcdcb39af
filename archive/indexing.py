"""Keeping the full-text index in step with the documents, faster than the triggers can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from archive import fold
from archive.index import bigrams, index_title
from archive.search_schema import write_zh_map


def is_current(db: Database) -> bool:
    """Whether the archive is indexed with this program's fold."""
    row = db.execute("SELECT value FROM meta WHERE name = 'zh_map'").fetchone()
    return row is not None and row[0] == fold.version()


def add(db: Database, document_id: int) -> None:
    """Index a document that the index does not have."""
    _write(db, "INSERT INTO documents_fts (rowid, title, text) ", document_id)


def remove(db: Database, document_id: int) -> None:
    """Take a document out of the index; its row must still be what was indexed."""
    _write(
        db,
        "INSERT INTO documents_fts (documents_fts, rowid, title, text) ",
        document_id,
        "'delete', ",
    )


def _write(db: Database, insert: str, document_id: int, command: str = "") -> None:
    if is_current(db):
        row = db.execute("SELECT title, text FROM documents WHERE id = ?", [document_id]).fetchone()
        tokens = [document_id, index_title(row[0]), bigrams(row[1])]
        db.execute(f"{insert}VALUES ({command}?, ?, ?)", tokens)
    else:  # another version's fold: the archive's own SQL knows it
        db.execute(
            f"{insert}SELECT {command}id, title, text FROM documents_bigrams WHERE id = ?",
            [document_id],
        )


@contextmanager
def without_triggers(db: Database) -> Iterator[None]:
    """A block, inside a transaction, that indexes what it changes itself."""
    db.execute("INSERT INTO meta VALUES ('indexing', '')")
    yield
    db.execute("DELETE FROM meta WHERE name = 'indexing'")


def reindex(db: Database) -> int:
    """Index all documents anew with this program's fold, inside a transaction; how many."""
    db.execute("INSERT INTO documents_fts (documents_fts) VALUES ('delete-all')")
    write_zh_map(db)
    ids = [row[0] for row in db.execute("SELECT id FROM documents ORDER BY id")]
    for document_id in ids:
        add(db, document_id)
    return len(ids)

"""Keeping the full-text index in step with the documents, faster than the triggers can."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from archive.fold import Fold, fold, fold_by, version
from archive.index import bigrams, index_title
from archive.search_schema import write_zh_map

_folds: dict[str, Fold] = {version(): fold}


def fold_of(connection: sqlite3.Connection) -> Fold:
    """The fold that an archive is indexed with: this program's, or that of its table ``zh_map``."""
    (used,) = connection.execute("SELECT value FROM meta WHERE name = 'zh_map'").fetchone()
    if used not in _folds:
        rows = connection.execute("SELECT character, folded FROM zh_map")
        _folds[used] = fold_by(dict(map(tuple, rows)))
    return _folds[used]


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
    fold = fold_of(db.conn)
    title, text = db.execute(
        "SELECT title, text FROM documents WHERE id = ?", [document_id]
    ).fetchone()
    tokens = [document_id, index_title(title, fold), bigrams(text, fold)]
    db.execute(f"{insert}VALUES ({command}?, ?, ?)", tokens)


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

"""Keeping the full-text index in step with the documents, faster than the triggers can."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlite_utils import Database

from archive.fold import Fold, fold, fold_by, version
from archive.index import bigrams, index_fields
from archive.search_schema import write_zh_map

_folds: dict[str, Fold] = {version(): fold}


def fold_of(connection: sqlite3.Connection) -> Fold:
    """The fold that an archive is indexed with: this program's, or that of its table ``zh_map``."""
    (used,) = connection.execute("SELECT value FROM meta WHERE name = 'zh_map'").fetchone()
    if used not in _folds:
        rows = connection.execute("SELECT character, folded FROM zh_map")
        _folds[used] = fold_by(dict(map(tuple, rows)))
    return _folds[used]


INDEXED = ("title", "text", "site", "host", "date", "damage")
"""The columns of documents that the index is made of."""


_waiting: dict[int, list[tuple[str, list[Any]]]] = {}
"""By connection, what is to be written to the index at the end of its transaction."""

_ADD = "INSERT INTO documents_fts (rowid, text, title, fields) VALUES (?, ?, ?, ?)"
_REMOVE = (
    "INSERT INTO documents_fts (documents_fts, rowid, text, title, fields)"
    " VALUES ('delete', ?, ?, ?, ?)"
)


@contextmanager
def at_the_end(db: Database) -> Iterator[None]:
    """A block, inside a transaction, that indexes its documents at its end, one after another.  Until then
    no other SQL may take them out.

    FTS5 gathers what it is given in memory, and writes it out whenever SQLite opens a savepoint, as it does
    for each statement of several rows or with triggers.  Between the other rows of documents every one
    would become a segment of its own, to be merged again and again: that takes three times as long.
    """
    waiting = _waiting[id(db.conn)] = []
    try:
        yield
        for statement, values in waiting:
            db.execute(statement, values)
    finally:
        del _waiting[id(db.conn)]


def _write(db: Database, statement: str, values: list[Any]) -> None:
    waiting = _waiting.get(id(db.conn))
    if waiting is None:
        db.execute(statement, values)
    else:
        waiting.append((statement, values))


def tokens(
    fold: Fold,
    title: str | None,
    text: str | None,
    site: str | None,
    host: str | None,
    date: str | None,
    damage: str | None,
) -> tuple[str, str, str]:
    """The three columns of the index for the values of INDEXED."""
    fields = index_fields(fold, site, host, date, damage)
    return bigrams(text or "", fold), bigrams(title or "", fold), fields


def add(db: Database, document_id: int, *values: Any) -> None:
    """Index a document that the index does not have; ``values``: those of INDEXED."""
    _write(db, _ADD, [document_id, *tokens(fold_of(db.conn), *values)])


def remove(db: Database, document_id: int) -> None:
    """Take a document out of the index; its row must still be what was indexed."""
    values = db.execute(
        f"SELECT {', '.join(INDEXED)} FROM documents WHERE id = ?", [document_id]
    ).fetchone()
    _write(db, _REMOVE, [document_id, *tokens(fold_of(db.conn), *values)])


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
    count = 0
    for document_id, *values in db.execute(
        f"SELECT id, {', '.join(INDEXED)} FROM documents ORDER BY id"
    ):
        db.execute(_ADD, [document_id, *tokens(fold, *values)])
        count += 1
    return count

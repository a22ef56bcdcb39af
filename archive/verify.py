"""``shiyi verify``: whether an archive still holds what was read, and can be searched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from archive import copies, indexing
from archive.copies_schema import CHECKS as COPIES_CHECKS
from archive.damage import damages_of, host_of
from archive.damage_schema import CHECKS as COUNTS_CHECKS
from archive.errors import ArchiveError
from archive.fold import version, zh_map
from archive.records import storable
from archive.store import load_body, load_document, open_archive
from cleaning.document import Edit, FieldEdit


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the table, the row's id where one row is meant, and what it is."""

    table: str
    id: int | None
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.id}: {self.what}" if self.id else f"{self.table}: {self.what}"


def verify(db: Database) -> Iterator[Problem]:
    """Everything that is wrong with an archive, each by name; a sound archive has nothing.

    Reads the whole archive and writes nothing.  Checks SQLite's own structure, every document
    against the hash of the text that was read, every page against that of its bytes, the counts
    and spans, the index of each document against its text, and the clusters of copies.
    """
    expected: type[Exception] = sqlite3.DatabaseError
    for check in (
        _structure,
        _schema,
        _pages,
        _documents,
        _labels,
        _counts,
        _index,
        _copies,
        _runs,
    ):
        try:
            for problem in check(db):
                if problem.table == "database":
                    expected = Exception  # rows of a damaged file may hold anything
                yield problem
        except expected as error:
            expected = Exception
            yield Problem("database", None, f"the {check.__name__[1:]} cannot be read: {error}")


def _structure(db: Database) -> Iterator[Problem]:
    for (line,) in db.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield Problem("database", None, line)
    for table, rowid, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield Problem(table, rowid, f"refers to a row of {parent} that is not there")


def _schema(db: Database) -> Iterator[Problem]:
    """Compare tables, indexes, views and triggers with those of a new archive."""
    found, expected = _definitions(db), _definitions(open_archive(":memory:"))
    for key, definition in expected.items():
        if key not in found:
            yield Problem(key[1], None, "is missing")
        elif not definition <= found[key]:
            yield Problem(key[1], None, "is not what this version makes")


def _definitions(db: Database) -> dict[tuple[str, str], set[str]]:
    """What an archive consists of: of a table its columns, which a crawl adds some to, else the SQL."""
    found = {}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql <> ''"):
        columns = db.execute("SELECT name FROM pragma_table_info(?)", [name])
        found[kind, name] = (
            {row[0] for row in columns} if kind == "table" else {" ".join(sql.split())}
        )
    return found


def _counts(db: Database) -> Iterator[Problem]:
    for table, wrong in COUNTS_CHECKS:
        for (name,) in db.execute(wrong):
            yield Problem(table, None, f"counts {name} wrongly")


def _pages(db: Database) -> Iterator[Problem]:
    for (page_id,) in _all(
        db, "SELECT id FROM pages WHERE body IS NOT NULL AND id > ? ORDER BY id"
    ):
        try:
            load_body(db, page_id)
        except ArchiveError as error:
            yield Problem("pages", page_id, _reason(error))
    for (page_id,) in _all(
        db, "SELECT id FROM pages WHERE body IS NULL AND file IS NULL AND id > ? ORDER BY id"
    ):
        yield Problem("pages", page_id, "has neither a body nor a file that holds it")


def _documents(db: Database) -> Iterator[Problem]:
    for (document_id,) in _all(db, "SELECT id FROM documents WHERE id > ? ORDER BY id"):
        try:
            yield from _document(db, document_id)
        except ArchiveError as error:
            yield Problem("documents", document_id, _reason(error))
        except sqlite3.DatabaseError as error:
            yield Problem("documents", document_id, str(error))


def _document(db: Database, document_id: int) -> Iterator[Problem]:
    document = load_document(db, document_id)
    edits: list[Edit | FieldEdit] = [*document.edits, *document.field_edits]
    damages = damages_of((e.kind for e in edits), (label.kind for label in document.labels))
    real = {
        "chars": len(document.text),
        "edit_count": sum(repaired for _, repaired, _ in damages),
        "label_count": len(document.labels),
        "damage": " ".join(kind for kind, _, _ in damages) or None,
        "host": storable(host_of(document.url)),
    }
    text, *stored = db.execute(
        f"SELECT text, {', '.join(real)} FROM documents WHERE id = ?", [document_id]
    ).fetchone()
    for (name, value), shown in zip(real.items(), stored, strict=True):
        if shown != value:
            yield Problem("documents", document_id, f"{name} is {shown}, but it has {value}")
    counted = db.execute(
        'SELECT kind, repaired, "left" FROM damages WHERE document_id = ? ORDER BY kind',
        [document_id],
    ).fetchall()
    if counted != damages:
        yield Problem("documents", document_id, "damages are not those of its edits and labels")
    if text != storable(document.text):
        yield Problem("documents", document_id, "text and exact are not the same document")


def _labels(db: Database) -> Iterator[Problem]:
    for document_id, position in db.execute(
        "SELECT l.document_id, l.position FROM labels l JOIN documents d ON d.id = l.document_id"
        ' WHERE (l."start" IS NULL) <> (l."end" IS NULL) OR l."start" < 0 OR l."end" < l."start"'
        ' OR l."end" > d.chars'
    ):
        yield Problem("documents", document_id, f"label {position} has a span outside the text")


def _index(db: Database) -> Iterator[Problem]:
    """Compare the index with what it should hold, document by document, by a sum over its tokens.

    FTS5's own check against an external text takes ten times as long and names no document.
    """
    (used,) = db.execute("SELECT value FROM meta WHERE name = 'zh_map'").fetchone()
    if used == version():
        expected = {c: folded for c, folded in zh_map().items() if c != "\0"}
        if expected != dict(map(tuple, db.execute("SELECT character, folded FROM zh_map"))):
            yield Problem(
                "zh_map", None, "is not the fold that the archive says it is indexed with"
            )
    if db.execute("SELECT 1 FROM meta WHERE name = 'indexing'").fetchone():
        yield Problem(
            "meta", None, "the row `indexing` keeps the triggers of the index from working"
        )
    fold = indexing.fold_of(db.conn)
    columns = ", ".join(indexing.INDEXED)
    sums = {
        document_id: _token_sum(indexing.tokens(fold, *values))
        for document_id, *values in _all(
            db, f"SELECT id, {columns} FROM documents WHERE id > ? ORDER BY id"
        )
    }
    found: dict[int, int] = {}
    try:
        db.execute(
            "CREATE VIRTUAL TABLE temp.verify_tokens USING fts5vocab(main, documents_fts, instance)"
        )
        for term, document_id, column, place in db.execute(
            'SELECT term, doc, col, "offset" FROM temp.verify_tokens'
        ):
            found[document_id] = found.get(document_id, 0) + hash((term, column, place))
    finally:
        db.execute("DROP TABLE IF EXISTS temp.verify_tokens")
    for document_id in sorted(sums.keys() | found.keys()):
        if document_id not in sums:
            yield Problem("documents_fts", document_id, "is indexed, but there is no such document")
        elif document_id not in found:
            yield Problem("documents", document_id, "is not in the index")
        elif sums[document_id] != found[document_id]:
            yield Problem("documents", document_id, "is indexed with another text or title")


def _token_sum(columns: tuple[str, str, str]) -> int:
    return sum(
        hash((term, column, place))
        for column, tokens in zip(("text", "title", "fields"), columns, strict=True)
        for place, term in enumerate(tokens.split())
    )


def _copies(db: Database) -> Iterator[Problem]:
    """Clusters, and the signatures that they were found by; none are there before ``cluster`` has run."""
    from archive.minhash import signature

    fold = indexing.fold_of(db.conn)
    is_complete = db.execute("SELECT 1 FROM meta WHERE name = 'copies'").fetchone()
    for document_id, text, exact, slots, is_there in _all(
        db,
        "SELECT id, text, s.exact, slots, document_id IS NOT NULL FROM documents"
        " LEFT JOIN signatures s ON document_id = id WHERE id > ? ORDER BY id",
    ):
        if is_there and (exact, slots) != signature(text, fold):
            yield Problem("signatures", document_id, "is not that of the document's text")
        elif is_complete and not is_there:
            yield Problem("documents", document_id, "has no signature, so its copies are not known")
    for sql, table, what in COPIES_CHECKS:
        for (number,) in db.execute(sql):
            yield Problem(table, number, what)
    for (cluster_id,) in _all(db, "SELECT id FROM clusters WHERE size > 1 AND id > ? ORDER BY id"):
        if not copies.hangs_together(db, cluster_id):
            yield Problem(
                "clusters", cluster_id, "holds documents that are no copies of the others"
            )


def _runs(db: Database) -> Iterator[Problem]:
    for run_id, started, finished, settings in db.execute(
        "SELECT id, started_at, finished_at, settings FROM runs ORDER BY id"
    ):
        if finished is not None and finished < started:
            yield Problem("runs", run_id, "finished before it started")
        try:
            json.loads(settings)
        except ValueError:
            yield Problem("runs", run_id, "its settings are not JSON")


def _all(db: Database, sql: str) -> Iterator[Any]:
    """The rows of a query over all ids above ``?``, without keeping them all."""
    return iter(db.execute(sql, [-1]))


def _reason(error: ArchiveError) -> str:
    return str(error).partition(": ")[2]

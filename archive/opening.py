"""Opening an archive, and writing to it in transactions."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from archive.errors import ArchiveError, explained, explanation, path_of
from archive.schema import OWN_TABLES, migrations

BUSY_SECONDS = 30.0
"""How long a writer waits for another one.  A write transaction lasts half a second at most."""

CACHE = 64 * 1024 * 1024
"""Bytes of the file that a connection keeps in memory: the inner pages of the index of a million articles."""

WAL_LIMIT = 64 * 1024 * 1024
"""Bytes that the write-ahead log keeps on disk after a checkpoint, however large a reader has let it grow."""

PAUSE = 0.02
"""Seconds before the next attempt to open a file that another program is just making."""

MAGIC = b"SQLite format 3\0"


def open_archive(
    path: str | Path,
    *,
    create: bool = True,
    readonly: bool = False,
    timeout: float = BUSY_SECONDS,
) -> Database:
    """The archive in a file, made and brought up to date where that is needed and allowed.

    ``timeout``: seconds to wait for another program's write.  Raises ArchiveError, naming the file
    and the reason, for a missing file (without ``create``), for what is not a SQLite file or somebody
    else's database (which stays as it is), for an archive of a newer Shiyi, and for one that is locked, read-only or full.
    """
    path = Path(path)
    exists = _is_there(path)
    if not exists and (readonly or not create):
        raise ArchiveError(f"{path}: there is no such archive")
    deadline = time.monotonic() + timeout
    with explained(path):
        while True:
            try:
                return _opened(path, readonly=readonly, timeout=timeout)
            except sqlite3.OperationalError as error:
                # while another program turns a new file into WAL, SQLite does not wait by itself
                if "locked" not in str(error) or time.monotonic() >= deadline:
                    raise
                time.sleep(PAUSE)


def _opened(path: Path, *, readonly: bool, timeout: float) -> Database:
    connection = _connect(path, readonly=readonly, timeout=timeout)
    try:
        db = Database(connection)
        _check(db, path)
        if not readonly:
            _make_current(db, path)
    except BaseException:
        connection.close()
        raise
    return db


def _is_there(path: Path) -> bool:
    """Whether the file holds a database; an empty file does not, and is nobody's."""
    try:
        if path.is_dir():
            raise ArchiveError(f"{path} is a folder, not an archive")
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror}") from error
    if start and start != MAGIC:
        raise ArchiveError(f"{path} is not a SQLite file")
    return bool(start)


def _connect(path: Path, *, readonly: bool, timeout: float) -> sqlite3.Connection:
    if readonly:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        wal = path.with_name(path.name + "-wal")
        if not os.access(path.absolute().parent, os.W_OK) and not wal.exists():
            uri += "&immutable=1"  # SQLite reads a WAL database only where it may put its index
        connection = sqlite3.connect(uri, uri=True, timeout=timeout)
    else:
        connection = sqlite3.connect(path, timeout=timeout)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{CACHE // 1024}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
    return connection


def _check(db: Database, path: Path) -> None:
    """Refuse what is not ours before anything is written to it."""
    tables = set(db.table_names())
    if tables and not tables >= OWN_TABLES:
        raise ArchiveError(f"{path} is a SQLite database, but not an archive of Shiyi")
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    if newer := {migration.name for migration in migrations.applied(db)} - known:
        raise ArchiveError(
            f"{path} was made by a newer version of Shiyi (it has {', '.join(sorted(newer))})"
        )


def _make_current(db: Database, path: Path) -> None:
    if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        db.execute("PRAGMA journal_mode = WAL").fetchone()
    if migrations.pending(db):
        with transaction(db):
            _check(db, path)  # another program may have been first
            migrations.apply(db)


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """One write transaction: all of the block is kept, or, when it raises, nothing.

    BEGIN IMMEDIATE, so that two writers queue instead of failing at their first write.  Do all
    fetching, parsing and cleaning before it.  Raises ArchiveError when another program holds the
    archive too long, when it is read-only, or when the disk is full.
    """
    path = path_of(db)
    with explained(path):
        db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        with explained(path):
            db.conn.execute("COMMIT")
    except BaseException as error:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError):
            raise explanation(error, path) from error
        raise

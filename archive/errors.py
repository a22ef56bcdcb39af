"""What can go wrong with an archive, said so that a person knows what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only catches these errors need not load SQLite
    from sqlite_utils import Database


class ArchiveError(Exception):
    """An archive cannot be opened, read or written; the message names the file and the reason."""


def path_of(db: Database) -> str:
    """The file of an open archive, for messages."""
    path: str = next(iter(db.conn.execute("PRAGMA database_list")))[2]
    return path or ":memory:"


_REASONS = (
    ("locked", "is locked by another program; wait until it has finished, or end it"),
    ("readonly", "cannot be written: the file, or its folder, is read-only"),
    ("disk is full", "cannot be written: the disk is full"),
    ("not a database", "is not a SQLite file"),
    ("malformed", "is damaged; `shiyi verify` says where"),
    ("unable to open", "cannot be opened; is the folder there, and may you read it?"),
)


def explanation(error: sqlite3.Error, path: str | Path) -> ArchiveError:
    """The error of SQLite as one that names the file and says what to do."""
    text = str(error)
    for sign, reason in _REASONS:
        if sign in text:
            return ArchiveError(f"{path} {reason} ({text})")
    return ArchiveError(f"{path}: {text}")


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """Turn what SQLite raises inside the block into an ArchiveError about this file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, (sqlite3.ProgrammingError, sqlite3.IntegrityError)):
            raise  # a fault of the program, not of the file
        raise explanation(error, path) from error

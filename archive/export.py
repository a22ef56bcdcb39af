"""``shiyi export``: documents and pages of an archive in the forms that others read."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import zstandard
from sqlite_utils import Database

from archive import showing
from archive.errors import explained, path_of
from archive.index import match_expression
from archive.indexing import fold_of
from cleaning.dumps import parquet
from cleaning.dumps.formats import GZIP_LEVEL, ZSTD_LEVEL
from cleaning.dumps.items import InputError
from cleaning.dumps.parts import atomic, temporary_path


@dataclass(frozen=True, slots=True)
class Choice:
    """Which documents: of one site (its name or host), since a day (YYYY-MM-DD; a document without a date is
    older), found by a query.  None is no condition."""

    site: str | None = None
    since: str | None = None
    query: str | None = None

    @property
    def is_all(self) -> bool:
        return (self.site, self.since, self.query) == (None, None, None)


def chosen(db: Database, choice: Choice) -> Iterator[int]:
    """The ids of the documents of a choice, in their order; read as they are asked for, without a
    transaction, so that a long export holds up no checkpoint."""
    conditions, values = ["id > :last"], {"last": 0, "site": choice.site, "since": choice.since}
    if choice.site is not None:
        conditions.append("(site = :site OR host = :site OR host = 'www.' || :site)")
    if choice.since is not None:
        conditions.append("date >= :since")
    if choice.query is not None:
        conditions.append(
            "id IN (SELECT rowid FROM documents_fts WHERE documents_fts MATCH :match)"
        )
        values["match"] = match_expression(choice.query, fold_of(db.conn))
    sql = f"SELECT id FROM documents WHERE {' AND '.join(conditions)} ORDER BY id LIMIT 1000"
    with explained(path_of(db)):
        while rows := db.execute(sql, values).fetchall():
            yield from (row[0] for row in rows)
            values["last"] = rows[-1][0]


def export(db: Database, out: Path, choice: Choice) -> int:
    """Write a file, whole or not at all, in the form that its suffix names; how many records.

    .jsonl and .parquet hold the record of each document, .warc the bytes of pages as they were received and
    every visit, .wacz the same to be replayed in a browser, .atom or .xml a feed of the newest.  Raises
    InputError for another suffix, and what archives and files raise.
    """
    name = out.name.lower()
    if name.endswith(".parquet"):
        parquet.require()
        temporary = temporary_path(out)
        count = Counted(_lines(db, choice))
        try:
            parquet.write(count, temporary)
            temporary.replace(out)
        finally:
            temporary.unlink(missing_ok=True)
        return count.count
    if name.endswith((".warc", ".warc.gz")):
        from archive.export_warc import write_warc

        with atomic(out) as file:
            return write_warc(db, file, choice, out.name, is_packed=name.endswith(".gz"))
    if name.endswith(".wacz"):
        from archive.export_wacz import write_wacz

        with atomic(out) as file:
            return write_wacz(db, file, choice)
    if name.endswith((".atom", ".xml")):
        from archive.export_feed import write_feed

        with atomic(out) as file:
            return write_feed(db, file, choice)
    plain = name.removesuffix(".gz").removesuffix(".zst")
    if not plain.endswith((".jsonl", ".ndjson")):
        raise InputError(
            f"{out}: no form for this suffix; there are .jsonl and .ndjson (.gz, .zst), .parquet, .warc,"
            " .warc.gz, .wacz, .atom"
        )
    count = Counted(_lines(db, choice))
    with atomic(out) as file, ExitStack() as stack:
        target = file
        if name.endswith(".gz"):
            packed = gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0)
            target = cast(IO[bytes], stack.enter_context(packed))
        elif name.endswith(".zst"):
            writer = zstandard.ZstdCompressor(ZSTD_LEVEL).stream_writer(file, closefd=False)
            target = cast(IO[bytes], stack.enter_context(writer))
        for line in count:
            target.write(line)
    return count.count


class Counted:
    """The lines of an iterator, and how many there were."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.count += 1
            yield line


def _lines(db: Database, choice: Choice) -> Iterator[bytes]:
    return (showing.json_of(db, document_id) for document_id in chosen(db, choice))

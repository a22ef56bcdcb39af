"""Pages: what a server sent, byte for byte."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import zstandard
from sqlite_utils import Database

from archive.errors import ArchiveError, path_of
from archive.records import storable

LEVEL = 9
"""zstd's level.  52 real pages shrink to 20.1 % at level 3, 18.6 % at 9 (100 MB/s), 18.4 % at 12 (half as fast).
A dictionary of 110 KB trained on half of them takes 11 % off the other half; one of other pages of the same site takes
off 14 % (0 to 46 by site).  That is too little for bodies that could not be read without a second row."""


@dataclass(frozen=True, slots=True)
class Page:
    """One response as the server sent it.

    ``headers``: [name, value] pairs in their order.  ``body``: the bytes after content decoding.
    A page of a dump may leave its body there: then ``file``, ``offset`` and ``length`` say where,
    in bytes, and ``keep_body`` is False.
    """

    url: str | None
    fetched_at: str
    status: int | None
    headers: list[list[str]]
    encoding: str | None
    body: bytes
    file: str | None = None
    offset: int | None = None
    length: int | None = None
    keep_body: bool = True


def save_page(db: Database, page: Page, run_id: int) -> int:
    """Keep a page and return its id.  The same bytes at the same URL keep the row they have;
    every other version of a URL gets its own.  Call it inside a transaction."""
    digest = hashlib.sha256(page.body).hexdigest()
    url = storable(page.url)
    known = db.execute(
        "SELECT id FROM pages WHERE sha256 = ? AND url IS ?"
        ' AND (url IS NOT NULL OR (file IS ? AND "offset" IS ?))',
        [digest, url, storable(page.file), page.offset],
    ).fetchone()
    if known:
        return int(known[0])
    body = zstandard.ZstdCompressor(level=LEVEL).compress(page.body) if page.keep_body else None
    cursor = db.execute(
        "INSERT INTO pages (url, fetched_at, status, headers, encoding, sha256, size, body, file,"
        ' "offset", length, run_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [
            *(url, page.fetched_at, page.status, json.dumps(page.headers), page.encoding, digest),
            *(len(page.body), body, storable(page.file), page.offset, page.length, run_id),
        ],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def load_body(db: Database, page_id: int) -> bytes:
    """The bytes of a page.  Raises ArchiveError where there is no such page, where its body stayed
    in a dump, and where the bytes are not those that were kept."""
    row = db.execute(
        "SELECT body, size, sha256, file FROM pages WHERE id = ?", [page_id]
    ).fetchone()
    if row is None:
        raise ArchiveError(f"{path_of(db)}: there is no page {page_id}")
    body, size, digest, file = row
    if body is None:
        raise ArchiveError(f"{path_of(db)}: the body of page {page_id} stands in {file}")
    try:
        content = zstandard.ZstdDecompressor().decompress(body, max_output_size=size)
    except zstandard.ZstdError as error:
        raise ArchiveError(f"{path_of(db)}: the body of page {page_id} is damaged") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise ArchiveError(
            f"{path_of(db)}: the body of page {page_id} is not the one that was kept"
        )
    return content


def content_type_of(headers: Any) -> str | None:
    """The Content-Type among headers as :class:`Page` has them, or as their JSON."""
    pairs = json.loads(headers) if isinstance(headers, str) else headers or []
    return next((value for name, value in pairs if name.lower() == "content-type"), None)

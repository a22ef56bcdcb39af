"""``shiyi merge``: archives of several machines in one.

Every row gets the id of its place in the new archive; what both have is kept once, by what it is: a run by its
start, a page by its bytes, a URL by its spelling.  So the same merge again adds nothing, and one that was
stopped goes on.  Where two crawls knew a URL, the newer visit counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive import indexing
from archive.documents import load_document, save_document
from archive.errors import ArchiveError
from archive.frontier_schema import migrations
from archive.opening import open_archive, transaction

BATCH = 50
"""Pages with their documents in one transaction; see archive/ingest.py."""

ROWS = 2000
"""Rows of the frontier in one transaction, some 50 ms."""

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Merged:
    """What one archive had that the new one had not."""

    name: str
    pages: int
    documents: int
    urls: int


def merge(sources: Sequence[Path], out: Path, progress: Progress | None = None) -> list[Merged]:
    """Bring archives together in ``out``, which may be there already.

    Each source is only read, by a snapshot of its own.  ``progress`` is told a source and how many of its
    pages are done.  Raises ArchiveError, before anything is written, for a source that is no archive or ``out``
    itself.
    """
    for source in sources:
        if out.exists() and source.exists() and source.samefile(out):
            raise ArchiveError(f"{source}: an archive cannot be merged into itself")
        open_archive(source, create=False, readonly=True).close()
    db = open_archive(out)
    try:
        _bring_up_to_date(db)
        return [_Source(db, path, progress).merge() for path in sources]
    finally:
        db.close()


def _bring_up_to_date(db: Database) -> None:
    if migrations.pending(db):
        with transaction(db):
            migrations.apply(db)


class _Source:
    """One archive on its way into another."""

    def __init__(self, db: Database, path: Path, progress: Progress | None) -> None:
        self.db = db
        self.path = path
        self.progress = progress or (lambda name, done: None)
        self.runs: dict[int, int] = {}
        self.pages: dict[int, int] = {}  # 100 bytes each: a million pages are 100 MB
        self.hosts: dict[int, int] = {}
        self.topics: dict[int, int] = {}
        self.own: Database

    def merge(self) -> Merged:
        before = self._sizes()
        self.own = open_archive(self.path, create=False, readonly=True)
        try:
            self.own.execute("BEGIN")  # one view of it, whoever writes there meanwhile
            self._merge_runs()
            self._merge_pages()
            self._merge_documents_without_pages()
            if "redirects" in self.own["urls"].columns_dict:
                self._merge_frontier()
        finally:
            self.own.close()
        pages, documents, urls = (
            after - first for after, first in zip(self._sizes(), before, strict=True)
        )
        return Merged(self.path.name, pages, documents, urls)

    def _sizes(self) -> list[int]:
        return [self.db[table].count for table in ("pages", "documents", "urls")]

    def _merge_runs(self) -> None:
        """A run is known by its program, its process and its start."""
        with transaction(self.db):
            for row in _rows(self.own, "runs"):
                key = {name: row[name] for name in ("command", "started_at", "pid", "settings")}
                self.runs[row["id"]] = self._known("runs", key) or self._insert("runs", row)
            for row in _rows(self.own, "shards"):
                row["run_id"] = self.runs[row["run_id"]]
                self._insert("shards", row, "OR IGNORE")

    def _merge_pages(self) -> None:
        for done, batch in enumerate(_batches(_rows(self.own, "pages"), BATCH)):
            with transaction(self.db):
                for row in batch:
                    self._merge_page(row)
            self.progress(self.path.name, done * BATCH + len(batch))

    def _merge_page(self, row: dict[str, Any]) -> None:
        """A page by its URL and bytes, or where it has no URL, by its place in a dump and its run."""
        number, row["run_id"] = row["id"], self.runs[row["run_id"]]
        key = {name: row[name] for name in ("url", "sha256")}
        if row["url"] is None:
            key |= {name: row[name] for name in ("file", "offset", "run_id")}
        self.pages[number] = self._known("pages", key) or self._insert("pages", row)
        for (document_id,) in self.own.execute(
            "SELECT id FROM documents WHERE page_id = ? ORDER BY id", [number]
        ):
            self._merge_document(document_id, self.pages[number])

    def _merge_documents_without_pages(self) -> None:
        numbers = self.own.execute("SELECT id FROM documents WHERE page_id IS NULL ORDER BY id")
        for batch in _batches((number for (number,) in numbers), BATCH):
            with transaction(self.db), indexing.at_the_end(self.db):
                for number in batch:
                    self._merge_document(number, None)

    def _merge_document(self, number: int, page_id: int | None) -> None:
        """A document with its log, labels and links; its index and its copies are found anew, among all."""
        run_id, file, record = self.own.execute(
            "SELECT run_id, input_file, input_record FROM documents WHERE id = ?", [number]
        ).fetchone()
        document = load_document(self.own, number)
        save_document(self.db, document, self.runs[run_id], page_id, file, record)

    def _merge_frontier(self) -> None:
        with transaction(self.db):
            for row in _rows(self.own, "hosts"):
                self._merge_host(row)
            if "topics" in self.own.table_names():
                self._merge_topics()
        columns = [column for column in self.db["urls"].columns_dict if column != "id"]
        for batch in _batches(_rows(self.own, "urls"), ROWS):
            with transaction(self.db):
                self._merge_urls(batch, columns)
        if "parent_id" in self.own["urls"].columns_dict:
            self._merge_parents()
        for batch in _batches(_rows(self.own, "fetches"), ROWS):
            with transaction(self.db):
                self._merge_fetches(batch)
        with transaction(self.db):
            self._count_hosts()

    def _merge_host(self, row: dict[str, Any]) -> None:
        """Of a host that both know, the newer robots.txt and the longer rest."""
        number = row["id"]
        known = self._known("hosts", {"host": row["host"]})
        if known is None:
            self.hosts[number] = self._insert("hosts", row)
            return
        self.hosts[number] = known
        self.db.execute(
            """UPDATE hosts SET next_at = max(next_at, :next_at), failures = max(failures, :failures),
                   relevant = max(relevant, :relevant), copies = max(copies, :copies)
               WHERE id = :known""",
            {"relevant": 0, "copies": 0, **row, "known": known},
        )
        self.db.execute(
            """UPDATE hosts SET robots = :robots, robots_status = :robots_status, robots_at = :robots_at,
                   crawl_delay = :crawl_delay
               WHERE id = :known AND coalesce(robots_at, 0) < coalesce(:robots_at, 0)""",
            {**row, "known": known},
        )

    def _merge_topics(self) -> None:
        for row in _rows(self.own, "topics"):
            number, seeds = row["id"], row["seeds"]
            known = self._known("topics", {"seeds": seeds})
            self.topics[number] = known or self._insert("topics", row)
        for row in _rows(self.own, "topic_hosts"):
            row["topic_id"] = self.topics[row["topic_id"]]
            self._insert("topic_hosts", row, "OR IGNORE")

    def _merge_urls(self, batch: list[dict[str, Any]], columns: Sequence[str]) -> None:
        """Of a URL that both know, the newer visit, and any visit before none.  A lease stays behind: here
        no process holds it."""
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "url")
        rows = []
        for row in batch:
            row = dict.fromkeys(columns) | {name: row.get(name) for name in columns}
            row |= {"host_id": self.hosts[row["host_id"]], "run_id": None, "parent_id": None}
            row["page_id"] = self.pages.get(row["page_id"])
            row["state"] = "pending" if row["state"] == "leased" else row["state"]
            rows.append([row[name] for name in columns])
        self.db.conn.executemany(
            f"INSERT INTO urls ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            f" ON CONFLICT (url) DO UPDATE SET {sets}"
            " WHERE coalesce(excluded.visited_at, 0) > coalesce(urls.visited_at, 0)"
            " OR (urls.state = 'pending' AND urls.visited_at IS NULL AND excluded.state <> 'pending')",
            rows,
        )

    def _merge_parents(self) -> None:
        """The links back to the URLs that others were found by, by their spelling."""
        pairs = self.own.execute(
            "SELECT u.url, p.url FROM urls u JOIN urls p ON p.id = u.parent_id ORDER BY u.id"
        )
        for batch in _batches(pairs, ROWS):
            with transaction(self.db):
                self.db.conn.executemany(
                    """UPDATE urls SET parent_id = (SELECT id FROM urls WHERE url = ?2)
                       WHERE url = ?1 AND parent_id IS NULL""",
                    batch,
                )

    def _merge_fetches(self, batch: list[dict[str, Any]]) -> None:
        for row in batch:
            (url,) = self.own.execute(
                "SELECT url FROM urls WHERE id = ?", [row["url_id"]]
            ).fetchone()
            (row["url_id"],) = self.db.execute(
                "SELECT id FROM urls WHERE url = ?", [url]
            ).fetchone()
            row |= {"run_id": self.runs[row["run_id"]], "page_id": self.pages.get(row["page_id"])}
            key = {name: row[name] for name in ("url_id", "run_id", "fetched_at", "status")}
            if self._known("fetches", key | {"variant": row.get("variant")}) is None:
                self._insert("fetches", row)

    def _count_hosts(self) -> None:
        """The counts of the hosts of this source, from what there is now."""
        numbers = json.dumps(list(self.hosts.values()))
        self.db.execute(
            """UPDATE hosts SET
                   pages = (SELECT count(*) FROM urls u WHERE u.host_id = hosts.id AND page_id IS NOT NULL),
                   bytes = (SELECT coalesce(sum(size), 0) FROM pages p JOIN urls u ON u.url = p.url
                       WHERE u.host_id = hosts.id),
                   documents = (SELECT count(*) FROM urls u JOIN documents d ON d.page_id = u.page_id
                       WHERE u.host_id = hosts.id)
               WHERE id IN (SELECT value FROM json_each(?))""",
            [numbers],
        )

    def _known(self, table: str, key: dict[str, Any]) -> int | None:
        conditions = " AND ".join(f'"{name}" IS ?' for name in key)
        row = self.db.execute(
            f"SELECT id FROM {table} WHERE {conditions}", list(key.values())
        ).fetchone()
        return int(row[0]) if row else None

    def _insert(self, table: str, row: dict[str, Any], how: str = "") -> int:
        row = {name: value for name, value in row.items() if name != "id"}
        names = ", ".join(f'"{name}"' for name in row)
        cursor = self.db.execute(
            f"INSERT {how} INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        return int(cursor.lastrowid or 0)


def _rows(db: Database, table: str) -> Iterator[dict[str, Any]]:
    """The rows of a table in order, without keeping them all."""
    cursor = db.execute(f"SELECT * FROM {table} ORDER BY 1")
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, values, strict=True)) for values in cursor)


def _batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch

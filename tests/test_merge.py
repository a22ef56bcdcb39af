"""Archives of several machines in one: all of each, once, sound and searchable."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from archive.errors import ArchiveError
from archive.merge import merge
from archive.search import search
from archive.store import documents, open_archive, start_run, transaction
from archive.verify import verify
from archive.why import why
from cleaning import Document, clean
from tests.crawl_world import World, crawl
from tests.served import rows

ALL = {
    "pages": "SELECT url, sha256, status, hex(body) FROM pages",
    "documents": "SELECT url, title, text, raw_sha256, edit_count, label_count FROM documents",
    "links": "SELECT d.url, l.position, l.url, l.text FROM links l JOIN documents d ON d.id = document_id",
    "edits": 'SELECT d.url, e.position, e.kind, e."start", before, after FROM edits e JOIN documents d ON d.id = document_id',
    "labels": "SELECT d.url, l.position, l.kind, l.value FROM labels l JOIN documents d ON d.id = document_id",
    "urls": "SELECT u.url, u.state, u.score, u.why, u.depth, p.url, p.sha256, parent.url FROM urls u"
    " LEFT JOIN pages p ON p.id = u.page_id LEFT JOIN urls parent ON parent.id = u.parent_id",
    "hosts": "SELECT host, robots, robots_status, pages, bytes, documents FROM hosts",
    "fetches": "SELECT u.url, f.fetched_at, f.status, p.sha256 FROM fetches f JOIN urls u ON u.id = url_id"
    " LEFT JOIN pages p ON p.id = f.page_id",
    "runs": "SELECT command, started_at, settings, pages, documents FROM runs",
}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three machines, each with hosts of its own; the second one's is a mirror of the first one's."""
    folder = tmp_path_factory.mktemp("shards")
    world = World(5, articles=30, topics=3)
    starts = (world.url(0, "/list/0.html"), world.url(1, "/wz/3.html"), world.url(2, "/n/7.html"))
    paths = [folder / f"{name}.db" for name in "abc"]
    for path, seed in zip(paths, starts, strict=True):
        crawl(world, path, seed, limit=12)
    return paths


def damaged(archive: Path) -> None:
    """A document without a page, with edits and labels and what no column can hold."""
    document = clean(
        Document.from_text("網(wǎng)貸(dài)的\0催(cuī)收(shōu)，魑魅魍魎，" * 20, id="record-1")
    )
    db = open_archive(archive)
    with transaction(db):
        run = start_run(db, "clean", {"inputs": []}, "")
        from archive.store import save_document

        save_document(db, document, run, input_file="dump.jsonl", input_record=7)
    db.close()


def test_three_archives_in_one(shards: list[Path], tmp_path: Path) -> None:
    damaged(shards[2])
    out = tmp_path / "all.db"
    told = []
    done = merge(shards, out, lambda name, number: told.append(number))
    assert [one.name for one in done] == ["a.db", "b.db", "c.db"]
    assert told
    for table, sql in ALL.items():
        expected = sorted(
            (row for path in shards for row in rows(path, sql)), key=lambda row: str(row)
        )
        assert sorted(rows(out, sql), key=lambda row: str(row)) == expected, table
        assert expected, table

    db = open_archive(out, readonly=True)
    assert list(verify(db)) == []
    parts = [open_archive(path, readonly=True) for path in shards]
    stored = [document for part in parts for _, document in documents(part)]
    assert sorted(map(repr, (d for _, d in documents(db)))) == sorted(map(repr, stored))
    # Ids are those of the new archive, and say the same.
    assert search(db, "魑魅魍魉", 5)[0].id == max(number for number, _ in documents(db))
    # A page of the mirror and its original, on two machines, are copies here.
    (pair,) = db.execute(
        "SELECT group_concat(DISTINCT site_of) FROM (SELECT cluster_id, substr(url, 8, 4) AS site_of"
        " FROM documents WHERE cluster_id IS NOT NULL) GROUP BY cluster_id HAVING count(DISTINCT site_of) > 1"
    ).fetchone() or ("",)
    assert set(pair.split(",")) == {"site", "mirr"}
    assert any(
        line.startswith("from ")
        for line in why(db, rows(out, "SELECT url FROM urls WHERE parent_id")[0][0])
    )
    for part in (db, *parts):
        part.close()


def test_again_it_adds_only_what_is_new(shards: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "all.db"
    merge(shards[:2], out)
    counts = {table: rows(out, f"SELECT count(*) FROM {table}") for table in (*ALL, "signatures")}
    again = merge(shards[:2], out)
    assert all((one.pages, one.documents, one.urls) == (0, 0, 0) for one in again)
    assert {table: rows(out, f"SELECT count(*) FROM {table}") for table in counts} == counts
    (more,) = merge(shards[2:], out)
    assert more.pages == 12


def test_the_newer_visit_counts_and_leases_stay_behind(tmp_path: Path) -> None:
    world = World(6, articles=12, topics=2)
    one, two, out = (tmp_path / f"{name}.db" for name in ("one", "two", "out"))
    crawl(world, one, world.url(0, "/list/0.html"), limit=3)
    crawl(world, two, world.url(0, "/list/0.html"), limit=8)
    connection = sqlite3.connect(two)
    with connection:
        connection.execute(
            "UPDATE urls SET state = 'leased', run_id = 1 WHERE id = (SELECT min(id) FROM urls WHERE state = 'pending')"
        )
    connection.close()
    done = dict(rows(two, "SELECT url, visited_at FROM urls WHERE state = 'done'"))
    for order in ([one, two], [two, one]):
        out.unlink(missing_ok=True)
        merge(order, out)
        assert dict(rows(out, "SELECT url, visited_at FROM urls WHERE state = 'done'")) == done
        assert rows(out, "SELECT count(*) FROM urls WHERE state = 'leased'") == [(0,)]
        assert rows(out, "SELECT pages FROM hosts WHERE host = 'site.example'") == [(8,)]
    _, result = crawl(world, out, world.url(0, "/list/0.html"))  # and the crawl goes on there
    assert (result.stopped, result.pending) == ("finished", 0)
    assert rows(out, "SELECT count(*) FROM pages WHERE url LIKE '%/a/%'") == [(12,)]


def test_what_cannot_be_merged_is_refused_first(shards: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_text("no database")
    out = tmp_path / "out.db"
    with pytest.raises(ArchiveError, match=r"other\.db"):
        merge([shards[0], other], out)
    assert not out.exists()
    with pytest.raises(ArchiveError, match="into itself"):
        merge([shards[0]], shards[0])

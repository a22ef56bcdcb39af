"""Whatever is changed behind an archive's back is found and named."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import store
from archive.store import Page, open_archive, transaction
from archive.verify import verify
from cleaning.document import Document, Edit, FieldEdit, Label


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = open_archive(tmp_path / "archive.db")
    document = Document.from_text("網(wǎng)貸催收", title="題").apply(
        [
            Edit("note", 1, 7, "(wǎng)", "", "note:page-set"),
            FieldEdit("title", "script", 0, 1, "題", "题", "script:character"),
            Label("mask", 8, 9, "x", "mask:stars", 0.5),
        ]
    )
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "rules")
        page = store.save_page(db, Page("http://a.cn/", "t", 200, [], "utf-8", b"one"), run)
        store.save_document(db, document, run, page_id=page)
        store.save_document(db, Document.from_text("又一篇\0\ud800"), run)
        store.save_document(db, Document.from_text("", title=None), run)
        store.finish_run(db, run, pages=1, documents=3)
    return db


def problems(db: Database) -> list[str]:
    return [str(problem) for problem in verify(db)]


def test_a_sound_archive_has_no_problem(db: Database) -> None:
    assert problems(db) == []


def test_reading_alone_is_enough(db: Database, tmp_path: Path) -> None:
    assert problems(open_archive(tmp_path / "archive.db", readonly=True)) == []


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("UPDATE changes SET before = '(wang)' WHERE before = '(wǎng)'",
         "documents 1: text and edits of document 1 do not rebuild what was read"),
        ("DELETE FROM edit_log WHERE document_id = 1",
         "documents 1: text and edits of document 1 do not rebuild what was read"),
        ("UPDATE edit_log SET log = log || 'x'", "documents 1: the log of document 1 is damaged"),
        ("UPDATE edit_log SET sorts = ''", "documents 1: the log of document 1 is damaged"),
        ("DELETE FROM changes WHERE before = '(wǎng)'", "documents 1: the log of document 1 is damaged"),
        ("UPDATE counts SET documents = 9 WHERE facet = 'script'", "counts: counts script  wrongly"),
        ("UPDATE site_damage SET repaired = 9 WHERE kind = 'note'", "site_damage: counts  note wrongly"),
        ("UPDATE damages SET repaired = 9 WHERE kind = 'note'",
         "documents 1: damages are not those of its edits and labels"),
        ("UPDATE documents SET damage = 'x' WHERE id = 1",
         "documents 1: damage is x, but it has mask note script"),
        ("UPDATE documents SET host = 'x' WHERE id = 1", "documents 1: host is x, but it has None"),
        ("DROP INDEX documents_site", "documents_site: is missing"),
        ("DROP TRIGGER counts_insert", "counts_insert: is missing"),
        ("UPDATE pages SET run_id = 8", "pages 1: refers to a row of runs that is not there"),
        ("UPDATE documents SET raw_sha256 = 'x' WHERE id = 3",
         "documents 3: text and edits of document 3 do not rebuild what was read"),
        ("UPDATE documents SET edit_count = 7 WHERE id = 1", "documents 1: edit_count is 7, but it has 2"),
        ("UPDATE documents SET label_count = 0 WHERE id = 1", "documents 1: label_count is 0, but it has 1"),
        ("UPDATE documents SET chars = 1 WHERE id = 3", "documents 3: chars is 1, but it has 0"),
        ("UPDATE labels SET \"end\" = 99", "documents 1: label 0 has a span outside the text"),
        ("UPDATE pages SET sha256 = 'x'", "pages 1: the body of page 1 is not the one that was kept"),
        ("UPDATE pages SET body = x'00'", "pages 1: the body of page 1 is damaged"),
        ("UPDATE pages SET body = NULL", "pages 1: has neither a body nor a file that holds it"),
        ("UPDATE documents SET text = '又一篇' WHERE id = 2",
         "documents 2: text and exact are not the same document"),
        ("INSERT INTO documents_fts (documents_fts) VALUES ('delete-all')",
         "documents 2: is not in the index"),
        ("INSERT INTO documents_fts (rowid, title, text) VALUES (9, 'a', 'b')",
         "documents_fts 9: is indexed, but there is no such document"),
        ("INSERT INTO documents_fts (rowid, title, text) VALUES (1, 'a', 'b')",
         "documents 1: is indexed with another text or title"),
        ("INSERT INTO meta VALUES ('indexing', '')",
         "meta: the row `indexing` keeps the triggers of the index from working"),
        ("DELETE FROM zh_map WHERE character = '網'",
         "zh_map: is not the fold that the archive says it is indexed with"),
        ("UPDATE runs SET settings = '{'", "runs 1: its settings are not JSON"),
        ("UPDATE runs SET finished_at = '1999'", "runs 1: finished before it started"),
        ("UPDATE documents SET run_id = 8 WHERE id = 3",
         "documents 3: refers to a row of runs that is not there"),
    ],
)  # fmt: skip
def test_each_damage_is_named(db: Database, damage: str, expected: str) -> None:
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(damage)
    assert expected in problems(db)


def test_a_text_changed_behind_the_triggers(db: Database) -> None:
    db.execute("INSERT INTO meta VALUES ('indexing', '')")
    db.execute("UPDATE documents SET title = '另' WHERE id = 3")
    db.execute("DELETE FROM meta WHERE name = 'indexing'")
    assert problems(db) == ["documents 3: is indexed with another text or title"]


def test_a_file_with_a_hole(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        for number in range(200):
            store.save_document(db, Document.from_text(f"第{number}篇" * 200), run)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8192] = bytes(8192)
    path.write_bytes(content)
    assert problems(open_archive(path, readonly=True))

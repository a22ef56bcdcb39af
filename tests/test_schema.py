"""The schema is as its document says, and an archive of an earlier version comes up to it."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import copies, store
from archive.schema import migrations
from archive.search import search
from archive.store import open_archive
from archive.verify import verify
from benchmarks.make_schema_doc import OUT, schema
from cleaning.document import Document, Edit, FieldEdit, Label

FIRST_INDEX = """
CREATE VIEW documents_bigrams AS SELECT id, title, text FROM documents;
CREATE VIRTUAL TABLE documents_fts USING fts5(
    title, text, content="documents_bigrams", content_rowid="id", tokenize="ascii");
CREATE TRIGGER documents_fts AFTER UPDATE OF title, text ON documents BEGIN
    INSERT INTO documents_fts (rowid, title, text)
        SELECT id, title, text FROM documents_bigrams WHERE id = new.id;
END;
CREATE TRIGGER documents_fts_before_update BEFORE UPDATE OF title, text ON documents BEGIN
    INSERT INTO documents_fts (documents_fts, rowid, title, text)
        SELECT 'delete', id, title, text FROM documents_bigrams WHERE id = old.id;
END;
CREATE TRIGGER documents_fts_before_delete BEFORE DELETE ON documents BEGIN
    INSERT INTO documents_fts (documents_fts, rowid, title, text)
        SELECT 'delete', id, title, text FROM documents_bigrams WHERE id = old.id;
END;
CREATE VIEW search AS SELECT id FROM documents;
"""
"""The index as the migrations that have landed left it before m007_fields, in its shape if not in its words."""


def document() -> Document:
    return Document.from_text(
        "網(wǎng)貸催收", title="題", url="http://a.example/1", site="例网"
    ).apply(
        [
            Edit("note", 1, 7, "(wǎng)", "", "note:page-set"),
            FieldEdit("title", "script", 0, 1, "題", "题", "script:character"),
            Label("mask", 8, 9, "x", "mask:stars", 0.5),
        ]
    )


def insert_as_before(db: Database, made: Document) -> None:
    """What the first versions wrote for a document: a row for each edit."""
    db.execute("INSERT INTO runs VALUES (1, 'clean', 't', NULL, '0', 'rules', '{}', 1, 0, 0, 0)")
    db.execute(
        "INSERT INTO documents (id, title, site, url, text, script, chars, edit_count, label_count, run_id,"
        " raw_sha256) VALUES (1, ?, ?, ?, ?, 'traditional', ?, 2, 1, 1, ?)",
        [made.title, made.site, made.url, made.text, len(made.text), made.raw_sha256],
    )
    for number, edit in enumerate([*made.edits, *made.field_edits]):
        db.execute(
            "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)",
            [number + 1, edit.kind, edit.before, edit.after, edit.rule, edit.confidence],
        )
        field = edit.field if isinstance(edit, FieldEdit) else None
        db.execute(
            "INSERT INTO edit_log VALUES (1, ?, ?, ?, ?)", [number, field, edit.start, number + 1]
        )
    label = made.labels[0]
    db.execute(
        "INSERT INTO labels VALUES (1, 0, ?, ?, ?, ?, ?, ?, '[]')",
        [label.kind, label.start, label.end, label.value, label.rule, label.confidence],
    )
    db.execute("INSERT INTO documents_fts (rowid, title, text) VALUES (1, 'x', 'y')")


@pytest.mark.parametrize("last", ["m003_copies", "m004_restore", "m005_edit_log"])
def test_an_archive_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path, last: str) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before=last)
    if last != "m005_edit_log":
        assert not old["edit_log"].columns_dict.get("log")
    old.executescript(FIRST_INDEX)
    made = document()
    insert_as_before(old, made)
    old.conn.commit()
    old.close()
    db = open_archive(path)
    assert store.load_document(db, 1) == made
    assert [hit.id for hit in search(db, "网贷 site:例网 damage:mask damage:note")] == [1]
    assert [str(problem) for problem in verify(db) if "signature" not in str(problem)] == []
    assert db.execute("SELECT * FROM counts WHERE facet = 'site'").fetchall() == [
        ("site", "例网", 1, 2)
    ]


def test_bodies_stay_where_the_room_for_dictionaries_goes(tmp_path: Path) -> None:
    path, body = tmp_path / "old.db", "網貸催收".encode() * 1000
    old = Database(path)
    migrations.apply(old, stop_before="m010_without_dictionaries")
    run = store.start_run(old, "clean", {}, "rules")
    page = store.Page("http://a.example/1", "2026-01-01T00:00:00Z", 200, [], "utf-8", body)
    number = store.save_page(old, page, run)
    old.conn.commit()
    old.close()
    db = open_archive(path)
    assert "dictionary_id" not in db["pages"].columns_dict
    assert not db["dictionaries"].exists()
    assert store.load_body(db, number) == body
    assert [str(problem) for problem in verify(db) if "finished" not in str(problem)] == []


ARCHIVES = sorted((Path(__file__).parent / "cases" / "archives").glob("*.db.xz"))
"""Made by the program itself as it was when the migration of the name was its last: two documents, one of them
damaged, of a page."""


@pytest.mark.parametrize("made", ARCHIVES, ids=lambda made: made.name)
def test_an_archive_that_an_earlier_program_made(tmp_path: Path, made: Path) -> None:
    path = tmp_path / "old.db"
    path.write_bytes(lzma.decompress(made.read_bytes()))
    db = open_archive(path)
    assert migrations.pending(db) == []
    copies.cluster(db)  # an archive from before copies were kept knows none
    assert [str(problem) for problem in verify(db)] == []
    assert [hit.id for hit in search(db, "茶园里")] == [1]
    assert [hit.id for hit in search(db, "site:例网 damage:mask 说话")] == [1]
    assert [hit.id for hit in search(db, "利率高")] == [2]
    shown = store.load_document(db, 1)
    assert (shown.raw[:8], shown.text[:2]) == ("網(wǎng)貸", "網貸")
    assert [(edit.rule, edit.before) for edit in shown.edits] == [("note:page-set", "(wǎng)")]
    assert store.load_body(db, 1) == "網貸催收".encode() * 50


def test_the_document_of_the_schema_is_current() -> None:
    """If not: python benchmarks/make_schema_doc.py"""
    assert OUT.read_text("utf-8") == schema()

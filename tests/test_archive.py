"""The archive keeps what it is given, once, and says what is wrong with a file."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive import store
from archive.marked import pieces
from archive.script import script_of
from archive.store import ArchiveError, Page, open_archive, transaction
from cleaning.document import Candidate, Document, Edit, FieldEdit, Label, Link

# every character there is: lone surrogates, NUL and what lies beyond the basic plane included
TEXT = st.text(st.characters(codec=None, categories=None), max_size=30)


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_archive(tmp_path / "archive.db")


def save(db: Database, document: Document, **place: object) -> int:
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        return store.save_document(db, document, run, **place)  # type: ignore[arg-type]


def annotated() -> Document:
    document = Document.from_text(
        "網(wǎng)貸催收(shōu)方法", id="a-1", url="http://example.cn/1", title="小貸", date="2025-08-18",
        site="例網", links=[Link("http://example.cn/2", "下一篇", "next"), Link(None, "", "other")],
    )  # fmt: skip
    return document.apply(
        [
            Edit("note", 1, 7, "(wǎng)", "", "note:page-set", 0.99),
            Edit("note", 10, 16, "(shōu)", "", "note:page-set", 0.99),
            FieldEdit("title", "script", 1, 2, "貸", "贷", "script:character"),
            FieldEdit("author", "field", 0, 0, "", "某人", "field:author"),
            Label("mask", 7, 8, "***", "mask:stars", 0.5, (Candidate("催收", 0.5),)),
            Label("language", None, None, "zh", "language", 1.0),
        ]
    )


def tables(db: Database) -> dict[str, list[tuple[object, ...]]]:
    names = (
        "documents",
        "edits",
        "labels",
        "links",
        "changes",
        "edit_log",
        "field_log",
        "damages",
        "counts",
        "site_damage",
        "pages",
    )
    return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def test_a_document_comes_back_as_it_was(db: Database) -> None:
    number = save(db, annotated())
    assert store.load_document(db, number) == annotated()


def test_the_edits_stand_in_a_plain_table(db: Database) -> None:
    save(db, annotated())
    rows = db.execute(
        'SELECT document_id, position, field, kind, "start", "end", before, after FROM edits'
        " ORDER BY position"
    ).fetchall()
    assert rows == [
        (1, 0, None, "note", 10, 16, "(shōu)", ""),
        (1, 1, None, "note", 1, 7, "(wǎng)", ""),
        (1, 2, "title", "script", 1, 2, "貸", "贷"),
        (1, 3, "author", "field", 0, 0, "", "某人"),
    ]


def test_moves_are_not_counted_as_edits(db: Database) -> None:
    save(db, annotated())
    assert db.execute("SELECT edit_count, label_count, chars FROM documents").fetchone() == (
        3,
        2,
        6,
    )


def test_edits_of_one_sort_are_stored_once(db: Database) -> None:
    raw = "網(wǎng)" * 50
    edits = [Edit("note", 7 * i + 1, 7 * i + 7, "(wǎng)", "", "note:page-set") for i in range(50)]
    save(db, Document.from_text(raw).apply(edits))
    save(db, Document.from_text(raw + "。").apply(edits))
    assert db.execute("SELECT count(*) FROM edits").fetchone() == (100,)
    assert db.table("edit_log").count == 2
    assert db.table("changes").count == 1


_MEMORY = open_archive(":memory:")


@settings(max_examples=100, deadline=None)
@given(TEXT, TEXT, TEXT, TEXT)
def test_any_string_comes_back(text: str, title: str, before: str, after: str) -> None:
    document = Document.from_text(text + before, title=title, url=title, id=after)
    if before != after:
        start = len(text)
        edit = Edit("mask", start, start + len(before), before, after, "mask:x")
        field = FieldEdit("source", "field", 0, 0, "", after or "x", "field:x")
        label = Label("mask", 0, 0, before, "mask:x", 0.3, (Candidate(after, 0.2),))
        document = document.apply([edit, field, label, Link(title, after, "other")])
    number = save(_MEMORY, document)
    assert store.load_document(_MEMORY, number) == document
    assert save(_MEMORY, document) == number
    # what the columns show is valid text and has every character at its place
    shown, length = _MEMORY.execute(
        "SELECT text, length(text) FROM documents WHERE id = ?", [number]
    ).fetchone()
    assert len(shown) == length == len(document.text)


def test_a_sound_document_is_not_stored_twice_over(db: Database) -> None:
    save(db, annotated())
    save(db, Document.from_text("\\u0000 \\ud800"))  # the characters of an escape are harmless
    assert [row[0] for row in db.execute("SELECT exact FROM documents")] == [None, None]


def test_the_same_input_again_changes_nothing(db: Database, tmp_path: Path) -> None:
    places: list[dict[str, object]] = [
        {"input_file": "a.jsonl", "input_record": 1},
        {"input_file": "a.jsonl", "input_record": 2},
        {"input_file": "b.jsonl", "input_record": 1},
    ]
    document = Document.from_text("同樣的文字")
    numbers = [save(db, document, **place) for place in places]
    before = tables(db)
    assert len(set(numbers)) == 3
    assert [save(db, document, **place) for place in places] == numbers
    assert tables(db) == before


def test_the_same_record_from_elsewhere_is_one_document(db: Database) -> None:
    first = save(db, annotated(), input_file="a.jsonl", input_record=1)
    assert save(db, annotated(), input_file="copy/a.jsonl", input_record=1) == first


def test_a_changed_record_is_another_document(db: Database) -> None:
    first = save(db, Document.from_text("一"), input_file="a.txt", input_record=1)
    assert save(db, Document.from_text("二"), input_file="a.txt", input_record=1) != first


def test_a_page_cleaned_differently_keeps_its_document(db: Database) -> None:
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "rules")
        page = store.save_page(db, Page("http://a.cn/", "t", 200, [], "utf-8", b"x"), run)
        first = store.save_document(db, Document.from_text("網貸"), run, page_id=page)
        again = store.save_document(db, annotated(), run, page_id=page)
    assert again == first
    assert store.load_document(db, first) == annotated()
    assert db.table("documents").count == 1


def test_records_of_one_page_with_fields_of_their_own_are_all_kept(db: Database) -> None:
    """Two files hold the same markup; the second one's record says another title."""
    titles = ["甲", "乙", "甲"]

    def save_all() -> list[int]:
        with transaction(db):
            run = store.start_run(db, "clean", {}, "rules")
            page = store.save_page(db, Page("http://a.cn/", "t", 200, [], "utf-8", b"x"), run)
            return [
                store.save_document(
                    db,
                    Document.from_text("網貸", id=f"{n}", title=title),
                    run,
                    page,
                    f"{n}.jsonl",
                    1,
                )
                for n, title in enumerate(titles)
            ]

    assert save_all() == [1, 2, 1]  # the third is the first once more
    before = tables(db)
    assert save_all() == [1, 2, 1]
    assert tables(db) == before


def test_a_crawled_page_in_a_dump_is_one_document(db: Database) -> None:
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        page = store.save_page(db, Page("http://a.cn/", "t", 200, [], "utf-8", b"x"), run)
        first = store.save_document(db, Document.from_text("網貸"), run, page)
        again = store.save_document(db, Document.from_text("网贷"), run, page, "a.warc", 1)
    assert first == again


def test_replacing_leaves_nothing_of_the_old(db: Database) -> None:
    number = save(db, annotated())
    with transaction(db):
        run = store.start_run(db, "reclean", {}, "other")
        store.replace_document(db, number, Document.from_text("新文"), run)
    assert store.load_document(db, number) == Document.from_text("新文")
    assert [db.table(t).count for t in ("edit_log", "field_log", "labels", "links", "damages")] == [
        0
    ] * 5
    db.execute("INSERT INTO documents_fts (documents_fts, rank) VALUES ('integrity-check', 1)")


def test_there_is_no_such_document(db: Database) -> None:
    with pytest.raises(ArchiveError, match="no document 7"):
        store.load_document(db, 7)
    with pytest.raises(ArchiveError, match="no document 7"), transaction(db):
        store.replace_document(db, 7, annotated(), 1)


def test_a_log_that_does_not_rebuild_the_raw_text_is_reported(db: Database) -> None:
    number = save(db, annotated())
    db.execute("UPDATE changes SET before = '(wáng)' WHERE before = '(wǎng)'")
    with pytest.raises(ArchiveError, match="document 1 do not rebuild"):
        store.load_document(db, number)


def test_every_version_of_a_page_is_kept_once(db: Database) -> None:
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "rules")
        versions = [
            store.save_page(db, Page("http://a.cn/", f"t{n}", 200, [["A", "b"]], "gbk", body), run)
            for n, body in enumerate([b"one", b"two", b"one", b""])
        ]
    assert versions == [1, 2, 1, 3]
    assert [store.load_body(db, n) for n in (1, 2, 3)] == [b"one", b"two", b""]


def test_pages_without_a_url_are_told_apart_by_their_place(db: Database) -> None:
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        page = Page(None, "t", None, [], None, b"x", file="a.warc", offset=0, length=1)
        first = store.save_page(db, page, run)
        other = Page(None, "t", None, [], None, b"x", "a.warc", 9, 1, keep_body=False)
        assert store.save_page(db, page, run) == first
        second = store.save_page(db, other, run)
    assert first != second
    with pytest.raises(ArchiveError, match=r"stands in a\.warc"):
        store.load_body(db, second)


def test_a_damaged_body_is_reported(db: Database) -> None:
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "rules")
        store.save_page(db, Page("http://a.cn/", "t", 200, [], None, b"one"), run)
        other = store.save_page(db, Page("http://b.cn/", "t", 200, [], None, b"two"), run)
    db.execute("UPDATE pages SET body = (SELECT body FROM pages WHERE id = 2) WHERE id = 1")
    with pytest.raises(ArchiveError, match="page 1 is not the one"):
        store.load_body(db, 1)
    db.execute("UPDATE pages SET body = x'00ff' WHERE id = ?", [other])
    with pytest.raises(ArchiveError, match="page 2 is damaged"):
        store.load_body(db, other)
    with pytest.raises(ArchiveError, match="no page 9"):
        store.load_body(db, 9)


def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    def fail() -> None:
        with transaction(db):
            run = store.start_run(db, "clean", {}, "rules")
            store.save_document(db, annotated(), run)
            raise RuntimeError

    before = tables(db)
    with pytest.raises(RuntimeError):
        fail()
    assert tables(db) == before
    assert db.table("runs").count == 0
    assert db.execute("SELECT count(*) FROM documents_fts_docsize").fetchone() == (0,)


def test_a_run_is_finished_with_its_counts(db: Database) -> None:
    run = store.start_run(db, "crawl", {"seeds": ["http://a.cn"], "path": Path("x")}, "rules")
    assert db.execute("SELECT finished_at, pid FROM runs").fetchone() == (None, os.getpid())
    store.finish_run(db, run, pages=2, documents=1, errors=3)
    row = db.execute("SELECT pages, documents, errors, finished_at > '2' FROM runs").fetchone()
    assert row == (2, 1, 3, 1)


def test_a_killed_writer_leaves_whole_documents(tmp_path: Path) -> None:
    """Kill -9 between two writes of one transaction: all of it is gone, all before it is there."""
    path = tmp_path / "a.db"
    script = """if True:
        import os, signal, sys
        from archive import store
        from cleaning.document import Document
        db = store.open_archive(sys.argv[1])
        for number in range(5):
            with store.transaction(db):
                run = store.start_run(db, "clean", {}, "rules")
                store.save_document(db, Document.from_text(f"文{number}"), run)
                if number == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
    """
    result = subprocess.run([sys.executable, "-c", script, path], check=False)
    assert result.returncode == -9
    db = open_archive(path)
    assert [document.text for _, document in store.documents(db)] == ["文0", "文1", "文2"]
    db.execute("INSERT INTO documents_fts (documents_fts, rank) VALUES ('integrity-check', 1)")


# what open_archive refuses


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"a\.db: there is no such archive"):
        open_archive(tmp_path / "a.db", create=False)
    with pytest.raises(ArchiveError, match=r"a\.db: there is no such archive"):
        open_archive(tmp_path / "a.db", readonly=True)
    assert not (tmp_path / "a.db").exists()


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"a\.db cannot be opened; is the folder there"):
        open_archive(tmp_path / "none" / "a.db")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is a folder"):
        open_archive(tmp_path)


@pytest.mark.parametrize("content", [b"not SQLite at all", b"\x00\x01\x02", b"SQLite format 3"])
def test_what_is_no_sqlite_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"a\.db is not a SQLite file"):
        open_archive(path)
    assert path.read_bytes() == content


def test_a_header_alone_is_no_sqlite_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(ArchiveError, match=r"a\.db"):
        open_archive(path)


def test_an_empty_file_becomes_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.touch()
    with pytest.raises(ArchiveError, match="no such archive"):
        open_archive(path, create=False)
    save(open_archive(path), annotated())


def test_a_foreign_database_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE documents (id INTEGER PRIMARY KEY)")
    theirs.close()
    before = path.read_bytes()
    for readonly in (False, True):
        with pytest.raises(ArchiveError, match=r"theirs\.db is a SQLite database, but not"):
            open_archive(path, readonly=readonly)
    assert path.read_bytes() == before


def test_a_newer_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    db = open_archive(path)
    db.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('archive', 'm999_more', '2030')"
    )
    db.close()
    with pytest.raises(ArchiveError, match=r"newer version of Shiyi \(it has m999_more\)"):
        open_archive(path)


def test_a_locked_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_archive(path).close()
    holder = sqlite3.connect(path)
    holder.execute("BEGIN IMMEDIATE")
    db = open_archive(path, timeout=0.1)  # reading is possible all the time
    with pytest.raises(ArchiveError, match=r"a\.db is locked by another program"):
        save(db, annotated())
    holder.execute("ROLLBACK")
    save(db, annotated())
    holder.close()


def test_a_locked_new_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    holder = sqlite3.connect(path)
    holder.execute("PRAGMA user_version = 0")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ArchiveError, match=r"a\.db is locked"):
        open_archive(path, timeout=0.1)
    holder.close()


def test_a_full_disk(db: Database) -> None:
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}").fetchone()
    with pytest.raises(ArchiveError, match=r"archive\.db cannot be written: the disk is full"):
        save(db, Document.from_text("很長的文字" * 100_000))
    assert db.table("documents").count == 0


def test_reading_alone_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    number = save(open_archive(path), annotated())
    db = open_archive(path, readonly=True)
    assert store.load_document(db, number) == annotated()
    with pytest.raises(ArchiveError, match=r"a\.db cannot be written: the file, or its folder"):
        save(db, annotated())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every file")
def test_a_write_protected_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    db = open_archive(path)
    db.close()
    path.chmod(0o444)
    with pytest.raises(ArchiveError, match=r"a\.db cannot be written"), open_archive(path) as db:
        save(db, annotated())


def test_two_programs_may_create_at_once(tmp_path: Path) -> None:
    script = "import sys; from archive.store import open_archive; open_archive(sys.argv[1])"
    path = tmp_path / "a.db"
    running = [subprocess.Popen([sys.executable, "-c", script, path]) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4


# pieces and script


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_pieces_hold_both_texts(data: st.DataObject) -> None:
    """Any edits in any number of passes: all before joined is the raw text, all after the clean one."""
    document = Document.from_text(data.draw(st.text("ab(x)\n", max_size=20)))
    for _ in range(data.draw(st.integers(0, 4))):
        cuts = data.draw(st.lists(st.integers(0, len(document.text)), max_size=8).map(sorted))
        edits = []
        for start, end in zip(cuts[::2], cuts[1::2], strict=False):
            after = data.draw(st.text("ABC", max_size=3))
            if edits and edits[-1].end == start:
                continue
            if (before := document.text[start:end]) != after:
                edits.append(Edit("note", start, end, before, after, f"note:{len(edits)}"))
        document = document.apply(edits)
    found = list(pieces(document))
    assert "".join(piece.before for piece in found) == document.raw
    assert "".join(piece.after for piece in found) == document.text
    assert sum(len(piece.edits) for piece in found) == len(document.edits)
    assert all(piece.before == piece.after for piece in found if not piece.edits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("网贷平台的催收方法", "simplified"),
        ("網貸平臺的催收方法", "traditional"),
        ("網貸平臺的催收方法，网贷平台的办法", "mixed"),
        ("人山人海 abc", None),
        ("", None),
        (
            "这个句子讲乾隆皇帝、于谦和陳某，没有别的，说了这么多话，还是简体；"
            + "这样写的时间长了，谁来说说？",
            "simplified",
        ),
    ],
)
def test_script(text: str, expected: str | None) -> None:
    assert script_of(text) == expected

"""After a rule changed, just what other rules have cleaned is cleaned again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import store
from archive.reclean import reclean
from archive.search import search
from archive.store import Page, open_archive, transaction
from archive.verify import verify
from cleaning.document import Document, Edit, FieldEdit, Link
from cleaning.pipeline import clean
from cleaning.read import read_page

HTML = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>网贷的办法</title></head><body>
<h1>网贷的办法</h1><p>第一段说的是网贷平台的事情，句子要足够长，才像一篇文章的正文，所以再写一点。</p>
<p>第二段说的是别的事情，句子也要足够长，才像一篇文章的正文，所以再写一点。</p></body></html>"""


def old_rules(document: Document, without: Collection[str] = ()) -> Document:
    """Stars go; the first link is found in the text."""
    at = document.text.find("*")
    findings: list[Edit | FieldEdit | Link] = []
    if at >= 0 and "mask" not in without:
        findings = [Edit("mask", at, at + 1, "*", "", "mask:star"), Link(None, "下一篇", "next")]
    if document.title and document.title.startswith("*"):
        findings.append(FieldEdit("title", "mask", 0, 1, "*", "", "mask:star"))
    return document.apply(findings)


def new_rules(document: Document, without: Collection[str] = ()) -> Document:
    """As before, and what follows a star becomes an exclamation mark."""
    document = old_rules(document, without)
    at = document.text.find("?")
    return document.apply(
        [Edit("punctuation", at, at + 1, "?", "？", "width:x")] if at >= 0 else []
    )


TEXTS = ["没有问题", "有*星", "有*星?", "问号?", "*?\ud800"]


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = open_archive(tmp_path / "archive.db")
    with transaction(db):
        run = store.start_run(db, "clean", {}, "old")
        for number, text in enumerate(TEXTS):
            given = [Link("http://a.cn/", "给的", "other")] if number % 2 else []
            document = Document.from_text(text, title="*题", id=f"r{number}", links=given)
            store.save_document(db, old_rules(document), run, None, "a.jsonl", number)
    return db


def everything(db: Database) -> list[tuple[int, Document]]:
    return list(store.documents(db))


def test_only_what_changes_is_written_again(db: Database) -> None:
    before = dict(everything(db))
    told: list[tuple[int, int]] = []
    done = reclean(db, rules="new", cleaner=new_rules, progress=lambda *now: told.append(now))
    assert (done.documents, done.changed, done.unchanged, done.failed) == (5, 3, 2, ())
    after = dict(everything(db))
    assert after.keys() == before.keys()
    for number, document in after.items():
        changed = "?" in TEXTS[number - 1]
        assert (document != before[number]) == changed
        assert document.raw == TEXTS[number - 1]
        assert document.id == f"r{number - 1}"
        assert document.title == "题"
        assert [link.text for link in document.links].count("给的") == (number + 1) % 2
        assert [link.text for link in document.links].count("下一篇") == ("*" in TEXTS[number - 1])
    assert told == [(5, 5)]
    assert list(verify(db)) == []
    assert {hit.id for hit in search(db, "？")} == {3, 4, 5}


def test_what_these_rules_have_seen_is_left_alone(db: Database) -> None:
    reclean(db, rules="new", cleaner=new_rules)
    runs = db.table("runs").count

    def fail(document: Document, without: Collection[str]) -> Document:
        raise AssertionError

    assert reclean(db, rules="new", cleaner=fail).documents == 0
    assert db.table("runs").count == runs


def test_the_first_cleaning_again_gives_the_first_documents(db: Database) -> None:
    before = everything(db)
    reclean(db, rules="new", cleaner=new_rules)
    assert everything(db) != before
    reclean(db, rules="old", cleaner=old_rules)
    assert everything(db) == before
    assert db.execute("SELECT count(*) FROM changes WHERE rule = 'width:x'").fetchone() == (0,)


def test_rules_can_be_switched_off_and_on(db: Database) -> None:
    before = everything(db)
    done = reclean(db, rules="old", cleaner=old_rules, without=["mask"])
    assert done.changed == 3
    assert [document.text for _, document in everything(db)] == TEXTS
    assert reclean(db, rules="old", cleaner=old_rules, without=["mask"]).documents == 0
    assert reclean(db, rules="old", cleaner=old_rules).changed == 3
    assert everything(db) == before


def test_a_dry_run_writes_nothing(db: Database) -> None:
    before = everything(db), db.table("runs").count
    done = reclean(db, rules="new", cleaner=new_rules, dry_run=True)
    assert (done.changed, done.unchanged) == (3, 2)
    assert (everything(db), db.table("runs").count) == before


def test_one_bad_document_does_not_stop_the_rest(db: Database) -> None:
    def fail_once(document: Document, without: Collection[str]) -> Document:
        if document.text == "有*星?":
            raise ValueError("too odd")
        return new_rules(document, without)

    done = reclean(db, rules="new", cleaner=fail_once)
    assert done.failed == ("document 3: too odd",)
    assert (done.changed, done.unchanged) == (2, 2)
    assert reclean(db, rules="new", cleaner=new_rules).documents == 1


def test_a_page_is_extracted_again(tmp_path: Path) -> None:
    db = open_archive(tmp_path / "archive.db")
    headers = [["Content-Type", "text/html; charset=utf-8"]]
    expected = clean(read_page(HTML.encode(), "http://a.cn/1", headers[0][1]))
    assert "第二段" in expected.text
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "an extraction that found one paragraph")
        page = Page("http://a.cn/1", "t", 200, headers, "utf-8", HTML.encode())
        page_id = store.save_page(db, page, run)
        poor = replace(Document.from_text("第一段", url="http://a.cn/1"), id="x")
        store.save_document(db, poor, run, page_id)
    assert reclean(db).changed == 1
    assert everything(db) == [(1, replace(expected, id="x"))]


def test_a_text_file_is_read_as_text(tmp_path: Path) -> None:
    db = open_archive(tmp_path / "archive.db")
    body = "<p> 这是文本，不是网页".encode()
    with transaction(db):
        run = store.start_run(db, "clean", {}, "old")
        page_id = store.save_page(db, Page(None, "t", None, [], "utf-8", body, "a.txt"), run)
        store.save_document(db, Document.from_text(body.decode()), run, page_id, "a.txt", 1)
    reclean(db)
    assert everything(db)[0][1].raw == body.decode()


def test_the_markup_of_a_record_keeps_the_fields_of_the_record(tmp_path: Path) -> None:
    db = open_archive(tmp_path / "archive.db")
    headers = [["Content-Type", "text/html; charset=utf-8"]]
    with transaction(db):
        run = store.start_run(db, "clean", {}, "old")
        page = Page(None, "t", None, headers, "utf-8", HTML.encode(), "a.jsonl", 3)
        page_id = store.save_page(db, page, run)
        document = Document.from_text("第一段", title="记录自己的题目", id="7")
        store.save_document(db, document, run, page_id, "a.jsonl", 3)
    reclean(db)
    document = everything(db)[0][1]
    assert (document.title, document.id) == ("记录自己的题目", "7")
    assert "第二段" in document.text


def test_a_page_whose_bytes_are_elsewhere_is_cleaned_from_its_text(tmp_path: Path) -> None:
    db = open_archive(tmp_path / "archive.db")
    with transaction(db):
        run = store.start_run(db, "clean", {}, "old")
        page = Page("http://a.cn/", "t", 200, [], None, b"x", "a.warc", 0, 9, keep_body=False)
        page_id = store.save_page(db, page, run)
        store.save_document(db, Document.from_text("问号?"), run, page_id)
    assert reclean(db, rules="new", cleaner=new_rules).changed == 1
    assert everything(db)[0][1].text == "问号？"

"""The report counts what the archive holds, and nothing of a page becomes HTML in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import store
from archive.report import Example, render_text, report
from archive.report_log import MOST, Row
from archive.report_page import render_html
from archive.store import Page, open_archive, transaction
from cleaning.document import Document, Edit, Label


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = open_archive(tmp_path / "a<b>.db")
    first = Document.from_text("開網(wǎng)貸網(wǎng)站,好", title="一", site="<i>網站</i>").apply(
        [
            Edit("note", 2, 8, "(wǎng)", "", "note:page-set"),
            Edit("note", 10, 16, "(wǎng)", "", "note:page-set"),
            Edit("punctuation", 17, 18, ",", "，", "width:<b>"),
            Label("mask", 0, 1, "x", "mask:stars", 0.5),
        ]
    )
    first = first.apply([Edit("script", 1, 2, "網", "网", "script:x")])
    # what the second edit made, the third took away again
    second = Document.from_text("甲*乙").apply([Edit("mask", 1, 2, "*", "<script>", "mask:x")])
    second = second.apply([Edit("chrome", 0, 9, "甲<script>", "", "chrome:x")])
    with transaction(db):
        run = store.start_run(db, "crawl", {}, "rules")
        store.save_page(db, Page("http://a.cn/", "t", 200, [], None, b"x"), run)
        for document in (first, second, Document.from_text("没有改动")):
            store.save_document(db, document, run)
    return db


def test_everything_is_counted(db: Database) -> None:
    found = report(db)
    assert found.name == "a<b>.db"
    assert found.totals == {
        "documents": 3, "characters": 12, "edits": 6, "labels": 1, "documents without an edit": 1,
        "copies of another document": 0, "pages": 1, "sites": 1, "known URLs": 0, "runs": 1,
    }  # fmt: skip
    assert found.tables["Edits by kind"] == [
        Row("note", 2, 1), Row("chrome", 1, 1), Row("mask", 1, 1), Row("punctuation", 1, 1),
        Row("script", 1, 1),
    ]  # fmt: skip
    assert found.tables["Edits by rule"][0] == Row("note:page-set", 2, 1)
    assert found.tables["Labels"] == [Row("mask", 1, 1)]
    assert found.tables["Sites"] == [Row("<i>網站</i>", 4, 1), Row("(none)", 2, 2)]


def test_examples_show_edits_in_the_clean_text(db: Database) -> None:
    examples = {example.kind: example for example in report(db).examples}
    assert examples["punctuation"] == Example(
        "punctuation", "width:<b>", 1, "開网貸網站", ",", "，", "好"
    )
    assert (examples["script"].left, examples["script"].right) == ("開", "貸網站，好")
    assert examples["chrome"].right == "乙"
    assert "mask" not in examples  # a later edit took it away


def test_samples_are_edits_as_they_stand(db: Database) -> None:
    samples = report(db).samples
    assert {sample.kind for sample in samples} == {"note", "punctuation", "script", "chrome"}
    assert "right?" in render_html(report(db))


def test_sites_and_what_was_left(db: Database) -> None:
    found = report(db)
    assert found.sites["<i>網站</i>"] == {"note": 2, "punctuation": 1, "script": 1}
    assert found.tables["Left as it was"] == [Row("mask", 1, 1)]
    assert found.tables["Masked words left"] == [Row("x", 1, 1)]


def test_the_text_form(db: Database) -> None:
    text = render_text(report(db))
    assert re.search(r"^ +6  edits$", text, re.MULTILINE)
    assert re.search(r"^ +2 +1  note:page-set$", text, re.MULTILINE)
    assert "開网貸網站[, → ，]好" in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_needs_nothing_else(db: Database) -> None:
    html = render_html(report(db))
    page = Tags()
    page.feed(html)
    assert page.references == []
    assert not page.tags & {"script", "i", "b", "link", "img", "iframe"}
    assert "svg" in page.tags
    assert "://" not in html
    assert "url(" not in html
    assert "&lt;i&gt;網站&lt;/i&gt;" in html
    assert "a&lt;b&gt;.db" in html
    assert "<del>,</del><ins>，</ins>" in html


def test_an_empty_archive_has_a_report() -> None:
    found = report(open_archive(":memory:"))
    assert found.totals["documents"] == 0
    assert "documents" in render_text(found)
    assert render_html(found).endswith("</html>\n")


def test_a_long_table_is_added_up_at_its_end() -> None:
    db = open_archive(":memory:")
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        for number in range(MOST + 10):
            store.save_document(db, Document.from_text(f"{number}", site=f"站{number}"), run)
    rows = report(db).tables["Sites"]
    assert len(rows) == MOST
    assert rows[-1] == Row("(11 more)", 0, 11)

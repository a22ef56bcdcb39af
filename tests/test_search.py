"""A search finds what comparing the folded text letter by letter would find."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive import indexing, store
from archive.fold import fold, version, zh_map
from archive.index import MANY, bigrams, index_fields, match_expression
from archive.search import Hit, search, snippet
from archive.search_schema import find_sql, match_sql
from archive.store import open_archive, transaction
from cleaning.document import Document, Edit, Label

# forms of one character, two scripts, full and half width, marks, white space, and what SQL and
# FTS5 might take for an operator
LETTERS = "网網催收着著里裡裏干乾幹后後台臺，,。*＊aAＡǎ1１月 \u3000\n\"“「-'()_%𠮷😀й"
SHORT = st.text(LETTERS, max_size=12)


def archive_of(*documents: tuple[str | None, str]) -> Database:
    db = open_archive(":memory:")
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        for number, (title, text) in enumerate(documents):
            document = Document.from_text(text, title=title, id=str(number))
            store.save_document(db, document, run)
    return db


@contextmanager
def holding(db: Database, *documents: tuple[str | None, str]) -> Iterator[None]:
    """An empty archive with these documents, and empty again: opening a new one takes its time."""
    with suppress(_DoneError), transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        for number, (title, text) in enumerate(documents):
            document = Document.from_text(text, title=title, id=str(number))
            store.save_document(db, document, run)
        yield
        raise _DoneError


class _DoneError(Exception):
    pass


def ids(hits: list[Hit]) -> list[int]:
    return [hit.id for hit in hits]


def by_comparison(db: Database, needle: str) -> list[int]:
    """Recall to be reached: the ids of documents whose folded title or text holds the needle."""
    rows = db.execute("SELECT id, coalesce(title, ''), text FROM documents ORDER BY id")
    needle = fold(needle)
    return [id for id, title, text in rows if needle in fold(title) or needle in fold(text)]


_EMPTY = archive_of()

# the fold


def test_the_fold_keeps_every_place() -> None:
    assert all(len(character) == len(folded) == 1 for character, folded in zh_map().items())


def test_what_stands_for_a_class_stands_for_itself() -> None:
    assert [c for c, folded in zh_map().items() if fold(folded) != folded] == []


@pytest.mark.parametrize(
    "forms",
    [
        "着著", "里裡裏", "干乾幹", "后後", "台臺颱檯", "于於", "网網", "发發髮", "面麵麪", "征徵", "只隻祇",
        "AaＡａáǎ", "1１①", "，,", "。｡", "“”「」『』\"＂", " \u3000\n\t\u00a0\u2028", "!！", "值値", "*＊",
    ],
)  # fmt: skip
def test_forms_of_one_character(forms: str) -> None:
    assert len({fold(form) for form in forms}) == 1


@pytest.mark.parametrize(
    "pair", ["欠缺", "连联", "沪滤", "予豫", "催收", "，、", "。．", "a4", "网冈"]
)
def test_different_characters(pair: str) -> None:
    assert fold(pair[0]) != fold(pair[1])


# recall and precision


@settings(max_examples=250, deadline=None)
@given(st.lists(st.tuples(st.none() | SHORT, SHORT), min_size=1, max_size=4), st.data())
def test_any_part_of_a_text_is_found_and_nothing_else(
    documents: list[tuple[str | None, str]], data: st.DataObject
) -> None:
    source = data.draw(st.sampled_from([t for pair in documents for t in pair if t] or ["催"]))
    start = data.draw(st.integers(0, len(source)))
    needle = source[start : start + data.draw(st.integers(1, 6))]
    needle = data.draw(st.sampled_from([needle, data.draw(SHORT)]))
    needle = "".join(needle.split()).replace('"', "")  # white space and quotes are operators
    if not needle or (needle.startswith("-") and len(needle) > 1):
        return
    with holding(_EMPTY, *documents):
        assert sorted(ids(search(_EMPTY, needle))) == by_comparison(_EMPTY, needle)


def test_random_chinese_text_against_a_scan() -> None:
    chance = random.Random(2026)
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 60)] + list("，。1aB \n")
    documents = [
        ("".join(chance.choices(letters, k=5)), "".join(chance.choices(letters, k=chance.randrange(400))))
        for _ in range(300)
    ]  # fmt: skip
    db = archive_of(*documents)
    queries = 0
    for _ in range(400):
        text = chance.choice(documents)[1]
        start = chance.randrange(max(1, len(text)))
        needle = "".join(text[start : start + chance.randrange(1, 7)].split())
        if needle:
            queries += 1
            assert sorted(ids(search(db, needle, limit=1000))) == by_comparison(db, needle), needle
    assert queries > 300


ARTICLES = (
    ("小贷平台催收的方法", "小额贷款公司的催收，要合法。\n其他文章：利率高怎么办"),
    ("網貸平臺", "網貸催收員打電話，隨著時間過去"),
    ("AI 工具", "AI催收2.0 发布于11月，iPhone 可用"),
    (None, "通过***平台借款，催促还款"),
    ("空", ""),
)


_ARTICLES = archive_of(*ARTICLES)


@pytest.fixture(scope="module")
def articles() -> Database:
    return _ARTICLES


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("催", {1, 2, 3, 4}),
        ("收", {1, 2, 3}),
        ("员", {2}),
        ("催收", {1, 2, 3}),
        ("催收员", {2}),
        ("催收員打電", {2}),
        ("网贷", {2}),
        ("網貸", {2}),
        ("随着", {2}),
        ("隨著", {2}),
        ("催收 利率", {1}),
        ("催收\u3000利率", {1}),
        ("利率 催收", {1}),
        ("催收 沒有這個", set()),
        ("AI催收2.0", {3}),
        ("ai催收", {3}),
        ("ＡＩ", {3}),
        ("1月", {3}),
        ("phone", {3}),
        ("***", {4}),
        ("＊＊平台", {4}),
        ("，", {1, 2, 3, 4}),
        ("平台", {1, 2, 4}),
        ("平台 -催收", {4}),
        ("-催", {5}),
        ("-催 -空", set()),
        ('"AI 工具"', {3}),
        ('"工具 AI"', set()),
        ('催收 -"AI 工具"', {1, 2}),
        ('"催收', {1, 2, 3}),
        ('""', set()),
        ("-", set()),
        ("", set()),
        (" \n", set()),
        ("AND", set()),
        ("催收 OR 空", set()),
        ("NEAR(催收)", set()),
        ("text:催收", set()),
    ],
)
def test_queries(articles: Database, query: str, expected: set[int]) -> None:
    hits = search(articles, query)
    assert set(ids(hits)) == expected
    assert len(hits) == len(expected)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.text(st.characters(codec=None, categories=None)) | SHORT)
def test_every_string_is_a_query(query: str) -> None:
    for hit in search(_ARTICLES, query):
        assert 1 <= hit.id <= 5


def test_very_long_queries(articles: Database) -> None:
    assert search(articles, "催" * 100_000) == []
    assert search(articles, " ".join(f"w{n}" for n in range(3000))) == []
    assert ids(search(articles, "催收员 " + " ".join(f"-w{n}" for n in range(3000)))) == [2]


def test_a_word_in_the_title_comes_first() -> None:
    db = archive_of((None, "别的催收" * 5), ("催收", "别的" * 10), *[("别的", "别的")] * 5)
    assert ids(search(db, "催收")) == [2, 1]


def test_limit_and_offset() -> None:
    db = archive_of(*(("题", f"第{n}篇催收") for n in range(30)))
    everything = ids(search(db, "催收", limit=10_000))
    assert sorted(everything) == list(range(1, 31))
    assert ids(search(db, "催收")) == everything[:20]
    assert ids(search(db, "催收", limit=7, offset=7)) == everything[7:14]
    assert search(db, "催收", limit=0) == []


# fields


def fields_archive() -> Database:
    db = open_archive(":memory:")
    found: list[dict[str, Any]] = [
        {"site": "例 网", "url": "http://www.a.example:8080/1", "date": "2025-08-18"},
        {"site": "例网", "url": "https://b.example/", "date": "2025-09-01"},
        {"site": None, "url": "http://news.a.example/", "date": "2024-08-18"},
        {"site": "Site:X", "url": "no url", "date": None},
    ]
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        for number, fields in enumerate(found):
            document = Document.from_text(f"催收第{number}篇 site:例网 phone* x", **fields)
            if number == 2:
                document = document.apply([Edit("note", 0, 1, "催", "摧", "note:x")])
                document = document.apply([Label("mask", 1, 2, "*", "mask:x", 0.5)])
            store.save_document(db, document, run)
    return db


_FIELDS = fields_archive()
BY_FIELD = [
    ("site:例网", {1, 2}), ("site:例網", {1, 2}), ("site:a.example", {1}), ("site:www.a.example", {1}),
    ("site:A.EXAMPLE 催收", {1}), ("site：b.example", {2}), ("-site:例网", {3, 4}), ("date:2025", {1, 2}),
    ("date:2025-08", {1}), ("date:2025-08-18", {1}), ("date:20", {1, 2, 3}), ("date:08", set()),
    ("damage:note", {3}), ("damage:mask", {3}), ("-damage:note 催收", {1, 2, 4}), ("damage:script", set()),
    ('"site:例网"', {1, 2, 3, 4}), ("site:", {1, 2, 3, 4}), ("site:没有", set()), ("site:site:x", {4}),
    ("phone*", {1, 2, 3, 4}), ("pho*", {1, 2, 3, 4}), ("hone*", {1, 2, 3, 4}), ("e*", {1, 2, 3, 4}),
    ('"phone*"', {1, 2, 3, 4}), ('"phon*"', set()), ("催*", set()), ("site:例网 date:2025-09", {2}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), BY_FIELD)
def test_fields_and_prefixes(query: str, expected: set[int]) -> None:
    found = search(_FIELDS, query)
    assert set(ids(found)) == expected
    rows = _FIELDS.execute(find_sql(), {"q": query}).fetchall()
    assert [row[0] for row in rows] == ids(found)
    view = _FIELDS.execute("SELECT id FROM search WHERE q = json_quote(?)", [query]).fetchall()
    assert {row[0] for row in view} == expected


TYPED = st.lists(
    st.sampled_from(["site:", "date:", "damage:", "SITE：", "-", '"', "*", "a", "a*", "网", " ", "例网", "2025"]),
    max_size=8,
).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(TYPED)
def test_sql_reads_fields_as_python_does(query: str) -> None:
    found = _EMPTY.execute(f"SELECT {match_sql('?')}", [query]).fetchone()[0]
    assert found == match_expression(query)


def test_sql_indexes_fields_as_python_does() -> None:
    for number, tokens in _FIELDS.execute("SELECT id, fields FROM documents_bigrams").fetchall():
        values = _FIELDS.execute(
            "SELECT site, host, date, damage FROM documents WHERE id = ?", [number]
        ).fetchone()
        assert tokens == index_fields(fold, *values)
    _FIELDS.execute("INSERT INTO documents_fts (documents_fts, rank) VALUES ('integrity-check', 1)")


# snippets


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("網貸催收", "网贷", "【網貸】催收"),
        ("網貸催收", "收 網", "【網】貸催【收】"),
        ("甲\n乙催收\n丙", "催收", "甲 乙【催收】 丙"),
        ("强制\n执行", '"强制 执行"', "【强制 执行】"),
        ("没有", "催收", "没有"),
        ("催收与方法", "-方法 催收", "【催收】与方法"),
        ("", "催收", ""),
    ],
)
def test_snippets(text: str, query: str, expected: str) -> None:
    assert snippet(text, query) == expected


def test_a_long_text_is_cut_around_the_first_hit() -> None:
    text = "前" * 500 + "催收" + "后" * 500
    found = snippet(text, "催收")
    assert found.startswith("…前")
    assert found.endswith("后…")
    assert "前【催收】后" in found
    assert len(found) < 100


@settings(max_examples=150, deadline=None)
@given(st.text(LETTERS, max_size=200), SHORT)
def test_a_snippet_is_text_of_the_original(text: str, query: str) -> None:
    bare = snippet(text, query, before="", after="").strip("…")
    assert bare.strip() in " ".join(text.split())


# the same in SQL


@settings(max_examples=150, deadline=None)
@given(SHORT)
def test_sql_reads_a_query_as_python_does(query: str) -> None:
    assert _EMPTY.execute(f"SELECT {match_sql('?')}", [query]).fetchone()[0] == match_expression(
        query
    )


@settings(max_examples=40, deadline=None)
@given(st.text(LETTERS, max_size=30), st.integers(0, 20))
def test_sql_indexes_as_python_does(text: str, repeat: int) -> None:
    text *= repeat  # beyond the block that SQL walks by
    with holding(_EMPTY, (text[:40], text)):
        row = _EMPTY.execute("SELECT title, text FROM documents_bigrams").fetchone()
        assert row == (bigrams(text[:40]), bigrams(text))


@pytest.mark.parametrize(
    "query", ["網貸", "催", "催收 利率", "***", "-催收", '催收 -"AI 工具"', '"', "ai催收", ""]
)
def test_the_plain_sql_doors_give_the_same_rows(articles: Database, query: str) -> None:
    expected = search(articles, query)
    found = articles.execute(find_sql(), {"q": query}).fetchall()
    assert [row[0] for row in found] == ids(expected)
    view = articles.execute("SELECT id FROM search WHERE q = json_quote(?)", [query]).fetchall()
    assert {row[0] for row in view} == set(ids(expected))


def test_snippets_in_plain_sql(articles: Database) -> None:
    rows = articles.execute(find_sql(), {"q": "网贷 催收"}).fetchall()
    assert [row[2] for row in rows] == ["【網貸】催收員打電話，隨著時間過去"]


def test_other_programs_may_change_documents(articles: Database) -> None:
    """The triggers are plain SQL: a bare SQLite keeps the index right."""
    db = archive_of(*ARTICLES)
    other = sqlite3.connect(":memory:")
    db.conn.backup(other)
    other.execute("UPDATE documents SET text = '只有蘋果' WHERE id = 1")
    other.execute("DELETE FROM documents WHERE id = 2")
    other.commit()
    other.execute("INSERT INTO documents_fts (documents_fts, rank) VALUES ('integrity-check', 1)")
    changed = Database(other)
    assert ids(search(changed, "苹果")) == [1]
    assert set(ids(search(changed, "催收"))) == {1, 3}  # 1 has it in its title
    assert search(changed, "電話") == []


# versions of the fold, and what starting costs


def test_an_archive_with_another_fold_is_searched_by_its_own() -> None:
    db = archive_of(("题", "網貸催收"))
    db.execute("UPDATE zh_map SET folded = '網' WHERE character = '網'")
    db.execute("UPDATE meta SET value = 'older' WHERE name = 'zh_map'")
    indexing._folds.pop("older", None)
    db.execute("INSERT INTO documents_fts (documents_fts) VALUES ('rebuild')")  # by the table
    assert ids(search(db, "網貸")) == [1]
    assert search(db, "网贷") == []
    with transaction(db):
        run = store.start_run(db, "clean", {}, "rules")
        store.save_document(db, Document.from_text("網路"), run)
    db.execute("INSERT INTO documents_fts (documents_fts, rank) VALUES ('integrity-check', 1)")
    with transaction(db):
        assert indexing.reindex(db) == 2
    db.execute("INSERT INTO documents_fts (documents_fts, rank) VALUES ('integrity-check', 1)")
    assert ids(search(db, "网贷")) == [1]
    assert db.execute("SELECT value FROM meta WHERE name = 'zh_map'").fetchone() == (version(),)


def test_searching_loads_neither_scrapy_nor_datasette() -> None:
    script = (
        "import sys, archive.search, archive.store\n"
        "archive.search.search(archive.store.open_archive(':memory:'), '催收')\n"
        "print([m for m in ('scrapy', 'twisted', 'datasette', 'opencc', 'pypinyin') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


# very many hits


@pytest.fixture(scope="module")
def crowded() -> Database:
    """More documents with a word than BM25 orders; every fiftieth has it in the title, some in neither script."""
    return archive_of(
        *(
            ("催收之事" if n % 50 == 7 else f"第{n}篇", "没有" if n % 400 == 3 else f"網貸{n % 3}催收，")
            for n in range(MANY + 100)
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "query", ["催", "收", "网贷", "催收", "催收 网贷", "，", "-没有", "网 -没", "篇"]
)
def test_of_very_many_hits_titles_come_first_and_then_the_newest(
    crowded: Database, query: str
) -> None:
    found = ids(search(crowded, query, limit=10_000))
    wanted = [word for word in query.split() if not word.startswith("-")]
    expected = {row[0] for row in crowded.execute("SELECT id FROM documents")}
    for word in query.split():
        having = set(by_comparison(crowded, word.lstrip("-")))
        expected = expected & having if word in wanted else expected - having
    assert len(expected) > MANY
    titles = dict(crowded.execute("SELECT id, title FROM documents").fetchall())
    is_titled = {id: all(fold(word) in fold(titles[id]) for word in wanted) for id in expected}
    assert found == sorted(expected, key=lambda id: (not is_titled[id], -id))
    assert ids(search(crowded, query, limit=30, offset=25)) == found[25:55]
    rows = crowded.execute(find_sql(), {"q": query}).fetchall()
    assert [row[0] for row in rows] == found[:20]
    view = crowded.execute("SELECT id FROM search WHERE q = json_quote(?)", [query]).fetchall()
    assert {row[0] for row in view} == expected


def test_narrowed_to_a_field_titles_still_come_first(crowded: Database) -> None:
    with holding(_EMPTY, *[("别的", "催收")] * (MANY + 1), ("催收", ""), ("别的", "催收")):
        _EMPTY.execute("UPDATE documents SET site = '例网'")
        found = ids(search(_EMPTY, "催收 site:例网", limit=2))
        assert found == [MANY + 2, MANY + 3]
        rows = _EMPTY.execute(find_sql(), {"q": "催收 site:例网"}).fetchall()
        assert [row[0] for row in rows][:2] == found

"""The JSON Lines record: exactly the contract's, valid UTF-8 whatever is in it, and back again."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.document import Candidate, Document, Edit, FieldEdit, Label, Link
from cleaning.records import (
    RecordError,
    decode,
    encode,
    fields_of,
    from_record,
    id_of,
    links_of,
    record_of,
    stable_id,
    text_of,
)

KEYS = (
    "id url title date published_at site source author text links labels field_edits edits"
    " raw_sha256 input"
).split()

DOCUMENT = Document(
    text="网贷",
    raw_sha256="0" * 64,
    id="own",
    url="http://a.example/1",
    title="题",
    date="2025-08-18",
    published_at="2025-08-18 10:30",
    site="站",
    source="源",
    author="人",
    links=(Link("http://a.example/2", "下一篇", "next"),),
    labels=(Label("mask", 0, 1, "*", "mask:star", 0.8, (Candidate("网", 0.8),)),),
    edits=(Edit("note", 1, 7, "(wǎng)", "", "note:page-set", 1.0),),
    field_edits=(FieldEdit("title", "script", 0, 1, "題", "题", "script:charwise", 1.0),),
)


def test_the_record_is_the_contracts() -> None:
    record = record_of(DOCUMENT, id=None, file="a.jsonl", record=3)
    line = encode(record)
    assert b"\n" not in line
    parsed = json.loads(line)
    assert list(parsed) == KEYS
    assert parsed["id"] == "own"
    assert parsed["input"] == {"file": "a.jsonl", "record": 3}
    assert parsed["links"] == [{"url": "http://a.example/2", "text": "下一篇", "kind": "next"}]
    assert list(parsed["edits"][0]) == "kind start end before after rule confidence".split()
    assert next(iter(parsed["field_edits"][0])) == "field"
    assert list(parsed["labels"][0]) == "kind start end value rule confidence candidates".split()
    assert parsed["labels"][0]["candidates"] == [{"text": "网", "confidence": 0.8}]
    assert "网贷".encode() in line, "Chinese is written as UTF-8, not as escapes"


def test_unknown_is_null_and_lists_are_lists() -> None:
    parsed = json.loads(encode(record_of(Document.from_text(""), id=5, file=None, record=None)))
    assert parsed["id"] == 5
    assert [parsed[name] for name in KEYS[1:8]] == [None] * 7
    assert [parsed[name] for name in ("links", "labels", "field_edits", "edits")] == [[]] * 4
    assert parsed["input"] == {"file": None, "record": None}


# Two surrogates that pair up are one character to every JSON parser.
lone = st.text(
    st.characters(exclude_categories=()) | st.sampled_from('\ud800\ufeff\r\n\0\\"')
).filter(lambda text: text == json.loads(json.dumps(text)))


@given(lone)
def test_any_text_is_one_line_of_utf8_and_comes_back(text: str) -> None:
    line = encode({"text": text, "title": text})
    line.decode("utf-8", "strict")
    assert b"\n" not in line
    assert decode(line) == {"text": text, "title": text}


@given(lone)
def test_a_document_comes_back_from_its_record(text: str) -> None:
    document = Document.from_text(text, title="题", url="http://a.example/")
    record = record_of(document, id="x", file="f", record=1)
    back = from_record(decode(encode(record)))
    assert (back.text, back.raw_sha256, back.title, back.url, back.id) == (
        text,
        document.raw_sha256,
        "题",
        "http://a.example/",
        "x",
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text":"a', "not JSON"),
        (b"", "not JSON"),
        (b"[1]", "not a JSON object but a list"),
        (b"null", "not a JSON object but null"),
        (b"5", "not a JSON object but a number"),
        (b'{"text":"\xff"}', "not valid UTF-8 (byte 9)"),
        (b'{"a":' * 200_000, "nested too deeply"),
    ],
)
def test_a_broken_line_is_named(line: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        decode(line)
    assert reason in str(caught.value)


def test_what_only_the_standard_parser_takes() -> None:
    assert decode(b'{"text":"a\\ud800b","n":NaN}')["text"] == "a\ud800b"


@pytest.mark.parametrize(
    ("record", "named", "found"),
    [
        ({"text": "a", "html": "b"}, (None, None), ("a", False)),
        ({"content": "a", "title": "b"}, (None, None), ("a", False)),
        ({"html": "b"}, (None, None), ("b", True)),
        ({"text": None, "html": "b"}, (None, None), ("b", True)),
        ({"text": "", "title": "b"}, (None, None), ("", False)),
        ({"text": "a", "body": "b"}, ("body", None), ("b", False)),
        ({"text": "a", "page": "b"}, (None, "page"), ("b", True)),
        ({"mine": "a", "page": "b"}, ("mine", "page"), ("a", False)),
    ],
)
def test_where_the_text_stands(record: dict, named: tuple, found: tuple) -> None:  # type: ignore[type-arg]
    assert text_of(record, *named) == found


@pytest.mark.parametrize(
    ("record", "named", "reason"),
    [
        ({"title": "a"}, None, "the record has 'title'"),
        ({}, None, "the record has none"),
        ({"text": 5}, None, "field 'text' is a number"),
        ({"text": ["a"]}, None, "field 'text' is a list"),
        ({"text": "a"}, "body", "tried the fields 'body'"),
    ],
)
def test_a_record_without_text_is_named(record: dict, named: str | None, reason: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(RecordError) as caught:
        text_of(record, named, None)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("date", "day", "moment"),
    [
        ("2025-08-18", "2025-08-18", None),
        ("2025-8-1", "2025-08-01", None),
        ("2025/08/18 10:30", "2025-08-18", "2025/08/18 10:30"),
        ("2025年8月18日", "2025-08-18", None),
        ("2025-08-18T10:30:00+08:00", "2025-08-18", "2025-08-18T10:30:00+08:00"),
        ("yesterday", None, None),
        ("2025-13-45", None, None),
    ],
)
def test_a_date_becomes_a_day(date: str, day: str | None, moment: str | None) -> None:
    fields = fields_of({"date": date})
    assert (fields.get("date"), fields.get("published_at")) == (day, moment)


def test_only_strings_are_carried_over() -> None:
    assert fields_of({"title": 5, "author": ["a"], "site": "", "source": "源", "url": "u"}) == {
        "source": "源",
        "url": "u",
    }


def test_ids_keep_their_type() -> None:
    assert id_of({"id": 7}) == 7
    assert id_of({"id": "7"}) == "7"
    assert [id_of({"id": value}) for value in (None, True, "", [1], 1.5)] == [None] * 5


def test_links_are_carried_over_where_they_are_links() -> None:
    good = asdict(Link("u", "t", "next"))
    bad = [{**good, "kind": "odd"}, {**good, "text": None}, {**good, "url": 5}, "u", None]
    assert links_of({"links": [good, *bad]}) == (Link("u", "t", "next"),)
    assert links_of({"links": "u"}) == ()


def test_a_stable_id_tells_place_and_content_apart() -> None:
    ids = {stable_id(*key) for key in (("a", 1, "x"), ("b", 1, "x"), ("a", 2, "x"), ("a", 1, "y"))}
    assert len(ids) == 4
    assert all(len(id) == 16 and set(id) <= set("0123456789abcdef") for id in ids)
    assert stable_id("a", 1, "x") == stable_id("a", 1, "x")

"""The real page, read from beside the project: none of its text is kept here."""

import re
from collections import Counter
from pathlib import Path

import pytest

from cleaning import Document, clean
from cleaning.steps.notes import NOTE

PAGE = Path(__file__).parent.parent.parent / "shared/data/mirror-page.txt"
pytestmark = pytest.mark.skipif(
    not PAGE.exists(), reason="the real mirror page, ../shared/data/mirror-page.txt, is not here"
)


@pytest.fixture(scope="module")
def document():
    return clean(Document.from_text(PAGE.read_text(encoding="utf-8")))


def test_every_note_is_gone(document):
    raw = PAGE.read_text(encoding="utf-8")
    assert len(NOTE.findall(raw)) == 256
    assert not re.search("[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ ]{1,7}[)）]", document.text)
    assert sum(edit.kind == "note" for edit in document.edits) == 256


def test_the_text_is_simplified_and_not_only_by_the_converter(document):
    import opencc

    assert opencc.OpenCC("t2s").convert(document.text) == document.text
    assert "著" not in document.text  # all nine of the page are 着
    assert document.text.count("着") == 9


def test_what_is_not_text_is_in_its_field(document):
    assert document.title == "小贷平台催收的有效应对方法"
    assert document.date == "2025-08-18"
    assert document.site == "保函网"
    assert document.source == "互联网转载和整理"
    assert Counter(link.kind for link in document.links) == {
        "previous": 1,
        "next": 1,
        "related": 20,
    }
    for word in ("_", "保函网", "发布时间", "上一篇", "下一篇", "其他文章", "•"):
        assert word not in document.text
    assert "\n\n" not in document.text


def test_no_half_width_mark_is_left_between_chinese(document):
    assert not re.search("[\u4e00-\u9fff][,:;?!()]|[,:;?!()][\u4e00-\u9fff]", document.text)
    assert "s3prow" in " ".join(link.text for link in document.links)


def test_what_is_certain_is_put_back(document):
    restored = [(e.before, e.after, e.rule) for e in document.edits if e.kind == "mask"]
    assert restored == [
        ("**", "护法", "restore:law-title"),
        ("", "题", "restore:cut-word"),
        ("", "题", "restore:pooled"),
    ]
    for phrase in ("《消费者权益保护法》", "解决问题，", "催收问题也"):
        assert phrase in document.text
    evidence = {label.rule: label.value for label in document.labels if label.kind == "evidence"}
    assert evidence["restore:law-title"] == "statutes: 消费者权益保护法"
    assert len(evidence) == 3


def test_every_other_hole_is_labelled_and_stays(document):
    masks = [label for label in document.labels if label.kind == "mask"]
    found = {
        (document.text[m.start - 2 : m.start], document.text[m.end : m.end + 2]) for m in masks
    }
    assert found == {
        ("展，", "平台"),  # P2P or 网贷
        ("1 ", "催收"),  # the heading 电话催收
        ("收\n", "催收"),  # and the sentence below it
        ("通过", "联系"),
        ("不如", "，部"),
        ("后续", "。\n"),
        ("率的", "重视"),  # 的同时
    }
    assert len(masks) == 7
    assert "***" in document.text


def test_the_page_is_rebuilt_byte_for_byte(document):
    assert document.raw.encode() == PAGE.read_bytes()
    assert document.is_intact
    assert clean(document) == document

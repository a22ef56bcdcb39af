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


def test_masks_are_labelled_and_stay(document):
    masks = Counter(label.rule for label in document.labels if label.kind == "mask")
    assert masks["mask:stars"] == 1
    assert masks["mask:blank"] == 3
    assert masks["mask:bare-heading"] == 1
    assert "***" in document.text
    [edit] = [edit for edit in document.edits if edit.kind == "mask"]
    assert (edit.before, edit.after, edit.rule) == ("**", "护法", "restore:law-title")


def test_the_page_is_rebuilt_byte_for_byte(document):
    assert document.raw.encode() == PAGE.read_bytes()
    assert document.is_intact
    assert clean(document) == document

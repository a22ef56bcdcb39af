"""What must hold for the steps together, on random text and on text that is like damage."""

import dataclasses

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import cleaning
from cleaning import STEPS, Candidate, Document, Edit, Label, Link, clean
from cleaning.pipeline import MAX_ROUNDS

PIECES = st.sampled_from(
    [
        "網(wǎng)", "關(guān)", "后", "于是", "由于", "著", "着", "臺", "乾", "于", "的(de)(de)", "水(shui)",
        ",", ":", "，", "。", "(", ")", "（", "）", "?", "*", "**", "《", "》", " ", "　", "\t", "\n", "\r\n",
        "\n\n", "\ufeff", "\u200b", "\x07", "\ud800", "发布时间：2025-08-18", "来源：网", "上一篇：没有了", "下一篇：茶",
        "相关文章", "• 茶", "版权所有：网", "棋牌_彩票_娱乐城_博彩_投注官网", "a", "1", "10:30", "3,000", "一、", "1.1 ",
        "催收是一种合同，双方都有义务，必须遵守法律法规的规定。", "涓枃", "ÖÐÎÄ", "?yàn)殡u", "&amp;", "\\u4e2d", "标题", "某某网",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(st.characters(codec=None), max_size=60),
    st.lists(PIECES, max_size=25).map("".join),
)


@settings(max_examples=400)
@given(TEXTS)
def test_the_text_as_read_is_rebuilt(text):
    document = clean(Document.from_text(text))
    assert document.raw == text
    assert document.is_intact


@settings(max_examples=400)
@given(TEXTS, st.none() | TEXTS)
def test_cleaning_twice_changes_nothing_more(text, title):
    once = clean(Document.from_text(text, title=title or None))
    assert clean(once) == once


@given(TEXTS)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_fits_the_text_it_was_given(step, text):
    document = Document.from_text(
        text, title=text[:20] or None, links=[Link(None, text[:9], "next")]
    )
    for finding in step(document):
        match finding:
            case Edit():
                assert text[finding.start : finding.end] == finding.before
            case Label(start=int(), end=int()):
                assert 0 <= finding.start <= finding.end <= len(text)
        if not isinstance(finding, Link):
            assert 0 <= finding.confidence <= 1
            assert ":" in finding.rule


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_lives_in_a_module_of_its_own_and_says_what_it_does(step):
    module = step.__module__
    assert module.startswith("cleaning.steps.")
    assert [other.__module__ for other in STEPS].count(module) == 1


def test_an_unsure_edit_becomes_a_label_with_its_candidate():
    def unsure(document):
        yield Edit("x", 0, 1, document.text[0], "B", "x:unsure", 0.6)

    document = clean(Document.from_text("a"), [unsure])
    assert document.text == "a"
    assert document.labels == (Label("x", 0, 1, "a", "x:unsure", 0.6, (Candidate("B", 0.6),)),)


def test_a_restored_word_must_be_surer_than_other_edits():
    def at(confidence, kind):
        return lambda document: (
            [Edit(kind, 0, 1, "a", "B", "x:y", confidence)] if document.text == "a" else []
        )

    assert clean(Document.from_text("a"), [at(0.97, "mask")]).text == "a"
    assert clean(Document.from_text("a"), [at(0.97, "script")]).text == "B"
    assert clean(Document.from_text("a"), [at(0.99, "mask")]).text == "B"


def test_rules_are_switched_off_by_id_and_by_family():
    raw = "網(wǎng)絡(luò)與網(wǎng)站，無關(guān)的網(wǎng)站，關(guān)于聯(lián)絡(luò)。"
    assert "(wǎng)" not in clean(Document.from_text(raw)).text
    for off in ("note", "note:page-set"):
        assert clean(Document.from_text(raw), without={off}).text == raw


def test_passes_end_by_themselves():
    calls = []

    def nibble(document):
        calls.append(document.text)
        if document.text:
            yield Edit("x", 0, 1, document.text[0], "", "x:nibble")

    clean(Document.from_text("abc"), [nibble])
    assert len(calls) == 4 <= MAX_ROUNDS


def test_the_package_offers_what_its_steps_need():
    assert dataclasses.is_dataclass(cleaning.Document)
    assert set(cleaning.__all__) <= set(dir(cleaning))

"""Masked words: levels of restoration, their record, numbers, the tables, and the benchmark's arithmetic."""

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from benchmarks import forward_masks
from benchmarks.calibration import interval
from benchmarks.masks import found_in, real_masks
from cleaning import Candidate, Document, Edit, Label, clean
from cleaning.masks_lookalikes import find_look_alikes
from cleaning.pipeline import chosen_steps
from cleaning.restoration import LEVELS, Mask, Restoration, masks_of, merged, resolve, source_of
from cleaning.restore_cuts import restore_cuts
from cleaning.restore_numbers import spelled, value
from cleaning.restore_titles import titles
from cleaning.rules import load_pairs
from cleaning.words import forced, is_word
from tests.command import shiyi

TITLE = "依照《消费者权益保**》的规定，经营者应当退款，平台也应当协助。"
UNSURE = "想了解的可以加薇信，产品便宜一半，今天下单，后天就能收到。"


def restored(text, restore):
    return clean(
        Document.from_text(text), chosen_steps(restore=restore), restore_at=LEVELS[restore]
    )


def test_off_restores_nothing_and_keeps_the_candidate():
    document = restored(TITLE, "off")
    assert document.text == TITLE
    [label] = [label for label in document.labels if label.kind == "mask"]
    assert label.candidates == (Candidate("护法", 0.998),)
    [evidence] = [label for label in document.labels if label.kind == "evidence"]
    assert source_of(evidence) == ("statutes", "消费者权益保护法")


def test_safe_is_the_default_and_puts_back_what_is_right_99_times_in_100():
    document = restored(TITLE, "safe")
    assert document == clean(Document.from_text(TITLE))
    assert "消费者权益保护法" in document.text
    assert document.raw == TITLE
    assert not [label for label in document.labels if label.kind == "mask"]
    [evidence] = [label for label in document.labels if label.kind == "evidence"]
    assert document.text[evidence.start : evidence.end] == "护法"
    assert restored(UNSURE, "safe").text == UNSURE


def test_all_puts_back_what_is_right_nine_times_in_ten():
    document = restored(UNSURE, "all")
    assert document.text == UNSURE.replace("薇信", "微信")
    assert document.raw == UNSURE
    assert [edit.rule for edit in document.edits] == ["restore:look-alike"]


@pytest.mark.parametrize("restore", LEVELS)
def test_cleaning_again_changes_nothing(restore):
    text = f"{TITLE}\n{UNSURE}\n***平台应当及时解决问，不得拖延。"
    once = restored(text, restore)
    again = clean(once, chosen_steps(restore=restore), restore_at=LEVELS[restore])
    assert again == once


def test_a_restoration_that_is_switched_off_leaves_its_mask_labelled():
    for off in ("restore", "restore:law-title"):
        document = clean(Document.from_text(TITLE), without={off})
        assert document.text == TITLE
        assert [label.kind for label in document.labels] == ["mask"]


def test_words_deleted_without_a_trace_are_sought_on_sound_pages_only_when_asked():
    text = "平台应当及时解决问，不得拖延，客户的话也应当记录下来。"
    assert not restored(text, "safe").labels
    assert restored(text, "all").text == text.replace("解决问", "解决问题")


def test_the_end_of_a_hidden_word_is_missed_where_no_page_shows_it_and_is_never_put_back():
    text = "有关***的说明。\n他每天去医看病，医的人很多。"
    document = restored(text, "all")
    assert document.text == text
    cut = [label for label in document.labels if label.rule == "mask:cut-word"]
    assert [label.candidates[0].text for label in cut] == ["院", "院"]
    shown = restored(text + "\n医院要去看看。", "all")
    assert "院" not in {c.text for label in shown.labels for c in label.candidates}


def test_resolve_takes_the_surest_and_keeps_the_candidates_of_all():
    text = "近年来***平台大量出现。"
    document = Document.from_text(text, labels=[Label("mask", 3, 6, "***", "mask:stars", 0.97)])
    [mask] = masks_of(document)
    assert mask.length == 3
    weak = Restoration(
        mask, "restore:site", (Candidate("网贷", 0.4),), "site a.example", "网贷平台"
    )
    strong = Restoration(mask, "restore:copy", (Candidate("P2P", 0.7),), "document 12", "P2P平台")
    open_ = resolve(document, [weak, strong])
    assert open_.text == text
    [label] = [label for label in open_.labels if label.kind == "mask"]
    assert label.candidates == (Candidate("P2P", 0.7), Candidate("网贷", 0.4))
    closed = resolve(open_, [strong], at=0.6)
    assert closed.text == "近年来P2P平台大量出现。"
    assert {label.kind for label in closed.labels} == {"evidence"}
    assert closed.edits == (Edit("mask", 3, 6, "***", "P2P", "restore:copy", 0.7),)
    assert closed.raw == text


def test_a_blank_tells_no_length():
    assert Mask(0, 1, " ", "mask:blank", 0.9).length is None
    assert Mask(0, 0, "", "mask:deletion", 0.9).length is None


def test_candidates_are_merged_by_their_better_score():
    a, b = Candidate("电话", 0.5), Candidate("微信", 0.6)
    assert merged([a, b], [Candidate("电话", 0.7)]) == (Candidate("电话", 0.7), b)


@given(st.integers(1, 1999))
def test_a_number_is_spelled_and_read(number):
    assert value(f"第{spelled(number)}") == number


def test_numbers_are_spelled_as_statutes_do():
    written = {10: "十", 11: "十一", 20: "二十", 101: "一百零一", 110: "一百一十", 1005: "一千零五"}
    assert {number: spelled(number) for number in written} == written


def test_a_hidden_number_without_a_neighbour_stays():
    text = "**条 为了规范服务，制定本办法。\n下面还有别的内容，没有写条数，只写了大意。"
    assert restored(text, "all").text == text


def test_the_tables_hold_what_they_say():
    assert titles()["消费者权益保护法"] == "statutes"
    assert titles()["国家市场监督管理总局"] == "agencies"
    assert is_word("电话")
    assert not is_word("话电")
    assert all(len(before) == 3 and len(after) == 1 for before, after in forced().items())
    assert all(shown != meant for shown, meant in load_pairs("look_alikes").items())


def test_no_word_of_the_lists_is_taken_for_a_look_alike():
    for word in load_pairs("masked_words"):
        assert list(find_look_alikes(f"他说到{word}的事情。")) == []


@pytest.mark.parametrize("seed", range(5))
def test_planted_masks_stand_where_they_are_said_to(seed):
    from random import Random

    text = "平台的问题要及时解决，方法很多。\n客户可以打电话，也可以发短信。"
    for made, masks in (
        forward_masks.cut_ends(text, Random(seed), forward_masks.WORDS),
        forward_masks.look_alikes(text, Random(seed)),
        forward_masks.mask(text, Random(seed), {"stars"}),
    ):
        whole = made
        for mask in reversed(masks):
            assert made[mask.start : mask.end] == mask.shown
            whole = whole[: mask.start] + mask.word + whole[mask.end :]
        assert len(whole) >= len(text)


def test_masks_of_real_pages_are_found_and_what_only_looks_so_is_left():
    """Not one is restored wrongly; the kinds that are found by luck (blanks, deletions) are scored by the benchmark."""
    found: dict[str, list[bool]] = {}
    for planted in real_masks():
        labels, is_right = found_in(planted)
        found.setdefault(planted.kind, []).append(bool(labels))
        assert is_right is not False or planted.kind == "real: deletion"  # a candidate only
    assert sum(found["real: stars"]) >= 177
    assert sum(found["real: one-star"]) >= 78
    assert sum(found["real: look-alike"]) >= 24
    assert sum(found["real: sound"]) <= 1


def test_the_interval_of_a_share():
    low, high = interval(57, 57)
    assert 0.93 < low < 0.94
    assert high == pytest.approx(1)
    assert interval(0, 0) == (0.0, 1.0)


def test_the_command_takes_the_level(tmp_path):
    (tmp_path / "a.txt").write_text(TITLE + "\n", encoding="utf-8")
    texts = {}
    for level in LEVELS:
        done = shiyi("clean", tmp_path / "a.txt", "--restore", level)
        texts[level] = json.loads(done.stdout)["text"]
    assert "保**》" in texts["off"]
    assert "保护法》" in texts["safe"]
    assert texts["all"] == texts["safe"]
    assert shiyi("clean", tmp_path / "a.txt", "--restore", "guess").returncode == 2


@pytest.mark.parametrize("at", [0, 1, 2, 4])
def test_a_word_cut_at_either_end_of_a_text(at):
    masks = [Mask(at, at, "", "mask:cut-word", 0.9)]
    assert all(one.mask in masks for one in restore_cuts("广行学生", masks))

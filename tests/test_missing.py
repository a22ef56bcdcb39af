"""Words that were taken out without a trace, seen against a copy; and how two texts are laid side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.alignment import blocks
from archive.evidence_missing import missing_words
from archive.fold import fold
from cleaning.restoration import Restoration, resolve
from tests.test_restore import OTHER, WHOLE, cleaned

PIECES = st.lists(st.sampled_from(["的", "电话", "本市", "，", "\n", "催收员打给", "甲乙丙丁戊己"]))


@given(PIECES, PIECES, PIECES)
def test_blocks_are_equal_and_in_order(head: list[str], middle: list[str], tail: list[str]) -> None:
    one, other = "".join([*head, *tail]), "".join([*head, *middle, *tail])
    start = first = 0
    for block in blocks(one, other):
        assert one[block.start : block.end] == other[block.first : block.last]
        assert block.size
        assert block.start >= start
        assert block.first >= first
        assert (block.start, block.first) == (0, 0) or (
            one[start : block.start] + other[first : block.first]
        ), "two blocks are one"
        start, first = block.end, block.last


def test_equal_texts_are_one_block() -> None:
    assert [block.size for block in blocks(WHOLE, WHOLE)] == [len(WHOLE)]


def found(page: str, *copies: str) -> list[Restoration]:
    others = [(n, f"site {n}", cleaned(text)) for n, text in enumerate(copies, 2)]
    return missing_words(cleaned(page), others, fold)


def restored(page: str, *copies: str, at: float = 0.99) -> str:
    document = cleaned(page)
    words = found(page, *copies)
    return resolve(document.apply([one.mask.label for one in words]), words, at).text


def test_each_place_of_a_word_though_what_is_around_it_repeats() -> None:
    text = "".join(
        f"{c}区学校应当按照国家和军队的有关规定组织训练，{c}区学校报告国家。"
        for c in "甲乙丙丁戊己庚辛壬癸"
    )
    page = text.replace("国家", "")
    assert page != text
    assert restored(page, text) == text


@pytest.mark.parametrize("shown", ["", " "])
def test_white_space_that_is_the_authors_stays(shown: str) -> None:
    lines = [
        f"第{n}条 三条在册的{c}号船只由船长管理，船员不得离开三条船。"
        for n, c in enumerate("甲乙丙丁戊己庚辛壬癸")
    ]
    text = "\n".join(lines)
    page = text.replace("三条", shown)
    assert restored(page, text) == text


def test_a_word_whose_end_is_its_neighbours_beginning() -> None:
    text = "\n".join(
        f"{c}市的高等学校学生参加训练，高等学校学生毕业。" for c in "甲乙丙丁戊己庚辛壬癸"
    )
    words = found(text.replace("学校", ""), text)
    assert {one.candidates[0].text for one in words} == {"学校"}


@pytest.mark.parametrize(
    ("page", "copy"),
    [
        (WHOLE.replace("合同", "", 1), WHOLE),  # the word stands elsewhere: an edit like any other
        (WHOLE.replace("毕业季", "", 1), WHOLE),  # missing once
        (WHOLE.replace("合同", "契约"), WHOLE),  # another word is no missing one
        (OTHER.text, WHOLE),
    ],
)
def test_what_is_not_put_in(page: str, copy: str) -> None:
    assert restored(page, copy) == cleaned(page).text


def test_what_a_revision_put_into_one_name_is_not_put_in() -> None:
    text = "\n".join(
        f"{c}区的工程由市规划资源部门审批，报送市规划资源部门。" for c in "甲乙丙丁戊己庚辛壬癸"
    )
    page = text.replace("资源", "")
    assert restored(page, text, text.replace("工程", "项目")) == cleaned(page).text


def test_the_masks_of_a_document_are_not_taken_for_missing_words() -> None:
    assert found(WHOLE.replace("合同", "**"), WHOLE) == []

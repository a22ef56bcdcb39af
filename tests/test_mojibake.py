"""Text decoded with the wrong codec comes back; text that only looks like it stays."""

import json
import random
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.damage import articles
from benchmarks.forward_bytes import CHAINS, read_gbk
from cleaning import Document, clean
from cleaning.document import Label
from cleaning.steps.mojibake import repair_mojibake

CASES = json.loads((Path(__file__).parent / "cases/mojibake.json").read_text("utf-8"))
LINES = [
    line
    for article in articles()
    for line in article.text.split("\n")
    if 20 <= len(line) <= 120 and line.isprintable()
]
GENUINE = [line for a in articles("traditional") for line in a.text.split("\n") if len(line) >= 20]
EXACT = {
    "utf8 as cp1252": LINES,
    "utf8 as latin1": LINES,
    "utf8 as cp1252 twice": LINES,
    "gbk as cp1252": LINES,
    "gbk as latin1": LINES,
    "entities": LINES,
    "entities twice": LINES,
    "%u escapes": LINES,
    "\\u escapes": LINES,
    "percent": LINES,
}


def repaired(text, **fields):
    return clean(Document.from_text(text, **fields), (repair_mojibake,))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_case(case):
    document = repaired(case["raw"])
    assert document.raw == case["raw"]
    assert document.text == case.get("expected", case["raw"])
    assert {label.rule for label in document.labels} >= set(case.get("labels", ()))
    if "rule" in case:
        assert {edit.rule for edit in document.edits} == {case["rule"]}
    else:
        assert not document.edits


@pytest.mark.parametrize("chain", EXACT)
def test_invertible_chains_come_back_exactly(chain):
    lines = random.Random(chain).sample(EXACT[chain], 20)
    wrong = [line for line in lines if repaired(CHAINS[chain](line)).text != line]
    assert not wrong


def test_a_span_in_sound_text_comes_back():
    rng = random.Random(4)
    for chain in ("utf8 as cp1252", "gbk as latin1"):
        for _ in range(8):
            line, around = rng.sample(LINES, 2)
            damaged = around + CHAINS[chain](line[:12]) + "\n" + around
            assert repaired(damaged).text == around + line[:12] + "\n" + around


def test_a_span_of_big5_and_gbk_takes_no_sound_character_along():
    rng = random.Random(8)
    for _ in range(20):
        line, around = rng.sample(LINES, 2)
        span, before, behind = line[:14], around[:10], around[10:]
        got = repaired(before + span.encode("gbk").decode("cp950", "ignore") + behind).text
        assert got.startswith(before)
        assert got.endswith(behind)


@pytest.mark.parametrize("chain", ["utf8 as gbk", "utf8 as gbk, U+FFFD"])
def test_lost_bytes_are_filled_when_sure_and_marked_when_not(chain):
    lines = random.Random(1).sample(LINES, 10)
    right = wrong = open_ = 0
    for line in lines:
        document = repaired(CHAINS[chain](line))
        got = document.text
        if "\ufffd" in got:
            assert any(label.rule == "mojibake:lost-byte" for label in document.labels)
        open_ += got.count("\ufffd")
        for what, a, b, c, d in SequenceMatcher(None, line, got, autojunk=False).get_opcodes():
            right += b - a if what == "equal" else 0
            wrong += d - c - got.count("\ufffd", c, d) if what != "equal" else 0
    assert right > 200
    # The reader of the generator takes ASCII bytes down too, so ends of runs are hard.
    assert wrong / (right + wrong) < 0.05
    assert open_ / (right + wrong) < 0.15


def test_big5_read_as_gbk_by_lines():
    damaged = {line: line.encode("cp950").decode("gb18030", "replace") for line in GENUINE}
    lossless = {line: bad for line, bad in damaged.items() if "\ufffd" not in bad}
    assert len(lossless) > 10
    assert [line for line, bad in lossless.items() if repaired(bad).text != line] == []


def test_big5_read_as_gbk_comes_back_below_a_japanese_line():
    kana = "これは日本語のとても長い一行で、すこし変わった漢字の鱸や鰆もここにならんでいます。"
    text = "今天我們在城裡看了一場很好的電影，大家都覺得非常有意思。"
    document = repaired(f"{kana}\n{text.encode('cp950').decode('gb18030')}")
    assert document.text == f"{kana}\n{text}"


def _rules(document):
    return {label.rule for label in document.labels}


def test_what_a_reader_dropped_without_a_mark_is_labelled():
    """Python's ``errors="ignore"`` shows nothing for 人 and 前 in Big5; 其 of the second text is shown
    by Windows as a private character, so its reader drops nothing."""
    text = "我们昨天在城里看了一场很好的电影，"
    dropped = clean(Document.from_text(f"{text}".encode("gbk").decode("cp950", "ignore")))
    assert dropped.text == text
    assert "mojibake:doubtful" in _rules(dropped)
    shown = "".join(
        "\uf6f4" if char == "其" else char.encode("gbk").decode("cp950") for char in f"{text}其"
    )
    whole = clean(Document.from_text(shown))
    assert whole.text == f"{text}其"
    assert "mojibake:doubtful" not in _rules(whole)


@pytest.mark.parametrize("wrong", ["gbk", "latin-1"])
def test_a_filling_without_a_mark_is_labelled(wrong):
    text = "春天到了，河边的柳树都绿了，孩子们在草地上放风筝。"
    damaged = text.encode().decode(wrong, "ignore")
    document = clean(Document.from_text(damaged))
    is_whole = len(text.encode()) == len(damaged.encode(wrong))
    assert document.edits
    assert bool(_rules(document)) != is_whole


def test_a_mark_left_behind_chinese_is_labelled():
    text = "昨天我们在城里看了一场很好的电影"
    damaged = text.encode().decode("gb18030")
    assert not _rules(clean(Document.from_text(damaged)))
    assert "mojibake:doubtful" in _rules(clean(Document.from_text(damaged + "?")))


def test_a_digit_that_a_mark_may_have_taken_is_labelled():
    """Windows reads the last byte of 的 and the digit behind it as one pair that fails."""
    before = "昨天我们在城里看了一场很好的电影的".encode()
    after = "明天他去看海我们也去".encode()
    damaged = f"{before[:-1].decode('gb18030')}?4{after.decode('gb18030')}"  # 的24, the 2 is gone
    document = clean(Document.from_text(damaged))
    assert document.text == f"{before.decode()}4{after.decode()}"
    assert "mojibake:doubtful" in _rules(document)


def test_a_piece_of_the_damage_beside_a_repair_is_labelled():
    text = "禁止向农产品产地排放或者倾倒废水和废气"
    damaged = "绗崄鍏潯 " + read_gbk(text.encode(), "\ufffd")
    document = clean(Document.from_text(damaged))
    assert document.edits
    assert document.labels
    assert not any(label.kind == "mojibake" for label in clean(Document.from_text(text)).labels)


def test_fields_are_repaired_too():
    document = repaired("正文是好的。", title=CHAINS["utf8 as cp1252"]("村里的图书馆重新开放"))
    assert document.title == "村里的图书馆重新开放"
    assert document.field_edits[0].rule == "mojibake:utf8-as-latin"


@pytest.mark.parametrize("group", ["simplified", "traditional", "negative"])
def test_sound_articles_stay(group):
    for article in articles(group):
        edits = [
            f for f in repair_mojibake(Document.from_text(article.text)) if not isinstance(f, Label)
        ]
        assert not edits, article.name


@settings(max_examples=60)
@given(st.text())
def test_any_text_can_be_undone_and_is_settled(text):
    document = repaired(text)
    assert document.raw == text
    again = repaired(document.text)
    assert not again.edits


@settings(max_examples=60)
@given(st.text(st.characters(max_codepoint=0x24F)))
def test_any_latin_text_can_be_undone_and_is_settled(text):
    document = repaired(text)
    assert document.raw == text
    assert not repaired(document.text).edits

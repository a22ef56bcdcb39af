"""Three characters of context say more than one; what a page's notes rule out is not read."""

import json
import math
from importlib.resources import files

import pytest

from benchmarks.damage import articles
from benchmarks.forward_bytes import shift_notes
from cleaning import Document, gbk, ngrams, plausibility
from cleaning.note_table import AGAINST, NoteTable
from cleaning.shift_judge import ShiftJudge
from cleaning.steps.shift import undo_shift


def test_more_characters_tell_more_than_one():
    words = [
        "消费者权益",
        "有限责任公司",
        "征信报告",
        "自言自语",
        "一心一意",
        "房地产",
        "博物馆",
        "互联网",
    ]
    one, two = scores(words)
    assert two > 0.8 * one


def test_more_characters_say_no_less_in_running_text():
    one, two = scores([article.text for article in articles()])
    assert two > 0.92 * one  # both below zero


def scores(texts):
    """Log-probability of texts by one character of context, and by two."""
    pairs, triples = plausibility.model().log_probability, ngrams.model().log_probability
    one = two = 0.0
    for text in texts:
        for at in range(2, len(text)):
            if min(text[at - 1 : at + 1]) > "\x80":
                one += pairs(text[at - 1], text[at])
                two += triples(text[max(0, at - 3) : at], text[at])
    return one, two


@pytest.mark.parametrize("before", ["我们", "，但", "經濟", "\n我", "1年", "饕餮"])
def test_probabilities_of_what_follows_sum_to_one_at_most(before):
    judge = ngrams.model()
    fold = plausibility.model().fold
    chars = {fold.get(char, char) for char in map(chr, range(0x3400, 0xA000))} | set("，。、：；“”")
    total = sum(math.exp(judge.log_probability(before, char)) for char in chars)
    assert 0.4 < total < 1.3


def test_both_scripts_are_the_same_context():
    judge = ngrams.model().log_probability
    assert judge("經濟", "發") == judge("经济", "发")


def test_data_names_its_sources_and_stays_small():
    data = files("cleaning.rules").joinpath("ngrams.bin").read_bytes()
    header = json.loads(data.partition(b"\n")[0])
    assert header["version"] == ngrams.model().version
    free = (
        "MIT",
        "Apache-2.0",
        "CC0",
        "CC BY",
        "Unlicense",
        "not subject to copyright",
        "dead for fifty years",
    )
    assert all(any(word in source for word in free) for source in header["sources"].values())
    pairs = files("cleaning.rules").joinpath("plausibility.bin").read_bytes()
    assert len(data) + len(pairs) <= 6_700_000


def test_note_table_learns_from_every_two_neighbouring_bytes():
    table = NoteTable(["網(wǎng)站上的網(wǎng)頁，問題很多，因黑"])
    assert table.always == {"網": "wǎng"}
    assert {"問", "題"} <= table.never
    # The second byte of 因 and the first of 黑 make a character too, and it shows no note.
    astride = gbk.pairs()["因".encode("gbk")[1] << 8 | "黑".encode("gbk")[0]]
    assert astride in table.never
    pair = int.from_bytes("網".encode("gbk"), "big")
    assert judge(table).silent[pair] == table.shown("問", "wèn") == AGAINST
    assert judge(table).silent[int.from_bytes("問".encode("gbk"), "big")] == 0
    assert table.shown("網", "wǎng") == 0.0


def judge(table):
    return ShiftJudge([], table, ngrams.model())


def test_a_page_without_notes_rules_nothing_out():
    table = NoteTable(["這是一頁沒有注音的文字"])
    assert not judge(table).silent.any()


def test_two_lost_bytes_are_read_by_what_stands_around_them():
    damaged = shift_notes("昨日晚會在“攜手”之后", {"請": "(qǐng)"})
    document = Document.from_text(damaged)
    assert document.apply(undo_shift(document)).text == "昨日晚會在“攜手”之后"

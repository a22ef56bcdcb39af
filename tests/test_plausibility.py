"""The judge tells sound Chinese from each damage, in both scripts, from a few characters on."""

import json
import math
from importlib.resources import files

import pytest

from benchmarks.damage import articles
from benchmarks.forward_bytes import CHAINS, read_gbk
from benchmarks.forward_script import convert
from benchmarks.judge import measured
from cleaning import plausibility
from cleaning.page_model import page_model
from cleaning.plausibility import gain, model, score

SOUND = [article.text.replace("\n", "") for article in articles()]
DAMAGES = ("utf8 as gbk", "utf8 as cp1252", "gbk as cp1252", "gbk as big5", "big5 as gbk")


GENUINE = [article.text.replace("\n", "") for article in articles("traditional")]


def pieces(size, texts=SOUND, step=97):
    return [
        text[at : at + size]
        for text in texts
        for at in range(0, len(text) - size, step)
        if text[at : at + size].isprintable() and not any(c < "\x80" for c in text[at : at + size])
    ]


@pytest.mark.parametrize(("size", "least"), [(8, 0.98), (16, 0.995), (32, 1.0)])
@pytest.mark.parametrize("damage", DAMAGES)
def test_sound_text_is_preferred_to_each_damage_of_it(damage, size, least):
    sound = pieces(size, GENUINE, 31) if damage == "big5 as gbk" else pieces(size)
    pairs = []
    for piece in sound:
        try:
            pairs.append((CHAINS[damage](piece), piece))
        except UnicodeEncodeError:
            continue
    assert len(pairs) > 40
    right = sum(gain(damaged, piece) > 0 for damaged, piece in pairs)
    assert right >= least * len(pairs)


@pytest.mark.parametrize(("size", "least"), [(8, 0.98), (16, 1.0), (32, 1.0)])
def test_text_one_byte_out_of_step_is_implausible(size, least):
    # In GB2312 no second byte is ASCII, so nothing brings the reader back into step.
    pairs = [(read_gbk(piece.encode("gbk")[1:-1], "\ufffd"), piece) for piece in pieces(size)]
    right = sum(score(shifted) < score(piece) - 1 for shifted, piece in pairs)
    assert right >= least * len(pairs)


def test_both_scripts_score_alike():
    for text in SOUND:
        assert score(convert(text)) == pytest.approx(score(text), abs=0.05)


def test_probabilities_of_what_follows_sum_to_one_at_most():
    judge = model()
    marks = "，。、：；！？“”‘’（）《》—…"
    folded = {judge.fold.get(char, char) for char in map(chr, range(0x3400, 0xA000))} | set(marks)
    for before in ("的", "经", "，", "”", "饕"):
        total = sum(math.exp(judge.log_probability(before, char)) for char in folded)
        assert 0.5 < total < 1.25, before


def test_order_matters():
    assert score("经济发展") > score("展发济经") + 1


def test_text_without_chinese_scores_nothing():
    assert score("") == score("plain English, 123.") == 0.0


def test_a_page_prefers_its_own_words_and_script():
    plain = page_model("今天天气很好，他们都去公园。")
    named = page_model("魔蝎科技的魔蝎很好，魔蝎科技。")
    assert named.log_probability("魔", "蝎") > plain.log_probability("魔", "蝎") + 1
    converted = page_model("這個問題與經濟發展的關係，對們來說說過無關。")
    assert converted.log_probability("", "雞") > converted.log_probability("", "鷄") + 2
    assert plain.log_probability("", "鸡") > plain.log_probability("", "雞") + 2


def test_data_names_its_sources_and_stays_small():
    data = files("cleaning.rules").joinpath("plausibility.bin").read_bytes()
    header = json.loads(data.partition(b"\n")[0])
    assert header["version"] == plausibility.model().version
    assert all("MIT" in source or "Apache" in source for source in header["sources"].values())
    assert len(data) < 1_500_000


@pytest.mark.parametrize("damage", ["one byte out of step", *DAMAGES])
def test_eight_characters_are_enough_to_tell_a_damage_by_itself(damage):
    found = measured(damage, pieces(8, GENUINE, 7) if damage == "big5 as gbk" else pieces(8))
    assert found.preferred >= 0.98
    assert found.area >= 0.995
    assert found.found >= 0.9

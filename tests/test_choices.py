"""What a user may ask for beyond repair: Simplified script, and masks taken out or marked."""

import json
from pathlib import Path

import pytest

from cleaning import Document, clean
from cleaning.pipeline import STEPS, chosen_steps
from tests.command import shiyi

TAIWAN = "臺灣的網路從這裡出發，隨著時間改變，什麼都可以買到。"


def test_by_default_the_steps_are_those_of_any_page():
    assert chosen_steps() == STEPS


@pytest.mark.parametrize(
    ("raw", "clean_text", "rule"),
    [
        (TAIWAN, "台湾的网路从这里出发，随着时间改变，什么都可以买到。", "script:tw2s"),
        ("香港的巴士站裏，乘客於車上可以上網，為眾人服務。", "香港的巴士站里，乘客于车上可以上网，为众人服务。", "script:hk2s"),
        ("這裡的\ud800網路很慢。", "这里的\ud800网路很慢。", "script:tw2s"),  # half of a pair
        ("什么都有，著名的著作。", "什么都有，著名的著作。", None),
        ("東京の會議で學校の話を聞いた。", "東京の會議で學校の話を聞いた。", None),
        (
            "他背著書包，帶著《茶經》，讀了專著和原著，以著書著稱。",
            "他背着书包，带着《茶经》，读了专著和原著，以著书著称。",
            "script:tw2s",
        ),
    ],
)  # fmt: skip
def test_genuine_traditional_is_simplified_where_asked_for(raw, clean_text, rule):
    document = clean(Document.from_text(raw), chosen_steps(script="simplified"))
    assert document.text == clean_text
    assert document.raw == raw
    assert {edit.rule for edit in document.edits} == ({rule} if rule else set())
    assert clean(document, chosen_steps(script="simplified")) == document


@pytest.mark.parametrize(
    ("masks", "text"),
    [
        ("keep", "依照《消费者权益保护法》的规定，***平台不如 ，部分人没看到。"),
        ("strip", "依照《消费者权益保护法》的规定，平台不如，部分人没看到。"),
        ("mark", "依照《消费者权益保护法》的规定，〔?〕平台不如〔?〕，部分人没看到。"),
    ],
)
def test_masks_stay_or_go_or_are_marked(masks, text):
    raw = "依照《消费者权益保**》的规定，***平台不如 ，部分人没看到。"
    document = clean(Document.from_text(raw), chosen_steps(masks=masks))
    assert document.text == text
    assert document.raw == raw
    assert clean(document, chosen_steps(masks=masks)) == document


def test_the_command_takes_the_choices(tmp_path: Path):
    (tmp_path / "a.txt").write_text(TAIWAN, encoding="utf-8")
    done = shiyi("clean", tmp_path / "a.txt", "--script", "simplified")
    assert json.loads(done.stdout)["text"].startswith("台湾的网路从这里")
    assert shiyi("clean", tmp_path / "a.txt", "--masks", "guess").returncode == 2

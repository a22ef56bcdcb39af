"""Forward model of masked words (damage.md, section 4).

A site masks the same words on all its pages, each in one way: stars as long as the word, a
blank, or nothing.  It matches plain substrings, so 护法 is masked inside 消费者权益保护法.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from random import Random

WORDS = (
    *("电话", "问题", "方法", "维权", "投诉", "微信", "网贷", "护法", "最好", "客户", "医生"),
    *("的同时", "平台", "银行", "价格", "监管部门", "短信", "证据", "药", "退款", "风险"),
)  # fmt: skip
"""Words of the kinds that content farms mask: contact, finance, law, medicine, connectives."""

HELD_OUT_WORDS = (
    *("手机", "医院", "政府", "学校", "孩子", "安全", "商家", "保险", "合同", "工作", "公司", "材料"),
    *("建议", "首先", "但是", "因此", "同时", "所以", "第一", "最大", "免费", "时间", "专家", "检查"),
)  # fmt: skip
"""Words that only the seeds which are scored on mask."""

KINDS = ("stars", "blank", "deletion")


@dataclass(frozen=True, slots=True)
class Mask:
    """A masked word; the span is the place of ``shown`` in the text with its masks.

    For a deletion ``shown`` and the span are empty.
    """

    kind: str
    start: int
    end: int
    word: str
    shown: str


def mask(
    text: str, rng: Random, kinds: Collection[str], *, is_held_out: bool = False
) -> tuple[str, tuple[Mask, ...]]:
    """The text with one to four of its words masked everywhere, and where."""
    words = HELD_OUT_WORDS if is_held_out else WORDS
    present = [word for word in words if word in text]
    if not present:
        return text, ()
    chosen = rng.sample(present, k=min(len(present), rng.randint(1, 4)))
    ways = {word: rng.choice(sorted(kinds)) for word in chosen}
    pattern = re.compile("|".join(map(re.escape, sorted(chosen, key=len, reverse=True))))
    parts: list[str] = []
    masks: list[Mask] = []
    length = at = 0
    for match in pattern.finditer(text):
        parts.append(text[at : match.start()])
        length += match.start() - at
        at = match.end()
        kind = ways[match.group()]
        shown = {"stars": "*" * len(match.group()), "blank": " ", "deletion": ""}[kind]
        edge = text[at : at + 1] in ("", "\n") or text[: match.start()].endswith(("\n", " "))
        if kind == "blank" and (edge or not match.start()):
            kind, shown = "deletion", ""  # a blank at the edge of a line is trimmed
        masks.append(Mask(kind, length, length + len(shown), match.group(), shown))
        parts.append(shown)
        length += len(shown)
    parts.append(text[at:])
    return "".join(parts), tuple(masks)


def cut_ends(text: str, rng: Random, words: Collection[str]) -> tuple[str, tuple[Mask, ...]]:
    """The text with the last character of one to four words taken out everywhere, and where."""
    present = sorted(word for word in words if word in text and len(word) > 1)
    chosen = rng.sample(present, k=min(len(present), rng.randint(1, 4)))
    pattern = re.compile("|".join(map(re.escape, sorted(chosen, key=len, reverse=True))) or "(?!)")
    parts: list[str] = []
    masks: list[Mask] = []
    length = at = 0
    for match in pattern.finditer(text):
        kept = text[at : match.end() - 1]
        parts.append(kept)
        length += len(kept)
        at = match.end()
        masks.append(Mask("deletion", length, length, match.group()[-1], ""))
    return "".join((*parts, text[at:])), tuple(masks)


LOOK_ALIKES = {
    "微信": ("薇信", "微/信", "微xin", "wei信", "v信"),
    "支付宝": ("支傅宝", "支-付-宝"),
    "最高": ("zui高",),
    "贷款": ("dai款", "贷/款", "贷kuan"),
    "公众号": ("公仲号", "公*众*号"),
    "客服": ("客fu", "客.服"),
    "今天": ("紟天", "今兲"),
    "管理": ("管悝",),
    "成为": ("荿为",),
    "一定": ("一萣",),
}
"""Words, and ways in which pages write them past a filter."""


def look_alikes(text: str, rng: Random) -> tuple[str, tuple[Mask, ...]]:
    """The text with a sentence put in that holds one to four words written past a filter, and where."""
    words = rng.sample(sorted(LOOK_ALIKES), k=rng.randint(1, 4))
    lines = text.split("\n")
    row = rng.randrange(len(lines))
    start = len("\n".join([*lines[:row], ""]))
    sentence = ""
    masks: list[Mask] = []
    for word in words:
        shown = rng.choice(LOOK_ALIKES[word])
        sentence += "这里说到"
        at = start + len(sentence)
        masks.append(Mask("look-alike", at, at + len(shown), word, shown))
        sentence += shown + "的事情，"
    lines[row] = sentence + lines[row]
    return "\n".join(lines), tuple(masks)

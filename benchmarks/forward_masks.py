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


def mask(text: str, rng: Random, kinds: Collection[str]) -> tuple[str, tuple[Mask, ...]]:
    """The text with one to four of its words masked everywhere, and where."""
    present = [word for word in WORDS if word in text]
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

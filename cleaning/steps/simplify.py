"""Simplify genuine Traditional text, where a user asks for it (``--script simplified``).

This is a conversion and not a repair: words may come out as Taiwan or Hong Kong write them.  OpenCC's
tables of forms are used, never those that exchange vocabulary.

>>> from cleaning.document import Document
>>> document = Document.from_text("臺灣的網路，從這裡出發，隨著時間。")
>>> document.apply(simplify(document)).text
'台湾的网路，从这里出发，随着时间。'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from cleaning.document import Document, Finding, change
from cleaning.han import simplified
from cleaning.script_blocks import KANA, MAX_KANA
from cleaning.steps.script import differences, stays

if TYPE_CHECKING:
    import opencc

HONG_KONG = "裏綫衆爲説啓鈎麪"
"""Characters that Hong Kong writes and Taiwan writes otherwise (裡線眾為說啟鉤麵)."""

KEPT = "么"
"""What OpenCC's tw2s spoils: it takes 么 for the Traditional form of 幺."""

SURROGATE = re.compile("[\ud800-\udfff]")


def simplify(document: Document) -> Iterator[Finding]:
    for field, value in document.prose():
        if not any(character in simplified() for character in value):
            continue
        if len(KANA.findall(value)) > MAX_KANA * len(value):
            continue
        name = "hk2s" if any(character in HONG_KONG for character in value) else "tw2s"
        start = 0
        # OpenCC refuses half of a surrogate pair, which broken pages hold; it stays, as any mark does.
        for line in SURROGATE.sub("?", value).splitlines(keepends=True):
            converted = _converter(name).convert(line)
            if len(converted) == len(line):
                converted = _with_zhu(line, converted)
                for at, before, after in differences(line, converted):
                    kept = before if set(before) <= set(KEPT) else after
                    if kept != before:
                        place = start + at
                        yield change(
                            field, "script", place, place + len(before), before, after, f"script:{name}"
                        )  # fmt: skip
            start += len(line)


def _with_zhu(line: str, converted: str) -> str:
    """The converted line with 著 and 着 by their words: OpenCC's tables leave 背著书包 and make 专着."""
    places = [at for at, character in enumerate(line) if character == "著"]
    if not places:
        return converted
    out = [*converted]
    for at in places:
        out[at] = "着"
    seen = "".join(out)
    for at in places:
        if stays(seen, at, "著"):
            out[at] = "著"
    return "".join(out)


@cache
def _converter(name: str) -> opencc.OpenCC:
    import opencc

    return opencc.OpenCC(name)

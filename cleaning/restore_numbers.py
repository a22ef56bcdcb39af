"""Put back the numbers of articles, chapters and sections: **条 before 第二条 is 第一条.

Lists of forbidden absolutes hold 第一, so filters hide it in statutes too, inside 第一百零五条 as
well.  Numbers of one unit follow each other, so a neighbour tells what is hidden.

>>> text = "**条 为了规范服务，制定本办法。\\n第二条 本办法适用于本市。"
>>> [found] = restore_numbers(text, [Mask(0, 2, "**", "mask:stars", 0.97)])
>>> found.candidates[0].text
'第一'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cleaning.document import Candidate
from cleaning.restoration import Mask, Restoration

DIGITS = "零一二三四五六七八九"
NUMBERED = re.compile(
    "^[ \\t\u3000]*(?P<number>[第*＊×□○一二三四五六七八九十百千零〇]{1,9})(?P<unit>[编章节条])(?=[ \\t\u3000]|$)",
    re.MULTILINE,
)
NUMBER = re.compile("第([一二三四五六七八九十百千零〇]+)\\Z")
SURE, ONE_SIDED = 0.999, 0.995
MAX_NUMBER = 1300  # the longest statute, the Civil Code, has 1,260 articles


def spelled(number: int) -> str:
    """A number as statutes write it: 10 is 十, 105 is 一百零五, 110 is 一百一十."""
    if number < 20:
        return ("十" if number >= 10 else "") + (DIGITS[number % 10] if number % 10 else "")
    text, gap = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return text


def value(text: str) -> int | None:
    """The number that 第一百零五 stands for, or None."""
    match = NUMBER.search(text)
    if match is None:
        return None
    total = digit = 0
    for char in match[1].replace("〇", "零"):
        if char in DIGITS:
            digit = DIGITS.index(char)
        else:
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
    return total + digit


def restore_numbers(text: str, masks: Sequence[Mask]) -> Iterator[Restoration]:
    by_start = {mask.start: mask for mask in masks if mask.length}
    if not by_start:
        return
    found = list(NUMBERED.finditer(text))
    for unit in "编章节条":
        yield from _of_unit([match for match in found if match["unit"] == unit], by_start)


def _of_unit(headings: list[re.Match[str]], masks: dict[int, Mask]) -> Iterator[Restoration]:
    values = [value(match["number"]) for match in headings]
    known = list(values)
    for steps, order in ((1, range(1, len(known))), (-1, range(len(known) - 2, -1, -1))):
        for at in order:
            neighbour = known[at - steps]
            if known[at] is None and neighbour is not None:
                follows = neighbour + steps
                if 0 < follows <= MAX_NUMBER and _fits(headings[at]["number"], follows):
                    known[at] = follows
    for at, match in enumerate(headings):
        number = known[at]
        if values[at] is not None or number is None:
            continue
        inside = [masks[s] for s in range(match.start("number"), match.end("number")) if s in masks]
        if len(inside) != 1:
            continue
        [mask] = inside
        around = known[max(0, at - 1) : at + 2]
        agreed = len(around) > 2 and all(
            a is not None and b is not None and b - a == 1 for a, b in pairwise(around)
        )
        word = f"第{spelled(number)}"
        offset = mask.start - match.start("number")
        fill = word[offset : offset + len(mask.shown)]
        neighbours = [m[0].strip() for m in headings[max(0, at - 1) : at + 2] if m is not match]
        yield Restoration(
            mask,
            "restore:numbering",
            (Candidate(fill, SURE if agreed else ONE_SIDED),),
            "this document",
            " … ".join(neighbours),
        )


def _fits(shown: str, number: int) -> bool:
    word = f"第{spelled(number)}"
    return len(word) == len(shown) and all(
        a == b or a in "*＊×□○" for a, b in zip(shown, word, strict=True)
    )

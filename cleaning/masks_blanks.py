"""Find words hidden by a blank: one in the middle of prose, where no author's layout puts any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cleaning.han import HAN
from cleaning.restoration import Mask

BLANK = re.compile(f"[ \u3000](?<=[{HAN}》）][ \u3000])[ \u3000]*(?=[{HAN}，。；：？！、,;:?!])")
NUMBER = re.compile(
    "(?:第[一二三四五六七八九十百千零〇\\d]+[章节条款项编篇天步](?:之[一二三四五六七八九十]+)?|附[则件])\\Z"
)
BYLINE_END = re.compile(
    "(?:供图|图片|摄影?|讯|报道|综合|[早晚日]?电|记者|通讯员|评论员|作者|编辑|来源|市民|村民|居民|游客|网友|客户|代表|教授|校长|医生)\\Z"
)
"""Words of bylines and captions, behind which a blank stands before a name."""
HAN_RUN = re.compile(f"[{HAN}]+")
MARKS = frozenset("，。；：？！、,;:?!")
PROSE = 20  # characters of a line from which a blank in it can be a hole
LONG = 40  # without a full stop: shorter lines are addresses and captions
HEAD_OF_LINE = 6  # characters at the start of a line in which a blank is layout (第一条 …, 1.1 …)
MAX_BLANKS = 0.015
"""Blanks between Han per Han character of prose, above which they are the author's layout.  The
real page has 0.002; a page that masks every word of a list has up to 0.013; poems set with blanks and
forms have 0.05 and more.  Statutes' blanks stand at the start of a line and are not counted."""
MAX_SPACED = 0.3  # of a mark's occurrences with a blank before it, above which that is a habit
MIN_HOLES = 3
"""Blanks between Han in prose that make a page a masked one without other damage: a farm hides the
same words all over a page."""
MIN_JOINS, MAX_UNEQUAL = 2, 3  # joined lines of patents and books differ by a few characters


def find_blanks(text: str, *, damaged: bool) -> Iterator[Mask]:
    """Blanks in the middle of prose; between two Han characters only beside other damage or where
    the page has several, since bylines and captions have them too (记者 王明)."""
    if " " not in text and "\u3000" not in text:
        return
    found = [match for match in BLANK.finditer(text) if _in_prose(text, match.start())]
    found = [match for match in found if not _is_habit(text, match)]
    if (
        not found
        or _joins_lines(text, found)
        or len(found) > max(1, MAX_BLANKS * sum(map(len, HAN_RUN.findall(text))))
    ):
        return
    before_mark = {match: text[match.end()] in MARKS for match in found}
    if not damaged and not any(before_mark.values()) and len(found) < MIN_HOLES:
        return
    for match in found:
        confidence = 0.95 if before_mark[match] else 0.9 if damaged else 0.8
        yield Mask(*match.span(), match[0], "mask:blank", confidence)


def _is_habit(text: str, blank: re.Match[str]) -> bool:
    """Whether a blank stands before a mark as the author writes all marks, or most of this one."""
    mark, after = text[blank.end()], text[blank.end() + 1 : blank.end() + 2]
    if mark not in MARKS:
        return False
    if after in (" ", "\u3000"):
        return True
    spaced = text.count(" " + mark)
    return spaced > 1 and spaced > MAX_SPACED * text.count(mark)


def _in_prose(text: str, at: int) -> bool:
    """Whether a place is inside a line of prose, and not in the layout at its start."""
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    start += len(line) - len(line.lstrip())
    return (
        len(line) >= PROSE
        and at - start >= HEAD_OF_LINE
        and ("。" in line or ("，" in line and len(line) >= LONG))
        and not NUMBER.search(text, max(start, at - 14), at)
        and not BYLINE_END.search(text, max(start, at - 6), at)
        and "](" not in line  # a link's text is a headline, which is written with blanks
    )


def _joins_lines(text: str, found: list[re.Match[str]]) -> bool:
    """Whether blanks stand at equal distances, where the lines of a print were joined."""
    steps = [
        right.start() - left.start()
        for left, right in pairwise(found)
        if "\n" not in text[left.end() : right.start()]
    ]
    return len(steps) >= MIN_JOINS and max(steps) - min(steps) <= MAX_UNEQUAL

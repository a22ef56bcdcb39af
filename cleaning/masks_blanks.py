"""Find words hidden by a blank: one in the middle of prose, where no author's layout puts any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cleaning.han import HAN
from cleaning.restoration import Mask
from cleaning.signs import sign
from cleaning.words import MAX_WORD, is_split

MARKS = "，。；：？！、,;:?!"
# One class in front, by which ``re`` skips the rest of a text; statutes' blanks stand behind 条.
BLANK = re.compile(
    f"[ \u3000](?:(?<=[{HAN}《》）”，、；。！？“][ \u3000])(?<!条[ \u3000])[ \u3000]*(?=[{HAN}《》“”，。；：？！、,;:?!])"
    "|(?<=[0-9][ \u3000])[ \u3000]*(?=[，。；：？！、]))"
)
BEFORE_BLANK = sign(f"{HAN}《》）”，、；。！？“0-9", then=" \u3000")
BEHIND_BLANK = sign(" \u3000", then=f"{HAN}《》“”，。；：？！、,;:?! \u3000")
BESIDE_LATIN = re.compile(
    f" (?:(?<=[A-Za-z0-9%] ) *(?=[{HAN}])|(?<=[{HAN}，。；：] ) *(?=[A-Za-z0-9]))"
)
"""A blank between Chinese and what is not, which many authors put there."""
CLOSE_LATIN = re.compile(f"[A-Za-z0-9%](?=[{HAN}])|[{HAN}](?=[A-Za-z0-9])")
LATIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%")
NUMBER = re.compile(
    "(?:第[一二三四五六七八九十百千零〇\\d]+[章节条款项编篇天步](?:之[一二三四五六七八九十]+)?|附[则件])\\Z"
)
BYLINE_END = re.compile(
    "(?:[0-9一二三四五六七八九十][年月日]|供图|图片|摄影?|讯|报道|综合|[早晚日]?电|记者|通讯员|评论员|作者|编辑|来源|市民|村民|居民|游客|网友|客户|代表|教授|校长|医生)\\Z"
)
"""Words of bylines and captions, and dates, behind which a blank stands before a name."""
BYLINE = re.compile("[日讯訊电電摄攝文图圖]|记者|記者|通讯员|作者|编辑|来源")
"""Words near which a single blank on a page is news agencies' layout."""
HAN_RUN = re.compile(f"[{HAN}]+")
PROSE = 20  # characters of a line from which a blank in it can be a hole
SHORT = 8  # with a hole beside a comma or a full stop: a heading may have one
LONG = 40  # without a full stop: shorter lines are addresses and captions
HEAD_OF_LINE = 6  # characters at the start of a line in which a blank is layout (第一条 …, 1.1 …)
NOT_FIRST = frozenset("的地得了着著过過们們很也都更才所等或和与與及并並之")
"""Characters that no phrase begins with, so that a blank before one stands for a word: in 86 million
characters of sound text 9 blanks in prose stand before one of them."""
NOT_LAST = frozenset(
    "的把被将將从從向对對与與和或及在为為以由让讓使给給跟按靠用是个個某该該每各这這那其并並而且但因如若"
)
"""Characters that no phrase ends with."""
MAX_BLANKS = 0.015
"""Blanks between Han per Han character of prose, above which they are the author's layout.  The
real page has 0.002; a page that masks every word of a list has up to 0.013; poems set with blanks and
forms have 0.05 and more.  Statutes' blanks stand at the start of a line and are not counted."""
MAX_HOLES = 0.05
"""The same where many of the blanks must be holes: text written word by word has 0.3."""
SPACED = MARKS + "“”"  # marks that an author may set with blanks
MAX_SPACED = 0.3  # of a mark's occurrences with a blank beside it, above which that is a habit
MIN_SPACED_LINE = 3
"""The same in one line, which may be quoted from another hand."""
MIN_HOLES = 3
"""Blanks between Han in prose that make a page a masked one without other damage: a farm hides the
same words all over a page."""
AFTER_SENTENCE = "。！？”》）"
"""Marks behind which authors put a blank by chance; there it counts only on a page damaged otherwise, or
with ``MIN_TORN`` blanks that must be holes."""
MIN_TORN = 2
LISTED = re.compile(
    r"[ \t\u3000]*(?:[-*+#>•·]+ *)?(?:[（(]?(?:[0-9]{1,4}(?:[.．][0-9]{1,3})*|[一二三四五六七八九十]{1,3}|[A-Za-z])[、.．)）]*|第?.章|附.|)\Z"
)
"""What a line of a list or a heading begins with, behind which a blank is layout."""
MAX_SPACED_LATIN = 0.3
"""Share of the places where Latin letters or digits meet Chinese that have a blank, above which it is a habit."""
SPACED_LATIN = re.compile(f" (?<=[A-Za-z0-9] )(?=[{HAN}])")
MIN_SPACED = 5
"""Blanks between Latin letters or digits and Chinese, from which an author's hand sets blanks all over:
a technology weekly has 300 in 100,000 characters, and 4 chance ones between Chinese."""
SLIPS = 0.1
"""Share of those blanks to which blanks between Chinese may be slips of the same hand."""
MIN_JOINS, MAX_UNEQUAL = 2, 3  # joined lines of patents and books differ by a few characters
MIN_JOINS_TORN = 4  # where some of the blanks must be holes
PRINTED = 15  # characters of a printed line
MIN_BETWEEN, MAX_SPLIT = 6, 0.25
"""Blanks between Han, from which on the share that stands inside a word tells joined lines from
hidden words: 0.28 to 0.58 in 20 books and notes with a blank for each line end, 0.1 of planted masks."""
PARAGRAPH = re.compile("[。！？”」…）][ \u3000]*\u3000[ \u3000]*\u3000")
"""The indent of a paragraph that was joined to the one before."""

MARK_SIDE, FUNCTION_SIDE, BARE, BARE_ALONE = 0.95, 0.93, 0.9, 0.8
"""Confidence: beside a mark, beside a word that needs another, between words of a damaged page, and of
a page with nothing but such blanks."""


def find_blanks(text: str, *, damaged: bool) -> Iterator[Mask]:
    """Blanks in the middle of prose; between two whole words only beside other damage or where the page
    has several, since bylines and captions have them too (记者 王明).  On a page that is known to hide words
    by blanks they are sought in headings, behind a full stop, and beside numbers too."""
    if " " not in text and "\u3000" not in text:
        return
    found = [match for match in BLANK.finditer(text) if _in_prose(text, match)]
    found = [match for match in found if not _is_habit(text, match)]
    bare = [match for match in found if not _is_torn(text, match)]
    if not found or _joins_lines(text, found, is_torn=len(bare) < len(found)):
        return
    if _splits_words(text, found):
        return
    han = sum(map(len, HAN_RUN.findall(text)))
    if _is_layout(found, bare, han):
        return
    found = [match for match in found if damaged or not text[match.start() - 1].isdigit()]
    torn = len(found) - len(bare)
    many = damaged or torn >= MIN_TORN
    spaced = 0 if damaged else len(SPACED_LATIN.findall(text))
    if spaced >= MIN_SPACED:
        if torn <= max(1, SLIPS * spaced):
            return
        found = found if many else [match for match in found if match not in bare]
    damaged = damaged or torn > 0
    if torn >= MIN_TORN:
        found += _elsewhere(text, found)
        bare = [match for match in found if not _is_torn(text, match)]
    for match in found:
        left, right = text[match.start() - 1], text[match.end()]
        if match not in bare:
            confidence = MARK_SIDE if right in MARKS or left in MARKS else FUNCTION_SIDE
        elif left in AFTER_SENTENCE and not many:
            continue
        elif damaged:
            confidence = BARE
        elif len(bare) >= MIN_HOLES or not BYLINE.search(text, match.start() - 14, match.end() + 8):
            confidence = BARE_ALONE
        else:
            continue
        yield Mask(*match.span(), match[0], "mask:blank", confidence)


def _is_layout(found: list[re.Match[str]], bare: list[re.Match[str]], han: int) -> bool:
    """Whether a page has so many blanks for its Han characters that they are its author's."""
    torn = len(found) - len(bare)
    is_author = len(bare) > max(1, MAX_BLANKS * han) and torn < max(MIN_HOLES, len(bare) / 4)
    return is_author or len(found) > max(4, MAX_HOLES * han)


def _elsewhere(text: str, known: list[re.Match[str]]) -> list[re.Match[str]]:
    """The blanks of a page that hides words by them, where other pages have layout: in headings, at the
    start of a line, beside numbers.  None where they are more than those in prose, and so a habit."""
    taken = {match.start() for match in known}
    found = [
        match
        for match in BLANK.finditer(text)
        if match.start() not in taken and _is_inside(text, match) and not _is_habit(text, match)
    ]
    if len(found) > len(known):
        found = []
    spaced = [match for match in BESIDE_LATIN.finditer(text) if _is_inside(text, match)]
    before = sum(text[match.end()] in LATIN for match in spaced)
    close = [match[0] in LATIN for match in CLOSE_LATIN.finditer(text)]
    # Each side by itself: some authors write 在 1990年.
    sides = ((before, close.count(False)), (len(spaced) - before, close.count(True)))
    if len(spaced) <= len(known) and all(s <= MAX_SPACED_LATIN * (s + c) for s, c in sides):
        found += [match for match in spaced if match.start() not in taken]
    return found


def _is_inside(text: str, blank: re.Match[str]) -> bool:
    """Whether words of one line stand on both sides of a blank, which is not the layout of a heading."""
    at = blank.start()
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    return (
        len(line) >= SHORT - 2
        and not LISTED.match(text[start:at])
        and not NUMBER.search(text, max(start, at - 14), at)
        and not BYLINE_END.search(text, max(start, at - 6), at)
        and "](" not in line
    )


def _is_torn(text: str, blank: re.Match[str]) -> bool:
    """Whether what stands beside a blank cannot stand so without a word in its place."""
    left, right = text[blank.start() - 1], text[blank.end()]
    return (
        right in MARKS
        or right in "》”"
        or left in "，、；“《"
        or right in NOT_FIRST
        or (left in NOT_LAST and left not in MARKS)
    )


def _is_habit(text: str, blank: re.Match[str]) -> bool:
    """Whether a blank stands beside a mark as the author writes all marks, or most of this one."""
    left, right = text[blank.start() - 1], text[blank.end()]
    after = text[blank.end() + 1 : blank.end() + 2]
    if right in MARKS and after in (" ", "\u3000"):
        return True
    if PARAGRAPH.match(text, blank.start() - 1):
        return True
    start, end = text.rfind("\n", 0, blank.start()) + 1, text.find("\n", blank.end())
    line = text[start : end if end >= 0 else len(text)]
    for spaced, mark in ((" " + right, right), (left + " ", left)):
        if mark not in SPACED:
            continue
        count = text.count(spaced)
        if count > 1 and count > MAX_SPACED * text.count(mark):
            return True
        count = line.count(spaced)
        if count >= MIN_SPACED_LINE and count > MAX_SPACED * line.count(mark):
            return True
    return False


def _in_prose(text: str, blank: re.Match[str]) -> bool:
    """Whether a blank is inside a line of prose, and not in the layout at its start."""
    at = blank.start()
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    start += len(line) - len(line.lstrip())
    left, right = text[at - 1], text[blank.end()]
    is_torn = _is_torn(text, blank)
    if LISTED.match(text[start:at]) or (right == "条" and left in "一二三四五六七八九十百千"):
        return False
    if is_torn and (left in "，、" or right in "，。；、") and len(line) >= SHORT:
        return at - start >= 2
    return (
        len(line) >= PROSE
        and at - start >= (2 if is_torn else HEAD_OF_LINE)
        and ("。" in line or ("，" in line and len(line) >= LONG))
        and not NUMBER.search(text, max(start, at - 14), at)
        and not BYLINE_END.search(text, max(start, at - 6), at)
        and "](" not in line  # a link's text is a headline, which is written with blanks
    )


def _joins_lines(text: str, found: list[re.Match[str]], *, is_torn: bool) -> bool:
    """Whether blanks stand at equal distances, where the lines of a print were joined."""
    steps = [
        right.start() - left.start()
        for left, right in pairwise(found)
        if "\n" not in text[left.end() : right.start()]
    ]
    return (
        len(steps) >= (MIN_JOINS_TORN if is_torn else MIN_JOINS)
        and min(steps) >= PRINTED
        and max(steps) - min(steps) <= MAX_UNEQUAL
    )


def _splits_words(text: str, found: list[re.Match[str]]) -> bool:
    """Whether blanks stand where lines were joined, in the middle of words as often as between them."""
    between = [
        match for match in found if HAN_RUN.fullmatch(text[match.start() - 1] + text[match.end()])
    ]
    if len(between) < MIN_BETWEEN:
        return False
    split = sum(
        is_split(text[max(0, m.start() - MAX_WORD) : m.start()], text[m.end() : m.end() + MAX_WORD])
        for m in between
    )
    return split > MAX_SPLIT * len(between)

"""Find words that a filter hid, as labels: stars, blanks, doubled marks, a bare sibling heading.

Nothing is restored here.  What only looks like a mask stays without a label: phone and card
numbers, names (王*明), Markdown, ratings, formulas, wildcards, list bullets, the blanks of
headings and of statutes' layout.

>>> from cleaning.document import Document
>>> text = "催收人员通过 联系借款人，依照《消费者权益保**》的规定，拨打138****1234，由王*明处理。"
>>> [label.value for label in find_masks(Document.from_text(text))]
['**', ' ']
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from cleaning.document import Document, Finding, Label
from cleaning.han import HAN, is_han
from cleaning.rules import load_pairs

STARS = re.compile("[*＊×□○]+")
EMPHASIS = re.compile(r"(\*{1,3})(?=[^\s*])([^*\n]{1,400}?)(?<=[^\s*])\1(?!\*)")
MARKDOWN = re.compile(r"^#{1,6} |^[-*+] |^```|\]\(|`[^`\n]+`", re.MULTILINE)
PLAIN_WORDS = re.compile(r"[^，。；：？！,;:?!\n]{2,12}")
BLANK = re.compile(f"[ \u3000](?<=[{HAN}》）][ \u3000])[ \u3000]*(?=[{HAN}，。；：？！、,;:?!])")
NUMBER = re.compile(
    "(?:第[一二三四五六七八九十百千零〇\\d]+[章节条款项编篇天步](?:之[一二三四五六七八九十]+)?|附[则件])\\Z"
)
BYLINE_END = re.compile(
    "(?:供图|图片|摄影?|讯|报道|综合|[早晚日]?电|记者|通讯员|评论员|作者|编辑|来源|市民|村民|居民|游客|网友|客户|代表|教授|校长|医生)\\Z"
)
"""Words of bylines and captions, behind which a blank stands before a name."""
HAN_RUN = re.compile(f"[{HAN}]+")
DOUBLED = re.compile("[，、；：][，、；：。]")
HEADING = re.compile(
    r"^(?P<number>(?P<parent>\d{1,2}\.)\d{1,2}|（?[一二三四五六七八九十]{1,2}）?|\d{1,2})"
    r"[、.．\s][ \t]*(?P<words>\S.{0,30})$",
    re.MULTILINE,
)
SAME_KIND = re.compile(r"[一二三四五六七八九十]+|\d+")

PASSWORD = re.compile("(?:密码|口令|验证码)[是为：:\\s“]{0,3}\\Z")
MARKS = frozenset("，。；：？！、,;:?!")
DAMAGE = ("annotated", "charwise", "shifted", "spam-header")
BEFORE_NAME = frozenset("和与或及由向对为给是叫让把被同跟找问请")
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

MIN_SIBLINGS = 3  # numbered headings of one parent, of which one is the bare end of the others


def find_masks(document: Document) -> Iterator[Finding]:
    text = document.text
    damaged = any(document.has_label(kind) for kind in DAMAGE)
    stars = list(_stars(text, damaged=damaged))
    yield from stars
    damaged = damaged or bool(stars)
    yield from _blanks(text, damaged=damaged)
    for match in DOUBLED.finditer(text):
        yield _label(match, "mask:doubled-mark", 0.8)
    yield from _bare_headings(text)


def _stars(text: str, *, damaged: bool) -> Iterator[Label]:
    if not STARS.search(text):
        return
    markdown = MARKDOWN.search(text) is not None
    emphasised = {
        place
        for match in EMPHASIS.finditer(text)
        if _emphasises(text, match, markdown=markdown)
        for place in (*range(*match.span(1)), *range(match.end(2), match.end()))
    }
    for match in STARS.finditer(text):
        start, end = match.span()
        if match[0][0] in "×□○" and (end - start < 3 or not damaged):
            continue  # a multiplication, a placeholder (××路), an empty box, digits
        left, right = text[start - 1 : start], text[end : end + 1]
        if start in emphasised or not (_touches(left) or _touches(right)):
            continue
        if left.isdigit() or right.isdigit() or (left.isascii() and left.isalnum()):
            continue  # 138****1234, 5*3, b****9
        at_line_start = not left or left == "\n"
        if at_line_start and (end - start < 2 or right in " \u3000"):
            continue  # a bullet or a footnote
        if (right and right in "#（(") or PASSWORD.search(text, max(0, start - 8), start):
            continue  # *#06#, a rating with its words, a password
        if end - start <= 2 and _is_name(text, start, end):
            continue
        if end - start == 1 and not (is_han(left) and is_han(right)):
            if right in ("", "\n", ".", "/"):
                continue  # a footnote sign, a wildcard
            yield _label(match, "mask:one-star", 0.6)
        else:
            yield _label(match, "mask:stars", 0.97 if end - start > 1 else 0.9)


def _emphasises(text: str, match: re.Match[str], *, markdown: bool) -> bool:
    """Whether two runs of stars are Markdown's: by CommonMark's rules in a page of Markdown, else
    only around a few words, since two masks in one sentence look the same."""
    if not markdown:
        return PLAIN_WORDS.fullmatch(match[2]) is not None
    return _opens(text, match.start(), match.end(1)) and _closes(text, match.end(2), match.end())


def _opens(text: str, start: int, end: int) -> bool:
    """Whether stars can open an emphasis: CommonMark's left-flanking run."""
    left, right = text[start - 1 : start], text[end : end + 1]
    return _is_word(right) or not left or not _is_word(left) or right in "“《「『（【"


def _closes(text: str, start: int, end: int) -> bool:
    """Whether stars can close one: a right-flanking run, or one behind a mark, as Chinese is written."""
    left, right = text[start - 1 : start], text[end : end + 1]
    return _is_word(left) or not right or not _is_word(right) or left in "。！？，；：”》」』）"


def _is_word(character: str) -> bool:
    return character.isalnum() or is_han(character or " ")


def _touches(character: str) -> bool:
    """Whether a mask can stand beside this: Han, or a bracket that holds a title."""
    return bool(character) and (is_han(character) or character in "《》“”，。、；：")


def _is_name(text: str, start: int, end: int) -> bool:
    """A surname with stars behind it, at the start of a word: 王*明, 李**."""
    left, before = text[start - 1 : start], text[start - 2 : start - 1]
    if left not in load_pairs("surnames"):
        return False
    return not is_han(before or " ") or before in BEFORE_NAME


def _blanks(text: str, *, damaged: bool) -> Iterator[Label]:
    """Blanks in the middle of prose; between two Han characters only beside other damage or where
    the page has several, since bylines and captions have them too (记者 王明)."""
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
        yield _label(match, "mask:blank", 0.95 if before_mark[match] else 0.9 if damaged else 0.8)


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


def _bare_headings(text: str) -> Iterator[Label]:
    """A numbered heading that is the bare end of its siblings: 催收 beside 短信催收, 上门催收."""
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for match in HEADING.finditer(text):
        kind = match["parent"] or SAME_KIND.sub("1", match["number"])
        groups[kind].append((match.start("words"), match["words"].strip()))
    for headings in groups.values():
        for at, words in headings:
            longer = [w for _, w in headings if w != words and w.endswith(words)]
            if 2 <= len(words) <= 6 and is_han(words[0]) and len(set(longer)) >= MIN_SIBLINGS:
                yield Label("mask", at, at, "", "mask:bare-heading", 0.9)


def _label(match: re.Match[str], rule: str, confidence: float) -> Label:
    return Label("mask", *match.span(), match[0], rule, confidence)

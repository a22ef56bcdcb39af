"""Find words hidden under stars and other fillers, and leave alone what only looks so.

What stays without a mask: phone and card numbers, names (王*明), Markdown, ratings, formulas,
wildcards, list bullets, placeholders (××路), digits written with circles (二○二五).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from cleaning.han import is_han
from cleaning.masks_blanks import NOT_FIRST, NOT_LAST
from cleaning.restoration import Mask
from cleaning.rules import load_pairs
from cleaning.signs import sign
from cleaning.words import is_word

FILLERS = "*＊×□○"
OTHER_FILLERS = ("xx", "XX", "__")
FILLER_SIGN = sign(FILLERS)
STARS = re.compile(f"[{FILLERS}][{FILLERS}]*")
STARS_AND_OTHERS = re.compile(
    f"[{FILLERS}xX_](?:(?<=[{FILLERS}])[{FILLERS}]*"
    "|(?:(?<=[^A-Za-z0-9_][xX])[xX]+|(?<=[^A-Za-z0-9_]_)_+)(?=[^A-Za-z0-9_]))"
)
EMPHASIS = re.compile(r"(\*\*?\*?)(?=[^\s*])([^*\n]{1,400}?)(?<=[^\s*])\1(?!\*)")
# One class in front, by which ``re`` skips the rest of a text.
MARKDOWN = re.compile(
    r"[#*+`\]-](?:(?<=^.)(?:(?<=#)#{0,5} |(?<=[-*+]) |(?<=`)``)|(?<=\])\(|(?<=`)[^`\n]+`)",
    re.MULTILINE,
)
RUN = re.compile(r"(?<![*\d])\*{2,3}(?![*\d])")
SENTENCE_MARK = re.compile("[，。；：？！,;:?!]")
PLAIN_WORDS = re.compile(r"[^，。；：？！,;:?!\n]{2,12}")
MAX_ODD = 0.3
"""Share of lines with stars whose runs are odd in number, above which no two of them are a pair:
emphasis comes in pairs, so a page of Markdown has none but for slips; a page that hides a few words
has half."""
HEADING = re.compile("[\u4e00-\u9fff]{2,6}[：:]")
"""Behind a row of stars that stands behind a mark: the row parts the items of a list."""
ROW = 4
PASSWORD = re.compile("(?:密码|口令|验证码)[^，。；\\n]{0,5}\\Z")
FEW_WORDS = 6
"""Characters between two runs of stars inside a sentence that are taken for emphasis outside Markdown."""
NOTE = re.compile("^[ \u3000]*[*＊]", re.MULTILINE)
"""A footnote, to which a star in the text points (续航600公里*，)."""
STARRED, ONE_BETWEEN, ONE_IN_SENTENCE, ONE, FILLER = 0.97, 0.9, 0.8, 0.6, 0.8
"""Confidence of several stars, of one between two Chinese characters, of one between such and a mark of the
sentence (30 million characters of sound text have none), of one elsewhere beside a mark, and of what is a
mask only where the page has others."""
COMPOUND_SURNAMES = frozenset(
    "欧阳 司马 诸葛 上官 夏侯 司徒 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 东方 南宫 端木".split()
)
BEFORE_NAME = frozenset("和与或及由向对为给是叫让把被同跟找问请")


def find_stars(text: str, *, damaged: bool) -> Iterator[Mask]:
    fillers = (*FILLERS, *OTHER_FILLERS) if damaged else FILLERS
    if not any(filler in text for filler in fillers):
        return
    emphasised = _emphasised(text)
    found: list[Mask] = []
    doubtful: list[Mask] = []
    single: list[Mask] = []
    for match in (STARS_AND_OTHERS if damaged else STARS).finditer(text):
        start, end = match.span()
        left, right = text[start - 1 : start], text[end : end + 1]
        if start in emphasised or not (_touches(left) or _touches(right)):
            continue
        if right.isdigit() or (left.isascii() and left.isalpha()):
            continue  # 138****1234, 5*3, b****9
        at_line_start = not left or left == "\n"
        if at_line_start and (end - start < 2 or right in " \u3000"):
            continue  # a bullet or a footnote
        if end - start >= ROW and not is_han(left or " ") and HEADING.match(text, end):
            continue  # ；****房间设施：
        if (right and right in "#（(") or PASSWORD.search(text, max(0, start - 8), start):
            continue  # *#06#, a rating with its words, a password
        if end - start <= 2 and _is_name(text, start, end):
            continue
        if match[0][0] in "×□○xX_":  # also a multiplication, a placeholder (××路, XX报), a form
            if is_han(left) and is_han(right) and end - start > 1:
                doubtful.append(Mask(start, end, match[0], "mask:filler", FILLER))
        elif left.isdigit():  # 12315**。 or a footnote
            if end - start > 1:
                doubtful.append(Mask(start, end, match[0], "mask:stars", FILLER))
        elif end - start > 1:
            found.append(Mask(start, end, match[0], "mask:stars", STARRED))
        elif is_han(left) and is_han(right) and right != "号":  # 带*号的
            found.append(Mask(start, end, match[0], "mask:stars", ONE_BETWEEN))
        elif right not in ("", "\n", ".", "/"):  # else a footnote's sign, a wildcard
            mask = Mask(start, end, match[0], "mask:one-star", ONE)
            if _is_inside(left) and _is_inside(right) and right != "号" and match[0] in "*＊":
                single.append(mask)
            else:
                doubtful.append(mask)
    if single and (found or not (NOTE.search(text) or MARKDOWN.search(text))):
        found += [replace(mask, confidence=ONE_IN_SENTENCE) for mask in single]
    else:
        doubtful += single
    yield from found
    if found or damaged:
        yield from doubtful


def _emphasised(text: str) -> set[int]:
    """The places of stars that are Markdown's emphasis; two masks in one sentence look the same."""
    pairs = [*EMPHASIS.finditer(text)]
    if not pairs:
        return set()
    lines = [
        len(RUN.findall(line)) for line in text.split("\n") if "**" in line and "`" not in line
    ]
    odd = sum(count % 2 for count in lines)
    paired = odd < 2 or odd <= MAX_ODD * len(lines)
    markdown = MARKDOWN.search(text) is not None
    return {
        place
        for match in pairs
        if _emphasises(
            text,
            match,
            paired=paired or (markdown and _is_even(text, match.start())),
            markdown=markdown,
        )
        for place in (*range(*match.span(1)), *range(match.end(2), match.end()))
    }


def _is_even(text: str, at: int) -> bool:
    """Whether the runs of stars in a line are even in number, as emphasis of Markdown is."""
    end = text.find("\n", at)
    return (
        len(RUN.findall(text, text.rfind("\n", 0, at) + 1, end if end >= 0 else len(text))) % 2 == 0
    )


def _emphasises(text: str, match: re.Match[str], *, paired: bool, markdown: bool) -> bool:
    """Whether two runs of stars are Markdown's, by CommonMark's rules and by what they hold and touch:
    in Markdown a phrase that begins and ends as phrases do; elsewhere also few words beside a mark;
    where runs are odd in number only what stands between marks."""
    words = match[2]
    if not _opens(text, match.start(), match.end(1)) or not _closes(
        text, match.end(2), match.end()
    ):
        return False
    begins = not is_han(text[match.start() - 1 : match.start()] or " ")
    ends = not is_han(text[match.end() : match.end() + 1] or " ") or not is_han(words[-1])
    if begins and ends:
        return markdown or PLAIN_WORDS.fullmatch(words) is not None
    if not paired or words[0] in NOT_FIRST:
        return False
    if markdown:
        return begins or ends or not SENTENCE_MARK.search(words)
    is_phrase = words[-1] not in NOT_LAST and PLAIN_WORDS.fullmatch(words) is not None
    return is_phrase and len(words) <= FEW_WORDS and (begins or ends)


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


def _is_inside(character: str) -> bool:
    """Whether a star beside this stands inside a sentence."""
    return _touches(character) or character in tuple("！？…～")


def _is_name(text: str, start: int, end: int) -> bool:
    """A surname with stars behind it, at the start of a word: 王*明, 李**."""
    left, before = text[start - 1 : start], text[start - 2 : start - 1]
    if before + left in COMPOUND_SURNAMES:
        return True
    if left not in load_pairs("surnames"):
        return False
    if not is_han(before or " ") or before in BEFORE_NAME:
        return True
    return end - start == 1 and is_word(text[start - 3 : start - 1])  # 联系王*明

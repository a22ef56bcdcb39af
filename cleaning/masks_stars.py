"""Find words hidden under stars and other fillers, and leave alone what only looks so.

What stays without a mask: phone and card numbers, names (王*明), Markdown, ratings, formulas,
wildcards, list bullets, placeholders (××路), digits written with circles (二○二五).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cleaning.han import is_han
from cleaning.restoration import Mask
from cleaning.rules import load_pairs

FILLERS = "*＊×□○"
STARS = re.compile(f"[{FILLERS}]+")
EMPHASIS = re.compile(r"(\*{1,3})(?=[^\s*])([^*\n]{1,400}?)(?<=[^\s*])\1(?!\*)")
# One class in front, by which ``re`` skips the rest of a text.
MARKDOWN = re.compile(
    r"[#*+`\]-](?:(?<=^.)(?:(?<=#)#{0,5} |(?<=[-*+]) |(?<=`)``)|(?<=\])\(|(?<=`)[^`\n]+`)",
    re.MULTILINE,
)
PLAIN_WORDS = re.compile(r"[^，。；：？！,;:?!\n]{2,12}")
PASSWORD = re.compile("(?:密码|口令|验证码)[是为：:\\s“]{0,3}\\Z")
BEFORE_NAME = frozenset("和与或及由向对为给是叫让把被同跟找问请")


def find_stars(text: str, *, damaged: bool) -> Iterator[Mask]:
    if not any(filler in text for filler in FILLERS):
        return
    pairs = [*EMPHASIS.finditer(text)]
    markdown = bool(pairs) and MARKDOWN.search(text) is not None
    emphasised = {
        place
        for match in pairs
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
            yield Mask(start, end, match[0], "mask:one-star", 0.6)
        else:
            yield Mask(start, end, match[0], "mask:stars", 0.97 if end - start > 1 else 0.9)


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

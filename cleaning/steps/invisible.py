"""Remove characters that show nothing and stand beside Chinese, and what wide blanks became.

Joiners in emoji and in Arabic or Indic words, and direction marks beside them, do their work
and stay; so does everything in text without Chinese.

>>> from cleaning.document import Document
>>> [finding.before for finding in remove_invisible(Document.from_text("\\ufeff网\\u200b络\\u200d👩\\u200d👧"))]
['\\ufeff', '\\u200b']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cleaning.document import Document, Edit, Finding, change
from cleaning.han import is_han
from cleaning.signs import sign

# Zero-width space and (non-)joiners, direction marks, word joiner and invisible operators, soft
# hyphen, byte order mark, and the control characters but tab and the line ends.
CONTROLS = "\x00-\x08\x0e-\x1f\x7f"
CONTROL = re.compile(f"[{CONTROLS}]+")
SHOWS_NOTHING = f"\u200b-\u200f\u202a-\u202e\u2060-\u2064\u00ad\ufeff{CONTROLS}"
INVISIBLE = re.compile(f"[{SHOWS_NOTHING}]+")
SIGN = sign(SHOWS_NOTHING)
EDGES = frozenset("。、《》“”‘’「」…—，：；？！（）\n")

DAMAGE = ("annotated", "charwise", "shifted", "spam-header")
LOST_BLANKS = re.compile(
    r"^[ \t\u3000]*(?:\?{2,}|\?(?= ))[? \u3000]*(?=\S)|\?(?: +\?)+|(?<= )\?(?= )", re.MULTILINE
)
"""Blanks of a character set that the reader did not know: ??? 企业, 摘? ?要.  No line begins with a
question mark, and none stands between blanks beside another."""


def remove_invisible(document: Document) -> Iterable[Finding]:
    is_damaged = document.has_label(*DAMAGE)
    return _invisible(document, is_damaged) if is_damaged or document.signs & SIGN else ()


def _invisible(document: Document, is_damaged: bool) -> Iterator[Finding]:
    if is_damaged:
        for match in LOST_BLANKS.finditer(document.text):
            start = match.start()
            if start == 0 or document.text[start - 1] == "\n":
                lost, blank = match[0], ""
            else:
                lost = match[0].strip(" ")
                start += match[0].index("?")
                blank = "" if document.text[start - 1] in " \u3000" else " "
            yield Edit("invisible", start, start + len(lost), lost, blank, "invisible:lost-blanks")
    for field, value in document.prose():
        for match in INVISIBLE.finditer(value):
            start, end = match.span()
            left, right = value[start - 1 : start], value[end : end + 1]
            if start == 0 and match[0] == "\ufeff":
                rule = "invisible:byte-order-mark"
            elif _is_chinese(left) and _is_chinese(right) and (is_han(left) or is_han(right)):
                rule = "invisible:in-chinese"
            elif (is_han(left or " ") or is_han(right or " ")) and CONTROL.fullmatch(match[0]):
                rule = "invisible:control"  # no text has them, so one neighbour is enough
            else:
                continue
            yield change(field, "invisible", start, end, match[0], "", rule)


def _is_chinese(character: str) -> bool:
    """Han, a Chinese mark, or the edge of a line or of the text."""
    return not character or character in EDGES or is_han(character)

"""Join blank lines, so that one line end stands between two paragraphs.

>>> from cleaning.document import Document
>>> document = Document.from_text("一段。  \\r\\n\\r\\n　　二段。\\n")
>>> document.apply(join_blank_lines(document)).text
'一段。\\n　　二段。'
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cleaning.document import Document, Edit, Finding

BLANK = " \t\u3000\xa0"
ENDS = "\n\r\x0b\x0c\u2028\u2029"
# From the first blank of a run to its last line end.  It can only begin where the run begins, so
# a long run is looked at once; a single line feed is no match, which is the usual case.
BREAK = re.compile(f"(?<![{BLANK}{ENDS}])(?!\n[{BLANK}]*[^{BLANK}{ENDS}])[{BLANK}{ENDS}]*[{ENDS}]")
HEAD = re.compile(f"\\A[{BLANK}{ENDS}]*[{ENDS}]")
TAIL = re.compile(f"(?<![{BLANK}{ENDS}])[{BLANK}{ENDS}]+\\Z")
SIGNS = ("\n\n", " \n", "\r", "\t\n", "\u3000\n", "\xa0\n", "\n ", "\n\u3000", "\n\t", "\n\xa0")
RARE = re.compile("[\x0b\x0c\u2028\u2029]")


def join_blank_lines(document: Document) -> Iterator[Finding]:
    text = document.text
    broken = _has_signs(text)
    if not broken and text[:1] not in ENDS and text[-1:] not in BLANK + ENDS:
        return
    tail = TAIL.search(text)
    stop = tail.start() if tail else len(text)
    start = 0
    if (head := HEAD.match(text, 0, stop)) is not None:
        start = head.end()
        yield Edit("layout", 0, start, head[0], "", "layout:line-ends")
    for match in BREAK.finditer(text, start, stop) if broken else ():
        if match[0] != "\n":
            yield Edit("layout", *match.span(), match[0], "\n", "layout:line-ends")
    if tail:
        yield Edit("layout", *tail.span(), tail[0], "", "layout:line-ends")


def _has_signs(text: str) -> bool:
    return any(sign in text for sign in SIGNS) or RARE.search(text) is not None

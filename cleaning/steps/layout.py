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
# Two or more blanks and line ends, or a line end that is none; a single line feed, the usual case, is no match.
BREAK = re.compile(f"[{BLANK}{ENDS}]{{2,}}|[{ENDS[1:]}]")
HEAD = re.compile(f"\\A[{BLANK}{ENDS}]*[{ENDS}]")

SIGNS = ("\n\n", " \n", "\r", "\t\n", "\u3000\n", "\xa0\n", "\n ", "\n\u3000", "\n\t", "\n\xa0")
RARE = re.compile("[\x0b\x0c\u2028\u2029]")


def join_blank_lines(document: Document) -> Iterator[Finding]:
    text = document.text
    broken = _has_signs(text)
    if not broken and text[:1] not in ENDS and text[-1:] not in BLANK + ENDS:
        return
    stop = len(text.rstrip(BLANK + ENDS))
    start = 0
    if (head := HEAD.match(text, 0, stop)) is not None:
        start = head.end()
        yield Edit("layout", 0, start, head[0], "", "layout:line-ends")
    for match in BREAK.finditer(text, start, stop) if broken else ():
        run = match[0].rstrip(BLANK)  # blanks that begin the next line are its own
        if run and run != "\n":
            end = match.start() + len(run)
            yield Edit("layout", match.start(), end, run, "\n", "layout:line-ends")
    if stop < len(text):
        yield Edit("layout", stop, len(text), text[stop:], "", "layout:line-ends")


def _has_signs(text: str) -> bool:
    return any(sign in text for sign in SIGNS) or RARE.search(text) is not None

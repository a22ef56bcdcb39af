"""Join blank lines, so that one line end stands between two paragraphs.

>>> from cleaning.document import Document
>>> document = Document.from_text("一段。  \\r\\n\\r\\n　　二段。\\n")
>>> document.apply(join_blank_lines(document)).text
'一段。\\n　　二段。'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cleaning.document import Document, Edit, Finding
from cleaning.signs import sign

BLANK = " \t\u3000\xa0"
ENDS = "\n\r\x0b\x0c\u2028\u2029"
SIGNS = sign(f"{BLANK}\n", then="\n") | sign(ENDS[1:])
# The line ends of a run with the blanks between them; those before its first end are added by hand.
BREAK = re.compile(f"[{ENDS}](?:[{BLANK}{ENDS}]*[{ENDS}])?")
HEAD = re.compile(f"\\A[{BLANK}{ENDS}]*[{ENDS}]")


def join_blank_lines(document: Document) -> Iterable[Finding]:
    text = document.text
    broken = document.signs & SIGNS != 0
    if not broken and text[:1] not in ENDS and text[-1:] not in BLANK + ENDS:
        return ()
    return _joins(text, broken=broken)


def _joins(text: str, *, broken: bool) -> Iterator[Finding]:
    stop = len(text.rstrip(BLANK + ENDS))
    start = 0
    if (head := HEAD.match(text, 0, stop)) is not None:
        start = head.end()
        yield Edit("layout", 0, start, head[0], "", "layout:line-ends")
    for match in BREAK.finditer(text, start, stop) if broken else ():
        first, end = match.span()
        while first > start and text[first - 1] in BLANK:
            first -= 1
        if end - first > 1 or text[first] != "\n":
            yield Edit("layout", first, end, text[first:end], "\n", "layout:line-ends")
    if stop < len(text):
        yield Edit("layout", stop, len(text), text[stop:], "", "layout:line-ends")

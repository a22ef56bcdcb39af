"""The lines of a text with their places, and what a line looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cleaning.han import HAN, to_simplified

SENTENCE_END = re.compile("[。！？!?；;…][”’」』）)]*$")
HAS_SENTENCE = re.compile(f"[。！？；]|[!?;](?=\\s|$)|(?<=[{HAN}])\\.(?=[{HAN}\\s]|$)")
NUMBERED = re.compile(
    r"(?:第[一二三四五六七八九十百零〇\d]+[章节条部分编篇回集讲课]|[（(]?[一二三四五六七八九十]+[）)、.．]|"
    r"\d{1,2}(?:\.\d{1,2})*[、.．)）\s]|[•·●○◆■▪*+\-–—>»※【\[#])"
)
NO_TITLE = re.compile(r"\d{4}\s*年\s*\d|.*(?:发布|通过|批准|公布|施行|修订|修正)$")
"""A line that says when or by whom something was published."""
JOINED = re.compile(f"(?<=[{HAN}])[-/](?=[{HAN}])")
HAS_HAN = re.compile(f"[{HAN}]")

PROSE_LENGTH = 30
"""Characters from which a line with a sentence mark is prose: the shortest paragraph of the 52
measured pages' texts that is not a heading or a caption has 24, the median 90."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text: ``end`` is behind its line end, ``text`` without it and without blanks."""

    start: int
    end: int
    text: str

    @property
    def view(self) -> str:
        """The line in Simplified, for matching marker words; one character for one."""
        return self.text.translate(to_simplified())

    @property
    def is_prose(self) -> bool:
        return len(self.text) >= PROSE_LENGTH and bool(HAS_SENTENCE.search(self.text))


def head(text: str, count: int) -> list[Line]:
    """The first lines of a text."""
    lines: list[Line] = []
    start = 0
    while len(lines) < count and start < len(text):
        end = text.find("\n", start)
        stop = len(text) if end < 0 else end + 1
        lines.append(Line(start, stop, text[start:stop].strip()))
        start = stop
    return lines


def tail(text: str, count: int) -> list[Line]:
    """The last lines of a text, in the order of the text."""
    lines: list[Line] = []
    stop = len(text)
    while len(lines) < count and stop > 0:
        start = text.rfind("\n", 0, stop - 1) + 1
        lines.append(Line(start, stop, text[start:stop].strip()))
        stop = start
    return lines[::-1]


def stands_as_title(text: str) -> bool:
    """Short, and neither a sentence, a list item, a numbered heading, nor a label with a colon."""
    return (
        4 <= len(text) <= 60
        and HAS_HAN.search(text) is not None
        and not SENTENCE_END.search(text)
        and text[-1] not in "：:，,、|"
        and text[0] != "|"
        and "。" not in text
        and sum(map(text.count, "_|、,，")) + len(JOINED.findall(text)) < 3  # keywords or names
        and not NUMBERED.match(text)
        and not NO_TITLE.match(text.translate(to_simplified()))
    )

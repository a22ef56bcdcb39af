"""The lines of a text with their places, and what a line looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from cleaning.han import HAN, in_simplified

SENTENCE_END = re.compile("[。！？!?；;…][”’」』）)]*$")
# One class in front, by which ``re`` skips the rest of a line.
HAS_SENTENCE = re.compile(
    f"[。！？；!?;.](?:(?<=[。！？；])|(?<=[!?;])(?=\\s|$)|(?<=[{HAN}]\\.)(?=[{HAN}\\s]|$))"
)
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


@dataclass(frozen=True)
class Line:
    """One line of a text: ``end`` is behind its line end, ``text`` without it and without blanks."""

    start: int
    end: int
    text: str

    @cached_property
    def view(self) -> str:
        """The line in Simplified, for matching marker words; one character for one."""
        return in_simplified(self.text)

    @cached_property
    def is_prose(self) -> bool:
        return len(self.text) >= PROSE_LENGTH and HAS_SENTENCE.search(self.text) is not None


def from_start(text: str, start: int = 0) -> Iterator[Line]:
    """The lines of a text, from a place on."""
    while start < len(text):
        stop = text.find("\n", start) + 1 or len(text)
        yield Line(start, stop, text[start:stop].strip())
        start = stop


def head(text: str, count: int) -> list[Line]:
    """The first lines of a text."""
    return [*islice(from_start(text), count)]


def from_end(text: str) -> Iterator[Line]:
    """The lines of a text, the last one first."""
    stop = len(text)
    while stop > 0:
        start = text.rfind("\n", 0, stop - 1) + 1
        yield Line(start, stop, text[start:stop].strip())
        stop = start


def tail(text: str, count: int) -> list[Line]:
    """The last lines of a text, in the order of the text."""
    return [*islice(from_end(text), count)][::-1]


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
        and not NO_TITLE.match(in_simplified(text))
    )

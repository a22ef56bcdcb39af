"""The lines of a text with their places, and what a line looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cleaning.han import HAN, in_simplified
from cleaning.rules import any_of, patterns_of

SENTENCE_END = re.compile("[。！？!?；;…][”’」』）)]*$")
# One class in front, by which ``re`` skips the rest of a line.
HAS_SENTENCE = re.compile(
    f"[。！？；!?;.](?:(?<=[。！？；])|(?<=[!?;])(?=\\s|$)|(?<=[{HAN}]\\.)(?=[{HAN}\\s]|$))"
)
NUMBERED = re.compile(
    r"(?:第[一二三四五六七八九十百零〇\d]+[章节条部分编篇回集讲课]|[（(]?[一二三四五六七八九十]+[）)、.．]|"
    r"\d{1,2}(?:\.\d{1,2})*[、.．)）\s]|[•·●○◆■▪*+\-–—>»※【\[#])"
)
NO_TITLE = re.compile(
    r"[«‹<]|返回|打印|(?:\S{1,3}\s+){2,}\S{1,3}$|\d{4}\s*年\s*\d|.*(?:发布|通过|批准|公布|施行|修订|修正)$"
)
"""A line that says when or by whom something was published, a button, or a menu of short words."""
JOINED = re.compile(f"(?<=[{HAN}])[-/](?=[{HAN}])")
HAS_HAN = re.compile(f"[{HAN}]")

STEP = 4
"""Lines made at once: steps look at a few, whatever the length of the text."""

TITLE_LENGTH = 60  # characters of a title; those of the 52 measured pages have at most 42
TEXT_END = re.compile("[。！？；：，、…!?;:,.”’」』）)]$")
"""How a line of prose ends.  A title may have a mark inside: 谁的茶好喝？一图看懂."""

PROSE_LENGTH = 30
"""Characters from which a line with a sentence mark is prose: the shortest paragraph of the 52
measured pages' texts that is not a heading or a caption has 24, the median 90."""


class Line:
    """One line of a text: ``end`` is behind its line end, ``text`` without it and without blanks."""

    __slots__ = ("_furniture", "_is_prose", "_view", "end", "start", "text")

    def __init__(self, start: int, end: int, text: str, view: str | None = None) -> None:
        self.start, self.end, self.text, self._view = start, end, text, view
        self._is_prose: bool | None = None
        self._furniture: str | None = None

    @property
    def view(self) -> str:
        """The line in Simplified, for matching marker words; one character for one."""
        if self._view is None:
            self._view = in_simplified(self.text)
        return self._view

    @property
    def is_prose(self) -> bool:
        if self._is_prose is None:
            self._is_prose = len(self.text) >= PROSE_LENGTH and (
                "。" in self.text
                or (
                    HAS_SENTENCE.search(self.text) is not None
                    and (len(self.text) > TITLE_LENGTH or TEXT_END.search(self.text) is not None)
                )
            )
        return self._is_prose

    @property
    def furniture(self) -> str | None:
        """The rule of the site's own line that this line is, or None."""
        if self._furniture is None:
            rules = (
                p.rule for p in patterns_of("furniture", "tail") if p.regex.fullmatch(self.view)
            )
            is_one = any_of("furniture", "tail").fullmatch(self.view)
            self._furniture = next(rules, "") if is_one else ""
        return self._furniture or None


class Lines:
    """The lines of a text, made once for all steps, from either end as far as these ask for them.

    ``is_simplified``: it is known to hold no Traditional character.
    """

    __slots__ = ("_above", "_below", "_is_simplified", "_text")

    def __init__(self, text: str, *, is_simplified: bool = False) -> None:
        self._text, self._is_simplified = text, is_simplified
        self._above: list[Line] = []
        self._below: list[Line] = []

    def __reduce__(self) -> tuple[type[Lines], tuple[str]]:
        return Lines, (self._text,)  # another process makes its own

    def first(self, count: int) -> list[Line]:
        """The first lines, at most ``count``."""
        above, text = self._above, self._text
        at = above[-1].end if above else 0
        while len(above) < count and at < len(text):
            stop = text.find("\n", at) + 1 or len(text)
            above.append(self._line(at, stop))
            at = stop
        return above[:count]

    def last(self, count: int) -> list[Line]:
        """The last lines, at most ``count``, from the end of the text upwards."""
        below, text = self._below, self._text
        stop = below[-1].start if below else len(text)
        while len(below) < count and stop:
            start = text.rfind("\n", 0, stop - 1) + 1
            below.append(self._line(start, stop))
            stop = start
        return below[:count]

    def _line(self, start: int, end: int) -> Line:
        text = self._text[start:end].strip()
        return Line(start, end, text, text if self._is_simplified else None)

    def downwards(self) -> Iterator[Line]:
        """All lines."""
        return _in_steps(self.first)

    def upwards(self) -> Iterator[Line]:
        """All lines, the last one first."""
        return _in_steps(self.last)


def _in_steps(lines: Callable[[int], list[Line]]) -> Iterator[Line]:
    made = 0
    while len(found := lines(made + STEP)) > made:
        yield from found[made:]
        made = len(found)


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

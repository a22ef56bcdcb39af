"""The judge of bytes out of step: the language and the page, and what brackets and marks tell.

What a context leaves to each character is asked for once a page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cleaning.page_model import PageModel
from cleaning.trigrams import Trigrams

LETTER: Final = -4.0
"""Nats for 預 = EE 41 read as a swallowed digit and an A: in a run a letter is a second byte, and
one that stands for itself follows other letters."""
SINGLE: Final = -3.0
"""Nats for a dash or a row of dots that is not doubled, as Chinese writes them."""
DOUBLED: Final = -5.0
"""Nats for a mark after itself; the judge has read reviews that write 。。。"""
BLANK: Final = -6.0
"""Nats for an ideographic blank, which stands where a line begins."""
BRACKETS: Final = tuple(
    (pair[0], pair[1]) for pair in ("“”", "‘’", "《》", "（）", "「」", "『』", "【】")
)
OPENING: Final = "".join(opening for opening, _ in BRACKETS)
OPEN_CLOSES: Final = 1.5
SHUT_CLOSES: Final = -3.0
"""What a closing mark gains by its bracket being open in the line, and loses by its not being."""


class Row(dict[str, float]):
    """Character -> its log-probability after one context, asked for once."""

    def __init__(self, judge: Callable[[str], float]) -> None:
        self._judge = judge

    def __missing__(self, char: str) -> float:
        found = self[char] = self._judge(char)
        return found


class Rows(dict[str, Row]):
    """Context (the two characters before) -> its row."""

    def __init__(self, after: Callable[[str], Callable[[str], float]]) -> None:
        self._after = after

    def __missing__(self, context: str) -> Row:
        found = self[context] = Row(self._after(context))
        return found


class ShiftJudge:
    """The judge of one page."""

    def __init__(self, page: PageModel, language: Trigrams) -> None:
        self._page = page
        self._language = language
        self._rows: dict[tuple[bool, ...], Rows] = {}

    def rows(self, text: str, start: int) -> Rows:
        """The judge, knowing which brackets are open where a run starts."""
        line = text[text.rfind("\n", 0, start) + 1 : start]
        are_open = tuple(line.count(opening) > line.count(closing) for opening, closing in BRACKETS)
        if (rows := self._rows.get(are_open)) is None:
            self._rows[are_open] = rows = Rows(self._after(are_open))
        return rows

    def _after(self, are_open: tuple[bool, ...]) -> Callable[[str], Callable[[str], float]]:
        weights = {"\u3000": BLANK}
        for (opening, closing), is_open in zip(BRACKETS, are_open, strict=True):
            weights[closing] = OPEN_CLOSES if is_open else SHUT_CLOSES
            weights[opening] = SHUT_CLOSES if is_open else 0.0

        def after(context: str) -> Callable[[str], float]:
            judge = self._page.after(context, self._language.after(context))
            last = context[-1:]
            last = last or "\n"
            is_word = "a" <= last.lower() <= "z"
            is_single = last in "…—" and context[-2:-1] != last

            def log_probability(char: str) -> float:
                found = judge(char) + weights.get(char, 0.0)
                if "@" <= char <= "~" and not is_word:
                    found += LETTER
                elif is_single and char != last:
                    found += SINGLE
                elif char == last and char in "。，、；：！？":
                    found += DOUBLED
                elif char == "<" and last in OPENING:
                    found += SHUT_CLOSES
                return found

            return log_probability

        return after

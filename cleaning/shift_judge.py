"""The judge of bytes out of step: the language and the page, its script, its notes and brackets.

Characters are the codes of their bytes here (lead byte * 256 + trail byte, or the ASCII byte).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from cleaning import gbk
from cleaning.han import first_images, is_converted
from cleaning.lost_bytes import pair_judge
from cleaning.ngrams import Ids, Logs, Ngrams, PageNgrams, Rows
from cleaning.note_table import AGAINST, NoteTable
from cleaning.page_model import UNCONVERTED, VARIANT, unconverted

Codes = npt.NDArray[np.uint16]

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
HALF: Final = dict(zip(",:;?!()", "，：；？！（）", strict=True))
OPENING: Final = "".join(opening for opening, _ in BRACKETS)
OPEN_CLOSES: Final = 1.5
SHUT_CLOSES: Final = -3.0
"""What a closing mark gains by its bracket being open in the line, and loses by its not being."""


def codes(chars: Iterable[str]) -> Codes:
    """The codes of characters, of those that GBK has in two bytes."""
    found = [data for char in chars if len(data := gbk.encoded(char) or b"") == 2]
    return np.array([data[0] << 8 | data[1] for data in found], dtype=np.uint16)


@cache
def _converted() -> Codes:
    return codes(frozenset(char for char in gbk.pairs().values() if is_converted(char)))


@cache
def _not_here(*, is_simplified: bool) -> Logs:
    """Code -> the weight of a character that the page does not have elsewhere.

    A table makes one Traditional form of each character, so on a converted page neither another
    variant nor an unconverted character is to be expected; the language, which folds, cannot tell.
    """
    found = np.zeros(1 << 16, dtype=np.float32)
    if not is_simplified:
        found[codes(unconverted())] = UNCONVERTED
    found[_converted()] = VARIANT
    if not is_simplified:
        found[codes(first_images())] = 0.0
    return found


class ShiftJudge:
    """The judge of one page."""

    def __init__(self, pieces: list[str], table: NoteTable, language: Ngrams) -> None:
        self.table = table
        self.page = PageNgrams(language, pieces)
        self.size = language.order - 1
        """Characters that the judge sees before one."""
        here = frozenset().union(*map(frozenset, pieces))
        is_simplified = len(here & first_images()) * 2 < len(here & unconverted())
        self._weights = _not_here(is_simplified=is_simplified).copy()
        if not is_simplified:
            self._weights[codes(here)] = 0.0
        self.half = np.zeros(0x80, dtype=np.float32)
        """Half mark -> the weight of the page's writing it half."""
        for half, full in HALF.items():
            count, other = (sum(piece.count(mark) for piece in pieces) for mark in (half, full))
            share = (count + 0.2) / (count + other + 1.5)
            self.half[ord(half)] = np.log(share)
            self._weights[codes(full)] += np.log(1 - share)
        self.silent = np.zeros(1 << 16, dtype=np.float32)
        """Code -> the weight of two neighbouring bytes that show no note."""
        self.silent[_converted()] = table.unknown
        self.silent[codes(frozenset(table.never))] = 0.0
        self.silent[codes(frozenset(table.always))] = AGAINST
        self._runs: dict[tuple[bool, ...], RunJudge] = {}

    def run(self, front: str) -> RunJudge:
        """The judge, knowing which brackets are open where a run starts."""
        line = front[front.rfind("\n") + 1 :]
        are_open = tuple(line.count(opening) > line.count(closing) for opening, closing in BRACKETS)
        if (judge := self._runs.get(are_open)) is None:
            weights = self._weights.copy()
            weights[codes("\u3000")] += BLANK
            for (opening, closing), is_open in zip(BRACKETS, are_open, strict=True):
                weights[codes(closing)] += OPEN_CLOSES if is_open else SHUT_CLOSES
                weights[codes(opening)] += SHUT_CLOSES if is_open else 0.0
            self._runs[are_open] = judge = RunJudge(self, weights)
        return judge


class RunJudge:
    """The judge of one run."""

    def __init__(self, page: ShiftJudge, weights: Logs) -> None:
        self.size = page.size
        self.silent = page.silent
        self.table = page.table
        self._half = page.half
        self._page = page.page
        self._weights = weights
        language = page.page.language
        self.ids_of_codes = language.ids_of_codes
        self.ids = language.ids
        self._dashes = np.isin(np.arange(1 << 16), self.ids("…—"))
        self._marks = np.isin(np.arange(1 << 16), self.ids("。，、；：！？"))

    def scores(self, contexts: Ids, before: Codes, rows: Rows, chars: Codes) -> Logs:
        """The log-probability of characters, each after the context of its row.

        ``before`` has the last character of each context, which tells what its number does not.
        """
        ids = self.ids_of_codes[chars]
        found = self._page.scores(contexts, rows, ids)
        last = contexts[rows, -1]
        is_single = self._dashes[last] & (contexts[rows, -2] != last) & (ids != last)
        is_double = self._marks[last] & (ids == last)
        found += self._weights[chars] + SINGLE * is_single + DOUBLED * is_double
        is_mark = chars < 0x80
        if is_mark.any():
            used, at = np.unique(before[rows[is_mark]], return_inverse=True)
            plain = np.stack([_ascii(code) for code in used.tolist()])[at, chars[is_mark]]
            half = self._half[chars[is_mark]]
            found[is_mark] = np.where(half < 0, found[is_mark] + half, plain)
        return found


@lru_cache(1 << 12)
def _ascii(before: int) -> Logs:
    """What the ASCII characters cost after a character, those that are no marks of Chinese text."""
    last = gbk.pairs().get(before) or chr(before & 0x7F)
    found = np.array([pair_judge(last, chr(code)) for code in range(0x80)], dtype=np.float32)
    if not "a" <= last.lower() <= "z":
        found[ord("@") : ord("~") + 1] += LETTER
    if last in OPENING:
        found[ord("<")] += SHUT_CLOSES
    return found

"""GBK bytes some of which were lost, read in step: what the bytes and the notes allow, weighed.

A reading is built byte by byte.  Every two neighbouring bytes, whether they are one character or
straddle two, are looked up in the page's note table: a note that shows must be theirs, and one
that does not must not be due.  Only then the judge weighs the characters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from cleaning import gbk
from cleaning.note_table import NoteTable, fits, noted
from cleaning.plausibility import model
from cleaning.readings import BEAM, Hypothesis, agreement, pruned
from cleaning.shift_judge import Rows

FIRST_OF_TWO: Final = 6.5
"""Nats that the first of two lost bytes may fall behind the best before its second is tried."""
BACK: Final = 2
"""Characters that the judge sees before one."""
RARE: Final = -13.0
"""What a lost character is at least, in nats: one in 440,000 where nothing is known before it."""
FIRSTS: Final = 24
"""First bytes whose seconds are tried, at most: of 1,079 paragraphs 5 come out wrong, with 12 it is 7."""
LONE: Final = 0x80
"""Never a lead byte, so a reader fails on it alone."""
TAKEN_WITH_LONE: Final = -2.0
"""Some readers take the next byte down with it all the same."""


@cache
def _second_bytes(lead: int) -> tuple[tuple[int, str], ...]:
    """The second bytes that an ASCII reader fails on, with their characters; no rare ones."""
    table = gbk.pairs()
    return tuple((b, c) for b in gbk.trails(lead, 0x80) if _is_fair(c := table[lead << 8 | b]))


def _is_fair(char: str) -> bool:
    return model().start(char) > RARE


@cache
def _second_of_two(first: int, following: int) -> tuple[tuple[int, str], ...]:
    """The lead bytes that fail after ``first`` and make a character with ``following``."""
    table = gbk.pairs()
    seconds = gbk.LEADS if first == LONE else gbk.unpairable(first)
    found = ((s << 8 | following, table.get(s << 8 | following)) for s in seconds)
    return tuple((pair, char) for pair, char in found if char and _is_fair(char))


class ShiftedBytes:
    """The readings of the bytes added so far, best first."""

    def __init__(self, context: str, last: int, rows: Rows, table: NoteTable) -> None:
        self.context = context
        self._rows = rows
        self._table = table
        self.readings = [Hypothesis(0.0, "", 0, last, False)]

    def __bool__(self) -> bool:
        return bool(self.readings)

    @property
    def aligned(self) -> bool:
        """Whether every reading ends with a whole character."""
        return all(not reading.pending for reading in self.readings)

    def add(self, data: bytes, note: str | None = None) -> None:
        """Read known bytes, the last of them with a note behind it."""
        readings: Iterable[Hypothesis] = self.readings
        for at, byte in enumerate(data):
            here = note if at == len(data) - 1 else None
            readings = [r for h in readings if (r := self._extended(h, byte, here, 0.0))]
        self.readings = pruned(readings)

    def add_noted(self, reading: str) -> None:
        """A byte that was lost in front of a note: it makes a character with that reading."""
        self.readings = pruned(
            r
            for h in self.readings
            for byte, _, weight in noted(h.last, reading)
            if (r := self._extended(h, byte, reading, weight))
        )

    def can_be_noted(self, reading: str) -> bool:
        return any(noted(h.last, reading) for h in self.readings)

    def fits(self, byte: int, reading: str) -> bool:
        """Whether a byte, here, makes a character that can have this note."""
        table = gbk.pairs()
        return any(fits(table.get(h.last << 8 | byte, ""), reading) for h in self.readings)

    def add_one_of(self, weights: Callable[[int], float], data: Iterable[int]) -> None:
        """A lost byte that may be any of these."""
        self.readings = pruned(
            r for h in self.readings for b in data if (r := self._extended(h, b, None, weights(b)))
        )

    def add_failure(self, swallowed: dict[str, float], following: int, *, alone: bool) -> None:
        """What the mark of a failure stands for.

        In step it is a question mark.  Out of step it is the second byte of a character and what
        the reader took down with it: a byte that makes no pair with it, or an ASCII one if it
        swallows those (``swallowed``, with weights).  Nothing if it stood ``alone``, at the end.
        ``following``: the byte behind, which is read too; 0 if none is known.
        """
        found: list[Hypothesis] = []
        firsts: list[Hypothesis] = []
        best = -math.inf
        for h in self.readings:
            if h.pending:
                row = self._rows[(self.context + h.text)[-BACK:]]
                for byte, char in _second_bytes(h.pending):
                    log_p = h.log_p + row[char]
                    if log_p > best - FIRST_OF_TWO:
                        if not h.is_noted:
                            log_p += self._table.silent(h.last << 8 | byte)
                        best = max(best, log_p)
                        firsts.append(Hypothesis(log_p, h.text + char, 0, byte, False))
            elif r := self._extended(h, ord("?"), None, 0.0):
                found += self._followed(r, following)
        firsts.sort(key=lambda h: -h.log_p)
        best = -math.inf
        for h in firsts[:FIRSTS]:
            if h.log_p < max(firsts[0].log_p - FIRST_OF_TWO, best - BEAM):
                break
            if alone:
                found += self._followed(h, following)
                continue
            if h.last == LONE:
                found += self._followed(h, following)
            weight = TAKEN_WITH_LONE if h.last == LONE else 0.0
            if following:
                found += self._completed(h, following, weight, best)
                best = max(best, *(r.log_p for r in found)) if found else best
            else:
                seconds = gbk.LEADS if h.last == LONE else gbk.unpairable(h.last)
                for byte in seconds:
                    if r := self._extended(h, byte, None, weight):
                        found.append(r)
            row = self._rows[(self.context + h.text)[-BACK:]]
            for mark, weight in swallowed.items():
                if h.log_p + weight + row[mark] < best - BEAM:
                    continue
                if r := self._extended(h, ord(mark), None, weight):
                    found += self._followed(r, following)
        self.readings = pruned(found)

    def _completed(
        self, h: Hypothesis, following: int, weight: float, best: float
    ) -> list[Hypothesis]:
        """A lost lead byte and the known one that completes its character."""
        row = self._rows[(self.context + h.text)[-BACK:]]
        silent = self._table.silent
        base = h.log_p + weight
        found = []
        for pair, char in _second_of_two(h.last, following):
            log_p = base + row[char]
            if log_p > best - BEAM:
                log_p += silent(pair)
                best = max(best, log_p)
                found.append(Hypothesis(log_p, h.text + char, 0, following, False))
        return found

    def _followed(self, reading: Hypothesis, byte: int) -> tuple[Hypothesis, ...]:
        if not byte:
            return (reading,)
        found = self._extended(reading, byte, None, 0.0)
        return (found,) if found else ()

    def follow(self, text: str, following: int) -> None:
        """Weigh the readings by what stands behind the run and is not read itself."""
        weighed = []
        for h in self.readings:
            if h.pending:
                continue
            log_p, context = h.log_p, (self.context + h.text)[-BACK:]
            if following and h.last > 0x80 and not h.is_noted:
                log_p += self._table.silent(h.last << 8 | following)
            for char in text:
                log_p += self._rows[context][char]
                context = context[1 - BACK :] + char
            weighed.append(h._replace(log_p=log_p))
        self.readings = sorted(weighed, key=lambda h: -h.log_p)

    def best(self) -> tuple[str, list[float]]:
        """The likeliest whole reading and how sure each of its characters is."""
        return agreement([reading for reading in self.readings if not reading.pending])

    def _extended(
        self, h: Hypothesis, byte: int, note: str | None, weight: float
    ) -> Hypothesis | None:
        log_p, text, pending, last, is_noted = h
        log_p += weight
        if note is not None:
            char = gbk.pairs().get(last << 8 | byte, "")
            if not fits(char, note):
                return None
            log_p += self._table.shown(char, note)
        elif last > LONE and not is_noted:
            log_p += self._table.silent(last << 8 | byte)
        if pending:
            found = gbk.pairs().get(pending << 8 | byte)
            if found is None:
                return None
            context = text[-BACK:] if len(text) >= BACK else (self.context + text)[-BACK:]
            log_p += self._rows[context][found]
            return Hypothesis(log_p, text + found, 0, byte, note is not None)
        if byte < 0x80:
            char = chr(byte)
            context = text[-BACK:] if len(text) >= BACK else (self.context + text)[-BACK:]
            log_p += self._rows[context][char]
            return Hypothesis(log_p, text + char, 0, byte, note is not None)
        if byte == LONE or byte > 0xFE:
            return None
        return Hypothesis(log_p, text, byte, byte, note is not None)

"""The most plausible text behind bytes some of which were lost.

A beam search: known bytes are read as they are, a hole is tried with every filling that its
caller allows, and the judge (:mod:`cleaning.plausibility`) weighs the readings.  What the
readings agree on is sure; where they differ, their weights say how sure the best one is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cleaning import gbk
from cleaning.plausibility import model

WIDTH: Final = 300
"""Readings kept: two lost bytes between known ones leave some 1,300, of which few are likely."""
BEAM: Final = 6.5
"""Readings this many nats below the best are dropped: e^-6.5 = 0.0015, what
decides is 0.05.  8.0 costs five times as much and restores as many paragraphs."""
WAITING: Final = 12.0
"""What a character costs at most, by and large: the lead of a reading that still waits for one."""


SWALLOWED: Final = {
    **{chr(code): -3.0 for code in range(0x21, 0x40)},
    **dict.fromkeys("0123456789", -2.3),
    **dict.fromkeys(', "', -0.7),
    "\n": 0.0,
}
"""ASCII bytes that a reader takes down together with the byte before them, with the logarithm of
how often they follow Chinese, on top of what the judge says of their kind."""

Feed = Callable[[bytes, int], tuple[str, bytes] | None]
"""(pending bytes, next byte) -> (characters completed, bytes now pending), None if impossible."""

Judge = Callable[[str, str], float]
"""(character before, character) -> log-probability, in nats."""


@lru_cache(1 << 17)
def pair_judge(before: str, char: str) -> float:
    """What the model of pairs says, remembered: text asks for the same pairs again and again."""
    return model().log_probability(before, char)


def total(text: str) -> float:
    """The log-probability of a whole text by the pairs' judge, in nats."""
    return sum(map(pair_judge, ("", *text[:-1]), text))


def feed_gbk(pending: bytes, byte: int) -> tuple[str, bytes] | None:
    if pending:
        char = gbk.pairs().get(pending[0] << 8 | byte)
        return None if char is None else (char, b"")
    if byte < 0x80:
        return chr(byte), b""
    return ("", bytes((byte,))) if 0x81 <= byte <= 0xFE else None


def feed_utf8(pending: bytes, byte: int) -> tuple[str, bytes] | None:
    if not pending:
        if byte < 0x80:
            return chr(byte), b""
        return ("", bytes((byte,))) if 0xC2 <= byte <= 0xF4 else None
    if not 0x80 <= byte <= 0xBF:
        return None
    size = 2 if pending[0] < 0xE0 else 3 if pending[0] < 0xF0 else 4
    pending += bytes((byte,))
    if len(pending) < size:
        return "", pending
    try:
        return pending.decode("utf-8"), b""
    except UnicodeDecodeError:
        return None


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the bytes so far: its log-probability, text, and bytes not yet a character."""

    log_p: float
    text: str
    pending: bytes = b""


Filling = tuple[bytes, float]
"""Bytes that may stand in a hole, with the logarithm of their weight."""


class Beam:
    """The readings of the bytes added so far; ``before`` is the character in front of them."""

    def __init__(self, feed: Feed, before: str = "", judge: Judge | None = None) -> None:
        self._feed = feed
        self._judge = judge or pair_judge
        self.before = before
        self.readings: list[Reading] = [Reading(0.0, "")]

    def __bool__(self) -> bool:
        return bool(self.readings)

    @property
    def aligned(self) -> bool:
        """Whether every reading ends with a whole character."""
        return all(not reading.pending for reading in self.readings)

    def add(self, data: bytes) -> None:
        """Read known bytes; readings that they make impossible are dropped."""
        self._keep(self._extended(reading, data, 0.0) for reading in self.readings)

    def _extended(self, reading: Reading, data: bytes, weight: float) -> Reading | None:
        log_p, text, pending = reading.log_p + weight, reading.text, reading.pending
        judge = self._judge
        for byte in data:
            fed = self._feed(pending, byte)
            if fed is None:
                return None
            chars, pending = fed
            for char in chars:
                log_p += judge(text[-1] if text else self.before, char)
                text += char
        return Reading(log_p, text, pending)

    def _keep(self, readings: Iterator[Reading | None]) -> None:
        best: dict[tuple[str, bytes], Reading] = {}
        for reading in readings:
            if reading is None:
                continue
            key = reading.text, reading.pending
            same = best.get(key)
            if same is not None:
                top = max(same.log_p, reading.log_p)
                low = min(same.log_p, reading.log_p)
                total = top + math.log1p(math.exp(low - top))
                reading = Reading(total, reading.text, reading.pending)
            best[key] = reading
        kept = sorted(best.values(), key=lambda reading: -reading.log_p)
        if len(kept) > 1:
            # A reading that waits for a byte has not paid for its character yet.
            waiting = next((r.log_p for r in kept if r.pending), -math.inf)
            whole = next((r.log_p for r in kept if not r.pending), -math.inf)
            floors = max(waiting - WAITING, whole) - BEAM, max(waiting, whole) - BEAM
            kept = [r for r in kept if r.log_p >= floors[bool(r.pending)]]
        self.readings = kept[:WIDTH]

    def best(self) -> tuple[Reading, list[float]]:
        """The likeliest whole reading and, for each of its characters, how sure that one is.

        Readings of another length agree as far as their beginnings and their ends do.
        """
        whole = [reading for reading in self.readings if not reading.pending]
        top = whole[0]
        weights = [math.exp(reading.log_p - top.log_p) for reading in whole]
        size = len(top.text)
        sure = [0.0] * size
        for reading, weight in zip(whole, weights, strict=True):
            text = reading.text
            if len(text) == size:
                for at in range(size):
                    if text[at] == top.text[at]:
                        sure[at] += weight
                continue
            front = _shared(text, top.text)
            back = _shared(text[front:][::-1], top.text[front:][::-1])
            for at in (*range(front), *range(size - back, size)):
                sure[at] += weight
        total = sum(weights)
        return top, [weight / total for weight in sure]


def _shared(first: str, second: str) -> int:
    """How many characters two strings begin with in common."""
    pairs = zip(first, second, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))

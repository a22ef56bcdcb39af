"""The readings of bytes some of which were lost: the likeliest are kept, and compared in the end.

What the readings agree on is sure; where they differ, their weights say how sure the best one is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

WIDTH: Final = 300
"""Readings kept: two lost bytes between known ones leave some 1,300, of which few are likely."""
BEAM: Final = 6.5
"""Readings this many nats below the best are dropped: e^-6.5 = 0.0015, what
decides is 0.05.  8.0 costs five times as much and restores as many paragraphs."""
WAITING: Final = 12.0
"""What a character costs at most, by and large: the lead of a reading that still waits for one."""


class Hypothesis(NamedTuple):
    """One way to read the bytes so far."""

    log_p: float
    text: str
    pending: int
    """The lead byte of a character not complete, or 0."""
    last: int
    """The last byte."""
    is_noted: bool
    """Whether a note stands behind it; then the pair that it begins may have lost its own."""


def pruned(readings: Iterable[Hypothesis]) -> list[Hypothesis]:
    """The likeliest readings, best first; those that came to the same are added up."""
    best: dict[tuple[str, int], Hypothesis] = {}
    for reading in readings:
        key = reading.text, reading.pending
        same = best.get(key)
        if same is not None:
            top, low = max(same, reading), min(same, reading)
            both = top.log_p + math.log1p(math.exp(low.log_p - top.log_p))
            reading = top._replace(log_p=both)
        best[key] = reading
    kept = sorted(best.values(), key=lambda reading: -reading.log_p)
    if len(kept) > 1:
        # A reading that waits for a byte has not paid for its character yet.
        waiting = next((r.log_p for r in kept if r.pending), -math.inf)
        whole = next((r.log_p for r in kept if not r.pending), -math.inf)
        floors = max(waiting - WAITING, whole) - BEAM, max(waiting, whole) - BEAM
        kept = [r for r in kept if r.log_p >= floors[bool(r.pending)]]
    return kept[:WIDTH]


def agreement(readings: Sequence[Hypothesis]) -> tuple[str, list[float]]:
    """The text of the first reading, the likeliest, and how sure each of its characters is.

    Readings of another length agree as far as their beginnings and their ends do.
    """
    top = readings[0]
    weights = [math.exp(reading.log_p - top.log_p) for reading in readings]
    size = len(top.text)
    sure = [0.0] * size
    for reading, weight in zip(readings, weights, strict=True):
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
    return top.text, [weight / total for weight in sure]


def _shared(first: str, second: str) -> int:
    """How many characters two strings begin with in common."""
    pairs = zip(first, second, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))

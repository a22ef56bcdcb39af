"""The readings of bytes some of which were lost: the likeliest are kept, and compared in the end.

What the readings agree on is sure; where they differ, their weights say how sure the best one is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from cleaning import gbk

Codes = npt.NDArray[np.uint16]
"""Characters as their bytes in GBK: lead * 256 + trail, or the ASCII byte."""
Ids = npt.NDArray[np.uint16]
Logs = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WIDTH: Final = 1500
"""Readings kept: two lost bytes between known ones leave some 1,300, of which few are likely."""
BEAM: Final = 9.0
"""Readings this many nats below the best are dropped.  With 6.5 some true readings were, and then
the best of the rest passed for sure: 8 of 207 holes on 48 pages."""
WAITING: Final = 12.0
"""What a character costs at most, by and large: the lead of a reading that still waits for one."""
NOTHING: Final = 0
"""In a text: no character."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Ways to read the bytes so far, one a row."""

    log_p: Logs
    text: Codes
    """Characters, a row each, with gaps of NOTHING."""
    tail: Ids
    """The numbers of the last characters, as many as the judge sees before one."""
    before: Codes
    """The last character."""
    pending: Codes
    """The lead byte of a character not complete, or 0."""
    last: Codes
    """The last byte."""
    is_noted: Flags
    """Whether a note stands behind it; then the pair that it begins may have lost its own."""

    def __len__(self) -> int:
        return len(self.log_p)

    def of(self, rows: Rows | Flags) -> Readings:
        """Some of them, in that order; a row may come more than once."""
        return Readings(
            self.log_p[rows],
            self.text[rows],
            self.tail[rows],
            self.before[rows],
            self.pending[rows],
            self.last[rows],
            self.is_noted[rows],
        )

    def are_one(self) -> bool:
        """Whether they go on alike: what the judge still sees of them is the same."""
        return len(self) > 0 and all(
            bool((column == column[0]).all())
            for column in (self.tail, self.pending, self.last, self.is_noted)
        )

    def texts(self) -> list[str]:
        table = gbk.pairs()
        return [
            "".join([table[code] if code > 0x7F else chr(code) for code in row if code])
            for row in self.text.tolist()
        ]


def joined(parts: Sequence[Readings]) -> Readings:
    """Readings of the same bytes as one list."""
    parts = [part for part in parts if len(part)] or list(parts[:1])
    width = max(part.text.shape[1] for part in parts)
    text = np.zeros((sum(map(len, parts)), width), dtype=np.uint16)
    at = 0
    for part in parts:
        text[at : at + len(part), : part.text.shape[1]] = part.text
        at += len(part)
    return Readings(
        np.concatenate([part.log_p for part in parts]),
        text,
        np.concatenate([part.tail for part in parts]),
        np.concatenate([part.before for part in parts]),
        np.concatenate([part.pending for part in parts]),
        np.concatenate([part.last for part in parts]),
        np.concatenate([part.is_noted for part in parts]),
    )


def pruned(readings: Readings) -> Readings:
    """The likeliest, best first."""
    if len(readings) < 2:
        return readings
    order = np.argsort(-readings.log_p, kind="stable")[:WIDTH]
    log_p, is_pending = readings.log_p[order], readings.pending[order] > 0
    waiting = log_p[is_pending].max(initial=-np.inf)
    whole = log_p[~is_pending].max(initial=-np.inf)
    # A reading that waits for a byte has not paid for its character yet.
    floor = np.where(is_pending, max(waiting, whole), max(waiting - WAITING, whole)) - BEAM
    return readings.of(order[log_p >= floor])


def weighed(readings: Readings) -> list[tuple[str, float]]:
    """The texts with their probabilities, the likeliest first; those that are the same are added up."""
    weights = np.exp(readings.log_p - readings.log_p.max(initial=-np.inf))
    found: dict[str, float] = {}
    for text, weight in zip(readings.texts(), (weights / weights.sum()).tolist(), strict=True):
        found[text] = found.get(text, 0.0) + weight
    return sorted(found.items(), key=lambda pair: -pair[1])


def agreement(readings: Sequence[tuple[str, float]]) -> tuple[str, list[float]]:
    """The text of the first reading, the likeliest, and how sure each of its characters is.

    Readings of another length agree as far as their beginnings and their ends do.
    """
    top = readings[0][0]
    size = len(top)
    sure = [0.0] * size
    for text, weight in readings:
        if len(text) == size:
            for at in range(size):
                if text[at] == top[at]:
                    sure[at] += weight
            continue
        front = _shared(text, top)
        back = _shared(text[front:][::-1], top[front:][::-1])
        for at in (*range(front), *range(size - back, size)):
            sure[at] += weight
    return top, sure


def _shared(first: str, second: str) -> int:
    """How many characters two strings begin with in common."""
    pairs = zip(first, second, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def likeliest(
    parts: Iterable[Sequence[tuple[str, float]]], count: int
) -> tuple[tuple[str, float], ...]:
    """The likeliest texts that readings of one part after the other make, with their probabilities."""
    found = [("", 1.0)]
    for readings in parts:
        both = [(a + b, p * q) for (a, p), (b, q) in product(found, readings[:count])]
        found = sorted(both, key=lambda pair: -pair[1])[:count]
    return tuple(found)
